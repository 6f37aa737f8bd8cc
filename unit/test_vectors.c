
/*
 * Owns: the verdicts on vectors that others made (TOUCAN_VECTORS, or
 * ../shared/vectors beside a checkout): Wycheproof and the JSON test suite.
 * Where they are not, they are skipped.
 */


#include "vectors.h"

#include <dirent.h>


/* the case whose header says "Alg", and the cases that have a public key */
#define ALG_RENAMED   80
#define PUBLIC_CASES  29


/* ---------------------------------------------------------- Wycheproof */

/*
 * Why a case of this name is refused.  "rejectsValid" refuses a set in which
 * secrets and public keys stand together; such a set is let in here, since no
 * algorithm of one serves a key of the other.
 */

static const char *
reason(const char *name, const char *const (*rows)[2])
{
    for (; (*rows)[0] != NULL; rows++) {
        if (strcmp((*rows)[0], name) == 0) {
            return (*rows)[1];
        }
    }

    return "(a case of a new name)";
}


static const char *const  jws_reasons[][2] = {
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

    { "rejectsKeyWithRocaVulnerability", "not_ready" },

    { NULL, NULL }
};


/* the header of a JWE is its AAD: whatever is wrong elsewhere says the same */

static const char *const  jwe_reasons[][2] = {
    { "acceptsValid", "ok" },
    { "rejectsModifiedAuthenticationTag", "bad_decrypt" },
    { "rejectsMissingAuthenticationTag", "bad_decrypt" },
    { "rejectsMissingAuthenticationTagAndSeparator", "bad_format" },
    { "rejectsModifiedCiphertext", "bad_decrypt" },
    { "rejectsMissingCiphertext", "bad_decrypt" },
    { "rejectsMissingCiphertextAndSeparator", "bad_format" },
    { "rejectsModifiedIv", "bad_decrypt" },
    { "rejectsMissingIv", "bad_decrypt" },
    { "rejectsMissingIvAndSeparator", "bad_format" },
    { "rejectsModifiedEncryptedKey", "bad_decrypt" },
    { "rejectsMissingEncryptedKey", "bad_decrypt" },
    { "rejectsMissingEncryptedKeyAndSeparator", "bad_format" },
    { "rejectsMissingHeader", "bad_json" },
    { "rejectsMissingHeaderAndSeparator", "bad_format" },
    { "rejectsValidJsonSerialization", "bad_format" },
    { "rejectsInvalidCurvePoint", "bad_claim" },

    /* a kid that no key has; an "Alg" in place of "alg" */

    { "rejectsModifiedHeader", "key_not_found" },
    { NULL, NULL }
};


static void
wycheproof_case(json_t *group, json_t *test, const char *half)
{
    char        *set, *text, title[128];
    json_t      *token;
    const char  *name, *got, *want;

    name = json_string_value(json_object_get(test, "comment"));
    token = json_object_get(test, "jws");
    want = reason(name, token ? jws_reasons : jwe_reasons);

    if (token == NULL) {
        token = json_object_get(test, "jwe");

        if (json_integer_value(json_object_get(test, "tcId")) == ALG_RENAMED) {
            want = "bad_claim";
        }
    }

    set = json_dumps(json_object_get(group, half), 0);
    text = json_is_string(token) ? strdup(json_string_value(token))
                                 : json_dumps(token, 0);

    got = verdict(set, text, NULL, NULL);

    snprintf(title, sizeof(title), "wycheproof %d, %s, %s key",
             (int) json_integer_value(json_object_get(test, "tcId")), name,
             half);
    vector(got, want, title);

    if (strcmp(name, "rejectsValid") != 0) {
        ok((strcmp(got, "ok") == 0)
           == (strcmp(json_string_value(json_object_get(test, "result")),
                      "valid") == 0), "as it says");
    }

    free(text);
    free(set);
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
            if (json_object_get(test, "jws") != NULL) {
                signed_ones++;

            } else {
                encrypted++;
            }

            wycheproof_case(group, test, "private");
        }
    }

    vectors("json_web_crypto_test.json", 83);
    is_int(signed_ones, 49, "Wycheproof: 49 signed tokens");
    is_int(encrypted, 34, "and 34 encrypted ones");
    is_int((int64_t) json_array_size(groups), 8, "in 8 groups");

    /* the signed ones again, with the public keys alone */

    json_array_foreach(groups, i, group) {
        if (json_object_get(group, "public") == NULL) {
            continue;
        }

        tests = json_object_get(group, "tests");

        json_array_foreach(tests, k, test) {
            wycheproof_case(group, test, "public");
        }
    }

    vectors("json_web_crypto_test.json, public keys", PUBLIC_CASES);
    json_decref(file);
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

        len = 0;
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
    json_suite();

    return done_testing();
}
