// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_metrics.h"

#define ADD(counter) atomic_fetch_add_explicit(&(counter), 1, memory_order_relaxed)

const char *fgm_redis_op_name(enum fgm_redis_op op)
{
    return op == FGM_REDIS_EVALUATE ? "evaluate" : "write";
}

void fgm_metrics_attempt(struct fgm_metrics *metrics, enum fg_direction direction,
                         const struct fg_decision *decision, int64_t decided_us)
{
    fgm_histogram_add(&metrics->decision, &fgm_duration_bounds, decided_us);
    if (decision->repeated)
        return;
    ADD(metrics->calls[direction == FG_INBOUND][decision->action]);
    ADD(metrics->shadow_calls[direction == FG_INBOUND][decision->shadow_action]);
    fgm_histogram_add(&metrics->score, &fgm_score_bounds, decision->score);
    fgm_histogram_add(&metrics->shadow_score, &fgm_score_bounds, decision->shadow_score);
}

void fgm_metrics_reasons(struct fgm_metrics *metrics, const struct fg_decision *decision)
{
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        if ((unsigned)decision->reasons[i].kind < FGM_REASON_KINDS)
            ADD(metrics->reasons[decision->reasons[i].kind]);
    }
}

void fgm_metrics_redis(struct fgm_metrics *metrics, enum fgm_redis_op op, int64_t duration_us)
{
    fgm_histogram_add(&metrics->redis[op], &fgm_duration_bounds, duration_us);
}

void fgm_metrics_writer_error(struct fgm_metrics *metrics, enum fg_redis_error kind)
{
    if ((unsigned)kind < FG_REDIS_ERRORS)
        ADD(metrics->writer_errors[kind]);
}
