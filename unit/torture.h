
/*
 * What the parts of the torture share: a scenario is a row, run once for each
 * allocation in it, which is refused.
 */


#ifndef _TOUCAN_TORTURE_H_INCLUDED_
#define _TOUCAN_TORTURE_H_INCLUDED_


#include "jose/toucan_jose.h"


#define torture_n(table)  (sizeof(table) / sizeof((table)[0]))


/* What one run is given, and what it found. */

typedef struct {
    toucan_arena_t   arena;
    void            *piece[64];
    unsigned         pieces;

    size_t           len;
    char             text[16384];
} torture_run_t;


/*
 * setup() and teardown() have all the memory there is.  run() answers with a
 * result and writes whatever it found by torture_say(): a run in which an
 * allocation was refused must find the same or fail, and a run after it on
 * the same state must find the same.  Each failure is want, a lack of memory,
 * INTERNAL, or one of "also".
 */

#define torture_or(rc)  (1ULL << (rc))

typedef struct {
    const char      *name;
    const void      *arg;
    void          *(*setup)(const void *arg);
    toucan_rc_t    (*run)(void *state, torture_run_t *run);
    void           (*teardown)(void *state);
    toucan_rc_t      want;
    uint64_t         also;          /* OR of torture_or(rc) */
    int              none;          /* asks for no memory at all */
} torture_scenario_t;


extern const torture_scenario_t  torture_tokens[];
extern const unsigned            torture_tokens_n;

/* Makes the keys, once for all processes. */
void torture_tokens_prepare(void);

extern const torture_scenario_t  torture_jwe[];
extern const unsigned            torture_jwe_n;

void torture_jwe_prepare(void);

extern const torture_scenario_t  torture_gate[];
extern const unsigned            torture_gate_n;

extern const torture_scenario_t  torture_service[];
extern const unsigned            torture_service_n;


/* In between no allocation is refused: for looking at what was made. */
void torture_pause(void);
void torture_resume(void);

void torture_say(torture_run_t *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A view, quoted; absent ones differ from empty ones. */
void torture_say_view(torture_run_t *run, const char *name,
    toucan_str_t view);

/* Gives back what the arena handed out. */
void torture_run_init(torture_run_t *run);
void torture_run_free(torture_run_t *run);

/* Ends the program: something that must work did not. */
void torture_die(const char *what) __attribute__((noreturn));


#endif /* _TOUCAN_TORTURE_H_INCLUDED_ */
