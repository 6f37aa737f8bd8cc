
/*
 * From a grant to a token: its claims (RFC 7519 section 4.1, OpenID Connect's
 * auth_time for when the session began), its key, and the answer.
 */


#include "gate/toucan_mint.h"
#include "gate/toucan_claims.h"
#include "jose/toucan_b64.h"
#include "jose/toucan_crypto_random.h"
#include "jose/toucan_jwe.h"
#include "jose/toucan_jws.h"


#define TOUCAN_MINT_RANDOM  16          /* bytes of an identifier */


/* Writes members of an object, with commas between them. */

typedef struct {
    toucan_buf_t    *b;
    unsigned         any:1;
} toucan_mint_writer_t;


static toucan_rc_t toucan_mint_id(toucan_str_t *id, toucan_arena_t *arena);
static toucan_rc_t toucan_mint_payload(const toucan_minted_t *minted,
    const toucan_grant_t *grant, const toucan_mint_rules_t *rules,
    toucan_arena_t *arena, toucan_str_t *payload);
static void toucan_mint_claims(toucan_buf_t *b, const toucan_minted_t *minted,
    const toucan_grant_t *grant, const toucan_mint_rules_t *rules);
static void toucan_mint_user(toucan_mint_writer_t *w,
    const toucan_grant_t *grant);
static toucan_rc_t toucan_mint_check(toucan_str_t payload,
    toucan_arena_t *arena, toucan_fault_t *fault);
static toucan_rc_t toucan_mint_seal(toucan_minted_t *minted,
    const toucan_jwk_t *jwk, toucan_str_t payload, toucan_arena_t *arena);
static const toucan_alg_t *toucan_mint_alg(const toucan_jwk_t *jwk);
static void toucan_mint_write_answer(toucan_buf_t *b,
    const toucan_minted_t *minted, int oauth);
static void toucan_mint_duration(toucan_mint_writer_t *w, int64_t seconds);
static void toucan_mint_name(toucan_mint_writer_t *w, const char *name);
static void toucan_mint_string(toucan_mint_writer_t *w, const char *name,
    toucan_str_t value);
static void toucan_mint_integer(toucan_mint_writer_t *w, const char *name,
    int64_t value);
static void toucan_mint_part(toucan_mint_writer_t *w, const char *name,
    const toucan_part_t *part);


toucan_rc_t
toucan_mint(toucan_minted_t *minted, const toucan_grant_t *grant,
    const toucan_mint_rules_t *rules, const toucan_jwk_t *jwk, int64_t now,
    toucan_arena_t *arena, toucan_fault_t *fault)
{
    toucan_rc_t   rc;
    toucan_str_t  payload;

    memset(minted, 0, sizeof(toucan_minted_t));

    minted->iat = now;
    minted->exp = now + grant->lifetime;
    minted->refresh_after = minted->exp - (grant->lifetime + 4) / 5;
    minted->env = grant->env;
    minted->sid = grant->sid;

    rc = toucan_mint_id(&minted->jti, arena);

    if (rc == TOUCAN_OK && minted->sid.data == NULL) {
        rc = toucan_mint_id(&minted->sid, arena);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_mint_payload(minted, grant, rules, arena, &payload);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_mint_check(payload, arena, fault);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_mint_seal(minted, jwk, payload, arena);
    }

    if (rc == TOUCAN_TOO_LARGE
        || (rc == TOUCAN_OK
            && minted->token.len > rules->policy->jwt.max_size))
    {
        rc = toucan_fault(fault, arena, TOUCAN_BAD_REQUEST,
                          "the token would be larger than tokens may be here",
                          NULL, 0);
    }

    if (rc != TOUCAN_OK) {
        minted->token = toucan_str(NULL, 0);
    }

    return rc;
}


