
/*
 * The table of directives, and the setters that several of them share.  A
 * value that is not understood is quoted and ends the start.
 */


#include "ngx/ngx_toucan_directives.h"
#include "ngx/ngx_toucan_service.h"


/* Names that stand for bits of a set. */

typedef struct {
    uint64_t               (*bit)(toucan_str_t name);   /* 0: no such name */
    const char              *why;
} ngx_toucan_names_t;


static uint64_t ngx_toucan_type_bit(toucan_str_t name);
static uint64_t ngx_toucan_alg_bit(toucan_str_t name);
static uint64_t ngx_toucan_env_bit(toucan_str_t name);
static uint64_t ngx_toucan_kind_bit(toucan_str_t name);
static char *ngx_toucan_bits(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_toucan_gate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_toucan_seconds(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_toucan_join(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_toucan_prefix(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#define NGX_TOUCAN_ANYWHERE                                                   \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF


static ngx_toucan_names_t  ngx_toucan_type_names = {
    ngx_toucan_type_bit, "it must be \"signed\", \"encrypted\", \"nested\" "
                         "or \"sealed\""
};

static ngx_toucan_names_t  ngx_toucan_alg_names = {
    ngx_toucan_alg_bit, "it is no algorithm that is offered"
};

static ngx_toucan_names_t  ngx_toucan_env_names = {
    ngx_toucan_env_bit, "it must be \"live\" or \"sandbox\""
};

static ngx_toucan_names_t  ngx_toucan_kind_names = {
    ngx_toucan_kind_bit, "it must be \"component\", \"frame\", \"own\", "
                         "\"page\" or \"server\""
};


static ngx_conf_enum_t  ngx_toucan_log_levels[] = {
    { ngx_string("info"), NGX_LOG_INFO },
    { ngx_string("notice"), NGX_LOG_NOTICE },
    { ngx_string("warn"), NGX_LOG_WARN },
    { ngx_string("error"), NGX_LOG_ERR },
    { ngx_null_string, 0 }
};


#define NGX_TOUCAN_DIRECTIVE(name, args, set, field, post)                    \
    { ngx_string(name), NGX_TOUCAN_ANYWHERE|args, set,                        \
      NGX_HTTP_LOC_CONF_OFFSET, offsetof(ngx_toucan_loc_conf_t, field), post }


#define NGX_TOUCAN_ENDPOINT(name, args, set, endpoint)                        \
    { ngx_string(name), NGX_HTTP_LOC_CONF|args, set,                          \
      NGX_HTTP_LOC_CONF_OFFSET, 0, (void *) endpoint }


ngx_command_t  ngx_toucan_commands[] = {

    NGX_TOUCAN_DIRECTIVE("toucan", NGX_CONF_TAKE1,
                         ngx_toucan_gate, enable, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_token", NGX_CONF_1MORE,
                         ngx_toucan_token, sources, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_session", NGX_CONF_TAKE1,
                         ngx_toucan_session, session, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_key_file", NGX_CONF_TAKE1,
                         ngx_toucan_keys, key_files, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_algorithms", NGX_CONF_1MORE,
                         ngx_toucan_bits, algs,
                         &ngx_toucan_alg_names),
    NGX_TOUCAN_DIRECTIVE("toucan_type", NGX_CONF_1MORE,
                         ngx_toucan_bits, types,
                         &ngx_toucan_type_names),
    NGX_TOUCAN_DIRECTIVE("toucan_issuer", NGX_CONF_1MORE,
                         ngx_toucan_strings, issuers, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_audience", NGX_CONF_1MORE,
                         ngx_toucan_strings, audiences, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_leeway", NGX_CONF_TAKE1,
                         ngx_toucan_seconds, leeway, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_max_lifetime", NGX_CONF_TAKE1,
                         ngx_toucan_seconds, max_lifetime, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_max_token_size", NGX_CONF_TAKE1,
                         ngx_toucan_token_size, max_token_size, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_claim", NGX_CONF_TAKE2,
                         ngx_toucan_claim, claims, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_roles", NGX_CONF_1MORE,
                         ngx_toucan_roles, roles, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_env", NGX_CONF_TAKE12,
                         ngx_toucan_bits, envs,
                         &ngx_toucan_env_names),
    NGX_TOUCAN_DIRECTIVE("toucan_attribute", NGX_CONF_1MORE,
                         ngx_toucan_attribute, attrs, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_permission", NGX_CONF_TAKE23,
                         ngx_toucan_permission, rules, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_embed", NGX_CONF_1MORE,
                         ngx_toucan_bits, kinds,
                         &ngx_toucan_kind_names),
    NGX_TOUCAN_DIRECTIVE("toucan_origin", NGX_CONF_1MORE,
                         ngx_toucan_origin, origins, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_own_origin", NGX_CONF_TAKE1,
                         ngx_toucan_own_origin, own_origin, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_cors", NGX_CONF_FLAG,
                         ngx_conf_set_flag_slot, cors, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_cors_methods", NGX_CONF_1MORE,
                         ngx_toucan_join, cors_methods, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_cors_headers", NGX_CONF_1MORE,
                         ngx_toucan_join, cors_headers, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_cors_expose", NGX_CONF_1MORE,
                         ngx_toucan_join, cors_expose, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_cors_max_age", NGX_CONF_TAKE1,
                         ngx_toucan_seconds, cors_max_age, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_frame_ancestors", NGX_CONF_FLAG,
                         ngx_conf_set_flag_slot, frame_ancestors, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_header_prefix", NGX_CONF_TAKE1,
                         ngx_toucan_prefix, prefix, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_forward_token", NGX_CONF_FLAG,
                         ngx_conf_set_flag_slot, forward_token, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_dry_run", NGX_CONF_FLAG,
                         ngx_conf_set_flag_slot, dry_run, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_log_level", NGX_CONF_TAKE1,
                         ngx_conf_set_enum_slot, log_level,
                         ngx_toucan_log_levels),
    NGX_TOUCAN_DIRECTIVE("toucan_stream_expiry", NGX_CONF_FLAG,
                         ngx_conf_set_flag_slot, stream_expiry, NULL),

    NGX_TOUCAN_DIRECTIVE("toucan_api_key_file", NGX_CONF_TAKE1,
                         ngx_toucan_api_keys, api_keys, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_mint_key_file", NGX_CONF_TAKE1,
                         ngx_toucan_mint_keys, mint_keys, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_mint_lifetime", NGX_CONF_TAKE1,
                         ngx_toucan_seconds, mint_lifetime, NULL),
    NGX_TOUCAN_DIRECTIVE("toucan_max_session", NGX_CONF_TAKE1,
                         ngx_toucan_seconds, max_session, NULL),

    { ngx_string("toucan_revocation_zone"), NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_toucan_revocation_zone, 0, 0, NULL },

    NGX_TOUCAN_DIRECTIVE("toucan_revocation", NGX_CONF_TAKE1,
                         ngx_toucan_revocation, revocation, NULL),

    { ngx_string("toucan_cache_zone"), NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_toucan_cache_zone, 0, 0, NULL },

    NGX_TOUCAN_DIRECTIVE("toucan_cache", NGX_CONF_TAKE1,
                         ngx_toucan_cache, cache, NULL),

    NGX_TOUCAN_ENDPOINT("toucan_mint", NGX_CONF_NOARGS, ngx_toucan_endpoint,
                        &ngx_toucan_mint_endpoint),
    NGX_TOUCAN_ENDPOINT("toucan_refresh", NGX_CONF_NOARGS, ngx_toucan_endpoint,
                        &ngx_toucan_refresh_endpoint),
    NGX_TOUCAN_ENDPOINT("toucan_exchange", NGX_CONF_1MORE, ngx_toucan_exchange,
                        &ngx_toucan_exchange_endpoint),
    NGX_TOUCAN_ENDPOINT("toucan_introspect", NGX_CONF_NOARGS,
                        ngx_toucan_endpoint, &ngx_toucan_introspect_endpoint),
    NGX_TOUCAN_ENDPOINT("toucan_revoke", NGX_CONF_NOARGS, ngx_toucan_endpoint,
                        &ngx_toucan_revoke_endpoint),
    NGX_TOUCAN_ENDPOINT("toucan_keys", NGX_CONF_NOARGS, ngx_toucan_endpoint,
                        &ngx_toucan_keys_endpoint),

    ngx_null_command
};


char *
ngx_toucan_invalid(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *value,
    const char *why)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in the \"%V\" directive: %s",
                       value, &cmd->name, why);

    return NGX_CONF_ERROR;
}


ngx_array_t *
ngx_toucan_list(ngx_conf_t *cf, ngx_array_t **list, size_t size)
{
    if (*list == NGX_CONF_UNSET_PTR) {
        *list = ngx_array_create(cf->pool, 4, size);
    }

    return *list;
}


static char *
ngx_toucan_gate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (lcf->enable != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->enable = 0;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "it must be a realm or \"off\"");
    }

    for (i = 0; i < value[1].len; i++) {
        if (value[1].data[i] < 0x20 || value[1].data[i] > 0x7e
            || value[1].data[i] == '"' || value[1].data[i] == '\\')
        {
            return ngx_toucan_invalid(cf, cmd, &value[1],
                                      "a realm is printable ASCII without "
                                      "quotes and backslashes");
        }
    }

    lcf->enable = 1;
    lcf->realm = value[1];

    return NGX_CONF_OK;
}


