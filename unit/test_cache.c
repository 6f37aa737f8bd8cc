
/*
 * Owns: the tests of the cache: its sizes, its bounds, what is found, what
 * goes, and that nothing is left of what went.
 */


#include "cache.h"

#include <sys/mman.h>


#define BLOCK  (64 * 1024)


static uint64_t  memory[BLOCK / 8 + 8];
static model_t   model;


static toucan_cache_t *
fresh(size_t size)
{
    memset(memory, 0, sizeof(memory));

    return toucan_cache_init(memory, size);
}


/* fills the ring up to "left" bytes before its end, when it was empty */

static void
fill_up(toucan_cache_t *cache, size_t left)
{
    size_t    len;
    uint64_t  rest;
    unsigned  i;

    for (i = 0; i < 1000; i++) {
        rest = (cache->units - toucan_cache_state(cache)->head % cache->units)
               * 16 - left;

        if (rest < 3 * MODEL_HEAD) {
            break;
        }

        len = rest - MODEL_HEAD;
        len = (len > 1024 + MODEL_HEAD) ? 1024 : len;
        (void) add(cache, 100 + i % 100, i, len, 2000, 1000);
    }
}


static void
test_sizes(void)
{
    int              wrong;
    uint64_t         size, index, sum;
    uintptr_t        at;
    toucan_cache_t   c;

    for (size = 0; size < 80000; size++) {
        if (toucan_cache_divide(&c, 4096, size)) {
            break;
        }
    }

    diag("the smallest block has %u bytes, %u of them for values",
         (unsigned) size, (unsigned) c.units * 16);
    ok(size < 36 * 1024, "size: two values of the longest kind");
    is_int(c.units, 2 * TOUCAN_CACHE_UNITS(TOUCAN_CACHE_MAX_VALUE),
           "size: and no more in the smallest block");
    ok(toucan_cache_init(memory, size - 192) == NULL, "size: too small");
    ok(toucan_cache_init(memory, 0) == NULL, "size: none");

    wrong = 0;

    for (size = 40000; size < (UINT64_C(1) << 37); size += size / 7) {
        for (at = 4096; at < 4096 + 128; at += 8) {
            wrong += !toucan_cache_divide(&c, at, size);
            index = c.buckets * TOUCAN_CACHE_LINE;
            sum = c.ring + c.units * 16;

            wrong += sum > size || size - sum >= 16 || c.ring % 8 != 0
                     || c.index < sizeof(toucan_cache_t)
                     || c.ring < c.index + index
                     || (at + c.index) % TOUCAN_CACHE_LINE != 0
                     || (at + c.ring) % TOUCAN_CACHE_LINE != 0
                     || index > size / 32 || index < size / 35 - 64;
        }
    }

    is_int(wrong, 0, "size: from 40 kB to 128 GB all of it is used, a 33rd "
           "of it for the index");

    ok(toucan_cache_divide(&c, 4096, UINT64_MAX / 2), "size: too large");
    ok(c.units <= (UINT64_C(1) << 36), "size: not all of it is used");
    ok(c.buckets * TOUCAN_CACHE_STRIDE + c.units + TOUCAN_CACHE_STRIDE
       < TOUCAN_CACHE_PLACE_MASK / 64,
       "size: no slot lasts until its place comes round again");
    ok(2 * TOUCAN_CACHE_MAX_UNITS < TOUCAN_CACHE_STRIDE,
       "size: no value is longer than a stride");
    is_int(sizeof(toucan_cache_entry_t), MODEL_HEAD, "size: of a head");
}


/* What a cache finds in its block is not its own. */

