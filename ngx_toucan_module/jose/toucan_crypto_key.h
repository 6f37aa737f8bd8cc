
/*
 * Keys as OpenSSL holds them.  With toucan_crypto_sign and toucan_crypto_hash
 * the only files that know OpenSSL.
 */


#ifndef _TOUCAN_CRYPTO_KEY_H_INCLUDED_
#define _TOUCAN_CRYPTO_KEY_H_INCLUDED_


#include "jose/toucan_alg.h"
#include "jose/toucan_mem.h"


#define TOUCAN_RSA_MIN_BITS  2048
#define TOUCAN_RSA_MAX_BITS  16384
#define TOUCAN_RSA_MAX_SIZE  (TOUCAN_RSA_MAX_BITS / 8)

/* The longest secret, in bytes. */
#define TOUCAN_OCT_MAX_SIZE  1024


typedef struct toucan_key_s  toucan_key_t;


/*
 * Each makes a key from the decoded members of a JWK (RFC 7518 section 6, RFC
 * 8037 section 2): big-endian numbers, coordinates of the curve's full
 * length.  Leading zero octets of n and e, which RFC 7518 forbids and issuers
 * send, are passed over.  The caller owns the result, free with
 * toucan_key_free(); NULL when the key is not sound (its size; an exponent
 * that is even, below 3 or above 64 bits; a ROCA modulus; a point off the
 * curve or of small order) or memory is out: diag->error then says which.  The
 * bytes given are copied.
 */
toucan_key_t *toucan_key_oct(toucan_str_t k, toucan_diag_t *diag);
toucan_key_t *toucan_key_rsa(toucan_str_t n, toucan_str_t e,
    toucan_diag_t *diag);
toucan_key_t *toucan_key_ec(toucan_crv_e crv, toucan_str_t x, toucan_str_t y,
    toucan_diag_t *diag);
toucan_key_t *toucan_key_okp(toucan_crv_e crv, toucan_str_t x,
    toucan_diag_t *diag);

/* Cleanses what is secret.  NULL is accepted. */
void toucan_key_free(toucan_key_t *key);

/*
 * 1 when the key can serve the algorithm: type, curve, an oct key at least
 * as long as the hash (RFC 7518 section 3.2), an RSA key large enough for it.
 */
int toucan_key_fits(const toucan_key_t *key, const toucan_alg_t *alg);


#endif /* _TOUCAN_CRYPTO_KEY_H_INCLUDED_ */
