
/*
 * Owns: JSON texts of an exact length, depth and number of values, for tests
 * of limits.
 */


#ifndef _TOUCAN_STRETCH_H_INCLUDED_
#define _TOUCAN_STRETCH_H_INCLUDED_


#include "unit.h"


/* Writes n letters and a NUL; where the NUL is. */

static UNIT_UNUSED char *
unit_letters(char *out, size_t n)
{
    memset(out, 'a', n);
    out[n] = '\0';

    return out + n;
}


/*
 * Writes "begin", which opens an object, and arrays in arrays, n levels with
 * the root.
 */

static UNIT_UNUSED void
unit_nest(char *p, size_t n, const char *begin)
{
    p = stpcpy(p, begin);
    memset(p, '[', n - 1);
    memset(p + n - 1, ']', n - 1);
    strcpy(p + 2 * (n - 1), "}");
}


/*
 * Writes "begin", which opens an object and an array and has n_begin values
 * with them, and numbers, n values in all.
 */

static UNIT_UNUSED void
unit_fill(char *p, size_t n, size_t n_begin, const char *begin)
{
    size_t  i;

    p = stpcpy(p, begin);

    for (i = n_begin; i < n; i++) {
        *p++ = '1';
        *p++ = ',';
    }

    strcpy(p - 1, "]}");
}


#endif /* _TOUCAN_STRETCH_H_INCLUDED_ */
