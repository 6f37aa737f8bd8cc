
/*
 * Inside of a key: shared by toucan_crypto_key.c, which makes and frees it,
 * and toucan_crypto_sign.c, which fills its slots.  Nobody else includes it.
 */


#ifndef _TOUCAN_CRYPTO_IMPL_H_INCLUDED_
#define _TOUCAN_CRYPTO_IMPL_H_INCLUDED_


#include "jose/toucan_crypto_key.h"

#include <openssl/evp.h>


/*
 * What one algorithm needs, made when the key first meets it and kept.  All
 * NULL before that.
 */

typedef struct {
    EVP_MD          *md;
    EVP_MD_CTX      *digest;        /* of the data; EdDSA: of the signature */
    EVP_PKEY_CTX    *verify;        /* over a digest, set up for verifying */
    EVP_MAC_CTX     *mac;           /* keyed */
} toucan_slot_t;


struct toucan_key_s {
    toucan_kty_e     kty;
    toucan_crv_e     crv;
    size_t           size;          /* oct: of the secret; RSA, OKP: of a
                                       signature; in bytes */
    uint8_t         *secret;
    EVP_MAC         *mac;
    EVP_PKEY        *pkey;
    toucan_slot_t    slot[TOUCAN_ALG_SLOTS];
};


/* Frees what the slot holds and makes it empty. */
void toucan_slot_clear(toucan_slot_t *slot);


#endif /* _TOUCAN_CRYPTO_IMPL_H_INCLUDED_ */
