
/*
 * Owns: the rows of what the two lower floors do, and the tokens and keys that
 * they are timed with.  Nothing is judged here.
 */


#define _GNU_SOURCE

#include "core_gate.h"
#include "core_openssl.h"

#include "jose/toucan_b64.h"
#include "jose/toucan_crypto_hash.h"

#include <getopt.h>
#include <jansson.h>


#define CORE_BYTES  710


static double       seconds = 20;
static const char  *wanted;
static int          as_json;

static char         text[CORE_BYTES * 2];   /* of a token's letters */
static uint8_t      bytes[CORE_BYTES];
static char        *payloads[CORE_TOKENS];

static const toucan_jwt_rules_t  rules = {
    TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
};


/* ------------------------------------------------------------ small parts */

static void
b64_decode(void *ctx, unsigned n)
{
    size_t  len;

    (void) n;
    (void) ctx;

    if (toucan_b64_decode(bytes, &len, toucan_str(text, CORE_BYTES + 2))
        != TOUCAN_OK)
    {
        core_die("base64url");
    }
}


/* its alphabet has "+" and "/", and it knows no URL */

static void
b64_decode_bare(void *ctx, unsigned n)
{
    (void) n;
    (void) ctx;

    if (EVP_DecodeBlock(bytes, (unsigned char *) text, CORE_BYTES + 2) < 0) {
        core_die("base64");
    }
}


static void
b64_encode(void *ctx, unsigned n)
{
    uint8_t       out[CORE_BYTES * 2];
    toucan_buf_t  b;

    (void) n;
    (void) ctx;

    toucan_buf_init(&b, out, sizeof(out));
    toucan_b64_encode(&b, toucan_str(bytes, CORE_BYTES * 3 / 4));

    if (b.overflow) {
        core_die("base64url");
    }
}


static void
b64_encode_bare(void *ctx, unsigned n)
{
    unsigned char  out[CORE_BYTES * 2];

    (void) n;
    (void) ctx;

    EVP_EncodeBlock(out, bytes, CORE_BYTES * 3 / 4);
}


static void
json(void *ctx, unsigned n)
{
    const toucan_doc_t  *doc;

    (void) ctx;

    if (toucan_json_parse(toucan_cstr(payloads[n % CORE_TOKENS]),
                          &toucan_json_token_limits, core_arena(), &doc)
        != TOUCAN_OK)
    {
        core_die("JSON");
    }
}


static void
json_bare(void *ctx, unsigned n)
{
    json_t       *root;
    json_error_t  error;

    (void) ctx;

    root = json_loadb(payloads[n % CORE_TOKENS],
                      strlen(payloads[n % CORE_TOKENS]),
                      JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        core_die("JSON by jansson");
    }

    json_decref(root);
}


static void
sha256(void *ctx, unsigned n)
{
    uint8_t  out[TOUCAN_SHA256_SIZE];

    (void) n;

    if (toucan_hasher_sha256(ctx, toucan_str(text, CORE_BYTES), out)
        != TOUCAN_OK)
    {
        core_die("SHA-256");
    }
}


static void
sha256_bare(void *ctx, unsigned n)
{
    uint8_t  out[TOUCAN_SHA256_SIZE];

    (void) n;
    (void) ctx;

    EVP_Digest(text, CORE_BYTES, out, NULL, EVP_sha256(), NULL);
}


/* ----------------------------------------------------------------- tokens */

static void
open_token(void *ctx, unsigned n)
{
    core_job_t           *job;
    toucan_jwt_t          jwt;
    const toucan_jwks_t  *sets[1];

    job = ctx;
    sets[0] = job->set;

    if (toucan_jwt_open(&rules, sets, 1, job->token[n % CORE_TOKENS].token,
                        core_arena(), &jwt)
        != TOUCAN_OK)
    {
        core_die(job->alg);
    }
}


/* Of ECDSA it wants DER. */

