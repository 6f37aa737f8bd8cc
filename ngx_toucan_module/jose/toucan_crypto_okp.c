
/*
 * OKP keys (RFC 8037): Ed25519 and Ed448 sign, X25519 and X448 agree on keys.
 */


#include "jose/toucan_crypto_impl.h"


#define TOUCAN_ED25519_SIZE  32
#define TOUCAN_ED448_SIZE    57
#define TOUCAN_X448_SIZE     56


typedef struct {
    toucan_crv_e     crv;
    const char      *name;          /* as in a JWK */
    const char      *type;          /* OpenSSL's */
    size_t           size;          /* of both halves, each */
} toucan_okp_t;


static const toucan_okp_t *toucan_okp_find(toucan_crv_e crv);
static EVP_PKEY *toucan_okp_pkey(const toucan_okp_t *okp, toucan_str_t x,
    toucan_str_t d);
static int toucan_okp_is_small(toucan_crv_e crv, toucan_str_t x);


static const toucan_okp_t  toucan_okps[] = {
    { TOUCAN_CRV_ED25519, "Ed25519", "ED25519", TOUCAN_ED25519_SIZE },
    { TOUCAN_CRV_ED448, "Ed448", "ED448", TOUCAN_ED448_SIZE },
    { TOUCAN_CRV_X25519, "X25519", "X25519", TOUCAN_ED25519_SIZE },
    { TOUCAN_CRV_X448, "X448", "X448", TOUCAN_X448_SIZE }
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
toucan_key_okp(toucan_crv_e crv, toucan_str_t x, toucan_str_t d,
    toucan_diag_t *diag)
{
    toucan_key_t        *key;
    const toucan_okp_t  *okp;

    okp = toucan_okp_find(crv);

    if (okp == NULL) {
        toucan_diag_error(diag, "not an OKP curve");
        return NULL;
    }

    if (x.len != okp->size) {
        toucan_diag_error(diag, "x of %zu bytes, not of %zu", x.len,
                          okp->size);
        return NULL;
    }

    if (d.data != NULL && d.len != okp->size) {
        toucan_diag_error(diag, "d of %zu bytes, not of %zu", d.len,
                          okp->size);
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

    key->size = okp->size;
    key->secret_half = (d.data != NULL);

    ERR_set_mark();

    key->pkey = toucan_okp_pkey(okp, x, d);

    ERR_pop_to_mark();

    if (key->pkey == NULL) {
        toucan_diag_error(diag, "%s",
                          d.data ? "d does not belong to x"
                                 : "OpenSSL does not take the OKP key");
        toucan_key_free(key);
        return NULL;
    }

    return key;
}


toucan_rc_t
toucan_okp_point(const toucan_key_t *key, toucan_point_t *point)
{
    int                  ok;
    size_t               len;
    const toucan_okp_t  *okp;

    okp = toucan_okp_find(key->crv);
    len = sizeof(point->bytes);

    ERR_set_mark();

    ok = EVP_PKEY_get_raw_public_key(key->pkey, point->bytes, &len);

    ERR_pop_to_mark();

    if (okp == NULL || ok != 1 || len != okp->size) {
        return TOUCAN_INTERNAL;
    }

    point->kty = "OKP";
    point->crv = okp->name;
    point->x = toucan_str(point->bytes, len);
    point->y = toucan_str(point->bytes + len, 0);

    return TOUCAN_OK;
}


static const toucan_okp_t *
toucan_okp_find(toucan_crv_e crv)
{
    unsigned  i;

    for (i = 0; i < sizeof(toucan_okps) / sizeof(toucan_okps[0]); i++) {
        if (toucan_okps[i].crv == crv) {
            return &toucan_okps[i];
        }
    }

    return NULL;
}


/* NULL, too, when d has another public half than x */

static EVP_PKEY *
toucan_okp_pkey(const toucan_okp_t *okp, toucan_str_t x, toucan_str_t d)
{
    size_t     len;
    uint8_t    half[TOUCAN_ED448_SIZE];
    EVP_PKEY  *pkey;

    if (d.data == NULL) {
        return EVP_PKEY_new_raw_public_key_ex(NULL, okp->type, NULL, x.data,
                                              x.len);
    }

    len = sizeof(half);
    pkey = EVP_PKEY_new_raw_private_key_ex(NULL, okp->type, NULL, d.data,
                                           d.len);

    if (pkey == NULL
        || EVP_PKEY_get_raw_public_key(pkey, half, &len) != 1
        || len != x.len
        || memcmp(half, x.data, x.len) != 0)
    {
        EVP_PKEY_free(pkey);
        return NULL;
    }

    return pkey;
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
