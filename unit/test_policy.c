
/*
 * The two questions, whole: tokens made by OpenSSL, and the order of checks.
 */


#include "identity.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>


#define SECRET  "0123456789abcdef0123456789abcdef"
#define OTHER   "another secret of the same length"

#define NOW     1767225700

#define GOOD    "{'iss':'me','aud':'app','jti':'j','iat':1767225600,"          \
                "'exp':1767226500,'user':{'distinctId':'u1'}}"


static void
b64(char *out, const void *data, size_t len)
{
    char  *p;

    EVP_EncodeBlock((unsigned char *) out, data, (int) len);

    for (p = out; *p; p++) {

        switch (*p) {

        case '+':
            *p = '-';
            break;

        case '/':
            *p = '_';
            break;

        case '=':
            *p = '\0';
            return;
        }
    }
}


/* "'" stands for the quotes of JSON */

static void
token(char *out, const char *header, const char *payload, const char *secret)
{
    char           *part[2], *p;
    size_t          i;
    unsigned        len;
    unsigned char   mac[EVP_MAX_MD_SIZE];

    part[0] = strdup(header);
    part[1] = strdup(payload);

    *out = '\0';

    for (i = 0; i < 2; i++) {
        for (p = part[i]; *p; p++) {
            if (*p == '\'') {
                *p = '"';
            }
        }

        if (i) {
            strcat(out, ".");
        }

        b64(out + strlen(out), part[i], strlen(part[i]));
        free(part[i]);
    }

    HMAC(EVP_sha256(), secret, (int) strlen(secret), (unsigned char *) out,
         strlen(out), mac, &len);

    strcat(out, ".");
    b64(out + strlen(out), mac, len);
}


static toucan_jwks_t *
keys(void)
{
    char            text[512], k[128];
    toucan_diag_t   why;
    toucan_jwks_t  *jwks;

    toucan_diag_init(&why);
    b64(k, SECRET, strlen(SECRET));
    snprintf(text, sizeof(text), "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k1\","
             "\"alg\":\"HS256\",\"k\":\"%s\"}]}", k);

    jwks = toucan_jwks_parse(toucan_cstr(text), &why);

    if (jwks == NULL) {
        diag("no keys: %s", why.error);
        printf("Bail out!\n");
        exit(1);
    }

    return jwks;
}


typedef struct {
    const char      *name;
    const char      *header;
    const char      *payload;
    const char      *secret;
    toucan_rc_t      rc;
    int              trusted;
    int              claims;        /* are set */
} open_row_t;


#define H  "{'alg':'HS256','kid':'k1'}"

static const open_row_t  open_rows[] = {

    { "a good token", H, GOOD, SECRET, TOUCAN_OK, 1, 1 },

    { "another key", H, GOOD, OTHER, TOUCAN_BAD_SIGNATURE, 0, 0 },
    { "an unknown kid", "{'alg':'HS256','kid':'k2'}", GOOD, SECRET,
      TOUCAN_KEY_NOT_FOUND, 0, 0 },
    { "alg none", "{'alg':'none','kid':'k1'}", GOOD, SECRET,
      TOUCAN_ALG_NOT_ALLOWED, 0, 0 },

    { "no exp", H, "{'iss':'me','aud':'app','iat':1767225600,"
      "'user':{'distinctId':'u1'}}", SECRET, TOUCAN_BAD_CLAIM, 1, 0 },
    { "another issuer", H, "{'iss':'you','aud':'app','iat':1767225600,"
      "'exp':1767226500,'user':{'distinctId':'u1'}}", SECRET,
      TOUCAN_BAD_ISSUER, 1, 0 },
    { "another audience", H, "{'iss':'me','aud':'x','iat':1767225600,"
      "'exp':1767226500,'user':{'distinctId':'u1'}}", SECRET,
      TOUCAN_BAD_AUDIENCE, 1, 0 },

    { "expired", H, "{'iss':'me','aud':'app','iat':1767225000,"
      "'exp':1767225600,'user':{'distinctId':'u1'}}", SECRET,
      TOUCAN_EXPIRED, 1, 1 },
    { "not yet valid", H, "{'iss':'me','aud':'app','iat':1767225600,"
      "'nbf':1767226000,'exp':1767226500,'user':{'distinctId':'u1'}}",
      SECRET, TOUCAN_NOT_YET_VALID, 1, 1 },
    { "a long life", H, "{'iss':'me','aud':'app','iat':1767225600,"
      "'exp':1767229201,'user':{'distinctId':'u1'}}", SECRET,
      TOUCAN_LIFETIME_TOO_LONG, 1, 1 },

    { "expired, forged: the signature speaks", H, "{'iss':'me','aud':'app',"
      "'iat':1,'exp':2,'user':{'distinctId':'u1'}}", OTHER,
      TOUCAN_BAD_SIGNATURE, 0, 0 },
    { "malformed, expired: the form speaks", H, "{'iss':'me','aud':'app',"
      "'iat':1,'exp':2,'user':{}}", SECRET, TOUCAN_BAD_CLAIM, 1, 0 },
    { "expired, another issuer: the issuer speaks", H, "{'iss':'you',"
      "'aud':'app','iat':1,'exp':2,'user':{'distinctId':'u1'}}", SECRET,
      TOUCAN_BAD_ISSUER, 1, 0 }
};


