
/*
 * JSON: a scan that counts before anything is allocated, jansson for the
 * grammar, and the tree laid out flat.
 */


#include "jose/toucan_json.h"

#include <jansson.h>


/* More than "%.17g" of any double. */
#define TOUCAN_JSON_REAL_SIZE  32


typedef struct {
    toucan_doc_t    *doc;
    uint8_t         *start;
    uint8_t         *pos;           /* where the next text goes */
} toucan_json_fill_t;


static json_t *toucan_json_load(toucan_str_t text, json_error_t *err);
static toucan_rc_t toucan_json_scan(toucan_str_t text,
    const toucan_json_limits_t *limits);
static const uint8_t *toucan_json_skip_string(const uint8_t *p,
    const uint8_t *last);
static int toucan_json_is_empty(const uint8_t *p, const uint8_t *last);
static toucan_rc_t toucan_json_lay_out(json_t *json, toucan_arena_t *arena,
    const toucan_doc_t **doc);
static void toucan_json_measure(json_t *json, size_t *nodes, size_t *bytes);
static toucan_rc_t toucan_json_fill(toucan_json_fill_t *f, json_t *json,
    const char *name);
static toucan_rc_t toucan_json_fill_object(toucan_json_fill_t *f, json_t *json);
static toucan_rc_t toucan_json_fill_array(toucan_json_fill_t *f, json_t *json);
static toucan_rc_t toucan_json_fill_real(toucan_json_fill_t *f, json_t *json,
    toucan_node_t *node);
static uint32_t toucan_json_put(toucan_json_fill_t *f, const char *text,
    size_t len);
static void toucan_json_explain(toucan_diag_t *diag, toucan_rc_t rc,
    const json_error_t *err);


const toucan_json_limits_t  toucan_json_token_limits = {
    65536, 16, 1024
};


/* a set of TOUCAN_JWKS_MAX_KEYS private RSA keys has about 60000 values */

const toucan_json_limits_t  toucan_json_file_limits = {
    4 * 1024 * 1024, 16, 200000
};


toucan_rc_t
toucan_json_parse(toucan_str_t text, const toucan_json_limits_t *limits,
    toucan_arena_t *arena, const toucan_doc_t **doc)
{
    json_t        *json;
    toucan_rc_t    rc;
    json_error_t   err;

    rc = toucan_json_scan(text, limits);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    json = toucan_json_load(text, &err);
    if (json == NULL) {
        return (json_error_code(&err) == json_error_out_of_memory)
               ? TOUCAN_NO_MEMORY : TOUCAN_BAD_JSON;
    }

    rc = toucan_json_lay_out(json, arena, doc);

    json_decref(json);

    return rc;
}


toucan_rc_t
toucan_json_parse_file(toucan_str_t text, toucan_arena_t *arena,
    const toucan_doc_t **doc, toucan_diag_t *diag)
{
    json_t        *json;
    toucan_rc_t    rc;
    json_error_t   err;

    rc = toucan_json_parse(text, &toucan_json_file_limits, arena, doc);

    if (rc == TOUCAN_OK) {
        return TOUCAN_OK;
    }

    err.line = 0;

    if (rc == TOUCAN_BAD_JSON
        && toucan_json_scan(text, &toucan_json_file_limits) == TOUCAN_OK)
    {
        json = toucan_json_load(text, &err);

        if (json != NULL) {
            err.line = 0;
            json_decref(json);
        }
    }

    toucan_json_explain(diag, rc, &err);

    return rc;
}


/*
 * jansson seeds its hash tables once per process, from the kernel or the
 * clock: it hands the seed to no caller.
 */

static json_t *
toucan_json_load(toucan_str_t text, json_error_t *err)
{
    json_t  *json;

    memset(err, 0, sizeof(json_error_t));

    json = json_loadb((const char *) text.data, text.len,
                      JSON_REJECT_DUPLICATES, err);

    /* it fails in silence only where malloc() does */

    if (json == NULL && err->text[0] == '\0') {
        err->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_out_of_memory;
    }

    return json;
}


/*
 * Counts exactly what a sound text would make jansson allocate; of an unsound
 * one, what it allocates before it gives up.
 */

