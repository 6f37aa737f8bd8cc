
/*
 * Owns: the tests that secrets do not stay on the stack: the content
 * encryption key, what wrapped it, what was agreed on, what was derived.
 */


#include "jwe.h"

#include "jose/toucan_crypto_hkdf.h"

#include <ucontext.h>


#define PAYLOAD  "{\"sub\":\"x\"}"

#define STACK  (1024 * 1024)

static ucontext_t      here, there;
static unsigned char  *stack;
static char            token[65536];
static unit_key_t      kw, rsa, dh;
static toucan_jwks_t  *set;

static struct {
    toucan_str_t         text;
    toucan_rc_t          rc;
    const toucan_jwk_t  *jwk;
    const char          *alg;
    int                  encrypt;
    int                  unwrap;    /* the encrypted key, no more */
    const unit_jwe_t    *jwe;
    unsigned char       *cek;
    toucan_wrap_t        wrap;
    toucan_str_t         made;
    unit_arena_t         a;
    int                  derive;    /* 1: at once, 2 and 3: in two steps,
                                       4: a set of keys */
    toucan_hkdf_t       *hkdf;
    toucan_jwks_t       *derived;
} job;


static toucan_rc_t
derive_on_stack(void)
{
    toucan_diag_t         d;
    const toucan_jwks_t  *sets[1];

    static const toucan_str_t  info = toucan_string("7f3a");

    switch (job.derive) {

    case 1:
        return toucan_hkdf(job.jwk->key, info, job.cek, 32);

    case 2:
        toucan_hkdf_free(job.hkdf);
        return toucan_hkdf_new(&job.hkdf, job.jwk->key);

    case 3:
        return toucan_hkdf_expand(job.hkdf, info, job.cek, 32);

    default:
        sets[0] = set;
        toucan_jwks_free(job.derived);
        job.derived = toucan_jwks_derive(sets, 1, &info, 1, &d);
        return job.derived ? TOUCAN_OK : TOUCAN_INTERNAL;
    }
}


static void
on_stack(void)
{
    toucan_jwt_t          jwt;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    sets[0] = set;

    if (job.derive) {
        job.rc = derive_on_stack();

    } else if (job.unwrap) {
        job.rc = toucan_crypto_unwrap(job.jwk->key,
                                      toucan_alg_find(toucan_cstr(job.alg)),
                                      toucan_enc_find(toucan_cstr("A256GCM")),
                                      &job.wrap,
                                      toucan_str(job.jwe->key,
                                                 job.jwe->key_len), job.cek);

    } else if (job.encrypt) {
        job.rc = toucan_jwe_encrypt(job.jwk,
                                    toucan_alg_find(toucan_cstr(job.alg)),
                                    toucan_enc_find(toucan_cstr("A256GCM")),
                                    0, toucan_cstr("{}"),
                                    unit_arena_init(&job.a), &job.made);

    } else {
        job.rc = toucan_jwt_open(&rules, sets, 1, job.text,
                                 unit_arena_init(&job.a), &jwt);
    }
}


static void
run_once(void)
{
    unit_arena_free(&job.a);
    memset(stack, 0, STACK);

    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = STACK;
    there.uc_link = &here;
    makecontext(&there, on_stack, 0);
    swapcontext(&here, &there);
}


/*
 * Runs the job on a stack of its own, which can be looked at afterwards; once
 * before, since the dynamic linker puts registers on the stack when it binds
 * a function.
 */

static void
run(void)
{
    run_once();
    run_once();
}


static void
ceks(void)
{
    size_t          i;
    unit_key_t      keys[5];
    unit_plan_t     plan;
    unsigned char   cek[2048], plain[1024];

    static const char  *algs[] = { "A256KW", "A256GCMKW", "RSA-OAEP",
                                   "ECDH-ES+A256KW", "ECDH-ES" };

    stack = malloc(STACK);
    keys[0] = keys[1] = kw;
    keys[2] = rsa;
    keys[3] = keys[4] = dh;

    for (i = 0; i < 5; i++) {
        plan = unit_plan_of(algs[i], "A256GCM", &keys[i]);
        job.encrypt = 0;
        job.text = unit_jwe(token, &plan, PAYLOAD);
        unit_jwe_open(token, &keys[i], plain, cek);
        run();
        unit_arena_free(&job.a);

        is_str(unit_rc(job.rc), "ok", "%s, on a stack of its own", algs[i]);
        is_int(unit_occurs(stack, STACK, cek, 32), 0,
               "the CEK is not left on it");

        unit_spoil(token, 2);
        run();
        unit_arena_free(&job.a);
        is_str(unit_rc(job.rc), "bad_decrypt", "%s, refused", algs[i]);
        is_int(unit_occurs(stack, STACK, cek, 32), 0, "nor then");
    }

    free(stack);
}


