
/*
 * Signing.  Contexts are made for each signature: tokens are made seldom.
 */


#include "jose/toucan_crypto_sign.h"
#include "jose/toucan_crypto_impl.h"

#include <openssl/ecdsa.h>


static toucan_rc_t toucan_hmac_sign(const toucan_key_t *key,
    const toucan_alg_t *alg, toucan_str_t data, uint8_t *sig, size_t *len);
static toucan_rc_t toucan_pkey_sign(const toucan_key_t *key,
    const toucan_alg_t *alg, toucan_str_t data, uint8_t *sig, size_t *len);
static toucan_rc_t toucan_ecdsa_sign(const toucan_key_t *key,
    const toucan_alg_t *alg, toucan_str_t data, uint8_t *sig, size_t *len);


toucan_rc_t
toucan_crypto_sign(const toucan_key_t *key, const toucan_alg_t *alg,
    toucan_str_t data, uint8_t *sig, size_t *len)
{
    toucan_rc_t  rc;

    if (!toucan_alg_signs(alg) || !toucan_key_fits(key, alg)
        || !key->secret_half)
    {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    ERR_set_mark();

    switch (alg->how) {

    case TOUCAN_SIG_HMAC:
        rc = toucan_hmac_sign(key, alg, data, sig, len);
        break;

    case TOUCAN_SIG_ECDSA:
        rc = toucan_ecdsa_sign(key, alg, data, sig, len);
        break;

    default:
        rc = toucan_pkey_sign(key, alg, data, sig, len);
        break;
    }

    ERR_pop_to_mark();

    return rc;
}


static toucan_rc_t
toucan_hmac_sign(const toucan_key_t *key, const toucan_alg_t *alg,
    toucan_str_t data, uint8_t *sig, size_t *len)
{
    int           ok;
    EVP_MAC_CTX  *ctx;

    ctx = toucan_hmac(alg->primitive, key->secret, key->size);
    if (ctx == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    ok = EVP_MAC_update(ctx, data.data, data.len) == 1
         && EVP_MAC_final(ctx, sig, len, TOUCAN_SIG_MAX_SIZE) == 1;

    EVP_MAC_CTX_free(ctx);

    return ok ? TOUCAN_OK : TOUCAN_INTERNAL;
}


/* RSA and EdDSA give the very bytes that a JWS wants, ECDSA gives DER. */

static toucan_rc_t
toucan_pkey_sign(const toucan_key_t *key, const toucan_alg_t *alg,
    toucan_str_t data, uint8_t *sig, size_t *len)
{
    EVP_MD        *md;
    toucan_rc_t    rc;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    *len = TOUCAN_SIG_MAX_SIZE;

    md = alg->primitive ? EVP_MD_fetch(NULL, alg->primitive, NULL) : NULL;
    ctx = EVP_MD_CTX_new();

    if (ctx == NULL || (alg->primitive != NULL && md == NULL)
        || EVP_DigestSignInit_ex(ctx, &pctx, alg->primitive, NULL, NULL,
                                 key->pkey, NULL)
           != 1
        || !toucan_pkey_sig_setup(pctx, alg, md))
    {
        rc = TOUCAN_NO_MEMORY;

    } else if (EVP_DigestSign(ctx, sig, len, data.data, data.len) != 1
               || *len > TOUCAN_SIG_MAX_SIZE)
    {
        /* ECDSA's length is -1, and the result 1, when memory is out */

        rc = TOUCAN_INTERNAL;

    } else {
        rc = TOUCAN_OK;
    }

    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);

    return rc;
}


static toucan_rc_t
toucan_ecdsa_sign(const toucan_key_t *key, const toucan_alg_t *alg,
    toucan_str_t data, uint8_t *sig, size_t *len)
{
    int             ok;
    ECDSA_SIG      *pair;
    toucan_rc_t     rc;
    const uint8_t  *p;

    rc = toucan_pkey_sign(key, alg, data, sig, len);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    p = sig;
    pair = d2i_ECDSA_SIG(NULL, &p, (long) *len);
    if (pair == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    *len = 2 * alg->size;

    ok = BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, (int) alg->size) >= 0
         && BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + alg->size,
                         (int) alg->size)
            >= 0;

    ECDSA_SIG_free(pair);

    return ok ? TOUCAN_OK : TOUCAN_INTERNAL;
}
