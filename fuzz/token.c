
/*
 * Owns: the fuzz target of tokens.  Three forms of input:
 *
 *     the bytes of a token
 *     "!" KEY PLACE header "\n" payload       made and signed, then changed
 *     "?" JWKS "\n" token                     with keys of its own
 *
 * KEY and PLACE are a byte each: how the token is made (a letter from "a" on:
 * by OpenSSL, and behind those by our own code, with each algorithm in turn),
 * and where it is changed.  Without a header it gets the right one.  Of the
 * first form no token is ever accepted; of the second one it is, when it has
 * the right header and its payload is JSON, and is not after any change.
 */


#include "change.h"
#include "keys.h"
#include "policy.h"

#include "jose/toucan_jwe.h"
#include "jose/toucan_jws.h"


#define FUZZ_TOKEN_MAX  (2 * TOUCAN_JWT_MAX_SIZE)


typedef struct fuzz_make_s  fuzz_make_t;

struct fuzz_make_s {
    const char      *header;
    const char      *kid;
    const char      *digest;
    void           (*make)(const fuzz_make_t *how, char *out,
                         toucan_str_t header, toucan_str_t payload);
};


static toucan_rc_t fuzz_open(const toucan_jwks_t *keys, toucan_str_t token,
    unit_arena_t *a, toucan_jwt_t *jwt);
static void fuzz_make_mac(const fuzz_make_t *how, char *out,
    toucan_str_t header, toucan_str_t payload);
static void fuzz_make_eddsa(const fuzz_make_t *how, char *out,
    toucan_str_t header, toucan_str_t payload);
static void fuzz_make_dir(const fuzz_make_t *how, char *out,
    toucan_str_t header, toucan_str_t payload);
static void fuzz_make_nested(const fuzz_make_t *how, char *out,
    toucan_str_t header, toucan_str_t payload);


static const fuzz_make_t  fuzz_makes[] = {
    { "{\"alg\":\"HS256\",\"kid\":\"hs\"}", "hs", "SHA256",
      fuzz_make_mac },
    { "{\"alg\":\"HS384\",\"typ\":\"JWT\"}", "hs", "SHA384",
      fuzz_make_mac },
    { "{\"alg\":\"HS512\",\"typ\":\"application/at+jwt\"}", "hs", "SHA512",
      fuzz_make_mac },
    { "{\"alg\":\"EdDSA\",\"kid\":\"ed25519\"}", "ed25519", NULL,
      fuzz_make_eddsa },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"dir\"}", "dir", NULL,
      fuzz_make_dir },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"dir\",\"cty\":\"JWT\"}",
      "dir", NULL, fuzz_make_nested }
};


/* What the gate makes of the same token: it lets in no more than this. */

static void
fuzz_gate(const toucan_jwks_t *keys, toucan_str_t token, unit_arena_t *a,
    toucan_rc_t opened)
{
    toucan_rc_t        rc;
    toucan_identity_t  identity;

    rc = toucan_authenticate(fuzz_policy(0), &keys, 1, token, FUZZ_NOW,
                             &a->arena, &identity);

    fuzz_must(opened == TOUCAN_OK || rc == opened, "rc %d, and %d", rc,
              opened);
    fuzz_must((identity.jwt.payload != NULL) == (opened == TOUCAN_OK),
              "rc %d, and %d", rc, opened);
    fuzz_must(rc != TOUCAN_OK || identity.claims.distinct_id.len > 0,
              "nobody is let in");
    fuzz_must(rc == TOUCAN_OK
              || (toucan_rc_name(rc).len > 0 && toucan_rc_sentence(rc).len > 0
                  && toucan_rc_answer(rc)->status >= 400),
              "rc %d is none", rc);
}


static toucan_rc_t
fuzz_open(const toucan_jwks_t *keys, toucan_str_t token, unit_arena_t *a,
    toucan_jwt_t *jwt)
{
    toucan_rc_t  rc;

    rc = toucan_jwt_open(&fuzz_policy(0)->jwt, &keys, 1, token, &a->arena,
                         jwt);

    fuzz_must((unsigned) rc < TOUCAN_RC_MAX && rc != TOUCAN_INTERNAL
              && rc != TOUCAN_NO_MEMORY, "rc %d", rc);
    fuzz_must(jwt->kid.data == NULL || jwt->kid.len <= TOUCAN_JWT_MAX_KID,
              "a kid of %zu bytes", jwt->kid.len);

    if (rc == TOUCAN_OK) {
        fuzz_must(jwt->payload != NULL, "accepted, without a payload");
        (void) fuzz_json(a, jwt->payload, toucan_json_root(jwt->payload));

    } else {
        fuzz_must(jwt->payload == NULL, "refused, with a payload");
    }

    return rc;
}


static void
fuzz_two_parts(char *out, toucan_str_t header, toucan_str_t payload)
{
    fuzz_b64(out, header.data, header.len);
    strcat(out, ".");
    fuzz_b64(out, payload.data, payload.len);
}


