// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as asserted bounds or as a rate table: whole rows that make sense, or an error.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "fg/bounds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check_rate(void *ctx, struct fg_view prefix, fg_micro usd_per_minute)
{
    uint32_t *rows = ctx;
    if (prefix.len == 0 || prefix.len > 15 || usd_per_minute < 0) {
        abort();
    }
    return ++*rows < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *diags = fg_diags_new();
    if (arena == NULL || diags == NULL) {
        abort();
    }
    struct fg_asserted_bounds bounds;
    int rc = fg_bounds_parse("fuzz.yaml", (const char *)data, size, arena, diags, &bounds);
    if ((rc == FG_OK) != (fg_diags_count(diags, FG_ERROR) == 0)) {
        abort();
    }
    for (uint32_t i = 0; rc == FG_OK && i < bounds.n; i++) {
        const struct fg_asserted_bound *bound = &bounds.items[i];
        if (bound->profile == NULL || bound->channels < 0 || bound->hour_usd < -1) {
            abort();
        }
    }
    uint32_t rows = 0;
    (void)fg_rates_each("fuzz.csv", (const char *)data, size, diags, check_rate, &rows);
    fg_diags_free(diags);
    fg_arena_free(arena);
    return 0;
}
