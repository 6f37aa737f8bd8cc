
/*
 * What the backend is told: values, their encoding, the RLS object.
 */


#include "identity.h"


typedef struct {
    const char      *json;          /* a value */
    const char      *header;        /* NULL: absent */
} value_row_t;


static const value_row_t  value_rows[] = {

    { "''", "" },
    { "'plain'", "plain" },
    { "'a b'", "a b" },
    { "'a,b'", "a,b" },
    { "'100%'", "100%25" },
    { "'a,%'", "a,%25" },
    { "'%41'", "%2541" },
    { "' a'", "%20a" },
    { "'a '", "a%20" },
    { "' '", "%20" },
    { "'  '", "%20%20" },
    { "'   '", "%20 %20" },
    { "'a\\tb'", "a%09b" },
    { "'a\\r\\nX-Toucan-Role: admin'", "a%0D%0AX-Toucan-Role: admin" },
    { "'\\u0001\\u001f\\u007f'", "%01%1F%7F" },
    { "'\\u00e9'", "%C3%A9" },
    { "'\\u20ac'", "%E2%82%AC" },
    { "'\\ud83d\\ude00'", "%F0%9F%98%80" },
    { "'!\\\"#$&()*+-./:;<=>?@[\\\\]^_`{|}~'",
      "!\"#$&()*+-./:;<=>?@[\\]^_`{|}~" },
    { "0", "0" },
    { "-1", "-1" },
    { "9007199254740992", "9007199254740992" },
    { "-9223372036854775808", "-9223372036854775808" },
    { "true", "true" },
    { "false", "false" },
    { "1.5", "1.5" },
    { "[]", "" },
    { "['a']", "a" },
    { "['north','west']", "north,west" },
    { "['a,b','c']", "a%2Cb,c" },
    { "['a%2Cb','c']", "a%252Cb,c" },
    { "[' a','b ']", "%20a,b%20" },
    { "['','']", "," },
    { "[1,-2,3]", "1,-2,3" },
    { "[true,'x']", "true,x" },
    { "null", NULL },
    { "{}", NULL },
    { "{'a':1}", NULL },
    { "['a',null]", NULL },
    { "['a',['b']]", NULL },
    { "[{}]", NULL }
};


static void
test_values(void)
{
    size_t                i;
    char                  json[256];
    unsigned              n, calls;
    unit_arena_t          a, b;
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;

    for (i = 0; i < unit_n(value_rows); i++) {
        unit_arena_init(&a, 0);
        unit_arena_init(&b, 0);

        snprintf(json, sizeof(json), "{'w':%s}", value_rows[i].json);
        doc = unit_doc(&a, json);
        node = toucan_json_member(doc, toucan_json_root(doc),
                                  toucan_cstr("w"));

        is_view(toucan_header_value(doc, node, &b.arena),
                value_rows[i].header, "value %s", value_rows[i].json);

        calls = b.calls;
        unit_arena_done(&b);

        for (n = 1; n <= calls; n++) {
            unit_arena_init(&b, n);
            is_view(toucan_header_value(doc, node, &b.arena), NULL,
                    "value %s: no memory", value_rows[i].json);
            unit_arena_done(&b);
        }

        if (toucan_json_is(node, TOUCAN_JSON_STRING)) {
            unit_arena_init(&b, 0);
            is_view(toucan_header_encode(toucan_json_string(doc, node),
                                         &b.arena),
                    value_rows[i].header, "encoded %s", value_rows[i].json);
            unit_arena_done(&b);
        }

        unit_arena_done(&a);
    }

    unit_arena_init(&a, 0);
    doc = unit_doc(&a, "{}");

    is_view(toucan_header_value(doc, NULL, &a.arena), NULL, "no node");
    is_view(toucan_header_encode(toucan_str(NULL, 0), &a.arena), NULL,
            "encoded: absent stays absent");

    a.calls = 0;
    is_view(toucan_header_encode(toucan_cstr("as it is"), &a.arena),
            "as it is", "encoded: as it is");
    is_view(toucan_header_encode(toucan_cstr("a,b"), &a.arena), "a,b",
            "encoded: a comma");
    is_int(a.calls, 0, "encoded: the very same bytes");

    a.fail_at = 1;
    is_view(toucan_header_encode(toucan_cstr("%"), &a.arena), NULL,
            "encoded: no memory");

    unit_arena_done(&a);
}


/* Declared by column, then name, as a policy has them. */

