// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

#include <stdint.h>

/**
 * A bounded text buffer that formatters write into: appends that do not fit write nothing, and are
 * remembered, so that one check at the end is enough. Pure; the memory is the caller's.
 */
struct edge_output {
    char *buf;
    size_t size_bytes;
    size_t len;
    bool is_full; /**< something did not fit; nothing more is written */
};

/** Starts an empty output on `buf`. */
void edge_output_init(struct edge_output *output, char *buf, size_t size_bytes);
/** Appends bytes. */
void edge_output_add(struct edge_output *output, struct edge_view text);
/** Appends a NUL-terminated string. */
void edge_output_text(struct edge_output *output, const char *text);
/** Appends a decimal number. */
void edge_output_number(struct edge_output *output, int64_t number);
