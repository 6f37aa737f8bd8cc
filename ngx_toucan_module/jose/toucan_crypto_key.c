
/*
 * Keys: from the numbers of a JWK to OpenSSL's objects, and what is checked
 * on the way.
 */


#include "jose/toucan_crypto_impl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>


/* the widest coordinate: P-521 */
#define TOUCAN_EC_MAX_SIZE       66

#define TOUCAN_ED25519_SIZE      32
#define TOUCAN_ED448_SIZE        57

/* the longest exponent that OpenSSL takes with a large modulus */
#define TOUCAN_RSA_MAX_EXPONENT  8


typedef struct {
    toucan_crv_e     crv;
    const char      *name;          /* as in a JWK */
    const char      *group;         /* OpenSSL's */
    size_t           size;          /* of a coordinate */
} toucan_ec_t;


static toucan_key_t *toucan_key_new(toucan_kty_e kty, toucan_crv_e crv,
    toucan_diag_t *diag);
static toucan_str_t toucan_number(toucan_str_t s);
static size_t toucan_bits(toucan_str_t number);
static const char *toucan_rsa_fault(toucan_str_t n, toucan_str_t e);
static int toucan_rsa_is_roca(toucan_str_t n);
static EVP_PKEY *toucan_rsa_pkey(toucan_str_t n, toucan_str_t e);
static EVP_PKEY *toucan_pkey(const char *type, OSSL_PARAM *params);
static const toucan_ec_t *toucan_ec_find(toucan_crv_e crv);
static EVP_PKEY *toucan_ec_pkey(const toucan_ec_t *ec, toucan_str_t x,
    toucan_str_t y);
static int toucan_okp_is_small(toucan_crv_e crv, toucan_str_t x);


static const toucan_ec_t  toucan_ecs[] = {
    { TOUCAN_CRV_P256, "P-256", "prime256v1", 32 },
    { TOUCAN_CRV_P384, "P-384", "secp384r1", 48 },
    { TOUCAN_CRV_P521, "P-521", "secp521r1", 66 },
    { TOUCAN_CRV_SECP256K1, "secp256k1", "secp256k1", 32 }
};


/*
 * The y of the points of small order on edwards25519, in every spelling that
 * decodes: under such a key anybody can sign.  Little-endian, sign bit off.
 */

