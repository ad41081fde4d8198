// SPDX-License-Identifier: GPL-2.0-or-later
// The different labels of a run, numbered from 1, and how many calls of each have started.
#pragma once

#include <stdint.h>

#include "fg/err.h"
#include "fg/view.h"

struct label {
    char *text;
    uint32_t len;
    uint64_t calls;
};

struct labels {
    struct label *items; // items[0] is unused
    uint32_t n, room;
    uint32_t *slots; // open addressing: number of the label, 0 empty
};

// Number of text; 0 for the empty text. Beyond FG_REPLAY_LABELS_MAX all new ones share a number.
// FG_ENOMEM.
FG_MUST_CHECK int labels_find(struct labels *labels, struct fg_view text, uint32_t *out);
// Text of a label; empty for 0.
struct fg_view labels_text(const struct labels *labels, uint32_t label);
void labels_fini(struct labels *labels);
