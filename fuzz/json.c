
/*
 * Owns: the fuzz target of JSON texts, such as key files.  What we take and
 * what jansson takes must be one, to the last value; what we write must be
 * what we read; and every ceiling must lie where it says.
 */


#include "fuzz.h"

#include <jansson.h>


/* What a tree needs of the ceilings. */

typedef struct {
    unsigned         depth;
    unsigned         nodes;
} fuzz_size_t;


static void fuzz_json_measure(json_t *json, unsigned depth, fuzz_size_t *size);
static void fuzz_json_equal(const toucan_doc_t *doc, const toucan_node_t *node,
    json_t *json);


static void
fuzz_json_measure(json_t *json, unsigned depth, fuzz_size_t *size)
{
    size_t       i;
    json_t      *value;
    const char  *name;

    size->nodes++;

    if (!json_is_object(json) && !json_is_array(json)) {
        return;
    }

    if (++depth > size->depth) {
        size->depth = depth;
    }

    json_object_foreach(json, name, value) {
        fuzz_json_measure(value, depth, size);
    }

    json_array_foreach(json, i, value) {
        fuzz_json_measure(value, depth, size);
    }
}


static void
fuzz_json_number(const toucan_doc_t *doc, const toucan_node_t *node,
    json_t *json)
{
    char          *text, *end;
    double         value;
    toucan_str_t   s;

    if (json_is_integer(json)) {
        fuzz_must(node->type == TOUCAN_JSON_INTEGER
                  && node->v.integer == json_integer_value(json),
                  "integer %lld, jansson has %" JSON_INTEGER_FORMAT,
                  (long long) node->v.integer, json_integer_value(json));
        return;
    }

    fuzz_must(node->type == TOUCAN_JSON_REAL, "type %u for a real",
              node->type);

    s = toucan_json_string(doc, node);
    text = malloc(s.len + 1);

    if (text == NULL) {
        abort();
    }

    memcpy(text, s.data, s.len);
    text[s.len] = '\0';

    value = strtod(text, &end);

    fuzz_must(s.len > 0 && *end == '\0' && value == json_real_value(json),
              "real \"%s\", jansson has %.17g", text, json_real_value(json));
    fuzz_must(strpbrk(text, "xXnNpP") == NULL, "real \"%s\"", text);

    free(text);
}


/* Members in the order of the text: so has jansson its objects. */

static void
fuzz_json_object(const toucan_doc_t *doc, const toucan_node_t *node,
    json_t *json)
{
    json_t               *value;
    const char           *name;
    const toucan_node_t  *child, *nocase;

    fuzz_must(node->type == TOUCAN_JSON_OBJECT
              && node->v.s.len == json_object_size(json),
              "type %u for an object of %zu", node->type,
              json_object_size(json));

    child = toucan_json_child(doc, node);

    json_object_foreach(json, name, value) {
        fuzz_must(child != NULL, "no member \"%s\"", name);
        fuzz_must(toucan_str_is(toucan_json_name(doc, child), name),
                  "member \"%.*s\" instead of \"%s\"",
                  toucan_fmt(toucan_json_name(doc, child)), name);
        fuzz_must(toucan_json_name(doc, child).data != NULL, "an absent name");
        fuzz_must(toucan_json_member(doc, node, toucan_cstr(name)) == child,
                  "another member is found for \"%s\"", name);

        nocase = toucan_json_member_nocase(doc, node, toucan_cstr(name));
        fuzz_must(nocase == child || nocase == NULL,
                  "another member is found for \"%s\", in any case", name);

        fuzz_json_equal(doc, child, value);
        child = toucan_json_sibling(doc, node, child);
    }

    fuzz_must(child == NULL, "more members than jansson has");
}


static void
fuzz_json_array(const toucan_doc_t *doc, const toucan_node_t *node,
    json_t *json)
{
    size_t                i;
    json_t               *value;
    const toucan_node_t  *child;

    fuzz_must(node->type == TOUCAN_JSON_ARRAY
              && node->v.s.len == json_array_size(json),
              "type %u for an array of %zu", node->type,
              json_array_size(json));

    child = toucan_json_child(doc, node);

    json_array_foreach(json, i, value) {
        fuzz_must(child != NULL, "no element %zu", i);
        fuzz_must(toucan_json_name(doc, child).data == NULL,
                  "an element with a name");

        fuzz_json_equal(doc, child, value);
        child = toucan_json_sibling(doc, node, child);
    }

    fuzz_must(child == NULL, "more elements than jansson has");
}


static void
fuzz_json_equal(const toucan_doc_t *doc, const toucan_node_t *node,
    json_t *json)
{
    toucan_str_t  s;

    switch (json_typeof(json)) {

    case JSON_OBJECT:
        fuzz_json_object(doc, node, json);
        break;

    case JSON_ARRAY:
        fuzz_json_array(doc, node, json);
        break;

    case JSON_STRING:
        s = toucan_str(json_string_value(json), json_string_length(json));
        fuzz_must(node->type == TOUCAN_JSON_STRING
                  && toucan_json_string(doc, node).data != NULL
                  && toucan_str_eq(toucan_json_string(doc, node), s),
                  "\"%.*s\", jansson has \"%.*s\"",
                  toucan_fmt(toucan_json_string(doc, node)), toucan_fmt(s));
        break;

    case JSON_INTEGER:
    case JSON_REAL:
        fuzz_json_number(doc, node, json);
        break;

    case JSON_TRUE:
        fuzz_must(node->type == TOUCAN_JSON_TRUE, "type %u", node->type);
        break;

    case JSON_FALSE:
        fuzz_must(node->type == TOUCAN_JSON_FALSE, "type %u", node->type);
        break;

    case JSON_NULL:
        fuzz_must(node->type == TOUCAN_JSON_NULL, "type %u", node->type);
        break;
    }
}


