
/*
 * Header values: how strings, numbers and lists are written.
 */


#include "gate/toucan_headers.h"
#include "gate/toucan_ascii.h"
#include "gate/toucan_node.h"


/* "-9223372036854775808" */
#define TOUCAN_HEADERS_INTEGER  20


static int toucan_headers_clean(toucan_str_t text);
static size_t toucan_headers_escaped(toucan_str_t text, int element);
static void toucan_headers_write(toucan_buf_t *b, toucan_str_t text,
    int element);
static inline int toucan_headers_plain(toucan_str_t text, size_t i,
    int element);
static int toucan_headers_write_scalar(toucan_buf_t *b,
    const toucan_doc_t *doc, const toucan_node_t *node, int element);
static int toucan_headers_write_node(toucan_buf_t *b,
    const toucan_doc_t *doc, const toucan_node_t *node);


toucan_str_t
toucan_header_encode(toucan_str_t text, toucan_arena_t *arena)
{
    void          *p;
    size_t         n;
    toucan_buf_t   b;

    if (toucan_headers_clean(text)) {
        return text;
    }

    n = text.len + 2 * toucan_headers_escaped(text, 0);

    p = toucan_arena_alloc(arena, n);

    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, n);
    toucan_headers_write(&b, text, 0);

    return b.overflow ? toucan_str(NULL, 0) : toucan_buf_view(&b);
}


/* 1 when all of it can stay as it is. */

static int
toucan_headers_clean(toucan_str_t text)
{
    uint8_t         classes;
    const uint8_t  *p, *last;

    classes = TOUCAN_ASCII_TEXT;
    p = text.data;
    last = (text.len != 0) ? p + text.len : p;

    for ( /* void */ ; last - p >= 4; p += 4) {
        classes &= toucan_ascii[p[0]] & toucan_ascii[p[1]]
                   & toucan_ascii[p[2]] & toucan_ascii[p[3]];
    }

    for ( /* void */ ; p < last; p++) {
        classes &= toucan_ascii[*p];
    }

    return text.len == 0
           || (classes != 0 && text.data[0] != ' '
               && text.data[text.len - 1] != ' ');
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


static inline int
toucan_headers_plain(toucan_str_t text, size_t i, int element)
{
    uint8_t  c;

    c = text.data[i];

    if (toucan_ascii[c] & TOUCAN_ASCII_VALUE) {
        return c != ',' || !element;
    }

    return c == ' ' && i != 0 && i != text.len - 1;
}


toucan_str_t
toucan_header_value(const toucan_doc_t *doc, const toucan_node_t *node,
    toucan_arena_t *arena)
{
    void          *p;
    size_t         n;
    unsigned       pass;
    toucan_buf_t   b;

    if (node == NULL) {
        return toucan_str(NULL, 0);
    }

    switch (node->type) {

    case TOUCAN_JSON_STRING:
        return toucan_header_encode(toucan_node_text(doc, node), arena);

    case TOUCAN_JSON_INTEGER:
        return toucan_header_integer(node->v.integer, arena);

    case TOUCAN_JSON_TRUE:
        return toucan_cstr("true");

    case TOUCAN_JSON_FALSE:
        return toucan_cstr("false");
    }

    /* most fit as they are; escapes may need a second pass */

    n = toucan_header_room(doc, node);

    for (pass = 0; pass < 2; pass++) {
        p = toucan_arena_alloc(arena, n);

        if (p == NULL) {
            return toucan_str(NULL, 0);
        }

        toucan_buf_init(&b, p, n);

        if (!toucan_headers_write_node(&b, doc, node)) {
            return toucan_str(NULL, 0);
        }

        if (!b.overflow) {
            return toucan_buf_view(&b);
        }

        n = b.need;
    }

    return toucan_str(NULL, 0);
}


size_t
toucan_header_room(const toucan_doc_t *doc, const toucan_node_t *node)
{
    size_t                n;
    const toucan_node_t  *child;

    switch (node->type) {

    case TOUCAN_JSON_STRING:
    case TOUCAN_JSON_REAL:
        return node->v.s.len + 2;

    case TOUCAN_JSON_ARRAY:
        n = 2;

        for (child = toucan_node_first(node);
             child != NULL;
             child = toucan_node_after(doc, node, child))
        {
            n += (child->type == TOUCAN_JSON_STRING)
                 ? child->v.s.len + 3 : TOUCAN_HEADERS_INTEGER + 1;
        }

        return n;

    default:
        return TOUCAN_HEADERS_INTEGER;
    }
}


/* Both return 0 when the value has no place in a header. */

static int
toucan_headers_write_node(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node)
{
    int                   first;
    const toucan_node_t  *element;

    if (!toucan_node_is(node, TOUCAN_JSON_ARRAY)) {
        return toucan_headers_write_scalar(b, doc, node, 0);
    }

    first = 1;

    for (element = toucan_node_first(node);
         element != NULL;
         element = toucan_node_after(doc, node, element))
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
        toucan_headers_write(b, toucan_node_text(doc, node), element);
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
toucan_header_integer(int64_t integer, toucan_arena_t *arena)
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
