
/*
 * Owns: the tests of master keys: which secrets are one, what is wrong with
 * others, in words, and that none opens or makes a token itself.
 */


#include "jwe.h"


#define PAYLOAD  "{\"sub\":\"x\"}"

#define OCT      "{\"kty\":\"oct\","
#define K31      "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg\""
#define K32      "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""
#define KID      ",\"kid\":\"m\""
#define DERIVE   ",\"key_ops\":[\"deriveKey\"]"
#define NOTHING                                                               \
    "no key that can be used: key \"m\" passed over: its key_ops name "       \
    "nothing that is done here"


static char  text[8192];


/* The operations of the one key, or what is wrong. */

static const char *
read_as(const char *json, int making)
{
    unsigned              n, ops;
    toucan_jwks_t        *jwks;
    static char           letters[8];
    static toucan_diag_t  d;

    toucan_diag_init(&d);
    jwks = making ? toucan_jwks_parse_private(toucan_cstr(json), &d)
                  : toucan_jwks_parse(toucan_cstr(json), &d);

    if (jwks == NULL) {
        return d.error;
    }

    ops = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n)->ops;
    snprintf(letters, sizeof(letters), "%s%s%s%s%s",
             ops & TOUCAN_OP_VERIFY ? "v" : "",
             ops & TOUCAN_OP_DECRYPT ? "d" : "",
             ops & TOUCAN_OP_SIGN ? "s" : "",
             ops & TOUCAN_OP_ENCRYPT ? "e" : "",
             ops & TOUCAN_OP_DERIVE ? "m" : "");
    toucan_jwks_free(jwks);

    return letters;
}


static void
check(const char *json, const char *opens, const char *makes)
{
    is_str(read_as(json, 0), opens, "opening: %s", unit_show(json));
    is_str(read_as(json, 1), makes ? makes : opens, "and making");
}


