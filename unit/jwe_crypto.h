
/*
 * Owns: the pieces of JWE by OpenSSL's own calls: parts, contents, keys.
 * jwe.h makes and opens tokens with them.
 */


#ifndef _TOUCAN_UNIT_JWE_CRYPTO_H_INCLUDED_
#define _TOUCAN_UNIT_JWE_CRYPTO_H_INCLUDED_


#include "tokens.h"

#include "jose/toucan_jwe.h"

#include <openssl/rand.h>


/* The parts of a token, decoded. */

typedef struct {
    char             header[20480];
    size_t           key_len;
    unsigned char    key[4096];
    size_t           iv_len;
    unsigned char    iv[64];
    size_t           text_len;
    unsigned char    text[65536];
    size_t           tag_len;
    unsigned char    tag[64];
} unit_jwe_t;


/* -------------------------------------------------------------- parts */

/* Decodes base64url; the length. */

static UNIT_UNUSED size_t
unit_b64_read(unsigned char *out, const char *text, size_t len)
{
    int     n;
    char   *copy;
    size_t  i, padded;

    padded = (len + 3) / 4 * 4;
    copy = malloc(padded + 1);

    for (i = 0; i < padded; i++) {
        copy[i] = (i >= len) ? '=' : (text[i] == '-') ? '+'
                  : (text[i] == '_') ? '/' : text[i];
    }

    copy[padded] = '\0';
    n = EVP_DecodeBlock(out, (unsigned char *) copy, (int) padded);
    free(copy);

    return (n < 0) ? 0 : (size_t) n - (padded - len);
}


/* The text of a member whose name stands once in json; its length. */

static UNIT_UNUSED size_t
unit_member(const char *json, const char *name, const char **value)
{
    char         key[64];
    const char  *p;

    snprintf(key, sizeof(key), "\"%s\"", name);
    p = strstr(json, key);

    if (p == NULL) {
        *value = NULL;
        return 0;
    }

    p = strchr(p + strlen(key), '"') + 1;
    *value = p;

    return strcspn(p, "\"");
}


static UNIT_UNUSED size_t
unit_member_bytes(const char *json, const char *name, unsigned char *out)
{
    size_t       len;
    const char  *text;

    len = unit_member(json, name, &text);

    return unit_b64_read(out, text, len);
}


/* Writes the compact form; a view into out. */

static UNIT_UNUSED toucan_str_t
unit_jwe_write(char *out, const unit_jwe_t *jwe)
{
    out[0] = '\0';
    unit_b64_cat(out, jwe->header, strlen(jwe->header));
    strcat(out, ".");
    unit_b64_cat(out, jwe->key, jwe->key_len);
    strcat(out, ".");
    unit_b64_cat(out, jwe->iv, jwe->iv_len);
    strcat(out, ".");
    unit_b64_cat(out, jwe->text, jwe->text_len);
    strcat(out, ".");
    unit_b64_cat(out, jwe->tag, jwe->tag_len);

    return toucan_cstr(out);
}


/* The parts of a compact token; 0 when they are not five. */

static UNIT_UNUSED int
unit_jwe_read(unit_jwe_t *jwe, const char *token)
{
    int          n;
    size_t       len[5];
    const char  *p, *part[5];

    for (n = 0, p = token; n < 5; n++) {
        part[n] = p;
        len[n] = strcspn(p, ".");
        p += len[n];

        if (*p == '\0') {
            break;
        }

        p++;
    }

    if (n != 4) {
        return 0;
    }

    n = (int) unit_b64_read((unsigned char *) jwe->header, part[0], len[0]);
    jwe->header[n] = '\0';
    jwe->key_len = unit_b64_read(jwe->key, part[1], len[1]);
    jwe->iv_len = unit_b64_read(jwe->iv, part[2], len[2]);
    jwe->text_len = unit_b64_read(jwe->text, part[3], len[3]);
    jwe->tag_len = unit_b64_read(jwe->tag, part[4], len[4]);

    return 1;
}


/* ------------------------------------------------------------ content */

/* A128GCM: 16 bytes; A128CBC-HS256: 32, one half for each of its two keys */

static UNIT_UNUSED size_t
unit_enc_size(const char *enc)
{
    return (size_t) atoi(enc + 1) / (strstr(enc, "GCM") ? 8 : 4);
}


static UNIT_UNUSED void
unit_cbc_tag(const char *enc, const unsigned char *cek, const char *aad,
    const unit_jwe_t *jwe, unsigned char *tag)
{
    char            digest[8];
    size_t          n, len;
    unsigned char  *data, *p;

    len = strlen(aad);
    data = calloc(1, len + jwe->iv_len + jwe->text_len + 8);
    p = data;
    memcpy(p, aad, len);
    p += len;
    memcpy(p, jwe->iv, jwe->iv_len);
    p += jwe->iv_len;
    memcpy(p, jwe->text, jwe->text_len);
    p += jwe->text_len;

    for (n = 0; n < 8; n++) {
        p[n] = (unsigned char) (n < 4 ? 0 : len * 8 >> 8 * (7 - n));
    }

    snprintf(digest, sizeof(digest), "SHA%d", 2 * atoi(enc + 1));
    EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, cek, unit_enc_size(enc) / 2,
              data, (size_t) (p + 8 - data), tag, 64, &n);
    free(data);
}


