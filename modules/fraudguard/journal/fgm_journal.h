// SPDX-License-Identifier: GPL-2.0-or-later
// Files of records that outlive the process: what was written before it was killed is read, what
// was half written then is not. All numbers are in the machine's byte order; a file is for the node
// that wrote it.
//
//   file    "FGJRNL1\n", layout (u32), 0 (u32), records
//   record  length of the bytes (u32), kind (u32), check (u64), bytes
//
// The check is a hash with the installation's key over all the rest of the record: a file that
// somebody else made holds no record. The layout says what the bytes mean; a reader that means
// something else by them reads none.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/hash.h"
#include "fg/view.h"

#define FGM_JOURNAL_HEAD        ((size_t)16) // bytes before the first record
#define FGM_JOURNAL_RECORD_HEAD ((size_t)16) // bytes of a record before its own
#define FGM_JOURNAL_RECORD_MAX  ((size_t)131072)

struct fgm_journal_record {
    uint32_t kind;
    struct fg_view bytes;
};

// The beginning of a file.
void fgm_journal_head(uint32_t layout, unsigned char out[FGM_JOURNAL_HEAD]);
// What goes before a record's bytes, of which there are at most FGM_JOURNAL_RECORD_MAX.
void fgm_journal_record_head(const struct fg_hash_key *key, uint32_t kind, struct fg_view bytes,
                             unsigned char out[FGM_JOURNAL_RECORD_HEAD]);

// Whether bytes begin as a file of this layout does: FG_OK, FG_EPROTOCOL (no such file) or
// FG_EMISMATCH (of another layout).
FG_MUST_CHECK int fgm_journal_check_head(struct fg_view bytes, uint32_t layout);
// The record at *at, which goes behind it; its bytes point into bytes. False, and *at stays, when
// none that is whole begins there.
bool fgm_journal_next(const struct fg_hash_key *key, struct fg_view bytes, size_t *at,
                      struct fgm_journal_record *out);
// Whether bytes have all of the record that begins them, by its length alone.
bool fgm_journal_is_whole(struct fg_view bytes);
