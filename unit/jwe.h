
/*
 * Owns: JWE by OpenSSL's own calls, to check the code under test against: it
 * makes tokens of any algorithm, right and wrong ones, and opens them.
 * test_vectors_jwe.c holds it against tokens that others made.
 */


#ifndef _TOUCAN_UNIT_JWE_H_INCLUDED_
#define _TOUCAN_UNIT_JWE_H_INCLUDED_


#include "jwe_crypto.h"

#include <openssl/param_build.h>


/* What a token is made of; what is not set is made as it should be. */

typedef struct {
    const char        *alg;
    const char        *enc;
    const unit_key_t  *key;         /* the recipient's */
    const char        *more;        /* of the header: ",\"kid\":\"a\"" */
    const char        *apu;         /* as they are encoded */
    const char        *apv;
    const unit_key_t  *pair;        /* the ephemeral one */
    const char        *epk;         /* JSON, in place of the pair's */
    size_t             cek_len;     /* another length than the content's */
    size_t             iv_len;      /* the same */
    int                no_padding;  /* CBC: the text is padded already */
} unit_plan_t;


static UNIT_UNUSED unit_plan_t
unit_plan_of(const char *alg, const char *enc, const unit_key_t *key)
{
    unit_plan_t  plan;

    memset(&plan, 0, sizeof(unit_plan_t));
    plan.alg = alg;
    plan.enc = enc;
    plan.key = key;

    return plan;
}


#define unit_is(alg, prefix)  (strncmp((alg), (prefix), strlen(prefix)) == 0)


/* --------------------------------------------------------------- keys */

/* The public half of an EC or OKP JWK as OpenSSL's key. */

static UNIT_UNUSED EVP_PKEY *
unit_peer(const char *json)
{
    char             crv[16];
    size_t           len;
    EVP_PKEY        *pkey;
    const char      *name;
    EVP_PKEY_CTX    *ctx;
    OSSL_PARAM       params[3];
    unsigned char    point[256];

    len = unit_member(json, "crv", &name);
    snprintf(crv, sizeof(crv), "%.*s", (int) len, name);

    point[0] = 4;
    len = unit_member_bytes(json, "x", point + 1);

    if (crv[0] == 'X') {
        return EVP_PKEY_new_raw_public_key_ex(NULL, crv, NULL, point + 1,
                                              len);
    }

    len += unit_member_bytes(json, "y", point + 1 + len);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 crv, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point, 1 + len);
    params[2] = OSSL_PARAM_construct_end();

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY_fromdata_init(ctx);
    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


/* A private key of a JWK, by its numbers: what the vectors bring. */

static UNIT_UNUSED EVP_PKEY *
unit_pkey_of(const char *json, const char *type, const char *const *names)
{
    size_t            i, len;
    char              crv[16];
    BIGNUM           *bn[4];
    EVP_PKEY         *pkey;
    const char       *text;
    OSSL_PARAM       *params;
    EVP_PKEY_CTX     *ctx;
    unsigned char     bytes[2048];
    OSSL_PARAM_BLD   *bld;

    pkey = NULL;
    bld = OSSL_PARAM_BLD_new();

    if (strcmp(type, "EC") == 0) {
        len = unit_member(json, "crv", &text);
        snprintf(crv, sizeof(crv), "%.*s", (int) len, text);
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, crv,
                                        0);
    }

    for (i = 0; names[i] != NULL; i += 2) {
        len = unit_member_bytes(json, names[i], bytes);
        bn[i / 2] = BN_bin2bn(bytes, (int) len, NULL);
        OSSL_PARAM_BLD_push_BN(bld, names[i + 1], bn[i / 2]);
    }

    params = OSSL_PARAM_BLD_to_param(bld);

    while (i > 0) {
        i -= 2;
        BN_free(bn[i / 2]);
    }

    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY_fromdata_init(ctx);
    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);

    return pkey;
}


static UNIT_UNUSED unit_key_t
unit_key_of(const char *json)
{
    size_t         len;
    unit_key_t     key;
    const char    *kty, *crv;
    unsigned char  d[64];

    static const char  *rsa[] = { "n", OSSL_PKEY_PARAM_RSA_N,
                                  "e", OSSL_PKEY_PARAM_RSA_E,
                                  "d", OSSL_PKEY_PARAM_RSA_D, NULL };
    static const char  *ec[] = { "d", OSSL_PKEY_PARAM_PRIV_KEY, NULL };

    memset(&key, 0, sizeof(unit_key_t));
    unit_member(json, "kty", &kty);
    unit_member(json, "crv", &crv);

    if (unit_is(kty, "oct")) {
        key.secret_len = unit_member_bytes(json, "k", key.secret);

    } else if (unit_is(kty, "RSA")) {
        key.pkey = unit_pkey_of(json, "RSA", rsa);

    } else if (unit_is(kty, "EC")) {
        key.pkey = unit_pkey_of(json, "EC", ec);

    } else {
        len = unit_member_bytes(json, "d", d);
        key.pkey = EVP_PKEY_new_raw_private_key_ex(NULL,
                       unit_is(crv, "X25519") ? "X25519" : "X448", NULL, d,
                       len);
    }

    return key;
}


