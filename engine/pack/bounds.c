// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/bounds.h"

#include <string.h>

#include "csv.h"
#include "fields.h"

#define CHANNELS_MAX 1000000

static bool read_profile(struct fg_fields *fields, const struct fg_yaml_node *node,
                         const char **out)
{
    const struct fg_words known = fg_word_set(FG_SET_PROFILE);
    size_t index = 0;
    if (!fg_field_word(fields, node, "profile", known, &index)) {
        return false;
    }
    *out = known.words[index];
    return true;
}

static bool read_money(struct fg_fields *fields, const struct fg_yaml_node *map, const char *key,
                       fg_micro *out)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, key);
    return node == NULL || fg_field_micro(fields, node, key, out);
}

// All mistakes of one, and of all, are told at once.
static bool read_one(struct fg_fields *fields, const struct fg_yaml_node *map,
                     struct fg_asserted_bound *out)
{
    static const char *const keys[] = {"profile", "channels", "daily_limit", "hour_usd",
                                       "weekend_usd"};
    *out = (struct fg_asserted_bound){.hour_usd = -1, .weekend_usd = -1, .line = map->line};
    if (!fg_field_is(fields, map, FG_YAML_MAP, "bound")) {
        return false;
    }
    bool good = fg_field_keys(fields, map, "bound", FG_WORDS(keys));
    for (size_t i = 0; i < 3; i++) {
        if (fg_yaml_get(map, keys[i]) == NULL) {
            FG_FIELD_ERROR(fields, map, FG_CODE_MISSING_KEY, "bound has no %s", keys[i]);
            good = false;
        }
    }
    const struct fg_yaml_node *profile = fg_yaml_get(map, "profile");
    const struct fg_yaml_node *channels = fg_yaml_get(map, "channels");
    if (profile != NULL) {
        good = read_profile(fields, profile, &out->profile) && good;
    }
    if (channels != NULL) {
        good = fg_field_int(fields, channels, "channels", 0, CHANNELS_MAX, &out->channels) && good;
    }
    if (fg_yaml_get(map, "hour_usd") == NULL && fg_yaml_get(map, "weekend_usd") == NULL) {
        FG_FIELD_ERROR(fields, map, FG_CODE_MISSING_KEY,
                       "bound asserts nothing: it has neither hour_usd nor weekend_usd");
        good = false;
    }
    good = read_money(fields, map, "daily_limit", &out->daily_limit_usd) && good;
    good = read_money(fields, map, "hour_usd", &out->hour_usd) && good;
    return read_money(fields, map, "weekend_usd", &out->weekend_usd) && good;
}

static bool read_all(struct fg_fields *fields, const struct fg_yaml_node *root,
                     struct fg_asserted_bounds *out)
{
    static const char *const keys[] = {"fraudguard_bounds", "bounds"};
    int32_t version = 0;
    if (!fg_field_is(fields, root, FG_YAML_MAP, "file of bounds")) {
        return false;
    }
    bool good = fg_field_keys(fields, root, "file of bounds", FG_WORDS(keys));
    for (size_t i = 0; i < 2; i++) {
        if (fg_yaml_get(root, keys[i]) == NULL) {
            FG_FIELD_ERROR(fields, root, FG_CODE_MISSING_KEY, "file of bounds has no %s", keys[i]);
            good = false;
        }
    }
    const struct fg_yaml_node *format = fg_yaml_get(root, keys[0]);
    const struct fg_yaml_node *list = fg_yaml_get(root, keys[1]);
    if (format != NULL) {
        good = fg_field_int(fields, format, keys[0], 1, 1, &version) && good;
    }
    if (list == NULL || !fg_field_is(fields, list, FG_YAML_LIST, keys[1])) {
        return false;
    }
    if (list->n == 0) {
        FG_FIELD_ERROR(fields, list, FG_CODE_MISSING_KEY, "%s asserts nothing: it is empty",
                       keys[1]);
        return false;
    }
    struct fg_asserted_bound *items = fg_field_alloc(fields, list->n * sizeof(*items));
    good = items != NULL && good;
    for (const struct fg_yaml_node *item = list->first; items != NULL && item != NULL;
         item = item->next) {
        good = read_one(fields, item, &items[out->n++]) && good;
    }
    out->items = items;
    return good;
}

int fg_bounds_parse(const char *name, const char *bytes, size_t len, struct fg_arena *arena,
                    struct fg_diags *diags, struct fg_asserted_bounds *out)
{
    const struct fg_yaml_doc doc = {.name = name, .bytes = bytes, .len = len};
    struct fg_fields fields = {.arena = arena, .diags = diags};
    struct fg_yaml_node *root = NULL;
    *out = (struct fg_asserted_bounds){.n = 0};
    int rc = fg_yaml_read(&doc, arena, diags, &root);
    if (rc != FG_OK && root == NULL) {
        return rc;
    }
    if (root == NULL) {
        struct fg_diag where = {.severity = FG_ERROR, .code = FG_CODE_MISSING_KEY, .file = name};
        fg_diags_add(diags, &where, "file of bounds is empty");
        return FG_ESYNTAX;
    }
    bool good = read_all(&fields, root, out);
    if (fields.out_of_memory) {
        return FG_ENOMEM;
    }
    return good ? rc : FG_ESYNTAX;
}

static bool is_prefix(struct fg_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0 && text.len <= FG_NUMBER_DIGITS_MAX;
}

bool fg_rates_each(const char *name, const char *bytes, size_t len, struct fg_diags *diags,
                   fg_rate_fn *fn, void *ctx)
{
    static const struct fg_csv_column columns[] = {{"prefix", true}, {"usd_per_minute", true}};
    struct fg_csv csv;
    if (!fg_csv_open(&csv, name, bytes, len, columns, 2, diags)) {
        return false;
    }
    while (fg_csv_next(&csv)) {
        struct fg_view prefix = fg_csv_get(&csv, 0);
        fg_micro rate = 0;
        if (prefix.len > 0 && prefix.ptr[0] == '+') {
            prefix.ptr++;
            prefix.len--;
        }
        if (!is_prefix(prefix) || !fg_text_micro(fg_csv_get(&csv, 1), &rate)) {
            fg_csv_report(&csv, 0, "expected a prefix of 1 to 15 digits and a rate");
        } else if (!fn(ctx, prefix, rate)) {
            return false;
        }
    }
    return !csv.wrong;
}
