
/*
 * Spellings that two readers could take for different things; and beside
 * them the usual ones, which must not be refused.
 */


#include "identity.h"


typedef struct {
    const char      *text;
    int              ambiguous;
} path_row_t;


static const path_row_t  path_rows[] = {

    { "/", 0 },
    { "/d/sales", 0 },
    { "/d/sales/", 0 },
    { "/d/sales.json", 0 },
    { "/.well-known/x", 0 },
    { "/d/...", 0 },
    { "/d/..a", 0 },
    { "/d/a..", 0 },
    { "/d/a%20b", 0 },
    { "/d/%41", 0 },
    { "/d/%c3%a9", 0 },
    { "/d/%C3%A9/x", 0 },
    { "/d/\xc3\xa9", 0 },
    { "/d/%c2%80", 0 },
    { "/d/%df%bf", 0 },
    { "/d/%e0%a0%80", 0 },
    { "/d/%e2%82%ac", 0 },
    { "/d/%ed%9f%bf", 0 },
    { "/d/%ef%bf%bf", 0 },
    { "/d/%f0%90%80%80", 0 },
    { "/d/%f4%8f%bf%bf", 0 },
    { "/d/%f0%9f%98%80", 0 },
    { "/d/%2b+~!$&'()*,:@=-_", 0 },
    { "/d/%2d", 0 },

    { "", 1 },
    { "d/sales", 1 },
    { "*", 1 },
    { "//", 1 },
    { "//d/sales", 1 },
    { "/d//sales", 1 },
    { "/d/sales//", 1 },
    { "/.", 1 },
    { "/..", 1 },
    { "/./d", 1 },
    { "/d/./sales", 1 },
    { "/d/../sales", 1 },
    { "/d/sales/.", 1 },
    { "/d/sales/..", 1 },
    { "/d/\\sales", 1 },
    { "/d/%5csales", 1 },
    { "/d/%5Csales", 1 },
    { "/d;x/sales", 1 },
    { "/d/sales;v=1", 1 },
    { "/d/sales%3b", 1 },
    { "/d/sales%3B", 1 },
    { "/d/sales#x", 1 },
    { "/d/sales%23", 1 },
    { "/d/sales%3f", 1 },
    { "/d/sales?x", 1 },
    { "/d%2fsales", 1 },
    { "/d%2Fsales", 1 },
    { "/d/%2e", 1 },
    { "/d/%2e%2e/x", 1 },
    { "/d/.%2E/x", 1 },
    { "/d/a%2eb", 1 },
    { "/d/%25", 1 },
    { "/d/%2541", 1 },
    { "/d/%00", 1 },
    { "/d/%0a", 1 },
    { "/d/%1f", 1 },
    { "/d/%7f", 1 },
    { "/d/\x01", 1 },
    { "/d/\t", 1 },
    { "/d/\x7f", 1 },
    { "/d/%", 1 },
    { "/d/%4", 1 },
    { "/d/%zz", 1 },
    { "/d/%4z", 1 },
    { "/d/%-1", 1 },
    { "/d/%u0041", 1 },
    { "/d/%c0%af", 1 },
    { "/d/%c1%9c", 1 },
    { "/d/%e0%80%af", 1 },
    { "/d/%e0%9f%bf", 1 },
    { "/d/%f0%8f%bf%bf", 1 },
    { "/d/%f4%90%80%80", 1 },
    { "/d/%f5%80%80%80", 1 },
    { "/d/%ed%a0%80", 1 },
    { "/d/%80", 1 },
    { "/d/%c3", 1 },
    { "/d/%c3/x", 1 },
    { "/d/%c3x", 1 },
    { "/d/%c3x%a9", 1 },
    { "/d/%e2%82x", 1 },
    { "/d/\xc0\xaf", 1 },
    { "/d/\xff", 1 }
};


typedef struct {
    const char      *args;          /* NULL: absent */
    const char      *name;
    int              ambiguous;
} arg_row_t;


