// SPDX-License-Identifier: GPL-2.0-or-later
// One evaluation in this process: plan, the one store round trip, decide; and what follows from it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/decide.h"

struct fgm_evaluation {
    struct fg_plan plan;
    struct fg_decision decision;
    int64_t now_ms;
    int64_t decided_us, store_us; // whole evaluation; of it in the store
};

// Judges event under policy. Never fails: without a store the verdict is degraded.
void fgm_evaluate(const struct fg_policy *policy, const struct fg_event *event,
                  struct fgm_evaluation *out);

// Has the writer process run a request that gives leases back; its customer pointer is not used.
void fgm_leases_give_back(const char *customer, const struct fg_store_request *request);

// Carries out what was decided and does not concern the message at hand: counters, holds, leases,
// records. call_id may be empty.
void fgm_effects(struct fgm_evaluation *evaluation, struct fg_view call_id);
