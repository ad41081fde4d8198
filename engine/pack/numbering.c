// SPDX-License-Identifier: GPL-2.0-or-later
#include "numbering.h"

#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "digest.h"

#define COLUMNS(array) (array), (uint32_t)(sizeof(array) / sizeof((array)[0]))

#define FIRSTS_TOLD_MAX 20

// One trie being filled from one file.
struct table {
    struct fg_csv *csv;
    struct fg_prefix_builder *builder;
    struct fg_arena *arena;
    uint32_t duplicates; // prefixes that were there already
};

// How much of a wrong text is repeated in a message.
static int shown(struct fg_view text)
{
    return text.len > 40 ? 40 : (int)text.len;
}

static bool is_digits(struct fg_view text, size_t min, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len >= min && text.len <= max;
}

// Column i as prefix digits, with or without a plus; false after a diagnostic.
static bool get_prefix(struct fg_csv *csv, uint32_t i, struct fg_view *out)
{
    struct fg_view text = fg_csv_get(csv, i);
    struct fg_view digits = text;
    if (digits.len > 0 && digits.ptr[0] == '+') {
        digits.ptr++;
        digits.len--;
    }
    if (!is_digits(digits, 1, FG_NUMBER_DIGITS_MAX)) {
        fg_csv_report(csv, i, "'%.*s' is not a prefix of 1 to 15 digits", shown(text), text.ptr);
        return false;
    }
    *out = digits;
    return true;
}

static int add_prefix(struct table *table, uint32_t column, struct fg_view prefix, uint32_t value)
{
    int rc = fg_prefix_builder_add(table->builder, prefix, value);
    if (rc == FG_EDUPLICATE) {
        // Where there are thousands, the first ones are enough to know.
        const uint32_t first = table->duplicates++ < FIRSTS_TOLD_MAX
                                   ? fg_csv_first_line(table->csv, column, prefix)
                                   : 0;
        if (first > 0) {
            fg_csv_report(table->csv, column, "prefix %.*s is there already, in line %u",
                          (int)prefix.len, prefix.ptr, first);
        } else {
            fg_csv_report(table->csv, column, "prefix %.*s is there already", (int)prefix.len,
                          prefix.ptr);
        }
        return FG_OK;
    }
    return rc;
}

// "10" or "7-12": how many digits the numbers of a range have; nothing where it is not known.
static bool read_digits(struct fg_csv *csv, uint8_t *least, uint8_t *most)
{
    struct fg_view text = fg_csv_get(csv, 3);
    unsigned ends[2] = {0, 0};
    size_t end = 0;
    bool good = text.len <= 5;
    for (size_t i = 0; i < text.len && good; i++) {
        if (text.ptr[i] == '-' && end == 0 && ends[0] > 0) {
            end = 1;
        } else {
            good = text.ptr[i] >= '0' && text.ptr[i] <= '9';
            ends[end] = ends[end] * 10 + (unsigned)(text.ptr[i] - '0');
        }
    }
    ends[1] = end == 0 ? ends[0] : ends[1];
    if (text.len > 0 &&
        (!good || ends[0] < 1 || ends[1] < ends[0] || ends[1] > FG_NUMBER_DIGITS_MAX)) {
        fg_csv_report(csv, 3, "'%.*s' is not a number of digits from 1 to 15, or a range of it",
                      shown(text), text.ptr);
        return false;
    }
    *least = (uint8_t)ends[0];
    *most = (uint8_t)ends[1];
    return true;
}

static int read_numbering_row(struct table *table, void *ctx)
{
    (void)ctx;
    struct fg_csv *csv = table->csv;
    struct fg_view prefix;
    bool good = get_prefix(csv, 0, &prefix);
    struct fg_view country_text = fg_csv_get(csv, 1);
    struct fg_view type_text = fg_csv_get(csv, 2);
    fg_country country = fg_country_parse(country_text);
    enum fg_number_type type = FG_TYPE_UNALLOCATED;
    if (country == FG_COUNTRY_NONE) {
        fg_csv_report(csv, 1, "'%.*s' is not a country code", shown(country_text),
                      country_text.ptr);
        good = false;
    }
    if (fg_number_type_parse(type_text, &type) != FG_OK) {
        fg_csv_report(csv, 2, "'%.*s' is not a type of number", shown(type_text), type_text.ptr);
        good = false;
    }
    uint8_t least;
    uint8_t most;
    if (!read_digits(csv, &least, &most) || !good) {
        return FG_OK;
    }
    return add_prefix(table, 0, prefix,
                      fg_destination_pack_digits(fg_destination_pack(country, type), least, most));
}

