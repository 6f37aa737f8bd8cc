
/*
 * SHA-256, for fingerprints and scope keys.
 */


#ifndef _TOUCAN_CRYPTO_HASH_H_INCLUDED_
#define _TOUCAN_CRYPTO_HASH_H_INCLUDED_


#include "jose/toucan_rc.h"


#define TOUCAN_SHA256_SIZE  32


/* TOUCAN_INTERNAL when OpenSSL fails; then out is zeroed. */
toucan_rc_t toucan_sha256(toucan_str_t data, uint8_t out[TOUCAN_SHA256_SIZE]);

/* Writes len bytes as 2 * len lower-case hex digits. */
void toucan_hex(uint8_t *dst, const uint8_t *src, size_t len);


#endif /* _TOUCAN_CRYPTO_HASH_H_INCLUDED_ */
