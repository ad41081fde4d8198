// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Log lines to standard error. Lines are limited to a rate so that an attack cannot become a log
 * flood; bytes that are not printable ASCII are replaced. No function here is given key material.
 */
#pragma once

#include <stdbool.h>

/* Numbers of syslog(3), as rtpengine's --log-level takes them. */
enum edge_log_level {
    EDGE_LOG_ERROR = 3,
    EDGE_LOG_WARNING = 4,
    EDGE_LOG_NOTICE = 5,
    EDGE_LOG_INFO = 6,
    EDGE_LOG_DEBUG = 7,
};

/* Lines above this level are not written. Set before threads start. */
void edge_log_set_level(int level);

/* True if a line of this level would be written (the rate aside). */
bool edge_log_wants(enum edge_log_level level);

/* Writes one line, at most 512 bytes. Thread-safe; never blocks on a lock. */
void edge_log(enum edge_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
