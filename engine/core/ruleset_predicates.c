// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers the predicates of rules and meters, so that the same one is evaluated once an event, or
// once a call.
#include "plan_priv.h"

#include <string.h>

struct numbering {
    uint16_t *ids;
    const struct fg_predicate **known; // by number
    uint32_t n_ids, n_known;
};

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_texts(const struct fg_predicate *a, const struct fg_predicate *b)
{
    if (a->n_texts != b->n_texts) {
        return false;
    }
    for (uint32_t i = 0; i < a->n_texts; i++) {
        if (!same_text(a->texts[i], b->texts[i])) {
            return false;
        }
    }
    return true;
}

static bool is_same(const struct fg_predicate *a, const struct fg_predicate *b)
{
    return a->signal == b->signal && a->op == b->op && same_text(a->attr, b->attr) &&
           a->truth == b->truth && a->number == b->number && fg_view_equal(a->text, b->text) &&
           a->country == b->country &&
           memcmp(&a->countries, &b->countries, sizeof(a->countries)) == 0 && same_texts(a, b) &&
           a->list == b->list && a->calendar == b->calendar && a->state == b->state;
}

// Whether its signal is one of those that struct fg_call_facts takes as given.
static bool lasts(const struct fg_predicate *predicate)
{
    if (predicate->op == FG_OP_CALENDAR) {
        return false;
    }
    switch (predicate->signal) {
    case FG_SIG_CUSTOMER_ID:
    case FG_SIG_CUSTOMER_PROFILE:
    case FG_SIG_CUSTOMER_TAG:
    case FG_SIG_CUSTOMER_CHANNELS:
    case FG_SIG_CUSTOMER_DAILY_LIMIT:
    case FG_SIG_DEST_PREFIX:
    case FG_SIG_DEST_COUNTRY:
    case FG_SIG_DEST_HOME:
    case FG_SIG_DEST_TYPE:
    case FG_SIG_DEST_RATED:
    case FG_SIG_COST_PER_MINUTE:
    case FG_SIG_CALLER_PRESENT:
    case FG_SIG_CALLER_VALID:
    case FG_SIG_CALLER_OWNED:
    case FG_SIG_CALLER_OTHERS:
    case FG_SIG_CALLER_PREFIX:
    case FG_SIG_CALLER_TYPE:
    case FG_SIG_CALLER_COUNTRY:
        return true;
    default:
        return false;
    }
}

static uint16_t number_of(struct numbering *numbering, struct fg_ruleset *ruleset,
                          const struct fg_predicate *predicate)
{
    uint32_t id = 0;
    while (id < numbering->n_known && !is_same(numbering->known[id], predicate)) {
        id++;
    }
    if (id == numbering->n_known && id < FG_CALL_PREDICATES) {
        numbering->known[numbering->n_known++] = predicate;
        ruleset->lasting_predicates[id / 64] |= lasts(predicate) ? UINT64_C(1) << (id % 64) : 0;
    }
    return (uint16_t)id;
}

// Where the numbers of a condition begin.
static uint32_t number_condition(struct numbering *numbering, struct fg_ruleset *ruleset,
                                 const struct fg_condition *condition)
{
    uint32_t at = numbering->n_ids;
    for (uint32_t i = 0; i < condition->n; i++) {
        numbering->ids[numbering->n_ids++] = number_of(numbering, ruleset, &condition->all[i]);
    }
    return at;
}

static uint32_t count_predicates(const struct fg_ruleset *ruleset)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        n += ruleset->rules[i].when.n;
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        n += ruleset->meters[i].when.n + ruleset->meters[i].hit.n;
    }
    return n;
}

int fg_ruleset_number_predicates(struct fg_ruleset *ruleset, struct fg_arena *arena)
{
    const struct fg_predicate *known[FG_CALL_PREDICATES];
    struct numbering numbering = {.known = known};
    numbering.ids = fg_arena_alloc(arena, (count_predicates(ruleset) + 1) * sizeof(uint16_t));
    uint32_t *rules = fg_arena_alloc(arena, (ruleset->n_rules + 1) * sizeof(*rules));
    uint32_t *meters = fg_arena_alloc(arena, (ruleset->n_meters + 1) * sizeof(*meters));
    uint32_t *hits = fg_arena_alloc(arena, (ruleset->n_meters + 1) * sizeof(*hits));
    if (numbering.ids == NULL || rules == NULL || meters == NULL || hits == NULL) {
        return FG_ENOMEM;
    }
    memset(ruleset->lasting_predicates, 0, sizeof(ruleset->lasting_predicates));
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        rules[i] = number_condition(&numbering, ruleset, &ruleset->rules[i].when);
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        meters[i] = number_condition(&numbering, ruleset, &ruleset->meters[i].when);
        hits[i] = number_condition(&numbering, ruleset, &ruleset->meters[i].hit);
    }
    ruleset->predicate_ids = numbering.ids;
    ruleset->ids_of_rule = rules;
    ruleset->ids_of_meter = meters;
    ruleset->ids_of_hit = hits;
    return FG_OK;
}
