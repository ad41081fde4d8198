// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a rule pack: a sealed ruleset or at least one error, and its diagnostics print.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *diags = fg_diags_new();
    FILE *sink = fopen("/dev/null", "w");
    if (arena == NULL || diags == NULL || sink == NULL) {
        abort();
    }
    struct fg_ruleset ruleset;
    memset(&ruleset, 0, sizeof(ruleset));
    int rc = fg_pack_parse("fuzz.yaml", (const char *)data, size, NULL, arena, diags, &ruleset);
    if ((rc == FG_OK) != (fg_diags_count(diags, FG_ERROR) == 0)) {
        abort();
    }
    if (rc == FG_OK && strlen(ruleset.digest) != 64) {
        abort();
    }
    fg_diags_print(diags, FG_DIAG_HUMAN, sink);
    fg_diags_print(diags, FG_DIAG_JSON, sink);
    (void)fclose(sink);
    fg_diags_free(diags);
    fg_arena_free(arena);
    return 0;
}
