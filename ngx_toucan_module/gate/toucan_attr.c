
/*
 * Attributes: the form that the claim must have, and the declared types.
 */


#include "gate/toucan_attr.h"
#include "gate/toucan_node.h"


#define TOUCAN_ATTR_NAME_MAX  64

/* That few are as soon compared as looked up. */
#define TOUCAN_ATTRS_FEW      4


/* What a value is; an empty array is strings and integers alike. */

#define TOUCAN_ATTR_IS_STRING     0x01
#define TOUCAN_ATTR_IS_INTEGER    0x02
#define TOUCAN_ATTR_IS_BOOLEAN    0x04
#define TOUCAN_ATTR_IS_STRINGS    0x08
#define TOUCAN_ATTR_IS_INTEGERS   0x10
#define TOUCAN_ATTR_IS_EMPTY      0x20  /* "" or [] */
#define TOUCAN_ATTR_HAS_EMPTY     0x40  /* [""] */

#define TOUCAN_ATTR_IS_SOMETHING  0x1f


static inline unsigned toucan_attr_form(const toucan_doc_t *doc,
    const toucan_node_t *node);
static unsigned toucan_attr_array_form(const toucan_doc_t *doc,
    const toucan_node_t *array);
static unsigned toucan_attr_slot(toucan_str_t name);
static inline const toucan_attr_t *toucan_attr_lookup(
    const toucan_policy_t *policy, toucan_str_t name);
static const toucan_attr_t *toucan_attr_indexed(
    const toucan_policy_t *policy, toucan_str_t name);
static inline int toucan_attr_is(const toucan_attr_t *attr,
    toucan_str_t name);
static const toucan_node_t *toucan_attr_member(const toucan_attr_t *attr,
    const toucan_claims_t *claims, unsigned *form);
static inline int toucan_attr_fits(const toucan_attr_t *attr, unsigned form);
static size_t toucan_attr_name_len(toucan_str_t name, int dash);


static const struct {
    toucan_str_t         name;
    toucan_attr_type_e   type;
} toucan_attr_types[] = {
    { toucan_string("string"), TOUCAN_ATTR_STRING },
    { toucan_string("integer"), TOUCAN_ATTR_INTEGER },
    { toucan_string("boolean"), TOUCAN_ATTR_BOOLEAN },
    { toucan_string("strings"), TOUCAN_ATTR_STRINGS },
    { toucan_string("integers"), TOUCAN_ATTR_INTEGERS }
};

#define TOUCAN_ATTR_NTYPES                                                    \
    (sizeof(toucan_attr_types) / sizeof(toucan_attr_types[0]))