static void
test_again(void)
{
    unsigned             i, there;
    uint64_t             b;
    toucan_cache_t      *cache;
    toucan_cache_use_t   use;

    cache = fresh(BLOCK);
    fill_up(cache, 0);

    cache = toucan_cache_init(memory, BLOCK);
    toucan_cache_use(cache, &use);
    is_int(use.values + use.used, 0, "a block again: it is empty");

    for (i = 0; i < 40; i++) {
        (void) add(cache, i * 2, i, 1024, 2000, 1000);
    }

    for (i = 100, there = 0; i < MODEL_NAMES; i++) {
        there += get(cache, i, 1000).data != NULL;
    }

    is_int(there, 0, "a block again: nothing of before is found");

    for (b = 0, there = 0; b < cache->buckets * TOUCAN_CACHE_SLOTS; b++) {
        there += toucan_cache_bucket(cache, 0)[b] != 0;
    }

    ok(there <= 40, "a block again: no slot is left");
}


/* More than 32 bits count, in a block of which little is ever touched. */

static void
test_large(void)
{
    void            *block;
    uint64_t         size;
    unsigned         i, there;
    toucan_cache_t  *cache;

    size = UINT64_C(72) << 30;
    block = mmap(NULL, (size_t) size, PROT_READ|PROT_WRITE,
                 MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0);

    if (block == MAP_FAILED) {
        skip(2, "no address space");
        return;
    }

    cache = block;                      /* the index is zero as it is */

    ok(toucan_cache_divide(cache, (uintptr_t) block, size), "72 GB");
    go_to(cache, 2 * cache->units - 5000);

    for (i = 0, there = 0; i < 50; i++) {
        (void) add(cache, i * 3, i, 4000, 2000, 1000);
    }

    for (i = 0; i < 50; i++) {
        there += filled(get(cache, i * 3, 1000), 4000, i);
    }

    is_int(there, 50, "and beyond its end");

    munmap(block, (size_t) size);
}


static void
test_values(void)
{
    size_t                i;
    uint8_t              *value;
    toucan_cache_t       *cache;
    toucan_cache_use_t    use;
    toucan_cache_name_t   name;

    static const size_t  lens[] = {
        0, 1, 15, 16, 17, 1200, TOUCAN_CACHE_MAX_VALUE - 1,
        TOUCAN_CACHE_MAX_VALUE
    };

    cache = fresh(BLOCK);
    ok((void *) cache == (void *) memory, "the cache is the block");

    toucan_cache_use(cache, &use);
    is_int(use.values, 0, "it is empty");
    is_int(use.used, 0, "nothing is used");
    ok(use.size > BLOCK / 33 * 31 && use.size < BLOCK, "of nearly all of it");

    for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        ok(add(cache, (unsigned) i * 3, (uint32_t) i, lens[i], 2000, 1000),
           "%zu bytes", lens[i]);
    }

    for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        ok(filled(get(cache, (unsigned) i * 3, 1000), lens[i], (uint32_t) i),
           "they are found");
    }

    toucan_cache_use(cache, &use);
    is_int(use.values, i, "values are counted");
    is_int(use.used, 16 * (5 + 6 + 6 + 6 + 7 + 80 + 1029 + 1029), "and bytes");

    ok(get(cache, 50, 1000).data == NULL, "another name");
    ok(get(cache, 1, 1000).data == NULL, "another name of the same hash");

    ok(!add(cache, 50, 50, TOUCAN_CACHE_MAX_VALUE + 1, 2000, 1000),
       "one byte too many");
    ok(!add(cache, 50, 50, SIZE_MAX, 2000, 1000), "far too many");
    ok(!add(cache, 50, 50, (size_t) 1 << 32, 2000, 1000), "and in 32 bits 0");

    toucan_cache_use(cache, &use);
    is_int(use.values, i, "none of them drops anything");

    toucan_cache_commit(cache);
    toucan_cache_use(cache, &use);
    is_int(use.values, i, "a commit without room does nothing");

    name = name_of(60);
    value = toucan_cache_reserve(cache, &name, 100, 2000, 1000);
    ok(value != NULL && (uintptr_t) value % 8 == 0, "room is aligned");
    fill(value, 100, 60);
    ok(get(cache, 60, 1000).data == NULL, "not found before the commit");
    toucan_cache_commit(cache);
    ok(filled(get(cache, 60, 1000), 100, 60), "found after it");
    toucan_cache_commit(cache);
    toucan_cache_use(cache, &use);
    is_int(use.values, i + 1, "a second commit does nothing");

    is_int(memory[BLOCK / 8], 0, "nothing was written behind the block");
}


