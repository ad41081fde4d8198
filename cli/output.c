// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fg/record.h"
#include "fg/text.h"

struct row {
    char *cells[COLUMNS_MAX];
    enum output_tone tones[COLUMNS_MAX];
    struct fg_json *object;
};

struct table {
    const char *name;
    const char *const *columns;
    size_t n_columns;
    struct row *rows;
    size_t n_rows, capacity;
    size_t widths[COLUMNS_MAX]; // of what has been flushed
    bool begun;                 // the headings have been printed
};

bool output_format_parse(const char *word, enum output_format *out)
{
    static const char *const words[] = {
        [OUTPUT_HUMAN] = "human",
        [OUTPUT_JSON] = "json",
        [OUTPUT_JSONL] = "jsonl",
        [OUTPUT_TSV] = "tsv",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *out = (enum output_format)i;
            return true;
        }
    }
    return false;
}

const char *tone_begin(const struct output *output, enum output_tone tone)
{
    if (!output->colour) {
        return "";
    }
    switch (tone) {
    case TONE_GOOD:
        return "\033[32m";
    case TONE_WARNING:
        return "\033[33m";
    case TONE_BAD:
        return "\033[31m";
    case TONE_NONE:
        break;
    }
    return "";
}

const char *tone_end(const struct output *output, enum output_tone tone)
{
    return output->colour && tone != TONE_NONE ? "\033[0m" : "";
}

void format_time(long long time_ms, char out[TIME_TEXT_MAX])
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm at;

    if (time_ms < 0 || gmtime_r(&seconds, &at) == NULL ||
        strftime(out, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%SZ", &at) == 0) {
        (void)snprintf(out, TIME_TEXT_MAX, "?");
    }
}

struct table *table_new(const char *name, const char *const *columns, size_t n)
{
    struct table *table = calloc(1, sizeof(*table));

    if (table != NULL) {
        table->name = name;
        table->columns = columns;
        table->n_columns = n < COLUMNS_MAX ? n : COLUMNS_MAX;
    }
    return table;
}

static void row_fini(struct row *row)
{
    for (size_t i = 0; i < COLUMNS_MAX; i++) {
        free(row->cells[i]);
    }
    fg_json_free(row->object);
}

void table_free(struct table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < table->n_rows; i++) {
        row_fini(&table->rows[i]);
    }
    free(table->rows);
    free(table);
}

