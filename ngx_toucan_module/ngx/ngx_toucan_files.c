
/*
 * Files of keys and of API keys: loaded with the configuration, and read again
 * by a worker when they have changed, in steps.  A file that has become
 * unreadable or broken leaves the old one in force.
 */


#include "ngx/ngx_toucan_files.h"


#define NGX_TOUCAN_FREE_KEYS  8             /* in one step */


/* A file that is open.  What it holds stays as it is until it is closed. */

struct ngx_toucan_reading_s {
    ngx_str_t                    text;
    toucan_jwks_reader_t        *reader;    /* NULL: read in one step */
    toucan_diag_t                diag;
};


static ngx_int_t ngx_toucan_file_load(ngx_toucan_file_t *file,
    ngx_log_t *log);
static void ngx_toucan_file_close(ngx_toucan_file_t *file);
static ngx_int_t ngx_toucan_file_end(ngx_toucan_file_t *file, void *data,
    ngx_log_t *log, ngx_uint_t level);
static ngx_uint_t ngx_toucan_file_same(ngx_toucan_file_t *file);
static ngx_int_t ngx_toucan_file_read(ngx_toucan_file_t *file,
    ngx_str_t *text, ngx_log_t *log, ngx_uint_t level);
static void ngx_toucan_file_state(ngx_toucan_file_state_t *state,
    ngx_file_info_t *fi);
static ngx_uint_t ngx_toucan_file_recent(ngx_toucan_file_t *file);
static ngx_uint_t ngx_toucan_file_differs(ngx_toucan_file_state_t *a,
    ngx_toucan_file_state_t *b);
static void ngx_toucan_file_cleanup(void *data);
static void ngx_toucan_free_keys(void *data);
static ngx_uint_t ngx_toucan_count_keys(const void *data);
static void *ngx_toucan_parse_api_keys(toucan_str_t text,
    toucan_diag_t *diag);
static void ngx_toucan_free_api_keys(void *data);
static ngx_uint_t ngx_toucan_count_api_keys(const void *data);


const ngx_toucan_file_kind_t  ngx_toucan_key_file = {
    "key file", TOUCAN_JWKS_MAX_BYTES, TOUCAN_OPS_OPEN,
    NULL, ngx_toucan_free_keys, ngx_toucan_count_keys
};

const ngx_toucan_file_kind_t  ngx_toucan_mint_key_file = {
    "mint key file", TOUCAN_JWKS_MAX_BYTES, TOUCAN_OPS_MAKE,
    NULL, ngx_toucan_free_keys, ngx_toucan_count_keys
};

const ngx_toucan_file_kind_t  ngx_toucan_api_key_file = {
    "API key file", TOUCAN_APIKEYS_MAX_BYTES, 0,
    ngx_toucan_parse_api_keys, ngx_toucan_free_api_keys,
    ngx_toucan_count_api_keys
};


static void
ngx_toucan_free_keys(void *data)
{
    toucan_jwks_free(data);
}


static ngx_uint_t
ngx_toucan_count_keys(const void *data)
{
    return toucan_jwks_count(data);
}


static void *
ngx_toucan_parse_api_keys(toucan_str_t text, toucan_diag_t *diag)
{
    return toucan_apikeys_parse(text, diag);
}


static void
ngx_toucan_free_api_keys(void *data)
{
    toucan_apikeys_free(data);
}


static ngx_uint_t
ngx_toucan_count_api_keys(const void *data)
{
    return toucan_apikeys_count(data);
}


ngx_toucan_file_t *
ngx_toucan_file(ngx_conf_t *cf, ngx_str_t *path,
    const ngx_toucan_file_kind_t *kind)
{
    ngx_uint_t               i;
    ngx_toucan_file_t       *file, **files, **slot;
    ngx_pool_cleanup_t      *cln;
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NULL;
    }

    files = tmcf->files.elts;

    for (i = 0; i < tmcf->files.nelts; i++) {
        if (files[i]->kind == kind
            && files[i]->path.len == path->len
            && ngx_strncmp(files[i]->path.data, path->data, path->len) == 0)
        {
            return files[i];
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_toucan_file_t));
    slot = ngx_array_push(&tmcf->files);

    if (cln == NULL || slot == NULL) {
        return NULL;
    }

    file = cln->data;
    ngx_memzero(file, sizeof(ngx_toucan_file_t));
    cln->handler = ngx_toucan_file_cleanup;

    file->kind = kind;
    file->path = *path;
    *slot = file;

    if (ngx_toucan_file_load(file, cf->log) != NGX_OK) {
        return NULL;
    }

    return file;
}