/* Encrypts under an IV of jwe->iv_len bytes; the header is the AAD. */

static UNIT_UNUSED void
unit_jwe_seal(unit_jwe_t *jwe, const char *enc, const unsigned char *cek,
    const void *plain, size_t len, int padding)
{
    int              n, last, gcm;
    char             aad[32768], name[16];
    EVP_CIPHER_CTX  *ctx;

    gcm = strstr(enc, "GCM") != NULL;
    snprintf(name, sizeof(name), "AES-%.3s-%s", enc + 1, gcm ? "GCM" : "CBC");

    aad[0] = '\0';
    unit_b64_cat(aad, jwe->header, strlen(jwe->header));
    RAND_bytes(jwe->iv, (int) jwe->iv_len);

    ctx = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(ctx, EVP_get_cipherbyname(name), NULL, NULL, NULL);

    if (gcm) {
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int) jwe->iv_len,
                            NULL);
        EVP_EncryptInit_ex(ctx, NULL, NULL, cek, jwe->iv);
        EVP_EncryptUpdate(ctx, NULL, &n, (unsigned char *) aad,
                          (int) strlen(aad));

    } else {
        EVP_EncryptInit_ex(ctx, NULL, NULL, cek + unit_enc_size(enc) / 2,
                           jwe->iv);
        EVP_CIPHER_CTX_set_padding(ctx, padding);
    }

    n = 0;
    last = 0;
    EVP_EncryptUpdate(ctx, jwe->text, &n, plain, (int) len);
    EVP_EncryptFinal_ex(ctx, jwe->text + n, &last);
    jwe->text_len = (size_t) (n + last);

    if (gcm) {
        jwe->tag_len = 16;
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, jwe->tag);

    } else {
        jwe->tag_len = unit_enc_size(enc) / 2;
        unit_cbc_tag(enc, cek, aad, jwe, jwe->tag);
    }

    EVP_CIPHER_CTX_free(ctx);
}


/* Decrypts into plain; the length, or -1. */

static UNIT_UNUSED int
unit_jwe_unseal(const unit_jwe_t *jwe, const char *enc,
    const unsigned char *cek, unsigned char *plain)
{
    int              n, last, gcm;
    char             aad[32768], name[16];
    unsigned char    tag[64];
    EVP_CIPHER_CTX  *ctx;

    gcm = strstr(enc, "GCM") != NULL;
    snprintf(name, sizeof(name), "AES-%.3s-%s", enc + 1, gcm ? "GCM" : "CBC");

    aad[0] = '\0';
    unit_b64_cat(aad, jwe->header, strlen(jwe->header));

    ctx = EVP_CIPHER_CTX_new();
    EVP_DecryptInit_ex(ctx, EVP_get_cipherbyname(name), NULL,
                       cek + (gcm ? 0 : unit_enc_size(enc) / 2), jwe->iv);

    if (gcm) {
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int) jwe->tag_len,
                            (void *) jwe->tag);
        EVP_DecryptUpdate(ctx, NULL, &n, (unsigned char *) aad,
                          (int) strlen(aad));

    } else {
        unit_cbc_tag(enc, cek, aad, jwe, tag);
    }

    n = 0;
    EVP_DecryptUpdate(ctx, plain, &n, jwe->text, (int) jwe->text_len);

    if (EVP_DecryptFinal_ex(ctx, plain + n, &last) != 1
        || (!gcm && (jwe->tag_len != unit_enc_size(enc) / 2
                     || memcmp(tag, jwe->tag, jwe->tag_len) != 0)))
    {
        n = -1;

    } else {
        n += last;
    }

    EVP_CIPHER_CTX_free(ctx);

    return n;
}


/* ----------------------------------------------------- key management */

/* RFC 7518 section 4.6.2: Concat KDF, by hand */

