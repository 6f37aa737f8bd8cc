
/*
 * One JWK: which members a key type has, and what becomes of a key that is
 * not wanted or not sound.
 */


#include "jose/toucan_jwk.h"
#include "jose/toucan_b64.h"

#include <stdio.h>


/* 'key "..."', of a kid as toucan_fmt() cuts it */
#define TOUCAN_JWK_NAME_SIZE  160

/* the largest number, with some leading zero octets */
#define TOUCAN_JWK_MAX_BYTES  (TOUCAN_RSA_MAX_SIZE + 16)


typedef struct {
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;
    toucan_diag_t        *diag;
    unsigned              index;
    toucan_str_t          kid;      /* a view into doc */
} toucan_jwk_ctx_t;


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
static toucan_jwk_result_e toucan_jwk_use(toucan_jwk_ctx_t *ctx);
static toucan_jwk_result_e toucan_jwk_alg(toucan_jwk_ctx_t *ctx,
    toucan_kty_e kty, const toucan_alg_t **alg);
static toucan_jwk_result_e toucan_jwk_curve(toucan_jwk_ctx_t *ctx,
    toucan_kty_e kty, toucan_crv_e *crv);
static toucan_jwk_result_e toucan_jwk_fill(toucan_jwk_ctx_t *ctx,
    toucan_jwk_t *jwk, toucan_key_t *key, const toucan_alg_t *alg);
static int toucan_jwk_serves(const toucan_key_t *key, const toucan_alg_t *alg);
static toucan_key_t *toucan_jwk_oct(toucan_jwk_ctx_t *ctx, toucan_crv_e crv,
    toucan_diag_t *fault);
static toucan_key_t *toucan_jwk_rsa(toucan_jwk_ctx_t *ctx, toucan_crv_e crv,
    toucan_diag_t *fault);
static toucan_key_t *toucan_jwk_ec(toucan_jwk_ctx_t *ctx, toucan_crv_e crv,
    toucan_diag_t *fault);
static toucan_key_t *toucan_jwk_okp(toucan_jwk_ctx_t *ctx, toucan_crv_e crv,
    toucan_diag_t *fault);
static int toucan_jwk_bytes(toucan_jwk_ctx_t *ctx, const char *name,
    uint8_t *dst, size_t size, toucan_str_t *value, toucan_diag_t *fault);
static toucan_jwk_result_e toucan_jwk_text(toucan_jwk_ctx_t *ctx,
    const char *name, toucan_str_t *value);
static toucan_jwk_result_e toucan_jwk_error(toucan_jwk_ctx_t *ctx,
    const char *member, const char *what);
static toucan_jwk_result_e toucan_jwk_skip(toucan_jwk_ctx_t *ctx,
    const char *member, toucan_str_t value);
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
    { toucan_string("Ed448"), TOUCAN_KTY_OKP, TOUCAN_CRV_ED448 }
};


toucan_jwk_result_e
toucan_jwk_read(toucan_jwk_t *jwk, const toucan_doc_t *doc,
    const toucan_node_t *node, unsigned index, toucan_diag_t *diag)
{
    toucan_crv_e              crv;
    toucan_key_t             *key;
    toucan_diag_t             fault;
    toucan_jwk_ctx_t          ctx;
    const toucan_alg_t       *alg;
    toucan_jwk_result_e       rc;
    const toucan_jwk_type_t  *type;

    memset(jwk, 0, sizeof(toucan_jwk_t));

    ctx.doc = doc;
    ctx.node = node;
    ctx.diag = diag;
    ctx.index = index;
    ctx.kid = toucan_str(NULL, 0);

    type = NULL;

    if (!toucan_json_is(node, TOUCAN_JSON_OBJECT)) {
        return toucan_jwk_error(&ctx, "", "not an object");
    }

    rc = toucan_jwk_kid(&ctx);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    rc = toucan_jwk_type(&ctx, &type);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    rc = toucan_jwk_use(&ctx);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    rc = toucan_jwk_alg(&ctx, type->kty, &alg);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    rc = toucan_jwk_curve(&ctx, type->kty, &crv);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    toucan_diag_init(&fault);

    key = type->make(&ctx, crv, &fault);
    if (key == NULL) {
        return toucan_jwk_error(&ctx, "", fault.error);
    }

    return toucan_jwk_fill(&ctx, jwk, key, alg);
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

    for (i = 0;
         i < sizeof(toucan_jwk_types) / sizeof(toucan_jwk_types[0]);
         i++)
    {
        if (toucan_str_eq(toucan_jwk_types[i].name, name)) {
            *type = &toucan_jwk_types[i];
            return TOUCAN_JWK_OK;
        }
    }

    return toucan_jwk_skip(ctx, "kty", name);
}


