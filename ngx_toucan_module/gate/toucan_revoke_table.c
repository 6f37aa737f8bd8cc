
/*
 * The table of revocations: chains of fixed entries by place, in one block.
 *
 * A process may end between any two stores.  So the entry that moves is noted
 * before it does, its fields are written before it can be found, each store
 * that others follow is a release store, and whoever takes the lock next
 * settles what was left: nothing is lost, and no place leaks.
 */


#include "gate/toucan_revoke_impl.h"


static uint32_t toucan_revoke_nbuckets(size_t n);
static uint32_t toucan_revoke_find(const toucan_revocations_t *table,
    const uint8_t *name);
static void toucan_revoke_insert(toucan_revocations_t *table,
    const toucan_revoked_t *revoked);
static void toucan_revoke_raise(toucan_revocations_t *table,
    toucan_revoke_entry_t *entry, const toucan_revoked_t *revoked);
static void toucan_revoke_remove(toucan_revocations_t *table, uint32_t place);
static void toucan_revoke_settle(toucan_revocations_t *table);
static uint32_t *toucan_revoke_link(const toucan_revocations_t *table,
    uint32_t place);
static void toucan_revoke_release(toucan_revocations_t *table,
    uint32_t place);
static void toucan_revoke_moved(toucan_revocations_t *table, unsigned there);
static uint32_t toucan_revoke_end(const toucan_revocations_t *table,
    size_t place, size_t n);
static void toucan_revoke_hash(const toucan_revocations_t *table,
    unsigned group, toucan_str_t organization, toucan_str_t name,
    uint8_t *out);
static toucan_str_t toucan_revoke_claim(const toucan_claims_t *claims,
    unsigned what);


#define toucan_put(field, value)                                              \
    __atomic_store_n(&(field), value, __ATOMIC_RELEASE)

#define toucan_revoke_group(what, narrowed, sandbox)                          \
    ((unsigned) (what) * 4 + ((narrowed) ? 2 : 0) + ((sandbox) ? 1 : 0))


size_t
toucan_revocations_size(size_t n)
{
    size_t  head;

    if (n == 0 || n >= TOUCAN_REVOKE_FREE) {
        return SIZE_MAX;
    }

    head = sizeof(toucan_revocations_t)
           + toucan_revoke_nbuckets(n) * sizeof(uint32_t);

    return ((head + 7) & ~(size_t) 7) + n * sizeof(toucan_revoke_entry_t);
}


size_t
toucan_revocations_capacity(size_t size)
{
    size_t  low, high, n;

    low = 0;
    high = size / sizeof(toucan_revoke_entry_t);

    if (high >= TOUCAN_REVOKE_FREE) {
        high = TOUCAN_REVOKE_FREE - 1;
    }

    while (low < high) {
        n = high - (high - low) / 2;

        if (toucan_revocations_size(n) <= size) {
            low = n;

        } else {
            high = n - 1;
        }
    }

    return low;
}


/* The largest power of two that is not above n: one or two entries a chain. */

static uint32_t
toucan_revoke_nbuckets(size_t n)
{
    uint32_t  buckets;

    buckets = 1;

    while (n >>= 1) {
        buckets <<= 1;
    }

    return buckets;
}


toucan_revocations_t *
toucan_revocations_init(void *block, size_t size, const uint8_t *key)
{
    size_t                 n;
    toucan_revocations_t  *table;

    n = toucan_revocations_capacity(size);

    if (n == 0) {
        return NULL;
    }

    table = block;
    memset(table, 0, sizeof(toucan_revocations_t));

    memcpy(table->key, key, TOUCAN_REVOKE_KEY_SIZE);
    table->capacity = (uint32_t) n;
    table->buckets = toucan_revoke_nbuckets(n);

    memset(toucan_revoke_buckets(table), 0, table->buckets * sizeof(uint32_t));

    return table;
}


const uint8_t *
toucan_revocations_key(const toucan_revocations_t *table)
{
    return table->key;
}


size_t
toucan_revocations_count(toucan_revocations_t *table)
{
    size_t    n;
    unsigned  i;

    toucan_revoke_settle(table);

    n = 0;

    for (i = 0; i < TOUCAN_REVOKE_GROUPS; i++) {
        n += table->counts[i];
    }

    return n;
}


size_t
toucan_revocations_room(toucan_revocations_t *table)
{
    return table->capacity - toucan_revocations_count(table);
}


toucan_rc_t
toucan_revocations_add(toucan_revocations_t *table,
    const toucan_revoked_t *revoked, unsigned n)
{
    size_t    missing;
    uint32_t  place;
    unsigned  i;

    missing = 0;

    for (i = 0; i < n; i++) {
        missing += toucan_revoke_find(table, revoked[i].name) == 0;
    }

    if (missing > toucan_revocations_room(table)) {
        return TOUCAN_REVOCATIONS_FULL;
    }

    for (i = 0; i < n; i++) {
        place = toucan_revoke_find(table, revoked[i].name);

        if (place) {
            toucan_revoke_raise(table, toucan_revoke_entry(table, place),
                                &revoked[i]);

        } else {
            toucan_revoke_insert(table, &revoked[i]);
        }
    }

    return TOUCAN_OK;
}


