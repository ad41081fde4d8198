// SPDX-License-Identifier: GPL-2.0-or-later
// Decisions, holds and trunk facts as JSON, and their JSON as words: the one text that events,
// fgctl, RPC and alerts share. docs/events.md describes it. Everything here is pure: no clock, no
// socket, no global; safe in any process and thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/attack.h"
#include "fg/decide.h"
#include "fg/err.h"
#include "fg/view.h"

#define FG_RECORD_VERSION    1
#define FG_CALL_ID_MAX       255  // longest Call-ID that a kill can name [bytes]
#define FG_MESSAGE_BYTES_MAX 4096 // longest hold or channel message [bytes]

struct fg_record_context {
    struct fg_view call_id; // any bytes, as received
    const char *node;       // this node's name; NULL: none
    int64_t decided_in_us;  // whole evaluation [us]
    int64_t store_us;       // of it in the store [us]
    bool unmask;            // full numbers instead of masked ones
};

// One line of JSON (no newline), NUL-terminated, malloc'd; NULL when out of memory. The caller
// frees. Event type: "call.attempt", "call.answer", "call.minute", "call.end". The points of
// "reasons" that are not shadow add up to "score". Allocates: not meant for between plan and
// decide.
char *fg_record_decision(const struct fg_record_context *context, const struct fg_plan *plan,
                         const struct fg_decision *decision);

// JSON of a hold and of the channel's messages (docs/redis-schema.md). malloc'd, NULL when out of
// memory. rules may be NULL.
char *fg_record_hold(const char *customer, const struct fg_hold *hold, const char *const *rules,
                     size_t n_rules);
char *fg_record_hold_message(const char *customer, const struct fg_hold *hold);
char *fg_record_release_message(const char *customer, uint8_t scope, uint64_t value,
                                const char *by);
// NULL also for a Call-ID that is empty, longer than FG_CALL_ID_MAX or holds a NUL.
char *fg_record_kill_message(struct fg_view call_id, const char *customer, int64_t until_ms,
                             const char *reason, const char *by);

// Events for the stream: a hold began ("hold.set") or was released ("hold.released"; reason and by
// are those of the release). Those of people go into the audit, too. node may be NULL.
char *fg_record_hold_set_event(const char *node, const char *customer, const struct fg_hold *hold,
                               int64_t now_ms);
char *fg_record_hold_released_event(const char *node, const char *customer,
                                    const struct fg_hold *hold, int64_t now_ms);

// That an attack began or ended ("attack.started", "attack.ended"), with its size so far.
char *fg_record_attack(const char *node, const struct fg_attack *attack, bool ended,
                       int64_t now_ms);
const char *fg_attack_kind_name(enum fg_attack_kind kind); // "number"

// An allowance: what Redis keeps, which is also the channel's message; that it is taken back; and
// both as events of the stream and the audit ("allowance.set", "allowance.removed": reason and by
// are those of the removal).
char *fg_record_allow_message(const char *customer, const struct fg_allowance *allowance);
char *fg_record_disallow_message(const char *customer, uint64_t id, const char *by);
char *fg_record_allowance_set_event(const char *node, const char *customer,
                                    const struct fg_allowance *allowance, int64_t now_ms);
char *fg_record_allowance_removed_event(const char *node, const char *customer,
                                        const struct fg_allowance *allowance, int64_t now_ms);

// A caller has passed a customer's challenge: keyed hashes of both and of the token, and until when
// the caller is known.
char *fg_record_passed_message(const char *customer, uint64_t who, uint64_t token,
                               int64_t until_ms);

enum fg_message_op {
    FG_MESSAGE_HOLD,
    FG_MESSAGE_RELEASE,
    FG_MESSAGE_KILL,
    FG_MESSAGE_ALLOW,
    FG_MESSAGE_DISALLOW,
    FG_MESSAGE_PASSED
};
struct fg_message {
    enum fg_message_op op;
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_hold hold; // HOLD: all; RELEASE: scope, value, by; KILL: until_ms, reason, by
    struct fg_allowance allowance;    // ALLOW: all; DISALLOW: id, by
    uint64_t who, token;              // PASSED: keyed hashes; until when is hold.until_ms
    char call_id[FG_CALL_ID_MAX + 1]; // KILL: the bytes as received; else empty
};
// Reads a hold's JSON or a channel message: at most FG_MESSAGE_BYTES_MAX, one object, version 1,
// every string checked against its alphabet and length, times positive. Unknown keys are ignored.
// FG_ESYNTAX for anything else; *out is written only on success.
FG_MUST_CHECK int fg_record_parse_message(struct fg_view json, struct fg_message *out);
FG_MUST_CHECK int fg_record_parse_hold(struct fg_view json, struct fg_message *out);
// Whether id is a customer id: 1 to FG_CUSTOMER_ID_MAX characters of [a-z0-9._-].
bool fg_record_is_customer_id(struct fg_view id);

// What the relay tells of a call's media (docs/events.md, media facts), read as strictly. customer:
// empty where the relay knows none. facts.time_ms is left 0.
struct fg_media_message {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    char call_id[FG_CALL_ID_MAX + 1];
    struct fg_media_facts facts;
};
FG_MUST_CHECK int fg_record_parse_media(struct fg_view json, struct fg_media_message *out);

// Observed facts of a trunk: "the padlock".
struct fg_trunk_facts {
    const char *customer;
    enum fg_identity identity;     // of the last outbound request
    const struct fg_tls_peer *tls; // NULL: last request came without TLS
    char source[46];               // address, NUL-terminated
    int64_t seen_ms;               // Unix [ms]
    uint64_t calls, srtp_calls, blocked;
    uint32_t live;              // calls in progress
    struct fg_media_side media; // of the customer's side of its last call; not known: none told
    int64_t media_ms;           // when that was told, Unix [ms]
};
// malloc'd, NULL when out of memory.
char *fg_record_trunk(const struct fg_trunk_facts *facts);

// Words for people: what "explain" prints (a table of points, rule, why), from a decision's JSON.
// Several lines, each ended by a newline; malloc'd, NULL when json is not a decision.
char *fg_record_explain(struct fg_view json);

// 32 hex digits under which a call's record is kept: SipHash-2-4-128 of the Call-ID's bytes with a
// fixed public key, so that every tool finds it. Shortens and cleans; it is no secret.
void fg_record_call_hash(struct fg_view call_id, char out[33]);
