// SPDX-License-Identifier: GPL-2.0-or-later
// Rules: what they look at, and the points they give.
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "fg/suggest.h"

#define SCORE_MAX 1000

static void read_events(struct pack_build *build, const struct fg_yaml_node *node,
                        struct fg_rule *rule)
{
    size_t index;
    if (node->kind == FG_YAML_SCALAR) {
        if (fg_field_word(&build->fields, node, "event", fg_word_set(FG_SET_EVENT), &index)) {
            rule->events = (uint8_t)(1U << index);
        }
        return;
    }
    if (!fg_field_is(&build->fields, node, FG_YAML_LIST, "on")) {
        return;
    }
    uint8_t events = 0;
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        if (fg_field_word(&build->fields, item, "event", fg_word_set(FG_SET_EVENT), &index)) {
            events = (uint8_t)(events | (1U << index));
        }
    }
    if (node->n == 0) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_TYPE, "the list is empty");
    }
    rule->events = events;
}

static void report_unknown_measure(struct pack_build *build, const struct fg_yaml_node *node)
{
    const char *names[FG_SIG_COUNT + FG_METERS_MAX];
    char meters[FG_METERS_MAX][80];
    size_t n = 0;
    for (int i = 0; i < FG_SIG_ATTR; i++) {
        const struct fg_signal_info *info = fg_signal_info((enum fg_signal)i);
        if (info->type == FG_SIGNAL_NUMBER) {
            names[n++] = info->name;
        }
    }
    struct fg_words known = pack_names(build, PACK_METER);
    for (size_t i = 0; i < known.n && i < FG_METERS_MAX; i++) {
        (void)snprintf(meters[i], sizeof(meters[i]), "meters.%s", known.words[i]);
        names[n++] = meters[i];
    }
    fg_field_unknown(&build->fields, node, FG_CODE_REFERENCE, "measure", "",
                     (struct fg_words){names, n});
}

static void read_measure(struct pack_build *build, const struct fg_yaml_node *node,
                         struct fg_rule *rule)
{
    if (!fg_field_is(&build->fields, node, FG_YAML_SCALAR, "measure")) {
        return;
    }
    rule->measured = true;
    if (pack_names_meter(node->text)) {
        const size_t prefix = strlen("meters.");
        struct fg_view name = {node->text.ptr + prefix, node->text.len - prefix};
        int32_t index = pack_find(build, PACK_METER, name);
        rule->measure_is_meter = true;
        rule->measure_meter = (uint16_t)(index < 0 ? 0 : index);
        if (index < 0) {
            report_unknown_measure(build, node);
        }
        return;
    }
    enum fg_signal signal;
    if (fg_signal_find(node->text, &signal) != FG_OK ||
        fg_signal_info(signal)->type != FG_SIGNAL_NUMBER) {
        report_unknown_measure(build, node);
        return;
    }
    rule->measure_signal = signal;
}

static void read_unavailable(struct pack_build *build, const struct fg_yaml_node *node,
                             struct fg_rule *rule)
{
    size_t index;
    bool reads = rule->measure_is_meter || rule->throttles || rule->n_tests > 0 ||
                 rule->relative_to == FG_RELATIVE_METER;
    if (!reads) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_CONFLICT,
                       "'on_unavailable' is for rules that measure or test a meter");
    } else if (node->kind == FG_YAML_SCALAR) {
        (void)fg_field_word(&build->fields, node, "on_unavailable", fg_word_set(FG_SET_SKIP),
                            &index);
    } else if (fg_field_shape(&build->fields, node, FG_SHAPE_ON_UNAVAILABLE)) {
        const struct fg_yaml_node *score = fg_yaml_get(node, "score");
        if (score == NULL) {
            FG_FIELD_ERROR(&build->fields, node, FG_CODE_MISSING_KEY, "write skip or {score: n}");
        } else {
            rule->unavailable_scores = fg_field_int(&build->fields, score, "score", 0, SCORE_MAX,
                                                    &rule->unavailable_score);
        }
    }
}

