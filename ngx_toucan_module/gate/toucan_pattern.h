
/*
 * Regular expressions of the allowlist, bounded.  toucan_pattern.c is the
 * only user of PCRE2.
 */


#ifndef _TOUCAN_PATTERN_H_INCLUDED_
#define _TOUCAN_PATTERN_H_INCLUDED_


#include "jose/toucan_jose.h"


typedef struct toucan_pattern_s  toucan_pattern_t;


/*
 * Compiles a pattern, anchored at both ends whatever it says, caseless off,
 * with JIT where there is one and with match, depth and heap limits.  The
 * caller owns the result, free with toucan_pattern_free(); NULL when the
 * pattern is not valid (diag->error quotes it) or memory is out.
 */
toucan_pattern_t *toucan_pattern_compile(toucan_str_t pattern,
    toucan_diag_t *diag);

void toucan_pattern_free(toucan_pattern_t *pattern);

/* 1 when the whole of text matches; 0 when not, or when a limit is hit. */
int toucan_pattern_match(const toucan_pattern_t *pattern, toucan_str_t text);


#endif /* _TOUCAN_PATTERN_H_INCLUDED_ */