static void
token_signature(core_token_t *t, const core_job_t *job, const char *sig)
{
    size_t          half;
    uint8_t        *p;
    ECDSA_SIG      *pair;
    unsigned char   raw[1024];

    t->sig_len = unit_b64_read(t->sig, sig, strlen(sig));

    if (strncmp(job->alg, "ES", 2) != 0) {
        return;
    }

    memcpy(raw, t->sig, t->sig_len);
    half = t->sig_len / 2;
    pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(raw, (int) half, NULL),
                   BN_bin2bn(raw + half, (int) half, NULL));
    p = t->sig;
    t->sig_len = (size_t) i2d_ECDSA_SIG(pair, &p);
    ECDSA_SIG_free(pair);
}


static void
token_signed(core_token_t *t, const core_job_t *job, const char *alg,
    const char *payload)
{
    char  header[64], *out;

    out = malloc(4096);
    snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"k\"}", alg);
    t->token = unit_token(out, header, payload, alg, &job->key);
    t->signing = (size_t) (strrchr(out, '.') - out);
    token_signature(t, job, out + t->signing + 1);
}


static void
token_sealed(core_token_t *t, const core_job_t *job, const char *payload)
{
    char         *out;
    const char   *epk;
    unit_plan_t   plan;

    plan = unit_plan_of(job->alg, job->enc, &job->key);
    plan.more = ",\"kid\":\"k\"";

    if (job->nested) {
        token_signed(t, job, "HS256", payload);
        payload = (const char *) t->token.data;
        plan.more = ",\"kid\":\"k\",\"cty\":\"JWT\"";
    }

    out = malloc(4096);
    t->token = unit_jwe(out, &plan, payload);

    if (!unit_jwe_read(&t->jwe, out)) {
        core_die("a token of five parts");
    }

    epk = strstr(t->jwe.header, "\"epk\"");

    if (epk != NULL) {
        t->point[0] = 4;
        unit_member_bytes(epk, "x", t->point + 1);
        unit_member_bytes(epk, "y", t->point + 33);
    }
}


static void
job_prepare(core_job_t *job)
{
    char      jwk[16384];
    unsigned  i;

    job->key = (job->type[0] == '3') ? unit_key_oct(32, 3)
                                     : unit_key_new(job->type);
    job->set = unit_jwks(unit_jwk_pair(jwk, &job->key, "k", ""));
    job->token = calloc(CORE_TOKENS, sizeof(core_token_t));

    for (i = 0; i < CORE_TOKENS; i++) {
        if (job->enc == NULL) {
            token_signed(&job->token[i], job, job->alg, payloads[i]);

        } else {
            token_sealed(&job->token[i], job, payloads[i]);
        }
    }

    if (job->enc == NULL) {
        core_prepare_signed(job);

    } else {
        core_prepare_sealed(job);
    }
}


static core_job_t  jobs[] = {
    { .alg = "HS256", .type = "oct" },
    { .alg = "HS512", .type = "oct" },
    { .alg = "RS256", .type = "RSA2048" },
    { .alg = "PS256", .type = "RSA2048" },
    { .alg = "ES256", .type = "P-256" },
    { .alg = "ES384", .type = "P-384" },
    { .alg = "EdDSA", .type = "ED25519" },
    { .alg = "dir", .enc = "A256GCM", .type = "32" },
    { .alg = "dir", .enc = "A128CBC-HS256", .type = "32" },
    { .alg = "A256KW", .enc = "A256GCM", .type = "32" },
    { .alg = "RSA-OAEP-256", .enc = "A256GCM", .type = "RSA2048" },
    { .alg = "ECDH-ES", .enc = "A256GCM", .type = "P-256" },
    { .alg = "A256KW", .enc = "A256GCM", .type = "32", .nested = 1 }
};


/* Made only where they are wanted: pairs take their time. */

static void
job_row(core_job_t *job)
{
    char  name[64];

    snprintf(name, sizeof(name), "toucan_jwt_open: %s%s%s%s%s",
             job->nested ? "nested (HS256 in " : "", job->alg,
             job->enc ? " + " : "", job->enc ? job->enc : "",
             job->nested ? ")" : "");

    if (!core_wants(wanted, name)) {
        return;
    }

    job_prepare(job);

    core_add((core_row_t) {
        strdup(name), "OpenSSL", open_token,
        job->enc ? core_bare_open : core_bare_verify, job
    });
}


/* ------------------------------------------------------------------- rows */

