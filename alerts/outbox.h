// SPDX-License-Identifier: GPL-2.0-or-later
// Messages on their way, each to one endpoint. Pure: what must be kept is in the deliveries, and
// whoever changes one saves it before acting on it. Messages of an incident reach an endpoint in
// their order: a later one waits for the earlier.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"

#define FGA_DELIVERY_ID_MAX 192
#define FGA_ENDPOINT_ID_MAX 136
#define FGA_OUTBOX_MAX      50000
#define FGA_ERROR_MAX       160

struct fga_delivery {
    char id[FGA_DELIVERY_ID_MAX]; // "acme/hook/al_0123456789abcdef/2"
    char endpoint[FGA_ENDPOINT_ID_MAX];
    struct fga_message message;
    uint32_t attempts;         // made so far
    int64_t next_ms;           // of the next attempt [Unix ms]
    int64_t created_ms;        // when it was put in
    char error[FGA_ERROR_MAX]; // of the last attempt
    bool in_flight;
    bool waits; // for an earlier message of its incident
};

// A delivery of message to an endpoint, due at once. malloc'd; NULL when out of memory or an id is
// too long. Free with free().
struct fga_delivery *fga_delivery_new(const struct fga_message *message, const char *endpoint,
                                      int64_t now_ms);
// As JSON, for keeping. malloc'd, NULL when out of memory.
char *fga_delivery_format(const struct fga_delivery *delivery);
// malloc'd in *out. FG_ESYNTAX for what was not written by fga_delivery_format(), FG_ENOMEM.
FG_MUST_CHECK int fga_delivery_parse(struct fg_view json, struct fga_delivery **out);

struct fga_outbox;
struct fga_outbox *fga_outbox_new(void); // NULL when out of memory
void fga_outbox_free(struct fga_outbox *outbox);
size_t fga_outbox_count(const struct fga_outbox *outbox);
// When the oldest was put in [Unix ms]; 0: there is none.
int64_t fga_outbox_oldest_ms(const struct fga_outbox *outbox);

// Takes the delivery over. FG_ELIMIT when it is full, FG_EDUPLICATE when it is there, FG_ENOMEM: it
// is then still the caller's.
FG_MUST_CHECK int fga_outbox_add(struct fga_outbox *outbox, struct fga_delivery *delivery);
// An update that nobody has begun to send is replaced by newer news of its incident: takes it out
// and gives it to the caller (free), or NULL when there is none that the delivery replaces.
struct fga_delivery *fga_outbox_replaced_by(struct fga_outbox *outbox,
                                            const struct fga_delivery *delivery);
// Borrowed; NULL when there is none.
struct fga_delivery *fga_outbox_find(struct fga_outbox *outbox, const char *id);
// Takes it out; the next message of its incident need not wait any more. The caller frees it.
void fga_outbox_take(struct fga_outbox *outbox, struct fga_delivery *delivery);
// The next that is due, not in flight, waits for nothing, and whose endpoint has nothing else in
// flight. Borrowed; NULL when there is none.
struct fga_delivery *fga_outbox_due(struct fga_outbox *outbox, int64_t now_ms);
// Makes all due at once that wait for their time and of which fn says true: their receiver is back.
void fga_outbox_wake(struct fga_outbox *outbox, int64_t now_ms,
                     bool (*fn)(const void *arg, const struct fga_delivery *delivery),
                     const void *arg);
