// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/bound.h"

#include <stdlib.h>
#include <string.h>

#include "budgets.h"

#define CLASSES_MAX     64
#define SHORTEST_DAY_MS (23 * FG_BOUND_HOUR_MS)
#define NO_BUDGET       UINT32_MAX

// Rates for which the same budgets hold.
struct class
{
    uint32_t first, last; // indexes into the rates
    uint64_t covers;      // budgets, a bit each
};

struct working {
    const struct fg_bound_terms *terms;
    int64_t period_ms;
    struct budgets budgets;
    struct class classes[CLASSES_MAX];
    uint32_t n_classes;
};

static fg_micro add(fg_micro a, fg_micro b)
{
    fg_micro sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? FG_BOUND_UNBOUNDED : sum;
}

static fg_micro times(fg_micro a, int64_t n)
{
    fg_micro product = 0;
    if (a == FG_BOUND_UNBOUNDED || n == FG_BOUND_UNBOUNDED) {
        return FG_BOUND_UNBOUNDED;
    }
    return __builtin_mul_overflow(a, n, &product) ? FG_BOUND_UNBOUNDED : product;
}

static int64_t divided_up(int64_t a, int64_t b)
{
    return a / b + (a % b > 0 ? 1 : 0);
}

static int compare_rates(const void *a, const void *b)
{
    const struct fg_bound_rate *left = a;
    const struct fg_bound_rate *right = b;
    if (left->usd_per_minute != right->usd_per_minute) {
        return left->usd_per_minute < right->usd_per_minute ? -1 : 1;
    }
    size_t n = strlen(left->prefix);
    size_t m = strlen(right->prefix);
    return n != m ? (n < m ? -1 : 1) : strcmp(left->prefix, right->prefix);
}

uint32_t fg_bound_rates_sort(struct fg_bound_rate *rates, uint32_t n)
{
    uint32_t kept = 0;
    if (n > 0) {
        qsort(rates, n, sizeof(*rates), compare_rates);
    }
    for (uint32_t i = 0; i < n; i++) {
        fg_micro before = kept == 0 ? 0 : rates[kept - 1].usd_per_minute;
        if (rates[i].usd_per_minute > before) {
            rates[kept++] = rates[i];
        }
    }
    return kept;
}

static uint64_t covering(const struct budgets *budgets, fg_micro rate)
{
    uint64_t covers = 0;
    for (uint32_t i = 0; i < budgets->n; i++) {
        covers |= budget_covers(budgets, &budgets->items[i], rate) ? UINT64_C(1) << i : 0;
    }
    return covers;
}

static void find_classes(struct working *w)
{
    for (uint32_t i = 0; i < w->terms->n_rates; i++) {
        uint64_t covers = covering(&w->budgets, w->terms->rates[i].usd_per_minute);
        struct class *last = w->n_classes == 0 ? NULL : &w->classes[w->n_classes - 1];
        if (last == NULL || (last->covers != covers && w->n_classes < CLASSES_MAX)) {
            w->classes[w->n_classes++] = (struct class){i, i, covers};
        } else {
            last->last = i;
            last->covers &= covers; // fewer are certain: never too low
        }
    }
}

// The classes from first to last.
struct span {
    uint32_t first, last;
};

static uint64_t span_covers(const struct working *w, struct span span)
{
    uint64_t covers = UINT64_MAX;
    for (uint32_t i = span.first; i <= span.last; i++) {
        covers &= w->classes[i].covers;
    }
    return covers;
}

static fg_micro highest_rate(const struct working *w, struct span span)
{
    return w->terms->rates[w->classes[span.last].last].usd_per_minute;
}

// What one minute of all calls that can be in progress costs, if one rule limits them all.
static fg_micro minute_under_one_rule(const struct working *w, struct span span)
{
    uint64_t covers = span_covers(w, span);
    int64_t ring_s = w->terms->ring_s > 0 ? w->terms->ring_s : FG_BOUND_RING_S;
    // A call that rings for longer than its lease is forgotten, and there again once it is
    // answered.
    int64_t times_over = divided_up(ring_s * FG_MS_PER_S, FG_LEASE_MS);
    fg_micro least = FG_BOUND_UNBOUNDED;
    for (uint32_t i = 0; i < w->budgets.n; i++) {
        const struct budget *budget = &w->budgets.items[i];
        if (budget->kind == BUDGET_LIVE && (covers & (UINT64_C(1) << i)) != 0) {
            fg_micro cost = times(highest_rate(w, span), budget->limit * times_over);
            least = cost < least ? cost : least;
        }
    }
    return least;
}

static fg_micro live_minute(const struct working *w, struct span span)
{
    fg_micro together = minute_under_one_rule(w, span);
    fg_micro apart = 0;
    for (uint32_t i = span.first; i <= span.last; i++) {
        apart = add(apart, minute_under_one_rule(w, (struct span){i, i}));
    }
    return together < apart ? together : apart;
}

