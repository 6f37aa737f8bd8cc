
/*
 * Nodes of a document, read where every request passes: what toucan_json.h
 * says of these questions, without a call for each.
 */


#ifndef _TOUCAN_NODE_H_INCLUDED_
#define _TOUCAN_NODE_H_INCLUDED_


#include "jose/toucan_json.h"


/* The first child of an object or an array, the one after a child; or NULL. */

static inline const toucan_node_t *
toucan_node_first(const toucan_node_t *container)
{
    return (container->v.s.len != 0) ? container + 1 : NULL;
}


static inline const toucan_node_t *
toucan_node_after(const toucan_doc_t *doc, const toucan_node_t *container,
    const toucan_node_t *child)
{
    return (child->next < container->next) ? &doc->node[child->next] : NULL;
}


/* The name of an object's member; the text of a string.  Views into doc. */

__attribute__((nonnull)) static inline toucan_str_t
toucan_node_name(const toucan_doc_t *doc, const toucan_node_t *member)
{
    return toucan_str((const uint8_t *) doc + member->name, member->name_len);
}


__attribute__((nonnull)) static inline toucan_str_t
toucan_node_text(const toucan_doc_t *doc, const toucan_node_t *string)
{
    return toucan_str((const uint8_t *) doc + string->v.s.offset,
                      string->v.s.len);
}


static inline int
toucan_node_is(const toucan_node_t *node, toucan_json_type_e type)
{
    return node->type == (uint32_t) type;
}


/*
 * 1 when n bytes are equal: names are short, and most of them shorter than a
 * call of memcmp() is long.  Not for secrets.
 */

static inline int
toucan_node_eq(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint32_t  x, y;

    for ( /* void */ ; n >= sizeof(uint32_t); n -= sizeof(uint32_t)) {
        memcpy(&x, a, sizeof(uint32_t));
        memcpy(&y, b, sizeof(uint32_t));

        if (x != y) {
            return 0;
        }

        a += sizeof(uint32_t);
        b += sizeof(uint32_t);
    }

    while (n != 0) {
        n--;

        if (a[n] != b[n]) {
            return 0;
        }
    }

    return 1;
}


/* The member of that name of an object, or NULL.  A view into doc. */

static inline const toucan_node_t *
toucan_node_member(const toucan_doc_t *doc, const toucan_node_t *object,
    toucan_str_t name)
{
    const toucan_node_t  *node;

    for (node = toucan_node_first(object);
         node != NULL;
         node = toucan_node_after(doc, object, node))
    {
        if (node->name_len == name.len
            && toucan_node_eq((const uint8_t *) doc + node->name, name.data,
                              name.len))
        {
            return node;
        }
    }

    return NULL;
}


#endif /* _TOUCAN_NODE_H_INCLUDED_ */
