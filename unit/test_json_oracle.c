
/*
 * Owns: the proof that the JSON parser and jansson agree on chosen texts: a
 * table, each text cut at every length and with each byte put wrong, numbers
 * around the greatest double, and objects with two members of one name.
 */


#include "oracle.h"


static int
agreed(const char *text, size_t len, const char *want)
{
    return oracle_agrees(text, len)
           && strcmp(oracle_verdict(text, len), want) == 0;
}


static void
as_they_are(void)
{
    size_t  i;

    for (i = 0; i < ORACLE_TEXTS; i++) {
        ok(oracle_agrees(oracle_texts[i], strlen(oracle_texts[i])),
           "text %zu", i);
    }

    ok(oracle_agrees("{}\0", 3), "a NUL at the end");
    ok(oracle_agrees("\0{}", 3), "at the beginning");
    ok(oracle_agrees("{\0}", 3), "between");
    ok(oracle_agrees("{\"a\0\":1}", 8), "in a name");
    ok(oracle_agrees("{\"a\":\"\0\"}", 9), "in a string");
    ok(oracle_agrees("{\"a\":1\0}", 8), "after a number");
    ok(oracle_agrees("{\"a\":true\0}", 11), "after a word");
}


static void
cut_and_wrong(void)
{
    int      same;
    char     copy[512];
    size_t   i, k, c, len;

    static const uint8_t  wrong[] = {
        0, 1, ' ', '\n', '"', '\\', ',', ':', '[', ']', '{', '}', '0', '1',
        '-', '.', 'e', 'u', 0x7f, 0x80, 0xbf, 0xc3, 0xed, 0xf4, 0xff
    };

    for (i = 0; i < ORACLE_TEXTS; i++) {

        len = strlen(oracle_texts[i]);
        same = 1;

        for (k = 0; same && k < len; k++) {
            same = oracle_agrees(oracle_texts[i], k);
        }

        ok(same, "text %zu cut at every length", i);

        memcpy(copy, oracle_texts[i], len);

        for (k = 0; same && k < len; k++) {

            for (c = 0; same && c < sizeof(wrong); c++) {
                copy[k] = (char) wrong[c];
                same = oracle_agrees(copy, len);
            }

            for (c = 1; same && c < 256; c <<= 1) {
                copy[k] = (char) ((uint8_t) oracle_texts[i][k] ^ c);
                same = oracle_agrees(copy, len);
            }

            copy[k] = oracle_texts[i][k];
        }

        ok(same, "text %zu with each byte wrong", i);
    }
}


/*
 * Around the least number that is no double any more, 2^1024 - 2^970, with the
 * point anywhere.  The last digit is the row's.
 */

static void
infinity(void)
{
    int      same;
    char     text[1024];
    size_t   i, k, len;

    static const char  digits[] =
        "17976931348623158079372897140530341507993413271003782693617377"
        "89804449682927647509466490179775872070963302864166928879109465"
        "55547851940402630657488671505820681908902000708383676273854845"
        "81771153176447573027006985557136695962284291481986083493647529"
        "271907416844436551070434271155969950809304288017790417449779";

    static const struct {
        const char  *last;
        const char  *verdict;
    } rows[] = {
        { "", "ok" }, { "1", "ok" }, { "1999999999999999999", "ok" },
        { "2", "bad_json" }, { "2000000000000000000", "bad_json" },
        { "2000000000000000001", "bad_json" }, { "3", "bad_json" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        same = 1;

        for (k = 1; same && k < 308; k++) {
            len = (size_t) sprintf(text, "{\"a\":%.*s.%s%se%d}", (int) k,
                                   digits, digits + k, rows[i].last,
                                   (int) (309 - k));
            same = agreed(text, len, rows[i].verdict);

            if (same) {
                len = (size_t) sprintf(text, "{\"a\":-0.%0*d%s%se%d}",
                                       (int) k, 0, digits, rows[i].last,
                                       (int) (309 + k));
                same = agreed(text, len, rows[i].verdict);
            }
        }

        ok(same, "2^1024 - 2^970, the last digit \"%s\"", rows[i].last);
    }

    len = (size_t) sprintf(text, "{\"a\":%s1.0}", digits);
    ok(agreed(text, len, "ok"), "the last that is taken, written out");
    len = (size_t) sprintf(text, "{\"a\":%s2.0}", digits);
    ok(agreed(text, len, "bad_json"), "the first that is not");
}


/* An object of n members; the one with number j has the name of i. */

static size_t
members(char *text, size_t n, size_t i, size_t j)
{
    char    *p;
    size_t   k;

    p = text;

    for (k = 0; k < n; k++) {
        p += sprintf(p, "%c\"%zu\":%zu", k ? ',' : '{',
                     ((k == j) ? i : k) * 7919 % 10007, k);
    }

    *p++ = '}';

    return (size_t) (p - text);
}


/* two names that are the same, few and many, from the first to the last */

static void
twice(void)
{
    int      same;
    char    *text;
    size_t   c, n, i, j, len, step;

    static const size_t  counts[] = { 2, 3, 11, 12, 13, 14, 15, 64, 1023 };

    text = malloc(32 * 1024);

    for (c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {

        n = counts[c];
        step = n / 12 + 1;

        len = members(text, n, 0, 0);
        ok(agreed(text, len, "ok"), "%zu members", n);

        same = 1;

        for (i = 0; same && i < n; i += step) {
            for (j = n - 1; same && j > i; j -= (j - i > step) ? step : 1) {
                len = members(text, n, i, j);
                same = agreed(text, len, "bad_json");
            }
        }

        ok(same, "%zu members, two of one name", n);
    }

    free(text);
}


int
main(void)
{
    as_they_are();
    cut_and_wrong();
    infinity();
    twice();

    return done_testing();
}
