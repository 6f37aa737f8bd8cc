
/*
 * Whether a token may be made: what the location declares, what the API key
 * grants, how long the token and its session may last.
 */


#include "gate/toucan_grant.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_claims.h"
#include "gate/toucan_perm.h"


static toucan_part_t toucan_part(const toucan_doc_t *doc,
    const toucan_node_t *node);
static int toucan_grant_listed(const toucan_doc_t *doc,
    const toucan_node_t *list, toucan_str_t value);
static toucan_rc_t toucan_grant_attribute_fault(toucan_fault_t *fault,
    toucan_arena_t *arena, toucan_rc_t rc, const char *message,
    toucan_str_t name);
static toucan_rc_t toucan_grant_permissions(const toucan_grant_t *grant,
    const toucan_part_t *bound, toucan_rc_t denied, toucan_arena_t *arena,
    toucan_fault_t *fault);
static toucan_rc_t toucan_grant_resources(const toucan_grant_t *grant,
    const toucan_part_t *bound, toucan_rc_t denied, toucan_arena_t *arena,
    toucan_fault_t *fault);
static toucan_rc_t toucan_grant_origins(const toucan_grant_t *grant,
    const toucan_apikey_t *key, toucan_arena_t *arena,
    toucan_fault_t *fault);
static int toucan_grant_origin_listed(const toucan_apikey_t *key,
    const toucan_origin_t *origin);
static toucan_rc_t toucan_grant_fault(toucan_fault_t *fault,
    toucan_arena_t *arena, toucan_rc_t rc, const char *message,
    const char *one, const char *two);
static int toucan_grant_shorten(toucan_grant_t *grant, int64_t limit);


static toucan_part_t
toucan_part(const toucan_doc_t *doc, const toucan_node_t *node)
{
    toucan_part_t  part;

    part.doc = doc;
    part.node = node;

    return part;
}


void
toucan_grant_claims(toucan_grant_t *grant, const toucan_claims_t *claims)
{
    memset(grant, 0, sizeof(toucan_grant_t));

    grant->distinct_id = claims->distinct_id;
    grant->role = claims->role;
    grant->organization = claims->organization;
    grant->client_id = claims->client_id;
    grant->env = claims->env;

    grant->attributes = toucan_part(claims->doc, claims->attributes);
    grant->permissions = toucan_part(claims->doc, claims->permissions);
    grant->resources = toucan_part(claims->doc, claims->resources);
    grant->origins = toucan_part(claims->doc, claims->origins);
}


/* A token for another audience would become one for the first. */

toucan_rc_t
toucan_grant_resume(toucan_grant_t *grant, const toucan_claims_t *claims,
    const toucan_mint_rules_t *rules)
{
    toucan_policy_t       ours;
    const toucan_node_t  *begin;

    memset(&ours, 0, sizeof(toucan_policy_t));

    ours.issuers.elts = &rules->issuer;
    ours.issuers.n = 1;
    ours.audiences.elts = &rules->audience;
    ours.audiences.n = 1;

    toucan_grant_claims(grant, claims);

    begin = toucan_json_member(claims->doc, toucan_json_root(claims->doc),
                               toucan_cstr("auth_time"));

    if (begin == NULL
        || !toucan_json_is(begin, TOUCAN_JSON_INTEGER)
        || begin->v.integer < 1
        || begin->v.integer > claims->iat
        || claims->sid.data == NULL
        || toucan_claims_issuer(claims, &ours) != TOUCAN_OK)
    {
        return TOUCAN_NOT_REFRESHABLE;
    }

    grant->sid = claims->sid;
    grant->auth_time = begin->v.integer;
    grant->lifetime = claims->exp - claims->iat;

    return TOUCAN_OK;
}


/* The claims' checks, with the name of what is wrong. */

