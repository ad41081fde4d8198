// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes laid out: what comes of it is laid out already, and where the bytes are a pack, it is
// the same pack.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/pack.h"
#include "fg/pack_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static int parse(const char *bytes, size_t len, struct fg_arena *arena, struct fg_ruleset *out)
{
    struct fg_diags *diags = fg_diags_new();
    expect(diags != NULL);
    memset(out, 0, sizeof(*out));
    int rc = fg_pack_parse("fuzz.yaml", bytes, len, NULL, arena, diags, out);
    fg_diags_free(diags);
    return rc;
}

static void compare_packs(const char *before, size_t before_len, const char *after,
                          size_t after_len)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_ruleset old;
    struct fg_ruleset new;
    expect(arena != NULL);
    int rc = parse(before, before_len, arena, &old);
    expect(parse(after, after_len, arena, &new) == rc);
    if (rc == FG_OK) {
        expect(old.n_rules == new.n_rules &&old.n_composites == new.n_composites &&old.n_meters ==
               new.n_meters &&old.n_overrides == new.n_overrides);
        for (uint32_t i = 0; i < old.n_rules; i++) {
            expect(strcmp(old.rules[i].id, new.rules[i].id) == 0 &&
                   strcmp(old.rules[i].desc, new.rules[i].desc) == 0 &&
                   old.rules[i].score == new.rules[i].score &&old.rules[i].mode ==
                       new.rules[i].mode &&old.rules[i].n_tests == new.rules[i].n_tests);
        }
        for (uint32_t i = 0; i < old.n_meters; i++) {
            expect(old.meters[i].id == new.meters[i].id);
        }
    }
    fg_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct fg_diags *diags = fg_diags_new();
    char *once = NULL;
    char *twice = NULL;
    size_t once_len = 0;
    size_t twice_len = 0;
    expect(diags != NULL);
    int rc = fg_pack_layout("fuzz.yaml", bytes, size, diags, &once, &once_len);
    expect((rc == FG_ESYNTAX) == (fg_diags_count(diags, FG_ERROR) > 0));
    expect((rc == FG_OK) == (once != NULL));
    if (rc == FG_OK) {
        expect(fg_pack_layout("fuzz.yaml", once, once_len, diags, &twice, &twice_len) == FG_OK);
        expect(once_len == twice_len && memcmp(once, twice, once_len) == 0);
        compare_packs(bytes, size, once, once_len);
    }
    free(twice);
    free(once);
    fg_diags_free(diags);
    return 0;
}
