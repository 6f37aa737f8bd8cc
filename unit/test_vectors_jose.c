
/*
 * Owns: the verdicts on the examples of the RFCs and of the JOSE cookbook
 * (TOUCAN_VECTORS, or ../shared/vectors beside a checkout), the plaintexts
 * compared; and that jwe.h, which checks our own, opens them, too.  Where they
 * are not, they are skipped.
 */


#include "jwe.h"
#include "vectors.h"

#include <ftw.h>


/* What must not be offered, and is refused for that reason. */

static const char *const  rfc_jws[][3] = {
    { "rfc7515_A.1.jwk", "rfc7515_A.1.jwsc", "ok" },
    { "rfc7515_A.2.jwk", "rfc7515_A.2.jwsc", "ok" },
    { "rfc7515_A.3.jwk", "rfc7515_A.3.jwsc", "ok" },
    { "rfc7515_A.4.jwk", "rfc7515_A.4.jwsc", "ok" },
    { "rfc7520_4.1.jwk", "rfc7520_4.1.jwsc", "ok" },
    { "rfc7520_4.2.jwk", "rfc7520_4.2.jwsc", "ok" },
    { "rfc7520_4.3.jwk", "rfc7520_4.3.jwsc", "ok" },
    { "rfc7520_4.4.jwk", "rfc7520_4.4.jwsc", "ok" },

    /* RFC 7515 A.5 is "none"; RFC 7520 4.5 is detached */

    { "rfc7515_A.1.jwk", "rfc7515_A.5.jwsc", "alg_not_allowed" },
    { "rfc7520_4.5.jwk", "rfc7520_4.5.jwsc", "bad_signature" }
};


/* keys of one beside tokens of another; sets of several keys */

static const char *const  rfc_mixed[][3] = {
    { "rfc7515_A.2.jwk", "rfc7515_A.1.jwsc", "key_not_found" },
    { "rfc7515_A.1.jwk", "rfc7515_A.2.jwsc", "key_not_found" },
    { "rfc7515_A.3.jwk", "rfc7515_A.4.jwsc", "key_not_found" },
    { "rfc7515_A.4.jwk", "rfc7515_A.3.jwsc", "key_not_found" },
    { "rfc7520_4.1.jwk", "rfc7515_A.2.jwsc", "bad_signature" },
    { "rfc7520_4.4.jwk", "rfc7515_A.1.jwsc", "bad_signature" },
    { "rfc7520_4.1.jwk", "rfc7520_4.4.jwsc", "key_not_found" },

    { "rfc7515_A.6.jwkset", "rfc7515_A.2.jwsc", "ok" },
    { "rfc7515_A.6.jwkset", "rfc7515_A.3.jwsc", "ok" },
    { "rfc7515_A.6.jwkset", "rfc7515_A.1.jwsc", "key_not_found" },
    { "rfc7520_4.8.jwkset", "rfc7520_4.1.jwsc", "ok" },
    { "rfc7520_4.8.jwkset", "rfc7520_4.4.jwsc", "ok" },
    { "rfc7517_A.1.jwkset", "rfc7515_A.3.jwsc", "key_not_found" },
    { "rfc7517_A.2.jwkset", "rfc7515_A.2.jwsc", "bad_signature" },
    { "rfc7517_A.3.jwkset", "rfc7515_A.1.jwsc", "ok" },

    /* for content encryption, or of another kid */

    { "rfc7520_3.6.jwk", "rfc7520_4.4.jwsc", "key_not_found" },
    { "rfc7520_5.2.jwk", "rfc7520_5.8.jwec", "key_not_found" },
    { "rfc7520_5.4.jwk", "rfc7520_5.5.jwec", "key_not_found" },
    { "rfc7520_4.4.jwk", "rfc7520_5.6.jwec", "key_not_found" }
};


/* RSA1_5, PBES2 and "zip" among them */

static const char *const  rfc_jwe[][3] = {
    { "rfc7520_5.1.jwk", "rfc7520_5.1.jwec", "alg_not_allowed" },
    { "rfc7520_5.2.jwk", "rfc7520_5.2.jwec", "ok" },
    { "rfc7520_5.3.jwk", "rfc7520_5.3.jwec", "alg_not_allowed" },
    { "rfc7520_5.4.jwk", "rfc7520_5.4.jwec", "ok" },
    { "rfc7520_5.5.jwk", "rfc7520_5.5.jwec", "ok" },
    { "rfc7520_5.6.jwk", "rfc7520_5.6.jwec", "ok" },
    { "rfc7520_5.7.jwk", "rfc7520_5.7.jwec", "ok" },
    { "rfc7520_5.8.jwk", "rfc7520_5.8.jwec", "ok" },
    { "rfc7520_5.9.jwk", "rfc7520_5.9.jwec", "bad_claim" }
};


