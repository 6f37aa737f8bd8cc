
/*
 * Owns: the tests that a JWE has one way to fail (RFC 7516 section 11.5):
 * whatever is wrong with its key, its padding, its lengths or its tag is the
 * same to who sent it.
 */


#include "jwe.h"

#include "jose/toucan_crypto_aead.h"


#define PAYLOAD  "{\"sub\":\"x\"}"

#define MODULUS  256


static unit_jwe_t  jwe;
static char        token[65536];


static void
is(const toucan_jwks_t *set, const char *want, const char *name)
{
    is_str(unit_rc(unit_open(set, unit_jwe_write(token, &jwe))), want, "%s",
           name);
}


static unit_plan_t
plan_of(const char *alg, const char *enc, const unit_key_t *key)
{
    unit_plan_t  plan;

    memset(&plan, 0, sizeof(unit_plan_t));
    plan.alg = alg;
    plan.enc = enc;
    plan.key = key;

    return plan;
}


/* CEKs that come out well, of any length but the right one */

static void
cek_lengths(const unit_plan_t *like, const toucan_jwks_t *set)
{
    char         name[128];
    size_t       i;
    unit_plan_t  plan;

    static const size_t  lengths[] = { 8, 15, 16, 17, 24, 31, 32, 33, 40, 48,
                                       63, 64, 65, 72, 128 };

    plan = *like;

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        plan.cek_len = lengths[i];

        if (strstr(plan.alg, "KW") && !strstr(plan.alg, "GCMKW")
            && (lengths[i] % 8 || lengths[i] < 16))
        {
            continue;       /* RFC 3394 has no such lengths */
        }

        unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
        snprintf(name, sizeof(name), "%s, %s, a CEK of %zu bytes", plan.alg,
                 plan.enc, lengths[i]);
        is(set, lengths[i] == unit_enc_size(plan.enc) ? "ok" : "bad_decrypt",
           name);
    }
}


static void
wrapped(void)
{
    size_t          i, k;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    static const struct {
        const char  *alg;
        size_t       size;
    } kws[] = {
        { "A128KW", 16 }, { "A192KW", 24 }, { "A256KW", 32 },
        { "A128GCMKW", 16 }, { "A192GCMKW", 24 }, { "A256GCMKW", 32 },
        { "RSA-OAEP", 0 }, { "RSA-OAEP-256", 0 }, { "ECDH-ES+A128KW", 0 }
    };

    static const char  *encs[] = { "A128GCM", "A256GCM", "A128CBC-HS256",
                                   "A192CBC-HS384", "A256CBC-HS512" };

    for (i = 0; i < sizeof(kws) / sizeof(kws[0]); i++) {
        key = kws[i].size ? unit_key_oct(kws[i].size, 1)
              : unit_key_new(kws[i].alg[0] == 'R' ? "RSA2048" : "X25519");
        set = unit_set(&key, NULL, "");

        for (k = 0; k < sizeof(encs) / sizeof(encs[0]); k++) {
            plan = plan_of(kws[i].alg, encs[k], &key);
            cek_lengths(&plan, set);
        }

        toucan_jwks_free(set);
        EVP_PKEY_free(key.pkey);
    }
}


/* The modulus' own arithmetic: a block that has any padding. */

static void
raw_rsa(const unit_key_t *key, const unsigned char *block)
{
    size_t         len;
    EVP_PKEY_CTX  *ctx;

    len = sizeof(jwe.key);
    ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    EVP_PKEY_encrypt_init(ctx);
    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING);
    EVP_PKEY_encrypt(ctx, jwe.key, &len, block, MODULUS);
    EVP_PKEY_CTX_free(ctx);
    jwe.key_len = len;
}


