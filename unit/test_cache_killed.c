
/*
 * Owns: the test of the cache when its process ends: after any instruction it
 * is sound, for those that look up and for those that go on, and nothing is
 * left of what was dropped or half written.
 */


#include "cache.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>


#define SIZE  (36 * 1024)
#define NEW   190                       /* a name that is not there */
#define NEXT  193
#define MORE  1000                      /* to the number of a second value */
#define LEN   208
#define FULL  130                       /* values, and the ring is full */


/*
 * A child does one thing to a shared cache, instruction by instruction.  What
 * lies there after any of them is what a process leaves that ends there: a
 * copy of it must be sound.
 */

static toucan_cache_t  *shared;

/* what is found of each name: 0 is nothing, 1 a value, 2 a second one */

static uint8_t          before[MODEL_NAMES], after[MODEL_NAMES];


static unsigned
seen(const toucan_cache_t *cache, unsigned name)
{
    toucan_str_t  value;

    value = get(cache, name, 1000);

    return value.data == NULL ? 0
           : filled(value, LEN, name) ? 1
           : filled(value, value.len, name + MORE) ? 2 : 99;
}


static void
look(const toucan_cache_t *cache, uint8_t *result)
{
    unsigned  i;

    for (i = 0; i < MODEL_NAMES; i++) {
        result[i] = (uint8_t) seen(cache, i);
    }
}


/* before the lock was taken again: what a look-up finds */

static const char *
blind(const toucan_cache_t *cache)
{
    unsigned  i, got;

    for (i = 0; i < MODEL_NAMES; i++) {
        got = seen(cache, i);

        if (got != before[i] && got != after[i]) {
            return got == 0 ? "a value is lost"
                   : got == 99 ? "half a value is found"
                   : "a value is found that is gone";
        }
    }

    return NULL;
}


static int
is_zero(const uint8_t *p, size_t len)
{
    while (len--) {
        if (*p++) {
            return 0;
        }
    }

    return 1;
}


static int
entry_ok(const toucan_cache_entry_t *entry)
{
    uint32_t             mark;
    toucan_str_t         value;
    toucan_cache_name_t  name;

    if (entry->kind != TOUCAN_CACHE_LIVE) {
        return entry->units != 0
               && is_zero((const uint8_t *) entry + 4,
                          entry->units * TOUCAN_CACHE_UNIT - 4);
    }

    memcpy(&mark, entry->name.token + 8, 4);
    name = name_of(mark);
    value = toucan_str((const uint8_t *) (entry + 1), entry->len);

    return entry->units == TOUCAN_CACHE_UNITS(entry->len)
           && memcmp(&name, &entry->name, sizeof(name)) == 0
           && (filled(value, LEN, mark)
               || filled(value, entry->len, mark + MORE));
}


/* entries from tail to head, and zeroes from there to the tail */

static const char *
ring(const toucan_cache_t *cache, uint8_t *begins)
{
    uint64_t                     place, values;
    const toucan_cache_entry_t  *entry;
    const toucan_cache_state_t  *state;

    state = toucan_cache_state(cache);
    values = 0;

    for (place = state->tail; place < state->head; place += entry->units) {
        entry = toucan_cache_entry(cache, place);
        begins[place - state->tail] = 1;

        if (!entry_ok(entry)) {
            return "an entry";
        }

        values += entry->kind != TOUCAN_CACHE_PAD;
    }

    if (place != state->head || state->head - state->tail > cache->units
        || state->swept < state->tail || state->swept > state->head
        || (state->swept < state->head && !begins[state->swept - state->tail]))
    {
        return "the places";
    }

    if (values != state->values) {
        return "the number of values";
    }

    for ( /* void */ ; place < state->tail + cache->units; place++) {
        if (!is_zero((const uint8_t *) toucan_cache_entry(cache, place), 16)) {
            return "something is left";
        }
    }

    return NULL;
}


