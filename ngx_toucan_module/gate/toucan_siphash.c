
/*
 * SipHash-2-4-128: two rounds for each word of eight bytes, four at the end.
 */


#include "gate/toucan_siphash.h"


static void toucan_siphash_rounds(uint64_t *v, unsigned n);
static void toucan_siphash_word(toucan_siphash_t *s, uint64_t word);
static uint64_t toucan_siphash_load(const uint8_t *p);
static void toucan_siphash_store(uint8_t *p, uint64_t word);


#define toucan_rotl(x, n)  (((x) << (n)) | ((x) >> (64 - (n))))


void
toucan_siphash_init(toucan_siphash_t *s,
    const uint8_t key[TOUCAN_SIPHASH_KEY_SIZE])
{
    uint64_t  k0, k1;

    k0 = toucan_siphash_load(key);
    k1 = toucan_siphash_load(key + 8);

    /* "somepseudorandomlygeneratedbytes" */

    s->v[0] = k0 ^ 0x736f6d6570736575ULL;
    s->v[1] = k1 ^ 0x646f72616e646f6dULL ^ 0xee;    /* 128 bits */
    s->v[2] = k0 ^ 0x6c7967656e657261ULL;
    s->v[3] = k1 ^ 0x7465646279746573ULL;

    s->tail = 0;
    s->len = 0;
}


void
toucan_siphash_update(toucan_siphash_t *s, const void *data, size_t len)
{
    size_t          i;
    const uint8_t  *p;

    p = data;
    i = 0;

    while (i < len) {

        if ((s->len & 7) == 0 && len - i >= 8) {
            toucan_siphash_word(s, toucan_siphash_load(p + i));
            s->len += 8;
            i += 8;
            continue;
        }

        s->tail |= (uint64_t) p[i++] << (8 * (s->len & 7));
        s->len++;

        if ((s->len & 7) == 0) {
            toucan_siphash_word(s, s->tail);
            s->tail = 0;
        }
    }
}


void
toucan_siphash_final(toucan_siphash_t *s, uint8_t out[TOUCAN_SIPHASH_SIZE])
{
    uint64_t  *v;

    v = s->v;

    toucan_siphash_word(s, s->tail | s->len << 56);

    v[2] ^= 0xee;
    toucan_siphash_rounds(v, 4);
    toucan_siphash_store(out, v[0] ^ v[1] ^ v[2] ^ v[3]);

    v[1] ^= 0xdd;
    toucan_siphash_rounds(v, 4);
    toucan_siphash_store(out + 8, v[0] ^ v[1] ^ v[2] ^ v[3]);

    toucan_cleanse(s, sizeof(toucan_siphash_t));
}


static void
toucan_siphash_word(toucan_siphash_t *s, uint64_t word)
{
    s->v[3] ^= word;
    toucan_siphash_rounds(s->v, 2);
    s->v[0] ^= word;
}


static void
toucan_siphash_rounds(uint64_t *v, unsigned n)
{
    while (n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = toucan_rotl(v[1], 13) ^ v[0];
        v[3] = toucan_rotl(v[3], 16) ^ v[2];
        v[0] = toucan_rotl(v[0], 32);

        v[2] += v[1];
        v[0] += v[3];
        v[1] = toucan_rotl(v[1], 17) ^ v[2];
        v[3] = toucan_rotl(v[3], 21) ^ v[0];
        v[2] = toucan_rotl(v[2], 32);
    }
}


static uint64_t
toucan_siphash_load(const uint8_t *p)
{
    unsigned  i;
    uint64_t  word;

    word = 0;

    for (i = 0; i < 8; i++) {
        word |= (uint64_t) p[i] << (8 * i);
    }

    return word;
}


static void
toucan_siphash_store(uint8_t *p, uint64_t word)
{
    unsigned  i;

    for (i = 0; i < 8; i++) {
        p[i] = (uint8_t) (word >> (8 * i));
    }
}
