
/*
 * Owns: the fuzz target of requests: their headers, path and arguments.  The
 * input is a method, a blank and a path, and then a header in each line.
 */


#include "policy.h"

#include "gate/toucan_protocol.h"
#include "gate/toucan_session.h"


#define FUZZ_BOUNDS  4


/* The tokens that a request may come with; the second lists no origin. */

static const toucan_claims_t *
fuzz_bound(unsigned i)
{
    unsigned  k;

    static unit_arena_t       a;
    static toucan_claims_t    claims[FUZZ_BOUNDS];

    static const char *const  origins[FUZZ_BOUNDS] = {
        NULL,
        "[]",
        "['https://app.acme.example']",
        "['https://a.partner.example:8443','http://[0:0:0:0:0:0:0:1]:3000']"
    };

    if (claims[0].doc == NULL) {
        unit_arena_init(&a, 0);

        for (k = 0; k < FUZZ_BOUNDS; k++) {
            unit_bound(&claims[k], origins[k], &a);
        }
    }

    return &claims[i];
}


static void
fuzz_request_read(unit_arena_t *a, toucan_request_t *request,
    const uint8_t *data, size_t size)
{
    size_t           len;
    toucan_str_t     line, method, name;
    toucan_field_t  *field;
    const uint8_t   *p;

    memset(request, 0, sizeof(toucan_request_t));

    request->own_origin = toucan_cstr(UNIT_OWN);
    request->now = FUZZ_NOW;

    line = fuzz_cut(a, &data, &size, '\n');
    p = line.data;
    len = line.len;

    method = fuzz_cut(a, &p, &len, ' ');
    request->path = fuzz_cut(a, &p, &len, '?');
    request->args = fuzz_cut(a, &p, &len, '\0');

    request->method = toucan_str_is(method, "GET") ? TOUCAN_METHOD_GET
                      : toucan_str_is(method, "OPTIONS")
                        ? TOUCAN_METHOD_OPTIONS : TOUCAN_METHOD_OTHER;

    while (size > 0) {
        line = fuzz_cut(a, &data, &size, '\n');
        p = line.data;
        len = line.len;

        name = fuzz_cut(a, &p, &len, ':');

        if (toucan_str_caseeq(name, toucan_cstr("Own"))) {
            request->own_origin = fuzz_copy(a, p, len);
            continue;
        }

        field = unit_field(request, name);

        if (field == NULL || field->count++) {
            continue;
        }

        while (len > 0 && *p == ' ') {
            p++;
            len--;
        }

        field->value = fuzz_copy(a, p, len);
    }
}


/* What toucan_kind.h says of each kind, as far as it is not how it is done. */

static void
fuzz_kind(const toucan_request_t *request, const toucan_place_t *place)
{
    fuzz_must((unsigned) place->kind < TOUCAN_KIND_MAX, "kind %d",
              place->kind);

    if (place->rc == TOUCAN_ORIGIN_MALFORMED) {
        fuzz_must(place->kind == TOUCAN_KIND_OTHER
                  || place->kind == TOUCAN_KIND_PREFLIGHT, "kind %d",
                  place->kind);
    }

    switch (place->kind) {

    case TOUCAN_KIND_PREFLIGHT:
        fuzz_must(request->method == TOUCAN_METHOD_OPTIONS
                  && request->acrm.count > 0 && request->origin.count == 1,
                  "a preflight");
        break;

    case TOUCAN_KIND_COMPONENT:
        fuzz_must(request->origin.count == 1
                  && (place->null != (place->origin.len > 0)), "a component");
        break;

    case TOUCAN_KIND_FRAME:
    case TOUCAN_KIND_PAGE:
        fuzz_must(request->origin.count == 0 && place->navigation,
                  "kind %d", place->kind);
        break;

    case TOUCAN_KIND_SERVER:
        fuzz_must(request->origin.count == 0 && request->site.count == 0
                  && request->dest.count == 0, "a server");
        break;

    default:
        fuzz_must(place->origin.len == 0, "an origin with kind %d",
                  place->kind);
        break;
    }
}


