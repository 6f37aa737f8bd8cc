
/*
 * Owns: what the tests of minting share: a location's rules, and grants that
 * are made of requests as a location makes them.
 */


#ifndef _TOUCAN_UNIT_MINT_H_INCLUDED_
#define _TOUCAN_UNIT_MINT_H_INCLUDED_


#include "tokens.h"
#include "apikeys.h"


#define NOW       1767225600
#define LIFETIME  900
#define n_of(table)  (sizeof(table) / sizeof((table)[0]))

#define BODY                                                                  \
    "{'user':{'distinctId':'u \\u00fc','role':'maker','attributes':{'n':42,"  \
    "'region':['n','a,b'],'vip':false}},'permissions':{'ai':'can_query',"     \
    "'d':['can_edit']},'resources':[{'type':'d','id':'1','actions':"          \
    "'can_view'}],'origins':['https://A.example'],'expiresIn':900}"


static toucan_policy_t      policy;
static toucan_mint_rules_t  rules;


/* A grant, as a location makes one of a request and the API key "acme". */

static void
grant_of(toucan_grant_t *grant, const char *body, const char *key_more,
    unit_arena_t *a)
{
    char            *text;
    toucan_rc_t      rc;
    toucan_fault_t   fault;

    static toucan_apikeys_t  *keys;

    text = strdup(body);
    toucan_apikeys_free(keys);
    keys = unit_acme(key_more);

    rc = toucan_grant_read(grant, toucan_cstr(unit_quotes(text)), &a->arena,
                           &fault);
    free(text);

    if (rc == TOUCAN_OK) {
        toucan_grant_defaults(grant, unit_only(keys));
        rc = toucan_grant_lifetime(grant, &rules, unit_only(keys), NOW,
                                   &a->arena, &fault);
    }

    if (rc != TOUCAN_OK) {
        diag("no grant: %s", unit_rc(rc));
        exit(2);
    }
}


static UNIT_UNUSED const toucan_jwk_t *
first(const toucan_jwks_t *jwks)
{
    return toucan_jwks_first(jwks);
}


static void
is_text(toucan_str_t got, const char *want, const char *name)
{
    is_mem(got.data, got.len, want, strlen(want), "%s", name);
}


static void
mint_init(void)
{
    policy.jwt.max_size = TOUCAN_JWT_MAX_SIZE;
    policy.jwt.types = TOUCAN_TYPES_DEFAULT;
    policy.jwt.algs = TOUCAN_ALGS_ALL;
    policy.jwt.algs_unbound = TOUCAN_ALGS_ALL;
    policy.max_lifetime = 3600;

    rules.policy = &policy;
    rules.issuer = toucan_cstr("https://me.example");
    rules.audience = toucan_cstr("app");
    rules.lifetime = 600;
    rules.max_session = 43200;
}


#endif /* _TOUCAN_UNIT_MINT_H_INCLUDED_ */
