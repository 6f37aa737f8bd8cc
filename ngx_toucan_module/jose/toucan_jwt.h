
/*
 * Opening a token (RFC 7515 section 5.2, RFC 7519 section 7.2, RFC 8725):
 * format, header, key, signature, and only then the payload's JSON.  What the
 * claims say is not decided here.  Encrypted tokens, when they come, are
 * opened behind the same function.
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

#define TOUCAN_JWT_MAX_KID     TOUCAN_JWK_MAX_KID

/* The largest size that a configuration may set. */
#define TOUCAN_JWT_MAX_SIZE    65536


typedef struct {
    size_t           max_size;      /* bytes of the compact form */
    toucan_algs_t    algs;          /* for keys that name their algorithm */
    toucan_algs_t    algs_unbound;  /* for keys that name none */
} toucan_jwt_rules_t;


typedef struct {
    const toucan_doc_t  *payload;   /* in the arena */
    const toucan_alg_t  *alg;       /* static */
    toucan_str_t         kid;       /* in the arena; absent if not in the
                                       header */
} toucan_jwt_t;


/*
 * Opens a token with the keys of n sets.  jwt->kid is set, too, when a
 * signature does not hold or no key is found (an unverified value: for logs
 * only, and at most TOUCAN_JWT_MAX_KID bytes); everything else in jwt is set
 * on TOUCAN_OK only.
 *
 * The keys to try are those of the token's kid, or all when it has none, which
 * fit its algorithm (toucan_key_fits()) and are allowed it: a key with an "alg"
 * when that is the token's and is in rules->algs, one without when it is in
 * rules->algs_unbound.  None to try is ALG_NOT_ALLOWED when a key has the kid
 * or, without a kid, fits; else it is KEY_NOT_FOUND.
 *
 * Refused: TOUCAN_TOO_LARGE; BAD_FORMAT (not three parts); BAD_BASE64;
 * BAD_JSON; BAD_CLAIM (a header parameter of the wrong type, "zip", "enc" in
 * a JWS); CRIT_UNKNOWN (any "crit", "b64": RFC 7797 is not offered); BAD_TYPE
 * (five parts; a typ other than JWT or at+jwt in any case, with or without
 * "application/"; any cty); ALG_NOT_ALLOWED; KEY_NOT_FOUND; BAD_SIGNATURE.
 * jwk, jku, x5c, x5u and x5t in the header are never used.
 */
toucan_rc_t toucan_jwt_open(const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n, toucan_str_t token,
    toucan_arena_t *arena, toucan_jwt_t *jwt);


#endif /* _TOUCAN_JWT_H_INCLUDED_ */
