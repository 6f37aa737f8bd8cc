
/*
 * Owns: the scenarios of the token service: API keys are read and asked,
 * requests are read and bound, tokens are minted.
 */


#include "torture.h"
#include "tokens.h"
#include "apikeys.h"


#define SERVICE_NOW   1767225600
#define SERVICE_TEXT  16384

#define SERVICE_KEYS                                                          \
    "{'keys':[{'id':'acme','sha256':'%s','scopes':['mint','revoke'],"         \
    "'organization':'Acme \\u00fc','roles':['maker'],'permissions':{'ai':"    \
    "'can_query','d':['can_edit']},'origins':['https://a.example'],"          \
    "'maxLifetime':900,'notAfter':'2027-01-01T00:00:00Z'},{'id':'beta',"      \
    "'sha256':'%s','scopes':['mint'],'env':'sandbox','comment':'x'}%s]}"

#define SERVICE_BODY                                                          \
    "{'user':{'distinctId':'u \\u00fc','role':'maker','attributes':{'n':42,"  \
    "'region':['n','a,b']}},'permissions':{'d':'can_view'},'resources':["     \
    "{'type':'d','id':'1','actions':'can_view'}],'origins':["                 \
    "'https://A.example:443']%s}"


/* What of a file or body is added, and the key that mints. */

typedef struct {
    const char          *more;
    const char          *type;      /* NULL: a content key */
} service_arg_t;


typedef struct {
    const service_arg_t *arg;
    char                 file[SERVICE_TEXT];
    char                 body[SERVICE_TEXT];
    toucan_apikeys_t    *keys;
    torture_run_t        run;       /* whose arena holds the grant */
    toucan_policy_t      policy;
    toucan_mint_rules_t  rules;
    toucan_grant_t       grant;
    toucan_jwks_t       *makes;
    toucan_jwks_t       *opens;
    toucan_minted_t      minted;
} service_state_t;


static void *service_setup(const void *arg);
static void *service_mint_setup(const void *arg);
static void service_teardown(void *state);
static void service_content_keys(service_state_t *state);
static toucan_rc_t service_parse(void *state, torture_run_t *run);
static toucan_rc_t service_check(void *state, torture_run_t *run);
static toucan_rc_t service_derive(void *state, torture_run_t *run);
static toucan_rc_t service_read(void *state, torture_run_t *run);
static toucan_rc_t service_grant(void *state, torture_run_t *run);
static toucan_rc_t service_mint(void *state, torture_run_t *run);
static toucan_rc_t service_answer(void *state, torture_run_t *run);
static toucan_rc_t service_form(void *state, torture_run_t *run);
static void service_say(const service_state_t *state, toucan_str_t token,
    torture_run_t *run);


static const toucan_attr_t  service_attrs[] = {
    { toucan_string("n"), { 0, NULL }, TOUCAN_ATTR_INTEGER, 1 },
    { toucan_string("region"), { 0, NULL }, TOUCAN_ATTR_STRINGS, 0 }
};

static const toucan_str_t  service_roles[] = { toucan_string("maker") };


#define SERVICE(name, more, run, want)                                        \
    { "service: " name, &(const service_arg_t) { more, NULL }, service_setup, \
      run, service_teardown, want, 0, 0 }

#define MINT(name, type, run)                                                 \
    { "service: " name, &(const service_arg_t) { "", type },                  \
      service_mint_setup, run, service_teardown, TOUCAN_OK, 0, 0 }


