
/*
 * Parts and headers of compact tokens.
 */


#include "jose/toucan_compact.h"
#include "jose/toucan_b64.h"
#include "jose/toucan_jwk_write.h"


/* The parameters that are looked at in every header. */

#define TOUCAN_HEADER_MAP(XX)                                                 \
    XX(KID, "kid")                                                            \
    XX(ALG, "alg")                                                            \
    XX(ENC, "enc")                                                            \
    XX(ZIP, "zip")                                                            \
    XX(CRIT, "crit")                                                          \
    XX(B64, "b64")                                                            \
    XX(TYP, "typ")                                                            \
    XX(CTY, "cty")


typedef enum {
#define TOUCAN_HEADER_CODE(code, name)  TOUCAN_HEADER_##code,
    TOUCAN_HEADER_MAP(TOUCAN_HEADER_CODE)
#undef TOUCAN_HEADER_CODE
    TOUCAN_HEADER_PARAMS
} toucan_header_param_e;


static void toucan_header_find(const toucan_header_t *header,
    const toucan_node_t *found[TOUCAN_HEADER_PARAMS]);
static toucan_rc_t toucan_header_check(toucan_header_t *header,
    int encrypted);
static toucan_rc_t toucan_header_types(toucan_header_t *header,
    const toucan_node_t *typ, const toucan_node_t *cty, int encrypted);
static toucan_rc_t toucan_header_text(const toucan_header_t *header,
    const toucan_node_t *node, toucan_str_t *value);
static toucan_str_t toucan_media_type(toucan_str_t type);
static void toucan_header_put(toucan_buf_t *b, const toucan_jwk_t *jwk,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrapped_t *wrapped, int nested);


static const toucan_json_limits_t  toucan_header_limits = {
    TOUCAN_HEADER_MAX_BYTES, TOUCAN_HEADER_MAX_DEPTH, TOUCAN_HEADER_MAX_VALUES
};


unsigned
toucan_compact_split(toucan_str_t token, toucan_str_t part[TOUCAN_JWE_PARTS])
{
    unsigned        n;
    const uint8_t  *p, *dot, *last;

    if (token.len == 0) {
        return 0;
    }

    p = token.data;
    last = token.data + token.len;

    for (n = 0; n < TOUCAN_JWE_PARTS; n++) {
        dot = (p < last) ? memchr(p, '.', (size_t) (last - p)) : NULL;

        if (dot == NULL) {
            part[n] = toucan_str(p, (size_t) (last - p));
            return n + 1;
        }

        part[n] = toucan_str(p, (size_t) (dot - p));
        p = dot + 1;
    }

    return 0;
}


toucan_rc_t
toucan_header_read(toucan_header_t *header, toucan_str_t part, int encrypted,
    toucan_arena_t *arena)
{
    toucan_rc_t   rc;
    toucan_str_t  json;

    memset(header, 0, sizeof(toucan_header_t));

    rc = toucan_b64_decode_new(&json, part, arena);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    rc = toucan_json_parse(json, &toucan_header_limits, arena, &header->doc);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    return toucan_header_check(header, encrypted);
}


int
toucan_header_known(const toucan_header_seen_t *seen, toucan_str_t part)
{
    return part.len > 0 && part.len == seen->part_len
           && memcmp(part.data, seen->part, part.len) == 0;
}


toucan_rc_t
toucan_header_recall(toucan_header_t *header, const toucan_header_seen_t *seen,
    toucan_arena_t *arena)
{
    uint8_t  *kid;

    memset(header, 0, sizeof(toucan_header_t));

    /* what was seen may change while this token is still in use */

    if (seen->named) {
        kid = toucan_arena_alloc(arena, TOUCAN_HEADER_SEEN_KID);
        if (kid == NULL) {
            return TOUCAN_NO_MEMORY;
        }

        memcpy(kid, seen->kid, TOUCAN_HEADER_SEEN_KID);
        header->kid = toucan_str(kid, seen->kid_len);
    }

    header->alg = seen->alg;
    header->access = seen->access;

    return TOUCAN_OK;
}


