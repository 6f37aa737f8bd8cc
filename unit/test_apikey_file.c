
/*
 * Owns: the tests of the file of API keys: each member, its bounds, and what is
 * said of a file that is wrong.
 */


#include "apikeys.h"
#include "identity.h"


#define HEX   "00000000000000000000000000000000"                              \
              "000000000000000000000000000000"
#define OK_ID   "'id':'a'"
#define OK_SHA  "'sha256':'" HEX "01'"
#define OK_SCO  "'scopes':['mint']"
#define GOOD    OK_ID "," OK_SHA "," OK_SCO


typedef struct {
    const char      *name;
    const char      *entry;
    const char      *error;         /* NULL: it is taken */
} entry_row_t;


#define ID      "key 1: \"id\" is not 1 to 64 letters, digits and \"-\""
#define SHA     "key 1: \"sha256\" is not 64 hexadecimal digits, not all of " \
                "them 0"
#define SCOPES  "key 1: \"scopes\" is not an array of \"mint\", \"revoke\" "  \
                "and \"introspect\""
#define ENV     "key 1: \"env\" is not \"live\" or \"sandbox\""
#define ORG     "key 1: \"organization\" is not a string of 1 to 256 bytes"
#define ROLES   "key 1: \"roles\" is not an array of one or more strings "    \
                "that are not empty"
#define PERMS   "key 1: \"permissions\" is not an object of models and their" \
                " actions"
#define ORIGINS "key 1: \"origins\" is not an array of 1 to 64 exact origins"
#define LIFE    "key 1: \"maxLifetime\" is not an integer of seconds, at "    \
                "least 1"
#define AFTER   "key 1: \"notAfter\" is not a time in UTC such as "           \
                "\"2027-01-01T00:00:00Z\""
#define COMMENT "key 1: \"comment\" is not a string"

#define WITH_ID(id)      "{'id':" id "," OK_SHA "," OK_SCO "}"
#define WITH_SHA(sha)    "{" OK_ID ",'sha256':" sha "," OK_SCO "}"
#define WITH_SCOPES(s)   "{" OK_ID "," OK_SHA ",'scopes':" s "}"
#define WITH(more)       "{" GOOD "," more "}"

#define A16  "aaaaaaaaaaaaaaaa"


