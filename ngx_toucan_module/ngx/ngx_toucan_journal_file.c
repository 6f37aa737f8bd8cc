
/*
 * The two files of a state: opening and locking them, whole reads and writes,
 * and the form of their lines.  Names stand in them as hashes only.
 */


#include "ngx/ngx_toucan_revocation.h"


static ngx_int_t ngx_toucan_journal_open_file(ngx_toucan_revocation_t *z,
    ngx_uint_t i, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_own(ngx_toucan_revocation_t *z,
    ngx_uint_t i, ngx_file_info_t *fi, ngx_log_t *log);
static ngx_int_t ngx_toucan_journal_folder(ngx_toucan_revocation_t *z,
    ngx_uint_t sync, ngx_log_t *log);
static u_char *ngx_toucan_journal_head(u_char *p, uint64_t generation,
    const uint8_t *key);
static ngx_uint_t ngx_toucan_journal_begun(const u_char *head, off_t size);
static ngx_uint_t ngx_toucan_journal_blank(const u_char *p, size_t len);
static ngx_uint_t ngx_toucan_journal_gone(ngx_toucan_revocation_t *z,
    ngx_uint_t i, ngx_file_info_t *fi);
static u_char *ngx_toucan_journal_crc(u_char *start, u_char *p);
static ngx_int_t ngx_toucan_unhex(uint8_t *dst, const u_char *hex,
    size_t len);
static ngx_int_t ngx_toucan_unhex_number(uint64_t *n, const u_char *hex);
static ngx_int_t ngx_toucan_journal_failed(ngx_toucan_revocation_t *z,
    ngx_uint_t i, const char *what, ngx_log_t *log);


#define NGX_TOUCAN_JOURNAL_TRIES  1000      /* calls cut short by signals */


void
ngx_toucan_journal_line(u_char *line, const toucan_revoked_t *revoked)
{
    u_char  *p;

    p = ngx_hex_dump(line, (u_char *) revoked->name, TOUCAN_REVOKE_NAME_SIZE);

    p = ngx_sprintf(p, " %016xL %016xL %02xd", revoked->cutoff,
                    revoked->since, (int) revoked->group);

    (void) ngx_toucan_journal_crc(line, p);
}


/*
 * Whatever was read must be written in the same way again; but the newline,
 * which no check sum covers, adds nothing to it.
 */

ngx_int_t
ngx_toucan_journal_parse(const u_char *line, toucan_revoked_t *revoked)
{
    u_char         again[NGX_TOUCAN_JOURNAL_LINE];
    uint8_t        group;
    uint64_t       cutoff, since;
    const u_char  *p;

    p = line + 2 * TOUCAN_REVOKE_NAME_SIZE + 1;

    if (ngx_toucan_unhex(revoked->name, line, TOUCAN_REVOKE_NAME_SIZE)
        != NGX_OK
        || ngx_toucan_unhex_number(&cutoff, p) != NGX_OK
        || ngx_toucan_unhex_number(&since, p + 17) != NGX_OK
        || ngx_toucan_unhex(&group, p + 34, 1) != NGX_OK
        || group >= TOUCAN_REVOKE_GROUPS
        || cutoff > INT64_MAX || since > INT64_MAX)
    {
        return NGX_ERROR;
    }

    revoked->cutoff = (int64_t) cutoff;
    revoked->since = (int64_t) since;
    revoked->group = group;

    ngx_toucan_journal_line(again, revoked);

    return (ngx_memcmp(again, line, NGX_TOUCAN_JOURNAL_LINE - 1) == 0)
           ? NGX_OK : NGX_ERROR;
}


static u_char *
ngx_toucan_journal_head(u_char *p, uint64_t generation, const uint8_t *key)
{
    u_char  *start;

    start = p;

    p = ngx_cpymem(p, NGX_TOUCAN_JOURNAL_MAGIC,
                   sizeof(NGX_TOUCAN_JOURNAL_MAGIC) - 1);
    p = ngx_sprintf(p, "%016xL ", generation);
    p = ngx_hex_dump(p, (u_char *) key, TOUCAN_REVOKE_KEY_SIZE);

    return ngx_toucan_journal_crc(start, p);
}


static u_char *
ngx_toucan_journal_crc(u_char *start, u_char *p)
{
    return ngx_sprintf(p, " %08xD\n", ngx_crc32_long(start, p - start));
}


static ngx_int_t
ngx_toucan_unhex(uint8_t *dst, const u_char *hex, size_t len)
{
    size_t     i;
    ngx_int_t  n;

    for (i = 0; i < len; i++) {
        n = ngx_hextoi((u_char *) hex + 2 * i, 2);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        dst[i] = (uint8_t) n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_toucan_unhex_number(uint64_t *n, const u_char *hex)
{
    uint8_t     bytes[8];
    ngx_uint_t  i;

    if (ngx_toucan_unhex(bytes, hex, sizeof(bytes)) != NGX_OK) {
        return NGX_ERROR;
    }

    *n = 0;

    for (i = 0; i < sizeof(bytes); i++) {
        *n = *n << 8 | bytes[i];
    }

    return NGX_OK;
}


ngx_int_t
ngx_toucan_journal_open(ngx_toucan_revocation_t *z, ngx_log_t *log)
{
    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        if (ngx_toucan_journal_open_file(z, i, log) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_toucan_journal_folder(z, !ngx_test_config, log);
}


static ngx_int_t
ngx_toucan_journal_open_file(ngx_toucan_revocation_t *z, ngx_uint_t i,
    ngx_log_t *log)
{
    ngx_file_info_t  fi;

    z->fds[i] = open((const char *) z->files[i].data,
                     (ngx_test_config ? O_RDONLY : O_RDWR|O_CREAT)
                     |O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC,
                     NGX_FILE_OWNER_ACCESS);

    if (z->fds[i] == NGX_INVALID_FILE) {

        if (ngx_test_config && ngx_errno == NGX_ENOENT) {
            return NGX_OK;
        }

        return ngx_toucan_journal_failed(z, i, "open()", log);
    }

    if (ngx_fd_info(z->fds[i], &fi) == NGX_FILE_ERROR) {
        return ngx_toucan_journal_failed(z, i, ngx_fd_info_n, log);
    }

    if (!ngx_is_file(&fi)) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "toucan: state file \"%V\" is no regular file",
                      &z->files[i]);
        return NGX_ERROR;
    }

    return ngx_test_config ? NGX_OK : ngx_toucan_journal_own(z, i, &fi, log);
}


/*
 * It is the workers', like nginx's folders, and nobody else's.  A link that
 * somebody has laid does not make another file theirs.
 */

static ngx_int_t
ngx_toucan_journal_own(ngx_toucan_revocation_t *z, ngx_uint_t i,
    ngx_file_info_t *fi, ngx_log_t *log)
{
    ngx_uint_t        theirs, mode;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(z->cycle->conf_ctx,
                                           ngx_core_module);

    theirs = geteuid() != 0 || ccf->user == (ngx_uid_t) NGX_CONF_UNSET_UINT
             || fi->st_uid == ccf->user;
    mode = (fi->st_mode & 0777) == NGX_FILE_OWNER_ACCESS;

    if (!(theirs && mode) && fi->st_nlink != 1) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "toucan: state file \"%V\" is not the workers' own, and "
                      "has other names", &z->files[i]);
        return NGX_ERROR;
    }

    if (!theirs && fchown(z->fds[i], ccf->user, (gid_t) -1) == -1) {
        return ngx_toucan_journal_failed(z, i, "fchown()", log);
    }

    if (!mode && fchmod(z->fds[i], NGX_FILE_OWNER_ACCESS) == -1) {
        return ngx_toucan_journal_failed(z, i, "fchmod()", log);
    }

    return NGX_OK;
}


