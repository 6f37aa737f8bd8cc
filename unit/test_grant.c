
/*
 * Owns: the tests of what may be said of whom: what the location declares, what
 * the API key grants, what an organization's users may have at most.
 */


#include "apikeys.h"
#include "identity.h"


#define U   "'user':{'distinctId':'u'}"
#define R(role)  "{'user':{'distinctId':'u','role':'" role "'}}"
#define A(attributes)                                                         \
    "{'user':{'distinctId':'u','role':'explorer','attributes':{" attributes   \
    "}}}"
#define P(permissions)  "{" U ",'permissions':{" permissions "}}"
#define O(origins)      "{" U ",'origins':[" origins "]}"
#define RES(type, actions)                                                    \
    "{'type':'" type "','id':'x','actions':" actions "}"


static const toucan_attr_t  attrs[] = {
    { toucan_string("any"), { 0, NULL }, TOUCAN_ATTR_ANY, 0 },
    { toucan_string("tag"), { 0, NULL }, TOUCAN_ATTR_STRING, 0 },
    { toucan_string("customerId"), toucan_string("customer_id"),
      TOUCAN_ATTR_INTEGER, 1 },
    { toucan_string("ids"), toucan_string("ids"), TOUCAN_ATTR_INTEGERS, 0 },
    { toucan_string("region"), toucan_string("region"),
      TOUCAN_ATTR_STRINGS, 0 },
    { toucan_string("vip"), toucan_string("vip"), TOUCAN_ATTR_BOOLEAN, 0 }
};

static const toucan_str_t  roles[] = {
    toucan_string("explorer"), toucan_string("maker")
};


static void
read_body(toucan_grant_t *grant, unit_arena_t *a, const char *body)
{
    char            *text;
    toucan_rc_t      rc;
    toucan_fault_t   fault;

    text = strdup(body);
    rc = toucan_grant_read(grant, toucan_cstr(unit_quotes(text)), &a->arena,
                           &fault);
    free(text);

    if (rc != TOUCAN_OK) {
        diag("%s: %s", body, fault.message);
        printf("Bail out!\n");
        exit(1);
    }
}


#define UNDECLARED  "it is not declared here"
#define REQUIRED    "it is required and must not be empty"
#define TYPE        "it is of another type than declared"

static const struct {
    const char      *body;
    toucan_rc_t      rc;
    const char      *field;
    const char      *message;
} identity_rows[] = {

    { A("'customerId':1"), TOUCAN_OK, NULL, NULL },
    { A("'customerId':0,'region':['n'],'ids':[1],'vip':false,'tag':'',"
        "'any':'x'"), TOUCAN_OK, NULL, NULL },
    { A("'customerId':1,'region':[],'ids':[]"), TOUCAN_OK, NULL, NULL },

    { R("maker"), TOUCAN_ATTRIBUTE_MISSING, "/user/attributes/customerId",
      REQUIRED },
    { A(""), TOUCAN_ATTRIBUTE_MISSING, "/user/attributes/customerId",
      REQUIRED },
    { A("'tag':'x'"), TOUCAN_ATTRIBUTE_MISSING,
      "/user/attributes/customerId", REQUIRED },
    { A("'customerid':1"), TOUCAN_ATTRIBUTE_UNDECLARED,
      "/user/attributes/customerid", UNDECLARED },
    { A("'customerId':1,'x':1"), TOUCAN_ATTRIBUTE_UNDECLARED,
      "/user/attributes/x", UNDECLARED },
    { A("'x~/y':1,'customerId':1"), TOUCAN_ATTRIBUTE_UNDECLARED,
      "/user/attributes/x~0~1y", UNDECLARED },
    { A("'customerId':'1'"), TOUCAN_ATTRIBUTE_TYPE,
      "/user/attributes/customerId", TYPE },
    { A("'customerId':[1]"), TOUCAN_ATTRIBUTE_TYPE,
      "/user/attributes/customerId", TYPE },
    { A("'customerId':1,'region':'n'"), TOUCAN_ATTRIBUTE_TYPE,
      "/user/attributes/region", TYPE },
    { A("'customerId':1,'region':['n','']"), TOUCAN_ATTRIBUTE_TYPE,
      "/user/attributes/region", TYPE },
    { A("'customerId':1,'ids':['1']"), TOUCAN_ATTRIBUTE_TYPE,
      "/user/attributes/ids", TYPE },
    { A("'customerId':1,'vip':1"), TOUCAN_ATTRIBUTE_TYPE,
      "/user/attributes/vip", TYPE },
    { A("'customerId':1,'tag':true"), TOUCAN_ATTRIBUTE_TYPE,
      "/user/attributes/tag", TYPE },
    { A("'customerId':1,'any':['']"), TOUCAN_ATTRIBUTE_TYPE,
      "/user/attributes/any", TYPE },

    /* the role comes first */

    { R("admin"), TOUCAN_ROLE_DENIED, "/user/role",
      "it is not one of the roles accepted here" },
    { R("Maker"), TOUCAN_ROLE_DENIED, "/user/role",
      "it is not one of the roles accepted here" },
    { "{" U "}", TOUCAN_ROLE_DENIED, "/user/role", "it is missing" },
    { "{'user':{'distinctId':'u','attributes':{'x':1}}}", TOUCAN_ROLE_DENIED,
      "/user/role", "it is missing" }
};


