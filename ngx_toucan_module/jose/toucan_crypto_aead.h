
/*
 * Content encryption (RFC 7518 section 5): AES in GCM, and AES in CBC with an
 * HMAC behind it.
 */


#ifndef _TOUCAN_CRYPTO_AEAD_H_INCLUDED_
#define _TOUCAN_CRYPTO_AEAD_H_INCLUDED_


#include "jose/toucan_crypto_key.h"


/* Of any row of the table, in bytes. */
#define TOUCAN_IV_MAX_SIZE     16
#define TOUCAN_TAG_MAX_SIZE    32

/* What encrypting adds to a plaintext at most: CBC's padding. */
#define TOUCAN_AEAD_MAX_GROWTH  16


/*
 * Opens a ciphertext into plain, which has room for as many bytes; *len is how
 * many were written.  cek, which key was asked for, has enc->key_size bytes;
 * NULL: it is the key itself (alg "dir").  TOUCAN_BAD_DECRYPT for an IV or tag
 * of another length than the algorithm's, or when the tag does not hold: then
 * plain holds nothing of use and *len is 0.  TOUCAN_ALG_NOT_ALLOWED when the
 * key itself is none for enc, TOUCAN_NO_MEMORY when a context cannot be had.
 * Nothing is left in the thread's OpenSSL error queue, and nothing of cek in
 * key.
 */
toucan_rc_t toucan_crypto_open(toucan_key_t *key, const toucan_enc_t *enc,
    const uint8_t *cek, toucan_str_t iv, toucan_str_t aad,
    toucan_str_t ciphertext, toucan_str_t tag, uint8_t *plain, size_t *len);

/*
 * Encrypts plain into ciphertext, which has room for TOUCAN_AEAD_MAX_GROWTH
 * bytes more.  iv has enc->iv_size bytes and is used with this cek once; tag
 * gets enc->tag_size bytes.  TOUCAN_NO_MEMORY, TOUCAN_INTERNAL.
 */
toucan_rc_t toucan_crypto_seal(const toucan_enc_t *enc, const uint8_t *cek,
    const uint8_t *iv, toucan_str_t aad, toucan_str_t plain,
    uint8_t *ciphertext, size_t *len, uint8_t *tag);


#endif /* _TOUCAN_CRYPTO_AEAD_H_INCLUDED_ */
