
/*
 * Where tokens come from: the sources, one by one, and the session in a
 * frame, whose cookie is one of them.
 */


#ifndef _NGX_TOUCAN_SOURCES_H_INCLUDED_
#define _NGX_TOUCAN_SOURCES_H_INCLUDED_


#include "ngx/ngx_toucan.h"


/* What one source holds. */

typedef struct {
    toucan_str_t                 value;
    ngx_uint_t                   count;
    ngx_uint_t                   offered;   /* 1: a WebSocket's "toucan" */
} ngx_toucan_found_t;


/* ngx_toucan_sources.c */

/* Sets found to what the request holds there now. */
void ngx_toucan_source_find(ngx_http_request_t *r,
    ngx_toucan_source_t *source, ngx_toucan_found_t *found);

/* Takes it out of what upstreams are given. */
ngx_int_t ngx_toucan_source_remove(ngx_http_request_t *r,
    ngx_toucan_source_t *source);

/* ngx_toucan_session.c */

/* Its part of the merge; and, where the gate is on, the list of all sources. */
char *ngx_toucan_session_merge(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf,
    ngx_toucan_loc_conf_t *prev);
char *ngx_toucan_session_use(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf);

/*
 * A request that the policy accepts, with its token in the URL of a frame, in a
 * location with a session: the status of the answer that puts it into the
 * cookie.  NGX_DECLINED when it is no such request; ctx->rc is then
 * TOUCAN_EXPIRED when no cookie can hold the token, whose exp has passed.
 */
ngx_int_t ngx_toucan_session_begin(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);

/* The page for a frame without a token; absent when it is none.  Static. */
toucan_str_t ngx_toucan_session_page(ngx_toucan_ctx_t *ctx);


#endif /* _NGX_TOUCAN_SOURCES_H_INCLUDED_ */
