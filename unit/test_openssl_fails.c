
/*
 * Owns: the tests that OpenSSL fails: it runs out of memory at each of its
 * allocations in turn, or knows no algorithm.  Keys are not taken by halves,
 * nothing is let in that should not be, no error stays in the queue.
 */


#include "jwe.h"
#include "openssl_memory.h"


#define PAYLOAD  "{\"sub\":\"x\"}"

/* more than any job has */
#define MOST     20000


/* ------------------------------------------------------------------ jobs */

/*
 * What is done: a text is read as keys and, when there is a token, it is
 * opened; or one is made.  "right" tells whether it should be let in.  With an
 * info the token is for the content key that is derived.
 */

typedef struct {
    const char  *keys;
    const char  *token;             /* NULL: only read the keys */
    int          right;
    const char  *alg;               /* to make one */
    const char  *enc;               /* NULL: sign */
    const char  *info;
} job_t;


enum { RIGHT, REFUSED, WRONG };

/* why the last token was refused */
static const char  *reason;


static int
do_open(const job_t *job, const toucan_jwks_t *set)
{
    toucan_rc_t           rc;
    toucan_jwt_t          jwt;
    unit_arena_t          a;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    sets[0] = set;
    rc = toucan_jwt_open(&rules, sets, 1, toucan_cstr(job->token),
                         unit_arena_init(&a), &jwt);
    unit_arena_free(&a);

    reason = unit_rc(rc);

    if (rc == TOUCAN_OK) {
        return job->right ? RIGHT : WRONG;
    }

    return REFUSED;
}


static int
do_make(const job_t *job, const toucan_jwks_t *set)
{
    int                   rc;
    job_t                 check;
    unsigned              n, fail;
    unit_arena_t          a;
    toucan_str_t          made;
    toucan_diag_t         d;
    toucan_jwks_t        *opens;
    const toucan_jwk_t   *jwk;

    jwk = toucan_jwks_find(set, toucan_str(NULL, 0), &n);
    unit_arena_init(&a);

    rc = job->enc
         ? toucan_jwe_encrypt(jwk, toucan_alg_find(toucan_cstr(job->alg)),
                              toucan_enc_find(toucan_cstr(job->enc)), 0,
                              toucan_cstr(PAYLOAD), &a.arena, &made)
         : toucan_jws_sign(jwk, toucan_alg_find(toucan_cstr(job->alg)),
                           toucan_cstr(PAYLOAD), &a.arena, &made);

    if (rc != TOUCAN_OK) {
        unit_arena_free(&a);
        return REFUSED;
    }

    /* what was made in spite of it must be sound */

    fail = unit_fail_at;
    unit_fail_at = 0;
    toucan_diag_init(&d);
    opens = toucan_jwks_parse(toucan_cstr(job->keys), &d);
    check = *job;
    check.right = 1;
    check.token = strndup((const char *) made.data, made.len);
    rc = do_open(&check, opens) == RIGHT ? RIGHT : WRONG;
    free((void *) check.token);
    toucan_jwks_free(opens);
    unit_arena_free(&a);
    unit_fail_at = fail;

    return rc;
}


/* From where on OpenSSL knows no algorithm: 1 the keys, 2 what follows them. */

static int  unfetched;


static void
forget(int where)
{
    if (unfetched == where) {
        EVP_set_default_properties(NULL, "provider=none");
    }
}


/* The set of what a set's master keys derive; takes it over. */

static toucan_jwks_t *
do_derive(const job_t *job, toucan_jwks_t *set, toucan_diag_t *d)
{
    toucan_str_t          info;
    toucan_jwks_t        *derived;
    const toucan_jwks_t  *sets[1];

    sets[0] = set;
    info = toucan_cstr(job->info);
    derived = toucan_jwks_derive(sets, 1, &info, 1, d);
    toucan_jwks_free(set);

    if (derived == NULL) {
        reason = strcmp(d->error, "out of memory") == 0 ? "no_memory"
                                                        : "internal";
    }

    return derived;
}


