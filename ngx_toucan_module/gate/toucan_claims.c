
/*
 * Reading claims: where each one stands, and the form that it must have.
 */


#include "gate/toucan_claims.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_node.h"
#include "gate/toucan_perm.h"

#include <stddef.h>


#define TOUCAN_CLAIMS_ID_MAX       256


/*
 * The claims that are read, each with a place in what the walk has found:
 * those that can be moved first, and where the policy does not move them.
 */

typedef enum {
    TOUCAN_FOUND_EXP = TOUCAN_CLAIM_MAX,
    TOUCAN_FOUND_IAT,
    TOUCAN_FOUND_NBF,
    TOUCAN_FOUND_ISS,
    TOUCAN_FOUND_AUD,
    TOUCAN_FOUND_SUB,
    TOUCAN_FOUND_JTI,
    TOUCAN_FOUND_SID,
    TOUCAN_FOUND_ENV,
    TOUCAN_FOUND_CLIENT_ID,
    TOUCAN_FOUND_USER,
    TOUCAN_FOUND_MAX
} toucan_found_e;


typedef struct {
    const toucan_policy_t  *policy;
    const toucan_doc_t     *doc;
    const toucan_node_t    *node[TOUCAN_FOUND_MAX + 1]; /* NULL: absent; the
                                                           last: others */
} toucan_found_t;


/* A claim that is a string, and where in toucan_claims_t it goes. */

typedef struct {
    unsigned             place;
    size_t               offset;
    size_t               min;           /* bytes */
    size_t               max;
} toucan_claims_string_t;


static void toucan_claims_find(toucan_found_t *found,
    const toucan_node_t *root);
static inline unsigned toucan_claims_top(const uint8_t *name, size_t len);
static inline unsigned toucan_claims_short(const uint8_t *name);
static void toucan_claims_of_user(toucan_found_t *found,
    const toucan_node_t *user);
static toucan_rc_t toucan_claims_move(toucan_found_t *found);
static toucan_rc_t toucan_claims_strings(toucan_claims_t *claims,
    const toucan_found_t *found);
static toucan_rc_t toucan_claims_user(toucan_claims_t *claims,
    const toucan_found_t *found);
static toucan_rc_t toucan_claims_env(toucan_claims_t *claims,
    const toucan_found_t *found);
static toucan_rc_t toucan_claims_audience(toucan_claims_t *claims,
    const toucan_found_t *found);
static toucan_rc_t toucan_claims_seconds(const toucan_node_t *node,
    int required, int64_t *value);
static toucan_rc_t toucan_claims_times(toucan_claims_t *claims,
    const toucan_found_t *found);
static toucan_rc_t toucan_claims_nodes(toucan_claims_t *claims,
    const toucan_found_t *found);


static const toucan_claims_string_t  toucan_claims_texts[] = {

    { TOUCAN_FOUND_ISS, offsetof(toucan_claims_t, iss), 0, SIZE_MAX },

    { TOUCAN_FOUND_JTI,
      offsetof(toucan_claims_t, jti), 1, TOUCAN_CLAIMS_ID_MAX },

    { TOUCAN_FOUND_SID,
      offsetof(toucan_claims_t, sid), 1, TOUCAN_CLAIMS_ID_MAX },

    { TOUCAN_FOUND_CLIENT_ID,
      offsetof(toucan_claims_t, client_id), 1, TOUCAN_CLAIMS_ID_MAX },

    { TOUCAN_CLAIM_DISTINCT_ID,
      offsetof(toucan_claims_t, distinct_id), 1, TOUCAN_DISTINCT_ID_MAX },

    { TOUCAN_CLAIM_ROLE, offsetof(toucan_claims_t, role), 1, SIZE_MAX },

    { TOUCAN_CLAIM_ORGANIZATION,
      offsetof(toucan_claims_t, organization), 1, TOUCAN_CLAIMS_ID_MAX }
};


/* The others are nodes, each with the test of its form; attributes are read. */

