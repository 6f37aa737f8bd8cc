
/*
 * A stream ends with its token: an answer that still runs when the token has
 * expired, is revoked, or is opened by no key any more, is cut.
 *
 * A request costs a place in a queue.  What outlives its first moments is held
 * in the order in which tokens end, and in a ring: when something has been
 * revoked, or keys have changed, it is walked once around.  All of it in
 * slices, with requests answered in between.
 */


#include "ngx/ngx_toucan_stream.h"


/* ms: how old it is when it is looked at for the first time; and then how
 * often.  Both together are less than a second. */
#define NGX_TOUCAN_STREAM_YOUNG     500
#define NGX_TOUCAN_STREAM_INTERVAL  250


/* One answer; it lives in the pool of its request. */

struct ngx_toucan_stream_s {
    ngx_queue_t                  queue;         /* of the young, or the ring */
    ngx_rbtree_node_t            node;          /* key: when its token ends */
    ngx_toucan_streams_t        *streams;       /* NULL: in none of them */
    ngx_toucan_ctx_t            *ctx;
    ngx_msec_t                   begun;
    ngx_uint_t                   walk;          /* that it was looked at in */
    unsigned                     grown:1;       /* in the ring and the tree */
};


struct ngx_toucan_streams_s {
    ngx_event_t                  event;
    ngx_toucan_main_conf_t      *tmcf;
    ngx_queue_t                  young;         /* the oldest first */
    ngx_queue_t                  ring;          /* the next one first */
    ngx_rbtree_t                 ends;
    ngx_rbtree_node_t            sentinel;
    ngx_uint_t                   walk;          /* which one it is */
    ngx_uint_t                   changes;       /* of revocations, when it */
    ngx_uint_t                   generation;    /* began; and of keys */
    ngx_msec_t                   looked;        /* when there was a look */
};


static ngx_int_t ngx_toucan_stream_switch(ngx_http_request_t *r);
static void ngx_toucan_streams_handler(ngx_event_t *ev);
static void ngx_toucan_streams_look(ngx_toucan_streams_t *streams);
static ngx_int_t ngx_toucan_streams_slice(ngx_toucan_streams_t *streams);
static ngx_toucan_stream_t *ngx_toucan_streams_next(
    ngx_toucan_streams_t *streams);
static void ngx_toucan_stream_grow(ngx_toucan_streams_t *streams,
    ngx_toucan_stream_t *stream);
static void ngx_toucan_stream_leave(ngx_toucan_stream_t *stream);
static void ngx_toucan_stream_look(ngx_toucan_streams_t *streams,
    ngx_toucan_stream_t *stream);
static void ngx_toucan_stream_put_off(ngx_toucan_streams_t *streams,
    ngx_toucan_stream_t *stream);
static ngx_uint_t ngx_toucan_stream_ours(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);
static toucan_rc_t ngx_toucan_stream_check(ngx_toucan_main_conf_t *tmcf,
    ngx_toucan_ctx_t *ctx);
static toucan_rc_t ngx_toucan_stream_reopen(ngx_toucan_ctx_t *ctx);
static void *ngx_toucan_stream_alloc(void *data, size_t size);
static void ngx_toucan_stream_cut(ngx_http_request_t *r);


ngx_int_t
ngx_toucan_streams_init(ngx_cycle_t *cycle, ngx_toucan_main_conf_t *tmcf)
{
    ngx_toucan_streams_t  *streams;

    streams = ngx_pcalloc(cycle->pool, sizeof(ngx_toucan_streams_t));
    if (streams == NULL) {
        return NGX_ERROR;
    }

    streams->tmcf = tmcf;

    ngx_queue_init(&streams->young);
    ngx_queue_init(&streams->ring);
    ngx_rbtree_init(&streams->ends, &streams->sentinel,
                    ngx_rbtree_insert_value);

    tmcf->streams = streams;

    return ngx_toucan_event(cycle, &streams->event,
                            ngx_toucan_streams_handler, streams);
}