static void
ngx_toucan_file_cleanup(void *data)
{
    ngx_toucan_file_t *file = data;

    ngx_uint_t   i;
    void       **sets[3];

    ngx_toucan_file_close(file);

    sets[0] = &file->data;
    sets[1] = &file->fresh;
    sets[2] = &file->old;

    for (i = 0; i < 3; i++) {
        if (*sets[i] != NULL) {
            file->kind->free(*sets[i]);
            *sets[i] = NULL;
        }
    }
}


/* All steps at once, while nobody waits. */

static ngx_int_t
ngx_toucan_file_load(ngx_toucan_file_t *file, ngx_log_t *log)
{
    ngx_int_t  rc;

    if (ngx_toucan_file_open(file, log, NGX_LOG_EMERG) != NGX_OK) {
        return NGX_ERROR;
    }

    do {
        rc = ngx_toucan_file_step(file, log, NGX_LOG_EMERG);
    } while (rc == NGX_AGAIN);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_toucan_file_swap(file);

    return NGX_OK;
}


ngx_int_t
ngx_toucan_file_open(ngx_toucan_file_t *file, ngx_log_t *log,
    ngx_uint_t level)
{
    ngx_toucan_reading_t  *reading;

    file->unread = 1;

    reading = ngx_calloc(sizeof(ngx_toucan_reading_t), log);
    if (reading == NULL) {
        return NGX_ERROR;
    }

    if (ngx_toucan_file_read(file, &reading->text, log, level) != NGX_OK) {
        ngx_free(reading);
        return NGX_ERROR;
    }

    file->read = ngx_time();
    file->reading = reading;

    toucan_diag_init(&reading->diag);

    if (file->kind->ops == 0) {
        file->unread = 0;
        return NGX_OK;
    }

    reading->reader = toucan_jwks_reader_new(ngx_toucan_view(reading->text),
                                             file->kind->ops, &reading->diag);
    if (reading->reader == NULL) {
        return ngx_toucan_file_end(file, NULL, log, level);
    }

    file->unread = 0;

    return NGX_OK;
}


ngx_int_t
ngx_toucan_file_step(ngx_toucan_file_t *file, ngx_log_t *log,
    ngx_uint_t level)
{
    void                  *data;
    ngx_toucan_reading_t  *reading;

    reading = file->reading;

    if (reading->reader == NULL) {
        data = file->kind->parse(ngx_toucan_view(reading->text),
                                 &reading->diag);

        return ngx_toucan_file_end(file, data, log, level);
    }

    if (toucan_jwks_reader_step(reading->reader, 1) == TOUCAN_JWKS_MORE) {

        if (!ngx_toucan_file_same(file)) {
            return NGX_AGAIN;
        }

        ngx_toucan_file_close(file);

        return NGX_DECLINED;
    }

    data = toucan_jwks_reader_finish(reading->reader);
    reading->reader = NULL;

    return ngx_toucan_file_end(file, data, log, level);
}


/* What could not be told apart by its state may well be the same. */

static ngx_uint_t
ngx_toucan_file_same(ngx_toucan_file_t *file)
{
    const uint8_t  *id;

    if (file->differs || file->data == NULL) {
        return 0;
    }

    id = toucan_jwks_reader_id(file->reading->reader);

    return id != NULL
           && ngx_memcmp(id, toucan_jwks_id(file->data), TOUCAN_SHA256_SIZE)
              == 0;
}


/* Says what there is to say of data, NULL on an error, and closes the file. */

static ngx_int_t
ngx_toucan_file_end(ngx_toucan_file_t *file, void *data, ngx_log_t *log,
    ngx_uint_t level)
{
    toucan_diag_t  *diag;

    diag = &file->reading->diag;

    if (data == NULL) {
        ngx_log_error(level, log, 0, "toucan: %s \"%V\": %s",
                      file->kind->what, &file->path, diag->error);

        ngx_toucan_file_close(file);

        return NGX_ERROR;
    }

    if (diag->warnings && diag->warnings != file->warnings) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "toucan: %s \"%V\": %s (%ui passed over)",
                      file->kind->what, &file->path, diag->warning,
                      (ngx_uint_t) diag->warnings);
    }

    file->warnings = diag->warnings;

    if (file->kind->count(data) == 0) {
        ngx_log_error(NGX_LOG_WARN, log, 0, "toucan: %s \"%V\" holds no key",
                      file->kind->what, &file->path);
    }

    ngx_toucan_file_close(file);

    file->fresh = data;

    return NGX_OK;
}


/* At any time, also when it is not open. */

static void
ngx_toucan_file_close(ngx_toucan_file_t *file)
{
    ngx_toucan_reading_t  *reading;

    reading = file->reading;

    if (reading == NULL) {
        return;
    }

    toucan_jwks_reader_free(reading->reader);

    toucan_cleanse(reading->text.data, reading->text.len);
    ngx_free(reading->text.data);

    ngx_free(reading);
    file->reading = NULL;
}