static void
oaep(const char *alg)
{
    size_t          i;
    unit_key_t      key, other;
    unit_plan_t     plan, theirs;
    toucan_jwks_t  *set;
    unsigned char   block[MODULUS];

    key = unit_key_new("RSA2048");
    other = unit_key_new("RSA2048");
    set = unit_set(&key, NULL, "");
    plan = plan_of(alg, "A256GCM", &key);

    unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
    is(set, "ok", "a control");
    jwe.tag[0] ^= 1;
    is(set, "bad_decrypt", "right padding, a wrong tag");
    jwe.tag[0] ^= 1;

    /* blocks of other paddings: none, PKCS #1 v1.5, a first byte set */

    for (i = 0; i < 3; i++) {
        memset(block, 0x5a, sizeof(block));
        block[0] = (i == 2);
        block[1] = (i == 1) ? 2 : 0;
        block[MODULUS - 33] = 0;
        raw_rsa(&key, block);
        is(set, "bad_decrypt", "another padding");
    }

    memset(jwe.key, 0, MODULUS);
    is(set, "bad_decrypt", "an encrypted key of zeros");
    jwe.key[MODULUS - 1] = 1;
    is(set, "bad_decrypt", "an encrypted key of one");
    memset(jwe.key, 0xff, MODULUS);
    is(set, "bad_decrypt", "an encrypted key beyond the modulus");

    theirs = plan;
    theirs.key = &other;
    unit_jwe_make(&jwe, &theirs, PAYLOAD, strlen(PAYLOAD));
    is(set, "bad_decrypt", "for another key");

    /* one byte less, one more, and a zero in front */

    unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
    jwe.key_len = MODULUS - 1;
    is(set, "bad_decrypt", "one byte shorter than the modulus");
    jwe.key_len = MODULUS + 1;
    is(set, "bad_decrypt", "one byte longer");
    memmove(jwe.key + 1, jwe.key, MODULUS);
    jwe.key[0] = 0;
    is(set, "bad_decrypt", "the same number, a zero in front");
    jwe.key_len = 4096;
    is(set, "bad_decrypt", "far too long");

    /* a number that begins with a zero, and the same without it */

    for (i = 0; i < 10000; i++) {
        unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));

        if (jwe.key[0] == 0) {
            break;
        }
    }

    ok(i < 10000, "a number that begins with a zero is found");
    is(set, "ok", "it is taken as it is");
    memmove(jwe.key, jwe.key + 1, MODULUS - 1);
    jwe.key_len = MODULUS - 1;
    is(set, "bad_decrypt", "but not without its zero");
    jwe.key_len = 0;
    is(set, "bad_decrypt", "empty");

    /* the digest of the other algorithm */

    plan.alg = strcmp(alg, "RSA-OAEP") ? "RSA-OAEP" : "RSA-OAEP-256";
    unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
    sprintf(jwe.header, "{\"alg\":\"%s\",\"enc\":\"A256GCM\"}", alg);
    is(set, "bad_decrypt", "of another digest");

    toucan_jwks_free(set);
    EVP_PKEY_free(key.pkey);
    EVP_PKEY_free(other.pkey);
}


static void
dir(void)
{
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    key = unit_key_oct(32, 3);
    set = unit_set(&key, NULL, ",\"alg\":\"dir\"");
    plan = plan_of("dir", "A256GCM", &key);

    unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
    is(set, "ok", "dir: a control");
    jwe.key_len = 1;
    is(set, "bad_decrypt", "dir: an encrypted key of one byte");
    jwe.key_len = 40;
    is(set, "bad_decrypt", "dir: an encrypted key of 40");

    plan.enc = "A128CBC-HS256";
    unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
    is(set, "ok", "dir: the other enc of 32 bytes");

    plan.enc = "A128GCM";
    unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
    is(set, "alg_not_allowed", "dir: an enc of another length");

    toucan_jwks_free(set);
}


/* GCM takes IVs and tags of many lengths; JWE one of each */

