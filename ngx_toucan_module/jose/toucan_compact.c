
/*
 * Parts and headers of compact tokens.
 */


#include "jose/toucan_compact.h"
#include "jose/toucan_b64.h"
#include "jose/toucan_jwk_write.h"


static toucan_rc_t toucan_header_check(toucan_header_t *header,
    int encrypted);
static toucan_rc_t toucan_header_types(toucan_header_t *header,
    int encrypted);
static toucan_rc_t toucan_header_text(const toucan_header_t *header,
    const char *name, toucan_str_t *value);
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


static toucan_rc_t
toucan_header_check(toucan_header_t *header, int encrypted)
{
    toucan_str_t  alg, enc, kid;

    if (toucan_header_text(header, "kid", &kid) != TOUCAN_OK
        || kid.len > TOUCAN_JWK_MAX_KID)
    {
        return TOUCAN_BAD_CLAIM;
    }

    header->kid = kid;

    if (toucan_header_text(header, "alg", &alg) != TOUCAN_OK
        || toucan_header_text(header, "enc", &enc) != TOUCAN_OK
        || alg.data == NULL
        || (enc.data != NULL) != encrypted
        || toucan_header_member(header, "zip") != NULL)
    {
        return TOUCAN_BAD_CLAIM;
    }

    if (toucan_header_member(header, "crit") != NULL
        || toucan_header_member(header, "b64") != NULL)
    {
        return TOUCAN_CRIT_UNKNOWN;
    }

    header->alg = toucan_alg_find(alg);
    header->enc = toucan_enc_find(enc);

    if (header->alg == NULL
        || toucan_alg_signs(header->alg) == encrypted
        || (encrypted && header->enc == NULL))
    {
        return TOUCAN_ALG_NOT_ALLOWED;
    }

    return toucan_header_types(header, encrypted);
}


/*
 * RFC 7515, sections 4.1.9 and 4.1.10; RFC 7519, section 5; RFC 9068, section
 * 2.1
 */

static toucan_rc_t
toucan_header_types(toucan_header_t *header, int encrypted)
{
    toucan_str_t  typ, cty;

    static const toucan_str_t  jwt = toucan_string("jwt");
    static const toucan_str_t  at_jwt = toucan_string("at+jwt");

    if (toucan_header_text(header, "typ", &typ) != TOUCAN_OK) {
        return TOUCAN_BAD_CLAIM;
    }

    header->access = (typ.data != NULL
                      && toucan_str_caseeq(toucan_media_type(typ), at_jwt));

    if (typ.data != NULL && !header->access
        && !toucan_str_caseeq(toucan_media_type(typ), jwt))
    {
        return TOUCAN_BAD_TYPE;
    }

    if (toucan_header_member(header, "cty") == NULL) {
        return TOUCAN_OK;
    }

    if (!encrypted
        || toucan_header_text(header, "cty", &cty) != TOUCAN_OK
        || !toucan_str_caseeq(toucan_media_type(cty), jwt))
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

    rc = toucan_header_text(header, name, &text);

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
toucan_header_text(const toucan_header_t *header, const char *name,
    toucan_str_t *value)
{
    const toucan_node_t  *node;

    node = toucan_header_member(header, name);

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
