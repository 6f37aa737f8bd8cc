
/*
 * Opening a token (RFC 7515 section 5.2, RFC 7516 section 5.2, RFC 7519
 * section 7.2, RFC 8725): format, header, key, signature or decryption, and
 * only then the payload's JSON.  What the claims say is not decided here.
 */


#ifndef _TOUCAN_JWT_H_INCLUDED_
#define _TOUCAN_JWT_H_INCLUDED_


#include "jose/toucan_jwks.h"


/*
 * A token is tried with at most this many keys; more of them is
 * TOUCAN_KEY_NOT_FOUND: a token without kid names no key, and trying all is
 * work for free.
 */
#define TOUCAN_JWT_MAX_TRIES   8

/*
 * The same of private keys, RSA, EC or X25519 and X448, that decrypt: anybody
 * can ask for this work, which is the most that a token costs.  Two are what
 * a change of keys needs.
 */
#define TOUCAN_JWT_MAX_PRIVATE_TRIES  2

#define TOUCAN_JWT_MAX_KID     TOUCAN_JWK_MAX_KID

/* The largest size that a configuration may set. */
#define TOUCAN_JWT_MAX_SIZE    65536


/*
 * What a token is.  Of these, a sealed one proves nothing about who made it:
 * whoever has the public key can.
 */

typedef enum {
    TOUCAN_TYPE_SIGNED = 1,         /* a JWS */
    TOUCAN_TYPE_ENCRYPTED = 2,      /* a JWE under a shared secret */
    TOUCAN_TYPE_NESTED = 4,         /* a JWS inside of a JWE */
    TOUCAN_TYPE_SEALED = 8          /* a JWE to a public key, no JWS inside */
} toucan_type_e;

#define TOUCAN_TYPES_DEFAULT  (TOUCAN_TYPE_SIGNED | TOUCAN_TYPE_ENCRYPTED     \
                               | TOUCAN_TYPE_NESTED)
#define TOUCAN_TYPES_ALL      (TOUCAN_TYPES_DEFAULT | TOUCAN_TYPE_SEALED)


typedef struct {
    size_t           max_size;      /* bytes of the compact form */
    unsigned         types;         /* OR of toucan_type_e */
    toucan_algs_t    algs;          /* for keys that name their algorithm, and
                                       for content encryption */
    toucan_algs_t    algs_unbound;  /* for keys that name none */
} toucan_jwt_rules_t;


typedef struct {
    const toucan_doc_t  *payload;   /* in the arena */
    toucan_type_e        type;
    const toucan_alg_t  *alg;       /* static; of a nested token: the JWS's */
    const toucan_enc_t  *enc;       /* static; NULL when it is not encrypted */
    unsigned             access:1;  /* it says that it is an access token (RFC
                                       9068), itself or what is around it */
    toucan_str_t         kid;       /* in the arena; absent if not in the
                                       header; of a nested token: the JWS's */
} toucan_jwt_t;


/*
 * Opens a token with the keys of n sets.  jwt->kid is set, too, when a
 * signature does not hold or no key is found (an unverified value: for logs
 * only, and at most TOUCAN_JWT_MAX_KID bytes; of a nested token the JWE's, as
 * long as its JWS was not reached); everything else in jwt is set on TOUCAN_OK
 * only.
 *
 * The keys to try are those of the token's kid, or all when it has none, or
 * those without a kid when no key has the token's (content keys of master keys
 * are only for tokens with their kid); of them those that are for
 * verifying or decrypting, fit the algorithm (toucan_key_fits()) and are
 * allowed it: a key with an "alg" when that is the token's and is in
 * rules->algs, one without when it is in rules->algs_unbound.  None to try is
 * ALG_NOT_ALLOWED when a key has the kid or, without a kid, fits; else it is
 * KEY_NOT_FOUND.
 *
 * Refused: TOUCAN_TOO_LARGE; BAD_FORMAT (neither three nor five parts);
 * BAD_BASE64; BAD_JSON; BAD_CLAIM (a header parameter that is absent or of the
 * wrong form, "zip", "enc" in a JWS); CRIT_UNKNOWN (any "crit", "b64": RFC
 * 7797 is not offered); BAD_TYPE (a type that is not in rules->types; a typ
 * other than JWT or at+jwt in any case, with or without "application/"; a cty
 * in a JWS, or one other than JWT in a JWE; a JWE inside of a JWE);
 * ALG_NOT_ALLOWED; KEY_NOT_FOUND; BAD_SIGNATURE; BAD_DECRYPT.  A failure of
 * ours is TOUCAN_NO_MEMORY or TOUCAN_INTERNAL.  jwk, jku, x5c, x5u and x5t in
 * the header are never used.
 */
toucan_rc_t toucan_jwt_open(const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n, toucan_str_t token,
    toucan_arena_t *arena, toucan_jwt_t *jwt);

/*
 * What was opened, on TOUCAN_OK, as bytes without pointers that another process
 * of this program can read: how many these are; writing them to dst; and back.
 * dst and packed.data are aligned to 8.  Unpacking copies into the arena.
 * TOUCAN_NO_MEMORY; TOUCAN_BAD_FORMAT of bytes that were not written here, as
 * far as lengths tell.
 */
size_t toucan_jwt_packed_len(const toucan_jwt_t *jwt);
void toucan_jwt_pack(const toucan_jwt_t *jwt, uint8_t *dst);
toucan_rc_t toucan_jwt_unpack(toucan_jwt_t *jwt, toucan_str_t packed,
    toucan_arena_t *arena);

/* "signed", "encrypted", "nested", "sealed"; 0 for any other name. */
unsigned toucan_type_find(toucan_str_t name);


#endif /* _TOUCAN_JWT_H_INCLUDED_ */
