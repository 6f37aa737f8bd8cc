
/*
 * Owns: the tests of JSON: what is refused, what a document looks like, and
 * what is written.
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


static const struct {
    const char  *text;
    size_t       len;       /* where it holds a NUL */
} unsound[] = {

    /* roots */

    { "", 0 }, { " ", 0 }, { "null", 0 }, { "true", 0 }, { "1", 0 },
    { "1.5", 0 }, { "\"a\"", 0 }, { "[]", 0 }, { "[{}]", 0 },
    { "[1,2]", 0 }, { "{", 0 }, { "}", 0 }, { "{}}", 0 }, { "{]", 0 },
    { "{}{}", 0 }, { "{} {}", 0 }, { "{},", 0 }, { "{}x", 0 },
    { "{}\0", 3 }, { "\0{}", 3 }, { "{\0}", 3 }, { "{}\n\0", 4 },
    { "\xef\xbb\xbf{}", 0 }, { "{}/**/", 0 }, { "{}#", 0 },
    { "\xff\xfe{\0}\0", 6 },

    /* members */

    { "{\"a\"}", 0 }, { "{\"a\":}", 0 }, { "{:1}", 0 }, { "{,}", 0 },
    { "{\"a\":1,}", 0 }, { "{,\"a\":1}", 0 }, { "{\"a\" 1}", 0 },
    { "{\"a\":1 \"b\":2}", 0 }, { "{\"a\":1;\"b\":2}", 0 },
    { "{a:1}", 0 }, { "{'a':1}", 0 }, { "{1:1}", 0 },
    { "{null:1}", 0 }, { "{\"a\":1:2}", 0 }, { "{\"a\"::1}", 0 },
    { "{[]:1}", 0 },

    /* duplicates, whatever their spelling and depth */

    { "{\"a\":1,\"a\":1}", 0 }, { "{\"a\":1,\"b\":2,\"a\":3}", 0 },
    { "{\"a\":1,\"\\u0061\":2}", 0 },
    { "{\"x\":[{\"a\":1,\"a\":2}]}", 0 }, { "{\"\":1,\"\":2}", 0 },
    { "{\"\\u00e9\":1,\"\xc3\xa9\":2}", 0 },

    /* strings */

    { "{\"a\":\"", 0 }, { "{\"a\":\"\\", 0 }, { "{\"a\":\"\\\"}", 0 },
    { "{\"a\":\"\n\"}", 0 }, { "{\"a\":\"\t\"}", 0 },
    { "{\"a\":\"\x1f\"}", 0 }, { "{\"a\":\"\0\"}", 9 },
    { "{\"a\":\"b\\u0000c\"}", 0 }, { "{\"a\\u0000b\":1}", 0 },
    { "{\"\0\":1}", 7 }, { "{\"a\":\"\\x41\"}", 0 },
    { "{\"a\":\"\\a\"}", 0 }, { "{\"a\":\"\\u12\"}", 0 },
    { "{\"a\":\"\\u12G4\"}", 0 }, { "{\"a\":\"\\U0041\"}", 0 },
    { "{\"a\":\"\\'\"}", 0 }, { "{\"a\":'b'}", 0 },

    /* lone and swapped surrogates */

    { "{\"a\":\"\\ud800\"}", 0 }, { "{\"a\":\"\\udc00\"}", 0 },
    { "{\"a\":\"\\ud800\\ud800\"}", 0 },
    { "{\"a\":\"\\udc00\\ud800\"}", 0 },
    { "{\"a\":\"\\ud800x\"}", 0 }, { "{\"a\":\"\\ud800\\n\"}", 0 },

    /* bytes that are not UTF-8 */

    { "{\"a\":\"\x80\"}", 0 }, { "{\"a\":\"\xbf\"}", 0 },
    { "{\"a\":\"\xc0\xaf\"}", 0 }, { "{\"a\":\"\xc1\xbf\"}", 0 },
    { "{\"a\":\"\xc3\"}", 0 }, { "{\"a\":\"\xc3(\"}", 0 },
    { "{\"a\":\"\xe0\x80\xaf\"}", 0 }, { "{\"a\":\"\xe2\x82\"}", 0 },
    { "{\"a\":\"\xed\xa0\x80\"}", 0 }, { "{\"a\":\"\xed\xbf\xbf\"}", 0 },
    { "{\"a\":\"\xf0\x80\x80\xaf\"}", 0 },
    { "{\"a\":\"\xf4\x90\x80\x80\"}", 0 },
    { "{\"a\":\"\xf5\x80\x80\x80\"}", 0 },
    { "{\"a\":\"\xf8\x88\x80\x80\x80\"}", 0 }, { "{\"a\":\"\xff\"}", 0 },
    { "{\"\xff\":1}", 0 }, { "{\"a\":\"\xe9\"}", 0 },

    /* numbers */

    { "{\"a\":01}", 0 }, { "{\"a\":-01}", 0 }, { "{\"a\":+1}", 0 },
    { "{\"a\":.5}", 0 }, { "{\"a\":1.}", 0 }, { "{\"a\":1.e1}", 0 },
    { "{\"a\":1e}", 0 }, { "{\"a\":1e+}", 0 }, { "{\"a\":-}", 0 },
    { "{\"a\":--1}", 0 }, { "{\"a\":0x10}", 0 }, { "{\"a\":1_000}", 0 },
    { "{\"a\":1 000}", 0 }, { "{\"a\":NaN}", 0 },
    { "{\"a\":Infinity}", 0 }, { "{\"a\":-Infinity}", 0 },
    { "{\"a\":1e400}", 0 }, { "{\"a\":-1e400}", 0 },
    { "{\"a\":9223372036854775808}", 0 },
    { "{\"a\":-9223372036854775809}", 0 },
    { "{\"a\":123456789012345678901234567890}", 0 },
    { "{\"a\":1\0}", 7 }, { "{\"a\":1\0}", 8 },
    { "{\"a\":1\0" "0}", 9 }, { "{\"a\":true\0}", 11 },

    /* words */

    { "{\"a\":tru}", 0 }, { "{\"a\":True}", 0 }, { "{\"a\":nul}", 0 },
    { "{\"a\":undefined}", 0 }, { "{\"a\":truefalse}", 0 },
    { "{\"a\":nullnull}", 0 },

    /* arrays */

    { "{\"a\":[}", 0 }, { "{\"a\":[1,]}", 0 }, { "{\"a\":[,1]}", 0 },
    { "{\"a\":[1,,2]}", 0 }, { "{\"a\":[1 2]}", 0 },
    { "{\"a\":[1}", 0 }, { "{\"a\":[1]]}", 0 }, { "{\"a\":[}]", 0 },
    { "{\"a\":[\"a\":1]}", 0 }
};


