
/*
 * Kinds: all combinations of headers, held against the rules written another
 * way.
 */


#include "kind.h"


/* A combination; NULL: the header is absent. */

typedef struct {
    const char  *method;
    const char  *origin;
    const char  *referer;
    const char  *site;
    const char  *mode;
    const char  *dest;
} combo_t;


static int
same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}


static int
framed(const char *dest)
{
    return same(dest, "iframe") || same(dest, "object");
}


static toucan_kind_e
reference(const combo_t *c, toucan_rc_t *rc)
{
    int  own, no_site, nav;

    own = same(c->origin, UNIT_OWN);
    no_site = c->site == NULL;
    nav = framed(c->dest) || same(c->dest, "document");

    *rc = TOUCAN_OK;

    if (same(c->origin, "x")) {
        *rc = MALFORMED;
        return OTHER;
    }

    if (same(c->site, "?") || same(c->mode, "?")
        || (same(c->site, "same-origin") && same(c->origin, APP))
        || (!no_site && !same(c->site, "same-origin") && own)
        || (same(c->mode, "navigate") && c->dest && !nav)
        || (nav && c->mode && !same(c->mode, "navigate")))
    {
        *rc = NOT_ALLOWED;
        return OTHER;
    }

    if (same(c->site, "same-origin") || own) {
        return OWN;
    }

    if (c->origin) {
        return COMPONENT;
    }

    if (same(c->referer, "x") && (no_site || framed(c->dest))) {
        *rc = MALFORMED;
        return OTHER;
    }

    if (no_site && same(c->referer, UNIT_OWN "/")) {
        return OWN;
    }

    if (framed(c->dest)
        || (no_site && c->dest == NULL && same(c->method, "GET")
            && same(c->referer, APP "/")))
    {
        return FRAME;
    }

    if (same(c->dest, "document")) {
        return PAGE;
    }

    if (no_site && c->dest == NULL && (c->referer == NULL || !*c->referer)) {
        return SERVER;
    }

    *rc = NOT_ALLOWED;
    return OTHER;
}


static void
set_field(toucan_field_t *field, const char *value)
{
    field->count = (value != NULL);
    field->value = value ? toucan_cstr(value) : toucan_str(NULL, 0);
}


static int
combo_agrees(const combo_t *c)
{
    toucan_rc_t       rc;
    toucan_kind_e     kind;
    toucan_place_t    place;
    toucan_request_t  request;

    unit_request(&request, c->method);

    set_field(&request.origin, c->origin);
    set_field(&request.referer, c->referer);
    set_field(&request.site, c->site);
    set_field(&request.mode, c->mode);
    set_field(&request.dest, c->dest);

    toucan_kind_classify(&request, &place);
    kind = reference(c, &rc);

    if (place.kind == kind && place.rc == rc
        && (place.kind == OTHER) == (place.rc != TOUCAN_OK)
        && (place.origin.len == 0 || kind == COMPONENT || kind == FRAME)
        && (!place.own_referer || kind == FRAME)
        && (!place.null || kind == COMPONENT || kind == OWN))
    {
        return 1;
    }

    diag("%s origin=%s referer=%s site=%s mode=%s dest=%s: %d/%d for %d/%d",
         c->method, c->origin ? c->origin : "-", c->referer ? c->referer : "-",
         c->site ? c->site : "-", c->mode ? c->mode : "-",
         c->dest ? c->dest : "-", place.kind, place.rc, kind, rc);

    return 0;
}


/* takes the next digit of a number whose digits have different bases */

static const char *
choose(unsigned *i, const char *const *values, unsigned n)
{
    unsigned  digit;

    digit = *i % n;
    *i /= n;

    return values[digit];
}


#define chosen(i, values)  choose(&(i), values, unit_n(values))


static void
test_combinations(void)
{
    combo_t   c;
    unsigned  i, n, rest, wrong;

    static const char  *const methods[] = { "GET", "POST", "OPTIONS" };
    static const char  *const origins[] = { NULL, "null", UNIT_OWN, APP, "x" };
    static const char  *const referers[] = { NULL, "", UNIT_OWN "/", APP "/",
                                             "x" };
    static const char  *const sites[] = { NULL, "same-origin", "same-site",
                                          "cross-site", "none", "?" };
    static const char  *const modes[] = { NULL, "navigate", "cors", "no-cors",
                                          "same-origin", "websocket", "?" };
    static const char  *const dests[] = { NULL, "document", "iframe", "object",
                                          "empty", "image", "" };

    n = unit_n(methods) * unit_n(origins) * unit_n(referers) * unit_n(sites)
        * unit_n(modes) * unit_n(dests);
    wrong = 0;

    for (i = 0; i < n; i++) {
        rest = i;

        c.method = chosen(rest, methods);
        c.origin = chosen(rest, origins);
        c.referer = chosen(rest, referers);
        c.site = chosen(rest, sites);
        c.mode = chosen(rest, modes);
        c.dest = chosen(rest, dests);

        wrong += !combo_agrees(&c);
    }

    is_int(wrong, 0, "%u combinations of headers are of the kind that the "
           "rules say", n);
}


int
main(void)
{
    test_combinations();

    return done_testing();
}
