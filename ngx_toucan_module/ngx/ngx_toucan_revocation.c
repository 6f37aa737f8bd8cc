
/*
 * Zones of revocations: their directives, the memory that workers share, and
 * dropping what is over.
 */


#include "ngx/ngx_toucan_directives.h"
#include "ngx/ngx_toucan_revocation.h"
#include "ngx/ngx_toucan_stream.h"


static ngx_toucan_revocation_t *ngx_toucan_revocation_create(ngx_conf_t *cf,
    ngx_str_t *name);
static char *ngx_toucan_revocation_state(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, ngx_toucan_revocation_t *z);
static ngx_shm_zone_t *ngx_toucan_revocation_alive(ngx_cycle_t *cycle,
    ngx_str_t *name);
static void ngx_toucan_revocation_cleanup(void *data);
static ngx_int_t ngx_toucan_revocation_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_toucan_revocation_adopt(ngx_toucan_revocation_t *z,
    ngx_toucan_revocation_t *old, ngx_log_t *log);
static void ngx_toucan_revocation_widen(ngx_toucan_revocation_t *z);
static void ngx_toucan_revocation_sweep(ngx_toucan_revocation_t *z);


#define NGX_TOUCAN_REVOCATION_SLACK  60     /* s: what clocks may be apart */
#define NGX_TOUCAN_REVOCATION_TICK   4      /* batches swept at a time */


/* Its address tells our zones from others. */

static ngx_uint_t  ngx_toucan_revocation_tag;


char *
ngx_toucan_revocation_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    size_t                    size;
    ngx_str_t                *value, name;
    const char               *why;
    ngx_shm_zone_t           *shm_zone, *alive;
    ngx_toucan_revocation_t  *z;

    value = cf->args->elts;

    why = ngx_toucan_zone_size(&value[1], NGX_TOUCAN_REVOCATION_PAGES, &name,
                               &size);

    if (why != NULL) {
        return ngx_toucan_invalid(cf, cmd, &value[1], why);
    }

    alive = ngx_toucan_revocation_alive(cf->cycle->old_cycle, &name);

    if (alive != NULL && alive->shm.size != size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the size of the revocation zone \"%V\" cannot be "
                           "changed by a reload", &name);
        return NGX_CONF_ERROR;
    }

    shm_zone = ngx_shared_memory_add(cf, &name, size,
                                     &ngx_toucan_revocation_tag);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (shm_zone->data != NULL) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "there is a zone of this name");
    }

    z = ngx_toucan_revocation_create(cf, &name);
    if (z == NULL) {
        return NGX_CONF_ERROR;
    }

    shm_zone->init = ngx_toucan_revocation_init;
    shm_zone->data = z;

    return (cf->args->nelts == 2)
           ? NGX_CONF_OK
           : ngx_toucan_revocation_state(cf, cmd, &value[2], z);
}


static ngx_shm_zone_t *
ngx_toucan_revocation_alive(ngx_cycle_t *cycle, ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *zone;
    ngx_list_part_t  *part;

    for (part = &cycle->shared_memory.part; part != NULL; part = part->next) {
        zone = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (zone[i].tag == &ngx_toucan_revocation_tag
                && zone[i].shm.name.len == name->len
                && ngx_strncmp(zone[i].shm.name.data, name->data, name->len)
                   == 0)
            {
                return &zone[i];
            }
        }
    }

    return NULL;
}


static ngx_toucan_revocation_t *
ngx_toucan_revocation_create(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_pool_cleanup_t        *cln;
    ngx_toucan_main_conf_t    *tmcf;
    ngx_toucan_revocation_t   *z, **slot;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_toucan_revocation_t));
    slot = ngx_array_push(&tmcf->revocations);

    if (cln == NULL || slot == NULL) {
        return NULL;
    }

    z = cln->data;
    ngx_memzero(z, sizeof(ngx_toucan_revocation_t));

    z->name = *name;
    z->cycle = cf->cycle;
    z->fds[0] = NGX_INVALID_FILE;
    z->fds[1] = NGX_INVALID_FILE;
    z->looked = -1;

    z->lines = ngx_palloc(cf->pool, NGX_TOUCAN_REVOCATION_BATCH
                                    * NGX_TOUCAN_JOURNAL_LINE);
    z->entries = ngx_palloc(cf->pool, NGX_TOUCAN_REVOCATION_BATCH
                                      * sizeof(toucan_revoked_t));

    if (z->lines == NULL || z->entries == NULL) {
        return NULL;
    }

    cln->handler = ngx_toucan_revocation_cleanup;
    *slot = z;

    return z;
}


