
/*
 * The only malloc() and free() of the lower floors, and the diagnostics.
 */


#include "jose/toucan_mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>


static void *toucan_block_alloc(void *ctx, size_t size);
static void toucan_diag_put(char *text, const char *fmt, va_list args);


void *
toucan_arena_alloc(toucan_arena_t *arena, size_t size)
{
    return arena->alloc(arena->ctx, size);
}


void *
toucan_calloc(size_t count, size_t size)
{
    return calloc(count ? count : 1, size);
}


void *
toucan_realloc(void *p, size_t count, size_t size)
{
    if (count == 0 || size == 0 || count > SIZE_MAX / size) {
        return NULL;
    }

    return realloc(p, count * size);
}


void
toucan_free(void *p)
{
    free(p);
}


toucan_arena_t
toucan_block_arena(toucan_block_t *block)
{
    toucan_arena_t  arena;

    memset(block, 0, sizeof(toucan_block_t));

    arena.alloc = toucan_block_alloc;
    arena.ctx = block;

    return arena;
}


static void *
toucan_block_alloc(void *ctx, size_t size)
{
    toucan_block_t  *block;

    block = ctx;

    if (block->data != NULL) {
        return NULL;
    }

    block->data = toucan_calloc(1, size);
    block->size = (block->data == NULL) ? 0 : size;

    return block->data;
}


void
toucan_block_free(toucan_block_t *block)
{
    if (block->data != NULL) {
        toucan_cleanse(block->data, block->size);
        toucan_free(block->data);
    }

    memset(block, 0, sizeof(toucan_block_t));
}


void
toucan_cleanse(void *p, size_t len)
{
    OPENSSL_cleanse(p, len);
}


int
toucan_const_eq(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}


void
toucan_diag_init(toucan_diag_t *diag)
{
    diag->error[0] = '\0';
    diag->warning[0] = '\0';
    diag->warnings = 0;
}


void
toucan_diag_error(toucan_diag_t *diag, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    toucan_diag_put(diag->error, fmt, args);
    va_end(args);
}


void
toucan_diag_warn(toucan_diag_t *diag, const char *fmt, ...)
{
    va_list  args;

    if (diag->warnings++ == 0) {
        va_start(args, fmt);
        toucan_diag_put(diag->warning, fmt, args);
        va_end(args);
    }
}


static void
toucan_diag_put(char *text, const char *fmt, va_list args)
{
    char  *p;

    if (vsnprintf(text, TOUCAN_DIAG_SIZE, fmt, args) < 0) {
        text[0] = '\0';
    }

    for (p = text; *p != '\0'; p++) {
        if (*p < 0x20 || *p > 0x7e) {
            *p = '?';
        }
    }
}
