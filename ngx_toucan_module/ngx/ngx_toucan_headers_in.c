
/*
 * The request's header list: what is taken out of it and what is put in.
 *
 * Other modules keep pointers to the elements, so elements never move.  One
 * is taken out by splitting its part of the list in two.
 */


#include "ngx/ngx_toucan.h"


static ngx_uint_t ngx_toucan_has_prefix(ngx_str_t *key, ngx_str_t *prefix);
static void ngx_toucan_forget_known(ngx_http_request_t *r,
    ngx_table_elt_t *h);
static ngx_table_elt_t *ngx_toucan_header_part(ngx_http_request_t *r,
    ngx_uint_t n);
static ngx_int_t ngx_toucan_detach_cookies(ngx_http_request_t *r);
static ngx_uint_t ngx_toucan_header_count(ngx_http_request_t *r);


ngx_table_elt_t *
ngx_toucan_next_header(ngx_list_part_t **part, ngx_uint_t *i, ngx_str_t *name)
{
    size_t            len;
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    len = name->len;

    for ( ;; ) {
        h = (*part)->elts;

        for (n = *i; n < (*part)->nelts; n++) {

            if (h[n].key.len == len
                && ngx_memcmp(h[n].lowcase_key, name->data, len) == 0)
            {
                *i = n + 1;
                return &h[n];
            }
        }

        if ((*part)->next == NULL) {
            *i = n;
            return NULL;
        }

        *part = (*part)->next;
        *i = 0;
    }
}


ngx_int_t
ngx_toucan_headers_strip(ngx_http_request_t *r, ngx_array_t *prefixes)
{
    ngx_str_t        *prefix;
    ngx_uint_t        i, k;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    prefix = prefixes->elts;
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        /* each prefix begins with "x-": most headers end here */

        if (h[i].key.len == 0 || (h[i].key.data[0] | 0x20) != 'x') {
            continue;
        }

        for (k = 0; k < prefixes->nelts; k++) {

            if (!ngx_toucan_has_prefix(&h[i].key, &prefix[k])) {
                continue;
            }

            if (ngx_toucan_header_unlink(r, part, i) != NGX_OK) {
                return NGX_ERROR;
            }

            /* the one that stands at i now is looked at, too */

            h = part->elts;
            i--;
            break;
        }
    }
}


static ngx_uint_t
ngx_toucan_has_prefix(ngx_str_t *key, ngx_str_t *prefix)
{
    ngx_uint_t  i;

    if (key->len < prefix->len) {
        return 0;
    }

    for (i = 0; i < prefix->len; i++) {
        if (ngx_toucan_header_char(key->data[i]) != prefix->data[i]) {
            return 0;
        }
    }

    return 1;
}


/*
 * Afterwards the last part counts as full, whatever was cut off it: the next
 * ngx_list_push() opens a new one.  No part but the first may be empty.
 */

ngx_int_t
ngx_toucan_header_unlink(ngx_http_request_t *r, ngx_list_part_t *part,
    ngx_uint_t i)
{
    ngx_list_t       *list;
    ngx_list_part_t  *rest, *prev;
    ngx_table_elt_t  *h;

    list = &r->headers_in.headers;
    h = part->elts;

    ngx_toucan_forget_known(r, &h[i]);

    if (i + 1 < part->nelts && i > 0) {

        rest = ngx_palloc(r->pool, sizeof(ngx_list_part_t));
        if (rest == NULL) {
            return NGX_ERROR;
        }

        rest->elts = &h[i + 1];
        rest->nelts = part->nelts - i - 1;
        rest->next = part->next;

        part->nelts = i;
        part->next = rest;

        if (list->last == part) {
            list->last = rest;
        }

    } else if (i > 0) {
        part->nelts--;

    } else {
        part->elts = &h[1];
        part->nelts--;
    }

    if (part->nelts == 0 && part != &list->part) {

        for (prev = &list->part; prev->next != part; prev = prev->next) {
            /* void */
        }

        prev->next = part->next;

        if (list->last == part) {
            list->last = prev;
        }
    }

    if (list->last->nelts > 0) {
        list->nalloc = list->last->nelts;
        return NGX_OK;
    }

    /* nothing is left at all */

    list->nalloc = 4;
    list->part.elts = ngx_palloc(r->pool, list->nalloc * list->size);

    return (list->part.elts == NULL) ? NGX_ERROR : NGX_OK;
}


/* Of the headers that nginx knows, these alone are ever taken out. */

static void
ngx_toucan_forget_known(ngx_http_request_t *r, ngx_table_elt_t *h)
{
#if (nginx_version >= 1023000)

    ngx_table_elt_t  **cookie;

    for (cookie = &r->headers_in.cookie; *cookie; cookie = &(*cookie)->next) {
        if (*cookie == h) {
            *cookie = h->next;
            break;
        }
    }

#else

    ngx_uint_t         i;
    ngx_table_elt_t  **cookies;

    cookies = r->headers_in.cookies.elts;

    for (i = 0; i < r->headers_in.cookies.nelts; i++) {
        if (cookies[i] == h) {
            ngx_memmove(&cookies[i], &cookies[i + 1],
                        (r->headers_in.cookies.nelts - i - 1)
                        * sizeof(ngx_table_elt_t *));
            r->headers_in.cookies.nelts--;
            break;
        }
    }

#endif

    if (r->headers_in.authorization == h) {
        r->headers_in.authorization = NULL;
    }
}


