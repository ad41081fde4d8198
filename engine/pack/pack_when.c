// SPDX-License-Identifier: GPL-2.0-or-later
// Conditions: a mapping of signals to matchers, each checked against the signal's type.
#include <stdio.h>
#include <string.h>

#include "build.h"

struct matcher {
    struct pack_build *build;
    const struct fg_yaml_node *key; // the signal's name
    enum fg_signal signal;
    enum fg_signal_type type;
    const char *attr;
    bool of_rule;
    struct fg_predicate *out; // room for what one signal can give
    uint32_t n;
};

static struct fg_predicate *add_predicate(struct matcher *m, enum fg_predicate_op op)
{
    struct fg_predicate *predicate = &m->out[m->n++];
    *predicate = (struct fg_predicate){.signal = m->signal, .op = op, .attr = m->attr};
    return predicate;
}

// Where a signal has a fixed set of words, others are slips.
static struct fg_words words_of(enum fg_signal signal)
{
    return fg_word_set(fg_signal_words(signal));
}

// A text of the signal; NULL after an error.
static const char *read_text(struct matcher *m, const struct fg_yaml_node *node)
{
    struct fg_words words = words_of(m->signal);
    size_t index;
    if (words.n > 0 &&
        !fg_field_word(&m->build->fields, node, fg_signal_info(m->signal)->name, words, &index)) {
        return NULL;
    }
    return fg_field_text(&m->build->fields, node, "value");
}

static void match_number_scalar(struct matcher *m, const struct fg_yaml_node *node)
{
    FG_FIELD_ERROR(&m->build->fields, node, FG_CODE_MATCHER,
                   "'%.*s' is a number: write {above: n} or {below: n}", (int)m->key->text.len,
                   m->key->text.ptr);
}

// One value: equality, or the prefix of a number.
static void match_scalar(struct matcher *m, const struct fg_yaml_node *node)
{
    struct fg_predicate *predicate = NULL;
    bool truth;
    fg_country country;
    const char *text;
    int32_t list;
    switch (m->type) {
    case FG_SIGNAL_BOOL:
        if (fg_field_bool(&m->build->fields, node, "value", &truth)) {
            add_predicate(m, FG_OP_IS)->truth = truth;
        }
        break;
    case FG_SIGNAL_NUMBER:
        match_number_scalar(m, node);
        break;
    case FG_SIGNAL_TEXT:
        text = read_text(m, node);
        if (text != NULL) {
            add_predicate(m, FG_OP_IS)->text = fg_view_of(text);
        }
        break;
    case FG_SIGNAL_TEXTSET:
        text = read_text(m, node);
        const char **texts = fg_field_alloc(&m->build->fields, sizeof(*texts));
        if (text != NULL && texts != NULL) {
            texts[0] = text;
            predicate = add_predicate(m, FG_OP_IN_TEXTS);
            predicate->texts = texts;
            predicate->n_texts = 1;
        }
        break;
    case FG_SIGNAL_DIGITS:
        list = pack_inline_list(m->build, FG_LIST_PREFIX, node);
        if (list >= 0) {
            add_predicate(m, FG_OP_IN_LIST)->list = (uint16_t)list;
        }
        break;
    case FG_SIGNAL_ADDRESS:
        list = pack_inline_list(m->build, FG_LIST_NETWORK, node);
        if (list >= 0) {
            add_predicate(m, FG_OP_IN_LIST)->list = (uint16_t)list;
        }
        break;
    case FG_SIGNAL_COUNTRY:
        if (fg_field_country(&m->build->fields, node, "country", &country)) {
            add_predicate(m, FG_OP_IS)->country = country;
        }
        break;
    }
}

