
/*
 * SHA-256 and hexadecimal digits.
 */


#include "jose/toucan_crypto_hash.h"

#include <openssl/err.h>
#include <openssl/evp.h>


toucan_rc_t
toucan_sha256(toucan_str_t data, uint8_t out[TOUCAN_SHA256_SIZE])
{
    int  ok;

    ERR_set_mark();
    ok = EVP_Digest(data.data, data.len, out, NULL, EVP_sha256(), NULL);
    ERR_pop_to_mark();

    if (ok != 1) {
        memset(out, 0, TOUCAN_SHA256_SIZE);
        return TOUCAN_INTERNAL;
    }

    return TOUCAN_OK;
}


void
toucan_hex(uint8_t *dst, const uint8_t *src, size_t len)
{
    size_t             i;
    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < len; i++) {
        *dst++ = (uint8_t) digits[src[i] >> 4];
        *dst++ = (uint8_t) digits[src[i] & 0x0f];
    }
}
