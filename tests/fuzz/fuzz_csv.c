// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as each of the CSV files: a table that answers every number, or an error that is told.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "networks.h"
#include "numbering.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool held)
{
    if (!held) {
        abort();
    }
}

// What was read answers as it should, whatever it says.
static void look_up(const struct fg_destinations *known)
{
    static const char *const numbers[] = {
        "1", "1911", "442079460018", "449098790001", "37270913001", "999999999999999"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct fg_number number = {.len = (uint8_t)strlen(numbers[i])};
        struct fg_destination dest;
        memcpy(number.digits, numbers[i], number.len);
        fg_destination_lookup(known, &number, FG_NUMBER_OK, NULL, &dest);
        check((unsigned)dest.type < FG_TYPE_COUNT && dest.digits_least <= dest.digits_most);
        check(dest.rated || dest.usd_per_minute == 0);
        check(dest.usd_per_minute >= 0 && dest.usd_per_minute <= UINT32_MAX);
    }
}

// The text itself as a number, so that what follows the table depends on the bytes, too.
static void read_each(struct fg_named_bytes file, const struct fg_destinations *known)
{
    struct fg_number_readings readings;
    struct fg_destination dest;
    size_t len = file.len < 32 ? file.len : 32;
    fg_number_read((struct fg_view){file.bytes, len}, (struct fg_view){"", 0}, NULL, &readings);
    for (uint8_t i = 0; i < readings.n; i++) {
        fg_destination_lookup(known, &readings.reading[i], readings.status, NULL, &dest);
        check((unsigned)dest.type < FG_TYPE_COUNT);
    }
}

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
    if (fg_destinations_parse(&files, arena, diags, &destinations) == FG_OK) {
        check(fg_diags_count(diags, FG_ERROR) == 0);
        look_up(&destinations);
        read_each(file, &destinations);
    } else {
        check(fg_diags_count(diags, FG_ERROR) > 0);
    }
    if (fg_countries_parse(file, arena, diags, &countries) == FG_OK) {
        for (uint32_t i = 0; i < countries.n; i++) {
            check(fg_countries_find(&countries, countries.items[i].country) == &countries.items[i]);
        }
    }
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
