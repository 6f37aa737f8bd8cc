
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


/* ------------------------------------------------------------------- ids */

#define IDS  64


static uint8_t   ids[IDS][TOUCAN_SHA256_SIZE];
static unsigned  nids;


/* frees the set; 1 when its id is none of those that were seen */

static int
is_new(toucan_jwks_t *jwks)
{
    int       fresh;
    unsigned  i;

    memcpy(ids[nids], toucan_jwks_id(jwks), TOUCAN_SHA256_SIZE);
    toucan_jwks_free(jwks);

    for (i = 0, fresh = 1; i < nids; i++) {
        fresh &= memcmp(ids[i], ids[nids], TOUCAN_SHA256_SIZE) != 0;
    }

    nids++;

    return fresh;
}


static toucan_jwks_t *
derived(const char *const *names, const toucan_jwks_t *const *from,
    unsigned nfrom)
{
    unsigned        n;
    toucan_str_t    infos[4];
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    for (n = 0; n < 4 && names[n] != NULL; n++) {
        infos[n] = toucan_cstr(names[n]);
    }

    toucan_diag_init(&d);
    jwks = toucan_jwks_derive(from, nfrom, infos, n, &d);

    if (jwks == NULL) {
        diag("%s", d.error);
        exit(2);
    }

    return jwks;
}


#define MASTER  OCT(",\"key_ops\":[\"deriveKey\"],\"kid\":\"m\"")


/* one name for one text, another for any other */

static void
id_of_text(void)
{
    unsigned  i;

    static const char  *const  texts[] = {
        OCT(""), OCT("") " ", " " OCT(""), OCT(",\"kid\":\"a\""),
        OCT(",\"kid\":\"b\""), OCT(",\"kid\" :\"b\""),
        "{\"keys\":[" OCT("") "]}", "{\"keys\":[" OCT("") "," OCT("") "]}",
        MASTER
    };

    nids = 0;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ok(is_new(unit_jwks(texts[i])), "id: of %s", texts[i]);
        ok(!is_new(unit_jwks(texts[i])), "id: and again");
        ok(is_new(unit_jwks_private(texts[i])), "id: as keys that make");
        ok(!is_new(unit_jwks_private(texts[i])), "id: and again");
    }
}


/* likewise of what was derived: of which sets, for which infos */

static void
id_of_derived(void)
{
    unsigned              i;
    toucan_jwks_t        *a, *b;
    const toucan_jwks_t  *from[2];

    static const char  *const  infos[][5] = {
        { "ab", "c" }, { "a", "bc" }, { "abc" }, { "c", "ab" }, { "ab" },
        { "ab", "c", "d" }, { "ab", "c", "\1d" }, { NULL }
    };

    nids = 0;
    a = unit_jwks(MASTER);
    b = unit_jwks(MASTER " ");
    (void) is_new(unit_jwks(MASTER));

    for (i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
        from[0] = a;
        from[1] = b;
        ok(is_new(derived(infos[i], from, 1)), "id: derived, row %u", i);
        ok(!is_new(derived(infos[i], from, 1)), "id: and again");
        ok(is_new(derived(infos[i], from + 1, 1)), "id: of another set");
        ok(is_new(derived(infos[i], from, 2)), "id: of both");
        from[0] = b;
        from[1] = a;
        ok(is_new(derived(infos[i], from, 2)), "id: the other way around");
    }

    toucan_jwks_free(a);
    toucan_jwks_free(b);
}


/* A set whose id reads like an info: of two sets, or of one and one more. */

static void
id_like_info(void)
{
    char                  text[256], info[TOUCAN_SHA256_SIZE];
    unsigned              i;
    const uint8_t        *id;
    toucan_jwks_t        *a, *b;
    const char           *with[] = { info, "x", NULL }, *without[] = { "x",
                                                                      NULL };
    const toucan_jwks_t  *from[2];

    a = unit_jwks(MASTER);

    for (i = 0, b = NULL; i < 20000 && b == NULL; i++) {
        snprintf(text, sizeof(text), OCT(",\"kid\":\"%u\""), i);
        b = unit_jwks(text);
        id = toucan_jwks_id(b);

        if (id[0] != TOUCAN_SHA256_SIZE - 1
            || memchr(id, 0, TOUCAN_SHA256_SIZE) != NULL)
        {
            toucan_jwks_free(b);
            b = NULL;
        }
    }

    ok(b != NULL, "id: one like an info, of %u sets", i);

    if (b != NULL) {
        memcpy(info, toucan_jwks_id(b) + 1, TOUCAN_SHA256_SIZE - 1);
        info[TOUCAN_SHA256_SIZE - 1] = '\0';
        from[0] = a;
        from[1] = b;
        nids = 0;
        ok(is_new(derived(without, from, 2)) && is_new(derived(with, from, 1)),
           "id: two sets are not one set and an info");
    }

    toucan_jwks_free(a);
    toucan_jwks_free(b);
}


int
main(void)
{
    sets();
    find();
    many();
    large();
    id_of_text();
    id_of_derived();
    id_like_info();

    return done_testing();
}
