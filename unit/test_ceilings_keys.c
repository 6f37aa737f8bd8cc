
/*
 * Owns: the tests of every named ceiling of keys and sets of them: at the
 * limit they are taken, one past it they are refused, in words.
 */


#include "jwe.h"
#include "stretch.h"


#define OCT                                                                   \
    "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""


static char  big[8 * 1024 * 1024];


/* What a set says that is read for opening; "ok" when it is one. */

static const char *
read_set(const char *text, size_t len)
{
    toucan_jwks_t        *jwks;
    static toucan_diag_t  d;

    toucan_diag_init(&d);
    jwks = toucan_jwks_parse(toucan_str(text, len), &d);
    toucan_jwks_free(jwks);

    return jwks ? "ok" : d.error;
}


static const char *
try_set_bytes(size_t n)
{
    strcpy(big, OCT "}");
    memset(big + strlen(big), ' ', n);

    return read_set(big, n);
}


static const char *
try_set_keys(size_t n)
{
    char    *p;
    size_t   i;

    p = stpcpy(big, "{\"keys\":[");

    for (i = 0; i < n; i++) {
        p = stpcpy(p, OCT "},");
    }

    strcpy(p - 1, "]}");

    return read_set(big, strlen(big));
}


static const char *
try_set_depth(size_t n)
{
    unit_nest(big, n, OCT ",\"x\":");

    return read_set(big, strlen(big));
}


static const char *
try_set_values(size_t n)
{
    unit_fill(big, n, 4, OCT ",\"x\":[");

    return read_set(big, strlen(big));
}


static const char *
try_pem_bytes(size_t n)
{
    BIO         *bio;
    char        *data;
    size_t       len;
    unit_key_t   key;

    key = unit_key_new("ED25519");
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key.pkey);
    len = (size_t) BIO_get_mem_data(bio, &data);
    memcpy(big, data, len);
    memset(big + len, '\n', n - len);
    BIO_free(bio);
    EVP_PKEY_free(key.pkey);

    return read_set(big, n);
}


static const char *
try_pem_keys(size_t n)
{
    BIO         *bio;
    char        *data;
    size_t       len;
    unit_key_t   key;

    bio = BIO_new(BIO_s_mem());

    while (n-- > 0) {
        key = unit_key_new("ED25519");
        PEM_write_bio_PUBKEY(bio, key.pkey);
        EVP_PKEY_free(key.pkey);
    }

    len = (size_t) BIO_get_mem_data(bio, &data);
    memcpy(big, data, len);
    BIO_free(bio);

    return read_set(big, len);
}


static const char *
try_key_kid(size_t n)
{
    strcpy(unit_letters(stpcpy(big, OCT ",\"kid\":\""), n), "\"}");

    return read_set(big, strlen(big));
}


static const char *
rsa_of(size_t zeros, size_t bits, size_t exponent)
{
    size_t         len;
    unsigned char  n[4096], e[32];

    len = (bits + 7) / 8;
    memset(n, 0, zeros);
    memset(n + zeros, 0x5a, len);
    n[zeros] = (unsigned char) (1 << (bits - 1) % 8);
    n[zeros + len - 1] = 3;
    memset(e, 0xff, sizeof(e));

    strcpy(big, "{\"kty\":\"RSA\",\"n\":\"");
    unit_b64_cat(big, n, zeros + len);
    strcat(big, "\",\"e\":\"");
    unit_b64_cat(big, e, exponent);
    strcat(big, "\"}");

    return read_set(big, strlen(big));
}


static const char *
try_rsa_bits(size_t n)
{
    return rsa_of(0, n, 3);
}


/* from below: one less than the least */

static const char *
try_rsa_least(size_t n)
{
    return rsa_of(0, 2 * TOUCAN_RSA_MIN_BITS - n, 3);
}


static const char *
try_rsa_exponent(size_t n)
{
    return rsa_of(0, 2048, n);
}


static const char *
try_rsa_zeros(size_t n)
{
    return rsa_of(n, TOUCAN_RSA_MAX_BITS, 3);
}


static const char *
try_oct(size_t n)
{
    unit_key_t  key;

    memset(&key, 7, sizeof(unit_key_t));
    key.pkey = NULL;
    key.secret_len = TOUCAN_OCT_MAX_SIZE;
    unit_jwk(big, &key, NULL, "");

    if (n > TOUCAN_OCT_MAX_SIZE) {          /* A of AAAA: one byte more */
        strcpy(big, "{\"kty\":\"oct\",\"k\":\"");
        unit_letters(big + strlen(big), n / 3 * 4);
        strcat(big, n % 3 == 1 ? "AA" : n % 3 == 2 ? "AAA" : "");
        strcat(big, "\"}");
    }

    return read_set(big, strlen(big));
}


static const struct {
    const char   *name;
    size_t        limit;
    const char *(*try)(size_t n);
    const char   *past;
} ceilings[] = {
    { "TOUCAN_JWKS_MAX_BYTES, JSON", TOUCAN_JWKS_MAX_BYTES, try_set_bytes,
      "larger than 4194304 bytes" },
    { "TOUCAN_JWKS_MAX_BYTES, PEM", TOUCAN_JWKS_MAX_BYTES, try_pem_bytes,
      "larger than 4194304 bytes" },
    { "TOUCAN_JWKS_MAX_KEYS", TOUCAN_JWKS_MAX_KEYS, try_set_keys,
      "4097 keys, more than 4096" },
    { "TOUCAN_JWKS_MAX_PEM", TOUCAN_JWKS_MAX_PEM, try_pem_keys,
      "more than 8 PEM keys" },
    { "toucan_json_file_limits, depth", 16, try_set_depth,
      "nested deeper than 16 levels, at line 1, column 83" },
    { "toucan_json_file_limits, values", 200000, try_set_values,
      "more than 200000 values" },
    { "TOUCAN_JWK_MAX_KID", TOUCAN_JWK_MAX_KID, try_key_kid,
      "key 1: kid is too long" },
    { "TOUCAN_RSA_MAX_BITS", TOUCAN_RSA_MAX_BITS, try_rsa_bits,
      "key 1: an RSA modulus of 16385 bits, not of 2048 to 16384" },
    { "TOUCAN_RSA_MIN_BITS", TOUCAN_RSA_MIN_BITS, try_rsa_least,
      "key 1: an RSA modulus of 2047 bits, not of 2048 to 16384" },
    { "TOUCAN_RSA_MAX_EXPONENT", 8, try_rsa_exponent,
      "key 1: an RSA exponent of more than 64 bits" },
    { "TOUCAN_JWK_MAX_BYTES", 16, try_rsa_zeros, "key 1: n is too long" },
    { "TOUCAN_OCT_MAX_SIZE", TOUCAN_OCT_MAX_SIZE, try_oct,
      "key 1: a secret of 1025 bytes, not of 1 to 1024" }
};


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(ceilings) / sizeof(ceilings[0]); i++) {
        is_str(ceilings[i].try(ceilings[i].limit), "ok", "%s: %zu",
               ceilings[i].name, ceilings[i].limit);
        is_str(ceilings[i].try(ceilings[i].limit + 1), ceilings[i].past,
               "and one past");
    }

    return done_testing();
}
