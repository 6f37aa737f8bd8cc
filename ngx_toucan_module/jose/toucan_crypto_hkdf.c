
/*
 * HKDF-SHA256: two uses of HMAC.
 */


#include "jose/toucan_crypto_hkdf.h"
#include "jose/toucan_crypto_hash.h"
#include "jose/toucan_crypto_impl.h"


/* the last octet of a block counts them */
#define TOUCAN_HKDF_MAX_SIZE  (255 * TOUCAN_SHA256_SIZE)


struct toucan_hkdf_s {
    EVP_MAC_CTX     *mac;           /* keyed with what was extracted */
};


static int toucan_hkdf_extract(EVP_MAC_CTX *mac, const toucan_key_t *master);
static int toucan_hkdf_block(EVP_MAC_CTX *mac, toucan_str_t previous,
    toucan_str_t info, uint8_t count, uint8_t *block);


toucan_rc_t
toucan_hkdf(const toucan_key_t *master, toucan_str_t info, uint8_t *out,
    size_t len)
{
    toucan_rc_t     rc;
    toucan_hkdf_t  *hkdf;

    rc = toucan_hkdf_new(&hkdf, master);
    if (rc != TOUCAN_OK) {
        toucan_cleanse(out, len);
        return rc;
    }

    rc = toucan_hkdf_expand(hkdf, info, out, len);

    toucan_hkdf_free(hkdf);

    return rc;
}


toucan_rc_t
toucan_hkdf_new(toucan_hkdf_t **hkdf, const toucan_key_t *master)
{
    int             ok;
    toucan_hkdf_t  *made;

    /* no salt is one of zeros, of the hash's length */

    static const uint8_t  salt[TOUCAN_SHA256_SIZE];

    *hkdf = NULL;

    if (master->kty != TOUCAN_KTY_OCT) {
        return TOUCAN_INTERNAL;
    }

    made = toucan_calloc(1, sizeof(toucan_hkdf_t));
    if (made == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    ERR_set_mark();

    made->mac = toucan_hmac("SHA256", salt, sizeof(salt));
    ok = made->mac != NULL && toucan_hkdf_extract(made->mac, master);

    ERR_pop_to_mark();

    if (!ok) {
        toucan_hkdf_free(made);
        return TOUCAN_NO_MEMORY;
    }

    *hkdf = made;

    return TOUCAN_OK;
}


toucan_rc_t
toucan_hkdf_expand(toucan_hkdf_t *hkdf, toucan_str_t info, uint8_t *out,
    size_t len)
{
    int           ok;
    size_t        done, n;
    uint8_t       block[TOUCAN_SHA256_SIZE], count;
    toucan_str_t  previous;

    ok = (len <= TOUCAN_HKDF_MAX_SIZE);
    previous = toucan_str(NULL, 0);
    count = 1;

    ERR_set_mark();

    for (done = 0; ok && done < len; done += n) {
        ok = toucan_hkdf_block(hkdf->mac, previous, info, count++, block);
        n = (len - done < sizeof(block)) ? len - done : sizeof(block);

        if (ok) {
            memcpy(out + done, block, n);
            previous = toucan_str(block, sizeof(block));
        }
    }

    ERR_pop_to_mark();

    toucan_cleanse(block, sizeof(block));

    if (!ok) {
        toucan_cleanse(out, len);
        return TOUCAN_INTERNAL;
    }

    return TOUCAN_OK;
}


void
toucan_hkdf_free(toucan_hkdf_t *hkdf)
{
    if (hkdf == NULL) {
        return;
    }

    EVP_MAC_CTX_free(hkdf->mac);
    toucan_free(hkdf);
}


/* mac is keyed with the salt, and then with what is extracted. */

static int
toucan_hkdf_extract(EVP_MAC_CTX *mac, const toucan_key_t *master)
{
    int      ok;
    size_t   len;
    uint8_t  secret[TOUCAN_SHA256_SIZE];

    ok = EVP_MAC_update(mac, master->secret, master->size) == 1
         && EVP_MAC_final(mac, secret, &len, sizeof(secret)) == 1
         && EVP_MAC_init(mac, secret, sizeof(secret), NULL) == 1;

    toucan_cleanse(secret, sizeof(secret));

    return ok;
}


/* block may be where previous is */

static int
toucan_hkdf_block(EVP_MAC_CTX *mac, toucan_str_t previous, toucan_str_t info,
    uint8_t count, uint8_t *block)
{
    size_t  len;

    /* no key: the one that the context holds */

    return EVP_MAC_init(mac, NULL, 0, NULL) == 1
           && EVP_MAC_update(mac, previous.data, previous.len) == 1
           && EVP_MAC_update(mac, info.data, info.len) == 1
           && EVP_MAC_update(mac, &count, 1) == 1
           && EVP_MAC_final(mac, block, &len, TOUCAN_SHA256_SIZE) == 1
           && len == TOUCAN_SHA256_SIZE;
}