static toucan_rc_t
toucan_json_scan(toucan_str_t text, const toucan_json_limits_t *limits)
{
    unsigned        depth, nodes;
    const uint8_t  *p, *last;

    if (text.len > limits->bytes) {
        return TOUCAN_TOO_LARGE;
    }

    depth = 0;
    nodes = 1;
    last = (text.len == 0) ? text.data : text.data + text.len;

    for (p = text.data; p < last; p++) {

        switch (*p) {

        case '"':
            p = toucan_json_skip_string(p + 1, last);
            if (p == last) {
                return TOUCAN_BAD_JSON;
            }

            break;

        case '{':
        case '[':
            if (++depth > limits->depth) {
                return TOUCAN_BAD_JSON;
            }

            nodes += !toucan_json_is_empty(p + 1, last);
            break;

        case '}':
        case ']':
            if (depth-- == 0) {
                return TOUCAN_BAD_JSON;
            }

            break;

        case ',':
            nodes++;
            break;
        }

        if (nodes > limits->nodes) {
            return TOUCAN_BAD_JSON;
        }
    }

    return TOUCAN_OK;
}


/* The closing quote, or last. */

static const uint8_t *
toucan_json_skip_string(const uint8_t *p, const uint8_t *last)
{
    for ( /* void */ ; p < last && *p != '"'; p++) {
        if (*p == '\\' && ++p == last) {
            break;
        }
    }

    return p;
}