toucan_rc_t
toucan_grant_identity(const toucan_grant_t *grant,
    const toucan_policy_t *policy, toucan_arena_t *arena,
    toucan_fault_t *fault)
{
    unsigned              i;
    toucan_rc_t           rc;
    toucan_str_t          name;
    toucan_claims_t       claims;
    const toucan_node_t  *node;

    memset(&claims, 0, sizeof(toucan_claims_t));

    claims.doc = grant->attributes.doc;
    claims.attributes = grant->attributes.node;
    claims.role = grant->role;

    rc = toucan_policy_role(policy, &claims);

    if (rc != TOUCAN_OK) {
        return toucan_grant_fault(fault, arena, rc,
                                  (grant->role.data == NULL)
                                  ? "it is missing"
                                  : "it is not one of the roles accepted "
                                    "here",
                                  "user", "role");
    }

    node = (claims.attributes != NULL)
           ? toucan_json_child(claims.doc, claims.attributes) : NULL;

    for ( /* void */ ;
         node != NULL;
         node = toucan_json_sibling(claims.doc, claims.attributes, node))
    {
        name = toucan_json_name(claims.doc, node);

        if (toucan_attr_declared(policy, name) == NULL) {
            return toucan_grant_attribute_fault(fault, arena,
                                                TOUCAN_ATTRIBUTE_UNDECLARED,
                                                "it is not declared here",
                                                name);
        }
    }

    for (i = 0; i < policy->nattrs; i++) {
        rc = toucan_attr_check(&policy->attrs[i], &claims);

        if (rc != TOUCAN_OK) {
            return toucan_grant_attribute_fault(fault, arena, rc,
                       (rc == TOUCAN_ATTRIBUTE_MISSING)
                       ? "it is required and must not be empty"
                       : "it is of another type than declared",
                       policy->attrs[i].name);
        }
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_grant_attribute_fault(toucan_fault_t *fault, toucan_arena_t *arena,
    toucan_rc_t rc, const char *message, toucan_str_t name)
{
    toucan_str_t  segments[3];

    segments[0] = toucan_cstr("user");
    segments[1] = toucan_cstr("attributes");
    segments[2] = name;

    return toucan_fault(fault, arena, rc, message, segments, 3);
}


void
toucan_grant_defaults(toucan_grant_t *grant, const toucan_apikey_t *key)
{
    grant->organization = key->organization;
    grant->env = key->env;
    grant->client_id = key->id;

    if (grant->permissions.node == NULL) {
        grant->permissions = toucan_part(key->doc, key->permissions);
    }

    if (grant->origins.node == NULL) {
        grant->origins = toucan_part(key->doc, key->origins);
    }
}


toucan_rc_t
toucan_grant_bind(const toucan_grant_t *grant, const toucan_apikey_t *key,
    toucan_arena_t *arena, toucan_fault_t *fault)
{
    toucan_rc_t    rc;
    toucan_part_t  bound;

    if (grant->env != key->env
        || !toucan_str_eq(grant->organization, key->organization))
    {
        return TOUCAN_SCOPE_EXCEEDS_KEY;
    }

    if (key->roles != NULL
        && !toucan_grant_listed(key->doc, key->roles, grant->role))
    {
        return toucan_grant_fault(fault, arena, TOUCAN_SCOPE_EXCEEDS_KEY,
                                  "it is not one of the API key's roles",
                                  "user", "role");
    }

    bound = toucan_part(key->doc, key->permissions);

    rc = toucan_grant_permissions(grant, &bound, TOUCAN_SCOPE_EXCEEDS_KEY,
                                  arena, fault);

    if (rc == TOUCAN_OK) {
        rc = toucan_grant_resources(grant, &bound, TOUCAN_SCOPE_EXCEEDS_KEY,
                                    arena, fault);
    }

    return (rc == TOUCAN_OK) ? toucan_grant_origins(grant, key, arena, fault)
                             : rc;
}


toucan_rc_t
toucan_grant_within(const toucan_grant_t *grant, const toucan_part_t *bound,
    toucan_arena_t *arena, toucan_fault_t *fault)
{
    toucan_rc_t  rc;

    rc = toucan_grant_permissions(grant, bound, TOUCAN_PERMISSION_DENIED,
                                  arena, fault);

    return (rc == TOUCAN_OK)
           ? toucan_grant_resources(grant, bound, TOUCAN_PERMISSION_DENIED,
                                    arena, fault)
           : rc;
}


static int
toucan_grant_listed(const toucan_doc_t *doc, const toucan_node_t *list,
    toucan_str_t value)
{
    const toucan_node_t  *node;

    if (value.data == NULL) {
        return 0;
    }

    for (node = toucan_json_child(doc, list);
         node != NULL;
         node = toucan_json_sibling(doc, list, node))
    {
        if (toucan_str_eq(toucan_json_string(doc, node), value)) {
            return 1;
        }
    }

    return 0;
}


static toucan_rc_t
toucan_grant_permissions(const toucan_grant_t *grant,
    const toucan_part_t *bound, toucan_rc_t denied, toucan_arena_t *arena,
    toucan_fault_t *fault)
{
    toucan_str_t          segments[2];
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;

    if (grant->permissions.node == NULL) {
        return TOUCAN_OK;
    }

    doc = grant->permissions.doc;

    for (node = toucan_json_child(doc, grant->permissions.node);
         node != NULL;
         node = toucan_json_sibling(doc, grant->permissions.node, node))
    {
        if (toucan_perm_within(doc, node, toucan_json_name(doc, node),
                               bound->doc, bound->node))
        {
            continue;
        }

        segments[0] = toucan_cstr("permissions");
        segments[1] = toucan_json_name(doc, node);

        return toucan_fault(fault, arena, denied,
                            "it is more than may be granted here", segments,
                            2);
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_grant_resources(const toucan_grant_t *grant,
    const toucan_part_t *bound, toucan_rc_t denied, toucan_arena_t *arena,
    toucan_fault_t *fault)
{
    uint8_t               text[TOUCAN_FAULT_INDEX_SIZE];
    unsigned              i;
    toucan_str_t          segments[3];
    const toucan_doc_t   *doc;
    const toucan_node_t  *node, *type, *actions;

    if (grant->resources.node == NULL) {
        return TOUCAN_OK;
    }

    doc = grant->resources.doc;
    i = 0;

    for (node = toucan_json_child(doc, grant->resources.node);
         node != NULL;
         node = toucan_json_sibling(doc, grant->resources.node, node))
    {
        type = toucan_json_member(doc, node, toucan_cstr("type"));
        actions = toucan_json_member(doc, node, toucan_cstr("actions"));

        if (actions == NULL
            || !toucan_perm_within(doc, actions,
                                   toucan_json_string(doc, type), bound->doc,
                                   bound->node))
        {
            segments[0] = toucan_cstr("resources");
            segments[1] = toucan_fault_index(i, text);
            segments[2] = toucan_cstr("actions");

            return toucan_fault(fault, arena, denied,
                                "they are more than may be granted here",
                                segments, 3);
        }

        i++;
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_grant_origins(const toucan_grant_t *grant, const toucan_apikey_t *key,
    toucan_arena_t *arena, toucan_fault_t *fault)
{
    uint8_t               text[TOUCAN_FAULT_INDEX_SIZE];
    unsigned              i;
    toucan_str_t          segments[2];
    toucan_origin_t       origin;
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;

    if (key->origins == NULL) {
        return TOUCAN_OK;
    }

    if (grant->origins.node == NULL) {
        return toucan_grant_fault(fault, arena, TOUCAN_SCOPE_EXCEEDS_KEY,
                                  "the API key's tokens are bound to origins",
                                  "origins", NULL);
    }

    doc = grant->origins.doc;
    i = 0;

    for (node = toucan_json_child(doc, grant->origins.node);
         node != NULL;
         node = toucan_json_sibling(doc, grant->origins.node, node))
    {
        if (toucan_origin_parse(&origin, toucan_json_string(doc, node))
            != TOUCAN_OK
            || !toucan_grant_origin_listed(key, &origin))
        {
            segments[0] = toucan_cstr("origins");
            segments[1] = toucan_fault_index(i, text);

            return toucan_fault(fault, arena, TOUCAN_SCOPE_EXCEEDS_KEY,
                                "it is not one of the API key's origins",
                                segments, 2);
        }

        i++;
    }

    return TOUCAN_OK;
}


static int
toucan_grant_origin_listed(const toucan_apikey_t *key,
    const toucan_origin_t *origin)
{
    toucan_origin_t       listed;
    const toucan_node_t  *node;

    for (node = toucan_json_child(key->doc, key->origins);
         node != NULL;
         node = toucan_json_sibling(key->doc, key->origins, node))
    {
        if (toucan_origin_parse(&listed, toucan_json_string(key->doc, node))
            == TOUCAN_OK
            && toucan_str_eq(toucan_origin_text(&listed),
                             toucan_origin_text(origin)))
        {
            return 1;
        }
    }

    return 0;
}


static toucan_rc_t
toucan_grant_fault(toucan_fault_t *fault, toucan_arena_t *arena,
    toucan_rc_t rc, const char *message, const char *one, const char *two)
{
    toucan_str_t  segments[2];

    segments[0] = toucan_cstr(one);
    segments[1] = toucan_cstr(two ? two : "");

    return toucan_fault(fault, arena, rc, message, segments, two ? 2 : 1);
}


toucan_rc_t
toucan_grant_lifetime(toucan_grant_t *grant, const toucan_mint_rules_t *rules,
    const toucan_apikey_t *key, int64_t now, toucan_arena_t *arena,
    toucan_fault_t *fault)
{
    int64_t  session;

    if (grant->lifetime == 0) {
        grant->lifetime = rules->lifetime;
    }

    if (grant->sid.data == NULL) {
        grant->auth_time = now;
    }

    session = grant->auth_time + rules->max_session - now;

    if (!toucan_grant_shorten(grant, session)
        || (rules->policy->max_lifetime != 0
            && !toucan_grant_shorten(grant, rules->policy->max_lifetime)))
    {
        return toucan_grant_fault(fault, arena, TOUCAN_BAD_REQUEST,
                                  "it is longer than tokens may last here",
                                  "expiresIn", NULL);
    }

    if (key != NULL
        && ((key->max_lifetime != 0
             && !toucan_grant_shorten(grant, key->max_lifetime))
            || (key->not_after != 0
                && !toucan_grant_shorten(grant, key->not_after - now))))
    {
        return toucan_grant_fault(fault, arena, TOUCAN_SCOPE_EXCEEDS_KEY,
                                  "it is longer than the API key permits",
                                  "expiresIn", NULL);
    }

    return (grant->lifetime >= 1) ? TOUCAN_OK : TOUCAN_SESSION_EXPIRED;
}


/* 0 when a lifetime that was asked for is too long. */

static int
toucan_grant_shorten(toucan_grant_t *grant, int64_t limit)
{
    if (grant->lifetime <= limit) {
        return 1;
    }

    if (grant->asked) {
        return 0;
    }

    grant->lifetime = limit;

    return 1;
}
