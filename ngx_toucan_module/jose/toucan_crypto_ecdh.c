
/*
 * ECDH-ES: the shared secret, and the key that is derived from it.
 */


#include "jose/toucan_crypto_ecdh.h"
#include "jose/toucan_crypto_hash.h"
#include "jose/toucan_crypto_impl.h"


/* AlgorithmID, PartyUInfo and PartyVInfo, each behind its length, and the
 * length of the key (RFC 7518 section 4.6.2) */
#define TOUCAN_ECDH_MAX_INFO  (4 * 4 + 32 + 2 * TOUCAN_PARTY_MAX_SIZE)


/* more of the stack than OpenSSL takes for an agreement */
#define TOUCAN_ECDH_STACK  4096


static toucan_rc_t toucan_ecdh_secret(const toucan_key_t *key,
    const toucan_key_t *peer, uint8_t *secret, size_t *len);
static void toucan_ecdh_burn(void) __attribute__((noinline));
static void toucan_ecdh_uint32(toucan_buf_t *b, size_t value);
static void toucan_ecdh_field(toucan_buf_t *b, toucan_str_t value);
static int toucan_ecdh_make(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row);
static toucan_rc_t toucan_ecdh_derive(const EVP_MD *md, toucan_str_t secret,
    toucan_str_t info, uint8_t *derived, size_t size);


toucan_rc_t
toucan_crypto_agree(toucan_key_t *key, const toucan_key_t *peer,
    toucan_str_t id, const toucan_parties_t *parties, uint8_t *derived,
    size_t size)
{
    size_t          len;
    uint8_t         secret[TOUCAN_EC_MAX_SIZE], info[TOUCAN_ECDH_MAX_INFO];
    toucan_rc_t     rc;
    toucan_buf_t    b;
    toucan_slot_t  *slot;

    if (key->crv != peer->crv || !key->secret_half) {
        return TOUCAN_BAD_DECRYPT;
    }

    toucan_buf_init(&b, info, sizeof(info));
    toucan_ecdh_field(&b, id);
    toucan_ecdh_field(&b, parties->apu);
    toucan_ecdh_field(&b, parties->apv);
    toucan_ecdh_uint32(&b, size * 8);

    if (b.overflow) {
        return TOUCAN_BAD_DECRYPT;
    }

    ERR_set_mark();

    slot = toucan_key_slot(key, TOUCAN_SLOT_AGREE, toucan_ecdh_make, NULL);
    rc = (slot == NULL) ? TOUCAN_NO_MEMORY
                        : toucan_ecdh_secret(key, peer, secret, &len);

    if (rc == TOUCAN_OK) {
        rc = toucan_ecdh_derive(slot->md, toucan_str(secret, len),
                                toucan_buf_view(&b), derived, size);
    }

    ERR_pop_to_mark();

    toucan_cleanse(secret, sizeof(secret));

    return rc;
}


toucan_key_t *
toucan_crypto_ephemeral(const toucan_key_t *key)
{
    toucan_diag_t  diag;
    toucan_key_t  *pair;
    EVP_PKEY_CTX  *ctx;

    pair = toucan_key_new(key->kty, key->crv, &diag);
    if (pair == NULL) {
        return NULL;
    }

    pair->size = key->size;
    pair->secret_half = 1;

    ERR_set_mark();

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    if (ctx == NULL
        || EVP_PKEY_keygen_init(ctx) != 1
        || EVP_PKEY_generate(ctx, &pair->pkey) != 1)
    {
        toucan_key_free(pair);
        pair = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    ERR_pop_to_mark();

    return pair;
}


/* No context: it would keep the peer of the last token, or what was derived. */

static int
toucan_ecdh_make(toucan_slot_t *slot, const toucan_key_t *key, const void *row)
{
    (void) key;
    (void) row;

    slot->md = EVP_MD_fetch(NULL, "SHA256", NULL);

    return slot->md != NULL;
}


static toucan_rc_t
toucan_ecdh_secret(const toucan_key_t *key, const toucan_key_t *peer,
    uint8_t *secret, size_t *len)
{
    toucan_rc_t    rc;
    EVP_PKEY_CTX  *ctx;

    *len = TOUCAN_EC_MAX_SIZE;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1) {
        rc = TOUCAN_NO_MEMORY;

    } else if (EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 1) != 1
               || EVP_PKEY_derive(ctx, secret, len) != 1)
    {
        rc = TOUCAN_BAD_DECRYPT;

    } else {
        rc = TOUCAN_OK;
    }

    EVP_PKEY_CTX_free(ctx);
    toucan_ecdh_burn();

    return rc;
}


/* OpenSSL leaves words of an X25519 secret on the stack. */

static void
toucan_ecdh_burn(void)
{
    uint8_t  place[TOUCAN_ECDH_STACK];

    toucan_cleanse(place, sizeof(place));
}


static void
toucan_ecdh_uint32(toucan_buf_t *b, size_t value)
{
    toucan_buf_byte(b, (uint8_t) (value >> 24));
    toucan_buf_byte(b, (uint8_t) (value >> 16));
    toucan_buf_byte(b, (uint8_t) (value >> 8));
    toucan_buf_byte(b, (uint8_t) value);
}


static void
toucan_ecdh_field(toucan_buf_t *b, toucan_str_t value)
{
    toucan_ecdh_uint32(b, value.len);
    toucan_buf_str(b, value);
}


/*
 * The Concat KDF of NIST SP 800-56A.  Not OpenSSL's SSKDF, which in 3.0 writes
 * to NULL when memory is out.
 */

static toucan_rc_t
toucan_ecdh_derive(const EVP_MD *md, toucan_str_t secret, toucan_str_t info,
    uint8_t *derived, size_t size)
{
    int          ok;
    size_t       n;
    uint8_t      hash[TOUCAN_SHA256_SIZE], counter[4];
    EVP_MD_CTX  *ctx;

    ok = 1;
    ctx = EVP_MD_CTX_new();
    memset(counter, 0, sizeof(counter));

    while (ok && size > 0) {
        counter[3]++;       /* at most TOUCAN_CEK_MAX_SIZE bytes: no carry */

        ok = ctx != NULL
             && EVP_DigestInit_ex2(ctx, md, NULL) == 1
             && EVP_DigestUpdate(ctx, counter, sizeof(counter)) == 1
             && EVP_DigestUpdate(ctx, secret.data, secret.len) == 1
             && EVP_DigestUpdate(ctx, info.data, info.len) == 1
             && EVP_DigestFinal_ex(ctx, hash, NULL) == 1;

        n = (size < sizeof(hash)) ? size : sizeof(hash);

        if (ok) {
            memcpy(derived, hash, n);
        }

        derived += n;
        size -= n;
    }

    EVP_MD_CTX_free(ctx);
    toucan_cleanse(hash, sizeof(hash));

    return ok ? TOUCAN_OK : TOUCAN_NO_MEMORY;
}
