
/*
 * The CORS headers of a response: the requesting origin itself, or nothing.
 */


#include "gate/toucan_cors.h"


static toucan_str_t toucan_cors_value(toucan_str_t value);


void
toucan_cors_response(const toucan_policy_t *policy,
    const toucan_place_t *place, toucan_cors_t *cors)
{
    memset(cors, 0, sizeof(toucan_cors_t));

    if (!policy->cors.enabled || !place->listed) {
        return;
    }

    switch (place->kind) {

    case TOUCAN_KIND_COMPONENT:
        cors->expose_headers = toucan_cors_value(policy->cors.expose);
        break;

    case TOUCAN_KIND_PREFLIGHT:

        /* a refused one says nothing to the page that asks */

        if (place->rc != TOUCAN_OK) {
            return;
        }

        cors->allow_methods = toucan_cors_value(policy->cors.methods);
        cors->allow_headers = toucan_cors_value(policy->cors.headers);
        cors->max_age = toucan_cors_value(policy->cors.max_age);
        break;

    default:
        return;
    }

    cors->allow_origin = place->null ? toucan_cstr("null")
                                     : toucan_origin_text(&place->origin);
}


/* an empty header is not worth sending */

static toucan_str_t
toucan_cors_value(toucan_str_t value)
{
    return value.len ? value : toucan_str(NULL, 0);
}
