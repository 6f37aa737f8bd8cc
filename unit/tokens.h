
/*
 * Owns: what the tests of the token floor share.  Keys are made and tokens
 * are signed by OpenSSL directly, never by the code under test.
 */


#ifndef _TOUCAN_TOKENS_H_INCLUDED_
#define _TOUCAN_TOKENS_H_INCLUDED_


#include "unit.h"

#include "jose/toucan_jose.h"
#include "jose/toucan_jws.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>


/* ------------------------------------------------------------- memory */

/*
 * An arena of malloc()ed pieces, each of exactly the size asked for, so that
 * the sanitizers see one byte too many.  The one with number fail_at (from 1)
 * is refused.
 */

typedef struct {
    void            *piece[64];
    unsigned         count;
    unsigned         fail_at;
    toucan_arena_t   arena;
} unit_arena_t;


static void *
unit_arena_alloc(void *ctx, size_t size)
{
    void          *p;
    unit_arena_t  *a;

    a = ctx;

    if (a->count + 1 == a->fail_at || a->count == 64) {
        return NULL;
    }

    p = malloc(size ? size : 1);
    a->piece[a->count++] = p;

    return p;
}


static UNIT_UNUSED toucan_arena_t *
unit_arena_init(unit_arena_t *a)
{
    memset(a, 0, sizeof(unit_arena_t));
    a->arena.alloc = unit_arena_alloc;
    a->arena.ctx = a;

    return &a->arena;
}


static UNIT_UNUSED void
unit_arena_free(unit_arena_t *a)
{
    while (a->count > 0) {
        free(a->piece[--a->count]);
    }
}


/*
 * The number of places at which the bytes stand, in memory that need not have
 * been written; util/valgrind.suppress knows it by its name.
 */

static UNIT_UNUSED int __attribute__((noinline))
unit_occurs(const unsigned char *data, size_t size, const void *what,
    size_t len)
{
    int     n;
    size_t  i;

    n = 0;

    for (i = 0; len > 0 && i + len <= size; i++) {
        if (data[i] == *(const unsigned char *) what
            && memcmp(data + i, what, len) == 0)
        {
            /* a branch: memcheck takes n for known */

            __asm__ volatile ("" : "+r" (n));
            n++;
        }
    }

    return n;
}


/* -------------------------------------------------------------- files */

/* The caller frees. */

static UNIT_UNUSED char *
unit_slurp(const char *path, size_t *len)
{
    char    *data;
    FILE    *f;
    size_t   size;

    f = fopen(path, "rb");
    if (f == NULL) {
        return NULL;
    }

    size = 1024 * 1024;
    data = malloc(size + 1);
    *len = fread(data, 1, size, f);
    data[*len] = '\0';
    fclose(f);

    return data;
}


/* A path below the third-party vectors; they need not be there. */

static UNIT_UNUSED const char *
unit_vector(const char *name)
{
    const char   *root;
    static char   path[1024];

    root = getenv("TOUCAN_VECTORS");
    snprintf(path, sizeof(path), "%s/%s", root ? root : "../shared/vectors",
             name);

    return path;
}


/* ------------------------------------------------------------- base64 */

/* Appends to a C string in out, which has room for it. */

static UNIT_UNUSED void
unit_b64_cat(char *out, const void *data, size_t len)
{
    size_t  i, n;
    char   *text, *p;

    /* OpenSSL's base64, its alphabet exchanged and the padding cut */

    text = malloc(4 * (len / 3 + 2));
    n = (size_t) EVP_EncodeBlock((unsigned char *) text, data, (int) len);

    p = out + strlen(out);

    for (i = 0; i < n && text[i] != '='; i++) {
        *p++ = (text[i] == '+') ? '-' : (text[i] == '/') ? '_' : text[i];
    }

    *p = '\0';
    free(text);
}


/* --------------------------------------------------------------- keys */

typedef struct {
    EVP_PKEY        *pkey;          /* or a secret */
    size_t           secret_len;
    unsigned char    secret[1024];
} unit_key_t;


static UNIT_UNUSED unit_key_t
unit_key_new(const char *type)
{
    size_t       i;
    unit_key_t   key;

    memset(&key, 0, sizeof(unit_key_t));

    if (strcmp(type, "oct") == 0) {
        key.secret_len = 64;

        for (i = 0; i < key.secret_len; i++) {
            key.secret[i] = (unsigned char) (7 * i + 3);
        }

    } else if (strncmp(type, "RSA", 3) == 0) {
        key.pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
                                     (size_t) atoi(type + 3));

    } else if (strncmp(type, "ED", 2) == 0 || type[0] == 'X') {
        key.pkey = EVP_PKEY_Q_keygen(NULL, NULL, type);

    } else {
        key.pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);
    }

    return key;
}