static void
open_policy(toucan_policy_t *policy, toucan_str_t *issuer,
    toucan_str_t *audience)
{
    *issuer = toucan_cstr("me");
    *audience = toucan_cstr("app");

    memset(policy, 0, sizeof(toucan_policy_t));

    policy->jwt.max_size = 8192;
    policy->jwt.types = TOUCAN_TYPES_DEFAULT;
    policy->jwt.algs = TOUCAN_ALGS_ALL;
    policy->jwt.algs_unbound = TOUCAN_ALGS_ALL & ~TOUCAN_ALGS_HMAC;
    policy->issuers.elts = issuer;
    policy->issuers.n = 1;
    policy->audiences.elts = audience;
    policy->audiences.n = 1;
    policy->leeway = 30;
    policy->max_lifetime = 3600;
}


static void
test_authenticate(void)
{
    size_t                i;
    char                  text[2048];
    unsigned              n, calls;
    toucan_rc_t           rc;
    unit_arena_t          a;
    toucan_str_t          issuer, audience;
    toucan_jwks_t        *jwks;
    toucan_policy_t       policy;
    const open_row_t     *row;
    toucan_identity_t     identity;
    const toucan_jwks_t  *sets[1];

    open_policy(&policy, &issuer, &audience);
    jwks = keys();
    sets[0] = jwks;

    for (i = 0; i < unit_n(open_rows); i++) {
        row = &open_rows[i];

        unit_arena_init(&a, 0);
        token(text, row->header, row->payload, row->secret);
        memset(&identity, 0x5a, sizeof(toucan_identity_t));

        is_rc(toucan_authenticate(&policy, sets, 1, toucan_cstr(text), NOW,
                                  &a.arena, &identity),
              row->rc, "authenticate: %s", row->name);

        is_int(identity.jwt.payload != NULL, row->trusted,
               "authenticate: %s: trusted", row->name);
        is_view(identity.claims.distinct_id, row->claims ? "u1" : NULL,
                "authenticate: %s: claims", row->name);
        ok((identity.claims.doc != NULL) == row->claims,
           "authenticate: %s: doc", row->name);

        unit_arena_done(&a);
    }

    /* memory */

    unit_arena_init(&a, 0);
    token(text, H, GOOD, SECRET);
    (void) toucan_authenticate(&policy, sets, 1, toucan_cstr(text), NOW,
                               &a.arena, &identity);
    calls = a.calls;
    unit_arena_done(&a);

    for (n = 1; n <= calls; n++) {
        unit_arena_init(&a, n);
        rc = toucan_authenticate(&policy, sets, 1, toucan_cstr(text), NOW,
                                 &a.arena, &identity);
        is_rc(rc, TOUCAN_NO_MEMORY, "authenticate: allocation %u fails", n);
        ok(identity.claims.doc == NULL, "authenticate: and no claims");
        unit_arena_done(&a);
    }

    /* no keys */

    unit_arena_init(&a, 0);
    is_rc(toucan_authenticate(&policy, sets, 0, toucan_cstr(text), NOW,
                              &a.arena, &identity),
          TOUCAN_KEY_NOT_FOUND, "authenticate: no set of keys");
    is_int(identity.jwt.payload != NULL, 0, "authenticate: not trusted");
    unit_arena_done(&a);

    toucan_jwks_free(jwks);
}


