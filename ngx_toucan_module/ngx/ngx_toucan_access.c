
/*
 * The gate: gather, authenticate, decide, apply.
 */


#include "ngx/ngx_toucan_sources.h"
#include "ngx/ngx_toucan_stream.h"


static ngx_int_t ngx_toucan_pass(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static ngx_int_t ngx_toucan_refuse(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_rc_t ngx_toucan_decide(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static ngx_int_t ngx_toucan_objects(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static ngx_int_t ngx_toucan_apply(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static ngx_uint_t ngx_toucan_names_objects(ngx_toucan_loc_conf_t *lcf);
static ngx_int_t ngx_toucan_gate(ngx_http_request_t *r);


/*
 * Every request, wherever it goes: what claims to be an identity is removed,
 * and tokens are cut out of what nginx will log.
 */

ngx_int_t
ngx_toucan_post_read_handler(ngx_http_request_t *r)
{
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_http_get_module_main_conf(r, ngx_toucan_module);

    if (ngx_toucan_headers_strip(r, &tmcf->prefixes) != NGX_OK
        || ngx_toucan_scrub(r, tmcf) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/*
 * A request that nginx refuses while it reads it (without Host, TRACE, a
 * header too large) goes to its error_page past the post-read phase.  Where
 * nothing was decided, no identity is ours yet.
 */

ngx_int_t
ngx_toucan_rewrite_handler(ngx_http_request_t *r)
{
    ngx_toucan_ctx_t  *ctx;

    if (!r->internal || r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_toucan_ctx_find(r);

    if (ctx != NULL && ctx->status != NGX_TOUCAN_UNDECIDED) {
        return NGX_DECLINED;
    }

    return ngx_toucan_post_read_handler(r);
}


/*
 * Before anybody else refuses (limit_req): an error_page that leads out of the
 * gated location then still finds whose policy the answer follows.
 */

ngx_int_t
ngx_toucan_preaccess_handler(ngx_http_request_t *r)
{
    ngx_toucan_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_toucan_module);

    if (lcf->enable && r == r->main) {
        (void) ngx_toucan_ctx(r);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_toucan_access_handler(ngx_http_request_t *r)
{
    ngx_toucan_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_toucan_module);

    if (!lcf->enable) {
        return NGX_DECLINED;
    }

    return ngx_toucan_gate(r);
}


/*
 * The access phase knows no subrequests.  One that leads to a gated location
 * is held against that location's policy here, unless what it comes from has
 * just passed by the very same and that names no objects.  And a main request
 * that gets here in spite of a refusal was let in by another module, under
 * "satisfy any".
 */

ngx_int_t
ngx_toucan_precontent_handler(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_toucan_ctx_t       *ctx;
    ngx_toucan_loc_conf_t  *lcf;

    if (r == r->main) {
        ctx = ngx_http_get_module_ctx(r, ngx_toucan_module);

        if (ctx != NULL && !ctx->redirected
            && ctx->status == NGX_TOUCAN_REJECTED)
        {
            ctx->overruled = 1;
        }

        return NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_toucan_module);

    if (!lcf->enable) {
        return NGX_DECLINED;
    }

    ctx = ngx_toucan_ctx_find(r);

    if (ctx != NULL && ctx->passed == lcf && !ngx_toucan_names_objects(lcf)) {
        return NGX_DECLINED;
    }

    if (ngx_toucan_headers_detach(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_toucan_gate(r);

    return (rc == NGX_OK) ? NGX_DECLINED : rc;
}


/* 1 where another URI of the same location may be another object. */

static ngx_uint_t
ngx_toucan_names_objects(ngx_toucan_loc_conf_t *lcf)
{
    ngx_uint_t  i;

    for (i = 0; i < lcf->policy.nrules; i++) {
        if (lcf->policy.rules[i].has_object) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_toucan_gate(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_toucan_ctx_t        *ctx;
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_http_get_module_main_conf(r, ngx_toucan_module);
    ctx = ngx_toucan_ctx(r);

    if (ctx == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ctx->overruled = 0;
    ctx->passed = NULL;

    /* an identity that came with an internal redirect was another policy's */

    if (ngx_toucan_headers_strip(r, &tmcf->prefixes) != NGX_OK) {
        ctx->rc = TOUCAN_NO_MEMORY;
        ctx->status = NGX_TOUCAN_REJECTED;
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ngx_toucan_forget_variables(r, tmcf);

    ctx->rc = ngx_toucan_decide(r, ctx);

    rc = (ctx->rc == TOUCAN_OK) ? ngx_toucan_pass(r, ctx)
                                : ngx_toucan_refuse(r, ctx);

    /* objects may have read what is not there any more */

    ngx_toucan_forget_variables(r, tmcf);

    return rc;
}


static toucan_rc_t
ngx_toucan_decide(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_uint_t          before;
    toucan_rc_t         rc;
    ngx_toucan_made_t  *made;

    made = &ctx->made;

    ngx_toucan_gather(r, ctx);

    if (made->place.kind == TOUCAN_KIND_PREFLIGHT) {
        return made->place.rc;
    }

    before = made->authenticated;
    rc = ngx_toucan_authenticate(r, ctx);

    /* limit_req may have delayed what was asked for its key */

    if (rc == TOUCAN_OK && before) {
        rc = ngx_toucan_still(ctx);
    }

    if (rc != TOUCAN_OK) {
        return rc;
    }

    if (ngx_toucan_objects(r, ctx) != NGX_OK) {
        return TOUCAN_NO_MEMORY;
    }

    /* objects are of this query, whatever was gathered before a rewrite */

    made->request.args = ngx_toucan_view(r->args);

    return toucan_decide(&ctx->lcf->policy, &made->request, &made->place,
                         &made->identity.claims);
}


static ngx_int_t
ngx_toucan_objects(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_str_t                  value;
    ngx_uint_t                 i, n;
    toucan_str_t              *objects;
    ngx_http_complex_value_t  *cv;

    n = ctx->lcf->policy.nrules;

    if (n == 0) {
        return NGX_OK;
    }

    objects = ngx_pcalloc(r->pool, n * sizeof(toucan_str_t));
    if (objects == NULL) {
        return NGX_ERROR;
    }

    cv = ctx->lcf->objects->elts;

    for (i = 0; i < n; i++) {

        if (!ctx->lcf->policy.rules[i].has_object) {
            continue;
        }

        if (ngx_http_complex_value(r, &cv[i], &value) != NGX_OK) {
            return NGX_ERROR;
        }

        objects[i] = ngx_toucan_view(value);
    }

    ctx->made.request.objects = objects;

    return NGX_OK;
}


static ngx_int_t
ngx_toucan_pass(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->made.place.kind == TOUCAN_KIND_PREFLIGHT) {
        ctx->status = NGX_TOUCAN_PASSED;
        return NGX_HTTP_NO_CONTENT;
    }

    rc = (ctx->lcf->session.len > 0) ? ngx_toucan_session_begin(r, ctx)
                                     : NGX_DECLINED;

    if (ctx->rc != TOUCAN_OK) {
        return ngx_toucan_refuse(r, ctx);
    }

    if (rc == NGX_HTTP_SEE_OTHER) {
        ctx->status = NGX_TOUCAN_PASSED;
        return rc;
    }

    if (rc == NGX_ERROR || ngx_toucan_apply(r, ctx) != NGX_OK) {
        ctx->rc = TOUCAN_NO_MEMORY;
        ctx->status = NGX_TOUCAN_REJECTED;
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ctx->status = NGX_TOUCAN_PASSED;
    ctx->passed = ctx->lcf;

    return NGX_OK;
}


/* What the backend is given: the identity, and no token. */

static ngx_int_t
ngx_toucan_apply(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    /* first the token: what is put in need not be searched for it */

    if (!ctx->lcf->forward_token && ngx_toucan_token_remove(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_toucan_headers_inject(r, ctx);
}


static ngx_int_t
ngx_toucan_refuse(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_toucan_log(r, ctx, ctx->rc,
                   ctx->lcf->dry_run ? "would refuse" : "refused");

    if (ctx->lcf->dry_run) {
        ctx->status = NGX_TOUCAN_REJECTED_DRY_RUN;

        /* nothing is refused, but nobody is told what did not verify */

        if (ngx_toucan_verified(ctx)) {
            (void) ngx_toucan_apply(r, ctx);
        }

        return NGX_DECLINED;
    }

    ctx->status = NGX_TOUCAN_REJECTED;

    /* "satisfy any" or an error_page may still lead to an upstream */

    if (!ctx->lcf->forward_token && ngx_toucan_token_remove(r, ctx) != NGX_OK)
    {
        ctx->rc = TOUCAN_NO_MEMORY;
    }

    return toucan_rc_answer(ctx->rc)->status;
}


void
ngx_toucan_log(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx, toucan_rc_t rc,
    const char *what)
{
    u_char              fingerprint[NGX_TOUCAN_FINGERPRINT_LEN];
    ngx_str_t           name, sentence, kind, origin, kid, user, token;
    ngx_toucan_made_t  *made;

    if (r->connection->log->log_level < ctx->lcf->log_level) {
        return;
    }

    made = &ctx->made;

    name = ngx_toucan_ngx_str(toucan_rc_name(rc));
    sentence = ngx_toucan_ngx_str(toucan_rc_sentence(rc));
    kind = ngx_toucan_ngx_str(toucan_kind_name(made->place.kind));

    origin = ngx_toucan_log_value(&ctx->arena,
                                  toucan_origin_text(&made->place.origin));
    kid = ngx_toucan_log_value(&ctx->arena, made->identity.jwt.kid);
    user = ngx_toucan_log_value(&ctx->arena, made->identity.claims.distinct_id);

    ngx_str_set(&token, "-");

    if (made->token.data != NULL) {
        ngx_toucan_fingerprint(fingerprint, made->token);
        token.data = fingerprint;
        token.len = NGX_TOUCAN_FINGERPRINT_LEN;
    }

    ngx_log_error(ctx->lcf->log_level, r->connection->log, 0,
                  "toucan: %s: %V (%V), kind: %V, origin: %V, "
                  "distinct_id: %V, kid: %V, token: %V", what, &name,
                  &sentence, &kind, &origin, &user, &kid, &token);
}
