
/*
 * Places: what a policy accepts, and then what a token accepts of that.
 */


#include "place.h"


#define APP  "https://app.acme.example"
#define BI   "https://bi.acme.example"

#define DENIED       TOUCAN_ORIGIN_DENIED
#define MISSING      TOUCAN_ORIGIN_MISSING
#define MALFORMED    TOUCAN_ORIGIN_MALFORMED
#define NOT_ALLOWED  TOUCAN_KIND_NOT_ALLOWED
#define BOUND        TOUCAN_TOKEN_ORIGIN_DENIED

#define CROSS        "\nSec-Fetch-Site: cross-site"

#define COMPONENT    "GET\nOrigin: " APP
#define FROM_NULL    "GET\nOrigin: null"
#define PREFLIGHT    "OPTIONS\nOrigin: " APP                                  \
                     "\nAccess-Control-Request-Method: GET"
#define NULLFLIGHT   "OPTIONS\nOrigin: null"                                  \
                     "\nAccess-Control-Request-Method: GET"
#define OWN          "GET\nSec-Fetch-Site: same-origin"
#define OWN_NULL     "POST\nSec-Fetch-Site: same-origin\nOrigin: null"
#define UNKNOWN      "GET\nSec-Fetch-Dest: iframe" CROSS
#define FRAME        UNKNOWN "\nReferer: " APP "/"
#define BACK         UNKNOWN "\nReferer: " UNIT_OWN "/"
#define PAGE         "GET\nSec-Fetch-Dest: document" CROSS
#define SERVER       "GET"
#define IMAGE        "GET\nSec-Fetch-Dest: image" CROSS


typedef struct {
    const char   *request;
    const char   *kinds;
    const char   *entries;
    toucan_rc_t   rc;
    unsigned      listed;
} place_row_t;


