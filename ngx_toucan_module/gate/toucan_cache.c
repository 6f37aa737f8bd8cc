
/*
 * The cache of opened tokens: a ring of values, and an index of places in it.
 *
 * Values hold what strangers wrote, so nothing may ever lead into the middle
 * of one.  A slot is given a place only after the head has passed it: what it
 * names begins there.  It counts as long as tail <= place < head, and what it
 * finds is compared by its whole name.  A slot has 48 bits of the place; so
 * that none lasts until these come round again, each bucket loses its stale
 * slots every 32 rounds or so of the ring.
 *
 * A process may end between any two stores.  So the state is turned from one
 * copy to the other by a single store, and tells what is under way: whoever
 * takes the lock next cleanses what was dropped or half written.
 */


#include "gate/toucan_cache_impl.h"


static void toucan_cache_turn(toucan_cache_t *cache,
    const toucan_cache_state_t *state);
static void toucan_cache_settle(toucan_cache_t *cache);
static void toucan_cache_wipe(toucan_cache_t *cache, uint64_t from,
    uint64_t to);
static uint64_t toucan_cache_step(const toucan_cache_t *cache,
    const toucan_cache_state_t *state, uint64_t place);
static void toucan_cache_pass(const toucan_cache_t *cache,
    toucan_cache_state_t *state);
static int toucan_cache_stale(const toucan_cache_state_t *state,
    uint64_t slot);
static uint64_t *toucan_cache_slot(const toucan_cache_t *cache,
    const toucan_cache_name_t *name);
static toucan_cache_entry_t *toucan_cache_entry_of(
    const toucan_cache_t *cache, uint64_t slot);
static inline void toucan_cache_fetch(const toucan_cache_entry_t *entry);
static void toucan_cache_make_room(toucan_cache_t *cache, uint64_t need);
static void toucan_cache_drop(toucan_cache_t *cache,
    toucan_cache_state_t *state);
static uint64_t *toucan_cache_victim(const toucan_cache_t *cache,
    const toucan_cache_name_t *name);
static void toucan_cache_tidy(toucan_cache_t *cache);
static void toucan_cache_bury(toucan_cache_t *cache, uint64_t place);


/* Seen before all stores that follow it, after all that come before it. */

#define toucan_put(field, value)                                              \
    do {                                                                      \
        __atomic_store_n(&(field), value, __ATOMIC_RELEASE);                  \
        __atomic_thread_fence(__ATOMIC_RELEASE);                              \
    } while (0)


int
toucan_cache_divide(toucan_cache_t *cache, uintptr_t block, uint64_t size)
{
    uint64_t   room;
    uintptr_t  index;

    memset(cache, 0, sizeof(toucan_cache_t));

    index = block + sizeof(toucan_cache_t) + TOUCAN_CACHE_LINE - 1;
    index &= ~(uintptr_t) (TOUCAN_CACHE_LINE - 1);

    if (size < index - block) {
        return 0;
    }

    if (size > TOUCAN_CACHE_MAX_BLOCK) {
        size = TOUCAN_CACHE_MAX_BLOCK;
    }

    room = size - (index - block);

    cache->buckets = room / (TOUCAN_CACHE_LINE + TOUCAN_CACHE_RING_PART);
    cache->index = index - block;
    cache->ring = cache->index + cache->buckets * TOUCAN_CACHE_LINE;
    cache->units = (size - cache->ring) / TOUCAN_CACHE_UNIT;

    /* the longest value, and what may not be long enough for it before it */

    return cache->units >= 2 * TOUCAN_CACHE_MAX_UNITS;
}


toucan_cache_t *
toucan_cache_init(void *block, size_t size)
{
    toucan_cache_t         head, *cache;
    toucan_cache_state_t  *state;

    if (!toucan_cache_divide(&head, (uintptr_t) block, size)) {
        return NULL;
    }

    /* no place is 0 */

    state = &head.state[0];
    state->clean = head.units;
    state->tail = head.units;
    state->swept = head.units;
    state->head = head.units;
    state->reserved = head.units;

    cache = block;
    *cache = head;

    memset(toucan_cache_bucket(cache, 0), 0,
           (size_t) cache->buckets * TOUCAN_CACHE_LINE);

    return cache;
}


