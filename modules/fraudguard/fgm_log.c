// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_log.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/dprint.h"

// Kamailio's macro is a screenful of code at each use, which no measure of a function survives:
// hence one place for it.
void fgm_log(enum fgm_log_level level, const char *format, ...) // NOLINT
{
    static const int levels[] = {
        [FGM_LOG_ERROR] = L_ERR,
        [FGM_LOG_WARN] = L_WARN,
        [FGM_LOG_NOTICE] = L_NOTICE,
        [FGM_LOG_INFO] = L_INFO,
    };
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    LOG(levels[level], "%s\n", line);
}
