
/*
 * Owns: the scenarios of the token floor: key sets are read, tokens opened.
 */


#include "torture.h"
#include "tokens.h"

#include "gate/toucan_gate.h"


#define OPEN_TEXT     16384
#define OPEN_NOW      1767225700
#define OPEN_PAYLOAD                                                          \
    "{\"user\":{\"distinctId\":\"user-123\"},\"n\":[1,2.5,true,null],"     \
    "\"iat\":1767225600,\"exp\":1767226500,\"o\":{\"a\":\"\\u00e9\"}}"


/* The key of a type is made once, whoever asks for it. */

typedef struct {
    const char      *type;
    int              made;
    unit_key_t       key;
    unit_key_t       other;         /* signs what must be refused */
} open_key_t;


typedef enum {
    OPEN_FRESH = 0,                 /* nothing is prepared yet */
    OPEN_USED,
    OPEN_WRONG,                     /* fresh, and the signature is wrong */
    OPEN_WRONG_USED,
    OPEN_MANY,                      /* no kid, the last of four keys is it */
    OPEN_NONE                       /* no kid, none of four keys is it */
} open_mode_e;


typedef struct {
    const char      *alg;
    const char      *type;
    open_mode_e      mode;
    int64_t          now;
} open_arg_t;


typedef struct {
    toucan_jwks_t   *jwks;
    toucan_str_t     token;
    int64_t          now;
    char             text[OPEN_TEXT];
    char             set[OPEN_TEXT];
} open_state_t;


typedef struct {
    const char      *name;          /* NULL: every type there is */
    const char      *text;
} parse_arg_t;


typedef struct {
    toucan_str_t     text;
    toucan_jwks_t   *jwks;
    char             set[4 * OPEN_TEXT];
} parse_state_t;


static void *open_setup(const void *arg);
static toucan_rc_t open_run(void *state, torture_run_t *run);
static toucan_rc_t open_authenticate(void *state, torture_run_t *run);
static toucan_str_t parse_token(const torture_scenario_t *s);
static void open_teardown(void *state);
static open_key_t *open_key(const char *type);
static void open_set(char *set, const open_arg_t *row, const open_key_t *key);
static void *parse_setup(const void *arg);
static toucan_rc_t parse_run(void *state, torture_run_t *run);
static void parse_teardown(void *state);
static void parse_all(char *set);
static void parse_say(const toucan_jwks_t *jwks, torture_run_t *run);


static open_key_t  open_keys[] = {
    { .type = "oct" },
    { .type = "RSA2048" },
    { .type = "RSA4096" },
    { .type = "P-256" },
    { .type = "P-384" },
    { .type = "P-521" },
    { .type = "secp256k1" },
    { .type = "ED25519" },
    { .type = "ED448" }
};


static const toucan_jwt_rules_t  open_rules = {
    TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
};


/* OpenSSL's verdict for want of memory is that of a wrong signature */

#define OPEN_ALSO  torture_or(TOUCAN_BAD_SIGNATURE)

#define OPEN_ROW(alg, type, name, mode, want)                                 \
    { "open " alg " (" type "), " name,                                       \
      &(const open_arg_t) { alg, type, mode, 0 },                             \
      open_setup, open_run, open_teardown, want, OPEN_ALSO, 0 }

#define OPEN(alg, type)                                                       \
    OPEN_ROW(alg, type, "fresh key", OPEN_FRESH, TOUCAN_OK),                  \
    OPEN_ROW(alg, type, "used key", OPEN_USED, TOUCAN_OK),                    \
    OPEN_ROW(alg, type, "wrong signature, fresh key", OPEN_WRONG,             \
             TOUCAN_BAD_SIGNATURE),                                           \
    OPEN_ROW(alg, type, "wrong signature, used key", OPEN_WRONG_USED,         \
             TOUCAN_BAD_SIGNATURE)

#define AUTHENTICATE(name, now, want)                                         \
    { "authenticate " name,                                                   \
      &(const open_arg_t) { "ES256", "P-256", OPEN_FRESH, now },              \
      open_setup, open_authenticate, open_teardown, want, OPEN_ALSO, 0 }

