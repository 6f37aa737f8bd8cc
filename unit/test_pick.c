
/*
 * Owns: the tests of which keys a token meets: by kid, over several sets, by
 * what a key is for and what it is bound to, signatures and encryption alike.
 */


#include "jwe.h"


#define PAYLOAD  "{\"sub\":\"x\"}"
#define ALL      TOUCAN_ALGS_ALL


/* A and B are secrets of 32 bytes, C of 64, R is RSA, E on P-256, X X25519 */

static unit_key_t   keys[256];
static char         token[65536];


/*
 * Reads "A a use=enc|B - /R r alg=RSA-OAEP": sets are parted by "/", keys by
 * "|"; each is a key, its kid or "-", and members; ops=x is key_ops ["x"].
 */

static unsigned
sets_of(const char *spec, toucan_jwks_t **sets)
{
    int          n;
    char         text[65536], one[16384], more[256], kid[64], name[32];
    char         value[32], key;
    unsigned     count;
    const char  *p;

    for (count = 0, p = spec; *p != '\0'; count++) {
        strcpy(text, "{\"keys\":[");

        for ( ;; ) {
            sscanf(p, " %c %63[^ /|]%n", &key, kid, &n);
            p += n;
            more[0] = '\0';

            while (sscanf(p, " %31[a-z]=%31[^ /|]%n", name, value, &n) == 2) {
                sprintf(more + strlen(more),
                        strcmp(name, "ops") ? ",\"%s\":\"%s\""
                                            : ",\"key_%s\":[\"%s\"]",
                        name, value);
                p += n;
            }

            strcat(text, unit_jwk_pair(one, &keys[(unsigned char) key],
                                       kid[0] == '-' ? NULL : kid, more));

            if (*p != '|') {
                break;
            }

            strcat(text, ",");
            p++;
        }

        sets[count] = unit_jwks(strcat(text, "]}"));
        p += (*p == '/');
    }

    return count;
}


typedef struct {
    const char     *sets;
    const char     *alg;
    const char     *enc;            /* NULL: a JWS */
    char            key;            /* what made the token */
    const char     *kid;
    const char     *want;
} row_t;


static void
check(const row_t *row, toucan_algs_t algs, toucan_algs_t unbound)
{
    char                header[256];
    unsigned            n, i;
    unit_arena_t        a;
    unit_plan_t         plan;
    toucan_rc_t         rc;
    toucan_jwt_t        jwt;
    toucan_jwks_t      *sets[8], *turned[8];
    toucan_jwt_rules_t  rules = { 65536, TOUCAN_TYPES_ALL, 0, 0 };

    rules.algs = algs;
    rules.algs_unbound = unbound;

    header[0] = '\0';

    if (row->kid != NULL) {
        sprintf(header, ",\"kid\":\"%s\"", row->kid);
    }

    if (row->enc != NULL) {
        memset(&plan, 0, sizeof(unit_plan_t));
        plan.alg = row->alg;
        plan.enc = row->enc;
        plan.key = &keys[(unsigned char) row->key];
        plan.more = header;
        unit_jwe(token, &plan, PAYLOAD);

    } else {
        char  jws[512];

        sprintf(jws, "{\"alg\":\"%s\"%s}", row->alg, header);
        unit_token(token, jws, PAYLOAD, row->alg,
                   &keys[(unsigned char) row->key]);
    }

    n = sets_of(row->sets, sets);

    for (i = 0; i < n; i++) {
        turned[i] = sets[n - 1 - i];
    }

    rc = toucan_jwt_open(&rules, (const toucan_jwks_t *const *) sets, n,
                         toucan_cstr(token), unit_arena_init(&a), &jwt);
    unit_arena_free(&a);
    is_str(unit_rc(rc), row->want, "%s of %c, kid %s: %s", row->alg, row->key,
           row->kid ? row->kid : "none", row->sets);

    if (rc == TOUCAN_OK) {
        ok(toucan_pick_possible(&rules, (const toucan_jwks_t *const *) sets,
                                n), "and that was possible");
    }

    if (n > 1) {
        rc = toucan_jwt_open(&rules, (const toucan_jwks_t *const *) turned, n,
                             toucan_cstr(token), unit_arena_init(&a), &jwt);
        unit_arena_free(&a);
        is_str(unit_rc(rc), row->want, "and the sets the other way round");
    }

    for (i = 0; i < n; i++) {
        toucan_jwks_free(sets[i]);
    }
}