static void
pairs(const char *const (*rows)[3], size_t n, const char *title)
{
    char    *set, *token, name[128];
    size_t   i;

    for (i = 0; i < n; i++) {
        set = rfc_file(rows[i][0]);
        token = rfc_file(rows[i][1]);

        if (set == NULL || token == NULL) {
            skip(1, "no vectors of the RFCs here");

        } else {
            snprintf(name, sizeof(name), "%s with %s", rows[i][1],
                     rows[i][0]);
            vector(verdict(set, token, NULL, NULL), rows[i][2], name);
        }

        free(set);
        free(token);
    }

    if (vector_cases) {
        vectors(title, (int) n);
    }
}


/* The text of a token by both: ours, and the one that checks it. */

static void
compare(const char *set, const char *token, const char *want, size_t want_len,
    const char *name)
{
    int             n;
    size_t          len;
    unit_key_t      key;
    unsigned char   plain[4096], cek[2048];

    len = 0;
    is_str(verdict(set, token, plain, &len), "ok", "%s is opened", name);
    is_mem(plain, len, want, want_len, "its text");

    key = unit_key_of(set);
    n = unit_jwe_open(token, &key, plain, cek);
    is_mem(plain, n < 0 ? 0 : (size_t) n, want, want_len,
           "the same by OpenSSL alone");
    EVP_PKEY_free(key.pkey);
}


static void
plaintexts(void)
{
    char    *set, *token, *text, name[64];
    size_t   i, len;

    for (i = 1; i <= sizeof(rfc_jwe) / sizeof(rfc_jwe[0]); i++) {
        if (strcmp(rfc_jwe[i - 1][2], "ok") != 0) {
            continue;
        }

        set = rfc_file(rfc_jwe[i - 1][0]);
        token = rfc_file(rfc_jwe[i - 1][1]);
        text = unit_slurp(unit_vector("rfc-latchset/rfc7520_5.1.pt"), &len);

        if (set == NULL || token == NULL || text == NULL) {
            skip(1, "no vectors of the RFCs here");

        } else {
            snprintf(name, sizeof(name), "rfc7520_5.%zu.jwec", i);
            compare(set, token, text, len, name);
        }

        free(text);
        free(token);
        free(set);
    }
}


/* files that name no other: each of these is found and looked at */

static struct {
    int  keys;
    int  json;
} seen;


/*
 * A JSON serialization is no compact one, whatever dots are in its kids: at
 * two or four of them it is looked at as such, and is no base64url.
 */

static const char *
json_reason(const char *text)
{
    int  dots;

    for (dots = 0; *text != '\0'; text++) {
        dots += (*text == '.');
    }

    return (dots == 2 || dots == 4) ? "bad_base64" : "bad_format";
}


static int
visit(const char *path, const struct stat *info, int type)
{
    char           *text;
    size_t          len;
    const char     *ext;
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    (void) info;

    ext = strrchr(path, '.');

    if (type != FTW_F || ext == NULL || strstr(path, "LICENSE")) {
        return 0;
    }

    text = unit_slurp(path, &len);

    /* JSON serializations, the flattened and the general one */

    if (strncmp(ext, ".jws", 4) == 0 || strncmp(ext, ".jwe", 4) == 0) {

        if (text[0] == '{') {
            seen.json++;
            vector(verdict("{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAR"
                           "EhMUFRYXGBkaGxwdHh8\"}", text, NULL, NULL),
                   json_reason(text), strrchr(path, '/') + 1);
        }

    } else if (strncmp(ext, ".jwk", 4) == 0
               && (strstr(text, "\"kty\"") || strstr(text, "\"keys\"")))
    {
        /* every key is sound; only the one for PBES2 is of no use */

        seen.keys++;
        toucan_diag_init(&d);
        jwks = toucan_jwks_parse(toucan_str(text, len), &d);
        vector(jwks ? "" : d.error,
               strstr(path, "cve-2023-50967")
               ? "no key that can be used: key 1 passed over: alg \"PBES2-"
                 "HS256+A128KW\" is of no use here" : "",
               strrchr(path, '/') + 1);
        toucan_jwks_free(jwks);
    }

    free(text);

    return 0;
}


static void
every_file(void)
{
    char  path[1024];

    snprintf(path, sizeof(path), "%s", unit_vector("rfc-latchset"));

    if (ftw(path, visit, 8) != 0) {
        skip(1, "no vectors of the RFCs here");
        return;
    }

    vectors("RFC keys, sets and JSON serializations", 69);
    is_int(seen.keys, 28, "28 keys and sets");
    is_int(seen.json, 41, "41 JSON serializations");
}