static int
do_job(const job_t *job)
{
    int             rc;
    toucan_diag_t   d;
    toucan_jwks_t  *set;

    toucan_diag_init(&d);
    forget(1);
    set = job->alg ? toucan_jwks_parse_private(toucan_cstr(job->keys), &d)
                   : toucan_jwks_parse(toucan_cstr(job->keys), &d);

    if ((set == NULL) != (d.error[0] != '\0')) {
        toucan_jwks_free(set);
        return WRONG;
    }

    if (set == NULL) {
        return REFUSED;
    }

    forget(2);

    if (job->info != NULL) {
        set = do_derive(job, set, &d);

        if (set == NULL) {
            return (d.error[0] != '\0') ? REFUSED : WRONG;
        }
    }

    rc = job->alg ? do_make(job, set)
         : job->token ? do_open(job, set) : RIGHT;

    toucan_jwks_free(set);

    return rc;
}


/* One job with each allocation failing, in turn. */

static void
each(const job_t *job, const char *name)
{
    int       rc, wrong, left;
    unsigned  n;

    is_int(do_job(job), job->right ? RIGHT : REFUSED, "%s: a control", name);

    wrong = 0;
    left = 0;

    for (n = 1; n < MOST; n++) {
        unit_allocated = 0;
        unit_fail_at = n;
        rc = do_job(job);
        unit_fail_at = 0;

        wrong += (rc == WRONG);
        left += (ERR_peek_error() != 0);
        ERR_clear_error();

        if (unit_allocated < n) {
            break;
        }
    }

    ok(n > 3 && n < MOST, "%u allocations have failed", n - 1);
    is_int(wrong, 0, "nothing is let in by it");
    is_int(left, 0, "no error is left in the queue");
}


/* The same where OpenSSL knows no algorithm. */

static void
nothing_known(const job_t *job, const char *name)
{
    for (unfetched = 1; unfetched <= 2; unfetched++) {
        is_int(do_job(job), unfetched == 2 && !job->token && !job->alg
                            && job->right
                            ? RIGHT : REFUSED,
               "%s: no algorithm is known %s", name,
               unfetched == 1 ? "at all" : "behind the keys");
        EVP_set_default_properties(NULL, "");

        /* an epk is no key then; on an EC key's curve it needs no algorithm */

        if (unfetched == 2 && job->token != NULL) {
            is_str(reason, strstr(name, "ECDH-ES+") ? "bad_claim" : "no_memory",
                   "the fault is ours");
        }

        ok(ERR_peek_error() == 0, "no error is left in the queue");
        ERR_clear_error();
    }

    unfetched = 0;
    is_int(do_job(job), job->right ? RIGHT : REFUSED, "a control");
}


/* an error of somebody else stays, alone */

static void
foreign(const job_t *job, const char *name)
{
    ERR_raise(ERR_LIB_USER, 77);
    is_int(do_job(job), job->right ? RIGHT : REFUSED,
           "%s, an error in the queue", name);
    is_int(ERR_GET_REASON(ERR_get_error()), 77, "is still there");
    is_int((int64_t) ERR_get_error(), 0, "and no other");
    ERR_clear_error();
}


/* ------------------------------------------------------------------ keys */

typedef struct {
    const char  *alg;
    const char  *type;
    const char  *enc;
} kind_t;


static const kind_t  kinds[] = {
    { "HS256", "oct", NULL },
    { "RS256", "RSA2048", NULL },
    { "PS256", "RSA2048", NULL },
    { "ES256", "P-256", NULL },
    { "EdDSA", "ED25519", NULL },
    { "dir", "oct", "A256CBC-HS512" },
    { "A256KW", "oct32", "A256GCM" },
    { "A256GCMKW", "oct32", "A128CBC-HS256" },
    { "RSA-OAEP", "RSA2048", "A128GCM" },
    { "ECDH-ES", "P-256", "A128GCM" },
    { "ECDH-ES+A128KW", "X25519", "A128GCM" }
};

