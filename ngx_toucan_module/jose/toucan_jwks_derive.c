
/*
 * Content keys: one of each master key for each info.
 */


#include "jose/toucan_jwks_impl.h"
#include "jose/toucan_crypto_hkdf.h"


#define TOUCAN_CONTENT_KEY_SIZE  32     /* A256GCM's */


static toucan_jwks_t *toucan_jwks_of(toucan_jwks_t *jwks,
    const toucan_jwks_t *const *sets, unsigned n, const toucan_str_t *infos,
    unsigned ninfos, toucan_diag_t *diag);
static unsigned toucan_jwks_masters(const toucan_jwks_t *const *sets,
    unsigned n);
static int toucan_jwks_infos(const toucan_str_t *infos, unsigned ninfos,
    toucan_diag_t *diag);
static toucan_rc_t toucan_jwks_expand_all(toucan_jwks_t *jwks,
    const toucan_jwks_t *const *sets, unsigned n, const toucan_str_t *infos,
    unsigned ninfos);
static toucan_rc_t toucan_jwks_expand(toucan_jwks_t *jwks,
    const toucan_jwk_t *master, const toucan_str_t *infos, unsigned ninfos);
static toucan_rc_t toucan_jwks_content(toucan_jwk_t *jwk,
    const toucan_jwk_t *master, toucan_hkdf_t *hkdf, toucan_str_t info);
static toucan_rc_t toucan_jwks_content_kid(toucan_jwk_t *jwk,
    toucan_str_t kid, toucan_str_t info);


toucan_jwks_t *
toucan_jwks_derive(const toucan_jwks_t *const *sets, unsigned n,
    const toucan_str_t *infos, unsigned ninfos, toucan_diag_t *diag)
{
    unsigned        masters;
    toucan_rc_t     rc;
    toucan_jwks_t  *jwks;

    masters = toucan_jwks_masters(sets, n);

    if (!toucan_jwks_infos(infos, ninfos, diag)) {
        return NULL;
    }

    if ((uint64_t) masters * ninfos > TOUCAN_JWKS_MAX_DERIVED) {
        toucan_diag_error(diag, "%u master keys for %u content keys each: "
                          "more than %u", masters, ninfos,
                          TOUCAN_JWKS_MAX_DERIVED);
        return NULL;
    }

    jwks = toucan_jwks_new(masters * ninfos, diag);
    if (jwks == NULL) {
        return NULL;
    }

    rc = toucan_jwks_expand_all(jwks, sets, n, infos, ninfos);

    if (rc != TOUCAN_OK) {
        toucan_diag_error(diag, "%s",
                          (rc == TOUCAN_NO_MEMORY) ? "out of memory"
                          : "OpenSSL does not derive a content key");
        toucan_jwks_free(jwks);
        return NULL;
    }

    toucan_jwks_sort(jwks);

    return toucan_jwks_of(jwks, sets, n, infos, ninfos, diag);
}


/*
 * Its id: how many sets there are, their ids, and the infos with their lengths
 * in front.
 */

static toucan_jwks_t *
toucan_jwks_of(toucan_jwks_t *jwks, const toucan_jwks_t *const *sets,
    unsigned n, const toucan_str_t *infos, unsigned ninfos,
    toucan_diag_t *diag)
{
    size_t        size;
    uint8_t      *text;
    unsigned      i;
    toucan_buf_t  b;

    size = sizeof(uint32_t) + (size_t) n * TOUCAN_SHA256_SIZE;

    for (i = 0; i < ninfos; i++) {
        size += 1 + infos[i].len;
    }

    text = toucan_calloc(1, size + 1);

    if (text == NULL) {
        toucan_diag_error(diag, "out of memory");
        toucan_jwks_free(jwks);
        return NULL;
    }

    toucan_buf_init(&b, text, size);

    for (i = 0; i < sizeof(uint32_t); i++) {
        toucan_buf_byte(&b, (uint8_t) (n >> (8 * i)));
    }

    for (i = 0; i < n; i++) {
        toucan_buf_str(&b, toucan_str(sets[i]->id, TOUCAN_SHA256_SIZE));
    }

    for (i = 0; i < ninfos; i++) {
        toucan_buf_byte(&b, (uint8_t) infos[i].len);
        toucan_buf_str(&b, infos[i]);
    }

    jwks = toucan_jwks_named(jwks, TOUCAN_OP_DERIVE, toucan_buf_view(&b),
                             diag);

    toucan_free(text);

    return jwks;
}