char *
ngx_toucan_strings(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t      *value;
    ngx_uint_t      i;
    ngx_array_t   **list;
    toucan_str_t   *s;

    list = (ngx_array_t **) ((char *) conf + cmd->offset);

    if (*list != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_toucan_list(cf, list, sizeof(toucan_str_t)) == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return ngx_toucan_invalid(cf, cmd, &value[i],
                                      "it must not be empty");
        }

        s = ngx_array_push(*list);
        if (s == NULL) {
            return NGX_CONF_ERROR;
        }

        *s = ngx_toucan_view(value[i]);
    }

    return NGX_CONF_OK;
}


static char *
ngx_toucan_seconds(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    time_t     *field;
    ngx_str_t  *value;

    field = (time_t *) ((char *) conf + cmd->offset);

    if (*field != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    *field = ngx_parse_time(&value[1], 1);

    if (*field == (time_t) NGX_ERROR) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "it must be a time, such as \"30s\"");
    }

    return NGX_CONF_OK;
}


static char *
ngx_toucan_bits(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    uint64_t             bit, *field;
    ngx_str_t           *value;
    ngx_uint_t           i;
    ngx_toucan_names_t  *names;

    field = (uint64_t *) ((char *) conf + cmd->offset);
    names = cmd->post;

    if (*field != 0) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        bit = names->bit(ngx_toucan_view(value[i]));

        if (bit == 0) {
            return ngx_toucan_invalid(cf, cmd, &value[i], names->why);
        }

        *field |= bit;
    }

    return NGX_CONF_OK;
}


