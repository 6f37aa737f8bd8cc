
/*
 * Owns: the allocator that refuses.
 */


#include "torture.h"
#include "torture_alloc.h"

#include <errno.h>
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


#define TORTURE_MAGIC   0x746f7274757265ULL
#define TORTURE_FRAMES  24


/* What stands before each block; its size keeps the alignment. */

typedef struct torture_block_s  torture_block_t;

struct torture_block_s {
    torture_block_t   *prev;
    torture_block_t   *next;
    size_t             size;
    unsigned           traced;
    int                frames;
    void              *frame[TORTURE_FRAMES];
    unsigned long long pad;
    unsigned long long magic;
};

_Static_assert(sizeof(torture_block_t) % 16 == 0, "alignment");


/* glibc's own, whatever the program puts in their place */

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *p);


static int torture_refuse(void);
static torture_block_t *torture_block(void *p);


static struct {
    torture_block_t    blocks;
    unsigned long      live;

    int                armed;
    int                rest;
    unsigned long      at;
    unsigned long      count;
    unsigned long      refused;

    int                trace;
    int                frames;
    void              *frame[TORTURE_FRAMES];
} torture;


void *
malloc(size_t size)
{
    torture_block_t  *block;

    if (torture_refuse() || size > SIZE_MAX - sizeof(torture_block_t)) {
        errno = ENOMEM;
        return NULL;
    }

    block = __libc_malloc(sizeof(torture_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    if (torture.blocks.next == NULL) {
        torture.blocks.next = &torture.blocks;
        torture.blocks.prev = &torture.blocks;
    }

    block->magic = TORTURE_MAGIC;
    block->size = size;
    block->traced = 0;
    block->prev = &torture.blocks;
    block->next = torture.blocks.next;
    block->next->prev = block;
    torture.blocks.next = block;
    torture.live++;

    if (torture.trace) {
        torture.trace = 0;
        block->traced = 1;
        block->frames = backtrace(block->frame, TORTURE_FRAMES);
        torture.trace = 1;
    }

    /* nobody may count on zeros */

    memset(block + 1, 0xa5, size);

    return block + 1;
}


void
free(void *p)
{
    torture_block_t  *block;

    block = torture_block(p);

    if (block == NULL) {
        __libc_free(p);
        return;
    }

    block->prev->next = block->next;
    block->next->prev = block->prev;
    block->magic = 0;
    torture.live--;

    memset(p, 0x5a, block->size);

    __libc_free(block);
}


void *
calloc(size_t count, size_t size)
{
    void  *p;

    if (size != 0 && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }

    p = malloc(count * size);

    return (p == NULL) ? NULL : memset(p, 0, count * size);
}


/* It always moves: nobody may count on the old place. */

void *
realloc(void *p, size_t size)
{
    void             *q;
    torture_block_t  *block;

    if (p != NULL && size == 0) {
        free(p);
        return NULL;
    }

    q = malloc(size);

    if (q == NULL || p == NULL) {
        return q;
    }

    block = torture_block(p);

    if (block == NULL) {
        torture_die("realloc() of what malloc() never gave");
    }

    memcpy(q, p, (block->size < size) ? block->size : size);
    free(p);

    return q;
}


void
torture_arm(unsigned long at, int rest)
{
    torture.at = at;
    torture.rest = rest;
    torture.count = 0;
    torture.refused = 0;
    torture.armed = 1;
}


unsigned long
torture_disarm(void)
{
    torture.armed = 0;

    return torture.count;
}


void
torture_pause(void)
{
    torture.armed--;
}


void
torture_resume(void)
{
    torture.armed++;
}


unsigned long
torture_refused(void)
{
    return torture.refused;
}


unsigned long
torture_live(void)
{
    return torture.live;
}


void
torture_trace_begin(void)
{
    void  *frame[2];

    /* the first call allocates */

    (void) backtrace(frame, 2);

    torture.frames = 0;
    torture.trace = 1;
}


void
torture_trace_end(void)
{
    unsigned          n;
    torture_block_t  *block;

    torture.trace = 0;

    dprintf(2, "# refused:\n");
    backtrace_symbols_fd(torture.frame, torture.frames, 2);

    n = 0;

    for (block = torture.blocks.next;
         block != &torture.blocks && n < 4;
         block = block->next)
    {
        if (block->traced) {
            n++;
            dprintf(2, "# in use, %zu bytes:\n", block->size);
            backtrace_symbols_fd(block->frame, block->frames, 2);
        }
    }
}


static int
torture_refuse(void)
{
    if (torture.armed != 1) {
        return 0;
    }

    torture.count++;

    if (torture.at == 0 || torture.count < torture.at
        || (torture.count > torture.at && !torture.rest))
    {
        return 0;
    }

    if (torture.refused++ == 0 && torture.trace) {
        torture.trace = 0;
        torture.frames = backtrace(torture.frame, TORTURE_FRAMES);
        torture.trace = 1;
    }

    return 1;
}


/* NULL for what another allocator made: memalign() is not stood in for. */

static torture_block_t *
torture_block(void *p)
{
    torture_block_t  *block;

    if (p == NULL) {
        return NULL;
    }

    block = (torture_block_t *) p - 1;

    return (block->magic == TORTURE_MAGIC) ? block : NULL;
}
