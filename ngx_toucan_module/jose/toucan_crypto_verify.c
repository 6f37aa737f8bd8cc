
/*
 * Verification: each kind of signature is a row, a way to prepare its slot
 * and a way to use it.
 */


#include "jose/toucan_crypto_verify.h"
#include "jose/toucan_crypto_impl.h"


/*
 * SEQUENCE of two INTEGERs of P-521: 66 bytes each and a zero before a set
 * top bit, 2 bytes of tag and length each, 3 for the SEQUENCE
 */
#define TOUCAN_ECDSA_MAX_DER  (3 + 2 * (2 + 1 + TOUCAN_EC_MAX_SIZE))


typedef struct {
    toucan_slot_make_pt  prepare;
    toucan_rc_t        (*verify)(toucan_key_t *key, const toucan_alg_t *alg,
                             toucan_slot_t *slot, toucan_str_t data,
                             toucan_str_t sig);
} toucan_sig_ops_t;


static size_t toucan_sig_size(const toucan_key_t *key,
    const toucan_alg_t *alg);
static int toucan_hmac_prepare(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row);
static toucan_rc_t toucan_hmac_verify(toucan_key_t *key,
    const toucan_alg_t *alg, toucan_slot_t *slot, toucan_str_t data,
    toucan_str_t sig);
static int toucan_digest_prepare(toucan_slot_t *slot,
    const toucan_key_t *key, const void *row);
static toucan_rc_t toucan_digest_verify(toucan_key_t *key,
    const toucan_alg_t *alg, toucan_slot_t *slot, toucan_str_t data,
    toucan_str_t sig);
static toucan_rc_t toucan_ecdsa_verify(toucan_key_t *key,
    const toucan_alg_t *alg, toucan_slot_t *slot, toucan_str_t data,
    toucan_str_t sig);
static size_t toucan_ecdsa_der(uint8_t *der, toucan_str_t sig);
static toucan_str_t toucan_ecdsa_number(const uint8_t *data, size_t len);
static uint8_t *toucan_ecdsa_integer(uint8_t *p, toucan_str_t number);
static int toucan_eddsa_prepare(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row);
static toucan_rc_t toucan_eddsa_verify(toucan_key_t *key,
    const toucan_alg_t *alg, toucan_slot_t *slot, toucan_str_t data,
    toucan_str_t sig);


static const toucan_sig_ops_t  toucan_sig_ops[] = {
    [TOUCAN_SIG_HMAC] = { toucan_hmac_prepare, toucan_hmac_verify },
    [TOUCAN_SIG_RSA_PKCS1] = { toucan_digest_prepare, toucan_digest_verify },
    [TOUCAN_SIG_RSA_PSS] = { toucan_digest_prepare, toucan_digest_verify },
    [TOUCAN_SIG_ECDSA] = { toucan_digest_prepare, toucan_ecdsa_verify },
    [TOUCAN_SIG_EDDSA] = { toucan_eddsa_prepare, toucan_eddsa_verify }
};


