
/*
 * Owns: the tests of headers that were seen before: that a token is opened, or
 * refused, as if its header had been read, whatever was seen before it.
 */


#include "jwe.h"


#define PAYLOAD  "{\"sub\":\"x\"}"
#define PLAIN    "{\"alg\":\"HS256\",\"kid\":\"h\"}"


static unit_key_t             hmac, other, kw;
static toucan_jwks_t         *set;
static toucan_header_seen_t  *seen;


/* what is said of a token: verdict, kid, whether it is an access token */

static const char *
said(const char *text, unsigned types, toucan_algs_t algs, unsigned fail_at)
{
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    toucan_jwt_rules_t    rules;
    const toucan_jwks_t  *sets[1];
    static char           out[512];

    sets[0] = set;
    rules.max_size = TOUCAN_JWT_MAX_SIZE;
    rules.types = types;
    rules.algs = algs;
    rules.algs_unbound = algs;

    (void) unit_arena_init(&a);
    a.fail_at = fail_at;

    rc = toucan_jwt_open(&rules, sets, 1, toucan_cstr(text), &a.arena, &jwt);

    snprintf(out, sizeof(out), "%s %.*s%s%s", unit_rc(rc),
             jwt.kid.data ? (int) jwt.kid.len : 1,
             jwt.kid.data ? (const char *) jwt.kid.data : "-",
             jwt.access ? " access" : "",
             (jwt.payload != NULL) == (rc == TOUCAN_OK) ? "" : " payload");

    unit_arena_free(&a);

    return out;
}


static const char *
all_of(const char *text)
{
    return said(text, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, 0);
}


static const char *
made(const char *header, const unit_key_t *key)
{
    static char  token[8192];

    unit_token(token, header, PAYLOAD, "HS256", key);

    return token;
}


static int
is_seen(const char *token)
{
    size_t  len;

    len = strcspn(token, ".");

    return toucan_header_known(seen, toucan_str(token, len));
}


/* Each token twice, and in between one with another header. */

static void
turns(void)
{
    size_t       i, turn;
    char        *text, *between;
    const char  *first;

    static const struct {
        const char  *header;
        const char  *want;
        int          kept;
    } rows[] = {
        { PLAIN, "ok h", 1 },
        { "{\"alg\":\"HS256\"}", "ok -", 1 },
        { "{\"alg\":\"HS256\",\"kid\":\"\"}", "key_not_found ", 0 },
        { "{\"alg\":\"HS256\",\"kid\":\"h\",\"typ\":\"at+jwt\"}",
          "ok h access", 1 },
        { "{\"alg\":\"HS256\",\"kid\":\"h\",\"typ\":\"JWT\"}", "ok h", 1 },
        { "{\"alg\":\"HS256\",\"kid\":\"h\",\"typ\":\"no\"}", "bad_type h",
          0 },
        { "{\"alg\":\"HS256\",\"kid\":\"h\",\"crit\":[]}", "crit_unknown h",
          0 },
        { "{\"alg\":\"HS256\",\"kid\":\"h\",\"kid\":\"h\"}", "bad_json -",
          0 },
        { "{\"alg\":\"none\",\"kid\":\"h\"}", "alg_not_allowed h", 0 },
        { "{\"alg\":\"HS256\",\"kid\":\"h\",\"long\":\"0123456789012345678901"
          "2345678901234567890123456789012345678901234567890123456789\"}",
          "ok h", 1 },
        { "{\"alg\":\"HS256\",\"kid\":\"h\",\"longer\":\"01234567890123456789"
          "0123456789012345678901234567890123456789012345678901234567890123"
          "45678901234567890123456789\"}", "ok h", 0 }
    };

    between = strdup(made("{\"kid\":\"h\",\"alg\":\"HS256\"}", &hmac));

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text = strdup(made(rows[i].header, &hmac));

        for (turn = 0; turn < 3; turn++) {
            is_str(all_of(text), rows[i].want, "%s: %zu", rows[i].header,
                   turn);
            is_int(is_seen(text), rows[i].kept, "%s",
                   rows[i].kept ? "seen" : "not kept");

            if (turn == 1) {
                first = all_of(between);
                is_str(first, "ok h", "another");
                ok(is_seen(between) && !is_seen(text), "takes its place");
            }
        }

        free(text);
    }

    free(between);
}


/* Of a header that was seen nothing but its reading is left out. */

