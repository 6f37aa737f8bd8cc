
/*
 * What the files of the server's floor share: configurations, the context of
 * a request, and who offers what.  A struct per lifetime: the key files and
 * lists of a cycle (main), the policy of a location (loc), one request (ctx).
 */


#ifndef _NGX_TOUCAN_H_INCLUDED_
#define _NGX_TOUCAN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "gate/toucan_gate.h"


#define NGX_TOUCAN_MAX_KEY_FILES    16
#define NGX_TOUCAN_WATCH_INTERVAL   500             /* ms */
#define NGX_TOUCAN_FINGERPRINT_LEN  16              /* hex digits */

/* The longest body of a request to the token service, in bytes; and what may
 * be read of it: one that comes byte by byte, in chunks, is six times as
 * long. */
#define NGX_TOUCAN_MAX_BODY         16384
#define NGX_TOUCAN_BODY_BUFFER      (8 * NGX_TOUCAN_MAX_BODY)

#define NGX_TOUCAN_DEFAULT_PREFIX   "X-Toucan-"


/* Tells one state of a file on disk from another. */

typedef struct {
    time_t                       mtime;
    long                         mtime_nsec;
    time_t                       ctime;
    long                         ctime_nsec;
    off_t                        size;
    ngx_file_uniq_t              uniq;
} ngx_toucan_file_state_t;


/* What is in a file, and how it is read. */

typedef struct {
    const char                  *what;      /* in messages */
    size_t                       max;       /* bytes */
    unsigned                     ops;       /* of a toucan_jwks_t, which is
                                               read and freed in steps; or 0 */
    void                      *(*parse)(toucan_str_t text,
                                    toucan_diag_t *diag);   /* unless ops */
    void                       (*free)(void *data);
    ngx_uint_t                 (*count)(const void *data);
} ngx_toucan_file_kind_t;


typedef struct ngx_toucan_reading_s  ngx_toucan_reading_t;
typedef struct ngx_toucan_streams_s  ngx_toucan_streams_t;


/*
 * A file of this cycle.  What was read is replaced as a whole when the file
 * changes; nothing keeps a pointer into it beyond one call.
 */

typedef struct {
    const ngx_toucan_file_kind_t *kind;
    ngx_str_t                    path;
    void                        *data;      /* toucan_jwks_t,
                                               toucan_apikeys_t */
    void                        *fresh;     /* the next, not yet in force */
    void                        *old;       /* the last, being freed */
    ngx_toucan_reading_t        *reading;   /* NULL: it is not being read */
    ngx_uint_t                   version;   /* times that it was read */
    ngx_toucan_file_state_t      state;     /* as it was last looked at */
    time_t                       read;      /* when, in seconds */
    ngx_uint_t                   warnings;  /* of the set, already logged */
    unsigned                     failing:1; /* and said so in the log */
    unsigned                     due:1;     /* is to be read */
    unsigned                     differs:1; /* from what was read, by state */
    unsigned                     unread:1;  /* it could not be opened: again */
    unsigned                     retry:1;   /* and that was said */
} ngx_toucan_file_t;


/* The content keys of master keys for API keys, made anew with either. */

typedef struct {
    ngx_array_t                 *key_files; /* of ngx_toucan_file_t * */
    ngx_toucan_file_t           *api_keys;
    toucan_jwks_t               *jwks;
    toucan_jwks_t               *fresh;     /* the next; NULL: none */
    toucan_jwks_t               *old;       /* the last, being freed */
    ngx_uint_t                   version;   /* of the files, summed up */
    int64_t                      next;      /* when an API key ends; 0: never */
    int64_t                      fresh_next;
    unsigned                     made:1;    /* fresh is to take its place */
} ngx_toucan_derived_t;


/* The worker's look at all files, and how far it has come with it. */

typedef struct {
    ngx_event_t                  event;
    ngx_uint_t                   stage;
    ngx_uint_t                   at;        /* which file, which content keys */
} ngx_toucan_watch_t;


