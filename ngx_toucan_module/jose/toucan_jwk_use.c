
/*
 * What a JWK is for: what its use, key_ops and alg say, and what its type,
 * curve, halves and length can do.
 */


#include "jose/toucan_jwk_impl.h"


#define TOUCAN_OPS_SIGN  (TOUCAN_OP_VERIFY | TOUCAN_OP_SIGN)
#define TOUCAN_OPS_WRAP  (TOUCAN_OP_DECRYPT | TOUCAN_OP_ENCRYPT)

/* the types that agree on keys */
#define TOUCAN_KTY_AGREE  (TOUCAN_KTY_EC | TOUCAN_KTY_OKP)

/* what a public half cannot do */
#define TOUCAN_OPS_SECRET  (TOUCAN_OP_DECRYPT | TOUCAN_OP_SIGN)


typedef struct {
    toucan_str_t         name;
    unsigned             ops;
    unsigned             kty;       /* OR of toucan_kty_e; 0: any */
} toucan_jwk_op_t;


static toucan_jwk_result_e toucan_jwk_member_use(toucan_jwk_ctx_t *ctx);
static toucan_jwk_result_e toucan_jwk_member_ops(toucan_jwk_ctx_t *ctx,
    toucan_kty_e kty);
static unsigned toucan_jwk_op(toucan_str_t name, toucan_kty_e kty);
static toucan_jwk_result_e toucan_jwk_master(toucan_jwk_ctx_t *ctx);
static toucan_jwk_result_e toucan_jwk_member_alg(toucan_jwk_ctx_t *ctx,
    toucan_kty_e kty);


static const toucan_jwk_op_t  toucan_jwk_uses[] = {
    { toucan_string("sig"), TOUCAN_OPS_SIGN, 0 },
    { toucan_string("enc"), TOUCAN_OPS_WRAP | TOUCAN_OP_DERIVE, 0 }
};


/* a secret for deriving is a master key, an RSA key has nothing to derive */

static const toucan_jwk_op_t  toucan_jwk_ops[] = {
    { toucan_string("verify"), TOUCAN_OP_VERIFY, 0 },
    { toucan_string("sign"), TOUCAN_OP_SIGN, 0 },
    { toucan_string("decrypt"), TOUCAN_OP_DECRYPT, 0 },
    { toucan_string("unwrapKey"), TOUCAN_OP_DECRYPT, 0 },
    { toucan_string("encrypt"), TOUCAN_OP_ENCRYPT, 0 },
    { toucan_string("wrapKey"), TOUCAN_OP_ENCRYPT, 0 },
    { toucan_string("deriveKey"), TOUCAN_OPS_WRAP, TOUCAN_KTY_AGREE },
    { toucan_string("deriveBits"), TOUCAN_OPS_WRAP, TOUCAN_KTY_AGREE },
    { toucan_string("deriveKey"), TOUCAN_OP_DERIVE, TOUCAN_KTY_OCT },
    { toucan_string("deriveBits"), TOUCAN_OP_DERIVE, TOUCAN_KTY_OCT }
};


toucan_jwk_result_e
toucan_jwk_use(toucan_jwk_ctx_t *ctx, toucan_kty_e kty)
{
    toucan_jwk_result_e  rc;

    if ((rc = toucan_jwk_member_use(ctx)) != TOUCAN_JWK_OK
        || (rc = toucan_jwk_member_ops(ctx, kty)) != TOUCAN_JWK_OK)
    {
        return rc;
    }

    return toucan_jwk_member_alg(ctx, kty);
}


toucan_jwk_result_e
toucan_jwk_halves(toucan_jwk_ctx_t *ctx, toucan_kty_e kty, toucan_crv_e crv)
{
    unsigned             i, ops;
    const toucan_alg_t  *row;

    ops = TOUCAN_OP_DERIVE;         /* left to secrets alone by now */

    for (i = 0; (row = toucan_alg_row(i)) != NULL; i++) {
        if ((row->kty & kty) && (row->crv == 0 || (row->crv & crv))) {
            ops |= toucan_alg_signs(row) ? TOUCAN_OPS_SIGN : TOUCAN_OPS_WRAP;
        }
    }

    ctx->ops &= ops;

    if (kty == TOUCAN_KTY_OCT) {
        return TOUCAN_JWK_OK;
    }

    if (toucan_json_member(ctx->doc, ctx->node, toucan_cstr("d")) == NULL) {
        ctx->ops &= ~(unsigned) TOUCAN_OPS_SECRET;
    }

    ctx->secret_half = (ctx->ops & TOUCAN_OPS_SECRET) != 0;

    return ctx->ops ? TOUCAN_JWK_OK
                    : toucan_jwk_skip_for(ctx, "without a private half it is "
                                               "of no use here");
}


unsigned
toucan_jwk_serves(const toucan_jwk_ctx_t *ctx, const toucan_key_t *key)
{
    unsigned             i, ops;
    const toucan_alg_t  *row;

    if (ctx->enc != NULL && !toucan_key_fits_enc(key, ctx->enc)) {
        return 0;
    }

    ops = TOUCAN_OP_DERIVE;

    for (i = 0; (row = toucan_alg_row(i)) != NULL; i++) {
        if ((ctx->alg == NULL || ctx->alg == row)
            && toucan_key_fits(key, row))
        {
            ops |= toucan_alg_signs(row) ? TOUCAN_OPS_SIGN : TOUCAN_OPS_WRAP;
        }
    }

    return ops;
}


