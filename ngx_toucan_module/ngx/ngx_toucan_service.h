
/*
 * What the files of the token service share: a request to an endpoint (call),
 * what an endpoint is, and who offers which.
 */


#ifndef _NGX_TOUCAN_SERVICE_H_INCLUDED_
#define _NGX_TOUCAN_SERVICE_H_INCLUDED_


#include "ngx/ngx_toucan.h"


/* An identity provider whose ID tokens a location exchanges. */

struct ngx_toucan_sso_s {
    ngx_array_t                 *key_files;     /* ngx_toucan_file_t * */
    ngx_array_t                 *issuers;       /* toucan_str_t, one */
    ngx_array_t                 *audiences;     /* toucan_str_t */
    ngx_str_t                    organization;  /* empty: what is claimed */
    ngx_str_t                    grant;         /* JSON, while it is read */
    toucan_part_t                bound;         /* what may be granted */
    toucan_policy_t              policy;
};


/* ngx_toucan_endpoint.c: what the endpoints of the token service share */

/* A request to an endpoint.  Everything lives as long as the request, but for
 * apikey: until the handler returns. */

typedef struct ngx_toucan_call_s  ngx_toucan_call_t;

struct ngx_toucan_call_s {
    const ngx_toucan_endpoint_t *endpoint;
    ngx_toucan_ctx_t            *ctx;
    ngx_toucan_loc_conf_t       *lcf;
    toucan_arena_t              *arena;         /* cleansed at the end */
    toucan_str_t                 body;
    const toucan_apikey_t       *apikey;        /* NULL: none was asked for */
    toucan_fault_t               fault;
    toucan_str_t                 answer;        /* absent: 204 */
    const char                  *cache;         /* NULL: "no-store" */
    const char                  *error;         /* of OAuth; NULL: the usual */
    int64_t                      now;
};


/* What a location with an endpoint must have, or nginx does not start. */

#define NGX_TOUCAN_NEEDS_GATE         0x01      /* else: no gate */
#define NGX_TOUCAN_NEEDS_KEYS         0x02
#define NGX_TOUCAN_NEEDS_MINT         0x04      /* keys, issuer, audience */
#define NGX_TOUCAN_NEEDS_MINT_KEYS    0x08
#define NGX_TOUCAN_NEEDS_REVOCATION   0x10


/* An endpoint: a const row, to which a directive points. */

struct ngx_toucan_endpoint_s {
    ngx_str_t                    name;          /* "toucan_mint" */
    ngx_uint_t                   method;        /* NGX_HTTP_POST or _GET */
    const char                  *media;         /* of the body; NULL: no body */
    unsigned                     scope;         /* toucan_scope_e; 0: no key */
    ngx_uint_t                   needs;         /* NGX_TOUCAN_NEEDS_... */
    ngx_uint_t                   oauth;         /* 1: errors as in RFC 6749 */

    /* TOUCAN_OK with call->answer, or the reason and perhaps call->fault */
    toucan_rc_t                (*handle)(ngx_http_request_t *r,
                                    ngx_toucan_call_t *call);
};

/* The content handler of every endpoint. */
ngx_int_t ngx_toucan_endpoint_handler(ngx_http_request_t *r);

/* ngx_toucan_reply.c: answers of endpoints */

/* Sends the call's answer for rc; what a content handler returns. */
ngx_int_t ngx_toucan_reply(ngx_http_request_t *r, ngx_toucan_call_t *call,
    toucan_rc_t rc);

/* ngx_toucan_mint.c, _introspect.c, _revoke.c: endpoints */

extern const ngx_toucan_endpoint_t  ngx_toucan_mint_endpoint;
extern const ngx_toucan_endpoint_t  ngx_toucan_refresh_endpoint;
extern const ngx_toucan_endpoint_t  ngx_toucan_exchange_endpoint;
extern const ngx_toucan_endpoint_t  ngx_toucan_introspect_endpoint;
extern const ngx_toucan_endpoint_t  ngx_toucan_keys_endpoint;
extern const ngx_toucan_endpoint_t  ngx_toucan_revoke_endpoint;

/* Makes the token and the answer of a grant that was found good. */
toucan_rc_t ngx_toucan_issue(ngx_toucan_call_t *call, toucan_grant_t *grant,
    const toucan_apikey_t *key);


#endif /* _NGX_TOUCAN_SERVICE_H_INCLUDED_ */
