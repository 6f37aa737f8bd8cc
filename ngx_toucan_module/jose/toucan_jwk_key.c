
/*
 * The numbers of a JWK, and the keys that are made of them.
 */


#include "jose/toucan_jwk_impl.h"
#include "jose/toucan_b64.h"


/* the largest number, with some leading zero octets */
#define TOUCAN_JWK_MAX_BYTES  (TOUCAN_RSA_MAX_SIZE + 16)


/* A number of an RSA key, and where it goes. */

typedef struct {
    const char          *name;
    size_t               offset;
} toucan_jwk_number_t;


static int toucan_jwk_bytes(toucan_jwk_ctx_t *ctx, const char *name,
    uint8_t *dst, size_t size, toucan_str_t *value, toucan_diag_t *fault);
static int toucan_jwk_secret(toucan_jwk_ctx_t *ctx, const char *name,
    uint8_t *dst, size_t size, toucan_str_t *value, toucan_diag_t *fault);


/* the private ones stand behind the public ones, in the order of the type */

static const toucan_jwk_number_t  toucan_jwk_numbers[] = {
    { "n", offsetof(toucan_rsa_t, n) },
    { "e", offsetof(toucan_rsa_t, e) },
    { "d", offsetof(toucan_rsa_t, d) },
    { "p", offsetof(toucan_rsa_t, p) },
    { "q", offsetof(toucan_rsa_t, q) },
    { "dp", offsetof(toucan_rsa_t, dp) },
    { "dq", offsetof(toucan_rsa_t, dq) },
    { "qi", offsetof(toucan_rsa_t, qi) }
};

#define TOUCAN_JWK_NUMBERS                                                    \
    (sizeof(toucan_jwk_numbers) / sizeof(toucan_jwk_numbers[0]))

#define TOUCAN_JWK_PUBLIC_NUMBERS  2


toucan_key_t *
toucan_jwk_oct(toucan_jwk_ctx_t *ctx, toucan_crv_e crv, toucan_diag_t *fault)
{
    uint8_t        bytes[TOUCAN_JWK_MAX_BYTES];
    toucan_key_t  *key;
    toucan_str_t   k;

    (void) crv;

    key = NULL;

    if (toucan_jwk_bytes(ctx, "k", bytes, sizeof(bytes), &k, fault)) {
        if ((ctx->ops & TOUCAN_OP_DERIVE) && k.len < TOUCAN_JWK_MIN_MASTER) {
            toucan_diag_error(fault, "a master key of %zu bytes, not of %u "
                              "to %u", k.len, TOUCAN_JWK_MIN_MASTER,
                              TOUCAN_OCT_MAX_SIZE);

        } else {
            key = toucan_key_oct(k, fault);
        }
    }

    toucan_cleanse(bytes, sizeof(bytes));

    return key;
}


toucan_key_t *
toucan_jwk_rsa(toucan_jwk_ctx_t *ctx, toucan_crv_e crv, toucan_diag_t *fault)
{
    int            ok;
    uint8_t        bytes[TOUCAN_JWK_NUMBERS][TOUCAN_JWK_MAX_BYTES];
    unsigned       i;
    toucan_key_t  *key;
    toucan_rsa_t   rsa;
    toucan_str_t  *number;

    (void) crv;

    memset(&rsa, 0, sizeof(toucan_rsa_t));
    ok = 1;

    for (i = 0; ok && i < TOUCAN_JWK_NUMBERS; i++) {
        number = (toucan_str_t *) ((char *) &rsa
                                   + toucan_jwk_numbers[i].offset);

        if (i < TOUCAN_JWK_PUBLIC_NUMBERS) {
            ok = toucan_jwk_bytes(ctx, toucan_jwk_numbers[i].name, bytes[i],
                                  sizeof(bytes[i]), number, fault);

        } else {
            ok = toucan_jwk_secret(ctx, toucan_jwk_numbers[i].name, bytes[i],
                                   sizeof(bytes[i]), number, fault);
        }
    }

    key = ok ? toucan_key_rsa(&rsa, fault) : NULL;

    toucan_cleanse(bytes, sizeof(bytes));

    return key;
}


