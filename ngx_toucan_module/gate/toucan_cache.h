
/*
 * Opened tokens: a table in one block of memory without pointers, so that
 * processes can share it.  It may forget anything at any time; what it does
 * not hold itself is locking.
 *
 * Values stand in a ring, the oldest gives way to the newest; an index of
 * places finds them.  Nothing in here decides: who finds a value knows that
 * these very bytes were opened by these very keys, and what they hold.
 */


#ifndef _TOUCAN_CACHE_H_INCLUDED_
#define _TOUCAN_CACHE_H_INCLUDED_


#include "jose/toucan_jwt.h"


/* The longest value, in bytes: what is longer is not kept.  It bounds the work
 * under the lock. */
#define TOUCAN_CACHE_MAX_VALUE  16384


/*
 * Names a value.  Both are results of a cryptographic hash, and both are
 * compared as a whole: of the token's bytes, and of all that its opening
 * depended on (the keys, the rules).
 */

typedef struct {
    uint8_t              token[TOUCAN_SHA256_SIZE];
    uint8_t              opener[TOUCAN_SHA256_SIZE];
} toucan_cache_name_t;


typedef struct toucan_cache_s  toucan_cache_t;


typedef struct {
    size_t               size;          /* bytes for values, in all */
    size_t               used;          /* of them, the dead included */
    size_t               values;        /* the dead included */
} toucan_cache_use_t;


/*
 * Makes an empty cache of the block, which is aligned for any type; NULL when
 * it is too small for two values of the longest kind.  The result is the
 * block.  It clears the index, 3 % of the block; whatever else is in there
 * stays until a value takes its place.
 */
toucan_cache_t *toucan_cache_init(void *block, size_t size);

/*
 * The value of this name, at most TOUCAN_CACHE_MAX_VALUE bytes and aligned to
 * 8 of them; absent when there is none, or it has ended: its end is now or
 * was before.  A view into the cache, valid as long as the caller holds the
 * lock.
 */
toucan_str_t toucan_cache_find(const toucan_cache_t *cache,
    const toucan_cache_name_t *name, int64_t now);

/*
 * Room for a value of len bytes, kept until "end", in seconds, when it is dead.
 * Drops as many of the oldest as are in its way, and cleanses them.  NULL when
 * there is nothing to do: the value is longer than what is kept, or has ended,
 * or one of this name is there that ends no sooner.  One of this name that ends
 * sooner is not found any more after the commit, and stays until it ends or is
 * the oldest.
 *
 * What is written there is found after toucan_cache_commit() only.  A process
 * that ends in between, or goes without, leaves a sound cache without it: the
 * next call but find cleanses what was written.  The caller holds the lock from
 * the one call to the other.  A commit without room does nothing.
 */
uint8_t *toucan_cache_reserve(toucan_cache_t *cache,
    const toucan_cache_name_t *name, size_t len, int64_t end, int64_t now);
void toucan_cache_commit(toucan_cache_t *cache);

/*
 * Drops up to n of the oldest, as long as they are dead; then looks at the next
 * n values, in the order in which they came, and cleanses the dead.  A call
 * that begins behind the last begins anew.  The caller holds the lock.
 */
void toucan_cache_sweep(toucan_cache_t *cache, size_t n, int64_t now);

/* In constant time.  The caller holds the lock. */
void toucan_cache_use(toucan_cache_t *cache, toucan_cache_use_t *use);


#endif /* _TOUCAN_CACHE_H_INCLUDED_ */
