
/*
 * Owns: the tests of key sets: what is a set, the order of its keys, and how
 * they are found.
 */


#include "tokens.h"


#define OCT(kid)                                                              \
    "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""  \
    kid "}"


static void
sets(void)
{
    size_t          i;
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    static const struct {
        const char  *text;
        unsigned     count;
        unsigned     warnings;
        const char  *why;
    } rows[] = {
        { OCT(""), 1, 0, "" },
        { "{\"keys\":[" OCT("") "]}", 1, 0, "" },
        { "{\"keys\":[" OCT("") "," OCT("") "],\"more\":1}", 2, 0, "" },
        { "{\"keys\":[" OCT(",\"kid\":\"a\"") "," OCT(",\"kid\":\"a\"") "]}",
          2, 0, "" },
        { "{\"keys\":[{\"kty\":\"x\"}," OCT("") ",{\"kty\":\"y\"}]}", 1, 2,
          "key 1 passed over: kty \"x\" is of no use here" },
        { "{\"kty\":\"oct\",\"keys\":[" OCT("") "]}", 1, 0, "" },

        { "", 0, 0,
          "not strict JSON: an unexpected end, at line 1, column 1" },
        { "[]", 0, 0, "not a JSON object" },
        { "{}", 0, 0,
          "neither a JWK Set nor a JWK: no \"keys\" and no \"kty\"" },
        { "{\"keys\":{}}", 0, 0, "\"keys\" is not an array" },
        { "{\"keys\":null}", 0, 0, "\"keys\" is not an array" },
        { "{\"keys\":[]}", 0, 0, "no key that can be used" },
        { "{\"keys\":[{\"kty\":\"x\"}]}", 0, 1,
          "no key that can be used: key 1 passed over: kty \"x\" is of no "
          "use here" },
        { "{\"kty\":\"x\"}", 0, 1,
          "no key that can be used: key 1 passed over: kty \"x\" is of no "
          "use here" },
        { "{\"keys\":[" OCT("") ",7]}", 0, 0, "key 2: not an object" },
        { "{\"keys\":[" OCT("") ",null]}", 0, 0, "key 2: not an object" },
        { "{\"keys\":[" OCT("") ",{\"kty\":\"oct\",\"kid\":\"b\"}]}", 0, 0,
          "key \"b\": k is missing" },
        { "{\"keys\":[" OCT("") "],\"keys\":[]}", 0, 0,
          "not strict JSON: a member twice in one object, at line 1, "
          "column 75" },
        { "-----BEGIN PUBLIC KEY-----\n", 0, 0,
          "a PEM block that is not whole, or not base64" },
        { " {-----BEGIN PUBLIC KEY-----\n", 0, 0,
          "not strict JSON: a syntax error, at line 1, column 3" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        toucan_diag_init(&d);
        jwks = toucan_jwks_parse(toucan_cstr(rows[i].text), &d);

        is_int(jwks ? toucan_jwks_count(jwks) : 0, rows[i].count,
               "%s", unit_show(rows[i].text));
        is_str(jwks ? d.warning : d.error, rows[i].why, "and why");
        is_int(d.warnings, rows[i].warnings, "its warnings");
        toucan_jwks_free(jwks);
    }

    toucan_jwks_free(NULL);
    pass("no set can be freed");
}


static void
found(const toucan_jwks_t *jwks, const char *kid, unsigned want)
{
    unsigned             i, n;
    const toucan_jwk_t  *jwk;

    n = 99;
    jwk = toucan_jwks_find(jwks, toucan_cstr(kid), &n);

    is_int(n, want, "kid \"%s\"", kid);
    ok((jwk != NULL) == (want > 0), "is there or not");

    for (i = 0; i < n; i++) {
        ok(toucan_str_is(jwk[i].kid, kid), "and is that");
    }
}


static void
find(void)
{
    unsigned        n;
    toucan_jwks_t  *jwks;

    jwks = unit_jwks("{\"keys\":[" OCT(",\"kid\":\"b\"") ","
                     OCT(",\"kid\":\"abc\"") "," OCT("") ","
                     OCT(",\"kid\":\"\"") "," OCT(",\"kid\":\"b\"") ","
                     OCT(",\"kid\":\"ab\"") "," OCT("") ","
                     OCT(",\"kid\":\"\xc3\xa9\"") ","
                     OCT(",\"kid\":\"../../etc/passwd\"") ","
                     OCT(",\"kid\":\"b\"") "]}");

    found(jwks, "b", 3);
    found(jwks, "abc", 1);
    found(jwks, "ab", 1);
    found(jwks, "", 1);
    found(jwks, "\xc3\xa9", 1);
    found(jwks, "../../etc/passwd", 1);
    found(jwks, "a", 0);
    found(jwks, "B", 0);
    found(jwks, "b ", 0);
    found(jwks, "abcd", 0);
    found(jwks, "zzz", 0);
    found(jwks, "\xff", 0);

    ok(toucan_jwks_find(jwks, toucan_str("b\0", 2), &n) == NULL && n == 0,
       "a NUL is not the end of a kid");
    ok(toucan_jwks_find(jwks, toucan_str(NULL, 0), &n) != NULL,
       "without a kid");
    is_int(n, 10, "all keys");

    toucan_jwks_free(jwks);
}


/* as many keys as a set may have, and one more */

static void
many(void)
{
    int             wrong;
    char           *text, *p, kid[16];
    unsigned        i, k, n, last;
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    text = malloc((TOUCAN_JWKS_MAX_KEYS + 1) * 100 + 100);
    last = TOUCAN_JWKS_MAX_KEYS + 1;

    for (n = TOUCAN_JWKS_MAX_KEYS; n <= last; n++) {
        p = stpcpy(text, "{\"keys\":[");

        for (i = 0; i < n; i++) {
            k = (i * 1237) % 4099;
            p += sprintf(p, "%s{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0O"
                         "DxAREhMUFRYXGBkaGxwdHh8\",\"kid\":\"k%u\"}",
                         i ? "," : "", k);
        }

        strcpy(p, "]}");
        toucan_diag_init(&d);
        jwks = toucan_jwks_parse(toucan_cstr(text), &d);

        if (n == last) {
            ok(jwks == NULL, "%u keys are refused", n);
            is_str(d.error, "4097 keys, more than 4096", "and why");
            break;
        }

        if (!ok(jwks != NULL, "%u keys", n)) {
            break;
        }

        wrong = 0;

        for (i = 0; i < n; i++) {
            snprintf(kid, sizeof(kid), "k%u", (i * 1237) % 4099);
            wrong += toucan_jwks_find(jwks, toucan_cstr(kid), &k) == NULL
                     || k != 1;
        }

        is_int(wrong, 0, "are all found");
        toucan_jwks_free(jwks);
    }

    free(text);
}


/* a whole set of public RSA keys fits the limits of a file */

static void
large(void)
{
    char            rsa[2048], *text, *p;
    size_t          i;
    unit_key_t      key;
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    key = unit_key_new("RSA2048");
    unit_jwk(rsa, &key, NULL, ",\"alg\":\"RS256\",\"use\":\"sig\"");

    text = malloc(TOUCAN_JWKS_MAX_KEYS * (strlen(rsa) + 1) + 100);
    p = stpcpy(text, "{\"keys\":[");

    for (i = 0; i < TOUCAN_JWKS_MAX_KEYS; i++) {
        p = stpcpy(p, rsa);
        *p++ = (i + 1 < TOUCAN_JWKS_MAX_KEYS) ? ',' : ']';
    }

    strcpy(p, "}");
    toucan_diag_init(&d);
    jwks = toucan_jwks_parse(toucan_cstr(text), &d);
    ok(jwks != NULL, "4096 RSA keys");
    is_str(d.error, "", "no error");

    toucan_jwks_free(jwks);
    EVP_PKEY_free(key.pkey);
    free(text);
}


int
main(void)
{
    sets();
    find();
    many();
    large();

    return done_testing();
}
