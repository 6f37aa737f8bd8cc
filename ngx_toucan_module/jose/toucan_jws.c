
/*
 * Compact JWS: reading, verifying, signing.
 */


#include "jose/toucan_jws.h"
#include "jose/toucan_b64.h"
#include "jose/toucan_crypto_sign.h"
#include "jose/toucan_crypto_verify.h"
#include "jose/toucan_pick.h"


toucan_rc_t
toucan_jws_read(toucan_jws_t *jws, toucan_str_t token,
    const toucan_header_seen_t *seen, toucan_arena_t *arena)
{
    unsigned      n;
    toucan_str_t  part[TOUCAN_JWE_PARTS];

    memset(jws, 0, sizeof(toucan_jws_t));

    if (token.len > TOUCAN_JWT_MAX_SIZE) {
        return TOUCAN_TOO_LARGE;
    }

    n = toucan_compact_split(token, part);

    if (n != TOUCAN_JWS_PARTS) {
        return (n == TOUCAN_JWE_PARTS) ? TOUCAN_BAD_TYPE : TOUCAN_BAD_FORMAT;
    }

    jws->part = part[0];
    jws->signing_input = toucan_str(token.data,
                                    part[0].len + 1 + part[1].len);
    jws->payload = part[1];
    jws->signature = part[2];

    return (seen != NULL && toucan_header_known(seen, part[0]))
           ? toucan_header_recall(&jws->header, seen, arena)
           : toucan_header_read(&jws->header, part[0], 0, arena);
}


toucan_rc_t
toucan_jws_verify(const toucan_jws_t *jws, const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n, toucan_arena_t *arena)
{
    unsigned       i;
    toucan_rc_t    rc, verdict;
    toucan_str_t   sig;
    toucan_pick_t  pick;

    rc = toucan_pick(&pick, &jws->header, TOUCAN_OP_VERIFY, rules, sets, n);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_b64_decode_new(&sig, jws->signature, arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    verdict = TOUCAN_BAD_SIGNATURE;

    for (i = 0; i < pick.count; i++) {
        rc = toucan_crypto_verify(pick.jwk[i]->key, jws->header.alg,
                                  jws->signing_input, sig);
        if (rc == TOUCAN_OK) {
            return TOUCAN_OK;
        }

        /* a failure of ours outweighs the verdict that it kept from us */

        if (rc != TOUCAN_BAD_SIGNATURE) {
            verdict = rc;
        }
    }

    return verdict;
}


toucan_rc_t
toucan_jws_sign(const toucan_jwk_t *jwk, const toucan_alg_t *alg,
    toucan_str_t payload, toucan_arena_t *arena, toucan_str_t *token)
{
    size_t         len;
    uint8_t        sig[TOUCAN_SIG_MAX_SIZE];
    toucan_rc_t    rc;
    toucan_str_t   header;
    toucan_buf_t   b;

    if (!toucan_alg_signs(alg)
        || (jwk->ops & TOUCAN_OP_SIGN) == 0
        || (jwk->alg != NULL && jwk->alg != alg))
    {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    if (payload.len > TOUCAN_JWT_MAX_SIZE) {
        return TOUCAN_TOO_LARGE;
    }

    rc = toucan_header_write(&header, jwk, alg, NULL, NULL, 0, arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    len = toucan_b64_encoded_len(header.len) + 1
          + toucan_b64_encoded_len(payload.len) + 1
          + toucan_b64_encoded_len(sizeof(sig));

    toucan_buf_init(&b, toucan_arena_alloc(arena, len), len);

    if (b.start == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    toucan_b64_encode(&b, header);
    toucan_buf_byte(&b, '.');
    toucan_b64_encode(&b, payload);

    rc = toucan_crypto_sign(jwk->key, alg, toucan_buf_view(&b), sig, &len);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_buf_byte(&b, '.');
    toucan_b64_encode(&b, toucan_str(sig, len));

    if (b.overflow || toucan_buf_view(&b).len > TOUCAN_JWT_MAX_SIZE) {
        return TOUCAN_TOO_LARGE;
    }

    *token = toucan_buf_view(&b);

    return TOUCAN_OK;
}
