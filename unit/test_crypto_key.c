
/*
 * Owns: the tests of keys that are refused below JOSE, what a secret is long
 * enough for, and digests.
 */


#include "tokens.h"

#include "jose/toucan_crypto_key.h"


static void
secrets(void)
{
    size_t         n;
    uint8_t        secret[2048];
    toucan_diag_t  d;
    toucan_key_t  *key;

    memset(secret, 1, sizeof(secret));

    for (n = 31; n <= 65; n++) {
        key = toucan_key_oct(toucan_str(secret, n), &d);
        ok(toucan_key_fits(key, toucan_alg_find(toucan_cstr("HS256")))
           == (n >= 32)
           && toucan_key_fits(key, toucan_alg_find(toucan_cstr("HS384")))
              == (n >= 48)
           && toucan_key_fits(key, toucan_alg_find(toucan_cstr("HS512")))
              == (n >= 64), "what a secret of %zu bytes fits", n);
        toucan_key_free(key);
    }

    toucan_diag_init(&d);
    ok(toucan_key_oct(toucan_str(secret, 0), &d) == NULL, "an empty secret");
    is_str(d.error, "a secret of 0 bytes, not of 1 to 1024", "is told");
    key = toucan_key_oct(toucan_str(secret, 1024), &d);
    ok(key != NULL, "a secret of 1024 bytes");
    toucan_key_free(key);
    ok(toucan_key_oct(toucan_str(secret, 1025), &d) == NULL, "and one more");

    toucan_key_free(NULL);
    pass("no key can be freed");
}


/* points of small order, each with both signs of its other coordinate */

static void
small(void)
{
    size_t         i, k, len;
    uint8_t        x[57];
    toucan_crv_e   crv;
    toucan_key_t  *key;
    toucan_diag_t  d;

    static const char  *rows[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "00000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000",
        "01000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000",
        "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "feffffffffffffffffffffffffffffffffffffffffffffffffffffff00"
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OPENSSL_hexstr2buf_ex(x, sizeof(x), &len, rows[i], '\0');
        crv = (len == 32) ? TOUCAN_CRV_ED25519 : TOUCAN_CRV_ED448;

        for (k = 0; k < 2; k++) {
            x[len - 1] ^= (uint8_t) (k << 7);
            toucan_diag_init(&d);
            ok(toucan_key_okp(crv, toucan_str(x, len), toucan_str(NULL, 0),
                              &d) == NULL,
               "small order, row %zu, sign %zu", i, k);
            is_str(d.error, "x is a point of small order", "and why");
        }

        x[1] ^= 0x40;
        key = toucan_key_okp(crv, toucan_str(x, len), toucan_str(NULL, 0), &d);
        ok(key != NULL, "another value is taken");
        toucan_key_free(key);
    }

    ok(toucan_key_okp(TOUCAN_CRV_P256, toucan_str(x, 32), toucan_str(NULL, 0),
                      &d) == NULL,
       "P-256 is no OKP curve");
    ok(toucan_key_ec(TOUCAN_CRV_ED25519, toucan_str(x, 32), toucan_str(x, 32),
                     toucan_str(NULL, 0), &d) == NULL, "Ed25519 no EC curve");
    ok(toucan_key_ec(TOUCAN_CRV_P256, toucan_str(x, 32), toucan_str(x, 33),
                     toucan_str(NULL, 0), &d) == NULL,
       "nor does P-256 take a longer y");
}


static void
digests(void)
{
    char     hex[65];
    uint8_t  out[32];

    is_str(unit_rc(toucan_sha256(toucan_cstr("abc"), out)), "ok", "SHA-256");
    toucan_hex((uint8_t *) hex, out, 32);
    hex[64] = '\0';
    is_str(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20"
           "015ad", "of abc");

    is_str(unit_rc(toucan_sha256(toucan_str(NULL, 0), out)), "ok",
           "SHA-256 of nothing");
    toucan_hex((uint8_t *) hex, out, 32);
    is_str(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b785"
           "2b855", "is known");
}


int
main(void)
{
    secrets();
    small();
    digests();

    return done_testing();
}