/* RFC 7517, section 4.2 */

static toucan_jwk_result_e
toucan_jwk_member_use(toucan_jwk_ctx_t *ctx)
{
    unsigned             i, ops;
    toucan_str_t         use;
    toucan_jwk_result_e  rc;

    rc = toucan_jwk_text(ctx, "use", &use);
    if (rc != TOUCAN_JWK_OK || use.data == NULL) {
        return rc;
    }

    ops = 0;

    for (i = 0; i < toucan_jwk_rows(toucan_jwk_uses); i++) {
        if (toucan_str_eq(toucan_jwk_uses[i].name, use)) {
            ops = toucan_jwk_uses[i].ops;
        }
    }

    ctx->ops &= ops;

    return ctx->ops ? TOUCAN_JWK_OK : toucan_jwk_skip(ctx, "use", use);
}


/* RFC 7517, section 4.3 */

static toucan_jwk_result_e
toucan_jwk_member_ops(toucan_jwk_ctx_t *ctx, toucan_kty_e kty)
{
    unsigned              ops;
    const toucan_node_t  *list, *op;
    toucan_jwk_result_e   rc;

    list = toucan_json_member(ctx->doc, ctx->node, toucan_cstr("key_ops"));
    if (list == NULL) {
        ctx->ops &= ~(unsigned) TOUCAN_OP_DERIVE;
        return TOUCAN_JWK_OK;
    }

    if (!toucan_json_is(list, TOUCAN_JSON_ARRAY)) {
        return toucan_jwk_error(ctx, "key_ops", " is not an array");
    }

    ops = 0;

    for (op = toucan_json_child(ctx->doc, list);
         op != NULL;
         op = toucan_json_sibling(ctx->doc, list, op))
    {
        if (!toucan_json_is(op, TOUCAN_JSON_STRING)) {
            return toucan_jwk_error(ctx, "key_ops",
                                    " holds something else than strings");
        }

        ops |= toucan_jwk_op(toucan_json_string(ctx->doc, op), kty);
    }

    if (ops & TOUCAN_OP_DERIVE) {
        rc = toucan_jwk_master(ctx);
        if (rc != TOUCAN_JWK_OK) {
            return rc;
        }
    }

    ctx->ops &= ops;

    return ctx->ops ? TOUCAN_JWK_OK
                    : toucan_jwk_skip_for(ctx, "its key_ops name nothing "
                                               "that is done here");
}


static unsigned
toucan_jwk_op(toucan_str_t name, toucan_kty_e kty)
{
    unsigned  i, ops;

    ops = 0;

    for (i = 0; i < toucan_jwk_rows(toucan_jwk_ops); i++) {
        if (toucan_str_eq(toucan_jwk_ops[i].name, name)
            && (toucan_jwk_ops[i].kty == 0 || (toucan_jwk_ops[i].kty & kty)))
        {
            ops |= toucan_jwk_ops[i].ops;
        }
    }

    return ops;
}


/*
 * What a master key must have, and what it may not.  None is passed over for
 * it, since that would show much later, as tokens that no key opens.
 */

static toucan_jwk_result_e
toucan_jwk_master(toucan_jwk_ctx_t *ctx)
{
    toucan_str_t         use, alg;
    toucan_jwk_result_e  rc;

    if ((rc = toucan_jwk_text(ctx, "use", &use)) != TOUCAN_JWK_OK
        || (rc = toucan_jwk_text(ctx, "alg", &alg)) != TOUCAN_JWK_OK)
    {
        return rc;
    }

    if (use.data != NULL && !toucan_str_is(use, "enc")) {
        return toucan_jwk_misfit(ctx, "use", use,
                                 "on a master key, whose use is \"enc\"");
    }

    if (alg.data != NULL) {
        return toucan_jwk_misfit(ctx, "alg", alg,
                                 "on a master key, which has none");
    }

    if (ctx->kid.len == 0) {
        return toucan_jwk_error(ctx, "", "a master key without a kid");
    }

    if (ctx->kid.len > TOUCAN_JWK_MAX_MASTER_KID) {
        return toucan_jwk_error(ctx, "kid", " is too long for a master key");
    }

    return TOUCAN_JWK_OK;
}


static toucan_jwk_result_e
toucan_jwk_member_alg(toucan_jwk_ctx_t *ctx, toucan_kty_e kty)
{
    toucan_str_t         name;
    toucan_jwk_result_e  rc;

    rc = toucan_jwk_text(ctx, "alg", &name);
    if (rc != TOUCAN_JWK_OK || name.data == NULL) {
        return rc;
    }

    ctx->alg = toucan_alg_find(name);

    if (ctx->alg == NULL) {
        ctx->enc = toucan_enc_find(name);

        if (ctx->enc == NULL) {
            return toucan_jwk_skip(ctx, "alg", name);
        }

        ctx->alg = toucan_alg_find(toucan_cstr("dir"));
    }

    if ((ctx->alg->kty & kty) == 0) {
        return toucan_jwk_misfit(ctx, "alg", name, "is one of another kty");
    }

    ctx->ops &= toucan_alg_signs(ctx->alg) ? TOUCAN_OPS_SIGN : TOUCAN_OPS_WRAP;

    return ctx->ops ? TOUCAN_JWK_OK : toucan_jwk_skip(ctx, "alg", name);
}
