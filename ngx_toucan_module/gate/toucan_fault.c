
/*
 * The field that is wrong, as a JSON Pointer (RFC 6901).
 */


#include "gate/toucan_fault.h"


static void toucan_fault_write(toucan_buf_t *b, const toucan_str_t *segments,
    unsigned n);


toucan_rc_t
toucan_fault(toucan_fault_t *fault, toucan_arena_t *arena, toucan_rc_t rc,
    const char *message, const toucan_str_t *segments, unsigned n)
{
    toucan_buf_t  b;

    fault->message = message;
    fault->field = toucan_cstr("");

    if (n == 0) {
        return rc;
    }

    toucan_buf_init(&b, NULL, 0);
    toucan_fault_write(&b, segments, n);

    toucan_buf_init(&b, toucan_arena_alloc(arena, b.need), b.need);
    toucan_fault_write(&b, segments, n);

    fault->field = toucan_buf_view(&b);

    return rc;
}


/* Section 3: "~" is "~0", "/" is "~1". */

static void
toucan_fault_write(toucan_buf_t *b, const toucan_str_t *segments, unsigned n)
{
    size_t    i;
    uint8_t   c;
    unsigned  k;

    for (k = 0; k < n; k++) {
        toucan_buf_byte(b, '/');

        for (i = 0; i < segments[k].len; i++) {
            c = segments[k].data[i];

            if (c == '~' || c == '/') {
                toucan_buf_byte(b, '~');
                c = (c == '~') ? '0' : '1';
            }

            toucan_buf_byte(b, c);
        }
    }
}


toucan_str_t
toucan_fault_index(unsigned i, uint8_t text[TOUCAN_FAULT_INDEX_SIZE])
{
    uint8_t  *p;

    p = text + TOUCAN_FAULT_INDEX_SIZE;

    do {
        *--p = (uint8_t) ('0' + i % 10);
        i /= 10;
    } while (i != 0);

    return toucan_str(p, (size_t) (text + TOUCAN_FAULT_INDEX_SIZE - p));
}
