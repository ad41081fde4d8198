// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_value.h"

/** Private to the ng message parser: words that stand for something. */

/** One word of a list or a text value, and what it stands for. */
struct edge_ng_word {
    struct edge_view name;
    uint32_t value; /**< not 0 */
};

#define WORD(literal, value)                                                                       \
    {                                                                                              \
        EDGE_VIEW_INIT(literal), (value)                                                           \
    }
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/** The value of a word, names compared as edge_ng_name_is does; 0 when it is not in the table. */
uint32_t edge_ng_word_find(const struct edge_ng_word *words, size_t n_words, struct edge_view text);

/** Cuts `prefix` off the front of `*text`, compared in the same way; false when it is not there. */
bool edge_ng_prefix_cut(struct edge_view *text, struct edge_view prefix);
