
/*
 * Owns: the tests of the algorithm table: what is in it, and that nothing
 * else is.
 */


#include "tokens.h"


#define ECDH  (TOUCAN_KTY_EC | TOUCAN_KTY_OKP)
#define ECDH_CURVES                                                           \
    (TOUCAN_CRV_P256 | TOUCAN_CRV_P384 | TOUCAN_CRV_P521 | TOUCAN_CRV_X25519  \
     | TOUCAN_CRV_X448)


static toucan_algs_t
algs(void)
{
    size_t               i;
    unsigned             n;
    toucan_algs_t        bits;
    const toucan_alg_t  *alg;

    static const struct {
        const char      *name;
        unsigned         kty;
        unsigned         crv;
        size_t           size;
    } rows[] = {
        { "HS256", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 32 },
        { "HS384", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 48 },
        { "HS512", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 64 },
        { "RS256", TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, 0 },
        { "RS384", TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, 0 },
        { "RS512", TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, 0 },
        { "PS256", TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, 0 },
        { "PS384", TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, 0 },
        { "PS512", TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, 0 },
        { "ES256", TOUCAN_KTY_EC, TOUCAN_CRV_P256, 32 },
        { "ES384", TOUCAN_KTY_EC, TOUCAN_CRV_P384, 48 },
        { "ES512", TOUCAN_KTY_EC, TOUCAN_CRV_P521, 66 },
        { "ES256K", TOUCAN_KTY_EC, TOUCAN_CRV_SECP256K1, 32 },
        { "EdDSA", TOUCAN_KTY_OKP, TOUCAN_CRV_ED25519 | TOUCAN_CRV_ED448, 0 },
        { "dir", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 0 },
        { "A128KW", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 16 },
        { "A192KW", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 24 },
        { "A256KW", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 32 },
        { "A128GCMKW", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 16 },
        { "A192GCMKW", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 24 },
        { "A256GCMKW", TOUCAN_KTY_OCT, TOUCAN_CRV_NONE, 32 },
        { "RSA-OAEP", TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, 0 },
        { "RSA-OAEP-256", TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, 0 },
        { "ECDH-ES", ECDH, ECDH_CURVES, 0 },
        { "ECDH-ES+A128KW", ECDH, ECDH_CURVES, 16 },
        { "ECDH-ES+A192KW", ECDH, ECDH_CURVES, 24 },
        { "ECDH-ES+A256KW", ECDH, ECDH_CURVES, 32 }
    };

    static const char  *none[] = {
        "none", "None", "NONE", "nOnE", "", " ", "hs256", "Hs256", "HS256 ",
        " HS256", "HS25", "HS2567", "HS1", "HS224", "rs256", "RS1", "PS1",
        "ES224", "ES256k", "es256", "EDDSA", "eddsa", "Ed25519", "Ed448",
        "EdDSA2", "RSA1_5", "RSA-OAEP-384", "RSA-OAEP-512", "A512KW",
        "a128kw", "DIR", "Dir", "ECDH-SS", "ECDH-ES+A128GCMKW",
        "ECDH-ES+A512KW", "PBES2-HS256+A128KW", "PBES2-HS384+A192KW",
        "PBES2-HS512+A256KW", "A256GCM", "HPKE-0"
    };

    bits = 0;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        alg = toucan_alg_find(toucan_cstr(rows[i].name));

        if (!ok(alg != NULL, "%s is there", rows[i].name)) {
            continue;
        }

        ok(toucan_str_is(alg->name, rows[i].name)
           && alg->kty == rows[i].kty && alg->crv == rows[i].crv
           && alg->size == rows[i].size && alg->slot < TOUCAN_ALG_SLOTS,
           "and what it says");
        ok((alg->bit & (alg->bit - 1)) == 0 && (bits & alg->bit) == 0,
           "with a bit of its own");
        ok(((alg->bit & TOUCAN_ALGS_HMAC) != 0)
           == (alg->how == TOUCAN_SIG_HMAC), "among the HMACs or not");
        ok(toucan_alg_signs(alg) == (i < 14)
           && ((alg->bit & TOUCAN_ALGS_WRAP) != 0) == (i >= 14),
           "signs or wraps");

        bits |= alg->bit;
    }

    is_int((int64_t) bits, TOUCAN_ALGS_SIGN | TOUCAN_ALGS_WRAP,
           "all bits together");

    for (n = 0; toucan_alg_row(n) != NULL; n++) { /* void */ }

    is_int(n, sizeof(rows) / sizeof(rows[0]), "no row more");

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        ok(toucan_alg_find(toucan_cstr(none[i])) == NULL,
           "\"%s\" is not there", none[i]);
    }

    ok(toucan_alg_find(toucan_str("HS256\0", 6)) == NULL, "nor with a NUL");
    ok(toucan_alg_find(toucan_str(NULL, 0)) == NULL, "nor an absent one");

    return bits;
}


