
/*
 * Owns: the fuzz target of files of API keys.  The input is a key as a request
 * carries it and, behind a NUL, a file, in which "@" stands for that key's
 * digest.  What is taken obeys the bounds, by rules that are written here
 * again, and no key is accepted that is not in the file.
 */


#include "fuzz.h"

#include <openssl/evp.h>


/* ---------------------------------------------------------------- the file */

static toucan_str_t
fuzz_file_text(unit_arena_t *a, toucan_str_t key, const uint8_t *data,
    size_t size)
{
    size_t          i, n;
    uint8_t        *p, *text, digest[32];

    if (EVP_Q_digest(NULL, "SHA256", NULL, key.data, key.len, digest, &n)
        != 1)
    {
        abort();
    }

    text = toucan_arena_alloc(&a->arena, 64 * size);
    p = text;

    for (i = 0; i < size; i++) {
        if (data[i] == '@') {
            toucan_hex(p, digest, 32);
            p += 64;

        } else {
            *p++ = data[i];
        }
    }

    return fuzz_copy(a, text, (size_t) (p - text));
}


static toucan_str_t
fuzz_string(const toucan_doc_t *doc, const toucan_node_t *entry,
    const char *name)
{
    return toucan_json_string(doc, toucan_json_member(doc, entry,
                                                      toucan_cstr(name)));
}


static int
fuzz_is_id(toucan_str_t id)
{
    char  text[TOUCAN_APIKEY_MAX_ID + 1];

    if (id.len == 0 || id.len > TOUCAN_APIKEY_MAX_ID) {
        return 0;
    }

    memcpy(text, id.data, id.len);
    text[id.len] = '\0';

    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                  "0123456789-") == id.len;
}


/* The seconds of "2027-01-01T00:00:00Z", counted day by day. */

static int64_t
fuzz_seconds(toucan_str_t text)
{
    int      y, m, d, hour, min, sec, leap, n, end;
    char     s[32];
    int64_t  days;

    static const int  lengths[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    snprintf(s, sizeof(s), "%.*s", toucan_fmt(text));
    end = 0;
    n = sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &y, &m, &d, &hour, &min, &sec,
               &end);
    fuzz_must(n == 6 && end == 20 && text.len == 20, "a time: %s", s);

    days = 0;

    for (n = 1970; n < y; n++) {
        days += 365 + (n % 4 == 0 && (n % 100 != 0 || n % 400 == 0));
    }

    leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

    for (n = 1; n < m; n++) {
        days += lengths[n - 1] + (n == 2 && leap);
    }

    fuzz_must(m >= 1 && m <= 12 && d >= 1
              && d <= lengths[m - 1] + (m == 2 && leap) && hour < 24
              && min < 60 && sec < 60, "no such time: %s", s);

    return (((days + d - 1) * 24 + hour) * 60 + min) * 60 + sec;
}


/* What an entry says, and what the key has of it. */

