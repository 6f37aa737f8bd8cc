
/*
 * Owns: files of API keys for the tests.  Digests are made by OpenSSL directly,
 * never by the code under test.
 */


#ifndef _TOUCAN_UNIT_APIKEYS_H_INCLUDED_
#define _TOUCAN_UNIT_APIKEYS_H_INCLUDED_


#include "unit.h"

#include "gate/toucan_gate.h"

#include <openssl/evp.h>


/* 32 bytes, the shortest secret that there may be */
#define UNIT_SECRET  "s3cret-0123456789-0123456789_abc"

#define UNIT_ACME    "tk_live_acme_" UNIT_SECRET


/* "'" stands for the quotes of JSON. */

static UNIT_UNUSED char *
unit_quotes(char *text)
{
    char  *p;

    for (p = text; *p != '\0'; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    return text;
}


/* 64 digits and a NUL. */

static UNIT_UNUSED char *
unit_sha256(char *out, const char *text)
{
    size_t         i, len;
    unsigned char  digest[32];

    if (EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text), digest, &len)
        != 1)
    {
        abort();
    }

    for (i = 0; i < sizeof(digest); i++) {
        sprintf(out + 2 * i, "%02x", digest[i]);
    }

    return out;
}


/* An entry: what is right, then more members (",'env':'sandbox'"). */

static UNIT_UNUSED char *
unit_apikey(char *out, const char *id, const char *key, const char *more)
{
    char  hex[65];

    sprintf(out, "{'id':'%s','sha256':'%s','scopes':['mint']%s}", id,
            unit_sha256(hex, key), more);

    return out;
}


/* NULL, and d says why; entries are separated by commas. */

static UNIT_UNUSED toucan_apikeys_t *
unit_apikeys_read(const char *entries, toucan_diag_t *d)
{
    char              *text;
    toucan_apikeys_t  *keys;

    text = malloc(strlen(entries) + 16);

    if (text == NULL) {
        abort();
    }

    sprintf(text, "{'keys':[%s]}", entries);
    unit_quotes(text);

    toucan_diag_init(d);
    keys = toucan_apikeys_parse(toucan_cstr(text), d);

    /* nothing is a view into the text */

    memset(text, '#', strlen(text));
    free(text);

    return keys;
}


/* Entries that must be sound. */

static UNIT_UNUSED toucan_apikeys_t *
unit_apikeys(const char *entries)
{
    toucan_diag_t      d;
    toucan_apikeys_t  *keys;

    keys = unit_apikeys_read(entries, &d);

    if (keys == NULL) {
        diag("%s: %s", d.error, entries);
        printf("Bail out!\n");
        exit(1);
    }

    return keys;
}


/* One key, "acme", with more members. */

static UNIT_UNUSED toucan_apikeys_t *
unit_acme(const char *more)
{
    char               text[8192];
    toucan_apikeys_t  *keys;

    keys = unit_apikeys(unit_apikey(text, "acme", UNIT_ACME, more));

    return keys;
}


static UNIT_UNUSED const toucan_apikey_t *
unit_only(const toucan_apikeys_t *keys)
{
    return toucan_apikeys_find(keys, toucan_cstr("acme"));
}


#endif /* _TOUCAN_UNIT_APIKEYS_H_INCLUDED_ */