const torture_scenario_t  torture_service[] = {

    SERVICE("API keys", "", service_parse, TOUCAN_OK),
    SERVICE("API keys, broken", ",{'id':'x'}", service_parse,
            TOUCAN_BAD_FORMAT),
    SERVICE("API keys, one twice", ",{'id':'beta','sha256':'10000000000000000"
            "00000000000000000000000000000000000000000000000','scopes':["
            "'mint']}", service_parse, TOUCAN_BAD_FORMAT),
    SERVICE("API key, right", UNIT_ACME, service_check, TOUCAN_OK),
    SERVICE("API key, wrong", UNIT_ACME "x", service_check,
            TOUCAN_API_KEY_INVALID),
    SERVICE("API key, unknown", "tk_live_nobody_" UNIT_SECRET, service_check,
            TOUCAN_API_KEY_INVALID),
    SERVICE("content keys", "", service_derive, TOUCAN_OK),

    SERVICE("a request", "", service_read, TOUCAN_OK),
    SERVICE("a request, broken", ",'x':1", service_read, TOUCAN_BAD_REQUEST),
    SERVICE("a request, deep in it", ",'expiresIn':0", service_read,
            TOUCAN_BAD_REQUEST),
    { "service: a grant", &(const service_arg_t) { "", NULL }, service_setup,
      service_grant, service_teardown, TOUCAN_OK, 0, 0 },
    SERVICE("a grant, too long", ",'expiresIn':901", service_grant,
            TOUCAN_SCOPE_EXCEEDS_KEY),

    MINT("mint HS256", "oct", service_mint),
    MINT("mint RS256", "RSA2048", service_mint),
    MINT("mint ES256", "P-256", service_mint),
    MINT("mint EdDSA", "ED25519", service_mint),
    MINT("mint with a content key", NULL, service_mint),
    MINT("answer", "oct", service_answer),

    SERVICE("form", "token=%41b+c", service_form, TOUCAN_OK),
    SERVICE("form, twice", "token=x&token=y", service_form,
            TOUCAN_BAD_REQUEST)
};


const unsigned  torture_service_n = torture_n(torture_service);


static void *
service_setup(const void *arg)
{
    char              one[65], two[65];
    service_state_t  *state;

    state = calloc(1, sizeof(service_state_t));

    if (state == NULL) {
        torture_die("calloc()");
    }

    state->arg = arg;
    snprintf(state->file, sizeof(state->file), SERVICE_KEYS,
             unit_sha256(one, UNIT_ACME),
             unit_sha256(two, "tk_test_beta_" UNIT_SECRET),
             strncmp(state->arg->more, ",{", 2) == 0 ? state->arg->more : "");
    snprintf(state->body, sizeof(state->body), SERVICE_BODY,
             state->arg->more[0] == ',' ? state->arg->more : "");
    unit_quotes(state->file);
    unit_quotes(state->body);

    state->policy.jwt.max_size = TOUCAN_JWT_MAX_SIZE;
    state->policy.jwt.types = TOUCAN_TYPES_DEFAULT;
    state->policy.jwt.algs = TOUCAN_ALGS_ALL;
    state->policy.jwt.algs_unbound = TOUCAN_ALGS_ALL;
    state->policy.max_lifetime = 3600;
    state->policy.attrs = service_attrs;
    state->policy.nattrs = torture_n(service_attrs);
    state->policy.roles.elts = service_roles;
    state->policy.roles.n = torture_n(service_roles);
    state->rules.policy = &state->policy;
    state->rules.issuer = toucan_cstr("me");
    state->rules.audience = toucan_cstr("app");
    state->rules.lifetime = 600;
    state->rules.max_session = 43200;

    torture_run_init(&state->run);

    return state;
}


/* A grant, and the keys that mint and that open. */

static void *
service_mint_setup(const void *arg)
{
    char              text[SERVICE_TEXT];
    unsigned          i;
    toucan_diag_t     why;
    service_state_t  *state;

    static unit_key_t   keys[4];
    static const char  *types[] = { "oct", "RSA2048", "P-256", "ED25519" };

    state = service_setup(arg);
    state->keys = toucan_apikeys_parse(toucan_cstr(state->file), &why);

    if (state->keys == NULL
        || service_grant(state, &state->run) != TOUCAN_OK)
    {
        torture_die("making a grant");
    }

    if (state->arg->type == NULL) {
        service_content_keys(state);
        return state;
    }

    for (i = 0; strcmp(types[i], state->arg->type) != 0; i++) { /* void */ }

    if (keys[i].pkey == NULL && keys[i].secret_len == 0) {
        keys[i] = unit_key_new(types[i]);
    }

    state->makes = unit_jwks_private(unit_jwk_pair(text, &keys[i], "k", ""));
    state->opens = unit_jwks(unit_jwk(text, &keys[i], "k", ""));

    return state;
}


static void
service_content_keys(service_state_t *state)
{
    int64_t         next;
    toucan_diag_t   why;
    toucan_jwks_t  *master;

    master = unit_jwks("{\"kty\":\"oct\",\"kid\":\"m\",\"key_ops\":"
                       "[\"deriveKey\"],\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUF"
                       "RYXGBkaGxwdHh8\"}");
    state->makes = toucan_apikeys_derive(state->keys,
                       (const toucan_jwks_t *const *) &master, 1, SERVICE_NOW,
                       &next, &why);
    state->opens = toucan_apikeys_derive(state->keys,
                       (const toucan_jwks_t *const *) &master, 1, SERVICE_NOW,
                       &next, &why);
    toucan_jwks_free(master);
}


