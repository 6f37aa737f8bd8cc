
/*
 * Permissions and resources: forms, rules, text.
 */


#include "identity.h"


typedef struct {
    const char      *json;
    int              good;
} form_row_t;


static const form_row_t  permission_rows[] = {

    { "{}", 1 },
    { "{'ai':'can_query'}", 1 },
    { "{'ai':['can_query']}", 1 },
    { "{'ai':[]}", 1 },
    { "{'dashboard':['can_view','can_edit'],'ai':'can_query'}", 1 },
    { "{'dashboard':['can_view','can_view']}", 1 },
    { "{'my-own.Model_1':'can_view'}", 1 },
    { "{'azAZ09':'can_view'}", 1 },
    { "{'d':['can_view','can_view','can_view','can_view',"
      "'can_view','can_view','can_view','can_view']}", 1 },
    { "{'d':['can_view','can_view','can_view','can_view',"
      "'can_view','can_view','can_view','can_view','can_view']}", 0 },
    { "{'ai':'can_fly'}", 0 },
    { "{'ai':'CAN_QUERY'}", 0 },
    { "{'ai':''}", 0 },
    { "{'ai':['can_query','can_fly']}", 0 },
    { "{'ai':['can_query',1]}", 0 },
    { "{'ai':[['can_query']]}", 0 },
    { "{'ai':null}", 0 },
    { "{'ai':true}", 0 },
    { "{'ai':{'can_query':true}}", 0 },
    { "{'':'can_view'}", 0 },
    { "{'a b':'can_view'}", 0 },
    { "{'a:b':'can_view'}", 0 },
    { "{'*':'can_view'}", 0 },
    { "{'ai':'can_query','db':null}", 0 },
    { "[]", 0 },
    { "['can_view']", 0 },
    { "'can_view'", 0 },
    { "null", 0 }
};


static const form_row_t  resource_rows[] = {

    { "[]", 1 },
    { "[{'type':'dashboard','id':'sales','actions':'can_view'}]", 1 },
    { "[{'type':'dashboard','id':'sales','actions':['can_view']}]", 1 },
    { "[{'type':'dashboard','id':'sales','actions':[]}]", 1 },
    { "[{'type':'d','id':'a/b c%','actions':'can_view','x':null}]", 1 },
    { "[{'type':'d','id':'1','actions':'can_view'},"
      "{'type':'d','id':'2','actions':'can_edit'}]", 1 },
    { "{}", 0 },
    { "null", 0 },
    { "'sales'", 0 },
    { "['sales']", 0 },
    { "[null]", 0 },
    { "[{}]", 0 },
    { "[{'id':'sales','actions':'can_view'}]", 0 },
    { "[{'type':'d','actions':'can_view'}]", 0 },
    { "[{'type':'d','id':'sales'}]", 0 },
    { "[{'type':'d','id':'','actions':'can_view'}]", 0 },
    { "[{'type':'d','id':7,'actions':'can_view'}]", 0 },
    { "[{'type':'d','id':null,'actions':'can_view'}]", 0 },
    { "[{'type':'d','id':['x'],'actions':'can_view'}]", 0 },
    { "[{'type':'','id':'x','actions':'can_view'}]", 0 },
    { "[{'type':'a b','id':'x','actions':'can_view'}]", 0 },
    { "[{'type':1,'id':'x','actions':'can_view'}]", 0 },
    { "[{'type':'d','id':'x','actions':'can_fly'}]", 0 },
    { "[{'type':'d','id':'x','actions':null}]", 0 },
    { "[{'type':'d','id':'1','actions':'can_view'},'x']", 0 }
};


static const toucan_node_t *
member(const toucan_doc_t *doc, const char *name)
{
    return toucan_json_member(doc, toucan_json_root(doc), toucan_cstr(name));
}