static const entry_row_t  entry_rows[] = {

    { "the least", "{" GOOD "}", NULL },
    { "everything", WITH("'env':'live','organization':'acme','roles':['r'],"
      "'permissions':{'ai':'can_query'},'origins':['https://a.example'],"
      "'maxLifetime':900,'notAfter':'2027-01-01T00:00:00Z','comment':''"),
      NULL },

    { "a number", "1", "key 1: not an object" },
    { "null", "null", "key 1: not an object" },
    { "an array", "[]", "key 1: not an object" },
    { "a string", "'x'", "key 1: not an object" },
    { "nothing in it", "{}", "key 1: \"id\" is missing" },
    { "no sha256", "{" OK_ID "," OK_SCO "}", "key 1: \"sha256\" is missing" },
    { "no scopes", "{" OK_ID "," OK_SHA "}", "key 1: \"scopes\" is missing" },
    { "a member too many", WITH("'x':1"),
      "key 1: \"x\" is no member of an API key" },
    { "a bound that is misspelt", WITH("'maxlifetime':900"),
      "key 1: \"maxlifetime\" is no member of an API key" },
    { "a member without a name", WITH("'':1"),
      "key 1: \"\" is no member of an API key" },
    { "the second one", "{" GOOD "},{'id':'b'," OK_SHA ",'scopes':[]}",
      "key 2: \"scopes\" is not an array of \"mint\", \"revoke\" and "
      "\"introspect\"" },
    { "an id twice", "{" GOOD "},{'id':'b'," OK_SHA "," OK_SCO "},{" GOOD "}",
      "the id \"a\" is there twice" },
    { "ids that differ in case", "{" GOOD "},{'id':'A'," OK_SHA "," OK_SCO
      "}", NULL },
    { "a secret twice", "{" GOOD "},{'id':'b'," OK_SHA "," OK_SCO "}", NULL },

    { "id: all that may be in it", WITH_ID("'azAZ09-'"), NULL },
    { "id: 64", WITH_ID("'" A16 A16 A16 A16 "'"), NULL },
    { "id: 65", WITH_ID("'" A16 A16 A16 A16 "a'"), ID },
    { "id: empty", WITH_ID("''"), ID },
    { "id: _", WITH_ID("'a_b'"), ID },
    { "id: .", WITH_ID("'a.b'"), ID },
    { "id: a space", WITH_ID("' '"), ID },
    { "id: not ASCII", WITH_ID("'\\u00e9'"), ID },
    { "id: ends badly", WITH_ID("'a/'"), ID },
    { "id: a number", WITH_ID("1"), ID },
    { "id: null", WITH_ID("null"), ID },

    { "sha256: capitals", WITH_SHA("'" HEX "AF'"), NULL },
    { "sha256: zeros", WITH_SHA("'" HEX "00'"), SHA },
    { "sha256: 63", WITH_SHA("'" HEX "0'"), SHA },
    { "sha256: 65", WITH_SHA("'" HEX "010'"), SHA },
    { "sha256: g", WITH_SHA("'" HEX "0g'"), SHA },
    { "sha256: g first", WITH_SHA("'g0" HEX "'"), SHA },
    { "sha256: a colon", WITH_SHA("'" HEX "0:'"), SHA },
    { "sha256: empty", WITH_SHA("''"), SHA },
    { "sha256: a number", WITH_SHA("1"), SHA },

    { "scopes: all", WITH_SCOPES("['mint','revoke','introspect']"), NULL },
    { "scopes: twice the same", WITH_SCOPES("['mint','mint']"), NULL },
    { "scopes: none", WITH_SCOPES("[]"), SCOPES },
    { "scopes: unknown", WITH_SCOPES("['mint','x']"), SCOPES },
    { "scopes: in capitals", WITH_SCOPES("['Mint']"), SCOPES },
    { "scopes: a string", WITH_SCOPES("'mint'"), SCOPES },
    { "scopes: an object", WITH_SCOPES("{'mint':1}"), SCOPES },
    { "scopes: numbers", WITH_SCOPES("[1]"), SCOPES },

    { "env: sandbox", WITH("'env':'sandbox'"), NULL },
    { "env: test", WITH("'env':'test'"), ENV },
    { "env: empty", WITH("'env':''"), ENV },
    { "env: null", WITH("'env':null"), ENV },
    { "env: an array", WITH("'env':['live']"), ENV },

    { "organization: empty", WITH("'organization':''"), ORG },
    { "organization: null", WITH("'organization':null"), ORG },
    { "organization: a number", WITH("'organization':1"), ORG },

    { "roles: two", WITH("'roles':['a','b']"), NULL },
    { "roles: none", WITH("'roles':[]"), ROLES },
    { "roles: an empty one", WITH("'roles':['a','']"), ROLES },
    { "roles: a string", WITH("'roles':'a'"), ROLES },
    { "roles: an object", WITH("'roles':{'a':'a'}"), ROLES },
    { "roles: a number", WITH("'roles':[1]"), ROLES },
    { "roles: null", WITH("'roles':null"), ROLES },

    { "permissions: none", WITH("'permissions':{}"), NULL },
    { "permissions: arrays", WITH("'permissions':{'a':['can_view']}"), NULL },
    { "permissions: an unknown action", WITH("'permissions':{'a':'can'}"),
      PERMS },
    { "permissions: a model that is none", WITH("'permissions':{'a b':"
      "'can_view'}"), PERMS },
    { "permissions: an array", WITH("'permissions':[]"), PERMS },
    { "permissions: null", WITH("'permissions':null"), PERMS },

    { "origins: none", WITH("'origins':[]"), ORIGINS },
    { "origins: a path", WITH("'origins':['https://a.example/']"), ORIGINS },
    { "origins: a wildcard", WITH("'origins':['https://*.a.example']"),
      ORIGINS },
    { "origins: null in it", WITH("'origins':['null']"), ORIGINS },
    { "origins: a string", WITH("'origins':'https://a.example'"), ORIGINS },
    { "origins: a number", WITH("'origins':[1]"), ORIGINS },
    { "origins: null", WITH("'origins':null"), ORIGINS },

    { "maxLifetime: 1", WITH("'maxLifetime':1"), NULL },
    { "maxLifetime: 10 years", WITH("'maxLifetime':315360000"), NULL },
    { "maxLifetime: longer", WITH("'maxLifetime':315360001"), LIFE },
    { "maxLifetime: 0", WITH("'maxLifetime':0"), LIFE },
    { "maxLifetime: negative", WITH("'maxLifetime':-1"), LIFE },
    { "maxLifetime: a real", WITH("'maxLifetime':900.0"), LIFE },
    { "maxLifetime: a string", WITH("'maxLifetime':'900'"), LIFE },
    { "maxLifetime: null", WITH("'maxLifetime':null"), LIFE },
    { "maxLifetime: an array", WITH("'maxLifetime':[900]"), LIFE },

    { "comment: a number", WITH("'comment':1"), COMMENT },
    { "comment: null", WITH("'comment':null"), COMMENT },

    { "notAfter: a number", WITH("'notAfter':1767225600"), AFTER },
    { "notAfter: null", WITH("'notAfter':null"), AFTER }
};


