
/*
 * Reading the file of API keys, one entry at a time.
 */


#include "gate/toucan_apikey_impl.h"
#include "gate/toucan_claims.h"
#include "gate/toucan_perm.h"

#include <stdlib.h>


#define TOUCAN_APIKEY_ORG_MAX       256
#define TOUCAN_APIKEY_LIFETIME_MAX  (10 * 365 * 86400LL)
#define TOUCAN_APIKEY_FIELDS        6       /* year to second */


/* An entry while it is read. */

typedef struct {
    const toucan_doc_t   *doc;
    unsigned              index;
    toucan_apikey_t      *key;
    toucan_diag_t        *diag;
} toucan_apikey_ctx_t;


typedef int (*toucan_apikey_read_pt)(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);


typedef struct {
    toucan_str_t             name;
    toucan_apikey_read_pt    read;      /* 1 if the value is sound; NULL: any */
    const char              *what;      /* it must be */
    unsigned                 required:1;
} toucan_apikey_member_t;


static int toucan_apikeys_fill(toucan_apikeys_t *keys,
    const toucan_doc_t *doc, const toucan_node_t *list, toucan_diag_t *diag);
static int toucan_apikey_read(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_known(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_id(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_sha256(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_scopes(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_env(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_organization(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_roles(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_permissions(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_origins(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_lifetime(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_not_after(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int toucan_apikey_comment(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node);
static int64_t toucan_apikey_time(toucan_str_t text);
static int toucan_apikey_fields(toucan_str_t text,
    int64_t fields[TOUCAN_APIKEY_FIELDS]);
static int toucan_apikeys_compare(const void *one, const void *two);


static const toucan_apikey_member_t  toucan_apikey_members[] = {

    { toucan_string("id"), toucan_apikey_id,
      "1 to 64 letters, digits and \"-\"", 1 },

    { toucan_string("sha256"), toucan_apikey_sha256,
      "64 hexadecimal digits, not all of them 0", 1 },

    { toucan_string("scopes"), toucan_apikey_scopes,
      "an array of \"mint\", \"revoke\" and \"introspect\"", 1 },

    { toucan_string("env"), toucan_apikey_env,
      "\"live\" or \"sandbox\"", 0 },

    { toucan_string("organization"), toucan_apikey_organization,
      "a string of 1 to 256 bytes", 0 },

    { toucan_string("roles"), toucan_apikey_roles,
      "an array of one or more strings that are not empty", 0 },

    { toucan_string("permissions"), toucan_apikey_permissions,
      "an object of models and their actions", 0 },

    { toucan_string("origins"), toucan_apikey_origins,
      "an array of 1 to 64 exact origins", 0 },

    { toucan_string("maxLifetime"), toucan_apikey_lifetime,
      "an integer of seconds, at least 1", 0 },

    { toucan_string("notAfter"), toucan_apikey_not_after,
      "a time in UTC such as \"2027-01-01T00:00:00Z\"", 0 },

    { toucan_string("comment"), toucan_apikey_comment, "a string", 0 }
};

#define TOUCAN_APIKEY_NMEMBERS                                                \
    (sizeof(toucan_apikey_members) / sizeof(toucan_apikey_members[0]))


toucan_apikeys_t *
toucan_apikeys_parse(toucan_str_t text, toucan_diag_t *diag)
{
    unsigned              n;
    toucan_block_t        block;
    toucan_arena_t        arena;
    toucan_apikeys_t     *keys;
    const toucan_doc_t   *doc;
    const toucan_node_t  *root, *list;

    arena = toucan_block_arena(&block);

    if (toucan_json_parse_file(text, &arena, &doc, diag) != TOUCAN_OK) {
        toucan_block_free(&block);
        return NULL;
    }

    root = toucan_json_root(doc);
    list = toucan_json_member(doc, root, toucan_cstr("keys"));

    if (list == NULL || !toucan_json_is(list, TOUCAN_JSON_ARRAY)
        || root->v.s.len != 1)
    {
        toucan_diag_error(diag, "not an object of the array \"keys\" alone");
        toucan_block_free(&block);
        return NULL;
    }

    n = list->v.s.len;

    if (n > TOUCAN_APIKEYS_MAX) {
        toucan_diag_error(diag, "%u keys, more than %u", n,
                          TOUCAN_APIKEYS_MAX);
        toucan_block_free(&block);
        return NULL;
    }

    keys = toucan_calloc(1, sizeof(toucan_apikeys_t)
                            + n * sizeof(toucan_apikey_t));
    if (keys == NULL) {
        toucan_diag_error(diag, "out of memory");
        toucan_block_free(&block);
        return NULL;
    }

    keys->block = block;
    keys->count = n;

    if (!toucan_apikeys_fill(keys, doc, list, diag)) {
        toucan_apikeys_free(keys);
        return NULL;
    }

    return keys;
}


static int
toucan_apikeys_fill(toucan_apikeys_t *keys, const toucan_doc_t *doc,
    const toucan_node_t *list, toucan_diag_t *diag)
{
    unsigned              i;
    toucan_apikey_ctx_t   ctx;
    const toucan_node_t  *node;

    ctx.doc = doc;
    ctx.diag = diag;
    ctx.index = 0;

    for (node = toucan_json_child(doc, list);
         node != NULL;
         node = toucan_json_sibling(doc, list, node))
    {
        ctx.key = &keys->key[ctx.index++];
        ctx.key->doc = doc;
        ctx.key->env = TOUCAN_ENV_LIVE;

        if (!toucan_apikey_read(&ctx, node)) {
            return 0;
        }
    }

    qsort(keys->key, keys->count, sizeof(toucan_apikey_t),
          toucan_apikeys_compare);

    for (i = 1; i < keys->count; i++) {
        if (toucan_str_eq(keys->key[i - 1].id, keys->key[i].id)) {
            toucan_diag_error(diag, "the id \"%.*s\" is there twice",
                              toucan_fmt(keys->key[i].id));
            return 0;
        }
    }

    return 1;
}


static int
toucan_apikey_read(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    size_t                         i;
    const toucan_node_t           *value;
    const toucan_apikey_member_t  *row;

    if (!toucan_json_is(node, TOUCAN_JSON_OBJECT)) {
        toucan_diag_error(ctx->diag, "key %u: not an object", ctx->index);
        return 0;
    }

    for (i = 0; i < TOUCAN_APIKEY_NMEMBERS; i++) {
        row = &toucan_apikey_members[i];
        value = toucan_json_member(ctx->doc, node, row->name);

        if (value == NULL) {

            if (!row->required) {
                continue;
            }

            toucan_diag_error(ctx->diag, "key %u: \"%.*s\" is missing",
                              ctx->index, toucan_fmt(row->name));
            return 0;
        }

        if (!row->read(ctx, value)) {
            toucan_diag_error(ctx->diag, "key %u: \"%.*s\" is not %s",
                              ctx->index, toucan_fmt(row->name), row->what);
            return 0;
        }
    }

    return toucan_apikey_known(ctx, node);
}


/* A bound that is misspelt would bind nothing. */

static int
toucan_apikey_known(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    size_t                i;
    toucan_str_t          name;
    const toucan_node_t  *member;

    for (member = toucan_json_child(ctx->doc, node);
         member != NULL;
         member = toucan_json_sibling(ctx->doc, node, member))
    {
        name = toucan_json_name(ctx->doc, member);

        for (i = 0; i < TOUCAN_APIKEY_NMEMBERS; i++) {
            if (toucan_str_eq(toucan_apikey_members[i].name, name)) {
                break;
            }
        }

        if (i == TOUCAN_APIKEY_NMEMBERS) {
            toucan_diag_error(ctx->diag, "key %u: \"%.*s\" is no member of "
                              "an API key", ctx->index, toucan_fmt(name));
            return 0;
        }
    }

    return 1;
}


static int
toucan_apikey_id(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    toucan_str_t  id;

    id = toucan_json_is(node, TOUCAN_JSON_STRING)
         ? toucan_json_string(ctx->doc, node) : toucan_str(NULL, 0);

    ctx->key->id = id;

    return id.len != 0 && id.len <= TOUCAN_APIKEY_MAX_ID
           && toucan_apikey_id_len(id) == id.len;
}


/* The bytes at the start that may be an id's. */

size_t
toucan_apikey_id_len(toucan_str_t text)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < text.len; i++) {
        c = toucan_lower(text.data[i]);

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
            break;
        }
    }

    return i;
}


static int
toucan_apikey_sha256(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    int           high, low;
    size_t        i;
    uint8_t       any;
    toucan_str_t  hex;

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return 0;
    }

    hex = toucan_json_string(ctx->doc, node);

    if (hex.len != 2 * TOUCAN_SHA256_SIZE) {
        return 0;
    }

    any = 0;

    for (i = 0; i < TOUCAN_SHA256_SIZE; i++) {
        high = toucan_hex_value(hex.data[2 * i]);
        low = toucan_hex_value(hex.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return 0;
        }

        ctx->key->sha256[i] = (uint8_t) (high << 4 | low);
        any |= ctx->key->sha256[i];
    }

    return any != 0;
}


static int
toucan_apikey_scopes(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    unsigned              scope;
    const toucan_node_t  *child;

    if (!toucan_json_is(node, TOUCAN_JSON_ARRAY)) {
        return 0;
    }

    for (child = toucan_json_child(ctx->doc, node);
         child != NULL;
         child = toucan_json_sibling(ctx->doc, node, child))
    {
        scope = toucan_json_is(child, TOUCAN_JSON_STRING)
                ? toucan_scope_find(toucan_json_string(ctx->doc, child)) : 0;

        if (scope == 0) {
            return 0;
        }

        ctx->key->scopes |= scope;
    }

    return ctx->key->scopes != 0;
}


static int
toucan_apikey_env(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return 0;
    }

    ctx->key->env = toucan_env_find(toucan_json_string(ctx->doc, node));

    return ctx->key->env != 0;
}


static int
toucan_apikey_organization(toucan_apikey_ctx_t *ctx,
    const toucan_node_t *node)
{
    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return 0;
    }

    ctx->key->organization = toucan_json_string(ctx->doc, node);

    return ctx->key->organization.len != 0
           && ctx->key->organization.len <= TOUCAN_APIKEY_ORG_MAX;
}


static int
toucan_apikey_roles(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    const toucan_node_t  *child;

    if (!toucan_json_is(node, TOUCAN_JSON_ARRAY) || node->v.s.len == 0) {
        return 0;
    }

    for (child = toucan_json_child(ctx->doc, node);
         child != NULL;
         child = toucan_json_sibling(ctx->doc, node, child))
    {
        if (!toucan_json_is(child, TOUCAN_JSON_STRING)
            || toucan_json_string(ctx->doc, child).len == 0)
        {
            return 0;
        }
    }

    ctx->key->roles = node;

    return 1;
}


static int
toucan_apikey_permissions(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    ctx->key->permissions = node;

    return toucan_permissions_wellformed(ctx->doc, node);
}


static int
toucan_apikey_origins(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    ctx->key->origins = node;

    return toucan_claims_origins_wellformed(ctx->doc, node)
           && node->v.s.len != 0;
}


static int
toucan_apikey_lifetime(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    ctx->key->max_lifetime = node->v.integer;

    return toucan_json_is(node, TOUCAN_JSON_INTEGER)
           && node->v.integer >= 1
           && node->v.integer <= TOUCAN_APIKEY_LIFETIME_MAX;
}


static int
toucan_apikey_not_after(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return 0;
    }

    ctx->key->not_after =
        toucan_apikey_time(toucan_json_string(ctx->doc, node));

    return ctx->key->not_after > 0;
}


static int
toucan_apikey_comment(toucan_apikey_ctx_t *ctx, const toucan_node_t *node)
{
    (void) ctx;

    return toucan_json_is(node, TOUCAN_JSON_STRING);
}


/*
 * "2027-01-01T00:00:00Z" (RFC 3339) in seconds since the epoch; 0 for any other
 * form, and for the epoch.
 */

static int64_t
toucan_apikey_time(toucan_str_t text)
{
    int64_t  t[TOUCAN_APIKEY_FIELDS], y, m, days, month_days;

    static const uint8_t  lengths[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    if (!toucan_apikey_fields(text, t)) {
        return 0;
    }

    y = t[0];
    m = t[1];

    if (y < 1970 || m < 1 || m > 12 || t[3] > 23 || t[4] > 59 || t[5] > 59) {
        return 0;
    }

    month_days = lengths[m - 1]
                 + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));

    if (t[2] < 1 || t[2] > month_days) {
        return 0;
    }

    /* a year that begins in March ends with its leap day */

    if (m <= 2) {
        y--;
        m += 12;
    }

    days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5
           + t[2] - 719469;

    return ((days * 24 + t[3]) * 60 + t[4]) * 60 + t[5];
}


/* The six numbers of a time; 0 when it is not of this form. */

static int
toucan_apikey_fields(toucan_str_t text, int64_t fields[TOUCAN_APIKEY_FIELDS])
{
    size_t    i;
    unsigned  n;

    static const char  form[] = "0000-00-00T00:00:00Z";

    if (text.len != sizeof(form) - 1) {
        return 0;
    }

    n = 0;
    fields[0] = 0;

    for (i = 0; i < text.len; i++) {

        if (form[i] == '0') {

            if (text.data[i] < '0' || text.data[i] > '9') {
                return 0;
            }

            fields[n] = fields[n] * 10 + (text.data[i] - '0');
            continue;
        }

        if (text.data[i] != (uint8_t) form[i]) {
            return 0;
        }

        if (++n < TOUCAN_APIKEY_FIELDS) {
            fields[n] = 0;
        }
    }

    return 1;
}


static int
toucan_apikeys_compare(const void *one, const void *two)
{
    const toucan_apikey_t  *a, *b;

    a = one;
    b = two;

    return toucan_apikeys_compare_id(a->id, b->id);
}
