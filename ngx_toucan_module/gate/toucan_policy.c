
/*
 * The two questions: is the token good, and may this request pass?  The order
 * of the checks is the order of the lines.
 */


#include "gate/toucan_policy.h"
#include "gate/toucan_attr.h"
#include "gate/toucan_claims.h"
#include "gate/toucan_perm.h"
#include "gate/toucan_place.h"


toucan_rc_t
toucan_authenticate(const toucan_policy_t *policy,
    const toucan_jwks_t *const *sets, unsigned nsets, toucan_str_t token,
    int64_t now, toucan_arena_t *arena, toucan_identity_t *identity)
{
    toucan_rc_t  rc;

    memset(identity, 0, sizeof(toucan_identity_t));

    rc = toucan_jwt_open(&policy->jwt, sets, nsets, token, arena,
                         &identity->jwt);
    return (rc == TOUCAN_OK) ? toucan_identify(policy, now, identity) : rc;
}


toucan_rc_t
toucan_identify(const toucan_policy_t *policy, int64_t now,
    toucan_identity_t *identity)
{
    toucan_rc_t       rc;
    toucan_claims_t  *claims;

    claims = &identity->claims;

    rc = toucan_claims_read(claims, policy, identity->jwt.payload);

    if (rc == TOUCAN_OK) {
        rc = toucan_claims_issuer(claims, policy);
    }

    if (rc != TOUCAN_OK) {
        memset(claims, 0, sizeof(toucan_claims_t));
        return rc;
    }

    return toucan_claims_time(claims, policy, now);
}


toucan_rc_t
toucan_decide(const toucan_policy_t *policy,
    const toucan_request_t *request, const toucan_place_t *place,
    const toucan_claims_t *claims)
{
    toucan_rc_t  rc;

    if (place->rc != TOUCAN_OK) {
        return place->rc;
    }

    rc = toucan_place_token(policy, place, claims);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    if (!(policy->envs & claims->env)) {
        return TOUCAN_ENV_DENIED;
    }

    rc = toucan_policy_role(policy, claims);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_attrs_check(policy, claims);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    return toucan_perm_check(policy, request, claims);
}


toucan_rc_t
toucan_policy_role(const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    unsigned  i;

    if (policy->any_role) {
        return TOUCAN_OK;
    }

    if (claims->role.data == NULL) {
        return TOUCAN_ROLE_DENIED;
    }

    for (i = 0; i < policy->roles.n; i++) {
        if (toucan_str_eq(policy->roles.elts[i], claims->role)) {
            return TOUCAN_OK;
        }
    }

    return TOUCAN_ROLE_DENIED;
}
