
/*
 * The identity headers: the fixed ones, the attributes, the RLS object.
 */


#include "gate/toucan_headers.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_claims.h"
#include "gate/toucan_perm.h"


static toucan_rc_t toucan_headers_fixed(const toucan_claims_t *claims,
    const toucan_place_t *place, toucan_arena_t *arena,
    toucan_str_t *values);
static toucan_str_t toucan_headers_origin(const toucan_place_t *place);
static toucan_rc_t toucan_headers_attrs(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena,
    toucan_str_t *values);
static int toucan_headers_has_column(const toucan_policy_t *policy);
static size_t toucan_headers_rls_room(const toucan_policy_t *policy,
    const toucan_claims_t *claims);
static void toucan_headers_write_rls(toucan_buf_t *b,
    const toucan_policy_t *policy, const toucan_claims_t *claims);


/* Those of the fixed headers whose value a token spells. */

static const toucan_header_e  toucan_headers_spelled[] = {
    TOUCAN_HEADER_DISTINCT_ID,
    TOUCAN_HEADER_ROLE,
    TOUCAN_HEADER_ORGANIZATION,
    TOUCAN_HEADER_TOKEN_ID
};

#define TOUCAN_HEADERS_NSPELLED                                               \
    (sizeof(toucan_headers_spelled) / sizeof(toucan_headers_spelled[0]))


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
    size_t       n;
    toucan_rc_t  rc;

    n = (size_t) TOUCAN_HEADER_MAX + policy->nattrs;

    memset(values, 0, n * sizeof(toucan_str_t));

    rc = toucan_headers_fixed(claims, place, arena, values);

    if (rc == TOUCAN_OK) {
        rc = toucan_headers_attrs(policy, claims, arena, values);
    }

    if (rc != TOUCAN_OK) {
        memset(values, 0, n * sizeof(toucan_str_t));
    }

    return rc;
}


static toucan_rc_t
toucan_headers_fixed(const toucan_claims_t *claims,
    const toucan_place_t *place, toucan_arena_t *arena,
    toucan_str_t *values)
{
    size_t         i;
    toucan_str_t  *value;

    values[TOUCAN_HEADER_EXPIRES] = toucan_header_integer(claims->exp, arena);
    values[TOUCAN_HEADER_PERMISSIONS] = toucan_permissions_text(claims, arena);

    if (values[TOUCAN_HEADER_EXPIRES].data == NULL
        || values[TOUCAN_HEADER_PERMISSIONS].data == NULL)
    {
        return TOUCAN_NO_MEMORY;
    }

    if (values[TOUCAN_HEADER_PERMISSIONS].len == 0) {
        values[TOUCAN_HEADER_PERMISSIONS] = toucan_str(NULL, 0);
    }

    values[TOUCAN_HEADER_DISTINCT_ID] = claims->distinct_id;
    values[TOUCAN_HEADER_ROLE] = claims->role;
    values[TOUCAN_HEADER_ORGANIZATION] = claims->organization;
    values[TOUCAN_HEADER_TOKEN_ID] = claims->jti;

    for (i = 0; i < TOUCAN_HEADERS_NSPELLED; i++) {
        value = &values[toucan_headers_spelled[i]];

        if (value->data == NULL) {
            continue;
        }

        *value = toucan_header_encode(*value, arena);

        if (value->data == NULL) {
            return TOUCAN_NO_MEMORY;
        }
    }

    /* words of our own, models, and a normalised origin */

    values[TOUCAN_HEADER_ENV] = toucan_env_name(claims->env);
    values[TOUCAN_HEADER_KIND] = toucan_kind_name(place->kind);
    values[TOUCAN_HEADER_ORIGIN] = toucan_headers_origin(place);

    return TOUCAN_OK;
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
toucan_headers_rls(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena)
{
    void          *p;
    size_t         n;
    unsigned       pass;
    toucan_buf_t   b;

    if (!toucan_headers_has_column(policy)) {
        return toucan_str(NULL, 0);
    }

    n = toucan_headers_rls_room(policy, claims);

    for (pass = 0; pass < 2; pass++) {
        p = toucan_arena_alloc(arena, n);

        if (p == NULL) {
            return toucan_str(NULL, 0);
        }

        toucan_buf_init(&b, p, n);
        toucan_headers_write_rls(&b, policy, claims);

        if (!b.overflow) {
            return toucan_buf_view(&b);
        }

        n = b.need;
    }

    return toucan_str(NULL, 0);
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


/* The bytes that it takes when nothing needs an escape. */

static size_t
toucan_headers_rls_room(const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    size_t                n;
    unsigned              i;
    const toucan_attr_t  *attr;
    const toucan_node_t  *node;

    n = sizeof("{}");

    for (i = 0; i < policy->nattrs; i++) {
        attr = &policy->attrs[i];

        if (attr->column.data == NULL) {
            continue;
        }

        node = toucan_attr_node(attr, claims);

        if (node != NULL) {
            n += attr->column.len + sizeof("\"\":,")
                 + toucan_header_room(claims->doc, node);
        }
    }

    return n;
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

        /* letters, digits, "_" and "." */

        toucan_buf_byte(b, '"');
        toucan_buf_str(b, attr->column);
        toucan_buf_write(b, "\":", 2);
        toucan_json_write(b, claims->doc, node);
    }

    toucan_buf_byte(b, '}');
}
