// SPDX-License-Identifier: GPL-2.0-or-later
#include "fields.h"

#include <stdio.h>
#include <string.h>

#include "fg/suggest.h"
#include "misread.h"

#define NAME_MAX_BYTES 64
#define KNOWN_MAX      400 // bytes of "one of: ..."

const char *fg_field_copy(struct fg_fields *fields, struct fg_view text)
{
    const char *copy = fg_arena_copy(fields->arena, text.ptr, text.len);
    if (copy == NULL) {
        fields->out_of_memory = true;
    }
    return copy;
}

void *fg_field_alloc(struct fg_fields *fields, size_t size)
{
    void *memory = fg_arena_alloc(fields->arena, size);
    if (memory == NULL) {
        fields->out_of_memory = true;
    }
    return memory;
}

// How much of a wrong word is repeated in a message.
static int shown(struct fg_view text)
{
    return text.len > 64 ? 64 : (int)text.len;
}

static void list_known(struct fg_words known, char out[KNOWN_MAX])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < known.n; i++) {
        int n = snprintf(out + used, KNOWN_MAX - used, "%s%s", i == 0 ? "" : ", ", known.words[i]);
        if (n < 0 || (size_t)n >= KNOWN_MAX - used - 4) {
            (void)snprintf(out + used, KNOWN_MAX - used, "...");
            return;
        }
        used += (size_t)n;
    }
}

void fg_field_unknown(struct fg_fields *fields, const struct fg_yaml_node *node, const char *code,
                      const char *what, const char *context, struct fg_words known)
{
    const char *near = fg_suggest(node->text, known.words, known.n);
    if (near != NULL) {
        FG_FIELD_ERROR(fields, node, code, "unknown %s '%.*s'%s; did you mean '%s'?", what,
                       shown(node->text), node->text.ptr, context, near);
        return;
    }
    char all[KNOWN_MAX];
    list_known(known, all);
    FG_FIELD_ERROR(fields, node, code, "unknown %s '%.*s'%s; %s%s", what, shown(node->text),
                   node->text.ptr, context, known.n == 0 ? "there is none" : "one of: ", all);
}

bool fg_field_is(struct fg_fields *fields, const struct fg_yaml_node *node, enum fg_yaml_kind kind,
                 const char *what)
{
    if (node->kind == kind) {
        return true;
    }
    struct fg_yaml_node wanted = {.kind = kind};
    if (node->kind == FG_YAML_SCALAR && !node->quoted && node->text.len == 0) {
        FG_FIELD_ERROR(fields, node, FG_CODE_TYPE, "%s is empty; it must be a %s", what,
                       fg_yaml_kind_name(&wanted));
        return false;
    }
    FG_FIELD_ERROR(fields, node, FG_CODE_TYPE, "%s must be a %s, not a %s", what,
                   fg_yaml_kind_name(&wanted), fg_yaml_kind_name(node));
    return false;
}

bool fg_field_keys(struct fg_fields *fields, const struct fg_yaml_node *map, const char *what,
                   struct fg_words allowed)
{
    if (!fg_field_is(fields, map, FG_YAML_MAP, what)) {
        return false;
    }
    char context[96];
    (void)snprintf(context, sizeof(context), " in %s", what);
    bool all_known = true;
    for (const struct fg_yaml_node *key = map->first; key != NULL; key = key->next) {
        bool known = false;
        for (size_t i = 0; i < allowed.n && !known; i++) {
            known = fg_view_equal(key->text, fg_view_of(allowed.words[i]));
        }
        if (!known) {
            fg_field_unknown(fields, key, FG_CODE_UNKNOWN_KEY, "key", context, allowed);
            all_known = false;
        }
    }
    return all_known;
}

static bool is_text(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what)
{
    if (!fg_field_is(fields, node, FG_YAML_SCALAR, what)) {
        return false;
    }
    if (node->text.len == 0) {
        FG_FIELD_ERROR(fields, node, FG_CODE_TYPE, "%s is empty", what);
        return false;
    }
    return true;
}

