
/*
 * What the tests of the cache share: names and values by number, and a plain
 * model of the cache, which says what must be found, and what lies where: all
 * that is not a value which is there must be zero.
 */


#ifndef _TOUCAN_UNIT_CACHE_H_INCLUDED_
#define _TOUCAN_UNIT_CACHE_H_INCLUDED_


#include "unit.h"

#include "gate/toucan_cache_impl.h"


#define MODEL_NAMES  200
#define MODEL_ITEMS  2048           /* more than fit into the largest ring */
#define MODEL_SLOTS  8
#define MODEL_HEAD   80             /* bytes in front of a value */
#define MODEL_SIZE   (48 * 1024)    /* of the smallest block, about */


typedef enum { IS_LIVE, IS_DEAD, IS_PAD } item_e;


typedef struct {
    item_e           kind;
    uint32_t         id;            /* of the value */
    unsigned         name;
    int              slot;          /* a slot leads to it */
    uint64_t         place;
    uint64_t         units;
    size_t           len;
    int64_t          end;
} item_t;


typedef struct {
    toucan_cache_t  *cache;
    uint64_t         units;
    uint64_t         place;         /* of the head */
    uint64_t         swept;
    unsigned         first;         /* the items are from here ... */
    unsigned         n;             /* ... and so many */
    uint32_t         ids;
    int              open;          /* "next" is being written */
    item_t           next;
    item_t           item[MODEL_ITEMS];
} model_t;


/* Three names have one hash, and with 200 of them a bucket is too small. */

static UNIT_UNUSED toucan_cache_name_t
name_of(unsigned i)
{
    uint64_t             hash, opener, mark;
    toucan_cache_name_t  name;

    memset(&name, 0x5e, sizeof(toucan_cache_name_t));

    hash = (i / 3 + 1) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 29) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 32;
    opener = (i % 2 + 7) * UINT64_C(0xbf58476d1ce4e5b9);
    mark = UINT64_C(0x4e4e4e4e00000000) + i;

    memcpy(name.opener, &opener, 8);
    hash ^= opener;
    memcpy(name.token, &hash, 8);
    memcpy(name.token + 8, &mark, 8);
    memcpy(name.opener + 24, &mark, 8);

    return name;
}


static UNIT_UNUSED void
fill(uint8_t *p, size_t len, uint32_t id)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        p[i] = (uint8_t) (id >> (i % 3) * 8) | 0x81;
    }
}


static UNIT_UNUSED int
filled(toucan_str_t value, size_t len, uint32_t id)
{
    size_t  i;

    if (value.data == NULL || value.len != len
        || (uintptr_t) value.data % 8 != 0)
    {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (value.data[i] != ((uint8_t) (id >> (i % 3) * 8) | 0x81)) {
            return 0;
        }
    }

    return 1;
}


/* 1 when it is there now */

static UNIT_UNUSED int
add(toucan_cache_t *cache, unsigned name, uint32_t id, size_t len, int64_t end,
    int64_t now)
{
    uint8_t              *p;
    toucan_cache_name_t   key;

    key = name_of(name);
    p = toucan_cache_reserve(cache, &key, len, end, now);

    if (p == NULL) {
        return 0;
    }

    fill(p, len, id);
    toucan_cache_commit(cache);

    return 1;
}


static UNIT_UNUSED toucan_str_t
get(const toucan_cache_t *cache, unsigned name, int64_t now)
{
    toucan_cache_name_t  key;

    key = name_of(name);

    return toucan_cache_find(cache, &key, now);
}


/* An empty cache goes on from another place. */

static UNIT_UNUSED void
go_to(toucan_cache_t *cache, uint64_t place)
{
    unsigned               i;
    toucan_cache_state_t  *state;

    for (i = 0; i < 2; i++) {
        state = &cache->state[i];
        state->clean = place;
        state->tail = place;
        state->swept = place;
        state->head = place;
        state->reserved = place;
    }
}


/* ------------------------------------------------------------- the model */

static UNIT_UNUSED void
model_init(model_t *m, toucan_cache_t *cache)
{
    memset(m, 0, sizeof(model_t));

    m->cache = cache;
    m->units = cache->units;
    m->place = toucan_cache_state(cache)->head;
    m->swept = m->place;
}


static uint64_t
model_tail(const model_t *m)
{
    return m->n ? m->item[m->first].place : m->place;
}


static void
model_push(model_t *m, const item_t *item)
{
    if (m->first + m->n == MODEL_ITEMS) {
        memmove(m->item, m->item + m->first, m->n * sizeof(item_t));
        m->first = 0;
    }

    m->item[m->first + m->n++] = *item;
    m->place += item->units;
}


static void
model_pop(model_t *m)
{
    m->first++;
    m->n--;

    if (m->swept < model_tail(m)) {
        m->swept = model_tail(m);
    }
}


static uint64_t
model_bucket(const model_t *m, unsigned name)
{
    toucan_cache_name_t  key;

    key = name_of(name);

    return toucan_cache_bucket_of(m->cache, toucan_cache_hash(&key));
}


/* that a slot leads to, ended or not */

static UNIT_UNUSED item_t *
model_item(model_t *m, unsigned name)
{
    unsigned  i;
    item_t   *item;

    for (i = 0; i < m->n; i++) {
        item = &m->item[m->first + i];

        if (item->kind == IS_LIVE && item->slot && item->name == name) {
            return item;
        }
    }

    return NULL;
}


