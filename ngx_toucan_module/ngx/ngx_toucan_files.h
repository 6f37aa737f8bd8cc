
/*
 * What the files of keys share: ngx_toucan_files.c reads them,
 * ngx_toucan_derived.c makes content keys of two, ngx_toucan_watch.c does
 * both again, step by step, when they change.
 */


#ifndef _NGX_TOUCAN_FILES_H_INCLUDED_
#define _NGX_TOUCAN_FILES_H_INCLUDED_


#include "ngx/ngx_toucan.h"


/* Looks at the file on disk: sets due when it is to be read. */
void ngx_toucan_file_look(ngx_toucan_file_t *file, ngx_log_t *log);

/*
 * Begins to read the file, which is then in memory.  NGX_ERROR after an error
 * was logged at level.
 */
ngx_int_t ngx_toucan_file_open(ngx_toucan_file_t *file, ngx_log_t *log,
    ngx_uint_t level);

/*
 * The next step of reading an open file.  NGX_AGAIN: there are more.  After
 * the last one it is closed: NGX_OK with file->fresh; NGX_DECLINED when it is
 * what was read before, written again at the same time; NGX_ERROR after an
 * error was logged at level.
 */
ngx_int_t ngx_toucan_file_step(ngx_toucan_file_t *file, ngx_log_t *log,
    ngx_uint_t level);

/* Puts file->fresh in force; file->old is what was, maybe NULL. */
void ngx_toucan_file_swap(ngx_toucan_file_t *file);

/* Frees some of file->old.  NGX_AGAIN while there is more of it. */
ngx_int_t ngx_toucan_file_free_some(ngx_toucan_file_t *file);


/* 1 when content keys are to be made, of sets that are fresh where there are
 * such. */
ngx_uint_t ngx_toucan_derived_due(ngx_toucan_derived_t *derived);

/*
 * Makes them: derived->fresh, NULL after an error was logged at level.  They
 * are put in force together with the files, after which derived->old is what
 * was, maybe NULL.
 */
void ngx_toucan_derive(ngx_toucan_derived_t *derived, ngx_log_t *log,
    ngx_uint_t level);
void ngx_toucan_derived_swap(ngx_toucan_derived_t *derived);

/* Frees some of a set that is nobody's.  NGX_AGAIN while there is more of it;
 * else *jwks is NULL. */
ngx_int_t ngx_toucan_jwks_free_some(toucan_jwks_t **jwks);


#endif /* _NGX_TOUCAN_FILES_H_INCLUDED_ */