void
ngx_toucan_file_swap(ngx_toucan_file_t *file)
{
    file->old = file->data;
    file->data = file->fresh;
    file->fresh = NULL;

    file->version++;
}


ngx_int_t
ngx_toucan_file_free_some(ngx_toucan_file_t *file)
{
    ngx_int_t       rc;
    toucan_jwks_t  *jwks;

    if (file->kind->ops != 0) {
        jwks = file->old;
        rc = ngx_toucan_jwks_free_some(&jwks);
        file->old = jwks;

        return rc;
    }

    if (file->old != NULL) {
        file->kind->free(file->old);
        file->old = NULL;
    }

    return NGX_OK;
}


ngx_int_t
ngx_toucan_jwks_free_some(toucan_jwks_t **jwks)
{
    if (toucan_jwks_free_some(*jwks, NGX_TOUCAN_FREE_KEYS)) {
        return NGX_AGAIN;
    }

    *jwks = NULL;

    return NGX_OK;
}


/* The caller owns text->data, free with ngx_free() after cleansing it. */

static ngx_int_t
ngx_toucan_file_read(ngx_toucan_file_t *file, ngx_str_t *text, ngx_log_t *log,
    ngx_uint_t level)
{
    size_t           size;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_str_t       *path;
    ngx_file_info_t  fi;

    path = &file->path;

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

    ngx_toucan_file_state(&file->state, &fi);

    if (!ngx_is_file(&fi)) {
        ngx_log_error(level, log, 0,
                      "toucan: %s \"%V\" is no regular file",
                      file->kind->what, path);
        goto done;
    }

    if ((size_t) ngx_file_size(&fi) > file->kind->max) {
        ngx_log_error(level, log, 0,
                      "toucan: %s \"%V\" is larger than %uz bytes",
                      file->kind->what, path, file->kind->max);
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
                      "toucan: %s \"%V\" could not be read whole",
                      file->kind->what, path);
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


void
ngx_toucan_file_look(ngx_toucan_file_t *file, ngx_log_t *log)
{
    ngx_uint_t               differs;
    ngx_file_info_t          fi;
    ngx_toucan_file_state_t  state;

    if (ngx_file_info(file->path.data, &fi) == NGX_FILE_ERROR) {

        if (!file->failing) {
            file->failing = 1;
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "toucan: %s \"%V\" cannot be looked at, the keys "
                          "read before stay in force", file->kind->what,
                          &file->path);
        }

        /* whatever comes back is another file */
        ngx_memzero(&file->state, sizeof(ngx_toucan_file_state_t));

        return;
    }

    ngx_toucan_file_state(&state, &fi);

    differs = ngx_toucan_file_differs(&file->state, &state);

    if (!differs && !file->unread && !ngx_toucan_file_recent(file)) {
        return;
    }

    file->due = 1;
    file->state = state;

    /* what could not be taken over is not what is in force */

    file->retry = !differs && file->failing;
    file->differs = differs || file->failing;

    if (file->differs) {
        file->warnings = 0;
    }
}


static void
ngx_toucan_file_state(ngx_toucan_file_state_t *state, ngx_file_info_t *fi)
{
    state->mtime = ngx_file_mtime(fi);
    state->mtime_nsec = fi->st_mtim.tv_nsec;
    state->ctime = fi->st_ctim.tv_sec;
    state->ctime_nsec = fi->st_ctim.tv_nsec;
    state->size = ngx_file_size(fi);
    state->uniq = ngx_file_uniq(fi);
}


/*
 * A file that was written within the tick in which it was read may have been
 * written again since, with nothing to tell: it is read once more.  It is the
 * change that tells: the modification is what the writer says that it is.
 */

static ngx_uint_t
ngx_toucan_file_recent(ngx_toucan_file_t *file)
{
    return file->read <= file->state.ctime
           && file->state.ctime <= file->read + 1;
}


static ngx_uint_t
ngx_toucan_file_differs(ngx_toucan_file_state_t *a, ngx_toucan_file_state_t *b)
{
    return a->mtime != b->mtime
           || a->mtime_nsec != b->mtime_nsec
           || a->ctime != b->ctime
           || a->ctime_nsec != b->ctime_nsec
           || a->size != b->size
           || a->uniq != b->uniq;
}


ngx_uint_t
ngx_toucan_sets(ngx_array_t *key_files, ngx_toucan_derived_t *derived,
    const toucan_jwks_t **sets)
{
    ngx_uint_t           i, n;
    ngx_toucan_file_t  **files;

    files = key_files->elts;
    n = key_files->nelts;

    for (i = 0; i < n; i++) {
        sets[i] = files[i]->data;
    }

    if (derived != NULL && derived->jwks != NULL) {
        sets[n++] = derived->jwks;
    }

    return n;
}
