
/*
 * The sources of tokens: what each of them holds, and how it is taken out.
 */


#include "ngx/ngx_toucan_sources.h"


typedef void (*ngx_toucan_find_pt)(ngx_http_request_t *r,
    ngx_toucan_source_t *source, ngx_toucan_found_t *found);
typedef ngx_int_t (*ngx_toucan_remove_pt)(ngx_http_request_t *r,
    ngx_toucan_source_t *source);


static void ngx_toucan_find_header(ngx_http_request_t *r,
    ngx_toucan_source_t *source, ngx_toucan_found_t *found);
static void ngx_toucan_find_bearer(ngx_http_request_t *r,
    ngx_toucan_source_t *source, ngx_toucan_found_t *found);
static void ngx_toucan_find_cookie(ngx_http_request_t *r,
    ngx_toucan_source_t *source, ngx_toucan_found_t *found);
static void ngx_toucan_find_arg(ngx_http_request_t *r,
    ngx_toucan_source_t *source, ngx_toucan_found_t *found);
static void ngx_toucan_find_protocol(ngx_http_request_t *r,
    ngx_toucan_source_t *source, ngx_toucan_found_t *found);
static ngx_int_t ngx_toucan_remove_header(ngx_http_request_t *r,
    ngx_toucan_source_t *source);
static ngx_int_t ngx_toucan_remove_cookie(ngx_http_request_t *r,
    ngx_toucan_source_t *source);
static ngx_int_t ngx_toucan_remove_arg(ngx_http_request_t *r,
    ngx_toucan_source_t *source);
static ngx_int_t ngx_toucan_remove_protocol(ngx_http_request_t *r,
    ngx_toucan_source_t *source);
static ngx_int_t ngx_toucan_cut_cookie(ngx_pool_t *pool, ngx_str_t *cookie,
    ngx_str_t *cut);
static ngx_uint_t ngx_toucan_next_cookie(u_char **p, u_char *last,
    ngx_str_t *name, ngx_str_t *value);


/* RFC 9110 section 11.1: in any case; a letter has a bit for that */

#define ngx_toucan_is_bearer(p)                                               \
    (((p)[0] | 0x20) == 'b' && ((p)[1] | 0x20) == 'e'                         \
     && ((p)[2] | 0x20) == 'a' && ((p)[3] | 0x20) == 'r'                      \
     && ((p)[4] | 0x20) == 'e' && ((p)[5] | 0x20) == 'r')


static ngx_str_t  ngx_toucan_authorization = ngx_string("authorization");
static ngx_str_t  ngx_toucan_cookie = ngx_string("cookie");
static ngx_str_t  ngx_toucan_protocol = ngx_string("sec-websocket-protocol");


static const struct {
    ngx_toucan_find_pt       find;
    ngx_toucan_remove_pt     remove;
} ngx_toucan_sources[] = {
    [NGX_TOUCAN_BEARER] = { ngx_toucan_find_bearer,
                            ngx_toucan_remove_header },
    [NGX_TOUCAN_HEADER] = { ngx_toucan_find_header,
                            ngx_toucan_remove_header },
    [NGX_TOUCAN_COOKIE] = { ngx_toucan_find_cookie,
                            ngx_toucan_remove_cookie },
    [NGX_TOUCAN_ARG] = { ngx_toucan_find_arg, ngx_toucan_remove_arg },
    [NGX_TOUCAN_WS_PROTOCOL] = { ngx_toucan_find_protocol,
                                 ngx_toucan_remove_protocol }
};


void
ngx_toucan_source_find(ngx_http_request_t *r, ngx_toucan_source_t *source,
    ngx_toucan_found_t *found)
{
    ngx_memzero(found, sizeof(ngx_toucan_found_t));

    ngx_toucan_sources[source->type].find(r, source, found);
}


ngx_int_t
ngx_toucan_source_remove(ngx_http_request_t *r, ngx_toucan_source_t *source)
{
    return ngx_toucan_sources[source->type].remove(r, source);
}


static void
ngx_toucan_find_header(ngx_http_request_t *r, ngx_toucan_source_t *source,
    ngx_toucan_found_t *found)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    i = 0;

    for ( ;; ) {
        h = ngx_toucan_next_header(&part, &i, &source->name);

        if (h == NULL) {
            return;
        }

        found->value = ngx_toucan_view(h->value);
        found->count++;
    }
}


/* RFC 6750 section 2.1, RFC 9110 section 11.4: credentials after 1*SP */