ngx_int_t
ngx_toucan_stream_begin(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_toucan_stream_t     *stream;
    ngx_toucan_streams_t    *streams;
    ngx_toucan_main_conf_t  *tmcf;

    if (!ngx_toucan_stream_ours(r, ctx) || !ctx->lcf->stream_expiry) {
        return NGX_OK;
    }

    stream = ctx->stream;

    if (stream == NULL) {
        stream = ngx_palloc(r->pool, sizeof(ngx_toucan_stream_t));
        if (stream == NULL) {
            return NGX_ERROR;
        }

        stream->ctx = ctx;
        stream->streams = NULL;
        stream->grown = 0;

        ctx->stream = stream;
    }

    if (stream->streams != NULL) {
        return NGX_OK;
    }

    if (r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS
        && ngx_toucan_stream_switch(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    tmcf = ngx_http_get_module_main_conf(r, ngx_toucan_module);
    streams = tmcf->streams;

    stream->streams = streams;
    stream->begun = ngx_current_msec;

    ngx_queue_insert_tail(&streams->young, &stream->queue);

    if (!streams->event.timer_set && !streams->event.posted) {
        ngx_add_timer(&streams->event, NGX_TOUCAN_STREAM_INTERVAL);
    }

    return NGX_OK;
}


/*
 * What a client sends together with its handshake stands behind the request's
 * header, and what it sends next nginx reads over both: the token that is to be
 * opened again, and the request line that is logged.  So it gets a buffer of
 * its own.
 */

static ngx_int_t
ngx_toucan_stream_switch(ngx_http_request_t *r)
{
    size_t      len;
    ngx_buf_t  *b;

    len = r->header_in->last - r->header_in->pos;

    if (len == 0) {
        return NGX_OK;
    }

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, r->header_in->pos, len);
    r->header_in = b;

    return NGX_OK;
}


void
ngx_toucan_stream_over(ngx_toucan_ctx_t *ctx)
{
#if (NGX_HTTP_V2)
    ngx_event_t  *wev;
#endif

    if (ctx->stream == NULL) {
        return;
    }

    ngx_toucan_stream_leave(ctx->stream);

#if (NGX_HTTP_V2)

    /* RST_STREAM is only queued: it would wait for what other streams say */

    if (ctx->status == NGX_TOUCAN_CUT && ctx->request->stream) {
        wev = ctx->request->stream->connection->connection->write;
        ngx_post_event(wev, &ngx_posted_events);
    }

#endif
}


/*
 * Due as long as there are streams; and after each round of the worker's other
 * events while there is more to do.
 */

static void
ngx_toucan_streams_handler(ngx_event_t *ev)
{
    ngx_toucan_streams_t  *streams;

    streams = ev->data;

    ngx_toucan_streams_look(streams);

    if (ngx_toucan_streams_slice(streams) == NGX_AGAIN) {
        ngx_post_event(ev, &ngx_posted_next_events);
        return;
    }

    if (!ngx_queue_empty(&streams->young) || !ngx_queue_empty(&streams->ring))
    {
        ngx_add_timer(ev, NGX_TOUCAN_STREAM_INTERVAL);
    }
}


/* A walk that has not come around is begun again where it is. */

static void
ngx_toucan_streams_look(ngx_toucan_streams_t *streams)
{
    ngx_uint_t  changes;

    if (ngx_current_msec - streams->looked < NGX_TOUCAN_STREAM_INTERVAL) {
        return;
    }

    streams->looked = ngx_current_msec;

    changes = ngx_toucan_revocations_changes(streams->tmcf);

    if (changes == streams->changes
        && streams->generation == streams->tmcf->generation)
    {
        return;
    }

    streams->changes = changes;
    streams->generation = streams->tmcf->generation;
    streams->walk++;
}


static ngx_int_t
ngx_toucan_streams_slice(ngx_toucan_streams_t *streams)
{
    int64_t               end;
    ngx_toucan_stream_t  *stream;

    end = ngx_toucan_clock() + NGX_TOUCAN_SLICE;

    do {
        stream = ngx_toucan_streams_next(streams);

        if (stream == NULL) {
            return NGX_OK;
        }

        ngx_toucan_stream_look(streams, stream);

    } while (ngx_toucan_clock() < end);

    return NGX_AGAIN;
}


/* Whose token is over; who has just grown up; whom the walk has not met. */

static ngx_toucan_stream_t *
ngx_toucan_streams_next(ngx_toucan_streams_t *streams)
{
    ngx_queue_t          *q;
    ngx_rbtree_node_t    *node;
    ngx_toucan_stream_t  *stream;

    if (streams->ends.root != &streams->sentinel) {
        node = ngx_rbtree_min(streams->ends.root, &streams->sentinel);

        if (node->key <= (ngx_rbtree_key_t) ngx_time()) {
            return ngx_rbtree_data(node, ngx_toucan_stream_t, node);
        }
    }

    if (!ngx_queue_empty(&streams->young)) {
        q = ngx_queue_head(&streams->young);
        stream = ngx_queue_data(q, ngx_toucan_stream_t, queue);

        if (ngx_current_msec - stream->begun >= NGX_TOUCAN_STREAM_YOUNG) {
            ngx_toucan_stream_grow(streams, stream);
            return stream;
        }
    }

    if (!ngx_queue_empty(&streams->ring)) {
        q = ngx_queue_head(&streams->ring);
        stream = ngx_queue_data(q, ngx_toucan_stream_t, queue);

        if (stream->walk != streams->walk) {
            stream->walk = streams->walk;

            ngx_queue_remove(q);
            ngx_queue_insert_tail(&streams->ring, q);

            return stream;
        }
    }

    return NULL;
}


/* A token of the year 2106 is looked at then. */

static void
ngx_toucan_stream_grow(ngx_toucan_streams_t *streams,
    ngx_toucan_stream_t *stream)
{
    int64_t            exp;
    ngx_toucan_ctx_t  *ctx;

    ctx = stream->ctx;

    exp = ngx_min(ctx->made.identity.claims.exp, NGX_MAX_UINT32_VALUE);
    exp += ngx_min(ctx->lcf->policy.leeway, NGX_MAX_UINT32_VALUE);
    exp = ngx_min(exp, NGX_MAX_UINT32_VALUE);

    stream->grown = 1;
    stream->walk = streams->walk;
    stream->node.key = (ngx_rbtree_key_t) exp;

    ngx_queue_remove(&stream->queue);
    ngx_queue_insert_tail(&streams->ring, &stream->queue);
    ngx_rbtree_insert(&streams->ends, &stream->node);
}


static void
ngx_toucan_stream_leave(ngx_toucan_stream_t *stream)
{
    if (stream->streams == NULL) {
        return;
    }

    ngx_queue_remove(&stream->queue);

    if (stream->grown) {
        ngx_rbtree_delete(&stream->streams->ends, &stream->node);
        stream->grown = 0;
    }

    stream->streams = NULL;
}


static void
ngx_toucan_stream_look(ngx_toucan_streams_t *streams,
    ngx_toucan_stream_t *stream)
{
    toucan_rc_t          rc;
    ngx_toucan_ctx_t    *ctx;
    ngx_http_request_t  *r;

    ctx = stream->ctx;
    r = ctx->request;

    if (!ngx_toucan_stream_ours(r, ctx)) {
        ngx_toucan_stream_leave(stream);
        return;
    }

    rc = ngx_toucan_stream_check(streams->tmcf, ctx);

    if (rc == TOUCAN_OK) {
        ngx_toucan_stream_put_off(streams, stream);
        return;
    }

    ngx_toucan_stream_leave(stream);

    ctx->rc = rc;

    if (ctx->lcf->dry_run) {
        ctx->status = NGX_TOUCAN_CUT_DRY_RUN;
        ngx_toucan_log(r, ctx, rc, "would cut");
        return;
    }

    ctx->status = NGX_TOUCAN_CUT;

    ngx_toucan_log(r, ctx, rc, "cut");

    ngx_toucan_stream_cut(r);
}


/* One that is due and yet good, by whatever clock, is not due at once again. */

static void
ngx_toucan_stream_put_off(ngx_toucan_streams_t *streams,
    ngx_toucan_stream_t *stream)
{
    ngx_rbtree_key_t  now;

    now = (ngx_rbtree_key_t) ngx_time();

    if (stream->node.key > now) {
        return;
    }

    ngx_rbtree_delete(&streams->ends, &stream->node);
    stream->node.key = now + 1;
    ngx_rbtree_insert(&streams->ends, &stream->node);
}


/*
 * 1 when the gate itself let it pass, by the policy that its claims were read
 * with, and the answer is not yet complete: what lingers after that is no
 * stream any more.
 */

static ngx_uint_t
ngx_toucan_stream_ours(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    return ctx->status == NGX_TOUCAN_PASSED && ctx->passed != NULL
           && ctx->passed == ctx->lcf && ngx_toucan_verified(ctx) && !r->done;
}


static toucan_rc_t
ngx_toucan_stream_check(ngx_toucan_main_conf_t *tmcf, ngx_toucan_ctx_t *ctx)
{
    toucan_rc_t         rc;
    ngx_toucan_made_t  *made;

    made = &ctx->made;

    rc = toucan_claims_time(&made->identity.claims, &ctx->lcf->policy,
                            ngx_time());

    if (rc == TOUCAN_OK) {
        rc = ngx_toucan_revoked(ctx->lcf, &made->identity.claims);
    }

    if (rc == TOUCAN_OK && made->generation != tmcf->generation) {
        rc = ngx_toucan_stream_reopen(ctx);
    }

    return rc;
}


/*
 * Do the keys still open it?  What is decoded for that is freed at once: there
 * may be many changes of keys in the life of a stream.
 */

static toucan_rc_t
ngx_toucan_stream_reopen(ngx_toucan_ctx_t *ctx)
{
    toucan_rc_t          rc;
    toucan_arena_t       arena;
    ngx_toucan_made_t    made;
    ngx_toucan_block_t  *blocks, *block;

    made = ctx->made;
    arena = ctx->arena;
    blocks = NULL;

    ctx->arena.alloc = ngx_toucan_stream_alloc;
    ctx->arena.ctx = &blocks;

    ngx_memzero(&ctx->made.identity, sizeof(toucan_identity_t));
    ctx->made.request.now = ngx_time();

    rc = ngx_toucan_open(ctx->request, ctx);

    made.generation = ctx->made.generation;

    ctx->made = made;
    ctx->arena = arena;

    while (blocks != NULL) {
        block = blocks;
        blocks = block->next;

        ngx_explicit_memzero(block, sizeof(ngx_toucan_block_t) + block->used);
        ngx_free(block);
    }

    return rc;
}


static void *
ngx_toucan_stream_alloc(void *data, size_t size)
{
    ngx_toucan_block_t **blocks = data;

    ngx_toucan_block_t  *block;

    block = ngx_alloc(sizeof(ngx_toucan_block_t) + size, ngx_cycle->log);
    if (block == NULL) {
        return NULL;
    }

    block->next = *blocks;
    block->size = size;
    block->used = size;
    *blocks = block;

    return block + 1;
}


/*
 * As nginx ends a request whose connection it has to close, with a count of
 * its own: the cleanup of an upstream gives one back.  The answer is left
 * incomplete, so that whoever reads it can tell.
 *
 * The cleanup comes first, since a post_action would otherwise run while the
 * upstream is at work.  And an error of the connection: what is not sent by
 * then would be, and the connection kept, when the post_action is over.
 */

static void
ngx_toucan_stream_cut(ngx_http_request_t *r)
{
    ngx_connection_t    *c;
    ngx_http_cleanup_t  *cln;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    c->error = 1;
    r->count++;

    cln = r->cleanup;
    r->cleanup = NULL;

    for ( /* void */ ; cln != NULL; cln = cln->next) {
        if (cln->handler) {
            cln->handler(cln->data);
        }
    }

    ngx_http_finalize_request(r, NGX_ERROR);
    ngx_http_run_posted_requests(c);
}
