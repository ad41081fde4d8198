// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/compare.h"

#include <stdlib.h>
#include <string.h>

#include "labels.h"
#include "pairing.h"

// What a replay hands its results to.
struct end {
    struct fg_compare *compare;
    enum fg_compare_side side;
};

struct fg_compare {
    struct fg_compare_config config;
    struct end ends[FG_COMPARE_SIDES];
    struct fg_replay *replays[FG_COMPARE_SIDES];
    struct pairing pairing;
    uint64_t stopped[FG_COMPARE_SIDES];
    struct fg_compare_counts all;
    struct fg_compare_counts *customers; // by index; the last one: nobody known
    uint32_t n_customers;                // with that one
    struct labels names;                 // of rules
    struct fg_compare_counts *rules;     // by number of the name, from 1
    uint32_t rules_room;
    struct fg_compare_item *sorted; // made when asked for
};

static bool is_stopped(const struct fg_replay_result *result)
{
    return result->refused || result->cut;
}

static fg_micro money_through(const struct fg_replay_result *result)
{
    fg_micro cost = 0;
    if (result->minutes_through <= 0 || result->usd_per_minute <= 0) {
        return 0;
    }
    return __builtin_mul_overflow(result->usd_per_minute, result->minutes_through, &cost)
               ? INT64_MAX
               : cost;
}

static void add_money(fg_micro *sum, fg_micro amount)
{
    if (__builtin_add_overflow(*sum, amount, sum)) {
        *sum = INT64_MAX;
    }
}

// less, more: what the call gets through less or more than before; one of them is 0.
static void add_counts(struct fg_compare_counts *counts, const struct fg_compare_pair *pair,
                       fg_micro less, fg_micro more)
{
    const bool wanted = pair->sides[FG_COMPARE_NEW]->label.len == 0;
    const bool blocked = pair->change == FG_COMPARE_BLOCKED;
    const bool freed = pair->change == FG_COMPARE_FREED;
    counts->blocked += blocked ? 1U : 0U;
    counts->freed += freed ? 1U : 0U;
    add_money(&counts->usd_less, less);
    add_money(&counts->usd_more, more);
    if (wanted) {
        counts->wanted_blocked += blocked ? 1U : 0U;
        counts->wanted_freed += freed ? 1U : 0U;
        add_money(&counts->wanted_usd_less, less);
        add_money(&counts->wanted_usd_more, more);
    }
}

// --- which rule

// Who made the points: of a hold the rule that set it.
static void credit(const struct fg_policy *policy, const struct fg_replay_result *result,
                   const struct fg_replay_reason *reason, char out[FG_REPLAY_ID_MAX])
{
    const char *rule =
        reason->kind == FG_REASON_HOLD ? fg_replay_hold_rule(policy, &result->hold) : "";
    if (rule[0] == '\0') {
        fg_replay_reason_id(policy, result, reason, out);
        return;
    }
    const size_t len = strnlen(rule, FG_REPLAY_ID_MAX - 1);
    (void)memcpy(out, rule, len);
    out[len] = '\0';
}

// Points of the reason called id, shadow ones left out.
static int64_t points_of(const struct fg_policy *policy, const struct fg_replay_result *result,
                         const char *id)
{
    char other[FG_REPLAY_ID_MAX];
    int64_t points = 0;
    for (uint32_t i = 0; i < result->n_reasons; i++) {
        if (!result->reasons[i].shadow) {
            credit(policy, result, &result->reasons[i], other);
            points += strcmp(id, other) == 0 ? result->reasons[i].points : 0;
        }
    }
    return points;
}

// What weighs more on the side that stops the call than on the other one; of equals the first by
// name.
static void name_rule(const struct fg_compare *compare, struct fg_compare_pair *pair)
{
    const bool blocked = pair->change == FG_COMPARE_BLOCKED;
    const enum fg_compare_side stops = blocked ? FG_COMPARE_NEW : FG_COMPARE_OLD;
    const enum fg_compare_side lets = blocked ? FG_COMPARE_OLD : FG_COMPARE_NEW;
    const struct fg_policy *const *policies = compare->config.policies;
    const struct fg_replay_result *result = pair->sides[stops];
    char id[FG_REPLAY_ID_MAX];
    int64_t most = 0;
    (void)memcpy(pair->rule, FG_COMPARE_NO_RULE, sizeof(FG_COMPARE_NO_RULE));
    for (uint32_t i = 0; i < result->n_reasons; i++) {
        if (result->reasons[i].shadow) {
            continue;
        }
        credit(policies[stops], result, &result->reasons[i], id);
        const int64_t more = points_of(policies[stops], result, id) -
                             points_of(policies[lets], pair->sides[lets], id);
        if (more > most || (more > 0 && more == most && strcmp(id, pair->rule) < 0)) {
            most = more;
            (void)memcpy(pair->rule, id, sizeof(id));
        }
    }
}

