
/*
 * Owns: the tests of an opened token as bytes: everything comes back, for each
 * algorithm, and lengths that do not fit are noticed.
 */


#include "tokens.h"


#define PAYLOAD  "{\"sub\":\"x\",\"a\":[1,2.5,true,null,\"\\u00e4\"],"         \
                 "\"user\":{\"id\":\"u\"}}"


static unit_arena_t  from;


static toucan_jwt_t
opened(unsigned alg, unsigned enc, toucan_str_t kid, unsigned access)
{
    toucan_jwt_t  jwt;

    memset(&jwt, 0, sizeof(toucan_jwt_t));

    if (toucan_json_parse(toucan_cstr(PAYLOAD), &toucan_json_token_limits,
                          unit_arena_init(&from), &jwt.payload)
        != TOUCAN_OK)
    {
        abort();
    }

    jwt.type = enc ? TOUCAN_TYPE_NESTED : TOUCAN_TYPE_SIGNED;
    jwt.alg = toucan_alg_row(alg);
    jwt.enc = enc ? toucan_enc_row(enc - 1) : NULL;
    jwt.kid = kid;
    jwt.access = access;

    return jwt;
}


/* The bytes, in memory of exactly their size; the caller frees. */

static toucan_str_t
packed(const toucan_jwt_t *jwt)
{
    size_t    len;
    uint8_t  *p;

    len = toucan_jwt_packed_len(jwt);
    p = malloc(len);

    toucan_jwt_pack(jwt, p);

    return toucan_str(p, len);
}


static void
comes_back(unsigned alg, unsigned enc, toucan_str_t kid, unsigned access)
{
    toucan_str_t   text;
    toucan_jwt_t   jwt, back;
    unit_arena_t   a;

    jwt = opened(alg, enc, kid, access);
    text = packed(&jwt);

    is_str(unit_rc(toucan_jwt_unpack(&back, text, unit_arena_init(&a))), "ok",
           "%.*s, enc %u, kid of %zu bytes, access %u", (int) jwt.alg->name.len,
           (const char *) jwt.alg->name.data, enc, kid.len, access);

    /* nothing leads back to where it came from */

    memset((void *) text.data, 0xff, text.len);
    free((void *) text.data);

    ok(back.type == jwt.type && back.alg == jwt.alg && back.enc == jwt.enc
       && back.access == jwt.access, "its head");
    ok((back.kid.data == NULL) == (kid.data == NULL)
       && toucan_str_eq(back.kid, kid), "its kid");
    is_mem(back.payload, back.payload->size, jwt.payload, jwt.payload->size,
           "its payload");

    unit_arena_free(&a);
    unit_arena_free(&from);
}


static void
rows(void)
{
    unsigned  i, enc;

    for (i = 0; toucan_alg_row(i) != NULL; i++) {
        comes_back(i, 0, toucan_cstr("kid"), 0);
    }

    for (enc = 1; toucan_enc_row(enc - 1) != NULL; enc++) {
        comes_back(enc, enc, toucan_cstr("k"), 1);
    }

    comes_back(0, 0, toucan_str(NULL, 0), 0);
    comes_back(0, 0, toucan_cstr(""), 1);
}


/* bytes that are too few, too many, or say what is not there */

static void
lengths(void)
{
    size_t         i;
    uint32_t       head[6];
    toucan_str_t   text;
    toucan_jwt_t   jwt, back;
    unit_arena_t   a;

    jwt = opened(0, 0, toucan_cstr("kid"), 0);
    text = packed(&jwt);

    for (i = 0; i < text.len; i++) {
        is_str(unit_rc(toucan_jwt_unpack(&back, toucan_str(text.data, i),
                                         unit_arena_init(&a))),
               "bad_format", "%zu of %zu bytes", i, text.len);
        ok(back.payload == NULL && back.alg == NULL, "nothing is set");
        unit_arena_free(&a);
    }

    for (i = 2; i < 6; i++) {

        if (i == 3 || i == 5) {
            continue;           /* no enc; not read */
        }

        memcpy(head, text.data, sizeof(head));
        head[i] ^= 0x40000000;
        memcpy((void *) text.data, head, sizeof(head));

        is_str(unit_rc(toucan_jwt_unpack(&back, text, unit_arena_init(&a))),
               "bad_format", "word %zu is another", i);
        ok(back.payload == NULL && back.alg == NULL, "nothing is set");
        unit_arena_free(&a);

        head[i] ^= 0x40000000;
        memcpy((void *) text.data, head, sizeof(head));
    }

    unit_arena_init(&a);
    a.fail_at = 1;
    is_str(unit_rc(toucan_jwt_unpack(&back, text, &a.arena)), "no_memory",
           "no memory");
    unit_arena_free(&a);

    is_str(unit_rc(toucan_jwt_unpack(&back, text, unit_arena_init(&a))), "ok",
           "as it was");
    unit_arena_free(&a);

    free((void *) text.data);
    unit_arena_free(&from);
}


int
main(void)
{
    rows();
    lengths();

    return done_testing();
}
