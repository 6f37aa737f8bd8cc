
/*
 * Owns: how long a worker stops for files of many keys: read and freed at
 * once, as nginx starts with them, and in the slices in which a worker takes
 * over a file that has changed.  It prints a table in Markdown.
 */


#include "tokens.h"
#include "apikeys.h"

#include "jose/toucan_crypto_verify.h"

#include <getopt.h>
#include <limits.h>
#include <time.h>


/* as ngx_toucan_watch.c and ngx_toucan_files.c have them */

#define SLICE   500000
#define PIECE   8

#define POOL    8                       /* keys that differ in their numbers */
#define ROUNDS  99


typedef struct {
    const char  *name;
    const char  *type;
    unsigned     ops;
    const char  *alg;
    size_t       sig;                   /* bytes */
} kind_t;


/* Nanoseconds of one round. */

typedef struct {
    int64_t      whole;
    int64_t      freed;
    int64_t      step;                  /* the longest, and what it was */
    int64_t      event;                 /* the longest, freeing included */
    int64_t      events;
} round_t;


static unsigned  nkeys = 1000;
static unsigned  rounds = 7;
static char      text[2 * TOUCAN_JWKS_MAX_BYTES];


static const kind_t  kinds[] = {
    { "RSA-2048", "RSA2048", TOUCAN_OPS_OPEN, "RS256", 256 },
    { "P-256", "P-256", TOUCAN_OPS_OPEN, "ES256", 64 },
    { "Ed25519", "ED25519", TOUCAN_OPS_OPEN, "EdDSA", 64 },
    { "oct", "oct", TOUCAN_OPS_OPEN, "HS256", 32 },
    { "RSA-2048, private", "RSA2048", TOUCAN_OPS_MAKE, NULL, 0 },
    { "P-256, private", "P-256", TOUCAN_OPS_MAKE, NULL, 0 },
    { "Ed25519, private", "ED25519", TOUCAN_OPS_MAKE, NULL, 0 }
};


/* Slices end by the clock; what is told is the time that was worked. */

static int64_t
nanoseconds(clockid_t clock)
{
    struct timespec  t;

    clock_gettime(clock, &t);

    return t.tv_sec * 1000000000LL + t.tv_nsec;
}


static int64_t
worked(void)
{
    return nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}


static void
die(const char *what)
{
    fprintf(stderr, "stall: %s\n", what);
    exit(2);
}


static int
compare(const void *a, const void *b)
{
    int64_t  x, y;

    x = *(const int64_t *) a;
    y = *(const int64_t *) b;

    return (x > y) - (x < y);
}


/* The median of one number of all rounds, in milliseconds. */

static double
median(const round_t *r, size_t offset)
{
    int64_t   times[ROUNDS];
    unsigned  i;

    for (i = 0; i < rounds; i++) {
        times[i] = *(const int64_t *) ((const char *) &r[i] + offset);
    }

    qsort(times, rounds, sizeof(int64_t), compare);

    return (double) times[rounds / 2] / 1e6;
}


/* ---------------------------------------------------------------- files */

/* As many as there shall be, or as fit into a file; what it returns. */

static unsigned
write_keys(const kind_t *kind)
{
    char        *p, kid[32];
    unsigned     i, n;
    unit_key_t   pool[POOL];

    for (i = 0; i < POOL; i++) {
        pool[i] = unit_key_new(kind->type);
    }

    p = stpcpy(text, "{\"keys\":[");

    for (i = 0; i < nkeys; i++) {
        snprintf(kid, sizeof(kid), "key-%u", (i * 1237) % 4099);
        p = stpcpy(p, i ? "," : "");

        if (kind->ops == TOUCAN_OPS_MAKE) {
            unit_jwk_pair(p, &pool[i % POOL], kid, ",\"use\":\"sig\"");

        } else {
            unit_jwk(p, &pool[i % POOL], kid, ",\"use\":\"sig\"");
        }

        p += strlen(p);

        if (p - text > TOUCAN_JWKS_MAX_BYTES - 4096) {
            i++;
            break;
        }
    }

    strcpy(p, "]}");
    n = i;

    for (i = 0; i < POOL; i++) {
        EVP_PKEY_free(pool[i].pkey);
    }

    return n;
}


