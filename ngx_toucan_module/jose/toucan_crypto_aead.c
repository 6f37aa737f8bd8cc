
/*
 * Content encryption: each of the two kinds has a way to open and to seal.
 */


#include "jose/toucan_crypto_aead.h"
#include "jose/toucan_crypto_impl.h"


static toucan_rc_t toucan_cbc_open(const toucan_enc_t *enc,
    const uint8_t *cek, toucan_str_t iv, toucan_str_t aad,
    toucan_str_t ciphertext, toucan_str_t tag, uint8_t *plain, size_t *len);
static toucan_rc_t toucan_cbc_seal(const toucan_enc_t *enc,
    const uint8_t *cek, const uint8_t *iv, toucan_str_t aad,
    toucan_str_t plain, uint8_t *ciphertext, size_t *len, uint8_t *tag);
static toucan_rc_t toucan_cbc_crypt(const toucan_enc_t *enc,
    const uint8_t *key, const uint8_t *iv, toucan_str_t in, uint8_t *out,
    size_t *len, int encrypt);
static toucan_rc_t toucan_cbc_tag(const toucan_enc_t *enc, const uint8_t *cek,
    toucan_str_t aad, toucan_str_t iv, toucan_str_t ciphertext, uint8_t *tag);


toucan_rc_t
toucan_crypto_open(const toucan_enc_t *enc, const uint8_t *cek,
    toucan_str_t iv, toucan_str_t aad, toucan_str_t ciphertext,
    toucan_str_t tag, uint8_t *plain, size_t *len)
{
    toucan_rc_t  rc;

    *len = 0;

    if (iv.len != enc->iv_size || tag.len != enc->tag_size) {
        return TOUCAN_BAD_DECRYPT;
    }

    ERR_set_mark();

    if (enc->digest == NULL) {
        rc = toucan_gcm_open(enc->cipher, cek, iv, aad, ciphertext, tag,
                             plain);

        if (rc == TOUCAN_OK) {
            *len = ciphertext.len;
        }

    } else {
        rc = toucan_cbc_open(enc, cek, iv, aad, ciphertext, tag, plain, len);
    }

    ERR_pop_to_mark();

    return rc;
}


toucan_rc_t
toucan_crypto_seal(const toucan_enc_t *enc, const uint8_t *cek,
    const uint8_t *iv, toucan_str_t aad, toucan_str_t plain,
    uint8_t *ciphertext, size_t *len, uint8_t *tag)
{
    toucan_rc_t  rc;

    *len = 0;

    ERR_set_mark();

    if (enc->digest == NULL) {
        rc = toucan_gcm_seal(enc->cipher, cek, iv, aad, plain, ciphertext,
                             tag);

        if (rc == TOUCAN_OK) {
            *len = plain.len;
        }

    } else {
        rc = toucan_cbc_seal(enc, cek, iv, aad, plain, ciphertext, len, tag);
    }

    ERR_pop_to_mark();

    return rc;
}


/*
 * GCM hands out plaintext before the tag has held: it is cleansed where the
 * tag does not.
 */

toucan_rc_t
toucan_gcm_open(const char *name, const uint8_t *key, toucan_str_t iv,
    toucan_str_t aad, toucan_str_t ciphertext, toucan_str_t tag,
    uint8_t *plain)
{
    int              n;
    toucan_rc_t      rc;
    EVP_CIPHER      *cipher;
    EVP_CIPHER_CTX  *ctx;

    cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    ctx = EVP_CIPHER_CTX_new();

    if (cipher == NULL || ctx == NULL
        || EVP_DecryptInit_ex2(ctx, cipher, key, iv.data, NULL) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int) tag.len,
                               (void *) tag.data)
           != 1
        || (aad.len > 0
            && EVP_DecryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len)
               != 1))
    {
        rc = TOUCAN_NO_MEMORY;

    } else if ((ciphertext.len > 0
                && EVP_DecryptUpdate(ctx, plain, &n, ciphertext.data,
                                     (int) ciphertext.len)
                   != 1)
               || EVP_DecryptFinal_ex(ctx, plain + ciphertext.len, &n) != 1)
    {
        toucan_cleanse(plain, ciphertext.len);
        rc = TOUCAN_BAD_DECRYPT;

    } else {
        rc = TOUCAN_OK;
    }

    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);

    return rc;
}


toucan_rc_t
toucan_gcm_seal(const char *name, const uint8_t *key, const uint8_t *iv,
    toucan_str_t aad, toucan_str_t plain, uint8_t *ciphertext, uint8_t *tag)
{
    int              n;
    toucan_rc_t      rc;
    EVP_CIPHER      *cipher;
    EVP_CIPHER_CTX  *ctx;

    cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    ctx = EVP_CIPHER_CTX_new();

    if (cipher == NULL || ctx == NULL
        || EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL) != 1
        || (aad.len > 0
            && EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len)
               != 1)
        || (plain.len > 0
            && EVP_EncryptUpdate(ctx, ciphertext, &n, plain.data,
                                 (int) plain.len)
               != 1)
        || EVP_EncryptFinal_ex(ctx, ciphertext + plain.len, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
                               TOUCAN_GCM_TAG_SIZE, tag)
           != 1)
    {
        rc = TOUCAN_NO_MEMORY;

    } else {
        rc = TOUCAN_OK;
    }

    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);

    return rc;
}


