
/*
 * Owns: the tests of signatures, below JOSE: OpenSSL signs, we verify.
 */


#include "tokens.h"

#include "jose/toucan_crypto_verify.h"


#define DATA  "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0"


typedef struct {
    const char  *alg;
    const char  *type;
} kind_t;


static const kind_t  kinds[] = {
    { "HS256", "oct" }, { "HS384", "oct" }, { "HS512", "oct" },
    { "RS256", "RSA2048" }, { "RS384", "RSA2048" }, { "RS512", "RSA2048" },
    { "PS256", "RSA2048" }, { "PS384", "RSA2048" }, { "PS512", "RSA2048" },
    { "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" },
    { "ES256K", "secp256k1" },
    { "EdDSA", "ED25519" }, { "EdDSA", "ED448" }
};

#define KINDS  (sizeof(kinds) / sizeof(kinds[0]))


/* The number of a key, at least len bytes. */

static toucan_str_t
number(EVP_PKEY *pkey, const char *param, int len, uint8_t *bytes)
{
    int      n;
    BIGNUM  *bn;

    bn = NULL;
    EVP_PKEY_get_bn_param(pkey, param, &bn);
    n = BN_num_bytes(bn);
    n = (n < len) ? len : n;
    BN_bn2binpad(bn, bytes, n);
    BN_free(bn);

    return toucan_str(bytes, (size_t) n);
}


static toucan_key_t *
ours(const unit_key_t *key, const toucan_alg_t *alg)
{
    int             size;
    size_t          len;
    uint8_t         one[2048], two[2048];
    toucan_crv_e    crv;
    toucan_diag_t   d;
    toucan_rsa_t    rsa;
    toucan_str_t    a, b;
    toucan_key_t   *out;

    toucan_diag_init(&d);
    out = NULL;

    switch ((toucan_kty_e) alg->kty) {

    case TOUCAN_KTY_OCT:
        out = toucan_key_oct(toucan_str(key->secret, key->secret_len), &d);
        break;

    case TOUCAN_KTY_RSA:
        a = number(key->pkey, OSSL_PKEY_PARAM_RSA_N, 0, one);
        b = number(key->pkey, OSSL_PKEY_PARAM_RSA_E, 0, two);
        memset(&rsa, 0, sizeof(rsa));
        rsa.n = a;
        rsa.e = b;
        out = toucan_key_rsa(&rsa, &d);
        break;

    case TOUCAN_KTY_EC:
        size = (EVP_PKEY_get_bits(key->pkey) + 7) / 8;
        a = number(key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, size, one);
        b = number(key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, size, two);
        out = toucan_key_ec((toucan_crv_e) alg->crv, a, b,
                            toucan_str(NULL, 0), &d);
        break;

    case TOUCAN_KTY_OKP:
        len = sizeof(one);
        EVP_PKEY_get_raw_public_key(key->pkey, one, &len);
        crv = (len == 32) ? TOUCAN_CRV_ED25519 : TOUCAN_CRV_ED448;
        out = toucan_key_okp(crv, toucan_str(one, len),
                             toucan_str(NULL, 0), &d);
        break;
    }

    if (out == NULL) {
        diag("%s: %s", alg->name.data, d.error);
        exit(2);
    }

    return out;
}


/* flips each bit of a signature, and cuts and lengthens it */

