
/*
 * Owns: the fuzz target of key files.  What was taken is then used as tokens
 * use it; a signature of zeros, or of nothing, is none under any key.
 */


#include "fuzz.h"

#include "jose/toucan_crypto_verify.h"
#include "jose/toucan_crypto_wrap.h"


/* the file's size is the fuzzer's, the work for a large set is not */

#define FUZZ_KEYS  16


static void
fuzz_jwks_verify(unit_arena_t *a, toucan_key_t *key, const toucan_alg_t *alg)
{
    size_t        i;
    toucan_rc_t   rc;
    toucan_str_t  sig, data;

    static const size_t  sizes[] = { 0, 32, 64, 96, 114, 132, 256 };

    data = toucan_cstr("a.b");

    for (i = 0; i < unit_n(sizes); i++) {
        sig = fuzz_copy(a, "", 0);

        if (sizes[i] > 0) {
            sig.len = sizes[i];
            sig.data = memset(toucan_arena_alloc(&a->arena, sig.len), 0,
                              sig.len);
        }

        rc = toucan_crypto_verify(key, alg, data, sig);

        fuzz_must(rc == (toucan_alg_signs(alg) && toucan_key_fits(key, alg)
                         ? TOUCAN_BAD_SIGNATURE : TOUCAN_ALG_NOT_ALLOWED),
                  "%.*s, %zu zeros: rc %d", toucan_fmt(alg->name), sizes[i],
                  rc);
    }
}


/* An encrypted key of zeros gives a key, and never says that it is none. */

static void
fuzz_jwks_unwrap(toucan_key_t *key, const toucan_alg_t *alg)
{
    uint8_t              cek[TOUCAN_CEK_MAX_SIZE];
    unsigned             i;
    toucan_rc_t          rc;
    toucan_wrap_t        wrap;
    const toucan_enc_t  *enc;

    static const uint8_t  zeros[256];

    if (toucan_alg_signs(alg) || alg->how == TOUCAN_WRAP_ECDH_ES) {
        return;
    }

    memset(&wrap, 0, sizeof(toucan_wrap_t));

    wrap.iv = toucan_str(zeros, TOUCAN_WRAP_IV_SIZE);
    wrap.tag = toucan_str(zeros, TOUCAN_WRAP_TAG_SIZE);

    for (i = 0; (enc = toucan_enc_row(i)) != NULL; i++) {
        rc = toucan_crypto_unwrap(key, alg, enc, &wrap,
                                  toucan_str(zeros, sizeof(zeros)), cek);

        fuzz_must(rc == TOUCAN_OK || rc == TOUCAN_ALG_NOT_ALLOWED,
                  "%.*s: rc %d", toucan_fmt(alg->name), rc);
    }
}


static void
fuzz_jwks_key(unit_arena_t *a, const toucan_jwk_t *jwk)
{
    unsigned             i;
    const toucan_alg_t  *alg;

    fuzz_must(jwk->key != NULL, "a key without a key");
    fuzz_must(jwk->kid.data == NULL || jwk->kid.len <= TOUCAN_JWK_MAX_KID,
              "a kid of %zu bytes", jwk->kid.len);
    fuzz_must((jwk->ops & TOUCAN_OP_DERIVE) == 0
              || (jwk->alg == NULL
                  && jwk->kid.len > 0
                  && jwk->kid.len <= TOUCAN_JWK_MAX_MASTER_KID
                  && toucan_key_kty(jwk->key) == TOUCAN_KTY_OCT),
              "a master key of kty %d", (int) toucan_key_kty(jwk->key));

    for (i = 0; (alg = toucan_alg_row(i)) != NULL; i++) {
        fuzz_jwks_verify(a, jwk->key, alg);
        fuzz_jwks_unwrap(jwk->key, alg);
    }
}


/* A key is found by its kid, and by no longer and no shorter one. */

static void
fuzz_jwks_find(unit_arena_t *a, const toucan_jwks_t *jwks,
    const toucan_jwk_t *jwk)
{
    unsigned             i, n, seen;
    toucan_str_t         kid;
    const toucan_jwk_t  *found;

    if (jwk->kid.data == NULL) {
        return;
    }

    kid = fuzz_copy(a, jwk->kid.data, jwk->kid.len);
    found = toucan_jwks_find(jwks, kid, &n);
    seen = 0;

    for (i = 0; i < n; i++) {
        fuzz_must(found[i].kid.data != NULL && toucan_str_eq(found[i].kid, kid),
                  "found: %.*s", toucan_fmt(found[i].kid));
        seen |= &found[i] == jwk;
    }

    fuzz_must(seen, "not found by its kid: %.*s", toucan_fmt(kid));
}


/* Each master key derives one content key for each info. */

