
/*
 * A request to an endpoint of the token service: method, API key, media type
 * and body, in this order; then the endpoint itself.
 */


#include "ngx/ngx_toucan_service.h"


static toucan_rc_t ngx_toucan_endpoint_head(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static ngx_uint_t ngx_toucan_endpoint_media(ngx_http_request_t *r,
    const char *media);
static toucan_rc_t ngx_toucan_endpoint_key(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static toucan_rc_t ngx_toucan_endpoint_find_key(ngx_http_request_t *r,
    toucan_str_t *key);
static ngx_uint_t ngx_toucan_endpoint_browser(ngx_http_request_t *r);
static ngx_table_elt_t *ngx_toucan_endpoint_header(ngx_http_request_t *r,
    const char *name, ngx_uint_t *n);
static void ngx_toucan_endpoint_body(ngx_http_request_t *r);
static toucan_rc_t ngx_toucan_endpoint_text(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static toucan_rc_t ngx_toucan_endpoint_run(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static void ngx_toucan_endpoint_forget_header(ngx_http_request_t *r,
    const char *name);


/* A request that a gate has seen, or a part of another one, is not for us. */

ngx_int_t
ngx_toucan_endpoint_handler(ngx_http_request_t *r)
{
    ngx_int_t               rv;
    toucan_rc_t             rc;
    ngx_toucan_ctx_t       *ctx;
    ngx_toucan_call_t      *call;
    ngx_toucan_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_toucan_module);

    if (r != r->main) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx = ngx_toucan_ctx_bare(r);
    call = ngx_pcalloc(r->pool, sizeof(ngx_toucan_call_t));

    if (ctx == NULL || call == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (ctx->lcf != NULL && ctx->lcf != lcf) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx->call = call;

    call->endpoint = lcf->endpoint;
    call->ctx = ctx;
    call->lcf = lcf;
    call->arena = &ctx->arena;
    call->now = ngx_time();

    rc = ngx_toucan_endpoint_head(r, call);

    if (rc != TOUCAN_OK || call->endpoint->media == NULL) {
        rv = ngx_http_discard_request_body(r);

        if (rv != NGX_OK) {
            return rv;
        }

        return ngx_toucan_reply(r, call, (rc == TOUCAN_OK)
                                         ? ngx_toucan_endpoint_run(r, call)
                                         : rc);
    }

    r->request_body_in_single_buf = 1;
    r->request_body_in_file_only = 0;

    rv = ngx_http_read_client_request_body(r, ngx_toucan_endpoint_body);

    return (rv >= NGX_HTTP_SPECIAL_RESPONSE) ? rv : NGX_DONE;
}


/* What can be said before the body is read. */

static toucan_rc_t
ngx_toucan_endpoint_head(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    toucan_rc_t  rc;
    ngx_uint_t   method;

    method = r->method;

    if (method == NGX_HTTP_HEAD) {
        method = NGX_HTTP_GET;
    }

    if (method != call->endpoint->method) {
        return TOUCAN_METHOD_NOT_ALLOWED;
    }

    rc = ngx_toucan_endpoint_key(r, call);

    if (rc != TOUCAN_OK || call->endpoint->media == NULL) {
        return rc;
    }

    if (!ngx_toucan_endpoint_media(r, call->endpoint->media)) {
        call->fault.message = call->endpoint->oauth
            ? "the body must be a form: application/x-www-form-urlencoded"
            : "the body must be JSON: application/json";

        return TOUCAN_MEDIA_TYPE;
    }

    return (r->headers_in.content_length_n > NGX_TOUCAN_MAX_BODY)
           ? TOUCAN_BODY_TOO_LARGE : TOUCAN_OK;
}


/* RFC 9110 section 8.3.1; parameters do not matter. */

static ngx_uint_t
ngx_toucan_endpoint_media(ngx_http_request_t *r, const char *media)
{
    size_t            len;
    u_char           *p;
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    h = ngx_toucan_endpoint_header(r, "content-type", &n);

    if (n != 1) {
        return 0;
    }

    len = ngx_strlen(media);

    if (h->value.len < len
        || ngx_strncasecmp(h->value.data, (u_char *) media, len) != 0)
    {
        return 0;
    }

    for (p = h->value.data + len; p < h->value.data + h->value.len; p++) {

        if (*p == ';') {
            break;
        }

        if (*p != ' ' && *p != '\t') {
            return 0;
        }
    }

    return 1;
}


/*
 * Sets call->apikey, also for a key that is right and yet refused: the log
 * names it.  A key in a browser is anybody's: that is said of any key.
 */

static toucan_rc_t
ngx_toucan_endpoint_key(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    toucan_rc_t   rc;
    toucan_str_t  text;

    if (call->endpoint->scope == 0) {
        return TOUCAN_OK;
    }

    rc = ngx_toucan_endpoint_find_key(r, &text);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_apikeys_check(call->lcf->api_keys->data, text, call->now,
                              &call->apikey);

    if (ngx_toucan_endpoint_browser(r)) {
        return TOUCAN_KEY_IN_BROWSER;
    }

    if (rc != TOUCAN_OK) {
        return rc;
    }

    return (call->apikey->scopes & call->endpoint->scope)
           ? TOUCAN_OK : TOUCAN_SCOPE_EXCEEDS_KEY;
}


/* "X-API-Key", or "Authorization: Bearer" (RFC 6750 section 2.1). */

static toucan_rc_t
ngx_toucan_endpoint_find_key(ngx_http_request_t *r, toucan_str_t *key)
{
    u_char           *p, *last;
    ngx_uint_t        n, m;
    ngx_table_elt_t  *own, *bearer;

    own = ngx_toucan_endpoint_header(r, "x-api-key", &n);
    bearer = ngx_toucan_endpoint_header(r, "authorization", &m);

    if (n > 1 || m > 1) {
        return TOUCAN_API_KEY_CONFLICT;
    }

    if (m == 1
        && (bearer->value.len < 7
            || ngx_strncasecmp(bearer->value.data, (u_char *) "Bearer ", 7)
               != 0))
    {
        m = 0;
    }

    if (n == 1 && m == 1) {
        return TOUCAN_API_KEY_CONFLICT;
    }

    if (n == 1) {
        *key = ngx_toucan_view(own->value);

    } else if (m == 1) {
        p = bearer->value.data + 7;
        last = bearer->value.data + bearer->value.len;

        while (p < last && *p == ' ') {
            p++;
        }

        *key = toucan_str(p, last - p);

    } else {
        return TOUCAN_API_KEY_MISSING;
    }

    return (key->len == 0) ? TOUCAN_API_KEY_MISSING : TOUCAN_OK;
}


/* Sec-Fetch-Mode alone is sent by servers' own fetch(), too. */

static ngx_uint_t
ngx_toucan_endpoint_browser(ngx_http_request_t *r)
{
    ngx_uint_t  n, m;

    (void) ngx_toucan_endpoint_header(r, "origin", &n);
    (void) ngx_toucan_endpoint_header(r, "sec-fetch-site", &m);

    return n + m;
}


/* The first header of that name, in lower case, and how many there are. */

static ngx_table_elt_t *
ngx_toucan_endpoint_header(ngx_http_request_t *r, const char *name,
    ngx_uint_t *n)
{
    ngx_str_t         key;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *first;

    key.data = (u_char *) name;
    key.len = ngx_strlen(name);

    part = &r->headers_in.headers.part;
    first = NULL;
    i = 0;
    *n = 0;

    while ((h = ngx_toucan_next_header(&part, &i, &key)) != NULL) {
        if ((*n)++ == 0) {
            first = h;
        }
    }

    return first;
}


/*
 * The API key is looked at again: its file may be another one by now.  And the
 * time: what is revoked "until now" must not miss what was made a moment ago.
 */

static void
ngx_toucan_endpoint_body(ngx_http_request_t *r)
{
    toucan_rc_t         rc;
    ngx_toucan_ctx_t   *ctx;
    ngx_toucan_call_t  *call;

    ctx = ngx_http_get_module_ctx(r, ngx_toucan_module);
    call = ctx->call;

    ngx_time_update();

    call->apikey = NULL;
    call->now = ngx_time();

    rc = ngx_toucan_endpoint_key(r, call);

    if (rc == TOUCAN_OK) {
        rc = ngx_toucan_endpoint_text(r, call);
    }

    if (rc == TOUCAN_OK) {
        rc = ngx_toucan_endpoint_run(r, call);
    }

    ngx_http_finalize_request(r, ngx_toucan_reply(r, call, rc));
}


/* One view of the body; what went to a file was too large for a buffer. */

static toucan_rc_t
ngx_toucan_endpoint_text(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    size_t        len;
    u_char       *p;
    ngx_chain_t  *cl, *body;

    body = (r->request_body != NULL) ? r->request_body->bufs : NULL;
    len = 0;

    for (cl = body; cl != NULL; cl = cl->next) {

        if (cl->buf->in_file) {
            return TOUCAN_BODY_TOO_LARGE;
        }

        len += cl->buf->last - cl->buf->pos;
    }

    if (len > NGX_TOUCAN_MAX_BODY) {
        return TOUCAN_BODY_TOO_LARGE;
    }

    p = toucan_arena_alloc(call->arena, len + 1);
    if (p == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    call->body = toucan_str(p, len);

    for (cl = body; cl != NULL; cl = cl->next) {

        /* the buffer of an empty body may have no memory */

        if (cl->buf->last != cl->buf->pos) {
            p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
        }
    }

    return TOUCAN_OK;
}


/* A gate in front of an endpoint may be in a dry run, or overruled. */

static toucan_rc_t
ngx_toucan_endpoint_run(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    if ((call->endpoint->needs & NGX_TOUCAN_NEEDS_GATE)
        && call->ctx->passed != call->lcf)
    {
        return (call->ctx->rc == TOUCAN_OK) ? TOUCAN_NO_TOKEN : call->ctx->rc;
    }

    return call->endpoint->handle(r, call);
}


/* An API key, a user and an ID token do not stay in nginx's freed buffers. */

void
ngx_toucan_endpoint_forget(ngx_http_request_t *r)
{
    ngx_chain_t  *cl;

    ngx_toucan_endpoint_forget_header(r, "x-api-key");
    ngx_toucan_endpoint_forget_header(r, "authorization");

    cl = (r->request_body != NULL) ? r->request_body->bufs : NULL;

    for ( /* void */ ; cl != NULL; cl = cl->next) {
        if (ngx_buf_in_memory(cl->buf)) {
            toucan_cleanse(cl->buf->pos, cl->buf->last - cl->buf->pos);
        }
    }
}


static void
ngx_toucan_endpoint_forget_header(ngx_http_request_t *r, const char *name)
{
    ngx_str_t         key;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    key.data = (u_char *) name;
    key.len = ngx_strlen(name);

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_toucan_next_header(&part, &i, &key)) != NULL) {
        toucan_cleanse(h->value.data, h->value.len);
    }
}
