// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_word.h"

uint32_t edge_ng_word_find(const struct edge_ng_word *words, size_t n_words, struct edge_view text)
{
    for (size_t i = 0; i < n_words; i++) {
        if (edge_ng_name_is(text, words[i].name))
            return words[i].value;
    }
    return 0;
}

bool edge_ng_prefix_cut(struct edge_view *text, struct edge_view prefix)
{
    if (text->len < prefix.len ||
        !edge_ng_name_is((struct edge_view){text->ptr, prefix.len}, prefix))
        return false;
    *text = (struct edge_view){text->ptr + prefix.len, text->len - prefix.len};
    return true;
}