static void
toucan_cache_turn(toucan_cache_t *cache, const toucan_cache_state_t *state)
{
    cache->state[(cache->turn + 1) & 1] = *state;

    toucan_put(cache->turn, cache->turn + 1);
}


/* What a process left that ended while it held the lock. */

static void
toucan_cache_settle(toucan_cache_t *cache)
{
    toucan_cache_state_t  state;

    state = *toucan_cache_state(cache);

    if (cache->burying) {
        toucan_cache_bury(cache, cache->burying);
    }

    if (state.clean == state.tail && state.reserved == state.head) {
        return;
    }

    toucan_cache_wipe(cache, state.clean, state.tail);
    toucan_cache_wipe(cache, state.head, state.reserved);

    state.clean = state.tail;
    state.reserved = state.head;

    toucan_cache_turn(cache, &state);
}


static void
toucan_cache_wipe(toucan_cache_t *cache, uint64_t from, uint64_t to)
{
    uint64_t  n, left;

    while (from != to) {
        n = to - from;
        left = cache->units - from % cache->units;

        if (n > left) {
            n = left;
        }

        toucan_cleanse(toucan_cache_entry(cache, from),
                       (size_t) n * TOUCAN_CACHE_UNIT);
        from += n;
    }
}


/* To the next entry; past all of them, should a size make no sense. */

static uint64_t
toucan_cache_step(const toucan_cache_t *cache,
    const toucan_cache_state_t *state, uint64_t place)
{
    uint64_t  units;

    units = toucan_cache_entry(cache, place)->units;

    return (units && units <= state->head - place) ? units
                                                   : state->head - place;
}


/* The tail passes an entry. */

static void
toucan_cache_pass(const toucan_cache_t *cache, toucan_cache_state_t *state)
{
    if (toucan_cache_entry(cache, state->tail)->kind != TOUCAN_CACHE_PAD) {
        state->values--;
    }

    state->tail += toucan_cache_step(cache, state, state->tail);

    if (state->swept < state->tail) {
        state->swept = state->tail;
    }

    if (state->tail == state->head) {
        state->values = 0;
    }
}


static int
toucan_cache_stale(const toucan_cache_state_t *state, uint64_t slot)
{
    return slot == 0
           || ((slot - state->tail) & TOUCAN_CACHE_PLACE_MASK)
              >= state->head - state->tail;
}


/* of a slot that is not stale */

static toucan_cache_entry_t *
toucan_cache_entry_of(const toucan_cache_t *cache, uint64_t slot)
{
    uint64_t  tail;

    tail = toucan_cache_state(cache)->tail;

    return toucan_cache_entry(cache, tail + ((slot - tail)
                                             & TOUCAN_CACHE_PLACE_MASK));
}


/* An entry of usual length is far away, and will be read as a whole. */

static inline void
toucan_cache_fetch(const toucan_cache_entry_t *entry)
{
    const uint8_t  *p, *last;

    p = (const uint8_t *) entry;

    for (last = p + TOUCAN_CACHE_FETCH; p < last; p += 4 * TOUCAN_CACHE_LINE) {
        __builtin_prefetch(p);
        __builtin_prefetch(p + TOUCAN_CACHE_LINE);
        __builtin_prefetch(p + 2 * TOUCAN_CACHE_LINE);
        __builtin_prefetch(p + 3 * TOUCAN_CACHE_LINE);
    }
}


/* That leads to the value of this name, which may have ended; or NULL. */

static uint64_t *
toucan_cache_slot(const toucan_cache_t *cache, const toucan_cache_name_t *name)
{
    uint64_t                     hash, tag, *slot;
    unsigned                     i;
    const toucan_cache_entry_t  *entry;
    const toucan_cache_state_t  *state;

    state = toucan_cache_state(cache);
    hash = toucan_cache_hash(name);
    tag = toucan_cache_tag(hash);
    slot = toucan_cache_bucket(cache, toucan_cache_bucket_of(cache, hash));

    for (i = 0; i < TOUCAN_CACHE_SLOTS; i++, slot++) {

        if ((*slot & ~TOUCAN_CACHE_PLACE_MASK) != tag
            || toucan_cache_stale(state, *slot))
        {
            continue;
        }

        entry = toucan_cache_entry_of(cache, *slot);
        toucan_cache_fetch(entry);

        if (entry->kind == TOUCAN_CACHE_LIVE
            && memcmp(&entry->name, name, sizeof(toucan_cache_name_t)) == 0)
        {
            return slot;
        }
    }

    return NULL;
}


