
/*
 * Setters of the directives that say from where a request may come.
 */


#include "ngx/ngx_toucan_directives.h"


static void ngx_toucan_origins_cleanup(void *data);


ngx_toucan_origins_t *
ngx_toucan_origins(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t    *cln;
    ngx_toucan_origins_t  *origins;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_toucan_origins_t));
    if (cln == NULL) {
        return NULL;
    }

    origins = cln->data;
    ngx_memzero(origins, sizeof(ngx_toucan_origins_t));
    cln->handler = ngx_toucan_origins_cleanup;

    origins->origins = toucan_origins_create();

    return (origins->origins == NULL) ? NULL : origins;
}


static void
ngx_toucan_origins_cleanup(void *data)
{
    ngx_toucan_origins_t *origins = data;

    toucan_origins_free(origins->origins);
}


char *
ngx_toucan_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t            *value;
    ngx_uint_t            i;
    toucan_rc_t           rc;
    toucan_diag_t         diag;
    ngx_toucan_origins_t *origins;

    if (lcf->origins == NGX_CONF_UNSET_PTR) {
        lcf->origins = ngx_toucan_origins(cf);
        if (lcf->origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    origins = lcf->origins;
    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (origins->none) {
            return ngx_toucan_invalid(cf, cmd, &value[i],
                                      "there may be no entry beside "
                                      "\"none\"");
        }

        if (ngx_strcmp(value[i].data, "none") == 0) {

            if (!toucan_origins_empty(origins->origins)) {
                return ngx_toucan_invalid(cf, cmd, &value[i],
                                          "there are other entries");
            }

            origins->none = 1;
            continue;
        }

        toucan_diag_init(&diag);

        rc = toucan_origins_add(origins->origins, ngx_toucan_view(value[i]),
                                &diag);

        if (rc != TOUCAN_OK) {
            return ngx_toucan_invalid(cf, cmd, &value[i], diag.error);
        }

        if (diag.warnings) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "%s", diag.warning);
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_toucan_own_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t        *value;
    toucan_origin_t   origin;

    value = cf->args->elts;

    if (ngx_strcasestrn(value[1].data, "$toucan_", sizeof("$toucan_") - 2)
        || ngx_strcasestrn(value[1].data, "${toucan_",
                           sizeof("${toucan_") - 2))
    {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "what the gate finds depends on it");
    }

    if (ngx_http_script_variables_count(&value[1]) == 0
        && toucan_origin_parse(&origin, ngx_toucan_view(value[1]))
           != TOUCAN_OK)
    {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "it must be an origin, such as "
                                  "\"https://analytics.example.com\"");
    }

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}