static const place_row_t  place_rows[] = {

    { COMPONENT, "component", APP, TOUCAN_OK, 1 },
    { COMPONENT, "component frame", APP, TOUCAN_OK, 1 },
    { COMPONENT, "component", "https://*.acme.example", TOUCAN_OK, 1 },
    { COMPONENT, "component", "~https://app\\..*", TOUCAN_OK, 1 },
    { COMPONENT, "component", BI, DENIED, 0 },
    { COMPONENT, "component", "", DENIED, 0 },
    { COMPONENT, "component", "null", DENIED, 0 },
    { COMPONENT, "frame own page server", APP, NOT_ALLOWED, 1 },
    { COMPONENT, "frame own page server", BI, NOT_ALLOWED, 0 },
    { COMPONENT, "", APP, NOT_ALLOWED, 1 },

    { FROM_NULL, "component", "null", TOUCAN_OK, 1 },
    { FROM_NULL, "component", APP, DENIED, 0 },
    { FROM_NULL, "component", "~.*", DENIED, 0 },
    { FROM_NULL, "component", "~null", DENIED, 0 },
    { FROM_NULL, "component", "", DENIED, 0 },
    { FROM_NULL, "frame", "null", NOT_ALLOWED, 1 },

    { PREFLIGHT, "component", APP, TOUCAN_OK, 1 },
    { PREFLIGHT, "component", BI, DENIED, 0 },
    { PREFLIGHT, "component", "", DENIED, 0 },
    { PREFLIGHT, "frame own page server", APP, NOT_ALLOWED, 1 },
    { NULLFLIGHT, "component", "null", TOUCAN_OK, 1 },
    { NULLFLIGHT, "component", APP, DENIED, 0 },
    { "OPTIONS\nOrigin: " APP "/\nAccess-Control-Request-Method: GET",
      "component", APP, MALFORMED, 0 },
    { PREFLIGHT "\nReferer: a\nReferer: b", "component", APP, MALFORMED, 1 },

    { OWN, "own", "", TOUCAN_OK, 0 },
    { OWN, "frame", "", TOUCAN_OK, 0 },
    { OWN, "frame", APP, TOUCAN_OK, 0 },
    { OWN, "component page server", APP, NOT_ALLOWED, 0 },
    { OWN_NULL, "own", APP, TOUCAN_OK, 0 },
    { OWN_NULL, "component", APP, NOT_ALLOWED, 0 },
    { "GET\nOrigin: " UNIT_OWN, "frame", APP, TOUCAN_OK, 0 },
    { "GET\nOrigin: " UNIT_OWN, "component", UNIT_OWN, NOT_ALLOWED, 0 },

    { FRAME, "frame", APP, TOUCAN_OK, 1 },
    { FRAME, "frame", BI, DENIED, 0 },
    { FRAME, "frame", "", DENIED, 0 },
    { FRAME, "own", APP, NOT_ALLOWED, 1 },
    { FRAME, "component own page server", BI, NOT_ALLOWED, 0 },
    { BACK, "frame", APP, TOUCAN_OK, 0 },
    { BACK, "component", APP, NOT_ALLOWED, 0 },
    { UNKNOWN, "frame", APP, TOUCAN_OK, 0 },
    { UNKNOWN, "frame", "~https://.*\\.test", TOUCAN_OK, 0 },
    { UNKNOWN, "frame", "", MISSING, 0 },
    { UNKNOWN, "component", "", NOT_ALLOWED, 0 },
    { UNKNOWN "\nReferer: about:blank", "frame", APP, MALFORMED, 0 },
    { "GET\nReferer: " APP "/", "frame", APP, TOUCAN_OK, 1 },
    { "GET\nReferer: https://evil.test/", "frame", APP, DENIED, 0 },

    { PAGE, "page", "", TOUCAN_OK, 0 },
    { PAGE, "component frame own server", APP, NOT_ALLOWED, 0 },
    { SERVER, "server", "", TOUCAN_OK, 0 },
    { SERVER, "component frame own page", APP, NOT_ALLOWED, 0 },

    { IMAGE, "component frame own page server", APP, NOT_ALLOWED, 0 },
    { "GET\nOrigin: " APP "\nOrigin: " APP, "component", APP, MALFORMED, 0 },
    { COMPONENT "\nSec-Fetch-Mode: warp", "component", APP, NOT_ALLOWED, 0 },
    { COMPONENT "\nSec-Fetch-Site: same-origin", "component frame", APP,
      NOT_ALLOWED, 0 },
    { "GET\nOrigin: " UNIT_OWN CROSS, "component frame", UNIT_OWN,
      NOT_ALLOWED, 0 },

    /* the forms of an origin that somebody took for another */

    { "GET\nOrigin: https://app.acme.example.evil.test", "component", APP,
      DENIED, 0 },
    { "GET\nOrigin: https://evil-app.acme.example", "component", APP, DENIED,
      0 },
    { "GET\nOrigin: https://app.acme.example@evil.test", "component", APP,
      MALFORMED, 0 },
    { "GET\nOrigin: https://app.acme.example.", "component", APP, MALFORMED,
      0 },
    { "GET\nOrigin: https://app.acme.example:443", "component", APP,
      TOUCAN_OK, 1 },
    { "GET\nOrigin: HTTPS://APP.ACME.EXAMPLE", "component", APP, TOUCAN_OK,
      1 },
    { "GET\nOrigin: http://app.acme.example", "component", APP, DENIED, 0 },
    { "GET\nOrigin: https://acme.example", "component",
      "https://*.acme.example", DENIED, 0 },
    { "GET\nOrigin: https://app.acme.example.evil.test", "component",
      "~https://app\\.acme\\.example", DENIED, 0 },
};


typedef struct {
    const char   *request;
    const char   *entries;
    const char   *origins;      /* of the token; NULL: it has none */
    toucan_rc_t   rc;           /* with frame-ancestors on */
    toucan_rc_t   off;          /* and off */
} token_row_t;


/* over all kinds; the allowlist takes the place, or rc would tell */