int
toucan_attrs_wellformed(const toucan_doc_t *doc,
    const toucan_node_t *attributes)
{
    const toucan_node_t  *node;

    if (!toucan_node_is(attributes, TOUCAN_JSON_OBJECT)) {
        return 0;
    }

    for (node = toucan_node_first(attributes);
         node != NULL;
         node = toucan_node_after(doc, attributes, node))
    {
        if (!(toucan_attr_form(doc, node) & TOUCAN_ATTR_IS_SOMETHING)) {
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


int
toucan_attrs_read(toucan_claims_t *claims, const toucan_policy_t *policy,
    const toucan_doc_t *doc, const toucan_node_t *attributes)
{
    unsigned              form, kept;
    toucan_attr_place_t  *place;
    const toucan_attr_t  *attr;
    const toucan_node_t  *node;

    kept = (policy->nattrs < TOUCAN_ATTRS_KEPT) ? policy->nattrs
                                                : TOUCAN_ATTRS_KEPT;

    if (doc->nodes > UINT16_MAX) {
        kept = 0;
    }

    memset(claims->places, 0, kept * sizeof(toucan_attr_place_t));

    if (attributes != NULL && !toucan_node_is(attributes, TOUCAN_JSON_OBJECT)) {
        return 0;
    }

    node = (attributes != NULL) ? toucan_node_first(attributes) : NULL;

    for ( /* void */ ;
         node != NULL;
         node = toucan_node_after(doc, attributes, node))
    {
        form = toucan_attr_form(doc, node);

        if (!(form & TOUCAN_ATTR_IS_SOMETHING)) {
            return 0;
        }

        attr = toucan_attr_lookup(policy, toucan_node_name(doc, node));

        if (attr != NULL && attr < policy->attrs + kept) {
            place = &claims->places[attr - policy->attrs];
            place->node = (uint16_t) (node - doc->node);
            place->form = (uint16_t) form;
        }
    }

    claims->attributes = attributes;
    claims->declared = policy->attrs;
    claims->ndeclared = kept;

    return 1;
}


void
toucan_attrs_index(toucan_policy_t *policy)
{
    unsigned  i, slot;

    memset(policy->attr_slots, 0, sizeof(policy->attr_slots));

    policy->attrs_indexed = policy->nattrs > TOUCAN_ATTRS_FEW
                            && policy->nattrs <= TOUCAN_ATTRS_KEPT;

    for (i = 0; policy->attrs_indexed && i < policy->nattrs; i++) {

        slot = toucan_attr_slot(policy->attrs[i].name);

        while (policy->attr_slots[slot] != 0) {
            slot = (slot + 1) % TOUCAN_ATTR_SLOTS;
        }

        policy->attr_slots[slot] = (uint8_t) (i + 1);
    }
}


/* Where the search for a name begins: the first 8 bits of a hash. */

static unsigned
toucan_attr_slot(toucan_str_t name)
{
    size_t    i;
    uint32_t  hash, word;

    hash = (uint32_t) name.len;

    for (i = 0; i + sizeof(word) <= name.len; i += sizeof(word)) {
        memcpy(&word, name.data + i, sizeof(word));
        hash = (hash ^ word) * 0x9e3779b1;
    }

    for ( /* void */ ; i < name.len; i++) {
        hash = (hash ^ name.data[i]) * 0x9e3779b1;
    }

    return hash >> 24;
}


const toucan_attr_t *
toucan_attr_declared(const toucan_policy_t *policy, toucan_str_t name)
{
    return toucan_attr_lookup(policy, name);
}


/* The names of declarations differ, and so do those of a token's members. */

static inline const toucan_attr_t *
toucan_attr_lookup(const toucan_policy_t *policy, toucan_str_t name)
{
    unsigned  i;

    if (policy->attrs_indexed) {
        return toucan_attr_indexed(policy, name);
    }

    for (i = 0; i < policy->nattrs; i++) {
        if (toucan_attr_is(&policy->attrs[i], name)) {
            return &policy->attrs[i];
        }
    }

    return NULL;
}


static const toucan_attr_t *
toucan_attr_indexed(const toucan_policy_t *policy, toucan_str_t name)
{
    unsigned              slot;
    const toucan_attr_t  *attr;

    for (slot = toucan_attr_slot(name);
         policy->attr_slots[slot] != 0;
         slot = (slot + 1) % TOUCAN_ATTR_SLOTS)
    {
        attr = &policy->attrs[policy->attr_slots[slot] - 1];

        if (toucan_attr_is(attr, name)) {
            return attr;
        }
    }

    return NULL;
}


static inline int
toucan_attr_is(const toucan_attr_t *attr, toucan_str_t name)
{
    return attr->name.len == name.len
           && toucan_node_eq(attr->name.data, name.data, name.len);
}


toucan_rc_t
toucan_attrs_check(const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    unsigned     i;
    toucan_rc_t  rc;

    for (i = 0; i < policy->nattrs; i++) {
        rc = toucan_attr_check(&policy->attrs[i], claims);

        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    return TOUCAN_OK;
}


toucan_rc_t
toucan_attr_check(const toucan_attr_t *attr, const toucan_claims_t *claims)
{
    unsigned  form;

    if (toucan_attr_member(attr, claims, &form) == NULL) {
        return attr->required ? TOUCAN_ATTRIBUTE_MISSING : TOUCAN_OK;
    }

    if (!toucan_attr_fits(attr, form)) {
        return TOUCAN_ATTRIBUTE_TYPE;
    }

    return (attr->required && (form & TOUCAN_ATTR_IS_EMPTY))
           ? TOUCAN_ATTRIBUTE_MISSING : TOUCAN_OK;
}


const toucan_node_t *
toucan_attr_node(const toucan_attr_t *attr, const toucan_claims_t *claims)
{
    unsigned              form;
    const toucan_node_t  *node;

    node = toucan_attr_member(attr, claims, &form);

    return (node != NULL && toucan_attr_fits(attr, form)) ? node : NULL;
}


/*
 * Where an attribute is, and its form: as toucan_attrs_read() has kept it for
 * its policy's declarations, of which attr may be one; else by a search.
 */

static const toucan_node_t *
toucan_attr_member(const toucan_attr_t *attr, const toucan_claims_t *claims,
    unsigned *form)
{
    size_t                      i;
    const toucan_node_t        *node;
    const toucan_attr_place_t  *place;

    *form = 0;

    i = ((uintptr_t) attr - (uintptr_t) claims->declared)
        / sizeof(toucan_attr_t);

    if (i < claims->ndeclared) {
        place = &claims->places[i];
        *form = place->form;

        return place->node ? &claims->doc->node[place->node] : NULL;
    }

    if (claims->attributes == NULL) {
        return NULL;
    }

    node = toucan_node_member(claims->doc, claims->attributes, attr->name);

    if (node != NULL) {
        *form = toucan_attr_form(claims->doc, node);
    }

    return node;
}


static inline int
toucan_attr_fits(const toucan_attr_t *attr, unsigned form)
{
    static const uint8_t  fitting[] = {
        [TOUCAN_ATTR_ANY] = TOUCAN_ATTR_IS_SOMETHING,
        [TOUCAN_ATTR_STRING] = TOUCAN_ATTR_IS_STRING,
        [TOUCAN_ATTR_INTEGER] = TOUCAN_ATTR_IS_INTEGER,
        [TOUCAN_ATTR_BOOLEAN] = TOUCAN_ATTR_IS_BOOLEAN,
        [TOUCAN_ATTR_STRINGS] = TOUCAN_ATTR_IS_STRINGS,
        [TOUCAN_ATTR_INTEGERS] = TOUCAN_ATTR_IS_INTEGERS
    };

    return (unsigned) attr->type < sizeof(fitting)
           && !(form & TOUCAN_ATTR_HAS_EMPTY)
           && (form & fitting[attr->type]) != 0;
}


static inline unsigned
toucan_attr_form(const toucan_doc_t *doc, const toucan_node_t *node)
{
    switch (node->type) {

    case TOUCAN_JSON_STRING:
        return TOUCAN_ATTR_IS_STRING
               | (node->v.s.len ? 0 : TOUCAN_ATTR_IS_EMPTY);

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

    node = toucan_node_first(array);

    if (node == NULL) {
        return TOUCAN_ATTR_IS_STRINGS
               | TOUCAN_ATTR_IS_INTEGERS
               | TOUCAN_ATTR_IS_EMPTY;
    }

    all = TOUCAN_ATTR_IS_STRING | TOUCAN_ATTR_IS_INTEGER;
    hollow = 0;

    for ( /* void */ ;
         node != NULL;
         node = toucan_node_after(doc, array, node))
    {
        if (toucan_node_is(node, TOUCAN_JSON_ARRAY)) {
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
