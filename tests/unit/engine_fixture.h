// SPDX-License-Identifier: GPL-2.0-or-later
// A small world for tests of the engine: a few countries with rates, three customers, and a clock.
#pragma once

#include "fg/decide.h"
#include "fg/heap.h"
#include "fg/plan.h"

// 2026-11-21T02:10:00Z, a Saturday; 2026-11-20T10:00:00Z, a Friday.
#define SATURDAY_NIGHT_MS INT64_C(1795227000000)
#define FRIDAY_MORNING_MS INT64_C(1795168800000)

struct world {
    struct fg_arena *arena;
    struct fg_destinations destinations;
    struct fg_customers customers;
    struct fg_ruleset ruleset;
    struct fg_policy policy;
    const struct fg_customer *acme, *globex, *bare;
};

void world_init(struct world *world);
void world_fini(struct world *world);
// Seals the ruleset, failing the test when it is refused. Thresholds not set get 30, 50, 65, 80.
void world_seal(struct world *world);
// An outbound attempt of customer to user, dialled with the customer's plan.
struct fg_event world_call(const struct world *world, const struct fg_customer *customer,
                           const char *user);
const struct fg_prefix_trie *world_trie(struct world *world, const char *const *prefixes,
                                        const uint32_t *values, size_t n);
