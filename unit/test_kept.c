
/*
 * Owns: the tests that OpenSSL's memory, once a token was opened, holds
 * nothing of it: what a key keeps are contexts, and not the text or the key
 * of a token.
 */


#include "jwe.h"


#define BLOCKS   65536
#define PAYLOAD                                                               \
    "{\"secret\":\"7f3a9c55e1\",\"a\":\"kept0123456789abcdefKEPT\","          \
    "\"end\":\"the last letters of a text\"}"


/* ------------------------------------------------------------ the memory */

static struct {
    unsigned char  *p;
    size_t          size;
} blocks[BLOCKS];


static void
note(void *p, size_t size)
{
    unsigned  i;

    for (i = 0; i < BLOCKS; i++) {
        if (blocks[i].p == NULL) {
            blocks[i].p = p;
            blocks[i].size = size;
            return;
        }
    }

    abort();
}


static void
drop(void *p)
{
    unsigned  i;

    for (i = 0; p != NULL && i < BLOCKS; i++) {
        if (blocks[i].p == p) {
            blocks[i].p = NULL;
            return;
        }
    }
}


static void *
noted_malloc(size_t size, const char *file, int line)
{
    void  *p;

    (void) file;
    (void) line;

    p = calloc(1, size ? size : 1);
    note(p, size);

    return p;
}


static void
noted_free(void *p, const char *file, int line)
{
    (void) file;
    (void) line;

    drop(p);
    free(p);
}


static void *
noted_realloc(void *p, size_t size, const char *file, int line)
{
    void  *q;

    (void) file;
    (void) line;

    drop(p);

    if (size == 0) {
        free(p);
        return NULL;
    }

    q = realloc(p, size);
    note(q, size);

    return q;
}


/* Pieces of 8 bytes, since a part of a secret is one, too. */

static int
held(const void *what, size_t len)
{
    int       n;
    size_t    i;
    unsigned  k;

    for (n = 0, k = 0; k < BLOCKS; k++) {
        for (i = 0; blocks[k].p != NULL && i + 8 <= len; i++) {
            n += unit_occurs(blocks[k].p, blocks[k].size,
                             (const unsigned char *) what + i, 8);
        }
    }

    return n;
}


static void
control(void)
{
    char  *p;

    is_int(held(PAYLOAD, strlen(PAYLOAD)), 0, "nothing is held at first");

    p = OPENSSL_malloc(64);
    memcpy(p + 7, PAYLOAD + 12, 8);
    is_int(held(PAYLOAD, strlen(PAYLOAD)), 1, "a piece is seen");
    OPENSSL_free(p);

    is_int(held(PAYLOAD, strlen(PAYLOAD)), 0, "until it is freed");
}


/* ---------------------------------------------------------------- tokens */

static char  token[16384];


/* The text and the CEK of a token that is opened, and of one refused. */

static void
encrypted(const char *alg, const char *enc, const unit_key_t *key)
{
    size_t          len;
    unit_jwe_t     *jwe;
    unit_plan_t     plan;
    toucan_jwks_t  *set;
    unsigned char   cek[2048];

    jwe = malloc(sizeof(unit_jwe_t));
    set = unit_set(key, NULL, "");
    plan = unit_plan_of(alg, enc, key);
    unit_jwe_make(jwe, &plan, PAYLOAD, strlen(PAYLOAD));
    len = unit_jwe_unwrap(jwe, key, alg, enc, cek);

    is_str(unit_rc(unit_open(set, unit_jwe_write(token, jwe))), "ok",
           "%s with %s", alg, enc);
    is_int(held(PAYLOAD, strlen(PAYLOAD)), 0, "the text is not kept");

    if (strcmp(alg, "dir") != 0) {
        is_int(held(cek, len), 0, "nor its key");
    }

    jwe->tag[3] ^= 1;
    is_str(unit_rc(unit_open(set, unit_jwe_write(token, jwe))), "bad_decrypt",
           "a wrong tag");
    is_int(held(PAYLOAD, strlen(PAYLOAD)), 0, "the text is not kept");

    if (strcmp(alg, "dir") != 0) {
        is_int(held(cek, len), 0, "nor its key");
    }

    OPENSSL_cleanse(cek, sizeof(cek));
    toucan_jwks_free(set);
    free(jwe);
}


/* A signed token inside: what is signed is a secret, too. */

static void
nested(const char *alg, const char *type)
{
    char            inner[8192], header[64], text[32768], one[16384];
    unit_key_t      kw, key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    kw = unit_key_oct(32, 9);
    key = (type[0] == '6') ? unit_key_oct(64, 2) : unit_key_new(type);

    sprintf(text, "{\"keys\":[%s", unit_jwk(one, &kw, "w", ""));
    sprintf(text + strlen(text), ",%s]}", unit_jwk(one, &key, "s", ""));
    set = unit_jwks(text);

    snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"s\"}", alg);
    unit_token(inner, header, PAYLOAD, alg, &key);
    plan = unit_plan_of("A256KW", "A256GCM", &kw);
    plan.more = ",\"cty\":\"JWT\",\"kid\":\"w\"";
    unit_jwe(token, &plan, inner);

    is_str(unit_rc(unit_open(set, toucan_cstr(token))), "ok", "%s inside",
           alg);
    is_int(held(strchr(inner, '.'),
                (size_t) (strrchr(inner, '.') - strchr(inner, '.'))),
           0, "what is signed is not kept");

    toucan_jwks_free(set);
    EVP_PKEY_free(key.pkey);
}


int
main(void)
{
    size_t      i;
    unit_key_t  k32, k64, rsa, ec, dh;

    static const char  *encs[] = {
        "A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"
    };

    if (!CRYPTO_set_mem_functions(noted_malloc, noted_realloc, noted_free)) {
        fail("OpenSSL takes our allocation");
        return done_testing();
    }

    k32 = unit_key_oct(32, 4);
    k64 = unit_key_oct(64, 4);
    rsa = unit_key_new("RSA2048");
    ec = unit_key_new("P-256");
    dh = unit_key_new("X25519");

    control();

    encrypted("dir", "A256GCM", &k32);
    encrypted("dir", "A128CBC-HS256", &k32);
    encrypted("dir", "A256CBC-HS512", &k64);

    for (i = 0; i < sizeof(encs) / sizeof(encs[0]); i++) {
        encrypted("A256KW", encs[i], &k32);
        encrypted("A256GCMKW", encs[i], &k32);
        encrypted("RSA-OAEP-256", encs[i], &rsa);
        encrypted("ECDH-ES", encs[i], &ec);
        encrypted("ECDH-ES", encs[i], &dh);
        encrypted("ECDH-ES+A256KW", encs[i], &dh);
    }

    nested("HS256", "64");
    nested("HS512", "64");
    nested("RS256", "RSA2048");
    nested("RS512", "RSA2048");
    nested("PS384", "RSA2048");
    nested("ES256", "P-256");
    nested("ES384", "P-384");
    nested("EdDSA", "ED25519");

    EVP_PKEY_free(rsa.pkey);
    EVP_PKEY_free(ec.pkey);
    EVP_PKEY_free(dh.pkey);

    return done_testing();
}
