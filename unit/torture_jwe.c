
/*
 * Owns: the scenarios of encrypted tokens, of making tokens, and of private,
 * PEM, derived and published keys.
 */


#include "torture.h"
#include "tokens.h"

#include "jose/toucan_jwe.h"
#include "jose/toucan_jws.h"


#define JWE_TEXT     16384
#define JWE_SET      65536
#define JWE_PAYLOAD  "{\"user\":{\"distinctId\":\"user-123\"},\"n\":[1,true]}"


typedef struct {
    const char      *type;
    size_t           secret;        /* bytes; 0: a pair */
    int              made;
    unit_key_t       key;
    unit_key_t       other;
} jwe_key_t;


typedef struct {
    const char      *alg;
    const char      *enc;           /* NULL: a JWS */
    const char      *type;
    int              nested;
    int              wrong;         /* made for another key */
} jwe_arg_t;


/* "set" opens what "maker" makes. */

typedef struct {
    const toucan_alg_t  *alg;
    const toucan_enc_t  *enc;
    int                  nested;
    toucan_jwks_t       *set;
    toucan_jwks_t       *maker;
    const toucan_jwk_t  *jwk;
    toucan_str_t         token;
    torture_run_t        run;       /* whose arena holds the token */
    char                 text[JWE_SET];
} jwe_state_t;


static void *jwe_setup(const void *arg);
static void *jwe_token_setup(const void *arg);
static toucan_rc_t jwe_open_run(void *state, torture_run_t *run);
static toucan_rc_t jwe_make_run(void *state, torture_run_t *run);
static toucan_rc_t jwe_make(jwe_state_t *state, torture_run_t *run,
    toucan_str_t *token);
static void jwe_teardown(void *state);
static jwe_key_t *jwe_key(const char *type);
static void *set_setup(const void *arg);
static toucan_rc_t set_run(void *state, torture_run_t *run);
static toucan_rc_t set_private_run(void *state, torture_run_t *run);
static toucan_rc_t set_steps_run(void *state, torture_run_t *run);
static void *derive_setup(const void *arg);
static toucan_rc_t derive_run(void *state, torture_run_t *run);
static toucan_rc_t public_run(void *state, torture_run_t *run);
static toucan_rc_t set_say(toucan_jwks_t *jwks, const toucan_diag_t *diag,
    torture_run_t *run);


static jwe_key_t  jwe_keys[] = {
    { .type = "oct256", .secret = 32 },
    { .type = "oct512", .secret = 64 },
    { .type = "RSA2048" },
    { .type = "P-256" },
    { .type = "P-521" },
    { .type = "ED25519" },
    { .type = "X25519" },
    { .type = "X448" }
};


static const toucan_jwt_rules_t  jwe_rules = {
    TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
};


/*
 * For want of memory OpenSSL says that nothing could be decrypted, and an
 * ephemeral key is not taken.
 */

#define JWE_ALSO                                                              \
    (torture_or(TOUCAN_BAD_DECRYPT) | torture_or(TOUCAN_BAD_CLAIM)            \
     | torture_or(TOUCAN_BAD_SIGNATURE))

#define OPEN(alg, enc, type)                                                  \
    { "open " alg " with " enc " (" type ")",                                 \
      &(const jwe_arg_t) { alg, enc, type, 0, 0 },                            \
      jwe_token_setup, jwe_open_run, jwe_teardown, TOUCAN_OK, JWE_ALSO, 0 },  \
    { "open " alg " with " enc " (" type "), for another key",                \
      &(const jwe_arg_t) { alg, enc, type, 0, 1 },                            \
      jwe_token_setup, jwe_open_run, jwe_teardown, TOUCAN_BAD_DECRYPT,        \
      JWE_ALSO, 0 }

/* the point of another key may not be had when there is no memory for it */

#define ENCRYPT(alg, enc, type)                                               \
    { "encrypt " alg " with " enc " (" type ")",                              \
      &(const jwe_arg_t) { alg, enc, type, 0, 0 },                            \
      jwe_setup, jwe_make_run, jwe_teardown, TOUCAN_OK,                       \
      torture_or(TOUCAN_ALG_NOT_ALLOWED), 0 }

#define SIGN(alg, type)                                                       \
    { "sign " alg " (" type ")", &(const jwe_arg_t) { alg, NULL, type, 0, 0 },\
      jwe_setup, jwe_make_run, jwe_teardown, TOUCAN_OK, 0, 0 }


