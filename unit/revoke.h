
/*
 * What the tests of the table of revocations share: entries by number.
 */


#ifndef _TOUCAN_UNIT_REVOKE_H_INCLUDED_
#define _TOUCAN_UNIT_REVOKE_H_INCLUDED_


#include "identity.h"

#include "gate/toucan_revoke_impl.h"


static UNIT_UNUSED const uint8_t  secret[TOUCAN_REVOKE_KEY_SIZE] =
    "0123456789abcde";


static UNIT_UNUSED toucan_revoked_t
entry_of(const toucan_revocations_t *table, unsigned i, int64_t cutoff)
{
    char                 name[32];
    toucan_revoked_t     revoked;
    toucan_revocation_t  r;

    memset(&r, 0, sizeof(r));
    sprintf(name, "name-%u", i);

    r.what = (toucan_revoke_e) (i % TOUCAN_REVOKE_MAX);
    r.name = toucan_cstr(name);
    r.cutoff = cutoff;

    toucan_revocations_name(table, &r, 1000, &revoked);

    return revoked;
}


static UNIT_UNUSED int
holds(const toucan_revocations_t *table, unsigned i, int64_t iat)
{
    toucan_revoked_t  revoked;

    revoked = entry_of(table, i, 0);

    return toucan_revocations_match(table, &revoked, 1, iat);
}


static UNIT_UNUSED toucan_rc_t
put(toucan_revocations_t *table, unsigned i, int64_t cutoff)
{
    toucan_revoked_t  revoked;

    revoked = entry_of(table, i, cutoff);

    return toucan_revocations_add(table, &revoked, 1);
}


static UNIT_UNUSED size_t
sweep(toucan_revocations_t *table, int64_t dead, size_t n)
{
    size_t  place, calls;

    place = 0;

    for (calls = 1; !toucan_revocations_sweep(table, dead, &place, n); calls++)
    {
        if (calls > 1000000) {
            return 0;
        }
    }

    return calls;
}


#endif /* _TOUCAN_UNIT_REVOKE_H_INCLUDED_ */
