
/*
 * Reading a set of keys: a JWK Set, one JWK, or PEM.  One step follows the
 * other, and each leaves all that there is in the reader.
 */


#include "jose/toucan_jwks_impl.h"
#include "jose/toucan_jwks_reader.h"

#include <limits.h>


typedef enum {
    TOUCAN_READER_PARSE = 0,
    TOUCAN_READER_HASH,
    TOUCAN_READER_KEYS,
    TOUCAN_READER_SORT,
    TOUCAN_READER_DONE,
    TOUCAN_READER_FAILED
} toucan_reader_stage_e;


struct toucan_jwks_reader_s {
    toucan_str_t             text;
    unsigned                 ops;
    toucan_diag_t           *diag;
    toucan_reader_stage_e    stage;
    toucan_block_t           block;     /* of the document */
    const toucan_doc_t      *doc;
    const toucan_node_t     *keys;      /* the array; NULL: one JWK */
    const toucan_node_t     *node;      /* the next key */
    unsigned                 count;     /* of keys in the document */
    unsigned                 index;     /* of the next one */
    toucan_jwks_t           *jwks;
};


static toucan_jwks_t *toucan_jwks_parse_for(toucan_str_t text, unsigned ops,
    toucan_diag_t *diag);
static int toucan_reader_parse(toucan_jwks_reader_t *reader);
static int toucan_reader_json(toucan_jwks_reader_t *reader);
static int toucan_reader_hash(toucan_jwks_reader_t *reader);
static int toucan_reader_keys(toucan_jwks_reader_t *reader, unsigned n);
static int toucan_reader_key(toucan_jwks_reader_t *reader);
static int toucan_reader_sort(toucan_jwks_reader_t *reader);
static int toucan_jwks_is_pem(toucan_str_t text);
static toucan_jwks_t *toucan_jwks_read_pem(toucan_str_t text,
    toucan_diag_t *diag);


toucan_jwks_t *
toucan_jwks_parse(toucan_str_t text, toucan_diag_t *diag)
{
    return toucan_jwks_parse_for(text, TOUCAN_OPS_OPEN, diag);
}


toucan_jwks_t *
toucan_jwks_parse_private(toucan_str_t text, toucan_diag_t *diag)
{
    return toucan_jwks_parse_for(text, TOUCAN_OPS_MAKE, diag);
}


static toucan_jwks_t *
toucan_jwks_parse_for(toucan_str_t text, unsigned ops, toucan_diag_t *diag)
{
    return toucan_jwks_reader_finish(toucan_jwks_reader_new(text, ops, diag));
}


toucan_jwks_reader_t *
toucan_jwks_reader_new(toucan_str_t text, unsigned ops, toucan_diag_t *diag)
{
    toucan_jwks_reader_t  *reader;

    reader = toucan_calloc(1, sizeof(toucan_jwks_reader_t));

    if (reader == NULL) {
        toucan_diag_error(diag, "out of memory");
        return NULL;
    }

    reader->text = text;
    reader->ops = ops;
    reader->diag = diag;

    return reader;
}


toucan_jwks_step_e
toucan_jwks_reader_step(toucan_jwks_reader_t *reader, unsigned n)
{
    int  ok;

    switch (reader->stage) {

    case TOUCAN_READER_PARSE:
        ok = toucan_reader_parse(reader);
        break;

    case TOUCAN_READER_HASH:
        ok = toucan_reader_hash(reader);
        break;

    case TOUCAN_READER_KEYS:
        ok = toucan_reader_keys(reader, n);

        if (ok && reader->index < reader->count) {
            return TOUCAN_JWKS_MORE;
        }

        break;

    case TOUCAN_READER_SORT:
        ok = toucan_reader_sort(reader);
        break;

    case TOUCAN_READER_DONE:
        return TOUCAN_JWKS_DONE;

    default:
        return TOUCAN_JWKS_ERROR;
    }

    if (!ok) {
        reader->stage = TOUCAN_READER_FAILED;
        return TOUCAN_JWKS_ERROR;
    }

    reader->stage++;

    return (reader->stage == TOUCAN_READER_DONE) ? TOUCAN_JWKS_DONE
                                                 : TOUCAN_JWKS_MORE;
}


const uint8_t *
toucan_jwks_reader_id(const toucan_jwks_reader_t *reader)
{
    return (reader->jwks != NULL && reader->stage > TOUCAN_READER_HASH)
           ? reader->jwks->id : NULL;
}


toucan_jwks_t *
toucan_jwks_reader_finish(toucan_jwks_reader_t *reader)
{
    toucan_jwks_t       *jwks;
    toucan_jwks_step_e   rc;

    if (reader == NULL) {
        return NULL;
    }

    do {
        rc = toucan_jwks_reader_step(reader, UINT_MAX);
    } while (rc == TOUCAN_JWKS_MORE);

    jwks = NULL;

    if (rc == TOUCAN_JWKS_DONE) {
        jwks = reader->jwks;
        reader->jwks = NULL;
    }

    toucan_jwks_reader_free(reader);

    return jwks;
}


void
toucan_jwks_reader_free(toucan_jwks_reader_t *reader)
{
    if (reader == NULL) {
        return;
    }

    toucan_jwks_free(reader->jwks);
    toucan_block_free(&reader->block);
    toucan_free(reader);
}


