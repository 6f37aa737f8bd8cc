
/*
 * Owns: the timing check.  For each way of refusing a forged token or API key
 * it compares forgeries that differ in where the first wrong byte is, or in
 * what is wrong.  It prints a table in Markdown and judges nothing by the
 * clock of one run: |t| above 10 in run after run is a leak.
 */


#include "timing.h"
#include "tokens.h"
#include "apikeys.h"

#include "jose/toucan_crypto_wrap.h"
#include "jose/toucan_jwe.h"

#include <getopt.h>


static char           set_text[65536];
static toucan_jwks_t *set;
static unit_key_t     signer;

static const toucan_jwt_rules_t  rules = {
    TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
};


/* ---------------------------------------------------------------- calls */

static void
open_token(toucan_str_t token, void *ctx)
{
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    const toucan_jwks_t  *sets[1];

    sets[0] = set;
    rc = toucan_jwt_open(&rules, sets, 1, token, unit_arena_init(&a), &jwt);
    unit_arena_free(&a);

    if (rc != *(toucan_rc_t *) ctx) {
        fprintf(stderr, "timing: %s, where %s was expected\n", unit_rc(rc),
                unit_rc(*(toucan_rc_t *) ctx));
        exit(2);
    }
}


/* the control: it must be found */

static void
compare_naively(toucan_str_t token, void *ctx)
{
    size_t            i;
    volatile int      differs;
    const uint8_t    *right;

    right = ctx;
    differs = 0;

    for (i = 0; i < token.len && !differs; i++) {
        differs = token.data[i] != right[i];
    }
}


/* how the digest of an API key is compared, and no more than that */

static void
compare_digest(toucan_str_t token, void *ctx)
{
    unsigned      i;
    volatile int  same;

    for (i = 0; i < 100; i++) {
        same = toucan_const_eq(token.data, ctx, token.len);
    }

    (void) same;
}


static void
check_key(toucan_str_t token, void *ctx)
{
    const toucan_apikey_t  *key;

    if (toucan_apikeys_check(ctx, token, 1, &key) != TOUCAN_API_KEY_INVALID) {
        fprintf(stderr, "timing: a wrong API key was taken\n");
        exit(2);
    }
}


/* --------------------------------------------------------------- tokens */

/* The token with the byte at a place of its nth part changed; -1: the last. */

static toucan_str_t
forged(toucan_str_t token, unsigned nth, int place)
{
    char         *out;
    size_t        len;
    uint8_t       bytes[8192];
    unsigned      i, n;
    toucan_str_t  part[TOUCAN_JWE_PARTS];

    n = toucan_compact_split(token, part);
    out = calloc(1, token.len + 8);

    for (i = 0; i < n; i++) {
        if (i > 0) {
            strcat(out, ".");
        }

        toucan_b64_decode(bytes, &len, part[i]);

        if (i == nth) {
            /* the lowest bit: EdDSA's S stays below the order */

            bytes[place < 0 ? len - 1 : place ? len / 2 : 0] ^= 0x01;
        }

        unit_b64_cat(out, bytes, len);
    }

    return toucan_cstr(out);
}


static void
places(const char *name, toucan_str_t token, unsigned nth, toucan_rc_t rc,
    long n, void (*renew)(variant_t *v))
{
    unsigned   i;
    variant_t  v[VARIANTS] = {
        { .name = "first", .place = 0 },
        { .name = "middle", .place = 1 },
        { .name = "last", .place = -1 }
    };

    for (i = 0; i < VARIANTS; i++) {
        v[i].token = forged(token, nth, v[i].place);
        v[i].renew = renew;
    }

    measure(name, v, n, open_token, &rc);
}


/* another one each time, always as long */

static toucan_str_t
payload(void)
{
    static int   n;
    static char  text[512];

    snprintf(text, sizeof(text), "{\"iat\":1,\"exp\":2,\"x\":\"%0300d\"}", n++);

    return toucan_cstr(text);
}


/*
 * OpenSSL's EdDSA takes a time that goes by the numbers in the signature, which
 * are public: only over many of them can places be compared.
 */

static void
renew_eddsa(variant_t *v)
{
    char  text[8192];

    free((void *) v->token.data);
    v->token = forged(unit_token(text, "{\"alg\":\"EdDSA\",\"kid\":\"k\"}",
                                 (const char *) payload().data, "EdDSA",
                                 &signer),
                      2, v->place);
}


