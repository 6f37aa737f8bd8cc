
/*
 * Owns: the tests of ECDH-ES: the key derivation of RFC 7518, points that no
 * honest sender has, and what a header says besides.
 */


#include "jwe.h"

#include "jose/toucan_jwk.h"


#define PAYLOAD  "{\"sub\":\"x\"}"


static char  token[65536];


static const struct {
    const char  *type;
    size_t       size;              /* of a coordinate */
} curves[] = {
    { "P-256", 32 }, { "P-384", 48 }, { "P-521", 66 }, { "X25519", 32 },
    { "X448", 56 }
};

#define CURVES  (sizeof(curves) / sizeof(curves[0]))


static toucan_key_t *
key_of(const char *json)
{
    unit_arena_t         a;
    toucan_jwk_t         jwk;
    toucan_diag_t        d;
    toucan_key_t        *key;
    const toucan_doc_t  *doc;

    toucan_diag_init(&d);
    toucan_json_parse(toucan_cstr(json), &toucan_json_file_limits,
                      unit_arena_init(&a), &doc);

    if (toucan_jwk_read(&jwk, doc, toucan_json_root(doc), 0, TOUCAN_OPS_OPEN,
                        &d)
        != TOUCAN_JWK_OK)
    {
        diag("%s%s", d.error, d.warning);
        exit(2);
    }

    unit_arena_free(&a);
    key = jwk.key;
    jwk.key = NULL;
    toucan_jwk_free(&jwk);

    return key;
}


/* RFC 7518 appendix C */

static void
appendix(void)
{
    char                 text[512];
    uint8_t              derived[TOUCAN_CEK_MAX_SIZE];
    toucan_key_t        *alice, *bob, *other;
    toucan_parties_t     parties;

    static const char  ephemeral[] =
        "{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
        "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\","
        "\"d\":\"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo\"}";
    static const char  recipient[] =
        "{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","
        "\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\","
        "\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"}";
    static const char  twin[] =
        "{\"kty\":\"OKP\",\"crv\":\"X25519\","
        "\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\","
        "\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\"}";

    alice = key_of(ephemeral);
    bob = key_of(recipient);
    other = key_of(twin);

    parties.apu = toucan_cstr("Alice");
    parties.apv = toucan_cstr("Bob");

    is_str(unit_rc(toucan_crypto_agree(alice, bob, toucan_cstr("A128GCM"),
                                       &parties, derived, 16)),
           "ok", "Alice derives");
    text[0] = '\0';
    unit_b64_cat(text, derived, 16);
    is_str(text, "VqqN6vgjbSBcIijNcacQGg", "what RFC 7518 says");

    is_str(unit_rc(toucan_crypto_agree(bob, alice, toucan_cstr("A128GCM"),
                                       &parties, derived, 16)),
           "ok", "Bob derives");
    text[0] = '\0';
    unit_b64_cat(text, derived, 16);
    is_str(text, "VqqN6vgjbSBcIijNcacQGg", "the same");

    is_str(unit_rc(toucan_crypto_agree(bob, other, toucan_cstr("A128GCM"),
                                       &parties, derived, 16)),
           "bad_decrypt", "not with a key of another curve");

    memset(text, 'p', sizeof(text));
    parties.apu = toucan_str(text, 257);
    is_str(unit_rc(toucan_crypto_agree(bob, alice, toucan_cstr("A128GCM"),
                                       &parties, derived, 16)),
           "ok", "apu and apv of less than 512 bytes together");
    parties.apv = toucan_str(text, 290);
    is_str(unit_rc(toucan_crypto_agree(bob, alice, toucan_cstr("A128GCM"),
                                       &parties, derived, 16)),
           "bad_decrypt", "and of more");

    toucan_key_free(alice);
    toucan_key_free(bob);
    toucan_key_free(other);
}


/* A token whose header says this epk, with what the right one derives. */

static void
with_epk(const unit_key_t *key, const toucan_jwks_t *set, const char *epk,
    const char *want, const char *name)
{
    size_t       i;
    unit_plan_t  plan;

    static const char  *algs[] = { "ECDH-ES", "ECDH-ES+A128KW" };

    for (i = 0; i < 2; i++) {
        memset(&plan, 0, sizeof(unit_plan_t));
        plan.alg = algs[i];
        plan.enc = "A128GCM";
        plan.key = key;
        plan.pair = key;
        plan.epk = epk;
        is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))), want,
               "%s, epk %s", algs[i], name);
    }
}


