
/*
 * Inside of reading a JWK: shared by toucan_jwk.c, which finds out what the
 * key is for, and toucan_jwk_key.c, which makes it of its numbers.  Nobody
 * else includes it.
 */


#ifndef _TOUCAN_JWK_IMPL_H_INCLUDED_
#define _TOUCAN_JWK_IMPL_H_INCLUDED_


#include "jose/toucan_jwk.h"


typedef struct {
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;
    toucan_diag_t        *diag;
    unsigned              index;
    unsigned              ops;      /* what is left of those asked for */
    unsigned              secret_half:1;    /* the private half is wanted */
    toucan_str_t          kid;      /* a view into doc */
    const toucan_alg_t   *alg;
    const toucan_enc_t   *enc;
} toucan_jwk_ctx_t;


/*
 * One for each key type.  The caller owns the result; NULL when a member is
 * missing or of the wrong form, or the key is not sound: fault->error tells.
 */
toucan_key_t *toucan_jwk_oct(toucan_jwk_ctx_t *ctx, toucan_crv_e crv,
    toucan_diag_t *fault);
toucan_key_t *toucan_jwk_rsa(toucan_jwk_ctx_t *ctx, toucan_crv_e crv,
    toucan_diag_t *fault);
toucan_key_t *toucan_jwk_ec(toucan_jwk_ctx_t *ctx, toucan_crv_e crv,
    toucan_diag_t *fault);
toucan_key_t *toucan_jwk_okp(toucan_jwk_ctx_t *ctx, toucan_crv_e crv,
    toucan_diag_t *fault);


#endif /* _TOUCAN_JWK_IMPL_H_INCLUDED_ */
