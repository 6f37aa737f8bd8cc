
/*
 * Compact JWS: what a header may say, which keys are tried, and the verdict.
 */


#include "jose/toucan_jws.h"
#include "jose/toucan_b64.h"
#include "jose/toucan_crypto_sign.h"


#define TOUCAN_JWS_PARTS  3
#define TOUCAN_JWE_PARTS  5


/* The keys to try. */

typedef struct {
    const toucan_jwk_t  *jwk[TOUCAN_JWT_MAX_TRIES];
    unsigned             count;
    unsigned             seen;      /* keys that were meant, usable or not */
} toucan_jws_keys_t;


static toucan_rc_t toucan_jws_split(toucan_jws_t *jws, toucan_str_t token,
    toucan_str_t *header);
static toucan_rc_t toucan_jws_header(toucan_jws_t *jws);
static toucan_rc_t toucan_jws_text(toucan_jws_t *jws, const char *name,
    toucan_str_t *value);
static int toucan_jws_has(toucan_jws_t *jws, const char *name);
static int toucan_jws_typ_is_known(toucan_str_t typ);
static toucan_rc_t toucan_jws_select(const toucan_jws_t *jws,
    const toucan_jwt_rules_t *rules, const toucan_jwks_t *jwks,
    toucan_jws_keys_t *keys);


