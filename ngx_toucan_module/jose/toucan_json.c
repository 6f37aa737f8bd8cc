
/*
 * Owns: the ceilings of JSON, and the one allocation of a document: a quick
 * look at the text tells how large that can be, then it is filled.
 */


#include "jose/toucan_json_impl.h"


typedef struct {
    uint32_t         nodes;         /* at most */
    size_t           size;          /* of the document, at most */
    size_t           scratch;       /* bytes behind it */
} toucan_json_need_t;


static toucan_json_fault_e toucan_json_read(toucan_str_t text,
    const toucan_json_limits_t *limits, toucan_arena_t *arena,
    const toucan_doc_t **doc, const uint8_t **where);
static toucan_json_fault_e toucan_json_measure(toucan_json_need_t *need,
    toucan_str_t text, const toucan_json_limits_t *limits);
static size_t toucan_json_bound(toucan_str_t text);
static inline uint64_t toucan_json_begins(uint64_t x);
static toucan_json_fault_e toucan_json_make(toucan_doc_t *doc,
    const toucan_json_need_t *need, uint32_t max_nodes, unsigned max_depth,
    toucan_json_scan_t *s);
static void toucan_json_tighten(toucan_doc_t *doc, uint32_t nodes);
static toucan_rc_t toucan_json_rc(toucan_json_fault_e fault);
static void toucan_json_explain(toucan_diag_t *diag, toucan_str_t text,
    toucan_json_fault_e fault, const uint8_t *where);
static void toucan_json_place(const uint8_t *p, const uint8_t *where,
    unsigned *line, unsigned *column);


const toucan_json_limits_t  toucan_json_token_limits = {
    65536, 16, 1024
};


/* a set of TOUCAN_JWKS_MAX_KEYS private RSA keys has about 60000 values */

const toucan_json_limits_t  toucan_json_file_limits = {
    4 * 1024 * 1024, 16, 200000
};


toucan_rc_t
toucan_json_parse(toucan_str_t text, const toucan_json_limits_t *limits,
    toucan_arena_t *arena, const toucan_doc_t **doc)
{
    return toucan_json_rc(toucan_json_read(text, limits, arena, doc, NULL));
}


toucan_rc_t
toucan_json_parse_file(toucan_str_t text, toucan_arena_t *arena,
    const toucan_doc_t **doc, toucan_diag_t *diag)
{
    const uint8_t        *where;
    toucan_json_fault_e   fault;

    where = text.data;
    fault = toucan_json_read(text, &toucan_json_file_limits, arena, doc,
                             &where);

    if (fault != TOUCAN_JSON_SOUND) {
        toucan_json_explain(diag, text, fault, where);
    }

    return toucan_json_rc(fault);
}


/* where, unless NULL, is set to the place of a fault that has one */

static toucan_json_fault_e
toucan_json_read(toucan_str_t text, const toucan_json_limits_t *limits,
    toucan_arena_t *arena, const toucan_doc_t **doc, const uint8_t **where)
{
    toucan_doc_t         *made;
    toucan_json_scan_t    start, s;
    toucan_json_need_t    need;
    toucan_json_fault_e   fault;

    fault = toucan_json_measure(&need, text, limits);
    if (fault != TOUCAN_JSON_SOUND) {
        return fault;
    }

    made = toucan_arena_alloc(arena, need.size + need.scratch);
    if (made == NULL) {
        return TOUCAN_JSON_FAULT_MEMORY;
    }

    start.pos = text.data;
    start.last = (text.len == 0) ? text.data : text.data + text.len;
    start.out = NULL;

    s = start;
    fault = toucan_json_make(made, &need, need.nodes, limits->depth, &s);

    if (fault == TOUCAN_JSON_SOUND) {
        toucan_json_tighten(made, need.nodes);
        *doc = made;

    } else if (fault == TOUCAN_JSON_FAULT_DUPLICATE && where != NULL) {

        /* nodes do not know their place: read again, up to that one */

        s = start;
        (void) toucan_json_make(made, &need, made->nodes, limits->depth, &s);
    }

    if (where != NULL) {
        *where = s.pos;
    }

    return fault;
}


static toucan_json_fault_e
toucan_json_measure(toucan_json_need_t *need, toucan_str_t text,
    const toucan_json_limits_t *limits)
{
    size_t  nodes;

    if (text.len > limits->bytes) {
        return TOUCAN_JSON_FAULT_BYTES;
    }

    nodes = toucan_json_bound(text);
    nodes = (nodes > limits->nodes) ? limits->nodes : nodes;

    need->nodes = (uint32_t) nodes;

    need->size = sizeof(toucan_doc_t) + nodes * sizeof(toucan_node_t)
                 + text.len;
    need->size += -need->size % sizeof(uint32_t);

    need->scratch = (nodes > TOUCAN_JSON_FEW) ? nodes * sizeof(uint32_t) : 0;

    return (need->size > UINT32_MAX) ? TOUCAN_JSON_FAULT_BYTES
                                     : TOUCAN_JSON_SOUND;
}


/*
 * No less than the values that are made of a text, sound or not: but for the
 * root, each stands behind a comma or a bracket.  Those of strings count, too.
 */