static const arg_row_t  arg_rows[] = {

    { "id=1", "id", 0 },
    { "id=", "id", 0 },
    { "a=2&id=1", "id", 0 },
    { "id=1&a=2", "id", 0 },
    { "&&id=1&&", "id", 0 },
    { "idx=2&id=1", "id", 0 },
    { "xid=2&id=1", "id", 0 },
    { "a=id=2&id=1", "id", 0 },
    { "id=1&a=id", "id", 0 },
    { "id=1&i%zz=2", "id", 0 },
    { "id=1&id%zz=2", "id", 0 },
    { "id=1&id%4z=2", "id", 0 },
    { "id=1&id%4=2", "id", 0 },
    { "id=1&id%", "id", 0 },
    { "id=1&i%09d=2", "id", 0 },
    { "id=1;x=2", "id", 0 },
    { "dashboardId=1", "dashboardId", 0 },
    { "id=a=b", "id", 0 },

    { NULL, "id", 1 },
    { "", "id", 1 },
    { "a=1", "id", 1 },
    { "id", "id", 1 },
    { "a=1&id", "id", 1 },
    { "id=1&id=1", "id", 1 },
    { "id=1&id=2", "id", 1 },
    { "id=1&id", "id", 1 },
    { "id&id=1", "id", 1 },
    { "id=1&ID=2", "id", 1 },
    { "ID=1", "id", 1 },
    { "dashboardid=1", "dashboardId", 1 },
    { "id=1&Id", "id", 1 },
    { "%69d=1", "id", 1 },
    { "id=1&%69d=2", "id", 1 },
    { "id=1&%49%44=2", "id", 1 },
    { "id=1&i%64=2", "id", 1 },
    { "id[]=1", "id", 1 },
    { "id=1&id[]=2", "id", 1 },
    { "id=1&id[0]=2", "id", 1 },
    { "id=1&id%5b%5d=2", "id", 1 },
    { "id=1&id[a][b]=2", "id", 1 },
    { "id=1;id=2", "id", 1 },
    { "a=1;id=2", "id", 1 },
    { "a=1;id=2&id=1", "id", 1 },
    { "id=1&a;id", "id", 1 },
    { "id=1&+id=2", "id", 1 },
    { "id=1&%20id=2", "id", 1 },
    { "id=1&id+=2", "id", 1 },
    { "id=1&%09id=2", "id", 1 },
    { "id=1&id%00=2", "id", 1 },
    { "id=1&id%00x=2", "id", 1 },
    { "my_id=1&my.id=2", "my_id", 1 },
    { "my_id=1&my+id=2", "my_id", 1 },
    { "my_id=1&my[id=2", "my_id", 1 },
    { "my_id=1&my%20id=2", "my_id", 1 }
};


/* Copies of the exact size, so that a read past the end is seen. */

static toucan_str_t
exact(unit_arena_t *a, const char *text)
{
    void    *p;
    size_t   n;

    if (text == NULL) {
        return toucan_str(NULL, 0);
    }

    n = strlen(text);
    p = toucan_arena_alloc(&a->arena, n);
    memcpy(p, text, n);

    return toucan_str(p, n);
}


int
main(void)
{
    size_t        i;
    unit_arena_t  a;

    unit_arena_init(&a, 0);

    for (i = 0; i < unit_n(path_rows); i++) {
        is_int(toucan_path_ambiguous(exact(&a, path_rows[i].text)),
               path_rows[i].ambiguous, "path %zu: %s", i,
               path_rows[i].text);
    }

    is_int(toucan_path_ambiguous(toucan_str(NULL, 0)), 1, "no path");
    is_int(toucan_path_ambiguous(toucan_str("/d\0x", 4)), 1, "a NUL");

    for (i = 0; i < unit_n(arg_rows); i++) {
        is_int(toucan_arg_ambiguous(exact(&a, arg_rows[i].args),
                                    toucan_cstr(arg_rows[i].name)),
               arg_rows[i].ambiguous, "argument %zu: %s in %s", i,
               arg_rows[i].name,
               arg_rows[i].args ? arg_rows[i].args : "nothing");
    }

    unit_arena_done(&a);

    return done_testing();
}
