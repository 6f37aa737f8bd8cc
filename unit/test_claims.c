
/*
 * Reading claims: every form that is accepted beside those that are not.
 */


#include "identity.h"


#define USER   "'user':{'distinctId':'u1'}"
#define TIMES  "'exp':1000,'iat':100"
#define BASE   TIMES "," USER


typedef struct {
    const char      *name;
    const char      *json;
    toucan_rc_t      rc;
} claims_row_t;


static const claims_row_t  claims_forms[] = {

    { "the least", "{" BASE "}", TOUCAN_OK },

    { "no exp", "{'iat':1," USER "}", TOUCAN_BAD_CLAIM },
    { "no iat", "{'exp':1," USER "}", TOUCAN_BAD_CLAIM },
    { "exp a string", "{'exp':'9','iat':1," USER "}", TOUCAN_BAD_CLAIM },
    { "exp a float", "{'exp':9.0,'iat':1," USER "}", TOUCAN_BAD_CLAIM },
    { "exp with exponent", "{'exp':1e3,'iat':1," USER "}", TOUCAN_BAD_CLAIM },
    { "exp null", "{'exp':null,'iat':1," USER "}", TOUCAN_BAD_CLAIM },
    { "exp true", "{'exp':true,'iat':1," USER "}", TOUCAN_BAD_CLAIM },
    { "exp an array", "{'exp':[9],'iat':1," USER "}", TOUCAN_BAD_CLAIM },
    { "exp negative", "{'exp':-1,'iat':1," USER "}", TOUCAN_BAD_CLAIM },
    { "exp 0", "{'exp':0,'iat':0," USER "}", TOUCAN_OK },
    { "exp 2^53", "{'exp':9007199254740992,'iat':1," USER "}", TOUCAN_OK },
    { "exp above 2^53", "{'exp':9007199254740993,'iat':1," USER "}",
      TOUCAN_BAD_CLAIM },
    { "exp 2^63-1", "{'exp':9223372036854775807,'iat':1," USER "}",
      TOUCAN_BAD_CLAIM },
    { "iat a string", "{'exp':9,'iat':'1'," USER "}", TOUCAN_BAD_CLAIM },
    { "iat a float", "{'exp':9,'iat':1.5," USER "}", TOUCAN_BAD_CLAIM },
    { "iat negative", "{'exp':9,'iat':-1," USER "}", TOUCAN_BAD_CLAIM },
    { "iat above 2^53", "{'exp':9,'iat':9007199254740993," USER "}",
      TOUCAN_BAD_CLAIM },
    { "iat null", "{'exp':9,'iat':null," USER "}", TOUCAN_BAD_CLAIM },
    { "nbf", "{" BASE ",'nbf':7}", TOUCAN_OK },
    { "nbf a string", "{" BASE ",'nbf':'7'}", TOUCAN_BAD_CLAIM },
    { "nbf a float", "{" BASE ",'nbf':7.0}", TOUCAN_BAD_CLAIM },
    { "nbf negative", "{" BASE ",'nbf':-7}", TOUCAN_BAD_CLAIM },
    { "nbf null", "{" BASE ",'nbf':null}", TOUCAN_BAD_CLAIM },

    { "iss", "{" BASE ",'iss':'me'}", TOUCAN_OK },
    { "iss empty", "{" BASE ",'iss':''}", TOUCAN_OK },
    { "iss a number", "{" BASE ",'iss':1}", TOUCAN_BAD_CLAIM },
    { "iss null", "{" BASE ",'iss':null}", TOUCAN_BAD_CLAIM },
    { "iss an array", "{" BASE ",'iss':['me']}", TOUCAN_BAD_CLAIM },
    { "jti", "{" BASE ",'jti':'j'}", TOUCAN_OK },
    { "jti a number", "{" BASE ",'jti':1}", TOUCAN_BAD_CLAIM },
    { "jti a float", "{" BASE ",'jti':1.5}", TOUCAN_BAD_CLAIM },
    { "jti empty", "{" BASE ",'jti':''}", TOUCAN_BAD_CLAIM },
    { "jti null", "{" BASE ",'jti':null}", TOUCAN_BAD_CLAIM },
    { "sid", "{" BASE ",'sid':'s'}", TOUCAN_OK },
    { "sid an object", "{" BASE ",'sid':{}}", TOUCAN_BAD_CLAIM },
    { "sid empty", "{" BASE ",'sid':''}", TOUCAN_BAD_CLAIM },
    { "client_id", "{" BASE ",'client_id':'c'}", TOUCAN_OK },
    { "client_id false", "{" BASE ",'client_id':false}", TOUCAN_BAD_CLAIM },
    { "client_id empty", "{" BASE ",'client_id':''}", TOUCAN_BAD_CLAIM },
    { "organization", "{" BASE ",'organization':'o'}", TOUCAN_OK },
    { "organization empty", "{" BASE ",'organization':''}",
      TOUCAN_BAD_CLAIM },
    { "organization null", "{" BASE ",'organization':null}",
      TOUCAN_BAD_CLAIM },
    { "organization a number", "{" BASE ",'organization':7}",
      TOUCAN_BAD_CLAIM },

    { "env live", "{" BASE ",'env':'live'}", TOUCAN_OK },
    { "env sandbox", "{" BASE ",'env':'sandbox'}", TOUCAN_OK },
    { "env other", "{" BASE ",'env':'test'}", TOUCAN_BAD_CLAIM },
    { "env in capitals", "{" BASE ",'env':'LIVE'}", TOUCAN_BAD_CLAIM },
    { "env empty", "{" BASE ",'env':''}", TOUCAN_BAD_CLAIM },
    { "env null", "{" BASE ",'env':null}", TOUCAN_BAD_CLAIM },
    { "env a number", "{" BASE ",'env':1}", TOUCAN_BAD_CLAIM },
    { "env an array", "{" BASE ",'env':['live']}", TOUCAN_BAD_CLAIM },

    { "aud a string", "{" BASE ",'aud':'a'}", TOUCAN_OK },
    { "aud an array", "{" BASE ",'aud':['a','b']}", TOUCAN_OK },
    { "aud empty array", "{" BASE ",'aud':[]}", TOUCAN_BAD_CLAIM },
    { "aud mixed", "{" BASE ",'aud':['a',1]}", TOUCAN_BAD_CLAIM },
    { "aud nested", "{" BASE ",'aud':['a',['b']]}", TOUCAN_BAD_CLAIM },
    { "aud null", "{" BASE ",'aud':null}", TOUCAN_BAD_CLAIM },
    { "aud an object", "{" BASE ",'aud':{'a':'a'}}", TOUCAN_BAD_CLAIM },
    { "aud a number", "{" BASE ",'aud':3}", TOUCAN_BAD_CLAIM },

    { "sub, the same", "{" BASE ",'sub':'u1'}", TOUCAN_OK },
    { "sub, somebody else", "{" BASE ",'sub':'u2'}", TOUCAN_BAD_CLAIM },
    { "sub in other case", "{" BASE ",'sub':'U1'}", TOUCAN_BAD_CLAIM },
    { "sub longer", "{" BASE ",'sub':'u11'}", TOUCAN_BAD_CLAIM },
    { "sub empty", "{" BASE ",'sub':''}", TOUCAN_BAD_CLAIM },
    { "sub a number", "{" BASE ",'sub':1}", TOUCAN_BAD_CLAIM },
    { "sub null", "{" BASE ",'sub':null}", TOUCAN_BAD_CLAIM },

    { "no user", "{" TIMES "}", TOUCAN_BAD_CLAIM },
    { "user null", "{" TIMES ",'user':null}", TOUCAN_BAD_CLAIM },
    { "user a string", "{" TIMES ",'user':'u1'}", TOUCAN_BAD_CLAIM },
    { "user an array", "{" TIMES ",'user':['u1']}", TOUCAN_BAD_CLAIM },
    { "user empty", "{" TIMES ",'user':{}}", TOUCAN_BAD_CLAIM },
    { "sub alone", "{" TIMES ",'sub':'u1','user':{}}", TOUCAN_BAD_CLAIM },
    { "distinctId a number", "{" TIMES ",'user':{'distinctId':1}}",
      TOUCAN_BAD_CLAIM },
    { "distinctId null", "{" TIMES ",'user':{'distinctId':null}}",
      TOUCAN_BAD_CLAIM },
    { "distinctId empty", "{" TIMES ",'user':{'distinctId':''}}",
      TOUCAN_BAD_CLAIM },
    { "role", "{" TIMES ",'user':{'distinctId':'u','role':'r'}}",
      TOUCAN_OK },
    { "role empty", "{" TIMES ",'user':{'distinctId':'u','role':''}}",
      TOUCAN_BAD_CLAIM },
    { "role null", "{" TIMES ",'user':{'distinctId':'u','role':null}}",
      TOUCAN_BAD_CLAIM },
    { "role an array", "{" TIMES ",'user':{'distinctId':'u','role':['r']}}",
      TOUCAN_BAD_CLAIM },

    { "attributes", "{" TIMES ",'user':{'distinctId':'u','attributes':"
      "{'a':1}}}", TOUCAN_OK },
    { "attributes null", "{" TIMES ",'user':{'distinctId':'u',"
      "'attributes':null}}", TOUCAN_BAD_CLAIM },
    { "attributes nested", "{" TIMES ",'user':{'distinctId':'u',"
      "'attributes':{'a':{}}}}", TOUCAN_BAD_CLAIM },
    { "permissions", "{" BASE ",'permissions':{'ai':'can_query'}}",
      TOUCAN_OK },
    { "permissions unknown", "{" BASE ",'permissions':{'ai':'can_fly'}}",
      TOUCAN_BAD_CLAIM },
    { "permissions null", "{" BASE ",'permissions':null}",
      TOUCAN_BAD_CLAIM },
    { "resources", "{" BASE ",'resources':[]}", TOUCAN_OK },
    { "resources an object", "{" BASE ",'resources':{}}", TOUCAN_BAD_CLAIM },
    { "resources null", "{" BASE ",'resources':null}", TOUCAN_BAD_CLAIM },

    { "origins", "{" BASE ",'origins':['https://a.example',"
      "'http://localhost:3000']}", TOUCAN_OK },
    { "origins empty", "{" BASE ",'origins':[]}", TOUCAN_OK },
    { "origins null", "{" BASE ",'origins':null}", TOUCAN_BAD_CLAIM },
    { "origins a string", "{" BASE ",'origins':'https://a.example'}",
      TOUCAN_BAD_CLAIM },
    { "origins with a path", "{" BASE ",'origins':['https://a.example/']}",
      TOUCAN_BAD_CLAIM },
    { "origins with \"null\"", "{" BASE ",'origins':['null']}",
      TOUCAN_BAD_CLAIM },
    { "origins with null", "{" BASE ",'origins':[null]}", TOUCAN_BAD_CLAIM },
    { "origins, the second bad", "{" BASE ",'origins':['https://a.example',"
      "'*']}", TOUCAN_BAD_CLAIM },

    { "names that are nearly known", "{" BASE ",'':1,'e':1,'ex':1,'exq':'x',"
      "'Exp':'x','expp':'x','use':1,'usr':1,'users':1,'origin':1,"
      "'client-id':1,'resourcez':1,'permission':1,'organizations':1}",
      TOUCAN_OK },
    { "of the user, nearly", "{" TIMES ",'user':{'distinctId':'u','rol':1,"
      "'roles':1,'exp':'x','attribute':1,'distinctid':1}}", TOUCAN_OK },
    { "distinctId at the top", "{" TIMES ",'distinctId':'u','user':{}}",
      TOUCAN_BAD_CLAIM },

    { "unknown claims", "{" BASE ",'x':null,'y':{'z':[1.5]}}", TOUCAN_OK }
};


