
/*
 * frame-ancestors: who may show a response, and that nothing else can get
 * into the header.
 */


#include "place.h"


#define APP  "https://app.acme.example"
#define BI   "https://bi.acme.example"

#define CROSS    "\nSec-Fetch-Site: cross-site"
#define UNKNOWN  "GET\nSec-Fetch-Dest: iframe" CROSS
#define FRAME    UNKNOWN "\nReferer: " APP "/a/b?c"
#define FOREIGN  UNKNOWN "\nReferer: https://evil.test/"
#define BACK     UNKNOWN "\nReferer: " UNIT_OWN "/"
#define OWN      "GET\nSec-Fetch-Site: same-origin"
#define PAGE     "GET\nSec-Fetch-Dest: document" CROSS

#define NOBODY   "frame-ancestors 'none'"
#define ANY      "x"            /* claims NULL */


typedef struct {
    const char  *request;
    const char  *entries;
    const char  *origins;       /* of the token; NULL: it has none */
    const char  *value;
} frame_row_t;


static const frame_row_t  frame_rows[] = {

    /* the embedder is known */

    { FRAME, APP, NULL, "frame-ancestors " APP },
    { FRAME, APP " " BI, NULL, "frame-ancestors " APP },
    { FRAME, APP " " BI, ANY, "frame-ancestors " APP },
    { FRAME, "https://*.acme.example", NULL, "frame-ancestors " APP },
    { FRAME, "~https://[a-z]+\\.acme\\.example", NULL,
      "frame-ancestors " APP },
    { FRAME, APP " " BI, "['" BI "','" APP "']", "frame-ancestors " APP },
    { "GET\nReferer: " APP ":443/", APP " " BI, NULL, "frame-ancestors " APP },
    { "POST\nOrigin: " APP "\nSec-Fetch-Mode: navigate"
      "\nSec-Fetch-Dest: iframe", APP " " BI, NULL, "frame-ancestors " APP },

    /* and is not accepted */

    { FOREIGN, APP " " BI, NULL, "frame-ancestors " APP " " BI },
    { FOREIGN, APP " " BI, ANY, "frame-ancestors " APP " " BI },
    { FOREIGN, "", NULL, NOBODY },
    { FRAME, APP " " BI, "['" BI "']", "frame-ancestors " BI },
    { FRAME, APP, "['" BI "']", NOBODY },
    { FRAME, APP, "[]", NOBODY },

    /* or not known */

    { UNKNOWN, APP, NULL, "frame-ancestors " APP },
    { UNKNOWN, APP " " BI, ANY, "frame-ancestors " APP " " BI },
    { UNKNOWN, "https://*.acme.example https://b.test:8443", NULL,
      "frame-ancestors https://*.acme.example https://b.test:8443" },
    { UNKNOWN, APP " null ~https://x.* " BI, NULL,
      "frame-ancestors " APP " " BI },
    { UNKNOWN, "~https://.*\\.acme\\.example", NULL, NOBODY },
    { UNKNOWN, "null", NULL, NOBODY },
    { UNKNOWN, "", NULL, NOBODY },
    { UNKNOWN, APP " " BI, "['" BI "']", "frame-ancestors " BI },
    { UNKNOWN, APP " " BI, "['" BI "','" APP "']",
      "frame-ancestors " BI " " APP },
    { UNKNOWN, APP, "['" BI "','" APP "','https://evil.test']",
      "frame-ancestors " APP },
    { UNKNOWN, "~https://.*\\.acme\\.example", "['" APP "','https://b.test']",
      "frame-ancestors " APP },
    { UNKNOWN, "https://*.acme.example", "['HTTPS://APP.acme.example:443']",
      "frame-ancestors " APP },
    { UNKNOWN, "https://[1:0:3:4:5:6:7:8]", "['https://[1::3:4:5:6:7:8]']",
      "frame-ancestors https://[1:0:3:4:5:6:7:8]" },
    { UNKNOWN, APP, "['" BI "']", NOBODY },
    { UNKNOWN, APP, "[]", NOBODY },
    { UNKNOWN, "", "['" APP "']", NOBODY },
    { BACK, APP " " BI, NULL, "frame-ancestors 'self' " APP " " BI },

    /* our own pages frame our own pages */

    { OWN, APP, NULL, "frame-ancestors 'self' " APP },
    { OWN, APP " " BI, ANY, "frame-ancestors 'self' " APP " " BI },
    { OWN, APP " " BI, "['" BI "']", "frame-ancestors 'self' " BI },
    { OWN, "", NULL, NOBODY },
    { OWN, APP, "[]", NOBODY },
    { OWN, APP, "['" BI "']", NOBODY },

    /* any other response */

    { "GET\nOrigin: " APP, APP " " BI, NULL, "frame-ancestors " APP },
    { "GET\nOrigin: https://evil.test", APP, NULL, "frame-ancestors " APP },
    { "GET\nOrigin: null", "null " APP, NULL, "frame-ancestors " APP },
    { "GET\nOrigin: " APP "\nOrigin: " APP, BI, NULL,
      "frame-ancestors " BI },
    { "GET\nReferer: about:blank", APP, NULL, "frame-ancestors " APP },
    { "GET", APP, NULL, "frame-ancestors " APP },
    { PAGE, APP, NULL, "frame-ancestors " APP },
    { "OPTIONS\nOrigin: " APP "\nAccess-Control-Request-Method: GET",
      APP " " BI, NULL, "frame-ancestors " APP " " BI },

    /* what claims may not hold, should it come so far */

    { UNKNOWN, "~.*",
      "['https://a.test; script-src *','https://b.test, x','https://c.test d'"
      ",'https://e.test\\r\\nX: y','\\u0027self\\u0027','*','https:','null'"
      ",'https://*.f.test','https://g.test/','',1,null,'data:'"
      ",'https://h.test\\u0001']", NOBODY },
    { UNKNOWN, "~.*", "['https://a.test;','https://b.test']",
      "frame-ancestors https://b.test" },
};


