
/*
 * Owns: the tests of private halves: which are taken, which do not belong to
 * their public half, where they are not looked at at all; and what a key is
 * for.
 */


#include "jwe.h"


static unit_key_t   rsa, twin, ec, x25519;
static char         text[65536];


/* Parses for opening or making; "" or what is wrong, or was passed over. */

static const char *
parsed(const char *json, int making)
{
    toucan_jwks_t        *jwks;
    static toucan_diag_t  d;

    toucan_diag_init(&d);
    jwks = making ? toucan_jwks_parse_private(toucan_cstr(json), &d)
                  : toucan_jwks_parse(toucan_cstr(json), &d);
    toucan_jwks_free(jwks);

    if ((jwks == NULL) != (d.error[0] != '\0') || ERR_peek_error() != 0) {
        fail("an error and no set, or a set and none: \"%s\"", d.error);
        ERR_clear_error();
    }

    return jwks ? d.warning : d.error;
}


/* The operations of the one key, as letters: verify, decrypt, sign, encrypt */

static const char *
ops_of(const char *json, int making)
{
    unsigned              n, ops;
    toucan_diag_t         d;
    toucan_jwks_t        *jwks;
    static char           letters[8];

    toucan_diag_init(&d);
    jwks = making ? toucan_jwks_parse_private(toucan_cstr(json), &d)
                  : toucan_jwks_parse(toucan_cstr(json), &d);

    if (jwks == NULL) {
        return "none";
    }

    ops = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n)->ops;
    snprintf(letters, sizeof(letters), "%s%s%s%s",
             ops & TOUCAN_OP_VERIFY ? "v" : "",
             ops & TOUCAN_OP_DECRYPT ? "d" : "",
             ops & TOUCAN_OP_SIGN ? "s" : "",
             ops & TOUCAN_OP_ENCRYPT ? "e" : "");
    toucan_jwks_free(jwks);

    return letters;
}


/*
 * The private JWK of a key with one member exchanged: by another one's, by a
 * text, or by nothing (NULL).  In static memory.
 */

static const char *
exchanged(const unit_key_t *key, const char *member, const char *value,
    const char *more)
{
    char         name[32], one[20480], *p;
    size_t       len;
    const char  *old;

    unit_jwk_pair(one, key, NULL, more);
    len = unit_member(one, member, &old);

    if (value == NULL) {
        snprintf(name, sizeof(name), ",\"%s\":\"", member);
        p = strstr(one, name);
        sprintf(text, "%.*s%s", (int) (p - one), one, old + len + 1);

    } else {
        sprintf(text, "%.*s%s%s", (int) (old - one), one, value, old + len);
    }

    return text;
}


static const char *
member_of(const unit_key_t *key, const char *member)
{
    char         one[20480];
    size_t       len;
    const char  *value;
    static char  copy[4096];

    unit_jwk_pair(one, key, NULL, "");
    len = unit_member(one, member, &value);
    snprintf(copy, sizeof(copy), "%.*s", (int) len, value);

    return copy;
}


#define HALVES                                                                \
    "key 1: the private half of the RSA key does not belong to the public one"


/* d and twice (p - 1) (q - 1): it does the same, and is larger than n */

static const char *
beyond(char *out)
{
    char            half[4096];
    BIGNUM         *p, *q, *d;
    BN_CTX         *ctx;
    unsigned char   bytes[1024];

    p = q = d = NULL;
    ctx = BN_CTX_new();
    EVP_PKEY_get_bn_param(rsa.pkey, OSSL_PKEY_PARAM_RSA_D, &d);
    EVP_PKEY_get_bn_param(rsa.pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, &p);
    EVP_PKEY_get_bn_param(rsa.pkey, OSSL_PKEY_PARAM_RSA_FACTOR2, &q);
    BN_sub_word(p, 1);
    BN_sub_word(q, 1);
    BN_mul(p, p, q, ctx);
    BN_lshift1(p, p);
    BN_add(d, d, p);

    strcpy(half, ",\"d\":\"");
    unit_b64_cat(half, bytes, (size_t) BN_bn2bin(d, bytes));
    strcat(half, "\"");

    BN_free(p);
    BN_free(q);
    BN_free(d);
    BN_CTX_free(ctx);

    return unit_jwk(out, &rsa, NULL, half);
}