/* A secret of len bytes, another one for each salt. */

static UNIT_UNUSED unit_key_t
unit_key_oct(size_t len, unsigned salt)
{
    size_t       i;
    unit_key_t   key;

    memset(&key, 0, sizeof(unit_key_t));
    key.secret_len = len;

    for (i = 0; i < len; i++) {
        key.secret[i] = (unsigned char) (11 * i + 5 + salt);
    }

    return key;
}


/* "name":"base64url of a number" of at least len bytes */

static UNIT_UNUSED void
unit_jwk_number(char *out, EVP_PKEY *pkey, const char *param,
    const char *name, int len)
{
    int            n;
    BIGNUM        *bn;
    unsigned char  bytes[2048];

    bn = NULL;
    EVP_PKEY_get_bn_param(pkey, param, &bn);
    n = BN_num_bytes(bn);
    n = (n < len) ? len : n;
    BN_bn2binpad(bn, bytes, n);
    BN_free(bn);

    sprintf(out + strlen(out), ",\"%s\":\"", name);
    unit_b64_cat(out, bytes, (size_t) n);
    strcat(out, "\"");
}


static UNIT_UNUSED const char *
unit_okp_name(EVP_PKEY *pkey)
{
    return EVP_PKEY_is_a(pkey, "ED25519") ? "Ed25519"
           : EVP_PKEY_is_a(pkey, "ED448") ? "Ed448"
           : EVP_PKEY_is_a(pkey, "X25519") ? "X25519" : "X448";
}


/*
 * Writes a JWK of the public half, or of the secret, with more ("" or
 * ",\"alg\":\"RS256\"") members; kid may be NULL.
 */

static UNIT_UNUSED const char *
unit_jwk(char *out, const unit_key_t *key, const char *kid, const char *more)
{
    int            size;
    char           group[64];
    size_t         len;
    const char    *crv;
    unsigned char  raw[64];

    if (key->pkey == NULL) {
        strcpy(out, "{\"kty\":\"oct\",\"k\":\"");
        unit_b64_cat(out, key->secret, key->secret_len);
        strcat(out, "\"");

    } else if (EVP_PKEY_is_a(key->pkey, "RSA")) {
        strcpy(out, "{\"kty\":\"RSA\"");
        unit_jwk_number(out, key->pkey, OSSL_PKEY_PARAM_RSA_N, "n", 0);
        unit_jwk_number(out, key->pkey, OSSL_PKEY_PARAM_RSA_E, "e", 0);

    } else if (EVP_PKEY_is_a(key->pkey, "EC")) {
        EVP_PKEY_get_group_name(key->pkey, group, sizeof(group), &len);
        size = (EVP_PKEY_get_bits(key->pkey) + 7) / 8;
        crv = strcmp(group, "prime256v1") == 0 ? "P-256"
              : strcmp(group, "secp384r1") == 0 ? "P-384"
              : strcmp(group, "secp521r1") == 0 ? "P-521" : "secp256k1";

        sprintf(out, "{\"kty\":\"EC\",\"crv\":\"%s\"", crv);
        unit_jwk_number(out, key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, "x", size);
        unit_jwk_number(out, key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, "y", size);

    } else {
        len = sizeof(raw);
        EVP_PKEY_get_raw_public_key(key->pkey, raw, &len);
        sprintf(out, "{\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"",
                unit_okp_name(key->pkey));
        unit_b64_cat(out, raw, len);
        strcat(out, "\"");
    }

    if (kid != NULL) {
        sprintf(out + strlen(out), ",\"kid\":\"%s\"", kid);
    }

    strcat(out, more);
    strcat(out, "}");

    return out;
}


/* The same with the private half. */

static UNIT_UNUSED const char *
unit_jwk_pair(char *out, const unit_key_t *key, const char *kid,
    const char *more)
{
    char           half[16384];
    size_t         i, len;
    unsigned char  raw[64];

    static const char  *numbers[][2] = {
        { OSSL_PKEY_PARAM_RSA_D, "d" },
        { OSSL_PKEY_PARAM_RSA_FACTOR1, "p" },
        { OSSL_PKEY_PARAM_RSA_FACTOR2, "q" },
        { OSSL_PKEY_PARAM_RSA_EXPONENT1, "dp" },
        { OSSL_PKEY_PARAM_RSA_EXPONENT2, "dq" },
        { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, "qi" }
    };

    strcpy(half, more);

    if (key->pkey == NULL) {
        return unit_jwk(out, key, kid, more);
    }

    if (EVP_PKEY_is_a(key->pkey, "RSA")) {
        for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
            unit_jwk_number(half, key->pkey, numbers[i][0], numbers[i][1], 0);
        }

    } else if (EVP_PKEY_is_a(key->pkey, "EC")) {
        unit_jwk_number(half, key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, "d",
                        (EVP_PKEY_get_bits(key->pkey) + 7) / 8);

    } else {
        len = sizeof(raw);
        EVP_PKEY_get_raw_private_key(key->pkey, raw, &len);
        strcat(half, ",\"d\":\"");
        unit_b64_cat(half, raw, len);
        strcat(half, "\"");
    }

    return unit_jwk(out, key, kid, half);
}


