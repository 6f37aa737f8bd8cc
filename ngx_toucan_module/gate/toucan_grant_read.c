
/*
 * Reading a request to mint: the form of each member, and nothing that is not
 * known.
 */


#include "gate/toucan_grant.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_claims.h"
#include "gate/toucan_perm.h"

#include <limits.h>


/* The request while it is read. */

typedef struct {
    toucan_grant_t       *grant;
    const toucan_doc_t   *doc;
    toucan_arena_t       *arena;
    toucan_fault_t       *fault;
} toucan_grant_ctx_t;


typedef toucan_rc_t (*toucan_grant_read_pt)(toucan_grant_ctx_t *ctx,
    const toucan_node_t *node);


/* A member that holds many: an object, or an array. */

typedef struct {
    toucan_json_type_e       type;
    unsigned                 max;       /* children */
    const char              *message;   /* it must be */
    int                    (*wellformed)(const toucan_doc_t *doc,
                                 const toucan_node_t *child);
    const char              *child;     /* each must be */
    size_t                   offset;    /* of the part of the grant */
} toucan_grant_list_t;


/* One of the two says how it is read. */

typedef struct {
    toucan_str_t                 name;
    toucan_grant_read_pt         read;
    const toucan_grant_list_t   *list;
} toucan_grant_member_t;


static toucan_rc_t toucan_grant_object(toucan_grant_ctx_t *ctx,
    const toucan_node_t *object, const toucan_grant_member_t *rows, size_t n,
    const toucan_str_t *parent);
static toucan_rc_t toucan_grant_user(toucan_grant_ctx_t *ctx,
    const toucan_node_t *node);
static toucan_rc_t toucan_grant_list(toucan_grant_ctx_t *ctx,
    const toucan_node_t *node, const toucan_grant_list_t *list,
    const toucan_str_t *parent);
static int toucan_grant_resource(const toucan_doc_t *doc,
    const toucan_node_t *node);
static int toucan_grant_origin(const toucan_doc_t *doc,
    const toucan_node_t *node);
static toucan_rc_t toucan_grant_distinct_id(toucan_grant_ctx_t *ctx,
    const toucan_node_t *node);
static toucan_rc_t toucan_grant_role(toucan_grant_ctx_t *ctx,
    const toucan_node_t *node);
static toucan_rc_t toucan_grant_expires_in(toucan_grant_ctx_t *ctx,
    const toucan_node_t *node);
static toucan_rc_t toucan_grant_fault(toucan_grant_ctx_t *ctx,
    const char *message, const char *one, const char *two);


static const toucan_grant_list_t  toucan_grant_attributes = {
    TOUCAN_JSON_OBJECT, UINT_MAX, "it must be an object",
    toucan_attr_wellformed,
    "it must be a string, an integer within 2^53, a boolean, or an array of "
    "strings or of integers",
    offsetof(toucan_grant_t, attributes)
};

static const toucan_grant_list_t  toucan_grant_permissions = {
    TOUCAN_JSON_OBJECT, UINT_MAX, "it must be an object",
    toucan_permission_wellformed,
    "it must be the name of a model, with can_view, can_edit, can_query, or "
    "an array of these",
    offsetof(toucan_grant_t, permissions)
};

static const toucan_grant_list_t  toucan_grant_resources = {
    TOUCAN_JSON_ARRAY, UINT_MAX, "it must be an array",
    toucan_grant_resource,
    "it must be an object of type, id (1 to 256 bytes) and actions",
    offsetof(toucan_grant_t, resources)
};

static const toucan_grant_list_t  toucan_grant_origins = {
    TOUCAN_JSON_ARRAY, TOUCAN_CLAIMS_ORIGINS_MAX,
    "it must be an array of at most 64 origins",
    toucan_grant_origin,
    "it must be an origin such as \"https://app.example.com\"",
    offsetof(toucan_grant_t, origins)
};


