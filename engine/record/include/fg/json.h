// SPDX-License-Identifier: GPL-2.0-or-later
// JSON values, the little that records, fgctl and alerts need of them. The JSON library stands
// behind this header and nowhere else. Not safe for concurrent use of one value.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/units.h"
#include "fg/view.h"

struct fg_json;

// --- reading
// Longest text that is read [bytes]; anything longer is refused.
#define FG_JSON_BYTES_MAX ((size_t)256 * 1024)

// Parses text, which must be one JSON object and nothing else (no duplicate keys, no U+0000 in
// strings). NULL for anything else and when out of memory. Free with fg_json_free().
struct fg_json *fg_json_parse(struct fg_view text);
void fg_json_free(struct fg_json *json);

// Borrowed; NULL when object is not an object (or NULL) or has no such key.
const struct fg_json *fg_json_member(const struct fg_json *object, const char *key);
// Number of items of an array, 0 for anything else (also NULL).
size_t fg_json_count(const struct fg_json *array);
// Borrowed; NULL outside the array.
const struct fg_json *fg_json_item(const struct fg_json *array, size_t i);
// NUL-terminated UTF-8, borrowed; NULL when the value (member of object) is not a string.
const char *fg_json_string(const struct fg_json *object, const char *key);
const char *fg_json_string_of(const struct fg_json *value);
// True and *out when the member is an integer; *out is written only then.
bool fg_json_integer(const struct fg_json *object, const char *key, int64_t *out);
// The same for any number.
bool fg_json_number(const struct fg_json *object, const char *key, double *out);
// The same for true and false.
bool fg_json_bool(const struct fg_json *object, const char *key, bool *out);
// True when the member is there and is `true`.
bool fg_json_is_true(const struct fg_json *object, const char *key);

// --- writing
// Keys come out in the order in which they were set. Every setter returns false when out of memory
// or when object is NULL, so that calls can be chained with &&.
struct fg_json *fg_json_object_new(void);
struct fg_json *fg_json_array_new(void);
bool fg_json_set_text(struct fg_json *object, const char *key, struct fg_view text); // made plain
bool fg_json_set_string(struct fg_json *object, const char *key, const char *text);  // NULL: null
bool fg_json_set_integer(struct fg_json *object, const char *key, int64_t value);
// 400000 becomes 0.4, 3000000 becomes 3.
bool fg_json_set_micro(struct fg_json *object, const char *key, fg_micro value);
bool fg_json_set_bool(struct fg_json *object, const char *key, bool value);
bool fg_json_set_null(struct fg_json *object, const char *key);
// Takes child over, also when it fails; a NULL child fails.
bool fg_json_set(struct fg_json *object, const char *key, struct fg_json *child);
bool fg_json_append(struct fg_json *array, struct fg_json *child);
bool fg_json_append_string(struct fg_json *array, const char *text);
// A deep copy; NULL when out of memory or when value is NULL.
struct fg_json *fg_json_copy(const struct fg_json *value);
// The same as a member or item.
bool fg_json_set_copy(struct fg_json *object, const char *key, const struct fg_json *value);
bool fg_json_append_copy(struct fg_json *array, const struct fg_json *value);

// One line when indent is 0, else lines indented by so many spaces. malloc'd, NUL-terminated, no
// newline at the end; NULL when out of memory. The caller frees.
char *fg_json_format(const struct fg_json *json, unsigned indent);
