
/*
 * Issuer, audience, time; and the paths of toucan_claim.
 */


#include "identity.h"


typedef struct {
    const char      *name;
    const char      *iss;           /* of the token, NULL: none */
    const char      *aud;           /* JSON */
    const char      *issuer;        /* of the policy, NULL: not checked */
    const char      *audience;
    toucan_rc_t      rc;
} issuer_row_t;


static const issuer_row_t  issuer_rows[] = {

    { "nothing is asked", NULL, NULL, NULL, NULL, TOUCAN_OK },
    { "nothing is asked, something said", "x", "'y'", NULL, NULL, TOUCAN_OK },
    { "the issuer", "me", NULL, "me", NULL, TOUCAN_OK },
    { "the second issuer", "also", NULL, "me", NULL, TOUCAN_OK },
    { "no issuer", NULL, NULL, "me", NULL, TOUCAN_BAD_ISSUER },
    { "another issuer", "you", NULL, "me", NULL, TOUCAN_BAD_ISSUER },
    { "a longer issuer", "me2", NULL, "me", NULL, TOUCAN_BAD_ISSUER },
    { "a shorter issuer", "m", NULL, "me", NULL, TOUCAN_BAD_ISSUER },
    { "an issuer in capitals", "ME", NULL, "me", NULL, TOUCAN_BAD_ISSUER },
    { "an empty issuer", "", NULL, "me", NULL, TOUCAN_BAD_ISSUER },
    { "the audience", NULL, "'app'", NULL, "app", TOUCAN_OK },
    { "the second audience", NULL, "'also'", NULL, "app", TOUCAN_OK },
    { "one of an array", NULL, "['x','app']", NULL, "app", TOUCAN_OK },
    { "none of an array", NULL, "['x','y']", NULL, "app",
      TOUCAN_BAD_AUDIENCE },
    { "no audience", NULL, NULL, NULL, "app", TOUCAN_BAD_AUDIENCE },
    { "another audience", NULL, "'ap'", NULL, "app", TOUCAN_BAD_AUDIENCE },
    { "an audience in capitals", NULL, "'APP'", NULL, "app",
      TOUCAN_BAD_AUDIENCE },
    { "an empty audience", NULL, "''", NULL, "app", TOUCAN_BAD_AUDIENCE },
    { "both", "me", "'app'", "me", "app", TOUCAN_OK },
    { "both wrong: the issuer first", "you", "'x'", "me", "app",
      TOUCAN_BAD_ISSUER }
};


static void
test_issuer(void)
{
    size_t               i;
    char                 json[512], iss[128], aud[128];
    unit_arena_t         a;
    toucan_str_t         issuers[2], audiences[2];
    toucan_policy_t      policy;
    toucan_claims_t      claims;
    const issuer_row_t  *row;

    for (i = 0; i < unit_n(issuer_rows); i++) {
        row = &issuer_rows[i];

        unit_arena_init(&a, 0);
        memset(&policy, 0, sizeof(toucan_policy_t));

        if (row->issuer) {
            issuers[0] = toucan_cstr(row->issuer);
            issuers[1] = toucan_cstr("also");
            policy.issuers.elts = issuers;
            policy.issuers.n = 2;
        }

        if (row->audience) {
            audiences[0] = toucan_cstr(row->audience);
            audiences[1] = toucan_cstr("also");
            policy.audiences.elts = audiences;
            policy.audiences.n = 2;
        }

        iss[0] = aud[0] = '\0';

        if (row->iss) {
            snprintf(iss, sizeof(iss), ",'iss':'%s'", row->iss);
        }

        if (row->aud) {
            snprintf(aud, sizeof(aud), ",'aud':%s", row->aud);
        }

        snprintf(json, sizeof(json),
                 "{'exp':9,'iat':1,'user':{'distinctId':'u'}%s%s}", iss, aud);

        is_rc(toucan_claims_read(&claims, &policy, unit_doc(&a, json)),
              TOUCAN_OK, "issuer: %s: reads", row->name);
        is_rc(toucan_claims_issuer(&claims, &policy), row->rc, "issuer: %s",
              row->name);

        unit_arena_done(&a);
    }
}


