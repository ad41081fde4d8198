// SPDX-License-Identifier: GPL-2.0-or-later
// Meters: what is counted, for whom, over what time.
#include "build.h"
#include "fg/known.h"

#define OVER_MIN_MS FG_MS_PER_S
#define OVER_MAX_MS (31 * FG_MS_PER_DAY)

#define SAMPLES_DEFAULT 20
#define SAMPLES_MAX     1000000

#define MEMBERS_DEFAULT 4096
#define MEMBERS_MAX     (FG_KNOWN_BLOCKS_MAX * FG_KNOWN_MEMBERS)
// Shorter memories would have units of less than a quarter of a minute.
#define KNOWN_MIN_MS (60 * FG_MS_PER_MIN)

// How many of a word set a kind can have at most.
#define SOURCES_MAX 11

struct kind_word {
    const char *key;
    enum fg_meter_kind kind;
    enum fg_word_set words;
    enum fg_meter_source sources[SOURCES_MAX]; // in the order of the words
};
#define SIGHTED                                                                                    \
    {                                                                                              \
        FG_SOURCE_DEST_COUNTRY, FG_SOURCE_DEST_NUMBER, FG_SOURCE_DEST_RANGE,                       \
            FG_SOURCE_CALLER_NUMBER, FG_SOURCE_NETWORK, FG_SOURCE_CERT, FG_SOURCE_SRC_COUNTRY,     \
            FG_SOURCE_CUSTOMER                                                                     \
    }
#define KINDS_TEXT                                                                                 \
    "count, sum, distinct, gauge, first_seen, seen, known, longest_run, typical, trend and ratio"
static const struct kind_word kinds[] = {
    {"count", FG_METER_COUNT, FG_SET_COUNTED, {FG_SOURCE_CALLS, FG_SOURCE_ANSWERS, FG_SOURCE_ENDS}},
    {"sum", FG_METER_SUM, FG_SET_SUMMED, {FG_SOURCE_COST, FG_SOURCE_MINUTES}},
    {"distinct",
     FG_METER_DISTINCT,
     FG_SET_TOLD_APART,
     {FG_SOURCE_DEST_NUMBER, FG_SOURCE_CALLER_NUMBER, FG_SOURCE_DEST_COUNTRY, FG_SOURCE_DEST_RANGE,
      FG_SOURCE_DEST_BLOCK, FG_SOURCE_DEST_DIALLED, FG_SOURCE_NETWORK, FG_SOURCE_CALLER_RANGE,
      FG_SOURCE_CERT, FG_SOURCE_CUSTOMER, FG_SOURCE_SRC_COUNTRY}},
    {"first_seen", FG_METER_FIRST_SEEN, FG_SET_SIGHTED, SIGHTED},
    {"seen", FG_METER_SEEN, FG_SET_SIGHTED, SIGHTED},
    {"known", FG_METER_KNOWN, FG_SET_SIGHTED, SIGHTED},
    {"longest_run", FG_METER_RUN, FG_SET_RUN, {FG_SOURCE_DEST_NUMBER}},
    {"typical",
     FG_METER_TYPICAL,
     FG_SET_TYPICAL,
     {FG_SOURCE_CALLS, FG_SOURCE_ANSWERS, FG_SOURCE_COST, FG_SOURCE_MINUTES}},
    {"gauge", FG_METER_GAUGE, FG_SET_GAUGED, {FG_SOURCE_CALLS, FG_SOURCE_COST}},
    {"ratio",
     FG_METER_RATIO,
     FG_SET_COUNTED, // of
     {FG_SOURCE_CALLS, FG_SOURCE_ANSWERS, FG_SOURCE_ENDS}}};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

bool pack_find_sighted(struct fg_view text, enum fg_meter_source *out, const char **name)
{
    static const enum fg_meter_source sources[] = SIGHTED;
    const struct fg_words words = fg_word_set(FG_SET_SIGHTED);
    for (size_t i = 0; i < words.n && i < sizeof(sources) / sizeof(sources[0]); i++) {
        // Customers are told apart by shared meters only.
        if (sources[i] != FG_SOURCE_CUSTOMER && fg_view_equal(text, fg_view_of(words.words[i]))) {
            *out = sources[i];
            *name = words.words[i];
            return true;
        }
    }
    return false;
}

