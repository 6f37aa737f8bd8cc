
/*
 * Owns: the proof that the JSON parser, which reads words of eight bytes and
 * guesses how many values there are, is where these end what jansson is: each
 * byte that matters at each place of a word, texts of any length, and members
 * whose names look alike.
 */


#include "oracle.h"


#define LENGTHS  26


/* what may stand in a string, or may not */

static const char  *bytes[] = {
    "x", "\\\"", "\\\\", "\\n", "\\u0041", "\\ud83d\\ude00", "\\ud83d", "\\",
    "\x1f", "\x20", "\x21", "\x7f", "\x80", "\xff", "\xc3\xa9", "\xc3",
    "\xf0\x9f\x98\x80", "\n", ",", "[", "{", ",,,,,,,,,[[[[[[[[[{{{{{{{{{",
    "!#[]]^", "\""
};


/* in memory of exactly that size, so that a sanitizer sees what is past it */

static int
agrees(const char *text, size_t len)
{
    int    rc;
    char  *copy;

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    rc = oracle_agrees(copy, len);
    free(copy);

    return rc;
}


static size_t
member(char *text, const char *value, size_t before, size_t after)
{
    char  *p;

    p = stpcpy(text, "{\"");
    memset(p, 'a', before);
    p = stpcpy(p + before, value);
    memset(p, 'b', after);
    p = stpcpy(p + after, "\":\"");
    memset(p, 'c', before);
    p = stpcpy(p + before, value);
    memset(p, 'd', after);
    p = stpcpy(p + after, "\",\"n\":[],\"o\":{}}");

    return (size_t) (p - text);
}


static void
places(void)
{
    int       wrong;
    char      text[512];
    size_t    i, len, before, n;
    unsigned  count;

    for (i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        wrong = 0;
        count = 0;

        for (len = 0; len < LENGTHS; len++) {
            for (before = 0; before <= len; before++) {
                n = member(text, bytes[i], before, len - before);
                wrong += !agrees(text, n);
                count++;
            }
        }

        is_int(wrong, 0, "%u strings with %s", count, unit_show(bytes[i]));
    }
}


/* each beginning of a text ends somewhere in a word */

static void
beginnings(void)
{
    int     wrong;
    char    text[512];
    size_t  i, n;

    n = member(text, "\\u00e9\xc3\xa9,[", 5, 9);
    wrong = 0;

    for (i = 0; i <= n; i++) {
        wrong += !agrees(text, i);
    }

    is_int(wrong, 0, "%zu beginnings of one text", n + 1);
}


/* the same 64 bits are all that is looked at first */

static void
names(void)
{
    int       wrong;
    char      text[4096], *p;
    size_t    i, n, twice;

    for (n = 2; n <= 30; n += 4) {
        wrong = 0;

        for (twice = 0; twice <= n; twice++) {
            p = stpcpy(text, "{");

            for (i = 0; i < n; i++) {
                p += sprintf(p, "%s\"a%02zub\":%zu", i ? "," : "",
                             (i + 1 == n && twice < n) ? twice : i, i);
            }

            p = stpcpy(p, "}");
            wrong += !agrees(text, (size_t) (p - text));
        }

        is_int(wrong, 0, "%zu names alike, and one of them twice", n);
    }
}


/* as many values as there may be, and commas that are none */

static void
commas(void)
{
    char                 *text, *p;
    unsigned              i;
    toucan_doc_t         *copy;
    unit_arena_t          a;
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;

    text = malloc(65536);
    p = stpcpy(text, "{\"a\":\"");

    for (i = 0; i < 30000; i++) {
        p = stpcpy(p, ",[");
    }

    p = stpcpy(p, "\",\"b\":[1,\"two\"]}");

    is_str(unit_rc(toucan_json_parse(toucan_cstr(text),
                                     &toucan_json_token_limits,
                                     unit_arena_init(&a), &doc)),
           "ok", "a string of 60000 bytes that could be values");
    is_int(doc->nodes, 5, "five values");
    is_int(doc->size, sizeof(toucan_doc_t) + 5 * sizeof(toucan_node_t)
                      + 60000 + 5, "which take no more than they need");

    copy = malloc(doc->size);
    memcpy(copy, doc, doc->size);
    unit_arena_free(&a);

    node = toucan_json_member(copy, toucan_json_root(copy), toucan_cstr("b"));
    ok(node != NULL
       && toucan_str_is(toucan_json_string(copy, node + 2), "two"),
       "and are within that");

    free(copy);
    free(text);
}


int
main(void)
{
    places();
    beginnings();
    names();
    commas();

    return done_testing();
}