#define PARSE(name, text, want)                                               \
    { "read " name, &(const parse_arg_t) { name, text }, parse_setup,         \
      parse_run, parse_teardown, want, torture_or(TOUCAN_BAD_FORMAT),\
      0 }


const torture_scenario_t  torture_tokens[] = {

    OPEN("HS256", "oct"),
    OPEN("HS384", "oct"),
    OPEN("HS512", "oct"),
    OPEN("RS256", "RSA2048"),
    OPEN("RS384", "RSA2048"),
    OPEN("RS512", "RSA4096"),
    OPEN("PS256", "RSA2048"),
    OPEN("PS384", "RSA2048"),
    OPEN("PS512", "RSA4096"),
    OPEN("ES256", "P-256"),
    OPEN("ES384", "P-384"),
    OPEN("ES512", "P-521"),
    OPEN("ES256K", "secp256k1"),
    OPEN("EdDSA", "ED25519"),
    OPEN("EdDSA", "ED448"),

    OPEN_ROW("HS256", "oct", "four keys", OPEN_MANY, TOUCAN_OK),
    OPEN_ROW("HS256", "oct", "four wrong keys", OPEN_NONE,
             TOUCAN_BAD_SIGNATURE),
    OPEN_ROW("RS256", "RSA2048", "four keys", OPEN_MANY, TOUCAN_OK),
    OPEN_ROW("RS256", "RSA2048", "four wrong keys", OPEN_NONE,
             TOUCAN_BAD_SIGNATURE),
    OPEN_ROW("ES256", "P-256", "four keys", OPEN_MANY, TOUCAN_OK),
    OPEN_ROW("ES256", "P-256", "four wrong keys", OPEN_NONE,
             TOUCAN_BAD_SIGNATURE),

    AUTHENTICATE("a good token", OPEN_NOW, TOUCAN_OK),
    AUTHENTICATE("an expired token", OPEN_NOW + 1000, TOUCAN_EXPIRED),

    PARSE("a set with every type of key", NULL, TOUCAN_OK),
    PARSE("a key alone",
          "{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMU"
          "FRYXGBkaGxwdHh8\"}", TOUCAN_OK),
    PARSE("a set with a broken key",
          "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AAECAwQFBgcICQoL"
          "DA0ODxAREhMUFRYXGBkaGxwdHh8\"},{\"kty\":\"EC\",\"kid\":\"b\","
          "\"crv\":\"P-256\",\"x\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka"
          "GxwdHh8\",\"y\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""
          "}]}", TOUCAN_BAD_FORMAT),
    PARSE("a set without a key that serves",
          "{\"keys\":[{\"kty\":\"none\"},{\"kty\":\"RSA\",\"use\":\"enc\"}]}",
          TOUCAN_BAD_FORMAT),
    PARSE("a set with a member twice", "{\"keys\":[],\"keys\":[]}",
          TOUCAN_BAD_FORMAT),
    PARSE("a set that is cut short", "{\"keys\":[{\"kty\":\"oct\"",
          TOUCAN_BAD_FORMAT)
};


const unsigned  torture_tokens_n = torture_n(torture_tokens);


void
torture_tokens_prepare(void)
{
    unsigned  i;

    for (i = 0; i < torture_n(open_keys); i++) {
        (void) open_key(open_keys[i].type);
    }
}


/* ------------------------------------------------------------- opening */