static void
gcm(void)
{
    char            name[64];
    size_t          i;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    static const size_t  ivs[] = { 1, 8, 11, 12, 13, 16, 32 };
    static const size_t  tags[] = { 0, 1, 4, 8, 12, 13, 14, 15, 16 };

    key = unit_key_oct(32, 4);
    set = unit_set(&key, NULL, "");
    plan = plan_of("A256KW", "A256GCM", &key);

    for (i = 0; i < sizeof(ivs) / sizeof(ivs[0]); i++) {
        plan.iv_len = ivs[i];
        unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
        snprintf(name, sizeof(name), "GCM, an IV of %zu bytes", ivs[i]);
        is(set, ivs[i] == 12 ? "ok" : "bad_decrypt", name);
    }

    plan.iv_len = 0;
    unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));

    for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        jwe.tag_len = tags[i];
        snprintf(name, sizeof(name), "GCM, the first %zu bytes of the tag",
                 tags[i]);
        is(set, tags[i] == 16 ? "ok" : "bad_decrypt", name);
    }

    toucan_jwks_free(set);
}


/* Texts that are padded otherwise than PKCS #7 says, under a right tag. */

static void
cbc_padding(const toucan_jwks_t *set, unit_plan_t *plan)
{
    size_t         i, n;
    unsigned char  text[272];

    static const struct {
        const char     *name;
        size_t          len;
        unsigned char   from;       /* the first byte of padding, at len - n */
        unsigned char   pad;
        size_t          n;
        const char     *want;
    } rows[] = {
        { "padding: a control", 16, 5, 5, 5, "ok" },
        { "padding: a whole block", 32, 16, 16, 16, "ok" },
        { "padding: a zero", 16, 0, 0, 1, "bad_decrypt" },
        { "padding: 17", 32, 17, 17, 17, "bad_decrypt" },
        { "padding: 255", 16, 255, 255, 1, "bad_decrypt" },
        { "padding: one byte of it wrong", 16, 4, 5, 5, "bad_decrypt" },
        { "padding: as ISO 7816-4 has it", 16, 0x80, 0, 4, "bad_decrypt" },
        { "padding: none", 16, ' ', ' ', 5, "bad_decrypt" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(text, ' ', sizeof(text));
        memcpy(text, PAYLOAD, strlen(PAYLOAD));
        n = rows[i].len - rows[i].n;
        memset(text + n, rows[i].pad, rows[i].n);
        text[n] = rows[i].from;

        plan->no_padding = 1;
        unit_jwe_make(&jwe, plan, text, rows[i].len);
        is(set, rows[i].want, rows[i].name);
    }

    plan->no_padding = 0;
}


static void
cbc(const char *enc, size_t tag)
{
    char            name[64];
    size_t          i;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;
    unsigned char   cek[64];

    key = unit_key_oct(unit_enc_size(enc), 5);
    set = unit_set(&key, NULL, "");
    plan = plan_of("dir", enc, &key);
    memcpy(cek, key.secret, sizeof(cek));

    for (i = 0; i <= 33; i++) {
        plan.iv_len = i ? i : 16;
        unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
        jwe.iv_len = i;

        snprintf(name, sizeof(name), "%s, an IV of %zu bytes", enc, i);
        is(set, i == 16 ? "ok" : "bad_decrypt", name);
    }

    /* the whole HMAC, of which the tag is the first half */

    plan.iv_len = 0;
    unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));

    for (i = 0; i <= 2 * tag; i++) {
        jwe.tag_len = i;
        snprintf(name, sizeof(name), "%s, %zu bytes of the HMAC", enc, i);
        is(set, i == tag ? "ok" : "bad_decrypt", name);
    }

    /* no block, parts of one, of two, of three: under right tags */

    for (i = 0; i <= 44; i += 4) {

        /* a second block is noise, which is padded rightly once in 256 times */

        if (i == 32) {
            continue;
        }

        unit_jwe_make(&jwe, &plan, PAYLOAD, strlen(PAYLOAD));
        jwe.text_len = i;
        token[0] = '\0';
        unit_b64_cat(token, jwe.header, strlen(jwe.header));
        unit_cbc_tag(enc, cek, token, &jwe, jwe.tag);
        snprintf(name, sizeof(name), "%s, a text of %zu bytes", enc, i);
        is(set, i == 16 ? "ok" : "bad_decrypt", name);
    }

    cbc_padding(set, &plan);
    toucan_jwks_free(set);
}


/* the lengths below JOSE: whoever calls them does not have to look first */

