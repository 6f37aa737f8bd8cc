
/*
 * Reads web origins (RFC 6454): "scheme://host[:port]" and not one byte more,
 * into the spelling that browsers send (URL standard, section 3.5): an origin
 * that is accepted can be compared, and sent back, byte by byte.
 */


#include "gate/toucan_origin.h"
#include "gate/toucan_ascii.h"

#include <arpa/inet.h>


#define TOUCAN_SCHEME_MAX  32
#define TOUCAN_HOST_MAX    253
#define TOUCAN_LABEL_MAX   63


typedef struct {
    toucan_str_t         scheme;        /* in lower case */
    unsigned             port;
} toucan_port_t;


static int toucan_origin_plain(toucan_origin_t *origin, toucan_str_t text);
static const char *toucan_origin_scheme(toucan_origin_t *origin,
    toucan_str_t text, size_t *end);
static const char *toucan_origin_split(toucan_str_t authority,
    toucan_str_t *host, toucan_str_t *port);
static const char *toucan_origin_stray(uint8_t c);
static const char *toucan_origin_name(toucan_origin_t *origin,
    toucan_str_t host);
static const char *toucan_origin_label(toucan_str_t label);
static const char *toucan_origin_number(toucan_str_t host,
    toucan_str_t label);
static const char *toucan_origin_ipv6(toucan_origin_t *origin,
    toucan_str_t host);
static void toucan_origin_ipv6_text(toucan_origin_t *origin,
    const unsigned piece[8]);
static void toucan_origin_hex(toucan_origin_t *origin, unsigned value);
static const char *toucan_origin_port(toucan_origin_t *origin,
    toucan_str_t port, size_t scheme);
static void toucan_origin_put(toucan_origin_t *origin, const void *data,
    size_t len);


static const toucan_port_t  toucan_default_ports[] = {
    { toucan_string("http"), 80 },
    { toucan_string("https"), 443 },
    { toucan_string("ws"), 80 },
    { toucan_string("wss"), 443 },
    { { 0, NULL }, 0 }
};


toucan_rc_t
toucan_origin_parse(toucan_origin_t *origin, toucan_str_t text)
{
    return toucan_origin_read(origin, text) ? TOUCAN_ORIGIN_MALFORMED
                                            : TOUCAN_OK;
}


toucan_rc_t
toucan_origin_of_url(toucan_origin_t *origin, toucan_str_t url)
{
    size_t  i;

    origin->len = 0;

    if (url.data == NULL) {
        return TOUCAN_ORIGIN_MALFORMED;
    }

    for (i = 0; i < url.len && url.data[i] != ':'; i++) { /* void */ }

    if (url.len - i < 3 || memcmp(&url.data[i], "://", 3) != 0) {
        return TOUCAN_ORIGIN_MALFORMED;
    }

    for (i += 3; i < url.len; i++) {
        if (url.data[i] == '/' || url.data[i] == '?' || url.data[i] == '#') {
            break;
        }
    }

    return toucan_origin_parse(origin, toucan_str(url.data, i));
}


const char *
toucan_origin_read(toucan_origin_t *origin, toucan_str_t text)
{
    size_t         scheme, end;
    const char    *why;
    toucan_str_t   host, port;

    toucan_origin_none(origin);

    if (text.data == NULL || text.len == 0) {
        return "it is empty";
    }

    if (text.len > TOUCAN_ORIGIN_MAX) {
        return "it is too long";
    }

    if (toucan_origin_plain(origin, text)) {
        return NULL;
    }

    host = text;
    port = toucan_str(NULL, 0);

    why = toucan_origin_scheme(origin, text, &end);

    if (why == NULL) {
        why = toucan_origin_split(toucan_str(text.data + end, text.len - end),
                                  &host, &port);
    }

    if (why == NULL) {
        scheme = origin->len - (sizeof("://") - 1);
        origin->host = origin->len;

        why = (host.data[0] == '[') ? toucan_origin_ipv6(origin, host)
                                    : toucan_origin_name(origin, host);

        origin->host_len = origin->len - origin->host;
    }

    if (why == NULL && port.data != NULL) {
        why = toucan_origin_port(origin, port, scheme);
    }

    if (why) {
        toucan_origin_none(origin);
    }

    return why;
}


/*
 * What browsers send most: http or https, a name in lower case, no port.  It is
 * taken as it is.  0: it is something else, or wrong; nothing is set.
 */

