
/*
 * A JWK Set (RFC 7517 section 5): read as a whole, sorted by kid, never
 * changed afterwards.
 */


#ifndef _TOUCAN_JWKS_H_INCLUDED_
#define _TOUCAN_JWKS_H_INCLUDED_


#include "jose/toucan_compact.h"
#include "jose/toucan_crypto_hash.h"


#define TOUCAN_JWKS_MAX_BYTES  (4 * 1024 * 1024)
#define TOUCAN_JWKS_MAX_KEYS   4096

/* Content keys of all master keys together. */
#define TOUCAN_JWKS_MAX_DERIVED  (4 * TOUCAN_JWKS_MAX_KEYS)

/* Of a file with PEM keys, which are all tried. */
#define TOUCAN_JWKS_MAX_PEM    8

typedef struct toucan_jwks_s  toucan_jwks_t;


/*
 * Parses {"keys":[...]}, a single JWK, or "-----BEGIN PUBLIC KEY-----" blocks:
 * keys that open tokens.  The caller owns the result, free with
 * toucan_jwks_free(); NULL on an error, which diag->error tells.  A set in
 * which no key is left to use is an error, too.
 */
toucan_jwks_t *toucan_jwks_parse(toucan_str_t text, toucan_diag_t *diag);

/* The same of keys that make tokens; only as JWKs. */
toucan_jwks_t *toucan_jwks_parse_private(toucan_str_t text,
    toucan_diag_t *diag);

/*
 * Content keys of n sets' master keys (TOUCAN_OP_DERIVE) for each of the infos:
 * HKDF-SHA256, "dir" with A256GCM, for decrypting and encrypting, with the kid
 * "<kid of the master key>.<info>"; index counts them.  The caller owns the
 * result, free with toucan_jwks_free(); it may hold no key.  NULL on an error,
 * which diag->error tells: an info that is empty or longer than
 * TOUCAN_JWK_MAX_INFO, too many keys, memory is out, or OpenSSL fails.
 */
toucan_jwks_t *toucan_jwks_derive(const toucan_jwks_t *const *sets,
    unsigned n, const toucan_str_t *infos, unsigned ninfos,
    toucan_diag_t *diag);

/* The key that stood first in its file; NULL when there is none.  A view. */
const toucan_jwk_t *toucan_jwks_first(const toucan_jwks_t *jwks);

/*
 * Writes the public halves of the keys that sign (kty, kid, use, alg where the
 * key has one, and the numbers) as a JWK Set, in the order of the file;
 * secrets, master keys and keys that encrypt are left out.  TOUCAN_OK,
 * TOUCAN_NO_MEMORY or TOUCAN_INTERNAL; *text is in the arena, and set on
 * TOUCAN_OK only.
 */
toucan_rc_t toucan_jwks_public(const toucan_jwks_t *jwks,
    toucan_arena_t *arena, toucan_str_t *text);

/* Frees every key and cleanses what is secret.  NULL is accepted. */
void toucan_jwks_free(toucan_jwks_t *jwks);

/*
 * The same in pieces of at most n keys, for a set that nobody else knows: 1
 * while there are keys left, and the set with them.
 */
int toucan_jwks_free_some(toucan_jwks_t *jwks, unsigned n);

/*
 * TOUCAN_SHA256_SIZE bytes that name what the set was made of: sets that the
 * same function has made of the same text, or of the same sets and infos, have
 * the same id, and no others do.  A view into jwks.
 */
const uint8_t *toucan_jwks_id(const toucan_jwks_t *jwks);

/* What tokens that are tried with this set first have left there: no part of
 * what the set says.  A view into jwks, to be written to. */
toucan_header_seen_t *toucan_jwks_seen(const toucan_jwks_t *jwks);

unsigned toucan_jwks_count(const toucan_jwks_t *jwks);

/*
 * The keys to try for a token.  With a kid: those of exactly this kid, found
 * by binary search.  With an absent kid: every key.  *n is their number; the
 * result is a view into jwks, NULL when there is none.
 */
const toucan_jwk_t *toucan_jwks_find(const toucan_jwks_t *jwks,
    toucan_str_t kid, unsigned *n);


#endif /* _TOUCAN_JWKS_H_INCLUDED_ */