static void
write_api_keys(void)
{
    char      *p, id[32], key[128];
    unsigned   i;

    p = stpcpy(text, "{'keys':[");

    for (i = 0; i < nkeys; i++) {
        snprintf(id, sizeof(id), "org-%u", (i * 1237) % 4099);
        snprintf(key, sizeof(key), "tk_live_%s_" UNIT_SECRET, id);
        p = stpcpy(p, i ? "," : "");
        unit_apikey(p, id, key, ",'organization':'acme','maxLifetime':3600,"
                    "'roles':['explorer','viewer'],"
                    "'permissions':{'dashboard':['can_view']},"
                    "'origins':['https://app.example.com'],"
                    "'notAfter':'2099-01-01T00:00:00Z'");
        p += strlen(p);
    }

    strcpy(p, "]}");
    unit_quotes(text);
}


/* --------------------------------------------------------------- rounds */

/* A set that was in use: its keys keep what they have verified with. */

static void
use(const kind_t *kind, const toucan_jwks_t *jwks)
{
    uint8_t              sig[256];
    unsigned             i, n;
    const toucan_jwk_t  *jwk;

    if (kind->alg == NULL) {
        return;
    }

    memset(sig, 1, sizeof(sig));
    jwk = toucan_jwks_find(jwks, toucan_str(NULL, 0), &n);

    for (i = 0; i < n; i++) {
        (void) toucan_crypto_verify(jwk[i].key,
                                    toucan_alg_find(toucan_cstr(kind->alg)),
                                    toucan_cstr("header.payload"),
                                    toucan_str(sig, kind->sig));
    }
}


static void
at_once(const kind_t *kind, round_t *r)
{
    int64_t         start;
    toucan_diag_t   d;
    toucan_jwks_t  *jwks;

    toucan_diag_init(&d);

    start = worked();
    jwks = (kind->ops == TOUCAN_OPS_MAKE)
           ? toucan_jwks_parse_private(toucan_cstr(text), &d)
           : toucan_jwks_parse(toucan_cstr(text), &d);
    r->whole = worked() - start;

    if (jwks == NULL) {
        die(d.error);
    }

    use(kind, jwks);

    start = worked();
    toucan_jwks_free(jwks);
    r->freed = worked() - start;
}


/* One event follows the other until the old set is gone, too. */

static void
in_slices(const kind_t *kind, toucan_jwks_t *old, round_t *r)
{
    char                  *copy;
    int                    done;
    int64_t                start, last, now, end;
    toucan_diag_t          d;
    toucan_jwks_t         *jwks;
    toucan_jwks_reader_t  *reader;

    toucan_diag_init(&d);
    reader = NULL;
    copy = NULL;
    jwks = NULL;
    done = 0;

    for (r->events = 0; !done; r->events++) {
        end = nanoseconds(CLOCK_MONOTONIC) + SLICE;
        start = worked();
        last = start;

        do {
            if (copy == NULL) {
                copy = strdup(text);            /* the file is read */
                reader = toucan_jwks_reader_new(toucan_cstr(copy), kind->ops,
                                                &d);

            } else if (jwks != NULL) {
                done = !toucan_jwks_free_some(old, PIECE);

            } else if (toucan_jwks_reader_step(reader, 1)
                       != TOUCAN_JWKS_MORE)
            {
                jwks = toucan_jwks_reader_finish(reader);
                toucan_cleanse(copy, strlen(copy));

                if (jwks == NULL) {
                    die(d.error);
                }
            }

            now = worked();
            r->step = (now - last > r->step) ? now - last : r->step;
            last = now;
        } while (!done && nanoseconds(CLOCK_MONOTONIC) < end);

        r->event = (now - start > r->event) ? now - start : r->event;
    }

    free(copy);
    toucan_jwks_free(jwks);
}


