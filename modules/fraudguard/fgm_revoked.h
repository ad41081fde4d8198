// SPDX-License-Identifier: GPL-2.0-or-later
// Certificates that were revoked (RFC 5280 5.1.2.6): a sorted table of hashes in shared memory,
// which is never changed once it is made. Look-ups are safe in any process.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/heap.h"

#define FGM_REVOKED_MAX 1000000

// SHA-256 over a certificate's issuer and serial number, see fgm_crl_key().
struct fgm_revoked_key {
    uint8_t bytes[32];
};

struct fgm_revoked {
    int64_t next_update_s; // when the first of the lists should have been replaced (Unix [s])
    uint32_t lists, n;
    struct fgm_revoked_key keys[]; // sorted
};

// An empty table with room for n keys; NULL when out of memory. Free with fgm_revoked_free().
struct fgm_revoked *fgm_revoked_new(const struct fg_heap *heap, uint32_t n);
void fgm_revoked_free(const struct fg_heap *heap, struct fgm_revoked *revoked);
// Sorts the n keys that the caller has filled in; before the first look-up.
void fgm_revoked_seal(struct fgm_revoked *revoked);
// revoked NULL: nothing is.
bool fgm_revoked_has(const struct fgm_revoked *revoked, const struct fgm_revoked_key *key);