/* ------------------------------------------------------------- making */

/* The ephemeral key's side of ECDH-ES; sets cek where nothing is wrapped. */

static UNIT_UNUSED void
unit_jwe_ecdh(unit_jwe_t *jwe, const unit_plan_t *plan, unsigned char *cek,
    size_t len)
{
    int            wrap;
    char           jwk[2048];
    size_t         size;
    unit_key_t     pair;
    EVP_PKEY_CTX  *ctx;
    unsigned char  kek[64];

    memset(&pair, 0, sizeof(unit_key_t));

    if (plan->pair == NULL) {
        ctx = EVP_PKEY_CTX_new(plan->key->pkey, NULL);
        EVP_PKEY_keygen_init(ctx);
        EVP_PKEY_keygen(ctx, &pair.pkey);
        EVP_PKEY_CTX_free(ctx);

    } else {
        pair = *plan->pair;
        EVP_PKEY_up_ref(pair.pkey);
    }

    strcat(jwe->header, ",\"epk\":");
    strcat(jwe->header, plan->epk ? plan->epk : unit_jwk(jwk, &pair, NULL,
                                                         ""));

    wrap = strlen(plan->alg) > 7;       /* "ECDH-ES+A128KW" */
    size = wrap ? (size_t) atoi(plan->alg + 9) / 8
                : unit_enc_size(plan->enc);

    memset(kek, 0, sizeof(kek));
    unit_agree(kek, size, pair.pkey, plan->key->pkey,
               wrap ? plan->alg : plan->enc, plan->apu, plan->apv);

    if (wrap) {
        jwe->key_len = unit_kw(jwe->key, kek, size, cek, len, 1);

    } else {
        memcpy(cek, kek, size);
    }

    EVP_PKEY_free(pair.pkey);
}


/* Puts the CEK into jwe->key or, where none is sent, replaces it. */

static UNIT_UNUSED void
unit_jwe_wrap(unit_jwe_t *jwe, const unit_plan_t *plan, unsigned char *cek,
    size_t len)
{
    const char    *alg;
    unsigned char  iv[12], tag[16];

    alg = plan->alg;
    jwe->key_len = 0;

    if (strcmp(alg, "dir") == 0) {
        memcpy(cek, plan->key->secret, plan->key->secret_len);

    } else if (unit_is(alg, "RSA")) {
        jwe->key_len = unit_oaep(jwe->key, alg, plan->key->pkey, cek, len, 1);

    } else if (unit_is(alg, "ECDH")) {
        unit_jwe_ecdh(jwe, plan, cek, len);

    } else if (strstr(alg, "GCMKW")) {
        RAND_bytes(iv, 12);
        unit_gcmkw(jwe->key, plan->key, iv, tag, cek, len, 1);
        jwe->key_len = len;
        strcat(jwe->header, ",\"iv\":\"");
        unit_b64_cat(jwe->header, iv, 12);
        strcat(jwe->header, "\",\"tag\":\"");
        unit_b64_cat(jwe->header, tag, 16);
        strcat(jwe->header, "\"");

    } else {
        jwe->key_len = unit_kw(jwe->key, plan->key->secret,
                               plan->key->secret_len, cek, len, 1);
    }
}


/*
 * Makes the parts of a token.  Where the CEK is of another length, zeros
 * follow it, or the rest is left out: who does not look would let it in.
 */

static UNIT_UNUSED void
unit_jwe_make(unit_jwe_t *jwe, const unit_plan_t *plan, const void *plain,
    size_t len)
{
    size_t         cek_len, gcm;
    unsigned char  cek[256];

    gcm = strstr(plan->enc, "GCM") != NULL;
    cek_len = plan->cek_len ? plan->cek_len : unit_enc_size(plan->enc);

    memset(jwe, 0, sizeof(unit_jwe_t));
    memset(cek, 0, sizeof(cek));
    RAND_bytes(cek, (int) cek_len);

    sprintf(jwe->header, "{\"alg\":\"%s\",\"enc\":\"%s\"%s", plan->alg,
            plan->enc, plan->more ? plan->more : "");

    if (plan->apu != NULL) {
        sprintf(jwe->header + strlen(jwe->header), ",\"apu\":\"%s\"",
                plan->apu);
    }

    if (plan->apv != NULL) {
        sprintf(jwe->header + strlen(jwe->header), ",\"apv\":\"%s\"",
                plan->apv);
    }

    unit_jwe_wrap(jwe, plan, cek, cek_len);
    strcat(jwe->header, "}");

    jwe->iv_len = plan->iv_len ? plan->iv_len : gcm ? 12 : 16;
    unit_jwe_seal(jwe, plan->enc, cek, plain, len, !plan->no_padding);
}


