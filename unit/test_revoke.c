
/*
 * The body of a request to revoke, and whom what it says reaches.
 */


#include "identity.h"


#define NOW     1767225600
#define LEEWAY  30


static toucan_apikey_t
key_of(const char *organization, toucan_env_e env)
{
    toucan_apikey_t  key;

    memset(&key, 0, sizeof(toucan_apikey_t));

    key.id = toucan_cstr("7f3a");
    key.env = env;

    if (organization != NULL) {
        key.organization = toucan_cstr(organization);
    }

    return key;
}


/* "'" stands for the quotes of JSON */

static toucan_rc_t
reads(toucan_revoke_request_t *request, const char *text,
    const toucan_apikey_t *key, unit_arena_t *a, toucan_fault_t *fault)
{
    char         *p, *copy;
    toucan_rc_t   rc;

    copy = strdup(text);

    for (p = copy; *p; p++) {
        *p = (*p == '\'') ? '"' : *p;
    }

    memset(fault, 0, sizeof(toucan_fault_t));

    rc = toucan_revoke_read(request, toucan_cstr(copy), key, NOW, LEEWAY,
                            &a->arena, fault);
    free(copy);

    return rc;
}


typedef struct {
    const char      *body;
    toucan_rc_t      rc;
    const char      *field;
    const char      *words;         /* that the message holds */
} refusal_t;


#define NONE  "there is nothing to revoke"

static const refusal_t  refusals[] = {

    { "{'jti':'a'}", TOUCAN_OK, NULL, NULL },
    { "{'jti':'a','issuedBefore':0}", TOUCAN_OK, NULL, NULL },
    { "{'issuedBefore':1767225600,'jti':'a'}", TOUCAN_OK, NULL, NULL },
    { "{'issuedBefore':1767225630,'jti':'a'}", TOUCAN_OK, NULL, NULL },
    { "{'jti':'a','sid':'b','distinctId':'c','organization':'d',"
      "'clientId':'e','issuedBefore':7}", TOUCAN_OK, NULL, NULL },

    { "", TOUCAN_BAD_REQUEST, "", "strict JSON object" },
    { "[]", TOUCAN_BAD_REQUEST, "", "strict JSON object" },
    { "'jti'", TOUCAN_BAD_REQUEST, "", "strict JSON object" },
    { "{'jti':'a'", TOUCAN_BAD_REQUEST, "", "strict JSON object" },
    { "{'jti':'a'} x", TOUCAN_BAD_REQUEST, "", "strict JSON object" },
    { "{'jti':'a','jti':'b'}", TOUCAN_BAD_REQUEST, "", "strict JSON object" },
    { "{'jti':'a\\u0000'}", TOUCAN_BAD_REQUEST, "", "strict JSON object" },
    { "{'jti':'\xff'}", TOUCAN_BAD_REQUEST, "", "strict JSON object" },
    { "{}", TOUCAN_BAD_REQUEST, "", NONE },
    { "{'issuedBefore':7}", TOUCAN_BAD_REQUEST, "", NONE },

    { "{'jti':'a','user':'b'}", TOUCAN_BAD_REQUEST, "/user", "no such" },
    { "{'Jti':'a'}", TOUCAN_BAD_REQUEST, "/Jti", "no such" },
    { "{'':'a'}", TOUCAN_BAD_REQUEST, "/", "no such" },
    { "{'a/b~':'a'}", TOUCAN_BAD_REQUEST, "/a~1b~0", "no such" },

    { "{'jti':null}", TOUCAN_BAD_REQUEST, "/jti", "a string" },
    { "{'jti':7}", TOUCAN_BAD_REQUEST, "/jti", "a string" },
    { "{'sid':true}", TOUCAN_BAD_REQUEST, "/sid", "a string" },
    { "{'distinctId':{}}", TOUCAN_BAD_REQUEST, "/distinctId", "a string" },
    { "{'organization':['a']}", TOUCAN_BAD_REQUEST, "/organization",
      "a string" },
    { "{'jti':'a','clientId':1.5}", TOUCAN_BAD_REQUEST, "/clientId",
      "a string" },
    { "{'jti':''}", TOUCAN_BAD_REQUEST, "/jti", "1 to 256 bytes" },
    { "{'organization':''}", TOUCAN_BAD_REQUEST, "/organization",
      "1 to 256 bytes" },

    { "{'jti':'a','issuedBefore':'7'}", TOUCAN_BAD_REQUEST, "/issuedBefore",
      "an integer" },
    { "{'jti':'a','issuedBefore':null}", TOUCAN_BAD_REQUEST, "/issuedBefore",
      "an integer" },
    { "{'jti':'a','issuedBefore':7.0}", TOUCAN_BAD_REQUEST, "/issuedBefore",
      "an integer" },
    { "{'jti':'a','issuedBefore':-1}", TOUCAN_BAD_REQUEST, "/issuedBefore",
      "an integer" },
    { "{'jti':'a','issuedBefore':9007199254740993}", TOUCAN_BAD_REQUEST,
      "/issuedBefore", "an integer" },
    { "{'jti':'a','issuedBefore':1767225631}", TOUCAN_BAD_REQUEST,
      "/issuedBefore", "in the future" }
};


