
/*
 * Web origins: what is one, in which spelling, and what is none.
 */


#include "place.h"


typedef struct {
    const char  *text;
    const char  *normal;        /* NULL: malformed */
} origin_row_t;


static const origin_row_t  good_rows[] = {

    { "https://app.example.com", NULL },
    { "http://app.example.com", NULL },
    { "https://localhost", NULL },
    { "http://localhost:3000", NULL },
    { "https://a", NULL },
    { "https://a-b.c--d.example.com", NULL },
    { "https://my_app.example.com", NULL },
    { "https://_dmarc.example.com", NULL },
    { "https://-x.example.com", NULL },
    { "https://1and1.example", NULL },
    { "https://example.com1", NULL },
    { "https://example.1com", NULL },
    { "https://123.example", NULL },
    { "https://0x.example", NULL },
    { "https://example.0xg", NULL },
    { "https://example.0x1-f", NULL },
    { "https://example.0x_1", NULL },
    { "https://example.0ab", NULL },
    { "https://example.ax", NULL },
    { "https://example.axa", NULL },

    /* case */

    { "HTTPS://App.EXAMPLE.com", "https://app.example.com" },
    { "https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example" },
    { "hTtP://LOCALHOST:8080", "http://localhost:8080" },

    /* ports */

    { "https://app.example.com:443", "https://app.example.com" },
    { "HTTPS://app.example.com:443", "https://app.example.com" },
    { "http://app.example.com:80", "http://app.example.com" },
    { "ws://app.example.com:80", "ws://app.example.com" },
    { "wss://app.example.com:443", "wss://app.example.com" },
    { "http://app.example.com:443", NULL },
    { "https://app.example.com:80", NULL },
    { "capacitor://localhost:443", NULL },
    { "https://app.example.com:1", NULL },
    { "https://app.example.com:65535", NULL },
    { "https://app.example.com:8443", NULL },

    /* other schemes */

    { "capacitor://localhost", NULL },
    { "ionic://localhost", NULL },
    { "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb", NULL },
    { "moz-extension://9ebbdf5e-64bd-4b0d-b1c5-1c8d4a1d4a5f", NULL },
    { "tauri+x.y-z2://localhost", NULL },
    { "z9+0://localhost:9090", NULL },
    { "a://b", NULL },
    { "abcdefghijklmnopqrstuvwxyz012345://b", NULL },

    /* IPv4 */

    { "http://127.0.0.1:8080", NULL },
    { "https://0.0.0.0", NULL },
    { "https://255.255.255.255", NULL },
    { "https://192.168.1.10:443", "https://192.168.1.10" },
    { "https://1.2.3.4.example", NULL },

    /* IPv6, as browsers write it (URL standard, section 3.5) */

    { "https://[::1]", NULL },
    { "https://[::1]:8443", NULL },
    { "https://[::1]:443", "https://[::1]" },
    { "https://[::]", NULL },
    { "https://[0:0:0:0:0:0:0:1]", "https://[::1]" },
    { "https://[0:0:0:0:0:0:0:0]", "https://[::]" },
    { "https://[2001:DB8::A]", "https://[2001:db8::a]" },
    { "https://[2001:0db8:0000:0000:0000:0000:0000:0001]",
      "https://[2001:db8::1]" },
    { "https://[2001:db8:0:1:1:1:1:1]", NULL },
    { "https://[2001:db8::1:1:1:1:1]", "https://[2001:db8:0:1:1:1:1:1]" },
    { "https://[1:0:0:2:0:0:0:3]", "https://[1:0:0:2::3]" },
    { "https://[1:0:0:2:0:0:3:4]", "https://[1::2:0:0:3:4]" },
    { "https://[1:0:0:0:0:0:0:0]", "https://[1::]" },
    { "https://[1:2:3:4:5:6:7::]", "https://[1:2:3:4:5:6:7:0]" },
    { "https://[::2:3:4:5:6:7:8]", "https://[0:2:3:4:5:6:7:8]" },
    { "https://[::ffff:1.2.3.4]", "https://[::ffff:102:304]" },
    { "https://[::1.2.3.4]", "https://[::102:304]" },
    { "https://[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535",
      "https://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535" },
    { "https://[64:ff9b::8.8.8.8]", "https://[64:ff9b::808:808]" },
};