static void
rsa_halves(void)
{
    char            one[20480], n[4096];
    size_t          i;

    static const struct {
        const char  *member;
        const char  *value;         /* "=": the other key's; "n": its own n */
        const char  *why;
    } rows[] = {
        { "d", "=", HALVES },
        { "d", "AQ", HALVES },
        { "d", "Aw", HALVES },
        { "p", "=", HALVES },
        { "q", "=", HALVES },
        { "dp", "=", HALVES },
        { "dq", "=", HALVES },
        { "qi", "=", HALVES },
        { "dp", "", HALVES },
        { "p", "AQ", HALVES },
        { "p", "", HALVES },
        { "q", NULL, "key 1: q is missing" },
        { "dp", NULL, "key 1: dp is missing" },
        { "dq", NULL, "key 1: dq is missing" },
        { "qi", NULL, "key 1: qi is missing" },
        { "d", NULL, "" },
        { "q", "\",\"x\":\"", HALVES },
        { "d", "====", "key 1: d is not base64url" },
        { "qi", "A", "key 1: qi is not base64url" },
        { "d", "n", HALVES },
        { "n", "=", HALVES }
    };

    is_str(parsed(unit_jwk_pair(one, &rsa, NULL, ""), 0), "", "RSA");
    is_str(ops_of(one, 0), "vd", "verifies and decrypts");
    is_str(ops_of(one, 1), "se", "signs and encrypts");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(n, sizeof(n), "%s",
                 rows[i].value == NULL ? ""
                 : rows[i].value[0] == '=' && rows[i].value[1] == '\0'
                   ? member_of(&twin, rows[i].member)
                   : strcmp(rows[i].value, "n") == 0
                     ? member_of(&rsa, "n") : rows[i].value);

        exchanged(&rsa, rows[i].member, rows[i].value ? n : NULL, "");
        is_str(parsed(text, 0), rows[i].why, "RSA, %s: %s", rows[i].member,
               rows[i].value ? rows[i].value : "left out");
        is_str(parsed(text, 1), rows[i].why, "the same to make tokens with");
    }

    /* zeros, and d, without the others (RFC 7518 section 6.3.2) */

    unit_jwk_number(strcpy(n, ""), rsa.pkey, OSSL_PKEY_PARAM_RSA_D, "d", 0);
    unit_jwk(one, &rsa, NULL, n);
    is_str(parsed(one, 0), "", "RSA, d alone");
    is_str(ops_of(one, 0), "vd", "decrypts");
    is_str(parsed(beyond(one), 0), HALVES, "d alone, beyond n");
    is_str(parsed(unit_jwk(one, &twin, NULL, n), 0), HALVES,
           "d alone, of another key");
    is_str(parsed(unit_jwk(one, &rsa, NULL, ",\"d\":\"\""), 0), HALVES,
           "d alone, empty");
    is_str(parsed(unit_jwk(one, &rsa, NULL, ",\"d\":\"AAAA\""), 0), HALVES,
           "d alone, zero");
    is_str(parsed(unit_jwk(one, &rsa, NULL, ",\"d\":\"AQ\""), 0), HALVES,
           "d alone, one");

    /* more than two primes */

    unit_jwk_pair(one, &rsa, NULL, ",\"oth\":[]");
    is_str(parsed(one, 0), "key 1: oth: a key of more than two primes",
           "oth");
    unit_jwk_pair(one, &rsa, NULL, ",\"oth\":[],\"use\":\"sig\"");
    is_str(parsed(one, 0), "", "oth, where it only verifies");
}


