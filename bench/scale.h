
/*
 * Owns: how growth is measured: a structure of each size is built and kept,
 * then all of them are asked in turn, round after round, so that what else the
 * machine does meets each of them.  Medians of the rounds are told.
 */


#ifndef _TOUCAN_SCALE_H_INCLUDED_
#define _TOUCAN_SCALE_H_INCLUDED_


#include "gate/toucan_gate.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define SCALE_CALLGRIND  1
#endif


#define SIZES_MAX     8
#define VARIANTS_MAX  4
#define BATCH_MAX     4096      /* questions of a round */
#define ROUNDS_MAX    101
#define WARM          16        /* entries that are asked again and again */
#define ALL_ALIKE     256       /* as batch: no order in which to ask */
#define TEXT_SIZE     64


/* What building has cost, in all. */

typedef struct {
    double           ns;
    double           bytes;
} cost_t;


/*
 * A table of the report.  build() makes a structure of n entries; ask() writes
 * down questions for the entries of these numbers; run() asks them, which is
 * what is timed, and returns how many answers were right.
 */

typedef struct {
    const char      *name;
    const char      *variants[VARIANTS_MAX];
    size_t           sizes[SIZES_MAX];
    unsigned         batch;
    void          *(*build)(size_t n, cost_t *cost);
    void           (*ask)(void *ctx, unsigned variant, const uint32_t *which,
        unsigned n);
    unsigned       (*run)(void *ctx, unsigned variant, unsigned n);
    void           (*done)(void *ctx);
} row_t;


typedef enum {
    ORDER_WARM = 0,
    ORDER_RANDOM,
    ORDERS
} order_e;


typedef struct {
    const row_t     *row;
    unsigned         variant;
    order_e          order;
    size_t           size;
    void            *ctx;
} question_t;


static unsigned      rounds = 15;
static size_t        largest = 1000000;
static int           instructions;
static uint64_t      seed = 42;

static const char   *order_names[ORDERS] = { "warm", "random" };


/* Of the processor: what others do on it meanwhile does not count. */

static double
nanoseconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}


/* splitmix64: 64 bits that look random, of any number */

static uint64_t
mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;

    return x ^ (x >> 31);
}


/* The processor begins no question before it has answered the last one. */

static void
one_by_one(void)
{
#if defined(__x86_64__)
    __asm__ volatile ("lfence" ::: "memory");
#else
    __sync_synchronize();
#endif
}


static void *
must(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "scale: out of memory, or a set-up that failed\n");
        exit(2);
    }

    return p;
}


static void
wrong(const char *row, const char *what)
{
    fprintf(stderr, "scale: %s: a wrong answer: %s\n", row, what);
    exit(2);
}


/* The token of an ordinary user, 420 bytes of payload. */

static void
payload_of(char *text, size_t size, uint32_t i)
{
    snprintf(text, size,
             "{\"iss\":\"https://embed.example.com\",\"aud\":\"toucan-embed\","
             "\"sub\":\"user-%06u\",\"jti\":\"01JG7ZK4M8%06u\","
             "\"iat\":1767225600,\"exp\":1767226500,"
             "\"organization\":\"acme-analytics\",\"client_id\":\"k_7f3a1\","
             "\"sid\":\"s_5c2e%06u\",\"user\":{\"distinctId\":\"user-%06u\","
             "\"role\":\"explorer\",\"attributes\":{\"customerId\":42,"
             "\"region\":[\"north\",\"west\"]}},"
             "\"permissions\":{\"dashboard\":[\"can_view\"],"
             "\"ai\":[\"can_query\"]},"
             "\"origins\":[\"https://app.acme.example\"]}", i, i, i, i);
}


/* ---------------------------------------------------------------- memory */

/* An arena like a request's: it is reset by setting used to 0. */

static uint64_t      arena_block[32 * 1024];
static size_t        arena_used;


static void *
arena_alloc(void *ctx, size_t size)
{
    void  *p;

    (void) ctx;

    size = (size + 15) & ~(size_t) 15;

    if (size > sizeof(arena_block) - arena_used) {
        return NULL;
    }

    p = (uint8_t *) arena_block + arena_used;
    arena_used += size;

    return p;
}


static toucan_arena_t  arena = { arena_alloc, NULL };


static double
heap(void)
{
    struct mallinfo2  m;

    m = mallinfo2();

    return (double) m.uordblks + (double) m.hblkhd;
}


static void
cost_begin(cost_t *cost)
{
    cost->bytes = heap();
    cost->ns = nanoseconds();
}


static void
cost_end(cost_t *cost)
{
    cost->ns = nanoseconds() - cost->ns;
    cost->bytes = heap() - cost->bytes;
}


/* --------------------------------------------------------------- telling */

/* KIND ROW VARIANT ORDER SIZE VALUE */

