
/*
 * The allowlist: a hundred thousand entries answer as a slow and simple list
 * would, and as fast as ten.
 */


#include "place.h"

#include <time.h>


#define MANY       100000
#define WILDCARDS  500
#define LOOKUPS    200000


/* whether the list takes a text; texts of tests are origins */

static int
matches(const toucan_origins_t *origins, const char *text)
{
    toucan_origin_t  origin;

    if (toucan_origin_parse(&origin, toucan_cstr(text)) != TOUCAN_OK) {
        diag("not an origin: %s", text);
        return -1;
    }

    return toucan_origins_match(origins, &origin);
}


static uint32_t
next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;

    return (uint32_t) (*state >> 33);
}


static void
many_name(char *text, uint32_t i)
{
    sprintf(text, "%s://app%u.customer-%u.example%s",
            i % 10 ? "https" : "http", i * 7 % 1000003, i % 4999,
            i % 3 ? "" : ":8443");
}


static void
wildcard_name(char *text, uint32_t i, const char *label)
{
    sprintf(text, "https://%s.tenant%u.embed.example%s", label, i,
            i % 2 ? "" : ":444");
}


static int
many_reference(char (*names)[64], uint32_t *buckets, uint32_t *next,
    const char *text)
{
    uint32_t  i, h;

    h = 5381;

    for (i = 0; text[i]; i++) {
        h = h * 33 + (uint8_t) text[i];
    }

    for (i = buckets[h % 65536]; i; i = next[i]) {
        if (strcmp(names[i], text) == 0) {
            return 1;
        }
    }

    return 0;
}


static unsigned
many_wrong(const toucan_origins_t *origins, char (*names)[64],
    uint32_t *buckets, uint32_t *next)
{
    int        want;
    char       text[128];
    uint32_t   i, kind, n;
    uint64_t   state;
    unsigned   wrong, hits;

    wrong = 0;
    hits = 0;
    state = 42;

    for (i = 0; i < LOOKUPS; i++) {
        kind = next_random(&state) % 5;
        n = next_random(&state) % (2 * MANY);

        if (kind < 3) {
            many_name(text, n);

            if (kind == 2) {
                text[strlen(text) - 1] ^= 1;    /* an origin beside it */
            }

            want = many_reference(names, buckets, next, text);

        } else {
            n %= 2 * WILDCARDS;
            wildcard_name(text, n, kind == 3 ? "a" : "x.y-z.w");
            want = n < WILDCARDS;
        }

        hits += (unsigned) want;
        wrong += matches(origins, text) != want;
    }

    ok(hits > LOOKUPS / 4 && hits < LOOKUPS / 4 * 3,
       "%u of %u look-ups are to be taken", hits, LOOKUPS);

    return wrong;
}


static uint64_t
nanoseconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}


/* the best of a few rounds: what the machine does besides is left out */

static uint64_t
lookup_time(const toucan_origins_t *origins, const char *text)
{
    unsigned         i, round;
    uint64_t         start, t, best;
    toucan_origin_t  origin;

    best = UINT64_MAX;
    (void) toucan_origin_parse(&origin, toucan_cstr(text));

    for (round = 0; round < 20; round++) {
        start = nanoseconds();

        for (i = 0; i < 1000; i++) {
            (void) toucan_origins_match(origins, &origin);
        }

        t = nanoseconds() - start;
        best = t < best ? t : best;
    }

    return best / 1000;
}


static void
test_many(void)
{
    char               text[128], (*names)[64];
    uint32_t           i, j, h, *buckets, *next;
    unsigned           failed;
    uint64_t           t, few;
    toucan_diag_t      why;
    toucan_origins_t  *origins, *ten;

    names = calloc(MANY + 1, sizeof(*names));
    buckets = calloc(65536, sizeof(uint32_t));
    next = calloc(MANY + 1, sizeof(uint32_t));
    origins = toucan_origins_create();
    toucan_diag_init(&why);
    failed = 0;

    t = nanoseconds();

    for (i = 0; i < MANY; i++) {
        many_name(names[i + 1], i);
        failed += toucan_origins_add(origins, toucan_cstr(names[i + 1]), &why)
                  != TOUCAN_OK;
    }

    for (i = 0; i < WILDCARDS; i++) {
        wildcard_name(text, i, "*");
        failed += toucan_origins_add(origins, toucan_cstr(text), &why)
                  != TOUCAN_OK;
    }

    is_int(failed, 0, "100000 origins are added");
    is_rc(toucan_origins_finish(origins), TOUCAN_OK, "finished");
    diag("built in %u ms", (unsigned) ((nanoseconds() - t) / 1000000));

    ok(toucan_origins_ancestors(origins).data == NULL,
       "no source list of that size is sent");

    for (i = 1; i <= MANY; i++) {
        h = 5381;

        for (j = 0; names[i][j]; j++) {
            h = h * 33 + (uint8_t) names[i][j];
        }

        next[i] = buckets[h % 65536];
        buckets[h % 65536] = i;
    }

    is_int(many_wrong(origins, names, buckets, next), 0,
           "every look-up answers as the reference does");

    ten = unit_origins("https://a0.test https://a1.test https://a2.test "
                       "https://a3.test https://a4.test https://a5.test "
                       "https://a6.test https://a7.test https://a8.test "
                       "https://*.a9.test");

    few = lookup_time(ten, "https://app.of.somebody.else.example");
    t = lookup_time(origins, "https://app.of.somebody.else.example");

    diag("a look-up among 10: %u ns, among 100500: %u ns", (unsigned) few,
         (unsigned) t);
    ok(t < few * 20 + 2000, "and takes no longer than among ten");

    toucan_origins_free(ten);
    toucan_origins_free(origins);
    free(next);
    free(buckets);
    free(names);
}


int
main(void)
{
    test_many();

    return done_testing();
}
