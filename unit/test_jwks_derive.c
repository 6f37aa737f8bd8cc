
/*
 * Owns: the tests of content keys: their bytes, their names, what they open
 * and make, how many there may be, and the first key of a file.
 */


#include "jwe.h"


#define PAYLOAD  "{\"sub\":\"x\"}"

/* 0, 1, 2 ... 31, and what Python's hmac makes of it */
#define MASTER(kid, k)                                                        \
    "{\"kty\":\"oct\",\"kid\":\"" kid "\",\"key_ops\":[\"deriveKey\"],"       \
    "\"k\":\"" k "\"}"
#define K        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define K2       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9_"
#define PLAIN    "{\"kty\":\"oct\",\"kid\":\"p\",\"k\":\"" K "\"}"
#define OF_7F3A                                                               \
    "739f586b7d86139a1f396a21d18ceb6f58502d4afb783af277fdb8d207fe583e"
#define OF_7F3B                                                               \
    "2ec2e103dcc79aa8960d285959652a486f343bc6099021e6aa763721851ccb40"


static char  token[8192];


static toucan_jwks_t *
derive(const toucan_jwks_t *set, const char *const *infos, unsigned ninfos)
{
    unsigned        i;
    toucan_str_t    info[8];
    toucan_diag_t   d;
    toucan_jwks_t  *derived;

    toucan_diag_init(&d);

    for (i = 0; i < ninfos; i++) {
        info[i] = toucan_cstr(infos[i]);
    }

    derived = toucan_jwks_derive(&set, 1, info, ninfos, &d);
    is_str(d.error, "", "derived");

    return derived;
}


/* A token under a key whose bytes are given in hexadecimal. */

static toucan_str_t
token_of(const char *hex, const char *alg, const char *enc, const char *kid)
{
    char         more[512];
    uint8_t     *bytes;
    unit_key_t   key;
    unit_plan_t  plan;

    key = unit_key_oct(32, 0);
    bytes = OPENSSL_hexstr2buf(hex, NULL);
    memcpy(key.secret, bytes, 32);
    OPENSSL_free(bytes);

    more[0] = '\0';

    if (kid != NULL) {
        snprintf(more, sizeof(more), ",\"kid\":\"%s\"", kid);
    }

    if (enc == NULL) {
        char  header[600];

        sprintf(header, "{\"alg\":\"%s\"%s}", alg, more);
        return unit_token(token, header, PAYLOAD, alg, &key);
    }

    plan = unit_plan_of(alg, enc, &key);
    plan.more = more;

    return unit_jwe(token, &plan, PAYLOAD);
}


static void
opens(void)
{
    size_t          i;
    toucan_jwks_t  *set, *derived;

    static const char *const  infos[] = { "7f3b", "7f3a" };

    static const struct {
        const char  *key;
        const char  *alg;
        const char  *enc;
        const char  *kid;
        const char  *want;
    } rows[] = {
        { OF_7F3A, "dir", "A256GCM", "m.7f3a", "ok" },
        { OF_7F3B, "dir", "A256GCM", "m.7f3b", "ok" },

        /* only for tokens that name them */

        { OF_7F3A, "dir", "A256GCM", NULL, "key_not_found" },
        { OF_7F3B, "dir", "A256GCM", NULL, "key_not_found" },

        /* one's key opens nothing of another's */

        { OF_7F3A, "dir", "A256GCM", "m.7f3b", "bad_decrypt" },
        { OF_7F3B, "dir", "A256GCM", "m.7f3a", "bad_decrypt" },

        /* by another name: none */

        { OF_7F3A, "dir", "A256GCM", "m", "key_not_found" },
        { OF_7F3A, "dir", "A256GCM", "7f3a", "key_not_found" },
        { OF_7F3A, "dir", "A256GCM", "m.7f3", "key_not_found" },
        { OF_7F3A, "dir", "A256GCM", "m.7f3aa", "key_not_found" },
        { OF_7F3A, "dir", "A256GCM", "m.7F3A", "key_not_found" },
        { OF_7F3A, "dir", "A256GCM", "m7f3a", "key_not_found" },
        { OF_7F3A, "dir", "A256GCM", "m.7f3c", "key_not_found" },

        /* for nothing else */

        { OF_7F3A, "dir", "A128CBC-HS256", "m.7f3a", "alg_not_allowed" },
        { OF_7F3A, "A256KW", "A256GCM", "m.7f3a", "alg_not_allowed" },
        { OF_7F3A, "A256GCMKW", "A256GCM", "m.7f3a", "alg_not_allowed" },
        { OF_7F3A, "HS256", NULL, "m.7f3a", "alg_not_allowed" }
    };

    set = unit_jwks(MASTER("m", K));
    derived = derive(set, infos, 2);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_str(unit_rc(unit_open(derived, token_of(rows[i].key, rows[i].alg,
                                                   rows[i].enc,
                                                   rows[i].kid))),
               rows[i].want, "%s, %s, kid %s", rows[i].alg,
               rows[i].enc ? rows[i].enc : "-",
               rows[i].kid ? rows[i].kid : "none");
    }

    /* the master need not live on, and its file alone opens none of them */

    is_str(unit_rc(unit_open(set, token_of(OF_7F3A, "dir", "A256GCM",
                                           "m.7f3a"))),
           "key_not_found", "the master key itself");
    toucan_jwks_free(set);
    is_str(unit_rc(unit_open(derived, toucan_cstr(token))), "ok",
           "without its master key");
    toucan_jwks_free(derived);
}


