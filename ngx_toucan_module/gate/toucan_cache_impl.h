
/*
 * Inside of the cache: shared by toucan_cache.c and its tests.  Nobody else
 * includes it.
 *
 * The block is a head, an index, and a ring of entries.  A place in the ring
 * is a count of units that only grows: place % units is where it lies.
 */


#ifndef _TOUCAN_CACHE_IMPL_H_INCLUDED_
#define _TOUCAN_CACHE_IMPL_H_INCLUDED_


#include "gate/toucan_cache.h"


#define TOUCAN_CACHE_UNIT        16     /* bytes */
#define TOUCAN_CACHE_SLOTS       8      /* of a bucket, which is a line */
#define TOUCAN_CACHE_LINE        64
#define TOUCAN_CACHE_FETCH       1024   /* bytes of an entry, at once */
#define TOUCAN_CACHE_RING_PART   2048   /* bytes of the ring for a bucket */
#define TOUCAN_CACHE_MAX_BLOCK   (UINT64_C(1) << 40)

/* so many units further on another bucket is rid of what is stale */
#define TOUCAN_CACHE_STRIDE      4096


/*
 * A slot: 48 bits of a place, and a tag of the name, which is not 0; a slot
 * that is 0 leads nowhere.
 */

#define TOUCAN_CACHE_PLACE_BITS  48
#define TOUCAN_CACHE_PLACE_MASK                                               \
    ((UINT64_C(1) << TOUCAN_CACHE_PLACE_BITS) - 1)


enum {
    TOUCAN_CACHE_LIVE = 1,
    TOUCAN_CACHE_DEAD,                  /* cleansed; its size is left */
    TOUCAN_CACHE_PAD                    /* fills the end of the ring, and has
                                           units and kind only */
};


/* The value follows. */

typedef struct {
    uint16_t             units;         /* with the value */
    uint16_t             kind;
    uint32_t             len;
    int64_t              end;
    toucan_cache_name_t  name;
} toucan_cache_entry_t;


#define TOUCAN_CACHE_UNITS(len)                                               \
    ((sizeof(toucan_cache_entry_t) + (len) + TOUCAN_CACHE_UNIT - 1)           \
     / TOUCAN_CACHE_UNIT)
#define TOUCAN_CACHE_MAX_UNITS   TOUCAN_CACHE_UNITS(TOUCAN_CACHE_MAX_VALUE)


/*
 * Where things stand.  Entries are from tail to head; those from clean to tail
 * were dropped and are yet to be cleansed, what is from head to reserved is
 * being written.  While nothing is under way, clean is tail and reserved is
 * head.
 */

typedef struct {
    uint64_t             clean;
    uint64_t             tail;
    uint64_t             swept;         /* where the next sweep begins */
    uint64_t             head;
    uint64_t             reserved;
    uint64_t             values;
} toucan_cache_state_t;


/* The head of the block. */

struct toucan_cache_s {
    uint64_t              turn;         /* the state that holds is the first
                                           or, when odd, the second */
    toucan_cache_state_t  state[2];
    uint64_t              burying;      /* the place of an entry that is being
                                           cleansed by a sweep, or 0 */
    uint64_t              units;        /* of the ring */
    uint64_t              buckets;
    uint64_t              index;        /* bytes from the head */
    uint64_t              ring;
};


/*
 * Divides a block of this address and size among the parts; 0 when it is too
 * small.
 */
int toucan_cache_divide(toucan_cache_t *cache, uintptr_t block, uint64_t size);


static inline const toucan_cache_state_t *
toucan_cache_state(const toucan_cache_t *cache)
{
    return &cache->state[cache->turn & 1];
}


static inline toucan_cache_entry_t *
toucan_cache_entry(const toucan_cache_t *cache, uint64_t place)
{
    return (toucan_cache_entry_t *)
           ((uintptr_t) cache + (size_t) cache->ring
            + (size_t) (place % cache->units) * TOUCAN_CACHE_UNIT);
}


static inline uint64_t *
toucan_cache_bucket(const toucan_cache_t *cache, uint64_t bucket)
{
    return (uint64_t *) ((uintptr_t) cache + (size_t) cache->index
                         + (size_t) bucket * TOUCAN_CACHE_LINE);
}


/* Both parts of a name are hashes: any bits of them will do. */

static inline uint64_t
toucan_cache_hash(const toucan_cache_name_t *name)
{
    uint64_t  token, opener;

    memcpy(&token, name->token, sizeof(uint64_t));
    memcpy(&opener, name->opener, sizeof(uint64_t));

    return token ^ opener;
}


/* The low half of the hash is a fraction of the buckets. */

static inline uint64_t
toucan_cache_bucket_of(const toucan_cache_t *cache, uint64_t hash)
{
    return ((hash & UINT32_MAX) * cache->buckets) >> 32;
}


static inline uint64_t
toucan_cache_tag(uint64_t hash)
{
    uint64_t  tag;

    tag = hash >> TOUCAN_CACHE_PLACE_BITS;

    return (tag ? tag : 1) << TOUCAN_CACHE_PLACE_BITS;
}


#endif /* _TOUCAN_CACHE_IMPL_H_INCLUDED_ */
