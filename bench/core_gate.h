
/*
 * Owns: the rows of the gate's floor: one policy, one set of claims and one
 * request, and what is asked of them.
 */


#ifndef _TOUCAN_CORE_GATE_H_INCLUDED_
#define _TOUCAN_CORE_GATE_H_INCLUDED_


#include "core.h"

#include "gate/toucan_gate.h"


#define CORE_NOW     1767225700
#define CORE_CACHE   (1024 * 1024)      /* bytes */

/*
 * What a dashboard's token says; 420 bytes with the number in it.  "'" stands
 * for the quotes of JSON.
 */

#define CORE_PAYLOAD                                                          \
    "{'iss':'https://id.example.com','aud':'analytics','jti':'tok-%06u',"     \
    "'sid':'session42',"                                                      \
    "'iat':1767225600,'exp':1767226500,'organization':'acme',"                \
    "'user':{'distinctId':'user-123','role':'viewer','attributes':{"          \
    "'tenant':42,'region':['north','west'],'country':'FR','level':3,"         \
    "'partner':false}},"                                                      \
    "'permissions':{'dashboard':['can_view'],'ai':['can_query']},"            \
    "'resources':[{'type':'dashboard','id':'sales-%02u',"                     \
    "'actions':['can_view']}]}"


typedef struct {
    toucan_policy_t         policy;
    toucan_request_t        request;
    toucan_place_t          place;
    toucan_claims_t         claims;
    const toucan_doc_t     *doc;
    const toucan_jwks_t    *set;
    const toucan_str_t     *tokens;
    unsigned                count;
    toucan_hasher_t        *hasher;
    toucan_cache_t         *cache;
} core_gate_t;


static const toucan_str_t  core_issuers[] = {
    toucan_string("https://id.example.com")
};

static const toucan_str_t  core_audiences[] = {
    toucan_string("analytics")
};

static const toucan_str_t  core_roles[] = {
    toucan_string("viewer"), toucan_string("admin")
};

static const toucan_attr_t  core_attrs[] = {
    { toucan_string("country"), toucan_string("country"),
      TOUCAN_ATTR_STRING, 0 },
    { toucan_string("level"), toucan_string("level"),
      TOUCAN_ATTR_INTEGER, 0 },
    { toucan_string("partner"), toucan_string("partner"),
      TOUCAN_ATTR_BOOLEAN, 0 },
    { toucan_string("region"), toucan_string("region"),
      TOUCAN_ATTR_STRINGS, 0 },
    { toucan_string("tenant"), toucan_string("tenant_id"),
      TOUCAN_ATTR_INTEGER, 1 }
};

static const toucan_str_t  core_args[] = {
    toucan_string("id")
};

static const toucan_perm_rule_t  core_rules[] = {
    { toucan_string("dashboard"), TOUCAN_ACTION_VIEW, 1, { core_args, 1 } }
};

static const toucan_str_t  core_objects[] = {
    toucan_string("sales-07")
};


/* ------------------------------------------------------------------ arena */

/* As a request's pool: a piece is the next bytes of a block. */

static struct {
    size_t           used;
    unsigned char    bytes[65536] __attribute__((aligned(16)));
} core_pool;


static void *
core_pool_alloc(void *ctx, size_t size)
{
    void  *p;

    (void) ctx;

    size = (size + 15) & ~(size_t) 15;

    if (size > sizeof(core_pool.bytes) - core_pool.used) {
        return NULL;
    }

    p = core_pool.bytes + core_pool.used;
    core_pool.used += size;

    return p;
}


static toucan_arena_t *
core_arena(void)
{
    static toucan_arena_t  arena = { core_pool_alloc, NULL };

    core_pool.used = 0;

    return &arena;
}


/* A payload's text; the caller frees. */

