
/*
 * Owns: the tests of HKDF-SHA256 without salt, against RFC 5869 and against
 * figures that Python's hmac has worked out.
 */


#include "tokens.h"

#include "jose/toucan_crypto_hkdf.h"


#define OUTPUT                                                                \
    "739f586b7d86139a1f396a21d18ceb6f58502d4afb783af277fdb8d207fe583e"        \
    "f04a7e5facc28dd2e4ffa7161085952d5c8098d88e013571d3972e20472c6aad30"


static uint8_t  out[8192];


/* 0, 1, 2 ...; 0x0b alone; or as unit_key_oct() */

static toucan_key_t *
secret(int how, size_t len)
{
    size_t         i;
    uint8_t        bytes[1024];
    toucan_diag_t  d;

    for (i = 0; i < len; i++) {
        bytes[i] = (uint8_t) (how == 0 ? i : how == 1 ? 0x0b : 11 * i + 5);
    }

    return toucan_key_oct(toucan_str(bytes, len), &d);
}


static void
vectors(void)
{
    size_t         i, len;
    uint8_t       *want;
    toucan_rc_t    rc;
    toucan_key_t  *key;

    static const struct {
        int          how;
        size_t       size;
        const char  *info;
        size_t       info_len;
        size_t       len;
        const char  *want;
    } rows[] = {

        /* RFC 5869 A.3 */

        { 1, 22, "", 0, 42,
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
          "9d201395faa4b61a96c8" },

        { 0, 32, "7f3a", 4, 32, OUTPUT },
        { 0, 32, "7f3a", 4, 1, OUTPUT },
        { 0, 32, "7f3a", 4, 31, OUTPUT },
        { 0, 32, "7f3a", 4, 33, OUTPUT },
        { 0, 32, "7f3a", 4, 64, OUTPUT },
        { 0, 32, "7f3a", 4, 65, OUTPUT },
        { 0, 32, "7f3b", 4, 32,
          "2ec2e103dcc79aa8960d285959652a486f343bc6099021e6aa763721851ccb40" },
        { 0, 32, "a", 1, 32,
          "7e06be6b05301a077e816d6a4ce290ec3055d0e910f13cf35e89381fa313a091" },
        { 0, 32, "7f\0" "3a", 5, 32,
          "d96ca7b949cc8fbebb578d017f2871286104c727ce09c6a772aebd354e8ca141" },
        { 0, 32,
          "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
          64, 32,
          "7212661b74b2d44aa3d44ec777083002331274937e5a1d4878ada493ad7a87ec" },

        /* about the length of the hash's block, and the longest */

        { 2, 64, "7f3a", 4, 32,
          "8a0e810dbc3e9f35278397554a49e5809e4006ba3a2b3f83f59e884637706fcc" },
        { 2, 65, "7f3a", 4, 32,
          "cae8da6089ecb99589ddc54eed409d5aabccef55da08a10f265e6f740c66419f" },
        { 2, 1024, "7f3a", 4, 32,
          "ce4af5881cf4dc411a5f90c845768e829eeda194bc533a083ba9b9bb8f93cfc8" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        key = secret(rows[i].how, rows[i].size);
        want = OPENSSL_hexstr2buf(rows[i].want, NULL);
        len = rows[i].len;
        memset(out, 0x5a, sizeof(out));

        rc = toucan_hkdf(key, toucan_str(rows[i].info, rows[i].info_len), out,
                         len);

        is_str(unit_rc(rc), "ok", "row %zu: %zu bytes", i, len);
        is_mem(out, len, want, len, "and which");
        ok(out[len] == 0x5a, "and no more");

        OPENSSL_free(want);
        toucan_key_free(key);
    }
}


/* one key made ready serves many infos, in any order, and stands alone */

static void
many(void)
{
    int             i;
    uint8_t         one[64], again[64];
    toucan_key_t   *key;
    toucan_hkdf_t  *hkdf;

    static const char *const  infos[] = { "a", "b", "", "a", "7f3a", "b" };

    key = secret(0, 32);
    is_str(unit_rc(toucan_hkdf_new(&hkdf, key)), "ok", "a key made ready");
    toucan_key_free(key);
    key = secret(0, 32);

    for (i = 0; i < 6; i++) {
        is_str(unit_rc(toucan_hkdf(key, toucan_cstr(infos[i]), one, 64)),
               "ok", "\"%s\" at once", infos[i]);
        is_str(unit_rc(toucan_hkdf_expand(hkdf, toucan_cstr(infos[i]), again,
                                          64)), "ok", "and in two steps");
        is_mem(again, 64, one, 64, "are the same");
    }

    toucan_hkdf_free(hkdf);
    toucan_key_free(key);
    toucan_hkdf_free(NULL);
}


static void
limits(void)
{
    int             zero;
    size_t          i, len;
    uint8_t        *hash;
    unsigned char   digest[32];
    toucan_rc_t     rc;
    toucan_key_t   *key;
    toucan_diag_t   d;
    toucan_hkdf_t  *hkdf;

    static const uint8_t  x[32] = {
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
        0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
        0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a
    };

    key = secret(0, 32);

    rc = toucan_hkdf(key, toucan_cstr("7f3a"), out, 255 * 32);
    is_str(unit_rc(rc), "ok", "255 blocks");
    hash = OPENSSL_hexstr2buf("57912772ff19eeb6b6266ef210aa2e38db6b9a4001bcd9"
                              "d50bba89bcae212161", NULL);
    EVP_Q_digest(NULL, "SHA256", NULL, out, 255 * 32, digest, &len);
    is_mem(digest, 32, hash, 32, "and which");
    OPENSSL_free(hash);

    rc = toucan_hkdf(key, toucan_cstr("7f3a"), out, 255 * 32 + 1);
    is_str(unit_rc(rc), "internal", "and one byte more");

    for (i = 0, zero = 0; i < 255 * 32 + 1; i++) {
        zero += (out[i] == 0);
    }

    is_int(zero, 255 * 32 + 1, "nothing of it is left");

    is_str(unit_rc(toucan_hkdf(key, toucan_cstr("7f3a"), out, 0)), "ok",
           "nothing at all");
    toucan_key_free(key);

    /* what is no secret */

    key = toucan_key_okp(TOUCAN_CRV_ED25519, toucan_str(x, 32),
                         toucan_str(NULL, 0), &d);
    ok(key != NULL, "a public key");
    memset(out, 0x5a, 32);
    rc = toucan_hkdf(key, toucan_cstr("7f3a"), out, 32);
    is_str(unit_rc(rc), "internal", "is no master key");
    ok(out[0] == 0 && out[31] == 0, "nothing is left");
    hkdf = (toucan_hkdf_t *) out;
    is_str(unit_rc(toucan_hkdf_new(&hkdf, key)), "internal", "nor made ready");
    ok(hkdf == NULL, "and there is none");
    toucan_key_free(key);
}


int
main(void)
{
    vectors();
    many();
    limits();

    is_int((int64_t) ERR_peek_error(), 0, "no OpenSSL error is left");

    return done_testing();
}