static void
test_entries(void)
{
    size_t              i;
    toucan_diag_t       d;
    toucan_apikeys_t   *keys;
    const entry_row_t  *row;

    for (i = 0; i < unit_n(entry_rows); i++) {
        row = &entry_rows[i];

        keys = unit_apikeys_read(row->entry, &d);

        ok((keys != NULL) == (row->error == NULL), "%s: %s", row->name,
           row->error ? "refused" : "taken");
        is_str(d.error, row->error ? row->error : "", "%s: told", row->name);
        is_int(d.warnings, 0, "%s: no warning", row->name);

        toucan_apikeys_free(keys);
    }
}


typedef struct {
    const char      *name;
    const char      *text;
    const char      *error;         /* a part of it */
} file_row_t;


#define ALONE  "not an object of the array \"keys\" alone"

static const file_row_t  file_rows[] = {

    { "empty", "", "" },
    { "no JSON", "{'keys':[}", "line 1" },
    { "an array", "[]", "" },
    { "an array of keys", "[{" GOOD "}]", "" },
    { "no keys", "{}", ALONE },
    { "keys in capitals", "{'Keys':[]}", ALONE },
    { "an object of keys", "{'keys':{}}", ALONE },
    { "null keys", "{'keys':null}", ALONE },
    { "something beside", "{'keys':[],'x':1}", ALONE },
    { "something before", "{'x':1,'keys':[]}", ALONE },
    { "keys twice", "{'keys':[],'keys':[]}", "" },
    { "a member twice", "{'keys':[{" GOOD ",'id':'a'}]}", "" },
    { "a control", "{'keys':[{" GOOD "}]}", NULL }
};


