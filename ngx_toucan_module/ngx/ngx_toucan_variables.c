
/*
 * Variables: evaluated on demand, in any phase, from a verified token or from
 * the decision; empty otherwise.  Values of claims are encoded as in headers,
 * so that they can be put into one.
 */


#include "ngx/ngx_toucan.h"


/* How a variable gets its value; absent: not found. */

typedef toucan_str_t (*ngx_toucan_get_pt)(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);


typedef struct {
    ngx_str_t            name;
    ngx_toucan_get_pt    get;
    ngx_uint_t           place;     /* 1: needs no token */
} ngx_toucan_variable_t;


static ngx_int_t ngx_toucan_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_toucan_variable_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_toucan_variable_reason(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_toucan_variable_attr(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_toucan_variable_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_toucan_variable_uri(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_toucan_ctx_t *ngx_toucan_variable_ctx(ngx_http_request_t *r,
    ngx_uint_t place);
static ngx_int_t ngx_toucan_variable_set(ngx_http_variable_value_t *v,
    toucan_str_t value);
static const toucan_node_t *ngx_toucan_claim_node(ngx_toucan_ctx_t *ctx,
    ngx_str_t *path);
static toucan_str_t ngx_toucan_decimal(ngx_http_request_t *r, int64_t n);
static toucan_str_t ngx_toucan_get_kind(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_origin(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_cache_status(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_token_id(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_distinct_id(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_role(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_organization(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_env(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_jti(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_sid(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_kid(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_expires(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_ttl(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_rls(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_permissions(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_str_t ngx_toucan_get_scope_key(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);


static ngx_toucan_variable_t  ngx_toucan_variables[] = {
    { ngx_string("toucan_kind"), ngx_toucan_get_kind, 1 },
    { ngx_string("toucan_origin"), ngx_toucan_get_origin, 1 },
    { ngx_string("toucan_cache_status"), ngx_toucan_get_cache_status, 1 },
    { ngx_string("toucan_token_id"), ngx_toucan_get_token_id, 0 },
    { ngx_string("toucan_distinct_id"), ngx_toucan_get_distinct_id, 0 },
    { ngx_string("toucan_role"), ngx_toucan_get_role, 0 },
    { ngx_string("toucan_organization"), ngx_toucan_get_organization, 0 },
    { ngx_string("toucan_env"), ngx_toucan_get_env, 0 },
    { ngx_string("toucan_jti"), ngx_toucan_get_jti, 0 },
    { ngx_string("toucan_sid"), ngx_toucan_get_sid, 0 },
    { ngx_string("toucan_kid"), ngx_toucan_get_kid, 0 },
    { ngx_string("toucan_expires"), ngx_toucan_get_expires, 0 },
    { ngx_string("toucan_ttl"), ngx_toucan_get_ttl, 0 },
    { ngx_string("toucan_rls"), ngx_toucan_get_rls, 0 },
    { ngx_string("toucan_permissions"), ngx_toucan_get_permissions, 0 },
    { ngx_string("toucan_scope_key"), ngx_toucan_get_scope_key, 0 }
};


static ngx_http_variable_t  ngx_toucan_other_variables[] = {

    { ngx_string("toucan_status"), NULL, ngx_toucan_variable_status, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("toucan_reason"), NULL, ngx_toucan_variable_reason, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("toucan_request_uri"), NULL, ngx_toucan_variable_uri, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("toucan_attr_"), NULL, ngx_toucan_variable_attr, 0,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("toucan_claim_"), NULL, ngx_toucan_variable_claim, 0,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

      ngx_http_null_variable
};


static ngx_str_t  ngx_toucan_statuses[] = {
    ngx_null_string,
    ngx_string("PASSED"),
    ngx_string("REJECTED"),
    ngx_string("REJECTED_DRY_RUN"),
    ngx_string("CUT"),
    ngx_string("CUT_DRY_RUN")
};


ngx_int_t
ngx_toucan_add_variables(ngx_conf_t *cf)
{
    ngx_uint_t            i;
    ngx_http_variable_t  *var, *v;

    for (i = 0; i < sizeof(ngx_toucan_variables)
                    / sizeof(ngx_toucan_variables[0]); i++)
    {
        var = ngx_http_add_variable(cf, &ngx_toucan_variables[i].name,
                                    NGX_HTTP_VAR_NOCACHEABLE);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_toucan_variable;
        var->data = (uintptr_t) &ngx_toucan_variables[i];
    }

    for (v = ngx_toucan_other_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/*
 * The context to read from: of this location where its gate is on, else of the
 * one that the request came from.  Without "place" only one that holds the
 * claims of a verified token.
 */

static ngx_toucan_ctx_t *
ngx_toucan_variable_ctx(ngx_http_request_t *r, ngx_uint_t place)
{
    ngx_toucan_ctx_t       *ctx;
    ngx_toucan_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_toucan_module);
    ctx = ngx_toucan_ctx_find(r);

    if (lcf->enable && (r == r->main || ctx == NULL || ctx->lcf != lcf)) {
        ctx = ngx_toucan_ctx(r);
    }

    if (ctx == NULL || ctx->lcf == NULL) {
        return NULL;
    }

    if (place) {
        ngx_toucan_gather(r, ctx);
        return ctx;
    }

    return (ngx_toucan_authenticate(r, ctx) == TOUCAN_OK) ? ctx : NULL;
}


static ngx_int_t
ngx_toucan_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_toucan_variable_t *var = (ngx_toucan_variable_t *) data;

    ngx_toucan_ctx_t  *ctx;

    ctx = ngx_toucan_variable_ctx(r, var->place);

    return ngx_toucan_variable_set(v, ctx ? var->get(r, ctx)
                                          : toucan_str(NULL, 0));
}


static ngx_int_t
ngx_toucan_variable_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t               status;
    ngx_toucan_ctx_t       *ctx;
    ngx_toucan_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_toucan_module);
    ctx = ngx_toucan_ctx_find(r);

    if (ctx != NULL && ctx->status != NGX_TOUCAN_UNDECIDED && !ctx->overruled)
    {
        status = ngx_toucan_statuses[ctx->status];

    } else if (lcf->enable && (ctx == NULL || !ctx->overruled)) {
        ngx_str_null(&status);

    } else {
        ngx_str_set(&status, "BYPASSED");
    }

    return ngx_toucan_variable_set(v, ngx_toucan_view(status));
}


static ngx_int_t
ngx_toucan_variable_reason(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_toucan_ctx_t  *ctx;

    ctx = ngx_toucan_ctx_find(r);

    if (ctx == NULL || ctx->status == NGX_TOUCAN_UNDECIDED
        || ctx->rc == TOUCAN_OK)
    {
        return ngx_toucan_variable_set(v, toucan_str(NULL, 0));
    }

    return ngx_toucan_variable_set(v, toucan_rc_name(ctx->rc));
}


/* nginx hands over the name of a variable in lower case. */

static ngx_int_t
ngx_toucan_variable_attr(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t *var = (ngx_str_t *) data;

    size_t                len;
    toucan_str_t          value;
    ngx_toucan_ctx_t     *ctx;
    const toucan_attr_t  *attr;

    len = sizeof("toucan_attr_") - 1;
    value = toucan_str(NULL, 0);

    ctx = ngx_toucan_variable_ctx(r, 0);

    if (ctx != NULL) {
        attr = toucan_attr_find(&ctx->lcf->policy,
                                toucan_str(var->data + len, var->len - len));

        if (attr != NULL) {
            value = toucan_header_value(ctx->made.identity.claims.doc,
                        toucan_attr_node(attr, &ctx->made.identity.claims),
                        &ctx->arena);
        }
    }

    return ngx_toucan_variable_set(v, value);
}


static ngx_int_t
ngx_toucan_variable_claim(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t *var = (ngx_str_t *) data;

    ngx_str_t          path;
    toucan_str_t       value;
    ngx_toucan_ctx_t  *ctx;

    path.len = var->len - (sizeof("toucan_claim_") - 1);
    path.data = var->data + sizeof("toucan_claim_") - 1;

    value = toucan_str(NULL, 0);

    ctx = ngx_toucan_variable_ctx(r, 0);

    if (ctx != NULL) {
        value = toucan_header_value(ctx->made.identity.claims.doc,
                                    ngx_toucan_claim_node(ctx, &path),
                                    &ctx->arena);
    }

    return ngx_toucan_variable_set(v, value);
}


/* "__" leads a level down. */

static const toucan_node_t *
ngx_toucan_claim_node(ngx_toucan_ctx_t *ctx, ngx_str_t *path)
{
    u_char               *p, *last, *end;
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;

    doc = ctx->made.identity.claims.doc;
    node = toucan_json_root(doc);

    p = path->data;
    last = p + path->len;

    while (node != NULL && p <= last) {

        for (end = p; end < last; end++) {
            if (end + 1 < last && end > p && end[0] == '_' && end[1] == '_') {
                break;
            }
        }

        node = toucan_json_member_nocase(doc, node, toucan_str(p, end - p));

        p = (end < last) ? end + 2 : last + 1;
    }

    return node;
}


static ngx_int_t
ngx_toucan_variable_uri(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t                uri;
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_http_get_module_main_conf(r, ngx_toucan_module);

    if (ngx_toucan_cut_args(r->pool, &uri, &r->unparsed_uri, &tmcf->arg_names,
                            0)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_toucan_variable_set(v, ngx_toucan_view(uri));
}


static ngx_int_t
ngx_toucan_variable_set(ngx_http_variable_value_t *v, toucan_str_t value)
{
    if (value.data == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = value.len;
    v->data = (u_char *) value.data;

    return NGX_OK;
}


static toucan_str_t
ngx_toucan_decimal(ngx_http_request_t *r, int64_t n)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    return toucan_str(p, ngx_sprintf(p, "%L", n) - p);
}


static toucan_str_t
ngx_toucan_get_kind(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_kind_name(ctx->made.place.kind);
}


static toucan_str_t
ngx_toucan_get_origin(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    toucan_place_t  *place;

    place = &ctx->made.place;

    if (place->origin.len == 0) {
        return place->null ? toucan_cstr("null") : toucan_str(NULL, 0);
    }

    return toucan_origin_text(&place->origin);
}


static toucan_str_t
ngx_toucan_get_token_id(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_TOUCAN_FINGERPRINT_LEN);

    if (p != NULL) {
        ngx_toucan_fingerprint(p, ctx->made.token);
    }

    return toucan_str(p, NGX_TOUCAN_FINGERPRINT_LEN);
}


static toucan_str_t
ngx_toucan_get_distinct_id(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_header_encode(ctx->made.identity.claims.distinct_id,
                                &ctx->arena);
}


static toucan_str_t
ngx_toucan_get_role(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_header_encode(ctx->made.identity.claims.role, &ctx->arena);
}


static toucan_str_t
ngx_toucan_get_organization(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_header_encode(ctx->made.identity.claims.organization,
                                &ctx->arena);
}


static toucan_str_t
ngx_toucan_get_env(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_env_name(ctx->made.identity.claims.env);
}


static toucan_str_t
ngx_toucan_get_jti(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_header_encode(ctx->made.identity.claims.jti, &ctx->arena);
}


/* Of a token that was refused, too.  A log entry is no reason to open one. */

static toucan_str_t
ngx_toucan_get_cache_status(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return ctx->made.hit ? toucan_cstr("HIT")
                         : ctx->made.miss ? toucan_cstr("MISS")
                                          : toucan_str(NULL, 0);
}


static toucan_str_t
ngx_toucan_get_sid(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_header_encode(ctx->made.identity.claims.sid, &ctx->arena);
}


static toucan_str_t
ngx_toucan_get_kid(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_header_encode(ctx->made.identity.jwt.kid, &ctx->arena);
}


static toucan_str_t
ngx_toucan_get_expires(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return ngx_toucan_decimal(r, ctx->made.identity.claims.exp);
}


static toucan_str_t
ngx_toucan_get_ttl(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    int64_t  ttl;

    ttl = ctx->made.identity.claims.exp - ngx_time();

    return ngx_toucan_decimal(r, ttl > 0 ? ttl : 0);
}


static toucan_str_t
ngx_toucan_get_rls(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_headers_rls(&ctx->lcf->policy, &ctx->made.identity.claims,
                              &ctx->arena);
}


static toucan_str_t
ngx_toucan_get_permissions(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_permissions_text(&ctx->made.identity.claims, &ctx->arena);
}


static toucan_str_t
ngx_toucan_get_scope_key(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return toucan_scope_key(&ctx->lcf->policy, &ctx->made.identity.claims,
                            &ctx->arena);
}
