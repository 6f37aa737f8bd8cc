
/*
 * Compact JWE (RFC 7516 section 7.1): decrypted with the keys of a set, or
 * made with one key.
 */


#ifndef _TOUCAN_JWE_H_INCLUDED_
#define _TOUCAN_JWE_H_INCLUDED_


#include "jose/toucan_compact.h"
#include "jose/toucan_jwt.h"


/*
 * The decoded header and the encoded parts; views into the token and the
 * arena.
 */

typedef struct {
    toucan_header_t      header;
    toucan_str_t         aad;               /* the encoded header */
    toucan_str_t         encrypted_key;     /* this and the rest: base64url */
    toucan_str_t         iv;
    toucan_str_t         ciphertext;
    toucan_str_t         tag;
} toucan_jwe_t;


/* Reads header and parts and checks the header.  Errors as
 * toucan_jwt_open(). */
toucan_rc_t toucan_jwe_read(toucan_jwe_t *jwe, toucan_str_t token,
    toucan_arena_t *arena);

/* One of TOUCAN_TYPE_ENCRYPTED, _SEALED and _NESTED. */
toucan_type_e toucan_jwe_type(const toucan_jwe_t *jwe);

/*
 * Selects keys and decrypts; *plaintext is in the arena, and the caller
 * cleanses it.  Errors as toucan_jwt_open().
 */
toucan_rc_t toucan_jwe_decrypt(const toucan_jwe_t *jwe,
    const toucan_jwt_rules_t *rules, const toucan_jwks_t *const *sets,
    unsigned n, toucan_arena_t *arena, toucan_str_t *plaintext);

/*
 * Encrypts a payload for the holder of a key; the header says alg, enc, typ
 * JWT, the key's kid and, with nested, cty JWT: the payload is a JWS then.
 * *token is in the arena and set on TOUCAN_OK only.  TOUCAN_ALG_NOT_ALLOWED
 * when the key does not serve alg and enc, TOUCAN_TOO_LARGE beyond
 * TOUCAN_JWT_MAX_SIZE, TOUCAN_NO_MEMORY, TOUCAN_INTERNAL.
 */
toucan_rc_t toucan_jwe_encrypt(const toucan_jwk_t *jwk,
    const toucan_alg_t *alg, const toucan_enc_t *enc, int nested,
    toucan_str_t payload, toucan_arena_t *arena, toucan_str_t *token);


#endif /* _TOUCAN_JWE_H_INCLUDED_ */