typedef struct {
    ngx_array_t                  files;     /* of ngx_toucan_file_t * */
    ngx_array_t                  derived;   /* of ngx_toucan_derived_t * */
    ngx_array_t                  prefixes;  /* of ngx_str_t, as compared */
    ngx_array_t                  arg_names; /* of ngx_str_t: token arguments */
    ngx_array_t                  sessions;  /* of ngx_str_t: their cookies */
    ngx_array_t                  again;     /* of ngx_uint_t: variables that
                                               are evaluated anew */
    ngx_toucan_watch_t           watch;
    ngx_uint_t                   generation;    /* times that keys changed */
    ngx_array_t                  revocations;   /* of
                                              ngx_toucan_revocation_t * */
    ngx_event_t                  zones;     /* the worker's timer */
    ngx_array_t                  caches;    /* of ngx_shm_zone_t * */
    ngx_array_t                  openers;   /* of ngx_toucan_opener_t * */
    toucan_hasher_t             *hasher;    /* NULL: no cache */
    ngx_toucan_streams_t        *streams;   /* of this worker */
} ngx_toucan_main_conf_t;


typedef enum {
    NGX_TOUCAN_BEARER = 1,
    NGX_TOUCAN_HEADER,
    NGX_TOUCAN_COOKIE,
    NGX_TOUCAN_ARG,
    NGX_TOUCAN_WS_PROTOCOL
} ngx_toucan_source_e;


typedef struct {
    ngx_toucan_source_e          type;
    ngx_str_t                    name;      /* of a header: in lower case */
    unsigned                     session:1; /* the cookie of toucan_session */
} ngx_toucan_source_t;


/* An allowlist, shared by the locations that inherit it. */

typedef struct {
    toucan_origins_t            *origins;
    unsigned                     none:1;
    unsigned                     finished:1;
} ngx_toucan_origins_t;


typedef struct ngx_toucan_endpoint_s  ngx_toucan_endpoint_t;
typedef struct ngx_toucan_sso_s  ngx_toucan_sso_t;
typedef struct ngx_toucan_opener_s  ngx_toucan_opener_t;
typedef struct ngx_toucan_stream_s  ngx_toucan_stream_t;


/* The name of an identity header, in the two spellings nginx wants. */

typedef struct {
    ngx_str_t                    key;
    u_char                      *lowcase;
    ngx_uint_t                   hash;
} ngx_toucan_name_t;


