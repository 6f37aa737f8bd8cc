
/*
 * Permissions and resources: their forms, the rules that must hold, and the
 * text form of what is granted.
 */


#include "gate/toucan_perm.h"
#include "gate/toucan_ascii.h"
#include "gate/toucan_node.h"

#include <stdlib.h>


#define TOUCAN_PERM_MODEL_MAX    64
#define TOUCAN_PERM_OBJECT_MAX   256
#define TOUCAN_PERM_ACTIONS_MAX  8

/* so many models are sorted without memory of the arena */
#define TOUCAN_PERM_FEW          8

/* what is written beside the model: " ", ":can_query" */
#define TOUCAN_PERM_TEXT_MAX     sizeof(" :can_query")


/* A model and the OR of its actions, for sorting. */

typedef struct {
    toucan_str_t         model;
    unsigned             actions;
} toucan_perm_grant_t;


static const toucan_node_t *toucan_perm_member(const toucan_doc_t *doc,
    const toucan_node_t *node, const char *name);
static inline int toucan_perm_actions(const toucan_doc_t *doc,
    const toucan_node_t *node, unsigned *actions);
static int toucan_perm_action(const toucan_doc_t *doc,
    const toucan_node_t *node, unsigned *actions);
static int toucan_perm_allows(const toucan_doc_t *doc,
    const toucan_node_t *node, toucan_action_e action);
static int toucan_perm_grants(const toucan_perm_rule_t *rule,
    const toucan_claims_t *claims);
static int toucan_perm_listed(const toucan_perm_rule_t *rule,
    toucan_str_t object, const toucan_claims_t *claims);
static int toucan_perm_object_ambiguous(const toucan_perm_rule_t *rule,
    toucan_str_t object, toucan_str_t args);
static void toucan_perm_sort(toucan_perm_grant_t *grants, size_t n);
static int toucan_perm_grant_cmp(const void *one, const void *two);
static void toucan_perm_write(toucan_buf_t *b,
    const toucan_perm_grant_t *grants, size_t n);


/* a memcmp() of a known length is no call */

#define toucan_perm_is(str, name)                                             \
    ((str).len == sizeof(name) - 1                                            \
     && memcmp((str).data, name, sizeof(name) - 1) == 0)


/* Behind a model.  Sorted: toucan_perm_write() goes by this order. */

static const struct {
    toucan_str_t         name;
    toucan_action_e      action;
} toucan_perm_names[] = {

    { toucan_string(":can_edit"), TOUCAN_ACTION_EDIT },

    { toucan_string(":can_query"), TOUCAN_ACTION_QUERY },

    { toucan_string(":can_view"), TOUCAN_ACTION_VIEW }
};

#define TOUCAN_PERM_NNAMES                                                    \
    (sizeof(toucan_perm_names) / sizeof(toucan_perm_names[0]))


int
toucan_permissions_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *permissions)
{
    const toucan_node_t  *node;

    if (!toucan_json_is(permissions, TOUCAN_JSON_OBJECT)) {
        return 0;
    }

    for (node = toucan_node_first(permissions);
         node != NULL;
         node = toucan_node_after(doc, permissions, node))
    {
        if (!toucan_permission_wellformed(doc, node)) {
            return 0;
        }
    }

    return 1;
}


int
toucan_permission_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *node)
{
    unsigned  actions;

    return toucan_model_valid(toucan_json_name(doc, node))
           && toucan_perm_actions(doc, node, &actions);
}


int
toucan_resources_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *resources)
{
    const toucan_node_t  *node;

    if (!toucan_json_is(resources, TOUCAN_JSON_ARRAY)) {
        return 0;
    }

    for (node = toucan_json_child(doc, resources);
         node;
         node = toucan_json_sibling(doc, resources, node))
    {
        if (!toucan_resource_wellformed(doc, node)) {
            return 0;
        }
    }

    return 1;
}


static const toucan_node_t *
toucan_perm_member(const toucan_doc_t *doc, const toucan_node_t *node,
    const char *name)
{
    return toucan_json_member(doc, node, toucan_cstr(name));
}


int
toucan_resource_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *resource)
{
    unsigned              actions;
    toucan_str_t          id;
    const toucan_node_t  *type, *name, *list;

    if (!toucan_json_is(resource, TOUCAN_JSON_OBJECT)) {
        return 0;
    }

    type = toucan_perm_member(doc, resource, "type");
    name = toucan_perm_member(doc, resource, "id");
    list = toucan_perm_member(doc, resource, "actions");

    if (type == NULL || name == NULL || list == NULL) {
        return 0;
    }

    if (!toucan_json_is(type, TOUCAN_JSON_STRING)
        || !toucan_json_is(name, TOUCAN_JSON_STRING))
    {
        return 0;
    }

    id = toucan_json_string(doc, name);

    return toucan_model_valid(toucan_json_string(doc, type))
           && id.len != 0
           && id.len <= TOUCAN_PERM_OBJECT_MAX
           && toucan_perm_actions(doc, list, &actions);
}


