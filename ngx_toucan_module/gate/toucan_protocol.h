
/*
 * A token in Sec-WebSocket-Protocol, beside the protocols that a browser
 * offers (RFC 6455 section 11.3.4): the element after "toucan".
 */


#ifndef _TOUCAN_PROTOCOL_H_INCLUDED_
#define _TOUCAN_PROTOCOL_H_INCLUDED_


#include "jose/toucan_jose.h"


#define TOUCAN_PROTOCOL  "toucan"


/* The lines of one header, read one after the other; zero at first. */

typedef struct {
    toucan_str_t         token;     /* the last; a view into its line */
    unsigned             offers;    /* times that "toucan" was there */
    unsigned             tokens;    /* that have followed it */
    unsigned             after:1;   /* the next element is a token */
} toucan_protocol_t;


/*
 * Reads a line.  Writes the elements that are neither "toucan" nor a token,
 * as one list, to b (NULL: nowhere), and returns how many were left out.
 */
unsigned toucan_protocol_line(toucan_protocol_t *p, toucan_str_t line,
    toucan_buf_t *b);


#endif /* _TOUCAN_PROTOCOL_H_INCLUDED_ */