static int
toucan_json_is_empty(const uint8_t *p, const uint8_t *last)
{
    while (p < last
           && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
    {
        p++;
    }

    return p < last && (*p == '}' || *p == ']');
}


static toucan_rc_t
toucan_json_lay_out(json_t *json, toucan_arena_t *arena,
    const toucan_doc_t **doc)
{
    size_t              nodes, bytes, size;
    toucan_rc_t         rc;
    toucan_json_fill_t  f;

    if (!json_is_object(json)) {
        return TOUCAN_BAD_JSON;
    }

    nodes = 0;
    bytes = 0;

    toucan_json_measure(json, &nodes, &bytes);

    size = sizeof(toucan_doc_t) + nodes * sizeof(toucan_node_t) + bytes;
    if (size > UINT32_MAX) {
        return TOUCAN_TOO_LARGE;
    }

    f.doc = toucan_arena_alloc(arena, size);
    if (f.doc == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    f.doc->nodes = 0;
    f.start = (uint8_t *) f.doc;
    f.pos = f.start + size - bytes;

    rc = toucan_json_fill(&f, json, NULL);
    if (rc != TOUCAN_OK) {
        return rc;
    }

    f.doc->size = (uint32_t) (f.pos - f.start);
    *doc = f.doc;

    return TOUCAN_OK;
}


static void
toucan_json_measure(json_t *json, size_t *nodes, size_t *bytes)
{
    void    *iter;
    size_t   i;

    (*nodes)++;

    switch (json_typeof(json)) {

    case JSON_OBJECT:
        for (iter = json_object_iter(json);
             iter != NULL;
             iter = json_object_iter_next(json, iter))
        {
            *bytes += strlen(json_object_iter_key(iter));
            toucan_json_measure(json_object_iter_value(iter), nodes, bytes);
        }

        break;

    case JSON_ARRAY:
        for (i = 0; i < json_array_size(json); i++) {
            toucan_json_measure(json_array_get(json, i), nodes, bytes);
        }

        break;

    case JSON_STRING:
        *bytes += json_string_length(json);
        break;

    case JSON_REAL:
        *bytes += TOUCAN_JSON_REAL_SIZE;
        break;

    default:
        break;
    }
}


static toucan_rc_t
toucan_json_fill(toucan_json_fill_t *f, json_t *json, const char *name)
{
    toucan_rc_t     rc;
    toucan_node_t  *node;

    node = &f->doc->node[f->doc->nodes++];
    memset(node, 0, sizeof(toucan_node_t));

    if (name != NULL) {
        node->name_len = (uint32_t) strlen(name);
        node->name = toucan_json_put(f, name, node->name_len);
    }

    rc = TOUCAN_OK;

    switch (json_typeof(json)) {

    case JSON_OBJECT:
        node->type = TOUCAN_JSON_OBJECT;
        node->v.s.len = (uint32_t) json_object_size(json);
        rc = toucan_json_fill_object(f, json);
        break;

    case JSON_ARRAY:
        node->type = TOUCAN_JSON_ARRAY;
        node->v.s.len = (uint32_t) json_array_size(json);
        rc = toucan_json_fill_array(f, json);
        break;

    case JSON_STRING:
        node->type = TOUCAN_JSON_STRING;
        node->v.s.len = (uint32_t) json_string_length(json);
        node->v.s.offset = toucan_json_put(f, json_string_value(json),
                                           node->v.s.len);

        /* jansson never cleanses; the value is not looked at again */

        toucan_cleanse((char *) json_string_value(json), node->v.s.len);
        break;

    case JSON_INTEGER:
        node->type = TOUCAN_JSON_INTEGER;
        node->v.integer = json_integer_value(json);
        break;

    case JSON_REAL:
        rc = toucan_json_fill_real(f, json, node);
        break;

    case JSON_TRUE:
        node->type = TOUCAN_JSON_TRUE;
        break;

    case JSON_FALSE:
        node->type = TOUCAN_JSON_FALSE;
        break;

    case JSON_NULL:
        node->type = TOUCAN_JSON_NULL;
        break;
    }

    node->next = f->doc->nodes;

    return rc;
}


/* jansson walks an object in the order of its text */

static toucan_rc_t
toucan_json_fill_object(toucan_json_fill_t *f, json_t *json)
{
    void         *iter;
    toucan_rc_t   rc;

    for (iter = json_object_iter(json);
         iter != NULL;
         iter = json_object_iter_next(json, iter))
    {
        rc = toucan_json_fill(f, json_object_iter_value(iter),
                              json_object_iter_key(iter));
        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_json_fill_array(toucan_json_fill_t *f, json_t *json)
{
    size_t       i;
    toucan_rc_t  rc;

    for (i = 0; i < json_array_size(json); i++) {
        rc = toucan_json_fill(f, json_array_get(json, i), NULL);
        if (rc != TOUCAN_OK) {
            return rc;
        }
    }

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_json_fill_real(toucan_json_fill_t *f, json_t *json, toucan_node_t *node)
{
    char    text[TOUCAN_JSON_REAL_SIZE];
    size_t  len;

    /* 0 when malloc() failed: no locale is asked, so not snprintf() */

    len = json_dumpb(json, text, sizeof(text), JSON_ENCODE_ANY);

    if (len == 0 || len > sizeof(text)) {
        return TOUCAN_NO_MEMORY;
    }

    node->type = TOUCAN_JSON_REAL;
    node->v.s.len = (uint32_t) len;
    node->v.s.offset = toucan_json_put(f, text, len);

    return TOUCAN_OK;
}


static uint32_t
toucan_json_put(toucan_json_fill_t *f, const char *text, size_t len)
{
    uint8_t  *p;

    p = f->pos;

    if (len > 0) {
        memcpy(p, text, len);
        f->pos += len;
    }

    return (uint32_t) (p - f->start);
}


static void
toucan_json_explain(toucan_diag_t *diag, toucan_rc_t rc,
    const json_error_t *err)
{
    const char                  *what;
    const toucan_json_limits_t  *limits;

    limits = &toucan_json_file_limits;

    if (rc == TOUCAN_NO_MEMORY) {
        toucan_diag_error(diag, "out of memory");
        return;
    }

    if (rc == TOUCAN_TOO_LARGE) {
        toucan_diag_error(diag, "larger than %zu bytes", limits->bytes);
        return;
    }

    if (err->line == 0) {
        toucan_diag_error(diag, "not a JSON object of at most %u levels and "
                          "%u values", limits->depth, limits->nodes);
        return;
    }

    switch (json_error_code(err)) {

    case json_error_duplicate_key:
        what = "a member twice in one object";
        break;

    case json_error_invalid_utf8:
        what = "bytes that are not UTF-8";
        break;

    case json_error_null_character:
    case json_error_null_byte_in_key:
        what = "a NUL in a string";
        break;

    case json_error_numeric_overflow:
        what = "a number beyond 64 bits";
        break;

    case json_error_end_of_input_expected:
        what = "something after the end";
        break;

    default:
        what = "a syntax error";
        break;
    }

    toucan_diag_error(diag, "not strict JSON: %s, at line %d, column %d",
                      what, err->line, err->column);
}