static void
policy_init(toucan_policy_t *policy, const toucan_origins_t *origins)
{
    memset(policy, 0, sizeof(toucan_policy_t));

    policy->kinds = unit_kinds("component frame own page server");
    policy->origins = origins;
    policy->cors.enabled = 1;
    policy->frame_ancestors = 1;
}


static void
test_rows(void)
{
    unsigned            i;
    unit_arena_t        a;
    toucan_str_t        value;
    toucan_place_t      place;
    toucan_claims_t     bound, *claims;
    toucan_policy_t     policy;
    toucan_request_t    request;
    toucan_origins_t   *origins;
    const frame_row_t  *row;

    for (i = 0; i < unit_n(frame_rows); i++) {
        row = &frame_rows[i];

        unit_arena_init(&a, 0);
        origins = unit_origins(row->entries);
        policy_init(&policy, origins);

        claims = NULL;

        if (row->origins == NULL || strcmp(row->origins, ANY) != 0) {
            unit_bound(&bound, row->origins, &a);
            claims = &bound;
        }

        unit_request(&request, row->request);
        toucan_place_check(&policy, &request, &place);

        value = toucan_frame_ancestors(&policy, &place, claims, &a.arena);
        is_view(value, row->value, "%u: [%s] and %s", i, row->entries,
                row->origins ? row->origins : "no origins");

        if (place.kind != TOUCAN_KIND_FRAME
            && place.kind != TOUCAN_KIND_COMPONENT)
        {
            is_int(toucan_frame_nobody(&policy, claims),
                   strcmp(row->value, NOBODY) == 0, "and nobody says so");
        }

        toucan_origins_free(origins);
        unit_arena_done(&a);
    }
}


/* no byte that could end the directive, or begin another source */