/* The block holds together: what toucan_json.h says of nodes and offsets. */

static void
fuzz_json_block(const toucan_doc_t *doc)
{
    uint32_t              i;
    const toucan_node_t  *node;

    fuzz_must(doc->nodes > 0
              && doc->size >= sizeof(toucan_doc_t)
                              + doc->nodes * sizeof(toucan_node_t),
              "%u nodes in %u bytes", doc->nodes, doc->size);

    for (i = 0; i < doc->nodes; i++) {
        node = &doc->node[i];

        fuzz_must(node->next > i && node->next <= doc->nodes,
                  "node %u: next is %u", i, node->next);
        fuzz_must((uint64_t) node->name + node->name_len <= doc->size,
                  "node %u: name at %u", i, node->name);

        if (node->type == TOUCAN_JSON_STRING || node->type == TOUCAN_JSON_REAL)
        {
            fuzz_must((uint64_t) node->v.s.offset + node->v.s.len <= doc->size,
                      "node %u: text at %u", i, node->v.s.offset);
        }

        if (node->type != TOUCAN_JSON_ARRAY && node->type != TOUCAN_JSON_OBJECT)
        {
            fuzz_must(node->next == i + 1, "node %u: a leaf with children", i);
        }
    }

    fuzz_must(doc->node[0].next == doc->nodes, "the root ends at %u",
              doc->node[0].next);
}


static void
fuzz_json_again(unit_arena_t *a, const toucan_doc_t *doc)
{
    toucan_rc_t          rc;
    toucan_str_t         text;
    toucan_diag_t        why;
    const toucan_doc_t  *again;

    toucan_diag_init(&why);

    text = fuzz_json(a, doc, toucan_json_root(doc));
    rc = toucan_json_parse_file(text, &a->arena, &again, &why);

    fuzz_must(rc == TOUCAN_OK, "what is written is refused: %s", why.error);
    fuzz_must(fuzz_printable(text), "what is written is not ASCII");
    fuzz_must(fuzz_same(doc, toucan_json_root(doc), again,
                        toucan_json_root(again)),
              "what is written reads otherwise");
    fuzz_must(doc->size == again->size && memcmp(doc, again, doc->size) == 0,
              "what is written is laid out otherwise");
}


/* With ceilings that just suffice, and with each one lowered by one. */

static void
fuzz_json_ceilings(unit_arena_t *a, toucan_str_t text, fuzz_size_t size)
{
    unsigned               i;
    toucan_rc_t            rc, want;
    const toucan_doc_t    *doc;
    toucan_json_limits_t   limits;

    for (i = 0; i < 4; i++) {
        limits.bytes = text.len - (i == 1);
        limits.depth = size.depth - (i == 2);
        limits.nodes = size.nodes - (i == 3);

        want = (i == 0) ? TOUCAN_OK
               : (i == 1) ? TOUCAN_TOO_LARGE : TOUCAN_BAD_JSON;

        doc = NULL;
        rc = toucan_json_parse(text, &limits, &a->arena, &doc);

        fuzz_must(rc == want, "rc %d, not %d, at ceilings of %zu, %u, %u", rc,
                  want, limits.bytes, limits.depth, limits.nodes);
        fuzz_must((doc != NULL) == (rc == TOUCAN_OK), "rc %d", rc);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                          taken;
    json_t                      *json;
    fuzz_size_t                  needs;
    toucan_rc_t                  rc;
    toucan_str_t                 text;
    unit_arena_t                 a;
    toucan_diag_t                why;
    const toucan_doc_t          *doc;
    const toucan_json_limits_t  *limits;

    unit_arena_init(&a, 0);
    toucan_diag_init(&why);

    text = fuzz_copy(&a, data, size);
    limits = &toucan_json_file_limits;
    doc = NULL;

    rc = toucan_json_parse_file(text, &a.arena, &doc, &why);

    memset(&needs, 0, sizeof(fuzz_size_t));
    json = json_loadb((const char *) text.data, size, JSON_REJECT_DUPLICATES,
                      NULL);

    if (json != NULL) {
        fuzz_json_measure(json, 0, &needs);
    }

    /* jansson passes over a NUL behind a number: it forgets what it put back */

    taken = json_is_object(json) && memchr(text.data, '\0', size) == NULL
            && size <= limits->bytes && needs.depth <= limits->depth
            && needs.nodes <= limits->nodes;

    fuzz_must((rc == TOUCAN_OK) == taken, "%s; jansson: %s",
              rc ? why.error : "taken", json ? "taken" : "refused");

    if (rc == TOUCAN_OK) {
        fuzz_must(doc->nodes == needs.nodes, "%u nodes, jansson has %u",
                  doc->nodes, needs.nodes);
        fuzz_json_block(doc);
        fuzz_json_equal(doc, toucan_json_root(doc), json);
        fuzz_json_again(&a, doc);
        fuzz_json_ceilings(&a, text, needs);

    } else {
        fuzz_must(rc == TOUCAN_BAD_JSON || rc == TOUCAN_TOO_LARGE, "rc %d",
                  rc);
        fuzz_must(doc == NULL, "a document of a text that is refused");
        fuzz_told(&why);
    }

    json_decref(json);
    unit_arena_done(&a);

    return 0;
}
