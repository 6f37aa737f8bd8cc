
/*
 * Copyright (C) 2026 the ngx_toucan_module authors
 *
 * Owns: the TAP that the unit tests print.  One test program includes it
 * once:
 *
 *     #include "unit.h"
 *
 *     int
 *     main(void)
 *     {
 *         ok(1 + 1 == 2, "one and one");
 *         is_int(1 + 1, 2, "again");
 *         is_str("a", "a", "text");
 *
 *         return done_testing();
 *     }
 */


#ifndef _TOUCAN_UNIT_H_INCLUDED_
#define _TOUCAN_UNIT_H_INCLUDED_


#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define UNIT_UNUSED  __attribute__((unused))
#define UNIT_PRINTF(fmt, args)                                                \
    __attribute__((unused, format(printf, fmt, args)))


static int  unit_run;
static int  unit_failed;


/* a line of remarks; prove shows it, TAP ignores it */

static void UNIT_PRINTF(1, 2)
diag(const char *fmt, ...)
{
    va_list  args;

    fflush(stdout);
    fputs("# ", stderr);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fputc('\n', stderr);
}


static int UNIT_UNUSED
unit_report(int pass, const char *file, int line, const char *fmt,
    va_list args)
{
    unit_run++;

    printf("%sok %d - ", pass ? "" : "not ", unit_run);
    vprintf(fmt, args);
    putchar('\n');

    if (!pass) {
        unit_failed++;
        diag("failed at %s line %d", file, line);
    }

    return pass;
}


/* each check returns whether it held, so that a test can stop early */

#define ok(cond, ...)                                                         \
    unit_ok((cond) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...)                                                \
    unit_is_int((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...)                                                \
    unit_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_mem(got, got_len, want, want_len, ...)                             \
    unit_is_mem((got), (got_len), (want), (want_len), __FILE__, __LINE__,     \
                __VA_ARGS__)
#define pass(...)  ok(1, __VA_ARGS__)
#define fail(...)  ok(0, __VA_ARGS__)


static int UNIT_PRINTF(4, 5)
unit_ok(int cond, const char *file, int line, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    unit_report(cond, file, line, fmt, args);
    va_end(args);

    return cond;
}


static int UNIT_PRINTF(5, 6)
unit_is_int(int64_t got, int64_t want, const char *file, int line,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    unit_report(got == want, file, line, fmt, args);
    va_end(args);

    if (got != want) {
        diag(" got: %lld", (long long) got);
        diag("want: %lld", (long long) want);
    }

    return got == want;
}


/* NULL equals NULL only */

static int UNIT_PRINTF(5, 6)
unit_is_str(const char *got, const char *want, const char *file, int line,
    const char *fmt, ...)
{
    int      same;
    va_list  args;

    same = (got == NULL || want == NULL) ? got == want
                                         : strcmp(got, want) == 0;

    va_start(args, fmt);
    unit_report(same, file, line, fmt, args);
    va_end(args);

    if (!same) {
        diag(" got: %s", got ? got : "(null)");
        diag("want: %s", want ? want : "(null)");
    }

    return same;
}


static void UNIT_UNUSED
unit_dump(const char *what, const void *data, size_t len)
{
    size_t                i;
    const unsigned char  *p;

    p = data;

    fprintf(stderr, "# %s: %zu bytes \"", what, len);

    for (i = 0; i < len && i < 256; i++) {
        fprintf(stderr, p[i] >= 0x20 && p[i] < 0x7f ? "%c" : "\\x%02x",
                p[i]);
    }

    fputs(len > 256 ? "...\"\n" : "\"\n", stderr);
}


static int UNIT_PRINTF(7, 8)
unit_is_mem(const void *got, size_t got_len, const void *want,
    size_t want_len, const char *file, int line, const char *fmt, ...)
{
    int      same;
    va_list  args;

    same = got_len == want_len
           && (want_len == 0
               || (got != NULL && memcmp(got, want, want_len) == 0));

    va_start(args, fmt);
    unit_report(same, file, line, fmt, args);
    va_end(args);

    if (!same) {
        unit_dump(" got", got, got ? got_len : 0);
        unit_dump("want", want, want_len);
    }

    return same;
}


/* reports n tests as skipped; the caller jumps over them */

static void UNIT_UNUSED
skip(int n, const char *why)
{
    while (n-- > 0) {
        printf("ok %d # SKIP %s\n", ++unit_run, why);
    }
}


/* prints the plan; what it returns is what main() returns */

static int UNIT_UNUSED
done_testing(void)
{
    printf("1..%d\n", unit_run);

    if (unit_run == 0) {
        diag("no test was run");
        return 1;
    }

    if (unit_failed) {
        diag("%d of %d failed", unit_failed, unit_run);
        return 1;
    }

    return fflush(stdout) == 0 ? 0 : 1;
}


/*
 * 1 under memcheck, which takes malloc()'s place, and takes a stack that was
 * left for memory that is not there.
 */

static UNIT_UNUSED int
unit_memcheck(void)
{
    const char  *preload;

    preload = getenv("LD_PRELOAD");

    return preload != NULL && strstr(preload, "vgpreload") != NULL;
}


#endif /* _TOUCAN_UNIT_H_INCLUDED_ */