toucan_str_t
toucan_cache_find(const toucan_cache_t *cache, const toucan_cache_name_t *name,
    int64_t now)
{
    const uint64_t              *slot;
    const toucan_cache_entry_t  *entry;

    slot = toucan_cache_slot(cache, name);

    if (slot == NULL) {
        return toucan_str(NULL, 0);
    }

    entry = toucan_cache_entry_of(cache, *slot);

    return (entry->end > now) ? toucan_str((const uint8_t *) (entry + 1),
                                           entry->len)
                              : toucan_str(NULL, 0);
}


uint8_t *
toucan_cache_reserve(toucan_cache_t *cache, const toucan_cache_name_t *name,
    size_t len, int64_t end, int64_t now)
{
    uint64_t               need, left, pad, *slot;
    toucan_cache_entry_t  *entry;
    toucan_cache_state_t   state;

    toucan_cache_settle(cache);

    if (len > TOUCAN_CACHE_MAX_VALUE || end <= now) {
        return NULL;
    }

    slot = toucan_cache_slot(cache, name);

    if (slot != NULL && toucan_cache_entry_of(cache, *slot)->end >= end) {
        return NULL;
    }

    need = TOUCAN_CACHE_UNITS(len);
    left = cache->units
           - toucan_cache_state(cache)->head % cache->units;
    pad = (left < need) ? left : 0;

    toucan_cache_make_room(cache, pad + need);

    state = *toucan_cache_state(cache);
    state.reserved = state.head + pad + need;
    toucan_cache_turn(cache, &state);

    if (pad) {
        entry = toucan_cache_entry(cache, state.head);
        entry->units = (uint16_t) pad;
        entry->kind = TOUCAN_CACHE_PAD;
    }

    entry = toucan_cache_entry(cache, state.head + pad);

    entry->units = (uint16_t) need;
    entry->kind = TOUCAN_CACHE_LIVE;
    entry->len = (uint32_t) len;
    entry->end = end;
    entry->name = *name;

    return (uint8_t *) (entry + 1);
}


/* Drops the oldest; each is at least 5 units, and "need" is bounded. */

static void
toucan_cache_make_room(toucan_cache_t *cache, uint64_t need)
{
    toucan_cache_state_t  state;

    state = *toucan_cache_state(cache);

    while (state.head + need - state.tail > cache->units) {
        toucan_cache_pass(cache, &state);
    }

    toucan_cache_drop(cache, &state);
}


/* What the tail has passed goes: first it cannot be found, then it is clean. */

static void
toucan_cache_drop(toucan_cache_t *cache, toucan_cache_state_t *state)
{
    if (state->tail == state->clean) {
        return;
    }

    toucan_cache_turn(cache, state);
    toucan_cache_wipe(cache, state->clean, state->tail);

    state->clean = state->tail;
    toucan_cache_turn(cache, state);
}


void
toucan_cache_commit(toucan_cache_t *cache)
{
    uint64_t               place, tag, *slot;
    toucan_cache_entry_t  *entry;
    toucan_cache_state_t   state;

    state = *toucan_cache_state(cache);

    if (state.reserved == state.head) {
        return;
    }

    place = state.head;
    entry = toucan_cache_entry(cache, place);

    if (entry->kind == TOUCAN_CACHE_PAD) {
        place += entry->units;
        entry = toucan_cache_entry(cache, place);
    }

    slot = toucan_cache_victim(cache, &entry->name);
    tag = toucan_cache_tag(toucan_cache_hash(&entry->name));

    toucan_cache_tidy(cache);

    state.head = state.reserved;
    state.values++;
    toucan_cache_turn(cache, &state);

    toucan_put(*slot, tag | (place & TOUCAN_CACHE_PLACE_MASK));
}


