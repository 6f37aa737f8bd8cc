
/*
 * What the tests of kinds share: a row is a request and what it is.
 */


#ifndef _TOUCAN_KIND_UNIT_H_INCLUDED_
#define _TOUCAN_KIND_UNIT_H_INCLUDED_


#include "place.h"


#define APP   "https://app.acme.example"
#define NONE  ""


typedef struct {
    const char     *name;
    const char     *request;
    toucan_kind_e   kind;
    toucan_rc_t     rc;
    const char     *origin;
    unsigned        flags;
} kind_row_t;


#define NULLS  1
#define OWNREF 2
#define NAV    4


#define PREFLIGHT  TOUCAN_KIND_PREFLIGHT
#define COMPONENT  TOUCAN_KIND_COMPONENT
#define OWN        TOUCAN_KIND_OWN
#define FRAME      TOUCAN_KIND_FRAME
#define PAGE       TOUCAN_KIND_PAGE
#define SERVER     TOUCAN_KIND_SERVER
#define OTHER      TOUCAN_KIND_OTHER

#define NOT_ALLOWED  TOUCAN_KIND_NOT_ALLOWED
#define MALFORMED    TOUCAN_ORIGIN_MALFORMED


static void
unit_kind_check(const toucan_place_t *place, const kind_row_t *row)
{
    unsigned  flags;

    flags = (place->null ? NULLS : 0) | (place->own_referer ? OWNREF : 0)
            | (place->navigation ? NAV : 0);

    is_view(toucan_kind_name(place->kind),
            (const char *) toucan_kind_name(row->kind).data, "kind: %s",
            row->name);
    is_rc(place->rc, row->rc, "reason: %s", row->name);
    is_view(toucan_origin_text(&place->origin), row->origin, "origin: %s",
            row->name);
    is_int(flags, row->flags, "flags: %s", row->name);
}


static void UNIT_UNUSED
unit_kind_rows(const kind_row_t *rows, unsigned n)
{
    unsigned          i;
    toucan_place_t    place;
    toucan_request_t  request;

    for (i = 0; i < n; i++) {
        memset(&place, 0xff, sizeof(toucan_place_t));

        unit_request(&request, rows[i].request);
        toucan_kind_classify(&request, &place);
        unit_kind_check(&place, &rows[i]);
        ok(!place.listed, "not listed before that is looked up");
    }
}


#endif /* _TOUCAN_KIND_UNIT_H_INCLUDED_ */
