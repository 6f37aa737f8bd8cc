
/*
 * Setters of the directives that say who is accepted, what of it the backend
 * is told, and what it takes to pass.
 */


#include "ngx/ngx_toucan_directives.h"


static char *ngx_toucan_attribute_option(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, toucan_attr_t *attr);
static char *ngx_toucan_attribute_unique(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, ngx_array_t *attrs);
static ngx_int_t ngx_toucan_same_header(toucan_str_t a, toucan_str_t b);
static ngx_int_t ngx_toucan_permission_args(ngx_conf_t *cf, ngx_str_t *object,
    toucan_strv_t *args);


char *
ngx_toucan_claim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t       *value;
    toucan_diag_t    diag;
    toucan_path_t   *paths;
    toucan_arena_t   arena;
    toucan_claim_e   claim;

    value = cf->args->elts;

    if (lcf->claims == NGX_CONF_UNSET_PTR) {
        lcf->claims = ngx_array_create(cf->pool, TOUCAN_CLAIM_MAX,
                                       sizeof(toucan_path_t));
        if (lcf->claims == NULL) {
            return NGX_CONF_ERROR;
        }

        paths = ngx_array_push_n(lcf->claims, TOUCAN_CLAIM_MAX);
        ngx_memzero(paths, sizeof(toucan_path_t) * TOUCAN_CLAIM_MAX);
    }

    paths = lcf->claims->elts;
    claim = toucan_claim_find(ngx_toucan_view(value[1]));

    if (claim == TOUCAN_CLAIM_MAX) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "it is no claim that can be moved");
    }

    if (paths[claim].n != 0) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "this claim is moved already");
    }

    arena = ngx_toucan_arena(cf->pool);
    toucan_diag_init(&diag);

    if (toucan_path_parse(&paths[claim], ngx_toucan_view(value[2]), &arena,
                          &diag)
        != TOUCAN_OK)
    {
        return ngx_toucan_invalid(cf, cmd, &value[2], diag.error);
    }

    return NGX_CONF_OK;
}


char *
ngx_toucan_roles(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    char          *rv;
    ngx_uint_t     i;
    toucan_str_t  *role;

    rv = ngx_toucan_strings(cf, cmd, conf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    role = lcf->roles->elts;

    for (i = 0; i < lcf->roles->nelts; i++) {

        if (!toucan_str_is(role[i], "any")) {
            continue;
        }

        if (lcf->roles->nelts > 1) {
            return "takes no role beside \"any\"";
        }

        lcf->roles->nelts = 0;
    }

    return NGX_CONF_OK;
}


char *
ngx_toucan_attribute(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t      *value;
    ngx_uint_t      i;
    toucan_attr_t  *attr;

    if (ngx_toucan_list(cf, &lcf->attrs, sizeof(toucan_attr_t)) == NULL) {
        return NGX_CONF_ERROR;
    }

    attr = ngx_array_push(lcf->attrs);
    if (attr == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    ngx_memzero(attr, sizeof(toucan_attr_t));
    attr->name = ngx_toucan_view(value[1]);

    if (!toucan_attr_name_valid(attr->name)) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "a name is a letter or \"_\", then letters, "
                                  "digits, \"_\" and \"-\"");
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_toucan_attribute_option(cf, cmd, &value[i], attr)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (attr->column.data && !attr->required) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the attribute \"%V\" has a column but is not "
                           "\"required\": without it, the backend is told "
                           "nothing of that column", &value[1]);
    }

    return ngx_toucan_attribute_unique(cf, cmd, &value[1], lcf->attrs);
}


static char *
ngx_toucan_attribute_option(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, toucan_attr_t *attr)
{
    toucan_str_t  v;

    v = ngx_toucan_view(*value);

    if (toucan_str_is(v, "required")) {
        attr->required = 1;
        return NGX_CONF_OK;
    }

    if (v.len > 5 && ngx_strncmp(v.data, "type=", 5) == 0) {
        v = toucan_str(v.data + 5, v.len - 5);

        if (toucan_attr_type_find(v, &attr->type)) {
            return NGX_CONF_OK;
        }

        return ngx_toucan_invalid(cf, cmd, value,
                                  "a type is string, integer, boolean, "
                                  "strings or integers");
    }

    if (v.len > 7 && ngx_strncmp(v.data, "column=", 7) == 0) {
        attr->column = toucan_str(v.data + 7, v.len - 7);

        if (toucan_attr_column_valid(attr->column)) {
            return NGX_CONF_OK;
        }

        return ngx_toucan_invalid(cf, cmd, value,
                                  "a column is letters, digits and \"_\", "
                                  "with dots between names");
    }

    return ngx_toucan_invalid(cf, cmd, value,
                              "an option is \"type=TYPE\", \"required\" or "
                              "\"column=NAME\"");
}


