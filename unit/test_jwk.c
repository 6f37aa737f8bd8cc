
/*
 * Owns: the tests of one JWK: what is taken, what is passed over and what is
 * an error, each with the words that an operator reads.
 */


#include "tokens.h"


#define K32  "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""
#define K31  "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg\""

/* RFC 7515 A.3 and RFC 8037 A.2 */

#define EC256                                                                 \
    "\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define ED25519                                                               \
    "\"crv\":\"Ed25519\","                                                     \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""


static void
check(const char *text, const char *want, const char *why)
{
    unit_arena_t         a;
    toucan_jwk_t         jwk;
    toucan_diag_t        d;
    toucan_jwk_result_e  rc;
    const toucan_doc_t  *doc;

    toucan_diag_init(&d);

    if (toucan_json_parse(toucan_cstr(text), &toucan_json_file_limits,
                          unit_arena_init(&a), &doc)
        != TOUCAN_OK)
    {
        fail("not JSON: %s", text);
        return;
    }

    rc = toucan_jwk_read(&jwk, doc, toucan_json_root(doc), 1,
                         TOUCAN_OPS_OPEN, &d);

    is_str(rc == TOUCAN_JWK_OK ? "ok"
           : rc == TOUCAN_JWK_SKIP ? "skip" : "error",
           want, "%s", unit_show(text));
    is_str(rc == TOUCAN_JWK_SKIP ? d.warning : d.error, why, "and why");
    is_int(d.warnings, rc == TOUCAN_JWK_SKIP, "a warning or none");

    if (rc == TOUCAN_JWK_OK) {
        ok(jwk.key != NULL, "there is a key");
        toucan_jwk_free(&jwk);
        toucan_jwk_free(&jwk);

    } else {
        ok(jwk.key == NULL && jwk.kid.data == NULL, "nothing is left");
    }

    is_int((int64_t) ERR_peek_error(), 0, "no OpenSSL error is left");
    unit_arena_free(&a);
}


