
/*
 * Owns: the tests of opening a JWE: every algorithm with every content
 * encryption, and that no other byte, length or part of such a token is let
 * in.
 */


#include "jwe.h"


#define PAYLOAD  "{\"sub\":\"x\",\"user\":{\"distinctId\":\"x\"}}"


static const char  *encs[] = { "A128GCM", "A192GCM", "A256GCM",
                               "A128CBC-HS256", "A192CBC-HS384",
                               "A256CBC-HS512" };

#define ENCS  (sizeof(encs) / sizeof(encs[0]))


/* each algorithm with each type of key; "step": each so-many-th byte */

static const struct {
    const char  *alg;
    const char  *type;
    size_t       size;              /* of a secret */
    size_t       step;
} kinds[] = {
    { "dir", "oct", 0, 1 },
    { "A128KW", "oct", 16, 1 },
    { "A192KW", "oct", 24, 1 },
    { "A256KW", "oct", 32, 1 },
    { "A128GCMKW", "oct", 16, 1 },
    { "A192GCMKW", "oct", 24, 1 },
    { "A256GCMKW", "oct", 32, 1 },
    { "RSA-OAEP", "RSA2048", 0, 7 },
    { "RSA-OAEP-256", "RSA2048", 0, 7 },
    { "ECDH-ES", "P-256", 0, 1 },
    { "ECDH-ES", "P-384", 0, 17 },
    { "ECDH-ES", "P-521", 0, 17 },
    { "ECDH-ES", "X25519", 0, 1 },
    { "ECDH-ES", "X448", 0, 17 },
    { "ECDH-ES+A128KW", "P-256", 0, 5 },
    { "ECDH-ES+A128KW", "P-384", 0, 19 },
    { "ECDH-ES+A128KW", "P-521", 0, 19 },
    { "ECDH-ES+A128KW", "X25519", 0, 5 },
    { "ECDH-ES+A128KW", "X448", 0, 19 },
    { "ECDH-ES+A192KW", "P-256", 0, 5 },
    { "ECDH-ES+A192KW", "P-384", 0, 23 },
    { "ECDH-ES+A192KW", "P-521", 0, 23 },
    { "ECDH-ES+A192KW", "X25519", 0, 5 },
    { "ECDH-ES+A192KW", "X448", 0, 23 },
    { "ECDH-ES+A256KW", "P-256", 0, 5 },
    { "ECDH-ES+A256KW", "P-384", 0, 29 },
    { "ECDH-ES+A256KW", "P-521", 0, 29 },
    { "ECDH-ES+A256KW", "X25519", 0, 5 },
    { "ECDH-ES+A256KW", "X448", 0, 29 }
};

#define KINDS  (sizeof(kinds) / sizeof(kinds[0]))


/* opens what has been spoiled; counts what is let in or says something else */

static int  wrong;


static void
refused(const toucan_jwks_t *set, const unit_jwe_t *jwe, const char *want)
{
    char         token[16384];
    toucan_rc_t  rc;

    rc = unit_open(set, unit_jwe_write(token, jwe));

    if (rc == TOUCAN_OK || (want != NULL && strcmp(unit_rc(rc), want) != 0)) {
        wrong++;
        diag("%s: %s", unit_rc(rc), token);
    }
}


/* one part: each byte changed, cut, lengthened, emptied */

static void
spoil_part(const toucan_jwks_t *set, unit_jwe_t *jwe, unsigned char *part,
    size_t *len, size_t step)
{
    size_t         i, n;
    unsigned char  last;

    n = *len;

    for (i = 0; i < n; i += step) {
        part[i] ^= (unsigned char) (1 << i % 8);
        refused(set, jwe, "bad_decrypt");
        part[i] ^= (unsigned char) (1 << i % 8);
    }

    last = part[n];
    part[n] = 0;
    *len = n + 1;
    refused(set, jwe, "bad_decrypt");
    *len = n + 16;
    refused(set, jwe, "bad_decrypt");
    part[n] = last;

    if (n > 0) {
        *len = n - 1;
        refused(set, jwe, "bad_decrypt");
        *len = n / 2;
        refused(set, jwe, "bad_decrypt");
        *len = 0;
        refused(set, jwe, "bad_decrypt");
        *len = 1;
        refused(set, jwe, "bad_decrypt");
    }

    *len = n;
}


