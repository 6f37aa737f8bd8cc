
/*
 * Owns: how the timing check measures: calls of the variants of a forgery are
 * mixed in random order, and Welch's t tells whether their times differ.
 */


#ifndef _TOUCAN_TIMING_H_INCLUDED_
#define _TOUCAN_TIMING_H_INCLUDED_


#include "jose/toucan_jose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/rand.h>


#define VARIANTS  3
#define LEAK      10.0


typedef struct variant_s  variant_t;

struct variant_s {
    const char   *name;
    toucan_str_t  token;
    int           place;            /* of the wrong byte, as forged() has it */

    /* NULL, or makes another token like it for each call */
    void        (*renew)(variant_t *v);
};


typedef struct {
    unsigned      n;
    double        mean;
    double        m2;
} moments_t;


static long           calls = 20000;
static unsigned       uneven;


static int64_t
nanoseconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return t.tv_sec * 1000000000LL + t.tv_nsec;
}


static void
add(moments_t *m, double x)
{
    double  delta;

    m->n++;
    delta = x - m->mean;
    m->mean += delta / m->n;
    m->m2 += delta * (x - m->mean);
}


static double
welch(const moments_t *a, const moments_t *b)
{
    double  va, vb;

    va = a->m2 / (a->n - 1) / a->n;
    vb = b->m2 / (b->n - 1) / b->n;

    return (a->mean - b->mean) / sqrt(va + vb);
}


static int
compare(const void *a, const void *b)
{
    int64_t  x, y;

    x = *(const int64_t *) a;
    y = *(const int64_t *) b;

    return (x > y) - (x < y);
}


/*
 * Times n calls of each variant, mixed.  What is above the ninth decile of all
 * of them is the machine's noise.
 */

static void
measure(const char *name, variant_t *v, long n,
    void (*call)(toucan_str_t token, void *ctx), void *ctx)
{
    long        i, k;
    double      t, worst;
    int64_t     start, *times, *sorted, limit;
    uint8_t    *order, *place;
    unsigned    a, b;
    moments_t   m[VARIANTS];
    variant_t   one;

    times = malloc((size_t) n * sizeof(int64_t));
    sorted = malloc((size_t) n * sizeof(int64_t));
    order = malloc((size_t) n);
    place = malloc(v[0].token.len);
    RAND_bytes(order, (int) n);

    for (i = 0; i < n; i++) {
        order[i] %= VARIANTS;

        if (v[order[i]].renew != NULL) {
            v[order[i]].renew(&v[order[i]]);
        }

        /* all of them stand in one place: addresses take time, too */

        one = v[order[i]];
        memcpy(place, one.token.data, one.token.len);
        one.token.data = place;

        start = nanoseconds();
        call(one.token, ctx);
        times[i] = nanoseconds() - start;
    }

    memcpy(sorted, times, (size_t) n * sizeof(int64_t));
    qsort(sorted, (size_t) n, sizeof(int64_t), compare);
    limit = sorted[n * 9 / 10];

    memset(m, 0, sizeof(m));

    for (i = 0; i < n; i++) {
        if (times[i] <= limit) {
            add(&m[order[i]], (double) times[i]);
        }
    }

    worst = 0;

    for (a = 0; a < VARIANTS; a++) {
        for (b = a + 1; b < VARIANTS; b++) {
            t = fabs(welch(&m[a], &m[b]));
            worst = (t > worst) ? t : worst;
        }
    }

    printf("| %s ", name);

    for (k = 0; k < VARIANTS; k++) {
        printf("| %s: %.0f ", v[k].name, m[k].mean);
    }

    printf("| %.1f | %s |\n", worst, (worst > LEAK) ? "uneven" : "even");
    fflush(stdout);

    uneven += (worst > LEAK);

    free(place);
    free(order);
    free(sorted);
    free(times);
}


#endif /* _TOUCAN_TIMING_H_INCLUDED_ */