static void
fuzz_cors(const toucan_policy_t *policy, const toucan_place_t *place)
{
    toucan_cors_t    cors;
    toucan_origin_t  origin;

    toucan_cors_response(policy, place, &cors);

    if (cors.allow_origin.data == NULL) {
        fuzz_must(cors.expose_headers.data == NULL
                  && cors.allow_methods.data == NULL
                  && cors.allow_headers.data == NULL
                  && cors.max_age.data == NULL, "cors without an origin");
        return;
    }

    fuzz_must(policy->cors.enabled && place->listed
              && (place->kind == TOUCAN_KIND_COMPONENT
                  || place->kind == TOUCAN_KIND_PREFLIGHT),
              "cors for kind %d", place->kind);
    fuzz_must(toucan_str_is(cors.allow_origin, "null")
              || (toucan_origin_parse(&origin, cors.allow_origin) == TOUCAN_OK
                  && toucan_str_eq(toucan_origin_text(&origin),
                                   cors.allow_origin)
                  && toucan_origins_match(policy->origins, &origin)),
              "cors for %.*s", toucan_fmt(cors.allow_origin));
}


static void
fuzz_frame(unit_arena_t *a, const toucan_policy_t *policy,
    const toucan_place_t *place, const toucan_claims_t *claims)
{
    toucan_str_t  header;

    static const toucan_str_t  name = toucan_string("frame-ancestors ");

    header = toucan_frame_ancestors(policy, place, claims, &a->arena);

    fuzz_must(header.len > name.len
              && memcmp(header.data, name.data, name.len) == 0
              && fuzz_printable(header)
              && memchr(header.data, ';', header.len) == NULL
              && memchr(header.data, ',', header.len) == NULL,
              "%.*s", toucan_fmt(header));
}


static void
fuzz_place(unit_arena_t *a, const toucan_policy_t *policy,
    const toucan_request_t *request)
{
    unsigned                i;
    toucan_rc_t             rc;
    toucan_place_t          place, twice;
    const toucan_claims_t  *claims;

    memset(&place, 0xa5, sizeof(toucan_place_t));
    memset(&twice, 0x5a, sizeof(toucan_place_t));

    toucan_kind_classify(request, &twice);
    toucan_place_check(policy, request, &place);

    fuzz_must(place.kind == twice.kind
              && toucan_str_eq(toucan_origin_text(&place.origin),
                               toucan_origin_text(&twice.origin)),
              "kind %d and %d", place.kind, twice.kind);
    fuzz_must(toucan_kind_name(place.kind).len > 0, "a kind without a name");
    fuzz_kind(request, &place);

    if (place.rc == TOUCAN_OK && (place.kind == TOUCAN_KIND_COMPONENT
                                  || place.origin.len > 0))
    {
        fuzz_must(place.listed, "kind %d passes, and is not listed",
                  place.kind);
    }

    fuzz_cors(policy, &place);
    fuzz_frame(a, policy, &place, NULL);

    for (i = 0; i < FUZZ_BOUNDS; i++) {
        claims = fuzz_bound(i);
        fuzz_frame(a, policy, &place, claims);

        if (place.rc != TOUCAN_OK) {
            continue;
        }

        rc = toucan_place_token(policy, &place, claims);

        fuzz_must(rc != TOUCAN_OK || i != 1,
                  "kind %d with a token that is bound to nothing", place.kind);
        fuzz_must(rc != TOUCAN_OK || place.origin.len == 0
                  || toucan_place_bound(claims, &place.origin),
                  "kind %d with a token of another origin", place.kind);
    }
}


/* What is left of a path when its escapes are undone, once. */

static toucan_str_t
fuzz_unescape(unit_arena_t *a, toucan_str_t text)
{
    char      hex[3];
    size_t    i, n;
    uint8_t  *p;

    p = toucan_arena_alloc(&a->arena, text.len);
    n = 0;

    for (i = 0; i < text.len; i++) {
        p[n] = text.data[i];

        if (text.data[i] == '%') {
            fuzz_must(text.len - i > 2, "a broken escape is not ambiguous");

            hex[0] = (char) text.data[++i];
            hex[1] = (char) text.data[++i];
            hex[2] = '\0';

            p[n] = (uint8_t) strtoul(hex, NULL, 16);
        }

        n++;
    }

    return toucan_str(p, n);
}


/* A path that is not ambiguous has segments that every reader sees. */

