
/*
 * What an endpoint of the token service answers: JSON, never kept by a cache
 * unless the endpoint says so, and a line in the log for each refusal.
 */


#include "ngx/ngx_toucan_service.h"


static ngx_int_t ngx_toucan_reply_error(ngx_http_request_t *r,
    ngx_toucan_call_t *call, toucan_rc_t rc, ngx_uint_t *status);
static void ngx_toucan_reply_text(toucan_buf_t *b,
    const ngx_toucan_call_t *call, const toucan_answer_t *answer);
static toucan_str_t ngx_toucan_reply_oauth(const ngx_toucan_call_t *call,
    const toucan_answer_t *answer);
static void ngx_toucan_reply_member(toucan_buf_t *b, const char *name,
    toucan_str_t value);
static void ngx_toucan_reply_log(ngx_http_request_t *r,
    ngx_toucan_call_t *call, toucan_rc_t rc);
static ngx_int_t ngx_toucan_reply_send(ngx_http_request_t *r,
    ngx_toucan_call_t *call, ngx_uint_t status);


ngx_int_t
ngx_toucan_reply(ngx_http_request_t *r, ngx_toucan_call_t *call,
    toucan_rc_t rc)
{
    ngx_uint_t         status;
    ngx_toucan_ctx_t  *ctx;

    ctx = call->ctx;
    ctx->rc = rc;

    if (rc == TOUCAN_OK) {
        ctx->status = NGX_TOUCAN_PASSED;
        status = call->answer.data ? NGX_HTTP_OK : NGX_HTTP_NO_CONTENT;

        return ngx_toucan_reply_send(r, call, status);
    }

    ctx->status = NGX_TOUCAN_REJECTED;

    /* "satisfy any" has led here, and no further */

    ctx->overruled = 0;

    ngx_toucan_reply_log(r, call, rc);

    if (rc == TOUCAN_METHOD_NOT_ALLOWED
        && ngx_toucan_add_header(r, "Allow",
                                 toucan_cstr((call->endpoint->method
                                              == NGX_HTTP_POST)
                                             ? "POST" : "GET, HEAD"))
           == NULL)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    /* behind a gate, the gate refuses */

    if (call->lcf->enable) {
        return toucan_rc_answer(rc)->status;
    }

    if (ngx_toucan_reply_error(r, call, rc, &status) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_toucan_reply_send(r, call, status);
}


/*
 * RFC 6749 section 5.2 for an OAuth endpoint: a bad token is a bad request.
 * RFC 6750 section 3.1 for an API key: one that is missing is no error.
 */

static ngx_int_t
ngx_toucan_reply_error(ngx_http_request_t *r, ngx_toucan_call_t *call,
    toucan_rc_t rc, ngx_uint_t *status)
{
    toucan_buf_t            b;
    const toucan_answer_t  *answer;

    answer = toucan_rc_answer(rc);
    *status = answer->status;

    if (*status == NGX_HTTP_UNAUTHORIZED) {

        if (call->endpoint->scope == 0) {
            *status = NGX_HTTP_BAD_REQUEST;

        } else if (ngx_toucan_add_header(r, "WWW-Authenticate",
                       toucan_cstr(answer->error.len
                                   ? "Bearer realm=\"token service\", "
                                     "error=\"invalid_token\""
                                   : "Bearer realm=\"token service\""))
                   == NULL)
        {
            return NGX_ERROR;
        }
    }

    toucan_buf_init(&b, NULL, 0);
    ngx_toucan_reply_text(&b, call, answer);

    toucan_buf_init(&b, toucan_arena_alloc(call->arena, b.need), b.need);

    if (b.start == NULL) {
        return NGX_ERROR;
    }

    ngx_toucan_reply_text(&b, call, answer);

    call->answer = toucan_buf_view(&b);
    call->cache = NULL;

    return NGX_OK;
}


static void
ngx_toucan_reply_text(toucan_buf_t *b, const ngx_toucan_call_t *call,
    const toucan_answer_t *answer)
{
    toucan_str_t  message;

    message = call->fault.message ? toucan_cstr(call->fault.message)
                                  : answer->message;

    ngx_toucan_reply_member(b, "{\"code\":", answer->code);
    ngx_toucan_reply_member(b, ",\"message\":", message);

    if (call->fault.field.data != NULL) {
        ngx_toucan_reply_member(b, ",\"field\":", call->fault.field);
    }

    if (call->endpoint->oauth) {
        ngx_toucan_reply_member(b, ",\"error\":",
                                ngx_toucan_reply_oauth(call, answer));
        ngx_toucan_reply_member(b, ",\"error_description\":", message);
    }

    toucan_buf_write(b, "}\n", 2);
}


/* RFC 6749 section 5.2, RFC 7662 section 2.3; the client is the API key. */

static toucan_str_t
ngx_toucan_reply_oauth(const ngx_toucan_call_t *call,
    const toucan_answer_t *answer)
{
    if (call->error != NULL) {
        return toucan_cstr(call->error);
    }

    if (answer->status >= 500) {
        return toucan_cstr("server_error");
    }

    if (call->endpoint->scope != 0) {

        if (answer->status == NGX_HTTP_UNAUTHORIZED) {
            return toucan_cstr("invalid_client");
        }

        if (answer->status == NGX_HTTP_FORBIDDEN) {
            return toucan_cstr("unauthorized_client");
        }
    }

    return toucan_cstr("invalid_request");
}


static void
ngx_toucan_reply_member(toucan_buf_t *b, const char *name, toucan_str_t value)
{
    toucan_buf_str(b, toucan_cstr(name));
    toucan_json_write_string(b, value);
}


static void
ngx_toucan_reply_log(ngx_http_request_t *r, ngx_toucan_call_t *call,
    toucan_rc_t rc)
{
    ngx_str_t   name, sentence, field, key;
    ngx_uint_t  level;

    level = call->lcf->log_level;

    if (rc == TOUCAN_KEY_IN_BROWSER && call->apikey != NULL) {
        level = NGX_LOG_ALERT;

    } else if (toucan_rc_class(rc) == TOUCAN_CLASS_INTERNAL) {
        level = NGX_LOG_ERR;
    }

    if (r->connection->log->log_level < level) {
        return;
    }

    name = ngx_toucan_ngx_str(toucan_rc_name(rc));
    sentence = ngx_toucan_ngx_str(toucan_rc_sentence(rc));
    field = ngx_toucan_log_value(call->arena, call->fault.field);

    ngx_str_set(&key, "-");

    if (call->apikey != NULL) {
        key = ngx_toucan_ngx_str(call->apikey->id);
    }

    ngx_log_error(level, r->connection->log, 0,
                  "toucan: %V refused: %V (%V), field: %V, API key: %V",
                  &call->endpoint->name, &name, &sentence, &field, &key);
}


static ngx_int_t
ngx_toucan_reply_send(ngx_http_request_t *r, ngx_toucan_call_t *call,
    ngx_uint_t status)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    r->headers_out.status = status;
    r->headers_out.content_length_n = call->answer.len;

    if (ngx_toucan_add_header(r, "Cache-Control",
                              toucan_cstr(call->cache ? call->cache
                                                      : "no-store"))
        == NULL)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (call->answer.data == NULL) {
        r->header_only = 1;

        return ngx_http_send_header(r);
    }

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = (u_char *) call->answer.data;
    b->last = b->pos + call->answer.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
