
/*
 * Members of JSON objects as JOSE writes them.
 */


#include "jose/toucan_jwk_write.h"
#include "jose/toucan_b64.h"
#include "jose/toucan_json.h"


void
toucan_jwk_write_text(toucan_buf_t *b, const char *name, toucan_str_t value)
{
    toucan_buf_byte(b, ',');
    toucan_json_write_string(b, toucan_cstr(name));
    toucan_buf_byte(b, ':');
    toucan_json_write_string(b, value);
}


void
toucan_jwk_write_bytes(toucan_buf_t *b, const char *name, toucan_str_t value)
{
    toucan_buf_byte(b, ',');
    toucan_json_write_string(b, toucan_cstr(name));
    toucan_buf_str(b, toucan_cstr(":\""));
    toucan_b64_encode(b, value);
    toucan_buf_byte(b, '"');
}


void
toucan_jwk_write_point(toucan_buf_t *b, const toucan_point_t *point)
{
    toucan_buf_str(b, toucan_cstr("\"kty\":"));
    toucan_json_write_string(b, toucan_cstr(point->kty));
    toucan_jwk_write_text(b, "crv", toucan_cstr(point->crv));
    toucan_jwk_write_bytes(b, "x", point->x);

    if (point->y.len > 0) {
        toucan_jwk_write_bytes(b, "y", point->y);
    }
}
