// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls_row.h"
#include "fg/suggest.h"

#define WORD_SHOWN 40 // bytes of a wrong word
#define WHY_MAX    512
#define FIELDS_MAX 256 // fields of a line and of the header; what follows is ignored

static const char *const column_names[CALLS_COLUMN_COUNT] = {
#define CALLS_COLUMN_NAME(name, text) [COLUMN_##name] = (text),
    CALLS_COLUMNS(CALLS_COLUMN_NAME)
#undef CALLS_COLUMN_NAME
};

struct fg_calls {
    struct fg_calls_sink sink;
    int state; // FG_OK, or the error that ended the reading
    uint64_t line;
    bool has_header;
    bool skipping; // inside a line that is too long
    bool knows_certificates;
    uint16_t field_of[CALLS_COLUMN_COUNT]; // number of the field + 1; 0: the file has none
    uint16_t n_fields;
    uint16_t n_header_fields;
    struct fg_view fields[FIELDS_MAX];
    char why[WHY_MAX];
    size_t n_carried;
    char carried[FG_CALLS_LINE_MAX];  // the beginning of a line whose end has not come yet
    char unquoted[FG_CALLS_LINE_MAX]; // fields of a line with quotes
};

struct fg_calls *fg_calls_new(const struct fg_calls_sink *sink)
{
    struct fg_calls *calls = calloc(1, sizeof(*calls));
    if (calls != NULL) {
        calls->sink = *sink;
    }
    return calls;
}

void fg_calls_free(struct fg_calls *calls)
{
    free(calls);
}

static struct fg_view trimmed(const char *begin, const char *end)
{
    while (begin < end && (*begin == ' ' || *begin == '\t')) {
        begin++;
    }
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    return (struct fg_view){begin, (size_t)(end - begin)};
}

static void add_field(struct fg_calls *calls, struct fg_view field)
{
    if (calls->n_fields < FIELDS_MAX) {
        calls->fields[calls->n_fields++] = field;
    }
}

static void split_plain(struct fg_calls *calls, struct fg_view line)
{
    const char *at = line.ptr;
    const char *end = line.ptr + line.len;
    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        add_field(calls, trimmed(at, comma == NULL ? end : comma));
        if (comma == NULL) {
            return;
        }
        at = comma + 1;
    }
}

// Reads a quoted field that begins at *at (behind the quote) into the unquoted bytes at *used.
// False when the quote never closes or something else than a comma follows it.
static bool unquote(struct fg_calls *calls, const char **at, const char *end, size_t *used)
{
    size_t begin = *used;
    const char *p = *at;
    for (; p < end; p++) {
        if (*p == '"' && (p + 1 == end || p[1] != '"')) {
            break;
        }
        p += *p == '"' ? 1 : 0;
        calls->unquoted[(*used)++] = *p;
    }
    if (p == end) {
        return false;
    }
    add_field(calls, (struct fg_view){calls->unquoted + begin, *used - begin});
    *at = p + 1;
    return *at == end || **at == ',';
}

// RFC 4180, but for line breaks inside quotes: a quote that is missing must not swallow the file.
static bool split_quoted(struct fg_calls *calls, struct fg_view line)
{
    const char *at = line.ptr;
    const char *end = line.ptr + line.len;
    size_t used = 0;
    for (;;) {
        if (at < end && *at == '"') {
            at++;
            if (!unquote(calls, &at, end, &used)) {
                return false;
            }
        } else {
            const char *comma = memchr(at, ',', (size_t)(end - at));
            const char *stop = comma == NULL ? end : comma;
            add_field(calls, trimmed(at, stop));
            at = stop;
        }
        if (at == end) {
            return true;
        }
        at++;
    }
}

static const char unknown_begin[] = "columns that are not read: ";

// A word of the file as it can be shown on a terminal.
static void show_word(struct fg_view word, char out[WORD_SHOWN + 1])
{
    size_t n = 0;
    for (; n < word.len && n < WORD_SHOWN; n++) {
        const char letter = word.ptr[n];
        out[n] = letter;
        if (letter < ' ' || letter > '~') {
            out[n] = '?';
        }
    }
    out[n] = '\0';
}