static void
test_forms(void)
{
    char                *id, json[1024];
    size_t               i;
    unit_arena_t         a;
    const toucan_doc_t  *doc;

    unit_arena_init(&a, 0);

    for (i = 0; i < unit_n(permission_rows); i++) {
        snprintf(json, sizeof(json), "{'w':%s}", permission_rows[i].json);
        doc = unit_doc(&a, json);
        is_int(toucan_permissions_wellformed(doc, member(doc, "w")),
               permission_rows[i].good, "permissions: %s",
               permission_rows[i].json);
    }

    for (i = 0; i < unit_n(resource_rows); i++) {
        snprintf(json, sizeof(json), "{'w':%s}", resource_rows[i].json);
        doc = unit_doc(&a, json);
        is_int(toucan_resources_wellformed(doc, member(doc, "w")),
               resource_rows[i].good, "resources: %s",
               resource_rows[i].json);
    }

    for (i = 256; i <= 257; i++) {
        id = unit_repeat('i', i);
        snprintf(json, sizeof(json), "{'w':[{'type':'d','id':'%s',"
                 "'actions':'can_view'}]}", id);
        free(id);

        doc = unit_doc(&a, json);
        is_int(toucan_resources_wellformed(doc, member(doc, "w")), i == 256,
               "resources: an id of %zu bytes", i);
    }

    for (i = 64; i <= 65; i++) {
        id = unit_repeat('m', i);
        is_int(toucan_model_valid(toucan_cstr(id)), i == 64,
               "a model of %zu bytes", i);
        free(id);
    }

    is_int(toucan_model_valid(toucan_cstr("a{")), 0, "a model of other bytes");

    is_int(toucan_action_find(toucan_cstr("can_view")), TOUCAN_ACTION_VIEW,
           "can_view");
    is_int(toucan_action_find(toucan_cstr("can_edit")), TOUCAN_ACTION_EDIT,
           "can_edit");
    is_int(toucan_action_find(toucan_cstr("can_query")), TOUCAN_ACTION_QUERY,
           "can_query");
    is_int(toucan_action_find(toucan_cstr("can_")), 0, "can_");

    unit_arena_done(&a);
}


#define OK          TOUCAN_OK
#define PERMISSION  TOUCAN_PERMISSION_DENIED
#define OBJECT      TOUCAN_OBJECT_DENIED

#define VIEW        "'permissions':{'dashboard':'can_view'}"
#define SALES       VIEW ",'resources':[{'type':'dashboard','id':'sales',"    \
                    "'actions':'can_view'}]"
#define IDS(id)     VIEW ",'resources':[{'type':'dashboard','id':'" id "',"   \
                    "'actions':'can_view'}]"


/* One rule: a model, an action, and what its object evaluated to. */

typedef struct {
    const char          *name;
    const char          *claims;
    const char          *model;
    toucan_action_e      action;
    const char          *object;    /* NULL: the rule names none */
    const char          *arg;       /* that it was taken from */
    const char          *path;
    const char          *args;
    toucan_rc_t          rc;
} rule_row_t;


