
/*
 * Owns: the tests of what a token is: signed, encrypted, nested, sealed, and
 * where each is accepted; and of what is inside of a nested one.
 */


#include "jwe.h"


#define PAYLOAD  "{\"sub\":\"x\"}"

static char            token[65536];
static unit_key_t      hmac, ec, kw, rsa, dh;
static toucan_jwks_t  *set;


static toucan_rc_t
open_as(unsigned types, toucan_str_t text, toucan_jwt_t *jwt, unit_arena_t *a)
{
    const toucan_jwks_t  *sets[1];
    toucan_jwt_rules_t    rules;

    sets[0] = set;
    rules.max_size = TOUCAN_JWT_MAX_SIZE;
    rules.types = types;
    rules.algs = TOUCAN_ALGS_ALL;
    rules.algs_unbound = TOUCAN_ALGS_ALL;

    return toucan_jwt_open(&rules, sets, 1, text, unit_arena_init(a), jwt);
}


static unit_plan_t
plan_of(const char *alg, const unit_key_t *key, const char *more)
{
    unit_plan_t  plan;

    memset(&plan, 0, sizeof(unit_plan_t));
    plan.alg = alg;
    plan.enc = "A256GCM";
    plan.key = key;
    plan.more = more;

    return plan;
}


/* each kind of token at each choice of types */

static void
masks(void)
{
    char          inner[4096], *text[6];
    size_t        i;
    unsigned      types;
    unit_arena_t  a;
    toucan_jwt_t  jwt;
    unit_plan_t   plan;

    static const struct {
        const char   *name;
        unsigned      type;
        const char   *alg;          /* what is said to have proved it */
        const char   *kid;
    } rows[] = {
        { "a JWS", TOUCAN_TYPE_SIGNED, "HS256", "h" },
        { "a JWE under a secret", TOUCAN_TYPE_ENCRYPTED, "A256KW", "kw" },
        { "a JWE to an RSA key", TOUCAN_TYPE_SEALED, "RSA-OAEP", "rsa" },
        { "a JWE to an ECDH key", TOUCAN_TYPE_SEALED, "ECDH-ES", "dh" },
        { "a JWS in a JWE under a secret", TOUCAN_TYPE_NESTED, "HS256", "h" },
        { "a JWS in a JWE to an RSA key", TOUCAN_TYPE_NESTED, "HS256", "h" }
    };

    unit_token(inner, "{\"alg\":\"HS256\",\"kid\":\"h\"}", PAYLOAD, "HS256",
               &hmac);
    text[0] = strdup(inner);
    plan = plan_of("A256KW", &kw, ",\"kid\":\"kw\"");
    text[1] = strdup((const char *) unit_jwe(token, &plan, PAYLOAD).data);
    plan = plan_of("RSA-OAEP", &rsa, ",\"kid\":\"rsa\"");
    text[2] = strdup((const char *) unit_jwe(token, &plan, PAYLOAD).data);
    plan = plan_of("ECDH-ES", &dh, ",\"kid\":\"dh\"");
    text[3] = strdup((const char *) unit_jwe(token, &plan, PAYLOAD).data);
    plan = plan_of("A256KW", &kw, ",\"kid\":\"kw\",\"cty\":\"JWT\"");
    text[4] = strdup((const char *) unit_jwe(token, &plan, inner).data);
    plan = plan_of("RSA-OAEP", &rsa, ",\"kid\":\"rsa\",\"cty\":\"jwt\"");
    text[5] = strdup((const char *) unit_jwe(token, &plan, inner).data);

    for (i = 0; i < 6; i++) {
        for (types = 0; types <= TOUCAN_TYPES_ALL; types++) {
            is_str(unit_rc(open_as(types, toucan_cstr(text[i]), &jwt, &a)),
                   (types & rows[i].type) ? "ok" : "bad_type",
                   "%s, types %x", rows[i].name, types);
            unit_arena_free(&a);
        }

        open_as(TOUCAN_TYPES_ALL, toucan_cstr(text[i]), &jwt, &a);
        is_int(jwt.type, rows[i].type, "its type");
        is_int(jwt.enc != NULL, rows[i].type != TOUCAN_TYPE_SIGNED,
               "an enc or none");
        ok(jwt.alg && toucan_str_is(jwt.alg->name, rows[i].alg), "its alg");
        ok(toucan_str_is(jwt.kid, rows[i].kid), "its kid");
        unit_arena_free(&a);
        free(text[i]);
    }

    ok((TOUCAN_TYPES_DEFAULT & TOUCAN_TYPE_SEALED) == 0,
       "sealed tokens must be asked for");
}


