
/*
 * Owns: the tests of key files in PEM: what issuers hand out, and what is
 * refused, with the words that an operator reads.
 */


#include "jwe.h"

#include <openssl/dsa.h>
#include <openssl/param_build.h>


#define NOT_WHOLE  "a PEM block that is not whole, or not base64"
#define NO_KEY                                                                \
    "a PEM block with no public key that OpenSSL takes, or with more than one"
#define NO_CURVE                                                              \
    "a PEM key on another curve than P-256, P-384, P-521 or secp256k1, by "    \
    "its name"
#define NO_TYPE  "a PEM key of a type that cannot verify signatures here"


static char  token[16384];


/* Any bytes as a block; appends to out. */

static const char *
block(char *out, const char *name, const unsigned char *der, size_t len)
{
    BIO     *bio;
    char    *data;
    size_t   n;

    bio = BIO_new(BIO_s_mem());
    PEM_write_bio(bio, name, "", der, (long) len);
    n = (size_t) BIO_get_mem_data(bio, &data);
    strncat(out, data, n);
    BIO_free(bio);

    return out;
}


static const char *
pem_of(char *out, EVP_PKEY *pkey)
{
    int             len;
    unsigned char  *der;

    der = NULL;
    len = i2d_PUBKEY(pkey, &der);
    out[0] = '\0';
    block(out, "PUBLIC KEY", der, (size_t) len);
    OPENSSL_free(der);

    return out;
}


/* The number of keys, or -1; error "" or what is wrong. */

static int
count(const char *text, size_t len, const char **error)
{
    int                   n;
    toucan_jwks_t        *jwks;
    static toucan_diag_t  d;

    toucan_diag_init(&d);
    jwks = toucan_jwks_parse(toucan_str(text, len), &d);
    n = jwks ? (int) toucan_jwks_count(jwks) : -1;
    toucan_jwks_free(jwks);

    *error = d.error;
    is_int((int64_t) ERR_peek_error(), 0, "no OpenSSL error is left");
    ERR_clear_error();

    return n;
}


static void
refused(const char *text, const char *why, const char *name)
{
    const char  *error;

    is_int(count(text, strlen(text), &error), -1, "%s", name);
    is_str(error, why, "and why");
}


static void
taken(const char *text, int want, const char *name)
{
    const char  *error;

    is_int(count(text, strlen(text), &error), want, "%s", name);
    is_str(error, "", "without a word");
}


/* each type verifies, with and without a kid, and nothing else */

static void
types(void)
{
    char            pem[8192], header[128];
    size_t          i;
    unsigned        n;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    static const char  *rows[][2] = {
        { "RS256", "RSA2048" }, { "PS512", "RSA3072" },
        { "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" },
        { "ES256K", "secp256k1" }, { "EdDSA", "ED25519" },
        { "EdDSA", "ED448" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        key = unit_key_new(rows[i][1]);
        set = unit_jwks(pem_of(pem, key.pkey));
        is_int(toucan_jwks_find(set, toucan_str(NULL, 0), &n)->ops,
               TOUCAN_OP_VERIFY, "%s: it is for verifying", rows[i][1]);

        snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", rows[i][0]);
        is_str(unit_rc(unit_open(set, unit_token(token, header, "{}",
                                                 rows[i][0], &key))),
               "ok", "%s by a PEM key", rows[i][0]);
        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"a\"}",
                 rows[i][0]);
        is_str(unit_rc(unit_open(set, unit_token(token, header, "{}",
                                                 rows[i][0], &key))),
               "ok", "whatever its kid");
        unit_spoil(token, 8);
        is_str(unit_rc(unit_open(set, toucan_cstr(token))), "bad_signature",
               "and not another one");

        if (i < 4) {
            memset(&plan, 0, sizeof(unit_plan_t));
            plan.alg = i < 2 ? "RSA-OAEP" : "ECDH-ES";
            plan.enc = "A128GCM";
            plan.key = &key;
            is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, "{}"))),
                   "alg_not_allowed", "it does not decrypt");
        }

        toucan_jwks_free(set);
        EVP_PKEY_free(key.pkey);
    }
}


/* keys of OpenSSL's that no algorithm here has a use for */