typedef struct {
    ngx_flag_t                   enable;
    ngx_str_t                    realm;

    ngx_array_t                 *sources;       /* ngx_toucan_source_t */
    ngx_str_t                    session;       /* its cookie; empty: off */
    ngx_array_t                 *key_files;     /* ngx_toucan_file_t * */
    ngx_toucan_file_t           *api_keys;
    ngx_toucan_derived_t        *derived;       /* NULL: no API keys */
    uint64_t                     types;         /* OR of toucan_type_e */
    uint64_t                     algs;          /* toucan_algs_t; 0: default */
    size_t                       max_token_size;

    ngx_array_t                 *issuers;       /* toucan_str_t */
    ngx_array_t                 *audiences;     /* toucan_str_t */
    time_t                       leeway;
    time_t                       max_lifetime;
    ngx_array_t                 *claims;        /* toucan_path_t[MAX] */

    ngx_array_t                 *roles;         /* toucan_str_t; empty: any */
    uint64_t                     envs;
    ngx_array_t                 *attrs;         /* toucan_attr_t */
    ngx_array_t                 *rules;         /* toucan_perm_rule_t */
    ngx_array_t                 *objects;       /* ngx_http_complex_value_t,
                                                   one per rule */
    uint64_t                     kinds;
    ngx_toucan_origins_t        *origins;
    ngx_http_complex_value_t    *own_origin;

    ngx_flag_t                   cors;
    ngx_str_t                    cors_methods;  /* joined by ", " */
    ngx_str_t                    cors_headers;
    ngx_str_t                    cors_expose;
    time_t                       cors_max_age;
    ngx_flag_t                   frame_ancestors;

    ngx_str_t                    prefix;
    ngx_flag_t                   forward_token;
    ngx_flag_t                   dry_run;
    ngx_uint_t                   log_level;
    ngx_flag_t                   stream_expiry;

    ngx_shm_zone_t              *revocation;    /* NULL: none */
    ngx_shm_zone_t              *cache;         /* NULL: none */
    ngx_toucan_opener_t         *opener;        /* NULL: no cache */

    const ngx_toucan_endpoint_t *endpoint;      /* not inherited */
    ngx_array_t                 *mint_keys;     /* ngx_toucan_file_t *, one */
    ngx_toucan_derived_t        *mint_derived;  /* NULL: tokens are signed */
    time_t                       mint_lifetime;
    time_t                       max_session;
    ngx_toucan_sso_t            *sso;           /* of toucan_exchange */
    toucan_mint_rules_t          mint;

    /* built by the merge where the gate is on */

    toucan_policy_t              policy;
    ngx_array_t                 *all_sources;   /* with the session's */
    ngx_toucan_name_t           *names;         /* TOUCAN_HEADER_MAX + attrs */

    unsigned                     session_here:1;    /* in this location */
} ngx_toucan_loc_conf_t;


typedef enum {
    NGX_TOUCAN_UNDECIDED = 0,
    NGX_TOUCAN_PASSED,
    NGX_TOUCAN_REJECTED,
    NGX_TOUCAN_REJECTED_DRY_RUN,
    NGX_TOUCAN_CUT,
    NGX_TOUCAN_CUT_DRY_RUN
} ngx_toucan_status_e;


/* A token taken out of the request; an internal redirect may need it. */

typedef struct {
    ngx_toucan_source_t          source;
    toucan_str_t                 value;
    ngx_uint_t                   count;     /* times that it was there */
} ngx_toucan_taken_t;


/*
 * What was made of a request with one location's policy; it is made anew for
 * another location.
 */

typedef struct {
    toucan_request_t             request;
    toucan_place_t               place;
    toucan_str_t                 token;         /* absent: none was found */
    toucan_identity_t            identity;
    toucan_rc_t                  token_rc;      /* of source and token */
    ngx_uint_t                   generation;    /* of the keys */

    unsigned                     gathered:1;    /* request, place */
    unsigned                     authenticated:1;   /* token, identity */
    unsigned                     hit:1;         /* the token was cached */
    unsigned                     miss:1;
} ngx_toucan_made_t;


/* In front of each block of memory that a request's arena gives from. */

typedef struct ngx_toucan_block_s  ngx_toucan_block_t;

struct ngx_toucan_block_s {
    ngx_toucan_block_t          *next;
    size_t                       size;      /* of what follows */
    size_t                       used;      /* of it */
};


/*
 * One request.  It lives in the pool, outside of nginx's per-request slots,
 * so that it survives internal redirects.
 */

typedef struct {
    ngx_http_request_t          *request;
    ngx_toucan_loc_conf_t       *lcf;           /* "made" was made with it */
    ngx_toucan_made_t            made;

    ngx_toucan_loc_conf_t       *passed;        /* by the last decision */
    toucan_rc_t                  rc;            /* of the last decision */
    ngx_toucan_status_e          status;

    ngx_array_t                  taken;         /* ngx_toucan_taken_t */
    toucan_arena_t               arena;
    ngx_toucan_block_t          *blocks;        /* of the arena */

    struct ngx_toucan_call_s    *call;          /* NULL: to no endpoint */
    ngx_toucan_stream_t         *stream;        /* NULL: not to be cut */

    unsigned                     overruled:1;   /* satisfy any let it pass */
    unsigned                     redirected:1;  /* found again after one */
    unsigned                     replace_body:1;
    unsigned                     see_other:1;   /* a session begins */
    unsigned                     offered:1;     /* "toucan", to a WebSocket */
} ngx_toucan_ctx_t;


