
/*
 * Compact JWE: reading, decrypting, encrypting.
 */


#include "jose/toucan_jwe.h"
#include "jose/toucan_b64.h"
#include "jose/toucan_crypto_aead.h"
#include "jose/toucan_crypto_random.h"
#include "jose/toucan_crypto_wrap.h"
#include "jose/toucan_pick.h"


/* The decoded parts, and what the header says of the encrypted key. */

typedef struct {
    toucan_str_t         encrypted_key;
    toucan_str_t         iv;
    toucan_str_t         ciphertext;
    toucan_str_t         tag;
    toucan_key_t        *epk;
    toucan_wrap_t        wrap;
} toucan_jwe_parts_t;


static toucan_rc_t toucan_jwe_decode(const toucan_jwe_t *jwe,
    toucan_jwe_parts_t *parts, toucan_arena_t *arena);
static toucan_rc_t toucan_jwe_params(const toucan_jwe_t *jwe,
    const toucan_key_t *key, toucan_jwe_parts_t *parts,
    toucan_arena_t *arena);
static toucan_rc_t toucan_jwe_peer(const toucan_jwe_t *jwe,
    const toucan_key_t *key, toucan_jwe_parts_t *parts,
    toucan_arena_t *arena);
static toucan_rc_t toucan_jwe_try(const toucan_jwe_t *jwe,
    const toucan_jwe_parts_t *parts, const toucan_pick_t *pick,
    toucan_arena_t *arena, toucan_str_t *plaintext);
static toucan_rc_t toucan_jwe_open(const toucan_jwe_t *jwe,
    const toucan_jwe_parts_t *parts, toucan_key_t *key, uint8_t *plain,
    size_t *len);
static toucan_rc_t toucan_jwe_seal(const toucan_enc_t *enc,
    const uint8_t *cek, toucan_str_t header, const toucan_wrapped_t *wrapped,
    toucan_str_t payload, toucan_arena_t *arena, toucan_str_t *token);


toucan_rc_t
toucan_jwe_read(toucan_jwe_t *jwe, toucan_str_t token, toucan_arena_t *arena)
{
    unsigned      n;
    toucan_str_t  part[TOUCAN_JWE_PARTS];

    memset(jwe, 0, sizeof(toucan_jwe_t));

    if (token.len > TOUCAN_JWT_MAX_SIZE) {
        return TOUCAN_TOO_LARGE;
    }

    n = toucan_compact_split(token, part);

    if (n != TOUCAN_JWE_PARTS) {
        return TOUCAN_BAD_FORMAT;
    }

    jwe->aad = part[0];
    jwe->encrypted_key = part[1];
    jwe->iv = part[2];
    jwe->ciphertext = part[3];
    jwe->tag = part[4];

    return toucan_header_read(&jwe->header, part[0], 1, arena);
}


toucan_type_e
toucan_jwe_type(const toucan_jwe_t *jwe)
{
    if (jwe->header.nested) {
        return TOUCAN_TYPE_NESTED;
    }

    return (jwe->header.alg->kty == TOUCAN_KTY_OCT) ? TOUCAN_TYPE_ENCRYPTED
                                                    : TOUCAN_TYPE_SEALED;
}


toucan_rc_t
toucan_jwe_decrypt(const toucan_jwe_t *jwe, const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n, toucan_arena_t *arena,
    toucan_str_t *plaintext)
{
    toucan_rc_t          rc;
    toucan_pick_t        pick;
    toucan_jwe_parts_t   parts;

    rc = toucan_pick(&pick, &jwe->header, TOUCAN_OP_DECRYPT, rules, sets, n);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    memset(&parts, 0, sizeof(toucan_jwe_parts_t));

    rc = toucan_jwe_decode(jwe, &parts, arena);

    if (rc == TOUCAN_OK) {
        rc = toucan_jwe_params(jwe, pick.jwk[0]->key, &parts, arena);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_jwe_try(jwe, &parts, &pick, arena, plaintext);
    }

    toucan_key_free(parts.epk);

    return rc;
}


