
/*
 * Attributes: the form that the claim must have, and the declared types.
 */


#include "gate/toucan_attr.h"


#define TOUCAN_ATTR_NAME_MAX  64


/* What a value is; an empty array is strings and integers alike. */

#define TOUCAN_ATTR_IS_STRING     0x01
#define TOUCAN_ATTR_IS_INTEGER    0x02
#define TOUCAN_ATTR_IS_BOOLEAN    0x04
#define TOUCAN_ATTR_IS_STRINGS    0x08
#define TOUCAN_ATTR_IS_INTEGERS   0x10
#define TOUCAN_ATTR_IS_EMPTY      0x20  /* "" or [] */
#define TOUCAN_ATTR_HAS_EMPTY     0x40  /* [""] */

#define TOUCAN_ATTR_IS_SOMETHING  0x1f


static unsigned toucan_attr_form(const toucan_doc_t *doc,
    const toucan_node_t *node);
static unsigned toucan_attr_array_form(const toucan_doc_t *doc,
    const toucan_node_t *array);
static const toucan_node_t *toucan_attr_member(const toucan_attr_t *attr,
    const toucan_claims_t *claims);
static int toucan_attr_fits(const toucan_attr_t *attr, unsigned form);
static size_t toucan_attr_name_len(toucan_str_t name, int dash);


static const struct {
    toucan_str_t         name;
    toucan_attr_type_e   type;
    unsigned             forms;         /* the values that are of it */
} toucan_attr_types[] = {

    { toucan_string("string"), TOUCAN_ATTR_STRING, TOUCAN_ATTR_IS_STRING },

    { toucan_string("integer"), TOUCAN_ATTR_INTEGER, TOUCAN_ATTR_IS_INTEGER },

    { toucan_string("boolean"), TOUCAN_ATTR_BOOLEAN, TOUCAN_ATTR_IS_BOOLEAN },

    { toucan_string("strings"), TOUCAN_ATTR_STRINGS, TOUCAN_ATTR_IS_STRINGS },

    { toucan_string("integers"), TOUCAN_ATTR_INTEGERS,
      TOUCAN_ATTR_IS_INTEGERS }
};

#define TOUCAN_ATTR_NTYPES                                                    \
    (sizeof(toucan_attr_types) / sizeof(toucan_attr_types[0]))


int
toucan_attrs_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *attributes)
{
    const toucan_node_t  *node;

    if (!toucan_json_is(attributes, TOUCAN_JSON_OBJECT)) {
        return 0;
    }

    for (node = toucan_json_child(doc, attributes);
         node;
         node = toucan_json_sibling(doc, attributes, node))
    {
        if (!toucan_attr_wellformed(doc, node)) {
            return 0;
        }
    }

    return 1;
}


int
toucan_attr_wellformed(const toucan_doc_t *doc, const toucan_node_t *node)
{
    return (toucan_attr_form(doc, node) & TOUCAN_ATTR_IS_SOMETHING) != 0;
}


toucan_rc_t
toucan_attrs_check(const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    unsigned              i, form;
    const toucan_attr_t  *attr;
    const toucan_node_t  *node;

    for (i = 0; i < policy->nattrs; i++) {
        attr = &policy->attrs[i];
        node = toucan_attr_member(attr, claims);

        if (node == NULL) {

            if (attr->required) {
                return TOUCAN_ATTRIBUTE_MISSING;
            }

            continue;
        }

        form = toucan_attr_form(claims->doc, node);

        if (!toucan_attr_fits(attr, form)) {
            return TOUCAN_ATTRIBUTE_TYPE;
        }

        if (attr->required && (form & TOUCAN_ATTR_IS_EMPTY)) {
            return TOUCAN_ATTRIBUTE_MISSING;
        }
    }

    return TOUCAN_OK;
}


const toucan_node_t *
toucan_attr_node(const toucan_attr_t *attr, const toucan_claims_t *claims)
{
    const toucan_node_t  *node;

    node = toucan_attr_member(attr, claims);

    if (node == NULL
        || !toucan_attr_fits(attr, toucan_attr_form(claims->doc, node)))
    {
        return NULL;
    }

    return node;
}


static const toucan_node_t *
toucan_attr_member(const toucan_attr_t *attr, const toucan_claims_t *claims)
{
    if (claims->attributes == NULL) {
        return NULL;
    }

    return toucan_json_member(claims->doc, claims->attributes, attr->name);
}