// What kind of list fits the signal; false when none does.
static bool list_kind_of(enum fg_signal_type type, enum fg_list_kind *out)
{
    switch (type) {
    case FG_SIGNAL_DIGITS:
        *out = FG_LIST_PREFIX;
        return true;
    case FG_SIGNAL_ADDRESS:
        *out = FG_LIST_NETWORK;
        return true;
    case FG_SIGNAL_COUNTRY:
        *out = FG_LIST_COUNTRY;
        return true;
    case FG_SIGNAL_TEXT:
    case FG_SIGNAL_TEXTSET:
        *out = FG_LIST_TEXT;
        return true;
    case FG_SIGNAL_BOOL:
    case FG_SIGNAL_NUMBER:
        break;
    }
    return false;
}

static void match_named_list(struct matcher *m, const struct fg_yaml_node *node, bool in,
                             enum fg_list_kind kind)
{
    static const char *const kinds[] = {"e164_prefix", "country", "text", "network"};
    if (node->quoted && pack_find(m->build, PACK_LIST, node->text) < 0) {
        FG_FIELD_ERROR(&m->build->fields, node, FG_CODE_MATCHER,
                       "a list of one value is written {%s: [\"%.*s\"]}; without brackets it is "
                       "the name of a list",
                       in ? "in" : "not_in", node->text.len > 64 ? 64 : (int)node->text.len,
                       node->text.ptr);
        return;
    }
    int32_t index = pack_resolve(m->build, PACK_LIST, node);
    if (index < 0 || m->build->fields.out_of_memory) {
        return;
    }
    const struct fg_list *list = &m->build->lists[index];
    if (list->kind != kind) {
        FG_FIELD_ERROR(&m->build->fields, node, FG_CODE_MATCHER,
                       "list '%.*s' is of type %s, but '%.*s' needs one of type %s",
                       (int)node->text.len, node->text.ptr, kinds[list->kind],
                       (int)m->key->text.len, m->key->text.ptr, kinds[kind]);
        return;
    }
    add_predicate(m, in ? FG_OP_IN_LIST : FG_OP_NOT_IN_LIST)->list = (uint16_t)index;
}

// Values written in the matcher. Prefixes and networks become a list without a name.
static void match_inline_list(struct matcher *m, const struct fg_yaml_node *node, bool in,
                              enum fg_list_kind kind)
{
    if (kind == FG_LIST_PREFIX || kind == FG_LIST_NETWORK) {
        int32_t index = pack_inline_list(m->build, kind, node);
        if (index >= 0) {
            add_predicate(m, in ? FG_OP_IN_LIST : FG_OP_NOT_IN_LIST)->list = (uint16_t)index;
        }
        return;
    }
    struct fg_list list = {.kind = kind};
    bool good = true;
    for (const struct fg_yaml_node *item = node->first;
         item != NULL && kind == FG_LIST_TEXT && words_of(m->signal).n > 0; item = item->next) {
        good = read_text(m, item) != NULL && good;
    }
    if (good && pack_fill_list(m->build, node, &list)) {
        struct fg_predicate *predicate = add_predicate(m, in ? FG_OP_IN_TEXTS : FG_OP_NOT_IN_TEXTS);
        predicate->countries = list.countries;
        predicate->texts = list.texts;
        predicate->n_texts = kind == FG_LIST_TEXT ? list.n : 0;
    }
}

static void match_in(struct matcher *m, const struct fg_yaml_node *node, bool in)
{
    enum fg_list_kind kind;
    if (!list_kind_of(m->type, &kind)) {
        FG_FIELD_ERROR(&m->build->fields, node, FG_CODE_MATCHER,
                       "'%.*s' is a %s and cannot be in a list", (int)m->key->text.len,
                       m->key->text.ptr, m->type == FG_SIGNAL_BOOL ? "true or false" : "number");
    } else if (node->kind == FG_YAML_LIST) {
        match_inline_list(m, node, in, kind);
    } else if (fg_field_is(&m->build->fields, node, FG_YAML_SCALAR, "the name of a list")) {
        match_named_list(m, node, in, kind);
    }
}

