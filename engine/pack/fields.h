// SPDX-License-Identifier: GPL-2.0-or-later
// Typed readers of YAML nodes: each gives a value or a diagnostic at the node, never both.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "codes.h"
#include "fg/country.h"
#include "fg/format.h"
#include "fg/number.h"
#include "fg/units.h"
#include "yaml.h"

// Where results and diagnostics go.
struct fg_fields {
    struct fg_arena *arena;
    struct fg_diags *diags;
    bool out_of_memory; // set by a reader that could not copy; the load then ends in FG_ENOMEM
};

#define FG_WORDS(array)                                                                            \
    (struct fg_words)                                                                              \
    {                                                                                              \
        (array), sizeof(array) / sizeof((array)[0])                                                \
    }

// An error at node.
#define FG_FIELD_ERROR(fields, node, code, ...)                                                    \
    fg_yaml_report((node), (fields)->diags, FG_ERROR, (code), __VA_ARGS__)

// "unknown WHAT 'WORD' [context]; did you mean 'X'?", or the list of what there is. Adds an error.
void fg_field_unknown(struct fg_fields *fields, const struct fg_yaml_node *node, const char *code,
                      const char *what, const char *context, struct fg_words known);

// Whether node is of that kind; else an error that says what is expected for what.
bool fg_field_is(struct fg_fields *fields, const struct fg_yaml_node *node, enum fg_yaml_kind kind,
                 const char *what);
// Whether map is a mapping that has no other keys than these; reports each one that is unknown.
bool fg_field_keys(struct fg_fields *fields, const struct fg_yaml_node *map, const char *what,
                   struct fg_words allowed);

// As fg_field_keys() with the keys of a shape.
bool fg_field_shape(struct fg_fields *fields, const struct fg_yaml_node *map, enum fg_shape shape);

// A NUL-terminated copy of a text that is not empty and that no other tool takes for a number, a
// date, true, false or nothing (FG014); NULL after an error.
const char *fg_field_text(struct fg_fields *fields, const struct fg_yaml_node *node,
                          const char *what);
// As fg_field_text() for what other tools write, such as names of customers: 4711 is a name.
const char *fg_field_any_text(struct fg_fields *fields, const struct fg_yaml_node *node,
                              const char *what);
// The check of fg_field_text() on a scalar that is not empty.
bool fg_field_stays_text(struct fg_fields *fields, const struct fg_yaml_node *node,
                         const char *what);
// A name: letters, digits, "_", "-" (and "." where dots is set), at most 64 bytes.
const char *fg_field_name(struct fg_fields *fields, const struct fg_yaml_node *node,
                          const char *what, bool dots);
// Readers of true and false and of numbers take no quotes (FG012).
bool fg_field_bool(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                   bool *out);
bool fg_field_int(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                  int32_t min, int32_t max, int32_t *out);
// A decimal number of at most six places, from 0 to a million million.
bool fg_field_micro(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                    fg_micro *out);
// "900ms", "90s", "15m", "2h", "30d", within [min_ms, max_ms].
bool fg_field_duration(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                       int64_t min_ms, int64_t max_ms, int64_t *out_ms);
// One of words; *index says which.
bool fg_field_word(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                   struct fg_words words, size_t *index);
// Whether node is quoted text. why says what other tools make of it unquoted.
bool fg_field_quoted(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                     const char *why);
// A quoted "+" and 1 to 15 digits.
bool fg_field_number(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                     struct fg_number *out);
// A quoted ISO 3166-1 alpha-2 code in capitals, or "001".
bool fg_field_country(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                      fg_country *out);

// Reads text without a node: for CSV and for parts of a scalar.
bool fg_text_micro(struct fg_view text, fg_micro *out);
bool fg_text_duration_ms(struct fg_view text, int64_t *out_ms);
// A NUL-terminated copy in the fields' arena; NULL and out_of_memory set when there is none.
const char *fg_field_copy(struct fg_fields *fields, struct fg_view text);
// size zeroed bytes from the arena; NULL and out_of_memory set when there is none.
void *fg_field_alloc(struct fg_fields *fields, size_t size);
