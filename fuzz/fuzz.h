
/*
 * Owns: what the fuzz targets share.  A target is one function, which is
 * given bytes and ends the process when a property does not hold; libFuzzer
 * calls it, or fuzz/run.c.
 */


#ifndef _TOUCAN_FUZZ_H_INCLUDED_
#define _TOUCAN_FUZZ_H_INCLUDED_


#include "place.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define fuzz_must(cond, ...)                                                  \
    do {                                                                      \
        if (!(cond)) {                                                        \
            fuzz_fail(__FILE__, __LINE__, #cond, __VA_ARGS__);                \
        }                                                                     \
    } while (0)


static UNIT_PRINTF(4, 5) void
fuzz_fail(const char *file, int line, const char *cond, const char *fmt, ...)
{
    va_list  args;

    fprintf(stderr, "%s:%d: does not hold: %s\n  ", file, line, cond);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fputc('\n', stderr);
    fflush(NULL);
    abort();
}


/*
 * The input in a block of exactly its size, so that a byte read beyond it is
 * seen.  Empty is not absent.
 */

static UNIT_UNUSED toucan_str_t
fuzz_copy(unit_arena_t *a, const void *data, size_t len)
{
    void  *p;

    p = toucan_arena_alloc(&a->arena, len);

    if (len > 0) {
        memcpy(p, data, len);
    }

    return toucan_str(p, len);
}


/*
 * Cuts off what stands before the next c, which goes, too; all of it when
 * there is none.  What is returned is a copy of its own; when nothing at all
 * is left, it is absent.
 */

static UNIT_UNUSED toucan_str_t
fuzz_cut(unit_arena_t *a, const uint8_t **data, size_t *size, uint8_t c)
{
    size_t          len, skip;
    const uint8_t  *p;

    if (*size == 0) {
        return toucan_str(NULL, 0);
    }

    p = memchr(*data, c, *size);
    len = p ? (size_t) (p - *data) : *size;
    skip = p ? len + 1 : len;
    p = *data;

    *data += skip;
    *size -= skip;

    return fuzz_copy(a, p, len);
}


/* 1 when a text is printable ASCII */

static UNIT_UNUSED int
fuzz_printable(toucan_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


/* A function that failed says why, and in a way that a log can take. */

static UNIT_UNUSED void
fuzz_told(const toucan_diag_t *why)
{
    toucan_str_t  error;

    error = toucan_cstr(why->error);

    fuzz_must(error.len > 0, "a failure without a word");
    fuzz_must(fuzz_printable(error), "told: %s", why->error);
}


static UNIT_UNUSED int
fuzz_same(const toucan_doc_t *da, const toucan_node_t *a,
    const toucan_doc_t *db, const toucan_node_t *b)
{
    const toucan_node_t  *ca, *cb;

    if (a->type != b->type
        || !toucan_str_eq(toucan_json_name(da, a), toucan_json_name(db, b)))
    {
        return 0;
    }

    switch (a->type) {

    case TOUCAN_JSON_INTEGER:
        return a->v.integer == b->v.integer;

    case TOUCAN_JSON_REAL:
    case TOUCAN_JSON_STRING:
        return toucan_str_eq(toucan_json_string(da, a),
                             toucan_json_string(db, b));

    case TOUCAN_JSON_ARRAY:
    case TOUCAN_JSON_OBJECT:
        break;

    default:
        return 1;
    }

    ca = toucan_json_child(da, a);
    cb = toucan_json_child(db, b);

    while (ca != NULL && cb != NULL && fuzz_same(da, ca, db, cb)) {
        ca = toucan_json_sibling(da, a, ca);
        cb = toucan_json_sibling(db, b, cb);
    }

    return ca == NULL && cb == NULL;
}


/* A value's JSON, in the arena. */

static UNIT_UNUSED toucan_str_t
fuzz_json(unit_arena_t *a, const toucan_doc_t *doc, const toucan_node_t *node)
{
    size_t        need;
    toucan_buf_t  b;

    toucan_buf_init(&b, NULL, 0);
    toucan_json_write(&b, doc, node);

    need = b.need;

    toucan_buf_init(&b, toucan_arena_alloc(&a->arena, need), need);
    toucan_json_write(&b, doc, node);

    fuzz_must(!b.overflow && toucan_buf_view(&b).len == need,
              "written %zu bytes, counted %zu", toucan_buf_view(&b).len, need);

    return toucan_buf_view(&b);
}


#endif /* _TOUCAN_FUZZ_H_INCLUDED_ */
