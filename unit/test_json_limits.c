
/*
 * Owns: the tests of JSON's ceilings, of memory that is not there, and of what
 * an operator is told of a broken file.
 */


#include "tokens.h"


static toucan_rc_t
parse(toucan_str_t text, const toucan_json_limits_t *limits)
{
    toucan_rc_t          rc;
    unit_arena_t         a;
    const toucan_doc_t  *doc;

    rc = toucan_json_parse(text, limits, unit_arena_init(&a), &doc);
    unit_arena_free(&a);

    return rc;
}


/* n values with a comma between them: {"a":[0,0,...]} has n + 2 */

static size_t
many(char *out, const char *open, const char *value, unsigned n,
    const char *close)
{
    char  *p;

    p = stpcpy(out, open);

    while (n-- > 0) {
        p = stpcpy(p, value);

        if (n > 0) {
            *p++ = ',';
        }
    }

    return (size_t) (stpcpy(p, close) - out);
}


static void
ceilings(void)
{
    char      *text;
    size_t     i, k, len;
    unsigned   n, last;

    static const struct {
        const char                  *name;
        const toucan_json_limits_t  *limits;
    } rows[] = {
        { "token", &toucan_json_token_limits },
        { "file", &toucan_json_file_limits }
    };

    text = malloc(5 * 1024 * 1024);

    for (i = 0; i < 2; i++) {

        memset(text, ' ', rows[i].limits->bytes + 1);
        memcpy(text, "{}", 2);
        is_str(unit_rc(parse(toucan_str(text, rows[i].limits->bytes),
                             rows[i].limits)), "ok",
               "%s: as many bytes as it may have", rows[i].name);
        is_str(unit_rc(parse(toucan_str(text, rows[i].limits->bytes + 1),
                             rows[i].limits)), "too_large", "one more");

        /* the root is a level */

        n = rows[i].limits->depth;
        last = n + 1;

        for ( /* void */ ; n <= last; n++) {
            len = (size_t) (stpcpy(text, "{\"a\":") - text);

            for (k = 1; k < n; k++) {
                text[len++] = '[';
            }

            for (k = 1; k < n; k++) {
                text[len++] = ']';
            }

            text[len++] = '}';

            if (n == 1) {
                continue;
            }

            is_str(unit_rc(parse(toucan_str(text, len), rows[i].limits)),
                   n < last ? "ok" : "bad_json", "%s: %u levels",
                   rows[i].name, n);
        }

        n = rows[i].limits->nodes - 2;
        last = n + 1;

        for ( /* void */ ; n <= last; n++) {
            len = many(text, "{\"a\":[", "0", n, "]}");
            is_str(unit_rc(parse(toucan_str(text, len), rows[i].limits)),
                   n < last ? "ok" : "bad_json", "%s: %u values",
                   rows[i].name, n + 2);

            len = many(text, "{\"a\":[", "[ ]", n, "]}");
            is_str(unit_rc(parse(toucan_str(text, len), rows[i].limits)),
                   n < last ? "ok" : "bad_json", "%s: %u of them empty arrays",
                   rows[i].name, n + 2);

            len = many(text, "{\"a\":[", "\",[{,\"", n, "]}");
            is_str(unit_rc(parse(toucan_str(text, len), rows[i].limits)),
                   n < last ? "ok" : "bad_json", "%s: brackets in strings do "
                   "not count", rows[i].name);
        }
    }

    /* far beyond: refused before anything is allocated */

    memset(text, '[', 65536);
    is_str(unit_rc(parse(toucan_str(text, 65536), &toucan_json_token_limits)),
           "bad_json", "65536 brackets");
    memcpy(text, "{\"a\":", 5);
    is_str(unit_rc(parse(toucan_str(text, 65536), &toucan_json_token_limits)),
           "bad_json", "the same in an object");

    free(text);
}


static void
memory(void)
{
    unit_arena_t         a;
    const toucan_doc_t  *doc;

    doc = NULL;
    unit_arena_init(&a);
    a.fail_at = 1;

    is_str(unit_rc(toucan_json_parse(toucan_cstr("{\"a\":\"b\"}"),
                                     &toucan_json_token_limits, &a.arena,
                                     &doc)),
           "no_memory", "an empty arena is told");
    ok(doc == NULL, "and there is no document");

    unit_arena_free(&a);
}