/* RFC 7518 section 5.2.2.2: the tag first, the padding only behind it */

static toucan_rc_t
toucan_cbc_open(const toucan_enc_t *enc, const uint8_t *cek, toucan_str_t iv,
    toucan_str_t aad, toucan_str_t ciphertext, toucan_str_t tag,
    uint8_t *plain, size_t *len)
{
    uint8_t      mac[EVP_MAX_MD_SIZE];
    toucan_rc_t  rc;

    rc = toucan_cbc_tag(enc, cek, aad, iv, ciphertext, mac);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    if (!toucan_const_eq(mac, tag.data, tag.len)) {
        rc = TOUCAN_BAD_DECRYPT;

    } else {
        rc = toucan_cbc_crypt(enc, cek + enc->key_size / 2, iv.data,
                              ciphertext, plain, len, 0);
    }

    toucan_cleanse(mac, sizeof(mac));

    return rc;
}


static toucan_rc_t
toucan_cbc_seal(const toucan_enc_t *enc, const uint8_t *cek,
    const uint8_t *iv, toucan_str_t aad, toucan_str_t plain,
    uint8_t *ciphertext, size_t *len, uint8_t *tag)
{
    uint8_t      mac[EVP_MAX_MD_SIZE];
    toucan_rc_t  rc;

    rc = toucan_cbc_crypt(enc, cek + enc->key_size / 2, iv, plain, ciphertext,
                          len, 1);

    if (rc == TOUCAN_OK) {
        rc = toucan_cbc_tag(enc, cek, aad, toucan_str(iv, enc->iv_size),
                            toucan_str(ciphertext, *len), mac);
    }

    if (rc == TOUCAN_OK) {
        memcpy(tag, mac, enc->tag_size);
    }

    return rc;
}


static toucan_rc_t
toucan_cbc_crypt(const toucan_enc_t *enc, const uint8_t *key,
    const uint8_t *iv, toucan_str_t in, uint8_t *out, size_t *len,
    int encrypt)
{
    int              n, last;
    toucan_rc_t      rc;
    EVP_CIPHER      *cipher;
    EVP_CIPHER_CTX  *ctx;

    n = 0;
    cipher = EVP_CIPHER_fetch(NULL, enc->cipher, NULL);
    ctx = EVP_CIPHER_CTX_new();

    if (cipher == NULL || ctx == NULL
        || EVP_CipherInit_ex2(ctx, cipher, key, iv, encrypt, NULL) != 1)
    {
        rc = TOUCAN_NO_MEMORY;

    } else if ((in.len > 0
                && EVP_CipherUpdate(ctx, out, &n, in.data, (int) in.len) != 1)
               || EVP_CipherFinal_ex(ctx, out + n, &last) != 1)
    {
        /* a length or padding that only who has the key can have made */

        toucan_cleanse(out, (size_t) n);
        rc = encrypt ? TOUCAN_INTERNAL : TOUCAN_BAD_DECRYPT;

    } else {
        *len = (size_t) n + (size_t) last;
        rc = TOUCAN_OK;
    }

    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);

    return rc;
}


/* over AAD, IV, ciphertext and the length of AAD in bits, 64 bits wide */

static toucan_rc_t
toucan_cbc_tag(const toucan_enc_t *enc, const uint8_t *cek, toucan_str_t aad,
    toucan_str_t iv, toucan_str_t ciphertext, uint8_t *tag)
{
    int           ok;
    size_t        len, bits, i;
    uint8_t       al[8];
    EVP_MAC      *mac;
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *ctx;

    bits = aad.len * 8;

    for (i = sizeof(al); i > 0; i--) {
        al[i - 1] = (uint8_t) bits;
        bits >>= 8;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) enc->digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    ctx = (mac != NULL) ? EVP_MAC_CTX_new(mac) : NULL;

    ok = ctx != NULL
         && EVP_MAC_init(ctx, cek, enc->key_size / 2, params) == 1
         && EVP_MAC_update(ctx, aad.data, aad.len) == 1
         && EVP_MAC_update(ctx, iv.data, iv.len) == 1
         && EVP_MAC_update(ctx, ciphertext.data, ciphertext.len) == 1
         && EVP_MAC_update(ctx, al, sizeof(al)) == 1
         && EVP_MAC_final(ctx, tag, &len, EVP_MAX_MD_SIZE) == 1
         && len == 2 * enc->tag_size;

    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);

    return ok ? TOUCAN_OK : TOUCAN_NO_MEMORY;
}
