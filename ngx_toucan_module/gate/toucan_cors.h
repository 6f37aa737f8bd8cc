
/*
 * The CORS protocol (Fetch standard, section 3.2) for places that are listed.
 */


#ifndef _TOUCAN_CORS_H_INCLUDED_
#define _TOUCAN_CORS_H_INCLUDED_


#include "gate/toucan_policy.h"


/* Views into place and policy; absent ones are not sent. */

typedef struct {
    toucan_str_t         allow_origin;
    toucan_str_t         expose_headers;
    toucan_str_t         allow_methods;     /* preflight only, */
    toucan_str_t         allow_headers;     /* and so on */
    toucan_str_t         max_age;
} toucan_cors_t;


/*
 * What a response to this place carries: nothing unless the place is a
 * component or a preflight, listed, and CORS is on.  Never "*", never
 * credentials.
 */
void toucan_cors_response(const toucan_policy_t *policy,
    const toucan_place_t *place, toucan_cors_t *cors);


#endif /* _TOUCAN_CORS_H_INCLUDED_ */
