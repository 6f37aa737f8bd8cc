
/*
 * A program of bytes does things to a small cache and to its model, which must
 * agree all the time.  The tests make programs at random, the fuzzer finds
 * its own.
 */


#ifndef _TOUCAN_UNIT_CACHE_PROGRAM_H_INCLUDED_
#define _TOUCAN_UNIT_CACHE_PROGRAM_H_INCLUDED_


#include "cache.h"


/* The first two bytes: the size and the address of the block, the place. */

#define PROGRAM_BLOCK  (MODEL_SIZE + 255 * 128)
#define PROGRAM_OP     5            /* bytes */


/* how often which was done: a program that does nothing proves nothing */

typedef struct {
    unsigned         added;
    unsigned         refused;
    unsigned         pads;
    unsigned         dropped;
    unsigned         unslotted;     /* a bucket was full */
    unsigned         buried;
    unsigned         hits;
} program_seen_t;


/* a length of every order, and what fits to the end of the ring, about */

static size_t
program_len(const model_t *m, const uint8_t *p)
{
    size_t    len;
    uint64_t  left;

    len = (size_t) p[2] << 8 | p[3];
    left = (m->units - m->place % m->units) * 16;

    switch (len >> 14) {

    case 0:
        return len & 0xff;

    case 1:
        return len & 0x7ff;

    case 2:
        return TOUCAN_CACHE_MAX_VALUE + 16 - (len & 0x3fff);

    default:
        len = left - MODEL_HEAD + (len & 63) - 32;
        return (left > MODEL_HEAD + 32) ? len : 0;
    }
}


static int64_t
program_end(uint8_t c, int64_t now)
{
    return (c == 255) ? INT64_MAX : (c == 254) ? INT64_MIN : now + c / 4 - 4;
}


static const char *
program_add(model_t *m, const uint8_t *p, int64_t now, program_seen_t *seen)
{
    int                   expected;
    size_t                len;
    uint8_t              *value;
    int64_t               end;
    unsigned              name;
    toucan_cache_name_t   key;

    name = p[1] % MODEL_NAMES;
    key = name_of(name);
    len = program_len(m, p);
    end = program_end(p[4], now);

    seen->dropped += m->n;
    expected = model_reserve(m, name, len, end, now);
    seen->dropped -= m->n;

    value = toucan_cache_reserve(m->cache, &key, len, end, now);

    if ((value != NULL) != expected) {
        return expected ? "no room for it" : "room for what is not kept";
    }

    seen->refused += value == NULL;

    if (value != NULL) {
        fill(value, len, m->next.id);
    }

    if ((p[0] & 7) != 7) {              /* else it goes without */
        model_commit(m);
        toucan_cache_commit(m->cache);
        seen->added += value != NULL;
    }

    return NULL;
}


static void
program_count(const model_t *m, program_seen_t *seen)
{
    unsigned       i;
    const item_t  *item;

    for (i = 0; i < m->n; i++) {
        item = &m->item[m->first + i];

        seen->pads += item->kind == IS_PAD;
        seen->buried += item->kind == IS_DEAD;
        seen->unslotted += item->kind == IS_LIVE && !item->slot;
    }
}


static const char *
program_all(model_t *m, int64_t now, program_seen_t *seen)
{
    const char  *fault;

    program_count(m, seen);
    fault = model_check_ring(m);

    return fault ? fault : model_check(m, now);
}


static const char *
program_do(model_t *m, const uint8_t *p, int64_t *now, program_seen_t *seen)
{
    const char  *fault;

    fault = NULL;

    switch (p[0] & 7) {

    case 0:
        *now += p[1] / 16 - 4;
        break;

    case 1:
        model_sweep(m, p[1] % 32, *now);
        toucan_cache_sweep(m->cache, p[1] % 32, *now);
        break;

    default:
        fault = program_add(m, p, *now, seen);
    }

    seen->hits += get(m->cache, p[1] % MODEL_NAMES, *now).data != NULL;

    return fault ? fault : model_check_name(m, p[1] % MODEL_NAMES, *now);
}


/* "block" is for PROGRAM_BLOCK + 64 bytes; NULL, or what is wrong */

static UNIT_UNUSED const char *
program_run(model_t *m, void *block, const uint8_t *p, size_t size,
    program_seen_t *seen)
{
    size_t           i, n;
    int64_t          now;
    uint8_t         *start;
    const char      *fault;
    toucan_cache_t  *cache;

    if (size < 2) {
        return NULL;
    }

    memset(block, 0, PROGRAM_BLOCK + 64);
    start = (uint8_t *) block + (p[0] & 3) * 16;
    n = MODEL_SIZE + (size_t) (p[0] / 4) * 128;
    cache = toucan_cache_init(start, n);

    if (cache == NULL) {
        return "no cache";
    }

    if (p[1]) {                         /* soon a slot's bits are not enough */
        go_to(cache, (UINT64_C(1) << TOUCAN_CACHE_PLACE_BITS) - p[1] * 64 + 1);
    }

    model_init(m, cache);
    now = 1000;
    fault = NULL;

    for (i = 2; i + PROGRAM_OP <= size && fault == NULL; i += PROGRAM_OP) {
        fault = program_do(m, p + i, &now, seen);

        if (fault == NULL && i % (8 * PROGRAM_OP) == 2) {
            fault = program_all(m, now, seen);
        }
    }

    if (fault == NULL) {
        fault = program_all(m, now, seen);
    }

    for (i = n; i < PROGRAM_BLOCK + 64 - (size_t) (p[0] & 3) * 16; i++) {
        if (start[i]) {
            return "something was written behind the block";
        }
    }

    return fault;
}


#endif /* _TOUCAN_UNIT_CACHE_PROGRAM_H_INCLUDED_ */