static int read_emergency_row(struct table *table, void *ctx)
{
    (void)ctx;
    struct fg_view calling = fg_csv_get(table->csv, 0);
    struct fg_view code = fg_csv_get(table->csv, 1);
    if (!is_digits(calling, 0, 3) || !is_digits(code, 2, 10)) {
        fg_csv_report(table->csv, 1,
                      "expected a calling code (or none) and a code of 2 to 10 digits");
        return FG_OK;
    }
    char key[16];
    memcpy(key, calling.ptr, calling.len);
    memcpy(key + calling.len, code.ptr, code.len);
    struct fg_view prefix = {key, calling.len + code.len};
    int rc = fg_prefix_builder_add(table->builder, prefix, 1);
    // "1" + "10" and "" + "110" meet in one key, which is an emergency code either way.
    return rc == FG_EDUPLICATE ? FG_OK : rc;
}

static int read_rate_row(struct table *table, void *ctx)
{
    (void)ctx;
    struct fg_view prefix;
    const bool good = get_prefix(table->csv, 0, &prefix);
    fg_micro rate;
    struct fg_view text = fg_csv_get(table->csv, 1);
    if (!fg_text_micro(text, &rate) || rate > UINT32_MAX) {
        fg_csv_report(table->csv, 1, "'%.*s' is not a price in USD a minute (0 to 4294)",
                      shown(text), text.ptr);
        return FG_OK;
    }
    if (!good) {
        return FG_OK;
    }
    return add_prefix(table, 0, prefix, (uint32_t)rate);
}

typedef int row_fn(struct table *table, void *ctx);

static int read_rows(struct table *table, row_fn *row, void *ctx)
{
    int rc = FG_OK;
    while (rc == FG_OK && fg_csv_next(table->csv)) {
        rc = row(table, ctx);
    }
    return rc == FG_OK && table->csv->wrong ? FG_ESYNTAX : rc;
}

// What the rows of one kind of file are.
struct format {
    const struct fg_csv_column *columns;
    uint32_t n_columns;
    row_fn *row;
    bool needs_rows;
};

// Reads a file of prefixes into a trie of arena.
static int read_trie(struct fg_named_bytes file, const struct format *format, void *ctx,
                     struct fg_arena *arena, struct fg_diags *diags,
                     const struct fg_prefix_trie **out)
{
    struct fg_csv *csv = malloc(sizeof(*csv));
    struct table table = {.csv = csv, .builder = fg_prefix_builder_new(), .arena = arena};
    int rc = csv == NULL || table.builder == NULL ? FG_ENOMEM : FG_OK;
    if (rc == FG_OK && !fg_csv_open(csv, file.name, file.bytes, file.len, format->columns,
                                    format->n_columns, diags)) {
        rc = FG_ESYNTAX;
    }
    if (rc == FG_OK) {
        rc = read_rows(&table, format->row, ctx);
    }
    if (rc == FG_OK && csv->rows == 0 && format->needs_rows) {
        // Without emergency codes, say, the file is a failed download rather than a decision.
        fg_csv_report_file(csv, "the file has no rows");
        rc = FG_ESYNTAX;
    }
    if (rc == FG_OK) {
        const struct fg_prefix_trie *trie = fg_prefix_build(table.builder, arena);
        rc = trie == NULL ? FG_ENOMEM : FG_OK;
        *out = trie;
    }
    fg_prefix_builder_free(table.builder);
    free(csv);
    return rc;
}

// The worse of two results: memory before mistakes, so that all files are read for their mistakes.
static int worse(int a, int b)
{
    return a == FG_ENOMEM || b == FG_OK ? a : b;
}

