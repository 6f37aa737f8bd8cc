
/*
 * CORS: which headers a response carries, and to whom.
 */


#include "place.h"


#define APP  "https://app.acme.example"

#define COMPONENT  "GET\nOrigin: " APP
#define ACRM       "\nAccess-Control-Request-Method: GET"


typedef struct {
    const char  *name;
    const char  *request;
    const char  *kinds;
    const char  *entries;
    const char  *origin;        /* NULL: no CORS header at all */
    unsigned     preflight;
} cors_row_t;


static const cors_row_t  cors_rows[] = {

    { "a component", COMPONENT, "component", APP, APP, 0 },
    { "a component, spelt another way",
      "GET\nOrigin: HTTPS://App.acme.example:443", "component", APP, APP, 0 },
    { "a component by a wildcard", COMPONENT, "component",
      "https://*.acme.example", APP, 0 },
    { "a component from null", "GET\nOrigin: null", "component", "null",
      "null", 0 },
    { "a component that is listed, where its kind is refused", COMPONENT,
      "frame", APP, APP, 0 },
    { "a component that is not listed", COMPONENT, "component",
      "https://bi.acme.example", NULL, 0 },
    { "null that is not listed", "GET\nOrigin: null", "component", "~.*",
      NULL, 0 },
    { "a malformed Origin", "GET\nOrigin: " APP "/", "component", APP, NULL,
      0 },
    { "two Origins", "GET\nOrigin: " APP "\nOrigin: " APP, "component", APP,
      NULL, 0 },
    { "a contradiction", COMPONENT "\nSec-Fetch-Site: same-origin",
      "component frame", APP, NULL, 0 },

    { "a preflight", "OPTIONS\nOrigin: " APP ACRM, "component", APP, APP, 1 },
    { "a preflight from null", "OPTIONS\nOrigin: null" ACRM, "component",
      "null", "null", 1 },
    { "a preflight that is not listed", "OPTIONS\nOrigin: " APP ACRM,
      "component", "", NULL, 0 },
    { "a preflight where its kind is refused", "OPTIONS\nOrigin: " APP ACRM,
      "frame", APP, NULL, 0 },
    { "a preflight with two Referers",
      "OPTIONS\nOrigin: " APP "\nReferer: a\nReferer: b" ACRM, "component",
      APP, NULL, 0 },
    { "a preflight from no origin", "OPTIONS\nOrigin: x" ACRM, "component",
      APP, NULL, 0 },
    { "OPTIONS that is none", "OPTIONS\nOrigin: " APP, "component", APP, APP,
      0 },

    { "a frame", "GET\nReferer: " APP "/", "frame", APP, NULL, 0 },
    { "our own", "GET\nOrigin: " UNIT_OWN, "frame", UNIT_OWN, NULL, 0 },
    { "our own, from null",
      "POST\nOrigin: null\nSec-Fetch-Site: same-origin", "frame", "null",
      NULL, 0 },
    { "a page", "GET\nSec-Fetch-Dest: document", "page", APP, NULL, 0 },
    { "a program", "GET", "server", APP, NULL, 0 },
};


static void
policy_init(toucan_policy_t *policy, const char *kinds,
    const toucan_origins_t *origins)
{
    memset(policy, 0, sizeof(toucan_policy_t));

    policy->kinds = unit_kinds(kinds);
    policy->origins = origins;
    policy->cors.enabled = 1;
    policy->cors.methods = toucan_cstr("GET, HEAD, POST");
    policy->cors.headers = toucan_cstr("authorization, content-type");
    policy->cors.expose = toucan_cstr("x-request-id");
    policy->cors.max_age = toucan_cstr("600");
}


