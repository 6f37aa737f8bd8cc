
/*
 * SipHash-2-4-128: two rounds for each word of eight bytes, four at the end.
 */


#include "gate/toucan_siphash.h"

#include <endian.h>


static inline uint64_t toucan_siphash_rest(const uint8_t *p, size_t len);
static inline uint64_t toucan_siphash_load(const uint8_t *p);
static inline void toucan_siphash_store(uint8_t *p, uint64_t word);


#define toucan_rotl(x, n)  (((x) << (n)) | ((x) >> (64 - (n))))

#define toucan_siphash_round()                                                \
    v0 += v1;                                                                 \
    v2 += v3;                                                                 \
    v1 = toucan_rotl(v1, 13) ^ v0;                                            \
    v3 = toucan_rotl(v3, 16) ^ v2;                                            \
    v0 = toucan_rotl(v0, 32);                                                 \
    v2 += v1;                                                                 \
    v0 += v3;                                                                 \
    v1 = toucan_rotl(v1, 17) ^ v2;                                            \
    v3 = toucan_rotl(v3, 21) ^ v0;                                            \
    v2 = toucan_rotl(v2, 32)

#define toucan_siphash_word(word)                                             \
    v3 ^= (word);                                                             \
    toucan_siphash_round();                                                   \
    toucan_siphash_round();                                                   \
    v0 ^= (word)

#define toucan_siphash_end()                                                  \
    toucan_siphash_round();                                                   \
    toucan_siphash_round();                                                   \
    toucan_siphash_round();                                                   \
    toucan_siphash_round()


void
toucan_siphash(const uint8_t key[TOUCAN_SIPHASH_KEY_SIZE],
    const toucan_str_t *parts, unsigned n, uint8_t out[TOUCAN_SIPHASH_SIZE])
{
    size_t          left;
    uint64_t        v0, v1, v2, v3, word, tail, len;
    unsigned        bits, more;     /* of the tail, and for it */
    const uint8_t  *p;

    v0 = toucan_siphash_load(key);
    v1 = toucan_siphash_load(key + 8);

    /* "somepseudorandomlygeneratedbytes" */

    v2 = v0 ^ 0x6c7967656e657261ULL;
    v3 = v1 ^ 0x7465646279746573ULL;
    v0 ^= 0x736f6d6570736575ULL;
    v1 ^= 0x646f72616e646f6dULL ^ 0xee;             /* 128 bits */

    tail = 0;
    bits = 0;
    len = 0;

    for ( /* void */ ; n != 0; n--, parts++) {
        p = parts->data;
        len += parts->len;

        for (left = parts->len; left >= 8; left -= 8) {
            word = toucan_siphash_load(p);
            tail |= word << bits;
            toucan_siphash_word(tail);
            tail = (bits != 0) ? word >> (64 - bits) : 0;
            p += 8;
        }

        if (left == 0) {
            continue;
        }

        word = toucan_siphash_rest(p, left);
        more = 8 * (unsigned) left;
        tail |= word << bits;

        if (bits + more >= 64) {
            toucan_siphash_word(tail);
            tail = (bits != 0) ? word >> (64 - bits) : 0;
        }

        bits = (bits + more) & 63;
    }

    tail |= len << 56;
    toucan_siphash_word(tail);

    v2 ^= 0xee;
    toucan_siphash_end();
    toucan_siphash_store(out, v0 ^ v1 ^ v2 ^ v3);

    v1 ^= 0xdd;
    toucan_siphash_end();
    toucan_siphash_store(out + 8, v0 ^ v1 ^ v2 ^ v3);
}


/* fewer than eight bytes */

static inline uint64_t
toucan_siphash_rest(const uint8_t *p, size_t len)
{
    size_t    i;
    uint64_t  word;

    word = 0;
    i = 0;

    if (len & 4) {
        word = (uint64_t) p[0] | (uint64_t) p[1] << 8
               | (uint64_t) p[2] << 16 | (uint64_t) p[3] << 24;
        i = 4;
    }

    if (len & 2) {
        word |= ((uint64_t) p[i] | (uint64_t) p[i + 1] << 8) << (8 * i);
        i += 2;
    }

    if (len & 1) {
        word |= (uint64_t) p[i] << (8 * i);
    }

    return word;
}


static inline uint64_t
toucan_siphash_load(const uint8_t *p)
{
    uint64_t  word;

    memcpy(&word, p, sizeof(uint64_t));

    return le64toh(word);
}


static inline void
toucan_siphash_store(uint8_t *p, uint64_t word)
{
    word = htole64(word);
    memcpy(p, &word, sizeof(uint64_t));
}
