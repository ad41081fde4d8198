// SPDX-License-Identifier: GPL-2.0-or-later
// Meters: what is counted, for whom, over what time.
#include "build.h"

#define OVER_MIN_MS FG_MS_PER_S
#define OVER_MAX_MS (31 * FG_MS_PER_DAY)

struct source_word {
    const char *text;
    enum fg_meter_source source;
};
struct kind_word {
    const char *key;
    enum fg_meter_kind kind;
    struct source_word sources[3];
    uint32_t n_sources;
};
static const struct kind_word kinds[] = {
    {"count", FG_METER_COUNT, {{"calls", FG_SOURCE_CALLS}}, 1},
    {"sum", FG_METER_SUM, {{"cost", FG_SOURCE_COST}, {"minutes", FG_SOURCE_MINUTES}}, 2},
    {"distinct",
     FG_METER_DISTINCT,
     {{"dest.number", FG_SOURCE_DEST_NUMBER},
      {"caller.number", FG_SOURCE_CALLER_NUMBER},
      {"dest.country", FG_SOURCE_DEST_COUNTRY}},
     3},
    {"gauge", FG_METER_GAUGE, {{"calls", FG_SOURCE_CALLS}}, 1}};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void read_source(struct pack_build *build, const struct kind_word *kind,
                        const struct fg_yaml_node *node, struct fg_meter *meter)
{
    const char *words[3];
    for (uint32_t i = 0; i < kind->n_sources; i++) {
        words[i] = kind->sources[i].text;
    }
    size_t index;
    if (fg_field_word(&build->fields, node, kind->key, (struct fg_words){words, kind->n_sources},
                      &index)) {
        meter->source = kind->sources[index].source;
    }
}

// Exactly one of count, sum, distinct and gauge.
static bool read_kind(struct pack_build *build, const struct pack_entry *entry,
                      struct fg_meter *meter)
{
    const struct kind_word *found = NULL;
    for (size_t i = 0; i < N_KINDS; i++) {
        const struct fg_yaml_node *node = fg_yaml_get(entry->body, kinds[i].key);
        if (node == NULL) {
            continue;
        }
        if (found != NULL) {
            FG_FIELD_ERROR(&build->fields, node, FG_CODE_CONFLICT,
                           "a meter has one of count, sum, distinct and gauge, not both %s and %s",
                           found->key, kinds[i].key);
            return false;
        }
        found = &kinds[i];
        meter->kind = kinds[i].kind;
        read_source(build, found, node, meter);
    }
    if (found == NULL) {
        FG_FIELD_ERROR(&build->fields, entry->place, FG_CODE_MISSING_KEY,
                       "the meter needs one of count, sum, distinct and gauge");
    }
    return found != NULL;
}

static void read_key(struct pack_build *build, const struct fg_yaml_node *node,
                     struct fg_meter *meter)
{
    size_t index;
    if (!fg_field_word(&build->fields, node, "key", fg_word_set(FG_SET_METER_KEY), &index)) {
        return;
    }
    uint32_t bit = 1U << index; // enum fg_meter_key, in this order
    if ((meter->per & bit) != 0) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_DUPLICATE, "'%s' is named twice",
                       fg_word_set(FG_SET_METER_KEY).words[index]);
    }
    meter->per |= bit;
}

static void read_per(struct pack_build *build, const struct pack_entry *entry,
                     struct fg_meter *meter)
{
    const struct fg_yaml_node *per = fg_yaml_get(entry->body, "per");
    if (per == NULL) {
        FG_FIELD_ERROR(&build->fields, entry->place, FG_CODE_MISSING_KEY,
                       "the meter needs 'per': customer, dest.number, caller.number, src.ip, "
                       "dest.country or a list of them");
        return;
    }
    if (per->kind != FG_YAML_LIST) {
        read_key(build, per, meter);
        return;
    }
    if (per->n == 0) {
        FG_FIELD_ERROR(&build->fields, per, FG_CODE_TYPE, "the list is empty");
    }
    for (const struct fg_yaml_node *item = per->first; item != NULL; item = item->next) {
        read_key(build, item, meter);
    }
}

static void read_over(struct pack_build *build, const struct pack_entry *entry,
                      struct fg_meter *meter)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *over = fg_yaml_get(entry->body, "over");
    if (meter->kind == FG_METER_GAUGE) {
        if (over != NULL) {
            FG_FIELD_ERROR(fields, over, FG_CODE_CONFLICT,
                           "a gauge counts calls in progress and has no 'over'");
        }
        return;
    }
    if (over == NULL) {
        FG_FIELD_ERROR(fields, entry->place, FG_CODE_MISSING_KEY,
                       "the meter needs 'over': a duration such as 1m, or day");
        return;
    }
    if (over->kind != FG_YAML_SCALAR || !fg_view_equal(over->text, fg_view_of("day"))) {
        (void)fg_field_duration(fields, over, "over", OVER_MIN_MS, OVER_MAX_MS, &meter->over_ms);
        return;
    }
    meter->calendar_day = true;
    if (meter->kind == FG_METER_DISTINCT) {
        FG_FIELD_ERROR(fields, over, FG_CODE_CONFLICT,
                       "a distinct meter needs a duration; did you mean 1d?");
    }
}

static void compile_meter(struct pack_build *build, const struct pack_entry *entry,
                          struct fg_meter *meter)
{
    meter->name = fg_field_name(&build->fields, entry->place, "name of the meter", false);
    meter->direction = entry->file->direction;
    if (!fg_field_shape(&build->fields, entry->body, FG_SHAPE_METER) &&
        entry->body->kind != FG_YAML_MAP) {
        return;
    }
    if (read_kind(build, entry, meter)) {
        read_over(build, entry, meter);
    }
    read_per(build, entry, meter);
    const struct fg_yaml_node *direction = fg_yaml_get(entry->body, "direction");
    const struct fg_yaml_node *when = fg_yaml_get(entry->body, "when");
    if (direction != NULL) {
        (void)pack_read_direction(build, direction, &meter->direction);
    }
    if (when != NULL) {
        pack_compile_when(build, when, &meter->when);
    }
}

void pack_compile_meters(struct pack_build *build)
{
    const struct pack_table *table = &build->tables[PACK_METER];
    struct fg_meter *meters = fg_field_alloc(&build->fields, table->n * sizeof(*meters));
    if (meters == NULL) {
        return;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        compile_meter(build, &table->items[i], &meters[i]);
        meters[i].id = fg_meter_id(&meters[i], build->lists, build->out->calendars);
    }
    build->out->meters = meters;
    build->out->n_meters = table->n;
}