// "{dest.masked}" and its kin; others would be printed as they are and nobody would know why.
static void read_explain(struct pack_build *build, const struct fg_yaml_node *node,
                         struct fg_rule *rule)
{
    static const char *const known[] = {"dest.masked",   "dest.country", "dest.type",
                                        "caller.masked", "customer.id",  "match.key",
                                        "match.note",    "value",        "threshold"};
    rule->explain = fg_field_text(&build->fields, node, "explain");
    for (const char *at = rule->explain; at != NULL && (at = strchr(at, '{')) != NULL;) {
        const char *end = strchr(at, '}');
        if (end == NULL) {
            FG_FIELD_ERROR(&build->fields, node, FG_CODE_PLACEHOLDER, "'{' without '}'");
            return;
        }
        struct fg_yaml_node word = *node;
        word.text = (struct fg_view){at + 1, (size_t)(end - at) - 1};
        bool good = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !good; i++) {
            good = fg_view_equal(word.text, fg_view_of(known[i]));
        }
        if (!good) {
            fg_field_unknown(&build->fields, &word, FG_CODE_PLACEHOLDER, "placeholder", "",
                             FG_WORDS(known));
        }
        at = end;
    }
}

static void read_texts(struct pack_build *build, const struct fg_yaml_node *node, const char *what)
{
    if (!fg_field_is(&build->fields, node, FG_YAML_LIST, what)) {
        return;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        (void)fg_field_text(&build->fields, item, what);
    }
}

// Points: either a score under a condition, or steps over a measure.
static void compile_points(struct pack_build *build, const struct fg_yaml_node *body,
                           struct fg_rule *rule)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *score = fg_yaml_get(body, "score");
    const struct fg_yaml_node *measure = fg_yaml_get(body, "measure");
    const struct fg_yaml_node *steps = fg_yaml_get(body, "steps");
    const struct fg_yaml_node *action = fg_yaml_get(body, "action_at_least");
    const struct fg_yaml_node *dearest = fg_yaml_get(body, "cut_dearest");
    if (score != NULL) {
        (void)fg_field_int(fields, score, "score", 0, SCORE_MAX, &rule->score);
    }
    if (measure != NULL) {
        read_measure(build, measure, rule);
    }
    if (steps != NULL) {
        pack_read_steps(build, steps, rule->steps, &rule->n_steps);
    }
    if (action != NULL) {
        (void)pack_read_action(build, action, &rule->action_at_least);
    }
    if (dearest != NULL) {
        (void)fg_field_bool(fields, dearest, "cut_dearest", &rule->cut_dearest);
    }
}

static void compile_texts(struct pack_build *build, const struct fg_yaml_node *body,
                          struct fg_rule *rule)
{
    const struct fg_yaml_node *desc = fg_yaml_get(body, "desc");
    const struct fg_yaml_node *explain = fg_yaml_get(body, "explain");
    const struct fg_yaml_node *positives = fg_yaml_get(body, "falsepositives");
    const struct fg_yaml_node *customer_text = fg_yaml_get(body, "customer_text");
    if (desc != NULL) {
        rule->desc = fg_field_text(&build->fields, desc, "desc");
    }
    if (explain != NULL) {
        read_explain(build, explain, rule);
    }
    if (positives != NULL) {
        read_texts(build, positives, "falsepositives");
    }
    if (customer_text != NULL) {
        rule->customer_text = fg_field_name(&build->fields, customer_text, "customer_text", true);
    }
}

// A group without a cap need not be named anywhere else, unless it looks like a slip.
static int32_t read_group(struct pack_build *build, const struct fg_yaml_node *node,
                          const struct pack_file *file)
{
    if (!fg_field_is(&build->fields, node, FG_YAML_SCALAR, "group")) {
        return -1;
    }
    int32_t index = pack_find(build, PACK_GROUP, node->text);
    if (index >= 0) {
        return index;
    }
    struct fg_words known = pack_names(build, PACK_GROUP);
    if (fg_suggest(node->text, known.words, known.n) != NULL) {
        fg_field_unknown(&build->fields, node, FG_CODE_REFERENCE, "group", "", known);
        return -1;
    }
    struct pack_entry entry = {.name = node->text, .place = node, .body = NULL, .file = file};
    pack_declare(build, PACK_GROUP, &entry);
    return pack_find(build, PACK_GROUP, node->text);
}

// Mode, maturity and rollout. What is written nearer to the rule wins: its mode, its maturity, the
// file's mode, the file's maturity.
static void read_standing(struct pack_build *build, const struct pack_entry *entry,
                          struct fg_rule *rule)
{
    const struct fg_yaml_node *mode = fg_yaml_get(entry->body, "mode");
    const struct fg_yaml_node *maturity = fg_yaml_get(entry->body, "maturity");
    const struct fg_yaml_node *rollout = fg_yaml_get(entry->body, "rollout");
    if (maturity != NULL && pack_read_maturity(build, maturity, &rule->maturity)) {
        bool stable = rule->maturity == FG_MATURITY_STABLE;
        if (!stable && rule->mode == FG_MODE_ENFORCE) {
            rule->mode = FG_MODE_SHADOW;
        } else if (stable && !entry->file->has_mode) {
            rule->mode = FG_MODE_ENFORCE;
        }
    }
    if (mode != NULL) {
        (void)pack_read_mode(build, mode, &rule->mode);
    }
    if (rollout != NULL) {
        pack_read_rollout(build, rollout, rule->mode, &rule->rolls_out, &rule->rollout_percent);
    }
}

