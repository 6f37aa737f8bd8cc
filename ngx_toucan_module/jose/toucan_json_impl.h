
/*
 * Inside of the JSON parser: toucan_json_scan.c reads strings, numbers and
 * words, toucan_json_fill.c puts them into the nodes of a document,
 * toucan_json.c says how large that can be.  Nobody else includes it, but for
 * toucan_json_doc.c, which decodes UTF-8 when it writes.
 */


#ifndef _TOUCAN_JSON_IMPL_H_INCLUDED_
#define _TOUCAN_JSON_IMPL_H_INCLUDED_


#include "jose/toucan_json.h"


/* XX(code, what is wrong at a place of the text) */

#define TOUCAN_JSON_FAULT_MAP(XX)                                             \
    XX(SYNTAX, "a syntax error")                                              \
    XX(CUT, "an unexpected end")                                              \
    XX(TRAILING, "something after the end")                                   \
    XX(DUPLICATE, "a member twice in one object")                             \
    XX(UTF8, "bytes that are not UTF-8")                                      \
    XX(NUL, "a NUL in a string")                                              \
    XX(CONTROL, "a control character in a string")                            \
    XX(SURROGATE, "half of a surrogate pair")                                 \
    XX(NUMBER, "a number beyond 64 bits")


typedef enum {
    TOUCAN_JSON_SOUND = 0,
#define TOUCAN_JSON_FAULT_CODE(code, what)  TOUCAN_JSON_FAULT_##code,
    TOUCAN_JSON_FAULT_MAP(TOUCAN_JSON_FAULT_CODE)
#undef TOUCAN_JSON_FAULT_CODE
    TOUCAN_JSON_FAULT_ROOT,
    TOUCAN_JSON_FAULT_BYTES,
    TOUCAN_JSON_FAULT_DEPTH,
    TOUCAN_JSON_FAULT_NODES,
    TOUCAN_JSON_FAULT_MEMORY
} toucan_json_fault_e;


/*
 * A text that is being read, in words where it can be.  After a fault, pos is
 * where that is.  Names, strings and reals go to out, each no longer than it
 * stands in the text: as many bytes as the text has are enough there, also for
 * a word of which only the first bytes will count.
 */

#define TOUCAN_JSON_WORD  sizeof(uint64_t)

typedef struct {
    const uint8_t   *pos;
    const uint8_t   *last;
    uint8_t         *out;
} toucan_json_scan_t;


/* Moves past white space.  1 while there is text left. */

static inline int
toucan_json_scan_space(toucan_json_scan_t *s)
{
    while (s->pos < s->last
           && (*s->pos == ' ' || *s->pos == '\n' || *s->pos == '\r'
               || *s->pos == '\t'))
    {
        s->pos++;
    }

    return s->pos < s->last;
}


/*
 * Each is called at the first byte of its token and moves past the last one.
 * A string goes to out with its escapes undone.
 */
toucan_json_fault_e toucan_json_scan_string(toucan_json_scan_t *s);

/* node->type becomes that of a literal. */
toucan_json_fault_e toucan_json_scan_word(toucan_json_scan_t *s,
    toucan_node_t *node);

/*
 * An integer goes to node->v.integer; a real is copied to out as it is
 * written.  Only node->type and, of an integer, its value are set.
 */
toucan_json_fault_e toucan_json_scan_number(toucan_json_scan_t *s,
    toucan_node_t *node);

/*
 * The code point at *p, which moves past it; TOUCAN_JSON_NO_CHAR, and *p moves
 * by one byte, where no sound UTF-8 sequence begins (RFC 3629).
 */
#define TOUCAN_JSON_NO_CHAR  UINT32_MAX

uint32_t toucan_json_decode(const uint8_t **p, const uint8_t *last);


/*
 * Makes the nodes of doc from the text at s: at most max_nodes of them, for
 * which there is room before s->out, and as deep as max_depth.  scratch is for
 * max_nodes numbers, or NULL when there are at most TOUCAN_JSON_FEW.  On
 * TOUCAN_JSON_FAULT_DUPLICATE doc->nodes is the index of the member that is
 * one too many.
 */

#define TOUCAN_JSON_FEW  24

toucan_json_fault_e toucan_json_fill(toucan_doc_t *doc, toucan_json_scan_t *s,
    uint32_t max_nodes, unsigned max_depth, uint32_t *scratch);


#endif /* _TOUCAN_JSON_IMPL_H_INCLUDED_ */
