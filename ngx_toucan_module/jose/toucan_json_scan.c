
/*
 * Owns: the tokens of JSON (RFC 8259): strings, numbers, words, and UTF-8.
 * No libc function that knows a locale is asked.
 */


#include "jose/toucan_json_impl.h"

#include <endian.h>


/* of an exponent: more than any text has digits */

#define TOUCAN_JSON_MAX_EXPONENT  1000000000000LL

#define TOUCAN_JSON_REAL_PLACES  309


static inline uint64_t toucan_json_special(uint64_t x);
static toucan_json_fault_e toucan_json_scan_special(toucan_json_scan_t *s);
static toucan_json_fault_e toucan_json_scan_escape(toucan_json_scan_t *s);
static toucan_json_fault_e toucan_json_scan_unicode(toucan_json_scan_t *s);
static toucan_json_fault_e toucan_json_scan_unit(toucan_json_scan_t *s,
    uint32_t *unit);
static uint8_t *toucan_json_encode(uint8_t *dst, uint32_t c);
static toucan_json_fault_e toucan_json_scan_integer(const uint8_t *p,
    const uint8_t *end, int64_t *value);
static toucan_json_fault_e toucan_json_scan_fraction(toucan_json_scan_t *s,
    const uint8_t **exponent);
static toucan_json_fault_e toucan_json_scan_digits(toucan_json_scan_t *s);
static int64_t toucan_json_exponent(const uint8_t *p, const uint8_t *end);
static int toucan_json_overflows(const uint8_t *p, const uint8_t *end,
    int64_t exponent);


/*
 * 2^1024 - 2^970: the least number that is rounded to infinity, since it is as
 * far from 2^1024 as from the greatest double, which is odd.
 */

static const char  toucan_json_infinity[TOUCAN_JSON_REAL_PLACES + 1] =
    "17976931348623158079372897140530341507993413271003782693617377"
    "89804449682927647509466490179775872070963302864166928879109465"
    "55547851940402630657488671505820681908902000708383676273854845"
    "81771153176447573027006985557136695962284291481986083493647529"
    "2719074168444365510704342711559699508093042880177904174497792";


/* Eight bytes at a time: most names are shorter than two of these. */

toucan_json_fault_e
toucan_json_scan_string(toucan_json_scan_t *s)
{
    size_t                n;
    uint8_t              *dst;
    uint64_t              x;
    const uint8_t        *p;
    toucan_json_fault_e   fault;

    s->pos++;

    do {
        p = s->pos;
        dst = s->out;

        while ((size_t) (s->last - p) >= TOUCAN_JSON_WORD) {

            memcpy(&x, p, TOUCAN_JSON_WORD);
            memcpy(dst, &x, TOUCAN_JSON_WORD);

            x = toucan_json_special(le64toh(x));
            n = (x == 0) ? TOUCAN_JSON_WORD : (size_t) __builtin_ctzll(x) / 8;

            p += n;
            dst += n;

            if (x != 0) {
                break;
            }
        }

        /* nothing to do after a break */

        while (p < s->last && *p >= 0x20 && *p < 0x80 && *p != '"'
               && *p != '\\')
        {
            *dst++ = *p++;
        }

        s->pos = p;
        s->out = dst;

        if (p < s->last && *p == '"') {
            s->pos++;
            return TOUCAN_JSON_SOUND;
        }

        fault = toucan_json_scan_special(s);

    } while (fault == TOUCAN_JSON_SOUND);

    return fault;
}


/*
 * The top bit of each of eight bytes, the first one lowest, that ends a run of
 * a string: a control character, a quote, a backslash, or none of ASCII.  Bits
 * above the lowest one that is set may be wrong.
 */

static inline uint64_t
toucan_json_special(uint64_t x)
{
    uint64_t  quote, backslash;

    quote = x ^ 0x2222222222222222;
    backslash = x ^ 0x5c5c5c5c5c5c5c5c;

    return (((x - 0x2020202020202020) & ~x)
            | ((quote - 0x0101010101010101) & ~quote)
            | ((backslash - 0x0101010101010101) & ~backslash)
            | x) & 0x8080808080808080;
}


