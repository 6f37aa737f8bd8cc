
/*
 * What a key keeps ready, and the contexts that are made of it: algorithms
 * are fetched and contexts made once, when a key first meets a use.
 */


#include "jose/toucan_crypto_impl.h"


static void toucan_slot_free(toucan_slot_t *slot);


toucan_slot_t *
toucan_key_slot(toucan_key_t *key, unsigned n, toucan_slot_make_pt make,
    const void *row)
{
    toucan_slot_t  *slot;

    if (key->slot[n] != NULL) {
        return key->slot[n];
    }

    slot = toucan_calloc(1, sizeof(toucan_slot_t));
    if (slot == NULL) {
        return NULL;
    }

    if (!make(slot, key, row)) {
        toucan_slot_free(slot);
        return NULL;
    }

    key->slot[n] = slot;

    return slot;
}


void
toucan_key_forget(toucan_key_t *key, unsigned n)
{
    if (key->slot[n] != NULL) {
        toucan_slot_free(key->slot[n]);
        key->slot[n] = NULL;
    }
}


static void
toucan_slot_free(toucan_slot_t *slot)
{
    EVP_CIPHER_CTX_free(slot->crypt);
    EVP_CIPHER_free(slot->cipher);
    EVP_MAC_CTX_free(slot->mac);
    EVP_PKEY_CTX_free(slot->pkey);
    EVP_MD_CTX_free(slot->digest);
    EVP_MD_free(slot->md);

    toucan_free(slot);
}


EVP_MAC_CTX *
toucan_hmac(const char *digest, const uint8_t *key, size_t len)
{
    EVP_MAC      *mac;
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *ctx;

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    ctx = (mac != NULL) ? EVP_MAC_CTX_new(mac) : NULL;

    if (ctx != NULL && EVP_MAC_init(ctx, key, len, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }

    EVP_MAC_free(mac);

    return ctx;
}


EVP_CIPHER_CTX *
toucan_cipher(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *iv,
    int encrypt)
{
    EVP_CIPHER_CTX  *ctx;

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NULL;
    }

    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);

    if (EVP_CipherInit_ex2(ctx, cipher, key, iv, encrypt, NULL) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


EVP_CIPHER_CTX *
toucan_cipher_named(const char *name, const uint8_t *key, const uint8_t *iv,
    int encrypt)
{
    EVP_CIPHER      *cipher;
    EVP_CIPHER_CTX  *ctx;

    cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    ctx = (cipher != NULL) ? toucan_cipher(cipher, key, iv, encrypt) : NULL;

    EVP_CIPHER_free(cipher);

    return ctx;
}