static ngx_inline toucan_str_t
ngx_toucan_view(ngx_str_t s)
{
    return toucan_str(s.data, s.len);
}


static ngx_inline ngx_str_t
ngx_toucan_ngx_str(toucan_str_t s)
{
    ngx_str_t  n;

    n.len = s.len;
    n.data = (u_char *) s.data;

    return n;
}


/* ngx_toucan_conf.c: configurations and their merge */

void *ngx_toucan_create_main_conf(ngx_conf_t *cf);
void *ngx_toucan_create_loc_conf(ngx_conf_t *cf);
char *ngx_toucan_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);

/* Parts of the policy that endpoints need, too. */
void ngx_toucan_build_token(ngx_toucan_loc_conf_t *conf,
    toucan_policy_t *policy);
void ngx_toucan_build_identity(ngx_toucan_loc_conf_t *conf,
    toucan_policy_t *policy);
toucan_strv_t ngx_toucan_strv(ngx_array_t *a);

/* ngx_toucan_service.c: directives of the token service; its part of the
 * merge, the second one for a location with an endpoint. */
void ngx_toucan_merge_service(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf,
    ngx_toucan_loc_conf_t *prev);
char *ngx_toucan_build_service(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf);

/* Remembers name in a list of the main configuration, once. */
ngx_int_t ngx_toucan_remember(ngx_array_t *list, ngx_str_t *name);

/* ngx_toucan_directives.c: the table of directives and their setters */

extern ngx_command_t  ngx_toucan_commands[];

/* An empty allowlist, freed with the configuration; NULL without memory. */
ngx_toucan_origins_t *ngx_toucan_origins(ngx_conf_t *cf);

/* ngx_toucan_files.c: files of keys */

extern const ngx_toucan_file_kind_t  ngx_toucan_key_file;
extern const ngx_toucan_file_kind_t  ngx_toucan_mint_key_file;
extern const ngx_toucan_file_kind_t  ngx_toucan_api_key_file;

/*
 * Finds or loads the file at path (resolved against the prefix of the
 * configuration).  NULL after an error was logged at emerg.
 */
ngx_toucan_file_t *ngx_toucan_file(ngx_conf_t *cf, ngx_str_t *path,
    const ngx_toucan_file_kind_t *kind);

/* The sets that open tokens in a location; their number. */

#define NGX_TOUCAN_MAX_SETS  (NGX_TOUCAN_MAX_KEY_FILES + 1)

ngx_uint_t ngx_toucan_sets(ngx_array_t *key_files,
    ngx_toucan_derived_t *derived, const toucan_jwks_t **sets);

/* ngx_toucan_derived.c: content keys */

/* Finds or makes the content keys; NULL after an error was logged. */
ngx_toucan_derived_t *ngx_toucan_derived(ngx_conf_t *cf,
    ngx_array_t *key_files, ngx_toucan_file_t *api_keys);

/* ngx_toucan_watch.c: files that change */

/* Starts a timer of the worker's; it goes with the cycle, and holds up no
 * worker that is to end. */
ngx_int_t ngx_toucan_timer(ngx_cycle_t *cycle, ngx_event_t *ev,
    ngx_event_handler_pt handler, void *data);

/* Starts the worker's look at the files, twice a second. */
ngx_int_t ngx_toucan_watch_init(ngx_cycle_t *cycle,
    ngx_toucan_main_conf_t *tmcf);

/*
 * Puts in force what follows from the files: called when some of them hold
 * other sets, in the event in which they do.
 */
void ngx_toucan_files_changed(ngx_toucan_main_conf_t *tmcf, ngx_log_t *log);

