
/*
 * Attributes: well-formed or not, and of the declared type or not.
 */


#include "identity.h"


typedef struct {
    const char      *json;          /* the attributes claim */
    int              good;
} form_row_t;


static const form_row_t  form_rows[] = {

    { "{}", 1 },
    { "{'a':'x'}", 1 },
    { "{'a':''}", 1 },
    { "{'a':'\xc3\xa9,%\\n'}", 1 },
    { "{'a':0}", 1 },
    { "{'a':-5}", 1 },
    { "{'a':9007199254740992}", 1 },
    { "{'a':-9007199254740992}", 1 },
    { "{'a':true,'b':false}", 1 },
    { "{'a':['x','y']}", 1 },
    { "{'a':[1,-2]}", 1 },
    { "{'a':[]}", 1 },
    { "{'a':['']}", 1 },
    { "{'':1}", 1 },

    { "{'a':9007199254740993}", 0 },
    { "{'a':-9007199254740993}", 0 },
    { "{'a':9223372036854775807}", 0 },
    { "{'a':[9007199254740993]}", 0 },
    { "{'a':null}", 0 },
    { "{'a':1.0}", 0 },
    { "{'a':1e3}", 0 },
    { "{'a':{}}", 0 },
    { "{'a':{'b':1}}", 0 },
    { "{'a':[1,'x']}", 0 },
    { "{'a':['x',1]}", 0 },
    { "{'a':[true]}", 0 },
    { "{'a':['x',true]}", 0 },
    { "{'a':[null]}", 0 },
    { "{'a':['x',null]}", 0 },
    { "{'a':[1.5]}", 0 },
    { "{'a':[1,1.5]}", 0 },
    { "{'a':[[]]}", 0 },
    { "{'a':[['x']]}", 0 },
    { "{'a':['x',['x']]}", 0 },
    { "{'a':[{}]}", 0 },
    { "{'a':'x','b':null}", 0 },
    { "{'a':null,'b':'x'}", 0 }
};


static void
test_forms(void)
{
    size_t               i;
    char                 json[256];
    unit_arena_t         a;
    const toucan_doc_t  *doc;

    for (i = 0; i < unit_n(form_rows); i++) {
        unit_arena_init(&a, 0);

        snprintf(json, sizeof(json), "{'w':%s}", form_rows[i].json);
        doc = unit_doc(&a, json);

        is_int(toucan_attrs_wellformed(doc, toucan_json_member(doc,
                   toucan_json_root(doc), toucan_cstr("w"))),
               form_rows[i].good, "form: %s", form_rows[i].json);

        unit_arena_done(&a);
    }

    unit_arena_init(&a, 0);
    doc = unit_doc(&a, "{'w':['a'],'n':null,'s':'x'}");

    ok(!toucan_attrs_wellformed(doc, toucan_json_member(doc,
           toucan_json_root(doc), toucan_cstr("w"))), "form: an array");
    ok(!toucan_attrs_wellformed(doc, toucan_json_member(doc,
           toucan_json_root(doc), toucan_cstr("n"))), "form: null");
    ok(!toucan_attrs_wellformed(doc, toucan_json_member(doc,
           toucan_json_root(doc), toucan_cstr("s"))), "form: a string");

    unit_arena_done(&a);
}


#define OK       TOUCAN_OK
#define MISSING  TOUCAN_ATTRIBUTE_MISSING
#define TYPE     TOUCAN_ATTRIBUTE_TYPE

/* Each value against each type: optional, required. */

typedef struct {
    const char          *value;     /* NULL: the attribute is absent */
    toucan_attr_type_e   type;
    toucan_rc_t          optional;
    toucan_rc_t          required;
} type_row_t;


