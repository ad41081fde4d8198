// SPDX-License-Identifier: GPL-2.0-or-later
// Matchers and composites whose parts exclude each other: they load, but can never hit.
#include <stdlib.h>
#include <string.h>

#include "build.h"

static int shown(struct fg_view text)
{
    return text.len > 64 ? 64 : (int)text.len;
}

static bool has_errors(const struct pack_build *build)
{
    return fg_diags_count(build->fields.diags, FG_ERROR) > 0;
}

void pack_warn_bounds(struct pack_build *build, const struct fg_yaml_node *key, bool negative)
{
    const struct fg_yaml_node *above = fg_yaml_get(key->value, "above");
    const struct fg_yaml_node *below = fg_yaml_get(key->value, "below");
    fg_micro low;
    fg_micro high;
    if (below == NULL || !fg_text_micro(below->text, &high)) {
        return;
    }
    if (high == 0 && !negative) {
        fg_yaml_report(below, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "never hits: '%.*s' is never below 0", shown(key->text), key->text.ptr);
    } else if (above != NULL && fg_text_micro(above->text, &low) && low >= high) {
        fg_yaml_report(key, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "never hits: 'above: %.*s' and 'below: %.*s' exclude each other",
                       shown(above->text), above->text.ptr, shown(below->text), below->text.ptr);
    }
}

// The values of 'in' or 'not_in', wherever they are written.
struct values {
    const struct fg_list *list; // of prefixes
    const struct fg_country_set *countries;
    const char *const *texts;
    uint32_t n_texts;
};

static struct values values_of(const struct pack_build *build, const struct fg_predicate *predicate)
{
    if (predicate->op != FG_OP_IN_LIST && predicate->op != FG_OP_NOT_IN_LIST) {
        return (struct values){.countries = &predicate->countries,
                               .texts = predicate->texts,
                               .n_texts = predicate->n_texts};
    }
    const struct fg_list *list = &build->lists[predicate->list];
    return (struct values){.list = list->kind == FG_LIST_PREFIX ? list : NULL,
                           .countries = &list->countries,
                           .texts = list->texts,
                           .n_texts = list->texts != NULL ? list->n : 0};
}

