
/*
 * Owns: the tokens that a bench sends, an ordinary one of an ordinary user
 * each, no two of them equal.  Written into a folder:
 *
 *     keys.jwks                 what verifies and decrypts all of them
 *     RS256.pem ES256.pem EdDSA.pem, HS256.hex      the same for others
 *     ALG.tokens                a token a line: HS256 RS256 ES256 EdDSA A256GCM
 *                               (dir)
 *     ALG-forged.tokens         HS256 and RS256, the last byte of the
 *                               signature wrong
 *     kid-forged.tokens         HS256 by a key that is not in the set
 */


#include "tokens.h"

#include "jose/toucan_b64.h"
#include "jose/toucan_crypto_sign.h"
#include "jose/toucan_jwe.h"

#include <getopt.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define TOKENS_MAX_COUNT  1000000


typedef struct {
    const char  *name;              /* of the file, without its suffix */
    const char  *alg;
    const char  *enc;               /* NULL: signed */
    const char  *type;              /* of the key, as unit_key_new() has it */
    const char  *more;              /* members of the JWK */
    unsigned     stranger:1;        /* its key is not in the set */
    unsigned     forged:1;          /* and as many forgeries */
    unit_key_t   key;
    char         jwk[16384];
} kind_t;


static kind_t *kind_of(unsigned i);
static void write_keys(const char *folder);
static void write_pem(const char *folder, const kind_t *kind);
static void write_tokens(const char *folder, const kind_t *kind);
static toucan_str_t payload(unsigned n);
static toucan_str_t forged(toucan_str_t token);


static unsigned  count = 20000;
static int64_t   lifetime = 43200;
static int64_t   now;


static kind_t  kinds[] = {
    { .name = "HS256", .alg = "HS256", .type = "oct", .forged = 1,
      .more = ",\"alg\":\"HS256\"" },
    { .name = "RS256", .alg = "RS256", .type = "RSA2048", .forged = 1,
      .more = ",\"alg\":\"RS256\"" },
    { .name = "ES256", .alg = "ES256", .type = "P-256",
      .more = ",\"alg\":\"ES256\"" },
    { .name = "EdDSA", .alg = "EdDSA", .type = "ED25519",
      .more = ",\"alg\":\"EdDSA\"" },
    { .name = "A256GCM", .alg = "dir", .enc = "A256GCM", .type = "oct",
      .more = ",\"use\":\"enc\",\"alg\":\"A256GCM\"" },
    { .name = "kid-forged", .alg = "HS256", .type = "oct", .stranger = 1,
      .more = ",\"alg\":\"HS256\"" }
};


static const char  usage[] =
    "usage: tokens [--count N] [--lifetime SECONDS] FOLDER\n";


static void
die(const char *what, const char *name)
{
    fprintf(stderr, "tokens: %s: %s\n", what, name);
    exit(2);
}


static FILE *
create(const char *folder, const char *name, const char *suffix)
{
    FILE  *f;
    char   path[4096];

    snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);

    f = fopen(path, "w");
    if (f == NULL) {
        die("cannot be written", path);
    }

    return f;
}


static void
done(FILE *f)
{
    if (ferror(f) || fclose(f) != 0) {
        die("cannot be written", "a file");
    }
}


static kind_t *
kind_of(unsigned i)
{
    return (i < sizeof(kinds) / sizeof(kinds[0])) ? &kinds[i] : NULL;
}


/* Secrets are the same in each run, and worth nothing. */

static void
write_keys(const char *folder)
{
    char       jwk[16384];
    FILE      *f;
    kind_t    *kind;
    unsigned   i;

    f = create(folder, "keys", ".jwks");
    fputs("{\"keys\":[", f);

    for (i = 0; (kind = kind_of(i)) != NULL; i++) {
        kind->key = (strcmp(kind->type, "oct") == 0)
                    ? unit_key_oct(32, 41 * i) : unit_key_new(kind->type);

        unit_jwk_pair(kind->jwk, &kind->key, kind->name, kind->more);

        if (kind->stranger) {
            continue;
        }

        fprintf(f, "%s%s", i ? "," : "",
                unit_jwk(jwk, &kind->key, kind->name, kind->more));

        write_pem(folder, kind);
    }

    fputs("]}\n", f);
    done(f);
}


static void
write_pem(const char *folder, const kind_t *kind)
{
    FILE    *f;
    size_t   i;

    f = create(folder, kind->name, kind->key.pkey ? ".pem" : ".hex");

    if (kind->key.pkey != NULL) {
        PEM_write_PUBKEY(f, kind->key.pkey);

    } else {
        for (i = 0; i < kind->key.secret_len; i++) {
            fprintf(f, "%02x", kind->key.secret[i]);
        }
    }

    done(f);
}


