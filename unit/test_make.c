
/*
 * Owns: the tests of making tokens: OpenSSL alone verifies and opens what we
 * sign and encrypt; and what is refused.
 */


#include "jwe.h"

#include "jose/toucan_crypto_sign.h"


#define PAYLOAD  "{\"sub\":\"x\",\"user\":{\"distinctId\":\"x\"}}"


static toucan_jwks_t *
making(const unit_key_t *key, const char *kid, const char *more, int pair)
{
    char  text[20480];

    return unit_jwks_private(pair ? unit_jwk_pair(text, key, kid, more)
                                  : unit_jwk(text, key, kid, more));
}


static const toucan_jwk_t *
only(const toucan_jwks_t *jwks)
{
    unsigned  n;

    return toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);
}


/* Signs or encrypts; "ok" and the text in token, or why not. */

static char  token[1024 * 1024];


static const char *
sign(const toucan_jwks_t *jwks, const char *alg, toucan_str_t payload)
{
    toucan_rc_t   rc;
    unit_arena_t  a;
    toucan_str_t  made;

    rc = toucan_jws_sign(only(jwks), toucan_alg_find(toucan_cstr(alg)),
                         payload, unit_arena_init(&a), &made);

    if (rc == TOUCAN_OK) {
        memcpy(token, made.data, made.len);
        token[made.len] = '\0';
    }

    unit_arena_free(&a);

    if (ERR_peek_error() != 0) {
        fail("an OpenSSL error is left");
        ERR_clear_error();
    }

    return unit_rc(rc);
}


static const char *
encrypt(const toucan_jwks_t *jwks, const char *alg, const char *enc,
    int nested, toucan_str_t payload)
{
    toucan_rc_t   rc;
    unit_arena_t  a;
    toucan_str_t  made;

    rc = toucan_jwe_encrypt(only(jwks), toucan_alg_find(toucan_cstr(alg)),
                            toucan_enc_find(toucan_cstr(enc)), nested,
                            payload, unit_arena_init(&a), &made);

    if (rc == TOUCAN_OK) {
        memcpy(token, made.data, made.len);
        token[made.len] = '\0';
    }

    unit_arena_free(&a);

    if (ERR_peek_error() != 0) {
        fail("an OpenSSL error is left");
        ERR_clear_error();
    }

    return unit_rc(rc);
}


/* ------------------------------------------------------------ signatures */

/* Does OpenSSL take the signature of a token? */

static int
verified(const char *alg, const unit_key_t *key)
{
    int             ok;
    char            digest[8];
    size_t          len, half;
    ECDSA_SIG      *pair;
    const char     *dot;
    EVP_MD_CTX     *ctx;
    EVP_PKEY_CTX   *pctx;
    unsigned char   sig[4096], *der;

    dot = strrchr(token, '.');
    len = unit_b64_read(sig, dot + 1, strlen(dot + 1));
    snprintf(digest, sizeof(digest), "SHA%.3s", alg + 2);

    if (key->pkey == NULL) {
        unsigned char  mac[64];

        EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, key->secret,
                  key->secret_len, (const unsigned char *) token,
                  (size_t) (dot - token), mac, sizeof(mac), &half);
        return half == len && memcmp(mac, sig, len) == 0;
    }

    der = sig;

    if (alg[0] == 'E' && alg[1] == 'S') {
        half = (size_t) (EVP_PKEY_get_bits(key->pkey) + 7) / 8;

        if (len != 2 * half) {
            return 0;
        }

        pair = ECDSA_SIG_new();
        ECDSA_SIG_set0(pair, BN_bin2bn(sig, (int) half, NULL),
                       BN_bin2bn(sig + half, (int) half, NULL));
        der = NULL;
        len = (size_t) i2d_ECDSA_SIG(pair, &der);
        ECDSA_SIG_free(pair);
    }

    ctx = EVP_MD_CTX_new();
    EVP_DigestVerifyInit_ex(ctx, &pctx, alg[1] == 'd' ? NULL : digest, NULL,
                            NULL, key->pkey, NULL);

    if (alg[0] == 'P') {
        EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST);
    }

    ok = EVP_DigestVerify(ctx, der, len, (const unsigned char *) token,
                          (size_t) (dot - token))
         == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    if (der != sig) {
        OPENSSL_free(der);
    }

    return ok;
}