static int
spoiled(toucan_key_t *key, const toucan_alg_t *alg, uint8_t *sig, size_t len,
    size_t step)
{
    int     wrong;
    size_t  i;

    wrong = 0;

    for (i = 0; i < len * 8; i += step) {
        sig[i / 8] ^= (uint8_t) (1 << i % 8);
        wrong += toucan_crypto_verify(key, alg, toucan_cstr(DATA),
                                      toucan_str(sig, len))
                 != TOUCAN_BAD_SIGNATURE;
        sig[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    for (i = 0; i < len; i++) {
        wrong += toucan_crypto_verify(key, alg, toucan_cstr(DATA),
                                      toucan_str(sig, i))
                 != TOUCAN_BAD_SIGNATURE;
    }

    for (i = 1; i < 100; i++) {
        wrong += toucan_crypto_verify(key, alg, toucan_cstr(DATA),
                                      toucan_str(sig, len + i))
                 != TOUCAN_BAD_SIGNATURE;
    }

    return wrong;
}


static void
algorithms(void)
{
    size_t               i, k, len;
    uint8_t              sig[4096];
    unit_key_t           key;
    toucan_key_t        *mine[KINDS];
    const char          *name;
    const toucan_alg_t  *alg;

    for (i = 0; i < KINDS; i++) {
        name = kinds[i].type;
        alg = toucan_alg_find(toucan_cstr(kinds[i].alg));
        key = unit_key_new(name);
        mine[i] = ours(&key, alg);

        memset(sig, 0, sizeof(sig));
        len = unit_sign(sig, sizeof(sig), kinds[i].alg, &key, DATA);

        for (k = 0; k < 3; k++) {
            is_str(unit_rc(toucan_crypto_verify(mine[i], alg,
                                                toucan_cstr(DATA),
                                                toucan_str(sig, len))),
                   "ok", "%s with %s, time %zu", kinds[i].alg, name, k + 1);
            is_str(unit_rc(toucan_crypto_verify(mine[i], alg,
                                                toucan_cstr(DATA "x"),
                                                toucan_str(sig, len))),
                   "bad_signature", "of other data");
            is_int((int64_t) ERR_peek_error(), 0, "leaves no error behind");
        }

        is_int(spoiled(mine[i], alg, sig, len, len > 100 ? 37 : 1), 0,
               "%s with %s: none of the spoiled ones", kinds[i].alg, name);
        is_str(unit_rc(toucan_crypto_verify(mine[i], alg, toucan_cstr(DATA),
                                            toucan_str(sig, len))),
               "ok", "and the right one still");

        memset(sig, 0, len);
        is_str(unit_rc(toucan_crypto_verify(mine[i], alg, toucan_cstr(DATA),
                                            toucan_str(sig, len))),
               "bad_signature", "all zero");
        memset(sig, 0xff, len);
        is_str(unit_rc(toucan_crypto_verify(mine[i], alg, toucan_cstr(DATA),
                                            toucan_str(sig, len))),
               "bad_signature", "all ones");

        is_int((int64_t) ERR_peek_error(), 0, "no error is left");
        EVP_PKEY_free(key.pkey);
    }

    /* each key with each algorithm */

    for (i = 0; i < KINDS; i++) {
        for (k = 0; k < KINDS; k++) {
            alg = toucan_alg_find(toucan_cstr(kinds[k].alg));

            ok(toucan_key_fits(mine[i], alg)
               == (strcmp(kinds[i].type, kinds[k].type) == 0
                   || (kinds[i].alg[1] == 'd' && kinds[k].alg[1] == 'd')),
               "a key of %s, %s: fits or not", kinds[i].type, kinds[k].alg);

            if (!toucan_key_fits(mine[i], alg)) {
                is_str(unit_rc(toucan_crypto_verify(mine[i], alg,
                                                    toucan_cstr(DATA),
                                                    toucan_str(sig, 64))),
                       "alg_not_allowed", "and is not used");
            }
        }
    }

    for (i = 0; i < KINDS; i++) {
        toucan_key_free(mine[i]);
    }
}


/* one RSA key serves six algorithms, but a signature only its own */

static void
rsa(void)
{
    size_t                i, k, len;
    uint8_t               sig[1024];
    unit_key_t            key;
    toucan_key_t         *mine;
    const toucan_alg_t   *alg;

    key = unit_key_new("RSA3072");
    mine = ours(&key, toucan_alg_find(toucan_cstr("RS256")));

    for (i = 3; i < 9; i++) {
        len = unit_sign(sig, sizeof(sig), kinds[i].alg, &key, DATA);

        for (k = 3; k < 9; k++) {
            alg = toucan_alg_find(toucan_cstr(kinds[k].alg));
            is_str(unit_rc(toucan_crypto_verify(mine, alg, toucan_cstr(DATA),
                                                toucan_str(sig, len))),
                   i == k ? "ok" : "bad_signature", "signed %s, verified %s",
                   kinds[i].alg, kinds[k].alg);
        }
    }

    toucan_key_free(mine);
    EVP_PKEY_free(key.pkey);
}


/* PSS with a salt of another length than the hash, or another MGF1 hash */

static void
pss(void)
{
    int                  salt;
    size_t               len;
    uint8_t              sig[512];
    unit_key_t           key;
    EVP_MD_CTX          *ctx;
    EVP_PKEY_CTX        *pctx;
    toucan_key_t        *mine;
    const toucan_alg_t  *alg;

    key = unit_key_new("RSA2048");
    alg = toucan_alg_find(toucan_cstr("PS256"));
    mine = ours(&key, alg);

    for (salt = 0; salt <= 64; salt += 16) {
        ctx = EVP_MD_CTX_new();
        EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, key.pkey,
                              NULL);
        EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt);
        len = sizeof(sig);
        EVP_DigestSign(ctx, sig, &len, (const uint8_t *) DATA, strlen(DATA));
        EVP_MD_CTX_free(ctx);

        is_str(unit_rc(toucan_crypto_verify(mine, alg, toucan_cstr(DATA),
                                            toucan_str(sig, len))),
               salt == 32 ? "ok" : "bad_signature", "a salt of %d bytes",
               salt);
    }

    ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, key.pkey, NULL);
    EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32);
    EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, EVP_sha1());
    len = sizeof(sig);
    EVP_DigestSign(ctx, sig, &len, (const uint8_t *) DATA, strlen(DATA));
    EVP_MD_CTX_free(ctx);

    is_str(unit_rc(toucan_crypto_verify(mine, alg, toucan_cstr(DATA),
                                        toucan_str(sig, len))),
           "bad_signature", "MGF1 with SHA-1");

    toucan_key_free(mine);
    EVP_PKEY_free(key.pkey);
}


