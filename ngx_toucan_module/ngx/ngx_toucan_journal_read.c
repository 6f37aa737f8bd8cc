
/*
 * Reading a state file: which of the two counts, and taking over the lines
 * that the table has not yet.
 */


#include "ngx/ngx_toucan_revocation.h"


static ngx_int_t ngx_toucan_journal_read(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_lines(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_uint_t *n, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_tail(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, off_t offset, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_take(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_uint_t n, ngx_log_t *log);
static ngx_uint_t ngx_toucan_journal_level(void);


ngx_int_t
ngx_toucan_journal_survey(ngx_toucan_revocation_t *z, ngx_toucan_journal_t *j,
    ngx_log_t *log)
{
    ngx_uint_t  i;

    ngx_memzero(j, sizeof(ngx_toucan_journal_t));

    for (i = 0; i < 2; i++) {

        if (ngx_toucan_journal_stat(z, i, &j->files[i], log) != NGX_OK) {
            return NGX_ERROR;
        }

        if (j->files[i].state != NGX_TOUCAN_JOURNAL_VALID) {
            continue;
        }

        if (j->valid++ == 0
            || j->files[i].generation > j->files[j->active].generation)
        {
            j->active = i;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_toucan_journal_catch_up(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log)
{
    ngx_toucan_journal_sh_t    *sh;
    ngx_toucan_journal_file_t  *file;

    sh = &z->sh->journal;
    file = &j->files[j->active];

    if (j->valid == 0) {
        return NGX_DECLINED;
    }

    /* who knows whose it is: it is not written over */

    if (ngx_memcmp(file->key, toucan_revocations_key(z->table),
                   TOUCAN_REVOKE_KEY_SIZE)
        != 0)
    {
        ngx_log_error(ngx_toucan_journal_level(), log, 0,
                      "toucan: state file \"%V\" is not that of the zone "
                      "\"%V\": it was replaced", &z->files[j->active],
                      &z->name);
        return NGX_ERROR;
    }

    if (file->generation < sh->generation) {
        return NGX_DECLINED;
    }

    if (sh->generation != file->generation || sh->active != j->active) {
        sh->committed = 0;
        ngx_memory_barrier();
        sh->generation = file->generation;
        sh->active = j->active;
        sh->compacted = file->size;
    }

    if (file->size < sh->committed) {
        return NGX_DECLINED;
    }

    if (sh->committed == 0) {
        ngx_memory_barrier();
        sh->committed = NGX_TOUCAN_JOURNAL_HEADER;
    }

    return ngx_toucan_journal_read(z, j, log);
}


static ngx_int_t
ngx_toucan_journal_read(ngx_toucan_revocation_t *z, ngx_toucan_journal_t *j,
    ngx_log_t *log)
{
    off_t                     size;
    ngx_int_t                 rc;
    ngx_uint_t                n;
    ngx_toucan_journal_sh_t  *sh;

    sh = &z->sh->journal;
    size = j->files[j->active].size;

    while (size - sh->committed >= (off_t) NGX_TOUCAN_JOURNAL_LINE
           && j->torn == 0)
    {
        n = ngx_min((size - sh->committed) / NGX_TOUCAN_JOURNAL_LINE,
                    NGX_TOUCAN_REVOCATION_BATCH);

        if (ngx_toucan_journal_pread(z, j->active, z->lines,
                                     n * NGX_TOUCAN_JOURNAL_LINE,
                                     sh->committed, log)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        rc = ngx_toucan_journal_lines(z, j, &n, log);

        if (rc != NGX_OK || ngx_toucan_journal_take(z, j, n, log) != NGX_OK) {
            return NGX_ERROR;
        }

        sh->committed += n * NGX_TOUCAN_JOURNAL_LINE;
    }

    j->torn = size - sh->committed;

    return NGX_OK;
}


/* Entries of *n lines; fewer, when the rest is torn. */

static ngx_int_t
ngx_toucan_journal_lines(ngx_toucan_revocation_t *z, ngx_toucan_journal_t *j,
    ngx_uint_t *n, ngx_log_t *log)
{
    off_t       offset;
    u_char     *line;
    ngx_uint_t  i;

    for (i = 0; i < *n; i++) {
        line = z->lines + i * NGX_TOUCAN_JOURNAL_LINE;

        if (ngx_toucan_journal_parse(line, &z->entries[i]) == NGX_OK) {
            continue;
        }

        offset = z->sh->journal.committed + i * NGX_TOUCAN_JOURNAL_LINE;

        if (line[NGX_TOUCAN_JOURNAL_LINE - 1] == '\n'
            || ngx_toucan_journal_tail(z, j, offset, log) != NGX_OK)
        {
            return ngx_toucan_journal_damaged(z, j->active, offset,
                                              "is damaged", log);
        }

        j->torn = 1;
        *n = i;
    }

    return NGX_OK;
}


/*
 * NGX_OK when what begins at offset may have been torn: a single line, or the
 * zeros that a file system leaves where power was lost.
 */

static ngx_int_t
ngx_toucan_journal_tail(ngx_toucan_revocation_t *z, ngx_toucan_journal_t *j,
    off_t offset, ngx_log_t *log)
{
    off_t   size;
    size_t  i, len;
    u_char  buf[512];

    size = j->files[j->active].size;

    if (size - offset == (off_t) NGX_TOUCAN_JOURNAL_LINE) {
        return NGX_OK;
    }

    while (offset < size) {
        len = ngx_min(size - offset, (off_t) sizeof(buf));

        if (ngx_toucan_journal_pread(z, j->active, buf, len, offset, log)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        for (i = 0; i < len; i++) {
            if (buf[i] != 0) {
                return NGX_ERROR;
            }
        }

        offset += len;
    }

    return NGX_OK;
}


/* Adds z->entries to the table, but for those that are over. */

static ngx_int_t
ngx_toucan_journal_take(ngx_toucan_revocation_t *z, ngx_toucan_journal_t *j,
    ngx_uint_t n, ngx_log_t *log)
{
    size_t       need;
    int64_t      dead;
    ngx_uint_t   i;

    dead = ngx_toucan_revocation_forget(z);

    for (i = 0; i < n; i++) {

        if (z->entries[i].since < dead
            || ngx_toucan_revocation_add(z, &z->entries[i], 1) == TOUCAN_OK)
        {
            continue;
        }

        need = (j->files[j->active].size - NGX_TOUCAN_JOURNAL_HEADER)
               / NGX_TOUCAN_JOURNAL_LINE;

        ngx_log_error(ngx_toucan_journal_level(), log, 0,
                      "toucan: state file \"%V\" holds up to %uz revocations, "
                      "the zone \"%V\" has room for %uz: a size of %uzk will "
                      "do", &z->files[j->active], need, &z->name,
                      toucan_revocations_capacity(z->size),
                      (toucan_revocations_size(need) / 63 * 64) / 1024 + 64);

        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_toucan_journal_damaged(ngx_toucan_revocation_t *z, ngx_uint_t i,
    off_t offset, const char *what, ngx_log_t *log)
{
    off_t  line;

    line = (offset == 0) ? 1 : 2 + (offset - (off_t) NGX_TOUCAN_JOURNAL_HEADER)
                                   / (off_t) NGX_TOUCAN_JOURNAL_LINE;

    ngx_log_error(ngx_toucan_journal_level(), log, 0,
                  "toucan: state file \"%V:%O\": the line %s", &z->files[i],
                  line, what);

    return NGX_ERROR;
}


static ngx_uint_t
ngx_toucan_journal_level(void)
{
    return (ngx_process == NGX_PROCESS_WORKER) ? NGX_LOG_CRIT : NGX_LOG_EMERG;
}