static int counts_of_rule(struct fg_compare *compare, const char *rule,
                          struct fg_compare_counts **out)
{
    uint32_t number = 0;
    const int rc = labels_find(&compare->names, fg_view_of(rule), &number);
    if (rc != FG_OK) {
        return rc;
    }
    if (number >= compare->rules_room) {
        const uint32_t room = compare->rules_room == 0 ? 64 : compare->rules_room * 2;
        struct fg_compare_counts *rules = reallocarray(compare->rules, room, sizeof(*rules));
        if (rules == NULL) {
            return FG_ENOMEM;
        }
        memset(rules + compare->rules_room, 0, (room - compare->rules_room) * sizeof(*rules));
        compare->rules = rules;
        compare->rules_room = room;
    }
    *out = &compare->rules[number];
    return FG_OK;
}

// --- pairs

static int differ(struct fg_compare *compare, struct fg_compare_pair *pair, fg_micro less,
                  fg_micro more)
{
    struct fg_compare_counts *rule = NULL;
    name_rule(compare, pair);
    const int rc = counts_of_rule(compare, pair->rule, &rule);
    if (rc != FG_OK) {
        return rc;
    }
    add_counts(rule, pair, less, more);
    return compare->config.differs == NULL ? FG_OK
                                           : compare->config.differs(compare->config.arg, pair);
}

static int take_pair(struct fg_compare *compare, struct fg_compare_pair *pair)
{
    const struct fg_replay_result *old = pair->sides[FG_COMPARE_OLD];
    const struct fg_replay_result *new = pair->sides[FG_COMPARE_NEW];
    const fg_micro before = money_through(old);
    const fg_micro after = money_through(new);
    const fg_micro less = before > after ? before - after : 0;
    const fg_micro more = after > before ? after - before : 0;
    compare->stopped[FG_COMPARE_OLD] += is_stopped(old) ? 1U : 0U;
    compare->stopped[FG_COMPARE_NEW] += is_stopped(new) ? 1U : 0U;
    if (is_stopped(old) != is_stopped(new)) {
        pair->change = is_stopped(new) ? FG_COMPARE_BLOCKED : FG_COMPARE_FREED;
    }
    const uint32_t customer =
        new->customer == NULL ? compare->n_customers - 1 : new->customer->index;
    add_counts(&compare->all, pair, less, more);
    add_counts(&compare->customers[customer], pair, less, more);
    return pair->change == FG_COMPARE_SAME ? FG_OK : differ(compare, pair, less, more);
}

static int take_result(void *arg, const struct fg_replay_result *result)
{
    const struct end *end = arg;
    struct fg_compare *compare = end->compare;
    struct waiting *waiting = pairing_find(&compare->pairing, result->sequence);
    if (waiting == NULL) {
        return pairing_keep(&compare->pairing, end->side, result);
    }
    struct fg_compare_pair pair = {0};
    waiting->result.call_id = result->call_id;
    waiting->result.label = result->label;
    pair.sides[waiting->side] = &waiting->result;
    pair.sides[end->side] = result;
    const int rc = take_pair(compare, &pair);
    pairing_drop(&compare->pairing, result->sequence);
    return rc;
}

