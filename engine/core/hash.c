// SPDX-License-Identifier: GPL-2.0-or-later
// SipHash-2-4, written from J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF"
// (2012), section 2; the 128-bit output is the authors' later extension (0xee and 0xdd tweaks).
#include "fg/hash.h"

#include "fg/view.h"

#include <string.h>

struct sip {
    uint64_t v0, v1, v2, v3;
    uint64_t word; // bytes not yet compressed, little-endian
    uint64_t total_bytes;
};

// Of a little-endian number of 1, 2, 4 or 8 bytes.
__attribute__((always_inline)) static inline uint64_t load_le(const uint8_t *p, size_t bytes)
{
    uint64_t word = 0;
    memcpy(&word, p, bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

__attribute__((always_inline)) static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return (word << bits) | (word >> (64 - bits));
}

__attribute__((always_inline)) static inline void sip_round(struct sip *sip)
{
    sip->v0 += sip->v1;
    sip->v2 += sip->v3;
    sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
    sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
    sip->v0 = rotate(sip->v0, 32);
    sip->v2 += sip->v1;
    sip->v0 += sip->v3;
    sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
    sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
    sip->v2 = rotate(sip->v2, 32);
}

__attribute__((always_inline)) static inline void sip_compress(struct sip *sip, uint64_t word)
{
    sip->v3 ^= word;
    sip_round(sip);
    sip_round(sip);
    sip->v0 ^= word;
}

__attribute__((always_inline)) static inline void
sip_begin(struct sip *sip, const struct fg_hash_key *key, uint64_t tweak)
{
    uint64_t k0 = load_le(key->bytes, 8);
    uint64_t k1 = load_le(key->bytes + 8, 8);
    *sip = (struct sip){
        .v0 = k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = k1 ^ UINT64_C(0x646f72616e646f6d) ^ tweak,
        .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = k1 ^ UINT64_C(0x7465646279746573),
    };
}

// Adds n bytes, 1 to 8, the first one lowest; those above n are 0.
__attribute__((always_inline)) static inline void sip_push(struct sip *sip, uint64_t bytes,
                                                           unsigned n)
{
    const unsigned filled = (unsigned)(sip->total_bytes & 7);
    sip->total_bytes += n;
    sip->word |= bytes << (8 * filled);
    if (filled + n >= 8) {
        sip_compress(sip, sip->word);
        sip->word = filled == 0 ? 0 : bytes >> (64 - 8 * filled);
    }
}

__attribute__((always_inline)) static inline void sip_add(struct sip *sip, const void *data,
                                                          size_t len)
{
    const uint8_t *p = data;
    for (; len >= 8; len -= 8, p += 8) {
        sip_push(sip, load_le(p, 8), 8);
    }
    if (len == 0) {
        return;
    }
    uint64_t rest = 0;
    unsigned n = 0;
    if ((len & 4) != 0) {
        rest = load_le(p, 4);
        n = 4;
    }
    if ((len & 2) != 0) {
        rest |= load_le(p + n, 2) << (8 * n);
        n += 2;
    }
    if ((len & 1) != 0) {
        rest |= (uint64_t)p[n] << (8 * n);
        n++;
    }
    sip_push(sip, rest, n);
}

__attribute__((always_inline)) static inline uint64_t sip_finish(struct sip *sip)
{
    for (int i = 0; i < 4; i++) {
        sip_round(sip);
    }
    return sip->v0 ^ sip->v1 ^ sip->v2 ^ sip->v3;
}

__attribute__((always_inline)) static inline void sip_close(struct sip *sip, uint64_t tweak)
{
    sip_compress(sip, sip->word | (sip->total_bytes << 56));
    sip->v2 ^= tweak;
}

__attribute__((always_inline)) static inline struct fg_hash128 sip_finish128(struct sip *sip)
{
    struct fg_hash128 hash;
    sip_close(sip, 0xee);
    hash.lo = sip_finish(sip);
    sip->v1 ^= 0xdd;
    hash.hi = sip_finish(sip);
    return hash;
}

struct fg_hash128 fg_hash128(const struct fg_hash_key *key, const void *data, size_t len)
{
    struct sip sip;
    sip_begin(&sip, key, 0xee);
    sip_add(&sip, data, len);
    return sip_finish128(&sip);
}

__attribute__((always_inline)) static inline void
sip_add_parts(struct sip *sip, const struct fg_view *parts, size_t n_parts)
{
    for (size_t i = 0; i < n_parts; i++) {
        sip_push(sip, parts[i].len, 8);
        sip_add(sip, parts[i].ptr, parts[i].len);
    }
}

struct fg_hash128 fg_hash128_parts(const struct fg_hash_key *key, const struct fg_view *parts,
                                   size_t n_parts)
{
    struct sip sip;
    sip_begin(&sip, key, 0xee);
    sip_add_parts(&sip, parts, n_parts);
    return sip_finish128(&sip);
}

uint64_t fg_hash128_parts_lo(const struct fg_hash_key *key, const struct fg_view *parts,
                             size_t n_parts)
{
    struct sip sip;
    sip_begin(&sip, key, 0xee);
    sip_add_parts(&sip, parts, n_parts);
    sip_close(&sip, 0xee);
    return sip_finish(&sip);
}

uint64_t fg_hash64(const struct fg_hash_key *key, const void *data, size_t len)
{
    struct sip sip;
    sip_begin(&sip, key, 0);
    sip_add(&sip, data, len);
    sip_close(&sip, 0xff);
    return sip_finish(&sip);
}

void fg_hash128_hex(struct fg_hash128 hash, char out[33])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        uint64_t half = i < 8 ? hash.lo : hash.hi;
        uint8_t byte = (uint8_t)(half >> (8 * (i & 7)));
        out[2 * i] = digits[byte >> 4];
        out[2 * i + 1] = digits[byte & 15];
    }
    out[32] = '\0';
}
