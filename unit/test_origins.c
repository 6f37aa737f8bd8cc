
/*
 * The allowlist: which entries it takes, and which origins they accept.
 */


#include "place.h"


typedef struct {
    const char  *entries;
    const char  *origin;
    int          match;
} match_row_t;


static const match_row_t  match_rows[] = {

    { "https://app.example.com", "https://app.example.com", 1 },
    { "HTTPS://App.Example.COM:443", "https://app.example.com", 1 },
    { "https://app.example.com", "https://app.example.com:443", 1 },
    { "https://app.example.com", "https://APP.example.com", 1 },
    { "https://app.example.com:8443", "https://app.example.com:8443", 1 },
    { "http://localhost:3000", "http://localhost:3000", 1 },
    { "capacitor://localhost", "capacitor://localhost", 1 },
    { "https://[2001:db8:0::1]", "https://[2001:DB8::1]:443", 1 },
    { "http://127.0.0.1", "http://127.0.0.1:80", 1 },
    { "https://xn--bcher-kva.example", "https://XN--bcher-KVA.example", 1 },
    { "https://a.test https://b.test https://c.test", "https://b.test", 1 },

    { "", "https://app.example.com", 0 },
    { "null", "https://app.example.com", 0 },
    { "https://app.example.com", "http://app.example.com", 0 },
    { "https://app.example.com", "https://app.example.com:8443", 0 },
    { "https://app.example.com:8443", "https://app.example.com", 0 },
    { "https://app.example.com", "https://app.example.com.evil.test", 0 },
    { "https://example.com", "https://example.com.evil.test", 0 },
    { "https://example.com", "https://evil-example.com", 0 },
    { "https://example.com", "https://evilexample.com", 0 },
    { "https://example.com", "https://www.example.com", 0 },
    { "https://app.example.com", "https://example.com", 0 },
    { "https://app.example.com", "https://b.app.example.com", 0 },
    { "https://app.example.com", "https://pp.example.com", 0 },
    { "https://app.example.com", "https://app.example.co", 0 },
    { "https://app.example.com", "https://app-example.com", 0 },
    { "https://app.example.com", "httpsx://app.example.com", 0 },
    { "https://app.example.com", "chrome-extension://app.example.com", 0 },
    { "https://xn--bcher-kva.example", "https://bcher.example", 0 },

    /* a wildcard: any depth below, never the domain itself */

    { "https://*.example.com", "https://app.example.com", 1 },
    { "https://*.example.com", "https://a.b.c.d.e.f.g.example.com", 1 },
    { "https://*.example.com", "https://xn--bcher-kva.example.com", 1 },
    { "https://*.example.com", "https://_x.example.com", 1 },
    { "HTTPS://*.EXAMPLE.com:443", "https://app.example.com", 1 },
    { "https://*.example.com:8443", "https://app.example.com:8443", 1 },
    { "https://*.b.example.com https://*.example.com",
      "https://a.example.com", 1 },
    { "https://*.co.uk", "https://example.co.uk", 1 },
    { "https://*.example.x-1", "https://a.example.x-1", 1 },

    { "https://*.example.com", "https://example.com", 0 },
    { "https://*.example.com", "https://evil-example.com", 0 },
    { "https://*.example.com", "https://evilexample.com", 0 },
    { "https://*.example.com", "https://app.example.com.evil.test", 0 },
    { "https://*.example.com", "https://app.example.com:8443", 0 },
    { "https://*.example.com:8443", "https://app.example.com", 0 },
    { "https://*.example.com", "http://app.example.com", 0 },
    { "https://*.example.com", "https://example.com.app", 0 },
    { "https://*.b.example.com", "https://b.example.com", 0 },
    { "https://*.b.example.com", "https://a.example.com", 0 },
    { "https://*.b.example.com", "https://a.xb.example.com", 0 },
    { "https://example.com", "https://app.example.com", 0 },
    { "https://*.example.com", "https://app.example.org", 0 },

    /* different, though the table's hash is the same: found by search */

    { "https://app115920.example", "https://app115920.example", 1 },
    { "https://app115920.example", "https://app218828.example", 0 },
    { "https://app115920.example https://app218828.example",
      "https://app218828.example", 1 },
    { "https://adso0km.example:8443", "https://adso0km.example", 0 },
    { "https://adso0km.example", "https://adso0km.example:8443", 0 },
    { "https://*.atoptj4.example", "https://atoptj4.example", 0 },
    { "https://*.x.test https://atoptj4.example",
      "https://a.atoptj4.example", 0 },
    { "https://*.app240597.example", "https://app078104.example", 0 },
    { "https://app121429.example", "capac://app276468.example", 0 },
    { "https://app031089.example", "http://app158153x.example", 0 },

    /* the two kinds of entries beside each other, for the same name */

    { "https://*.example.com https://example.com", "https://example.com", 1 },
    { "https://example.com https://*.example.com", "https://a.example.com",
      1 },

    /* regexes see the normalised origin, whole */

    { "~https://[a-z]+\\.example\\.com", "https://app.example.com", 1 },
    { "~https://[a-z]+\\.example\\.com", "https://APP.example.com:443", 1 },
    { "~https://[a-z]+\\.example\\.com", "https://app.example.com:444", 0 },
    { "~https://[a-z]+\\.example\\.com", "https://app.example.com.evil.test",
      0 },
    { "~example\\.com", "https://example.com", 0 },
    { "~https://a\\.test|https://b\\.test", "https://b.test", 1 },
    { "~https://a\\.test|https://b\\.test", "https://b.test.evil.test", 0 },
    { "~https://a\\.test|https://b\\.test", "https://a.test.evil.test", 0 },
    { "~https://a\\.test ~https://b\\.test", "https://b.test", 1 },
    { "https://c.test ~https://a\\.test https://*.d.test", "https://x.d.test",
      1 },
    { "~https://(?!evil).*\\.example\\.com", "https://evil.example.com", 0 },
    { "~.*", "https://any.test", 1 },
};