static void
test_identity(void)
{
    size_t           i;
    unit_arena_t     a;
    toucan_fault_t   fault;
    toucan_grant_t   grant;
    toucan_policy_t  policy;

    memset(&policy, 0, sizeof(toucan_policy_t));
    policy.attrs = attrs;
    policy.nattrs = unit_n(attrs);
    policy.roles.elts = roles;
    policy.roles.n = unit_n(roles);

    for (i = 0; i < unit_n(identity_rows); i++) {
        unit_arena_init(&a, 0);
        memset(&fault, 0, sizeof(toucan_fault_t));
        read_body(&grant, &a, identity_rows[i].body);

        is_rc(toucan_grant_identity(&grant, &policy, &a.arena, &fault),
              identity_rows[i].rc, "identity: %s", identity_rows[i].body);
        is_view(fault.field, identity_rows[i].field, "the field");
        is_str(fault.message, identity_rows[i].message, "the message");

        unit_arena_done(&a);
    }

    /* nothing is declared, and any role is accepted */

    policy.nattrs = 0;
    policy.any_role = 1;
    unit_arena_init(&a, 0);

    read_body(&grant, &a, "{" U "}");
    is_rc(toucan_grant_identity(&grant, &policy, &a.arena, &fault), TOUCAN_OK,
          "identity: no role where any is accepted");
    read_body(&grant, &a, R("admin"));
    is_rc(toucan_grant_identity(&grant, &policy, &a.arena, &fault), TOUCAN_OK,
          "identity: any role");
    read_body(&grant, &a, A("'customerId':1"));
    is_rc(toucan_grant_identity(&grant, &policy, &a.arena, &fault),
          TOUCAN_ATTRIBUTE_UNDECLARED, "identity: no attribute is declared");

    unit_arena_done(&a);
}


#define MORE     "it is more than may be granted here"
#define MORE_R   "they are more than may be granted here"
#define ROLE     "it is not one of the API key's roles"
#define ORIGIN   "it is not one of the API key's origins"
#define BOUND    "the API key's tokens are bound to origins"

#define KP(permissions)  ",'permissions':{" permissions "}"
#define KO       ",'origins':['https://a.example','http://b.example:8080']"

