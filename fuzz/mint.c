
/*
 * Owns: the fuzz target of minting.  Three bytes choose the API key, the key
 * that mints and the seconds until the token is refreshed; behind them is the
 * body of a request to mint.  A token that is made opens, says what was asked
 * for, and is within the API key: by tables and rules that are written here
 * again.
 */


#include "apikeys.h"
#include "keys.h"
#include "policy.h"


#define FUZZ_LIFETIME  600
#define FUZZ_SESSION   7200

enum { VIEW = 1, EDIT = 2, QUERY = 4 };


/* An API key: as its file has it, and what that means. */

typedef struct {
    const char      *id;
    const char      *more;
    toucan_env_e     env;
    const char      *organization;
    const char      *roles;         /* "|a|b|"; NULL: any of the location */
    struct {
        const char  *model;
        unsigned     actions;
    } models[4];
    const char      *origins;       /* "|a|b|"; NULL: any */
    int64_t          lifetime;      /* 0: any */
    int64_t          end;           /* from now; 0: none */
} fuzz_bound_t;


static const fuzz_bound_t  fuzz_bounds[] = {

    { "nothing", "", TOUCAN_ENV_LIVE, NULL, NULL, { { NULL, 0 } }, NULL, 0,
      0 },

    { "acme", ",'organization':'acme','roles':['explorer'],'permissions':{"
      "'dashboard':['can_view'],'ai':'can_query'},'origins':["
      "'https://app.acme.example','HTTP://B.example:80'],'maxLifetime':900",
      TOUCAN_ENV_LIVE, "acme", "|explorer|",
      { { "dashboard", VIEW }, { "ai", QUERY } },
      "|https://app.acme.example|http://b.example|", 900, 0 },

    { "box", ",'env':'sandbox','permissions':{'dashboard':['can_edit'],"
      "'chart':['can_query','can_edit','can_view']},'notAfter':"
      "'2026-01-01T00:06:40Z'",
      TOUCAN_ENV_SANDBOX, NULL, NULL,
      { { "dashboard", VIEW | EDIT }, { "chart", VIEW | EDIT | QUERY } },
      NULL, 0, 300 }
};


/* Keys that sign; behind them: the API key's content key. */

static const char  *fuzz_signers[] = { "hs", "ed25519", "es256" };

#define FUZZ_MINTERS  (unit_n(fuzz_signers) + 1)


static toucan_apikeys_t    *fuzz_apikeys;
static toucan_jwks_t       *fuzz_content;
static toucan_mint_rules_t  fuzz_mint_rules;


static void
fuzz_init(void)
{
    char            text[4096];
    size_t          i;
    int64_t         next;
    toucan_diag_t   why;
    toucan_jwks_t  *master;

    if (fuzz_apikeys != NULL) {
        return;
    }

    text[0] = '\0';

    for (i = 0; i < unit_n(fuzz_bounds); i++) {
        strcat(text, i ? "," : "");
        unit_apikey(text + strlen(text), fuzz_bounds[i].id, UNIT_ACME,
                    fuzz_bounds[i].more);
    }

    fuzz_apikeys = unit_apikeys(text);

    toucan_diag_init(&why);
    master = toucan_jwks_parse(toucan_cstr("{\"kty\":\"oct\",\"kid\":\"m\","
                 "\"key_ops\":[\"deriveKey\"],\"k\":\"AAECAwQFBgcICQoLDA0ODxAR"
                 "EhMUFRYXGBkaGxwdHh8\"}"), &why);
    fuzz_must(master != NULL, "%s", why.error);
    fuzz_content = toucan_apikeys_derive(fuzz_apikeys,
                       (const toucan_jwks_t *const *) &master, 1, FUZZ_NOW,
                       &next, &why);
    fuzz_must(fuzz_content != NULL, "%s", why.error);
    toucan_jwks_free(master);

    fuzz_mint_rules.policy = fuzz_policy(0);
    fuzz_mint_rules.issuer = fuzz_issuers[0];
    fuzz_mint_rules.audience = fuzz_audiences[0];
    fuzz_mint_rules.lifetime = FUZZ_LIFETIME;
    fuzz_mint_rules.max_session = FUZZ_SESSION;
}


