
/*
 * Owns: the tests of the public set: what is in it and what is not, that it
 * verifies what the private keys sign, and that nothing private is in it.
 */


#include "tokens.h"


#define PAYLOAD  "{\"sub\":\"x\"}"

static char  text[131072];


/* The public set of a private one, as a C string; the caller frees. */

static char *
public_of(const char *json)
{
    char           *out;
    toucan_rc_t     rc;
    unit_arena_t    a;
    toucan_str_t    made;
    toucan_jwks_t  *set;

    set = unit_jwks_private(json);
    rc = toucan_jwks_public(set, unit_arena_init(&a), &made);

    is_str(unit_rc(rc), "ok", "the public halves");
    out = (rc == TOUCAN_OK) ? strndup((const char *) made.data, made.len)
                            : strdup("");

    unit_arena_free(&a);
    toucan_jwks_free(set);

    return out;
}


/* ---------------------------------------------------------- round trips */

static const struct {
    const char      *type;
    const char      *alg;
    const char      *private[7];    /* its private members */
} kinds[] = {
    { "RSA2048", "RS256", { "d", "p", "q", "dp", "dq", "qi" } },
    { "RSA2048", "PS512", { "d", "p", "q", "dp", "dq", "qi" } },
    { "RSA4096", "RS384", { "d", "p", "q", "dp", "dq", "qi" } },
    { "P-256", "ES256", { "d" } },
    { "P-384", "ES384", { "d" } },
    { "P-521", "ES512", { "d" } },
    { "secp256k1", "ES256K", { "d" } },
    { "ED25519", "EdDSA", { "d" } },
    { "ED448", "EdDSA", { "d" } }
};


static toucan_rc_t
verify(const toucan_jwks_t *set, toucan_str_t token)
{
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    sets[0] = set;
    rc = toucan_jwt_open(&rules, sets, 1, token, unit_arena_init(&a), &jwt);
    unit_arena_free(&a);

    return rc;
}


/* Signed by the code under test; the caller frees. */

static char *
signed_by(const char *json, const char *alg)
{
    char           *token;
    toucan_rc_t     rc;
    unit_arena_t    a;
    toucan_str_t    made;
    toucan_jwks_t  *set;

    set = unit_jwks_private(json);
    rc = toucan_jws_sign(toucan_jwks_first(set),
                         toucan_alg_find(toucan_cstr(alg)),
                         toucan_cstr(PAYLOAD), unit_arena_init(&a), &made);
    token = (rc == TOUCAN_OK) ? strndup((const char *) made.data, made.len)
                              : strdup("");
    unit_arena_free(&a);
    toucan_jwks_free(set);

    return token;
}


/* No member that only a private key has, nor what it held. */

static void
nothing_private(const char *out, const char *pair, const char *const *names)
{
    int          members, values;
    char         name[16];
    size_t       len;
    const char  *value;

    members = 0;
    values = 0;

    for ( ; *names != NULL; names++) {
        snprintf(name, sizeof(name), "\"%s\":\"", *names);
        members += strstr(out, name) != NULL;

        value = strstr(pair, name);
        value = value ? value + strlen(name) : "";
        len = strcspn(value, "\"");
        values += len < 16
                  || unit_occurs((const unsigned char *) out, strlen(out),
                                 value, len) != 0;
    }

    is_int(members, 0, "no private member");
    is_int(values, 0, "nor the number of one");
}


static void
round_trips(void)
{
    char           *out, *token, *stranger;
    size_t          i;
    unsigned        n;
    unit_key_t      key, other;
    toucan_jwks_t  *set;
    const char     *pair;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        key = unit_key_new(kinds[i].type);
        other = unit_key_new(kinds[i].type);

        pair = unit_jwk_pair(text, &other, "k", "");
        stranger = signed_by(pair, kinds[i].alg);
        pair = unit_jwk_pair(text, &key, "k", "");
        token = signed_by(pair, kinds[i].alg);
        out = public_of(pair);

        nothing_private(out, pair, kinds[i].private);

        set = unit_jwks(out);
        is_int(toucan_jwks_first(set)->ops, TOUCAN_OP_VERIFY,
               "%s %s: for verifying alone", kinds[i].type, kinds[i].alg);
        ok(toucan_jwks_find(set, toucan_cstr("k"), &n) != NULL && n == 1,
           "of its kid");
        is_str(unit_rc(verify(set, toucan_cstr(token))), "ok",
               "it verifies what the private one signed");
        is_str(unit_rc(verify(set, toucan_cstr(stranger))), "bad_signature",
               "and not what another one did");
        toucan_jwks_free(set);

        /* byte for byte what OpenSSL writes of the key */

        strcpy(text, "{\"keys\":[");
        unit_jwk(text + strlen(text), &key, NULL,
                 ",\"use\":\"sig\",\"kid\":\"k\"");
        strcat(text, "]}");
        is_str(out, text, "in the order and form of RFC 7517");

        free(out);
        free(token);
        free(stranger);
        EVP_PKEY_free(key.pkey);
        EVP_PKEY_free(other.pkey);
    }
}


