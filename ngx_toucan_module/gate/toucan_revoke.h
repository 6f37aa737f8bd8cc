
/*
 * Revocations: a table in one block of memory without pointers, so that
 * processes can share it.  It forgets nothing that a token could still need;
 * what it does not hold itself is locking and the state file.
 */


#ifndef _TOUCAN_REVOKE_H_INCLUDED_
#define _TOUCAN_REVOKE_H_INCLUDED_


#include "gate/toucan_apikey.h"
#include "gate/toucan_fault.h"
#include "gate/toucan_policy.h"
#include "gate/toucan_siphash.h"


#define TOUCAN_REVOKE_KEY_SIZE  TOUCAN_SIPHASH_KEY_SIZE
#define TOUCAN_REVOKE_NAME_SIZE TOUCAN_SIPHASH_SIZE

#define TOUCAN_REVOKE_NAME_MAX  256         /* bytes; nothing longer is named */

#define TOUCAN_REVOKE_ANY_TIME  INT64_MAX   /* a cut-off that all are before */


/* What can be revoked.  The last three are cut-offs by "iat". */

typedef enum {
    TOUCAN_REVOKE_JTI = 0,
    TOUCAN_REVOKE_SID,
    TOUCAN_REVOKE_DISTINCT_ID,
    TOUCAN_REVOKE_ORGANIZATION,
    TOUCAN_REVOKE_CLIENT_ID,
    TOUCAN_REVOKE_MAX
} toucan_revoke_e;


/*
 * One revocation.  It takes tokens of this name, issued at or before cutoff,
 * in this organization and environment where they are given.
 */

typedef struct {
    toucan_revoke_e      what;
    toucan_str_t         name;
    toucan_str_t         organization;  /* absent: of any, or of none */
    unsigned             sandbox:1;     /* sandbox tokens only */
    int64_t              cutoff;        /* TOUCAN_REVOKE_ANY_TIME */
} toucan_revocation_t;


/*
 * What is revoked, and how it is narrowed, in one number.  A set of groups is
 * an OR of 1 << group.
 */

#define TOUCAN_REVOKE_GROUPS    (TOUCAN_REVOKE_MAX * 4)
#define TOUCAN_REVOKE_ALL       ((1U << TOUCAN_REVOKE_GROUPS) - 1)


/* A revocation whose name is hashed: what table and state file hold. */

typedef struct {
    uint8_t              name[TOUCAN_REVOKE_NAME_SIZE];
    int64_t              cutoff;
    int64_t              since;         /* no token issued after this is meant:
                                           the cut-off, or when it was made */
    unsigned             group;
} toucan_revoked_t;


/* The request {"jti":"...","issuedBefore":7}, read. */

typedef struct {
    unsigned             n;
    toucan_revocation_t  revocation[TOUCAN_REVOKE_MAX];
} toucan_revoke_request_t;


/*
 * Reads the body of toucan_revoke.  Each member but "issuedBefore" is a
 * revocation of its own.  Those of a key that is bound to an organization, or
 * to env sandbox, are narrowed to it.  TOUCAN_BAD_REQUEST,
 * TOUCAN_SCOPE_EXCEEDS_KEY (another organization), TOUCAN_NO_MEMORY, with
 * fault set.  Views into the arena.
 */
toucan_rc_t toucan_revoke_read(toucan_revoke_request_t *request,
    toucan_str_t body, const toucan_apikey_t *key, int64_t now,
    int64_t leeway, toucan_arena_t *arena, toucan_fault_t *fault);


typedef struct toucan_revocations_s  toucan_revocations_t;


/* The fewest bytes that hold a table of n entries; and how many fit. */
size_t toucan_revocations_size(size_t n);
size_t toucan_revocations_capacity(size_t size);

/* Makes an empty table of the block, which is aligned for any type; NULL when
 * it is too small for one entry.  The result is the block; key is
 * TOUCAN_REVOKE_KEY_SIZE random bytes. */
toucan_revocations_t *toucan_revocations_init(void *block, size_t size,
    const uint8_t *key);

/* The table's key; how many entries it has, and how many more fit.  The caller
 * of the last two holds the lock. */
const uint8_t *toucan_revocations_key(const toucan_revocations_t *table);
size_t toucan_revocations_count(toucan_revocations_t *table);
size_t toucan_revocations_room(toucan_revocations_t *table);

/* Hashes a revocation's name under the table's key. */
void toucan_revocations_name(const toucan_revocations_t *table,
    const toucan_revocation_t *revocation, int64_t now,
    toucan_revoked_t *revoked);

/*
 * Adds n entries; of one that is there it raises cutoff and since, and never
 * lowers them.  TOUCAN_OK, or TOUCAN_REVOCATIONS_FULL and nothing has changed.
 * A process that ends in the middle leaves a sound table, with some of them.
 * The caller holds the lock.
 */
toucan_rc_t toucan_revocations_add(toucan_revocations_t *table,
    const toucan_revoked_t *revoked, unsigned n);

/*
 * The next n places of the table from *place on, which is 0 at first; 1 when
 * the end has come, and *place is 0 again.  The caller holds the lock, and may
 * let go of it between two calls: what is there all the time is met once.
 *
 * sweep: drops entries whose since is before "dead".
 * walk: copies the entries, *count of them.
 */
int toucan_revocations_sweep(toucan_revocations_t *table, int64_t dead,
    size_t *place, size_t n);
int toucan_revocations_walk(toucan_revocations_t *table, size_t *place,
    size_t n, toucan_revoked_t *revoked, size_t *count);

/*
 * The groups that have entries; 0: the table is empty.  Without a lock: a
 * group is in the set before its first entry can be found.
 */
unsigned toucan_revocations_groups(const toucan_revocations_t *table);

/*
 * Changes whenever a token that was good may have been revoked.  The caller
 * holds the lock: then each entry that has been counted is met by whoever looks
 * for it afterwards, and none is met that has not.
 */
uint32_t toucan_revocations_changes(const toucan_revocations_t *table);

/*
 * What of a token's claims is looked up in these groups: *n hashed names, at
 * most TOUCAN_REVOKE_GROUPS.  Without a lock.  Names that are kept for later
 * are those of TOUCAN_REVOKE_ALL.
 */
void toucan_revocations_names(const toucan_revocations_t *table,
    const toucan_claims_t *claims, unsigned groups, toucan_revoked_t *names,
    unsigned *n);

/* 1 when one of the n names was revoked for a token of this iat.  The caller
 * holds the lock. */
int toucan_revocations_match(const toucan_revocations_t *table,
    const toucan_revoked_t *names, unsigned n, int64_t iat);


#endif /* _TOUCAN_REVOKE_H_INCLUDED_ */
