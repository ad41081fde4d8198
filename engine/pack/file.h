// SPDX-License-Identifier: GPL-2.0-or-later
// Whole files as bytes: the loaders' only contact with the file system.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fg/err.h"

struct fg_file {
    char *bytes; // malloc'd, never NULL after success
    size_t len;
    int system_error;   // errno of FG_EIO
    int64_t changed_ms; // when its bytes were last written [Unix ms]
};
// Reads a regular file of at most max_bytes. FG_EIO, FG_ELIMIT, FG_ENOMEM; file is then empty.
FG_MUST_CHECK int fg_file_read(const char *path, size_t max_bytes, struct fg_file *file);
void fg_file_fini(struct fg_file *file);
// Words for a failure of fg_file_read(); static storage or valid until the next call of strerror().
const char *fg_file_error(int code, const struct fg_file *file);