static bool grow(struct table *table)
{
    const size_t capacity = table->capacity == 0 ? 16 : table->capacity * 2;
    struct row *rows = NULL;

    if (table->n_rows < table->capacity) {
        return true;
    }
    rows = reallocarray(table->rows, capacity, sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    table->rows = rows;
    table->capacity = capacity;
    return true;
}

bool table_add(struct table *table, const char *const *cells, struct fg_json *object)
{
    struct row row = {.object = object};
    bool complete = object != NULL && grow(table);

    for (size_t i = 0; complete && i < table->n_columns; i++) {
        row.cells[i] = fg_text_plain(fg_view_of(cells[i] == NULL ? "-" : cells[i]));
        complete = row.cells[i] != NULL;
    }
    if (!complete) {
        row_fini(&row);
        return false;
    }
    table->rows[table->n_rows++] = row;
    return true;
}

void table_tone(struct table *table, size_t column, enum output_tone tone)
{
    if (table->n_rows > 0 && column < table->n_columns) {
        table->rows[table->n_rows - 1].tones[column] = tone;
    }
}

size_t table_rows(const struct table *table)
{
    return table->n_rows;
}

// Columns that text takes on a terminal: a character each, two for pictograms from U+1F300 on.
static size_t width(const char *text)
{
    size_t columns = 0;

    for (const char *c = text; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        if ((byte & 0xc0U) != 0x80) {
            columns += byte >= 0xf0 ? 2 : 1;
        }
    }
    return columns;
}

static void print_padding(size_t n)
{
    (void)printf("%*s", (int)n, "");
}

static void measure(const struct table *table, size_t widths[COLUMNS_MAX])
{
    for (size_t c = 0; c < table->n_columns; c++) {
        const size_t heading = width(table->columns[c]);
        widths[c] = heading > table->widths[c] ? heading : table->widths[c];
        for (size_t r = 0; r < table->n_rows; r++) {
            const size_t w = width(table->rows[r].cells[c]);
            widths[c] = w > widths[c] ? w : widths[c];
        }
    }
}

static void print_people(const struct table *table, const struct output *output,
                         const size_t widths[COLUMNS_MAX])
{
    if (table->n_rows == 0) {
        return; // the command says on stderr that there is nothing
    }
    for (size_t c = 0; !table->begun && c < table->n_columns; c++) {
        (void)fputs(table->columns[c], stdout);
        if (c + 1 < table->n_columns) {
            print_padding(widths[c] - width(table->columns[c]) + 2);
        } else {
            (void)putchar('\n');
        }
    }
    for (size_t r = 0; r < table->n_rows; r++) {
        const struct row *row = &table->rows[r];
        for (size_t c = 0; c < table->n_columns; c++) {
            (void)printf("%s%s%s", tone_begin(output, row->tones[c]), row->cells[c],
                         tone_end(output, row->tones[c]));
            if (c + 1 < table->n_columns) {
                print_padding(widths[c] - width(row->cells[c]) + 2);
            }
        }
        (void)putchar('\n');
    }
}

static void print_tsv(const struct table *table)
{
    for (size_t c = 0; !table->begun && c < table->n_columns; c++) {
        (void)printf("%s%s%s", c == 0 ? "" : "\t", table->columns[c],
                     c + 1 < table->n_columns ? "" : "\n");
    }
    for (size_t r = 0; r < table->n_rows; r++) {
        // Cells are plain: no tab and no newline can be in them.
        for (size_t c = 0; c < table->n_columns; c++) {
            (void)printf("%s%s", c == 0 ? "" : "\t", table->rows[r].cells[c]);
        }
        (void)putchar('\n');
    }
}

static bool print_json(const struct table *table)
{
    struct fg_json *object = fg_json_object_new();
    struct fg_json *rows = fg_json_array_new();
    bool complete = fg_json_set_integer(object, "v", FG_RECORD_VERSION);
    char *text = NULL;

    for (size_t r = 0; complete && r < table->n_rows; r++) {
        complete = fg_json_append_copy(rows, table->rows[r].object);
    }
    complete = fg_json_set(object, table->name, rows) && complete;
    text = complete ? fg_json_format(object, 2) : NULL;
    fg_json_free(object);
    if (text == NULL) {
        return false;
    }
    (void)puts(text);
    free(text);
    return true;
}

static bool print_jsonl(const struct table *table)
{
    for (size_t r = 0; r < table->n_rows; r++) {
        char *text = fg_json_format(table->rows[r].object, 0);
        if (text == NULL) {
            return false;
        }
        (void)puts(text);
        free(text);
    }
    return true;
}

bool table_print(const struct table *table, const struct output *output)
{
    size_t widths[COLUMNS_MAX] = {0};
    bool complete = true;

    switch (output->format) {
    case OUTPUT_HUMAN:
        measure(table, widths);
        print_people(table, output, widths);
        break;
    case OUTPUT_TSV:
        print_tsv(table);
        break;
    case OUTPUT_JSON:
        complete = print_json(table);
        break;
    case OUTPUT_JSONL:
        complete = print_jsonl(table);
        break;
    }
    return complete && fflush(stdout) == 0;
}

bool table_flush(struct table *table, const struct output *output)
{
    // Headings come with the first row, once.
    const bool printed = table->n_rows == 0 || table_print(table, output);

    measure(table, table->widths);
    table->begun = table->begun || table->n_rows > 0;
    for (size_t r = 0; r < table->n_rows; r++) {
        row_fini(&table->rows[r]);
    }
    table->n_rows = 0;
    return printed;
}

bool output_object(const struct output *output, struct fg_json *object)
{
    char *text = fg_json_format(object, output->format == OUTPUT_JSON ? 2 : 0);
    const bool complete = text != NULL && puts(text) >= 0 && fflush(stdout) == 0;

    free(text);
    fg_json_free(object);
    return complete;
}
