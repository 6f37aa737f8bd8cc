
/*
 * Random bytes.
 */


#include "jose/toucan_crypto_random.h"

#include <openssl/err.h>
#include <openssl/rand.h>


toucan_rc_t
toucan_random(uint8_t *dst, size_t len)
{
    int  ok;

    ERR_set_mark();
    ok = RAND_bytes(dst, (int) len);
    ERR_pop_to_mark();

    if (ok != 1) {
        memset(dst, 0, len);
        return TOUCAN_INTERNAL;
    }

    return TOUCAN_OK;
}