/* Each row takes one thing, or two, from a request that is let in. */

typedef struct {
    const char      *name;
    toucan_rc_t      place;
    const char      *origins;       /* of the token; NULL: any */
    const char      *env;
    const char      *role;
    const char      *customer;
    const char      *permission;
    toucan_rc_t      rc;
} decide_row_t;

#define BOUND  "['https://other.example']"

static const decide_row_t  decide_rows[] = {

    { "let in", TOUCAN_OK, NULL, "live", "'maker'", "1", "can_view",
      TOUCAN_OK },
    { "let in, another role", TOUCAN_OK, NULL, "live", "'explorer'", "1",
      "can_view", TOUCAN_OK },
    { "place", TOUCAN_ORIGIN_DENIED, NULL, "live", "'maker'", "1",
      "can_view", TOUCAN_ORIGIN_DENIED },
    { "kind", TOUCAN_KIND_NOT_ALLOWED, NULL, "live", "'maker'", "1",
      "can_view", TOUCAN_KIND_NOT_ALLOWED },
    { "bound to another origin", TOUCAN_OK, BOUND, "live", "'maker'", "1",
      "can_view", TOUCAN_TOKEN_ORIGIN_DENIED },
    { "env", TOUCAN_OK, NULL, "sandbox", "'maker'", "1", "can_view",
      TOUCAN_ENV_DENIED },
    { "role", TOUCAN_OK, NULL, "live", "'admin'", "1", "can_view",
      TOUCAN_ROLE_DENIED },
    { "role in capitals", TOUCAN_OK, NULL, "live", "'Maker'", "1",
      "can_view", TOUCAN_ROLE_DENIED },
    { "attribute", TOUCAN_OK, NULL, "live", "'maker'", "'1'", "can_view",
      TOUCAN_ATTRIBUTE_TYPE },
    { "permission", TOUCAN_OK, NULL, "live", "'maker'", "1", "can_query",
      TOUCAN_PERMISSION_DENIED },

    { "place before all", TOUCAN_ORIGIN_DENIED, BOUND, "sandbox",
      "'admin'", "'1'", "can_query", TOUCAN_ORIGIN_DENIED },
    { "token's origins before env", TOUCAN_OK, BOUND, "sandbox", "'admin'",
      "'1'", "can_query", TOUCAN_TOKEN_ORIGIN_DENIED },
    { "env before role", TOUCAN_OK, NULL, "sandbox", "'admin'", "'1'",
      "can_query", TOUCAN_ENV_DENIED },
    { "role before attributes", TOUCAN_OK, NULL, "live", "'admin'", "'1'",
      "can_query", TOUCAN_ROLE_DENIED },
    { "attributes before permissions", TOUCAN_OK, NULL, "live", "'maker'",
      "'1'", "can_query", TOUCAN_ATTRIBUTE_TYPE }
};


static const toucan_attr_t  decide_attrs[] = {
    { toucan_string("customer"), toucan_string("customer"),
      TOUCAN_ATTR_INTEGER, 1 }
};

static const toucan_perm_rule_t  decide_rules[] = {
    { toucan_string("dashboard"), TOUCAN_ACTION_VIEW, 0, { NULL, 0 } }
};

static const toucan_str_t  decide_roles[] = {
    toucan_string("explorer"), toucan_string("maker")
};


static void
decide_policy(toucan_policy_t *policy)
{
    memset(policy, 0, sizeof(toucan_policy_t));

    policy->roles.elts = decide_roles;
    policy->roles.n = unit_n(decide_roles);
    policy->envs = TOUCAN_ENV_LIVE;
    policy->attrs = decide_attrs;
    policy->nattrs = unit_n(decide_attrs);
    policy->rules = decide_rules;
    policy->nrules = unit_n(decide_rules);
    policy->kinds = 1u << TOUCAN_KIND_COMPONENT;
}


