
/*
 * Owns: the scenarios of the gate: allowlists are built and asked, claims
 * become headers.
 */


#include "torture.h"
#include "place.h"


#define GATE_CLAIMS                                                           \
    "{'iss':'me','iat':1767225600,'exp':1767226500,'jti':'t\\u00e9','env':"   \
    "'sandbox','organization':'Acme, \\u00fcber','user':{'distinctId':"       \
    "'user 123','role':'explorer','attributes':{'customerId':42,'regions':"   \
    "['north','a,b'],'vip':true}},'permissions':{'dashboard':['can_view',"    \
    "'can_edit'],'ai':'can_query'},'resources':[{'type':'dashboard','id':"    \
    "'d1','actions':'can_view'}],'origins':['https://app.example.com',"       \
    "'https://b.wild.example','https://stranger.example']}"

#define GATE_LIST                                                             \
    "https://app.example.com https://other.example:8443 https://*.wild."      \
    "example ~https://[a-z]+\\.re\\.example null"


typedef struct {
    const char         *line;       /* a request's, or NULL */
    const char         *text;
} gate_arg_t;


typedef struct {
    const gate_arg_t   *arg;
    unit_arena_t        a;
    toucan_policy_t     policy;
    toucan_claims_t     claims;
    toucan_request_t    request;
    toucan_place_t      place;
    toucan_origins_t   *origins;
} gate_state_t;


static void *gate_setup(const void *arg);
static void gate_teardown(void *state);
static toucan_rc_t gate_said(torture_run_t *run, const char *name,
    toucan_str_t view);
static toucan_rc_t gate_fill(void *state, torture_run_t *run);
static toucan_rc_t gate_rls(void *state, torture_run_t *run);
static toucan_rc_t gate_scope(void *state, torture_run_t *run);
static toucan_rc_t gate_value(void *state, torture_run_t *run);
static toucan_rc_t gate_permissions(void *state, torture_run_t *run);
static toucan_rc_t gate_ancestors(void *state, torture_run_t *run);
static toucan_rc_t gate_ancestors_token(void *state, torture_run_t *run);
static toucan_rc_t gate_path(void *state, torture_run_t *run);
static toucan_rc_t gate_place(void *state, torture_run_t *run);
static toucan_rc_t gate_build(void *state, torture_run_t *run);
static toucan_rc_t gate_add_many(toucan_origins_t *origins,
    const char *pattern, toucan_diag_t *why);
static void gate_ask(const toucan_origins_t *origins, torture_run_t *run);


static const toucan_attr_t  gate_attrs[] = {

    { toucan_string("customerId"), toucan_string("customer_id"),
      TOUCAN_ATTR_INTEGER, 1 },

    { toucan_string("regions"), toucan_string("region"), TOUCAN_ATTR_STRINGS,
      0 },

    { toucan_string("vip"), { 0, NULL }, TOUCAN_ATTR_ANY, 0 }
};


#define GATE(name, line, text, run, want, also)                               \
    { name, &(const gate_arg_t) { line, text }, gate_setup, run,              \
      gate_teardown, want, also, 0 }

#define PLACE(name, origin, want)                                             \
    { "place: " name,                                                         \
      &(const gate_arg_t) {                                                   \
          "GET\nOrigin: " origin "\nSec-Fetch-Site: cross-site\n"             \
          "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: empty", NULL                 \
      },                                                                      \
      gate_setup, gate_place, gate_teardown, want, 0, 1 }

#define FRAME                                                                 \
    "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"             \
    "Sec-Fetch-Dest: iframe"

#define BUILD(name, pattern, want)                                            \
    GATE("allowlist: " name, NULL, pattern, gate_build, want,                 \
         torture_or(TOUCAN_ORIGIN_MALFORMED))


