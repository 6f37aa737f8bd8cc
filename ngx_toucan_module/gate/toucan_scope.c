
/*
 * The scope key: one digest of everything that may change what a user is
 * shown.
 */


#include "gate/toucan_headers.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_claims.h"


/* Of the serialisation; a new form of it is a new version. */
#define TOUCAN_SCOPE_VERSION  "toucan-scope-1"


static void toucan_scope_write(toucan_buf_t *b,
    const toucan_policy_t *policy, const toucan_claims_t *claims);
static void toucan_scope_string(toucan_buf_t *b, toucan_str_t text);
static void toucan_scope_node(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node);
static void toucan_scope_tag(toucan_buf_t *b, uint8_t tag, size_t len);


toucan_str_t
toucan_scope_key(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena)
{
    void          *p;
    size_t         n;
    uint8_t        hash[TOUCAN_SHA256_SIZE], *hex;
    toucan_buf_t   b;

    toucan_buf_init(&b, NULL, 0);
    toucan_scope_write(&b, policy, claims);

    n = b.need;

    p = toucan_arena_alloc(arena, n);
    hex = toucan_arena_alloc(arena, 2 * TOUCAN_SHA256_SIZE);

    if (p == NULL || hex == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, n);
    toucan_scope_write(&b, policy, claims);

    if (b.overflow
        || toucan_sha256(toucan_buf_view(&b), hash) != TOUCAN_OK)
    {
        return toucan_str(NULL, 0);
    }

    toucan_hex(hex, hash, TOUCAN_SHA256_SIZE);

    return toucan_str(hex, 2 * TOUCAN_SHA256_SIZE);
}


/*
 * A fixed number of items, but for the attributes, whose number comes first.
 * Each item is a tag, a length and the bytes, so none can run into the next.
 */

static void
toucan_scope_write(toucan_buf_t *b, const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    unsigned              i;
    const toucan_attr_t  *attr;

    toucan_scope_string(b, toucan_cstr(TOUCAN_SCOPE_VERSION));
    toucan_scope_string(b, claims->organization);
    toucan_scope_string(b, toucan_env_name(claims->env));
    toucan_scope_string(b, claims->role);

    toucan_scope_tag(b, '#', policy->nattrs);

    for (i = 0; i < policy->nattrs; i++) {
        attr = &policy->attrs[i];

        toucan_scope_string(b, attr->name);
        toucan_scope_node(b, claims->doc, toucan_attr_node(attr, claims));
    }

    toucan_scope_node(b, claims->doc, claims->permissions);
    toucan_scope_node(b, claims->doc, claims->resources);
}


static void
toucan_scope_string(toucan_buf_t *b, toucan_str_t text)
{
    if (text.data == NULL) {
        toucan_scope_tag(b, '-', 0);
        return;
    }

    toucan_scope_tag(b, 's', text.len);
    toucan_buf_str(b, text);
}


/* A value in its JSON form, from which it could be read back. */

static void
toucan_scope_node(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node)
{
    toucan_buf_t  count;

    if (node == NULL) {
        toucan_scope_tag(b, '-', 0);
        return;
    }

    toucan_buf_init(&count, NULL, 0);
    toucan_json_write(&count, doc, node);

    toucan_scope_tag(b, 'j', count.need);
    toucan_json_write(b, doc, node);
}


static void
toucan_scope_tag(toucan_buf_t *b, uint8_t tag, size_t len)
{
    int       i;
    uint64_t  n;

    n = len;

    toucan_buf_byte(b, tag);

    for (i = 56; i >= 0; i -= 8) {
        toucan_buf_byte(b, (uint8_t) (n >> i));
    }
}