typedef struct {
    const char  *entry;
    const char  *why;           /* a part of the message */
} entry_row_t;


static const entry_row_t  entry_rows[] = {

    { "*", "accept every origin" },
    { "http://*", "accept every host" },
    { "https://*", "accept every host" },
    { "https://*:443", "accept every host" },
    { "https://*.com", "whole top-level name" },
    { "https://*.localhost", "whole top-level name" },
    { "https://*.", "host is empty" },
    { "https://*..com", "label of the host is empty" },
    { "https://*.:443", "host is empty" },
    { "https://a.*.example.com", "first label" },
    { "https://app.*", "first label" },
    { "https://app*.example.com", "first label" },
    { "https://*app.example.com", "whole label" },
    { "https://**.example.com", "whole label" },
    { "https://*.*.example.com", "first label" },
    { "https://*/", "whole label" },
    { "*://app.example.com", "scheme" },
    { "*.example.com", "scheme" },
    { "*://*.example.com", "scheme" },
    { "https://*.1.2.3.4", "IP address" },
    { "https://*.2.3.4", "number" },
    { "https://*.127.0.0.90", "IP address" },
    { "https://*.[::1]", "IP address" },
    { "https://*.example.com.", "dot" },
    { "https://*.example.com/", "path" },
    { "https://*.example.com:0", "port" },
    { "https://app.example.com/", "path" },
    { "https://app.example.com/path", "path" },
    { "https://app.example.com?x", "path" },
    { "https://app.example.com.", "dot" },
    { "https://user@app.example.com", "user name" },
    { "https://app.example.com,https://b.example.com", "list" },
    { "https://app.example.com;", "list" },
    { "https://app.example.com https://b.example.com", "list" },
    { "https://app.example.com\nhttps://b.example.com", "control" },
    { "https://b\xc3\xbc" "cher.example", "punycode" },
    { "https://*.b\xc3\xbc" "cher.example", "punycode" },
    { "app.example.com", "scheme" },
    { "none", "scheme" },
    { "NULL", "scheme" },
    { "any", "scheme" },
    { "'self'", "scheme" },
    { "", "empty" },
    { "https://", "host is empty" },
    { "https://app..example.com", "empty" },
    { "https://app.example.com:99999", "port" },
    { "https://app.example.com:", "port" },
    { "https://127.1", "number" },
    { "https://[::1", "\"]\"" },
    { "https://[::1]x", "\"]\"" },
    { "https://[::x]", "IPv6" },
    { "~", "empty" },
    { "~(", "parenthesis" },
    { "~https://[", "character class" },
};