static const toucan_jwk_t *
fuzz_minter(unsigned i, const fuzz_bound_t *bound)
{
    char                 kid[128];
    unsigned             n;
    const toucan_jwk_t  *jwk;

    if (i < unit_n(fuzz_signers)) {
        jwk = toucan_jwks_find(fuzz_keys(1), toucan_cstr(fuzz_signers[i]),
                               &n);

    } else {
        snprintf(kid, sizeof(kid), "m.%s", bound->id);
        jwk = toucan_jwks_find(fuzz_content, toucan_cstr(kid), &n);
    }

    fuzz_must(jwk != NULL, "no key %u", i);

    return jwk;
}


/* -------------------------------------------------------------- the bounds */

/* 1 when "|value|" is in the list, which is NULL for any. */

static int
fuzz_in(const char *list, toucan_str_t value)
{
    char  text[1024];

    if (list == NULL) {
        return 1;
    }

    snprintf(text, sizeof(text), "|%.*s|", (int) value.len,
             value.data ? (const char *) value.data : "");

    return value.len > 0 && memchr(value.data, '|', value.len) == NULL
           && memchr(value.data, '\0', value.len) == NULL
           && strstr(list, text) != NULL;
}


static unsigned
fuzz_action(const toucan_doc_t *doc, const toucan_node_t *node)
{
    toucan_str_t  name;

    name = toucan_json_string(doc, node);

    return toucan_str_is(name, "can_view") ? VIEW
           : toucan_str_is(name, "can_edit") ? EDIT
           : toucan_str_is(name, "can_query") ? QUERY : 64;
}


static void
fuzz_granted(const fuzz_bound_t *bound, const toucan_doc_t *doc,
    toucan_str_t model, const toucan_node_t *actions)
{
    unsigned              i, asked;
    const toucan_node_t  *node;

    asked = 0;

    if (toucan_json_is(actions, TOUCAN_JSON_STRING)) {
        asked = fuzz_action(doc, actions);
    }

    for (node = toucan_json_child(doc, actions);
         node != NULL;
         node = toucan_json_sibling(doc, actions, node))
    {
        asked |= fuzz_action(doc, node);
    }

    for (i = 0; i < unit_n(bound->models); i++) {
        if (bound->models[i].model != NULL
            && toucan_str_is(model, bound->models[i].model))
        {
            fuzz_must((asked & ~bound->models[i].actions) == 0,
                      "%.*s: %u", toucan_fmt(model), asked);
            return;
        }
    }

    fuzz_must(0, "a model that is not the key's: %.*s", toucan_fmt(model));
}


static void
fuzz_bounded(const fuzz_bound_t *bound, const toucan_claims_t *c)
{
    toucan_origin_t       origin;
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;

    doc = c->doc;

    fuzz_must(c->env == bound->env, "env %d", (int) c->env);
    fuzz_must(toucan_str_is(c->client_id, bound->id), "client %.*s",
              toucan_fmt(c->client_id));
    fuzz_must(bound->organization
              ? toucan_str_is(c->organization, bound->organization)
              : c->organization.data == NULL,
              "organization %.*s", toucan_fmt(c->organization));
    fuzz_must(fuzz_in(bound->roles, c->role)
              && fuzz_in("|explorer|maker|", c->role), "role %.*s",
              toucan_fmt(c->role));

    for (node = c->permissions ? toucan_json_child(doc, c->permissions) : NULL;
         node != NULL;
         node = toucan_json_sibling(doc, c->permissions, node))
    {
        fuzz_granted(bound, doc, toucan_json_name(doc, node), node);
    }

    for (node = c->resources ? toucan_json_child(doc, c->resources) : NULL;
         node != NULL;
         node = toucan_json_sibling(doc, c->resources, node))
    {
        fuzz_granted(bound, doc,
                     toucan_json_string(doc, toucan_json_member(doc, node,
                                                 toucan_cstr("type"))),
                     toucan_json_member(doc, node, toucan_cstr("actions")));
    }

    fuzz_must(bound->origins == NULL || c->origins != NULL, "no origins");

    for (node = c->origins ? toucan_json_child(doc, c->origins) : NULL;
         node != NULL;
         node = toucan_json_sibling(doc, c->origins, node))
    {
        fuzz_must(toucan_origin_parse(&origin, toucan_json_string(doc, node))
                  == TOUCAN_OK
                  && fuzz_in(bound->origins, toucan_origin_text(&origin)),
                  "origin %.*s", toucan_fmt(toucan_json_string(doc, node)));
    }
}


