
/*
 * From a payload document to claims: where each one stands, whether its form
 * is right, issuer, audience, time (RFC 7519 section 4.1).
 */


#ifndef _TOUCAN_CLAIMS_H_INCLUDED_
#define _TOUCAN_CLAIMS_H_INCLUDED_


#include "gate/toucan_policy.h"


#define TOUCAN_DISTINCT_ID_MAX     256
#define TOUCAN_CLAIMS_ORIGINS_MAX  64


/*
 * Sets claims from doc.  TOUCAN_BAD_CLAIM, and claims that are all zero, when
 * a required claim (exp, iat, the distinct id) is absent or any claim in use
 * has the wrong form: null is such a form, too.  role, organization and the
 * rest are absent views when they are not there; env is live.
 */
toucan_rc_t toucan_claims_read(toucan_claims_t *claims,
    const toucan_policy_t *policy, const toucan_doc_t *doc);

/* TOUCAN_OK, TOUCAN_BAD_ISSUER or TOUCAN_BAD_AUDIENCE. */
toucan_rc_t toucan_claims_issuer(const toucan_claims_t *claims,
    const toucan_policy_t *policy);

/*
 * TOUCAN_EXPIRED from exp + leeway on; TOUCAN_NOT_YET_VALID before nbf -
 * leeway, or before iat - leeway (a token from the future would outlive the
 * cap); TOUCAN_LIFETIME_TOO_LONG when exp - iat is above the cap.
 */
toucan_rc_t toucan_claims_time(const toucan_claims_t *claims,
    const toucan_policy_t *policy, int64_t now);

/*
 * A path of toucan_claim: dotted ("app_metadata.analytics"), or a JSON
 * Pointer (RFC 6901, "/https:~1~1example.com~1attributes") for names that hold
 * a dot.  The segments are views into text, or into arena where an escape had
 * to be undone.  TOUCAN_BAD_FORMAT with the path quoted in diag.
 */
toucan_rc_t toucan_path_parse(toucan_path_t *path, toucan_str_t text,
    toucan_arena_t *arena, toucan_diag_t *diag);

/*
 * Sets *node to the node at a path, or to NULL when the document ends before
 * it; path->n == 0 finds nothing.  TOUCAN_BAD_CLAIM, and NULL, when a value on
 * the way is there and is no object: that is not the same as absent.  Arrays
 * have no members, whatever a segment says.  A view into doc.
 */
toucan_rc_t toucan_path_walk(const toucan_path_t *path,
    const toucan_doc_t *doc, const toucan_node_t **node);

/* The same, or NULL for whatever reason.  A view into doc. */
const toucan_node_t *toucan_path_find(const toucan_path_t *path,
    const toucan_doc_t *doc);

/* The claim that a name of toucan_claim means; TOUCAN_CLAIM_MAX when none. */
toucan_claim_e toucan_claim_find(toucan_str_t name);

/* 1 when node is an array of at most 64 exact origins: what a token's origins
 * claim must be. */
int toucan_claims_origins_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *origins);

/* "live", "sandbox"; 0 when it is neither.  And back: static. */
toucan_env_e toucan_env_find(toucan_str_t name);
toucan_str_t toucan_env_name(toucan_env_e env);


#endif /* _TOUCAN_CLAIMS_H_INCLUDED_ */