static int
toucan_origin_plain(toucan_origin_t *origin, toucan_str_t text)
{
    size_t          host;
    uint8_t         classes;
    const uint8_t  *p, *label, *last;

    if (text.len > 8 && memcmp(text.data, "https://", 8) == 0) {
        host = 8;

    } else if (text.len > 7 && memcmp(text.data, "http://", 7) == 0) {
        host = 7;

    } else {
        return 0;
    }

    classes = TOUCAN_ASCII_PLAIN;
    label = text.data + host;
    last = text.data + text.len;

    for (p = label; p < last; p++) {
        classes &= toucan_ascii[*p];

        if (*p != '.') {
            continue;
        }

        if (p == label || p - label > TOUCAN_LABEL_MAX) {
            return 0;
        }

        label = p + 1;
    }

    /* a last label that begins with a digit may be a number */

    if (classes == 0 || label == last || last - label > TOUCAN_LABEL_MAX
        || text.len - host > TOUCAN_HOST_MAX
        || (*label >= '0' && *label <= '9'))
    {
        return 0;
    }

    memcpy(origin->text, text.data, text.len);
    origin->len = (uint16_t) text.len;
    origin->host = (uint16_t) host;
    origin->host_len = (uint16_t) (text.len - host);

    return 1;
}


/* RFC 3986 section 3.1; *end is behind "://" */

static const char *
toucan_origin_scheme(toucan_origin_t *origin, toucan_str_t text, size_t *end)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < text.len; i++) {
        if (!(toucan_ascii[text.data[i]] & TOUCAN_ASCII_SCHEME)) {
            break;
        }
    }

    c = toucan_lower(text.data[0]);

    if (c < 'a' || c > 'z'
        || text.len - i < 3 || memcmp(&text.data[i], "://", 3) != 0)
    {
        return "it does not begin with a scheme, such as \"https://\"";
    }

    if (i > TOUCAN_SCHEME_MAX) {
        return "the scheme is too long";
    }

    *end = i + 3;
    toucan_origin_put(origin, text.data, *end);

    return NULL;
}


/*
 * host is not empty, and begins with "[" only if it ends with "]"; port is
 * absent without ":".  Bytes that do not belong into either are told first:
 * they say best what the writer meant.
 */

static const char *
toucan_origin_split(toucan_str_t authority, toucan_str_t *host,
    toucan_str_t *port)
{
    size_t   i, end;
    uint8_t  c;

    end = authority.len;

    for (i = 0; i < authority.len; i++) {
        c = authority.data[i];

        if (!(toucan_ascii[c] & TOUCAN_ASCII_HOST)) {
            return toucan_origin_stray(c);
        }

        if (c == ':' && end == authority.len) {
            end = i;
        }
    }

    if (authority.len && authority.data[0] == '[') {
        end = 0;

        while (end < authority.len && authority.data[end] != ']') {
            end++;
        }

        if (end == authority.len) {
            return "an IPv6 address lacks its \"]\"";
        }

        end++;

        if (end < authority.len && authority.data[end] != ':') {
            return "bytes follow the \"]\" of an IPv6 address";
        }
    }

    if (end == 0) {
        return "the host is empty";
    }

    *host = toucan_str(authority.data, end);
    *port = (end == authority.len)
            ? toucan_str(NULL, 0)
            : toucan_str(authority.data + end + 1, authority.len - end - 1);

    return NULL;
}


/* Of a byte that no host or port can have. */

static const char *
toucan_origin_stray(uint8_t c)
{
    switch (c) {

    case '/':
    case '?':
    case '#':
        return "an origin ends with the host or port, without a \"/\", a path "
               "or a query";

    case '@':
        return "an origin holds no user name";

    case ' ':
    case ',':
    case ';':
        return "it is a list; give each origin as an entry of its own";

    case '*':
        return "a wildcard can only be the first label, as in "
               "\"https://*.example.com\"";
    }

    if (c < 0x20 || c == 0x7f) {
        return "it holds a control byte";
    }

    return "a host that is not ASCII must be written as punycode (xn--...)";
}


static const char *
toucan_origin_name(toucan_origin_t *origin, toucan_str_t host)
{
    size_t        i, start;
    const char   *why;
    toucan_str_t  label;

    if (host.len > TOUCAN_HOST_MAX) {
        return "the host is longer than 253 bytes";
    }

    if (host.data[host.len - 1] == '.') {
        return "the host ends with a dot";
    }

    start = 0;

    do {
        for (i = start; i < host.len && host.data[i] != '.'; i++) {
            /* void */
        }

        label = toucan_str(host.data + start, i - start);

        why = toucan_origin_label(label);
        if (why) {
            return why;
        }

        start = i + 1;

    } while (i < host.len);

    why = toucan_origin_number(host, label);
    if (why) {
        return why;
    }

    toucan_origin_put(origin, host.data, host.len);

    return NULL;
}


static const char *
toucan_origin_label(toucan_str_t label)
{
    size_t  i;

    if (label.len == 0) {
        return "a label of the host is empty";
    }

    if (label.len > TOUCAN_LABEL_MAX) {
        return "a label of the host is longer than 63 bytes";
    }

    for (i = 0; i < label.len; i++) {
        if (toucan_ascii[label.data[i]] & TOUCAN_ASCII_LABEL) {
            continue;
        }

        return "a host holds letters, digits, \"-\", \"_\" and \".\" only";
    }

    return NULL;
}


/*
 * A host whose last label is a number is an IPv4 address to browsers ("ends
 * in a number", URL standard, section 3.5): one spelling of it is taken.
 */

