// SPDX-License-Identifier: GPL-2.0-or-later
// Lays YAML out line by line. Only indentation, blanks and empty lines are touched; whether the
// result says the same is checked on its tree, so what this does not foresee is refused, not
// spoilt.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "fg/pack_edit.h"

#define STEP         2 // columns of one level
#define COMMENTS_MAX 256
#define LEVELS_MAX   (2 * FG_YAML_DEPTH_MAX + 2)

struct level {
    int old, new; // columns
    bool list;    // its lines begin with "-"
};

struct layout {
    FILE *out;
    struct level levels[LEVELS_MAX]; // [0]: outside of everything
    int depth;
    struct level before[LEVELS_MAX]; // as they were when the last line began
    int before_depth;
    int brackets;       // open ones of flow collections
    char quote;         // open over the line's end, '\0': none
    int shift;          // of the last line that began something
    int block;          // a block text is open whose lines are deeper than this; -1: none
    int empty;          // empty lines that wait
    bool begun, failed; // begun: something was written
    struct fg_view comments[COMMENTS_MAX]; // lines that wait for the line they are about
    size_t n_comments;
};

static int indent_of(const char *line, size_t len)
{
    int n = 0;
    while ((size_t)n < len && line[n] == ' ') {
        n++;
    }
    return n;
}

static size_t trimmed(const char *line, size_t len)
{
    while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL) {
        len--;
    }
    return len;
}

// Follows quotes, brackets and comments through a line. Returns where a comment begins, or len.
static size_t scan(struct layout *layout, const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char c = line[i];
        bool fresh = i == 0 || strchr(" \t[{,:", line[i - 1]) != NULL;
        if (layout->quote != '\0') {
            if (c == '\\' && layout->quote == '"') {
                i++;
            } else if (c == layout->quote) {
                layout->quote = '\0';
            }
        } else if ((c == '"' || c == '\'') && (fresh || (i > 0 && line[i - 1] == c))) {
            layout->quote = c; // also '' in a text: it was closed by the first of them
        } else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
            return i;
        } else if ((c == '[' || c == '{') && (fresh || layout->brackets > 0)) {
            layout->brackets++;
        } else if ((c == ']' || c == '}') && layout->brackets > 0) {
            layout->brackets--;
        }
    }
    return len;
}

static void put_line(struct layout *layout, int indent, const char *text, size_t len)
{
    if (layout->empty > 0 && layout->begun) {
        fputc('\n', layout->out);
    }
    layout->empty = 0;
    layout->begun = true;
    fprintf(layout->out, "%*s%.*s\n", indent > 0 ? indent : 0, "", (int)len, text);
}

// The new column of a line at column old that begins with "-" or not.
static int place(struct layout *layout, int old, bool list)
{
    struct level *top = &layout->levels[layout->depth];
    while (layout->depth > 0 && (top->old > old || (top->old == old && top->list && !list))) {
        top = &layout->levels[--layout->depth];
    }
    if (top->old == old && (top->list == list)) {
        return top->new;
    }
    if (layout->depth + 1 == LEVELS_MAX) {
        layout->failed = true;
        return old;
    }
    const int new = layout->depth == 0 ? 0 : top->new + STEP;
    layout->levels[++layout->depth] = (struct level){.old = old, .new = new, .list = list};
    return new;
}

// The new column of a comment that is not as deep as the next line: one that is deeper is about
// what stood before.
static int comment_column(const struct layout *layout, int indent, bool deeper)
{
    const struct level *levels = deeper ? layout->before : layout->levels;
    const int depth = deeper ? layout->before_depth : layout->depth;
    int column = indent;
    for (int k = 1; k <= depth && levels[k].old <= indent; k++) {
        if (k == 1 || levels[k].old > levels[k - 1].old) {
            column = levels[k].new + indent - levels[k].old;
        }
    }
    return column;
}

// Comments go where the line they are about goes.
static void put_comments(struct layout *layout, int old, int new)
{
    for (size_t i = 0; i < layout->n_comments; i++) {
        const char *line = layout->comments[i].ptr;
        size_t len = layout->comments[i].len;
        if (len == 0) {
            layout->empty = 1;
            continue;
        }
        int indent = indent_of(line, len);
        int target = indent == old ? new : comment_column(layout, indent, indent > old);
        put_line(layout, target, line + indent, len - (size_t)indent);
    }
    layout->n_comments = 0;
}

static bool opens_block(const char *text, size_t len)
{
    size_t n = trimmed(text, len);
    while (n > 0 && strchr("+-0123456789", text[n - 1]) != NULL) {
        n--;
    }
    return n > 1 && (text[n - 1] == '|' || text[n - 1] == '>') &&
           (text[n - 2] == ' ' || text[n - 2] == '\t');
}

static void remember_levels(struct layout *layout)
{
    memcpy(layout->before, layout->levels, sizeof(layout->before));
    layout->before_depth = layout->depth;
}

