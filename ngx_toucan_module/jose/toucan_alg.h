
/*
 * The JWS algorithms as rows of a const table (RFC 7518 section 3.1, RFC 8037
 * section 3.1, RFC 8812 section 3.2).  What is not in the table does not
 * exist: "none" is no row.
 */


#ifndef _TOUCAN_ALG_H_INCLUDED_
#define _TOUCAN_ALG_H_INCLUDED_


#include "jose/toucan_rc.h"


typedef enum {
    TOUCAN_KTY_OCT = 1,
    TOUCAN_KTY_RSA,
    TOUCAN_KTY_EC,
    TOUCAN_KTY_OKP
} toucan_kty_e;


typedef enum {
    TOUCAN_CRV_NONE = 0,
    TOUCAN_CRV_P256,
    TOUCAN_CRV_P384,
    TOUCAN_CRV_P521,
    TOUCAN_CRV_SECP256K1,
    TOUCAN_CRV_ED25519,
    TOUCAN_CRV_ED448
} toucan_crv_e;


typedef enum {
    TOUCAN_SIG_HMAC = 1,
    TOUCAN_SIG_RSA_PKCS1,
    TOUCAN_SIG_RSA_PSS,
    TOUCAN_SIG_ECDSA,
    TOUCAN_SIG_EDDSA
} toucan_sig_e;


typedef struct {
    toucan_str_t     name;
    uint32_t         bit;           /* its place in a toucan_algs_t */
    toucan_sig_e     sig;
    toucan_kty_e     kty;
    toucan_crv_e     crv;           /* EC: the only curve; else none */
    const char      *digest;        /* OpenSSL's name, NULL for EdDSA */
    size_t           size;          /* HMAC: tag; ECDSA: r and s, each; bytes */
    unsigned         slot;          /* its place among the rows of its kty */
} toucan_alg_t;


/* The most rows that one kty has (RSA: RS256 to PS512). */
#define TOUCAN_ALG_SLOTS  6


/* A set of algorithms: an OR of toucan_alg_t.bit. */
typedef uint32_t  toucan_algs_t;

#define TOUCAN_ALGS_HMAC  0x00000007u
#define TOUCAN_ALGS_ALL   0x00003fffu


/* A row of the table, static; NULL when the name is unknown. */
const toucan_alg_t *toucan_alg_find(toucan_str_t name);

/* The i-th row, NULL past the end. */
const toucan_alg_t *toucan_alg_row(unsigned i);


#endif /* _TOUCAN_ALG_H_INCLUDED_ */