/* The folder must be there; the names of new files are synced with it. */

static ngx_int_t
ngx_toucan_journal_folder(ngx_toucan_revocation_t *z, ngx_uint_t sync,
    ngx_log_t *log)
{
    int         rc;
    u_char     *slash, *folder;
    ngx_fd_t    fd;
    ngx_err_t   err;

    slash = z->files[0].data + z->files[0].len - 1;

    while (*slash != '/') {
        slash--;            /* the path is a full one */
    }

    folder = ngx_alloc(slash - z->files[0].data + 2, log);
    if (folder == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(folder, z->files[0].data,
                       slash - z->files[0].data + 2);

    fd = open((const char *) folder, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    rc = (fd == NGX_INVALID_FILE || (sync && fsync(fd) == -1)) ? -1 : 0;
    err = ngx_errno;

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }

    if (rc == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, err,
                      "toucan: the folder \"%s\" of a state file cannot be "
                      "opened and synced", folder);
    }

    ngx_free(folder);

    return (rc == -1) ? NGX_ERROR : NGX_OK;
}


/*
 * fcntl(): a lock of flock() would be one lock for all workers, for they
 * inherit the descriptor.  It is always that of the first file.
 */

ngx_int_t
ngx_toucan_journal_lock(ngx_toucan_revocation_t *z, ngx_uint_t wait,
    ngx_log_t *log)
{
    ngx_uint_t    i;
    struct flock  fl;

    if (z->fds[0] == NGX_INVALID_FILE) {
        return NGX_OK;
    }

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = ngx_test_config ? F_RDLCK : F_WRLCK;
    fl.l_whence = SEEK_SET;

    for (i = 0; i < NGX_TOUCAN_JOURNAL_TRIES; i++) {

        if (fcntl(z->fds[0], wait ? F_SETLKW : F_SETLK, &fl) == 0) {
            return NGX_OK;
        }

        if (!wait && (ngx_errno == NGX_EAGAIN || ngx_errno == NGX_EACCES)) {
            return NGX_BUSY;
        }

        if (ngx_errno != NGX_EINTR) {
            break;
        }
    }

    return ngx_toucan_journal_failed(z, 0, "fcntl(F_SETLK)", log);
}


