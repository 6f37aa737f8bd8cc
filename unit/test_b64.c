
/*
 * Owns: the tests of base64url: every length, every byte, every spelling that
 * is not the one.
 */


#include "tokens.h"


static void
known(void)
{
    char           out[64];
    size_t         i, n;
    uint8_t        back[64];
    toucan_buf_t   b;

    /* RFC 4648 section 10, without padding; and what tells the alphabets */

    static const struct {
        const char  *text;
        const char  *b64;
    } rows[] = {
        { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" },
        { "foobar", "Zm9vYmFy" },
        { "\xfb\xff\xbe", "-_--" }, { "\xff\xef", "_-8" },
        { "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        toucan_buf_init(&b, out, sizeof(out));
        toucan_b64_encode(&b, toucan_cstr(rows[i].text));
        is_mem(out, (size_t) (b.pos - b.start), rows[i].b64,
               strlen(rows[i].b64), "encodes to \"%s\"", rows[i].b64);

        is_str(unit_rc(toucan_b64_decode(back, &n, toucan_cstr(rows[i].b64))),
               "ok", "\"%s\" decodes", rows[i].b64);
        is_mem(back, n, rows[i].text, strlen(rows[i].text), "to its bytes");
    }
}


static void
refused(void)
{
    size_t   i, n;
    uint8_t  back[128];

    static const char  *rows[] = {
        "A", "AAAAA", "Zg==", "Zg=", "Zm8=", "=", "====", "Zm9v====",
        "Zm9v\n", "Zm9v\r\n", " Zm9v", "Zm9v ", "Zm 9v", "Zm\t9v",
        "+_--", "-/--", "Zm+v", "Zm/v", "Zm.v", "Zm,v", "Zm%3v", "Zm~v",
        "Zm@v", "Zm[v", "Zm`v", "Zm{v", "Zm:v", "\xc3\xa9Zm", ("\x80" "AAA"),
        "\xff\xff\xff\xff",

        /* bits past the last byte */

        "Zh", "Zk", "Zv", "Zm9", "Zm-", "Zm_", "AB", "AP", "_x",
        "AAB", "AAD", "__9", "Zm9vYh", "Zm9vYmF",

        /* beyond one block */

        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        n = 1;
        is_str(unit_rc(toucan_b64_decode(back, &n, toucan_cstr(rows[i]))),
               "bad_base64", "refused: %s", unit_show(rows[i]));
        is_int((int64_t) n, 0, "and no bytes");
    }

    n = 1;
    is_str(unit_rc(toucan_b64_decode(back, &n, toucan_str("AA\0A", 4))),
           "bad_base64", "a NUL is refused");
}


/* every byte at every place of a group, short and beyond a block */

static void
alphabet(void)
{
    int          c, want, wrong;
    char         text[80];
    size_t       i, n;
    uint8_t      back[64];
    const char  *p;

    static const char  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789-_";

    wrong = 0;

    for (c = 0; c < 256; c++) {
        for (i = 0; i < 76; i++) {
            memset(text, 'A', 76);
            text[i] = (char) c;

            p = c ? strchr(letters, c) : NULL;
            want = (p != NULL);

            if ((toucan_b64_decode(back, &n, toucan_str(text, 76))
                 == TOUCAN_OK) != want)
            {
                wrong++;
                continue;
            }

            if (want && i % 4 == 0
                && back[i / 4 * 3] != (uint8_t) ((p - letters) << 2))
            {
                wrong++;
            }
        }
    }

    is_int(wrong, 0, "64 of 256 bytes are let in, at each place");
}


/* what OpenSSL encodes is what we encode, and decodes again; all lengths */

static void
lengths(void)
{
    int            wrong;
    char           want[800], *got;
    size_t         i, n, len;
    uint8_t        data[512], *back;
    toucan_buf_t   b;

    wrong = 0;

    for (len = 0; len < 400; len++) {
        for (i = 0; i < len; i++) {
            data[i] = (uint8_t) (i * 151 + len * 31 + (i >> 3));
        }

        want[0] = '\0';
        unit_b64_cat(want, data, len);

        got = malloc(toucan_b64_encoded_len(len) + 1);
        toucan_buf_init(&b, got, toucan_b64_encoded_len(len));
        toucan_b64_encode(&b, toucan_str(data, len));

        if (b.overflow || (size_t) (b.pos - b.start) != strlen(want)
            || memcmp(got, want, strlen(want)) != 0)
        {
            wrong++;
        }

        /* exactly as large as promised, so that a sanitizer sees more */

        back = malloc(toucan_b64_decoded_len(strlen(want)) + !len);

        if (toucan_b64_decode(back, &n, toucan_cstr(want)) != TOUCAN_OK
            || n != len || n != toucan_b64_decoded_len(strlen(want))
            || memcmp(back, data, n) != 0)
        {
            wrong++;
        }

        free(back);
        free(got);
    }

    is_int(wrong, 0, "400 lengths agree with OpenSSL");
}


static void
memory(void)
{
    unit_arena_t     a;
    toucan_str_t     out;
    toucan_arena_t  *arena;

    arena = unit_arena_init(&a);

    is_str(unit_rc(toucan_b64_decode_new(&out, toucan_cstr("Zm9v"), arena)),
           "ok", "into an arena");
    is_mem(out.data, out.len, "foo", 3, "its bytes");
    is_str(unit_rc(toucan_b64_decode_new(&out, toucan_cstr(""), arena)),
           "ok", "nothing into an arena");
    ok(out.data != NULL && out.len == 0, "is present and empty");
    is_str(unit_rc(toucan_b64_decode_new(&out, toucan_cstr("Zg="), arena)),
           "bad_base64", "refused there, too");

    a.fail_at = a.count + 1;
    is_str(unit_rc(toucan_b64_decode_new(&out, toucan_cstr("Zm9v"), arena)),
           "no_memory", "an empty arena is told");

    unit_arena_free(&a);
}


static void
bounded(void)
{
    char          out[8];
    toucan_buf_t  b;

    toucan_buf_init(&b, out, 5);
    toucan_b64_encode(&b, toucan_cstr("foob"));
    ok(b.overflow, "a buffer one byte too small says so");

    toucan_buf_init(&b, NULL, 0);
    toucan_b64_encode(&b, toucan_cstr("foob"));
    is_int((int64_t) b.need, 6, "without memory it counts");
}


int
main(void)
{
    known();
    refused();
    alphabet();
    lengths();
    memory();
    bounded();

    return done_testing();
}
