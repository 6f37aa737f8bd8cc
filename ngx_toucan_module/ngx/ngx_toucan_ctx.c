
/*
 * The context of a request: where it is kept, what of the request the gate is
 * shown, and the token, looked at when somebody asks for the first time.
 */


#include "ngx/ngx_toucan_stream.h"


/*
 * Bytes in a block of the arena for what is asked for next.  For a sanitizer
 * each piece is a block of its own, and not a byte longer.
 */

#if (NGX_DEBUG_PALLOC)
#define NGX_TOUCAN_BLOCK_SPARE  0
#define NGX_TOUCAN_BLOCK_ALIGN  1
#else
#define NGX_TOUCAN_BLOCK_SPARE  320
#define NGX_TOUCAN_BLOCK_ALIGN  NGX_ALIGNMENT
#endif


#define ngx_toucan_field_is(h, name)                                          \
    (ngx_memcmp((h)->lowcase_key, name, sizeof(name) - 1) == 0)


static ngx_toucan_ctx_t *ngx_toucan_ctx_create(ngx_http_request_t *r);
static void ngx_toucan_ctx_cleanup(void *data);
static void ngx_toucan_gather_headers(ngx_http_request_t *r,
    toucan_request_t *request);
static toucan_field_t *ngx_toucan_field(toucan_request_t *request,
    ngx_table_elt_t *h);
static void ngx_toucan_own(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx);
static void *ngx_toucan_arena_alloc(void *ctx, size_t size);
static void *ngx_toucan_block_alloc(void *ctx, size_t size);


/*
 * nginx clears the slots of modules at an internal redirect; the pool stays.
 * The address of the cleanup handler finds the context again.  A subrequest
 * shares the pool with its main request, but has a context of its own, made
 * when it meets a gate; without one it sees that of its parent.
 */

ngx_toucan_ctx_t *
ngx_toucan_ctx_find(ngx_http_request_t *r)
{
    ngx_toucan_ctx_t    *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = ngx_http_get_module_ctx(r, ngx_toucan_module);

    if (ctx != NULL) {
        return ctx;
    }

    for (cln = r->internal ? r->pool->cleanup : NULL; cln; cln = cln->next) {

        if (cln->handler != ngx_toucan_ctx_cleanup) {
            continue;
        }

        ctx = cln->data;

        if (ctx->request != r) {
            continue;
        }

        ctx->redirected = 1;
        ngx_http_set_ctx(r, ctx, ngx_toucan_module);

        return ctx;
    }

    return (r == r->main) ? NULL : ngx_toucan_ctx_find(r->parent);
}


ngx_toucan_ctx_t *
ngx_toucan_ctx(ngx_http_request_t *r)
{
    ngx_toucan_ctx_t       *ctx;
    ngx_toucan_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_toucan_module);

    ctx = ngx_toucan_ctx_find(r);

    if (ctx != NULL && ctx->request != r) {
        ctx = NULL;
    }

    if (ctx == NULL) {
        ctx = ngx_toucan_ctx_create(r);
        if (ctx == NULL) {
            return NULL;
        }

        ctx->lcf = lcf;
        ctx->made.token_rc = TOUCAN_NOT_READY;
    }

    if (ctx->lcf == lcf && !ctx->redirected) {
        return ctx;
    }

    /* another location or URI: what was found for the last one is void */

    ctx->lcf = lcf;
    ctx->redirected = 0;

    ngx_memzero(&ctx->made, sizeof(ngx_toucan_made_t));
    ctx->made.token_rc = TOUCAN_NOT_READY;

    return ctx;
}


ngx_toucan_ctx_t *
ngx_toucan_ctx_bare(ngx_http_request_t *r)
{
    ngx_toucan_ctx_t  *ctx;

    ctx = ngx_toucan_ctx_find(r);

    return (ctx != NULL && ctx->request == r) ? ctx
                                              : ngx_toucan_ctx_create(r);
}


