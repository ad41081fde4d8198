// SPDX-License-Identifier: GPL-2.0-or-later
// Decisions, holds and trunk facts as JSON, and their JSON as words: the one text that events,
// fgctl, RPC and alerts share. docs/events.md describes it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/decide.h"
#include "fg/err.h"
#include "fg/view.h"

struct fg_record_context {
    struct fg_view call_id;
    const char *node;      // this node's name
    int64_t decided_in_us; // whole evaluation [us]
    int64_t store_us;      // of it in the store [us]
    bool unmask;           // full numbers instead of masked ones
};

// One line of JSON (no newline), NUL-terminated, malloc'd; NULL when out of memory. The caller
// frees. Event type: "call.attempt", "call.answer", "call.minute", "call.end". The points of
// "reasons" that are not shadow add up to "score".
char *fg_record_decision(const struct fg_record_context *context, const struct fg_plan *plan,
                         const struct fg_decision *decision);
// JSON of a hold and of the channel's messages (docs/redis-schema.md). malloc'd, NULL when out of
// memory. rules may be NULL.
char *fg_record_hold(const char *customer, uint16_t country, const struct fg_hold *hold,
                     const char *const *rules, size_t n_rules);
char *fg_record_hold_message(const char *customer, uint16_t country, const struct fg_hold *hold);
char *fg_record_release_message(const char *customer, uint8_t scope, uint16_t country,
                                const char *by);
char *fg_record_kill_message(struct fg_view call_id, const char *customer, int64_t until_ms,
                             const char *reason, const char *by);

enum fg_message_op { FG_MESSAGE_HOLD, FG_MESSAGE_RELEASE, FG_MESSAGE_KILL };
struct fg_message {
    enum fg_message_op op;
    char customer[FG_CUSTOMER_ID_MAX + 1];
    uint16_t country;
    struct fg_hold hold;
    char call_id[256]; // KILL
};
// Reads a hold's JSON or a channel message. FG_ESYNTAX for anything else; strings are checked
// against their alphabets.
FG_MUST_CHECK int fg_record_parse_message(struct fg_view json, struct fg_message *out);
FG_MUST_CHECK int fg_record_parse_hold(struct fg_view json, struct fg_message *out);
// "customer", "risky", "country.MV"
void fg_hold_scope_format(uint8_t scope, uint16_t country, char out[16]);
FG_MUST_CHECK int fg_hold_scope_parse(struct fg_view text, uint8_t *scope, uint16_t *country);

// Observed facts of a trunk: "the padlock".
struct fg_trunk_facts {
    const char *customer;
    const struct fg_tls_peer *tls; // NULL: last request came without TLS
    char source[46];
    int64_t seen_ms;
    uint64_t calls, srtp_calls, blocked;
    uint32_t live;
};
char *fg_record_trunk(const struct fg_trunk_facts *facts);

// Words for people: what "explain" prints (the anchor is a table of points, rule, why), from a
// decision's JSON. malloc'd, NULL when it is not one.
char *fg_record_explain(struct fg_view json);
// 32 hex digits under which a call's record is kept.
void fg_record_call_hash(struct fg_view call_id, char out[33]);
