
/*
 * Directives of the token service: its files, its endpoints, and what a
 * location must have for each of them.
 */


#include "ngx/ngx_toucan_service.h"
#include "ngx/ngx_toucan_directives.h"


static char *ngx_toucan_exchange_option(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, ngx_toucan_sso_t *sso);
static char *ngx_toucan_service_check(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf);
static char *ngx_toucan_service_fails(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf, const char *what);
static char *ngx_toucan_build_mint(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf);
static char *ngx_toucan_build_sso(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf);
static ngx_int_t ngx_toucan_build_bound(ngx_conf_t *cf,
    ngx_toucan_sso_t *sso);


char *
ngx_toucan_api_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    if (lcf->api_keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return ngx_toucan_invalid(cf, cmd, &value[1], "it must be a path");
    }

    lcf->api_keys = ngx_toucan_file(cf, &value[1], &ngx_toucan_api_key_file);

    return (lcf->api_keys == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


char *
ngx_toucan_mint_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t           *value;
    ngx_toucan_file_t  **file;

    if (lcf->mint_keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return ngx_toucan_invalid(cf, cmd, &value[1], "it must be a path");
    }

    lcf->mint_keys = ngx_array_create(cf->pool, 1,
                                      sizeof(ngx_toucan_file_t *));
    if (lcf->mint_keys == NULL) {
        return NGX_CONF_ERROR;
    }

    file = ngx_array_push(lcf->mint_keys);
    *file = ngx_toucan_file(cf, &value[1], &ngx_toucan_mint_key_file);

    return (*file == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


/* cmd->post is the endpoint. */

char *
ngx_toucan_endpoint(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_http_core_loc_conf_t  *clcf;

    if (lcf->endpoint == cmd->post) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (lcf->endpoint != NULL || clcf->handler != NULL) {
        return "stands beside another handler of its location";
    }

    lcf->endpoint = cmd->post;
    clcf->handler = ngx_toucan_endpoint_handler;

    return NGX_CONF_OK;
}


char *
ngx_toucan_exchange(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    char              *rv;
    ngx_str_t         *value;
    ngx_uint_t         i;
    ngx_toucan_sso_t  *sso;

    rv = ngx_toucan_endpoint(cf, cmd, conf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    sso = ngx_pcalloc(cf->pool, sizeof(ngx_toucan_sso_t));
    if (sso == NULL) {
        return NGX_CONF_ERROR;
    }

    sso->key_files = ngx_array_create(cf->pool, 1,
                                      sizeof(ngx_toucan_file_t *));
    sso->issuers = ngx_array_create(cf->pool, 1, sizeof(toucan_str_t));
    sso->audiences = ngx_array_create(cf->pool, 1, sizeof(toucan_str_t));

    if (sso->key_files == NULL || sso->issuers == NULL
        || sso->audiences == NULL)
    {
        return NGX_CONF_ERROR;
    }

    lcf->sso = sso;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_toucan_exchange_option(cf, cmd, &value[i], sso)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (sso->key_files->nelts == 0 || sso->issuers->nelts != 1
        || sso->audiences->nelts == 0)
    {
        return "needs \"key_file=PATH\", one \"issuer=VALUE\" and "
               "\"audience=VALUE\"";
    }

    return ngx_toucan_build_bound(cf, sso) == NGX_OK ? NGX_CONF_OK
           : "has a \"grant=\" that is no JSON object of models and actions";
}


static char *
ngx_toucan_exchange_option(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, ngx_toucan_sso_t *sso)
{
    ngx_str_t            v;
    ngx_array_t         *list;
    toucan_str_t        *s;
    ngx_toucan_file_t  **file;

    v.data = (u_char *) ngx_strchr(value->data, '=');
    v.len = (v.data == NULL) ? 0 : value->data + value->len - v.data - 1;

    if (v.len == 0) {
        return ngx_toucan_invalid(cf, cmd, value,
                                  "it must be \"key_file=PATH\", "
                                  "\"issuer=VALUE\", \"audience=VALUE\", "
                                  "\"organization=VALUE\" or "
                                  "\"grant=JSON\"");
    }

    v.data++;
    list = NULL;

    if (ngx_strncmp(value->data, "key_file=", 9) == 0) {

        if (sso->key_files->nelts == NGX_TOUCAN_MAX_KEY_FILES) {
            return ngx_toucan_invalid(cf, cmd, value,
                                      "there may be at most 16 key files");
        }

        file = ngx_array_push(sso->key_files);
        if (file == NULL) {
            return NGX_CONF_ERROR;
        }

        *file = ngx_toucan_file(cf, &v, &ngx_toucan_key_file);

        return (*file == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "grant=", 6) == 0 && sso->grant.data == NULL)
    {
        sso->grant = v;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "organization=", 13) == 0
        && sso->organization.data == NULL)
    {
        sso->organization = v;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "issuer=", 7) == 0) {
        list = sso->issuers;

    } else if (ngx_strncmp(value->data, "audience=", 9) == 0) {
        list = sso->audiences;
    }

    if (list == NULL || (list == sso->issuers && list->nelts != 0)) {
        return ngx_toucan_invalid(cf, cmd, value,
                                  "it is no parameter, or stands twice");
    }

    s = ngx_array_push(list);
    if (s == NULL) {
        return NGX_CONF_ERROR;
    }

    *s = ngx_toucan_view(v);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_toucan_build_bound(ngx_conf_t *cf, ngx_toucan_sso_t *sso)
{
    toucan_arena_t       arena;
    const toucan_doc_t  *doc;

    if (sso->grant.data == NULL) {
        return NGX_OK;
    }

    arena = ngx_toucan_arena(cf->pool);

    if (toucan_json_parse(ngx_toucan_view(sso->grant),
                          &toucan_json_token_limits, &arena, &doc)
        != TOUCAN_OK
        || !toucan_permissions_wellformed(doc, toucan_json_root(doc)))
    {
        return NGX_ERROR;
    }

    sso->bound.doc = doc;
    sso->bound.node = toucan_json_root(doc);

    return NGX_OK;
}


/* A block such as "if" is the location that it stands in. */

void
ngx_toucan_merge_service(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf,
    ngx_toucan_loc_conf_t *prev)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && clcf->handler == NULL && prev->endpoint != NULL) {
        conf->endpoint = prev->endpoint;
        conf->sso = prev->sso;
        clcf->handler = ngx_toucan_endpoint_handler;
    }
}