static void *
open_setup(const void *arg)
{
    char               header[128];
    toucan_rc_t        rc;
    open_key_t        *key;
    open_state_t      *state;
    torture_run_t     *run;
    const open_arg_t  *row;
    const unit_key_t  *signer;

    row = arg;
    key = open_key(row->type);
    state = calloc(1, sizeof(open_state_t));

    if (state == NULL) {
        torture_die("calloc()");
    }

    signer = (row->mode == OPEN_WRONG || row->mode == OPEN_WRONG_USED
              || row->mode == OPEN_NONE) ? &key->other : &key->key;

    snprintf(header, sizeof(header), "{\"alg\":\"%s\"%s}", row->alg,
             row->mode >= OPEN_MANY ? "" : ",\"kid\":\"k\"");

    state->token = unit_token(state->text, header, OPEN_PAYLOAD, row->alg,
                              signer);

    open_set(state->set, row, key);
    state->jwks = unit_jwks(state->set);
    state->now = row->now;

    if (row->mode == OPEN_USED || row->mode == OPEN_WRONG_USED) {
        run = calloc(1, sizeof(torture_run_t));

        if (run == NULL) {
            torture_die("calloc()");
        }

        torture_run_init(run);
        rc = open_run(state, run);
        torture_run_free(run);
        free(run);

        if (rc != (row->mode == OPEN_USED ? TOUCAN_OK : TOUCAN_BAD_SIGNATURE)) {
            torture_die("using a key");
        }
    }

    return state;
}


static toucan_rc_t
open_run(void *data, torture_run_t *run)
{
    toucan_rc_t           rc;
    toucan_buf_t          b;
    toucan_jwt_t          jwt;
    open_state_t         *state;
    static uint8_t        payload[OPEN_TEXT];
    const toucan_jwks_t  *sets[1];

    state = data;
    sets[0] = state->jwks;

    rc = toucan_jwt_open(&open_rules, sets, 1, state->token, &run->arena,
                         &jwt);

    if (rc != TOUCAN_OK && (jwt.payload != NULL || jwt.alg != NULL)) {
        torture_die("a refused token has a payload");
    }

    if (rc == TOUCAN_OK) {
        toucan_buf_init(&b, payload, sizeof(payload));
        toucan_json_write(&b, jwt.payload, toucan_json_root(jwt.payload));

        torture_say_view(run, "alg", jwt.alg->name);
        torture_say_view(run, "kid", jwt.kid);
        torture_say_view(run, "payload", toucan_str(payload, b.need));
    }

    return rc;
}


static toucan_rc_t
open_authenticate(void *data, torture_run_t *run)
{
    toucan_rc_t           rc;
    open_state_t         *state;
    toucan_policy_t       policy;
    toucan_identity_t     identity;
    const toucan_jwks_t  *sets[1];

    state = data;
    sets[0] = state->jwks;

    memset(&policy, 0, sizeof(toucan_policy_t));
    policy.jwt = open_rules;

    rc = toucan_authenticate(&policy, sets, 1, state->token, state->now,
                             &run->arena, &identity);

    if (rc == TOUCAN_OK) {
        torture_say_view(run, "user", identity.claims.distinct_id);

    } else if (rc != TOUCAN_EXPIRED
               && (identity.jwt.payload || identity.claims.distinct_id.data))
    {
        torture_die("a refused token is trusted");
    }

    return rc;
}


static void
open_teardown(void *data)
{
    open_state_t  *state;

    state = data;

    toucan_jwks_free(state->jwks);
    free(state);
}


static open_key_t *
open_key(const char *type)
{
    unsigned  i;

    for (i = 0; i < torture_n(open_keys); i++) {
        if (strcmp(open_keys[i].type, type) != 0) {
            continue;
        }

        if (!open_keys[i].made) {
            open_keys[i].key = unit_key_new(type);
            open_keys[i].other = unit_key_new(type);
            open_keys[i].other.secret[0] ^= 1;
            open_keys[i].made = 1;
        }

        return &open_keys[i];
    }

    torture_die("a key of that type");
}


/* One key of that kid; or three that are not it and a fourth. */