static const rule_row_t  rule_rows[] = {

    /* permissions alone */

    { "granted", VIEW, "dashboard", 1, NULL, NULL, "/d", NULL, OK },
    { "granted in an array", "'permissions':{'dashboard':['can_view']}",
      "dashboard", 1, NULL, NULL, "/d", NULL, OK },
    { "no permissions", "'x':1", "dashboard", 1, NULL, NULL, "/d", NULL,
      PERMISSION },
    { "empty permissions", "'permissions':{}", "dashboard", 1, NULL, NULL,
      "/d", NULL, PERMISSION },
    { "another model", VIEW, "chart", 1, NULL, NULL, "/d", NULL,
      PERMISSION },
    { "a model in capitals", VIEW, "Dashboard", 1, NULL, NULL, "/d", NULL,
      PERMISSION },
    { "no action", "'permissions':{'dashboard':[]}", "dashboard", 1, NULL,
      NULL, "/d", NULL, PERMISSION },
    { "view is not edit", VIEW, "dashboard", 2, NULL, NULL, "/d", NULL,
      PERMISSION },
    { "view is not query", VIEW, "dashboard", 4, NULL, NULL, "/d", NULL,
      PERMISSION },
    { "edit is edit", "'permissions':{'dashboard':'can_edit'}", "dashboard",
      2, NULL, NULL, "/d", NULL, OK },
    { "edit implies view", "'permissions':{'dashboard':'can_edit'}",
      "dashboard", 1, NULL, NULL, "/d", NULL, OK },
    { "edit does not imply query", "'permissions':{'dashboard':'can_edit'}",
      "dashboard", 4, NULL, NULL, "/d", NULL, PERMISSION },
    { "query does not imply view", "'permissions':{'dashboard':"
      "'can_query'}", "dashboard", 1, NULL, NULL, "/d", NULL, PERMISSION },

    /* an object, and a token that holds for all of them */

    { "any object", VIEW, "dashboard", 1, "sales", NULL, "/d/sales", NULL,
      OK },
    { "an empty object", VIEW, "dashboard", 1, "", NULL, "/d/", NULL,
      OBJECT },
    { "permission before object", "'permissions':{}", "dashboard", 1, "",
      NULL, "/d/", NULL, PERMISSION },
    { "any object, a strange path", VIEW, "dashboard", 1, "sales", NULL,
      "/d//sales;x", NULL, OK },

    /* a token that holds for some objects */

    { "the object", SALES, "dashboard", 1, "sales", NULL, "/d/sales", NULL,
      OK },
    { "another object", SALES, "dashboard", 1, "hr", NULL, "/d/hr", NULL,
      OBJECT },
    { "the object in capitals", SALES, "dashboard", 1, "Sales", NULL,
      "/d/Sales", NULL, OBJECT },
    { "a longer object", SALES, "dashboard", 1, "sales2", NULL,
      "/d/sales2", NULL, OBJECT },
    { "a shorter object", SALES, "dashboard", 1, "sale", NULL, "/d/sale",
      NULL, OBJECT },
    { "an empty object, bound", SALES, "dashboard", 1, "", NULL, "/d/",
      NULL, OBJECT },
    { "a rule without an object", SALES, "dashboard", 1, NULL, NULL, "/d",
      NULL, OBJECT },
    { "no permission, but a resource", "'resources':[{'type':'dashboard',"
      "'id':'sales','actions':'can_view'}]", "dashboard", 1, "sales", NULL,
      "/d/sales", NULL, PERMISSION },
    { "no resource", VIEW ",'resources':[]", "dashboard", 1, "sales", NULL,
      "/d/sales", NULL, OBJECT },
    { "a resource of another type", VIEW ",'resources':[{'type':'chart',"
      "'id':'sales','actions':'can_view'}]", "dashboard", 1, "sales", NULL,
      "/d/sales", NULL, OBJECT },
    { "a resource without the action", VIEW ",'resources':[{'type':"
      "'dashboard','id':'sales','actions':'can_query'}]", "dashboard", 1,
      "sales", NULL, "/d/sales", NULL, OBJECT },
    { "a resource without actions", VIEW ",'resources':[{'type':"
      "'dashboard','id':'sales','actions':[]}]", "dashboard", 1, "sales",
      NULL, "/d/sales", NULL, OBJECT },
    { "a resource's edit implies view", VIEW ",'resources':[{'type':"
      "'dashboard','id':'sales','actions':'can_edit'}]", "dashboard", 1,
      "sales", NULL, "/d/sales", NULL, OK },
    { "a resource's edit grants no edit by itself", VIEW ",'resources':[{"
      "'type':'dashboard','id':'sales','actions':'can_edit'}]", "dashboard",
      2, "sales", NULL, "/d/sales", NULL, PERMISSION },
    { "a permission's edit, a resource's view", "'permissions':{'dashboard':"
      "'can_edit'},'resources':[{'type':'dashboard','id':'sales','actions':"
      "'can_view'}]", "dashboard", 2, "sales", NULL, "/d/sales", NULL,
      OBJECT },
    { "the second resource", VIEW ",'resources':[{'type':'dashboard',"
      "'id':'hr','actions':'can_view'},{'type':'dashboard','id':'sales',"
      "'actions':'can_view'}]", "dashboard", 1, "sales", NULL, "/d/sales",
      NULL, OK },
    { "the same resource twice", VIEW ",'resources':[{'type':'dashboard',"
      "'id':'sales','actions':'can_query'},{'type':'dashboard','id':"
      "'sales','actions':'can_view'}]", "dashboard", 1, "sales", NULL,
      "/d/sales", NULL, OK },

    /* an object that is spelled oddly */

    { "an ambiguous path", SALES, "dashboard", 1, "sales", NULL,
      "/d/x%2f..%2fsales", NULL, OBJECT },
    { "a path of two slashes", SALES, "dashboard", 1, "sales", NULL,
      "//d/sales", NULL, OBJECT },
    { "no path", SALES, "dashboard", 1, "sales", NULL, NULL, NULL, OBJECT },
    { "an escape in the path that is harmless", SALES, "dashboard", 1,
      "sales", NULL, "/d/s%61les", NULL, OK },
    { "a percent sign", IDS("a%41"), "dashboard", 1, "a%41", NULL, "/d",
      NULL, OBJECT },
    { "a percent sign that is first", IDS("%41"), "dashboard", 1, "%41",
      NULL, "/d", NULL, OBJECT },
    { "a backslash", IDS("a\\\\b"), "dashboard", 1, "a\\b", NULL, "/d",
      NULL, OBJECT },
    { "a semicolon", IDS("a;b"), "dashboard", 1, "a;b", NULL, "/d", NULL,
      OBJECT },
    { "a control byte", IDS("a\\nb"), "dashboard", 1, "a\nb", NULL, "/d",
      NULL, OBJECT },
    { "a DEL", IDS("a\x7f" "b"), "dashboard", 1, "a\x7f" "b", NULL, "/d",
      NULL, OBJECT },
    { "a space", IDS("a b"), "dashboard", 1, "a b", NULL, "/d/a%20b", NULL,
      OK },
    { "not ASCII", IDS("\xc3\xa9"), "dashboard", 1, "\xc3\xa9", NULL,
      "/d/%c3%a9", NULL, OK },
    { "a slash", IDS("a/b"), "dashboard", 1, "a/b", NULL, "/d/a/b", NULL,
      OK },
    { "a plus", IDS("a+b"), "dashboard", 1, "a+b", NULL, "/d/a+b", NULL,
      OK },

    /* an object from an argument */

    { "the argument", SALES, "dashboard", 1, "sales", "id", "/d",
      "id=sales", OK },
    { "the argument among others", SALES, "dashboard", 1, "sales", "id",
      "/d", "a=1&id=sales&b=2", OK },
    { "the argument twice", SALES, "dashboard", 1, "sales", "id", "/d",
      "id=sales&id=hr", OBJECT },
    { "the argument in capitals, too", SALES, "dashboard", 1, "sales", "id",
      "/d", "id=sales&ID=hr", OBJECT },
    { "the argument as an array, too", SALES, "dashboard", 1, "sales", "id",
      "/d", "id=sales&id[]=hr", OBJECT },
    { "no argument", SALES, "dashboard", 1, "sales", "id", "/d", NULL,
      OBJECT },
    { "the argument twice, any object", VIEW, "dashboard", 1, "sales", "id",
      "/d", "id=sales&id=hr", OK },
    { "a plus in an argument", IDS("a+b"), "dashboard", 1, "a+b", "id",
      "/d", "id=a+b", OBJECT }
};


