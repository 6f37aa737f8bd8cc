
/*
 * The tables of algorithms.
 */


#include "jose/toucan_alg.h"


#define toucan_rows(table)  (sizeof(table) / sizeof(table[0]))

#define toucan_bit(n)       (1ull << (n))

#define TOUCAN_CRV_ECDH     (TOUCAN_CRV_P256 | TOUCAN_CRV_P384                \
                             | TOUCAN_CRV_P521 | TOUCAN_CRV_X25519            \
                             | TOUCAN_CRV_X448)
#define TOUCAN_CRV_EDDSA    (TOUCAN_CRV_ED25519 | TOUCAN_CRV_ED448)
#define TOUCAN_KTY_ECDH     (TOUCAN_KTY_EC | TOUCAN_KTY_OKP)


static const toucan_alg_t  toucan_algs[] = {

    { toucan_string("HS256"), toucan_bit(0), TOUCAN_SIG_HMAC,
      TOUCAN_KTY_OCT, 0, "SHA256", 32, 0 },
    { toucan_string("HS384"), toucan_bit(1), TOUCAN_SIG_HMAC,
      TOUCAN_KTY_OCT, 0, "SHA384", 48, 1 },
    { toucan_string("HS512"), toucan_bit(2), TOUCAN_SIG_HMAC,
      TOUCAN_KTY_OCT, 0, "SHA512", 64, 2 },

    { toucan_string("RS256"), toucan_bit(3), TOUCAN_SIG_RSA_PKCS1,
      TOUCAN_KTY_RSA, 0, "SHA256", 0, 0 },
    { toucan_string("RS384"), toucan_bit(4), TOUCAN_SIG_RSA_PKCS1,
      TOUCAN_KTY_RSA, 0, "SHA384", 0, 1 },
    { toucan_string("RS512"), toucan_bit(5), TOUCAN_SIG_RSA_PKCS1,
      TOUCAN_KTY_RSA, 0, "SHA512", 0, 2 },

    { toucan_string("PS256"), toucan_bit(6), TOUCAN_SIG_RSA_PSS,
      TOUCAN_KTY_RSA, 0, "SHA256", 0, 3 },
    { toucan_string("PS384"), toucan_bit(7), TOUCAN_SIG_RSA_PSS,
      TOUCAN_KTY_RSA, 0, "SHA384", 0, 4 },
    { toucan_string("PS512"), toucan_bit(8), TOUCAN_SIG_RSA_PSS,
      TOUCAN_KTY_RSA, 0, "SHA512", 0, 5 },

    { toucan_string("ES256"), toucan_bit(9), TOUCAN_SIG_ECDSA,
      TOUCAN_KTY_EC, TOUCAN_CRV_P256, "SHA256", 32, 0 },
    { toucan_string("ES384"), toucan_bit(10), TOUCAN_SIG_ECDSA,
      TOUCAN_KTY_EC, TOUCAN_CRV_P384, "SHA384", 48, 0 },
    { toucan_string("ES512"), toucan_bit(11), TOUCAN_SIG_ECDSA,
      TOUCAN_KTY_EC, TOUCAN_CRV_P521, "SHA512", 66, 0 },
    { toucan_string("ES256K"), toucan_bit(12), TOUCAN_SIG_ECDSA,
      TOUCAN_KTY_EC, TOUCAN_CRV_SECP256K1, "SHA256", 32, 0 },

    { toucan_string("EdDSA"), toucan_bit(13), TOUCAN_SIG_EDDSA,
      TOUCAN_KTY_OKP, TOUCAN_CRV_EDDSA, NULL, 0, 0 },

    { toucan_string("dir"), toucan_bit(14), TOUCAN_WRAP_DIR,
      TOUCAN_KTY_OCT, 0, NULL, 0, 0 },

    { toucan_string("A128KW"), toucan_bit(15), TOUCAN_WRAP_AES_KW,
      TOUCAN_KTY_OCT, 0, "AES-128-WRAP", 16, 3 },
    { toucan_string("A192KW"), toucan_bit(16), TOUCAN_WRAP_AES_KW,
      TOUCAN_KTY_OCT, 0, "AES-192-WRAP", 24, 4 },
    { toucan_string("A256KW"), toucan_bit(17), TOUCAN_WRAP_AES_KW,
      TOUCAN_KTY_OCT, 0, "AES-256-WRAP", 32, 5 },

    { toucan_string("A128GCMKW"), toucan_bit(18), TOUCAN_WRAP_AES_GCM,
      TOUCAN_KTY_OCT, 0, "AES-128-GCM", 16, 6 },
    { toucan_string("A192GCMKW"), toucan_bit(19), TOUCAN_WRAP_AES_GCM,
      TOUCAN_KTY_OCT, 0, "AES-192-GCM", 24, 7 },
    { toucan_string("A256GCMKW"), toucan_bit(20), TOUCAN_WRAP_AES_GCM,
      TOUCAN_KTY_OCT, 0, "AES-256-GCM", 32, 8 },

    { toucan_string("RSA-OAEP"), toucan_bit(21), TOUCAN_WRAP_RSA_OAEP,
      TOUCAN_KTY_RSA, 0, "SHA1", 0, 6 },
    { toucan_string("RSA-OAEP-256"), toucan_bit(22), TOUCAN_WRAP_RSA_OAEP,
      TOUCAN_KTY_RSA, 0, "SHA256", 0, 7 },

    { toucan_string("ECDH-ES"), toucan_bit(23), TOUCAN_WRAP_ECDH_ES,
      TOUCAN_KTY_ECDH, TOUCAN_CRV_ECDH, NULL, 0, 1 },
    { toucan_string("ECDH-ES+A128KW"), toucan_bit(24), TOUCAN_WRAP_ECDH_ES,
      TOUCAN_KTY_ECDH, TOUCAN_CRV_ECDH, "AES-128-WRAP", 16, 2 },
    { toucan_string("ECDH-ES+A192KW"), toucan_bit(25), TOUCAN_WRAP_ECDH_ES,
      TOUCAN_KTY_ECDH, TOUCAN_CRV_ECDH, "AES-192-WRAP", 24, 3 },
    { toucan_string("ECDH-ES+A256KW"), toucan_bit(26), TOUCAN_WRAP_ECDH_ES,
      TOUCAN_KTY_ECDH, TOUCAN_CRV_ECDH, "AES-256-WRAP", 32, 4 }
};


