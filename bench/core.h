
/*
 * Owns: how the lower floors are timed: rows, each with a call of ours and,
 * where there is one, the bare call of a library for the same work; rounds in
 * which all of them take turns; medians; and what is printed.
 */


#ifndef _TOUCAN_CORE_H_INCLUDED_
#define _TOUCAN_CORE_H_INCLUDED_


#include "tokens.h"

#include <time.h>


#define CORE_MAX_ROWS    64
#define CORE_MAX_ROUNDS  1000

/* a turn of one side, in nanoseconds */
#define CORE_TURN        1000000

#define core_n(table)    (sizeof(table) / sizeof((table)[0]))


/*
 * ours() and bare() do one operation each and end the program when it fails;
 * n counts the calls, so that each one can take another token.  bare is NULL
 * where nothing stands beside ours; "beside" says what does.
 */

typedef struct {
    const char  *name;
    const char  *beside;
    void       (*ours)(void *ctx, unsigned n);
    void       (*bare)(void *ctx, unsigned n);
    void        *ctx;
} core_row_t;


typedef struct {
    core_row_t   row;
    long         batch[2];          /* calls of one turn: ours, bare */
    unsigned     calls[2];
    double       ns[3][CORE_MAX_ROUNDS];    /* ours, bare, the difference */
} core_timed_t;


static core_timed_t  core_timed[CORE_MAX_ROWS];
static unsigned      core_count;


static UNIT_UNUSED void
core_die(const char *what)
{
    fprintf(stderr, "core: %s\n", what);
    exit(2);
}


static int64_t
core_now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return t.tv_sec * 1000000000LL + t.tv_nsec;
}


/* 1 when a name holds one of the words, joined by commas; NULL: any name. */

static int
core_wants(const char *words, const char *name)
{
    char  *list, *word, *state;

    if (words == NULL) {
        return 1;
    }

    list = strdup(words);
    word = strtok_r(list, ",", &state);

    while (word != NULL && strcasestr(name, word) == NULL) {
        word = strtok_r(NULL, ",", &state);
    }

    free(list);

    return word != NULL;
}


static void
core_add(core_row_t row)
{
    if (core_count == CORE_MAX_ROWS) {
        core_die("too many rows");
    }

    core_timed[core_count++].row = row;
}


/* ------------------------------------------------------------- measuring */

/* n calls of one side of a row; nanoseconds of all of them */

static int64_t
core_calls(core_timed_t *t, unsigned side, long n)
{
    int64_t   start;
    void    (*call)(void *ctx, unsigned n);

    call = side ? t->row.bare : t->row.ours;
    start = core_now();

    while (n-- > 0) {
        call(t->row.ctx, t->calls[side]++);
    }

    return core_now() - start;
}


/* How many calls make a turn; what they need is made by the first of them. */

static void
core_calibrate(core_timed_t *t, unsigned side)
{
    long     n;
    int64_t  taken;

    (void) core_calls(t, side, 32);

    for (n = 1; n < 1000000; n *= 2) {
        taken = core_calls(t, side, n);

        if (taken >= CORE_TURN / 4) {
            n = (long) ((double) n * CORE_TURN / (double) taken);
            break;
        }
    }

    t->batch[side] = (n > 0) ? n : 1;
}


/* Each row once, both sides of it one after the other, by turns. */

static void
core_round(unsigned round)
{
    unsigned       i, k, side;
    core_timed_t  *t;

    for (i = 0; i < core_count; i++) {
        t = &core_timed[i];

        for (k = 0; k < 2; k++) {
            side = (k + round) % 2;

            if (side == 0 || t->row.bare != NULL) {
                t->ns[side][round] =
                    (double) core_calls(t, side, t->batch[side])
                    / (double) t->batch[side];
            }
        }

        t->ns[2][round] = t->ns[0][round] - t->ns[1][round];
    }
}


/* Rounds for so many seconds, at least three of them; how many. */

static unsigned
core_measure(double seconds)
{
    int64_t   end, shown;
    unsigned  i, side, round;

    for (i = 0; i < core_count; i++) {
        for (side = 0; side < 2; side++) {
            if (side == 0 || core_timed[i].row.bare != NULL) {
                core_calibrate(&core_timed[i], side);
            }
        }
    }

    shown = core_now();
    end = shown + (int64_t) (seconds * 1e9);

    for (round = 0; round < CORE_MAX_ROUNDS; round++) {
        if (round >= 3 && core_now() > end) {
            break;
        }

        core_round(round);

        if (core_now() - shown > 5000000000LL) {
            shown = core_now();
            fprintf(stderr, "round %u, %.0f s left\n", round + 1,
                    (double) (end - shown) / 1e9);
        }
    }

    return round;
}


/* -------------------------------------------------------------- printing */

static int
core_compare(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


static double
core_median(double *values, unsigned n)
{
    qsort(values, n, sizeof(double), core_compare);

    return (values[n / 2] + values[(n - 1) / 2]) / 2;
}


static void
core_print(unsigned rounds, int json)
{
    double         ours, bare, top;
    unsigned       i;
    core_timed_t  *t;

    if (!json) {
        printf("| what | ours, ns | beside it | bare, ns | on top, ns | "
               "ours / bare |\n|---|--:|---|--:|--:|--:|\n");
    }

    for (i = 0; i < core_count; i++) {
        t = &core_timed[i];
        ours = core_median(t->ns[0], rounds);
        bare = 0;
        top = 0;

        if (t->row.bare != NULL) {
            bare = core_median(t->ns[1], rounds);
            top = core_median(t->ns[2], rounds);
        }

        if (json) {
            printf("{\"row\":\"%s\",\"ours_ns\":%.1f", t->row.name, ours);

            if (t->row.bare != NULL) {
                printf(",\"beside\":\"%s\",\"bare_ns\":%.1f,"
                       "\"on_top_ns\":%.1f", t->row.beside, bare, top);
            }

            printf(",\"rounds\":%u}\n", rounds);

        } else if (t->row.bare != NULL) {
            printf("| %s | %.0f | %s | %.0f | %+.0f | %.2f |\n", t->row.name,
                   ours, t->row.beside, bare, top, ours / bare);

        } else {
            printf("| %s | %.0f | | | | |\n", t->row.name, ours);
        }
    }

    if (!json) {
        printf("\nMedians of %u interleaved rounds; \"on top\" is the median "
               "of the differences.\n", rounds);
    }
}


#endif /* _TOUCAN_CORE_H_INCLUDED_ */
