
/*
 * Inside of a set of API keys: shared by toucan_apikey_file.c, which reads it,
 * and toucan_apikey.c, which asks.  Nobody else includes it.
 */


#ifndef _TOUCAN_APIKEY_IMPL_H_INCLUDED_
#define _TOUCAN_APIKEY_IMPL_H_INCLUDED_


#include "gate/toucan_apikey.h"


/* Sorted by id. */

struct toucan_apikeys_s {
    unsigned          count;
    toucan_block_t    block;            /* of the document */
    toucan_apikey_t   key[];
};


int toucan_apikeys_compare_id(toucan_str_t a, toucan_str_t b);

/* The bytes at the start of text that may be an id's. */
size_t toucan_apikey_id_len(toucan_str_t text);


#endif /* _TOUCAN_APIKEY_IMPL_H_INCLUDED_ */
