
/*
 * The worker's look at files of keys, twice a second.  What has changed is
 * read in steps, and requests are answered in between; when all of it is
 * there it is put in force in one event, so that no request meets half of it.
 * What changes in the meantime is seen by the next look.
 */


#include "ngx/ngx_toucan_files.h"
#include "ngx/ngx_toucan_stream.h"


/* A part of a look: a step for each file, or for each set of content keys. */

typedef struct {
    size_t                       list;      /* offset in the main conf */

    /* for the one at that place of the list; again after NGX_AGAIN */
    ngx_int_t                  (*step)(ngx_toucan_main_conf_t *tmcf,
                                    ngx_uint_t at, ngx_log_t *log);

    /* after the last one; NULL: nothing */
    void                       (*end)(ngx_toucan_main_conf_t *tmcf,
                                    ngx_log_t *log);
} ngx_toucan_stage_t;


static void ngx_toucan_timer_cleanup(void *data);
static void ngx_toucan_watch_handler(ngx_event_t *ev);
static ngx_uint_t ngx_toucan_watch_look(ngx_toucan_main_conf_t *tmcf,
    ngx_log_t *log);
static ngx_int_t ngx_toucan_watch_slice(ngx_toucan_main_conf_t *tmcf,
    ngx_log_t *log);
static ngx_int_t ngx_toucan_watch_open(ngx_toucan_main_conf_t *tmcf,
    ngx_uint_t at, ngx_log_t *log);
static ngx_int_t ngx_toucan_watch_read(ngx_toucan_main_conf_t *tmcf,
    ngx_uint_t at, ngx_log_t *log);
static ngx_uint_t ngx_toucan_watch_level(ngx_toucan_file_t *file);
static void ngx_toucan_watch_failed(ngx_toucan_file_t *file, ngx_log_t *log);
static ngx_int_t ngx_toucan_watch_derive(ngx_toucan_main_conf_t *tmcf,
    ngx_uint_t at, ngx_log_t *log);
static void ngx_toucan_watch_swap(ngx_toucan_main_conf_t *tmcf,
    ngx_log_t *log);
static ngx_int_t ngx_toucan_watch_free(ngx_toucan_main_conf_t *tmcf,
    ngx_uint_t at, ngx_log_t *log);
static ngx_int_t ngx_toucan_watch_free_derived(ngx_toucan_main_conf_t *tmcf,
    ngx_uint_t at, ngx_log_t *log);


/* all texts first: what changes together is seen together */

static const ngx_toucan_stage_t  ngx_toucan_stages[] = {
    { offsetof(ngx_toucan_main_conf_t, files),
      ngx_toucan_watch_open, NULL },

    { offsetof(ngx_toucan_main_conf_t, files),
      ngx_toucan_watch_read, NULL },

    { offsetof(ngx_toucan_main_conf_t, derived),
      ngx_toucan_watch_derive, ngx_toucan_watch_swap },

    { offsetof(ngx_toucan_main_conf_t, files),
      ngx_toucan_watch_free, NULL },

    { offsetof(ngx_toucan_main_conf_t, derived),
      ngx_toucan_watch_free_derived, NULL }
};

/* the look is over */

#define NGX_TOUCAN_STAGE_NONE                                                 \
    (sizeof(ngx_toucan_stages) / sizeof(ngx_toucan_stages[0]))


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

    tmcf->watch.stage = NGX_TOUCAN_STAGE_NONE;

    return ngx_toucan_timer(cycle, &tmcf->watch.event,
                            ngx_toucan_watch_handler, tmcf);
}


