
/*
 * Reading a set of keys in steps, for whoever may not stop for as long as a
 * large one takes: toucan_jwks_parse() is all of them at once.
 */


#ifndef _TOUCAN_JWKS_READER_H_INCLUDED_
#define _TOUCAN_JWKS_READER_H_INCLUDED_


#include "jose/toucan_jwks.h"


typedef struct toucan_jwks_reader_s  toucan_jwks_reader_t;


typedef enum {
    TOUCAN_JWKS_MORE = 1,
    TOUCAN_JWKS_DONE,
    TOUCAN_JWKS_ERROR
} toucan_jwks_step_e;


/*
 * Begins to read text: ops is TOUCAN_OPS_OPEN, as toucan_jwks_parse() reads
 * it, or TOUCAN_OPS_MAKE, as toucan_jwks_parse_private() does.  text and diag
 * must stay as they are until the reader is freed.  The caller owns the
 * result, free with toucan_jwks_reader_free(); NULL when memory is out, which
 * diag->error then says.
 */
toucan_jwks_reader_t *toucan_jwks_reader_new(toucan_str_t text, unsigned ops,
    toucan_diag_t *diag);

/*
 * Takes the next step: the text becomes a document (or PEM keys, few as they
 * are), it is hashed, at most n keys are made of it, or all of them sorted.
 * TOUCAN_JWKS_DONE when nothing is left to do; TOUCAN_JWKS_ERROR, now and
 * from now on, when the text is no sound set: diag->error tells.
 */
toucan_jwks_step_e toucan_jwks_reader_step(toucan_jwks_reader_t *reader,
    unsigned n);

/*
 * What toucan_jwks_id() of the set will be; NULL as long as the text has not
 * been hashed, which it is before the first key is made.  A view into reader,
 * valid until its next step.
 */
const uint8_t *toucan_jwks_reader_id(const toucan_jwks_reader_t *reader);

/*
 * Takes what steps are left, and frees the reader.  The caller owns the
 * result, free with toucan_jwks_free(); NULL on an error, which diag->error
 * tells.  NULL is accepted, and returned.
 */
toucan_jwks_t *toucan_jwks_reader_finish(toucan_jwks_reader_t *reader);

/* At any time; cleanses what is secret.  NULL is accepted. */
void toucan_jwks_reader_free(toucan_jwks_reader_t *reader);


#endif /* _TOUCAN_JWKS_READER_H_INCLUDED_ */
