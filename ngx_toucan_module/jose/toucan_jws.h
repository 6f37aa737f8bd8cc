
/*
 * Compact JWS (RFC 7515 section 7.1): verified with the keys of a set, or
 * made with one key.
 */


#ifndef _TOUCAN_JWS_H_INCLUDED_
#define _TOUCAN_JWS_H_INCLUDED_


#include "jose/toucan_compact.h"
#include "jose/toucan_jwt.h"


/*
 * The decoded header and the encoded parts; views into the token and the
 * arena.
 */

typedef struct {
    toucan_header_t      header;
    toucan_str_t         part;              /* the header, base64url */
    toucan_str_t         signing_input;     /* header "." payload */
    toucan_str_t         payload;           /* base64url */
    toucan_str_t         signature;         /* base64url */
} toucan_jws_t;


/* Reads header and parts and checks the header, or finds it in seen, which may
 * be NULL; says nothing of the signature.  Errors as toucan_jwt_open(). */
toucan_rc_t toucan_jws_read(toucan_jws_t *jws, toucan_str_t token,
    const toucan_header_seen_t *seen, toucan_arena_t *arena);

/* Selects keys and verifies.  Errors as toucan_jwt_open(). */
toucan_rc_t toucan_jws_verify(const toucan_jws_t *jws,
    const toucan_jwt_rules_t *rules, const toucan_jwks_t *const *sets,
    unsigned n, toucan_arena_t *arena);

/*
 * Signs a payload; the header says alg, typ JWT and the key's kid.  *token is
 * in the arena and set on TOUCAN_OK only.  TOUCAN_ALG_NOT_ALLOWED when the key
 * does not serve alg or has no private half, TOUCAN_TOO_LARGE beyond
 * TOUCAN_JWT_MAX_SIZE, TOUCAN_NO_MEMORY, TOUCAN_INTERNAL.
 */
toucan_rc_t toucan_jws_sign(const toucan_jwk_t *jwk, const toucan_alg_t *alg,
    toucan_str_t payload, toucan_arena_t *arena, toucan_str_t *token);


#endif /* _TOUCAN_JWS_H_INCLUDED_ */
