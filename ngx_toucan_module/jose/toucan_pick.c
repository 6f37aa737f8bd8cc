
/*
 * Key selection: by kid, by what the key is for, and by algorithm.
 */


#include "jose/toucan_pick.h"


static int toucan_pick_offered(const toucan_header_t *header,
    const toucan_jwt_rules_t *rules);
static int toucan_pick_set(toucan_pick_t *pick, const toucan_header_t *header,
    toucan_op_e op, const toucan_jwt_rules_t *rules, const toucan_jwks_t *set,
    int unnamed);
static int toucan_pick_allowed(const toucan_jwk_t *jwk,
    const toucan_header_t *header, toucan_op_e op,
    const toucan_jwt_rules_t *rules);
static unsigned toucan_pick_opens(const toucan_jwk_t *jwk,
    const toucan_jwt_rules_t *rules);
static int toucan_pick_serves(const toucan_jwk_t *jwk,
    const toucan_header_t *header, const toucan_jwt_rules_t *rules);


toucan_rc_t
toucan_pick(toucan_pick_t *pick, const toucan_header_t *header,
    toucan_op_e op, const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n)
{
    int       unnamed, named;
    unsigned  i;

    pick->count = 0;
    pick->seen = 0;

    if (!toucan_pick_offered(header, rules)) {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    /* keys of the token's kid; where there is none at all, keys without one */

    named = (header->kid.data != NULL);

    for (unnamed = 0; unnamed <= named; unnamed++) {
        for (i = 0; i < n; i++) {
            if (!toucan_pick_set(pick, header, op, rules, sets[i], unnamed)) {
                return TOUCAN_KEY_NOT_FOUND;
            }
        }

        if (pick->seen) {
            break;
        }
    }

    if (pick->count == 0) {
        return pick->seen ? TOUCAN_ALG_NOT_ALLOWED : TOUCAN_KEY_NOT_FOUND;
    }

    return TOUCAN_OK;
}


static int
toucan_pick_offered(const toucan_header_t *header,
    const toucan_jwt_rules_t *rules)
{
    return (header->alg->bit & (rules->algs | rules->algs_unbound)) != 0
           && (header->enc == NULL || (header->enc->bit & rules->algs) != 0);
}


/*
 * Adds the keys of one set; 0 when they are too many to try.  "Seen" are those
 * that the kid names or, without one, those that the algorithm could use if it
 * were allowed.
 */

static int
toucan_pick_set(toucan_pick_t *pick, const toucan_header_t *header,
    toucan_op_e op, const toucan_jwt_rules_t *rules, const toucan_jwks_t *set,
    int unnamed)
{
    int                  fits;
    unsigned             i, n, most;
    toucan_str_t         kid;
    const toucan_jwk_t  *jwk;

    kid = unnamed ? toucan_str(NULL, 0) : header->kid;
    jwk = toucan_jwks_find(set, kid, &n);

    most = (op == TOUCAN_OP_DECRYPT && header->alg->kty != TOUCAN_KTY_OCT)
           ? TOUCAN_JWT_MAX_PRIVATE_TRIES : TOUCAN_JWT_MAX_TRIES;

    for (i = 0; i < n; i++) {

        if (unnamed && jwk[i].kid.data != NULL) {
            break;          /* those without a kid stand first */
        }

        if (kid.data == NULL && jwk[i].named) {
            continue;
        }

        fits = toucan_key_fits(jwk[i].key, header->alg);
        pick->seen |= fits || kid.data != NULL;

        if (!fits || !toucan_pick_allowed(&jwk[i], header, op, rules)) {
            continue;
        }

        if (pick->count == most) {
            return 0;
        }

        pick->jwk[pick->count++] = &jwk[i];
    }

    return 1;
}


static int
toucan_pick_allowed(const toucan_jwk_t *jwk, const toucan_header_t *header,
    toucan_op_e op, const toucan_jwt_rules_t *rules)
{
    toucan_algs_t  algs;

    if ((jwk->ops & op) == 0
        || (jwk->alg != NULL && jwk->alg != header->alg)
        || (jwk->enc != NULL && jwk->enc != header->enc))
    {
        return 0;
    }

    if (header->alg->how == TOUCAN_WRAP_DIR
        && !toucan_key_fits_enc(jwk->key, header->enc))
    {
        return 0;
    }

    algs = (jwk->alg != NULL) ? rules->algs : rules->algs_unbound;

    return (header->alg->bit & algs) != 0;
}


int
toucan_pick_possible(const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n)
{
    unsigned             i, j, count, types;
    const toucan_jwk_t  *jwk;

    types = 0;

    for (i = 0; i < n; i++) {
        jwk = toucan_jwks_find(sets[i], toucan_str(NULL, 0), &count);

        for (j = 0; j < count; j++) {
            types |= toucan_pick_opens(&jwk[j], rules);

            if ((types & TOUCAN_TYPE_SIGNED)
                && (types & (TOUCAN_TYPE_ENCRYPTED | TOUCAN_TYPE_SEALED)))
            {
                types |= TOUCAN_TYPE_NESTED;
            }

            if (types & rules->types) {
                return 1;
            }
        }
    }

    return 0;
}


/* The types, but for a nested one, which takes two steps, that a key opens. */

static unsigned
toucan_pick_opens(const toucan_jwk_t *jwk, const toucan_jwt_rules_t *rules)
{
    unsigned         i, j, types;
    toucan_header_t  header;

    memset(&header, 0, sizeof(toucan_header_t));
    types = 0;

    for (i = 0; (header.alg = toucan_alg_row(i)) != NULL; i++) {
        header.enc = NULL;

        if (toucan_alg_signs(header.alg)) {
            if (toucan_pick_serves(jwk, &header, rules)) {
                types |= TOUCAN_TYPE_SIGNED;
            }

            continue;
        }

        for (j = 0; (header.enc = toucan_enc_row(j)) != NULL; j++) {
            if (toucan_pick_serves(jwk, &header, rules)) {
                types |= (header.alg->kty == TOUCAN_KTY_OCT)
                         ? TOUCAN_TYPE_ENCRYPTED : TOUCAN_TYPE_SEALED;
            }
        }
    }

    return types;
}


static int
toucan_pick_serves(const toucan_jwk_t *jwk, const toucan_header_t *header,
    const toucan_jwt_rules_t *rules)
{
    return toucan_pick_offered(header, rules)
           && toucan_key_fits(jwk->key, header->alg)
           && toucan_pick_allowed(jwk, header,
                                  toucan_alg_signs(header->alg)
                                  ? TOUCAN_OP_VERIFY : TOUCAN_OP_DECRYPT,
                                  rules);
}
