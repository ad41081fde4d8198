// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the replay share.
#pragma once

#include "call_table.h"
#include "event_queue.h"
#include "fg/replay.h"
#include "labels.h"
#include "start_queue.h"

struct fg_replay {
    struct fg_replay_config config;
    struct start_queue starts; // calls that wait for their start
    struct event_queue queue;  // the next event of each of the others
    struct call_table calls;
    struct labels labels;
    uint64_t sequence;
    int64_t played_ms; // time of the event played last
    void *pages;       // the store's
    size_t pages_bytes;
    struct fg_local *local;
    struct fg_store store;
    struct fg_replay_stats stats;
    uint64_t *rule_hits;
    // Big, and filled anew for every event.
    struct fg_tls_peer peer;
    struct fg_event event;
    struct fg_plan plan;
    struct fg_store_reply reply;
    struct fg_decision decision;
};

// The steps of a call's life, in order; step of its entry in the queue.
enum replay_step { STEP_ATTEMPT, STEP_ANSWER, STEP_MINUTE, STEP_END };

// Puts the event of a call into the queue's terms.
struct queued_event replay_queued(const struct replay_call *call, uint32_t slot,
                                  enum replay_step step, int64_t at_ms);
// Plays the earliest event. FG_ENOTFOUND when there is none; FG_ENOMEM, or what result() returned.
FG_MUST_CHECK int replay_play_first(struct fg_replay *replay);
// Tells a call's fate; its slot is given back when its entry in a queue is dropped.
FG_MUST_CHECK int replay_tell(struct fg_replay *replay, uint32_t slot);