// An error that says how to write it.
static void report_unquoted(struct fg_fields *fields, const struct fg_yaml_node *node,
                            const char *what, struct fg_view better, const char *why)
{
    char misread[FG_MISREAD_MAX];
    FG_FIELD_ERROR(fields, node, FG_CODE_QUOTE, "%s must be quoted: write \"%.*s\" (%s)", what,
                   shown(better), better.ptr, fg_misread(node->text, misread) ? misread : why);
}

bool fg_field_stays_text(struct fg_fields *fields, const struct fg_yaml_node *node,
                         const char *what)
{
    char misread[FG_MISREAD_MAX];
    // YAML 1.1 calls a lone y or n a truth, but its readers do not.
    const bool letter = node->text.len == 1 && strchr("yYnN", node->text.ptr[0]) != NULL;
    if (node->quoted || letter || !fg_misread(node->text, misread)) {
        return true;
    }
    report_unquoted(fields, node, what, node->text, misread);
    return false;
}

const char *fg_field_text(struct fg_fields *fields, const struct fg_yaml_node *node,
                          const char *what)
{
    return is_text(fields, node, what) && fg_field_stays_text(fields, node, what)
               ? fg_field_copy(fields, node->text)
               : NULL;
}

const char *fg_field_any_text(struct fg_fields *fields, const struct fg_yaml_node *node,
                              const char *what)
{
    return is_text(fields, node, what) ? fg_field_copy(fields, node->text) : NULL;
}

// "20" is a text to the JSON Schema, and so to an editor that follows it.
static bool is_bare(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what)
{
    if (node->quoted) {
        FG_FIELD_ERROR(fields, node, FG_CODE_TYPE,
                       "%s must not be quoted: write %.*s, \"%.*s\" is a text", what,
                       shown(node->text), node->text.ptr, shown(node->text), node->text.ptr);
    }
    return !node->quoted;
}

const char *fg_field_name(struct fg_fields *fields, const struct fg_yaml_node *node,
                          const char *what, bool dots)
{
    if (!is_text(fields, node, what)) {
        return NULL;
    }
    bool fits = node->text.len <= NAME_MAX_BYTES;
    for (size_t i = 0; i < node->text.len && fits; i++) {
        char c = node->text.ptr[i];
        fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || (dots && c == '.');
    }
    if (!fits) {
        FG_FIELD_ERROR(fields, node, FG_CODE_NAME,
                       "%s '%.*s' may only have letters, digits, '_'%s and '-', at most %d", what,
                       shown(node->text), node->text.ptr, dots ? ", '.'" : "", NAME_MAX_BYTES);
        return NULL;
    }
    return fg_field_copy(fields, node->text);
}

bool fg_field_bool(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                   bool *out)
{
    if (!is_text(fields, node, what)) {
        return false;
    }
    bool is_true = fg_view_equal(node->text, fg_view_of("true"));
    if (is_true || fg_view_equal(node->text, fg_view_of("false"))) {
        *out = is_true;
        return is_bare(fields, node, what);
    }
    FG_FIELD_ERROR(fields, node, FG_CODE_WORD, "%s must be true or false, not '%.*s'", what,
                   shown(node->text), node->text.ptr);
    return false;
}

bool fg_text_micro(struct fg_view text, fg_micro *out)
{
    fg_micro value = 0;
    int places = -1; // digits after the point so far, -1 before it
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && places < 0 && i > 0 && i + 1 < text.len) {
            places = 0;
            continue;
        }
        if (c < '0' || c > '9' || places == 6 || value > INT64_C(100000000000000000)) {
            return false;
        }
        value = value * 10 + (c - '0');
        places += places >= 0;
    }
    for (int i = places < 0 ? 0 : places; i < 6; i++) {
        if (value > INT64_C(100000000000000000)) {
            return false;
        }
        value *= 10;
    }
    if (text.len == 0 || value > INT64_C(1000000000000) * FG_MICRO) {
        return false;
    }
    *out = value;
    return true;
}

