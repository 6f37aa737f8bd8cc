
/*
 * Inside of reading a JWK: shared by toucan_jwk.c, toucan_jwk_use.c, which
 * finds out what the key is for, and toucan_jwk_key.c, which makes it of its
 * numbers.  Nobody else includes it.
 */


#ifndef _TOUCAN_JWK_IMPL_H_INCLUDED_
#define _TOUCAN_JWK_IMPL_H_INCLUDED_


#include "jose/toucan_jwk.h"


#define toucan_jwk_rows(table)  (sizeof(table) / sizeof(table[0]))


typedef struct {
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;
    toucan_diag_t        *diag;
    unsigned              index;
    unsigned              ops;      /* what is left of those asked for */
    unsigned              secret_half:1;    /* the private half is wanted */
    const toucan_key_t   *like;     /* an epk: the key it is for; or NULL */
    toucan_str_t          kid;      /* a view into doc */
    const toucan_alg_t   *alg;
    const toucan_enc_t   *enc;
} toucan_jwk_ctx_t;


/*
 * What the members say that the key is for ("use", "key_ops", "alg"): leaves
 * these ops, and sets alg and enc.
 */
toucan_jwk_result_e toucan_jwk_use(toucan_jwk_ctx_t *ctx, toucan_kty_e kty);

/* Leaves the ops that the curve and the halves which are there allow. */
toucan_jwk_result_e toucan_jwk_halves(toucan_jwk_ctx_t *ctx, toucan_kty_e kty,
    toucan_crv_e crv);

/* The ops of all algorithms that the key fits and may serve. */
unsigned toucan_jwk_serves(const toucan_jwk_ctx_t *ctx,
    const toucan_key_t *key);


/* A member's text, absent if there is none; an error if it is no string. */
toucan_jwk_result_e toucan_jwk_text(toucan_jwk_ctx_t *ctx, const char *name,
    toucan_str_t *value);

/*
 * Each writes one sentence to diag and returns what becomes of the key.
 * toucan_jwk_error(): member, which may be "", and what is wrong with it;
 * toucan_jwk_misfit(): why this value of it cannot be.
 */
toucan_jwk_result_e toucan_jwk_error(toucan_jwk_ctx_t *ctx,
    const char *member, const char *what);
toucan_jwk_result_e toucan_jwk_misfit(toucan_jwk_ctx_t *ctx,
    const char *member, toucan_str_t value, const char *why);
toucan_jwk_result_e toucan_jwk_skip(toucan_jwk_ctx_t *ctx, const char *member,
    toucan_str_t value);
toucan_jwk_result_e toucan_jwk_skip_for(toucan_jwk_ctx_t *ctx,
    const char *why);


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