static const char  *const  bad_rows[] = {

    "", "null", "NULL", "*", "none", "about:blank", "about:srcdoc",
    "data:text/html,x", "blob:https://app.example.com/1", "file://",
    "file:///", "javascript://%0aalert(1)", "https", "https:", "https:/",
    "https://", "://app.example.com", "//app.example.com", "app.example.com",
    "app.example.com:443", "https:app.example.com", "https:/app.example.com",
    "https:///app.example.com", "https:\\\\app.example.com",
    "https ://app.example.com", "1https://app.example.com",
    "ht_tp://app.example.com", "https%3a//app.example.com",
    "-x://app.example.com", "+://app.example.com",
    "abcdefghijklmnopqrstuvwxyz0123456://b",

    /* more than an origin */

    "https://app.example.com/", "https://app.example.com/path",
    "https://app.example.com?", "https://app.example.com#",
    "https://app.example.com:443/", "https://app.example.com\\",
    "https://user@app.example.com", "https://user:pw@app.example.com",
    "https://@app.example.com", "https://example.com@evil",
    "https://example.com:443@evil", "https://app.example.com%2f",
    "https://app.example.com\\.evil.test",

    /* more than one */

    "https://app.example.com https://b.example.com",
    "https://app.example.com, https://b.example.com",
    "https://app.example.com,https://b.example.com",
    "https://app.example.com;https://b.example.com", "null null",
    "null, https://app.example.com", "https://app.example.com null",

    /* white space and controls */

    " https://app.example.com", "https://app.example.com ",
    "https://app.example.com\n", "https://app.example.com\r\nX: y",
    "https://app.example.com\t", "https://app\t.example.com",
    "https://app.example.com\x7f", "https://app.example.com\x01",

    /* labels */

    "https://.", "https://..", "https://app.example.com.",
    "https://app.example.com.:443", "https://localhost.",
    "https://.example.com", "https://app..example.com", "https://127.0.0.1.",
    "https://app.example.com..",

    /* bytes that no host holds */

    "https://*", "https://*.example.com", "https://app*.example.com",
    "https://app!.example.com", "https://app\".example.com",
    "https://app'.example.com", "https://app$.example.com",
    "https://app%41.example.com", "https://app(.example.com",
    "https://app+x.example.com", "https://app=.example.com",
    "https://app<.example.com", "https://app^.example.com",
    "https://app`.example.com", "https://app{.example.com",
    "https://app|.example.com", "https://app~.example.com",

    /* not ASCII: browsers send punycode */

    "https://b\xc3\xbc" "cher.example", "https://app.example\xe3\x80\x82" "com",
    "https://\xef\xbd\x81pp.example.com", "https://app\xc2\xad.example.com",
    "https://app.example.com\x80", "https://\xff.example.com",

    /* hosts that end in a number, and are no address in dotted decimal */

    "https://1", "https://1.2", "https://1.2.3", "https://1.2.3.4.5",
    "https://2130706433", "https://0x7f000001", "https://0x7f.1",
    "https://0x7f.0.0.1", "https://0xa",
    "https://127.0.0.0x1", "https://127.0.0.0X1",
    "https://0177.0.0.1", "https://127.0.0.01", "https://127.0.0.001",
    "https://256.0.0.1", "https://127.0.0.256", "https://127.1",
    "https://example.com.1", "https://example.0x", "https://example.0x1f",
    "https://0x", "https://0", "https://00.0.0.0", "https://1.2.3.99999999999",
    "https://-1.2.3.4", "https://1.2.3.4.0", "https://a.1",

    /* IPv6 */

    "https://[", "https://[]", "https://]", "https://[::1", "https://::1",
    "https://::1]", "https://[::1]x", "https://[::1].example.com",
    "https://[::1]]", "https://[[::1]]", "https://[::g]", "https://[:::1]",
    "https://[1::2::3]", "https://[1:2:3:4:5:6:7]", "https://[12345::]",
    "https://[1:2:3:4:5:6:7:8:9]", "https://[fe80::1%25eth0]",
    "https://[fe80::1%eth0]", "https://[::1%]", "https://[v1.x]",
    "https://[::1.2.3]", "https://[::1.2.3.256]", "https://[127.0.0.1]",
    "https://[ ::1]", "https://[example.com]", "https://x[::1]",
    "https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",

    /* ports */

    "https://app.example.com:", "https://app.example.com:0",
    "https://app.example.com:00", "https://app.example.com:0443",
    "https://app.example.com:65536", "https://app.example.com:99999",
    "https://app.example.com:443443", "https://app.example.com:4294967739",
    "https://app.example.com:-1", "https://app.example.com:+443",
    "https://app.example.com:4x3", "https://app.example.com:443:443",
    "https://app.example.com::443", "https://app.example.com:https",
    "https://[::1]:", "https://[::1]:0", "https://:443", "https://:",
};


