
/*
 * Owns: the tests of requests to mint: each member, its bounds, and the field
 * that is named when it is wrong.
 */


#include "apikeys.h"
#include "identity.h"


typedef struct {
    const char      *body;
    const char      *field;         /* NULL: it is read */
    const char      *message;       /* a part of it */
} body_row_t;


#define U     "'user':{'distinctId':'u'}"
#define WITH(more)   "{" U "," more "}"
#define USER(more)   "{'user':{'distinctId':'u'," more "}}"
#define ATTR(value)  USER("'attributes':{'a':" value "}")
#define BODY  "the body must be a strict JSON object"
#define NONE  "there is no such member"
#define ID    "it must be a string of 1 to 256 bytes"
#define ROLE  "it must be a string that is not empty"
#define OBJ   "it must be an object"
#define VAL   "it must be a string, an integer within 2^53, a boolean, or an " \
              "array of strings or of integers"
#define PERM  "it must be the name of a model, with can_view, can_edit, "     \
              "can_query, or an array of these"
#define RES   "it must be an object of type, id (1 to 256 bytes) and actions"
#define LIST  "it must be an array of at most 64 origins"
#define ORI   "it must be an origin such as \"https://app.example.com\""
#define EXP   "it must be an integer of seconds, at least 1"
#define R     "{'type':'ai','id':'x','actions':'can_view'}"


