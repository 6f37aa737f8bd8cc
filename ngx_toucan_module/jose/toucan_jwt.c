
/*
 * Opening a token: the order of the steps.
 */


#include "jose/toucan_jwe.h"
#include "jose/toucan_jws.h"
#include "jose/toucan_b64.h"


/* Whose keys, by which rules, and what the steps hand on. */

typedef struct {
    const toucan_jwt_rules_t    *rules;
    const toucan_jwks_t *const  *sets;
    unsigned                     n;
    toucan_arena_t              *arena;
    toucan_jwt_t                *jwt;
} toucan_jwt_ctx_t;


static toucan_rc_t toucan_jwt_signed(toucan_jwt_ctx_t *ctx,
    toucan_str_t token);
static toucan_rc_t toucan_jwt_encrypted(toucan_jwt_ctx_t *ctx,
    toucan_str_t token);
static toucan_rc_t toucan_jwt_payload(toucan_jwt_ctx_t *ctx,
    toucan_str_t json);


toucan_rc_t
toucan_jwt_open(const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n, toucan_str_t token,
    toucan_arena_t *arena, toucan_jwt_t *jwt)
{
    toucan_str_t      kid, part[TOUCAN_JWE_PARTS];
    toucan_rc_t       rc;
    toucan_jwt_ctx_t  ctx;

    memset(jwt, 0, sizeof(toucan_jwt_t));

    if (token.len > rules->max_size) {
        return TOUCAN_TOO_LARGE;
    }

    ctx.rules = rules;
    ctx.sets = sets;
    ctx.n = n;
    ctx.arena = arena;
    ctx.jwt = jwt;

    if (toucan_compact_split(token, part) == TOUCAN_JWE_PARTS) {
        rc = toucan_jwt_encrypted(&ctx, token);

    } else {
        jwt->type = TOUCAN_TYPE_SIGNED;
        rc = toucan_jwt_signed(&ctx, token);
    }

    if (rc != TOUCAN_OK) {
        kid = jwt->kid;
        memset(jwt, 0, sizeof(toucan_jwt_t));
        jwt->kid = kid;
    }

    return rc;
}


static toucan_rc_t
toucan_jwt_signed(toucan_jwt_ctx_t *ctx, toucan_str_t token)
{
    toucan_rc_t            rc;
    toucan_jws_t           jws;
    toucan_str_t           json;
    toucan_header_seen_t  *seen;

    /* what was encrypted is nobody's to keep */

    seen = (ctx->jwt->type == TOUCAN_TYPE_SIGNED && ctx->n > 0)
           ? toucan_jwks_seen(ctx->sets[0]) : NULL;

    rc = toucan_jws_read(&jws, token, seen, ctx->arena);

    ctx->jwt->kid = jws.header.kid;

    if (rc != TOUCAN_OK) {
        return rc;
    }

    if ((ctx->rules->types & ctx->jwt->type) == 0) {
        return TOUCAN_BAD_TYPE;
    }

    rc = toucan_jws_verify(&jws, ctx->rules, ctx->sets, ctx->n, ctx->arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_b64_decode_new(&json, jws.payload, ctx->arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    if (seen != NULL && jws.header.doc != NULL) {
        toucan_header_note(seen, jws.part, &jws.header);
    }

    ctx->jwt->alg = jws.header.alg;
    ctx->jwt->access |= jws.header.access;

    return toucan_jwt_payload(ctx, json);
}


static toucan_rc_t
toucan_jwt_encrypted(toucan_jwt_ctx_t *ctx, toucan_str_t token)
{
    toucan_rc_t    rc;
    toucan_jwe_t   jwe;
    toucan_str_t   text;

    rc = toucan_jwe_read(&jwe, token, ctx->arena);

    ctx->jwt->kid = jwe.header.kid;

    if (rc != TOUCAN_OK) {
        return rc;
    }

    ctx->jwt->type = toucan_jwe_type(&jwe);

    if ((ctx->rules->types & ctx->jwt->type) == 0) {
        return TOUCAN_BAD_TYPE;
    }

    rc = toucan_jwe_decrypt(&jwe, ctx->rules, ctx->sets, ctx->n, ctx->arena,
                            &text);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    ctx->jwt->alg = jwe.header.alg;
    ctx->jwt->enc = jwe.header.enc;
    ctx->jwt->access = jwe.header.access;

    if (!jwe.header.nested) {
        return toucan_jwt_payload(ctx, text);
    }

    rc = toucan_jwt_signed(ctx, text);

    toucan_cleanse((void *) text.data, text.len);

    return rc;
}


/* The text is not needed behind this, and may have been a secret. */

static toucan_rc_t
toucan_jwt_payload(toucan_jwt_ctx_t *ctx, toucan_str_t json)
{
    toucan_rc_t          rc;
    const toucan_doc_t  *payload;

    rc = toucan_json_parse(json, &toucan_json_token_limits, ctx->arena,
                           &payload);

    toucan_cleanse((void *) json.data, json.len);

    if (rc == TOUCAN_OK) {
        ctx->jwt->payload = payload;
    }

    return rc;
}


unsigned
toucan_type_find(toucan_str_t name)
{
    unsigned  i;

    static const struct {
        toucan_str_t   name;
        toucan_type_e  type;
    } types[] = {
        { toucan_string("signed"), TOUCAN_TYPE_SIGNED },
        { toucan_string("encrypted"), TOUCAN_TYPE_ENCRYPTED },
        { toucan_string("nested"), TOUCAN_TYPE_NESTED },
        { toucan_string("sealed"), TOUCAN_TYPE_SEALED }
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (toucan_str_eq(types[i].name, name)) {
            return types[i].type;
        }
    }

    return 0;
}