static const struct {
    toucan_claim_e       claim;
    size_t               offset;
    int                (*wellformed)(const toucan_doc_t *doc,
                             const toucan_node_t *node);
} toucan_claims_moved_nodes[] = {

    { TOUCAN_CLAIM_PERMISSIONS, offsetof(toucan_claims_t, permissions),
      toucan_permissions_wellformed },

    { TOUCAN_CLAIM_RESOURCES, offsetof(toucan_claims_t, resources),
      toucan_resources_wellformed },

    { TOUCAN_CLAIM_ORIGINS, offsetof(toucan_claims_t, origins),
      toucan_claims_origins_wellformed }
};


#define toucan_claims_n(table)  (sizeof(table) / sizeof((table)[0]))

/* a memcmp() of a known length is no call */

#define toucan_claims_is(text, name)                                          \
    (memcmp(text, name, sizeof(name) - 1) == 0)


toucan_rc_t
toucan_claims_read(toucan_claims_t *claims, const toucan_policy_t *policy,
    const toucan_doc_t *doc)
{
    toucan_rc_t     rc;
    toucan_found_t  found;

    /* the places are the business of toucan_attrs_read() */

    memset(claims, 0, offsetof(toucan_claims_t, places));
    memset(&found, 0, sizeof(toucan_found_t));

    found.policy = policy;
    found.doc = doc;

    toucan_claims_find(&found, toucan_json_root(doc));

    rc = toucan_claims_move(&found);

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_times(claims, &found);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_strings(claims, &found);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_env(claims, &found);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_audience(claims, &found);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_user(claims, &found);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_nodes(claims, &found);
    }

    if (rc != TOUCAN_OK) {
        memset(claims, 0, sizeof(toucan_claims_t));
        return rc;
    }

    claims->doc = doc;

    return TOUCAN_OK;
}


/* One walk over the members of an object; a name is there once. */

static void
toucan_claims_find(toucan_found_t *found, const toucan_node_t *root)
{
    unsigned              place;
    const toucan_node_t  *node;

    if (!toucan_node_is(root, TOUCAN_JSON_OBJECT)) {
        return;
    }

    for (node = toucan_node_first(root);
         node != NULL;
         node = toucan_node_after(found->doc, root, node))
    {
        place = toucan_claims_top(toucan_node_name(found->doc, node).data,
                                  node->name_len);
        found->node[place] = node;
    }
}


/* The place of a claim that does not stand under the user. */

static inline unsigned
toucan_claims_top(const uint8_t *name, size_t len)
{
    switch (len) {

    case 3:
        return toucan_claims_short(name);

    case 4:
        return toucan_claims_is(name, "user") ? TOUCAN_FOUND_USER
                                              : TOUCAN_FOUND_MAX;

    case 7:
        return toucan_claims_is(name, "origins") ? TOUCAN_CLAIM_ORIGINS
                                                 : TOUCAN_FOUND_MAX;

    case 9:

        if (toucan_claims_is(name, "client_id")) {
            return TOUCAN_FOUND_CLIENT_ID;
        }

        return toucan_claims_is(name, "resources") ? TOUCAN_CLAIM_RESOURCES
                                                   : TOUCAN_FOUND_MAX;

    case 11:
        return toucan_claims_is(name, "permissions") ? TOUCAN_CLAIM_PERMISSIONS
                                                     : TOUCAN_FOUND_MAX;

    case 12:
        return toucan_claims_is(name, "organization")
               ? TOUCAN_CLAIM_ORGANIZATION : TOUCAN_FOUND_MAX;

    default:
        return TOUCAN_FOUND_MAX;
    }
}


/* The names of three letters, which are the most. */

#define toucan_claims_letters(a, b, c)                                        \
    ((uint32_t) (a) << 16 | (uint32_t) (b) << 8 | (uint32_t) (c))