static ngx_toucan_ctx_t *
ngx_toucan_ctx_create(ngx_http_request_t *r)
{
    ngx_toucan_ctx_t    *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_toucan_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    if (ngx_array_init(&ctx->taken, r->pool, 1, sizeof(ngx_toucan_taken_t))
        != NGX_OK)
    {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    ctx->rc = TOUCAN_NOT_READY;
    ctx->arena.alloc = ngx_toucan_block_alloc;
    ctx->arena.ctx = ctx;
    ctx->request = r;

    cln->handler = ngx_toucan_ctx_cleanup;
    cln->data = ctx;

    ngx_http_set_ctx(r, ctx, ngx_toucan_module);

    return ctx;
}


/*
 * Claims are personal data: what was decoded, for this location or an earlier
 * one, does not stay in freed memory.  nginx has logged the request by now.
 */

static void
ngx_toucan_ctx_cleanup(void *data)
{
    ngx_toucan_ctx_t *ctx = data;

    ngx_toucan_block_t  *block, *next;

    ngx_toucan_stream_over(ctx);

    for (block = ctx->blocks; block != NULL; block = next) {
        next = block->next;
        ngx_explicit_memzero(block, sizeof(ngx_toucan_block_t) + block->used);
    }

    ngx_explicit_memzero(&ctx->made, sizeof(ngx_toucan_made_t));
    ctx->blocks = NULL;

    if (ctx->call != NULL) {
        ngx_toucan_endpoint_forget(ctx->request);
    }
}


/* A known token needs one block, a new one three. */

static void *
ngx_toucan_block_alloc(void *data, size_t size)
{
    ngx_toucan_ctx_t *ctx = data;

    u_char              *p;
    size_t               room;
    ngx_toucan_block_t  *block;

    block = ctx->blocks;

    if (block == NULL || block->size - block->used < size) {
        room = ngx_align(size, NGX_TOUCAN_BLOCK_ALIGN)
               + NGX_TOUCAN_BLOCK_SPARE;

        block = ngx_palloc(ctx->request->pool,
                           sizeof(ngx_toucan_block_t) + room);
        if (block == NULL) {
            return NULL;
        }

        block->next = ctx->blocks;
        block->size = room;
        block->used = 0;
        ctx->blocks = block;
    }

    p = (u_char *) (block + 1) + block->used;
    block->used += ngx_align(size, NGX_TOUCAN_BLOCK_ALIGN);

    return p;
}


toucan_arena_t
ngx_toucan_arena(ngx_pool_t *pool)
{
    toucan_arena_t  arena;

    arena.alloc = ngx_toucan_arena_alloc;
    arena.ctx = pool;

    return arena;
}


static void *
ngx_toucan_arena_alloc(void *ctx, size_t size)
{
    return ngx_palloc(ctx, size);
}


void
ngx_toucan_gather(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    u_char            *args;
    ngx_str_t         *uri;
    toucan_request_t  *request;

    if (ctx->made.gathered) {
        return;
    }

    request = &ctx->made.request;

    switch (r->method) {

    case NGX_HTTP_GET:
    case NGX_HTTP_HEAD:
        request->method = TOUCAN_METHOD_GET;
        break;

    case NGX_HTTP_OPTIONS:
        request->method = TOUCAN_METHOD_OPTIONS;
        break;

    default:
        request->method = TOUCAN_METHOD_OTHER;
    }

    /* a subrequest is a GET whatever led to it: behind auth_request, a POST */

    if (r != r->main && !(r->main->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        request->method = TOUCAN_METHOD_OTHER;
    }

    ngx_toucan_gather_headers(r, request);
    ngx_toucan_own(r, ctx);

    uri = &r->unparsed_uri;
    args = (uri->len != 0) ? memchr(uri->data, '?', uri->len) : NULL;

    /*
     * a "#" ends the query for nginx, for an upstream perhaps not: then all is
     * shown as a path, which is ambiguous
     */

    request->path = ngx_toucan_view(*uri);

    if (args != NULL
        && memchr(args, '#', uri->data + uri->len - args) == NULL)
    {
        request->path.len = args - uri->data;
    }

    request->args = ngx_toucan_view(r->args);
    request->now = ngx_time();

    toucan_place_check(&ctx->lcf->policy, request, &ctx->made.place);

    ctx->made.gathered = 1;
}


static void
ngx_toucan_gather_headers(ngx_http_request_t *r, toucan_request_t *request)
{
    ngx_uint_t        i;
    toucan_field_t   *field;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
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

        field = ngx_toucan_field(request, &h[i]);

        if (field != NULL && field->count++ == 0) {
            field->value = ngx_toucan_view(h[i].value);
        }
    }
}


static toucan_field_t *
ngx_toucan_field(toucan_request_t *request, ngx_table_elt_t *h)
{
    /* by length, of which most headers have another; none has two names */

    switch (h->key.len) {

    case sizeof("origin") - 1:
        return ngx_toucan_field_is(h, "origin") ? &request->origin : NULL;

    case sizeof("referer") - 1:
        return ngx_toucan_field_is(h, "referer") ? &request->referer : NULL;

    case sizeof("sec-fetch-site") - 1:

        if (ngx_toucan_field_is(h, "sec-fetch-site")) {
            return &request->site;
        }

        if (ngx_toucan_field_is(h, "sec-fetch-mode")) {
            return &request->mode;
        }

        return ngx_toucan_field_is(h, "sec-fetch-dest") ? &request->dest : NULL;

    case sizeof("access-control-request-method") - 1:
        return ngx_toucan_field_is(h, "access-control-request-method")
               ? &request->acrm : NULL;

    default:
        return NULL;
    }
}


/*
 * Our own origin: what toucan_own_origin says, else scheme and Host as the
 * client sent them.  Where there is none, nothing is our own.
 */

static void
ngx_toucan_own(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t   own, *host, scheme;

    if (ctx->lcf->own_origin != NULL) {
        if (ngx_http_complex_value(r, ctx->lcf->own_origin, &own) == NGX_OK) {
            ctx->made.request.own_origin = ngx_toucan_view(own);
        }

        return;
    }

    if (r->headers_in.host == NULL) {
        return;
    }

    host = &r->headers_in.host->value;

    ngx_str_set(&scheme, "http://");

#if (NGX_HTTP_SSL)

    if (r->connection->ssl) {
        ngx_str_set(&scheme, "https://");
    }

#endif

    p = ngx_pnalloc(r->pool, scheme.len + host->len);
    if (p == NULL) {
        return;
    }

    ctx->made.request.own_origin = toucan_str(p, scheme.len + host->len);

    ngx_memcpy(ngx_cpymem(p, scheme.data, scheme.len), host->data, host->len);
}


toucan_rc_t
ngx_toucan_authenticate(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_toucan_made_t  *made;

    made = &ctx->made;

    if (made->authenticated) {
        return made->token_rc;
    }

    ngx_toucan_gather(r, ctx);

    made->token_rc = ngx_toucan_token_find(r, ctx);
    made->authenticated = 1;

    if (made->token_rc != TOUCAN_OK) {
        return made->token_rc;
    }

    made->token_rc = ngx_toucan_open(r, ctx);

    if (made->token_rc == TOUCAN_OK) {
        made->token_rc = ngx_toucan_revoked(ctx->lcf,
                                            &made->identity.claims);
    }

    return made->token_rc;
}


/* Only what a token says of itself may come from the cache. */

toucan_rc_t
ngx_toucan_open(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_int_t                found;
    ngx_uint_t               n;
    toucan_rc_t              rc;
    ngx_toucan_made_t       *made;
    toucan_cache_name_t      name;
    const toucan_jwks_t     *sets[NGX_TOUCAN_MAX_SETS];
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_http_get_module_main_conf(r, ngx_toucan_module);

    made = &ctx->made;
    made->generation = tmcf->generation;

    found = ctx->lcf->cache ? ngx_toucan_cache_find(r, ctx, &name)
                            : NGX_ERROR;

    if (found == NGX_OK) {
        made->hit = 1;
        return toucan_identify(&ctx->lcf->policy, made->request.now,
                               &made->identity);
    }

    made->miss = (ctx->lcf->cache != NULL);

    n = ngx_toucan_sets(ctx->lcf->key_files, ctx->lcf->derived, sets);

    rc = toucan_authenticate(&ctx->lcf->policy, sets, n, made->token,
                             made->request.now, &ctx->arena, &made->identity);

    if (rc == TOUCAN_OK && found == NGX_DECLINED) {
        ngx_toucan_cache_add(ctx, &name);
    }

    return rc;
}


toucan_rc_t
ngx_toucan_still(ngx_toucan_ctx_t *ctx)
{
    ngx_toucan_made_t       *made;
    ngx_toucan_main_conf_t  *tmcf;

    made = &ctx->made;

    if (made->token_rc != TOUCAN_OK) {
        return made->token_rc;
    }

    tmcf = ngx_http_get_module_main_conf(ctx->request, ngx_toucan_module);

    if (made->generation != tmcf->generation) {
        made->hit = 0;
        made->miss = 0;
        ngx_memzero(&made->identity, sizeof(toucan_identity_t));

        made->token_rc = ngx_toucan_open(ctx->request, ctx);

        if (made->token_rc != TOUCAN_OK) {
            return made->token_rc;
        }
    }

    made->token_rc = toucan_claims_time(&made->identity.claims,
                                        &ctx->lcf->policy, ngx_time());

    if (made->token_rc == TOUCAN_OK) {
        made->token_rc = ngx_toucan_revoked(ctx->lcf,
                                            &made->identity.claims);
    }

    return made->token_rc;
}


void
ngx_toucan_fingerprint(u_char *dst, toucan_str_t token)
{
    uint8_t  digest[TOUCAN_SHA256_SIZE];

    if (toucan_sha256(token, digest) != TOUCAN_OK) {
        ngx_memset(dst, '-', NGX_TOUCAN_FINGERPRINT_LEN);
        return;
    }

    toucan_hex(dst, digest, NGX_TOUCAN_FINGERPRINT_LEN / 2);
}


/* A kid, a field's name may be anybody's. */

ngx_str_t
ngx_toucan_log_value(toucan_arena_t *arena, toucan_str_t value)
{
    u_char     ch, *p;
    size_t     i;
    ngx_str_t  s;

    ngx_str_set(&s, "-");

    if (value.len == 0) {
        return s;
    }

    p = toucan_arena_alloc(arena, 3 * value.len);
    if (p == NULL) {
        return s;
    }

    s.data = p;

    for (i = 0; i < value.len; i++) {
        ch = value.data[i];

        if (ch > ' ' && ch < 0x7f && ngx_strchr("%\"',\\", ch) == NULL) {
            *p++ = ch;

        } else {
            p = ngx_sprintf(p, "%%%02Xi", (ngx_uint_t) ch);
        }
    }

    s.len = p - s.data;

    return s;
}