static void
files(void)
{
    char                *text;
    size_t               i;
    toucan_diag_t        d;
    unit_arena_t         a;
    const toucan_doc_t  *doc;

    static const struct {
        const char  *text;
        const char  *error;
    } rows[] = {
        { "", "not strict JSON: an unexpected end, at line 1, column 1" },
        { " \n ", "not strict JSON: an unexpected end, at line 2, column 2" },
        { "{\"k\":\"SECRET",
          "not strict JSON: an unexpected end, at line 1, column 13" },
        { "{\"k\":\"SECRET\\",
          "not strict JSON: an unexpected end, at line 1, column 14" },
        { "{\"k\":[1,\n2", "not strict JSON: an unexpected end, at line 2, "
          "column 2" },
        { "{\"k\":tru",
          "not strict JSON: an unexpected end, at line 1, column 9" },
        { "{\"k\":\"\\ud83d\\u",
          "not strict JSON: an unexpected end, at line 1, column 15" },
        { "[]", "not a JSON object" },
        { "\"SECRET\"", "not a JSON object" },
        { "-----BEGIN", "not a JSON object" },
        { "{\"k\":\"SECRET\",\n\"k\":1}",
          "not strict JSON: a member twice in one object, at line 2, "
          "column 1" },
        { "{\"a\":{\"k\":[7], \"\\u006b\":\"SECRET\"},\n\"a\":1}",
          "not strict JSON: a member twice in one object, at line 1, "
          "column 16" },
        { "{\"k\":0,\n\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,"
          "\"g\":7,\"h\":8,\"i\":9,\n\"j\":{},\"k\":10,\n\"k\":[],\"k\":11,"
          "\"k\":12,\"k\":13}",
          "not strict JSON: a member twice in one object, at line 3, "
          "column 8" },
        { "{\n \"k\":\"SECRET\",\n}",
          "not strict JSON: a syntax error, at line 3, column 1" },
        { "{\"k\":\"\xc3\xa9\xe6\x97\xa5\",SECRET",
          "not strict JSON: a syntax error, at line 1, column 11" },
        { "{\"k\":\"SECRET\\x\"}",
          "not strict JSON: a syntax error, at line 1, column 13" },
        { "{\"k\":01}",
          "not strict JSON: a syntax error, at line 1, column 7" },
        { "{\"k\":\"SECRET\\u0000\"}",
          "not strict JSON: a NUL in a string, at line 1, column 13" },
        { "{\"\\u0000SECRET\":1}",
          "not strict JSON: a NUL in a string, at line 1, column 3" },
        { "{\"k\":\"SEC\nRET\"}",
          "not strict JSON: a control character in a string, at line 1, "
          "column 10" },
        { "{\"k\":\"SECRET\\ud800\"}",
          "not strict JSON: half of a surrogate pair, at line 1, column 13" },
        { "{\"k\":\"SECRET\xff\"}",
          "not strict JSON: bytes that are not UTF-8, at line 1, column 13" },
        { "{\"k\":99999999999999999999}",
          "not strict JSON: a number beyond 64 bits, at line 1, column 6" },
        { "{\"k\":-1e999}",
          "not strict JSON: a number beyond 64 bits, at line 1, column 6" },
        { "{} SECRET",
          "not strict JSON: something after the end, at line 1, column 4" },
        { "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
          "nested deeper than 16 levels, at line 1, column 21" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        toucan_diag_init(&d);
        ok(toucan_json_parse_file(toucan_cstr(rows[i].text),
                                  unit_arena_init(&a), &doc, &d) != TOUCAN_OK,
           "a file with a fault, row %zu", i);
        is_str(d.error, rows[i].error, "is told of it");
        unit_arena_free(&a);
    }

    toucan_diag_init(&d);
    ok(toucan_json_parse_file(toucan_cstr("{\"a\":1}"), unit_arena_init(&a),
                              &doc, &d) == TOUCAN_OK && d.error[0] == '\0',
       "a sound file is not");
    unit_arena_free(&a);

    text = calloc(1, 5 * 1024 * 1024);
    toucan_json_parse_file(toucan_str(text, many(text, "{\"a\":[", "0",
                                                 199999, "]}")),
                           unit_arena_init(&a), &doc, &d);
    is_str(d.error, "more than 200000 values", "too many values");
    unit_arena_free(&a);

    toucan_json_parse_file(toucan_str(text, 4 * 1024 * 1024 + 1),
                           unit_arena_init(&a), &doc, &d);
    is_str(d.error, "larger than 4194304 bytes", "a large one");
    free(text);
    unit_arena_free(&a);

    unit_arena_init(&a);
    a.fail_at = 1;
    toucan_json_parse_file(toucan_cstr("{}"), &a.arena, &doc, &d);
    is_str(d.error, "out of memory", "no memory");
    unit_arena_free(&a);
}


int
main(void)
{
    ceilings();
    memory();
    files();

    return done_testing();
}
