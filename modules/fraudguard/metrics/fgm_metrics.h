// SPDX-License-Identifier: GPL-2.0-or-later
// What SIP workers count for the metrics, in memory that all processes share: atomic adds and
// nothing else. Plain counters are in fgm_counters.h.
#pragma once

#include <stdbool.h>

#include "fg/decide.h"
#include "fg/store.h"
#include "fgm_histogram.h"

#define FGM_REASON_KINDS ((unsigned)FG_REASON_ALLOWANCE + 1)

// What Redis is asked for.
enum fgm_redis_op {
    FGM_REDIS_EVALUATE, // the round trip of a judged INVITE
    FGM_REDIS_WRITE,    // a batch of events and records by the writer process
    FGM_REDIS_OPS
};
const char *fgm_redis_op_name(enum fgm_redis_op op); // "evaluate"

// All zero at the start.
struct fgm_metrics {
    _Atomic uint64_t calls[2][FG_ACTION_COUNT];        // by direction
    _Atomic uint64_t shadow_calls[2][FG_ACTION_COUNT]; // had the shadow rules counted too
    _Atomic uint64_t reasons[FGM_REASON_KINDS];        // that are no rules
    struct fgm_histogram score, shadow_score, decision, redis[FGM_REDIS_OPS];
    _Atomic uint64_t writer_errors[FG_REDIS_ERRORS]; // failures of the writer's connection
};

// One verdict on an INVITE. Repeats count as time spent and as nothing else.
void fgm_metrics_attempt(struct fgm_metrics *metrics, enum fg_direction direction,
                         const struct fg_decision *decision, int64_t decided_us);
// The reasons of any event's verdict that are not rules (fgm_rule_hits_count() counts those).
void fgm_metrics_reasons(struct fgm_metrics *metrics, const struct fg_decision *decision);
void fgm_metrics_redis(struct fgm_metrics *metrics, enum fgm_redis_op op, int64_t duration_us);
void fgm_metrics_writer_error(struct fgm_metrics *metrics, enum fg_redis_error kind);