static void
refused(void)
{
    char      *good, *bad;
    unsigned   n;

    good = strdup(made(PLAIN, &hmac));
    bad = strdup(made(PLAIN, &other));

    is_str(all_of(good), "ok h", "a control");
    ok(is_seen(good) && is_seen(bad), "whose header is that of a forged one");
    is_str(all_of(bad), "bad_signature h", "which is refused");
    is_str(said(good, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL
                & ~toucan_alg_find(toucan_cstr("HS256"))->bit, 0),
           "alg_not_allowed h", "the rules of another place: its algorithm");
    is_str(said(good, TOUCAN_TYPE_NESTED, TOUCAN_ALGS_ALL, 0), "bad_type h",
           "its type");
    is_str(all_of(good), "ok h", "and it is good as before");

    for (n = 1; n < 10; n++) {
        if (strcmp(said(good, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, n), "ok h")
            == 0)
        {
            break;
        }

        ok(strncmp(said(good, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, n),
                   "no_memory", 9) == 0, "allocation %u fails", n);
    }

    is_int(n, 5, "four allocations: kid, signature, payload, document");

    free(good);
    free(bad);
}


/* A forged one leaves nothing, and neither does what was encrypted. */

static void
not_kept(void)
{
    char          *inner;
    unit_plan_t    plan;
    static char    token[8192];

    memset(seen, 0, sizeof(toucan_header_seen_t));

    is_str(all_of(made(PLAIN, &other)), "bad_signature h", "a forged one");
    is_int(seen->part_len, 0, "leaves nothing");

    inner = strdup(made(PLAIN, &hmac));

    memset(&plan, 0, sizeof(unit_plan_t));
    plan.alg = "A256KW";
    plan.enc = "A256GCM";
    plan.key = &kw;
    plan.more = ",\"kid\":\"kw\",\"cty\":\"JWT\"";

    is_str(all_of((const char *) unit_jwe(token, &plan, inner).data), "ok h",
           "a nested one");
    is_int(seen->part_len, 0, "leaves nothing either");

    is_str(all_of(inner), "ok h", "the one that was in it");
    ok(is_seen(inner), "leaves its header");

    is_str(all_of((const char *) unit_jwe(token, &plan, inner).data), "ok h",
           "and the nested one is as good as before");

    free(inner);
}


/* What a token's kid is a view into does not change with the next token. */

static void
own_kid(void)
{
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    toucan_jwt_rules_t    rules;
    const toucan_jwks_t  *sets[1];

    sets[0] = set;
    rules.max_size = TOUCAN_JWT_MAX_SIZE;
    rules.types = TOUCAN_TYPES_ALL;
    rules.algs = TOUCAN_ALGS_ALL;
    rules.algs_unbound = TOUCAN_ALGS_ALL;

    is_str(all_of(made(PLAIN, &hmac)), "ok h", "a token");
    is_str(unit_rc(toucan_jwt_open(&rules, sets, 1,
                                   toucan_cstr(made(PLAIN, &hmac)),
                                   unit_arena_init(&a), &jwt)),
           "ok", "another with its header");

    is_str(all_of(made("{\"alg\":\"HS256\",\"kid\":\"z2\"}", &other)),
           "ok z2", "and one with another");
    ok(toucan_str_is(jwt.kid, "h"), "the kid of the second is its own");

    unit_arena_free(&a);
}


int
main(void)
{
    char           jwk[3][1024], text[4096];
    toucan_diag_t  d;

    hmac = unit_key_oct(32, 1);
    other = unit_key_oct(32, 2);
    kw = unit_key_oct(32, 3);

    snprintf(text, sizeof(text), "{\"keys\":[%s,%s,%s]}",
             unit_jwk(jwk[0], &hmac, "h", ",\"alg\":\"HS256\""),
             unit_jwk(jwk[1], &other, "z2", ",\"alg\":\"HS256\""),
             unit_jwk(jwk[2], &kw, "kw", ",\"alg\":\"A256KW\""));

    toucan_diag_init(&d);
    set = toucan_jwks_parse(toucan_cstr(text), &d);

    if (set == NULL) {
        diag("no set: %s", d.error);
        return 2;
    }

    seen = toucan_jwks_seen(set);

    is_int(seen->part_len, 0, "a new set has seen nothing");
    ok(!toucan_header_known(seen, toucan_str("", 0)), "not even no header");

    turns();
    refused();
    not_kept();
    own_kid();

    toucan_jwks_free(set);

    return done_testing();
}
