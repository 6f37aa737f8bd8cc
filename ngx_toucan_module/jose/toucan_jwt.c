
/*
 * Opening a token: the order of the steps.
 */


#include "jose/toucan_jws.h"
#include "jose/toucan_b64.h"


toucan_rc_t
toucan_jwt_open(const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n, toucan_str_t token,
    toucan_arena_t *arena, toucan_jwt_t *jwt)
{
    toucan_rc_t          rc;
    toucan_str_t         json;
    toucan_jws_t         jws;
    const toucan_doc_t  *payload;

    memset(jwt, 0, sizeof(toucan_jwt_t));

    if (token.len > rules->max_size) {
        return TOUCAN_TOO_LARGE;
    }

    rc = toucan_jws_read(&jws, token, arena);

    jwt->kid = jws.kid;

    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_jws_verify(&jws, rules, sets, n, arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_b64_decode_new(&json, jws.payload, arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_json_parse(json, &toucan_json_token_limits, arena, &payload);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    jwt->payload = payload;
    jwt->alg = jws.alg;

    return TOUCAN_OK;
}