toucan_rc_t
toucan_crypto_verify(toucan_key_t *key, const toucan_alg_t *alg,
    toucan_str_t data, toucan_str_t sig)
{
    toucan_rc_t              rc;
    toucan_slot_t           *slot;
    const toucan_sig_ops_t  *ops;

    if (!toucan_alg_signs(alg) || !toucan_key_fits(key, alg)) {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    if (sig.len != toucan_sig_size(key, alg)) {
        return TOUCAN_BAD_SIGNATURE;
    }

    ops = &toucan_sig_ops[alg->how];

    /* whatever fails in here must not stay in the thread's error queue */

    ERR_set_mark();

    slot = toucan_key_slot(key, alg->slot, ops->prepare, alg);
    rc = (slot == NULL) ? TOUCAN_NO_MEMORY
                        : ops->verify(key, alg, slot, data, sig);

    if (rc != TOUCAN_OK && rc != TOUCAN_BAD_SIGNATURE) {
        toucan_key_forget(key, alg->slot);
    }

    ERR_pop_to_mark();

    return rc;
}


static size_t
toucan_sig_size(const toucan_key_t *key, const toucan_alg_t *alg)
{
    switch (alg->how) {

    case TOUCAN_SIG_HMAC:
        return alg->size;

    case TOUCAN_SIG_ECDSA:
        return 2 * alg->size;

    case TOUCAN_SIG_EDDSA:
        return 2 * key->size;

    default:
        return key->size;
    }
}


static int
toucan_hmac_prepare(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row)
{
    const toucan_alg_t  *alg;

    alg = row;
    slot->mac = toucan_hmac(alg->primitive, key->secret, key->size);

    return slot->mac != NULL;
}


static toucan_rc_t
toucan_hmac_verify(toucan_key_t *key, const toucan_alg_t *alg,
    toucan_slot_t *slot, toucan_str_t data, toucan_str_t sig)
{
    size_t   len;
    uint8_t  tag[EVP_MAX_MD_SIZE];

    (void) key;

    /* no key: the one that the context holds */

    if (EVP_MAC_init(slot->mac, NULL, 0, NULL) != 1
        || EVP_MAC_update(slot->mac, data.data, data.len) != 1
        || EVP_MAC_final(slot->mac, tag, &len, sizeof(tag)) != 1
        || len != alg->size)
    {
        return TOUCAN_INTERNAL;
    }

    return toucan_const_eq(tag, sig.data, len) ? TOUCAN_OK
                                               : TOUCAN_BAD_SIGNATURE;
}


static int
toucan_digest_prepare(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row)
{
    const toucan_alg_t  *alg;

    alg = row;
    slot->md = EVP_MD_fetch(NULL, alg->primitive, NULL);
    slot->digest = EVP_MD_CTX_new();
    slot->pkey = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    return slot->md != NULL && slot->digest != NULL && slot->pkey != NULL
           && EVP_PKEY_verify_init(slot->pkey) == 1
           && toucan_pkey_sig_setup(slot->pkey, alg, slot->md);
}


/*
 * The digest's context is emptied at once: with SHA-512 it holds the end of
 * the data, which was encrypted if the token is nested.
 */

static toucan_rc_t
toucan_digest_verify(toucan_key_t *key, const toucan_alg_t *alg,
    toucan_slot_t *slot, toucan_str_t data, toucan_str_t sig)
{
    uint8_t   hash[EVP_MAX_MD_SIZE];
    unsigned  len;

    (void) key;
    (void) alg;

    if (EVP_DigestInit_ex2(slot->digest, slot->md, NULL) != 1
        || EVP_DigestUpdate(slot->digest, data.data, data.len) != 1
        || EVP_DigestFinal_ex(slot->digest, hash, &len) != 1
        || EVP_MD_CTX_reset(slot->digest) != 1)
    {
        return TOUCAN_INTERNAL;
    }

    if (EVP_PKEY_verify(slot->pkey, sig.data, sig.len, hash, len) != 1) {
        return TOUCAN_BAD_SIGNATURE;
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_ecdsa_verify(toucan_key_t *key, const toucan_alg_t *alg,
    toucan_slot_t *slot, toucan_str_t data, toucan_str_t sig)
{
    size_t   len;
    uint8_t  der[TOUCAN_ECDSA_MAX_DER];

    len = toucan_ecdsa_der(der, sig);

    if (len == 0) {
        return TOUCAN_BAD_SIGNATURE;
    }

    return toucan_digest_verify(key, alg, slot, data, toucan_str(der, len));
}


/*
 * The DER form of r and s, which stand one after the other in halves of equal
 * length; its length, or 0 when one of them is zero.  OpenSSL refuses those
 * that are not below the order.
 */

static size_t
toucan_ecdsa_der(uint8_t *der, toucan_str_t sig)
{
    size_t         len;
    uint8_t       *p;
    toucan_str_t   r, s;

    r = toucan_ecdsa_number(sig.data, sig.len / 2);
    s = toucan_ecdsa_number(sig.data + sig.len / 2, sig.len / 2);

    if (r.len == 0 || s.len == 0 || r.len > TOUCAN_EC_MAX_SIZE
        || s.len > TOUCAN_EC_MAX_SIZE)
    {
        return 0;
    }

    len = 2 + r.len + (r.data[0] >> 7) + 2 + s.len + (s.data[0] >> 7);

    p = der;
    *p++ = 0x30;        /* SEQUENCE */

    if (len >= 0x80) {
        *p++ = 0x81;    /* the length takes one byte more */
    }

    *p++ = (uint8_t) len;

    p = toucan_ecdsa_integer(p, r);
    p = toucan_ecdsa_integer(p, s);

    return (size_t) (p - der);
}


static toucan_str_t
toucan_ecdsa_number(const uint8_t *data, size_t len)
{
    while (len > 0 && *data == 0) {
        data++;
        len--;
    }

    return toucan_str(data, len);
}


static uint8_t *
toucan_ecdsa_integer(uint8_t *p, toucan_str_t number)
{
    *p++ = 0x02;        /* INTEGER */
    *p++ = (uint8_t) (number.len + (number.data[0] >> 7));

    if (number.data[0] >> 7) {
        *p++ = 0;       /* not negative */
    }

    memcpy(p, number.data, number.len);

    return p + number.len;
}


static int
toucan_eddsa_prepare(toucan_slot_t *slot, const toucan_key_t *key,
    const void *row)
{
    (void) key;
    (void) row;

    slot->digest = EVP_MD_CTX_new();

    return slot->digest != NULL;
}


/*
 * The context is set up anew each time: EVP_DigestVerify() twice on one works
 * with OpenSSL 3.0 and fails with 3.6.
 */

static toucan_rc_t
toucan_eddsa_verify(toucan_key_t *key, const toucan_alg_t *alg,
    toucan_slot_t *slot, toucan_str_t data, toucan_str_t sig)
{
    (void) alg;

    if (EVP_MD_CTX_reset(slot->digest) != 1
        || EVP_DigestVerifyInit_ex(slot->digest, NULL, NULL, NULL, NULL,
                                   key->pkey, NULL)
           != 1)
    {
        return TOUCAN_NO_MEMORY;
    }

    if (EVP_DigestVerify(slot->digest, sig.data, sig.len, data.data, data.len)
        != 1)
    {
        return TOUCAN_BAD_SIGNATURE;
    }

    return TOUCAN_OK;
}