#define BIG  9007199254740992LL

typedef struct {
    const char      *name;
    int64_t          iat;
    int64_t          nbf;
    int64_t          exp;
    int64_t          leeway;
    int64_t          max;
    int64_t          now;
    toucan_rc_t      rc;
} time_row_t;


static const time_row_t  time_rows[] = {

    { "well within", 100, 0, 1000, 30, 3600, 500, TOUCAN_OK },

    { "the last second", 100, 0, 1000, 0, 3600, 999, TOUCAN_OK },
    { "exp itself", 100, 0, 1000, 0, 3600, 1000, TOUCAN_EXPIRED },
    { "the last second of the leeway", 100, 0, 1000, 30, 3600, 1029,
      TOUCAN_OK },
    { "the leeway is over", 100, 0, 1000, 30, 3600, 1030, TOUCAN_EXPIRED },
    { "exp 0", 0, 0, 0, 30, 3600, 1000, TOUCAN_EXPIRED },

    { "nbf now", 100, 500, 1000, 0, 3600, 500, TOUCAN_OK },
    { "nbf in a second", 100, 501, 1000, 0, 3600, 500,
      TOUCAN_NOT_YET_VALID },
    { "nbf within the leeway", 100, 530, 1000, 30, 3600, 500, TOUCAN_OK },
    { "nbf beyond the leeway", 100, 531, 1000, 30, 3600, 500,
      TOUCAN_NOT_YET_VALID },
    { "iat now", 500, 0, 1000, 0, 3600, 500, TOUCAN_OK },
    { "iat in a second", 501, 0, 1000, 0, 3600, 500, TOUCAN_NOT_YET_VALID },
    { "iat within the leeway", 530, 0, 1000, 30, 3600, 500, TOUCAN_OK },
    { "iat beyond the leeway", 531, 0, 1000, 30, 3600, 500,
      TOUCAN_NOT_YET_VALID },
    { "iat in the future, nbf past", 600, 1, 1000, 30, 3600, 500,
      TOUCAN_NOT_YET_VALID },

    { "the longest lifetime", 100, 0, 3700, 0, 3600, 500, TOUCAN_OK },
    { "a second too long", 100, 0, 3701, 0, 3600, 500,
      TOUCAN_LIFETIME_TOO_LONG },
    { "the leeway does not lengthen it", 100, 0, 3701, 30, 3600, 500,
      TOUCAN_LIFETIME_TOO_LONG },
    { "no cap", 100, 0, 999999999, 0, 0, 500, TOUCAN_OK },
    { "exp before iat", 1010, 0, 1000, 30, 3600, 1005, TOUCAN_OK },

    { "expired before lifetime", 0, 0, 9000, 0, 3600, 9000,
      TOUCAN_EXPIRED },
    { "expired before not yet valid", 2000, 2000, 1000, 0, 3600, 1500,
      TOUCAN_EXPIRED },
    { "not yet valid before lifetime", 0, 600, 9000, 0, 3600, 500,
      TOUCAN_NOT_YET_VALID },

    { "the largest exp", 0, 0, BIG, 30, 0, 500, TOUCAN_OK },
    { "the largest exp and leeway", 0, 0, BIG, INT64_MAX, 0, 500,
      TOUCAN_OK },
    { "the largest exp, a cap", 0, 0, BIG, 30, 3600, 500,
      TOUCAN_LIFETIME_TOO_LONG },
    { "the largest now", 0, 0, BIG, 30, 0, INT64_MAX, TOUCAN_EXPIRED },
    { "the largest now and leeway", 0, 0, BIG, INT64_MAX, 0, INT64_MAX,
      TOUCAN_EXPIRED },
    { "the least now", BIG, BIG, BIG, 30, 0, INT64_MIN,
      TOUCAN_NOT_YET_VALID },
    { "the least now and leeway", 0, 0, BIG, INT64_MIN, 0, INT64_MIN,
      TOUCAN_NOT_YET_VALID },
    { "now before the epoch", 0, 0, 1000, 0, 0, -1, TOUCAN_NOT_YET_VALID }
};