/* what a key of the set that makes encrypts, one of the set that opens does */

static void
makes(void)
{
    char                 text[4096];
    unsigned             n;
    toucan_rc_t          rc;
    unit_arena_t         a;
    toucan_str_t         made;
    toucan_jwks_t       *set, *making, *opening;
    const toucan_jwk_t  *jwk;

    static const char *const  infos[] = { "a", "b" };

    set = unit_jwks_private(MASTER("m", K));
    making = derive(set, infos, 2);
    toucan_jwks_free(set);
    set = unit_jwks(MASTER("m", K));
    opening = derive(set, infos + 1, 1);
    toucan_jwks_free(set);

    for (n = 0; n < 2; n++) {
        jwk = &toucan_jwks_find(making, toucan_str(NULL, 0), &(unsigned) { 0 })
              [n];
        rc = toucan_jwe_encrypt(jwk, jwk->alg, jwk->enc, 0,
                                toucan_cstr(PAYLOAD), unit_arena_init(&a),
                                &made);
        is_str(unit_rc(rc), "ok", "made for \"%s\"", infos[n]);
        snprintf(text, sizeof(text), "%.*s", (int) made.len, made.data);
        unit_arena_free(&a);
        is_str(unit_rc(unit_open(opening, toucan_cstr(text))),
               n ? "ok" : "key_not_found", "opened by b's key");
    }

    toucan_jwks_free(making);
    toucan_jwks_free(opening);
}


/* order, names, numbers */

static void
names(void)
{
    unsigned              i, n;
    toucan_str_t          info[2];
    toucan_diag_t         d;
    toucan_jwks_t        *derived, *none;
    const toucan_jwk_t   *jwk;
    const toucan_jwks_t  *sets[3];

    static const struct {
        const char  *kid;
        unsigned     index;
    } want[] = {
        { "b.x", 5 }, { "b.y", 4 }, { "m.x", 1 }, { "m.y", 0 },
        { "z.x", 3 }, { "z.y", 2 }
    };

    sets[0] = unit_jwks("{\"keys\":[" MASTER("m", K) "," PLAIN ","
                        MASTER("z", K2) "]}");
    sets[1] = unit_jwks(PLAIN);
    sets[2] = unit_jwks_private(MASTER("b", K));

    info[0] = toucan_cstr("y");
    info[1] = toucan_cstr("x");
    toucan_diag_init(&d);
    derived = toucan_jwks_derive(sets, 3, info, 2, &d);

    is_str(d.error, "", "three sets");
    jwk = toucan_jwks_find(derived, toucan_str(NULL, 0), &n);
    is_int(n, 6, "three master keys, two infos");

    for (i = 0; i < n && i < 6; i++) {
        is_mem(jwk[i].kid.data, jwk[i].kid.len, want[i].kid,
               strlen(want[i].kid), "%s", want[i].kid);
        is_int(jwk[i].index, want[i].index, "its index");
        is_int(jwk[i].ops, TOUCAN_OP_DECRYPT | TOUCAN_OP_ENCRYPT, "its ops");
        ok(toucan_str_is(jwk[i].alg->name, "dir")
           && toucan_str_is(jwk[i].enc->name, "A256GCM"), "its algorithms");
    }

    ok(toucan_str_is(toucan_jwks_first(derived)->kid, "m.y"), "the first");
    toucan_jwks_free(derived);

    /* none */

    none = toucan_jwks_derive(sets, 3, info, 0, &d);
    is_int(none ? toucan_jwks_count(none) : 99, 0, "no info, no key");
    ok(none != NULL && toucan_jwks_first(none) == NULL, "and no first one");
    is_int((toucan_jwks_find(none, toucan_cstr("m.y"), &n), n), 0,
           "nor any to find");
    toucan_jwks_free(none);

    none = toucan_jwks_derive(&sets[1], 1, info, 2, &d);
    is_int(none ? toucan_jwks_count(none) : 99, 0, "no master key, no key");
    toucan_jwks_free(none);

    none = toucan_jwks_derive(sets, 0, info, 2, &d);
    is_int(none ? toucan_jwks_count(none) : 99, 0, "no set, no key");
    toucan_jwks_free(none);

    for (i = 0; i < 3; i++) {
        toucan_jwks_free((toucan_jwks_t *) sets[i]);
    }
}


