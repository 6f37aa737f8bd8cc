
/*
 * toucan_introspect (RFC 7662) and toucan_keys: what a token says, and what
 * tokens are verified with.
 */


#include "ngx/ngx_toucan_service.h"


static toucan_rc_t ngx_toucan_introspect(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static toucan_rc_t ngx_toucan_introspect_open(ngx_toucan_call_t *call,
    toucan_str_t token, toucan_identity_t *identity);
static ngx_uint_t ngx_toucan_introspect_may(const toucan_apikey_t *key,
    const toucan_claims_t *claims);
static void ngx_toucan_introspect_log(ngx_http_request_t *r,
    ngx_toucan_call_t *call, toucan_rc_t rc);
static void ngx_toucan_introspect_write(toucan_buf_t *b,
    const toucan_claims_t *claims);
static toucan_rc_t ngx_toucan_public_keys(ngx_http_request_t *r,
    ngx_toucan_call_t *call);


const ngx_toucan_endpoint_t  ngx_toucan_introspect_endpoint = {
    ngx_string("toucan_introspect"), NGX_HTTP_POST,
    "application/x-www-form-urlencoded", TOUCAN_SCOPE_INTROSPECT,
    NGX_TOUCAN_NEEDS_KEYS, 1, ngx_toucan_introspect
};

const ngx_toucan_endpoint_t  ngx_toucan_keys_endpoint = {
    ngx_string("toucan_keys"), NGX_HTTP_GET, NULL, 0,
    NGX_TOUCAN_NEEDS_MINT_KEYS, 0, ngx_toucan_public_keys
};


/*
 * Section 2.2: of a token that is not good, or none of the caller's business,
 * nothing is said but that it is not active.
 */

static toucan_rc_t
ngx_toucan_introspect(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    toucan_rc_t         rc;
    toucan_str_t        token, name;
    toucan_buf_t        b;
    toucan_identity_t   identity;

    name = toucan_cstr("token");

    rc = toucan_form_value(call->body, name, call->arena, &token);

    if (rc == TOUCAN_NO_MEMORY) {
        return rc;
    }

    if (rc != TOUCAN_OK || token.data == NULL) {
        return toucan_fault(&call->fault, call->arena, TOUCAN_BAD_REQUEST,
                            "the parameter must be there once, and not empty",
                            &name, 1);
    }

    rc = ngx_toucan_introspect_open(call, token, &identity);

    if (toucan_rc_class(rc) == TOUCAN_CLASS_INTERNAL) {
        return rc;
    }

    if (rc == TOUCAN_OK
        && !ngx_toucan_introspect_may(call->apikey, &identity.claims))
    {
        rc = TOUCAN_SCOPE_EXCEEDS_KEY;
    }

    if (rc != TOUCAN_OK) {
        ngx_toucan_introspect_log(r, call, rc);

        call->answer = toucan_cstr("{\"active\":false}\n");
        return TOUCAN_OK;
    }

    toucan_buf_init(&b, NULL, 0);
    ngx_toucan_introspect_write(&b, &identity.claims);

    toucan_buf_init(&b, toucan_arena_alloc(call->arena, b.need), b.need);

    if (b.start == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    ngx_toucan_introspect_write(&b, &identity.claims);

    call->answer = toucan_buf_view(&b);

    return TOUCAN_OK;
}


static toucan_rc_t
ngx_toucan_introspect_open(ngx_toucan_call_t *call, toucan_str_t token,
    toucan_identity_t *identity)
{
    ngx_uint_t            n;
    toucan_rc_t           rc;
    const toucan_jwks_t  *sets[NGX_TOUCAN_MAX_SETS];

    n = ngx_toucan_sets(call->lcf->key_files, call->lcf->derived, sets);

    rc = toucan_authenticate(&call->lcf->policy, sets, n, token, call->now,
                             call->arena, identity);

    return (rc == TOUCAN_OK)
           ? ngx_toucan_revoked(call->lcf, &identity->claims) : rc;
}


/* A key that is bound to an organization, or to tests, asks about these. */

static ngx_uint_t
ngx_toucan_introspect_may(const toucan_apikey_t *key,
    const toucan_claims_t *claims)
{
    return (key->env == TOUCAN_ENV_LIVE || claims->env == key->env)
           && (key->organization.data == NULL
               || toucan_str_eq(key->organization, claims->organization));
}


/* What the caller is not told. */

static void
ngx_toucan_introspect_log(ngx_http_request_t *r, ngx_toucan_call_t *call,
    toucan_rc_t rc)
{
    ngx_str_t  name, sentence, key;

    name = ngx_toucan_ngx_str(toucan_rc_name(rc));
    sentence = ngx_toucan_ngx_str(toucan_rc_sentence(rc));
    key = ngx_toucan_ngx_str(call->apikey->id);

    ngx_log_error(call->lcf->log_level, r->connection->log, 0,
                  "toucan: toucan_introspect answers \"active\":false: %V "
                  "(%V), API key: %V", &name, &sentence, &key);
}


/* "active" and "token_type" are ours, whatever the token says. */

static void
ngx_toucan_introspect_write(toucan_buf_t *b, const toucan_claims_t *claims)
{
    toucan_str_t          name;
    const toucan_doc_t   *doc;
    const toucan_node_t  *root, *node;

    doc = claims->doc;
    root = toucan_json_root(doc);

    toucan_buf_str(b, toucan_cstr("{\"active\":true,"
                                  "\"token_type\":\"Bearer\""));

    for (node = toucan_json_child(doc, root);
         node != NULL;
         node = toucan_json_sibling(doc, root, node))
    {
        name = toucan_json_name(doc, node);

        if (toucan_str_is(name, "active")
            || toucan_str_is(name, "token_type"))
        {
            continue;
        }

        toucan_buf_byte(b, ',');
        toucan_json_write_string(b, name);
        toucan_buf_byte(b, ':');
        toucan_json_write(b, doc, node);
    }

    toucan_buf_str(b, toucan_cstr("}\n"));
}


static toucan_rc_t
ngx_toucan_public_keys(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    ngx_toucan_file_t  **file;

    file = call->lcf->mint_keys->elts;

    call->cache = "public, max-age=300";

    return toucan_jwks_public(file[0]->data, call->arena, &call->answer);
}
