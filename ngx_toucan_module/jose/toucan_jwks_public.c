
/*
 * The public halves of the keys that sign, as a JWK Set.
 */


#include "jose/toucan_jwks_impl.h"
#include "jose/toucan_jwk_write.h"


static toucan_rc_t toucan_jwks_order(const toucan_jwks_t *jwks,
    const toucan_jwk_t ***order, unsigned *n);
static int toucan_jwks_is_public(const toucan_jwk_t *jwk);
static toucan_rc_t toucan_jwks_write(toucan_buf_t *b,
    const toucan_jwk_t *const *order, unsigned n);
static toucan_rc_t toucan_jwks_write_key(toucan_buf_t *b,
    const toucan_jwk_t *jwk);
static toucan_rc_t toucan_jwks_write_rsa(toucan_buf_t *b,
    const toucan_key_t *key);
static toucan_rc_t toucan_jwks_write_point(toucan_buf_t *b,
    const toucan_key_t *key);


toucan_rc_t
toucan_jwks_public(const toucan_jwks_t *jwks, toucan_arena_t *arena,
    toucan_str_t *text)
{
    void                 *data;
    unsigned              n;
    toucan_rc_t           rc;
    toucan_buf_t          b;
    const toucan_jwk_t  **order;

    rc = toucan_jwks_order(jwks, &order, &n);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_buf_init(&b, NULL, 0);
    rc = toucan_jwks_write(&b, order, n);

    if (rc == TOUCAN_OK) {
        data = toucan_arena_alloc(arena, b.need);

        if (data == NULL) {
            rc = TOUCAN_NO_MEMORY;

        } else {
            toucan_buf_init(&b, data, b.need);
            rc = toucan_jwks_write(&b, order, n);
        }
    }

    toucan_free(order);

    if (rc == TOUCAN_OK) {
        *text = toucan_buf_view(&b);
    }

    return rc;
}


/*
 * The n keys that are written, in the order of the file.  The caller owns
 * *order, free with toucan_free().
 */

static toucan_rc_t
toucan_jwks_order(const toucan_jwks_t *jwks, const toucan_jwk_t ***order,
    unsigned *n)
{
    unsigned              i, places;
    const toucan_jwk_t  **place;

    places = 1;

    for (i = 0; i < jwks->count; i++) {
        if (jwks->key[i].index >= places) {
            places = jwks->key[i].index + 1;
        }
    }

    place = toucan_calloc(places, sizeof(toucan_jwk_t *));
    if (place == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    for (i = 0; i < jwks->count; i++) {
        if (toucan_jwks_is_public(&jwks->key[i])) {
            place[jwks->key[i].index] = &jwks->key[i];
        }
    }

    for (i = 0, *n = 0; i < places; i++) {
        if (place[i] != NULL) {
            place[(*n)++] = place[i];
        }
    }

    *order = place;

    return TOUCAN_OK;
}


static int
toucan_jwks_is_public(const toucan_jwk_t *jwk)
{
    return (jwk->ops & TOUCAN_OP_SIGN) != 0
           && toucan_key_kty(jwk->key) != TOUCAN_KTY_OCT;
}


static toucan_rc_t
toucan_jwks_write(toucan_buf_t *b, const toucan_jwk_t *const *order,
    unsigned n)
{
    unsigned     i;
    toucan_rc_t  rc;

    toucan_buf_str(b, toucan_cstr("{\"keys\":["));

    for (i = 0; i < n; i++) {
        if (i > 0) {
            toucan_buf_byte(b, ',');
        }

        rc = toucan_jwks_write_key(b, order[i]);
        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    toucan_buf_str(b, toucan_cstr("]}"));

    return b->overflow ? TOUCAN_INTERNAL : TOUCAN_OK;
}


static toucan_rc_t
toucan_jwks_write_key(toucan_buf_t *b, const toucan_jwk_t *jwk)
{
    toucan_rc_t  rc;

    toucan_buf_byte(b, '{');

    rc = (toucan_key_kty(jwk->key) == TOUCAN_KTY_RSA)
         ? toucan_jwks_write_rsa(b, jwk->key)
         : toucan_jwks_write_point(b, jwk->key);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_jwk_write_text(b, "use", toucan_cstr("sig"));

    if (jwk->kid.data != NULL) {
        toucan_jwk_write_text(b, "kid", jwk->kid);
    }

    if (jwk->alg != NULL) {
        toucan_jwk_write_text(b, "alg", jwk->alg->name);
    }

    toucan_buf_byte(b, '}');

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_jwks_write_rsa(toucan_buf_t *b, const toucan_key_t *key)
{
    toucan_rc_t       rc;
    toucan_modulus_t  modulus;

    rc = toucan_key_modulus(key, &modulus);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_buf_str(b, toucan_cstr("\"kty\":\"RSA\""));
    toucan_jwk_write_bytes(b, "n", modulus.n);
    toucan_jwk_write_bytes(b, "e", modulus.e);

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_jwks_write_point(toucan_buf_t *b, const toucan_key_t *key)
{
    toucan_rc_t     rc;
    toucan_point_t  point;

    rc = toucan_key_point(key, &point);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    toucan_jwk_write_point(b, &point);

    return TOUCAN_OK;
}