static const toucan_attr_t  attrs[] = {

    { toucan_string("plan"), { 0, NULL }, TOUCAN_ATTR_ANY, 0 },

    { toucan_string("customerId"), toucan_string("customer_id"),
      TOUCAN_ATTR_INTEGER, 1 },

    { toucan_string("region"), toucan_string("region"),
      TOUCAN_ATTR_STRINGS, 0 },

    { toucan_string("vip"), toucan_string("s.vip"),
      TOUCAN_ATTR_BOOLEAN, 0 }
};

#define N  (TOUCAN_HEADER_MAX + unit_n(attrs))


/* One token, and what becomes of it; NULL: absent. */

typedef struct {
    const char      *name;
    const char      *json;
    toucan_kind_e    kind;
    const char      *origin;
    int              null;
    const char      *values[N];
} fill_row_t;


static const fill_row_t  fill_rows[] = {

    { "everything",
      "{'exp':1767226500,'iat':1,'jti':'01JG','organization':'acme',"
      "'user':{'distinctId':'user-123','role':'explorer','attributes':{"
      "'customerId':42,'region':['north','we,st'],'vip':true,"
      "'plan':'gold','secret':'x'}},"
      "'permissions':{'dashboard':['can_view'],'ai':['can_query']}}",
      TOUCAN_KIND_COMPONENT, "https://app.acme.example", 0,
      { "user-123", "explorer", "acme", "live", "01JG", "1767226500",
        "component", "https://app.acme.example",
        "ai:can_query dashboard:can_view",
        "{\"customer_id\":42,\"region\":[\"north\",\"we,st\"],"
        "\"s.vip\":true}",
        "gold", "42", "north,we%2Cst", "true" } },

    { "the least",
      "{'exp':9,'iat':1,'user':{'distinctId':'u'}}",
      TOUCAN_KIND_SERVER, NULL, 0,
      { "u", NULL, NULL, "live", NULL, "9", "server", NULL, NULL, "{}",
        NULL, NULL, NULL, NULL } },

    { "not ASCII, empty, sandbox",
      "{'exp':9,'iat':1,'env':'sandbox','organization':'\xc3\x89 & co',"
      "'user':{'distinctId':'j\xc3\xb6rg\\r\\n','role':'a%b','attributes':{"
      "'plan':'','region':[]}},'permissions':{}}",
      TOUCAN_KIND_FRAME, NULL, 1,
      { "j%C3%B6rg%0D%0A", "a%25b", "%C3%89 & co", "sandbox", NULL, "9",
        "frame", "null", NULL, "{\"region\":[]}", "", NULL, "", NULL } },

    { "RLS is ASCII",
      "{'exp':9,'iat':1,'user':{'distinctId':'u','attributes':{'region':"
      "['\xc3\xa9\\n\\\"','\xf0\x9f\x98\x80\\u007f']}}}",
      TOUCAN_KIND_FRAME, "https://app.acme.example", 0,
      { "u", NULL, NULL, "live", NULL, "9", "frame",
        "https://app.acme.example", NULL,
        "{\"region\":[\"\\u00e9\\n\\\"\",\"\\ud83d\\ude00\\u007f\"]}",
        NULL, NULL, "%C3%A9%0A\",%F0%9F%98%80%7F", NULL } },

    { "wrong types do not leave",
      "{'exp':9,'iat':1,'user':{'distinctId':'u','attributes':{"
      "'customerId':'42','region':'north','vip':1,'plan':['']}}}",
      TOUCAN_KIND_OWN, NULL, 0,
      { "u", NULL, NULL, "live", NULL, "9", "own", NULL, NULL, "{}",
        NULL, NULL, NULL, NULL } },

    { "an embedder that is not known",
      "{'exp':9,'iat':1,'user':{'distinctId':'u'}}",
      TOUCAN_KIND_FRAME, NULL, 0,
      { "u", NULL, NULL, "live", NULL, "9", "frame", NULL, NULL, "{}",
        NULL, NULL, NULL, NULL } },

    { "no origin for other kinds",
      "{'exp':9,'iat':1,'user':{'distinctId':'u'}}",
      TOUCAN_KIND_OWN, "https://app.acme.example", 0,
      { "u", NULL, NULL, "live", NULL, "9", "own", NULL, NULL, "{}",
        NULL, NULL, NULL, NULL } }
};


static void
fill_init(const fill_row_t *row, toucan_policy_t *policy,
    toucan_claims_t *claims, toucan_place_t *place, unit_arena_t *a)
{
    memset(policy, 0, sizeof(toucan_policy_t));
    memset(place, 0, sizeof(toucan_place_t));

    policy->attrs = attrs;
    policy->nattrs = unit_n(attrs);

    place->kind = row->kind;
    place->null = row->null ? 1 : 0;

    if (row->origin) {
        is_rc(toucan_origin_parse(&place->origin, toucan_cstr(row->origin)),
              TOUCAN_OK, "fill: %s: the origin", row->name);
    }

    is_rc(toucan_claims_read(claims, policy, unit_doc(a, row->json)),
          TOUCAN_OK, "fill: %s: the token", row->name);
}


