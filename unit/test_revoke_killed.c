
/*
 * The table of revocations when its process ends: after any instruction it is
 * sound, for those that look up and for those that go on.
 */


#include "revoke.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>


/*
 * A child does one thing to a shared table, instruction by instruction.  What
 * lies there after any of them is what a process leaves that ends there: a
 * copy of it must be sound.
 */

static toucan_revocations_t  *shared;
static uint32_t               before;   /* changes, until it is stepped */


static void
do_add(void)
{
    toucan_revoked_t  two[2];

    two[0] = entry_of(shared, 50, 700);
    two[1] = entry_of(shared, 51, 700);
    two[1].group++;                     /* one that has no entries yet */

    raise(SIGSTOP);
    (void) toucan_revocations_add(shared, two, 2);
}


static void
do_sweep(void)
{
    size_t  place;

    place = 0;

    raise(SIGSTOP);
    (void) toucan_revocations_sweep(shared, 503, &place, 100);
}


static void
do_raise(void)
{
    toucan_revoked_t  one;

    one = entry_of(shared, 5, 800);

    raise(SIGSTOP);
    (void) toucan_revocations_add(shared, &one, 1);
}


/* each place is in one chain or on the free list, counts and groups agree */

static const char *
unsound(toucan_revocations_t *t)
{
    char      seen[64];
    uint32_t  i, place, n, counts[TOUCAN_REVOKE_GROUPS];

    memset(seen, 0, sizeof(seen));
    memset(counts, 0, sizeof(counts));

    for (i = 0; i < t->buckets; i++) {
        for (place = toucan_revoke_buckets(t)[i]; place;
             place = toucan_revoke_entry(t, place)->next)
        {
            if (place > t->used || seen[place]++) {
                return "a chain";
            }

            n = toucan_revoke_entry(t, place)->group;

            if (n >= TOUCAN_REVOKE_GROUPS) {
                return "a group";
            }

            counts[n]++;
        }
    }

    for (place = t->free; place; place = toucan_revoke_entry(t, place)->next) {
        if (place > t->used || seen[place]++) {
            return "the free list";
        }
    }

    for (i = 1; i <= t->used; i++) {
        if (!seen[i]) {
            return "a place is lost";
        }
    }

    for (i = 0; i < TOUCAN_REVOKE_GROUPS; i++) {
        if (counts[i] != t->counts[i]
            || (counts[i] != 0) != ((t->groups >> i) & 1))
        {
            return "the counts";
        }
    }

    return NULL;
}


/* before the lock was taken again: what a look-up needs */

static const char *
blind(const toucan_revocations_t *t)
{
    uint32_t  i, place, group, made;

    made = 0;

    for (i = 0; i < t->buckets; i++) {
        for (place = toucan_revoke_buckets(t)[i]; place;
             place = toucan_revoke_entry(t, place)->next)
        {
            group = toucan_revoke_entry(t, place)->group;

            if (!(t->groups >> group & 1)) {
                return "an entry of a group that is not told";
            }

            made += (toucan_revoke_entry(t, place)->cutoff >= 700);
        }
    }

    return (toucan_revocations_changes(t) - before < made)
           ? "a change that is not counted" : NULL;
}


/* what is wrong with a table that a process left so */

static const char *
left(toucan_revocations_t *t)
{
    unsigned     i;
    const char  *fault;

    fault = blind(t);

    if (fault != NULL) {
        return fault;
    }

    (void) toucan_revocations_count(t);
    fault = unsound(t);

    if (fault != NULL) {
        return fault;
    }

    for (i = 3; i < 12; i++) {
        if (!holds(t, i, 500 + i)) {
            return "an entry is lost";
        }
    }

    if (put(t, 60, 900) != TOUCAN_OK || !holds(t, 60, 900)) {
        return "it cannot go on";
    }

    return unsound(t);
}


/* the number of instructions; 0: processes cannot be stepped here */

static unsigned
stepped(void (*action)(void), size_t size, const char **fault)
{
    int                    status;
    pid_t                  pid;
    unsigned               n;
    toucan_revocations_t  *copy;

    copy = malloc(size);
    memset(copy, 0, size);
    *fault = NULL;

    fflush(stdout);
    pid = fork();

    if (pid == 0) {

        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) {
            _exit(7);
        }

        action();
        _exit(0);
    }

    (void) waitpid(pid, &status, 0);

    for (n = 0; WIFSTOPPED(status) && n < 100000; n++) {

        if (*fault != NULL
            || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1
            || waitpid(pid, &status, 0) != pid)
        {
            kill(pid, SIGKILL);
            (void) waitpid(pid, &status, 0);
            break;
        }

        if (memcmp(copy, shared, size) == 0) {
            continue;
        }

        memcpy(copy, shared, size);
        *fault = left(copy);
        memcpy(copy, shared, size);
    }

    if (WIFSTOPPED(status)) {
        kill(pid, SIGKILL);
        (void) waitpid(pid, &status, 0);
        *fault = "it has no end";
    }

    free(copy);

    return n;
}


static void
killed(const char *name, void (*action)(void), unsigned fresh)
{
    size_t       size;
    unsigned     i, n, done;
    const char  *fault;

    size = toucan_revocations_size(20);
    memset((void *) shared, 0, size);
    shared = toucan_revocations_init(shared, size, secret);

    for (i = 0; i < 12; i++) {
        (void) put(shared, i, 500 + i);
    }

    if (!fresh) {
        (void) put(shared, 12, 1);
        (void) put(shared, 13, 1);
        sweep(shared, 2, 100);
    }

    before = toucan_revocations_changes(shared);
    n = stepped(action, size, &fault);

    if (n == 0) {
        skip(2, "processes cannot be stepped here");
        return;
    }

    ok(fault == NULL, "killed: %s: after each of %u instructions%s%s", name,
       n, fault ? ": " : "", fault ? fault : "");

    done = (action == do_add) ? holds(shared, 50, 700) && holds(shared, 51, 700)
           : (action == do_raise) ? holds(shared, 5, 800)
           : !holds(shared, 0, 0) && !holds(shared, 1, 0)
             && !holds(shared, 2, 0);

    ok(done && unsound(shared) == NULL, "killed: %s: at the end it is done",
       name);
}


static void
test_killed(void)
{
    size_t  size;

    if (unit_memcheck()) {
        skip(8, "memcheck would be stepped, too");
        return;
    }

    size = toucan_revocations_size(20);

    shared = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                  -1, 0);

    if (shared == MAP_FAILED) {
        fail("shared memory");
        return;
    }

    killed("two new places", do_add, 1);
    killed("two places used again", do_add, 0);
    killed("three go", do_sweep, 0);
    killed("one is raised", do_raise, 0);

    munmap(shared, size);
}


int
main(void)
{
    test_killed();

    return done_testing();
}
