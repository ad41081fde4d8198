// SPDX-License-Identifier: GPL-2.0-or-later
#include "backtest_report.h"

#include <inttypes.h>

#define TOP_CUSTOMERS 10

typedef const struct fg_compare_item *list_of(struct fg_compare *compare, uint32_t *n);

static bool set_counts(struct fg_json *object, const struct fg_compare_counts *counts, bool labels)
{
    bool complete = fg_json_set_integer(object, "newly_blocked", (int64_t)counts->blocked) &&
                    fg_json_set_integer(object, "no_longer_blocked", (int64_t)counts->freed) &&
                    fg_json_set_micro(object, "usd_saved", counts->usd_less) &&
                    fg_json_set_micro(object, "usd_lost", counts->usd_more);
    if (!labels) {
        return complete && fg_json_set_null(object, "wanted");
    }
    struct fg_json *wanted = fg_json_object_new();
    complete = complete &&
               fg_json_set_integer(wanted, "newly_blocked", (int64_t)counts->wanted_blocked) &&
               fg_json_set_integer(wanted, "no_longer_blocked", (int64_t)counts->wanted_freed) &&
               fg_json_set_micro(wanted, "usd_stopped", counts->wanted_usd_less) &&
               fg_json_set_micro(wanted, "usd_through", counts->wanted_usd_more);
    return fg_json_set(object, "wanted", wanted) && complete;
}

static bool set_list(struct fg_json *object, const char *key, const struct backtest_facts *facts,
                     list_of *list, uint32_t most)
{
    uint32_t n = 0;
    const struct fg_compare_item *items = list(facts->compare, &n);
    struct fg_json *array = fg_json_array_new();
    bool complete = items != NULL;
    for (uint32_t i = 0; complete && i < n && i < most; i++) {
        struct fg_json *item = fg_json_object_new();
        complete = fg_json_set_text(item, "id", fg_view_of(items[i].name)) &&
                   set_counts(item, &items[i].counts, facts->knows_labels);
        complete = fg_json_append(array, item) && complete;
    }
    return fg_json_set(object, key, array) && complete;
}

static bool print_json(const struct output *output, const struct backtest_facts *facts)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        fg_json_set_integer(object, "v", 1) &&
        fg_json_set_integer(object, "calls", (int64_t)facts->calls) &&
        fg_json_set_integer(object, "skipped", (int64_t)facts->skipped) &&
        fg_json_set_integer(object, "blocked_old",
                            (int64_t)fg_compare_stopped(facts->compare, FG_COMPARE_OLD)) &&
        fg_json_set_integer(object, "blocked_new",
                            (int64_t)fg_compare_stopped(facts->compare, FG_COMPARE_NEW)) &&
        fg_json_set_string(object, "labels", facts->knows_labels ? "present" : "absent") &&
        set_counts(object, fg_compare_all(facts->compare), facts->knows_labels) &&
        set_list(object, "rules", facts, fg_compare_rules, UINT32_MAX) &&
        set_list(object, "customers", facts, fg_compare_customers, TOP_CUSTOMERS);
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

static bool print_list(const struct backtest_facts *facts, const char *title, list_of *list,
                       uint32_t most)
{
    uint32_t n = 0;
    const struct fg_compare_item *items = list(facts->compare, &n);
    if (items == NULL || n == 0) {
        return items != NULL;
    }
    (void)printf("\n  %-28s  %7s  %7s  %10s  %10s%s\n", title, "BLOCKED", "FREED", "SAVED $",
                 "LOST $", facts->knows_labels ? "   WANTED BLOCKED/FREED" : "");
    for (uint32_t i = 0; i < n && i < most; i++) {
        const struct fg_compare_counts *counts = &items[i].counts;
        (void)printf("  %-28s  %7" PRIu64 "  %7" PRIu64 "  %10.2f  %10.2f", items[i].name,
                     counts->blocked, counts->freed, usd(counts->usd_less), usd(counts->usd_more));
        if (facts->knows_labels) {
            (void)printf("   %" PRIu64 "/%" PRIu64, counts->wanted_blocked, counts->wanted_freed);
        }
        (void)putchar('\n');
    }
    if (n > most) {
        (void)printf("  and %u more\n", n - most);
    }
    return true;
}

static bool print_people(const struct backtest_facts *facts)
{
    const struct fg_compare_counts *all = fg_compare_all(facts->compare);
    (void)printf("calls              %" PRIu64 "; %" PRIu64 " rows skipped\n", facts->calls,
                 facts->skipped);
    (void)printf("refused or cut     %" PRIu64 " with the old rules, %" PRIu64
                 " with the new ones\n",
                 fg_compare_stopped(facts->compare, FG_COMPARE_OLD),
                 fg_compare_stopped(facts->compare, FG_COMPARE_NEW));
    (void)printf("newly blocked      %" PRIu64 "\nno longer blocked  %" PRIu64 "\n", all->blocked,
                 all->freed);
    (void)printf("money              about $%.2f saved, $%.2f lost\n", usd(all->usd_less),
                 usd(all->usd_more));
    if (facts->knows_labels) {
        (void)printf("wanted calls       %" PRIu64 " newly blocked, %" PRIu64 " no longer\n",
                     all->wanted_blocked, all->wanted_freed);
    } else {
        (void)puts("wanted calls       labels absent");
    }
    return print_list(facts, "RULE", fg_compare_rules, UINT32_MAX) &&
           print_list(facts, "CUSTOMER", fg_compare_customers, TOP_CUSTOMERS) &&
           fflush(stdout) == 0 && ferror(stdout) == 0;
}

bool backtest_report(const struct output *output, const struct backtest_facts *facts)
{
    return output->format == OUTPUT_HUMAN ? print_people(facts) : print_json(output, facts);
}