static void
service_teardown(void *data)
{
    service_state_t  *state;

    state = data;

    torture_run_free(&state->run);
    toucan_apikeys_free(state->keys);
    toucan_jwks_free(state->makes);
    toucan_jwks_free(state->opens);
    free(state);
}


static toucan_rc_t
service_parse(void *data, torture_run_t *run)
{
    toucan_diag_t           why;
    service_state_t        *state;
    toucan_apikeys_t       *keys;
    const toucan_apikey_t  *key;

    state = data;
    toucan_diag_init(&why);
    keys = toucan_apikeys_parse(toucan_cstr(state->file), &why);

    if (keys == NULL) {
        if (why.error[0] == '\0') {
            torture_die("an error that says something");
        }

        return (strstr(why.error, "memory") == NULL) ? TOUCAN_BAD_FORMAT
                                                     : TOUCAN_NO_MEMORY;
    }

    torture_pause();
    torture_say(run, "%u keys, warnings: %u\n", toucan_apikeys_count(keys),
                why.warnings);
    torture_say(run, "acme: %d\n",
                (int) toucan_apikeys_check(keys, toucan_cstr(UNIT_ACME),
                                           SERVICE_NOW, &key));
    torture_say_view(run, "organization", key->organization);
    torture_say(run, "nobody: %d\n",
                (int) toucan_apikeys_check(keys, toucan_cstr(UNIT_ACME "x"),
                                           SERVICE_NOW, &key));
    toucan_apikeys_free(keys);
    torture_resume();

    return TOUCAN_OK;
}


static toucan_rc_t
service_check(void *data, torture_run_t *run)
{
    toucan_rc_t             rc;
    toucan_diag_t           why;
    service_state_t        *state;
    const toucan_apikey_t  *key;

    state = data;

    if (state->keys == NULL) {
        torture_pause();
        state->keys = toucan_apikeys_parse(toucan_cstr(state->file), &why);
        torture_resume();
    }

    rc = toucan_apikeys_check(state->keys, toucan_cstr(state->arg->more),
                              SERVICE_NOW, &key);

    if ((rc == TOUCAN_OK) != (key != NULL)) {
        torture_die("a key, if it is right");
    }

    if (key != NULL) {
        torture_say_view(run, "id", key->id);
    }

    return rc;
}


static toucan_rc_t
service_derive(void *data, torture_run_t *run)
{
    int64_t           next;
    unsigned          n;
    toucan_diag_t     why;
    toucan_jwks_t    *derived;
    service_state_t  *state;

    state = data;
    toucan_diag_init(&why);

    if (state->makes == NULL) {
        torture_pause();
        state->keys = toucan_apikeys_parse(toucan_cstr(state->file), &why);
        state->makes = unit_jwks("{\"kty\":\"oct\",\"kid\":\"m\",\"key_ops\":"
                                 "[\"deriveKey\"],\"k\":\"AAECAwQFBgcICQoLDA0O"
                                 "DxAREhMUFRYXGBkaGxwdHh8\"}");
        torture_resume();
    }

    derived = toucan_apikeys_derive(state->keys,
                  (const toucan_jwks_t *const *) &state->makes, 1,
                  SERVICE_NOW, &next, &why);

    if (derived == NULL) {
        return (strstr(why.error, "memory") == NULL) ? TOUCAN_INTERNAL
                                                     : TOUCAN_NO_MEMORY;
    }

    torture_say(run, "%u keys, until %lld, m.acme: %d\n",
                toucan_jwks_count(derived), (long long) next,
                toucan_jwks_find(derived, toucan_cstr("m.acme"), &n) != NULL);
    toucan_jwks_free(derived);

    return TOUCAN_OK;
}


static toucan_rc_t
service_read(void *data, torture_run_t *run)
{
    toucan_rc_t       rc;
    toucan_fault_t    fault;
    toucan_grant_t    grant;
    service_state_t  *state;

    state = data;
    rc = toucan_grant_read(&grant, toucan_cstr(state->body), &run->arena,
                           &fault);

    if (rc == TOUCAN_OK) {
        torture_say_view(run, "distinct id", grant.distinct_id);
        torture_say(run, "%u permissions, %u origins\n",
                    grant.permissions.node->v.s.len,
                    grant.origins.node->v.s.len);
    }

    return rc;
}


/* Reads, and binds; the fault's field may be lost, the refusal is not. */