static void
test_refusals(void)
{
    size_t                    i;
    unit_arena_t              a;
    toucan_fault_t            fault;
    toucan_apikey_t           key;
    const refusal_t          *row;
    toucan_revoke_request_t   request;

    key = key_of(NULL, TOUCAN_ENV_LIVE);

    for (i = 0; i < unit_n(refusals); i++) {
        row = &refusals[i];

        unit_arena_init(&a, 0);
        is_rc(reads(&request, row->body, &key, &a, &fault), row->rc,
              "read: %s", row->body);

        if (row->rc == TOUCAN_OK) {
            ok(request.n > 0, "read: %s: taken", row->body);

        } else {
            is_int(request.n, 0, "read: %s: nothing is revoked", row->body);
            is_view(fault.field, row->field, "read: %s: the field", row->body);
            ok(fault.message != NULL
               && strstr(fault.message, row->words) != NULL,
               "read: %s: the message", row->body);
        }

        unit_arena_done(&a);
    }
}


static void
test_lengths(void)
{
    char                     *name, body[600];
    unit_arena_t              a;
    toucan_fault_t            fault;
    toucan_apikey_t           key;
    toucan_revoke_request_t   request;

    key = key_of(NULL, TOUCAN_ENV_LIVE);
    name = unit_repeat('n', 257);

    unit_arena_init(&a, 0);

    snprintf(body, sizeof(body), "{'sid':'%s'}", name + 1);
    is_rc(reads(&request, body, &key, &a, &fault), TOUCAN_OK, "256 bytes");

    snprintf(body, sizeof(body), "{'sid':'%s'}", name);
    is_rc(reads(&request, body, &key, &a, &fault), TOUCAN_BAD_REQUEST,
          "257 bytes");
    is_view(fault.field, "/sid", "257 bytes: the field");

    unit_arena_done(&a);
    free(name);

    unit_arena_init(&a, 1);
    is_rc(reads(&request, "{'jti':'a'}", &key, &a, &fault), TOUCAN_NO_MEMORY,
          "no memory");
    is_int(request.n, 0, "no memory: nothing is revoked");
    unit_arena_done(&a);

    unit_arena_init(&a, 2);
    is_rc(reads(&request, "{'jti':7}", &key, &a, &fault), TOUCAN_BAD_REQUEST,
          "no memory for the field");
    is_view(fault.field, NULL, "it is absent");
    ok(fault.message != NULL, "the message is there");
    unit_arena_done(&a);
}


