
/*
 * Owns: what is done to a token that was sound, so that it is none any more.
 */


#ifndef _TOUCAN_FUZZ_CHANGE_H_INCLUDED_
#define _TOUCAN_FUZZ_CHANGE_H_INCLUDED_


#include "fuzz.h"


static const char  fuzz_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


/* Another character of the alphabet: by is not 0. */

static char
fuzz_other(char is, unsigned by)
{
    size_t       at;
    const char  *p;

    p = (is == '\0') ? NULL : strchr(fuzz_alphabet, is);
    at = p ? (size_t) (p - fuzz_alphabet) : 0;

    return fuzz_alphabet[(at ^ by) % 64];
}


/* Where the i-th of the parts ends, or NULL. */

static char *
fuzz_part_end(char *token, unsigned i)
{
    for ( /* void */ ; i > 0; i--) {
        token = strchr(token, '.');

        if (token == NULL) {
            return NULL;
        }

        token++;
    }

    return token + strcspn(token, ".");
}


/*
 * Does the i-th of the changes to a token: 1 when it is not the one that it
 * was, 0 when the change is none, -1 when there is no such change.
 */

static int
fuzz_change(char *token, unsigned i, uint8_t place)
{
    char    *last;
    size_t   len, at;

    len = strlen(token);
    last = strrchr(token, '.') + 1;
    at = len * place / 256;

    switch (i) {

    case 0:

        /* a bit of the signature or tag; the last character has two of them */

        if (*last != '\0') {
            at = place % strlen(last);
            last[at] = fuzz_other(last[at], 0x20 >> (place & 1));
        }

        return *last != '\0';

    case 1:
        if (token[at] == '.') {
            return 0;
        }

        token[at] = fuzz_other(token[at], 1 + place % 63);
        return 1;

    case 2:
        token[len - 1 - place % (len - 1)] = '\0';
        return 1;

    case 3:
        token[len] = (place == 0) ? '.' : fuzz_other('\0', place);
        token[len + 1] = '\0';
        return 1;

    case 4:
        memmove(token + at + 1, token + at, len - at + 1);
        token[at] = '.';
        return 1;

    case 5:
        memmove(token + at, token + at + 1, len - at);
        return 1;

    case 6:
        if (*last == '\0') {
            return 0;
        }

        *last = '\0';
        return 1;

    case 7:
        if (*last != '\0') {
            token[len - 1] = fuzz_other(token[len - 1], 0x20);
        }

        return *last != '\0';

    default:
        break;
    }

    /* a part that is a byte longer, and begins as it did */

    last = fuzz_part_end(token, i - 8);

    if (last == NULL) {
        return -1;
    }

    memmove(last + 2, last, strlen(last) + 1);
    memcpy(last, "AA", 2);

    return 1;
}


#endif /* _TOUCAN_FUZZ_CHANGE_H_INCLUDED_ */