const torture_scenario_t  torture_jwe[] = {

    OPEN("dir", "A256GCM", "oct256"),
    OPEN("dir", "A256CBC-HS512", "oct512"),
    OPEN("A256KW", "A128GCM", "oct256"),
    OPEN("A256GCMKW", "A128CBC-HS256", "oct256"),
    OPEN("RSA-OAEP-256", "A256GCM", "RSA2048"),
    OPEN("ECDH-ES", "A256GCM", "P-256"),
    OPEN("ECDH-ES+A128KW", "A192CBC-HS384", "P-521"),
    OPEN("ECDH-ES", "A256CBC-HS512", "X25519"),
    OPEN("ECDH-ES+A256KW", "A192GCM", "X448"),

    { "open a nested token",
      &(const jwe_arg_t) { "A256KW", "A256GCM", "oct256", 1, 0 },
      jwe_token_setup, jwe_open_run, jwe_teardown, TOUCAN_OK, JWE_ALSO, 0 },

    ENCRYPT("dir", "A256GCM", "oct256"),
    ENCRYPT("A256KW", "A256CBC-HS512", "oct256"),
    ENCRYPT("A256GCMKW", "A256GCM", "oct256"),
    ENCRYPT("RSA-OAEP-256", "A256GCM", "RSA2048"),
    ENCRYPT("ECDH-ES", "A256GCM", "P-256"),
    ENCRYPT("ECDH-ES+A128KW", "A256GCM", "X25519"),

    SIGN("HS256", "oct256"),
    SIGN("RS256", "RSA2048"),
    SIGN("PS256", "RSA2048"),
    SIGN("ES256", "P-256"),
    SIGN("ES512", "P-521"),
    SIGN("EdDSA", "ED25519"),

    { "read a set with every private half", "pairs", set_setup, set_run,
      jwe_teardown, TOUCAN_OK, torture_or(TOUCAN_BAD_FORMAT), 0 },
    { "read the same for making tokens", "pairs", set_setup, set_private_run,
      jwe_teardown, TOUCAN_OK, torture_or(TOUCAN_BAD_FORMAT), 0 },
    { "read a set in steps", "pairs", set_setup, set_steps_run,
      jwe_teardown, TOUCAN_OK, torture_or(TOUCAN_BAD_FORMAT), 0 },
    { "read keys in PEM", "pem", set_setup, set_run, jwe_teardown, TOUCAN_OK,
      torture_or(TOUCAN_BAD_FORMAT), 0 },

    { "derive content keys", "masters", derive_setup, derive_run,
      jwe_teardown, TOUCAN_OK, 0, 0 },
    { "publish the public halves", "pairs", derive_setup, public_run,
      jwe_teardown, TOUCAN_OK, 0, 0 }
};


const unsigned  torture_jwe_n = torture_n(torture_jwe);


void
torture_jwe_prepare(void)
{
    unsigned  i;

    for (i = 0; i < torture_n(jwe_keys); i++) {
        (void) jwe_key(jwe_keys[i].type);
    }
}


/* -------------------------------------------------- opening and making */

static void *
jwe_setup(const void *arg)
{
    unsigned          n;
    jwe_key_t        *key;
    jwe_state_t      *state;
    toucan_diag_t     diag;
    const jwe_arg_t  *row;

    row = arg;
    key = jwe_key(row->type);
    state = calloc(1, sizeof(jwe_state_t));

    if (state == NULL) {
        torture_die("calloc()");
    }

    torture_run_init(&state->run);

    state->alg = toucan_alg_find(toucan_cstr(row->alg));
    state->enc = row->enc ? toucan_enc_find(toucan_cstr(row->enc)) : NULL;
    state->nested = row->nested;

    unit_jwk_pair(state->text, &key->key, "k", "");
    state->set = unit_jwks(state->text);

    if (row->wrong) {
        unit_jwk_pair(state->text, &key->other, "k", "");
    }

    toucan_diag_init(&diag);
    state->maker = toucan_jwks_parse_private(toucan_cstr(state->text), &diag);

    if (state->maker == NULL) {
        torture_die(diag.error);
    }

    state->jwk = toucan_jwks_find(state->maker, toucan_cstr("k"), &n);

    return state;
}


static void *
jwe_token_setup(const void *arg)
{
    toucan_rc_t   rc;
    jwe_state_t  *state;

    state = jwe_setup(arg);

    rc = jwe_make(state, &state->run, &state->token);

    if (rc != TOUCAN_OK) {
        torture_die("a token");
    }

    return state;
}