static const char *const  signing[][2] = {
    { "HS256", "oct" }, { "HS384", "oct" }, { "HS512", "oct" },
    { "RS256", "RSA2048" }, { "RS384", "RSA2048" }, { "RS512", "RSA2048" },
    { "PS256", "RSA2048" }, { "PS384", "RSA2048" }, { "PS512", "RSA2048" },
    { "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" },
    { "ES256K", "secp256k1" }, { "EdDSA", "ED25519" }, { "EdDSA", "ED448" }
};


static void
signatures(void)
{
    int             bad;
    char            header[256], want[256];
    size_t          i, k;
    unit_key_t      key;
    toucan_jwks_t  *ours, *theirs;

    for (i = 0; i < sizeof(signing) / sizeof(signing[0]); i++) {
        key = unit_key_new(signing[i][1]);
        ours = making(&key, "a", "", 1);
        theirs = unit_jwks(unit_jwk(token, &key, "a", ""));
        bad = 0;

        /* often: numbers of ECDSA begin with a zero now and then */

        for (k = 0; k < (strcmp(signing[i][0], "ES256") ? 10 : 600); k++) {
            sign(ours, signing[i][0], toucan_cstr(PAYLOAD));
            bad += !verified(signing[i][0], &key);
            bad += unit_open(theirs, toucan_cstr(token)) != TOUCAN_OK;
        }

        is_int(bad, 0, "%s with %s: verified by OpenSSL and by us",
               signing[i][0], signing[i][1]);
        token[strlen(token) / 2] ^= 1;
        ok(!verified(signing[i][0], &key), "and not another text");

        k = unit_b64_read((unsigned char *) header, token,
                          strcspn(token, "."));
        snprintf(want, sizeof(want),
                 "{\"typ\":\"JWT\",\"alg\":\"%s\",\"kid\":\"a\"}",
                 signing[i][0]);
        is_mem(header, k, want, strlen(want), "its header");

        toucan_jwks_free(theirs);
        toucan_jwks_free(ours);
        EVP_PKEY_free(key.pkey);
    }
}


/* ------------------------------------------------------------ encryption */

