
/*
 * Borrowed views and the bounded writer: the two ways in which the lower
 * floors hand bytes to each other.
 */


#ifndef _TOUCAN_STR_H_INCLUDED_
#define _TOUCAN_STR_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>


/*
 * A view: it owns nothing.  Every function that returns one says whose bytes
 * they are and until when they hold.  data == NULL means "absent", which is
 * not the same as present and empty (data != NULL, len == 0).
 */

typedef struct {
    size_t           len;
    const uint8_t   *data;
} toucan_str_t;


#define toucan_string(literal)                                               \
    { sizeof(literal) - 1, (const uint8_t *) (literal) }


static inline toucan_str_t
toucan_str(const void *data, size_t len)
{
    toucan_str_t  s;

    s.len = len;
    s.data = data;

    return s;
}


static inline toucan_str_t
toucan_cstr(const char *text)
{
    return toucan_str(text, strlen(text));
}


static inline int
toucan_str_eq(toucan_str_t a, toucan_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


static inline int
toucan_str_is(toucan_str_t a, const char *text)
{
    return toucan_str_eq(a, toucan_cstr(text));
}


static inline uint8_t
toucan_lower(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') ? (uint8_t) (c | 0x20) : c;
}


/* The value of a hexadecimal digit; -1 when it is none. */

static inline int
toucan_hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c = toucan_lower(c);

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* ASCII only; bytes above 127 compare as they are */

static inline int
toucan_str_caseeq(toucan_str_t a, toucan_str_t b)
{
    size_t  i;

    if (a.len != b.len) {
        return 0;
    }

    for (i = 0; i < a.len; i++) {
        if (toucan_lower(a.data[i]) != toucan_lower(b.data[i])) {
            return 0;
        }
    }

    return 1;
}


/*
 * The bounded writer.  A write that does not fit writes nothing and sets
 * "overflow" for good, so a caller checks once, at the end.  With start ==
 * NULL it only counts: "need" is then what a second pass has to provide.
 */

typedef struct {
    uint8_t         *start;
    uint8_t         *pos;
    uint8_t         *end;
    size_t           need;
    unsigned         overflow:1;
} toucan_buf_t;


static inline void
toucan_buf_init(toucan_buf_t *b, void *start, size_t size)
{
    b->start = start;
    b->pos = start;
    b->end = start;
    b->need = 0;
    b->overflow = 0;

    if (b->end != NULL) {
        b->end += size;
    }
}


static inline void
toucan_buf_write(toucan_buf_t *b, const void *data, size_t len)
{
    b->need += len;

    if (len == 0 || b->start == NULL) {
        return;
    }

    if (b->overflow || (size_t) (b->end - b->pos) < len) {
        b->overflow = 1;
        return;
    }

    memcpy(b->pos, data, len);
    b->pos += len;
}


static inline void
toucan_buf_byte(toucan_buf_t *b, uint8_t c)
{
    toucan_buf_write(b, &c, 1);
}


static inline void
toucan_buf_str(toucan_buf_t *b, toucan_str_t s)
{
    toucan_buf_write(b, s.data, s.len);
}


/* A view into the writer's memory, valid as long as that memory. */

static inline toucan_str_t
toucan_buf_view(const toucan_buf_t *b)
{
    return toucan_str(b->start, (size_t) (b->pos - b->start));
}


#endif /* _TOUCAN_STR_H_INCLUDED_ */
