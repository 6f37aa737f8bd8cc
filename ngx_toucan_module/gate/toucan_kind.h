
/*
 * What kind of request is it?  Read from Origin, Referer and fetch metadata
 * (W3C Fetch Metadata Request Headers) alone, before any token is looked at.
 */


#ifndef _TOUCAN_KIND_H_INCLUDED_
#define _TOUCAN_KIND_H_INCLUDED_


#include "gate/toucan_request.h"
#include "gate/toucan_origin.h"


typedef enum {
    TOUCAN_KIND_PREFLIGHT = 0,
    TOUCAN_KIND_COMPONENT,
    TOUCAN_KIND_OWN,
    TOUCAN_KIND_FRAME,
    TOUCAN_KIND_PAGE,
    TOUCAN_KIND_SERVER,
    TOUCAN_KIND_OTHER,
    TOUCAN_KIND_MAX
} toucan_kind_e;


typedef struct {
    toucan_kind_e        kind;

    /*
     * TOUCAN_OK, or why the headers alone refuse the request: repeated or no
     * origin (ORIGIN_MALFORMED), or contradictory (KIND_NOT_ALLOWED).
     */
    toucan_rc_t          rc;

    /*
     * The page that the request comes from: a component's Origin, the origin
     * of a frame's Referer; origin.len == 0 when it is not known.
     */
    toucan_origin_t      origin;

    unsigned             null:1;        /* Origin: null */
    unsigned             own_referer:1; /* a frame led to by a page of ours */
    unsigned             navigation:1;  /* answer errors as a page */

    /* Set by toucan_place_check(). */
    unsigned             listed:1;      /* the allowlist accepts it */
} toucan_place_t;


/* Sets everything in place; place->kind is TOUCAN_KIND_OTHER when rc is not
 * TOUCAN_OK, except that a preflight stays one. */
void toucan_kind_classify(const toucan_request_t *request,
    toucan_place_t *place);

/* "component", ...; static. */
toucan_str_t toucan_kind_name(toucan_kind_e kind);

/* The kinds that toucan_embed takes; TOUCAN_KIND_MAX when it is none. */
toucan_kind_e toucan_kind_find(toucan_str_t name);


#endif /* _TOUCAN_KIND_H_INCLUDED_ */
