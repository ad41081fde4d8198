// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_BYTES 512

void fga_log(const char *level, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    int n = snprintf(line, sizeof(line), "fg-alertd: %s: ", level);
    size_t used = n > 0 ? (size_t)n : 0;
    va_start(args, format);
    n = vsnprintf(line + used, sizeof(line) - used, format, args);
    va_end(args);
    used += n > 0 ? (size_t)n : 0;
    if (used > sizeof(line) - 1)
        used = sizeof(line) - 1;
    for (size_t i = 0; i < used; i++) {
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '?';
    }
    line[used] = '\n';
    if (write(STDERR_FILENO, line, used + 1) < 0)
        return; // nowhere left to tell it
}
