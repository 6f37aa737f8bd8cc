
/*
 * Owns: the tests that what a key keeps from one token to the next does not
 * matter: good and forged tokens of every use of a key in turn, keys of
 * several lengths in one set, and tokens behind a failure of OpenSSL's.
 */


#include "jwe.h"
#include "openssl_memory.h"


#define TOKENS  6
#define USES    160

/* more than any token takes */
#define MOST    5000


/* One use of a key: two good tokens, and forgeries of both. */

typedef struct {
    char         name[64];
    char        *token[TOKENS];     /* two good ones; NULL: no such forgery */
} use_t;


static use_t           uses[USES];
static unsigned        count;
static unit_jwe_t      jwe;


/* ---------------------------------------------------------------- tokens */

static const char *
payload(unsigned n)
{
    static char  text[128];

    snprintf(text, sizeof(text), "{\"n\":%u,\"text\":\"%0*u\"}", n,
             20 + (int) n * 7, n);

    return text;
}


static char *
spoiled(const char *token, size_t from_end)
{
    char  *copy;

    copy = strdup(token);
    unit_spoil(copy, from_end);

    return copy;
}


static void
signed_use(const unit_key_t *key, const char *alg)
{
    char      header[64], text[8192];
    use_t    *use;
    unsigned  i;

    use = &uses[count++];
    snprintf(use->name, sizeof(use->name), "%s", alg);
    snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg);

    for (i = 0; i < 2; i++) {
        unit_token(text, header, payload(i), alg, key);
        use->token[i] = strdup(text);

        /* the signature, and what is signed */

        use->token[2 + i] = spoiled(text, 8);
        use->token[4 + i] = spoiled(text, strlen(strrchr(text, '.')) + 4);
    }
}


static void
sealed_use(const unit_key_t *key, const char *alg, const char *enc)
{
    char          text[8192];
    use_t        *use;
    unsigned      i;
    unit_plan_t   plan;

    use = &uses[count++];
    snprintf(use->name, sizeof(use->name), "%s with %s", alg, enc);
    plan = unit_plan_of(alg, enc, key);

    for (i = 0; i < 2; i++) {
        unit_jwe_make(&jwe, &plan, payload(i), strlen(payload(i)));
        unit_jwe_write(text, &jwe);
        use->token[i] = strdup(text);

        /* the tag; the encrypted key, if there is one, or the text */

        use->token[2 + i] = spoiled(text, 4);

        if (jwe.key_len > 0) {
            jwe.key[jwe.key_len / 2] ^= 1;

        } else {
            jwe.text[0] ^= 1;
        }

        unit_jwe_write(text, &jwe);
        use->token[4 + i] = strdup(text);
    }
}


static void
forget(void)
{
    unsigned  i;

    while (count > 0) {
        count--;

        for (i = 0; i < TOKENS; i++) {
            free(uses[count].token[i]);
        }
    }

    memset(uses, 0, sizeof(uses));
}


/* All that a key is good for. */

static void
all_uses(const unit_key_t *key, const toucan_key_t *ours)
{
    unsigned             i, j;
    const toucan_alg_t  *alg;
    const toucan_enc_t  *enc;

    for (i = 0; (alg = toucan_alg_row(i)) != NULL; i++) {
        if (!toucan_key_fits(ours, alg)) {
            continue;
        }

        if (toucan_alg_signs(alg)) {
            signed_use(key, (const char *) alg->name.data);
            continue;
        }

        for (j = 0; (enc = toucan_enc_row(j)) != NULL; j++) {
            if (alg->how != TOUCAN_WRAP_DIR
                || toucan_key_fits_enc(ours, enc))
            {
                sealed_use(key, (const char *) alg->name.data,
                           (const char *) enc->name.data);
            }
        }
    }
}


/* ------------------------------------------------------------------ turns */

/* 1 when a token is opened if it is good, with its own text, or refused. */