static const char *
unsound(const toucan_cache_t *cache)
{
    uint8_t                      begins[SIZE / 16];
    uint64_t                     i, place, *slot;
    const char                  *fault;
    const toucan_cache_state_t  *state;

    state = toucan_cache_state(cache);

    if (state->clean != state->tail || state->reserved != state->head
        || cache->burying)
    {
        return "it is not settled";
    }

    memset(begins, 0, sizeof(begins));
    fault = ring(cache, begins);

    slot = toucan_cache_bucket(cache, 0);

    for (i = 0; i < cache->buckets * TOUCAN_CACHE_SLOTS && !fault; i++) {
        place = slot[i] & TOUCAN_CACHE_PLACE_MASK;

        if (place >= state->head) {
            fault = "a slot is ahead";

        } else if (place >= state->tail && !begins[place - state->tail]) {
            fault = "a slot leads into the middle of an entry";
        }
    }

    return fault;
}


/* what is wrong with a cache that a process left so */

static const char *
left(toucan_cache_t *cache)
{
    const char          *fault;
    toucan_cache_use_t   use;

    fault = blind(cache);

    if (fault == NULL) {
        toucan_cache_use(cache, &use);
        fault = unsound(cache);
    }

    if (fault == NULL) {
        fault = blind(cache);
    }

    if (fault != NULL) {
        return fault;
    }

    if (!add(cache, NEXT, NEXT, LEN, 2000, 1000) || seen(cache, NEXT) != 1) {
        return "it cannot go on";
    }

    return unsound(cache);
}


/* the number of instructions; 0: processes cannot be stepped here */

static unsigned
stepped(void (*action)(void), const char **fault)
{
    int              status;
    pid_t            pid;
    unsigned         n;
    toucan_cache_t  *copy;

    copy = malloc(SIZE);
    memset(copy, 0, SIZE);
    *fault = NULL;

    fflush(stdout);
    pid = fork();

    if (pid == 0) {

        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) {
            _exit(7);
        }

        raise(SIGSTOP);
        action();
        _exit(0);
    }

    (void) waitpid(pid, &status, 0);

    for (n = 0; WIFSTOPPED(status) && n < 200000; n++) {

        if (*fault != NULL
            || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1
            || waitpid(pid, &status, 0) != pid)
        {
            kill(pid, SIGKILL);
            (void) waitpid(pid, &status, 0);
            break;
        }

        if (memcmp(copy, shared, SIZE) == 0) {
            continue;
        }

        memcpy(copy, shared, SIZE);
        *fault = left(copy);
        memcpy(copy, shared, SIZE);
    }

    if (WIFSTOPPED(status)) {
        kill(pid, SIGKILL);
        (void) waitpid(pid, &status, 0);
        *fault = "it has no end";
    }

    free(copy);

    return n;
}


/* -------------------------------------------------------- what is done */

static void
do_add(void)
{
    (void) add(shared, NEW, NEW, LEN, 2000, 1000);
}


/* much is in its way; and it is not of the length that the others have */

static void
do_add_long(void)
{
    (void) add(shared, NEW, NEW + MORE, 900, 2000, 1000);
}


/* one that is there ends sooner */

static void
do_add_again(void)
{
    (void) add(shared, FULL - 1, FULL - 1 + MORE, 100, 3000, 1000);
}


static void
do_sweep(void)
{
    toucan_cache_sweep(shared, 12, 1500);
}


/* what another process left is found */

static void
do_use(void)
{
    toucan_cache_use_t  use;

    toucan_cache_use(shared, &use);
}


static void
half(unsigned name)
{
    toucan_cache_name_t  key;

    key = name_of(name);
    fill(toucan_cache_reserve(shared, &key, 700, 2000, 1000), 700, 5);
}


/* ends in the middle of the drop, of the value and of a burial, at once */

static void
leave_all(void)
{
    toucan_cache_state_t  *state;

    half(NEW);

    state = &shared->state[shared->turn & 1];
    state->tail += LEN / 16 + 5;
    state->swept = state->tail;
    state->values--;
    shared->burying = state->tail;
}


/* ------------------------------------------------------------- the cases */

/* Full; every fifth and the oldest are dead at 1500. */