static const body_row_t  body_rows[] = {

    { "{" U "}", NULL, NULL },
    { WITH("'permissions':{'ai':'can_query'},'resources':[" R "],'origins':"
      "['https://a.example'],'expiresIn':900"), NULL, NULL },
    { "{'expiresIn':1," U "}", NULL, NULL },

    { "", "", BODY },
    { " ", "", BODY },
    { "[]", "", BODY },
    { "null", "", BODY },
    { "'x'", "", BODY },
    { "{" U, "", BODY },
    { "{" U "}}", "", BODY },
    { "{" U "} x", "", BODY },
    { "{" U "," U "}", "", BODY },
    { USER("'distinctId':'v'"), "", BODY },
    { "{'user':{'distinctId':'\\u0000'}}", "", BODY },
    { "{'user':{'distinctId':'\xff'}}", "", BODY },

    { "{}", "/user", "the user is missing" },
    { "{'expiresIn':1}", "/user", "the user is missing" },
    { "{'user':'u'}", "/user", OBJ },
    { "{'user':null}", "/user", OBJ },
    { "{'user':[]}", "/user", OBJ },
    { "{'user':{}}", "/user/distinctId", "it is missing" },
    { "{'user':{'role':'r'}}", "/user/distinctId", "it is missing" },
    { "{'user':{'distinctid':'u'}}", "/user/distinctid", NONE },
    { USER("'sub':'u'"), "/user/sub", NONE },
    { WITH("'User':{}"), "/User", NONE },
    { WITH("'expiresin':1"), "/expiresin", NONE },
    { WITH("'expires_in':1"), "/expires_in", NONE },
    { WITH("'env':'live'"), "/env", NONE },
    { WITH("'organization':'x'"), "/organization", NONE },
    { WITH("'':1"), "/", NONE },
    { WITH("'a/b~c':1"), "/a~1b~0c", NONE },
    { USER("'a/b~c':1"), "/user/a~1b~0c", NONE },
    { USER("'~1':1"), "/user/~01", NONE },

    { "{'user':{'distinctId':''}}", "/user/distinctId", ID },
    { "{'user':{'distinctId':1}}", "/user/distinctId", ID },
    { "{'user':{'distinctId':null}}", "/user/distinctId", ID },
    { "{'user':{'distinctId':['u']}}", "/user/distinctId", ID },

    { USER("'role':'r'"), NULL, NULL },
    { USER("'role':''"), "/user/role", ROLE },
    { USER("'role':null"), "/user/role", ROLE },
    { USER("'role':['r']"), "/user/role", ROLE },

    { USER("'attributes':{}"), NULL, NULL },
    { USER("'attributes':[]"), "/user/attributes", OBJ },
    { USER("'attributes':null"), "/user/attributes", OBJ },
    { ATTR("'x'"), NULL, NULL },
    { ATTR("''"), NULL, NULL },
    { ATTR("true"), NULL, NULL },
    { ATTR("0"), NULL, NULL },
    { ATTR("9007199254740992"), NULL, NULL },
    { ATTR("-9007199254740992"), NULL, NULL },
    { ATTR("9007199254740993"), "/user/attributes/a", VAL },
    { ATTR("-9007199254740993"), "/user/attributes/a", VAL },
    { ATTR("9223372036854775807"), "/user/attributes/a", VAL },
    { ATTR("9223372036854775808"), "", BODY },
    { ATTR("[9007199254740993]"), "/user/attributes/a", VAL },
    { ATTR("1.0"), "/user/attributes/a", VAL },
    { ATTR("1e3"), "/user/attributes/a", VAL },
    { ATTR("null"), "/user/attributes/a", VAL },
    { ATTR("{}"), "/user/attributes/a", VAL },
    { ATTR("[]"), NULL, NULL },
    { ATTR("['x','']"), NULL, NULL },
    { ATTR("[1,2]"), NULL, NULL },
    { ATTR("['x',1]"), "/user/attributes/a", VAL },
    { ATTR("[[1]]"), "/user/attributes/a", VAL },
    { ATTR("[true]"), "/user/attributes/a", VAL },
    { ATTR("[null]"), "/user/attributes/a", VAL },
    { USER("'attributes':{'a':1,'a~/b':null}"), "/user/attributes/a~0~1b",
      VAL },
    { USER("'attributes':{'':null}"), "/user/attributes/", VAL },

    { WITH("'permissions':{}"), NULL, NULL },
    { WITH("'permissions':{'ai':[]}"), NULL, NULL },
    { WITH("'permissions':{'ai':['can_view','can_edit','can_query']}"), NULL,
      NULL },
    { WITH("'permissions':null"), "/permissions", OBJ },
    { WITH("'permissions':['ai']"), "/permissions", OBJ },
    { WITH("'permissions':{'ai':'can_query','x':'can'}"), "/permissions/x",
      PERM },
    { WITH("'permissions':{'ai':'can_Query'}"), "/permissions/ai", PERM },
    { WITH("'permissions':{'ai':['can_query',1]}"), "/permissions/ai", PERM },
    { WITH("'permissions':{'ai':null}"), "/permissions/ai", PERM },
    { WITH("'permissions':{'ai':{}}"), "/permissions/ai", PERM },
    { WITH("'permissions':{'a/b':'can_view'}"), "/permissions/a~1b", PERM },
    { WITH("'permissions':{'~':'can_view'}"), "/permissions/~0", PERM },
    { WITH("'permissions':{'':'can_view'}"), "/permissions/", PERM },

    { WITH("'resources':[]"), NULL, NULL },
    { WITH("'resources':null"), "/resources", "it must be an array" },
    { WITH("'resources':{}"), "/resources", "it must be an array" },
    { WITH("'resources':[1]"), "/resources/0", RES },
    { WITH("'resources':[" R ",{}]"), "/resources/1", RES },
    { WITH("'resources':[" R "," R "," R ",null]"), "/resources/3", RES },
    { WITH("'resources':[{'type':'ai','id':'x'}]"), "/resources/0", RES },
    { WITH("'resources':[{'type':'ai','actions':'can_view'}]"),
      "/resources/0", RES },
    { WITH("'resources':[{'id':'x','actions':'can_view'}]"), "/resources/0",
      RES },
    { WITH("'resources':[{'type':'ai','id':'x','actions':'can_view','x':1}]"),
      "/resources/0", RES },
    { WITH("'resources':[{'type':'ai','id':'','actions':'can_view'}]"),
      "/resources/0", RES },
    { WITH("'resources':[{'type':'ai','id':1,'actions':'can_view'}]"),
      "/resources/0", RES },
    { WITH("'resources':[{'type':'a i','id':'x','actions':'can_view'}]"),
      "/resources/0", RES },
    { WITH("'resources':[{'type':'ai','id':'x','actions':'can'}]"),
      "/resources/0", RES },

    { WITH("'origins':[]"), NULL, NULL },
    { WITH("'origins':['HTTPS://A.example:443']"), NULL, NULL },
    { WITH("'origins':'https://a.example'"), "/origins", LIST },
    { WITH("'origins':null"), "/origins", LIST },
    { WITH("'origins':{}"), "/origins", LIST },
    { WITH("'origins':['https://a.example',1]"), "/origins/1", ORI },
    { WITH("'origins':[null]"), "/origins/0", ORI },
    { WITH("'origins':['null']"), "/origins/0", ORI },
    { WITH("'origins':['*']"), "/origins/0", ORI },
    { WITH("'origins':['https://*.a.example']"), "/origins/0", ORI },
    { WITH("'origins':['https://a.example/']"), "/origins/0", ORI },
    { WITH("'origins':['https://a.example','https://b.example/x']"),
      "/origins/1", ORI },
    { WITH("'origins':['']"), "/origins/0", ORI },

    { WITH("'expiresIn':1"), NULL, NULL },
    { WITH("'expiresIn':9007199254740992"), NULL, NULL },
    { WITH("'expiresIn':9007199254740993"), "/expiresIn", EXP },
    { WITH("'expiresIn':0"), "/expiresIn", EXP },
    { WITH("'expiresIn':-1"), "/expiresIn", EXP },
    { WITH("'expiresIn':1.0"), "/expiresIn", EXP },
    { WITH("'expiresIn':9e2"), "/expiresIn", EXP },
    { WITH("'expiresIn':'900'"), "/expiresIn", EXP },
    { WITH("'expiresIn':'15m'"), "/expiresIn", EXP },
    { WITH("'expiresIn':null"), "/expiresIn", EXP },
    { WITH("'expiresIn':[900]"), "/expiresIn", EXP },

    /* the first one that is wrong */

    { "{'expiresIn':0,'x':1}", "/expiresIn", EXP },
    { "{'x':1,'expiresIn':0}", "/x", NONE }
};