static toucan_rc_t
claims_read(const char *json, const toucan_policy_t *policy,
    toucan_claims_t *claims, unit_arena_t *a)
{
    memset(claims, 0x5a, sizeof(toucan_claims_t));

    return toucan_claims_read(claims, policy, unit_doc(a, json));
}


static int
claims_zero(const toucan_claims_t *claims)
{
    toucan_claims_t  zero;

    memset(&zero, 0, sizeof(toucan_claims_t));

    return memcmp(claims, &zero, sizeof(toucan_claims_t)) == 0;
}


static void
test_forms(void)
{
    size_t           i;
    unit_arena_t     a;
    toucan_policy_t  policy;
    toucan_claims_t  claims;

    memset(&policy, 0, sizeof(toucan_policy_t));

    for (i = 0; i < unit_n(claims_forms); i++) {
        unit_arena_init(&a, 0);

        is_rc(claims_read(claims_forms[i].json, &policy, &claims, &a),
              claims_forms[i].rc, "form: %s", claims_forms[i].name);

        ok((claims_forms[i].rc == TOUCAN_OK) != claims_zero(&claims),
           "form: %s: claims are set on success only", claims_forms[i].name);

        unit_arena_done(&a);
    }
}


static void
test_values(void)
{
    unit_arena_t     a;
    toucan_policy_t  policy;
    toucan_claims_t  c;

    memset(&policy, 0, sizeof(toucan_policy_t));
    unit_arena_init(&a, 0);

    is_rc(claims_read("{'iss':'i','aud':['x'],'sub':'u1','jti':'j','iat':5,"
                      "'nbf':6,'exp':7,'organization':'acme',"
                      "'env':'sandbox','client_id':'c','sid':'s','user':"
                      "{'distinctId':'u1','role':'maker','attributes':{}},"
                      "'permissions':{},'resources':[],'origins':[]}",
                      &policy, &c, &a),
          TOUCAN_OK, "all claims");

    is_view(c.iss, "i", "iss");
    is_view(c.jti, "j", "jti");
    is_view(c.sid, "s", "sid");
    is_view(c.client_id, "c", "client_id");
    is_view(c.organization, "acme", "organization");
    is_view(c.distinct_id, "u1", "distinct id");
    is_view(c.role, "maker", "role");
    is_int(c.env, TOUCAN_ENV_SANDBOX, "env");
    is_int(c.iat, 5, "iat");
    is_int(c.nbf, 6, "nbf");
    is_int(c.exp, 7, "exp");
    ok(toucan_json_is(c.aud, TOUCAN_JSON_ARRAY), "aud");
    ok(toucan_json_is(c.attributes, TOUCAN_JSON_OBJECT), "attributes");
    ok(toucan_json_is(c.permissions, TOUCAN_JSON_OBJECT), "permissions");
    ok(toucan_json_is(c.resources, TOUCAN_JSON_ARRAY), "resources");
    ok(toucan_json_is(c.origins, TOUCAN_JSON_ARRAY), "origins");
    ok(c.doc != NULL, "doc");

    is_rc(claims_read("{" BASE "}", &policy, &c, &a), TOUCAN_OK,
          "the least claims");

    is_view(c.iss, NULL, "no iss");
    is_view(c.jti, NULL, "no jti");
    is_view(c.sid, NULL, "no sid");
    is_view(c.client_id, NULL, "no client_id");
    is_view(c.organization, NULL, "no organization");
    is_view(c.role, NULL, "no role");
    is_int(c.env, TOUCAN_ENV_LIVE, "no env is live");
    is_int(c.nbf, 0, "no nbf");
    ok(c.aud == NULL && c.attributes == NULL && c.permissions == NULL
       && c.resources == NULL && c.origins == NULL, "no nodes");

    unit_arena_done(&a);
}


