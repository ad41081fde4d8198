// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/json.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "fg/text.h"

// struct fg_json is never defined: its pointers are the library's.
static json_t *in(struct fg_json *json)
{
    return (json_t *)json;
}

static const json_t *in_const(const struct fg_json *json)
{
    return (const json_t *)json;
}

static struct fg_json *out(json_t *json)
{
    return (struct fg_json *)json;
}

struct fg_json *fg_json_parse(struct fg_view text)
{
    json_t *json = NULL;

    if (text.len == 0 || text.len > FG_JSON_BYTES_MAX) {
        return NULL;
    }
    json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return NULL;
    }
    return out(json);
}

void fg_json_free(struct fg_json *json)
{
    json_decref(in(json));
}

const struct fg_json *fg_json_member(const struct fg_json *object, const char *key)
{
    return object == NULL ? NULL : out(json_object_get(in_const(object), key));
}

size_t fg_json_count(const struct fg_json *array)
{
    return array == NULL ? 0 : json_array_size(in_const(array));
}

const struct fg_json *fg_json_item(const struct fg_json *array, size_t i)
{
    return array == NULL ? NULL : out(json_array_get(in_const(array), i));
}

const char *fg_json_string_of(const struct fg_json *value)
{
    return value == NULL ? NULL : json_string_value(in_const(value));
}

const char *fg_json_string(const struct fg_json *object, const char *key)
{
    return fg_json_string_of(fg_json_member(object, key));
}

bool fg_json_integer(const struct fg_json *object, const char *key, int64_t *value)
{
    const json_t *member = in_const(fg_json_member(object, key));

    if (!json_is_integer(member)) {
        return false;
    }
    *value = (int64_t)json_integer_value(member);
    return true;
}

bool fg_json_number(const struct fg_json *object, const char *key, double *value)
{
    const json_t *member = in_const(fg_json_member(object, key));

    if (!json_is_number(member)) {
        return false;
    }
    *value = json_number_value(member);
    return true;
}

bool fg_json_bool(const struct fg_json *object, const char *key, bool *value)
{
    const json_t *member = in_const(fg_json_member(object, key));

    if (!json_is_boolean(member)) {
        return false;
    }
    *value = json_is_true(member);
    return true;
}

bool fg_json_is_true(const struct fg_json *object, const char *key)
{
    return json_is_true(in_const(fg_json_member(object, key)));
}

struct fg_json *fg_json_object_new(void)
{
    return out(json_object());
}

struct fg_json *fg_json_array_new(void)
{
    return out(json_array());
}

bool fg_json_set(struct fg_json *object, const char *key, struct fg_json *child)
{
    // The library takes the child over also when it fails, and refuses NULL for either. Keys are
    // literals of ours, so it need not look for bad UTF-8 in them.
    return json_object_set_new_nocheck(in(object), key, in(child)) == 0;
}

bool fg_json_append(struct fg_json *array, struct fg_json *child)
{
    return json_array_append_new(in(array), in(child)) == 0;
}

static struct fg_json *plain_string(struct fg_view text)
{
    char *plain = NULL;
    json_t *json = NULL;

    if (fg_text_is_plain(text)) {
        return out(json_stringn_nocheck(text.len == 0 ? "" : text.ptr, text.len));
    }
    plain = fg_text_plain(text);
    if (plain != NULL) {
        json = json_string_nocheck(plain);
    }
    free(plain);
    return out(json);
}

bool fg_json_set_text(struct fg_json *object, const char *key, struct fg_view text)
{
    return fg_json_set(object, key, plain_string(text));
}

bool fg_json_set_string(struct fg_json *object, const char *key, const char *text)
{
    if (text == NULL) {
        return fg_json_set_null(object, key);
    }
    return fg_json_set_text(object, key, (struct fg_view){text, strlen(text)});
}

bool fg_json_append_string(struct fg_json *array, const char *text)
{
    return fg_json_append(array, plain_string((struct fg_view){text, strlen(text)}));
}

bool fg_json_set_integer(struct fg_json *object, const char *key, int64_t value)
{
    return fg_json_set(object, key, out(json_integer((json_int_t)value)));
}

bool fg_json_set_micro(struct fg_json *object, const char *key, fg_micro value)
{
    if (value % FG_MICRO == 0) {
        return fg_json_set_integer(object, key, value / FG_MICRO);
    }
    return fg_json_set(object, key, out(json_real((double)value / (double)FG_MICRO)));
}

bool fg_json_set_bool(struct fg_json *object, const char *key, bool value)
{
    return fg_json_set(object, key, out(json_boolean(value)));
}

bool fg_json_set_null(struct fg_json *object, const char *key)
{
    return fg_json_set(object, key, out(json_null()));
}

struct fg_json *fg_json_copy(const struct fg_json *value)
{
    return value == NULL ? NULL : out(json_deep_copy(in_const(value)));
}

bool fg_json_set_copy(struct fg_json *object, const char *key, const struct fg_json *value)
{
    return fg_json_set(object, key, fg_json_copy(value));
}

bool fg_json_append_copy(struct fg_json *array, const struct fg_json *value)
{
    return fg_json_append(array, fg_json_copy(value));
}

struct sink {
    char *text;
    size_t used, size;
};

static int take(const char *bytes, size_t n, void *arg)
{
    struct sink *sink = arg;

    if (n >= sink->size - sink->used) {
        const size_t size = sink->size * 2 + n;
        char *text = realloc(sink->text, size);
        if (text == NULL) {
            return -1;
        }
        sink->text = text;
        sink->size = size;
    }
    memcpy(sink->text + sink->used, bytes, n);
    sink->used += n;
    return 0;
}

char *fg_json_format(const struct fg_json *json, unsigned indent)
{
    // 15 digits: what was a decimal fraction prints as the same decimal fraction.
    const size_t flags = JSON_REAL_PRECISION(15) |
                         (indent == 0 ? (size_t)JSON_COMPACT : (size_t)JSON_INDENT(indent));
    // Memory of ours: json_dumps() would use the library's allocator, which a host program may have
    // replaced.
    struct sink sink = {.text = malloc(4096), .size = 4096};

    if (sink.text == NULL || json == NULL ||
        json_dump_callback(in_const(json), take, &sink, flags) != 0) {
        free(sink.text);
        return NULL;
    }
    sink.text[sink.used] = '\0';
    return sink.text;
}