static void
test_narrowing(void)
{
    unit_arena_t              a;
    toucan_fault_t            fault;
    toucan_apikey_t           key;
    toucan_revocation_t      *r;
    toucan_revoke_request_t   request;

    unit_arena_init(&a, 0);
    r = request.revocation;

    key = key_of(NULL, TOUCAN_ENV_LIVE);
    is_rc(reads(&request, "{'jti':'j','distinctId':'d'}", &key, &a, &fault),
          TOUCAN_OK, "a live key of no organization");
    is_int(request.n, 2, "two revocations");
    is_int(r[0].what, TOUCAN_REVOKE_JTI, "the jti");
    is_view(r[0].name, "j", "its name");
    ok(r[0].cutoff == TOUCAN_REVOKE_ANY_TIME, "of any time");
    is_view(r[0].organization, NULL, "of any organization");
    is_int(r[0].sandbox, 0, "of both environments");
    is_int(r[1].what, TOUCAN_REVOKE_DISTINCT_ID, "the user");
    is_int(r[1].cutoff, NOW, "issued until now");

    is_rc(reads(&request, "{'sid':'s','clientId':'c','issuedBefore':99}",
                &key, &a, &fault), TOUCAN_OK, "with issuedBefore");
    is_int(r[0].cutoff, 99, "it is the cut-off of a sid");
    is_int(r[1].cutoff, 99, "and of a client");

    key = key_of("acme", TOUCAN_ENV_SANDBOX);
    is_rc(reads(&request, "{'sid':'s','organization':'acme'}", &key, &a,
                &fault), TOUCAN_OK, "a bound sandbox key");
    is_view(r[0].organization, "acme", "narrowed to its organization");
    is_int(r[0].sandbox, 1, "and to sandbox");
    is_view(r[1].organization, NULL, "an organization is narrow as it is");
    is_int(r[1].sandbox, 1, "but to sandbox");

    is_rc(reads(&request, "{'sid':'s','organization':'acme2'}", &key, &a,
                &fault), TOUCAN_SCOPE_EXCEEDS_KEY, "another organization");
    is_view(fault.field, "/organization", "another organization: the field");
    is_int(request.n, 0, "another organization: nothing is revoked");

    unit_arena_done(&a);
}


/* Does the first of two revoke a token of the second? */

typedef struct {
    const char      *name;
    const char      *body;
    const char      *organization;  /* of the key */
    toucan_env_e     env;
    int64_t          age;           /* of the token: NOW - iat */
    const char      *token_organization;
    toucan_env_e     token_env;
    int              revoked;
} reach_t;


#define LIVE     TOUCAN_ENV_LIVE
#define SANDBOX  TOUCAN_ENV_SANDBOX

