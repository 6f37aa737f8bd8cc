
/*
 * Owns: the tests of which key opens which token: algorithms, key-bound and
 * not, kids, several sets, limits, and memory that runs out.
 */


#include "tokens.h"


#define ALL  TOUCAN_ALGS_ALL

#define KINDS  15


static const struct {
    const char  *alg;
    const char  *type;
} kinds[KINDS] = {
    { "HS256", "oct" }, { "HS384", "oct" }, { "HS512", "oct" },
    { "RS256", "RSA2048" }, { "RS384", "RSA2048" }, { "RS512", "RSA2048" },
    { "PS256", "RSA2048" }, { "PS384", "RSA2048" }, { "PS512", "RSA2048" },
    { "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" },
    { "ES256K", "secp256k1" },
    { "EdDSA", "ED25519" }, { "EdDSA", "ED448" }
};

static unit_key_t  keys[KINDS];


/* Opens with up to two sets; jwt's kid is copied where kid is not NULL. */

static toucan_rc_t
open_with(const toucan_jwks_t *one, const toucan_jwks_t *two,
    toucan_algs_t algs, toucan_algs_t unbound, toucan_str_t token, char *kid)
{
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    toucan_jwt_rules_t    rules;
    const toucan_jwks_t  *sets[2];

    rules.max_size = 8192;
    rules.types = TOUCAN_TYPES_ALL;
    rules.algs = algs;
    rules.algs_unbound = unbound;

    sets[0] = one;
    sets[1] = two;

    rc = toucan_jwt_open(&rules, sets, (one != NULL) + (two != NULL), token,
                         unit_arena_init(&a), &jwt);

    if (kid != NULL) {
        if (jwt.kid.data == NULL) {
            strcpy(kid, "(absent)");

        } else {
            memcpy(kid, jwt.kid.data, jwt.kid.len);
            kid[jwt.kid.len] = '\0';
        }
    }

    unit_arena_free(&a);

    return rc;
}


static const char *
opened(const char *set, toucan_algs_t algs, toucan_algs_t unbound,
    toucan_str_t token)
{
    toucan_rc_t     rc;
    toucan_jwks_t  *jwks;

    jwks = unit_jwks(set);
    rc = open_with(jwks, NULL, algs, unbound, token, NULL);
    toucan_jwks_free(jwks);

    return unit_rc(rc);
}


static void
algorithms(void)
{
    char                 set[8192], token[8192], header[128], more[64];
    size_t               i, k;
    const toucan_alg_t  *alg;

    for (i = 0; i < KINDS; i++) {
        alg = toucan_alg_find(toucan_cstr(kinds[i].alg));

        for (k = 0; k < 2; k++) {
            snprintf(header, sizeof(header), "{\"alg\":\"%s\"%s}",
                     kinds[i].alg, k ? ",\"kid\":\"a\"" : "");
            unit_token(token, header, "{\"sub\":\"x\"}", kinds[i].alg,
                       &keys[i]);

            unit_jwk(set, &keys[i], "a", "");
            is_str(opened(set, 0, alg->bit, toucan_cstr(token)), "ok",
                   "%s, %s, %s, a key without alg", kinds[i].alg,
                   kinds[i].type, k ? "by kid" : "without kid");
            is_str(opened(set, ALL, ALL & ~alg->bit, toucan_cstr(token)),
                   "alg_not_allowed", "not when it is not allowed for those");
            is_str(opened(set, 0, 0, toucan_cstr(token)), "alg_not_allowed",
                   "nor at all");

            snprintf(more, sizeof(more), ",\"alg\":\"%s\"", kinds[i].alg);
            unit_jwk(set, &keys[i], "a", more);
            is_str(opened(set, alg->bit, 0, toucan_cstr(token)), "ok",
                   "bound to it");
            is_str(opened(set, ALL & ~alg->bit, ALL, toucan_cstr(token)),
                   "alg_not_allowed", "not when it is not allowed for those");
        }
    }
}


/* each key, bound to its algorithm, meets a token of each other one */