static void
eddsa(void)
{
    size_t               i, k, len, data_len;
    uint8_t              pub[57], data[4], sig[114];
    unsigned             carry;
    toucan_diag_t        d;
    toucan_key_t        *key;
    const toucan_alg_t  *alg;

    /* the order of edwards25519, little-endian */

    static const uint8_t  order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
        0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10
    };

    /* RFC 8032, 7.1 test 3 and 7.4 "1 octet" */

    static const struct {
        toucan_crv_e  crv;
        const char   *pub;
        const char   *data;
        const char   *sig;
    } rows[] = {
        { TOUCAN_CRV_ED25519,
          "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
          "af82",
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
          "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
        { TOUCAN_CRV_ED448,
          "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c086"
          "6aea01eb00742802b8438ea4cb82169c235160627b4c3a9480",
          "03",
          "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435"
          "2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb"
          "cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
          "f3348ab21aa4adafd1d234441cf807c03a00" }
    };

    alg = toucan_alg_find(toucan_cstr("EdDSA"));

    for (i = 0; i < 2; i++) {
        OPENSSL_hexstr2buf_ex(pub, sizeof(pub), &len, rows[i].pub, '\0');
        key = toucan_key_okp(rows[i].crv, toucan_str(pub, len),
                             toucan_str(NULL, 0), &d);
        OPENSSL_hexstr2buf_ex(data, sizeof(data), &data_len, rows[i].data,
                              '\0');
        OPENSSL_hexstr2buf_ex(sig, sizeof(sig), &len, rows[i].sig, '\0');

        is_str(unit_rc(toucan_crypto_verify(key, alg,
                                            toucan_str(data, data_len),
                                            toucan_str(sig, len))),
               "ok", "RFC 8032, row %zu", i);

        /* s plus the order is another spelling of s */

        if (len == 64) {
            for (k = 0, carry = 0; k < 32; k++) {
                carry += sig[32 + k] + order[k];
                sig[32 + k] = (uint8_t) carry;
                carry >>= 8;
            }

            is_str(unit_rc(toucan_crypto_verify(key, alg,
                                                toucan_str(data, data_len),
                                                toucan_str(sig, len))),
                   "bad_signature", "s beyond the order");
        }

        toucan_key_free(key);
    }
}


/* r and s at the ends of their range, and DER in place of them */

static void
ecdsa(void)
{
    int                  wrong;
    size_t               i, k, len, size;
    char                 data[64];
    uint8_t              sig[256], order[66], good[256];
    BIGNUM              *bn;
    unit_key_t           key;
    EVP_MD_CTX          *ctx;
    toucan_key_t        *mine;
    const toucan_alg_t  *alg;

    for (i = 9; i < 13; i++) {
        alg = toucan_alg_find(toucan_cstr(kinds[i].alg));
        size = alg->size;
        key = unit_key_new(kinds[i].type);
        mine = ours(&key, alg);

        bn = NULL;
        EVP_PKEY_get_bn_param(key.pkey, OSSL_PKEY_PARAM_EC_ORDER, &bn);
        BN_bn2binpad(bn, order, (int) size);
        BN_free(bn);

        unit_sign(good, sizeof(good), kinds[i].alg, &key, DATA);
        is_str(unit_rc(toucan_crypto_verify(mine, alg, toucan_cstr(DATA),
                                            toucan_str(good, 2 * size))),
               "ok", "%s", kinds[i].alg);

        for (k = 0; k < 2; k++) {
            memcpy(sig, good, 2 * size);
            memset(sig + k * size, 0, size);
            is_str(unit_rc(toucan_crypto_verify(mine, alg, toucan_cstr(DATA),
                                                toucan_str(sig, 2 * size))),
                   "bad_signature", "%s is zero", k ? "s" : "r");

            memcpy(sig + k * size, order, size);
            is_str(unit_rc(toucan_crypto_verify(mine, alg, toucan_cstr(DATA),
                                                toucan_str(sig, 2 * size))),
                   "bad_signature", "%s is the order", k ? "s" : "r");

            memset(sig + k * size, 0xff, size);
            is_str(unit_rc(toucan_crypto_verify(mine, alg, toucan_cstr(DATA),
                                                toucan_str(sig, 2 * size))),
                   "bad_signature", "%s is all ones", k ? "s" : "r");
        }

        ctx = EVP_MD_CTX_new();
        EVP_DigestSignInit_ex(ctx, NULL, alg->primitive, NULL, NULL, key.pkey,
                              NULL);
        len = sizeof(sig);
        EVP_DigestSign(ctx, sig, &len, (const uint8_t *) DATA, strlen(DATA));
        EVP_MD_CTX_free(ctx);
        is_str(unit_rc(toucan_crypto_verify(mine, alg, toucan_cstr(DATA),
                                            toucan_str(sig, len))),
               "bad_signature", "DER");

        /* enough of them for r and s that begin with zero octets */

        wrong = 0;

        for (k = 0; k < (size < 48 ? 600 : 60); k++) {
            snprintf(data, sizeof(data), "data %zu", k);
            len = unit_sign(sig, sizeof(sig), kinds[i].alg, &key, data);
            wrong += toucan_crypto_verify(mine, alg, toucan_cstr(data),
                                          toucan_str(sig, len)) != TOUCAN_OK;
        }

        is_int(wrong, 0, "%zu more", k);

        toucan_key_free(mine);
        EVP_PKEY_free(key.pkey);
    }
}