void
toucan_header_note(toucan_header_seen_t *seen, toucan_str_t part,
    const toucan_header_t *header)
{
    if (part.len > sizeof(seen->part) || header->kid.len > sizeof(seen->kid)) {
        return;
    }

    seen->alg = header->alg;
    seen->access = header->access;
    seen->named = (header->kid.data != NULL);
    seen->kid_len = (unsigned) header->kid.len;
    seen->part_len = (unsigned) part.len;

    memcpy(seen->part, part.data, part.len);

    if (seen->named) {
        memcpy(seen->kid, header->kid.data, header->kid.len);
    }
}


/* One walk over the members: a name is there once. */

static void
toucan_header_find(const toucan_header_t *header,
    const toucan_node_t *found[TOUCAN_HEADER_PARAMS])
{
    unsigned              i;
    toucan_str_t          name;
    const toucan_node_t  *root, *node;

    static const toucan_str_t  names[] = {
#define TOUCAN_HEADER_NAME(code, name)  toucan_string(name),
        TOUCAN_HEADER_MAP(TOUCAN_HEADER_NAME)
#undef TOUCAN_HEADER_NAME
    };

    memset(found, 0, TOUCAN_HEADER_PARAMS * sizeof(const toucan_node_t *));

    root = toucan_json_root(header->doc);

    for (node = toucan_json_child(header->doc, root);
         node != NULL;
         node = toucan_json_sibling(header->doc, root, node))
    {
        name = toucan_json_name(header->doc, node);

        for (i = 0; i < TOUCAN_HEADER_PARAMS; i++) {

            if (toucan_str_eq(name, names[i])) {
                found[i] = node;
                break;
            }
        }
    }
}


