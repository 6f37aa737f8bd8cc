
/*
 * Owns: the tests of reading a set of keys in steps: it is the set that reading
 * it at once gives, its errors are the same, it can be given up at any time;
 * and of freeing a set in pieces.
 */


#include "tokens.h"

#include <limits.h>
#include <openssl/crypto.h>


#define TEXT    (1024 * 1024)

/* a secret of 32 bytes, which stands in the document as base64url */
#define SECRET  "toucan-secret-0123456789-abcdefg"


/* Stands in for OpenSSL's: counts the secrets that it overwrites. */

static struct {
    int          plain;
    int          coded;
    const char  *code;
} wiped;


void
OPENSSL_cleanse(void *p, size_t len)
{
    size_t                   i;
    volatile unsigned char  *c;

    if (wiped.code != NULL) {
        wiped.plain += unit_occurs(p, len, SECRET, strlen(SECRET));
        wiped.coded += unit_occurs(p, len, wiped.code, strlen(wiped.code));
    }

    c = p;

    for (i = 0; i < len; i++) {
        c[i] = 0;
    }
}


/* ---------------------------------------------------------------- texts */

/*
 * A set of n keys of every type, with and without a kid, some twice, some
 * passed over, in no order; the one at "broken" is.  Static memory.
 */

static const char *
mixed(unsigned n, unsigned broken)
{
    char               *p, kid[32];
    unsigned            i;

    static int          made;
    static char         text[TEXT];
    static unit_key_t   keys[4];
    static const char  *types[] = { "RSA2048", "P-256", "ED25519", "oct" };

    for ( /* void */ ; made < 4; made++) {
        keys[made] = unit_key_new(types[made]);
    }

    p = stpcpy(text, "{\"keys\":[");

    for (i = 0; i < n; i++) {
        p = stpcpy(p, i ? "," : "");

        if (i == broken) {
            p = stpcpy(p, "{\"kty\":\"oct\",\"kid\":\"broken\"}");

        } else if (i % 7 == 3) {
            p = stpcpy(p, "{\"kty\":\"other\"}");

        } else {
            snprintf(kid, sizeof(kid), "k%u", (i * 37) % 23);
            unit_jwk(p, &keys[i % 4], (i % 5 == 4) ? NULL : kid,
                     (i % 2) ? "" : ",\"use\":\"sig\"");
            p += strlen(p);
        }
    }

    strcpy(p, "]}");

    return text;
}


/* "count" oct keys of the secret. */

static const char *
secrets(unsigned count)
{
    char         *p;
    unsigned      i;

    static char   text[TEXT], code[64];

    code[0] = '\0';
    unit_b64_cat(code, SECRET, strlen(SECRET));
    wiped.code = code;

    p = stpcpy(text, "{\"keys\":[");

    for (i = 0; i < count; i++) {
        p += sprintf(p, "%s{\"kty\":\"oct\",\"kid\":\"%u\",\"k\":\"%s\"}",
                     i ? "," : "", i, code);
    }

    strcpy(p, "]}");

    return text;
}


/* ----------------------------------------------------------------- sets */

/* 1 when the sets are the same, key by key. */