static toucan_rc_t
toucan_mint_id(toucan_str_t *id, toucan_arena_t *arena)
{
    uint8_t       bytes[TOUCAN_MINT_RANDOM];
    toucan_rc_t   rc;
    toucan_buf_t  b;

    rc = toucan_random(bytes, sizeof(bytes));
    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_buf_init(&b, toucan_arena_alloc(arena, TOUCAN_ID_SIZE),
                    TOUCAN_ID_SIZE);

    if (b.start == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    toucan_b64_encode(&b, toucan_str(bytes, sizeof(bytes)));

    *id = toucan_buf_view(&b);

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_mint_payload(const toucan_minted_t *minted, const toucan_grant_t *grant,
    const toucan_mint_rules_t *rules, toucan_arena_t *arena,
    toucan_str_t *payload)
{
    toucan_buf_t  b;

    toucan_buf_init(&b, NULL, 0);
    toucan_mint_claims(&b, minted, grant, rules);

    toucan_buf_init(&b, toucan_arena_alloc(arena, b.need), b.need);

    if (b.start == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    toucan_mint_claims(&b, minted, grant, rules);

    *payload = toucan_buf_view(&b);

    return TOUCAN_OK;
}


static void
toucan_mint_claims(toucan_buf_t *b, const toucan_minted_t *minted,
    const toucan_grant_t *grant, const toucan_mint_rules_t *rules)
{
    toucan_mint_writer_t  w;

    w.b = b;
    w.any = 0;

    toucan_buf_byte(b, '{');

    toucan_mint_string(&w, "iss", rules->issuer);
    toucan_mint_string(&w, "aud", rules->audience);
    toucan_mint_string(&w, "sub", grant->distinct_id);
    toucan_mint_string(&w, "jti", minted->jti);
    toucan_mint_integer(&w, "iat", minted->iat);
    toucan_mint_integer(&w, "nbf", minted->iat);
    toucan_mint_integer(&w, "exp", minted->exp);
    toucan_mint_integer(&w, "auth_time", grant->auth_time);
    toucan_mint_string(&w, "organization", grant->organization);
    toucan_mint_string(&w, "env", toucan_env_name(grant->env));
    toucan_mint_string(&w, "client_id", grant->client_id);
    toucan_mint_string(&w, "sid", minted->sid);

    toucan_mint_user(&w, grant);

    toucan_mint_part(&w, "permissions", &grant->permissions);
    toucan_mint_part(&w, "resources", &grant->resources);
    toucan_mint_part(&w, "origins", &grant->origins);

    toucan_buf_byte(b, '}');
}


static void
toucan_mint_user(toucan_mint_writer_t *w, const toucan_grant_t *grant)
{
    toucan_mint_name(w, "user");
    toucan_buf_byte(w->b, '{');
    w->any = 0;

    toucan_mint_string(w, "distinctId", grant->distinct_id);
    toucan_mint_string(w, "role", grant->role);
    toucan_mint_part(w, "attributes", &grant->attributes);

    toucan_buf_byte(w->b, '}');
    w->any = 1;
}


/* What is made is held against what a gate asks of any token. */

static toucan_rc_t
toucan_mint_check(toucan_str_t payload, toucan_arena_t *arena,
    toucan_fault_t *fault)
{
    toucan_rc_t          rc;
    toucan_claims_t      claims;
    toucan_policy_t      policy;
    const toucan_doc_t  *doc;

    memset(&policy, 0, sizeof(toucan_policy_t));

    rc = toucan_json_parse(payload, &toucan_json_token_limits, arena, &doc);

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_read(&claims, &policy, doc);
    }

    if (rc == TOUCAN_OK || rc == TOUCAN_NO_MEMORY || rc == TOUCAN_TOO_LARGE) {
        return rc;
    }

    return toucan_fault(fault, arena, TOUCAN_BAD_REQUEST,
                        "the token would hold more values than tokens may",
                        NULL, 0);
}


static toucan_rc_t
toucan_mint_seal(toucan_minted_t *minted, const toucan_jwk_t *jwk,
    toucan_str_t payload, toucan_arena_t *arena)
{
    const toucan_alg_t  *alg;

    if (jwk->enc != NULL && (jwk->ops & TOUCAN_OP_ENCRYPT)) {
        return toucan_jwe_encrypt(jwk, jwk->alg, jwk->enc, 0, payload, arena,
                                  &minted->token);
    }

    alg = toucan_mint_alg(jwk);

    if (alg == NULL) {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    return toucan_jws_sign(jwk, alg, payload, arena, &minted->token);
}


static const toucan_alg_t *
toucan_mint_alg(const toucan_jwk_t *jwk)
{
    unsigned             i;
    const toucan_alg_t  *row;

    if ((jwk->ops & TOUCAN_OP_SIGN) == 0) {
        return NULL;
    }

    for (i = 0; (row = toucan_alg_row(i)) != NULL; i++) {
        if (toucan_alg_signs(row)
            && (jwk->alg == NULL || jwk->alg == row)
            && toucan_key_fits(jwk->key, row))
        {
            return row;
        }
    }

    return NULL;
}


int
toucan_mint_usable(const toucan_jwk_t *jwk)
{
    return (jwk->ops & TOUCAN_OP_DERIVE) || toucan_mint_alg(jwk) != NULL;
}


toucan_str_t
toucan_mint_answer(const toucan_minted_t *minted, int oauth,
    toucan_arena_t *arena)
{
    toucan_buf_t  b;

    toucan_buf_init(&b, NULL, 0);
    toucan_mint_write_answer(&b, minted, oauth);

    toucan_buf_init(&b, toucan_arena_alloc(arena, b.need), b.need);

    if (b.start != NULL) {
        toucan_mint_write_answer(&b, minted, oauth);
    }

    return toucan_buf_view(&b);
}


static void
toucan_mint_write_answer(toucan_buf_t *b, const toucan_minted_t *minted,
    int oauth)
{
    int64_t               lifetime;
    toucan_mint_writer_t  w;

    w.b = b;
    w.any = 0;
    lifetime = minted->exp - minted->iat;

    toucan_buf_byte(b, '{');

    toucan_mint_string(&w, "token", minted->token);
    toucan_mint_duration(&w, lifetime);
    toucan_mint_integer(&w, "expiresInSeconds", lifetime);
    toucan_mint_integer(&w, "expiresAt", minted->exp);
    toucan_mint_integer(&w, "refreshAfter", minted->refresh_after);
    toucan_mint_string(&w, "tokenType", toucan_cstr("Bearer"));
    toucan_mint_string(&w, "jti", minted->jti);
    toucan_mint_string(&w, "sessionId", minted->sid);
    toucan_mint_string(&w, "env", toucan_env_name(minted->env));

    if (oauth) {
        toucan_mint_string(&w, "access_token", minted->token);
        toucan_mint_string(&w, "issued_token_type",
                           toucan_cstr("urn:ietf:params:oauth:token-type:jwt"));
        toucan_mint_string(&w, "token_type", toucan_cstr("Bearer"));
        toucan_mint_integer(&w, "expires_in", lifetime);
    }

    toucan_buf_write(b, "}\n", 2);
}


/* "15m", "1h", "90s": in the largest unit that leaves no rest. */

static void
toucan_mint_duration(toucan_mint_writer_t *w, int64_t seconds)
{
    uint8_t  unit;

    unit = 's';

    if (seconds % 3600 == 0) {
        seconds /= 3600;
        unit = 'h';

    } else if (seconds % 60 == 0) {
        seconds /= 60;
        unit = 'm';
    }

    toucan_mint_name(w, "expiresIn");
    toucan_buf_byte(w->b, '"');
    toucan_json_write_integer(w->b, seconds);
    toucan_buf_byte(w->b, unit);
    toucan_buf_byte(w->b, '"');
}


static void
toucan_mint_name(toucan_mint_writer_t *w, const char *name)
{
    if (w->any) {
        toucan_buf_byte(w->b, ',');
    }

    w->any = 1;

    toucan_json_write_string(w->b, toucan_cstr(name));
    toucan_buf_byte(w->b, ':');
}


static void
toucan_mint_string(toucan_mint_writer_t *w, const char *name,
    toucan_str_t value)
{
    if (value.data != NULL) {
        toucan_mint_name(w, name);
        toucan_json_write_string(w->b, value);
    }
}


static void
toucan_mint_integer(toucan_mint_writer_t *w, const char *name, int64_t value)
{
    toucan_mint_name(w, name);
    toucan_json_write_integer(w->b, value);
}


static void
toucan_mint_part(toucan_mint_writer_t *w, const char *name,
    const toucan_part_t *part)
{
    if (part->node != NULL) {
        toucan_mint_name(w, name);
        toucan_json_write(w->b, part->doc, part->node);
    }
}
