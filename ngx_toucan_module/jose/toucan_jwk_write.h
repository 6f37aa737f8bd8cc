
/*
 * Members of JSON objects as JOSE writes them: in the header of a token, and
 * in a JWK.
 */


#ifndef _TOUCAN_JWK_WRITE_H_INCLUDED_
#define _TOUCAN_JWK_WRITE_H_INCLUDED_


#include "jose/toucan_crypto_key.h"


/* A comma and a member: a text, or bytes in base64url. */
void toucan_jwk_write_text(toucan_buf_t *b, const char *name,
    toucan_str_t value);
void toucan_jwk_write_bytes(toucan_buf_t *b, const char *name,
    toucan_str_t value);

/* The first members of a public EC or OKP key: kty, crv, x and, for EC, y. */
void toucan_jwk_write_point(toucan_buf_t *b, const toucan_point_t *point);


#endif /* _TOUCAN_JWK_WRITE_H_INCLUDED_ */