static void
write_tokens(const char *folder, const kind_t *kind)
{
    FILE                *f, *bad;
    unsigned             i;
    toucan_rc_t          rc;
    unit_arena_t         a;
    toucan_str_t         token, wrong;
    toucan_jwks_t       *jwks;
    const toucan_alg_t  *alg;
    const toucan_jwk_t  *jwk;

    jwks = unit_jwks_private(kind->jwk);
    jwk = toucan_jwks_first(jwks);
    alg = toucan_alg_find(toucan_cstr(kind->alg));

    f = create(folder, kind->name, ".tokens");
    bad = kind->forged ? create(folder, kind->name, "-forged.tokens") : NULL;

    for (i = 0; i < count; i++) {
        unit_arena_init(&a);

        rc = (kind->enc == NULL)
             ? toucan_jws_sign(jwk, alg, payload(i), &a.arena, &token)
             : toucan_jwe_encrypt(jwk, alg,
                                  toucan_enc_find(toucan_cstr(kind->enc)), 0,
                                  payload(i), &a.arena, &token);

        if (rc != TOUCAN_OK) {
            die(kind->name, unit_rc(rc));
        }

        fprintf(f, "%.*s\n", (int) token.len, token.data);

        if (bad != NULL) {
            wrong = forged(token);
            fprintf(bad, "%.*s\n", (int) wrong.len, wrong.data);
        }

        unit_arena_free(&a);
    }

    done(f);

    if (bad != NULL) {
        done(bad);
    }

    toucan_jwks_free(jwks);
}


static toucan_str_t
payload(unsigned n)
{
    static char  text[1024];

    snprintf(text, sizeof(text),
             "{\"iss\":\"https://embed.example.com\","
             "\"aud\":\"toucan-embed\",\"sub\":\"user-%06u\","
             "\"jti\":\"01JG7ZK4M8-%06u\",\"iat\":%lld,\"exp\":%lld,"
             "\"organization\":\"acme\",\"client_id\":\"k_7f3a\","
             "\"sid\":\"s_5c2e-%06u\","
             "\"user\":{\"distinctId\":\"user-%06u\",\"role\":\"explorer\","
             "\"attributes\":{\"customerId\":%u,"
             "\"region\":[\"north\",\"west\"]}},"
             "\"permissions\":{\"dashboard\":[\"can_view\"],"
             "\"ai\":[\"can_query\"]},"
             "\"origins\":[\"https://app.acme.example\"]}",
             n, n, (long long) now, (long long) (now + lifetime), n, n,
             1000 + n % 9000);

    return toucan_cstr(text);
}


/* A view into static memory. */

static toucan_str_t
forged(toucan_str_t token)
{
    size_t        len;
    uint8_t       signature[TOUCAN_SIG_MAX_SIZE];
    toucan_buf_t  b;
    toucan_str_t  part[TOUCAN_JWE_PARTS];

    static uint8_t  text[8192];

    toucan_compact_split(token, part);
    toucan_b64_decode(signature, &len, part[2]);
    signature[len - 1] ^= 0x01;

    toucan_buf_init(&b, text, sizeof(text));
    toucan_buf_write(&b, token.data, token.len - part[2].len);
    toucan_b64_encode(&b, toucan_str(signature, len));

    return toucan_buf_view(&b);
}


/* One process for each kind: it is the signatures that take the time. */

int
main(int argc, char **argv)
{
    int        c, status, failed;
    pid_t      pid;
    kind_t    *kind;
    unsigned   i;

    static const struct option  options[] = {
        { "count", required_argument, NULL, 'n' },
        { "lifetime", required_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "n:l:h", options, NULL)) != -1) {
        switch (c) {

        case 'n':
            count = (unsigned) strtoul(optarg, NULL, 10);
            break;

        case 'l':
            lifetime = strtoll(optarg, NULL, 10);
            break;

        default:
            fputs(usage, (c == 'h') ? stdout : stderr);
            return (c == 'h') ? 0 : 2;
        }
    }

    if (optind + 1 != argc || count == 0 || count > TOKENS_MAX_COUNT) {
        fputs(usage, stderr);
        return 2;
    }

    now = (int64_t) time(NULL);
    write_keys(argv[optind]);

    for (i = 0; (kind = kind_of(i)) != NULL; i++) {
        pid = fork();
        if (pid == -1) {
            die("no process for", kind->name);
        }

        if (pid == 0) {
            write_tokens(argv[optind], kind);
            exit(0);
        }
    }

    failed = 0;

    while (wait(&status) > 0) {
        failed |= status;
    }

    return failed ? 1 : 0;
}
