
/*
 * Header values: their encoding, the fixed ones, the attributes, the RLS
 * object.
 */


#include "gate/toucan_headers.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_claims.h"
#include "gate/toucan_perm.h"


/* "-9223372036854775808" */
#define TOUCAN_HEADERS_INTEGER  20


static size_t toucan_headers_escaped(toucan_str_t text, int element);
static void toucan_headers_write(toucan_buf_t *b, toucan_str_t text,
    int element);
static int toucan_headers_plain(toucan_str_t text, size_t i, int element);
static int toucan_headers_write_scalar(toucan_buf_t *b,
    const toucan_doc_t *doc, const toucan_node_t *node, int element);
static int toucan_headers_write_node(toucan_buf_t *b,
    const toucan_doc_t *doc, const toucan_node_t *node);
static toucan_rc_t toucan_headers_put(toucan_str_t *value, toucan_str_t text,
    toucan_arena_t *arena);
static toucan_rc_t toucan_headers_fixed(const toucan_claims_t *claims,
    const toucan_place_t *place, toucan_arena_t *arena,
    toucan_str_t *values);
static toucan_str_t toucan_headers_origin(const toucan_place_t *place);
static toucan_str_t toucan_headers_integer(int64_t integer,
    toucan_arena_t *arena);
static toucan_rc_t toucan_headers_attrs(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena,
    toucan_str_t *values);
static int toucan_headers_has_column(const toucan_policy_t *policy);
static void toucan_headers_write_rls(toucan_buf_t *b,
    const toucan_policy_t *policy, const toucan_claims_t *claims);


static const toucan_str_t  toucan_header_suffixes[TOUCAN_HEADER_MAX] = {
    [TOUCAN_HEADER_DISTINCT_ID] = toucan_string("Distinct-Id"),
    [TOUCAN_HEADER_ROLE] = toucan_string("Role"),
    [TOUCAN_HEADER_ORGANIZATION] = toucan_string("Organization"),
    [TOUCAN_HEADER_ENV] = toucan_string("Env"),
    [TOUCAN_HEADER_TOKEN_ID] = toucan_string("Token-Id"),
    [TOUCAN_HEADER_EXPIRES] = toucan_string("Expires"),
    [TOUCAN_HEADER_KIND] = toucan_string("Kind"),
    [TOUCAN_HEADER_ORIGIN] = toucan_string("Origin"),
    [TOUCAN_HEADER_PERMISSIONS] = toucan_string("Permissions"),
    [TOUCAN_HEADER_RLS] = toucan_string("Rls")
};


toucan_str_t
toucan_header_suffix(toucan_header_e header)
{
    if ((unsigned) header >= TOUCAN_HEADER_MAX) {
        return toucan_str(NULL, 0);
    }

    return toucan_header_suffixes[header];
}


toucan_rc_t
toucan_headers_fill(const toucan_policy_t *policy,
    const toucan_claims_t *claims, const toucan_place_t *place,
    toucan_arena_t *arena, toucan_str_t *values)
{
    size_t       i, n;
    toucan_rc_t  rc;

    n = (size_t) TOUCAN_HEADER_MAX + policy->nattrs;

    for (i = 0; i < n; i++) {
        values[i] = toucan_str(NULL, 0);
    }

    rc = toucan_headers_fixed(claims, place, arena, values);

    if (rc == TOUCAN_OK) {
        rc = toucan_headers_attrs(policy, claims, arena, values);
    }

    if (rc != TOUCAN_OK) {
        for (i = 0; i < n; i++) {
            values[i] = toucan_str(NULL, 0);
        }
    }

    return rc;
}


