
/*
 * Owns: the tests of what an attacker or a careless caller would try with
 * encrypted tokens and private keys.
 */


#define _GNU_SOURCE

#include "tokens.h"
#include "openssl_memory.h"

#include "jose/toucan_jwe.h"

#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>


#define STACK_SIZE  65536


static const toucan_jwt_rules_t  all = {
    TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
};

static char           text[65536];
static toucan_diag_t  d;


/* --------------------------------------------------------------- keys */

static const toucan_alg_t *
alg(const char *name)
{
    return toucan_alg_find(toucan_cstr(name));
}


static const toucan_enc_t *
enc(const char *name)
{
    return toucan_enc_find(toucan_cstr(name));
}


static toucan_jwks_t *
set_of(const char *json, int private_half)
{
    toucan_diag_init(&d);

    return private_half ? toucan_jwks_parse_private(toucan_cstr(json), &d)
                        : toucan_jwks_parse(toucan_cstr(json), &d);
}


static const toucan_jwk_t *
first_of(const toucan_jwks_t *set)
{
    unsigned  n;

    return toucan_jwks_find(set, toucan_str(NULL, 0), &n);
}


/* a pair on P-256; the caller frees */

static char *
ec_pair(void)
{
    EVP_PKEY  *pkey;

    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

    strcpy(text, "{\"kty\":\"EC\",\"crv\":\"P-256\"");
    unit_jwk_number(text, pkey, OSSL_PKEY_PARAM_EC_PUB_X, "x", 32);
    unit_jwk_number(text, pkey, OSSL_PKEY_PARAM_EC_PUB_Y, "y", 32);
    unit_jwk_number(text, pkey, OSSL_PKEY_PARAM_PRIV_KEY, "d", 32);
    strcat(text, "}");

    EVP_PKEY_free(pkey);

    return strdup(text);
}


/* ---------------------------------------------------- the wrong algorithm */

static void
sign_with(const toucan_jwk_t *jwk, const char *name)
{
    int            status;
    pid_t          child;
    toucan_str_t   token;
    unit_arena_t   ua;

    fflush(stdout);
    child = fork();

    if (child == 0) {
        _exit(toucan_jws_sign(jwk, alg(name), toucan_cstr("{}"),
                              unit_arena_init(&ua), &token));
    }

    waitpid(child, &status, 0);

    ok(WIFEXITED(status)
       && WEXITSTATUS(status) == (int) TOUCAN_ALG_NOT_ALLOWED,
       "a JWS by %s is not made", name);
}


static void
signing(void)
{
    unsigned             i;
    char                *json;
    toucan_jwks_t       *set;
    const toucan_alg_t  *row;

    json = ec_pair();
    set = set_of(json, 1);

    for (i = 0; (row = toucan_alg_row(i)) != NULL; i++) {
        if (!toucan_alg_signs(row)) {
            sign_with(first_of(set), (const char *) row->name.data);
        }
    }

    toucan_jwks_free(set);
    free(json);
}


/* ----------------------------------------------------- what a key is for */

static void
operations(void)
{
    char           *json;
    unsigned        i, ec;
    toucan_jwks_t  *set;

    static const struct {
        const char  *op;
        unsigned     secret;        /* what it leaves of a secret's ops */
        unsigned     agreeing;      /* of an EC key's */
    } rows[] = {
        { "decrypt", TOUCAN_OP_DECRYPT, TOUCAN_OP_DECRYPT },
        { "unwrapKey", TOUCAN_OP_DECRYPT, TOUCAN_OP_DECRYPT },
        { "deriveKey", TOUCAN_OP_DERIVE, TOUCAN_OP_DECRYPT },
        { "deriveBits", TOUCAN_OP_DERIVE, TOUCAN_OP_DECRYPT }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sprintf(text, "{\"kty\":\"oct\",\"kid\":\"m\",\"k\":\"%043d\","
                "\"key_ops\":[\"%s\"]}", 0, rows[i].op);
        memcpy(strstr(text, ":\"0") + 2,
               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 43);
        set = set_of(text, 0);
        is_int(set ? first_of(set)->ops : 0, rows[i].secret,
               "a secret for %s", rows[i].op);
        toucan_jwks_free(set);

        json = ec_pair();
        sprintf(text, "%.*s,\"key_ops\":[\"%s\"]}", (int) strlen(json) - 1,
                json, rows[i].op);
        set = set_of(text, 0);
        ec = set ? first_of(set)->ops : 0;
        is_int(ec, rows[i].agreeing, "an EC key for %s", rows[i].op);
        toucan_jwks_free(set);
        free(json);
    }
}


/* ------------------------------------------------------- unsound numbers */

