
/*
 * Owns: the tests of memory, diagnostics and the bounded writer.
 */


#include "identity.h"


static void
test_memory(void)
{
    uint8_t       *p, *q;
    unit_arena_t   a;

    p = toucan_calloc(0, 16);
    ok(p != NULL, "no items are a block, too");
    toucan_free(p);

    p = toucan_calloc(4, 4);
    ok(p != NULL && p[0] == 0 && p[15] == 0, "zeroed");

    memset(p, 7, 16);

    ok(toucan_realloc(p, 0, 4) == NULL, "not to no items");
    ok(toucan_realloc(p, 4, 0) == NULL, "nor to items of no size");
    ok(toucan_realloc(p, SIZE_MAX / 4 + 1, 4) == NULL,
       "nor to more than can be counted");
    ok(p[0] == 7 && p[15] == 7, "the block is as it was");

    q = toucan_realloc(p, 8, 4);
    ok(q != NULL && q[0] == 7 && q[15] == 7, "a larger one holds the same");

    toucan_cleanse(q, 16);
    ok(q[0] == 0 && q[15] == 0, "cleansed");

    toucan_free(q);
    toucan_free(NULL);

    ok(toucan_const_eq("abc", "abc", 3), "equal");
    ok(!toucan_const_eq("abc", "abd", 3), "not in the last byte");
    ok(!toucan_const_eq("abc", "bbc", 3), "nor in the first");
    ok(toucan_const_eq("abc", "xyz", 0), "nothing equals nothing");

    unit_arena_init(&a, 2);
    ok(toucan_arena_alloc(&a.arena, 1) != NULL, "an arena has a byte");
    ok(toucan_arena_alloc(&a.arena, 1) == NULL, "and no other one");
    unit_arena_done(&a);
}


/* An arena of one piece. */

static void
test_block(void)
{
    uint8_t         *p;
    toucan_arena_t   arena;
    toucan_block_t   block;

    memset(&block, 0x5a, sizeof(toucan_block_t));
    arena = toucan_block_arena(&block);
    ok(block.data == NULL && block.size == 0, "a block begins empty");

    toucan_block_free(&block);
    pass("and can be freed so");

    arena = toucan_block_arena(&block);
    p = toucan_arena_alloc(&arena, 32);
    ok(p != NULL && p == block.data && block.size == 32, "it gives a piece");
    ok(p[0] == 0 && p[31] == 0, "zeroed");
    ok(toucan_arena_alloc(&arena, 1) == NULL, "and no other one");
    ok(p == block.data && block.size == 32, "the first one stays");

    toucan_block_free(&block);
    ok(block.data == NULL && block.size == 0, "freed, it is empty");
    toucan_block_free(&block);
    pass("and can be freed again");

    arena = toucan_block_arena(&block);
    ok(toucan_arena_alloc(&arena, 8) != NULL, "a new arena, another piece");
    toucan_block_free(&block);
}


static void
test_diagnostics(void)
{
    char           text[TOUCAN_DIAG_SIZE + 16];
    toucan_diag_t  d;

    memset(&d, 0xa5, sizeof(toucan_diag_t));
    toucan_diag_init(&d);
    is_str(d.error, "", "no error");
    is_str(d.warning, "", "no warning");
    is_int(d.warnings, 0, "none at all");

    toucan_diag_error(&d, "one %d", 1);
    toucan_diag_error(&d, "two %d", 2);
    is_str(d.error, "two 2", "the last error stays");

    toucan_diag_warn(&d, "one");
    toucan_diag_warn(&d, "two");
    is_str(d.warning, "one", "the first warning stays");
    is_int(d.warnings, 2, "and the others are counted");

    toucan_diag_error(&d, "%s", "a\n\x1b[0m\x7f\xc3\xa9 ~");
    is_str(d.error, "a??[0m??? ~", "what is not printable is not printed");

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';

    toucan_diag_error(&d, "%s", text);
    is_int(strlen(d.error), TOUCAN_DIAG_SIZE - 1, "a long one is cut");

    toucan_diag_error(&d, "%.*s", toucan_fmt(toucan_str(text, 128)));
    is_int(strlen(d.error), 128, "a view of 128 bytes is shown");
    toucan_diag_error(&d, "%.*s", toucan_fmt(toucan_str(text, 129)));
    is_int(strlen(d.error), 128, "of a longer one 128");
    toucan_diag_error(&d, "<%.*s>", toucan_fmt(toucan_str(NULL, 0)));
    is_str(d.error, "<>", "of an absent one nothing");
}


static void
test_writer(void)
{
    char          room[8];
    toucan_buf_t  b;

    toucan_buf_init(&b, NULL, 0);
    toucan_buf_write(&b, "abc", 3);
    toucan_buf_byte(&b, 'd');
    toucan_buf_str(&b, toucan_cstr("ef"));
    ok(b.need == 6 && !b.overflow, "without room it counts");

    memset(room, '.', sizeof(room));
    toucan_buf_init(&b, room, 4);
    toucan_buf_write(&b, "abc", 3);
    toucan_buf_write(&b, NULL, 0);
    is_view(toucan_buf_view(&b), "abc", "what fits is written");

    toucan_buf_write(&b, "de", 2);
    ok(b.overflow, "what does not fit is an overflow");
    is_view(toucan_buf_view(&b), "abc", "of which nothing is written");

    toucan_buf_byte(&b, 'd');
    ok(b.overflow, "for good");
    is_view(toucan_buf_view(&b), "abc", "though there would be room");
    is_int(b.need, 6, "it counts on");
    is_mem(room, 8, "abc.....", 8, "no byte behind");

    toucan_buf_init(&b, room, 0);
    toucan_buf_byte(&b, 'x');
    ok(b.overflow && room[0] == 'a', "no room is no room");
}


int
main(void)
{
    test_memory();
    test_block();
    test_diagnostics();
    test_writer();

    return done_testing();
}
