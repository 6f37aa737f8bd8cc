
/*
 * Owns: faults that the sanitizers and memcheck must see, one for each
 * argument, so that a build that sees nothing is noticed.
 */


#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


int
main(int argc, char **argv)
{
    volatile int    number;
    volatile char  *p;

    if (argc != 2) {
        return 2;
    }

    number = INT_MAX;

    p = malloc(16);
    if (p == NULL) {
        return 2;
    }

    p[0] = 0;

    if (strcmp(argv[1], "overflow") == 0) {
        p[number - INT_MAX + 16] = 1;

    } else if (strcmp(argv[1], "undefined") == 0) {
        number = number + 1;

    } else if (strcmp(argv[1], "leak") == 0) {
        p = NULL;

    } else if (strcmp(argv[1], "none") != 0) {
        return 2;
    }

    printf("%d\n", number);
    free((void *) p);

    return 0;
}
