// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_json.h"

#include "parse_error.h"

#include <jansson.h>
#include <stdlib.h>

static int from_json(json_t *json, struct edge_ng_arena *arena, unsigned depth,
                     struct edge_ng_value **out);

static int list_from_json(json_t *json, struct edge_ng_arena *arena, unsigned depth,
                          struct edge_ng_value *list)
{
    size_t i = 0;
    json_t *item = NULL;

    json_array_foreach(json, i, item)
    {
        struct edge_ng_value *child = NULL;

        if (json_is_null(item))
            continue;
        const int rc = from_json(item, arena, depth + 1, &child);
        if (rc != 0)
            return rc;
        edge_ng_append(list, child);
    }
    return 0;
}

static int dict_from_json(json_t *json, struct edge_ng_arena *arena, unsigned depth,
                          struct edge_ng_value *dict)
{
    for (void *it = json_object_iter(json); it; it = json_object_iter_next(json, it)) {
        json_t *item = json_object_iter_value(it);
        struct edge_ng_value *child = NULL;

        if (json_is_null(item))
            continue;
        const int rc = from_json(item, arena, depth + 1, &child);
        if (rc != 0)
            return rc;
        // jansson refuses NUL in names, so the terminator is where the name ends.
        child->key = edge_ng_str_copy(arena, edge_view_of(json_object_iter_key(it)));
        if (!child->key.ptr)
            return EDGE_ELIMIT;
        edge_ng_append(dict, child);
    }
    return 0;
}

static int number_from_json(const json_t *json, int64_t *out)
{
    if (json_is_integer(json)) {
        *out = json_integer_value(json);
        return 0;
    }
    if (json_is_boolean(json)) {
        *out = json_is_true(json);
        return 0;
    }
    const double real = json_real_value(json);
    // 2^63 is exact as a double; anything outside would be undefined when converted.
    if (!(real > -9223372036854775808.0 && real < 9223372036854775808.0))
        return EDGE_ELIMIT;
    *out = (int64_t)real;
    return 0;
}

static enum edge_ng_type type_from_json(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return EDGE_NG_DICT;
    case JSON_ARRAY:
        return EDGE_NG_LIST;
    case JSON_STRING:
        return EDGE_NG_STR;
    default:
        return EDGE_NG_INT;
    }
}

static int from_json(json_t *json, struct edge_ng_arena *arena, unsigned depth,
                     struct edge_ng_value **out)
{
    const enum edge_ng_type type = type_from_json(json);
    if (depth > EDGE_NG_DEPTH_MAX && (type == EDGE_NG_DICT || type == EDGE_NG_LIST))
        return EDGE_ELIMIT;
    struct edge_ng_value *value = edge_ng_value_new(arena, type);
    if (!value)
        return EDGE_ELIMIT;
    *out = value;
    if (value->type == EDGE_NG_DICT)
        return dict_from_json(json, arena, depth, value);
    if (value->type == EDGE_NG_LIST)
        return list_from_json(json, arena, depth, value);
    if (value->type == EDGE_NG_INT)
        return number_from_json(json, &value->integer);
    value->str = edge_ng_str_copy(
        arena, (struct edge_view){json_string_value(json), json_string_length(json)});
    return value->str.ptr ? 0 : EDGE_ELIMIT;
}

int edge_ng_json_parse(struct edge_view bytes, struct edge_ng_arena *arena,
                       struct edge_ng_value **out)
{
    struct edge_ng_value *value = NULL;
    json_error_t error;
    // jansson's own bound on nesting lies far above ours, and far below any stack.
    json_t *json = bytes.len > 0 ? json_loadb(bytes.ptr, bytes.len, JSON_ALLOW_NUL, &error) : NULL;

    if (!json)
        return EDGE_ESYNTAX;
    const int rc = json_is_object(json) ? from_json(json, arena, 1, &value) : EDGE_ESYNTAX;
    json_decref(json);
    if (rc == 0)
        *out = value;
    return rc;
}