static void
bound(void)
{
    char         set[8192], token[8192], header[128], more[64];
    size_t       i, k;
    const char  *got;

    for (i = 0; i < KINDS; i++) {
        snprintf(more, sizeof(more), ",\"alg\":\"%s\"", kinds[i].alg);
        unit_jwk(set, &keys[i], "a", more);

        for (k = 0; k < KINDS; k++) {
            if (strcmp(kinds[i].alg, kinds[k].alg) == 0) {
                continue;
            }

            snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"a\"}",
                     kinds[k].alg);
            unit_token(token, header, "{}", kinds[k].alg, &keys[k]);
            is_str(opened(set, ALL, ALL, toucan_cstr(token)),
                   "alg_not_allowed", "a key for %s, a token of %s",
                   kinds[i].alg, kinds[k].alg);

            /* no key is meant: is there one that could be? */

            snprintf(header, sizeof(header), "{\"alg\":\"%s\"}",
                     kinds[k].alg);
            unit_token(token, header, "{}", kinds[k].alg, &keys[k]);
            got = opened(set, ALL, ALL, toucan_cstr(token));
            is_str(got, strcmp(kinds[i].type, kinds[k].type) == 0
                        ? "alg_not_allowed" : "key_not_found",
                   "and without a kid");
        }
    }
}


/* the public key, in some of its spellings, as an HMAC secret */

static void
secret_of(unit_key_t *fake, const void *data, size_t len)
{
    memset(fake, 0, sizeof(unit_key_t));
    fake->secret_len = (len < 1024) ? len : 1024;
    memcpy(fake->secret, data, fake->secret_len);
}


static void
confusion(void)
{
    BIO            *bio;
    char            set[8192], token[8192], *pem, *number;
    size_t          i, k, len;
    unsigned char   der[4096], *p;
    unit_key_t      fake[5];

    static const size_t  victims[] = { 3, 9, 13 };

    for (i = 0; i < 3; i++) {
        unit_jwk(set, &keys[victims[i]], "a", "");

        p = der;
        secret_of(&fake[0], der,
                  (size_t) i2d_PUBKEY(keys[victims[i]].pkey, &p));

        bio = BIO_new(BIO_s_mem());
        PEM_write_bio_PUBKEY(bio, keys[victims[i]].pkey);
        len = (size_t) BIO_get_mem_data(bio, &pem);
        secret_of(&fake[1], pem, len);
        BIO_free(bio);

        secret_of(&fake[2], set, strlen(set));

        number = strstr(set, victims[i] == 3 ? "\"n\":\"" : "\"x\":\"") + 5;
        secret_of(&fake[3], number, strcspn(number, "\""));
        secret_of(&fake[4], "", 0);

        for (k = 0; k < 5; k++) {
            unit_token(token, "{\"alg\":\"HS256\",\"kid\":\"a\"}", "{}",
                       "HS256", &fake[k]);
            is_str(opened(set, ALL, ALL, toucan_cstr(token)),
                   "alg_not_allowed", "an HMAC under a public key, by kid");

            unit_token(token, "{\"alg\":\"HS256\"}", "{}", "HS256", &fake[k]);
            is_str(opened(set, ALL, ALL, toucan_cstr(token)),
                   "key_not_found", "an HMAC under a public key, without");
        }
    }
}


/* the token brings the key that it was signed with */

static void
embedded(void)
{
    char        set[8192], jwk[4096], token[16384], header[8192];
    unit_key_t  attacker;

    attacker = unit_key_new("P-256");
    unit_jwk(jwk, &attacker, "a", "");
    unit_jwk(set, &keys[9], "a", "");

    snprintf(header, sizeof(header),
             "{\"alg\":\"ES256\",\"kid\":\"a\",\"jwk\":%s}", jwk);
    unit_token(token, header, "{}", "ES256", &attacker);
    is_str(opened(set, ALL, ALL, toucan_cstr(token)), "bad_signature",
           "signed by the key in the header");

    unit_token(token, header, "{}", "ES256", &keys[9]);
    is_str(opened(set, ALL, ALL, toucan_cstr(token)), "ok",
           "signed by ours: the header's is not looked at");

    EVP_PKEY_free(attacker.pkey);
}


/* which keys are tried, and what is said when none is */

