
/*
 * Base64url.  Characters are mapped by arithmetic on whole blocks: no table
 * indexed by a value and no branch on one, and compilers turn the fixed loop
 * into vector code.
 */


#include "jose/toucan_b64.h"

#include <endian.h>


#define TOUCAN_B64_BLOCK  64        /* characters; decode to 48 bytes */
#define TOUCAN_B64_BYTES  48


static unsigned toucan_b64_map(uint8_t *restrict dst,
    const uint8_t *restrict src);
static uint8_t *toucan_b64_pack(uint8_t *dst, const uint8_t *v, size_t len);
static size_t toucan_b64_unpack(uint8_t *v, const uint8_t *src, size_t len);
static uint8_t toucan_b64_char(uint8_t v);


toucan_rc_t
toucan_b64_decode(uint8_t *dst, size_t *dst_len, toucan_str_t src)
{
    size_t          left;
    uint8_t        *p, v[TOUCAN_B64_BLOCK], tail[TOUCAN_B64_BLOCK];
    unsigned        bad;
    const uint8_t  *s;

    *dst_len = 0;

    if (src.len % 4 == 1) {
        return TOUCAN_BAD_BASE64;
    }

    p = dst;
    s = src.data;
    bad = 0;

    for (left = src.len; left >= TOUCAN_B64_BLOCK; left -= TOUCAN_B64_BLOCK) {
        bad |= toucan_b64_map(v, s);
        p = toucan_b64_pack(p, v, TOUCAN_B64_BLOCK);
        s += TOUCAN_B64_BLOCK;
    }

    if (left > 0) {
        memset(tail, 'A', TOUCAN_B64_BLOCK);
        memcpy(tail, s, left);

        bad |= toucan_b64_map(v, tail);
        p = toucan_b64_pack(p, v, left);

        /* bits past the last byte: 4 of them after two characters, or 2 */

        if (left % 4 == 2) {
            bad |= v[left - 1] & 0x0f;

        } else if (left % 4 == 3) {
            bad |= v[left - 1] & 0x03;
        }
    }

    /* it may have been a key */

    toucan_cleanse(v, sizeof(v));
    toucan_cleanse(tail, sizeof(tail));

    if (bad) {
        return TOUCAN_BAD_BASE64;
    }

    *dst_len = (size_t) (p - dst);

    return TOUCAN_OK;
}