static void
test_bytes(void)
{
    char               text[64];
    unsigned           c, bad, n;
    unit_arena_t       a;
    toucan_str_t       value;
    toucan_place_t     place;
    toucan_claims_t    claims;
    toucan_policy_t    policy;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    origins = unit_origins("~(?s).*");
    policy_init(&policy, origins);

    unit_request(&request, UNKNOWN);
    toucan_place_check(&policy, &request, &place);

    bad = 0;

    for (c = 1; c < 128; c++) {
        unit_arena_init(&a, 0);

        sprintf(text, "['https://a\\u%04xb.test']", c);
        unit_bound(&claims, text, &a);

        value = toucan_frame_ancestors(&policy, &place, &claims, &a.arena);
        n = toucan_str_is(value, NOBODY);

        if (!n && strchr("-._0123456789abcdefghijklmnopqrstuvwxyz"
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ", (int) c) == NULL)
        {
            diag("byte %u: %.*s", c, toucan_fmt(value));
            bad++;
        }

        unit_arena_done(&a);
    }

    is_int(bad, 0, "a byte that is not of a host is not in the header");
    toucan_origins_free(origins);
}


/* entries are sent whole, as far as they fit */

static void
test_cap(void)
{
    char              *text, *p;
    unsigned           i;
    unit_arena_t       a;
    toucan_str_t       value;
    toucan_place_t     place;
    toucan_claims_t    claims;
    toucan_policy_t    policy;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    origins = unit_origins("https://*.cap.test");
    policy_init(&policy, origins);
    unit_arena_init(&a, 0);

    text = malloc(65536);
    p = text;

    for (i = 0; i < 1000; i++) {
        p += sprintf(p, "%s'https://a%04u.cap.test'", i ? "," : "[", i);
    }

    strcpy(p, "]");
    unit_bound(&claims, text, &a);

    unit_request(&request, UNKNOWN);
    toucan_place_check(&policy, &request, &place);

    value = toucan_frame_ancestors(&policy, &place, &claims, &a.arena);

    ok(value.len <= TOUCAN_ANCESTORS_MAX + 32
       && value.len > TOUCAN_ANCESTORS_MAX - 32,
       "a thousand origins of a token are cut at the limit: %u bytes",
       (unsigned) value.len);
    ok(memcmp(value.data, "frame-ancestors https://a0000.cap.test https://a",
              48) == 0, "the first ones stay");
    ok(memcmp(value.data + value.len - 9, ".cap.test", 9) == 0,
       "the last one is whole");

    unit_arena_done(&a);
    toucan_origins_free(origins);
    free(text);
}


/* the same for an allowlist: it is sent whole or not at all */

static void
test_long(void)
{
    char               entry[64];
    unsigned           i;
    unit_arena_t       a;
    toucan_str_t       value;
    toucan_diag_t      why;
    toucan_place_t     place;
    toucan_claims_t    claims;
    toucan_policy_t    policy;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    origins = unit_origins(APP);
    toucan_diag_init(&why);

    for (i = 0; i < 1000; i++) {
        sprintf(entry, "https://app.customer-%u.example", i);
        toucan_origins_add(origins, toucan_cstr(entry), &why);
    }

    toucan_origins_finish(origins);
    policy_init(&policy, origins);
    unit_arena_init(&a, 0);
    unit_bound(&claims, "['" APP "']", &a);

    unit_request(&request, UNKNOWN);
    toucan_place_check(&policy, &request, &place);
    value = toucan_frame_ancestors(&policy, &place, NULL, &a.arena);
    is_view(value, NOBODY, "a long list is not sent");
    ok(toucan_frame_nobody(&policy, NULL), "nobody could show it");

    value = toucan_frame_ancestors(&policy, &place, &claims, &a.arena);
    is_view(value, "frame-ancestors " APP, "the token's part of it is");

    unit_request(&request, OWN);
    toucan_place_check(&policy, &request, &place);
    value = toucan_frame_ancestors(&policy, &place, &claims, &a.arena);
    is_view(value, "frame-ancestors 'self' " APP, "for our own, too");

    unit_request(&request, FRAME);
    toucan_place_check(&policy, &request, &place);
    value = toucan_frame_ancestors(&policy, &place, NULL, &a.arena);
    is_view(value, "frame-ancestors " APP, "and so is a known embedder");

    unit_arena_done(&a);
    toucan_origins_free(origins);
}


static void
test_memory(void)
{
    unsigned           fail;
    unit_arena_t       a, docs;
    toucan_str_t       value;
    toucan_place_t     place;
    toucan_claims_t    claims;
    toucan_policy_t    policy;
    toucan_request_t   request;
    toucan_origins_t  *origins;

    origins = unit_origins(APP);
    policy_init(&policy, origins);
    unit_arena_init(&docs, 0);
    unit_bound(&claims, "['" APP "']", &docs);

    unit_request(&request, UNKNOWN);
    toucan_place_check(&policy, &request, &place);

    for (fail = 1; fail <= 2; fail++) {
        unit_arena_init(&a, fail);
        value = toucan_frame_ancestors(&policy, &place, &claims, &a.arena);
        is_view(value, NULL, "memory runs out at allocation %u", fail);
        unit_arena_done(&a);
    }

    unit_arena_init(&a, 3);
    value = toucan_frame_ancestors(&policy, &place, &claims, &a.arena);
    is_view(value, "frame-ancestors " APP, "there is no third");
    unit_arena_done(&a);

    /* nothing is needed to say no */

    policy.origins = NULL;
    unit_arena_init(&a, 1);
    value = toucan_frame_ancestors(&policy, &place, NULL, &a.arena);
    is_view(value, NOBODY, "'none' needs no memory");
    unit_arena_done(&a);

    unit_arena_done(&docs);
    toucan_origins_free(origins);
}


int
main(void)
{
    test_rows();
    test_bytes();
    test_cap();
    test_long();
    test_memory();

    return done_testing();
}