static void
test_rules(void)
{
    size_t               i;
    char                 json[1024];
    unit_arena_t         a;
    toucan_str_t         object, arg;
    toucan_policy_t      policy;
    toucan_claims_t      claims;
    toucan_request_t     request;
    toucan_perm_rule_t   rule;
    const rule_row_t    *row;

    for (i = 0; i < unit_n(rule_rows); i++) {
        row = &rule_rows[i];

        unit_arena_init(&a, 0);
        memset(&policy, 0, sizeof(toucan_policy_t));
        memset(&request, 0, sizeof(toucan_request_t));
        memset(&rule, 0, sizeof(toucan_perm_rule_t));

        rule.model = toucan_cstr(row->model);
        rule.action = row->action;

        policy.rules = &rule;
        policy.nrules = 1;

        object = toucan_str(NULL, 0);
        request.objects = &object;

        if (row->object) {
            rule.has_object = 1;
            object = toucan_cstr(row->object);
        }

        if (row->arg) {
            arg = toucan_cstr(row->arg);
            rule.args.elts = &arg;
            rule.args.n = 1;
        }

        if (row->path) {
            request.path = toucan_cstr(row->path);
        }

        if (row->args) {
            request.args = toucan_cstr(row->args);
        }

        snprintf(json, sizeof(json), "{'exp':9,'iat':1,'user':{'distinctId':"
                 "'u'},%s}", row->claims);

        is_rc(toucan_claims_read(&claims, &policy, unit_doc(&a, json)),
              TOUCAN_OK, "rule: %s: the token", row->name);
        is_rc(toucan_perm_check(&policy, &request, &claims), row->rc,
              "rule: %s", row->name);

        unit_arena_done(&a);
    }
}