static const struct {
    const char      *key;           /* more members */
    const char      *body;
    const char      *field;         /* NULL: it is within the key */
    const char      *message;
} bind_rows[] = {

    { "", "{" U "}", NULL, NULL },

    /* permissions: a key without them grants nothing */

    { "", P("'ai':'can_query'"), "/permissions/ai", MORE },
    { "", P("'ai':[]"), "/permissions/ai", MORE },
    { "", P(""), NULL, NULL },
    { KP(""), P("'ai':'can_query'"), "/permissions/ai", MORE },
    { KP("'ai':'can_query'"), P("'ai':'can_query'"), NULL, NULL },
    { KP("'ai':'can_query'"), P("'ai':['can_query']"), NULL, NULL },
    { KP("'ai':['can_query']"), P("'ai':'can_query'"), NULL, NULL },
    { KP("'ai':'can_query'"), P("'ai':[]"), NULL, NULL },
    { KP("'ai':'can_query'"), P(""), NULL, NULL },
    { KP("'ai':[]"), P("'ai':[]"), NULL, NULL },
    { KP("'ai':[]"), P("'ai':'can_query'"), "/permissions/ai", MORE },
    { KP("'ai':'can_query'"), P("'ai':'can_view'"), "/permissions/ai", MORE },
    { KP("'ai':'can_query'"), P("'Ai':'can_query'"), "/permissions/Ai",
      MORE },
    { KP("'ai':'can_query'"), P("'ai':'can_query','b':'can_query'"),
      "/permissions/b", MORE },
    { KP("'a':'can_view','b':'can_view'"), P("'b':'can_view','a':'can_edit'"),
      "/permissions/a", MORE },

    /* editing implies viewing, viewing implies nothing */

    { KP("'d':'can_edit'"), P("'d':'can_view'"), NULL, NULL },
    { KP("'d':'can_edit'"), P("'d':['can_view','can_edit']"), NULL, NULL },
    { KP("'d':'can_edit'"), P("'d':'can_query'"), "/permissions/d", MORE },
    { KP("'d':'can_view'"), P("'d':'can_edit'"), "/permissions/d", MORE },
    { KP("'d':['can_view','can_query']"), P("'d':'can_edit'"),
      "/permissions/d", MORE },
    { KP("'d':['can_view','can_query']"), P("'d':['can_query','can_view']"),
      NULL, NULL },
    { KP("'d':['can_view','can_query']"),
      P("'d':['can_query','can_view','can_edit']"), "/permissions/d", MORE },

    /* resources */

    { "", "{" U ",'resources':[]}", NULL, NULL },
    { "", "{" U ",'resources':[" RES("d", "'can_view'") "]}",
      "/resources/0/actions", MORE_R },
    { KP("'d':'can_edit'"), "{" U ",'resources':[" RES("d", "'can_view'") ","
      RES("d", "['can_edit']") "]}", NULL, NULL },
    { KP("'d':'can_edit'"), "{" U ",'resources':[" RES("d", "'can_view'") ","
      RES("d", "'can_query'") "]}", "/resources/1/actions", MORE_R },
    { KP("'d':'can_edit'"), "{" U ",'resources':[" RES("e", "'can_view'")
      "]}", "/resources/0/actions", MORE_R },
    { KP("'d':'can_edit'"), "{" U ",'resources':[" RES("e", "[]") "]}",
      "/resources/0/actions", MORE_R },
    { KP("'d':'can_edit'"), "{" U ",'permissions':{'e':'can_view'},"
      "'resources':[" RES("e", "'can_view'") "]}", "/permissions/e", MORE },

    /* roles */

    { ",'roles':['maker']", R("maker"), NULL, NULL },
    { ",'roles':['explorer','maker']", R("maker"), NULL, NULL },
    { ",'roles':['explorer']", R("maker"), "/user/role", ROLE },
    { ",'roles':['maker']", R("Maker"), "/user/role", ROLE },
    { ",'roles':['maker']", R("make"), "/user/role", ROLE },
    { ",'roles':['maker']", "{" U "}", "/user/role", ROLE },
    { "", R("anybody"), NULL, NULL },

    /* origins are compared as origins, not as texts */

    { "", O("'https://x.example'"), NULL, NULL },
    { KO, "{" U "}", "/origins", BOUND },
    { KO, O("'https://a.example'"), NULL, NULL },
    { KO, O("'https://A.EXAMPLE:443'"), NULL, NULL },
    { KO, O("'HTTP://b.example:8080','https://a.example'"), NULL, NULL },
    { KO, O(""), NULL, NULL },
    { KO, O("'http://a.example'"), "/origins/0", ORIGIN },
    { KO, O("'https://a.example:444'"), "/origins/0", ORIGIN },
    { KO, O("'https://a.example','https://c.example'"), "/origins/1",
      ORIGIN },
    { KO, O("'http://b.example'"), "/origins/0", ORIGIN },
    { KO, O("'https://sub.a.example'"), "/origins/0", ORIGIN },
    { KO, O("'https://a.example.evil.example'"), "/origins/0", ORIGIN },
    { ",'origins':['HTTPS://A.example:443']", O("'https://a.example'"), NULL,
      NULL }
};