static void
no_use(void)
{
    char           pem[8192];
    size_t         i;
    EVP_PKEY      *pkey, *params;
    EVP_PKEY_CTX  *ctx;

    static const struct {
        const char  *type;
        const char  *group;
        const char  *why;
    } rows[] = {
        { "X25519", NULL, NO_TYPE },
        { "X448", NULL, NO_TYPE },
        { "RSA-PSS", NULL, NO_TYPE },
        { "EC", "brainpoolP256r1", NO_CURVE },
        { "EC", "P-192", NO_CURVE },
        { "EC", "P-224", NO_CURVE },
        { "EC", "secp160r1", NO_CURVE },
        { "EC", "sect571k1", NO_CURVE },
        { "SM2", NULL, NO_TYPE }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].group) {
            pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[i].group);

        } else {
            pkey = NULL;
            ctx = EVP_PKEY_CTX_new_from_name(NULL, rows[i].type, NULL);
            EVP_PKEY_keygen_init(ctx);
            EVP_PKEY_keygen(ctx, &pkey);
            EVP_PKEY_CTX_free(ctx);
        }

        ERR_clear_error();
        refused(pem_of(pem, pkey), rows[i].why,
                rows[i].group ? rows[i].group : rows[i].type);
        EVP_PKEY_free(pkey);
    }

    params = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    EVP_PKEY_paramgen_init(ctx);
    EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024);
    EVP_PKEY_CTX_set_dsa_paramgen_q_bits(ctx, 160);
    EVP_PKEY_paramgen(ctx, &params);
    EVP_PKEY_CTX_free(ctx);
    pkey = NULL;
    ctx = EVP_PKEY_CTX_new(params, NULL);
    EVP_PKEY_keygen_init(ctx);
    EVP_PKEY_keygen(ctx, &pkey);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();

    refused(pem_of(pem, pkey), NO_TYPE, "DSA");
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(params);
}


/* A public key of any two numbers. */

static EVP_PKEY *
rsa_of(const BIGNUM *n, unsigned long exponent)
{
    BIGNUM          *e;
    EVP_PKEY        *pkey;
    OSSL_PARAM      *params;
    EVP_PKEY_CTX    *ctx;
    OSSL_PARAM_BLD  *bld;

    e = BN_new();
    BN_set_word(e, exponent);
    bld = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e);
    params = OSSL_PARAM_BLD_to_param(bld);

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY_fromdata_init(ctx);
    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(e);

    return pkey;
}


/* the same checks as of a JWK */

static void
rsa(void)
{
    char        pem[16384];
    size_t      i;
    BIGNUM     *n, *m, *power;
    BN_CTX     *ctx;
    EVP_PKEY   *pkey;

    static const unsigned  primes[] = { 3, 5, 7, 11, 13, 17, 19, 23, 29, 31,
        37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
        109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167 };

    static const struct {
        int            bits;
        unsigned long  e;
        const char    *why;
    } rows[] = {
        { 2048, 3, "" },
        { 16384, 65537, "" },
        { 2047, 65537,
          "an RSA modulus of 2047 bits, not of 2048 to 16384" },
        { 16385, 65537,
          "an RSA modulus of 16385 bits, not of 2048 to 16384" },
        { 2048, 1, "an RSA exponent that is even or less than 3" },
        { 2048, 2, "an RSA exponent that is even or less than 3" },
        { 2048, 0, "an RSA exponent that is even or less than 3" }
    };

    n = BN_new();

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BN_rand(n, rows[i].bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
        pkey = rsa_of(n, rows[i].e);

        if (rows[i].why[0] == '\0') {
            taken(pem_of(pem, pkey), 1, "RSA of odd numbers");

        } else {
            refused(pem_of(pem, pkey), rows[i].why, "RSA of odd numbers");
        }

        EVP_PKEY_free(pkey);
    }

    /* ROCA: a power of 65537 modulo each of the first primes */

    ctx = BN_CTX_new();
    m = BN_new();
    power = BN_new();
    BN_set_word(m, 2);

    for (i = 0; i < sizeof(primes) / sizeof(primes[0]); i++) {
        BN_mul_word(m, primes[i]);
    }

    BN_set_word(power, 65537);
    BN_mod_sqr(power, power, m, ctx);
    BN_mod_sqr(power, power, m, ctx);
    BN_rand(n, 2048 - BN_num_bits(m) + 1, BN_RAND_TOP_TWO,
            BN_RAND_BOTTOM_ANY);
    BN_mul(n, n, m, ctx);
    BN_add(n, n, power);
    pkey = rsa_of(n, 65537);
    is_int(BN_num_bits(n) >= 2048, 1, "a modulus of enough bits");
    refused(pem_of(pem, pkey), "an RSA modulus that can be factored (ROCA, "
            "CVE-2017-15361)", "ROCA");
    EVP_PKEY_free(pkey);

    BN_add_word(n, 2);
    pkey = rsa_of(n, 65537);
    taken(pem_of(pem, pkey), 1, "the next odd number");
    EVP_PKEY_free(pkey);

    BN_free(power);
    BN_free(m);
    BN_free(n);
    BN_CTX_free(ctx);
}