/* whether the list takes a text; texts of tests are origins */

static int
matches(const toucan_origins_t *origins, const char *text)
{
    toucan_origin_t  origin;

    if (toucan_origin_parse(&origin, toucan_cstr(text)) != TOUCAN_OK) {
        diag("not an origin: %s", text);
        return -1;
    }

    return toucan_origins_match(origins, &origin);
}


static void
test_matches(void)
{
    unsigned            i;
    toucan_origins_t   *origins;
    const match_row_t  *row;

    for (i = 0; i < unit_n(match_rows); i++) {
        row = &match_rows[i];

        origins = unit_origins(row->entries);
        is_int(matches(origins, row->origin), row->match, "[%s] %s %s",
               row->entries, row->match ? "takes" : "refuses", row->origin);
        toucan_origins_free(origins);
    }
}


static void
test_entries(void)
{
    char               *long_entry;
    unsigned            i;
    toucan_diag_t       why;
    toucan_origins_t   *origins;
    const entry_row_t  *row;

    origins = toucan_origins_create();

    for (i = 0; i < unit_n(entry_rows); i++) {
        row = &entry_rows[i];

        toucan_diag_init(&why);
        is_rc(toucan_origins_add(origins, toucan_cstr(row->entry), &why),
              TOUCAN_ORIGIN_MALFORMED, "entry %u is malformed", i);
        ok(strstr(why.error, row->why) != NULL, "%s", why.error);

        if (strpbrk(row->entry, "\n\xc3") == NULL) {
            ok(strstr(why.error, row->entry + (row->entry[0] == '~')) != NULL,
               "the entry is quoted");
        }
    }

    ok(toucan_origins_empty(origins), "none of them is in the list");

    toucan_diag_init(&why);
    is_rc(toucan_origins_add(origins, toucan_str(NULL, 0), &why),
          TOUCAN_ORIGIN_MALFORMED, "an absent entry");
    is_rc(toucan_origins_add(origins,
                             toucan_str("https://app.example.com\0.", 25),
                             &why),
          TOUCAN_ORIGIN_MALFORMED, "an entry with a NUL");

    long_entry = unit_repeat('a', 400);
    memcpy(long_entry, "https://*.", 10);
    is_rc(toucan_origins_add(origins, toucan_cstr(long_entry), &why),
          TOUCAN_ORIGIN_MALFORMED, "a wildcard that is far too long");
    ok(strlen(why.error) < 200, "is quoted in part");
    free(long_entry);

    long_entry = unit_repeat('x', 200);
    memcpy(long_entry, "~https://.*(?:", 14);
    memcpy(long_entry + 198, ")?", 2);

    toucan_diag_init(&why);
    is_rc(toucan_origins_add(origins, toucan_cstr(long_entry), &why),
          TOUCAN_OK, "a long regex for everything");
    is_int(why.warnings, 1, "is warned of");
    ok(strlen(why.warning) < 220, "and quoted in part");
    free(long_entry);

    toucan_diag_init(&why);
    is_rc(toucan_origins_add(origins, toucan_cstr("~https://.*"), &why),
          TOUCAN_OK, "a regex for everything");
    is_int(why.warnings, 1, "is warned of: %s", why.warning);

    toucan_diag_init(&why);
    is_rc(toucan_origins_add(origins, toucan_cstr("~https://.*\\.a\\.test"),
                             &why), TOUCAN_OK, "a regex for a domain");
    is_int(why.warnings, 0, "is not");

    toucan_origins_free(origins);
}


