// SPDX-License-Identifier: GPL-2.0-or-later
// The rules that are certain to stop calls, whoever makes them look how, as budgets.
#pragma once

#include "fg/bound.h"
#include "fg/plan.h"

#define BUDGETS_MAX 64

enum budget_kind {
    BUDGET_MONEY,   // limit [micro-USD] in each window, then calls are refused and cut
    BUDGET_MINUTES, // so are started minutes
    BUDGET_CALLS,   // attempts in each window, then they are refused
    BUDGET_LIVE     // calls in progress at once
};
struct budget {
    enum budget_kind kind;
    uint16_t rule;
    int64_t limit;   // what it lets through
    int64_t over_ms; // window; 0: the local day
};
struct budgets {
    struct fg_plan plan; // of an event of the customer, for what rules ask of the customer
    struct fg_event event;
    uint32_t n;
    struct budget items[BUDGETS_MAX];
};

void budgets_find(const struct fg_bound_terms *terms, struct budgets *out);
// Whether the budget holds for every call at this rate, whatever else can be chosen.
bool budget_covers(const struct budgets *budgets, const struct budget *budget, fg_micro rate);
