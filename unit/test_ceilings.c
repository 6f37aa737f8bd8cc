
/*
 * Owns: the tests of every named ceiling of a token: at the limit it is
 * taken, one past it is refused for the reason that is named.
 */


#include "jwe.h"
#include "stretch.h"

#include "jose/toucan_b64.h"


#define OCT                                                                   \
    "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""


static char            big[8 * 1024 * 1024];
static char            token[256 * 1024];
static unit_key_t      secret;
static toucan_jwks_t  *set;


/* Opens with the one secret by rules of this size. */

static const char *
opened(toucan_str_t text, size_t max_size)
{
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    toucan_jwt_rules_t    rules;
    const toucan_jwks_t  *sets[1];

    sets[0] = set;
    rules.max_size = max_size;
    rules.types = TOUCAN_TYPES_ALL;
    rules.algs = TOUCAN_ALGS_ALL;
    rules.algs_unbound = TOUCAN_ALGS_ALL;

    rc = toucan_jwt_open(&rules, sets, 1, text, unit_arena_init(&a), &jwt);
    unit_arena_free(&a);

    return unit_rc(rc);
}


static const char *
signed_with(const char *header, const char *payload)
{
    return opened(unit_token(token, header, payload, "HS256", &secret),
                  2 * TOUCAN_JWT_MAX_SIZE);
}


/* ------------------------------------------------------------- the token */

/* A JWS of exactly n bytes: header and payload are stretched until it is. */

static size_t
jws_of(size_t n)
{
    char    header[256];
    size_t  i, k, len;

    for (i = 0; i < 4; i++) {
        strcpy(header, "{\"alg\":\"HS256\",\"x\":\"");
        unit_letters(header + strlen(header), i);
        strcat(header, "\"}");

        len = toucan_b64_encoded_len(strlen(header)) + 2 + 43;

        for (k = (n - len) / 4 * 3 - 8; k < (n - len) / 4 * 3 + 4; k++) {
            if (len + toucan_b64_encoded_len(k) == n) {
                strcpy(big, "{\"a\":\"");
                unit_letters(big + 6, k - 8);
                strcat(big, "\"}");
                return unit_token(token, header, big, "HS256", &secret).len;
            }
        }
    }

    return 0;
}


static size_t
jwe_of(size_t n)
{
    char          more[64];
    size_t        i, k, len;
    unit_plan_t   plan;

    memset(&plan, 0, sizeof(unit_plan_t));
    plan.alg = "dir";
    plan.enc = "A256GCM";
    plan.key = &secret;
    plan.more = more;

    for (i = 0; i < 4; i++) {
        strcpy(more, ",\"x\":\"");
        unit_letters(more + strlen(more), i);
        strcat(more, "\"");

        len = toucan_b64_encoded_len(29 + strlen(more)) + 4 + 16 + 22;

        for (k = (n - len) / 4 * 3 - 8; k < (n - len) / 4 * 3 + 4; k++) {
            if (len + toucan_b64_encoded_len(k) == n) {
                strcpy(big, "{\"a\":\"");
                unit_letters(big + 6, k - 8);
                strcat(big, "\"}");
                return unit_jwe(token, &plan, big).len;
            }
        }
    }

    return 0;
}


static const char *
try_size(size_t n)
{
    return (jws_of(n) == n) ? opened(toucan_cstr(token), 8192) : "(size)";
}


static const char *
try_jwe_size(size_t n)
{
    return (jwe_of(n) == n) ? opened(toucan_cstr(token), 8192) : "(size)";
}


static const char *
try_max_size(size_t n)
{
    return (jws_of(n) == n)
           ? opened(toucan_cstr(token), 4 * TOUCAN_JWT_MAX_SIZE) : "(size)";
}


static const char *
try_jwe_max_size(size_t n)
{
    return (jwe_of(n) == n)
           ? opened(toucan_cstr(token), 4 * TOUCAN_JWT_MAX_SIZE) : "(size)";
}


/* ------------------------------------------------------------ its header */

static const char *
try_header_bytes(size_t n)
{
    char  *p;

    p = stpcpy(big, "{\"alg\":\"HS256\",\"x\":\"");
    strcpy(unit_letters(p, n - strlen(big) - 2), "\"}");

    return signed_with(big, "{}");
}


static const char *
try_header_depth(size_t n)
{
    unit_nest(big, n, "{\"alg\":\"HS256\",\"x\":");

    return signed_with(big, "{}");
}