static void
fuzz_entry(const toucan_doc_t *doc, const toucan_node_t *entry,
    const toucan_apikey_t *key)
{
    uint8_t               hex[64];
    unsigned              i, members;
    toucan_str_t          sha, env, org, after;
    const toucan_node_t  *life;

    static const char  *known[] = {
        "id", "sha256", "scopes", "env", "organization", "roles",
        "permissions", "origins", "maxLifetime", "notAfter", "comment"
    };

    for (i = 0, members = 0; i < unit_n(known); i++) {
        members += toucan_json_member(doc, entry, toucan_cstr(known[i]))
                   != NULL;
    }

    fuzz_must(members == entry->v.s.len, "a member that is not known");
    fuzz_must(fuzz_is_id(key->id), "id: %.*s", toucan_fmt(key->id));

    sha = fuzz_string(doc, entry, "sha256");
    toucan_hex(hex, key->sha256, 32);
    fuzz_must(toucan_str_caseeq(sha, toucan_str(hex, 64)), "sha256: %.*s",
              toucan_fmt(sha));
    fuzz_must(key->scopes != 0 && key->scopes < 8, "scopes %u", key->scopes);

    env = fuzz_string(doc, entry, "env");
    fuzz_must((key->env == TOUCAN_ENV_SANDBOX)
              == toucan_str_is(env, "sandbox")
              && (key->env == TOUCAN_ENV_LIVE)
                 == (env.data == NULL || toucan_str_is(env, "live")),
              "env %d: %.*s", (int) key->env, toucan_fmt(env));

    org = fuzz_string(doc, entry, "organization");
    fuzz_must(toucan_str_eq(org, key->organization) && org.len <= 256
              && (org.data == NULL || org.len > 0), "organization");

    life = toucan_json_member(doc, entry, toucan_cstr("maxLifetime"));
    fuzz_must(life == NULL ? key->max_lifetime == 0
              : key->max_lifetime == life->v.integer
                && key->max_lifetime >= 1 && key->max_lifetime <= 315360000,
              "maxLifetime %lld", (long long) key->max_lifetime);

    after = fuzz_string(doc, entry, "notAfter");
    fuzz_must(key->not_after == (after.data ? fuzz_seconds(after) : 0),
              "notAfter %lld", (long long) key->not_after);

    fuzz_must((key->roles != NULL)
              == (toucan_json_member(doc, entry, toucan_cstr("roles"))
                  != NULL), "roles");
    fuzz_must((key->permissions != NULL)
              == (toucan_json_member(doc, entry, toucan_cstr("permissions"))
                  != NULL), "permissions");
    fuzz_must((key->origins != NULL)
              == (toucan_json_member(doc, entry, toucan_cstr("origins"))
                  != NULL), "origins");
}


static void
fuzz_lists(const toucan_apikey_t *key)
{
    toucan_origin_t       origin;
    const toucan_node_t  *node;

    fuzz_must(key->permissions == NULL
              || toucan_permissions_wellformed(key->doc, key->permissions),
              "permissions");

    if (key->roles != NULL) {
        fuzz_must(toucan_json_child(key->doc, key->roles) != NULL, "no roles");
    }

    for (node = key->roles ? toucan_json_child(key->doc, key->roles) : NULL;
         node != NULL;
         node = toucan_json_sibling(key->doc, key->roles, node))
    {
        fuzz_must(toucan_json_string(key->doc, node).len > 0, "a role");
    }

    if (key->origins != NULL) {
        fuzz_must(key->origins->v.s.len >= 1 && key->origins->v.s.len <= 64,
                  "%u origins", key->origins->v.s.len);
    }

    for (node = key->origins ? toucan_json_child(key->doc, key->origins)
                             : NULL;
         node != NULL;
         node = toucan_json_sibling(key->doc, key->origins, node))
    {
        fuzz_must(toucan_origin_parse(&origin,
                                      toucan_json_string(key->doc, node))
                  == TOUCAN_OK, "an origin");
    }
}


/* ----------------------------------------------------------------- the key */

/* Whose key it is, by its form and each entry's digest; NULL: nobody's. */

static const toucan_node_t *
fuzz_owner(const toucan_doc_t *doc, const toucan_node_t *list,
    toucan_str_t text)
{
    char                  s[TOUCAN_APIKEY_MAX_SIZE + 1], *id, *secret, *p;
    size_t                n;
    uint8_t               digest[32], hex[64];
    toucan_str_t          env;
    const toucan_node_t  *entry;

    if (text.len > TOUCAN_APIKEY_MAX_SIZE
        || (text.len > 0 && memchr(text.data, '\0', text.len) != NULL))
    {
        return NULL;
    }

    snprintf(s, sizeof(s), "%.*s", (int) text.len,
             text.data ? (const char *) text.data : "");

    if (strncmp(s, "tk_live_", 8) != 0 && strncmp(s, "tk_test_", 8) != 0) {
        return NULL;
    }

    EVP_Q_digest(NULL, "SHA256", NULL, s, strlen(s), digest, &n);
    toucan_hex(hex, digest, 32);

    id = s + 8;
    secret = strchr(id, '_');

    if (secret == NULL || strlen(secret + 1) < TOUCAN_APIKEY_MIN_SECRET) {
        return NULL;
    }

    *secret = '\0';

    for (p = secret + 1; *p != '\0'; p++) {
        if (*p < 0x21 || *p > 0x7e) {
            return NULL;
        }
    }

    for (entry = toucan_json_child(doc, list);
         entry != NULL;
         entry = toucan_json_sibling(doc, list, entry))
    {
        env = fuzz_string(doc, entry, "env");

        if (toucan_str_is(fuzz_string(doc, entry, "id"), id)
            && toucan_str_caseeq(fuzz_string(doc, entry, "sha256"),
                                 toucan_str(hex, 64))
            && toucan_str_is(env, "sandbox") == (s[3] == 't'))
        {
            return entry;
        }
    }

    return NULL;
}