/* ngx_toucan_ctx.c: the context of a request */

/*
 * The context bound to the request's present location, made when it is not
 * there; NULL when memory is out.  Only for locations with the gate on.
 */
ngx_toucan_ctx_t *ngx_toucan_ctx(ngx_http_request_t *r);

/* A context without a policy, for an endpoint; NULL when memory is out. */
ngx_toucan_ctx_t *ngx_toucan_ctx_bare(ngx_http_request_t *r);

/* The context as it is, whatever location made it; NULL when there is none. */
ngx_toucan_ctx_t *ngx_toucan_ctx_find(ngx_http_request_t *r);

/* Makes sure that request and place are there. */
void ngx_toucan_gather(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx);

/* Makes sure that the token was looked at; returns what was found. */
toucan_rc_t ngx_toucan_authenticate(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);

/*
 * The same of a token that was looked at some time ago: its time, and whether
 * it is revoked, anew; and when keys have changed since, all of it.
 */
toucan_rc_t ngx_toucan_still(ngx_toucan_ctx_t *ctx);

/* 1 when the token of this context is good: its claims may be used. */
static ngx_inline ngx_uint_t
ngx_toucan_verified(ngx_toucan_ctx_t *ctx)
{
    return ctx->made.authenticated && ctx->made.token_rc == TOUCAN_OK;
}

/* An arena that allocates from pool, for what is no secret. */
toucan_arena_t ngx_toucan_arena(ngx_pool_t *pool);

/*
 * A value for the log that cannot end its field: percent-encoded but for what
 * stands in names and origins.  "-" when it is empty or memory is out.
 */
ngx_str_t ngx_toucan_log_value(toucan_arena_t *arena, toucan_str_t value);

/* The fingerprint of a token, 16 hex digits, into dst. */
void ngx_toucan_fingerprint(u_char *dst, toucan_str_t token);

/* ngx_toucan_token.c: the token, and taking it away */

/*
 * Sets ctx->token.  TOUCAN_OK, TOUCAN_NO_TOKEN, TOUCAN_TOKEN_CONFLICT or
 * TOUCAN_TOO_LARGE.
 */
toucan_rc_t ngx_toucan_token_find(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);

/* Takes the token out of what upstreams are given: one that verified, and the
 * cookies of sessions, this location's or not, whatever they hold. */
ngx_int_t ngx_toucan_token_remove(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);

/* ngx_toucan_scrub.c: cutting tokens out of queries */

/*
 * Cuts the arguments of these names out of the query in uri (or, with
 * bare = 1, of a query without "?").  dst is uri itself when there is none.
 */
ngx_int_t ngx_toucan_cut_args(ngx_pool_t *pool, ngx_str_t *dst,
    ngx_str_t *uri, ngx_array_t *names, ngx_uint_t bare);

/* Cuts tokens out of what nginx logs: the request line and the Referer. */
ngx_int_t ngx_toucan_scrub(ngx_http_request_t *r,
    ngx_toucan_main_conf_t *tmcf);

/* Has variables of the URI and of headers evaluated anew: always, which is
 * called once in each worker, or now. */
ngx_int_t ngx_toucan_uncache_variables(ngx_cycle_t *cycle,
    ngx_toucan_main_conf_t *tmcf);
void ngx_toucan_forget_variables(ngx_http_request_t *r,
    ngx_toucan_main_conf_t *tmcf);

/* ngx_toucan_headers_in.c: the request's header list */

/*
 * The next header of that name (in lower case) at or after *i of *part; the
 * header found stands at *i - 1.  NULL at the end.
 */
ngx_table_elt_t *ngx_toucan_next_header(ngx_list_part_t **part, ngx_uint_t *i,
    ngx_str_t *name);

/* Removes the header at i of part; parts keep their elements' addresses. */
ngx_int_t ngx_toucan_header_unlink(ngx_http_request_t *r,
    ngx_list_part_t *part, ngx_uint_t i);