static void
fuzz_make_mac(const fuzz_make_t *how, char *out, toucan_str_t header,
    toucan_str_t payload)
{
    size_t   len;
    uint8_t  secret[64], mac[EVP_MAX_MD_SIZE];

    fuzz_secret(secret, sizeof(secret), how->kid);
    fuzz_two_parts(out, header, payload);

    if (EVP_Q_mac(NULL, "HMAC", NULL, how->digest, NULL, secret,
                  sizeof(secret), (const uint8_t *) out, strlen(out), mac,
                  sizeof(mac), &len) == NULL)
    {
        abort();
    }

    strcat(out, ".");
    fuzz_b64(out, mac, len);
}


static void
fuzz_make_eddsa(const fuzz_make_t *how, char *out, toucan_str_t header,
    toucan_str_t payload)
{
    size_t       len;
    uint8_t      sig[64];
    EVP_MD_CTX  *ctx;

    static EVP_PKEY  *pkey;

    if (pkey == NULL) {
        pkey = fuzz_okp("Ed25519", how->kid, 32);
    }

    fuzz_two_parts(out, header, payload);

    ctx = EVP_MD_CTX_new();
    len = sizeof(sig);

    if (EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) != 1
        || EVP_DigestSign(ctx, sig, &len, (const uint8_t *) out, strlen(out))
           != 1)
    {
        abort();
    }

    EVP_MD_CTX_free(ctx);

    strcat(out, ".");
    fuzz_b64(out, sig, len);
}


/* RFC 7516 section 5.1, direct encryption: the second part is empty */

static void
fuzz_make_dir(const fuzz_make_t *how, char *out, toucan_str_t header,
    toucan_str_t payload)
{
    int              len;
    uint8_t          key[32], iv[12], tag[16], *text;
    EVP_CIPHER_CTX  *ctx;

    fuzz_secret(key, sizeof(key), how->kid);
    fuzz_secret(iv, sizeof(iv), "iv");
    fuzz_b64(out, header.data, header.len);

    ctx = EVP_CIPHER_CTX_new();
    text = malloc(payload.len + 1);

    if (text == NULL
        || EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv) != 1
        || EVP_EncryptUpdate(ctx, NULL, &len, (uint8_t *) out,
                             (int) strlen(out)) != 1
        || EVP_EncryptUpdate(ctx, text, &len, payload.data,
                             (int) payload.len) != 1
        || EVP_EncryptFinal_ex(ctx, text + payload.len, &len) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) != 1)
    {
        abort();
    }

    EVP_CIPHER_CTX_free(ctx);

    strcat(out, "..");
    fuzz_b64(out, iv, sizeof(iv));
    strcat(out, ".");
    fuzz_b64(out, text, payload.len);
    strcat(out, ".");
    fuzz_b64(out, tag, sizeof(tag));

    free(text);
}


static void
fuzz_make_nested(const fuzz_make_t *how, char *out, toucan_str_t header,
    toucan_str_t payload)
{
    char  *inner;

    inner = calloc(1, FUZZ_TOKEN_MAX);

    if (inner == NULL) {
        abort();
    }

    fuzz_make_mac(&fuzz_makes[0], inner, toucan_cstr(fuzz_makes[0].header),
                  payload);
    fuzz_make_dir(how, out, header, toucan_cstr(inner));

    free(inner);
}


static int
fuzz_is_doc(toucan_str_t text, unit_arena_t *a, const toucan_doc_t **doc)
{
    return toucan_json_parse(text, &toucan_json_token_limits, &a->arena, doc)
           == TOUCAN_OK;
}


/*
 * A token that our own code makes, with the first key that serves for the
 * i-th algorithm; absent when none does.  Encrypted ones take turns in content
 * encryption, and every other one is nested.
 */

static toucan_str_t
fuzz_ours(unit_arena_t *a, unsigned i, uint8_t turn, toucan_str_t payload)
{
    unsigned             k, n, nested;
    toucan_rc_t          rc;
    toucan_str_t         inner, token;
    const toucan_jwk_t  *jwk;
    const toucan_alg_t  *alg;
    const toucan_enc_t  *enc;

    for (n = 0; toucan_alg_row(n) != NULL; n++) { /* void */ }

    alg = toucan_alg_row(i % n);
    nested = turn & 1;

    for (n = 0; toucan_enc_row(n) != NULL; n++) { /* void */ }

    enc = toucan_enc_row((turn / 2u) % n);
    inner = payload;
    jwk = toucan_jwks_find(fuzz_keys(1), toucan_str(NULL, 0), &n);

    if (nested && !toucan_alg_signs(alg)) {
        inner = fuzz_ours(a, 0, 0, payload);
    }

    for (k = 0; k < n; k++) {
        rc = toucan_alg_signs(alg)
             ? toucan_jws_sign(&jwk[k], alg, payload, &a->arena, &token)
             : toucan_jwe_encrypt(&jwk[k], alg, enc, (int) nested, inner,
                                  &a->arena, &token);

        if (rc == TOUCAN_OK) {
            return token;
        }

        fuzz_must(rc == TOUCAN_ALG_NOT_ALLOWED || rc == TOUCAN_TOO_LARGE,
                  "%.*s: rc %d", toucan_fmt(alg->name), rc);
    }

    return toucan_str(NULL, 0);
}