static const type_row_t  type_rows[] = {

    { NULL, TOUCAN_ATTR_ANY, OK, MISSING },
    { "'x'", TOUCAN_ATTR_ANY, OK, OK },
    { "''", TOUCAN_ATTR_ANY, OK, MISSING },
    { "0", TOUCAN_ATTR_ANY, OK, OK },
    { "false", TOUCAN_ATTR_ANY, OK, OK },
    { "[]", TOUCAN_ATTR_ANY, OK, MISSING },
    { "['x']", TOUCAN_ATTR_ANY, OK, OK },
    { "['']", TOUCAN_ATTR_ANY, TYPE, TYPE },
    { "[1]", TOUCAN_ATTR_ANY, OK, OK },

    { NULL, TOUCAN_ATTR_STRING, OK, MISSING },
    { "'x'", TOUCAN_ATTR_STRING, OK, OK },
    { "''", TOUCAN_ATTR_STRING, OK, MISSING },
    { "1", TOUCAN_ATTR_STRING, TYPE, TYPE },
    { "true", TOUCAN_ATTR_STRING, TYPE, TYPE },
    { "[]", TOUCAN_ATTR_STRING, TYPE, TYPE },
    { "['x']", TOUCAN_ATTR_STRING, TYPE, TYPE },
    { "[1]", TOUCAN_ATTR_STRING, TYPE, TYPE },

    { NULL, TOUCAN_ATTR_INTEGER, OK, MISSING },
    { "1", TOUCAN_ATTR_INTEGER, OK, OK },
    { "0", TOUCAN_ATTR_INTEGER, OK, OK },
    { "'1'", TOUCAN_ATTR_INTEGER, TYPE, TYPE },
    { "''", TOUCAN_ATTR_INTEGER, TYPE, TYPE },
    { "true", TOUCAN_ATTR_INTEGER, TYPE, TYPE },
    { "[]", TOUCAN_ATTR_INTEGER, TYPE, TYPE },
    { "['x']", TOUCAN_ATTR_INTEGER, TYPE, TYPE },
    { "[1]", TOUCAN_ATTR_INTEGER, TYPE, TYPE },

    { NULL, TOUCAN_ATTR_BOOLEAN, OK, MISSING },
    { "true", TOUCAN_ATTR_BOOLEAN, OK, OK },
    { "false", TOUCAN_ATTR_BOOLEAN, OK, OK },
    { "'true'", TOUCAN_ATTR_BOOLEAN, TYPE, TYPE },
    { "1", TOUCAN_ATTR_BOOLEAN, TYPE, TYPE },
    { "[]", TOUCAN_ATTR_BOOLEAN, TYPE, TYPE },

    { NULL, TOUCAN_ATTR_STRINGS, OK, MISSING },
    { "['x']", TOUCAN_ATTR_STRINGS, OK, OK },
    { "['x','y']", TOUCAN_ATTR_STRINGS, OK, OK },
    { "[]", TOUCAN_ATTR_STRINGS, OK, MISSING },
    { "['']", TOUCAN_ATTR_STRINGS, TYPE, TYPE },
    { "['x','']", TOUCAN_ATTR_STRINGS, TYPE, TYPE },
    { "['','x']", TOUCAN_ATTR_STRINGS, TYPE, TYPE },
    { "[1]", TOUCAN_ATTR_STRINGS, TYPE, TYPE },
    { "'x'", TOUCAN_ATTR_STRINGS, TYPE, TYPE },
    { "''", TOUCAN_ATTR_STRINGS, TYPE, TYPE },
    { "1", TOUCAN_ATTR_STRINGS, TYPE, TYPE },
    { "true", TOUCAN_ATTR_STRINGS, TYPE, TYPE },

    { NULL, TOUCAN_ATTR_INTEGERS, OK, MISSING },
    { "[1,2]", TOUCAN_ATTR_INTEGERS, OK, OK },
    { "[0]", TOUCAN_ATTR_INTEGERS, OK, OK },
    { "[]", TOUCAN_ATTR_INTEGERS, OK, MISSING },
    { "['1']", TOUCAN_ATTR_INTEGERS, TYPE, TYPE },
    { "['']", TOUCAN_ATTR_INTEGERS, TYPE, TYPE },
    { "1", TOUCAN_ATTR_INTEGERS, TYPE, TYPE },
    { "true", TOUCAN_ATTR_INTEGERS, TYPE, TYPE }
};