static const toucan_enc_t  toucan_encs[] = {

    { toucan_string("A128GCM"), toucan_bit(32), "AES-128-GCM", NULL,
      16, 12, 16, 0 },
    { toucan_string("A192GCM"), toucan_bit(33), "AES-192-GCM", NULL,
      24, 12, 16, 1 },
    { toucan_string("A256GCM"), toucan_bit(34), "AES-256-GCM", NULL,
      32, 12, 16, 2 },

    { toucan_string("A128CBC-HS256"), toucan_bit(35), "AES-128-CBC", "SHA256",
      32, 16, 16, 3 },
    { toucan_string("A192CBC-HS384"), toucan_bit(36), "AES-192-CBC", "SHA384",
      48, 16, 24, 4 },
    { toucan_string("A256CBC-HS512"), toucan_bit(37), "AES-256-CBC", "SHA512",
      64, 16, 32, 5 }
};


const toucan_alg_t *
toucan_alg_find(toucan_str_t name)
{
    unsigned  i;

    for (i = 0; i < toucan_rows(toucan_algs); i++) {
        if (toucan_str_eq(toucan_algs[i].name, name)) {
            return &toucan_algs[i];
        }
    }

    return NULL;
}


const toucan_enc_t *
toucan_enc_find(toucan_str_t name)
{
    unsigned  i;

    for (i = 0; i < toucan_rows(toucan_encs); i++) {
        if (toucan_str_eq(toucan_encs[i].name, name)) {
            return &toucan_encs[i];
        }
    }

    return NULL;
}


const toucan_alg_t *
toucan_alg_row(unsigned i)
{
    return (i < toucan_rows(toucan_algs)) ? &toucan_algs[i] : NULL;
}


const toucan_enc_t *
toucan_enc_row(unsigned i)
{
    return (i < toucan_rows(toucan_encs)) ? &toucan_encs[i] : NULL;
}