// A line that begins something: "- - key: value", "key: value". Every "-" is a level of its own.
static void put_content(struct layout *layout, const char *line, size_t len)
{
    int old = indent_of(line, len);
    const int first = old;
    remember_levels(layout);
    char dashes[4 * LEVELS_MAX] = "";
    size_t n = 0;
    int new = -1;
    int dash = 0;
    while ((size_t)old < len && line[old] == '-' &&
           ((size_t)old + 1 == len || line[old + 1] == ' ')) {
        int column = place(layout, old, true);
        new = new < 0 ? column : new;
        dash = old;
        n += (size_t)snprintf(dashes + n, sizeof(dashes) - n, "%s", "- ");
        old++;
        while ((size_t)old < len && line[old] == ' ') {
            old++;
        }
        if (n + 2 >= sizeof(dashes)) {
            layout->failed = true;
            return;
        }
    }
    const char *text = line + old;
    size_t text_len = len - (size_t)old;
    if (text_len > 0) {
        int column = place(layout, old, false);
        new = new < 0 ? column : new;
    }
    put_comments(layout, first, new);
    layout->shift = new - first;
    size_t comment = scan(layout, text, text_len);
    if (opens_block(text, comment)) {
        layout->block = old;
    } else if (text_len > 0 && (*text == '|' || *text == '>')) {
        layout->block = dash;
    }
    // A tab before a comment becomes a blank.
    size_t words = trimmed(text, comment);
    char *copy = NULL;
    if (asprintf(&copy, "%s%.*s", dashes, (int)text_len, text) < 0) {
        layout->failed = true;
        return;
    }
    for (size_t i = words; i < comment; i++) {
        copy[n + i] = ' ';
    }
    put_line(layout, new, copy, trimmed(copy, strlen(copy)));
    free(copy);
}

// A line inside a text or a flow collection: it moves with the line that began it.
static void put_inside(struct layout *layout, const char *line, size_t len, bool text)
{
    int indent = indent_of(line, len);
    if (!text) {
        len = trimmed(line, len);
    }
    if (len == 0 || (size_t)indent == len) {
        fputc('\n', layout->out);
        return;
    }
    put_line(layout, indent + layout->shift, line + indent, len - (size_t)indent);
}

static void take_line(struct layout *layout, const char *line, size_t len)
{
    const size_t content = trimmed(line, len);
    const int indent = indent_of(line, content);
    if (layout->block >= 0 && (content == 0 || indent > layout->block)) {
        if (content == 0) {
            layout->empty++; // it may stand behind the text
        } else {
            for (; layout->empty > 1; layout->empty--) {
                fputc('\n', layout->out);
            }
            put_inside(layout, line, len, true);
        }
        return;
    }
    layout->block = -1;
    if (layout->quote != '\0' || layout->brackets > 0) {
        const bool text = layout->quote != '\0';
        (void)scan(layout, line, len);
        put_inside(layout, line, len, text || layout->quote != '\0');
    } else if (content == 0 && layout->n_comments == 0) {
        layout->empty = 1;
    } else if (content == 0 || line[indent] == '#') {
        layout->failed = layout->failed || layout->n_comments == COMMENTS_MAX;
        if (!layout->failed) {
            layout->comments[layout->n_comments++] = (struct fg_view){line, content};
        }
    } else {
        put_content(layout, line, content);
    }
}

static int lay_out(const struct fg_yaml_doc *doc, char **out, size_t *out_len)
{
    struct layout *layout = calloc(1, sizeof(*layout));
    if (layout == NULL) {
        return FG_ENOMEM;
    }
    *out = NULL;
    layout->out = open_memstream(out, out_len);
    layout->block = -1;
    layout->levels[0] = (struct level){.old = -1, .new = -STEP};
    if (layout->out == NULL) {
        free(layout);
        return FG_ENOMEM;
    }
    for (size_t at = 0; at < doc->len && !layout->failed;) {
        const char *end = memchr(doc->bytes + at, '\n', doc->len - at);
        size_t len = end == NULL ? doc->len - at : (size_t)(end - doc->bytes) - at;
        take_line(layout, doc->bytes + at, len);
        at += len + 1;
    }
    remember_levels(layout);
    put_comments(layout, -1, 0);
    const bool failed = layout->failed;
    const int closed = fclose(layout->out);
    free(layout);
    if (closed != 0) {
        return FG_ENOMEM;
    }
    return failed ? FG_EINVAL : FG_OK;
}

// Lays out and makes sure that the result says the same as root.
static int lay_out_safely(const struct fg_yaml_doc *doc, const struct fg_yaml_node *root,
                          struct fg_arena *arena, char **out, size_t *out_len)
{
    struct fg_diags *ignored = fg_diags_new();
    struct fg_yaml_node *again = NULL;
    int rc = ignored == NULL ? FG_ENOMEM : lay_out(doc, out, out_len);
    if (rc == FG_OK) {
        const struct fg_yaml_doc written = {doc->name, *out, *out_len};
        rc = fg_yaml_read(&written, arena, ignored, &again);
        rc = rc == FG_ENOMEM ? rc : (rc == FG_OK && fg_yaml_equal(root, again) ? FG_OK : FG_EINVAL);
    }
    fg_diags_free(ignored);
    return rc;
}

int fg_pack_layout(const char *name, const char *bytes, size_t len, struct fg_diags *diags,
                   char **out, size_t *out_len)
{
    const struct fg_yaml_doc doc = {name, bytes, len};
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_yaml_node *root = NULL;
    *out = NULL;
    if (arena == NULL) {
        return FG_ENOMEM;
    }
    int rc = fg_yaml_read(&doc, arena, diags, &root);
    if (rc == FG_OK) {
        rc = lay_out_safely(&doc, root, arena, out, out_len);
    }
    if (rc == FG_OK) {
        // A layout that does not stay is none.
        const struct fg_yaml_doc first = {name, *out, *out_len};
        char *second = NULL;
        size_t second_len = 0;
        rc = lay_out(&first, &second, &second_len);
        if (rc == FG_OK && (second_len != *out_len || memcmp(second, *out, second_len) != 0)) {
            rc = FG_EINVAL;
        }
        free(second);
    }
    fg_arena_free(arena);
    if (rc != FG_OK) {
        free(*out);
        *out = NULL;
    }
    return rc;
}
