
/*
 * Owns: the tests of how long a token and its session may last, and of going on
 * with a session.
 */


#include "apikeys.h"
#include "identity.h"


#define NOW   1000000
#define HERE  "it is longer than tokens may last here"
#define KEY   "it is longer than the API key permits"
#define OLD   INT64_MAX             /* a session begins */


/* In seconds; key_max and key_end (counted from now): 0, none. */

static const struct {
    const char      *name;
    int64_t          asked;         /* 0: not */
    int64_t          fallback;
    int64_t          max;           /* the location's; 0: no cap */
    int64_t          session;
    int64_t          age;           /* of the session */
    int64_t          key_max;
    int64_t          key_end;
    int64_t          lifetime;      /* that comes of it */
    const char      *message;
    toucan_rc_t      rc;
} rows[] = {

    { "the default", 0, 900, 3600, 43200, OLD, 0, 0, 900, NULL, TOUCAN_OK },
    { "asked for", 600, 900, 3600, 43200, OLD, 0, 0, 600, NULL, TOUCAN_OK },
    { "a second", 1, 900, 3600, 43200, OLD, 0, 0, 1, NULL, TOUCAN_OK },
    { "longer than the default", 1800, 900, 3600, 43200, OLD, 0, 0, 1800,
      NULL, TOUCAN_OK },

    { "the location's limit", 3600, 900, 3600, 43200, OLD, 0, 0, 3600, NULL,
      TOUCAN_OK },
    { "a second more", 3601, 900, 3600, 43200, OLD, 0, 0, 0, HERE,
      TOUCAN_BAD_REQUEST },
    { "the default at the limit", 0, 3600, 3600, 43200, OLD, 0, 0, 3600, NULL,
      TOUCAN_OK },
    { "the default is a second more", 0, 3601, 3600, 43200, OLD, 0, 0, 3600,
      NULL, TOUCAN_OK },
    { "no cap", 43200, 900, 0, 43200, OLD, 0, 0, 43200, NULL, TOUCAN_OK },
    { "the most that can be asked for", 9007199254740992LL, 900, 0, 43200,
      OLD, 0, 0, 0, HERE, TOUCAN_BAD_REQUEST },
    { "and a session as long", 9007199254740992LL, 900, 0,
      9007199254740992LL, OLD, 0, 0, 9007199254740992LL, NULL, TOUCAN_OK },

    { "the session's limit", 1200, 900, 3600, 1200, OLD, 0, 0, 1200, NULL,
      TOUCAN_OK },
    { "longer than the session", 1201, 900, 3600, 1200, OLD, 0, 0, 0, HERE,
      TOUCAN_BAD_REQUEST },
    { "the default, longer than it", 0, 900, 3600, 600, OLD, 0, 0, 600, NULL,
      TOUCAN_OK },
    { "what is left of it", 0, 900, 3600, 43200, 42300, 0, 0, 900, NULL,
      TOUCAN_OK },
    { "a second less", 0, 900, 3600, 43200, 42301, 0, 0, 899, NULL,
      TOUCAN_OK },
    { "the last second", 0, 900, 3600, 43200, 43199, 0, 0, 1, NULL,
      TOUCAN_OK },
    { "its end", 0, 900, 3600, 43200, 43200, 0, 0, 0, NULL,
      TOUCAN_SESSION_EXPIRED },
    { "long after", 0, 900, 3600, 43200, 99999, 0, 0, 0, NULL,
      TOUCAN_SESSION_EXPIRED },
    { "asked for at its end", 60, 900, 3600, 43200, 43200, 0, 0, 0, HERE,
      TOUCAN_BAD_REQUEST },
    { "a young one", 0, 900, 3600, 43200, 0, 0, 0, 900, NULL, TOUCAN_OK },

    { "the key's limit", 300, 900, 3600, 43200, OLD, 300, 0, 300, NULL,
      TOUCAN_OK },
    { "longer than the key's", 301, 900, 3600, 43200, OLD, 300, 0, 0, KEY,
      TOUCAN_SCOPE_EXCEEDS_KEY },
    { "the default, longer than it", 0, 900, 3600, 43200, OLD, 300, 0, 300,
      NULL, TOUCAN_OK },
    { "the key's above the location's", 3601, 900, 3600, 43200, OLD, 7200, 0,
      0, HERE, TOUCAN_BAD_REQUEST },
    { "the key's above the default", 0, 900, 3600, 43200, OLD, 7200, 0, 900,
      NULL, TOUCAN_OK },

    { "up to notAfter", 300, 900, 3600, 43200, OLD, 0, 300, 300, NULL,
      TOUCAN_OK },
    { "beyond it", 301, 900, 3600, 43200, OLD, 0, 300, 0, KEY,
      TOUCAN_SCOPE_EXCEEDS_KEY },
    { "the default, beyond it", 0, 900, 3600, 43200, OLD, 0, 300, 300, NULL,
      TOUCAN_OK },
    { "its last second", 0, 900, 3600, 43200, OLD, 0, 1, 1, NULL,
      TOUCAN_OK },
    { "after it", 0, 900, 3600, 43200, OLD, 0, -1, 0, NULL,
      TOUCAN_SESSION_EXPIRED },
    { "after it, asked for", 60, 900, 3600, 43200, OLD, 0, -1, 0, KEY,
      TOUCAN_SCOPE_EXCEEDS_KEY },

    { "the least of all", 0, 900, 800, 43200, 42500, 600, 500, 500, NULL,
      TOUCAN_OK },
    { "the least is the session", 0, 900, 800, 43200, 42900, 600, 500, 300,
      NULL, TOUCAN_OK },
    { "the least is the location's", 0, 900, 100, 43200, 42900, 600, 500, 100,
      NULL, TOUCAN_OK }
};