static char *
core_payload(unsigned n)
{
    char  *p, *text;

    text = malloc(1024);
    snprintf(text, 1024, CORE_PAYLOAD, n, n % 100);

    for (p = text; *p != '\0'; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    return text;
}


/* ------------------------------------------------------------------ calls */

static void
core_authenticate(void *ctx, unsigned n)
{
    core_gate_t        *g;
    toucan_identity_t   identity;

    g = ctx;

    if (toucan_authenticate(&g->policy, &g->set, 1, g->tokens[n % g->count],
                            CORE_NOW, core_arena(), &identity)
        != TOUCAN_OK)
    {
        core_die("a token is not good");
    }
}


/* a token that was opened before: its name, the look-up, a copy of it */

static void
core_known(void *ctx, unsigned n)
{
    core_gate_t          *g;
    toucan_jwt_t          jwt;
    toucan_str_t          value;
    toucan_cache_name_t   name;

    g = ctx;
    memset(name.opener, 0, sizeof(name.opener));

    if (toucan_hasher_sha256(g->hasher, g->tokens[n % g->count], name.token)
        != TOUCAN_OK)
    {
        core_die("SHA-256");
    }

    value = toucan_cache_find(g->cache, &name, CORE_NOW);

    if (value.data == NULL
        || toucan_jwt_unpack(&jwt, value, core_arena()) != TOUCAN_OK)
    {
        core_die("a token is not cached");
    }
}


static void
core_claims_read(void *ctx, unsigned n)
{
    core_gate_t      *g;
    toucan_claims_t   claims;

    (void) n;
    g = ctx;

    if (toucan_claims_read(&claims, &g->policy, g->doc) != TOUCAN_OK) {
        core_die("claims are not read");
    }
}


static void
core_place(void *ctx, unsigned n)
{
    core_gate_t     *g;
    toucan_place_t   place;

    (void) n;
    g = ctx;
    toucan_place_check(&g->policy, &g->request, &place);

    if (place.rc != TOUCAN_OK || !place.listed) {
        core_die("a place is refused");
    }
}


static void
core_decide(void *ctx, unsigned n)
{
    core_gate_t  *g;

    (void) n;
    g = ctx;

    if (toucan_decide(&g->policy, &g->request, &g->place, &g->claims)
        != TOUCAN_OK)
    {
        core_die("a request is refused");
    }
}


static void
core_headers_fill(void *ctx, unsigned n)
{
    core_gate_t   *g;
    toucan_str_t   values[TOUCAN_HEADER_MAX + core_n(core_attrs)];

    (void) n;
    g = ctx;

    if (toucan_headers_fill(&g->policy, &g->claims, &g->place, core_arena(),
                            values)
        != TOUCAN_OK
        || values[TOUCAN_HEADER_RLS].data == NULL)
    {
        core_die("headers are not filled");
    }
}


/* ------------------------------------------------------------------ setup */

/* All tokens, opened. */

static void
core_cache(core_gate_t *g)
{
    uint8_t              *p;
    unsigned              i;
    toucan_jwt_t          jwt;
    toucan_cache_name_t   name;

    g->hasher = toucan_hasher_new();
    g->cache = toucan_cache_init(aligned_alloc(64, CORE_CACHE), CORE_CACHE);
    memset(name.opener, 0, sizeof(name.opener));

    for (i = 0; i < g->count; i++) {
        if (toucan_jwt_open(&g->policy.jwt, &g->set, 1, g->tokens[i],
                            core_arena(), &jwt)
            != TOUCAN_OK
            || toucan_hasher_sha256(g->hasher, g->tokens[i], name.token)
               != TOUCAN_OK)
        {
            core_die("a token is not opened");
        }

        p = toucan_cache_reserve(g->cache, &name, toucan_jwt_packed_len(&jwt),
                                 INT64_MAX, CORE_NOW);
        if (p == NULL) {
            core_die("a token is not cached");
        }

        toucan_jwt_pack(&jwt, p);
        toucan_cache_commit(g->cache);
    }
}


/* set holds the key of the tokens, all of which core_payload() made. */

static core_gate_t *
core_gate_new(const toucan_jwks_t *set, const toucan_str_t *tokens,
    unsigned count)
{
    toucan_diag_t      why;
    core_gate_t       *g;
    toucan_block_t     block;
    toucan_arena_t     arena;
    toucan_origins_t  *origins;

    g = calloc(1, sizeof(core_gate_t));
    origins = toucan_origins_create();
    toucan_diag_init(&why);

    if (toucan_origins_add(origins, toucan_cstr("https://app.example.com"),
                           &why)
        != TOUCAN_OK
        || toucan_origins_finish(origins) != TOUCAN_OK)
    {
        core_die("an allowlist");
    }

    g->set = set;
    g->tokens = tokens;
    g->count = count;

    g->policy.jwt.max_size = TOUCAN_JWT_MAX_SIZE;
    g->policy.jwt.types = TOUCAN_TYPES_DEFAULT;
    g->policy.jwt.algs = TOUCAN_ALGS_ALL;
    g->policy.jwt.algs_unbound = TOUCAN_ALGS_ALL;
    g->policy.issuers = (toucan_strv_t) { core_issuers, 1 };
    g->policy.audiences = (toucan_strv_t) { core_audiences, 1 };
    g->policy.max_lifetime = 86400;
    g->policy.roles = (toucan_strv_t) { core_roles, 2 };
    g->policy.envs = TOUCAN_ENV_LIVE;
    g->policy.attrs = core_attrs;
    g->policy.nattrs = core_n(core_attrs);
    toucan_attrs_index(&g->policy);
    g->policy.rules = core_rules;
    g->policy.nrules = 1;
    g->policy.kinds = 1u << TOUCAN_KIND_COMPONENT;
    g->policy.origins = origins;

    g->request.method = TOUCAN_METHOD_GET;
    g->request.origin = (toucan_field_t) {
        toucan_string("https://app.example.com"), 1
    };
    g->request.site = (toucan_field_t) { toucan_string("cross-site"), 1 };
    g->request.mode = (toucan_field_t) { toucan_string("cors"), 1 };
    g->request.dest = (toucan_field_t) { toucan_string("empty"), 1 };
    g->request.own_origin = toucan_cstr("https://embed.example.com");
    g->request.path = toucan_cstr("/api/dashboard");
    g->request.args = toucan_cstr("id=sales-07&from=2026-01-01");
    g->request.objects = core_objects;
    g->request.now = CORE_NOW;

    toucan_place_check(&g->policy, &g->request, &g->place);

    arena = toucan_block_arena(&block);

    if (toucan_json_parse(toucan_cstr(core_payload(7)),
                          &toucan_json_token_limits, &arena, &g->doc)
        != TOUCAN_OK
        || toucan_claims_read(&g->claims, &g->policy, g->doc) != TOUCAN_OK)
    {
        core_die("a payload");
    }

    core_cache(g);

    return g;
}


#endif /* _TOUCAN_CORE_GATE_H_INCLUDED_ */
