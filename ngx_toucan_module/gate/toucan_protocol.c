
/*
 * The list of protocols that a WebSocket offers: a list with commas, whose
 * empty elements count for nothing (RFC 9110 section 5.6.1), over any number
 * of lines.
 */


#include "gate/toucan_protocol.h"


static toucan_str_t toucan_protocol_next(toucan_str_t *rest);


unsigned
toucan_protocol_line(toucan_protocol_t *p, toucan_str_t line, toucan_buf_t *b)
{
    unsigned      cut, kept;
    toucan_str_t  element;

    cut = 0;
    kept = 0;

    for ( ;; ) {
        element = toucan_protocol_next(&line);

        if (element.data == NULL) {
            return cut;
        }

        if (toucan_str_is(element, TOUCAN_PROTOCOL)) {
            p->offers++;
            p->after = 1;
            cut++;
            continue;
        }

        if (p->after) {
            p->token = element;
            p->tokens++;
            p->after = 0;
            cut++;
            continue;
        }

        if (b != NULL) {

            if (kept++) {
                toucan_buf_write(b, ", ", 2);
            }

            toucan_buf_str(b, element);
        }
    }
}


/* The next element, without the white space around it; absent at the end. */

static toucan_str_t
toucan_protocol_next(toucan_str_t *rest)
{
    const uint8_t  *p, *end, *last;

    if (rest->len == 0) {
        return toucan_str(NULL, 0);
    }

    p = rest->data;
    last = p + rest->len;

    while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
        p++;
    }

    if (p == last) {
        return toucan_str(NULL, 0);
    }

    for (end = p; end < last && *end != ','; end++) {
        /* void */
    }

    *rest = toucan_str(end, (size_t) (last - end));

    while (end[-1] == ' ' || end[-1] == '\t') {
        end--;
    }

    return toucan_str(p, (size_t) (end - p));
}
