
/*
 * Patterns: anchored at both ends, by length, bounded.
 */


#include "identity.h"


typedef struct {
    const char  *pattern;
    const char  *text;
    int          match;
} pattern_row_t;


static const pattern_row_t  pattern_rows[] = {

    { "https://app\\.example\\.com", "https://app.example.com", 1 },
    { "https://app\\.example\\.com", "https://appxexample.com", 0 },

    /* anchored, whatever it says */

    { "https://app\\.example\\.com", "https://app.example.com.evil.test", 0 },
    { "https://app\\.example\\.com", "xhttps://app.example.com", 0 },
    { "example\\.com", "https://example.com", 0 },
    { "https://example", "https://example.com", 0 },
    { "https://a\\.com|https://b\\.com", "https://a.com", 1 },
    { "https://a\\.com|https://b\\.com", "https://b.com", 1 },
    { "https://a\\.com|https://b\\.com", "https://a.com.evil.test", 0 },
    { "https://a\\.com|https://b\\.com", "evil:https://b.com", 0 },
    { "^https://a\\.com$", "https://a.com", 1 },
    { "^https://a\\.com$", "https://a.com\n", 0 },
    { "(?m)^https://a\\.com$", "https://a.com\nhttps://b.com", 0 },
    { "(?m)^https://b\\.com$", "https://a.com\nhttps://b.com", 0 },
    { "https://a\\.com\\b", "https://a.com.evil.test", 0 },
    { "https://a\\.com(*ACCEPT)x", "https://a.com.evil.test", 0 },
    { "https://a\\.com(*ACCEPT)x", "https://a.com", 1 },
    { "https://\\Ka\\.com", "https://a.com", 1 },
    { "https://\\Ka\\.com", "https://a.com.evil.test", 0 },
    { "(?=https://a\\.com)", "https://a.com", 0 },
    { "https://a\\.com(?:\\.evil\\.test)??", "https://a.com.evil.test", 1 },
    { "", NULL, -1 },

    /* caseless is off, and can be asked for */

    { "https://A\\.com", "https://a.com", 0 },
    { "(?i)https://A\\.com", "https://a.com", 1 },

    { "https://[a-z0-9-]+\\.example\\.com(:[0-9]+)?",
      "https://tenant-7.example.com:8443", 1 },
    { "https://[a-z0-9-]+\\.example\\.com(:[0-9]+)?",
      "https://a.b.example.com", 0 },
    { "(https)://((a)(b)?)\\.com", "https://ab.com", 1 },
    { ".*", "", 1 },
    { ".+", "", 0 },

    /* what is no pattern */

    { "(", NULL, -1 },
    { "[a", NULL, -1 },
    { "*", NULL, -1 },
    { "a{2,1}", NULL, -1 },
    { "(?<n>a)(?<n>b)", NULL, -1 },
    { "(*UTF)a", NULL, -1 },
    { "(*UCP)a", NULL, -1 },
    { "\\C", NULL, -1 },
    { "(?P<x", NULL, -1 },
};


static void
test_rows(void)
{
    unsigned              i;
    toucan_diag_t         why;
    toucan_pattern_t     *p;
    const pattern_row_t  *row;

    for (i = 0; i < unit_n(pattern_rows); i++) {
        row = &pattern_rows[i];

        toucan_diag_init(&why);
        p = toucan_pattern_compile(toucan_cstr(row->pattern), &why);

        if (row->match < 0) {
            ok(p == NULL, "refused: %s", row->pattern);
            ok(strstr(why.error, row->pattern) != NULL, "quoted: %s",
               why.error);
            toucan_pattern_free(p);
            continue;
        }

        if (!ok(p != NULL, "compiled: %s", row->pattern)) {
            diag("%s", why.error);
            continue;
        }

        is_int(toucan_pattern_match(p, toucan_cstr(row->text)), row->match,
               "%s %s %s", row->pattern, row->match ? "takes" : "refuses",
               row->match ? row->text : "another");

        toucan_pattern_free(p);
    }
}