static void
test_time(void)
{
    size_t             i;
    toucan_policy_t    policy;
    toucan_claims_t    claims;
    const time_row_t  *row;

    for (i = 0; i < unit_n(time_rows); i++) {
        row = &time_rows[i];

        memset(&policy, 0, sizeof(toucan_policy_t));
        memset(&claims, 0, sizeof(toucan_claims_t));

        policy.leeway = row->leeway;
        policy.max_lifetime = row->max;
        claims.iat = row->iat;
        claims.nbf = row->nbf;
        claims.exp = row->exp;

        is_rc(toucan_claims_time(&claims, &policy, row->now), row->rc,
              "time: %s", row->name);
    }
}


typedef struct {
    const char      *text;
    toucan_rc_t      rc;
    unsigned         n;
    const char      *joined;        /* the segments, "|" between them */
} path_row_t;


static const path_row_t  path_rows[] = {

    { "sub", TOUCAN_OK, 1, "sub" },
    { "app_metadata.analytics", TOUCAN_OK, 2, "app_metadata|analytics" },
    { "a.b.c.d.e.f.g.h", TOUCAN_OK, 8, "a|b|c|d|e|f|g|h" },
    { "a~1b", TOUCAN_OK, 1, "a~1b" },
    { "a/b.c", TOUCAN_OK, 2, "a/b|c" },
    { "/sub", TOUCAN_OK, 1, "sub" },
    { "/a.b/c", TOUCAN_OK, 2, "a.b|c" },
    { "/https:~1~1example.com~1x", TOUCAN_OK, 1, "https://example.com/x" },
    { "/~0~1~01", TOUCAN_OK, 1, "~/~1" },
    { "/a/b/c/d/e/f/g/h", TOUCAN_OK, 8, "a|b|c|d|e|f|g|h" },
    { "", TOUCAN_BAD_FORMAT, 0, "" },
    { ".", TOUCAN_BAD_FORMAT, 0, "" },
    { "a.", TOUCAN_BAD_FORMAT, 0, "" },
    { ".a", TOUCAN_BAD_FORMAT, 0, "" },
    { "a..b", TOUCAN_BAD_FORMAT, 0, "" },
    { "a.b.c.d.e.f.g.h.i", TOUCAN_BAD_FORMAT, 0, "" },
    { "/", TOUCAN_BAD_FORMAT, 0, "" },
    { "//a", TOUCAN_BAD_FORMAT, 0, "" },
    { "/a/", TOUCAN_BAD_FORMAT, 0, "" },
    { "/a//b", TOUCAN_BAD_FORMAT, 0, "" },
    { "/a/b/c/d/e/f/g/h/i", TOUCAN_BAD_FORMAT, 0, "" },
    { "/a~", TOUCAN_BAD_FORMAT, 0, "" },
    { "/a~/b", TOUCAN_BAD_FORMAT, 0, "" },
    { "/a~2", TOUCAN_BAD_FORMAT, 0, "" },
    { "/~~0", TOUCAN_BAD_FORMAT, 0, "" }
};


