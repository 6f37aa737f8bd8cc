
/*
 * The body of a request to revoke: a strict JSON object, every member of which
 * is known and of the right form.
 */


#include "gate/toucan_revoke.h"


typedef struct {
    toucan_revoke_request_t  *request;
    const toucan_apikey_t    *key;
    int64_t                   now;
    int64_t                   latest;       /* that issuedBefore may be */
    int64_t                   before;       /* issuedBefore; -1: not given */
    toucan_arena_t           *arena;
    toucan_fault_t           *fault;
} toucan_revoke_read_t;


static toucan_rc_t toucan_revoke_member(toucan_revoke_read_t *read,
    const toucan_doc_t *doc, const toucan_node_t *node);
static toucan_rc_t toucan_revoke_before(toucan_revoke_read_t *read,
    const toucan_node_t *node, toucan_str_t name);
static toucan_revoke_e toucan_revoke_what(toucan_str_t name);
static void toucan_revoke_narrow(const toucan_revoke_read_t *read,
    toucan_revocation_t *revocation);
static toucan_rc_t toucan_revoke_bad(toucan_revoke_read_t *read,
    toucan_str_t name, const char *message);


/* By toucan_revoke_e. */

static const toucan_str_t  toucan_revoke_members[] = {
    toucan_string("jti"),
    toucan_string("sid"),
    toucan_string("distinctId"),
    toucan_string("organization"),
    toucan_string("clientId")
};


toucan_rc_t
toucan_revoke_read(toucan_revoke_request_t *request, toucan_str_t body,
    const toucan_apikey_t *key, int64_t now, int64_t leeway,
    toucan_arena_t *arena, toucan_fault_t *fault)
{
    unsigned               i;
    toucan_rc_t            rc;
    toucan_revoke_read_t   read;
    const toucan_doc_t    *doc;
    const toucan_node_t   *root, *node;

    memset(request, 0, sizeof(toucan_revoke_request_t));

    read.request = request;
    read.key = key;
    read.now = now;
    read.latest = (leeway > INT64_MAX - now) ? INT64_MAX : now + leeway;
    read.before = -1;
    read.arena = arena;
    read.fault = fault;

    rc = toucan_json_parse(body, &toucan_json_token_limits, arena, &doc);

    if (rc == TOUCAN_NO_MEMORY) {
        return rc;
    }

    if (rc != TOUCAN_OK) {
        return toucan_revoke_bad(&read, toucan_str(NULL, 0),
                                 "the body is not a strict JSON object");
    }

    root = toucan_json_root(doc);

    for (node = toucan_json_child(doc, root);
         node != NULL;
         node = toucan_json_sibling(doc, root, node))
    {
        rc = toucan_revoke_member(&read, doc, node);

        if (rc != TOUCAN_OK) {
            request->n = 0;
            return rc;
        }
    }

    if (request->n == 0) {
        return toucan_revoke_bad(&read, toucan_str(NULL, 0),
                                 "there is nothing to revoke: name a jti, "
                                 "sid, distinctId, organization or clientId");
    }

    for (i = 0; i < request->n; i++) {
        toucan_revoke_narrow(&read, &request->revocation[i]);
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_revoke_member(toucan_revoke_read_t *read, const toucan_doc_t *doc,
    const toucan_node_t *node)
{
    toucan_str_t          name, value;
    toucan_revoke_e       what;
    toucan_revocation_t  *revocation;

    name = toucan_json_name(doc, node);

    if (toucan_str_is(name, "issuedBefore")) {
        return toucan_revoke_before(read, node, name);
    }

    what = toucan_revoke_what(name);

    if (what == TOUCAN_REVOKE_MAX) {
        return toucan_revoke_bad(read, name, "there is no such member");
    }

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return toucan_revoke_bad(read, name, "it must be a string");
    }

    value = toucan_json_string(doc, node);

    if (value.len == 0 || value.len > TOUCAN_REVOKE_NAME_MAX) {
        return toucan_revoke_bad(read, name, "it must have 1 to 256 bytes");
    }

    if (what == TOUCAN_REVOKE_ORGANIZATION
        && read->key->organization.data != NULL
        && !toucan_str_eq(value, read->key->organization))
    {
        return toucan_fault(read->fault, read->arena, TOUCAN_SCOPE_EXCEEDS_KEY,
                            "the API key is bound to another organization",
                            &name, 1);
    }

    /* the names of members differ: there are never more than fit */

    revocation = &read->request->revocation[read->request->n++];

    revocation->what = what;
    revocation->name = value;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_revoke_before(toucan_revoke_read_t *read, const toucan_node_t *node,
    toucan_str_t name)
{
    if (!toucan_json_is(node, TOUCAN_JSON_INTEGER)
        || node->v.integer < 0 || node->v.integer > TOUCAN_JSON_MAX_INTEGER)
    {
        return toucan_revoke_bad(read, name, "it must be an integer: seconds "
                                             "since the epoch");
    }

    if (node->v.integer > read->latest) {
        return toucan_revoke_bad(read, name, "it must not be in the future");
    }

    read->before = node->v.integer;

    return TOUCAN_OK;
}


static toucan_revoke_e
toucan_revoke_what(toucan_str_t name)
{
    unsigned  i;

    for (i = 0; i < TOUCAN_REVOKE_MAX; i++) {
        if (toucan_str_eq(name, toucan_revoke_members[i])) {
            break;
        }
    }

    return (toucan_revoke_e) i;
}


/* An organization is as narrow as its name. */

static void
toucan_revoke_narrow(const toucan_revoke_read_t *read,
    toucan_revocation_t *revocation)
{
    revocation->sandbox = (read->key->env == TOUCAN_ENV_SANDBOX);

    if (revocation->what != TOUCAN_REVOKE_ORGANIZATION) {
        revocation->organization = read->key->organization;
    }

    if (read->before >= 0) {
        revocation->cutoff = read->before;

    } else if (revocation->what == TOUCAN_REVOKE_JTI
               || revocation->what == TOUCAN_REVOKE_SID)
    {
        revocation->cutoff = TOUCAN_REVOKE_ANY_TIME;

    } else {
        revocation->cutoff = read->now;
    }
}


static toucan_rc_t
toucan_revoke_bad(toucan_revoke_read_t *read, toucan_str_t name,
    const char *message)
{
    return toucan_fault(read->fault, read->arena, TOUCAN_BAD_REQUEST, message,
                        &name, (name.data != NULL) ? 1 : 0);
}
