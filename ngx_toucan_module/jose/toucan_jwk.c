
/*
 * One JWK: its kid, type and curve, and what becomes of one that is not wanted
 * or not sound.
 */


#include "jose/toucan_jwk_impl.h"

#include <stdio.h>


/* 'key "..."', of a kid as toucan_fmt() cuts it */
#define TOUCAN_JWK_NAME_SIZE  160

typedef toucan_key_t *(*toucan_jwk_make_pt)(toucan_jwk_ctx_t *ctx,
    toucan_crv_e crv, toucan_diag_t *fault);


typedef struct {
    toucan_str_t         name;
    toucan_kty_e         kty;
    toucan_jwk_make_pt   make;
} toucan_jwk_type_t;


typedef struct {
    toucan_str_t         name;
    toucan_kty_e         kty;
    toucan_crv_e         crv;
} toucan_jwk_curve_t;


static toucan_jwk_result_e toucan_jwk_kid(toucan_jwk_ctx_t *ctx);
static toucan_jwk_result_e toucan_jwk_type(toucan_jwk_ctx_t *ctx,
    const toucan_jwk_type_t **type);
static toucan_jwk_result_e toucan_jwk_curve(toucan_jwk_ctx_t *ctx,
    toucan_kty_e kty, toucan_crv_e *crv);
static toucan_jwk_result_e toucan_jwk_fill(toucan_jwk_ctx_t *ctx,
    toucan_jwk_t *jwk, toucan_key_t *key);
static void toucan_jwk_name(toucan_jwk_ctx_t *ctx, char *name, size_t size);


static const toucan_jwk_type_t  toucan_jwk_types[] = {
    { toucan_string("oct"), TOUCAN_KTY_OCT, toucan_jwk_oct },
    { toucan_string("RSA"), TOUCAN_KTY_RSA, toucan_jwk_rsa },
    { toucan_string("EC"), TOUCAN_KTY_EC, toucan_jwk_ec },
    { toucan_string("OKP"), TOUCAN_KTY_OKP, toucan_jwk_okp }
};


static const toucan_jwk_curve_t  toucan_jwk_curves[] = {
    { toucan_string("P-256"), TOUCAN_KTY_EC, TOUCAN_CRV_P256 },
    { toucan_string("P-384"), TOUCAN_KTY_EC, TOUCAN_CRV_P384 },
    { toucan_string("P-521"), TOUCAN_KTY_EC, TOUCAN_CRV_P521 },
    { toucan_string("secp256k1"), TOUCAN_KTY_EC, TOUCAN_CRV_SECP256K1 },
    { toucan_string("Ed25519"), TOUCAN_KTY_OKP, TOUCAN_CRV_ED25519 },
    { toucan_string("Ed448"), TOUCAN_KTY_OKP, TOUCAN_CRV_ED448 },
    { toucan_string("X25519"), TOUCAN_KTY_OKP, TOUCAN_CRV_X25519 },
    { toucan_string("X448"), TOUCAN_KTY_OKP, TOUCAN_CRV_X448 }
};


toucan_jwk_result_e
toucan_jwk_read(toucan_jwk_t *jwk, const toucan_doc_t *doc,
    const toucan_node_t *node, unsigned index, unsigned ops,
    toucan_diag_t *diag)
{
    toucan_crv_e              crv;
    toucan_key_t             *key;
    toucan_diag_t             fault;
    toucan_jwk_ctx_t          ctx;
    toucan_jwk_result_e       rc;
    const toucan_jwk_type_t  *type;

    memset(jwk, 0, sizeof(toucan_jwk_t));
    memset(&ctx, 0, sizeof(toucan_jwk_ctx_t));

    ctx.doc = doc;
    ctx.node = node;
    ctx.diag = diag;
    ctx.index = index;
    ctx.ops = ops;

    type = NULL;
    crv = TOUCAN_CRV_NONE;

    if (!toucan_json_is(node, TOUCAN_JSON_OBJECT)) {
        return toucan_jwk_error(&ctx, "", "not an object");
    }

    if ((rc = toucan_jwk_kid(&ctx)) != TOUCAN_JWK_OK
        || (rc = toucan_jwk_type(&ctx, &type)) != TOUCAN_JWK_OK
        || (rc = toucan_jwk_use(&ctx, type->kty)) != TOUCAN_JWK_OK
        || (rc = toucan_jwk_curve(&ctx, type->kty, &crv)) != TOUCAN_JWK_OK
        || (rc = toucan_jwk_halves(&ctx, type->kty, crv)) != TOUCAN_JWK_OK)
    {
        return rc;
    }

    toucan_diag_init(&fault);

    key = type->make(&ctx, crv, &fault);
    if (key == NULL) {
        return toucan_jwk_error(&ctx, "", fault.error);
    }

    return toucan_jwk_fill(&ctx, jwk, key);
}


