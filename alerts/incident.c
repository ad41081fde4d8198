// SPDX-License-Identifier: GPL-2.0-or-later
#include "incident.h"

#include <stdio.h>
#include <string.h>

#include "fg/hash.h"

#define GAP_MS          INT64_C(60000)
#define HOUR_MS         INT64_C(3600000)
#define QUIET_MS        INT64_C(900000)
#define TYPICAL_MIN     3  // minutes that a refused call would have lasted: the estimate's basis
#define FLOOD_CALLS     20 // refused inbound calls before one speaks of a flood
#define CALLS_MAX       (UINT64_C(1) << 50)
#define USD_MAX         ((fg_micro)1 << 55)
#define SECONDS_PER_MIN 60

struct fga_pace fga_pace_of(int32_t divisor)
{
    const int64_t by = divisor < 1 ? 1 : divisor;
    return (struct fga_pace){GAP_MS / by, HOUR_MS / by, QUIET_MS / by};
}

bool fga_incident_concerns(const struct fga_event *event, enum fga_incident_kind *kind)
{
    if (event->kind == FGA_EVENT_OTHER || event->kind == FGA_EVENT_TEST ||
        event->kind == FGA_EVENT_RESEND || event->customer[0] == '\0')
        return false;
    const bool call = event->kind == FGA_EVENT_REFUSED || event->kind == FGA_EVENT_CUT ||
                      event->kind == FGA_EVENT_FLOODED;
    *kind = call && event->inbound ? FGA_TDOS : FGA_HOLD;
    return true;
}

void fga_incident_open(struct fga_incident *incident, enum fga_incident_kind kind,
                       const struct fga_event *event, const char *event_id)
{
    // No secret: it only spreads and shortens. Receivers tell alerts apart by it.
    static const struct fg_hash_key key = {"fraudguard.alert"};
    struct fga_incident fresh;

    memset(&fresh, 0, sizeof(fresh));
    memcpy(fresh.customer, event->customer, sizeof(fresh.customer));
    const struct fg_view parts[] = {fg_view_of(fresh.customer),
                                    fg_view_of(kind == FGA_TDOS ? "tdos" : "hold"),
                                    fg_view_of(event_id)};
    const struct fg_hash128 hash = fg_hash128_parts(&key, parts, sizeof(parts) / sizeof(*parts));
    fresh.kind = kind;
    fresh.open = true;
    fresh.started_ms = event->time_ms;
    fresh.last_ms = event->time_ms;
    (void)snprintf(fresh.alert_id, sizeof(fresh.alert_id), "al_%016llx",
                   (unsigned long long)hash.lo);
    memcpy(fresh.recent_ms, incident->recent_ms, sizeof(fresh.recent_ms));
    fresh.n_recent = incident->n_recent;
    *incident = fresh;
}

static void count_destination(struct fga_incident *incident, const struct fga_event *event)
{
    for (uint32_t i = 0; i < incident->n_destinations; i++) {
        struct fga_destination *known = &incident->destinations[i];
        if (strcmp(known->number, event->number) == 0 &&
            strcmp(known->country, event->country) == 0) {
            known->calls++;
            return;
        }
    }
    if (incident->n_destinations == FGA_DESTINATIONS_MAX || event->number[0] == '\0') {
        incident->other_calls++;
        return;
    }
    struct fga_destination *added = &incident->destinations[incident->n_destinations++];
    memcpy(added->country, event->country, sizeof(added->country));
    memcpy(added->number, event->number, sizeof(added->number));
    added->calls = 1;
}

static void take_reasons(struct fga_incident *incident, const struct fga_event *event)
{
    for (uint32_t i = 0; i < event->n_reasons; i++) {
        bool known = false;
        for (uint32_t k = 0; k < incident->n_reasons; k++)
            known = known || strcmp(incident->reasons[k].rule, event->reasons[i].rule) == 0;
        if (!known && incident->n_reasons < FGA_REASONS_MAX)
            incident->reasons[incident->n_reasons++] = event->reasons[i];
    }
    if (event->why[0] != '\0')
        memcpy(incident->why, event->why, sizeof(incident->why));
}

static void take_hold(struct fga_incident *incident, const struct fga_event *event)
{
    struct fga_held *held = NULL;
    if (event->scope[0] == '\0')
        return;
    for (uint32_t i = 0; i < incident->n_holds && held == NULL; i++) {
        if (strcmp(incident->holds[i].scope, event->scope) == 0)
            held = &incident->holds[i];
    }
    if (held == NULL) {
        if (incident->n_holds < FGA_HOLDS_MAX)
            incident->n_holds++;
        held = &incident->holds[incident->n_holds - 1]; // beyond: the last place is shared
        memcpy(held->scope, event->scope, sizeof(held->scope));
        memcpy(held->of, event->of, sizeof(held->of));
    }
    if (event->hold_until_ms > held->until_ms)
        held->until_ms = event->hold_until_ms;
}

static void take_release(struct fga_incident *incident, const struct fga_event *event)
{
    for (uint32_t i = 0; i < incident->n_holds; i++) {
        if (strcmp(incident->holds[i].scope, event->scope) == 0)
            incident->holds[i].until_ms = event->time_ms;
    }
    incident->released = true;
}

