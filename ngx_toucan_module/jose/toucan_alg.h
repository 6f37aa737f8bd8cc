
/*
 * The algorithms as rows of const tables (RFC 7518, RFC 8037, RFC 8812).
 * What is not in a table does not exist: "none", RSA1_5 and PBES2 are no rows.
 */


#ifndef _TOUCAN_ALG_H_INCLUDED_
#define _TOUCAN_ALG_H_INCLUDED_


#include "jose/toucan_rc.h"


/* Key types and curves are bits, since an algorithm may take several. */

typedef enum {
    TOUCAN_KTY_OCT = 1,
    TOUCAN_KTY_RSA = 2,
    TOUCAN_KTY_EC = 4,
    TOUCAN_KTY_OKP = 8
} toucan_kty_e;


typedef enum {
    TOUCAN_CRV_NONE = 0,
    TOUCAN_CRV_P256 = 0x01,
    TOUCAN_CRV_P384 = 0x02,
    TOUCAN_CRV_P521 = 0x04,
    TOUCAN_CRV_SECP256K1 = 0x08,
    TOUCAN_CRV_ED25519 = 0x10,
    TOUCAN_CRV_ED448 = 0x20,
    TOUCAN_CRV_X25519 = 0x40,
    TOUCAN_CRV_X448 = 0x80
} toucan_crv_e;


/* How an "alg" works: signatures, then key management (RFC 7518 section 4). */

typedef enum {
    TOUCAN_SIG_HMAC = 1,
    TOUCAN_SIG_RSA_PKCS1,
    TOUCAN_SIG_RSA_PSS,
    TOUCAN_SIG_ECDSA,
    TOUCAN_SIG_EDDSA,
    TOUCAN_WRAP_DIR,
    TOUCAN_WRAP_AES_KW,
    TOUCAN_WRAP_AES_GCM,
    TOUCAN_WRAP_RSA_OAEP,
    TOUCAN_WRAP_ECDH_ES
} toucan_how_e;


/* A set of algorithms: an OR of the rows' bits. */
typedef uint64_t  toucan_algs_t;


typedef struct {
    toucan_str_t     name;
    toucan_algs_t    bit;
    toucan_how_e     how;
    unsigned         kty;           /* OR of toucan_kty_e */
    unsigned         crv;           /* OR of toucan_crv_e; 0: none needed */
    const char      *primitive;     /* OpenSSL's name of the digest, or of the
                                       cipher that wraps; NULL if none */
    size_t           size;          /* bytes. HMAC: tag; ECDSA: r and s, each;
                                       wrapping: the wrapping key, 0 if none */
    unsigned         slot;          /* its place among the rows that one key
                                       can serve */
} toucan_alg_t;


/* The content encryption, "enc" (RFC 7518 section 5). */

typedef struct {
    toucan_str_t     name;
    toucan_algs_t    bit;
    const char      *cipher;        /* OpenSSL's names */
    const char      *digest;        /* NULL: GCM */
    size_t           key_size;      /* bytes; with a digest, one half is the
                                       MAC's */
    size_t           iv_size;
    size_t           tag_size;
    unsigned         slot;          /* its place in the table */
} toucan_enc_t;


/* The most rows that one key can serve (oct: HS256 to A256GCMKW, no dir). */
#define TOUCAN_ALG_SLOTS     9
#define TOUCAN_ENC_SLOTS     6

/* The longest content encryption key, in bytes. */
#define TOUCAN_CEK_MAX_SIZE  64

#define TOUCAN_ALGS_HMAC     0x0000000000000007ull
#define TOUCAN_ALGS_SIGN     0x0000000000003fffull
#define TOUCAN_ALGS_WRAP     0x0000000007ffc000ull
#define TOUCAN_ALGS_ENC      0x0000003f00000000ull
#define TOUCAN_ALGS_ALL      (TOUCAN_ALGS_SIGN | TOUCAN_ALGS_WRAP             \
                              | TOUCAN_ALGS_ENC)


/* A row of a table, static; NULL when the name is unknown. */
const toucan_alg_t *toucan_alg_find(toucan_str_t name);
const toucan_enc_t *toucan_enc_find(toucan_str_t name);

/* The i-th row, NULL past the end. */
const toucan_alg_t *toucan_alg_row(unsigned i);
const toucan_enc_t *toucan_enc_row(unsigned i);

static inline int
toucan_alg_signs(const toucan_alg_t *alg)
{
    return (alg->bit & TOUCAN_ALGS_SIGN) != 0;
}


#endif /* _TOUCAN_ALG_H_INCLUDED_ */