static void
below(void)
{
    size_t               len;
    uint8_t              cek[64], tag[32], text[32], plain[64], iv[16];
    unsigned             n;
    unit_key_t           pair, other;
    toucan_key_t        *key;
    toucan_diag_t        d;
    toucan_wrap_t        wrap;
    toucan_jwks_t       *set;
    toucan_wrapped_t     out;
    const toucan_alg_t  *kw, *hs;
    const toucan_enc_t  *enc;

    enc = toucan_enc_find(toucan_cstr("A256GCM"));
    kw = toucan_alg_find(toucan_cstr("A256GCMKW"));
    hs = toucan_alg_find(toucan_cstr("HS256"));

    memset(&wrap, 0, sizeof(toucan_wrap_t));
    memset(cek, 0, sizeof(cek));
    memset(iv, 0, sizeof(iv));
    memset(text, 0, sizeof(text));
    memset(tag, 0, sizeof(tag));

    pair = unit_key_oct(32, 6);
    toucan_diag_init(&d);
    key = toucan_key_oct(toucan_str(pair.secret, 32), &d);

    is_str(unit_rc(toucan_crypto_unwrap(key, hs, enc, &wrap,
                                        toucan_str(text, 32), cek)),
           "alg_not_allowed", "HS256 does not unwrap");
    is_str(unit_rc(toucan_crypto_wrap(key, hs, enc, &out, cek)),
           "alg_not_allowed", "nor wrap");
    is_str(unit_rc(toucan_crypto_unwrap(key, toucan_alg_find(
                       toucan_cstr("A128KW")), enc, &wrap,
                       toucan_str(text, 32), cek)),
           "alg_not_allowed", "nor does a key of another length");

    /* a public half opens nothing, and is told so */

    other = unit_key_new("RSA2048");
    set = unit_jwks(unit_jwk(token, &other, NULL, ""));
    is_str(unit_rc(toucan_crypto_unwrap(
               toucan_jwks_find(set, toucan_str(NULL, 0), &n)->key,
               toucan_alg_find(toucan_cstr("RSA-OAEP")), enc, &wrap,
               toucan_str(jwe.key, MODULUS), cek)),
           "alg_not_allowed", "a public half does not unwrap");
    toucan_jwks_free(set);
    EVP_PKEY_free(other.pkey);

    /* without an IV and a tag: a random key, as for all that is wrong */

    memset(cek, 0, sizeof(cek));
    is_str(unit_rc(toucan_crypto_unwrap(key, kw, enc, &wrap,
                                        toucan_str(text, 32), cek)),
           "ok", "A256GCMKW without an IV");
    memset(plain, 0, sizeof(plain));
    ok(memcmp(cek, plain, 32) != 0, "gives a key");
    memcpy(plain, cek, 32);
    toucan_crypto_unwrap(key, kw, enc, &wrap, toucan_str(text, 32), cek);
    ok(memcmp(cek, plain, 32) != 0, "another one each time");

    len = 7;
    is_str(unit_rc(toucan_crypto_open(key, enc, cek, toucan_str(iv, 11),
                                      toucan_str(NULL, 0), toucan_str(text, 32),
                                      toucan_str(tag, 16), plain, &len)),
           "bad_decrypt", "an IV of 11 bytes");
    is_int((int64_t) len, 0, "nothing is said to be there");
    is_str(unit_rc(toucan_crypto_open(key, enc, cek, toucan_str(iv, 12),
                                      toucan_str(NULL, 0), toucan_str(text, 32),
                                      toucan_str(tag, 15), plain, &len)),
           "bad_decrypt", "a tag of 15 bytes");
    is_int((int64_t) ERR_peek_error(), 0, "no error is left");

    toucan_key_free(key);
}


int
main(void)
{
    wrapped();
    oaep("RSA-OAEP");
    oaep("RSA-OAEP-256");
    dir();
    gcm();
    cbc("A128CBC-HS256", 16);
    cbc("A192CBC-HS384", 24);
    cbc("A256CBC-HS512", 32);
    below();

    return done_testing();
}