/* what says that it is an access token, and where */

static void
access_tokens(void)
{
    char          inner[4096];
    size_t        i;
    unit_arena_t  a;
    toucan_jwt_t  jwt;
    unit_plan_t   plan;

    static const struct {
        const char  *inner;
        const char  *outer;         /* NULL: none is around it */
        int          access;
    } rows[] = {
        { "", NULL, 0 },
        { ",\"typ\":\"JWT\"", NULL, 0 },
        { ",\"typ\":\"at+jwt\"", NULL, 1 },
        { ",\"typ\":\"application/AT+JWT\"", NULL, 1 },
        { "", "", 0 },
        { ",\"typ\":\"JWT\"", ",\"typ\":\"JWT\"", 0 },
        { ",\"typ\":\"at+jwt\"", ",\"typ\":\"JWT\"", 1 },
        { ",\"typ\":\"JWT\"", ",\"typ\":\"at+jwt\"", 1 },
        { ",\"typ\":\"at+jwt\"", ",\"typ\":\"at+jwt\"", 1 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char  head[256], more[256];

        snprintf(head, sizeof(head), "{\"alg\":\"HS256\",\"kid\":\"h\"%s}",
                 rows[i].inner);
        unit_token(inner, head, PAYLOAD, "HS256", &hmac);

        if (rows[i].outer != NULL) {
            snprintf(more, sizeof(more), ",\"kid\":\"kw\",\"cty\":\"JWT\"%s",
                     rows[i].outer);
            plan = plan_of("A256KW", &kw, more);
            unit_jwe(token, &plan, inner);
        }

        is_str(unit_rc(open_as(TOUCAN_TYPES_ALL,
                               toucan_cstr(rows[i].outer ? token : inner),
                               &jwt, &a)),
               "ok", "row %d", (int) i);
        is_int(jwt.access, rows[i].access, "row %d: access", (int) i);
        unit_arena_free(&a);
    }

    plan = plan_of("A256KW", &kw, ",\"kid\":\"kw\",\"typ\":\"at+jwt\"");
    open_as(TOUCAN_TYPES_ALL, unit_jwe(token, &plan, PAYLOAD), &jwt, &a);
    is_int(jwt.access, 1, "one that is only encrypted");
    unit_arena_free(&a);
}


/* What is inside of a JWE that says it holds a JWT. */

static void
inside(void)
{
    char         inner[8192], twice[8192];
    size_t       i;
    unit_plan_t  plan, in;

    static const struct {
        const char        *header;
        const char        *alg;
        const unit_key_t  *key;
        const char        *payload;
        const char        *want;
    } rows[] = {
        { "{\"alg\":\"HS256\",\"kid\":\"h\"}", "HS256", &hmac, PAYLOAD,
          "ok" },
        { "{\"alg\":\"HS256\"}", "HS256", &hmac, PAYLOAD, "ok" },
        { "{\"alg\":\"ES256\",\"kid\":\"ec\"}", "ES256", &ec, PAYLOAD, "ok" },
        { "{\"alg\":\"ES256\",\"kid\":\"h\"}", "ES256", &ec, PAYLOAD,
          "alg_not_allowed" },
        { "{\"alg\":\"HS256\",\"kid\":\"h\"}", "HS256", &kw, PAYLOAD,
          "bad_signature" },
        { "{\"alg\":\"none\"}", "HS256", &hmac, PAYLOAD, "alg_not_allowed" },
        { "{\"alg\":\"HS256\",\"kid\":\"kw\"}", "HS256", &kw, PAYLOAD,
          "alg_not_allowed" },
        { "{\"alg\":\"HS256\",\"kid\":\"zz\"}", "HS256", &hmac, PAYLOAD,
          "key_not_found" },
        { "{\"alg\":\"HS256\",\"cty\":\"JWT\"}", "HS256", &hmac, PAYLOAD,
          "bad_type" },
        { "{\"alg\":\"HS256\",\"typ\":\"JOSE\"}", "HS256", &hmac, PAYLOAD,
          "bad_type" },
        { "{\"alg\":\"HS256\",\"enc\":\"A256GCM\"}", "HS256", &hmac, PAYLOAD,
          "bad_claim" },
        { "{\"alg\":\"HS256\",\"crit\":[]}", "HS256", &hmac, PAYLOAD,
          "crit_unknown" },
        { "{\"alg\":\"HS256\"}", "HS256", &hmac, "7", "bad_json" },
        { "7", "HS256", &hmac, PAYLOAD, "bad_json" }
    };

    static const char  *texts[][2] = {
        { PAYLOAD, "bad_format" },
        { "", "bad_format" },
        { "..", "bad_json" },
        { "....", "bad_type" },
        { ".....", "bad_format" },
        { "a.b", "bad_format" },
        { "eyJhbGciOiJub25lIn0.e30.", "alg_not_allowed" },
        { "{\"protected\":\"\",\"payload\":\"\",\"signature\":\"\"}",
          "bad_format" }
    };

    plan = plan_of("A256KW", &kw, ",\"kid\":\"kw\",\"cty\":\"JWT\"");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_token(inner, rows[i].header, rows[i].payload, rows[i].alg,
                   rows[i].key);
        is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, inner))),
               rows[i].want, "inside: %s", unit_show(rows[i].header));
    }

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, texts[i][0]))),
               texts[i][1], "inside: %s", texts[i][0]);
    }

    /* two levels: a JWE in a JWE, with a JWS or a payload at its bottom */

    unit_token(inner, rows[0].header, PAYLOAD, "HS256", &hmac);
    unit_jwe(twice, &plan, inner);
    is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, twice))), "bad_type",
           "two JWEs about a JWS");

    in = plan_of("A256KW", &kw, ",\"kid\":\"kw\"");
    unit_jwe(twice, &in, PAYLOAD);
    is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, twice))), "bad_type",
           "a JWE in a JWE");
    is_str(unit_rc(unit_open(set, unit_jwe(token, &in, twice))), "bad_json",
           "and where the outer one does not say so");

    /* a JWS where no cty announces it is a payload that is no JSON */

    unit_token(inner, rows[0].header, PAYLOAD, "HS256", &hmac);
    is_str(unit_rc(unit_open(set, unit_jwe(token, &in, inner))), "bad_json",
           "a JWS without cty");
}