/* numbers that begin with zeros: coordinates keep them, a modulus has none */

static void
zeros(void)
{
    char           *out, number[64], other[16384];
    BIGNUM         *bn;
    unsigned        i;
    unit_key_t      key;
    unsigned char   x[32];

    for (i = 0; i < 20000; i++) {
        key = unit_key_new("P-256");
        bn = NULL;
        EVP_PKEY_get_bn_param(key.pkey, OSSL_PKEY_PARAM_EC_PUB_X, &bn);
        BN_bn2binpad(bn, x, sizeof(x));
        BN_free(bn);

        if (x[0] == 0) {
            break;
        }

        EVP_PKEY_free(key.pkey);
    }

    ok(x[0] == 0, "a point whose x begins with a zero");
    number[0] = '\0';
    unit_b64_cat(number, x, sizeof(x));
    unit_jwk_pair(text, &key, NULL, "");
    out = public_of(text);
    ok(strstr(out, number) != NULL, "it is of its full length");
    free(out);
    EVP_PKEY_free(key.pkey);

    /* an RSA key with zeros before its numbers, as issuers send them */

    key = unit_key_new("RSA2048");
    unit_jwk_pair(text, &key, NULL, "");
    out = strstr(text, "\"e\":\"AQAB\"");
    ok(out != NULL, "an exponent of 65537");
    snprintf(other, sizeof(other), "%.*s\"e\":\"AAEAAQ\"%s",
             (int) (out - text), text, out + strlen("\"e\":\"AQAB\""));
    out = public_of(other);
    ok(strstr(out, "\"e\":\"AQAB\"") != NULL, "the zero is gone");
    free(out);
    EVP_PKEY_free(key.pkey);
}


/* the longest numbers that a key may have; and keys that have none */

static void
longest(void)
{
    uint8_t            n[TOUCAN_RSA_MAX_SIZE + 1], e[TOUCAN_RSA_MAX_EXPONENT];
    toucan_key_t      *key;
    toucan_rsa_t       rsa;
    toucan_diag_t      d;
    toucan_modulus_t   modulus;

    memset(n, 0x5a, sizeof(n));
    n[0] = 0;
    n[1] = 0x80;
    n[sizeof(n) - 1] = 3;
    memset(e, 0xff, sizeof(e));
    memset(&rsa, 0, sizeof(toucan_rsa_t));
    rsa.n = toucan_str(n, sizeof(n));
    rsa.e = toucan_str(e, sizeof(e));
    key = toucan_key_rsa(&rsa, &d);

    is_int(toucan_key_kty(key), TOUCAN_KTY_RSA, "a modulus of 16384 bits");
    is_str(unit_rc(toucan_key_modulus(key, &modulus)), "ok", "its numbers");
    is_mem(modulus.n.data, modulus.n.len, n + 1, sizeof(n) - 1, "n");
    is_mem(modulus.e.data, modulus.e.len, e, sizeof(e), "e");
    toucan_key_free(key);

    key = toucan_key_oct(toucan_str(n, 32), &d);
    is_int(toucan_key_kty(key), TOUCAN_KTY_OCT, "a secret");
    is_str(unit_rc(toucan_key_modulus(key, &modulus)), "internal",
           "has no such numbers");
    toucan_key_free(key);
}


/* ---------------------------------------------------------- what is in it */

/* in the order of the file, by kid, "-" for none, and alg behind a slash */

