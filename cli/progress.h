// SPDX-License-Identifier: GPL-2.0-or-later
// A bar on standard error for work that takes a while: on a terminal, or when it is asked for.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool on, terminal, drawn;
    uint64_t whole_bytes; // 0: not known
    int64_t begin_ms, shown_ms;
};

// wanted: also where standard error is no terminal (then a line every few seconds).
void progress_begin(struct progress *progress, bool wanted, uint64_t whole_bytes);
// bytes and calls done so far; draws a few times a second at most.
void progress_show(struct progress *progress, uint64_t bytes, uint64_t calls);
// Takes the bar away, before anything else is written to standard error.
void progress_clear(struct progress *progress);
