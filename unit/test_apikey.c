
/*
 * Owns: the tests of what is asked of API keys: who sent this one, which
 * content keys are there, the names of scopes.
 */


#include "apikeys.h"
#include "identity.h"


#define S       UNIT_SECRET
#define NOW     1767225600
#define A16     "aaaaaaaaaaaaaaaa"
#define A64     A16 A16 A16 A16
#define MASTER                                                                \
    "{\"kty\":\"oct\",\"kid\":\"m%u\",\"key_ops\":[\"deriveKey\"],"           \
    "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"


/* Each key of the file is what its text hashes to. */

static const struct {
    const char      *id;
    const char      *key;
    const char      *more;
} file_rows[] = {
    { "acme", "tk_live_acme_" S, "" },
    { "acme-2", "tk_live_acme-2_" S, "" },
    { "ACME", "tk_live_ACME_" S "x", "" },
    { "7", "tk_live_7_" S, "" },
    { "box", "tk_test_box_" S, ",'env':'sandbox'" },
    { "liar", "tk_live_liar_" S, ",'env':'sandbox'" },
    { "fraud", "tk_test_fraud_" S, ",'env':'live'" },
    { "mallory", "tk_live_mallorz_" S, "" },
    { A64, "tk_live_" A64 "_" S, "" },
    { "late", "tk_live_late_" S, ",'notAfter':'2026-01-01T00:00:00Z'" },
    { "under", "tk_live_under___" S, "" },
    { "short", "tk_live_short_0123456789012345678901234567890", "" },
    { "space", "tk_live_space_ " S, "" },
    { "del", "tk_live_del_\x7f" S, "" },
    { "high", "tk_live_high_\xc3\xa9" S, "" },
    { "tilde", "tk_live_tilde_!~" S, "" }
};


static const struct {
    const char      *name;
    const char      *text;
    const char      *id;            /* of the key that is found */
    toucan_rc_t      rc;
} check_rows[] = {

    { "a key", "tk_live_acme_" S, "acme", TOUCAN_OK },
    { "another one", "tk_live_acme-2_" S, "acme-2", TOUCAN_OK },
    { "an id in capitals", "tk_live_ACME_" S "x", "ACME", TOUCAN_OK },
    { "an id of a digit", "tk_live_7_" S, "7", TOUCAN_OK },
    { "the longest id", "tk_live_" A64 "_" S, A64, TOUCAN_OK },
    { "a sandbox key", "tk_test_box_" S, "box", TOUCAN_OK },
    { "a secret that begins with _", "tk_live_under___" S, "under",
      TOUCAN_OK },
    { "a secret of any printable byte", "tk_live_tilde_!~" S, "tilde",
      TOUCAN_OK },

    { "no such id", "tk_live_nobody_" S, NULL, TOUCAN_API_KEY_INVALID },
    { "the wrong secret, first byte", "tk_live_acme_t3cret-0123456789-"
      "0123456789_abc", NULL, TOUCAN_API_KEY_INVALID },
    { "the wrong secret, last byte", "tk_live_acme_s3cret-0123456789-"
      "0123456789_abd", NULL, TOUCAN_API_KEY_INVALID },
    { "the secret and a byte", UNIT_ACME "x", NULL, TOUCAN_API_KEY_INVALID },
    { "another's secret", "tk_live_ACME_" S, NULL, TOUCAN_API_KEY_INVALID },
    { "an id in another case", "tk_live_Acme_" S, NULL,
      TOUCAN_API_KEY_INVALID },
    { "the prefix of the sandbox", "tk_test_acme_" S, NULL,
      TOUCAN_API_KEY_INVALID },
    { "the live prefix", "tk_live_box_" S, NULL, TOUCAN_API_KEY_INVALID },
    { "live by its text, sandbox by the file", "tk_live_liar_" S, NULL,
      TOUCAN_API_KEY_INVALID },
    { "sandbox by its text, live by the file", "tk_test_fraud_" S, NULL,
      TOUCAN_API_KEY_INVALID },

    { "another id than the file's", "tk_live_mallorz_" S, NULL,
      TOUCAN_API_KEY_INVALID },

    /* not of this form, though the digest would be right */

    { "a secret of 31 bytes", "tk_live_short_0123456789012345678901234567890",
      NULL, TOUCAN_API_KEY_INVALID },
    { "a space in the secret", "tk_live_space_ " S, NULL,
      TOUCAN_API_KEY_INVALID },
    { "DEL in the secret", "tk_live_del_\x7f" S, NULL,
      TOUCAN_API_KEY_INVALID },
    { "bytes that are not ASCII", "tk_live_high_\xc3\xa9" S, NULL,
      TOUCAN_API_KEY_INVALID },

    { "empty", "", NULL, TOUCAN_API_KEY_INVALID },
    { "the prefix", "tk_live_", NULL, TOUCAN_API_KEY_INVALID },
    { "no id", "tk_live__" S, NULL, TOUCAN_API_KEY_INVALID },
    { "no secret", "tk_live_acme", NULL, TOUCAN_API_KEY_INVALID },
    { "an empty secret", "tk_live_acme_", NULL, TOUCAN_API_KEY_INVALID },
    { "an id too long", "tk_live_" A64 "a_" S, NULL, TOUCAN_API_KEY_INVALID },
    { "a byte that is no id's", "tk_live_ac.me_" S, NULL,
      TOUCAN_API_KEY_INVALID },
    { "no _ behind the id", "tk_live_acme." S, NULL, TOUCAN_API_KEY_INVALID },
    { "the prefix in capitals", "TK_LIVE_acme_" S, NULL,
      TOUCAN_API_KEY_INVALID },
    { "another prefix", "tk_prod_acme_" S, NULL, TOUCAN_API_KEY_INVALID },
    { "a space before", " tk_live_acme_" S, NULL, TOUCAN_API_KEY_INVALID },
    { "a space behind", "tk_live_acme_" S " ", NULL,
      TOUCAN_API_KEY_INVALID },
    { "the secret alone", S, NULL, TOUCAN_API_KEY_INVALID }
};


