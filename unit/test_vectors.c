
/*
 * Owns: the verdicts on vectors that others made (TOUCAN_VECTORS, or
 * ../shared/vectors beside a checkout): Wycheproof, the RFCs, the JOSE
 * cookbook, the JSON test suite.  Where they are not, they are skipped.
 */


#include "tokens.h"

#include <dirent.h>

#include <jansson.h>


/*
 * Most payloads are no JSON object, so that a gate refuses them all: here the
 * verdict is the signature's.
 */

static toucan_rc_t
verdict(const char *set, const char *token)
{
    toucan_rc_t           rc;
    toucan_diag_t         d;
    toucan_jws_t          jws;
    unit_arena_t          a;
    toucan_jwks_t        *jwks;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    toucan_diag_init(&d);
    jwks = toucan_jwks_parse(toucan_cstr(set), &d);

    if (jwks == NULL) {
        return TOUCAN_NOT_READY;
    }

    sets[0] = jwks;
    rc = toucan_jws_read(&jws, toucan_cstr(token), unit_arena_init(&a));

    if (rc == TOUCAN_OK) {
        rc = toucan_jws_verify(&jws, &rules, sets, 1, &a.arena);
    }

    unit_arena_free(&a);
    toucan_jwks_free(jwks);

    return rc;
}


/* ---------------------------------------------------------- Wycheproof */

/*
 * Why a case of this name is refused.  "rejectsValid" refuses a set in which
 * secrets and public keys stand together; such a set is let in here, since no
 * algorithm of one serves a key of the other.
 */

static const char *
reason(const char *name)
{
    size_t  i;

    static const char  *rows[][2] = {
        { "acceptsValid", "ok" },
        { "rejectsValid", "ok" },
        { "rejectsModifiedSignature", "bad_signature" },
        { "rejectsMissingSignature", "bad_signature" },
        { "rejectsMissingSignatureAndSeparator", "bad_format" },
        { "rejectsModifiedPayload", "bad_signature" },
        { "rejectsMissingPayload", "bad_signature" },
        { "rejectsMissingPayloadAndSeparator", "bad_format" },
        { "rejectsModifiedHeader", "key_not_found" },
        { "rejectsMissingHeader", "bad_json" },
        { "rejectsMissingHeaderAndSeparator", "bad_format" },
        { "rejectsMissingHeaderAndSignature", "bad_json" },
        { "rejectsMissingHeaderSignatureAndSeparator", "bad_format" },
        { "rejectsMissingHeaderSignatureAndSeparators", "bad_format" },
        { "rejectsEmptyString", "bad_format" },
        { "rejectsExtraEmptyComponent", "bad_format" },
        { "rejectsExtraComponent", "bad_format" },
        { "rejectsNoneAlgorithmAndMissingSignature", "alg_not_allowed" },
        { "rejectsValidJsonSerialization", "bad_format" },
        { "rejectsSymmetryConfusionAttacks_aesKeyFromEcVerificationKeyBytes",
          "alg_not_allowed" },
        { "rejectsAttackerProvidedEmbeddedJwk", "bad_signature" },

        /* the key is not taken: no set */

        { "rejectsKeyWithRocaVulnerability", "not_ready" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i][0], name) == 0) {
            return rows[i][1];
        }
    }

    return "(a case of a new name)";
}


static void
wycheproof_case(json_t *group, json_t *test, const char *half)
{
    char        *set, *text;
    json_t      *token;
    const char  *name, *got;

    name = json_string_value(json_object_get(test, "comment"));
    token = json_object_get(test, "jws");
    set = json_dumps(json_object_get(group, half), 0);
    text = json_is_string(token) ? strdup(json_string_value(token))
                                 : json_dumps(token, 0);

    got = unit_rc(verdict(set, text));

    is_str(got, reason(name), "wycheproof %d, %s, %s key",
           (int) json_integer_value(json_object_get(test, "tcId")), name,
           half);

    if (strcmp(name, "rejectsValid") != 0) {
        ok((strcmp(got, "ok") == 0)
           == (strcmp(json_string_value(json_object_get(test, "result")),
                      "valid") == 0), "as it says");
    }

    free(text);
    free(set);
}


/* encrypted tokens are not opened yet: none of them, whatever the case */

static void
wycheproof_jwe(json_t *test)
{
    char     set[256], *text;
    json_t  *token;

    strcpy(set, "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka"
           "GxwdHh8\"}");
    token = json_object_get(test, "jwe");
    text = json_is_string(token) ? strdup(json_string_value(token))
                                 : json_dumps(token, 0);

    ok(verdict(set, text) != TOUCAN_OK, "wycheproof %d, a JWE: %s",
       (int) json_integer_value(json_object_get(test, "tcId")),
       unit_rc(verdict(set, text)));

    free(text);
}


