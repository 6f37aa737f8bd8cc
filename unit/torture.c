
/*
 * Owns: the torture, "make torture".  In every scenario each allocation is
 * refused once, alone and together with all that follow: nothing may be let in
 * or found that would not be otherwise, nothing may leak, OpenSSL's error
 * queue stays empty, and keys and lists serve on.
 */


#include "torture.h"
#include "torture_alloc.h"
#include "unit.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define TORTURE_MAX      100000     /* allocations of a scenario */
#define TORTURE_CRASHES  8          /* then a scenario is given up */
#define TORTURE_SECONDS  300        /* of one process */
#define TORTURE_WARM_UP  3


/* What the process of a scenario tells: it may die at any time. */

typedef struct {
    unsigned long    at;            /* the one that is refused now */
    unsigned long    count;         /* allocations when none is refused */
    unsigned long    same;
    unsigned long    no_memory;
    unsigned long    internal;
    unsigned long    also;
    unsigned long    faults;
    int              done;
} torture_tally_t;


static void torture_list(const torture_scenario_t *s, unsigned n,
    const char *only);
static void torture_scenario(const torture_scenario_t *s, int rest,
    const char *only);
static int torture_process(const torture_scenario_t *s, int rest,
    torture_tally_t *tally);
static void torture_all(const torture_scenario_t *s, int rest,
    torture_tally_t *tally);
static int torture_one(const torture_scenario_t *s, int rest,
    unsigned long at, torture_tally_t *tally);
static const char *torture_judge(const torture_scenario_t *s, toucan_rc_t rc,
    torture_tally_t *tally);
static const char *torture_again(const torture_scenario_t *s, void *state);
static unsigned long torture_in_use(void);
static void torture_crash(int sig);
static void *torture_arena_get(void *ctx, size_t size);


static torture_run_t    torture_first;      /* when nothing was refused */
static torture_run_t    torture_run;
static torture_tally_t  *torture_tally;


int
main(int argc, char **argv)
{
    const char  *only;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: torture [WORD]\n\n"
               "Runs the scenarios whose names hold WORD, or all.\n");
        return 0;
    }

    only = (argc > 1) ? argv[1] : "";

    torture_tally = mmap(NULL, sizeof(torture_tally_t),
                         PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1,
                         0);

    if (torture_tally == MAP_FAILED) {
        torture_die("mmap()");
    }

    torture_tokens_prepare();
    torture_jwe_prepare();

    torture_list(torture_tokens, torture_tokens_n, only);
    torture_list(torture_jwe, torture_jwe_n, only);
    torture_list(torture_gate, torture_gate_n, only);
    torture_list(torture_service, torture_service_n, only);

    return done_testing();
}


static void
torture_list(const torture_scenario_t *s, unsigned n, const char *only)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        torture_scenario(&s[i], 0, only);
        torture_scenario(&s[i], 1, only);
    }
}


/*
 * A process for each, so that what a refusal may leave in a library does not
 * reach the next one.  After a crash another goes on behind it.
 */

static void
torture_scenario(const torture_scenario_t *s, int rest, const char *only)
{
    int               crashes, status;
    torture_tally_t  *tally;

    if (strstr(s->name, only) == NULL) {
        return;
    }

    tally = torture_tally;
    memset(tally, 0, sizeof(torture_tally_t));

    for (crashes = 0; crashes < TORTURE_CRASHES; crashes++) {
        status = torture_process(s, rest, tally);

        if (status == 0) {
            break;
        }

        diag("%s: allocation %lu refused%s: the process died: status %#x",
             s->name, tally->at, rest ? ", and all behind it" : "",
             (unsigned) status);
    }

    ok(tally->done && crashes == 0 && tally->faults == 0
       && (tally->count == 0) == s->none,
       "%s, %s of %lu refused: %lu times the same, %lu no_memory, "
       "%lu internal, %lu others", s->name, rest ? "all from each" : "each",
       tally->count, tally->same, tally->no_memory, tally->internal,
       tally->also);
}


static int
torture_process(const torture_scenario_t *s, int rest, torture_tally_t *tally)
{
    int    status;
    pid_t  pid;

    fflush(NULL);

    pid = fork();

    if (pid == -1) {
        torture_die("fork()");
    }

    if (pid == 0) {
        signal(SIGSEGV, torture_crash);
        signal(SIGBUS, torture_crash);
        signal(SIGFPE, torture_crash);
        signal(SIGABRT, torture_crash);
        alarm(TORTURE_SECONDS);

        torture_all(s, rest, tally);

        exit(0);
    }

    if (waitpid(pid, &status, 0) != pid) {
        torture_die("waitpid()");
    }

    return status;
}


static void
torture_all(const torture_scenario_t *s, int rest, torture_tally_t *tally)
{
    int            i;
    void          *state;
    toucan_rc_t    rc;
    unsigned long  live, at;

    rc = TOUCAN_OK;
    live = 0;

    /* what is made once in a process is made now */

    for (i = 0; i < TORTURE_WARM_UP; i++) {
        live = torture_in_use();
        state = s->setup(s->arg);

        torture_run_init(&torture_first);
        torture_arm(0, 0);
        rc = s->run(state, &torture_first);
        tally->count = torture_disarm();
        torture_run_free(&torture_first);

        s->teardown(state);
    }

    if (rc != s->want || torture_in_use() != live || ERR_peek_error() != 0) {
        diag("%s: %s, not %s, or %ld blocks are left, or errors, with nothing "
             "refused", s->name, toucan_rc_name(rc).data,
             toucan_rc_name(s->want).data, (long) (torture_in_use() - live));
        tally->faults++;
    }

    for (at = tally->at + 1; at < TORTURE_MAX; at++) {
        tally->at = at;

        if (!torture_one(s, rest, at, tally)) {
            break;
        }
    }

    tally->done = (at < TORTURE_MAX);
}