struct fg_compare *fg_compare_new(const struct fg_compare_config *config)
{
    struct fg_compare *compare = calloc(1, sizeof(*compare));
    if (compare == NULL) {
        return NULL;
    }
    compare->config = *config;
    compare->n_customers = config->policies[FG_COMPARE_NEW]->customers->n + 1;
    compare->customers = calloc(compare->n_customers, sizeof(*compare->customers));
    bool complete = pairing_init(&compare->pairing) == FG_OK && compare->customers != NULL;
    for (unsigned i = 0; complete && i < FG_COMPARE_SIDES; i++) {
        compare->ends[i] = (struct end){.compare = compare, .side = (enum fg_compare_side)i};
        const struct fg_replay_config side = {
            .policy = config->policies[i], .result = take_result, .arg = &compare->ends[i]};
        compare->replays[i] = fg_replay_new(&side);
        complete = compare->replays[i] != NULL;
    }
    if (!complete) {
        fg_compare_free(compare);
        return NULL;
    }
    return compare;
}

void fg_compare_free(struct fg_compare *compare)
{
    if (compare == NULL) {
        return;
    }
    for (unsigned i = 0; i < FG_COMPARE_SIDES; i++) {
        fg_replay_free(compare->replays[i]);
    }
    pairing_fini(&compare->pairing);
    labels_fini(&compare->names);
    free(compare->customers);
    free(compare->rules);
    free(compare->sorted);
    free(compare);
}

int fg_compare_add(struct fg_compare *compare, const struct fg_call_row *row)
{
    // What is taken depends on the starts alone: a row that one side leaves out, both do, and they
    // number the others alike.
    const int rc = fg_replay_add(compare->replays[FG_COMPARE_OLD], row);
    return rc == FG_OK ? fg_replay_add(compare->replays[FG_COMPARE_NEW], row) : rc;
}

int fg_compare_finish(struct fg_compare *compare)
{
    const int rc = fg_replay_finish(compare->replays[FG_COMPARE_OLD]);
    return rc == FG_OK ? fg_replay_finish(compare->replays[FG_COMPARE_NEW]) : rc;
}

void fg_compare_stats(const struct fg_compare *compare, enum fg_compare_side side,
                      struct fg_replay_stats *out)
{
    fg_replay_stats(compare->replays[side], out);
}

const struct fg_compare_counts *fg_compare_all(const struct fg_compare *compare)
{
    return &compare->all;
}

uint64_t fg_compare_stopped(const struct fg_compare *compare, enum fg_compare_side side)
{
    return compare->stopped[side];
}

// --- lists

static int compare_items(const void *a, const void *b)
{
    const struct fg_compare_item *x = a;
    const struct fg_compare_item *y = b;
    const uint64_t calls_x = x->counts.blocked + x->counts.freed;
    const uint64_t calls_y = y->counts.blocked + y->counts.freed;
    return calls_x != calls_y ? (calls_x < calls_y ? 1 : -1) : strcmp(x->name, y->name);
}

static bool differs(const struct fg_compare_counts *counts)
{
    return counts->blocked > 0 || counts->freed > 0 || counts->usd_less > 0 || counts->usd_more > 0;
}

static bool begin_list(struct fg_compare *compare, uint32_t most)
{
    free(compare->sorted);
    compare->sorted = calloc((size_t)most + 1, sizeof(*compare->sorted));
    return compare->sorted != NULL;
}

const struct fg_compare_item *fg_compare_customers(struct fg_compare *compare, uint32_t *n)
{
    const struct fg_customers *customers = compare->config.policies[FG_COMPARE_NEW]->customers;
    *n = 0;
    if (!begin_list(compare, compare->n_customers)) {
        return NULL;
    }
    for (uint32_t i = 0; i < compare->n_customers; i++) {
        if (differs(&compare->customers[i])) {
            compare->sorted[(*n)++] =
                (struct fg_compare_item){.name = i < customers->n ? customers->items[i].id : "-",
                                         .counts = compare->customers[i]};
        }
    }
    qsort(compare->sorted, *n, sizeof(*compare->sorted), compare_items);
    return compare->sorted;
}

const struct fg_compare_item *fg_compare_rules(struct fg_compare *compare, uint32_t *n)
{
    *n = 0;
    if (!begin_list(compare, compare->names.n)) {
        return NULL;
    }
    for (uint32_t i = 1; i < compare->names.n; i++) {
        compare->sorted[(*n)++] = (struct fg_compare_item){.name = compare->names.items[i].text,
                                                           .counts = compare->rules[i]};
    }
    qsort(compare->sorted, *n, sizeof(*compare->sorted), compare_items);
    return compare->sorted;
}
