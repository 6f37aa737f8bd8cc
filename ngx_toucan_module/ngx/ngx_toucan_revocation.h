
/*
 * A zone of revocations: what all processes share (sh), what a cycle knows of
 * it (ngx_toucan_revocation_t), and its state file.
 */


#ifndef _NGX_TOUCAN_REVOCATION_H_INCLUDED_
#define _NGX_TOUCAN_REVOCATION_H_INCLUDED_


#include "ngx/ngx_toucan.h"
#include "jose/toucan_crypto_random.h"


#define NGX_TOUCAN_REVOCATION_BATCH  256    /* entries: the longest that the
                                               zone's lock is held for */


/* Where the state file is at; under its lock, not the zone's. */

typedef struct {
    uint64_t                     generation;    /* 0: not known */
    ngx_uint_t                   active;        /* which of the two files */
    off_t                        committed;     /* bytes that the table has;
                                                   0: not known */
    off_t                        compacted;     /* bytes when it was made */
} ngx_toucan_journal_sh_t;


/* The table follows it. */

typedef struct {
    ngx_toucan_journal_sh_t      journal;
    int64_t                      horizon;       /* the longest there was */
    int64_t                      swept;         /* of the last whole sweep */
    int64_t                      known;         /* of tokens issued before it
                                                   some may be forgotten */
    ngx_uint_t                   forever;
} ngx_toucan_revocation_sh_t;


/*
 * A token that is issued now is over in "horizon" seconds; "forever" where no
 * cap is set.  The buffers hold a batch.
 */

typedef struct {
    ngx_str_t                    name;
    ngx_cycle_t                 *cycle;
    ngx_slab_pool_t             *shpool;
    ngx_toucan_revocation_sh_t  *sh;
    toucan_revocations_t        *table;
    size_t                       size;          /* of the table's block */

    int64_t                      horizon;
    unsigned                     used:1;        /* by some location */
    unsigned                     forever:1;

    ngx_str_t                    files[2];      /* state= and its twin; empty:
                                                   no state file */
    ngx_fd_t                     fds[2];
    off_t                        looked;        /* bytes of both, when nothing
                                                   could be made of them */

    size_t                       place;         /* of this process's sweep */
    u_char                      *lines;
    toucan_revoked_t            *entries;
} ngx_toucan_revocation_t;


/* ngx_toucan_revocation.c: zones */

/* Makes the table in the zone's block, empty. */
ngx_int_t ngx_toucan_revocation_table(ngx_toucan_revocation_t *z,
    const uint8_t *key);

/* No token that was issued before it can still be valid.  Who drops what is
 * before it has it noted by "forget". */
int64_t ngx_toucan_revocation_dead(ngx_toucan_revocation_t *z);
int64_t ngx_toucan_revocation_forget(ngx_toucan_revocation_t *z);

/* All n or none.  TOUCAN_OK or TOUCAN_REVOCATIONS_FULL. */
toucan_rc_t ngx_toucan_revocation_add(ngx_toucan_revocation_t *z,
    const toucan_revoked_t *revoked, ngx_uint_t n);

/* ngx_toucan_journal.c: the state file */

/*
 * The master's part, before there are workers.  start: opens the files, makes
 * the table under their key, and fills it.  adopt: the same files again, for a
 * table that lives.  NGX_ERROR when something was logged at emerg.
 */
ngx_int_t ngx_toucan_journal_start(ngx_toucan_revocation_t *z, ngx_log_t *log);
ngx_int_t ngx_toucan_journal_adopt(ngx_toucan_revocation_t *z, ngx_log_t *log);

/*
 * Writes entries that the table has already, and syncs them.  TOUCAN_OK or
 * TOUCAN_STATE_NOT_WRITTEN, and something was logged at crit.
 */
toucan_rc_t ngx_toucan_journal_append(ngx_toucan_revocation_t *z,
    const toucan_revoked_t *revoked, ngx_uint_t n, ngx_log_t *log);

/* Takes over what another instance of nginx has written, if it has. */
void ngx_toucan_journal_look(ngx_toucan_revocation_t *z, ngx_log_t *log);

/* ngx_toucan_journal_file.c: files, lines, locks */

#define NGX_TOUCAN_JOURNAL_MAGIC   "toucan-revocations 1 "
#define NGX_TOUCAN_JOURNAL_HEADER                                             \
    (sizeof(NGX_TOUCAN_JOURNAL_MAGIC) - 1 + 16 + 1                            \
     + 2 * TOUCAN_REVOKE_KEY_SIZE + sizeof(" CCCCCCCC\n") - 1)
