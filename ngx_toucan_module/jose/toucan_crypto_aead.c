
/*
 * Content encryption: each of the two kinds has a way to open and to seal.
 */


#include "jose/toucan_crypto_aead.h"
#include "jose/toucan_crypto_impl.h"


/*
 * What is opened or sealed, and with what: key is the MAC's half and the
 * cipher's.
 */

typedef struct {
    const toucan_enc_t  *enc;
    const uint8_t       *key;
    toucan_str_t         iv;
    toucan_str_t         aad;
} toucan_cbc_t;


static int toucan_dir_make(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row);
static int toucan_cek_make(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row);
static int toucan_content_make(toucan_slot_t *slot, const uint8_t *key,
    const toucan_enc_t *enc);
static toucan_rc_t toucan_cbc_open(const toucan_slot_t *slot,
    const toucan_cbc_t *cbc, int own, toucan_str_t ciphertext,
    toucan_str_t tag, uint8_t *plain, size_t *len);
static toucan_rc_t toucan_cbc_seal(const toucan_cbc_t *cbc,
    toucan_str_t plain, uint8_t *ciphertext, size_t *len, uint8_t *tag);
static toucan_rc_t toucan_cbc_crypt(EVP_CIPHER_CTX *ctx, toucan_str_t in,
    uint8_t *out, size_t *len, int encrypt);
static toucan_rc_t toucan_cbc_tag(EVP_MAC_CTX *ctx, const toucan_cbc_t *cbc,
    toucan_str_t ciphertext, uint8_t *tag);


