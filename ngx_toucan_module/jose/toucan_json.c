
/*
 * Owns: the ceilings of JSON, and the one allocation of a document: a first
 * pass over the text tells how large that is, a second one fills it.
 */


#include "jose/toucan_json_impl.h"


typedef struct {
    uint32_t         nodes;
    size_t           bytes;         /* of names, strings, numbers and words */
    size_t           size;          /* of the document, at most */
    size_t           scratch;       /* bytes behind it */
} toucan_json_need_t;


static toucan_json_fault_e toucan_json_read(toucan_str_t text,
    const toucan_json_limits_t *limits, toucan_arena_t *arena,
    const toucan_doc_t **doc, const uint8_t **where);
static toucan_json_fault_e toucan_json_measure(toucan_json_scan_t *s,
    const toucan_json_limits_t *limits, toucan_json_need_t *need);
static toucan_json_fault_e toucan_json_count(toucan_json_scan_t *s,
    const toucan_json_limits_t *limits, uint32_t *nodes, size_t *bytes);
static const uint8_t *toucan_json_skip_string(const uint8_t *p,
    const uint8_t *last);
static int toucan_json_is_empty(const uint8_t *p, const uint8_t *last);
static toucan_json_fault_e toucan_json_make(toucan_doc_t *doc,
    const toucan_json_need_t *need, uint32_t max_nodes,
    toucan_json_scan_t *s);
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

    if (text.len > limits->bytes) {
        return TOUCAN_JSON_FAULT_BYTES;
    }

    start.pos = text.data;
    start.last = (text.len == 0) ? text.data : text.data + text.len;
    s = start;

    fault = toucan_json_measure(&s, limits, &need);

    if (fault == TOUCAN_JSON_SOUND) {

        made = toucan_arena_alloc(arena, need.size + need.scratch);
        if (made == NULL) {
            return TOUCAN_JSON_FAULT_MEMORY;
        }

        s = start;
        fault = toucan_json_make(made, &need, need.nodes, &s);

        if (fault == TOUCAN_JSON_SOUND) {
            *doc = made;

        } else if (fault == TOUCAN_JSON_FAULT_DUPLICATE && where != NULL) {

            /* nodes do not know their place: read again, up to that one */

            s = start;
            (void) toucan_json_make(made, &need, made->nodes, &s);
        }
    }

    if (where != NULL) {
        *where = s.pos;
    }

    return fault;
}


/*
 * Counts exactly what a sound text needs; of an unsound one, no less than what
 * is made of it before its fault is met.
 */

static toucan_json_fault_e
toucan_json_measure(toucan_json_scan_t *s, const toucan_json_limits_t *limits,
    toucan_json_need_t *need)
{
    size_t               bytes;
    uint32_t             nodes;
    toucan_json_fault_e  fault;

    nodes = 1;
    bytes = 0;

    fault = toucan_json_count(s, limits, &nodes, &bytes);
    if (fault != TOUCAN_JSON_SOUND) {
        return fault;
    }

    need->nodes = nodes;
    need->bytes = bytes;

    need->size = sizeof(toucan_doc_t) + nodes * sizeof(toucan_node_t) + bytes;
    need->size += -need->size % sizeof(uint32_t);

    need->scratch = (nodes > TOUCAN_JSON_FEW) ? nodes * sizeof(uint32_t) : 0;

    return (need->size > UINT32_MAX) ? TOUCAN_JSON_FAULT_BYTES
                                     : TOUCAN_JSON_SOUND;
}


static toucan_json_fault_e
toucan_json_count(toucan_json_scan_t *s, const toucan_json_limits_t *limits,
    uint32_t *nodes, size_t *bytes)
{
    unsigned        depth;
    const uint8_t  *string;

    for (depth = 0; s->pos < s->last; s->pos++) {

        switch (*s->pos) {

        case '"':
            string = s->pos + 1;
            s->pos = toucan_json_skip_string(string, s->last);
            *bytes += (size_t) (s->pos - string);

            if (s->pos == s->last) {
                return TOUCAN_JSON_SOUND;
            }

            break;

        case '{':
        case '[':
            if (++depth > limits->depth) {
                return TOUCAN_JSON_FAULT_DEPTH;
            }

            *nodes += !toucan_json_is_empty(s->pos + 1, s->last);
            break;

        case '}':
        case ']':
            if (depth == 0 || --depth == 0) {
                return TOUCAN_JSON_SOUND;
            }

            break;

        case ',':
            ++*nodes;
            break;

        case ' ':
        case '\t':
        case '\n':
        case '\r':
        case ':':
            break;

        default:
            ++*bytes;
        }

        if (*nodes > limits->nodes) {
            return TOUCAN_JSON_FAULT_NODES;
        }
    }

    return TOUCAN_JSON_SOUND;
}


/* The closing quote, or last. */

static const uint8_t *
toucan_json_skip_string(const uint8_t *p, const uint8_t *last)
{
    for ( /* void */ ; p < last && *p != '"'; p++) {
        if (*p == '\\' && ++p == last) {
            break;
        }
    }

    return p;
}


static int
toucan_json_is_empty(const uint8_t *p, const uint8_t *last)
{
    toucan_json_scan_t  s;

    s.pos = p;
    s.last = last;

    return toucan_json_scan_space(&s) && (*s.pos == '}' || *s.pos == ']');
}


/* The memory behind the nodes is for texts, the rest of it for sorting. */

static toucan_json_fault_e
toucan_json_make(toucan_doc_t *doc, const toucan_json_need_t *need,
    uint32_t max_nodes, toucan_json_scan_t *s)
{
    uint32_t      *scratch;
    toucan_buf_t   out;

    toucan_buf_init(&out, &doc->node[need->nodes], need->bytes);

    scratch = (need->scratch > 0)
              ? (uint32_t *) ((uint8_t *) doc + need->size) : NULL;

    return toucan_json_fill(doc, s, &out, max_nodes, scratch);
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