static int
same(const toucan_jwks_t *one, const toucan_jwks_t *two)
{
    unsigned             i, n, m;
    const toucan_jwk_t  *a, *b;

    if (one == NULL || two == NULL) {
        return one == two;
    }

    a = toucan_jwks_find(one, toucan_str(NULL, 0), &n);
    b = toucan_jwks_find(two, toucan_str(NULL, 0), &m);

    if (n != m
        || memcmp(toucan_jwks_id(one), toucan_jwks_id(two),
                  TOUCAN_SHA256_SIZE) != 0)
    {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (!toucan_str_eq(a[i].kid, b[i].kid)
            || (a[i].kid.data == NULL) != (b[i].kid.data == NULL)
            || a[i].ops != b[i].ops
            || a[i].index != b[i].index
            || a[i].alg != b[i].alg
            || toucan_key_kty(a[i].key) != toucan_key_kty(b[i].key))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * Reads in steps of n keys.  *steps is what it took before nothing was left
 * to do; at most "most" of them are taken, and the rest at once.
 */

static toucan_jwks_t *
in_steps(const char *text, unsigned ops, unsigned n, unsigned most,
    toucan_diag_t *d, unsigned *steps)
{
    toucan_jwks_step_e     rc;
    toucan_jwks_reader_t  *reader;

    toucan_diag_init(d);
    reader = toucan_jwks_reader_new(toucan_cstr(text), ops, d);
    rc = TOUCAN_JWKS_MORE;

    for (*steps = 0; rc == TOUCAN_JWKS_MORE && *steps < most; ++*steps) {
        rc = toucan_jwks_reader_step(reader, n);
    }

    return toucan_jwks_reader_finish(reader);
}


static void
slices(void)
{
    unsigned        i, k, steps, want;
    const char     *text;
    toucan_diag_t   whole, part;
    toucan_jwks_t  *one, *two;

    static const unsigned  sizes[] = { 1, 2, 7, 39, 40, 41, 1000, UINT_MAX };

    text = mixed(40, UINT_MAX);
    toucan_diag_init(&whole);
    one = toucan_jwks_parse(toucan_cstr(text), &whole);
    is_int(toucan_jwks_count(one), 34, "a set of many kinds");

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        k = sizes[i];
        two = in_steps(text, TOUCAN_OPS_OPEN, k, UINT_MAX, &part, &steps);
        want = 3 + (k >= 40 ? 1 : (40 + k - 1) / k);

        ok(same(one, two), "in steps of %u keys it is the same", k);
        is_int(steps, want, "in as many as it should take");
        is_int(part.warnings, whole.warnings, "as many are passed over");
        is_str(part.warning, whole.warning, "the first of them is");
        toucan_jwks_free(two);
    }

    for (i = 0; i < 45; i++) {
        two = in_steps(text, TOUCAN_OPS_OPEN, 1, i, &part, &steps);
        ok(same(one, two), "%u steps, and the rest at once", i);
        toucan_jwks_free(two);
    }

    /* the control: other texts are other sets */

    two = toucan_jwks_parse(toucan_cstr(mixed(39, UINT_MAX)), &part);
    ok(!same(one, two), "one key less is another set");
    toucan_jwks_free(two);
    toucan_jwks_free(one);
}


/* what is no array of keys, and what is no set */

static void
forms(void)
{
    size_t          i;
    unsigned        n, steps, ops;
    EVP_PKEY       *pkey;
    BIO            *bio;
    char           *pem, text[4096];
    long            len;
    toucan_diag_t   whole, part;
    toucan_jwks_t  *one, *two;

    const char  *rows[] = {
        text,
        "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        "\"}",
        "", "{", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}",
        "{\"kty\":\"x\"}", "{\"keys\":[{\"kty\":\"x\"},{\"kty\":\"y\"}]}",
        "-----BEGIN PUBLIC KEY-----\n"
    };

    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, pkey);
    len = BIO_get_mem_data(bio, &pem);
    snprintf(text, sizeof(text), "%.*s", (int) len, pem);
    BIO_free(bio);
    EVP_PKEY_free(pkey);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (n = 0; n < 2; n++) {
            ops = n ? TOUCAN_OPS_MAKE : TOUCAN_OPS_OPEN;
            toucan_diag_init(&whole);
            one = n ? toucan_jwks_parse_private(toucan_cstr(rows[i]), &whole)
                    : toucan_jwks_parse(toucan_cstr(rows[i]), &whole);
            two = in_steps(rows[i], ops, 1, UINT_MAX, &part, &steps);

            ok(same(one, two), "%s: the same", unit_show(rows[i]));
            is_str(part.error, whole.error, "and for the same reason");
            is_int(one != NULL, i == 1 || (i == 0 && n == 0),
                   "a set or none");
            toucan_jwks_free(one);
            toucan_jwks_free(two);
        }
    }

    ok(toucan_jwks_reader_finish(NULL) == NULL, "no reader, no set");
}


/* a broken key at every place, met by steps of every size */

static void
errors(void)
{
    int                    wrong;
    unsigned               at, n, steps;
    const char            *text;
    toucan_diag_t          whole, part;
    toucan_jwks_reader_t  *reader;

    wrong = 0;

    for (at = 0; at < 12; at++) {
        text = mixed(12, at);
        toucan_diag_init(&whole);
        wrong += toucan_jwks_parse(toucan_cstr(text), &whole) != NULL
                 || strcmp(whole.error, "key \"broken\": k is missing") != 0;

        for (n = 1; n <= 13; n++) {
            wrong += in_steps(text, TOUCAN_OPS_OPEN, n, UINT_MAX, &part,
                              &steps) != NULL
                     || strcmp(part.error, whole.error) != 0
                     || part.warnings != whole.warnings
                     || steps != 3 + at / n;
        }
    }

    is_int(wrong, 0, "a broken key is met where it stands");

    toucan_diag_init(&part);
    text = mixed(3, 1);
    reader = toucan_jwks_reader_new(toucan_cstr(text), TOUCAN_OPS_OPEN, &part);

    for (n = 0; n < 3; n++) {
        is_int(toucan_jwks_reader_step(reader, 1), TOUCAN_JWKS_MORE,
               "before it");
    }

    is_int(toucan_jwks_reader_step(reader, 1), TOUCAN_JWKS_ERROR, "at it");
    is_int(toucan_jwks_reader_step(reader, 9), TOUCAN_JWKS_ERROR,
           "and no step leads past it");
    ok(toucan_jwks_reader_finish(reader) == NULL, "it has no end but this");
}


