// SPDX-License-Identifier: GPL-2.0-or-later
// One result, four readers: people (aligned columns), tsv, json (one object), jsonl (one object a
// line). Data goes to stdout, everything else to stderr.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fg/json.h"

enum output_format { OUTPUT_HUMAN, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_TSV };

enum output_tone { TONE_NONE, TONE_GOOD, TONE_WARNING, TONE_BAD };

struct output {
    enum output_format format;
    bool colour;
    bool unicode; // padlocks and the like may be used
};

// "human", "json", "jsonl", "tsv"; false for another word.
bool output_format_parse(const char *word, enum output_format *out);

// A table: rows of cells for people and tsv, objects for json and jsonl.
#define COLUMNS_MAX 12
struct table;
// name: the key under which json holds the rows. columns: n headings. NULL when out of memory.
struct table *table_new(const char *name, const char *const *columns, size_t n);
void table_free(struct table *table);
// Copies the cells (NULL: "-"), made plain, and takes object over (the row for json and jsonl).
// False when out of memory.
bool table_add(struct table *table, const char *const *cells, struct fg_json *object);
// Colours a column of the row added last.
void table_tone(struct table *table, size_t column, enum output_tone tone);
size_t table_rows(const struct table *table);
// Prints it to stdout. False when memory or the output failed.
bool table_print(const struct table *table, const struct output *output);

// Prints the rows added since the last time and forgets them; the headings the first time, columns
// at least as wide as before. For what goes on; not for json. False when the output failed.
bool table_flush(struct table *table, const struct output *output);

// Prints one object: json indented, otherwise on one line. Takes it over. False when it failed.
bool output_object(const struct output *output, struct fg_json *object);

// Escape sequences of a tone, "" without colour.
const char *tone_begin(const struct output *output, enum output_tone tone);
const char *tone_end(const struct output *output, enum output_tone tone);
// "2026-11-21 02:10:04Z" of a Unix time [ms].
#define TIME_TEXT_MAX 32
void format_time(long long time_ms, char out[TIME_TEXT_MAX]);