static const char *
try_header_values(size_t n)
{
    unit_fill(big, n, 3, "{\"alg\":\"HS256\",\"x\":[");

    return signed_with(big, "{}");
}


static const char *
try_kid(size_t n)
{
    char            kid[512], header[1024];
    const char     *got;
    toucan_jwks_t  *old;

    unit_letters(kid, n);
    sprintf(header, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);

    /* its key has a kid of the limit's length */

    kid[TOUCAN_JWT_MAX_KID] = '\0';
    old = set;
    set = unit_set(&secret, kid, "");
    got = signed_with(header, "{}");
    toucan_jwks_free(set);
    set = old;

    return got;
}


static const char *
party(const char *name, size_t n)
{
    char            text[1024], more[1024];
    const char     *got;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *old;

    unit_letters(more, n);
    text[0] = '\0';
    unit_b64_cat(text, more, n);

    key = unit_key_new("X25519");
    memset(&plan, 0, sizeof(unit_plan_t));
    plan.alg = "ECDH-ES";
    plan.enc = "A128GCM";
    plan.key = &key;

    if (strcmp(name, "apu") == 0) {
        plan.apu = text;

    } else {
        plan.apv = text;
    }

    old = set;
    set = unit_set(&key, NULL, "");
    got = opened(unit_jwe(token, &plan, "{}"), TOUCAN_JWT_MAX_SIZE);
    toucan_jwks_free(set);
    set = old;
    EVP_PKEY_free(key.pkey);

    return got;
}


static const char *
try_apu(size_t n)
{
    return party("apu", n);
}


static const char *
try_apv(size_t n)
{
    return party("apv", n);
}


/* ----------------------------------------------------------- its payload */

/* no token is long enough to have one of so many bytes */

static const char *
try_payload_bytes(size_t n)
{
    unit_arena_t         a;
    toucan_rc_t          rc;
    const toucan_doc_t  *doc;

    strcpy(big, "{}");
    memset(big + 2, ' ', n);
    rc = toucan_json_parse(toucan_str(big, n), &toucan_json_token_limits,
                           unit_arena_init(&a), &doc);
    unit_arena_free(&a);

    return unit_rc(rc);
}


static const char *
try_payload_depth(size_t n)
{
    unit_nest(big, n, "{\"x\":");

    return signed_with("{\"alg\":\"HS256\"}", big);
}


static const char *
try_payload_values(size_t n)
{
    unit_fill(big, n, 2, "{\"x\":[");

    return signed_with("{\"alg\":\"HS256\"}", big);
}


static const char *
try_tries(size_t n)
{
    char            one[256];
    const char     *got;
    unit_key_t      other;
    toucan_jwks_t  *old;

    other = unit_key_oct(32, 77);
    sprintf(big, "{\"keys\":[%s", unit_jwk(one, &secret, NULL, ""));

    while (n-- > 1) {
        sprintf(big + strlen(big), ",%s", unit_jwk(one, &other, NULL, ""));
    }

    strcat(big, "]}");
    old = set;
    set = unit_jwks(big);
    got = signed_with("{\"alg\":\"HS256\"}", "{}");
    toucan_jwks_free(set);
    set = old;

    return got;
}


/* ---------------------------------------------------------------- making */

/* The longest payload whose token is not too long, and the next length. */

static const char *
made(int encrypted, size_t n)
{
    unsigned             count;
    toucan_rc_t          rc;
    unit_arena_t         a;
    toucan_str_t         text;
    toucan_diag_t        d;
    toucan_jwks_t       *jwks;
    const toucan_jwk_t  *jwk;

    toucan_diag_init(&d);
    jwks = toucan_jwks_parse_private(toucan_cstr(OCT "}"), &d);
    jwk = toucan_jwks_find(jwks, toucan_str(NULL, 0), &count);
    unit_letters(big, n);
    unit_arena_init(&a);
    text = toucan_str(NULL, 0);

    rc = encrypted
         ? toucan_jwe_encrypt(jwk, toucan_alg_find(toucan_cstr("dir")),
                              toucan_enc_find(toucan_cstr("A256GCM")), 0,
                              toucan_cstr(big), &a.arena, &text)
         : toucan_jws_sign(jwk, toucan_alg_find(toucan_cstr("HS256")),
                           toucan_cstr(big), &a.arena, &text);

    if (rc == TOUCAN_OK && text.len + 4 < TOUCAN_JWT_MAX_SIZE) {
        rc = TOUCAN_INTERNAL;       /* that was not near the limit */
    }

    if (rc != TOUCAN_OK && text.data != NULL) {
        rc = TOUCAN_INTERNAL;       /* a token beside a refusal */
    }

    unit_arena_free(&a);
    toucan_jwks_free(jwks);

    return unit_rc(rc);
}