/* Two names that make one header, or one column twice, would overwrite. */

static char *
ngx_toucan_attribute_unique(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, ngx_array_t *attrs)
{
    ngx_uint_t      i;
    toucan_attr_t  *a, *last;

    a = attrs->elts;
    last = &a[attrs->nelts - 1];

    for (i = 0; i + 1 < attrs->nelts; i++) {

        if (ngx_toucan_same_header(a[i].name, last->name)) {
            return ngx_toucan_invalid(cf, cmd, value,
                                      "another attribute has the same header");
        }

        if (last->column.data && toucan_str_eq(a[i].column, last->column)) {
            return ngx_toucan_invalid(cf, cmd, value,
                                      "another attribute has the same column");
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_toucan_same_header(toucan_str_t a, toucan_str_t b)
{
    ngx_uint_t  i;

    if (a.len != b.len) {
        return 0;
    }

    for (i = 0; i < a.len; i++) {
        if (ngx_toucan_header_char(a.data[i])
            != ngx_toucan_header_char(b.data[i]))
        {
            return 0;
        }
    }

    return 1;
}


char *
ngx_toucan_permission(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_toucan_loc_conf_t *lcf = conf;

    ngx_str_t                         *value;
    toucan_perm_rule_t                *rule;
    ngx_http_complex_value_t          *object;
    ngx_http_compile_complex_value_t   ccv;

    if (ngx_toucan_list(cf, &lcf->rules, sizeof(toucan_perm_rule_t)) == NULL
        || ngx_toucan_list(cf, &lcf->objects, sizeof(ngx_http_complex_value_t))
           == NULL)
    {
        return NGX_CONF_ERROR;
    }

    rule = ngx_array_push(lcf->rules);
    object = ngx_array_push(lcf->objects);

    if (rule == NULL || object == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(toucan_perm_rule_t));
    ngx_memzero(object, sizeof(ngx_http_complex_value_t));

    value = cf->args->elts;

    rule->model = ngx_toucan_view(value[1]);
    rule->action = toucan_action_find(ngx_toucan_view(value[2]));

    if (!toucan_model_valid(rule->model)) {
        return ngx_toucan_invalid(cf, cmd, &value[1],
                                  "a model is letters, digits, \"_\", \"-\" "
                                  "and \".\"");
    }

    if (rule->action == 0) {
        return ngx_toucan_invalid(cf, cmd, &value[2],
                                  "an action is can_view, can_edit or "
                                  "can_query");
    }

    if (cf->args->nelts == 3) {
        return NGX_CONF_OK;
    }

    if (value[3].len == 0) {
        return ngx_toucan_invalid(cf, cmd, &value[3],
                                  "an object must not be empty");
    }

    rule->has_object = 1;

    if (ngx_toucan_permission_args(cf, &value[3], &rule->args) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[3];
    ccv.complex_value = object;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/*
 * The names behind every $arg_NAME and ${arg_NAME} of an object: where such
 * an argument is repeated, the backend may take another one than nginx does.
 */

static ngx_int_t
ngx_toucan_permission_args(ngx_conf_t *cf, ngx_str_t *object,
    toucan_strv_t *args)
{
    u_char        *p, *last;
    ngx_array_t    names;
    toucan_str_t  *name;

    if (ngx_array_init(&names, cf->pool, 1, sizeof(toucan_str_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    last = object->data + object->len;

    for (p = object->data; p < last; p++) {

        if (*p != '$') {
            continue;
        }

        if (p + 1 < last && p[1] == '{') {
            p++;
        }

        if (last - p < 6
            || ngx_strncasecmp(p + 1, (u_char *) "arg_", 4) != 0)
        {
            continue;
        }

        name = ngx_array_push(&names);
        if (name == NULL) {
            return NGX_ERROR;
        }

        name->data = p + 5;

        for (p += 5; p < last; p++) {
            if (*p != '_' && ngx_toucan_header_char(*p) == '-') {
                break;
            }
        }

        name->len = p - name->data;
        p--;
    }

    args->elts = names.elts;
    args->n = names.nelts;

    return NGX_OK;
}
