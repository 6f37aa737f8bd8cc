
/*
 * Owns: the fuzz target of forms.  The input is the name of a parameter and,
 * behind a NUL, a body.  What is read is held against a slow reader.
 */


#include "fuzz.h"


/* Undoes "+" and escapes; 0 when one is broken. */

static int
fuzz_form_undo(toucan_str_t src, uint8_t *dst, size_t *len)
{
    char    hex[3];
    size_t  i;

    *len = 0;

    for (i = 0; i < src.len; i++) {
        if (src.data[i] != '%') {
            dst[(*len)++] = (src.data[i] == '+') ? ' ' : src.data[i];
            continue;
        }

        if (i + 2 >= src.len) {
            return 0;
        }

        memcpy(hex, src.data + i + 1, 2);
        hex[2] = '\0';

        if (strspn(hex, "0123456789abcdefABCDEF") != 2) {
            return 0;
        }

        dst[(*len)++] = (uint8_t) strtoul(hex, NULL, 16);
        i += 2;
    }

    return 1;
}


static toucan_rc_t
fuzz_form_slow(unit_arena_t *a, toucan_str_t body, toucan_str_t name,
    toucan_str_t *value)
{
    size_t          len;
    uint8_t        *text;
    unsigned        n;
    toucan_str_t    pair, key, rest;
    const uint8_t  *eq;

    n = 0;
    *value = toucan_str(NULL, 0);

    while (body.len > 0) {
        pair = fuzz_cut(a, &body.data, &body.len, '&');
        eq = (pair.len > 0) ? memchr(pair.data, '=', pair.len) : NULL;
        key = toucan_str(pair.data, eq ? (size_t) (eq - pair.data) : pair.len);
        rest = eq ? toucan_str(eq + 1, pair.len - key.len - 1)
                  : toucan_str(NULL, 0);

        text = toucan_arena_alloc(&a->arena, pair.len + 1);

        if (!fuzz_form_undo(key, text, &len)) {
            return TOUCAN_BAD_REQUEST;
        }

        if (len != name.len || memcmp(text, name.data, len) != 0) {
            continue;
        }

        if (++n > 1 || rest.len == 0 || !fuzz_form_undo(rest, text, &len)) {
            return TOUCAN_BAD_REQUEST;
        }

        *value = toucan_str(text, len);
    }

    return TOUCAN_OK;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    toucan_rc_t    rc, want;
    toucan_str_t   name, body, value, slow;
    unit_arena_t   a;

    unit_arena_init(&a, 0);

    name = fuzz_cut(&a, &data, &size, '\0');

    if (name.len == 0) {
        name = toucan_cstr("token");
    }

    body = fuzz_copy(&a, data, size);

    rc = toucan_form_value(body, name, &a.arena, &value);
    want = fuzz_form_slow(&a, body, name, &slow);

    fuzz_must(rc == want, "%.*s: rc %d, not %d", toucan_fmt(name), rc, want);
    fuzz_must(rc == TOUCAN_OK || value.data == NULL, "refused, with a value");
    fuzz_must(rc != TOUCAN_OK
              || ((value.data == NULL) == (slow.data == NULL)
                  && toucan_str_eq(value, slow)),
              "%.*s: \"%.*s\", not \"%.*s\"", toucan_fmt(name),
              toucan_fmt(value), toucan_fmt(slow));
    fuzz_must(value.data == NULL || value.len > 0, "an empty value");

    unit_arena_done(&a);

    return 0;
}