static void
test_files(void)
{
    char               text[512];
    size_t             i;
    toucan_diag_t      d;
    toucan_apikeys_t  *keys;
    const file_row_t  *row;

    for (i = 0; i < unit_n(file_rows); i++) {
        row = &file_rows[i];

        toucan_diag_init(&d);
        strcpy(text, row->text);
        keys = toucan_apikeys_parse(toucan_cstr(unit_quotes(text)), &d);

        ok((keys == NULL) == (row->error != NULL), "file: %s", row->name);
        ok(row->error == NULL
           ? d.error[0] == '\0'
           : d.error[0] != '\0' && strstr(d.error, row->error) != NULL,
           "file: %s: told", row->name);

        toucan_apikeys_free(keys);
    }

    /* what cannot be read is not quoted: it may be secret */

    toucan_diag_init(&d);
    strcpy(text, "{'keys':[{'id':'a','sha256':'topsecret'x}]}");
    keys = toucan_apikeys_parse(toucan_cstr(unit_quotes(text)), &d);
    ok(keys == NULL && strstr(d.error, "topsecret") == NULL,
       "nothing of a broken text is quoted");

    keys = unit_apikeys_read("{" OK_ID ",'sha256':'topsecret'," OK_SCO "}",
                             &d);
    ok(keys == NULL && strstr(d.error, "topsecret") == NULL,
       "nor of a digest that is none");

    keys = unit_apikeys_read("", &d);
    ok(keys != NULL && d.error[0] == '\0', "a list of no keys is sound");
    is_int(d.warnings, 0, "without a warning");
    is_int(toucan_apikeys_count(keys), 0, "it counts none");
    ok(toucan_apikeys_find(keys, toucan_cstr("a")) == NULL, "and finds none");
    toucan_apikeys_free(keys);

    toucan_apikeys_free(NULL);
    pass("NULL is freed");
}


/* What an entry says is what the key says. */

static void
test_values(void)
{
    size_t                  i;
    uint8_t                 digest[32];
    toucan_apikeys_t       *keys;
    const toucan_apikey_t  *key;

    memset(digest, 0, sizeof(digest));
    digest[31] = 1;

    keys = unit_apikeys("{" GOOD "}");
    key = toucan_apikeys_find(keys, toucan_cstr("a"));

    is_view(key->id, "a", "the id");
    is_mem(key->sha256, 32, digest, 32, "the digest");
    is_int(key->scopes, TOUCAN_SCOPE_MINT, "the scopes");
    is_int(key->env, TOUCAN_ENV_LIVE, "absent, the environment is live");
    is_view(key->organization, NULL, "no organization");
    is_int(key->max_lifetime, 0, "no longest lifetime");
    is_int(key->not_after, 0, "no end");
    ok(key->doc != NULL && key->roles == NULL && key->permissions == NULL
       && key->origins == NULL, "no roles, permissions, origins");
    toucan_apikeys_free(keys);

    keys = unit_apikeys("{'comment':'x','notAfter':'2027-01-01T00:00:00Z',"
                        "'maxLifetime':900,'origins':['https://a.example'],"
                        "'permissions':{'ai':'can_query'},'roles':['r','s'],"
                        "'organization':'\\u00fcber','env':'sandbox',"
                        "'scopes':['introspect','revoke'],'sha256':'"
                        "000102030405060708090a0b0c0d0e0f"
                        "101112131415161718191A1B1C1D1EfF','id':'Z-9'}");
    key = toucan_apikeys_find(keys, toucan_cstr("Z-9"));

    for (i = 0; i < 32; i++) {
        digest[i] = (uint8_t) i;
    }

    digest[31] = 0xff;

    is_view(key->id, "Z-9", "the id");
    is_mem(key->sha256, 32, digest, 32, "the digest");
    is_int(key->scopes, TOUCAN_SCOPE_REVOKE | TOUCAN_SCOPE_INTROSPECT,
           "the scopes");
    is_int(key->env, TOUCAN_ENV_SANDBOX, "the environment");
    is_view(key->organization, "\xc3\xbc" "ber", "the organization");
    is_int(key->max_lifetime, 900, "the longest lifetime");
    is_int(key->not_after, 1798761600, "the end");
    is_int(key->roles->v.s.len, 2, "the roles");
    is_view(toucan_json_string(key->doc,
                               toucan_json_member(key->doc, key->permissions,
                                                  toucan_cstr("ai"))),
            "can_query", "the permissions");
    is_view(toucan_json_string(key->doc, toucan_json_child(key->doc,
                                                           key->origins)),
            "https://a.example", "the origins");
    toucan_apikeys_free(keys);
}


/* Lengths and numbers, at the limit and one past it. */

