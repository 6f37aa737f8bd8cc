
/*
 * Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 */


#ifndef _TOUCAN_B64_H_INCLUDED_
#define _TOUCAN_B64_H_INCLUDED_


#include "jose/toucan_rc.h"
#include "jose/toucan_mem.h"


/* Bytes that len characters decode to; len % 4 == 1 never decodes. */
#define toucan_b64_decoded_len(len)  ((len) / 4 * 3 + ((len) % 4 * 3) / 4)
#define toucan_b64_encoded_len(len)  (((len) * 4 + 2) / 3)


/*
 * Decodes src into dst, which has room for toucan_b64_decoded_len(src.len)
 * bytes.  TOUCAN_BAD_BASE64 for any byte outside of the alphabet, padding,
 * white space, a length of 1 modulo 4, and trailing bits that are not zero:
 * one value has one spelling.  The time taken does not depend on the values.
 */
toucan_rc_t toucan_b64_decode(uint8_t *dst, size_t *dst_len, toucan_str_t src);

/*
 * The same into memory of the arena, which the result is a view into; it is
 * cleansed when src does not decode.  TOUCAN_NO_MEMORY when the arena has none.
 */
toucan_rc_t toucan_b64_decode_new(toucan_str_t *dst, toucan_str_t src,
    toucan_arena_t *arena);

void toucan_b64_encode(toucan_buf_t *b, toucan_str_t src);


#endif /* _TOUCAN_B64_H_INCLUDED_ */
