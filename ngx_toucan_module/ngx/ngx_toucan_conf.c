
/*
 * Configurations: how they are made, inherited, and turned into a policy.
 */


#include "ngx/ngx_toucan_directives.h"
#include "ngx/ngx_toucan_revocation.h"
#include "ngx/ngx_toucan_sources.h"


static void ngx_toucan_merge_lists(ngx_toucan_loc_conf_t *conf,
    ngx_toucan_loc_conf_t *prev);
static char *ngx_toucan_build_policy(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf);
static void ngx_toucan_check_token(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf);
static ngx_int_t ngx_toucan_attr_compare(const void *one, const void *two);
static ngx_int_t ngx_toucan_build_place(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf, toucan_policy_t *policy);
static ngx_int_t ngx_toucan_build_names(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf);
static ngx_int_t ngx_toucan_build_name(ngx_conf_t *cf,
    ngx_toucan_name_t *name, ngx_str_t *prefix, toucan_str_t suffix);


static ngx_str_t  ngx_toucan_default_methods = ngx_string("GET, HEAD, POST");
static ngx_str_t  ngx_toucan_default_headers =
    ngx_string("authorization, content-type");

static toucan_str_t  ngx_toucan_default_roles[] = {
    toucan_string("explorer"),
    toucan_string("maker")
};

static toucan_str_t  ngx_toucan_attr_infix = toucan_string("Attr-");


void *
ngx_toucan_create_main_conf(ngx_conf_t *cf)
{
    ngx_str_t                prefix = ngx_string("x-toucan-");
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_pcalloc(cf->pool, sizeof(ngx_toucan_main_conf_t));
    if (tmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&tmcf->files, cf->pool, 4, sizeof(ngx_toucan_file_t *))
        != NGX_OK
        || ngx_array_init(&tmcf->derived, cf->pool, 2,
                          sizeof(ngx_toucan_derived_t *))
           != NGX_OK
        || ngx_array_init(&tmcf->prefixes, cf->pool, 2, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&tmcf->arg_names, cf->pool, 2, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&tmcf->sessions, cf->pool, 2, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&tmcf->revocations, cf->pool, 2,
                          sizeof(ngx_toucan_revocation_t *))
           != NGX_OK
        || ngx_array_init(&tmcf->caches, cf->pool, 2,
                          sizeof(ngx_shm_zone_t *))
           != NGX_OK
        || ngx_array_init(&tmcf->openers, cf->pool, 2,
                          sizeof(ngx_toucan_opener_t *))
           != NGX_OK
        || ngx_toucan_remember(&tmcf->prefixes, &prefix) != NGX_OK)
    {
        return NULL;
    }

    return tmcf;
}


ngx_int_t
ngx_toucan_remember(ngx_array_t *list, ngx_str_t *name)
{
    ngx_str_t   *elts;
    ngx_uint_t   i;

    elts = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (elts[i].len == name->len
            && ngx_strncmp(elts[i].data, name->data, name->len) == 0)
        {
            return NGX_OK;
        }
    }

    elts = ngx_array_push(list);
    if (elts == NULL) {
        return NGX_ERROR;
    }

    *elts = *name;

    return NGX_OK;
}


void *
ngx_toucan_create_loc_conf(ngx_conf_t *cf)
{
    ngx_toucan_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_toucan_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->types, algs, envs, kinds = 0;
     *     conf->realm, session, cors_*, prefix = { 0, NULL };
     *     conf->policy, all_sources, names, opener;
     *     conf->derived, mint_derived, mint;
     *     conf->endpoint, sso = NULL;
     */

    conf->enable = NGX_CONF_UNSET;

    conf->sources = NGX_CONF_UNSET_PTR;
    conf->key_files = NGX_CONF_UNSET_PTR;
    conf->api_keys = NGX_CONF_UNSET_PTR;
    conf->max_token_size = NGX_CONF_UNSET_SIZE;

    conf->issuers = NGX_CONF_UNSET_PTR;
    conf->audiences = NGX_CONF_UNSET_PTR;
    conf->leeway = NGX_CONF_UNSET;
    conf->max_lifetime = NGX_CONF_UNSET;
    conf->claims = NGX_CONF_UNSET_PTR;

    conf->roles = NGX_CONF_UNSET_PTR;
    conf->attrs = NGX_CONF_UNSET_PTR;
    conf->rules = NGX_CONF_UNSET_PTR;
    conf->objects = NGX_CONF_UNSET_PTR;
    conf->origins = NGX_CONF_UNSET_PTR;
    conf->own_origin = NGX_CONF_UNSET_PTR;

    conf->cors = NGX_CONF_UNSET;
    conf->cors_max_age = NGX_CONF_UNSET;
    conf->frame_ancestors = NGX_CONF_UNSET;

    conf->forward_token = NGX_CONF_UNSET;
    conf->dry_run = NGX_CONF_UNSET;
    conf->log_level = NGX_CONF_UNSET_UINT;
    conf->stream_expiry = NGX_CONF_UNSET;
    conf->revocation = NGX_CONF_UNSET_PTR;
    conf->cache = NGX_CONF_UNSET_PTR;

    conf->mint_keys = NGX_CONF_UNSET_PTR;
    conf->mint_lifetime = NGX_CONF_UNSET;
    conf->max_session = NGX_CONF_UNSET;

    return conf;
}


