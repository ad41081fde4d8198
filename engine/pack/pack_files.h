// SPDX-License-Identifier: GPL-2.0-or-later
// Several pack files as one ruleset.
#pragma once

#include "fg/pack.h"
#include "numbering.h"

#define FG_PACK_FILE_BYTES_MAX ((size_t)8 << 20)
#define FG_PACK_FILES_MAX      256

// As fg_pack_parse() for n files, in that order. dir is where list files are; NULL: nowhere. now_ms
// [Unix ms]: exceptions and overrides that have expired are told as warnings; 0: they are not.
FG_MUST_CHECK int fg_pack_parse_files(const struct fg_named_bytes *files, uint32_t n,
                                      const char *dir, int64_t now_ms, struct fg_arena *arena,
                                      struct fg_diags *diags, struct fg_ruleset *out);