bool fg_field_micro(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                    fg_micro *out)
{
    if (!is_text(fields, node, what)) {
        return false;
    }
    if (!fg_text_micro(node->text, out)) {
        FG_FIELD_ERROR(fields, node, FG_CODE_NUMBER,
                       "%s must be a number such as 20 or 0.40, not '%.*s'", what,
                       shown(node->text), node->text.ptr);
        return false;
    }
    return is_bare(fields, node, what);
}

static bool parse_int(struct fg_view text, int64_t *out)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    size_t from = negative ? 1 : 0;
    if (text.len == from || text.len > from + 15) {
        return false;
    }
    int64_t value = 0;
    for (size_t i = from; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (text.ptr[i] - '0');
    }
    *out = negative ? -value : value;
    return true;
}

bool fg_field_int(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                  int32_t min, int32_t max, int32_t *out)
{
    if (!is_text(fields, node, what)) {
        return false;
    }
    int64_t value;
    if (!parse_int(node->text, &value) || value < min || value > max) {
        FG_FIELD_ERROR(fields, node, FG_CODE_NUMBER,
                       "%s must be a whole number from %d to %d, not '%.*s'", what, min, max,
                       shown(node->text), node->text.ptr);
        return false;
    }
    *out = (int32_t)value;
    return is_bare(fields, node, what);
}

bool fg_text_duration_ms(struct fg_view text, int64_t *out_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", FG_MS_PER_DAY}};
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') {
        digits++;
    }
    int64_t value;
    if (digits > 9 || !parse_int((struct fg_view){text.ptr, digits}, &value)) {
        return false;
    }
    struct fg_view unit = {text.ptr + digits, text.len - digits};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (fg_view_equal(unit, fg_view_of(units[i].unit))) {
            *out_ms = value * units[i].ms;
            return true;
        }
    }
    return false;
}

static void format_duration(int64_t ms, char out[24])
{
    const char *unit = "ms";
    int64_t each = 1;
    if (ms > 0 && ms % FG_MS_PER_DAY == 0) {
        unit = "d";
        each = FG_MS_PER_DAY;
    } else if (ms > 0 && ms % 3600000 == 0) {
        unit = "h";
        each = 3600000;
    } else if (ms > 0 && ms % 60000 == 0) {
        unit = "m";
        each = 60000;
    } else if (ms % 1000 == 0) {
        unit = "s";
        each = 1000;
    }
    (void)snprintf(out, 24, "%lld%s", (long long)(ms / each), unit);
}

bool fg_field_duration(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                       int64_t min_ms, int64_t max_ms, int64_t *out_ms)
{
    if (!is_text(fields, node, what)) {
        return false;
    }
    int64_t value;
    if (!fg_text_duration_ms(node->text, &value)) {
        FG_FIELD_ERROR(fields, node, FG_CODE_DURATION,
                       "%s must be a duration such as 30s, 15m, 2h or 1d, not '%.*s'", what,
                       shown(node->text), node->text.ptr);
        return false;
    }
    if (value < min_ms || value > max_ms) {
        char low[24];
        char high[24];
        format_duration(min_ms, low);
        format_duration(max_ms, high);
        FG_FIELD_ERROR(fields, node, FG_CODE_DURATION, "%s must be from %s to %s, not %.*s", what,
                       low, high, shown(node->text), node->text.ptr);
        return false;
    }
    *out_ms = value;
    return true;
}

bool fg_field_word(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                   struct fg_words words, size_t *index)
{
    if (!is_text(fields, node, what)) {
        return false;
    }
    for (size_t i = 0; i < words.n; i++) {
        if (fg_view_equal(node->text, fg_view_of(words.words[i]))) {
            *index = i;
            return true;
        }
    }
    fg_field_unknown(fields, node, FG_CODE_WORD, what, "", words);
    return false;
}

