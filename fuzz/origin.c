
/*
 * Owns: the fuzz target of Origin and Referer values.  The input is one value.
 */


#include "fuzz.h"


static void
fuzz_origin_sound(const toucan_origin_t *origin)
{
    size_t           i, dots;
    toucan_str_t     text, host;
    toucan_origin_t  again;

    text = toucan_origin_text(origin);

    fuzz_must(text.len <= TOUCAN_ORIGIN_MAX, "%zu bytes", text.len);
    fuzz_must(origin->host >= 4 && origin->host_len > 0
              && (size_t) origin->host + origin->host_len <= text.len,
              "the host, %u bytes at %u", origin->host_len, origin->host);
    fuzz_must(memcmp(&text.data[origin->host - 3], "://", 3) == 0,
              "no \"://\" before the host: %.*s", toucan_fmt(text));

    host = toucan_str(text.data + origin->host, origin->host_len);
    dots = 0;

    for (i = 0; i < text.len; i++) {
        fuzz_must(text.data[i] > 0x20 && text.data[i] < 0x7f
                  && strchr("\"'\\<>@,;?#*%", text.data[i]) == NULL,
                  "byte %zu: %.*s", i, toucan_fmt(text));
        fuzz_must(text.data[i] == toucan_lower(text.data[i]),
                  "upper case: %.*s", toucan_fmt(text));
        dots += text.data[i] == '/';
    }

    fuzz_must(dots == 2, "%zu slashes: %.*s", dots, toucan_fmt(text));
    fuzz_must(host.data[host.len - 1] != '.', "%.*s", toucan_fmt(text));
    fuzz_must(origin->host + origin->host_len == text.len
              || text.data[origin->host + origin->host_len] == ':',
              "behind the host: %.*s", toucan_fmt(text));

    fuzz_must(toucan_origin_parse(&again, text) == TOUCAN_OK
              && toucan_str_eq(toucan_origin_text(&again), text)
              && again.host == origin->host
              && again.host_len == origin->host_len,
              "written and parsed again: %.*s", toucan_fmt(text));
}


/* In any case of its letters it is the same origin. */

static void
fuzz_origin_upper(unit_arena_t *a, toucan_str_t text,
    const toucan_origin_t *origin)
{
    size_t            i;
    uint8_t          *p;
    toucan_origin_t   upper;

    p = toucan_arena_alloc(&a->arena, text.len);

    for (i = 0; i < text.len; i++) {
        p[i] = text.data[i];

        if (p[i] >= 'a' && p[i] <= 'z') {
            p[i] = (uint8_t) (p[i] - 0x20);
        }
    }

    fuzz_must(toucan_origin_parse(&upper, toucan_str(p, text.len)) == TOUCAN_OK
              && toucan_str_eq(toucan_origin_text(&upper),
                               toucan_origin_text(origin)),
              "in upper case: %.*s", toucan_fmt(text));
}


/* The origin of a URL is what the URL has before its path. */

static void
fuzz_origin_url(unit_arena_t *a, toucan_str_t text,
    const toucan_origin_t *origin)
{
    uint8_t          *p;
    unsigned          i;
    toucan_rc_t       rc;
    toucan_origin_t   url;

    static const uint8_t  ends[] = { '/', '?', '#' };

    rc = toucan_origin_of_url(&url, text);

    if (rc == TOUCAN_OK) {
        fuzz_origin_sound(&url);

    } else {
        fuzz_must(rc == TOUCAN_ORIGIN_MALFORMED && url.len == 0, "rc %d", rc);
    }

    if (origin->len == 0) {
        return;
    }

    fuzz_must(rc == TOUCAN_OK, "an origin, and no URL: %.*s",
              toucan_fmt(text));

    p = toucan_arena_alloc(&a->arena, text.len + 1);
    memcpy(p, text.data, text.len);

    for (i = 0; i < sizeof(ends); i++) {
        p[text.len] = ends[i];

        fuzz_must(toucan_origin_of_url(&url, toucan_str(p, text.len + 1))
                  == TOUCAN_OK
                  && toucan_str_eq(toucan_origin_text(&url),
                                   toucan_origin_text(origin)),
                  "with \"%c\" behind it: %.*s", ends[i], toucan_fmt(text));
        fuzz_must(toucan_origin_parse(&url, toucan_str(p, text.len + 1))
                  == TOUCAN_ORIGIN_MALFORMED,
                  "an origin with \"%c\": %.*s", ends[i], toucan_fmt(text));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char       *why;
    toucan_rc_t       rc;
    toucan_str_t      text;
    unit_arena_t      a;
    toucan_origin_t   origin, said;

    unit_arena_init(&a, 0);

    text = fuzz_copy(&a, data, size);

    memset(&origin, 0xa5, sizeof(toucan_origin_t));
    memset(&said, 0xa5, sizeof(toucan_origin_t));

    rc = toucan_origin_parse(&origin, text);
    why = toucan_origin_read(&said, text);

    fuzz_must((rc == TOUCAN_OK) == (why == NULL), "rc %d", rc);

    if (rc == TOUCAN_OK) {
        fuzz_origin_sound(&origin);
        fuzz_origin_upper(&a, text, &origin);

    } else {
        fuzz_must(rc == TOUCAN_ORIGIN_MALFORMED && origin.len == 0
                  && said.len == 0, "rc %d", rc);
    }

    fuzz_origin_url(&a, text, &origin);

    unit_arena_done(&a);

    return 0;
}
