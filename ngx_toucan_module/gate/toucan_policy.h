
/*
 * A policy is data: what a place of the platform accepts and passes on.  It
 * is filled once and only read afterwards; nothing here knows whence it came.
 * And the two questions that are asked of it: is the token good, and may this
 * request pass.
 */


#ifndef _TOUCAN_POLICY_H_INCLUDED_
#define _TOUCAN_POLICY_H_INCLUDED_


#include "gate/toucan_kind.h"


typedef struct {
    const toucan_str_t  *elts;
    unsigned             n;
} toucan_strv_t;


/* The claims whose place toucan_claim can move. */

typedef enum {
    TOUCAN_CLAIM_DISTINCT_ID = 0,
    TOUCAN_CLAIM_ROLE,
    TOUCAN_CLAIM_ATTRIBUTES,
    TOUCAN_CLAIM_PERMISSIONS,
    TOUCAN_CLAIM_RESOURCES,
    TOUCAN_CLAIM_ORIGINS,
    TOUCAN_CLAIM_ORGANIZATION,
    TOUCAN_CLAIM_MAX
} toucan_claim_e;


#define TOUCAN_PATH_MAX  8

typedef struct {
    toucan_str_t         segments[TOUCAN_PATH_MAX];
    unsigned             n;             /* 0: where section 2 has it */
} toucan_path_t;


typedef enum {
    TOUCAN_ENV_LIVE = 1,
    TOUCAN_ENV_SANDBOX = 2
} toucan_env_e;


typedef enum {
    TOUCAN_ATTR_ANY = 0,
    TOUCAN_ATTR_STRING,
    TOUCAN_ATTR_INTEGER,
    TOUCAN_ATTR_BOOLEAN,
    TOUCAN_ATTR_STRINGS,
    TOUCAN_ATTR_INTEGERS
} toucan_attr_type_e;


/* A declared attribute.  In a policy they are sorted by column, then name. */

typedef struct {
    toucan_str_t         name;
    toucan_str_t         column;        /* absent: not in the RLS object */
    toucan_attr_type_e   type;
    unsigned             required:1;
} toucan_attr_t;


/* So many declarations are found by an index, and where they are is kept. */

#define TOUCAN_ATTRS_KEPT  64

#define TOUCAN_ATTR_SLOTS  256          /* 2^8 */


typedef enum {
    TOUCAN_ACTION_VIEW = 1,
    TOUCAN_ACTION_EDIT = 2,
    TOUCAN_ACTION_QUERY = 4
} toucan_action_e;


/*
 * One toucan_permission.  With an object, request->objects[i] of the same
 * index holds what it evaluated to.  "args" are the names of the arguments
 * that its object was taken from ($arg_NAME).
 */

typedef struct {
    toucan_str_t         model;
    toucan_action_e      action;
    unsigned             has_object:1;
    toucan_strv_t        args;
} toucan_perm_rule_t;


typedef struct {
    unsigned             enabled:1;
    toucan_str_t         methods;       /* "GET, HEAD, POST" */
    toucan_str_t         headers;       /* "authorization, content-type" */
    toucan_str_t         expose;        /* may be empty */
    toucan_str_t         max_age;       /* decimal seconds */
} toucan_cors_policy_t;


typedef struct {
    toucan_jwt_rules_t          jwt;

    toucan_strv_t               issuers;        /* n == 0: not checked */
    toucan_strv_t               audiences;
    int64_t                     leeway;         /* seconds */
    int64_t                     max_lifetime;   /* seconds; 0: no cap */
    toucan_path_t               claims[TOUCAN_CLAIM_MAX];

    toucan_strv_t               roles;
    unsigned                    any_role:1;
    unsigned                    envs;           /* OR of toucan_env_e */

    const toucan_attr_t        *attrs;
    unsigned                    nattrs;
    unsigned                    attrs_indexed:1;
    uint8_t                     attr_slots[TOUCAN_ATTR_SLOTS];
                                                /* by toucan_attrs_index() */

    const toucan_perm_rule_t   *rules;
    unsigned                    nrules;

    unsigned                    kinds;          /* OR of 1 << toucan_kind_e */
    const toucan_origins_t     *origins;
    toucan_cors_policy_t        cors;
    unsigned                    frame_ancestors:1;
} toucan_policy_t;


/* Where a declared attribute is in a document, and of which form. */

typedef struct {
    uint16_t              node;         /* index; 0: absent */
    uint16_t              form;         /* known to toucan_attr.c */
} toucan_attr_place_t;


/*
 * The claims of an opened token: views and nodes of its payload document,
 * which they must not outlive.  Checked in form by toucan_claims_read().
 */

typedef struct {
    const toucan_doc_t   *doc;

    int64_t               iat;
    int64_t               exp;
    int64_t               nbf;          /* 0 when absent */

    toucan_str_t          iss;
    toucan_str_t          jti;
    toucan_str_t          sid;
    toucan_str_t          client_id;
    toucan_str_t          organization;
    toucan_str_t          distinct_id;
    toucan_str_t          role;
    toucan_env_e          env;

    const toucan_node_t  *aud;          /* each NULL when absent */
    const toucan_node_t  *attributes;
    const toucan_node_t  *permissions;
    const toucan_node_t  *resources;
    const toucan_node_t  *origins;

    const toucan_attr_t  *declared;     /* places[] are of these */
    unsigned              ndeclared;    /* of them; the others: not known */
    toucan_attr_place_t   places[TOUCAN_ATTRS_KEPT];
} toucan_claims_t;


typedef struct {
    toucan_jwt_t          jwt;
    toucan_claims_t       claims;       /* set when rc is TOUCAN_OK, and for
                                           time and revocation refusals */
} toucan_identity_t;


/*
 * Is the token good?  header, key, signature, claims, time, in this order;
 * place, identity and permission are not looked at.  TOUCAN_OK or the first
 * reason against it.  Everything in identity lives in the arena.
 */
toucan_rc_t toucan_authenticate(const toucan_policy_t *policy,
    const toucan_jwks_t *const *sets, unsigned nsets, toucan_str_t token,
    int64_t now, toucan_arena_t *arena, toucan_identity_t *identity);

/* The same of a token that is open: claims and time.  identity->jwt is what
 * toucan_jwt_open() has set on TOUCAN_OK. */
toucan_rc_t toucan_identify(const toucan_policy_t *policy, int64_t now,
    toucan_identity_t *identity);

/*
 * May the holder of good claims pass with this request, from this place?
 * place, identity, permission, in this order.  TOUCAN_OK or the first reason
 * against it.
 */
toucan_rc_t toucan_decide(const toucan_policy_t *policy,
    const toucan_request_t *request, const toucan_place_t *place,
    const toucan_claims_t *claims);

/* TOUCAN_OK or TOUCAN_ROLE_DENIED: a part of toucan_decide(). */
toucan_rc_t toucan_policy_role(const toucan_policy_t *policy,
    const toucan_claims_t *claims);


#endif /* _TOUCAN_POLICY_H_INCLUDED_ */