/* the id is there before the first key */

static void
ids(void)
{
    uint8_t                early[TOUCAN_SHA256_SIZE];
    const char            *text;
    const uint8_t         *id;
    toucan_diag_t          d;
    toucan_jwks_t         *jwks;
    toucan_jwks_step_e     rc;
    toucan_jwks_reader_t  *reader;

    text = mixed(5, UINT_MAX);
    toucan_diag_init(&d);
    reader = toucan_jwks_reader_new(toucan_cstr(text), TOUCAN_OPS_OPEN, &d);
    ok(toucan_jwks_reader_id(reader) == NULL, "no id at first");

    do {
        rc = toucan_jwks_reader_step(reader, 0);
        id = toucan_jwks_reader_id(reader);
    } while (rc == TOUCAN_JWKS_MORE && id == NULL);

    if (!ok(id != NULL, "an id before any key")) {
        toucan_jwks_reader_free(reader);
        return;
    }

    memcpy(early, id, sizeof(early));
    is_int(toucan_jwks_reader_step(reader, 0), TOUCAN_JWKS_MORE,
           "a step of no keys reads none");

    while (toucan_jwks_reader_step(reader, 1) == TOUCAN_JWKS_MORE) {
        /* void */
    }

    is_int(toucan_jwks_reader_step(reader, 1), TOUCAN_JWKS_DONE,
           "done, again and again");
    jwks = toucan_jwks_reader_finish(reader);
    is_mem(toucan_jwks_id(jwks), TOUCAN_SHA256_SIZE, early, sizeof(early),
           "the set has it");
    toucan_jwks_free(jwks);
}


/* ---------------------------------------------------------------- an end */

/* Given up after each step: what is secret is overwritten. */

static void
given_up(void)
{
    unsigned               i, at, keys;
    const char            *text;
    toucan_diag_t          d;
    toucan_jwks_reader_t  *reader;

    text = secrets(6);

    for (at = 0; at <= 10; at++) {
        toucan_diag_init(&d);
        reader = toucan_jwks_reader_new(toucan_cstr(text), TOUCAN_OPS_OPEN,
                                        &d);

        for (i = 0; i < at; i++) {
            (void) toucan_jwks_reader_step(reader, 1);
        }

        keys = (at < 2) ? 0 : (at > 8) ? 6 : at - 2;
        wiped.plain = 0;
        wiped.coded = 0;
        toucan_jwks_reader_free(reader);

        is_int(wiped.coded, at ? 6 : 0, "after %u steps: the document", at);
        is_int(wiped.plain, keys, "and the keys");
    }

    toucan_jwks_reader_free(NULL);
    pass("no reader can be freed");

    toucan_diag_init(&d);
    reader = toucan_jwks_reader_new(toucan_cstr(text), TOUCAN_OPS_OPEN, &d);

    while (toucan_jwks_reader_step(reader, 1) == TOUCAN_JWKS_MORE) {
        /* void */
    }

    wiped.coded = 0;
    toucan_jwks_free(toucan_jwks_reader_finish(reader));
    is_int(wiped.coded, 6, "the document does not outlive its reader");
}


static void
in_pieces(void)
{
    unsigned        i, n, calls;
    const char     *text;
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    static const unsigned  want[] = { 0, 6, 3, 2, 2, 2, 1, 1 };

    text = secrets(6);

    for (n = 1; n < 8; n++) {
        toucan_diag_init(&d);
        jwks = toucan_jwks_parse(toucan_cstr(text), &d);
        wiped.plain = 0;

        for (calls = 1; toucan_jwks_free_some(jwks, n); calls++) {
            if (!ok(toucan_jwks_count(jwks) == 6 - n * calls,
                    "%u at a time, %u times", n, calls))
            {
                break;
            }
        }

        is_int(calls, want[n], "as often as it takes");
        is_int(wiped.plain, 6, "all are overwritten");
    }

    jwks = toucan_jwks_parse(toucan_cstr(text), &d);

    for (i = 0; i < 3; i++) {
        ok(toucan_jwks_free_some(jwks, 0), "none at a time");
    }

    toucan_jwks_free_some(jwks, 4);
    wiped.plain = 0;
    toucan_jwks_free(jwks);
    is_int(wiped.plain, 2, "the rest at once");
    is_int(toucan_jwks_free_some(NULL, 1), 0, "no set can be freed");
}


int
main(void)
{
    slices();
    forms();
    errors();
    ids();
    given_up();
    in_pieces();

    return done_testing();
}