static void
kept(void)
{
    char            one[16384], got[256], *out;
    size_t          i;
    unsigned        n, k, least, next;
    unit_key_t      rsa, ec, ed, x25519, oct;
    toucan_jwks_t  *set;

    rsa = unit_key_new("RSA2048");
    ec = unit_key_new("P-256");
    ed = unit_key_new("ED25519");
    x25519 = unit_key_new("X25519");
    oct = unit_key_oct(32, 0);

    const struct {
        const unit_key_t  *key;
        int                pair;
        const char        *kid;
        const char        *more;
        const char        *want;    /* NULL: left out */
    } rows[] = {
        { &oct, 1, "master", ",\"key_ops\":[\"deriveKey\"]", NULL },
        { &ed, 1, "z", "", "z" },
        { &rsa, 1, "y", ",\"use\":\"sig\"", "y" },
        { &oct, 1, "secret", "", NULL },
        { &oct, 1, "hmac", ",\"use\":\"sig\",\"alg\":\"HS256\"", NULL },
        { &rsa, 1, "w", ",\"alg\":\"PS256\"", "w/PS256" },
        { &rsa, 0, "wrap", ",\"use\":\"enc\"", NULL },
        { &rsa, 1, "unwrap", ",\"alg\":\"RSA-OAEP\"", NULL },
        { &rsa, 0, "public", "", NULL },
        { &ec, 1, "c", ",\"key_ops\":[\"sign\"]", "c" },
        { &ec, 1, "agree", ",\"key_ops\":[\"deriveKey\"]", NULL },
        { &ec, 1, "verifies", ",\"key_ops\":[\"verify\"]", NULL },
        { &x25519, 1, "dh", "", NULL },
        { &ec, 1, NULL, ",\"alg\":\"ES256\"", "-/ES256" },
        { &ed, 1, NULL, ",\"kty2\":1,\"x5c\":[\"secret\"]", "-" },
        { &ed, 1, "a", "", "a" },
        { &ed, 1, "a", ",\"alg\":\"EdDSA\"", "a/EdDSA" }
    };

    strcpy(text, "{\"keys\":[");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        strcat(text, i ? "," : "");
        strcat(text, rows[i].pair
                     ? unit_jwk_pair(one, rows[i].key, rows[i].kid,
                                     rows[i].more)
                     : unit_jwk(one, rows[i].key, rows[i].kid, rows[i].more));
    }

    strcat(text, "]}");
    out = public_of(text);
    set = unit_jwks(out);
    toucan_jwks_find(set, toucan_str(NULL, 0), &n);
    least = 0;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const toucan_jwk_t  *jwk;

        if (rows[i].want == NULL) {
            continue;
        }

        next = least++;
        jwk = toucan_jwks_find(set, toucan_str(NULL, 0), &n);
        strcpy(got, "nothing");

        for (k = 0; k < n; k++) {
            if (jwk[k].index == next) {
                snprintf(got, sizeof(got), "%.*s%s%s",
                         jwk[k].kid.data ? (int) jwk[k].kid.len : 1,
                         jwk[k].kid.data ? (const char *) jwk[k].kid.data
                                         : "-",
                         jwk[k].alg ? "/" : "",
                         jwk[k].alg ? (const char *) jwk[k].alg->name.data
                                    : "");
            }
        }

        is_str(got, rows[i].want, "in place %u", next);
    }

    is_int(toucan_jwks_count(set), least, "and no other one");
    ok(strstr(out, "secret") == NULL && strstr(out, "x5c") == NULL,
       "nor anything that was beside a key");

    toucan_jwks_free(set);
    free(out);
    EVP_PKEY_free(rsa.pkey);
    EVP_PKEY_free(ec.pkey);
    EVP_PKEY_free(ed.pkey);
    EVP_PKEY_free(x25519.pkey);
}


static void
none(void)
{
    char        *out;
    unit_key_t   key;

    key = unit_key_oct(32, 0);
    out = public_of(unit_jwk(text, &key, "m", ""));
    is_str(out, "{\"keys\":[]}", "of secrets nothing is public");
    free(out);
}


/* a kid is written as JSON, whatever it is */

static void
quoted(void)
{
    char            *out;
    unsigned         n;
    unit_key_t       key;
    toucan_jwks_t   *set;

    key = unit_key_new("ED25519");
    out = public_of(unit_jwk_pair(text, &key,
                                  "\\\"}],\\\\ \\u0001\\u00e9%\\ud83e\\udd9c",
                                  ""));
    set = unit_jwks(out);
    ok(toucan_jwks_find(set, toucan_cstr("\"}],\\ \x01\xc3\xa9%\xf0\x9f\xa6"
                                         "\x9c"), &n) != NULL,
       "a kid of every kind: %s", unit_show(strstr(out, "\"kid\"")));
    toucan_jwks_free(set);
    free(out);

    /* a short one that is empty is there, too */

    out = public_of(unit_jwk_pair(text, &key, "", ""));
    ok(strstr(out, ",\"kid\":\"\"}") != NULL, "an empty one");
    free(out);

    EVP_PKEY_free(key.pkey);
}


static void
no_memory(void)
{
    unit_arena_t    a;
    unit_key_t      key;
    toucan_str_t    made;
    toucan_jwks_t  *set;

    key = unit_key_new("ED25519");
    set = unit_jwks_private(unit_jwk_pair(text, &key, "k", ""));
    made = toucan_str(NULL, 0);

    unit_arena_init(&a);
    a.fail_at = 1;
    is_str(unit_rc(toucan_jwks_public(set, &a.arena, &made)), "no_memory",
           "the arena is empty");
    ok(made.data == NULL, "and nothing is made");
    unit_arena_free(&a);

    is_str(unit_rc(toucan_jwks_public(set, unit_arena_init(&a), &made)), "ok",
           "a control");
    unit_arena_free(&a);

    toucan_jwks_free(set);
    EVP_PKEY_free(key.pkey);
}


int
main(void)
{
    round_trips();
    zeros();
    longest();
    kept();
    none();
    quoted();
    no_memory();

    is_int((int64_t) ERR_peek_error(), 0, "no OpenSSL error is left");

    return done_testing();
}
