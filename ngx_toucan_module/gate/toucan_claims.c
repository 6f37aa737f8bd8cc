
/*
 * Reading claims: where each one stands, and the form that it must have.
 */


#include "gate/toucan_claims.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_perm.h"

#include <stddef.h>


#define TOUCAN_CLAIMS_ID_MAX       256


/* A claim that is a string, and where in toucan_claims_t it goes. */

typedef struct {
    toucan_str_t         name;
    size_t               offset;
    size_t               min;           /* bytes */
    size_t               max;
} toucan_claims_string_t;


static const toucan_node_t *toucan_claims_top_node(const toucan_doc_t *doc,
    const char *name);
static toucan_rc_t toucan_claims_string(toucan_claims_t *claims,
    const toucan_claims_string_t *row, const toucan_doc_t *doc,
    const toucan_node_t *node);
static toucan_rc_t toucan_claims_strings(toucan_claims_t *claims,
    const toucan_doc_t *doc);
static toucan_rc_t toucan_claims_place(const toucan_policy_t *policy,
    toucan_claim_e claim, const toucan_doc_t *doc,
    const toucan_node_t **node);
static toucan_rc_t toucan_claims_user(toucan_claims_t *claims,
    const toucan_policy_t *policy, const toucan_doc_t *doc);
static toucan_rc_t toucan_claims_env(toucan_claims_t *claims,
    const toucan_doc_t *doc);
static toucan_rc_t toucan_claims_audience(toucan_claims_t *claims,
    const toucan_doc_t *doc);
static toucan_rc_t toucan_claims_seconds(const toucan_doc_t *doc,
    const char *name, int required, int64_t *value);
static toucan_rc_t toucan_claims_times(toucan_claims_t *claims,
    const toucan_doc_t *doc);
static toucan_rc_t toucan_claims_nodes(toucan_claims_t *claims,
    const toucan_policy_t *policy, const toucan_doc_t *doc);


static const toucan_claims_string_t  toucan_claims_top[] = {

    { toucan_string("iss"),
      offsetof(toucan_claims_t, iss), 0, SIZE_MAX },

    { toucan_string("jti"),
      offsetof(toucan_claims_t, jti), 1, TOUCAN_CLAIMS_ID_MAX },

    { toucan_string("sid"),
      offsetof(toucan_claims_t, sid), 1, TOUCAN_CLAIMS_ID_MAX },

    { toucan_string("client_id"),
      offsetof(toucan_claims_t, client_id), 1, TOUCAN_CLAIMS_ID_MAX }
};


/* The claims that can be moved: their names in toucan_claim, their places. */

static const struct {
    toucan_str_t         name;
    toucan_path_t        path;
} toucan_claims_movable[TOUCAN_CLAIM_MAX] = {

    [TOUCAN_CLAIM_DISTINCT_ID] = { toucan_string("distinct_id"),
        { { toucan_string("user"), toucan_string("distinctId") }, 2 } },

    [TOUCAN_CLAIM_ROLE] = { toucan_string("role"),
        { { toucan_string("user"), toucan_string("role") }, 2 } },

    [TOUCAN_CLAIM_ATTRIBUTES] = { toucan_string("attributes"),
        { { toucan_string("user"), toucan_string("attributes") }, 2 } },

    [TOUCAN_CLAIM_PERMISSIONS] = { toucan_string("permissions"),
        { { toucan_string("permissions") }, 1 } },

    [TOUCAN_CLAIM_RESOURCES] = { toucan_string("resources"),
        { { toucan_string("resources") }, 1 } },

    [TOUCAN_CLAIM_ORIGINS] = { toucan_string("origins"),
        { { toucan_string("origins") }, 1 } },

    [TOUCAN_CLAIM_ORGANIZATION] = { toucan_string("organization"),
        { { toucan_string("organization") }, 1 } }
};


/* Of the movable claims, the strings; the name is of no use here. */

static const struct {
    toucan_claim_e          claim;
    toucan_claims_string_t  string;
} toucan_claims_moved_strings[] = {

    { TOUCAN_CLAIM_DISTINCT_ID,
      { toucan_string(""), offsetof(toucan_claims_t, distinct_id),
        1, TOUCAN_DISTINCT_ID_MAX } },

    { TOUCAN_CLAIM_ROLE,
      { toucan_string(""), offsetof(toucan_claims_t, role), 1, SIZE_MAX } },

    { TOUCAN_CLAIM_ORGANIZATION,
      { toucan_string(""), offsetof(toucan_claims_t, organization),
        1, TOUCAN_CLAIMS_ID_MAX } }
};


/* The others are nodes, each with the test of its form. */

