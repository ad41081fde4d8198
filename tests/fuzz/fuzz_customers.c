// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a customers file: an indexed table in which every customer is found, or an error.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fg_hash_key key = {{7}};
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *diags = fg_diags_new();
    if (arena == NULL || diags == NULL) {
        abort();
    }
    struct fg_customers customers;
    memset(&customers, 0, sizeof(customers));
    int rc =
        fg_customers_parse("fuzz.yaml", (const char *)data, size, &key, arena, diags, &customers);
    if ((rc == FG_OK) != (fg_diags_count(diags, FG_ERROR) == 0)) {
        abort();
    }
    for (uint32_t i = 0; i < customers.n; i++) {
        const struct fg_customer *customer = &customers.items[i];
        if (fg_customers_by_id(&customers, fg_view_of(customer->id)) != customer ||
            customer->zone == NULL || customer->index != i) {
            abort();
        }
    }
    fg_diags_free(diags);
    fg_arena_free(arena);
    return 0;
}
