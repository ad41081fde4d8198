// SPDX-License-Identifier: GPL-2.0-or-later
// The schemas of single values.
#include <stdio.h>

#include "fg/signal.h"
#include "schema.h"

static struct fg_json *typed(const char *type)
{
    struct fg_json *schema = fg_json_object_new();
    if (!fg_json_set_string(schema, "type", type)) {
        fg_json_free(schema);
        return NULL;
    }
    return schema;
}

static struct fg_json *pattern(const char *regex)
{
    struct fg_json *schema = typed("string");
    (void)fg_json_set_string(schema, "pattern", regex);
    return schema;
}

static struct fg_json *reference(enum fg_shape shape)
{
    struct fg_json *schema = fg_json_object_new();
    char where[96];
    (void)snprintf(where, sizeof(where), "#/definitions/%s",
                   shape == FG_SHAPE_NONE ? "when" : fg_format_of(shape)->name);
    (void)fg_json_set_string(schema, "$ref", where);
    return schema;
}

static struct fg_json *words(enum fg_word_set set)
{
    struct fg_words known = fg_word_set(set);
    struct fg_json *all = fg_json_array_new();
    struct fg_json *schema = fg_json_object_new();
    bool complete = true;
    for (size_t i = 0; i < known.n; i++) {
        complete = fg_json_append_string(all, known.words[i]) && complete;
    }
    if (!fg_json_set(schema, "enum", all) || !complete) {
        fg_json_free(schema);
        return NULL;
    }
    return schema;
}

static struct fg_json *list_of(struct fg_json *items)
{
    struct fg_json *schema = typed("array");
    (void)fg_json_set_integer(schema, "minItems", 1);
    (void)fg_json_set(schema, "items", items);
    return schema;
}

static struct fg_json *map_of(struct fg_json *values)
{
    struct fg_json *schema = typed("object");
    (void)fg_json_set(schema, "additionalProperties", values);
    return schema;
}

static struct fg_json *integers(int32_t min, int32_t max)
{
    struct fg_json *schema = typed("integer");
    (void)fg_json_set_integer(schema, "minimum", min);
    (void)fg_json_set_integer(schema, "maximum", max);
    return schema;
}

static struct fg_json *any_of(struct fg_json *const *choices, size_t n)
{
    struct fg_json *schema = fg_json_object_new();
    struct fg_json *all = fg_json_array_new();
    for (size_t i = 0; i < n; i++) {
        (void)fg_json_append(all, choices[i]);
    }
    (void)fg_json_set(schema, "anyOf", all);
    return schema;
}

static struct fg_json *caps(void)
{
    struct fg_json *const choices[] = {integers(1, 10000), words(FG_SET_NOBODY)};
    return map_of(any_of(choices, 2));
}

static struct fg_json *rows(void)
{
    struct fg_json *const scalars[] = {typed("string"), typed("boolean")};
    struct fg_json *const values[] = {typed("string"), typed("boolean")};
    struct fg_json *const choices[] = {any_of(scalars, 2), list_of(any_of(values, 2))};
    return list_of(any_of(choices, 2));
}

static struct fg_json *appends(void)
{
    struct fg_json *schema = typed("object");
    struct fg_json *lists = fg_json_object_new();
    (void)fg_json_set(lists, "^lists\\.[A-Za-z0-9_-]+\\.items$", list_of(typed("string")));
    (void)fg_json_set(schema, "patternProperties", lists);
    (void)fg_json_set_bool(schema, "additionalProperties", false);
    (void)fg_json_set_integer(schema, "minProperties", 1);
    return schema;
}

static struct fg_json *one(void)
{
    struct fg_json *schema = fg_json_object_new();
    (void)fg_json_set_integer(schema, "const", 1);
    return schema;
}

static struct fg_json *of_type(const struct fg_format_key *key, uint32_t type)
{
    switch (type) {
    case FG_FORMAT_TEXT:
        return typed("string");
    case FG_FORMAT_TEXTS:
        return list_of(typed("string"));
    case FG_FORMAT_BOOL:
        return typed("boolean");
    case FG_FORMAT_INT:
        return integers(key->min, key->max);
    case FG_FORMAT_NUMBER:
        return typed("number");
    case FG_FORMAT_DURATION:
        return pattern("^[0-9]{1,9}(ms|s|m|h|d)$");
    case FG_FORMAT_DATE:
        return pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    case FG_FORMAT_WORD:
        return words(key->words);
    case FG_FORMAT_WORDS:
        return list_of(words(key->words));
    case FG_FORMAT_MAP:
        return reference(key->shape);
    case FG_FORMAT_MAPS: {
        struct fg_json *schema = typed("array");
        (void)fg_json_set(schema, "items", reference(key->shape));
        return schema;
    }
    case FG_FORMAT_NAMED:
        return map_of(reference(key->shape));
    case FG_FORMAT_CAPS:
        return caps();
    case FG_FORMAT_WHEN:
        return reference(FG_SHAPE_NONE);
    case FG_FORMAT_ROWS:
        return rows();
    case FG_FORMAT_APPEND:
        return appends();
    case FG_FORMAT_ATTRS:
        return map_of(typed("string"));
    case FG_FORMAT_ONE:
        return one();
    case FG_FORMAT_BLANK:
        return typed("null");
    default:
        return fg_json_object_new();
    }
}

