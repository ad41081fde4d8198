// SPDX-License-Identifier: GPL-2.0-or-later
#include "diag_priv.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define KEPT_MAX    1000
#define MESSAGE_MAX 512
#define CARETS_MAX  100

struct fg_diags {
    struct fg_diag *items; // in the order they were added
    uint32_t n, room;
    uint32_t counts[FG_ERROR + 1]; // also those that are not kept
};

struct fg_diags *fg_diags_new(void)
{
    return calloc(1, sizeof(struct fg_diags));
}

static void free_text(const char *text)
{
    // The table owns its strings; struct fg_diag shows them read-only.
    free((void *)(uintptr_t)text);
}

static void diag_fini(struct fg_diag *diag)
{
    free_text(diag->code);
    free_text(diag->file);
    free_text(diag->message);
    free_text(diag->source);
}

void fg_diags_free(struct fg_diags *diags)
{
    if (diags == NULL) {
        return;
    }
    for (uint32_t i = 0; i < diags->n; i++) {
        diag_fini(&diags->items[i]);
    }
    free(diags->items);
    free(diags);
}

static bool has_room(struct fg_diags *diags)
{
    if (diags->n < diags->room) {
        return true;
    }
    uint32_t room = diags->room == 0 ? 16 : diags->room * 2;
    struct fg_diag *items = realloc(diags->items, room * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    diags->items = items;
    diags->room = room;
    return true;
}

void fg_diags_vadd(struct fg_diags *diags, const struct fg_diag *where, const char *format,
                   va_list args)
{
    diags->counts[where->severity]++;
    if (diags->n == KEPT_MAX || !has_room(diags)) {
        return;
    }
    char message[MESSAGE_MAX];
    (void)vsnprintf(message, sizeof(message), format, args);
    struct fg_diag copy = *where;
    copy.length = where->length == 0 ? 1 : where->length;
    copy.code = strdup(where->code == NULL ? "FG000" : where->code);
    copy.file = strdup(where->file == NULL ? "" : where->file);
    copy.message = strdup(message);
    copy.source = where->source == NULL ? NULL : strdup(where->source);
    if (copy.code == NULL || copy.file == NULL || copy.message == NULL) {
        diag_fini(&copy);
        return;
    }
    diags->items[diags->n++] = copy;
}

void fg_diags_add(struct fg_diags *diags, const struct fg_diag *where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fg_diags_vadd(diags, where, format, args);
    va_end(args);
}

uint32_t fg_diags_count(const struct fg_diags *diags, enum fg_severity severity)
{
    return diags->counts[severity];
}

uint32_t fg_diags_total(const struct fg_diags *diags)
{
    return diags->n;
}

const struct fg_diag *fg_diags_at(const struct fg_diags *diags, uint32_t i)
{
    return i < diags->n ? &diags->items[i] : NULL;
}

static int compare_places(const void *a, const void *b)
{
    const struct fg_diag *x = *(const struct fg_diag *const *)a;
    const struct fg_diag *y = *(const struct fg_diag *const *)b;
    int files = strcmp(x->file, y->file);
    if (files != 0) {
        return files;
    }
    if (x->line != y->line) {
        return x->line < y->line ? -1 : 1;
    }
    if (x->column != y->column) {
        return x->column < y->column ? -1 : 1;
    }
    // Same place: as they were added, which is their order in memory.
    return x < y ? -1 : 1;
}

static const char *severity_name(enum fg_severity severity)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[severity];
}

struct palette {
    const char *severity[FG_ERROR + 1], *bold, *caret, *off;
};
static const struct palette plain = {{"", "", ""}, "", "", ""};
static const struct palette colour = {
    {"\033[1;36m", "\033[1;35m", "\033[1;31m"}, "\033[1m", "\033[1;32m", "\033[0m"};

#define ESCAPED_CHARS 4 // of one byte: \x1b

// Writes text with what a terminal may not get as \xNN.
static void print_text(const char *text, bool keep_tabs, FILE *out)
{
    size_t left = strlen(text);
    while (left > 0) {
        bool shown;
        const size_t n = fg_text_step(text, left, &shown);
        if (shown || (keep_tabs && *text == '\t')) {
            (void)fwrite(text, 1, n, out);
        } else {
            for (size_t i = 0; i < n; i++) {
                fprintf(out, "\\x%02x", (unsigned char)text[i]);
            }
        }
        text += n;
        left -= n;
    }
}

// Takes one character off source and returns how many it takes on the terminal, a tab one.
static uint32_t take_width(struct fg_view *source)
{
    if (source->len == 0) {
        return 1;
    }
    bool shown;
    const bool tab = source->ptr[0] == '\t';
    const size_t n = fg_text_step(source->ptr, source->len, &shown);
    source->ptr += n;
    source->len -= n;
    return shown || tab ? 1 : (uint32_t)n * ESCAPED_CHARS;
}

