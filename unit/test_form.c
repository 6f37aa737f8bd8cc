
/*
 * Owns: the tests of forms: one parameter, decoded.
 */


#include "identity.h"


typedef struct {
    const char      *body;
    const char      *name;
    const char      *value;         /* NULL: absent */
    toucan_rc_t      rc;
} form_row_t;


static const form_row_t  form_rows[] = {

    { "", "token", NULL, TOUCAN_OK },
    { "token=x", "token", "x", TOUCAN_OK },
    { "token=x&", "token", "x", TOUCAN_OK },
    { "&token=x", "token", "x", TOUCAN_OK },
    { "&&&token=x&&", "token", "x", TOUCAN_OK },
    { "a=1&token=x&b=2", "token", "x", TOUCAN_OK },
    { "a=1&b=2", "token", NULL, TOUCAN_OK },
    { "&", "token", NULL, TOUCAN_OK },
    { "=", "token", NULL, TOUCAN_OK },
    { "=token", "token", NULL, TOUCAN_OK },
    { "a=token=x", "token", NULL, TOUCAN_OK },
    { "token=a=b", "token", "a=b", TOUCAN_OK },
    { "token==", "token", "=", TOUCAN_OK },

    /* no other name is it */

    { "Token=x", "token", NULL, TOUCAN_OK },
    { "token2=x", "token", NULL, TOUCAN_OK },
    { "toke=x", "token", NULL, TOUCAN_OK },
    { "token[]=x", "token", NULL, TOUCAN_OK },
    { "+token=x", "token", NULL, TOUCAN_OK },
    { "a;token=x", "token", NULL, TOUCAN_OK },
    { "token%00=x", "token", NULL, TOUCAN_OK },

    /* names and values are encoded alike */

    { "%74oken=x", "token", "x", TOUCAN_OK },
    { "%74%6F%6b%65%6E=x", "token", "x", TOUCAN_OK },
    { "my+name=x", "my name", "x", TOUCAN_OK },
    { "my%20name=x", "my name", "x", TOUCAN_OK },
    { "my%2Bname=x", "my+name", "x", TOUCAN_OK },
    { "token=a+b", "token", "a b", TOUCAN_OK },
    { "token=%2b%2B", "token", "++", TOUCAN_OK },
    { "token=%26%3d%25", "token", "&=%", TOUCAN_OK },
    { "token=%2526", "token", "%26", TOUCAN_OK },
    { "token=%c3%A9", "token", "\xc3\xa9", TOUCAN_OK },
    { "token=%ff", "token", "\xff", TOUCAN_OK },
    { "token=a;b", "token", "a;b", TOUCAN_OK },
    { "token=+", "token", " ", TOUCAN_OK },
    { "token%3dx", "token", NULL, TOUCAN_OK },
    { "a%26token=x", "token", NULL, TOUCAN_OK },
    { "grant_type=urn%3Aietf%3Aparams&token=e.y.z", "grant_type",
      "urn:ietf:params", TOUCAN_OK },

    /* twice, in whatever spelling */

    { "token=x&token=x", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=x&a=1&token=y", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=x&%74oken=y", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=x&token=", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=x&token", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=x&a=1&a=2", "token", "x", TOUCAN_OK },

    /* empty */

    { "token", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=&a=1", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token&a=1", "token", NULL, TOUCAN_BAD_REQUEST },

    /* broken escapes: in the value, in any name */

    { "token=%", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=%4", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=a%4", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=%4&a=1", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=%4g", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=%g4", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=%+4", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=%%41", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token%=x", "token", NULL, TOUCAN_BAD_REQUEST },
    { "a%zz=1&token=x", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=x&a%zz=1", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=x&%4", "token", NULL, TOUCAN_BAD_REQUEST },
    { "token=x&a=%zz", "token", "x", TOUCAN_OK }
};


static void
test_values(void)
{
    char              *copy;
    size_t             i, len;
    unit_arena_t       a;
    toucan_str_t       value;
    const form_row_t  *row;

    for (i = 0; i < unit_n(form_rows); i++) {
        row = &form_rows[i];

        /* without the NUL: a byte too many is to be seen */

        len = strlen(row->body);
        copy = malloc(len ? len : 1);
        memcpy(copy, row->body, len);

        unit_arena_init(&a, 0);
        value = toucan_cstr("before");

        is_rc(toucan_form_value(toucan_str(copy, len), toucan_cstr(row->name),
                                &a.arena, &value),
              row->rc, "%s in \"%s\"", row->name, row->body);
        free(copy);

        is_view(value, row->value, "%s in \"%s\": reads", row->name,
                row->body);
        unit_arena_done(&a);
    }
}


static void
test_others(void)
{
    char          *body;
    unit_arena_t   a;
    toucan_str_t   value;

    unit_arena_init(&a, 1);
    is_rc(toucan_form_value(toucan_cstr("token=x"), toucan_cstr("token"),
                            &a.arena, &value),
          TOUCAN_NO_MEMORY, "no memory");
    is_view(value, NULL, "no memory, no value");
    unit_arena_done(&a);

    unit_arena_init(&a, 1);
    is_rc(toucan_form_value(toucan_str(NULL, 0), toucan_cstr("token"),
                            &a.arena, &value),
          TOUCAN_OK, "an absent body takes none");
    is_view(value, NULL, "and has no value");
    unit_arena_done(&a);

    unit_arena_init(&a, 0);
    is_rc(toucan_form_value(toucan_str("token=a%00b", 11),
                            toucan_cstr("token"), &a.arena, &value),
          TOUCAN_OK, "a NUL");
    is_mem(value.data, value.len, "a\0b", 3, "is a byte as any other");
    is_rc(toucan_form_value(toucan_str("token=a\0b", 9),
                            toucan_cstr("token"), &a.arena, &value),
          TOUCAN_OK, "as it is");
    is_mem(value.data, value.len, "a\0b", 3, "too");

    /* what precedes the value does not reach into it, nor what follows */

    body = unit_repeat('n', 300);
    memcpy(body, "aaaa=1&token=", 13);
    memcpy(body + 150, "&bbbbbbbbbbbbbbbbbbbbbb=2&", 26);
    is_rc(toucan_form_value(toucan_str(body, 300), toucan_cstr("token"),
                            &a.arena, &value), TOUCAN_OK, "a long value");
    is_mem(value.data, value.len, body + 13, 137, "is whole");
    free(body);

    unit_arena_done(&a);
}


int
main(void)
{
    test_values();
    test_others();

    return done_testing();
}