static void
test_flags(void)
{
    toucan_origin_t    none;
    toucan_origins_t  *origins;

    memset(&none, 0, sizeof(toucan_origin_t));

    origins = unit_origins("");
    ok(toucan_origins_empty(origins), "an empty list is empty");
    ok(!toucan_origins_null(origins), "and does not take null");
    is_view(toucan_origins_ancestors(origins), "", "no ancestors");
    ok(!toucan_origins_match(origins, &none), "nothing matches nothing");
    toucan_origins_free(origins);

    origins = unit_origins("null");
    ok(!toucan_origins_empty(origins), "null is an entry");
    ok(toucan_origins_null(origins), "and is taken");
    is_view(toucan_origins_ancestors(origins), "", "but is no ancestor");
    ok(!toucan_origins_match(origins, &none), "nothing is not null");
    toucan_origins_free(origins);

    origins = unit_origins("~https://.*\\.test");
    ok(!toucan_origins_empty(origins), "a regex is an entry");
    ok(!toucan_origins_null(origins), "that does not take null");
    is_view(toucan_origins_ancestors(origins), "", "nor is an ancestor");
    toucan_origins_free(origins);

    origins = unit_origins("~.*");
    ok(!toucan_origins_match(origins, &none), "no origin matches no regex");
    toucan_origins_free(origins);

    ok(toucan_origins_empty(NULL), "no list: empty");
    ok(!toucan_origins_null(NULL), "no list: not null");
    ok(!toucan_origins_match(NULL, &none), "no list: no match");
    is_view(toucan_origins_ancestors(NULL), "", "no list: no ancestors");
    toucan_origins_free(NULL);
}


static void
test_ancestors(void)
{
    char               entry[64];
    size_t             len;
    unsigned           i;
    toucan_diag_t      why;
    toucan_origins_t  *origins;

    origins = unit_origins("https://b.test null HTTPS://*.A.test:443 ~x "
                           "http://a.test:8080 https://b.test:443 "
                           "https://*.a.test https://[::0] https://a.test "
                           "https://*.c.test:8443");

    is_view(toucan_origins_ancestors(origins),
            "https://b.test https://*.a.test http://a.test:8080 https://[::] "
            "https://a.test https://*.c.test:8443",
            "the source list: in order, each once");

    is_rc(toucan_origins_finish(origins), TOUCAN_OK, "finished again");
    is_int(toucan_origins_ancestors(origins).len, 100, "it is the same");
    toucan_origins_free(origins);

    /* 128 entries of 31 bytes, a space each but one, and one byte more */

    origins = toucan_origins_create();
    toucan_diag_init(&why);
    len = 0;

    for (i = 0; i < 128; i++) {
        sprintf(entry, "https://%04u.ancestor.test:%s", i,
                i < 127 ? "8443" : "18443");
        len += strlen(entry) + 1;

        toucan_origins_add(origins, toucan_cstr(entry), &why);
    }

    is_int(len - 1, TOUCAN_ANCESTORS_MAX, "a list as long as the limit");
    toucan_origins_finish(origins);
    is_int(toucan_origins_ancestors(origins).len, len - 1, "is sent whole");

    toucan_origins_add(origins, toucan_cstr("a://b"), &why);
    toucan_origins_finish(origins);
    ok(toucan_origins_ancestors(origins).data == NULL,
       "one above it is absent");
    ok(matches(origins, "a://b") == 1, "but holds");
    toucan_origins_free(origins);
}


/* the deepest host: a wildcard at its end is found, and ends at a label */

static void
test_deep(void)
{
    char               text[320];
    unsigned           i;
    toucan_origin_t    origin;
    toucan_origins_t  *origins;

    strcpy(text, "https://");

    for (i = 0; i < 120; i++) {
        strcat(text, "a.");
    }

    strcat(text, "example.test");

    origins = unit_origins("https://*.example.test https://*.ple.test");
    ok(matches(origins, text) == 1, "121 labels below a wildcard");
    toucan_origins_free(origins);

    origins = unit_origins("https://*.ple.test https://*.b.a.example.test");
    ok(matches(origins, text) == 0, "but not those of others");

    (void) toucan_origin_parse(&origin, toucan_cstr(text));
    is_int(origin.host_len, 252, "of a host as long as may be");
    toucan_origins_free(origins);
}


int
main(void)
{
    test_matches();
    test_entries();
    test_flags();
    test_ancestors();
    test_deep();

    return done_testing();
}