static toucan_rc_t
jwe_open_run(void *data, torture_run_t *run)
{
    toucan_rc_t           rc;
    toucan_buf_t          b;
    toucan_jwt_t          jwt;
    jwe_state_t          *state;
    static uint8_t        payload[JWE_TEXT];
    const toucan_jwks_t  *sets[1];

    state = data;
    sets[0] = state->set;

    rc = toucan_jwt_open(&jwe_rules, sets, 1,
                         state->token, &run->arena, &jwt);

    if (rc != TOUCAN_OK && (jwt.payload != NULL || jwt.alg != NULL)) {
        torture_die("a refused token has a payload");
    }

    if (rc == TOUCAN_OK) {
        toucan_buf_init(&b, payload, sizeof(payload));
        toucan_json_write(&b, jwt.payload, toucan_json_root(jwt.payload));

        torture_say_view(run, "alg", jwt.alg->name);
        torture_say(run, "type %d\n", (int) jwt.type);
        torture_say_view(run, "payload", toucan_str(payload, b.need));
    }

    return rc;
}


/* What was made, opened: the token itself differs each time. */

static toucan_rc_t
jwe_make_run(void *data, torture_run_t *run)
{
    toucan_rc_t    rc;
    jwe_state_t   *state;
    toucan_str_t   token;

    state = data;

    rc = jwe_make(state, run, &token);

    if (rc == TOUCAN_OK) {
        torture_pause();
        state->token = token;
        torture_say(run, "opens: %s\n",
                    unit_rc(jwe_open_run(state, run)));
        state->token = toucan_str(NULL, 0);
        torture_resume();
    }

    return rc;
}