static const struct {
    toucan_claim_e       claim;
    size_t               offset;
    int                (*wellformed)(const toucan_doc_t *doc,
                             const toucan_node_t *node);
} toucan_claims_moved_nodes[] = {

    { TOUCAN_CLAIM_ATTRIBUTES, offsetof(toucan_claims_t, attributes),
      toucan_attrs_wellformed },

    { TOUCAN_CLAIM_PERMISSIONS, offsetof(toucan_claims_t, permissions),
      toucan_permissions_wellformed },

    { TOUCAN_CLAIM_RESOURCES, offsetof(toucan_claims_t, resources),
      toucan_resources_wellformed },

    { TOUCAN_CLAIM_ORIGINS, offsetof(toucan_claims_t, origins),
      toucan_claims_origins_wellformed }
};


#define toucan_claims_n(table)  (sizeof(table) / sizeof((table)[0]))


toucan_rc_t
toucan_claims_read(toucan_claims_t *claims, const toucan_policy_t *policy,
    const toucan_doc_t *doc)
{
    toucan_rc_t  rc;

    memset(claims, 0, sizeof(toucan_claims_t));

    rc = toucan_claims_times(claims, doc);

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_strings(claims, doc);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_env(claims, doc);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_audience(claims, doc);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_user(claims, policy, doc);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_nodes(claims, policy, doc);
    }

    if (rc != TOUCAN_OK) {
        memset(claims, 0, sizeof(toucan_claims_t));
        return rc;
    }

    claims->doc = doc;

    return TOUCAN_OK;
}


static const toucan_node_t *
toucan_claims_top_node(const toucan_doc_t *doc, const char *name)
{
    return toucan_json_member(doc, toucan_json_root(doc), toucan_cstr(name));
}


/* Puts a string where its row says; an absent one stays absent. */

