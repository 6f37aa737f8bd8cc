
/*
 * Owns: the tests that secrets do not stay where they were: the decrypted
 * text, in the arena.
 */


#include "jwe.h"

/* a text of JSON has the quotes, the document that is made of it has not */

#define MARK     "\"marker\":\"7f3a9c55e1\""
#define PAYLOAD  "{" MARK ",\"a\":\"0123456789abcdef0123456789abcdef\"}"


/* ------------------------------------------------------------- an arena */

/* Its pieces stay, and their sizes are known. */

typedef struct {
    unsigned         count;
    unsigned         fail_at;
    size_t           size[64];
    unsigned char   *piece[64];
    toucan_arena_t   arena;
} pieces_t;


static void *
pieces_alloc(void *ctx, size_t size)
{
    pieces_t  *p;

    p = ctx;

    if (p->count + 1 == p->fail_at) {
        return NULL;
    }

    p->size[p->count] = size;
    p->piece[p->count] = calloc(1, size + 1);

    return p->piece[p->count++];
}


static void
pieces_init(pieces_t *p, unsigned fail_at)
{
    memset(p, 0, sizeof(pieces_t));
    p->fail_at = fail_at;
    p->arena.alloc = pieces_alloc;
    p->arena.ctx = p;
}


static int
pieces_hold(const pieces_t *p, const void *what, size_t len)
{
    int       n;
    unsigned  i;

    for (n = 0, i = 0; i < p->count; i++) {
        n += unit_occurs(p->piece[i], p->size[i], what, len);
    }

    return n;
}


static void
pieces_free(pieces_t *p)
{
    while (p->count > 0) {
        free(p->piece[--p->count]);
    }
}


/* ------------------------------------------------------------- the texts */

static char            token[65536];
static unit_key_t      hmac, kw, rsa, dh;
static toucan_jwks_t  *set;


static toucan_rc_t
open_in(pieces_t *p, toucan_str_t text, toucan_jwt_t *jwt)
{
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    sets[0] = set;

    return toucan_jwt_open(&rules, sets, 1, text, &p->arena, jwt);
}


/* Opens; whatever came of it, "what" is nowhere in the arena. */

static void
gone(toucan_str_t text, const char *want, const void *what, size_t len,
    const char *name)
{
    pieces_t      p;
    toucan_jwt_t  jwt;

    pieces_init(&p, 0);
    is_str(unit_rc(open_in(&p, text, &jwt)), want, "%s", name);
    is_int(pieces_hold(&p, what, len), 0, "its text is gone");
    pieces_free(&p);
}


/* The arena is looked at while the text is in it: a test of the test. */

static void
control(void)
{
    pieces_t              p;
    toucan_jwe_t          jwe;
    unit_plan_t           plan;
    toucan_str_t          text;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    sets[0] = set;
    pieces_init(&p, 0);
    plan = unit_plan_of("A256KW", "A256GCM", &kw);
    toucan_jwe_read(&jwe, unit_jwe(token, &plan, PAYLOAD), &p.arena);
    is_str(unit_rc(toucan_jwe_decrypt(&jwe, &rules, sets, 1, &p.arena,
                                      &text)),
           "ok", "decrypted and not yet read");
    is_int(pieces_hold(&p, MARK, strlen(MARK)), 1, "the text is seen");
    pieces_free(&p);
}


static void
payloads(void)
{
    size_t        i;
    unit_plan_t   plan;
    unit_jwe_t   *jwe;

    static const char  *encs[] = { "A128GCM", "A256GCM", "A128CBC-HS256",
                                   "A256CBC-HS512" };

    jwe = malloc(sizeof(unit_jwe_t));

    gone(unit_token(token, "{\"alg\":\"HS256\"}", PAYLOAD, "HS256", &hmac),
         "ok", MARK, strlen(MARK), "signed");
    gone(unit_token(token, "{\"alg\":\"HS256\"}", PAYLOAD "}", "HS256",
                    &hmac),
         "bad_json", MARK, strlen(MARK), "signed, no JSON");

    for (i = 0; i < 4; i++) {
        plan = unit_plan_of("A256KW", encs[i], &kw);

        gone(unit_jwe(token, &plan, PAYLOAD), "ok", MARK, strlen(MARK),
             encs[i]);
        gone(unit_jwe(token, &plan, PAYLOAD "}"), "bad_json", MARK,
             strlen(MARK), "no JSON");

        /* the tag is wrong, the text would come out */

        unit_jwe_make(jwe, &plan, PAYLOAD, strlen(PAYLOAD));
        jwe->tag[0] ^= 1;
        gone(unit_jwe_write(token, jwe), "bad_decrypt", MARK, strlen(MARK),
             "a wrong tag");

        /* wrong in its last block: the ones before would come out */

        unit_jwe_make(jwe, &plan, PAYLOAD, strlen(PAYLOAD));
        jwe->text[jwe->text_len - 1] ^= 1;
        gone(unit_jwe_write(token, jwe), "bad_decrypt", MARK, strlen(MARK),
             "a wrong last byte");
    }

    /* CBC: the tag is right, the padding is wrong */

    plan = unit_plan_of("dir", "A256CBC-HS512", &hmac);
    plan.no_padding = 1;
    unit_jwe_make(jwe, &plan, PAYLOAD, strlen(PAYLOAD) & ~(size_t) 15);
    gone(unit_jwe_write(token, jwe), "bad_decrypt", MARK, strlen(MARK),
         "wrong padding");

    free(jwe);
}