static void
test_ends(void)
{
    toucan_cache_t      *cache;
    toucan_cache_use_t   use;

    cache = fresh(BLOCK);

    ok(!add(cache, 0, 0, 10, 1000, 1000), "end: now");
    ok(!add(cache, 0, 0, 10, 999, 1000), "end: before now");
    ok(!add(cache, 0, 0, 10, INT64_MIN, INT64_MAX), "end: long before");
    ok(add(cache, 0, 1, 10, 1001, 1000), "end: a second later");
    ok(filled(get(cache, 0, 1000), 10, 1), "end: found until then");
    ok(filled(get(cache, 0, INT64_MIN), 10, 1), "end: and long before");
    ok(get(cache, 0, 1001).data == NULL, "end: not at its end");
    ok(get(cache, 0, 1002).data == NULL, "end: nor after it");

    ok(add(cache, 3, 2, 10, INT64_MAX, 1000), "end: never");
    ok(filled(get(cache, 3, INT64_MAX - 1), 10, 2), "end: found very late");
    ok(get(cache, 3, INT64_MAX).data == NULL, "end: but then it is its end");
    ok(add(cache, 6, 3, 10, -5, -6), "end: a time below 0");
    ok(filled(get(cache, 6, -6), 10, 3) && get(cache, 6, -5).data == NULL,
       "end: as any other");

    /* the same name again */

    ok(!add(cache, 0, 4, 20, 1001, 1000), "again: with the same end");
    ok(!add(cache, 0, 4, 20, 1001, 5), "again: by a clock that is behind");
    ok(filled(get(cache, 0, 1000), 10, 1), "again: it stays");
    ok(add(cache, 0, 5, 20, 1002, 1000), "again: with a later end");
    ok(filled(get(cache, 0, 1001), 20, 5), "again: it takes the place");
    ok(!add(cache, 0, 6, 20, 1001, 1000), "again: with the end before");
    toucan_cache_use(cache, &use);
    is_int(use.values, 4, "again: the old one is there, but is not found");

    ok(add(cache, 0, 7, 30, 1100, 1050), "again: after its end");
    ok(filled(get(cache, 0, 1050), 30, 7), "again: it is there anew");
}


/* Only all of a name is the name. */

static void
test_names(void)
{
    size_t                i;
    uint8_t              *p;
    unsigned              wrong;
    toucan_cache_t       *cache;
    toucan_cache_name_t   name, other;

    cache = fresh(BLOCK);
    name = name_of(0);
    ok(add(cache, 0, 1, 100, 2000, 1000), "name: one value");

    for (i = 0, wrong = 0; i < sizeof(name); i++) {
        other = name;
        p = (uint8_t *) &other;
        p[i] ^= 1;
        wrong += toucan_cache_find(cache, &other, 1000).data != NULL;
    }

    is_int(wrong, 0, "name: a bit less, in any byte, and it is not found");

    for (i = 8, wrong = 0; i < TOUCAN_SHA256_SIZE; i++) {
        other = name;
        other.token[i] ^= 0x80;
        wrong += toucan_cache_hash(&other) != toucan_cache_hash(&name)
                 || toucan_cache_find(cache, &other, 1000).data != NULL;

        other = name;
        other.opener[i] ^= 0x80;
        wrong += toucan_cache_hash(&other) != toucan_cache_hash(&name)
                 || toucan_cache_find(cache, &other, 1000).data != NULL;
    }

    is_int(wrong, 0, "name: nor when its slot is the same");

    other = name;
    other.opener[0] ^= 1;
    ok(toucan_cache_hash(&other) != toucan_cache_hash(&name),
       "name: the opener has a say in the slot");

    memcpy(other.token, name.opener, TOUCAN_SHA256_SIZE);
    memcpy(other.opener, name.token, TOUCAN_SHA256_SIZE);
    ok(toucan_cache_hash(&other) == toucan_cache_hash(&name)
       && toucan_cache_find(cache, &other, 1000).data == NULL,
       "name: the halves do not stand for each other");

    ok(filled(get(cache, 0, 1000), 100, 1), "name: it is found itself");

    /* a tag of 0 bits */

    memset(&name, 0, sizeof(name));
    ok(toucan_cache_find(cache, &name, 1000).data == NULL, "name: all zero");
    p = toucan_cache_reserve(cache, &name, 8, 2000, 1000);
    ok(p != NULL, "name: it may be used");
    memcpy(p, "all zero", 8);
    toucan_cache_commit(cache);
    is_mem(toucan_cache_find(cache, &name, 1000).data, 8, "all zero", 8,
           "name: and is found");
}