static void
sets(const kind_t *kind)
{
    unsigned        i, n;
    round_t         r[ROUNDS];
    toucan_diag_t   d;
    toucan_jwks_t  *old;

    n = write_keys(kind);
    memset(r, 0, sizeof(r));

    for (i = 0; i < rounds; i++) {
        at_once(kind, &r[i]);

        toucan_diag_init(&d);
        old = (kind->ops == TOUCAN_OPS_MAKE)
              ? toucan_jwks_parse_private(toucan_cstr(text), &d)
              : toucan_jwks_parse(toucan_cstr(text), &d);
        use(kind, old);
        in_slices(kind, old, &r[i]);
    }

    printf("| %u %s | %zu | %.2f | %.2f | %.2f | %.2f | %.0f |\n", n,
           kind->name, strlen(text), median(r, offsetof(round_t, whole)),
           median(r, offsetof(round_t, freed)),
           median(r, offsetof(round_t, step)),
           median(r, offsetof(round_t, event)),
           median(r, offsetof(round_t, events)) * 1e6);
    fflush(stdout);
}


/* Each is one step: reading API keys, and making their content keys. */

static void
api_keys(void)
{
    int64_t               start, next;
    unsigned              i;
    round_t               parse[ROUNDS], derive[ROUNDS];
    toucan_diag_t         d;
    toucan_jwks_t        *derived;
    toucan_apikeys_t     *keys;
    const toucan_jwks_t  *sets[1];

    write_api_keys();
    toucan_diag_init(&d);

    sets[0] = unit_jwks("{\"kty\":\"oct\",\"kid\":\"m\",\"key_ops\":"
                        "[\"deriveKey\"],\"k\":\"AAECAwQFBgcICQoLDA0ODxAREh"
                        "MUFRYXGBkaGxwdHh8\"}");

    for (i = 0; i < rounds; i++) {
        start = worked();
        keys = toucan_apikeys_parse(toucan_cstr(text), &d);
        parse[i].whole = worked() - start;

        if (keys == NULL) {
            die(d.error);
        }

        start = worked();
        derived = toucan_apikeys_derive(keys, sets, 1, 1, &next, &d);
        derive[i].whole = worked() - start;

        if (derived == NULL) {
            die(d.error);
        }

        start = worked();
        toucan_jwks_free(derived);
        derive[i].freed = worked() - start;

        start = worked();
        toucan_apikeys_free(keys);
        parse[i].freed = worked() - start;
    }

    printf("| %u API keys | %zu | %.2f | %.2f | %.2f | %.2f | 1 |\n", nkeys,
           strlen(text), median(parse, offsetof(round_t, whole)),
           median(parse, offsetof(round_t, freed)),
           median(parse, offsetof(round_t, whole)),
           median(parse, offsetof(round_t, whole)));
    printf("| %u content keys | | %.2f | %.2f | %.2f | %.2f | 1 |\n", nkeys,
           median(derive, offsetof(round_t, whole)),
           median(derive, offsetof(round_t, freed)),
           median(derive, offsetof(round_t, whole)),
           median(derive, offsetof(round_t, whole)));

    toucan_jwks_free((toucan_jwks_t *) sets[0]);
}


int
main(int argc, char **argv)
{
    int       c;
    long      n;
    unsigned  i;

    static const struct option  options[] = {
        { "keys", required_argument, NULL, 'k' },
        { "rounds", required_argument, NULL, 'r' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "k:r:h", options, NULL)) != -1) {
        n = (optarg != NULL) ? atol(optarg) : 0;

        if (c == 'k' && n >= 1 && n <= TOUCAN_JWKS_MAX_KEYS) {
            nkeys = (unsigned) n;
            continue;
        }

        if (c == 'r' && n >= 1 && n <= ROUNDS) {
            rounds = (unsigned) n;
            continue;
        }

        printf("usage: stall [--keys N] [--rounds N]\n\n"
               "How long a worker stops for files of N keys (%u; at most "
               "%u): medians\nof N rounds (%u; at most %u).\n", nkeys,
               TOUCAN_JWKS_MAX_KEYS, rounds, ROUNDS);
        return (c == 'h') ? 0 : 2;
    }

    printf("Medians of %u rounds, in milliseconds of CPU time; before: read "
           "and freed in one\nevent, now: in slices of %.1f.\n\n", rounds,
           SLICE / 1e6);
    printf("| file | bytes | read | freed | longest step | longest event "
           "| events |\n"
           "|---|---|---|---|---|---|---|\n");

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        sets(&kinds[i]);
    }

    api_keys();

    return 0;
}