static const struct {
    const char  *json;
    const char  *opens;
    const char  *makes;             /* NULL: the same */
} rows[] = {
    { OCT K32 KID DERIVE "}", "m", NULL },
    { OCT K32 KID ",\"key_ops\":[\"deriveBits\"]}", "m", NULL },
    { OCT K32 KID ",\"key_ops\":[\"deriveKey\",\"deriveBits\",\"x\"]}", "m",
      NULL },
    { OCT K32 KID ",\"use\":\"enc\"" DERIVE "}", "m", NULL },

    /* with others */

    { OCT K32 KID ",\"key_ops\":[\"deriveKey\",\"decrypt\"]}", "dm", "m" },
    { OCT K32 KID ",\"key_ops\":[\"deriveKey\",\"encrypt\"]}", "m", "em" },
    { OCT K32 KID ",\"key_ops\":[\"verify\",\"deriveKey\"]}", "vm", "m" },
    { OCT K32 KID ",\"use\":\"enc\",\"key_ops\":[\"verify\",\"deriveKey\"]}",
      "m", NULL },

    /* who does not say so is none */

    { OCT K32 KID "}", "vd", "se" },
    { OCT K32 KID ",\"use\":\"enc\"}", "d", "e" },
    { OCT K32 KID ",\"key_ops\":[\"decrypt\",\"encrypt\"]}", "d", "e" },
    { OCT K32 KID ",\"key_ops\":[\"DeriveKey\"]}", NOTHING, NULL },
    { OCT K32 KID ",\"key_ops\":[\"deriveKey \"]}", NOTHING, NULL },
    { OCT K32 KID ",\"key_ops\":[]}", NOTHING, NULL },

    /* what does not go with it */

    { OCT K32 KID ",\"use\":\"sig\"" DERIVE "}",
      "key \"m\": use \"sig\" on a master key, whose use is \"enc\"", NULL },
    { OCT K32 KID ",\"use\":\"sig\",\"key_ops\":[\"verify\",\"sign\","
      "\"deriveBits\"]}",
      "key \"m\": use \"sig\" on a master key, whose use is \"enc\"", NULL },
    { OCT K32 KID ",\"use\":\"tls\"" DERIVE "}",
      "no key that can be used: key \"m\" passed over: use \"tls\" is of no "
      "use here", NULL },
    { OCT K32 KID ",\"use\":7" DERIVE "}", "key \"m\": use is not a string",
      NULL },
    { OCT K32 KID ",\"alg\":\"HKDF-SHA256\"" DERIVE "}",
      "key \"m\": alg \"HKDF-SHA256\" on a master key, which has none",
      NULL },
    { OCT K32 KID ",\"alg\":\"A256GCM\"" DERIVE "}",
      "key \"m\": alg \"A256GCM\" on a master key, which has none", NULL },
    { OCT K32 KID ",\"alg\":\"dir\",\"key_ops\":[\"decrypt\",\"encrypt\","
      "\"deriveKey\"]}",
      "key \"m\": alg \"dir\" on a master key, which has none", NULL },
    { OCT K32 KID ",\"alg\":null" DERIVE "}", "key \"m\": alg is not a string",
      NULL },
    { OCT K32 DERIVE "}", "key 1: a master key without a kid", NULL },
    { OCT K32 ",\"kid\":\"\"" DERIVE "}", "key \"\": a master key without a "
      "kid", NULL },

    /* its secret */

    { OCT K31 KID DERIVE "}",
      "key \"m\": a master key of 31 bytes, not of 32 to 1024", NULL },
    { OCT "\"k\":\"\"" KID DERIVE "}",
      "key \"m\": a master key of 0 bytes, not of 32 to 1024", NULL },
    { OCT K31 KID ",\"key_ops\":[\"deriveKey\",\"sign\",\"decrypt\"]}",
      "key \"m\": a master key of 31 bytes, not of 32 to 1024", NULL },
    { OCT "\"k\":\"A\"" KID DERIVE "}", "key \"m\": k is not base64url",
      NULL },
    { "{\"kty\":\"oct\"" KID DERIVE "}", "key \"m\": k is missing", NULL },

    /* other types have none: of RSA nothing, of EC to agree on a key */

    { "{\"kty\":\"RSA\"" KID DERIVE "}", NOTHING, NULL },
    { "{\"kty\":\"RSA\",\"alg\":\"x\"" DERIVE "}",
      "no key that can be used: key 1 passed over: its key_ops name nothing "
      "that is done here", NULL },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES\","
      "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
      "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"" DERIVE "}", "d",
      "e" }
};


static void
lengths(void)
{
    char           kid[300];
    size_t         n;
    unsigned char  secret[1100];

    memset(kid, 'k', sizeof(kid));
    memset(secret, 7, sizeof(secret));

    for (n = 191; n <= 192; n++) {
        snprintf(text, sizeof(text), OCT K32 DERIVE ",\"kid\":\"%.*s\"}",
                 (int) n, kid);
        ok(strstr(read_as(text, 1), n == 191
                                    ? "m" : ": kid is too long for a master "
                                            "key") != NULL,
           "a kid of %zu bytes", n);

        /* of another key it may be as long */

        snprintf(text, sizeof(text), OCT K32 ",\"kid\":\"%.*s\"}", (int) n,
                 kid);
        is_str(read_as(text, 1), "se", "of another key");
    }

    for (n = 1024; n <= 1025; n++) {
        strcpy(text, OCT "\"k\":\"");
        unit_b64_cat(text, secret, n);
        strcat(text, "\"" KID DERIVE "}");
        is_str(read_as(text, 0),
               n == 1024 ? "m" : "key \"m\": a secret of 1025 bytes, not of 1 "
                                 "to 1024",
               "a secret of %zu bytes", n);
    }

    /* a length that no algorithm uses will do */

    strcpy(text, OCT "\"k\":\"");
    unit_b64_cat(text, secret, 33);
    strcat(text, "\"" KID ",\"key_ops\":[\"deriveKey\",\"decrypt\"]}");
    is_str(read_as(text, 0), "m", "a secret of 33 bytes");
}


/* A token under the master's own bytes meets no key. */