static void
wycheproof(void)
{
    int      signed_ones, encrypted;
    size_t   i, k;
    json_t  *file, *groups, *group, *tests, *test;

    file = json_load_file(unit_vector("wycheproof/json_web_crypto_test.json"),
                          0, NULL);
    if (file == NULL) {
        skip(1, "no Wycheproof vectors here");
        return;
    }

    signed_ones = 0;
    encrypted = 0;
    groups = json_object_get(file, "testGroups");

    json_array_foreach(groups, i, group) {
        tests = json_object_get(group, "tests");

        json_array_foreach(tests, k, test) {

            if (json_object_get(test, "jws") == NULL) {
                wycheproof_jwe(test);
                encrypted++;
                continue;
            }

            signed_ones++;
            wycheproof_case(group, test, "private");

            if (json_object_get(group, "public") != NULL) {
                wycheproof_case(group, test, "public");
            }
        }
    }

    is_int(signed_ones, 49, "Wycheproof: 49 signed tokens");
    is_int(encrypted, 34, "and 34 encrypted ones");
    json_decref(file);
}


/* ---------------------------------------------------------------- RFCs */

/* Some files say only the name of another one beside them. */

static char *
rfc_file(const char *name)
{
    char    path[256], *text;
    size_t  len;

    snprintf(path, sizeof(path), "rfc-latchset/%s", name);
    text = unit_slurp(unit_vector(path), &len);

    if (text == NULL) {
        return NULL;
    }

    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' ')) {
        text[--len] = '\0';
    }

    if (strncmp(text, "rfc7", 4) == 0 && len < 40) {
        snprintf(path, sizeof(path), "%s", text);
        free(text);
        return rfc_file(path);
    }

    return text;
}


