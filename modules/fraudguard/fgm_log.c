// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_log.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/dprint.h"

// Kamailio's macro is a screenful of code at each use, which no measure of a function survives:
// hence one place for it.
__attribute__((format(printf, 2, 0))) static void write_line(int level, const char *format,
                                                             va_list arguments)
{
    char line[1024];
    vsnprintf(line, sizeof line, format, arguments);
    LOG(level, "%s\n", line); // NOLINT
}

void fgm_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(L_ERR, format, arguments);
    va_end(arguments);
}

void fgm_warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(L_WARN, format, arguments);
    va_end(arguments);
}

void fgm_notice(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(L_NOTICE, format, arguments);
    va_end(arguments);
}

void fgm_info(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(L_INFO, format, arguments);
    va_end(arguments);
}
