
/*
 * Owns: the fuzz target of the cache.  The input is a program of what is done
 * to a small one; after each step it agrees with its model.
 */


#include "fuzz.h"

#include "cache_program.h"


#define FUZZ_MAX_PROGRAM  (2 + 600 * PROGRAM_OP)


static model_t   fuzz_model;
static uint64_t  fuzz_block[PROGRAM_BLOCK / 8 + 8];


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char      *fault;
    program_seen_t   seen;

    if (size > FUZZ_MAX_PROGRAM) {
        size = FUZZ_MAX_PROGRAM;
    }

    memset(&seen, 0, sizeof(program_seen_t));

    fault = program_run(&fuzz_model, fuzz_block, data, size, &seen);
    fuzz_must(fault == NULL, "%s", fault);

    return 0;
}
