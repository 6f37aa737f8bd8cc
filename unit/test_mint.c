
/*
 * Owns: the tests of minted tokens: what they say, byte for byte and as the
 * gate reads it, and with which key they are made.
 */


#include "mint.h"


/* A part of a compact token, decoded by OpenSSL; the caller frees. */

static char *
part_of(toucan_str_t token, unsigned nth)
{
    int             len;
    char           *text, *out, *p;
    size_t          pad;

    text = calloc(1, token.len + 8);
    memcpy(text, token.data, token.len);

    for (p = text; nth > 0; nth--) {
        p = strchr(p, '.') + 1;
    }

    p[strcspn(p, ".")] = '\0';

    for (pad = (4 - strlen(p) % 4) % 4; pad > 0; pad--) {
        strcat(p, "=");
    }

    for (out = p; *out != '\0'; out++) {
        *out = (*out == '-') ? '+' : (*out == '_') ? '/' : *out;
    }

    out = calloc(1, strlen(p) + 1);
    len = EVP_DecodeBlock((unsigned char *) out, (unsigned char *) p,
                          (int) strlen(p));

    while (len > 0 && p[strlen(p) - 1] == '=') {
        out[--len] = '\0';
        p[strlen(p) - 1] = '\0';
    }

    free(text);

    return out;
}


/* ------------------------------------------------------------- the claims */

/* byte for byte: what a gate of any kind reads */

static void
payload(void)
{
    char             want[2048], one[1024], *got;
    toucan_rc_t      rc;
    unit_key_t       key;
    unit_arena_t     a;
    toucan_grant_t   grant;
    toucan_fault_t   fault;
    toucan_jwks_t   *jwks;
    toucan_minted_t  minted;

    key = unit_key_new("oct");
    jwks = unit_jwks_private(unit_jwk(one, &key, "k1", ""));
    unit_arena_init(&a);

    grant_of(&grant, BODY, ",'organization':'Acme \\u00fc','permissions':{'ai'"
             ":'can_query','d':'can_edit'}", &a);
    rc = toucan_mint(&minted, &grant, &rules, first(jwks), NOW, &a.arena,
                     &fault);
    is_str(unit_rc(rc), "ok", "minted");

    snprintf(want, sizeof(want), "{'iss':'https://me.example','aud':'app',"
             "'sub':'u \\u00fc','jti':'%.22s','iat':%d,'nbf':%d,'exp':%d,"
             "'auth_time':%d,'organization':'Acme \\u00fc','env':'live',"
             "'client_id':'acme','sid':'%.22s','user':{'distinctId':"
             "'u \\u00fc','role':'maker','attributes':{'n':42,'region':"
             "['n','a,b'],'vip':false}},'permissions':{'ai':'can_query','d':"
             "['can_edit']},'resources':[{'type':'d','id':'1','actions':"
             "'can_view'}],'origins':['https://A.example']}",
             (const char *) minted.jti.data, NOW, NOW, NOW + LIFETIME, NOW,
             (const char *) minted.sid.data);

    got = part_of(minted.token, 1);
    is_str(got, unit_quotes(want), "the payload");
    free(got);

    got = part_of(minted.token, 0);
    is_str(got, "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"k1\"}",
           "the header");
    free(got);

    is_int(minted.iat, NOW, "iat");
    is_int(minted.exp, NOW + LIFETIME, "exp");
    is_int(minted.refresh_after, NOW + 720, "refresh after four fifths");
    is_int(minted.env, TOUCAN_ENV_LIVE, "env");
    unit_arena_free(&a);

    /* the least, and nothing of what is absent */

    unit_arena_init(&a);
    grant_of(&grant, "{'user':{'distinctId':'u'}}", ",'env':'sandbox'", &a);
    rules.audience = toucan_str(NULL, 0);
    rc = toucan_mint(&minted, &grant, &rules, first(jwks), NOW, &a.arena,
                     &fault);
    rules.audience = toucan_cstr("app");
    is_str(unit_rc(rc), "ok", "minted, the least");

    snprintf(want, sizeof(want), "{'iss':'https://me.example','sub':'u',"
             "'jti':'%.22s','iat':%d,'nbf':%d,'exp':%d,'auth_time':%d,'env':"
             "'sandbox','client_id':'acme','sid':'%.22s','user':{'distinctId':"
             "'u'}}", (const char *) minted.jti.data, NOW, NOW, NOW + 600, NOW,
             (const char *) minted.sid.data);
    got = part_of(minted.token, 1);
    is_str(got, unit_quotes(want), "the payload");
    is_int(minted.env, TOUCAN_ENV_SANDBOX, "env");
    free(got);

    unit_arena_free(&a);
    toucan_jwks_free(jwks);
}


