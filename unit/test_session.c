
/*
 * The texts of a session's redirect, and the protocols of a WebSocket.
 */


#include "identity.h"

#include "gate/toucan_session.h"
#include "gate/toucan_protocol.h"


static void
test_names(void)
{
    char      text[TOUCAN_SESSION_NAME_MAX + 2];
    unsigned  i, c, wrong;

    static const char *const  good[] = {
        "a", "__Host-toucan", "__Secure-a.b", "!#$%&'*+-.^_`|~", "0"
    };

    static const char *const  bad[] = {
        "", "a b", "a=b", "a;b", "a,b", "a\"", "a/b", "a\\", "a@", "a[", "a{",
        "a(", "a:", "a?", "a\t", "a\r", "a\n", "a\x7f", "\xc3\xa9", "a<"
    };

    for (i = 0; i < unit_n(good); i++) {
        ok(toucan_session_name(toucan_cstr(good[i])), "a name: %s", good[i]);
    }

    for (i = 0; i < unit_n(bad); i++) {
        ok(!toucan_session_name(toucan_cstr(bad[i])), "no name: %u", i);
    }

    ok(!toucan_session_name(toucan_str("a\0b", 3)), "no name: a NUL");

    memset(text, 'a', sizeof(text));

    ok(toucan_session_name(toucan_str(text, sizeof(text) - 2)),
       "the longest name");
    ok(!toucan_session_name(toucan_str(text, sizeof(text) - 1)),
       "no name: one longer");

    wrong = 0;

    for (c = 0; c < 256; c++) {
        text[0] = (char) c;

        wrong += toucan_session_name(toucan_str(text, 1))
                 != (c > 0x20 && c < 0x7f
                     && strchr("()<>@,;:\\\"/[]?={}", (int) c) == NULL);
    }

    is_int(wrong, 0, "each byte as a name, by RFC 2616's separators");
}


static void
test_locations(void)
{
    char          room[64];
    unsigned      i;
    toucan_buf_t  b;

    static const struct {
        const char  *uri;
        const char  *location;      /* NULL: none */
    } rows[] = {
        { "/", "/" },
        { "/a?b=c", "/a?b=c" },
        { "/?//x", "/?//x" },
        { "/a//b", "/a//b" },
        { "/.//b", "/.//b" },
        { "/%2f/b", "/%2f/b" },
        { "/\xc3\xa9", "/\xc3\xa9" },
        { "//", "/.//" },
        { "//evil.test/", "/.//evil.test/" },
        { "///evil.test", "/.///evil.test" },
        { "/\\evil.test", "/./\\evil.test" },
        { "", NULL },
        { "a", NULL },
        { "?a", NULL },
        { "*", NULL },
        { "\\evil.test", NULL },
        { "https://evil.test/", NULL },
        { "/a b", NULL },
        { "/\t/evil.test", NULL },
        { "/\r\nSet-Cookie: a=b", NULL },
        { "/a\x7f", NULL }
    };

    for (i = 0; i < unit_n(rows); i++) {
        toucan_buf_init(&b, room, sizeof(room));

        is_int(toucan_session_location(&b, toucan_cstr(rows[i].uri)),
               rows[i].location != NULL, "leads somewhere? %u", i);
        ok(!b.overflow && toucan_str_is(toucan_buf_view(&b),
                              rows[i].location ? rows[i].location : ""),
           "to where it was: %u", i);
    }

    toucan_buf_init(&b, room, sizeof(room));

    ok(!toucan_session_location(&b, toucan_str("/a\0b", 4)), "a NUL");
}


