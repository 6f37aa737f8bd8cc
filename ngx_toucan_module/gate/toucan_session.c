
/*
 * Texts of the redirect into a session: Location and Set-Cookie (RFC 9110
 * section 10.2.2, RFC 6265bis section 4.1), and the name of the cookie.
 */


#include "gate/toucan_session.h"
#include "gate/toucan_ascii.h"


static int toucan_session_tchar(uint8_t c);
static void toucan_session_number(toucan_buf_t *b, int64_t n);


static const toucan_str_t  toucan_session_attributes = toucan_string(
    "; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=");


int
toucan_session_name(toucan_str_t name)
{
    size_t  i;

    if (name.len == 0 || name.len > TOUCAN_SESSION_NAME_MAX) {
        return 0;
    }

    for (i = 0; i < name.len; i++) {
        if (!toucan_session_tchar(name.data[i])) {
            return 0;
        }
    }

    return 1;
}


static int
toucan_session_tchar(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return 1;
    }

    c = toucan_lower(c);

    return (c >= 'a' && c <= 'z')
           || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}


/*
 * Browsers read "//host" and "/\host" as another host: there "/." in front
 * keeps the path ours, and they take it away again.
 */

int
toucan_session_location(toucan_buf_t *b, toucan_str_t uri)
{
    size_t  i;

    if (uri.len == 0 || uri.data[0] != '/') {
        return 0;
    }

    for (i = 0; i < uri.len; i++) {
        if (uri.data[i] <= 0x20 || uri.data[i] == 0x7f) {
            return 0;
        }
    }

    if (uri.len > 1 && (uri.data[1] == '/' || uri.data[1] == '\\')) {
        toucan_buf_write(b, "/.", 2);
    }

    toucan_buf_str(b, uri);

    return 1;
}


int
toucan_session_cookie(toucan_buf_t *b, toucan_str_t name, toucan_str_t token,
    int64_t max_age)
{
    size_t  i;

    if (max_age < 1) {
        return 0;
    }

    for (i = 0; i < token.len; i++) {
        if (token.data[i] != '.'
            && !(toucan_ascii[token.data[i]] & TOUCAN_ASCII_LABEL))
        {
            return 0;
        }
    }

    toucan_buf_str(b, name);
    toucan_buf_byte(b, '=');
    toucan_buf_str(b, token);
    toucan_buf_str(b, toucan_session_attributes);
    toucan_session_number(b, max_age);

    return 1;
}


/* n > 0 */

static void
toucan_session_number(toucan_buf_t *b, int64_t n)
{
    uint8_t  digits[20], *p;

    p = digits + sizeof(digits);

    do {
        *--p = (uint8_t) ('0' + n % 10);
        n /= 10;
    } while (n > 0);

    toucan_buf_write(b, p, (size_t) (digits + sizeof(digits) - p));
}
