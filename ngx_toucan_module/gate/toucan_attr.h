
/*
 * Declared attributes: their types, and the two forms in which they leave the
 * gate: header values and the RLS object.
 */


#ifndef _TOUCAN_ATTR_H_INCLUDED_
#define _TOUCAN_ATTR_H_INCLUDED_


#include "gate/toucan_policy.h"


/*
 * The form that any attributes claim must have: a flat object of strings,
 * integers within 2^53, booleans, arrays of strings or of integers.
 */
int toucan_attrs_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *attributes);

/* The same of one attribute's value. */
int toucan_attr_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *node);

/*
 * Takes the attributes into claims, with the places of those that the policy
 * declares; NULL when the token has none.  0 when their form is wrong: then
 * claims hold none.
 */
int toucan_attrs_read(toucan_claims_t *claims, const toucan_policy_t *policy,
    const toucan_doc_t *doc, const toucan_node_t *attributes);

/*
 * Makes the index of a policy whose attrs are set for good.  Without it, or
 * with more than TOUCAN_ATTRS_KEPT of them, they are found all the same, by a
 * search.
 */
void toucan_attrs_index(toucan_policy_t *policy);

/*
 * Holds the claims against the declarations: TOUCAN_ATTRIBUTE_MISSING when a
 * required one is absent or empty, TOUCAN_ATTRIBUTE_TYPE when any declared
 * one is of another type, or is an array with an empty string in it (which a
 * header could not tell from an empty array).  The first in the policy's order
 * speaks.
 */
toucan_rc_t toucan_attrs_check(const toucan_policy_t *policy,
    const toucan_claims_t *claims);

/* The same for one declaration. */
toucan_rc_t toucan_attr_check(const toucan_attr_t *attr,
    const toucan_claims_t *claims);

/*
 * The value of one declared attribute when it is there and of its type; else
 * NULL.  A view into the claims' document.
 */
const toucan_node_t *toucan_attr_node(const toucan_attr_t *attr,
    const toucan_claims_t *claims);

/* The declaration of exactly that name, or NULL; a view. */
const toucan_attr_t *toucan_attr_declared(const toucan_policy_t *policy,
    toucan_str_t name);

/* The declaration of that name in any ASCII case, or NULL; a view. */
const toucan_attr_t *toucan_attr_find(const toucan_policy_t *policy,
    toucan_str_t name);

/* "string", ... ; returns 0 and leaves *type when the name is none. */
int toucan_attr_type_find(toucan_str_t name, toucan_attr_type_e *type);

/* 1 when the name can be an attribute: a letter or "_", then letters, digits,
 * "_" and "-", at most 64 bytes.  Columns: no "-", and dots between names. */
int toucan_attr_name_valid(toucan_str_t name);
int toucan_attr_column_valid(toucan_str_t name);


#endif /* _TOUCAN_ATTR_H_INCLUDED_ */