static void
test_lifetime(void)
{
    size_t               i;
    toucan_rc_t          rc;
    unit_arena_t         a;
    toucan_fault_t       fault;
    toucan_grant_t       grant;
    toucan_apikey_t      key;
    toucan_policy_t      policy;
    toucan_mint_rules_t  rules;

    for (i = 0; i < unit_n(rows); i++) {
        memset(&grant, 0, sizeof(toucan_grant_t));
        memset(&key, 0, sizeof(toucan_apikey_t));
        memset(&fault, 0, sizeof(toucan_fault_t));
        memset(&policy, 0, sizeof(toucan_policy_t));
        memset(&rules, 0, sizeof(toucan_mint_rules_t));

        policy.max_lifetime = rows[i].max;
        rules.policy = &policy;
        rules.lifetime = rows[i].fallback;
        rules.max_session = rows[i].session;
        key.max_lifetime = rows[i].key_max;
        key.not_after = rows[i].key_end ? NOW + rows[i].key_end : 0;
        grant.lifetime = rows[i].asked;
        grant.asked = (rows[i].asked != 0);
        grant.auth_time = 7;

        if (rows[i].age != OLD) {
            grant.sid = toucan_cstr("s");
            grant.auth_time = NOW - rows[i].age;
        }

        unit_arena_init(&a, 0);
        rc = toucan_grant_lifetime(&grant, &rules,
                                   (rows[i].key_max || rows[i].key_end)
                                   ? &key : NULL, NOW, &a.arena, &fault);

        is_rc(rc, rows[i].rc, "%s", rows[i].name);
        is_view(fault.field, rows[i].message ? "/expiresIn" : NULL,
                "the field");
        is_str(fault.message, rows[i].message, "the message");

        if (rc == TOUCAN_OK) {
            is_int(grant.lifetime, rows[i].lifetime, "the lifetime");
            is_int(grant.auth_time, (rows[i].age == OLD) ? NOW
                   : NOW - rows[i].age, "when the session began");
        }

        unit_arena_done(&a);
    }
}


#define CLAIMS(more)                                                          \
    "{'iat':1000,'exp':1900,'user':{'distinctId':'u'}" more "}"
#define GOOD  ",'iss':'me','aud':'app','sid':'s'"
#define REST  ",'aud':'app','auth_time':1000"