static void count_call(struct fga_incident *incident, const struct fga_event *event)
{
    const bool cut = event->kind == FGA_EVENT_CUT;
    uint64_t *counter = cut ? &incident->cut : &incident->refused;
    const int64_t minutes = (event->duration_s + SECONDS_PER_MIN - 1) / SECONDS_PER_MIN;
    fg_micro *money = cut ? &incident->incurred_usd : &incident->prevented_usd;

    *counter += *counter < CALLS_MAX ? 1 : 0;
    *money += *money < USD_MAX ? event->usd_per_minute * (cut ? minutes : TYPICAL_MIN) : 0;
    count_destination(incident, event);
    take_reasons(incident, event);
}

static void take_flood(struct fga_incident *incident, const struct fga_event *event)
{
    if ((uint64_t)event->callers > incident->callers)
        incident->callers = (uint64_t)event->callers;
    if ((uint64_t)event->peak_per_min > incident->peak_per_min)
        incident->peak_per_min = (uint64_t)event->peak_per_min;
    incident->floods += incident->floods < CALLS_MAX ? 1 : 0;
}

void fga_incident_absorb(struct fga_incident *incident, const struct fga_event *event,
                         int64_t now_ms)
{
    if (event->time_ms < incident->started_ms)
        incident->started_ms = event->time_ms;
    if (event->time_ms > incident->last_ms)
        incident->last_ms = event->time_ms;
    incident->heard_ms = now_ms;
    incident->news = true;
    if (event->kind == FGA_EVENT_RELEASED) {
        take_release(incident, event);
    } else if (event->kind == FGA_EVENT_FLOODED) {
        take_flood(incident, event);
    } else {
        take_hold(incident, event);
        if (event->kind == FGA_EVENT_HELD) {
            incident->released = false;
            memcpy(incident->hold_reason, event->hold_reason, sizeof(incident->hold_reason));
            memcpy(incident->hold_by, event->hold_by, sizeof(incident->hold_by));
        } else {
            count_call(incident, event);
        }
    }
}

int64_t fga_incident_held_until_ms(const struct fga_incident *incident)
{
    int64_t until_ms = 0;
    for (uint32_t i = 0; i < incident->n_holds; i++) {
        if (incident->holds[i].until_ms > until_ms)
            until_ms = incident->holds[i].until_ms;
    }
    return until_ms;
}

uint64_t fga_incident_calls(const struct fga_incident *incident)
{
    return incident->refused + incident->cut;
}

static uint32_t messages_in_hour(const struct fga_incident *incident, const struct fga_pace *pace,
                                 int64_t now_ms)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < FGA_MESSAGES_PER_HOUR; i++) {
        const int64_t since_ms = now_ms - incident->recent_ms[i];
        // In the future: the clock was set back.
        n += incident->recent_ms[i] != 0 && since_ms < pace->hour_ms ? 1 : 0;
    }
    return n;
}

static bool is_over(const struct fga_incident *incident, const struct fga_pace *pace,
                    int64_t now_ms)
{
    const int64_t until_ms = fga_incident_held_until_ms(incident);
    if (now_ms < until_ms)
        return false;
    // Whoever released it knows what they do: no need to watch for more.
    if (incident->released)
        return true;
    const int64_t quiet_from_ms = incident->heard_ms > until_ms ? incident->heard_ms : until_ms;
    return now_ms - quiet_from_ms >= pace->quiet_ms;
}

static bool update_is_due(const struct fga_incident *incident, const struct fga_pace *pace,
                          int64_t now_ms)
{
    const int64_t since_ms = now_ms - incident->told_ms;
    const uint64_t calls = fga_incident_calls(incident);
    const uint64_t before = incident->told_calls > 0 ? incident->told_calls : 1;
    if (!incident->news || (since_ms >= 0 && since_ms < pace->gap_ms))
        return false;
    return since_ms >= pace->hour_ms || calls / before >= 10;
}

static enum fga_step tell(struct fga_incident *incident, enum fga_step step, int64_t now_ms)
{
    incident->sequence++;
    incident->told_ms = now_ms;
    incident->told_calls = fga_incident_calls(incident);
    incident->news = false;
    incident->recent_ms[incident->n_recent++ % FGA_MESSAGES_PER_HOUR] = now_ms;
    return step;
}

enum fga_step fga_incident_step(struct fga_incident *incident, const struct fga_pace *pace,
                                int64_t now_ms)
{
    const uint32_t told = messages_in_hour(incident, pace, now_ms);
    if (!incident->open)
        return told == 0 ? FGA_STEP_FORGET : FGA_STEP_NONE;
    const bool over = is_over(incident, pace, now_ms);
    if (incident->sequence == 0) {
        // A release alone, or a few refused callers, is nothing to tell.
        const bool worth = incident->kind == FGA_TDOS
                               ? fga_incident_calls(incident) >= FLOOD_CALLS
                               : incident->n_holds > 0 || fga_incident_calls(incident) > 0;
        if (worth && told + 1 < FGA_MESSAGES_PER_HOUR) // the last one is for the end
            return tell(incident, FGA_STEP_STARTED, now_ms);
        if (!worth && over)
            incident->open = false;
        return FGA_STEP_NONE;
    }
    if (over && told < FGA_MESSAGES_PER_HOUR) {
        incident->open = false;
        return tell(incident, FGA_STEP_ENDED, now_ms);
    }
    if (!over && told + 1 < FGA_MESSAGES_PER_HOUR && update_is_due(incident, pace, now_ms))
        return tell(incident, FGA_STEP_UPDATED, now_ms);
    return FGA_STEP_NONE;
}
