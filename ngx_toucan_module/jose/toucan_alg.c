
/*
 * The table of JWS algorithms.
 */


#include "jose/toucan_alg.h"


#define TOUCAN_ALG_ROWS  (sizeof(toucan_algs) / sizeof(toucan_algs[0]))


static const toucan_alg_t  toucan_algs[] = {

    { toucan_string("HS256"), 0x0001, TOUCAN_SIG_HMAC, TOUCAN_KTY_OCT,
      TOUCAN_CRV_NONE, "SHA256", 32, 0 },
    { toucan_string("HS384"), 0x0002, TOUCAN_SIG_HMAC, TOUCAN_KTY_OCT,
      TOUCAN_CRV_NONE, "SHA384", 48, 1 },
    { toucan_string("HS512"), 0x0004, TOUCAN_SIG_HMAC, TOUCAN_KTY_OCT,
      TOUCAN_CRV_NONE, "SHA512", 64, 2 },

    { toucan_string("RS256"), 0x0008, TOUCAN_SIG_RSA_PKCS1, TOUCAN_KTY_RSA,
      TOUCAN_CRV_NONE, "SHA256", 0, 0 },
    { toucan_string("RS384"), 0x0010, TOUCAN_SIG_RSA_PKCS1, TOUCAN_KTY_RSA,
      TOUCAN_CRV_NONE, "SHA384", 0, 1 },
    { toucan_string("RS512"), 0x0020, TOUCAN_SIG_RSA_PKCS1, TOUCAN_KTY_RSA,
      TOUCAN_CRV_NONE, "SHA512", 0, 2 },

    { toucan_string("PS256"), 0x0040, TOUCAN_SIG_RSA_PSS, TOUCAN_KTY_RSA,
      TOUCAN_CRV_NONE, "SHA256", 0, 3 },
    { toucan_string("PS384"), 0x0080, TOUCAN_SIG_RSA_PSS, TOUCAN_KTY_RSA,
      TOUCAN_CRV_NONE, "SHA384", 0, 4 },
    { toucan_string("PS512"), 0x0100, TOUCAN_SIG_RSA_PSS, TOUCAN_KTY_RSA,
      TOUCAN_CRV_NONE, "SHA512", 0, 5 },

    { toucan_string("ES256"), 0x0200, TOUCAN_SIG_ECDSA, TOUCAN_KTY_EC,
      TOUCAN_CRV_P256, "SHA256", 32, 0 },
    { toucan_string("ES384"), 0x0400, TOUCAN_SIG_ECDSA, TOUCAN_KTY_EC,
      TOUCAN_CRV_P384, "SHA384", 48, 0 },
    { toucan_string("ES512"), 0x0800, TOUCAN_SIG_ECDSA, TOUCAN_KTY_EC,
      TOUCAN_CRV_P521, "SHA512", 66, 0 },
    { toucan_string("ES256K"), 0x1000, TOUCAN_SIG_ECDSA, TOUCAN_KTY_EC,
      TOUCAN_CRV_SECP256K1, "SHA256", 32, 0 },

    { toucan_string("EdDSA"), 0x2000, TOUCAN_SIG_EDDSA, TOUCAN_KTY_OKP,
      TOUCAN_CRV_NONE, NULL, 0, 0 }
};


const toucan_alg_t *
toucan_alg_find(toucan_str_t name)
{
    unsigned  i;

    for (i = 0; i < TOUCAN_ALG_ROWS; i++) {
        if (toucan_str_eq(toucan_algs[i].name, name)) {
            return &toucan_algs[i];
        }
    }

    return NULL;
}


const toucan_alg_t *
toucan_alg_row(unsigned i)
{
    return (i < TOUCAN_ALG_ROWS) ? &toucan_algs[i] : NULL;
}
