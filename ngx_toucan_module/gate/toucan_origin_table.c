
/*
 * The table of origins.  Its keys are hashed from the last byte of the host
 * backwards, so that one pass over an origin gives the hashes of the origin
 * itself and of every domain above it.
 */


#include "gate/toucan_origin_table.h"


/* What is looked for: scheme "://", and host with port. */

typedef struct {
    toucan_str_t             scheme;
    toucan_str_t             host;
    uint32_t                 hash;
    unsigned                 wildcard;
} toucan_origin_key_t;


#define TOUCAN_ORIGIN_TABLE_START  16
#define TOUCAN_ORIGIN_TABLE_MAX    (1 << 24)

/* FNV-1a, 64 bits */
#define TOUCAN_ORIGIN_HASH_BASIS   14695981039346656037ULL
#define TOUCAN_ORIGIN_HASH_PRIME   1099511628211ULL


static int toucan_origin_table_room(toucan_origin_table_t *table, size_t len);
static void *toucan_origin_table_grow(void *p, uint32_t *size, uint64_t need,
    size_t item);
static int toucan_origin_table_rehash(toucan_origin_table_t *table);
static void toucan_origin_table_link(const toucan_origin_table_t *table,
    uint32_t *slots, uint32_t nslots, uint32_t index);
static int toucan_origin_table_holds(const toucan_origin_table_t *table,
    const toucan_origin_key_t *key);
static toucan_origin_key_t toucan_origin_key(const toucan_origin_t *origin,
    unsigned wildcard);
static uint64_t toucan_origin_hash(toucan_str_t text);
static uint32_t toucan_origin_hash_mix(uint64_t hash, uint64_t scheme,
    unsigned wildcard);


toucan_rc_t
toucan_origin_table_add(toucan_origin_table_t *table,
    const toucan_origin_t *origin, unsigned wildcard)
{
    toucan_origin_key_t     key;
    toucan_origin_entry_t  *entry;

    key = toucan_origin_key(origin, wildcard);

    if (toucan_origin_table_holds(table, &key)) {
        return TOUCAN_OK;
    }

    if (!toucan_origin_table_room(table, origin->len)) {
        return TOUCAN_NO_MEMORY;
    }

    entry = &table->entries[table->n];

    entry->offset = table->text_len;
    entry->hash = key.hash;
    entry->len = origin->len;
    entry->host = origin->host;
    entry->wildcard = (uint16_t) wildcard;

    memcpy(table->text + entry->offset, origin->text, origin->len);

    table->text_len += origin->len;
    table->wildcards += wildcard;

    toucan_origin_table_link(table, table->slots, table->nslots, table->n);
    table->n++;

    return TOUCAN_OK;
}


void
toucan_origin_table_fix(toucan_origin_table_t *table)
{
    void  *p;

    /* when there is no smaller block, the larger one will do */

    p = toucan_realloc(table->entries, table->n,
                       sizeof(toucan_origin_entry_t));
    if (p) {
        table->entries = p;
        table->size = table->n;
    }

    p = toucan_realloc(table->text, table->text_len, 1);

    if (p) {
        table->text = p;
        table->text_size = table->text_len;
    }
}


void
toucan_origin_table_free(toucan_origin_table_t *table)
{
    toucan_free(table->slots);
    toucan_free(table->text);
    toucan_free(table->entries);

    memset(table, 0, sizeof(toucan_origin_table_t));
}


/* One pass from the end: each domain above the host, then the host itself. */

int
toucan_origin_table_find(const toucan_origin_table_t *table,
    const toucan_origin_t *origin)
{
    size_t                i;
    uint64_t              hash, scheme;
    const uint8_t        *text;
    toucan_origin_key_t   key;

    text = origin->text;

    key.scheme = toucan_str(text, origin->host);
    key.wildcard = 1;

    scheme = toucan_origin_hash(key.scheme);
    hash = TOUCAN_ORIGIN_HASH_BASIS;

    /* without wildcards the dots mean nothing */

    for (i = origin->len; !table->wildcards && i > origin->host; i--) {
        hash = (hash ^ text[i - 1]) * TOUCAN_ORIGIN_HASH_PRIME;
    }

    for ( /* void */ ; i > origin->host; i--) {

        if (text[i - 1] == '.') {
            key.host = toucan_str(text + i, origin->len - i);
            key.hash = toucan_origin_hash_mix(hash, scheme, 1);

            if (toucan_origin_table_holds(table, &key)) {
                return 1;
            }
        }

        hash = (hash ^ text[i - 1]) * TOUCAN_ORIGIN_HASH_PRIME;
    }

    key.wildcard = 0;
    key.host = toucan_str(text + i, origin->len - i);
    key.hash = toucan_origin_hash_mix(hash, scheme, 0);

    return toucan_origin_table_holds(table, &key);
}


