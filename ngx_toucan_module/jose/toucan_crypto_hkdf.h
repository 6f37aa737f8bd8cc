
/*
 * Keys made of a master key (RFC 5869).
 */


#ifndef _TOUCAN_CRYPTO_HKDF_H_INCLUDED_
#define _TOUCAN_CRYPTO_HKDF_H_INCLUDED_


#include "jose/toucan_crypto_key.h"


/* A master key made ready for many infos. */
typedef struct toucan_hkdf_s  toucan_hkdf_t;


/*
 * HKDF-SHA256 of an oct key, without salt, with this info, into out (len bytes,
 * at most 255 * 32).  TOUCAN_INTERNAL when the key is no secret, len is too
 * large or OpenSSL fails, TOUCAN_NO_MEMORY; then out is zeroed.
 */
toucan_rc_t toucan_hkdf(const toucan_key_t *master, toucan_str_t info,
    uint8_t *out, size_t len);

/*
 * The same in two steps (sections 2.2 and 2.3), the first of which is of the
 * master key alone.  On TOUCAN_OK the caller owns *hkdf, free with
 * toucan_hkdf_free(); it does not need the master key any longer.
 */
toucan_rc_t toucan_hkdf_new(toucan_hkdf_t **hkdf, const toucan_key_t *master);
toucan_rc_t toucan_hkdf_expand(toucan_hkdf_t *hkdf, toucan_str_t info,
    uint8_t *out, size_t len);

/* Cleanses what is secret.  NULL is accepted. */
void toucan_hkdf_free(toucan_hkdf_t *hkdf);


#endif /* _TOUCAN_CRYPTO_HKDF_H_INCLUDED_ */