static void compile_scope(struct pack_build *build, const struct pack_entry *entry,
                          struct fg_rule *rule)
{
    const struct fg_yaml_node *body = entry->body;
    const struct fg_yaml_node *group = fg_yaml_get(body, "group");
    const struct fg_yaml_node *direction = fg_yaml_get(body, "direction");
    const struct fg_yaml_node *on = fg_yaml_get(body, "on");
    const struct fg_yaml_node *when = fg_yaml_get(body, "when");
    if (group != NULL) {
        rule->group = read_group(build, group, entry->file);
    }
    if (direction != NULL) {
        (void)pack_read_direction(build, direction, &rule->direction);
    }
    if (on != NULL) {
        read_events(build, on, rule);
    }
    read_standing(build, entry, rule);
    if (when != NULL) {
        pack_compile_rule_when(build, when, rule);
    }
}

static void compile_rule(struct pack_build *build, const struct pack_entry *entry,
                         struct fg_rule *rule)
{
    const struct fg_yaml_node *body = entry->body;
    rule->id = fg_field_copy(&build->fields, entry->name);
    rule->origin = (struct fg_origin){entry->file->origin, body->line, body->column};
    rule->group = -1;
    rule->events = 1U << FG_EVENT_ATTEMPT;
    rule->mode = entry->file->mode;
    rule->maturity = entry->file->maturity;
    rule->direction = entry->file->direction;
    rule->desc = rule->id;
    // What looks missing beside an unknown key is most likely that key.
    if (fg_field_shape(&build->fields, body, FG_SHAPE_RULE)) {
        pack_check_rule(build, entry, rule);
    }
    compile_scope(build, entry, rule);
    compile_points(build, body, rule);
    compile_texts(build, body, rule);
    const struct fg_yaml_node *relative = fg_yaml_get(body, "relative_to");
    const struct fg_yaml_node *unavailable = fg_yaml_get(body, "on_unavailable");
    const struct fg_yaml_node *exceptions = fg_yaml_get(body, "exceptions");
    const struct fg_yaml_node *throttle = fg_yaml_get(body, "throttle_to");
    if (throttle != NULL) {
        pack_read_throttle(build, throttle, rule);
        if (fg_yaml_get(body, "action_at_least") == NULL) {
            rule->action_at_least = FG_THROTTLE;
        }
    }
    const struct fg_yaml_node *reserve = fg_yaml_get(body, "reserve");
    const struct fg_yaml_node *longest = fg_yaml_get(body, "max_duration");
    if (reserve != NULL) {
        pack_read_reserve(build, entry, reserve, rule);
    }
    if (longest != NULL) {
        pack_read_longest(build, entry, longest, rule);
    }
    if (relative != NULL && (reserve != NULL || longest != NULL)) {
        FG_FIELD_ERROR(&build->fields, relative, FG_CODE_CONFLICT,
                       "'relative_to' goes with 'measure' and 'steps'; '%s' says itself what it is "
                       "relative to",
                       reserve != NULL ? "reserve" : "max_duration");
    } else if (relative != NULL) {
        pack_read_relative(build, relative, rule);
    }
    if (unavailable != NULL) {
        read_unavailable(build, unavailable, rule);
    }
    const struct fg_yaml_node *hold = fg_yaml_get(body, "hold");
    if (hold != NULL) {
        pack_read_hold(build, hold, &rule->hold);
    }
    if (exceptions != NULL) {
        pack_compile_exceptions(build, exceptions, entry->file->origin, rule);
    }
    pack_check_cut(build, entry, rule);
    pack_warn_never(build, entry, rule);
}

void pack_compile_rules(struct pack_build *build)
{
    const struct pack_table *table = &build->tables[PACK_RULE];
    struct fg_rule *rules = fg_field_alloc(&build->fields, table->n * sizeof(*rules));
    if (rules == NULL) {
        return;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        compile_rule(build, &table->items[i], &rules[i]);
    }
    build->out->rules = rules;
    build->out->n_rules = table->n;
}
