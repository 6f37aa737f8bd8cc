
/*
 * Inside of a set of keys: shared by the toucan_jwks*.c files.  Nobody else
 * includes it.
 */


#ifndef _TOUCAN_JWKS_IMPL_H_INCLUDED_
#define _TOUCAN_JWKS_IMPL_H_INCLUDED_


#include "jose/toucan_jwks.h"


struct toucan_jwks_s {
    uint8_t                id[TOUCAN_SHA256_SIZE];
    toucan_header_seen_t  *seen;        /* in the memory behind the keys */
    unsigned               count;
    toucan_jwk_t           key[];
};


/*
 * An empty set with room for n keys.  The caller owns the result, free with
 * toucan_jwks_free(); NULL when memory is out, which diag->error then says.
 */
toucan_jwks_t *toucan_jwks_new(unsigned n, toucan_diag_t *diag);

/*
 * Sets the id of a set that was made of text in one of several ways; "how"
 * tells them apart.  jwks, which may be NULL; or NULL, and it is freed, when
 * OpenSSL fails, which diag->error then says.
 */
toucan_jwks_t *toucan_jwks_named(toucan_jwks_t *jwks, unsigned how,
    toucan_str_t text, toucan_diag_t *diag);

/* By kid, as toucan_jwks_find() wants it. */
void toucan_jwks_sort(toucan_jwks_t *jwks);


#endif /* _TOUCAN_JWKS_IMPL_H_INCLUDED_ */