static void
fuzz_lasts(const fuzz_bound_t *bound, const toucan_claims_t *c, int64_t now)
{
    int64_t  lifetime;

    lifetime = c->exp - c->iat;

    fuzz_must(c->iat == now && c->nbf == now, "iat %lld, nbf %lld",
              (long long) c->iat, (long long) c->nbf);
    fuzz_must(lifetime >= 1 && lifetime <= fuzz_policy(0)->max_lifetime
              && c->exp <= FUZZ_NOW + FUZZ_SESSION
              && (bound->lifetime == 0 || lifetime <= bound->lifetime)
              && (bound->end == 0 || c->exp <= FUZZ_NOW + bound->end),
              "it lasts %lld seconds", (long long) lifetime);
}


/* -------------------------------------------------------------- the request */

/* A claim is what the body says of it, or absent where that says nothing. */

static void
fuzz_equal(const toucan_doc_t *asked, const toucan_node_t *at,
    const char *name, const toucan_doc_t *made, const toucan_node_t *node,
    int may_default)
{
    const toucan_node_t  *want;

    want = toucan_json_member(asked, at, toucan_cstr(name));

    fuzz_must(want != NULL ? node != NULL && fuzz_same(asked, want, made, node)
              : node == NULL || may_default, "%s is another", name);
}


static void
fuzz_attributes(const toucan_claims_t *c)
{
    const toucan_node_t  *node;

    fuzz_must(toucan_json_is(toucan_json_member(c->doc, c->attributes,
                                                toucan_cstr("customerId")),
                             TOUCAN_JSON_INTEGER), "no customerId");

    for (node = toucan_json_child(c->doc, c->attributes);
         node != NULL;
         node = toucan_json_sibling(c->doc, c->attributes, node))
    {
        fuzz_must(fuzz_in("|plan|tag|customerId|ids|region|vip|",
                          toucan_json_name(c->doc, node)), "attribute %.*s",
                  toucan_fmt(toucan_json_name(c->doc, node)));
    }
}


static void
fuzz_as_asked(unit_arena_t *a, toucan_str_t body, const toucan_claims_t *c)
{
    unsigned              i, n;
    const toucan_doc_t   *doc;
    const toucan_node_t  *root, *user, *expires;

    static const char  *known[] = {
        "user", "permissions", "resources", "origins", "expiresIn"
    };

    fuzz_must(toucan_json_parse(body, &toucan_json_token_limits, &a->arena,
                                &doc) == TOUCAN_OK, "made of no JSON");

    root = toucan_json_root(doc);
    user = toucan_json_member(doc, root, toucan_cstr("user"));
    expires = toucan_json_member(doc, root, toucan_cstr("expiresIn"));

    for (i = 0, n = 0; i < unit_n(known); i++) {
        n += toucan_json_member(doc, root, toucan_cstr(known[i])) != NULL;
    }

    fuzz_must(n == root->v.s.len && user != NULL, "a member too many");

    fuzz_must(toucan_str_eq(c->distinct_id,
                            toucan_json_string(doc, toucan_json_member(doc,
                                user, toucan_cstr("distinctId"))))
              && c->distinct_id.len >= 1 && c->distinct_id.len <= 256,
              "another user");
    fuzz_must(toucan_str_eq(c->role,
                            toucan_json_string(doc, toucan_json_member(doc,
                                user, toucan_cstr("role")))),
              "another role");
    fuzz_must(expires == NULL || c->exp - c->iat == expires->v.integer,
              "another lifetime: %lld", (long long) (c->exp - c->iat));

    fuzz_equal(doc, user, "attributes", c->doc, c->attributes, 0);
    fuzz_equal(doc, root, "resources", c->doc, c->resources, 0);
    fuzz_equal(doc, root, "permissions", c->doc, c->permissions, 1);
    fuzz_equal(doc, root, "origins", c->doc, c->origins, 1);
    fuzz_attributes(c);
}


