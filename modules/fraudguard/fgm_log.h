// SPDX-License-Identifier: GPL-2.0-or-later
// The module's log lines. Text from the network goes in escaped (fg_text_escape), numbers masked;
// secrets never. Each takes one line without its end, cut at 1 KiB.
#pragma once

enum fgm_log_level { FGM_LOG_ERROR, FGM_LOG_WARN, FGM_LOG_NOTICE, FGM_LOG_INFO };

void fgm_log(enum fgm_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define fgm_error(...)  fgm_log(FGM_LOG_ERROR, __VA_ARGS__)
#define fgm_warn(...)   fgm_log(FGM_LOG_WARN, __VA_ARGS__)
#define fgm_notice(...) fgm_log(FGM_LOG_NOTICE, __VA_ARGS__)
#define fgm_info(...)   fgm_log(FGM_LOG_INFO, __VA_ARGS__)
