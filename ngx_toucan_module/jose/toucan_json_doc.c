
/*
 * A parsed document: finding values in it, and writing JSON, which is compact
 * and ASCII whatever the strings hold.
 */


#include "jose/toucan_json_impl.h"


/* for a byte that begins no sound sequence */

#define TOUCAN_JSON_REPLACEMENT  0xfffd


static int toucan_json_is_plain(uint8_t c);
static void toucan_json_write_char(toucan_buf_t *b, uint32_t c);
static void toucan_json_write_unit(toucan_buf_t *b, uint32_t unit);
static void toucan_json_write_items(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node);


const toucan_node_t *
toucan_json_member(const toucan_doc_t *doc, const toucan_node_t *node,
    toucan_str_t name)
{
    const toucan_node_t  *child;

    if (!toucan_json_is(node, TOUCAN_JSON_OBJECT)) {
        return NULL;
    }

    for (child = toucan_json_child(doc, node);
         child != NULL;
         child = toucan_json_sibling(doc, node, child))
    {
        if (toucan_str_eq(toucan_json_name(doc, child), name)) {
            return child;
        }
    }

    return NULL;
}


const toucan_node_t *
toucan_json_member_nocase(const toucan_doc_t *doc, const toucan_node_t *node,
    toucan_str_t name)
{
    const toucan_node_t  *child, *found;

    if (!toucan_json_is(node, TOUCAN_JSON_OBJECT)) {
        return NULL;
    }

    found = NULL;

    for (child = toucan_json_child(doc, node);
         child != NULL;
         child = toucan_json_sibling(doc, node, child))
    {
        if (toucan_str_caseeq(toucan_json_name(doc, child), name)) {
            if (found != NULL) {
                return NULL;
            }

            found = child;
        }
    }

    return found;
}


void
toucan_json_write_string(toucan_buf_t *b, toucan_str_t text)
{
    const uint8_t  *p, *last, *plain;

    toucan_buf_byte(b, '"');

    p = text.data;
    last = (text.len == 0) ? p : p + text.len;

    while (p < last) {
        plain = p;

        while (p < last && toucan_json_is_plain(*p)) {
            p++;
        }

        toucan_buf_write(b, plain, (size_t) (p - plain));

        if (p < last) {
            toucan_json_write_char(b, toucan_json_decode(&p, last));
        }
    }

    toucan_buf_byte(b, '"');
}


/* "%" is escaped, too: decodeURIComponent() leaves such a text as it is. */

static int
toucan_json_is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%';
}


static void
toucan_json_write_char(toucan_buf_t *b, uint32_t c)
{
    switch (c) {

    case TOUCAN_JSON_NO_CHAR:
        toucan_json_write_unit(b, TOUCAN_JSON_REPLACEMENT);
        return;

    case '"':
        toucan_buf_write(b, "\\\"", 2);
        return;

    case '\\':
        toucan_buf_write(b, "\\\\", 2);
        return;

    case '\b':
        toucan_buf_write(b, "\\b", 2);
        return;

    case '\f':
        toucan_buf_write(b, "\\f", 2);
        return;

    case '\n':
        toucan_buf_write(b, "\\n", 2);
        return;

    case '\r':
        toucan_buf_write(b, "\\r", 2);
        return;

    case '\t':
        toucan_buf_write(b, "\\t", 2);
        return;
    }

    if (c >= 0x10000) {
        c -= 0x10000;
        toucan_json_write_unit(b, 0xd800 | c >> 10);
        toucan_json_write_unit(b, 0xdc00 | (c & 0x3ff));
        return;
    }

    toucan_json_write_unit(b, c);
}


static void
toucan_json_write_unit(toucan_buf_t *b, uint32_t unit)
{
    uint8_t            text[6];
    unsigned           i;
    static const char  digits[] = "0123456789abcdef";

    text[0] = '\\';
    text[1] = 'u';

    for (i = 5; i > 1; i--) {
        text[i] = (uint8_t) digits[unit & 0x0f];
        unit >>= 4;
    }

    toucan_buf_write(b, text, sizeof(text));
}


/* the numbers from 00 to 99: two digits for one division */

static const char  toucan_json_pairs[] =
    "000102030405060708091011121314151617181920212223242526272829"
    "303132333435363738394041424344454647484950515253545556575859"
    "606162636465666768697071727374757677787980818283848586878889"
    "90919293949596979899";


void
toucan_json_write_integer(toucan_buf_t *b, int64_t value)
{
    uint8_t      text[20], *p, *last;   /* "-9223372036854775808" */
    uint64_t     rest;
    const char  *pair;

    last = text + sizeof(text);
    p = last;
    rest = (value < 0) ? 0 - (uint64_t) value : (uint64_t) value;

    while (rest >= 100) {
        pair = &toucan_json_pairs[2 * (rest % 100)];
        rest /= 100;
        *--p = (uint8_t) pair[1];
        *--p = (uint8_t) pair[0];
    }

    if (rest >= 10) {
        *--p = (uint8_t) ('0' + rest % 10);
        rest /= 10;
    }

    *--p = (uint8_t) ('0' + rest);

    if (value < 0) {
        *--p = '-';
    }

    toucan_buf_write(b, p, (size_t) (last - p));
}


/* As deep as the document, which toucan_json_parse() has bounded. */

void
toucan_json_write(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node)
{
    switch (node->type) {

    case TOUCAN_JSON_FALSE:
        toucan_buf_write(b, "false", 5);
        break;

    case TOUCAN_JSON_TRUE:
        toucan_buf_write(b, "true", 4);
        break;

    case TOUCAN_JSON_INTEGER:
        toucan_json_write_integer(b, node->v.integer);
        break;

    case TOUCAN_JSON_REAL:
        toucan_buf_str(b, toucan_json_string(doc, node));
        break;

    case TOUCAN_JSON_STRING:
        toucan_json_write_string(b, toucan_json_string(doc, node));
        break;

    case TOUCAN_JSON_ARRAY:
        toucan_buf_byte(b, '[');
        toucan_json_write_items(b, doc, node);
        toucan_buf_byte(b, ']');
        break;

    case TOUCAN_JSON_OBJECT:
        toucan_buf_byte(b, '{');
        toucan_json_write_items(b, doc, node);
        toucan_buf_byte(b, '}');
        break;

    default:
        toucan_buf_write(b, "null", 4);
        break;
    }
}


static void
toucan_json_write_items(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node)
{
    const toucan_node_t  *child;

    child = toucan_json_child(doc, node);

    while (child != NULL) {

        if (node->type == TOUCAN_JSON_OBJECT) {
            toucan_json_write_string(b, toucan_json_name(doc, child));
            toucan_buf_byte(b, ':');
        }

        toucan_json_write(b, doc, child);

        child = toucan_json_sibling(doc, node, child);

        if (child != NULL) {
            toucan_buf_byte(b, ',');
        }
    }
}