/* Claims of n bytes: the limit, and one more. */

static void
test_lengths(void)
{
    char             json[4096], *id;
    size_t           i;
    unsigned         n;
    unit_arena_t     a;
    toucan_policy_t  policy;
    toucan_claims_t  claims;

    static const char  *forms[] = {
        "{" TIMES ",'user':{'distinctId':'%s'}}",
        "{" BASE ",'jti':'%s'}",
        "{" BASE ",'sid':'%s'}",
        "{" BASE ",'client_id':'%s'}",
        "{" BASE ",'organization':'%s'}"
    };

    memset(&policy, 0, sizeof(toucan_policy_t));
    unit_arena_init(&a, 0);

    for (i = 0; i < unit_n(forms); i++) {
        for (n = 256; n <= 257; n++) {

            id = unit_repeat('x', n);
            snprintf(json, sizeof(json), forms[i], id);
            free(id);

            is_rc(claims_read(json, &policy, &claims, &a),
                  n == 256 ? TOUCAN_OK : TOUCAN_BAD_CLAIM,
                  "%u bytes in form %zu", n, i);
        }
    }

    for (n = 64; n <= 65; n++) {
        strcpy(json, "{" BASE ",'origins':[");

        for (i = 0; i < n; i++) {
            strcat(json, i ? ",'https://a.example'" : "'https://a.example'");
        }

        strcat(json, "]}");

        is_rc(claims_read(json, &policy, &claims, &a),
              n == 64 ? TOUCAN_OK : TOUCAN_BAD_CLAIM, "%u origins", n);
    }

    unit_arena_done(&a);
}