static const char *
toucan_origin_number(toucan_str_t host, toucan_str_t label)
{
    char            text[sizeof("255.255.255.255")];
    size_t          i;
    uint8_t         c;
    unsigned        hex;
    struct in_addr  addr;

    hex = label.len >= 2 && label.data[0] == '0'
          && toucan_lower(label.data[1]) == 'x';

    for (i = hex ? 2 : 0; i < label.len; i++) {
        c = toucan_lower(label.data[i]);

        if ((c < '0' || c > '9') && !(hex && c >= 'a' && c <= 'f')) {
            return NULL;
        }
    }

    if (host.len < sizeof(text)) {
        memcpy(text, host.data, host.len);
        text[host.len] = '\0';

        if (inet_pton(AF_INET, text, &addr) == 1) {
            return NULL;
        }
    }

    return "the host ends in a number, but is not an IPv4 address in dotted "
           "decimal";
}


static const char *
toucan_origin_ipv6(toucan_origin_t *origin, toucan_str_t host)
{
    char      text[INET6_ADDRSTRLEN];
    uint8_t   addr[16];
    unsigned  i, piece[8];

    host = toucan_str(host.data + 1, host.len - 2);

    if (host.len == 0 || host.len >= sizeof(text)
        || memchr(host.data, '\0', host.len))
    {
        return "the IPv6 address is not valid";
    }

    memcpy(text, host.data, host.len);
    text[host.len] = '\0';

    if (inet_pton(AF_INET6, text, addr) != 1) {
        return "the IPv6 address is not valid";
    }

    for (i = 0; i < 8; i++) {
        piece[i] = (unsigned) addr[2 * i] << 8 | addr[2 * i + 1];
    }

    toucan_origin_put(origin, "[", 1);
    toucan_origin_ipv6_text(origin, piece);
    toucan_origin_put(origin, "]", 1);

    return NULL;
}


/*
 * The first longest run of two zeros or more becomes "::".  Not inet_ntop():
 * it writes ::ffff:1.2.3.4 where browsers write ::ffff:102:304.
 */

static void
toucan_origin_ipv6_text(toucan_origin_t *origin, const unsigned piece[8])
{
    unsigned  i, run, best, best_len;

    best = 8;
    best_len = 1;
    run = 0;

    for (i = 0; i < 8; i++) {
        run = piece[i] ? 0 : run + 1;

        if (run > best_len) {
            best = i + 1 - run;
            best_len = run;
        }
    }

    for (i = 0; i < 8; i++) {

        if (i == best) {
            toucan_origin_put(origin, "::", 2);
            i += best_len - 1;
            continue;
        }

        toucan_origin_hex(origin, piece[i]);

        if (i != 7 && i + 1 != best) {
            toucan_origin_put(origin, ":", 1);
        }
    }
}


static void
toucan_origin_hex(toucan_origin_t *origin, unsigned value)
{
    int      shift;
    uint8_t  digit;

    shift = 12;

    while (shift && value >> shift == 0) {
        shift -= 4;
    }

    for ( /* void */ ; shift >= 0; shift -= 4) {
        digit = (uint8_t) "0123456789abcdef"[value >> shift & 0xf];
        toucan_origin_put(origin, &digit, 1);
    }
}


/* scheme is the length of the scheme that stands first in origin */

static const char *
toucan_origin_port(toucan_origin_t *origin, toucan_str_t port, size_t scheme)
{
    size_t                i;
    unsigned              n;
    const toucan_port_t  *p;

    if (port.len == 0 || port.len > 5 || port.data[0] == '0') {
        return "the port is not a number from 1 to 65535";
    }

    n = 0;

    for (i = 0; i < port.len; i++) {
        if (port.data[i] < '0' || port.data[i] > '9') {
            return "the port is not a number from 1 to 65535";
        }

        n = n * 10 + (port.data[i] - '0');
    }

    if (n > 65535) {
        return "the port is not a number from 1 to 65535";
    }

    for (p = toucan_default_ports; p->port; p++) {
        if (p->port == n
            && toucan_str_eq(p->scheme, toucan_str(origin->text, scheme)))
        {
            return NULL;
        }
    }

    toucan_origin_put(origin, ":", 1);
    toucan_origin_put(origin, port.data, port.len);

    return NULL;
}


/* Room is there: scheme, host and port have their limits. */

static void
toucan_origin_put(toucan_origin_t *origin, const void *data, size_t len)
{
    size_t          i, n;
    uint8_t        *text;
    const uint8_t  *p;

    p = data;
    text = origin->text + origin->len;
    n = TOUCAN_ORIGIN_MAX - (size_t) origin->len;
    n = (len < n) ? len : n;

    for (i = 0; i < n; i++) {

        /* the class is the bit, moved */

        text[i] = (uint8_t) (p[i] | (toucan_ascii[p[i]] & TOUCAN_ASCII_UPPER)
                                    << 5);
    }

    origin->len = (uint16_t) (origin->len + n);
}