static int
right(const toucan_jwks_t *set, const use_t *use, unsigned n)
{
    int                    ok;
    int64_t                found;
    toucan_rc_t            rc;
    toucan_jwt_t           jwt;
    unit_arena_t           a;
    const toucan_jwks_t   *sets[1];
    const toucan_node_t   *node;

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    sets[0] = set;
    rc = toucan_jwt_open(&rules, sets, 1, toucan_cstr(use->token[n]),
                         unit_arena_init(&a), &jwt);

    if (n < 2) {
        found = -1;

        if (rc == TOUCAN_OK) {
            node = toucan_json_member(jwt.payload,
                                      toucan_json_root(jwt.payload),
                                      toucan_cstr("n"));
            found = node ? node->v.integer : -1;
        }

        ok = (found == (int64_t) n);

    } else {
        ok = (rc == TOUCAN_BAD_SIGNATURE || rc == TOUCAN_BAD_DECRYPT);
    }

    unit_arena_free(&a);

    if (!ok || ERR_peek_error() != 0) {
        diag("%s, token %u: %s, an error %lu", use->name, n, unit_rc(rc),
             ERR_get_error());
        ok = 0;
    }

    return ok;
}


/* Any order, the same each time. */

static unsigned
next(unsigned below)
{
    static uint32_t  state = 2463534242u;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;

    return state % below;
}


static void
turns(const toucan_jwks_t *set, const char *name)
{
    int       wrong;
    unsigned  i, n;

    wrong = 0;

    /* good, forged, good, for each use */

    for (i = 0; i < count; i++) {
        for (n = 2; n < TOKENS; n++) {
            wrong += !right(set, &uses[i], 0);
            wrong += !right(set, &uses[i], n);
            wrong += !right(set, &uses[i], 1);
        }
    }

    is_int(wrong, 0, "%s: good, forged, good, %u uses", name, count);

    /* and all uses mixed */

    wrong = 0;

    for (i = 0; i < 4 * count; i++) {
        wrong += !right(set, &uses[next(count)], next(TOKENS));
    }

    is_int(wrong, 0, "%s: in any order", name);
}


/* A forgery is what the key meets first. */

static void
forged_first(const unit_key_t *key, const char *name)
{
    int             wrong;
    unsigned        i;
    toucan_jwks_t  *set;

    wrong = 0;

    for (i = 0; i < count; i++) {
        set = unit_set(key, NULL, "");
        wrong += !right(set, &uses[i], 2);
        wrong += !right(set, &uses[i], 4);
        wrong += !right(set, &uses[i], 0);
        toucan_jwks_free(set);
    }

    is_int(wrong, 0, "%s: a forgery first", name);
}


/* Which use a new key meets first does not matter to the others. */

static void
backwards(const unit_key_t *key, const char *name)
{
    int             wrong;
    unsigned        i;
    toucan_jwks_t  *set;

    wrong = 0;
    set = unit_set(key, NULL, "");

    for (i = count; i > 0; i--) {
        wrong += !right(set, &uses[i - 1], 0);
        wrong += !right(set, &uses[i - 1], 2);
    }

    toucan_jwks_free(set);
    is_int(wrong, 0, "%s: from the last use to the first", name);
}


static void
keys(void)
{
    size_t           i;
    unsigned         n;
    unit_key_t       key;
    toucan_jwks_t   *set;

    static const char  *types[] = {
        "16", "24", "32", "48", "64", "RSA2048", "P-256", "P-384", "P-521",
        "secp256k1", "ED25519", "ED448", "X25519", "X448"
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        key = (atoi(types[i]) > 0) ? unit_key_oct((size_t) atoi(types[i]), 1)
                                   : unit_key_new(types[i]);
        set = unit_set(&key, NULL, "");
        all_uses(&key, toucan_jwks_find(set, toucan_str(NULL, 0), &n)->key);
        turns(set, types[i]);
        backwards(&key, types[i]);

        if (key.pkey == NULL || strcmp(types[i], "P-256") == 0) {
            forged_first(&key, types[i]);
        }

        toucan_jwks_free(set);
        EVP_PKEY_free(key.pkey);
        forget();
    }
}


/* One set of secrets of several lengths, two of each, by turns. */

