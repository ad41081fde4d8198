// SPDX-License-Identifier: GPL-2.0-or-later
// Events to come, earliest first.
#pragma once

#include "fg/err.h"
#include "fg/event.h"

struct due {
    int64_t at_ms;
    uint32_t sequence; // among events of one time: as they were added, ends before others
    uint32_t call;
    enum fg_event_kind kind;
    int32_t minute;
};
struct schedule {
    struct due *heap;
    uint32_t n, room, sequence;
};
// FG_ENOMEM.
FG_MUST_CHECK int schedule_add(struct schedule *schedule, struct due due);
// False when there is none.
bool schedule_next(struct schedule *schedule, struct due *out);
// Removes all events of a call.
void schedule_drop(struct schedule *schedule, uint32_t call);
void schedule_fini(struct schedule *schedule);
