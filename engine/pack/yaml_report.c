// SPDX-License-Identifier: GPL-2.0-or-later
// From a node's place to a diagnostic with its source line.
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

#include "diag_priv.h"

// Longer lines are not shown: nobody reads them and a file may be one line.
#define SOURCE_LINE_MAX 400

// The line around offset, as a copy that the caller frees; NULL when there is none to show.
static char *copy_line(const struct fg_yaml_doc *doc, size_t offset)
{
    if (offset > doc->len) {
        return NULL;
    }
    size_t from = offset;
    while (from > 0 && doc->bytes[from - 1] != '\n' && offset - from <= SOURCE_LINE_MAX) {
        from--;
    }
    size_t to = offset;
    while (to < doc->len && doc->bytes[to] != '\n' && to - from <= SOURCE_LINE_MAX) {
        to++;
    }
    if (to - from > SOURCE_LINE_MAX) {
        return NULL;
    }
    if (to > from && doc->bytes[to - 1] == '\r') {
        to--;
    }
    // Not strndup(): the bytes have no terminator, and checkers hold that against it.
    char *line = malloc(to - from + 1);
    if (line != NULL) {
        memcpy(line, doc->bytes + from, to - from);
        line[to - from] = '\0';
    }
    return line;
}

static void report(const struct fg_yaml_doc *doc, struct fg_text_place place,
                   struct fg_diags *diags, struct fg_diag *diag, const char *format, va_list args)
    __attribute__((format(printf, 5, 0)));
static void report(const struct fg_yaml_doc *doc, struct fg_text_place place,
                   struct fg_diags *diags, struct fg_diag *diag, const char *format, va_list args)
{
    char *line = place.line == 0 ? NULL : copy_line(doc, place.offset);
    diag->file = doc->name;
    diag->line = place.line;
    diag->column = place.column;
    diag->length = place.length;
    diag->source = line;
    fg_diags_vadd(diags, diag, format, args);
    free(line);
}

void fg_yaml_report(const struct fg_yaml_node *node, struct fg_diags *diags,
                    enum fg_severity severity, const char *code, const char *format, ...)
{
    struct fg_text_place place = {node->line, node->column, node->length, node->offset};
    struct fg_diag diag = {.severity = severity, .code = code};
    va_list args;
    va_start(args, format);
    report(node->doc, place, diags, &diag, format, args);
    va_end(args);
}

void fg_yaml_report_place(const struct fg_yaml_doc *doc, struct fg_text_place place,
                          struct fg_diags *diags, enum fg_severity severity, const char *code,
                          const char *format, ...)
{
    struct fg_diag diag = {.severity = severity, .code = code};
    va_list args;
    va_start(args, format);
    report(doc, place, diags, &diag, format, args);
    va_end(args);
}