static void
ngx_toucan_find_bearer(ngx_http_request_t *r, ngx_toucan_source_t *source,
    ngx_toucan_found_t *found)
{
    size_t               len;
    u_char              *p;
    ngx_toucan_found_t   headers;
    ngx_toucan_source_t  authorization;

    authorization.type = NGX_TOUCAN_HEADER;
    authorization.name = ngx_toucan_authorization;

    ngx_memzero(&headers, sizeof(ngx_toucan_found_t));

    ngx_toucan_find_header(r, &authorization, &headers);

    p = (u_char *) headers.value.data;
    len = headers.value.len;

    if (headers.count > 1) {
        found->count = headers.count;
        return;
    }

    if (headers.count == 0
        || len < sizeof("Bearer") - 1
        || !ngx_toucan_is_bearer(p)
        || (len > sizeof("Bearer") - 1 && p[sizeof("Bearer") - 1] != ' '))
    {
        return;
    }

    p += sizeof("Bearer") - 1;
    len -= sizeof("Bearer") - 1;

    while (len > 0 && *p == ' ') {
        p++;
        len--;
    }

    found->value = toucan_str(p, len);
    found->count = 1;
}


static void
ngx_toucan_find_cookie(ngx_http_request_t *r, ngx_toucan_source_t *source,
    ngx_toucan_found_t *found)
{
    u_char           *p, *last;
    ngx_str_t         name, value;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    i = 0;

    for ( ;; ) {
        h = ngx_toucan_next_header(&part, &i, &ngx_toucan_cookie);

        if (h == NULL) {
            return;
        }

        p = h->value.data;
        last = p + h->value.len;

        while (ngx_toucan_next_cookie(&p, last, &name, &value)) {

            if (name.len == source->name.len
                && ngx_memcmp(name.data, source->name.data, name.len) == 0)
            {
                found->value = ngx_toucan_view(value);
                found->count++;
            }
        }
    }
}


/*
 * The next pair of a Cookie header (RFC 6265 section 4.2.1), without the
 * white space around it; 0 at the end.
 */

static ngx_uint_t
ngx_toucan_next_cookie(u_char **p, u_char *last, ngx_str_t *name,
    ngx_str_t *value)
{
    u_char  *end, *eq, *start;

    start = *p;

    if (start >= last) {
        return 0;
    }

    end = ngx_strlchr(start, last, ';');
    if (end == NULL) {
        end = last;
    }

    *p = end + 1;

    while (start < end && (*start == ' ' || *start == '\t')) {
        start++;
    }

    while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }

    eq = ngx_strlchr(start, end, '=');
    if (eq == NULL) {
        eq = end;
    }

    name->data = start;
    name->len = eq - start;

    value->data = (eq < end) ? eq + 1 : end;
    value->len = end - value->data;

    return 1;
}


static void
ngx_toucan_find_arg(ngx_http_request_t *r, ngx_toucan_source_t *source,
    ngx_toucan_found_t *found)
{
    u_char  *p, *last, *end;

    /* an internal redirect may leave no pointer behind, either */

    if (r->args.len == 0) {
        return;
    }

    p = r->args.data;
    last = p + r->args.len;

    for ( /* void */ ; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - p) > source->name.len
            && ngx_memcmp(p, source->name.data, source->name.len) == 0
            && p[source->name.len] == '=')
        {
            p += source->name.len + 1;

            found->value = toucan_str(p, end - p);
            found->count++;
        }
    }
}


/* Of several tokens none is the right one, nor is one that came twice. */

static void
ngx_toucan_find_protocol(ngx_http_request_t *r, ngx_toucan_source_t *source,
    ngx_toucan_found_t *found)
{
    ngx_uint_t          i;
    ngx_list_part_t    *part;
    ngx_table_elt_t    *h;
    toucan_protocol_t   p;

    part = &r->headers_in.headers.part;
    i = 0;

    ngx_memzero(&p, sizeof(toucan_protocol_t));

    for ( ;; ) {
        h = ngx_toucan_next_header(&part, &i, &ngx_toucan_protocol);

        if (h == NULL) {
            break;
        }

        (void) toucan_protocol_line(&p, ngx_toucan_view(h->value), NULL);
    }

    found->value = p.token;
    found->count = (p.offers > 1) ? p.offers : p.tokens;
    found->offered = (p.offers > 0);
}