void
ngx_toucan_journal_unlock(ngx_toucan_revocation_t *z, ngx_log_t *log)
{
    struct flock  fl;

    if (z->fds[0] == NGX_INVALID_FILE) {
        return;
    }

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = F_UNLCK;
    fl.l_whence = SEEK_SET;

    if (fcntl(z->fds[0], F_SETLK, &fl) == -1) {
        (void) ngx_toucan_journal_failed(z, 0, "fcntl(F_UNLCK)", log);
    }
}


ngx_int_t
ngx_toucan_journal_stat(ngx_toucan_revocation_t *z, ngx_uint_t i,
    ngx_toucan_journal_file_t *file, ngx_log_t *log)
{
    size_t            len;
    u_char            head[NGX_TOUCAN_JOURNAL_HEADER];
    u_char            again[NGX_TOUCAN_JOURNAL_HEADER];
    ngx_file_info_t   fi;

    ngx_memzero(file, sizeof(ngx_toucan_journal_file_t));

    if (z->fds[i] == NGX_INVALID_FILE) {
        return NGX_OK;
    }

    if (ngx_fd_info(z->fds[i], &fi) == NGX_FILE_ERROR) {
        return ngx_toucan_journal_failed(z, i, ngx_fd_info_n, log);
    }

    file->size = ngx_file_size(&fi);
    file->gone = ngx_toucan_journal_gone(z, i, &fi);

    if (file->size == 0) {
        return NGX_OK;
    }

    ngx_memzero(head, sizeof(head));

    len = ngx_min((size_t) file->size, sizeof(head));

    if (ngx_toucan_journal_pread(z, i, head, len, 0, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (len < sizeof(head)) {

        if (!ngx_toucan_journal_begun(head, file->size)) {
            file->state = NGX_TOUCAN_JOURNAL_DAMAGED;
        }

        return NGX_OK;
    }

    if (ngx_toucan_journal_blank(head, sizeof(head))) {

        if (file->size > (off_t) sizeof(head)) {
            file->state = NGX_TOUCAN_JOURNAL_BLANK;
        }

        return NGX_OK;
    }

    len = sizeof(NGX_TOUCAN_JOURNAL_MAGIC) - 1;
    file->state = NGX_TOUCAN_JOURNAL_DAMAGED;

    if (ngx_toucan_unhex_number(&file->generation, head + len) != NGX_OK
        || ngx_toucan_unhex(file->key, head + len + 17,
                            TOUCAN_REVOKE_KEY_SIZE)
           != NGX_OK)
    {
        return NGX_OK;
    }

    (void) ngx_toucan_journal_head(again, file->generation, file->key);

    if (ngx_memcmp(head, again, sizeof(head)) == 0) {
        file->state = NGX_TOUCAN_JOURNAL_VALID;
    }

    return NGX_OK;
}


/*
 * A header that is shorter than one: what a first start left that was ended,
 * and no file of somebody else.
 */

static ngx_uint_t
ngx_toucan_journal_begun(const u_char *head, off_t size)
{
    off_t  len;

    len = sizeof(NGX_TOUCAN_JOURNAL_MAGIC) - 1;

    return ngx_toucan_journal_blank(head, size)
           || ngx_memcmp(head, NGX_TOUCAN_JOURNAL_MAGIC, ngx_min(size, len))
              == 0;
}


static ngx_uint_t
ngx_toucan_journal_blank(const u_char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len && p[i] == 0; i++) { /* void */ }

    return i == len;
}


/*
 * 1 when a start would not find it.  Who may not look in the folder is only
 * told when it has no name at all.
 */

static ngx_uint_t
ngx_toucan_journal_gone(ngx_toucan_revocation_t *z, ngx_uint_t i,
    ngx_file_info_t *fi)
{
    ngx_file_info_t  named;

    if (fi->st_nlink == 0) {
        return 1;
    }

    if (ngx_link_info(z->files[i].data, &named) == NGX_FILE_ERROR) {
        return ngx_errno == NGX_ENOENT;
    }

    return named.st_ino != fi->st_ino || named.st_dev != fi->st_dev;
}


ngx_int_t
ngx_toucan_journal_pread(ngx_toucan_revocation_t *z, ngx_uint_t i,
    u_char *buf, size_t len, off_t offset, ngx_log_t *log)
{
    ssize_t     n;
    ngx_uint_t  tries;

    for (tries = 0; len != 0 && tries < NGX_TOUCAN_JOURNAL_TRIES; tries++) {
        n = pread(z->fds[i], buf, len, offset);

        if (n > 0) {
            buf += n;
            len -= n;
            offset += n;
            continue;
        }

        if (n == 0) {
            ngx_set_errno(0);
            break;
        }

        if (ngx_errno != NGX_EINTR) {
            break;
        }
    }

    return len ? ngx_toucan_journal_failed(z, i, "pread()", log) : NGX_OK;
}


ngx_int_t
ngx_toucan_journal_pwrite(ngx_toucan_revocation_t *z, ngx_uint_t i,
    u_char *buf, size_t len, off_t offset, ngx_log_t *log)
{
    ssize_t     n;
    ngx_uint_t  tries;

    for (tries = 0; len != 0 && tries < NGX_TOUCAN_JOURNAL_TRIES; tries++) {
        n = pwrite(z->fds[i], buf, len, offset);

        if (n > 0) {
            buf += n;
            len -= n;
            offset += n;
            continue;
        }

        if (n == -1 && ngx_errno != NGX_EINTR) {
            break;
        }
    }

    return len ? ngx_toucan_journal_failed(z, i, "pwrite()", log) : NGX_OK;
}


ngx_int_t
ngx_toucan_journal_truncate(ngx_toucan_revocation_t *z, ngx_uint_t i,
    off_t size, ngx_log_t *log)
{
    ngx_uint_t  tries;

    for (tries = 0; tries < NGX_TOUCAN_JOURNAL_TRIES; tries++) {

        if (ftruncate(z->fds[i], size) == 0) {
            return NGX_OK;
        }

        if (ngx_errno != NGX_EINTR) {
            break;
        }
    }

    return ngx_toucan_journal_failed(z, i, "ftruncate()", log);
}


ngx_int_t
ngx_toucan_journal_sync(ngx_toucan_revocation_t *z, ngx_uint_t i,
    ngx_log_t *log)
{
    ngx_uint_t  tries;

    for (tries = 0; tries < NGX_TOUCAN_JOURNAL_TRIES; tries++) {

        if (fdatasync(z->fds[i]) == 0) {
            return NGX_OK;
        }

        if (ngx_errno != NGX_EINTR) {
            break;
        }
    }

    return ngx_toucan_journal_failed(z, i, "fdatasync()", log);
}


ngx_int_t
ngx_toucan_journal_header(ngx_toucan_revocation_t *z, ngx_uint_t i,
    uint64_t generation, const uint8_t *key, ngx_log_t *log)
{
    u_char  head[NGX_TOUCAN_JOURNAL_HEADER];

    (void) ngx_toucan_journal_head(head, generation, key);

    if (ngx_toucan_journal_pwrite(z, i, head, sizeof(head), 0, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_toucan_journal_sync(z, i, log);
}


/* A failure ends the start, or leaves a revocation unanswered. */

static ngx_int_t
ngx_toucan_journal_failed(ngx_toucan_revocation_t *z, ngx_uint_t i,
    const char *what, ngx_log_t *log)
{
    ngx_uint_t  level;

    level = (ngx_process == NGX_PROCESS_WORKER) ? NGX_LOG_CRIT : NGX_LOG_EMERG;

    ngx_log_error(level, log, ngx_errno,
                  "toucan: %s of state file \"%V\" failed", what,
                  &z->files[i]);

    return NGX_ERROR;
}