typedef struct {
    const char      *name;
    toucan_claim_e   claim;
    const char      *path;
    const char      *json;
    toucan_rc_t      rc;
    const char      *value;         /* of the claim, where it is a string */
} moved_row_t;


static const moved_row_t  moved_rows[] = {

    { "distinct_id from sub", TOUCAN_CLAIM_DISTINCT_ID, "sub",
      "{" TIMES ",'sub':'s9'}", TOUCAN_OK, "s9" },
    { "distinct_id from sub, another in user", TOUCAN_CLAIM_DISTINCT_ID,
      "sub", "{" BASE ",'sub':'s9'}", TOUCAN_OK, "s9" },
    { "distinct_id moved, sub is somebody else", TOUCAN_CLAIM_DISTINCT_ID,
      "uid", "{" TIMES ",'sub':'s9','uid':'u7'}", TOUCAN_OK, "u7" },
    { "distinct_id moved, sub no string", TOUCAN_CLAIM_DISTINCT_ID,
      "uid", "{" TIMES ",'sub':9,'uid':'u7'}", TOUCAN_BAD_CLAIM, NULL },
    { "distinct_id moved, absent", TOUCAN_CLAIM_DISTINCT_ID, "uid",
      "{" BASE "}", TOUCAN_BAD_CLAIM, NULL },
    { "distinct_id moved, a number", TOUCAN_CLAIM_DISTINCT_ID, "uid",
      "{" BASE ",'uid':7}", TOUCAN_BAD_CLAIM, NULL },
    { "distinct_id moved, empty", TOUCAN_CLAIM_DISTINCT_ID, "uid",
      "{" BASE ",'uid':''}", TOUCAN_BAD_CLAIM, NULL },

    { "role moved", TOUCAN_CLAIM_ROLE, "app.roles.first",
      "{" BASE ",'app':{'roles':{'first':'maker'}}}", TOUCAN_OK, "maker" },
    { "role moved, the old place is not looked at", TOUCAN_CLAIM_ROLE, "r",
      "{" TIMES ",'user':{'distinctId':'u','role':1}}", TOUCAN_OK, NULL },
    { "role moved, absent on the way", TOUCAN_CLAIM_ROLE, "app.role",
      "{" BASE "}", TOUCAN_OK, NULL },
    { "role moved, null on the way", TOUCAN_CLAIM_ROLE, "app.role",
      "{" BASE ",'app':null}", TOUCAN_BAD_CLAIM, NULL },
    { "role moved, a string on the way", TOUCAN_CLAIM_ROLE, "app.role",
      "{" BASE ",'app':'role'}", TOUCAN_BAD_CLAIM, NULL },
    { "role moved, an array on the way", TOUCAN_CLAIM_ROLE, "app.0",
      "{" BASE ",'app':['role']}", TOUCAN_BAD_CLAIM, NULL },
    { "role by a pointer", TOUCAN_CLAIM_ROLE,
      "/https:~1~1example.com~1role",
      "{" BASE ",'https://example.com/role':'maker'}", TOUCAN_OK, "maker" },

    { "organization moved", TOUCAN_CLAIM_ORGANIZATION, "org_id",
      "{" BASE ",'org_id':'o','organization':1}", TOUCAN_OK, "o" },
    { "organization moved, empty", TOUCAN_CLAIM_ORGANIZATION, "org_id",
      "{" BASE ",'org_id':''}", TOUCAN_BAD_CLAIM, NULL },

    { "attributes moved", TOUCAN_CLAIM_ATTRIBUTES, "m.a",
      "{" BASE ",'m':{'a':{'x':1}}}", TOUCAN_OK, NULL },
    { "attributes moved, malformed", TOUCAN_CLAIM_ATTRIBUTES, "m.a",
      "{" BASE ",'m':{'a':{'x':1.5}}}", TOUCAN_BAD_CLAIM, NULL },
    { "attributes moved, null on the way", TOUCAN_CLAIM_ATTRIBUTES, "m.a",
      "{" BASE ",'m':null}", TOUCAN_BAD_CLAIM, NULL },
    { "resources moved, a string on the way", TOUCAN_CLAIM_RESOURCES, "m.r",
      "{" BASE ",'m':'r'}", TOUCAN_BAD_CLAIM, NULL },
    { "resources moved, absent", TOUCAN_CLAIM_RESOURCES, "m.r",
      "{" BASE ",'m':{}}", TOUCAN_OK, NULL },
    { "permissions moved, malformed", TOUCAN_CLAIM_PERMISSIONS, "m.p",
      "{" BASE ",'m':{'p':[]}}", TOUCAN_BAD_CLAIM, NULL },
    { "resources moved, malformed", TOUCAN_CLAIM_RESOURCES, "m.r",
      "{" BASE ",'m':{'r':{}}}", TOUCAN_BAD_CLAIM, NULL },
    { "origins moved, malformed", TOUCAN_CLAIM_ORIGINS, "m.o",
      "{" BASE ",'m':{'o':['x']}}", TOUCAN_BAD_CLAIM, NULL },
    { "origins moved", TOUCAN_CLAIM_ORIGINS, "m.o",
      "{" BASE ",'m':{'o':['https://a.example']}}", TOUCAN_OK, NULL }
};


