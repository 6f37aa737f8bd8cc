
/*
 * Owns: the grammar of JSON, which makes nodes out of tokens, and the search
 * for members that stand twice in an object.  There is no recursion and no
 * stack: an open container's "next" holds the index of the one around it.
 */


#include "jose/toucan_json_impl.h"


#define TOUCAN_JSON_NONE  UINT32_MAX


typedef struct {
    toucan_doc_t        *doc;
    toucan_json_scan_t  *scan;
    uint32_t             max_nodes;
    unsigned             max_depth;
    unsigned             depth;     /* open containers */
    uint32_t             open;      /* the innermost one */
    uint32_t            *scratch;
} toucan_json_fill_t;


static toucan_json_fault_e toucan_json_fill_node(toucan_json_fill_t *f);
static toucan_json_fault_e toucan_json_fill_name(toucan_json_fill_t *f,
    toucan_node_t *node);
static toucan_json_fault_e toucan_json_fill_value(toucan_json_fill_t *f,
    toucan_node_t *node);
static toucan_json_fault_e toucan_json_fill_close(toucan_json_fill_t *f);
static uint32_t toucan_json_offset(const toucan_json_fill_t *f);
static uint32_t toucan_json_twice(const toucan_doc_t *doc,
    const toucan_node_t *node, uint32_t *scratch);
static uint32_t toucan_json_twice_of_few(const toucan_doc_t *doc,
    const toucan_node_t *node);
static uint32_t toucan_json_twice_of_many(const toucan_doc_t *doc,
    const toucan_node_t *node, uint32_t *list);
static void toucan_json_sift(const toucan_doc_t *doc, uint32_t *heap,
    size_t i, size_t n);
static int toucan_json_order(const toucan_doc_t *doc, uint32_t a, uint32_t b);
static int toucan_json_compare(const toucan_doc_t *doc,
    const toucan_node_t *a, const toucan_node_t *b);


toucan_json_fault_e
toucan_json_fill(toucan_doc_t *doc, toucan_json_scan_t *s, uint32_t max_nodes,
    unsigned max_depth, uint32_t *scratch)
{
    toucan_json_fill_t   f;
    toucan_json_fault_e  fault;

    doc->nodes = 0;

    f.doc = doc;
    f.scan = s;
    f.max_nodes = max_nodes;
    f.max_depth = max_depth;
    f.depth = 0;
    f.open = TOUCAN_JSON_NONE;
    f.scratch = scratch;

    if (toucan_json_scan_space(s) && *s->pos != '{') {
        return TOUCAN_JSON_FAULT_ROOT;
    }

    do {
        fault = toucan_json_fill_node(&f);

        if (fault == TOUCAN_JSON_SOUND) {
            fault = toucan_json_fill_close(&f);
        }

        if (fault != TOUCAN_JSON_SOUND) {
            return fault;
        }

    } while (f.open != TOUCAN_JSON_NONE);

    if (toucan_json_scan_space(s)) {
        return TOUCAN_JSON_FAULT_TRAILING;
    }

    doc->size = toucan_json_offset(&f);

    return TOUCAN_JSON_SOUND;
}


/* One value, its name before it; of a container the opening bracket only. */

static toucan_json_fault_e
toucan_json_fill_node(toucan_json_fill_t *f)
{
    toucan_node_t        *node, *parent;
    toucan_json_fault_e   fault;

    if (!toucan_json_scan_space(f->scan)) {
        return TOUCAN_JSON_FAULT_CUT;
    }

    if (f->doc->nodes == f->max_nodes) {
        return TOUCAN_JSON_FAULT_NODES;
    }

    node = &f->doc->node[f->doc->nodes++];

    node->name = 0;
    node->name_len = 0;
    node->v.integer = 0;

    if (f->open != TOUCAN_JSON_NONE) {
        parent = &f->doc->node[f->open];
        parent->v.s.len++;

        if (parent->type == TOUCAN_JSON_OBJECT) {
            fault = toucan_json_fill_name(f, node);
            if (fault != TOUCAN_JSON_SOUND) {
                return fault;
            }
        }
    }

    node->next = f->doc->nodes;

    return toucan_json_fill_value(f, node);
}


