
/*
 * Umbrella of the token floor: what gate/ and ngx/ include.
 */


#ifndef _TOUCAN_JOSE_H_INCLUDED_
#define _TOUCAN_JOSE_H_INCLUDED_


#include "jose/toucan_str.h"
#include "jose/toucan_rc.h"
#include "jose/toucan_mem.h"
#include "jose/toucan_b64.h"
#include "jose/toucan_json.h"
#include "jose/toucan_alg.h"
#include "jose/toucan_crypto_hash.h"
#include "jose/toucan_jwks.h"
#include "jose/toucan_jwks_reader.h"
#include "jose/toucan_jwt.h"
#include "jose/toucan_pick.h"


#endif /* _TOUCAN_JOSE_H_INCLUDED_ */