/* Parts of 32 bytes: what came later may have overwritten the others. */

static int
pieces(const unsigned char *bytes)
{
    int     n;
    size_t  i;

    for (n = 0, i = 0; i < 32; i += 8) {
        n += unit_occurs(stack, STACK, bytes + i, 8);
    }

    return n;
}


/*
 * The encrypted key alone: nothing that follows overwrites what is left, of
 * the CEK, the key that wrapped it and the secret agreed on.
 */

static void
unwrapping(void)
{
    char            pair[8192];
    size_t          i, len;
    unsigned        n;
    EVP_PKEY       *peer;
    unit_key_t      keys[5];
    unit_jwe_t     *jwe;
    unit_plan_t     plan;
    toucan_jwks_t  *jwks, *epk;
    EVP_PKEY_CTX   *ctx;
    unsigned char   cek[2048], secret[64], kek[64], *found;

    static const char  *algs[] = { "A256KW", "A256GCMKW", "RSA-OAEP",
                                   "ECDH-ES+A256KW", "ECDH-ES" };

    jwe = malloc(sizeof(unit_jwe_t));
    found = malloc(TOUCAN_CEK_MAX_SIZE);
    stack = malloc(STACK);
    keys[0] = keys[1] = kw;
    keys[2] = rsa;
    keys[3] = keys[4] = dh;

    for (i = 0; i < 5; i++) {
        plan = unit_plan_of(algs[i], "A256GCM", &keys[i]);
        unit_jwe_make(jwe, &plan, PAYLOAD, strlen(PAYLOAD));
        unit_jwe_unwrap(jwe, &keys[i], algs[i], "A256GCM", cek);

        memset(&job, 0, sizeof(job));
        jwks = unit_set(&keys[i], NULL, "");
        epk = NULL;
        job.unwrap = 1;
        job.alg = algs[i];
        job.jwe = jwe;
        job.jwk = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);
        job.cek = found;
        unit_member_bytes(jwe->header, "iv", secret);
        unit_member_bytes(jwe->header, "tag", kek);
        job.wrap.iv = toucan_str(secret, i == 1 ? 12 : 0);
        job.wrap.tag = toucan_str(kek, i == 1 ? 16 : 0);

        if (i >= 3) {

            /* the epk as a key of ours: a pair that is not looked at again */

            peer = unit_peer(jwe->header);
            sprintf(pair, "{\"keys\":[%.*s]}",
                    (int) (strchr(strstr(jwe->header, "\"epk\":"), '}')
                           - strstr(jwe->header, "\"epk\":") - 5),
                    strstr(jwe->header, "\"epk\":") + 6);
            epk = unit_jwks_private(pair);
            job.wrap.epk = toucan_jwks_find(epk, toucan_str(NULL, 0), &n)->key;

            len = sizeof(secret);
            ctx = EVP_PKEY_CTX_new(keys[i].pkey, NULL);
            EVP_PKEY_derive_init(ctx);
            EVP_PKEY_derive_set_peer(ctx, peer);
            EVP_PKEY_derive(ctx, secret, &len);
            EVP_PKEY_CTX_free(ctx);
            unit_agree(kek, 32, keys[i].pkey, peer,
                       i == 3 ? algs[i] : "A256GCM", NULL, NULL);
            EVP_PKEY_free(peer);
        }

        run();
        is_str(unit_rc(job.rc), "ok", "%s, the encrypted key alone", algs[i]);
        is_mem(found, 32, cek, 32, "is unwrapped");
        is_int(unit_occurs(stack, STACK, cek, 32), 0, "the CEK is not left");

        if (i >= 3) {
            is_int(pieces(kek), 0, "nor what wrapped it");
            is_int(pieces(secret), 0, "nor the secret");
        }

        toucan_jwks_free(epk);
        toucan_jwks_free(jwks);
    }

    memset(&job, 0, sizeof(job));
    free(stack);
    free(found);
    free(jwe);
}


