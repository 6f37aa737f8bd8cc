
/*
 * Owns: OpenSSL's memory, of which one allocation can be refused.
 */


#ifndef _TOUCAN_UNIT_OPENSSL_MEMORY_H_INCLUDED_
#define _TOUCAN_UNIT_OPENSSL_MEMORY_H_INCLUDED_


#include "unit.h"

#include <openssl/crypto.h>

#include <stdlib.h>


static unsigned  unit_allocated;    /* allocations since it was set to 0 */
static unsigned  unit_fail_at;      /* the one to refuse, from 1; 0: none */


static void *
unit_failing_malloc(size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    return (++unit_allocated == unit_fail_at) ? NULL : malloc(size);
}


static void *
unit_failing_realloc(void *p, size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    if (size == 0) {
        free(p);
        return NULL;
    }

    return (++unit_allocated == unit_fail_at) ? NULL : realloc(p, size);
}


static void
unit_failing_free(void *p, const char *file, int line)
{
    (void) file;
    (void) line;

    free(p);
}


/* To be called before OpenSSL has allocated anything; 1, or 0 if it is late. */

static UNIT_UNUSED int
unit_openssl_memory(void)
{
    return CRYPTO_set_mem_functions(unit_failing_malloc, unit_failing_realloc,
                                    unit_failing_free);
}


#endif /* _TOUCAN_UNIT_OPENSSL_MEMORY_H_INCLUDED_ */
