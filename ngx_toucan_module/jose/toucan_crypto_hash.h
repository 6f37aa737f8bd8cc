
/*
 * SHA-256, for fingerprints, scope keys, and the names of what is cached.
 */


#ifndef _TOUCAN_CRYPTO_HASH_H_INCLUDED_
#define _TOUCAN_CRYPTO_HASH_H_INCLUDED_


#include "jose/toucan_mem.h"
#include "jose/toucan_rc.h"


#define TOUCAN_SHA256_SIZE  32


/* TOUCAN_INTERNAL when OpenSSL fails; then out is zeroed. */
toucan_rc_t toucan_sha256(toucan_str_t data, uint8_t out[TOUCAN_SHA256_SIZE]);

/*
 * The same of what is hashed often: the algorithm is fetched and the context
 * made once.  The caller owns the result, free with toucan_hasher_free(); NULL
 * when memory is out or OpenSSL has no SHA-256.  Where hashing fails, the
 * thread's error queue is emptied.
 */
typedef struct toucan_hasher_s  toucan_hasher_t;

toucan_hasher_t *toucan_hasher_new(void);
toucan_rc_t toucan_hasher_sha256(toucan_hasher_t *hasher, toucan_str_t data,
    uint8_t out[TOUCAN_SHA256_SIZE]);
void toucan_hasher_free(toucan_hasher_t *hasher);

/* Writes len bytes as 2 * len lower-case hex digits. */
void toucan_hex(uint8_t *dst, const uint8_t *src, size_t len);


#endif /* _TOUCAN_CRYPTO_HASH_H_INCLUDED_ */