static void
selection(void)
{
    char            one[8192], text[8192], token[8192], kid[512];
    size_t          i;
    unit_key_t      other;
    toucan_jwks_t  *a, *b, *both;

    static const struct {
        const char  *header;
        const char  *first;         /* with the set of "a" */
        const char  *second;        /* with the set of "b" and no kid */
        const char  *together;
        const char  *kid;
    } rows[] = {
        { "{\"alg\":\"ES256\"}", "ok", "bad_signature", "ok", "(absent)" },
        { "{\"alg\":\"ES256\",\"kid\":\"b\"}", "key_not_found",
          "bad_signature", "bad_signature", "b" },

        /* a kid that no key has: the one without a kid is tried */

        { "{\"alg\":\"ES256\",\"kid\":\"a\"}", "ok", "bad_signature", "ok",
          "a" },
        { "{\"alg\":\"ES256\",\"kid\":\"c\"}", "key_not_found",
          "bad_signature", "bad_signature", "c" },
        { "{\"alg\":\"ES256\",\"kid\":\"\"}", "key_not_found",
          "bad_signature", "bad_signature", "" },
        { "{\"alg\":\"ES256\",\"kid\":7}", "bad_claim", "bad_claim",
          "bad_claim", "(absent)" },
        { "{\"alg\":\"none\",\"kid\":\"a\"}", "alg_not_allowed",
          "alg_not_allowed", "alg_not_allowed", "a" }
    };

    other = unit_key_new("P-256");
    a = unit_jwks(unit_jwk(one, &keys[9], "a", ""));
    sprintf(text, "{\"keys\":[%s", unit_jwk(one, &other, "b", ""));
    sprintf(text + strlen(text), ",%s]}",
            unit_jwk(one, &other, NULL, ",\"alg\":\"ES256\""));
    b = unit_jwks(text);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_token(token, rows[i].header, "{}", "ES256", &keys[9]);

        is_str(unit_rc(open_with(a, NULL, ALL, ALL, toucan_cstr(token), kid)),
               rows[i].first, "%s, the first set", rows[i].header);
        is_str(kid, rows[i].kid, "its kid");
        is_str(unit_rc(open_with(b, NULL, ALL, ALL, toucan_cstr(token), kid)),
               rows[i].second, "the second");
        is_str(unit_rc(open_with(a, b, ALL, ALL, toucan_cstr(token), kid)),
               rows[i].together, "both");
        is_str(unit_rc(open_with(b, a, ALL, ALL, toucan_cstr(token), kid)),
               rows[i].together, "the other way round");
        is_str(kid, rows[i].kid, "the same kid");
    }

    unit_token(token, "{\"alg\":\"ES256\"}", "{}", "ES256", &keys[9]);
    is_str(unit_rc(open_with(NULL, NULL, ALL, ALL, toucan_cstr(token), NULL)),
           "key_not_found", "no set at all");

    /* two keys of one kid: a rotation that forgot to rename */

    sprintf(text, "{\"keys\":[%s,", unit_jwk(one, &other, "a", ""));
    sprintf(text + strlen(text), "%s]}", unit_jwk(one, &keys[9], "a", ""));
    both = unit_jwks(text);
    unit_token(token, "{\"alg\":\"ES256\",\"kid\":\"a\"}", "{}", "ES256",
               &keys[9]);
    is_str(unit_rc(open_with(both, NULL, ALL, ALL, toucan_cstr(token), NULL)),
           "ok", "two keys of one kid, the one");
    unit_token(token, "{\"alg\":\"ES256\",\"kid\":\"a\"}", "{}", "ES256",
               &other);
    is_str(unit_rc(open_with(both, NULL, ALL, ALL, toucan_cstr(token), NULL)),
           "ok", "and the other");

    toucan_jwks_free(both);
    toucan_jwks_free(b);
    toucan_jwks_free(a);
    EVP_PKEY_free(other.pkey);
}


/* as many keys as are tried, and one more; only those that fit count */

static void
tries(void)
{
    char        *text, one[4096], token[8192];
    unsigned     i, n, k;
    unit_key_t   other;

    text = malloc(65536);
    other = unit_key_new("P-256");

    for (k = 0; k < 2; k++) {
        for (n = TOUCAN_JWT_MAX_TRIES - 1; n <= TOUCAN_JWT_MAX_TRIES; n++) {
            sprintf(text, "{\"keys\":[%s",
                    unit_jwk(one, &keys[9], k ? "a" : NULL, ""));

            for (i = 0; i < n; i++) {
                sprintf(text + strlen(text), ",%s,",
                        unit_jwk(one, &other, k ? "a" : NULL, ""));
                strcat(text, unit_jwk(one, &keys[13], k ? "a" : NULL, ""));
            }

            strcat(text, "]}");
            unit_token(token, k ? "{\"alg\":\"ES256\",\"kid\":\"a\"}"
                                : "{\"alg\":\"ES256\"}",
                       "{}", "ES256", &keys[9]);
            is_str(opened(text, ALL, ALL, toucan_cstr(token)),
                   n < TOUCAN_JWT_MAX_TRIES ? "ok" : "key_not_found",
                   "%u keys that fit, %s", n + 1,
                   k ? "of one kid" : "without a kid");
        }
    }

    EVP_PKEY_free(other.pkey);
    free(text);
}


