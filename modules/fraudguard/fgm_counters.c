// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_counters.h"

#include "fg/err.h"
#include "fgm_memory.h"

struct fgm_counters *fgm_counters;
struct fgm_metrics *fgm_metrics;
struct fgm_rule_hits *fgm_rule_hits;

int fgm_counters_init(void)
{
    fgm_counters = fgm_memory_map(sizeof *fgm_counters);
    fgm_metrics = fgm_memory_map(sizeof *fgm_metrics);
    void *hits = fgm_memory_map(fgm_rule_hits_size_bytes());
    fgm_rule_hits = hits ? fgm_rule_hits_init(hits) : NULL;
    return fgm_counters && fgm_metrics && fgm_rule_hits ? FG_OK : FG_ENOMEM;
}

void fgm_counters_each(void (*fn)(void *arg, const char *name, const char *doc, uint64_t value),
                       void *arg)
{
#define FGM_COUNTER_EACH(name, doc)                                                                \
    fn(arg, #name, doc, atomic_load_explicit(&fgm_counters->name, memory_order_relaxed));
    FGM_COUNTERS(FGM_COUNTER_EACH)
#undef FGM_COUNTER_EACH
}
