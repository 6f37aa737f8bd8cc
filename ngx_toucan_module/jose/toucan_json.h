
/*
 * Strict, bounded JSON (RFC 8259; RFC 7519 section 4 for duplicate members).
 * A parsed text becomes a toucan_doc_t: one block without pointers, which can
 * be copied, shared between processes and read without allocation.  What is
 * read is written nowhere else: no heap, no globals, no locale.
 */


#ifndef _TOUCAN_JSON_H_INCLUDED_
#define _TOUCAN_JSON_H_INCLUDED_


#include "jose/toucan_rc.h"
#include "jose/toucan_mem.h"


typedef enum {
    TOUCAN_JSON_NULL = 1,
    TOUCAN_JSON_FALSE,
    TOUCAN_JSON_TRUE,
    TOUCAN_JSON_INTEGER,
    TOUCAN_JSON_REAL,
    TOUCAN_JSON_STRING,
    TOUCAN_JSON_ARRAY,
    TOUCAN_JSON_OBJECT
} toucan_json_type_e;


/*
 * One value.  Nodes stand in document order; a container's children follow it
 * directly, the first at index + 1, each next one at its sibling's "next".
 * Offsets count from the start of the document.
 */

typedef struct {
    uint32_t         type;
    uint32_t         next;          /* index of the node after this subtree */
    uint32_t         name;          /* offset; 0 outside of an object */
    uint32_t         name_len;
    union {
        int64_t      integer;
        struct {
            uint32_t offset;        /* of a string's or real's text */
            uint32_t len;           /* its bytes; of a container: children */
        } s;
    } v;
} toucan_node_t;


typedef struct {
    uint32_t         size;          /* bytes of the whole block */
    uint32_t         nodes;
    toucan_node_t    node[];        /* node[0] is the root */
} toucan_doc_t;


/* Ceilings; exceeding one is TOUCAN_BAD_JSON, or TOUCAN_TOO_LARGE for bytes. */

typedef struct {
    size_t           bytes;
    unsigned         depth;         /* the root object is depth 1 */
    unsigned         nodes;         /* values of any type */
} toucan_json_limits_t;


extern const toucan_json_limits_t  toucan_json_token_limits;
extern const toucan_json_limits_t  toucan_json_file_limits;


#define TOUCAN_JSON_MAX_INTEGER  9007199254740992LL     /* 2^53 */


/*
 * Parses text whose root must be an object.  Refused with TOUCAN_BAD_JSON:
 * any other root, duplicate members, invalid UTF-8, half of a surrogate pair,
 * NUL in a string, bytes after the end, integers beyond 64 bits, reals beyond
 * a double, a ceiling passed.  The document is allocated from arena in one
 * piece; *doc is set on TOUCAN_OK only.
 * TOUCAN_NO_MEMORY when the arena is empty.
 */
toucan_rc_t toucan_json_parse(toucan_str_t text,
    const toucan_json_limits_t *limits, toucan_arena_t *arena,
    const toucan_doc_t **doc);

/*
 * The same with toucan_json_file_limits, for a configuration file: on an
 * error diag->error tells what is wrong, and the line and column, but nothing
 * of the text, which may be secret.
 */
toucan_rc_t toucan_json_parse_file(toucan_str_t text, toucan_arena_t *arena,
    const toucan_doc_t **doc, toucan_diag_t *diag);


static inline int
toucan_json_is(const toucan_node_t *node, toucan_json_type_e type)
{
    return node != NULL && node->type == (uint32_t) type;
}


/* The root.  A view into doc, valid as long as doc. */

static inline const toucan_node_t *
toucan_json_root(const toucan_doc_t *doc)
{
    return &doc->node[0];
}


/*
 * The member of an object, or NULL when there is none, or node is NULL or no
 * object.  A view into doc.  The second one takes a name in any ASCII case
 * and returns NULL when more than one member matches.
 */
const toucan_node_t *toucan_json_member(const toucan_doc_t *doc,
    const toucan_node_t *node, toucan_str_t name);
const toucan_node_t *toucan_json_member_nocase(const toucan_doc_t *doc,
    const toucan_node_t *node, toucan_str_t name);


/*
 * Walks a container: toucan_json_child() gives the first child or NULL,
 * toucan_json_sibling() the one after child, NULL after the last.
 */

static inline const toucan_node_t *
toucan_json_child(const toucan_doc_t *doc, const toucan_node_t *node)
{
    (void) doc;

    if (node == NULL
        || (node->type != TOUCAN_JSON_OBJECT
            && node->type != TOUCAN_JSON_ARRAY))
    {
        return NULL;
    }

    return (node->v.s.len > 0) ? node + 1 : NULL;
}


static inline const toucan_node_t *
toucan_json_sibling(const toucan_doc_t *doc, const toucan_node_t *node,
    const toucan_node_t *child)
{
    return (child->next < node->next) ? &doc->node[child->next] : NULL;
}


/* A member's name; absent outside of an object.  A view into doc. */

static inline toucan_str_t
toucan_json_name(const toucan_doc_t *doc, const toucan_node_t *node)
{
    if (node == NULL || node->name == 0) {
        return toucan_str(NULL, 0);
    }

    return toucan_str((const uint8_t *) doc + node->name, node->name_len);
}


/*
 * The text of a string, or of a real as it is written; absent for NULL and any
 * other type.
 */

static inline toucan_str_t
toucan_json_string(const toucan_doc_t *doc, const toucan_node_t *node)
{
    if (node == NULL
        || (node->type != TOUCAN_JSON_STRING && node->type != TOUCAN_JSON_REAL))
    {
        return toucan_str(NULL, 0);
    }

    return toucan_str((const uint8_t *) doc + node->v.s.offset, node->v.s.len);
}


/*
 * Writes text as a JSON string: quoted, ASCII only, with \u escapes, also for
 * "%", so that undoing a percent-encoding does not change it.
 */
void toucan_json_write_string(toucan_buf_t *b, toucan_str_t text);
void toucan_json_write_integer(toucan_buf_t *b, int64_t value);

/* Writes a value compactly, members in document order, ASCII only. */
void toucan_json_write(toucan_buf_t *b, const toucan_doc_t *doc,
    const toucan_node_t *node);


#endif /* _TOUCAN_JSON_H_INCLUDED_ */