static int
spoiled(const toucan_jwks_t *set, unit_jwe_t *jwe, size_t step)
{
    size_t  i, n;

    wrong = 0;

    spoil_part(set, jwe, jwe->key, &jwe->key_len, step);
    spoil_part(set, jwe, jwe->iv, &jwe->iv_len, step);
    spoil_part(set, jwe, jwe->text, &jwe->text_len, step);
    spoil_part(set, jwe, jwe->tag, &jwe->tag_len, step);

    /* the header is bound, too, also where it means the same */

    n = strlen(jwe->header);

    for (i = 0; i < n; i += step) {
        jwe->header[i] ^= (char) (1 << i % 7);

        if (jwe->header[i] != '\0') {
            refused(set, jwe, NULL);
        }

        jwe->header[i] ^= (char) (1 << i % 7);
    }

    strcpy(jwe->header + n, " ");
    refused(set, jwe, "bad_decrypt");
    jwe->header[n] = '\0';

    return wrong;
}


/* the letters of the compact form: dots, cuts, whole parts */

static int
letters(const toucan_jwks_t *set, const char *token)
{
    int     bad;
    char    copy[32768];
    size_t  i, n, len;

    bad = 0;
    len = strlen(token);

    for (i = 0; i < len; i++) {
        if (token[i] != '.') {
            continue;
        }

        /* a dot left out, one too many, a padded part, an emptied one */

        sprintf(copy, "%.*s%s", (int) i, token, token + i + 1);
        bad += unit_open(set, toucan_cstr(copy)) != TOUCAN_BAD_FORMAT;

        sprintf(copy, "%.*s.%s", (int) i, token, token + i);
        bad += unit_open(set, toucan_cstr(copy)) != TOUCAN_BAD_FORMAT;

        sprintf(copy, "%.*s=%s", (int) i, token, token + i);
        bad += unit_open(set, toucan_cstr(copy)) != TOUCAN_BAD_BASE64;

        n = strcspn(token + i + 1, ".");
        sprintf(copy, "%.*s%s", (int) i + 1, token, token + i + 1 + n);

        if (n > 0) {
            bad += unit_open(set, toucan_cstr(copy)) != TOUCAN_BAD_DECRYPT;
        }
    }

    for (i = 0; i < len; i++) {
        bad += unit_open(set, toucan_str(token, i)) == TOUCAN_OK;
        bad += unit_open(set, toucan_str(token + i, len - i)) == TOUCAN_OK
               && i > 0;
    }

    return bad;
}


static void
opened(const unit_plan_t *plan, const toucan_jwks_t *set, size_t step)
{
    int             n;
    char            token[16384];
    unit_jwe_t     *jwe;
    unsigned char   plain[1024], cek[2048];

    jwe = malloc(sizeof(unit_jwe_t));
    unit_jwe_make(jwe, plan, PAYLOAD, strlen(PAYLOAD));
    unit_jwe_write(token, jwe);

    n = unit_jwe_open(token, plan->key, plain, cek);
    is_mem(plain, n < 0 ? 0 : (size_t) n, PAYLOAD, strlen(PAYLOAD),
           "%s, %s, %s: a control", plan->alg, plan->enc, plan->more);
    is_str(unit_rc(unit_open(set, toucan_cstr(token))), "ok", "is opened");
    is_int(spoiled(set, jwe, step), 0, "and none of the spoiled ones");

    if (step == 1) {
        is_int(letters(set, token), 0, "nor one of other letters");
    }

    free(jwe);
}


