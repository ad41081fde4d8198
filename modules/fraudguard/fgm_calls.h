// SPDX-License-Identifier: GPL-2.0-or-later
// The node's calls in progress: a bounded table in shared memory. Dialog callbacks move a call
// through its states, the timer process turns the states into events.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/event.h"
#include "fg/hold.h"

#define FGM_CALL_ID_MAX    255
#define FGM_CALL_AGENT_MAX 63
#define FGM_CALL_ATTRS_MAX 256

enum fgm_call_state { FGM_CALL_FREE, FGM_CALL_RINGING, FGM_CALL_UP, FGM_CALL_ENDED };

// Handle of a call; stale ones are recognised.
struct fgm_call_ref {
    uint32_t slot, turn;
};

struct fgm_call {
    enum fgm_call_state state;
    uint32_t turn;                    // of the slot; grows with each use
    uint32_t dialog_entry, dialog_id; // Kamailio's dialog
    int64_t created_ms, answered_ms, ended_ms;
    int32_t minutes;   // minute events made
    bool answer_told;  // answer event made
    int64_t due_ms;    // when the timer process looks at it again; 0: now
    bool cut_wanted;   // to be ended
    int64_t cut_at_ms; // last attempt to end it
    // What its events need again.
    char customer[FG_CUSTOMER_ID_MAX + 1];
    enum fg_direction direction;
    enum fg_identity identity;
    struct fg_hash128 call_key, dialog; // dialog: of Call-ID and From tag, fgm_owners.h
    uint64_t lease;
    uint64_t allowance; // id of the one under which it goes on; 0: none
    bool has_tls;
    struct fg_tls_peer tls;
    enum fg_transport transport;
    struct fg_ip source;
    struct fg_number_readings called;
    bool caller_present, srtp_offered;
    struct fg_number caller;
    fg_country country; // of the rated reading
    fg_micro usd_per_minute;
    struct fg_hold_query holds;  // those that concern it
    bool emergency;              // no hold cuts it
    struct fg_media_facts media; // what the relay told last
    char masked[FG_NUMBER_MASKED_MAX];
    char call_id[FGM_CALL_ID_MAX + 1];
    char user_agent[FGM_CALL_AGENT_MAX + 1];
    uint8_t n_attrs;
    uint16_t attr_len[FG_ATTRS_MAX][2];
    char attrs[FGM_CALL_ATTRS_MAX]; // names and values, one after the other
};

int fgm_calls_init(uint32_t n); // before the fork
// Adds a ringing call made from event. False when the table is full or the Call-ID too long.
bool fgm_calls_add(struct fgm_call *call, struct fgm_call_ref *ref);
// Adds a call of before a restart in the state it has.
bool fgm_calls_restore(struct fgm_call *call, struct fgm_call_ref *ref);
// When all other processes are gone, whatever they were doing.
void fgm_calls_inherit(void);
// Fills the part of call that its later events need.
void fgm_call_remember(struct fgm_call *call, const struct fg_event *event, struct fg_view call_id);
// The event of a call again; pointers into call. customer is looked up by the caller.
void fgm_call_event(const struct fgm_call *call, enum fg_event_kind kind, struct fg_event *event);

void fgm_calls_answered(struct fgm_call_ref ref, int64_t now_ms);
void fgm_calls_ended(struct fgm_call_ref ref, int64_t now_ms);
// Asks for a call's end.
void fgm_calls_want_cut(struct fgm_call_ref ref);
// Notes what the relay tells of the calls with this Call-ID; customer, where not empty: theirs
// alone. Calls fn for each of them (under the table's lock). Whether there was one.
bool fgm_calls_media(const char *call_id, const char *customer, const struct fg_media_facts *facts,
                     void (*fn)(void *arg, const struct fgm_call *call), void *arg);
// What the relay has told, if it is still true enough at now_ms; else NULL.
const struct fg_media_facts *fgm_call_media(const struct fgm_call *call, int64_t now_ms);
// Takes an ended call out of the table.
void fgm_calls_remove(struct fgm_call_ref ref);

// The customer's call that ends first where rules end the dearest one: up, outbound, no emergency,
// and nobody has asked for its end. False: there is none.
bool fgm_calls_dearest(const char *customer, struct fgm_call_ref *ref);
// Calls fn as fgm_calls_each() does, for one call, if it still is that one.
void fgm_calls_look(struct fgm_call_ref ref,
                    bool (*fn)(void *arg, struct fgm_call_ref ref, struct fgm_call *call),
                    void *arg);
// Calls fn with a copy of each call in use and its handle; changes that fn makes to state-less
// bookkeeping (minutes, answer_told, allowance, cut_at_ms, due_ms) are kept when it returns true.
void fgm_calls_each(bool (*fn)(void *arg, struct fgm_call_ref ref, struct fgm_call *call),
                    void *arg);
// The same for the calls whose due_ms has come.
void fgm_calls_due(int64_t now_ms,
                   bool (*fn)(void *arg, struct fgm_call_ref ref, struct fgm_call *call),
                   void *arg);
uint32_t fgm_calls_live(void); // calls in the table