static void
other_halves(void)
{
    char        one[20480];
    size_t      i;
    unit_key_t  keys[7], twins[7];

    static const struct {
        const char  *type;
        const char  *opens;
        const char  *makes;
        const char  *why;           /* d of another key */
        const char  *size;          /* d of one byte */
    } rows[] = {
        { "P-256", "vd", "se", "key 1: d does not belong to x and y",
          "key 1: d of 1 bytes, not of 32 for P-256" },
        { "P-384", "vd", "se", "key 1: d does not belong to x and y",
          "key 1: d of 1 bytes, not of 48 for P-384" },
        { "P-521", "vd", "se", "key 1: d does not belong to x and y",
          "key 1: d of 1 bytes, not of 66 for P-521" },
        { "ED25519", "v", "s", "key 1: d does not belong to x",
          "key 1: d of 1 bytes, not of 32" },
        { "ED448", "v", "s", "key 1: d does not belong to x",
          "key 1: d of 1 bytes, not of 57" },
        { "X25519", "d", "e", "key 1: d does not belong to x",
          "key 1: d of 1 bytes, not of 32" },
        { "X448", "d", "e", "key 1: d does not belong to x",
          "key 1: d of 1 bytes, not of 56" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int  making;

        keys[i] = unit_key_new(rows[i].type);
        twins[i] = unit_key_new(rows[i].type);

        /* what looks at the private half: not verifying, not encrypting */

        making = (rows[i].opens[strlen(rows[i].opens) - 1] != 'd');

        unit_jwk_pair(one, &keys[i], NULL, "");
        is_str(ops_of(one, 0), rows[i].opens, "%s opens", rows[i].type);
        is_str(ops_of(one, 1), rows[i].makes, "and makes");

        exchanged(&keys[i], "d", member_of(&twins[i], "d"), "");
        is_str(parsed(text, making), rows[i].why, "%s, d of another key",
               rows[i].type);
        exchanged(&keys[i], "x", member_of(&twins[i], "x"), "");
        ok(parsed(text, making)[0] != '\0', "%s, x of another key",
           rows[i].type);
        exchanged(&keys[i], "d", "AA", "");
        is_str(parsed(text, making), rows[i].size, "d of one byte");
        exchanged(&keys[i], "d", "", "");
        ok(parsed(text, making)[0] != '\0', "d that is empty");

        EVP_PKEY_free(twins[i].pkey);
        EVP_PKEY_free(keys[i].pkey);
    }

    /* d that is zero, or the order, or beyond it */

    exchanged(&ec, "d", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "");
    ok(parsed(text, 0)[0] != '\0', "P-256, d is zero");
    exchanged(&ec, "d", "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE", "");
    ok(parsed(text, 0)[0] != '\0', "P-256, d is the order");
    exchanged(&ec, "d", "__________________________________________8", "");
    ok(parsed(text, 0)[0] != '\0', "P-256, d is beyond it");
}


/* where the private half is not used, nobody looks at what it says */

static void
not_looked_at(void)
{
    size_t  i;

    const struct {
        const unit_key_t  *key;
        const char        *more;
        int                making;
        int                looked;
    } rows[] = {
        { &rsa, ",\"use\":\"sig\"", 0, 0 },
        { &rsa, ",\"alg\":\"RS256\"", 0, 0 },
        { &rsa, ",\"key_ops\":[\"verify\"]", 0, 0 },
        { &rsa, ",\"use\":\"enc\"", 1, 0 },
        { &rsa, ",\"alg\":\"RSA-OAEP\"", 1, 0 },
        { &rsa, ",\"key_ops\":[\"wrapKey\"]", 1, 0 },
        { &rsa, "", 0, 1 },
        { &rsa, "", 1, 1 },
        { &rsa, ",\"use\":\"enc\"", 0, 1 },
        { &rsa, ",\"use\":\"sig\"", 1, 1 },
        { &ec, ",\"use\":\"sig\"", 0, 0 },
        { &ec, ",\"alg\":\"ES256\"", 0, 0 },
        { &ec, ",\"use\":\"enc\"", 1, 0 },
        { &ec, ",\"alg\":\"ECDH-ES\"", 1, 0 },
        { &ec, "", 0, 1 },
        { &ec, ",\"alg\":\"ES256\"", 1, 1 },
        { &ec, ",\"alg\":\"ECDH-ES\"", 0, 1 },
        { &x25519, "", 1, 0 },
        { &x25519, "", 0, 1 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        exchanged(rows[i].key, "d", "garbage, no base64url", rows[i].more);
        is_str(parsed(text, rows[i].making),
               rows[i].looked ? "key 1: d is not base64url" : "",
               "%s d that is garbage%s", rows[i].making ? "making," : "",
               rows[i].more);
    }
}


/* what "use", "key_ops" and "alg" leave of a private RSA key */

static void
purposes(void)
{
    char    one[20480], pub[4096];
    size_t  i;

    static const struct {
        const char  *more;
        const char  *opens;         /* the pair */
        const char  *makes;
        const char  *verifies;      /* the public half alone */
        const char  *encrypts;
    } rows[] = {
        { "", "vd", "se", "v", "e" },
        { ",\"use\":\"sig\"", "v", "s", "v", "none" },
        { ",\"use\":\"enc\"", "d", "e", "none", "e" },
        { ",\"use\":\"\"", "none", "none", "none", "none" },
        { ",\"use\":\"tls\"", "none", "none", "none", "none" },
        { ",\"key_ops\":[]", "none", "none", "none", "none" },
        { ",\"key_ops\":[\"verify\"]", "v", "none", "v", "none" },
        { ",\"key_ops\":[\"sign\"]", "none", "s", "none", "none" },
        { ",\"key_ops\":[\"decrypt\"]", "d", "none", "none", "none" },
        { ",\"key_ops\":[\"unwrapKey\"]", "d", "none", "none", "none" },
        { ",\"key_ops\":[\"encrypt\"]", "none", "e", "none", "e" },
        { ",\"key_ops\":[\"wrapKey\"]", "none", "e", "none", "e" },
        { ",\"key_ops\":[\"deriveKey\"]", "none", "none", "none", "none" },
        { ",\"key_ops\":[\"deriveBits\"]", "none", "none", "none",
          "none" },
        { ",\"key_ops\":[\"sign\",\"verify\"]", "v", "s", "v", "none" },
        { ",\"key_ops\":[\"verify\",\"unwrapKey\"]", "vd", "none", "v",
          "none" },
        { ",\"key_ops\":[\"Verify\",\"mac\",\"\"]", "none", "none", "none",
          "none" },
        { ",\"key_ops\":[\"x\",\"verify\"]", "v", "none", "v", "none" },
        { ",\"use\":\"sig\",\"key_ops\":[\"verify\"]", "v", "none", "v",
          "none" },
        { ",\"use\":\"sig\",\"key_ops\":[\"decrypt\"]", "none", "none",
          "none", "none" },
        { ",\"use\":\"enc\",\"key_ops\":[\"verify\",\"decrypt\"]", "d",
          "none", "none", "none" },
        { ",\"alg\":\"RS256\"", "v", "s", "v", "none" },
        { ",\"alg\":\"RSA-OAEP\"", "d", "e", "none", "e" },
        { ",\"alg\":\"RS256\",\"use\":\"enc\"", "none", "none", "none",
          "none" },
        { ",\"alg\":\"RSA-OAEP\",\"use\":\"sig\"", "none", "none", "none",
          "none" },
        { ",\"alg\":\"RSA1_5\"", "none", "none", "none", "none" },
        { ",\"alg\":\"RSA-OAEP\",\"key_ops\":[\"unwrapKey\"]", "d", "none",
          "none", "none" },
        { ",\"alg\":\"A256GCM\"", "none", "none", "none", "none" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_jwk_pair(one, &rsa, NULL, rows[i].more);
        unit_jwk(pub, &rsa, NULL, rows[i].more);

        is_str(ops_of(one, 0), rows[i].opens, "a pair%s: opens",
               rows[i].more);
        is_str(ops_of(one, 1), rows[i].makes, "makes");
        is_str(ops_of(pub, 0), rows[i].verifies, "the public half: opens");
        is_str(ops_of(pub, 1), rows[i].encrypts, "makes");
    }
}


/* what is passed over, in words, and does not keep the rest of a set out */

static void
words(void)
{
    char    one[20480], two[20480];
    size_t  i;

    const struct {
        const unit_key_t  *key;
        int                pair;
        const char        *more;
        int                making;
        const char        *why;
    } rows[] = {
        { &rsa, 0, ",\"use\":\"sig\"", 1,
          "key 1 passed over: without a private half it is of no use here" },
        { &rsa, 0, ",\"use\":\"enc\"", 0,
          "key 1 passed over: without a private half it is of no use here" },
        { &x25519, 0, "", 0,
          "key 1 passed over: without a private half it is of no use here" },
        { &rsa, 1, ",\"use\":\"enc\",\"alg\":\"RS256\"", 0,
          "key 1 passed over: alg \"RS256\" is of no use here" },
        { &rsa, 1, ",\"key_ops\":[\"sign\"]", 0,
          "key 1 passed over: its key_ops name nothing that is done here" },
        { &rsa, 1, ",\"key_ops\":[\"verify\"]", 1,
          "key 1 passed over: its key_ops name nothing that is done here" },
        { &rsa, 1, ",\"use\":\"tls\"", 1,
          "key 1 passed over: use \"tls\" is of no use here" },
        { &rsa, 1, ",\"alg\":\"RSA1_5\",\"kid\":\"k\"", 1,
          "key \"k\" passed over: alg \"RSA1_5\" is of no use here" },
        { &ec, 1, ",\"alg\":\"ES256\",\"key_ops\":[\"deriveKey\"]", 0,
          "key 1 passed over: alg \"ES256\" is of no use here" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].pair) {
            unit_jwk_pair(one, rows[i].key, NULL, rows[i].more);

        } else {
            unit_jwk(one, rows[i].key, NULL, rows[i].more);
        }

        sprintf(text, "no key that can be used: %s", rows[i].why);
        is_str(parsed(one, rows[i].making), text, "alone%s", rows[i].more);

        snprintf(text, sizeof(text), "{\"keys\":[%s,%s]}", one,
                 unit_jwk_pair(two, &twin, "t", ""));
        is_str(parsed(text, rows[i].making), rows[i].why,
               "beside another one");
    }
}


/* secrets for one content encryption: of its length, or an error */

static void
bound(void)
{
    char        one[4096], more[64], want[128];
    size_t      i, n;
    unit_key_t  key;

    static const struct {
        const char  *enc;
        size_t       size;
    } rows[] = {
        { "A128GCM", 16 }, { "A192GCM", 24 }, { "A256GCM", 32 },
        { "A128CBC-HS256", 32 }, { "A192CBC-HS384", 48 },
        { "A256CBC-HS512", 64 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(more, sizeof(more), ",\"alg\":\"%s\"", rows[i].enc);

        for (n = 16; n <= 64; n += 8) {
            key = unit_key_oct(n, 0);
            unit_jwk(one, &key, NULL, more);
            snprintf(want, sizeof(want), "key 1: alg \"%s\" needs another "
                     "curve or another length of secret", rows[i].enc);
            is_str(parsed(one, 0), n == rows[i].size ? "" : want,
                   "%s, a secret of %zu bytes", rows[i].enc, n);

            if (n == rows[i].size) {
                is_str(ops_of(one, 0), "d", "it decrypts");
                is_str(ops_of(one, 1), "e", "or encrypts");
            }
        }
    }
}


/* the numbers below JSON, as toucan_key_*() take them */

static void
below(void)
{
    uint8_t         bytes[64];
    toucan_diag_t   d;
    toucan_key_t   *key;
    toucan_point_t  point;

    memset(bytes, 9, sizeof(bytes));
    toucan_diag_init(&d);

    key = toucan_key_oct(toucan_str(bytes, 32), &d);
    is_str(unit_rc(toucan_key_point(key, &point)), "internal",
           "a secret has no point");
    toucan_key_free(key);

    key = toucan_key_okp(TOUCAN_CRV_X25519, toucan_str(bytes, 32),
                         toucan_str(NULL, 0), &d);
    ok(key != NULL, "a public half");
    is_str(unit_rc(toucan_key_point(key, &point)), "ok", "it has a point");
    is_mem(point.x.data, point.x.len, bytes, 32, "this one");
    is_int((int64_t) point.y.len, 0, "of one coordinate");
    toucan_key_free(key);
}


int
main(void)
{
    rsa = unit_key_new("RSA2048");
    twin = unit_key_new("RSA2048");
    ec = unit_key_new("P-256");
    x25519 = unit_key_new("X25519");

    rsa_halves();
    other_halves();
    not_looked_at();
    purposes();
    words();
    bound();
    below();

    EVP_PKEY_free(rsa.pkey);
    EVP_PKEY_free(twin.pkey);
    EVP_PKEY_free(ec.pkey);
    EVP_PKEY_free(x25519.pkey);

    return done_testing();
}
