
/*
 * Owns: the tests of faults: the field as a JSON Pointer (RFC 6901).
 */


#include "identity.h"


#define MAX  4


static const struct {
    const char      *segments[MAX];
    unsigned         n;
    const char      *field;
} rows[] = {
    { { NULL }, 0, "" },
    { { "user" }, 1, "/user" },
    { { "" }, 1, "/" },
    { { "user", "distinctId" }, 2, "/user/distinctId" },
    { { "user", "attributes", "a" }, 3, "/user/attributes/a" },
    { { "a", "b", "c", "d" }, 4, "/a/b/c/d" },
    { { "", "" }, 2, "//" },

    /* section 3: "~" first, so that "~1" is no "/" */

    { { "a/b" }, 1, "/a~1b" },
    { { "m~n" }, 1, "/m~0n" },
    { { "~" }, 1, "/~0" },
    { { "/" }, 1, "/~1" },
    { { "~1" }, 1, "/~01" },
    { { "~0" }, 1, "/~00" },
    { { "/~/~", "~~//" }, 2, "/~1~0~1~0/~0~0~1~1" },
    { { "c%d e\"f\\g" }, 1, "/c%d e\"f\\g" },
    { { "\xc3\xa9" }, 1, "/\xc3\xa9" }
};


static void
test_fields(void)
{
    size_t          i;
    unsigned        k;
    unit_arena_t    a;
    toucan_str_t    segments[MAX];
    toucan_fault_t  fault;

    static const char  message[] = "what is wrong";

    for (i = 0; i < unit_n(rows); i++) {
        unit_arena_init(&a, 0);
        memset(&fault, 0x5a, sizeof(toucan_fault_t));

        for (k = 0; k < rows[i].n; k++) {
            segments[k] = toucan_cstr(rows[i].segments[k]);
        }

        is_rc(toucan_fault(&fault, &a.arena, TOUCAN_BAD_REQUEST, message,
                           segments, rows[i].n),
              TOUCAN_BAD_REQUEST, "the reason is handed through");
        is_view(fault.field, rows[i].field, "the field: %s", rows[i].field);
        ok(fault.message == message, "the message");

        unit_arena_done(&a);
    }

    unit_arena_init(&a, 1);
    segments[0] = toucan_cstr("user");

    is_rc(toucan_fault(&fault, &a.arena, TOUCAN_SCOPE_EXCEEDS_KEY, message,
                       segments, 1),
          TOUCAN_SCOPE_EXCEEDS_KEY, "without memory: the reason all the same");
    is_view(fault.field, NULL, "without memory: no field");
    ok(fault.message == message, "without memory: the message");
    unit_arena_done(&a);

    unit_arena_init(&a, 1);
    (void) toucan_fault(&fault, &a.arena, TOUCAN_BAD_REQUEST, NULL, NULL, 0);
    is_view(fault.field, "", "the whole body takes no memory");
    ok(fault.message == NULL, "no message");
    unit_arena_done(&a);
}


static void
test_index(void)
{
    size_t    i;
    uint8_t  *text;

    static const struct {
        unsigned         i;
        const char      *text;
    } numbers[] = {
        { 0, "0" }, { 1, "1" }, { 9, "9" }, { 10, "10" }, { 63, "63" },
        { 100, "100" }, { 1000, "1000" }, { 4294967295u, "4294967295" }
    };

    text = malloc(TOUCAN_FAULT_INDEX_SIZE);

    for (i = 0; i < unit_n(numbers); i++) {
        is_view(toucan_fault_index(numbers[i].i, text), numbers[i].text,
                "index %s", numbers[i].text);
    }

    free(text);
}


int
main(void)
{
    test_fields();
    test_index();

    return done_testing();
}
