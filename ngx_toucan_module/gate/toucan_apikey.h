
/*
 * API keys of host applications: the file that lists them, finding one by what
 * a request carries, and what it may be used for.
 */


#ifndef _TOUCAN_APIKEY_H_INCLUDED_
#define _TOUCAN_APIKEY_H_INCLUDED_


#include "gate/toucan_policy.h"
#include "jose/toucan_crypto_hash.h"


#define TOUCAN_APIKEYS_MAX_BYTES  (4 * 1024 * 1024)
#define TOUCAN_APIKEYS_MAX        4096

/* The shortest secret, the longest id, the longest whole key; in bytes. */
#define TOUCAN_APIKEY_MIN_SECRET  32
#define TOUCAN_APIKEY_MAX_ID      64
#define TOUCAN_APIKEY_MAX_SIZE    256


typedef enum {
    TOUCAN_SCOPE_MINT = 1,
    TOUCAN_SCOPE_REVOKE = 2,
    TOUCAN_SCOPE_INTROSPECT = 4
} toucan_scope_e;


/* One key: views and nodes of its file's document. */

typedef struct {
    toucan_str_t          id;           /* letters, digits and "-" */
    uint8_t               sha256[TOUCAN_SHA256_SIZE];   /* of the whole key */
    unsigned              scopes;       /* OR of toucan_scope_e */
    toucan_env_e          env;
    toucan_str_t          organization; /* absent: bound to none */
    int64_t               max_lifetime; /* seconds; 0: the location's */
    int64_t               not_after;    /* seconds since the epoch; 0: never */
    const toucan_doc_t   *doc;
    const toucan_node_t  *roles;        /* NULL: those of the location */
    const toucan_node_t  *permissions;  /* NULL: none may be granted */
    const toucan_node_t  *origins;      /* NULL: tokens need no origins */
} toucan_apikey_t;


typedef struct toucan_apikeys_s  toucan_apikeys_t;


/*
 * Parses {"keys":[...]}.  The caller owns the result, free with
 * toucan_apikeys_free(); NULL on an error, which diag->error tells with the
 * place.  A list of no keys is sound: it is how the last key is withdrawn.
 */
toucan_apikeys_t *toucan_apikeys_parse(toucan_str_t text,
    toucan_diag_t *diag);

/* NULL is accepted. */
void toucan_apikeys_free(toucan_apikeys_t *keys);

unsigned toucan_apikeys_count(const toucan_apikeys_t *keys);

/* The key of that id, by binary search; NULL when there is none.  A view. */
const toucan_apikey_t *toucan_apikeys_find(const toucan_apikeys_t *keys,
    toucan_str_t id);

/*
 * Who sent the key "tk_live_<id>_<secret>" ("tk_test_..." for env sandbox)?
 * TOUCAN_OK and *key; TOUCAN_API_KEY_INVALID when it is not of this form, or
 * there is no such id, or the secret is another: an unknown id takes the steps
 * that a wrong secret does; TOUCAN_API_KEY_EXPIRED when the key is right and
 * not_after has come, and *key is set then, too; else *key is NULL.
 * TOUCAN_INTERNAL.
 */
toucan_rc_t toucan_apikeys_check(const toucan_apikeys_t *keys,
    toucan_str_t text, int64_t now, const toucan_apikey_t **key);

/*
 * The content keys of n sets' master keys for every API key whose time has not
 * come: toucan_jwks_derive().  *next is when that changes, 0 if never.
 */
toucan_jwks_t *toucan_apikeys_derive(const toucan_apikeys_t *keys,
    const toucan_jwks_t *const *sets, unsigned n, int64_t now, int64_t *next,
    toucan_diag_t *diag);

/* "mint", "revoke", "introspect"; 0 when it is none.  And back: static. */
unsigned toucan_scope_find(toucan_str_t name);
toucan_str_t toucan_scope_name(toucan_scope_e scope);


#endif /* _TOUCAN_APIKEY_H_INCLUDED_ */