toucan_rc_t
toucan_crypto_open(toucan_key_t *key, const toucan_enc_t *enc,
    const uint8_t *cek, toucan_str_t iv, toucan_str_t aad,
    toucan_str_t ciphertext, toucan_str_t tag, uint8_t *plain, size_t *len)
{
    unsigned              n;
    toucan_rc_t           rc;
    toucan_cbc_t          cbc;
    toucan_slot_t        *slot;
    toucan_slot_make_pt   make;

    *len = 0;

    if (cek == NULL && !toucan_key_fits_enc(key, enc)) {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    if (iv.len != enc->iv_size || tag.len != enc->tag_size) {
        return TOUCAN_BAD_DECRYPT;
    }

    make = cek ? toucan_cek_make : toucan_dir_make;
    n = enc->slot + (cek ? TOUCAN_SLOT_CEK : TOUCAN_SLOT_DIR);

    cbc.enc = enc;
    cbc.key = cek ? cek : key->secret;
    cbc.iv = iv;
    cbc.aad = aad;

    ERR_set_mark();

    slot = toucan_key_slot(key, n, make, enc);

    if (slot == NULL) {
        rc = TOUCAN_NO_MEMORY;

    } else if (enc->digest == NULL) {
        rc = toucan_gcm_open(slot->cipher, cbc.key, iv, aad, ciphertext, tag,
                             plain);

        if (rc == TOUCAN_OK) {
            *len = ciphertext.len;
        }

    } else {
        rc = toucan_cbc_open(slot, &cbc, cek == NULL, ciphertext, tag, plain,
                             len);
    }

    if (rc != TOUCAN_OK && rc != TOUCAN_BAD_DECRYPT) {
        toucan_key_forget(key, n);
    }

    ERR_pop_to_mark();

    return rc;
}


/* The MAC is keyed with the key itself. */

static int
toucan_dir_make(toucan_slot_t *slot, const toucan_key_t *key, const void *row)
{
    return toucan_content_make(slot, key->secret, row);
}


/* For the keys of tokens: the MAC is copied for each of them. */

static int
toucan_cek_make(toucan_slot_t *slot, const toucan_key_t *key, const void *row)
{
    static const uint8_t  none[TOUCAN_CEK_MAX_SIZE / 2];

    (void) key;

    return toucan_content_make(slot, none, row);
}


/*
 * The context of a cipher is not kept: with CBC, and with GCM since OpenSSL
 * 3.5 or before, it holds the last bytes of a text.
 */

static int
toucan_content_make(toucan_slot_t *slot, const uint8_t *key,
    const toucan_enc_t *enc)
{
    slot->cipher = EVP_CIPHER_fetch(NULL, enc->cipher, NULL);

    if (slot->cipher == NULL || enc->digest == NULL) {
        return slot->cipher != NULL;
    }

    slot->mac = toucan_hmac(enc->digest, key, enc->key_size / 2);

    return slot->mac != NULL;
}


toucan_rc_t
toucan_crypto_seal(const toucan_enc_t *enc, const uint8_t *cek,
    const uint8_t *iv, toucan_str_t aad, toucan_str_t plain,
    uint8_t *ciphertext, size_t *len, uint8_t *tag)
{
    toucan_rc_t   rc;
    toucan_cbc_t  cbc;

    *len = 0;

    ERR_set_mark();

    if (enc->digest == NULL) {
        rc = toucan_gcm_seal(enc->cipher, cek, iv, aad, plain, ciphertext,
                             tag);

        if (rc == TOUCAN_OK) {
            *len = plain.len;
        }

    } else {
        cbc.enc = enc;
        cbc.key = cek;
        cbc.iv = toucan_str(iv, enc->iv_size);
        cbc.aad = aad;

        rc = toucan_cbc_seal(&cbc, plain, ciphertext, len, tag);
    }

    ERR_pop_to_mark();

    return rc;
}


/*
 * GCM hands out plaintext before the tag has held: it is cleansed where the
 * tag does not.
 */

toucan_rc_t
toucan_gcm_open(const EVP_CIPHER *cipher, const uint8_t *key, toucan_str_t iv,
    toucan_str_t aad, toucan_str_t ciphertext, toucan_str_t tag,
    uint8_t *plain)
{
    int              n;
    toucan_rc_t      rc;
    EVP_CIPHER_CTX  *ctx;

    ctx = toucan_cipher(cipher, key, iv.data, 0);

    if (ctx == NULL
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

    return rc;
}


toucan_rc_t
toucan_gcm_seal(const char *name, const uint8_t *key, const uint8_t *iv,
    toucan_str_t aad, toucan_str_t plain, uint8_t *ciphertext, uint8_t *tag)
{
    int              n, ok;
    EVP_CIPHER_CTX  *ctx;

    ctx = toucan_cipher_named(name, key, iv, 1);

    ok = ctx != NULL
         && (aad.len == 0
             || EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len)
                == 1)
         && (plain.len == 0
             || EVP_EncryptUpdate(ctx, ciphertext, &n, plain.data,
                                  (int) plain.len)
                == 1)
         && EVP_EncryptFinal_ex(ctx, ciphertext + plain.len, &n) == 1
         && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
                                TOUCAN_GCM_TAG_SIZE, tag)
            == 1;

    EVP_CIPHER_CTX_free(ctx);

    return ok ? TOUCAN_OK : TOUCAN_NO_MEMORY;
}


/*
 * RFC 7518 section 5.2.2.2: the tag first, the padding only behind it.  The
 * slot's MAC is keyed if the key is the slot's own.
 */