static void
test_limits(void)
{
    char              *text, *p, *many;
    unsigned           i, n;
    toucan_diag_t      d;
    toucan_apikeys_t  *keys;

    text = malloc(1024 * 1024);

    for (n = 256; n <= 257; n++) {
        many = unit_repeat('o', n);
        sprintf(text, WITH("'organization':'%s'"), many);
        keys = unit_apikeys_read(text, &d);
        ok((keys != NULL) == (n == 256), "an organization of %u bytes", n);
        is_str(d.error, (n == 256) ? "" : ORG, "told");
        toucan_apikeys_free(keys);
        free(many);
    }

    for (n = 64; n <= 65; n++) {
        p = text + sprintf(text, "{" GOOD ",'origins':[");

        for (i = 0; i < n; i++) {
            p += sprintf(p, "%s'https://a%u.example'", i ? "," : "", i);
        }

        strcpy(p, "]}");
        keys = unit_apikeys_read(text, &d);
        ok((keys != NULL) == (n == 64), "%u origins", n);
        is_str(d.error, (n == 64) ? "" : ORIGINS, "told");
        toucan_apikeys_free(keys);
    }

    for (n = 4096; n <= 4097; n++) {
        p = text;

        for (i = 0; i < n; i++) {
            p += sprintf(p, "%s{'id':'k%u'," OK_SHA "," OK_SCO "}",
                         i ? "," : "", (i * 2731) % n);
        }

        keys = unit_apikeys_read(text, &d);
        ok((keys != NULL) == (n == 4096), "%u keys", n);
        is_str(d.error, (n == 4096) ? "" : "4097 keys, more than 4096",
               "told");

        if (keys != NULL) {
            is_int(toucan_apikeys_count(keys), 4096, "counted");

            for (i = 0; i < n; i++) {
                sprintf(text, "k%u", i);

                if (toucan_apikeys_find(keys, toucan_cstr(text)) == NULL) {
                    break;
                }
            }

            is_int(i, 4096, "each of them is found");
        }

        toucan_apikeys_free(keys);
    }

    free(text);
}


/* By Python's datetime. */

static const struct {
    const char      *text;
    int64_t          seconds;
} time_rows[] = {
    { "1970-01-01T00:00:01Z", 1LL },
    { "1970-01-02T00:00:00Z", 86400LL },
    { "1970-02-28T23:59:59Z", 5097599LL },
    { "1970-03-01T00:00:00Z", 5097600LL },
    { "1970-12-31T23:59:59Z", 31535999LL },
    { "1971-01-01T00:00:00Z", 31536000LL },
    { "1972-02-29T00:00:00Z", 68169600LL },
    { "1972-03-01T00:00:00Z", 68256000LL },
    { "1972-12-31T23:59:59Z", 94694399LL },
    { "1999-12-31T23:59:59Z", 946684799LL },
    { "2000-01-01T00:00:00Z", 946684800LL },
    { "2000-02-28T00:00:00Z", 951696000LL },
    { "2000-02-29T12:34:56Z", 951827696LL },
    { "2000-03-01T00:00:00Z", 951868800LL },
    { "2001-02-28T23:59:59Z", 983404799LL },
    { "2004-02-29T23:59:59Z", 1078099199LL },
    { "2026-11-22T06:12:09Z", 1795327929LL },
    { "2027-01-01T00:00:00Z", 1798761600LL },
    { "2027-04-30T00:00:00Z", 1809043200LL },
    { "2027-06-30T00:00:00Z", 1814313600LL },
    { "2027-08-31T00:00:00Z", 1819670400LL },
    { "2027-09-30T00:00:00Z", 1822262400LL },
    { "2027-10-31T00:00:00Z", 1824940800LL },
    { "2027-11-30T00:00:00Z", 1827532800LL },
    { "2028-02-29T23:59:59Z", 1835481599LL },
    { "2028-03-01T00:00:00Z", 1835481600LL },
    { "2038-01-19T03:14:07Z", 2147483647LL },
    { "2038-01-19T03:14:08Z", 2147483648LL },
    { "2099-12-31T23:59:59Z", 4102444799LL },
    { "2100-02-28T23:59:59Z", 4107542399LL },
    { "2100-03-01T00:00:00Z", 4107542400LL },
    { "2106-02-07T06:28:16Z", 4294967296LL },
    { "2399-12-31T00:00:00Z", 13569379200LL },
    { "2400-02-29T00:00:00Z", 13574563200LL },
    { "2400-03-01T00:00:00Z", 13574649600LL },
    { "9996-02-29T23:59:59Z", 253281254399LL },
    { "9999-01-01T00:00:00Z", 253370764800LL },
    { "9999-12-31T23:59:59Z", 253402300799LL }
};