/** Length of the UTF-8 character at `text`, 0 if there is none (RFC 3629 section 4). */
static size_t utf8_len(const unsigned char *text, size_t left)
{
    static const struct {
        unsigned char first, last, second_first, second_last;
        size_t len;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (text[0] < forms[i].first || text[0] > forms[i].last)
            continue;
        if (forms[i].len == 1)
            return 1;
        if (forms[i].len > left || text[1] < forms[i].second_first ||
            text[1] > forms[i].second_last)
            return 0;
        for (size_t k = 2; k < forms[i].len; k++) {
            if ((text[k] & 0xc0) != 0x80)
                return 0;
        }
        return forms[i].len;
    }
    return 0;
}

/** The text with each byte that is not UTF-8 replaced by U+FFFD; to be freed; NULL: no memory. */
static char *utf8_mended(struct edge_view text, size_t *out_len)
{
    static const char replacement[] = {'\xef', '\xbf', '\xbd'};
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    size_t len = 0;

    if (text.len > (SIZE_MAX - 1) / sizeof(replacement))
        return NULL;
    char *mended = malloc(text.len * sizeof(replacement) + 1);
    if (!mended)
        return NULL;
    for (size_t i = 0; i < text.len;) {
        const size_t char_len = utf8_len(bytes + i, text.len - i);
        const char *source = char_len > 0 ? text.ptr + i : replacement;
        const size_t source_len = char_len > 0 ? char_len : sizeof(replacement);

        memcpy(mended + len, source, source_len);
        len += source_len;
        i += char_len > 0 ? char_len : 1;
    }
    mended[len] = '\0';
    *out_len = len;
    return mended;
}

static json_t *string_to_json(struct edge_view text)
{
    size_t len = 0;
    char *mended = utf8_mended(text, &len);
    json_t *json = mended ? json_stringn_nocheck(mended, len) : NULL;

    free(mended);
    return json;
}

static json_t *to_json(const struct edge_ng_value *value, unsigned depth);

/** Takes over `child`, also when it fails. */
static bool dict_set(json_t *dict, struct edge_view key, json_t *child)
{
    size_t len = 0;
    char *name = child ? utf8_mended(key, &len) : NULL;

    if (!name) {
        json_decref(child);
        return false;
    }
    const bool is_set = json_object_set_new_nocheck(dict, name, child) == 0;
    free(name);
    return is_set;
}

static json_t *members_to_json(const struct edge_ng_value *value, unsigned depth)
{
    const bool is_dict = value->type == EDGE_NG_DICT;
    json_t *json = is_dict ? json_object() : json_array();

    for (const struct edge_ng_value *child = value->first; json && child; child = child->next) {
        json_t *item = to_json(child, depth + 1);
        const bool is_added =
            is_dict ? dict_set(json, child->key, item) : json_array_append_new(json, item) == 0;
        if (!is_added) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

static json_t *to_json(const struct edge_ng_value *value, unsigned depth)
{
    if (value->type == EDGE_NG_STR)
        return string_to_json(value->str);
    if (value->type == EDGE_NG_INT)
        return json_integer(value->integer);
    return depth > EDGE_NG_DEPTH_MAX ? NULL : members_to_json(value, depth);
}

int edge_ng_json_format(const struct edge_ng_value *value, char *buf, size_t size_bytes,
                        size_t *out_len)
{
    if (!value || (value->type != EDGE_NG_DICT && value->type != EDGE_NG_LIST))
        return EDGE_EINVALID;
    json_t *json = to_json(value, 1);
    if (!json)
        return EDGE_ENOMEM;
    const size_t len = json_dumpb(json, buf, size_bytes, JSON_COMPACT);
    json_decref(json);
    if (len == 0)
        return EDGE_ENOMEM;
    if (len > size_bytes)
        return EDGE_ENOSPACE;
    *out_len = len;
    return 0;
}
