
/*
 * Key selection: by kid, by what the key is for, and by algorithm.
 */


#include "jose/toucan_pick.h"


static int toucan_pick_set(toucan_pick_t *pick, const toucan_header_t *header,
    toucan_op_e op, const toucan_jwt_rules_t *rules, const toucan_jwks_t *set,
    int unnamed);
static int toucan_pick_allowed(const toucan_jwk_t *jwk,
    const toucan_header_t *header, toucan_op_e op,
    const toucan_jwt_rules_t *rules);


toucan_rc_t
toucan_pick(toucan_pick_t *pick, const toucan_header_t *header,
    toucan_op_e op, const toucan_jwt_rules_t *rules,
    const toucan_jwks_t *const *sets, unsigned n)
{
    int       unnamed, named;
    unsigned  i;

    pick->count = 0;
    pick->seen = 0;

    if ((header->alg->bit & (rules->algs | rules->algs_unbound)) == 0
        || (header->enc != NULL && (header->enc->bit & rules->algs) == 0))
    {
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