static const char  *no_times[] = {
    "", "2027", "2027-01-01", "2027-01-01T00:00:00", "2027-01-01T00:00:00z",
    "2027-01-01t00:00:00Z", "2027-01-01 00:00:00Z", "2027-01-01T00:00:00ZZ",
    "2027-01-01T00:00:00.0Z", "2027-01-01T00:00:00+00:00",
    "2027-01-01T00:00Z", "02027-01-01T00:00:00Z", "27-01-01T00:00:00Z",
    "2027/01/01T00:00:00Z", "2027-01/01T00:00:00Z", "2027-01-01T00-00:00Z",
    "2027-01-01T00:00-00Z", " 2027-01-01T00:00:0Z", "+027-01-01T00:00:00Z",
    "-027-01-01T00:00:00Z", "2027-+1-01T00:00:00Z", "2027-1 -01T00:00:00Z",
    "202a-01-01T00:00:00Z", "2027-0a-01T00:00:00Z", "2027-01-0aT00:00:00Z",
    "2027-01-01T0a:00:00Z", "2027-01-01T00:0a:00Z", "2027-01-01T00:00:0aZ",
    "2027-01-01T00:00:0/Z", "2027-01-01T00:00:0:Z",

    /* no such day or time */

    "2027-00-01T00:00:00Z", "2027-13-01T00:00:00Z", "2027-01-00T00:00:00Z",
    "2027-01-32T00:00:00Z", "2027-02-29T00:00:00Z", "2027-02-30T00:00:00Z",
    "2028-02-30T00:00:00Z", "2027-03-32T00:00:00Z", "2027-04-31T00:00:00Z",
    "2027-05-32T00:00:00Z", "2027-06-31T00:00:00Z", "2027-07-32T00:00:00Z",
    "2027-08-32T00:00:00Z", "2027-09-31T00:00:00Z", "2027-10-32T00:00:00Z",
    "2027-11-31T00:00:00Z", "2027-12-32T00:00:00Z", "2100-02-29T00:00:00Z",
    "2200-02-29T00:00:00Z", "2300-02-29T00:00:00Z", "2027-01-01T24:00:00Z",
    "2027-01-01T00:60:00Z", "2027-01-01T00:00:60Z", "2016-12-31T23:59:60Z",

    /* the epoch, and before */

    "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z"
};


static void
test_times(void)
{
    char               text[512];
    size_t             i;
    toucan_diag_t      d;
    toucan_apikeys_t  *keys;

    for (i = 0; i < unit_n(time_rows); i++) {
        sprintf(text, WITH("'notAfter':'%s'"), time_rows[i].text);
        keys = unit_apikeys_read(text, &d);
        is_str(d.error, "", "%s is a time", time_rows[i].text);

        if (keys != NULL) {
            is_int(toucan_apikeys_find(keys, toucan_cstr("a"))->not_after,
                   time_rows[i].seconds, "%s: seconds", time_rows[i].text);
        }

        toucan_apikeys_free(keys);
    }

    for (i = 0; i < unit_n(no_times); i++) {
        sprintf(text, WITH("'notAfter':'%s'"), no_times[i]);
        keys = unit_apikeys_read(text, &d);
        ok(keys == NULL, "\"%s\" is no time", no_times[i]);
        is_str(d.error, AFTER, "\"%s\": told", no_times[i]);
        toucan_apikeys_free(keys);
    }
}


int
main(void)
{
    test_entries();
    test_files();
    test_values();
    test_limits();
    test_times();

    return done_testing();
}