int fg_destinations_parse(const struct fg_destination_files *files, struct fg_arena *arena,
                          struct fg_diags *diags, struct fg_destinations *out)
{
    static const struct fg_csv_column numbering[] = {
        {"prefix", true}, {"country", true}, {"type", true}, {"digits", false}};
    static const struct fg_csv_column emergency[] = {{"calling_code", true}, {"code", true}};
    static const struct fg_csv_column rates[] = {{"prefix", true}, {"usd_per_minute", true}};
    static const struct format formats[] = {{COLUMNS(numbering), read_numbering_row, true},
                                            {COLUMNS(emergency), read_emergency_row, true},
                                            {COLUMNS(rates), read_rate_row, true}};
    struct fg_destinations result = {0};
    int rc = read_trie(files->numbering, &formats[0], NULL, arena, diags, &result.numbering);
    rc = worse(rc, read_trie(files->emergency, &formats[1], NULL, arena, diags, &result.emergency));
    rc = worse(rc, read_trie(files->rates, &formats[2], NULL, arena, diags, &result.rates));
    struct fg_digest *digest = rc == FG_OK ? fg_digest_new() : NULL;
    if (rc == FG_OK && digest == NULL) {
        rc = FG_ENOMEM;
    }
    if (rc == FG_OK) {
        const struct fg_named_bytes *const all[] = {&files->numbering, &files->emergency,
                                                    &files->rates};
        static const char *const names[] = {"numbering", "emergency", "rates"};
        for (size_t i = 0; i < 3; i++) {
            fg_digest_add(digest, names[i], all[i]->bytes, all[i]->len);
        }
        fg_digest_finish(digest, result.digest);
        *out = result;
    }
    fg_digest_free(digest);
    return rc;
}

// Notes of a list: as many as there are lines at most.
struct notes {
    const char **items;
    uint32_t n, room;
};

static int read_list_row(struct table *table, void *ctx)
{
    struct notes *notes = ctx;
    struct fg_view prefix;
    if (!get_prefix(table->csv, 0, &prefix)) {
        return FG_OK;
    }
    struct fg_view note = fg_csv_get(table->csv, 1);
    if (note.len > 0) {
        notes->items[notes->n] = fg_arena_copy(table->arena, note.ptr, note.len);
        if (notes->items[notes->n] == NULL) {
            return FG_ENOMEM;
        }
    }
    return add_prefix(table, 0, prefix, notes->n++);
}

static uint32_t count_lines(struct fg_named_bytes file)
{
    uint32_t n = 1;
    for (size_t i = 0; i < file.len; i++) {
        n += file.bytes[i] == '\n';
    }
    return n;
}

int fg_prefix_list_parse(struct fg_named_bytes file, struct fg_arena *arena, struct fg_diags *diags,
                         struct fg_prefix_list *out)
{
    static const struct fg_csv_column columns[] = {{"prefix", true}, {"note", false}};
    struct notes notes = {.room = count_lines(file)};
    notes.items = fg_arena_alloc(arena, notes.room * sizeof(*notes.items));
    if (notes.items == NULL) {
        return FG_ENOMEM;
    }
    struct fg_prefix_list list = {.notes = notes.items};
    static const struct format format = {COLUMNS(columns), read_list_row, false};
    int rc = read_trie(file, &format, &notes, arena, diags, &list.prefixes);
    list.n = notes.n;
    if (rc == FG_OK) {
        *out = list;
    }
    return rc;
}

static int compare_countries(const void *a, const void *b)
{
    const struct fg_country_facts *x = a;
    const struct fg_country_facts *y = b;
    return (x->country > y->country) - (x->country < y->country);
}

static void copy_digits(char *out, struct fg_view digits)
{
    memcpy(out, digits.ptr, digits.len);
    out[digits.len] = '\0';
}

// Nothing where the longest number is not known.
static bool read_national_max(struct fg_csv *csv, uint8_t *out)
{
    struct fg_view text = fg_csv_get(csv, 4);
    unsigned value = 0;
    for (size_t i = 0; i < text.len && is_digits(text, 0, 2); i++) {
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    if (text.len > 0 && (value < 1 || value > FG_NUMBER_DIGITS_MAX)) {
        fg_csv_report(csv, 4, "'%.*s' is not a length from 1 to 15", shown(text), text.ptr);
        return false;
    }
    *out = (uint8_t)value;
    return true;
}

static bool is_international(struct fg_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != 'x' && (text.ptr[i] < '0' || text.ptr[i] > '9')) {
            return false;
        }
    }
    return text.len <= FG_INTERNATIONAL_DIGITS_MAX;
}

