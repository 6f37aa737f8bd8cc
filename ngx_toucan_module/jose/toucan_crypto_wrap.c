
/*
 * Key management: each kind is a row, a way to unwrap and a way to wrap.
 */


#include "jose/toucan_crypto_wrap.h"
#include "jose/toucan_crypto_impl.h"
#include "jose/toucan_crypto_random.h"

#include <openssl/rsa.h>


/* AES key wrap puts 8 bytes in front (RFC 3394) */
#define TOUCAN_KW_GROWTH    8
#define TOUCAN_KW_MAX_SIZE  (TOUCAN_CEK_MAX_SIZE + TOUCAN_KW_GROWTH)


/*
 * unwrap() sets enc->key_size bytes, or says TOUCAN_BAD_DECRYPT, and is NULL
 * where no key is encrypted; wrap() finds a random key in cek, which it may
 * replace.
 */

typedef struct {
    toucan_rc_t    (*unwrap)(toucan_key_t *key, const toucan_alg_t *alg,
                             const toucan_enc_t *enc,
                             const toucan_wrap_t *wrap,
                             toucan_str_t encrypted, uint8_t *cek);
    toucan_rc_t    (*wrap)(const toucan_key_t *key, const toucan_alg_t *alg,
                           const toucan_enc_t *enc, toucan_wrapped_t *wrapped,
                           uint8_t *cek);
} toucan_wrap_ops_t;


static int toucan_wrap_fits(const toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc);
static toucan_rc_t toucan_dir_wrap(const toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    toucan_wrapped_t *wrapped, uint8_t *cek);
static toucan_rc_t toucan_kw_unwrap(toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrap_t *wrap, toucan_str_t encrypted, uint8_t *cek);
static toucan_rc_t toucan_kw_wrap(const toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    toucan_wrapped_t *wrapped, uint8_t *cek);
static toucan_rc_t toucan_gcmkw_unwrap(toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrap_t *wrap, toucan_str_t encrypted, uint8_t *cek);
static toucan_rc_t toucan_gcmkw_wrap(const toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    toucan_wrapped_t *wrapped, uint8_t *cek);
static toucan_rc_t toucan_oaep_unwrap(toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrap_t *wrap, toucan_str_t encrypted, uint8_t *cek);
static toucan_rc_t toucan_oaep_wrap(const toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    toucan_wrapped_t *wrapped, uint8_t *cek);
static int toucan_oaep_setup(EVP_PKEY_CTX *ctx, const toucan_alg_t *alg);
static toucan_rc_t toucan_ecdh_unwrap(toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrap_t *wrap, toucan_str_t encrypted, uint8_t *cek);
static toucan_rc_t toucan_ecdh_wrap(const toucan_key_t *key,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    toucan_wrapped_t *wrapped, uint8_t *cek);
static toucan_rc_t toucan_ecdh_key(toucan_key_t *key,
    const toucan_key_t *peer, const toucan_alg_t *alg,
    const toucan_enc_t *enc, const toucan_parties_t *parties, uint8_t *kek);
static int toucan_kw_make(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row);
static int toucan_oaep_make(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row);
static int toucan_kek_make(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row);
static toucan_rc_t toucan_kw_open(EVP_CIPHER_CTX *ctx, toucan_str_t in,
    uint8_t *out);
static toucan_rc_t toucan_kw_seal(const toucan_alg_t *alg,
    const uint8_t *kek, toucan_str_t in, uint8_t *out);


static const toucan_wrap_ops_t  toucan_wrap_ops[] = {
    [TOUCAN_WRAP_DIR] = { NULL, toucan_dir_wrap },
    [TOUCAN_WRAP_AES_KW] = { toucan_kw_unwrap, toucan_kw_wrap },
    [TOUCAN_WRAP_AES_GCM] = { toucan_gcmkw_unwrap, toucan_gcmkw_wrap },
    [TOUCAN_WRAP_RSA_OAEP] = { toucan_oaep_unwrap, toucan_oaep_wrap },
    [TOUCAN_WRAP_ECDH_ES] = { toucan_ecdh_unwrap, toucan_ecdh_wrap }
};


