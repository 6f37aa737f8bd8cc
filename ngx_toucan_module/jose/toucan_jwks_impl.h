
/*
 * Inside of a set of keys: shared by the toucan_jwks*.c files.  Nobody else
 * includes it.
 */


#ifndef _TOUCAN_JWKS_IMPL_H_INCLUDED_
#define _TOUCAN_JWKS_IMPL_H_INCLUDED_


#include "jose/toucan_jwks.h"


struct toucan_jwks_s {
    unsigned         count;
    toucan_jwk_t     key[];
};


/*
 * An empty set with room for n keys.  The caller owns the result, free with
 * toucan_jwks_free(); NULL when memory is out, which diag->error then says.
 */
toucan_jwks_t *toucan_jwks_new(unsigned n, toucan_diag_t *diag);

/* By kid, as toucan_jwks_find() wants it. */
void toucan_jwks_sort(toucan_jwks_t *jwks);


#endif /* _TOUCAN_JWKS_IMPL_H_INCLUDED_ */