ngx_int_t
ngx_toucan_timer(ngx_cycle_t *cycle, ngx_event_t *ev,
    ngx_event_handler_pt handler, void *data)
{
    if (ngx_toucan_event(cycle, ev, handler, data) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_add_timer(ev, NGX_TOUCAN_WATCH_INTERVAL);

    return NGX_OK;
}


ngx_int_t
ngx_toucan_event(ngx_cycle_t *cycle, ngx_event_t *ev,
    ngx_event_handler_pt handler, void *data)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_toucan_timer_cleanup;
    cln->data = ev;

    ev->handler = handler;
    ev->data = data;
    ev->log = cycle->log;
    ev->cancelable = 1;

    return NGX_OK;
}


static void
ngx_toucan_timer_cleanup(void *data)
{
    ngx_event_t *ev = data;

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }
}


/*
 * Called by the timer for a look and, as long as that goes on, after each
 * round of the worker's other events: the timer alone holds no worker that
 * is to end, and posted events do not, either.
 */

static void
ngx_toucan_watch_handler(ngx_event_t *ev)
{
    ngx_toucan_watch_t      *watch;
    ngx_toucan_main_conf_t  *tmcf;

    tmcf = ev->data;
    watch = &tmcf->watch;

    if (watch->stage == NGX_TOUCAN_STAGE_NONE
        && ngx_toucan_watch_look(tmcf, ev->log))
    {
        watch->stage = 0;
        watch->at = 0;
    }

    if (watch->stage != NGX_TOUCAN_STAGE_NONE
        && ngx_toucan_watch_slice(tmcf, ev->log) == NGX_AGAIN)
    {
        ngx_post_event(ev, &ngx_posted_next_events);
        return;
    }

    ngx_add_timer(ev, NGX_TOUCAN_WATCH_INTERVAL);
}


/* 1 when there is something to do. */

static ngx_uint_t
ngx_toucan_watch_look(ngx_toucan_main_conf_t *tmcf, ngx_log_t *log)
{
    ngx_uint_t              i, due;
    ngx_toucan_file_t     **files;
    ngx_toucan_derived_t  **derived;

    due = 0;
    files = tmcf->files.elts;
    derived = tmcf->derived.elts;

    for (i = 0; i < tmcf->files.nelts; i++) {
        ngx_toucan_file_look(files[i], log);
        due |= files[i]->due;
    }

    for (i = 0; i < tmcf->derived.nelts; i++) {
        due |= ngx_toucan_derived_due(derived[i]);
    }

    return due;
}


/* One step, and more while there is time.  NGX_OK when the look is over. */

static ngx_int_t
ngx_toucan_watch_slice(ngx_toucan_main_conf_t *tmcf, ngx_log_t *log)
{
    int64_t                    end;
    ngx_array_t               *list;
    ngx_toucan_watch_t        *watch;
    const ngx_toucan_stage_t  *stage;

    watch = &tmcf->watch;
    end = ngx_toucan_clock() + NGX_TOUCAN_SLICE;

    do {
        stage = &ngx_toucan_stages[watch->stage];
        list = (ngx_array_t *) ((char *) tmcf + stage->list);

        if (watch->at < list->nelts) {

            if (stage->step(tmcf, watch->at, log) != NGX_AGAIN) {
                watch->at++;
            }

            continue;
        }

        if (stage->end != NULL) {
            stage->end(tmcf, log);
        }

        watch->at = 0;

        if (++watch->stage == NGX_TOUCAN_STAGE_NONE) {
            return NGX_OK;
        }

    } while (ngx_toucan_clock() < end);

    return NGX_AGAIN;
}


/* nginx's own time stands still within an event */

int64_t
ngx_toucan_clock(void)
{
    struct timespec  now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1) {
        return 0;
    }

    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}


