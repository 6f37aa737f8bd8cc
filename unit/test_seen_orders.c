
/*
 * Owns: the test that a header which is remembered says what it says when it
 * is read: tokens in every order, with a set that has seen others, and each
 * with a set that has seen none.
 */


#include "tokens.h"


#define ALL    TOUCAN_ALGS_ALL
#define ROOM   4096
#define ROUND  4000


#define K64  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

/* Headers that are alike, but for what counts; and some that are refused. */

static const char  *headers[] = {
    "{\"alg\":\"HS256\",\"kid\":\"a\"}",
    "{\"alg\":\"HS256\",\"kid\":\"a\"",
    "{\"alg\":\"HS256\",\"kid\":\"b\"}",
    "{\"alg\":\"HS384\",\"kid\":\"a\"}",
    "{\"alg\":\"HS256\",\"kid\":\"\"}",
    "{\"alg\":\"HS256\"}",
    "{\"alg\":\"HS256\" }",
    "{\"kid\":\"a\",\"alg\":\"HS256\"}",
    "{\"alg\":\"HS256\",\"kid\":\"a\",\"typ\":\"JWT\"}",
    "{\"alg\":\"HS256\",\"kid\":\"a\",\"typ\":\"at+jwt\"}",
    "{\"alg\":\"HS256\",\"kid\":\"a\",\"typ\":\"xx+jwt\"}",
    "{\"alg\":\"HS256\",\"kid\":\"a\",\"cty\":\"JWT\"}",
    "{\"alg\":\"HS256\",\"kid\":\"a\",\"crit\":[]}",
    "{\"alg\":\"HS256\",\"kid\":\"a\",\"kid\":\"b\"}",
    "{\"alg\":\"HS256\",\"kid\":\"" K64 "\"}",
    "{\"alg\":\"HS256\",\"kid\":\"" K64 "k\"}",
    "{\"alg\":\"HS256\",\"x\":\"" K64 K64 "\",\"kid\":\"a\"}",
    "{\"alg\":\"none\",\"kid\":\"a\"}",
    ""
};

#define HEADERS  (sizeof(headers) / sizeof(headers[0]))


/* What came of it, in words. */

static const char *
opened(char *out, const toucan_jwks_t *one, const toucan_jwks_t *two,
    toucan_algs_t algs, unsigned types, const char *token)
{
    int                   len;
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    toucan_jwt_rules_t    rules;
    const toucan_jwks_t  *sets[2];

    rules.max_size = ROOM;
    rules.types = types;
    rules.algs = algs;
    rules.algs_unbound = algs;

    sets[0] = one;
    sets[1] = two;

    rc = toucan_jwt_open(&rules, sets, 2, toucan_cstr(token),
                         unit_arena_init(&a), &jwt);

    len = sprintf(out, "%s %s %d %d ", unit_rc(rc),
                  jwt.alg ? (const char *) jwt.alg->name.data : "-",
                  jwt.access, jwt.type);

    if (jwt.kid.data == NULL) {
        strcpy(out + len, "(absent)");

    } else {
        memcpy(out + len, jwt.kid.data, jwt.kid.len);
        out[len + (int) jwt.kid.len] = '\0';
    }

    unit_arena_free(&a);

    return out;
}


int
main(void)
{
    char            set[3][ROOM], jwk[3][1024], token[HEADERS * 4][ROOM];
    char            got[ROOM], want[ROOM];
    size_t          i, k, n;
    unsigned        step, other, good, recalled, wrong, types;
    unit_key_t      key[3];
    toucan_algs_t   algs;
    toucan_jwks_t  *seen[3], *fresh[2];

    for (i = 0; i < 3; i++) {
        key[i] = unit_key_oct(64, (unsigned) i);
    }

    /* two sets with a key of the same name that is another */

    sprintf(set[0], "{\"keys\":[%s,%s,%s]}",
            unit_jwk(jwk[0], &key[0], "a", ""),
            unit_jwk(jwk[1], &key[1], "b", ""),
            unit_jwk(jwk[2], &key[0], K64, ""));
    sprintf(set[1], "{\"keys\":[%s]}", unit_jwk(jwk[0], &key[2], "a", ""));
    sprintf(set[2], "{\"keys\":[%s]}",
            unit_jwk(jwk[1], &key[0], "a", ",\"alg\":\"HS384\""));

    n = 0;

    for (i = 0; i < HEADERS; i++) {
        for (k = 0; k < 3; k++) {
            unit_token(token[n++], headers[i], "{\"sub\":\"ana\"}",
                       strstr(headers[i], "HS384") ? "HS384" : "HS256",
                       &key[k]);
        }

        memmove(token[n], token[n - 3], ROOM);
        unit_spoil(token[n++], 10);
    }

    for (i = 0; i < 3; i++) {
        seen[i] = unit_jwks(set[i]);
    }

    good = 0;
    recalled = 0;
    wrong = 0;
    srand(1);

    for (step = 0; step < ROUND; step++) {

        i = (size_t) rand() % n;
        k = (size_t) rand() % 3;
        other = (unsigned) rand() % 3;
        algs = (rand() % 4) ? ALL : toucan_alg_find(toucan_cstr("HS384"))->bit;
        types = (rand() % 8) ? TOUCAN_TYPES_ALL : TOUCAN_TYPE_ENCRYPTED;

        fresh[0] = unit_jwks(set[k]);
        fresh[1] = unit_jwks(set[other]);

        opened(want, fresh[0], fresh[1], algs, types, token[i]);

        toucan_jwks_free(fresh[0]);
        toucan_jwks_free(fresh[1]);

        recalled += toucan_header_known(toucan_jwks_seen(seen[k]),
                        toucan_str(token[i], strcspn(token[i], ".")));

        opened(got, seen[k], seen[other], algs, types, token[i]);

        good += strncmp(got, "ok ", 3) == 0;

        if (strcmp(got, want) != 0) {
            wrong++;
            diag("%s: %s, not %s", unit_show(token[i]), got, want);
        }
    }

    ok(good > ROUND / 20, "%u tokens are good", good);
    ok(recalled > ROUND / 50, "%u headers were known", recalled);
    is_int((int) wrong, 0, "each is what it would be if it were read");

    for (i = 0; i < 3; i++) {
        toucan_jwks_free(seen[i]);
    }

    return done_testing();
}
