
/*
 * Signature and MAC verification (RFC 7518 sections 3.2 to 3.5, RFC 8037,
 * RFC 8812).
 */


#ifndef _TOUCAN_CRYPTO_VERIFY_H_INCLUDED_
#define _TOUCAN_CRYPTO_VERIFY_H_INCLUDED_


#include "jose/toucan_crypto_key.h"


/*
 * TOUCAN_OK when sig is alg's signature of data under key.
 * TOUCAN_ALG_NOT_ALLOWED when the key does not fit, TOUCAN_BAD_SIGNATURE for
 * any other length or value, TOUCAN_NO_MEMORY when a context cannot be had,
 * TOUCAN_INTERNAL when OpenSSL fails to hash.  Nothing is left in the thread's
 * OpenSSL error queue.
 */
toucan_rc_t toucan_crypto_verify(toucan_key_t *key, const toucan_alg_t *alg,
    toucan_str_t data, toucan_str_t sig);


#endif /* _TOUCAN_CRYPTO_VERIFY_H_INCLUDED_ */
