
/*
 * Owns: what stands beside ours: OpenSSL's calls for one token and no more,
 * with algorithms fetched, contexts made and keyed, and base64url undone
 * beforehand.
 */


#ifndef _TOUCAN_CORE_OPENSSL_H_INCLUDED_
#define _TOUCAN_CORE_OPENSSL_H_INCLUDED_


#include "core.h"
#include "jwe.h"


#define CORE_TOKENS  16


/* A token and its parts as OpenSSL takes them. */

typedef struct {
    toucan_str_t     token;
    size_t           signing;       /* bytes of the signing input; of a nested
                                       token: inside of its text */
    size_t           sig_len;
    unsigned char    sig[1024];
    unsigned char    point[65];     /* of the epk */
    unit_jwe_t       jwe;
} core_token_t;


typedef struct {
    const char      *alg;
    const char      *enc;           /* NULL: signed */
    const char      *type;          /* of the key */
    int              nested;
    unit_key_t       key;
    toucan_jwks_t   *set;
    core_token_t    *token;

    EVP_MD          *md;
    EVP_MD_CTX      *digest;
    EVP_MAC_CTX     *mac;
    EVP_PKEY_CTX    *pkey;
    EVP_CIPHER_CTX  *unwrap;
    EVP_CIPHER_CTX  *content;
} core_job_t;


static EVP_MAC_CTX *
core_mac(const char *digest, const unsigned char *key, size_t len)
{
    EVP_MAC      *mac;
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *ctx;

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    ctx = EVP_MAC_CTX_new(mac);

    if (EVP_MAC_init(ctx, key, len, params) != 1) {
        core_die("HMAC");
    }

    EVP_MAC_free(mac);

    return ctx;
}


static EVP_CIPHER_CTX *
core_cipher(const char *name, const unsigned char *key)
{
    EVP_CIPHER      *cipher;
    EVP_CIPHER_CTX  *ctx;

    cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);

    if (EVP_DecryptInit_ex2(ctx, cipher, key, NULL, NULL) != 1) {
        core_die(name);
    }

    EVP_CIPHER_free(cipher);

    return ctx;
}


/* What a signature takes. */

static void
core_prepare_signed(core_job_t *job)
{
    char  digest[8];

    snprintf(digest, sizeof(digest), "SHA%.3s", job->alg + 2);

    if (job->key.pkey == NULL) {
        job->mac = core_mac(digest, job->key.secret, job->key.secret_len);
        return;
    }

    job->digest = EVP_MD_CTX_new();

    if (strcmp(job->alg, "EdDSA") == 0) {
        return;
    }

    job->md = EVP_MD_fetch(NULL, digest, NULL);
    job->pkey = EVP_PKEY_CTX_new_from_pkey(NULL, job->key.pkey, NULL);
    EVP_PKEY_verify_init(job->pkey);

    if (job->alg[0] != 'E') {
        EVP_PKEY_CTX_set_rsa_padding(job->pkey, job->alg[0] == 'P'
                                                ? RSA_PKCS1_PSS_PADDING
                                                : RSA_PKCS1_PADDING);
        EVP_PKEY_CTX_set_signature_md(job->pkey, job->md);
    }

    if (job->alg[0] == 'P') {
        EVP_PKEY_CTX_set_rsa_mgf1_md(job->pkey, job->md);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(job->pkey, RSA_PSS_SALTLEN_DIGEST);
    }
}