static inline unsigned
toucan_claims_short(const uint8_t *name)
{
    switch (toucan_claims_letters(name[0], name[1], name[2])) {

    case toucan_claims_letters('e', 'x', 'p'):
        return TOUCAN_FOUND_EXP;

    case toucan_claims_letters('i', 'a', 't'):
        return TOUCAN_FOUND_IAT;

    case toucan_claims_letters('n', 'b', 'f'):
        return TOUCAN_FOUND_NBF;

    case toucan_claims_letters('i', 's', 's'):
        return TOUCAN_FOUND_ISS;

    case toucan_claims_letters('a', 'u', 'd'):
        return TOUCAN_FOUND_AUD;

    case toucan_claims_letters('s', 'u', 'b'):
        return TOUCAN_FOUND_SUB;

    case toucan_claims_letters('j', 't', 'i'):
        return TOUCAN_FOUND_JTI;

    case toucan_claims_letters('s', 'i', 'd'):
        return TOUCAN_FOUND_SID;

    case toucan_claims_letters('e', 'n', 'v'):
        return TOUCAN_FOUND_ENV;

    default:
        return TOUCAN_FOUND_MAX;
    }
}


/* The same of the user's. */

static void
toucan_claims_of_user(toucan_found_t *found, const toucan_node_t *user)
{
    const uint8_t        *name;
    const toucan_node_t  *node;

    if (!toucan_node_is(user, TOUCAN_JSON_OBJECT)) {
        return;
    }

    for (node = toucan_node_first(user);
         node != NULL;
         node = toucan_node_after(found->doc, user, node))
    {
        name = toucan_node_name(found->doc, node).data;

        if (node->name_len == 4 && toucan_claims_is(name, "role")) {
            found->node[TOUCAN_CLAIM_ROLE] = node;
        }

        if (node->name_len != 10) {
            continue;
        }

        if (toucan_claims_is(name, "distinctId")) {
            found->node[TOUCAN_CLAIM_DISTINCT_ID] = node;

        } else if (toucan_claims_is(name, "attributes")) {
            found->node[TOUCAN_CLAIM_ATTRIBUTES] = node;
        }
    }
}


/*
 * The claims of the user, and those that the policy has elsewhere.  A value on
 * the way that is there and is no object is not the same as an absent one.
 */

static toucan_rc_t
toucan_claims_move(toucan_found_t *found)
{
    unsigned              i;
    toucan_rc_t           rc;
    const toucan_node_t  *user;
    const toucan_path_t  *path;

    user = found->node[TOUCAN_FOUND_USER];

    if (user != NULL) {
        toucan_claims_of_user(found, user);
    }

    for (i = 0; i < TOUCAN_CLAIM_MAX; i++) {
        path = &found->policy->claims[i];

        if (path->n != 0) {
            rc = toucan_path_walk(path, found->doc, &found->node[i]);

            if (rc != TOUCAN_OK) {
                return rc;
            }

        } else if (i <= TOUCAN_CLAIM_ATTRIBUTES && user != NULL
                   && !toucan_node_is(user, TOUCAN_JSON_OBJECT))
        {
            return TOUCAN_BAD_CLAIM;
        }
    }

    return TOUCAN_OK;
}


/* Puts strings where their rows say; an absent one stays absent. */

static toucan_rc_t
toucan_claims_strings(toucan_claims_t *claims, const toucan_found_t *found)
{
    size_t                         i;
    toucan_str_t                   value;
    const toucan_node_t           *node;
    const toucan_claims_string_t  *row;

    for (i = 0; i < toucan_claims_n(toucan_claims_texts); i++) {
        row = &toucan_claims_texts[i];
        node = found->node[row->place];

        if (node == NULL) {
            continue;
        }

        if (!toucan_node_is(node, TOUCAN_JSON_STRING)) {
            return TOUCAN_BAD_CLAIM;
        }

        value = toucan_node_text(found->doc, node);

        if (value.len < row->min || value.len > row->max) {
            return TOUCAN_BAD_CLAIM;
        }

        *(toucan_str_t *) ((char *) claims + row->offset) = value;
    }

    return TOUCAN_OK;
}


/* There must be a user; sub must not name somebody else. */