static void
test_bucket(void)
{
    uint64_t         bucket;
    unsigned         i, n, there, names[10];
    toucan_cache_t  *cache;

    cache = fresh(36 * 1024);
    model_init(&model, cache);

    for (bucket = 0, n = 0; bucket < cache->buckets && n < 10; bucket++) {
        for (i = 0, n = 0; i < MODEL_NAMES && n < 10; i++) {
            if (model_bucket(&model, i) == bucket) {
                names[n++] = i;
            }
        }
    }

    is_int(n, 10, "bucket: ten names of one bucket");

    for (i = 0; i < 8; i++) {
        (void) add(cache, names[i], i, 40, 1100, 1000);
    }

    for (i = 0, there = 0; i < 8; i++) {
        there += filled(get(cache, names[i], 1000), 40, i);
    }

    is_int(there, 8, "bucket: it has room for eight");

    (void) add(cache, names[2], 22, 41, 1200, 1000);
    ok(filled(get(cache, names[2], 1000), 41, 22)
       && filled(get(cache, names[0], 1000), 40, 0),
       "bucket: a value anew takes its own slot");

    (void) add(cache, names[8], 8, 40, 1100, 1000);
    ok(get(cache, names[0], 1000).data == NULL
       && filled(get(cache, names[1], 1000), 40, 1),
       "bucket: the oldest goes");

    (void) add(cache, names[9], 9, 40, 1100, 1000);

    for (i = 0, there = 0; i < 10; i++) {
        there += get(cache, names[i], 1000).data != NULL;
    }

    ok(there == 8 && get(cache, names[1], 1000).data == NULL
       && filled(get(cache, names[2], 1000), 41, 22),
       "bucket: then the next, and not the one that came anew");
}


/* Up to the last unit of the ring, and one more. */

static void
test_ring_end(void)
{
    unsigned         i;
    uint64_t         units, head;
    toucan_cache_t  *cache;

    for (i = 0; i < 40; i++) {
        cache = fresh(BLOCK);
        units = cache->units;
        fill_up(cache, 160);

        is_int(units - toucan_cache_state(cache)->head % units, 10,
               "ring: ten units are left");
        ok(add(cache, 0, i, 60 + i, 2000, 1000)
           && filled(get(cache, 0, 1000), 60 + i, i),
           "ring: %u of 160 bytes for a value", MODEL_HEAD + 60 + i);

        head = toucan_cache_state(cache)->head;
        is_int(head, 2 * units + (i > 20 ? (MODEL_HEAD + 60 + i + 15) / 16 : 0)
                     - (i < 5), "ring: the head");

        ok(add(cache, 3, 77, 5000, 2000, 1000)
           && filled(get(cache, 3, 1000), 5000, 77)
           && filled(get(cache, 0, 1000), 60 + i, i),
           "ring: and goes on");
    }
}


