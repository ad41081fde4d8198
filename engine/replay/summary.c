// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/replay_summary.h"

#include <stdlib.h>
#include <string.h>

#include "labels.h"

struct fg_replay_summary {
    struct fg_replay_totals all, wanted;
    uint64_t actions[FG_ACTION_COUNT];
    struct labels labels;
    struct fg_replay_attack *attacks; // by number of the label, from 1
    uint32_t room;
    struct fg_replay_attack *sorted; // made when asked for
};

struct fg_replay_summary *fg_replay_summary_new(void)
{
    return calloc(1, sizeof(struct fg_replay_summary));
}

void fg_replay_summary_free(struct fg_replay_summary *summary)
{
    if (summary == NULL) {
        return;
    }
    labels_fini(&summary->labels);
    free(summary->attacks);
    free(summary->sorted);
    free(summary);
}

static void add_money(fg_micro *sum, fg_micro rate, int64_t minutes)
{
    fg_micro cost = 0;
    if (minutes <= 0 || rate <= 0) {
        return;
    }
    if (__builtin_mul_overflow(rate, minutes, &cost) || __builtin_add_overflow(*sum, cost, sum)) {
        *sum = INT64_MAX;
    }
}

static void add_totals(struct fg_replay_totals *totals, const struct fg_replay_result *result)
{
    bool stopped = result->refused || result->cut;
    int64_t kept_out = stopped ? result->minutes_recorded - result->minutes_through : 0;
    totals->calls++;
    totals->refused += result->refused ? 1U : 0U;
    totals->cut += result->cut ? 1U : 0U;
    totals->minutes_through += result->minutes_through;
    totals->minutes_stopped += kept_out;
    add_money(&totals->usd_through, result->usd_per_minute, result->minutes_through);
    add_money(&totals->usd_stopped, result->usd_per_minute, kept_out);
}

static int find_attack(struct fg_replay_summary *summary, struct fg_view label,
                       struct fg_replay_attack **out)
{
    uint32_t number = 0;
    int rc = labels_find(&summary->labels, label, &number);
    if (rc != FG_OK) {
        return rc;
    }
    if (number >= summary->room) {
        uint32_t room = summary->room == 0 ? 64 : summary->room * 2;
        struct fg_replay_attack *attacks = reallocarray(summary->attacks, room, sizeof(*attacks));
        if (attacks == NULL) {
            return FG_ENOMEM;
        }
        memset(attacks + summary->room, 0, (room - summary->room) * sizeof(*attacks));
        summary->attacks = attacks;
        summary->room = room;
    }
    *out = &summary->attacks[number];
    (*out)->label = summary->labels.items[number].text;
    return FG_OK;
}

// Results come in the order in which fates are known, not in that of the starts or the stops.
static void add_to_attack(struct fg_replay_attack *attack, const struct fg_replay_result *result)
{
    if (attack->totals.calls == 0 || result->start_ms < attack->first_ms) {
        attack->first_ms = result->start_ms;
    }
    if ((result->refused || result->cut) &&
        (!attack->stopped || result->decided_ms < attack->stop_ms)) {
        attack->stopped = true;
        attack->stop_ms = result->decided_ms;
        attack->stop_calls = result->label_calls;
    }
    add_totals(&attack->totals, result);
}

int fg_replay_summary_add(struct fg_replay_summary *summary, const struct fg_replay_result *result)
{
    if (result->label.len > 0) {
        struct fg_replay_attack *attack = NULL;
        int rc = find_attack(summary, result->label, &attack);
        if (rc != FG_OK) {
            return rc;
        }
        add_to_attack(attack, result);
    } else {
        add_totals(&summary->wanted, result);
    }
    add_totals(&summary->all, result);
    if ((unsigned)result->action < FG_ACTION_COUNT) {
        summary->actions[result->action]++;
    }
    return FG_OK;
}

const struct fg_replay_totals *fg_replay_summary_all(const struct fg_replay_summary *summary)
{
    return &summary->all;
}

const struct fg_replay_totals *fg_replay_summary_wanted(const struct fg_replay_summary *summary)
{
    return &summary->wanted;
}

uint64_t fg_replay_summary_actions(const struct fg_replay_summary *summary, enum fg_action action)
{
    return (unsigned)action < FG_ACTION_COUNT ? summary->actions[action] : 0;
}

static int compare_labels(const void *a, const void *b)
{
    const struct fg_replay_attack *x = a;
    const struct fg_replay_attack *y = b;
    return strcmp(x->label, y->label);
}

const struct fg_replay_attack *fg_replay_summary_attacks(struct fg_replay_summary *summary,
                                                         uint32_t *n)
{
    *n = 0;
    uint32_t attacks = summary->labels.n > 0 ? summary->labels.n - 1 : 0;
    free(summary->sorted);
    summary->sorted = calloc((size_t)attacks + 1, sizeof(*summary->sorted));
    if (summary->sorted == NULL || attacks == 0) {
        return summary->sorted;
    }
    memcpy(summary->sorted, summary->attacks + 1, attacks * sizeof(*summary->sorted));
    qsort(summary->sorted, attacks, sizeof(*summary->sorted), compare_labels);
    *n = attacks;
    return summary->sorted;
}

fg_micro fg_replay_share(uint64_t part, uint64_t whole)
{
    if (whole == 0) {
        return 0;
    }
    // Parts of up to 2^64 are possible in theory only; beyond 2^43 precision gives way.
    if (part > UINT64_MAX / (uint64_t)FG_MICRO) {
        return (fg_micro)(part / (whole / (uint64_t)FG_MICRO + 1));
    }
    return (fg_micro)(part * (uint64_t)FG_MICRO / whole);
}