void
toucan_origin_table_write(const toucan_origin_table_t *table, toucan_buf_t *b)
{
    uint32_t                      i;
    const uint8_t                *text;
    const toucan_origin_entry_t  *entry;

    for (i = 0; i < table->n; i++) {
        entry = &table->entries[i];
        text = table->text + entry->offset;

        if (i) {
            toucan_buf_byte(b, ' ');
        }

        toucan_buf_write(b, text, entry->host);

        if (entry->wildcard) {
            toucan_buf_write(b, "*.", 2);
        }

        toucan_buf_write(b, text + entry->host, entry->len - entry->host);
    }
}


/* Makes room for one entry more; nothing is lost when that fails. */

static int
toucan_origin_table_room(toucan_origin_table_t *table, size_t len)
{
    void  *p;

    if (table->n >= TOUCAN_ORIGIN_TABLE_MAX) {
        return 0;
    }

    p = toucan_origin_table_grow(table->entries, &table->size,
                                 (uint64_t) table->n + 1,
                                 sizeof(toucan_origin_entry_t));
    if (p == NULL) {
        return 0;
    }

    table->entries = p;

    p = toucan_origin_table_grow(table->text, &table->text_size,
                                 (uint64_t) table->text_len + len, 1);
    if (p == NULL) {
        return 0;
    }

    table->text = p;

    /* at most half full, so that a search ends soon */

    if ((table->n + 1) * 2 > table->nslots) {
        return toucan_origin_table_rehash(table);
    }

    return 1;
}


/* Returns p, or what takes its place, with room for need items; or NULL. */

static void *
toucan_origin_table_grow(void *p, uint32_t *size, uint64_t need, size_t item)
{
    uint64_t  n;

    if (need <= *size) {
        return p;
    }

    n = *size ? *size : TOUCAN_ORIGIN_TABLE_START;

    while (n < need) {
        n *= 2;
    }

    if (n > UINT32_MAX) {
        return NULL;
    }

    p = toucan_realloc(p, (size_t) n, item);

    if (p) {
        *size = (uint32_t) n;
    }

    return p;
}


static int
toucan_origin_table_rehash(toucan_origin_table_t *table)
{
    uint32_t  i, nslots, *slots;

    nslots = table->nslots ? table->nslots * 2 : TOUCAN_ORIGIN_TABLE_START;
    slots = toucan_calloc(nslots, sizeof(uint32_t));

    if (slots == NULL) {
        return 0;
    }

    for (i = 0; i < table->n; i++) {
        toucan_origin_table_link(table, slots, nslots, i);
    }

    toucan_free(table->slots);

    table->slots = slots;
    table->nslots = nslots;

    return 1;
}


static void
toucan_origin_table_link(const toucan_origin_table_t *table, uint32_t *slots,
    uint32_t nslots, uint32_t index)
{
    uint32_t  i;

    i = table->entries[index].hash & (nslots - 1);

    while (slots[i]) {
        i = (i + 1) & (nslots - 1);
    }

    slots[i] = index + 1;
}


static int
toucan_origin_table_holds(const toucan_origin_table_t *table,
    const toucan_origin_key_t *key)
{
    uint32_t                      i, mask;
    const uint8_t                *text;
    const toucan_origin_entry_t  *entry;

    if (table->nslots == 0) {
        return 0;
    }

    mask = table->nslots - 1;

    for (i = key->hash & mask; table->slots[i]; i = (i + 1) & mask) {
        entry = &table->entries[table->slots[i] - 1];

        if (entry->hash != key->hash
            || entry->wildcard != key->wildcard
            || entry->host != key->scheme.len
            || entry->len != key->scheme.len + key->host.len)
        {
            continue;
        }

        text = table->text + entry->offset;

        if (memcmp(text, key->scheme.data, key->scheme.len) == 0
            && memcmp(text + entry->host, key->host.data, key->host.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static toucan_origin_key_t
toucan_origin_key(const toucan_origin_t *origin, unsigned wildcard)
{
    toucan_origin_key_t  key;

    key.scheme = toucan_str(origin->text, origin->host);
    key.host = toucan_str(origin->text + origin->host,
                          origin->len - origin->host);
    key.wildcard = wildcard;
    key.hash = toucan_origin_hash_mix(toucan_origin_hash(key.host),
                                      toucan_origin_hash(key.scheme),
                                      wildcard);

    return key;
}


/* from the last byte to the first */

static uint64_t
toucan_origin_hash(toucan_str_t text)
{
    size_t    i;
    uint64_t  hash;

    hash = TOUCAN_ORIGIN_HASH_BASIS;

    for (i = text.len; i > 0; i--) {
        hash = (hash ^ text.data[i - 1]) * TOUCAN_ORIGIN_HASH_PRIME;
    }

    return hash;
}


static uint32_t
toucan_origin_hash_mix(uint64_t hash, uint64_t scheme, unsigned wildcard)
{
    hash ^= (scheme << 1 | wildcard) * 0x9e3779b97f4a7c15ULL;

    /* MurmurHash3's finalizer */

    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    hash ^= hash >> 33;

    return (uint32_t) hash;
}