static void read_source(struct pack_build *build, const struct kind_word *kind, const char *key,
                        const struct fg_yaml_node *node, struct fg_meter *meter)
{
    size_t index;
    if (fg_field_word(&build->fields, node, key, fg_word_set(kind->words), &index) &&
        index < SOURCES_MAX) {
        meter->source = kind->sources[index];
    }
}

// The condition, and what it is a share of.
static void read_ratio(struct pack_build *build, const struct pack_entry *entry,
                       const struct kind_word *kind, struct fg_meter *meter)
{
    const struct fg_yaml_node *of = fg_yaml_get(entry->body, "of");
    const struct fg_yaml_node *samples = fg_yaml_get(entry->body, "min_samples");
    meter->source = FG_SOURCE_ENDS;
    meter->min_samples = SAMPLES_DEFAULT;
    pack_compile_when(build, fg_yaml_get(entry->body, "ratio"), &meter->hit);
    if (of != NULL) {
        read_source(build, kind, "of", of, meter);
    }
    if (samples != NULL) {
        (void)fg_field_int(&build->fields, samples, "min_samples", 1, SAMPLES_MAX,
                           &meter->min_samples);
    }
}

static void refuse_ratio_keys(struct pack_build *build, const struct pack_entry *entry)
{
    static const char *const keys[] = {"of", "min_samples"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct fg_yaml_node *node = fg_yaml_get(entry->body, keys[i]);
        if (node != NULL) {
            FG_FIELD_ERROR(&build->fields, node, FG_CODE_CONFLICT, "'%s' goes with 'ratio'",
                           keys[i]);
        }
    }
}

// Exactly one of the kinds.
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
                           "a meter has one of " KINDS_TEXT ", not both %s and %s", found->key,
                           kinds[i].key);
            return false;
        }
        found = &kinds[i];
        meter->kind = kinds[i].kind;
        if (found->kind == FG_METER_RATIO) {
            read_ratio(build, entry, found, meter);
        } else {
            read_source(build, found, found->key, node, meter);
        }
    }
    if (found != NULL && found->kind != FG_METER_RATIO) {
        refuse_ratio_keys(build, entry);
    }
    if (found == NULL) {
        FG_FIELD_ERROR(&build->fields, entry->place, FG_CODE_MISSING_KEY,
                       "the meter needs one of " KINDS_TEXT);
    }
    return found != NULL;
}

static void read_key(struct pack_build *build, const struct fg_yaml_node *node, uint32_t *per)
{
    size_t index;
    if (!fg_field_word(&build->fields, node, "key", fg_word_set(FG_SET_METER_KEY), &index)) {
        return;
    }
    uint32_t bit = 1U << index; // enum fg_meter_key, in this order
    if ((*per & bit) != 0) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_DUPLICATE, "'%s' is named twice",
                       fg_word_set(FG_SET_METER_KEY).words[index]);
    }
    *per |= bit;
}

void pack_read_keys(struct pack_build *build, const struct fg_yaml_node *node, uint32_t *per)
{
    if (node->kind != FG_YAML_LIST) {
        read_key(build, node, per);
        return;
    }
    if (node->n == 0) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_TYPE, "the list is empty");
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        read_key(build, item, per);
    }
}

static void read_per(struct pack_build *build, const struct pack_entry *entry,
                     struct fg_meter *meter)
{
    const struct fg_yaml_node *per = fg_yaml_get(entry->body, "per");
    if (per == NULL) {
        FG_FIELD_ERROR(&build->fields, entry->place, FG_CODE_MISSING_KEY,
                       "the meter needs 'per': customer, dest.number, caller.number, src.ip, "
                       "dest.country, another key or a list of them");
        return;
    }
    pack_read_keys(build, per, &meter->per);
}

static bool is_sighting(const struct fg_meter *meter)
{
    return meter->kind == FG_METER_FIRST_SEEN || meter->kind == FG_METER_SEEN;
}

static const char *kind_name(enum fg_meter_kind kind)
{
    size_t i = 0;
    while (i + 1 < N_KINDS && kinds[i].kind != kind) {
        i++;
    }
    return kinds[i].key;
}

