
/*
 * Inside of a key: shared by the toucan_crypto_*.c files, which make, use and
 * free it.  Nobody else includes it.
 */


#ifndef _TOUCAN_CRYPTO_IMPL_H_INCLUDED_
#define _TOUCAN_CRYPTO_IMPL_H_INCLUDED_


#include "jose/toucan_crypto_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>


/*
 * What one use of a key needs, made when the key first meets it and kept: what
 * a use has no need of is NULL.  A kept context holds what the key itself says,
 * and of a token nothing that is secret: no text, no key.
 */

typedef struct {
    EVP_MD          *md;
    EVP_MD_CTX      *digest;        /* of the data; EdDSA: of the signature */
    EVP_PKEY_CTX    *pkey;          /* set up for verifying a digest, or for
                                       decrypting */
    EVP_MAC_CTX     *mac;           /* keyed */
    EVP_CIPHER      *cipher;
    EVP_CIPHER_CTX  *crypt;         /* keyed, for unwrapping */
} toucan_slot_t;


/*
 * The numbers of slots: first those of algorithms (alg->slot), then those of
 * contents (enc->slot) under keys that come with tokens and under the key
 * itself, then the one for key agreement.
 */

#define TOUCAN_SLOT_CEK    TOUCAN_ALG_SLOTS
#define TOUCAN_SLOT_DIR    (TOUCAN_SLOT_CEK + TOUCAN_ENC_SLOTS)
#define TOUCAN_SLOT_AGREE  (TOUCAN_SLOT_DIR + TOUCAN_ENC_SLOTS)
#define TOUCAN_SLOTS       (TOUCAN_SLOT_AGREE + 1)


struct toucan_key_s {
    toucan_kty_e     kty;
    toucan_crv_e     crv;
    size_t           size;          /* oct: of the secret; RSA: of the modulus;
                                       EC, OKP: of a coordinate; in bytes */
    unsigned         secret_half:1; /* oct, or a private half is there */
    uint8_t         *secret;        /* oct */
    EVP_PKEY        *pkey;
    toucan_slot_t   *slot[TOUCAN_SLOTS];    /* NULL: not met yet */
};


/* Makes an empty slot ready for a row of a table; 0 when OpenSSL fails, and
 * what is in the slot is freed by the caller. */
typedef int (*toucan_slot_make_pt)(toucan_slot_t *slot,
    const toucan_key_t *key, const void *row);

/* The slot of this number, made if need be.  A view into key; NULL when memory
 * is out. */
toucan_slot_t *toucan_key_slot(toucan_key_t *key, unsigned n,
    toucan_slot_make_pt make, const void *row);

/* Frees a slot whose contexts have failed: it is made anew the next time. */
void toucan_key_forget(toucan_key_t *key, unsigned n);

/*
 * Contexts of HMAC and of a cipher, keyed; iv may be NULL.  The caller owns
 * the result; NULL when memory is out or OpenSSL does not know the name.
 */
EVP_MAC_CTX *toucan_hmac(const char *digest, const uint8_t *key, size_t len);
EVP_CIPHER_CTX *toucan_cipher(const EVP_CIPHER *cipher, const uint8_t *key,
    const uint8_t *iv, int encrypt);
EVP_CIPHER_CTX *toucan_cipher_named(const char *name, const uint8_t *key,
    const uint8_t *iv, int encrypt);

/* An empty key.  The caller owns the result; NULL when memory is out, which
 * diag->error then says. */
toucan_key_t *toucan_key_new(toucan_kty_e kty, toucan_crv_e crv,
    toucan_diag_t *diag);

/* The caller owns the result; NULL when OpenSSL does not take the numbers. */
EVP_PKEY *toucan_pkey(const char *type, OSSL_PARAM *params, int private_half);

/*
 * A number of OpenSSL's, of the kind that it cleanses wherever it copies it.
 * The caller owns the result, free with BN_clear_free(); NULL when memory is
 * out.
 */
BIGNUM *toucan_bn(toucan_str_t number);

/* The two ways of toucan_key_point(). */
toucan_rc_t toucan_ec_point(const toucan_key_t *key, toucan_point_t *point);
toucan_rc_t toucan_okp_point(const toucan_key_t *key, toucan_point_t *point);

/* The curve of OpenSSL's group name, or TOUCAN_CRV_NONE. */
toucan_crv_e toucan_ec_curve(const char *group);

/* Sets up a context for RSA-PSS or PKCS #1 v1.5 signatures over digests; for
 * ECDSA there is nothing to set.  1, or 0 when OpenSSL fails. */
int toucan_pkey_sig_setup(EVP_PKEY_CTX *ctx, const toucan_alg_t *alg,
    const EVP_MD *md);

/*
 * AES-GCM, for contents and for keys.  plain has room for ciphertext.len
 * bytes.  TOUCAN_BAD_DECRYPT when the tag does not hold, TOUCAN_NO_MEMORY.
 * The caller looks after lengths and error queue.
 */

#define TOUCAN_GCM_TAG_SIZE  16

toucan_rc_t toucan_gcm_open(const EVP_CIPHER *cipher, const uint8_t *key,
    toucan_str_t iv, toucan_str_t aad, toucan_str_t ciphertext,
    toucan_str_t tag, uint8_t *plain);
toucan_rc_t toucan_gcm_seal(const char *name, const uint8_t *key,
    const uint8_t *iv, toucan_str_t aad, toucan_str_t plain,
    uint8_t *ciphertext, uint8_t *tag);


#endif /* _TOUCAN_CRYPTO_IMPL_H_INCLUDED_ */