static int
toucan_attr_fits(const toucan_attr_t *attr, unsigned form)
{
    size_t  i;

    if (form & TOUCAN_ATTR_HAS_EMPTY) {
        return 0;
    }

    if (attr->type == TOUCAN_ATTR_ANY) {
        return (form & TOUCAN_ATTR_IS_SOMETHING) != 0;
    }

    for (i = 0; i < TOUCAN_ATTR_NTYPES; i++) {
        if (toucan_attr_types[i].type == attr->type) {
            return (form & toucan_attr_types[i].forms) != 0;
        }
    }

    return 0;
}


static unsigned
toucan_attr_form(const toucan_doc_t *doc, const toucan_node_t *node)
{
    switch (node->type) {

    case TOUCAN_JSON_STRING:
        return TOUCAN_ATTR_IS_STRING
               | (toucan_json_string(doc, node).len ? 0 : TOUCAN_ATTR_IS_EMPTY);

    case TOUCAN_JSON_INTEGER:
        return (node->v.integer >= -TOUCAN_JSON_MAX_INTEGER
                && node->v.integer <= TOUCAN_JSON_MAX_INTEGER)
               ? TOUCAN_ATTR_IS_INTEGER : 0;

    case TOUCAN_JSON_TRUE:
    case TOUCAN_JSON_FALSE:
        return TOUCAN_ATTR_IS_BOOLEAN;

    case TOUCAN_JSON_ARRAY:
        return toucan_attr_array_form(doc, node);

    default:
        return 0;
    }
}


static unsigned
toucan_attr_array_form(const toucan_doc_t *doc, const toucan_node_t *array)
{
    unsigned              all, form, hollow;
    const toucan_node_t  *node;

    node = toucan_json_child(doc, array);

    if (node == NULL) {
        return TOUCAN_ATTR_IS_STRINGS
               | TOUCAN_ATTR_IS_INTEGERS
               | TOUCAN_ATTR_IS_EMPTY;
    }

    all = TOUCAN_ATTR_IS_STRING | TOUCAN_ATTR_IS_INTEGER;
    hollow = 0;

    for ( /* void */ ; node; node = toucan_json_sibling(doc, array, node)) {

        if (toucan_json_is(node, TOUCAN_JSON_ARRAY)) {
            return 0;
        }

        form = toucan_attr_form(doc, node);

        all &= form;
        hollow |= form & TOUCAN_ATTR_IS_EMPTY;
    }

    if (all & TOUCAN_ATTR_IS_STRING) {
        return TOUCAN_ATTR_IS_STRINGS | (hollow ? TOUCAN_ATTR_HAS_EMPTY : 0);
    }

    return (all & TOUCAN_ATTR_IS_INTEGER) ? TOUCAN_ATTR_IS_INTEGERS : 0;
}


const toucan_attr_t *
toucan_attr_find(const toucan_policy_t *policy, toucan_str_t name)
{
    unsigned  i;

    for (i = 0; i < policy->nattrs; i++) {
        if (toucan_str_caseeq(policy->attrs[i].name, name)) {
            return &policy->attrs[i];
        }
    }

    return NULL;
}


int
toucan_attr_type_find(toucan_str_t name, toucan_attr_type_e *type)
{
    size_t  i;

    for (i = 0; i < TOUCAN_ATTR_NTYPES; i++) {
        if (toucan_str_eq(toucan_attr_types[i].name, name)) {
            *type = toucan_attr_types[i].type;
            return 1;
        }
    }

    return 0;
}


int
toucan_attr_name_valid(toucan_str_t name)
{
    return name.len != 0
           && name.len <= TOUCAN_ATTR_NAME_MAX
           && toucan_attr_name_len(name, 1) == name.len;
}


int
toucan_attr_column_valid(toucan_str_t name)
{
    size_t  n;

    if (name.len > TOUCAN_ATTR_NAME_MAX) {
        return 0;
    }

    for ( ;; ) {
        n = toucan_attr_name_len(name, 0);

        if (n == 0) {
            return 0;
        }

        if (n == name.len) {
            return 1;
        }

        if (name.data[n] != '.') {
            return 0;
        }

        name = toucan_str(name.data + n + 1, name.len - n - 1);
    }
}


/* The bytes at the start that are a name. */

static size_t
toucan_attr_name_len(toucan_str_t name, int dash)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < name.len; i++) {
        c = toucan_lower(name.data[i]);

        if ((c >= 'a' && c <= 'z') || c == '_') {
            continue;
        }

        if (i != 0 && ((c >= '0' && c <= '9') || (dash && c == '-'))) {
            continue;
        }

        break;
    }

    return i;
}
