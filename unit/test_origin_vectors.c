
/*
 * web-platform-tests, url/resources/toascii.json: the hosts that browsers
 * make of what people write, and so what an Origin can hold.
 */


#include "place.h"


/* Outputs that are no host by RFC 1035, though URLs may hold them. */

static const char  *const  vector_exceptions[] = {

    /* an empty label */
    "x..xn--zca",

    /* a label longer than 63 bytes */
    "x01234567890123456789012345678901234567890123456789012345678901x",
    "xn--x01234567890123456789012345678901234567890123456789012345678901"
    "-6963b",
    "x01234567890123456789012345678901234567890123456789012345678901x"
    ".xn--zca",

    /* a host longer than 253 bytes */
    "01234567890123456789012345678901234567890123456789."
    "01234567890123456789012345678901234567890123456789."
    "01234567890123456789012345678901234567890123456789."
    "01234567890123456789012345678901234567890123456789."
    "0123456789012345678901234567890123456789012345678.x",
    "01234567890123456789012345678901234567890123456789."
    "01234567890123456789012345678901234567890123456789."
    "01234567890123456789012345678901234567890123456789."
    "01234567890123456789012345678901234567890123456789."
    "0123456789012345678901234567890123456789012345678.xn--zca",
};


/* The file's text, within {"a":...}, since a document is an object. */

static char *
vectors_text(void)
{
    FILE        *file;
    char        *text, path[1024];
    size_t       len;
    const char  *folder;

    folder = getenv("TOUCAN_VECTORS");

    snprintf(path, sizeof(path), "%s/wpt-url/toascii.json",
             folder ? folder : "../shared/vectors");

    file = fopen(path, "rb");

    if (file == NULL) {
        return NULL;
    }

    text = malloc(1024 * 1024);

    if (text == NULL) {
        abort();
    }

    len = (size_t) sprintf(text, "{\"a\":");
    len += fread(text + len, 1, 1024 * 1024 - len - 2, file);
    fclose(file);

    text[len++] = '}';
    text[len] = '\0';

    return text;
}


static int
is_exception(toucan_str_t host)
{
    unsigned  i;

    for (i = 0; i < unit_n(vector_exceptions); i++) {
        if (toucan_str_is(host, vector_exceptions[i])) {
            return 1;
        }
    }

    return 0;
}


static int
of_alphabet(toucan_str_t host)
{
    size_t  i;

    static const char  alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

    for (i = 0; i < host.len; i++) {
        if (memchr(alphabet, host.data[i], sizeof(alphabet) - 1) == NULL) {
            return 0;
        }
    }

    return host.len != 0;
}


static int
is_ascii(toucan_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] > 0x7f) {
            return 0;
        }
    }

    return 1;
}


static toucan_rc_t
parse_host(toucan_origin_t *origin, toucan_str_t host)
{
    char          text[1024];
    toucan_buf_t  b;

    toucan_buf_init(&b, text, sizeof(text));
    toucan_buf_write(&b, "https://", 8);
    toucan_buf_str(&b, host);

    return toucan_origin_parse(origin, toucan_buf_view(&b));
}


static void
test_vector(toucan_str_t in, toucan_str_t out, unsigned *hosts,
    unsigned *foreign, unsigned *exceptions)
{
    toucan_origin_t  origin;

    if (out.data && is_exception(out)) {
        is_rc(parse_host(&origin, out), TOUCAN_ORIGIN_MALFORMED,
              "exception: %.*s", toucan_fmt(out));
        (*exceptions)++;

    } else if (out.data && of_alphabet(out)) {
        is_rc(parse_host(&origin, out), TOUCAN_OK, "host: %.*s",
              toucan_fmt(out));
        ok(toucan_str_eq(toucan_str(origin.text + origin.host,
                                    origin.host_len), out), "unchanged");
        (*hosts)++;
    }

    if (!is_ascii(in)) {
        is_rc(parse_host(&origin, in), TOUCAN_ORIGIN_MALFORMED,
              "not ASCII: becomes %.*s",
              toucan_fmt(out.data ? out : toucan_cstr("nothing")));
        (*foreign)++;
    }
}


static void
test_vectors(void)
{
    char                  *text;
    unsigned               hosts, foreign, exceptions;
    unit_arena_t           a;
    const toucan_doc_t    *doc;
    const toucan_node_t   *list, *node, *in, *out;

    static const toucan_json_limits_t  limits = { 1 << 20, 8, 100000 };

    text = vectors_text();

    if (text == NULL) {
        skip(1, "no vectors: set TOUCAN_VECTORS to their folder");
        return;
    }

    unit_arena_init(&a, 0);

    if (is_rc(toucan_json_parse(toucan_cstr(text), &limits, &a.arena, &doc),
              TOUCAN_OK, "the vectors are read"))
    {
        hosts = 0;
        foreign = 0;
        exceptions = 0;

        list = toucan_json_member(doc, toucan_json_root(doc),
                                  toucan_cstr("a"));

        for (node = toucan_json_child(doc, list);
             node;
             node = toucan_json_sibling(doc, list, node))
        {
            in = toucan_json_member(doc, node, toucan_cstr("input"));
            out = toucan_json_member(doc, node, toucan_cstr("output"));

            if (in) {
                test_vector(toucan_json_string(doc, in),
                            toucan_json_string(doc, out), &hosts, &foreign,
                            &exceptions);
            }
        }

        diag("vectors: %u hosts, %u exceptions, %u inputs that are not ASCII",
             hosts, exceptions, foreign);

        ok(hosts > 50 && foreign > 40, "there are enough of them");
        is_int(exceptions, 9, "and no more exceptions than are named");
    }

    unit_arena_done(&a);
    free(text);
}


int
main(void)
{
    test_vectors();

    return done_testing();
}
