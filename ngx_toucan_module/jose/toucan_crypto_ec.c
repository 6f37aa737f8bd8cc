
/*
 * EC keys: from the numbers of a JWK to OpenSSL's object, and back to a point.
 */


#include "jose/toucan_crypto_impl.h"

#include <openssl/param_build.h>


typedef struct {
    toucan_crv_e     crv;
    const char      *name;          /* as in a JWK */
    const char      *group;         /* OpenSSL's */
    size_t           size;          /* of a coordinate */
} toucan_ec_t;


static toucan_key_t *toucan_ec_key(const toucan_key_t *like,
    toucan_crv_e crv, toucan_str_t x, toucan_str_t y, toucan_str_t d,
    toucan_diag_t *diag);
static const toucan_ec_t *toucan_ec_find(toucan_crv_e crv);
static size_t toucan_ec_encode(uint8_t *point, toucan_str_t x,
    toucan_str_t y);
static EVP_PKEY *toucan_ec_pkey(const toucan_ec_t *ec, toucan_str_t x,
    toucan_str_t y, toucan_str_t d);
static EVP_PKEY *toucan_ec_peer(EVP_PKEY *like, toucan_str_t x,
    toucan_str_t y);
static int toucan_ec_halves(EVP_PKEY *pkey);


static const toucan_ec_t  toucan_ecs[] = {
    { TOUCAN_CRV_P256, "P-256", "prime256v1", 32 },
    { TOUCAN_CRV_P384, "P-384", "secp384r1", 48 },
    { TOUCAN_CRV_P521, "P-521", "secp521r1", 66 },
    { TOUCAN_CRV_SECP256K1, "secp256k1", "secp256k1", 32 }
};


toucan_key_t *
toucan_key_ec(toucan_crv_e crv, toucan_str_t x, toucan_str_t y,
    toucan_str_t d, toucan_diag_t *diag)
{
    return toucan_ec_key(NULL, crv, x, y, d, diag);
}


toucan_key_t *
toucan_key_ec_like(const toucan_key_t *like, toucan_crv_e crv, toucan_str_t x,
    toucan_str_t y, toucan_diag_t *diag)
{
    if (like != NULL && like->crv != crv) {
        like = NULL;
    }

    return toucan_ec_key(like, crv, x, y, toucan_str(NULL, 0), diag);
}


static toucan_key_t *
toucan_ec_key(const toucan_key_t *like, toucan_crv_e crv, toucan_str_t x,
    toucan_str_t y, toucan_str_t d, toucan_diag_t *diag)
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

    if (d.data != NULL && d.len != ec->size) {
        toucan_diag_error(diag, "d of %zu bytes, not of %zu for %s", d.len,
                          ec->size, ec->name);
        return NULL;
    }

    key = toucan_key_new(TOUCAN_KTY_EC, crv, diag);
    if (key == NULL) {
        return NULL;
    }

    key->size = ec->size;
    key->secret_half = (d.data != NULL);

    ERR_set_mark();

    key->pkey = like ? toucan_ec_peer(like->pkey, x, y)
                     : toucan_ec_pkey(ec, x, y, d);

    if (key->pkey == NULL) {
        toucan_diag_error(diag, "x and y are not a point on %s", ec->name);

    } else if (key->secret_half && !toucan_ec_halves(key->pkey)) {
        toucan_diag_error(diag, "d does not belong to x and y");
        EVP_PKEY_free(key->pkey);
        key->pkey = NULL;
    }

    ERR_pop_to_mark();

    if (key->pkey == NULL) {
        toucan_key_free(key);
        return NULL;
    }

    return key;
}


toucan_rc_t
toucan_ec_point(const toucan_key_t *key, toucan_point_t *point)
{
    int                 ok;
    size_t              len;
    const toucan_ec_t  *ec;

    ec = toucan_ec_find(key->crv);

    ERR_set_mark();

    ok = EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_PUB_KEY,
                                         point->bytes, sizeof(point->bytes),
                                         &len);

    ERR_pop_to_mark();

    if (ec == NULL || ok != 1 || len != 1 + 2 * ec->size
        || point->bytes[0] != 0x04)
    {
        return TOUCAN_INTERNAL;
    }

    point->kty = "EC";
    point->crv = ec->name;
    point->x = toucan_str(point->bytes + 1, ec->size);
    point->y = toucan_str(point->bytes + 1 + ec->size, ec->size);

    return TOUCAN_OK;
}


toucan_crv_e
toucan_ec_curve(const char *group)
{
    unsigned  i;

    for (i = 0; i < sizeof(toucan_ecs) / sizeof(toucan_ecs[0]); i++) {
        if (strcmp(toucan_ecs[i].group, group) == 0) {
            return toucan_ecs[i].crv;
        }
    }

    return TOUCAN_CRV_NONE;
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


/* The uncompressed form; its length. */

static size_t
toucan_ec_encode(uint8_t *point, toucan_str_t x, toucan_str_t y)
{
    point[0] = 0x04;
    memcpy(point + 1, x.data, x.len);
    memcpy(point + 1 + x.len, y.data, y.len);

    return 1 + x.len + y.len;
}


/*
 * OpenSSL decodes the point, which fails off the curve and for a coordinate
 * that is not below the prime.
 */

static EVP_PKEY *
toucan_ec_pkey(const toucan_ec_t *ec, toucan_str_t x, toucan_str_t y,
    toucan_str_t d)
{
    int              ok;
    size_t           len;
    BIGNUM          *bn;
    uint8_t          point[1 + 2 * TOUCAN_EC_MAX_SIZE];
    EVP_PKEY        *pkey;
    OSSL_PARAM      *params;
    OSSL_PARAM_BLD  *bld;

    len = toucan_ec_encode(point, x, y);

    pkey = NULL;
    params = NULL;
    bn = NULL;
    bld = OSSL_PARAM_BLD_new();

    ok = bld != NULL
         && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                            ec->group, 0)
         && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                             point, len);

    if (ok && d.data != NULL) {
        bn = toucan_bn(d);
        ok = bn != NULL
             && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, bn);
    }

    if (ok) {
        params = OSSL_PARAM_BLD_to_param(bld);
    }

    if (params != NULL) {
        pkey = toucan_pkey("EC", params, d.data != NULL);
    }

    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_clear_free(bn);

    return pkey;
}


/* The same with the curve of another key: what is asked of a point is equal. */

static EVP_PKEY *
toucan_ec_peer(EVP_PKEY *like, toucan_str_t x, toucan_str_t y)
{
    size_t     len;
    uint8_t    point[1 + 2 * TOUCAN_EC_MAX_SIZE];
    EVP_PKEY  *pkey;

    len = toucan_ec_encode(point, x, y);
    pkey = EVP_PKEY_new();

    if (pkey == NULL
        || EVP_PKEY_copy_parameters(pkey, like) != 1
        || EVP_PKEY_set1_encoded_public_key(pkey, point, len) != 1)
    {
        EVP_PKEY_free(pkey);
        return NULL;
    }

    return pkey;
}


static int
toucan_ec_halves(EVP_PKEY *pkey)
{
    int            ok;
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    ok = ctx != NULL && EVP_PKEY_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);

    return ok;
}