static toucan_rc_t
jwe_make(jwe_state_t *state, torture_run_t *run, toucan_str_t *token)
{
    toucan_rc_t   rc;
    toucan_str_t  payload;

    payload = toucan_cstr(JWE_PAYLOAD);

    if (state->enc == NULL) {
        return toucan_jws_sign(state->jwk, state->alg, payload, &run->arena,
                               token);
    }

    if (state->nested) {
        rc = toucan_jws_sign(state->jwk, toucan_alg_find(toucan_cstr("HS256")),
                             payload, &run->arena, &payload);
        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    return toucan_jwe_encrypt(state->jwk, state->alg, state->enc,
                              state->nested, payload, &run->arena, token);
}


static void
jwe_teardown(void *data)
{
    jwe_state_t  *state;

    state = data;

    torture_run_free(&state->run);
    toucan_jwks_free(state->maker);
    toucan_jwks_free(state->set);
    free(state);
}


static jwe_key_t *
jwe_key(const char *type)
{
    unsigned    i;
    jwe_key_t  *key;

    for (i = 0; i < torture_n(jwe_keys); i++) {
        key = &jwe_keys[i];

        if (strcmp(key->type, type) != 0) {
            continue;
        }

        if (!key->made && key->secret > 0) {
            key->key = unit_key_oct(key->secret, 0);
            key->other = unit_key_oct(key->secret, 1);

        } else if (!key->made) {
            key->key = unit_key_new(type);
            key->other = unit_key_new(type);
        }

        key->made = 1;

        return key;
    }

    torture_die("a key of that type");
}


/* ---------------------------------------------------------------- sets */

static void *
set_setup(const void *arg)
{
    BIO          *bio;
    char         *pem;
    long          len;
    unsigned      i;
    jwe_state_t  *state;

    state = calloc(1, sizeof(jwe_state_t));

    if (state == NULL) {
        torture_die("calloc()");
    }

    torture_run_init(&state->run);

    if (strcmp(arg, "pairs") == 0) {
        strcpy(state->text, "{\"keys\":[");

        for (i = 0; i < torture_n(jwe_keys); i++) {
            strcat(state->text, i ? "," : "");
            unit_jwk_pair(state->text + strlen(state->text), &jwe_keys[i].key,
                          jwe_keys[i].type, "");
        }

        strcat(state->text, "]}");

        return state;
    }

    bio = BIO_new(BIO_s_mem());

    PEM_write_bio_PUBKEY(bio, jwe_key("RSA2048")->key.pkey);
    PEM_write_bio_PUBKEY(bio, jwe_key("P-256")->key.pkey);
    PEM_write_bio_PUBKEY(bio, jwe_key("ED25519")->key.pkey);

    len = BIO_get_mem_data(bio, &pem);
    memcpy(state->text, pem, (size_t) len);
    BIO_free(bio);

    return state;
}


static toucan_rc_t
set_run(void *data, torture_run_t *run)
{
    jwe_state_t    *state;
    toucan_diag_t   diag;

    state = data;
    toucan_diag_init(&diag);

    return set_say(toucan_jwks_parse(toucan_cstr(state->text), &diag), &diag,
                   run);
}


static toucan_rc_t
set_private_run(void *data, torture_run_t *run)
{
    jwe_state_t    *state;
    toucan_diag_t   diag;

    state = data;
    toucan_diag_init(&diag);

    return set_say(toucan_jwks_parse_private(toucan_cstr(state->text), &diag),
                   &diag, run);
}


static toucan_rc_t
set_steps_run(void *data, torture_run_t *run)
{
    jwe_state_t           *state;
    toucan_diag_t          diag;
    toucan_jwks_reader_t  *reader;

    state = data;
    toucan_diag_init(&diag);
    reader = toucan_jwks_reader_new(toucan_cstr(state->text), TOUCAN_OPS_MAKE,
                                    &diag);

    while (reader != NULL
           && toucan_jwks_reader_step(reader, 1) == TOUCAN_JWKS_MORE)
    {
        /* void */
    }

    return set_say(toucan_jwks_reader_finish(reader), &diag, run);
}


/* Two master keys, or pairs of every type, as a set. */

static void *
derive_setup(const void *arg)
{
    char           *p;
    unsigned        i;
    jwe_state_t    *state;
    toucan_diag_t   diag;

    static const char  *masters[] = { "m", "n" };

    if (strcmp(arg, "pairs") == 0) {
        state = set_setup(arg);

    } else {
        state = calloc(1, sizeof(jwe_state_t));

        if (state == NULL) {
            torture_die("calloc()");
        }

        torture_run_init(&state->run);
        strcpy(state->text, "{\"keys\":[");

        for (i = 0; i < torture_n(masters); i++) {
            p = strcat(state->text, i ? "," : "");
            unit_jwk(p + strlen(p), &jwe_key("oct256")->key, masters[i],
                     ",\"key_ops\":[\"deriveKey\"]");
        }

        strcat(state->text, "]}");
    }

    toucan_diag_init(&diag);
    state->maker = toucan_jwks_parse_private(toucan_cstr(state->text), &diag);

    if (state->maker == NULL) {
        torture_die(diag.error);
    }

    return state;
}


static toucan_rc_t
derive_run(void *data, torture_run_t *run)
{
    jwe_state_t          *state;
    toucan_rc_t           rc;
    toucan_diag_t         diag;
    const toucan_jwks_t  *sets[1];

    static const toucan_str_t  infos[] = {
        toucan_string("7f3a"), toucan_string("7f3b")
    };

    state = data;
    sets[0] = state->maker;
    toucan_diag_init(&diag);

    rc = set_say(toucan_jwks_derive(sets, 1, infos, torture_n(infos), &diag),
                 &diag, run);

    /* what OpenSSL does not do is an error of another kind */

    return (rc == TOUCAN_BAD_FORMAT) ? TOUCAN_INTERNAL : rc;
}


static toucan_rc_t
public_run(void *data, torture_run_t *run)
{
    toucan_rc_t    rc;
    jwe_state_t   *state;
    toucan_str_t   text;

    state = data;
    rc = toucan_jwks_public(state->maker, &run->arena, &text);

    if (rc == TOUCAN_OK) {
        torture_say_view(run, "public", text);
    }

    return rc;
}


/* Which keys are there, and what each is for. */

static toucan_rc_t
set_say(toucan_jwks_t *jwks, const toucan_diag_t *diag, torture_run_t *run)
{
    unsigned             i, n;
    const toucan_jwk_t  *jwk;

    if (jwks != NULL) {
        torture_pause();

        jwk = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);

        for (i = 0; i < n; i++) {
            torture_say_view(run, "kid", jwk[i].kid);
            torture_say(run, "ops %u\n", jwk[i].ops);
        }

        toucan_jwks_free(jwks);
        torture_resume();

        return TOUCAN_OK;
    }

    if (diag->error[0] == '\0') {
        torture_die("an error that says something");
    }

    return (strstr(diag->error, "memory") == NULL) ? TOUCAN_BAD_FORMAT
                                                   : TOUCAN_NO_MEMORY;
}
