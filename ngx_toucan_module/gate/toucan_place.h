
/*
 * May a request come from this place?  First by the policy alone, then by the
 * token's own origins.
 */


#ifndef _TOUCAN_PLACE_H_INCLUDED_
#define _TOUCAN_PLACE_H_INCLUDED_


#include "gate/toucan_policy.h"


/*
 * Classifies the request (toucan_kind_classify) and holds the result against
 * kinds and allowlist: sets place->listed, and place->rc to the reason for a
 * refusal, or TOUCAN_OK.  Looks at no token.
 */
void toucan_place_check(const toucan_policy_t *policy,
    const toucan_request_t *request, toucan_place_t *place);

/*
 * TOUCAN_OK when the token's origins (if it has any) accept the place, too.
 * TOUCAN_TOKEN_ORIGIN_DENIED when not: the origin is another one; or there is
 * no embedding page (kinds page and server); or the list is empty.
 * TOUCAN_ORIGIN_MISSING for a frame whose embedder neither the Referer nor a
 * frame-ancestors header can pin down.  Call only with place->rc TOUCAN_OK.
 */
toucan_rc_t toucan_place_token(const toucan_policy_t *policy,
    const toucan_place_t *place, const toucan_claims_t *claims);

/* 1 when the token is bound to no origins, or this one is among them. */
int toucan_place_bound(const toucan_claims_t *claims,
    const toucan_origin_t *origin);


#endif /* _TOUCAN_PLACE_H_INCLUDED_ */