static void
picked(void)
{
    char            key_text[1024], token[4096], header[64];
    size_t          i;
    unsigned        n;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    static const struct {
        const char  *kid;           /* of the token */
        const char  *alg;
        const char  *ops;           /* of the key */
        const char  *want;
    } cases[] = {
        { "m", "dir", "\"deriveKey\"", "alg_not_allowed" },
        { NULL, "dir", "\"deriveKey\"", "alg_not_allowed" },
        { "m.7f3a", "dir", "\"deriveKey\"", "key_not_found" },
        { "m", "A256KW", "\"deriveKey\"", "alg_not_allowed" },
        { "m", "A256GCMKW", "\"deriveBits\"", "alg_not_allowed" },
        { "m", "HS256", "\"deriveKey\"", "alg_not_allowed" },
        { NULL, "HS256", "\"deriveKey\"", "alg_not_allowed" },

        /* controls */

        { "m", "dir", "\"deriveKey\",\"decrypt\"", "ok" },
        { "m", "HS256", "\"deriveKey\",\"verify\"", "ok" },
        { "m", "HS256", "\"deriveKey\",\"decrypt\"", "alg_not_allowed" },
        { "m", "dir", "\"decrypt\"", "ok" },
        { NULL, "dir", "\"decrypt\"", "ok" }
    };

    key = unit_key_oct(32, 0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sprintf(header, ",\"key_ops\":[%s]", cases[i].ops);
        set = unit_jwks(unit_jwk(key_text, &key, "m", header));
        header[0] = '\0';

        if (cases[i].kid != NULL) {
            sprintf(header, ",\"kid\":\"%s\"", cases[i].kid);
        }

        if (cases[i].alg[0] == 'H') {
            sprintf(text, "{\"alg\":\"HS256\"%s}", header);
            unit_token(token, text, PAYLOAD, "HS256", &key);

        } else {
            plan = unit_plan_of(cases[i].alg, "A256GCM", &key);
            plan.more = header;
            unit_jwe(token, &plan, PAYLOAD);
        }

        is_str(unit_rc(unit_open(set, toucan_cstr(token))), cases[i].want,
               "%s, kid %s, of a key for %s", cases[i].alg,
               cases[i].kid ? cases[i].kid : "none", cases[i].ops);
        toucan_jwks_free(set);
    }

    /* nor does it make one */

    for (i = 0; i < 2; i++) {
        unit_arena_t         a;
        toucan_str_t         made;
        const toucan_jwk_t  *jwk;

        set = unit_jwks_private(unit_jwk(key_text, &key, "m",
                                         i ? ",\"key_ops\":[\"deriveKey\","
                                             "\"encrypt\",\"sign\"]"
                                           : DERIVE));
        jwk = toucan_jwks_find(set, toucan_cstr("m"), &n);

        is_str(unit_rc(toucan_jwe_encrypt(jwk,
                                          toucan_alg_find(toucan_cstr("dir")),
                                          toucan_enc_find(toucan_cstr(
                                                          "A256GCM")), 0,
                                          toucan_cstr(PAYLOAD),
                                          unit_arena_init(&a), &made)),
               i ? "ok" : "alg_not_allowed", "encrypting");
        unit_arena_free(&a);
        is_str(unit_rc(toucan_jws_sign(jwk,
                                       toucan_alg_find(toucan_cstr("HS256")),
                                       toucan_cstr(PAYLOAD),
                                       unit_arena_init(&a), &made)),
               i ? "ok" : "alg_not_allowed", "signing");
        unit_arena_free(&a);
        toucan_jwks_free(set);
    }
}


/* A location that has nothing else can open nothing. */

static void
possible(void)
{
    int                   i;
    toucan_jwks_t        *set;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    for (i = 0; i < 2; i++) {
        set = unit_jwks(i ? OCT K32 KID "}" : OCT K32 KID DERIVE "}");
        sets[0] = set;
        is_int(toucan_pick_possible(&rules, sets, 1), i,
               "%s", i ? "a secret opens tokens" : "a master key opens none");
        toucan_jwks_free(set);
    }
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(rows[i].json, rows[i].opens, rows[i].makes);
    }

    lengths();
    picked();
    possible();

    return done_testing();
}
