
/*
 * What zones of shared memory have in common: NAME:SIZE, the directive that
 * uses one by its name, all of its memory in one piece, its lock, and the
 * worker's look at them, twice a second.
 */


#include "ngx/ngx_toucan_directives.h"


#define NGX_TOUCAN_LOCK_SPIN   2048     /* pauses before others may run */
#define NGX_TOUCAN_LOCK_ROUNDS 16       /* before it sleeps, 1 ms at a time */


static void ngx_toucan_zone_wait(ngx_shmtx_t *mutex);
static void ngx_toucan_zones_handler(ngx_event_t *ev);


const char *
ngx_toucan_zone_size(ngx_str_t *value, ngx_uint_t pages, ngx_str_t *name,
    size_t *size)
{
    u_char     *p;
    ssize_t     n;
    ngx_str_t   s;

    p = (u_char *) ngx_strchr(value->data, ':');

    if (p == NULL || p == value->data) {
        return "it must be NAME:SIZE";
    }

    name->data = value->data;
    name->len = p - value->data;

    s.data = p + 1;
    s.len = value->data + value->len - s.data;

    n = ngx_parse_size(&s);

    if (n == NGX_ERROR) {
        return "it must be NAME:SIZE";
    }

    if (n < (ssize_t) (pages * ngx_pagesize)) {
        return (pages == NGX_TOUCAN_REVOCATION_PAGES)
               ? "the size is less than 8 pages"
               : "the size is less than 16 pages";
    }

    *size = n;

    return NULL;
}


char *
ngx_toucan_zone_name(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_shm_zone_t **zone, void *tag)
{
    ngx_str_t  *value;

    if (*zone != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "it must be a zone or \"off\"");
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        *zone = NULL;
        return NGX_CONF_OK;
    }

    /* the zone may be made further down */

    *zone = ngx_shared_memory_add(cf, &value[1], 0, tag);

    return (*zone == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


ngx_int_t
ngx_toucan_zone_made(ngx_conf_t *cf, ngx_shm_zone_t *zone,
    const char *directive)
{
    if (zone == NULL || zone->data != NULL) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%s\" names \"%V\", and no \"%s_zone\" makes this "
                       "zone", directive, &zone->shm.name, directive);

    return NGX_ERROR;
}


void *
ngx_toucan_zone_block(ngx_slab_pool_t *shpool, size_t *size)
{
    *size = shpool->pfree * ngx_pagesize;

    shpool->data = ngx_slab_alloc(shpool, *size);

    return shpool->data;
}


void
ngx_toucan_zone_lock(ngx_slab_pool_t *shpool)
{
    if (!ngx_shmtx_trylock(&shpool->mutex)) {
        ngx_toucan_zone_wait(&shpool->mutex);
    }
}


/*
 * The master frees the locks of a process that ended, but not those of a zone
 * that a reload has replaced, which workers of before go on with.  What the
 * process left half done is settled by whoever has the lock next.
 */

static void
ngx_toucan_zone_wait(ngx_shmtx_t *mutex)
{
    ngx_pid_t   holder;
    ngx_uint_t  i, n, rounds;

    for (rounds = 0; /* void */ ; rounds++) {

        for (n = 1; n < NGX_TOUCAN_LOCK_SPIN && ngx_ncpu > 1; n <<= 1) {

            for (i = 0; i < n; i++) {
                ngx_cpu_pause();
            }

            if (ngx_shmtx_trylock(mutex)) {
                return;
            }
        }

        holder = (ngx_pid_t) *mutex->lock;

        if (holder != 0 && kill(holder, 0) == -1 && ngx_errno == NGX_ESRCH
            && ngx_shmtx_force_unlock(mutex, holder))
        {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                          "toucan: process %P ended while it held the lock of "
                          "a zone", holder);
        }

        if (ngx_shmtx_trylock(mutex)) {
            return;
        }

        if (rounds < NGX_TOUCAN_LOCK_ROUNDS) {
            ngx_sched_yield();

        } else {
            ngx_msleep(1);
        }
    }
}


ngx_int_t
ngx_toucan_zones_init(ngx_cycle_t *cycle, ngx_toucan_main_conf_t *tmcf)
{
    if (tmcf->revocations.nelts == 0 && tmcf->caches.nelts == 0) {
        return NGX_OK;
    }

    return ngx_toucan_timer(cycle, &tmcf->zones, ngx_toucan_zones_handler,
                            tmcf);
}


static void
ngx_toucan_zones_handler(ngx_event_t *ev)
{
    ngx_toucan_revocations_look(ev->data, ev->log);
    ngx_toucan_caches_sweep(ev->data);

    ngx_add_timer(ev, NGX_TOUCAN_WATCH_INTERVAL);
}
