// SPDX-License-Identifier: GPL-2.0-or-later
// CSV with a header row (RFC 4180, fields within one line), as spreadsheets write it: quoted
// fields, CRLF, a byte order mark, blank lines and lines that begin with "#" are fine.
#pragma once

#include "fields.h"

#define FG_CSV_COLUMNS_MAX 32
#define FG_CSV_LINE_MAX    4096

struct fg_csv_column {
    const char *name;
    bool required; // the header must have it
};

struct fg_csv {
    struct fg_yaml_doc doc;
    struct fg_diags *diags;
    const struct fg_csv_column *columns;
    uint32_t n_columns;
    uint8_t field_of[FG_CSV_COLUMNS_MAX]; // field number + 1 of each column, 0: not there
    size_t next;                          // offset of the next line
    uint32_t rows;                        // good ones so far
    uint32_t line;                        // number of the current line, from 1
    size_t offset;                        // of the current line
    bool wrong;                           // a diagnostic was added
    // The current row, of which unquoted fields are views of the text.
    struct fg_view fields[FG_CSV_COLUMNS_MAX];
    uint32_t field_columns[FG_CSV_COLUMNS_MAX]; // column numbers, from 1
    uint32_t n_fields;
    uint32_t n_header_fields;
    char unquoted[FG_CSV_LINE_MAX];
};

// Reads the header row. Columns that are not asked for are ignored. False after a diagnostic.
bool fg_csv_open(struct fg_csv *csv, const char *name, const char *bytes, size_t len,
                 const struct fg_csv_column *columns, uint32_t n_columns, struct fg_diags *diags);
// Goes to the next good row; bad ones are reported with their line and skipped. False at the end.
bool fg_csv_next(struct fg_csv *csv);
// The current row's text in column i of those asked for; empty when there is none.
struct fg_view fg_csv_get(const struct fg_csv *csv, uint32_t i);
// Line of the first row whose column i holds the digits, with a plus or none; 0: no row before the
// current one. Reads the file again.
uint32_t fg_csv_first_line(const struct fg_csv *csv, uint32_t i, struct fg_view digits);
// Adds an error about the file as a whole.
void fg_csv_report_file(struct fg_csv *csv, const char *message);
// Adds an error at column i of the current row.
void fg_csv_report(struct fg_csv *csv, uint32_t i, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