static void
round_trips(void)
{
    size_t          i, k;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    for (i = 0; i < KINDS; i++) {
        key = kinds[i].size ? unit_key_oct(kinds[i].size, 0)
                            : unit_key_new(kinds[i].type);

        for (k = 0; k < ENCS; k++) {
            if (strcmp(kinds[i].alg, "dir") == 0) {
                key = unit_key_oct(unit_enc_size(encs[k]), 0);
            }

            set = unit_set(&key, "a", "");
            memset(&plan, 0, sizeof(unit_plan_t));
            plan.alg = kinds[i].alg;
            plan.enc = encs[k];
            plan.key = &key;
            plan.more = (k % 2) ? ",\"kid\":\"a\"" : "";
            opened(&plan, set, (k == i % ENCS) ? kinds[i].step
                                               : 31 + kinds[i].step);
            toucan_jwks_free(set);
        }

        EVP_PKEY_free(key.pkey);
    }
}


/* texts of other lengths, about the blocks of AES */

static void
texts(void)
{
    char            text[2048], token[16384];
    size_t          i, n;
    unit_key_t      key;
    unit_plan_t     plan;
    toucan_jwks_t  *set;

    key = unit_key_oct(32, 0);
    set = unit_set(&key, "a", ",\"alg\":\"A256KW\"");

    memset(&plan, 0, sizeof(unit_plan_t));
    plan.alg = "A256KW";
    plan.key = &key;

    for (i = 0; i < ENCS; i++) {
        plan.enc = encs[i];

        for (n = 0; n < 50; n++) {
            sprintf(text, "{%*s}", (int) n, "");
            is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, text))), "ok",
                   "%s, a text of %zu bytes", encs[i], n + 2);
        }

        is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, ""))),
               "bad_json", "an empty text");
        is_str(unit_rc(unit_open(set, unit_jwe(token, &plan, "[]"))),
               "bad_json", "no object");
        is_str(unit_rc(unit_open(set,
                                 unit_jwe(token, &plan, "{\"a\":1,\"a\":2}"))),
               "bad_json", "a member twice");
    }

    toucan_jwks_free(set);
}


#define HEADERS  (sizeof(headers) / sizeof(headers[0]))

static const char  *headers[][2] = {
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\"", "bad_decrypt" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"kid\":\"a\"", "bad_decrypt" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"typ\":\"JWT\"",
      "bad_decrypt" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"",
      "bad_decrypt" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"cty\":\"application/jwt\"",
      "bad_decrypt" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"jwk\":{},\"jku\":7,\"x5c\":[]",
      "bad_decrypt" },

    /* algorithms that are not, or are for something else */

    { "\"alg\":\"none\",\"enc\":\"A128GCM\"", "alg_not_allowed" },
    { "\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"", "alg_not_allowed" },
    { "\"alg\":\"RSA-OAEP-512\",\"enc\":\"A128GCM\"", "alg_not_allowed" },
    { "\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2c\":1,"
      "\"p2s\":\"AA\"", "alg_not_allowed" },
    { "\"alg\":\"HS256\",\"enc\":\"A128GCM\"", "alg_not_allowed" },
    { "\"alg\":\"RS256\",\"enc\":\"A128GCM\"", "alg_not_allowed" },
    { "\"alg\":\"A128GCM\",\"enc\":\"A128GCM\"", "alg_not_allowed" },
    { "\"alg\":\"a256kw\",\"enc\":\"A128GCM\"", "alg_not_allowed" },
    { "\"alg\":\"A256KW\",\"enc\":\"a128gcm\"", "alg_not_allowed" },
    { "\"alg\":\"A256KW\",\"enc\":\"none\"", "alg_not_allowed" },
    { "\"alg\":\"A256KW\",\"enc\":\"A256KW\"", "alg_not_allowed" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128CBC\"", "alg_not_allowed" },
    { "\"alg\":\"A256KW\",\"enc\":\"\"", "alg_not_allowed" },
    { "\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"cty\":\"x\"",
      "alg_not_allowed" },

    /* a key that is there, but not for this */

    { "\"alg\":\"A128KW\",\"enc\":\"A128GCM\",\"kid\":\"a\"",
      "alg_not_allowed" },
    { "\"alg\":\"A128KW\",\"enc\":\"A128GCM\"", "key_not_found" },
    { "\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"kid\":\"a\"",
      "alg_not_allowed" },
    { "\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"a\"",
      "alg_not_allowed" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"kid\":\"b\"",
      "key_not_found" },

    /* of the wrong form */

    { "\"alg\":\"A256KW\"", "bad_claim" },
    { "\"enc\":\"A128GCM\"", "bad_claim" },
    { "\"alg\":\"A256KW\",\"enc\":7", "bad_claim" },
    { "\"alg\":7,\"enc\":\"A128GCM\"", "bad_claim" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"zip\":\"DEF\"", "bad_claim" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"zip\":null", "bad_claim" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"kid\":7", "bad_claim" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"typ\":7", "bad_claim" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"crit\":[\"x\"],\"x\":1",
      "crit_unknown" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"b64\":true", "crit_unknown" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"cty\":\"JWE\"", "bad_type" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"cty\":7", "bad_type" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"typ\":\"JOSE\"", "bad_type" },
    { "\"alg\":\"A256KW\",\"alg\":\"A256KW\",\"enc\":\"A128GCM\"",
      "bad_json" },
    { "\"alg\":\"A256KW\",\"enc\":\"A128GCM\",\"enc\":\"A256GCM\"",
      "bad_json" },

    /* A*GCMKW */

    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\"", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\","
      "\"iv\":\"AAAAAAAAAAAAAAAA\"", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\","
      "\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"AAAAAAAAAAAAAAAA\","
      "\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "bad_decrypt" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"AAAAAAAAAAAAAA\","
      "\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\","
      "\"iv\":\"AAAAAAAAAAAAAAAAAA\",\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"",
      "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"AAAAAAAAAAAAAAAA\","
      "\"tag\":\"AAAAAAAAAAAAAAAA\"", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"AAAAAAAAAAAAAAAA\","
      "\"tag\":\"\"", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"\","
      "\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":7,"
      "\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"AAAAAAAAAAAAAAAA\","
      "\"tag\":null", "bad_claim" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"AAAAAAAAAAAAAAA=\","
      "\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "bad_base64" },
    { "\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"AAAAAAAAAAAAAAAA\","
      "\"tag\":\"AAAAAAAAAAAAAAAAAAAAAB\"", "bad_base64" }
};


