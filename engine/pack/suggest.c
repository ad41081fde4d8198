// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/suggest.h"

#include <stdint.h>

#define WORD_MAX 63

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Optimal string alignment distance, three rows of the matrix at a time.
size_t fg_edit_distance(struct fg_view a, struct fg_view b, size_t limit)
{
    if (a.len > WORD_MAX || b.len > WORD_MAX) {
        return limit + 1;
    }
    uint8_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = (uint8_t)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        uint8_t *row = rows[i % 3];
        const uint8_t *above = rows[(i + 2) % 3];
        const uint8_t *before = rows[(i + 1) % 3];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = fold(a.ptr[i - 1]) == fold(b.ptr[j - 1]);
            size_t cost = least(above[j], row[j - 1]) + 1U;
            cost = least(cost, above[j - 1] + (same ? 0U : 1U));
            if (i > 1 && j > 1 && fold(a.ptr[i - 1]) == fold(b.ptr[j - 2]) &&
                fold(a.ptr[i - 2]) == fold(b.ptr[j - 1])) {
                cost = least(cost, before[j - 2] + 1U);
            }
            row[j] = (uint8_t)cost;
        }
    }
    return least(rows[a.len % 3][b.len], limit + 1);
}

const char *fg_suggest(struct fg_view word, const char *const *words, size_t n)
{
    // A third of the word may be wrong; one edit always, but not in words of one letter.
    size_t limit = word.len < 2 ? 0 : word.len / 3 + (word.len < 3 ? 1U : 0U);
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t edits = fg_edit_distance(word, fg_view_of(words[i]), limit);
        if (edits <= limit) {
            best = words[i];
            if (edits == 0) {
                break;
            }
            limit = edits - 1;
        }
    }
    return best;
}
