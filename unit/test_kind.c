
/*
 * Kinds: repeated, malformed, partial, unknown and contradictory headers, one
 * by one.
 */


#include "kind.h"


static const kind_row_t  header_rows[] = {

    /* what a preflight is, and is not */

    { "OPTIONS without Access-Control-Request-Method",
      "OPTIONS\nOrigin: " APP, COMPONENT, TOUCAN_OK, APP, 0 },
    { "OPTIONS without Origin",
      "OPTIONS\nAccess-Control-Request-Method: GET",
      SERVER, TOUCAN_OK, NONE, 0 },
    { "GET with Access-Control-Request-Method",
      "GET\nOrigin: " APP "\nAccess-Control-Request-Method: GET",
      COMPONENT, TOUCAN_OK, APP, 0 },
    { "OPTIONS alone", "OPTIONS", SERVER, TOUCAN_OK, NONE, 0 },
    { "OPTIONS of our own page",
      "OPTIONS\nOrigin: " UNIT_OWN, OWN, TOUCAN_OK, NONE, 0 },
    { "a preflight from null",
      "OPTIONS\nOrigin: null\nAccess-Control-Request-Method: GET",
      PREFLIGHT, TOUCAN_OK, NONE, NULLS },
    { "a preflight from no origin",
      "OPTIONS\nOrigin: " APP "/\nAccess-Control-Request-Method: GET",
      PREFLIGHT, MALFORMED, NONE, 0 },
    { "a preflight from an empty origin",
      "OPTIONS\nOrigin:\nAccess-Control-Request-Method: GET",
      PREFLIGHT, MALFORMED, NONE, 0 },
    { "a preflight with two Origins is none",
      "OPTIONS\nOrigin: " APP "\nOrigin: " APP "\n"
      "Access-Control-Request-Method: GET", OTHER, MALFORMED, NONE, 0 },
    { "a preflight with two Referers",
      "OPTIONS\nOrigin: " APP "\nReferer: a\nReferer: b\n"
      "Access-Control-Request-Method: GET", PREFLIGHT, MALFORMED, APP, 0 },
    { "a preflight with two Sec-Fetch-Sites",
      "OPTIONS\nOrigin: " APP "\nSec-Fetch-Site: none\n"
      "Sec-Fetch-Site: cross-site\nAccess-Control-Request-Method: GET",
      PREFLIGHT, NOT_ALLOWED, APP, 0 },

    /* repeated headers */

    { "two Origins", "GET\nOrigin: " APP "\nOrigin: https://evil.test",
      OTHER, MALFORMED, NONE, 0 },
    { "the same Origin twice", "GET\nOrigin: " APP "\nOrigin: " APP,
      OTHER, MALFORMED, NONE, 0 },
    { "two Origins, the first one ours",
      "GET\nOrigin: " UNIT_OWN "\nOrigin: " APP, OTHER, MALFORMED, NONE, 0 },
    { "two Origins of a same-origin request",
      "GET\nOrigin: null\nOrigin: null\nSec-Fetch-Site: same-origin",
      OTHER, MALFORMED, NONE, 0 },
    { "two Referers", "GET\nReferer: " APP "/\nReferer: " APP "/",
      OTHER, MALFORMED, NONE, 0 },
    { "two Referers beside an Origin",
      "GET\nOrigin: " APP "\nReferer: " APP "/\nReferer: " APP "/",
      OTHER, MALFORMED, NONE, 0 },
    { "two Referers that are empty", "GET\nReferer:\nReferer:",
      OTHER, MALFORMED, NONE, 0 },
    { "two Sec-Fetch-Sites",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Site: same-origin", OTHER, NOT_ALLOWED, NONE, 0 },
    { "the same Sec-Fetch-Site twice",
      "GET\nSec-Fetch-Site: same-origin\nSec-Fetch-Site: same-origin",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "two Sec-Fetch-Modes",
      "GET\nOrigin: " APP "\nSec-Fetch-Mode: cors\nSec-Fetch-Mode: cors",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "two Sec-Fetch-Dests",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Dest: iframe\n"
      "Sec-Fetch-Dest: document", OTHER, NOT_ALLOWED, NONE, NAV },
    { "two of everything",
      "GET\nOrigin: " APP "\nOrigin: " APP "\nSec-Fetch-Dest: iframe\n"
      "Sec-Fetch-Dest: iframe", OTHER, MALFORMED, NONE, NAV },

    /* Origins that are none */

    { "an empty Origin", "GET\nOrigin:", OTHER, MALFORMED, NONE, 0 },
    { "a list", "GET\nOrigin: " APP ", https://evil.test",
      OTHER, MALFORMED, NONE, 0 },
    { "a list by spaces", "GET\nOrigin: " APP " https://evil.test",
      OTHER, MALFORMED, NONE, 0 },
    { "null in a list", "GET\nOrigin: null, null",
      OTHER, MALFORMED, NONE, 0 },
    { "NULL", "GET\nOrigin: NULL", OTHER, MALFORMED, NONE, 0 },
    { "a path", "GET\nOrigin: " APP "/", OTHER, MALFORMED, NONE, 0 },
    { "user information", "GET\nOrigin: https://app.acme.example@evil.test",
      OTHER, MALFORMED, NONE, 0 },
    { "a trailing dot", "GET\nOrigin: " APP ".", OTHER, MALFORMED, NONE, 0 },
    { "a port out of range", "GET\nOrigin: " APP ":65536",
      OTHER, MALFORMED, NONE, 0 },
    { "not ASCII", "GET\nOrigin: https://b\xc3\xbc" "cher.example",
      OTHER, MALFORMED, NONE, 0 },
    { "a navigation from a bad Origin",
      "POST\nOrigin: x\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: iframe",
      OTHER, MALFORMED, NONE, NAV },
    { "a same-origin request from a bad Origin",
      "POST\nOrigin: x\nSec-Fetch-Site: same-origin",
      OTHER, MALFORMED, NONE, 0 },

    /* an Origin is compared when parsed */

    { "upper case and default port",
      "GET\nOrigin: HTTPS://App.ACME.example:443",
      COMPONENT, TOUCAN_OK, APP, 0 },
    { "ours in upper case, with the port",
      "GET\nOrigin: HTTPS://EMBED.example.com:443", OWN, TOUCAN_OK, NONE, 0 },
    { "ours on another port", "GET\nOrigin: " UNIT_OWN ":8443",
      COMPONENT, TOUCAN_OK, UNIT_OWN ":8443", 0 },
    { "ours by another scheme", "GET\nOrigin: http://embed.example.com",
      COMPONENT, TOUCAN_OK, "http://embed.example.com", 0 },
    { "a name below ours", "GET\nOrigin: https://a.embed.example.com",
      COMPONENT, TOUCAN_OK, "https://a.embed.example.com", 0 },

    /* Referers */

    { "an empty Referer is none", "GET\nReferer:", SERVER, TOUCAN_OK, NONE,
      0 },
    { "an iframe with an empty Referer",
      "GET\nSec-Fetch-Dest: iframe\nReferer:", FRAME, TOUCAN_OK, NONE, NAV },
    { "a Referer trimmed to its origin", "GET\nReferer: " APP,
      FRAME, TOUCAN_OK, APP, NAV },
    { "a Referer of ours, trimmed", "GET\nReferer: " UNIT_OWN,
      OWN, TOUCAN_OK, NONE, 0 },
    { "a Referer that begins like ours",
      "GET\nReferer: " UNIT_OWN ".evil.test/",
      FRAME, TOUCAN_OK, UNIT_OWN ".evil.test", NAV },
    { "a Referer with ours as user",
      "GET\nReferer: " UNIT_OWN "@evil.test/", OTHER, MALFORMED, NONE, 0 },
    { "a Referer with ours in its path",
      "GET\nReferer: https://evil.test/" UNIT_OWN "/",
      FRAME, TOUCAN_OK, "https://evil.test", NAV },
    { "about:blank", "GET\nReferer: about:blank", OTHER, MALFORMED, NONE, 0 },
    { "about:blank around an iframe",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: iframe\nReferer: about:blank",
      OTHER, MALFORMED, NONE, NAV },
    { "a relative Referer", "GET\nReferer: /dashboards",
      OTHER, MALFORMED, NONE, 0 },
    { "a bad Referer of a POST", "POST\nReferer: x",
      OTHER, MALFORMED, NONE, 0 },
    { "a bad Referer of a page without a site",
      "GET\nSec-Fetch-Dest: document\nReferer: x",
      OTHER, MALFORMED, NONE, NAV },
    { "a bad Referer of a page does not matter",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Dest: document\n"
      "Referer: x", PAGE, TOUCAN_OK, NONE, NAV },
    { "a bad Referer of a component does not matter",
      "GET\nOrigin: " APP "\nReferer: about:blank",
      COMPONENT, TOUCAN_OK, APP, 0 },
    { "a bad Referer of our own request does not matter",
      "GET\nSec-Fetch-Site: same-origin\nReferer: about:blank",
      OWN, TOUCAN_OK, NONE, 0 },
    { "POST with a Referer elsewhere", "POST\nReferer: " APP "/",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "OPTIONS with a Referer elsewhere", "OPTIONS\nReferer: " APP "/",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "HEAD with a Referer elsewhere", "HEAD\nReferer: " APP "/",
      FRAME, TOUCAN_OK, APP, NAV },
    { "POST with a Referer of ours", "POST\nReferer: " UNIT_OWN "/x",
      OWN, TOUCAN_OK, NONE, 0 },
    { "a frame by POST without Origin",
      "POST\nSec-Fetch-Site: cross-site\nSec-Fetch-Dest: iframe\n"
      "Referer: " APP "/", FRAME, TOUCAN_OK, APP, NAV },

    /* fetch metadata in part */

    { "a site alone: same-origin", "GET\nSec-Fetch-Site: same-origin",
      OWN, TOUCAN_OK, NONE, 0 },
    { "a site alone: cross-site", "GET\nSec-Fetch-Site: cross-site",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "a site alone: none", "GET\nSec-Fetch-Site: none",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "a dest alone: iframe", "GET\nSec-Fetch-Dest: iframe",
      FRAME, TOUCAN_OK, NONE, NAV },
    { "a dest alone: document", "GET\nSec-Fetch-Dest: document",
      PAGE, TOUCAN_OK, NONE, NAV },
    { "a dest alone: image", "GET\nSec-Fetch-Dest: image",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "a dest alone: iframe, of our page",
      "GET\nSec-Fetch-Dest: iframe\nReferer: " UNIT_OWN "/",
      OWN, TOUCAN_OK, NONE, NAV },
    { "a dest alone: document, of our page",
      "GET\nSec-Fetch-Dest: document\nReferer: " UNIT_OWN "/",
      OWN, TOUCAN_OK, NONE, NAV },
    { "a dest alone: image, of a page elsewhere",
      "GET\nSec-Fetch-Dest: image\nReferer: " APP "/",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "a mode alone: navigate", "GET\nSec-Fetch-Mode: navigate",
      SERVER, TOUCAN_OK, NONE, NAV },
    { "a mode alone, and a Referer elsewhere",
      "GET\nSec-Fetch-Mode: cors\nReferer: " APP "/",
      FRAME, TOUCAN_OK, APP, NAV },
    { "a mode alone, and a Referer of ours",
      "GET\nSec-Fetch-Mode: cors\nReferer: " UNIT_OWN "/",
      OWN, TOUCAN_OK, NONE, 0 },
    { "a mode alone: webtransport", "GET\nSec-Fetch-Mode: webtransport",
      SERVER, TOUCAN_OK, NONE, 0 },
    { "an unknown dest is a subresource",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: hologram",
      COMPONENT, TOUCAN_OK, APP, 0 },

    /* unknown values */

    { "an unknown site", "GET\nOrigin: " APP "\nSec-Fetch-Site: far-away",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "an empty site", "GET\nSec-Fetch-Site:",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "a site in upper case", "GET\nSec-Fetch-Site: SAME-ORIGIN",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "a site with a parameter", "GET\nSec-Fetch-Site: same-origin;a",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "a list of sites", "GET\nSec-Fetch-Site: same-origin, cross-site",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "an unknown mode", "GET\nOrigin: " APP "\nSec-Fetch-Mode: warp",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "an unknown mode alone", "GET\nSec-Fetch-Mode: warp",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "an empty mode", "GET\nSec-Fetch-Mode:",
      OTHER, NOT_ALLOWED, NONE, 0 },

    /* contradictions */

    { "same-origin, from another origin",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: same-origin",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "cross-site, from ours",
      "GET\nOrigin: " UNIT_OWN "\nSec-Fetch-Site: cross-site",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "same-site, from ours",
      "GET\nOrigin: " UNIT_OWN "\nSec-Fetch-Site: same-site",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "none, from ours",
      "GET\nOrigin: " UNIT_OWN "\nSec-Fetch-Site: none",
      OTHER, NOT_ALLOWED, NONE, 0 },
    { "a navigation to an image",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: image", OTHER, NOT_ALLOWED, NONE, NAV },
    { "a navigation to nothing",
      "GET\nSec-Fetch-Site: same-origin\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: empty", OTHER, NOT_ALLOWED, NONE, NAV },
    { "an iframe that is no navigation",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\n"
      "Sec-Fetch-Dest: iframe\nReferer: " APP "/",
      OTHER, NOT_ALLOWED, NONE, NAV },
    { "a document by cors",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: document",
      OTHER, NOT_ALLOWED, NONE, NAV },
    { "an object that is no navigation",
      "GET\nSec-Fetch-Site: same-origin\nSec-Fetch-Mode: no-cors\n"
      "Sec-Fetch-Dest: object", OTHER, NOT_ALLOWED, NONE, NAV },
};


/* an own origin that says nothing is equal to nothing */

static void
test_no_own(void)
{
    unsigned          i;
    toucan_place_t    place;
    toucan_request_t  request;

    static const char  *const owns[] = {
        NULL, "", "null", "https://", "://embed.example.com",
        "https://embed.example.com/", "https://embed.example.com."
    };

    for (i = 0; i < unit_n(owns); i++) {
        unit_request(&request, "GET\nOrigin: " UNIT_OWN);
        request.own_origin = owns[i] ? toucan_cstr(owns[i])
                                     : toucan_str(NULL, 0);
        toucan_kind_classify(&request, &place);
        is_int(place.kind, COMPONENT, "%u: an Origin is not ours", i);

        unit_request(&request, "GET\nReferer: " UNIT_OWN "/");
        request.own_origin = owns[i] ? toucan_cstr(owns[i])
                                     : toucan_str(NULL, 0);
        toucan_kind_classify(&request, &place);
        is_int(place.kind, FRAME, "%u: a Referer is not ours", i);

        unit_request(&request, "GET\nOrigin: null");
        request.own_origin = owns[i] ? toucan_cstr(owns[i])
                                     : toucan_str(NULL, 0);
        toucan_kind_classify(&request, &place);
        is_int(place.kind, COMPONENT, "%u: null is not ours", i);

        unit_request(&request, "GET");
        request.own_origin = owns[i] ? toucan_cstr(owns[i])
                                     : toucan_str(NULL, 0);
        toucan_kind_classify(&request, &place);
        is_int(place.kind, SERVER, "%u: nothing is not ours", i);
    }

    unit_request(&request, "GET\nOrigin: " UNIT_OWN);
    request.own_origin = toucan_cstr("HTTPS://Embed.Example.Com:443");
    toucan_kind_classify(&request, &place);
    is_int(place.kind, OWN, "ours is parsed, too");
}


static void
test_names(void)
{
    is_view(toucan_kind_name(PREFLIGHT), "preflight", "a name");
    is_view(toucan_kind_name(OTHER), "other", "another");
    is_view(toucan_kind_name(TOUCAN_KIND_MAX), "other", "past the end");
    is_view(toucan_kind_name((toucan_kind_e) -1), "other", "and before");

    is_int(toucan_kind_find(toucan_cstr("component")), COMPONENT, "found");
    is_int(toucan_kind_find(toucan_cstr("own")), OWN, "found");
    is_int(toucan_kind_find(toucan_cstr("frame")), FRAME, "found");
    is_int(toucan_kind_find(toucan_cstr("page")), PAGE, "found");
    is_int(toucan_kind_find(toucan_cstr("server")), SERVER, "found");

    is_int(toucan_kind_find(toucan_cstr("preflight")), TOUCAN_KIND_MAX,
           "a preflight is not to be asked for");
    is_int(toucan_kind_find(toucan_cstr("other")), TOUCAN_KIND_MAX,
           "nor is anything else");
    is_int(toucan_kind_find(toucan_cstr("Frame")), TOUCAN_KIND_MAX,
           "no other case");
    is_int(toucan_kind_find(toucan_cstr("")), TOUCAN_KIND_MAX, "empty");
    is_int(toucan_kind_find(toucan_str("frames", 5)), FRAME, "by length");
}


int
main(void)
{
    unit_kind_rows(header_rows, unit_n(header_rows));
    test_no_own();
    test_names();

    return done_testing();
}
