
/*
 * Public keys in PEM (RFC 7468 section 13): taken apart into the numbers of a
 * JWK, so that they meet the same checks.
 */


#include "jose/toucan_crypto_impl.h"

#include <openssl/pem.h>
#include <openssl/x509.h>


#define TOUCAN_PEM_NAME_SIZE  32


static toucan_key_t *toucan_pem_block(const char *name, const uint8_t *der,
    long len, toucan_diag_t *diag);
static toucan_key_t *toucan_pem_rsa(EVP_PKEY *pkey, toucan_diag_t *diag);
static toucan_key_t *toucan_pem_ec(EVP_PKEY *pkey, toucan_diag_t *diag);
static toucan_crv_e toucan_pem_curve(EVP_PKEY *pkey);
static toucan_key_t *toucan_pem_okp(EVP_PKEY *pkey, toucan_diag_t *diag);


toucan_key_t *
toucan_key_pem(toucan_str_t *text, toucan_diag_t *diag)
{
    BIO           *bio;
    char          *name, *header;
    long           len, rest;
    uint8_t       *der;
    toucan_key_t  *key;

    key = NULL;
    name = NULL;
    header = NULL;
    der = NULL;

    ERR_set_mark();

    bio = BIO_new_mem_buf(text->data, (int) text->len);

    if (bio == NULL) {
        toucan_diag_error(diag, "out of memory");

    } else if (PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
        key = toucan_pem_block(name, der, len, diag);

        rest = (long) BIO_ctrl_pending(bio);
        *text = toucan_str(text->data + text->len - (size_t) rest,
                           (size_t) rest);
        OPENSSL_clear_free(der, (size_t) len);

    } else if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        toucan_diag_error(diag, "a PEM block that is not whole, or not "
                          "base64");
    }

    OPENSSL_free(header);
    OPENSSL_free(name);
    BIO_free(bio);

    ERR_pop_to_mark();

    return key;
}


static toucan_key_t *
toucan_pem_block(const char *name, const uint8_t *der, long len,
    toucan_diag_t *diag)
{
    EVP_PKEY       *pkey;
    toucan_key_t   *key;
    const uint8_t  *p;

    if (strcmp(name, PEM_STRING_PUBLIC) != 0) {
        toucan_diag_error(diag, "a PEM block of type \"%.*s\", not \""
                          PEM_STRING_PUBLIC "\"", TOUCAN_PEM_NAME_SIZE, name);
        return NULL;
    }

    p = der;
    pkey = d2i_PUBKEY(NULL, &p, len);

    if (pkey == NULL || p != der + len) {
        EVP_PKEY_free(pkey);
        toucan_diag_error(diag, "a PEM block with no public key that OpenSSL "
                          "takes, or with more than one");
        return NULL;
    }

    switch (EVP_PKEY_get_base_id(pkey)) {

    case EVP_PKEY_RSA:
        key = toucan_pem_rsa(pkey, diag);
        break;

    case EVP_PKEY_EC:
        key = toucan_pem_ec(pkey, diag);
        break;

    default:
        key = toucan_pem_okp(pkey, diag);
        break;
    }

    EVP_PKEY_free(pkey);

    return key;
}


static toucan_key_t *
toucan_pem_rsa(EVP_PKEY *pkey, toucan_diag_t *diag)
{
    BIGNUM        *n, *e;
    uint8_t       *bytes;
    toucan_key_t  *key;
    toucan_rsa_t   rsa;

    key = NULL;
    n = NULL;
    e = NULL;
    bytes = NULL;

    memset(&rsa, 0, sizeof(toucan_rsa_t));

    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1
        && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1)
    {
        rsa.n.len = (size_t) BN_num_bytes(n);
        rsa.e.len = (size_t) BN_num_bytes(e);

        bytes = toucan_calloc(1, rsa.n.len + rsa.e.len);
    }

    if (bytes == NULL) {
        toucan_diag_error(diag, "out of memory");

    } else {
        BN_bn2bin(n, bytes);
        BN_bn2bin(e, bytes + rsa.n.len);

        rsa.n.data = bytes;
        rsa.e.data = bytes + rsa.n.len;

        key = toucan_key_rsa(&rsa, diag);
    }

    toucan_free(bytes);
    BN_free(e);
    BN_free(n);

    return key;
}


static toucan_key_t *
toucan_pem_ec(EVP_PKEY *pkey, toucan_diag_t *diag)
{
    size_t        len, size;
    uint8_t       point[1 + 2 * TOUCAN_EC_MAX_SIZE];
    toucan_str_t  none;
    toucan_crv_e  crv;

    crv = toucan_pem_curve(pkey);

    /* a compressed point is spelled out */

    if (crv == TOUCAN_CRV_NONE
        || EVP_PKEY_set_utf8_string_param(pkey,
               OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed")
           != 1
        || EVP_PKEY_get_octet_string_param(pkey,
               OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof(point), &len)
           != 1
        || len < 3 || point[0] != 0x04)
    {
        toucan_diag_error(diag, "a PEM key on another curve than P-256, "
                          "P-384, P-521 or secp256k1, by its name");
        return NULL;
    }

    size = (len - 1) / 2;
    none = toucan_str(NULL, 0);

    return toucan_key_ec(crv, toucan_str(point + 1, size),
                         toucan_str(point + 1 + size, size), none, diag);
}


/* A curve that is spelled out is none, whatever its numbers (RFC 5480). */

static toucan_crv_e
toucan_pem_curve(EVP_PKEY *pkey)
{
    char    text[TOUCAN_PEM_NAME_SIZE];
    size_t  len;

    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
                                       text, sizeof(text), &len)
        != 1
        || strcmp(text, OSSL_PKEY_EC_ENCODING_GROUP) != 0
        || EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME,
                                          text, sizeof(text), &len)
           != 1)
    {
        return TOUCAN_CRV_NONE;
    }

    return toucan_ec_curve(text);
}


static toucan_key_t *
toucan_pem_okp(EVP_PKEY *pkey, toucan_diag_t *diag)
{
    size_t        len;
    uint8_t       x[TOUCAN_EC_MAX_SIZE];
    toucan_crv_e  crv;

    len = sizeof(x);

    switch (EVP_PKEY_get_base_id(pkey)) {

    case EVP_PKEY_ED25519:
        crv = TOUCAN_CRV_ED25519;
        break;

    case EVP_PKEY_ED448:
        crv = TOUCAN_CRV_ED448;
        break;

    default:
        crv = TOUCAN_CRV_NONE;
        break;
    }

    if (crv == TOUCAN_CRV_NONE
        || EVP_PKEY_get_raw_public_key(pkey, x, &len) != 1)
    {
        toucan_diag_error(diag, "a PEM key of a type that cannot verify "
                          "signatures here");
        return NULL;
    }

    return toucan_key_okp(crv, toucan_str(x, len), toucan_str(NULL, 0), diag);
}
