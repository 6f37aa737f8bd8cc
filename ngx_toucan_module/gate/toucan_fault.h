
/*
 * What is wrong with a request to the token service: the field and the words
 * that go into the answer.
 */


#ifndef _TOUCAN_FAULT_H_INCLUDED_
#define _TOUCAN_FAULT_H_INCLUDED_


#include "jose/toucan_json.h"


#define TOUCAN_FAULT_MAX  4     /* segments of a field's pointer */

typedef struct {
    toucan_str_t     field;     /* JSON Pointer (RFC 6901); absent: none */
    const char      *message;   /* static; NULL: what the reason says */
} toucan_fault_t;


/*
 * Sets message, and field to the pointer of n segments (at most
 * TOUCAN_FAULT_MAX; 0: the whole body), escaped, in arena; returns rc.  Without
 * memory the field is absent.
 */
toucan_rc_t toucan_fault(toucan_fault_t *fault, toucan_arena_t *arena,
    toucan_rc_t rc, const char *message, const toucan_str_t *segments,
    unsigned n);

/* An array's index as a segment, from 0; a view into text. */

#define TOUCAN_FAULT_INDEX_SIZE  12

toucan_str_t toucan_fault_index(unsigned i,
    uint8_t text[TOUCAN_FAULT_INDEX_SIZE]);


#endif /* _TOUCAN_FAULT_H_INCLUDED_ */
