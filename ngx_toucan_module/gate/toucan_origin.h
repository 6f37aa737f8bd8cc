
/*
 * Web origins (RFC 6454) and the allowlist of origins.
 */


#ifndef _TOUCAN_ORIGIN_H_INCLUDED_
#define _TOUCAN_ORIGIN_H_INCLUDED_


#include "gate/toucan_pattern.h"


/* scheme (<= 32), "://", host (<= 253), ":65535" */
#define TOUCAN_ORIGIN_MAX  296

/* A frame-ancestors source list longer than this is not sent. */
#define TOUCAN_ANCESTORS_MAX  4096


/*
 * A parsed origin, by value: the normalised ASCII serialisation (RFC 6454
 * section 6.2), scheme and host in lower case, the default port left out.
 * len == 0: none.
 */

typedef struct {
    uint16_t         len;
    uint16_t         host;          /* offset of the host in text */
    uint16_t         host_len;      /* IPv6 with its brackets */
    uint8_t          text[TOUCAN_ORIGIN_MAX];
} toucan_origin_t;


/*
 * Parses "scheme://host[:port]" and nothing more.  TOUCAN_ORIGIN_MALFORMED,
 * and origin->len == 0, for anything else: "null", a list, a path (a single
 * "/", too), user information, a trailing dot, an empty label, a host with
 * other bytes than letters, digits, "-", "_", "." (IDN must be punycode), a
 * last label of digits that is no dotted IPv4 address, a port of 0, above
 * 65535, empty, or with a leading zero.
 */
toucan_rc_t toucan_origin_parse(toucan_origin_t *origin, toucan_str_t text);

/* The same, and says why not: a sentence, static; NULL when it is one. */
const char *toucan_origin_read(toucan_origin_t *origin, toucan_str_t text);

/* The origin of an absolute URL, such as a Referer; path, query and fragment
 * are not looked at.  User information is refused. */
toucan_rc_t toucan_origin_of_url(toucan_origin_t *origin, toucan_str_t url);

/* Makes it none; what is in text is not to be read then. */

static inline void
toucan_origin_none(toucan_origin_t *origin)
{
    origin->len = 0;
    origin->host = 0;
    origin->host_len = 0;
}


/* A view into origin. */
static inline toucan_str_t
toucan_origin_text(const toucan_origin_t *origin)
{
    return toucan_str(origin->text, origin->len);
}


typedef struct toucan_origins_s  toucan_origins_t;


/*
 * An allowlist, built once, read-only afterwards.  The caller owns it, free
 * with toucan_origins_free(); NULL when memory is out.
 */
toucan_origins_t *toucan_origins_create(void);

void toucan_origins_free(toucan_origins_t *origins);

/*
 * Adds an entry: an exact origin, "https://app.example.com[:port]"; the same
 * with "*." before the host (any depth of subdomain, never the bare domain);
 * "~regex" over the normalised serialisation; "null".  An entry twice is one
 * entry.  TOUCAN_ORIGIN_MALFORMED with the entry quoted in diag->error, or
 * TOUCAN_NO_MEMORY.  "*", a wildcard anywhere but as the first label, and one
 * over a whole top-level name ("*.com") are malformed.  A regex that accepts
 * any site is taken, with a warning in diag.
 */
toucan_rc_t toucan_origins_add(toucan_origins_t *origins, toucan_str_t entry,
    toucan_diag_t *diag);

/* Call once after the last add: fixes the tables and the source list. */
toucan_rc_t toucan_origins_finish(toucan_origins_t *origins);

/*
 * 1 when an entry accepts the origin.  The cost does not depend on the number
 * of exact and wildcard entries; regexes are tried in their order.
 */
int toucan_origins_match(const toucan_origins_t *origins,
    const toucan_origin_t *origin);

/* 1 when "null" is an entry; 1 when there is no entry at all. */
int toucan_origins_null(const toucan_origins_t *origins);
int toucan_origins_empty(const toucan_origins_t *origins);

/*
 * The entries as a CSP source list (no regex, no "null"), joined by a space
 * in the order they were added; empty when there is none; absent (data NULL)
 * when it would be longer than TOUCAN_ANCESTORS_MAX.  A view into origins.
 */
toucan_str_t toucan_origins_ancestors(const toucan_origins_t *origins);


#endif /* _TOUCAN_ORIGIN_H_INCLUDED_ */