static void
test_length(void)
{
    toucan_diag_t      why;
    toucan_pattern_t  *p;

    toucan_diag_init(&why);

    p = toucan_pattern_compile(toucan_str("a\0b", 3), &why);

    ok(p != NULL, "a pattern with a NUL");
    ok(toucan_pattern_match(p, toucan_str("a\0b", 3)), "which it means");
    ok(!toucan_pattern_match(p, toucan_str("a", 1)), "and does not end at");
    ok(!toucan_pattern_match(p, toucan_str("a\0b\0", 4)), "nor goes past");

    toucan_pattern_free(p);

    p = toucan_pattern_compile(toucan_str("abcdef", 3), &why);

    ok(toucan_pattern_match(p, toucan_str("abcdef", 3)),
       "pattern and text end at their length");
    ok(!toucan_pattern_match(p, toucan_str("abcdef", 4)), "and not before it");
    ok(!toucan_pattern_match(p, toucan_str(NULL, 0)),
       "an absent text matches nothing");

    toucan_pattern_free(p);
    toucan_pattern_free(NULL);

    ok(toucan_pattern_compile(toucan_str(NULL, 0), &why) == NULL,
       "an absent pattern");
}


/* Each would run for longer than anybody waits, were it not for the limits. */

static void
test_limits(void)
{
    char              *text;
    unsigned           i;
    toucan_diag_t      why;
    toucan_pattern_t  *p;

    static const char  *const patterns[] = {
        "(a+)+[bc]", "(a|a)*[bc]", "(a*)*[bc]", "(.*)*(.*)*(.*)*[bc]",
        "((a|aa)+)+[bc]", "(*NO_JIT)(a+)+[bc]", "(*NO_JIT)(a|a)*[bc]",
        "(*LIMIT_MATCH=4000000000)(*NO_JIT)(a+)+[bc]",
        "(*LIMIT_DEPTH=4000000000)(*LIMIT_HEAP=4000000000)(a|aa)+[bc]",
        "(a(?1)?a)+[bc]", "(*NO_JIT)(a(?1)?a)+[bc]", "(?R)?(a+)+[bc]",
        "(?:(?:a?){30}){30}[bc]"
    };

    text = unit_repeat('a', 290);

    for (i = 0; i < unit_n(patterns); i++) {
        toucan_diag_init(&why);
        p = toucan_pattern_compile(toucan_cstr(patterns[i]), &why);

        if (!ok(p != NULL, "compiled: %s", patterns[i])) {
            diag("%s", why.error);
            continue;
        }

        ok(!toucan_pattern_match(p, toucan_cstr(text)), "ends soon: %s",
           patterns[i]);
        ok(!toucan_pattern_match(p, toucan_cstr(text)), "and again: %s",
           patterns[i]);

        toucan_pattern_free(p);
    }

    free(text);

    /* more than the stack that JIT starts with can hold */

    text = unit_repeat('a', 60000);
    p = toucan_pattern_compile(toucan_cstr("(?:(a)|b|(c))*"), &why);

    (void) toucan_pattern_match(p, toucan_cstr(text));
    ok(toucan_pattern_match(p, toucan_str(text, 200)),
       "a pattern is of use after it met a limit");

    toucan_pattern_free(p);
    free(text);
}


static void
test_message(void)
{
    char              *text;
    toucan_diag_t      why;
    toucan_pattern_t  *p;

    toucan_diag_init(&why);
    p = toucan_pattern_compile(toucan_cstr("https://(a"), &why);

    ok(p == NULL, "a parenthesis is open");
    is_str(why.error, "invalid pattern \"https://(a\": missing closing "
           "parenthesis at offset 10", "told in full");

    text = unit_repeat('(', 4000);
    p = toucan_pattern_compile(toucan_cstr(text), &why);

    ok(p == NULL, "parentheses nested too deep");
    ok(strlen(why.error) < TOUCAN_DIAG_SIZE, "a long one is told in short");

    toucan_pattern_free(p);
    free(text);
}


int
main(void)
{
    test_rows();
    test_length();
    test_limits();
    test_message();

    return done_testing();
}
