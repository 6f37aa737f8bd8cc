
/*
 * Owns: the tests that what an API key hashes to does not stay: on the stack,
 * in the file's document, in the set of keys.
 */


#include "apikeys.h"

#include <openssl/crypto.h>

#include <ucontext.h>


#define STACK   (1024 * 1024)
#define WIPED   64


/* Stands in for OpenSSL's: remembers what was overwritten. */

static struct {
    const unsigned char  *p;
    size_t                len;
} wiped[WIPED];

static unsigned           nwiped;

static ucontext_t         here, there;
static unsigned char     *stack;

static struct {
    toucan_apikeys_t       *keys;
    toucan_str_t            text;
    toucan_rc_t             rc;
    const toucan_apikey_t  *key;
} job;


void
OPENSSL_cleanse(void *p, size_t len)
{
    size_t                   i;
    volatile unsigned char  *c;

    c = p;

    for (i = 0; i < len; i++) {
        c[i] = 0;
    }

    wiped[nwiped % WIPED].p = p;
    wiped[nwiped % WIPED].len = len;
    nwiped++;
}


static int
was_wiped(const void *p, size_t len)
{
    unsigned  i;

    for (i = 0; i < nwiped && i < WIPED; i++) {
        if (wiped[i].p <= (const unsigned char *) p
            && wiped[i].p + wiped[i].len
               >= (const unsigned char *) p + len)
        {
            return 1;
        }
    }

    return 0;
}


/* ---------------------------------------------------------------- the stack */

static void
on_stack(void)
{
    job.rc = toucan_apikeys_check(job.keys, job.text, 1, &job.key);
}


/* what a naive reader of keys leaves: the control */

static void
on_stack_naively(void)
{
    uint8_t  digest[TOUCAN_SHA256_SIZE];

    job.rc = toucan_sha256(job.text, digest);
    job.key = (digest[0] == 1) ? job.key : NULL;
}


static void
run_once(void (*what)(void))
{
    memset(stack, 0, STACK);

    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = STACK;
    there.uc_link = &here;
    makecontext(&there, what, 0);
    swapcontext(&here, &there);
}


/* once before: the dynamic linker leaves registers where it binds a function */

static void
run(void (*what)(void))
{
    run_once(what);
    run_once(what);
}


/* Parts of the digest: what came later may have overwritten the others. */

static int
pieces(const uint8_t *digest)
{
    int     n;
    size_t  i, k;

    n = 0;

    for (k = 0; k < TOUCAN_SHA256_SIZE; k += 8) {
        for (i = 0; i + 8 <= STACK; i++) {
            n += memcmp(stack + i, digest + k, 8) == 0;
        }
    }

    return n;
}


static void
digests(void)
{
    size_t   i, len;
    uint8_t  digest[TOUCAN_SHA256_SIZE];

    static const struct {
        const char   *text;
        toucan_rc_t   rc;
    } rows[] = {
        { UNIT_ACME, TOUCAN_OK },
        { UNIT_ACME "x", TOUCAN_API_KEY_INVALID },
        { "tk_live_nobody_" UNIT_SECRET, TOUCAN_API_KEY_INVALID },
        { "tk_test_acme_" UNIT_SECRET, TOUCAN_API_KEY_INVALID }
    };

    stack = malloc(STACK);
    job.keys = unit_acme("");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        job.text = toucan_cstr(rows[i].text);
        EVP_Q_digest(NULL, "SHA256", NULL, rows[i].text, strlen(rows[i].text),
                     digest, &len);

        run(on_stack_naively);
        ok(pieces(digest) > 0, "a digest that is left is found");

        run(on_stack);
        is_int(job.rc, rows[i].rc, "checked on a stack of its own");
        is_int(pieces(digest), 0, "the digest is not left on it");
    }

    toucan_apikeys_free(job.keys);
    free(stack);
}


/* ------------------------------------------------------------------ blocks */

static void
blocks(void)
{
    size_t                  size;
    toucan_arena_t          arena;
    toucan_block_t          block;
    toucan_apikeys_t       *keys;
    const toucan_doc_t     *doc;
    const toucan_apikey_t  *key;
    const void             *p;

    arena = toucan_block_arena(&block);
    p = toucan_arena_alloc(&arena, 100);
    nwiped = 0;
    ok(!was_wiped(p, 100), "not before");
    toucan_block_free(&block);
    ok(was_wiped(p, 100), "a block is overwritten before it is freed");

    keys = unit_acme("");
    key = unit_only(keys);
    doc = key->doc;
    size = doc->size;
    p = key->sha256;
    nwiped = 0;
    toucan_apikeys_free(keys);

    ok(was_wiped(doc, size), "the document of API keys, too");
    ok(was_wiped(p, TOUCAN_SHA256_SIZE), "and what was read from it");
}


/* A file that is refused late has been read so far. */

static void
refused(void)
{
    char           text[1024];
    toucan_diag_t  d;

    unit_apikey(text, "acme", UNIT_ACME, "");
    strcat(text, ",{}");
    nwiped = 0;

    ok(unit_apikeys_read(text, &d) == NULL, "a file whose second key is none");
    is_int(nwiped, 2, "document and keys are overwritten");
    ok(wiped[1].len >= 2 * sizeof(toucan_apikey_t), "both of the keys");
}


int
main(void)
{
    blocks();
    refused();

    if (unit_memcheck()) {
        skip(1, "under valgrind");

    } else {
        digests();
    }

    return done_testing();
}
