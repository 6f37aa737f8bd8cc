
/*
 * Owns: the keys of the token target, one of each kind.  They are made at run
 * time and are the same in each run, so that an input that was kept means
 * what it meant: demo keys, which protect nothing.
 */


#ifndef _TOUCAN_FUZZ_KEYS_H_INCLUDED_
#define _TOUCAN_FUZZ_KEYS_H_INCLUDED_


#include "fuzz.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>


#define FUZZ_SET_SIZE    32768
#define FUZZ_RSA_BYTES   256


static const struct {
    const char  *kid;
    const char  *more;          /* members */
    size_t       size;
} fuzz_secrets[] = {
    { "hs", "", 64 },
    { "dir", ",\"alg\":\"dir\"", 32 },
    { "kw128", ",\"alg\":\"A128KW\"", 16 },
    { "kw192", ",\"alg\":\"A192KW\"", 24 },
    { "kw256", ",\"alg\":\"A256KW\"", 32 },
    { "gcmkw128", ",\"alg\":\"A128GCMKW\"", 16 },
    { "gcmkw192", ",\"alg\":\"A192GCMKW\"", 24 },
    { "gcmkw256", ",\"alg\":\"A256GCMKW\"", 32 }
};


static const struct {
    int          nid;
    int          size;
    const char  *crv;
    const char  *sig;           /* kid */
    const char  *enc;           /* kid, or NULL */
} fuzz_curves[] = {
    { NID_X9_62_prime256v1, 32, "P-256", "es256", "ecdh256" },
    { NID_secp384r1, 48, "P-384", "es384", "ecdh384" },
    { NID_secp521r1, 66, "P-521", "es512", "ecdh521" },
    { NID_secp256k1, 32, "secp256k1", "es256k", NULL }
};


/* len <= 256 bytes that follow from the label */

static void
fuzz_secret(uint8_t *out, size_t len, const char *label)
{
    size_t   i, n;
    uint8_t  block[TOUCAN_SHA256_SIZE];
    char     text[64];

    for (i = 0; i < len; i += n) {
        snprintf(text, sizeof(text), "fuzz demo key %s %zu", label, i);

        if (toucan_sha256(toucan_cstr(text), block) != TOUCAN_OK) {
            abort();
        }

        n = (len - i < sizeof(block)) ? len - i : sizeof(block);
        memcpy(out + i, block, n);
    }
}


/* base64url of data, appended to a C string */

static void
fuzz_b64(char *out, const void *data, size_t len)
{
    char     *p;
    uint8_t  *text;

    text = malloc(4 * (len / 3 + 2));

    if (text == NULL) {
        abort();
    }

    EVP_EncodeBlock(text, data, (int) len);
    p = out + strlen(out);

    for (len = 0; text[len] != '\0' && text[len] != '='; len++) {
        *p++ = (text[len] == '+') ? '-'
               : (text[len] == '/') ? '_' : (char) text[len];
    }

    *p = '\0';
    free(text);
}


/* ,"name":"base64url" */

static void
fuzz_jwk_member(char *set, const char *name, const void *data, size_t len)
{
    sprintf(set + strlen(set), ",\"%s\":\"", name);
    fuzz_b64(set, data, len);
    strcat(set, "\"");
}


static void
fuzz_jwk_number(char *set, const char *name, const BIGNUM *n, int size)
{
    uint8_t  bytes[2 * FUZZ_RSA_BYTES];

    if (size == 0) {
        size = BN_num_bytes(n);
    }

    BN_bn2binpad(n, bytes, size);
    fuzz_jwk_member(set, name, bytes, (size_t) size);
}


/* without the members that follow, and the "}" */

static void
fuzz_jwk_begin(char *set, const char *kty, const char *kid, const char *more)
{
    sprintf(set + strlen(set), "%s{\"kty\":\"%s\",\"kid\":\"%s\"%s",
            set[strlen(set) - 1] == '}' ? "," : "", kty, kid, more);
}


static void
fuzz_jwk_oct(char *set, const char *kid, const char *more, size_t size)
{
    uint8_t  k[64];

    fuzz_secret(k, size, kid);
    fuzz_jwk_begin(set, "oct", kid, more);
    fuzz_jwk_member(set, "k", k, size);
    strcat(set, "}");
}


static void
fuzz_jwk_ec(char *set, int nid, const char *kid, const char *more, int size)
{
    uint8_t    bytes[66];
    BN_CTX    *ctx;
    BIGNUM    *d, *x, *y;
    EC_GROUP  *group;
    EC_POINT  *point;

    ctx = BN_CTX_new();
    group = EC_GROUP_new_by_curve_name(nid);
    point = EC_POINT_new(group);
    x = BN_new();
    y = BN_new();

    /* below the order of every curve, P-521 with its 521st bit, too */

    fuzz_secret(bytes, (size_t) size, kid);
    bytes[0] = 0;
    d = BN_bin2bn(bytes, size, NULL);

    EC_POINT_mul(group, point, d, NULL, NULL, ctx);
    EC_POINT_get_affine_coordinates(group, point, x, y, ctx);

    fuzz_jwk_begin(set, "EC", kid, more);
    fuzz_jwk_number(set, "x", x, size);
    fuzz_jwk_number(set, "y", y, size);
    fuzz_jwk_number(set, "d", d, size);
    strcat(set, "}");

    BN_free(d);
    BN_free(x);
    BN_free(y);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    BN_CTX_free(ctx);
}


/* The caller owns the result. */

static EVP_PKEY *
fuzz_okp(const char *crv, const char *kid, size_t size)
{
    uint8_t    d[57];

    fuzz_secret(d, size, kid);

    return EVP_PKEY_new_raw_private_key_ex(NULL, crv, NULL, d, size);
}