static ngx_int_t
ngx_toucan_remove_header(ngx_http_request_t *r, ngx_toucan_source_t *source)
{
    ngx_str_t        *name;
    ngx_uint_t        i;
    ngx_list_part_t  *part;

    name = (source->type == NGX_TOUCAN_BEARER) ? &ngx_toucan_authorization
                                               : &source->name;

    part = &r->headers_in.headers.part;
    i = 0;

    while (ngx_toucan_next_header(&part, &i, name) != NULL) {

        if (ngx_toucan_header_unlink(r, part, --i) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A Cookie header of which nothing is left goes as a whole. */

static ngx_int_t
ngx_toucan_remove_cookie(ngx_http_request_t *r, ngx_toucan_source_t *source)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    i = 0;

    for ( ;; ) {
        h = ngx_toucan_next_header(&part, &i, &ngx_toucan_cookie);

        if (h == NULL) {
            return NGX_OK;
        }

        if (h->value.len == 0) {
            continue;
        }

        if (ngx_toucan_cut_cookie(r->pool, &h->value, &source->name)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (h->value.len == 0) {

            if (ngx_toucan_header_unlink(r, part, i - 1) != NGX_OK) {
                return NGX_ERROR;
            }

            i--;            /* the next one stands there now, if any does */
        }
    }
}


/*
 * Cuts the pairs of that name out of a Cookie header, each with its ";".
 * The others stay byte for byte, and so does a header without the name.
 */

static ngx_int_t
ngx_toucan_cut_cookie(ngx_pool_t *pool, ngx_str_t *cookie, ngx_str_t *cut)
{
    u_char      *p, *last, *pair, *dst, *start;
    ngx_str_t    name, value;
    ngx_uint_t   n, tail;

    start = ngx_pnalloc(pool, cookie->len + 1);
    if (start == NULL) {
        return NGX_ERROR;
    }

    dst = start;
    p = cookie->data;
    last = p + cookie->len;
    n = 0;
    tail = 0;

    for (pair = p; ngx_toucan_next_cookie(&p, last, &name, &value); pair = p) {

        tail = (name.len == cut->len
                && ngx_memcmp(name.data, cut->data, name.len) == 0);

        if (tail) {
            n++;
            continue;
        }

        dst = ngx_cpymem(dst, pair, ngx_min(p, last) - pair);
    }

    if (n == 0) {
        return NGX_OK;
    }

    if (tail && p > last && dst > start) {
        dst--;
    }

    while (start < dst && (*start == ' ' || *start == '\t')) {
        start++;
    }

    *dst = '\0';

    cookie->data = start;
    cookie->len = dst - start;

    return NGX_OK;
}


static ngx_int_t
ngx_toucan_remove_arg(ngx_http_request_t *r, ngx_toucan_source_t *source)
{
    ngx_str_t    name;
    ngx_array_t  names;

    name = source->name;

    ngx_memzero(&names, sizeof(ngx_array_t));
    names.elts = &name;
    names.nelts = 1;

    if (ngx_toucan_cut_args(r->pool, &r->args, &r->args, &names, 1) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_toucan_cut_args(r->pool, &r->unparsed_uri, &r->unparsed_uri,
                               &names, 0);
}


/* A line that is left without a protocol goes as a whole. */

static ngx_int_t
ngx_toucan_remove_protocol(ngx_http_request_t *r, ngx_toucan_source_t *source)
{
    u_char             *text;
    ngx_uint_t          i;
    toucan_buf_t        b;
    ngx_list_part_t    *part;
    ngx_table_elt_t    *h;
    toucan_protocol_t   p;

    part = &r->headers_in.headers.part;
    i = 0;

    ngx_memzero(&p, sizeof(toucan_protocol_t));

    for ( ;; ) {
        h = ngx_toucan_next_header(&part, &i, &ngx_toucan_protocol);

        if (h == NULL) {
            return NGX_OK;
        }

        /* what is left may be longer by a blank after each comma */

        text = ngx_pnalloc(r->pool, 2 * h->value.len + 1);
        if (text == NULL) {
            return NGX_ERROR;
        }

        toucan_buf_init(&b, text, 2 * h->value.len);

        if (toucan_protocol_line(&p, ngx_toucan_view(h->value), &b) == 0) {
            continue;
        }

        h->value = ngx_toucan_ngx_str(toucan_buf_view(&b));
        h->value.data[h->value.len] = '\0';

        if (h->value.len == 0) {

            if (ngx_toucan_header_unlink(r, part, i - 1) != NGX_OK) {
                return NGX_ERROR;
            }

            i--;            /* the next one stands there now, if any does */
        }
    }
}
