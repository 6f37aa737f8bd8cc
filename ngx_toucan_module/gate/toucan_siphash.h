
/*
 * SipHash-2-4 with a result of 128 bits (Aumasson and Bernstein, 2012): a
 * hash under a secret key, for tables whose names strangers choose.
 */


#ifndef _TOUCAN_SIPHASH_H_INCLUDED_
#define _TOUCAN_SIPHASH_H_INCLUDED_


#include "jose/toucan_mem.h"


#define TOUCAN_SIPHASH_KEY_SIZE  16
#define TOUCAN_SIPHASH_SIZE      16


/* What was hashed so far; it holds the key. */

typedef struct {
    uint64_t         v[4];
    uint64_t         tail;          /* bytes that make no word yet */
    uint64_t         len;           /* of all, in bytes */
} toucan_siphash_t;


void toucan_siphash_init(toucan_siphash_t *s,
    const uint8_t key[TOUCAN_SIPHASH_KEY_SIZE]);

void toucan_siphash_update(toucan_siphash_t *s, const void *data, size_t len);

/* Writes the result and cleanses s. */
void toucan_siphash_final(toucan_siphash_t *s,
    uint8_t out[TOUCAN_SIPHASH_SIZE]);


#endif /* _TOUCAN_SIPHASH_H_INCLUDED_ */