/* 0 when there was nothing left to refuse. */

static int
torture_one(const torture_scenario_t *s, int rest, unsigned long at,
    torture_tally_t *tally)
{
    int             traced;
    void           *state;
    const char     *fault;
    toucan_rc_t     rc;
    unsigned long   live;

    for (traced = 0; traced < 2; traced++) {
        live = torture_in_use();

        if (traced) {
            torture_trace_begin();
        }

        state = s->setup(s->arg);

        torture_run_init(&torture_run);
        torture_arm(at, rest);
        rc = s->run(state, &torture_run);
        torture_disarm();

        fault = NULL;

        if (ERR_peek_error() != 0) {
            fault = "an error is left in OpenSSL's queue";
            ERR_clear_error();
        }

        torture_run_free(&torture_run);

        if (torture_refused() == 0) {
            s->teardown(state);
            return 0;
        }

        if (fault == NULL) {
            fault = torture_judge(s, rc, traced ? NULL : tally);
        }

        if (fault == NULL) {
            fault = torture_again(s, state);
        }

        s->teardown(state);

        if (torture_in_use() != live && fault == NULL) {
            fault = "something leaks";
        }

        if (traced) {
            torture_trace_end();
        }

        if (fault == NULL) {
            break;
        }

        if (!traced) {
            tally->faults++;
            diag("%s: allocation %lu refused%s: %s", s->name, at,
                 rest ? ", and all behind it" : "", fault);
        }

        if (tally->faults > TORTURE_CRASHES) {
            break;
        }
    }

    return 1;
}


/* What is wrong with a run, or NULL. */

static const char *
torture_judge(const torture_scenario_t *s, toucan_rc_t rc,
    torture_tally_t *tally)
{
    static char             text[128];
    static torture_tally_t  nowhere;

    if (tally == NULL) {
        tally = &nowhere;
    }

    if (rc == TOUCAN_OK && s->want != TOUCAN_OK) {
        return "ACCEPTED";
    }

    if (rc == s->want) {
        tally->same++;

        return (torture_run.len == torture_first.len
                && memcmp(torture_run.text, torture_first.text,
                          torture_run.len)
                   == 0)
               ? NULL : "something else is found";
    }

    if (rc == TOUCAN_NO_MEMORY) {
        tally->no_memory++;
        return NULL;
    }

    if (rc == TOUCAN_INTERNAL) {
        tally->internal++;
        return NULL;
    }

    if (s->also & torture_or(rc)) {
        tally->also++;
        return NULL;
    }

    snprintf(text, sizeof(text), "another verdict: %s",
             toucan_rc_name(rc).data);

    return text;
}


static const char *
torture_again(const torture_scenario_t *s, void *state)
{
    toucan_rc_t  rc;

    torture_run_init(&torture_run);
    rc = s->run(state, &torture_run);
    torture_run_free(&torture_run);

    if (ERR_peek_error() != 0) {
        ERR_clear_error();
        return "an error is left in OpenSSL's queue afterwards";
    }

    if (rc != s->want || torture_run.len != torture_first.len
        || memcmp(torture_run.text, torture_first.text, torture_run.len) != 0)
    {
        return "it serves no more afterwards";
    }

    return NULL;
}


/* OpenSSL keeps memory for the thread's errors until the thread ends. */

static unsigned long
torture_in_use(void)
{
    OPENSSL_thread_stop();

    return torture_live();
}


/* Says where; the parent sees the signal. */

static void
torture_crash(int sig)
{
    int    n;
    void  *frame[32];

    torture_disarm();

    n = backtrace(frame, 32);
    backtrace_symbols_fd(frame, n, 2);

    signal(sig, SIG_DFL);
    raise(sig);
}


void
torture_run_init(torture_run_t *run)
{
    run->arena.alloc = torture_arena_get;
    run->arena.ctx = run;
    run->pieces = 0;
    run->len = 0;
}


void
torture_run_free(torture_run_t *run)
{
    while (run->pieces > 0) {
        free(run->piece[--run->pieces]);
    }
}


static void *
torture_arena_get(void *ctx, size_t size)
{
    void           *p;
    torture_run_t  *run;

    run = ctx;

    if (run->pieces == torture_n(run->piece)) {
        torture_die("the arena is too small");
    }

    p = malloc(size);

    if (p != NULL) {
        run->piece[run->pieces++] = p;
    }

    return p;
}


void
torture_say(torture_run_t *run, const char *fmt, ...)
{
    int      n;
    va_list  args;

    torture_pause();

    va_start(args, fmt);
    n = vsnprintf(run->text + run->len, sizeof(run->text) - run->len, fmt,
                  args);
    va_end(args);

    torture_resume();

    if (n < 0 || (size_t) n >= sizeof(run->text) - run->len) {
        torture_die("a run has too much to say");
    }

    run->len += (size_t) n;
}


void
torture_say_view(torture_run_t *run, const char *name, toucan_str_t view)
{
    if (view.data == NULL) {
        torture_say(run, "%s absent\n", name);
        return;
    }

    torture_say(run, "%s \"%.*s\"\n", name, (int) view.len,
                (const char *) view.data);
}


void
torture_die(const char *what)
{
    torture_disarm();
    diag("torture: %s failed", what);
    exit(2);
}