/* What ends a run without ending the string. */

static toucan_json_fault_e
toucan_json_scan_special(toucan_json_scan_t *s)
{
    const uint8_t  *p;

    if (s->pos == s->last) {
        return TOUCAN_JSON_FAULT_CUT;
    }

    if (*s->pos == '\\') {
        return toucan_json_scan_escape(s);
    }

    if (*s->pos < 0x20) {
        return (*s->pos == '\0') ? TOUCAN_JSON_FAULT_NUL
                                 : TOUCAN_JSON_FAULT_CONTROL;
    }

    p = s->pos;

    if (toucan_json_decode(&p, s->last) == TOUCAN_JSON_NO_CHAR) {
        return TOUCAN_JSON_FAULT_UTF8;
    }

    while (s->pos < p) {
        *s->out++ = *s->pos++;
    }

    return TOUCAN_JSON_SOUND;
}


static toucan_json_fault_e
toucan_json_scan_escape(toucan_json_scan_t *s)
{
    const char         *found;
    static const char   names[] = "\"\\/bfnrt";
    static const char   chars[] = "\"\\/\b\f\n\r\t";

    if (s->last - s->pos < 2) {
        s->pos = s->last;
        return TOUCAN_JSON_FAULT_CUT;
    }

    if (s->pos[1] == 'u') {
        return toucan_json_scan_unicode(s);
    }

    found = memchr(names, s->pos[1], sizeof(names) - 1);
    if (found == NULL) {
        return TOUCAN_JSON_FAULT_SYNTAX;
    }

    *s->out++ = (uint8_t) chars[found - names];
    s->pos += 2;

    return TOUCAN_JSON_SOUND;
}


/* one \uXXXX, or the two of a surrogate pair */

static toucan_json_fault_e
toucan_json_scan_unicode(toucan_json_scan_t *s)
{
    uint32_t              c, low;
    const uint8_t        *start;
    toucan_json_fault_e   fault;

    start = s->pos;

    fault = toucan_json_scan_unit(s, &c);
    if (fault != TOUCAN_JSON_SOUND) {
        return fault;
    }

    if (c == 0) {
        s->pos = start;
        return TOUCAN_JSON_FAULT_NUL;
    }

    if (c >= 0xd800 && c < 0xdc00) {

        fault = toucan_json_scan_unit(s, &low);
        if (fault == TOUCAN_JSON_FAULT_CUT) {
            return fault;
        }

        if (fault == TOUCAN_JSON_SOUND && low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
        }
    }

    if (c >= 0xd800 && c < 0xe000) {
        s->pos = start;
        return TOUCAN_JSON_FAULT_SURROGATE;
    }

    s->out = toucan_json_encode(s->out, c);

    return TOUCAN_JSON_SOUND;
}