static void
test_fill(void)
{
    size_t             i, k;
    unit_arena_t       a;
    toucan_str_t       values[N];
    toucan_place_t     place;
    toucan_policy_t    policy;
    toucan_claims_t    claims;
    const fill_row_t  *row;

    for (i = 0; i < unit_n(fill_rows); i++) {
        row = &fill_rows[i];

        unit_arena_init(&a, 0);
        fill_init(row, &policy, &claims, &place, &a);
        memset(values, 0x5a, sizeof(values));

        is_rc(toucan_headers_fill(&policy, &claims, &place, &a.arena,
                                  values),
              TOUCAN_OK, "fill: %s", row->name);

        for (k = 0; k < N; k++) {
            is_view(values[k], row->values[k], "fill: %s: %zu %s", row->name,
                    k, k < TOUCAN_HEADER_MAX
                       ? (const char *) toucan_header_suffix(k).data
                       : (const char *) attrs[k - TOUCAN_HEADER_MAX].name.data);
        }

        /* a policy without columns has no RLS */

        policy.nattrs = 1;
        is_rc(toucan_headers_fill(&policy, &claims, &place, &a.arena,
                                  values),
              TOUCAN_OK, "fill: %s: no columns", row->name);
        is_view(values[TOUCAN_HEADER_RLS], NULL, "fill: %s: no columns, no "
                "RLS", row->name);

        unit_arena_done(&a);
    }

    unit_arena_init(&a, 0);
    fill_init(&fill_rows[0], &policy, &claims, &place, &a);

    policy.attrs = attrs + 1;
    policy.nattrs = 1;
    is_view(toucan_headers_rls(&policy, &claims, &a.arena),
            "{\"customer_id\":42}", "RLS of one attribute alone");

    policy.nattrs = 0;
    is_view(toucan_headers_rls(&policy, &claims, &a.arena), NULL,
            "RLS of no attribute");

    unit_arena_done(&a);
}


/* Whichever allocation fails, nothing may be used. */

static void
test_no_memory(void)
{
    size_t           i, k, left;
    unsigned         n, calls;
    unit_arena_t     a, b;
    toucan_str_t     values[N];
    toucan_place_t   place;
    toucan_policy_t  policy;
    toucan_claims_t  claims;

    for (i = 0; i < unit_n(fill_rows); i++) {
        unit_arena_init(&a, 0);
        unit_arena_init(&b, 0);

        fill_init(&fill_rows[i], &policy, &claims, &place, &a);

        (void) toucan_headers_fill(&policy, &claims, &place, &b.arena,
                                   values);
        calls = b.calls;
        unit_arena_done(&b);

        ok(calls > 1, "%u allocations", calls);

        for (n = 1; n <= calls; n++) {
            unit_arena_init(&b, n);

            is_rc(toucan_headers_fill(&policy, &claims, &place, &b.arena,
                                      values),
                  TOUCAN_NO_MEMORY, "%s: allocation %u fails",
                  fill_rows[i].name, n);

            left = 0;

            for (k = 0; k < N; k++) {
                left += (values[k].data != NULL);
            }

            is_int(left, 0, "%s: allocation %u fails: no value",
                   fill_rows[i].name, n);
            unit_arena_done(&b);
        }

        unit_arena_init(&b, 1);
        is_view(toucan_headers_rls(&policy, &claims, &b.arena), NULL,
                "%s: RLS: no memory", fill_rows[i].name);
        unit_arena_done(&b);

        unit_arena_done(&a);
    }
}


static void
test_suffixes(void)
{
    unsigned  i;

    static const char  *names[] = {
        "Distinct-Id", "Role", "Organization", "Env", "Token-Id", "Expires",
        "Kind", "Origin", "Permissions", "Rls"
    };

    is_int(unit_n(names), TOUCAN_HEADER_MAX, "as many names as headers");

    for (i = 0; i < unit_n(names); i++) {
        is_view(toucan_header_suffix(i), names[i], "suffix %u", i);
    }

    is_view(toucan_header_suffix(TOUCAN_HEADER_MAX), NULL, "no suffix");
}


int
main(void)
{
    test_values();
    test_fill();
    test_no_memory();
    test_suffixes();

    return done_testing();
}