static void
test_moved(void)
{
    size_t              i;
    toucan_rc_t         rc;
    unit_arena_t        a;
    toucan_str_t        value;
    toucan_diag_t       why;
    toucan_policy_t     policy;
    toucan_claims_t     claims;
    const moved_row_t  *row;

    for (i = 0; i < unit_n(moved_rows); i++) {
        row = &moved_rows[i];

        unit_arena_init(&a, 0);
        toucan_diag_init(&why);
        memset(&policy, 0, sizeof(toucan_policy_t));

        rc = toucan_path_parse(&policy.claims[row->claim],
                               toucan_cstr(row->path), &a.arena, &why);
        is_rc(rc, TOUCAN_OK, "moved: %s: the path", row->name);

        is_rc(claims_read(row->json, &policy, &claims, &a), row->rc,
              "moved: %s", row->name);

        value = toucan_str(NULL, 0);

        switch (row->claim) {

        case TOUCAN_CLAIM_DISTINCT_ID:
            value = claims.distinct_id;
            break;

        case TOUCAN_CLAIM_ROLE:
            value = claims.role;
            break;

        case TOUCAN_CLAIM_ORGANIZATION:
            value = claims.organization;
            break;

        default:
            break;
        }

        is_view(value, row->value, "moved: %s: the value", row->name);

        unit_arena_done(&a);
    }
}


