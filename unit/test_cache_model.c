
/*
 * Owns: the test of the cache against its model: programs made at random, on
 * blocks so small that values pass the end of the ring, drop each other, and
 * crowd their buckets.
 */


#include "cache_program.h"


#define PROGRAMS  120
#define OPS       400


static uint32_t  seed;


static uint8_t
any(void)
{
    seed = seed * 1664525 + 1013904223;

    return (uint8_t) (seed >> 24);
}


/* Mostly small values, so that buckets are crowded, or of any size. */

static void
make(uint8_t *p, unsigned kind)
{
    unsigned  i;

    p[0] = any();
    p[1] = (kind & 4) ? any() : 0;

    for (i = 2; i < 2 + OPS * PROGRAM_OP; i += PROGRAM_OP) {
        p[i] = any();
        p[i + 1] = any();
        p[i + 2] = (kind & 3) ? any() & 0x7f : any();
        p[i + 3] = any();
        p[i + 4] = any();

        if ((kind & 3) == 3) {          /* all of one size, and for long */
            p[i] = (p[i] & 7) ? 2 : 1;
            p[i + 2] = 0;
            p[i + 3] &= 7;
            p[i + 4] |= 0xc0;
        }
    }
}


int
main(void)
{
    void            *block;
    uint8_t         *program;
    unsigned         i, failed;
    model_t         *m;
    const char      *fault;
    program_seen_t   seen;

    block = malloc(PROGRAM_BLOCK + 64);
    program = malloc(2 + OPS * PROGRAM_OP);
    m = malloc(sizeof(model_t));

    memset(&seen, 0, sizeof(program_seen_t));
    failed = 0;
    seed = 5;

    for (i = 0; i < PROGRAMS && failed < 3; i++) {
        make(program, i);
        fault = program_run(m, block, program, 2 + OPS * PROGRAM_OP, &seen);

        if (fault != NULL) {
            diag("program %u: %s", i, fault);
            failed++;
        }
    }

    is_int(failed, 0, "%u programs of %u steps", i, OPS);

    ok(seen.added > 10000, "values were added: %u", seen.added);
    ok(seen.refused > 1000, "and refused: %u", seen.refused);
    ok(seen.dropped > 1000, "and dropped: %u", seen.dropped);
    ok(seen.pads > 500, "pads were seen: %u", seen.pads);
    ok(seen.buried > 500, "dead ones: %u", seen.buried);
    ok(seen.unslotted > 500, "crowded buckets: %u", seen.unslotted);
    ok(seen.hits > 5000, "hits: %u", seen.hits);

    free(m);
    free(program);
    free(block);

    return done_testing();
}