static void
test_paths(void)
{
    size_t             i;
    char               joined[256], quoted[256];
    unsigned           k;
    unit_arena_t       a;
    toucan_diag_t      why;
    toucan_path_t      path;
    const path_row_t  *row;

    for (i = 0; i < unit_n(path_rows); i++) {
        row = &path_rows[i];

        unit_arena_init(&a, 0);
        toucan_diag_init(&why);
        memset(&path, 0x5a, sizeof(toucan_path_t));

        is_rc(toucan_path_parse(&path, toucan_cstr(row->text), &a.arena,
                                &why),
              row->rc, "path: \"%s\"", row->text);
        is_int(path.n, row->n, "path: \"%s\": segments", row->text);

        if (row->rc != TOUCAN_OK) {
            snprintf(quoted, sizeof(quoted), "\"%s\"", row->text);
            ok(strstr(why.error, quoted) != NULL, "path: \"%s\": quoted",
               row->text);
            unit_arena_done(&a);
            continue;
        }

        joined[0] = '\0';

        for (k = 0; k < path.n; k++) {
            snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined),
                     "%s%.*s", k ? "|" : "", (int) path.segments[k].len,
                     (const char *) path.segments[k].data);
        }

        is_str(joined, row->joined, "path: \"%s\": reads", row->text);
        unit_arena_done(&a);
    }

    unit_arena_init(&a, 1);
    is_rc(toucan_path_parse(&path, toucan_cstr("/a~0"), &a.arena, &why),
          TOUCAN_NO_MEMORY, "path: no memory");
    is_int(path.n, 0, "path: no memory, no segment");
    unit_arena_done(&a);

    unit_arena_init(&a, 0);

    is_rc(toucan_path_parse(&path, toucan_str(NULL, 0), &a.arena, &why),
          TOUCAN_BAD_FORMAT, "path: absent");
    is_str(why.error, "the path \"\" is empty", "path: absent: told");

    memset(joined, '.', sizeof(joined));
    is_rc(toucan_path_parse(&path, toucan_str(joined, sizeof(joined)),
                            &a.arena, &why),
          TOUCAN_BAD_FORMAT, "path: dots only");
    ok(strlen(why.error) < 200, "path: dots only: quoted in part");

    unit_arena_done(&a);
}


static void
test_find(void)
{
    unit_arena_t          a;
    toucan_diag_t         why;
    toucan_path_t         path;
    const toucan_doc_t   *doc;
    const toucan_node_t  *node;

    unit_arena_init(&a, 0);
    doc = unit_doc(&a, "{'a':{'b':'x','B':'y'},'n':null,'l':[1]}");

    memset(&path, 0, sizeof(toucan_path_t));
    is_rc(toucan_path_walk(&path, doc, &node), TOUCAN_OK, "no path");
    ok(node == NULL, "no path finds nothing");

    (void) toucan_path_parse(&path, toucan_cstr("a.b"), &a.arena, &why);
    is_view(toucan_json_string(doc, toucan_path_find(&path, doc)), "x",
            "a.b");

    (void) toucan_path_parse(&path, toucan_cstr("a.c"), &a.arena, &why);
    ok(toucan_path_find(&path, doc) == NULL, "a.c is not there");
    is_rc(toucan_path_walk(&path, doc, &node), TOUCAN_OK, "and that is all");

    (void) toucan_path_parse(&path, toucan_cstr("A.b"), &a.arena, &why);
    ok(toucan_path_find(&path, doc) == NULL, "A.b is not there");

    (void) toucan_path_parse(&path, toucan_cstr("n"), &a.arena, &why);
    ok(toucan_json_is(toucan_path_find(&path, doc), TOUCAN_JSON_NULL),
       "n is null");

    (void) toucan_path_parse(&path, toucan_cstr("n.x"), &a.arena, &why);
    ok(toucan_path_find(&path, doc) == NULL, "n.x is not there");
    is_rc(toucan_path_walk(&path, doc, &node), TOUCAN_BAD_CLAIM,
          "because n is no object");
    ok(node == NULL, "and there is no node");

    (void) toucan_path_parse(&path, toucan_cstr("/l/0"), &a.arena, &why);
    is_rc(toucan_path_walk(&path, doc, &node), TOUCAN_BAD_CLAIM,
          "an array has no members");

    unit_arena_done(&a);
}


int
main(void)
{
    test_issuer();
    test_time();
    test_paths();
    test_find();

    return done_testing();
}