#define KINDS  (sizeof(kinds) / sizeof(kinds[0]))


/* The texts of a kind, made beforehand. */

typedef struct {
    char  pair[16384];
    char  broken[16384];            /* a letter of the private half changed */
    char  pem[2048];
    char  good[8192];
    char  bad[8192];
} texts_t;


static texts_t  texts[KINDS];


static void
prepare(texts_t *text, const kind_t *kind)
{
    BIO          *bio;
    char         *data, header[64];
    size_t        len;
    unit_key_t    key;
    unit_plan_t   plan;

    key = strcmp(kind->type, "oct32") == 0 ? unit_key_oct(32, 0)
                                           : unit_key_new(kind->type);
    unit_jwk_pair(text->pair, &key, "a", "");


    if (key.pkey != NULL && !EVP_PKEY_is_a(key.pkey, "ED25519")) {
        strcpy(text->broken, text->pair);
        data = strstr(text->broken, "\"d\":\"") + 8;
        *data = (*data == 'A') ? 'B' : 'A';
    }

    if (key.pkey != NULL) {
        bio = BIO_new(BIO_s_mem());
        PEM_write_bio_PUBKEY(bio, key.pkey);
        len = (size_t) BIO_get_mem_data(bio, &data);
        memcpy(text->pem, data, len);
        BIO_free(bio);
    }

    if (kind->enc == NULL) {
        sprintf(header, "{\"alg\":\"%s\"}", kind->alg);
        unit_token(text->good, header, PAYLOAD, kind->alg, &key);

    } else {
        memset(&plan, 0, sizeof(unit_plan_t));
        plan.alg = kind->alg;
        plan.enc = kind->enc;
        plan.key = &key;
        unit_jwe(text->good, &plan, PAYLOAD);
    }

    strcpy(text->bad, text->good);
    unit_spoil(text->bad, 8);
    EVP_PKEY_free(key.pkey);
}


static void
jobs(void (*with)(const job_t *job, const char *name))
{
    char    name[64];
    job_t   job;
    size_t  i;

    for (i = 0; i < KINDS; i++) {
        memset(&job, 0, sizeof(job_t));
        job.keys = texts[i].pair;
        job.right = 1;
        job.token = texts[i].good;
        snprintf(name, sizeof(name), "%s, opening", kinds[i].alg);
        with(&job, name);

        job.right = 0;
        job.token = texts[i].bad;
        snprintf(name, sizeof(name), "%s, refusing", kinds[i].alg);
        with(&job, name);

        job.right = 1;
        job.token = NULL;
        job.alg = kinds[i].alg;
        job.enc = kinds[i].enc;
        snprintf(name, sizeof(name), "%s, making", kinds[i].alg);
        with(&job, name);

        if (texts[i].broken[0] != '\0') {
            memset(&job, 0, sizeof(job_t));
            job.keys = texts[i].broken;
            snprintf(name, sizeof(name), "%s, a key that is broken",
                     kinds[i].alg);
            with(&job, name);
        }

        if (texts[i].pem[0] != '\0' && kinds[i].enc == NULL) {
            memset(&job, 0, sizeof(job_t));
            job.keys = texts[i].pem;
            job.right = 1;
            snprintf(name, sizeof(name), "%s, a PEM key", kinds[i].alg);
            with(&job, name);
        }
    }
}


/* a content key, which the master key makes and which opens */