toucan_rc_t
toucan_crypto_unwrap(toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, const toucan_wrap_t *wrap,
    toucan_str_t encrypted, uint8_t *cek)
{
    size_t       i;
    uint8_t      found[TOUCAN_CEK_MAX_SIZE], mask;
    toucan_rc_t  rc;

    if (!toucan_wrap_fits(key, alg, enc) || !key->secret_half
        || toucan_wrap_ops[alg->how].unwrap == NULL)
    {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    rc = toucan_random(cek, enc->key_size);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    memset(found, 0, sizeof(found));

    ERR_set_mark();

    rc = toucan_wrap_ops[alg->how].unwrap(key, alg, enc, wrap, encrypted,
                                          found);

    ERR_pop_to_mark();

    /* the same steps for a key that was found and one that was not */

    mask = (uint8_t) (0 - (rc == TOUCAN_OK));

    for (i = 0; i < enc->key_size; i++) {
        cek[i] = (uint8_t) ((found[i] & mask) | (cek[i] & ~mask));
    }

    toucan_cleanse(found, sizeof(found));

    return (rc == TOUCAN_BAD_DECRYPT) ? TOUCAN_OK : rc;
}


toucan_rc_t
toucan_crypto_wrap(const toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, toucan_wrapped_t *wrapped, uint8_t *cek)
{
    toucan_rc_t  rc;

    if (!toucan_wrap_fits(key, alg, enc)) {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    memset(wrapped, 0, sizeof(toucan_wrapped_t));

    rc = toucan_random(cek, enc->key_size);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    ERR_set_mark();

    rc = toucan_wrap_ops[alg->how].wrap(key, alg, enc, wrapped, cek);

    ERR_pop_to_mark();

    return rc;
}


static int
toucan_wrap_fits(const toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc)
{
    return !toucan_alg_signs(alg)
           && toucan_key_fits(key, alg)
           && (alg->how != TOUCAN_WRAP_DIR
               || toucan_key_fits_enc(key, enc));
}


static toucan_rc_t
toucan_dir_wrap(const toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, toucan_wrapped_t *wrapped, uint8_t *cek)
{
    (void) alg;
    (void) wrapped;

    memcpy(cek, key->secret, enc->key_size);

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_kw_unwrap(toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, const toucan_wrap_t *wrap,
    toucan_str_t encrypted, uint8_t *cek)
{
    toucan_rc_t     rc;
    toucan_slot_t  *slot;

    (void) wrap;

    if (encrypted.len != enc->key_size + TOUCAN_KW_GROWTH) {
        return TOUCAN_BAD_DECRYPT;
    }

    slot = toucan_key_slot(key, alg->slot, toucan_kw_make, alg);

    if (slot == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    rc = toucan_kw_open(slot->crypt, encrypted, cek);

    if (rc == TOUCAN_NO_MEMORY) {
        toucan_key_forget(key, alg->slot);
    }

    return rc;
}


/* AES key wrap has no place for a text: keyed with the key itself it stays. */

static int
toucan_kw_make(toucan_slot_t *slot, const toucan_key_t *key, const void *row)
{
    const toucan_alg_t  *alg;

    alg = row;
    slot->crypt = toucan_cipher_named(alg->primitive, key->secret, NULL, 0);

    return slot->crypt != NULL;
}


static toucan_rc_t
toucan_kw_wrap(const toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, toucan_wrapped_t *wrapped, uint8_t *cek)
{
    wrapped->size = enc->key_size + TOUCAN_KW_GROWTH;

    return toucan_kw_seal(alg, key->secret, toucan_str(cek, enc->key_size),
                          wrapped->encrypted);
}


static toucan_rc_t
toucan_gcmkw_unwrap(toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, const toucan_wrap_t *wrap,
    toucan_str_t encrypted, uint8_t *cek)
{
    toucan_slot_t  *slot;

    if (wrap->iv.len != TOUCAN_WRAP_IV_SIZE
        || wrap->tag.len != TOUCAN_WRAP_TAG_SIZE
        || encrypted.len != enc->key_size)
    {
        return TOUCAN_BAD_DECRYPT;
    }

    slot = toucan_key_slot(key, alg->slot, toucan_kek_make, alg);

    if (slot == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    return toucan_gcm_open(slot->cipher, key->secret, wrap->iv,
                           toucan_str(NULL, 0), encrypted, wrap->tag, cek);
}


static toucan_rc_t
toucan_gcmkw_wrap(const toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, toucan_wrapped_t *wrapped, uint8_t *cek)
{
    toucan_rc_t  rc;

    rc = toucan_random(wrapped->iv, TOUCAN_WRAP_IV_SIZE);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    wrapped->size = enc->key_size;

    return toucan_gcm_seal(alg->primitive, key->secret, wrapped->iv,
                           toucan_str(NULL, 0),
                           toucan_str(cek, enc->key_size),
                           wrapped->encrypted, wrapped->tag);
}


static toucan_rc_t
toucan_oaep_unwrap(toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, const toucan_wrap_t *wrap,
    toucan_str_t encrypted, uint8_t *cek)
{
    size_t          len;
    uint8_t         place[TOUCAN_RSA_MAX_SIZE];
    toucan_rc_t     rc;
    toucan_slot_t  *slot;

    (void) wrap;

    if (encrypted.len != key->size) {
        return TOUCAN_BAD_DECRYPT;
    }

    /* OpenSSL wants a place as long as the modulus */

    len = sizeof(place);
    slot = toucan_key_slot(key, alg->slot, toucan_oaep_make, alg);

    if (slot == NULL) {
        rc = TOUCAN_NO_MEMORY;

    } else if (EVP_PKEY_decrypt(slot->pkey, place, &len, encrypted.data,
                                encrypted.len)
               != 1
               || len != enc->key_size)
    {
        rc = TOUCAN_BAD_DECRYPT;

    } else {
        memcpy(cek, place, len);
        rc = TOUCAN_OK;
    }

    toucan_cleanse(place, sizeof(place));

    return rc;
}


static int
toucan_oaep_make(toucan_slot_t *slot, const toucan_key_t *key, const void *row)
{
    slot->pkey = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    return slot->pkey != NULL
           && EVP_PKEY_decrypt_init(slot->pkey) == 1
           && toucan_oaep_setup(slot->pkey, row);
}


static toucan_rc_t
toucan_oaep_wrap(const toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, toucan_wrapped_t *wrapped, uint8_t *cek)
{
    int            ok;
    EVP_PKEY_CTX  *ctx;

    wrapped->size = sizeof(wrapped->encrypted);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    ok = ctx != NULL
         && EVP_PKEY_encrypt_init(ctx) == 1
         && toucan_oaep_setup(ctx, alg)
         && EVP_PKEY_encrypt(ctx, wrapped->encrypted, &wrapped->size, cek,
                             enc->key_size)
            == 1;

    EVP_PKEY_CTX_free(ctx);

    return ok ? TOUCAN_OK : TOUCAN_NO_MEMORY;
}


/* RSA-OAEP and RSA-OAEP-256 use one digest for OAEP and for MGF1 */

static int
toucan_oaep_setup(EVP_PKEY_CTX *ctx, const toucan_alg_t *alg)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
           && EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, alg->primitive, NULL) == 1
           && EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, alg->primitive, NULL)
              == 1;
}


static toucan_rc_t
toucan_ecdh_unwrap(toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, const toucan_wrap_t *wrap,
    toucan_str_t encrypted, uint8_t *cek)
{
    size_t           growth;
    uint8_t          kek[TOUCAN_CEK_MAX_SIZE];
    toucan_rc_t      rc;
    toucan_slot_t   *slot;
    EVP_CIPHER_CTX  *ctx;

    growth = alg->size ? enc->key_size + TOUCAN_KW_GROWTH : 0;

    if (wrap->epk == NULL || encrypted.len != growth) {
        return TOUCAN_BAD_DECRYPT;
    }

    rc = toucan_ecdh_key(key, wrap->epk, alg, enc, &wrap->parties, kek);

    if (rc == TOUCAN_OK && alg->size) {
        slot = toucan_key_slot(key, alg->slot, toucan_kek_make, alg);
        ctx = slot ? toucan_cipher(slot->cipher, kek, NULL, 0) : NULL;
        rc = toucan_kw_open(ctx, encrypted, cek);
        EVP_CIPHER_CTX_free(ctx);

    } else if (rc == TOUCAN_OK) {
        memcpy(cek, kek, enc->key_size);
    }

    toucan_cleanse(kek, sizeof(kek));

    return rc;
}


/* The cipher alone. */

static int
toucan_kek_make(toucan_slot_t *slot, const toucan_key_t *key, const void *row)
{
    const toucan_alg_t  *alg;

    (void) key;

    alg = row;
    slot->cipher = EVP_CIPHER_fetch(NULL, alg->primitive, NULL);

    return slot->cipher != NULL;
}


static toucan_rc_t
toucan_ecdh_wrap(const toucan_key_t *key, const toucan_alg_t *alg,
    const toucan_enc_t *enc, toucan_wrapped_t *wrapped, uint8_t *cek)
{
    uint8_t                  kek[TOUCAN_CEK_MAX_SIZE];
    toucan_rc_t              rc;
    toucan_key_t            *pair;
    const toucan_parties_t   nobody = { { 0, NULL }, { 0, NULL } };

    pair = toucan_crypto_ephemeral(key);
    if (pair == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    rc = toucan_key_point(pair, &wrapped->epk);

    if (rc == TOUCAN_OK) {
        rc = toucan_ecdh_key(pair, key, alg, enc, &nobody, kek);
    }

    toucan_key_free(pair);

    if (rc == TOUCAN_OK && alg->size) {
        wrapped->size = enc->key_size + TOUCAN_KW_GROWTH;
        rc = toucan_kw_seal(alg, kek, toucan_str(cek, enc->key_size),
                            wrapped->encrypted);

    } else if (rc == TOUCAN_OK) {
        memcpy(cek, kek, enc->key_size);
    }

    toucan_cleanse(kek, sizeof(kek));

    /* a recipient's point of small order: the key is at fault */

    return (rc == TOUCAN_BAD_DECRYPT) ? TOUCAN_ALG_NOT_ALLOWED : rc;
}


/* The wrapping key or, without wrapping, the content encryption key itself. */

static toucan_rc_t
toucan_ecdh_key(toucan_key_t *key, const toucan_key_t *peer,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_parties_t *parties, uint8_t *kek)
{
    if (alg->size) {
        return toucan_crypto_agree(key, peer, alg->name, parties, kek,
                                   alg->size);
    }

    return toucan_crypto_agree(key, peer, enc->name, parties, kek,
                               enc->key_size);
}


/*
 * OpenSSL unwraps into a place as long as what it unwraps, and cleanses it
 * when the integrity check fails.
 */

static toucan_rc_t
toucan_kw_open(EVP_CIPHER_CTX *ctx, toucan_str_t in, uint8_t *out)
{
    int          n;
    uint8_t      place[TOUCAN_KW_MAX_SIZE];
    toucan_rc_t  rc;

    if (ctx == NULL || EVP_DecryptInit_ex2(ctx, NULL, NULL, NULL, NULL) != 1) {
        return TOUCAN_NO_MEMORY;
    }

    if (EVP_DecryptUpdate(ctx, place, &n, in.data, (int) in.len) != 1) {
        rc = TOUCAN_BAD_DECRYPT;

    } else {
        memcpy(out, place, (size_t) n);
        rc = TOUCAN_OK;
    }

    toucan_cleanse(place, sizeof(place));

    return rc;
}


static toucan_rc_t
toucan_kw_seal(const toucan_alg_t *alg, const uint8_t *kek, toucan_str_t in,
    uint8_t *out)
{
    int              n;
    toucan_rc_t      rc;
    EVP_CIPHER_CTX  *ctx;

    ctx = toucan_cipher_named(alg->primitive, kek, NULL, 1);

    if (ctx == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    rc = (EVP_EncryptUpdate(ctx, out, &n, in.data, (int) in.len) == 1)
         ? TOUCAN_OK : TOUCAN_INTERNAL;

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}