toucan_rc_t
toucan_jwk_epk(const toucan_doc_t *doc, const toucan_node_t *node,
    const toucan_key_t *like, toucan_key_t **key)
{
    toucan_crv_e              crv;
    toucan_diag_t             diag;
    toucan_jwk_ctx_t          ctx;
    const toucan_jwk_type_t  *type;

    memset(&ctx, 0, sizeof(toucan_jwk_ctx_t));
    toucan_diag_init(&diag);

    ctx.doc = doc;
    ctx.node = node;
    ctx.diag = &diag;
    ctx.like = like;

    type = NULL;
    crv = TOUCAN_CRV_NONE;

    if (node == NULL
        || !toucan_json_is(node, TOUCAN_JSON_OBJECT)
        || toucan_jwk_type(&ctx, &type) != TOUCAN_JWK_OK
        || toucan_jwk_curve(&ctx, type->kty, &crv) != TOUCAN_JWK_OK
        || crv == TOUCAN_CRV_NONE)
    {
        return TOUCAN_BAD_CLAIM;
    }

    *key = type->make(&ctx, crv, &diag);

    return (*key != NULL) ? TOUCAN_OK : TOUCAN_BAD_CLAIM;
}


void
toucan_jwk_free(toucan_jwk_t *jwk)
{
    toucan_key_free(jwk->key);
    toucan_free((void *) jwk->kid.data);

    memset(jwk, 0, sizeof(toucan_jwk_t));
}


static toucan_jwk_result_e
toucan_jwk_kid(toucan_jwk_ctx_t *ctx)
{
    toucan_str_t         kid;
    toucan_jwk_result_e  rc;

    rc = toucan_jwk_text(ctx, "kid", &kid);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    if (kid.len > TOUCAN_JWK_MAX_KID) {
        return toucan_jwk_error(ctx, "kid", " is too long");
    }

    ctx->kid = kid;

    return TOUCAN_JWK_OK;
}


static toucan_jwk_result_e
toucan_jwk_type(toucan_jwk_ctx_t *ctx, const toucan_jwk_type_t **type)
{
    unsigned             i;
    toucan_str_t         name;
    toucan_jwk_result_e  rc;

    rc = toucan_jwk_text(ctx, "kty", &name);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    if (name.data == NULL) {
        return toucan_jwk_error(ctx, "kty", " is missing");
    }

    for (i = 0; i < toucan_jwk_rows(toucan_jwk_types); i++) {
        if (toucan_str_eq(toucan_jwk_types[i].name, name)) {
            *type = &toucan_jwk_types[i];
            return TOUCAN_JWK_OK;
        }
    }

    return toucan_jwk_skip(ctx, "kty", name);
}


static toucan_jwk_result_e
toucan_jwk_curve(toucan_jwk_ctx_t *ctx, toucan_kty_e kty, toucan_crv_e *crv)
{
    unsigned             i;
    toucan_str_t         name;
    toucan_jwk_result_e  rc;

    *crv = TOUCAN_CRV_NONE;

    if (kty != TOUCAN_KTY_EC && kty != TOUCAN_KTY_OKP) {
        return TOUCAN_JWK_OK;
    }

    rc = toucan_jwk_text(ctx, "crv", &name);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    if (name.data == NULL) {
        return toucan_jwk_error(ctx, "crv", " is missing");
    }

    for (i = 0; i < toucan_jwk_rows(toucan_jwk_curves); i++) {
        if (!toucan_str_eq(toucan_jwk_curves[i].name, name)) {
            continue;
        }

        if (toucan_jwk_curves[i].kty != kty) {
            return toucan_jwk_misfit(ctx, "crv", name,
                                     "is one of another kty");
        }

        *crv = toucan_jwk_curves[i].crv;
        return TOUCAN_JWK_OK;
    }

    return toucan_jwk_skip(ctx, "crv", name);
}


