// SPDX-License-Identifier: GPL-2.0-or-later
// SipHash-2-4 with 128-bit output (Aumasson, Bernstein: "SipHash: a fast short-input PRF"): keyed
// hashes of what comes from the network.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fg_hash_key {
    uint8_t bytes[16];
};
struct fg_hash128 {
    uint64_t lo, hi;
};

struct fg_hash128 fg_hash128(const struct fg_hash_key *key, const void *data, size_t len);
// Hash of several parts, each framed by its length, so that ("ab","c") differs from ("a","bc").
struct fg_view;
struct fg_hash128 fg_hash128_parts(const struct fg_hash_key *key, const struct fg_view *parts,
                                   size_t n_parts);
// Its half "lo", sooner.
uint64_t fg_hash128_parts_lo(const struct fg_hash_key *key, const struct fg_view *parts,
                             size_t n_parts);
// 64-bit SipHash-2-4 for hash tables.
uint64_t fg_hash64(const struct fg_hash_key *key, const void *data, size_t len);
// 32 lower-case hex digits and a NUL.
void fg_hash128_hex(struct fg_hash128 hash, char out[33]);
