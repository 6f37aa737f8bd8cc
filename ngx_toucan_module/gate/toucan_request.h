
/*
 * A request as the gate sees it: views, gathered by the server's floor.
 */


#ifndef _TOUCAN_REQUEST_H_INCLUDED_
#define _TOUCAN_REQUEST_H_INCLUDED_


#include "jose/toucan_jose.h"


typedef enum {
    TOUCAN_METHOD_GET = 1,          /* GET or HEAD */
    TOUCAN_METHOD_OPTIONS,
    TOUCAN_METHOD_OTHER
} toucan_method_e;


/* A header field: its first line, and how many lines there are. */

typedef struct {
    toucan_str_t         value;
    unsigned             count;
} toucan_field_t;


typedef struct {
    toucan_method_e      method;

    toucan_field_t       origin;
    toucan_field_t       referer;
    toucan_field_t       site;      /* Sec-Fetch-Site */
    toucan_field_t       mode;      /* Sec-Fetch-Mode */
    toucan_field_t       dest;      /* Sec-Fetch-Dest */
    toucan_field_t       acrm;      /* Access-Control-Request-Method */

    toucan_str_t         own_origin;    /* as text; may be empty */

    toucan_str_t         path;      /* as the client sent it, no query but
                                       one with a "#" */
    toucan_str_t         args;      /* the query as sent; may be absent */

    const toucan_str_t  *objects;   /* one per permission rule, in order;
                                       absent where the rule names none */
    int64_t              now;       /* seconds since the epoch */
} toucan_request_t;


#endif /* _TOUCAN_REQUEST_H_INCLUDED_ */
