
/*
 * A set of keys: one array, sorted by kid, those without one first.
 */


#include "jose/toucan_jwks_impl.h"

#include <limits.h>
#include <stdlib.h>


static int toucan_jwks_compare(const void *one, const void *two);
static int toucan_jwks_compare_kid(toucan_str_t a, toucan_str_t b);
static unsigned toucan_jwks_bound(const toucan_jwks_t *jwks, toucan_str_t kid,
    int past);


toucan_jwks_t *
toucan_jwks_named(toucan_jwks_t *jwks, unsigned how, toucan_str_t text,
    toucan_diag_t *diag)
{
    uint8_t  name[1 + TOUCAN_SHA256_SIZE];

    if (jwks == NULL) {
        return NULL;
    }

    name[0] = (uint8_t) how;

    if (toucan_sha256(text, name + 1) != TOUCAN_OK
        || toucan_sha256(toucan_str(name, sizeof(name)), jwks->id)
           != TOUCAN_OK)
    {
        toucan_diag_error(diag, "OpenSSL does not hash it");
        toucan_jwks_free(jwks);
        return NULL;
    }

    return jwks;
}


toucan_jwks_t *
toucan_jwks_new(unsigned n, toucan_diag_t *diag)
{
    toucan_jwks_t  *jwks;

    jwks = toucan_calloc(1, sizeof(toucan_jwks_t) + n * sizeof(toucan_jwk_t)
                            + sizeof(toucan_header_seen_t));

    if (jwks == NULL) {
        toucan_diag_error(diag, "out of memory");
        return NULL;
    }

    jwks->seen = (toucan_header_seen_t *) &jwks->key[n];

    return jwks;
}


void
toucan_jwks_sort(toucan_jwks_t *jwks)
{
    qsort(jwks->key, jwks->count, sizeof(toucan_jwk_t), toucan_jwks_compare);
}


void
toucan_jwks_free(toucan_jwks_t *jwks)
{
    (void) toucan_jwks_free_some(jwks, UINT_MAX);
}


int
toucan_jwks_free_some(toucan_jwks_t *jwks, unsigned n)
{
    if (jwks == NULL) {
        return 0;
    }

    for ( /* void */ ; n > 0 && jwks->count > 0; n--) {
        toucan_jwk_free(&jwks->key[--jwks->count]);
    }

    if (jwks->count > 0) {
        return 1;
    }

    toucan_free(jwks);

    return 0;
}


const uint8_t *
toucan_jwks_id(const toucan_jwks_t *jwks)
{
    return jwks->id;
}


toucan_header_seen_t *
toucan_jwks_seen(const toucan_jwks_t *jwks)
{
    return jwks->seen;
}


unsigned
toucan_jwks_count(const toucan_jwks_t *jwks)
{
    return jwks->count;
}


const toucan_jwk_t *
toucan_jwks_first(const toucan_jwks_t *jwks)
{
    unsigned             i;
    const toucan_jwk_t  *first;

    first = NULL;

    for (i = 0; i < jwks->count; i++) {
        if (first == NULL || jwks->key[i].index < first->index) {
            first = &jwks->key[i];
        }
    }

    return first;
}


const toucan_jwk_t *
toucan_jwks_find(const toucan_jwks_t *jwks, toucan_str_t kid, unsigned *n)
{
    unsigned  first, last;

    if (kid.data == NULL) {
        *n = jwks->count;
        return jwks->key;
    }

    first = toucan_jwks_bound(jwks, kid, 0);
    last = toucan_jwks_bound(jwks, kid, 1);

    *n = last - first;

    return (*n > 0) ? &jwks->key[first] : NULL;
}


static int
toucan_jwks_compare(const void *one, const void *two)
{
    const toucan_jwk_t  *a, *b;

    a = one;
    b = two;

    return toucan_jwks_compare_kid(a->kid, b->kid);
}


/* an absent kid is less than any other */

static int
toucan_jwks_compare_kid(toucan_str_t a, toucan_str_t b)
{
    int     rc;
    size_t  len;

    if (a.data == NULL || b.data == NULL) {
        return (a.data != NULL) - (b.data != NULL);
    }

    len = (a.len < b.len) ? a.len : b.len;
    rc = memcmp(a.data, b.data, len);

    return rc ? rc : (a.len > b.len) - (a.len < b.len);
}


/* The first key whose kid is not less, or, with past, is greater. */

static unsigned
toucan_jwks_bound(const toucan_jwks_t *jwks, toucan_str_t kid, int past)
{
    unsigned  low, high, middle;

    low = 0;
    high = jwks->count;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (toucan_jwks_compare_kid(jwks->key[middle].kid, kid) < past) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}