static bool is_covered(void *ctx, const char *digits, uint32_t value)
{
    const struct values *other = ctx;
    struct fg_prefix_match match;
    (void)value;
    return fg_prefix_lookup(other->list->prefixes, digits, (uint8_t)strlen(digits), &match) ==
           FG_OK;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The texts of a list are sorted.
static bool has_text(const struct values *values, const char *text)
{
    return values->n_texts > 0 && bsearch(&text, values->texts, values->n_texts,
                                          sizeof(values->texts[0]), compare_texts) != NULL;
}

// Whether all that is in one is in the other, too.
static bool is_within(const struct values *one, struct values *other)
{
    if (one->list != NULL) {
        return other->list != NULL && fg_prefix_walk(one->list->prefixes, is_covered, other);
    }
    for (size_t i = 0; i < sizeof(one->countries->bits) / sizeof(one->countries->bits[0]); i++) {
        if ((one->countries->bits[i] & ~other->countries->bits[i]) != 0) {
            return false;
        }
    }
    for (uint32_t i = 0; i < one->n_texts; i++) {
        if (!has_text(other, one->texts[i])) {
            return false;
        }
    }
    return true;
}

void pack_warn_exclusive(struct pack_build *build, const struct fg_yaml_node *key,
                         const struct fg_predicate *predicates, uint32_t n)
{
    const struct fg_predicate *in = NULL;
    const struct fg_predicate *out = NULL;
    for (uint32_t i = 0; i < n; i++) {
        const enum fg_predicate_op op = predicates[i].op;
        in = op == FG_OP_IN_LIST || op == FG_OP_IN_TEXTS ? &predicates[i] : in;
        out = op == FG_OP_NOT_IN_LIST || op == FG_OP_NOT_IN_TEXTS ? &predicates[i] : out;
    }
    if (in == NULL || out == NULL || has_errors(build)) {
        return; // after a mistake a list may not be what was meant
    }
    const struct values one = values_of(build, in);
    struct values other = values_of(build, out);
    if (is_within(&one, &other)) {
        fg_yaml_report(key, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "never hits: 'in' and 'not_in' of '%.*s' exclude each other",
                       shown(key->text), key->text.ptr);
    }
}

static bool same_term(const struct fg_composite_term *a, const struct fg_composite_term *b)
{
    return a->kind == b->kind &&
           (a->kind == FG_TERM_TAG ? strcmp(a->tag, b->tag) == 0 : a->rule == b->rule);
}

static bool has_term(const struct fg_composite_term *terms, uint32_t n,
                     const struct fg_composite_term *term)
{
    bool found = false;
    for (uint32_t i = 0; i < n && !found; i++) {
        found = same_term(&terms[i], term);
    }
    return found;
}

static const char *term_name(const struct pack_build *build, const struct fg_composite_term *term)
{
    return term->kind == FG_TERM_TAG ? term->tag : build->out->rules[term->rule].id;
}

// What must hit, but must not: one of all_of, or every one of any_of.
static const struct fg_composite_term *find_excluded(const struct fg_composite *composite)
{
    for (uint32_t i = 0; i < composite->n_all; i++) {
        if (has_term(composite->none_of, composite->n_none, &composite->all_of[i])) {
            return &composite->all_of[i];
        }
    }
    uint32_t excluded = 0;
    for (uint32_t i = 0; i < composite->n_any; i++) {
        excluded += has_term(composite->none_of, composite->n_none, &composite->any_of[i]);
    }
    return excluded > 0 && excluded == composite->n_any ? &composite->any_of[0] : NULL;
}

// The first rule among terms that judges calls of that direction.
static const struct fg_rule *find_direction(const struct pack_build *build,
                                            const struct fg_composite_term *terms, uint32_t n,
                                            enum fg_direction direction)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct fg_rule *rule =
            terms[i].kind == FG_TERM_RULE ? &build->out->rules[terms[i].rule] : NULL;
        if (rule != NULL && rule->direction == direction) {
            return rule;
        }
    }
    return NULL;
}

// The rule of a direction without which the composite cannot hit.
static const struct fg_rule *find_needed(const struct pack_build *build,
                                         const struct fg_composite *composite,
                                         enum fg_direction direction)
{
    const enum fg_direction other = direction == FG_OUTBOUND ? FG_INBOUND : FG_OUTBOUND;
    const struct fg_rule *rule =
        find_direction(build, composite->all_of, composite->n_all, direction);
    uint32_t rules = 0;
    for (uint32_t i = 0; i < composite->n_any; i++) {
        rules += composite->any_of[i].kind == FG_TERM_RULE;
    }
    if (rule == NULL && rules == composite->n_any &&
        find_direction(build, composite->any_of, composite->n_any, other) == NULL) {
        rule = find_direction(build, composite->any_of, composite->n_any, direction);
    }
    return rule;
}

void pack_warn_composite(struct pack_build *build, const struct pack_entry *entry,
                         const struct fg_composite *composite)
{
    if (has_errors(build)) {
        return;
    }
    const struct fg_composite_term *term = find_excluded(composite);
    const struct fg_rule *outbound = find_needed(build, composite, FG_OUTBOUND);
    const struct fg_rule *inbound = find_needed(build, composite, FG_INBOUND);
    if (term != NULL) {
        fg_yaml_report(entry->place, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "composite '%s' never hits: it needs '%s%s', which 'none_of' excludes",
                       composite->id, term->kind == FG_TERM_TAG ? "customer.tag." : "",
                       term_name(build, term));
    } else if (outbound != NULL && inbound != NULL) {
        fg_yaml_report(entry->place, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "composite '%s' never hits: '%s' judges outbound calls and '%s' inbound "
                       "ones, which exclude each other",
                       composite->id, outbound->id, inbound->id);
    }
}