// The event at which a value counts as seen.
static void read_on(struct pack_build *build, const struct pack_entry *entry,
                    struct fg_meter *meter)
{
    static const enum fg_event_kind events[] = {FG_EVENT_ATTEMPT, FG_EVENT_ANSWER, FG_EVENT_END};
    const struct fg_yaml_node *on = fg_yaml_get(entry->body, "on");
    size_t index;
    if (meter->kind == FG_METER_KNOWN) {
        meter->on = FG_EVENT_END;
    }
    if (on == NULL) {
        return;
    }
    if (!is_sighting(meter) && meter->kind != FG_METER_KNOWN) {
        FG_FIELD_ERROR(
            &build->fields, on, FG_CODE_CONFLICT,
            "'on' goes with 'first_seen', 'seen' and 'known'; write count: answers or ends");
    } else if (fg_field_word(&build->fields, on, "on", fg_word_set(FG_SET_SIGHTED_ON), &index)) {
        meter->on = events[index];
    }
    if (meter->kind == FG_METER_KNOWN && meter->on == FG_EVENT_ATTEMPT) {
        FG_FIELD_ERROR(&build->fields, on, FG_CODE_CONFLICT,
                       "who only rings becomes known to nobody: write answer or end");
    }
}

// How many a filter has room for: whole blocks, a power of two of them.
static void read_members(struct pack_build *build, const struct pack_entry *entry,
                         struct fg_meter *meter)
{
    const struct fg_yaml_node *node = fg_yaml_get(entry->body, "members");
    int32_t members = MEMBERS_DEFAULT;
    if (meter->kind != FG_METER_KNOWN) {
        if (node != NULL) {
            FG_FIELD_ERROR(&build->fields, node, FG_CODE_CONFLICT, "'members' goes with 'known'");
        }
        return;
    }
    if (node != NULL) {
        (void)fg_field_int(&build->fields, node, "members", FG_KNOWN_MEMBERS, MEMBERS_MAX,
                           &members);
    }
    for (meter->blocks = 1; meter->blocks * FG_KNOWN_MEMBERS < members;) {
        meter->blocks = (uint16_t)(meter->blocks * 2);
    }
}

static void check_shared(struct pack_build *build, const struct pack_entry *entry,
                         const struct fg_yaml_node *shared, const struct fg_meter *meter)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *per = fg_yaml_get(entry->body, "per");
    if (meter->kind != FG_METER_COUNT && meter->kind != FG_METER_DISTINCT && !is_sighting(meter)) {
        FG_FIELD_ERROR(fields, shared, FG_CODE_CONFLICT,
                       "a %s meter cannot be shared; count, distinct, first_seen and seen can",
                       kind_name(meter->kind));
    } else if (meter->calendar_day) {
        FG_FIELD_ERROR(fields, shared, FG_CODE_CONFLICT,
                       "customers have days of their own: a shared meter needs a duration, such as "
                       "over: 1d");
    } else if ((meter->per & FG_KEY_CUSTOMER) != 0) {
        FG_FIELD_ERROR(fields, per, FG_CODE_CONFLICT,
                       "a shared meter is kept for all customers together: 'per' names something "
                       "else, such as dest.range");
    }
}