static const uint8_t  toucan_ed25519_small[][TOUCAN_ED25519_SIZE] = {
    { 0x00 },
    { 0x01 },
    { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
      0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
      0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
    { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
      0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
      0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
    { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    { 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    { 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }
};


/* The same of edwards448: y is 0, 1 or p - 1. */

static const uint8_t  toucan_ed448_small[][TOUCAN_ED448_SIZE] = {
    { 0x00 },
    { 0x01 },
    { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0x00 }
};


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

    ERR_set_mark();

    key->size = k.len;
    key->secret = toucan_calloc(1, k.len);
    key->mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);

    ERR_pop_to_mark();

    if (key->secret == NULL || key->mac == NULL) {
        toucan_diag_error(diag, "out of memory");
        toucan_key_free(key);
        return NULL;
    }

    memcpy(key->secret, k.data, k.len);

    return key;
}


toucan_key_t *
toucan_key_rsa(toucan_str_t n, toucan_str_t e, toucan_diag_t *diag)
{
    const char    *fault;
    toucan_key_t  *key;

    n = toucan_number(n);
    e = toucan_number(e);

    if (toucan_bits(n) < TOUCAN_RSA_MIN_BITS
        || toucan_bits(n) > TOUCAN_RSA_MAX_BITS)
    {
        toucan_diag_error(diag, "an RSA modulus of %zu bits, not of %u to %u",
                          toucan_bits(n), TOUCAN_RSA_MIN_BITS,
                          TOUCAN_RSA_MAX_BITS);
        return NULL;
    }

    fault = toucan_rsa_fault(n, e);
    if (fault != NULL) {
        toucan_diag_error(diag, "%s", fault);
        return NULL;
    }

    key = toucan_key_new(TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, diag);
    if (key == NULL) {
        return NULL;
    }

    ERR_set_mark();

    key->size = n.len;
    key->pkey = toucan_rsa_pkey(n, e);

    ERR_pop_to_mark();

    if (key->pkey == NULL) {
        toucan_diag_error(diag, "OpenSSL does not take the RSA key");
        toucan_key_free(key);
        return NULL;
    }

    return key;
}


toucan_key_t *
toucan_key_ec(toucan_crv_e crv, toucan_str_t x, toucan_str_t y,
    toucan_diag_t *diag)
{
    toucan_key_t       *key;
    const toucan_ec_t  *ec;

    ec = toucan_ec_find(crv);

    if (ec == NULL) {
        toucan_diag_error(diag, "not an EC curve");
        return NULL;
    }

    if (x.len != ec->size || y.len != ec->size) {
        toucan_diag_error(diag, "x and y of %zu and %zu bytes, not of %zu "
                          "for %s", x.len, y.len, ec->size, ec->name);
        return NULL;
    }

    key = toucan_key_new(TOUCAN_KTY_EC, crv, diag);
    if (key == NULL) {
        return NULL;
    }

    ERR_set_mark();

    key->size = ec->size;
    key->pkey = toucan_ec_pkey(ec, x, y);

    ERR_pop_to_mark();

    if (key->pkey == NULL) {
        toucan_diag_error(diag, "x and y are not a point on %s", ec->name);
        toucan_key_free(key);
        return NULL;
    }

    return key;
}


toucan_key_t *
toucan_key_okp(toucan_crv_e crv, toucan_str_t x, toucan_diag_t *diag)
{
    size_t         size;
    const char    *name;
    toucan_key_t  *key;

    switch (crv) {

    case TOUCAN_CRV_ED25519:
        size = TOUCAN_ED25519_SIZE;
        name = "ED25519";
        break;

    case TOUCAN_CRV_ED448:
        size = TOUCAN_ED448_SIZE;
        name = "ED448";
        break;

    default:
        toucan_diag_error(diag, "not an OKP curve");
        return NULL;
    }

    if (x.len != size) {
        toucan_diag_error(diag, "x of %zu bytes, not of %zu", x.len, size);
        return NULL;
    }

    if (toucan_okp_is_small(crv, x)) {
        toucan_diag_error(diag, "x is a point of small order");
        return NULL;
    }

    key = toucan_key_new(TOUCAN_KTY_OKP, crv, diag);
    if (key == NULL) {
        return NULL;
    }

    ERR_set_mark();

    key->size = 2 * size;
    key->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, x.data,
                                               x.len);

    ERR_pop_to_mark();

    if (key->pkey == NULL) {
        toucan_diag_error(diag, "OpenSSL does not take the %s key", name);
        toucan_key_free(key);
        return NULL;
    }

    return key;
}


void
toucan_key_free(toucan_key_t *key)
{
    unsigned  i;

    if (key == NULL) {
        return;
    }

    for (i = 0; i < TOUCAN_ALG_SLOTS; i++) {
        toucan_slot_clear(&key->slot[i]);
    }

    if (key->secret != NULL) {
        toucan_cleanse(key->secret, key->size);
        toucan_free(key->secret);
    }

    EVP_MAC_free(key->mac);
    EVP_PKEY_free(key->pkey);

    toucan_free(key);
}


void
toucan_slot_clear(toucan_slot_t *slot)
{
    EVP_MAC_CTX_free(slot->mac);
    EVP_PKEY_CTX_free(slot->verify);
    EVP_MD_CTX_free(slot->digest);
    EVP_MD_free(slot->md);

    memset(slot, 0, sizeof(toucan_slot_t));
}


int
toucan_key_fits(const toucan_key_t *key, const toucan_alg_t *alg)
{
    if (key->kty != alg->kty) {
        return 0;
    }

    switch (key->kty) {

    case TOUCAN_KTY_OCT:
        return key->size >= alg->size;

    case TOUCAN_KTY_EC:
        return key->crv == alg->crv;

    default:

        /*
         * EdDSA goes by the key's curve, and the smallest modulus holds the
         * largest hash: 2048 bits are more than PS512's 2 * 64 + 2 bytes
         */

        return 1;
    }
}


static toucan_key_t *
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


/* A number without its leading zero octets.  A view into s. */

static toucan_str_t
toucan_number(toucan_str_t s)
{
    while (s.len > 0 && s.data[0] == 0) {
        s.data++;
        s.len--;
    }

    return s;
}


static size_t
toucan_bits(toucan_str_t number)
{
    size_t    bits;
    unsigned  top;

    bits = number.len * 8;

    if (bits > 0) {
        for (top = number.data[0]; top < 0x80; top <<= 1) {
            bits--;
        }
    }

    return bits;
}


/* Points to static memory, or NULL. */

static const char *
toucan_rsa_fault(toucan_str_t n, toucan_str_t e)
{
    if ((n.data[n.len - 1] & 1) == 0) {
        return "an even RSA modulus";
    }

    if (e.len == 0 || (e.data[e.len - 1] & 1) == 0
        || (e.len == 1 && e.data[0] == 1))
    {
        return "an RSA exponent that is even or less than 3";
    }

    if (e.len > TOUCAN_RSA_MAX_EXPONENT) {
        return "an RSA exponent of more than 64 bits";
    }

    if (toucan_rsa_is_roca(n)) {
        return "an RSA modulus that can be factored (ROCA, CVE-2017-15361)";
    }

    return NULL;
}


/*
 * Primes made by the faulty generator are powers of 65537 modulo each of these,
 * so their product is one, too; another modulus is so for all of them by a
 * chance of about 1 : 2^27.
 */

static int
toucan_rsa_is_roca(toucan_str_t n)
{
    size_t                i;
    unsigned              k, p, residue, power;
    static const uint8_t  primes[] = { 11, 13, 17, 19, 37, 53, 61, 71, 73,
                                       79, 97, 103, 107, 109, 127, 151, 157 };

    for (k = 0; k < sizeof(primes); k++) {
        p = primes[k];
        residue = 0;

        for (i = 0; i < n.len; i++) {
            residue = (residue << 8 | n.data[i]) % p;
        }

        power = 1;

        do {
            power = power * (65537 % p) % p;
        } while (power != residue && power != 1);

        if (power != residue) {
            return 0;
        }
    }

    return 1;
}


static EVP_PKEY *
toucan_rsa_pkey(toucan_str_t n, toucan_str_t e)
{
    BIGNUM          *bn, *be;
    EVP_PKEY        *pkey;
    OSSL_PARAM      *params;
    OSSL_PARAM_BLD  *bld;

    pkey = NULL;
    params = NULL;

    bn = BN_bin2bn(n.data, (int) n.len, NULL);
    be = BN_bin2bn(e.data, (int) e.len, NULL);
    bld = OSSL_PARAM_BLD_new();

    if (bn != NULL && be != NULL && bld != NULL
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn)
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be))
    {
        params = OSSL_PARAM_BLD_to_param(bld);
    }

    if (params != NULL) {
        pkey = toucan_pkey("RSA", params);
    }

    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(be);
    BN_free(bn);

    return pkey;
}