bool fg_field_quoted(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                     const char *why)
{
    if (!is_text(fields, node, what)) {
        return false;
    }
    if (!node->quoted) {
        report_unquoted(fields, node, what, node->text, why);
        return false;
    }
    return true;
}

// What was meant by 0044 and 44; empty when that cannot be told.
static struct fg_view e164_meant(struct fg_view text, char out[FG_NUMBER_DIGITS_MAX + 2])
{
    const bool zeros = text.len > 2 && text.ptr[0] == '0' && text.ptr[1] == '0';
    const size_t skip = zeros ? 2 : 0;
    struct fg_number number;
    int n = 0;
    if (text.len - skip <= FG_NUMBER_DIGITS_MAX) {
        n = snprintf(out, FG_NUMBER_DIGITS_MAX + 2, "+%.*s", (int)(text.len - skip),
                     text.ptr + skip);
    }
    const struct fg_view meant = {out, n > 0 ? (size_t)n : 0};
    return fg_number_parse_e164(meant, &number) == FG_OK ? meant : (struct fg_view){"", 0};
}

bool fg_field_number(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                     struct fg_number *out)
{
    char text[FG_NUMBER_DIGITS_MAX + 2];
    if (!is_text(fields, node, what)) {
        return false;
    }
    const bool good = fg_number_parse_e164(node->text, out) == FG_OK;
    const struct fg_view meant = good ? node->text : e164_meant(node->text, text);
    if (good && node->quoted) {
        return true;
    }
    if (meant.len > 0 && !node->quoted) {
        report_unquoted(fields, node, what, meant, "unquoted +44 is the number 44 to other tools");
    } else if (meant.len > 0) {
        FG_FIELD_ERROR(fields, node, FG_CODE_PREFIX,
                       "%s must be in E.164 form; did you mean \"%.*s\"?", what, (int)meant.len,
                       meant.ptr);
    } else {
        FG_FIELD_ERROR(fields, node, FG_CODE_PREFIX,
                       "%s must be \"+\" and 1 to 15 digits (E.164), not '%.*s'", what,
                       shown(node->text), node->text.ptr);
    }
    return false;
}

// What was meant by UK and gb; NULL when that cannot be told.
static const char *country_meant(struct fg_view text, char capitals[3])
{
    const char *meant = fg_country_meant(text);
    if (meant != NULL || text.len != 2) {
        return meant;
    }
    for (int i = 0; i < 2; i++) {
        const char c = text.ptr[i];
        capitals[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    capitals[2] = '\0';
    const fg_country country = fg_country_parse(fg_view_of(capitals));
    return country != FG_COUNTRY_NONE && fg_country_is_assigned(country) ? capitals : NULL;
}

bool fg_field_country(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                      fg_country *out)
{
    char capitals[3];
    if (!is_text(fields, node, what)) {
        return false;
    }
    const fg_country country = fg_country_parse(node->text);
    const bool good = country != FG_COUNTRY_NONE && fg_country_is_assigned(country);
    if (good && node->quoted) {
        *out = country;
        return true;
    }
    const char *meant = country_meant(node->text, capitals);
    if (!node->quoted && (good || meant != NULL)) {
        report_unquoted(fields, node, what, good ? node->text : fg_view_of(meant),
                        "unquoted NO is 'false' to other tools");
    } else if (meant != NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_COUNTRY,
                       "unknown country '%.*s'; did you mean \"%s\"?", shown(node->text),
                       node->text.ptr, meant);
    } else {
        FG_FIELD_ERROR(fields, node, FG_CODE_COUNTRY,
                       "%s must be a two-letter code such as \"GB\" (ISO 3166-1), not '%.*s'", what,
                       shown(node->text), node->text.ptr);
    }
    return false;
}