static size_t
toucan_json_bound(toucan_str_t text)
{
    size_t          n, left, words;
    uint64_t        x, sums;
    const uint8_t  *p;

    n = 1;
    p = text.data;
    left = text.len;

    while (left >= TOUCAN_JSON_WORD) {

        /* each byte of sums counts for itself, to 255 at most */

        words = left / TOUCAN_JSON_WORD;
        words = (words > 255) ? 255 : words;
        left -= words * TOUCAN_JSON_WORD;

        for (sums = 0; words > 0; words--) {
            memcpy(&x, p, TOUCAN_JSON_WORD);
            sums += toucan_json_begins(x);
            p += TOUCAN_JSON_WORD;
        }

        for ( /* void */ ; sums > 0; sums >>= 8) {
            n += sums & 0xff;
        }
    }

    for ( /* void */ ; left > 0; left--, p++) {
        n += (*p == ',' || *p == '{' || *p == '[');
    }

    return n;
}


/* 1 in each of eight bytes that is a comma or an opening bracket. */

static inline uint64_t
toucan_json_begins(uint64_t x)
{
    uint64_t  comma, bracket;

    comma = x ^ 0x2c2c2c2c2c2c2c2c;
    bracket = (x | 0x2020202020202020) ^ 0x7b7b7b7b7b7b7b7b;

    /* a byte above one that is found may be found wrongly: one too many */

    return ((((comma - 0x0101010101010101) & ~comma)
             | ((bracket - 0x0101010101010101) & ~bracket)) >> 7)
           & 0x0101010101010101;
}


/* The memory behind the nodes is for texts, the rest of it for sorting. */

static toucan_json_fault_e
toucan_json_make(toucan_doc_t *doc, const toucan_json_need_t *need,
    uint32_t max_nodes, unsigned max_depth, toucan_json_scan_t *s)
{
    uint32_t  *scratch;

    s->out = (uint8_t *) &doc->node[need->nodes];

    scratch = (need->scratch > 0)
              ? (uint32_t *) ((uint8_t *) doc + need->size) : NULL;

    return toucan_json_fill(doc, s, max_nodes, max_depth, scratch);
}


/* Texts move up to the last node, where there was room for more nodes. */

static void
toucan_json_tighten(toucan_doc_t *doc, uint32_t nodes)
{
    uint8_t        *texts;
    uint32_t        gap, start, i;
    toucan_node_t  *node;

    if (doc->nodes == nodes) {
        return;
    }

    texts = (uint8_t *) &doc->node[nodes];
    start = (uint32_t) (texts - (uint8_t *) doc);
    gap = (nodes - doc->nodes) * (uint32_t) sizeof(toucan_node_t);

    memmove(texts - gap, texts, doc->size - start);
    doc->size -= gap;

    for (i = 0; i < doc->nodes; i++) {
        node = &doc->node[i];

        if (node->name != 0) {
            node->name -= gap;
        }

        if (node->type == TOUCAN_JSON_STRING
            || node->type == TOUCAN_JSON_REAL)
        {
            node->v.s.offset -= gap;
        }
    }
}


static toucan_rc_t
toucan_json_rc(toucan_json_fault_e fault)
{
    switch (fault) {

    case TOUCAN_JSON_SOUND:
        return TOUCAN_OK;

    case TOUCAN_JSON_FAULT_BYTES:
        return TOUCAN_TOO_LARGE;

    case TOUCAN_JSON_FAULT_MEMORY:
        return TOUCAN_NO_MEMORY;

    default:
        return TOUCAN_BAD_JSON;
    }
}


static void
toucan_json_explain(toucan_diag_t *diag, toucan_str_t text,
    toucan_json_fault_e fault, const uint8_t *where)
{
    unsigned                     line, column;
    const toucan_json_limits_t  *limits;

    static const char  *what[] = {
        NULL,
#define TOUCAN_JSON_FAULT_TEXT(code, text)  text,
        TOUCAN_JSON_FAULT_MAP(TOUCAN_JSON_FAULT_TEXT)
#undef TOUCAN_JSON_FAULT_TEXT
    };

    limits = &toucan_json_file_limits;

    switch (fault) {

    case TOUCAN_JSON_FAULT_MEMORY:
        toucan_diag_error(diag, "out of memory");
        return;

    case TOUCAN_JSON_FAULT_BYTES:
        toucan_diag_error(diag, "larger than %zu bytes", limits->bytes);
        return;

    case TOUCAN_JSON_FAULT_NODES:
        toucan_diag_error(diag, "more than %u values", limits->nodes);
        return;

    case TOUCAN_JSON_FAULT_ROOT:
        toucan_diag_error(diag, "not a JSON object");
        return;

    default:
        break;
    }

    toucan_json_place(text.data, where, &line, &column);

    if (fault == TOUCAN_JSON_FAULT_DEPTH) {
        toucan_diag_error(diag, "nested deeper than %u levels, at line %u, "
                          "column %u", limits->depth, line, column);
        return;
    }

    toucan_diag_error(diag, "not strict JSON: %s, at line %u, column %u",
                      what[fault], line, column);
}


/* Both count from one, columns in characters. */

static void
toucan_json_place(const uint8_t *p, const uint8_t *where, unsigned *line,
    unsigned *column)
{
    *line = 1;
    *column = 1;

    for ( /* void */ ; p < where; p++) {

        if (*p == '\n') {
            (*line)++;
            *column = 1;

        } else {
            *column += ((*p & 0xc0) != 0x80);
        }
    }
}