/* The place of a slot comes round, and nothing is seen of it. */

static void
test_places(void)
{
    unsigned         i, k, wrong;
    uint64_t         limit;
    toucan_cache_t  *cache;

    cache = fresh(BLOCK);
    limit = UINT64_C(1) << TOUCAN_CACHE_PLACE_BITS;
    go_to(cache, limit - 3000);
    wrong = 0;

    for (i = 0; i < 400; i++) {
        wrong += !add(cache, i % 80 * 2, i, 240, 2000 + i, 1000);

        for (k = 0; k < 20 && k <= i; k++) {
            wrong += !filled(get(cache, (i - k) % 80 * 2, 1000), 240, i - k);
        }
    }

    ok(toucan_cache_state(cache)->head > limit, "place: more than 48 bits");
    is_int(wrong, 0, "place: all that is young is found on the way");
}


/* oldest place that a slot has, in units behind the head; 0: there is none */

static uint64_t
oldest(const toucan_cache_t *cache, unsigned *used)
{
    uint64_t         b, age, most;
    unsigned         i;
    const uint64_t  *slot;

    most = 0;
    *used = 0;

    for (b = 0; b < cache->buckets; b++) {
        slot = toucan_cache_bucket(cache, b);

        for (i = 0; i < TOUCAN_CACHE_SLOTS; i++) {
            if (slot[i]) {
                age = (toucan_cache_state(cache)->head - slot[i])
                      & TOUCAN_CACHE_PLACE_MASK;
                most = (age > most) ? age : most;
                (*used)++;
            }
        }
    }

    return most;
}


static void
test_tidy(void)
{
    unsigned         i, used, before;
    uint64_t         age, bound;
    toucan_cache_t  *cache;

    cache = fresh(BLOCK);
    bound = (cache->buckets + 1) * TOUCAN_CACHE_STRIDE + cache->units;

    for (i = 0; i < 150; i++) {
        (void) add(cache, i, i, 10, 2000, 1000);
    }

    (void) oldest(cache, &before);
    ok(before > 50, "tidy: many slots are used (%u)", before);

    /* one name has one bucket; the others are tidied */

    for (i = 0; i < 1000; i++) {
        (void) add(cache, 198, i, 16000, 2001 + i, 1000);
    }

    age = oldest(cache, &used);
    ok(toucan_cache_state(cache)->head > 4 * bound, "tidy: some rounds on");
    ok(age < bound, "tidy: no slot is older than %u units: %u",
       (unsigned) bound, (unsigned) age);
    ok(used <= TOUCAN_CACHE_SLOTS, "tidy: those that are stale are gone");

    /* a control: what is not stale stays */

    for (i = 0; i < 8; i++) {
        (void) add(cache, i * 3, i, 1000, 2000, 1000);
    }

    for (i = 0, used = 0; i < 8; i++) {
        used += filled(get(cache, i * 3, 1000), 1000, i);
    }

    is_int(used, 8, "tidy: those that are not stale are not");
}


/* What a header that makes no sense does: all goes, nothing hangs. */

static void
test_torn(void)
{
    unsigned             i;
    toucan_cache_t      *cache;
    toucan_cache_use_t   use;

    for (i = 0; i < 2; i++) {
        cache = fresh(BLOCK);
        fill_up(cache, 0);
        toucan_cache_entry(cache, toucan_cache_state(cache)->tail)->units =
            i ? 65535 : 0;

        ok(add(cache, 0, 7, 100, 2000, 1000), "torn: a value finds room");
        ok(filled(get(cache, 0, 1000), 100, 7), "torn: and is found");
        toucan_cache_use(cache, &use);
        is_int(use.values, 1, "torn: it is the only one");
    }
}


int
main(void)
{
    test_sizes();
    test_large();
    test_again();
    test_values();
    test_ends();
    test_names();
    test_bucket();
    test_ring_end();
    test_places();
    test_tidy();
    test_torn();

    return done_testing();
}