static void
limits(void)
{
    char                  kid[192], id[65], text[1024];
    unsigned              i, n;
    toucan_diag_t         d;
    toucan_jwks_t        *derived;
    const toucan_jwk_t   *jwk;
    const toucan_jwks_t  *sets[1];

    static const struct {
        size_t       len;
        const char  *error;
    } rows[] = {
        { 0, "a content key for 0 bytes, not 1 to 64" },
        { 1, "" },
        { 64, "" },
        { 65, "a content key for 65 bytes, not 1 to 64" }
    };

    memset(kid, 'k', sizeof(kid));
    memset(id, 'i', sizeof(id));
    snprintf(text, sizeof(text), "{\"kty\":\"oct\",\"kid\":\"%.191s\","
             "\"key_ops\":[\"deriveBits\"],\"k\":\"" K "\"}", kid);

    sets[0] = unit_jwks(text);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        toucan_str_t  two[2];

        two[0] = toucan_cstr("a");
        two[1] = toucan_str(id, rows[i].len);
        toucan_diag_init(&d);
        derived = toucan_jwks_derive(sets, 1, two, 2, &d);
        is_str(d.error, rows[i].error, "an info of %zu bytes", rows[i].len);
        is_int(derived ? toucan_jwks_count(derived) : 0,
               rows[i].error[0] ? 0 : 2, "and its keys");

        if (derived != NULL && rows[i].len == 64) {
            jwk = toucan_jwks_find(derived, toucan_str(NULL, 0), &n);
            is_int((int64_t) jwk[1].kid.len, TOUCAN_JWK_MAX_KID,
                   "as long as a kid may be");

            snprintf(text, sizeof(text), "%.*s", (int) jwk[1].kid.len,
                     jwk[1].kid.data);
            is_str(unit_rc(unit_open(derived, token_of(
                   "7212661b74b2d44aa3d44ec777083002331274937e5a1d4878ada493"
                   "ad7a87ec", "dir", "A256GCM", text))), "ok",
                   "and a token may have it");
        }

        toucan_jwks_free(derived);
    }

    toucan_jwks_free((toucan_jwks_t *) sets[0]);
}


/* n sets of one master key each, and so many infos */

static void
number(unsigned n, unsigned ninfos, unsigned want)
{
    char                   error[128];
    unsigned               i;
    toucan_str_t          *info;
    toucan_diag_t          d;
    toucan_jwks_t         *set, *derived;
    const toucan_jwks_t  **sets;

    set = unit_jwks(MASTER("m", K));
    info = malloc(ninfos * sizeof(toucan_str_t));
    sets = malloc(n * sizeof(toucan_jwks_t *));

    for (i = 0; i < ninfos; i++) {
        info[i] = toucan_cstr("i");
    }

    for (i = 0; i < n; i++) {
        sets[i] = set;
    }

    error[0] = '\0';

    if (want == 0) {
        sprintf(error, "%u master keys for %u content keys each: more than "
                "16384", n, ninfos);
    }

    toucan_diag_init(&d);
    derived = toucan_jwks_derive(sets, n, info, ninfos, &d);
    is_int(derived ? toucan_jwks_count(derived) : 0, want,
           "%u master keys, %u infos", n, ninfos);
    is_str(d.error, error, "and why");

    toucan_jwks_free(derived);
    toucan_jwks_free(set);
    free(sets);
    free(info);
}