const torture_scenario_t  torture_gate[] = {

    GATE("headers", NULL, NULL, gate_fill, TOUCAN_OK, 0),
    GATE("RLS object", NULL, NULL, gate_rls, TOUCAN_OK, 0),
    GATE("scope key", NULL, NULL, gate_scope, TOUCAN_OK, 0),
    GATE("value of a claim", NULL, NULL, gate_value, TOUCAN_OK, 0),
    GATE("permissions", NULL, NULL, gate_permissions, TOUCAN_OK, 0),

    GATE("frame-ancestors", FRAME, NULL, gate_ancestors, TOUCAN_OK, 0),
    GATE("frame-ancestors of a token", FRAME, NULL, gate_ancestors_token,
         TOUCAN_OK, 0),
    GATE("frame-ancestors, embedder known", FRAME "\nReferer: "
         "https://app.example.com/", NULL, gate_ancestors_token, TOUCAN_OK,
         0),

    GATE("path of a claim", NULL, "/a~1b/c~0d/e", gate_path, TOUCAN_OK, 0),
    GATE("path of a claim, broken", NULL, "/a~1b/c~2d", gate_path,
         TOUCAN_BAD_FORMAT, 0),

    PLACE("an exact origin", "https://app.example.com", TOUCAN_OK),
    PLACE("below a wildcard", "https://x.y.wild.example", TOUCAN_OK),
    PLACE("by a pattern", "https://abc.re.example", TOUCAN_OK),
    PLACE("a stranger", "https://stranger.example", TOUCAN_ORIGIN_DENIED),

    BUILD("a pattern", "~https://[a-z0-9-]+\\.(eu|us)\\.example", TOUCAN_OK),
    BUILD("a long pattern", "~https://(?:[a-z]+\\.){1,20}(?:one|two|three|"
          "four)\\.example(?::[0-9]{2,5})?", TOUCAN_OK),
    BUILD("a pattern that is quoted in part", "~https://(?:"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|"
          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb|"
          "c)\\.example", TOUCAN_OK),
    BUILD("an origin that is quoted in part", "https://"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
          "cccccccccccccccccccccccccccccccc.example", TOUCAN_OK),
    BUILD("a broken pattern", "~https://(", TOUCAN_ORIGIN_MALFORMED),
    BUILD("no origin", "https://a b", TOUCAN_ORIGIN_MALFORMED)
};


const unsigned  torture_gate_n = torture_n(torture_gate);


static void *
gate_setup(const void *arg)
{
    gate_state_t  *state;

    state = calloc(1, sizeof(gate_state_t));

    if (state == NULL) {
        torture_die("calloc()");
    }

    state->arg = arg;
    state->origins = unit_origins(GATE_LIST);

    state->policy.attrs = gate_attrs;
    state->policy.nattrs = torture_n(gate_attrs);
    state->policy.origins = state->origins;
    state->policy.kinds = unit_kinds("component frame page");
    state->policy.frame_ancestors = 1;

    unit_arena_init(&state->a, 0);

    if (toucan_claims_read(&state->claims, &state->policy,
                           unit_doc(&state->a, GATE_CLAIMS))
        != TOUCAN_OK)
    {
        torture_die("reading claims");
    }

    unit_request(&state->request, state->arg->line ? state->arg->line : "GET");
    toucan_place_check(&state->policy, &state->request, &state->place);

    return state;
}


static void
gate_teardown(void *data)
{
    gate_state_t  *state;

    state = data;

    unit_arena_done(&state->a);
    toucan_origins_free(state->origins);
    free(state);
}


/* Absent is what these functions say when memory is out. */