#define NGX_TOUCAN_JOURNAL_LINE                                               \
    (2 * TOUCAN_REVOKE_NAME_SIZE + 2 * (1 + 16) + 1 + 2                       \
     + sizeof(" CCCCCCCC\n") - 1)


typedef enum {
    NGX_TOUCAN_JOURNAL_EMPTY = 0,   /* or what a first write left */
    NGX_TOUCAN_JOURNAL_VALID,
    NGX_TOUCAN_JOURNAL_BLANK,       /* lines that never got a header */
    NGX_TOUCAN_JOURNAL_DAMAGED
} ngx_toucan_journal_state_e;


typedef struct {
    ngx_toucan_journal_state_e   state;
    off_t                        size;
    ngx_uint_t                   gone;          /* deleted, or moved */
    uint64_t                     generation;
    uint8_t                      key[TOUCAN_REVOKE_KEY_SIZE];
} ngx_toucan_journal_file_t;


/* Both, as they were looked at under their lock. */

typedef struct {
    ngx_toucan_journal_file_t    files[2];
    ngx_uint_t                   active;
    ngx_uint_t                   valid;         /* how many have a header */
    ngx_uint_t                   torn;          /* bytes of no whole line */
} ngx_toucan_journal_t;


/* The line of an entry, with its newline; and back: NGX_ERROR when it is none
 * that was written here. */
void ngx_toucan_journal_line(u_char *line, const toucan_revoked_t *revoked);
ngx_int_t ngx_toucan_journal_parse(const u_char *line,
    toucan_revoked_t *revoked);

/* Opens both, and makes them where they are missing; a configuration that is
 * only tested opens what there is. */
ngx_int_t ngx_toucan_journal_open(ngx_toucan_revocation_t *z, ngx_log_t *log);

/*
 * The lock of the two files, which the kernel takes from a process that ends.
 * NGX_BUSY when another holds it and wait is 0.
 */
ngx_int_t ngx_toucan_journal_lock(ngx_toucan_revocation_t *z, ngx_uint_t wait,
    ngx_log_t *log);
void ngx_toucan_journal_unlock(ngx_toucan_revocation_t *z, ngx_log_t *log);

/* What file i is like. */
ngx_int_t ngx_toucan_journal_stat(ngx_toucan_revocation_t *z, ngx_uint_t i,
    ngx_toucan_journal_file_t *file, ngx_log_t *log);

/* Read and write len bytes, all of them, or log why not. */
ngx_int_t ngx_toucan_journal_pread(ngx_toucan_revocation_t *z, ngx_uint_t i,
    u_char *buf, size_t len, off_t offset, ngx_log_t *log);
ngx_int_t ngx_toucan_journal_pwrite(ngx_toucan_revocation_t *z, ngx_uint_t i,
    u_char *buf, size_t len, off_t offset, ngx_log_t *log);
ngx_int_t ngx_toucan_journal_truncate(ngx_toucan_revocation_t *z,
    ngx_uint_t i, off_t size, ngx_log_t *log);
ngx_int_t ngx_toucan_journal_sync(ngx_toucan_revocation_t *z, ngx_uint_t i,
    ngx_log_t *log);

/* Writes and syncs the header of file i, which makes it a valid one. */
ngx_int_t ngx_toucan_journal_header(ngx_toucan_revocation_t *z, ngx_uint_t i,
    uint64_t generation, const uint8_t *key, ngx_log_t *log);


/* ngx_toucan_journal_read.c */

ngx_int_t ngx_toucan_journal_survey(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log);

/*
 * Takes over the lines that are not committed.  NGX_DECLINED when the journal
 * lacks what the table has, and must be written anew.
 */
ngx_int_t ngx_toucan_journal_catch_up(ngx_toucan_revocation_t *z,
    ngx_toucan_journal_t *j, ngx_log_t *log);

/* Logs PATH:LINE of the line at offset and what is wrong; NGX_ERROR. */
ngx_int_t ngx_toucan_journal_damaged(ngx_toucan_revocation_t *z,
    ngx_uint_t i, off_t offset, const char *what, ngx_log_t *log);


#endif /* _NGX_TOUCAN_REVOCATION_H_INCLUDED_ */