static void
signatures(void)
{
    char          header[128], *out;
    unsigned      i;
    unit_key_t    key;
    toucan_str_t  token;

    static const struct {
        const char  *alg;
        const char  *type;
        int          divisor;
    } rows[] = {
        { "HS256", "oct", 1 },
        { "HS512", "oct", 1 },
        { "RS256", "RSA2048", 2 },
        { "PS256", "RSA2048", 2 },
        { "ES256", "P-256", 4 },
        { "EdDSA", "ED25519", 4 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        key = unit_key_new(rows[i].type);
        unit_jwk(set_text, &key, "k", "");
        set = unit_jwks(set_text);

        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"k\"}",
                 rows[i].alg);

        out = malloc(8192);
        token = unit_token(out, header, (const char *) payload().data,
                           rows[i].alg, &key);

        signer = key;
        places(rows[i].alg, token, 2, TOUCAN_BAD_SIGNATURE,
               calls / rows[i].divisor,
               strcmp(rows[i].alg, "EdDSA") == 0 ? renew_eddsa : NULL);

        toucan_jwks_free(set);
        EVP_PKEY_free(key.pkey);
    }
}


static toucan_str_t
encrypted(const char *alg, const char *enc, const char *private)
{
    toucan_rc_t     rc;
    unit_arena_t   *a;
    toucan_jwks_t  *maker;
    toucan_str_t    token;
    unsigned        n;

    a = calloc(1, sizeof(unit_arena_t));
    maker = unit_jwks_private(private);

    rc = toucan_jwe_encrypt(toucan_jwks_find(maker, toucan_cstr("k"), &n),
                            toucan_alg_find(toucan_cstr(alg)),
                            toucan_enc_find(toucan_cstr(enc)), 0, payload(),
                            unit_arena_init(a), &token);

    if (rc != TOUCAN_OK) {
        fprintf(stderr, "timing: %s with %s: %s\n", alg, enc, unit_rc(rc));
        exit(2);
    }

    toucan_jwks_free(maker);

    return token;
}


static void
secret_key(unsigned len)
{
    unit_key_t  key;

    key = unit_key_new("oct");
    key.secret_len = len;
    unit_jwk(set_text, &key, "k", "");
    set = unit_jwks(set_text);
}


static void
contents(void)
{
    secret_key(32);
    places("dir, A256GCM, tag", encrypted("dir", "A256GCM", set_text), 4,
           TOUCAN_BAD_DECRYPT, calls, NULL);
    places("A256KW, encrypted key", encrypted("A256KW", "A256GCM", set_text),
           1, TOUCAN_BAD_DECRYPT, calls, NULL);
    places("A256GCMKW, encrypted key",
           encrypted("A256GCMKW", "A256GCM", set_text), 1,
           TOUCAN_BAD_DECRYPT, calls, NULL);
    toucan_jwks_free(set);

    secret_key(64);
    places("dir, A256CBC-HS512, tag",
           encrypted("dir", "A256CBC-HS512", set_text), 4,
           TOUCAN_BAD_DECRYPT, calls, NULL);
    toucan_jwks_free(set);
}


/* the same token with a key of another length in a right padding */

static toucan_str_t
other_length(toucan_str_t token, EVP_PKEY *pkey)
{
    char          *out;
    size_t         len;
    uint8_t        cek[31], sealed[512];
    toucan_str_t   part[TOUCAN_JWE_PARTS];
    EVP_PKEY_CTX  *ctx;

    len = sizeof(sealed);
    RAND_bytes(cek, sizeof(cek));

    ctx = EVP_PKEY_CTX_new(pkey, NULL);
    EVP_PKEY_encrypt_init(ctx);
    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING);
    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256());
    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256());
    EVP_PKEY_encrypt(ctx, sealed, &len, cek, sizeof(cek));
    EVP_PKEY_CTX_free(ctx);

    toucan_compact_split(token, part);
    out = calloc(1, token.len + 8);

    sprintf(out, "%.*s.", (int) part[0].len, (const char *) part[0].data);
    unit_b64_cat(out, sealed, len);
    sprintf(out + strlen(out), ".%.*s.%.*s.%.*s", (int) part[2].len,
            (const char *) part[2].data, (int) part[3].len,
            (const char *) part[3].data, (int) part[4].len,
            (const char *) part[4].data);

    return toucan_cstr(out);
}