static void
fuzz_path(unit_arena_t *a, toucan_str_t path)
{
    size_t          i, size, slashes;
    toucan_str_t    plain, segment;
    const uint8_t  *p;

    if (toucan_path_ambiguous(path)) {
        return;
    }

    plain = fuzz_unescape(a, path);
    slashes = 0;

    fuzz_must(plain.len > 0 && plain.data[0] == '/', "%.*s",
              toucan_fmt(path));

    for (i = 0; i < plain.len; i++) {
        slashes += plain.data[i] == '/';

        fuzz_must(plain.data[i] >= 0x20 && plain.data[i] != 0x7f
                  && strchr("\\;?#%", plain.data[i]) == NULL,
                  "byte %zu: %.*s", i, toucan_fmt(path));
    }

    for (i = 0; i < path.len; i++) {
        slashes -= path.data[i] == '/';
    }

    fuzz_must(slashes == 0, "an escaped slash: %.*s", toucan_fmt(path));

    p = plain.data + 1;
    size = plain.len - 1;

    while (size > 0) {
        segment = fuzz_cut(a, &p, &size, '/');

        fuzz_must(segment.len > 0 && !toucan_str_is(segment, ".")
                  && !toucan_str_is(segment, ".."),
                  "a segment: %.*s", toucan_fmt(path));
    }
}


/* An argument that is not ambiguous is there once, as it is. */

static void
fuzz_arg(unit_arena_t *a, toucan_str_t args, toucan_str_t name)
{
    size_t          size;
    unsigned        n;
    toucan_str_t    arg;
    const uint8_t  *p;

    if (toucan_arg_ambiguous(args, name)) {
        return;
    }

    n = 0;
    p = args.data;
    size = args.len;

    while (size > 0) {
        arg = fuzz_cut(a, &p, &size, '&');

        n += arg.len > name.len && arg.data[name.len] == '='
             && memcmp(arg.data, name.data, name.len) == 0;
    }

    fuzz_must(n == 1, "%u times: %.*s", n, toucan_fmt(args));
}


/* Wherever a redirect leads, it is a path of our own. */

static void
fuzz_location(unit_arena_t *a, toucan_str_t uri)
{
    uint8_t       *p;
    size_t         size;
    toucan_buf_t   b;
    toucan_str_t   location;

    size = uri.len + 2;
    p = toucan_arena_alloc(&a->arena, size);

    toucan_buf_init(&b, p, size);

    if (!toucan_session_location(&b, uri)) {
        fuzz_must(b.need == 0, "%.*s", toucan_fmt(uri));
        return;
    }

    location = toucan_buf_view(&b);

    fuzz_must(!b.overflow && location.len >= uri.len
              && memcmp(location.data + location.len - uri.len, uri.data,
                        uri.len) == 0
              && location.data[0] == '/'
              && (location.len == 1 || (location.data[1] != '/'
                                        && location.data[1] != '\\'))
              && memchr(location.data, '\r', location.len) == NULL
              && memchr(location.data, '\n', location.len) == NULL,
              "%.*s", toucan_fmt(location));
}


/* What is left of a list of protocols has no token in it. */

static void
fuzz_protocols(unit_arena_t *a, toucan_str_t line)
{
    uint8_t            *p;
    size_t              size;
    unsigned            cut;
    toucan_buf_t        b;
    toucan_protocol_t   found, again;

    size = 2 * line.len + 1;
    p = toucan_arena_alloc(&a->arena, size);

    memset(&found, 0, sizeof(toucan_protocol_t));
    memset(&again, 0, sizeof(toucan_protocol_t));

    toucan_buf_init(&b, p, size);
    cut = toucan_protocol_line(&found, line, &b);

    fuzz_must(!b.overflow && cut == found.offers + found.tokens
              && found.tokens <= found.offers, "%.*s", toucan_fmt(line));
    fuzz_must(found.tokens == 0
              || (found.token.len > 0
                  && memchr(found.token.data, ',', found.token.len) == NULL),
              "%.*s", toucan_fmt(line));

    line = toucan_buf_view(&b);
    cut = toucan_protocol_line(&again, line, NULL);

    fuzz_must(cut == 0 && again.offers == 0, "%.*s", toucan_fmt(line));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned           i;
    unit_arena_t       a;
    toucan_request_t   request;

    unit_arena_init(&a, 0);

    fuzz_request_read(&a, &request, data, size);

    for (i = 0; i < FUZZ_POLICIES; i++) {
        fuzz_place(&a, fuzz_policy(i), &request);
    }

    fuzz_path(&a, request.path);
    fuzz_arg(&a, request.args, toucan_cstr("id"));
    fuzz_arg(&a, request.args, toucan_cstr("Dash_board.id"));
    fuzz_location(&a, request.path);
    fuzz_protocols(&a, request.args);

    unit_arena_done(&a);

    return 0;
}
