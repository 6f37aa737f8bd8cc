
/*
 * Memory of the lower floors.  Two kinds: what one request needs comes from
 * an arena that the caller provides and frees as a whole; what lives longer
 * (keys, allowlists) is allocated here and freed by its own *_free().
 * toucan_mem.c is the only file that calls malloc() and free().
 */


#ifndef _TOUCAN_MEM_H_INCLUDED_
#define _TOUCAN_MEM_H_INCLUDED_


#include "jose/toucan_str.h"


/*
 * alloc() returns memory aligned for pointers and 64 bits, or NULL.  The lower
 * floors never free arena memory one by one; its owner frees all of it at once.
 */

typedef struct {
    void           *(*alloc)(void *ctx, size_t size);
    void            *ctx;
} toucan_arena_t;


/* NULL when the arena has no memory left; the arena's owner owns the result. */
void *toucan_arena_alloc(toucan_arena_t *arena, size_t size);

/* The caller owns the result, free with toucan_free(); zeroed; or NULL. */
void *toucan_calloc(size_t count, size_t size);

/* The caller owns the result, which takes the place of p; or NULL, and p
 * is as it was.  Not for secrets: the old copy is not cleansed. */
void *toucan_realloc(void *p, size_t count, size_t size);

void toucan_free(void *p);

/*
 * An arena for one piece of heap memory, the document of a file: it gives what
 * is asked for once.  toucan_block_free() cleanses it.
 */

typedef struct {
    void            *data;
    size_t           size;
} toucan_block_t;

toucan_arena_t toucan_block_arena(toucan_block_t *block);
void toucan_block_free(toucan_block_t *block);


/* Overwrites memory in a way that the compiler may not drop. */
void toucan_cleanse(void *p, size_t len);

/* 1 if equal.  The time taken depends on len alone. */
int toucan_const_eq(const void *a, const void *b, size_t len);


/*
 * What a configuration-time function says of a bad file or value.  "error"
 * is set when the function failed; "warnings" counts what was passed over,
 * "warning" holds the first of them.  Texts hold no secret, and no byte but
 * printable ASCII, whatever they quote.
 */

#define TOUCAN_DIAG_SIZE  320

typedef struct {
    char             error[TOUCAN_DIAG_SIZE];
    char             warning[TOUCAN_DIAG_SIZE];
    unsigned         warnings;
} toucan_diag_t;


void toucan_diag_init(toucan_diag_t *diag);

void toucan_diag_error(toucan_diag_t *diag, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void toucan_diag_warn(toucan_diag_t *diag, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* For "%.*s" with a view. */
#define toucan_fmt(s)  (int) (((s).len > 128) ? 128 : (s).len),              \
                       ((s).data ? (const char *) (s).data : "")


#endif /* _TOUCAN_MEM_H_INCLUDED_ */