static toucan_json_fault_e
toucan_json_fill_name(toucan_json_fill_t *f, toucan_node_t *node)
{
    toucan_json_fault_e  fault;

    if (*f->scan->pos != '"') {
        return TOUCAN_JSON_FAULT_SYNTAX;
    }

    node->name = toucan_json_offset(f);

    fault = toucan_json_scan_string(f->scan);
    if (fault != TOUCAN_JSON_SOUND) {
        return fault;
    }

    node->name_len = toucan_json_offset(f) - node->name;

    if (!toucan_json_scan_space(f->scan)) {
        return TOUCAN_JSON_FAULT_CUT;
    }

    if (*f->scan->pos != ':') {
        return TOUCAN_JSON_FAULT_SYNTAX;
    }

    f->scan->pos++;

    return toucan_json_scan_space(f->scan) ? TOUCAN_JSON_SOUND
                                           : TOUCAN_JSON_FAULT_CUT;
}


static toucan_json_fault_e
toucan_json_fill_value(toucan_json_fill_t *f, toucan_node_t *node)
{
    uint8_t              c;
    uint32_t             offset;
    toucan_json_fault_e  fault;

    c = *f->scan->pos;

    if (c == '{' || c == '[') {

        if (++f->depth > f->max_depth) {
            return TOUCAN_JSON_FAULT_DEPTH;
        }

        f->scan->pos++;
        node->type = (c == '{') ? TOUCAN_JSON_OBJECT : TOUCAN_JSON_ARRAY;
        node->next = f->open;
        f->open = (uint32_t) (node - f->doc->node);

        return TOUCAN_JSON_SOUND;
    }

    offset = toucan_json_offset(f);

    if (c == '"') {
        fault = toucan_json_scan_string(f->scan);
        node->type = TOUCAN_JSON_STRING;

    } else if (c == '-' || (c >= '0' && c <= '9')) {
        fault = toucan_json_scan_number(f->scan, node);

    } else {
        fault = toucan_json_scan_word(f->scan, node);
    }

    /* after a fault there may be no type */

    if (fault != TOUCAN_JSON_SOUND) {
        return fault;
    }

    if (node->type == TOUCAN_JSON_STRING || node->type == TOUCAN_JSON_REAL) {
        node->v.s.offset = offset;
        node->v.s.len = toucan_json_offset(f) - offset;
    }

    return TOUCAN_JSON_SOUND;
}


/* What may stand after a value, up to where the next one begins. */

static toucan_json_fault_e
toucan_json_fill_close(toucan_json_fill_t *f)
{
    uint8_t         c;
    uint32_t        parent, twice;
    toucan_node_t  *node;

    while (f->open != TOUCAN_JSON_NONE) {

        if (!toucan_json_scan_space(f->scan)) {
            return TOUCAN_JSON_FAULT_CUT;
        }

        node = &f->doc->node[f->open];
        c = *f->scan->pos;

        if (c != ((node->type == TOUCAN_JSON_OBJECT) ? '}' : ']')) {

            if (node->v.s.len == 0) {
                return TOUCAN_JSON_SOUND;
            }

            if (c != ',') {
                return TOUCAN_JSON_FAULT_SYNTAX;
            }

            f->scan->pos++;

            return TOUCAN_JSON_SOUND;
        }

        f->scan->pos++;
        f->depth--;
        parent = node->next;
        node->next = f->doc->nodes;
        f->open = parent;

        twice = toucan_json_twice(f->doc, node, f->scratch);

        if (twice != TOUCAN_JSON_NONE) {
            f->doc->nodes = twice;
            return TOUCAN_JSON_FAULT_DUPLICATE;
        }
    }

    return TOUCAN_JSON_SOUND;
}


/* where the next text goes */

static uint32_t
toucan_json_offset(const toucan_json_fill_t *f)
{
    return (uint32_t) (f->scan->out - (uint8_t *) f->doc);
}