/* other spellings of a point */

static void
points(void)
{
    char            pem[8192];
    size_t          i;
    unit_key_t      key;
    toucan_jwks_t  *set;

    static const char  *formats[] = { "uncompressed", "compressed",
                                      "hybrid" };

    for (i = 0; i < 3; i++) {
        key = unit_key_new("P-521");
        EVP_PKEY_set_utf8_string_param(key.pkey,
            OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, formats[i]);
        pem_of(pem, key.pkey);
        set = unit_jwks(pem);
        is_str(unit_rc(unit_open(set, unit_token(token, "{\"alg\":\"ES512\"}",
                                                 "{}", "ES512", &key))),
               "ok", "a point that is %s, in %zu letters", formats[i],
               strlen(pem));
        toucan_jwks_free(set);
        EVP_PKEY_free(key.pkey);
    }

    /* a curve that is spelled out, though it is the same */

    key = unit_key_new("P-256");
    EVP_PKEY_set_utf8_string_param(key.pkey, OSSL_PKEY_PARAM_EC_ENCODING,
                                   "explicit");
    refused(pem_of(pem, key.pkey), NO_CURVE, "a curve by its numbers");
    EVP_PKEY_free(key.pkey);
}


/* blocks that hold something else, by their name or by their bytes */

static void
blocks(void)
{
    BIO            *bio;
    int             len;
    char            pem[16384], *data;
    size_t          i, n;
    unit_key_t      key;
    unsigned char  *der, more[1024];

    static const char  *names[][2] = {
        { "PRIVATE KEY",
          "a PEM block of type \"PRIVATE KEY\", not \"PUBLIC KEY\"" },
        { "RSA PRIVATE KEY",
          "a PEM block of type \"RSA PRIVATE KEY\", not \"PUBLIC KEY\"" },
        { "EC PRIVATE KEY",
          "a PEM block of type \"EC PRIVATE KEY\", not \"PUBLIC KEY\"" },
        { "ENCRYPTED PRIVATE KEY",
          "a PEM block of type \"ENCRYPTED PRIVATE KEY\", not \"PUBLIC "
          "KEY\"" },
        { "RSA PUBLIC KEY",
          "a PEM block of type \"RSA PUBLIC KEY\", not \"PUBLIC KEY\"" },
        { "CERTIFICATE",
          "a PEM block of type \"CERTIFICATE\", not \"PUBLIC KEY\"" },
        { "EC PARAMETERS",
          "a PEM block of type \"EC PARAMETERS\", not \"PUBLIC KEY\"" },
        { "a name\twith\x01 bytes, far too long for one",
          "a PEM block of type \"a name?with? bytes, far too long\", not "
          "\"PUBLIC KEY\"" }
    };

    key = unit_key_new("P-256");
    der = NULL;
    len = i2d_PUBKEY(key.pkey, &der);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        pem[0] = '\0';
        refused(block(pem, names[i][0], der, (size_t) len), names[i][1],
                names[i][0]);

        /* nor behind one that is a key */

        pem_of(pem, key.pkey);
        refused(block(pem, names[i][0], der, (size_t) len), names[i][1],
                "behind a public key");
    }

    /* a real private one, in its own clothes and in the public one's */

    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key.pkey, NULL, NULL, 0, NULL, NULL);
    n = (size_t) BIO_get_mem_data(bio, &data);
    snprintf(pem, sizeof(pem), "%.*s", (int) n, data);
    BIO_free(bio);
    refused(pem, names[0][1], "a private key");

    OPENSSL_free(der);
    der = NULL;
    len = i2d_PrivateKey(key.pkey, &der);
    pem[0] = '\0';
    refused(block(pem, "PUBLIC KEY", der, (size_t) len), NO_KEY,
            "a private key that says it is public");
    OPENSSL_free(der);

    /* trailing bytes, cut ones, none, others */

    der = NULL;
    len = i2d_PUBKEY(key.pkey, &der);
    memset(more, 0, sizeof(more));
    memcpy(more, der, (size_t) len);
    OPENSSL_free(der);

    for (i = 0; i < 4; i++) {
        static const int  lengths[] = { 1, 2, 100, -1 };

        pem[0] = '\0';
        refused(block(pem, "PUBLIC KEY", more, (size_t) (len + lengths[i])),
                NO_KEY, "bytes too many or too few");
    }

    memcpy(more + len, more, (size_t) len);
    pem[0] = '\0';
    refused(block(pem, "PUBLIC KEY", more, 2 * (size_t) len), NO_KEY,
            "two keys in one block");
    more[len - 1] ^= 1;
    pem[0] = '\0';
    refused(block(pem, "PUBLIC KEY", more, (size_t) len), NO_KEY,
            "a point off the curve");
    memset(more, 0xa5, sizeof(more));
    pem[0] = '\0';
    refused(block(pem, "PUBLIC KEY", more, 100), NO_KEY, "no DER");
    refused("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", NOT_WHOLE,
            "an empty block");

    EVP_PKEY_free(key.pkey);
}


