
/*
 * Owns: the fuzz target of allowlists.  Each line of the input is an entry,
 * or, behind a "=", an Origin to look up.  A list accepts what one of its
 * entries accepts alone; and what that is, is said here a second time, in a
 * simpler way.
 */


#include "fuzz.h"


/* so many entries, and each with so many origins */

#define FUZZ_LINES  24


typedef struct {
    toucan_str_t         text;
    toucan_pattern_t    *pattern;       /* "~", or NULL */
    toucan_origin_t      origin;        /* without its "*."; len == 0: "~" */
    unsigned             wildcard:1;
    unsigned             null:1;
} fuzz_entry_t;


typedef struct {
    toucan_origins_t    *origins;
    fuzz_entry_t         entry[FUZZ_LINES];
    unsigned             entries;
    toucan_origin_t      origin[FUZZ_LINES];
    unsigned             n;
} fuzz_list_t;


/* The same entry, read with as little of the code under test as can be. */

static void
fuzz_entry_read(unit_arena_t *a, fuzz_entry_t *entry, toucan_str_t text)
{
    char             *copy, *star;
    toucan_diag_t     why;

    memset(entry, 0, sizeof(fuzz_entry_t));
    entry->text = text;

    if (toucan_str_is(text, "null")) {
        entry->null = 1;
        return;
    }

    if (text.data[0] == '~') {
        toucan_diag_init(&why);
        entry->pattern = toucan_pattern_compile(toucan_str(text.data + 1,
                                                           text.len - 1),
                                                &why);
        fuzz_must(entry->pattern != NULL, "%s", why.error);
        return;
    }

    copy = toucan_arena_alloc(&a->arena, text.len + 1);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';

    star = strstr(copy, "://*.");

    if (star != NULL) {
        entry->wildcard = 1;
        memmove(star + 3, star + 5, strlen(star + 5) + 1);
    }

    fuzz_must(toucan_origin_parse(&entry->origin, toucan_cstr(copy))
              == TOUCAN_OK, "an entry, and no origin: %.*s", toucan_fmt(text));
}


static int
fuzz_entry_accepts(const fuzz_entry_t *entry, const toucan_origin_t *origin)
{
    size_t        rest;
    toucan_str_t  is, under;

    is = toucan_origin_text(origin);

    if (entry->pattern != NULL) {
        return toucan_pattern_match(entry->pattern, is);
    }

    under = toucan_origin_text(&entry->origin);

    if (!entry->wildcard) {
        return under.len > 0 && toucan_str_eq(under, is);
    }

    /* "https://", something, ".example.com:8443" */

    rest = under.len - entry->origin.host;

    return is.len > under.len + 1
           && memcmp(is.data, under.data, entry->origin.host) == 0
           && memcmp(is.data + is.len - rest, under.data + under.len - rest,
                     rest) == 0
           && is.data[is.len - rest - 1] == '.';
}


static void
fuzz_list_add(unit_arena_t *a, fuzz_list_t *list, toucan_str_t text)
{
    toucan_rc_t    rc;
    toucan_diag_t  why;

    if (list->entries == FUZZ_LINES) {
        return;
    }

    toucan_diag_init(&why);
    rc = toucan_origins_add(list->origins, text, &why);

    fuzz_must(fuzz_printable(toucan_cstr(why.warning)), "warned: %s",
              why.warning);

    if (rc != TOUCAN_OK) {
        fuzz_must(rc == TOUCAN_ORIGIN_MALFORMED, "rc %d", rc);
        fuzz_told(&why);
        return;
    }

    fuzz_must(text.len > 0, "an empty entry is taken");
    fuzz_entry_read(a, &list->entry[list->entries++], text);
}


/* An entry that is not a pattern finds itself, and no wildcard its domain. */

static void
fuzz_list_itself(const fuzz_list_t *list)
{
    unsigned             i;
    const fuzz_entry_t  *entry;

    for (i = 0; i < list->entries; i++) {
        entry = &list->entry[i];

        if (entry->origin.len == 0) {
            continue;
        }

        fuzz_must(fuzz_entry_accepts(entry, &entry->origin)
                  == !entry->wildcard, "%.*s", toucan_fmt(entry->text));
        fuzz_must(entry->wildcard
                  || toucan_origins_match(list->origins, &entry->origin),
                  "%.*s is not found", toucan_fmt(entry->text));
    }
}