/* Whether any token at all can be opened, type by type and of all of them. */

static void
possible(void)
{
    size_t              i;
    unsigned            n, k;
    toucan_jwks_t      *sets[8];
    toucan_jwt_rules_t  rules;

    enum { S = TOUCAN_TYPE_SIGNED, E = TOUCAN_TYPE_ENCRYPTED,
           N = TOUCAN_TYPE_NESTED, P = TOUCAN_TYPE_SEALED };

    const toucan_algs_t  hmac = TOUCAN_ALGS_HMAC, enc = TOUCAN_ALGS_ENC;
    const toucan_algs_t  sign = TOUCAN_ALGS_SIGN, wrap = TOUCAN_ALGS_WRAP;
    const toucan_algs_t  dir = toucan_alg_find(toucan_cstr("dir"))->bit;
    const toucan_algs_t  gcm = toucan_enc_find(toucan_cstr("A128GCM"))->bit;
    const toucan_algs_t  cbc =
                         toucan_enc_find(toucan_cstr("A128CBC-HS256"))->bit;

    const struct {
        const char       *sets;
        toucan_algs_t     algs;
        toucan_algs_t     unbound;
        unsigned          types;    /* those that can be opened */
    } rows[] = {
        { "", ALL, ALL, 0 },
        { "A a", ALL, ALL, S | E | N },
        { "A a", ALL, ALL & ~hmac, E },
        { "A a alg=HS256", ALL, ALL & ~hmac, S },
        { "A a use=sig", ALL, ALL & ~hmac, 0 },
        { "A a use=sig", ALL, ALL, S },
        { "A a use=enc", ALL, ALL, E },
        { "R r use=sig", ALL, ALL, S },
        { "R r use=enc", ALL, ALL, P },
        { "R r", ALL, ALL, S | N | P },
        { "X x", ALL, ALL, P },
        { "X x|R r use=sig", ALL, ALL, S | N | P },
        { "X x/R r use=sig", ALL, ALL, S | N | P },
        { "R r use=sig/X x", ALL, ALL, S | N | P },
        { "R r use=sig/A a use=enc", ALL, ALL, S | E | N },
        { "A a use=enc/X x", ALL, ALL, E | P },

        /* what the rules leave */

        { "R r use=sig/A a use=enc", sign, sign, S },
        { "R r use=sig/A a use=enc", wrap, wrap, 0 },
        { "R r use=sig/A a use=enc", enc, enc, 0 },
        { "R r use=sig/A a use=enc", wrap | enc, wrap | enc, E },
        { "R r use=sig/A a use=enc", sign | enc, sign | enc, S },
        { "R r alg=RS256", ALL, 0, S },
        { "R r use=sig", ALL, 0, 0 },

        /* dir needs a content encryption of the secret's length */

        { "A a", dir | gcm, dir | gcm, 0 },
        { "A a", dir | cbc, dir | cbc, E },
        { "A a alg=A256GCM", dir | cbc, dir | cbc, 0 },
        { "A a alg=A256GCM", dir | enc, dir | enc, E }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        n = sets_of(rows[i].sets, sets);
        rules.max_size = 65536;
        rules.algs = rows[i].algs;
        rules.algs_unbound = rows[i].unbound;

        for (k = 1; k <= TOUCAN_TYPES_ALL; k++) {
            rules.types = k;
            is_int(toucan_pick_possible(&rules,
                                        (const toucan_jwks_t *const *) sets,
                                        n),
                   (k & rows[i].types) != 0, "types %u of \"%s\", row %zu", k,
                   rows[i].sets, i);
        }

        for (k = 0; k < n; k++) {
            toucan_jwks_free(sets[k]);
        }
    }
}