static const token_row_t  token_rows[] = {

    { COMPONENT, APP, NULL, TOUCAN_OK, TOUCAN_OK },
    { COMPONENT, APP, "['" APP "']", TOUCAN_OK, TOUCAN_OK },
    { COMPONENT, APP, "['HTTPS://APP.acme.example:443']", TOUCAN_OK,
      TOUCAN_OK },
    { COMPONENT, APP, "['" BI "','" APP "']", TOUCAN_OK, TOUCAN_OK },
    { COMPONENT, "~.*", "['" APP "']", TOUCAN_OK, TOUCAN_OK },
    { COMPONENT, APP, "['" BI "']", BOUND, BOUND },
    { COMPONENT, APP, "['" APP ":8443']", BOUND, BOUND },
    { COMPONENT, APP, "['http://app.acme.example']", BOUND, BOUND },
    { COMPONENT, APP, "['" APP ".evil.test']", BOUND, BOUND },
    { COMPONENT, APP, "[]", BOUND, BOUND },

    /* what claims may not hold, should it come so far */

    { COMPONENT, APP, "['https://*.acme.example']", BOUND, BOUND },
    { COMPONENT, APP, "['*']", BOUND, BOUND },
    { COMPONENT, APP, "['" APP "/']", BOUND, BOUND },
    { COMPONENT, APP, "['~.*','null','']", BOUND, BOUND },
    { COMPONENT, APP, "[null,1,true,{},['" APP "']]", BOUND, BOUND },
    { COMPONENT, APP, "'" APP "'", BOUND, BOUND },
    { COMPONENT, APP, "{}", BOUND, BOUND },

    { FROM_NULL, "null", NULL, TOUCAN_OK, TOUCAN_OK },
    { FROM_NULL, "null", "['" APP "']", BOUND, BOUND },
    { FROM_NULL, "null", "['null']", BOUND, BOUND },
    { FROM_NULL, "null", "['']", BOUND, BOUND },
    { FROM_NULL, "null", "[]", BOUND, BOUND },

    { OWN, APP, NULL, TOUCAN_OK, TOUCAN_OK },
    { OWN, APP, "['" APP "']", TOUCAN_OK, TOUCAN_OK },
    { OWN, APP, "[]", BOUND, BOUND },
    { OWN_NULL, APP, "['" APP "']", TOUCAN_OK, TOUCAN_OK },

    { FRAME, APP, NULL, TOUCAN_OK, TOUCAN_OK },
    { FRAME, APP, "['" APP "']", TOUCAN_OK, TOUCAN_OK },
    { FRAME, APP, "['" BI "']", BOUND, BOUND },
    { FRAME, APP, "[]", BOUND, BOUND },

    { BACK, APP, NULL, TOUCAN_OK, TOUCAN_OK },
    { BACK, APP, "['" APP "']", TOUCAN_OK, TOUCAN_OK },
    { BACK, APP, "[]", BOUND, BOUND },

    /* nobody knows the embedder: frame-ancestors has to see to it */

    { UNKNOWN, APP, NULL, TOUCAN_OK, MISSING },
    { UNKNOWN, "https://*.acme.example", NULL, TOUCAN_OK, MISSING },
    { UNKNOWN, "~https://.*\\.acme\\.example", NULL, MISSING, MISSING },
    { UNKNOWN, "null", NULL, MISSING, MISSING },
    { UNKNOWN, APP, "['" APP "']", TOUCAN_OK, MISSING },
    { UNKNOWN, APP, "['" BI "','" APP "']", TOUCAN_OK, MISSING },
    { UNKNOWN, APP, "['" BI "']", MISSING, MISSING },
    { UNKNOWN, "~https://.*\\.acme\\.example", "['" APP "']", TOUCAN_OK,
      MISSING },
    { UNKNOWN, APP, "[]", BOUND, BOUND },

    /* no page is around these */

    { PAGE, APP, NULL, TOUCAN_OK, TOUCAN_OK },
    { PAGE, APP, "['" APP "']", BOUND, BOUND },
    { PAGE, APP, "[]", BOUND, BOUND },
    { SERVER, APP, NULL, TOUCAN_OK, TOUCAN_OK },
    { SERVER, APP, "['" APP "']", BOUND, BOUND },
};


static void
test_places(void)
{
    unsigned            i;
    toucan_place_t      place;
    toucan_policy_t     policy;
    toucan_request_t    request;
    toucan_origins_t   *origins;
    const place_row_t  *row;

    for (i = 0; i < unit_n(place_rows); i++) {
        row = &place_rows[i];

        origins = unit_origins(row->entries);

        memset(&policy, 0, sizeof(toucan_policy_t));
        policy.kinds = unit_kinds(row->kinds);
        policy.origins = origins;
        policy.cors.enabled = 1;

        unit_request(&request, row->request);
        toucan_place_check(&policy, &request, &place);

        is_rc(place.rc, row->rc, "%u: %s [%s]", i, row->kinds, row->entries);
        is_int(place.listed, row->listed, "listed: %u", row->listed);

        toucan_origins_free(origins);
    }
}


static void
test_cors_off(void)
{
    toucan_place_t     place;
    toucan_policy_t    policy;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    origins = unit_origins(APP);

    memset(&policy, 0, sizeof(toucan_policy_t));
    policy.kinds = unit_kinds("component frame own page server");
    policy.origins = origins;

    unit_request(&request, PREFLIGHT);
    toucan_place_check(&policy, &request, &place);
    is_rc(place.rc, NOT_ALLOWED, "a preflight where CORS is off");
    is_int(place.kind, TOUCAN_KIND_PREFLIGHT, "is one all the same");

    unit_request(&request, COMPONENT);
    toucan_place_check(&policy, &request, &place);
    is_rc(place.rc, TOUCAN_OK, "a component passes");

    toucan_origins_free(origins);

    /* no allowlist at all */

    policy.origins = NULL;

    toucan_place_check(&policy, &request, &place);
    is_rc(place.rc, DENIED, "but not without a list");

    unit_request(&request, UNKNOWN);
    toucan_place_check(&policy, &request, &place);
    is_rc(place.rc, MISSING, "nor does a frame");
}