static void
fuzz_jwk_okp(char *set, const char *crv, const char *kid, const char *more,
    size_t size)
{
    size_t     len;
    uint8_t    x[57], d[57];
    EVP_PKEY  *pkey;

    pkey = fuzz_okp(crv, kid, size);
    len = sizeof(x);

    if (pkey == NULL || EVP_PKEY_get_raw_public_key(pkey, x, &len) != 1) {
        abort();
    }

    fuzz_secret(d, size, kid);
    fuzz_jwk_begin(set, "OKP", kid, more);
    sprintf(set + strlen(set), ",\"crv\":\"%s\"", crv);
    fuzz_jwk_member(set, "x", x, len);
    fuzz_jwk_member(set, "d", d, size);
    strcat(set, "}");

    EVP_PKEY_free(pkey);
}


/* The next prime behind a fixed number, for an exponent of 65537. */

static BIGNUM *
fuzz_prime(const char *label, BN_CTX *ctx)
{
    BIGNUM   *p;
    uint8_t   bytes[FUZZ_RSA_BYTES / 2];

    fuzz_secret(bytes, sizeof(bytes), label);

    bytes[0] |= 0xc0;
    bytes[sizeof(bytes) - 1] |= 1;

    p = BN_bin2bn(bytes, sizeof(bytes), NULL);

    while (BN_mod_word(p, 65537) == 1 || BN_check_prime(p, ctx, NULL) != 1) {
        BN_add_word(p, 2);
    }

    return p;
}


static void
fuzz_jwk_rsa(char *set, const char *kid, const char *more)
{
    BN_CTX  *ctx;
    BIGNUM  *n, *e, *d, *p, *q, *p1, *q1, *phi, *x;

    ctx = BN_CTX_new();
    BN_CTX_start(ctx);

    n = BN_CTX_get(ctx);
    e = BN_CTX_get(ctx);
    d = BN_CTX_get(ctx);
    p1 = BN_CTX_get(ctx);
    q1 = BN_CTX_get(ctx);
    phi = BN_CTX_get(ctx);
    x = BN_CTX_get(ctx);

    p = fuzz_prime("p", ctx);
    q = fuzz_prime("q", ctx);

    BN_set_word(e, 65537);
    BN_mul(n, p, q, ctx);
    BN_sub(p1, p, BN_value_one());
    BN_sub(q1, q, BN_value_one());
    BN_mul(phi, p1, q1, ctx);
    BN_mod_inverse(d, e, phi, ctx);

    fuzz_jwk_begin(set, "RSA", kid, more);
    fuzz_jwk_number(set, "n", n, 0);
    fuzz_jwk_number(set, "e", e, 0);
    fuzz_jwk_number(set, "d", d, 0);
    fuzz_jwk_number(set, "p", p, 0);
    fuzz_jwk_number(set, "q", q, 0);
    BN_mod(x, d, p1, ctx);
    fuzz_jwk_number(set, "dp", x, 0);
    BN_mod(x, d, q1, ctx);
    fuzz_jwk_number(set, "dq", x, 0);
    BN_mod_inverse(x, q, p, ctx);
    fuzz_jwk_number(set, "qi", x, 0);
    strcat(set, "}");

    BN_free(p);
    BN_free(q);
    BN_CTX_end(ctx);
    BN_CTX_free(ctx);
}


/* The keys that open tokens, or those that make them; for all of the run. */

static const toucan_jwks_t *
fuzz_keys(int private)
{
    char           *set, more[64];
    unsigned        i;
    toucan_diag_t   why;

    static toucan_jwks_t  *keys[2];

    if (keys[0] != NULL) {
        return keys[private];
    }

    set = malloc(FUZZ_SET_SIZE);

    if (set == NULL) {
        abort();
    }

    strcpy(set, "{\"keys\":[");

    for (i = 0; i < unit_n(fuzz_secrets); i++) {
        fuzz_jwk_oct(set, fuzz_secrets[i].kid, fuzz_secrets[i].more,
                     fuzz_secrets[i].size);
    }

    for (i = 0; i < unit_n(fuzz_curves); i++) {
        snprintf(more, sizeof(more), ",\"crv\":\"%s\",\"use\":\"sig\"",
                 fuzz_curves[i].crv);
        fuzz_jwk_ec(set, fuzz_curves[i].nid, fuzz_curves[i].sig, more,
                    fuzz_curves[i].size);

        if (fuzz_curves[i].enc != NULL) {
            snprintf(more, sizeof(more), ",\"crv\":\"%s\",\"use\":\"enc\"",
                     fuzz_curves[i].crv);
            fuzz_jwk_ec(set, fuzz_curves[i].nid, fuzz_curves[i].enc, more,
                        fuzz_curves[i].size);
        }
    }

    fuzz_jwk_okp(set, "Ed25519", "ed25519", "", 32);
    fuzz_jwk_okp(set, "Ed448", "ed448", "", 57);
    fuzz_jwk_okp(set, "X25519", "x25519", ",\"use\":\"enc\"", 32);
    fuzz_jwk_okp(set, "X448", "x448", ",\"use\":\"enc\"", 56);
    fuzz_jwk_rsa(set, "rs", ",\"use\":\"sig\"");
    fuzz_jwk_rsa(set, "oaep", ",\"use\":\"enc\"");
    strcat(set, "]}");

    toucan_diag_init(&why);
    keys[0] = toucan_jwks_parse(toucan_cstr(set), &why);
    keys[1] = toucan_jwks_parse_private(toucan_cstr(set), &why);

    fuzz_must(keys[0] != NULL && keys[1] != NULL, "%s", why.error);

    free(set);

    return keys[private];
}


#endif /* _TOUCAN_FUZZ_KEYS_H_INCLUDED_ */
