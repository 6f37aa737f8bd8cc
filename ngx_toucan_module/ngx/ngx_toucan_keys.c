
/*
 * Key files: loaded with the configuration, looked at once a second by every
 * worker, and swapped as a whole when they have changed on disk.  A file that
 * has become unreadable or broken leaves the old set in force.
 */


#include "ngx/ngx_toucan.h"


static ngx_int_t ngx_toucan_key_file_load(ngx_toucan_key_file_t *file,
    ngx_log_t *log, ngx_uint_t level);
static ngx_int_t ngx_toucan_key_file_read(ngx_str_t *path, ngx_str_t *text,
    ngx_toucan_file_state_t *state, ngx_log_t *log, ngx_uint_t level);
static void ngx_toucan_file_state(ngx_toucan_file_state_t *state,
    ngx_file_info_t *fi);
static ngx_uint_t ngx_toucan_file_recent(ngx_toucan_key_file_t *file);
static ngx_uint_t ngx_toucan_file_differs(ngx_toucan_file_state_t *a,
    ngx_toucan_file_state_t *b);
static void ngx_toucan_watch_handler(ngx_event_t *ev);
static void ngx_toucan_watch_file(ngx_toucan_key_file_t *file,
    ngx_log_t *log);
static void ngx_toucan_key_file_cleanup(void *data);


ngx_toucan_key_file_t *
ngx_toucan_key_file(ngx_conf_t *cf, ngx_str_t *path)
{
    ngx_uint_t                i;
    ngx_pool_cleanup_t       *cln;
    ngx_toucan_key_file_t    *file, **files, **slot;
    ngx_toucan_main_conf_t   *tmcf;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NULL;
    }

    files = tmcf->key_files.elts;

    for (i = 0; i < tmcf->key_files.nelts; i++) {
        if (files[i]->path.len == path->len
            && ngx_strncmp(files[i]->path.data, path->data, path->len) == 0)
        {
            return files[i];
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_toucan_key_file_t));
    slot = ngx_array_push(&tmcf->key_files);

    if (cln == NULL || slot == NULL) {
        return NULL;
    }

    file = cln->data;
    ngx_memzero(file, sizeof(ngx_toucan_key_file_t));
    cln->handler = ngx_toucan_key_file_cleanup;

    file->path = *path;
    *slot = file;

    if (ngx_toucan_key_file_load(file, cf->log, NGX_LOG_EMERG) != NGX_OK) {
        return NULL;
    }

    return file;
}


static void
ngx_toucan_key_file_cleanup(void *data)
{
    ngx_toucan_key_file_t *file = data;

    toucan_jwks_free(file->jwks);
    file->jwks = NULL;
}


static ngx_int_t
ngx_toucan_key_file_load(ngx_toucan_key_file_t *file, ngx_log_t *log,
    ngx_uint_t level)
{
    ngx_str_t       text;
    toucan_diag_t   diag;
    toucan_jwks_t  *jwks;

    if (ngx_toucan_key_file_read(&file->path, &text, &file->state, log, level)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    file->read = ngx_time();

    toucan_diag_init(&diag);

    jwks = toucan_jwks_parse(ngx_toucan_view(text), &diag);

    toucan_cleanse(text.data, text.len);
    ngx_free(text.data);

    if (jwks == NULL) {
        ngx_log_error(level, log, 0, "toucan: key file \"%V\": %s",
                      &file->path, diag.error);
        return NGX_ERROR;
    }

    if (diag.warnings && diag.warnings != file->warnings) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "toucan: key file \"%V\": %s (%ui passed over)",
                      &file->path, diag.warning, (ngx_uint_t) diag.warnings);
    }

    file->warnings = diag.warnings;

    toucan_jwks_free(file->jwks);
    file->jwks = jwks;

    return NGX_OK;
}


/* The caller owns text->data, free with ngx_free() after cleansing it. */