static const toucan_grant_member_t  toucan_grant_members[] = {
    { toucan_string("user"), toucan_grant_user, NULL },
    { toucan_string("permissions"), NULL, &toucan_grant_permissions },
    { toucan_string("resources"), NULL, &toucan_grant_resources },
    { toucan_string("origins"), NULL, &toucan_grant_origins },
    { toucan_string("expiresIn"), toucan_grant_expires_in, NULL }
};


static const toucan_grant_member_t  toucan_grant_user_members[] = {
    { toucan_string("distinctId"), toucan_grant_distinct_id, NULL },
    { toucan_string("role"), toucan_grant_role, NULL },
    { toucan_string("attributes"), NULL, &toucan_grant_attributes }
};


#define toucan_grant_rows(table)  (sizeof(table) / sizeof(table[0]))


toucan_rc_t
toucan_grant_read(toucan_grant_t *grant, toucan_str_t body,
    toucan_arena_t *arena, toucan_fault_t *fault)
{
    toucan_rc_t         rc;
    toucan_grant_ctx_t  ctx;

    memset(grant, 0, sizeof(toucan_grant_t));

    ctx.grant = grant;
    ctx.arena = arena;
    ctx.fault = fault;

    rc = toucan_json_parse(body, &toucan_json_token_limits, arena, &ctx.doc);

    if (rc == TOUCAN_NO_MEMORY) {
        return rc;
    }

    if (rc != TOUCAN_OK) {
        return toucan_fault(fault, arena, TOUCAN_BAD_REQUEST,
                            "the body must be a strict JSON object", NULL, 0);
    }

    rc = toucan_grant_object(&ctx, toucan_json_root(ctx.doc),
                             toucan_grant_members,
                             toucan_grant_rows(toucan_grant_members), NULL);

    if (rc == TOUCAN_OK && grant->distinct_id.data == NULL) {
        rc = toucan_grant_fault(&ctx, "the user is missing", "user", NULL);
    }

    return rc;
}


/* What is not in a table may be a bound that is misspelt. */