static const row_t  kids[] = {

    /* those of the kid, in whatever set */

    { "A a", "HS256", NULL, 'A', "a", "ok" },
    { "A a", "HS256", NULL, 'A', NULL, "ok" },
    { "A a", "HS256", NULL, 'A', "b", "key_not_found" },
    { "A a", "HS256", NULL, 'B', "a", "bad_signature" },
    { "A a/B b", "HS256", NULL, 'A', "a", "ok" },
    { "A a/B b", "HS256", NULL, 'B', "b", "ok" },
    { "A a/B b", "HS256", NULL, 'B', "a", "bad_signature" },
    { "A a/B b", "HS256", NULL, 'B', NULL, "ok" },
    { "A a/B a", "HS256", NULL, 'A', "a", "ok" },
    { "A a/B a", "HS256", NULL, 'B', "a", "ok" },
    { "A a|B a", "HS256", NULL, 'B', "a", "ok" },
    { "A a/B b/R r", "HS256", NULL, 'B', "c", "key_not_found" },
    { "A a", "A256KW", "A256GCM", 'A', "a", "ok" },
    { "A a", "A256KW", "A256GCM", 'A', NULL, "ok" },
    { "A a", "A256KW", "A256GCM", 'A', "b", "key_not_found" },
    { "A a/B b", "A256KW", "A256GCM", 'B', "b", "ok" },
    { "A a/B b", "A256KW", "A256GCM", 'B', "a", "bad_decrypt" },
    { "A a/B b", "A256KW", "A256GCM", 'B', NULL, "ok" },
    { "A a|B a", "A256KW", "A256GCM", 'B', "a", "ok" },
    { "R a/X b", "ECDH-ES", "A256GCM", 'X', NULL, "ok" },

    /* those without a kid, where no key in any set has the token's */

    { "A -", "HS256", NULL, 'A', "a", "ok" },
    { "A -|B b", "HS256", NULL, 'A', "a", "ok" },
    { "A -|B b", "HS256", NULL, 'A', "b", "bad_signature" },
    { "A -/B b", "HS256", NULL, 'A', "b", "bad_signature" },
    { "A -/B b", "HS256", NULL, 'A', "c", "ok" },
    { "A -/B b", "HS256", NULL, 'B', "c", "bad_signature" },
    { "A -/B -", "HS256", NULL, 'B', "c", "ok" },
    { "A -/R b", "HS256", NULL, 'A', "b", "alg_not_allowed" },
    { "R -/E b", "HS256", NULL, 'A', "a", "key_not_found" },
    { "A - alg=A256KW|C b", "HS256", NULL, 'A', "a", "alg_not_allowed" },
    { "A -", "A256KW", "A256GCM", 'A', "a", "ok" },
    { "A -/B b", "A256KW", "A256GCM", 'A', "b", "bad_decrypt" },
    { "A -/B b", "A256KW", "A256GCM", 'A', "c", "ok" },
    { "A -/B b", "A256KW", "A256GCM", 'B', "c", "bad_decrypt" },
    { "X -", "ECDH-ES+A128KW", "A256GCM", 'X', "zz", "ok" }
};


