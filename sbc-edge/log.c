// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINES_PER_SECOND 200u
#define LINE_BYTES       512

static int max_level = EDGE_LOG_INFO;
static _Atomic int64_t window_s;
static _Atomic uint32_t window_lines;
static _Atomic uint32_t suppressed_lines;

void edge_log_set_level(int level)
{
    max_level = level;
}

bool edge_log_wants(enum edge_log_level level)
{
    return (int)level <= max_level;
}

static bool rate_allows(uint32_t *suppressed)
{
    struct timespec now;
    int64_t seen = atomic_load_explicit(&window_s, memory_order_relaxed);

    *suppressed = 0;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return false;
    if (now.tv_sec != seen && atomic_compare_exchange_strong(&window_s, &seen, now.tv_sec)) {
        atomic_store(&window_lines, 0);
        *suppressed = atomic_exchange(&suppressed_lines, 0);
    }
    if (atomic_fetch_add(&window_lines, 1) < LINES_PER_SECOND)
        return true;
    atomic_fetch_add(&suppressed_lines, 1);
    return false;
}

static const char *level_name(enum edge_log_level level)
{
    switch (level) {
    case EDGE_LOG_ERROR:
        return "error";
    case EDGE_LOG_WARNING:
        return "warning";
    case EDGE_LOG_NOTICE:
        return "notice";
    case EDGE_LOG_INFO:
        return "info";
    case EDGE_LOG_DEBUG:
        break;
    }
    return "debug";
}

void edge_log(enum edge_log_level level, const char *format, ...)
{
    struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};
    char line[LINE_BYTES];
    uint32_t suppressed;
    va_list args;
    size_t used;
    int n;

    if (!edge_log_wants(level) || !rate_allows(&suppressed))
        return;
    /* Calls go on when nobody reads the log. */
    if (poll(&reader, 1, 0) != 1 || !(reader.revents & POLLOUT)) {
        atomic_fetch_add(&suppressed_lines, 1 + suppressed);
        return;
    }
    n = snprintf(line, sizeof(line), "sbc-edge: %s: ", level_name(level));
    used = n > 0 ? (size_t)n : 0;
    if (suppressed > 0) {
        n = snprintf(line + used, sizeof(line) - used, "(%u lines suppressed) ", suppressed);
        used += n > 0 ? (size_t)n : 0;
    }
    va_start(args, format);
    n = vsnprintf(line + used, sizeof(line) - used, format, args);
    va_end(args);
    used += n > 0 ? (size_t)n : 0;
    if (used > sizeof(line) - 2)
        used = sizeof(line) - 2;
    for (size_t i = 0; i < used; i++) {
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '?';
    }
    line[used] = '\n';
    if (write(STDERR_FILENO, line, used + 1) < 0)
        return; /* nowhere left to tell it */
}