static void
test_bind(void)
{
    size_t                  i;
    unit_arena_t            a;
    toucan_part_t           bound;
    toucan_fault_t          fault;
    toucan_grant_t          grant;
    toucan_apikeys_t       *keys;
    const toucan_apikey_t  *key;

    for (i = 0; i < unit_n(bind_rows); i++) {
        keys = unit_acme(bind_rows[i].key);
        key = unit_only(keys);

        unit_arena_init(&a, 0);
        memset(&fault, 0, sizeof(toucan_fault_t));
        read_body(&grant, &a, bind_rows[i].body);
        grant.env = TOUCAN_ENV_LIVE;

        is_rc(toucan_grant_bind(&grant, key, &a.arena, &fault),
              bind_rows[i].field ? TOUCAN_SCOPE_EXCEEDS_KEY : TOUCAN_OK,
              "bind: {%s} %s", bind_rows[i].key, bind_rows[i].body);
        is_view(fault.field, bind_rows[i].field, "the field");
        is_str(fault.message, bind_rows[i].message, "the message");

        /* the same bound where it is not a key's */

        if (strstr(bind_rows[i].key, "roles") == NULL
            && strstr(bind_rows[i].key, "origins") == NULL)
        {
            bound.doc = key->doc;
            bound.node = key->permissions;
            memset(&fault, 0, sizeof(toucan_fault_t));

            is_rc(toucan_grant_within(&grant, &bound, &a.arena, &fault),
                  bind_rows[i].field ? TOUCAN_PERMISSION_DENIED : TOUCAN_OK,
                  "within: the same");
            is_view(fault.field, bind_rows[i].field, "the field");
            is_str(fault.message, bind_rows[i].message, "the message");
        }

        unit_arena_done(&a);
        toucan_apikeys_free(keys);
    }
}


/* Organization and environment: what a key was bound to when it was used. */

static void
test_tenant(void)
{
    size_t                  i;
    unit_arena_t            a;
    toucan_fault_t          fault;
    toucan_grant_t          grant;
    toucan_apikeys_t       *keys;

    static const struct {
        const char      *key;
        const char      *organization;
        toucan_env_e     env;
        toucan_rc_t      rc;
    } rows[] = {
        { "", NULL, TOUCAN_ENV_LIVE, TOUCAN_OK },
        { "", NULL, TOUCAN_ENV_SANDBOX, TOUCAN_SCOPE_EXCEEDS_KEY },
        { "", "acme", TOUCAN_ENV_LIVE, TOUCAN_SCOPE_EXCEEDS_KEY },
        { ",'env':'sandbox'", NULL, TOUCAN_ENV_SANDBOX, TOUCAN_OK },
        { ",'env':'sandbox'", NULL, TOUCAN_ENV_LIVE,
          TOUCAN_SCOPE_EXCEEDS_KEY },
        { ",'organization':'acme'", "acme", TOUCAN_ENV_LIVE, TOUCAN_OK },
        { ",'organization':'acme'", "Acme", TOUCAN_ENV_LIVE,
          TOUCAN_SCOPE_EXCEEDS_KEY },
        { ",'organization':'acme'", "acme2", TOUCAN_ENV_LIVE,
          TOUCAN_SCOPE_EXCEEDS_KEY },
        { ",'organization':'acme'", NULL, TOUCAN_ENV_LIVE,
          TOUCAN_SCOPE_EXCEEDS_KEY }
    };

    for (i = 0; i < unit_n(rows); i++) {
        keys = unit_acme(rows[i].key);
        unit_arena_init(&a, 0);
        memset(&fault, 0, sizeof(toucan_fault_t));

        read_body(&grant, &a, "{" U "}");
        grant.env = rows[i].env;
        grant.organization = rows[i].organization
                             ? toucan_cstr(rows[i].organization)
                             : toucan_str(NULL, 0);

        is_rc(toucan_grant_bind(&grant, unit_only(keys), &a.arena, &fault),
              rows[i].rc, "bind: {%s}, organization %s, env %d", rows[i].key,
              rows[i].organization ? rows[i].organization : "none",
              (int) rows[i].env);
        is_view(fault.field, NULL, "no field: the caller did not name it");

        unit_arena_done(&a);
        toucan_apikeys_free(keys);
    }
}


