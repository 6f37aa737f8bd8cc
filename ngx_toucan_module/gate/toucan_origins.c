
/*
 * The allowlist of origins: reads its entries, and asks the table first, the
 * regexes then.
 */


#include "gate/toucan_origin_table.h"


struct toucan_origins_s {
    toucan_origin_table_t     table;

    toucan_pattern_t        **patterns;
    uint32_t                  npatterns;

    uint8_t                  *ancestors;
    size_t                    ancestors_len;

    unsigned                  null:1;
};


static toucan_rc_t toucan_origins_regex(toucan_origins_t *origins,
    toucan_str_t entry, toucan_diag_t *diag);
static const char *toucan_origins_read(toucan_origin_t *origin,
    toucan_str_t entry, unsigned *wildcard);
static const char *toucan_origins_wildcard(toucan_origin_t *origin,
    toucan_str_t entry, size_t star);
static int toucan_origins_ip(toucan_str_t host);


toucan_origins_t *
toucan_origins_create(void)
{
    return toucan_calloc(1, sizeof(toucan_origins_t));
}


void
toucan_origins_free(toucan_origins_t *origins)
{
    uint32_t  i;

    if (origins == NULL) {
        return;
    }

    for (i = 0; i < origins->npatterns; i++) {
        toucan_pattern_free(origins->patterns[i]);
    }

    toucan_free(origins->patterns);
    toucan_free(origins->ancestors);
    toucan_origin_table_free(&origins->table);
    toucan_free(origins);
}


toucan_rc_t
toucan_origins_add(toucan_origins_t *origins, toucan_str_t entry,
    toucan_diag_t *diag)
{
    unsigned          wildcard;
    const char       *why;
    toucan_rc_t       rc;
    toucan_origin_t   origin;

    if (toucan_str_is(entry, "null")) {
        origins->null = 1;
        return TOUCAN_OK;
    }

    if (entry.len && entry.data[0] == '~') {
        return toucan_origins_regex(origins, entry, diag);
    }

    why = toucan_origins_read(&origin, entry, &wildcard);

    if (why) {
        toucan_diag_error(diag, "invalid origin \"%.*s\": %s",
                          toucan_fmt(entry), why);
        return TOUCAN_ORIGIN_MALFORMED;
    }

    rc = toucan_origin_table_add(&origins->table, &origin, wildcard);

    if (rc != TOUCAN_OK) {
        toucan_diag_error(diag, "origin \"%.*s\": out of memory",
                          toucan_fmt(entry));
    }

    return rc;
}