static const origin_row_t  url_rows[] = {

    { "https://app.example.com", "https://app.example.com" },
    { "https://app.example.com/", "https://app.example.com" },
    { "https://App.Example.com:443/a/b?c=d#e", "https://app.example.com" },
    { "https://app.example.com:8443?x", "https://app.example.com:8443" },
    { "https://app.example.com#https://evil.test/",
      "https://app.example.com" },
    { "https://app.example.com?@evil.test/", "https://app.example.com" },
    { "https://app.example.com/@evil.test/", "https://app.example.com" },
    { "https://app.example.com/\xc3\xbc,; x", "https://app.example.com" },
    { "http://[::1]:8080/x:y", "http://[::1]:8080" },
    { "http://127.0.0.1:8080/", "http://127.0.0.1:8080" },
    { "android-app://com.example.app/", "android-app://com.example.app" },

    { "https://user@app.example.com/", NULL },
    { "https://user:pw@app.example.com/", NULL },
    { "https://app.example.com@evil.test/", NULL },
    { "https://app.example.com\\@evil.test/", NULL },
    { "https://app.example.com\\.evil.test/", NULL },
    { "https://app.example.com./", NULL },
    { "https:///app.example.com/", NULL },
    { "https:/app.example.com/", NULL },
    { "https:app.example.com/", NULL },
    { "//app.example.com/", NULL },
    { "/path", NULL },
    { "app.example.com/", NULL },
    { "?https://app.example.com/", NULL },
    { "/x?https://app.example.com/", NULL },
    { "about:blank", NULL },
    { "about:blank#https://app.example.com/", NULL },
    { "data:text/html,https://app.example.com/", NULL },
    { "blob:https://app.example.com/0", NULL },
    { "view-source:https://app.example.com/", NULL },
    { "null", NULL },
    { "-", NULL },
    { "", NULL },
    { ":", NULL },
    { "://", NULL },
    { "https://", NULL },
    { "https:///", NULL },
    { "https://?x", NULL },
};


static toucan_rc_t
parse(toucan_origin_t *origin, const char *text)
{
    memset(origin, 0xa5, sizeof(toucan_origin_t));

    return toucan_origin_parse(origin, toucan_cstr(text));
}


static void
test_good(void)
{
    unsigned         i;
    const char      *want;
    toucan_str_t     host;
    toucan_origin_t  origin, again;

    for (i = 0; i < unit_n(good_rows); i++) {
        want = good_rows[i].normal ? good_rows[i].normal : good_rows[i].text;

        is_rc(parse(&origin, good_rows[i].text), TOUCAN_OK, "an origin: %s",
              good_rows[i].text);
        is_view(toucan_origin_text(&origin), want, "written so: %s", want);

        host = toucan_str(origin.text + origin.host, origin.host_len);

        ok(origin.host + origin.host_len <= origin.len && host.len
           && memcmp(host.data - 3, "://", 3) == 0
           && (origin.host + origin.host_len == origin.len
               || host.data[host.len] == ':'),
           "the host stands where it says");

        (void) toucan_origin_parse(&again, toucan_origin_text(&origin));

        ok(toucan_str_eq(toucan_origin_text(&again),
                         toucan_origin_text(&origin)),
           "and is the same when read again");
    }
}


