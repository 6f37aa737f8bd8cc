
/*
 * Files of keys and of API keys: loaded with the configuration, looked at twice
 * a second by every worker, and swapped as a whole when they have changed on
 * disk.  A file that has become unreadable or broken leaves the old one in
 * force.  And the content keys that follow from two of them.
 */


#include "ngx/ngx_toucan.h"


static ngx_int_t ngx_toucan_file_load(ngx_toucan_file_t *file,
    ngx_log_t *log, ngx_uint_t level);
static ngx_int_t ngx_toucan_file_read(ngx_toucan_file_t *file,
    ngx_str_t *text, ngx_log_t *log, ngx_uint_t level);
static void ngx_toucan_file_state(ngx_toucan_file_state_t *state,
    ngx_file_info_t *fi);
static ngx_uint_t ngx_toucan_file_recent(ngx_toucan_file_t *file);
static ngx_uint_t ngx_toucan_file_differs(ngx_toucan_file_state_t *a,
    ngx_toucan_file_state_t *b);
static void ngx_toucan_watch_handler(ngx_event_t *ev);
static void ngx_toucan_watch_file(ngx_toucan_file_t *file, ngx_log_t *log);
static void ngx_toucan_file_cleanup(void *data);
static void *ngx_toucan_parse_keys(toucan_str_t text, toucan_diag_t *diag);
static void *ngx_toucan_parse_mint_keys(toucan_str_t text,
    toucan_diag_t *diag);
static void ngx_toucan_free_keys(void *data);
static ngx_uint_t ngx_toucan_count_keys(const void *data);
static void *ngx_toucan_parse_api_keys(toucan_str_t text,
    toucan_diag_t *diag);
static void ngx_toucan_free_api_keys(void *data);
static ngx_uint_t ngx_toucan_count_api_keys(const void *data);
static ngx_int_t ngx_toucan_derive(ngx_toucan_derived_t *derived,
    ngx_log_t *log, ngx_uint_t level);
static ngx_uint_t ngx_toucan_derived_version(ngx_toucan_derived_t *derived);
static void ngx_toucan_derived_cleanup(void *data);


const ngx_toucan_file_kind_t  ngx_toucan_key_file = {
    "key file", TOUCAN_JWKS_MAX_BYTES,
    ngx_toucan_parse_keys, ngx_toucan_free_keys, ngx_toucan_count_keys
};

const ngx_toucan_file_kind_t  ngx_toucan_mint_key_file = {
    "mint key file", TOUCAN_JWKS_MAX_BYTES,
    ngx_toucan_parse_mint_keys, ngx_toucan_free_keys, ngx_toucan_count_keys
};

const ngx_toucan_file_kind_t  ngx_toucan_api_key_file = {
    "API key file", TOUCAN_APIKEYS_MAX_BYTES,
    ngx_toucan_parse_api_keys, ngx_toucan_free_api_keys,
    ngx_toucan_count_api_keys
};


static void *
ngx_toucan_parse_keys(toucan_str_t text, toucan_diag_t *diag)
{
    return toucan_jwks_parse(text, diag);
}


static void *
ngx_toucan_parse_mint_keys(toucan_str_t text, toucan_diag_t *diag)
{
    return toucan_jwks_parse_private(text, diag);
}


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

    if (ngx_toucan_file_load(file, cf->log, NGX_LOG_EMERG) != NGX_OK) {
        return NULL;
    }

    return file;
}


static void
ngx_toucan_file_cleanup(void *data)
{
    ngx_toucan_file_t *file = data;

    if (file->data != NULL) {
        file->kind->free(file->data);
        file->data = NULL;
    }
}


static ngx_int_t
ngx_toucan_file_load(ngx_toucan_file_t *file, ngx_log_t *log,
    ngx_uint_t level)
{
    void           *data;
    ngx_str_t       text;
    toucan_diag_t   diag;

    if (ngx_toucan_file_read(file, &text, log, level) != NGX_OK) {
        return NGX_ERROR;
    }

    file->read = ngx_time();

    toucan_diag_init(&diag);

    data = file->kind->parse(ngx_toucan_view(text), &diag);

    toucan_cleanse(text.data, text.len);
    ngx_free(text.data);

    if (data == NULL) {
        ngx_log_error(level, log, 0, "toucan: %s \"%V\": %s",
                      file->kind->what, &file->path, diag.error);
        return NGX_ERROR;
    }

    if (diag.warnings && diag.warnings != file->warnings) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "toucan: %s \"%V\": %s (%ui passed over)",
                      file->kind->what, &file->path, diag.warning,
                      (ngx_uint_t) diag.warnings);
    }

    file->warnings = diag.warnings;

    if (file->kind->count(data) == 0) {
        ngx_log_error(NGX_LOG_WARN, log, 0, "toucan: %s \"%V\" holds no key",
                      file->kind->what, &file->path);
    }

    if (file->data != NULL) {
        file->kind->free(file->data);
    }

    file->data = data;
    file->version++;

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
ngx_toucan_file_recent(ngx_toucan_file_t *file)
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
    ngx_uint_t           i;
    ngx_toucan_file_t  **files;

    files = tmcf->files.elts;

    /* the master has read it, maybe as root */

    for (i = 0; i < tmcf->files.nelts; i++) {
        if (access((char *) files[i]->path.data, R_OK) == -1) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                          "toucan: %s \"%V\" cannot be read by the workers: "
                          "they will not take over what changes",
                          files[i]->kind->what, &files[i]->path);
        }
    }

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
    ngx_uint_t               i;
    ngx_toucan_file_t      **files;
    ngx_toucan_derived_t   **derived;
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ev->data;
    files = tmcf->files.elts;

    for (i = 0; i < tmcf->files.nelts; i++) {
        ngx_toucan_watch_file(files[i], ev->log);
    }

    derived = tmcf->derived.elts;

    for (i = 0; i < tmcf->derived.nelts; i++) {
        if (ngx_toucan_derived_version(derived[i]) != derived[i]->version
            || (derived[i]->next != 0 && derived[i]->next <= ngx_time()))
        {
            (void) ngx_toucan_derive(derived[i], ev->log, NGX_LOG_ERR);
        }
    }

    ngx_add_timer(ev, NGX_TOUCAN_WATCH_INTERVAL);
}


