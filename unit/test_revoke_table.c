
/*
 * The table of revocations: what it holds and drops, how long a look-up
 * is.
 */


#include "identity.h"

#include <time.h>

#include "revoke.h"


/* how many entries a walk meets; SIZE_MAX: it has no end */

static size_t
walk(toucan_revocations_t *table, size_t n)
{
    size_t             place, count, sum, calls;
    toucan_revoked_t  *out;

    out = malloc(n * sizeof(toucan_revoked_t));
    place = 0;
    sum = 0;

    for (calls = 0; calls < 1000000; calls++) {
        int  end;

        end = toucan_revocations_walk(table, &place, n, out, &count);
        sum += count;

        if (end) {
            free(out);
            return sum;
        }
    }

    free(out);

    return SIZE_MAX;
}


static void
test_sizes(void)
{
    size_t  n, size, wrong;

    wrong = 0;

    for (n = 1; n < 5000; n++) {
        size = toucan_revocations_size(n);

        wrong += toucan_revocations_capacity(size) != n
                 || toucan_revocations_capacity(size - 1) != n - 1;
    }

    is_int(wrong, 0, "size: its capacity is what was asked for");
    is_int(toucan_revocations_capacity(0), 0, "size: none in nothing");
    ok(toucan_revocations_size(0) == SIZE_MAX
       && toucan_revocations_size(SIZE_MAX) == SIZE_MAX
       && toucan_revocations_size(UINT32_MAX) == SIZE_MAX,
       "size: impossible ones");
    ok(toucan_revocations_capacity(SIZE_MAX) == UINT32_MAX - 1,
       "size: the most there are");

    n = toucan_revocations_capacity(64 * 1024 * 1024);
    diag("64 MB hold %zu entries: %.1f bytes each", n,
         64.0 * 1024 * 1024 / (double) n);
    ok(n > 1400000, "size: less than 48 bytes an entry");
}


static void
test_entries(void)
{
    size_t                 size;
    uint64_t              *block;
    unsigned               i, wrong;
    toucan_revoked_t       two[3];
    toucan_revocations_t  *table;

    size = toucan_revocations_size(100);
    block = malloc(size + 8);
    memset(block, 0xdd, size + 8);

    ok(toucan_revocations_init(block, toucan_revocations_size(1) - 1, secret)
       == NULL, "no room for one entry");

    table = toucan_revocations_init(block, size, secret);
    ok(table == (void *) block, "the table is the block");
    is_mem(toucan_revocations_key(table), 16, secret, 16, "its key");
    is_int(toucan_revocations_room(table), 100, "its room");
    is_int(toucan_revocations_groups(table), 0, "no groups");
    is_int(toucan_revocations_changes(table), 0, "no changes");
    is_int(sweep(table, INT64_MAX, 10), 1, "a sweep of nothing");
    is_int(walk(table, 10), 0, "a walk through nothing");

    for (i = 0, wrong = 0; i < 98; i++) {
        wrong += put(table, i, 500 + i) != TOUCAN_OK;
    }

    is_int(wrong, 0, "98 are added");
    is_int(toucan_revocations_count(table), 98, "and counted");
    is_int(toucan_revocations_groups(table), 0x11111, "in their groups");
    is_int(toucan_revocations_changes(table), 98, "98 changes");

    for (i = 0, wrong = 0; i < 98; i++) {
        wrong += !holds(table, i, 500 + i) || holds(table, i, 501 + i)
                 || holds(table, i + 98, 0);
    }

    is_int(wrong, 0, "each holds until its cut-off, no other does");

    two[0] = entry_of(table, 200, 1);
    two[1] = entry_of(table, 201, 1);
    two[2] = entry_of(table, 202, 1);
    is_rc(toucan_revocations_add(table, two, 3), TOUCAN_REVOCATIONS_FULL,
          "three where two fit");
    is_int(toucan_revocations_count(table), 98, "none of them is there");
    is_int(toucan_revocations_changes(table), 98, "and nothing has changed");

    two[1] = entry_of(table, 7, 600);
    is_rc(toucan_revocations_add(table, two, 3), TOUCAN_OK,
          "two and one that is there");
    is_int(toucan_revocations_room(table), 0, "full");
    ok(holds(table, 7, 600) && !holds(table, 7, 601), "that one is raised");
    is_int(toucan_revocations_changes(table), 101, "three changes");

    is_rc(put(table, 300, 1), TOUCAN_REVOCATIONS_FULL, "no other fits");
    is_rc(put(table, 7, 1), TOUCAN_OK, "what is there may be repeated");
    ok(holds(table, 7, 600), "and is not lowered");
    is_int(toucan_revocations_changes(table), 101, "which is no change");
    is_rc(put(table, 8, TOUCAN_REVOKE_ANY_TIME), TOUCAN_OK, "for any time");
    ok(holds(table, 8, INT64_MAX), "it holds");
    is_rc(put(table, 8, 5), TOUCAN_OK, "and again with a cut-off");
    ok(holds(table, 8, INT64_MAX), "it still does");

    is_int(toucan_revocations_changes(table), 102, "one change");

    is_int(walk(table, 7), 100, "a walk meets all");
    is_int(walk(table, 1000), 100, "in one step, too");
    is_int(walk(table, 1), 100, "and one by one");

    is_int(sweep(table, 0, 7), 15, "a sweep by 7");
    is_int(toucan_revocations_count(table), 100, "nothing is dead");

    sweep(table, 550, 7);

    /* 0 to 49 but 7 and 8, 200 and 202 */
    is_int(toucan_revocations_count(table), 50, "the dead are gone");
    is_int(toucan_revocations_changes(table), 102, "nothing else is revoked");
    ok(!holds(table, 49, 0) && holds(table, 50, 0) && holds(table, 7, 0)
       && holds(table, 8, 0) && !holds(table, 200, 0), "no others");

    for (i = 400, wrong = 0; i < 450; i++) {
        wrong += put(table, i, 900) != TOUCAN_OK;
    }

    is_int(wrong, 0, "their places are taken again");
    is_rc(put(table, 450, 900), TOUCAN_REVOCATIONS_FULL, "all of them");

    sweep(table, INT64_MAX, 1000);
    is_int(toucan_revocations_count(table), 0, "all is dead one day");
    is_int(toucan_revocations_groups(table), 0, "and no group is left");
    is_int(walk(table, 10), 0, "a walk meets none");

    is_mem(block + size / 8, 8, "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd", 8,
           "nothing was written behind the block");

    free(block);
}


