// SPDX-License-Identifier: GPL-2.0-or-later
// Diagnostics in the manner of a good compiler: file, line, column, the source line, a caret, the
// likely intended word; all of them at once.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum fg_severity { FG_NOTE, FG_WARNING, FG_ERROR };

struct fg_diag {
    enum fg_severity severity;
    const char *code;    // "FG012", stable, documented
    const char *file;    // as given
    uint32_t line;       // from 1; 0: the whole file
    uint32_t column;     // from 1, in characters
    uint32_t length;     // of the wrong word, at least 1
    const char *message; // "unknown key 'scoer' in rule; did you mean 'score'?"
    const char *source;  // the source line without its end, NULL when unknown
};
struct fg_diags;
struct fg_diags *fg_diags_new(void);
void fg_diags_free(struct fg_diags *diags);
// All strings are copied; message is a format of ours. At most 1000 are kept; the rest is counted.
void fg_diags_add(struct fg_diags *diags, const struct fg_diag *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
uint32_t fg_diags_count(const struct fg_diags *diags, enum fg_severity severity);
uint32_t fg_diags_total(const struct fg_diags *diags);
const struct fg_diag *fg_diags_at(const struct fg_diags *diags, uint32_t i);
enum fg_diag_style { FG_DIAG_HUMAN, FG_DIAG_HUMAN_COLOUR, FG_DIAG_JSON };
// Prints all, in order of file and line. HUMAN: "r.yaml:4:5: error: unknown key 'scoer' ...
// [FG012]", the line, carets; there, bytes of files that are control characters or not UTF-8 are
// written as \xNN, so that a file cannot speak to the terminal.
void fg_diags_print(const struct fg_diags *diags, enum fg_diag_style style, FILE *out);
// "r.yaml:4:5: unknown key 'scoer' ..." and a line feed: the file's name without its folder,
// written as above.
void fg_diag_print_short(const struct fg_diag *diag, FILE *out);
