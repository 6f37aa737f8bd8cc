
/*
 * Cutting tokens out of queries: of what is forwarded, of what nginx logs, and
 * of what its variables remember.
 */


#include "ngx/ngx_toucan.h"


static u_char *ngx_toucan_query_end(u_char *query, u_char *last);
static ngx_uint_t ngx_toucan_arg_is_named(u_char *p, u_char *end,
    ngx_array_t *names);
static ngx_uint_t ngx_toucan_is_read_again(ngx_http_core_main_conf_t *cmcf,
    ngx_str_t *name);


static ngx_str_t  ngx_toucan_referer = ngx_string("referer");


ngx_int_t
ngx_toucan_cut_args(ngx_pool_t *pool, ngx_str_t *dst, ngx_str_t *uri,
    ngx_array_t *names, ngx_uint_t bare)
{
    u_char      *p, *q, *last, *end, *query, *out;
    ngx_uint_t   cut, kept;

    *dst = *uri;

    if (names->nelts == 0 || uri->len == 0) {
        return NGX_OK;
    }

    p = uri->data;
    last = p + uri->len;
    query = bare ? p : ngx_strlchr(p, last, '?');

    if (query == NULL) {
        return NGX_OK;
    }

    if (!bare) {
        query++;
    }

    out = ngx_pnalloc(pool, uri->len);
    if (out == NULL) {
        return NGX_ERROR;
    }

    q = ngx_cpymem(out, uri->data, query - uri->data);
    end = ngx_toucan_query_end(query, last);
    cut = 0;
    kept = 0;

    for ( /* void */ ; query < end; query = p + 1) {

        p = ngx_strlchr(query, end, '&');
        if (p == NULL) {
            p = end;
        }

        if (ngx_toucan_arg_is_named(query, p, names)) {
            cut = 1;
            continue;
        }

        if (kept++) {
            *q++ = '&';
        }

        q = ngx_cpymem(q, query, p - query);
    }

    if (!cut) {
        return NGX_OK;
    }

    if (query == end && kept) {
        *q++ = '&';                              /* an empty last one */
    }

    if (!bare && !kept) {
        q--;                                    /* the "?" */
    }

    q = ngx_cpymem(q, end, last - end);

    dst->data = out;
    dst->len = q - out;

    return NGX_OK;
}


/* A request line goes on after its query, a Referer may. */

static u_char *
ngx_toucan_query_end(u_char *query, u_char *last)
{
    while (query < last && *query != ' ' && *query != '#') {
        query++;
    }

    return query;
}


static ngx_uint_t
ngx_toucan_arg_is_named(u_char *p, u_char *end, ngx_array_t *names)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    name = names->elts;

    for (i = 0; i < names->nelts; i++) {
        if ((size_t) (end - p) > name[i].len
            && ngx_memcmp(p, name[i].data, name[i].len) == 0
            && p[name[i].len] == '=')
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_toucan_scrub(ngx_http_request_t *r, ngx_toucan_main_conf_t *tmcf)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (tmcf->arg_names.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_toucan_cut_args(r->pool, &r->request_line, &r->request_line,
                            &tmcf->arg_names, 0)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    part = &r->headers_in.headers.part;
    i = 0;

    for ( ;; ) {
        h = ngx_toucan_next_header(&part, &i, &ngx_toucan_referer);

        if (h == NULL) {
            return NGX_OK;
        }

        if (ngx_toucan_cut_args(r->pool, &h->value, &h->value,
                                &tmcf->arg_names, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }
}


/*
 * Subrequests share the variables of their main request, but not its headers:
 * what is read of these is not kept.
 */

ngx_int_t
ngx_toucan_uncache_variables(ngx_cycle_t *cycle, ngx_toucan_main_conf_t *tmcf)
{
    ngx_uint_t                  i, *index;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);

    if (ngx_array_init(&tmcf->again, cycle->pool, 4, sizeof(ngx_uint_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (!ngx_toucan_is_read_again(cmcf, &v[i].name)) {
            continue;
        }

        v[i].flags |= NGX_HTTP_VAR_NOCACHEABLE;

        index = ngx_array_push(&tmcf->again);
        if (index == NULL) {
            return NGX_ERROR;
        }

        *index = i;
    }

    return NGX_OK;
}


/*
 * nginx keeps the values of these variables once they were read, be it by a
 * "set" or a "map" in an earlier phase.
 */

void
ngx_toucan_forget_variables(ngx_http_request_t *r,
    ngx_toucan_main_conf_t *tmcf)
{
    ngx_uint_t  i, *index;

    index = tmcf->again.elts;

    for (i = 0; i < tmcf->again.nelts; i++) {
        r->variables[index[i]].valid = 0;
        r->variables[index[i]].not_found = 0;
    }
}


/*
 * What a "set" made keeps its value, whatever its name.  Its flags are lost
 * behind the handler for "http_" in the indexed one, but not in the hash.
 */

static ngx_uint_t
ngx_toucan_is_read_again(ngx_http_core_main_conf_t *cmcf, ngx_str_t *name)
{
    ngx_http_variable_t  *v;

    if ((name->len <= 5 || ngx_strncmp(name->data, "http_", 5) != 0)
        && (name->len <= 7 || ngx_strncmp(name->data, "cookie_", 7) != 0)
        && (name->len != 11 || ngx_strncmp(name->data, "request_uri", 11) != 0))
    {
        return 0;
    }

    v = ngx_hash_find(&cmcf->variables_hash,
                      ngx_hash_key(name->data, name->len), name->data,
                      name->len);

    return v == NULL || !(v->flags & NGX_HTTP_VAR_CHANGEABLE);
}
