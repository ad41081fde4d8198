// SPDX-License-Identifier: GPL-2.0-or-later
// What this node has seen of each customer's trunk: the observed padlock, counts, and the calls to
// risky numbers of the last minute. A bounded table in shared memory.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/event.h"
#include "fg/record.h"
#include "fg/ruleset.h"

struct fgm_trunk {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    enum fg_identity identity; // of the last outbound request
    bool has_tls;
    struct fg_tls_peer tls;
    char source[46]; // address of the last request
    int64_t seen_ms;
    uint64_t calls, srtp_calls, blocked;
    uint32_t live; // calls in progress
    uint64_t by_action[FG_ACTION_COUNT];
    int32_t today; // of the customer's clock, yyyymmdd, at its last call
    uint64_t by_action_today[FG_ACTION_COUNT]; // of that day
    bool srtp_last;                            // the last outbound call offered SRTP
    struct fg_media_side media; // of the customer's side of the call that was told of last
    int64_t media_ms;
    bool labelled; // has series of its own among the metrics
};

// Before the fork. labels: how many customers get series of their own, in the order in which they
// are seen first, for good: a counter that moves from one series to another looks like calls.
int fgm_trunks_init(uint32_t customers, uint32_t labels);
// Makes the table twice as large as customers are many, where it is smaller. Once, before the fork.
int fgm_trunks_fit(uint32_t customers);
// Frees the places of customers who are not among these and have no call up. After each load.
void fgm_trunks_keep(const struct fg_customers *customers);
// Notes an attempt of a known customer.
void fgm_trunks_note(const struct fg_event *event, enum fg_action action, bool repeated,
                     int64_t now_ms);
// Notes what the relay tells of the customer's side of a call.
void fgm_trunks_media(const char *customer, const struct fg_media_side *side, int64_t now_ms);
// Calls of customers for whom the table has no room, or who are gone, by action.
void fgm_trunks_beyond(uint64_t out[FG_ACTION_COUNT]);
// Calls to risky numbers of this customer in the last minute on this node; with add this one is
// counted too. INT32_MAX where the table has no room for the customer: more than any cap lets be.
int32_t fgm_trunks_risky(const char *customer, bool add, int64_t now_ms);
// A call of this customer came up (1) or went (-1).
void fgm_trunks_live(const char *customer, int change);
// Whether this node may set a hold of this kind on the customer now: not twice within a few
// seconds, whatever the rate of calls that ask for it.
bool fgm_trunks_may_hold(const char *customer, uint8_t scope, uint64_t value, int64_t now_ms);
// Notes a TLS connection whose certificate is this customer's; the newest ones are kept.
#define FGM_CONNECTIONS_MAX 4
void fgm_trunks_came_by(const char *customer, int connection);
// Those connections, the newest first; how many. Some may be closed by now.
uint32_t fgm_trunks_connections(const char *customer, int out[FGM_CONNECTIONS_MAX]);
// A copy of a customer's trunk; false when nothing was seen of it.
bool fgm_trunks_get(const char *customer, struct fgm_trunk *out);
// Calls fn with a copy of each trunk; only_changed: those noted since the last such walk.
void fgm_trunks_each(bool only_changed, void (*fn)(void *arg, const struct fgm_trunk *trunk),
                     void *arg);
// The trunk as the record library prints it.
struct fg_trunk_facts fgm_trunk_facts(const struct fgm_trunk *trunk);