char *
ngx_toucan_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_toucan_loc_conf_t *prev = parent;
    ngx_toucan_loc_conf_t *conf = child;

    if (conf->enable == NGX_CONF_UNSET) {
        conf->enable = (prev->enable == NGX_CONF_UNSET) ? 0 : prev->enable;
        conf->realm = prev->realm;
    }

    ngx_toucan_merge_lists(conf, prev);

    if (conf->types == 0) {
        conf->types = prev->types ? prev->types : TOUCAN_TYPES_DEFAULT;
    }

    if (conf->algs == 0) {
        conf->algs = prev->algs;
    }

    if (conf->envs == 0) {
        conf->envs = prev->envs ? prev->envs : TOUCAN_ENV_LIVE;
    }

    if (conf->kinds == 0) {
        conf->kinds = prev->kinds ? prev->kinds
                                  : (1 << TOUCAN_KIND_COMPONENT
                                     | 1 << TOUCAN_KIND_FRAME);
    }

    ngx_conf_merge_size_value(conf->max_token_size, prev->max_token_size,
                              8192);
    ngx_conf_merge_value(conf->leeway, prev->leeway, 30);
    ngx_conf_merge_value(conf->max_lifetime, prev->max_lifetime, 3600);
    ngx_conf_merge_ptr_value(conf->own_origin, prev->own_origin, NULL);

    ngx_conf_merge_value(conf->cors, prev->cors, 1);
    ngx_conf_merge_str_value(conf->cors_expose, prev->cors_expose, "");
    ngx_conf_merge_value(conf->cors_max_age, prev->cors_max_age, 600);
    ngx_conf_merge_value(conf->frame_ancestors, prev->frame_ancestors, 1);

    if (conf->cors_methods.data == NULL) {
        conf->cors_methods = prev->cors_methods.data
                             ? prev->cors_methods : ngx_toucan_default_methods;
    }

    if (conf->cors_headers.data == NULL) {
        conf->cors_headers = prev->cors_headers.data
                             ? prev->cors_headers : ngx_toucan_default_headers;
    }

    ngx_conf_merge_str_value(conf->prefix, prev->prefix,
                             NGX_TOUCAN_DEFAULT_PREFIX);
    ngx_conf_merge_value(conf->forward_token, prev->forward_token, 0);
    ngx_conf_merge_value(conf->dry_run, prev->dry_run, 0);
    ngx_conf_merge_uint_value(conf->log_level, prev->log_level, NGX_LOG_INFO);
    ngx_conf_merge_value(conf->stream_expiry, prev->stream_expiry, 1);

    ngx_conf_merge_value(conf->mint_lifetime, prev->mint_lifetime, 900);
    ngx_conf_merge_value(conf->max_session, prev->max_session, 43200);

    if (ngx_toucan_revocation_use(cf, conf) != NGX_CONF_OK
        || ngx_toucan_zone_made(cf, conf->cache, "toucan_cache") != NGX_OK
        || ngx_toucan_session_merge(cf, conf, prev) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->enable && ngx_toucan_build_policy(cf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_toucan_merge_service(cf, conf, prev);

    return conf->endpoint ? ngx_toucan_build_service(cf, conf) : NGX_CONF_OK;
}


/* A list that is set at a level replaces the one above. */

static void
ngx_toucan_merge_lists(ngx_toucan_loc_conf_t *conf,
    ngx_toucan_loc_conf_t *prev)
{
    ngx_conf_merge_ptr_value(conf->sources, prev->sources, NULL);
    ngx_conf_merge_ptr_value(conf->key_files, prev->key_files, NULL);
    ngx_conf_merge_ptr_value(conf->api_keys, prev->api_keys, NULL);
    ngx_conf_merge_ptr_value(conf->mint_keys, prev->mint_keys, NULL);
    ngx_conf_merge_ptr_value(conf->issuers, prev->issuers, NULL);
    ngx_conf_merge_ptr_value(conf->audiences, prev->audiences, NULL);
    ngx_conf_merge_ptr_value(conf->claims, prev->claims, NULL);
    ngx_conf_merge_ptr_value(conf->roles, prev->roles, NULL);
    ngx_conf_merge_ptr_value(conf->attrs, prev->attrs, NULL);
    ngx_conf_merge_ptr_value(conf->rules, prev->rules, NULL);
    ngx_conf_merge_ptr_value(conf->objects, prev->objects, NULL);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);
    ngx_conf_merge_ptr_value(conf->revocation, prev->revocation, NULL);
    ngx_conf_merge_ptr_value(conf->cache, prev->cache, NULL);
}