/* The same, as a compact token; a view into out. */

static UNIT_UNUSED toucan_str_t
unit_jwe(char *out, const unit_plan_t *plan, const char *plain)
{
    toucan_str_t   token;
    unit_jwe_t    *jwe;

    jwe = malloc(sizeof(unit_jwe_t));
    unit_jwe_make(jwe, plan, plain, strlen(plain));
    token = unit_jwe_write(out, jwe);
    free(jwe);

    return token;
}


/* ------------------------------------------------------------ opening */

/* The CEK, in room for 2048 bytes; its length, or 0. */

static UNIT_UNUSED size_t
unit_jwe_unwrap(unit_jwe_t *jwe, const unit_key_t *key, const char *alg,
    const char *enc, unsigned char *cek)
{
    int             wrap;
    size_t          size;
    EVP_PKEY       *peer;
    const char     *apu, *apv;
    unsigned char   iv[64], tag[64], kek[64];

    if (strcmp(alg, "dir") == 0) {
        memcpy(cek, key->secret, key->secret_len);
        return jwe->key_len ? 0 : key->secret_len;
    }

    if (unit_is(alg, "RSA")) {
        return unit_oaep(cek, alg, key->pkey, jwe->key, jwe->key_len, 0);
    }

    if (strstr(alg, "GCMKW")) {
        unit_member_bytes(jwe->header, "iv", iv);
        unit_member_bytes(jwe->header, "tag", tag);
        return unit_gcmkw(cek, key, iv, tag, jwe->key, jwe->key_len, 0)
               ? jwe->key_len : 0;
    }

    if (alg[0] == 'A') {
        return unit_kw(cek, key->secret, key->secret_len, jwe->key,
                       jwe->key_len, 0);
    }

    wrap = strlen(alg) > 7;
    size = wrap ? (size_t) atoi(alg + 9) / 8 : unit_enc_size(enc);
    unit_member(jwe->header, "apu", &apu);
    unit_member(jwe->header, "apv", &apv);

    peer = unit_peer(jwe->header);
    unit_agree(kek, size, key->pkey, peer, wrap ? alg : enc, apu, apv);
    EVP_PKEY_free(peer);

    if (wrap) {
        return unit_kw(cek, kek, size, jwe->key, jwe->key_len, 0);
    }

    memcpy(cek, kek, size);

    return jwe->key_len ? 0 : size;
}


/* Opens a token; the plaintext's length, or -1.  The CEK is copied, too. */

static UNIT_UNUSED int
unit_jwe_open(const char *token, const unit_key_t *key, unsigned char *plain,
    unsigned char *cek)
{
    int          n;
    char         alg[32], enc[32];
    size_t       len;
    unit_jwe_t  *jwe;
    const char  *text;

    n = -1;
    jwe = malloc(sizeof(unit_jwe_t));

    if (unit_jwe_read(jwe, token)) {
        len = unit_member(jwe->header, "alg", &text);
        snprintf(alg, sizeof(alg), "%.*s", (int) len, text);
        len = unit_member(jwe->header, "enc", &text);
        snprintf(enc, sizeof(enc), "%.*s", (int) len, text);

        if (unit_jwe_unwrap(jwe, key, alg, enc, cek) == unit_enc_size(enc)) {
            n = unit_jwe_unseal(jwe, enc, cek, plain);
        }
    }

    free(jwe);

    return n;
}


/* ------------------------------------------------------- the code's own */

/* Opens with one set by the code under test; what a test looks at. */

static UNIT_UNUSED toucan_rc_t
unit_open(const toucan_jwks_t *set, toucan_str_t token)
{
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    sets[0] = set;
    rc = toucan_jwt_open(&rules, sets, 1, token, unit_arena_init(&a), &jwt);
    unit_arena_free(&a);

    if ((rc == TOUCAN_OK) != (jwt.payload != NULL)
        || (rc != TOUCAN_OK && jwt.alg != NULL) || ERR_peek_error() != 0)
    {
        diag("%s, a payload %p, an OpenSSL error %lu", unit_rc(rc),
             (const void *) jwt.payload, ERR_get_error());
        fail("what is left behind agrees with the result");
    }

    return rc;
}


/* A set of one key and its private half, to open what is made for it. */

static UNIT_UNUSED toucan_jwks_t *
unit_set(const unit_key_t *key, const char *kid, const char *more)
{
    char  text[20480];

    return unit_jwks(unit_jwk_pair(text, key, kid, more));
}


#endif /* _TOUCAN_UNIT_JWE_H_INCLUDED_ */