/* entries that a look-up meets, in all buckets */

static void
chains(const toucan_revocations_t *table, unsigned *longest, double *mean)
{
    uint32_t  place, n, i;
    uint64_t  sum, entries;

    *longest = 0;
    sum = 0;
    entries = 0;

    for (i = 0; i < table->buckets; i++) {
        n = 0;

        for (place = toucan_revoke_buckets(table)[i]; place;
             place = toucan_revoke_entry(table, place)->next)
        {
            sum += ++n;
            entries++;
        }

        *longest = (n > *longest) ? n : *longest;
    }

    *mean = (double) sum / (double) entries;
}


static uint64_t
nanoseconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}


/* names and match of a token of all names, the best of some rounds */

static uint64_t
lookup_time(const toucan_revocations_t *table)
{
    char              jti[32];
    unsigned          i, n, round, found;
    uint64_t          start, t, best;
    toucan_claims_t   claims;
    toucan_revoked_t  names[TOUCAN_REVOKE_GROUPS];

    memset(&claims, 0, sizeof(claims));

    claims.sid = toucan_cstr("s_5c2e");
    claims.distinct_id = toucan_cstr("user-123");
    claims.organization = toucan_cstr("acme");
    claims.client_id = toucan_cstr("k_7f3a");
    best = UINT64_MAX;
    found = 0;

    for (round = 0; round < 40; round++) {
        start = nanoseconds();

        for (i = 0; i < 500; i++) {
            claims.jti = toucan_str(jti, (size_t) sprintf(jti, "jti-%u",
                                                          round * 500 + i));

            toucan_revocations_names(table, &claims,
                                     toucan_revocations_groups(table), names,
                                     &n);
            found += (unsigned) toucan_revocations_match(table, names, n, 5);
        }

        t = nanoseconds() - start;
        best = t < best ? t : best;
    }

    return found ? 0 : best / 500;
}


static void
test_growth(void)
{
    void                  *block;
    size_t                 size;
    double                 mean[2];
    uint64_t               t[2];
    unsigned               i, k, n, longest[2], wrong;
    toucan_revocations_t  *table;

    static const unsigned  counts[] = { 1000, 1000000 };

    for (k = 0; k < 2; k++) {
        n = counts[k];
        size = toucan_revocations_size(n);
        block = malloc(size);
        table = toucan_revocations_init(block, size, secret);
        wrong = 0;

        for (i = 0; i < n; i++) {
            wrong += put(table, i, 500) != TOUCAN_OK;
        }

        for (i = 0; i < n; i += n / 1000) {
            wrong += !holds(table, i, 500);
        }

        is_int(wrong, 0, "growth: %u entries hold", n);

        chains(table, &longest[k], &mean[k]);
        t[k] = lookup_time(table);

        diag("%u entries: %.1f bytes each, a hit meets %.2f, at most %u; "
             "a token of five names takes %u ns", n, (double) size / n,
             mean[k], longest[k], (unsigned) t[k]);

        free(block);
    }

    ok(mean[1] < mean[0] * 1.5 && mean[1] < 3.0,
       "growth: a look-up meets as many of a million (%.2f) as of 1000 (%.2f)",
       mean[1], mean[0]);
    ok(longest[1] <= 20, "growth: and never many (%u)", longest[1]);
    ok(t[1] > 0, "growth: strangers are not found");
    diag("time among 1000000 : among 1000 = %.2f",
         (double) t[1] / (double) (t[0] ? t[0] : 1));
}


int
main(void)
{
    test_sizes();
    test_entries();
    test_growth();

    return done_testing();
}
