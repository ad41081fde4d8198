// SPDX-License-Identifier: GPL-2.0-or-later
// Log lines to standard error, for the journal. Never given secrets; bytes that are not printable
// ASCII are replaced.
#pragma once

#define FGA_LOG_ERROR   "error"
#define FGA_LOG_WARNING "warning"
#define FGA_LOG_NOTICE  "notice"

// One line of at most 512 bytes.
void fga_log(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));
