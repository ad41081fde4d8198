// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "fgctl.h"

#define WORD_MAX 40

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Edits (insert, delete, replace, swap of neighbours) from a to b; words longer than WORD_MAX are
// never near.
static size_t distance(const char *a, const char *b)
{
    const size_t n = strlen(a);
    const size_t m = strlen(b);
    size_t rows[WORD_MAX + 1][WORD_MAX + 1];

    if (n > WORD_MAX || m > WORD_MAX) {
        return WORD_MAX;
    }
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            const size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            rows[i][j] =
                smaller(smaller(rows[i - 1][j] + 1, rows[i][j - 1] + 1), rows[i - 1][j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                rows[i][j] = smaller(rows[i][j], rows[i - 2][j - 2] + 1);
            }
        }
    }
    return rows[n][m];
}

const char *suggestion(const char *word, const char *const *words, size_t n)
{
    static char text[WORD_MAX + 32];
    const char *best = NULL;
    size_t best_distance = strlen(word) <= 4 ? 2 : 3; // farther ones confuse more than they help

    for (size_t i = 0; i < n; i++) {
        const size_t d = distance(word, words[i]);
        if (d < best_distance) {
            best = words[i];
            best_distance = d;
        }
    }
    if (best == NULL) {
        return "";
    }
    (void)snprintf(text, sizeof(text), "; did you mean '%s'?", best);
    return text;
}