static void
fuzz_jwks_derive(const toucan_jwks_t *jwks)
{
    unsigned             i, n, masters;
    toucan_diag_t        why;
    toucan_jwks_t       *derived;
    const toucan_jwk_t  *jwk;

    static const toucan_str_t  infos[] = {
        toucan_string("7f3a"), toucan_string("x")
    };

    toucan_diag_init(&why);
    masters = 0;
    jwk = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);

    for (i = 0; i < n; i++) {
        masters += (jwk[i].ops & TOUCAN_OP_DERIVE) != 0;
    }

    derived = toucan_jwks_derive(&jwks, 1, infos, unit_n(infos), &why);

    fuzz_must(derived != NULL, "not derived: %s", why.error);

    jwk = toucan_jwks_find(derived, toucan_str(NULL, 0), &n);

    fuzz_must(n == unit_n(infos) * masters, "%u content keys of %u", n,
              masters);

    for (i = 0; i < n; i++) {
        fuzz_must(jwk[i].key != NULL && jwk[i].kid.len <= TOUCAN_JWK_MAX_KID
                  && (jwk[i].ops & TOUCAN_OP_DERIVE) == 0,
                  "a content key of ops %u", jwk[i].ops);
    }

    toucan_jwks_free(derived);
}


/* What is published is a set, of the keys that sign and of no other. */

static void
fuzz_jwks_public(unit_arena_t *a, const toucan_jwks_t *jwks)
{
    unsigned             i, n, sign;
    toucan_str_t         text;
    toucan_diag_t        why;
    toucan_jwks_t       *public;
    const toucan_jwk_t  *jwk;

    toucan_diag_init(&why);
    sign = 0;
    jwk = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);

    for (i = 0; i < n; i++) {
        sign += (jwk[i].ops & TOUCAN_OP_SIGN)
                && toucan_key_kty(jwk[i].key) != TOUCAN_KTY_OCT;
    }

    fuzz_must(toucan_jwks_public(jwks, &a->arena, &text) == TOUCAN_OK,
              "%u keys are not published", sign);

    public = toucan_jwks_parse(text, &why);

    fuzz_must((public ? toucan_jwks_count(public) : 0) == sign
              && why.warnings == 0,
              "%u keys are published as %.*s", sign, toucan_fmt(text));

    if (public != NULL) {
        jwk = toucan_jwks_find(public, toucan_str(NULL, 0), &n);

        for (i = 0; i < n; i++) {
            fuzz_must(jwk[i].ops == TOUCAN_OP_VERIFY, "ops %u", jwk[i].ops);
        }
    }

    toucan_jwks_free(public);
}


/*
 * One key at a time it is the same set, or none for the same reason; and it
 * may be given up.
 */

static void
fuzz_jwks_steps(toucan_str_t text, const toucan_jwks_t *want,
    const toucan_diag_t *whole)
{
    size_t                 i;
    toucan_diag_t          why;
    toucan_jwks_t         *jwks;
    toucan_jwks_reader_t  *reader;

    toucan_diag_init(&why);
    reader = toucan_jwks_reader_new(text, TOUCAN_OPS_OPEN, &why);

    for (i = 0; i < text.len % 7; i++) {
        (void) toucan_jwks_reader_step(reader, 1);
    }

    toucan_jwks_reader_free(reader);

    toucan_diag_init(&why);
    reader = toucan_jwks_reader_new(text, TOUCAN_OPS_OPEN, &why);

    while (toucan_jwks_reader_step(reader, 1) == TOUCAN_JWKS_MORE) {
        /* void */
    }

    jwks = toucan_jwks_reader_finish(reader);

    fuzz_must((jwks == NULL) == (want == NULL)
              && strcmp(why.error, whole->error) == 0
              && strcmp(why.warning, whole->warning) == 0
              && why.warnings == whole->warnings,
              "in steps: %s, %u warnings; at once: %s", why.error,
              why.warnings, whole->error);
    fuzz_must(jwks == NULL
              || (toucan_jwks_count(jwks) == toucan_jwks_count(want)
                  && memcmp(toucan_jwks_id(jwks), toucan_jwks_id(want),
                            TOUCAN_SHA256_SIZE) == 0),
              "%u keys in steps", toucan_jwks_count(jwks));

    toucan_jwks_free(jwks);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned             i, n;
    toucan_str_t         text;
    toucan_diag_t        why;
    unit_arena_t         a;
    toucan_jwks_t       *jwks;
    const toucan_jwk_t  *all;

    unit_arena_init(&a, 0);
    toucan_diag_init(&why);

    text = fuzz_copy(&a, data, size);
    jwks = toucan_jwks_parse(text, &why);

    fuzz_must(fuzz_printable(toucan_cstr(why.warning)), "warned: %s",
              why.warning);
    fuzz_must((why.warnings > 0) == (why.warning[0] != '\0'), "%u warnings",
              why.warnings);

    fuzz_jwks_steps(text, jwks, &why);

    if (jwks == NULL) {
        fuzz_told(&why);
        unit_arena_done(&a);
        return 0;
    }

    all = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);

    fuzz_must(n > 0 && n == toucan_jwks_count(jwks), "%u keys", n);

    for (i = 0; i < n && i < FUZZ_KEYS; i++) {
        fuzz_jwks_key(&a, &all[i]);
        fuzz_jwks_find(&a, jwks, &all[i]);
    }

    fuzz_jwks_derive(jwks);
    toucan_jwks_free(jwks);

    jwks = toucan_jwks_parse_private(text, &why);

    if (jwks != NULL) {
        fuzz_jwks_derive(jwks);

        if (toucan_jwks_count(jwks) <= FUZZ_KEYS) {
            fuzz_jwks_public(&a, jwks);
        }
    }

    toucan_jwks_free(jwks);
    unit_arena_done(&a);

    return 0;
}