static void
prepare(uint64_t place, uint64_t spare)
{
    uint64_t              units;
    unsigned              i;
    toucan_cache_state_t  state;

    memset((void *) shared, 0, SIZE);
    shared = toucan_cache_init(shared, SIZE);
    units = shared->units;

    if (place) {
        go_to(shared, place);
    }

    for (i = 0; i < 500; i++) {
        state = *toucan_cache_state(shared);

        if (i >= FULL && (spare == 0
                         || units - state.head % units < spare))
        {
            break;
        }

        (void) add(shared, i % FULL, i % FULL, LEN,
                   (i % 5 && i > 9) ? 2000 : 1100 + i, 1000);
    }
}


static void
killed(const char *name, unsigned want, void (*action)(void))
{
    void        *was;
    unsigned     n, gone;
    const char  *fault;

    was = malloc(SIZE);
    memcpy(was, shared, SIZE);

    look(shared, before);
    action();
    look(shared, after);
    gone = (unsigned) (toucan_cache_state(shared)->tail
                       - toucan_cache_state(was)->tail) / (LEN / 16 + 5);
    memcpy(shared, was, SIZE);
    free(was);

    is_int(gone, want, "killed: %s: so many go", name);

    n = stepped(action, &fault);

    if (n == 0) {
        skip(2, "processes cannot be stepped here");
        return;
    }

    ok(fault == NULL, "killed: %s: after each of %u instructions%s%s", name,
       n, fault ? ": " : "", fault ? fault : "");

    look(shared, before);
    ok(memcmp(before, after, sizeof(after)) == 0, "killed: %s: at the end it "
       "is done", name);
}


/* The next value begins a stride, and its bucket has slots that are stale. */

static int
prepare_stride(void)
{
    uint64_t   k, d, head, *slot;
    unsigned   i, stale;

    for (k = 20; k < 20 + 64; k++) {
        for (d = 1; d < 40; d += 9) {
            prepare(k * TOUCAN_CACHE_STRIDE - FULL * (LEN / 16 + 5) - d, 0);

            head = toucan_cache_state(shared)->head;
            slot = toucan_cache_bucket(shared, k % shared->buckets);

            for (i = 0, stale = 0; i < TOUCAN_CACHE_SLOTS; i++) {
                stale += slot[i] != 0
                         && (slot[i] & TOUCAN_CACHE_PLACE_MASK)
                            < toucan_cache_state(shared)->tail;
            }

            if (stale && head / TOUCAN_CACHE_STRIDE == k - 1
                && (head + LEN / 16 + 5) / TOUCAN_CACHE_STRIDE == k)
            {
                return 1;
            }
        }
    }

    return 0;
}


static unsigned
dead(void)
{
    uint64_t                     place;
    unsigned                     n;
    const toucan_cache_entry_t  *entry;

    place = toucan_cache_state(shared)->tail;
    n = 0;

    while (place < toucan_cache_state(shared)->head) {
        entry = toucan_cache_entry(shared, place);
        n += entry->kind == TOUCAN_CACHE_DEAD;
        place += entry->units ? entry->units : 1;
    }

    return n;
}


static void
test_killed(void)
{
    if (unit_memcheck()) {
        skip(31, "memcheck would be stepped, too");
        return;
    }

    shared = mmap(NULL, SIZE, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                  -1, 0);

    if (shared == MAP_FAILED) {
        fail("shared memory");
        return;
    }

    memset((void *) shared, 0, SIZE);
    shared = toucan_cache_init(shared, SIZE);
    killed("the first value", 0, do_add);

    prepare(0, 0);
    ok(before[NEW] == 1, "killed: values are seen");
    killed("one is in its way", 1, do_add);

    prepare(0, 0);
    killed("many are in its way", 4, do_add_long);

    prepare(0, 40);
    killed("the ring ends", 5, do_add_long);

    prepare(0, 0);
    killed("a value anew", 1, do_add_again);
    ok(after[FULL - 1] == 2, "killed: that is seen");

    ok(prepare_stride(), "killed: a stride with a stale slot");
    killed("another stride", 1, do_add);

    prepare(0, 0);
    killed("a sweep", 4, do_sweep);
    is_int(dead(), 2, "killed: a sweep: and so many are dead");

    prepare(0, 0);
    half(NEW);
    killed("what was half written goes", 0, do_use);

    prepare(0, 0);
    leave_all();
    killed("all that may be left goes", 0, do_use);

    munmap(shared, SIZE);
}


int
main(void)
{
    test_killed();

    return done_testing();
}
