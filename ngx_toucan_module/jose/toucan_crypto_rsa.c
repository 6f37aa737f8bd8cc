
/*
 * RSA keys: from the numbers of a JWK to OpenSSL's object, what is checked on
 * the way, and back to the public numbers.
 */


#include "jose/toucan_crypto_impl.h"

#include <openssl/param_build.h>
#include <openssl/rsa.h>


/* n, e, d, p, q, dp, dq, qi */
#define TOUCAN_RSA_NUMBERS       8


static int toucan_rsa_public(EVP_PKEY *pkey, const char *name, uint8_t *dst,
    size_t size, toucan_str_t *number);
static toucan_str_t toucan_number(toucan_str_t s);
static size_t toucan_bits(toucan_str_t number);
static const char *toucan_rsa_fault(toucan_str_t n, toucan_str_t e);
static int toucan_rsa_is_roca(toucan_str_t n);
static EVP_PKEY *toucan_rsa_pkey(const toucan_rsa_t *rsa);
static int toucan_rsa_factors(const toucan_rsa_t *rsa);
static int toucan_rsa_exponent(toucan_str_t exponent, const BIGNUM *d,
    const BIGNUM *prime, BN_CTX *ctx);
static int toucan_rsa_inverse(toucan_str_t coefficient, const BIGNUM *q,
    const BIGNUM *p, BN_CTX *ctx);
static int toucan_rsa_halves(EVP_PKEY *pkey);


toucan_key_t *
toucan_key_rsa(const toucan_rsa_t *rsa, toucan_diag_t *diag)
{
    const char    *fault;
    toucan_key_t  *key;
    toucan_str_t   n, e;

    static const char  strangers[] = "the private half of the RSA key does "
                                     "not belong to the public one";

    n = toucan_number(rsa->n);
    e = toucan_number(rsa->e);

    if (toucan_bits(n) < TOUCAN_RSA_MIN_BITS
        || toucan_bits(n) > TOUCAN_RSA_MAX_BITS)
    {
        toucan_diag_error(diag, "an RSA modulus of %zu bits, not of %u to %u",
                          toucan_bits(n), TOUCAN_RSA_MIN_BITS,
                          TOUCAN_RSA_MAX_BITS);
        return NULL;
    }

    fault = toucan_rsa_fault(n, e);
    if (fault != NULL) {
        toucan_diag_error(diag, "%s", fault);
        return NULL;
    }

    key = toucan_key_new(TOUCAN_KTY_RSA, TOUCAN_CRV_NONE, diag);
    if (key == NULL) {
        return NULL;
    }

    key->size = n.len;
    key->secret_half = (rsa->d.data != NULL);

    ERR_set_mark();

    /* numbers that OpenSSL may not be given are looked at first */

    if (key->secret_half && !toucan_rsa_factors(rsa)) {
        fault = strangers;

    } else {
        key->pkey = toucan_rsa_pkey(rsa);

        fault = (key->pkey == NULL)
                ? "OpenSSL does not take the RSA key"
                : (key->secret_half && !toucan_rsa_halves(key->pkey))
                ? strangers : NULL;
    }

    ERR_pop_to_mark();

    if (fault != NULL) {
        toucan_diag_error(diag, "%s", fault);
        toucan_key_free(key);
        return NULL;
    }

    return key;
}


toucan_rc_t
toucan_key_modulus(const toucan_key_t *key, toucan_modulus_t *modulus)
{
    int  ok;

    if (key->kty != TOUCAN_KTY_RSA) {
        return TOUCAN_INTERNAL;
    }

    ERR_set_mark();

    ok = toucan_rsa_public(key->pkey, OSSL_PKEY_PARAM_RSA_N, modulus->bytes,
                           TOUCAN_RSA_MAX_SIZE, &modulus->n)
         && toucan_rsa_public(key->pkey, OSSL_PKEY_PARAM_RSA_E,
                              modulus->bytes + TOUCAN_RSA_MAX_SIZE,
                              TOUCAN_RSA_MAX_EXPONENT, &modulus->e);

    ERR_pop_to_mark();

    return ok ? TOUCAN_OK : TOUCAN_INTERNAL;
}


/* One of a key's public numbers, into dst, which has room for it. */

