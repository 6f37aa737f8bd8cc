
/*
 * An opened token as one piece of bytes without pointers, and back.
 */


#include "jose/toucan_jwt.h"


#define TOUCAN_PACKED_NONE  UINT32_MAX


/* The document follows it, then the kid. */

typedef struct {
    uint32_t         type;
    uint32_t         access;
    uint32_t         alg;           /* rows of their tables */
    uint32_t         enc;
    uint32_t         kid;           /* bytes; TOUCAN_PACKED_NONE: absent */
    uint32_t         reserved;      /* the document is aligned to 8 */
} toucan_packed_t;


static uint32_t toucan_packed_alg(const toucan_alg_t *alg);
static uint32_t toucan_packed_enc(const toucan_enc_t *enc);


size_t
toucan_jwt_packed_len(const toucan_jwt_t *jwt)
{
    return sizeof(toucan_packed_t) + jwt->payload->size + jwt->kid.len;
}


void
toucan_jwt_pack(const toucan_jwt_t *jwt, uint8_t *dst)
{
    toucan_packed_t  head;

    head.type = jwt->type;
    head.access = jwt->access;
    head.alg = toucan_packed_alg(jwt->alg);
    head.enc = toucan_packed_enc(jwt->enc);
    head.kid = (jwt->kid.data == NULL) ? TOUCAN_PACKED_NONE
                                       : (uint32_t) jwt->kid.len;
    head.reserved = 0;

    memcpy(dst, &head, sizeof(toucan_packed_t));
    dst += sizeof(toucan_packed_t);

    memcpy(dst, jwt->payload, jwt->payload->size);
    dst += jwt->payload->size;

    if (jwt->kid.data != NULL) {
        memcpy(dst, jwt->kid.data, jwt->kid.len);
    }
}


static uint32_t
toucan_packed_alg(const toucan_alg_t *alg)
{
    uint32_t             i;
    const toucan_alg_t  *row;

    for (i = 0; (row = toucan_alg_row(i)) != NULL; i++) {
        if (row == alg) {
            return i;
        }
    }

    return TOUCAN_PACKED_NONE;
}


static uint32_t
toucan_packed_enc(const toucan_enc_t *enc)
{
    uint32_t             i;
    const toucan_enc_t  *row;

    for (i = 0; (row = toucan_enc_row(i)) != NULL; i++) {
        if (row == enc) {
            return i;
        }
    }

    return TOUCAN_PACKED_NONE;
}


toucan_rc_t
toucan_jwt_unpack(toucan_jwt_t *jwt, toucan_str_t packed,
    toucan_arena_t *arena)
{
    size_t               rest;
    uint8_t             *p;
    toucan_packed_t      head;
    const toucan_doc_t  *doc;

    memset(jwt, 0, sizeof(toucan_jwt_t));

    if (packed.len < sizeof(toucan_packed_t) + sizeof(toucan_doc_t)) {
        return TOUCAN_BAD_FORMAT;
    }

    memcpy(&head, packed.data, sizeof(toucan_packed_t));

    rest = packed.len - sizeof(toucan_packed_t);

    p = toucan_arena_alloc(arena, rest);
    if (p == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    memcpy(p, packed.data + sizeof(toucan_packed_t), rest);

    doc = (const toucan_doc_t *) p;

    if (doc->size > rest
        || rest - doc->size != (head.kid == TOUCAN_PACKED_NONE ? 0 : head.kid))
    {
        return TOUCAN_BAD_FORMAT;
    }

    jwt->alg = toucan_alg_row(head.alg);

    if (jwt->alg == NULL) {
        return TOUCAN_BAD_FORMAT;
    }

    jwt->payload = doc;
    jwt->type = (toucan_type_e) head.type;
    jwt->enc = toucan_enc_row(head.enc);
    jwt->access = head.access & 1;

    if (head.kid != TOUCAN_PACKED_NONE) {
        jwt->kid = toucan_str(p + doc->size, head.kid);
    }

    return TOUCAN_OK;
}