/* The slot for a value: that of its name, a stale one, or the oldest. */

static uint64_t *
toucan_cache_victim(const toucan_cache_t *cache,
    const toucan_cache_name_t *name)
{
    uint64_t                    *slot, *victim, age, most;
    unsigned                     i;
    const toucan_cache_state_t  *state;

    victim = toucan_cache_slot(cache, name);

    if (victim != NULL) {
        return victim;
    }

    state = toucan_cache_state(cache);
    slot = toucan_cache_bucket(cache,
                               toucan_cache_bucket_of(cache,
                                                      toucan_cache_hash(name)));
    victim = slot;
    most = 0;

    for (i = 0; i < TOUCAN_CACHE_SLOTS; i++, slot++) {

        if (toucan_cache_stale(state, *slot)) {
            return slot;
        }

        age = (state->head - *slot) & TOUCAN_CACHE_PLACE_MASK;

        if (age > most) {
            most = age;
            victim = slot;
        }
    }

    return victim;
}


/*
 * The head is about to pass from one stride to the next, and each has a bucket
 * of its own to rid of what is stale.  An entry and its pad are shorter than a
 * stride, so none is left out; should the process end before the head has
 * moved, the next one does it again.
 */

static void
toucan_cache_tidy(toucan_cache_t *cache)
{
    uint64_t                     stride, *slot;
    unsigned                     i;
    const toucan_cache_state_t  *state;

    state = toucan_cache_state(cache);
    stride = state->reserved / TOUCAN_CACHE_STRIDE;

    if (stride == state->head / TOUCAN_CACHE_STRIDE) {
        return;
    }

    slot = toucan_cache_bucket(cache, stride % cache->buckets);

    for (i = 0; i < TOUCAN_CACHE_SLOTS; i++, slot++) {
        if (*slot && toucan_cache_stale(state, *slot)) {
            toucan_put(*slot, 0);
        }
    }
}


void
toucan_cache_sweep(toucan_cache_t *cache, size_t n, int64_t now)
{
    size_t                       left;
    uint64_t                     place;
    toucan_cache_state_t         state;
    const toucan_cache_entry_t  *entry;

    toucan_cache_settle(cache);

    state = *toucan_cache_state(cache);

    for (left = n; left && state.tail != state.head; left--) {
        entry = toucan_cache_entry(cache, state.tail);

        if (entry->kind == TOUCAN_CACHE_LIVE && entry->end > now) {
            break;
        }

        toucan_cache_pass(cache, &state);
    }

    toucan_cache_drop(cache, &state);

    place = (state.swept == state.head) ? state.tail : state.swept;

    for (left = n; left && place != state.head; /* void */) {
        entry = toucan_cache_entry(cache, place);

        if (entry->kind == TOUCAN_CACHE_LIVE && entry->end <= now) {
            toucan_cache_bury(cache, place);
        }

        left -= entry->kind != TOUCAN_CACHE_PAD;
        place += toucan_cache_step(cache, &state, place);
    }

    state.swept = place;
    toucan_cache_turn(cache, &state);
}


/* May be done twice: a process may have ended in the middle of it. */

static void
toucan_cache_bury(toucan_cache_t *cache, uint64_t place)
{
    size_t                 skip;
    toucan_cache_entry_t  *entry;

    entry = toucan_cache_entry(cache, place);
    skip = offsetof(toucan_cache_entry_t, len);

    toucan_put(cache->burying, place);
    toucan_put(entry->kind, TOUCAN_CACHE_DEAD);

    toucan_cleanse((uint8_t *) entry + skip,
                   (size_t) entry->units * TOUCAN_CACHE_UNIT - skip);

    toucan_put(cache->burying, 0);
}


void
toucan_cache_use(toucan_cache_t *cache, toucan_cache_use_t *use)
{
    const toucan_cache_state_t  *state;

    toucan_cache_settle(cache);

    state = toucan_cache_state(cache);

    use->size = (size_t) cache->units * TOUCAN_CACHE_UNIT;
    use->used = (size_t) (state->head - state->tail) * TOUCAN_CACHE_UNIT;
    use->values = (size_t) state->values;
}
