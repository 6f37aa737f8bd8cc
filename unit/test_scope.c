
/*
 * The scope key: the same for what must be shown the same, different for all
 * else.
 */


#include "identity.h"


#define TOKEN(top, user)                                                      \
    "{'exp':9,'iat':1," top "'user':{'distinctId':'u'" user "}}"

#define ATTRS(a)  TOKEN("", ",'attributes':{" a "}")


static const toucan_attr_t  attrs[] = {

    { toucan_string("a"), { 0, NULL }, TOUCAN_ATTR_ANY, 0 },

    { toucan_string("b"), { 0, NULL }, TOUCAN_ATTR_ANY, 0 }
};


/* All of these have different keys. */

static const char  *tokens[] = {

    TOKEN("", ""),

    TOKEN("'organization':'o',", ""),
    TOKEN("'organization':'or',", ""),
    TOKEN("'env':'sandbox',", ""),
    TOKEN("'organization':'o','env':'sandbox',", ""),
    TOKEN("", ",'role':'o'"),
    TOKEN("'organization':'o',", ",'role':'r'"),
    TOKEN("'organization':'or',", ",'role':'r'"),

    ATTRS("'a':''"),
    ATTRS("'b':''"),
    ATTRS("'a':'','b':''"),
    ATTRS("'a':'x'"),
    ATTRS("'b':'x'"),
    ATTRS("'a':'xb'"),
    ATTRS("'a':'x','b':'x'"),
    ATTRS("'a':'x','b':'y'"),
    ATTRS("'a':'xy'"),
    ATTRS("'a':'1'"),
    ATTRS("'a':1"),
    ATTRS("'a':[1]"),
    ATTRS("'a':['1']"),
    ATTRS("'a':true"),
    ATTRS("'a':'true'"),
    ATTRS("'a':['true']"),
    ATTRS("'a':false"),
    ATTRS("'a':0"),
    ATTRS("'a':[]"),
    ATTRS("'a':['x','y']"),
    ATTRS("'a':['x,y']"),
    ATTRS("'a':'x,y'"),
    ATTRS("'a':['y','x']"),
    ATTRS("'a':'\xc3\xa9'"),
    ATTRS("'a':'\\\\u00e9'"),

    TOKEN("'permissions':{},", ""),
    TOKEN("'permissions':{'d':'can_view'},", ""),
    TOKEN("'permissions':{'d':'can_edit'},", ""),
    TOKEN("'permissions':{'dd':'can_view'},", ""),
    TOKEN("'permissions':{'d':'can_view','e':'can_view'},", ""),
    TOKEN("'resources':[],", ""),
    TOKEN("'permissions':{},'resources':[],", ""),
    TOKEN("'resources':[{'type':'d','id':'x','actions':'can_view'}],", ""),
    TOKEN("'resources':[{'type':'d','id':'y','actions':'can_view'}],", ""),
    TOKEN("'resources':[{'type':'d','id':'x','actions':'can_view'},"
          "{'type':'d','id':'y','actions':'can_view'}],", "")
};


/* All of these have the key of the first token. */

static const char  *twins[] = {

    "{'exp':10,'iat':2,'nbf':3,'jti':'j','sid':'s','iss':'i','aud':'x',"
    "'sub':'somebody','origins':['https://a.example'],'client_id':'c',"
    "'env':'live','user':{'distinctId':'somebody'}}",

    ATTRS(""),
    ATTRS("'secret':'not declared'"),
    ATTRS("'A':'not declared'")
};


static void
scope(const char *json, const toucan_policy_t *policy, char *key)
{
    unit_arena_t     a;
    toucan_str_t     value;
    toucan_claims_t  claims;

    unit_arena_init(&a, 0);

    is_rc(toucan_claims_read(&claims, policy, unit_doc(&a, json)), TOUCAN_OK,
          "the token %s", json);

    value = toucan_scope_key(policy, &claims, &a.arena);

    is_int(value.len, 64, "64 digits");

    memcpy(key, value.data, 64);
    key[64] = '\0';

    is_int(strspn(key, "0123456789abcdef"), 64, "of hex");

    unit_arena_done(&a);
}


int
main(void)
{
    char             keys[unit_n(tokens)][65], key[65];
    size_t           i, k;
    unsigned         n, calls;
    unit_arena_t     a, b;
    toucan_policy_t  policy;
    toucan_claims_t  claims;

    memset(&policy, 0, sizeof(toucan_policy_t));
    policy.attrs = attrs;
    policy.nattrs = unit_n(attrs);

    for (i = 0; i < unit_n(tokens); i++) {
        scope(tokens[i], &policy, keys[i]);

        for (k = 0; k < i; k++) {
            if (strcmp(keys[i], keys[k]) == 0) {
                break;
            }
        }

        ok(k == i, "%s has a key of its own (%s)", tokens[i], tokens[k]);
    }

    for (i = 0; i < unit_n(twins); i++) {
        scope(twins[i], &policy, key);
        is_str(key, keys[0], "%s has the first key", twins[i]);
    }

    policy.nattrs = 1;
    scope(tokens[0], &policy, key);
    ok(strcmp(key, keys[0]) != 0, "another declaration is another key");
    policy.nattrs = 2;

    unit_arena_init(&a, 0);
    unit_arena_init(&b, 0);
    (void) toucan_claims_read(&claims, &policy, unit_doc(&a, tokens[0]));
    (void) toucan_scope_key(&policy, &claims, &b.arena);
    calls = b.calls;
    unit_arena_done(&b);

    for (n = 1; n <= calls; n++) {
        unit_arena_init(&b, n);
        is_view(toucan_scope_key(&policy, &claims, &b.arena), NULL,
                "allocation %u fails", n);
        unit_arena_done(&b);
    }

    unit_arena_done(&a);

    return done_testing();
}