static core_gate_t *
gate(void)
{
    unsigned           i;
    toucan_str_t      *tokens;
    static core_job_t  job = { .alg = "HS256", .type = "oct" };

    job_prepare(&job);
    tokens = calloc(CORE_TOKENS, sizeof(toucan_str_t));

    for (i = 0; i < CORE_TOKENS; i++) {
        tokens[i] = job.token[i].token;
    }

    return core_gate_new(job.set, tokens, CORE_TOKENS);
}


/* Another row is another line here. */

static void
rows(void)
{
    unsigned      i;
    core_gate_t  *g;

    for (i = 0; i < CORE_TOKENS; i++) {
        payloads[i] = core_payload(i);
    }

    for (i = 0; i < sizeof(text) - 1; i++) {
        text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                  "0123456789"[i * 7 % 62];
    }

    g = gate();

    const core_row_t  small[] = {
        { "base64url: decode 712 letters", "EVP_DecodeBlock", b64_decode,
          b64_decode_bare, NULL },
        { "base64url: encode 532 bytes", "EVP_EncodeBlock", b64_encode,
          b64_encode_bare, NULL },
        { "JSON: 420 bytes", "json_loadb", json, json_bare, NULL },
        { "SHA-256: 710 bytes", "EVP_Digest", sha256, sha256_bare,
          toucan_hasher_new() }
    };

    const core_row_t  large[] = {
        { "toucan_authenticate: HS256", NULL, core_authenticate, NULL, g },
        { "a known token: SHA-256, look-up, copy", NULL, core_known, NULL, g },
        { "toucan_claims_read", NULL, core_claims_read, NULL, g },
        { "toucan_place_check", NULL, core_place, NULL, g },
        { "toucan_decide", NULL, core_decide, NULL, g },
        { "toucan_headers_fill: ten headers", NULL, core_headers_fill, NULL,
          g }
    };

    for (i = 0; i < core_n(small); i++) {
        if (core_wants(wanted, small[i].name)) {
            core_add(small[i]);
        }
    }

    for (i = 0; i < core_n(jobs); i++) {
        job_row(&jobs[i]);
    }

    for (i = 0; i < core_n(large); i++) {
        if (core_wants(wanted, large[i].name)) {
            core_add(large[i]);
        }
    }
}


static int
usage(int rc)
{
    printf("usage: core [--time SECONDS] [--rows WORD,...] [--json]\n"
           "       core --calls N [--bare] --rows WORD\n\n"
           "Times what the two lower floors do, beside the bare call of\n"
           "OpenSSL or jansson for the same work.\n\n"
           "  --time SECONDS  how long in all (%.0f)\n"
           "  --rows WORD,... those whose name holds one of the words\n"
           "  --json          a line of JSON for each row, no table\n"
           "  --calls N       N calls of ours, for a profiler\n"
           "  --bare          of the bare side\n", seconds);

    return rc;
}


int
main(int argc, char **argv)
{
    int       c, bare;
    long      calls;
    unsigned  i;

    static const struct option  options[] = {
        { "time", required_argument, NULL, 't' },
        { "rows", required_argument, NULL, 'r' },
        { "json", no_argument, NULL, 'j' },
        { "calls", required_argument, NULL, 'n' },
        { "bare", no_argument, NULL, 'b' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    calls = 0;
    bare = 0;

    while ((c = getopt_long(argc, argv, "t:r:jn:bh", options, NULL)) != -1) {
        switch (c) {

        case 't':
            seconds = atof(optarg);
            break;

        case 'r':
            wanted = optarg;
            break;

        case 'j':
            as_json = 1;
            break;

        case 'n':
            calls = atol(optarg);
            break;

        case 'b':
            bare = 1;
            break;

        default:
            return usage((c == 'h') ? 0 : 2);
        }
    }

    rows();

    if (core_count == 0 || optind < argc || calls < 0) {
        return usage(2);
    }

    if (calls == 0) {
        core_print(core_measure(seconds), as_json);
        return 0;
    }

    for (i = 0; i < core_count; i++) {
        if (!bare || core_timed[i].row.bare != NULL) {
            (void) core_calls(&core_timed[i], (unsigned) bare, calls);
        }
    }

    return 0;
}
