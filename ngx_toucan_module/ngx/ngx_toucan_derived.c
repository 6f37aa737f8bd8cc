
/*
 * Content keys of master keys for API keys: made with the configuration, and
 * by a worker again when either changes, or when the time of an API key comes.
 */


#include "ngx/ngx_toucan_files.h"


static void *ngx_toucan_derived_of(ngx_toucan_file_t *file);
static ngx_uint_t ngx_toucan_derived_version(ngx_toucan_derived_t *derived);
static void ngx_toucan_derived_cleanup(void *data);


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

    ngx_toucan_derive(derived, cf->log, NGX_LOG_EMERG);
    ngx_toucan_derived_swap(derived);

    return (derived->jwks != NULL) ? derived : NULL;
}


void
ngx_toucan_derive(ngx_toucan_derived_t *derived, ngx_log_t *log,
    ngx_uint_t level)
{
    ngx_uint_t            i;
    toucan_diag_t         diag;
    ngx_toucan_file_t   **files;
    const toucan_jwks_t  *sets[NGX_TOUCAN_MAX_KEY_FILES];

    files = derived->key_files->elts;

    for (i = 0; i < derived->key_files->nelts; i++) {
        sets[i] = ngx_toucan_derived_of(files[i]);
    }

    toucan_diag_init(&diag);

    derived->made = 1;
    derived->fresh = toucan_apikeys_derive(
                         ngx_toucan_derived_of(derived->api_keys), sets,
                         derived->key_files->nelts, ngx_time(),
                         &derived->fresh_next, &diag);

    if (derived->fresh == NULL) {
        ngx_log_error(level, log, 0,
                      "toucan: no content keys for the API keys in \"%V\": "
                      "%s", &derived->api_keys->path, diag.error);
    }
}


/* What is in force, or will be together with what is made of it. */

static void *
ngx_toucan_derived_of(ngx_toucan_file_t *file)
{
    return (file->fresh != NULL) ? file->fresh : file->data;
}


ngx_uint_t
ngx_toucan_derived_due(ngx_toucan_derived_t *derived)
{
    ngx_uint_t           i;
    ngx_toucan_file_t  **files;

    files = derived->key_files->elts;

    for (i = 0; i < derived->key_files->nelts; i++) {
        if (files[i]->fresh != NULL) {
            return 1;
        }
    }

    return derived->api_keys->fresh != NULL
           || ngx_toucan_derived_version(derived) != derived->version
           || (derived->next != 0 && derived->next <= ngx_time());
}


void
ngx_toucan_derived_swap(ngx_toucan_derived_t *derived)
{
    /* rather none than those of an API key that has been withdrawn */

    derived->old = derived->jwks;
    derived->jwks = derived->fresh;
    derived->fresh = NULL;
    derived->made = 0;

    if (derived->jwks != NULL) {
        derived->next = derived->fresh_next;
        derived->version = ngx_toucan_derived_version(derived);
    }
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
    toucan_jwks_free(derived->fresh);
    toucan_jwks_free(derived->old);

    derived->jwks = NULL;
    derived->fresh = NULL;
    derived->old = NULL;
}
