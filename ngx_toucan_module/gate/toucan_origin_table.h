
/*
 * Exact and wildcard origins in one hash table of open addressing, with a
 * look-up whose cost does not depend on their number.  Part of the allowlist:
 * see toucan_origin.h.
 */


#ifndef _TOUCAN_ORIGIN_TABLE_H_INCLUDED_
#define _TOUCAN_ORIGIN_TABLE_H_INCLUDED_


#include "gate/toucan_origin.h"


typedef struct {
    uint32_t                 offset;    /* in text */
    uint32_t                 hash;
    uint16_t                 len;
    uint16_t                 host;      /* offset of the host */
    uint16_t                 wildcard;  /* then "*." is left out */
} toucan_origin_entry_t;


/* Zeroed memory is an empty table. */

typedef struct {
    toucan_origin_entry_t   *entries;   /* in the order of adding */
    uint32_t                 n;
    uint32_t                 size;
    uint32_t                 wildcards;

    uint8_t                 *text;
    uint32_t                 text_len;
    uint32_t                 text_size;

    uint32_t                *slots;     /* index of an entry + 1; or 0 */
    uint32_t                 nslots;    /* a power of two, or 0 */
} toucan_origin_table_t;


/*
 * Adds an origin, or with wildcard all that lie below its host.  What is
 * there already is not added.  TOUCAN_NO_MEMORY leaves the table as it was.
 */
toucan_rc_t toucan_origin_table_add(toucan_origin_table_t *table,
    const toucan_origin_t *origin, unsigned wildcard);

/* Gives back the memory that growing has left over. */
void toucan_origin_table_fix(toucan_origin_table_t *table);

/* Frees what the table holds, not the table. */
void toucan_origin_table_free(toucan_origin_table_t *table);

/* 1 when the origin, or a wildcard over it, is in the table. */
int toucan_origin_table_find(const toucan_origin_table_t *table,
    const toucan_origin_t *origin);

/* Writes the entries, joined by a space, in the order of adding. */
void toucan_origin_table_write(const toucan_origin_table_t *table,
    toucan_buf_t *b);


#endif /* _TOUCAN_ORIGIN_TABLE_H_INCLUDED_ */
