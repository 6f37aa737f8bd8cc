
/*
 * SHA-256 and hexadecimal digits.
 */


#include "jose/toucan_crypto_hash.h"

#include <openssl/err.h>
#include <openssl/evp.h>


struct toucan_hasher_s {
    EVP_MD          *md;
    EVP_MD_CTX      *ctx;
};


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


toucan_hasher_t *
toucan_hasher_new(void)
{
    toucan_hasher_t  *hasher;

    hasher = toucan_calloc(1, sizeof(toucan_hasher_t));
    if (hasher == NULL) {
        return NULL;
    }

    ERR_set_mark();
    hasher->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    hasher->ctx = EVP_MD_CTX_new();
    ERR_pop_to_mark();

    if (hasher->md == NULL || hasher->ctx == NULL) {
        toucan_hasher_free(hasher);
        return NULL;
    }

    return hasher;
}


toucan_rc_t
toucan_hasher_sha256(toucan_hasher_t *hasher, toucan_str_t data,
    uint8_t out[TOUCAN_SHA256_SIZE])
{
    if (EVP_DigestInit_ex2(hasher->ctx, hasher->md, NULL) == 1
        && EVP_DigestUpdate(hasher->ctx, data.data, data.len) == 1
        && EVP_DigestFinal_ex(hasher->ctx, out, NULL) == 1)
    {
        return TOUCAN_OK;
    }

    /* a mark would cost more than it is worth: what was there goes, too */

    ERR_clear_error();
    memset(out, 0, TOUCAN_SHA256_SIZE);

    return TOUCAN_INTERNAL;
}


void
toucan_hasher_free(toucan_hasher_t *hasher)
{
    if (hasher == NULL) {
        return;
    }

    EVP_MD_CTX_free(hasher->ctx);
    EVP_MD_free(hasher->md);
    toucan_free(hasher);
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