/* A refusal names a field by a pointer whose escapes are right. */

static void
fuzz_refused(toucan_rc_t rc, const toucan_fault_t *fault)
{
    size_t  i;

    fuzz_must(rc != TOUCAN_INTERNAL && rc != TOUCAN_NO_MEMORY
              && toucan_rc_answer(rc)->status >= 400, "rc %d", rc);
    fuzz_must(fault->message != NULL
              && fuzz_printable(toucan_cstr(fault->message)),
              "rc %d without a word", rc);
    fuzz_must(fault->field.data != NULL
              && (fault->field.len == 0 || fault->field.data[0] == '/'),
              "rc %d: no field", rc);

    for (i = 0; i < fault->field.len; i++) {
        fuzz_must(fault->field.data[i] != '~'
                  || (i + 1 < fault->field.len
                      && (fault->field.data[i + 1] == '0'
                          || fault->field.data[i + 1] == '1')),
                  "field %.*s", toucan_fmt(fault->field));
    }
}


/* --------------------------------------------------------------- the token */

static void
fuzz_answered(unit_arena_t *a, const toucan_minted_t *minted)
{
    toucan_str_t         answer;
    const toucan_doc_t  *doc;

    answer = toucan_mint_answer(minted, 1, &a->arena);

    fuzz_must(toucan_json_parse(answer, &toucan_json_file_limits, &a->arena,
                                &doc) == TOUCAN_OK, "%.*s",
              toucan_fmt(answer));
    fuzz_must(toucan_str_eq(toucan_json_string(doc, toucan_json_member(doc,
                                toucan_json_root(doc), toucan_cstr("token"))),
                            minted->token), "another token in the answer");
    fuzz_must(minted->jti.len == TOUCAN_ID_SIZE
              && minted->sid.len == TOUCAN_ID_SIZE
              && minted->refresh_after < minted->exp
              && minted->refresh_after >= minted->iat,
              "refresh after %lld", (long long) minted->refresh_after);
}


static void
fuzz_opened(unit_arena_t *a, const toucan_minted_t *minted, int64_t now,
    toucan_claims_t *c)
{
    toucan_rc_t           rc;
    toucan_identity_t     identity;
    const toucan_jwks_t  *sets[2];

    sets[0] = fuzz_keys(0);
    sets[1] = fuzz_content;

    rc = toucan_authenticate(fuzz_policy(0), sets, 2, minted->token, now,
                             &a->arena, &identity);

    fuzz_must(rc == TOUCAN_OK, "minted, and refused: %s",
              (const char *) toucan_rc_name(rc).data);
    *c = identity.claims;
    fuzz_must(toucan_str_eq(c->jti, minted->jti)
              && toucan_str_eq(c->sid, minted->sid) && c->exp == minted->exp
              && c->env == minted->env, "jti, sid, exp or env");
}


/* The same session goes on: the same user, and never beyond its end. */