static void
test_cookies(void)
{
    char          room[256];
    unsigned      i;
    toucan_buf_t  b;

    static const struct {
        const char  *token;
        int64_t      age;
        const char  *cookie;        /* NULL: none */
    } rows[] = {
        { "aZ9-_.b.c", 900, "n=aZ9-_.b.c; Path=/; Secure; HttpOnly; "
          "SameSite=None; Partitioned; Max-Age=900" },
        { "a", 1, "n=a; Path=/; Secure; HttpOnly; SameSite=None; "
          "Partitioned; Max-Age=1" },
        { "a", INT64_MAX, "n=a; Path=/; Secure; HttpOnly; SameSite=None; "
          "Partitioned; Max-Age=9223372036854775807" },
        { "a", 0, NULL },
        { "a", -1, NULL },
        { "a", INT64_MIN, NULL },
        { "a;Path=/x", 1, NULL },
        { "a b", 1, NULL },
        { "a\r\nX: y", 1, NULL },
        { "a=", 1, NULL },
        { "a\"", 1, NULL },
        { "\xc3\xa9", 1, NULL }
    };

    for (i = 0; i < unit_n(rows); i++) {
        toucan_buf_init(&b, room, sizeof(room));

        is_int(toucan_session_cookie(&b, toucan_cstr("n"),
                                     toucan_cstr(rows[i].token), rows[i].age),
               rows[i].cookie != NULL, "a cookie? %u", i);
        ok(!b.overflow && toucan_str_is(toucan_buf_view(&b),
                              rows[i].cookie ? rows[i].cookie : ""),
           "the cookie: %u", i);
    }
}


/* The lines of one header, "|" between them. */

static void
test_protocols(void)
{
    char               room[128];
    unsigned           i, cut;
    toucan_buf_t       b;
    toucan_str_t       line;
    const char        *p, *end;
    toucan_protocol_t  found;

    static const struct {
        const char  *lines;
        const char  *token;         /* the last; NULL: none */
        unsigned     offers;
        unsigned     tokens;
        unsigned     cut;
        const char  *rest;          /* of each, one after the other */
    } rows[] = {
        { "", NULL, 0, 0, 0, "" },
        { ",", NULL, 0, 0, 0, "" },
        { " , \t,", NULL, 0, 0, 0, "" },
        { "a", NULL, 0, 0, 0, "a" },
        { "a,b", NULL, 0, 0, 0, "a, b" },
        { "toucan", NULL, 1, 0, 1, "" },
        { "toucan,", NULL, 1, 0, 1, "" },
        { "toucan, x", "x", 1, 1, 2, "" },
        { "toucan,x,", "x", 1, 1, 2, "" },
        { "a, toucan, x, b", "x", 1, 1, 2, "a, b" },
        { "\t toucan\t,\t x y \t", "x y", 1, 1, 2, "" },
        { "toucan,,,x", "x", 1, 1, 2, "" },
        { "Toucan, x", NULL, 0, 0, 0, "Toucan, x" },
        { "toucanx, x", NULL, 0, 0, 0, "toucanx, x" },
        { "x, toucan", NULL, 1, 0, 1, "x" },
        { "toucan, toucan, x", "x", 2, 1, 3, "" },
        { "toucan, x, toucan, y", "y", 2, 2, 4, "" },
        { "toucan|x", "x", 1, 1, 2, "" },
        { "a, toucan||,|x, b|c", "x", 1, 1, 2, "abc" },
        { "toucan|toucan|x", "x", 2, 1, 3, "" }
    };

    for (i = 0; i < unit_n(rows); i++) {
        memset(&found, 0, sizeof(toucan_protocol_t));
        toucan_buf_init(&b, room, sizeof(room));

        cut = 0;

        for (p = rows[i].lines; p != NULL; p = end ? end + 1 : NULL) {
            end = strchr(p, '|');
            line = toucan_str(p, end ? (size_t) (end - p) : strlen(p));

            cut += toucan_protocol_line(&found, line, &b);
        }

        is_int(found.offers, rows[i].offers, "offers of %s", rows[i].lines);
        is_int(found.tokens, rows[i].tokens, "tokens of %s", rows[i].lines);
        is_int(cut, rows[i].cut, "left out of %s", rows[i].lines);
        ok(rows[i].token ? toucan_str_is(found.token, rows[i].token)
                         : found.token.data == NULL,
           "the token of %s", rows[i].lines);
        ok(toucan_str_is(toucan_buf_view(&b), rows[i].rest),
           "the rest of %s", rows[i].lines);
    }
}


int
main(void)
{
    test_names();
    test_locations();
    test_cookies();
    test_protocols();

    return done_testing();
}