static int
toucan_reader_parse(toucan_jwks_reader_t *reader)
{
    if (reader->ops == TOUCAN_OPS_OPEN && toucan_jwks_is_pem(reader->text)) {
        reader->jwks = toucan_jwks_read_pem(reader->text, reader->diag);

        return reader->jwks != NULL;
    }

    return toucan_reader_json(reader);
}


static int
toucan_reader_json(toucan_jwks_reader_t *reader)
{
    toucan_arena_t        arena;
    toucan_diag_t        *diag;
    const toucan_doc_t   *doc;
    const toucan_node_t  *root, *keys;

    diag = reader->diag;
    arena = toucan_block_arena(&reader->block);

    if (toucan_json_parse_file(reader->text, &arena, &doc, diag)
        != TOUCAN_OK)
    {
        return 0;
    }

    root = toucan_json_root(doc);
    keys = toucan_json_member(doc, root, toucan_cstr("keys"));

    if (keys == NULL
        && toucan_json_member(doc, root, toucan_cstr("kty")) == NULL)
    {
        toucan_diag_error(diag, "neither a JWK Set nor a JWK: no \"keys\" "
                          "and no \"kty\"");
        return 0;
    }

    if (keys != NULL && !toucan_json_is(keys, TOUCAN_JSON_ARRAY)) {
        toucan_diag_error(diag, "\"keys\" is not an array");
        return 0;
    }

    reader->doc = doc;
    reader->keys = keys;
    reader->node = (keys == NULL) ? root : toucan_json_child(doc, keys);
    reader->count = (keys == NULL) ? 1 : keys->v.s.len;

    if (reader->count > TOUCAN_JWKS_MAX_KEYS) {
        toucan_diag_error(diag, "%u keys, more than %u", reader->count,
                          TOUCAN_JWKS_MAX_KEYS);
        return 0;
    }

    reader->jwks = toucan_jwks_new(reader->count, diag);

    return reader->jwks != NULL;
}


static int
toucan_reader_hash(toucan_jwks_reader_t *reader)
{
    reader->jwks = toucan_jwks_named(reader->jwks, reader->ops, reader->text,
                                     reader->diag);

    return reader->jwks != NULL;
}


static int
toucan_reader_keys(toucan_jwks_reader_t *reader, unsigned n)
{
    for ( /* void */ ; n > 0 && reader->index < reader->count; n--) {
        if (!toucan_reader_key(reader)) {
            return 0;
        }
    }

    return 1;
}


/* One key; 0 when it is broken. */

static int
toucan_reader_key(toucan_jwks_reader_t *reader)
{
    toucan_jwks_t        *jwks;
    toucan_jwk_result_e   rc;

    jwks = reader->jwks;

    rc = toucan_jwk_read(&jwks->key[jwks->count], reader->doc, reader->node,
                         reader->index++, reader->ops, reader->diag);

    if (rc == TOUCAN_JWK_ERROR) {
        return 0;
    }

    if (rc == TOUCAN_JWK_OK) {
        jwks->count++;
    }

    reader->node = (reader->keys == NULL)
                   ? NULL
                   : toucan_json_sibling(reader->doc, reader->keys,
                                         reader->node);

    return 1;
}


static int
toucan_reader_sort(toucan_jwks_reader_t *reader)
{
    toucan_diag_t  *diag;

    diag = reader->diag;

    if (reader->jwks->count == 0) {
        toucan_diag_error(diag, "no key that can be used%s%.250s",
                          diag->warnings ? ": " : "", diag->warning);
        return 0;
    }

    toucan_jwks_sort(reader->jwks);

    return 1;
}


/* JSON begins with a brace, or is told what is wrong with it. */

static int
toucan_jwks_is_pem(toucan_str_t text)
{
    size_t  i;

    static const toucan_str_t  begin = toucan_string("-----BEGIN ");

    for (i = 0; i < text.len && text.data[i] != '{'; i++) {
        if (text.len - i >= begin.len
            && memcmp(text.data + i, begin.data, begin.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Keys without kid and alg, for verifying (RFC 7468 section 13). */

static toucan_jwks_t *
toucan_jwks_read_pem(toucan_str_t text, toucan_diag_t *diag)
{
    toucan_key_t   *key;
    toucan_jwks_t  *jwks;

    if (text.len > TOUCAN_JWKS_MAX_BYTES) {
        toucan_diag_error(diag, "larger than %u bytes",
                          TOUCAN_JWKS_MAX_BYTES);
        return NULL;
    }

    jwks = toucan_jwks_new(TOUCAN_JWKS_MAX_PEM, diag);
    if (jwks == NULL) {
        return NULL;
    }

    while ((key = toucan_key_pem(&text, diag)) != NULL) {

        if (jwks->count == TOUCAN_JWKS_MAX_PEM) {
            toucan_diag_error(diag, "more than %u PEM keys",
                              TOUCAN_JWKS_MAX_PEM);
            toucan_key_free(key);
            break;
        }

        jwks->key[jwks->count].ops = TOUCAN_OP_VERIFY;
        jwks->key[jwks->count].index = jwks->count;
        jwks->key[jwks->count++].key = key;
    }

    if (jwks->count == 0 && diag->error[0] == '\0') {
        toucan_diag_error(diag, "no PEM block that is whole");
    }

    if (diag->error[0] != '\0') {
        toucan_jwks_free(jwks);
        return NULL;
    }

    return jwks;
}
