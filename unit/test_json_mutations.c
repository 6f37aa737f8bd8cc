
/*
 * Owns: the proof that the JSON parser and jansson agree on texts that nobody
 * chose: mutations of sound and unsound ones, the same in each run.
 */


#include "oracle.h"

#include <dirent.h>


#define MUTATIONS  300000
#define TEXT_MAX   1024
#define SEEDS      1024


typedef struct {
    size_t   len;
    char     data[TEXT_MAX];
} text_t;


/* what a mutation puts in */

static const char  *pieces[] = {
    "{", "}", "[", "]", ",", ":", "\"", "\\", "{}", "[]", "\"\"", "\"a\"",
    "\"a\":1,", ",\"b\":[1,{\"c\":2}]", "\\u", "\\u0061", "\\ud800",
    "\\udc00", "\\ud83d\\ude00", "\\u0000", "\\n", "\\/", "0", "1", "-",
    "+", ".", "e", "E", "e9", "e308", "e999", "e-999", ".0", "00", "1797693",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809",
    "true", "false", "null", " ", "\t", "\n", "\r", "\x1f", "\x7f", "\x80",
    "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\xa0\x80",
    "\xc0\xaf", "\xf4\x90\x80\x80", "\xef\xbb\xbf", "\xff"
};


static text_t    seeds[SEEDS];
static size_t    nseeds;
static uint64_t  state = 0x746f7563616e;


/* xorshift64: the same numbers in each run */

static size_t
any(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;

    return (size_t) (state >> 16) % n;
}


static void
seed(const char *before, const char *text, size_t len, const char *after)
{
    size_t   n;
    text_t  *s;

    n = strlen(before) + len + strlen(after);

    if (n > TEXT_MAX / 2 || nseeds == SEEDS / 2) {
        return;
    }

    s = &seeds[nseeds++];
    s->len = n;
    memcpy(s->data, before, strlen(before));
    memcpy(s->data + strlen(before), text, len);
    memcpy(s->data + n - strlen(after), after, strlen(after));
}


/* the table, and the JSON test suite where that is */

static void
sow(void)
{
    int              i, n;
    char            *text, path[512];
    size_t           k, len;
    struct dirent  **entries;

    for (k = 0; k < ORACLE_TEXTS; k++) {
        seed("", oracle_texts[k], strlen(oracle_texts[k]), "");
    }

    n = scandir(unit_vector("json-testsuite"), &entries, NULL, alphasort);

    for (i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "json-testsuite/%s", entries[i]->d_name);
        text = (entries[i]->d_name[0] == 'y')
               ? unit_slurp(unit_vector(path), &len) : NULL;

        if (text != NULL) {
            seed("", text, len, "");
            seed("{\"v\":", text, len, "}");
        }

        free(text);
        free(entries[i]);
    }

    if (n >= 0) {
        free(entries);
    }
}


/* bytes at "at" of t make way for others, which must not be of t */

static void
put(text_t *t, size_t at, size_t gone, const char *data, size_t len)
{
    if (t->len - gone + len > TEXT_MAX) {
        return;
    }

    memmove(t->data + at + len, t->data + at + gone, t->len - at - gone);
    memcpy(t->data + at, data, len);
    t->len += len - gone;
}


static void
mutate(text_t *t)
{
    char           one;
    size_t         at, n, from;
    const char    *piece;
    const text_t  *other;

    at = any(t->len + 1);
    n = any(t->len - at + 1);

    switch (any(6)) {

    case 0:
        one = (char) any(256);
        put(t, at, (at < t->len), &one, 1);
        break;

    case 1:
        if (at < t->len) {
            t->data[at] ^= (char) (1 << any(8));
        }

        break;

    case 2:
    case 3:
        piece = pieces[any(sizeof(pieces) / sizeof(pieces[0]))];
        put(t, at, any(2) ? 0 : (n < 3 ? n : 3), piece, strlen(piece));
        break;

    case 4:
        put(t, at, n < 8 ? n : any(8), "", 0);
        break;

    default:
        other = &seeds[any(nseeds)];
        from = any(other->len + 1);
        put(t, at, 0, other->data + from, any(other->len - from + 1));
        break;
    }
}


static void
mutations(void)
{
    int      same;
    size_t   i, k, taken, chosen;
    text_t   t;

    sow();

    chosen = nseeds;
    same = 1;
    taken = 0;

    for (i = 0; same && i < MUTATIONS; i++) {
        t = seeds[any(nseeds)];

        for (k = any(3) + 1; k > 0; k--) {
            mutate(&t);
        }

        same = oracle_agrees(t.data, t.len);

        /* what is sound is mutated in its turn, and gives way in the end */

        if (strcmp(oracle_verdict(t.data, t.len), "ok") == 0) {
            k = chosen + taken++ % (SEEDS - chosen);
            seeds[k] = t;
            nseeds = (k < nseeds) ? nseeds : k + 1;
        }
    }

    ok(same, "%d mutations", MUTATIONS);
    ok(taken > MUTATIONS / 20, "and %zu of them are sound", taken);
}


int
main(void)
{
    mutations();

    return done_testing();
}