/* RFC 7517, sections 4.2 and 4.3 */

static toucan_jwk_result_e
toucan_jwk_use(toucan_jwk_ctx_t *ctx)
{
    int                   verify;
    toucan_str_t          use;
    toucan_jwk_result_e   rc;
    const toucan_node_t  *ops, *op;

    rc = toucan_jwk_text(ctx, "use", &use);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    if (use.data != NULL && !toucan_str_is(use, "sig")) {
        return toucan_jwk_skip(ctx, "use", use);
    }

    ops = toucan_json_member(ctx->doc, ctx->node, toucan_cstr("key_ops"));
    if (ops == NULL) {
        return TOUCAN_JWK_OK;
    }

    if (!toucan_json_is(ops, TOUCAN_JSON_ARRAY)) {
        return toucan_jwk_error(ctx, "key_ops", " is not an array");
    }

    verify = 0;

    for (op = toucan_json_child(ctx->doc, ops);
         op != NULL;
         op = toucan_json_sibling(ctx->doc, ops, op))
    {
        if (!toucan_json_is(op, TOUCAN_JSON_STRING)) {
            return toucan_jwk_error(ctx, "key_ops",
                                    " holds something else than strings");
        }

        verify |= toucan_str_is(toucan_json_string(ctx->doc, op), "verify");
    }

    return verify ? TOUCAN_JWK_OK
                  : toucan_jwk_skip(ctx, "key_ops", toucan_str(NULL, 0));
}


static toucan_jwk_result_e
toucan_jwk_alg(toucan_jwk_ctx_t *ctx, toucan_kty_e kty,
    const toucan_alg_t **alg)
{
    toucan_str_t         name;
    toucan_jwk_result_e  rc;

    *alg = NULL;

    rc = toucan_jwk_text(ctx, "alg", &name);
    if (rc != TOUCAN_JWK_OK) {
        return rc;
    }

    if (name.data == NULL) {
        return TOUCAN_JWK_OK;
    }

    *alg = toucan_alg_find(name);

    if (*alg == NULL) {
        return toucan_jwk_skip(ctx, "alg", name);
    }

    if ((*alg)->kty != kty) {
        return toucan_jwk_error(ctx, "alg", " is one of another kty");
    }

    return TOUCAN_JWK_OK;
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

    for (i = 0;
         i < sizeof(toucan_jwk_curves) / sizeof(toucan_jwk_curves[0]);
         i++)
    {
        if (!toucan_str_eq(toucan_jwk_curves[i].name, name)) {
            continue;
        }

        if (toucan_jwk_curves[i].kty != kty) {
            return toucan_jwk_error(ctx, "crv", " is one of another kty");
        }

        *crv = toucan_jwk_curves[i].crv;
        return TOUCAN_JWK_OK;
    }

    return toucan_jwk_skip(ctx, "crv", name);
}


/* Takes over key. */

