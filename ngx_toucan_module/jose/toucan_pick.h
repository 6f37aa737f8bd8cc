
/*
 * Which keys a token is tried with.
 */


#ifndef _TOUCAN_PICK_H_INCLUDED_
#define _TOUCAN_PICK_H_INCLUDED_


#include "jose/toucan_compact.h"
#include "jose/toucan_jwt.h"


typedef struct {
    const toucan_jwk_t  *jwk[TOUCAN_JWT_MAX_TRIES];
    unsigned             count;
    unsigned             seen;      /* keys that were meant, usable or not */
} toucan_pick_t;


/*
 * Picks from n sets by the rules that are told at toucan_jwt_open(), keys of
 * an operation: TOUCAN_OP_VERIFY or TOUCAN_OP_DECRYPT.  TOUCAN_OK when there is
 * one or more to try; TOUCAN_ALG_NOT_ALLOWED, TOUCAN_KEY_NOT_FOUND.
 */
toucan_rc_t toucan_pick(toucan_pick_t *pick, const toucan_header_t *header,
    toucan_op_e op, const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n);

/*
 * 0 when no token at all can be opened by these rules with the keys of n sets,
 * whatever its header says.
 */
int toucan_pick_possible(const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n);


#endif /* _TOUCAN_PICK_H_INCLUDED_ */
