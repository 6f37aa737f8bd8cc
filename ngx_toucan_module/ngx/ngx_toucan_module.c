
/*
 * The module's tables: where nginx calls in.
 */


#include "ngx/ngx_toucan_stream.h"


static ngx_int_t ngx_toucan_init(ngx_conf_t *cf);
static ngx_int_t ngx_toucan_init_process(ngx_cycle_t *cycle);


typedef struct {
    ngx_http_phases          phase;
    ngx_http_handler_pt      handler;
} ngx_toucan_phase_t;


static const ngx_toucan_phase_t  ngx_toucan_phases[] = {
    { NGX_HTTP_POST_READ_PHASE, ngx_toucan_post_read_handler },
    { NGX_HTTP_SERVER_REWRITE_PHASE, ngx_toucan_rewrite_handler },
    { NGX_HTTP_REWRITE_PHASE, ngx_toucan_rewrite_handler },
    { NGX_HTTP_PREACCESS_PHASE, ngx_toucan_preaccess_handler },
    { NGX_HTTP_ACCESS_PHASE, ngx_toucan_access_handler },
    { NGX_HTTP_PRECONTENT_PHASE, ngx_toucan_precontent_handler }
};


static ngx_http_module_t  ngx_toucan_module_ctx = {
    ngx_toucan_add_variables,              /* preconfiguration */
    ngx_toucan_init,                       /* postconfiguration */

    ngx_toucan_create_main_conf,           /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_toucan_create_loc_conf,            /* create location configuration */
    ngx_toucan_merge_loc_conf              /* merge location configuration */
};


ngx_module_t  ngx_toucan_module = {
    NGX_MODULE_V1,
    &ngx_toucan_module_ctx,                /* module context */
    ngx_toucan_commands,                   /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_toucan_init_process,               /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_toucan_init(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (i = 0; i < sizeof(ngx_toucan_phases) / sizeof(ngx_toucan_phase_t);
         i++)
    {
        h = ngx_array_push(&cmcf->phases[ngx_toucan_phases[i].phase].handlers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = ngx_toucan_phases[i].handler;
    }

    return ngx_toucan_filter_init(cf);
}


static ngx_int_t
ngx_toucan_init_process(ngx_cycle_t *cycle)
{
    ngx_toucan_main_conf_t  *tmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    tmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_toucan_module);

    if (tmcf == NULL || tmcf->files.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_toucan_uncache_variables(cycle, tmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_toucan_zones_init(cycle, tmcf) != NGX_OK
        || ngx_toucan_streams_init(cycle, tmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_toucan_watch_init(cycle, tmcf);
}
