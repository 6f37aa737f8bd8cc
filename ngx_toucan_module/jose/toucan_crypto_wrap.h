
/*
 * Key management (RFC 7518 section 4): how a recipient comes to the content
 * encryption key, and how a sender hands it over.
 */


#ifndef _TOUCAN_CRYPTO_WRAP_H_INCLUDED_
#define _TOUCAN_CRYPTO_WRAP_H_INCLUDED_


#include "jose/toucan_crypto_ecdh.h"


/* What the header says to the recipient; absent where alg has no use for it. */

typedef struct {
    toucan_str_t         iv;            /* A*GCMKW */
    toucan_str_t         tag;
    const toucan_key_t  *epk;           /* ECDH-ES */
    toucan_parties_t     parties;
} toucan_wrap_t;


/* What the sender has to say in the header, and the JWE Encrypted Key. */

#define TOUCAN_WRAP_IV_SIZE   12
#define TOUCAN_WRAP_TAG_SIZE  16

typedef struct {
    uint8_t              iv[TOUCAN_WRAP_IV_SIZE];
    uint8_t              tag[TOUCAN_WRAP_TAG_SIZE];
    toucan_point_t       epk;           /* views into itself */
    size_t               size;          /* 0: no encrypted key */
    uint8_t              encrypted[TOUCAN_RSA_MAX_SIZE];
} toucan_wrapped_t;


/*
 * Sets enc->key_size bytes of cek.  Whatever is wrong with the encrypted key
 * (its length, padding, tag; the peer's point), the result is TOUCAN_OK and a
 * random key, so that nobody learns what was wrong, neither by answer nor by
 * time (RFC 7516 section 11.5): the content's tag will not hold.  The caller
 * cleanses cek.  TOUCAN_ALG_NOT_ALLOWED when the key does not fit or has no
 * private half, or for "dir", which encrypts no key; TOUCAN_NO_MEMORY,
 * TOUCAN_INTERNAL.  Nothing is left in the thread's OpenSSL error queue.
 */
toucan_rc_t toucan_crypto_unwrap(toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrap_t *wrap, toucan_str_t encrypted, uint8_t *cek);

/*
 * Makes a content encryption key ("dir" and ECDH-ES: takes or derives it) and
 * wraps it for the holder of key.  The caller cleanses cek.
 * TOUCAN_ALG_NOT_ALLOWED, TOUCAN_NO_MEMORY, TOUCAN_INTERNAL.
 */
toucan_rc_t toucan_crypto_wrap(const toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    toucan_wrapped_t *wrapped, uint8_t *cek);


#endif /* _TOUCAN_CRYPTO_WRAP_H_INCLUDED_ */
