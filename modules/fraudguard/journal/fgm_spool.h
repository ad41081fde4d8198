// SPDX-License-Identifier: GPL-2.0-or-later
// A queue in a file of bounded size: what waits for Redis, over a restart. Records are read in the
// order in which they were put; the file becomes empty once all are dealt with, so that after a
// process that was killed before some of them come again. For one process at a time.
#pragma once

#include "fgm_journal.h"

struct fgm_spool;

// Opens path, or makes it, mode 0600, for at most max_bytes; what follows its last whole record is
// cut off. A file of another layout is emptied. *lost_bytes: what was dropped so. FG_ENOMEM,
// FG_EIO (errno tells), FG_EPROTOCOL (the file is none of ours, and is left alone). path is copied.
FG_MUST_CHECK int fgm_spool_open(const char *path, const struct fg_hash_key *key, uint32_t layout,
                                 size_t max_bytes, struct fgm_spool **out, size_t *lost_bytes);
// The same, but what is none of ours, or has lost its beginning, is renamed to PATH.bad (whatever
// had that name goes), and an empty one takes its place. FG_EPROTOCOL: it could not be renamed.
#define FGM_SPOOL_ASIDE ".bad"
FG_MUST_CHECK int fgm_spool_open_afresh(const char *path, const struct fg_hash_key *key,
                                        uint32_t layout, size_t max_bytes, struct fgm_spool **out,
                                        size_t *lost_bytes, bool *set_aside);
// Takes NULL.
void fgm_spool_close(struct fgm_spool *spool);
// FG_OK, FG_ELIMIT (full, or larger than FGM_JOURNAL_RECORD_MAX) or FG_EIO: then it is not in.
FG_MUST_CHECK int fgm_spool_put(struct fgm_spool *spool, uint32_t kind, struct fg_view bytes);
// The oldest record that was not read; its bytes are good until the next call. False: none.
bool fgm_spool_next(struct fgm_spool *spool, struct fgm_journal_record *out);
// All that was read is dealt with, and need not come again.
void fgm_spool_settle(struct fgm_spool *spool);
// The same, but for the record that was read last, after fgm_spool_next() gave one.
void fgm_spool_settle_but_last(struct fgm_spool *spool);
// All that was read and not settled will be read again.
void fgm_spool_rewind(struct fgm_spool *spool);
// Bytes of records that were not settled.
size_t fgm_spool_waiting_bytes(const struct fgm_spool *spool);
