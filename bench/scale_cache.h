
/*
 * Owns: what is measured of the cache of opened tokens.
 */


#ifndef _TOUCAN_SCALE_CACHE_H_INCLUDED_
#define _TOUCAN_SCALE_CACHE_H_INCLUDED_


#include "scale.h"


#include "gate/toucan_cache.h"


#define CACHED_END     2000
#define CACHED_NOW     1000

/* Room for n values in an index that is not filled to the last place. */
#define CACHED_BLOCK(n)  ((size_t) (n) * (cached_value + 512) + (1 << 20))


enum {
    CACHED_FOUND = 0,
    CACHED_COPIED,
    CACHED_ABSENT
};


static toucan_cache_name_t  cached_name[BATCH_MAX];
static uint8_t              cached_copy[TOUCAN_CACHE_MAX_VALUE];
static size_t               cached_value;


/* Digests look random, too. */

static void
cached_name_of(toucan_cache_name_t *name, uint64_t i)
{
    unsigned  k;
    uint64_t  x[TOUCAN_SHA256_SIZE / 8];

    for (k = 0; k < TOUCAN_SHA256_SIZE / 8; k++) {
        x[k] = mixed(i * 8 + k);
    }

    memcpy(name->token, x, sizeof(name->token));
    memset(name->opener, 0x5a, sizeof(name->opener));
}


static void
cached_put(toucan_cache_t *cache, uint64_t i)
{
    uint8_t              *p;
    toucan_cache_name_t   name;

    cached_name_of(&name, i);
    p = toucan_cache_reserve(cache, &name, cached_value, CACHED_END,
                             CACHED_NOW);
    if (p == NULL) {
        wrong("cache", "no room");
    }

    memset(p, (int) i, cached_value);
    toucan_cache_commit(cache);
}


static int
cached_holds(toucan_cache_t *cache, uint64_t i)
{
    toucan_cache_name_t  name;

    cached_name_of(&name, i);

    return toucan_cache_find(cache, &name, CACHED_NOW).data != NULL;
}


/* The bytes that are kept of the ordinary token. */

static void
cached_measure(void)
{
    char          text[512];
    toucan_jwt_t  jwt;

    memset(&jwt, 0, sizeof(toucan_jwt_t));
    jwt.kid = toucan_cstr("2026-01");

    payload_of(text, sizeof(text), 0);
    arena_used = 0;

    if (toucan_json_parse(toucan_cstr(text), &toucan_json_token_limits,
                          &arena, &jwt.payload)
        != TOUCAN_OK)
    {
        wrong("cache", text);
    }

    cached_value = toucan_jwt_packed_len(&jwt);
}


static void *
cached_build(size_t n, cost_t *cost)
{
    size_t           i;
    toucan_cache_t  *cache;

    cached_measure();

    cost_begin(cost);
    cache = toucan_cache_init(must(aligned_alloc(64, CACHED_BLOCK(n))),
                              CACHED_BLOCK(n));

    for (i = 0; i < n; i++) {
        cached_put(must(cache), i);
    }

    cost_end(cost);
    cost->bytes = 0;        /* told by cached_capacity() */

    return cache;
}


/* A value that had to give way is a miss: another one is asked for. */

static void
cached_ask(void *ctx, unsigned variant, const uint32_t *which, unsigned n)
{
    uint64_t  k;
    unsigned  i;

    for (i = 0; i < n; i++) {
        k = which[i];

        while (variant != CACHED_ABSENT && !cached_holds(ctx, k)) {
            k = which[seed++ % n];
        }

        cached_name_of(&cached_name[i],
                       (variant == CACHED_ABSENT) ? ~k : k);
    }
}


static unsigned
cached_run(void *ctx, unsigned variant, unsigned n)
{
    unsigned      i, right;
    toucan_str_t  value;

    right = 0;

    for (i = 0; i < n; i++) {
        one_by_one();
        value = toucan_cache_find(ctx, &cached_name[i], CACHED_NOW);
        right += (value.data == NULL) == (variant == CACHED_ABSENT);

        if (variant == CACHED_COPIED) {
            memcpy(cached_copy, value.data, value.len);
        }
    }

    return right;
}


/* How many of the first n are found. */

static size_t
cached_count(toucan_cache_t *cache, size_t n)
{
    size_t  i, count;

    count = 0;

    for (i = 0; i < n; i++) {
        count += (size_t) cached_holds(cache, i);
    }

    return count;
}


/*
 * How many values a block of 128 MB holds: of 100,000, and when the first that
 * has to give way says that it is full.
 */

static void
cached_capacity(void)
{
    void                *block;
    size_t               i, found, size;
    toucan_cache_t      *cache;
    toucan_cache_use_t   before, after;

    cached_measure();

    size = (size_t) 128 * 1024 * 1024;
    block = must(aligned_alloc(64, size));
    cache = must(toucan_cache_init(block, size));

    for (i = 0; i < 100000; i++) {
        cached_put(cache, i);
    }

    tell("found", "cache", "of 100000", "-", size,
         (double) cached_count(cache, i));

    do {
        toucan_cache_use(cache, &before);
        cached_put(cache, i++);
        toucan_cache_use(cache, &after);
    } while (i < 1000000 && after.values > before.values);

    found = cached_count(cache, i);
    tell("found", "cache", "full", "-", size, (double) found);
    tell("bytes", "cache", "-", "-", found, (double) size);
    tell("bytes", "cache value", "-", "-", 1, (double) cached_value);

    free(block);
}


#endif /* _TOUCAN_SCALE_CACHE_H_INCLUDED_ */