// Adds the columns without a name of ours to calls->why: those that are near one that the file
// lacks, or the others. True when there were any.
static bool list_unknown(struct fg_calls *calls, bool near, size_t *used)
{
    const char *absent[CALLS_COLUMN_COUNT];
    size_t n_absent = 0;
    bool known[FIELDS_MAX] = {false};
    bool any = false;
    for (size_t c = 0; c < CALLS_COLUMN_COUNT; c++) {
        if (calls->field_of[c] == 0) {
            absent[n_absent++] = column_names[c];
        } else {
            known[calls->field_of[c] - 1] = true;
        }
    }
    for (uint16_t i = 0; i < calls->n_fields; i++) {
        const char *meant = fg_suggest(calls->fields[i], absent, n_absent);
        if (known[i] || calls->fields[i].len == 0 || (meant != NULL) != near) {
            continue;
        }
        char word[WORD_SHOWN + 1];
        show_word(calls->fields[i], word);
        any = true;
        const char *comma = *used + 1 == sizeof(unknown_begin) ? "" : ", ";
        const size_t room = WHY_MAX - *used;
        int n = snprintf(calls->why + *used, room, "%s'%s'%s%s%s", comma, word,
                         near ? " (did you mean '" : "", near ? meant : "", near ? "'?)" : "");
        if (n < 0 || (size_t)n + sizeof(", ...") > room) {
            (void)snprintf(calls->why + *used, room, ", ...");
            return true;
        }
        *used += (size_t)n;
    }
    return any;
}

// Other columns may be there; but one that is misspelt is missed by nobody.
static void tell_unknown(struct fg_calls *calls)
{
    if (calls->sink.unknown == NULL) {
        return;
    }
    size_t used = (size_t)snprintf(calls->why, WHY_MAX, "%s", unknown_begin);
    const bool near = list_unknown(calls, true, &used);
    if (list_unknown(calls, false, &used) || near) {
        calls->sink.unknown(calls->sink.arg, calls->line, calls->why);
    }
}

static const char *read_header(struct fg_calls *calls)
{
    for (uint16_t i = 0; i < calls->n_fields; i++) {
        for (size_t c = 0; c < CALLS_COLUMN_COUNT; c++) {
            if (!fg_view_equal_nocase(calls->fields[i], fg_view_of(column_names[c]))) {
                continue;
            }
            if (calls->field_of[c] != 0) {
                return "the header names a column twice";
            }
            calls->field_of[c] = (uint16_t)(i + 1);
        }
    }
    for (size_t c = 0; c < CALLS_COLUMNS_REQUIRED; c++) {
        if (calls->field_of[c] == 0) {
            (void)snprintf(calls->why, sizeof(calls->why),
                           "the header has no column '%s'; call_id, start and called are needed",
                           column_names[c]);
            return calls->why;
        }
    }
    calls->knows_certificates =
        calls->field_of[COLUMN_TLS_SAN] != 0 || calls->field_of[COLUMN_TLS_FINGERPRINT] != 0;
    calls->n_header_fields = calls->n_fields;
    calls->has_header = true;
    tell_unknown(calls);
    return NULL;
}

// The reason with the word it is about: it begins with the name of its column.
static const char *with_word(struct fg_calls *calls, const struct fg_view *fields, const char *why)
{
    const struct fg_view name = {why, strcspn(why, ":")};
    for (size_t c = 0; c < CALLS_COLUMN_COUNT; c++) {
        if (fields[c].len == 0 || !fg_view_equal(name, fg_view_of(column_names[c]))) {
            continue;
        }
        char word[WORD_SHOWN + 1];
        show_word(fields[c], word);
        (void)snprintf(calls->why, sizeof(calls->why), "%s: '%s%s'", why, word,
                       fields[c].len > WORD_SHOWN ? "..." : "");
        return calls->why;
    }
    return why;
}