static toucan_rc_t
toucan_cbc_open(const toucan_slot_t *slot, const toucan_cbc_t *cbc, int own,
    toucan_str_t ciphertext, toucan_str_t tag, uint8_t *plain, size_t *len)
{
    size_t           half;
    uint8_t          mac[EVP_MAX_MD_SIZE];
    toucan_rc_t      rc;
    EVP_MAC_CTX     *copy;
    EVP_CIPHER_CTX  *ctx;

    half = cbc->enc->key_size / 2;

    if (own) {
        rc = (EVP_MAC_init(slot->mac, NULL, 0, NULL) == 1)
             ? toucan_cbc_tag(slot->mac, cbc, ciphertext, mac)
             : TOUCAN_NO_MEMORY;

    } else {
        copy = EVP_MAC_CTX_dup(slot->mac);
        rc = (copy != NULL && EVP_MAC_init(copy, cbc->key, half, NULL) == 1)
             ? toucan_cbc_tag(copy, cbc, ciphertext, mac) : TOUCAN_NO_MEMORY;
        EVP_MAC_CTX_free(copy);
    }

    if (rc != TOUCAN_OK) {
        return rc;
    }

    if (!toucan_const_eq(mac, tag.data, tag.len)) {
        rc = TOUCAN_BAD_DECRYPT;

    } else {
        ctx = toucan_cipher(slot->cipher, cbc->key + half, cbc->iv.data, 0);
        rc = toucan_cbc_crypt(ctx, ciphertext, plain, len, 0);
        EVP_CIPHER_CTX_free(ctx);
    }

    toucan_cleanse(mac, sizeof(mac));

    return rc;
}


static toucan_rc_t
toucan_cbc_seal(const toucan_cbc_t *cbc, toucan_str_t plain,
    uint8_t *ciphertext, size_t *len, uint8_t *tag)
{
    size_t           half;
    uint8_t          mac[EVP_MAX_MD_SIZE];
    toucan_rc_t      rc;
    EVP_MAC_CTX     *hmac;
    EVP_CIPHER_CTX  *ctx;

    half = cbc->enc->key_size / 2;

    ctx = toucan_cipher_named(cbc->enc->cipher, cbc->key + half,
                              cbc->iv.data, 1);
    rc = toucan_cbc_crypt(ctx, plain, ciphertext, len, 1);
    EVP_CIPHER_CTX_free(ctx);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    hmac = toucan_hmac(cbc->enc->digest, cbc->key, half);
    rc = toucan_cbc_tag(hmac, cbc, toucan_str(ciphertext, *len), mac);
    EVP_MAC_CTX_free(hmac);

    if (rc == TOUCAN_OK) {
        memcpy(tag, mac, cbc->enc->tag_size);
    }

    return rc;
}


static toucan_rc_t
toucan_cbc_crypt(EVP_CIPHER_CTX *ctx, toucan_str_t in, uint8_t *out,
    size_t *len, int encrypt)
{
    int  n, last;

    n = 0;

    if (ctx == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    if ((in.len > 0
         && EVP_CipherUpdate(ctx, out, &n, in.data, (int) in.len) != 1)
        || EVP_CipherFinal_ex(ctx, out + n, &last) != 1)
    {
        /* a length or padding that only who has the key can have made */

        toucan_cleanse(out, (size_t) n);
        return encrypt ? TOUCAN_INTERNAL : TOUCAN_BAD_DECRYPT;
    }

    *len = (size_t) n + (size_t) last;

    return TOUCAN_OK;
}


/* over AAD, IV, ciphertext and the length of AAD in bits, 64 bits wide */

static toucan_rc_t
toucan_cbc_tag(EVP_MAC_CTX *ctx, const toucan_cbc_t *cbc,
    toucan_str_t ciphertext, uint8_t *tag)
{
    int      ok;
    size_t   len, bits, i;
    uint8_t  al[8];

    bits = cbc->aad.len * 8;

    for (i = sizeof(al); i > 0; i--) {
        al[i - 1] = (uint8_t) bits;
        bits >>= 8;
    }

    ok = ctx != NULL
         && EVP_MAC_update(ctx, cbc->aad.data, cbc->aad.len) == 1
         && EVP_MAC_update(ctx, cbc->iv.data, cbc->iv.len) == 1
         && EVP_MAC_update(ctx, ciphertext.data, ciphertext.len) == 1
         && EVP_MAC_update(ctx, al, sizeof(al)) == 1
         && EVP_MAC_final(ctx, tag, &len, EVP_MAX_MD_SIZE) == 1
         && len == 2 * cbc->enc->tag_size;

    return ok ? TOUCAN_OK : TOUCAN_NO_MEMORY;
}