/*
 * What an EC epk may look like.  The private half agrees with itself, so that
 * the token would open if what is wrong were passed over.
 */

static void
points(const char *type)
{
    char            epk[4096], name[64];
    size_t          i;
    unit_key_t      key;
    toucan_jwks_t  *set;

    static const struct {
        const char  *name;
        const char  *from;          /* in the right JWK */
        const char  *to;
        const char  *want;
    } rows[] = {
        { "as it should be", "", "", "ok" },
        { "with a d that is looked at by nobody", "{", "{\"d\":7,", "ok" },
        { "with a kid", "{", "{\"kid\":\"a\",", "ok" },
        { "for signatures", "{", "{\"use\":\"sig\",\"alg\":\"ES256\",",
          "ok" },
        { "without kty", "\"kty\"", "\"Kty\"", "bad_claim" },
        { "without crv", "\"crv\"", "\"Crv\"", "bad_claim" },
        { "without x", "\"x\"", "\"X\"", "bad_claim" },
        { "of kty oct", "\"kty\":\"EC\"", "\"kty\":\"oct\"", "bad_claim" },
        { "of kty RSA", "\"kty\":\"EC\"", "\"kty\":\"RSA\"", "bad_claim" },
        { "of kty OKP", "\"kty\":\"EC\"", "\"kty\":\"OKP\"", "bad_claim" },
        { "of kty EC", "\"kty\":\"OKP\"", "\"kty\":\"EC\"", "bad_claim" },
        { "of kty 7", "\"kty\":", "\"kty\":7,\"x7\":", "bad_claim" },
        { "of crv P-192", "\"crv\":\"", "\"crv\":\"P-192\",\"x7\":\"",
          "bad_claim" },
        { "of crv secp256k1", "\"crv\":\"", "\"crv\":\"secp256k1\",\"x7\":\"",
          "bad_claim" },
        { "of crv Ed25519", "\"crv\":\"", "\"crv\":\"Ed25519\",\"x7\":\"",
          "bad_claim" },
        { "without y", "\"y\"", "\"Y\"", "bad_claim" },
        { "x of another length", "\"x\":\"", "\"x\":\"AAAA", "bad_claim" },
        { "x that is empty", "\"x\":\"", "\"x\":\"\",\"x7\":\"",
          "bad_claim" },
        { "x that is no string", "\"x\":", "\"x\":7,\"x7\":", "bad_claim" },
        { "x that is no base64url", "\"x\":\"", "\"x\":\"====",
          "bad_claim" }
    };

    key = unit_key_new(type);
    set = unit_set(&key, NULL, "");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char  *p, jwk[2048];

        unit_jwk(jwk, &key, NULL, "");
        p = strstr(jwk, rows[i].from);

        if (p == NULL) {
            continue;
        }

        sprintf(epk, "%.*s%s%s", (int) (p - jwk), jwk, rows[i].to,
                p + strlen(rows[i].from));
        snprintf(name, sizeof(name), "%s: %s", type, rows[i].name);
        with_epk(&key, set, epk, rows[i].want, name);
    }

    with_epk(&key, set, "7", "bad_claim", "that is a number");
    with_epk(&key, set, "null", "bad_claim", "null");
    with_epk(&key, set, "[]", "bad_claim", "that is an array");
    with_epk(&key, set, "{}", "bad_claim", "that is empty");
    with_epk(&key, set, "\"{}\"", "bad_claim", "that is a string");

    toucan_jwks_free(set);
    EVP_PKEY_free(key.pkey);
}


/* An EC epk of coordinates that are of the right length, but no point. */

