// SPDX-License-Identifier: GPL-2.0-or-later
#include "pack_fixture.h"

#include <string.h>

#include "fg/heap.h"
#include "fg/pack.h"

int setup(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof(fixture));
    fixture.arena = fg_arena_new(fg_heap_libc());
    fixture.diags = fg_diags_new();
    *state = &fixture;
    return fixture.arena == NULL || fixture.diags == NULL ? -1 : 0;
}

int teardown(void **state)
{
    struct fixture *fixture = *state;
    fg_diags_free(fixture->diags);
    fg_arena_free(fixture->arena);
    return 0;
}

int fixture_parse(struct fixture *fixture, const char *text)
{
    return fg_pack_parse("p.yaml", text, strlen(text), NULL, fixture->arena, fixture->diags,
                         &fixture->ruleset);
}
