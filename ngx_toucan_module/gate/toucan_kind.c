
/*
 * The kinds of requests: which headers make which kind, and which headers
 * contradict each other.
 */


#include "gate/toucan_kind.h"


typedef enum {
    TOUCAN_SITE_ABSENT = 0,
    TOUCAN_SITE_SAME_ORIGIN,
    TOUCAN_SITE_OTHER,                  /* same-site, cross-site, none */
    TOUCAN_SITE_UNKNOWN
} toucan_site_e;


typedef enum {
    TOUCAN_MODE_ABSENT = 0,
    TOUCAN_MODE_NAVIGATE,
    TOUCAN_MODE_OTHER,
    TOUCAN_MODE_UNKNOWN
} toucan_mode_e;


typedef enum {
    TOUCAN_DEST_ABSENT = 0,
    TOUCAN_DEST_DOCUMENT,
    TOUCAN_DEST_FRAME,
    TOUCAN_DEST_SUBRESOURCE
} toucan_dest_e;


typedef struct {
    toucan_str_t         name;
    unsigned             value;
} toucan_token_t;


/* The headers, read. */

typedef struct {
    toucan_site_e        site;
    toucan_mode_e        mode;
    toucan_dest_e        dest;
    toucan_origin_t      referer;       /* set by toucan_kind_referer() */
    unsigned             has_origin:1;
    unsigned             has_referer:1;
    unsigned             is_own:1;      /* Origin is ours */
    unsigned             own_referer:1; /* Referer is ours */
} toucan_signs_t;


static void toucan_kind_refuse(toucan_place_t *place, toucan_rc_t rc);
static void toucan_kind_read(const toucan_request_t *request,
    toucan_signs_t *signs);
static unsigned toucan_kind_token(const toucan_token_t *tokens,
    const toucan_field_t *field, unsigned unknown);
static toucan_rc_t toucan_kind_repeated(const toucan_request_t *request);
static toucan_rc_t toucan_kind_origin(const toucan_request_t *request,
    toucan_signs_t *signs, toucan_place_t *place);
static int toucan_kind_contradictory(const toucan_signs_t *signs,
    const toucan_place_t *place);
static void toucan_kind_no_origin(const toucan_request_t *request,
    toucan_signs_t *signs, toucan_place_t *place);
static toucan_rc_t toucan_kind_referer(const toucan_request_t *request,
    toucan_signs_t *signs);
static int toucan_kind_framed(const toucan_request_t *request,
    const toucan_signs_t *signs);
static int toucan_kind_own(const toucan_request_t *request,
    const toucan_origin_t *origin);


static const toucan_token_t  toucan_sites[] = {
    { toucan_string("same-origin"), TOUCAN_SITE_SAME_ORIGIN },
    { toucan_string("same-site"), TOUCAN_SITE_OTHER },
    { toucan_string("cross-site"), TOUCAN_SITE_OTHER },
    { toucan_string("none"), TOUCAN_SITE_OTHER },
    { { 0, NULL }, 0 }
};


static const toucan_token_t  toucan_modes[] = {
    { toucan_string("navigate"), TOUCAN_MODE_NAVIGATE },
    { toucan_string("cors"), TOUCAN_MODE_OTHER },
    { toucan_string("no-cors"), TOUCAN_MODE_OTHER },
    { toucan_string("same-origin"), TOUCAN_MODE_OTHER },
    { toucan_string("websocket"), TOUCAN_MODE_OTHER },
    { toucan_string("webtransport"), TOUCAN_MODE_OTHER },
    { { 0, NULL }, 0 }
};


static const toucan_token_t  toucan_dests[] = {
    { toucan_string("document"), TOUCAN_DEST_DOCUMENT },
    { toucan_string("iframe"), TOUCAN_DEST_FRAME },
    { toucan_string("frame"), TOUCAN_DEST_FRAME },
    { toucan_string("embed"), TOUCAN_DEST_FRAME },
    { toucan_string("object"), TOUCAN_DEST_FRAME },
    { toucan_string("fencedframe"), TOUCAN_DEST_FRAME },
    { { 0, NULL }, 0 }
};


static const toucan_str_t  toucan_kinds[] = {
    [TOUCAN_KIND_PREFLIGHT] = toucan_string("preflight"),
    [TOUCAN_KIND_COMPONENT] = toucan_string("component"),
    [TOUCAN_KIND_OWN] = toucan_string("own"),
    [TOUCAN_KIND_FRAME] = toucan_string("frame"),
    [TOUCAN_KIND_PAGE] = toucan_string("page"),
    [TOUCAN_KIND_SERVER] = toucan_string("server"),
    [TOUCAN_KIND_OTHER] = toucan_string("other"),
};


