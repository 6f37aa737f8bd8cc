
/*
 * What the tests of the identity half share: an arena that counts and can
 * fail, documents from text, and views compared with C strings.
 */


#ifndef _TOUCAN_IDENTITY_H_INCLUDED_
#define _TOUCAN_IDENTITY_H_INCLUDED_


#include "unit.h"

#include "gate/toucan_gate.h"


#define unit_n(table)  (sizeof(table) / sizeof((table)[0]))

#define is_view(got, want, ...)                                               \
    unit_is_view((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_rc(got, want, ...)                                                 \
    unit_is_rc((got), (want), __FILE__, __LINE__, __VA_ARGS__)


typedef struct unit_block_s  unit_block_t;

struct unit_block_s {
    unit_block_t    *next;
    void            *data;
};


/* Each allocation is a block of its own, so that overruns are seen. */

typedef struct {
    toucan_arena_t   arena;
    unit_block_t    *blocks;
    unsigned         calls;
    unsigned         fail_at;       /* the call that fails; 0: none does */
} unit_arena_t;


static UNIT_UNUSED void *
unit_alloc(void *ctx, size_t size)
{
    unit_arena_t  *a;
    unit_block_t  *block;

    a = ctx;

    if (++a->calls == a->fail_at) {
        return NULL;
    }

    block = malloc(sizeof(unit_block_t));

    if (block == NULL) {
        abort();
    }

    block->data = malloc(size ? size : 1);

    if (block->data == NULL) {
        abort();
    }

    memset(block->data, 0xa5, size);

    block->next = a->blocks;
    a->blocks = block;

    return block->data;
}


static UNIT_UNUSED void
unit_arena_init(unit_arena_t *a, unsigned fail_at)
{
    a->arena.alloc = unit_alloc;
    a->arena.ctx = a;
    a->blocks = NULL;
    a->calls = 0;
    a->fail_at = fail_at;
}


static UNIT_UNUSED void
unit_arena_done(unit_arena_t *a)
{
    unit_block_t  *block;

    while (a->blocks) {
        block = a->blocks;
        a->blocks = block->next;

        free(block->data);
        free(block);
    }

    a->calls = 0;
}


/* A document; "'" stands for the quotes of JSON.  Ends the test if it is
 * none. */

static UNIT_UNUSED const toucan_doc_t *
unit_doc(unit_arena_t *a, const char *text)
{
    char                *p, *copy;
    toucan_rc_t          rc;
    const toucan_doc_t  *doc;

    copy = strdup(text);

    if (copy == NULL) {
        abort();
    }

    for (p = copy; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    rc = toucan_json_parse(toucan_cstr(copy), &toucan_json_file_limits,
                           &a->arena, &doc);
    free(copy);

    if (rc != TOUCAN_OK) {
        diag("no document: %s", text);
        printf("Bail out!\n");
        exit(1);
    }

    return doc;
}


/* n times c; the caller frees it */

static UNIT_UNUSED char *
unit_repeat(char c, size_t n)
{
    char  *p;

    p = malloc(n + 1);

    if (p == NULL) {
        abort();
    }

    memset(p, c, n);
    p[n] = '\0';

    return p;
}


/* want == NULL: absent */

static int UNIT_PRINTF(5, 6)
unit_is_view(toucan_str_t got, const char *want, const char *file, int line,
    const char *fmt, ...)
{
    int      same;
    va_list  args;

    same = (want == NULL) ? got.data == NULL
                          : got.data != NULL && toucan_str_is(got, want);

    va_start(args, fmt);
    unit_report(same, file, line, fmt, args);
    va_end(args);

    if (!same) {
        diag(" got: %.*s", (int) got.len,
             got.data ? (const char *) got.data : "(absent)");
        diag("want: %s", want ? want : "(absent)");
    }

    return same;
}


static int UNIT_PRINTF(5, 6)
unit_is_rc(toucan_rc_t got, toucan_rc_t want, const char *file, int line,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    unit_report(got == want, file, line, fmt, args);
    va_end(args);

    if (got != want) {
        diag(" got: %s", got ? (const char *) toucan_rc_name(got).data : "ok");
        diag("want: %s",
             want ? (const char *) toucan_rc_name(want).data : "ok");
    }

    return got == want;
}


#endif /* _TOUCAN_IDENTITY_H_INCLUDED_ */