static toucan_rc_t
toucan_claims_string(toucan_claims_t *claims,
    const toucan_claims_string_t *row, const toucan_doc_t *doc,
    const toucan_node_t *node)
{
    toucan_str_t  value;

    if (node == NULL) {
        return TOUCAN_OK;
    }

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return TOUCAN_BAD_CLAIM;
    }

    value = toucan_json_string(doc, node);

    if (value.len < row->min || value.len > row->max) {
        return TOUCAN_BAD_CLAIM;
    }

    *(toucan_str_t *) ((char *) claims + row->offset) = value;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_strings(toucan_claims_t *claims, const toucan_doc_t *doc)
{
    size_t                         i;
    toucan_rc_t                    rc;
    const toucan_node_t           *node;
    const toucan_claims_string_t  *row;

    for (i = 0; i < toucan_claims_n(toucan_claims_top); i++) {
        row = &toucan_claims_top[i];

        node = toucan_json_member(doc, toucan_json_root(doc), row->name);

        rc = toucan_claims_string(claims, row, doc, node);

        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    return TOUCAN_OK;
}


/* The node of a movable claim, NULL when it is absent. */

static toucan_rc_t
toucan_claims_place(const toucan_policy_t *policy, toucan_claim_e claim,
    const toucan_doc_t *doc, const toucan_node_t **node)
{
    const toucan_path_t  *path;

    path = &policy->claims[claim];

    if (path->n == 0) {
        path = &toucan_claims_movable[claim].path;
    }

    return toucan_path_walk(path, doc, node);
}


/* The movable strings; sub must not name somebody else. */

static toucan_rc_t
toucan_claims_user(toucan_claims_t *claims, const toucan_policy_t *policy,
    const toucan_doc_t *doc)
{
    size_t                i;
    toucan_rc_t           rc;
    const toucan_node_t  *node;

    for (i = 0; i < toucan_claims_n(toucan_claims_moved_strings); i++) {

        rc = toucan_claims_place(policy, toucan_claims_moved_strings[i].claim,
                                 doc, &node);

        if (rc == TOUCAN_OK) {
            rc = toucan_claims_string(claims,
                                      &toucan_claims_moved_strings[i].string,
                                      doc, node);
        }

        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    if (claims->distinct_id.data == NULL) {
        return TOUCAN_BAD_CLAIM;
    }

    node = toucan_claims_top_node(doc, "sub");

    if (node == NULL) {
        return TOUCAN_OK;
    }

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return TOUCAN_BAD_CLAIM;
    }

    if (policy->claims[TOUCAN_CLAIM_DISTINCT_ID].n == 0
        && !toucan_str_eq(toucan_json_string(doc, node), claims->distinct_id))
    {
        return TOUCAN_BAD_CLAIM;
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_env(toucan_claims_t *claims, const toucan_doc_t *doc)
{
    const toucan_node_t  *node;

    claims->env = TOUCAN_ENV_LIVE;

    node = toucan_claims_top_node(doc, "env");

    if (node == NULL) {
        return TOUCAN_OK;
    }

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return TOUCAN_BAD_CLAIM;
    }

    claims->env = toucan_env_find(toucan_json_string(doc, node));

    return (claims->env == 0) ? TOUCAN_BAD_CLAIM : TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_audience(toucan_claims_t *claims, const toucan_doc_t *doc)
{
    const toucan_node_t  *aud, *node;

    aud = toucan_claims_top_node(doc, "aud");

    if (aud == NULL) {
        return TOUCAN_OK;
    }

    if (!toucan_json_is(aud, TOUCAN_JSON_STRING)) {

        if (!toucan_json_is(aud, TOUCAN_JSON_ARRAY)) {
            return TOUCAN_BAD_CLAIM;
        }

        node = toucan_json_child(doc, aud);

        if (node == NULL) {
            return TOUCAN_BAD_CLAIM;
        }

        for ( /* void */ ; node; node = toucan_json_sibling(doc, aud, node)) {

            if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
                return TOUCAN_BAD_CLAIM;
            }
        }
    }

    claims->aud = aud;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_seconds(const toucan_doc_t *doc, const char *name,
    int required, int64_t *value)
{
    const toucan_node_t  *node;

    node = toucan_claims_top_node(doc, name);

    if (node == NULL) {
        return required ? TOUCAN_BAD_CLAIM : TOUCAN_OK;
    }

    if (!toucan_json_is(node, TOUCAN_JSON_INTEGER)
        || node->v.integer < 0
        || node->v.integer > TOUCAN_JSON_MAX_INTEGER)
    {
        return TOUCAN_BAD_CLAIM;
    }

    *value = node->v.integer;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_times(toucan_claims_t *claims, const toucan_doc_t *doc)
{
    toucan_rc_t  rc;

    rc = toucan_claims_seconds(doc, "exp", 1, &claims->exp);

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_seconds(doc, "iat", 1, &claims->iat);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_seconds(doc, "nbf", 0, &claims->nbf);
    }

    return rc;
}


static toucan_rc_t
toucan_claims_nodes(toucan_claims_t *claims, const toucan_policy_t *policy,
    const toucan_doc_t *doc)
{
    size_t                 i;
    toucan_rc_t            rc;
    const toucan_node_t   *node, **slot;

    for (i = 0; i < toucan_claims_n(toucan_claims_moved_nodes); i++) {

        rc = toucan_claims_place(policy, toucan_claims_moved_nodes[i].claim,
                                 doc, &node);

        if (rc != TOUCAN_OK) {
            return rc;
        }

        if (node == NULL) {
            continue;
        }

        if (!toucan_claims_moved_nodes[i].wellformed(doc, node)) {
            return TOUCAN_BAD_CLAIM;
        }

        slot = (const toucan_node_t **)
                   ((char *) claims + toucan_claims_moved_nodes[i].offset);
        *slot = node;
    }

    return TOUCAN_OK;
}


int
toucan_claims_origins_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *origins)
{
    unsigned              n;
    toucan_origin_t       origin;
    const toucan_node_t  *node;

    if (!toucan_json_is(origins, TOUCAN_JSON_ARRAY)) {
        return 0;
    }

    n = 0;

    for (node = toucan_json_child(doc, origins);
         node;
         node = toucan_json_sibling(doc, origins, node))
    {
        if (++n > TOUCAN_CLAIMS_ORIGINS_MAX
            || !toucan_json_is(node, TOUCAN_JSON_STRING)
            || toucan_origin_parse(&origin, toucan_json_string(doc, node))
               != TOUCAN_OK)
        {
            return 0;
        }
    }

    return 1;
}


toucan_claim_e
toucan_claim_find(toucan_str_t name)
{
    unsigned  i;

    for (i = 0; i < TOUCAN_CLAIM_MAX; i++) {
        if (toucan_str_eq(toucan_claims_movable[i].name, name)) {
            break;
        }
    }

    return (toucan_claim_e) i;
}


toucan_env_e
toucan_env_find(toucan_str_t name)
{
    if (toucan_str_is(name, "live")) {
        return TOUCAN_ENV_LIVE;
    }

    if (toucan_str_is(name, "sandbox")) {
        return TOUCAN_ENV_SANDBOX;
    }

    return (toucan_env_e) 0;
}


toucan_str_t
toucan_env_name(toucan_env_e env)
{
    return toucan_cstr((env == TOUCAN_ENV_SANDBOX) ? "sandbox" : "live");
}