static void
making(void)
{
    char            text[20480];
    size_t          i;
    unit_key_t      keys[5];
    unsigned        n;
    toucan_jwks_t  *jwks;
    unsigned char   cek[2048], plain[1024];

    static const char  *algs[] = { "A256KW", "A256GCMKW", "RSA-OAEP",
                                   "ECDH-ES+A256KW", "ECDH-ES" };

    stack = malloc(STACK);
    keys[0] = keys[1] = kw;
    keys[2] = rsa;
    keys[3] = keys[4] = dh;

    for (i = 0; i < 5; i++) {
        jwks = unit_jwks_private(unit_jwk(text, &keys[i], NULL, ""));
        job.encrypt = 1;
        job.alg = algs[i];
        job.jwk = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);
        run();

        snprintf(token, sizeof(token), "%.*s", (int) job.made.len,
                 (const char *) job.made.data);
        is_int(unit_jwe_open(token, &keys[i], plain, cek), 2,
               "%s, made on a stack of its own", algs[i]);
        is_int(unit_occurs(stack, STACK, cek, 32), 0,
               "the CEK is not left on it");

        unit_arena_free(&job.a);
        toucan_jwks_free(jwks);
    }

    free(stack);
}


/* The content key, and the key that is extracted of the master key. */

static void
deriving(void)
{
    char            text[1024];
    size_t          i, len;
    unsigned        n;
    unit_key_t      master;
    toucan_jwks_t  *kept;
    unsigned char   extracted[32], content[32], *found;

    static const char           *names[] = { "at once", "extracting",
                                             "expanding", "a set" };
    static const unsigned char   zeros[32];

    stack = malloc(STACK);
    found = malloc(32);
    master = unit_key_oct(32, 77);
    kept = set;
    set = unit_jwks(unit_jwk(text, &master, "m",
                             ",\"key_ops\":[\"deriveKey\"]"));

    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, zeros, 32, master.secret, 32,
              extracted, 32, &len);
    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, extracted, 32,
              (const unsigned char *) "7f3a\1", 5, content, 32, &len);

    memset(&job, 0, sizeof(job));
    job.jwk = toucan_jwks_find(set, toucan_str(NULL, 0), &n);
    job.cek = found;

    for (i = 0; i < 4; i++) {
        memset(found, 0, 32);
        job.derive = (int) i + 1;
        run();
        is_str(unit_rc(job.rc), "ok", "deriving, %s", names[i]);
        is_int(pieces(extracted), 0, "what is extracted is not left");
        is_int(pieces(content), 0, "nor the content key");
        is_int(pieces(master.secret), 0, "nor the master key");

        if (i == 0 || i == 2) {
            is_mem(found, 32, content, 32, "which is this one");
        }
    }

    /* the search finds what is there */

    memcpy(stack + 4096, content, 32);
    is_int(pieces(content), 4, "a control");

    toucan_jwks_free(job.derived);
    toucan_hkdf_free(job.hkdf);
    memset(&job, 0, sizeof(job));
    toucan_jwks_free(set);
    set = kept;
    free(found);
    free(stack);
}


int
main(void)
{
    char  text[65536], one[16384];

    kw = unit_key_oct(32, 9);
    rsa = unit_key_new("RSA2048");
    dh = unit_key_new("X25519");

    sprintf(text, "{\"keys\":[%s", unit_jwk(one, &kw, NULL, ""));
    sprintf(text + strlen(text), ",%s", unit_jwk_pair(one, &rsa, NULL, ""));
    sprintf(text + strlen(text), ",%s]}", unit_jwk_pair(one, &dh, NULL, ""));
    set = unit_jwks(text);

    if (unit_memcheck()) {
        skip(1, "under valgrind");

    } else {
        ceks();
        unwrapping();
        making();
        deriving();
    }

    toucan_jwks_free(set);
    EVP_PKEY_free(rsa.pkey);
    EVP_PKEY_free(dh.pkey);

    return done_testing();
}
