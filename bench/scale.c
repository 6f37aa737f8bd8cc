
/*
 * Owns: what must not grow: what the lower floors ask of structures of many
 * sizes, and of tokens with many attributes.  It prints lines of KIND, ROW,
 * VARIANT, ORDER, SIZE and VALUE, parted by tabs; "warm" asks the same 16
 * entries again and again, "random" any of all.
 */


#include "scale.h"
#include "scale_cache.h"
#include "scale_keys.h"

#include <getopt.h>


#define NOW  1767225700


/* --------------------------------------------------------------- origins */

/* Of ten entries one is a wildcard. */

enum {
    ORIGINS_LISTED = 0,
    ORIGINS_WILDCARD,
    ORIGINS_STRANGER
};


static char  origins_text[BATCH_MAX][TEXT_SIZE];


static void
origins_name(char *text, uint32_t i, const char *label)
{
    if (i % 10 == 0) {
        snprintf(text, TEXT_SIZE, "https://%s.tenant-%06u.example.com", label,
                 i);

    } else {
        snprintf(text, TEXT_SIZE, "https://app-%06u.customer.example", i);
    }
}


static void *
origins_build(size_t n, cost_t *cost)
{
    char               text[TEXT_SIZE];
    size_t             i;
    toucan_diag_t      why;
    toucan_policy_t   *policy;
    toucan_origins_t  *origins;

    cost_begin(cost);
    origins = must(toucan_origins_create());
    toucan_diag_init(&why);

    for (i = 0; i < n; i++) {
        origins_name(text, (uint32_t) i, "*");

        if (toucan_origins_add(origins, toucan_cstr(text), &why)
            != TOUCAN_OK)
        {
            wrong("origins", why.error);
        }
    }

    if (toucan_origins_finish(origins) != TOUCAN_OK) {
        wrong("origins", "finish");
    }

    cost_end(cost);

    policy = must(calloc(1, sizeof(toucan_policy_t)));
    policy->kinds = 1u << TOUCAN_KIND_COMPONENT;
    policy->origins = origins;
    policy->cors.enabled = 1;
    policy->frame_ancestors = 1;

    return policy;
}


static void
origins_ask(void *ctx, unsigned variant, const uint32_t *which, unsigned n)
{
    uint32_t  k;
    unsigned  i;

    (void) ctx;

    for (i = 0; i < n; i++) {

        /* which[i] or the nearest one of that kind */

        k = which[i] - which[i] % 10 + (variant == ORIGINS_WILDCARD ? 0 : 5);
        origins_name(origins_text[i], k, "eu");

        if (variant == ORIGINS_STRANGER) {
            memcpy(strstr(origins_text[i], "customer"), "stranger", 8);
        }
    }
}


static unsigned
origins_run(void *ctx, unsigned variant, unsigned n)
{
    unsigned          i, right;
    toucan_rc_t       want;
    toucan_place_t    place;
    toucan_request_t  request;

    memset(&request, 0, sizeof(request));
    request.method = TOUCAN_METHOD_GET;
    request.origin.count = 1;
    request.own_origin = toucan_cstr("https://embed.example.com");

    want = (variant == ORIGINS_STRANGER) ? TOUCAN_ORIGIN_DENIED : TOUCAN_OK;
    right = 0;

    for (i = 0; i < n; i++) {
        one_by_one();
        request.origin.value = toucan_cstr(origins_text[i]);
        toucan_place_check(ctx, &request, &place);
        right += place.rc == want;
    }

    return right;
}


static void
origins_done(void *ctx)
{
    toucan_policy_t  *policy;

    policy = ctx;
    toucan_origins_free((toucan_origins_t *) policy->origins);
    free(policy);
}


/* ----------------------------------------------------------- revocations */

enum {
    REVOKED_NOT = 0,
    REVOKED_JTI
};


static toucan_claims_t  revoked_claims[BATCH_MAX];
static char             revoked_jti[BATCH_MAX][TEXT_SIZE];


/* Of each kind one in five; what is asked for is revoked by its jti. */