/* The first member whose name another one had before it. */

static uint32_t
toucan_json_twice(const toucan_doc_t *doc, const toucan_node_t *node,
    uint32_t *scratch)
{
    if (node->type != TOUCAN_JSON_OBJECT) {
        return TOUCAN_JSON_NONE;
    }

    return (node->v.s.len <= TOUCAN_JSON_FEW)
           ? toucan_json_twice_of_few(doc, node)
           : toucan_json_twice_of_many(doc, node, scratch);
}


/* Two names that are equal have the same bit; most others have not. */

static uint32_t
toucan_json_twice_of_few(const toucan_doc_t *doc, const toucan_node_t *node)
{
    uint64_t              bit, seen;
    const uint8_t        *name;
    const toucan_node_t  *first, *child, *other;

    seen = 0;
    first = toucan_json_child(doc, node);

    for (child = first;
         child != NULL;
         child = toucan_json_sibling(doc, node, child))
    {
        name = (const uint8_t *) doc + child->name;

        bit = child->name_len;

        if (bit > 0) {
            bit += name[0] * 5u + name[bit - 1] * 11u;
        }

        bit = (uint64_t) 1 << (bit & 63);

        if (seen & bit) {
            for (other = first;
                 other < child;
                 other = &doc->node[other->next])
            {
                if (toucan_json_compare(doc, other, child) == 0) {
                    return (uint32_t) (child - doc->node);
                }
            }
        }

        seen |= bit;
    }

    return TOUCAN_JSON_NONE;
}


/*
 * A heap sort: n log n comparisons whatever the names, which may be those of
 * an attacker, no more memory, and no seed that would have to be kept.
 */

static uint32_t
toucan_json_twice_of_many(const toucan_doc_t *doc, const toucan_node_t *node,
    uint32_t *list)
{
    size_t                i, n;
    uint32_t              top, twice;
    const toucan_node_t  *child;

    n = 0;

    for (child = toucan_json_child(doc, node);
         child != NULL;
         child = toucan_json_sibling(doc, node, child))
    {
        list[n++] = (uint32_t) (child - doc->node);
    }

    for (i = n / 2; i > 0; i--) {
        toucan_json_sift(doc, list, i - 1, n);
    }

    for (i = n - 1; i > 0; i--) {
        top = list[0];
        list[0] = list[i];
        list[i] = top;

        toucan_json_sift(doc, list, 0, i);
    }

    twice = TOUCAN_JSON_NONE;

    for (i = 1; i < n; i++) {
        if (list[i] < twice
            && toucan_json_compare(doc, &doc->node[list[i - 1]],
                                   &doc->node[list[i]]) == 0)
        {
            twice = list[i];
        }
    }

    return twice;
}


static void
toucan_json_sift(const toucan_doc_t *doc, uint32_t *heap, size_t i, size_t n)
{
    size_t    child;
    uint32_t  item;

    item = heap[i];

    for (child = 2 * i + 1; child < n; child = 2 * i + 1) {

        if (child + 1 < n
            && toucan_json_order(doc, heap[child], heap[child + 1]) < 0)
        {
            child++;
        }

        if (toucan_json_order(doc, item, heap[child]) >= 0) {
            break;
        }

        heap[i] = heap[child];
        i = child;
    }

    heap[i] = item;
}


/* by name, and of one name in the order of the text */

static int
toucan_json_order(const toucan_doc_t *doc, uint32_t a, uint32_t b)
{
    int  rc;

    rc = toucan_json_compare(doc, &doc->node[a], &doc->node[b]);

    return (rc != 0) ? rc : (a > b) - (a < b);
}


static int
toucan_json_compare(const toucan_doc_t *doc, const toucan_node_t *a,
    const toucan_node_t *b)
{
    const uint8_t  *start;

    if (a->name_len != b->name_len) {
        return (a->name_len > b->name_len) ? 1 : -1;
    }

    start = (const uint8_t *) doc;

    return memcmp(start + a->name, start + b->name, a->name_len);
}
