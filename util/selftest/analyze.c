
/*
 * Owns: faults that gcc -fanalyzer, cppcheck and clang-tidy must see, so
 * that a checker that sees nothing is noticed.  Never built into anything.
 */


#include <stdlib.h>


int toucan_selftest(int n);


int
toucan_selftest(int n)
{
    int  *p, a[2];

    p = malloc(sizeof(int));
    if (p == NULL) {
        return 0;
    }

    a[0] = n;
    a[2] = n;

    *p = a[0];
    free(p);

    return *p;
}