static toucan_rc_t
toucan_headers_fixed(const toucan_claims_t *claims,
    const toucan_place_t *place, toucan_arena_t *arena,
    toucan_str_t *values)
{
    size_t        i;
    toucan_rc_t   rc;
    toucan_str_t  text[TOUCAN_HEADER_MAX];

    memset(text, 0, sizeof(text));

    text[TOUCAN_HEADER_EXPIRES] = toucan_headers_integer(claims->exp, arena);
    text[TOUCAN_HEADER_PERMISSIONS] = toucan_permissions_text(claims, arena);

    if (text[TOUCAN_HEADER_EXPIRES].data == NULL
        || text[TOUCAN_HEADER_PERMISSIONS].data == NULL)
    {
        return TOUCAN_NO_MEMORY;
    }

    if (text[TOUCAN_HEADER_PERMISSIONS].len == 0) {
        text[TOUCAN_HEADER_PERMISSIONS] = toucan_str(NULL, 0);
    }

    text[TOUCAN_HEADER_DISTINCT_ID] = claims->distinct_id;
    text[TOUCAN_HEADER_ROLE] = claims->role;
    text[TOUCAN_HEADER_ORGANIZATION] = claims->organization;
    text[TOUCAN_HEADER_ENV] = toucan_env_name(claims->env);
    text[TOUCAN_HEADER_TOKEN_ID] = claims->jti;
    text[TOUCAN_HEADER_KIND] = toucan_kind_name(place->kind);
    text[TOUCAN_HEADER_ORIGIN] = toucan_headers_origin(place);

    for (i = 0; i < TOUCAN_HEADER_MAX; i++) {

        rc = toucan_headers_put(&values[i], text[i], arena);

        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_headers_put(toucan_str_t *value, toucan_str_t text,
    toucan_arena_t *arena)
{
    if (text.data == NULL) {
        return TOUCAN_OK;
    }

    *value = toucan_header_encode(text, arena);

    return (value->data == NULL) ? TOUCAN_NO_MEMORY : TOUCAN_OK;
}


static toucan_str_t
toucan_headers_origin(const toucan_place_t *place)
{
    if (place->kind != TOUCAN_KIND_COMPONENT
        && place->kind != TOUCAN_KIND_FRAME)
    {
        return toucan_str(NULL, 0);
    }

    if (place->null) {
        return toucan_cstr("null");
    }

    if (place->origin.len == 0) {
        return toucan_str(NULL, 0);
    }

    return toucan_origin_text(&place->origin);
}


static toucan_str_t
toucan_headers_integer(int64_t integer, toucan_arena_t *arena)
{
    void          *p;
    toucan_buf_t   b;

    p = toucan_arena_alloc(arena, TOUCAN_HEADERS_INTEGER);

    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, TOUCAN_HEADERS_INTEGER);
    toucan_json_write_integer(&b, integer);

    return b.overflow ? toucan_str(NULL, 0) : toucan_buf_view(&b);
}


static toucan_rc_t
toucan_headers_attrs(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena,
    toucan_str_t *values)
{
    unsigned              i;
    toucan_str_t         *value;
    const toucan_node_t  *node;

    for (i = 0; i < policy->nattrs; i++) {

        node = toucan_attr_node(&policy->attrs[i], claims);

        if (node == NULL) {
            continue;
        }

        value = &values[TOUCAN_HEADER_MAX + i];
        *value = toucan_header_value(claims->doc, node, arena);

        if (value->data == NULL) {
            return TOUCAN_NO_MEMORY;
        }
    }

    if (toucan_headers_has_column(policy)) {

        value = &values[TOUCAN_HEADER_RLS];
        *value = toucan_headers_rls(policy, claims, arena);

        if (value->data == NULL) {
            return TOUCAN_NO_MEMORY;
        }
    }

    return TOUCAN_OK;
}


toucan_str_t
toucan_header_encode(toucan_str_t text, toucan_arena_t *arena)
{
    void          *p;
    size_t         n;
    toucan_buf_t   b;

    n = toucan_headers_escaped(text, 0);

    if (n == 0) {
        return text;
    }

    n = text.len + 2 * n;

    p = toucan_arena_alloc(arena, n);

    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, n);
    toucan_headers_write(&b, text, 0);

    return b.overflow ? toucan_str(NULL, 0) : toucan_buf_view(&b);
}


/* How many bytes need an escape. */

static size_t
toucan_headers_escaped(toucan_str_t text, int element)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < text.len; i++) {
        if (!toucan_headers_plain(text, i, element)) {
            n++;
        }
    }

    return n;
}