static void
test_defaults(void)
{
    unit_arena_t            a;
    toucan_grant_t          grant;
    toucan_fault_t          fault;
    toucan_apikeys_t       *keys;
    const toucan_apikey_t  *key;

    unit_arena_init(&a, 0);

    keys = unit_acme("");
    key = unit_only(keys);
    read_body(&grant, &a, "{" U "}");
    toucan_grant_defaults(&grant, key);

    is_view(grant.client_id, "acme", "the client is the API key");
    is_view(grant.organization, NULL, "no organization");
    is_int(grant.env, TOUCAN_ENV_LIVE, "live");
    ok(grant.permissions.node == NULL && grant.origins.node == NULL,
       "no permissions and origins");
    toucan_apikeys_free(keys);

    keys = unit_acme(",'env':'sandbox','organization':'acme','permissions':"
                     "{'ai':'can_query'},'origins':['https://a.example'],"
                     "'roles':['maker']");
    key = unit_only(keys);
    read_body(&grant, &a, R("maker"));
    toucan_grant_defaults(&grant, key);

    is_view(grant.organization, "acme", "the key's organization");
    is_int(grant.env, TOUCAN_ENV_SANDBOX, "its environment");
    ok(grant.permissions.node == key->permissions
       && grant.permissions.doc == key->doc, "its permissions");
    ok(grant.origins.node == key->origins && grant.origins.doc == key->doc,
       "its origins");
    ok(grant.resources.node == NULL, "no resources");
    is_view(grant.role, "maker", "the role is the caller's");
    is_rc(toucan_grant_bind(&grant, key, &a.arena, &fault), TOUCAN_OK,
          "all of which is within the key");

    read_body(&grant, &a, "{" U ",'permissions':{},'origins':[]}");
    toucan_grant_defaults(&grant, key);
    is_int(grant.permissions.node->v.s.len, 0, "what was asked for stays");
    is_int(grant.origins.node->v.s.len, 0, "even if it is nothing");

    toucan_apikeys_free(keys);
    unit_arena_done(&a);
}


/* A claim's place is the policy's matter: all of it is taken over. */

static void
test_claims(void)
{
    unit_arena_t      a;
    toucan_grant_t    grant;
    toucan_claims_t   claims;
    toucan_policy_t   policy;

    memset(&policy, 0, sizeof(toucan_policy_t));
    unit_arena_init(&a, 0);

    (void) toucan_claims_read(&claims, &policy, unit_doc(&a,
        "{'exp':9,'iat':1,'sid':'s','env':'sandbox','organization':'o',"
        "'client_id':'c','user':{'distinctId':'u','role':'r','attributes':"
        "{'a':1}},'permissions':{'ai':'can_query'},'resources':[],'origins':"
        "['https://a.example']}"));

    memset(&grant, 0x5a, sizeof(toucan_grant_t));
    toucan_grant_claims(&grant, &claims);

    is_view(grant.distinct_id, "u", "the distinct id");
    is_view(grant.role, "r", "the role");
    is_view(grant.organization, "o", "the organization");
    is_view(grant.client_id, "c", "the client");
    is_int(grant.env, TOUCAN_ENV_SANDBOX, "the environment");
    ok(grant.attributes.node == claims.attributes
       && grant.permissions.node == claims.permissions
       && grant.resources.node == claims.resources
       && grant.origins.node == claims.origins
       && grant.attributes.doc == claims.doc, "the rest");
    is_view(grant.sid, NULL, "no session: that is not the identity's");
    is_int(grant.lifetime, 0, "nor a lifetime");
    is_int(grant.asked, 0, "nobody has asked");

    (void) toucan_claims_read(&claims, &policy, unit_doc(&a,
        "{'exp':9,'iat':1,'user':{'distinctId':'u'}}"));
    toucan_grant_claims(&grant, &claims);

    ok(grant.role.data == NULL && grant.organization.data == NULL
       && grant.client_id.data == NULL && grant.attributes.node == NULL
       && grant.permissions.node == NULL && grant.resources.node == NULL
       && grant.origins.node == NULL, "what is absent is absent");

    unit_arena_done(&a);
}


int
main(void)
{
    test_identity();
    test_bind();
    test_tenant();
    test_defaults();
    test_claims();

    return done_testing();
}