static toucan_jwk_result_e
toucan_jwk_fill(toucan_jwk_ctx_t *ctx, toucan_jwk_t *jwk, toucan_key_t *key,
    const toucan_alg_t *alg)
{
    uint8_t  *kid;

    if (!toucan_jwk_serves(key, alg)) {
        toucan_key_free(key);

        return (alg == NULL)
               ? toucan_jwk_error(ctx, "", "too short for any algorithm")
               : toucan_jwk_error(ctx, "alg", " needs another curve or a "
                                              "longer secret");
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

    jwk->alg = alg;
    jwk->key = key;

    return TOUCAN_JWK_OK;
}


static int
toucan_jwk_serves(const toucan_key_t *key, const toucan_alg_t *alg)
{
    unsigned             i;
    const toucan_alg_t  *row;

    if (alg != NULL) {
        return toucan_key_fits(key, alg);
    }

    for (i = 0; (row = toucan_alg_row(i)) != NULL; i++) {
        if (toucan_key_fits(key, row)) {
            return 1;
        }
    }

    return 0;
}


static toucan_key_t *
toucan_jwk_oct(toucan_jwk_ctx_t *ctx, toucan_crv_e crv, toucan_diag_t *fault)
{
    uint8_t        bytes[TOUCAN_JWK_MAX_BYTES];
    toucan_key_t  *key;
    toucan_str_t   k;

    (void) crv;

    key = NULL;

    if (toucan_jwk_bytes(ctx, "k", bytes, sizeof(bytes), &k, fault)) {
        key = toucan_key_oct(k, fault);
    }

    toucan_cleanse(bytes, sizeof(bytes));

    return key;
}


static toucan_key_t *
toucan_jwk_rsa(toucan_jwk_ctx_t *ctx, toucan_crv_e crv, toucan_diag_t *fault)
{
    uint8_t       n_bytes[TOUCAN_JWK_MAX_BYTES], e_bytes[TOUCAN_JWK_MAX_BYTES];
    toucan_str_t  n, e;

    (void) crv;

    if (!toucan_jwk_bytes(ctx, "n", n_bytes, sizeof(n_bytes), &n, fault)
        || !toucan_jwk_bytes(ctx, "e", e_bytes, sizeof(e_bytes), &e, fault))
    {
        return NULL;
    }

    return toucan_key_rsa(n, e, fault);
}


static toucan_key_t *
toucan_jwk_ec(toucan_jwk_ctx_t *ctx, toucan_crv_e crv, toucan_diag_t *fault)
{
    uint8_t       x_bytes[TOUCAN_JWK_MAX_BYTES], y_bytes[TOUCAN_JWK_MAX_BYTES];
    toucan_str_t  x, y;

    if (!toucan_jwk_bytes(ctx, "x", x_bytes, sizeof(x_bytes), &x, fault)
        || !toucan_jwk_bytes(ctx, "y", y_bytes, sizeof(y_bytes), &y, fault))
    {
        return NULL;
    }

    return toucan_key_ec(crv, x, y, fault);
}


static toucan_key_t *
toucan_jwk_okp(toucan_jwk_ctx_t *ctx, toucan_crv_e crv, toucan_diag_t *fault)
{
    uint8_t       bytes[TOUCAN_JWK_MAX_BYTES];
    toucan_str_t  x;

    if (!toucan_jwk_bytes(ctx, "x", bytes, sizeof(bytes), &x, fault)) {
        return NULL;
    }

    return toucan_key_okp(crv, x, fault);
}


/* 1 when the member is there and decodes; *value is then a view into dst. */

static int
toucan_jwk_bytes(toucan_jwk_ctx_t *ctx, const char *name, uint8_t *dst,
    size_t size, toucan_str_t *value, toucan_diag_t *fault)
{
    size_t                len;
    toucan_str_t          text;
    const toucan_node_t  *node;

    node = toucan_json_member(ctx->doc, ctx->node, toucan_cstr(name));

    if (node == NULL) {
        toucan_diag_error(fault, "%s is missing", name);
        return 0;
    }

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        toucan_diag_error(fault, "%s is not a string", name);
        return 0;
    }

    text = toucan_json_string(ctx->doc, node);

    if (toucan_b64_decoded_len(text.len) > size) {
        toucan_diag_error(fault, "%s is too long", name);
        return 0;
    }

    if (toucan_b64_decode(dst, &len, text) != TOUCAN_OK) {
        toucan_diag_error(fault, "%s is not base64url", name);
        return 0;
    }

    *value = toucan_str(dst, len);

    return 1;
}


/* A member's text, absent if there is none; an error if it is no string. */

static toucan_jwk_result_e
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


static toucan_jwk_result_e
toucan_jwk_error(toucan_jwk_ctx_t *ctx, const char *member, const char *what)
{
    char  name[TOUCAN_JWK_NAME_SIZE];

    toucan_jwk_name(ctx, name, sizeof(name));
    toucan_diag_error(ctx->diag, "%s: %s%s", name, member, what);

    return TOUCAN_JWK_ERROR;
}


static toucan_jwk_result_e
toucan_jwk_skip(toucan_jwk_ctx_t *ctx, const char *member, toucan_str_t value)
{
    char  name[TOUCAN_JWK_NAME_SIZE];

    toucan_jwk_name(ctx, name, sizeof(name));

    if (value.data == NULL) {
        toucan_diag_warn(ctx->diag, "%s passed over: no \"verify\" in its %s",
                         name, member);

    } else {
        toucan_diag_warn(ctx->diag, "%s passed over: %s \"%.*s\" is of no use "
                         "here", name, member, toucan_fmt(value));
    }

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
