
/*
 * Owns: what the vectors that others made need: their files, and the counts
 * of cases that agree.
 */


#ifndef _TOUCAN_VECTORS_H_INCLUDED_
#define _TOUCAN_VECTORS_H_INCLUDED_


#include "tokens.h"

#include "jose/toucan_jwe.h"

#include <jansson.h>


/* Of the file that is being looked at. */

static int  vector_cases;
static int  vector_agreed;


/* one verdict */

static UNIT_UNUSED void
vector(const char *got, const char *want, const char *name)
{
    vector_cases++;
    vector_agreed += is_str(got, want, "%s", name);
}


/* and how many of a file there were, and agree */

static UNIT_UNUSED void
vectors(const char *file, int want)
{
    diag("%s: %d of %d cases agree", file, vector_agreed, vector_cases);
    is_int(vector_cases, want, "%s: %d cases", file, want);

    vector_cases = 0;
    vector_agreed = 0;
}


/*
 * Opens a token with a set.  Most payloads are no JSON object, so that a gate
 * refuses them all: here the verdict is that of the signature or the tag.
 * plain, when it is not NULL, receives a JWE's text.
 */

static UNIT_UNUSED const char *
verdict(const char *set, const char *token, unsigned char *plain, size_t *len)
{
    toucan_rc_t           rc;
    toucan_diag_t         d;
    toucan_jws_t          jws;
    toucan_jwe_t          jwe;
    unit_arena_t          a;
    toucan_str_t          text;
    toucan_jwks_t        *jwks;
    const toucan_jwks_t  *sets[1];

    static const toucan_jwt_rules_t  rules = {
        TOUCAN_JWT_MAX_SIZE, TOUCAN_TYPES_ALL, TOUCAN_ALGS_ALL, TOUCAN_ALGS_ALL
    };

    toucan_diag_init(&d);
    jwks = toucan_jwks_parse(toucan_cstr(set), &d);

    if (jwks == NULL) {
        return "not_ready";
    }

    sets[0] = jwks;
    unit_arena_init(&a);

    rc = toucan_jws_read(&jws, toucan_cstr(token), NULL, &a.arena);

    if (rc == TOUCAN_OK) {
        rc = toucan_jws_verify(&jws, &rules, sets, 1, &a.arena);

    } else if (rc == TOUCAN_BAD_TYPE
               && toucan_jwe_read(&jwe, toucan_cstr(token), &a.arena)
                  != TOUCAN_BAD_FORMAT)
    {
        rc = toucan_jwe_read(&jwe, toucan_cstr(token), &a.arena);

        if (rc == TOUCAN_OK) {
            rc = toucan_jwe_decrypt(&jwe, &rules, sets, 1, &a.arena, &text);
        }

        if (rc == TOUCAN_OK && plain != NULL) {
            memcpy(plain, text.data, text.len);
            *len = text.len;
        }
    }

    unit_arena_free(&a);
    toucan_jwks_free(jwks);

    return unit_rc(rc);
}


/* A file of the RFCs; some say only the name of another one beside them. */

static UNIT_UNUSED char *
rfc_file(const char *name)
{
    char    path[256], *text;
    size_t  len;

    snprintf(path, sizeof(path), "rfc-latchset/%s", name);
    text = unit_slurp(unit_vector(path), &len);

    if (text == NULL) {
        return NULL;
    }

    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' ')) {
        text[--len] = '\0';
    }

    if (strncmp(text, "rfc7", 4) == 0 && len < 40) {
        snprintf(path, sizeof(path), "%s", text);
        free(text);
        return rfc_file(path);
    }

    return text;
}


#endif /* _TOUCAN_VECTORS_H_INCLUDED_ */
