
/*
 * Opened tokens that workers share: the zones, who opened them (an opener: a
 * location's keys and the rules of its tokens), finding and adding.  A hit
 * spares signature or decryption, base64 and JSON.  What the claims are worth
 * here and now is decided for each request.
 */


#include "ngx/ngx_toucan_directives.h"


#define NGX_TOUCAN_CACHE_BATCH  64      /* values: the longest that a sweep
                                           holds the zone's lock for, 1 MB
                                           when all are of the longest */
#define NGX_TOUCAN_CACHE_TICK   16      /* batches swept at a time */


/* What a cycle knows of a zone. */

typedef struct {
    ngx_slab_pool_t             *shpool;
    toucan_cache_t              *cache;
} ngx_toucan_cache_t;


struct ngx_toucan_opener_s {
    ngx_array_t                 *key_files;     /* ngx_toucan_file_t * */
    ngx_toucan_derived_t        *derived;       /* NULL: no API keys */
    toucan_jwt_rules_t           rules;
    uint8_t                      name[TOUCAN_SHA256_SIZE];
    unsigned                     ready:1;       /* name is that of the keys */
};


static ngx_int_t ngx_toucan_cache_init(ngx_shm_zone_t *shm_zone, void *data);
static void ngx_toucan_hasher_cleanup(void *data);
static ngx_toucan_opener_t *ngx_toucan_opener(ngx_conf_t *cf,
    ngx_toucan_loc_conf_t *conf);
static void ngx_toucan_opener_name(ngx_toucan_opener_t *opener);
static ngx_int_t ngx_toucan_cache_name(ngx_http_request_t *r,
    ngx_toucan_ctx_t *ctx, toucan_cache_name_t *name);


/* Its address tells our zones from others. */

static ngx_uint_t  ngx_toucan_cache_tag;