static toucan_rc_t
toucan_header_check(toucan_header_t *header, int encrypted)
{
    toucan_str_t          alg, enc, kid;
    const toucan_node_t  *found[TOUCAN_HEADER_PARAMS];

    toucan_header_find(header, found);

    if (toucan_header_text(header, found[TOUCAN_HEADER_KID], &kid)
        != TOUCAN_OK
        || kid.len > TOUCAN_JWK_MAX_KID)
    {
        return TOUCAN_BAD_CLAIM;
    }

    header->kid = kid;

    if (toucan_header_text(header, found[TOUCAN_HEADER_ALG], &alg)
        != TOUCAN_OK
        || toucan_header_text(header, found[TOUCAN_HEADER_ENC], &enc)
           != TOUCAN_OK
        || alg.data == NULL
        || (enc.data != NULL) != encrypted
        || found[TOUCAN_HEADER_ZIP] != NULL)
    {
        return TOUCAN_BAD_CLAIM;
    }

    if (found[TOUCAN_HEADER_CRIT] != NULL || found[TOUCAN_HEADER_B64] != NULL)
    {
        return TOUCAN_CRIT_UNKNOWN;
    }

    header->alg = toucan_alg_find(alg);
    header->enc = encrypted ? toucan_enc_find(enc) : NULL;

    if (header->alg == NULL
        || toucan_alg_signs(header->alg) == encrypted
        || (encrypted && header->enc == NULL))
    {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    return toucan_header_types(header, found[TOUCAN_HEADER_TYP],
                               found[TOUCAN_HEADER_CTY], encrypted);
}


/*
 * RFC 7515, sections 4.1.9 and 4.1.10; RFC 7519, section 5; RFC 9068, section
 * 2.1
 */

static toucan_rc_t
toucan_header_types(toucan_header_t *header, const toucan_node_t *typ,
    const toucan_node_t *cty, int encrypted)
{
    toucan_str_t  text;

    static const toucan_str_t  jwt = toucan_string("jwt");
    static const toucan_str_t  at_jwt = toucan_string("at+jwt");

    if (toucan_header_text(header, typ, &text) != TOUCAN_OK) {
        return TOUCAN_BAD_CLAIM;
    }

    if (text.data != NULL) {
        text = toucan_media_type(text);

        header->access = toucan_str_caseeq(text, at_jwt);

        if (!header->access && !toucan_str_caseeq(text, jwt)) {
            return TOUCAN_BAD_TYPE;
        }
    }

    if (cty == NULL) {
        return TOUCAN_OK;
    }

    if (!encrypted
        || toucan_header_text(header, cty, &text) != TOUCAN_OK
        || !toucan_str_caseeq(toucan_media_type(text), jwt))
    {
        return TOUCAN_BAD_TYPE;
    }

    header->nested = 1;

    return TOUCAN_OK;
}


/* "application/" may be left out.  A view into type. */

static toucan_str_t
toucan_media_type(toucan_str_t type)
{
    static const toucan_str_t  prefix = toucan_string("application/");

    if (type.len > prefix.len
        && toucan_str_caseeq(toucan_str(type.data, prefix.len), prefix))
    {
        type.data += prefix.len;
        type.len -= prefix.len;
    }

    return type;
}


toucan_rc_t
toucan_header_bytes(const toucan_header_t *header, const char *name,
    toucan_arena_t *arena, toucan_str_t *value)
{
    toucan_rc_t   rc;
    toucan_str_t  text;

    rc = toucan_header_text(header, toucan_header_member(header, name), &text);

    if (rc != TOUCAN_OK || text.data == NULL) {
        *value = toucan_str(NULL, 0);
        return rc;
    }

    return toucan_b64_decode_new(value, text, arena);
}


const toucan_node_t *
toucan_header_member(const toucan_header_t *header, const char *name)
{
    return toucan_json_member(header->doc, toucan_json_root(header->doc),
                              toucan_cstr(name));
}


/* A parameter's text, absent if there is none; else it is a string. */

static toucan_rc_t
toucan_header_text(const toucan_header_t *header, const toucan_node_t *node,
    toucan_str_t *value)
{
    if (node != NULL && !toucan_json_is(node, TOUCAN_JSON_STRING)) {
        return TOUCAN_BAD_CLAIM;
    }

    *value = toucan_json_string(header->doc, node);

    return TOUCAN_OK;
}


toucan_rc_t
toucan_header_write(toucan_str_t *text, const toucan_jwk_t *jwk,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrapped_t *wrapped, int nested, toucan_arena_t *arena)
{
    uint8_t       *p;
    toucan_buf_t   b;

    toucan_buf_init(&b, NULL, 0);
    toucan_header_put(&b, jwk, alg, enc, wrapped, nested);

    p = toucan_arena_alloc(arena, b.need);
    if (p == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    toucan_buf_init(&b, p, b.need);
    toucan_header_put(&b, jwk, alg, enc, wrapped, nested);

    *text = toucan_buf_view(&b);

    return TOUCAN_OK;
}


static void
toucan_header_put(toucan_buf_t *b, const toucan_jwk_t *jwk,
    const toucan_alg_t *alg, const toucan_enc_t *enc,
    const toucan_wrapped_t *wrapped, int nested)
{
    toucan_buf_str(b, toucan_cstr("{\"typ\":\"JWT\""));
    toucan_jwk_write_text(b, "alg", alg->name);

    if (jwk->kid.data != NULL) {
        toucan_jwk_write_text(b, "kid", jwk->kid);
    }

    if (enc != NULL) {
        toucan_jwk_write_text(b, "enc", enc->name);
    }

    if (nested) {
        toucan_jwk_write_text(b, "cty", toucan_cstr("JWT"));
    }

    if (alg->how == TOUCAN_WRAP_AES_GCM) {
        toucan_jwk_write_bytes(b, "iv", toucan_str(wrapped->iv,
                                                   TOUCAN_WRAP_IV_SIZE));
        toucan_jwk_write_bytes(b, "tag", toucan_str(wrapped->tag,
                                                    TOUCAN_WRAP_TAG_SIZE));
    }

    if (alg->how == TOUCAN_WRAP_ECDH_ES) {
        toucan_buf_str(b, toucan_cstr(",\"epk\":{"));
        toucan_jwk_write_point(b, &wrapped->epk);
        toucan_buf_byte(b, '}');
    }

    toucan_buf_byte(b, '}');
}
