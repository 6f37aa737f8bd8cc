
/*
 * Making signatures and MACs (RFC 7518 sections 3.2 to 3.5, RFC 8037,
 * RFC 8812).
 */


#ifndef _TOUCAN_CRYPTO_SIGN_H_INCLUDED_
#define _TOUCAN_CRYPTO_SIGN_H_INCLUDED_


#include "jose/toucan_crypto_key.h"


/* The longest signature, in bytes. */
#define TOUCAN_SIG_MAX_SIZE  TOUCAN_RSA_MAX_SIZE


/*
 * Signs data into sig, which has room for TOUCAN_SIG_MAX_SIZE bytes; *len is
 * how many were written.  TOUCAN_ALG_NOT_ALLOWED when the key does not fit or
 * has no private half, TOUCAN_NO_MEMORY when a context cannot be had,
 * TOUCAN_INTERNAL when OpenSSL fails to sign.  Nothing is left in the thread's
 * OpenSSL error queue.
 */
toucan_rc_t toucan_crypto_sign(const toucan_key_t *key,
    const toucan_alg_t *alg, toucan_str_t data, uint8_t *sig, size_t *len);


#endif /* _TOUCAN_CRYPTO_SIGN_H_INCLUDED_ */