static UNIT_UNUSED void
unit_concat(unsigned char *out, size_t size, const unsigned char *secret,
    size_t secret_len, const char *id, toucan_str_t apu, toucan_str_t apv)
{
    size_t          i, k, n, len;
    unsigned char   hash[32], *data, *p;

    const toucan_str_t  fields[3] = { toucan_cstr(id), apu, apv };

    data = calloc(1, secret_len + strlen(id) + apu.len + apv.len + 64);

    for (i = 0; i < size; i += 32) {
        p = data;
        memset(p, 0, 3);
        p[3] = (unsigned char) (i / 32 + 1);
        memcpy(p + 4, secret, secret_len);
        p += 4 + secret_len;

        for (k = 0; k < 4; k++) {
            len = (k < 3) ? fields[k].len : size * 8;

            for (n = 0; n < 4; n++) {
                *p++ = (unsigned char) (len >> 8 * (3 - n));
            }

            if (k < 3 && len > 0) {
                memcpy(p, fields[k].data, len);
                p += len;
            }
        }

        EVP_Digest(data, (size_t) (p - data), hash, NULL, EVP_sha256(), NULL);
        memcpy(out + i, hash, size - i < 32 ? size - i : 32);
    }

    free(data);
}


/* Agrees on a key of size bytes for id. */

static UNIT_UNUSED void
unit_agree(unsigned char *out, size_t size, EVP_PKEY *mine, EVP_PKEY *peer,
    const char *id, const char *apu, const char *apv)
{
    size_t          len, u, v;
    EVP_PKEY_CTX   *ctx;
    unsigned char   secret[128], one[512], two[512];

    len = sizeof(secret);
    ctx = EVP_PKEY_CTX_new(mine, NULL);
    EVP_PKEY_derive_init(ctx);
    EVP_PKEY_derive_set_peer(ctx, peer);
    EVP_PKEY_derive(ctx, secret, &len);
    EVP_PKEY_CTX_free(ctx);

    u = (apu == NULL) ? 0 : unit_b64_read(one, apu, strcspn(apu, "\""));
    v = (apv == NULL) ? 0 : unit_b64_read(two, apv, strcspn(apv, "\""));

    unit_concat(out, size, secret, len, id, toucan_str(one, u),
                toucan_str(two, v));
}


/* AES key wrap under a key of kek_len bytes; the length, or 0. */

static UNIT_UNUSED size_t
unit_kw(unsigned char *out, const unsigned char *kek, size_t kek_len,
    const unsigned char *in, size_t len, int encrypt)
{
    int                n, last;
    EVP_CIPHER_CTX    *ctx;
    const EVP_CIPHER  *cipher;

    cipher = (kek_len == 16) ? EVP_aes_128_wrap()
             : (kek_len == 24) ? EVP_aes_192_wrap() : EVP_aes_256_wrap();

    n = 0;
    last = 0;
    ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    EVP_CipherInit_ex(ctx, cipher, NULL, kek, NULL, encrypt);

    if (EVP_CipherUpdate(ctx, out, &n, in, (int) len) != 1
        || EVP_CipherFinal_ex(ctx, out + n, &last) != 1)
    {
        n = 0;
    }

    EVP_CIPHER_CTX_free(ctx);

    return (size_t) n;
}


/* AES-GCM without AAD, for A*GCMKW; 1 when it went well. */

static UNIT_UNUSED int
unit_gcmkw(unsigned char *out, const unit_key_t *key, unsigned char *iv,
    unsigned char *tag, const unsigned char *in, size_t len, int encrypt)
{
    int              n, ok;
    char             name[16];
    EVP_CIPHER_CTX  *ctx;

    snprintf(name, sizeof(name), "AES-%d-GCM", (int) key->secret_len * 8);
    ctx = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(ctx, EVP_get_cipherbyname(name), NULL, key->secret, iv,
                      encrypt);

    if (!encrypt) {
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, tag);
    }

    EVP_CipherUpdate(ctx, out, &n, in, (int) len);
    ok = EVP_CipherFinal_ex(ctx, out + n, &n) == 1;

    if (encrypt) {
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag);
    }

    EVP_CIPHER_CTX_free(ctx);

    return ok;
}


/* RSA-OAEP with SHA-1, RSA-OAEP-256; the length, or 0. */

static UNIT_UNUSED size_t
unit_oaep(unsigned char *out, const char *alg, EVP_PKEY *pkey,
    const unsigned char *in, size_t len, int encrypt)
{
    size_t         n;
    const EVP_MD  *md;
    EVP_PKEY_CTX  *ctx;

    md = strcmp(alg, "RSA-OAEP") == 0 ? EVP_sha1() : EVP_sha256();
    ctx = EVP_PKEY_CTX_new(pkey, NULL);
    n = 2048;

    if (encrypt) {
        EVP_PKEY_encrypt_init(ctx);

    } else {
        EVP_PKEY_decrypt_init(ctx);
    }

    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING);
    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md);
    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md);

    if ((encrypt ? EVP_PKEY_encrypt(ctx, out, &n, in, len)
                 : EVP_PKEY_decrypt(ctx, out, &n, in, len))
        != 1)
    {
        n = 0;
    }

    EVP_PKEY_CTX_free(ctx);

    return n;
}


#endif /* _TOUCAN_UNIT_JWE_CRYPTO_H_INCLUDED_ */