static EVP_PKEY *
toucan_pkey(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (ctx == NULL
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


static const toucan_ec_t *
toucan_ec_find(toucan_crv_e crv)
{
    unsigned  i;

    for (i = 0; i < sizeof(toucan_ecs) / sizeof(toucan_ecs[0]); i++) {
        if (toucan_ecs[i].crv == crv) {
            return &toucan_ecs[i];
        }
    }

    return NULL;
}


/*
 * OpenSSL decodes the point, which fails off the curve and for a coordinate
 * that is not below the prime.
 */

static EVP_PKEY *
toucan_ec_pkey(const toucan_ec_t *ec, toucan_str_t x, toucan_str_t y)
{
    uint8_t     point[1 + 2 * TOUCAN_EC_MAX_SIZE];
    OSSL_PARAM  params[3];

    point[0] = 0x04;        /* uncompressed */
    memcpy(point + 1, x.data, x.len);
    memcpy(point + 1 + x.len, y.data, y.len);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 (char *) ec->group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point, 1 + x.len + y.len);
    params[2] = OSSL_PARAM_construct_end();

    return toucan_pkey("EC", params);
}


static int
toucan_okp_is_small(toucan_crv_e crv, toucan_str_t x)
{
    size_t          i, n;
    uint8_t         y[TOUCAN_ED448_SIZE];
    const uint8_t  *row;

    memcpy(y, x.data, x.len);
    y[x.len - 1] &= 0x7f;       /* the sign of the other coordinate */

    if (crv == TOUCAN_CRV_ED25519) {
        row = toucan_ed25519_small[0];
        n = sizeof(toucan_ed25519_small) / TOUCAN_ED25519_SIZE;

    } else {
        row = toucan_ed448_small[0];
        n = sizeof(toucan_ed448_small) / TOUCAN_ED448_SIZE;
    }

    for (i = 0; i < n; i++) {
        if (memcmp(y, row + i * x.len, x.len) == 0) {
            return 1;
        }
    }

    return 0;
}