static const reach_t  reaches[] = {

    { "a jti", "{'jti':'J'}", NULL, LIVE, 5, "acme", LIVE, 1 },
    { "a jti of the future", "{'jti':'J'}", NULL, LIVE, -30, "acme", LIVE, 1 },
    { "another jti", "{'jti':'j'}", NULL, LIVE, 5, "acme", LIVE, 0 },
    { "a jti that is a sid", "{'jti':'S'}", NULL, LIVE, 5, "acme", LIVE, 0 },
    { "a jti until then", "{'jti':'J','issuedBefore':1767225590}", NULL, LIVE,
      10, "acme", LIVE, 1 },
    { "a jti after then", "{'jti':'J','issuedBefore':1767225590}", NULL, LIVE,
      9, "acme", LIVE, 0 },
    { "a sid", "{'sid':'S'}", NULL, LIVE, -30, "acme", LIVE, 1 },
    { "another sid", "{'sid':'J'}", NULL, LIVE, 5, "acme", LIVE, 0 },
    { "a user", "{'distinctId':'D'}", NULL, LIVE, 0, "acme", LIVE, 1 },
    { "a user, later", "{'distinctId':'D'}", NULL, LIVE, -1, "acme", LIVE, 0 },
    { "another user", "{'distinctId':'DD'}", NULL, LIVE, 5, "acme", LIVE, 0 },
    { "an organization", "{'organization':'acme'}", NULL, LIVE, 0, "acme",
      LIVE, 1 },
    { "an organization, later", "{'organization':'acme'}", NULL, LIVE, -1,
      "acme", LIVE, 0 },
    { "another organization", "{'organization':'acm'}", NULL, LIVE, 5, "acme",
      LIVE, 0 },
    { "no organization", "{'organization':'acme'}", NULL, LIVE, 5, NULL,
      LIVE, 0 },
    { "a client", "{'clientId':'C'}", NULL, LIVE, 0, "acme", LIVE, 1 },
    { "a client, later", "{'clientId':'C'}", NULL, LIVE, -1, "acme", LIVE, 0 },
    { "another client", "{'clientId':'c'}", NULL, LIVE, 5, "acme", LIVE, 0 },

    { "a bound key", "{'jti':'J'}", "acme", LIVE, 5, "acme", LIVE, 1 },
    { "a bound key, a token of another", "{'jti':'J'}", "acme", LIVE, 5,
      "acme2", LIVE, 0 },
    { "a bound key, a token of one as long", "{'jti':'J'}", "acme", LIVE, 5,
      "acne", LIVE, 0 },
    { "a bound key, a token of none", "{'jti':'J'}", "acme", LIVE, 5, NULL,
      LIVE, 0 },
    { "a bound key, the user", "{'distinctId':'D'}", "acme", LIVE, 5, "acme",
      LIVE, 1 },
    { "a bound key, the same user elsewhere", "{'distinctId':'D'}", "acme",
      LIVE, 5, "other", LIVE, 0 },
    { "a bound key, the same user of one as long", "{'distinctId':'D'}", "acme",
      LIVE, 5, "ACME", LIVE, 0 },
    { "a bound key, its organization", "{'organization':'acme'}", "acme",
      LIVE, 5, "acme", LIVE, 1 },
    { "a live key, a sandbox token", "{'jti':'J'}", NULL, LIVE, 5, "acme",
      SANDBOX, 1 },
    { "a sandbox key, a sandbox token", "{'jti':'J'}", NULL, SANDBOX, 5,
      "acme", SANDBOX, 1 },
    { "a sandbox key, a live token", "{'jti':'J'}", NULL, SANDBOX, 5, "acme",
      LIVE, 0 },
    { "a bound sandbox key, its token", "{'clientId':'C'}", "acme", SANDBOX,
      5, "acme", SANDBOX, 1 },
    { "a bound sandbox key, a live token", "{'clientId':'C'}", "acme",
      SANDBOX, 5, "acme", LIVE, 0 },
    { "a bound live key, a sandbox token", "{'sid':'S'}", "acme", LIVE, 5,
      "acme", SANDBOX, 1 },
    { "a sandbox key, its organization", "{'organization':'acme'}", NULL,
      SANDBOX, 5, "acme", SANDBOX, 1 },
    { "a sandbox key, an organization that is live",
      "{'organization':'acme'}", NULL, SANDBOX, 5, "acme", LIVE, 0 }
};


static int
reached(const reach_t *row, unsigned all)
{
    unsigned                  i, n;
    uint8_t                   secret[TOUCAN_REVOKE_KEY_SIZE];
    uint64_t                  block[512];
    unit_arena_t              a;
    toucan_fault_t            fault;
    toucan_claims_t           claims;
    toucan_apikey_t           key;
    toucan_revoked_t          names[TOUCAN_REVOKE_GROUPS];
    toucan_revocations_t     *table;
    toucan_revoke_request_t   request;

    memset(secret, 0x11, sizeof(secret));
    memset(&claims, 0, sizeof(toucan_claims_t));

    table = toucan_revocations_init(block, sizeof(block), secret);

    unit_arena_init(&a, 0);
    key = key_of(row->organization, row->env);

    if (reads(&request, row->body, &key, &a, &fault) != TOUCAN_OK) {
        return -1;
    }

    for (i = 0; i < request.n; i++) {
        toucan_revocations_name(table, &request.revocation[i], NOW, &names[i]);
    }

    if (toucan_revocations_add(table, names, request.n) != TOUCAN_OK) {
        return -1;
    }

    unit_arena_done(&a);

    claims.iat = NOW - row->age;
    claims.env = row->token_env;
    claims.jti = toucan_cstr("J");
    claims.sid = toucan_cstr("S");
    claims.distinct_id = toucan_cstr("D");
    claims.client_id = toucan_cstr("C");

    if (row->token_organization) {
        claims.organization = toucan_cstr(row->token_organization);
    }

    toucan_revocations_names(table, &claims,
                             all ? TOUCAN_REVOKE_ALL
                                 : toucan_revocations_groups(table),
                             names, &n);

    if (!all && n > 1) {
        return -1;
    }

    return toucan_revocations_match(table, names, n, claims.iat);
}