static toucan_rc_t
toucan_claims_user(toucan_claims_t *claims, const toucan_found_t *found)
{
    const toucan_node_t  *sub;

    if (claims->distinct_id.data == NULL) {
        return TOUCAN_BAD_CLAIM;
    }

    sub = found->node[TOUCAN_FOUND_SUB];

    if (sub == NULL) {
        return TOUCAN_OK;
    }

    if (!toucan_node_is(sub, TOUCAN_JSON_STRING)) {
        return TOUCAN_BAD_CLAIM;
    }

    if (found->policy->claims[TOUCAN_CLAIM_DISTINCT_ID].n == 0
        && !toucan_str_eq(toucan_node_text(found->doc, sub),
                          claims->distinct_id))
    {
        return TOUCAN_BAD_CLAIM;
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_env(toucan_claims_t *claims, const toucan_found_t *found)
{
    const toucan_node_t  *node;

    claims->env = TOUCAN_ENV_LIVE;

    node = found->node[TOUCAN_FOUND_ENV];

    if (node == NULL) {
        return TOUCAN_OK;
    }

    if (!toucan_node_is(node, TOUCAN_JSON_STRING)) {
        return TOUCAN_BAD_CLAIM;
    }

    claims->env = toucan_env_find(toucan_node_text(found->doc, node));

    return (claims->env == 0) ? TOUCAN_BAD_CLAIM : TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_audience(toucan_claims_t *claims, const toucan_found_t *found)
{
    const toucan_node_t  *aud, *node;

    aud = found->node[TOUCAN_FOUND_AUD];

    if (aud == NULL) {
        return TOUCAN_OK;
    }

    if (!toucan_node_is(aud, TOUCAN_JSON_STRING)) {

        if (!toucan_node_is(aud, TOUCAN_JSON_ARRAY)) {
            return TOUCAN_BAD_CLAIM;
        }

        node = toucan_node_first(aud);

        if (node == NULL) {
            return TOUCAN_BAD_CLAIM;
        }

        for ( /* void */ ;
             node != NULL;
             node = toucan_node_after(found->doc, aud, node))
        {
            if (!toucan_node_is(node, TOUCAN_JSON_STRING)) {
                return TOUCAN_BAD_CLAIM;
            }
        }
    }

    claims->aud = aud;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_seconds(const toucan_node_t *node, int required, int64_t *value)
{
    if (node == NULL) {
        return required ? TOUCAN_BAD_CLAIM : TOUCAN_OK;
    }

    if (!toucan_node_is(node, TOUCAN_JSON_INTEGER)
        || node->v.integer < 0
        || node->v.integer > TOUCAN_JSON_MAX_INTEGER)
    {
        return TOUCAN_BAD_CLAIM;
    }

    *value = node->v.integer;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_claims_times(toucan_claims_t *claims, const toucan_found_t *found)
{
    toucan_rc_t  rc;

    rc = toucan_claims_seconds(found->node[TOUCAN_FOUND_EXP], 1, &claims->exp);

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_seconds(found->node[TOUCAN_FOUND_IAT], 1,
                                   &claims->iat);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_seconds(found->node[TOUCAN_FOUND_NBF], 0,
                                   &claims->nbf);
    }

    return rc;
}


static toucan_rc_t
toucan_claims_nodes(toucan_claims_t *claims, const toucan_found_t *found)
{
    size_t                 i;
    const toucan_node_t   *node, **slot;

    for (i = 0; i < toucan_claims_n(toucan_claims_moved_nodes); i++) {

        node = found->node[toucan_claims_moved_nodes[i].claim];

        if (node == NULL) {
            continue;
        }

        if (!toucan_claims_moved_nodes[i].wellformed(found->doc, node)) {
            return TOUCAN_BAD_CLAIM;
        }

        slot = (const toucan_node_t **)
                   ((char *) claims + toucan_claims_moved_nodes[i].offset);
        *slot = node;
    }

    return toucan_attrs_read(claims, found->policy, found->doc,
                             found->node[TOUCAN_CLAIM_ATTRIBUTES])
           ? TOUCAN_OK : TOUCAN_BAD_CLAIM;
}
