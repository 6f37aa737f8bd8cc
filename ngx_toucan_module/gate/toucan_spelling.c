
/*
 * Spellings: could two readers take one request path, or one argument, for
 * different things?
 */


#include "gate/toucan_perm.h"


/* The continuation bytes that a UTF-8 sequence still needs (RFC 3629). */

typedef struct {
    unsigned         need;
    uint8_t          low;
    uint8_t          high;
} toucan_spelling_utf8_t;


static int toucan_spelling_byte(toucan_str_t text, size_t *i);
static int toucan_spelling_utf8(toucan_spelling_utf8_t *u, uint8_t c);
static int toucan_spelling_unsafe(uint8_t c, int escaped);
static int toucan_spelling_dots(toucan_str_t segment);
static int toucan_spelling_same(toucan_str_t spelling, toucan_str_t name);
static uint8_t toucan_spelling_fold(uint8_t c);


int
toucan_path_ambiguous(toucan_str_t path)
{
    int                     c;
    size_t                  i, at, start;
    toucan_spelling_utf8_t  utf8;

    if (path.len == 0 || path.data[0] != '/') {
        return 1;
    }

    start = 1;
    utf8.need = 0;

    for (i = 1; i < path.len; /* void */ ) {

        at = i;
        c = toucan_spelling_byte(path, &i);

        if (c < 0 || !toucan_spelling_utf8(&utf8, (uint8_t) c)) {
            return 1;
        }

        if (path.data[at] == '/') {

            if (at == start
                || toucan_spelling_dots(toucan_str(path.data + start,
                                                   at - start)))
            {
                return 1;
            }

            start = i;
            continue;
        }

        if (toucan_spelling_unsafe((uint8_t) c, path.data[at] == '%')) {
            return 1;
        }
    }

    /* what follows the last slash may be empty */

    return utf8.need != 0
           || toucan_spelling_dots(toucan_str(path.data + start,
                                              path.len - start));
}


/* The byte at *i, its escape undone; -1 when the escape is broken. */

static int
toucan_spelling_byte(toucan_str_t text, size_t *i)
{
    int      high, low;
    uint8_t  c;

    c = text.data[(*i)++];

    if (c != '%') {
        return c;
    }

    if (text.len - *i < 2) {
        return -1;
    }

    high = toucan_hex_value(text.data[*i]);
    low = toucan_hex_value(text.data[*i + 1]);

    if (high < 0 || low < 0) {
        return -1;
    }

    *i += 2;

    return high << 4 | low;
}


/*
 * 0 when the byte cannot come next: an overlong "/" is a slash to some
 * readers.
 */

static int
toucan_spelling_utf8(toucan_spelling_utf8_t *u, uint8_t c)
{
    if (u->need != 0) {

        if (c < u->low || c > u->high) {
            return 0;
        }

        u->need--;
        u->low = 0x80;
        u->high = 0xbf;

        return 1;
    }

    if (c < 0x80) {
        return 1;
    }

    if (c < 0xc2 || c > 0xf4) {
        return 0;
    }

    u->need = (c < 0xe0) ? 1 : (c < 0xf0) ? 2 : 3;
    u->low = (c == 0xe0) ? 0xa0 : (c == 0xf0) ? 0x90 : 0x80;
    u->high = (c == 0xed) ? 0x9f : (c == 0xf4) ? 0x8f : 0xbf;

    return 1;
}


static int
toucan_spelling_unsafe(uint8_t c, int escaped)
{
    if (c < 0x20 || c == 0x7f) {
        return 1;
    }

    switch (c) {

    case '\\':
    case ';':
    case '?':
    case '#':
        return 1;

    case '/':
    case '.':
    case '%':
        return escaped;

    default:
        return 0;
    }
}


static int
toucan_spelling_dots(toucan_str_t segment)
{
    return toucan_str_is(segment, ".") || toucan_str_is(segment, "..");
}


int
toucan_arg_ambiguous(toucan_str_t args, toucan_str_t name)
{
    int           equals;
    size_t        i, start, end;
    unsigned      found;
    toucan_str_t  spelling;

    found = 0;
    start = 0;

    while (start < args.len) {

        end = start;
        equals = 0;

        for (i = start; i < args.len; i++) {

            if (args.data[i] == '&' || args.data[i] == ';') {
                break;
            }

            if (args.data[i] == '=') {
                equals = 1;
            }

            if (!equals) {
                end = i + 1;
            }
        }

        spelling = toucan_str(args.data + start, end - start);

        if (toucan_spelling_same(spelling, name)) {

            if (found
                || !equals
                || !toucan_str_eq(spelling, name)
                || (start != 0 && args.data[start - 1] != '&'))
            {
                return 1;
            }

            found = 1;
        }

        start = i + 1;
    }

    return !found;
}


/*
 * 1 when some reader takes the spelling for the name: decoded, in any case,
 * with white space around it, with "[...]" behind it, cut at a NUL, or with
 * the bytes that PHP reads as "_".
 */

static int
toucan_spelling_same(toucan_str_t spelling, toucan_str_t name)
{
    int     c;
    size_t  i, n;

    n = 0;

    for (i = 0; i < spelling.len; /* void */ ) {

        c = toucan_spelling_byte(spelling, &i);

        if (c < 0) {
            c = '%';

        } else if (c == '+') {
            c = ' ';
        }

        if (n < name.len
            && toucan_spelling_fold((uint8_t) c)
               == toucan_spelling_fold(name.data[n]))
        {
            n++;
            continue;
        }

        if (c == '[' || c == '\0') {
            break;
        }

        if (c > ' ' || (n != 0 && n != name.len)) {
            return 0;
        }
    }

    return n == name.len;
}


static uint8_t
toucan_spelling_fold(uint8_t c)
{
    switch (c) {

    case ' ':
    case '.':
    case '[':
        return '_';

    default:
        return toucan_lower(c);
    }
}
