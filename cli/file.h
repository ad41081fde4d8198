// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fgctl.h"

// Whole content of a regular file of at most 64 MiB, malloc'd, NUL-terminated. False after a
// complaint.
bool file_read(const char *path, char **bytes, size_t *length);
bool is_directory(const char *path);
// Why path could not be read: EXIT_NOT_FOUND where there is none, else EXIT_FAILED.
enum exit_code file_code_of(const char *path);
// False after a complaint.
bool is_readable(const char *path);
// Paths of the files in directory whose names end in suffix, sorted by name, malloc'd array of
// malloc'd strings. False after a complaint; *n may be 0.
bool files_list(const char *directory, const char *suffix, char ***paths, size_t *n);
void files_free(char **paths, size_t n);
// Puts bytes in the place of a file at once: through a temporary file beside it, with its
// permissions. False after a complaint; the file is then as it was.
bool file_replace(const char *path, const char *bytes, size_t length);