static void
encryptions(void)
{
    int             n;
    char            inner[2048];
    size_t          i, k, iv_len;
    unit_jwe_t     *one;
    unit_key_t      key;
    toucan_jwks_t  *ours, *theirs;
    unsigned char   plain[4096], cek[2][2048];

    static const struct {
        const char  *alg;
        const char  *type;
        size_t       size;
    } algs[] = {
        { "dir", "oct", 0 },
        { "A128KW", "oct", 16 }, { "A192KW", "oct", 24 },
        { "A256KW", "oct", 32 },
        { "A128GCMKW", "oct", 16 }, { "A192GCMKW", "oct", 24 },
        { "A256GCMKW", "oct", 32 },
        { "RSA-OAEP", "RSA2048", 0 }, { "RSA-OAEP-256", "RSA3072", 0 },
        { "ECDH-ES", "P-256", 0 }, { "ECDH-ES", "P-384", 0 },
        { "ECDH-ES", "P-521", 0 }, { "ECDH-ES", "X25519", 0 },
        { "ECDH-ES", "X448", 0 }, { "ECDH-ES+A128KW", "P-256", 0 },
        { "ECDH-ES+A192KW", "X25519", 0 }, { "ECDH-ES+A256KW", "P-521", 0 }
    };

    static const char  *encs[] = { "A128GCM", "A192GCM", "A256GCM",
                                   "A128CBC-HS256", "A192CBC-HS384",
                                   "A256CBC-HS512" };

    one = malloc(sizeof(unit_jwe_t));

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        key = algs[i].size ? unit_key_oct(algs[i].size, 5)
                           : unit_key_new(algs[i].type);

        for (k = 0; k < 6; k++) {
            if (i == 0) {
                key = unit_key_oct(unit_enc_size(encs[k]), 5);
            }

            ours = making(&key, "k", "", 0);
            theirs = unit_set(&key, "k", "");

            is_str(encrypt(ours, algs[i].alg, encs[k], 0,
                           toucan_cstr(PAYLOAD)),
                   "ok", "%s, %s, %s", algs[i].alg, algs[i].type, encs[k]);
            n = unit_jwe_open(token, &key, plain, cek[0]);
            is_mem(plain, n < 0 ? 0 : (size_t) n, PAYLOAD, strlen(PAYLOAD),
                   "opened by OpenSSL alone");
            is_str(unit_rc(unit_open(theirs, toucan_cstr(token))), "ok",
                   "and by us");

            /* another one of the same: nothing is used twice */

            unit_jwe_read(one, token);
            iv_len = one->iv_len;
            memcpy(plain + 1024, one->iv, iv_len);
            encrypt(ours, algs[i].alg, encs[k], 0, toucan_cstr(PAYLOAD));
            unit_jwe_open(token, &key, plain, cek[1]);
            unit_jwe_read(one, token);
            ok(iv_len == one->iv_len
               && memcmp(plain + 1024, one->iv, iv_len) != 0,
               "another IV each time");
            ok((memcmp(cek[0], cek[1], unit_enc_size(encs[k])) != 0)
               == (i != 0), "another CEK each time, but for dir");

            toucan_jwks_free(theirs);
            toucan_jwks_free(ours);
        }

        EVP_PKEY_free(key.pkey);
    }

    free(one);

    /* about a JWS */

    key = unit_key_oct(64, 5);
    ours = making(&key, NULL, "", 1);
    theirs = unit_jwks(unit_jwk(token, &key, NULL, ""));
    sign(ours, "HS256", toucan_cstr(PAYLOAD));
    memcpy(inner, token, strlen(token) + 1);
    is_str(encrypt(ours, "dir", "A256CBC-HS512", 1, toucan_cstr(inner)), "ok",
           "a nested token");
    is_str(unit_rc(unit_open(theirs, toucan_cstr(token))), "ok", "is opened");
    encrypt(ours, "dir", "A256CBC-HS512", 0, toucan_cstr(inner));
    is_str(unit_rc(unit_open(theirs, toucan_cstr(token))), "bad_json",
           "only with its cty");
    toucan_jwks_free(theirs);
    toucan_jwks_free(ours);
}


/* the header is JSON, whatever the kid is */

static void
headers(void)
{
    char            header[8192];
    size_t          i, len;
    unit_key_t      key;
    toucan_jwks_t  *ours, *theirs;

    static const char  *kids[][2] = {
        { "a \\\"b\\\" c", ",\"kid\":\"a \\u0022b\\u0022 c\"" },
        { "\\u00e9\\u4e2d", ",\"kid\":\"\\u00e9\\u4e2d\"" },
        { "\\ud83d\\ude00", ",\"kid\":\"\\ud83d\\ude00\"" },
        { "\\\\", NULL },
        { "\\n\\t\\u007f</script>", NULL },
        { "", ",\"kid\":\"\"}" }
    };

    key = unit_key_oct(32, 7);

    for (i = 0; i < sizeof(kids) / sizeof(kids[0]); i++) {
        ours = making(&key, kids[i][0], "", 1);
        theirs = unit_set(&key, kids[i][0], "");

        is_str(sign(ours, "HS256", toucan_cstr(PAYLOAD)), "ok", "signed, %s",
               kids[i][0]);
        is_str(unit_rc(unit_open(theirs, toucan_cstr(token))), "ok",
               "its kid is the key's");

        len = unit_b64_read((unsigned char *) header, token,
                            strcspn(token, "."));
        header[len] = '\0';
        ok(kids[i][1] == NULL || strstr(header, kids[i][1]) != NULL
           || strstr(header, kids[i][0]) != NULL, "%s",
           header);

        is_str(encrypt(ours, "A256KW", "A256GCM", 0, toucan_cstr(PAYLOAD)),
               "ok", "encrypted");
        is_str(unit_rc(unit_open(theirs, toucan_cstr(token))), "ok",
               "its kid is the key's");

        toucan_jwks_free(theirs);
        toucan_jwks_free(ours);
    }

    ours = making(&key, NULL, "", 1);
    sign(ours, "HS256", toucan_cstr(PAYLOAD));
    len = unit_b64_read((unsigned char *) header, token, strcspn(token, "."));
    is_mem(header, len, "{\"typ\":\"JWT\",\"alg\":\"HS256\"}", 27,
           "no kid where the key has none");
    toucan_jwks_free(ours);
}


