// SPDX-License-Identifier: GPL-2.0-or-later
// Messages as JSON: webhooks for customers, Alertmanager's API for the NOC.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/json.h"
#include "message.h"

static char *summary(const struct fga_message *message, const struct fga_language *language)
{
    const struct fga_incident *incident = &message->incident;
    const uint64_t n = fga_incident_calls(incident);
    char calls[24];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    (void)snprintf(calls, sizeof(calls), "%llu", (unsigned long long)n);
    const struct fga_value value = {"calls", calls};
    enum fga_text id = incident->kind == FGA_TDOS ? FGA_TEXT_SUBJECT_FLOOD
                       : n > 0                    ? FGA_TEXT_SUBJECT_CALLS
                                                  : FGA_TEXT_SUBJECT_HELD;
    if (message->step == FGA_STEP_NONE)
        id = FGA_TEXT_TEST;
    fga_text_write(out, fga_language_text(language, id, n), &value, 1);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static bool set_money(struct fg_json *data, const struct fga_incident *incident)
{
    struct fg_json *cost = fg_json_object_new();
    const bool ok = fg_json_set_micro(cost, "prevented", incident->prevented_usd) &&
                    fg_json_set_micro(cost, "incurred", incident->incurred_usd) &&
                    fg_json_set_string(cost, "currency", "USD") &&
                    fg_json_set_string(cost, "basis", "estimate: 3 min/call at list rate");
    return fg_json_set(data, "cost", cost) && ok;
}

static bool set_count(struct fg_json *object, const char *key, uint64_t n)
{
    return n == 0 ? fg_json_set_null(object, key) : fg_json_set_integer(object, key, (int64_t)n);
}

// How large a flood is, as far as it is known.
static bool set_flood(struct fg_json *data, const struct fga_incident *incident)
{
    if (incident->kind != FGA_TDOS)
        return true;
    struct fg_json *flood = fg_json_object_new();
    const bool ok = set_count(flood, "callers", incident->callers) &&
                    set_count(flood, "peak_per_minute", incident->peak_per_min);
    return fg_json_set(data, "flood", flood) && ok;
}

static bool set_calls(struct fg_json *data, const struct fga_incident *incident)
{
    struct fg_json *calls = fg_json_object_new();
    const bool ok = fg_json_set_integer(calls, "blocked", (int64_t)incident->refused) &&
                    fg_json_set_integer(calls, "cut", (int64_t)incident->cut);
    return fg_json_set(data, "calls", calls) && ok;
}

static bool set_evidence(struct fg_json *data, const struct fga_incident *incident)
{
    struct fg_json *destinations = fg_json_array_new();
    struct fg_json *reasons = fg_json_array_new();
    bool ok = true;
    // Whoever floods a customer is not the customer's to see, and the number is their own.
    const uint32_t n = incident->kind == FGA_TDOS ? 0 : incident->n_destinations;
    for (uint32_t i = 0; i < n; i++) {
        const struct fga_destination *to = &incident->destinations[i];
        struct fg_json *item = fg_json_object_new();
        ok = fg_json_set_string(item, "country", to->country[0] == '\0' ? NULL : to->country) &&
             fg_json_set_string(item, "number", to->number) &&
             fg_json_set_integer(item, "calls", (int64_t)to->calls) && ok;
        ok = fg_json_append(destinations, item) && ok;
    }
    for (uint32_t i = 0; i < incident->n_reasons; i++) {
        struct fg_json *item = fg_json_object_new();
        ok = fg_json_set_string(item, "rule", incident->reasons[i].rule) &&
             fg_json_set_string(item, "text", incident->reasons[i].text) && ok;
        ok = fg_json_append(reasons, item) && ok;
    }
    ok = fg_json_set(data, "destinations", destinations) && ok;
    return fg_json_set(data, "reasons", reasons) && ok;
}

static bool set_next_steps(struct fg_json *data, const struct fga_message *message,
                           const struct fga_language *language)
{
    struct fg_json *steps = fg_json_array_new();
    bool ok = true;
    if (message->step != FGA_STEP_NONE && message->incident.kind == FGA_HOLD)
        ok =
            fg_json_append_string(steps, fga_language_text(language, FGA_TEXT_TODO_PASSWORDS, 0)) &&
            fg_json_append_string(steps, fga_language_text(language, FGA_TEXT_TODO_LOG, 0));
    else if (message->step != FGA_STEP_NONE)
        ok = fg_json_append_string(steps, fga_language_text(language, FGA_TEXT_TODO_FLOOD, 0));
    return fg_json_set(data, "next_steps", steps) && ok;
}

static bool set_time(struct fg_json *data, const char *key, int64_t time_ms)
{
    char text[FGA_UTC_MAX];
    if (time_ms == 0)
        return fg_json_set_null(data, key);
    fga_utc_format(time_ms, text);
    return fg_json_set_string(data, key, text);
}

static bool set_unblock_url(struct fg_json *data, const struct fga_incident *incident,
                            const char *portal_url)
{
    char *url = NULL;
    if (portal_url == NULL || incident->kind != FGA_HOLD)
        return true;
    if (asprintf(&url, "%s%s", portal_url, incident->alert_id) < 0)
        return false;
    const bool ok = fg_json_set_string(data, "unblock_url", url);
    free(url);
    return ok;
}

static struct fg_json *data_of(const struct fga_message *message,
                               const struct fga_audience *audience)
{
    const struct fga_incident *incident = &message->incident;
    const struct fga_language *language = fga_language_of(audience->locale);
    struct fg_json *data = fg_json_object_new();
    char *said = summary(message, language);
    char dedup_key[FG_CUSTOMER_ID_MAX + FGA_ALERT_ID_MAX + 8];
    (void)snprintf(dedup_key, sizeof(dedup_key), "%s/%s/%s", incident->customer,
                   incident->kind == FGA_TDOS ? "tdos" : "hold", incident->alert_id);
    bool ok =
        said != NULL && fg_json_set_string(data, "alert_id", incident->alert_id) &&
        fg_json_set_string(data, "dedup_key", dedup_key) &&
        fg_json_set_integer(data, "sequence", incident->sequence) &&
        fg_json_set_string(data, "customer", incident->customer) &&
        fg_json_set_string(data, "summary", said) && fg_json_set_string(data, "action", "block") &&
        set_time(data, "started", incident->started_ms) &&
        set_time(data, "latest", incident->last_ms) &&
        set_time(data, "hold_until", fga_incident_held_until_ms(incident)) &&
        set_calls(data, incident) && set_flood(data, incident) && set_evidence(data, incident) &&
        set_money(data, incident) && set_next_steps(data, message, language) &&
        set_unblock_url(data, incident, audience->portal_url) &&
        fg_json_set_string(data, "contact", audience->contact) &&
        fg_json_set_string(data, "locale", audience->locale == NULL ? "en" : audience->locale) &&
        fg_json_set_bool(data, "test", message->step == FGA_STEP_NONE);
    free(said);
    if (!ok) {
        fg_json_free(data);
        return NULL;
    }
    return data;
}

char *fga_webhook_format(const struct fga_message *message, const struct fga_audience *audience)
{
    struct fg_json *body = fg_json_object_new();
    const bool ok = fg_json_set_string(body, "type", fga_message_type(message)) &&
                    set_time(body, "timestamp", message->time_ms) &&
                    fg_json_set(body, "data", data_of(message, audience));
    char *text = ok ? fg_json_format(body, 0) : NULL;
    fg_json_free(body);
    return text;
}

static bool set_annotations(struct fg_json *alert, const struct fga_message *message)
{
    const struct fga_incident *incident = &message->incident;
    struct fg_json *annotations = fg_json_object_new();
    char *said = summary(message, fga_language_of(NULL));
    char prevented[32];
    char hold[FGA_TEXT_MAX + 96] = "";
    fga_money_format(incident->prevented_usd, prevented);
    if (incident->hold_by[0] != '\0')
        (void)snprintf(hold, sizeof(hold), "%s (%s)", incident->hold_reason, incident->hold_by);
    bool ok = said != NULL && fg_json_set_string(annotations, "summary", said) &&
              fg_json_set_string(annotations, "why", incident->why) &&
              fg_json_set_string(annotations, "hold", hold) &&
              fg_json_set_string(annotations, "prevented_usd", prevented) &&
              fg_json_set_string(annotations, "alert_id", incident->alert_id);
    free(said);
    return fg_json_set(alert, "annotations", annotations) && ok;
}

// Alertmanager resolves an alert at endsAt unless it hears of it again: when the holds have ended
// and a quiet time has passed, or now.
static int64_t ends_ms(const struct fga_message *message, const struct fga_pace *pace)
{
    const int64_t until_ms = fga_incident_held_until_ms(&message->incident);
    if (message->step == FGA_STEP_ENDED)
        return message->time_ms;
    const int64_t from_ms = until_ms > message->time_ms ? until_ms : message->time_ms;
    return from_ms + pace->quiet_ms + pace->hour_ms;
}

char *fga_alertmanager_format(const struct fga_message *message,
                              const struct fga_audience *audience, const struct fga_pace *pace)
{
    const struct fga_incident *incident = &message->incident;
    struct fg_json *alert = fg_json_object_new();
    struct fg_json *labels = fg_json_object_new();
    const bool test = message->step == FGA_STEP_NONE;
    const char *name = test                         ? "FraudAlertTest"
                       : incident->kind == FGA_TDOS ? "FraudFlood"
                                                    : "FraudHold";
    (void)audience;
    bool ok = fg_json_set_string(labels, "alertname", name) &&
              fg_json_set_string(labels, "customer", incident->customer) &&
              fg_json_set_string(labels, "severity", test ? "info" : "warning") &&
              fg_json_set_string(labels, "source", "fraudguard");
    ok = fg_json_set(alert, "labels", labels) && ok;
    ok = ok && set_annotations(alert, message) &&
         set_time(alert, "startsAt", incident->started_ms) &&
         set_time(alert, "endsAt", ends_ms(message, pace));
    char *object = ok ? fg_json_format(alert, 0) : NULL;
    char *text = NULL;
    fg_json_free(alert);
    if (object != NULL && asprintf(&text, "[%s]", object) < 0)
        text = NULL;
    free(object);
    return text;
}
