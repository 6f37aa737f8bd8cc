
/*
 * What responses of gated locations carry: CORS, frame-ancestors, Vary,
 * Cache-Control; and, for refusals, WWW-Authenticate and the body.
 */


#include "ngx/ngx_toucan_sources.h"
#include "ngx/ngx_toucan_stream.h"


/* What the response's own header list tells. */

typedef struct {
    ngx_uint_t                   cache_control;
    ngx_uint_t                   allow_origin;
    ngx_uint_t                   protocol;
} ngx_toucan_present_t;


static ngx_int_t ngx_toucan_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_toucan_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_toucan_ctx_t *ngx_toucan_response_ctx(ngx_http_request_t *r);
static void ngx_toucan_review(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    ngx_toucan_present_t *present);
static ngx_uint_t ngx_toucan_header_is(ngx_table_elt_t *h, const char *name,
    size_t len, ngx_uint_t prefix);
static ngx_int_t ngx_toucan_add_cors(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx, ngx_toucan_present_t *present);
static ngx_int_t ngx_toucan_add_frame(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static ngx_int_t ngx_toucan_add_cache(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx, ngx_toucan_present_t *present);
static ngx_int_t ngx_toucan_add_protocol(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx, ngx_toucan_present_t *present);
static ngx_int_t ngx_toucan_add_challenge(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static void ngx_toucan_replace_body(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static void ngx_toucan_body_text(toucan_buf_t *b, ngx_toucan_ctx_t *ctx);
static void ngx_toucan_buf_cstr(toucan_buf_t *b, const char *text);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


#define ngx_toucan_refused(ctx)                                               \
    ((ctx)->status == NGX_TOUCAN_REJECTED && !(ctx)->overruled)


ngx_int_t
ngx_toucan_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_toucan_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_toucan_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_toucan_header_filter(ngx_http_request_t *r)
{
    ngx_toucan_ctx_t        *ctx;
    ngx_toucan_present_t     present;
    ngx_toucan_main_conf_t  *tmcf;

    /* a request that nginx refuses to read passes no phase, but is logged */

    tmcf = ngx_http_get_module_main_conf(r, ngx_toucan_module);

    if (r->headers_out.status >= NGX_HTTP_BAD_REQUEST
        && ngx_toucan_scrub(r, tmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx = ngx_toucan_response_ctx(r);

    if (ctx == NULL) {
        return ngx_http_next_header_filter(r);
    }

    ngx_toucan_gather(r, ctx);
    ngx_toucan_review(r, ctx, &present);

    if (ngx_toucan_add_header(r, "Vary", toucan_cstr("Origin")) == NULL
        || ngx_toucan_add_cors(r, ctx, &present) != NGX_OK
        || ngx_toucan_add_frame(r, ctx) != NGX_OK
        || ngx_toucan_add_cache(r, ctx, &present) != NGX_OK
        || ngx_toucan_add_protocol(r, ctx, &present) != NGX_OK
        || ngx_toucan_add_challenge(r, ctx) != NGX_OK
        || ngx_toucan_stream_begin(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_toucan_replace_body(r, ctx);

    return ngx_http_next_header_filter(r);
}


/*
 * The context whose policy this response follows: the one that was decided
 * with, also in the target of an error_page; in a gated location that answered
 * before its access phase, a new one.  NULL: nothing to do.
 */

static ngx_toucan_ctx_t *
ngx_toucan_response_ctx(ngx_http_request_t *r)
{
    ngx_toucan_ctx_t       *ctx;
    ngx_toucan_loc_conf_t  *lcf;

    if (r != r->main) {
        return NULL;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_toucan_module);

    ctx = ngx_toucan_ctx_find(r);

    /* a rewrite that leads out of a location leaves its policy behind */

    if (ctx != NULL && ctx->lcf != NULL
        && (ctx->redirected || ctx->status != NGX_TOUCAN_UNDECIDED))
    {
        return ctx;
    }

    return lcf->enable ? ngx_toucan_ctx(r) : NULL;
}


/*
 * One walk over what the backend (or nginx) answers with.  Its own word on
 * CORS and framing goes, unless this is a dry run: two answers to one question
 * are no answer, or the laxer one.
 */

static void
ngx_toucan_review(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    ngx_toucan_present_t *present)
{
    ngx_uint_t              i;
    ngx_list_part_t        *part;
    ngx_table_elt_t        *h;
    ngx_toucan_loc_conf_t  *lcf;

    lcf = ctx->lcf;

    ngx_memzero(present, sizeof(ngx_toucan_present_t));

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == 0) {
            continue;
        }

        if (ngx_toucan_header_is(&h[i], "Cache-Control", 13, 0)) {

            if (ngx_toucan_refused(ctx)) {
                h[i].hash = 0;

            } else {
                present->cache_control = 1;
            }

        } else if (lcf->cors
                   && ngx_toucan_header_is(&h[i], "Access-Control-", 15, 1))
        {
            if (lcf->dry_run) {
                present->allow_origin = 1;

            } else {
                h[i].hash = 0;
            }

        } else if (lcf->frame_ancestors && !lcf->dry_run
                   && ngx_toucan_header_is(&h[i], "X-Frame-Options", 15, 0))
        {
            h[i].hash = 0;

        } else if (ngx_toucan_header_is(&h[i], "Sec-WebSocket-Protocol", 22,
                                        0))
        {
            present->protocol = 1;
        }
    }
}


static ngx_uint_t
ngx_toucan_header_is(ngx_table_elt_t *h, const char *name, size_t len,
    ngx_uint_t prefix)
{
    return (prefix ? h->key.len >= len : h->key.len == len)
           && ngx_strncasecmp(h->key.data, (u_char *) name, len) == 0;
}


static ngx_int_t
ngx_toucan_add_cors(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    ngx_toucan_present_t *present)
{
    ngx_uint_t      i;
    toucan_cors_t   cors;

    static const struct {
        const char  *name;
        size_t       offset;
    } headers[] = {
        { "Access-Control-Allow-Origin",
          offsetof(toucan_cors_t, allow_origin) },
        { "Access-Control-Expose-Headers",
          offsetof(toucan_cors_t, expose_headers) },
        { "Access-Control-Allow-Methods",
          offsetof(toucan_cors_t, allow_methods) },
        { "Access-Control-Allow-Headers",
          offsetof(toucan_cors_t, allow_headers) },
        { "Access-Control-Max-Age", offsetof(toucan_cors_t, max_age) }
    };

    toucan_str_t  value;

    if (present->allow_origin) {
        return NGX_OK;
    }

    toucan_cors_response(&ctx->lcf->policy, &ctx->made.place, &cors);

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {

        value = *(toucan_str_t *) ((u_char *) &cors + headers[i].offset);

        if (value.data != NULL
            && ngx_toucan_add_header(r, headers[i].name, value) == NULL)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* In a dry run browsers are asked to report, not to refuse. */

static ngx_int_t
ngx_toucan_add_frame(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    toucan_str_t            value;
    const toucan_claims_t  *claims;

    if (!ctx->lcf->frame_ancestors) {
        return NGX_OK;
    }

    claims = ngx_toucan_verified(ctx) ? &ctx->made.identity.claims : NULL;

    value = toucan_frame_ancestors(&ctx->lcf->policy, &ctx->made.place, claims,
                                   &ctx->arena);

    if (value.data == NULL) {
        return NGX_ERROR;
    }

    return (ngx_toucan_add_header(r, ctx->lcf->dry_run
                                  ? "Content-Security-Policy-Report-Only"
                                  : "Content-Security-Policy", value)
            == NULL)
           ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_toucan_add_cache(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    ngx_toucan_present_t *present)
{
    ngx_table_elt_t   *h;
#if (nginx_version < 1023000)
    ngx_table_elt_t  **cc;
#endif

    if (present->cache_control) {
        return NGX_OK;
    }

    h = ngx_toucan_add_header(r, "Cache-Control",
                              toucan_cstr((ngx_toucan_refused(ctx)
                                           || ctx->see_other)
                                          ? "no-store" : "private"));
    if (h == NULL) {
        return NGX_ERROR;
    }

    /* not to be changed by "expires": a cookie with a token is in it */

    if (ctx->see_other) {
        return NGX_OK;
    }

    /* for "expires" and "add_header", which come later */

#if (nginx_version >= 1023000)

    r->headers_out.cache_control = h;

#else

    if (ngx_array_init(&r->headers_out.cache_control, r->pool, 1,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cc = ngx_array_push(&r->headers_out.cache_control);
    if (cc == NULL) {
        return NGX_ERROR;
    }

    *cc = h;

#endif

    return NGX_OK;
}


/*
 * A browser that offered protocols ends a connection for which none was chosen:
 * where the backend chose none, it is the one that the token came with.
 */

static ngx_int_t
ngx_toucan_add_protocol(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    ngx_toucan_present_t *present)
{
    ngx_uint_t            i, offered;
    ngx_toucan_found_t    found;
    ngx_toucan_source_t  *source;

    if (r->headers_out.status != NGX_HTTP_SWITCHING_PROTOCOLS
        || present->protocol)
    {
        return NGX_OK;
    }

    offered = ctx->offered;
    source = ctx->lcf->all_sources->elts;

    for (i = 0; i < ctx->lcf->all_sources->nelts; i++) {

        if (source[i].type == NGX_TOUCAN_WS_PROTOCOL) {
            ngx_toucan_source_find(r, &source[i], &found);
            offered |= found.offered;
        }
    }

    return (offered
            && ngx_toucan_add_header(r, "Sec-WebSocket-Protocol",
                                     toucan_cstr(TOUCAN_PROTOCOL))
               == NULL)
           ? NGX_ERROR : NGX_OK;
}


/* RFC 6750 section 3 */

static ngx_int_t
ngx_toucan_add_challenge(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    toucan_buf_t            b;
    ngx_uint_t              pass;
    const toucan_answer_t  *answer;

    if (!ngx_toucan_refused(ctx)
        || r->headers_out.status != NGX_HTTP_UNAUTHORIZED)
    {
        return NGX_OK;
    }

    answer = toucan_rc_answer(ctx->rc);

    if (answer->status != NGX_HTTP_UNAUTHORIZED) {
        return NGX_OK;
    }

    toucan_buf_init(&b, NULL, 0);

    for (pass = 0; pass < 2; pass++) {

        ngx_toucan_buf_cstr(&b, "Bearer realm=\"");
        toucan_buf_str(&b, ngx_toucan_view(ctx->lcf->realm));
        toucan_buf_byte(&b, '"');

        if (answer->error.len > 0) {
            ngx_toucan_buf_cstr(&b, ", error=\"");
            toucan_buf_str(&b, answer->error);
            ngx_toucan_buf_cstr(&b, "\", error_description=\"");
            toucan_buf_str(&b, answer->message);
            toucan_buf_byte(&b, '"');
        }

        if (pass == 0) {
            toucan_buf_init(&b, ngx_pnalloc(r->pool, b.need), b.need);

            if (b.start == NULL) {
                return NGX_ERROR;
            }
        }
    }

    return (ngx_toucan_add_header(r, "WWW-Authenticate", toucan_buf_view(&b))
            == NULL)
           ? NGX_ERROR : NGX_OK;
}


ngx_table_elt_t *
ngx_toucan_add_header(ngx_http_request_t *r, const char *name,
    toucan_str_t value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = ngx_toucan_ngx_str(value);

    return h;
}


/*
 * nginx's own page for the refusal becomes a JSON object, except for a
 * navigation: that gets nginx's, or for a frame without a token ours.  Where an
 * error_page led elsewhere, the answer is the target's.
 */

static void
ngx_toucan_replace_body(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    toucan_buf_t            b;
    toucan_str_t            page;
    const toucan_answer_t  *answer;

    if (!ngx_toucan_refused(ctx) || ctx->redirected) {
        return;
    }

    page = ngx_toucan_session_page(ctx);
    answer = toucan_rc_answer(ctx->rc);

    if (r->headers_out.status != answer->status
        || (page.data == NULL && ctx->made.place.navigation))
    {
        return;
    }

    toucan_buf_init(&b, NULL, 0);
    ngx_toucan_body_text(&b, ctx);

    if (page.data != NULL) {
        ngx_str_set(&r->headers_out.content_type, "text/html");

    } else {
        ngx_str_set(&r->headers_out.content_type, "application/json");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    ngx_http_clear_content_length(r);
    r->headers_out.content_length_n = b.need;

    ctx->replace_body = 1;
}


static void
ngx_toucan_body_text(toucan_buf_t *b, ngx_toucan_ctx_t *ctx)
{
    toucan_str_t            page;
    const toucan_answer_t  *answer;

    page = ngx_toucan_session_page(ctx);

    if (page.data != NULL) {
        toucan_buf_str(b, page);
        return;
    }

    answer = toucan_rc_answer(ctx->rc);

    ngx_toucan_buf_cstr(b, "{\"code\":");
    toucan_json_write_string(b, answer->code);
    ngx_toucan_buf_cstr(b, ",\"message\":");
    toucan_json_write_string(b, answer->message);
    ngx_toucan_buf_cstr(b, "}\n");
}


static void
ngx_toucan_buf_cstr(toucan_buf_t *b, const char *text)
{
    toucan_buf_str(b, toucan_cstr(text));
}


static ngx_int_t
ngx_toucan_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t         *buf;
    ngx_chain_t        out;
    toucan_buf_t       b;
    ngx_toucan_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_toucan_module);

    if (ctx == NULL || !ctx->replace_body || in == NULL || r != r->main) {
        return ngx_http_next_body_filter(r, in);
    }

    ctx->replace_body = 0;

    toucan_buf_init(&b, NULL, 0);
    ngx_toucan_body_text(&b, ctx);

    buf = ngx_create_temp_buf(r->pool, b.need);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    toucan_buf_init(&b, buf->pos, b.need);
    ngx_toucan_body_text(&b, ctx);

    buf->last = b.pos;
    buf->last_buf = 1;
    buf->last_in_chain = 1;

    out.buf = buf;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}