static const struct {
    const char  *text;
    const char  *want;
    const char  *why;
} rows[] = {

    /* controls */

    { "{\"kty\":\"oct\"," K32 "}", "ok", "" },
    { "{\"kty\":\"oct\"," K32 ",\"alg\":\"HS256\",\"use\":\"sig\","
      "\"key_ops\":[\"sign\",\"verify\"],\"kid\":\"a\"}", "ok", "" },
    { "{\"kty\":\"EC\"," EC256 "}", "ok", "" },
    { "{\"kty\":\"EC\"," EC256 ",\"alg\":\"ES256\"}", "ok", "" },
    { "{\"kty\":\"OKP\"," ED25519 ",\"alg\":\"EdDSA\"}", "ok", "" },
    { "{\"kty\":\"EC\"," EC256 ",\"x5c\":[1],\"x5u\":null}", "ok", "" },
    { "{\"kty\":\"oct\"," K32 ",\"kid\":\"\"}", "ok", "" },

    /* passed over */

    { "{\"kty\":\"AKP\",\"kid\":\"x\"}", "skip",
      "key \"x\" passed over: kty \"AKP\" is of no use here" },
    { "{\"kty\":\"rsa\"}", "skip",
      "key 2 passed over: kty \"rsa\" is of no use here" },
    { "{\"kty\":\"OCT\"}", "skip",
      "key 2 passed over: kty \"OCT\" is of no use here" },
    { "{\"kty\":\"\"}", "skip",
      "key 2 passed over: kty \"\" is of no use here" },
    { "{\"kty\":\"oct\"," K32 ",\"use\":\"SIG\"}", "skip",
      "key 2 passed over: use \"SIG\" is of no use here" },
    { "{\"kty\":\"oct\"," K32 ",\"key_ops\":[\"sign\"]}", "skip",
      "key 2 passed over: its key_ops name nothing that is done here" },
    { "{\"kty\":\"oct\"," K32 ",\"key_ops\":[]}", "skip",
      "key 2 passed over: its key_ops name nothing that is done here" },
    { "{\"kty\":\"oct\"," K32 ",\"alg\":\"none\"}", "skip",
      "key 2 passed over: alg \"none\" is of no use here" },
    { "{\"kty\":\"oct\"," K32 ",\"alg\":\"hs256\"}", "skip",
      "key 2 passed over: alg \"hs256\" is of no use here" },
    { "{\"kty\":\"RSA\",\"alg\":\"RSA-OAEP\"}", "skip",
      "key 2 passed over: without a private half it is of no use here" },
    { "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"\"}", "skip",
      "key 2 passed over: without a private half it is of no use here" },
    { "{\"kty\":\"EC\",\"crv\":\"P-192\"}", "skip",
      "key 2 passed over: crv \"P-192\" is of no use here" },
    { "{\"kty\":\"EC\",\"crv\":\"p-256\"}", "skip",
      "key 2 passed over: crv \"p-256\" is of no use here" },

    /* of the wrong type */

    { "{}", "error", "key 2: kty is missing" },
    { "{\"kty\":7}", "error", "key 2: kty is not a string" },
    { "{\"kty\":null}", "error", "key 2: kty is not a string" },
    { "{\"kty\":[\"oct\"]}", "error", "key 2: kty is not a string" },
    { "{\"kty\":\"oct\"," K32 ",\"kid\":7}", "error",
      "key 2: kid is not a string" },
    { "{\"kty\":\"AKP\",\"kid\":{}}", "error", "key 2: kid is not a string" },
    { "{\"kty\":\"oct\"," K32 ",\"use\":1}", "error",
      "key 2: use is not a string" },
    { "{\"kty\":\"oct\"," K32 ",\"alg\":true}", "error",
      "key 2: alg is not a string" },
    { "{\"kty\":\"oct\"," K32 ",\"key_ops\":\"verify\"}", "error",
      "key 2: key_ops is not an array" },
    { "{\"kty\":\"oct\"," K32 ",\"key_ops\":[\"verify\",1]}", "error",
      "key 2: key_ops holds something else than strings" },

    /* algorithms that do not go with the key */

    { "{\"kty\":\"oct\"," K32 ",\"alg\":\"RS256\",\"kid\":\"a\"}", "error",
      "key \"a\": alg \"RS256\" is one of another kty" },
    { "{\"kty\":\"RSA\",\"alg\":\"HS256\"}", "error",
      "key 2: alg \"HS256\" is one of another kty" },
    { "{\"kty\":\"EC\"," EC256 ",\"alg\":\"ES384\"}", "error",
      "key 2: alg \"ES384\" needs another curve or another length of secret" },
    { "{\"kty\":\"EC\"," EC256 ",\"alg\":\"ES256K\"}", "error",
      "key 2: alg \"ES256K\" needs another curve or another length of secret" },
    { "{\"kty\":\"EC\"," EC256 ",\"alg\":\"EdDSA\"}", "error",
      "key 2: alg \"EdDSA\" is one of another kty" },
    { "{\"kty\":\"OKP\"," ED25519 ",\"alg\":\"ES256\"}", "error",
      "key 2: alg \"ES256\" is one of another kty" },
    { "{\"kty\":\"oct\"," K32 ",\"alg\":\"HS512\",\"kid\":\"short\"}",
      "error",
      "key \"short\": alg \"HS512\" needs another curve or another length of "
      "secret" },
    { "{\"kty\":\"oct\"," K31 ",\"alg\":\"HS256\"}", "error",
      "key 2: alg \"HS256\" needs another curve or another length of secret" },
    { "{\"kty\":\"oct\"," K31 "}", "error",
      "key 2: of no length that any algorithm can use" },
    { "{\"kty\":\"oct\",\"k\":\"AA\"}", "error",
      "key 2: of no length that any algorithm can use" },

    /* members */

    { "{\"kty\":\"oct\",\"kid\":\"a\"}", "error", "key \"a\": k is missing" },
    { "{\"kty\":\"oct\",\"k\":7}", "error", "key 2: k is not a string" },
    { "{\"kty\":\"oct\",\"k\":7,\"use\":\"enc\"}", "error",
      "key 2: k is not a string" },
    { "{\"kty\":\"oct\",\"k\":\"\"}", "error",
      "key 2: a secret of 0 bytes, not of 1 to 1024" },
    { "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
      "\"}", "error", "key 2: k is not base64url" },
    { "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9"
      "\"}", "error", "key 2: k is not base64url" },
    { "{\"kty\":\"oct\",\"k\":\"AA+/\"}", "error",
      "key 2: k is not base64url" },
    { "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "error", "key 2: n is missing" },
    { "{\"kty\":\"RSA\",\"n\":\"AQAB\"}", "error", "key 2: e is missing" },
    { "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}", "error",
      "key 2: an RSA modulus of 0 bits, not of 2048 to 16384" },
    { "{\"kty\":\"RSA\",\"n\":\"AAAA\",\"e\":\"AQAB\"}", "error",
      "key 2: an RSA modulus of 0 bits, not of 2048 to 16384" },
    { "{\"kty\":\"EC\"}", "error", "key 2: crv is missing" },
    { "{\"kty\":\"EC\",\"crv\":1}", "error", "key 2: crv is not a string" },
    { "{\"kty\":\"EC\",\"crv\":\"Ed25519\"}", "error",
      "key 2: crv \"Ed25519\" is one of another kty" },
    { "{\"kty\":\"OKP\",\"crv\":\"P-256\"}", "error",
      "key 2: crv \"P-256\" is one of another kty" },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"AA\"}", "error",
      "key 2: x is missing" },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}", "error",
      "key 2: y is missing" },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", "error",
      "key 2: x is missing" },

    /* points: too short, of another curve, off the curve, infinity */

    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "error",
      "key 2: x and y of 1 and 1 bytes, not of 32 for P-256" },
    { "{\"kty\":\"EC\",\"crv\":\"P-384\","
      "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}", "error",
      "key 2: x and y of 32 and 32 bytes, not of 48 for P-384" },
    { "{\"kty\":\"EC\",\"crv\":\"secp256k1\","
      "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}", "error",
      "key 2: x and y are not a point on secp256k1" },
    { "{\"kty\":\"EC\",\"kid\":\"off\",\"crv\":\"P-256\","
      "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"}", "error",
      "key \"off\": x and y are not a point on P-256" },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\","
      "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
      "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", "error",
      "key 2: x and y are not a point on P-256" },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\","
      "\"x\":\"__________________________________________8\","
      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}", "error",
      "key 2: x and y are not a point on P-256" },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}", "error",
      "key 2: x of 3 bytes, not of 32" },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed448\","
      "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}", "error",
      "key 2: x of 32 bytes, not of 57" },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
      "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", "error",
      "key 2: x is a point of small order" },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
      "\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"}", "error",
      "key 2: x is a point of small order" },

    /* what is quoted of a key is printable, whatever the key says */

    { "{\"kty\":\"a\\n\\u00e9\\u007f\",\"kid\":\"\\u001b[0m\"}", "skip",
      "key \"?[0m\" passed over: kty \"a????\" is of no use here" }
};


