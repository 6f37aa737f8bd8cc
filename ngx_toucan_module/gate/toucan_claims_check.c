
/*
 * What registered claims say: issuer, audience, time (RFC 7519 section 4.1).
 */


#include "gate/toucan_claims.h"


static int toucan_claims_listed(const toucan_strv_t *list,
    toucan_str_t value);
static int64_t toucan_claims_add(int64_t a, int64_t b);


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

    if (toucan_json_is(claims->aud, TOUCAN_JSON_STRING)) {
        return toucan_claims_listed(&policy->audiences,
                                    toucan_json_string(doc, claims->aud))
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
