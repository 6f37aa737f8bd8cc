
/*
 * The only user of PCRE2: patterns that are anchored at both ends and bounded
 * in time and memory, with JIT where there is one.
 */


#include "gate/toucan_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH  8
#include <pcre2.h>


/*
 * Far more than a sane pattern needs for the few hundred bytes of an origin.
 * A subject that takes more is not matched.
 */

#define TOUCAN_PATTERN_MATCH_LIMIT  100000
#define TOUCAN_PATTERN_DEPTH_LIMIT  10000
#define TOUCAN_PATTERN_HEAP_LIMIT   1024        /* KiB */

/* (*UTF) in a pattern would make the meaning of a byte depend on it */

#define TOUCAN_PATTERN_OPTIONS                                                \
    (PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY                \
     | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C)


/*
 * The match data is scratch space: one thread runs a process, and one match
 * at a time uses a pattern.
 */

struct toucan_pattern_s {
    pcre2_general_context  *general;
    pcre2_match_context    *context;
    pcre2_match_data       *data;
    pcre2_code             *code;
};


static int toucan_pattern_contexts(toucan_pattern_t *pattern);
static int toucan_pattern_code(toucan_pattern_t *pattern, toucan_str_t text,
    toucan_diag_t *diag);
static void *toucan_pattern_alloc(size_t size, void *data);
static void toucan_pattern_release(void *p, void *data);


toucan_pattern_t *
toucan_pattern_compile(toucan_str_t pattern, toucan_diag_t *diag)
{
    toucan_pattern_t  *p;

    if (pattern.data == NULL || pattern.len == 0) {
        toucan_diag_error(diag, "invalid pattern \"\": it is empty");
        return NULL;
    }

    p = toucan_calloc(1, sizeof(toucan_pattern_t));

    if (p == NULL || !toucan_pattern_contexts(p)) {
        toucan_diag_error(diag, "invalid pattern \"%.*s\": out of memory",
                          toucan_fmt(pattern));
        toucan_pattern_free(p);
        return NULL;
    }

    if (!toucan_pattern_code(p, pattern, diag)) {
        toucan_pattern_free(p);
        return NULL;
    }

    return p;
}


void
toucan_pattern_free(toucan_pattern_t *pattern)
{
    if (pattern == NULL) {
        return;
    }

    pcre2_code_free(pattern->code);
    pcre2_match_data_free(pattern->data);
    pcre2_match_context_free(pattern->context);
    pcre2_general_context_free(pattern->general);

    toucan_free(pattern);
}


int
toucan_pattern_match(const toucan_pattern_t *pattern, toucan_str_t text)
{
    int          n;
    PCRE2_SIZE  *ovector;

    if (text.data == NULL) {
        return 0;
    }

    n = pcre2_match(pattern->code, text.data, text.len, 0, 0, pattern->data,
                    pattern->context);

    if (n == PCRE2_ERROR_JIT_STACKLIMIT) {
        n = pcre2_match(pattern->code, text.data, text.len, 0, PCRE2_NO_JIT,
                        pattern->data, pattern->context);
    }

    /* 0: it did match, and has groups that nobody asks for */

    if (n < 0) {
        return 0;
    }

    ovector = pcre2_get_ovector_pointer(pattern->data);

    return ovector[1] == text.len;
}


static int
toucan_pattern_contexts(toucan_pattern_t *pattern)
{
    pattern->general = pcre2_general_context_create(toucan_pattern_alloc,
                                                    toucan_pattern_release,
                                                    NULL);
    if (pattern->general == NULL) {
        return 0;
    }

    pattern->data = pcre2_match_data_create(1, pattern->general);
    pattern->context = pcre2_match_context_create(pattern->general);

    if (pattern->data == NULL || pattern->context == NULL) {
        return 0;
    }

    pcre2_set_match_limit(pattern->context, TOUCAN_PATTERN_MATCH_LIMIT);
    pcre2_set_depth_limit(pattern->context, TOUCAN_PATTERN_DEPTH_LIMIT);
    pcre2_set_heap_limit(pattern->context, TOUCAN_PATTERN_HEAP_LIMIT);

    return 1;
}


static int
toucan_pattern_code(toucan_pattern_t *pattern, toucan_str_t text,
    toucan_diag_t *diag)
{
    int                     error;
    PCRE2_SIZE              offset;
    PCRE2_UCHAR             message[128];
    pcre2_compile_context  *context;

    context = pcre2_compile_context_create(pattern->general);

    if (context == NULL) {
        toucan_diag_error(diag, "invalid pattern \"%.*s\": out of memory",
                          toucan_fmt(text));
        return 0;
    }

    pattern->code = pcre2_compile(text.data, text.len, TOUCAN_PATTERN_OPTIONS,
                                  &error, &offset, context);

    pcre2_compile_context_free(context);

    if (pattern->code == NULL) {
        if (pcre2_get_error_message(error, message, sizeof(message)) < 0) {
            message[0] = '\0';
        }

        toucan_diag_error(diag, "invalid pattern \"%.*s\": %s at offset %lu",
                          toucan_fmt(text), (const char *) message,
                          (unsigned long) offset);
        return 0;
    }

    /* where there is no JIT, the interpreter does it */

    (void) pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);

    return 1;
}


static void *
toucan_pattern_alloc(size_t size, void *data)
{
    (void) data;

    return toucan_calloc(1, size);
}


static void
toucan_pattern_release(void *p, void *data)
{
    (void) data;

    toucan_free(p);
}
