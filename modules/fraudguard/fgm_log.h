// SPDX-License-Identifier: GPL-2.0-or-later
// The module's log lines. Text from the network goes in escaped (fg_text_escape), numbers masked;
// secrets never. Each takes one line without its end, cut at 1 KiB.
#pragma once

void fgm_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fgm_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fgm_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fgm_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