static void *
revoked_build(size_t n, cost_t *cost)
{
    char                   name[TEXT_SIZE];
    size_t                 i, size;
    toucan_revoked_t       revoked;
    toucan_revocation_t    r;
    toucan_revocations_t  *table;

    static const uint8_t   key[TOUCAN_REVOKE_KEY_SIZE] = "0123456789abcde";

    memset(&r, 0, sizeof(r));
    r.cutoff = NOW;

    cost_begin(cost);
    size = toucan_revocations_size(n);
    table = toucan_revocations_init(must(malloc(size)), size, key);

    for (i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "name-%07u", (unsigned) i);
        r.what = (toucan_revoke_e) (i % TOUCAN_REVOKE_MAX);
        r.name = toucan_cstr(name);
        toucan_revocations_name(table, &r, NOW, &revoked);

        if (toucan_revocations_add(table, &revoked, 1) != TOUCAN_OK) {
            wrong("revocations", "the table is full");
        }
    }

    cost_end(cost);

    return table;
}


static void
revoked_ask(void *ctx, unsigned variant, const uint32_t *which, unsigned n)
{
    unsigned          i;
    toucan_claims_t  *claims;

    (void) ctx;

    for (i = 0; i < n; i++) {
        claims = &revoked_claims[i];
        snprintf(revoked_jti[i], TEXT_SIZE, "%s-%07u",
                 variant == REVOKED_JTI ? "name" : "good",
                 which[i] - which[i] % TOUCAN_REVOKE_MAX);

        claims->jti = toucan_cstr(revoked_jti[i]);
        claims->sid = toucan_cstr("s_5c2e000000");
        claims->distinct_id = toucan_cstr("user-123456");
        claims->organization = toucan_cstr("acme");
        claims->client_id = toucan_cstr("k_7f3a");
        claims->iat = NOW;
    }
}


static unsigned
revoked_run(void *ctx, unsigned variant, unsigned n)
{
    unsigned          i, right, count, groups;
    toucan_revoked_t  names[TOUCAN_REVOKE_GROUPS];

    right = 0;

    for (i = 0; i < n; i++) {
        one_by_one();
        groups = toucan_revocations_groups(ctx);
        toucan_revocations_names(ctx, &revoked_claims[i], groups, names,
                                 &count);
        right += (unsigned) toucan_revocations_match(ctx, names, count, NOW)
                 == variant;
    }

    return right;
}


/* ------------------------------------------------------------ attributes */

enum {
    ATTRIBUTES_HEADERS = 0,
    ATTRIBUTES_RLS
};


#define ATTRIBUTES_MAX  50


typedef struct {
    const toucan_doc_t  *doc;
    toucan_policy_t      policy;
    toucan_attr_t        attrs[ATTRIBUTES_MAX];
    char                 names[ATTRIBUTES_MAX][TEXT_SIZE];
    char                 text[8192];
    uint64_t             block[4096];
} attributes_t;


/* A third each are integers, strings, and lists of two strings. */

static void *
attributes_build(size_t n, cost_t *cost)
{
    char          *p;
    size_t         i;
    attributes_t  *a;

    static const char  *values[] = { "%u", "\"value %u\"",
                                     "[\"north\",\"west %u\"]" };

    (void) cost;

    a = must(calloc(1, sizeof(attributes_t)));
    p = a->text + sprintf(a->text, "{\"jti\":\"01JG7ZK4M8\",\"iat\":1767225600,"
                          "\"exp\":1767226500,\"organization\":\"acme\","
                          "\"permissions\":{\"dashboard\":[\"can_view\"]},"
                          "\"user\":{\"distinctId\":\"user-123\",\"role\":"
                          "\"explorer\",\"attributes\":{");

    for (i = 0; i < n; i++) {
        snprintf(a->names[i], TEXT_SIZE, "attribute_%02u", (unsigned) i);
        a->attrs[i].name = toucan_cstr(a->names[i]);
        a->attrs[i].required = 1;

        p += sprintf(p, "%s\"%s\":", i ? "," : "", a->names[i]);
        p += sprintf(p, values[i % 3], (unsigned) (1000 + i));
    }

    strcpy(p, "}}}");
    arena_used = 0;

    if (toucan_json_parse(toucan_cstr(a->text), &toucan_json_token_limits,
                          &arena, &a->doc)
        != TOUCAN_OK || a->doc->size > sizeof(a->block))
    {
        wrong("attributes", a->text);
    }

    memcpy(a->block, a->doc, a->doc->size);
    a->doc = (const toucan_doc_t *) a->block;

    a->policy.attrs = a->attrs;
    a->policy.nattrs = (unsigned) n;
    toucan_attrs_index(&a->policy);

    return a;
}