static void
fuzz_changed(unit_arena_t *a, const char *token, uint8_t place)
{
    int            changed;
    char          *text;
    size_t         len;
    unsigned       i;
    toucan_jwt_t   jwt;

    len = strlen(token);
    text = toucan_arena_alloc(&a->arena, len + 3);

    for (i = 0; /* void */ ; i++) {
        memcpy(text, token, len + 1);
        changed = fuzz_change(text, i, place);

        if (changed < 0) {
            break;
        }

        fuzz_must(!changed
                  || fuzz_open(fuzz_keys(0), fuzz_copy(a, text, strlen(text)),
                               a, &jwt) != TOUCAN_OK,
                  "accepted after change %u: %s", i, text);
    }
}


/* A token in which nothing was changed, but that may have another header. */

static void
fuzz_whole(unit_arena_t *a, const char *token, toucan_str_t payload, int given)
{
    toucan_rc_t          rc, want;
    toucan_jwt_t         jwt;
    toucan_str_t         text;
    const toucan_doc_t  *doc;

    text = fuzz_copy(a, token, strlen(token));
    rc = fuzz_open(fuzz_keys(0), text, a, &jwt);

    want = text.len > TOUCAN_JWT_MAX_SIZE ? TOUCAN_TOO_LARGE
           : fuzz_is_doc(payload, a, &doc) ? TOUCAN_OK : TOUCAN_BAD_JSON;

    fuzz_must(rc == want || (given && rc != TOUCAN_OK),
              "rc %d instead of %d: %s", rc, want, token);
    fuzz_must(rc != TOUCAN_OK
              || fuzz_same(doc, toucan_json_root(doc), jwt.payload,
                           toucan_json_root(jwt.payload)),
              "another payload than was signed: %s", token);

    fuzz_gate(fuzz_keys(0), text, a, rc);
}


static void
fuzz_made(unit_arena_t *a, const uint8_t *data, size_t size)
{
    char                *out;
    uint8_t              i, place;
    toucan_str_t         header, payload, token;
    const fuzz_make_t   *how;

    if (size < 2 || size > TOUCAN_JWT_MAX_SIZE / 2) {
        return;
    }

    i = (uint8_t) (data[0] - 'a');
    place = data[1];
    data += 2;
    size -= 2;

    header = fuzz_cut(a, &data, &size, '\n');
    payload = fuzz_copy(a, data, size);

    out = toucan_arena_alloc(&a->arena, FUZZ_TOKEN_MAX);
    out[0] = '\0';

    if (i < unit_n(fuzz_makes)) {
        how = &fuzz_makes[i];
        how->make(how, out, header.len > 0 ? header : toucan_cstr(how->header),
                  payload);
        fuzz_whole(a, out, payload, header.len > 0);

    } else {
        token = fuzz_ours(a, i - unit_n(fuzz_makes), place, payload);

        if (token.len == 0) {
            return;
        }

        memcpy(out, token.data, token.len);
        out[token.len] = '\0';
        fuzz_whole(a, out, payload, 0);
    }

    fuzz_changed(a, out, place);
}


static void
fuzz_with_keys(unit_arena_t *a, const uint8_t *data, size_t size)
{
    toucan_str_t    set, token;
    toucan_jwt_t    jwt;
    toucan_diag_t   why;
    toucan_jwks_t  *keys;

    toucan_diag_init(&why);

    set = fuzz_cut(a, &data, &size, '\n');
    token = fuzz_copy(a, data, size);
    keys = toucan_jwks_parse(set, &why);

    if (keys == NULL) {
        return;
    }

    fuzz_gate(keys, token, a, fuzz_open(keys, token, a, &jwt));

    toucan_jwks_free(keys);
}


/* One value has one spelling: what can be decoded is what is encoded. */

static void
fuzz_base64(unit_arena_t *a, const uint8_t *data, size_t size)
{
    size_t         need;
    toucan_buf_t   b;
    toucan_str_t   text, bytes;

    text = fuzz_cut(a, &data, &size, '.');

    if (toucan_b64_decode_new(&bytes, text, &a->arena) != TOUCAN_OK) {
        return;
    }

    need = toucan_b64_encoded_len(bytes.len);

    toucan_buf_init(&b, toucan_arena_alloc(&a->arena, need), need);
    toucan_b64_encode(&b, bytes);

    fuzz_must(!b.overflow && toucan_str_eq(toucan_buf_view(&b), text),
              "decoded and encoded: %.*s", toucan_fmt(text));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    toucan_jwt_t   jwt;
    unit_arena_t   a;

    unit_arena_init(&a, 0);

    if (size > 0 && data[0] == '!') {
        fuzz_made(&a, data + 1, size - 1);

    } else if (size > 0 && data[0] == '?') {
        fuzz_with_keys(&a, data + 1, size - 1);

    } else {
        fuzz_base64(&a, data, size);
        fuzz_must(fuzz_open(fuzz_keys(0), fuzz_copy(&a, data, size), &a, &jwt)
                  != TOUCAN_OK, "accepted, and nobody has signed it");
    }

    unit_arena_done(&a);

    return 0;
}