static ngx_int_t
ngx_toucan_watch_open(ngx_toucan_main_conf_t *tmcf, ngx_uint_t at,
    ngx_log_t *log)
{
    ngx_toucan_file_t  *file, **files;

    files = tmcf->files.elts;
    file = files[at];

    if (!file->due) {
        return NGX_OK;
    }

    file->due = 0;

    if (ngx_toucan_file_open(file, log, ngx_toucan_watch_level(file))
        != NGX_OK)
    {
        ngx_toucan_watch_failed(file, log);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_toucan_watch_read(ngx_toucan_main_conf_t *tmcf, ngx_uint_t at,
    ngx_log_t *log)
{
    ngx_int_t            rc;
    ngx_toucan_file_t   *file, **files;

    files = tmcf->files.elts;
    file = files[at];

    if (file->reading == NULL) {
        return NGX_OK;
    }

    rc = ngx_toucan_file_step(file, log, ngx_toucan_watch_level(file));

    if (rc == NGX_OK) {
        file->failing = 0;

    } else if (rc == NGX_ERROR) {
        ngx_toucan_watch_failed(file, log);
    }

    return rc;
}


/* What was said once is not said twice a second. */

static ngx_uint_t
ngx_toucan_watch_level(ngx_toucan_file_t *file)
{
    return file->retry ? NGX_LOG_DEBUG : NGX_LOG_ERR;
}


static void
ngx_toucan_watch_failed(ngx_toucan_file_t *file, ngx_log_t *log)
{
    file->failing = 1;

    ngx_log_error(ngx_toucan_watch_level(file), log, 0,
                  "toucan: %s \"%V\" was not taken over, the keys read "
                  "before stay in force", file->kind->what, &file->path);
}


static ngx_int_t
ngx_toucan_watch_derive(ngx_toucan_main_conf_t *tmcf, ngx_uint_t at,
    ngx_log_t *log)
{
    ngx_toucan_derived_t  **derived;

    derived = tmcf->derived.elts;

    if (ngx_toucan_derived_due(derived[at])) {
        ngx_toucan_derive(derived[at], log, NGX_LOG_ERR);
    }

    return NGX_OK;
}


/* All that is fresh, at once. */

static void
ngx_toucan_watch_swap(ngx_toucan_main_conf_t *tmcf, ngx_log_t *log)
{
    ngx_uint_t              i, changed;
    ngx_toucan_file_t      *file, **files;
    ngx_toucan_derived_t  **derived;

    changed = 0;
    files = tmcf->files.elts;
    derived = tmcf->derived.elts;

    for (i = 0; i < tmcf->files.nelts; i++) {
        file = files[i];

        if (file->fresh == NULL) {
            continue;
        }

        ngx_toucan_file_swap(file);
        changed = 1;

        if (file->differs) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0,
                          "toucan: %s \"%V\" was read again: %ui keys",
                          file->kind->what, &file->path,
                          file->kind->count(file->data));
        }
    }

    for (i = 0; i < tmcf->derived.nelts; i++) {
        changed |= derived[i]->made;
    }

    if (changed) {
        ngx_toucan_files_changed(tmcf, log);
    }
}


void
ngx_toucan_files_changed(ngx_toucan_main_conf_t *tmcf, ngx_log_t *log)
{
    ngx_uint_t              i;
    ngx_toucan_derived_t  **derived;

    derived = tmcf->derived.elts;

    for (i = 0; i < tmcf->derived.nelts; i++) {
        if (derived[i]->made) {
            ngx_toucan_derived_swap(derived[i]);
        }
    }

    tmcf->generation++;

    ngx_toucan_openers(tmcf);
}


static ngx_int_t
ngx_toucan_watch_free(ngx_toucan_main_conf_t *tmcf, ngx_uint_t at,
    ngx_log_t *log)
{
    ngx_toucan_file_t  **files;

    files = tmcf->files.elts;

    return ngx_toucan_file_free_some(files[at]);
}


static ngx_int_t
ngx_toucan_watch_free_derived(ngx_toucan_main_conf_t *tmcf, ngx_uint_t at,
    ngx_log_t *log)
{
    ngx_toucan_derived_t  **derived;

    derived = tmcf->derived.elts;

    return ngx_toucan_jwks_free_some(&derived[at]->old);
}
