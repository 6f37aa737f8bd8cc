
/*
 * What registered claims say: issuer, audience, time (RFC 7519 section 4.1);
 * the form of origins; and the names of claims and environments.
 */


#include "gate/toucan_claims.h"
#include "gate/toucan_node.h"


static int toucan_claims_listed(const toucan_strv_t *list,
    toucan_str_t value);
static int64_t toucan_claims_add(int64_t a, int64_t b);


/* What toucan_claim calls those that can be moved. */

static const toucan_str_t  toucan_claims_movable[TOUCAN_CLAIM_MAX] = {
    [TOUCAN_CLAIM_DISTINCT_ID] = toucan_string("distinct_id"),
    [TOUCAN_CLAIM_ROLE] = toucan_string("role"),
    [TOUCAN_CLAIM_ATTRIBUTES] = toucan_string("attributes"),
    [TOUCAN_CLAIM_PERMISSIONS] = toucan_string("permissions"),
    [TOUCAN_CLAIM_RESOURCES] = toucan_string("resources"),
    [TOUCAN_CLAIM_ORIGINS] = toucan_string("origins"),
    [TOUCAN_CLAIM_ORGANIZATION] = toucan_string("organization")
};


toucan_rc_t
toucan_claims_issuer(const toucan_claims_t *claims,
    const toucan_policy_t *policy)
{
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;

    if (policy->issuers.n != 0
        && (claims->iss.data == NULL
            || !toucan_claims_listed(&policy->issuers, claims->iss)))
    {
        return TOUCAN_BAD_ISSUER;
    }

    if (policy->audiences.n == 0) {
        return TOUCAN_OK;
    }

    doc = claims->doc;

    if (claims->aud == NULL) {
        return TOUCAN_BAD_AUDIENCE;
    }

    if (toucan_node_is(claims->aud, TOUCAN_JSON_STRING)) {
        return toucan_claims_listed(&policy->audiences,
                                    toucan_node_text(doc, claims->aud))
               ? TOUCAN_OK : TOUCAN_BAD_AUDIENCE;
    }

    for (node = toucan_json_child(doc, claims->aud);
         node;
         node = toucan_json_sibling(doc, claims->aud, node))
    {
        if (toucan_claims_listed(&policy->audiences,
                                 toucan_json_string(doc, node)))
        {
            return TOUCAN_OK;
        }
    }

    return TOUCAN_BAD_AUDIENCE;
}


static int
toucan_claims_listed(const toucan_strv_t *list, toucan_str_t value)
{
    unsigned  i;

    for (i = 0; i < list->n; i++) {
        if (toucan_str_eq(list->elts[i], value)) {
            return 1;
        }
    }

    return 0;
}


toucan_rc_t
toucan_claims_time(const toucan_claims_t *claims,
    const toucan_policy_t *policy, int64_t now)
{
    int64_t  horizon;

    if (now >= toucan_claims_add(claims->exp, policy->leeway)) {
        return TOUCAN_EXPIRED;
    }

    horizon = toucan_claims_add(now, policy->leeway);

    if (claims->nbf > horizon || claims->iat > horizon) {
        return TOUCAN_NOT_YET_VALID;
    }

    if (policy->max_lifetime != 0
        && claims->exp - claims->iat > policy->max_lifetime)
    {
        return TOUCAN_LIFETIME_TOO_LONG;
    }

    return TOUCAN_OK;
}


/* a + b; the nearest that there is when the sum has no room */

static int64_t
toucan_claims_add(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b) {
        return INT64_MAX;
    }

    if (b < 0 && a < INT64_MIN - b) {
        return INT64_MIN;
    }

    return a + b;
}


int
toucan_claims_origins_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *origins)
{
    unsigned              n;
    toucan_origin_t       origin;
    const toucan_node_t  *node;

    if (!toucan_node_is(origins, TOUCAN_JSON_ARRAY)) {
        return 0;
    }

    n = 0;

    for (node = toucan_node_first(origins);
         node != NULL;
         node = toucan_node_after(doc, origins, node))
    {
        if (++n > TOUCAN_CLAIMS_ORIGINS_MAX
            || !toucan_node_is(node, TOUCAN_JSON_STRING)
            || toucan_origin_parse(&origin, toucan_node_text(doc, node))
               != TOUCAN_OK)
        {
            return 0;
        }
    }

    return 1;
}


toucan_claim_e
toucan_claim_find(toucan_str_t name)
{
    unsigned  i;

    for (i = 0; i < TOUCAN_CLAIM_MAX; i++) {
        if (toucan_str_eq(toucan_claims_movable[i], name)) {
            break;
        }
    }

    return (toucan_claim_e) i;
}


toucan_env_e
toucan_env_find(toucan_str_t name)
{
    if (toucan_str_is(name, "live")) {
        return TOUCAN_ENV_LIVE;
    }

    if (toucan_str_is(name, "sandbox")) {
        return TOUCAN_ENV_SANDBOX;
    }

    return (toucan_env_e) 0;
}


toucan_str_t
toucan_env_name(toucan_env_e env)
{
    static const toucan_str_t  live = toucan_string("live");
    static const toucan_str_t  sandbox = toucan_string("sandbox");

    return (env == TOUCAN_ENV_SANDBOX) ? sandbox : live;
}