static void
tell(const char *kind, const char *row, const char *variant,
    const char *order, size_t size, double value)
{
    printf("%s\t%s\t%s\t%s\t%zu\t%.1f\n", kind, row, variant, order, size,
           value);
    fflush(stdout);
}


static int
compare(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


static double
median(double *values, unsigned n)
{
    qsort(values, n, sizeof(double), compare);

    return (n & 1) ? values[n / 2]
                   : (values[n / 2 - 1] + values[n / 2]) / 2;
}


/* ------------------------------------------------------------- measuring */

static void
question_ask(const question_t *q)
{
    size_t           n;
    unsigned         i;
    static uint32_t  which[BATCH_MAX];

    n = q->size;

    /* the few stand as far from each other as they can */

    for (i = 0; i < q->row->batch; i++) {
        seed++;

        if (q->order == ORDER_WARM && n > WARM) {
            which[i] = (uint32_t) (mixed(seed) % WARM * (n / WARM));

        } else {
            which[i] = (uint32_t) (mixed(seed) % n);
        }
    }

    q->row->ask(q->ctx, q->variant, which, q->row->batch);
}


static void
question_run(const question_t *q)
{
    if (q->row->run(q->ctx, q->variant, q->row->batch) != q->row->batch) {
        wrong(q->row->name, q->row->variants[q->variant]);
    }
}


/* What was asked once is known the second time: warm. */

static double
question_time(const question_t *q)
{
    double  start;

    question_ask(q);

    if (q->order == ORDER_WARM) {
        question_run(q);
    }

    start = nanoseconds();
    question_run(q);

    return (nanoseconds() - start) / q->row->batch;
}


/* Under callgrind only: it writes a file of counts for each question. */

static void
question_count(const question_t *q)
{
#if SCALE_CALLGRIND
    char  name[128];

    snprintf(name, sizeof(name), "scale %s %s %zu %u", q->row->name,
             q->row->variants[q->variant], q->size, q->row->batch);

    question_ask(q);
    question_run(q);
    question_ask(q);

    CALLGRIND_START_INSTRUMENTATION;
    question_run(q);
    CALLGRIND_STOP_INSTRUMENTATION;

    CALLGRIND_DUMP_STATS_AT(name);
#else
    (void) q;

    fprintf(stderr, "scale: was built without valgrind/callgrind.h\n");
    exit(2);
#endif
}


static void
questions_measure(const question_t *questions, unsigned n)
{
    double    (*ns)[ROUNDS_MAX];
    unsigned    i, r;

    ns = must(calloc(n, sizeof(*ns)));

    for (r = 0; r < rounds; r++) {
        for (i = 0; i < n; i++) {
            ns[i][r] = question_time(&questions[i]);
        }
    }

    for (i = 0; i < n; i++) {
        tell("ns", questions[i].row->name,
             questions[i].row->variants[questions[i].variant],
             order_names[questions[i].order], questions[i].size,
             median(ns[i], rounds));
    }

    free(ns);
}


static void
row_questions(const row_t *row, size_t size, void *ctx, question_t *questions,
    unsigned *n)
{
    unsigned     v, o, skipped;
    question_t  *q;

    skipped = instructions ? ORDER_WARM : ORDERS;

    for (v = 0; v < VARIANTS_MAX && row->variants[v]; v++) {
        for (o = ORDER_WARM; o < ORDERS; o++) {

            if (o == (row->batch == ALL_ALIKE ? ORDER_RANDOM : skipped)) {
                continue;
            }

            q = &questions[(*n)++];
            q->row = row;
            q->variant = v;
            q->order = (order_e) o;
            q->size = size;
            q->ctx = ctx;
        }
    }
}


static void
row_measure(const row_t *row)
{
    void        *ctx[SIZES_MAX];
    cost_t       cost;
    unsigned     i, k, n;
    question_t   questions[SIZES_MAX * VARIANTS_MAX * ORDERS];

    n = 0;

    for (k = 0; k < SIZES_MAX && row->sizes[k]; k++) {

        if (row->sizes[k] > largest) {
            break;
        }

        fprintf(stderr, "scale: %s: building %zu\n", row->name,
                row->sizes[k]);

        cost.ns = 0;
        cost.bytes = 0;
        ctx[k] = must(row->build(row->sizes[k], &cost));

        if (cost.bytes > 0 && !instructions) {
            tell("build_ns", row->name, "-", "-", row->sizes[k], cost.ns);
            tell("bytes", row->name, "-", "-", row->sizes[k], cost.bytes);
        }

        row_questions(row, row->sizes[k], ctx[k], questions, &n);
    }

    fprintf(stderr, "scale: %s: asking\n", row->name);

    if (!instructions) {
        questions_measure(questions, n);

    } else {
        for (i = 0; i < n; i++) {
            question_count(&questions[i]);
        }
    }

    while (k > 0) {
        row->done(ctx[--k]);
    }
}


#endif /* _TOUCAN_SCALE_H_INCLUDED_ */
