
/*
 * The classes of ASCII bytes that are asked about for every request.
 */


#ifndef _TOUCAN_ASCII_H_INCLUDED_
#define _TOUCAN_ASCII_H_INCLUDED_


#include <stdint.h>


#define TOUCAN_ASCII_UPPER   0x01       /* A to Z */
#define TOUCAN_ASCII_SCHEME  0x02       /* letters, digits, "+", "-", "." */
#define TOUCAN_ASCII_LABEL   0x04       /* letters, digits, "-", "_" */
#define TOUCAN_ASCII_MODEL   0x08       /* letters, digits, "-", "_", "." */
#define TOUCAN_ASCII_VALUE   0x10       /* 0x21 to 0x7e without "%" */
#define TOUCAN_ASCII_TEXT    0x40       /* and the space */
#define TOUCAN_ASCII_HOST    0x20       /* 0x21 to 0x7e, no "/?#@,;*" */
#define TOUCAN_ASCII_PLAIN   0x80       /* a to z, digits, "-", "_", "." */


/* The classes of each byte. */
extern const uint8_t  toucan_ascii[256];


#endif /* _TOUCAN_ASCII_H_INCLUDED_ */