static void
small_order(void)
{
    size_t          i, k, len;
    uint8_t         x[56];
    toucan_crv_e    crv;
    toucan_key_t   *key;

    static const struct {
        const char  *x;
        int          sound;
    } rows[] = {
        { "0000000000000000000000000000000000000000000000000000000000000000",
          0 },
        { "0100000000000000000000000000000000000000000000000000000000000000",
          0 },
        { "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
          0 },
        { "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
          0 },
        { "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          0 },
        { "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          0 },
        { "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          0 },
        { "0900000000000000000000000000000000000000000000000000000000000000",
          1 },
        { "0000000000000000000000000000000000000000000000000001000000000000",
          1 },
        { "00000000000000000000000000000000000000000000000000000000"
          "00000000000000000000000000000000000000000000000000000000", 0 },
        { "01000000000000000000000000000000000000000000000000000000"
          "00000000000000000000000000000000000000000000000000000000", 0 },
        { "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
          "feffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0 },
        { "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
          "feffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0 },
        { "00000000000000000000000000000000000000000000000000000000"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0 },
        { "05000000000000000000000000000000000000000000000000000000"
          "00000000000000000000000000000000000000000000000000000000", 1 },
        { "00000000000000000000000000000000000000000000000000000000"
          "00000000000000000000000000000000000000000000000000000080", 1 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OPENSSL_hexstr2buf_ex(x, sizeof(x), &len, rows[i].x, '\0');
        crv = (len == 32) ? TOUCAN_CRV_X25519 : TOUCAN_CRV_X448;

        for (k = 0; k < (len == 32 ? 2 : 1); k++) {
            x[len - 1] ^= (uint8_t) (k << 7);
            toucan_diag_init(&d);
            key = toucan_key_okp(crv, toucan_str(x, len),
                                 toucan_str(NULL, 0), &d);
            is_str(key ? "sound" : d.error,
                   rows[i].sound ? "sound" : "x is a point of small order",
                   "%s of %zu bytes, top bit %zu", rows[i].x, len, k);
            toucan_key_free(key);
        }
    }
}


static void
rsa_numbers(void)
{
    int             i, k, want;
    BIGNUM         *bn[8], *old, *tmp;
    uint8_t         bytes[1024];
    EVP_PKEY       *pkey;
    toucan_jwks_t  *set;

    static const char  *params[] = { "n", "e", "d", "rsa-factor1",
                                     "rsa-factor2", "rsa-exponent1",
                                     "rsa-exponent2", "rsa-coefficient1" };
    static const char  *names[] = { "n", "e", "d", "p", "q", "dp", "dq",
                                    "qi" };

    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) 2048);

    for (i = 0; i < 8; i++) {
        bn[i] = NULL;
        EVP_PKEY_get_bn_param(pkey, params[i], &bn[i]);
    }

    /* one number after the other made wrong by two; -1: none; 8: p and q */

    for (k = -1; k <= 8; k++) {
        old = (k >= 0 && k < 8) ? BN_dup(bn[k]) : NULL;

        if (old != NULL) {
            BN_add_word(bn[k], 2);

        } else if (k == 8) {
            tmp = bn[3];
            bn[3] = bn[4];
            bn[4] = tmp;
        }

        strcpy(text, "{\"kty\":\"RSA\",\"use\":\"enc\"");

        for (i = 0; i < 8; i++) {
            sprintf(text + strlen(text), ",\"%s\":\"", names[i]);
            unit_b64_cat(text, bytes, (size_t) BN_bn2bin(bn[i], bytes));
            strcat(text, "\"");
        }

        strcat(text, "}");
        set = set_of(text, 0);
        want = (k == -1);
        is_int(set != NULL, want, "an RSA key with %s",
               k == -1 ? "the right numbers" : k == 8 ? "p and q exchanged"
                                             : names[k]);
        toucan_jwks_free(set);

        if (old != NULL) {
            BN_clear_free(bn[k]);
            bn[k] = old;
        }
    }

    for (i = 0; i < 8; i++) {
        BN_clear_free(bn[i]);
    }

    EVP_PKEY_free(pkey);
}


static void
pem_trailing(void)
{
    int             n, more;
    char            base64[1024];
    uint8_t         der[512], *p;
    EVP_PKEY       *pkey;
    toucan_jwks_t  *set;

    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    memset(der, 0x41, sizeof(der));
    p = der;
    n = i2d_PUBKEY(pkey, &p);

    for (more = 0; more <= 3; more += 3) {
        EVP_EncodeBlock((unsigned char *) base64, der, n + more);
        sprintf(text, "-----BEGIN PUBLIC KEY-----\n%.64s\n%s\n"
                "-----END PUBLIC KEY-----\n", base64, base64 + 64);
        set = set_of(text, 0);
        ok((set != NULL) == (more == 0), "a PEM key with %d bytes behind it",
           more);
        toucan_jwks_free(set);
    }

    EVP_PKEY_free(pkey);
}


/* --------------------------------------------------------- work for free */

static void
private_tries(void)
{
    char             *json, *other;
    unsigned          i, n;
    toucan_jwt_t      jwt;
    toucan_str_t      token;
    unit_arena_t      made, ua;
    toucan_jwks_t    *maker, *sets[TOUCAN_JWT_MAX_PRIVATE_TRIES + 1];

    for (n = TOUCAN_JWT_MAX_PRIVATE_TRIES;
         n <= TOUCAN_JWT_MAX_PRIVATE_TRIES + 1;
         n++)
    {
        json = ec_pair();
        maker = set_of(json, 1);
        toucan_jwe_encrypt(first_of(maker), alg("ECDH-ES"), enc("A128GCM"),
                           0, toucan_cstr("{}"), unit_arena_init(&made),
                           &token);

        for (i = 0; i + 1 < n; i++) {
            other = ec_pair();
            sets[i] = unit_jwks(other);
            free(other);
        }

        sets[i] = unit_jwks(json);

        is_str(unit_rc(toucan_jwt_open(&all,
                                       (const toucan_jwks_t *const *) sets, n,
                                       token, unit_arena_init(&ua), &jwt)),
               n == TOUCAN_JWT_MAX_PRIVATE_TRIES ? "ok" : "key_not_found",
               "a token without kid, %u private keys that fit", n);

        unit_arena_free(&ua);
        unit_arena_free(&made);

        for (i = 0; i < n; i++) {
            toucan_jwks_free(sets[i]);
        }

        toucan_jwks_free(maker);
        free(json);
    }
}


/* ------------------------------------------------------------ no memory */

static void
failing_open(void)
{
    int             status;
    char           *json;
    pid_t           child;
    uint8_t        *tag;
    unsigned        n, crashed, opened;
    toucan_jwt_t    jwt;
    toucan_str_t    token;
    unit_arena_t    made, ua;
    toucan_jwks_t  *set, *maker;

    json = ec_pair();
    maker = set_of(json, 1);
    set = set_of(json, 0);
    crashed = 0;
    opened = 0;

    toucan_jwe_encrypt(first_of(maker), alg("ECDH-ES"), enc("A128GCM"), 0,
                       toucan_cstr("{}"), unit_arena_init(&made), &token);

    tag = (uint8_t *) token.data + token.len - 4;
    *tag = (*tag == 'A') ? 'B' : 'A';

    for (n = 1; n < 1000; n++) {
        fflush(stdout);
        child = fork();

        if (child == 0) {
            unit_allocated = 0;
            unit_fail_at = n;
            status = toucan_jwt_open(&all,
                                     (const toucan_jwks_t *const *) &set, 1,
                                     token, unit_arena_init(&ua), &jwt);
            unit_fail_at = 0;
            _exit((unit_allocated < n) ? 255 : status);
        }

        waitpid(child, &status, 0);

        if (WIFEXITED(status) && WEXITSTATUS(status) == 255) {
            break;
        }

        crashed += !WIFEXITED(status);
        opened += WIFEXITED(status) && WEXITSTATUS(status) == TOUCAN_OK;
    }

    ok(n > 20 && n < 1000, "each of OpenSSL's allocations failed once");
    is_int(crashed, 0, "without a crash");
    is_int(opened, 0, "and no forged token was opened");

    unit_arena_free(&made);
    toucan_jwks_free(maker);
    toucan_jwks_free(set);
    free(json);
}


/* ---------------------------------------------------------- what is left */

static ucontext_t  here, there;
static uint8_t     stack[STACK_SIZE] __attribute__((aligned(64)));
static uint8_t     key[48];


static void
decode(void)
{
    size_t  len;

    /* 43 and 64 characters: what is behind a block, and a block */

    toucan_b64_decode(key, &len, toucan_cstr(text));
}


/* on a stack of its own, which can be looked at behind it */

static void
decode_aside(void)
{
    memset(stack, 0, sizeof(stack));
    memset(key, 0, sizeof(key));

    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof(stack);
    there.uc_link = &here;
    makecontext(&there, decode, 0);
    swapcontext(&here, &there);
}


static void
residue(size_t len)
{
    size_t   i;
    uint8_t  sextets[16];

    for (i = 0; i < len; i++) {
        text[i] = (char) ('a' + (7 * i + 3 * (i / 26)) % 26);
    }

    text[42] = 'w';         /* no bits past the last byte */
    text[len] = '\0';

    for (i = 0; i < sizeof(sextets); i++) {
        sextets[i] = (uint8_t) (text[16 + i] - 'a' + 26);
    }

    decode_aside();

    ok(key[12] == (uint8_t) (sextets[0] << 2 | sextets[1] >> 4),
       "%zu characters are decoded", len);
    ok(memmem(stack, sizeof(stack), sextets, sizeof(sextets)) == NULL
       && memmem(stack, sizeof(stack), text + 16, 16) == NULL,
       "and nothing of them stays on the stack");
}


int
main(void)
{
    if (!unit_openssl_memory()) {
        diag("OpenSSL has allocated memory before main()");
        return 2;
    }

    signing();
    operations();
    small_order();
    rsa_numbers();
    pem_trailing();
    private_tries();

    if (unit_memcheck()) {
        skip(1, "under valgrind");

    } else {
        failing_open();
        residue(43);
        residue(64);
    }

    return done_testing();
}