static toucan_rc_t
read_body(const char *body, unit_arena_t *a, toucan_grant_t *grant,
    toucan_fault_t *fault)
{
    char         *text;
    toucan_rc_t   rc;

    text = strdup(body);
    memset(grant, 0x5a, sizeof(toucan_grant_t));
    memset(fault, 0, sizeof(toucan_fault_t));

    rc = toucan_grant_read(grant, toucan_cstr(unit_quotes(text)), &a->arena,
                           fault);

    /* nothing is a view into the body */

    memset(text, '#', strlen(text));
    free(text);

    return rc;
}


static void
test_bodies(void)
{
    size_t             i;
    unit_arena_t       a;
    toucan_grant_t     grant;
    toucan_fault_t     fault;
    const body_row_t  *row;

    for (i = 0; i < unit_n(body_rows); i++) {
        row = &body_rows[i];
        unit_arena_init(&a, 0);

        is_rc(read_body(row->body, &a, &grant, &fault),
              row->field ? TOUCAN_BAD_REQUEST : TOUCAN_OK, "%s", row->body);
        is_view(fault.field, row->field, "the field");
        is_str(fault.message, row->message, "the message");

        unit_arena_done(&a);
    }
}


/* What the body says is what the grant says. */

static void
test_values(void)
{
    unit_arena_t    a;
    toucan_fault_t  fault;
    toucan_grant_t  grant;

    unit_arena_init(&a, 0);
    (void) read_body("{" U "}", &a, &grant, &fault);

    is_view(grant.distinct_id, "u", "the distinct id");
    is_view(grant.role, NULL, "no role");
    ok(grant.attributes.node == NULL && grant.permissions.node == NULL
       && grant.resources.node == NULL && grant.origins.node == NULL,
       "no attributes, permissions, resources, origins");
    is_view(grant.organization, NULL, "no organization");
    is_view(grant.client_id, NULL, "no client");
    is_view(grant.sid, NULL, "no session");
    is_int(grant.lifetime, 0, "no lifetime");
    is_int(grant.asked, 0, "none was asked for");
    unit_arena_done(&a);

    unit_arena_init(&a, 0);
    (void) read_body("{'user':{'distinctId':'\\u00fc','role':'maker',"
                     "'attributes':{'n':42}},'permissions':{'ai':'can_query'}"
                     ",'resources':[" R "],'origins':['https://a.example'],"
                     "'expiresIn':60}", &a, &grant, &fault);

    is_view(grant.distinct_id, "\xc3\xbc", "the distinct id");
    is_view(grant.role, "maker", "the role");
    is_int(toucan_json_member(grant.attributes.doc, grant.attributes.node,
                              toucan_cstr("n"))->v.integer,
           42, "the attributes");
    ok(toucan_json_is(grant.permissions.node, TOUCAN_JSON_OBJECT),
       "the permissions");
    is_int(grant.resources.node->v.s.len, 1, "the resources");
    is_int(grant.origins.node->v.s.len, 1, "the origins");
    is_int(grant.lifetime, 60, "the lifetime");
    is_int(grant.asked, 1, "which was asked for");
    unit_arena_done(&a);
}