static const struct {
    const char      *name;
    const char      *claims;
    int              may;
} resume_rows[] = {

    { "ours", CLAIMS(GOOD ",'auth_time':1000"), 1 },
    { "an older session", CLAIMS(GOOD ",'auth_time':1"), 1 },
    { "no auth_time", CLAIMS(GOOD), 0 },
    { "a session from the future", CLAIMS(GOOD ",'auth_time':1001"), 0 },
    { "auth_time 0", CLAIMS(GOOD ",'auth_time':0"), 0 },
    { "a negative one", CLAIMS(GOOD ",'auth_time':-1"), 0 },
    { "a string", CLAIMS(GOOD ",'auth_time':'1000'"), 0 },
    { "a real", CLAIMS(GOOD ",'auth_time':1000.0"), 0 },
    { "null", CLAIMS(GOOD ",'auth_time':null"), 0 },
    { "an array", CLAIMS(GOOD ",'auth_time':[1000]"), 0 },
    { "no sid", CLAIMS(",'iss':'me'" REST), 0 },
    { "no iss", CLAIMS(",'sid':'s'" REST), 0 },
    { "another iss", CLAIMS(",'iss':'you','sid':'s'" REST), 0 },
    { "iss in capitals", CLAIMS(",'iss':'ME','sid':'s'" REST), 0 },
    { "an empty iss", CLAIMS(",'iss':'','sid':'s'" REST), 0 },
    { "no aud", CLAIMS(",'iss':'me','sid':'s','auth_time':1000"), 0 },
    { "another aud", CLAIMS(",'iss':'me','sid':'s','aud':'x','auth_time':1"),
      0 },
    { "an empty aud", CLAIMS(",'iss':'me','sid':'s','aud':'','auth_time':1"),
      0 },
    { "ours among others", CLAIMS(",'iss':'me','sid':'s','aud':['x','app'],"
      "'auth_time':1000"), 1 },
    { "others alone", CLAIMS(",'iss':'me','sid':'s','aud':['x','y'],"
      "'auth_time':1000"), 0 }
};


static void
test_resume(void)
{
    size_t               i;
    toucan_rc_t          rc;
    unit_arena_t         a;
    toucan_grant_t       grant;
    toucan_claims_t      claims;
    toucan_policy_t      policy;
    toucan_mint_rules_t  rules;

    memset(&policy, 0, sizeof(toucan_policy_t));
    memset(&rules, 0, sizeof(toucan_mint_rules_t));
    rules.policy = &policy;
    rules.issuer = toucan_cstr("me");
    rules.audience = toucan_cstr("app");

    for (i = 0; i < unit_n(resume_rows); i++) {
        unit_arena_init(&a, 0);
        memset(&grant, 0x5a, sizeof(toucan_grant_t));

        is_rc(toucan_claims_read(&claims, &policy,
                                 unit_doc(&a, resume_rows[i].claims)),
              TOUCAN_OK, "resume: %s: reads", resume_rows[i].name);

        rc = toucan_grant_resume(&grant, &claims, &rules);
        is_rc(rc, resume_rows[i].may ? TOUCAN_OK : TOUCAN_NOT_REFRESHABLE,
              "resume: %s", resume_rows[i].name);

        if (rc == TOUCAN_OK) {
            is_view(grant.distinct_id, "u", "the same user");
            is_view(grant.sid, "s", "the same session");
            ok(grant.auth_time == 1 || grant.auth_time == 1000,
               "that began when it did");
            is_int(grant.lifetime, 900, "as long a token");
            is_int(grant.asked, 0, "if there is so much left");
        }

        unit_arena_done(&a);
    }

    /* no issuer at all is no proof */

    unit_arena_init(&a, 0);
    rules.issuer = toucan_str(NULL, 0);
    (void) toucan_claims_read(&claims, &policy,
                              unit_doc(&a, CLAIMS(",'sid':'s'" REST)));
    is_rc(toucan_grant_resume(&grant, &claims, &rules),
          TOUCAN_NOT_REFRESHABLE, "resume: neither has an issuer");
    unit_arena_done(&a);
}


int
main(void)
{
    test_lifetime();
    test_resume();

    return done_testing();
}