/* RSA numbers of many kinds; the modulus is made of its size only */

static void
rsa(void)
{
    char           text[8192];
    size_t         i, n;
    unsigned char  bytes[2100];
    unsigned char  e[16];

    static const struct {
        size_t       zeros;         /* octets before n */
        unsigned     bits;
        unsigned     low;           /* the last octet of n */
        const char  *e;
        size_t       e_len;
        const char  *want;
        const char  *why;
    } sizes[] = {
        { 0, 2048, 3, "\x03", 1, "ok", "" },
        { 1, 2048, 3, "\x01\x00\x01", 3, "ok", "" },
        { 3, 2048, 3, "\x00\x00\x01\x00\x01", 5, "ok", "" },
        { 0, 16384, 3, "\x01\x00\x01", 3, "ok", "" },
        { 0, 2049, 3, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "ok", "" },
        { 0, 2047, 3, "\x01\x00\x01", 3, "error",
          "key 2: an RSA modulus of 2047 bits, not of 2048 to 16384" },
        { 2, 2047, 3, "\x01\x00\x01", 3, "error",
          "key 2: an RSA modulus of 2047 bits, not of 2048 to 16384" },
        { 0, 1024, 3, "\x01\x00\x01", 3, "error",
          "key 2: an RSA modulus of 1024 bits, not of 2048 to 16384" },
        { 0, 16385, 3, "\x01\x00\x01", 3, "error",
          "key 2: an RSA modulus of 16385 bits, not of 2048 to 16384" },
        { 30, 16384, 3, "\x01\x00\x01", 3, "error", "key 2: n is too long" },
        { 0, 2048, 2, "\x01\x00\x01", 3, "error",
          "key 2: an even RSA modulus" },
        { 0, 2048, 3, "", 0, "error",
          "key 2: an RSA exponent that is even or less than 3" },
        { 0, 2048, 3, "\x00", 1, "error",
          "key 2: an RSA exponent that is even or less than 3" },
        { 0, 2048, 3, "\x01", 1, "error",
          "key 2: an RSA exponent that is even or less than 3" },
        { 0, 2048, 3, "\x02", 1, "error",
          "key 2: an RSA exponent that is even or less than 3" },
        { 0, 2048, 3, "\x01\x00\x00", 3, "error",
          "key 2: an RSA exponent that is even or less than 3" },
        { 0, 2048, 3, "\x01\x00\x00\x00\x00\x00\x00\x00\x01", 9, "error",
          "key 2: an RSA exponent of more than 64 bits" }
    };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        n = (sizes[i].bits + 7) / 8;

        memset(bytes, 0, sizes[i].zeros);
        memset(bytes + sizes[i].zeros, 0x5a, n);
        bytes[sizes[i].zeros] = (unsigned char) (1 << (sizes[i].bits - 1) % 8);
        bytes[sizes[i].zeros + n - 1] = (unsigned char) sizes[i].low;
        memcpy(e, sizes[i].e, sizes[i].e_len);

        strcpy(text, "{\"kty\":\"RSA\",\"e\":\"");
        unit_b64_cat(text, e, sizes[i].e_len);
        strcat(text, "\",\"n\":\"");
        unit_b64_cat(text, bytes, sizes[i].zeros + n);
        strcat(text, "\"}");

        check(text, sizes[i].want, sizes[i].why);
    }
}