static toucan_rc_t
gate_said(torture_run_t *run, const char *name, toucan_str_t view)
{
    if (view.data == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    torture_say_view(run, name, view);

    return TOUCAN_OK;
}


static toucan_rc_t
gate_fill(void *data, torture_run_t *run)
{
    unsigned       i, n;
    toucan_rc_t    rc;
    toucan_str_t   values[TOUCAN_HEADER_MAX + torture_n(gate_attrs)];
    gate_state_t  *state;

    state = data;
    n = torture_n(values);

    rc = toucan_headers_fill(&state->policy, &state->claims, &state->place,
                             &run->arena, values);

    for (i = 0; i < n; i++) {
        if (rc == TOUCAN_OK) {
            torture_say_view(run, "value", values[i]);

        } else if (values[i].data != NULL) {
            torture_die("no value when memory is out");
        }
    }

    return rc;
}


static toucan_rc_t
gate_rls(void *data, torture_run_t *run)
{
    gate_state_t  *state;

    state = data;

    return gate_said(run, "rls", toucan_headers_rls(&state->policy,
                                                    &state->claims,
                                                    &run->arena));
}


static toucan_rc_t
gate_scope(void *data, torture_run_t *run)
{
    gate_state_t  *state;

    state = data;

    return gate_said(run, "scope", toucan_scope_key(&state->policy,
                                                    &state->claims,
                                                    &run->arena));
}


static toucan_rc_t
gate_value(void *data, torture_run_t *run)
{
    gate_state_t         *state;
    const toucan_node_t  *node;

    state = data;

    node = toucan_json_member(state->claims.doc, state->claims.attributes,
                              toucan_cstr("regions"));

    return gate_said(run, "regions", toucan_header_value(state->claims.doc,
                                                         node, &run->arena));
}


static toucan_rc_t
gate_permissions(void *data, torture_run_t *run)
{
    gate_state_t  *state;

    state = data;

    return gate_said(run, "permissions",
                     toucan_permissions_text(&state->claims, &run->arena));
}


static toucan_rc_t
gate_ancestors(void *data, torture_run_t *run)
{
    gate_state_t  *state;

    state = data;

    return gate_said(run, "ancestors",
                     toucan_frame_ancestors(&state->policy, &state->place,
                                            NULL, &run->arena));
}


static toucan_rc_t
gate_ancestors_token(void *data, torture_run_t *run)
{
    gate_state_t  *state;

    state = data;

    return gate_said(run, "ancestors",
                     toucan_frame_ancestors(&state->policy, &state->place,
                                            &state->claims, &run->arena));
}


static toucan_rc_t
gate_path(void *data, torture_run_t *run)
{
    unsigned        i;
    toucan_rc_t     rc;
    toucan_diag_t   why;
    toucan_path_t   path;
    gate_state_t   *state;

    state = data;

    toucan_diag_init(&why);
    rc = toucan_path_parse(&path, toucan_cstr(state->arg->text), &run->arena,
                           &why);

    for (i = 0; rc == TOUCAN_OK && i < path.n; i++) {
        torture_say_view(run, "segment", path.segments[i]);
    }

    return rc;
}


static toucan_rc_t
gate_place(void *data, torture_run_t *run)
{
    gate_state_t    *state;
    toucan_place_t   place;

    state = data;

    toucan_place_check(&state->policy, &state->request, &place);

    torture_say(run, "%s, listed: %u\n",
                (const char *) toucan_kind_name(place.kind).data,
                place.listed);

    return place.rc;
}


static toucan_rc_t
gate_build(void *data, torture_run_t *run)
{
    toucan_rc_t        rc;
    toucan_diag_t      why;
    gate_state_t      *state;
    toucan_origins_t  *origins;

    state = data;

    toucan_diag_init(&why);
    origins = toucan_origins_create();

    if (origins == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    rc = gate_add_many(origins, state->arg->text, &why);

    if (rc == TOUCAN_OK) {
        torture_pause();
        gate_ask(origins, run);
        torture_resume();

    } else if (rc == TOUCAN_ORIGIN_MALFORMED && why.error[0] == '\0') {
        torture_die("an error that says something");
    }

    toucan_origins_free(origins);

    return rc;
}


static toucan_rc_t
gate_add_many(toucan_origins_t *origins, const char *pattern,
    toucan_diag_t *why)
{
    char         text[64];
    unsigned     i;
    toucan_rc_t  rc;

    for (i = 0; i < 40; i++) {
        snprintf(text, sizeof(text), "https://%sc%u.example",
                 i % 4 ? "" : "*.", i % 37);

        rc = toucan_origins_add(origins, toucan_cstr(text), why);
        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    rc = toucan_origins_add(origins, toucan_cstr(pattern), why);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    return toucan_origins_finish(origins);
}


static void
gate_ask(const toucan_origins_t *origins, torture_run_t *run)
{
    unsigned            i;
    toucan_origin_t     origin;
    static const char  *asked[] = { "https://c1.example", "https://c4.example",
        "https://x.c4.example", "https://x.eu.example", "https://a.b.one."
        "example:99", "https://stranger.example", "http://c1.example" };

    for (i = 0; i < torture_n(asked); i++) {
        if (toucan_origin_parse(&origin, toucan_cstr(asked[i])) != TOUCAN_OK) {
            torture_die("reading an origin");
        }

        torture_say(run, "%s: %d\n", asked[i],
                    toucan_origins_match(origins, &origin));
    }

    torture_say_view(run, "ancestors", toucan_origins_ancestors(origins));
}
