// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/suggest.h"

#include <stdio.h>

#include "fgctl.h"

const char *suggestion(const char *word, const char *const *words, size_t n)
{
    static char text[128];
    const char *best = fg_suggest(fg_view_of(word), words, n);

    if (best == NULL) {
        return "";
    }
    (void)snprintf(text, sizeof(text), "; did you mean '%s'?", best);
    return text;
}
