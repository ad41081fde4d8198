// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as each of the CSV files.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "networks.h"
#include "numbering.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *diags = fg_diags_new();
    if (arena == NULL || diags == NULL) {
        abort();
    }
    struct fg_named_bytes file = {"fuzz.csv", (const char *)data, size};
    struct fg_destination_files files = {file, file, file};
    struct fg_destinations destinations;
    struct fg_countries countries;
    struct fg_prefix_list list;
    struct fg_prefix_match match;
    struct fg_networks networks;
    struct fg_ip ip = {{0}};
    fg_country country;
    uint32_t asn;
    (void)fg_destinations_parse(&files, arena, diags, &destinations);
    (void)fg_countries_parse(file, arena, diags, &countries);
    if (fg_prefix_list_parse(file, arena, diags, &list) == FG_OK &&
        fg_prefix_lookup(list.prefixes, "441632960000", 12, &match) == FG_OK &&
        match.value >= list.n) {
        abort();
    }
    if (fg_networks_parse(file, arena, diags, &networks) == FG_OK) {
        (void)fg_networks_find(&networks, &ip, &country, &asn);
    }
    fg_diags_free(diags);
    fg_arena_free(arena);
    return 0;
}