static void
derived(void)
{
    char           keys[512], good[2048], bad[2048];
    job_t          job;
    size_t         len;
    unit_key_t     master, content;
    unit_plan_t    plan;
    unsigned char  extracted[32];

    static const unsigned char  zeros[32];

    master = unit_key_oct(32, 5);
    content = unit_key_oct(32, 0);
    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, zeros, 32, master.secret, 32,
              extracted, 32, &len);
    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, extracted, 32,
              (const unsigned char *) "7f3a\1", 5, content.secret, 32, &len);

    unit_jwk(keys, &master, "m", ",\"key_ops\":[\"deriveKey\"]");
    plan = unit_plan_of("dir", "A256GCM", &content);
    plan.more = ",\"kid\":\"m.7f3a\"";
    unit_jwe(good, &plan, PAYLOAD);
    strcpy(bad, good);
    unit_spoil(bad, 8);

    memset(&job, 0, sizeof(job_t));
    job.keys = keys;
    job.info = "7f3a";
    job.token = good;
    job.right = 1;
    each(&job, "a content key, opening");
    nothing_known(&job, "a content key, opening");
    foreign(&job, "a content key, opening");

    job.token = bad;
    job.right = 0;
    each(&job, "a content key, refusing");
    nothing_known(&job, "a content key, refusing");
    foreign(&job, "a content key, refusing");
}


/* RIGHT, REFUSED: there is no hasher, or WRONG */

static int
do_hash(void)
{
    int               rc;
    uint8_t           want[TOUCAN_SHA256_SIZE], got[2][TOUCAN_SHA256_SIZE];
    unsigned          i;
    toucan_rc_t       done[2];
    toucan_hasher_t  *hasher;

    static const uint8_t  zeros[TOUCAN_SHA256_SIZE];

    hasher = toucan_hasher_new();

    if (hasher == NULL) {
        return REFUSED;
    }

    for (i = 0; i < 2; i++) {
        memset(got[i], 0x5a, sizeof(got[i]));
        done[i] = toucan_hasher_sha256(hasher, toucan_cstr(PAYLOAD), got[i]);
    }

    toucan_hasher_free(hasher);

    unit_fail_at = 0;
    EVP_Digest(PAYLOAD, strlen(PAYLOAD), want, NULL, EVP_sha256(), NULL);

    for (i = 0, rc = RIGHT; i < 2; i++) {
        if (memcmp(got[i], done[i] == TOUCAN_OK ? want : zeros, sizeof(want))
            != 0)
        {
            rc = WRONG;
        }
    }

    return rc;
}


/* a kept hasher: the right hash, or none */

static void
hashers(void)
{
    int       rc, wrong, refused, left;
    unsigned  n;

    is_int(do_hash(), RIGHT, "a hasher: a control");

    for (n = 1, wrong = 0, refused = 0, left = 0; n < MOST; n++) {
        unit_allocated = 0;
        unit_fail_at = n;
        rc = do_hash();
        unit_fail_at = 0;

        wrong += rc == WRONG;
        refused += rc == REFUSED;
        left += ERR_peek_error() != 0;
        ERR_clear_error();

        if (unit_allocated < n) {
            break;
        }
    }

    ok(refused > 0 && n < MOST, "%u allocations have failed", n - 1);
    is_int(wrong, 0, "no hash is a wrong one");
    is_int(left, 0, "no error is left in the queue");

    EVP_set_default_properties(NULL, "provider=none");
    is_int(do_hash(), REFUSED, "no algorithm is known");
    EVP_set_default_properties(NULL, "");
    ok(ERR_peek_error() == 0, "no error is left in the queue");
    ERR_clear_error();

    ERR_raise(ERR_LIB_USER, 77);
    is_int(do_hash(), RIGHT, "an error in the queue");
    is_int(ERR_GET_REASON(ERR_get_error()), 77, "is still there");
    is_int((int64_t) ERR_get_error(), 0, "and no other");
}


int
main(void)
{
    size_t  i;

    if (!unit_openssl_memory()) {
        fail("OpenSSL takes our allocation");
        return done_testing();
    }

    for (i = 0; i < KINDS; i++) {
        prepare(&texts[i], &kinds[i]);
    }

    jobs(each);
    jobs(nothing_known);
    jobs(foreign);
    derived();
    hashers();

    return done_testing();
}