static void
coordinates(size_t n)
{
    char            epk[1024];
    size_t          i, k, size;
    BIGNUM         *prime;
    unit_key_t      key;
    toucan_jwks_t  *set;
    unsigned char   xy[2][66];

    size = curves[n].size;
    key = unit_key_new(curves[n].type);
    set = unit_set(&key, NULL, "");
    prime = NULL;
    EVP_PKEY_get_bn_param(key.pkey, OSSL_PKEY_PARAM_EC_P, &prime);

    for (i = 0; i < 6; i++) {
        unit_member_bytes(unit_jwk(epk, &key, NULL, ""), "x", xy[0]);
        unit_member_bytes(epk, "y", xy[1]);

        switch (i) {

        case 0:                     /* what infinity is sometimes written as */
            memset(xy, 0, sizeof(xy));
            break;

        case 1:                     /* a point of the twist or of none */
            xy[1][size - 1] ^= 1;
            break;

        case 2:
            xy[0][size - 1] ^= 1;
            break;

        case 3:                     /* beyond the prime */
            memset(xy[0], 0xff, size);
            break;

        case 4:
            BN_bn2binpad(prime, xy[1], (int) size);
            break;

        default:                    /* x and y exchanged */
            for (k = 0; k < size; k++) {
                xy[0][k] ^= xy[1][k];
                xy[1][k] ^= xy[0][k];
                xy[0][k] ^= xy[1][k];
            }

            break;
        }

        sprintf(epk, "{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"",
                curves[n].type);
        unit_b64_cat(epk, xy[0], size);
        strcat(epk, "\",\"y\":\"");
        unit_b64_cat(epk, xy[1], size);
        strcat(epk, "\"}");
        with_epk(&key, set, epk, "bad_claim", "that is no point");
    }

    BN_free(prime);
    toucan_jwks_free(set);
    EVP_PKEY_free(key.pkey);
}


/* Each curve's epk with each other curve's key. */

static void
crossed(void)
{
    size_t          i, k;
    unit_key_t      key, other;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    for (i = 0; i < CURVES; i++) {
        key = unit_key_new(curves[i].type);
        set = unit_set(&key, NULL, "");

        for (k = 0; k < CURVES; k++) {
            other = unit_key_new(curves[k].type);
            memset(&plan, 0, sizeof(unit_plan_t));
            plan.alg = "ECDH-ES";
            plan.enc = "A128GCM";
            plan.key = &other;

            is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))),
                   "bad_decrypt", "a key on %s, an epk on %s", curves[i].type,
                   curves[k].type);
            EVP_PKEY_free(other.pkey);
        }

        toucan_jwks_free(set);
        EVP_PKEY_free(key.pkey);
    }
}


/* points of small order: with them everybody agrees on zero */

