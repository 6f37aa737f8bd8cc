
/*
 * A session in a frame: what the redirect says that puts the token of a URL
 * into a cookie.
 */


#ifndef _TOUCAN_SESSION_H_INCLUDED_
#define _TOUCAN_SESSION_H_INCLUDED_


#include "jose/toucan_jose.h"


/* What browsers keep at least: name, value and attributes, in bytes (RFC 6265
 * section 6.1). */
#define TOUCAN_SESSION_MAX        4096

#define TOUCAN_SESSION_NAME_MAX   128


/* 1 when it may be the name of a cookie: a token (RFC 9110 section 5.6.2) of
 * at most TOUCAN_SESSION_NAME_MAX bytes. */
int toucan_session_name(toucan_str_t name);

/*
 * Writes the value of a Location that leads to this URI (a path, perhaps a
 * query) on our own host, however it begins.  0, and nothing is written, when
 * the URI is none, or has bytes that no header may hold.
 */
int toucan_session_location(toucan_buf_t *b, toucan_str_t uri);

/* Writes the value of Set-Cookie.  0, and nothing is written, when the token
 * has bytes that no cookie may hold, or max_age (in seconds) is less than 1. */
int toucan_session_cookie(toucan_buf_t *b, toucan_str_t name,
    toucan_str_t token, int64_t max_age);


#endif /* _TOUCAN_SESSION_H_INCLUDED_ */
