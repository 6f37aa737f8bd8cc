
/*
 * Setters of the directives that say where a token is, and what opens it.
 */


#include "ngx/ngx_toucan_directives.h"


static char *ngx_toucan_token_source(ngx_conf_t *cf, ngx_str_t *value,
    ngx_toucan_source_t *source);
static char *ngx_toucan_token_name(ngx_conf_t *cf,
    ngx_toucan_source_t *source);


char *
ngx_toucan_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t            *value;
    ngx_uint_t            i;
    ngx_toucan_source_t  *source;

    if (lcf->sources != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_toucan_list(cf, &lcf->sources, sizeof(ngx_toucan_source_t))
        == NULL)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        source = ngx_array_push(lcf->sources);
        if (source == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(source, sizeof(ngx_toucan_source_t));

        if (ngx_toucan_token_source(cf, &value[i], source) != NGX_CONF_OK) {
            return ngx_toucan_invalid(cf, cmd, &value[i],
                                      "it must be \"bearer\", \"header=NAME\""
                                      ", \"cookie=NAME\" or \"arg=NAME\", of a "
                                      "name that can hold a token, or "
                                      "\"ws_protocol\"");
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_toucan_token_source(ngx_conf_t *cf, ngx_str_t *value,
    ngx_toucan_source_t *source)
{
    size_t      len;
    ngx_uint_t  i;

    static const struct {
        ngx_str_t            prefix;
        ngx_toucan_source_e  type;
    } types[] = {
        { ngx_string("header="), NGX_TOUCAN_HEADER },
        { ngx_string("cookie="), NGX_TOUCAN_COOKIE },
        { ngx_string("arg="), NGX_TOUCAN_ARG }
    };

    if (ngx_strcmp(value->data, "bearer") == 0) {
        source->type = NGX_TOUCAN_BEARER;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value->data, "ws_protocol") == 0) {
        source->type = NGX_TOUCAN_WS_PROTOCOL;
        return NGX_CONF_OK;
    }

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        len = types[i].prefix.len;

        if (value->len > len
            && ngx_strncmp(value->data, types[i].prefix.data, len) == 0)
        {
            source->type = types[i].type;
            source->name.data = value->data + len;
            source->name.len = value->len - len;

            return ngx_toucan_token_name(cf, source);
        }
    }

    return NGX_CONF_ERROR;
}


/*
 * A header that means something else to nginx or to the gate is no place for
 * a token.  Names are letters, digits, "-" and, but for headers, "_" and ".".
 */

static char *
ngx_toucan_token_name(ngx_conf_t *cf, ngx_toucan_source_t *source)
{
    u_char                   ch;
    ngx_uint_t               i;
    ngx_http_header_t       *known;
    ngx_toucan_main_conf_t  *tmcf;

    static ngx_str_t  taken[] = {
        ngx_string("origin"),
        ngx_string("sec-"),
        ngx_string("access-control-")
    };

    for (i = 0; i < source->name.len; i++) {
        ch = source->name.data[i];

        if (ngx_toucan_header_char(ch) == '-' && ch != '-'
            && (source->type == NGX_TOUCAN_HEADER || (ch != '_' && ch != '.')))
        {
            return NGX_CONF_ERROR;
        }
    }

    if (source->type == NGX_TOUCAN_ARG) {
        tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);

        return (ngx_toucan_remember(&tmcf->arg_names, &source->name) == NGX_OK)
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (source->type != NGX_TOUCAN_HEADER) {
        return NGX_CONF_OK;
    }

    ngx_strlow(source->name.data, source->name.data, source->name.len);

    for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (source->name.len >= taken[i].len
            && ngx_memcmp(source->name.data, taken[i].data, taken[i].len) == 0)
        {
            return NGX_CONF_ERROR;
        }
    }

    for (known = ngx_http_headers_in; known->name.len != 0; known++) {
        if (source->name.len == known->name.len
            && ngx_strncasecmp(source->name.data, known->name.data,
                               known->name.len)
               == 0)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_toucan_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t           *value;
    ngx_toucan_file_t  **file;

    if (ngx_toucan_list(cf, &lcf->key_files, sizeof(ngx_toucan_file_t *))
        == NULL)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return ngx_toucan_invalid(cf, cmd, &value[1], "it must be a path");
    }

    if (lcf->key_files->nelts == NGX_TOUCAN_MAX_KEY_FILES) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "there may be at most 16 key files");
    }

    file = ngx_array_push(lcf->key_files);
    if (file == NULL) {
        return NGX_CONF_ERROR;
    }

    *file = ngx_toucan_file(cf, &value[1], &ngx_toucan_key_file);

    return (*file == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


char *
ngx_toucan_token_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (lcf->max_token_size != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size < 64 || size > TOUCAN_JWT_MAX_SIZE) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "it must be a size from 64 to 64k");
    }

    lcf->max_token_size = size;

    return NGX_CONF_OK;
}
