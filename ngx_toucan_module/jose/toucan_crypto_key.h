
/*
 * Keys as OpenSSL holds them.  The toucan_crypto_* files are the only ones
 * that know OpenSSL.
 */


#ifndef _TOUCAN_CRYPTO_KEY_H_INCLUDED_
#define _TOUCAN_CRYPTO_KEY_H_INCLUDED_


#include "jose/toucan_alg.h"
#include "jose/toucan_mem.h"


#define TOUCAN_RSA_MIN_BITS  2048
#define TOUCAN_RSA_MAX_BITS  16384
#define TOUCAN_RSA_MAX_SIZE  (TOUCAN_RSA_MAX_BITS / 8)

/* The longest exponent that OpenSSL takes with a large modulus, in bytes. */
#define TOUCAN_RSA_MAX_EXPONENT  8

/* The widest coordinate, P-521's, in bytes. */
#define TOUCAN_EC_MAX_SIZE   66

/* The longest secret, in bytes. */
#define TOUCAN_OCT_MAX_SIZE  1024


typedef struct toucan_key_s  toucan_key_t;


/*
 * RFC 7518 section 6.3.  d absent: a public key.  p, q, dp, dq and qi: all of
 * them, or none.
 */

typedef struct {
    toucan_str_t     n;
    toucan_str_t     e;
    toucan_str_t     d;
    toucan_str_t     p;
    toucan_str_t     q;
    toucan_str_t     dp;
    toucan_str_t     dq;
    toucan_str_t     qi;
} toucan_rsa_t;


/*
 * Each makes a key from the decoded members of a JWK (RFC 7518 section 6, RFC
 * 8037 section 2): big-endian numbers, coordinates of the curve's full
 * length; d is absent for a public key.  Leading zero octets of an RSA key's
 * numbers, which RFC 7518 forbids and issuers send, are passed over.  The
 * caller owns the result, free with toucan_key_free(); NULL when the key is
 * not sound (its size; an exponent that is even, below 3 or above 64 bits; a
 * ROCA modulus; a point off the curve or of small order; halves that do not
 * belong together) or memory is out: diag->error then says which.  The bytes
 * given are copied.
 */
toucan_key_t *toucan_key_oct(toucan_str_t k, toucan_diag_t *diag);
toucan_key_t *toucan_key_rsa(const toucan_rsa_t *rsa, toucan_diag_t *diag);
toucan_key_t *toucan_key_ec(toucan_crv_e crv, toucan_str_t x, toucan_str_t y,
    toucan_str_t d, toucan_diag_t *diag);
toucan_key_t *toucan_key_okp(toucan_crv_e crv, toucan_str_t x, toucan_str_t d,
    toucan_diag_t *diag);

/*
 * toucan_key_ec() of a public key, with the curve taken over from another key
 * if that is on it; like may be NULL.  Setting up a curve takes longer than
 * reading a point.
 */
toucan_key_t *toucan_key_ec_like(const toucan_key_t *like, toucan_crv_e crv,
    toucan_str_t x, toucan_str_t y, toucan_diag_t *diag);

/*
 * Makes a key of the next "-----BEGIN PUBLIC KEY-----" block of *text (RFC
 * 7468 section 13), and moves *text behind it.  The same checks, owner and
 * errors as above; a private key, a certificate or any other block is an
 * error.  NULL without an error when there is no further block.
 */
toucan_key_t *toucan_key_pem(toucan_str_t *text, toucan_diag_t *diag);

/*
 * What a key verifies and decrypts with is made when it is first needed, and
 * kept in it: one key serves one thread.  Cleanses what is secret.  NULL is
 * accepted.
 */
void toucan_key_free(toucan_key_t *key);

/*
 * 1 when the key can serve the algorithm: type, curve, an oct key at least
 * as long as the hash (RFC 7518 section 3.2) or exactly as long as the cipher
 * wants, an RSA key large enough for it.  Says nothing of private halves.
 */
int toucan_key_fits(const toucan_key_t *key, const toucan_alg_t *alg);

/* 1 when the key can be the content encryption key itself (alg "dir"). */
int toucan_key_fits_enc(const toucan_key_t *key, const toucan_enc_t *enc);


toucan_kty_e toucan_key_kty(const toucan_key_t *key);


/*
 * The public half of an EC or OKP key, for a JWK.  y.len is 0 for OKP.  The
 * numbers are views into bytes.  TOUCAN_INTERNAL for other keys, or when
 * OpenSSL fails.
 */

typedef struct {
    const char      *kty;           /* static */
    const char      *crv;           /* static, as in a JWK */
    toucan_str_t     x;
    toucan_str_t     y;
    uint8_t          bytes[1 + 2 * TOUCAN_EC_MAX_SIZE];
} toucan_point_t;

toucan_rc_t toucan_key_point(const toucan_key_t *key, toucan_point_t *point);


/* The same of an RSA key: its numbers, without leading zero octets. */

typedef struct {
    toucan_str_t     n;
    toucan_str_t     e;
    uint8_t          bytes[TOUCAN_RSA_MAX_SIZE + TOUCAN_RSA_MAX_EXPONENT];
} toucan_modulus_t;

toucan_rc_t toucan_key_modulus(const toucan_key_t *key,
    toucan_modulus_t *modulus);


#endif /* _TOUCAN_CRYPTO_KEY_H_INCLUDED_ */
