
/*
 * A set of keys: one array, sorted by kid, those without one first.
 */


#include "jose/toucan_jwks_impl.h"

#include <stdlib.h>


static toucan_jwks_t *toucan_jwks_parse_for(toucan_str_t text, unsigned ops,
    toucan_diag_t *diag);
static toucan_jwks_t *toucan_jwks_read(const toucan_doc_t *doc, unsigned ops,
    toucan_diag_t *diag);
static int toucan_jwks_add(toucan_jwks_t *jwks, const toucan_doc_t *doc,
    const toucan_node_t *node, unsigned index, unsigned ops,
    toucan_diag_t *diag);
static int toucan_jwks_is_pem(toucan_str_t text);
static toucan_jwks_t *toucan_jwks_read_pem(toucan_str_t text,
    toucan_diag_t *diag);
static int toucan_jwks_compare(const void *one, const void *two);
static int toucan_jwks_compare_kid(toucan_str_t a, toucan_str_t b);
static unsigned toucan_jwks_bound(const toucan_jwks_t *jwks, toucan_str_t kid,
    int past);


toucan_jwks_t *
toucan_jwks_parse(toucan_str_t text, toucan_diag_t *diag)
{
    if (toucan_jwks_is_pem(text)) {
        return toucan_jwks_read_pem(text, diag);
    }

    return toucan_jwks_parse_for(text, TOUCAN_OPS_OPEN, diag);
}


toucan_jwks_t *
toucan_jwks_parse_private(toucan_str_t text, toucan_diag_t *diag)
{
    return toucan_jwks_parse_for(text, TOUCAN_OPS_MAKE, diag);
}


static toucan_jwks_t *
toucan_jwks_parse_for(toucan_str_t text, unsigned ops, toucan_diag_t *diag)
{
    toucan_rc_t           rc;
    toucan_jwks_t        *jwks;
    toucan_arena_t        arena;
    const toucan_doc_t   *doc;
    toucan_block_t        block;

    arena = toucan_block_arena(&block);

    rc = toucan_json_parse_file(text, &arena, &doc, diag);

    jwks = (rc == TOUCAN_OK) ? toucan_jwks_read(doc, ops, diag) : NULL;

    toucan_block_free(&block);

    return jwks;
}


toucan_jwks_t *
toucan_jwks_new(unsigned n, toucan_diag_t *diag)
{
    toucan_jwks_t  *jwks;

    jwks = toucan_calloc(1, sizeof(toucan_jwks_t) + n * sizeof(toucan_jwk_t));

    if (jwks == NULL) {
        toucan_diag_error(diag, "out of memory");
    }

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
    unsigned  i;

    if (jwks == NULL) {
        return;
    }

    for (i = 0; i < jwks->count; i++) {
        toucan_jwk_free(&jwks->key[i]);
    }

    toucan_free(jwks);
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


static toucan_jwks_t *
toucan_jwks_read(const toucan_doc_t *doc, unsigned ops, toucan_diag_t *diag)
{
    unsigned              i, n;
    toucan_jwks_t        *jwks;
    const toucan_node_t  *root, *keys, *node;

    root = toucan_json_root(doc);
    keys = toucan_json_member(doc, root, toucan_cstr("keys"));

    if (keys == NULL
        && toucan_json_member(doc, root, toucan_cstr("kty")) == NULL)
    {
        toucan_diag_error(diag, "neither a JWK Set nor a JWK: no \"keys\" "
                          "and no \"kty\"");
        return NULL;
    }

    if (keys != NULL && !toucan_json_is(keys, TOUCAN_JSON_ARRAY)) {
        toucan_diag_error(diag, "\"keys\" is not an array");
        return NULL;
    }

    n = (keys == NULL) ? 1 : keys->v.s.len;

    if (n > TOUCAN_JWKS_MAX_KEYS) {
        toucan_diag_error(diag, "%u keys, more than %u", n,
                          TOUCAN_JWKS_MAX_KEYS);
        return NULL;
    }

    jwks = toucan_jwks_new(n, diag);
    if (jwks == NULL) {
        return NULL;
    }

    node = (keys == NULL) ? root : toucan_json_child(doc, keys);

    for (i = 0; i < n; i++) {
        if (!toucan_jwks_add(jwks, doc, node, i, ops, diag)) {
            toucan_jwks_free(jwks);
            return NULL;
        }

        node = (keys == NULL) ? NULL : toucan_json_sibling(doc, keys, node);
    }

    if (jwks->count == 0) {
        toucan_diag_error(diag, "no key that can be used%s%.250s",
                          diag->warnings ? ": " : "", diag->warning);
        toucan_jwks_free(jwks);
        return NULL;
    }

    toucan_jwks_sort(jwks);

    return jwks;
}


static int
toucan_jwks_add(toucan_jwks_t *jwks, const toucan_doc_t *doc,
    const toucan_node_t *node, unsigned index, unsigned ops,
    toucan_diag_t *diag)
{
    switch (toucan_jwk_read(&jwks->key[jwks->count], doc, node, index, ops,
                            diag))
    {

    case TOUCAN_JWK_OK:
        jwks->count++;
        return 1;

    case TOUCAN_JWK_SKIP:
        return 1;

    default:
        return 0;
    }
}


/* JSON begins with a brace, or is told what is wrong with it. */

static int
toucan_jwks_is_pem(toucan_str_t text)
{
    size_t  i;

    static const toucan_str_t  begin = toucan_string("-----BEGIN ");

    for (i = 0; i < text.len && text.data[i] != '{'; i++) {
        if (text.len - i >= begin.len
            && memcmp(text.data + i, begin.data, begin.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Keys without kid and alg, for verifying (RFC 7468 section 13). */

static toucan_jwks_t *
toucan_jwks_read_pem(toucan_str_t text, toucan_diag_t *diag)
{
    toucan_key_t   *key;
    toucan_jwks_t  *jwks;

    if (text.len > TOUCAN_JWKS_MAX_BYTES) {
        toucan_diag_error(diag, "larger than %u bytes",
                          TOUCAN_JWKS_MAX_BYTES);
        return NULL;
    }

    jwks = toucan_jwks_new(TOUCAN_JWKS_MAX_PEM, diag);
    if (jwks == NULL) {
        return NULL;
    }

    while ((key = toucan_key_pem(&text, diag)) != NULL) {

        if (jwks->count == TOUCAN_JWKS_MAX_PEM) {
            toucan_diag_error(diag, "more than %u PEM keys",
                              TOUCAN_JWKS_MAX_PEM);
            toucan_key_free(key);
            break;
        }

        jwks->key[jwks->count].ops = TOUCAN_OP_VERIFY;
        jwks->key[jwks->count].index = jwks->count;
        jwks->key[jwks->count++].key = key;
    }

    if (jwks->count == 0 && diag->error[0] == '\0') {
        toucan_diag_error(diag, "no PEM block that is whole");
    }

    if (diag->error[0] != '\0') {
        toucan_jwks_free(jwks);
        return NULL;
    }

    return jwks;
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
