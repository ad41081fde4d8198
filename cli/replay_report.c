// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay_report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "fg/text.h"

#define PER_100000 100000

// What is said of all attacks together.
struct attacks {
    const struct fg_replay_attack *items;
    uint32_t n, seen;
    struct fg_replay_totals totals;
};

static void add_totals(struct fg_replay_totals *sum, const struct fg_replay_totals *more)
{
    sum->calls += more->calls;
    sum->refused += more->refused;
    sum->cut += more->cut;
    sum->minutes_through += more->minutes_through;
    sum->minutes_stopped += more->minutes_stopped;
    sum->usd_through += more->usd_through;
    sum->usd_stopped += more->usd_stopped;
}

static bool collect(struct fg_replay_summary *summary, struct attacks *out)
{
    *out = (struct attacks){0};
    out->items = fg_replay_summary_attacks(summary, &out->n);
    for (uint32_t i = 0; out->items != NULL && i < out->n; i++) {
        out->seen += out->items[i].stopped ? 1 : 0;
        add_totals(&out->totals, &out->items[i].totals);
    }
    return out->items != NULL;
}

static uint64_t stopped(const struct fg_replay_totals *totals)
{
    return totals->refused + totals->cut;
}

static fg_micro per_100000(const struct fg_replay_totals *totals)
{
    return fg_replay_share(stopped(totals), totals->calls) * PER_100000;
}

static bool set_totals(struct fg_json *object, const struct fg_replay_totals *totals)
{
    return fg_json_set_integer(object, "calls", (int64_t)totals->calls) &&
           fg_json_set_integer(object, "refused", (int64_t)totals->refused) &&
           fg_json_set_integer(object, "cut", (int64_t)totals->cut) &&
           fg_json_set_integer(object, "calls_through",
                               (int64_t)(totals->calls - totals->refused)) &&
           fg_json_set_integer(object, "minutes_through", totals->minutes_through) &&
           fg_json_set_integer(object, "minutes_stopped", totals->minutes_stopped);
}

static struct fg_json *attack_json(const struct fg_replay_attack *attack)
{
    struct fg_json *object = fg_json_object_new();
    bool complete = fg_json_set_text(object, "label", fg_view_of(attack->label)) &&
                    set_totals(object, &attack->totals) &&
                    fg_json_set_micro(object, "usd_lost", attack->totals.usd_through) &&
                    fg_json_set_micro(object, "usd_prevented", attack->totals.usd_stopped) &&
                    fg_json_set_bool(object, "seen", attack->stopped);
    if (attack->stopped) {
        complete = complete &&
                   fg_json_set_integer(object, "first_block_after_ms",
                                       attack->stop_ms - attack->first_ms) &&
                   fg_json_set_integer(object, "first_block_call", (int64_t)attack->stop_calls);
    } else {
        complete = complete && fg_json_set_null(object, "first_block_after_ms") &&
                   fg_json_set_null(object, "first_block_call");
    }
    if (!complete) {
        fg_json_free(object);
        return NULL;
    }
    return object;
}

static struct fg_json *attacks_json(const struct attacks *attacks)
{
    struct fg_json *object = fg_json_object_new();
    struct fg_json *list = fg_json_array_new();
    const struct fg_replay_totals *totals = &attacks->totals;
    bool complete = fg_json_set_integer(object, "attacks", attacks->n) &&
                    fg_json_set_integer(object, "seen", attacks->seen) &&
                    fg_json_set_integer(object, "missed", attacks->n - attacks->seen) &&
                    set_totals(object, totals) &&
                    fg_json_set_micro(object, "calls_stopped_percent",
                                      fg_replay_share(stopped(totals), totals->calls) * 100) &&
                    fg_json_set_micro(object, "usd_lost", totals->usd_through) &&
                    fg_json_set_micro(object, "usd_prevented", totals->usd_stopped);
    for (uint32_t i = 0; complete && i < attacks->n; i++) {
        complete = fg_json_append(list, attack_json(&attacks->items[i]));
    }
    complete = fg_json_set(object, "each", list) && complete;
    if (!complete) {
        fg_json_free(object);
        return NULL;
    }
    return object;
}

static struct fg_json *actions_json(const struct fg_replay_summary *summary)
{
    struct fg_json *object = fg_json_object_new();
    bool complete = true;
    for (unsigned i = 0; complete && i < FG_ACTION_COUNT; i++) {
        enum fg_action action = (enum fg_action)i;
        complete = fg_json_set_integer(object, fg_action_name(action),
                                       (int64_t)fg_replay_summary_actions(summary, action));
    }
    if (!complete) {
        fg_json_free(object);
        return NULL;
    }
    return object;
}