static toucan_rc_t
service_grant(void *data, torture_run_t *run)
{
    toucan_rc_t             rc;
    toucan_diag_t           why;
    toucan_fault_t          fault;
    service_state_t        *state;
    const toucan_apikey_t  *key;

    state = data;

    if (state->keys == NULL) {
        torture_pause();
        state->keys = toucan_apikeys_parse(toucan_cstr(state->file), &why);
        torture_resume();
    }

    key = toucan_apikeys_find(state->keys, toucan_cstr("acme"));
    rc = toucan_grant_read(&state->grant, toucan_cstr(state->body),
                           &run->arena, &fault);

    if (rc == TOUCAN_OK) {
        rc = toucan_grant_identity(&state->grant, &state->policy, &run->arena,
                                   &fault);
    }

    if (rc == TOUCAN_OK) {
        toucan_grant_defaults(&state->grant, key);
        rc = toucan_grant_bind(&state->grant, key, &run->arena, &fault);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_grant_lifetime(&state->grant, &state->rules, key,
                                   SERVICE_NOW, &run->arena, &fault);
    }

    if (rc == TOUCAN_OK) {
        torture_say(run, "for %lld seconds\n",
                    (long long) state->grant.lifetime);
    }

    return rc;
}


static toucan_rc_t
service_mint(void *data, torture_run_t *run)
{
    unsigned             n;
    toucan_rc_t          rc;
    toucan_fault_t       fault;
    service_state_t     *state;
    const toucan_jwk_t  *jwk;

    state = data;
    jwk = (state->arg->type != NULL)
          ? toucan_jwks_first(state->makes)
          : toucan_jwks_find(state->makes, toucan_cstr("m.acme"), &n);

    rc = toucan_mint(&state->minted, &state->grant, &state->rules, jwk,
                     SERVICE_NOW, &run->arena, &fault);

    if ((rc == TOUCAN_OK) != (state->minted.token.data != NULL)) {
        torture_die("a token, if all went well");
    }

    if (rc == TOUCAN_OK) {
        torture_pause();
        service_say(state, state->minted.token, run);
        torture_resume();
    }

    return rc;
}


/* What the gate reads, but for what is random. */

static void
service_say(const service_state_t *state, toucan_str_t token,
    torture_run_t *run)
{
    uint8_t               text[SERVICE_TEXT];
    toucan_rc_t           rc;
    toucan_buf_t          b;
    toucan_str_t          name;
    toucan_identity_t     id;
    const toucan_doc_t   *doc;
    const toucan_jwks_t  *sets[1];
    const toucan_node_t  *node;

    sets[0] = state->opens;
    rc = toucan_authenticate(&state->policy, sets, 1, token, SERVICE_NOW,
                             &run->arena, &id);
    torture_say(run, "the gate: %d\n", (int) rc);

    if (rc != TOUCAN_OK) {
        return;
    }

    doc = id.claims.doc;

    for (node = toucan_json_child(doc, toucan_json_root(doc));
         node != NULL;
         node = toucan_json_sibling(doc, toucan_json_root(doc), node))
    {
        name = toucan_json_name(doc, node);

        if (toucan_str_is(name, "jti") || toucan_str_is(name, "sid")) {
            continue;
        }

        toucan_buf_init(&b, text, sizeof(text));
        toucan_json_write(&b, doc, node);
        torture_say_view(run, "name", name);
        torture_say_view(run, "value", toucan_buf_view(&b));
    }
}


static toucan_rc_t
service_answer(void *data, torture_run_t *run)
{
    toucan_str_t      answer;
    service_state_t  *state;

    state = data;

    if (state->minted.token.data == NULL) {
        torture_pause();
        (void) service_mint(state, &state->run);
        torture_resume();
    }

    answer = toucan_mint_answer(&state->minted, 1, &run->arena);

    if (answer.data == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    torture_say(run, "%d\n", answer.len > state->minted.token.len);

    return TOUCAN_OK;
}


static toucan_rc_t
service_form(void *data, torture_run_t *run)
{
    toucan_rc_t       rc;
    toucan_str_t      value;
    service_state_t  *state;

    state = data;
    rc = toucan_form_value(toucan_cstr(state->arg->more),
                           toucan_cstr("token"), &run->arena, &value);

    if (rc != TOUCAN_OK && value.data != NULL) {
        torture_die("no value when it fails");
    }

    torture_say_view(run, "value", value);

    return rc;
}