// Carets under the word. Tabs of the source line are kept, so that the caret lands under the word
// whatever a tab is wide.
static void print_carets(const struct fg_diag *diag, const struct palette *ink, FILE *out)
{
    struct fg_view rest = fg_view_of(diag->source);
    fputs("    ", out);
    for (uint32_t column = 1; column < diag->column; column++) {
        const char fill = rest.len > 0 && rest.ptr[0] == '\t' ? '\t' : ' ';
        for (uint32_t width = take_width(&rest); width > 0; width--) {
            fputc(fill, out);
        }
    }
    uint32_t width = 0;
    for (uint32_t i = 0; i < diag->length && width < CARETS_MAX; i++) {
        width += take_width(&rest);
    }
    fprintf(out, "%s^", ink->caret);
    for (uint32_t i = 1; i < width && i < CARETS_MAX; i++) {
        fputc('~', out);
    }
    fprintf(out, "%s\n", ink->off);
}

static void print_human(const struct fg_diag *diag, const struct palette *ink, FILE *out)
{
    fputs(ink->bold, out);
    print_text(diag->file, false, out);
    fputc(':', out);
    if (diag->line > 0) {
        fprintf(out, "%u:%u:", diag->line, diag->column);
    }
    fprintf(out, "%s %s%s:%s ", ink->off, ink->severity[diag->severity],
            severity_name(diag->severity), ink->off);
    print_text(diag->message, false, out);
    fprintf(out, " [%s]\n", diag->code);
    if (diag->line > 0 && diag->source != NULL) {
        fputs("    ", out);
        print_text(diag->source, true, out);
        fputc('\n', out);
        print_carets(diag, ink, out);
    }
}

void fg_diag_print_short(const struct fg_diag *diag, FILE *out)
{
    const char *slash = strrchr(diag->file, '/');
    print_text(slash == NULL ? diag->file : slash + 1, false, out);
    fprintf(out, ":%u:%u: ", diag->line, diag->column);
    print_text(diag->message, false, out);
    fputc('\n', out);
}

static void print_json_text(const char *text, FILE *out)
{
    size_t left = strlen(text);
    fputc('"', out);
    while (left > 0) {
        bool shown;
        const size_t n = fg_text_step(text, left, &shown);
        if (*text == '"' || *text == '\\') {
            fprintf(out, "\\%c", *text);
        } else if (shown) {
            (void)fwrite(text, 1, n, out);
        } else if ((unsigned char)*text < 0x80) {
            fprintf(out, "\\u%04x", (unsigned char)*text);
        } else {
            for (size_t i = 0; i < n; i++) {
                fprintf(out, "\\\\x%02x", (unsigned char)text[i]);
            }
        }
        text += n;
        left -= n;
    }
    fputc('"', out);
}

static void print_json(const struct fg_diag *diag, FILE *out)
{
    fprintf(out, "{\"severity\":\"%s\",\"code\":", severity_name(diag->severity));
    print_json_text(diag->code, out);
    fputs(",\"file\":", out);
    print_json_text(diag->file, out);
    fprintf(out, ",\"line\":%u,\"column\":%u,\"length\":%u,\"message\":", diag->line, diag->column,
            diag->length);
    print_json_text(diag->message, out);
    fputc('}', out);
}

static void print_sorted(const struct fg_diag *const *sorted, uint32_t n, enum fg_diag_style style,
                         FILE *out)
{
    if (style == FG_DIAG_JSON) {
        fputc('[', out);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (style == FG_DIAG_JSON) {
            fputs(i == 0 ? "\n" : ",\n", out);
            print_json(sorted[i], out);
        } else {
            print_human(sorted[i], style == FG_DIAG_HUMAN_COLOUR ? &colour : &plain, out);
        }
    }
    if (style == FG_DIAG_JSON) {
        fputs("\n]\n", out);
    }
}

void fg_diags_print(const struct fg_diags *diags, enum fg_diag_style style, FILE *out)
{
    const struct fg_diag **sorted = calloc(diags->n == 0 ? 1 : diags->n, sizeof(*sorted));
    if (sorted == NULL) {
        fprintf(out, "out of memory\n");
        return;
    }
    for (uint32_t i = 0; i < diags->n; i++) {
        sorted[i] = &diags->items[i];
    }
    qsort(sorted, diags->n, sizeof(*sorted), compare_places);
    print_sorted(sorted, diags->n, style, out);
    uint32_t all = diags->counts[FG_NOTE] + diags->counts[FG_WARNING] + diags->counts[FG_ERROR];
    if (all > diags->n && style != FG_DIAG_JSON) {
        fprintf(out, "... and %u more\n", all - diags->n);
    }
    free(sorted);
}
