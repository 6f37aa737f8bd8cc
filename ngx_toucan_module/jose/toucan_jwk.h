
/*
 * One JSON Web Key (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).
 */


#ifndef _TOUCAN_JWK_H_INCLUDED_
#define _TOUCAN_JWK_H_INCLUDED_


#include "jose/toucan_crypto_key.h"
#include "jose/toucan_json.h"


/* The longest kid, in a key and in a token; bytes. */
#define TOUCAN_JWK_MAX_KID  256

/* Of a master key: its secret and its kid, and the info of a content key,
 * whose kid is the two with a dot between; bytes. */
#define TOUCAN_JWK_MIN_MASTER      32
#define TOUCAN_JWK_MAX_INFO        64
#define TOUCAN_JWK_MAX_MASTER_KID                                             \
    (TOUCAN_JWK_MAX_KID - 1 - TOUCAN_JWK_MAX_INFO)


/* What a key is for (RFC 7517 sections 4.2 and 4.3), as bits. */

typedef enum {
    TOUCAN_OP_VERIFY = 1,
    TOUCAN_OP_DECRYPT = 2,
    TOUCAN_OP_SIGN = 4,
    TOUCAN_OP_ENCRYPT = 8,
    TOUCAN_OP_DERIVE = 16           /* a master key: an oct key whose key_ops
                                       are "deriveKey" or "deriveBits" */
} toucan_op_e;

#define TOUCAN_OPS_OPEN  (TOUCAN_OP_VERIFY | TOUCAN_OP_DECRYPT                \
                          | TOUCAN_OP_DERIVE)
#define TOUCAN_OPS_MAKE  (TOUCAN_OP_SIGN | TOUCAN_OP_ENCRYPT                  \
                          | TOUCAN_OP_DERIVE)


typedef struct {
    toucan_str_t         kid;       /* absent when the JWK has none */
    unsigned             ops;       /* OR of toucan_op_e */
    unsigned             index;     /* its place in the file, from 0 */
    unsigned             named:1;   /* only for tokens that name its kid */
    const toucan_alg_t  *alg;       /* the only one it serves, or NULL */
    const toucan_enc_t  *enc;       /* with "dir": the only one, or NULL */
    toucan_key_t        *key;
} toucan_jwk_t;


typedef enum {
    TOUCAN_JWK_OK = 0,
    TOUCAN_JWK_SKIP,                /* sound, but of no use here */
    TOUCAN_JWK_ERROR
} toucan_jwk_result_e;


/*
 * Reads the JWK at node, the one at index (from 0) of its set, for one or more
 * operations; "ops" is TOUCAN_OPS_OPEN or TOUCAN_OPS_MAKE.
 *
 * TOUCAN_JWK_SKIP, and diag->warning says so: an unknown "kty", "crv" or "alg"
 * (the "alg" of a secret may also be an "enc", which means "dir" with this
 * one), or nothing left of ops after "use", "key_ops", "alg", the curve, and
 * a private half that is not there.  TOUCAN_JWK_ERROR: a known key that is
 * broken, or that its own "alg", or every algorithm, has no use for; a master
 * key without a kid, with an "alg", with a "use" that is not "enc", or with a
 * kid or a secret of a length that is not allowed.  diag->error names its kid,
 * or its place when it has none ("key 2" is the second).  Private members are
 * read only for what needs them.  On TOUCAN_JWK_OK the caller owns jwk->key and
 * the copy in jwk->kid: free with toucan_jwk_free().
 */
toucan_jwk_result_e toucan_jwk_read(toucan_jwk_t *jwk,
    const toucan_doc_t *doc, const toucan_node_t *node, unsigned index,
    unsigned ops, toucan_diag_t *diag);

/*
 * The public key in a header's "epk" (RFC 7518 section 4.6.1.1); like is one
 * that is most likely on its curve, or NULL.  The caller owns *key, free with
 * toucan_key_free(); TOUCAN_BAD_CLAIM when node is NULL or no sound public EC
 * or OKP key, or memory is out.
 */
toucan_rc_t toucan_jwk_epk(const toucan_doc_t *doc,
    const toucan_node_t *node, const toucan_key_t *like, toucan_key_t **key);

void toucan_jwk_free(toucan_jwk_t *jwk);


#endif /* _TOUCAN_JWK_H_INCLUDED_ */