static void read_shared(struct pack_build *build, const struct pack_entry *entry,
                        struct fg_meter *meter)
{
    const struct fg_yaml_node *shared = fg_yaml_get(entry->body, "shared");
    if (shared != NULL && fg_field_bool(&build->fields, shared, "shared", &meter->shared) &&
        meter->shared) {
        check_shared(build, entry, shared, meter);
    } else if (meter->source == FG_SOURCE_CUSTOMER && !is_sighting(meter)) {
        FG_FIELD_ERROR(&build->fields, fg_yaml_get(entry->body, "distinct"), FG_CODE_CONFLICT,
                       "every other meter is one customer's: 'distinct: customer.id' needs "
                       "'shared: true'");
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
    if (meter->kind == FG_METER_TYPICAL) {
        if (over != NULL) {
            FG_FIELD_ERROR(fields, over, FG_CODE_CONFLICT,
                           "a typical meter is about an hour of the week and has no 'over'");
        }
        return;
    }
    if (over == NULL) {
        FG_FIELD_ERROR(fields, entry->place, FG_CODE_MISSING_KEY,
                       "the meter needs 'over': a duration such as 1m, or day");
        return;
    }
    if (over->kind != FG_YAML_SCALAR || !fg_view_equal(over->text, fg_view_of("day"))) {
        const bool known = meter->kind == FG_METER_KNOWN;
        (void)fg_field_duration(fields, over, "over", known ? KNOWN_MIN_MS : OVER_MIN_MS,
                                known || is_sighting(meter) ? FG_METER_REMEMBERED_MAX_MS
                                                            : OVER_MAX_MS,
                                &meter->over_ms);
        return;
    }
    meter->calendar_day = true;
    if (meter->kind != FG_METER_COUNT && meter->kind != FG_METER_SUM &&
        meter->kind != FG_METER_RATIO) {
        FG_FIELD_ERROR(fields, over, FG_CODE_CONFLICT,
                       "a %s meter needs a duration; did you mean 1d?", kind_name(meter->kind));
    }
}

// The signal of a condition that is not there yet when a call begins; NULL: there is none.
static const char *later_signal(const struct fg_condition *condition)
{
    for (uint32_t i = 0; i < condition->n; i++) {
        const struct fg_predicate *predicate = &condition->all[i];
        bool later =
            fg_signal_is_late(predicate->signal) || predicate->signal == FG_SIG_CALL_ANSWERED;
        if (later && predicate->op != FG_OP_CALENDAR && predicate->op != FG_OP_PRESENT) {
            return fg_signal_info(predicate->signal)->name;
        }
    }
    return NULL;
}

static void warn_never(struct pack_build *build, const struct pack_entry *entry,
                       const struct fg_meter *meter)
{
    const char *signal = later_signal(&meter->when);
    if (signal == NULL && meter->kind == FG_METER_RATIO) {
        signal = later_signal(&meter->hit);
    }
    bool ratio = meter->kind == FG_METER_RATIO;
    bool counts = ratio || meter->kind == FG_METER_COUNT || meter->kind == FG_METER_TYPICAL;
    bool begins = meter->kind == FG_METER_DISTINCT || (counts && meter->source == FG_SOURCE_CALLS);
    if (signal != NULL && begins) {
        fg_yaml_report(entry->place, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "meter '%s' never counts: it looks at calls as they begin, when '%s' is not "
                       "there yet; write '%s'",
                       meter->name, signal,
                       ratio                             ? "of: ends"
                       : meter->kind == FG_METER_TYPICAL ? "typical: answers"
                                                         : "count: ends");
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
        read_on(build, entry, meter);
        read_members(build, entry, meter);
        const struct fg_yaml_node *start = fg_yaml_get(entry->body, "start");
        if (start != NULL) {
            pack_read_start(build, start, meter);
        }
    }
    read_per(build, entry, meter);
    pack_read_peers(build, entry->body, meter);
    read_shared(build, entry, meter);
    const struct fg_yaml_node *direction = fg_yaml_get(entry->body, "direction");
    const struct fg_yaml_node *when = fg_yaml_get(entry->body, "when");
    if (direction != NULL) {
        (void)pack_read_direction(build, direction, &meter->direction);
    }
    if (when != NULL) {
        pack_compile_when(build, when, &meter->when);
    }
    warn_never(build, entry, meter);
}

int32_t pack_add_meter(struct pack_build *build, const struct fg_yaml_node *place,
                       const struct fg_meter *meter)
{
    const uint32_t at = build->out->n_meters;
    if (at >= FG_METERS_MAX) {
        FG_FIELD_ERROR(&build->fields, place, FG_CODE_LIMIT,
                       "this takes a meter, number %u of the ruleset; %d is the most",
                       at + ++build->n_meters_refused, FG_METERS_MAX);
        return -1;
    }
    build->meters[at] = *meter;
    build->meter_places[at] = place;
    build->out->n_meters++;
    return (int32_t)at;
}

void pack_compile_meters(struct pack_build *build)
{
    const struct pack_table *table = &build->tables[PACK_METER];
    const size_t room = table->n + pack_count_throttles(build) + pack_count_first_seen(build);
    struct fg_meter *meters = fg_field_alloc(&build->fields, room * sizeof(*meters));
    const struct fg_yaml_node **places =
        fg_arena_alloc(build->scratch, (room + 1) * sizeof(*places));
    if (meters == NULL || places == NULL) {
        build->fields.out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        places[i] = table->items[i].place;
        if (!pack_is_trend(&table->items[i])) {
            compile_meter(build, &table->items[i], &meters[i]);
            meters[i].id = fg_meter_id(&meters[i], build->lists, build->out->calendars);
            meters[i].hit_id = fg_meter_hit_id(&meters[i], build->lists, build->out->calendars);
        }
    }
    for (uint32_t i = 0; i < table->n; i++) {
        if (pack_is_trend(&table->items[i])) {
            pack_compile_trend(build, &table->items[i], meters, &meters[i]);
        }
    }
    build->meters = meters;
    build->meter_places = places;
    build->out->meters = meters;
    build->out->n_meters = table->n;
}