static void
limits(void)
{
    char                  set[8192], kid[300], *token, header[512];
    size_t                i;
    unit_arena_t          a;
    toucan_jwt_t          jwt;
    toucan_jwks_t        *jwks;
    const toucan_jwks_t  *sets[1];
    toucan_jwt_rules_t    rules = { 0, TOUCAN_TYPES_ALL, ALL, ALL };

    /* a kid of 256 bytes, and of 257 */

    token = calloc(1, 128 * 1024);
    memset(kid, 'k', sizeof(kid));

    for (i = 256; i <= 257; i++) {
        kid[256] = '\0';
        unit_jwk(set, &keys[0], kid, "");
        kid[256] = 'k';
        kid[i] = '\0';
        snprintf(header, sizeof(header), "{\"alg\":\"HS256\",\"kid\":\"%s\"}",
                 kid);
        unit_token(token, header, "{}", "HS256", &keys[0]);
        is_str(opened(set, ALL, ALL, toucan_cstr(token)),
               i == 256 ? "ok" : "bad_claim", "a kid of %zu bytes", i);
    }

    /* the rules' size, to the byte */

    jwks = unit_jwks(set);
    sets[0] = jwks;
    unit_token(token, "{\"alg\":\"HS256\"}", "{}", "HS256", &keys[0]);

    for (i = 0; i < 2; i++) {
        rules.max_size = strlen(token) - i;
        is_str(unit_rc(toucan_jwt_open(&rules, sets, 1, toucan_cstr(token),
                                       unit_arena_init(&a), &jwt)),
               i == 0 ? "ok" : "too_large", "the size allowed, less %zu", i);
        is_int(a.count > 0, i == 0, "allocates or not");
        unit_arena_free(&a);
    }

    /* whatever the rules say */

    rules.max_size = 128 * 1024;

    for (i = 65536; i <= 65537; i++) {
        memset(token, 'A', i);
        is_str(unit_rc(toucan_jwt_open(&rules, sets, 1, toucan_str(token, i),
                                       unit_arena_init(&a), &jwt)),
               i == 65536 ? "bad_format" : "too_large", "%zu bytes", i);
        unit_arena_free(&a);
    }

    toucan_jwks_free(jwks);
    free(token);
}


/* each allocation of the arena fails, in turn */

static void
memory(void)
{
    char                  set[8192], token[8192], header[64];
    size_t                i;
    unsigned              n;
    unit_arena_t          a;
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    toucan_jwks_t        *jwks;
    const toucan_jwks_t  *sets[1];
    toucan_jwt_rules_t    rules = { 8192, TOUCAN_TYPES_ALL, ALL, ALL };

    for (i = 0; i < KINDS; i += 3) {
        jwks = unit_jwks(unit_jwk(set, &keys[i], "a", ""));
        sets[0] = jwks;
        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"a\"}",
                 kinds[i].alg);
        unit_token(token, header, "{\"sub\":\"x\"}", kinds[i].alg, &keys[i]);

        for (n = 1; n < 20; n++) {
            unit_arena_init(&a);
            a.fail_at = n;
            rc = toucan_jwt_open(&rules, sets, 1, toucan_cstr(token),
                                 &a.arena, &jwt);

            if (rc == TOUCAN_OK) {
                unit_arena_free(&a);
                break;
            }

            is_str(unit_rc(rc), "no_memory", "%s, allocation %u fails",
                   kinds[i].alg, n);
            ok(jwt.payload == NULL && jwt.alg == NULL, "nothing is set");
            unit_arena_free(&a);
        }

        is_int(n, 6, "five allocations a token");
        toucan_jwks_free(jwks);
    }
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < KINDS; i++) {
        keys[i] = (i > 0 && strcmp(kinds[i].type, kinds[i - 1].type) == 0)
                  ? keys[i - 1] : unit_key_new(kinds[i].type);
    }

    algorithms();
    bound();
    confusion();
    embedded();
    selection();
    tries();
    limits();
    memory();

    for (i = 0; i < KINDS; i++) {
        if (i + 1 == KINDS || keys[i].pkey != keys[i + 1].pkey) {
            EVP_PKEY_free(keys[i].pkey);
        }
    }

    return done_testing();
}
