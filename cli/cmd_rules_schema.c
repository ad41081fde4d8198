// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "schema.h"

static const struct {
    const char *name, *title;
    enum fg_shape shape;
} schemas[] = {
    {"pack", "Fraudguard rule pack, format 1", FG_SHAPE_PACK},
    {"overrides", "Fraudguard overrides, format 1", FG_SHAPE_OVERRIDES_FILE},
    {"test", "Fraudguard rule tests, format 1", FG_SHAPE_TEST_FILE},
};
#define SCHEMAS (sizeof(schemas) / sizeof(schemas[0]))

static enum exit_code print_schema(size_t i)
{
    struct fg_json *schema = schema_new(schemas[i].shape, schemas[i].title);
    char *text = schema == NULL ? NULL : fg_json_format(schema, 1);
    const bool printed = text != NULL && printf("%s\n", text) > 0;

    free(text);
    fg_json_free(schema);
    return printed ? EXIT_OK : EXIT_FAILED;
}

enum exit_code cmd_rules_schema(struct invocation *call)
{
    const char *wanted = call->n_arguments == 0 ? schemas[0].name : call->arguments[0];
    const char *names[SCHEMAS];

    for (size_t i = 0; i < SCHEMAS; i++) {
        if (strcmp(schemas[i].name, wanted) == 0) {
            return print_schema(i);
        }
        names[i] = schemas[i].name;
    }
    complain("no schema '%s'%s", wanted, suggestion(wanted, names, SCHEMAS));
    return EXIT_USAGE;
}