/* the inner token is a secret, too, and so is its payload */

static void
nested(void)
{
    char         inner[4096], *part, data[4096];
    size_t       i, len;
    unit_plan_t  plan;

    static const struct {
        const char  *header;
        const char  *payload;
        const char  *want;
    } rows[] = {
        { "{\"alg\":\"HS256\"}", PAYLOAD, "ok" },
        { "{\"alg\":\"HS256\"}", PAYLOAD "}", "bad_json" },
        { "{\"alg\":\"HS512\"}", PAYLOAD, "bad_signature" },
        { "{\"alg\":\"none\"}", PAYLOAD, "alg_not_allowed" },
        { "{\"alg\":\"EdDSA\"}", PAYLOAD, "key_not_found" },
        { "{\"alg\":\"HS256\",\"typ\":\"x\"}", PAYLOAD, "bad_type" }
    };

    plan = unit_plan_of("A256KW", "A256GCM", &kw);
    plan.more = ",\"cty\":\"JWT\"";

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_token(inner, rows[i].header, rows[i].payload, "HS256", &hmac);
        part = strchr(inner, '.') + 1;
        len = strlen(part);
        unit_jwe(token, &plan, inner);

        gone(toucan_cstr(token), rows[i].want, MARK, strlen(MARK),
             rows[i].header);
        gone(toucan_cstr(token), rows[i].want, part, len, "nor encoded");
    }

    /* signed, but a payload that is base64url almost to its end */

    inner[0] = '\0';
    unit_b64_cat(inner, rows[0].header, strlen(rows[0].header));
    strcat(inner, ".");
    unit_b64_cat(inner, PAYLOAD, strlen(PAYLOAD));
    strcat(inner, "=");
    len = unit_sign((unsigned char *) data, 64, "HS256", &hmac, inner);
    strcat(inner, ".");
    unit_b64_cat(inner, data, len);
    gone(unit_jwe(token, &plan, inner), "bad_base64", MARK, strlen(MARK),
         "a payload that is base64url almost to its end");
}


/* memory runs out anywhere: what was decrypted before is gone all the same */

static void
failing(void)
{
    char          inner[4096];
    int           held;
    size_t        i;
    unsigned      n;
    pieces_t      p;
    toucan_rc_t   rc;
    toucan_jwt_t  jwt;
    unit_plan_t   plan;
    toucan_str_t  text;

    unit_token(inner, "{\"alg\":\"HS256\"}", PAYLOAD, "HS256", &hmac);

    for (i = 0; i < 2; i++) {
        plan = unit_plan_of("A256KW", "A256GCM", &kw);
        plan.more = i ? ",\"cty\":\"JWT\"" : "";
        text = unit_jwe(token, &plan, i ? inner : PAYLOAD);
        held = 0;

        for (n = 1; n < 40; n++) {
            pieces_init(&p, n);
            rc = open_in(&p, text, &jwt);
            held += pieces_hold(&p, MARK, strlen(MARK))
                    + pieces_hold(&p, inner + 21, strlen(inner) - 21);
            pieces_free(&p);

            if (rc == TOUCAN_OK) {
                break;
            }
        }

        ok(n > 5 && n < 40, "%u allocations have failed", n - 1);
        is_int(held, 0, "the text is gone each time");
    }
}


int
main(void)
{
    char  text[65536], one[16384];

    hmac = unit_key_new("oct");
    kw = unit_key_oct(32, 9);
    rsa = unit_key_new("RSA2048");
    dh = unit_key_new("X25519");

    sprintf(text, "{\"keys\":[%s", unit_jwk(one, &hmac, NULL, ""));
    sprintf(text + strlen(text), ",%s", unit_jwk(one, &kw, NULL, ""));
    sprintf(text + strlen(text), ",%s", unit_jwk_pair(one, &rsa, NULL, ""));
    sprintf(text + strlen(text), ",%s]}", unit_jwk_pair(one, &dh, NULL, ""));
    set = unit_jwks(text);

    control();
    payloads();
    nested();
    failing();

    toucan_jwks_free(set);
    EVP_PKEY_free(rsa.pkey);
    EVP_PKEY_free(dh.pkey);

    return done_testing();
}
