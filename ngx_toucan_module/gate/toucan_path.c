
/*
 * Paths to claims: the dotted form and JSON Pointer (RFC 6901).
 */


#include "gate/toucan_claims.h"


static toucan_rc_t toucan_path_segment(toucan_str_t *segment,
    toucan_arena_t *arena);
static toucan_rc_t toucan_path_bad(toucan_str_t text, const char *why,
    toucan_diag_t *diag);


toucan_rc_t
toucan_path_parse(toucan_path_t *path, toucan_str_t text,
    toucan_arena_t *arena, toucan_diag_t *diag)
{
    int            pointer;
    size_t         i, start;
    uint8_t        separator;
    toucan_rc_t    rc;
    toucan_str_t  *segment;

    path->n = 0;

    if (text.len == 0) {
        return toucan_path_bad(text, "is empty", diag);
    }

    pointer = (text.data[0] == '/');
    separator = pointer ? '/' : '.';
    start = pointer ? 1 : 0;

    for (i = start; i <= text.len; i++) {

        if (i < text.len && text.data[i] != separator) {
            continue;
        }

        if (i == start) {
            path->n = 0;
            return toucan_path_bad(text, "has an empty segment", diag);
        }

        if (path->n == TOUCAN_PATH_MAX) {
            path->n = 0;
            return toucan_path_bad(text, "has too many segments", diag);
        }

        segment = &path->segments[path->n++];
        *segment = toucan_str(text.data + start, i - start);
        start = i + 1;

        if (!pointer) {
            continue;
        }

        rc = toucan_path_segment(segment, arena);

        if (rc != TOUCAN_OK) {
            path->n = 0;
            return (rc == TOUCAN_BAD_FORMAT)
                       ? toucan_path_bad(text, "has \"~\" before other than "
                                         "\"0\" or \"1\"", diag)
                       : rc;
        }
    }

    return TOUCAN_OK;
}


/* Undoes "~1" and "~0"; a segment without them stays the view that it is. */

static toucan_rc_t
toucan_path_segment(toucan_str_t *segment, toucan_arena_t *arena)
{
    size_t    i, n;
    uint8_t  *p;

    n = 0;

    for (i = 0; i < segment->len; i++) {

        if (segment->data[i] != '~') {
            continue;
        }

        i++;

        if (i == segment->len
            || (segment->data[i] != '0' && segment->data[i] != '1'))
        {
            return TOUCAN_BAD_FORMAT;
        }

        n++;
    }

    if (n == 0) {
        return TOUCAN_OK;
    }

    p = toucan_arena_alloc(arena, segment->len - n);

    if (p == NULL) {
        return TOUCAN_NO_MEMORY;
    }

    n = 0;

    for (i = 0; i < segment->len; i++) {

        if (segment->data[i] == '~') {
            i++;
            p[n++] = (segment->data[i] == '0') ? '~' : '/';

        } else {
            p[n++] = segment->data[i];
        }
    }

    *segment = toucan_str(p, n);

    return TOUCAN_OK;
}


static toucan_rc_t
toucan_path_bad(toucan_str_t text, const char *why, toucan_diag_t *diag)
{
    toucan_diag_error(diag, "the path \"%.*s\" %s", toucan_fmt(text), why);

    return TOUCAN_BAD_FORMAT;
}


toucan_rc_t
toucan_path_walk(const toucan_path_t *path, const toucan_doc_t *doc,
    const toucan_node_t **node)
{
    unsigned              i;
    const toucan_node_t  *n;

    *node = NULL;

    if (path->n == 0) {
        return TOUCAN_OK;
    }

    n = toucan_json_root(doc);

    for (i = 0; i < path->n; i++) {

        if (!toucan_json_is(n, TOUCAN_JSON_OBJECT)) {
            return TOUCAN_BAD_CLAIM;
        }

        n = toucan_json_member(doc, n, path->segments[i]);

        if (n == NULL) {
            return TOUCAN_OK;
        }
    }

    *node = n;

    return TOUCAN_OK;
}


const toucan_node_t *
toucan_path_find(const toucan_path_t *path, const toucan_doc_t *doc)
{
    const toucan_node_t  *node;

    (void) toucan_path_walk(path, doc, &node);

    return node;
}
