
/*
 * Owns: the token floor as a peer of other implementations.  It reads lines
 * of commands and answers each with one line, "ok ..." or "no REASON":
 *
 *     key NAME JWK                        from now on known as NAME
 *     derive NAME MASTER INFO             the same of a content key
 *     public NAME                         the public half, as a set
 *     sign NAME ALG PAYLOAD               a token
 *     encrypt NAME ALG ENC CTY PAYLOAD    a token; CTY is "JWT" or "-"
 *     open NAME NAME TOKEN                the payload; the second key is that
 *                                         of a JWS inside, or "-"
 *
 * Fields are separated by one space, the last one takes the rest.
 */


#include "tokens.h"

#include "jose/toucan_b64.h"
#include "jose/toucan_jwe.h"


#define OURS_MAX_KEYS    96
#define OURS_MAX_FIELDS  6


typedef struct {
    char                *name;
    toucan_jwks_t       *open;
    toucan_jwks_t       *make;
} ours_key_t;


typedef struct {
    const char          *name;
    unsigned             fields;
    void               (*run)(char **field);
} ours_command_t;


static void ours_key(char **field);
static void ours_derive(char **field);
static void ours_public(char **field);
static void ours_sign(char **field);
static void ours_encrypt(char **field);
static void ours_open(char **field);


static ours_key_t  ours_keys[OURS_MAX_KEYS];
static unsigned    ours_count;


static const ours_command_t  ours_commands[] = {
    { "key", 3, ours_key },
    { "derive", 4, ours_derive },
    { "public", 2, ours_public },
    { "sign", 4, ours_sign },
    { "encrypt", 6, ours_encrypt },
    { "open", 4, ours_open }
};


static const toucan_jwt_rules_t  ours_rules = {
    TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
};


/* A line that cannot be carried out is a fault of whoever wrote it. */

static void
die(const char *what, const char *value)
{
    fprintf(stderr, "ours: %s \"%s\"\n", what, value);
    exit(2);
}


static const ours_key_t *
find(const char *name)
{
    unsigned  i;

    for (i = 0; i < ours_count; i++) {
        if (strcmp(ours_keys[i].name, name) == 0) {
            return &ours_keys[i];
        }
    }

    die("no key", name);

    return NULL;
}


static const toucan_alg_t *
find_alg(const char *name)
{
    const toucan_alg_t  *alg;

    alg = toucan_alg_find(toucan_cstr(name));
    if (alg == NULL) {
        die("no algorithm", name);
    }

    return alg;
}


static void
answer(toucan_rc_t rc, toucan_str_t text)
{
    if (rc != TOUCAN_OK) {
        printf("no %s\n", unit_rc(rc));
        return;
    }

    printf("ok ");
    fwrite(text.data, 1, text.len, stdout);
    putchar('\n');
}


static ours_key_t *
add(const char *name)
{
    ours_key_t  *key;

    if (ours_count == OURS_MAX_KEYS) {
        die("too many keys at", name);
    }

    key = &ours_keys[ours_count++];
    key->name = strdup(name);

    return key;
}


static void
ours_key(char **field)
{
    ours_key_t     *key;
    toucan_diag_t   d;

    key = add(field[1]);

    toucan_diag_init(&d);
    key->open = toucan_jwks_parse(toucan_cstr(field[2]), &d);

    if (key->open != NULL) {
        key->make = toucan_jwks_parse_private(toucan_cstr(field[2]), &d);
    }

    if (key->make == NULL) {
        printf("no %s\n", d.error);
        return;
    }

    printf("ok\n");
}


static void
ours_derive(char **field)
{
    ours_key_t           *key;
    toucan_str_t          info;
    toucan_diag_t         d;
    const toucan_jwks_t  *opens, *makes;

    opens = find(field[2])->open;
    makes = find(field[2])->make;
    info = toucan_cstr(field[3]);
    key = add(field[1]);

    toucan_diag_init(&d);
    key->open = toucan_jwks_derive(&opens, 1, &info, 1, &d);
    key->make = toucan_jwks_derive(&makes, 1, &info, 1, &d);

    printf("%s %s\n", d.error[0] ? "no" : "ok", d.error);
}


static void
ours_public(char **field)
{
    toucan_rc_t    rc;
    toucan_str_t   text;
    unit_arena_t   a;

    rc = toucan_jwks_public(find(field[1])->make, unit_arena_init(&a), &text);
    answer(rc, text);
    unit_arena_free(&a);
}


