
/*
 * SipHash-2-4-128: two rounds for each word of eight bytes, four at the end.
 */


#include "gate/toucan_siphash.h"


static inline uint64_t toucan_siphash_rest(const uint8_t *p, size_t len);
static inline uint64_t toucan_siphash_load(const uint8_t *p);
static inline void toucan_siphash_store(uint8_t *p, uint64_t word);


#define toucan_rotl(x, n)  (((x) << (n)) | ((x) >> (64 - (n))))

/* The state stands in v0 to v3 while it is worked on. */

#define toucan_siphash_take(v)                                                \
    v0 = (v)[0];                                                              \
    v1 = (v)[1];                                                              \
    v2 = (v)[2];                                                              \
    v3 = (v)[3]

#define toucan_siphash_put(v)                                                 \
    (v)[0] = v0;                                                              \
    (v)[1] = v1;                                                              \
    (v)[2] = v2;                                                              \
    (v)[3] = v3

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
    uint64_t        v0, v1, v2, v3, word, tail;
    unsigned        bits, more;     /* of the tail, and for it */
    const uint8_t  *p;

    p = data;
    bits = 8 * (s->len & 7);
    tail = s->tail;
    s->len += len;

    toucan_siphash_take(s->v);

    for ( /* void */ ; len >= 8; len -= 8) {
        word = toucan_siphash_load(p);
        tail |= word << bits;
        toucan_siphash_word(tail);
        tail = (bits != 0) ? word >> (64 - bits) : 0;
        p += 8;
    }

    if (len != 0) {
        word = toucan_siphash_rest(p, len);
        more = 8 * (unsigned) len;
        tail |= word << bits;

        if (bits + more >= 64) {
            toucan_siphash_word(tail);
            tail = (bits != 0) ? word >> (64 - bits) : 0;
        }
    }

    toucan_siphash_put(s->v);
    s->tail = tail;
}


void
toucan_siphash_final(toucan_siphash_t *s, uint8_t out[TOUCAN_SIPHASH_SIZE])
{
    uint64_t  v0, v1, v2, v3, word;

    toucan_siphash_take(s->v);

    word = s->tail | s->len << 56;
    toucan_siphash_word(word);

    v2 ^= 0xee;
    toucan_siphash_end();
    toucan_siphash_store(out, v0 ^ v1 ^ v2 ^ v3);

    v1 ^= 0xdd;
    toucan_siphash_end();
    toucan_siphash_store(out + 8, v0 ^ v1 ^ v2 ^ v3);

    toucan_cleanse(s, sizeof(toucan_siphash_t));
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


/* spelled out, either is one instruction where bytes stand in this order */

static inline uint64_t
toucan_siphash_load(const uint8_t *p)
{
    return (uint64_t) p[0] | (uint64_t) p[1] << 8
           | (uint64_t) p[2] << 16 | (uint64_t) p[3] << 24
           | (uint64_t) p[4] << 32 | (uint64_t) p[5] << 40
           | (uint64_t) p[6] << 48 | (uint64_t) p[7] << 56;
}


static inline void
toucan_siphash_store(uint8_t *p, uint64_t word)
{
    p[0] = (uint8_t) word;
    p[1] = (uint8_t) (word >> 8);
    p[2] = (uint8_t) (word >> 16);
    p[3] = (uint8_t) (word >> 24);
    p[4] = (uint8_t) (word >> 32);
    p[5] = (uint8_t) (word >> 40);
    p[6] = (uint8_t) (word >> 48);
    p[7] = (uint8_t) (word >> 56);
}