/*
 * A subrequest starts with a copy of the list's head, whose parts are the
 * main request's.  The copy made here shares nothing that is written to.
 */

ngx_int_t
ngx_toucan_headers_detach(ngx_http_request_t *r)
{
    ngx_list_t        list;
    ngx_uint_t        n, i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *src;

    n = ngx_toucan_header_count(r);

    if (ngx_list_init(&list, r->pool, n + 1, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        src = part->elts;

        for (i = 0; i < part->nelts; i++) {
            h = (ngx_table_elt_t *) list.part.elts + list.part.nelts++;
            *h = src[i];

            if (r->headers_in.authorization == &src[i]) {
                r->headers_in.authorization = h;
            }
        }
    }

    r->headers_in.headers = list;
    r->headers_in.headers.last = &r->headers_in.headers.part;

    return ngx_toucan_detach_cookies(r);
}


static ngx_int_t
ngx_toucan_detach_cookies(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h, **cookie;

    h = r->headers_in.headers.part.elts;

#if (nginx_version >= 1023000)

    cookie = &r->headers_in.cookie;
    *cookie = NULL;

#else

    if (ngx_array_init(&r->headers_in.cookies, r->pool, 1,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    for (i = 0; i < r->headers_in.headers.part.nelts; i++) {

        if (h[i].key.len != 6 || ngx_memcmp(h[i].lowcase_key, "cookie", 6) != 0)
        {
            continue;
        }

#if (nginx_version >= 1023000)

        *cookie = &h[i];
        h[i].next = NULL;
        cookie = &h[i].next;

#else

        cookie = ngx_array_push(&r->headers_in.cookies);
        if (cookie == NULL) {
            return NGX_ERROR;
        }

        *cookie = &h[i];

#endif
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_toucan_header_count(ngx_http_request_t *r)
{
    ngx_uint_t        n;
    ngx_list_part_t  *part;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    return n;
}


ngx_int_t
ngx_toucan_headers_inject(ngx_http_request_t *r, ngx_toucan_ctx_t *ctx)
{
    ngx_str_t           origin;
    ngx_uint_t          i, n, set;
    toucan_str_t       *values, *value;
    ngx_table_elt_t    *h;
    ngx_toucan_made_t  *made;
    ngx_toucan_name_t  *name;

    made = &ctx->made;
    n = TOUCAN_HEADER_MAX + ctx->lcf->policy.nattrs;

    values = ngx_palloc(r->pool, n * sizeof(toucan_str_t));
    if (values == NULL) {
        return NGX_ERROR;
    }

    if (toucan_headers_fill(&ctx->lcf->policy, &made->identity.claims,
                            &made->place, &ctx->arena, values)
        != TOUCAN_OK)
    {
        return NGX_ERROR;
    }

    /* the place is found anew behind a redirect, while this one stands */

    value = &values[TOUCAN_HEADER_ORIGIN];

    if (value->data != NULL) {
        origin = ngx_toucan_ngx_str(*value);
        value->data = ngx_pstrdup(r->pool, &origin);

        if (value->data == NULL) {
            return NGX_ERROR;
        }
    }

    set = 0;

    for (i = 0; i < n; i++) {
        set += (values[i].data != NULL);
    }

    h = ngx_toucan_header_part(r, set);
    if (h == NULL) {
        return NGX_ERROR;
    }

    name = ctx->lcf->names;

    for (i = 0; i < n; i++) {

        if (values[i].data == NULL) {
            continue;
        }

        ngx_memzero(h, sizeof(ngx_table_elt_t));

        h->hash = name[i].hash;
        h->key = name[i].key;
        h->lowcase_key = name[i].lowcase;
        h->value = ngx_toucan_ngx_str(values[i]);

        h++;
    }

    return NGX_OK;
}


/* A new part at the end of the list, of exactly n elements, n > 0. */

static ngx_table_elt_t *
ngx_toucan_header_part(ngx_http_request_t *r, ngx_uint_t n)
{
    ngx_list_t       *list;
    ngx_list_part_t  *part;

    list = &r->headers_in.headers;

    part = ngx_palloc(r->pool, sizeof(ngx_list_part_t));
    if (part == NULL) {
        return NULL;
    }

    part->elts = ngx_palloc(r->pool, n * sizeof(ngx_table_elt_t));
    if (part->elts == NULL) {
        return NULL;
    }

    part->nelts = n;
    part->next = NULL;

    /* nginx makes no list for HTTP/0.9 */

    if (list->last == NULL) {
        list->size = sizeof(ngx_table_elt_t);
        list->pool = r->pool;
        list->last = &list->part;
    }

    list->last->next = part;
    list->last = part;
    list->nalloc = n;

    return part->elts;
}
