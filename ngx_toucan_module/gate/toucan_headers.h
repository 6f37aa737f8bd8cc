
/*
 * What the backend is told: the values of the identity headers, their
 * encoding, the RLS object and the scope key.
 */


#ifndef _TOUCAN_HEADERS_H_INCLUDED_
#define _TOUCAN_HEADERS_H_INCLUDED_


#include "gate/toucan_policy.h"


/* The fixed headers; after them come the policy's attributes in its order. */

typedef enum {
    TOUCAN_HEADER_DISTINCT_ID = 0,
    TOUCAN_HEADER_ROLE,
    TOUCAN_HEADER_ORGANIZATION,
    TOUCAN_HEADER_ENV,
    TOUCAN_HEADER_TOKEN_ID,
    TOUCAN_HEADER_EXPIRES,
    TOUCAN_HEADER_KIND,
    TOUCAN_HEADER_ORIGIN,
    TOUCAN_HEADER_PERMISSIONS,
    TOUCAN_HEADER_RLS,
    TOUCAN_HEADER_MAX
} toucan_header_e;


/* The name behind the prefix, "Distinct-Id"; static. */
toucan_str_t toucan_header_suffix(toucan_header_e header);

/*
 * Fills values[TOUCAN_HEADER_MAX + policy->nattrs]; absent ones are not to be
 * sent: a claim that is, permissions that grant nothing, an origin that is not
 * known, attributes of another type than declared.  Views into claims and
 * place, or allocated from arena.  TOUCAN_NO_MEMORY when it is out: then every
 * value is absent.
 */
toucan_rc_t toucan_headers_fill(const toucan_policy_t *policy,
    const toucan_claims_t *claims, const toucan_place_t *place,
    toucan_arena_t *arena, toucan_str_t *values);

/*
 * A string as a header value: printable ASCII as it is, "%" and everything
 * else percent-encoded, and a space that is first or last.  Undone by
 * decodeURIComponent.  Returns text itself when nothing has to be encoded,
 * else memory from arena; absent when memory is out.
 */
toucan_str_t toucan_header_encode(toucan_str_t text, toucan_arena_t *arena);

/*
 * Any claim as a header value: strings as above; numbers, booleans in their
 * JSON form; arrays of these joined by ",", which is encoded inside of
 * elements; objects, null, and arrays with other things in them are absent.
 */
toucan_str_t toucan_header_value(const toucan_doc_t *doc,
    const toucan_node_t *node, toucan_arena_t *arena);

/* A whole number as a header value, from arena; absent when memory is out. */
toucan_str_t toucan_header_integer(int64_t integer, toucan_arena_t *arena);

/* The bytes that a value takes, as a header or as JSON, when nothing in it
 * needs an escape. */
size_t toucan_header_room(const toucan_doc_t *doc, const toucan_node_t *node);

/*
 * {"column":value,...}, sorted by column, ASCII; absent when the policy
 * declares no column (or memory is out).
 */
toucan_str_t toucan_headers_rls(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena);

/*
 * 64 hex digits: SHA-256 over organization, env, role, the declared
 * attributes, permissions and resources, each with its length, so that no two
 * different sets have one spelling.  Not the user.  For cache keys.  Absent
 * when memory is out.
 */
toucan_str_t toucan_scope_key(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena);


#endif /* _TOUCAN_HEADERS_H_INCLUDED_ */
