
/*
 * A session in a frame (toucan_session): the token of a frame's URL goes into
 * a cookie, and the browser is sent to the URL without it.
 */


#include "ngx/ngx_toucan_directives.h"
#include "ngx/ngx_toucan_sources.h"


static ngx_uint_t ngx_toucan_session_wanted(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static ngx_int_t ngx_toucan_session_uri(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx, toucan_str_t *location);
static ngx_int_t ngx_toucan_session_cookie(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx, toucan_str_t *cookie);


static toucan_str_t  ngx_toucan_session_text = toucan_string(
"<!DOCTYPE html>\n"
"<html lang=\"en\">\n"
"<head>\n"
"<meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width\">\n"
"<meta name=\"color-scheme\" content=\"light dark\">\n"
"<title>This page cannot be shown</title>\n"
"<style>\n"
"body { font: 1rem/1.5 sans-serif; max-width: 36rem; margin: 2rem auto;\n"
"       padding: 0 1rem }\n"
"</style>\n"
"</head>\n"
"<body>\n"
"<main>\n"
"<h1>This page cannot be shown</h1>\n"
"<p>It is part of an application, and was not told who you are. That has one "
"of two causes:</p>\n"
"<ul>\n"
"<li>Your browser keeps no cookies for pages that are shown inside of "
"others. Allow cookies for embedded pages, then open this page from the "
"application again.</li>\n"
"<li>The address of this page came without a token, or the time that it was "
"open for is over. Open it from the application again.</li>\n"
"</ul>\n"
"</main>\n"
"</body>\n"
"</html>\n"
);


char *
ngx_toucan_session(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t               *value;
    ngx_toucan_main_conf_t  *tmcf;

    if (lcf->session.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;
    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);

    /* a gate in a location below needs it there */

    lcf->session_here = (cf->cmd_type & NGX_HTTP_LOC_CONF) ? 1 : 0;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ngx_str_set(&lcf->session, "");
        lcf->session_here = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "cookie") == 0) {
        ngx_str_set(&lcf->session, "__Host-toucan");

    } else if (ngx_strncmp(value[1].data, "cookie=", 7) == 0) {
        lcf->session.data = value[1].data + 7;
        lcf->session.len = value[1].len - 7;
    }

    if (!toucan_session_name(ngx_toucan_view(lcf->session))) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "it must be \"cookie\", \"cookie=NAME\" or "
                                  "\"off\"; a name is at most 128 letters, "
                                  "digits and \"!#$%&'*+-.^_`|~\"");
    }

    return (ngx_toucan_remember(&tmcf->sessions, &lcf->session) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_toucan_session_merge(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf,
    ngx_toucan_loc_conf_t *prev)
{
    ngx_conf_merge_str_value(conf->session, prev->session, "");

    if (conf->session_here && !conf->enable) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"toucan_session\" is in a location where "
                           "\"toucan\" is off");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* The list that toucan_token made may be another location's, too. */

char *
ngx_toucan_session_use(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    ngx_uint_t            i, arg;
    ngx_array_t          *all;
    ngx_toucan_source_t  *source, *copy;

    conf->all_sources = conf->sources;

    if (conf->session.len == 0) {
        return NGX_CONF_OK;
    }

    all = ngx_array_create(cf->pool, conf->sources->nelts + 1,
                           sizeof(ngx_toucan_source_t));
    if (all == NULL) {
        return NGX_CONF_ERROR;
    }

    source = conf->sources->elts;
    arg = 0;

    for (i = 0; i < conf->sources->nelts; i++) {

        if (source[i].type == NGX_TOUCAN_ARG) {
            arg = 1;
        }

        if (source[i].type == NGX_TOUCAN_COOKIE
            && toucan_str_eq(ngx_toucan_view(source[i].name),
                             ngx_toucan_view(conf->session)))
        {
            continue;
        }

        copy = ngx_array_push(all);
        *copy = source[i];
    }

    if (!arg) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"toucan_session\" needs an \"arg=NAME\" in "
                           "\"toucan_token\", with the realm \"%V\"",
                           &conf->realm);
        return NGX_CONF_ERROR;
    }

    copy = ngx_array_push(all);
    ngx_memzero(copy, sizeof(ngx_toucan_source_t));

    copy->type = NGX_TOUCAN_COOKIE;
    copy->name = conf->session;
    copy->session = 1;

    conf->all_sources = all;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_toucan_session_begin(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_int_t     rc;
    toucan_str_t  location, cookie;

    if (!ngx_toucan_session_wanted(r, ctx)) {
        return NGX_DECLINED;
    }

    rc = ngx_toucan_session_uri(r, ctx, &location);

    if (rc != NGX_OK) {
        return rc;
    }

    /* within its leeway a token is let in, but begins nothing */

    if (ctx->made.identity.claims.exp <= ngx_time()) {
        ctx->rc = TOUCAN_EXPIRED;
        return NGX_DECLINED;
    }

    rc = ngx_toucan_session_cookie(r, ctx, &cookie);

    if (rc != NGX_OK) {
        return rc;
    }

    /* the request that follows tells the embedder's origin, as this one did */

    if (ngx_toucan_add_header(r, "Location", location) == NULL
        || ngx_toucan_add_header(r, "Set-Cookie", cookie) == NULL
        || ngx_toucan_add_header(r, "Referrer-Policy",
                                 toucan_cstr("strict-origin"))
           == NULL)
    {
        return NGX_ERROR;
    }

    /* nothing is forwarded, but $request_uri is logged */

    if (ngx_toucan_token_remove(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->see_other = 1;

    return NGX_HTTP_SEE_OTHER;
}


static ngx_uint_t
ngx_toucan_session_wanted(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_uint_t            i;
    ngx_toucan_found_t    found;
    ngx_toucan_source_t  *source;

    if (ctx->lcf->dry_run || r != r->main
        || ctx->made.place.kind != TOUCAN_KIND_FRAME
        || !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)))
    {
        return 0;
    }

    source = ctx->lcf->all_sources->elts;

    for (i = 0; i < ctx->lcf->all_sources->nelts; i++) {

        if (source[i].type == NGX_TOUCAN_ARG) {
            ngx_toucan_source_find(r, &source[i], &found);

            if (found.count > 0) {
                return 1;
            }
        }
    }

    return 0;
}