static void match_bound(struct matcher *m, const struct fg_yaml_node *node, enum fg_predicate_op op)
{
    fg_micro number;
    if (m->type != FG_SIGNAL_NUMBER) {
        FG_FIELD_ERROR(&m->build->fields, node, FG_CODE_MATCHER,
                       "'%.*s' is not a number: above and below do not fit it",
                       (int)m->key->text.len, m->key->text.ptr);
    } else if (fg_field_micro(&m->build->fields, node, op == FG_OP_ABOVE ? "above" : "below",
                              &number)) {
        add_predicate(m, op)->number = number;
    }
}

static void match_map(struct matcher *m, const struct fg_yaml_node *map)
{
    (void)fg_field_shape(&m->build->fields, map, FG_SHAPE_MATCHER);
    if (map->n == 0) {
        FG_FIELD_ERROR(&m->build->fields, map, FG_CODE_MATCHER, "the matcher is empty");
    }
    for (const struct fg_yaml_node *key = map->first; key != NULL; key = key->next) {
        const struct fg_yaml_node *value = key->value;
        bool truth;
        if (fg_view_equal(key->text, fg_view_of("in"))) {
            match_in(m, value, true);
        } else if (fg_view_equal(key->text, fg_view_of("not_in"))) {
            match_in(m, value, false);
        } else if (fg_view_equal(key->text, fg_view_of("above"))) {
            match_bound(m, value, FG_OP_ABOVE);
        } else if (fg_view_equal(key->text, fg_view_of("below"))) {
            match_bound(m, value, FG_OP_BELOW);
        } else if (pack_first_seen_of(m->key) == value && !m->of_rule) {
            FG_FIELD_ERROR(&m->build->fields, key, FG_CODE_MATCHER,
                           "'%.*s' can be tested in the 'when' of a rule only", (int)key->text.len,
                           key->text.ptr);
        } else if (fg_view_equal(key->text, fg_view_of("present")) &&
                   fg_field_bool(&m->build->fields, value, "present", &truth)) {
            add_predicate(m, FG_OP_PRESENT)->truth = truth;
            if (!truth && map->n > 1) {
                FG_FIELD_ERROR(&m->build->fields, key, FG_CODE_CONFLICT,
                               "a value that is not there matches nothing else: 'present: false' "
                               "stands alone");
            }
        }
    }
}

static void match_calendar(struct matcher *m, const struct fg_yaml_node *value)
{
    struct fg_yaml_node name = *m->key;
    size_t prefix = strlen("calendar.");
    name.text.ptr += prefix;
    name.text.len -= prefix;
    name.offset += prefix;
    name.column += (uint32_t)prefix;
    name.length = name.length > prefix ? name.length - (uint32_t)prefix : 1;
    int32_t index = pack_resolve(m->build, PACK_CALENDAR, &name);
    size_t state;
    if (fg_field_word(&m->build->fields, value, "state of a calendar",
                      fg_word_set(FG_SET_CALENDAR_STATE), &state) &&
        index >= 0) {
        struct fg_predicate *predicate = add_predicate(m, FG_OP_CALENDAR);
        predicate->calendar = (uint16_t)index;
        predicate->state = (enum fg_calendar_state)state;
    }
}

static void report_unknown_signal(struct pack_build *build, const struct fg_yaml_node *key)
{
    const char *names[FG_SIG_COUNT + 1];
    size_t n = 0;
    for (int i = 0; i < FG_SIG_ATTR; i++) {
        names[n++] = fg_signal_info((enum fg_signal)i)->name;
    }
    names[n++] = "calendar.NAME";
    names[n++] = "attr.NAME";
    fg_field_unknown(&build->fields, key, FG_CODE_SIGNAL, "signal", "",
                     (struct fg_words){names, n});
}

static bool has_prefix(struct fg_view text, const char *prefix)
{
    size_t n = strlen(prefix);
    return text.len > n && memcmp(text.ptr, prefix, n) == 0;
}

