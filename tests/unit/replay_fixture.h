// SPDX-License-Identifier: GPL-2.0-or-later
// A replay of rows in the small world of engine_fixture.h, with its results put into words.
#pragma once

#include "engine_fixture.h"
#include "fg/replay.h"

struct told {
    const struct fg_policy *policy;
    char text[8192]; // a line a call
    unsigned n;
    int answer; // what results are answered with
};

// "ID ACTION SCORE at EVENT[ refused][ cut MS][ hold SCOPE] through MIN/MIN RULE+POINTS…\n"
int told_result(void *arg, const struct fg_replay_result *result);
struct fg_replay *told_open(struct told *told, const struct world *world);
// An outbound call of acme's to called, seconds after FRIDAY_MORNING_MS; up_s 0: never answered.
struct fg_call_row told_row(const char *id, const char *called, int start_s, int ring_s, int up_s);