static void
ngx_toucan_watch_file(ngx_toucan_file_t *file, ngx_log_t *log)
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

    if (!differs && !ngx_toucan_file_recent(file)) {
        return;
    }

    file->state = state;

    if (differs) {
        file->warnings = 0;
    }

    if (ngx_toucan_file_load(file, log, NGX_LOG_ERR) != NGX_OK) {
        file->failing = 1;
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "toucan: %s \"%V\" was not taken over, the keys read "
                      "before stay in force", file->kind->what, &file->path);
        return;
    }

    file->failing = 0;

    if (!differs) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "toucan: %s \"%V\" was read again: %ui keys",
                  file->kind->what, &file->path,
                  file->kind->count(file->data));
}


ngx_uint_t
ngx_toucan_sets(ngx_toucan_loc_conf_t *lcf, const toucan_jwks_t **sets)
{
    ngx_uint_t           i, n;
    ngx_toucan_file_t  **files;

    files = lcf->key_files->elts;
    n = lcf->key_files->nelts;

    for (i = 0; i < n; i++) {
        sets[i] = files[i]->data;
    }

    if (lcf->derived != NULL && lcf->derived->jwks != NULL) {
        sets[n++] = lcf->derived->jwks;
    }

    return n;
}


/*
 * The content keys of these files' master keys for these API keys; shared by
 * the locations that have the very same.
 */

ngx_toucan_derived_t *
ngx_toucan_derived(ngx_conf_t *cf, ngx_array_t *key_files,
    ngx_toucan_file_t *api_keys)
{
    ngx_uint_t               i;
    ngx_pool_cleanup_t      *cln;
    ngx_toucan_derived_t    *derived, **all, **slot;
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_toucan_module);
    all = tmcf->derived.elts;

    for (i = 0; i < tmcf->derived.nelts; i++) {
        if (all[i]->key_files == key_files && all[i]->api_keys == api_keys) {
            return all[i];
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_toucan_derived_t));
    slot = ngx_array_push(&tmcf->derived);

    if (cln == NULL || slot == NULL) {
        return NULL;
    }

    derived = cln->data;
    ngx_memzero(derived, sizeof(ngx_toucan_derived_t));
    cln->handler = ngx_toucan_derived_cleanup;

    derived->key_files = key_files;
    derived->api_keys = api_keys;
    *slot = derived;

    return (ngx_toucan_derive(derived, cf->log, NGX_LOG_EMERG) == NGX_OK)
           ? derived : NULL;
}


static ngx_int_t
ngx_toucan_derive(ngx_toucan_derived_t *derived, ngx_log_t *log,
    ngx_uint_t level)
{
    int64_t               next;
    ngx_uint_t            i;
    toucan_diag_t         diag;
    toucan_jwks_t        *jwks;
    ngx_toucan_file_t   **files;
    const toucan_jwks_t  *sets[NGX_TOUCAN_MAX_KEY_FILES];

    files = derived->key_files->elts;

    for (i = 0; i < derived->key_files->nelts; i++) {
        sets[i] = files[i]->data;
    }

    toucan_diag_init(&diag);

    jwks = toucan_apikeys_derive(derived->api_keys->data, sets,
                                 derived->key_files->nelts, ngx_time(), &next,
                                 &diag);

    /* rather none than those of an API key that has been withdrawn */

    toucan_jwks_free(derived->jwks);
    derived->jwks = jwks;

    if (jwks == NULL) {
        ngx_log_error(level, log, 0,
                      "toucan: no content keys for the API keys in \"%V\": "
                      "%s", &derived->api_keys->path, diag.error);
        return NGX_ERROR;
    }

    derived->next = next;
    derived->version = ngx_toucan_derived_version(derived);

    return NGX_OK;
}


/* Changes whenever one of the files was read anew. */

static ngx_uint_t
ngx_toucan_derived_version(ngx_toucan_derived_t *derived)
{
    ngx_uint_t           i, version;
    ngx_toucan_file_t  **files;

    files = derived->key_files->elts;
    version = derived->api_keys->version;

    for (i = 0; i < derived->key_files->nelts; i++) {
        version += files[i]->version;
    }

    return version;
}


static void
ngx_toucan_derived_cleanup(void *data)
{
    ngx_toucan_derived_t *derived = data;

    toucan_jwks_free(derived->jwks);
    derived->jwks = NULL;
}
