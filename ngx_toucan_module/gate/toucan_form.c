
/*
 * One parameter of a form.
 */


#include "gate/toucan_form.h"


static int toucan_form_decode(toucan_str_t src, uint8_t *dst, size_t *len);


toucan_rc_t
toucan_form_value(toucan_str_t body, toucan_str_t name, toucan_arena_t *arena,
    toucan_str_t *value)
{
    size_t          len;
    uint8_t        *text;
    unsigned        found;
    toucan_str_t    pair, rest, first;
    const uint8_t  *p, *last;

    *value = toucan_str(NULL, 0);

    if (body.len == 0) {
        return TOUCAN_OK;
    }

    /* no pair is longer decoded than it is as it stands */

    text = toucan_arena_alloc(arena, body.len);
    if (text == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    found = 0;
    first = toucan_str(NULL, 0);
    last = body.data + body.len;

    for (p = body.data; p < last; p += pair.len + 1) {
        pair.data = p;
        pair.len = 0;

        while (p + pair.len < last && p[pair.len] != '&') {
            pair.len++;
        }

        rest = pair;

        while (rest.len != 0 && *rest.data != '=') {
            rest.data++;
            rest.len--;
        }

        if (!toucan_form_decode(toucan_str(pair.data, pair.len - rest.len),
                                text, &len))
        {
            return TOUCAN_BAD_REQUEST;
        }

        if (!toucan_str_eq(toucan_str(text, len), name)) {
            continue;
        }

        if (found++ != 0 || rest.len < 2
            || !toucan_form_decode(toucan_str(rest.data + 1, rest.len - 1),
                                   text, &len))
        {
            return TOUCAN_BAD_REQUEST;
        }

        first = toucan_str(text, len);

        text += len;
    }

    *value = first;

    return TOUCAN_OK;
}


static int
toucan_form_decode(toucan_str_t src, uint8_t *dst, size_t *len)
{
    int      high, low;
    size_t   i;
    uint8_t  c;

    *len = 0;

    for (i = 0; i < src.len; i++) {
        c = src.data[i];

        if (c == '+') {
            c = ' ';

        } else if (c == '%') {

            if (src.len - i < 3) {
                return 0;
            }

            high = toucan_hex_value(src.data[i + 1]);
            low = toucan_hex_value(src.data[i + 2]);

            if (high < 0 || low < 0) {
                return 0;
            }

            c = (uint8_t) (high << 4 | low);
            i += 2;
        }

        dst[(*len)++] = c;
    }

    return 1;
}