static void
parameters(void)
{
    char            token[8192];
    size_t          i;
    unit_key_t      key;
    unit_jwe_t     *jwe;
    toucan_jwks_t  *set;

    key = unit_key_oct(32, 0);
    set = unit_set(&key, "a", "");
    jwe = calloc(1, sizeof(unit_jwe_t));

    jwe->key_len = 24;
    jwe->iv_len = 12;
    jwe->text_len = 2;
    jwe->tag_len = 16;

    for (i = 0; i < HEADERS; i++) {
        sprintf(jwe->header, "{%s}", headers[i][0]);
        is_str(unit_rc(unit_open(set, unit_jwe_write(token, jwe))),
               headers[i][1], "%s", unit_show(headers[i][0]));
    }

    free(jwe);
    toucan_jwks_free(set);
}


/* what calls it has counted the parts; it counts them all the same */

static void
reading(void)
{
    size_t        i, n;
    unit_arena_t  a;
    toucan_jwe_t  jwe;

    static char  text[TOUCAN_JWT_MAX_SIZE + 2];

    static const char  *rows[][2] = {
        { "", "bad_format" },
        { "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "bad_format" },
        { "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..", "bad_format" },
        { "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0...", "bad_format" },
        { "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0....", "ok" },
        { "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0.....", "bad_format" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_str(unit_rc(toucan_jwe_read(&jwe, toucan_cstr(rows[i][0]),
                                       unit_arena_init(&a))),
               rows[i][1], "\"%s\"", rows[i][0]);
        unit_arena_free(&a);
    }

    for (n = TOUCAN_JWT_MAX_SIZE; n <= TOUCAN_JWT_MAX_SIZE + 1; n++) {
        memset(text, 'A', n);
        memcpy(text, rows[4][0], strlen(rows[4][0]));
        is_str(unit_rc(toucan_jwe_read(&jwe, toucan_str(text, n),
                                       unit_arena_init(&a))),
               n == TOUCAN_JWT_MAX_SIZE ? "ok" : "too_large", "%zu bytes", n);
        unit_arena_free(&a);
    }
}


int
main(void)
{
    reading();
    round_trips();
    texts();
    parameters();

    return done_testing();
}