static void
test_several(void)
{
    unit_arena_t         a;
    toucan_str_t         objects[2];
    toucan_policy_t      policy;
    toucan_claims_t      claims;
    toucan_request_t     request;
    toucan_perm_rule_t   rules[2];

    unit_arena_init(&a, 0);
    memset(&policy, 0, sizeof(toucan_policy_t));
    memset(&request, 0, sizeof(toucan_request_t));
    memset(rules, 0, sizeof(rules));
    memset(objects, 0, sizeof(objects));

    (void) toucan_claims_read(&claims, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'user':{'distinctId':'u'}," VIEW "}"));

    is_rc(toucan_perm_check(&policy, &request, &claims), OK, "no rule");

    rules[0].model = toucan_cstr("dashboard");
    rules[0].action = TOUCAN_ACTION_VIEW;
    rules[0].has_object = 1;
    rules[1].model = toucan_cstr("ai");
    rules[1].action = TOUCAN_ACTION_QUERY;
    policy.rules = rules;
    policy.nrules = 2;

    is_rc(toucan_perm_check(&policy, &request, &claims), OBJECT,
          "no objects at all");

    request.objects = objects;

    is_rc(toucan_perm_check(&policy, &request, &claims), OBJECT,
          "an absent object");

    objects[0] = toucan_cstr("sales");

    is_rc(toucan_perm_check(&policy, &request, &claims), PERMISSION,
          "the second rule does not hold");

    policy.nrules = 1;

    is_rc(toucan_perm_check(&policy, &request, &claims), OK,
          "the first rule alone");

    /* each rule has its own object */

    policy.nrules = 2;
    rules[1] = rules[0];
    request.path = toucan_cstr("/d/sales");

    (void) toucan_claims_read(&claims, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'user':{'distinctId':'u'}," SALES
                     "}"));

    objects[1] = toucan_cstr("hr");
    is_rc(toucan_perm_check(&policy, &request, &claims), OBJECT,
          "the second rule's object");

    objects[1] = toucan_cstr("sales");
    is_rc(toucan_perm_check(&policy, &request, &claims), OK,
          "both rules' objects");

    unit_arena_done(&a);
}


/* Claims that nobody has checked grant nothing. */