char *
ngx_toucan_build_service(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    ngx_uint_t                 needs;
    ngx_http_core_loc_conf_t  *clcf;

    if (ngx_toucan_service_check(cf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    needs = conf->endpoint->needs;

    /* a body that the service takes is never written to a disk */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->client_body_buffer_size < NGX_TOUCAN_BODY_BUFFER) {
        clcf->client_body_buffer_size = NGX_TOUCAN_BODY_BUFFER;
    }

    if (!conf->enable) {
        ngx_toucan_build_token(conf, &conf->policy);
        ngx_toucan_build_identity(conf, &conf->policy);

        if ((needs & NGX_TOUCAN_NEEDS_KEYS) && conf->api_keys != NULL) {
            conf->derived = ngx_toucan_derived(cf, conf->key_files,
                                               conf->api_keys);
            if (conf->derived == NULL) {
                return NGX_CONF_ERROR;
            }
        }
    }

    if ((needs & NGX_TOUCAN_NEEDS_MINT)
        && ngx_toucan_build_mint(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return conf->sso ? ngx_toucan_build_sso(cf, conf) : NGX_CONF_OK;
}


static char *
ngx_toucan_service_check(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    ngx_uint_t                 needs;
    ngx_http_core_loc_conf_t  *clcf;

    needs = conf->endpoint->needs;

    /* one that came later took our place */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != ngx_toucan_endpoint_handler) {
        return ngx_toucan_service_fails(cf, conf,
                                        "a location without another handler");
    }

    if ((needs & NGX_TOUCAN_NEEDS_GATE) && !conf->enable) {
        return ngx_toucan_service_fails(cf, conf,
                                        "\"toucan\" with a realm");
    }

    if (!(needs & NGX_TOUCAN_NEEDS_GATE) && conf->enable) {
        return ngx_toucan_service_fails(cf, conf, "\"toucan off\"");
    }

    if (conf->endpoint->scope != 0 && conf->api_keys == NULL) {
        return ngx_toucan_service_fails(cf, conf,
                                        "a \"toucan_api_key_file\"");
    }

    if ((needs & NGX_TOUCAN_NEEDS_KEYS) && conf->key_files == NULL) {
        return ngx_toucan_service_fails(cf, conf, "a \"toucan_key_file\"");
    }

    if ((needs & (NGX_TOUCAN_NEEDS_MINT|NGX_TOUCAN_NEEDS_MINT_KEYS))
        && conf->mint_keys == NULL)
    {
        return ngx_toucan_service_fails(cf, conf,
                                        "a \"toucan_mint_key_file\"");
    }

    if ((needs & NGX_TOUCAN_NEEDS_MINT)
        && (conf->issuers == NULL || conf->audiences == NULL))
    {
        return ngx_toucan_service_fails(cf, conf,
                                        "a \"toucan_issuer\" and a "
                                        "\"toucan_audience\"");
    }

    if ((needs & NGX_TOUCAN_NEEDS_REVOCATION) && conf->revocation == NULL) {
        return ngx_toucan_service_fails(cf, conf, "a \"toucan_revocation\"");
    }

    /*
     * what a refresh reads in one place it would write to another; and a gate
     * would not find the bounds of what is minted
     */

    if ((needs & NGX_TOUCAN_NEEDS_MINT) && conf->sso == NULL
        && conf->claims != NULL)
    {
        return ngx_toucan_service_fails(cf, conf,
                                        "a location without \"toucan_claim\"");
    }

    return NGX_CONF_OK;
}


static char *
ngx_toucan_service_fails(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf,
    const char *what)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" in the location \"%V\" needs %s",
                       &conf->endpoint->name, &clcf->name, what);

    return NGX_CONF_ERROR;
}