static void
test_tokens(void)
{
    unsigned            i;
    unit_arena_t        a;
    toucan_place_t      place;
    toucan_policy_t     policy;
    toucan_claims_t     claims;
    toucan_request_t    request;
    toucan_origins_t   *origins;
    const token_row_t  *row;

    for (i = 0; i < unit_n(token_rows); i++) {
        row = &token_rows[i];

        unit_arena_init(&a, 0);
        unit_bound(&claims, row->origins, &a);
        origins = unit_origins(row->entries);

        memset(&policy, 0, sizeof(toucan_policy_t));
        policy.kinds = unit_kinds("component frame own page server");
        policy.origins = origins;
        policy.cors.enabled = 1;
        policy.frame_ancestors = 1;

        unit_request(&request, row->request);
        toucan_place_check(&policy, &request, &place);
        is_rc(place.rc, TOUCAN_OK, "%u: the policy takes it", i);

        is_rc(toucan_place_token(&policy, &place, &claims), row->rc,
              "a token with %s", row->origins ? row->origins : "no origins");

        policy.frame_ancestors = 0;
        is_rc(toucan_place_token(&policy, &place, &claims), row->off,
              "the same without frame-ancestors");

        toucan_origins_free(origins);
        unit_arena_done(&a);
    }
}


/* a list that is too long to be sent cannot pin an embedder down */

static void
test_long(void)
{
    char               entry[64];
    unsigned           i;
    unit_arena_t       a;
    toucan_diag_t      why;
    toucan_place_t     place;
    toucan_policy_t    policy;
    toucan_claims_t    claims;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    origins = unit_origins(APP);
    toucan_diag_init(&why);

    for (i = 0; i < 1000; i++) {
        sprintf(entry, "https://app.customer-%u.example", i);
        toucan_origins_add(origins, toucan_cstr(entry), &why);
    }

    toucan_origins_finish(origins);

    memset(&policy, 0, sizeof(toucan_policy_t));
    policy.kinds = unit_kinds("frame");
    policy.origins = origins;
    policy.frame_ancestors = 1;

    unit_arena_init(&a, 0);
    unit_request(&request, UNKNOWN);
    toucan_place_check(&policy, &request, &place);
    is_rc(place.rc, TOUCAN_OK, "a frame of somebody, under a long list");

    unit_bound(&claims, NULL, &a);
    is_rc(toucan_place_token(&policy, &place, &claims), MISSING,
          "cannot be pinned down");

    unit_bound(&claims, "['" APP "']", &a);
    is_rc(toucan_place_token(&policy, &place, &claims), TOUCAN_OK,
          "unless the token names its origin");

    unit_request(&request, FRAME);
    toucan_place_check(&policy, &request, &place);
    is_rc(toucan_place_token(&policy, &place, &claims), TOUCAN_OK,
          "or the Referer does");

    unit_arena_done(&a);
    toucan_origins_free(origins);
}


/* it is not asked about these, and lets nobody in should it be */

static void
test_misuse(void)
{
    unit_arena_t     a;
    toucan_place_t   place;
    toucan_policy_t  policy;
    toucan_claims_t  claims;

    memset(&policy, 0, sizeof(toucan_policy_t));
    memset(&place, 0, sizeof(toucan_place_t));

    unit_arena_init(&a, 0);
    unit_bound(&claims, NULL, &a);

    place.kind = TOUCAN_KIND_PREFLIGHT;
    is_rc(toucan_place_token(&policy, &place, &claims), NOT_ALLOWED,
          "a preflight has no token");

    place.kind = TOUCAN_KIND_OTHER;
    is_rc(toucan_place_token(&policy, &place, &claims), NOT_ALLOWED,
          "other kinds");

    place.kind = TOUCAN_KIND_MAX;
    is_rc(toucan_place_token(&policy, &place, &claims), NOT_ALLOWED,
          "no kind");

    unit_arena_done(&a);
}


int
main(void)
{
    test_places();
    test_cors_off();
    test_tokens();
    test_long();
    test_misuse();

    return done_testing();
}
