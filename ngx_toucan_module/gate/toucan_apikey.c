
/*
 * The questions that are asked of API keys: who sent this one, and which
 * content keys are there.
 */


#include "gate/toucan_apikey_impl.h"
#include "jose/toucan_jwks.h"


static const toucan_apikey_t *toucan_apikeys_near(
    const toucan_apikeys_t *keys, toucan_str_t id);
static int toucan_apikey_split(toucan_str_t text, toucan_env_e *env,
    toucan_str_t *id);


static const struct {
    toucan_str_t         name;
    toucan_scope_e       scope;
} toucan_apikey_scope_names[] = {
    { toucan_string("mint"), TOUCAN_SCOPE_MINT },
    { toucan_string("revoke"), TOUCAN_SCOPE_REVOKE },
    { toucan_string("introspect"), TOUCAN_SCOPE_INTROSPECT }
};

#define TOUCAN_APIKEY_NSCOPES                                                 \
    (sizeof(toucan_apikey_scope_names) / sizeof(toucan_apikey_scope_names[0]))


void
toucan_apikeys_free(toucan_apikeys_t *keys)
{
    if (keys == NULL) {
        return;
    }

    toucan_block_free(&keys->block);
    toucan_cleanse(keys->key, keys->count * sizeof(toucan_apikey_t));
    toucan_free(keys);
}


unsigned
toucan_apikeys_count(const toucan_apikeys_t *keys)
{
    return keys->count;
}


int
toucan_apikeys_compare_id(toucan_str_t a, toucan_str_t b)
{
    int     rc;
    size_t  len;

    len = (a.len < b.len) ? a.len : b.len;
    rc = len ? memcmp(a.data, b.data, len) : 0;

    return rc ? rc : (a.len > b.len) - (a.len < b.len);
}


const toucan_apikey_t *
toucan_apikeys_find(const toucan_apikeys_t *keys, toucan_str_t id)
{
    const toucan_apikey_t  *near;

    near = toucan_apikeys_near(keys, id);

    return (near != NULL && toucan_str_eq(near->id, id)) ? near : NULL;
}


/*
 * The last key whose id is not behind this one, or the first key; NULL when
 * there is none.  The number of steps depends on that of the keys alone.
 */

static const toucan_apikey_t *
toucan_apikeys_near(const toucan_apikeys_t *keys, toucan_str_t id)
{
    unsigned                n, half;
    const toucan_apikey_t  *near;

    near = keys->key;

    for (n = keys->count; n > 1; n -= half) {
        half = n / 2;

        if (toucan_apikeys_compare_id(near[half].id, id) <= 0) {
            near += half;
        }
    }

    return (n != 0) ? near : NULL;
}


toucan_rc_t
toucan_apikeys_check(const toucan_apikeys_t *keys, toucan_str_t text,
    int64_t now, const toucan_apikey_t **key)
{
    int                     equal;
    uint8_t                 digest[TOUCAN_SHA256_SIZE];
    toucan_env_e            env;
    toucan_str_t            id;
    const toucan_apikey_t  *near;

    static const uint8_t  none[TOUCAN_SHA256_SIZE];

    *key = NULL;

    if (!toucan_apikey_split(text, &env, &id)) {
        return TOUCAN_API_KEY_INVALID;
    }

    if (toucan_sha256(text, digest) != TOUCAN_OK) {
        return TOUCAN_INTERNAL;
    }

    /* an unknown id costs what a wrong secret does; no digest is all zeros */

    near = toucan_apikeys_near(keys, id);

    equal = toucan_const_eq(digest, (near != NULL) ? near->sha256 : none,
                            TOUCAN_SHA256_SIZE);

    toucan_cleanse(digest, sizeof(digest));

    if (!equal || near == NULL || !toucan_str_eq(near->id, id)
        || near->env != env)
    {
        return TOUCAN_API_KEY_INVALID;
    }

    *key = near;

    if (near->not_after != 0 && now >= near->not_after) {
        return TOUCAN_API_KEY_EXPIRED;
    }

    return TOUCAN_OK;
}


/* "tk_live_<id>_<secret>"; the secret may have "_" in it, the id has none. */

static int
toucan_apikey_split(toucan_str_t text, toucan_env_e *env, toucan_str_t *id)
{
    size_t        i;
    uint8_t       c;
    toucan_str_t  rest;

    static const toucan_str_t  live = toucan_string("tk_live_");
    static const toucan_str_t  test = toucan_string("tk_test_");

    if (text.len <= live.len || text.len > TOUCAN_APIKEY_MAX_SIZE) {
        return 0;
    }

    if (memcmp(text.data, live.data, live.len) == 0) {
        *env = TOUCAN_ENV_LIVE;

    } else if (memcmp(text.data, test.data, test.len) == 0) {
        *env = TOUCAN_ENV_SANDBOX;

    } else {
        return 0;
    }

    rest = toucan_str(text.data + live.len, text.len - live.len);

    *id = toucan_str(rest.data, toucan_apikey_id_len(rest));

    if (id->len == 0 || id->len > TOUCAN_APIKEY_MAX_ID
        || rest.len < id->len + 1 + TOUCAN_APIKEY_MIN_SECRET
        || rest.data[id->len] != '_')
    {
        return 0;
    }

    for (i = id->len + 1; i < rest.len; i++) {
        c = rest.data[i];

        if (c <= ' ' || c >= 0x7f) {
            return 0;
        }
    }

    return 1;
}


toucan_jwks_t *
toucan_apikeys_derive(const toucan_apikeys_t *keys,
    const toucan_jwks_t *const *sets, unsigned n, int64_t now, int64_t *next,
    toucan_diag_t *diag)
{
    int64_t         end;
    unsigned        i, nids;
    toucan_str_t   *ids;
    toucan_jwks_t  *jwks;

    *next = 0;

    ids = toucan_calloc(keys->count + 1, sizeof(toucan_str_t));
    if (ids == NULL) {
        toucan_diag_error(diag, "out of memory");
        return NULL;
    }

    nids = 0;

    for (i = 0; i < keys->count; i++) {
        end = keys->key[i].not_after;

        if (end != 0 && end <= now) {
            continue;
        }

        if (end != 0 && (*next == 0 || end < *next)) {
            *next = end;
        }

        ids[nids++] = keys->key[i].id;
    }

    jwks = toucan_jwks_derive(sets, n, ids, nids, diag);

    toucan_free(ids);

    return jwks;
}


unsigned
toucan_scope_find(toucan_str_t name)
{
    size_t  i;

    for (i = 0; i < TOUCAN_APIKEY_NSCOPES; i++) {
        if (toucan_str_eq(toucan_apikey_scope_names[i].name, name)) {
            return toucan_apikey_scope_names[i].scope;
        }
    }

    return 0;
}


toucan_str_t
toucan_scope_name(toucan_scope_e scope)
{
    size_t  i;

    for (i = 0; i < TOUCAN_APIKEY_NSCOPES; i++) {
        if (toucan_apikey_scope_names[i].scope == scope) {
            return toucan_apikey_scope_names[i].name;
        }
    }

    return toucan_cstr("");
}
