// SPDX-License-Identifier: GPL-2.0-or-later
// What `fgctl doctor` looks at: each check adds what it finds, in words, with what to do about it.
#pragma once

#include "fg/redis_link.h"
#include "fgctl.h"

enum finding_level { FINDING_OK, FINDING_NOTE, FINDING_WARNING, FINDING_FAULT };

struct doctor {
    const struct invocation *call;
    struct table *table;
    unsigned counts[FINDING_FAULT + 1];
    bool complete; // false: out of memory
};

// Adds a finding. what: "redis"; remedy NULL: nothing is to be done. Texts are ours, or made plain
// by the table.
void doctor_find(struct doctor *doctor, enum finding_level level, const char *what,
                 const char *remedy, const char *format, ...) __attribute__((format(printf, 5, 6)));

void doctor_look_at_rules(struct doctor *doctor);
void doctor_look_at_files(struct doctor *doctor);
void doctor_look_at_redis(struct doctor *doctor, struct fg_redis *redis);
void doctor_look_at_kamailio(struct doctor *doctor);
void doctor_look_at_relay(struct doctor *doctor);
void doctor_look_at_alerts(struct doctor *doctor, struct fg_redis *redis);
void doctor_look_at_trunks(struct doctor *doctor, struct fg_redis *redis);
