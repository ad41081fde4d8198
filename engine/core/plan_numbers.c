// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan_priv.h"

#include <string.h>

// Customers without home countries are at home where their national numbers are.
static bool home_countries(const struct fg_plan *plan, struct fg_country_set *home)
{
    const struct fg_customer *customer = plan->event->customer;
    memset(home, 0, sizeof(*home));
    if (customer == NULL) {
        return false;
    }
    if (customer->has_home_countries) {
        *home = customer->home_countries;
        return true;
    }
    const char *code = customer->dial_plan.country_code;
    struct fg_prefix_match match;
    if (code[0] == '\0' || plan->policy->destinations == NULL ||
        fg_prefix_lookup(plan->policy->destinations->numbering, code, (uint8_t)strlen(code),
                         &match) != FG_OK) {
        return false;
    }
    fg_country country = (fg_country)(match.value >> 8);
    fg_country_set_add(home, country);
    return country != FG_COUNTRY_NONE;
}

// Takes in one more reading. Nobody knows which one the carrier will take: the riskier one is rated
// at the dearer price, and the call is domestic or ordinary only where each reading is.
static void take_reading(struct fg_plan *plan, const struct fg_country_set *home,
                         const struct fg_destination *dest, bool first)
{
    bool at_home = dest->country != FG_COUNTRY_NONE && fg_country_set_has(home, dest->country);
    plan->dest_home = at_home && (first || plan->dest_home);
    plan->dest_ordinary = fg_destination_is_ordinary(dest, home) && (first || plan->dest_ordinary);
    if (first) {
        plan->dest = *dest;
        return;
    }
    struct fg_destination before = plan->dest;
    if (fg_destination_riskier(&before, dest) == dest) {
        plan->dest = *dest;
    }
    plan->dest.rated = before.rated || dest->rated;
    plan->dest.usd_per_minute =
        before.usd_per_minute > dest->usd_per_minute ? before.usd_per_minute : dest->usd_per_minute;
}

static void plan_called(struct fg_plan *plan)
{
    const struct fg_country_set *home = &plan->home;
    const struct fg_event *event = plan->event;
    const struct fg_number_readings *called = &event->called;
    const struct fg_dial_plan *dial_plan =
        event->customer != NULL ? &event->customer->dial_plan : NULL;
    if (called->status == FG_NUMBER_UNREADABLE || called->n == 0) {
        plan->unreadable = true;
        return;
    }
    for (uint8_t i = 0; i < called->n && i < 2; i++) {
        struct fg_destination dest;
        fg_destination_lookup(plan->policy->destinations, &called->reading[i], called->status,
                              dial_plan, &dest);
        if (dest.emergency && event->direction == FG_OUTBOUND) {
            take_reading(plan, home, &dest, true);
            plan->dest_ordinary = true; // no hold on risky calls may cut it
            plan->emergency = true;
            return;
        }
        take_reading(plan, home, &dest, i == 0);
    }
}

static void plan_caller(struct fg_plan *plan)
{
    const struct fg_event *event = plan->event;
    if (event->caller.len == 0 || event->customer == NULL) {
        return;
    }
    fg_destination_lookup(plan->policy->destinations, &event->caller, FG_NUMBER_OK, NULL,
                          &plan->caller);
    const struct fg_customer *owner =
        plan->policy->customers != NULL
            ? fg_customers_by_number(plan->policy->customers, &event->caller)
            : NULL;
    plan->caller_owned =
        owner == event->customer || fg_customer_owns_number(event->customer, &event->caller);
    plan->caller_others = owner != NULL && !plan->caller_owned;
}

static void keep(const struct fg_plan *plan, struct fg_call_facts *facts)
{
    facts->known = true;
    facts->home_known = plan->home_known;
    facts->dest_home = plan->dest_home;
    facts->dest_ordinary = plan->dest_ordinary;
    facts->caller_owned = plan->caller_owned;
    facts->caller_others = plan->caller_others;
    facts->emergency = plan->emergency;
    facts->unreadable = plan->unreadable;
    facts->home = plan->home;
    facts->dest = plan->dest;
    facts->caller = plan->caller;
    facts->scopes_known = facts->scopes_there = 0;
    facts->shared_overrides = fg_plan_shared_overrides(plan);
    memset(facts->asked, 0, sizeof(facts->asked));
}

static void recall(struct fg_plan *plan, const struct fg_call_facts *facts)
{
    plan->home_known = facts->home_known;
    plan->dest_home = facts->dest_home;
    plan->dest_ordinary = facts->dest_ordinary;
    plan->caller_owned = facts->caller_owned;
    plan->caller_others = facts->caller_others;
    plan->emergency = facts->emergency;
    plan->unreadable = facts->unreadable;
    plan->home = facts->home;
    plan->dest = facts->dest;
    plan->caller = facts->caller;
}

void fg_plan_numbers(struct fg_plan *plan, struct fg_call_facts *facts)
{
    if (facts->known) {
        recall(plan, facts);
        return;
    }
    plan->home_known = home_countries(plan, &plan->home);
    plan_called(plan);
    plan_caller(plan);
    keep(plan, facts);
}