static char *
ngx_toucan_build_mint(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    ngx_toucan_file_t   **file;
    const toucan_jwk_t   *first;
    toucan_mint_rules_t  *mint;

    mint = &conf->mint;

    mint->policy = &conf->policy;
    mint->issuer = ((toucan_str_t *) conf->issuers->elts)[0];
    mint->audience = ((toucan_str_t *) conf->audiences->elts)[0];
    mint->lifetime = conf->mint_lifetime;
    mint->max_session = conf->max_session;

    if (mint->lifetime < 1 || mint->max_session < mint->lifetime
        || (conf->max_lifetime != 0 && conf->max_lifetime < mint->lifetime))
    {
        return ngx_toucan_service_fails(cf, conf,
                                        "a \"toucan_mint_lifetime\" of at "
                                        "least a second, and no longer than "
                                        "\"toucan_max_session\" and "
                                        "\"toucan_max_lifetime\"");
    }

    file = conf->mint_keys->elts;
    first = toucan_jwks_first(file[0]->data);

    if (first == NULL || !toucan_mint_usable(first)) {
        return ngx_toucan_service_fails(cf, conf,
                                        "a key that signs, or a master key, "
                                        "as the first one of its "
                                        "\"toucan_mint_key_file\"");
    }

    if (conf->api_keys != NULL) {
        conf->mint_derived = ngx_toucan_derived(cf, conf->mint_keys,
                                                conf->api_keys);
        if (conf->mint_derived == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (conf->sso != NULL && (first->ops & TOUCAN_OP_DERIVE)) {
        return ngx_toucan_service_fails(cf, conf,
                                        "a key that signs: content keys "
                                        "belong to API keys, which an ID "
                                        "token has not");
    }

    return NGX_CONF_OK;
}


/*
 * An ID token lasts as long as its issuer says.  A token of ours is none: it
 * would begin session after session, of no API key.
 */

static char *
ngx_toucan_build_sso(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    toucan_path_t     *path;
    toucan_policy_t   *policy;
    ngx_toucan_sso_t  *sso;

    sso = conf->sso;
    policy = &sso->policy;

    *policy = conf->policy;

    policy->jwt.types &= TOUCAN_TYPE_SIGNED | TOUCAN_TYPE_NESTED;
    policy->issuers = ngx_toucan_strv(sso->issuers);
    policy->audiences = ngx_toucan_strv(sso->audiences);
    policy->max_lifetime = 0;

    if (toucan_str_eq(policy->issuers.elts[0], conf->mint.issuer)) {
        return ngx_toucan_service_fails(cf, conf,
                                        "an \"issuer=\" other than the first "
                                        "\"toucan_issuer\"");
    }

    path = &policy->claims[TOUCAN_CLAIM_DISTINCT_ID];

    if (path->n == 0) {
        path->segments[0] = toucan_cstr("sub");
        path->n = 1;
    }

    if (policy->jwt.types == 0) {
        return ngx_toucan_service_fails(cf, conf,
                                        "\"toucan_type\" with \"signed\" or "
                                        "\"nested\"");
    }

    return NGX_CONF_OK;
}