/*
 * since first: an entry may stay too long, never go too early.  And a change
 * is counted before it is made: one that nobody sees is none the worse.
 */

static void
toucan_revoke_raise(toucan_revocations_t *table, toucan_revoke_entry_t *entry,
    const toucan_revoked_t *revoked)
{
    if (entry->since < revoked->since) {
        toucan_put(entry->since, revoked->since);
    }

    if (entry->cutoff < revoked->cutoff) {
        toucan_put(table->changes, table->changes + 1);
        toucan_put(entry->cutoff, revoked->cutoff);
    }
}


static void
toucan_revoke_insert(toucan_revocations_t *table,
    const toucan_revoked_t *revoked)
{
    uint32_t                place, *bucket;
    toucan_revoke_entry_t  *entry;

    place = table->free ? table->free : table->used + 1;
    entry = toucan_revoke_entry(table, place);
    bucket = toucan_revoke_bucket(table, revoked->name);

    toucan_put(table->moving_group, revoked->group);
    toucan_put(table->moving_base, table->counts[revoked->group]);
    toucan_put(table->moving, place);

    if (table->free) {
        toucan_put(table->free, entry->next);

    } else {
        entry->group = TOUCAN_REVOKE_FREE;
        toucan_put(table->used, place);
    }

    memcpy(entry->name, revoked->name, TOUCAN_REVOKE_NAME_SIZE);
    entry->cutoff = revoked->cutoff;
    entry->since = revoked->since;
    entry->group = revoked->group;
    entry->next = *bucket;

    toucan_put(table->changes, table->changes + 1);
    toucan_put(table->groups, table->groups | 1U << revoked->group);
    toucan_put(*bucket, place);

    toucan_revoke_moved(table, 1);
}


static void
toucan_revoke_remove(toucan_revocations_t *table, uint32_t place)
{
    uint32_t               *link;
    toucan_revoke_entry_t  *entry;

    entry = toucan_revoke_entry(table, place);
    link = toucan_revoke_link(table, place);

    if (link == NULL) {
        return;
    }

    toucan_put(table->moving_group, entry->group);
    toucan_put(table->moving_base, table->counts[entry->group] - 1);
    toucan_put(table->moving, place);

    toucan_put(*link, entry->next);
    toucan_revoke_release(table, place);

    toucan_revoke_moved(table, 0);
}


/* What a process left that ended in one of the two above. */

static void
toucan_revoke_settle(toucan_revocations_t *table)
{
    uint32_t  place;

    place = table->moving;

    if (place == 0) {
        return;
    }

    if (place > table->used || place == table->free) {
        toucan_revoke_moved(table, 0);
        return;
    }

    if (toucan_revoke_link(table, place) != NULL) {
        toucan_revoke_moved(table, 1);
        return;
    }

    toucan_revoke_release(table, place);
    toucan_revoke_moved(table, 0);
}


/* Where the place stands in its chain; NULL: it is in none. */

static uint32_t *
toucan_revoke_link(const toucan_revocations_t *table, uint32_t place)
{
    uint32_t               *link, left;
    toucan_revoke_entry_t  *entry;

    entry = toucan_revoke_entry(table, place);
    link = toucan_revoke_bucket(table, entry->name);

    for (left = table->capacity; *link != 0 && left != 0; left--) {

        if (*link == place) {
            return link;
        }

        link = &toucan_revoke_entry(table, *link)->next;
    }

    return NULL;
}


static void
toucan_revoke_release(toucan_revocations_t *table, uint32_t place)
{
    toucan_revoke_entry_t  *entry;

    entry = toucan_revoke_entry(table, place);

    toucan_put(entry->group, TOUCAN_REVOKE_FREE);
    toucan_put(entry->next, table->free);
    toucan_put(table->free, place);
}


static void
toucan_revoke_moved(toucan_revocations_t *table, unsigned there)
{
    uint32_t  n, bit;

    n = table->moving_base + there;
    bit = 1U << table->moving_group;

    toucan_put(table->counts[table->moving_group], n);
    toucan_put(table->groups, n ? table->groups | bit : table->groups & ~bit);
    toucan_put(table->moving, 0);
}


static uint32_t
toucan_revoke_find(const toucan_revocations_t *table, const uint8_t *name)
{
    uint32_t                place, left;
    toucan_revoke_entry_t  *entry;

    place = *toucan_revoke_bucket(table, name);

    for (left = table->capacity; place != 0 && left != 0; left--) {
        entry = toucan_revoke_entry(table, place);

        if (memcmp(entry->name, name, TOUCAN_REVOKE_NAME_SIZE) == 0) {
            return place;
        }

        place = entry->next;
    }

    return 0;
}


int
toucan_revocations_sweep(toucan_revocations_t *table, int64_t dead,
    size_t *place, size_t n)
{
    size_t                  i;
    uint32_t                end;
    toucan_revoke_entry_t  *entry;

    toucan_revoke_settle(table);

    end = toucan_revoke_end(table, *place, n);

    for (i = *place + 1; i <= end; i++) {
        entry = toucan_revoke_entry(table, (uint32_t) i);

        if (entry->group != TOUCAN_REVOKE_FREE && entry->since < dead) {
            toucan_revoke_remove(table, (uint32_t) i);
        }
    }

    *place = (end == table->used) ? 0 : end;

    return *place == 0;
}