static void
ngx_toucan_revocation_cleanup(void *data)
{
    ngx_toucan_revocation_t *z = data;

    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        if (z->fds[i] != NGX_INVALID_FILE) {
            (void) ngx_close_file(z->fds[i]);
            z->fds[i] = NGX_INVALID_FILE;
        }
    }
}


/* PATH, and PATH.alt, which it takes turns with. */

static char *
ngx_toucan_revocation_state(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, ngx_toucan_revocation_t *z)
{
    u_char                    *p;
    ngx_str_t                  path;
    ngx_uint_t                 i, k;
    ngx_toucan_main_conf_t    *tmcf;
    ngx_toucan_revocation_t  **zones;

    if (value->len <= 6 || ngx_strncmp(value->data, "state=", 6) != 0) {
        return ngx_toucan_invalid(cf, cmd, value, "it must be \"state=PATH\"");
    }

    path.data = value->data + 6;
    path.len = value->len - 6;

    if (ngx_conf_full_name(cf->cycle, &path, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    z->files[0] = path;
    z->files[1].len = path.len + 4;
    z->files[1].data = ngx_pnalloc(cf->pool, path.len + 5);

    if (z->files[1].data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_cpymem(z->files[1].data, path.data, path.len);
    ngx_memcpy(p, ".alt", 5);

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);
    zones = tmcf->revocations.elts;

    for (i = 0; zones[i] != z; i++) {
        for (k = 0; k < 4; k++) {
            if (toucan_str_eq(ngx_toucan_view(zones[i]->files[k & 1]),
                              ngx_toucan_view(z->files[k / 2])))
            {
                return ngx_toucan_invalid(cf, cmd, value,
                                          "another zone has this state file");
            }
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_toucan_revocation(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    return ngx_toucan_zone_name(cf, cmd, &lcf->revocation,
                                &ngx_toucan_revocation_tag);
}


/*
 * A token is over at iat + max_lifetime + leeway, and iat may be leeway from
 * now.
 */

char *
ngx_toucan_revocation_use(ngx_conf_t *cf, ngx_toucan_loc_conf_t *conf)
{
    int64_t                   horizon;
    ngx_toucan_revocation_t  *z;

    if (conf->revocation == NULL) {
        return NGX_CONF_OK;
    }

    if (ngx_toucan_zone_made(cf, conf->revocation, "toucan_revocation")
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    z = conf->revocation->data;

    if (!conf->enable && conf->endpoint == NULL) {
        return NGX_CONF_OK;
    }

    z->used = 1;

    if (conf->max_lifetime == 0) {
        z->forever = 1;
        return NGX_CONF_OK;
    }

    horizon = (int64_t) conf->max_lifetime + 2 * (int64_t) conf->leeway
              + NGX_TOUCAN_REVOCATION_SLACK;

    z->horizon = ngx_max(z->horizon, horizon);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_toucan_revocation_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t                    head;
    uint8_t                   key[TOUCAN_REVOKE_KEY_SIZE];
    ngx_log_t                *log;
    ngx_toucan_revocation_t  *z;

    z = shm_zone->data;
    log = shm_zone->shm.log;

    if (data != NULL) {
        return ngx_toucan_revocation_adopt(z, data, log);
    }

    z->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    z->sh = ngx_toucan_zone_block(z->shpool, &z->size);
    if (z->sh == NULL) {
        return NGX_ERROR;
    }

    head = ngx_align(sizeof(ngx_toucan_revocation_sh_t), 16);

    z->size -= head;
    z->table = (toucan_revocations_t *) ((u_char *) z->sh + head);

    ngx_memzero(z->sh, sizeof(ngx_toucan_revocation_sh_t));
    z->sh->swept = INT64_MIN;
    z->sh->known = INT64_MIN;

    ngx_toucan_revocation_widen(z);

    if (z->files[0].len) {
        return ngx_toucan_journal_start(z, log);
    }

    if (toucan_random(key, sizeof(key)) != TOUCAN_OK) {
        return NGX_ERROR;
    }

    return ngx_toucan_revocation_table(z, key);
}


ngx_int_t
ngx_toucan_revocation_table(ngx_toucan_revocation_t *z, const uint8_t *key)
{
    return toucan_revocations_init(z->table, z->size, key) ? NGX_OK
                                                           : NGX_ERROR;
}


static ngx_int_t
ngx_toucan_revocation_adopt(ngx_toucan_revocation_t *z,
    ngx_toucan_revocation_t *old, ngx_log_t *log)
{
    if (!toucan_str_eq(ngx_toucan_view(z->files[0]),
                       ngx_toucan_view(old->files[0])))
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "toucan: the state file of the revocation zone \"%V\" "
                      "cannot be changed by a reload: it is \"%V\"",
                      &z->name, &old->files[0]);
        return NGX_ERROR;
    }

    z->shpool = old->shpool;
    z->sh = old->sh;
    z->table = old->table;
    z->size = old->size;

    ngx_toucan_revocation_widen(z);

    return z->files[0].len ? ngx_toucan_journal_adopt(z, log) : NGX_OK;
}


/*
 * Old workers may still take tokens that new ones refuse: it is never made
 * narrower.
 */

static void
ngx_toucan_revocation_widen(ngx_toucan_revocation_t *z)
{
    ngx_toucan_revocation_sh_t  *sh;

    sh = z->sh;

    if (z->horizon > sh->horizon) {
        sh->horizon = z->horizon;
    }

    if (z->forever || !z->used) {
        sh->forever = 1;
    }
}


int64_t
ngx_toucan_revocation_dead(ngx_toucan_revocation_t *z)
{
    return z->sh->forever ? INT64_MIN : ngx_time() - z->sh->horizon;
}


int64_t
ngx_toucan_revocation_forget(ngx_toucan_revocation_t *z)
{
    int64_t  dead;

    dead = ngx_toucan_revocation_dead(z);

    if (dead > z->sh->known) {
        z->sh->known = dead;
    }

    return dead;
}


toucan_rc_t
ngx_toucan_revocation_add(ngx_toucan_revocation_t *z,
    const toucan_revoked_t *revoked, ngx_uint_t n)
{
    toucan_rc_t  rc;

    ngx_toucan_zone_lock(z->shpool);
    rc = toucan_revocations_add(z->table, revoked, n);
    ngx_shmtx_unlock(&z->shpool->mutex);

    if (rc != TOUCAN_REVOCATIONS_FULL
        || z->sh->swept >= ngx_toucan_revocation_dead(z))
    {
        return rc;
    }

    ngx_toucan_revocation_sweep(z);

    ngx_toucan_zone_lock(z->shpool);
    rc = toucan_revocations_add(z->table, revoked, n);
    ngx_shmtx_unlock(&z->shpool->mutex);

    return rc;
}


/* All of it, but at most once a second. */

static void
ngx_toucan_revocation_sweep(ngx_toucan_revocation_t *z)
{
    int      end;
    size_t   place;
    int64_t  dead;

    dead = ngx_toucan_revocation_forget(z);
    place = 0;

    do {
        ngx_toucan_zone_lock(z->shpool);

        end = toucan_revocations_sweep(z->table, dead, &place,
                                       NGX_TOUCAN_REVOCATION_BATCH);

        ngx_shmtx_unlock(&z->shpool->mutex);

    } while (!end);

    z->sh->swept = dead;
}


ngx_uint_t
ngx_toucan_revocations_changes(ngx_toucan_main_conf_t *tmcf)
{
    ngx_uint_t                 i, changes;
    ngx_toucan_revocation_t   *z, **zones;

    changes = 0;
    zones = tmcf->revocations.elts;

    for (i = 0; i < tmcf->revocations.nelts; i++) {
        z = zones[i];

        ngx_toucan_zone_lock(z->shpool);
        changes += toucan_revocations_changes(z->table);
        ngx_shmtx_unlock(&z->shpool->mutex);
    }

    return changes;
}


void
ngx_toucan_revocations_look(ngx_toucan_main_conf_t *tmcf, ngx_log_t *log)
{
    ngx_uint_t                 i, k;
    ngx_toucan_revocation_t   *z, **zones;

    zones = tmcf->revocations.elts;

    for (i = 0; i < tmcf->revocations.nelts; i++) {
        z = zones[i];

        ngx_toucan_journal_look(z, log);

        if (toucan_revocations_groups(z->table) == 0) {
            continue;
        }

        for (k = 0; k < NGX_TOUCAN_REVOCATION_TICK; k++) {
            ngx_toucan_zone_lock(z->shpool);

            (void) toucan_revocations_sweep(z->table,
                                            ngx_toucan_revocation_forget(z),
                                            &z->place,
                                            NGX_TOUCAN_REVOCATION_BATCH);

            ngx_shmtx_unlock(&z->shpool->mutex);
        }
    }
}
