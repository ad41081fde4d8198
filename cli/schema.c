// SPDX-License-Identifier: GPL-2.0-or-later
#include "schema.h"

// Adds the keys of a shape to an object's schema, and marks the shapes that they use.
static bool set_shape(struct fg_json *schema, enum fg_shape shape, bool used[FG_SHAPES])
{
    const struct fg_format *format = fg_format_of(shape);
    struct fg_json *properties = fg_json_object_new();
    struct fg_json *required = fg_json_array_new();
    bool complete = fg_json_set_string(schema, "type", "object");
    for (size_t i = 0; i < format->n; i++) {
        const struct fg_format_key *key = &format->keys[i];
        complete = fg_json_set(properties, key->name, schema_value(key, used)) && complete;
        if (key->required) {
            complete = fg_json_append_string(required, key->name) && complete;
        }
    }
    bool any_required = fg_json_count(required) > 0;
    complete = fg_json_set(schema, "properties", properties) && complete;
    complete = fg_json_set_bool(schema, "additionalProperties", false) && complete;
    if (any_required) {
        return fg_json_set(schema, "required", required) && complete;
    }
    fg_json_free(required);
    return complete;
}

// Definitions of everything that is used, and of what they use in turn.
static bool set_definitions(struct fg_json *schema, bool used[FG_SHAPES])
{
    struct fg_json *definitions = fg_json_object_new();
    bool done[FG_SHAPES] = {false};
    bool complete = true;
    for (unsigned i = 0; i < FG_SHAPES; i++) {
        if (!used[i] || done[i]) {
            continue;
        }
        done[i] = true;
        struct fg_json *one = i == FG_SHAPE_NONE ? schema_when() : fg_json_object_new();
        const char *name = i == FG_SHAPE_NONE ? "when" : fg_format_of((enum fg_shape)i)->name;
        complete = (i == FG_SHAPE_NONE || set_shape(one, (enum fg_shape)i, used)) && complete;
        complete = fg_json_set(definitions, name, one) && complete;
        i = UINT32_MAX; // it may use shapes that stand before it
    }
    return fg_json_set(schema, "definitions", definitions) && complete;
}

struct fg_json *schema_new(enum fg_shape root, const char *title)
{
    struct fg_json *schema = fg_json_object_new();
    bool used[FG_SHAPES] = {false};
    if (!fg_json_set_string(schema, "$schema", "http://json-schema.org/draft-07/schema#") ||
        !fg_json_set_string(schema, "title", title) || !set_shape(schema, root, used) ||
        !set_definitions(schema, used)) {
        fg_json_free(schema);
        return NULL;
    }
    return schema;
}