/* the kid of the log is the inner one where there was something inside */

static void
kids(void)
{
    char          inner[4096];
    unit_arena_t  a;
    toucan_jwt_t  jwt;
    unit_plan_t   plan;
    toucan_str_t  text;

    plan = plan_of("A256KW", &kw, ",\"kid\":\"kw\",\"cty\":\"JWT\"");
    unit_token(inner, "{\"alg\":\"HS256\",\"kid\":\"h\"}", PAYLOAD, "HS256",
               &kw);
    text = unit_jwe(token, &plan, inner);

    is_str(unit_rc(open_as(TOUCAN_TYPES_ALL, text, &jwt, &a)),
           "bad_signature", "signed by another");
    ok(toucan_str_is(jwt.kid, "h"), "the inner kid is told");
    ok(jwt.payload == NULL && jwt.alg == NULL && jwt.enc == NULL
       && jwt.type == 0, "and nothing else");
    unit_arena_free(&a);

    unit_spoil(token, 2);
    is_str(unit_rc(open_as(TOUCAN_TYPES_ALL, text, &jwt, &a)), "bad_decrypt",
           "what cannot be decrypted");
    ok(toucan_str_is(jwt.kid, "kw"), "the outer kid is told");
    ok(jwt.payload == NULL && jwt.alg == NULL && jwt.enc == NULL
       && jwt.type == 0, "and nothing else");
    unit_arena_free(&a);
}