static char *
ngx_toucan_build_policy(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    toucan_policy_t      *policy;
    ngx_toucan_source_t  *source;

    if (conf->key_files == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"toucan\" is on with the realm \"%V\" but "
                           "there is no \"toucan_key_file\"", &conf->realm);
        return NGX_CONF_ERROR;
    }

    if (conf->sources == NULL) {
        conf->sources = ngx_array_create(cf->pool, 1,
                                         sizeof(ngx_toucan_source_t));
        if (conf->sources == NULL) {
            return NGX_CONF_ERROR;
        }

        source = ngx_array_push(conf->sources);
        if (source == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(source, sizeof(ngx_toucan_source_t));

        source->type = NGX_TOUCAN_BEARER;

    }

    if (ngx_toucan_session_use(cf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->api_keys != NULL) {
        conf->derived = ngx_toucan_derived(cf, conf->key_files,
                                           conf->api_keys);
        if (conf->derived == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    policy = &conf->policy;

    ngx_toucan_build_token(conf, policy);
    ngx_toucan_check_token(cf, conf);
    ngx_toucan_build_identity(conf, policy);

    if (ngx_toucan_build_place(cf, conf, policy) != NGX_OK
        || ngx_toucan_build_names(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_toucan_cache_use(cf, conf);
}


/* Where no content encryption is named, each of them is accepted. */

void
ngx_toucan_build_token(ngx_toucan_loc_conf_t *conf, toucan_policy_t *policy)
{
    toucan_jwt_rules_t  *rules;

    rules = &policy->jwt;

    rules->max_size = conf->max_token_size;
    rules->types = (unsigned) conf->types;

    if (conf->algs == 0) {
        rules->algs = TOUCAN_ALGS_ALL;
        rules->algs_unbound = TOUCAN_ALGS_ALL & ~TOUCAN_ALGS_HMAC;
        return;
    }

    rules->algs = conf->algs;

    if ((rules->algs & TOUCAN_ALGS_ENC) == 0) {
        rules->algs |= TOUCAN_ALGS_ENC;
    }

    rules->algs_unbound = rules->algs;
}


/* Only said: a key file may get the missing key later. */

static void
ngx_toucan_check_token(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    const char           *hint;
    ngx_uint_t            i, n;
    const toucan_jwk_t   *first;
    const toucan_jwks_t  *sets[NGX_TOUCAN_MAX_SETS];

    n = ngx_toucan_sets(conf->key_files, conf->derived, sets);

    if (toucan_pick_possible(&conf->policy.jwt, sets, n)) {
        return;
    }

    hint = "";

    for (i = 0; i < n; i++) {
        first = toucan_jwks_first(sets[i]);

        if (first != NULL && (first->ops & TOUCAN_OP_DERIVE)
            && conf->api_keys == NULL)
        {
            hint = ": a master key needs a \"toucan_api_key_file\"";
        }
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "no token can pass with the realm \"%V\": no key "
                       "in its \"toucan_key_file\" opens a token of "
                       "its \"toucan_type\" with one of its "
                       "\"toucan_algorithms\"%s", &conf->realm, hint);
}


void
ngx_toucan_build_identity(ngx_toucan_loc_conf_t *conf, toucan_policy_t *policy)
{
    policy->issuers = ngx_toucan_strv(conf->issuers);
    policy->audiences = ngx_toucan_strv(conf->audiences);
    policy->leeway = conf->leeway;
    policy->max_lifetime = conf->max_lifetime;

    if (conf->claims) {
        ngx_memcpy(policy->claims, conf->claims->elts,
                   sizeof(policy->claims));
    }

    if (conf->roles == NULL) {
        policy->roles.elts = ngx_toucan_default_roles;
        policy->roles.n = sizeof(ngx_toucan_default_roles)
                          / sizeof(toucan_str_t);

    } else {
        policy->roles = ngx_toucan_strv(conf->roles);
        policy->any_role = (policy->roles.n == 0);
    }

    policy->envs = conf->envs;

    if (conf->attrs) {
        ngx_sort(conf->attrs->elts, conf->attrs->nelts, sizeof(toucan_attr_t),
                 ngx_toucan_attr_compare);

        policy->attrs = conf->attrs->elts;
        policy->nattrs = conf->attrs->nelts;

        toucan_attrs_index(policy);
    }

    if (conf->rules) {
        policy->rules = conf->rules->elts;
        policy->nrules = conf->rules->nelts;
    }
}


/* By column, those without one first, then by name. */

static ngx_int_t
ngx_toucan_attr_compare(const void *one, const void *two)
{
    ngx_int_t             rc;
    const toucan_attr_t  *a, *b;

    a = one;
    b = two;

    rc = ngx_memn2cmp((u_char *) a->column.data, (u_char *) b->column.data,
                      a->column.len, b->column.len);

    return rc ? rc : ngx_memn2cmp((u_char *) a->name.data,
                                  (u_char *) b->name.data,
                                  a->name.len, b->name.len);
}


static ngx_int_t
ngx_toucan_build_place(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf,
    toucan_policy_t *policy)
{
    u_char  *p;

    if (conf->origins == NULL) {
        conf->origins = ngx_toucan_origins(cf);
        if (conf->origins == NULL) {
            return NGX_ERROR;
        }
    }

    if (!conf->origins->finished) {

        if (toucan_origins_finish(conf->origins->origins) != TOUCAN_OK) {
            return NGX_ERROR;
        }

        conf->origins->finished = 1;

        if (conf->frame_ancestors
            && (conf->kinds & (1 << TOUCAN_KIND_FRAME))
            && toucan_origins_ancestors(conf->origins->origins).data == NULL)
        {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "the \"toucan_origin\" list is too long for a "
                               "frame-ancestors header: frames that send no "
                               "Referer are accepted only with tokens that "
                               "name their origins");
        }
    }

    p = ngx_pnalloc(cf->pool, NGX_TIME_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    policy->kinds = conf->kinds;
    policy->origins = conf->origins->origins;
    policy->frame_ancestors = conf->frame_ancestors;

    policy->cors.enabled = conf->cors;
    policy->cors.methods = ngx_toucan_view(conf->cors_methods);
    policy->cors.headers = ngx_toucan_view(conf->cors_headers);
    policy->cors.expose = ngx_toucan_view(conf->cors_expose);
    policy->cors.max_age = toucan_str(p, ngx_sprintf(p, "%T",
                                                     conf->cors_max_age) - p);

    return NGX_OK;
}


static ngx_int_t
ngx_toucan_build_names(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    ngx_str_t         attr_prefix;
    ngx_uint_t        i;
    toucan_policy_t  *policy;

    policy = &conf->policy;

    conf->names = ngx_palloc(cf->pool, (TOUCAN_HEADER_MAX + policy->nattrs)
                                       * sizeof(ngx_toucan_name_t));

    attr_prefix.len = conf->prefix.len + ngx_toucan_attr_infix.len;
    attr_prefix.data = ngx_pnalloc(cf->pool, attr_prefix.len);

    if (conf->names == NULL || attr_prefix.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ngx_cpymem(attr_prefix.data, conf->prefix.data,
                          conf->prefix.len),
               ngx_toucan_attr_infix.data, ngx_toucan_attr_infix.len);

    for (i = 0; i < TOUCAN_HEADER_MAX; i++) {
        if (ngx_toucan_build_name(cf, &conf->names[i], &conf->prefix,
                                  toucan_header_suffix(i))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < policy->nattrs; i++) {
        if (ngx_toucan_build_name(cf, &conf->names[TOUCAN_HEADER_MAX + i],
                                  &attr_prefix, policy->attrs[i].name)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* An underscore would be dropped, or read as "-", by the next hop. */

static ngx_int_t
ngx_toucan_build_name(ngx_conf_t *cf, ngx_toucan_name_t *name,
    ngx_str_t *prefix, toucan_str_t suffix)
{
    u_char      *p;
    ngx_uint_t   i;

    name->key.len = prefix->len + suffix.len;
    name->key.data = ngx_pnalloc(cf->pool, name->key.len);
    name->lowcase = ngx_pnalloc(cf->pool, name->key.len);

    if (name->key.data == NULL || name->lowcase == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(name->key.data, prefix->data, prefix->len);

    for (i = 0; i < suffix.len; i++) {
        *p++ = (suffix.data[i] == '_') ? '-' : suffix.data[i];
    }

    name->hash = ngx_hash_strlow(name->lowcase, name->key.data, name->key.len);

    return NGX_OK;
}


toucan_strv_t
ngx_toucan_strv(ngx_array_t *a)
{
    toucan_strv_t  v;

    v.elts = a ? a->elts : NULL;
    v.n = a ? a->nelts : 0;

    return v;
}
