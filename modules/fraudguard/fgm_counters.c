// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_counters.h"

#include "fg/err.h"
#include "fgm_memory.h"

struct fgm_counters *fgm_counters;

int fgm_counters_init(void)
{
    fgm_counters = fgm_memory_map(sizeof *fgm_counters);
    return fgm_counters ? FG_OK : FG_ENOMEM;
}

void fgm_counters_each(void (*fn)(void *arg, const char *name, const char *doc, uint64_t value),
                       void *arg)
{
#define FGM_COUNTER_EACH(name, doc)                                                                \
    fn(arg, #name, doc, atomic_load_explicit(&fgm_counters->name, memory_order_relaxed));
    FGM_COUNTERS(FGM_COUNTER_EACH)
#undef FGM_COUNTER_EACH
}