static const row_t  ops[] = {

    /* use */

    { "A a use=sig", "HS256", NULL, 'A', "a", "ok" },
    { "A a use=enc", "HS256", NULL, 'A', "a", "alg_not_allowed" },
    { "A a use=enc", "HS256", NULL, 'A', NULL, "alg_not_allowed" },
    { "A a use=enc", "A256KW", "A256GCM", 'A', "a", "ok" },
    { "A a use=sig", "A256KW", "A256GCM", 'A', "a", "alg_not_allowed" },
    { "A a use=sig", "A256KW", "A256GCM", 'A', NULL, "alg_not_allowed" },
    { "A a use=sig", "dir", "A256GCM", 'A', "a", "alg_not_allowed" },
    { "R r use=sig", "RSA-OAEP", "A256GCM", 'R', "r", "alg_not_allowed" },
    { "R r use=sig", "RS256", NULL, 'R', "r", "ok" },
    { "R r use=enc", "RS256", NULL, 'R', "r", "alg_not_allowed" },
    { "R r use=enc", "RSA-OAEP", "A256GCM", 'R', "r", "ok" },
    { "E e use=sig", "ECDH-ES", "A256GCM", 'E', "e", "alg_not_allowed" },
    { "E e use=enc", "ES256", NULL, 'E', "e", "alg_not_allowed" },
    { "E e use=enc", "ECDH-ES", "A256GCM", 'E', "e", "ok" },
    { "E e use=sig", "ES256", NULL, 'E', "e", "ok" },
    { "E e use=sig|E e use=enc", "ES256", NULL, 'E', "e", "ok" },
    { "E e use=sig|E e use=enc", "ECDH-ES", "A256GCM", 'E', "e", "ok" },

    /* without one: both */

    { "E e", "ES256", NULL, 'E', "e", "ok" },
    { "E e", "ECDH-ES", "A256GCM", 'E', "e", "ok" },
    { "R r", "RS256", NULL, 'R', "r", "ok" },
    { "R r", "RSA-OAEP-256", "A256GCM", 'R', "r", "ok" },

    /* key_ops */

    { "A a ops=verify", "HS256", NULL, 'A', "a", "ok" },
    { "A a ops=verify", "A256KW", "A256GCM", 'A', "a", "alg_not_allowed" },
    { "A a ops=unwrapKey", "HS256", NULL, 'A', "a", "alg_not_allowed" },
    { "A a ops=unwrapKey", "A256KW", "A256GCM", 'A', "a", "ok" },
    { "A a ops=decrypt", "dir", "A256GCM", 'A', "a", "ok" },
    { "E e ops=deriveKey", "ECDH-ES", "A256GCM", 'E', "e", "ok" },
    { "E e ops=deriveBits", "ECDH-ES", "A256GCM", 'E', "e", "ok" },
    { "E e ops=deriveKey", "ES256", NULL, 'E', "e", "alg_not_allowed" },

    /* alg */

    { "A a alg=HS256", "HS256", NULL, 'A', "a", "ok" },
    { "A a alg=A256KW", "HS256", NULL, 'A', "a", "alg_not_allowed" },
    { "A a alg=A256KW", "A256KW", "A256GCM", 'A', "a", "ok" },
    { "A a alg=A256KW", "A256GCMKW", "A256GCM", 'A', "a",
      "alg_not_allowed" },
    { "A a alg=A256KW", "dir", "A256GCM", 'A', "a", "alg_not_allowed" },
    { "A a alg=HS256", "A256KW", "A256GCM", 'A', "a", "alg_not_allowed" },
    { "R r alg=RSA-OAEP", "RSA-OAEP-256", "A256GCM", 'R', "r",
      "alg_not_allowed" },
    { "R r alg=RSA-OAEP", "RSA-OAEP", "A256GCM", 'R', "r", "ok" },
    { "R r alg=RSA-OAEP", "RS256", NULL, 'R', "r", "alg_not_allowed" },
    { "E e alg=ES256", "ECDH-ES", "A256GCM", 'E', "e", "alg_not_allowed" },
    { "E e alg=ECDH-ES", "ECDH-ES+A128KW", "A256GCM", 'E', "e",
      "alg_not_allowed" },

    /* dir, and the enc that a secret may be bound to */

    { "A a alg=dir", "dir", "A256GCM", 'A', "a", "ok" },
    { "A a alg=dir", "dir", "A128CBC-HS256", 'A', "a", "ok" },
    { "A a alg=dir", "dir", "A128GCM", 'A', "a", "alg_not_allowed" },
    { "A a alg=A256GCM", "dir", "A256GCM", 'A', "a", "ok" },
    { "A a alg=A256GCM", "dir", "A128CBC-HS256", 'A', "a",
      "alg_not_allowed" },
    { "A a alg=A128CBC-HS256", "dir", "A256GCM", 'A', "a",
      "alg_not_allowed" },
    { "A a alg=A256GCM", "A256KW", "A256GCM", 'A', "a", "alg_not_allowed" },
    { "A a alg=A256GCM", "HS256", NULL, 'A', "a", "alg_not_allowed" },
    { "C c", "dir", "A256CBC-HS512", 'C', "c", "ok" },
    { "C c", "dir", "A256GCM", 'C', "c", "alg_not_allowed" },
    { "C c", "A256KW", "A256GCM", 'A', "c", "alg_not_allowed" }
};