/* Lengths and numbers, at the limit and one past it. */

static void
test_limits(void)
{
    char            *text, *many, *p;
    size_t           i;
    unsigned         n;
    unit_arena_t     a;
    toucan_fault_t   fault;
    toucan_grant_t   grant;

    static const struct {
        const char  *format;
        unsigned     max;
        const char  *field;
    } rows[] = {
        { "{'user':{'distinctId':'%s'}}", 256, "/user/distinctId" },
        { WITH("'permissions':{'%s':'can_view'}"), 64, "/permissions/" },
        { WITH("'resources':[{'type':'%s','id':'x','actions':'can_view'}]"),
          64, "/resources/0" },
        { WITH("'resources':[{'type':'x','id':'%s','actions':'can_view'}]"),
          256, "/resources/0" }
    };

    text = malloc(128 * 1024);

    for (i = 0; i < unit_n(rows); i++) {
        for (n = rows[i].max; n <= rows[i].max + 1; n++) {
            many = unit_repeat('m', n);
            sprintf(text, rows[i].format, many);
            unit_arena_init(&a, 0);

            is_rc(read_body(text, &a, &grant, &fault),
                  (n == rows[i].max) ? TOUCAN_OK : TOUCAN_BAD_REQUEST,
                  "%u bytes of %s", n, rows[i].field);
            ok(n == rows[i].max
               ? fault.field.data == NULL
               : fault.field.len >= strlen(rows[i].field)
                 && memcmp(fault.field.data, rows[i].field,
                           strlen(rows[i].field)) == 0, "the field");

            unit_arena_done(&a);
            free(many);
        }
    }

    for (n = 64; n <= 65; n++) {
        p = stpcpy(text, "{" U ",'origins':[");

        for (i = 0; i < n; i++) {
            p += sprintf(p, "%s'https://a%zu.example'", i ? "," : "", i);
        }

        strcpy(p, "]}");
        unit_arena_init(&a, 0);
        is_rc(read_body(text, &a, &grant, &fault),
              (n == 64) ? TOUCAN_OK : TOUCAN_BAD_REQUEST, "%u origins", n);
        is_view(fault.field, (n == 64) ? NULL : "/origins", "the field");
        unit_arena_done(&a);
    }

    /* 4 values are there already */

    for (n = 1020; n <= 1021; n++) {
        p = stpcpy(text, "{'user':{'distinctId':'u','attributes':{");

        for (i = 0; i < n; i++) {
            p += sprintf(p, "%s'a%zu':1", i ? "," : "", i);
        }

        strcpy(p, "}}}");
        unit_arena_init(&a, 0);
        is_rc(read_body(text, &a, &grant, &fault),
              (n == 1020) ? TOUCAN_OK : TOUCAN_BAD_REQUEST, "%u attributes",
              n);
        is_str(fault.message, (n == 1020) ? NULL : BODY, "the message");
        unit_arena_done(&a);
    }

    free(text);
}


static void
test_memory(void)
{
    unit_arena_t    a;
    toucan_fault_t  fault;
    toucan_grant_t  grant;

    unit_arena_init(&a, 1);
    is_rc(read_body("{" U "}", &a, &grant, &fault), TOUCAN_NO_MEMORY,
          "no memory for the document");
    is_view(grant.distinct_id, NULL, "and nothing is read");
    unit_arena_done(&a);

    unit_arena_init(&a, 2);
    is_rc(read_body(WITH("'x':1"), &a, &grant, &fault), TOUCAN_BAD_REQUEST,
          "no memory for the field");
    is_view(fault.field, NULL, "it is not named");
    is_str(fault.message, NONE, "the message is");
    unit_arena_done(&a);
}


int
main(void)
{
    test_bodies();
    test_values();
    test_limits();
    test_memory();

    return done_testing();
}