static const struct {
    const char  *crv;
    const char  *x;
} smalls[] = {
    { "X25519",
      "0000000000000000000000000000000000000000000000000000000000000000" },
    { "X25519",
      "0100000000000000000000000000000000000000000000000000000000000000" },
    { "X25519",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800" },
    { "X25519",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157" },
    { "X25519",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
    { "X25519",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
    { "X25519",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },

    /* the same, the bit set that X25519 does not look at */

    { "X25519",
      "0000000000000000000000000000000000000000000000000000000000000080" },
    { "X25519",
      "0100000000000000000000000000000000000000000000000000000000000080" },
    { "X25519",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880" },
    { "X25519",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7" },
    { "X25519",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
    { "X25519",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
    { "X25519",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },

    { "X448", "00000000000000000000000000000000000000000000000000000000"
              "00000000000000000000000000000000000000000000000000000000" },
    { "X448", "01000000000000000000000000000000000000000000000000000000"
              "00000000000000000000000000000000000000000000000000000000" },
    { "X448", "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
              "feffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
    { "X448", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
              "feffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
    { "X448", "00000000000000000000000000000000000000000000000000000000"
              "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff" }
};


/*
 * OpenSSL must agree that it is one: it refuses to derive.  A token that is
 * sealed under the key of zeros is refused, and as a recipient's key it is.
 */

static void
small_order(void)
{
    char            epk[256], set_text[512];
    size_t          i, len;
    EVP_PKEY       *peer;
    unit_key_t      key;
    EVP_PKEY_CTX   *ctx;
    toucan_diag_t   d;
    toucan_jwks_t  *set;
    unsigned char   x[64], secret[64];

    for (i = 0; i < sizeof(smalls) / sizeof(smalls[0]); i++) {
        OPENSSL_hexstr2buf_ex(x, sizeof(x), &len, smalls[i].x, '\0');
        sprintf(epk, "{\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"",
                smalls[i].crv);
        unit_b64_cat(epk, x, len);
        strcat(epk, "\"}");

        key = unit_key_new(smalls[i].crv);
        set = unit_set(&key, NULL, "");

        peer = unit_peer(epk);
        ctx = EVP_PKEY_CTX_new(key.pkey, NULL);
        EVP_PKEY_derive_init(ctx);
        EVP_PKEY_derive_set_peer(ctx, peer);
        len = sizeof(secret);
        ok(EVP_PKEY_derive(ctx, secret, &len) != 1,
           "%s, row %zu: is of small order", smalls[i].crv, i);
        ERR_clear_error();
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(peer);

        with_epk(&key, set, epk, "bad_claim", "of small order");

        toucan_diag_init(&d);
        sprintf(set_text, "{\"keys\":[%s]}", epk);
        ok(toucan_jwks_parse_private(toucan_cstr(set_text), &d) == NULL,
           "nor can it be a recipient");
        is_str(d.error, "key 1: x is a point of small order", "and why");

        /* another point is taken */

        x[4] ^= 0x10;
        sprintf(epk, "{\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"",
                smalls[i].crv);
        unit_b64_cat(epk, x, strlen(smalls[i].x) / 2);
        strcat(epk, "\"}");
        with_epk(&key, set, epk, "bad_decrypt", "of large order");

        toucan_jwks_free(set);
        EVP_PKEY_free(key.pkey);
    }
}


/* apu and apv, at their limit and one byte past it */

static void
parties(void)
{
    char            texts[4][512], bytes[258];
    size_t          i;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    static const struct {
        int          apu;           /* -1: none, else a row of texts */
        int          apv;
        const char  *want;
    } rows[] = {
        { -1, -1, "ok" }, { 0, -1, "ok" }, { -1, 0, "ok" }, { 0, 0, "ok" },
        { 1, 1, "ok" }, { 1, 2, "ok" }, { 2, 1, "ok" }, { 2, 2, "ok" },
        { 3, -1, "bad_claim" }, { -1, 3, "bad_claim" },
        { 3, 2, "bad_claim" }, { 2, 3, "bad_claim" }
    };

    static const size_t  lengths[] = { 0, 5, 256, 257 };

    memset(bytes, 'p', sizeof(bytes));

    for (i = 0; i < 4; i++) {
        texts[i][0] = '\0';
        unit_b64_cat(texts[i], bytes, lengths[i]);
    }

    key = unit_key_new("P-256");
    set = unit_set(&key, NULL, "");

    for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        memset(&plan, 0, sizeof(unit_plan_t));
        plan.alg = (i % 2) ? "ECDH-ES" : "ECDH-ES+A256KW";
        plan.enc = "A256CBC-HS512";
        plan.key = &key;
        plan.apu = rows[i / 2].apu < 0 ? NULL : texts[rows[i / 2].apu];
        plan.apv = rows[i / 2].apv < 0 ? NULL : texts[rows[i / 2].apv];

        is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))),
               rows[i / 2].want, "%s, apu %d, apv %d", plan.alg,
               rows[i / 2].apu, rows[i / 2].apv);
    }

    /* they are told apart, and are part of what is derived */

    plan.apu = plan.apv = NULL;
    plan.more = ",\"apu\":\"QQ\"";
    is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))),
           "bad_decrypt", "an apu that the sender did not know");
    plan.more = ",\"apv\":\"QQ\"";
    is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))),
           "bad_decrypt", "an apv that the sender did not know");
    plan.more = ",\"apv\":7";
    is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))),
           "bad_claim", "an apv that is no string");
    plan.more = ",\"apu\":null";
    is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))),
           "bad_claim", "an apu that is no string");
    plan.more = ",\"apu\":\"QR\"";
    is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))),
           "bad_base64", "an apu with bits to spare");
    plan.more = ",\"apv\":\"Q\"";
    is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, PAYLOAD))),
           "bad_base64", "an apv that is cut");

    toucan_jwks_free(set);
    EVP_PKEY_free(key.pkey);
}


int
main(void)
{
    size_t  i;

    appendix();

    for (i = 0; i < CURVES; i++) {
        points(curves[i].type);

        if (curves[i].type[0] == 'P') {
            coordinates(i);
        }
    }

    crossed();
    small_order();
    parties();

    return done_testing();
}
