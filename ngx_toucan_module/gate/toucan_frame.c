
/*
 * The frame-ancestors header: who may show a response in a frame.  Every
 * source in it is a parsed origin or wildcard, so that no byte of a token or
 * request can end it, or add to it.
 */


#include "gate/toucan_frame.h"
#include "gate/toucan_place.h"


#define TOUCAN_FRAME_NAME    "frame-ancestors "
#define TOUCAN_FRAME_SELF    "'self' "
#define TOUCAN_FRAME_NOBODY  TOUCAN_FRAME_NAME "'none'"

#define TOUCAN_FRAME_EXTRA                                                    \
    (sizeof(TOUCAN_FRAME_NAME) + sizeof(TOUCAN_FRAME_SELF))


static int toucan_frame_known(const toucan_place_t *place,
    const toucan_claims_t *claims);
static toucan_str_t toucan_frame_token(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena);
static size_t toucan_frame_room(const toucan_claims_t *claims);
static int toucan_frame_accepts(const toucan_policy_t *policy,
    const toucan_claims_t *claims, const toucan_node_t *node,
    toucan_origin_t *origin);
static toucan_str_t toucan_frame_header(const toucan_place_t *place,
    toucan_str_t sources, toucan_arena_t *arena);


toucan_str_t
toucan_frame_ancestors(const toucan_policy_t *policy,
    const toucan_place_t *place, const toucan_claims_t *claims,
    toucan_arena_t *arena)
{
    toucan_str_t  sources;

    if (toucan_frame_known(place, claims)) {
        sources = toucan_origin_text(&place->origin);

    } else if (claims && claims->origins) {
        sources = toucan_frame_token(policy, claims, arena);

        if (sources.data == NULL) {
            return sources;
        }

    } else {
        sources = toucan_origins_ancestors(policy->origins);
    }

    return toucan_frame_header(place, sources, arena);
}


int
toucan_frame_nobody(const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    toucan_origin_t       origin;
    const toucan_node_t  *node;

    if (claims == NULL || claims->origins == NULL) {
        return toucan_origins_ancestors(policy->origins).len == 0;
    }

    for (node = toucan_json_child(claims->doc, claims->origins);
         node;
         node = toucan_json_sibling(claims->doc, claims->origins, node))
    {
        if (toucan_frame_accepts(policy, claims, node, &origin)) {
            return 0;
        }
    }

    return 1;
}


/* The page around the response, when it is known and all accept it. */

static int
toucan_frame_known(const toucan_place_t *place, const toucan_claims_t *claims)
{
    if (place->kind != TOUCAN_KIND_FRAME
        && place->kind != TOUCAN_KIND_COMPONENT)
    {
        return 0;
    }

    return place->listed && place->origin.len
           && (claims == NULL || toucan_place_bound(claims, &place->origin));
}


/*
 * The token's origins that the allowlist accepts, as far as they fit whole;
 * empty when there is none, absent when memory is out.
 */

static toucan_str_t
toucan_frame_token(const toucan_policy_t *policy,
    const toucan_claims_t *claims, toucan_arena_t *arena)
{
    void                 *p;
    size_t                size;
    toucan_buf_t          b;
    toucan_origin_t       origin;
    const toucan_node_t  *node;

    size = toucan_frame_room(claims);
    p = toucan_arena_alloc(arena, size);

    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, size);

    for (node = toucan_json_child(claims->doc, claims->origins);
         node;
         node = toucan_json_sibling(claims->doc, claims->origins, node))
    {
        if (!toucan_frame_accepts(policy, claims, node, &origin)) {
            continue;
        }

        if ((size_t) (b.end - b.pos) < (size_t) origin.len + 1) {
            break;
        }

        if (b.pos != b.start) {
            toucan_buf_byte(&b, ' ');
        }

        toucan_buf_str(&b, toucan_origin_text(&origin));
    }

    return toucan_buf_view(&b);
}


/*
 * Enough for all of them, up to the limit: with a space before each, and the
 * one byte that an IPv6 address can grow by ("1::3:4:5:6:7:8").
 */

static size_t
toucan_frame_room(const toucan_claims_t *claims)
{
    size_t                size;
    const toucan_node_t  *node;

    size = 1;

    for (node = toucan_json_child(claims->doc, claims->origins);
         node && size < TOUCAN_ANCESTORS_MAX;
         node = toucan_json_sibling(claims->doc, claims->origins, node))
    {
        size += toucan_json_string(claims->doc, node).len + 2;
    }

    return size < TOUCAN_ANCESTORS_MAX ? size : TOUCAN_ANCESTORS_MAX;
}


static int
toucan_frame_accepts(const toucan_policy_t *policy,
    const toucan_claims_t *claims, const toucan_node_t *node,
    toucan_origin_t *origin)
{
    return toucan_origin_parse(origin, toucan_json_string(claims->doc, node))
           == TOUCAN_OK
           && toucan_origins_match(policy->origins, origin);
}


static toucan_str_t
toucan_frame_header(const toucan_place_t *place, toucan_str_t sources,
    toucan_arena_t *arena)
{
    void          *p;
    toucan_buf_t   b;

    if (sources.len == 0) {
        return toucan_cstr(TOUCAN_FRAME_NOBODY);
    }

    p = toucan_arena_alloc(arena, sources.len + TOUCAN_FRAME_EXTRA);

    if (p == NULL) {
        return toucan_str(NULL, 0);
    }

    toucan_buf_init(&b, p, sources.len + TOUCAN_FRAME_EXTRA);
    toucan_buf_str(&b, toucan_cstr(TOUCAN_FRAME_NAME));

    if (place->kind == TOUCAN_KIND_OWN || place->own_referer) {
        toucan_buf_str(&b, toucan_cstr(TOUCAN_FRAME_SELF));
    }

    toucan_buf_str(&b, sources);

    return toucan_buf_view(&b);
}