static void
open_set(char *set, const open_arg_t *row, const open_key_t *key)
{
    unsigned     i;
    char         kid[8];
    unit_key_t   wrong;

    strcpy(set, "{\"keys\":[");

    if (row->mode < OPEN_MANY) {
        unit_jwk(set + strlen(set), &key->key, "k", "");
        strcat(set, "]}");
        return;
    }

    for (i = 0; i < 4; i++) {
        snprintf(kid, sizeof(kid), "k%u", i);

        if (i == 3 && row->mode == OPEN_MANY) {
            unit_jwk(set + strlen(set), &key->key, kid, "");
            break;
        }

        /* a set takes the same key under several kids */

        wrong = key->other;
        wrong.secret[1] ^= (unsigned char) (i + 1);

        unit_jwk(set + strlen(set), row->mode == OPEN_NONE ? &key->key : &wrong,
                 kid, "");
        strcat(set, (i < 3) ? "," : "");
    }

    strcat(set, "]}");
}


/* ------------------------------------------------------------- reading */

static void *
parse_setup(const void *arg)
{
    parse_state_t      *state;
    const parse_arg_t  *row;

    row = arg;
    state = calloc(1, sizeof(parse_state_t));

    if (state == NULL) {
        torture_die("calloc()");
    }

    if (row->text == NULL) {
        parse_all(state->set);
        state->text = toucan_cstr(state->set);

    } else {
        state->text = toucan_cstr(row->text);
    }

    return state;
}


static toucan_rc_t
parse_run(void *data, torture_run_t *run)
{
    toucan_diag_t   why;
    parse_state_t  *state;

    state = data;

    toucan_diag_init(&why);
    state->jwks = toucan_jwks_parse(state->text, &why);

    if (state->jwks != NULL) {
        torture_pause();
        parse_say(state->jwks, run);
        toucan_jwks_free(state->jwks);
        torture_resume();

        return TOUCAN_OK;
    }

    if (why.error[0] == '\0') {
        torture_die("an error that says something");
    }

    return (strstr(why.error, "memory") == NULL) ? TOUCAN_BAD_FORMAT
                                                 : TOUCAN_NO_MEMORY;
}


static void
parse_teardown(void *data)
{
    free(data);
}


static void
parse_all(char *set)
{
    unsigned  i;

    strcpy(set, "{\"keys\":[{\"kty\":\"unknown\"}");

    for (i = 0; i < torture_n(open_keys); i++) {
        strcat(set, ",");
        unit_jwk(set + strlen(set), &open_key(open_keys[i].type)->key,
                 open_keys[i].type, i % 2 ? "" : ",\"use\":\"sig\"");
    }

    strcat(set, "]}");
}


/* Which keys are there, and that each one verifies what it signed. */

static void
parse_say(const toucan_jwks_t *jwks, torture_run_t *run)
{
    unsigned                   i, n;
    toucan_rc_t                rc;
    toucan_jwt_t               jwt;
    const open_arg_t          *row;
    const toucan_jwk_t        *jwk;
    const torture_scenario_t  *s;

    jwk = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);
    torture_say(run, "%u keys\n", n);

    for (i = 0; i < n; i++) {
        torture_say_view(run, "kid", jwk[i].kid);
        torture_say(run, "alg %s\n", jwk[i].alg ? (const char *)
                                                  jwk[i].alg->name.data : "-");
    }

    for (s = torture_tokens; s->run == open_run; s++) {
        row = s->arg;

        if (row->mode != OPEN_FRESH
            || toucan_jwks_find(jwks, toucan_cstr(row->type), &n) == NULL)
        {
            continue;
        }

        rc = toucan_jwt_open(&open_rules, &jwks, 1, parse_token(s),
                             &run->arena, &jwt);
        torture_run_free(run);
        torture_say(run, "%s: %d\n", row->alg, (int) rc);
    }
}


/* Signed once for all runs: a view into what is never freed. */

static toucan_str_t
parse_token(const torture_scenario_t *s)
{
    char               header[128];
    toucan_str_t      *token;
    const open_arg_t  *row;

    static toucan_str_t  tokens[torture_n(torture_tokens)];

    row = s->arg;
    token = &tokens[s - torture_tokens];

    if (token->data == NULL) {
        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"}",
                 row->alg, row->type);

        *token = unit_token(calloc(1, OPEN_TEXT), header, "{}", row->alg,
                            &open_key(row->type)->key);
    }

    return *token;
}