/* Reads an action or an array of actions; 0 when it is neither. */

static inline int
toucan_perm_actions(const toucan_doc_t *doc, const toucan_node_t *node,
    unsigned *actions)
{
    unsigned              n;
    const toucan_node_t  *child;

    *actions = 0;

    if (toucan_node_is(node, TOUCAN_JSON_STRING)) {
        return toucan_perm_action(doc, node, actions);
    }

    if (!toucan_node_is(node, TOUCAN_JSON_ARRAY)) {
        return 0;
    }

    n = 0;

    for (child = toucan_node_first(node);
         child != NULL;
         child = toucan_node_after(doc, node, child))
    {
        if (++n > TOUCAN_PERM_ACTIONS_MAX
            || !toucan_perm_action(doc, child, actions))
        {
            *actions = 0;
            return 0;
        }
    }

    return 1;
}


static int
toucan_perm_action(const toucan_doc_t *doc, const toucan_node_t *node,
    unsigned *actions)
{
    toucan_action_e  action;

    if (!toucan_node_is(node, TOUCAN_JSON_STRING)) {
        return 0;
    }

    action = toucan_action_find(toucan_node_text(doc, node));

    *actions |= action;

    return action != 0;
}


int
toucan_perm_within(const toucan_doc_t *doc, const toucan_node_t *actions,
    toucan_str_t model, const toucan_doc_t *bound_doc,
    const toucan_node_t *bound)
{
    unsigned              asked, granted;
    const toucan_node_t  *node;

    if (!toucan_perm_actions(doc, actions, &asked)) {
        return 0;
    }

    granted = 0;
    node = (bound != NULL) ? toucan_json_member(bound_doc, bound, model)
                           : NULL;

    if (node != NULL && !toucan_perm_actions(bound_doc, node, &granted)) {
        return 0;
    }

    if (granted & TOUCAN_ACTION_EDIT) {
        granted |= TOUCAN_ACTION_VIEW;
    }

    return node != NULL && (asked & ~granted) == 0;
}


toucan_rc_t
toucan_perm_check(const toucan_policy_t *policy,
    const toucan_request_t *request, const toucan_claims_t *claims)
{
    unsigned                   i;
    toucan_str_t               object;
    const toucan_perm_rule_t  *rule;

    for (i = 0; i < policy->nrules; i++) {
        rule = &policy->rules[i];

        if (!toucan_perm_grants(rule, claims)) {
            return TOUCAN_PERMISSION_DENIED;
        }

        object = toucan_str(NULL, 0);

        if (rule->has_object) {

            if (request->objects != NULL) {
                object = request->objects[i];
            }

            if (object.data == NULL || object.len == 0) {
                return TOUCAN_OBJECT_DENIED;
            }
        }

        if (claims->resources == NULL) {
            continue;
        }

        if (!rule->has_object
            || toucan_path_ambiguous(request->path)
            || toucan_perm_object_ambiguous(rule, object, request->args)
            || !toucan_perm_listed(rule, object, claims))
        {
            return TOUCAN_OBJECT_DENIED;
        }
    }

    return TOUCAN_OK;
}


/* Editing implies viewing. */

static int
toucan_perm_allows(const toucan_doc_t *doc, const toucan_node_t *node,
    toucan_action_e action)
{
    unsigned  actions;

    if (!toucan_perm_actions(doc, node, &actions)) {
        return 0;
    }

    if (actions & TOUCAN_ACTION_EDIT) {
        actions |= TOUCAN_ACTION_VIEW;
    }

    return (actions & action) != 0;
}


static int
toucan_perm_grants(const toucan_perm_rule_t *rule,
    const toucan_claims_t *claims)
{
    const toucan_node_t  *node;

    if (claims->permissions == NULL) {
        return 0;
    }

    node = toucan_node_member(claims->doc, claims->permissions, rule->model);

    return node != NULL && toucan_perm_allows(claims->doc, node, rule->action);
}


