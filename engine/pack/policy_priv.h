// SPDX-License-Identifier: GPL-2.0-or-later
// What a bundle holds. It lies in its own arena.
#pragma once

#include "fg/ruleset.h"
#include "networks.h"
#include "numbering.h"

struct fg_policy_bundle {
    struct fg_arena *arena;
    struct fg_policy policy;
    struct fg_ruleset ruleset;
    struct fg_destinations destinations;
    struct fg_customers customers;
    struct fg_countries countries;
    struct fg_networks networks;
};