static void
test_names(void)
{
    unsigned  i;

    static const char  *names[] = {
        "distinct_id", "role", "attributes", "permissions", "resources",
        "origins", "organization"
    };

    is_int(unit_n(names), TOUCAN_CLAIM_MAX, "as many names as claims");

    for (i = 0; i < unit_n(names); i++) {
        is_int(toucan_claim_find(toucan_cstr(names[i])), i, "claim %s",
               names[i]);
    }

    is_int(toucan_claim_find(toucan_cstr("Role")), TOUCAN_CLAIM_MAX,
           "no claim Role");
    is_int(toucan_claim_find(toucan_cstr("")), TOUCAN_CLAIM_MAX,
           "no claim without a name");

    is_int(toucan_env_find(toucan_cstr("live")), TOUCAN_ENV_LIVE, "live");
    is_int(toucan_env_find(toucan_cstr("sandbox")), TOUCAN_ENV_SANDBOX,
           "sandbox");
    is_int(toucan_env_find(toucan_cstr("liv")), 0, "liv");
    is_int(toucan_env_find(toucan_cstr("")), 0, "no env");
    is_view(toucan_env_name(TOUCAN_ENV_LIVE), "live", "live, back");
    is_view(toucan_env_name(TOUCAN_ENV_SANDBOX), "sandbox", "sandbox, back");
}


int
main(void)
{
    test_forms();
    test_values();
    test_lengths();
    test_moved();
    test_names();

    return done_testing();
}
