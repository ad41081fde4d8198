// SPDX-License-Identifier: GPL-2.0-or-later
#include "csv.h"

#include <stdarg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static void report_at(struct fg_csv *csv, uint32_t column, uint32_t length, const char *message)
{
    struct fg_text_place place = {csv->line, column, length, csv->offset};
    csv->wrong = true;
    fg_yaml_report_place(&csv->doc, place, csv->diags, FG_ERROR, FG_CODE_CSV, "%s", message);
}

// The next line without its end; false at the end of the text.
static bool next_line(struct fg_csv *csv, struct fg_view *line)
{
    if (csv->next >= csv->doc.len) {
        return false;
    }
    const char *from = csv->doc.bytes + csv->next;
    size_t left = csv->doc.len - csv->next;
    const char *end = memchr(from, '\n', left);
    size_t len = end == NULL ? left : (size_t)(end - from);
    csv->offset = csv->next;
    csv->next += end == NULL ? left : len + 1;
    csv->line++;
    if (len > 0 && from[len - 1] == '\r') {
        len--;
    }
    *line = (struct fg_view){from, len};
    return true;
}

// One quoted field from *at (after the quote); its text goes to csv->unquoted. False when it does
// not end or something follows it.
static bool split_quoted(struct fg_csv *csv, struct fg_view line, size_t *at, size_t *used)
{
    size_t from = *used;
    size_t i = *at;
    for (;; i++) {
        if (i >= line.len) {
            return false;
        }
        if (line.ptr[i] == '"') {
            if (i + 1 >= line.len || line.ptr[i + 1] != '"') {
                break;
            }
            i++;
        }
        csv->unquoted[(*used)++] = line.ptr[i];
    }
    csv->fields[csv->n_fields] = (struct fg_view){csv->unquoted + from, *used - from};
    *at = i + 1;
    return *at == line.len || line.ptr[*at] == ',';
}

static bool split(struct fg_csv *csv, struct fg_view line)
{
    csv->n_fields = 0;
    if (line.len > FG_CSV_LINE_MAX) {
        report_at(csv, 1, 1, "the line is too long");
        return false;
    }
    size_t used = 0;
    size_t at = 0;
    for (;;) {
        if (csv->n_fields == FG_CSV_COLUMNS_MAX) {
            report_at(csv, (uint32_t)at + 1, 1, "too many fields in one row");
            return false;
        }
        size_t from = at;
        csv->field_columns[csv->n_fields] = (uint32_t)from + 1;
        if (at < line.len && line.ptr[at] == '"') {
            at++;
            if (!split_quoted(csv, line, &at, &used)) {
                report_at(csv, (uint32_t)from + 1, 1,
                          "a quoted field must end with '\"' before a comma");
                return false;
            }
        } else {
            while (at < line.len && line.ptr[at] != ',') {
                at++;
            }
            csv->fields[csv->n_fields] = (struct fg_view){line.ptr + from, at - from};
        }
        csv->n_fields++;
        if (at >= line.len) {
            return true;
        }
        at++;
    }
}

// A line that is not text is its own mistake and no other line's.
static bool is_text(struct fg_csv *csv, struct fg_view line)
{
    struct fg_text_place place;
    const char *why = fg_text_check(line.ptr, line.len, &place);
    if (why == NULL) {
        return true;
    }
    place.line = csv->line;
    place.offset = csv->offset;
    csv->wrong = true;
    fg_yaml_report_place(&csv->doc, place, csv->diags, FG_ERROR, FG_CODE_SYNTAX, "%s", why);
    return false;
}

static bool is_skipped(struct fg_view line)
{
    return line.len == 0 || line.ptr[0] == '#';
}

// Which of two columns of one name is meant cannot be known. Nameless ones come from spreadsheets.
static void refuse_duplicates(struct fg_csv *csv)
{
    for (uint32_t i = 1; i < csv->n_fields; i++) {
        const struct fg_view name = csv->fields[i];
        uint32_t first = 0;
        while (first < i && !fg_view_equal_nocase(csv->fields[first], name)) {
            first++;
        }
        if (first < i && name.len > 0) {
            char message[96];
            (void)snprintf(message, sizeof(message), "the header row has column '%.*s' twice",
                           name.len > 40 ? 40 : (int)name.len, name.ptr);
            report_at(csv, csv->field_columns[i], (uint32_t)name.len, message);
        }
    }
}