static void
test_reach(void)
{
    size_t          i;
    const reach_t  *row;

    for (i = 0; i < unit_n(reaches); i++) {
        row = &reaches[i];

        is_int(reached(row, 0), row->revoked, "reach: %s", row->name);
        is_int(reached(row, 1), row->revoked, "reach: %s, names kept",
               row->name);
    }
}


/*
 * The border between organization and name is hashed; and a token may be
 * without names, or have names that nobody can revoke.
 */

static void
test_names(void)
{
    char                  *text;
    unsigned               i, k, n, same;
    uint8_t                secret[TOUCAN_REVOKE_KEY_SIZE];
    uint64_t               block[512], other[512];
    toucan_claims_t        claims;
    toucan_revoked_t       names[TOUCAN_REVOKE_GROUPS], one, two;
    toucan_revocation_t    r;
    toucan_revocations_t  *table;

    memset(secret, 0x22, sizeof(secret));
    memset(&r, 0, sizeof(r));
    memset(&claims, 0, sizeof(claims));

    table = toucan_revocations_init(block, sizeof(block), secret);
    text = unit_repeat('j', 257);

    r.what = TOUCAN_REVOKE_SID;
    r.organization = toucan_cstr("ab");
    r.name = toucan_cstr("c");
    toucan_revocations_name(table, &r, NOW, &one);
    r.organization = toucan_cstr("a");
    r.name = toucan_cstr("bc");
    toucan_revocations_name(table, &r, NOW, &two);
    ok(memcmp(one.name, two.name, sizeof(one.name)) != 0,
       "names: \"ab\" \"c\" is not \"a\" \"bc\"");

    toucan_revocations_names(table, &claims, TOUCAN_REVOKE_ALL, names, &n);
    is_int(n, 0, "names: of a token without any");

    claims.jti = toucan_str(text, 256);
    toucan_revocations_names(table, &claims, TOUCAN_REVOKE_ALL, names, &n);
    is_int(n, 1, "names: the longest jti");

    claims.jti = toucan_str(text, 257);
    toucan_revocations_names(table, &claims, TOUCAN_REVOKE_ALL, names, &n);
    is_int(n, 0, "names: a longer one");

    claims.jti = claims.sid = claims.distinct_id = claims.client_id
               = claims.organization = toucan_cstr("x");
    claims.env = TOUCAN_ENV_SANDBOX;
    toucan_revocations_names(table, &claims, TOUCAN_REVOKE_ALL, names, &n);
    is_int(n, TOUCAN_REVOKE_GROUPS, "names: all of a sandbox token");

    same = 0;

    for (i = 0; i < n; i++) {
        for (k = 0; k < i; k++) {
            same += memcmp(names[i].name, names[k].name, sizeof(one.name)) == 0;
        }
    }

    is_int(same, 0, "names: what they are of is hashed, too");

    secret[15] ^= 1;
    table = toucan_revocations_init(other, sizeof(other), secret);
    toucan_revocations_name(table, &r, NOW, &one);
    ok(memcmp(one.name, two.name, sizeof(one.name)) != 0,
       "names: another table's key, other names");

    claims.env = TOUCAN_ENV_LIVE;
    toucan_revocations_names(table, &claims, TOUCAN_REVOKE_ALL, names, &n);
    is_int(n, TOUCAN_REVOKE_GROUPS / 2, "names: all of a live token");

    toucan_revocations_names(table, &claims, 0, names, &n);
    is_int(n, 0, "names: of an empty table");

    free(text);
}


int
main(void)
{
    test_refusals();
    test_lengths();
    test_narrowing();
    test_reach();
    test_names();

    return done_testing();
}