static void
test_bad(void)
{
    unsigned         i;
    const char      *why;
    toucan_origin_t  origin;

    for (i = 0; i < unit_n(bad_rows); i++) {
        is_rc(parse(&origin, bad_rows[i]), TOUCAN_ORIGIN_MALFORMED,
              "no origin, %u", i);
        ok(origin.len == 0 && origin.host_len == 0, "and nothing is left");

        why = toucan_origin_read(&origin, toucan_cstr(bad_rows[i]));
        ok(why != NULL && strlen(why) > 10, "it is said why: %s",
           why ? why : "-");
    }

    is_rc(toucan_origin_parse(&origin, toucan_str(NULL, 0)),
          TOUCAN_ORIGIN_MALFORMED, "an absent one");
    is_rc(toucan_origin_parse(&origin,
                              toucan_str("https://app.example.com\0.evil", 29)),
          TOUCAN_ORIGIN_MALFORMED, "one with a NUL");
    is_rc(toucan_origin_parse(&origin,
                              toucan_str("https://[::1\0]", 14)),
          TOUCAN_ORIGIN_MALFORMED, "an IPv6 address with a NUL");
    is_rc(toucan_origin_parse(&origin,
                              toucan_str("https://1.2.3.4\0", 16)),
          TOUCAN_ORIGIN_MALFORMED, "an IPv4 address with a NUL");
}


/* every byte that is not of the alphabet, at each end and inside */

static void
test_bytes(void)
{
    unsigned         c, bad;
    toucan_origin_t  origin;
    char             text[] = "https://axb.example.com";

    bad = 0;

    for (c = 0; c < 256; c++) {
        text[9] = (char) c;

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
            || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.')
        {
            continue;
        }

        if (toucan_origin_parse(&origin, toucan_str(text, sizeof(text) - 1))
            == TOUCAN_OK)
        {
            diag("byte %u", c);
            bad++;
        }
    }

    is_int(bad, 0, "a host holds no byte but its alphabet");
}


static void
test_sizes(void)
{
    char             text[512], *label;
    toucan_origin_t  origin;

    label = unit_repeat('a', 300);

    sprintf(text, "https://%.63s.example", label);
    is_rc(parse(&origin, text), TOUCAN_OK, "a label of 63 bytes");

    sprintf(text, "https://%.64s.example", label);
    is_rc(parse(&origin, text), TOUCAN_ORIGIN_MALFORMED, "one of 64");

    sprintf(text, "https://%.63s.%.63s.%.63s.%.61s", label, label, label,
            label);
    is_rc(parse(&origin, text), TOUCAN_OK, "a host of 253 bytes");
    is_int(origin.host_len, 253, "whole");

    sprintf(text, "https://%.63s.%.63s.%.63s.%.62s", label, label, label,
            label);
    is_rc(parse(&origin, text), TOUCAN_ORIGIN_MALFORMED, "one of 254");

    sprintf(text, "%.32s://%.63s.%.63s.%.63s.%.61s:65535", label, label,
            label, label, label);
    is_rc(parse(&origin, text), TOUCAN_OK, "the largest origin");
    is_int(origin.len, 294, "whole");

    sprintf(text, "https://%.300s", label);
    is_rc(parse(&origin, text), TOUCAN_ORIGIN_MALFORMED, "far too long");

    free(label);
}


static void
test_urls(void)
{
    char            *url;
    unsigned         i;
    toucan_origin_t  origin;

    for (i = 0; i < unit_n(url_rows); i++) {
        memset(&origin, 0xa5, sizeof(toucan_origin_t));

        is_rc(toucan_origin_of_url(&origin, toucan_cstr(url_rows[i].text)),
              url_rows[i].normal ? TOUCAN_OK : TOUCAN_ORIGIN_MALFORMED,
              "URL %s", url_rows[i].text);
        is_view(toucan_origin_text(&origin),
                url_rows[i].normal ? url_rows[i].normal : "", "its origin");
    }

    is_rc(toucan_origin_of_url(&origin, toucan_str(NULL, 0)),
          TOUCAN_ORIGIN_MALFORMED, "an absent URL");

    url = unit_repeat('x', 8192);
    memcpy(url, "https://app.example.com/", 24);

    is_rc(toucan_origin_of_url(&origin, toucan_cstr(url)), TOUCAN_OK,
          "a URL may be long");
    is_view(toucan_origin_text(&origin), "https://app.example.com",
            "its origin is not");

    free(url);
}


int
main(void)
{
    test_good();
    test_bad();
    test_bytes();
    test_sizes();
    test_urls();

    return done_testing();
}