int
toucan_revocations_walk(toucan_revocations_t *table, size_t *place, size_t n,
    toucan_revoked_t *revoked, size_t *count)
{
    size_t                  i;
    uint32_t                end;
    toucan_revoke_entry_t  *entry;

    toucan_revoke_settle(table);

    end = toucan_revoke_end(table, *place, n);
    *count = 0;

    for (i = *place + 1; i <= end; i++) {
        entry = toucan_revoke_entry(table, (uint32_t) i);

        if (entry->group == TOUCAN_REVOKE_FREE) {
            continue;
        }

        memcpy(revoked->name, entry->name, TOUCAN_REVOKE_NAME_SIZE);
        revoked->cutoff = entry->cutoff;
        revoked->since = entry->since;
        revoked->group = entry->group;

        revoked++;
        (*count)++;
    }

    *place = (end == table->used) ? 0 : end;

    return *place == 0;
}


static uint32_t
toucan_revoke_end(const toucan_revocations_t *table, size_t place, size_t n)
{
    return (place >= table->used || n >= table->used - place)
           ? table->used : (uint32_t) (place + n);
}


uint32_t
toucan_revocations_changes(const toucan_revocations_t *table)
{
    return table->changes;
}


unsigned
toucan_revocations_groups(const toucan_revocations_t *table)
{
    return __atomic_load_n(&table->groups, __ATOMIC_ACQUIRE);
}


void
toucan_revocations_name(const toucan_revocations_t *table,
    const toucan_revocation_t *revocation, int64_t now,
    toucan_revoked_t *revoked)
{
    revoked->cutoff = revocation->cutoff;
    revoked->since = (revocation->cutoff == TOUCAN_REVOKE_ANY_TIME)
                     ? now : revocation->cutoff;
    revoked->group = toucan_revoke_group(revocation->what,
                                         revocation->organization.data,
                                         revocation->sandbox);

    toucan_revoke_hash(table, revoked->group, revocation->organization,
                       revocation->name, revoked->name);
}


void
toucan_revocations_names(const toucan_revocations_t *table,
    const toucan_claims_t *claims, unsigned groups, toucan_revoked_t *names,
    unsigned *n)
{
    unsigned      i, sandbox;
    toucan_str_t  organization, name;

    *n = 0;
    groups &= TOUCAN_REVOKE_ALL;

    for (i = 0; groups >> i != 0; i++) {

        if (!(groups & 1U << i)) {
            continue;
        }

        sandbox = i & 1;
        organization = (i & 2) ? claims->organization : toucan_str(NULL, 0);
        name = toucan_revoke_claim(claims, i / 4);

        if (name.data == NULL || name.len > TOUCAN_REVOKE_NAME_MAX
            || ((i & 2) && organization.data == NULL)
            || (sandbox && claims->env != TOUCAN_ENV_SANDBOX))
        {
            continue;
        }

        names[*n].group = i;
        names[*n].cutoff = 0;
        names[*n].since = 0;

        toucan_revoke_hash(table, i, organization, name, names[*n].name);

        /* far away in memory, and looked at when all names are there */

        __builtin_prefetch(toucan_revoke_bucket(table, names[*n].name));

        (*n)++;
    }
}


static toucan_str_t
toucan_revoke_claim(const toucan_claims_t *claims, unsigned what)
{
    switch (what) {

    case TOUCAN_REVOKE_JTI:
        return claims->jti;

    case TOUCAN_REVOKE_SID:
        return claims->sid;

    case TOUCAN_REVOKE_DISTINCT_ID:
        return claims->distinct_id;

    case TOUCAN_REVOKE_ORGANIZATION:
        return claims->organization;

    default:
        return claims->client_id;
    }
}


static void
toucan_revoke_hash(const toucan_revocations_t *table, unsigned group,
    toucan_str_t organization, toucan_str_t name, uint8_t *out)
{
    uint8_t       head[5];
    unsigned      i;
    toucan_str_t  parts[3];

    head[0] = (uint8_t) group;

    for (i = 0; i < 4; i++) {
        head[i + 1] = (uint8_t) (organization.len >> (8 * i));
    }

    parts[0] = toucan_str(head, sizeof(head));
    parts[1] = organization;
    parts[2] = name;

    toucan_siphash(table->key, parts, 3, out);
}


int
toucan_revocations_match(const toucan_revocations_t *table,
    const toucan_revoked_t *names, unsigned n, int64_t iat)
{
    uint32_t  place;
    unsigned  i;

    for (i = 0; i < n; i++) {

        if (!(table->groups & 1U << names[i].group)) {
            continue;
        }

        place = toucan_revoke_find(table, names[i].name);

        if (place && iat <= toucan_revoke_entry(table, place)->cutoff) {
            return 1;
        }
    }

    return 0;
}