static void
test_types(void)
{
    size_t             i;
    char               json[256];
    unit_arena_t       a;
    toucan_attr_t      attr;
    toucan_policy_t    policy;
    toucan_claims_t    claims;
    const type_row_t  *row;

    memset(&attr, 0, sizeof(toucan_attr_t));
    memset(&policy, 0, sizeof(toucan_policy_t));

    attr.name = toucan_cstr("customerId");
    policy.attrs = &attr;
    policy.nattrs = 1;

    for (i = 0; i < unit_n(type_rows); i++) {
        row = &type_rows[i];

        if (row->value) {
            snprintf(json, sizeof(json), "{'exp':9,'iat':1,'user':{"
                     "'distinctId':'u','attributes':{'x':1,"
                     "'customerId':%s}}}", row->value);

        } else {
            snprintf(json, sizeof(json), "{'exp':9,'iat':1,'user':{"
                     "'distinctId':'u','attributes':{'customerid':'x'}}}");
        }

        unit_arena_init(&a, 0);
        is_rc(toucan_claims_read(&claims, &policy, unit_doc(&a, json)),
              TOUCAN_OK, "type: %s is well-formed",
              row->value ? row->value : "absent");

        attr.type = row->type;
        attr.required = 0;

        is_rc(toucan_attrs_check(&policy, &claims), row->optional,
              "type %d, optional: %s", row->type,
              row->value ? row->value : "absent");
        ok((toucan_attr_node(&attr, &claims) != NULL)
           == (row->value && row->optional == TOUCAN_OK),
           "type %d: %s: leaves only when it fits", row->type,
           row->value ? row->value : "absent");

        attr.required = 1;

        is_rc(toucan_attrs_check(&policy, &claims), row->required,
              "type %d, required: %s", row->type,
              row->value ? row->value : "absent");

        unit_arena_done(&a);
    }
}


/* As it was kept when the claims were read, and by a search, all is alike. */

static void
is_kept(const toucan_policy_t *policy, toucan_claims_t *claims,
    const char *what)
{
    unsigned              i, n;
    toucan_rc_t           rc;
    const toucan_node_t  *node;

    n = claims->ndeclared;
    rc = toucan_attrs_check(policy, claims);

    for (i = 0; i < policy->nattrs; i++) {
        node = toucan_attr_node(&policy->attrs[i], claims);

        claims->ndeclared = 0;
        ok(node == toucan_attr_node(&policy->attrs[i], claims),
           "attribute %u of %s", i, what);
        claims->ndeclared = n;
    }

    claims->ndeclared = 0;
    is_rc(toucan_attrs_check(policy, claims), rc, "checked: %s", what);
    claims->ndeclared = n;
}


/* in any order, with others between */

static void
test_nodes(const toucan_policy_t *policy)
{
    char             json[256];
    size_t           i;
    unit_arena_t     a;
    toucan_claims_t  claims;

    static const char  *const rows[] = {
        "'attributes':{'a':1,'b':'x'}", "'attributes':{'b':'x','a':1}",
        "'attributes':{'c':7,'b':'x','':0,'ab':[],'a':1,'ba':true}",
        "'attributes':{'a':'of another type','b':[]}", "'attributes':{'a':1}",
        "'attributes':{'A':1,'B':'x'}", "'attributes':{'b':['']}",
        "'attributes':{}", "'role':'explorer'"
    };

    for (i = 0; i < unit_n(rows); i++) {
        unit_arena_init(&a, 0);
        snprintf(json, sizeof(json), "{'exp':9,'iat':1,'user':{"
                                     "'distinctId':'u',%s}}", rows[i]);

        is_rc(toucan_claims_read(&claims, policy, unit_doc(&a, json)),
              TOUCAN_OK, "read: %s", rows[i]);
        is_int(claims.ndeclared, policy->nattrs, "kept: %s", rows[i]);
        is_kept(policy, &claims, rows[i]);

        unit_arena_done(&a);
    }
}


/* n declarations, of which a token has each second one, and others. */

#define MANY  (TOUCAN_ATTRS_KEPT + 6)