// Prefixes with spaces between them, the usual one first.
static bool read_international(struct fg_csv *csv, struct fg_dial_plan *plan)
{
    struct fg_view left = fg_csv_get(csv, 2);
    uint32_t n = 0;
    while (left.len > 0) {
        const char *space = memchr(left.ptr, ' ', left.len);
        struct fg_view prefix = {left.ptr, space == NULL ? left.len : (size_t)(space - left.ptr)};
        left.ptr += prefix.len + (space != NULL);
        left.len -= prefix.len + (space != NULL);
        if (prefix.len == 0) {
            continue;
        }
        if (n == FG_INTERNATIONAL_MAX || !is_international(prefix)) {
            fg_csv_report(csv, 2, "at most %d international prefixes of at most %d digits or x",
                          FG_INTERNATIONAL_MAX, FG_INTERNATIONAL_DIGITS_MAX);
            return false;
        }
        copy_digits(plan->international[n++], prefix);
    }
    return true;
}

static bool read_country_row(struct fg_csv *csv, struct fg_country_facts *out)
{
    struct fg_view name = fg_csv_get(csv, 0);
    struct fg_view calling = fg_csv_get(csv, 1);
    struct fg_view trunk = fg_csv_get(csv, 3);
    memset(out, 0, sizeof(*out));
    out->country = fg_country_parse(name);
    bool good = true;
    if (out->country == FG_COUNTRY_NONE) {
        fg_csv_report(csv, 0, "'%.*s' is not a country code", shown(name), name.ptr);
        good = false;
    }
    if (!is_digits(calling, 1, 3)) {
        fg_csv_report(csv, 1, "a calling code has 1 to 3 digits");
        good = false;
    }
    if (!is_digits(trunk, 0, sizeof(out->dial_plan.trunk) - 1)) {
        fg_csv_report(csv, 3, "a trunk prefix has at most %u digits",
                      (unsigned)sizeof(out->dial_plan.trunk) - 1);
        good = false;
    }
    good = read_international(csv, &out->dial_plan) && good;
    if (!read_national_max(csv, &out->dial_plan.national_max_len) || !good) {
        return false;
    }
    copy_digits(out->dial_plan.country_code, calling);
    copy_digits(out->dial_plan.trunk, trunk);
    return true;
}

int fg_countries_parse(struct fg_named_bytes file, struct fg_arena *arena, struct fg_diags *diags,
                       struct fg_countries *out)
{
    static const struct fg_csv_column columns[] = {{"country", true},
                                                   {"calling_code", true},
                                                   {"international", true},
                                                   {"trunk", true},
                                                   {"national_max", false}};
    // As many as there are codes: a country that occurs twice is a mistake.
    struct fg_country_facts *items = fg_arena_alloc(arena, FG_COUNTRY_COUNT * sizeof(*items));
    struct fg_csv *csv = malloc(sizeof(*csv));
    if (items == NULL || csv == NULL) {
        free(csv);
        return FG_ENOMEM;
    }
    uint32_t n = 0;
    struct fg_country_set seen = {0};
    if (fg_csv_open(csv, file.name, file.bytes, file.len, COLUMNS(columns), diags)) {
        while (fg_csv_next(csv)) {
            if (!read_country_row(csv, &items[n])) {
                continue;
            }
            if (fg_country_set_has(&seen, items[n].country)) {
                fg_csv_report(csv, 0, "the country is there already");
                continue;
            }
            fg_country_set_add(&seen, items[n].country);
            n++;
        }
    }
    int rc = csv->wrong ? FG_ESYNTAX : FG_OK;
    free(csv);
    if (rc == FG_OK) {
        qsort(items, n, sizeof(*items), compare_countries);
        *out = (struct fg_countries){items, n};
    }
    return rc;
}

const struct fg_country_facts *fg_countries_by_code(const struct fg_countries *countries,
                                                    const char *calling_code)
{
    for (uint32_t i = 0; countries != NULL && i < countries->n; i++) {
        if (strcmp(countries->items[i].dial_plan.country_code, calling_code) == 0) {
            return &countries->items[i];
        }
    }
    return NULL;
}

const struct fg_country_facts *fg_countries_find(const struct fg_countries *countries,
                                                 fg_country country)
{
    if (countries == NULL || countries->n == 0) {
        return NULL;
    }
    struct fg_country_facts key = {.country = country};
    return bsearch(&key, countries->items, countries->n, sizeof(key), compare_countries);
}