toucan_rc_t
toucan_b64_decode_new(toucan_str_t *dst, toucan_str_t src,
    toucan_arena_t *arena)
{
    size_t       len;
    uint8_t     *p;
    toucan_rc_t  rc;

    p = toucan_arena_alloc(arena, toucan_b64_decoded_len(src.len) + 1);
    if (p == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    rc = toucan_b64_decode(p, &len, src);
    if (rc != TOUCAN_OK) {
        toucan_cleanse(p, toucan_b64_decoded_len(src.len));
        return rc;
    }

    *dst = toucan_str(p, len);

    return TOUCAN_OK;
}


/* Maps a block to six-bit values; not 0 if a character is no base64url. */

static unsigned
toucan_b64_map(uint8_t *restrict dst, const uint8_t *restrict src)
{
    uint8_t   c, upper, lower, digit, minus, under, bad;
    unsigned  i;

    bad = 0;

    for (i = 0; i < TOUCAN_B64_BLOCK; i++) {
        c = src[i];

        /* each is 0xff or 0, and at most one is 0xff */

        upper = (uint8_t) -((uint8_t) (c - 'A') < 26);
        lower = (uint8_t) -((uint8_t) (c - 'a') < 26);
        digit = (uint8_t) -((uint8_t) (c - '0') < 10);
        minus = (uint8_t) -(c == '-');
        under = (uint8_t) -(c == '_');

        dst[i] = (uint8_t) ((upper & (c - 'A'))
                            | (lower & (c - 'a' + 26))
                            | (digit & (c - '0' + 52))
                            | (minus & 62)
                            | (under & 63));

        bad |= (uint8_t) ~(upper | lower | digit | minus | under);
    }

    return bad;
}


static uint8_t *
toucan_b64_pack(uint8_t *dst, const uint8_t *v, size_t len)
{
    uint64_t  x;

    /* eight of them: twice 12 bits, twice 24, 48 */

    for ( /* void */ ; len >= 8; len -= 8) {
        memcpy(&x, v, 8);
        x = be64toh(x);

        x = (x & 0x3f003f003f003f00) >> 2 | (x & 0x003f003f003f003f);
        x = (x & 0x0fff00000fff0000) >> 4 | (x & 0x00000fff00000fff);
        x = (x & 0x00ffffff00000000) >> 8 | (x & 0x0000000000ffffff);

        x = htobe64(x << 16);
        memcpy(dst, &x, 6);

        dst += 6;
        v += 8;
    }

    for ( /* void */ ; len >= 4; len -= 4) {
        dst[0] = (uint8_t) (v[0] << 2 | v[1] >> 4);
        dst[1] = (uint8_t) (v[1] << 4 | v[2] >> 2);
        dst[2] = (uint8_t) (v[2] << 6 | v[3]);

        dst += 3;
        v += 4;
    }

    if (len >= 2) {
        *dst++ = (uint8_t) (v[0] << 2 | v[1] >> 4);
    }

    if (len == 3) {
        *dst++ = (uint8_t) (v[1] << 4 | v[2] >> 2);
    }

    return dst;
}


void
toucan_b64_encode(toucan_buf_t *b, toucan_str_t src)
{
    size_t          n, left, chars;
    uint8_t         v[TOUCAN_B64_BLOCK], out[TOUCAN_B64_BLOCK];
    unsigned        i;
    const uint8_t  *s;

    s = src.data;
    memset(v, 0, sizeof(v));

    for (left = src.len; left > 0; left -= n) {
        n = (left < TOUCAN_B64_BYTES) ? left : TOUCAN_B64_BYTES;
        chars = toucan_b64_unpack(v, s, n);

        for (i = 0; i < TOUCAN_B64_BLOCK; i++) {
            out[i] = toucan_b64_char(v[i]);
        }

        toucan_buf_write(b, out, chars);
        s += n;
    }

    /* it may be part of what is encrypted later */

    toucan_cleanse(v, sizeof(v));
    toucan_cleanse(out, sizeof(out));
}


/* The six-bit values of bytes; how many. */

static size_t
toucan_b64_unpack(uint8_t *v, const uint8_t *src, size_t len)
{
    uint8_t  *p;

    p = v;

    for ( /* void */ ; len >= 3; len -= 3) {
        p[0] = src[0] >> 2;
        p[1] = (uint8_t) ((src[0] & 0x03) << 4 | src[1] >> 4);
        p[2] = (uint8_t) ((src[1] & 0x0f) << 2 | src[2] >> 6);
        p[3] = src[2] & 0x3f;

        src += 3;
        p += 4;
    }

    if (len == 1) {
        *p++ = src[0] >> 2;
        *p++ = (uint8_t) ((src[0] & 0x03) << 4);

    } else if (len == 2) {
        *p++ = src[0] >> 2;
        *p++ = (uint8_t) ((src[0] & 0x03) << 4 | src[1] >> 4);
        *p++ = (uint8_t) ((src[1] & 0x0f) << 2);
    }

    return (size_t) (p - v);
}


static uint8_t
toucan_b64_char(uint8_t v)
{
    uint8_t  c;

    c = (uint8_t) (v + 'A');
    c = (uint8_t) (c + (-(v >= 26) & ('a' - 'A' - 26)));
    c = (uint8_t) (c + (-(v >= 52) & ('0' - 'a' - 26)));
    c = (uint8_t) (c + (-(v >= 62) & ('-' - '0' - 10)));
    c = (uint8_t) (c + (-(v >= 63) & ('_' - '-' - 1)));

    return c;
}