static void
fuzz_list_match(const fuzz_list_t *list, const toucan_origin_t *origin)
{
    int       want;
    unsigned  i;

    want = 0;

    for (i = 0; i < list->entries; i++) {
        want |= fuzz_entry_accepts(&list->entry[i], origin);
    }

    fuzz_must(toucan_origins_match(list->origins, origin) == want,
              "%.*s: %d wanted", toucan_fmt(toucan_origin_text(origin)), want);
}


/* The source list names each entry that is no pattern, and nothing more. */

static void
fuzz_list_ancestors(unit_arena_t *a, const fuzz_list_t *list)
{
    size_t             size;
    unsigned           i;
    const uint8_t     *p;
    toucan_str_t       all, source;
    toucan_diag_t      why;
    toucan_origins_t  *again;

    all = toucan_origins_ancestors(list->origins);

    if (all.data == NULL) {
        return;
    }

    fuzz_must(all.len <= TOUCAN_ANCESTORS_MAX, "%zu bytes", all.len);

    again = toucan_origins_create();
    p = all.data;
    size = all.len;

    while (size > 0) {
        source = fuzz_cut(a, &p, &size, ' ');
        toucan_diag_init(&why);

        fuzz_must(toucan_origins_add(again, source, &why) == TOUCAN_OK,
                  "no entry: %.*s", toucan_fmt(source));
        fuzz_must(fuzz_printable(source)
                  && memchr(source.data, ';', source.len) == NULL
                  && memchr(source.data, ',', source.len) == NULL
                  && memchr(source.data, '\'', source.len) == NULL,
                  "a source: %.*s", toucan_fmt(source));
    }

    fuzz_must(toucan_origins_finish(again) == TOUCAN_OK, "no memory");
    fuzz_must(toucan_str_eq(toucan_origins_ancestors(again), all),
              "added again: %.*s", toucan_fmt(toucan_origins_ancestors(again)));

    for (i = 0; i < list->entries; i++) {
        fuzz_must(list->entry[i].origin.len == 0 || list->entry[i].wildcard
                  || toucan_origins_match(again, &list->entry[i].origin),
                  "not among the sources: %.*s",
                  toucan_fmt(list->entry[i].text));
    }

    toucan_origins_free(again);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned       i, null;
    fuzz_list_t    list;
    toucan_str_t   line;
    unit_arena_t   a;

    unit_arena_init(&a, 0);
    memset(&list, 0, sizeof(fuzz_list_t));

    list.origins = toucan_origins_create();

    while (size > 0) {
        line = fuzz_cut(&a, &data, &size, '\n');

        if (line.len == 0 || line.data[0] != '=') {
            fuzz_list_add(&a, &list, line);

        } else if (list.n < FUZZ_LINES
                   && toucan_origin_parse(&list.origin[list.n],
                                          toucan_str(line.data + 1,
                                                     line.len - 1))
                      == TOUCAN_OK)
        {
            list.n++;
        }
    }

    fuzz_must(toucan_origins_finish(list.origins) == TOUCAN_OK, "no memory");

    fuzz_list_itself(&list);
    fuzz_list_ancestors(&a, &list);

    for (i = 0; i < list.n; i++) {
        fuzz_list_match(&list, &list.origin[i]);
    }

    null = 0;

    for (i = 0; i < list.entries; i++) {
        if (list.entry[i].origin.len > 0) {
            fuzz_list_match(&list, &list.entry[i].origin);
        }

        null |= list.entry[i].null;
    }

    fuzz_must(toucan_origins_null(list.origins) == (int) null, "null: %u",
              null);
    fuzz_must(toucan_origins_empty(list.origins) == (list.entries == 0),
              "%u entries", list.entries);

    for (i = 0; i < list.entries; i++) {
        toucan_pattern_free(list.entry[i].pattern);
    }

    toucan_origins_free(list.origins);
    unit_arena_done(&a);

    return 0;
}