static void
test_many(unsigned n, int indexed)
{
    char                  json[4096], *p, names[MANY][24];
    unsigned              i, found;
    unit_arena_t          a;
    toucan_attr_t         attrs[MANY];
    toucan_policy_t       policy;
    toucan_claims_t       claims;
    const toucan_node_t  *node;

    memset(attrs, 0, sizeof(attrs));
    memset(&policy, 0, sizeof(toucan_policy_t));
    unit_arena_init(&a, 0);

    policy.attrs = attrs;
    policy.nattrs = n;

    p = json + sprintf(json, "{'exp':9,'iat':1,'user':{'distinctId':'u',"
                             "'attributes':{'none':0");

    for (i = n; i-- > 0; /* void */ ) {
        snprintf(names[i], sizeof(names[i]), "%.*s%u", (int) (i % 7),
                 "name_of", i);

        if (names[i][0] >= '0' && names[i][0] <= '9') {
            names[i][0] = (char) ('A' + (names[i][0] - '0'));
        }

        attrs[i].name = toucan_cstr(names[i]);
        attrs[i].type = TOUCAN_ATTR_INTEGER;

        p += sprintf(p, ",'%s%s':%u", names[i], (i % 2) ? "" : "x", i);
    }

    strcpy(p, "}}}");

    if (indexed) {
        toucan_attrs_index(&policy);
    }

    is_rc(toucan_claims_read(&claims, &policy, unit_doc(&a, json)), TOUCAN_OK,
          "%u are read", n);
    is_int(claims.ndeclared, (n < TOUCAN_ATTRS_KEPT) ? n : TOUCAN_ATTRS_KEPT,
           "%u: so many are kept", n);
    is_kept(&policy, &claims, "many");

    found = 0;

    for (i = 0; i < n; i++) {
        ok(toucan_attr_declared(&policy, attrs[i].name) == &attrs[i],
           "%u: %s is declared", n, names[i]);

        node = toucan_attr_node(&attrs[i], &claims);
        found += (i % 2) ? node != NULL && node->v.integer == (int64_t) i
                         : node == NULL;
    }

    is_int(found, n, "%u: each where it is", n);
    ok(toucan_attr_declared(&policy, toucan_cstr("none")) == NULL
       && toucan_attr_declared(&policy, toucan_cstr("")) == NULL,
       "%u: none is not", n);

    unit_arena_done(&a);
}


/* A document with more nodes than can be kept, and a form that is wrong. */

static void
test_not_kept(void)
{
    uint64_t             block[32];
    unit_arena_t         a;
    toucan_doc_t        *doc;
    toucan_attr_t        attr;
    toucan_policy_t      policy;
    toucan_claims_t      claims;
    const toucan_doc_t  *read;

    memset(&attr, 0, sizeof(toucan_attr_t));
    memset(&policy, 0, sizeof(toucan_policy_t));
    memset(&claims, 0, sizeof(toucan_claims_t));
    unit_arena_init(&a, 0);

    attr.name = toucan_cstr("a");
    policy.attrs = &attr;
    policy.nattrs = 1;

    read = unit_doc(&a, "{'a':true}");
    memcpy(block, read, read->size);

    doc = (toucan_doc_t *) block;
    doc->nodes = UINT16_MAX;
    claims.doc = doc;

    ok(toucan_attrs_read(&claims, &policy, doc, doc->node), "read");
    is_int(claims.ndeclared, 1, "an index that fits is kept");
    ok(toucan_attr_node(&attr, &claims) == &doc->node[1], "and found");

    doc->nodes++;

    ok(toucan_attrs_read(&claims, &policy, doc, doc->node), "read");
    is_int(claims.ndeclared, 0, "one that may not fit is not");
    ok(toucan_attr_node(&attr, &claims) == &doc->node[1], "but found");

    claims.attributes = NULL;
    doc->node[1].type = TOUCAN_JSON_NULL;

    ok(!toucan_attrs_read(&claims, &policy, doc, doc->node)
       && claims.attributes == NULL, "a null is refused");
    ok(!toucan_attrs_read(&claims, &policy, doc, &doc->node[1])
       && claims.attributes == NULL, "so is what is no object");

    unit_arena_done(&a);
}


static void
test_several(void)
{
    unit_arena_t     a;
    toucan_attr_t    attrs[2];
    toucan_policy_t  policy;
    toucan_claims_t  claims;

    memset(attrs, 0, sizeof(attrs));
    memset(&policy, 0, sizeof(toucan_policy_t));
    unit_arena_init(&a, 0);

    policy.attrs = attrs;
    policy.nattrs = 2;

    attrs[0].name = toucan_cstr("a");
    attrs[0].type = TOUCAN_ATTR_INTEGER;
    attrs[1].name = toucan_cstr("b");
    attrs[1].required = 1;

    (void) toucan_claims_read(&claims, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'user':{'distinctId':'u',"
                     "'attributes':{'a':1,'b':'x'}}}"));
    is_rc(toucan_attrs_check(&policy, &claims), TOUCAN_OK, "both hold");

    (void) toucan_claims_read(&claims, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'user':{'distinctId':'u',"
                     "'attributes':{'a':1}}}"));
    is_rc(toucan_attrs_check(&policy, &claims), MISSING,
          "the second is missing");

    (void) toucan_claims_read(&claims, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'user':{'distinctId':'u',"
                     "'attributes':{'a':'1'}}}"));
    is_rc(toucan_attrs_check(&policy, &claims), TYPE, "the first one speaks");

    (void) toucan_claims_read(&claims, &policy,
        unit_doc(&a, "{'exp':9,'iat':1,'user':{'distinctId':'u'}}"));
    is_rc(toucan_attrs_check(&policy, &claims), MISSING, "no attributes");
    ok(toucan_attr_node(&attrs[0], &claims) == NULL, "no attributes: none");

    attrs[1].required = 0;
    is_rc(toucan_attrs_check(&policy, &claims), TOUCAN_OK,
          "no attributes, none required");

    test_nodes(&policy);

    ok(toucan_attr_find(&policy, toucan_cstr("a")) == &attrs[0], "found");
    ok(toucan_attr_find(&policy, toucan_cstr("B")) == &attrs[1],
       "found in any case");
    ok(toucan_attr_find(&policy, toucan_cstr("bb")) == NULL, "not found");

    unit_arena_done(&a);
}