static void
check_cors(const toucan_cors_t *cors, const cors_row_t *row)
{
    const char  *expose, *methods, *headers, *age;

    expose = (row->origin && !row->preflight) ? "x-request-id" : NULL;
    methods = row->preflight ? "GET, HEAD, POST" : NULL;
    headers = row->preflight ? "authorization, content-type" : NULL;
    age = row->preflight ? "600" : NULL;

    is_view(cors->allow_origin, row->origin, "%s: origin", row->name);
    is_view(cors->expose_headers, expose, "%s: expose", row->name);
    is_view(cors->allow_methods, methods, "%s: methods", row->name);
    is_view(cors->allow_headers, headers, "%s: headers", row->name);
    is_view(cors->max_age, age, "%s: age", row->name);
}


static void
test_rows(void)
{
    unsigned           i;
    toucan_cors_t      cors;
    toucan_place_t     place;
    toucan_policy_t    policy;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    for (i = 0; i < unit_n(cors_rows); i++) {
        origins = unit_origins(cors_rows[i].entries);
        policy_init(&policy, cors_rows[i].kinds, origins);

        unit_request(&request, cors_rows[i].request);
        toucan_place_check(&policy, &request, &place);

        memset(&cors, 0xff, sizeof(toucan_cors_t));
        toucan_cors_response(&policy, &place, &cors);
        check_cors(&cors, &cors_rows[i]);

        policy.cors.enabled = 0;
        toucan_place_check(&policy, &request, &place);

        memset(&cors, 0xff, sizeof(toucan_cors_t));
        toucan_cors_response(&policy, &place, &cors);

        ok(cors.allow_origin.data == NULL && cors.allow_methods.data == NULL
           && cors.allow_headers.data == NULL && cors.max_age.data == NULL
           && cors.expose_headers.data == NULL, "%s: nothing when CORS is off",
           cors_rows[i].name);

        toucan_origins_free(origins);
    }
}


/* a later refusal leaves the headers of a component alone: it may read it */

static void
test_refusals(void)
{
    unsigned           i;
    toucan_cors_t      cors;
    toucan_place_t     place;
    toucan_policy_t    policy;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    static const toucan_rc_t  rcs[] = {
        TOUCAN_NO_TOKEN, TOUCAN_EXPIRED, TOUCAN_TOKEN_ORIGIN_DENIED,
        TOUCAN_PERMISSION_DENIED, TOUCAN_INTERNAL
    };

    origins = unit_origins(APP);
    policy_init(&policy, "component", origins);

    for (i = 0; i < unit_n(rcs); i++) {
        unit_request(&request, COMPONENT);
        toucan_place_check(&policy, &request, &place);
        place.rc = rcs[i];
        toucan_cors_response(&policy, &place, &cors);
        is_view(cors.allow_origin, APP, "a component may read: %s",
                (const char *) toucan_rc_name(rcs[i]).data);

        unit_request(&request, "OPTIONS\nOrigin: " APP ACRM);
        toucan_place_check(&policy, &request, &place);
        place.rc = rcs[i];
        toucan_cors_response(&policy, &place, &cors);
        is_view(cors.allow_origin, NULL, "a preflight gets nothing: %s",
                (const char *) toucan_rc_name(rcs[i]).data);
    }

    toucan_origins_free(origins);
}


static void
test_empty(void)
{
    toucan_cors_t      cors;
    toucan_place_t     place;
    toucan_policy_t    policy;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    origins = unit_origins(APP);
    policy_init(&policy, "component", origins);
    policy.cors.expose = toucan_cstr("");
    policy.cors.headers = toucan_cstr("");

    unit_request(&request, COMPONENT);
    toucan_place_check(&policy, &request, &place);
    toucan_cors_response(&policy, &place, &cors);
    is_view(cors.expose_headers, NULL, "nothing to expose: no header");

    unit_request(&request, "OPTIONS\nOrigin: " APP ACRM);
    toucan_place_check(&policy, &request, &place);
    toucan_cors_response(&policy, &place, &cors);
    is_view(cors.allow_headers, NULL, "no headers to allow: no header");
    is_view(cors.allow_methods, "GET, HEAD, POST", "but methods");

    toucan_origins_free(origins);
}


int
main(void)
{
    test_rows();
    test_refusals();
    test_empty();

    return done_testing();
}
