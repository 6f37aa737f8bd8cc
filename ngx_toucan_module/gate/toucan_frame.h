
/*
 * Content-Security-Policy: frame-ancestors (CSP Level 3, section 6.4.2.1).
 */


#ifndef _TOUCAN_FRAME_H_INCLUDED_
#define _TOUCAN_FRAME_H_INCLUDED_


#include "gate/toucan_policy.h"


/*
 * The value of the header, "frame-ancestors ...", for a response to place:
 * the embedder alone when it is known and accepted; else the allowlist
 * without regexes, or, for claims with origins, those of them that the
 * allowlist accepts; 'self' before it for what a page of ours led to; 'none'
 * when nothing is left.  claims may be NULL.  Allocated from arena, or static;
 * absent when memory is out.  Not longer than TOUCAN_ANCESTORS_MAX and a
 * little.
 */
toucan_str_t toucan_frame_ancestors(const toucan_policy_t *policy,
    const toucan_place_t *place, const toucan_claims_t *claims,
    toucan_arena_t *arena);

/* 1 when that list would be 'none': nobody could show the frame. */
int toucan_frame_nobody(const toucan_policy_t *policy,
    const toucan_claims_t *claims);


#endif /* _TOUCAN_FRAME_H_INCLUDED_ */
