
/*
 * Keys of every type: secrets, what serves which algorithm, and the end of a
 * key.
 */


#include "jose/toucan_crypto_impl.h"

#include <openssl/rsa.h>


toucan_key_t *
toucan_key_oct(toucan_str_t k, toucan_diag_t *diag)
{
    toucan_key_t  *key;

    if (k.len == 0 || k.len > TOUCAN_OCT_MAX_SIZE) {
        toucan_diag_error(diag, "a secret of %zu bytes, not of 1 to %u",
                          k.len, TOUCAN_OCT_MAX_SIZE);
        return NULL;
    }

    key = toucan_key_new(TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, diag);
    if (key == NULL) {
        return NULL;
    }

    key->size = k.len;
    key->secret_half = 1;
    key->secret = toucan_calloc(1, k.len);

    if (key->secret == NULL) {
        toucan_diag_error(diag, "out of memory");
        toucan_key_free(key);
        return NULL;
    }

    memcpy(key->secret, k.data, k.len);

    return key;
}


void
toucan_key_free(toucan_key_t *key)
{
    unsigned  i;

    if (key == NULL) {
        return;
    }

    for (i = 0; i < TOUCAN_SLOTS; i++) {
        toucan_key_forget(key, i);
    }

    if (key->secret != NULL) {
        toucan_cleanse(key->secret, key->size);
        toucan_free(key->secret);
    }

    EVP_PKEY_free(key->pkey);

    toucan_free(key);
}


int
toucan_key_fits(const toucan_key_t *key, const toucan_alg_t *alg)
{
    unsigned             i;
    const toucan_enc_t  *enc;

    if ((key->kty & alg->kty) == 0
        || (alg->crv != 0 && (key->crv & alg->crv) == 0))
    {
        return 0;
    }

    switch (alg->how) {

    case TOUCAN_SIG_HMAC:
        return key->size >= alg->size;

    case TOUCAN_WRAP_AES_KW:
    case TOUCAN_WRAP_AES_GCM:
        return key->size == alg->size;

    case TOUCAN_WRAP_DIR:
        for (i = 0; (enc = toucan_enc_row(i)) != NULL; i++) {
            if (toucan_key_fits_enc(key, enc)) {
                return 1;
            }
        }

        return 0;

    default:

        /*
         * the smallest modulus holds the largest hash and the longest content
         * encryption key: 2048 bits are more than PS512's 2 * 64 + 2 bytes and
         * than 64 + 2 * 32 + 2
         */

        return 1;
    }
}


int
toucan_key_fits_enc(const toucan_key_t *key, const toucan_enc_t *enc)
{
    return key->kty == TOUCAN_KTY_OCT && key->size == enc->key_size;
}


toucan_kty_e
toucan_key_kty(const toucan_key_t *key)
{
    return key->kty;
}


toucan_rc_t
toucan_key_point(const toucan_key_t *key, toucan_point_t *point)
{
    switch (key->kty) {

    case TOUCAN_KTY_EC:
        return toucan_ec_point(key, point);

    case TOUCAN_KTY_OKP:
        return toucan_okp_point(key, point);

    default:
        return TOUCAN_INTERNAL;
    }
}


toucan_key_t *
toucan_key_new(toucan_kty_e kty, toucan_crv_e crv, toucan_diag_t *diag)
{
    toucan_key_t  *key;

    key = toucan_calloc(1, sizeof(toucan_key_t));

    if (key == NULL) {
        toucan_diag_error(diag, "out of memory");
        return NULL;
    }

    key->kty = kty;
    key->crv = crv;

    return key;
}


BIGNUM *
toucan_bn(toucan_str_t number)
{
    BIGNUM  *bn;

    bn = BN_secure_new();

    if (bn != NULL
        && BN_bin2bn(number.data, (int) number.len, bn) == NULL)
    {
        BN_clear_free(bn);
        bn = NULL;
    }

    return bn;
}


EVP_PKEY *
toucan_pkey(const char *type, OSSL_PARAM *params, int private_half)
{
    int            selection;
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    selection = private_half ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;

    if (ctx == NULL
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
    {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


int
toucan_pkey_sig_setup(EVP_PKEY_CTX *ctx, const toucan_alg_t *alg,
    const EVP_MD *md)
{
    switch (alg->how) {

    case TOUCAN_SIG_RSA_PKCS1:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1
               && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;

    case TOUCAN_SIG_RSA_PSS:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1
               && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1
               && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1
               && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
                  == 1;

    default:
        return 1;
    }
}