static UNIT_UNUSED int
model_reserve(model_t *m, unsigned name, size_t len, int64_t end, int64_t now)
{
    item_t    *old;
    uint64_t   need, left;

    m->open = 0;

    if (len > TOUCAN_CACHE_MAX_VALUE || end <= now) {
        return 0;
    }

    old = model_item(m, name);

    if (old != NULL && old->end >= end) {
        return 0;
    }

    m->open = 1;
    memset(&m->next, 0, sizeof(item_t));
    m->next.id = ++m->ids;
    m->next.name = name;
    m->next.slot = 1;
    m->next.units = (MODEL_HEAD + len + 15) / 16;
    m->next.len = len;
    m->next.end = end;

    left = m->units - m->place % m->units;
    need = m->next.units + (left < m->next.units ? left : 0);

    while (m->place - model_tail(m) + need > m->units) {
        model_pop(m);
    }

    return 1;
}


static UNIT_UNUSED void
model_commit(model_t *m)
{
    item_t    *old, *item, pad;
    unsigned   i, n;
    uint64_t   left;

    if (!m->open) {
        return;
    }

    old = model_item(m, m->next.name);
    n = 0;

    for (i = m->n; i > 0 && old == NULL; i--) {
        item = &m->item[m->first + i - 1];

        if (item->kind != IS_PAD && item->slot
            && model_bucket(m, item->name) == model_bucket(m, m->next.name)
            && ++n == MODEL_SLOTS)
        {
            old = item;
        }
    }

    if (old != NULL) {
        old->slot = 0;
    }

    left = m->units - m->place % m->units;

    if (left < m->next.units) {
        memset(&pad, 0, sizeof(item_t));
        pad.kind = IS_PAD;
        pad.place = m->place;
        pad.units = left;
        model_push(m, &pad);
    }

    m->next.place = m->place;
    model_push(m, &m->next);
    m->open = 0;
}


static UNIT_UNUSED void
model_sweep(model_t *m, size_t n, int64_t now)
{
    size_t     left;
    item_t    *item;
    unsigned   i;

    m->open = 0;

    for (left = n; left && m->n; left--) {
        item = &m->item[m->first];

        if (item->kind == IS_LIVE && item->end > now) {
            break;
        }

        model_pop(m);
    }

    m->swept = (m->swept == m->place) ? model_tail(m) : m->swept;

    for (i = 0, left = n; i < m->n && left; i++) {
        item = &m->item[m->first + i];

        if (item->place < m->swept) {
            continue;
        }

        if (item->kind == IS_LIVE && item->end <= now) {
            item->kind = IS_DEAD;
        }

        left -= item->kind != IS_PAD;
        m->swept = item->place + item->units;
    }
}


/* --------------------------------------------------- what lies in a cache */

static int
zero(const model_t *m, uint64_t from, uint64_t to, size_t skip)
{
    size_t    i, n;
    uint8_t  *p;

    while (from < to) {
        n = m->units - from % m->units;
        n = (to - from < n) ? to - from : n;
        p = (uint8_t *) toucan_cache_entry(m->cache, from);

        for (i = skip; i < n * TOUCAN_CACHE_UNIT; i++) {
            if (p[i]) {
                return 0;
            }
        }

        skip = 0;
        from += n;
    }

    return 1;
}


/* NULL, or what is wrong */

static UNIT_UNUSED const char *
model_check_ring(const model_t *m)
{
    unsigned       i;
    uint64_t       from;
    const item_t  *item;

    for (i = 0; i < m->n; i++) {
        item = &m->item[m->first + i];

        if (item->kind != IS_LIVE
            && !zero(m, item->place, item->place + item->units, 4))
        {
            return (item->kind == IS_PAD) ? "a pad holds something"
                                          : "a dead one holds something";
        }

        if (item->kind == IS_LIVE && !item->slot
            && !filled(toucan_str((uint8_t *)
                                  toucan_cache_entry(m->cache, item->place)
                                  + MODEL_HEAD, item->len),
                       item->len, item->id))
        {
            return "one that is not found is changed";
        }
    }

    /* what is being written is not settled yet */

    from = m->open ? toucan_cache_state(m->cache)->reserved : m->place;

    return zero(m, from, model_tail(m) + m->units, 0) ? NULL
           : "something is left where nothing is";
}


static UNIT_UNUSED const char *
model_check_name(model_t *m, unsigned name, int64_t now)
{
    item_t        *item;
    toucan_str_t   value;

    item = model_item(m, name);
    value = get(m->cache, name, now);

    if (item == NULL || item->end <= now) {
        return value.data == NULL ? NULL : "found, and is not there";
    }

    if (value.data == NULL) {
        return "not found, and is there";
    }

    return filled(value, item->len, item->id) ? NULL : "another value";
}


static UNIT_UNUSED const char *
model_check(model_t *m, int64_t now)
{
    size_t               values;
    unsigned             i;
    const char          *fault;
    toucan_cache_use_t   use;

    for (i = 0; i < MODEL_NAMES; i++) {
        fault = model_check_name(m, i, now);

        if (fault != NULL) {
            return fault;
        }
    }

    for (i = 0, values = 0; i < m->n; i++) {
        values += m->item[m->first + i].kind != IS_PAD;
    }

    if (m->open) {
        return NULL;                    /* toucan_cache_use() would end that */
    }

    toucan_cache_use(m->cache, &use);

    if (use.values != values || use.size != m->units * 16
        || use.used != (m->place - model_tail(m)) * 16)
    {
        return "the figures";
    }

    return NULL;
}


#endif /* _TOUCAN_UNIT_CACHE_H_INCLUDED_ */