static uint32_t compile_matcher(struct pack_build *build, const struct fg_yaml_node *key,
                                bool of_rule, struct fg_predicate *out)
{
    struct matcher m = {.build = build, .key = key, .of_rule = of_rule, .out = out};
    const struct fg_yaml_node *value = key->value;
    if (has_prefix(key->text, "calendar.")) {
        match_calendar(&m, value);
        return m.n;
    }
    if (pack_names_meter(key->text)) {
        FG_FIELD_ERROR(&build->fields, key, FG_CODE_SIGNAL,
                       "'%.*s': meters can be tested in the 'when' of a rule only",
                       key->text.len > 64 ? 64 : (int)key->text.len, key->text.ptr);
        return 0;
    }
    if (has_prefix(key->text, "attr.")) {
        m.signal = FG_SIG_ATTR;
    } else if (fg_signal_find(key->text, &m.signal) != FG_OK) {
        report_unknown_signal(build, key);
        return 0;
    }
    m.type = fg_signal_info(m.signal)->type;
    if (m.signal == FG_SIG_ATTR) {
        m.type = FG_SIGNAL_TEXT;
        size_t prefix = strlen("attr.");
        struct fg_yaml_node name = *key;
        name.text.ptr += prefix;
        name.text.len -= prefix;
        m.attr = fg_field_name(&build->fields, &name, "name of the attribute", true);
    }
    if (value->kind == FG_YAML_MAP) {
        match_map(&m, value);
        pack_warn_bounds(build, key, m.signal == FG_SIG_TLS_CERT_DAYS_LEFT);
        pack_warn_exclusive(build, key, out, m.n);
    } else if (value->kind == FG_YAML_SCALAR) {
        match_scalar(&m, value);
    } else {
        FG_FIELD_ERROR(&build->fields, value, FG_CODE_MATCHER,
                       "a list must say how it is meant: write {in: [...]} or {not_in: [...]}");
    }
    return m.n;
}

uint32_t pack_compile_matcher(struct pack_build *build, const struct fg_yaml_node *key,
                              struct fg_predicate *out)
{
    return compile_matcher(build, key, false, out);
}

uint32_t pack_matcher_size(const struct fg_yaml_node *value)
{
    return value->kind == FG_YAML_MAP ? value->n : 1;
}

// rule: whose tests take the meters; NULL where none can be tested.
static void compile_when(struct pack_build *build, const struct fg_yaml_node *when,
                         struct fg_condition *out, struct fg_rule *rule)
{
    if (!fg_field_is(&build->fields, when, FG_YAML_MAP, "when")) {
        return;
    }
    uint32_t room = 0;
    for (const struct fg_yaml_node *key = when->first; key != NULL; key = key->next) {
        room += pack_matcher_size(key->value);
    }
    if (room > PACK_PREDICATES_MAX) {
        FG_FIELD_ERROR(&build->fields, when, FG_CODE_LIMIT, "more than %d matchers in one 'when'",
                       PACK_PREDICATES_MAX);
        return;
    }
    if (room == 0) {
        FG_FIELD_ERROR(&build->fields, when, FG_CODE_MATCHER, "'when' is empty");
        return;
    }
    struct fg_predicate *all = fg_field_alloc(&build->fields, room * sizeof(*all));
    if (all == NULL) {
        return;
    }
    uint32_t n = 0;
    for (const struct fg_yaml_node *key = when->first; key != NULL; key = key->next) {
        if (rule != NULL && pack_names_meter(key->text)) {
            pack_read_meter_test(build, key, rule);
            continue;
        }
        const bool sighted = rule != NULL && pack_first_seen_of(key) != NULL;
        if (sighted) {
            pack_read_first_seen(build, key, rule);
        }
        if (!sighted || key->value->n > 1) {
            n += compile_matcher(build, key, rule != NULL, all + n);
        }
    }
    out->all = all;
    out->n = n;
}

void pack_compile_when(struct pack_build *build, const struct fg_yaml_node *when,
                       struct fg_condition *out)
{
    compile_when(build, when, out, NULL);
}

void pack_compile_rule_when(struct pack_build *build, const struct fg_yaml_node *when,
                            struct fg_rule *rule)
{
    struct fg_condition condition = rule->when;
    compile_when(build, when, &condition, rule);
    rule->when = condition;
}