static bool read_header(struct fg_csv *csv)
{
    struct fg_view line;
    bool good;
    do {
        if (!next_line(csv, &line)) {
            csv->line = 0;
            report_at(csv, 0, 0, "the file is empty; a header row is expected");
            return false;
        }
        good = is_text(csv, line);
    } while (is_skipped(line));
    if (!good || !split(csv, line)) {
        return false;
    }
    for (uint32_t i = 0; i < csv->n_columns; i++) {
        for (uint32_t field = 0; field < csv->n_fields && csv->field_of[i] == 0; field++) {
            if (fg_view_equal_nocase(csv->fields[field], fg_view_of(csv->columns[i].name))) {
                csv->field_of[i] = (uint8_t)(field + 1);
            }
        }
        if (csv->field_of[i] == 0 && csv->columns[i].required) {
            char message[96];
            (void)snprintf(message, sizeof(message), "the header row has no column '%s'",
                           csv->columns[i].name);
            report_at(csv, 1, (uint32_t)line.len, message);
        }
    }
    refuse_duplicates(csv);
    csv->n_header_fields = csv->n_fields;
    return !csv->wrong;
}

// A row with more fields than the header has lost its columns: "33,0,10" is no price of 0.
static bool fits_header(struct fg_csv *csv)
{
    if (csv->n_fields <= csv->n_header_fields) {
        return true;
    }
    const uint32_t extra = csv->n_header_fields;
    report_at(csv, csv->field_columns[extra],
              csv->fields[extra].len == 0 ? 1 : (uint32_t)csv->fields[extra].len,
              "more fields than the header row has; a decimal comma? write 0.10 (a text with a "
              "comma stands in quotes)");
    return false;
}

bool fg_csv_open(struct fg_csv *csv, const char *name, const char *bytes, size_t len,
                 const struct fg_csv_column *columns, uint32_t n_columns, struct fg_diags *diags)
{
    memset(csv, 0, sizeof(*csv));
    if (len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        len -= 3;
    }
    csv->doc = (struct fg_yaml_doc){name, bytes, len};
    csv->diags = diags;
    csv->columns = columns;
    csv->n_columns = n_columns;
    return read_header(csv);
}

bool fg_csv_next(struct fg_csv *csv)
{
    struct fg_view line;
    while (next_line(csv, &line)) {
        if (is_text(csv, line) && !is_skipped(line) && split(csv, line) && fits_header(csv)) {
            csv->rows++;
            return true;
        }
    }
    return false;
}

struct fg_view fg_csv_get(const struct fg_csv *csv, uint32_t i)
{
    uint32_t field = csv->field_of[i];
    return field == 0 || field > csv->n_fields ? (struct fg_view){"", 0} : csv->fields[field - 1];
}

uint32_t fg_csv_first_line(const struct fg_csv *csv, uint32_t i, struct fg_view digits)
{
    struct fg_csv *again = malloc(sizeof(*again));
    struct fg_diags *ignored = fg_diags_new();
    uint32_t line = 0;
    if (again != NULL && ignored != NULL) {
        *again = *csv;
        again->diags = ignored;
        again->next = 0;
        again->line = 0;
        while (line == 0 && fg_csv_next(again) && again->line < csv->line) {
            struct fg_view text = fg_csv_get(again, i);
            if (text.len > 0 && text.ptr[0] == '+') {
                text.ptr++;
                text.len--;
            }
            line = fg_view_equal(text, digits) ? again->line : 0;
        }
    }
    fg_diags_free(ignored);
    free(again);
    return line;
}

void fg_csv_report_file(struct fg_csv *csv, const char *message)
{
    struct fg_text_place whole = {0};
    csv->wrong = true;
    fg_yaml_report_place(&csv->doc, whole, csv->diags, FG_ERROR, FG_CODE_CSV, "%s", message);
}

void fg_csv_report(struct fg_csv *csv, uint32_t i, const char *format, ...)
{
    uint32_t field = csv->field_of[i];
    bool there = field > 0 && field <= csv->n_fields;
    char message[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    report_at(csv, there ? csv->field_columns[field - 1] : 1,
              there ? (uint32_t)csv->fields[field - 1].len : 1, message);
}
