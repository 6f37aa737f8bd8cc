
/*
 * SipHash-2-4-128 against OpenSSL's, in one piece and in many.
 */


#include "identity.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "gate/toucan_siphash.h"


#define LONGEST  600


static int
oracle(const uint8_t *key, const uint8_t *data, size_t len, uint8_t *out)
{
    int           good;
    size_t        n, size;
    EVP_MAC      *mac;
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *ctx;

    size = TOUCAN_SIPHASH_SIZE;
    params[0] = OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size);
    params[1] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    ctx = EVP_MAC_CTX_new(mac);

    good = EVP_MAC_init(ctx, key, TOUCAN_SIPHASH_KEY_SIZE, params)
           && EVP_MAC_update(ctx, data, len)
           && EVP_MAC_final(ctx, out, &n, TOUCAN_SIPHASH_SIZE)
           && n == TOUCAN_SIPHASH_SIZE;

    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);

    return good;
}


/* in pieces of that many bytes, an empty one before each; 0: in one */

static void
ours(const uint8_t *key, const uint8_t *data, size_t len, size_t piece,
    uint8_t *out)
{
    size_t        i, size;
    unsigned      n;
    toucan_str_t  parts[2 * LONGEST];

    n = 0;

    for (i = 0; i < len; i += size) {
        size = (piece == 0 || piece > len - i) ? len - i : piece;
        parts[n] = toucan_str((n & 2) ? data : NULL, 0);
        parts[n + 1] = toucan_str(data + i, size);
        n += 2;
    }

    toucan_siphash(key, parts, n, out);
}


/* the last one of the 64 that the authors publish */

static void
test_published(void)
{
    size_t   i;
    uint8_t  key[16], data[63], out[16];

    static const uint8_t  want[16] = {
        0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a,
        0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd, 0x7c
    };

    for (i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t) i;
    }

    for (i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) i;
    }

    ours(key, data, sizeof(data), 0, out);
    is_mem(out, 16, want, 16, "the published result");
}


static void
test_lengths(void)
{
    size_t    len, i, wrong, split;
    uint8_t   key[16], data[LONGEST], want[16], out[16];
    uint64_t  state;

    static const size_t  pieces[] = { 0, 1, 3, 7, 8, 9, 64 };

    state = 7;
    wrong = 0;
    split = 0;

    for (len = 0; len <= LONGEST; len++) {

        for (i = 0; i < sizeof(key) + len; i++) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;

            if (i < sizeof(key)) {
                key[i] = (uint8_t) (state >> 40);

            } else {
                data[i - sizeof(key)] = (uint8_t) (state >> 40);
            }
        }

        if (!oracle(key, data, len, want)) {
            fail("the oracle speaks");
            return;
        }

        for (i = 0; i < unit_n(pieces); i++) {
            ours(key, data, len, pieces[i], out);

            if (memcmp(out, want, sizeof(out)) != 0) {
                wrong += (i == 0);
                split += (i != 0);
            }
        }
    }

    is_int(wrong, 0, "0 to %d bytes, as OpenSSL has it", LONGEST);
    is_int(split, 0, "and in pieces of any size");

    key[0] ^= 1;
    ours(key, data, LONGEST, 0, out);
    ok(memcmp(out, want, sizeof(out)) != 0, "another key, another result");
}


int
main(void)
{
    test_published();
    test_lengths();

    return done_testing();
}
