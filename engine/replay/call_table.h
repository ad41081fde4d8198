// SPDX-License-Identifier: GPL-2.0-or-later
// The calls that wait for their start or are up, each with its verdict so far, by slot; those of a
// customer hang together, since a hold may cut them.
#pragma once

#include "fg/plan.h"
#include "fg/replay.h"

#define NO_CALL UINT32_MAX

struct replay_call {
    // What is known of it from its row.
    int64_t start_ms, answer_ms, end_ms;
    uint64_t sequence; // order of the rows
    const struct fg_customer *customer;
    enum fg_identity identity;
    enum fg_direction direction;
    enum fg_transport transport;
    struct fg_hash128 call_key;
    struct fg_ip source;
    uint8_t fingerprint[32];
    uint16_t key_bits;
    uint32_t label; // 0: none
    bool answered, has_tls, has_certificate, caller_present, srtp;
    struct fg_number_readings called;
    struct fg_number caller;
    char attest[8];
    uint8_t attest_len;

    // What has become of it.
    bool over;   // its next event is void
    bool up;     // answered, and not over
    bool linked; // with the customer's others
    bool judged;
    bool cut_wanted; // a hold named it
    struct fg_replay_hold cut_by;
    struct fg_hold_query holds; // those that concern it
    bool emergency;
    fg_micro usd_per_minute;
    int32_t minutes;
    enum fg_action action;
    int32_t score, shadow_score;
    enum fg_event_kind at;
    bool refused, cut, held;
    struct fg_replay_hold hold;
    int64_t decided_ms;
    uint16_t n_reasons, room;
    struct fg_replay_reason *reasons;

    uint32_t next, previous; // calls of the same customer; next: also the free ones
    // Last, and not cleared: it is not all used.
    struct fg_call_facts facts;
    uint8_t call_id_len;
    char call_id[FG_CALLS_ID_MAX];
};

struct call_table {
    struct replay_call **blocks;
    uint32_t n_blocks, n_slots, free;
    uint32_t n, most;   // in use
    uint32_t *live;     // by customer's index: a call that is up or ringing
    uint32_t customers; // entries of live
};

// FG_ENOMEM.
FG_MUST_CHECK int call_table_init(struct call_table *table, uint32_t customers);
void call_table_fini(struct call_table *table);
struct replay_call *call_at(const struct call_table *table, uint32_t slot);
// A free slot, zeroed but for its buffer of reasons. FG_ENOMEM.
FG_MUST_CHECK int call_table_take(struct call_table *table, uint32_t *slot);
void call_table_give_back(struct call_table *table, uint32_t slot);
// Hangs a call to its customer's, and takes it off again. Without a customer nothing happens.
void call_table_link(struct call_table *table, uint32_t slot);
void call_table_unlink(struct call_table *table, uint32_t slot);
