
/*
 * One JSON Web Key (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).
 */


#ifndef _TOUCAN_JWK_H_INCLUDED_
#define _TOUCAN_JWK_H_INCLUDED_


#include "jose/toucan_crypto_key.h"
#include "jose/toucan_json.h"


/* The longest kid, in a key and in a token; bytes. */
#define TOUCAN_JWK_MAX_KID  256


typedef struct {
    toucan_str_t         kid;       /* absent when the JWK has none */
    const toucan_alg_t  *alg;       /* the only one it serves, or NULL */
    toucan_key_t        *key;
} toucan_jwk_t;


typedef enum {
    TOUCAN_JWK_OK = 0,
    TOUCAN_JWK_SKIP,                /* sound, but of no use for verifying */
    TOUCAN_JWK_ERROR
} toucan_jwk_result_e;


/*
 * Reads the JWK at node, the one at index (from 0) of its set.
 * TOUCAN_JWK_SKIP: an unknown "kty", "crv" or "alg", "use" other than "sig",
 * "key_ops" without "verify"; diag->warning says so.  TOUCAN_JWK_ERROR: a known
 * key that is broken, or that its own "alg", or every algorithm, has no use
 * for; diag->error names its kid, or its place when it has none ("key 2" is
 * the second).  Private members are ignored.  On TOUCAN_JWK_OK the caller owns
 * jwk->key and the copy in jwk->kid: free with toucan_jwk_free().
 */
toucan_jwk_result_e toucan_jwk_read(toucan_jwk_t *jwk,
    const toucan_doc_t *doc, const toucan_node_t *node, unsigned index,
    toucan_diag_t *diag);

void toucan_jwk_free(toucan_jwk_t *jwk);


#endif /* _TOUCAN_JWK_H_INCLUDED_ */
