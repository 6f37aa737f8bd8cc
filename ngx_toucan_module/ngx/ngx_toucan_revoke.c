
/*
 * toucan_revoke: what the body names is put into the table, which all workers
 * share, then into the state file; then it is answered.  And the question that
 * the gate asks.
 */


#include "ngx/ngx_toucan_service.h"
#include "ngx/ngx_toucan_revocation.h"


static toucan_rc_t ngx_toucan_revoke(ngx_http_request_t *r,
    ngx_toucan_call_t *call);
static toucan_rc_t ngx_toucan_revoke_add(ngx_toucan_call_t *call,
    ngx_toucan_revocation_t *z, toucan_revoked_t *revoked, ngx_uint_t *n);


#define NGX_TOUCAN_REVOKE_TRIES  4      /* looks at the clock */


const ngx_toucan_endpoint_t  ngx_toucan_revoke_endpoint = {
    ngx_string("toucan_revoke"), NGX_HTTP_POST, "application/json",
    TOUCAN_SCOPE_REVOKE, NGX_TOUCAN_NEEDS_REVOCATION, 0, ngx_toucan_revoke
};


/*
 * A token that another worker refreshes after our look at the clock and before
 * the entry is there may be of the next second: then once more.
 */

static toucan_rc_t
ngx_toucan_revoke(ngx_http_request_t *r, ngx_toucan_call_t *call)
{
    ngx_uint_t                n, tries;
    toucan_rc_t               rc;
    toucan_revoked_t          revoked[TOUCAN_REVOKE_MAX];
    ngx_toucan_revocation_t  *z;

    z = call->lcf->revocation->data;

    for (tries = 0; tries < NGX_TOUCAN_REVOKE_TRIES; tries++) {
        rc = ngx_toucan_revoke_add(call, z, revoked, &n);

        if (rc != TOUCAN_OK || n == 0) {
            return rc;
        }

        ngx_time_update();

        if (ngx_time() <= call->now) {
            break;
        }

        call->now = ngx_time();
    }

    return ngx_toucan_journal_append(z, revoked, n, r->connection->log);
}


/* What no token can need any more is done without being kept. */

static toucan_rc_t
ngx_toucan_revoke_add(ngx_toucan_call_t *call, ngx_toucan_revocation_t *z,
    toucan_revoked_t *revoked, ngx_uint_t *n)
{
    int64_t                  dead;
    ngx_uint_t               i;
    toucan_rc_t              rc;
    toucan_revoke_request_t  request;

    *n = 0;

    rc = toucan_revoke_read(&request, call->body, call->apikey, call->now,
                            call->lcf->leeway, call->arena, &call->fault);

    if (rc != TOUCAN_OK) {
        return rc;
    }

    dead = ngx_toucan_revocation_forget(z);

    for (i = 0; i < request.n; i++) {
        toucan_revocations_name(z->table, &request.revocation[i], call->now,
                                &revoked[*n]);
        *n += (revoked[*n].since >= dead);
    }

    return (*n == 0) ? TOUCAN_OK : ngx_toucan_revocation_add(z, revoked, *n);
}


/*
 * Whether a token is revoked that is older than the zone remembers is not
 * known.  It may still be valid as an ID token, which has no cap, where the
 * cap was raised, or when the clock went ahead and was put back: then what was
 * issued before that is such a token.
 */

toucan_rc_t
ngx_toucan_revoked(ngx_toucan_loc_conf_t *lcf, const toucan_claims_t *claims)
{
    int                       revoked;
    int64_t                   known;
    unsigned                  n, groups;
    toucan_revoked_t          names[TOUCAN_REVOKE_GROUPS];
    ngx_toucan_revocation_t  *z;

    if (lcf->revocation == NULL) {
        return TOUCAN_OK;
    }

    z = lcf->revocation->data;

    if (z->sh->known > ngx_time()) {
        z->sh->known = ngx_time();
    }

    known = ngx_max(z->sh->known, ngx_toucan_revocation_dead(z));

    if (claims->iat < known + (int64_t) lcf->leeway) {
        return TOUCAN_LIFETIME_TOO_LONG;
    }

    groups = toucan_revocations_groups(z->table);

    if (groups == 0) {
        return TOUCAN_OK;
    }

    toucan_revocations_names(z->table, claims, groups, names, &n);

    if (n == 0) {
        return TOUCAN_OK;
    }

    ngx_toucan_zone_lock(z->shpool);
    revoked = toucan_revocations_match(z->table, names, n, claims->iat);
    ngx_shmtx_unlock(&z->shpool->mutex);

    return revoked ? TOUCAN_REVOKED : TOUCAN_OK;
}