/* what the rules allow, for keys with an alg and for those without */

static void
rules(void)
{
    size_t   i;

    const toucan_algs_t  gcm = toucan_enc_find(toucan_cstr("A256GCM"))->bit;
    const toucan_algs_t  kw = toucan_alg_find(toucan_cstr("A256KW"))->bit;

    const struct {
        row_t          row;
        toucan_algs_t  algs;
        toucan_algs_t  unbound;
    } rows[] = {
        { { "A a", "A256KW", "A256GCM", 'A', "a", "ok" }, gcm, kw },
        { { "A a alg=A256KW", "A256KW", "A256GCM", 'A', "a", "ok" },
          gcm | kw, 0 },
        { { "A a", "A256KW", "A256GCM", 'A', "a", "alg_not_allowed" },
          gcm | kw, 0 },
        { { "A a alg=A256KW", "A256KW", "A256GCM", 'A', "a",
            "alg_not_allowed" }, gcm, kw },
        { { "A a", "A256KW", "A128GCM", 'A', "a", "alg_not_allowed" },
          gcm | kw, kw },
        { { "A a", "A256KW", "A256GCM", 'A', "a", "alg_not_allowed" },
          kw, ALL },
        { { "A a", "A256KW", "A256GCM", 'A', "a", "alg_not_allowed" }, 0, 0 },
        { { "A a", "A256KW", "A256GCM", 'A', "a", "alg_not_allowed" },
          ALL & ~kw, ALL & ~kw },
        { { "", "A256KW", "A256GCM", 'A', "a", "key_not_found" }, ALL, ALL },
        { { "A a", "HS256", NULL, 'A', "a", "alg_not_allowed" }, gcm | kw,
          gcm | kw },
        { { "A a", "HS256", NULL, 'A', "a", "ok" }, 0, TOUCAN_ALGS_HMAC }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(&rows[i].row, rows[i].algs, rows[i].unbound);
    }
}


/* as many keys as are tried, and one more, in one set and over two */

static void
tries(void)
{
    char      spec[1024];
    size_t    i, k, n;
    unsigned  split;
    row_t     row;

    static const row_t  kinds[] = {
        { NULL, "HS256", NULL, 'A', "k", NULL },
        { NULL, "HS256", NULL, 'A', NULL, NULL },
        { NULL, "A256KW", "A256GCM", 'A', "k", NULL },
        { NULL, "A256KW", "A256GCM", 'A', NULL, NULL },
        { NULL, "A256KW", "A256GCM", 'A', "other", NULL }
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (n = TOUCAN_JWT_MAX_TRIES; n <= TOUCAN_JWT_MAX_TRIES + 1; n++) {
            for (split = 0; split < 2; split++) {
                row = kinds[i];
                spec[0] = '\0';

                for (k = 0; k < n; k++) {
                    sprintf(spec + strlen(spec), "%s%c %s",
                            k == 0 ? "" : (split && k == n / 2) ? "/" : "|",
                            k + 1 == n ? 'A' : 'B', i == 4 ? "-" : "k");

                    /* those that do not fit do not count */

                    strcat(spec, i == 4 ? "|R -|C - use=sig"
                                        : "|R k|E k use=sig");
                }

                row.sets = spec;
                row.want = n > TOUCAN_JWT_MAX_TRIES ? "key_not_found" : "ok";
                check(&row, ALL, ALL);
            }
        }
    }
}


int
main(void)
{
    size_t  i;

    keys['A'] = unit_key_oct(32, 1);
    keys['B'] = unit_key_oct(32, 2);
    keys['C'] = unit_key_oct(64, 3);
    keys['R'] = unit_key_new("RSA2048");
    keys['E'] = unit_key_new("P-256");
    keys['X'] = unit_key_new("X25519");

    for (i = 0; i < sizeof(kids) / sizeof(kids[0]); i++) {
        check(&kids[i], ALL, ALL);
    }

    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        check(&ops[i], ALL, ALL);
    }

    rules();
    tries();
    possible();

    EVP_PKEY_free(keys['R'].pkey);
    EVP_PKEY_free(keys['E'].pkey);
    EVP_PKEY_free(keys['X'].pkey);

    return done_testing();
}
