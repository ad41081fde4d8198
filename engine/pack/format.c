// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/format.h"

#include "fields.h"
#include "format_tables.h"

#define KEYS_MAX 40

const struct fg_format *fg_format_of(enum fg_shape shape)
{
    const struct fg_format *const tables[] = {fg_format_packs, fg_format_rules};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (tables[i][shape].name != NULL) {
            return &tables[i][shape];
        }
    }
    return &fg_format_tests[shape];
}

bool fg_field_shape(struct fg_fields *fields, const struct fg_yaml_node *map, enum fg_shape shape)
{
    const struct fg_format *format = fg_format_of(shape);
    const char *names[KEYS_MAX];
    size_t n = 0;
    while (n < format->n && n < KEYS_MAX) {
        names[n] = format->keys[n].name;
        n++;
    }
    return fg_field_keys(fields, map, format->name, (struct fg_words){names, n});
}
