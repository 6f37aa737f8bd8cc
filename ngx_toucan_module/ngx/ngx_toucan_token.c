
/*
 * The token of a request: found in the sources of the location, and taken out
 * of what upstreams are given.
 */


#include "ngx/ngx_toucan_sources.h"


static void ngx_toucan_find_taken(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx, ngx_toucan_source_t *source,
    ngx_toucan_found_t *found);
static ngx_int_t ngx_toucan_token_take(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx, ngx_toucan_source_t *source);


toucan_rc_t
ngx_toucan_token_find(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_uint_t            i;
    toucan_str_t         *token;
    ngx_toucan_found_t    found;
    ngx_toucan_source_t  *source;

    token = &ctx->made.token;
    source = ctx->lcf->all_sources->elts;

    for (i = 0; i < ctx->lcf->all_sources->nelts; i++) {

        /*
         * a component that is let in by a cookie would be CSRF; and so would
         * an old browser that tells nothing of itself, as a program does
         */

        if (source[i].type == NGX_TOUCAN_COOKIE
            && (ctx->made.place.kind == TOUCAN_KIND_COMPONENT
                || (source[i].session
                    && ctx->made.place.kind == TOUCAN_KIND_SERVER)))
        {
            continue;
        }

        /* the browser sends it unasked: what was put into the request counts */

        if (source[i].session && token->data != NULL) {
            continue;
        }

        ngx_toucan_source_find(r, &source[i], &found);

        if (found.count == 0) {
            ngx_toucan_find_taken(r, ctx, &source[i], &found);
        }

        if (found.count == 0) {
            continue;
        }

        if (found.count > 1
            || (token->data != NULL && !toucan_str_eq(*token, found.value)))
        {
            return TOUCAN_TOKEN_CONFLICT;
        }

        *token = found.value;
    }

    if (token->data == NULL) {
        return TOUCAN_NO_TOKEN;
    }

    if (token->len > ctx->lcf->max_token_size) {
        return TOUCAN_TOO_LARGE;
    }

    return TOUCAN_OK;
}


/*
 * What was taken out of the request before it got here, the last first: by
 * this context or, before a subrequest was made, by its parent's.
 */

static void
ngx_toucan_find_taken(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    ngx_toucan_source_t *source, ngx_toucan_found_t *found)
{
    ngx_uint_t           i;
    ngx_toucan_taken_t  *taken;

    taken = ctx->taken.elts;

    for (i = ctx->taken.nelts; i-- > 0; /* void */) {

        /* a bearer token's source has no name */

        if (taken[i].source.type == source->type
            && toucan_str_eq(toucan_str(taken[i].source.name.data,
                                        taken[i].source.name.len),
                             toucan_str(source->name.data, source->name.len)))
        {
            found->value = taken[i].value;
            found->count = taken[i].count;
            return;
        }
    }

    if (r != r->main) {
        ctx = ngx_toucan_ctx_find(r->parent);

        if (ctx != NULL) {
            ngx_toucan_find_taken(ctx->request, ctx, source, found);
        }
    }
}


/* What did not verify stays, but for the cookies that are ours. */

ngx_int_t
ngx_toucan_token_remove(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_str_t               *name;
    ngx_uint_t               i;
    ngx_toucan_source_t     *source, session;
    ngx_toucan_main_conf_t  *tmcf;

    source = ctx->lcf->all_sources->elts;

    for (i = 0; i < ctx->lcf->all_sources->nelts; i++) {

        if ((source[i].session || ngx_toucan_verified(ctx))
            && ngx_toucan_token_take(r, ctx, &source[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* those of other locations of this host: their tokens are no backend's */

    tmcf = ngx_http_get_module_main_conf(r, ngx_toucan_module);
    name = tmcf->sessions.elts;

    for (i = 0; i < tmcf->sessions.nelts; i++) {

        session.type = NGX_TOUCAN_COOKIE;
        session.name = name[i];
        session.session = 1;

        if (ngx_toucan_token_take(r, ctx, &session) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_toucan_token_take(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    ngx_toucan_source_t *source)
{
    ngx_toucan_found_t   found;
    ngx_toucan_taken_t  *taken;

    ngx_toucan_source_find(r, source, &found);

    if (found.count > 0) {
        taken = ngx_array_push(&ctx->taken);
        if (taken == NULL) {
            return NGX_ERROR;
        }

        taken->source = *source;
        taken->value = found.value;
        taken->count = found.count;

    } else if (source->type != NGX_TOUCAN_ARG && !found.offered) {
        return NGX_OK;
    }

    if (found.offered) {
        ctx->offered = 1;
    }

    /* an argument may be gone from the query, not from $request_uri */

    return ngx_toucan_source_remove(r, source);
}
