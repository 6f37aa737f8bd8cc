
/*
 * The compact serialization (RFC 7515 section 7.1, RFC 7516 section 7.1): its
 * parts, and what a JOSE header may say.
 */


#ifndef _TOUCAN_COMPACT_H_INCLUDED_
#define _TOUCAN_COMPACT_H_INCLUDED_


#include "jose/toucan_crypto_wrap.h"
#include "jose/toucan_jwk.h"


#define TOUCAN_JWS_PARTS       3
#define TOUCAN_JWE_PARTS       5

/* Of a decoded JOSE header. */
#define TOUCAN_HEADER_MAX_BYTES   16384
#define TOUCAN_HEADER_MAX_DEPTH   16
#define TOUCAN_HEADER_MAX_VALUES  256


typedef struct {
    const toucan_doc_t  *doc;
    toucan_str_t         kid;       /* absent if there is none */
    const toucan_alg_t  *alg;       /* static */
    const toucan_enc_t  *enc;       /* static; NULL in a JWS */
    unsigned             nested:1;  /* JWE: cty says that a JWT is inside */
    unsigned             access:1;  /* typ says that it is an access token */
} toucan_header_t;


/*
 * The header of the last token that was verified, as it stood in the token and
 * as it was read.  Those of one issuer are the same byte for byte, so most
 * headers need not be read.  All zeros: none yet.
 */

#define TOUCAN_HEADER_SEEN_PART  160
#define TOUCAN_HEADER_SEEN_KID   64

typedef struct {
    const toucan_alg_t  *alg;
    unsigned             part_len;
    unsigned             kid_len;
    unsigned             named:1;       /* there is a kid */
    unsigned             access:1;
    uint8_t              part[TOUCAN_HEADER_SEEN_PART];
    uint8_t              kid[TOUCAN_HEADER_SEEN_KID];
} toucan_header_seen_t;


/*
 * Splits a token at its dots into at most TOUCAN_JWE_PARTS parts, views into
 * it.  Their number, or 0 for an empty token and for more parts.
 */
unsigned toucan_compact_split(toucan_str_t token,
    toucan_str_t part[TOUCAN_JWE_PARTS]);

/*
 * Decodes and checks a header; what it refuses is told at toucan_jwt_open().
 * header->kid is set as soon as it is known, also on an error; everything is
 * in the arena.
 */
toucan_rc_t toucan_header_read(toucan_header_t *header, toucan_str_t part,
    int encrypted, toucan_arena_t *arena);

/* 1 when part is, byte for byte, the header of a JWS that was seen. */
int toucan_header_known(const toucan_header_seen_t *seen, toucan_str_t part);

/*
 * That header: but for its doc, which is NULL, what toucan_header_read() would
 * make of it.  The kid is in the arena; TOUCAN_NO_MEMORY.
 */
toucan_rc_t toucan_header_recall(toucan_header_t *header,
    const toucan_header_seen_t *seen, toucan_arena_t *arena);

/* Notes the header of a JWS that was verified, unless it is too long. */
void toucan_header_note(toucan_header_seen_t *seen, toucan_str_t part,
    const toucan_header_t *header);

/*
 * A header parameter that is base64url, decoded into the arena; absent when
 * there is none.  TOUCAN_BAD_CLAIM if it is no string, TOUCAN_BAD_BASE64,
 * TOUCAN_NO_MEMORY.
 */
toucan_rc_t toucan_header_bytes(const toucan_header_t *header,
    const char *name, toucan_arena_t *arena, toucan_str_t *value);

/* NULL when the header has no such parameter. */
const toucan_node_t *toucan_header_member(const toucan_header_t *header,
    const char *name);

/*
 * Writes a header for a token that is made with jwk: alg, enc, typ JWT, cty
 * JWT when nested, the key's kid, and what "wrapped" has to say.  enc and
 * wrapped are NULL for a JWS.  *text is in the arena; TOUCAN_NO_MEMORY.
 */
toucan_rc_t toucan_header_write(toucan_str_t *text, const toucan_jwk_t *jwk,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrapped_t *wrapped, int nested, toucan_arena_t *arena);


#endif /* _TOUCAN_COMPACT_H_INCLUDED_ */
