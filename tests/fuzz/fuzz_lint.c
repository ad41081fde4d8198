// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a pack that loads: the advice on it is warnings only, at places of the pack, and the
// same when it is asked for again.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/lint.h"
#include "fg/pack.h"

#define NOW_MS INT64_C(1795168800000) // 2026-11-20T10:00:00Z

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static struct fg_diags *advise(const struct fg_lint *lint)
{
    struct fg_diags *diags = fg_diags_new();
    expect(diags != NULL && fg_lint_ruleset(lint, diags) == FG_OK);
    return diags;
}

static void check_advice(const struct fg_diags *diags, const char *data, size_t size)
{
    uint32_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
    }
    for (uint32_t i = 0; fg_diags_at(diags, i) != NULL; i++) {
        const struct fg_diag *diag = fg_diags_at(diags, i);
        expect(diag->severity != FG_ERROR && strncmp(diag->code, "FG2", 3) == 0);
        expect(diag->line >= 1 && diag->line <= lines && diag->column >= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool covered[FG_RULES_MAX];
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *ignored = fg_diags_new();
    struct fg_ruleset ruleset;
    expect(arena != NULL && ignored != NULL);
    memset(&ruleset, 0, sizeof(ruleset));
    const char *bytes = (const char *)data;
    if (fg_pack_parse("fuzz.yaml", bytes, size, NULL, arena, ignored, &ruleset) == FG_OK) {
        const struct fg_lint_pack pack = {"fuzz.yaml", bytes, size};
        const struct fg_lint lint = {.ruleset = &ruleset,
                                     .packs = &pack,
                                     .n_packs = 1,
                                     .now_ms = NOW_MS,
                                     .covered = covered};
        struct fg_diags *first = advise(&lint);
        struct fg_diags *second = advise(&lint);
        check_advice(first, bytes, size);
        expect(fg_diags_total(first) == fg_diags_total(second));
        fg_diags_free(first);
        fg_diags_free(second);
    }
    fg_diags_free(ignored);
    fg_arena_free(arena);
    return 0;
}
