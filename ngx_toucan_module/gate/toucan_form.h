
/*
 * Bodies of application/x-www-form-urlencoded, as OAuth endpoints take them
 * (RFC 6749 appendix B).
 */


#ifndef _TOUCAN_FORM_H_INCLUDED_
#define _TOUCAN_FORM_H_INCLUDED_


#include "jose/toucan_rc.h"
#include "jose/toucan_mem.h"


/*
 * The value of a parameter, decoded into the arena; absent when the body has
 * none, and on an error.  TOUCAN_BAD_REQUEST when it is there more than once
 * (RFC 6749 section 3.2), is empty, or it or any name has a broken escape;
 * TOUCAN_NO_MEMORY.
 */
toucan_rc_t toucan_form_value(toucan_str_t body, toucan_str_t name,
    toucan_arena_t *arena, toucan_str_t *value);


#endif /* _TOUCAN_FORM_H_INCLUDED_ */
