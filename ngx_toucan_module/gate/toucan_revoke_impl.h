
/*
 * Inside of the table of revocations: shared by toucan_revoke_table.c and the
 * tests that kill it.  Nobody else includes it.
 */


#ifndef _TOUCAN_REVOKE_IMPL_H_INCLUDED_
#define _TOUCAN_REVOKE_IMPL_H_INCLUDED_


#include "gate/toucan_revoke.h"


#define TOUCAN_REVOKE_FREE  UINT32_MAX      /* a group that is none */


/* Places count from 1; 0 is none. */

typedef struct {
    uint8_t              name[TOUCAN_REVOKE_NAME_SIZE];
    int64_t              cutoff;
    int64_t              since;
    uint32_t             next;          /* of its chain, or of the free ones */
    uint32_t             group;
} toucan_revoke_entry_t;


/*
 * The head of the block; the buckets (places) and the entries follow.  What is
 * under way, should its process end: the entry that is put in or taken out,
 * its group, and the entries of that group without it.
 */

struct toucan_revocations_s {
    uint8_t              key[TOUCAN_REVOKE_KEY_SIZE];
    uint32_t             capacity;
    uint32_t             buckets;       /* a power of two */
    uint32_t             groups;        /* those of which counts is not 0 */
    uint32_t             free;          /* a list of places */
    uint32_t             used;          /* the last place ever taken */
    uint32_t             moving;
    uint32_t             moving_group;
    uint32_t             moving_base;
    uint32_t             changes;       /* entries put in, cut-offs raised */
    uint32_t             counts[TOUCAN_REVOKE_GROUPS];
};


static inline uint32_t *
toucan_revoke_buckets(const toucan_revocations_t *table)
{
    return (uint32_t *) ((uintptr_t) table + sizeof(toucan_revocations_t));
}


/* A single bucket would leave the entries at half of their alignment. */

static inline toucan_revoke_entry_t *
toucan_revoke_entry(const toucan_revocations_t *table, uint32_t place)
{
    uintptr_t  p;

    p = (uintptr_t) (toucan_revoke_buckets(table) + table->buckets);
    p = (p + 7) & ~(uintptr_t) 7;

    return (toucan_revoke_entry_t *) p + (place - 1);
}


static inline uint32_t *
toucan_revoke_bucket(const toucan_revocations_t *table, const uint8_t *name)
{
    uint32_t  h;

    memcpy(&h, name, sizeof(uint32_t));

    return toucan_revoke_buckets(table) + (h & (table->buckets - 1));
}


#endif /* _TOUCAN_REVOKE_IMPL_H_INCLUDED_ */