static toucan_apikeys_t *
the_file(void)
{
    char    *text, *p;
    size_t   i;

    static toucan_apikeys_t  *keys;

    text = malloc(65536);
    p = text;

    for (i = 0; i < unit_n(file_rows); i++) {
        p += sprintf(p, "%s", i ? "," : "");
        unit_apikey(p, file_rows[i].id, file_rows[i].key, file_rows[i].more);
        p += strlen(p);
    }

    keys = unit_apikeys(text);
    free(text);

    return keys;
}


/*
 * The text in a block of its own size, so that the sanitizers see a byte too
 * many.
 */

static toucan_rc_t
check(const toucan_apikeys_t *keys, toucan_str_t text, int64_t now,
    const toucan_apikey_t **key)
{
    void         *copy;
    toucan_rc_t   rc;

    static const toucan_apikey_t  something;

    copy = malloc(text.len ? text.len : 1);

    if (text.len != 0) {
        memcpy(copy, text.data, text.len);
    }

    *key = &something;
    rc = toucan_apikeys_check(keys, toucan_str(copy, text.len), now, key);
    free(copy);

    return rc;
}


static void
test_check(void)
{
    char                    name[128];
    size_t                  i;
    toucan_apikeys_t       *keys;
    const toucan_apikey_t  *key;

    keys = the_file();

    is_int(toucan_apikeys_count(keys), unit_n(file_rows), "all are there");

    for (i = 0; i < unit_n(check_rows); i++) {
        snprintf(name, sizeof(name), "%s", check_rows[i].name);

        is_rc(check(keys, toucan_cstr(check_rows[i].text), NOW - 1, &key),
              check_rows[i].rc, "%s", name);

        if (check_rows[i].id == NULL) {
            ok(key == NULL, "%s: no key", name);

        } else {
            ok(key == toucan_apikeys_find(keys, toucan_cstr(check_rows[i].id)),
               "%s: that key", name);
        }
    }

    key = unit_only(keys);
    is_rc(toucan_apikeys_check(keys, toucan_str(NULL, 0), NOW, &key),
          TOUCAN_API_KEY_INVALID, "an absent text");
    ok(key == NULL, "no key");

    is_rc(check(keys, toucan_str(UNIT_ACME "\0", sizeof(UNIT_ACME)), NOW,
                &key), TOUCAN_API_KEY_INVALID, "a NUL behind it");
    is_rc(check(keys, toucan_str("tk_live_acme\0_" S, sizeof(UNIT_ACME)), NOW,
                &key), TOUCAN_API_KEY_INVALID, "a NUL in the id");

    toucan_apikeys_free(keys);

    keys = unit_apikeys("");
    is_rc(check(keys, toucan_cstr(UNIT_ACME), NOW, &key),
          TOUCAN_API_KEY_INVALID, "a file of no keys has none");
    toucan_apikeys_free(keys);
}