/* a kid at its limit, a secret at its limit */

static void
limits(void)
{
    char           text[8192], kid[300], why[1024];
    unsigned char  secret[4096];

    memset(kid, 'k', sizeof(kid));
    kid[256] = '\0';
    snprintf(text, sizeof(text), "{\"kty\":\"oct\"," K32 ",\"kid\":\"%s\"}",
             kid);
    check(text, "ok", "");

    kid[256] = 'k';
    kid[257] = '\0';
    snprintf(text, sizeof(text), "{\"kty\":\"oct\"," K32 ",\"kid\":\"%s\"}",
             kid);
    check(text, "error", "key 2: kid is too long");

    /* both are quoted, cut */

    kid[256] = '\0';
    snprintf(text, sizeof(text), "{\"kty\":\"%s\",\"kid\":\"%s\"}", kid, kid);
    kid[128] = '\0';
    snprintf(why, sizeof(why), "key \"%s\" passed over: kty \"%s\" is of no "
             "use here", kid, kid);
    check(text, "skip", why);

    memset(secret, 7, sizeof(secret));

    strcpy(text, "{\"kty\":\"oct\",\"k\":\"");
    unit_b64_cat(text, secret, 1024);
    strcat(text, "\"}");
    check(text, "ok", "");

    strcpy(text, "{\"kty\":\"oct\",\"k\":\"");
    unit_b64_cat(text, secret, 1025);
    strcat(text, "\"}");
    check(text, "error", "key 2: a secret of 1025 bytes, not of 1 to 1024");

    strcpy(text, "{\"kty\":\"oct\",\"k\":\"");
    unit_b64_cat(text, secret, 4096);
    strcat(text, "\"}");
    check(text, "error", "key 2: k is too long");
}


/* what other implementations write of their keys */

static void
made(void)
{
    char                 text[8192];
    size_t               i;
    unit_key_t           key;
    static const char   *types[] = { "oct", "RSA2048", "RSA4096", "P-256",
                                     "P-384", "P-521", "secp256k1",
                                     "ED25519", "ED448" };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        key = unit_key_new(types[i]);
        check(unit_jwk(text, &key, "made", ""), "ok", "");
        EVP_PKEY_free(key.pkey);
    }
}


static void
not_an_object(void)
{
    unit_arena_t         a;
    toucan_jwk_t         jwk;
    toucan_diag_t        d;
    const toucan_doc_t  *doc;

    toucan_diag_init(&d);
    toucan_json_parse(toucan_cstr("{\"a\":7}"), &toucan_json_file_limits,
                      unit_arena_init(&a), &doc);

    is_int(toucan_jwk_read(&jwk, doc,
                           toucan_json_child(doc, toucan_json_root(doc)), 0,
                           TOUCAN_OPS_OPEN, &d),
           TOUCAN_JWK_ERROR, "a number is no key");
    is_str(d.error, "key 1: not an object", "and why");
    unit_arena_free(&a);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(rows[i].text, rows[i].want, rows[i].why);
    }

    rsa();
    limits();
    made();
    not_an_object();

    return done_testing();
}