void
toucan_kind_classify(const toucan_request_t *request, toucan_place_t *place)
{
    toucan_rc_t     rc, repeated;
    toucan_signs_t  signs;

    place->kind = TOUCAN_KIND_OTHER;
    place->rc = TOUCAN_OK;
    place->null = 0;
    place->own_referer = 0;
    place->listed = 0;
    toucan_origin_none(&place->origin);

    toucan_kind_read(request, &signs);

    place->navigation = signs.mode == TOUCAN_MODE_NAVIGATE
                        || signs.dest == TOUCAN_DEST_DOCUMENT
                        || signs.dest == TOUCAN_DEST_FRAME;

    repeated = toucan_kind_repeated(request);
    rc = toucan_kind_origin(request, &signs, place);

    if (repeated != TOUCAN_OK) {
        rc = repeated;
    }

    if (request->method == TOUCAN_METHOD_OPTIONS
        && request->origin.count == 1 && request->acrm.count)
    {
        place->kind = TOUCAN_KIND_PREFLIGHT;
        place->rc = rc;
        return;
    }

    if (rc != TOUCAN_OK) {
        toucan_kind_refuse(place, rc);
        return;
    }

    if (toucan_kind_contradictory(&signs, place)) {
        toucan_kind_refuse(place, TOUCAN_KIND_NOT_ALLOWED);
        return;
    }

    if (!signs.has_origin) {
        toucan_kind_no_origin(request, &signs, place);
        return;
    }

    if (signs.is_own || signs.site == TOUCAN_SITE_SAME_ORIGIN) {
        place->kind = TOUCAN_KIND_OWN;
        place->origin.len = 0;
        return;
    }

    place->kind = TOUCAN_KIND_COMPONENT;
}


toucan_str_t
toucan_kind_name(toucan_kind_e kind)
{
    if ((unsigned) kind >= TOUCAN_KIND_MAX) {
        kind = TOUCAN_KIND_OTHER;
    }

    return toucan_kinds[kind];
}


toucan_kind_e
toucan_kind_find(toucan_str_t name)
{
    toucan_kind_e  kind;

    for (kind = TOUCAN_KIND_COMPONENT; kind <= TOUCAN_KIND_SERVER; kind++) {
        if (toucan_str_eq(name, toucan_kinds[kind])) {
            return kind;
        }
    }

    return TOUCAN_KIND_MAX;
}


static void
toucan_kind_refuse(toucan_place_t *place, toucan_rc_t rc)
{
    place->kind = TOUCAN_KIND_OTHER;
    place->rc = rc;

    /* headers that are not to be believed name nobody */

    place->origin.len = 0;
    place->null = 0;
}


static void
toucan_kind_read(const toucan_request_t *request, toucan_signs_t *signs)
{
    signs->site = toucan_kind_token(toucan_sites, &request->site,
                                    TOUCAN_SITE_UNKNOWN);
    signs->mode = toucan_kind_token(toucan_modes, &request->mode,
                                    TOUCAN_MODE_UNKNOWN);
    signs->dest = toucan_kind_token(toucan_dests, &request->dest,
                                    TOUCAN_DEST_SUBRESOURCE);

    signs->has_origin = request->origin.count != 0;

    /* a Referer without a value says what none would say */

    signs->has_referer = request->referer.count != 0
                         && request->referer.value.len != 0;

    signs->is_own = 0;
    signs->own_referer = 0;
    toucan_origin_none(&signs->referer);
}


/* 0 when the header is absent */

static unsigned
toucan_kind_token(const toucan_token_t *tokens, const toucan_field_t *field,
    unsigned unknown)
{
    if (field->count == 0) {
        return 0;
    }

    for ( /* void */ ; tokens->name.len; tokens++) {
        if (toucan_str_eq(tokens->name, field->value)) {
            return tokens->value;
        }
    }

    return unknown;
}


