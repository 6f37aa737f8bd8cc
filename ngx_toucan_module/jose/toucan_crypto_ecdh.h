
/*
 * ECDH-ES key agreement (RFC 7518 section 4.6, RFC 8037 section 3.2).
 */


#ifndef _TOUCAN_CRYPTO_ECDH_H_INCLUDED_
#define _TOUCAN_CRYPTO_ECDH_H_INCLUDED_


#include "jose/toucan_crypto_key.h"


/* Who the key is for; from the header.  Absent ones count as empty. */

typedef struct {
    toucan_str_t         apu;
    toucan_str_t         apv;
} toucan_parties_t;


/* The longest apu and apv that are taken, each, in bytes. */
#define TOUCAN_PARTY_MAX_SIZE  256


/*
 * Derives size bytes, at most TOUCAN_CEK_MAX_SIZE, from a private key and the
 * other side's public one: Concat KDF with SHA-256, id as its AlgorithmID.
 * TOUCAN_BAD_DECRYPT when the keys are not of one curve, key has no private
 * half, apu or apv are too long, or the keys agree on zero (a point of small
 * order); TOUCAN_NO_MEMORY when a context cannot be had.
 */
toucan_rc_t toucan_crypto_agree(toucan_key_t *key,
    const toucan_key_t *peer, toucan_str_t id, const toucan_parties_t *parties,
    uint8_t *derived, size_t size);

/*
 * A new key pair on the curve of key.  The caller owns the result, free with
 * toucan_key_free(); NULL when memory is out or OpenSSL fails.
 */
toucan_key_t *toucan_crypto_ephemeral(const toucan_key_t *key);


#endif /* _TOUCAN_CRYPTO_ECDH_H_INCLUDED_ */