typedef struct {
    const char      *name;
    int              attr;
    int              column;
} name_row_t;


static const name_row_t  name_rows[] = {

    { "customerId", 1, 1 },
    { "_x9", 1, 1 },
    { "azAZ09", 1, 1 },
    { "customer-id", 1, 0 },
    { "sales.customer_id", 0, 1 },
    { "a.b.c", 0, 1 },
    { "", 0, 0 },
    { "9a", 0, 0 },
    { "-a", 0, 0 },
    { "a.", 0, 0 },
    { ".a", 0, 0 },
    { "a..b", 0, 0 },
    { "a.9", 0, 0 },
    { "a b", 0, 0 },
    { "a\"b", 0, 0 },
    { "a:b", 0, 0 },
    { "\xc3\xa9", 0, 0 },
    { "a\n", 0, 0 }
};


/* A declaration that is none fits nothing. */

static void
test_no_type(void)
{
    unit_arena_t     a;
    toucan_attr_t    attr;
    toucan_claims_t  claims;

    unit_arena_init(&a, 0);
    memset(&claims, 0, sizeof(toucan_claims_t));
    memset(&attr, 0, sizeof(toucan_attr_t));

    claims.doc = unit_doc(&a, "{'a':'x'}");
    claims.attributes = toucan_json_root(claims.doc);

    attr.name = toucan_cstr("a");
    attr.type = TOUCAN_ATTR_STRING;
    ok(toucan_attr_node(&attr, &claims) != NULL, "a type that fits");

    attr.type = (toucan_attr_type_e) 99;
    ok(toucan_attr_node(&attr, &claims) == NULL, "no type at all");

    unit_arena_done(&a);
}


static void
test_names(void)
{
    char                *text;
    size_t               i;
    toucan_attr_type_e   type;

    static const char  *types[] = {
        "string", "integer", "boolean", "strings", "integers"
    };

    for (i = 0; i < unit_n(name_rows); i++) {
        is_int(toucan_attr_name_valid(toucan_cstr(name_rows[i].name)),
               name_rows[i].attr, "attribute name %zu", i);
        is_int(toucan_attr_column_valid(toucan_cstr(name_rows[i].name)),
               name_rows[i].column, "column name %zu", i);
    }

    for (i = 64; i <= 65; i++) {
        text = unit_repeat('x', i);
        is_int(toucan_attr_name_valid(toucan_cstr(text)), i == 64,
               "attribute name of %zu bytes", i);
        is_int(toucan_attr_column_valid(toucan_cstr(text)), i == 64,
               "column name of %zu bytes", i);
        free(text);
    }

    for (i = 0; i < unit_n(types); i++) {
        type = TOUCAN_ATTR_ANY;
        is_int(toucan_attr_type_find(toucan_cstr(types[i]), &type), 1,
               "type %s", types[i]);
        is_int(type, TOUCAN_ATTR_STRING + i, "type %s is it", types[i]);
    }

    type = TOUCAN_ATTR_BOOLEAN;
    is_int(toucan_attr_type_find(toucan_cstr("text"), &type), 0, "no type");
    is_int(type, TOUCAN_ATTR_BOOLEAN, "no type: left as it was");
}


int
main(void)
{
    test_forms();
    test_types();
    test_several();
    test_many(3, 1);
    test_many(5, 1);
    test_many(TOUCAN_ATTRS_KEPT, 0);
    test_many(TOUCAN_ATTRS_KEPT, 1);
    test_many(MANY, 0);
    test_many(MANY, 1);
    test_not_kept();
    test_no_type();
    test_names();

    return done_testing();
}