static void
oaep(void)
{
    variant_t     v[VARIANTS] = { { .name = NULL } };
    toucan_rc_t   rc;
    unit_key_t    key;
    toucan_str_t  token;

    key = unit_key_new("RSA2048");
    set = unit_jwks(unit_jwk_pair(set_text, &key, "k", ""));

    rc = TOUCAN_BAD_DECRYPT;
    token = encrypted("RSA-OAEP-256", "A256GCM", set_text);

    v[0].name = "padding";
    v[0].token = forged(token, 1, 1);
    v[1].name = "key length";
    v[1].token = other_length(token, key.pkey);
    v[2].name = "tag";
    v[2].token = forged(token, 4, 1);

    measure("RSA-OAEP-256", v, calls / 4, open_token, &rc);

    toucan_jwks_free(set);
    EVP_PKEY_free(key.pkey);
}


static void
digests(void)
{
    unsigned   i;
    uint8_t   *right, *wrong;
    variant_t  v[VARIANTS] = { { .name = NULL } };

    static const char  *names[] = { "first", "middle", "last" };

    right = calloc(1, 512);

    for (i = 0; i < VARIANTS; i++) {
        wrong = calloc(1, 512);
        wrong[i * 511 / 2] = 1;
        v[i].name = names[i];
        v[i].token = toucan_str(wrong, 512);
    }

    measure("a comparison that stops (control)", v, calls, compare_naively,
            right);

    if (uneven == 0) {
        fprintf(stderr, "timing: the control was not found: too noisy, or "
                "too few calls\n");
        exit(2);
    }

    uneven = 0;

    for (i = 0; i < VARIANTS; i++) {
        wrong = calloc(1, 32);
        wrong[i * 31 / 2] = 1;
        v[i].token = toucan_str(wrong, 32);
    }

    measure("a digest of an API key, 100 times", v, calls, compare_digest,
            right);
}


/* Another id each time: of those that are there, "a", or are not, "b". */

static void
renew_key(variant_t *v)
{
    char      id[8];
    uint16_t  n;

    RAND_bytes((uint8_t *) &n, sizeof(n));
    snprintf(id, sizeof(id), "k%04u%c", n % 1000, v->place ? 'a' : 'b');
    memcpy((char *) v->token.data + strlen("tk_live_"), id, 6);
}


/*
 * In a file of many: an id that is not there, and one that is, with a secret
 * that is wrong at its beginning or at its end.
 */

static void
api_keys(void)
{
    char              *text, *p, id[16], key[64];
    unsigned           i;
    variant_t          v[VARIANTS] = {
        { .name = "unknown id", .place = 0, .renew = renew_key },
        { .name = "first byte", .place = 1, .renew = renew_key },
        { .name = "last byte", .place = -1, .renew = renew_key }
    };
    toucan_apikeys_t  *keys;

    text = malloc(1024 * 1024);
    p = text;

    for (i = 0; i < 1000; i++) {
        snprintf(id, sizeof(id), "k%04ua", i);
        snprintf(key, sizeof(key), "tk_live_%s_" UNIT_SECRET, id);
        p += sprintf(p, "%s", i ? "," : "");
        unit_apikey(p, id, key, "");
        p += strlen(p);
    }

    keys = unit_apikeys(text);

    for (i = 0; i < VARIANTS; i++) {
        p = strdup(key);
        p[(v[i].place > 0) ? strlen("tk_live_k0000a_") : strlen(p) - 1] ^= 1;
        v[i].token = toucan_cstr(p);
    }

    measure("an API key, of 1000", v, calls, check_key, keys);

    toucan_apikeys_free(keys);
    free(text);
}


int
main(int argc, char **argv)
{
    int  c;

    static const struct option  options[] = {
        { "calls", required_argument, NULL, 'n' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "n:h", options, NULL)) != -1) {
        if (c == 'n' && atol(optarg) >= 1000) {
            calls = atol(optarg);
            continue;
        }

        printf("usage: timing [--calls N]\n\n"
               "Whether forgeries are refused in even time; N, at least "
               "1000,\nis the number of calls of the cheapest kind "
               "(%ld).\n", calls);
        return (c == 'h') ? 0 : 2;
    }

    printf("| refused | ns | ns | ns | worst t | |\n"
           "|---|---|---|---|---|---|\n");

    digests();
    api_keys();
    signatures();
    contents();
    oaep();

    printf("\n%u of 13 uneven (worst t above %.0f)\n", uneven, LEAK);

    return 0;
}