static void
names(void)
{
    is_int(toucan_type_find(toucan_cstr("signed")), TOUCAN_TYPE_SIGNED,
           "signed");
    is_int(toucan_type_find(toucan_cstr("encrypted")), TOUCAN_TYPE_ENCRYPTED,
           "encrypted");
    is_int(toucan_type_find(toucan_cstr("nested")), TOUCAN_TYPE_NESTED,
           "nested");
    is_int(toucan_type_find(toucan_cstr("sealed")), TOUCAN_TYPE_SEALED,
           "sealed");
    is_int(toucan_type_find(toucan_cstr("Signed")), 0, "Signed");
    is_int(toucan_type_find(toucan_cstr("")), 0, "an empty name");
    is_int(toucan_type_find(toucan_cstr("any")), 0, "any");
}


/* each allocation of the arena fails, in turn: never half a token */

static void
memory(void)
{
    char                  inner[4096];
    size_t                i;
    unsigned              n;
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_plan_t           plan;
    unit_arena_t          a;
    toucan_str_t          text;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    static const struct {
        const char        *alg;
        const unit_key_t  *key;
        unsigned           allocations;
    } rows[] = {
        { "A256KW", &kw, 12 },
        { "A256GCMKW", &kw, 14 },
        { "RSA-OAEP", &rsa, 12 },
        { "ECDH-ES", &dh, 14 }
    };

    sets[0] = set;
    unit_token(inner, "{\"alg\":\"HS256\",\"kid\":\"h\"}", PAYLOAD, "HS256",
               &hmac);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        plan = plan_of(rows[i].alg, rows[i].key, ",\"cty\":\"JWT\"");
        plan.apu = plan.apv = "QQ";
        text = unit_jwe(token, &plan, inner);

        for (n = 1; n < 40; n++) {
            unit_arena_init(&a);
            a.fail_at = n;
            rc = toucan_jwt_open(&rules, sets, 1, text, &a.arena, &jwt);
            unit_arena_free(&a);

            if (rc == TOUCAN_OK) {
                break;
            }

            is_str(unit_rc(rc), "no_memory", "%s, allocation %u fails",
                   rows[i].alg, n);
            ok(jwt.payload == NULL && jwt.alg == NULL, "nothing is set");
        }

        is_int(n - 1, rows[i].allocations, "%s: its allocations",
               rows[i].alg);
    }
}


int
main(void)
{
    char  text[65536], one[16384];

    hmac = unit_key_new("oct");
    ec = unit_key_new("P-256");
    kw = unit_key_oct(32, 9);
    rsa = unit_key_new("RSA2048");
    dh = unit_key_new("X25519");

    sprintf(text, "{\"keys\":[%s", unit_jwk(one, &hmac, "h", ""));
    sprintf(text + strlen(text), ",%s",
            unit_jwk(one, &ec, "ec", ",\"use\":\"sig\""));
    sprintf(text + strlen(text), ",%s",
            unit_jwk(one, &kw, "kw", ",\"use\":\"enc\""));
    sprintf(text + strlen(text), ",%s",
            unit_jwk_pair(one, &rsa, "rsa", ",\"use\":\"enc\""));
    sprintf(text + strlen(text), ",%s]}",
            unit_jwk_pair(one, &dh, "dh", ",\"use\":\"enc\""));
    set = unit_jwks(text);

    masks();
    access_tokens();
    inside();
    kids();
    names();
    memory();

    toucan_jwks_free(set);
    EVP_PKEY_free(ec.pkey);
    EVP_PKEY_free(rsa.pkey);
    EVP_PKEY_free(dh.pkey);

    return done_testing();
}