static void
rfcs(void)
{
    char   *set, *token;
    size_t  i;

    /* RFC 7515 A.5 is "none"; RFC 7520 4.5 is detached */

    static const char  *rows[][3] = {
        { "rfc7515_A.1.jwk", "rfc7515_A.1.jwsc", "ok" },
        { "rfc7515_A.2.jwk", "rfc7515_A.2.jwsc", "ok" },
        { "rfc7515_A.3.jwk", "rfc7515_A.3.jwsc", "ok" },
        { "rfc7515_A.4.jwk", "rfc7515_A.4.jwsc", "ok" },
        { "rfc7515_A.1.jwk", "rfc7515_A.5.jwsc", "alg_not_allowed" },
        { "rfc7520_4.1.jwk", "rfc7520_4.1.jwsc", "ok" },
        { "rfc7520_4.2.jwk", "rfc7520_4.2.jwsc", "ok" },
        { "rfc7520_4.3.jwk", "rfc7520_4.3.jwsc", "ok" },
        { "rfc7520_4.4.jwk", "rfc7520_4.4.jwsc", "ok" },
        { "rfc7520_4.5.jwk", "rfc7520_4.5.jwsc", "bad_signature" },

        /* keys of one beside tokens of another */

        { "rfc7515_A.2.jwk", "rfc7515_A.1.jwsc", "key_not_found" },
        { "rfc7515_A.1.jwk", "rfc7515_A.2.jwsc", "key_not_found" },
        { "rfc7515_A.3.jwk", "rfc7515_A.4.jwsc", "key_not_found" },
        { "rfc7515_A.4.jwk", "rfc7515_A.3.jwsc", "key_not_found" },
        { "rfc7520_4.1.jwk", "rfc7515_A.2.jwsc", "bad_signature" },
        { "rfc7520_4.4.jwk", "rfc7515_A.1.jwsc", "bad_signature" },
        { "rfc7520_4.1.jwk", "rfc7520_4.4.jwsc", "key_not_found" },

        /* sets of several keys, private halves, other uses */

        { "rfc7515_A.6.jwkset", "rfc7515_A.2.jwsc", "ok" },
        { "rfc7515_A.6.jwkset", "rfc7515_A.3.jwsc", "ok" },
        { "rfc7515_A.6.jwkset", "rfc7515_A.1.jwsc", "key_not_found" },
        { "rfc7520_4.8.jwkset", "rfc7520_4.1.jwsc", "ok" },
        { "rfc7520_4.8.jwkset", "rfc7520_4.4.jwsc", "ok" },
        { "rfc7517_A.1.jwkset", "rfc7515_A.3.jwsc", "key_not_found" },
        { "rfc7517_A.2.jwkset", "rfc7515_A.2.jwsc", "bad_signature" },
        { "rfc7517_A.3.jwkset", "rfc7515_A.1.jwsc", "ok" },
        { "rfc7520_3.6.jwk", "rfc7520_4.4.jwsc", "not_ready" },

        /* encrypted */

        { "rfc7515_A.1.jwk", "rfc7520_5.1.jwec", "bad_type" },
        { "rfc7515_A.1.jwk", "rfc7520_5.3.jwec", "bad_type" },
        { "rfc7515_A.1.jwk", "rfc7520_5.6.jwec", "bad_type" },
        { "rfc7515_A.1.jwk", "rfc7520_5.9.jwec", "bad_type" },

        /* the JSON serializations */

        { "rfc7515_A.6.jwkset", "rfc7515_A.6.jwsg", "bad_format" },
        { "rfc7520_4.1.jwk", "rfc7520_4.1.jwsf", "bad_format" },
        { "rfc7520_4.1.jwk", "rfc7520_4.1.jwsg", "bad_format" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set = rfc_file(rows[i][0]);
        token = rfc_file(rows[i][1]);

        if (set == NULL || token == NULL) {
            skip(1, "no vectors of the RFCs here");

        } else {
            is_str(unit_rc(verdict(set, token)), rows[i][2], "%s with %s",
                   rows[i][1], rows[i][0]);
        }

        free(set);
        free(token);
    }
}


/* ------------------------------------------------------------- cookbook */

static void
cookbook(void)
{
    char        *set, path[256];
    size_t       i;
    json_t      *file, *token, *input;
    const char  *text;

    static const char  *rows[][2] = {
        { "jws/4_1.rsa_v15_signature.json", "ok" },
        { "jws/4_2.rsa-pss_signature.json", "ok" },
        { "jws/4_3.ecdsa_signature.json", "ok" },
        { "jws/4_4.hmac-sha2_integrity_protection.json", "ok" },
        { "curve25519/jws.json", "ok" },

        /* detached, and RFC 7797 */

        { "jws/4_5.signature_with_detached_content.json", "bad_signature" },
        { "rfc7797/hmac-sha2_b64_false.json", "crit_unknown" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(path, sizeof(path), "jose-cookbook/%s", rows[i][0]);
        file = json_load_file(unit_vector(path), 0, NULL);

        if (file == NULL) {
            skip(1, "no cookbook here");
            continue;
        }

        input = json_object_get(file, "input");
        token = json_object_get(json_object_get(file, "output"), "compact");
        text = json_string_value(token);
        set = json_dumps(json_object_get(input, "key"), 0);

        is_str(unit_rc(verdict(set, text ? text : "")), rows[i][1],
               "cookbook %s", rows[i][0]);

        free(set);
        json_decref(file);
    }
}


/* ------------------------------------------------------- JSON test suite */

/*
 * Each text must parse: as it stands when it is an object, and as the value of
 * a member whatever it is.  What is written of it must parse again, to the
 * same document.
 */

static int
json_parses(const char *text, size_t len)
{
    int                  same;
    unit_arena_t         a;
    toucan_buf_t         b;
    const toucan_doc_t  *one, *two;

    static char  out[1024 * 1024];

    unit_arena_init(&a);
    same = 0;

    if (toucan_json_parse(toucan_str(text, len), &toucan_json_token_limits,
                          &a.arena, &one)
        == TOUCAN_OK)
    {
        toucan_buf_init(&b, out, sizeof(out));
        toucan_json_write(&b, one, toucan_json_root(one));

        same = !b.overflow
               && toucan_json_parse(toucan_buf_view(&b),
                                    &toucan_json_token_limits, &a.arena, &two)
                  == TOUCAN_OK
               && one->size == two->size
               && memcmp(one, two, one->size) == 0;
    }

    unit_arena_free(&a);

    return same;
}


static void
json_suite(void)
{
    int             want, seen;
    DIR            *dir;
    char           *text, *wrapped, path[512];
    size_t          i, len, n;
    struct dirent  *entry;

    /* duplicate members, and NULs in strings: refused, on purpose */

    static const char  *refused[] = {
        "y_object_duplicated_key.json",
        "y_object_duplicated_key_and_value.json",
        "y_object_escaped_null_in_key.json",
        "y_string_null_escape.json"
    };

    dir = opendir(unit_vector("json-testsuite"));
    if (dir == NULL) {
        skip(1, "no JSON test suite here");
        return;
    }

    seen = 0;

    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "y_", 2) != 0) {
            continue;
        }

        seen++;
        want = 1;

        for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
            want &= strcmp(refused[i], entry->d_name) != 0;
        }

        snprintf(path, sizeof(path), "json-testsuite/%s", entry->d_name);
        text = unit_slurp(unit_vector(path), &len);

        if (strncmp(entry->d_name, "y_object", 8) == 0) {
            is_int(json_parses(text, len), want, "%s", entry->d_name);
        }

        wrapped = malloc(len + 16);
        n = (size_t) sprintf(wrapped, "{\"v\":");
        memcpy(wrapped + n, text, len);
        wrapped[n + len] = '}';

        is_int(json_parses(wrapped, n + len + 1), want, "in an object: %s",
               entry->d_name);

        free(wrapped);
        free(text);
    }

    closedir(dir);
    is_int(seen, 95, "JSON test suite: 95 texts");
}


int
main(void)
{
    wycheproof();
    rfcs();
    cookbook();
    json_suite();

    return done_testing();
}
