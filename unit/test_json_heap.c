
/*
 * Owns: the proof that the JSON parser leaves no copy of what it reads: it
 * asks the arena once, the heap never, and what it wrote lies in that memory.
 * The heap is watched by taking malloc()'s place, which a sanitizer needs for
 * itself: there the test is skipped.
 */


#include "tokens.h"


#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__  1
#endif
#endif


#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)

int
main(void)
{
    skip(1, "the heap is not ours to watch");

    return done_testing();
}

#else


static unsigned  calls;


void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);


void *
malloc(size_t size)
{
    calls++;
    return __libc_malloc(size);
}


void *
calloc(size_t count, size_t size)
{
    calls++;
    return __libc_calloc(count, size);
}


void *
realloc(void *p, size_t size)
{
    calls++;
    return __libc_realloc(p, size);
}


typedef struct {
    uint8_t         *data;
    size_t           size;
    unsigned         count;
} heap_arena_t;


static void *
heap_arena_alloc(void *ctx, size_t size)
{
    heap_arena_t  *a;

    a = ctx;

    if (a->count++ > 0 || size > a->size) {
        return NULL;
    }

    a->size = size;

    return a->data;
}


static void
heap(const char *name, const char *text, size_t len,
    const toucan_json_limits_t *limits, const char *want)
{
    unsigned             before, after;
    toucan_rc_t          rc;
    heap_arena_t         h;
    toucan_diag_t        d;
    toucan_arena_t       arena;
    const toucan_doc_t  *doc;

    static uint8_t  memory[16 * 1024 * 1024];

    h.data = memory;
    h.size = sizeof(memory);
    h.count = 0;
    arena.alloc = heap_arena_alloc;
    arena.ctx = &h;
    doc = NULL;

    before = calls;
    rc = (limits != NULL)
         ? toucan_json_parse(toucan_str(text, len), limits, &arena, &doc)
         : toucan_json_parse_file(toucan_str(text, len), &arena, &doc, &d);
    after = calls;

    is_str(unit_rc(rc), want, "%s: %s", name, want);
    is_int(after - before, 0, "without the heap");
    is_int(h.count, 1, "one allocation");

    if (rc == TOUCAN_OK) {
        ok((const uint8_t *) doc == memory && doc->size <= h.size,
           "which holds the document");
    }
}


/* n values, which are members or elements */

static size_t
many(char *text, unsigned n, int members)
{
    char      *p;
    unsigned   i;

    p = text + sprintf(text, "{\"a\":%c", members ? '{' : '[');

    for (i = 0; i < n; i++) {
        p += members ? sprintf(p, "%s\"%u\":\"SECRET\"", i ? "," : "", i)
                     : sprintf(p, "%s\"SECRET\",1.5", i ? "," : "");
    }

    return (size_t) (stpcpy(p, members ? "}}" : "]}") - text);
}


int
main(void)
{
    char    *text;
    size_t   len;

    static const char  small[] =
        "{\"k\":\"SECRET\\u00e9\",\"r\":1.50,\"i\":-7,\"l\":[true,{}]}";

    if (unit_memcheck()) {
        skip(1, "the heap is not ours to watch");
        return done_testing();
    }

    text = malloc(4 * 1024 * 1024);
    ok(calls > 0, "the heap is watched");

    heap("a token", small, sizeof(small) - 1, &toucan_json_token_limits, "ok");
    heap("a file", small, sizeof(small) - 1, NULL, "ok");
    heap("a text cut short", small, sizeof(small) - 2,
         &toucan_json_token_limits, "bad_json");
    heap("a file cut short", small, sizeof(small) - 2, NULL, "bad_json");

    len = many(text, 1000, 1);
    heap("many members", text, len, &toucan_json_token_limits, "ok");
    len = many(text, 500, 0);
    heap("many elements", text, len, &toucan_json_token_limits, "ok");
    len = many(text, 100000, 1);
    heap("a large file", text, len, NULL, "ok");

    free(text);

    return done_testing();
}

#endif