static int
toucan_rsa_public(EVP_PKEY *pkey, const char *name, uint8_t *dst, size_t size,
    toucan_str_t *number)
{
    int      ok;
    BIGNUM  *bn;

    bn = NULL;

    ok = EVP_PKEY_get_bn_param(pkey, name, &bn) == 1
         && (size_t) BN_num_bytes(bn) <= size;

    if (ok) {
        *number = toucan_str(dst, (size_t) BN_bn2bin(bn, dst));
    }

    BN_free(bn);

    return ok;
}


/* A number without its leading zero octets.  A view into s. */

static toucan_str_t
toucan_number(toucan_str_t s)
{
    while (s.len > 0 && s.data[0] == 0) {
        s.data++;
        s.len--;
    }

    return s;
}


static size_t
toucan_bits(toucan_str_t number)
{
    size_t    bits;
    unsigned  top;

    bits = number.len * 8;

    if (bits > 0) {
        for (top = number.data[0]; top < 0x80; top <<= 1) {
            bits--;
        }
    }

    return bits;
}


/* Points to static memory, or NULL. */

static const char *
toucan_rsa_fault(toucan_str_t n, toucan_str_t e)
{
    if ((n.data[n.len - 1] & 1) == 0) {
        return "an even RSA modulus";
    }

    if (e.len == 0 || (e.data[e.len - 1] & 1) == 0
        || (e.len == 1 && e.data[0] == 1))
    {
        return "an RSA exponent that is even or less than 3";
    }

    if (e.len > TOUCAN_RSA_MAX_EXPONENT) {
        return "an RSA exponent of more than 64 bits";
    }

    if (toucan_rsa_is_roca(n)) {
        return "an RSA modulus that can be factored (ROCA, CVE-2017-15361)";
    }

    return NULL;
}


/*
 * Primes made by the faulty generator are powers of 65537 modulo each of these,
 * so their product is one, too; another modulus is so for all of them by a
 * chance of about 1 : 2^27.
 */

static int
toucan_rsa_is_roca(toucan_str_t n)
{
    size_t                i;
    unsigned              k, p, residue, power;
    static const uint8_t  primes[] = { 11, 13, 17, 19, 37, 53, 61, 71, 73,
                                       79, 97, 103, 107, 109, 127, 151, 157 };

    for (k = 0; k < sizeof(primes); k++) {
        p = primes[k];
        residue = 0;

        for (i = 0; i < n.len; i++) {
            residue = (residue << 8 | n.data[i]) % p;
        }

        power = 1;

        do {
            power = power * (65537 % p) % p;
        } while (power != residue && power != 1);

        if (power != residue) {
            return 0;
        }
    }

    return 1;
}


static EVP_PKEY *
toucan_rsa_pkey(const toucan_rsa_t *rsa)
{
    int              ok;
    BIGNUM          *bn[TOUCAN_RSA_NUMBERS];
    EVP_PKEY        *pkey;
    unsigned         i;
    OSSL_PARAM      *params;
    OSSL_PARAM_BLD  *bld;

    const struct {
        const char    *name;
        toucan_str_t   value;
    } numbers[TOUCAN_RSA_NUMBERS] = {
        { OSSL_PKEY_PARAM_RSA_N, rsa->n },
        { OSSL_PKEY_PARAM_RSA_E, rsa->e },
        { OSSL_PKEY_PARAM_RSA_D, rsa->d },
        { OSSL_PKEY_PARAM_RSA_FACTOR1, rsa->p },
        { OSSL_PKEY_PARAM_RSA_FACTOR2, rsa->q },
        { OSSL_PKEY_PARAM_RSA_EXPONENT1, rsa->dp },
        { OSSL_PKEY_PARAM_RSA_EXPONENT2, rsa->dq },
        { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, rsa->qi }
    };

    pkey = NULL;
    params = NULL;
    bld = OSSL_PARAM_BLD_new();
    ok = (bld != NULL);

    for (i = 0; i < TOUCAN_RSA_NUMBERS; i++) {
        bn[i] = NULL;

        if (!ok || numbers[i].value.data == NULL) {
            continue;
        }

        bn[i] = toucan_bn(numbers[i].value);
        ok = bn[i] != NULL
             && OSSL_PARAM_BLD_push_BN(bld, numbers[i].name, bn[i]);
    }

    if (ok) {
        params = OSSL_PARAM_BLD_to_param(bld);
    }

    if (params != NULL) {
        pkey = toucan_pkey("RSA", params, rsa->d.data != NULL);
    }

    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);

    for (i = 0; i < TOUCAN_RSA_NUMBERS; i++) {
        BN_clear_free(bn[i]);
    }

    return pkey;
}


