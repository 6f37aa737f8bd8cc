
/*
 * Owns: the tests of the algorithm table: what is in it, and that nothing
 * else is.
 */


#include "tokens.h"


int
main(void)
{
    size_t               i;
    unsigned             n;
    toucan_algs_t        bits;
    const toucan_alg_t  *alg;

    static const struct {
        const char      *name;
        toucan_kty_e     kty;
        toucan_crv_e     crv;
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
        { "EdDSA", TOUCAN_KTY_OKP, TOUCAN_CRV_NONE, 0 }
    };

    static const char  *none[] = {
        "none", "None", "NONE", "nOnE", "", " ", "hs256", "Hs256", "HS256 ",
        " HS256", "HS25", "HS2567", "HS1", "HS224", "rs256", "RS1", "PS1",
        "ES224", "ES256k", "es256", "EDDSA", "eddsa", "Ed25519", "Ed448",
        "EdDSA2", "RSA1_5", "RSA-OAEP", "A128KW", "dir", "ECDH-ES",
        "PBES2-HS256+A128KW", "A256GCM"
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
           == (alg->kty == TOUCAN_KTY_OCT), "among the HMACs or not");

        bits |= alg->bit;
    }

    is_int(bits, TOUCAN_ALGS_ALL, "all bits together");

    for (n = 0; toucan_alg_row(n) != NULL; n++) { /* void */ }

    is_int(n, sizeof(rows) / sizeof(rows[0]), "no row more");

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        ok(toucan_alg_find(toucan_cstr(none[i])) == NULL,
           "\"%s\" is not there", none[i]);
    }

    ok(toucan_alg_find(toucan_str("HS256\0", 6)) == NULL, "nor with a NUL");
    ok(toucan_alg_find(toucan_str(NULL, 0)) == NULL, "nor an absent one");

    return done_testing();
}
