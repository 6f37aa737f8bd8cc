
/*
 * Umbrella of the deciding floor: what ngx/ includes.
 */


#ifndef _TOUCAN_GATE_H_INCLUDED_
#define _TOUCAN_GATE_H_INCLUDED_


#include "jose/toucan_jose.h"
#include "gate/toucan_request.h"
#include "gate/toucan_origin.h"
#include "gate/toucan_kind.h"
#include "gate/toucan_policy.h"
#include "gate/toucan_place.h"
#include "gate/toucan_cors.h"
#include "gate/toucan_frame.h"
#include "gate/toucan_session.h"
#include "gate/toucan_protocol.h"
#include "gate/toucan_claims.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_perm.h"
#include "gate/toucan_headers.h"
#include "gate/toucan_fault.h"
#include "gate/toucan_apikey.h"
#include "gate/toucan_form.h"
#include "gate/toucan_grant.h"
#include "gate/toucan_mint.h"
#include "gate/toucan_revoke.h"
#include "gate/toucan_cache.h"


#endif /* _TOUCAN_GATE_H_INCLUDED_ */