static const toucan_jwk_t *
maker(const char *name)
{
    unsigned  n;

    return toucan_jwks_find(find(name)->make, toucan_str(NULL, 0), &n);
}


static void
ours_sign(char **field)
{
    toucan_rc_t    rc;
    toucan_str_t   token;
    unit_arena_t   a;

    rc = toucan_jws_sign(maker(field[1]), find_alg(field[2]),
                         toucan_cstr(field[3]), unit_arena_init(&a), &token);
    answer(rc, token);
    unit_arena_free(&a);
}


static void
ours_encrypt(char **field)
{
    toucan_rc_t          rc;
    toucan_str_t         token;
    unit_arena_t         a;
    const toucan_enc_t  *enc;

    enc = toucan_enc_find(toucan_cstr(field[3]));
    if (enc == NULL) {
        die("no content encryption", field[3]);
    }

    rc = toucan_jwe_encrypt(maker(field[1]), find_alg(field[2]), enc,
                            strcmp(field[4], "JWT") == 0,
                            toucan_cstr(field[5]), unit_arena_init(&a),
                            &token);
    answer(rc, token);
    unit_arena_free(&a);
}


/* The bytes of the payload, which toucan_jwt_open() gives as a document. */

static toucan_rc_t
payload(toucan_str_t token, const toucan_jwks_t *const *sets, unsigned n,
    toucan_arena_t *arena, toucan_str_t *text)
{
    toucan_rc_t   rc;
    toucan_jwe_t  jwe;
    toucan_jws_t  jws;

    rc = toucan_jwe_read(&jwe, token, arena);

    if (rc == TOUCAN_OK) {
        rc = toucan_jwe_decrypt(&jwe, &ours_rules, sets, n, arena, text);

        if (rc != TOUCAN_OK || !jwe.header.nested) {
            return rc;
        }

        token = *text;

    } else if (rc != TOUCAN_BAD_FORMAT) {
        return rc;
    }

    rc = toucan_jws_read(&jws, token, NULL, arena);

    if (rc == TOUCAN_OK) {
        rc = toucan_jws_verify(&jws, &ours_rules, sets, n, arena);
    }

    return (rc == TOUCAN_OK) ? toucan_b64_decode_new(text, jws.payload, arena)
                             : rc;
}


static void
ours_open(char **field)
{
    unsigned              n;
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    toucan_str_t          token, text;
    unit_arena_t          a;
    const toucan_jwks_t  *sets[2];

    n = 1;
    sets[0] = find(field[1])->open;

    if (strcmp(field[2], "-") != 0) {
        sets[n++] = find(field[2])->open;
    }

    token = toucan_cstr(field[3]);
    text = toucan_str(NULL, 0);

    rc = toucan_jwt_open(&ours_rules, sets, n, token, unit_arena_init(&a),
                         &jwt);

    if (rc == TOUCAN_OK) {
        rc = payload(token, sets, n, &a.arena, &text);
    }

    answer(rc, text);
    unit_arena_free(&a);
}


static void
carry_out(char *line)
{
    char      *field[OURS_MAX_FIELDS + 1];
    unsigned   i, n;

    for (i = 0; i < sizeof(ours_commands) / sizeof(ours_commands[0]); i++) {

        n = (unsigned) strlen(ours_commands[i].name);

        if (strncmp(line, ours_commands[i].name, n) == 0 && line[n] == ' ') {
            break;
        }
    }

    if (i == sizeof(ours_commands) / sizeof(ours_commands[0])) {
        die("no command", unit_show(line));
    }

    for (n = 0; n < ours_commands[i].fields; n++) {
        field[n] = line;

        if (n + 1 == ours_commands[i].fields) {
            break;
        }

        line = strchr(line, ' ');
        if (line == NULL) {
            die("too few fields for", ours_commands[i].name);
            return;
        }

        *line++ = '\0';
    }

    ours_commands[i].run(field);
}


int
main(void)
{
    char      *line;
    size_t     size;
    ssize_t    len;
    unsigned   i;

    line = NULL;
    size = 0;

    while ((len = getline(&line, &size, stdin)) > 0) {
        if (line[len - 1] == '\n') {
            line[len - 1] = '\0';
        }

        carry_out(line);
    }

    free(line);

    for (i = 0; i < ours_count; i++) {
        toucan_jwks_free(ours_keys[i].make);
        toucan_jwks_free(ours_keys[i].open);
        free(ours_keys[i].name);
    }

    return 0;
}