/* The whole key: 256 bytes, and one more. */

static void
test_size(void)
{
    char                    text[1024], *secret, full[512];
    unsigned                n;
    toucan_rc_t             want;
    toucan_apikeys_t       *keys;
    const toucan_apikey_t  *key;

    for (n = 255; n <= 257; n++) {
        secret = unit_repeat('x', n - strlen("tk_live_acme_"));
        sprintf(full, "tk_live_acme_%s", secret);
        keys = unit_apikeys(unit_apikey(text, "acme", full, ""));
        want = (n <= 256) ? TOUCAN_OK : TOUCAN_API_KEY_INVALID;

        is_rc(check(keys, toucan_cstr(full), NOW, &key), want,
              "a key of %u bytes", n);

        toucan_apikeys_free(keys);
        free(secret);
    }
}


static void
test_expiry(void)
{
    toucan_apikeys_t       *keys;
    const toucan_apikey_t  *key, *late;

    keys = the_file();
    late = toucan_apikeys_find(keys, toucan_cstr("late"));

    is_rc(check(keys, toucan_cstr("tk_live_late_" S), NOW - 1, &key),
          TOUCAN_OK, "the last second");
    ok(key == late, "that key");
    is_rc(check(keys, toucan_cstr("tk_live_late_" S), NOW, &key),
          TOUCAN_API_KEY_EXPIRED, "notAfter itself");
    ok(key == late, "and the key is told");
    is_rc(check(keys, toucan_cstr("tk_live_late_" S), INT64_MAX, &key),
          TOUCAN_API_KEY_EXPIRED, "and for good");
    is_rc(check(keys, toucan_cstr("tk_live_late_x" S), NOW, &key),
          TOUCAN_API_KEY_INVALID, "a wrong secret does not learn that");
    ok(key == NULL, "nor which key it is");
    is_rc(check(keys, toucan_cstr(UNIT_ACME), INT64_MAX, &key), TOUCAN_OK,
          "without notAfter there is no end");

    toucan_apikeys_free(keys);
}


static void
test_find(void)
{
    size_t             i;
    toucan_apikeys_t  *keys;

    static const char  *others[] = {
        "", "a", "acm", "acme-", "acme-1", "acme-3", "acmea", "Acme", "acme_",
        "boy", "zzz", "-", A64 "a"
    };

    keys = the_file();

    for (i = 0; i < unit_n(file_rows); i++) {
        is_view(toucan_apikeys_find(keys, toucan_cstr(file_rows[i].id))->id,
                file_rows[i].id, "found: %s", file_rows[i].id);
    }

    for (i = 0; i < unit_n(others); i++) {
        ok(toucan_apikeys_find(keys, toucan_cstr(others[i])) == NULL,
           "not found: \"%s\"", others[i]);
    }

    ok(toucan_apikeys_find(keys, toucan_str(NULL, 0)) == NULL,
       "nothing is found by no id");

    toucan_apikeys_free(keys);
}


static toucan_jwks_t *
master(unsigned i)
{
    char            text[256];
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    snprintf(text, sizeof(text), MASTER, i);
    toucan_diag_init(&d);
    jwks = toucan_jwks_parse(toucan_cstr(text), &d);

    if (jwks == NULL) {
        diag("%s", d.error);
        exit(1);
    }

    return jwks;
}


/* Content keys of those whose time has not come, and when that changes. */