/* ------------------------------------------------------------ signing */

/* DER to r and s of size bytes each */

static UNIT_UNUSED size_t
unit_ecdsa_raw(unsigned char *sig, size_t len, int size)
{
    ECDSA_SIG            *s;
    const unsigned char  *p;

    p = sig;
    s = d2i_ECDSA_SIG(NULL, &p, (long) len);
    BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, size);
    BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + size, size);
    ECDSA_SIG_free(s);

    return 2 * (size_t) size;
}


static UNIT_UNUSED size_t
unit_sign(unsigned char *sig, size_t room, const char *alg,
    const unit_key_t *key, const char *data)
{
    char           digest[8];
    size_t         len;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    snprintf(digest, sizeof(digest), "SHA%.3s", alg + 2);

    if (key->pkey == NULL) {
        EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, key->secret,
                  key->secret_len, (const unsigned char *) data,
                  strlen(data), sig, room, &len);
        return len;
    }

    ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit_ex(ctx, &pctx, alg[0] == 'E' && alg[1] == 'd' ? NULL
                                                                     : digest,
                          NULL, NULL, key->pkey, NULL);

    if (alg[0] == 'P') {
        EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST);
    }

    len = room;
    EVP_DigestSign(ctx, sig, &len, (const unsigned char *) data,
                   strlen(data));
    EVP_MD_CTX_free(ctx);

    if (alg[0] == 'E' && alg[1] == 'S') {
        len = unit_ecdsa_raw(sig, len, (EVP_PKEY_get_bits(key->pkey) + 7) / 8);
    }

    return len;
}


/* A compact token of these two texts, signed as alg says. */

static UNIT_UNUSED toucan_str_t
unit_token(char *out, const char *header, const char *payload,
    const char *alg, const unit_key_t *key)
{
    size_t         len;
    unsigned char  sig[2048];

    out[0] = '\0';
    unit_b64_cat(out, header, strlen(header));
    strcat(out, ".");
    unit_b64_cat(out, payload, strlen(payload));

    len = unit_sign(sig, sizeof(sig), alg, key, out);

    strcat(out, ".");
    unit_b64_cat(out, sig, len);

    return toucan_cstr(out);
}


/* Another letter in place of the one so far from the end. */

static UNIT_UNUSED void
unit_spoil(char *token, size_t from_end)
{
    char  *p;

    p = token + strlen(token) - from_end;
    *p = (*p == 'A') ? 'B' : 'A';
}


/* ----------------------------------------------------------- checking */

static UNIT_UNUSED const char *
unit_rc(toucan_rc_t rc)
{
    return (const char *) toucan_rc_name(rc).data;
}


/* The beginning of a text, as a test's name may hold it; static memory. */

static UNIT_UNUSED const char *
unit_show(const char *text)
{
    size_t       i;
    static char  name[72];

    snprintf(name, sizeof(name), "%s", text);

    for (i = 0; name[i] != '\0'; i++) {
        if (name[i] < 0x20 || name[i] > 0x7e || name[i] == '#') {
            name[i] = '?';
        }
    }

    return name;
}


/* A set that must be sound. */

static UNIT_UNUSED toucan_jwks_t *
unit_jwks(const char *text)
{
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    toucan_diag_init(&d);
    jwks = toucan_jwks_parse(toucan_cstr(text), &d);

    if (jwks == NULL) {
        diag("%s: %s", d.error, text);
        exit(2);
    }

    return jwks;
}


/* The same of keys that make tokens. */

static UNIT_UNUSED toucan_jwks_t *
unit_jwks_private(const char *text)
{
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    toucan_diag_init(&d);
    jwks = toucan_jwks_parse_private(toucan_cstr(text), &d);

    if (jwks == NULL) {
        diag("%s: %s", d.error, text);
        exit(2);
    }

    return jwks;
}


#endif /* _TOUCAN_TOKENS_H_INCLUDED_ */