static void
hmac(void)
{
    size_t               len;
    uint8_t              tag[64], secret[131];
    toucan_diag_t        d;
    toucan_key_t        *key;

    /* RFC 4231, 4.7: a key larger than a block */

    static const char  text[] =
        "Test Using Larger Than Block-Size Key - Hash Key First";

    memset(secret, 0xaa, sizeof(secret));
    key = toucan_key_oct(toucan_str(secret, sizeof(secret)), &d);

    OPENSSL_hexstr2buf_ex(tag, sizeof(tag), &len, "60e431591ee0b67f0d8a26aacb"
                          "f5b77f8e0bc6213728c5140546040f0ee37f54", '\0');
    is_str(unit_rc(toucan_crypto_verify(key,
                                        toucan_alg_find(toucan_cstr("HS256")),
                                        toucan_cstr(text),
                                        toucan_str(tag, len))),
           "ok", "RFC 4231 test case 6, SHA-256");

    OPENSSL_hexstr2buf_ex(tag, sizeof(tag), &len,
                          "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1"
                          "121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52"
                          "95e64f73f63f0aec8b915a985d786598", '\0');
    is_str(unit_rc(toucan_crypto_verify(key,
                                        toucan_alg_find(toucan_cstr("HS512")),
                                        toucan_cstr(text),
                                        toucan_str(tag, len))),
           "ok", "and SHA-512, with the same key");

    /* a truncated tag is a signature of another length */

    is_str(unit_rc(toucan_crypto_verify(key,
                                        toucan_alg_find(toucan_cstr("HS512")),
                                        toucan_cstr(text),
                                        toucan_str(tag, 32))),
           "bad_signature", "half of it");

    toucan_key_free(key);
}


/* FIPS 180-4's examples, and as OpenSSL's own call has it */

static void
hashers(void)
{
    size_t            i;
    uint8_t           data[300], want[32], got[32], more[32];
    unsigned          wrong;
    toucan_hasher_t  *hasher, *other;

    hasher = toucan_hasher_new();
    other = toucan_hasher_new();

    is_str(unit_rc(toucan_hasher_sha256(hasher, toucan_cstr("abc"), got)),
           "ok", "SHA-256");
    is_mem(got, 4, "\xba\x78\x16\xbf", 4, "of \"abc\"");
    toucan_hasher_sha256(hasher, toucan_cstr(""), got);
    is_mem(got, 4, "\xe3\xb0\xc4\x42", 4, "of nothing");
    toucan_hasher_sha256(hasher, toucan_str(NULL, 0), got);
    is_mem(got, 4, "\xe3\xb0\xc4\x42", 4, "and of what is absent");

    for (i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) (i * 7);
    }

    for (i = 0, wrong = 0; i < sizeof(data); i++) {
        EVP_Digest(data, i, want, NULL, EVP_sha256(), NULL);
        wrong += toucan_hasher_sha256(hasher, toucan_str(data, i), got)
                 != TOUCAN_OK
                 || memcmp(got, want, 32) != 0;

        wrong += toucan_hasher_sha256(other, toucan_cstr("x"), more)
                 != TOUCAN_OK
                 || toucan_sha256(toucan_str(data, i), got) != TOUCAN_OK
                 || memcmp(got, want, 32) != 0;
    }

    is_int(wrong, 0, "of %zu lengths, two in turn", i);

    toucan_sha256(toucan_cstr("x"), want);
    is_mem(more, 32, want, 32, "the other hashes what it is given");

    toucan_hasher_free(hasher);
    toucan_hasher_free(other);
    toucan_hasher_free(NULL);
}


int
main(void)
{
    algorithms();
    rsa();
    pss();
    eddsa();
    ecdsa();
    hmac();
    hashers();

    return done_testing();
}