static uint64_t
ngx_toucan_type_bit(toucan_str_t name)
{
    return toucan_type_find(name);
}


static uint64_t
ngx_toucan_alg_bit(toucan_str_t name)
{
    const toucan_alg_t  *alg;
    const toucan_enc_t  *enc;

    alg = toucan_alg_find(name);
    enc = toucan_enc_find(name);

    return (alg != NULL) ? alg->bit : (enc != NULL) ? enc->bit : 0;
}


static uint64_t
ngx_toucan_env_bit(toucan_str_t name)
{
    return toucan_env_find(name);
}


static uint64_t
ngx_toucan_kind_bit(toucan_str_t name)
{
    toucan_kind_e  kind;

    kind = toucan_kind_find(name);

    return (kind == TOUCAN_KIND_MAX) ? 0 : 1 << kind;
}


/* Names, joined the way their header wants them. */

static char *
ngx_toucan_join(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char      *p;
    size_t       len;
    ngx_str_t   *value, *field;
    ngx_uint_t   i, k;

    field = (ngx_str_t *) ((char *) conf + cmd->offset);

    if (field->data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;
    len = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        for (k = 0; k < value[i].len; k++) {
            if (ngx_toucan_header_char(value[i].data[k]) == '-'
                && value[i].data[k] != '-' && value[i].data[k] != '_')
            {
                break;
            }
        }

        if (k < value[i].len || k == 0) {
            return ngx_toucan_invalid(cf, cmd, &value[i],
                                      "it must be a single name");
        }

        len += value[i].len + 2;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    field->data = p;

    for (i = 1; i < cf->args->nelts; i++) {

        if (i > 1) {
            *p++ = ',';
            *p++ = ' ';
        }

        p = ngx_cpymem(p, value[i].data, value[i].len);
    }

    field->len = p - field->data;

    return NGX_CONF_OK;
}


/*
 * Every request loses the headers that begin so; a prefix of headers that
 * mean something would break the server.
 */

static char *
ngx_toucan_prefix(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t               *value, name;
    ngx_uint_t               i;
    ngx_toucan_main_conf_t  *tmcf;

    if (lcf->prefix.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < value[1].len; i++) {
        if (ngx_toucan_header_char(value[1].data[i]) == '-'
            && value[1].data[i] != '-')
        {
            break;
        }
    }

    if (i < value[1].len || value[1].len < 4 || value[1].len > 64
        || ngx_strncasecmp(value[1].data, (u_char *) "X-", 2) != 0
        || value[1].data[value[1].len - 1] != '-'
        || ngx_strncasecmp(value[1].data, (u_char *) "X-Forwarded-",
                           value[1].len) == 0)
    {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "it must be letters, digits and \"-\", "
                                  "begin with \"X-\" and end with \"-\"");
    }

    lcf->prefix = value[1];

    name.len = value[1].len;
    name.data = ngx_pnalloc(cf->pool, name.len);
    if (name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(name.data, value[1].data, value[1].len);

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);

    return (ngx_toucan_remember(&tmcf->prefixes, &name) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}
