
/*
 * Owns: the tests of minting that is refused, of identifiers, and of the answer
 * that carries a token.
 */


#include "mint.h"


/* one attribute of len bytes, or of len numbers */

static char *
body_with(unsigned len, int numbers, const char *one)
{
    char      *text, *p;
    unsigned   i;

    text = malloc(7 * len + 256);
    p = stpcpy(text, "{'user':{'distinctId':'u','attributes':{'a':");
    p = stpcpy(p, numbers ? "[" : "'");

    for (i = 0; i < len; i++) {
        p = stpcpy(p, (numbers && i != 0) ? "," : "");
        p = stpcpy(p, one);
    }

    strcpy(p, numbers ? "]}}}" : "'}}}");

    return text;
}


#define LARGER  "the token would be larger than tokens may be here"
#define VALUES  "the token would hold more values than tokens may"

static void
refusals(void)
{
    char             one[1024], *body;
    size_t           i, len;
    toucan_rc_t      rc;
    unit_key_t       key;
    unit_arena_t     a;
    toucan_grant_t   grant;
    toucan_fault_t   fault;
    toucan_jwks_t   *jwks;
    toucan_minted_t  minted;

    /* the token has 11 values that the request has not; it may have 1024 */

    static const struct {
        unsigned     n;
        int          numbers;
        const char  *one;
        const char  *message;
    } rows[] = {
        { 1, 1, "1", NULL },
        { 1008, 1, "1", NULL },
        { 1009, 1, "1", VALUES },
        { 1019, 1, "1", VALUES },
        { 40000, 0, "x", NULL },
        { 60000, 0, "x", LARGER },      /* as base64 */
        { 65400, 0, "x", LARGER },      /* as a payload */
        { 10000, 0, "\xc3\xa9", LARGER },
        { 30000, 0, "\xc3\xa9", LARGER }
    };

    key = unit_key_new("oct");
    jwks = unit_jwks_private(unit_jwk(one, &key, "k", ""));

    for (i = 0; i < n_of(rows); i++) {
        body = body_with(rows[i].n, rows[i].numbers, rows[i].one);
        memset(&fault, 0, sizeof(toucan_fault_t));
        unit_arena_init(&a);
        grant_of(&grant, body, "", &a);
        free(body);

        rc = toucan_mint(&minted, &grant, &rules, first(jwks), NOW, &a.arena,
                         &fault);

        is_str(unit_rc(rc), rows[i].message ? "bad_request" : "ok",
               "%u of %s", rows[i].n, rows[i].numbers ? "numbers" : "a byte");
        is_str(fault.message, rows[i].message, "the message");
        ok((minted.token.data == NULL) == (rows[i].message != NULL),
           "a token, or none");

        unit_arena_free(&a);
    }

    /* the location's own limit: to the byte */

    unit_arena_init(&a);
    grant_of(&grant, BODY, "", &a);
    (void) toucan_mint(&minted, &grant, &rules, first(jwks), NOW, &a.arena,
                       &fault);
    len = minted.token.len;

    for (i = 0; i < 2; i++) {
        policy.jwt.max_size = len - i;
        memset(&fault, 0, sizeof(toucan_fault_t));
        rc = toucan_mint(&minted, &grant, &rules, first(jwks), NOW, &a.arena,
                         &fault);
        is_str(unit_rc(rc), i ? "bad_request" : "ok",
               "a token of %zu bytes where %zu may be", len, len - i);
        is_str(fault.message, i ? LARGER : NULL, "the message");
        ok((minted.token.data == NULL) == (i == 1), "a token, or none");
    }

    policy.jwt.max_size = TOUCAN_JWT_MAX_SIZE;
    unit_arena_free(&a);
    toucan_jwks_free(jwks);
}


/* Any allocation is refused: no token. */

static void
memory(void)
{
    char             one[1024];
    unsigned         n;
    toucan_rc_t      rc;
    unit_key_t       key;
    unit_arena_t     a, b;
    toucan_grant_t   grant;
    toucan_fault_t   fault;
    toucan_jwks_t   *jwks;
    toucan_minted_t  minted;

    key = unit_key_new("oct");
    jwks = unit_jwks_private(unit_jwk(one, &key, "k", ""));
    unit_arena_init(&a);
    grant_of(&grant, BODY, "", &a);

    for (n = 1; n < 32; n++) {
        unit_arena_init(&b);
        b.fail_at = n;
        rc = toucan_mint(&minted, &grant, &rules, first(jwks), NOW, &b.arena,
                         &fault);
        unit_arena_free(&b);

        if (rc == TOUCAN_OK) {
            break;
        }

        is_str(unit_rc(rc), "no_memory", "allocation %u fails", n);
        ok(minted.token.data == NULL, "no token");
    }

    ok(n > 4 && n < 32, "%u allocations have failed", n - 1);

    unit_arena_free(&a);
    toucan_jwks_free(jwks);
}


/* --------------------------------------------------------------------- ids */

static int
is_id(toucan_str_t id)
{
    char  text[32];

    snprintf(text, sizeof(text), "%.*s", (int) id.len,
             (const char *) id.data);

    return id.len == TOUCAN_ID_SIZE
           && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "abcdefghijklmnopqrstuvwxyz0123456789-_") == 22;
}


