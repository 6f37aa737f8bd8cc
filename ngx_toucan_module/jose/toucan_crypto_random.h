
/*
 * Random bytes, for keys and initialization vectors.
 */


#ifndef _TOUCAN_CRYPTO_RANDOM_H_INCLUDED_
#define _TOUCAN_CRYPTO_RANDOM_H_INCLUDED_


#include "jose/toucan_rc.h"


/* TOUCAN_INTERNAL when OpenSSL's generator fails; then dst is zeroed. */
toucan_rc_t toucan_random(uint8_t *dst, size_t len);


#endif /* _TOUCAN_CRYPTO_RANDOM_H_INCLUDED_ */