/*
 * 1 when the private numbers are of n, and d is below it: OpenSSL makes up for
 * wrong ones of Garner's with d, in several times the time.
 */

static int
toucan_rsa_factors(const toucan_rsa_t *rsa)
{
    int      ok;
    BIGNUM  *n, *d, *p, *q, *t;
    BN_CTX  *ctx;

    ctx = BN_CTX_secure_new();
    n = toucan_bn(rsa->n);
    d = toucan_bn(rsa->d);
    p = toucan_bn(rsa->p);
    q = toucan_bn(rsa->q);
    t = BN_secure_new();

    ok = ctx != NULL && n != NULL && d != NULL && p != NULL && q != NULL
         && t != NULL
         && BN_cmp(d, n) < 0;

    if (ok && rsa->p.data != NULL) {
        ok = BN_mul(t, p, q, ctx)
             && BN_cmp(t, n) == 0
             && BN_cmp(p, n) < 0
             && BN_cmp(q, n) < 0
             && toucan_rsa_exponent(rsa->dp, d, p, ctx)
             && toucan_rsa_exponent(rsa->dq, d, q, ctx)
             && toucan_rsa_inverse(rsa->qi, q, p, ctx);
    }

    BN_clear_free(t);
    BN_clear_free(q);
    BN_clear_free(p);
    BN_clear_free(d);
    BN_clear_free(n);
    BN_CTX_free(ctx);

    return ok;
}


/* 1 when the exponent is d modulo the prime less one */

static int
toucan_rsa_exponent(toucan_str_t exponent, const BIGNUM *d,
    const BIGNUM *prime, BN_CTX *ctx)
{
    int      ok;
    BIGNUM  *e, *t;

    e = toucan_bn(exponent);
    t = BN_secure_new();

    ok = e != NULL && t != NULL
         && BN_sub(t, prime, BN_value_one())
         && BN_mod(t, d, t, ctx)
         && BN_cmp(t, e) == 0;

    BN_clear_free(t);
    BN_clear_free(e);

    return ok;
}


/* 1 when the coefficient times q is one modulo p */

static int
toucan_rsa_inverse(toucan_str_t coefficient, const BIGNUM *q,
    const BIGNUM *p, BN_CTX *ctx)
{
    int      ok;
    BIGNUM  *c;

    c = toucan_bn(coefficient);

    ok = c != NULL
         && BN_cmp(c, p) < 0
         && BN_mod_mul(c, c, q, p, ctx)
         && BN_is_one(c);

    BN_clear_free(c);

    return ok;
}


/* 1 when the public half undoes what the private one does */

static int
toucan_rsa_halves(EVP_PKEY *pkey)
{
    int            ok;
    size_t         len;
    uint8_t       *sig;
    EVP_PKEY_CTX  *sign, *verify;

    static const uint8_t  hash[32] = { 0x74, 0x6f, 0x75, 0x63, 0x61, 0x6e };

    len = TOUCAN_RSA_MAX_SIZE;
    sig = toucan_calloc(1, len);
    sign = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    verify = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    ok = sig != NULL && sign != NULL && verify != NULL
         && EVP_PKEY_sign_init(sign) == 1
         && EVP_PKEY_verify_init(verify) == 1
         && EVP_PKEY_CTX_set_rsa_padding(sign, RSA_PKCS1_PADDING) == 1
         && EVP_PKEY_CTX_set_rsa_padding(verify, RSA_PKCS1_PADDING) == 1
         && EVP_PKEY_sign(sign, sig, &len, hash, sizeof(hash)) == 1
         && EVP_PKEY_verify(verify, sig, len, hash, sizeof(hash)) == 1;

    EVP_PKEY_CTX_free(verify);
    EVP_PKEY_CTX_free(sign);
    toucan_free(sig);

    return ok;
}