toucan_rc_t
toucan_origins_finish(toucan_origins_t *origins)
{
    toucan_buf_t  b;

    toucan_origin_table_fix(&origins->table);

    toucan_free(origins->ancestors);
    origins->ancestors = NULL;
    origins->ancestors_len = 0;

    toucan_buf_init(&b, NULL, 0);
    toucan_origin_table_write(&origins->table, &b);

    if (b.need > TOUCAN_ANCESTORS_MAX) {
        return TOUCAN_OK;
    }

    origins->ancestors = toucan_calloc(b.need, 1);

    if (origins->ancestors == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    toucan_buf_init(&b, origins->ancestors, b.need);
    toucan_origin_table_write(&origins->table, &b);
    origins->ancestors_len = toucan_buf_view(&b).len;

    return TOUCAN_OK;
}


int
toucan_origins_match(const toucan_origins_t *origins,
    const toucan_origin_t *origin)
{
    uint32_t  i;

    if (origins == NULL || origin->len == 0) {
        return 0;
    }

    if (toucan_origin_table_find(&origins->table, origin)) {
        return 1;
    }

    for (i = 0; i < origins->npatterns; i++) {
        if (toucan_pattern_match(origins->patterns[i],
                                 toucan_origin_text(origin)))
        {
            return 1;
        }
    }

    return 0;
}


int
toucan_origins_null(const toucan_origins_t *origins)
{
    return origins != NULL && origins->null;
}


int
toucan_origins_empty(const toucan_origins_t *origins)
{
    return origins == NULL
           || (origins->table.n == 0 && origins->npatterns == 0
               && !origins->null);
}


toucan_str_t
toucan_origins_ancestors(const toucan_origins_t *origins)
{
    if (origins == NULL) {
        return toucan_cstr("");
    }

    return toucan_str(origins->ancestors, origins->ancestors_len);
}


static toucan_rc_t
toucan_origins_regex(toucan_origins_t *origins, toucan_str_t entry,
    toucan_diag_t *diag)
{
    void              *p;
    toucan_pattern_t  *pattern;

    pattern = toucan_pattern_compile(toucan_str(entry.data + 1, entry.len - 1),
                                     diag);
    if (pattern == NULL) {
        return TOUCAN_ORIGIN_MALFORMED;
    }

    p = toucan_realloc(origins->patterns, (size_t) origins->npatterns + 1,
                       sizeof(toucan_pattern_t *));
    if (p == NULL) {
        toucan_pattern_free(pattern);
        toucan_diag_error(diag, "origin \"%.*s\": out of memory",
                          toucan_fmt(entry));
        return TOUCAN_NO_MEMORY;
    }

    origins->patterns = p;
    origins->patterns[origins->npatterns++] = pattern;

    if (toucan_pattern_match(pattern, toucan_cstr("https://any.invalid"))) {
        toucan_diag_warn(diag, "origin \"%.*s\" accepts any site, "
                         "\"https://any.invalid\" for one",
                         toucan_fmt(entry));
    }

    return TOUCAN_OK;
}


/* Returns what is wrong with the entry, or NULL. */

static const char *
toucan_origins_read(toucan_origin_t *origin, toucan_str_t entry,
    unsigned *wildcard)
{
    size_t  i;

    *wildcard = 0;

    for (i = 0; i + 3 <= entry.len; i++) {
        if (memcmp(&entry.data[i], "://", 3) == 0) {
            break;
        }
    }

    if (i + 3 < entry.len && entry.data[i + 3] == '*') {
        *wildcard = 1;
        return toucan_origins_wildcard(origin, entry, i + 3);
    }

    if (toucan_str_is(entry, "*")) {
        return "it would accept every origin; name those that may embed";
    }

    return toucan_origin_read(origin, entry);
}


static const char *
toucan_origins_wildcard(toucan_origin_t *origin, toucan_str_t entry,
    size_t star)
{
    uint8_t       text[TOUCAN_ORIGIN_MAX];
    const char   *why;
    toucan_str_t  host;

    if (star + 1 == entry.len || entry.data[star + 1] == ':') {
        return "it would accept every host; a wildcard stands before a "
               "domain, as in \"https://*.example.com\"";
    }

    if (entry.data[star + 1] != '.') {
        return "a wildcard is a whole label, as in "
               "\"https://*.example.com\"";
    }

    if (entry.len - 2 > sizeof(text)) {
        return "it is too long";
    }

    memcpy(text, entry.data, star);
    memcpy(text + star, entry.data + star + 2, entry.len - star - 2);

    why = toucan_origin_read(origin, toucan_str(text, entry.len - 2));
    if (why) {
        return why;
    }

    host = toucan_str(origin->text + origin->host, origin->host_len);

    if (toucan_origins_ip(host)) {
        return "an IP address has no subdomains";
    }

    if (memchr(host.data, '.', host.len) == NULL) {
        return "a wildcard over a whole top-level name would accept far too "
               "much";
    }

    return NULL;
}


/* of a host that toucan_origin_read() took */

static int
toucan_origins_ip(toucan_str_t host)
{
    size_t  i;

    if (host.data[0] == '[') {
        return 1;
    }

    for (i = host.len; i > 0 && host.data[i - 1] != '.'; i--) {
        if (host.data[i - 1] < '0' || host.data[i - 1] > '9') {
            return 0;
        }
    }

    return 1;
}
