
/*
 * The classes of bytes, each against its rule spelled out; and origins: those
 * that are taken as they are read as those that are not.
 */


#include "identity.h"

#include <ctype.h>

#include "gate/toucan_ascii.h"
#include "gate/toucan_origin.h"


#define SAMPLES  200000
#define LONGEST  300


static int
among(unsigned c, const char *bytes)
{
    return c != 0 && c < 0x80 && strchr(bytes, (int) c) != NULL;
}


static void
test_classes(void)
{
    unsigned  c, word, want, wrong;

    wrong = 0;

    for (c = 0; c < 256; c++) {
        word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
               || (c >= '0' && c <= '9');

        want = (c >= 'A' && c <= 'Z') ? TOUCAN_ASCII_UPPER : 0;
        want |= (word || among(c, "+-.")) ? TOUCAN_ASCII_SCHEME : 0;
        want |= (word || among(c, "-_")) ? TOUCAN_ASCII_LABEL : 0;
        want |= (word || among(c, "-_.")) ? TOUCAN_ASCII_MODEL : 0;
        want |= (c > 0x20 && c < 0x7f && c != '%') ? TOUCAN_ASCII_VALUE : 0;
        want |= (c >= 0x20 && c < 0x7f && c != '%') ? TOUCAN_ASCII_TEXT : 0;
        want |= (c > 0x20 && c < 0x7f && !among(c, "/?#@,;*"))
                ? TOUCAN_ASCII_HOST : 0;
        want |= ((word && !(c >= 'A' && c <= 'Z')) || among(c, "-_."))
                ? TOUCAN_ASCII_PLAIN : 0;

        if (toucan_ascii[c] != want) {
            diag("byte 0x%02x: 0x%02x, not 0x%02x", c, toucan_ascii[c], want);
            wrong++;
        }
    }

    is_int(wrong, 0, "the classes of all bytes");
}


/* The same origin with its scheme in capitals is read byte by byte. */

static int
same(const char *text)
{
    size_t           i, n;
    char             upper[LONGEST + 1];
    const char      *one, *two;
    toucan_origin_t  a, b;

    n = strlen(text);
    memcpy(upper, text, n + 1);

    for (i = 0; i < n && text[i] != ':'; i++) {
        upper[i] = (char) toupper(text[i]);
    }

    memset(&a, 0x5a, sizeof(toucan_origin_t));
    memset(&b, 0x5a, sizeof(toucan_origin_t));

    one = toucan_origin_read(&a, toucan_str(text, n));
    two = toucan_origin_read(&b, toucan_str(upper, n));

    return one == two && a.len == b.len && a.host == b.host
           && a.host_len == b.host_len && memcmp(a.text, b.text, a.len) == 0;
}


static void
test_rows(void)
{
    unsigned     i;
    char         text[LONGEST + 1], *p;

    static const struct {
        const char  *text;
        int          good;
    } rows[] = {
        { "https://app.acme.example", 1 },
        { "http://localhost", 1 },
        { "http://a_b.c-d", 1 },
        { "https://a.b1", 1 },
        { "https://1.2.3.4", 1 },
        { "https://a.1", 0 },
        { "https://a.0x1", 0 },
        { "https://1", 0 },
        { "https://", 0 },
        { "https://.a", 0 },
        { "https://a.", 0 },
        { "https://a..b", 0 },
        { "https://a/", 0 },
        { "https://a b", 0 },
        { "https://a:443", 1 },
        { "https://a:", 0 },
        { "https://A.b", 1 },
        { "https://a%", 0 },
        { "https://\x80", 0 },
        { "httpss://a", 1 },
        { "https:/a", 0 }
    };

    toucan_origin_t  origin;

    for (i = 0; i < unit_n(rows); i++) {
        ok(same(rows[i].text), "read in one way: %s", rows[i].text);
        is_int(toucan_origin_read(&origin, toucan_cstr(rows[i].text)) == NULL,
               rows[i].good, "an origin? %s", rows[i].text);
    }

    /* labels of 63 and 64 bytes, hosts of 253 and 254 */

    for (i = 60; i < 68; i++) {
        memset(text, 'a', sizeof(text));
        memcpy(text, "https://", 8);
        strcpy(text + 8 + i, ".b");

        ok(same(text), "a label of %u bytes", i);
        is_int(toucan_origin_read(&origin, toucan_cstr(text)) == NULL, i <= 63,
               "a label of %u bytes, first", i);

        text[8] = 'b';
        text[9] = '.';
        text[10 + i] = '\0';

        ok(same(text), "a label of %u bytes, last", i);
    }

    for (i = 250; i < 258; i++) {
        memset(text, 'a', sizeof(text));
        memcpy(text, "https://", 8);

        for (p = text + 40; p < text + 8 + i - 1; p += 40) {
            *p = '.';
        }

        text[8 + i] = '\0';

        ok(same(text), "a host of %u bytes", i);
        is_int(toucan_origin_read(&origin, toucan_cstr(text)) == NULL,
               i <= 253, "a host of %u bytes fits", i);
    }
}


static void
test_random(void)
{
    long             i;
    char             text[LONGEST + 1];
    size_t           k, n;
    unsigned         wrong, good;
    uint64_t         seed;
    toucan_origin_t  origin;

    static const char  bytes[] = "ab01x-_..:AZ/@[]% \x80";

    seed = 7;
    wrong = 0;
    good = 0;

    for (i = 0; i < SAMPLES && wrong < 10; i++) {
        strcpy(text, (i & 1) ? "https://" : "http://");

        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        n = strlen(text) + (seed >> 33) % 12;

        for (k = strlen(text); k < n; k++) {
            seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
            text[k] = bytes[(seed >> 33) % ((i & 2) ? 9 : sizeof(bytes) - 1)];
        }

        text[n] = '\0';

        if (!same(text)) {
            diag("read in two ways: %s", text);
            wrong++;
        }

        good += toucan_origin_read(&origin, toucan_cstr(text)) == NULL;
    }

    is_int(wrong, 0, "%d texts are read in one way", SAMPLES);
    ok(good > SAMPLES / 20 && good < SAMPLES, "%u of them are origins", good);
}


int
main(void)
{
    test_classes();
    test_rows();
    test_random();

    return done_testing();
}