static void
test_unchecked(void)
{
    toucan_str_t          object;
    unit_arena_t          a;
    toucan_policy_t       policy;
    toucan_claims_t       claims;
    toucan_request_t      request;
    toucan_perm_rule_t    rule;
    const toucan_node_t  *root;

    unit_arena_init(&a, 0);
    memset(&policy, 0, sizeof(toucan_policy_t));
    memset(&claims, 0, sizeof(toucan_claims_t));
    memset(&request, 0, sizeof(toucan_request_t));
    memset(&rule, 0, sizeof(toucan_perm_rule_t));

    claims.doc = unit_doc(&a, "{'permissions':{'n':7,'o':{},'w':['can_see'],"
                              "'d':'can_view'},"
                              "'resources':[{'type':'d','id':'sales'},"
                              "{'type':'d','id':'sales','actions':7},"
                              "'sales']}");
    root = toucan_json_root(claims.doc);
    claims.permissions = toucan_json_member(claims.doc, root,
                                            toucan_cstr("permissions"));

    rule.action = TOUCAN_ACTION_VIEW;
    rule.model = toucan_cstr("n");
    policy.rules = &rule;
    policy.nrules = 1;

    is_rc(toucan_perm_check(&policy, &request, &claims), PERMISSION,
          "a number grants nothing");
    rule.model = toucan_cstr("o");
    is_rc(toucan_perm_check(&policy, &request, &claims), PERMISSION,
          "nor does an object");
    rule.model = toucan_cstr("w");
    is_rc(toucan_perm_check(&policy, &request, &claims), PERMISSION,
          "nor a word that is no action");

    is_view(toucan_permissions_text(&claims, &a.arena), "d:can_view",
            "nor are they told");

    claims.resources = toucan_json_member(claims.doc, root,
                                          toucan_cstr("resources"));
    object = toucan_cstr("sales");
    request.objects = &object;
    request.path = toucan_cstr("/d/sales");
    rule.model = toucan_cstr("d");
    rule.has_object = 1;

    is_rc(toucan_perm_check(&policy, &request, &claims), OBJECT,
          "a resource without actions, with a number, no object");

    unit_arena_done(&a);
}


typedef struct {
    const char      *permissions;   /* NULL: absent */
    const char      *text;
} text_row_t;


static const text_row_t  text_rows[] = {

    { NULL, "" },
    { "{}", "" },
    { "{'ai':[]}", "" },
    { "{'ai':'can_query'}", "ai:can_query" },
    { "{'dashboard':['can_view'],'ai':['can_query']}",
      "ai:can_query dashboard:can_view" },
    { "{'d':['can_view','can_query','can_edit']}",
      "d:can_edit d:can_query d:can_view" },
    { "{'d':['can_view','can_view']}", "d:can_view" },
    { "{'d':'can_edit'}", "d:can_edit" },
    { "{'z':[],'a':'can_view'}", "a:can_view" },
    { "{'aa':'can_view','a':'can_view','a-b':'can_view','b':'can_view',"
      "'a9':'can_view'}",
      "a-b:can_view a9:can_view a:can_view aa:can_view b:can_view" }
};


static void
test_text(void)
{
    size_t           i;
    char             json[1024];
    unsigned         n, calls;
    unit_arena_t     a, b;
    toucan_policy_t  policy;
    toucan_claims_t  claims;

    memset(&policy, 0, sizeof(toucan_policy_t));

    for (i = 0; i < unit_n(text_rows); i++) {
        unit_arena_init(&a, 0);
        unit_arena_init(&b, 0);

        snprintf(json, sizeof(json), "{'exp':9,'iat':1,'user':{'distinctId':"
                 "'u'},'%s':%s}",
                 text_rows[i].permissions ? "permissions" : "x",
                 text_rows[i].permissions ? text_rows[i].permissions : "1");

        is_rc(toucan_claims_read(&claims, &policy, unit_doc(&a, json)),
              TOUCAN_OK, "text %zu: the token", i);

        is_view(toucan_permissions_text(&claims, &b.arena),
                text_rows[i].text, "text %zu", i);

        calls = b.calls;
        unit_arena_done(&b);

        for (n = 1; n <= calls; n++) {
            unit_arena_init(&b, n);
            is_view(toucan_permissions_text(&claims, &b.arena), NULL,
                    "text %zu: allocation %u fails", i, n);
            unit_arena_done(&b);
        }

        unit_arena_done(&a);
    }
}


int
main(void)
{
    test_forms();
    test_rules();
    test_several();
    test_unchecked();
    test_text();

    return done_testing();
}