static toucan_json_fault_e
toucan_json_scan_unit(toucan_json_scan_t *s, uint32_t *unit)
{
    uint8_t         c;
    unsigned        i;
    const uint8_t  *p;

    *unit = 0;
    p = s->pos;

    for (i = 0; i < 6; i++, p++) {

        if (p == s->last) {
            s->pos = p;
            return TOUCAN_JSON_FAULT_CUT;
        }

        if (i < 2) {
            if (*p != (uint8_t) "\\u"[i]) {
                return TOUCAN_JSON_FAULT_SYNTAX;
            }

            continue;
        }

        c = toucan_lower(*p);

        if (c >= '0' && c <= '9') {
            *unit = *unit << 4 | (uint32_t) (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            *unit = *unit << 4 | (uint32_t) (c - 'a' + 10);

        } else {
            return TOUCAN_JSON_FAULT_SYNTAX;
        }
    }

    s->pos = p;

    return TOUCAN_JSON_SOUND;
}


static uint8_t *
toucan_json_encode(uint8_t *dst, uint32_t c)
{
    size_t  n;

    if (c < 0x80) {
        *dst = (uint8_t) c;
        return dst + 1;
    }

    n = (c < 0x800) ? 2 : (c < 0x10000) ? 3 : 4;

    dst[0] = (uint8_t) (0xf00 >> n | c >> 6 * (n - 1));
    dst[1] = (uint8_t) (0x80 | (c >> 6 * (n - 2) & 0x3f));

    if (n > 2) {
        dst[n - 1] = (uint8_t) (0x80 | (c & 0x3f));
    }

    if (n > 3) {
        dst[2] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
    }

    return dst + n;
}


uint32_t
toucan_json_decode(const uint8_t **p, const uint8_t *last)
{
    unsigned        n, i;
    uint32_t        c, least;
    const uint8_t  *s;

    s = *p;
    *p = s + 1;
    c = s[0];

    if (c < 0x80) {
        return c;
    }

    if (c >= 0xf0 && c < 0xf8) {
        n = 3;
        c &= 0x07;
        least = 0x10000;

    } else if (c >= 0xe0 && c < 0xf0) {
        n = 2;
        c &= 0x0f;
        least = 0x800;

    } else if (c >= 0xc0 && c < 0xe0) {
        n = 1;
        c &= 0x1f;
        least = 0x80;

    } else {
        return TOUCAN_JSON_NO_CHAR;
    }

    if ((size_t) (last - s) <= n) {
        return TOUCAN_JSON_NO_CHAR;
    }

    for (i = 1; i <= n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return TOUCAN_JSON_NO_CHAR;
        }

        c = c << 6 | (s[i] & 0x3f);
    }

    if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        return TOUCAN_JSON_NO_CHAR;
    }

    *p = s + n + 1;

    return c;
}


toucan_json_fault_e
toucan_json_scan_word(toucan_json_scan_t *s, toucan_node_t *node)
{
    size_t  i, left, len;

    static const struct {
        toucan_str_t        text;
        toucan_json_type_e  type;
    } words[] = {
        { toucan_string("true"), TOUCAN_JSON_TRUE },
        { toucan_string("false"), TOUCAN_JSON_FALSE },
        { toucan_string("null"), TOUCAN_JSON_NULL }
    };

    left = (size_t) (s->last - s->pos);

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {

        len = (left < words[i].text.len) ? left : words[i].text.len;

        if (memcmp(s->pos, words[i].text.data, len) == 0) {
            s->pos += len;
            node->type = words[i].type;

            return (len == words[i].text.len) ? TOUCAN_JSON_SOUND
                                              : TOUCAN_JSON_FAULT_CUT;
        }
    }

    return TOUCAN_JSON_FAULT_SYNTAX;
}


toucan_json_fault_e
toucan_json_scan_number(toucan_json_scan_t *s, toucan_node_t *node)
{
    const uint8_t        *start, *digits, *end, *exponent;
    toucan_json_fault_e   fault;

    start = s->pos;
    s->pos += (*start == '-');
    digits = s->pos;

    fault = toucan_json_scan_digits(s);
    if (fault != TOUCAN_JSON_SOUND) {
        return fault;
    }

    if (*digits == '0' && s->pos - digits > 1) {
        s->pos = digits + 1;
        return TOUCAN_JSON_FAULT_SYNTAX;
    }

    end = s->pos;

    fault = toucan_json_scan_fraction(s, &exponent);
    if (fault != TOUCAN_JSON_SOUND) {
        return fault;
    }

    if (s->pos == end) {
        node->type = TOUCAN_JSON_INTEGER;
        fault = toucan_json_scan_integer(start, end, &node->v.integer);

    } else {
        node->type = TOUCAN_JSON_REAL;
        memcpy(s->out, start, (size_t) (s->pos - start));
        s->out += s->pos - start;

        if (toucan_json_overflows(digits, exponent,
                                  toucan_json_exponent(exponent, s->pos)))
        {
            fault = TOUCAN_JSON_FAULT_NUMBER;
        }
    }

    if (fault != TOUCAN_JSON_SOUND) {
        s->pos = start;
    }

    return fault;
}