static void
core_prepare_sealed(core_job_t *job)
{
    int                   cbc;
    const unsigned char  *key;

    cbc = (strstr(job->enc, "CBC") != NULL);
    key = (strcmp(job->alg, "dir") == 0) ? job->key.secret : NULL;

    job->content = core_cipher(cbc ? "AES-128-CBC" : "AES-256-GCM",
                               key && cbc ? key + 16 : key);
    if (cbc) {
        job->mac = core_mac("SHA256", key, 16);
    }

    if (job->nested) {
        job->mac = core_mac("SHA256", job->key.secret, job->key.secret_len);
    }

    if (strstr(job->alg, "KW") != NULL) {
        job->unwrap = core_cipher("AES-256-WRAP", job->key.secret);
    }

    if (job->key.pkey == NULL) {
        return;
    }

    job->pkey = EVP_PKEY_CTX_new_from_pkey(NULL, job->key.pkey, NULL);

    if (strcmp(job->alg, "RSA-OAEP-256") == 0) {
        EVP_PKEY_decrypt_init(job->pkey);
        EVP_PKEY_CTX_set_rsa_padding(job->pkey, RSA_PKCS1_OAEP_PADDING);
        EVP_PKEY_CTX_set_rsa_oaep_md_name(job->pkey, "SHA256", NULL);
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(job->pkey, "SHA256", NULL);

    } else {
        EVP_PKEY_derive_init(job->pkey);
        job->md = EVP_MD_fetch(NULL, "SHA256", NULL);
        job->digest = EVP_MD_CTX_new();
    }
}


/* ------------------------------------------------------------- signatures */

static int
core_bare_mac(core_job_t *job, const unsigned char *data, size_t len,
    const core_token_t *t)
{
    size_t         n;
    unsigned char  tag[64];

    return EVP_MAC_init(job->mac, NULL, 0, NULL) == 1
           && EVP_MAC_update(job->mac, data, len) == 1
           && EVP_MAC_final(job->mac, tag, &n, sizeof(tag)) == 1
           && n == t->sig_len
           && CRYPTO_memcmp(tag, t->sig, n) == 0;
}


static void
core_bare_verify(void *ctx, unsigned n)
{
    int            ok;
    unsigned       len;
    core_job_t    *job;
    core_token_t  *t;
    unsigned char  hash[64];

    job = ctx;
    t = &job->token[n % CORE_TOKENS];

    if (job->mac != NULL) {
        ok = core_bare_mac(job, t->token.data, t->signing, t);

    } else if (job->pkey == NULL) {
        ok = EVP_MD_CTX_reset(job->digest) == 1
             && EVP_DigestVerifyInit_ex(job->digest, NULL, NULL, NULL, NULL,
                                        job->key.pkey, NULL) == 1
             && EVP_DigestVerify(job->digest, t->sig, t->sig_len,
                                 t->token.data, t->signing) == 1;

    } else {
        ok = EVP_DigestInit_ex2(job->digest, job->md, NULL) == 1
             && EVP_DigestUpdate(job->digest, t->token.data, t->signing) == 1
             && EVP_DigestFinal_ex(job->digest, hash, &len) == 1
             && EVP_PKEY_verify(job->pkey, t->sig, t->sig_len, hash, len)
                == 1;
    }

    if (!ok) {
        core_die("a bare signature does not hold");
    }
}


/* ------------------------------------------------------------- encryption */

static EVP_PKEY *
core_bare_peer(const core_token_t *t)
{
    EVP_PKEY      *peer;
    OSSL_PARAM     params[3];
    EVP_PKEY_CTX  *ctx;

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 (char *) "prime256v1", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  (void *) t->point,
                                                  sizeof(t->point));
    params[2] = OSSL_PARAM_construct_end();

    peer = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    if (EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &peer, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        core_die("a bare point is not taken");
    }

    EVP_PKEY_CTX_free(ctx);

    return peer;
}


/* The peer's key, the shared secret, and one round of the Concat KDF. */