static void
refused(void)
{
    size_t       i;
    const char  *text;

    for (i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++) {
        text = unsound[i].text;
        is_str(unit_rc(parse(toucan_str(text, unsound[i].len ? unsound[i].len
                                                          : strlen(text)),
                             &toucan_json_token_limits)),
               "bad_json", "refused, row %zu", i);
    }

    is_str(unit_rc(parse(toucan_str(NULL, 0), &toucan_json_token_limits)),
           "bad_json", "an absent text is refused");
}


/* every beginning of a sound text is refused */

static void
cut(void)
{
    int                wrong;
    char              *copy;
    size_t             i;
    static const char  text[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud834\\udd1e\","
                                "true,false,null,{\"b\":{}}],"
                                "\"c\":\"\xc3\xa9\"}";

    wrong = 0;

    for (i = 0; i < sizeof(text) - 1; i++) {
        copy = malloc(i + 1);           /* no byte past the end is read */
        memcpy(copy, text, i);

        if (parse(toucan_str(copy, i), &toucan_json_token_limits)
            != TOUCAN_BAD_JSON)
        {
            wrong++;
        }

        free(copy);
    }

    is_int(wrong, 0, "no beginning of a text is taken for it");
    is_str(unit_rc(parse(toucan_cstr(text), &toucan_json_token_limits)), "ok",
           "the whole text is");
}


static const char  everything[] =
    " { \"int\" : 9007199254740993, \"min\":-9223372036854775808,\n"
    "\"max\":9223372036854775807, \"real\":1.50, \"e\":1e2,\"zero\":-0,"
    "\"t\":true,\"f\":false,\"n\":null,\"s\":\"a\\u00e9\\n\\\"\","
    "\"empty\":\"\",\"\":7,\"list\":[1,[],{},[2,\"x\"]],"
    "\"obj\":{\"Inner\":{\"deep\":1}},\"Twice\":1,\"tWICE\":2 } \r\n";


/* A copy with nothing behind it: a document needs no more.  free() it. */

static toucan_doc_t *
document(void)
{
    unit_arena_t         a;
    toucan_doc_t        *copy;
    const toucan_doc_t  *doc;

    if (toucan_json_parse(toucan_cstr(everything), &toucan_json_token_limits,
                          unit_arena_init(&a), &doc)
        != TOUCAN_OK)
    {
        diag("a text of everything does not parse");
        exit(2);
    }

    is_int(a.count, 1, "a document is one allocation");

    copy = malloc(doc->size);
    memcpy(copy, doc, doc->size);
    unit_arena_free(&a);

    return copy;
}


static void
values(void)
{
    toucan_doc_t         *doc;
    const toucan_node_t  *root, *node;

    doc = document();
    root = toucan_json_root(doc);

    ok(toucan_json_is(root, TOUCAN_JSON_OBJECT), "the root is an object");
    is_int(root->v.s.len, 16, "of 16 members");
    is_int(root->next, doc->nodes, "and ends where the document does");
    ok(toucan_json_name(doc, root).data == NULL, "without a name");

    node = toucan_json_member(doc, root, toucan_cstr("int"));
    ok(toucan_json_is(node, TOUCAN_JSON_INTEGER)
       && node->v.integer == 9007199254740993LL, "2^53 + 1, exactly");
    node = toucan_json_member(doc, root, toucan_cstr("min"));
    ok(node->v.integer == INT64_MIN, "the least integer");
    node = toucan_json_member(doc, root, toucan_cstr("max"));
    ok(node->v.integer == INT64_MAX, "the greatest");

    node = toucan_json_member(doc, root, toucan_cstr("real"));
    ok(toucan_json_is(node, TOUCAN_JSON_REAL), "a real is no integer");
    ok(toucan_str_is(toucan_json_string(doc, node), "1.50"),
       "and has the text that it was written with");
    node = toucan_json_member(doc, root, toucan_cstr("e"));
    ok(toucan_json_is(node, TOUCAN_JSON_REAL), "nor is one with an exponent");

    ok(toucan_json_is(toucan_json_member(doc, root, toucan_cstr("t")),
                      TOUCAN_JSON_TRUE), "true");
    ok(toucan_json_is(toucan_json_member(doc, root, toucan_cstr("f")),
                      TOUCAN_JSON_FALSE), "false");
    ok(toucan_json_is(toucan_json_member(doc, root, toucan_cstr("n")),
                      TOUCAN_JSON_NULL), "null");

    node = toucan_json_member(doc, root, toucan_cstr("s"));
    ok(toucan_str_is(toucan_json_string(doc, node), "a\xc3\xa9\n\""),
       "a string, its escapes undone");

    node = toucan_json_member(doc, root, toucan_cstr("empty"));
    ok(toucan_json_string(doc, node).data != NULL
       && toucan_json_string(doc, node).len == 0,
       "an empty string is present");
    node = toucan_json_member(doc, root, toucan_cstr(""));
    ok(node != NULL && node->v.integer == 7
       && toucan_json_name(doc, node).data != NULL, "an empty name, too");

    free(doc);
}


static void
absent(void)
{
    toucan_doc_t         *doc;
    const toucan_node_t  *root, *node;

    doc = document();
    root = toucan_json_root(doc);
    node = toucan_json_member(doc, root, toucan_cstr("int"));

    ok(toucan_json_member(doc, root, toucan_cstr("INT")) == NULL,
       "names have a case");
    ok(toucan_json_member(doc, NULL, toucan_cstr("a")) == NULL,
       "no member of nothing");
    ok(toucan_json_member(doc, node, toucan_cstr("a")) == NULL,
       "nor of an integer");
    ok(toucan_json_member(doc, toucan_json_member(doc, root,
                                                  toucan_cstr("list")),
                          toucan_cstr("")) == NULL, "nor of an array");
    ok(toucan_json_string(doc, NULL).data == NULL
       && toucan_json_string(doc, root).data == NULL
       && toucan_json_string(doc, node).data == NULL,
       "no text of what is no string");
    ok(toucan_json_name(doc, NULL).data == NULL, "no name of nothing");
    ok(!toucan_json_is(NULL, TOUCAN_JSON_NULL), "nothing is not null");
    ok(toucan_json_child(doc, NULL) == NULL
       && toucan_json_child(doc, node) == NULL, "no child of a scalar");

    ok(toucan_json_member_nocase(doc, root, toucan_cstr("INT")) == node,
       "any case, when asked for");
    ok(toucan_json_member_nocase(doc, root, toucan_cstr("twice")) == NULL
       && toucan_json_member_nocase(doc, root, toucan_cstr("Twice")) == NULL,
       "but not when two match");
    ok(toucan_json_member_nocase(doc, node, toucan_cstr("x")) == NULL,
       "nor in a scalar");

    free(doc);
}


static void
walk(void)
{
    char                  out[512];
    toucan_buf_t          b;
    toucan_doc_t         *doc;
    const toucan_node_t  *root, *node, *child;

    doc = document();
    root = toucan_json_root(doc);
    node = toucan_json_member(doc, root, toucan_cstr("list"));

    is_int(node->v.s.len, 4, "four elements");
    child = toucan_json_child(doc, node);
    is_int(child->v.integer, 1, "the first");
    ok(toucan_json_name(doc, child).data == NULL, "has no name");
    child = toucan_json_sibling(doc, node, child);
    ok(toucan_json_is(child, TOUCAN_JSON_ARRAY)
       && toucan_json_child(doc, child) == NULL, "an empty array");
    child = toucan_json_sibling(doc, node, child);
    ok(toucan_json_is(child, TOUCAN_JSON_OBJECT)
       && toucan_json_child(doc, child) == NULL, "an empty object");
    child = toucan_json_sibling(doc, node, child);
    ok(toucan_json_is(child, TOUCAN_JSON_ARRAY), "another array");
    ok(toucan_json_sibling(doc, node, child) == NULL, "the last");

    node = toucan_json_member(doc, root, toucan_cstr("obj"));
    child = toucan_json_child(doc, node);
    ok(toucan_str_is(toucan_json_name(doc, child), "Inner"), "a name");
    ok(toucan_json_sibling(doc, node, child) == NULL, "of an only child");

    toucan_buf_init(&b, out, sizeof(out));
    toucan_json_write(&b, doc, root);
    toucan_buf_byte(&b, '\0');
    is_str(out,
           "{\"int\":9007199254740993,\"min\":-9223372036854775808,"
           "\"max\":9223372036854775807,\"real\":1.50,\"e\":1e2,\"zero\":0,"
           "\"t\":true,\"f\":false,\"n\":null,\"s\":\"a\\u00e9\\n\\\"\","
           "\"empty\":\"\",\"\":7,\"list\":[1,[],{},[2,\"x\"]],"
           "\"obj\":{\"Inner\":{\"deep\":1}},\"Twice\":1,\"tWICE\":2}",
           "written in the order of its text");

    free(doc);
}


static void
written(void)
{
    char          out[128], *in;
    size_t        i;
    toucan_buf_t  b;

    static const struct {
        const char  *text;
        const char  *json;
    } rows[] = {
        { "", "\"\"" },
        { "plain ASCII, / and '", "\"plain ASCII, / and '\"" },
        { "\"\\", "\"\\\"\\\\\"" },
        { "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
        { "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
        { "\xc2\x80\xc3\xa9\xdf\xbf", "\"\\u0080\\u00e9\\u07ff\"" },
        { "\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbf",
          "\"\\u0800\\u20ac\\uffff\"" },
        { "\xed\x9f\xbf\xee\x80\x80", "\"\\ud7ff\\ue000\"" },
        { "\xf0\x90\x80\x80\xf0\x9d\x84\x9e\xf4\x8f\xbf\xbf",
          "\"\\ud800\\udc00\\ud834\\udd1e\\udbff\\udfff\"" },
        { "</script>", "\"</script>\"" },
        { "100%, %2C", "\"100\\u0025, \\u00252C\"" },

        /* cannot come from a document; must not be read past the end */

        { "\x80", "\"\\ufffd\"" }, { "\xc3", "\"\\ufffd\"" },
        { "\xe2\x82", "\"\\ufffd\\ufffd\"" },
        { "\xf0\x9d\x84", "\"\\ufffd\\ufffd\\ufffd\"" },
        { "\xc3x", "\"\\ufffdx\"" }, { "\xc0\x80", "\"\\ufffd\\ufffd\"" },
        { "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
        { "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
        { "\xff", "\"\\ufffd\"" }
    };

    static const struct {
        int64_t      value;
        const char  *text;
    } integers[] = {
        { 0, "0" }, { 1, "1" }, { -1, "-1" }, { 10, "10" }, { -90, "-90" },
        { INT64_MAX, "9223372036854775807" },
        { INT64_MIN, "-9223372036854775808" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        in = malloc(strlen(rows[i].text) + !rows[i].text[0]);
        memcpy(in, rows[i].text, strlen(rows[i].text));

        toucan_buf_init(&b, out, sizeof(out));
        toucan_json_write_string(&b, toucan_str(in, strlen(rows[i].text)));
        toucan_buf_byte(&b, '\0');
        is_str(out, rows[i].json, "a string, row %zu", i);

        free(in);
    }

    for (i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        toucan_buf_init(&b, out, sizeof(out));
        toucan_json_write_integer(&b, integers[i].value);
        toucan_buf_byte(&b, '\0');
        is_str(out, integers[i].text, "an integer");
    }

    toucan_buf_init(&b, out, 3);
    toucan_json_write_string(&b, toucan_cstr("ab"));
    ok(b.overflow, "a buffer too small says so");

    toucan_buf_init(&b, NULL, 0);
    toucan_json_write_string(&b, toucan_cstr("\xc3\xa9"));
    is_int((int64_t) b.need, 8, "without memory it counts");
}


int
main(void)
{
    refused();
    cut();
    values();
    absent();
    walk();
    written();

    return done_testing();
}