static toucan_rc_t
toucan_jwe_decode(const toucan_jwe_t *jwe, toucan_jwe_parts_t *parts,
    toucan_arena_t *arena)
{
    unsigned     i;
    toucan_rc_t  rc;

    const struct {
        toucan_str_t         src;
        toucan_str_t        *dst;
    } rows[] = {
        { jwe->encrypted_key, &parts->encrypted_key },
        { jwe->iv, &parts->iv },
        { jwe->ciphertext, &parts->ciphertext },
        { jwe->tag, &parts->tag }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rc = toucan_b64_decode_new(rows[i].dst, rows[i].src, arena);
        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_jwe_params(const toucan_jwe_t *jwe, const toucan_key_t *key,
    toucan_jwe_parts_t *parts, toucan_arena_t *arena)
{
    toucan_rc_t  rc;

    switch (jwe->header.alg->how) {

    case TOUCAN_WRAP_AES_GCM:
        rc = toucan_header_bytes(&jwe->header, "iv", arena, &parts->wrap.iv);

        if (rc == TOUCAN_OK) {
            rc = toucan_header_bytes(&jwe->header, "tag", arena,
                                     &parts->wrap.tag);
        }

        if (rc != TOUCAN_OK) {
            return rc;
        }

        return (parts->wrap.iv.len == TOUCAN_WRAP_IV_SIZE
                && parts->wrap.tag.len == TOUCAN_WRAP_TAG_SIZE)
               ? TOUCAN_OK : TOUCAN_BAD_CLAIM;

    case TOUCAN_WRAP_ECDH_ES:
        return toucan_jwe_peer(jwe, key, parts, arena);

    default:
        return TOUCAN_OK;
    }
}


static toucan_rc_t
toucan_jwe_peer(const toucan_jwe_t *jwe, const toucan_key_t *key,
    toucan_jwe_parts_t *parts, toucan_arena_t *arena)
{
    toucan_rc_t        rc;
    toucan_parties_t  *parties;

    parties = &parts->wrap.parties;

    rc = toucan_header_bytes(&jwe->header, "apu", arena, &parties->apu);

    if (rc == TOUCAN_OK) {
        rc = toucan_header_bytes(&jwe->header, "apv", arena, &parties->apv);
    }

    if (rc != TOUCAN_OK) {
        return rc;
    }

    if (parties->apu.len > TOUCAN_PARTY_MAX_SIZE
        || parties->apv.len > TOUCAN_PARTY_MAX_SIZE)
    {
        return TOUCAN_BAD_CLAIM;
    }

    rc = toucan_jwk_epk(jwe->header.doc,
                        toucan_header_member(&jwe->header, "epk"), key,
                        &parts->epk);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    if (!toucan_key_fits(parts->epk, jwe->header.alg)) {
        return TOUCAN_BAD_CLAIM;
    }

    parts->wrap.epk = parts->epk;

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_jwe_try(const toucan_jwe_t *jwe, const toucan_jwe_parts_t *parts,
    const toucan_pick_t *pick, toucan_arena_t *arena, toucan_str_t *plaintext)
{
    size_t       len;
    uint8_t     *plain;
    unsigned     i;
    toucan_rc_t  rc, verdict;

    plain = toucan_arena_alloc(arena, parts->ciphertext.len
                                      + TOUCAN_AEAD_MAX_GROWTH);
    if (plain == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    verdict = TOUCAN_BAD_DECRYPT;

    for (i = 0; i < pick->count; i++) {
        rc = toucan_jwe_open(jwe, parts, pick->jwk[i]->key, plain, &len);

        if (rc == TOUCAN_OK) {
            *plaintext = toucan_str(plain, len);
            return TOUCAN_OK;
        }

        /* a failure of ours outweighs the verdict that it kept from us */

        if (rc != TOUCAN_BAD_DECRYPT) {
            verdict = rc;
        }
    }

    return verdict;
}


static toucan_rc_t
toucan_jwe_open(const toucan_jwe_t *jwe, const toucan_jwe_parts_t *parts,
    toucan_key_t *key, uint8_t *plain, size_t *len)
{
    uint8_t              cek[TOUCAN_CEK_MAX_SIZE];
    toucan_rc_t          rc;
    const toucan_enc_t  *enc;

    enc = jwe->header.enc;

    if (jwe->header.alg->how == TOUCAN_WRAP_DIR) {

        /* RFC 7516 section 5.2: there is no encrypted key */

        if (parts->encrypted_key.len != 0) {
            return TOUCAN_BAD_DECRYPT;
        }

        return toucan_crypto_open(key, enc, NULL, parts->iv, jwe->aad,
                                  parts->ciphertext, parts->tag, plain, len);
    }

    rc = toucan_crypto_unwrap(key, jwe->header.alg, enc, &parts->wrap,
                              parts->encrypted_key, cek);

    if (rc == TOUCAN_OK) {
        rc = toucan_crypto_open(key, enc, cek, parts->iv, jwe->aad,
                                parts->ciphertext, parts->tag, plain, len);
    }

    toucan_cleanse(cek, sizeof(cek));

    return rc;
}


toucan_rc_t
toucan_jwe_encrypt(const toucan_jwk_t *jwk, const toucan_alg_t *alg,
    const toucan_enc_t *enc, int nested, toucan_str_t payload,
    toucan_arena_t *arena, toucan_str_t *token)
{
    uint8_t           cek[TOUCAN_CEK_MAX_SIZE];
    toucan_rc_t       rc;
    toucan_str_t      header;
    toucan_wrapped_t  wrapped;

    if ((jwk->ops & TOUCAN_OP_ENCRYPT) == 0
        || (jwk->alg != NULL && jwk->alg != alg)
        || (jwk->enc != NULL && jwk->enc != enc))
    {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    if (payload.len > TOUCAN_JWT_MAX_SIZE) {
        return TOUCAN_TOO_LARGE;
    }

    rc = toucan_crypto_wrap(jwk->key, alg, enc, &wrapped, cek);

    if (rc == TOUCAN_OK) {
        rc = toucan_header_write(&header, jwk, alg, enc, &wrapped, nested,
                                 arena);
    }

    if (rc == TOUCAN_OK) {
        rc = toucan_jwe_seal(enc, cek, header, &wrapped, payload, arena,
                             token);
    }

    toucan_cleanse(cek, sizeof(cek));

    return rc;
}


static toucan_rc_t
toucan_jwe_seal(const toucan_enc_t *enc, const uint8_t *cek,
    toucan_str_t header, const toucan_wrapped_t *wrapped,
    toucan_str_t payload, toucan_arena_t *arena, toucan_str_t *token)
{
    size_t        size, len;
    uint8_t       iv[TOUCAN_IV_MAX_SIZE], tag[TOUCAN_TAG_MAX_SIZE];
    uint8_t      *ciphertext;
    toucan_rc_t   rc;
    toucan_buf_t  b;

    len = payload.len + TOUCAN_AEAD_MAX_GROWTH;
    ciphertext = toucan_arena_alloc(arena, len);

    size = toucan_b64_encoded_len(header.len)
           + toucan_b64_encoded_len(wrapped->size)
           + toucan_b64_encoded_len(sizeof(iv))
           + toucan_b64_encoded_len(len)
           + toucan_b64_encoded_len(sizeof(tag)) + TOUCAN_JWE_PARTS;

    toucan_buf_init(&b, toucan_arena_alloc(arena, size), size);

    if (ciphertext == NULL || b.start == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    toucan_b64_encode(&b, header);

    rc = toucan_random(iv, enc->iv_size);

    if (rc == TOUCAN_OK) {
        rc = toucan_crypto_seal(enc, cek, iv, toucan_buf_view(&b), payload,
                                ciphertext, &len, tag);
    }

    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_buf_byte(&b, '.');
    toucan_b64_encode(&b, toucan_str(wrapped->encrypted, wrapped->size));
    toucan_buf_byte(&b, '.');
    toucan_b64_encode(&b, toucan_str(iv, enc->iv_size));
    toucan_buf_byte(&b, '.');
    toucan_b64_encode(&b, toucan_str(ciphertext, len));
    toucan_buf_byte(&b, '.');
    toucan_b64_encode(&b, toucan_str(tag, enc->tag_size));

    if (b.overflow || toucan_buf_view(&b).len > TOUCAN_JWT_MAX_SIZE) {
        return TOUCAN_TOO_LARGE;
    }

    *token = toucan_buf_view(&b);

    return TOUCAN_OK;
}