toucan_rc_t
toucan_jws_read(toucan_jws_t *jws, toucan_str_t token, toucan_arena_t *arena)
{
    toucan_rc_t    rc;
    toucan_str_t   header, json;

    memset(jws, 0, sizeof(toucan_jws_t));

    if (token.len > TOUCAN_JWT_MAX_SIZE) {
        return TOUCAN_TOO_LARGE;
    }

    rc = toucan_jws_split(jws, token, &header);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_b64_decode_new(&json, header, arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_json_parse(json, &toucan_json_token_limits, arena,
                           &jws->header);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    return toucan_jws_header(jws);
}


toucan_rc_t
toucan_jws_verify(const toucan_jws_t *jws, const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n, toucan_arena_t *arena)
{
    unsigned            i;
    toucan_rc_t         rc, verdict;
    toucan_str_t        sig;
    toucan_jws_keys_t   keys;

    if ((jws->alg->bit & (rules->algs | rules->algs_unbound)) == 0) {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    keys.count = 0;
    keys.seen = 0;

    for (i = 0; i < n; i++) {
        rc = toucan_jws_select(jws, rules, sets[i], &keys);
        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    if (keys.count == 0) {
        return keys.seen ? TOUCAN_ALG_NOT_ALLOWED : TOUCAN_KEY_NOT_FOUND;
    }

    rc = toucan_b64_decode_new(&sig, jws->signature, arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    verdict = TOUCAN_BAD_SIGNATURE;

    for (i = 0; i < keys.count; i++) {
        rc = toucan_crypto_verify(keys.jwk[i]->key, jws->alg,
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


static toucan_rc_t
toucan_jws_split(toucan_jws_t *jws, toucan_str_t token, toucan_str_t *header)
{
    size_t          start[TOUCAN_JWE_PARTS];
    unsigned        parts;
    const uint8_t  *p, *dot, *last;

    if (token.len == 0) {
        return TOUCAN_BAD_FORMAT;
    }

    parts = 1;
    start[0] = 0;
    last = token.data + token.len;

    for (p = token.data; p < last; p = dot + 1) {
        dot = memchr(p, '.', (size_t) (last - p));
        if (dot == NULL) {
            break;
        }

        if (parts == TOUCAN_JWE_PARTS) {
            return TOUCAN_BAD_FORMAT;
        }

        start[parts++] = (size_t) (dot + 1 - token.data);
    }

    if (parts == TOUCAN_JWE_PARTS) {
        return TOUCAN_BAD_TYPE;
    }

    if (parts != TOUCAN_JWS_PARTS) {
        return TOUCAN_BAD_FORMAT;
    }

    *header = toucan_str(token.data, start[1] - 1);

    jws->signing_input = toucan_str(token.data, start[2] - 1);
    jws->payload = toucan_str(token.data + start[1], start[2] - 1 - start[1]);
    jws->signature = toucan_str(token.data + start[2], token.len - start[2]);

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_jws_header(toucan_jws_t *jws)
{
    toucan_str_t  alg, kid, typ;

    if (toucan_jws_text(jws, "kid", &kid) != TOUCAN_OK
        || kid.len > TOUCAN_JWT_MAX_KID)
    {
        return TOUCAN_BAD_CLAIM;
    }

    jws->kid = kid;

    if (toucan_jws_text(jws, "alg", &alg) != TOUCAN_OK
        || toucan_jws_text(jws, "typ", &typ) != TOUCAN_OK
        || alg.data == NULL
        || toucan_jws_has(jws, "zip")
        || toucan_jws_has(jws, "enc"))
    {
        return TOUCAN_BAD_CLAIM;
    }

    if (toucan_jws_has(jws, "crit") || toucan_jws_has(jws, "b64")) {
        return TOUCAN_CRIT_UNKNOWN;
    }

    if (toucan_jws_has(jws, "cty")
        || (typ.data != NULL && !toucan_jws_typ_is_known(typ)))
    {
        return TOUCAN_BAD_TYPE;
    }

    jws->alg = toucan_alg_find(alg);

    return (jws->alg == NULL) ? TOUCAN_ALG_NOT_ALLOWED : TOUCAN_OK;
}


/* A header parameter's text, absent if there is none; else it is a string. */

static toucan_rc_t
toucan_jws_text(toucan_jws_t *jws, const char *name, toucan_str_t *value)
{
    const toucan_node_t  *node;

    node = toucan_json_member(jws->header, toucan_json_root(jws->header),
                              toucan_cstr(name));

    if (node != NULL && !toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return TOUCAN_BAD_CLAIM;
    }

    *value = toucan_json_string(jws->header, node);

    return TOUCAN_OK;
}


static int
toucan_jws_has(toucan_jws_t *jws, const char *name)
{
    return toucan_json_member(jws->header, toucan_json_root(jws->header),
                              toucan_cstr(name))
           != NULL;
}


/* RFC 7515 section 4.1.9: a media type, "application/" may be left out */

static int
toucan_jws_typ_is_known(toucan_str_t typ)
{
    static const toucan_str_t  prefix = toucan_string("application/");
    static const toucan_str_t  jwt = toucan_string("jwt");
    static const toucan_str_t  at_jwt = toucan_string("at+jwt");

    if (typ.len > prefix.len
        && toucan_str_caseeq(toucan_str(typ.data, prefix.len), prefix))
    {
        typ.data += prefix.len;
        typ.len -= prefix.len;
    }

    return toucan_str_caseeq(typ, jwt) || toucan_str_caseeq(typ, at_jwt);
}


/*
 * Adds the keys of one set that may verify the token.  "Seen" are those that
 * its kid names or, without one, those that the algorithm could use if it were
 * allowed.
 */

static toucan_rc_t
toucan_jws_select(const toucan_jws_t *jws, const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *jwks, toucan_jws_keys_t *keys)
{
    int                  fits;
    unsigned             i, n;
    toucan_algs_t        allowed;
    const toucan_jwk_t  *jwk;

    jwk = toucan_jwks_find(jwks, jws->kid, &n);

    for (i = 0; i < n; i++) {
        fits = toucan_key_fits(jwk[i].key, jws->alg);
        keys->seen |= fits || jws->kid.data != NULL;

        if (!fits || (jwk[i].alg != NULL && jwk[i].alg != jws->alg)) {
            continue;
        }

        allowed = jwk[i].alg ? rules->algs : rules->algs_unbound;

        if ((jws->alg->bit & allowed) == 0) {
            continue;
        }

        if (keys->count == TOUCAN_JWT_MAX_TRIES) {
            return TOUCAN_KEY_NOT_FOUND;
        }

        keys->jwk[keys->count++] = &jwk[i];
    }

    return TOUCAN_OK;
}
