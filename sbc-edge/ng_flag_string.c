// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_flag_string.h"

static struct edge_view cut(struct edge_view *rest, size_t length)
{
    const struct edge_view front = {rest->ptr, length};

    *rest = (struct edge_view){rest->ptr + length, rest->len - length};
    return front;
}

static void skip_blanks(struct edge_view *rest)
{
    while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
        (void)cut(rest, 1);
}

/* One word; `key=[...]` ends at the bracket that closes the one it opened. */
static struct edge_view take_word(struct edge_view *rest)
{
    unsigned depth = 0;
    size_t i = 0;

    for (; i < rest->len; i++) {
        const char c = rest->ptr[i];

        if (depth == 0 && (c == ' ' || c == '\t'))
            break;
        if (c == '[')
            depth++;
        else if (c == ']' && depth > 0)
            depth--;
    }
    return cut(rest, i);
}

static void walk_list(struct edge_view key, struct edge_view list, edge_ng_flag_fn *take,
                      void *context)
{
    for (skip_blanks(&list); list.len > 0; skip_blanks(&list))
        take(context, key, take_word(&list));
}

void edge_ng_flag_string_walk(struct edge_view text, edge_ng_flag_fn *take, void *context)
{
    for (skip_blanks(&text); text.len > 0; skip_blanks(&text)) {
        struct edge_view value = take_word(&text);
        const char *equals = memchr(value.ptr, '=', value.len);
        struct edge_view key = {NULL, 0};

        if (equals && equals != value.ptr) {
            key = cut(&value, (size_t)(equals - value.ptr));
            (void)cut(&value, 1);
        }
        if (key.len > 0 && value.len >= 2 && value.ptr[0] == '[' && value.ptr[value.len - 1] == ']')
            walk_list(key, (struct edge_view){value.ptr + 1, value.len - 2}, take, context);
        else
            take(context, key, value);
    }
}