struct fg_json *schema_value(const struct fg_format_key *key, bool used[FG_SHAPES])
{
    struct fg_json *choices[8];
    size_t n = 0;
    for (uint32_t type = 1; type <= FG_FORMAT_ANY && n < 8; type <<= 1) {
        if ((key->types & type) == 0) {
            continue;
        }
        choices[n++] = of_type(key, type);
        if (type == FG_FORMAT_WHEN) {
            used[FG_SHAPE_NONE] = used[FG_SHAPE_MATCHER] = true;
        } else if (type == FG_FORMAT_MAP || type == FG_FORMAT_MAPS || type == FG_FORMAT_NAMED) {
            used[key->shape] = true;
        }
    }
    // Beside a reference nothing else is read in draft-07: it goes into a list of one.
    bool alone = n == 1 && key->types != FG_FORMAT_MAP && key->types != FG_FORMAT_WHEN;
    struct fg_json *schema = alone ? choices[0] : any_of(choices, n);
    (void)fg_json_set_string(schema, "description", key->doc);
    return schema;
}

// What can stand for a signal beside a matcher; NULL: a number must have one.
static struct fg_json *signal_scalar(enum fg_signal signal)
{
    switch (fg_signal_info(signal)->type) {
    case FG_SIGNAL_BOOL:
        return typed("boolean");
    case FG_SIGNAL_NUMBER:
        return NULL;
    case FG_SIGNAL_TEXT:
    case FG_SIGNAL_TEXTSET:
        return fg_signal_words(signal) == FG_SET_NONE ? typed("string")
                                                      : words(fg_signal_words(signal));
    case FG_SIGNAL_DIGITS:
        return pattern("^\\+[0-9]{1,15}$");
    case FG_SIGNAL_ADDRESS:
        return pattern("^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$");
    case FG_SIGNAL_COUNTRY:
        return pattern("^([A-Z]{2}|001)$");
    }
    return NULL;
}

static struct fg_json *signal_value(enum fg_signal signal)
{
    struct fg_json *scalar = signal_scalar(signal);
    struct fg_json *choices[2] = {reference(FG_SHAPE_MATCHER), scalar};
    struct fg_json *schema = any_of(choices, scalar == NULL ? 1 : 2);
    (void)fg_json_set_string(schema, "description", fg_signal_info(signal)->doc);
    return schema;
}

struct fg_json *schema_when(void)
{
    struct fg_json *schema = typed("object");
    struct fg_json *properties = fg_json_object_new();
    struct fg_json *patterns = fg_json_object_new();
    for (unsigned i = 0; i < FG_SIG_ATTR; i++) {
        (void)fg_json_set(properties, fg_signal_info((enum fg_signal)i)->name,
                          signal_value((enum fg_signal)i));
    }
    // Of a rule's condition only, and so are meters: the loader says so elsewhere.
    const struct fg_words sighted = fg_word_set(FG_SET_SIGHTED);
    for (size_t i = 0; i < sighted.n; i++) {
        if (fg_json_member(properties, sighted.words[i]) == NULL) {
            (void)fg_json_set(properties, sighted.words[i], reference(FG_SHAPE_MATCHER));
        }
    }
    (void)fg_json_set(patterns, "^calendar\\.[A-Za-z0-9_-]+$", words(FG_SET_CALENDAR_STATE));
    struct fg_json *meter = reference(FG_SHAPE_MATCHER);
    (void)fg_json_set(patterns, "^meters\\.[A-Za-z0-9_-]+$", any_of(&meter, 1));
    (void)fg_json_set(patterns, "^attr\\.[A-Za-z0-9_-]+$", signal_value(FG_SIG_ATTR));
    (void)fg_json_set(schema, "properties", properties);
    (void)fg_json_set(schema, "patternProperties", patterns);
    (void)fg_json_set_bool(schema, "additionalProperties", false);
    (void)fg_json_set_integer(schema, "minProperties", 1);
    return schema;
}