/*
 * The URL that the browser has, without the arguments.  Where nothing can be
 * cut out of it (a rewrite made the argument) it would lead here again.
 */

static ngx_int_t
ngx_toucan_session_uri(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    toucan_str_t *location)
{
    u_char               *p;
    ngx_str_t             uri;
    ngx_uint_t            i;
    ngx_array_t           names;
    toucan_buf_t          b;
    ngx_toucan_source_t  *source;

    uri = r->unparsed_uri;
    source = ctx->lcf->all_sources->elts;

    ngx_memzero(&names, sizeof(ngx_array_t));
    names.nelts = 1;

    for (i = 0; i < ctx->lcf->all_sources->nelts; i++) {

        if (source[i].type != NGX_TOUCAN_ARG) {
            continue;
        }

        names.elts = &source[i].name;

        if (ngx_toucan_cut_args(r->pool, &uri, &uri, &names, 0) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (uri.len == r->unparsed_uri.len) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, uri.len + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    toucan_buf_init(&b, p, uri.len + 2);

    if (!toucan_session_location(&b, ngx_toucan_view(uri))) {
        return NGX_DECLINED;
    }

    *location = toucan_buf_view(&b);

    return NGX_OK;
}


/* NGX_DECLINED, and it is logged, when browsers would not keep it. */

static ngx_int_t
ngx_toucan_session_cookie(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    toucan_str_t *cookie)
{
    u_char         *p, fingerprint[NGX_TOUCAN_FINGERPRINT_LEN];
    int64_t         left;
    ngx_str_t       token;
    ngx_uint_t      pass;
    toucan_buf_t    b;

    left = ctx->made.identity.claims.exp - ngx_time();

    toucan_buf_init(&b, NULL, 0);

    for (pass = 0; pass < 2; pass++) {

        if (!toucan_session_cookie(&b, ngx_toucan_view(ctx->lcf->session),
                                   ctx->made.token, left))
        {
            return NGX_DECLINED;
        }

        if (pass == 1) {
            break;
        }

        if (b.need > TOUCAN_SESSION_MAX) {
            ngx_toucan_fingerprint(fingerprint, ctx->made.token);
            token.data = fingerprint;
            token.len = NGX_TOUCAN_FINGERPRINT_LEN;

            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "toucan: no session: its cookie would have %uz "
                          "bytes, and browsers keep %d, token: %V",
                          b.need, TOUCAN_SESSION_MAX, &token);

            return NGX_DECLINED;
        }

        p = ngx_pnalloc(r->pool, b.need);
        if (p == NULL) {
            return NGX_ERROR;
        }

        toucan_buf_init(&b, p, b.need);
    }

    *cookie = toucan_buf_view(&b);

    return NGX_OK;
}


toucan_str_t
ngx_toucan_session_page(ngx_toucan_ctx_t *ctx)
{
    toucan_place_t  *place;

    place = &ctx->made.place;

    if (ctx->lcf->session.len == 0 || ctx->rc != TOUCAN_NO_TOKEN
        || !place->navigation
        || (place->kind != TOUCAN_KIND_FRAME
            && place->kind != TOUCAN_KIND_OWN))
    {
        return toucan_str(NULL, 0);
    }

    return ngx_toucan_session_text;
}