/* Removes every header whose name begins with one of the prefixes. */
ngx_int_t ngx_toucan_headers_strip(ngx_http_request_t *r,
    ngx_array_t *prefixes);

/* Gives a subrequest a header list of its own. */
ngx_int_t ngx_toucan_headers_detach(ngx_http_request_t *r);

/* Sets the identity headers of a verified context. */
ngx_int_t ngx_toucan_headers_inject(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx);

/* A name as prefixes are compared: lower case, and "-" for everything but
 * letters and digits. */

static ngx_inline u_char
ngx_toucan_header_char(u_char ch)
{
    ch = ngx_tolower(ch);

    return ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')) ? ch : '-';
}

/* ngx_toucan_access.c: the phases */

ngx_int_t ngx_toucan_post_read_handler(ngx_http_request_t *r);
ngx_int_t ngx_toucan_rewrite_handler(ngx_http_request_t *r);
ngx_int_t ngx_toucan_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_toucan_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_toucan_precontent_handler(ngx_http_request_t *r);

/* ngx_toucan_header_filter.c: what responses carry */

/* Adds a header to the answer; name is static.  NULL when memory is out. */
ngx_table_elt_t *ngx_toucan_add_header(ngx_http_request_t *r,
    const char *name, toucan_str_t value);

ngx_int_t ngx_toucan_filter_init(ngx_conf_t *cf);

/* ngx_toucan_endpoint.c: cleanses what a request to the token service has
 * brought, when it is at its end. */
void ngx_toucan_endpoint_forget(ngx_http_request_t *r);

/* ngx_toucan_revocation.c: what was revoked */

/* Notes, for the zone, how long the tokens of a location last. */
char *ngx_toucan_revocation_use(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf);

/* A look at state files, and at some of what is over. */
void ngx_toucan_revocations_look(ngx_toucan_main_conf_t *tmcf,
    ngx_log_t *log);

/*
 * TOUCAN_OK or TOUCAN_REVOKED, of the location's zone; TOUCAN_OK without.
 * TOUCAN_LIFETIME_TOO_LONG of a token so old that it may be forgotten there.
 */
toucan_rc_t ngx_toucan_revoked(ngx_toucan_loc_conf_t *lcf,
    const toucan_claims_t *claims);

/* ngx_toucan_zone.c */

/* Locks a zone, until ngx_shmtx_unlock(); a process that has ended holds no
 * lock. */
void ngx_toucan_zone_lock(ngx_slab_pool_t *shpool);

/* Starts the worker's look at the zones, twice a second. */
ngx_int_t ngx_toucan_zones_init(ngx_cycle_t *cycle,
    ngx_toucan_main_conf_t *tmcf);

/* ngx_toucan_cache.c: opened tokens that workers share */

/* Finds or makes the opener of a location, whose policy is built. */
char *ngx_toucan_cache_use(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf);

/* Names the openers anew, after keys have changed. */
void ngx_toucan_openers(ngx_toucan_main_conf_t *tmcf);

/*
 * Sets the identity's jwt when this token was opened before: NGX_OK.
 * NGX_DECLINED when it was not, and name is what ngx_toucan_cache_add() wants;
 * NGX_ERROR when it cannot be named.  Only for locations with a cache.
 */
ngx_int_t ngx_toucan_cache_find(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    toucan_cache_name_t *name);

/* Adds the token of a verified context. */
void ngx_toucan_cache_add(ngx_toucan_ctx_t *ctx,
    const toucan_cache_name_t *name);

/* Cleanses some of what is over. */
void ngx_toucan_caches_sweep(ngx_toucan_main_conf_t *tmcf);

/* ngx_toucan_variables.c */

ngx_int_t ngx_toucan_add_variables(ngx_conf_t *cf);


extern ngx_module_t  ngx_toucan_module;


#endif /* _NGX_TOUCAN_H_INCLUDED_ */
