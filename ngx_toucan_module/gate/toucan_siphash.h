
/*
 * SipHash-2-4 with a result of 128 bits (Aumasson and Bernstein, 2012): a
 * hash under a secret key, for tables whose names strangers choose.
 */


#ifndef _TOUCAN_SIPHASH_H_INCLUDED_
#define _TOUCAN_SIPHASH_H_INCLUDED_


#include "jose/toucan_mem.h"


#define TOUCAN_SIPHASH_KEY_SIZE  16
#define TOUCAN_SIPHASH_SIZE      16


/*
 * Hashes n parts, one behind the other, as if they were one piece; an empty one
 * changes nothing.  Nothing is cleansed: the key stands beside the table that
 * it balances.
 */
void toucan_siphash(const uint8_t key[TOUCAN_SIPHASH_KEY_SIZE],
    const toucan_str_t *parts, unsigned n, uint8_t out[TOUCAN_SIPHASH_SIZE]);


#endif /* _TOUCAN_SIPHASH_H_INCLUDED_ */