static void
test_derive(void)
{
    char                 text[2048], *p;
    size_t               i;
    int64_t              next;
    unsigned             n;
    toucan_diag_t        d;
    toucan_jwks_t       *sets[2], *jwks;
    toucan_apikeys_t    *keys;

    static const struct {
        int64_t          now;
        unsigned         count;     /* of each master key */
        int64_t          next;
    } rows[] = {
        { NOW - 1, 4, NOW },
        { NOW, 3, NOW + 86400 },
        { NOW + 1, 3, NOW + 86400 },
        { NOW + 86399, 3, NOW + 86400 },
        { NOW + 86400, 1, 0 },
        { 0, 4, NOW },
        { INT64_MAX, 1, 0 }
    };

    static const char  *ends[][2] = {
        { "c", ",'notAfter':'2026-01-02T00:00:00Z'" },
        { "b", ",'notAfter':'2026-01-01T00:00:00Z','scopes':['revoke']" },
        { "d", ",'notAfter':'2026-01-02T00:00:00Z'" },
        { "a", "" }
    };

    p = text;

    for (i = 0; i < 4; i++) {
        p += sprintf(p, "%s{'id':'%s','sha256':'%063d1'%s%s}", i ? "," : "",
                     ends[i][0], 0, strstr(ends[i][1], "scopes") ? ""
                     : ",'scopes':['mint']", ends[i][1]);
    }

    keys = unit_apikeys(text);
    sets[0] = master(0);
    sets[1] = master(1);

    for (i = 0; i < unit_n(rows); i++) {
        toucan_diag_init(&d);
        next = -1;
        jwks = toucan_apikeys_derive(keys, (const toucan_jwks_t *const *) sets,
                                     2, rows[i].now, &next, &d);

        is_str(d.error, "", "derived at %lld", (long long) rows[i].now);
        is_int(toucan_jwks_count(jwks), 2 * rows[i].count, "so many keys");
        is_int(next, rows[i].next, "and so long");
        ok(toucan_jwks_find(jwks, toucan_cstr("m0.a"), &n) != NULL
           && toucan_jwks_find(jwks, toucan_cstr("m1.a"), &n) != NULL,
           "a's are there");
        ok((toucan_jwks_find(jwks, toucan_cstr("m1.b"), &n) != NULL)
           == (rows[i].now < NOW), "b's up to its end");

        toucan_jwks_free(jwks);
    }

    toucan_apikeys_free(keys);

    keys = unit_apikeys("");
    jwks = toucan_apikeys_derive(keys, (const toucan_jwks_t *const *) sets, 2,
                                 NOW, &next, &d);
    is_int(toucan_jwks_count(jwks), 0, "no API key, no content key");
    is_int(next, 0, "for good");

    toucan_jwks_free(jwks);
    toucan_apikeys_free(keys);
    toucan_jwks_free(sets[0]);
    toucan_jwks_free(sets[1]);
}


static void
test_scopes(void)
{
    is_int(toucan_scope_find(toucan_cstr("mint")), TOUCAN_SCOPE_MINT, "mint");
    is_int(toucan_scope_find(toucan_cstr("revoke")), TOUCAN_SCOPE_REVOKE,
           "revoke");
    is_int(toucan_scope_find(toucan_cstr("introspect")),
           TOUCAN_SCOPE_INTROSPECT, "introspect");
    is_int(toucan_scope_find(toucan_cstr("Mint")), 0, "not in capitals");
    is_int(toucan_scope_find(toucan_cstr("min")), 0, "nor a part");
    is_int(toucan_scope_find(toucan_cstr("")), 0, "nor nothing");

    is_view(toucan_scope_name(TOUCAN_SCOPE_MINT), "mint", "the name of mint");
    is_view(toucan_scope_name(TOUCAN_SCOPE_REVOKE), "revoke", "of revoke");
    is_view(toucan_scope_name(TOUCAN_SCOPE_INTROSPECT), "introspect",
            "of introspect");
    is_view(toucan_scope_name((toucan_scope_e) 3), "", "of two at once: none");
}


int
main(void)
{
    test_check();
    test_size();
    test_expiry();
    test_find();
    test_derive();
    test_scopes();

    return done_testing();
}