static void
toucan_headers_write(toucan_buf_t *b, toucan_str_t text, int element)
{
    size_t   i;
    uint8_t  c, escape[3];

    static const char  hex[] = "0123456789ABCDEF";

    for (i = 0; i < text.len; i++) {

        c = text.data[i];

        if (toucan_headers_plain(text, i, element)) {
            toucan_buf_byte(b, c);
            continue;
        }

        escape[0] = '%';
        escape[1] = (uint8_t) hex[c >> 4];
        escape[2] = (uint8_t) hex[c & 0x0f];

        toucan_buf_write(b, escape, sizeof(escape));
    }
}


static int
toucan_headers_plain(toucan_str_t text, size_t i, int element)
{
    uint8_t  c;

    c = text.data[i];

    if (c == ' ') {
        return i != 0 && i != text.len - 1;
    }

    return c > 0x20 && c < 0x7f && c != '%' && (c != ',' || !element);
}


toucan_str_t
toucan_header_value(const toucan_doc_t *doc, const toucan_node_t *node,
    toucan_arena_t *arena)
{
    void          *p;
    size_t         n;
    toucan_buf_t   b;

    toucan_buf_init(&b, NULL, 0);

    if (!toucan_headers_write_node(&b, doc, node)) {
        return toucan_str(NULL, 0);
    }

    n = b.need;

    if (n == 0) {
        return toucan_cstr("");
    }

    p = toucan_arena_alloc(arena, n);

    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, n);
    (void) toucan_headers_write_node(&b, doc, node);

    return b.overflow ? toucan_str(NULL, 0) : toucan_buf_view(&b);
}


/* Both return 0 when the value has no place in a header. */

static int
toucan_headers_write_node(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node)
{
    int                   first;
    const toucan_node_t  *element;

    if (node == NULL) {
        return 0;
    }

    if (!toucan_json_is(node, TOUCAN_JSON_ARRAY)) {
        return toucan_headers_write_scalar(b, doc, node, 0);
    }

    first = 1;

    for (element = toucan_json_child(doc, node);
         element;
         element = toucan_json_sibling(doc, node, element))
    {
        if (!first) {
            toucan_buf_byte(b, ',');
        }

        first = 0;

        if (!toucan_headers_write_scalar(b, doc, element, 1)) {
            return 0;
        }
    }

    return 1;
}


static int
toucan_headers_write_scalar(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node, int element)
{
    switch (node->type) {

    case TOUCAN_JSON_STRING:
        toucan_headers_write(b, toucan_json_string(doc, node), element);
        return 1;

    case TOUCAN_JSON_INTEGER:
    case TOUCAN_JSON_REAL:
    case TOUCAN_JSON_TRUE:
    case TOUCAN_JSON_FALSE:
        toucan_json_write(b, doc, node);
        return 1;

    default:
        return 0;
    }
}


toucan_str_t
toucan_headers_rls(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena)
{
    void          *p;
    size_t         n;
    toucan_buf_t   b;

    if (!toucan_headers_has_column(policy)) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, NULL, 0);
    toucan_headers_write_rls(&b, policy, claims);

    n = b.need;

    p = toucan_arena_alloc(arena, n);

    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, n);
    toucan_headers_write_rls(&b, policy, claims);

    return b.overflow ? toucan_str(NULL, 0) : toucan_buf_view(&b);
}


static int
toucan_headers_has_column(const toucan_policy_t *policy)
{
    unsigned  i;

    for (i = 0; i < policy->nattrs; i++) {
        if (policy->attrs[i].column.data != NULL) {
            return 1;
        }
    }

    return 0;
}


/* The policy has them sorted by column. */

static void
toucan_headers_write_rls(toucan_buf_t *b, const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    int                   first;
    unsigned              i;
    const toucan_attr_t  *attr;
    const toucan_node_t  *node;

    first = 1;

    toucan_buf_byte(b, '{');

    for (i = 0; i < policy->nattrs; i++) {
        attr = &policy->attrs[i];

        if (attr->column.data == NULL) {
            continue;
        }

        node = toucan_attr_node(attr, claims);

        if (node == NULL) {
            continue;
        }

        if (!first) {
            toucan_buf_byte(b, ',');
        }

        first = 0;

        toucan_json_write_string(b, attr->column);
        toucan_buf_byte(b, ':');
        toucan_json_write(b, claims->doc, node);
    }

    toucan_buf_byte(b, '}');
}
