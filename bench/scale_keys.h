
/*
 * Owns: what is measured of key sets: picking by kid, and opening a token.
 */


#ifndef _TOUCAN_SCALE_KEYS_H_INCLUDED_
#define _TOUCAN_SCALE_KEYS_H_INCLUDED_


#include "tokens.h"

#include "scale.h"

#include "jose/toucan_pick.h"


static const toucan_jwt_rules_t  rules = {
    TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_DEFAULT, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
};


enum {
    KEYS_PICK = 0,
    KEYS_OPEN,
    KEYS_UNKNOWN
};


typedef struct {
    toucan_jwks_t  *set;
    size_t          n;
    size_t          size;               /* bytes of a token */
    char           *tokens;
} keys_t;


#define KEYS_BATCH      512
#define KEYS_TOKEN_MAX  1024

static char             keys_token[KEYS_BATCH][KEYS_TOKEN_MAX];
static char             keys_kid[KEYS_BATCH][TEXT_SIZE];


static unit_key_t
keys_secret(uint32_t i)
{
    uint64_t    x;
    unit_key_t  key;

    key = unit_key_oct(32, 0);
    x = mixed(i);
    memcpy(key.secret, &x, sizeof(x));

    return key;
}


static char *
keys_file(size_t n)
{
    char        *text, *p, kid[TEXT_SIZE];
    size_t       i;
    unit_key_t   key;

    text = must(malloc(n * 256 + 64));
    p = text + sprintf(text, "{\"keys\":[");

    for (i = 0; i < n; i++) {
        key = keys_secret((uint32_t) i);
        snprintf(kid, sizeof(kid), "key-%06u", (unsigned) i);

        if (i > 0) {
            *p++ = ',';
        }

        unit_jwk(p, &key, kid, ",\"alg\":\"HS256\"");
        p += strlen(p);
    }

    strcpy(p, "]}");

    return text;
}


/* Each key is used once: it makes its context then. */

static void *
keys_build(size_t n, cost_t *cost)
{
    char           *text, header[TEXT_SIZE], payload[512];
    size_t          i;
    keys_t         *k;
    unit_key_t      key;
    toucan_jwt_t    jwt;
    toucan_str_t    token;
    toucan_diag_t   why;

    k = must(calloc(1, sizeof(keys_t)));
    k->n = n;
    k->tokens = must(malloc(n * KEYS_TOKEN_MAX));

    for (i = 0; i < n; i++) {
        key = keys_secret((uint32_t) i);
        snprintf(header, sizeof(header),
                 "{\"alg\":\"HS256\",\"kid\":\"key-%06u\"}", (unsigned) i);
        payload_of(payload, sizeof(payload), (uint32_t) i);
        token = unit_token(k->tokens + i * KEYS_TOKEN_MAX, header, payload,
                           "HS256", &key);
        k->size = token.len;
    }

    text = keys_file(n);
    toucan_diag_init(&why);

    cost_begin(cost);
    k->set = must(toucan_jwks_parse(toucan_cstr(text), &why));

    for (i = 0; i < n; i++) {
        arena_used = 0;
        token = toucan_str(k->tokens + i * KEYS_TOKEN_MAX, k->size);

        if (toucan_jwt_open(&rules, (const toucan_jwks_t **) &k->set, 1,
                            token, &arena, &jwt)
            != TOUCAN_OK)
        {
            wrong("keys", "a token that is good");
        }
    }

    cost_end(cost);
    free(text);

    return k;
}


static void
keys_ask(void *ctx, unsigned variant, const uint32_t *which, unsigned n)
{
    keys_t    *k;
    unsigned   i;

    k = ctx;

    for (i = 0; i < n; i++) {
        snprintf(keys_kid[i], TEXT_SIZE, "%s-%06u",
                 variant == KEYS_UNKNOWN ? "kez" : "key", which[i]);
        memcpy(keys_token[i], k->tokens + which[i] * KEYS_TOKEN_MAX, k->size);
    }
}


static unsigned
keys_run(void *ctx, unsigned variant, unsigned n)
{
    keys_t           *k;
    unsigned          i, right;
    toucan_rc_t       rc, want;
    toucan_jwt_t      jwt;
    toucan_pick_t     pick;
    toucan_header_t   header;

    k = ctx;
    right = 0;
    want = (variant == KEYS_UNKNOWN) ? TOUCAN_KEY_NOT_FOUND : TOUCAN_OK;

    memset(&header, 0, sizeof(header));
    header.alg = toucan_alg_find(toucan_cstr("HS256"));

    for (i = 0; i < n; i++) {
        one_by_one();

        if (variant == KEYS_OPEN) {
            arena_used = 0;
            rc = toucan_jwt_open(&rules, (const toucan_jwks_t **) &k->set, 1,
                                 toucan_str(keys_token[i], k->size), &arena,
                                 &jwt);

        } else {
            header.kid = toucan_cstr(keys_kid[i]);
            rc = toucan_pick(&pick, &header, TOUCAN_OP_VERIFY, &rules,
                             (const toucan_jwks_t **) &k->set, 1);
        }

        right += rc == want;
    }

    return right;
}


static void
keys_done(void *ctx)
{
    keys_t  *k;

    k = ctx;
    toucan_jwks_free(k->set);
    free(k->tokens);
    free(k);
}


#endif /* _TOUCAN_SCALE_KEYS_H_INCLUDED_ */