/* ".5", "e-12", both or nothing */

static toucan_json_fault_e
toucan_json_scan_fraction(toucan_json_scan_t *s, const uint8_t **exponent)
{
    toucan_json_fault_e  fault;

    if (s->pos < s->last && *s->pos == '.') {
        s->pos++;

        fault = toucan_json_scan_digits(s);
        if (fault != TOUCAN_JSON_SOUND) {
            return fault;
        }
    }

    *exponent = s->pos;

    if (s->pos == s->last || (*s->pos != 'e' && *s->pos != 'E')) {
        return TOUCAN_JSON_SOUND;
    }

    s->pos++;
    s->pos += (s->pos < s->last && (*s->pos == '+' || *s->pos == '-'));

    return toucan_json_scan_digits(s);
}


/* at least one */

static toucan_json_fault_e
toucan_json_scan_digits(toucan_json_scan_t *s)
{
    const uint8_t  *start;

    start = s->pos;

    while (s->pos < s->last && *s->pos >= '0' && *s->pos <= '9') {
        s->pos++;
    }

    if (s->pos > start) {
        return TOUCAN_JSON_SOUND;
    }

    return (s->pos == s->last) ? TOUCAN_JSON_FAULT_CUT
                               : TOUCAN_JSON_FAULT_SYNTAX;
}


static toucan_json_fault_e
toucan_json_scan_integer(const uint8_t *p, const uint8_t *end, int64_t *value)
{
    int       negative;
    uint64_t  n;

    negative = (*p == '-');
    p += negative;

    /* 19 digits fit into 64 bits, sign or not */

    if (end - p > 19) {
        return TOUCAN_JSON_FAULT_NUMBER;
    }

    for (n = 0; p < end; p++) {
        n = n * 10 + (uint64_t) (*p - '0');
    }

    if (n > (uint64_t) INT64_MAX + (uint64_t) negative) {
        return TOUCAN_JSON_FAULT_NUMBER;
    }

    *value = (n > INT64_MAX) ? INT64_MIN
                             : negative ? -(int64_t) n : (int64_t) n;

    return TOUCAN_JSON_SOUND;
}


/* of "e-12", or of nothing */

static int64_t
toucan_json_exponent(const uint8_t *p, const uint8_t *end)
{
    int      negative;
    int64_t  n;

    negative = 0;

    for (n = 0; p < end && n < TOUCAN_JSON_MAX_EXPONENT; p++) {

        if (*p >= '0' && *p <= '9') {
            n = n * 10 + (*p - '0');

        } else {
            negative |= (*p == '-');
        }
    }

    return negative ? -n : n;
}


/*
 * Whether digits, one point among them or none, with an exponent make more
 * than the greatest double.  Exact: a decimal compared with a decimal.
 */

static int
toucan_json_overflows(const uint8_t *p, const uint8_t *end, int64_t exponent)
{
    size_t          i;
    int64_t         place;
    const uint8_t  *point;

    point = memchr(p, '.', (size_t) (end - p));
    place = exponent + ((point ? point : end) - p) - 1;

    /* place is the power of ten of the digit at p */

    while (p < end && (*p == '0' || *p == '.')) {
        place -= (*p++ == '0');
    }

    if (p == end || place != TOUCAN_JSON_REAL_PLACES - 1) {
        return p < end && place >= TOUCAN_JSON_REAL_PLACES;
    }

    for (i = 0; p < end && i < TOUCAN_JSON_REAL_PLACES; p++) {

        if (*p == '.') {
            continue;
        }

        if (*p != (uint8_t) toucan_json_infinity[i]) {
            return *p > (uint8_t) toucan_json_infinity[i];
        }

        i++;
    }

    return i == TOUCAN_JSON_REAL_PLACES;
}
