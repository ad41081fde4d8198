// SPDX-License-Identifier: GPL-2.0-or-later
// What makes an event cheap to judge: each predicate with all the rules and meters that need it, so
// that one that does not hold puts them all aside at once; and composites by the rules that they
// cannot do without.
#include "plan_priv.h"

#include <string.h>

// What an event asks, while it is collected.
struct asking {
    const struct fg_ruleset *ruleset;
    struct fg_asked *asked;
    uint64_t *rules; // a row for each of asked
    uint32_t n, words;
    uint16_t row[FG_CALL_PREDICATES]; // of a number, + 1; 0: not asked yet
};

// The row of a predicate, a new one where needed.
static uint32_t row_of(struct asking *asking, const struct fg_predicate *predicate, uint16_t id)
{
    const bool numbered = id < FG_CALL_PREDICATES;
    if (numbered && asking->row[id] != 0) {
        return asking->row[id] - 1U;
    }
    const uint32_t row = asking->n++;
    asking->asked[row] = (struct fg_asked){
        .predicate = predicate, .id = id, .rules = &asking->rules[(size_t)row * asking->words]};
    if (numbered) {
        asking->row[id] = (uint16_t)asking->n;
    }
    return row;
}

// place: of the rule in by_event.
static void ask_for_rule(struct asking *asking, uint32_t place, uint32_t rule)
{
    const struct fg_ruleset *ruleset = asking->ruleset;
    const struct fg_condition *when = &ruleset->rules[rule].when;
    for (uint32_t i = 0; i < when->n; i++) {
        const uint16_t id = ruleset->predicate_ids[ruleset->ids_of_rule[rule] + i];
        const uint32_t row = row_of(asking, &when->all[i], id);
        asking->rules[(size_t)row * asking->words + place / 64] |= UINT64_C(1) << (place % 64);
    }
}

static void ask_for_meter(struct asking *asking, uint32_t meter)
{
    const struct fg_ruleset *ruleset = asking->ruleset;
    const struct fg_condition *when = &ruleset->meters[meter].when;
    for (uint32_t i = 0; i < when->n; i++) {
        const uint16_t id = ruleset->predicate_ids[ruleset->ids_of_meter[meter] + i];
        fg_meter_set_add(&asking->asked[row_of(asking, &when->all[i], id)].meters, meter);
    }
}

static uint32_t bits_set(uint64_t bits)
{
    uint32_t n = 0;
    for (; bits != 0; bits &= bits - 1) {
        n++;
    }
    return n;
}

static uint32_t weight_of(const struct fg_asked *asked, uint32_t words)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < FG_METER_SET_WORDS; i++) {
        n += bits_set(asked->meters.words[i]);
    }
    for (uint32_t i = 0; i < words; i++) {
        n += bits_set(asked->rules[i]);
    }
    return n;
}

// What puts most aside where it does not hold comes first.
static void sort_asked(struct asking *asking)
{
    for (uint32_t i = 1; i < asking->n; i++) {
        const struct fg_asked moved = asking->asked[i];
        const uint32_t weight = weight_of(&moved, asking->words);
        uint32_t at = i;
        for (; at > 0 && weight_of(&asking->asked[at - 1], asking->words) < weight; at--) {
            asking->asked[at] = asking->asked[at - 1];
        }
        asking->asked[at] = moved;
    }
}

// Whether an event changes a meter without regard to the meter's conditions: a lease is given back
// whatever the clock says by then.
static bool counts_always(const struct fg_meter *meter, int kind)
{
    return meter->kind == FG_METER_GAUGE && kind == FG_EVENT_END;
}

static int index_asked(struct fg_ruleset *ruleset, int direction, int kind, struct fg_arena *arena)
{
    const uint32_t n_rules = ruleset->n_by_event[direction][kind];
    const uint16_t *rules = ruleset->by_event[direction][kind];
    const struct fg_meter_set *changed = &ruleset->changed_by_event[direction][kind];
    struct asking asking = {.ruleset = ruleset, .words = (n_rules + 63) / 64};
    uint32_t most = 0;
    for (uint32_t i = 0; i < n_rules; i++) {
        most += ruleset->rules[rules[i]].when.n;
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        most += ruleset->meters[i].when.n;
    }
    asking.asked = fg_arena_alloc(arena, most * sizeof(*asking.asked));
    asking.rules = fg_arena_alloc(arena, (size_t)most * asking.words * sizeof(*asking.rules));
    if (asking.asked == NULL || asking.rules == NULL) {
        return FG_ENOMEM;
    }
    for (uint32_t i = 0; i < n_rules; i++) {
        ask_for_rule(&asking, i, rules[i]);
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        if (fg_meter_set_has(changed, i) && !counts_always(&ruleset->meters[i], kind)) {
            ask_for_meter(&asking, i);
        }
    }
    sort_asked(&asking);
    ruleset->asked_by_event[direction][kind] = asking.asked;
    ruleset->n_asked_by_event[direction][kind] = asking.n;
    return FG_OK;
}

// The rules without which a composite does not hold: one of all_of where there is a rule among
// them, else those of any_of. True: it may hold without any.
static bool composite_stands_alone(const struct fg_composite *composite, uint64_t bit,
                                   uint64_t *composites_of_rule)
{
    for (uint32_t i = 0; i < composite->n_all; i++) {
        if (composite->all_of[i].kind == FG_TERM_RULE) {
            composites_of_rule[composite->all_of[i].rule] |= bit;
            return false;
        }
    }
    for (uint32_t i = 0; i < composite->n_any; i++) {
        if (composite->any_of[i].kind != FG_TERM_RULE) {
            return true;
        }
    }
    for (uint32_t i = 0; i < composite->n_any; i++) {
        composites_of_rule[composite->any_of[i].rule] |= bit;
    }
    return composite->n_any == 0;
}

static int index_reads(struct fg_ruleset *ruleset, struct fg_arena *arena)
{
    struct fg_meter_op *reads = fg_arena_alloc(arena, ruleset->n_meters * sizeof(*reads));
    if (reads == NULL) {
        return FG_ENOMEM;
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        fg_meter_read(&ruleset->meters[i], &reads[i]);
    }
    ruleset->read_of_meter = reads;
    return FG_OK;
}

int fg_ruleset_index(struct fg_ruleset *ruleset, struct fg_arena *arena)
{
    struct fg_meter_set *meters = fg_arena_alloc(arena, (ruleset->n_rules + 1) * sizeof(*meters));
    uint64_t *composites = fg_arena_alloc(arena, (ruleset->n_rules + 1) * sizeof(*composites));
    if (meters == NULL || composites == NULL || index_reads(ruleset, arena) != FG_OK) {
        return FG_ENOMEM;
    }
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        meters[i] = fg_rule_meters(&ruleset->rules[i]);
    }
    ruleset->composites_always = 0;
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        const struct fg_composite *composite = &ruleset->composites[i];
        const uint64_t bit = UINT64_C(1) << i;
        if (composite->mode != FG_MODE_OFF && composite_stands_alone(composite, bit, composites)) {
            ruleset->composites_always |= bit;
        }
    }
    ruleset->meters_of_rule = meters;
    ruleset->composites_of_rule = composites;
    for (int direction = FG_OUTBOUND; direction <= FG_INBOUND; direction++) {
        for (int kind = 0; kind < FG_EVENT_KINDS; kind++) {
            const int rc = index_asked(ruleset, direction, kind, arena);
            if (rc != FG_OK) {
                return rc;
            }
        }
    }
    return FG_OK;
}
