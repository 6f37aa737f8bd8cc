
/*
 * Owns: the fuzz target of requests to revoke.  The input's first byte says
 * whose API key it is, the rest is the body.  What is taken revokes a token of
 * its names, and no token that differs in one of them.
 */


#include "fuzz.h"

#include "gate/toucan_revoke.h"


#define FUZZ_NOW     1767225600
#define FUZZ_LEEWAY  30
#define FUZZ_ROOM    8


static const uint8_t  fuzz_secret[TOUCAN_REVOKE_KEY_SIZE] = "fuzz";


/* the claim that a revocation names */

static toucan_str_t *
fuzz_claim(toucan_claims_t *claims, toucan_revoke_e what)
{
    switch (what) {

    case TOUCAN_REVOKE_JTI:
        return &claims->jti;

    case TOUCAN_REVOKE_SID:
        return &claims->sid;

    case TOUCAN_REVOKE_DISTINCT_ID:
        return &claims->distinct_id;

    case TOUCAN_REVOKE_ORGANIZATION:
        return &claims->organization;

    default:
        return &claims->client_id;
    }
}


static int
fuzz_revoked(const toucan_revocations_t *table, const toucan_claims_t *claims)
{
    unsigned          n, all;
    toucan_revoked_t  names[TOUCAN_REVOKE_GROUPS];

    toucan_revocations_names(table, claims, TOUCAN_REVOKE_ALL, names, &n);
    fuzz_must(n <= TOUCAN_REVOKE_GROUPS, "%u names", n);

    all = (unsigned) toucan_revocations_match(table, names, n, claims->iat);

    toucan_revocations_names(table, claims, toucan_revocations_groups(table),
                             names, &n);
    fuzz_must(toucan_revocations_match(table, names, n, claims->iat)
              == (int) all, "kept names say something else");

    return (int) all;
}


static void
fuzz_reach(const toucan_revocation_t *r)
{
    uint64_t               block[256];
    toucan_str_t          *claim;
    toucan_claims_t        claims;
    toucan_revoked_t       revoked;
    toucan_revocations_t  *table;

    table = toucan_revocations_init(block, sizeof(block), fuzz_secret);
    fuzz_must(table != NULL && toucan_revocations_room(table) >= FUZZ_ROOM,
              "no table");

    toucan_revocations_name(table, r, FUZZ_NOW, &revoked);
    fuzz_must(revoked.group < TOUCAN_REVOKE_GROUPS, "group %u", revoked.group);
    fuzz_must(toucan_revocations_add(table, &revoked, 1) == TOUCAN_OK,
              "not added");

    memset(&claims, 0, sizeof(claims));

    claims.env = r->sandbox ? TOUCAN_ENV_SANDBOX : TOUCAN_ENV_LIVE;
    claims.organization = r->organization;
    claim = fuzz_claim(&claims, r->what);
    *claim = r->name;
    claims.iat = (r->cutoff == TOUCAN_REVOKE_ANY_TIME) ? FUZZ_NOW : r->cutoff;

    fuzz_must(fuzz_revoked(table, &claims), "not revoked");

    if (r->cutoff != TOUCAN_REVOKE_ANY_TIME) {
        claims.iat++;
        fuzz_must(!fuzz_revoked(table, &claims), "a later one is revoked");
        claims.iat--;
    }

    if (r->sandbox) {
        claims.env = TOUCAN_ENV_LIVE;
        fuzz_must(!fuzz_revoked(table, &claims), "a live one is revoked");
        claims.env = TOUCAN_ENV_SANDBOX;
    }

    if (r->organization.data != NULL) {
        claims.organization = toucan_cstr("other");
        fuzz_must(!fuzz_revoked(table, &claims), "one of another is revoked");
        claims.organization = r->organization;
    }

    claim->len--;
    fuzz_must(!fuzz_revoked(table, &claims), "a shorter name is revoked");
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned                 i;
    toucan_rc_t              rc;
    unit_arena_t             a;
    toucan_str_t             body;
    toucan_fault_t           fault;
    toucan_apikey_t          key;
    toucan_revocation_t     *r;
    toucan_revoke_request_t  request;

    if (size == 0) {
        return 0;
    }

    memset(&key, 0, sizeof(key));
    memset(&fault, 0, sizeof(fault));
    memset(&request, 0x5a, sizeof(request));

    key.env = (data[0] & 1) ? TOUCAN_ENV_SANDBOX : TOUCAN_ENV_LIVE;

    if (data[0] & 2) {
        key.organization = toucan_cstr("acme");
    }

    unit_arena_init(&a, 0);
    body = fuzz_copy(&a, data + 1, size - 1);

    rc = toucan_revoke_read(&request, body, &key, FUZZ_NOW, FUZZ_LEEWAY,
                            &a.arena, &fault);

    if (rc != TOUCAN_OK) {
        fuzz_must(rc == TOUCAN_BAD_REQUEST || rc == TOUCAN_SCOPE_EXCEEDS_KEY,
                  "refused with %d", (int) rc);
        fuzz_must(request.n == 0, "refused, and %u are read", request.n);
        fuzz_must(fault.message != NULL, "refused without a word");
        fuzz_must(fuzz_printable(toucan_cstr(fault.message)), "told: %s",
                  fault.message);
    }

    fuzz_must(rc != TOUCAN_OK || request.n > 0, "nothing to revoke");
    fuzz_must(request.n <= TOUCAN_REVOKE_MAX, "%u revocations", request.n);

    for (i = 0; i < request.n; i++) {
        r = &request.revocation[i];

        fuzz_must(r->name.len >= 1 && r->name.len <= TOUCAN_REVOKE_NAME_MAX,
                  "a name of %zu bytes", r->name.len);
        fuzz_must(r->cutoff == TOUCAN_REVOKE_ANY_TIME
                  || (r->cutoff >= 0 && r->cutoff <= FUZZ_NOW + FUZZ_LEEWAY),
                  "a cut-off of %lld", (long long) r->cutoff);
        fuzz_must(r->sandbox == (key.env == TOUCAN_ENV_SANDBOX), "widened");
        fuzz_must(r->what == TOUCAN_REVOKE_ORGANIZATION
                  || toucan_str_eq(r->organization, key.organization),
                  "widened");

        fuzz_reach(r);
    }

    unit_arena_done(&a);

    return 0;
}