/* -------------------------------------------------------------- refusals */

static void
refusals(void)
{
    size_t          i;
    unit_key_t      oct, rsa, ec, x, ed;
    toucan_jwks_t  *ours;

    const struct {
        const unit_key_t  *key;
        int                pair;
        const char        *more;
        const char        *alg;
        const char        *enc;     /* NULL: sign */
        const char        *want;
    } rows[] = {
        { &rsa, 1, "", "RS256", NULL, "ok" },
        { &rsa, 0, "", "RS256", NULL, "alg_not_allowed" },
        { &rsa, 1, ",\"use\":\"enc\"", "RS256", NULL, "alg_not_allowed" },
        { &rsa, 1, ",\"key_ops\":[\"verify\",\"wrapKey\"]", "RS256", NULL,
          "alg_not_allowed" },
        { &rsa, 1, ",\"alg\":\"RS256\"", "RS256", NULL, "ok" },
        { &rsa, 1, ",\"alg\":\"RS256\"", "RS512", NULL, "alg_not_allowed" },
        { &rsa, 1, ",\"alg\":\"RS256\"", "PS256", NULL, "alg_not_allowed" },
        { &rsa, 1, "", "HS256", NULL, "alg_not_allowed" },
        { &rsa, 1, "", "ES256", NULL, "alg_not_allowed" },
        { &rsa, 1, "", "RSA-OAEP", NULL, "alg_not_allowed" },
        { &oct, 1, "", "HS256", NULL, "ok" },
        { &oct, 1, "", "HS384", NULL, "alg_not_allowed" },
        { &oct, 1, "", "dir", NULL, "alg_not_allowed" },
        { &ec, 1, "", "ES256", NULL, "ok" },
        { &ec, 1, "", "ES384", NULL, "alg_not_allowed" },
        { &ec, 0, "", "ES256", NULL, "alg_not_allowed" },
        { &ed, 1, "", "EdDSA", NULL, "ok" },
        { &ed, 1, "", "ES256", NULL, "alg_not_allowed" },
        { &x, 1, "", "EdDSA", NULL, "alg_not_allowed" },

        { &rsa, 0, "", "RSA-OAEP", "A256GCM", "ok" },
        { &rsa, 1, "", "RSA-OAEP", "A256GCM", "ok" },
        { &rsa, 1, ",\"use\":\"sig\"", "RSA-OAEP", "A256GCM",
          "alg_not_allowed" },
        { &rsa, 0, ",\"alg\":\"RSA-OAEP\"", "RSA-OAEP", "A256GCM", "ok" },
        { &rsa, 0, ",\"alg\":\"RSA-OAEP\"", "RSA-OAEP-256", "A256GCM",
          "alg_not_allowed" },
        { &rsa, 1, ",\"key_ops\":[\"sign\"]", "RSA-OAEP", "A256GCM",
          "alg_not_allowed" },
        { &rsa, 1, "", "RS256", "A256GCM", "alg_not_allowed" },
        { &rsa, 1, "", "A256KW", "A256GCM", "alg_not_allowed" },
        { &oct, 1, "", "A256KW", "A256GCM", "ok" },
        { &oct, 1, "", "A128KW", "A256GCM", "alg_not_allowed" },
        { &oct, 1, "", "A128GCMKW", "A256GCM", "alg_not_allowed" },
        { &oct, 1, "", "HS256", "A256GCM", "alg_not_allowed" },
        { &oct, 1, "", "dir", "A256GCM", "ok" },
        { &oct, 1, "", "dir", "A128GCM", "alg_not_allowed" },
        { &oct, 1, "", "dir", "A256CBC-HS512", "alg_not_allowed" },
        { &oct, 1, ",\"alg\":\"A256GCM\"", "dir", "A256GCM", "ok" },
        { &oct, 1, ",\"alg\":\"A256GCM\"", "dir", "A128CBC-HS256",
          "alg_not_allowed" },
        { &ec, 0, "", "ECDH-ES", "A256GCM", "ok" },
        { &ec, 0, ",\"alg\":\"ECDH-ES+A128KW\"", "ECDH-ES", "A256GCM",
          "alg_not_allowed" },
        { &x, 0, "", "ECDH-ES+A128KW", "A256GCM", "ok" },
        { &ed, 1, "", "ECDH-ES", "A256GCM", "alg_not_allowed" }
    };

    oct = unit_key_oct(32, 7);
    rsa = unit_key_new("RSA2048");
    ec = unit_key_new("P-256");
    x = unit_key_new("X25519");
    ed = unit_key_new("ED25519");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ours = making(rows[i].key, NULL, rows[i].more, rows[i].pair);

        if (rows[i].enc) {
            is_str(encrypt(ours, rows[i].alg, rows[i].enc, 0,
                           toucan_cstr(PAYLOAD)),
                   rows[i].want, "encrypt %s, %s, row %zu", rows[i].alg,
                   rows[i].enc, i);

        } else {
            is_str(sign(ours, rows[i].alg, toucan_cstr(PAYLOAD)),
                   rows[i].want, "sign %s, row %zu", rows[i].alg, i);
        }

        toucan_jwks_free(ours);
    }

    EVP_PKEY_free(rsa.pkey);
    EVP_PKEY_free(ec.pkey);
    EVP_PKEY_free(x.pkey);
    EVP_PKEY_free(ed.pkey);
}


