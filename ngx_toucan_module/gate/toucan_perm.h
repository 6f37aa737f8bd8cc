
/*
 * Permissions and resources: what a token grants, and whether a rule of the
 * policy holds for it.
 */


#ifndef _TOUCAN_PERM_H_INCLUDED_
#define _TOUCAN_PERM_H_INCLUDED_


#include "gate/toucan_policy.h"


/* The forms that the claims must have; model names and resource types are 1
 * to 64 bytes of letters, digits, "_", "-" and ".". */
int toucan_permissions_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *permissions);
int toucan_resources_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *resources);

/* The same of one member of permissions, of one element of resources. */
int toucan_permission_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *node);
int toucan_resource_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *resource);

/*
 * 1 when bound, well-formed permissions of a document of their own or NULL for
 * none, grants the model every action in actions, an action or an array of
 * actions.  Editing implies viewing.
 */
int toucan_perm_within(const toucan_doc_t *doc, const toucan_node_t *actions,
    toucan_str_t model, const toucan_doc_t *bound_doc,
    const toucan_node_t *bound);

/*
 * All rules must hold.  TOUCAN_PERMISSION_DENIED when a model's action is not
 * granted; TOUCAN_OBJECT_DENIED when the token lists resources and the rule's
 * object is not one of them with this action, or the rule names none, or the
 * request spells it in a way that a backend may read otherwise
 * (toucan_path_ambiguous, toucan_arg_ambiguous); or, whatever the token, when
 * the rule names an object and it is empty.
 */
toucan_rc_t toucan_perm_check(const toucan_policy_t *policy,
    const toucan_request_t *request, const toucan_claims_t *claims);

/*
 * 1 when two readers may take a raw request path for different objects: it
 * does not begin with "/"; an empty segment (one trailing slash is none), "."
 * or ".."; a backslash, a semicolon, "?", "#", a control byte, as they are or
 * escaped; an escape that is broken or stands for "/", "." or "%"; bytes
 * that are not UTF-8, once decoded (an overlong slash).
 */
int toucan_path_ambiguous(toucan_str_t path);

/*
 * 1 unless the argument occurs exactly once in args, as "name=" under this
 * very spelling (give it as the configuration has it, not in lower case), and
 * under no other that some reader takes for the same: one that decodes to it
 * in any case, "name[]", behind a ";", with white space around it.
 */
int toucan_arg_ambiguous(toucan_str_t args, toucan_str_t name);

/* "can_view", ...; 0 when it is none. */
toucan_action_e toucan_action_find(toucan_str_t name);

/* A model or resource type: see above. */
int toucan_model_valid(toucan_str_t name);

/*
 * "ai:can_query dashboard:can_view": sorted, each pair once.  Allocated from
 * arena; absent when memory is out, empty when nothing is granted.
 */
toucan_str_t toucan_permissions_text(const toucan_claims_t *claims,
    toucan_arena_t *arena);


#endif /* _TOUCAN_PERM_H_INCLUDED_ */
