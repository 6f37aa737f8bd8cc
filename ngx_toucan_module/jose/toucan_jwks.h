
/*
 * A JWK Set (RFC 7517 section 5): read as a whole, sorted by kid, never
 * changed afterwards.
 */


#ifndef _TOUCAN_JWKS_H_INCLUDED_
#define _TOUCAN_JWKS_H_INCLUDED_


#include "jose/toucan_jwk.h"


#define TOUCAN_JWKS_MAX_BYTES  (4 * 1024 * 1024)
#define TOUCAN_JWKS_MAX_KEYS   4096

/* Of a file with PEM keys, which are all tried. */
#define TOUCAN_JWKS_MAX_PEM    8

typedef struct toucan_jwks_s  toucan_jwks_t;


/*
 * Parses {"keys":[...]}, a single JWK, or "-----BEGIN PUBLIC KEY-----" blocks:
 * keys that open tokens.  The caller owns the result, free with
 * toucan_jwks_free(); NULL on an error, which diag->error tells.  A set in
 * which no key is left to use is an error, too.
 */
toucan_jwks_t *toucan_jwks_parse(toucan_str_t text, toucan_diag_t *diag);

/* The same of keys that make tokens; only as JWKs. */
toucan_jwks_t *toucan_jwks_parse_private(toucan_str_t text,
    toucan_diag_t *diag);

/* Frees every key and cleanses what is secret.  NULL is accepted. */
void toucan_jwks_free(toucan_jwks_t *jwks);

unsigned toucan_jwks_count(const toucan_jwks_t *jwks);

/*
 * The keys to try for a token.  With a kid: those of exactly this kid, found
 * by binary search.  With an absent kid: every key.  *n is their number; the
 * result is a view into jwks, NULL when there is none.
 */
const toucan_jwk_t *toucan_jwks_find(const toucan_jwks_t *jwks,
    toucan_str_t kid, unsigned *n);


#endif /* _TOUCAN_JWKS_H_INCLUDED_ */