static int
core_bare_agree(core_job_t *job, const core_token_t *t, unsigned char *cek)
{
    int            ok;
    size_t         len;
    EVP_PKEY      *peer;
    unsigned char  secret[66];

    static const unsigned char  counter[4] = { 0, 0, 0, 1 };
    static const char           info[] = "\0\0\0\7A256GCM\0\0\0\0\0\0\0\0"
                                         "\0\0\1";

    len = sizeof(secret);
    peer = core_bare_peer(t);

    /* the string's own end is the last byte of 256 */

    ok = EVP_PKEY_derive_set_peer(job->pkey, peer) == 1
         && EVP_PKEY_derive(job->pkey, secret, &len) == 1
         && EVP_DigestInit_ex2(job->digest, job->md, NULL) == 1
         && EVP_DigestUpdate(job->digest, counter, sizeof(counter)) == 1
         && EVP_DigestUpdate(job->digest, secret, len) == 1
         && EVP_DigestUpdate(job->digest, info, sizeof(info)) == 1
         && EVP_DigestFinal_ex(job->digest, cek, NULL) == 1;

    EVP_PKEY_free(peer);

    return ok;
}


/* The content encryption key; NULL where the contexts have it. */

static const unsigned char *
core_bare_key(core_job_t *job, const core_token_t *t, unsigned char *cek)
{
    int     ok, n;
    size_t  len;

    if (job->unwrap != NULL) {
        ok = EVP_DecryptInit_ex2(job->unwrap, NULL, NULL, NULL, NULL) == 1
             && EVP_DecryptUpdate(job->unwrap, cek, &n, t->jwe.key,
                                  (int) t->jwe.key_len) == 1;

    } else if (job->digest != NULL) {
        ok = core_bare_agree(job, t, cek);

    } else if (job->pkey != NULL) {
        len = 512;
        ok = EVP_PKEY_decrypt(job->pkey, cek, &len, t->jwe.key,
                              t->jwe.key_len) == 1;

    } else {
        return NULL;
    }

    if (!ok) {
        core_die("a bare key is not had");
    }

    return cek;
}


static void
core_bare_open(void *ctx, unsigned n)
{
    int                   ok, len, last;
    size_t                aad;
    core_job_t           *job;
    core_token_t         *t;
    unsigned char         cek[512], plain[4096], mac[32], bits[8];
    const unsigned char  *key;

    job = ctx;
    t = &job->token[n % CORE_TOKENS];
    aad = strcspn((const char *) t->token.data, ".");
    key = core_bare_key(job, t, cek);

    if (t->jwe.iv_len == 16) {
        memset(bits, 0, sizeof(bits));
        bits[6] = (unsigned char) (aad * 8 >> 8);
        bits[7] = (unsigned char) (aad * 8);

        ok = EVP_MAC_init(job->mac, NULL, 0, NULL) == 1
             && EVP_MAC_update(job->mac, t->token.data, aad) == 1
             && EVP_MAC_update(job->mac, t->jwe.iv, 16) == 1
             && EVP_MAC_update(job->mac, t->jwe.text, t->jwe.text_len) == 1
             && EVP_MAC_update(job->mac, bits, 8) == 1
             && EVP_MAC_final(job->mac, mac, NULL, sizeof(mac)) == 1
             && CRYPTO_memcmp(mac, t->jwe.tag, 16) == 0
             && EVP_DecryptInit_ex2(job->content, NULL, key, t->jwe.iv, NULL)
                == 1;

    } else {
        ok = EVP_DecryptInit_ex2(job->content, NULL, key, t->jwe.iv, NULL)
             == 1
             && EVP_CIPHER_CTX_ctrl(job->content, EVP_CTRL_AEAD_SET_TAG, 16,
                                    t->jwe.tag) == 1
             && EVP_DecryptUpdate(job->content, NULL, &len, t->token.data,
                                  (int) aad) == 1;
    }

    ok = ok && EVP_DecryptUpdate(job->content, plain, &len, t->jwe.text,
                                 (int) t->jwe.text_len) == 1
         && EVP_DecryptFinal_ex(job->content, plain + len, &last) == 1;

    if (ok && job->nested) {
        ok = core_bare_mac(job, plain, t->signing, t);
    }

    if (!ok) {
        core_die("a bare token does not open");
    }
}


#endif /* _TOUCAN_CORE_OPENSSL_H_INCLUDED_ */