/* as many keys as a file may have, and one more */

static void
many(void)
{
    char            text[65536], pem[8192];
    size_t          i;
    unit_key_t      keys[9];
    toucan_jwks_t  *set;

    text[0] = '\0';

    for (i = 0; i < 9; i++) {
        keys[i] = unit_key_new("P-256");
        strcat(text, pem_of(pem, keys[i].pkey));

        if (i == 1) {
            taken(text, 2, "two keys");
        }

        if (i == 7) {
            taken(text, TOUCAN_JWKS_MAX_PEM, "eight keys");
            set = unit_jwks(text);
            is_str(unit_rc(unit_open(set, unit_token(token,
                                                     "{\"alg\":\"ES256\"}",
                                                     "{}", "ES256",
                                                     &keys[0]))),
                   "ok", "the first of them");
            is_str(unit_rc(unit_open(set, unit_token(token,
                                                     "{\"alg\":\"ES256\"}",
                                                     "{}", "ES256",
                                                     &keys[7]))),
                   "ok", "the last of them");
            toucan_jwks_free(set);
        }
    }

    refused(text, "more than 8 PEM keys", "nine keys");

    for (i = 0; i < 9; i++) {
        EVP_PKEY_free(keys[i].pkey);
    }
}


/* what is around the blocks, and what is left of them */

static void
texts(void)
{
    char           pem[4096], *text, *p;
    size_t         i, n;
    unit_key_t     key;
    const char    *error;
    toucan_diag_t  d;

    text = calloc(1, TOUCAN_JWKS_MAX_BYTES + 8192);
    key = unit_key_new("P-256");
    pem_of(pem, key.pkey);

    sprintf(text, "our issuer\n\n# of today\n%s", pem);
    taken(text, 1, "a text in front");
    sprintf(text, "%sand behind", pem);
    taken(text, 1, "a text behind");
    sprintf(text, "%s\n\n between {} \n\n%s", pem, pem);
    taken(text, 2, "a text between");
    sprintf(text, "{}\n%s", pem);
    is_int(count(text, strlen(text), &error), -1, "JSON in front");
    ok(strstr(error, "not strict JSON") != NULL, "is read as JSON");

    for (p = pem, n = 0; *p != '\0'; p++) {
        if (*p == '\n') {
            text[n++] = '\r';
        }

        text[n++] = *p;
    }

    text[n] = '\0';
    taken(text, 1, "lines that end as elsewhere");

    /* cut anywhere: an error, until the key is whole */

    n = strlen(pem);

    for (i = strlen("-----BEGIN "); i + 1 < n; i += 3) {
        is_int(count(pem, i, &error), -1, "the first %zu of %zu letters", i,
               n);
        ok(strcmp(error, NOT_WHOLE) == 0
           || strcmp(error, "no PEM block that is whole") == 0, "and why");
    }

    strcpy(text, pem);
    text[strlen("-----BEGIN PUBLIC KEY-----\n") + 20] = '*';
    refused(text, NOT_WHOLE, "a letter that is no base64");
    strstr(strcpy(text, pem), "-----END PUBLIC")[9] = 'X';
    refused(text, NOT_WHOLE, "another name at its end");

    /* as long as a file may be, and one byte more */

    strcpy(text, pem);
    memset(text + n, '\n', TOUCAN_JWKS_MAX_BYTES + 1 - n);
    is_int(count(text, TOUCAN_JWKS_MAX_BYTES, &error), 1, "4 MiB");
    is_int(count(text, TOUCAN_JWKS_MAX_BYTES + 1, &error), -1,
           "and one byte more");
    is_str(error, "larger than 4194304 bytes", "and why");

    toucan_diag_init(&d);
    ok(toucan_jwks_parse_private(toucan_cstr(pem), &d) == NULL,
       "a PEM key makes no token");

    EVP_PKEY_free(key.pkey);
    free(text);
}


int
main(void)
{
    types();
    no_use();
    rsa();
    points();
    blocks();
    many();
    texts();

    return done_testing();
}