static toucan_rc_t
toucan_grant_object(toucan_grant_ctx_t *ctx, const toucan_node_t *object,
    const toucan_grant_member_t *rows, size_t n, const toucan_str_t *parent)
{
    size_t                i;
    toucan_rc_t           rc;
    toucan_str_t          segments[2];
    const toucan_node_t  *node;

    for (node = toucan_json_child(ctx->doc, object);
         node != NULL;
         node = toucan_json_sibling(ctx->doc, object, node))
    {
        for (i = 0; i < n; i++) {
            if (toucan_str_eq(rows[i].name,
                              toucan_json_name(ctx->doc, node)))
            {
                break;
            }
        }

        if (i == n) {
            segments[0] = (parent != NULL) ? *parent
                                           : toucan_json_name(ctx->doc, node);
            segments[1] = toucan_json_name(ctx->doc, node);

            return toucan_fault(ctx->fault, ctx->arena, TOUCAN_BAD_REQUEST,
                                "there is no such member", segments,
                                (parent != NULL) ? 2 : 1);
        }

        rc = (rows[i].list != NULL)
             ? toucan_grant_list(ctx, node, rows[i].list, parent)
             : rows[i].read(ctx, node);

        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_grant_user(toucan_grant_ctx_t *ctx, const toucan_node_t *node)
{
    toucan_rc_t  rc;

    static const toucan_str_t  user = toucan_string("user");

    if (!toucan_json_is(node, TOUCAN_JSON_OBJECT)) {
        return toucan_grant_fault(ctx, "it must be an object", "user", NULL);
    }

    rc = toucan_grant_object(ctx, node, toucan_grant_user_members,
                             toucan_grant_rows(toucan_grant_user_members),
                             &user);

    if (rc == TOUCAN_OK && ctx->grant->distinct_id.data == NULL) {
        rc = toucan_grant_fault(ctx, "it is missing", "user", "distinctId");
    }

    return rc;
}


static toucan_rc_t
toucan_grant_distinct_id(toucan_grant_ctx_t *ctx, const toucan_node_t *node)
{
    toucan_str_t  id;

    id = toucan_json_string(ctx->doc, node);

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)
        || id.len == 0 || id.len > TOUCAN_DISTINCT_ID_MAX)
    {
        return toucan_grant_fault(ctx, "it must be a string of 1 to 256 bytes",
                                  "user", "distinctId");
    }

    ctx->grant->distinct_id = id;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_grant_role(toucan_grant_ctx_t *ctx, const toucan_node_t *node)
{
    toucan_str_t  role;

    role = toucan_json_string(ctx->doc, node);

    if (!toucan_json_is(node, TOUCAN_JSON_STRING) || role.len == 0) {
        return toucan_grant_fault(ctx, "it must be a string that is not empty",
                                  "user", "role");
    }

    ctx->grant->role = role;

    return TOUCAN_OK;
}


/* Names what is wrong: a member of an object, an element of an array. */

static toucan_rc_t
toucan_grant_list(toucan_grant_ctx_t *ctx, const toucan_node_t *node,
    const toucan_grant_list_t *list, const toucan_str_t *parent)
{
    uint8_t               text[TOUCAN_FAULT_INDEX_SIZE];
    unsigned              i, n;
    toucan_str_t          segments[3];
    toucan_part_t        *part;
    const toucan_node_t  *child;

    n = 0;

    if (parent != NULL) {
        segments[n++] = *parent;
    }

    segments[n++] = toucan_json_name(ctx->doc, node);

    if (!toucan_json_is(node, list->type)
        || node->v.s.len > list->max)
    {
        return toucan_fault(ctx->fault, ctx->arena, TOUCAN_BAD_REQUEST,
                            list->message, segments, n);
    }

    i = 0;

    for (child = toucan_json_child(ctx->doc, node);
         child != NULL;
         child = toucan_json_sibling(ctx->doc, node, child))
    {
        if (!list->wellformed(ctx->doc, child)) {
            segments[n++] = (list->type == TOUCAN_JSON_OBJECT)
                            ? toucan_json_name(ctx->doc, child)
                            : toucan_fault_index(i, text);

            return toucan_fault(ctx->fault, ctx->arena, TOUCAN_BAD_REQUEST,
                                list->child, segments, n);
        }

        i++;
    }

    part = (toucan_part_t *) ((char *) ctx->grant + list->offset);

    part->doc = ctx->doc;
    part->node = node;

    return TOUCAN_OK;
}


/* type, id and actions are there, and may be all that is */

static int
toucan_grant_resource(const toucan_doc_t *doc, const toucan_node_t *node)
{
    return toucan_resource_wellformed(doc, node) && node->v.s.len == 3;
}


static int
toucan_grant_origin(const toucan_doc_t *doc, const toucan_node_t *node)
{
    toucan_origin_t  origin;

    return toucan_json_is(node, TOUCAN_JSON_STRING)
           && toucan_origin_parse(&origin, toucan_json_string(doc, node))
              == TOUCAN_OK;
}


static toucan_rc_t
toucan_grant_expires_in(toucan_grant_ctx_t *ctx, const toucan_node_t *node)
{
    if (!toucan_json_is(node, TOUCAN_JSON_INTEGER)
        || node->v.integer < 1
        || node->v.integer > TOUCAN_JSON_MAX_INTEGER)
    {
        return toucan_grant_fault(ctx, "it must be an integer of seconds, at "
                                  "least 1", "expiresIn", NULL);
    }

    ctx->grant->lifetime = node->v.integer;
    ctx->grant->asked = 1;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_grant_fault(toucan_grant_ctx_t *ctx, const char *message,
    const char *one, const char *two)
{
    toucan_str_t  segments[2];

    segments[0] = toucan_cstr(one);
    segments[1] = toucan_cstr(two ? two : "");

    return toucan_fault(ctx->fault, ctx->arena, TOUCAN_BAD_REQUEST, message,
                        segments, two ? 2 : 1);
}
