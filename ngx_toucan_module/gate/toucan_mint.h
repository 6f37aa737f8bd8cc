
/*
 * Making the token that a grant describes, and the answer that carries it.
 */


#ifndef _TOUCAN_MINT_H_INCLUDED_
#define _TOUCAN_MINT_H_INCLUDED_


#include "gate/toucan_grant.h"
#include "jose/toucan_jwks.h"


/* A random identifier: 128 bits in base64url. */
#define TOUCAN_ID_SIZE  22


typedef struct {
    toucan_str_t     token;         /* in the arena */
    int64_t          iat;           /* seconds since the epoch */
    int64_t          exp;
    int64_t          refresh_after; /* after four fifths of the lifetime,
                                       always before exp */
    toucan_str_t     jti;           /* in the arena */
    toucan_str_t     sid;
    toucan_env_e     env;
} toucan_minted_t;


/*
 * Makes a token that begins now, with a key that signs (its own "alg", else the
 * first that it fits: HS256, RS256, ES256, EdDSA) or a content key ("dir" with
 * A256GCM).  TOUCAN_BAD_REQUEST, with fault, when no gate would take the token
 * for its size or number of values; TOUCAN_ALG_NOT_ALLOWED when the key can do
 * neither; TOUCAN_NO_MEMORY, TOUCAN_INTERNAL.  The token is absent then.
 */
toucan_rc_t toucan_mint(toucan_minted_t *minted, const toucan_grant_t *grant,
    const toucan_mint_rules_t *rules, const toucan_jwk_t *jwk, int64_t now,
    toucan_arena_t *arena, toucan_fault_t *fault);

/* 1 when toucan_mint() can use the key, or keys that are derived from it. */
int toucan_mint_usable(const toucan_jwk_t *jwk);

/*
 * The answer's JSON, in the arena; absent without memory.  With oauth it holds
 * what RFC 8693 section 2.2.1 asks for, too.
 */
toucan_str_t toucan_mint_answer(const toucan_minted_t *minted, int oauth,
    toucan_arena_t *arena);


#endif /* _TOUCAN_MINT_H_INCLUDED_ */
