// SPDX-License-Identifier: GPL-2.0-or-later
// From events to incidents: what belongs together for a customer, and when somebody is told of it.
// Pure: time is an argument.
//
// A customer has at most one incident of a kind at a time. All holds and refused calls of the time
// are part of it. It starts with one message, is updated when its calls have grown tenfold or an
// hour has passed with news, and ends with one message; in any hour there are at most
// FGA_MESSAGES_PER_HOUR of a kind. What an incident has told lives in it, so that whoever saves it
// together with the messages can be killed at any moment.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct fg_json;

#define FGA_MESSAGES_PER_HOUR 5 // of a kind: at most 10 for a customer
#define FGA_DESTINATIONS_MAX  8
#define FGA_HOLDS_MAX         6
#define FGA_ALERT_ID_MAX      24

enum fga_incident_kind { FGA_HOLD, FGA_TDOS, FGA_INCIDENT_KINDS };

// Times that a laboratory may shorten.
struct fga_pace {
    int64_t gap_ms;   // shortest time between two messages of an incident
    int64_t hour_ms;  // the hour of "at most so many an hour"
    int64_t quiet_ms; // an incident ends when its holds have, and nothing has come for so long
};
// An ordinary pace divided by divisor (1 to 1000000).
struct fga_pace fga_pace_of(int32_t divisor);

struct fga_destination {
    char country[4], number[FGA_NUMBER_MAX];
    uint64_t calls;
};
struct fga_held {
    char scope[FGA_SCOPE_MAX];
    char of[FG_HOLD_OF_MAX];
    int64_t until_ms;
};

struct fga_incident {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    enum fga_incident_kind kind;
    char alert_id[FGA_ALERT_ID_MAX]; // stable: made of what opened the incident
    bool open;                       // else kept for its message times only
    int64_t started_ms, last_ms;     // first and latest event
    int64_t heard_ms;                // when the latest event was read
    uint64_t refused, cut;           // calls
    fg_micro prevented_usd, incurred_usd;
    struct fga_held holds[FGA_HOLDS_MAX];
    uint32_t n_holds;
    bool released; // somebody released a hold since
    struct fga_destination destinations[FGA_DESTINATIONS_MAX];
    uint32_t n_destinations;
    uint64_t other_calls; // to destinations beyond these
    // Of floods, of the largest of them: different callers (about), calls in a minute.
    uint64_t floods, callers, peak_per_min;
    struct fga_reason reasons[FGA_REASONS_MAX];
    uint32_t n_reasons;
    char why[FGA_TEXT_MAX], hold_reason[FGA_TEXT_MAX], hold_by[64];

    // What was told.
    uint32_t sequence; // messages of this incident; 0: it is not known to anybody yet
    int64_t told_ms;
    uint64_t told_calls;
    bool news; // something came since
    int64_t recent_ms[FGA_MESSAGES_PER_HOUR];
    uint32_t n_recent; // messages of the customer and kind so far, over incidents
};

// Whether event belongs to an incident at all, and to which kind.
bool fga_incident_concerns(const struct fga_event *event, enum fga_incident_kind *kind);

// Begins an incident of the event's customer in *incident, which is zeroed or an ended incident of
// the same customer and kind (its message times count on). event_id: the stream's id of the event,
// unique and the same however often it is read.
void fga_incident_open(struct fga_incident *incident, enum fga_incident_kind kind,
                       const struct fga_event *event, const char *event_id);
// Takes the event into an open incident. now_ms: wall clock [Unix ms].
void fga_incident_absorb(struct fga_incident *incident, const struct fga_event *event,
                         int64_t now_ms);

enum fga_step {
    FGA_STEP_NONE,
    FGA_STEP_STARTED,
    FGA_STEP_UPDATED,
    FGA_STEP_ENDED,
    FGA_STEP_FORGET, // ended, and its message times count for nothing any more
};
// What is due at now_ms; the incident counts it as told.
enum fga_step fga_incident_step(struct fga_incident *incident, const struct fga_pace *pace,
                                int64_t now_ms);

// Until when the latest of the holds lasts [Unix ms]; 0: there is none.
int64_t fga_incident_held_until_ms(const struct fga_incident *incident);
uint64_t fga_incident_calls(const struct fga_incident *incident);

// As JSON, for keeping (incident_json.c). malloc'd, NULL when out of memory; the caller frees.
char *fga_incident_format(const struct fga_incident *incident);
// FG_ESYNTAX for what was not written by fga_incident_format(). *out is written only on success.
FG_MUST_CHECK int fga_incident_parse(struct fg_view json, struct fga_incident *out);
