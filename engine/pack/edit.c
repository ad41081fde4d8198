// SPDX-License-Identifier: GPL-2.0-or-later
#include "edit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fg_edits_add(struct fg_edits *edits, size_t from, size_t to, const char *format, ...)
{
    size_t at = edits->n;
    char *text = NULL;
    va_list arguments;
    if (edits->n == FG_EDITS_MAX) {
        return FG_ELIMIT;
    }
    while (at > 0 && edits->items[at - 1].from > from) {
        at--;
    }
    if ((at > 0 && edits->items[at - 1].to > from) ||
        (at < edits->n && edits->items[at].from < to)) {
        return FG_EINVAL;
    }
    va_start(arguments, format);
    int written = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (written < 0) {
        return FG_ENOMEM;
    }
    memmove(&edits->items[at + 1], &edits->items[at], (edits->n - at) * sizeof(edits->items[0]));
    edits->items[at] = (struct fg_edit){.from = from, .to = to, .text = text};
    edits->n++;
    return FG_OK;
}

int fg_edits_apply(const struct fg_edits *edits, const struct fg_yaml_doc *doc, char **out,
                   size_t *len)
{
    size_t room = doc->len + 1;
    for (size_t i = 0; i < edits->n; i++) {
        room += strlen(edits->items[i].text);
    }
    char *bytes = malloc(room);
    size_t from = 0;
    size_t n = 0;
    if (bytes == NULL) {
        return FG_ENOMEM;
    }
    for (size_t i = 0; i < edits->n; i++) {
        const struct fg_edit *edit = &edits->items[i];
        size_t added = strlen(edit->text);
        memcpy(bytes + n, doc->bytes + from, edit->from - from);
        n += edit->from - from;
        memcpy(bytes + n, edit->text, added);
        n += added;
        from = edit->to;
    }
    memcpy(bytes + n, doc->bytes + from, doc->len - from);
    n += doc->len - from;
    bytes[n] = '\0';
    *out = bytes;
    *len = n;
    return FG_OK;
}

void fg_edits_fini(struct fg_edits *edits)
{
    for (size_t i = 0; i < edits->n; i++) {
        free(edits->items[i].text);
    }
    edits->n = 0;
}

bool fg_edit_scalar_end(const struct fg_yaml_node *node, size_t *end)
{
    const struct fg_yaml_doc *doc = node->doc;
    size_t at = node->offset;
    if (node->kind != FG_YAML_SCALAR || at >= doc->len) {
        return false;
    }
    const char quote = doc->bytes[at];
    if (!node->quoted) {
        *end = at + node->text.len;
        return node->text.len > 0 && node->text.len <= doc->len - at &&
               memcmp(doc->bytes + at, node->text.ptr, node->text.len) == 0;
    }
    if (quote != '"' && quote != '\'') {
        return false;
    }
    for (at++; at < doc->len && doc->bytes[at] != '\n'; at++) {
        if (quote == '"' && doc->bytes[at] == '\\') {
            at++;
        } else if (doc->bytes[at] == quote) {
            if (quote == '\'' && at + 1 < doc->len && doc->bytes[at + 1] == quote) {
                at++;
                continue;
            }
            *end = at + 1;
            return true;
        }
    }
    return false;
}

bool fg_edit_is_flow(const struct fg_yaml_node *node)
{
    return node->offset < node->doc->len &&
           node->doc->bytes[node->offset] == (node->kind == FG_YAML_MAP ? '{' : '[');
}

bool fg_yaml_equal(const struct fg_yaml_node *a, const struct fg_yaml_node *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    if (a->kind != b->kind || a->n != b->n || a->quoted != b->quoted ||
        !fg_view_equal(a->text, b->text)) {
        return false;
    }
    // As deep as trees are: FG_YAML_DEPTH_MAX.
    if (a->kind == FG_YAML_SCALAR) {
        return fg_yaml_equal(a->value, b->value);
    }
    const struct fg_yaml_node *other = b->first;
    for (const struct fg_yaml_node *item = a->first; item != NULL; item = item->next) {
        if (!fg_yaml_equal(item, other)) {
            return false;
        }
        other = other->next;
    }
    return true;
}