/* Rows that one key can serve have places of their own; "dir" needs none. */

static void
slots(void)
{
    int                  same;
    unsigned             i, j;
    const toucan_alg_t  *a, *b;

    same = 0;

    for (i = 0; (a = toucan_alg_row(i)) != NULL; i++) {
        for (j = 0; j < i; j++) {
            b = toucan_alg_row(j);

            if ((a->kty & b->kty) != 0
                && (a->crv == 0 || b->crv == 0 || (a->crv & b->crv) != 0)
                && a->how != TOUCAN_WRAP_DIR && b->how != TOUCAN_WRAP_DIR
                && a->slot == b->slot)
            {
                diag("%s and %s", (const char *) a->name.data,
                     (const char *) b->name.data);
                same++;
            }
        }
    }

    is_int(same, 0, "no two uses of a key share a slot");
}


static toucan_algs_t
encs(void)
{
    size_t               i;
    toucan_algs_t        bits;
    const toucan_enc_t  *enc;

    static const struct {
        const char      *name;
        size_t           key;
        size_t           iv;
        size_t           tag;
    } rows[] = {
        { "A128GCM", 16, 12, 16 },
        { "A192GCM", 24, 12, 16 },
        { "A256GCM", 32, 12, 16 },
        { "A128CBC-HS256", 32, 16, 16 },
        { "A192CBC-HS384", 48, 16, 24 },
        { "A256CBC-HS512", 64, 16, 32 }
    };

    static const char  *none[] = {
        "", "none", "A128CBC", "A128CBC-HS512", "A256CBC", "a128gcm",
        "A128GCM ", "A128GCMKW", "A512GCM", "C20P", "XC20P", "HS256", "dir"
    };

    bits = 0;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enc = toucan_enc_find(toucan_cstr(rows[i].name));

        if (!ok(enc != NULL && enc == toucan_enc_row((unsigned) i),
                "%s is there", rows[i].name))
        {
            continue;
        }

        ok(toucan_str_is(enc->name, rows[i].name)
           && enc->key_size == rows[i].key && enc->iv_size == rows[i].iv
           && enc->tag_size == rows[i].tag
           && enc->key_size <= TOUCAN_CEK_MAX_SIZE
           && (enc->digest == NULL) == (rows[i].iv == 12)
           && enc->slot == i && i < TOUCAN_ENC_SLOTS,
           "and what it says");
        ok((enc->bit & (enc->bit - 1)) == 0 && (bits & enc->bit) == 0,
           "with a bit of its own");

        bits |= enc->bit;
    }

    is_int((int64_t) bits, TOUCAN_ALGS_ENC, "all bits together");
    ok(toucan_enc_row((unsigned) i) == NULL, "no row more");

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        ok(toucan_enc_find(toucan_cstr(none[i])) == NULL,
           "\"%s\" is not there", none[i]);
    }

    ok(toucan_enc_find(toucan_str(NULL, 0)) == NULL, "nor an absent one");

    return bits;
}


int
main(void)
{
    is_int((int64_t) (algs() | encs()), TOUCAN_ALGS_ALL,
           "the set of all is that of both tables");
    slots();

    return done_testing();
}