/* ------------------------------------------------------------- cookbook */

static void
cookbook_jwk(json_t *file, const char *name)
{
    char           *text;
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    text = json_dumps(file, 0);
    toucan_diag_init(&d);
    jwks = toucan_jwks_parse(toucan_cstr(text), &d);
    vector(d.error, "", name);
    is_int(jwks ? toucan_jwks_count(jwks) : 0, 1, "one key");

    toucan_jwks_free(jwks);
    free(text);
}


/* Each of the three serializations that the file has. */

static void
cookbook_token(json_t *file, const char *name, const char *want)
{
    char        *set, *text, title[256];
    json_t      *input, *output, *token;
    size_t       i, len;
    const char  *plain;

    static const char  *forms[] = { "compact", "json", "json_flat" };

    input = json_object_get(file, "input");
    output = json_object_get(file, "output");
    set = json_dumps(json_object_get(input, "key"), JSON_ENCODE_ANY);

    for (i = 0; i < 3; i++) {
        token = json_object_get(output, forms[i]);

        if (token == NULL) {
            continue;
        }

        text = json_is_string(token) ? strdup(json_string_value(token))
                                     : json_dumps(token, 0);
        snprintf(title, sizeof(title), "%s, %s", name, forms[i]);

        /* a key that there is, whatever the file says of a password */

        vector(verdict(json_object_get(input, "key") && set[0] == '{'
                       ? set : "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0"
                               "ODxAREhMUFRYXGBkaGxwdHh8\"}", text, NULL,
                       NULL),
               i == 0 ? want : json_reason(text), title);

        plain = json_string_value(json_object_get(input, "plaintext"));

        if (i == 0 && plain != NULL && strcmp(want, "ok") == 0) {
            len = strlen(plain);
            compare(set, text, plain, len, name);
        }

        free(text);
    }

    free(set);
}


/* What is not here has no compact form, or is "ok". */

static const char *
cookbook_want(const char *name)
{
    size_t  i;

    static const char  *rows[][2] = {

        /* detached, RSA1_5, PBES2, zip, and RFC 7797 */

        { "4_5.", "bad_signature" },
        { "5_1.", "alg_not_allowed" },
        { "5_3.", "alg_not_allowed" },
        { "5_9.", "bad_claim" },
        { "hmac-sha2_b64_false.", "crit_unknown" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (unit_is(name, rows[i][0])) {
            return rows[i][1];
        }
    }

    return "ok";
}


static int  cookbook_files;


static int
cookbook_visit(const char *path, const struct stat *info, int type)
{
    json_t      *file;
    const char  *name;

    (void) info;

    name = strrchr(path, '/') + 1;

    if (type != FTW_F || strcmp(name, "LICENSE") == 0) {
        return 0;
    }

    cookbook_files++;
    file = json_load_file(path, 0, NULL);

    if (file == NULL) {
        is_str(name, "README.md", "the only text that is no JSON");
        return 0;
    }

    if (json_object_get(file, "kty") != NULL) {
        cookbook_jwk(file, name);

    } else {
        cookbook_token(file, name, cookbook_want(name));
    }

    json_decref(file);

    return 0;
}


static void
cookbook(void)
{
    size_t  i;
    char    path[1024];

    static const struct {
        const char  *folder;
        int          files;
        int          cases;
    } folders[] = {
        { "jwk", 6, 6 },
        { "jws", 8, 20 },
        { "jwe", 13, 34 },
        { "curve25519", 3, 6 },
        { "rfc7797", 3, 5 }
    };

    for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", unit_vector("jose-cookbook"),
                 folders[i].folder);
        cookbook_files = 0;

        if (ftw(path, cookbook_visit, 8) != 0) {
            skip(1, "no cookbook here");
            return;
        }

        is_int(cookbook_files, folders[i].files, "the files of %s",
               folders[i].folder);
        vectors(folders[i].folder, folders[i].cases);
    }
}


int
main(void)
{
    pairs(rfc_jws, sizeof(rfc_jws) / sizeof(rfc_jws[0]), "RFC 7515, 7520 JWS");
    pairs(rfc_jwe, sizeof(rfc_jwe) / sizeof(rfc_jwe[0]), "RFC 7520 JWE");
    pairs(rfc_mixed, sizeof(rfc_mixed) / sizeof(rfc_mixed[0]),
          "RFC keys with tokens of others");
    plaintexts();
    every_file();
    cookbook();

    return done_testing();
}
