// SPDX-License-Identifier: GPL-2.0-or-later
#include "bencode.h"

#include "decimal.h"
#include "output.h"
#include "parse_error.h"

/** Where the parser stands. */
struct cursor {
    const char *at;
    const char *end;
    struct edge_ng_arena *arena;
};

static bool is_next(const struct cursor *cursor, char c)
{
    return cursor->at < cursor->end && *cursor->at == c;
}

/** The text up to `stop`, which is skipped. */
static int text_until(struct cursor *cursor, char stop, struct edge_view *out)
{
    const size_t left = (size_t)(cursor->end - cursor->at);
    const char *found = left > 0 ? memchr(cursor->at, stop, left) : NULL;

    if (!found)
        return EDGE_ESYNTAX;
    *out = (struct edge_view){cursor->at, (size_t)(found - cursor->at)};
    cursor->at = found + 1;
    return 0;
}

/** A number must have one spelling only, else two parsers may read two messages in one. */
static bool has_needless_zero(struct edge_view digits)
{
    return digits.len > 1 && digits.ptr[0] == '0';
}

static int parse_string(struct cursor *cursor, struct edge_view *out)
{
    struct edge_view digits;
    uint64_t len = 0;

    if (text_until(cursor, ':', &digits) != 0 || has_needless_zero(digits) ||
        edge_decimal_parse(digits, (uint64_t)(cursor->end - cursor->at), &len) != 0)
        return EDGE_ESYNTAX;
    *out = (struct edge_view){cursor->at, (size_t)len};
    cursor->at += len;
    return 0;
}

static int parse_integer(struct cursor *cursor, int64_t *out)
{
    struct edge_view text;

    cursor->at++;
    if (text_until(cursor, 'e', &text) != 0)
        return EDGE_ESYNTAX;
    struct edge_view digits = text;
    if (text.len > 0 && text.ptr[0] == '-')
        digits = (struct edge_view){text.ptr + 1, text.len - 1};
    const bool is_negative_zero = digits.len < text.len && digits.len > 0 && digits.ptr[0] == '0';
    if (has_needless_zero(digits) || is_negative_zero)
        return EDGE_ESYNTAX;
    return edge_decimal_parse_signed(text, out);
}

static int parse_value(struct cursor *cursor, unsigned depth, struct edge_ng_value **out);

static int parse_members(struct cursor *cursor, unsigned depth, struct edge_ng_value *parent)
{
    if (depth > EDGE_NG_DEPTH_MAX)
        return EDGE_ELIMIT;
    cursor->at++;
    while (!is_next(cursor, 'e')) {
        struct edge_ng_value *child = NULL;
        struct edge_view key = {NULL, 0};

        int rc = parent->type == EDGE_NG_DICT ? parse_string(cursor, &key) : 0;
        if (rc == 0)
            rc = parse_value(cursor, depth + 1, &child);
        if (rc != 0)
            return rc;
        child->key = key;
        edge_ng_append(parent, child);
    }
    cursor->at++;
    return 0;
}

static int parse_value(struct cursor *cursor, unsigned depth, struct edge_ng_value **out)
{
    enum edge_ng_type type = EDGE_NG_STR;

    if (cursor->at == cursor->end)
        return EDGE_ESYNTAX;
    if (*cursor->at == 'i')
        type = EDGE_NG_INT;
    else if (*cursor->at == 'l')
        type = EDGE_NG_LIST;
    else if (*cursor->at == 'd')
        type = EDGE_NG_DICT;

    struct edge_ng_value *value = edge_ng_value_new(cursor->arena, type);
    if (!value)
        return EDGE_ELIMIT;
    *out = value;
    if (type == EDGE_NG_STR)
        return parse_string(cursor, &value->str);
    if (type == EDGE_NG_INT)
        return parse_integer(cursor, &value->integer);
    return parse_members(cursor, depth, value);
}

int edge_bencode_parse(struct edge_view bytes, struct edge_ng_arena *arena,
                       struct edge_ng_value **out)
{
    struct edge_ng_value *value = NULL;

    if (bytes.len == 0)
        return EDGE_ESYNTAX;
    struct cursor cursor = {bytes.ptr, bytes.ptr + bytes.len, arena};
    const int rc = parse_value(&cursor, 1, &value);
    if (rc != 0)
        return rc;
    if (cursor.at != cursor.end)
        return EDGE_ESYNTAX;
    *out = value;
    return 0;
}

static void format_string(struct edge_output *output, struct edge_view text)
{
    edge_output_number(output, (int64_t)text.len);
    edge_output_text(output, ":");
    edge_output_add(output, text);
}

static int format_value(struct edge_output *output, const struct edge_ng_value *value,
                        unsigned depth)
{
    if (value->type == EDGE_NG_STR) {
        format_string(output, value->str);
        return 0;
    }
    if (value->type == EDGE_NG_INT) {
        edge_output_text(output, "i");
        edge_output_number(output, value->integer);
        edge_output_text(output, "e");
        return 0;
    }
    if (depth > EDGE_NG_DEPTH_MAX)
        return EDGE_ELIMIT;
    edge_output_text(output, value->type == EDGE_NG_DICT ? "d" : "l");
    for (const struct edge_ng_value *child = value->first; child; child = child->next) {
        if (value->type == EDGE_NG_DICT)
            format_string(output, child->key);
        const int rc = format_value(output, child, depth + 1);
        if (rc != 0)
            return rc;
    }
    edge_output_text(output, "e");
    return 0;
}

int edge_bencode_format(const struct edge_ng_value *value, char *buf, size_t size_bytes,
                        size_t *out_len)
{
    struct edge_output output;

    if (!value)
        return EDGE_EINVALID;
    edge_output_init(&output, buf, size_bytes);
    const int rc = format_value(&output, value, 1);
    if (rc != 0)
        return rc;
    if (output.is_full)
        return EDGE_ENOSPACE;
    *out_len = output.len;
    return 0;
}