/* --------------------------------------------------------------- the keys */

static const struct {
    const char      *type;
    const char      *more;
    const char      *alg;           /* NULL: the key can do neither */
    int              usable;
} key_rows[] = {

    { "oct", "", "HS256", 1 },
    { "oct", ",\"alg\":\"HS256\"", "HS256", 1 },
    { "oct", ",\"alg\":\"HS384\"", "HS384", 1 },
    { "oct", ",\"alg\":\"HS512\"", "HS512", 1 },
    { "RSA2048", "", "RS256", 1 },
    { "RSA2048", ",\"alg\":\"RS384\"", "RS384", 1 },
    { "RSA2048", ",\"alg\":\"RS512\"", "RS512", 1 },
    { "RSA2048", ",\"alg\":\"PS256\"", "PS256", 1 },
    { "RSA2048", ",\"alg\":\"PS384\"", "PS384", 1 },
    { "RSA2048", ",\"alg\":\"PS512\"", "PS512", 1 },
    { "P-256", "", "ES256", 1 },
    { "P-384", "", "ES384", 1 },
    { "P-521", "", "ES512", 1 },
    { "secp256k1", "", "ES256K", 1 },
    { "ED25519", "", "EdDSA", 1 },
    { "ED25519", ",\"alg\":\"EdDSA\",\"use\":\"sig\"", "EdDSA", 1 },
    { "ED448", "", "EdDSA", 1 },

    { "RSA2048", ",\"use\":\"enc\"", NULL, 0 },
    { "X25519", "", NULL, 0 },
    { "P-256", ",\"use\":\"enc\"", NULL, 0 },
    { "oct32", ",\"alg\":\"A256KW\"", NULL, 0 },
    { "oct16", "", NULL, 0 },
    { "oct32", ",\"alg\":\"dir\"", NULL, 0 },
    { "oct32", ",\"key_ops\":[\"deriveKey\"]", NULL, 1 }
};


/* Opens what was minted; NULL, or what the gate says against it. */

static const char *
taken(const toucan_jwks_t *set, toucan_str_t token, toucan_identity_t *id,
    unit_arena_t *a)
{
    toucan_rc_t           rc;
    const toucan_jwks_t  *sets[1];

    sets[0] = set;
    rc = toucan_authenticate(&policy, sets, 1, token, NOW, &a->arena, id);

    return (rc == TOUCAN_OK) ? NULL : unit_rc(rc);
}


static void
keys_that_sign(void)
{
    char               text[16384];
    size_t             i;
    toucan_rc_t        rc;
    unit_key_t         key;
    unit_arena_t       a;
    toucan_grant_t     grant;
    toucan_fault_t     fault;
    toucan_jwks_t     *makes, *opens;
    toucan_minted_t    minted;
    toucan_identity_t  id;

    for (i = 0; i < n_of(key_rows); i++) {
        key = (strlen(key_rows[i].type) == 5 && key_rows[i].type[0] == 'o')
              ? unit_key_oct((size_t) atoi(key_rows[i].type + 3), 1)
              : unit_key_new(key_rows[i].type);
        makes = unit_jwks_private(unit_jwk_pair(text, &key, "k",
                                                key_rows[i].more));
        unit_arena_init(&a);
        grant_of(&grant, BODY, "", &a);

        rc = toucan_mint(&minted, &grant, &rules, first(makes), NOW, &a.arena,
                         &fault);

        is_str(unit_rc(rc), key_rows[i].alg ? "ok" : "alg_not_allowed",
               "minted with %s%s", key_rows[i].type, key_rows[i].more);
        is_int(toucan_mint_usable(first(makes)), key_rows[i].usable,
               "%susable", key_rows[i].usable ? "" : "not ");

        if (key_rows[i].alg != NULL) {
            opens = unit_jwks(unit_jwk(text, &key, "k", key_rows[i].more));
            is_str(taken(opens, minted.token, &id, &a), NULL,
                   "and the gate takes it");
            is_text(id.jwt.alg->name, key_rows[i].alg, "signed so");
            is_int(id.jwt.type, TOUCAN_TYPE_SIGNED, "no more than signed");
            toucan_jwks_free(opens);

        } else {
            ok(minted.token.data == NULL, "and there is no token");
        }

        toucan_jwks_free(makes);
        unit_arena_free(&a);
        EVP_PKEY_free(key.pkey);
    }
}