static int
toucan_perm_listed(const toucan_perm_rule_t *rule, toucan_str_t object,
    const toucan_claims_t *claims)
{
    toucan_str_t          type, id;
    const toucan_doc_t   *doc;
    const toucan_node_t  *node, *actions;

    doc = claims->doc;

    for (node = toucan_json_child(doc, claims->resources);
         node;
         node = toucan_json_sibling(doc, claims->resources, node))
    {
        id = toucan_json_string(doc, toucan_perm_member(doc, node, "id"));
        type = toucan_json_string(doc, toucan_perm_member(doc, node, "type"));

        if (!toucan_str_eq(id, object) || !toucan_str_eq(type, rule->model)) {
            continue;
        }

        actions = toucan_perm_member(doc, node, "actions");

        if (actions != NULL
            && toucan_perm_allows(doc, actions, rule->action))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Whoever reads the object after us may decode it once more: "%" and, in an
 * argument, "+" would be another object then.
 */

static int
toucan_perm_object_ambiguous(const toucan_perm_rule_t *rule,
    toucan_str_t object, toucan_str_t args)
{
    size_t    i;
    uint8_t   c;
    unsigned  n;

    for (i = 0; i < object.len; i++) {
        c = object.data[i];

        if (c < 0x20 || c == 0x7f || c == '%' || c == '\\' || c == ';') {
            return 1;
        }

        if (c == '+' && rule->args.n != 0) {
            return 1;
        }
    }

    for (n = 0; n < rule->args.n; n++) {
        if (toucan_arg_ambiguous(args, rule->args.elts[n])) {
            return 1;
        }
    }

    return 0;
}


toucan_action_e
toucan_action_find(toucan_str_t name)
{
    if (toucan_perm_is(name, "can_view")) {
        return TOUCAN_ACTION_VIEW;
    }

    if (toucan_perm_is(name, "can_query")) {
        return TOUCAN_ACTION_QUERY;
    }

    if (toucan_perm_is(name, "can_edit")) {
        return TOUCAN_ACTION_EDIT;
    }

    return (toucan_action_e) 0;
}


int
toucan_model_valid(toucan_str_t name)
{
    size_t  i;

    if (name.len == 0 || name.len > TOUCAN_PERM_MODEL_MAX) {
        return 0;
    }

    for (i = 0; i < name.len; i++) {
        if (!(toucan_ascii[name.data[i]] & TOUCAN_ASCII_MODEL)) {
            return 0;
        }
    }

    return 1;
}


toucan_str_t
toucan_permissions_text(const toucan_claims_t *claims, toucan_arena_t *arena)
{
    size_t                n, size;
    uint8_t              *p;
    toucan_buf_t          b;
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;
    toucan_perm_grant_t  *grants, few[TOUCAN_PERM_FEW];

    doc = claims->doc;

    if (claims->permissions == NULL || claims->permissions->v.s.len == 0) {
        return toucan_cstr("");
    }

    n = claims->permissions->v.s.len;
    grants = few;

    if (n > TOUCAN_PERM_FEW) {
        grants = toucan_arena_alloc(arena, n * sizeof(toucan_perm_grant_t));
    }

    if (grants == NULL) {
        return toucan_str(NULL, 0);
    }

    n = 0;
    size = 0;

    for (node = toucan_node_first(claims->permissions);
         node != NULL;
         node = toucan_node_after(doc, claims->permissions, node))
    {
        grants[n].model = toucan_node_name(doc, node);

        if (toucan_perm_actions(doc, node, &grants[n].actions)
            && grants[n].actions != 0)
        {
            size += TOUCAN_PERM_NNAMES
                    * (grants[n].model.len + TOUCAN_PERM_TEXT_MAX);
            n++;
        }
    }

    if (n == 0) {
        return toucan_cstr("");
    }

    toucan_perm_sort(grants, n);

    p = toucan_arena_alloc(arena, size);

    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, size);
    toucan_perm_write(&b, grants, n);

    return b.overflow ? toucan_str(NULL, 0) : toucan_buf_view(&b);
}


/* Most tokens have a few of them, in order already. */

static void
toucan_perm_sort(toucan_perm_grant_t *grants, size_t n)
{
    size_t  i;

    for (i = 1; i < n; i++) {

        if (toucan_perm_grant_cmp(&grants[i - 1], &grants[i]) > 0) {
            qsort(grants, n, sizeof(toucan_perm_grant_t),
                  toucan_perm_grant_cmp);
            return;
        }
    }
}


/* By "model:", so that the pairs come out in the order of their bytes. */

static int
toucan_perm_grant_cmp(const void *one, const void *two)
{
    int                         rc;
    size_t                      n;
    const toucan_perm_grant_t  *a, *b;

    a = one;
    b = two;

    n = (a->model.len < b->model.len) ? a->model.len : b->model.len;

    rc = memcmp(a->model.data, b->model.data, n);

    if (rc != 0 || a->model.len == b->model.len) {
        return rc;
    }

    /* one is the other's beginning, where it ends stands a ":" */

    return (a->model.len < b->model.len) ? ':' - b->model.data[n]
                                         : a->model.data[n] - ':';
}


static void
toucan_perm_write(toucan_buf_t *b, const toucan_perm_grant_t *grants,
    size_t n)
{
    size_t  i, k;

    for (i = 0; i < n; i++) {
        for (k = 0; k < TOUCAN_PERM_NNAMES; k++) {

            if (!(grants[i].actions & toucan_perm_names[k].action)) {
                continue;
            }

            if (b->need != 0) {
                toucan_buf_byte(b, ' ');
            }

            toucan_buf_str(b, grants[i].model);
            toucan_buf_str(b, toucan_perm_names[k].name);
        }
    }
}