static void
lengths(void)
{
    char            text[8192], one[1024];
    size_t          i;
    unit_key_t      key[10];
    toucan_jwks_t  *set;

    static const size_t  sizes[] = { 16, 24, 32, 48, 64 };
    static const char   *alg[] = { "A128KW", "A192KW", "HS256", "HS384",
                                   "HS512" };
    static const char   *enc[] = { "A128GCM", "A192GCM", "A128CBC-HS256",
                                   "A192CBC-HS384", "A256CBC-HS512" };

    strcpy(text, "{\"keys\":[");

    for (i = 0; i < 10; i++) {
        key[i] = unit_key_oct(sizes[i % 5], (unsigned) i);
        strcat(text, i ? "," : "");
        strcat(text, unit_jwk(one, &key[i], NULL, ""));
    }

    strcat(text, "]}");
    set = unit_jwks(text);

    for (i = 0; i < 10; i++) {
        sealed_use(&key[i], "dir", enc[i % 5]);

        if (i % 5 < 2) {
            sealed_use(&key[i], alg[i % 5], "A256GCM");

        } else {
            signed_use(&key[i], alg[i % 5]);
        }
    }

    turns(set, "ten secrets");

    toucan_jwks_free(set);
    forget();
}


/* --------------------------------------------------------------- failures */

/*
 * OpenSSL blinds an RSA key with a pair of factors, and squares both for each
 * use: where memory was out between the two they do not fit, and all is
 * refused until new ones are made, after 32 uses.
 */

static void
settle(const toucan_jwks_t *set, const use_t *use)
{
    unsigned  i;

    if (strncmp(use->name, "RSA-", 4) != 0) {
        return;
    }

    for (i = 0; i < 32; i++) {
        if (unit_open(set, toucan_cstr(use->token[0])) == TOUCAN_OK) {
            return;
        }
    }
}


/*
 * Each allocation of OpenSSL's fails once while a token is opened, with a set
 * that is kept and one that is new; behind it the set is as good as before.
 */

static void
failures_of(const unit_key_t *key, int fresh, const use_t *use)
{
    int                   wrong;
    unsigned              n;
    toucan_rc_t           rc;
    toucan_jwks_t        *set;

    wrong = 0;
    set = NULL;

    for (n = 1; n < MOST; n++) {
        if (set == NULL) {
            set = unit_set(key, NULL, "");
        }

        unit_allocated = 0;
        unit_fail_at = n;
        rc = unit_open(set, toucan_cstr(use->token[n % 2 ? 0 : 2]));
        unit_fail_at = 0;

        wrong += (rc == TOUCAN_OK && n % 2 == 0);
        settle(set, use);
        wrong += !right(set, use, 4) + !right(set, use, 1)
                 + !right(set, use, 2) + !right(set, use, 0);

        if (fresh || unit_allocated < n) {
            toucan_jwks_free(set);
            set = NULL;
        }

        if (unit_allocated < n) {
            break;
        }
    }

    ok(n < MOST, "%s: %u allocations have failed%s", use->name, n - 1,
       fresh ? ", each with a new set" : "");
    is_int(wrong, 0, "what is kept is as good as before");
}


static void
failures(void)
{
    size_t      i;
    unit_key_t  key;

    static const struct {
        const char  *type;
        const char  *alg;
        const char  *enc;
    } rows[] = {
        { "64", "HS256", NULL },
        { "64", "HS512", NULL },
        { "RSA2048", "RS256", NULL },
        { "RSA2048", "PS512", NULL },
        { "P-256", "ES256", NULL },
        { "ED25519", "EdDSA", NULL },
        { "32", "dir", "A256GCM" },
        { "64", "dir", "A256CBC-HS512" },
        { "32", "A256KW", "A256GCM" },
        { "32", "A256KW", "A128CBC-HS256" },
        { "32", "A256GCMKW", "A256GCM" },
        { "RSA2048", "RSA-OAEP-256", "A128GCM" },
        { "P-256", "ECDH-ES", "A128GCM" },
        { "X25519", "ECDH-ES+A256KW", "A256CBC-HS512" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        key = (atoi(rows[i].type) > 0)
              ? unit_key_oct((size_t) atoi(rows[i].type), 1)
              : unit_key_new(rows[i].type);

        if (rows[i].enc == NULL) {
            signed_use(&key, rows[i].alg);

        } else {
            sealed_use(&key, rows[i].alg, rows[i].enc);
        }

        failures_of(&key, 0, &uses[0]);
        failures_of(&key, 1, &uses[0]);

        EVP_PKEY_free(key.pkey);
        forget();
    }
}


int
main(void)
{
    if (!unit_openssl_memory()) {
        fail("OpenSSL takes our allocation");
        return done_testing();
    }

    keys();
    lengths();
    failures();

    return done_testing();
}