/* Takes over key. */

static toucan_jwk_result_e
toucan_jwk_fill(toucan_jwk_ctx_t *ctx, toucan_jwk_t *jwk, toucan_key_t *key)
{
    uint8_t  *kid;

    ctx->ops &= toucan_jwk_serves(ctx, key);

    if (ctx->ops == 0) {
        toucan_key_free(key);

        return (ctx->alg == NULL)
               ? toucan_jwk_error(ctx, "", "of no length that any algorithm "
                                           "can use")
               : toucan_jwk_misfit(ctx, "alg",
                                   ctx->enc ? ctx->enc->name : ctx->alg->name,
                                   "needs another curve or another length "
                                   "of secret");
    }

    if (ctx->kid.data != NULL) {
        kid = toucan_calloc(1, ctx->kid.len + 1);

        if (kid == NULL) {
            toucan_key_free(key);
            return toucan_jwk_error(ctx, "", "out of memory");
        }

        memcpy(kid, ctx->kid.data, ctx->kid.len);
        jwk->kid = toucan_str(kid, ctx->kid.len);
    }

    jwk->ops = ctx->ops;
    jwk->index = ctx->index;
    jwk->alg = ctx->alg;
    jwk->enc = ctx->enc;
    jwk->key = key;

    return TOUCAN_JWK_OK;
}


toucan_jwk_result_e
toucan_jwk_text(toucan_jwk_ctx_t *ctx, const char *name, toucan_str_t *value)
{
    const toucan_node_t  *node;

    *value = toucan_str(NULL, 0);

    node = toucan_json_member(ctx->doc, ctx->node, toucan_cstr(name));

    if (node == NULL) {
        return TOUCAN_JWK_OK;
    }

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return toucan_jwk_error(ctx, name, " is not a string");
    }

    *value = toucan_json_string(ctx->doc, node);

    return TOUCAN_JWK_OK;
}


toucan_jwk_result_e
toucan_jwk_error(toucan_jwk_ctx_t *ctx, const char *member, const char *what)
{
    char  name[TOUCAN_JWK_NAME_SIZE];

    toucan_jwk_name(ctx, name, sizeof(name));
    toucan_diag_error(ctx->diag, "%s: %s%s", name, member, what);

    return TOUCAN_JWK_ERROR;
}


toucan_jwk_result_e
toucan_jwk_misfit(toucan_jwk_ctx_t *ctx, const char *member,
    toucan_str_t value, const char *why)
{
    char  name[TOUCAN_JWK_NAME_SIZE];

    toucan_jwk_name(ctx, name, sizeof(name));
    toucan_diag_error(ctx->diag, "%s: %s \"%.*s\" %s", name, member,
                      toucan_fmt(value), why);

    return TOUCAN_JWK_ERROR;
}


toucan_jwk_result_e
toucan_jwk_skip(toucan_jwk_ctx_t *ctx, const char *member, toucan_str_t value)
{
    char  name[TOUCAN_JWK_NAME_SIZE];

    toucan_jwk_name(ctx, name, sizeof(name));
    toucan_diag_warn(ctx->diag, "%s passed over: %s \"%.*s\" is of no use "
                     "here", name, member, toucan_fmt(value));

    return TOUCAN_JWK_SKIP;
}


toucan_jwk_result_e
toucan_jwk_skip_for(toucan_jwk_ctx_t *ctx, const char *why)
{
    char  name[TOUCAN_JWK_NAME_SIZE];

    toucan_jwk_name(ctx, name, sizeof(name));
    toucan_diag_warn(ctx->diag, "%s passed over: %s", name, why);

    return TOUCAN_JWK_SKIP;
}


static void
toucan_jwk_name(toucan_jwk_ctx_t *ctx, char *name, size_t size)
{
    if (ctx->kid.data != NULL) {
        snprintf(name, size, "key \"%.*s\"", toucan_fmt(ctx->kid));

    } else {
        snprintf(name, size, "key %u", ctx->index + 1);
    }
}