static const char *
try_sign(size_t n)
{
    return made(0, n);
}


static const char *
try_encrypt(size_t n)
{
    return made(1, n);
}


/*
 * 27 bytes of header are 36, 32 of a MAC 43 letters, two dots; 41 of a JWE's
 * header are 55, 12 of an IV 16, 16 of a tag 22 letters, four dots
 */
#define SIGNED     ((TOUCAN_JWT_MAX_SIZE - 36 - 43 - 2) * 3 / 4)
#define ENCRYPTED  ((TOUCAN_JWT_MAX_SIZE - 55 - 16 - 22 - 4) * 3 / 4)


static const struct {
    const char   *name;
    size_t        limit;
    const char *(*try)(size_t n);
    const char   *past;
} ceilings[] = {
    { "toucan_jwt_rules_t.max_size, a JWS", 8192, try_size, "too_large" },
    { "toucan_jwt_rules_t.max_size, a JWE", 8192, try_jwe_size, "too_large" },
    { "TOUCAN_JWT_MAX_SIZE, a JWS", TOUCAN_JWT_MAX_SIZE, try_max_size,
      "too_large" },
    { "TOUCAN_JWT_MAX_SIZE, a JWE", TOUCAN_JWT_MAX_SIZE, try_jwe_max_size,
      "too_large" },
    { "TOUCAN_HEADER_MAX_BYTES", TOUCAN_HEADER_MAX_BYTES, try_header_bytes,
      "too_large" },
    { "TOUCAN_HEADER_MAX_DEPTH", TOUCAN_HEADER_MAX_DEPTH, try_header_depth,
      "bad_json" },
    { "TOUCAN_HEADER_MAX_VALUES", TOUCAN_HEADER_MAX_VALUES, try_header_values,
      "bad_json" },
    { "TOUCAN_JWT_MAX_KID", TOUCAN_JWT_MAX_KID, try_kid, "bad_claim" },
    { "TOUCAN_PARTY_MAX_SIZE, apu", TOUCAN_PARTY_MAX_SIZE, try_apu,
      "bad_claim" },
    { "TOUCAN_PARTY_MAX_SIZE, apv", TOUCAN_PARTY_MAX_SIZE, try_apv,
      "bad_claim" },

    { "toucan_json_token_limits, bytes", 65536, try_payload_bytes,
      "too_large" },
    { "toucan_json_token_limits, depth", 16, try_payload_depth, "bad_json" },
    { "toucan_json_token_limits, values", 1024, try_payload_values,
      "bad_json" },

    { "TOUCAN_JWT_MAX_TRIES", TOUCAN_JWT_MAX_TRIES, try_tries,
      "key_not_found" },

    { "TOUCAN_JWT_MAX_SIZE, signing", SIGNED, try_sign, "too_large" },
    { "TOUCAN_JWT_MAX_SIZE, encrypting", ENCRYPTED, try_encrypt,
      "too_large" }
};


int
main(void)
{
    size_t  i;

    secret = unit_key_oct(32, 0);
    set = unit_set(&secret, NULL, "");

    for (i = 0; i < sizeof(ceilings) / sizeof(ceilings[0]); i++) {
        is_str(ceilings[i].try(ceilings[i].limit), "ok", "%s: %zu",
               ceilings[i].name, ceilings[i].limit);
        is_str(ceilings[i].try(ceilings[i].limit + 1), ceilings[i].past,
               "and one past");
    }

    is_str(try_sign(TOUCAN_JWT_MAX_SIZE), "too_large",
           "signing a payload of the token's length");
    is_str(try_sign(TOUCAN_JWT_MAX_SIZE + 1), "too_large",
           "and one past");
    is_str(try_encrypt(TOUCAN_JWT_MAX_SIZE), "too_large",
           "encrypting a payload of the token's length");
    is_str(try_encrypt(TOUCAN_JWT_MAX_SIZE + 1), "too_large",
           "and one past");

    toucan_jwks_free(set);

    return done_testing();
}