static ngx_int_t
ngx_toucan_key_file_read(ngx_str_t *path, ngx_str_t *text,
    ngx_toucan_file_state_t *state, ngx_log_t *log, ngx_uint_t level)
{
    size_t           size;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_file_info_t  fi;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(level, log, ngx_errno,
                      "toucan: " ngx_open_file_n " \"%V\" failed", path);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(level, log, ngx_errno,
                      "toucan: " ngx_fd_info_n " \"%V\" failed", path);
        goto done;
    }

    ngx_toucan_file_state(state, &fi);

    if (!ngx_is_file(&fi)) {
        ngx_log_error(level, log, 0,
                      "toucan: key file \"%V\" is no regular file", path);
        goto done;
    }

    if (ngx_file_size(&fi) > TOUCAN_JWKS_MAX_BYTES) {
        ngx_log_error(level, log, 0,
                      "toucan: key file \"%V\" is larger than %d bytes",
                      path, TOUCAN_JWKS_MAX_BYTES);
        goto done;
    }

    size = (size_t) ngx_file_size(&fi);

    text->len = 0;
    text->data = ngx_alloc(size + 1, log);

    if (text->data == NULL) {
        goto done;
    }

    while (text->len < size) {
        n = ngx_read_fd(fd, text->data + text->len, size - text->len);

        if (n <= 0) {
            break;
        }

        text->len += n;
    }

    if (text->len == size) {
        rc = NGX_OK;

    } else {
        ngx_log_error(level, log, ngx_errno,
                      "toucan: key file \"%V\" could not be read whole", path);
        toucan_cleanse(text->data, text->len);
        ngx_free(text->data);
    }

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "toucan: " ngx_close_file_n " \"%V\" failed", path);
    }

    return rc;
}


static void
ngx_toucan_file_state(ngx_toucan_file_state_t *state, ngx_file_info_t *fi)
{
    state->mtime = ngx_file_mtime(fi);
    state->mtime_nsec = fi->st_mtim.tv_nsec;
    state->size = ngx_file_size(fi);
    state->uniq = ngx_file_uniq(fi);
}


/*
 * A file that was written within the tick in which it was read may have been
 * written again since, with nothing to tell: it is read once more.
 */

static ngx_uint_t
ngx_toucan_file_recent(ngx_toucan_key_file_t *file)
{
    return !file->failing
           && file->read <= file->state.mtime
           && file->state.mtime <= file->read + 1;
}


static ngx_uint_t
ngx_toucan_file_differs(ngx_toucan_file_state_t *a, ngx_toucan_file_state_t *b)
{
    return a->mtime != b->mtime
           || a->mtime_nsec != b->mtime_nsec
           || a->size != b->size
           || a->uniq != b->uniq;
}


ngx_int_t
ngx_toucan_watch_init(ngx_cycle_t *cycle, ngx_toucan_main_conf_t *tmcf)
{
    tmcf->watch.handler = ngx_toucan_watch_handler;
    tmcf->watch.data = tmcf;
    tmcf->watch.log = cycle->log;
    tmcf->watch.cancelable = 1;

    ngx_add_timer(&tmcf->watch, NGX_TOUCAN_WATCH_INTERVAL);

    return NGX_OK;
}


static void
ngx_toucan_watch_handler(ngx_event_t *ev)
{
    ngx_uint_t                i;
    ngx_toucan_key_file_t   **files;
    ngx_toucan_main_conf_t   *tmcf;

    tmcf = ev->data;
    files = tmcf->key_files.elts;

    for (i = 0; i < tmcf->key_files.nelts; i++) {
        ngx_toucan_watch_file(files[i], ev->log);
    }

    ngx_add_timer(ev, NGX_TOUCAN_WATCH_INTERVAL);
}


static void
ngx_toucan_watch_file(ngx_toucan_key_file_t *file, ngx_log_t *log)
{
    ngx_uint_t               differs;
    ngx_file_info_t          fi;
    ngx_toucan_file_state_t  state;

    if (ngx_file_info(file->path.data, &fi) == NGX_FILE_ERROR) {

        if (!file->failing) {
            file->failing = 1;
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "toucan: key file \"%V\" cannot be looked at, "
                          "the keys read before stay in force", &file->path);
        }

        /* whatever comes back is another file */
        ngx_memzero(&file->state, sizeof(ngx_toucan_file_state_t));

        return;
    }

    ngx_toucan_file_state(&state, &fi);

    differs = ngx_toucan_file_differs(&file->state, &state);

    if (!differs && !ngx_toucan_file_recent(file)) {
        return;
    }

    file->state = state;

    if (differs) {
        file->warnings = 0;
    }

    if (ngx_toucan_key_file_load(file, log, NGX_LOG_ERR) != NGX_OK) {
        file->failing = 1;
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "toucan: key file \"%V\" was not taken over, "
                      "the keys read before stay in force", &file->path);
        return;
    }

    file->failing = 0;

    if (!differs) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "toucan: key file \"%V\" was read again: %ui keys",
                  &file->path,
                  (ngx_uint_t) toucan_jwks_count(file->jwks));
}