toucan_key_t *
toucan_jwk_ec(toucan_jwk_ctx_t *ctx, toucan_crv_e crv, toucan_diag_t *fault)
{
    uint8_t        x_bytes[TOUCAN_JWK_MAX_BYTES];
    uint8_t        y_bytes[TOUCAN_JWK_MAX_BYTES];
    uint8_t        d_bytes[TOUCAN_JWK_MAX_BYTES];
    toucan_key_t  *key;
    toucan_str_t   x, y, d;

    key = NULL;

    if (toucan_jwk_bytes(ctx, "x", x_bytes, sizeof(x_bytes), &x, fault)
        && toucan_jwk_bytes(ctx, "y", y_bytes, sizeof(y_bytes), &y, fault)
        && toucan_jwk_secret(ctx, "d", d_bytes, sizeof(d_bytes), &d, fault))
    {
        key = (d.data != NULL)
              ? toucan_key_ec(crv, x, y, d, fault)
              : toucan_key_ec_like(ctx->like, crv, x, y, fault);
    }

    toucan_cleanse(d_bytes, sizeof(d_bytes));

    return key;
}


toucan_key_t *
toucan_jwk_okp(toucan_jwk_ctx_t *ctx, toucan_crv_e crv, toucan_diag_t *fault)
{
    uint8_t        x_bytes[TOUCAN_JWK_MAX_BYTES];
    uint8_t        d_bytes[TOUCAN_JWK_MAX_BYTES];
    toucan_key_t  *key;
    toucan_str_t   x, d;

    key = NULL;

    if (toucan_jwk_bytes(ctx, "x", x_bytes, sizeof(x_bytes), &x, fault)
        && toucan_jwk_secret(ctx, "d", d_bytes, sizeof(d_bytes), &d, fault))
    {
        key = toucan_key_okp(crv, x, d, fault);
    }

    toucan_cleanse(d_bytes, sizeof(d_bytes));

    return key;
}


/*
 * toucan_jwk_bytes() for a private member: absent, and no fault, where the
 * private half is not wanted.  An RSA key may have d alone, or d with all of
 * the others (RFC 7518 section 6.3.2).
 */

static int
toucan_jwk_secret(toucan_jwk_ctx_t *ctx, const char *name, uint8_t *dst,
    size_t size, toucan_str_t *value, toucan_diag_t *fault)
{
    *value = toucan_str(NULL, 0);

    if (!ctx->secret_half) {
        return 1;
    }

    if (toucan_json_member(ctx->doc, ctx->node, toucan_cstr("oth")) != NULL) {
        toucan_diag_error(fault, "oth: a key of more than two primes");
        return 0;
    }

    if (strcmp(name, "d") != 0
        && toucan_json_member(ctx->doc, ctx->node, toucan_cstr("p")) == NULL)
    {
        return 1;
    }

    return toucan_jwk_bytes(ctx, name, dst, size, value, fault);
}


/* 1 when the member is there and decodes; *value is then a view into dst. */

static int
toucan_jwk_bytes(toucan_jwk_ctx_t *ctx, const char *name, uint8_t *dst,
    size_t size, toucan_str_t *value, toucan_diag_t *fault)
{
    size_t                len;
    toucan_str_t          text;
    const toucan_node_t  *node;

    node = toucan_json_member(ctx->doc, ctx->node, toucan_cstr(name));

    if (node == NULL) {
        toucan_diag_error(fault, "%s is missing", name);
        return 0;
    }

    if (!toucan_json_is(node, TOUCAN_JSON_STRING)) {
        toucan_diag_error(fault, "%s is not a string", name);
        return 0;
    }

    text = toucan_json_string(ctx->doc, node);

    if (toucan_b64_decoded_len(text.len) > size) {
        toucan_diag_error(fault, "%s is too long", name);
        return 0;
    }

    if (toucan_b64_decode(dst, &len, text) != TOUCAN_OK) {
        toucan_diag_error(fault, "%s is not base64url", name);
        return 0;
    }

    *value = toucan_str(dst, len);

    return 1;
}
