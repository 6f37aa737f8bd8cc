
/*
 * toucan_mint, toucan_refresh and toucan_exchange: from a request, a token or
 * an ID token to what a new token says; and issuing it.
 */


#include "ngx/ngx_toucan_service.h"


static toucan_rc_t ngx_toucan_mint(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static toucan_rc_t ngx_toucan_refresh(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static toucan_rc_t ngx_toucan_exchange_token(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static toucan_rc_t ngx_toucan_exchange_form(ngx_toucan_call_t *call,
    toucan_str_t *token);
static toucan_rc_t ngx_toucan_exchange_open(ngx_toucan_call_t *call,
    toucan_str_t token, toucan_identity_t *identity);
static toucan_rc_t ngx_toucan_exchange_type(
    const toucan_identity_t *identity);
static toucan_rc_t ngx_toucan_exchange_party(ngx_toucan_sso_t *sso,
    const toucan_claims_t *claims);
static toucan_rc_t ngx_toucan_exchange_env(ngx_toucan_call_t *call,
    toucan_claims_t *claims);
static toucan_rc_t ngx_toucan_exchange_organization(ngx_toucan_call_t *call,
    toucan_claims_t *claims);
static const toucan_jwk_t *ngx_toucan_issue_key(ngx_toucan_call_t *call,
    const toucan_apikey_t *key);
static void ngx_toucan_issue_log(ngx_toucan_call_t *call,
    const toucan_grant_t *grant, const toucan_minted_t *minted);


const ngx_toucan_endpoint_t  ngx_toucan_mint_endpoint = {
    ngx_string("toucan_mint"), NGX_HTTP_POST, "application/json",
    TOUCAN_SCOPE_MINT, NGX_TOUCAN_NEEDS_MINT, 0, ngx_toucan_mint
};

const ngx_toucan_endpoint_t  ngx_toucan_refresh_endpoint = {
    ngx_string("toucan_refresh"), NGX_HTTP_POST, NULL, 0,
    NGX_TOUCAN_NEEDS_GATE|NGX_TOUCAN_NEEDS_MINT, 0, ngx_toucan_refresh
};

const ngx_toucan_endpoint_t  ngx_toucan_exchange_endpoint = {
    ngx_string("toucan_exchange"), NGX_HTTP_POST,
    "application/x-www-form-urlencoded", 0, NGX_TOUCAN_NEEDS_MINT, 1,
    ngx_toucan_exchange_token
};


static toucan_rc_t
ngx_toucan_mint(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    toucan_rc_t     rc;
    toucan_grant_t  grant;

    rc = toucan_grant_read(&grant, call->body, call->arena, &call->fault);

    if (rc == TOUCAN_OK) {
        rc = toucan_grant_identity(&grant, &call->lcf->policy, call->arena,
                                   &call->fault);

        /* what a gate refuses a user for is the caller's mistake here */

        if (toucan_rc_class(rc) == TOUCAN_CLASS_IDENTITY) {
            rc = TOUCAN_BAD_REQUEST;
        }
    }

    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_grant_defaults(&grant, call->apikey);

    return ngx_toucan_issue(call, &grant, call->apikey);
}


/* The API key that the session began with must still be there. */

static toucan_rc_t
ngx_toucan_refresh(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    toucan_rc_t             rc;
    toucan_grant_t          grant;
    const toucan_claims_t  *claims;
    const toucan_apikey_t  *key;

    claims = &call->ctx->made.identity.claims;
    key = NULL;

    /* another module may have taken its time since the gate */

    rc = ngx_toucan_still(call->ctx);

    if (rc == TOUCAN_OK) {
        rc = toucan_grant_resume(&grant, claims, &call->lcf->mint);
    }

    if (rc != TOUCAN_OK) {
        return rc;
    }

    if (claims->client_id.data != NULL) {

        if (call->lcf->api_keys != NULL) {
            key = toucan_apikeys_find(call->lcf->api_keys->data,
                                      claims->client_id);
        }

        if (key == NULL || !(key->scopes & TOUCAN_SCOPE_MINT)) {
            return TOUCAN_NOT_REFRESHABLE;
        }
    }

    return ngx_toucan_issue(call, &grant, key);
}


/* RFC 8693 section 2; OpenID Connect Core section 3.1.3.7. */

static toucan_rc_t
ngx_toucan_exchange_token(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    toucan_rc_t        rc;
    toucan_str_t       token;
    toucan_grant_t     grant;
    ngx_toucan_sso_t  *sso;
    toucan_identity_t  identity;

    sso = call->lcf->sso;
    token = toucan_str(NULL, 0);

    rc = ngx_toucan_exchange_form(call, &token);

    if (rc == TOUCAN_OK) {
        rc = ngx_toucan_exchange_open(call, token, &identity);
    }

    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_grant_claims(&grant, &identity.claims);

    /* the provider's names for clients and sessions are not ours */

    grant.client_id = toucan_str(NULL, 0);

    rc = toucan_grant_identity(&grant, &sso->policy, call->arena,
                               &call->fault);

    if (rc == TOUCAN_OK && sso->bound.node != NULL) {

        if (grant.permissions.node == NULL) {
            grant.permissions = sso->bound;
        }

        rc = toucan_grant_within(&grant, &sso->bound, call->arena,
                                 &call->fault);
    }

    return (rc == TOUCAN_OK) ? ngx_toucan_issue(call, &grant, NULL) : rc;
}


static toucan_rc_t
ngx_toucan_exchange_form(ngx_toucan_call_t *call, toucan_str_t *token)
{
    ngx_uint_t    i, k;
    toucan_rc_t   rc;
    toucan_str_t  name, value;

    /*
     * "" is any value, NULL ends the list; none: must not be there.  The error
     * (RFC 6749 section 5.2, RFC 8693 section 2.2.2) is of another value.
     */

    static const struct {
        const char  *name;
        const char  *values[3];
        ngx_uint_t   required;
        const char  *error;
    } parameters[] = {
        { "grant_type",
          { "urn:ietf:params:oauth:grant-type:token-exchange", NULL }, 1,
          "unsupported_grant_type" },
        { "subject_token_type",
          { "urn:ietf:params:oauth:token-type:id_token", NULL }, 1, NULL },
        { "subject_token", { "", NULL }, 1, NULL },
        { "requested_token_type",
          { "urn:ietf:params:oauth:token-type:jwt",
            "urn:ietf:params:oauth:token-type:access_token", NULL }, 0, NULL },
        { "actor_token", { NULL }, 0, NULL },
        { "actor_token_type", { NULL }, 0, NULL },
        { "scope", { NULL }, 0, "invalid_scope" },
        { "audience", { NULL }, 0, "invalid_target" },
        { "resource", { NULL }, 0, "invalid_target" }
    };

    for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        name = toucan_cstr(parameters[i].name);

        rc = toucan_form_value(call->body, name, call->arena, &value);

        if (rc == TOUCAN_NO_MEMORY) {
            return rc;
        }

        if (rc != TOUCAN_OK || (value.data == NULL && parameters[i].required))
        {
            return toucan_fault(&call->fault, call->arena, TOUCAN_BAD_REQUEST,
                                "the parameter must be there once, and not "
                                "empty", &name, 1);
        }

        if (value.data == NULL) {
            continue;
        }

        for (k = 0; parameters[i].values[k] != NULL; k++) {
            if (parameters[i].values[k][0] == '\0'
                || toucan_str_is(value, parameters[i].values[k]))
            {
                break;
            }
        }

        if (parameters[i].values[k] == NULL) {
            call->error = parameters[i].error;

            return toucan_fault(&call->fault, call->arena, TOUCAN_BAD_REQUEST,
                                "the parameter, or this value of it, is not "
                                "supported", &name, 1);
        }

        if (parameters[i].values[k][0] == '\0') {
            *token = value;
        }
    }

    return TOUCAN_OK;
}


static toucan_rc_t
ngx_toucan_exchange_open(ngx_toucan_call_t *call, toucan_str_t token,
    toucan_identity_t *identity)
{
    ngx_uint_t            i;
    toucan_rc_t           rc;
    ngx_toucan_sso_t     *sso;
    ngx_toucan_file_t   **files;
    const toucan_jwks_t  *sets[NGX_TOUCAN_MAX_SETS];

    sso = call->lcf->sso;
    files = sso->key_files->elts;

    for (i = 0; i < sso->key_files->nelts; i++) {
        sets[i] = files[i]->data;
    }

    rc = toucan_authenticate(&sso->policy, sets, sso->key_files->nelts, token,
                             call->now, call->arena, identity);

    if (rc == TOUCAN_OK) {
        rc = ngx_toucan_exchange_type(identity);
    }

    if (rc == TOUCAN_OK) {
        rc = ngx_toucan_exchange_party(sso, &identity->claims);
    }

    if (rc == TOUCAN_OK) {
        rc = ngx_toucan_exchange_env(call, &identity->claims);
    }

    if (rc == TOUCAN_OK) {
        rc = ngx_toucan_exchange_organization(call, &identity->claims);
    }

    /* what was revoked is of an environment and an organization of ours */

    return (rc == TOUCAN_OK)
           ? ngx_toucan_revoked(call->lcf, &identity->claims) : rc;
}


/*
 * What the same provider signs with the same keys, and is no ID token: access
 * tokens (RFC 9068), and events, such as that somebody signed out (RFC 8417
 * section 2.2).
 */

static toucan_rc_t
ngx_toucan_exchange_type(const toucan_identity_t *identity)
{
    const toucan_doc_t  *doc;

    doc = identity->jwt.payload;

    return (identity->jwt.access
            || toucan_json_member(doc, toucan_json_root(doc),
                                  toucan_cstr("events"))
               != NULL)
           ? TOUCAN_BAD_TYPE : TOUCAN_OK;
}


/*
 * An ID token for several audiences names in "azp" the one that it was issued
 * to; where it is there, it must be one of ours.
 */

static toucan_rc_t
ngx_toucan_exchange_party(ngx_toucan_sso_t *sso,
    const toucan_claims_t *claims)
{
    ngx_uint_t            i;
    toucan_str_t         *audience;
    const toucan_node_t  *azp;

    azp = toucan_json_member(claims->doc, toucan_json_root(claims->doc),
                             toucan_cstr("azp"));

    if (azp == NULL) {
        return (toucan_json_is(claims->aud, TOUCAN_JSON_STRING)
                || claims->aud->v.s.len == 1)
               ? TOUCAN_OK : TOUCAN_BAD_AUDIENCE;
    }

    audience = sso->audiences->elts;

    for (i = 0; i < sso->audiences->nelts; i++) {
        if (toucan_json_is(azp, TOUCAN_JSON_STRING)
            && toucan_str_eq(toucan_json_string(claims->doc, azp),
                             audience[i]))
        {
            return TOUCAN_OK;
        }
    }

    return TOUCAN_BAD_AUDIENCE;
}


/* Where the provider says nothing, the location does. */

static toucan_rc_t
ngx_toucan_exchange_env(ngx_toucan_call_t *call, toucan_claims_t *claims)
{
    unsigned  envs;

    envs = call->lcf->policy.envs;

    if (envs == TOUCAN_ENV_SANDBOX
        && toucan_json_member(claims->doc, toucan_json_root(claims->doc),
                              toucan_cstr("env"))
           == NULL)
    {
        claims->env = TOUCAN_ENV_SANDBOX;
    }

    return (envs & claims->env) ? TOUCAN_OK : TOUCAN_ENV_DENIED;
}


/* A customer's provider does not speak for other customers. */

static toucan_rc_t
ngx_toucan_exchange_organization(ngx_toucan_call_t *call,
    toucan_claims_t *claims)
{
    toucan_str_t  ours, field;

    ours = ngx_toucan_view(call->lcf->sso->organization);

    if (ours.len == 0) {
        return TOUCAN_OK;
    }

    if (claims->organization.data != NULL
        && !toucan_str_eq(claims->organization, ours))
    {
        field = toucan_cstr("organization");

        return toucan_fault(&call->fault, call->arena,
                            TOUCAN_PERMISSION_DENIED,
                            "the ID token is of another organization", &field,
                            1);
    }

    claims->organization = ours;

    return TOUCAN_OK;
}


toucan_rc_t
ngx_toucan_issue(ngx_toucan_call_t *call, toucan_grant_t *grant,
    const toucan_apikey_t *key)
{
    toucan_rc_t          rc;
    toucan_minted_t      minted;
    const toucan_jwk_t  *jwk;

    if (key != NULL) {
        rc = toucan_grant_bind(grant, key, call->arena, &call->fault);

        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    rc = toucan_grant_lifetime(grant, &call->lcf->mint, key, call->now,
                               call->arena, &call->fault);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    jwk = ngx_toucan_issue_key(call, key);

    if (jwk == NULL) {
        return TOUCAN_NOT_READY;
    }

    rc = toucan_mint(&minted, grant, &call->lcf->mint, jwk, call->now,
                     call->arena, &call->fault);

    if (rc != TOUCAN_OK) {
        return (rc == TOUCAN_BAD_REQUEST || rc == TOUCAN_NO_MEMORY)
               ? rc : TOUCAN_INTERNAL;
    }

    call->answer = toucan_mint_answer(&minted, call->endpoint->oauth,
                                      call->arena);

    if (call->answer.data == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    ngx_toucan_issue_log(call, grant, &minted);

    return TOUCAN_OK;
}


/*
 * The first key of the file; where that is a master key, the API key's content
 * key.  NULL: the file has changed to one that cannot be used.
 */

static const toucan_jwk_t *
ngx_toucan_issue_key(ngx_toucan_call_t *call, const toucan_apikey_t *key)
{
    u_char                  kid[TOUCAN_JWK_MAX_KID + 1 + TOUCAN_APIKEY_MAX_ID];
    u_char                 *p;
    unsigned                n;
    ngx_toucan_file_t     **file;
    const toucan_jwk_t     *first;
    ngx_toucan_derived_t   *derived;

    file = call->lcf->mint_keys->elts;
    first = toucan_jwks_first(file[0]->data);

    if (first == NULL || !toucan_mint_usable(first)) {
        return NULL;
    }

    if (!(first->ops & TOUCAN_OP_DERIVE)) {
        return first;
    }

    derived = call->lcf->mint_derived;

    if (key == NULL || derived == NULL || derived->jwks == NULL) {
        return NULL;
    }

    p = ngx_cpymem(kid, first->kid.data, first->kid.len);
    *p++ = '.';
    p = ngx_cpymem(p, key->id.data, key->id.len);

    return toucan_jwks_find(derived->jwks, toucan_str(kid, p - kid), &n);
}


static void
ngx_toucan_issue_log(ngx_toucan_call_t *call, const toucan_grant_t *grant,
    const toucan_minted_t *minted)
{
    ngx_log_t  *log;
    ngx_str_t   user, key, jti, sid;

    log = call->ctx->request->connection->log;

    if (log->log_level < NGX_LOG_INFO) {
        return;
    }

    user = ngx_toucan_log_value(call->arena, grant->distinct_id);
    key = ngx_toucan_log_value(call->arena, grant->client_id);
    jti = ngx_toucan_ngx_str(minted->jti);
    sid = ngx_toucan_log_value(call->arena, minted->sid);

    ngx_log_error(NGX_LOG_INFO, log, 0,
                  "toucan: %V issued a token, distinct_id: %V, jti: %V, "
                  "sid: %V, expires: %L, API key: %V",
                  &call->endpoint->name, &user, &jti, &sid,
                  (int64_t) minted->exp, &key);
}
