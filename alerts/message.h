// SPDX-License-Identifier: GPL-2.0-or-later
// What is told of an incident, in the forms of its receivers. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fg/timezone.h"
#include "incident.h"
#include "texts.h"

#define FGA_MESSAGE_ID_MAX 48

// One message: an incident as it was at time_ms, and why it is told.
struct fga_message {
    enum fga_step step; // STARTED, UPDATED or ENDED; NONE: a test
    int64_t time_ms;
    struct fga_incident incident;
};

// For whom, and from whom.
struct fga_audience {
    const char *customer_name;                   // NULL: the id
    const struct fg_zone *zone;                  // NULL: UTC
    const char *locale;                          // NULL: en
    const char *provider, *contact, *portal_url; // NULL where unknown
};

// "fraud.hold.started", "fraud.tdos.ended", "alert.test"; static storage.
const char *fga_message_type(const struct fga_message *message);

// The same for every attempt and every receiver of the message: "msg_0123456789abcdef_1".
void fga_message_id(const struct fga_message *message, char out[FGA_MESSAGE_ID_MAX]);

// Body of a webhook (docs/alerts.md): one line of JSON below 20 kB. malloc'd, NULL when out of
// memory.
char *fga_webhook_format(const struct fga_message *message, const struct fga_audience *audience);

// Body of a POST to Alertmanager's /api/v2/alerts. malloc'd, NULL when out of memory.
char *fga_alertmanager_format(const struct fga_message *message,
                              const struct fga_audience *audience, const struct fga_pace *pace);

// Whom an e-mail comes from and goes to.
struct fga_mail_route {
    const char *from; // ADDRESS; checked by fga_mail_address_valid()
    const char *const *to;
    uint32_t n_to;
    const char *thread; // which endpoint: letters, digits, "._-"
};
bool fga_mail_address_valid(struct fg_view text);
// A whole message (RFC 5322, MIME; plain text and HTML) with CRLF line ends. Message-ID is the same
// for every attempt; later messages of an incident refer to its first. malloc'd, NULL when out of
// memory.
char *fga_mail_format(const struct fga_message *message, const struct fga_audience *audience,
                      const struct fga_mail_route *route);

// "2026-11-22T02:10:06Z"
#define FGA_UTC_MAX 32
void fga_utc_format(int64_t time_ms, char out[FGA_UTC_MAX]);
// "2026-11-22 03:10 (02:10 UTC)", in the zone's local time.
#define FGA_LOCAL_MAX 64
void fga_local_format(const struct fg_zone *zone, int64_t time_ms, char out[FGA_LOCAL_MAX]);
// "43.20"
void fga_money_format(fg_micro amount, char out[32]);