/* keys that open make nothing, whoever asks */

static void
readers(void)
{
    size_t          len;
    uint8_t         sig[TOUCAN_SIG_MAX_SIZE];
    unsigned        n;
    unit_key_t      oct, rsa;
    toucan_jwks_t  *ours;

    oct = unit_key_oct(32, 7);
    rsa = unit_key_new("RSA2048");

    ours = unit_jwks(unit_jwk(token, &oct, NULL, ""));
    is_str(sign(ours, "HS256", toucan_cstr(PAYLOAD)), "alg_not_allowed",
           "a key that was read to verify does not sign");
    is_str(encrypt(ours, "A256KW", "A256GCM", 0, toucan_cstr(PAYLOAD)),
           "alg_not_allowed", "nor encrypt");
    toucan_jwks_free(ours);

    /* below: a key that has no private half */

    ours = unit_jwks(unit_jwk(token, &rsa, NULL, ""));
    is_str(unit_rc(toucan_crypto_sign(
               toucan_jwks_find(ours, toucan_str(NULL, 0), &n)->key,
               toucan_alg_find(toucan_cstr("RS256")), toucan_cstr("x"), sig,
               &len)),
           "alg_not_allowed", "a public half does not sign");
    toucan_jwks_free(ours);
    EVP_PKEY_free(rsa.pkey);
}


/* each allocation fails, in turn */

static void
memory(void)
{
    unsigned        n;
    unit_key_t      key;
    unit_arena_t    a;
    toucan_rc_t     rc;
    toucan_str_t    made;
    toucan_jwks_t  *ours;

    key = unit_key_oct(32, 7);
    ours = making(&key, "a", "", 1);

    for (n = 1; n < 10; n++) {
        unit_arena_init(&a);
        a.fail_at = n;
        rc = toucan_jws_sign(only(ours), toucan_alg_find(toucan_cstr("HS256")),
                             toucan_cstr("{}"), &a.arena, &made);
        unit_arena_free(&a);
        is_str(unit_rc(rc), n < 3 ? "no_memory" : "ok",
               "signing, allocation %u fails", n);

        unit_arena_init(&a);
        a.fail_at = n;
        rc = toucan_jwe_encrypt(only(ours),
                                toucan_alg_find(toucan_cstr("A256KW")),
                                toucan_enc_find(toucan_cstr("A256GCM")), 0,
                                toucan_cstr("{}"), &a.arena, &made);
        unit_arena_free(&a);
        is_str(unit_rc(rc), n < 4 ? "no_memory" : "ok",
               "encrypting, allocation %u fails", n);
    }

    toucan_jwks_free(ours);
}


int
main(void)
{
    signatures();
    encryptions();
    headers();
    refusals();
    readers();
    memory();

    return done_testing();
}