// In how many windows a period can be.
static int64_t windows(const struct working *w, const struct budget *budget)
{
    return budget->over_ms == 0 ? w->period_ms / SHORTEST_DAY_MS + 2
                                : divided_up(w->period_ms, budget->over_ms);
}

static fg_micro cost_under(const struct working *w, const struct budget *budget, struct span span,
                           fg_micro minute)
{
    fg_micro rate = highest_rate(w, span);
    int64_t n = windows(w, budget);
    switch (budget->kind) {
    case BUDGET_MONEY:
        return times(add(budget->limit, minute), n);
    case BUDGET_MINUTES:
        return times(add(times(rate, budget->limit), minute), n);
    case BUDGET_CALLS: {
        // Each call that is let through starts a minute, and each call in progress one a minute.
        fg_micro started = times(times(rate, 1 + FG_FREE_REPEATS), times(budget->limit, n));
        return add(started, times(minute, 1 + divided_up(w->period_ms, FG_MS_PER_MIN)));
    }
    case BUDGET_LIVE:
        break; // short calls cost without being many at once
    }
    return FG_BOUND_UNBOUNDED;
}

// The cheapest budget that covers the whole span; NO_BUDGET.
static uint32_t best_budget(const struct working *w, struct span span, fg_micro *usd)
{
    uint64_t covers = span_covers(w, span);
    fg_micro minute = live_minute(w, span);
    uint32_t best = NO_BUDGET;
    *usd = FG_BOUND_UNBOUNDED;
    for (uint32_t i = 0; i < w->budgets.n; i++) {
        if ((covers & (UINT64_C(1) << i)) == 0) {
            continue;
        }
        fg_micro cost = cost_under(w, &w->budgets.items[i], span, minute);
        if (cost < *usd) {
            *usd = cost;
            best = i;
        }
    }
    return best;
}

static void find_hole(const struct working *w, struct fg_bound *out)
{
    for (uint32_t i = w->n_classes; i > 0 && out->hole == NULL; i--) {
        const struct span one = {i - 1, i - 1};
        fg_micro usd = 0;
        if (best_budget(w, one, &usd) != NO_BUDGET) {
            continue;
        }
        out->hole = &w->terms->rates[w->classes[i - 1].last];
        for (uint32_t k = 0; k < w->budgets.n; k++) {
            bool covers = (w->classes[i - 1].covers & (UINT64_C(1) << k)) != 0;
            out->hole_is_live |= covers && w->budgets.items[k].kind != BUDGET_LIVE;
        }
    }
}

// The least that classes 0 to i come to, cut into spans that one budget each is responsible for.
struct cover {
    fg_micro usd;
    uint32_t first;  // of the last span
    uint32_t budget; // of the last span
    fg_micro own_usd;
};

static void cover_up_to(const struct working *w, struct cover *covers, uint32_t last)
{
    covers[last] = (struct cover){.usd = FG_BOUND_UNBOUNDED, .budget = NO_BUDGET};
    for (uint32_t first = 0; first <= last; first++) {
        fg_micro own = 0;
        uint32_t budget = best_budget(w, (struct span){first, last}, &own);
        fg_micro all = add(first == 0 ? 0 : covers[first - 1].usd, own);
        if (budget != NO_BUDGET && all < covers[last].usd) {
            covers[last] = (struct cover){all, first, budget, own};
        }
    }
}

static void tell_parts(const struct working *w, const struct cover *covers, struct fg_bound *out)
{
    uint32_t n = 0;
    for (uint32_t end = w->n_classes; end > 0; end = covers[end - 1].first) {
        n++;
    }
    uint32_t at = n;
    for (uint32_t end = w->n_classes; end > 0; end = covers[end - 1].first) {
        const struct cover *cover = &covers[end - 1];
        at--;
        if (at >= FG_BOUND_PARTS_MAX) {
            continue; // the sum holds them all the same
        }
        out->parts[at] = (struct fg_bound_part){
            .rule = w->budgets.items[cover->budget].rule,
            .from_usd_per_minute = w->terms->rates[w->classes[cover->first].first].usd_per_minute,
            .dearest = &w->terms->rates[w->classes[end - 1].last],
            .usd = cover->own_usd};
    }
    out->n_parts = n < FG_BOUND_PARTS_MAX ? n : FG_BOUND_PARTS_MAX;
}

void fg_bound_work_out(const struct fg_bound_terms *terms, int64_t period_ms, struct fg_bound *out)
{
    struct working w = {.terms = terms, .period_ms = period_ms};
    struct cover covers[CLASSES_MAX];
    *out = (struct fg_bound){.usd = 0};
    budgets_find(terms, &w.budgets);
    find_classes(&w);
    for (uint32_t i = 0; i < w.n_classes; i++) {
        cover_up_to(&w, covers, i);
    }
    if (w.n_classes == 0) {
        return; // nothing costs anything
    }
    out->usd = covers[w.n_classes - 1].usd;
    if (out->usd == FG_BOUND_UNBOUNDED) {
        find_hole(&w, out);
    } else {
        tell_parts(&w, covers, out);
    }
}
