
/*
 * Answers that may outlive their token: those of one worker, of one location's
 * configuration or another.  Who begins one, and what its look at them needs.
 */


#ifndef _NGX_TOUCAN_STREAM_H_INCLUDED_
#define _NGX_TOUCAN_STREAM_H_INCLUDED_


#include "ngx/ngx_toucan.h"


/* How long steps follow each other without a pause, in nanoseconds. */
#define NGX_TOUCAN_SLICE            500000


/* ngx_toucan_stream.c */

/* Makes the worker's list of streams. */
ngx_int_t ngx_toucan_streams_init(ngx_cycle_t *cycle,
    ngx_toucan_main_conf_t *tmcf);

/*
 * The answer begins: from now on it may be cut, if it is of a request that the
 * gate let pass.  NGX_ERROR when memory is out.
 */
ngx_int_t ngx_toucan_stream_begin(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);

/* The request is at its end, whoever ended it. */
void ngx_toucan_stream_over(ngx_toucan_ctx_t *ctx);

/* ngx_toucan_ctx.c */

/* Opens ctx's token with the keys that are in force, or takes it out of the
 * cache; sets its identity. */
toucan_rc_t ngx_toucan_open(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx);

/* ngx_toucan_access.c */

/* Logs what was done to a request, and why, at the location's level. */
void ngx_toucan_log(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    toucan_rc_t rc, const char *what);

/* ngx_toucan_revocation.c */

/* Another number when a zone has been given a revocation since. */
ngx_uint_t ngx_toucan_revocations_changes(ngx_toucan_main_conf_t *tmcf);

/* ngx_toucan_watch.c */

/* An event of the worker's, as ngx_toucan_timer() makes it, not yet due. */
ngx_int_t ngx_toucan_event(ngx_cycle_t *cycle, ngx_event_t *ev,
    ngx_event_handler_pt handler, void *data);

/* Nanoseconds, which do not stand still within an event. */
int64_t ngx_toucan_clock(void);


#endif /* _NGX_TOUCAN_STREAM_H_INCLUDED_ */