static void
fuzz_refreshed(unit_arena_t *a, const fuzz_bound_t *bound,
    const toucan_apikey_t *key, const toucan_jwk_t *jwk,
    const toucan_claims_t *was, int64_t now)
{
    toucan_rc_t      rc;
    toucan_fault_t   fault;
    toucan_grant_t   grant;
    toucan_claims_t  c;
    toucan_minted_t  minted;

    rc = toucan_grant_resume(&grant, was, &fuzz_mint_rules);
    fuzz_must(rc == TOUCAN_OK, "not to be refreshed: %d", rc);

    rc = toucan_grant_bind(&grant, key, &a->arena, &fault);
    fuzz_must(rc == TOUCAN_OK, "not within its key any more: %d", rc);

    rc = toucan_grant_lifetime(&grant, &fuzz_mint_rules, key, now, &a->arena,
                               &fault);

    if (rc != TOUCAN_OK) {
        fuzz_must(rc == TOUCAN_SESSION_EXPIRED
                  && (now >= FUZZ_NOW + FUZZ_SESSION
                      || (bound->end != 0 && now >= FUZZ_NOW + bound->end)),
                  "refused at %lld: %d", (long long) (now - FUZZ_NOW), rc);
        return;
    }

    rc = toucan_mint(&minted, &grant, &fuzz_mint_rules, jwk, now, &a->arena,
                     &fault);
    fuzz_must(rc == TOUCAN_OK, "refreshed: %d", rc);

    fuzz_opened(a, &minted, now, &c);
    fuzz_bounded(bound, &c);
    fuzz_lasts(bound, &c, now);
    fuzz_must(toucan_str_eq(c.sid, was->sid)
              && !toucan_str_eq(c.jti, was->jti)
              && toucan_str_eq(toucan_scope_key(fuzz_policy(0), &c, &a->arena),
                               toucan_scope_key(fuzz_policy(0), was,
                                                &a->arena)),
              "another session or user");
}


static void
fuzz_mint(unit_arena_t *a, const fuzz_bound_t *bound, const toucan_jwk_t *jwk,
    int64_t later, toucan_str_t body)
{
    toucan_rc_t             rc;
    toucan_fault_t          fault;
    toucan_grant_t          grant;
    toucan_claims_t         c;
    toucan_minted_t         minted;
    const toucan_apikey_t  *key;

    key = toucan_apikeys_find(fuzz_apikeys, toucan_cstr(bound->id));
    memset(&fault, 0, sizeof(toucan_fault_t));

    rc = toucan_grant_read(&grant, body, &a->arena, &fault);

    if (rc == TOUCAN_OK) {
        rc = toucan_grant_identity(&grant, fuzz_policy(0), &a->arena, &fault);
    }

    if (rc == TOUCAN_OK) {
        toucan_grant_defaults(&grant, key);
        rc = toucan_grant_bind(&grant, key, &a->arena, &fault);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_grant_lifetime(&grant, &fuzz_mint_rules, key, FUZZ_NOW,
                                   &a->arena, &fault);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_mint(&minted, &grant, &fuzz_mint_rules, jwk, FUZZ_NOW,
                         &a->arena, &fault);
        fuzz_must((rc == TOUCAN_OK) == (minted.token.data != NULL), "rc %d",
                  rc);
    }

    if (rc != TOUCAN_OK) {
        fuzz_refused(rc, &fault);
        return;
    }

    fuzz_opened(a, &minted, FUZZ_NOW, &c);
    fuzz_as_asked(a, body, &c);
    fuzz_bounded(bound, &c);
    fuzz_lasts(bound, &c, FUZZ_NOW);
    fuzz_answered(a, &minted);
    fuzz_refreshed(a, bound, key, jwk, &c, FUZZ_NOW + later);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unit_arena_t         a;
    const fuzz_bound_t  *bound;

    if (size < 3) {
        return 0;
    }

    fuzz_init();
    unit_arena_init(&a, 0);

    bound = &fuzz_bounds[data[0] % unit_n(fuzz_bounds)];
    fuzz_mint(&a, bound, fuzz_minter(data[1] % FUZZ_MINTERS, bound),
              data[2] * 40, fuzz_copy(&a, data + 3, size - 3));

    unit_arena_done(&a);

    return 0;
}
