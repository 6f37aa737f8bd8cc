
/*
 * Owns: the policies of the fuzz targets.  Between them they use every feature
 * that a policy has.
 */


#ifndef _TOUCAN_FUZZ_POLICY_H_INCLUDED_
#define _TOUCAN_FUZZ_POLICY_H_INCLUDED_


#include "fuzz.h"


#define FUZZ_POLICIES  3

/* in the middle of the tokens that the seeds hold */
#define FUZZ_NOW  1767225700


static const toucan_str_t  fuzz_issuers[] = {
    toucan_string("https://embed.example.com"),
    toucan_string("https://idp.example.com")
};

static const toucan_str_t  fuzz_audiences[] = {
    toucan_string("toucan-embed")
};

static const toucan_str_t  fuzz_roles[] = {
    toucan_string("explorer"),
    toucan_string("maker")
};

static const toucan_str_t  fuzz_args[] = {
    toucan_string("id")
};


/* sorted by column, then name */

static const toucan_attr_t  fuzz_attrs[] = {
    { toucan_string("plan"), { 0, NULL }, TOUCAN_ATTR_ANY, 0 },
    { toucan_string("tag"), { 0, NULL }, TOUCAN_ATTR_STRING, 0 },
    { toucan_string("customerId"), toucan_string("customer_id"),
      TOUCAN_ATTR_INTEGER, 1 },
    { toucan_string("ids"), toucan_string("ids"), TOUCAN_ATTR_INTEGERS, 0 },
    { toucan_string("region"), toucan_string("region"),
      TOUCAN_ATTR_STRINGS, 0 },
    { toucan_string("vip"), toucan_string("s.vip"), TOUCAN_ATTR_BOOLEAN, 0 }
};


static const toucan_perm_rule_t  fuzz_rules[] = {
    { toucan_string("ai"), TOUCAN_ACTION_QUERY, 0, { NULL, 0 } },
    { toucan_string("dashboard"), TOUCAN_ACTION_VIEW, 1, { fuzz_args, 1 } },
    { toucan_string("chart"), TOUCAN_ACTION_EDIT, 1, { NULL, 0 } }
};


/* toucan_claim of the second policy */

static const struct {
    toucan_claim_e   claim;
    const char      *path;
} fuzz_paths[] = {
    { TOUCAN_CLAIM_DISTINCT_ID, "sub" },
    { TOUCAN_CLAIM_ROLE, "app.role" },
    { TOUCAN_CLAIM_ATTRIBUTES, "/https:~1~1x.example~1attributes" },
    { TOUCAN_CLAIM_PERMISSIONS, "app.may" },
    { TOUCAN_CLAIM_RESOURCES, "app.objects" },
    { TOUCAN_CLAIM_ORIGINS, "app.where.origins" },
    { TOUCAN_CLAIM_ORGANIZATION, "/tenant/~0id" }
};


static void
fuzz_policy_common(toucan_policy_t *p, const toucan_origins_t *origins)
{
    memset(p, 0, sizeof(toucan_policy_t));

    /* every bit: all algorithms, and all types of tokens that there may be */

    memset(&p->jwt, 0xff, sizeof(toucan_jwt_rules_t));

    p->jwt.max_size = TOUCAN_JWT_MAX_SIZE;
    p->jwt.algs = TOUCAN_ALGS_ALL;
    p->jwt.algs_unbound = TOUCAN_ALGS_ALL;

    p->leeway = 30;
    p->max_lifetime = 3600;
    p->envs = TOUCAN_ENV_LIVE;
    p->roles.elts = fuzz_roles;
    p->roles.n = unit_n(fuzz_roles);
    p->kinds = unit_kinds("component frame own page server");
    p->origins = origins;
    p->cors.enabled = 1;
    p->cors.methods = toucan_cstr("GET, HEAD, POST");
    p->cors.headers = toucan_cstr("authorization, content-type");
    p->cors.expose = toucan_cstr("x-total");
    p->cors.max_age = toucan_cstr("600");
    p->frame_ancestors = 1;
}


/* The i-th policy: static, made at the first call. */

static const toucan_policy_t *
fuzz_policy(unsigned i)
{
    size_t            k;
    toucan_diag_t     why;
    toucan_policy_t  *p;

    static int                made;
    static unit_arena_t       paths;
    static toucan_policy_t    policies[FUZZ_POLICIES];
    static toucan_origins_t  *origins;

    if (made) {
        return &policies[i];
    }

    made = 1;
    unit_arena_init(&paths, 0);

    origins = unit_origins("https://app.acme.example null "
                           "https://*.partner.example:8443 "
                           "http://[::1]:3000 "
                           "~https://[a-z]+-[0-9]+\\.preview\\.example");

    /* the claims where they usually are, and all that can be asked of them */

    p = &policies[0];
    fuzz_policy_common(p, origins);

    p->issuers.elts = fuzz_issuers;
    p->issuers.n = unit_n(fuzz_issuers);
    p->audiences.elts = fuzz_audiences;
    p->audiences.n = unit_n(fuzz_audiences);
    p->attrs = fuzz_attrs;
    p->nattrs = unit_n(fuzz_attrs);
    toucan_attrs_index(p);
    p->rules = fuzz_rules;
    p->nrules = unit_n(fuzz_rules);

    /* the claims elsewhere */

    p = &policies[1];
    fuzz_policy_common(p, origins);

    p->max_lifetime = 0;
    p->any_role = 1;
    p->envs = TOUCAN_ENV_LIVE | TOUCAN_ENV_SANDBOX;
    p->attrs = fuzz_attrs;
    p->nattrs = 2;
    p->rules = fuzz_rules;
    p->nrules = 1;
    p->frame_ancestors = 0;

    for (k = 0; k < unit_n(fuzz_paths); k++) {
        fuzz_must(toucan_path_parse(&p->claims[fuzz_paths[k].claim],
                                    toucan_cstr(fuzz_paths[k].path),
                                    &paths.arena, &why) == TOUCAN_OK,
                  "%s", why.error);
    }

    /* as little as there can be */

    p = &policies[2];
    fuzz_policy_common(p, NULL);

    p->kinds = unit_kinds("component frame");
    p->cors.enabled = 0;

    return &policies[i];
}


#endif /* _TOUCAN_FUZZ_POLICY_H_INCLUDED_ */