char *
ngx_toucan_cache_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    size_t                   size;
    ngx_str_t               *value, name;
    const char              *why;
    ngx_shm_zone_t          *shm_zone, **slot;
    ngx_pool_cleanup_t      *cln;
    ngx_toucan_main_conf_t  *tmcf;

    value = cf->args->elts;
    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);

    why = ngx_toucan_zone_size(&value[1], NGX_TOUCAN_CACHE_PAGES, &name,
                               &size);

    if (why != NULL) {
        return ngx_toucan_invalid(cf, cmd, &value[1], why);
    }

    shm_zone = ngx_shared_memory_add(cf, &name, size, &ngx_toucan_cache_tag);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (shm_zone->data != NULL) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "there is a zone of this name");
    }

    shm_zone->init = ngx_toucan_cache_init;
    shm_zone->data = ngx_pcalloc(cf->pool, sizeof(ngx_toucan_cache_t));

    slot = ngx_array_push(&tmcf->caches);

    if (shm_zone->data == NULL || slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = shm_zone;

    if (tmcf->hasher != NULL) {
        return NGX_CONF_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    tmcf->hasher = toucan_hasher_new();
    if (tmcf->hasher == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_toucan_hasher_cleanup;
    cln->data = tmcf->hasher;

    return NGX_CONF_OK;
}


static void
ngx_toucan_hasher_cleanup(void *data)
{
    toucan_hasher_free(data);
}


char *
ngx_toucan_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    return ngx_toucan_zone_name(cf, cmd, &lcf->cache, &ngx_toucan_cache_tag);
}


static ngx_int_t
ngx_toucan_cache_init(ngx_shm_zone_t *shm_zone, void *data)
{
    void                *block;
    size_t               size;
    ngx_toucan_cache_t  *c, *old;

    c = shm_zone->data;
    old = data;

    if (old != NULL) {
        *c = *old;
        return NGX_OK;
    }

    c->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    block = ngx_toucan_zone_block(c->shpool, &size);

    c->cache = (block == NULL) ? NULL : toucan_cache_init(block, size);

    if (c->cache == NULL) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "toucan: the cache zone \"%V\" is too small",
                      &shm_zone->shm.name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_toucan_cache_use(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    if (conf->cache == NULL) {
        return NGX_CONF_OK;
    }

    conf->opener = ngx_toucan_opener(cf, conf);

    return (conf->opener == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


/*
 * Locations with the same keys and rules have one, and so share what is
 * cached.  The size of a token is looked at before.
 */

static ngx_toucan_opener_t *
ngx_toucan_opener(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    ngx_uint_t               i;
    toucan_jwt_rules_t      *rules;
    ngx_toucan_opener_t     *opener, **all, **slot;
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);

    rules = &conf->policy.jwt;
    all = tmcf->openers.elts;

    for (i = 0; i < tmcf->openers.nelts; i++) {
        if (all[i]->key_files == conf->key_files
            && all[i]->derived == conf->derived
            && all[i]->rules.types == rules->types
            && all[i]->rules.algs == rules->algs
            && all[i]->rules.algs_unbound == rules->algs_unbound)
        {
            return all[i];
        }
    }

    opener = ngx_pcalloc(cf->pool, sizeof(ngx_toucan_opener_t));
    slot = ngx_array_push(&tmcf->openers);

    if (opener == NULL || slot == NULL) {
        return NULL;
    }

    opener->key_files = conf->key_files;
    opener->derived = conf->derived;
    opener->rules = *rules;

    *slot = opener;

    ngx_toucan_opener_name(opener);

    return opener;
}


void
ngx_toucan_openers(ngx_toucan_main_conf_t *tmcf)
{
    ngx_uint_t             i;
    ngx_toucan_opener_t  **openers;

    openers = tmcf->openers.elts;

    for (i = 0; i < tmcf->openers.nelts; i++) {
        ngx_toucan_opener_name(openers[i]);
    }
}


/*
 * By what the sets are made of: it is the same in each worker that has them,
 * and in no other.
 */

static void
ngx_toucan_opener_name(ngx_toucan_opener_t *opener)
{
    ngx_uint_t            i, n;
    const toucan_jwks_t  *sets[NGX_TOUCAN_MAX_SETS];

    struct {
        uint64_t          algs;
        uint64_t          algs_unbound;
        uint64_t          types;
        uint8_t           ids[NGX_TOUCAN_MAX_SETS][TOUCAN_SHA256_SIZE];
    } text;

    ngx_memzero(&text, sizeof(text));

    text.algs = opener->rules.algs;
    text.algs_unbound = opener->rules.algs_unbound;
    text.types = opener->rules.types;

    n = ngx_toucan_sets(opener->key_files, opener->derived, sets);

    for (i = 0; i < n; i++) {
        ngx_memcpy(text.ids[i], toucan_jwks_id(sets[i]), TOUCAN_SHA256_SIZE);
    }

    opener->ready = (toucan_sha256(toucan_str((u_char *) &text, sizeof(text)),
                                   opener->name)
                     == TOUCAN_OK);
}


static ngx_int_t
ngx_toucan_cache_name(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    toucan_cache_name_t *name)
{
    ngx_toucan_opener_t     *opener;
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_http_get_module_main_conf(r, ngx_toucan_module);
    opener = ctx->lcf->opener;

    if (!opener->ready
        || toucan_hasher_sha256(tmcf->hasher, ctx->made.token, name->token)
           != TOUCAN_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(name->opener, opener->name, TOUCAN_SHA256_SIZE);

    return NGX_OK;
}


ngx_int_t
ngx_toucan_cache_find(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx,
    toucan_cache_name_t *name)
{
    toucan_rc_t          rc;
    toucan_str_t         value;
    ngx_toucan_cache_t  *c;

    if (ngx_toucan_cache_name(r, ctx, name) != NGX_OK) {
        return NGX_ERROR;
    }

    c = ctx->lcf->cache->data;
    rc = TOUCAN_NOT_READY;

    ngx_toucan_zone_lock(c->shpool);

    value = toucan_cache_find(c->cache, name, ngx_time());

    if (value.data != NULL) {
        rc = toucan_jwt_unpack(&ctx->made.identity.jwt, value, &ctx->arena);
    }

    ngx_shmtx_unlock(&c->shpool->mutex);

    return (rc == TOUCAN_OK) ? NGX_OK : NGX_DECLINED;
}


/* It is kept as long as this location takes the token. */

void
ngx_toucan_cache_add(ngx_toucan_ctx_t *ctx, const toucan_cache_name_t *name)
{
    size_t               len;
    u_char              *p;
    int64_t              end;
    ngx_toucan_cache_t  *c;
    ngx_toucan_made_t   *made;

    made = &ctx->made;
    c = ctx->lcf->cache->data;

    len = toucan_jwt_packed_len(&made->identity.jwt);
    end = made->identity.claims.exp + ctx->lcf->leeway;

    ngx_toucan_zone_lock(c->shpool);

    p = toucan_cache_reserve(c->cache, name, len, end, ngx_time());

    if (p != NULL) {
        toucan_jwt_pack(&made->identity.jwt, p);
        toucan_cache_commit(c->cache);
    }

    ngx_shmtx_unlock(&c->shpool->mutex);
}


void
ngx_toucan_caches_sweep(ngx_toucan_main_conf_t *tmcf)
{
    ngx_uint_t            i, k;
    ngx_shm_zone_t      **zones;
    ngx_toucan_cache_t   *c;

    zones = tmcf->caches.elts;

    for (i = 0; i < tmcf->caches.nelts; i++) {
        c = zones[i]->data;

        for (k = 0; k < NGX_TOUCAN_CACHE_TICK; k++) {
            ngx_toucan_zone_lock(c->shpool);

            toucan_cache_sweep(c->cache, NGX_TOUCAN_CACHE_BATCH, ngx_time());

            ngx_shmtx_unlock(&c->shpool->mutex);
        }
    }
}