static void
attributes_ask(void *ctx, unsigned variant, const uint32_t *which, unsigned n)
{
    unsigned       i;
    attributes_t  *a;

    (void) which;
    (void) n;

    a = ctx;

    for (i = 0; i < ATTRIBUTES_MAX; i++) {
        a->attrs[i].column = (variant == ATTRIBUTES_RLS) ? a->attrs[i].name
                                                         : toucan_str(NULL, 0);
    }
}


static unsigned
attributes_run(void *ctx, unsigned variant, unsigned n)
{
    unsigned          i, right;
    attributes_t     *a;
    toucan_str_t      values[TOUCAN_HEADER_MAX + ATTRIBUTES_MAX];
    toucan_place_t    place;
    toucan_claims_t   claims;

    a = ctx;
    right = 0;

    memset(&place, 0, sizeof(place));
    place.kind = TOUCAN_KIND_SERVER;

    for (i = 0; i < n; i++) {
        arena_used = 0;

        right += toucan_claims_read(&claims, &a->policy, a->doc) == TOUCAN_OK
                 && toucan_attrs_check(&a->policy, &claims) == TOUCAN_OK
                 && toucan_headers_fill(&a->policy, &claims, &place,
                                        &arena, values)
                    == TOUCAN_OK
                 && (values[TOUCAN_HEADER_RLS].data != NULL)
                    == (variant == ATTRIBUTES_RLS);
    }

    return right;
}


/* ------------------------------------------------------------------ main */

static const row_t  rows[] = {

    { "origins", { "exact", "wildcard", "refused" },
      { 10, 100, 1000, 10000, 100000 }, BATCH_MAX,
      origins_build, origins_ask, origins_run, origins_done },

    { "keys", { "pick", "open HS256", "unknown kid" },
      { 1, 10, 100, 1000, 4096 }, KEYS_BATCH,
      keys_build, keys_ask, keys_run, keys_done },

    { "revocations", { "not revoked", "revoked" },
      { 1000, 10000, 100000, 1000000 }, BATCH_MAX,
      revoked_build, revoked_ask, revoked_run, free },

    { "cache", { "found", "found and copied", "absent" },
      { 1000, 10000, 100000, 1000000 }, BATCH_MAX,
      cached_build, cached_ask, cached_run, free },

    { "attributes", { "headers", "headers and RLS" },
      { 1, 2, 5, 10, 20, 30, 40, 50 }, ALL_ALIKE,
      attributes_build, attributes_ask, attributes_run, free }
};

#define ROWS  (sizeof(rows) / sizeof(rows[0]))


static void
usage(FILE *out)
{
    unsigned  i;

    fprintf(out, "usage: scale [--rounds N] [--largest N] [--instructions]"
                 " [ROW ...]\n\n"
                 "What the lower floors cost at growing sizes: nanoseconds, "
                 "or with --instructions,\nunder valgrind --tool=callgrind "
                 "--instr-atstart=no, a file of counts for each\nquestion.  "
                 "Rows:");

    for (i = 0; i < ROWS; i++) {
        fprintf(out, " %s", rows[i].name);
    }

    fprintf(out, ".\nN rounds (%u, at most %u); sizes above --largest "
                 "(%zu) are left out.\n", rounds, ROUNDS_MAX, largest);
}


static int
wanted(const row_t *row, char **names, int n)
{
    int  i;

    for (i = 0; i < n; i++) {
        if (strcmp(row->name, names[i]) == 0) {
            return 1;
        }
    }

    return n == 0;
}


int
main(int argc, char **argv)
{
    int       c;
    unsigned  i;

    static const struct option  options[] = {
        { "rounds", required_argument, NULL, 'r' },
        { "largest", required_argument, NULL, 'l' },
        { "instructions", no_argument, NULL, 'i' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "r:l:ih", options, NULL)) != -1) {

        if (c == 'r' && atoi(optarg) >= 1 && atoi(optarg) <= ROUNDS_MAX) {
            rounds = (unsigned) atoi(optarg);

        } else if (c == 'l' && atol(optarg) >= 1) {
            largest = (size_t) atol(optarg);

        } else if (c == 'i') {
            instructions = 1;

        } else {
            usage(c == 'h' ? stdout : stderr);
            return (c == 'h') ? 0 : 2;
        }
    }

    for (i = 0; i < ROWS; i++) {
        if (wanted(&rows[i], argv + optind, argc - optind)) {
            row_measure(&rows[i]);
        }
    }

    if (!instructions && optind == argc) {
        cached_capacity();
    }

    return 0;
}
