
/*
 * The state file of a zone: a journal that revocations are added to before
 * they are answered.  Two files take turns.  One is the journal: a header with
 * a generation and the key of the hashes, and a line for each revocation.
 * When it has grown too long, what is still needed is written to the other
 * one, whose header comes last, with the next generation: of two with a valid
 * header the later one counts.  Then the first is emptied.
 *
 * Whoever writes holds the lock of the files, and reads first what is there
 * and was not committed: lines of another instance, or of a process that was
 * ended.  The zone's lock is taken inside of it, never the other way round.
 */


#include "ngx/ngx_toucan_revocation.h"


static ngx_int_t ngx_toucan_journal_begin(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_first(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_tidy(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_rewrite(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_copy(ngx_toucan_revocation_t *z,
    ngx_uint_t to, off_t *size, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_write(ngx_toucan_revocation_t *z,
    const toucan_revoked_t *revoked, ngx_uint_t n, ngx_log_t *log);


#define NGX_TOUCAN_JOURNAL_COMPACT  65536   /* bytes; below it is not worth */


ngx_int_t
ngx_toucan_journal_start(ngx_toucan_revocation_t *z, ngx_log_t *log)
{
    ngx_int_t             rc;
    ngx_toucan_journal_t  j;

    if (ngx_toucan_journal_open(z, log) != NGX_OK
        || ngx_toucan_journal_lock(z, 1, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_toucan_journal_begin(z, &j, log);

    ngx_toucan_journal_unlock(z, log);

    return rc;
}


static ngx_int_t
ngx_toucan_journal_begin(ngx_toucan_revocation_t *z, ngx_toucan_journal_t *j,
    ngx_log_t *log)
{
    ngx_uint_t  i;

    if (ngx_toucan_journal_survey(z, j, log) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < 2; i++) {
        if (j->files[i].state == NGX_TOUCAN_JOURNAL_DAMAGED
            || (j->files[i].state == NGX_TOUCAN_JOURNAL_BLANK
                && j->valid == 0))
        {
            return ngx_toucan_journal_damaged(z, i, 0,
                                              "is no header of a state file",
                                              log);
        }
    }

    if (j->valid == 0) {
        return ngx_toucan_journal_first(z, j, log);
    }

    if (j->valid == 2
        && ngx_memcmp(j->files[0].key, j->files[1].key,
                      TOUCAN_REVOKE_KEY_SIZE)
           != 0)
    {
        return ngx_toucan_journal_damaged(z, !j->active, 0,
                                          "is the header of another state",
                                          log);
    }

    if (ngx_toucan_revocation_table(z, j->files[j->active].key) != NGX_OK
        || ngx_toucan_journal_catch_up(z, j, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_toucan_journal_tidy(z, j, log);
}


/* Nothing was ever written. */

static ngx_int_t
ngx_toucan_journal_first(ngx_toucan_revocation_t *z, ngx_toucan_journal_t *j,
    ngx_log_t *log)
{
    uint8_t  key[TOUCAN_REVOKE_KEY_SIZE];

    if (toucan_random(key, sizeof(key)) != TOUCAN_OK
        || ngx_toucan_revocation_table(z, key) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_test_config) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "toucan: state file \"%V\" is empty: nothing was revoked",
                  &z->files[0]);

    return ngx_toucan_journal_rewrite(z, j, log);
}


/*
 * Cuts off what is no whole line, and drops what is not needed any more.  That
 * there is no room to do so is no reason not to start.
 */

static ngx_int_t
ngx_toucan_journal_tidy(ngx_toucan_revocation_t *z, ngx_toucan_journal_t *j,
    ngx_log_t *log)
{
    size_t                    lines;
    ngx_int_t                 rc;
    ngx_toucan_journal_sh_t  *sh;

    sh = &z->sh->journal;

    if (j->torn) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "toucan: state file \"%V\" ends in a torn line, %ui "
                      "bytes, which %s dropped",
                      &z->files[j->active], j->torn,
                      ngx_test_config ? "will be" : "are");
    }

    if (ngx_test_config) {
        return NGX_OK;
    }

    lines = (sh->committed - NGX_TOUCAN_JOURNAL_HEADER)
            / NGX_TOUCAN_JOURNAL_LINE;

    if (lines != toucan_revocations_count(z->table)
        || j->files[!j->active].size != 0)
    {
        rc = ngx_toucan_journal_rewrite(z, j, log);

        if (rc != NGX_ERROR) {
            return rc;
        }
    }

    return j->torn ? ngx_toucan_journal_truncate(z, j->active, sh->committed,
                                                 log)
                   : NGX_OK;
}


/* The files may have been deleted in the meantime: then they are made anew. */

ngx_int_t
ngx_toucan_journal_adopt(ngx_toucan_revocation_t *z, ngx_log_t *log)
{
    ngx_int_t             rc;
    ngx_toucan_journal_t  j;

    if (ngx_toucan_journal_open(z, log) != NGX_OK
        || ngx_toucan_journal_lock(z, 1, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_toucan_journal_survey(z, &j, log);

    if (rc == NGX_OK) {
        rc = ngx_toucan_journal_catch_up(z, &j, log);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_toucan_journal_rewrite(z, &j, log);
    }

    ngx_toucan_journal_unlock(z, log);

    return rc;
}


toucan_rc_t
ngx_toucan_journal_append(ngx_toucan_revocation_t *z,
    const toucan_revoked_t *revoked, ngx_uint_t n, ngx_log_t *log)
{
    ngx_int_t  rc;

    if (z->files[0].len == 0) {
        return TOUCAN_OK;
    }

    if (ngx_toucan_journal_lock(z, 1, log) != NGX_OK) {
        return TOUCAN_STATE_NOT_WRITTEN;
    }

    rc = ngx_toucan_journal_write(z, revoked, n, log);

    ngx_toucan_journal_unlock(z, log);

    return (rc == NGX_OK) ? TOUCAN_OK : TOUCAN_STATE_NOT_WRITTEN;
}


static ngx_int_t
ngx_toucan_journal_write(ngx_toucan_revocation_t *z,
    const toucan_revoked_t *revoked, ngx_uint_t n, ngx_log_t *log)
{
    size_t                    len;
    ngx_int_t                 rc;
    ngx_uint_t                i;
    ngx_toucan_journal_t      j;
    ngx_toucan_journal_sh_t  *sh;

    sh = &z->sh->journal;

    if (ngx_toucan_journal_survey(z, &j, log) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < 2; i++) {
        if (j.files[i].gone) {
            ngx_log_error(NGX_LOG_CRIT, log, 0,
                          "toucan: state file \"%V\" was deleted or moved: "
                          "reload nginx to have it made anew", &z->files[i]);
            return NGX_ERROR;
        }
    }

    rc = ngx_toucan_journal_catch_up(z, &j, log);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    /* the table holds what is to be written */

    if (rc == NGX_DECLINED) {
        return ngx_toucan_journal_rewrite(z, &j, log);
    }

    if (sh->committed >= NGX_TOUCAN_JOURNAL_COMPACT
        && sh->committed / 2 >= sh->compacted)
    {
        rc = ngx_toucan_journal_rewrite(z, &j, log);

        if (rc != NGX_ERROR) {
            return rc;
        }

        sh->compacted = sh->committed;      /* not again for each request */
    }

    len = n * NGX_TOUCAN_JOURNAL_LINE;

    for (i = 0; i < n; i++) {
        ngx_toucan_journal_line(z->lines + i * NGX_TOUCAN_JOURNAL_LINE,
                                &revoked[i]);
    }

    if (ngx_toucan_journal_pwrite(z, sh->active, z->lines, len, sh->committed,
                                  log)
        != NGX_OK
        || ngx_toucan_journal_sync(z, sh->active, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    sh->committed += len;

    return NGX_OK;
}


/* Sizes are looked at first, without a lock; what fails does so once. */

void
ngx_toucan_journal_look(ngx_toucan_revocation_t *z, ngx_log_t *log)
{
    off_t                     bytes;
    ngx_uint_t                i, differs;
    ngx_file_info_t           fi;
    ngx_toucan_journal_t      j;
    ngx_toucan_journal_sh_t  *sh;

    if (z->files[0].len == 0) {
        return;
    }

    sh = &z->sh->journal;
    bytes = 0;
    differs = 0;

    for (i = 0; i < 2; i++) {

        if (ngx_fd_info(z->fds[i], &fi) == NGX_FILE_ERROR) {
            return;
        }

        bytes += ngx_file_size(&fi);

        if (ngx_file_size(&fi) != ((i == sh->active) ? sh->committed : 0)) {
            differs = 1;
        }
    }

    if (!differs || bytes == z->looked
        || ngx_toucan_journal_lock(z, 0, log) != NGX_OK)
    {
        return;
    }

    z->looked = bytes;

    if (ngx_toucan_journal_survey(z, &j, log) == NGX_OK
        && ngx_toucan_journal_catch_up(z, &j, log) == NGX_OK
        && j.torn == 0)
    {
        z->looked = -1;
    }

    ngx_toucan_journal_unlock(z, log);
}


/*
 * Writes the table to the file that is not active.  Until its header is there,
 * the other one counts.  NGX_ERROR: it still does; NGX_ABORT: who knows.
 */

static ngx_int_t
ngx_toucan_journal_rewrite(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log)
{
    off_t                     size;
    uint64_t                  generation;
    ngx_uint_t                to;
    ngx_toucan_journal_sh_t  *sh;

    sh = &z->sh->journal;
    to = (j->valid == 0) ? 0 : !j->active;

    generation = ngx_max(sh->generation, j->files[j->active].generation) + 1;

    if (ngx_toucan_journal_truncate(z, to, 0, log) != NGX_OK
        || ngx_toucan_journal_copy(z, to, &size, log) != NGX_OK
        || ngx_toucan_journal_header(z, to, generation,
                                     toucan_revocations_key(z->table), log)
           != NGX_OK)
    {
        /* a header that may be there must not come back */

        return (ngx_toucan_journal_truncate(z, to, 0, log) == NGX_OK
                && ngx_toucan_journal_sync(z, to, log) == NGX_OK)
               ? NGX_ERROR : NGX_ABORT;
    }

    sh->committed = 0;
    ngx_memory_barrier();

    sh->generation = generation;
    sh->active = to;
    sh->compacted = size;
    ngx_memory_barrier();

    sh->committed = size;

    (void) ngx_toucan_journal_truncate(z, !to, 0, log);

    return NGX_OK;
}


static ngx_int_t
ngx_toucan_journal_copy(ngx_toucan_revocation_t *z, ngx_uint_t to,
    off_t *size, ngx_log_t *log)
{
    int         end;
    u_char     *p;
    size_t      i, n, place;
    int64_t     dead;

    dead = ngx_toucan_revocation_forget(z);
    place = 0;
    *size = NGX_TOUCAN_JOURNAL_HEADER;

    do {
        ngx_toucan_zone_lock(z->shpool);

        end = toucan_revocations_walk(z->table, &place,
                                      NGX_TOUCAN_REVOCATION_BATCH, z->entries,
                                      &n);

        ngx_shmtx_unlock(&z->shpool->mutex);

        p = z->lines;

        for (i = 0; i < n; i++) {
            if (z->entries[i].since >= dead) {
                ngx_toucan_journal_line(p, &z->entries[i]);
                p += NGX_TOUCAN_JOURNAL_LINE;
            }
        }

        if (ngx_toucan_journal_pwrite(z, to, z->lines, p - z->lines, *size,
                                      log)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        *size += p - z->lines;

    } while (!end);

    return ngx_toucan_journal_sync(z, to, log);
}