static void
fuzz_check(const toucan_apikeys_t *keys, toucan_str_t text,
    const toucan_doc_t *doc, const toucan_node_t *list)
{
    unsigned                i;
    toucan_rc_t             rc, want;
    const toucan_node_t    *owner;
    const toucan_apikey_t  *key;

    static const int64_t  times[] = { 0, 1767225600, INT64_MAX };

    owner = fuzz_owner(doc, list, text);

    for (i = 0; i < unit_n(times); i++) {
        rc = toucan_apikeys_check(keys, text, times[i], &key);
        want = (owner == NULL) ? TOUCAN_API_KEY_INVALID : TOUCAN_OK;

        fuzz_must((key != NULL) == (owner != NULL), "rc %d, and %s", rc,
                  owner ? "it is in the file" : "it is not in the file");

        if (key != NULL) {
            fuzz_must(toucan_str_eq(key->id, fuzz_string(doc, owner, "id")),
                      "another's key");

            if (key->not_after != 0 && key->not_after <= times[i]) {
                want = TOUCAN_API_KEY_EXPIRED;
            }
        }

        fuzz_must(rc == want, "rc %d, not %d", rc, want);
    }
}


/* When the next key ends. */

static void
fuzz_next(const toucan_apikeys_t *keys, int64_t now, int64_t want)
{
    int64_t         next;
    toucan_diag_t   why;
    toucan_jwks_t  *derived;

    derived = toucan_apikeys_derive(keys, NULL, 0, now, &next, &why);

    fuzz_must(derived != NULL && toucan_jwks_count(derived) == 0,
              "derived of no master key");
    fuzz_must(next == want, "next at %lld, not %lld", (long long) next,
              (long long) want);
    toucan_jwks_free(derived);
}


static void
fuzz_keys(unit_arena_t *a, const toucan_apikeys_t *keys, toucan_str_t file,
    toucan_str_t text)
{
    int64_t                 next;
    unsigned                n;
    toucan_str_t            id;
    const toucan_doc_t     *doc;
    const toucan_node_t    *list, *entry;
    const toucan_apikey_t  *key;

    fuzz_must(toucan_json_parse(file, &toucan_json_file_limits, &a->arena,
                                &doc) == TOUCAN_OK, "taken, and no JSON");

    list = toucan_json_member(doc, toucan_json_root(doc),
                              toucan_cstr("keys"));
    n = 0;
    next = 0;

    for (entry = toucan_json_child(doc, list);
         entry != NULL;
         entry = toucan_json_sibling(doc, list, entry))
    {
        id = fuzz_string(doc, entry, "id");
        key = toucan_apikeys_find(keys, id);
        fuzz_must(key != NULL && toucan_str_eq(key->id, id),
                  "not found: %.*s", toucan_fmt(id));
        fuzz_entry(doc, entry, key);
        fuzz_lists(key);
        n++;

        if (key->not_after > 1767225600
            && (next == 0 || key->not_after < next))
        {
            next = key->not_after;
        }
    }

    fuzz_must(n == toucan_apikeys_count(keys) && n <= TOUCAN_APIKEYS_MAX,
              "%u keys", n);
    fuzz_next(keys, 1767225600, next);
    fuzz_check(keys, text, doc, list);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    toucan_str_t       text, file;
    unit_arena_t       a;
    toucan_diag_t      why;
    toucan_apikeys_t  *keys;

    unit_arena_init(&a, 0);
    toucan_diag_init(&why);

    text = fuzz_cut(&a, &data, &size, '\0');

    if (text.data == NULL) {
        text = toucan_cstr("");
    }

    file = fuzz_file_text(&a, text, data, size);
    keys = toucan_apikeys_parse(file, &why);

    if (keys == NULL) {
        fuzz_told(&why);

    } else {
        fuzz_keys(&a, keys, file, text);
        toucan_apikeys_free(keys);
    }

    unit_arena_done(&a);

    return 0;
}
