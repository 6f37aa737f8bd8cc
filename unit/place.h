
/*
 * What the tests of the place half share: requests written as they look on
 * the wire, and allowlists and claims from text.
 */


#ifndef _TOUCAN_PLACE_UNIT_H_INCLUDED_
#define _TOUCAN_PLACE_UNIT_H_INCLUDED_


#include "identity.h"


#define UNIT_OWN  "https://embed.example.com"


/* The field that a header line is for; NULL when the gate does not see it. */

static toucan_field_t *
unit_field(toucan_request_t *request, toucan_str_t name)
{
    unsigned  i;

    const struct {
        const char      *name;
        toucan_field_t  *field;
    } fields[] = {
        { "Origin", &request->origin },
        { "Referer", &request->referer },
        { "Sec-Fetch-Site", &request->site },
        { "Sec-Fetch-Mode", &request->mode },
        { "Sec-Fetch-Dest", &request->dest },
        { "Access-Control-Request-Method", &request->acrm },
    };

    for (i = 0; i < unit_n(fields); i++) {
        if (toucan_str_caseeq(name, toucan_cstr(fields[i].name))) {
            return fields[i].field;
        }
    }

    return NULL;
}


static void
unit_header(toucan_request_t *request, const char *line, size_t len)
{
    size_t           colon;
    toucan_field_t  *field;

    for (colon = 0; colon < len && line[colon] != ':'; colon++) {
        /* void */
    }

    field = unit_field(request, toucan_str(line, colon));

    if (field == NULL || field->count++) {
        return;
    }

    colon++;

    while (colon < len && line[colon] == ' ') {
        colon++;
    }

    field->value = toucan_str(line + colon, len - colon);
}


/*
 * "GET\nOrigin: https://app.example.com\n...".  Views into text; the own
 * origin is UNIT_OWN.
 */

static void UNIT_UNUSED
unit_request(toucan_request_t *request, const char *text)
{
    size_t        len;
    toucan_str_t  method;

    memset(request, 0, sizeof(toucan_request_t));

    request->own_origin = toucan_cstr(UNIT_OWN);

    len = strcspn(text, "\n");
    method = toucan_str(text, len);

    if (toucan_str_is(method, "GET") || toucan_str_is(method, "HEAD")) {
        request->method = TOUCAN_METHOD_GET;

    } else if (toucan_str_is(method, "OPTIONS")) {
        request->method = TOUCAN_METHOD_OPTIONS;

    } else {
        request->method = TOUCAN_METHOD_OTHER;
    }

    for (text += len; *text == '\n'; text += len) {
        text++;
        len = strcspn(text, "\n");
        unit_header(request, text, len);
    }
}


/* Entries joined by a space; the caller frees with toucan_origins_free(). */

static UNIT_UNUSED toucan_origins_t *
unit_origins(const char *entries)
{
    size_t             len;
    toucan_diag_t      why;
    toucan_origins_t  *origins;

    origins = toucan_origins_create();

    if (origins == NULL) {
        abort();
    }

    for ( /* void */ ; *entries; entries += len) {
        entries += strspn(entries, " ");
        len = strcspn(entries, " ");

        toucan_diag_init(&why);

        if (len
            && toucan_origins_add(origins, toucan_str(entries, len), &why)
               != TOUCAN_OK)
        {
            diag("no allowlist: %s", why.error);
            printf("Bail out!\n");
            exit(1);
        }
    }

    if (toucan_origins_finish(origins) != TOUCAN_OK) {
        abort();
    }

    return origins;
}


/* Claims that are bound to the origins of a JSON array; NULL: to none. */

static void UNIT_UNUSED
unit_bound(toucan_claims_t *claims, const char *array, unit_arena_t *a)
{
    char  *text;

    memset(claims, 0, sizeof(toucan_claims_t));

    if (array == NULL) {
        claims->doc = unit_doc(a, "{}");
        return;
    }

    text = malloc(strlen(array) + sizeof("{'origins':}"));

    if (text == NULL) {
        abort();
    }

    sprintf(text, "{'origins':%s}", array);

    claims->doc = unit_doc(a, text);
    claims->origins = toucan_json_member(claims->doc,
                                         toucan_json_root(claims->doc),
                                         toucan_cstr("origins"));
    free(text);
}


/* The kinds of a policy, "component frame". */

static unsigned UNIT_UNUSED
unit_kinds(const char *names)
{
    size_t         len;
    unsigned       kinds;
    toucan_kind_e  kind;

    kinds = 0;

    for ( /* void */ ; *names; names += len) {
        names += strspn(names, " ");
        len = strcspn(names, " ");

        if (len == 0) {
            continue;
        }

        kind = toucan_kind_find(toucan_str(names, len));

        if (kind == TOUCAN_KIND_MAX) {
            abort();
        }

        kinds |= 1u << kind;
    }

    return kinds;
}


#endif /* _TOUCAN_PLACE_UNIT_H_INCLUDED_ */