static toucan_rc_t
toucan_kind_repeated(const toucan_request_t *request)
{
    if (request->origin.count > 1 || request->referer.count > 1) {
        return TOUCAN_ORIGIN_MALFORMED;
    }

    if (request->site.count > 1 || request->mode.count > 1
        || request->dest.count > 1)
    {
        return TOUCAN_KIND_NOT_ALLOWED;
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_kind_origin(const toucan_request_t *request, toucan_signs_t *signs,
    toucan_place_t *place)
{
    if (request->origin.count != 1) {
        return TOUCAN_OK;
    }

    if (toucan_str_is(request->origin.value, "null")) {
        place->null = 1;
        return TOUCAN_OK;
    }

    if (toucan_origin_parse(&place->origin, request->origin.value)
        != TOUCAN_OK)
    {
        return TOUCAN_ORIGIN_MALFORMED;
    }

    signs->is_own = toucan_kind_own(request, &place->origin);

    return TOUCAN_OK;
}


/* What no browser sends in one request. */

static int
toucan_kind_contradictory(const toucan_signs_t *signs,
    const toucan_place_t *place)
{
    if (signs->site == TOUCAN_SITE_UNKNOWN
        || signs->mode == TOUCAN_MODE_UNKNOWN)
    {
        return 1;
    }

    if (signs->site == TOUCAN_SITE_SAME_ORIGIN && signs->has_origin
        && !signs->is_own && !place->null)
    {
        return 1;
    }

    if (signs->site == TOUCAN_SITE_OTHER && signs->is_own) {
        return 1;
    }

    if (signs->dest == TOUCAN_DEST_ABSENT
        || signs->mode == TOUCAN_MODE_ABSENT)
    {
        return 0;
    }

    return (signs->dest == TOUCAN_DEST_SUBRESOURCE)
           == (signs->mode == TOUCAN_MODE_NAVIGATE);
}


static void
toucan_kind_no_origin(const toucan_request_t *request, toucan_signs_t *signs,
    toucan_place_t *place)
{
    toucan_rc_t  rc;

    if (signs->site == TOUCAN_SITE_SAME_ORIGIN) {
        place->kind = TOUCAN_KIND_OWN;
        return;
    }

    rc = toucan_kind_referer(request, signs);

    if (rc != TOUCAN_OK) {
        toucan_kind_refuse(place, rc);
        return;
    }

    if (signs->own_referer && signs->site == TOUCAN_SITE_ABSENT) {
        place->kind = TOUCAN_KIND_OWN;
        return;
    }

    if (toucan_kind_framed(request, signs)) {
        place->kind = TOUCAN_KIND_FRAME;
        place->navigation = 1;
        place->own_referer = signs->own_referer;

        if (!signs->own_referer && signs->referer.len != 0) {
            place->origin = signs->referer;
        }

        return;
    }

    if (signs->dest == TOUCAN_DEST_DOCUMENT) {
        place->kind = TOUCAN_KIND_PAGE;
        return;
    }

    /* server-side fetch implementations send Sec-Fetch-Mode, and it alone */

    if (!signs->has_referer && signs->site == TOUCAN_SITE_ABSENT
        && signs->dest == TOUCAN_DEST_ABSENT)
    {
        place->kind = TOUCAN_KIND_SERVER;
        return;
    }

    toucan_kind_refuse(place, TOUCAN_KIND_NOT_ALLOWED);
}


/* Where site and dest decide without it, the Referer may be what it likes. */

static toucan_rc_t
toucan_kind_referer(const toucan_request_t *request, toucan_signs_t *signs)
{
    toucan_rc_t  rc;

    if (!signs->has_referer
        || (signs->site != TOUCAN_SITE_ABSENT
            && signs->dest != TOUCAN_DEST_FRAME))
    {
        return TOUCAN_OK;
    }

    rc = toucan_origin_of_url(&signs->referer, request->referer.value);

    signs->own_referer = toucan_kind_own(request, &signs->referer);

    return rc;
}


/* without Origin, and not our own page's */

static int
toucan_kind_framed(const toucan_request_t *request,
    const toucan_signs_t *signs)
{
    if (signs->dest == TOUCAN_DEST_FRAME) {
        return 1;
    }

    return signs->site == TOUCAN_SITE_ABSENT
           && signs->dest == TOUCAN_DEST_ABSENT
           && signs->has_referer
           && request->method == TOUCAN_METHOD_GET;
}


/*
 * Is it our own?  Most are not, and that is told without reading ours: up to
 * its port, a normalised origin with a name for a host is what was written,
 * but for the case.
 */

static int
toucan_kind_own(const toucan_request_t *request, const toucan_origin_t *origin)
{
    size_t           n;
    uint8_t          first;
    toucan_str_t     text;
    toucan_origin_t  own;

    text = request->own_origin;

    if (origin->len == 0 || text.data == NULL) {
        return 0;
    }

    n = origin->host + origin->host_len;
    first = origin->text[origin->host];

    /* the first byte of the host tells most of them apart */

    if (first != '['
        && (text.len < n
            || toucan_lower(text.data[origin->host]) != first
            || !toucan_str_caseeq(toucan_str(text.data, n),
                                  toucan_str(origin->text, n))))
    {
        return 0;
    }

    return toucan_origin_parse(&own, text) == TOUCAN_OK
           && toucan_str_eq(toucan_origin_text(&own),
                            toucan_origin_text(origin));
}