static unsigned
toucan_jwks_masters(const toucan_jwks_t *const *sets, unsigned n)
{
    unsigned  i, k, masters;

    masters = 0;

    for (i = 0; i < n; i++) {
        for (k = 0; k < sets[i]->count; k++) {
            masters += (sets[i]->key[k].ops & TOUCAN_OP_DERIVE) != 0;
        }
    }

    return masters;
}


static int
toucan_jwks_infos(const toucan_str_t *infos, unsigned ninfos,
    toucan_diag_t *diag)
{
    unsigned  i;

    for (i = 0; i < ninfos; i++) {
        if (infos[i].len == 0 || infos[i].len > TOUCAN_JWK_MAX_INFO) {
            toucan_diag_error(diag, "a content key for %zu bytes, not 1 to "
                              "%u", infos[i].len, TOUCAN_JWK_MAX_INFO);
            return 0;
        }
    }

    return 1;
}


static toucan_rc_t
toucan_jwks_expand_all(toucan_jwks_t *jwks, const toucan_jwks_t *const *sets,
    unsigned n, const toucan_str_t *infos, unsigned ninfos)
{
    unsigned             i, k;
    toucan_rc_t          rc;
    const toucan_jwk_t  *jwk;

    for (i = 0; i < n; i++) {
        for (k = 0; k < sets[i]->count; k++) {
            jwk = &sets[i]->key[k];

            if ((jwk->ops & TOUCAN_OP_DERIVE) == 0) {
                continue;
            }

            rc = toucan_jwks_expand(jwks, jwk, infos, ninfos);
            if (rc != TOUCAN_OK) {
                return rc;
            }
        }
    }

    return TOUCAN_OK;
}


/* Adds the content keys of one master key. */

static toucan_rc_t
toucan_jwks_expand(toucan_jwks_t *jwks, const toucan_jwk_t *master,
    const toucan_str_t *infos, unsigned ninfos)
{
    unsigned        i;
    toucan_rc_t     rc;
    toucan_hkdf_t  *hkdf;

    rc = toucan_hkdf_new(&hkdf, master->key);

    for (i = 0; rc == TOUCAN_OK && i < ninfos; i++) {
        jwks->key[jwks->count].index = jwks->count;
        rc = toucan_jwks_content(&jwks->key[jwks->count++], master, hkdf,
                                 infos[i]);
    }

    toucan_hkdf_free(hkdf);

    return rc;
}


/* What it leaves in jwk on an error is freed with the set. */

static toucan_rc_t
toucan_jwks_content(toucan_jwk_t *jwk, const toucan_jwk_t *master,
    toucan_hkdf_t *hkdf, toucan_str_t info)
{
    uint8_t        secret[TOUCAN_CONTENT_KEY_SIZE];
    toucan_rc_t    rc;
    toucan_diag_t  fault;

    rc = toucan_jwks_content_kid(jwk, master->kid, info);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_hkdf_expand(hkdf, info, secret, sizeof(secret));
    if (rc != TOUCAN_OK) {
        return rc;
    }

    jwk->named = 1;
    jwk->ops = TOUCAN_OP_DECRYPT | TOUCAN_OP_ENCRYPT;
    jwk->alg = toucan_alg_find(toucan_cstr("dir"));
    jwk->enc = toucan_enc_find(toucan_cstr("A256GCM"));
    jwk->key = toucan_key_oct(toucan_str(secret, sizeof(secret)), &fault);

    toucan_cleanse(secret, sizeof(secret));

    return (jwk->key != NULL) ? TOUCAN_OK : TOUCAN_NO_MEMORY;
}


static toucan_rc_t
toucan_jwks_content_kid(toucan_jwk_t *jwk, toucan_str_t kid,
    toucan_str_t info)
{
    uint8_t       *text;
    size_t         size;
    toucan_buf_t   b;

    size = kid.len + 1 + info.len;

    text = toucan_calloc(1, size + 1);
    if (text == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    toucan_buf_init(&b, text, size);
    toucan_buf_str(&b, kid);
    toucan_buf_byte(&b, '.');
    toucan_buf_str(&b, info);

    jwk->kid = toucan_buf_view(&b);

    return TOUCAN_OK;
}