static void
decide_place(toucan_place_t *place)
{
    memset(place, 0, sizeof(toucan_place_t));

    place->kind = TOUCAN_KIND_COMPONENT;
    place->listed = 1;

    (void) toucan_origin_parse(&place->origin,
                               toucan_cstr("https://app.example"));
}


static void
test_decide(void)
{
    char                 json[1024];
    size_t               i;
    unit_arena_t         a;
    toucan_place_t       place;
    toucan_policy_t      policy;
    toucan_claims_t      claims;
    toucan_request_t     request;
    const decide_row_t  *row;

    decide_policy(&policy);
    memset(&request, 0, sizeof(toucan_request_t));

    for (i = 0; i < unit_n(decide_rows); i++) {
        row = &decide_rows[i];

        unit_arena_init(&a, 0);
        decide_place(&place);
        place.rc = row->place;

        snprintf(json, sizeof(json), "{'exp':9,'iat':1,'env':'%s',"
                 "'user':{'distinctId':'u','role':%s,'attributes':{"
                 "'customer':%s}},'permissions':{'dashboard':'%s'}%s%s}",
                 row->env, row->role, row->customer, row->permission,
                 row->origins ? ",'origins':" : "",
                 row->origins ? row->origins : "");

        is_rc(toucan_claims_read(&claims, &policy, unit_doc(&a, json)),
              TOUCAN_OK, "decide: %s: the token", row->name);
        is_rc(toucan_decide(&policy, &request, &place, &claims), row->rc,
              "decide: %s", row->name);

        unit_arena_done(&a);
    }
}


static void
test_roles_and_envs(void)
{
    size_t            i;
    unit_arena_t      a;
    toucan_place_t    place;
    toucan_policy_t   policy;
    toucan_claims_t   none, admin, sandbox;
    toucan_request_t  request;

    const struct {
        const char             *name;
        const toucan_claims_t  *claims;
        unsigned                any;
        unsigned                envs;
        toucan_rc_t             rc;
    } rows[] = {
        { "no role", &none, 0, 1, TOUCAN_ROLE_DENIED },
        { "no role, any accepted", &none, 1, 1, TOUCAN_OK },
        { "another role, any accepted", &admin, 1, 1, TOUCAN_OK },
        { "live, sandbox wanted", &admin, 1, 2, TOUCAN_ENV_DENIED },
        { "live, both accepted", &admin, 1, 3, TOUCAN_OK },
        { "live, none accepted", &admin, 1, 0, TOUCAN_ENV_DENIED },
        { "sandbox, live wanted", &sandbox, 1, 1, TOUCAN_ENV_DENIED },
        { "sandbox, sandbox wanted", &sandbox, 1, 2, TOUCAN_OK },
        { "sandbox, both accepted", &sandbox, 1, 3, TOUCAN_OK }
    };

    unit_arena_init(&a, 0);
    decide_policy(&policy);
    decide_place(&place);
    memset(&request, 0, sizeof(toucan_request_t));

    policy.nattrs = 0;
    policy.nrules = 0;

    (void) toucan_claims_read(&none, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'user':{'distinctId':'u'}}"));
    (void) toucan_claims_read(&admin, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'user':{'distinctId':'u',"
                     "'role':'admin'}}"));
    (void) toucan_claims_read(&sandbox, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'env':'sandbox','user':{"
                     "'distinctId':'u','role':'admin'}}"));

    for (i = 0; i < unit_n(rows); i++) {
        policy.any_role = rows[i].any ? 1 : 0;
        policy.envs = rows[i].envs;

        is_rc(toucan_decide(&policy, &request, &place, rows[i].claims),
              rows[i].rc, "decide: %s", rows[i].name);
    }

    /* nothing configured lets nobody in */

    memset(&policy, 0, sizeof(toucan_policy_t));
    is_rc(toucan_decide(&policy, &request, &place, &admin),
          TOUCAN_ENV_DENIED, "decide: an empty policy");

    unit_arena_done(&a);
}


int
main(void)
{
    test_authenticate();
    test_decide();
    test_roles_and_envs();

    return done_testing();
}
