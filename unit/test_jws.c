
/*
 * Owns: the tests of a token's format and header, each signed by a key that
 * is known: what is refused is refused for the reason that is named.
 */


#include "tokens.h"


static unit_key_t      hmac;
static toucan_jwks_t  *jwks;

static const toucan_jwt_rules_t  rules = {
    TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
};


static toucan_rc_t
open_token(toucan_str_t token)
{
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    const toucan_jwks_t  *sets[1];

    sets[0] = jwks;
    rc = toucan_jwt_open(&rules, sets, 1, token, unit_arena_init(&a), &jwt);

    if (rc == TOUCAN_OK
        ? jwt.payload == NULL || jwt.alg == NULL
        : jwt.payload != NULL || jwt.alg != NULL)
    {
        fail("what is set agrees with the result");
    }

    unit_arena_free(&a);

    return rc;
}


static void
header(const char *text, const char *want)
{
    char  token[8192];

    is_str(unit_rc(open_token(unit_token(token, text, "{}", "HS256", &hmac))),
           want, "%s", unit_show(text));
}


#define PARAMETERS  (sizeof(parameters) / sizeof(parameters[0]))

static const char  *parameters[][2] = {

    /* let in */

    { "{\"alg\":\"HS256\"}", "ok" },
    { "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", "ok" },
    { "{\"alg\":\"HS256\",\"typ\":\"jwt\"}", "ok" },
    { "{\"alg\":\"HS256\",\"typ\":\"JwT\"}", "ok" },
    { "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "ok" },
    { "{\"alg\":\"HS256\",\"typ\":\"AT+JWT\"}", "ok" },
    { "{\"alg\":\"HS256\",\"typ\":\"application/jwt\"}", "ok" },
    { "{\"alg\":\"HS256\",\"typ\":\"Application/AT+jwt\"}", "ok" },
    { "{\"alg\":\"HS256\",\"kid\":\"h\"}", "ok" },
    { "{\"alg\":\"HS256\",\"x\":{\"y\":[1,2.5,null]}}", "ok" },
    { "{\"alg\":\"HS256\",\"ENC\":1,\"Crit\":[],\"B64\":false}", "ok" },

    /* keys of the token's own are looked at by nobody */

    { "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}", "ok" },
    { "{\"alg\":\"HS256\",\"jku\":\"https://evil.test/\",\"x5u\":\"y\","
      "\"x5c\":[\"MA\"],\"x5t\":\"z\",\"x5t#S256\":7}", "ok" },

    /* algorithms */

    { "{\"alg\":\"none\"}", "alg_not_allowed" },
    { "{\"alg\":\"None\"}", "alg_not_allowed" },
    { "{\"alg\":\"NONE\"}", "alg_not_allowed" },
    { "{\"alg\":\"nOnE\"}", "alg_not_allowed" },
    { "{\"alg\":\"\"}", "alg_not_allowed" },
    { "{\"alg\":\"hs256\"}", "alg_not_allowed" },
    { "{\"alg\":\"HS256 \"}", "alg_not_allowed" },
    { "{\"alg\":\"HS1\"}", "alg_not_allowed" },
    { "{\"alg\":\"RSA1_5\"}", "alg_not_allowed" },
    { "{\"alg\":\"PBES2-HS256+A128KW\"}", "alg_not_allowed" },
    { "{\"alg\":\"dir\"}", "alg_not_allowed" },

    /* of the wrong form */

    { "{}", "bad_claim" },
    { "{\"Alg\":\"HS256\"}", "bad_claim" },
    { "{\"ALG\":\"HS256\"}", "bad_claim" },
    { "{\"alg\":null}", "bad_claim" },
    { "{\"alg\":1}", "bad_claim" },
    { "{\"alg\":[\"HS256\"]}", "bad_claim" },
    { "{\"alg\":{\"HS256\":1}}", "bad_claim" },
    { "{\"alg\":true}", "bad_claim" },
    { "{\"alg\":1.5}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"kid\":7}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"kid\":1.5}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"kid\":null}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"kid\":[\"h\"]}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"kid\":{}}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"typ\":7}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"typ\":null}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"zip\":\"DEF\"}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"zip\":null}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"enc\":\"A128GCM\"}", "bad_claim" },
    { "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "bad_claim" },
    { "{\"alg\":\"HS256\",\"enc\":null}", "bad_claim" },

    /* extensions */

    { "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", "crit_unknown" },
    { "{\"alg\":\"HS256\",\"crit\":[]}", "crit_unknown" },
    { "{\"alg\":\"HS256\",\"crit\":null}", "crit_unknown" },
    { "{\"alg\":\"HS256\",\"crit\":\"exp\"}", "crit_unknown" },
    { "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
      "crit_unknown" },
    { "{\"alg\":\"HS256\",\"b64\":false}", "crit_unknown" },
    { "{\"alg\":\"HS256\",\"b64\":true}", "crit_unknown" },
    { "{\"alg\":\"none\",\"crit\":[\"x\"]}", "crit_unknown" },

    /* types */

    { "{\"alg\":\"HS256\",\"typ\":\"\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"JWS\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"JOSE\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"JWT \"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"application/\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"application/application/jwt\"}",
      "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"text/jwt\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"typ\":\"applications/jwt\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"cty\":\"JWT\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"cty\":\"json\"}", "bad_type" },
    { "{\"alg\":\"HS256\",\"cty\":null}", "bad_type" },

    /* not strict JSON */

    { "", "bad_json" },
    { "HS256", "bad_json" },
    { "[\"HS256\"]", "bad_json" },
    { "\"HS256\"", "bad_json" },
    { "null", "bad_json" },
    { "{\"alg\":\"HS256\"", "bad_json" },
    { "{\"alg\":\"HS256\"}}", "bad_json" },
    { "{\"alg\":\"none\",\"alg\":\"HS256\"}", "bad_json" },
    { "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", "bad_json" },
    { "{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", "bad_json" },
    { "{\"alg\":\"HS256\",\"kid\":\"h\",\"kid\":\"h\"}", "bad_json" },
    { "{\"alg\":\"HS256\\u0000\"}", "bad_json" },
    { "{\"alg\":\"HS256\",\"kid\":\"h\\u0000\"}", "bad_json" },
    { "{\"alg\":\"HS256\",\"kid\":\"\xff\"}", "bad_json" },
    { "{'alg':'HS256'}", "bad_json" },
    { "{\"alg\":\"HS256\",\"n\":99999999999999999999}", "bad_json" },
    { "{\"alg\":\"HS256\",\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
      "bad_json" },

    /* kids that no key has, paths and queries among them */

    { "{\"alg\":\"HS256\",\"kid\":\"\"}", "key_not_found" },
    { "{\"alg\":\"HS256\",\"kid\":\"H\"}", "key_not_found" },
    { "{\"alg\":\"HS256\",\"kid\":\"../../../../dev/null\"}",
      "key_not_found" },
    { "{\"alg\":\"HS256\",\"kid\":\"/etc/passwd\"}", "key_not_found" },
    { "{\"alg\":\"HS256\",\"kid\":\"' OR 1=1 --\"}", "key_not_found" },
    { "{\"alg\":\"HS256\",\"kid\":\"https://evil.test/jwks\"}",
      "key_not_found" }
};


static void
headers(void)
{
    size_t  i;

    for (i = 0; i < PARAMETERS; i++) {
        header(parameters[i][0], parameters[i][1]);
    }
}


/* the reason at each of a token's dots and letters */

static void
format(void)
{
    char    token[8192];
    size_t  i, len;

    /* H: {"alg":"HS256"}, the rest as it stands */

    static const char  *rows[][2] = {
        { "", "bad_format" },
        { ".", "bad_format" },
        { "abc", "bad_format" },
        { "H", "bad_format" },
        { "H.", "bad_format" },
        { "H.e30", "bad_format" },
        { "..", "bad_json" },
        { "H..", "bad_signature" },
        { "H.e30.", "bad_signature" },
        { ".e30.AAAA", "bad_json" },
        { "H.e30.AAAA.", "bad_format" },
        { "H.e30.AAAA.AAAA", "bad_format" },
        { "...", "bad_format" },
        { "....", "bad_json" },
        { "H.e30.AAAA.AAAA.AAAA", "bad_claim" },
        { "H.e30.AAAA.AAAA.AAAA.", "bad_format" },
        { ".....", "bad_format" },
        { "..........................................", "bad_format" },
        { " H.e30.AAAA", "bad_base64" },
        { "H .e30.AAAA", "bad_base64" },
        { "H=.e30.AAAA", "bad_base64" },
        { "eyJhbGciOiJIUzI1NiJ9Cg.e30.AAAA", "bad_signature" },
        { "eyJhbGciOiJIUzI1NiJ9Ch.e30.AAAA", "bad_base64" },
        { "H.e30.AAAA ", "bad_base64" },
        { "H.e30.AAAA=", "bad_base64" },
        { "H.e30.AAA+", "bad_base64" },
        { "H.e30.A", "bad_base64" },
        { "H.e30.AB", "bad_base64" },
        { "H.e30.AAAA\n", "bad_base64" },
        { "H.e3=.AAAA", "bad_signature" },
        { "H.e 30.AAAA", "bad_signature" },
        { "Bearer H.e30.AAAA", "bad_base64" },
        { "{\"protected\":\"H\",\"payload\":\"e30\",\"signature\":\"AAAA\"}",
          "bad_format" },
        { "eyJhbGciOiJub25lIn0.e30.", "alg_not_allowed" },
        { "eyJhbGciOiJub25lIn0.e30", "bad_format" },
        { "eyJhbGciOiJub25lIn0..", "alg_not_allowed" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        token[0] = '\0';

        for (len = 0; rows[i][0][len] != '\0'; len++) {
            if (rows[i][0][len] == 'H') {
                strcat(token, "eyJhbGciOiJIUzI1NiJ9");

            } else {
                strncat(token, &rows[i][0][len], 1);
            }
        }

        is_str(unit_rc(open_token(toucan_cstr(token))), rows[i][1],
               "row %zu, %zu bytes", i, strlen(token));
    }

    is_str(unit_rc(open_token(toucan_str(NULL, 0))), "bad_format",
           "an absent token");

    /* control characters and NULs around a token that is let in */

    unit_token(token, "{\"alg\":\"HS256\"}", "{}", "HS256", &hmac);
    len = strlen(token);
    is_str(unit_rc(open_token(toucan_str(token, len))), "ok", "a control");
    is_str(unit_rc(open_token(toucan_str(token, len + 1))), "bad_base64",
           "a NUL behind it");
    is_str(unit_rc(open_token(toucan_str(token, len - 1))), "bad_base64",
           "a letter less");
    is_str(unit_rc(open_token(toucan_str(token + 1, len - 1))), "bad_base64",
           "a letter less in front");
}


/* the last letter of a signature in its other spellings: one is let in */

static void
spelling(void)
{
    int                in;
    char               token[8192];
    size_t             i, len;
    static const char  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789-_";

    unit_token(token, "{\"alg\":\"HS256\"}", "{}", "HS256", &hmac);
    len = strlen(token);
    in = 0;

    for (i = 0; i < 64; i++) {
        token[len - 1] = letters[i];
        in += open_token(toucan_str(token, len)) == TOUCAN_OK;
    }

    is_int(in, 1, "one spelling of 64");
}


/* everything beyond the header waits for the signature */

static void
payloads(void)
{
    char    token[8192], good[8192];
    size_t  i;

    static const char  *rows[][2] = {
        { "{}", "ok" },
        { "{\"exp\":1}", "ok" },
        { "{\"exp\":1e3}", "ok" },
        { " {\"a\":9007199254740993} ", "ok" },
        { "", "bad_json" },
        { "foo", "bad_json" },
        { "[]", "bad_json" },
        { "[{}]", "bad_json" },
        { "\"x\"", "bad_json" },
        { "{\"exp\":1,\"exp\":2}", "bad_json" },
        { "{\"user\":{\"role\":\"a\",\"role\":\"b\"}}", "bad_json" },
        { "{\"sub\":\"a\\u0000b\"}", "bad_json" },
        { "{\"sub\":\"\xed\xa0\x80\"}", "bad_json" },
        { "{\"exp\":9223372036854775808}", "bad_json" },
        { "{}{}", "bad_json" },
        { "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}", "ok" },
        { "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", "bad_json" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_token(token, "{\"alg\":\"HS256\"}", rows[i][0], "HS256", &hmac);
        is_str(unit_rc(open_token(toucan_cstr(token))), rows[i][1],
               "payload, row %zu", i);

        /* the same, its signature of something else */

        unit_token(good, "{\"alg\":\"HS256\"}", "{\"x\":1}", "HS256", &hmac);
        strcpy(strrchr(token, '.'), strrchr(good, '.'));
        is_str(unit_rc(open_token(toucan_cstr(token))), "bad_signature",
               "says nothing before the signature held");
    }

    /* signed, but the payload is no base64url */

    strcpy(good, "eyJhbGciOiJIUzI1NiJ9.e30=");
    strcpy(token, good);
    i = unit_sign((unsigned char *) good + 4096, 64, "HS256", &hmac, token);
    strcat(token, ".");
    unit_b64_cat(token, good + 4096, i);
    is_str(unit_rc(open_token(toucan_cstr(token))), "bad_base64",
           "a padded payload, signed");
}


int
main(void)
{
    char  text[1024];

    hmac = unit_key_new("oct");
    jwks = unit_jwks(unit_jwk(text, &hmac, "h", ""));

    headers();
    format();
    spelling();
    payloads();

    toucan_jwks_free(jwks);

    return done_testing();
}