static void
ids(void)
{
    char             one[1024], seen[128][22];
    unsigned         i, k, bad, same;
    unit_key_t       key;
    unit_arena_t     a;
    toucan_grant_t   grant;
    toucan_fault_t   fault;
    toucan_jwks_t   *jwks;
    toucan_minted_t  minted;

    key = unit_key_new("oct");
    jwks = unit_jwks_private(unit_jwk(one, &key, "k", ""));
    bad = same = 0;

    for (i = 0; i < 64; i++) {
        unit_arena_init(&a);
        grant_of(&grant, "{'user':{'distinctId':'u'}}", "", &a);
        (void) toucan_mint(&minted, &grant, &rules, first(jwks), NOW,
                           &a.arena, &fault);
        bad += !is_id(minted.jti) || !is_id(minted.sid);
        memcpy(seen[2 * i], minted.jti.data, 22);
        memcpy(seen[2 * i + 1], minted.sid.data, 22);
        unit_arena_free(&a);
    }

    for (i = 0; i < 128; i++) {
        for (k = 0; k < i; k++) {
            same += memcmp(seen[i], seen[k], 22) == 0;
        }
    }

    is_int(bad, 0, "128 ids, each 22 letters");
    is_int(same, 0, "no two of them the same");

    /* a session goes on under its name */

    unit_arena_init(&a);
    grant_of(&grant, "{'user':{'distinctId':'u'}}", "", &a);
    grant.sid = toucan_cstr("the session");
    grant.auth_time = NOW - 5;
    (void) toucan_mint(&minted, &grant, &rules, first(jwks), NOW, &a.arena,
                       &fault);
    is_text(minted.sid, "the session", "a session goes on");
    ok(is_id(minted.jti), "with another token");

    unit_arena_free(&a);
    toucan_jwks_free(jwks);
}


/* -------------------------------------------------------------- the answer */

static const struct {
    int64_t          lifetime;
    const char      *text;
    int64_t          after;         /* refresh after so many seconds */
} answer_rows[] = {
    { 1, "1s", 0 }, { 2, "2s", 1 }, { 3, "3s", 2 }, { 4, "4s", 3 },
    { 5, "5s", 4 }, { 6, "6s", 4 }, { 9, "9s", 7 }, { 10, "10s", 8 },
    { 59, "59s", 47 }, { 60, "1m", 48 }, { 61, "61s", 48 }, { 90, "90s", 72 },
    { 900, "15m", 720 }, { 901, "901s", 720 }, { 3540, "59m", 2832 },
    { 3600, "1h", 2880 }, { 3601, "3601s", 2880 }, { 3660, "61m", 2928 },
    { 5400, "90m", 4320 }, { 7200, "2h", 5760 }, { 86400, "24h", 69120 },
    { 315360000, "87600h", 252288000 }
};


static void
answers(void)
{
    char             one[1024], want[8192];
    size_t           i;
    unit_key_t       key;
    unit_arena_t     a;
    toucan_str_t     answer;
    toucan_grant_t   grant;
    toucan_fault_t   fault;
    toucan_jwks_t   *jwks;
    toucan_minted_t  minted;

    key = unit_key_new("oct");
    jwks = unit_jwks_private(unit_jwk(one, &key, "k", ""));

    for (i = 0; i < 2 * n_of(answer_rows); i++) {
        unit_arena_init(&a);
        grant_of(&grant, "{'user':{'distinctId':'u'}}",
                 (i & 1) ? ",'env':'sandbox'" : "", &a);
        grant.lifetime = answer_rows[i / 2].lifetime;
        (void) toucan_mint(&minted, &grant, &rules, first(jwks), NOW,
                           &a.arena, &fault);

        is_int(minted.refresh_after - NOW, answer_rows[i / 2].after,
               "%s: refresh after", answer_rows[i / 2].text);

        sprintf(want, "{\"token\":\"%.*s\",\"expiresIn\":\"%s\","
                "\"expiresInSeconds\":%lld,\"expiresAt\":%lld,"
                "\"refreshAfter\":%lld,\"tokenType\":\"Bearer\",\"jti\":"
                "\"%.22s\",\"sessionId\":\"%.22s\",\"env\":\"%s\"",
                (int) minted.token.len, (const char *) minted.token.data,
                answer_rows[i / 2].text,
                (long long) answer_rows[i / 2].lifetime,
                (long long) (NOW + answer_rows[i / 2].lifetime),
                (long long) (NOW + answer_rows[i / 2].after),
                (const char *) minted.jti.data,
                (const char *) minted.sid.data,
                (i & 1) ? "sandbox" : "live");

        if (i & 1) {
            sprintf(want + strlen(want), ",\"access_token\":\"%.*s\","
                    "\"issued_token_type\":\"urn:ietf:params:oauth:token-type:"
                    "jwt\",\"token_type\":\"Bearer\",\"expires_in\":%lld",
                    (int) minted.token.len, (const char *) minted.token.data,
                    (long long) answer_rows[i / 2].lifetime);
        }

        strcat(want, "}\n");

        answer = toucan_mint_answer(&minted, i & 1, &a.arena);
        is_text(answer, want, "the answer");

        a.fail_at = a.count + 1;
        answer = toucan_mint_answer(&minted, i & 1, &a.arena);
        ok(answer.data == NULL, "absent without memory");

        unit_arena_free(&a);
    }

    toucan_jwks_free(jwks);
}


int
main(void)
{
    mint_init();
    refusals();
    memory();
    ids();
    answers();

    return done_testing();
}