/* What the gate reads is what was granted. */

static void
read_back(const toucan_claims_t *claims, const toucan_minted_t *minted)
{
    toucan_str_t  aud;

    is_text(claims->iss, "https://me.example", "iss");
    is_text(claims->distinct_id, "u \xc3\xbc", "the distinct id");
    is_text(claims->role, "maker", "the role");
    is_text(claims->client_id, "acme", "the client");
    is_text(claims->organization, "acme", "the organization");
    is_mem(claims->jti.data, claims->jti.len, minted->jti.data,
           minted->jti.len, "jti");
    is_mem(claims->sid.data, claims->sid.len, minted->sid.data,
           minted->sid.len, "sid");
    is_int(claims->env, TOUCAN_ENV_LIVE, "env");
    is_int(claims->iat, NOW, "iat");
    is_int(claims->nbf, NOW, "nbf");
    is_int(claims->exp, minted->exp, "exp");

    aud = toucan_json_string(claims->doc, claims->aud);
    is_text(aud, "app", "aud");
    is_int(claims->attributes->v.s.len, 3, "the attributes");
    is_int(claims->permissions->v.s.len, 2, "the permissions");
    is_int(claims->resources->v.s.len, 1, "the resources");
    is_int(claims->origins->v.s.len, 1, "the origins");
}


/* "dir" with A256GCM, under a key that is the API key's own */

static void
content_keys(void)
{
    char                  master[256], *header;
    unsigned              n;
    toucan_rc_t           rc;
    toucan_str_t          ids[2];
    unit_arena_t          a;
    toucan_diag_t         d;
    toucan_grant_t        grant;
    toucan_fault_t        fault;
    toucan_jwks_t        *makes, *opens, *making, *opening, *other;
    toucan_minted_t       minted;
    toucan_identity_t     id;

    ids[0] = toucan_cstr("acme");
    ids[1] = toucan_cstr("beta");
    unit_jwk(master, &(unit_key_t) { .secret_len = 32 }, "m",
             ",\"key_ops\":[\"deriveKey\"]");
    makes = unit_jwks_private(master);
    opens = unit_jwks(master);
    making = toucan_jwks_derive((const toucan_jwks_t *const *) &makes, 1, ids,
                                2, &d);
    opening = toucan_jwks_derive((const toucan_jwks_t *const *) &opens, 1,
                                 ids, 1, &d);
    other = toucan_jwks_derive((const toucan_jwks_t *const *) &opens, 1,
                               ids + 1, 1, &d);

    unit_arena_init(&a);
    grant_of(&grant, BODY, ",'organization':'acme'", &a);
    rc = toucan_mint(&minted, &grant, &rules,
                     toucan_jwks_find(making, toucan_cstr("m.acme"), &n), NOW,
                     &a.arena, &fault);
    is_str(unit_rc(rc), "ok", "minted with a content key");

    header = part_of(minted.token, 0);
    is_str(header, "{\"typ\":\"JWT\",\"alg\":\"dir\",\"kid\":\"m.acme\","
           "\"enc\":\"A256GCM\"}", "the header");
    free(header);

    is_str(taken(opening, minted.token, &id, &a), NULL, "the gate takes it");
    is_int(id.jwt.type, TOUCAN_TYPE_ENCRYPTED, "as an encrypted one");
    read_back(&id.claims, &minted);

    is_str(taken(other, minted.token, &id, &a), "key_not_found",
           "with another API key's: not");
    is_str(taken(opens, minted.token, &id, &a), "key_not_found",
           "nor with the master key itself");

    rc = toucan_mint(&minted, &grant, &rules, first(makes), NOW, &a.arena,
                     &fault);
    is_str(unit_rc(rc), "alg_not_allowed",
           "the master key itself makes no token");

    toucan_jwks_free(makes);
    toucan_jwks_free(opens);
    toucan_jwks_free(making);
    toucan_jwks_free(opening);
    toucan_jwks_free(other);
    unit_arena_free(&a);
}


int
main(void)
{
    mint_init();
    payload();
    keys_that_sign();
    content_keys();

    return done_testing();
}