static int take_row(struct fg_calls *calls)
{
    struct fg_view fields[CALLS_COLUMN_COUNT];
    struct fg_call_row row;
    for (size_t c = 0; c < CALLS_COLUMN_COUNT; c++) {
        uint16_t field = calls->field_of[c];
        bool there = field != 0 && field <= calls->n_fields;
        fields[c] = there ? calls->fields[field - 1] : (struct fg_view){"", 0};
    }
    const char *why = calls_row_read(fields, &row);
    if (why != NULL) {
        calls->sink.bad(calls->sink.arg, calls->line, with_word(calls, fields, why));
        return FG_OK;
    }
    row.line = calls->line;
    row.knows_certificates = calls->knows_certificates;
    row.knows_labels = calls->field_of[COLUMN_LABEL] != 0;
    return calls->sink.row(calls->sink.arg, &row);
}

// A line that cannot be split: the whole file is wrong when it is the header.
static int refuse_line(struct fg_calls *calls, const char *why)
{
    calls->sink.bad(calls->sink.arg, calls->line, why);
    return calls->has_header ? FG_OK : FG_ESYNTAX;
}

static int take_line(struct fg_calls *calls, struct fg_view line)
{
    calls->line++;
    if (calls->line == 1 && line.len >= 3 && memcmp(line.ptr, "\xef\xbb\xbf", 3) == 0) {
        line = (struct fg_view){line.ptr + 3, line.len - 3}; // a byte order mark
    }
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    if (line.len == 0 || line.ptr[0] == '#') {
        return FG_OK;
    }
    if (line.len > FG_CALLS_LINE_MAX) {
        return refuse_line(calls, "the line is longer than 16384 bytes");
    }
    if (memchr(line.ptr, '\0', line.len) != NULL) {
        return refuse_line(calls, "the line holds a NUL byte");
    }
    calls->n_fields = 0;
    if (memchr(line.ptr, '"', line.len) == NULL) {
        split_plain(calls, line);
    } else if (!split_quoted(calls, line)) {
        return refuse_line(calls, "a quote is not closed, or text follows it");
    }
    if (calls->has_header && calls->n_fields > calls->n_header_fields) {
        return refuse_line(calls, "more fields than the header has; a decimal comma? write 0.10 "
                                  "(a text with a comma stands in quotes)");
    }
    if (calls->has_header) {
        return take_row(calls);
    }
    const char *why = read_header(calls);
    return why == NULL ? FG_OK : refuse_line(calls, why);
}

// Keeps the beginning of a line for the next piece.
static int carry(struct fg_calls *calls, const char *bytes, size_t len)
{
    if (calls->skipping) {
        return FG_OK;
    }
    if (len > sizeof(calls->carried) - calls->n_carried) {
        calls->skipping = true;
        calls->n_carried = 0;
        calls->line++;
        return refuse_line(calls, "the line is longer than 16384 bytes");
    }
    memcpy(calls->carried + calls->n_carried, bytes, len);
    calls->n_carried += len;
    return FG_OK;
}

// The rest of a carried line.
static int take_rest(struct fg_calls *calls, const char *bytes, size_t len)
{
    int rc = carry(calls, bytes, len);
    if (rc == FG_OK && !calls->skipping) {
        rc = take_line(calls, (struct fg_view){calls->carried, calls->n_carried});
    }
    calls->n_carried = 0;
    calls->skipping = false;
    return rc;
}

int fg_calls_feed(struct fg_calls *calls, const char *bytes, size_t len)
{
    const char *end = bytes + len;
    while (calls->state == FG_OK && bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t n = (size_t)((newline == NULL ? end : newline) - bytes);
        if (newline == NULL) {
            calls->state = carry(calls, bytes, n);
            break;
        }
        calls->state = calls->n_carried > 0 || calls->skipping
                           ? take_rest(calls, bytes, n)
                           : take_line(calls, (struct fg_view){bytes, n});
        bytes = newline + 1;
    }
    return calls->state;
}

int fg_calls_finish(struct fg_calls *calls)
{
    if (calls->state == FG_OK && calls->n_carried > 0) {
        calls->state = take_rest(calls, "", 0);
    }
    if (calls->state == FG_OK && !calls->has_header) {
        calls->line += calls->line == 0 ? 1 : 0;
        calls->state = refuse_line(
            calls, "the file is empty; a header with call_id, start and called is expected");
    }
    return calls->state;
}