static struct fg_json *wanted_json(const struct fg_replay_totals *totals)
{
    struct fg_json *object = fg_json_object_new();
    if (!set_totals(object, totals) ||
        !fg_json_set_micro(object, "usd_through", totals->usd_through) ||
        !fg_json_set_micro(object, "usd_stopped", totals->usd_stopped) ||
        !fg_json_set_micro(object, "blocked_per_100000", per_100000(totals))) {
        fg_json_free(object);
        return NULL;
    }
    return object;
}

static bool print_json(const struct output *output, const struct replay_facts *facts,
                       const struct attacks *attacks)
{
    struct fg_json *object = fg_json_object_new();
    const struct fg_replay_totals *all = fg_replay_summary_all(facts->summary);
    bool complete =
        fg_json_set_integer(object, "v", 1) && set_totals(object, all) &&
        fg_json_set_integer(object, "skipped", (int64_t)facts->skipped) &&
        fg_json_set_integer(object, "events", (int64_t)facts->stats.events) &&
        fg_json_set_integer(object, "other_customer", (int64_t)facts->stats.other_customer) &&
        fg_json_set_micro(object, "usd_through", all->usd_through) &&
        fg_json_set_micro(object, "usd_stopped", all->usd_stopped) &&
        fg_json_set(object, "actions", actions_json(facts->summary)) &&
        fg_json_set(object, "legit", wanted_json(fg_replay_summary_wanted(facts->summary))) &&
        fg_json_set(object, "fraud", attacks_json(attacks));
    if (!complete) {
        fg_json_free(object);
        return false;
    }
    return output_object(output, object);
}

static double usd(fg_micro amount)
{
    return (double)amount / (double)FG_MICRO;
}

static void print_attack(const struct fg_replay_attack *attack)
{
    const struct fg_replay_totals *totals = &attack->totals;
    char *label = fg_text_plain(fg_view_of(attack->label));
    char after[48] = "never";
    if (attack->stopped) {
        (void)snprintf(after, sizeof(after), "call %" PRIu64 ", %.1f s", attack->stop_calls,
                       (double)(attack->stop_ms - attack->first_ms) / 1000.0);
    }
    (void)printf("  %-24s  %7" PRIu64 "  %7" PRIu64 "  %7" PRId64 "  %10.2f  %10.2f  %s\n",
                 label == NULL ? "?" : label, totals->calls, totals->calls - totals->refused,
                 totals->minutes_through, usd(totals->usd_through), usd(totals->usd_stopped),
                 after);
    free(label);
}

static void print_attacks(const struct attacks *attacks)
{
    const struct fg_replay_totals *totals = &attacks->totals;
    (void)printf("\nattacks        %u, %u seen, %u missed\n", attacks->n, attacks->seen,
                 attacks->n - attacks->seen);
    (void)printf("their calls    %" PRIu64 ", %" PRIu64 " refused, %" PRIu64 " cut (%.2f %%)\n",
                 totals->calls, totals->refused, totals->cut,
                 usd(fg_replay_share(stopped(totals), totals->calls) * 100));
    (void)printf("money          about $%.2f lost, $%.2f prevented\n", usd(totals->usd_through),
                 usd(totals->usd_stopped));
    (void)printf("\n  %-24s  %7s  %7s  %7s  %10s  %10s  %s\n", "ATTACK", "CALLS", "THROUGH",
                 "MINUTES", "LOST $", "STOPPED $", "FIRST BLOCK");
    for (uint32_t i = 0; i < attacks->n; i++) {
        print_attack(&attacks->items[i]);
    }
}

static bool print_people(const struct replay_facts *facts, const struct attacks *attacks)
{
    const struct fg_replay_totals *all = fg_replay_summary_all(facts->summary);
    const struct fg_replay_totals *wanted = fg_replay_summary_wanted(facts->summary);
    (void)printf("calls          %" PRIu64 ", %" PRIu64 " refused, %" PRIu64 " cut; %" PRIu64
                 " rows skipped\n",
                 all->calls, all->refused, all->cut, facts->skipped);
    (void)fputs("verdicts      ", stdout);
    for (unsigned i = 0; i < FG_ACTION_COUNT; i++) {
        (void)printf("%s %s %" PRIu64, i == 0 ? "" : ",", fg_action_name((enum fg_action)i),
                     fg_replay_summary_actions(facts->summary, (enum fg_action)i));
    }
    (void)printf("\nwanted calls   %" PRIu64 ", %" PRIu64 " refused, %" PRIu64
                 " cut (%.1f of 100,000)\n",
                 wanted->calls, wanted->refused, wanted->cut, usd(per_100000(wanted)));
    if (attacks->n > 0) {
        print_attacks(attacks);
    }
    return fflush(stdout) == 0 && ferror(stdout) == 0;
}

bool replay_report(const struct output *output, const struct replay_facts *facts)
{
    struct attacks attacks;
    if (!collect(facts->summary, &attacks)) {
        return false;
    }
    return output->format == OUTPUT_HUMAN ? print_people(facts, &attacks)
                                          : print_json(output, facts, &attacks);
}
