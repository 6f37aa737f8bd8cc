
/*
 * What a token is to say, wherever that comes from (a request to mint, a token
 * to refresh, an ID token), and whether it may be said: what the location
 * declares, what the API key grants, how long it may last.
 */


#ifndef _TOUCAN_GRANT_H_INCLUDED_
#define _TOUCAN_GRANT_H_INCLUDED_


#include "gate/toucan_apikey.h"
#include "gate/toucan_fault.h"
#include "gate/toucan_policy.h"


/* A node, and the document that it is of; node == NULL: absent. */

typedef struct {
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;
} toucan_part_t;


typedef struct {
    toucan_str_t     distinct_id;
    toucan_str_t     role;          /* absent: none */
    toucan_part_t    attributes;
    toucan_part_t    permissions;
    toucan_part_t    resources;
    toucan_part_t    origins;

    toucan_str_t     organization;
    toucan_str_t     client_id;     /* the API key's id; absent: none */
    toucan_env_e     env;

    toucan_str_t     sid;           /* absent: a session begins */
    int64_t          auth_time;     /* when it began */
    int64_t          lifetime;      /* seconds; 0: the location's */
    unsigned         asked:1;       /* the caller named the lifetime */
} toucan_grant_t;


/* What a location makes tokens by. */

typedef struct {
    const toucan_policy_t  *policy; /* roles, attributes, longest lifetime */
    toucan_str_t            issuer;
    toucan_str_t            audience;
    int64_t                 lifetime;       /* seconds, the default */
    int64_t                 max_session;    /* seconds */
} toucan_mint_rules_t;


/*
 * Reads the body of toucan_mint.  TOUCAN_BAD_REQUEST with the field in fault
 * for whatever is wrong, an unknown member too; TOUCAN_NO_MEMORY.  Views into
 * the arena.
 */
toucan_rc_t toucan_grant_read(toucan_grant_t *grant, toucan_str_t body,
    toucan_arena_t *arena, toucan_fault_t *fault);

/* The same identity as the claims have; everything absent is absent. */
void toucan_grant_claims(toucan_grant_t *grant,
    const toucan_claims_t *claims);

/*
 * Goes on with the session of claims that were made by these rules.
 * TOUCAN_NOT_REFRESHABLE when they were not, or hold no session.
 */
toucan_rc_t toucan_grant_resume(toucan_grant_t *grant,
    const toucan_claims_t *claims, const toucan_mint_rules_t *rules);

/*
 * Role and attributes against what the policy declares: TOUCAN_ROLE_DENIED,
 * TOUCAN_ATTRIBUTE_UNDECLARED, _TYPE or _MISSING, with the field in fault.
 */
toucan_rc_t toucan_grant_identity(const toucan_grant_t *grant,
    const toucan_policy_t *policy, toucan_arena_t *arena,
    toucan_fault_t *fault);

/* Takes what was not asked for from the key: permissions, origins, and always
 * organization, environment and client. */
void toucan_grant_defaults(toucan_grant_t *grant, const toucan_apikey_t *key);

/* TOUCAN_OK when everything is within the key; else TOUCAN_SCOPE_EXCEEDS_KEY,
 * with the field in fault unless it is the organization or environment. */
toucan_rc_t toucan_grant_bind(const toucan_grant_t *grant,
    const toucan_apikey_t *key, toucan_arena_t *arena, toucan_fault_t *fault);

/* TOUCAN_PERMISSION_DENIED, with the field, unless the permissions and
 * resources are within bound. */
toucan_rc_t toucan_grant_within(const toucan_grant_t *grant,
    const toucan_part_t *bound, toucan_arena_t *arena, toucan_fault_t *fault);

/*
 * Sets grant->lifetime.  A lifetime that was asked for is refused when it is
 * too long: TOUCAN_BAD_REQUEST for the location, TOUCAN_SCOPE_EXCEEDS_KEY for
 * the key; any other is shortened.  TOUCAN_SESSION_EXPIRED when nothing is
 * left.  key may be NULL.
 */
toucan_rc_t toucan_grant_lifetime(toucan_grant_t *grant,
    const toucan_mint_rules_t *rules, const toucan_apikey_t *key, int64_t now,
    toucan_arena_t *arena, toucan_fault_t *fault);


#endif /* _TOUCAN_GRANT_H_INCLUDED_ */
