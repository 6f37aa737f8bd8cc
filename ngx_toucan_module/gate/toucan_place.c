
/*
 * Whether a request may come from its place: the kinds and the allowlist of
 * the policy, then the origins that a token is bound to.
 */


#include "gate/toucan_place.h"
#include "gate/toucan_frame.h"
#include "gate/toucan_node.h"


#define toucan_place_takes(policy, kind)                                      \
    (((policy)->kinds & (1u << (kind))) != 0)


static toucan_rc_t toucan_place_kind(const toucan_policy_t *policy,
    const toucan_place_t *place);
static toucan_rc_t toucan_place_frame(const toucan_policy_t *policy,
    const toucan_place_t *place);


void
toucan_place_check(const toucan_policy_t *policy,
    const toucan_request_t *request, toucan_place_t *place)
{
    toucan_kind_classify(request, place);

    /* whatever else is decided: it says who may read a refusal */

    place->listed = place->null
                    ? toucan_origins_null(policy->origins)
                    : toucan_origins_match(policy->origins, &place->origin);

    if (place->rc == TOUCAN_OK) {
        place->rc = toucan_place_kind(policy, place);
    }
}


toucan_rc_t
toucan_place_token(const toucan_policy_t *policy, const toucan_place_t *place,
    const toucan_claims_t *claims)
{
    switch (place->kind) {

    case TOUCAN_KIND_COMPONENT:
    case TOUCAN_KIND_OWN:
    case TOUCAN_KIND_FRAME:
        break;

    case TOUCAN_KIND_PAGE:
    case TOUCAN_KIND_SERVER:
        return claims->origins ? TOUCAN_TOKEN_ORIGIN_DENIED : TOUCAN_OK;

    default:
        return TOUCAN_KIND_NOT_ALLOWED;
    }

    if (claims->origins
        && toucan_json_child(claims->doc, claims->origins) == NULL)
    {
        return TOUCAN_TOKEN_ORIGIN_DENIED;
    }

    if (place->kind == TOUCAN_KIND_COMPONENT || place->origin.len) {
        return toucan_place_bound(claims, &place->origin)
               ? TOUCAN_OK : TOUCAN_TOKEN_ORIGIN_DENIED;
    }

    /* who embeds a page of ours was seen to when that page was loaded */

    if (place->kind == TOUCAN_KIND_OWN || place->own_referer) {
        return TOUCAN_OK;
    }

    if (!policy->frame_ancestors || toucan_frame_nobody(policy, claims)) {
        return TOUCAN_ORIGIN_MISSING;
    }

    return TOUCAN_OK;
}


int
toucan_place_bound(const toucan_claims_t *claims,
    const toucan_origin_t *origin)
{
    toucan_str_t          text, written;
    toucan_origin_t       listed;
    const toucan_node_t  *node;

    if (claims->origins == NULL) {
        return 1;
    }

    text = toucan_origin_text(origin);

    if (text.len == 0) {
        return 0;
    }

    for (node = toucan_node_first(claims->origins);
         node != NULL;
         node = toucan_node_after(claims->doc, claims->origins, node))
    {
        written = toucan_json_string(claims->doc, node);

        /* an origin that is normalised already reads as it is written */

        if (toucan_str_eq(written, text)
            || (toucan_origin_parse(&listed, written) == TOUCAN_OK
                && toucan_str_eq(toucan_origin_text(&listed), text)))
        {
            return 1;
        }
    }

    return 0;
}


static toucan_rc_t
toucan_place_kind(const toucan_policy_t *policy, const toucan_place_t *place)
{
    switch (place->kind) {

    case TOUCAN_KIND_PREFLIGHT:

        /* it has no token: what the policy does not answer, nobody does */

        if (!policy->cors.enabled) {
            return TOUCAN_KIND_NOT_ALLOWED;
        }

        /* fall through */

    case TOUCAN_KIND_COMPONENT:

        if (!toucan_place_takes(policy, TOUCAN_KIND_COMPONENT)) {
            return TOUCAN_KIND_NOT_ALLOWED;
        }

        return place->listed ? TOUCAN_OK : TOUCAN_ORIGIN_DENIED;

    case TOUCAN_KIND_OWN:

        if (toucan_place_takes(policy, TOUCAN_KIND_OWN)
            || toucan_place_takes(policy, TOUCAN_KIND_FRAME))
        {
            return TOUCAN_OK;
        }

        return TOUCAN_KIND_NOT_ALLOWED;

    case TOUCAN_KIND_FRAME:
        return toucan_place_frame(policy, place);

    case TOUCAN_KIND_PAGE:
    case TOUCAN_KIND_SERVER:

        return toucan_place_takes(policy, place->kind)
               ? TOUCAN_OK : TOUCAN_KIND_NOT_ALLOWED;

    default:
        return TOUCAN_KIND_NOT_ALLOWED;
    }
}


static toucan_rc_t
toucan_place_frame(const toucan_policy_t *policy, const toucan_place_t *place)
{
    if (!toucan_place_takes(policy, TOUCAN_KIND_FRAME)) {
        return TOUCAN_KIND_NOT_ALLOWED;
    }

    if (place->origin.len) {
        return place->listed ? TOUCAN_OK : TOUCAN_ORIGIN_DENIED;
    }

    if (place->own_referer) {
        return TOUCAN_OK;
    }

    /* frame-ancestors may see to it; toucan_place_token() knows */

    return toucan_origins_empty(policy->origins) ? TOUCAN_ORIGIN_MISSING
                                                 : TOUCAN_OK;
}