/* many, in whatever order, are found each */

static void
found(void)
{
    char            id[512][8], kid[16];
    unsigned        i, n, right;
    toucan_str_t    info[512];
    toucan_diag_t   d;
    toucan_jwks_t  *set, *derived;

    for (i = 0; i < 512; i++) {
        sprintf(id[i], "%04x", (i * 40503) & 0xffff);
        info[i] = toucan_cstr(id[i]);
    }

    toucan_diag_init(&d);
    set = unit_jwks(MASTER("m", K));
    derived = toucan_jwks_derive((const toucan_jwks_t *const *) &set, 1, info,
                                 512, &d);

    for (i = 0, right = 0; i < 512; i++) {
        snprintf(kid, sizeof(kid), "m.%.7s", id[i]);
        right += toucan_jwks_find(derived, toucan_cstr(kid), &n) != NULL
                 && n == 1;
    }

    is_int(right, 512, "each of many is found");
    toucan_jwks_free(derived);
    toucan_jwks_free(set);
}


static void
first(void)
{
    unsigned        i;
    toucan_jwks_t  *set;

    static const struct {
        const char  *keys;
        const char  *kid;
        unsigned     index;
    } rows[] = {
        { MASTER("b", K) "," MASTER("a", K), "b", 0 },
        { MASTER("a", K) "," MASTER("b", K), "a", 0 },
        { "{\"kty\":\"x\"}," MASTER("c", K) "," MASTER("a", K), "c", 1 },
        { MASTER("c", K) ",{\"kty\":\"oct\",\"k\":\"" K "\"}", "c", 0 },
        { "{\"kty\":\"x\"},{\"kty\":\"oct\",\"k\":\"" K "\"},"
          MASTER("c", K), NULL, 1 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char                 text[1024];
        const toucan_jwk_t  *jwk;

        snprintf(text, sizeof(text), "{\"keys\":[%s]}", rows[i].keys);
        set = unit_jwks(text);
        jwk = toucan_jwks_first(set);
        ok(rows[i].kid ? toucan_str_is(jwk->kid, rows[i].kid)
                       : jwk->kid.data == NULL, "the first of row %u", i);
        is_int(jwk->index, rows[i].index, "and its place");
        toucan_jwks_free(set);
    }
}


/* keys in PEM have no kid: they stay in their order */

static void
first_pem(void)
{
    BIO                 *bio;
    char                *data, text[2048];
    long                 len;
    unsigned             i, n, right;
    unit_key_t           key;
    toucan_jwks_t       *set;
    const toucan_jwk_t  *jwk;

    bio = BIO_new(BIO_s_mem());

    for (i = 0; i < 4; i++) {
        key = unit_key_new("ED25519");
        PEM_write_bio_PUBKEY(bio, key.pkey);
        EVP_PKEY_free(key.pkey);
    }

    len = BIO_get_mem_data(bio, &data);
    snprintf(text, sizeof(text), "%.*s", (int) len, data);
    BIO_free(bio);

    set = unit_jwks(text);
    jwk = toucan_jwks_find(set, toucan_str(NULL, 0), &n);

    for (i = 0, right = 0; i < n; i++) {
        right += jwk[i].index == i;
    }

    is_int(right, 4, "each in PEM has its place");
    ok(toucan_jwks_first(set) == jwk, "and the first is the first");
    toucan_jwks_free(set);
}


int
main(void)
{
    opens();
    makes();
    names();
    limits();
    number(4, 4096, 16384);
    number(5, 4096, 0);
    number(4, 4097, 0);
    number(1u << 15, 1u << 17, 0);
    found();
    first();
    first_pem();

    is_int((int64_t) ERR_peek_error(), 0, "no OpenSSL error is left");

    return done_testing();
}
