// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "fg/json.h"
#include "file.h"
#include "incidents.h"
#include "log.h"
#include "outbox.h"
#include "seen.h"
#include "sender.h"
#include "state.h"

#define POLL_MS        100
#define RETRY_MS       250
#define LEAD_MS        700 // the lease is three seconds
#define STATUS_MS      5000
#define SWEEP_MS       1000 // how often incidents are looked at that nothing happens to
#define SWEEP_LAB_MS   50
#define TESTS_MAX      8
#define CONFIG_BYTES   ((size_t)64 * 1024 * 1024)
#define DISABLED_ERROR "the receiver wants no more at this endpoint (410)"
#define UNKNOWN_ERROR  "the configuration has no such endpoint"

struct daemon {
    struct fga_config *config;
    struct fga_config *former; // replaced, while transfers that began with it are under way
    struct fga_state *state;
    struct fga_incidents *incidents;
    struct fga_outbox *outbox;
    struct fga_transport *transport;
    struct fga_pace pace;
    bool leads; // and what is in memory is what is kept
    bool away;  // said once
    bool out_of_memory;
    int64_t now_ms, lead_ms, sweep_ms, status_ms, retry_ms;
    struct fga_incident tests[TESTS_MAX]; // asked for and not yet told
    size_t n_tests;
    char resends[TESTS_MAX][FGA_DEAD_ID_MAX]; // dead letters to be tried again
    size_t n_resends;
    struct fga_seen *seen;
    uint64_t events, unreadable, repeated, delivered, failed, dead;
};

static int64_t wall_clock_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * FG_MS_PER_S + now.tv_nsec / 1000000;
}

struct fga_config *fga_daemon_configure(const char *path)
{
    struct fg_file file;
    struct fga_config *config = NULL;
    struct fg_diags *diags = fg_diags_new();
    int rc = fg_file_read(path, CONFIG_BYTES, &file);
    if (rc != FG_OK || diags == NULL) {
        (void)fprintf(stderr, "fg-alertd: %s: %s\n", path, fg_file_error(rc, &file));
        fg_diags_free(diags);
        return NULL;
    }
    const struct fga_config_source source = {path, file.bytes, file.len, false};
    rc = fga_config_parse(&source, diags, &config);
    fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
    if (rc != FG_OK && rc != FG_ESYNTAX)
        (void)fprintf(stderr, "fg-alertd: %s: %s\n", path, fg_strerror(rc));
    fg_diags_free(diags);
    fg_file_fini(&file);
    return rc == FG_OK ? config : NULL;
}

// --- messages
// Puts a delivery into the outbox and the transaction.
static void enqueue(struct daemon *d, const struct fga_message *message, const char *endpoint)
{
    struct fga_delivery *delivery = fga_delivery_new(message, endpoint, d->now_ms);
    struct fga_delivery *replaced = NULL;
    if (delivery == NULL) {
        d->out_of_memory = true;
        return;
    }
    while ((replaced = fga_outbox_replaced_by(d->outbox, delivery)) != NULL) {
        fga_state_drop_delivery(d->state, replaced);
        free(replaced);
    }
    const int rc = fga_outbox_add(d->outbox, delivery);
    if (rc == FG_OK) {
        fga_state_put_delivery(d->state, delivery);
        return;
    }
    if (rc == FG_ELIMIT) {
        (void)snprintf(delivery->error, sizeof(delivery->error), "the outbox is full");
        fga_state_bury_delivery(d->state, delivery);
        d->dead++;
    } else if (rc == FG_ENOMEM) {
        d->out_of_memory = true;
    }
    free(delivery);
}

static void tell_all(struct daemon *d, const struct fga_incident *incident, enum fga_step step)
{
    const struct fga_message message = {step, d->now_ms, *incident};
    const struct fga_customer *customer = fga_config_customer(d->config, incident->customer);
    for (uint32_t i = 0; customer != NULL && i < customer->n_endpoints; i++) {
        const struct fga_endpoint *endpoint = &customer->endpoints[i];
        if (step == FGA_STEP_NONE || endpoint->wants[incident->kind])
            enqueue(d, &message, endpoint->id);
    }
    if (d->config->noc.id != NULL)
        enqueue(d, &message, d->config->noc.id);
}

// Tells what is due of an incident and saves it when anything changed. False: forget it.
static bool step_incident(void *arg, struct fga_tracked *tracked)
{
    struct daemon *d = arg;
    const enum fga_step step = fga_incident_step(&tracked->incident, &d->pace, d->now_ms);
    if (step == FGA_STEP_FORGET) {
        fga_state_drop_incident(d->state, &tracked->incident);
        return false;
    }
    if (step != FGA_STEP_NONE)
        tell_all(d, &tracked->incident, step);
    if (step != FGA_STEP_NONE || tracked->changed)
        fga_state_put_incident(d->state, &tracked->incident);
    tracked->changed = false;
    return true;
}

// --- events
static void take_test(struct daemon *d, const struct fga_event *event, const char *id)
{
    if (d->n_tests == TESTS_MAX)
        return; // somebody leans on the button
    struct fga_incident *incident = &d->tests[d->n_tests++];
    memset(incident, 0, sizeof(*incident));
    fga_incident_open(incident, FGA_HOLD, event, id);
    incident->sequence = 1;
}

static void take_event(void *arg, const char *id, struct fg_view json)
{
    struct daemon *d = arg;
    struct fga_event event;
    enum fga_incident_kind kind;
    d->events++;
    if (fga_event_parse(json, &event) != FG_OK) {
        d->unreadable++;
        return;
    }
    if (event.is_unique && !fga_seen_add(d->seen, json)) {
        d->repeated++;
        return;
    }
    if (event.kind == FGA_EVENT_TEST) {
        take_test(d, &event, id);
        return;
    }
    if (event.kind == FGA_EVENT_RESEND && d->n_resends < TESTS_MAX)
        memcpy(d->resends[d->n_resends++], event.dead_id, sizeof(event.dead_id));
    if (!fga_incident_concerns(&event, &kind))
        return;
    struct fga_tracked *tracked = fga_incidents_get(d->incidents, event.customer, kind);
    if (tracked == NULL) {
        d->out_of_memory = true;
        return;
    }
    if (!tracked->incident.open)
        fga_incident_open(&tracked->incident, kind, &event, id);
    fga_incident_absorb(&tracked->incident, &event, d->now_ms);
    tracked->changed = true;
}

// Dead letters that are to be tried again, from the first attempt on.
static int resend(struct daemon *d)
{
    int rc = FG_OK;
    for (size_t i = 0; i < d->n_resends && rc == FG_OK; i++) {
        struct fga_delivery *delivery = NULL;
        rc = fga_state_find_dead(d->state, d->resends[i], &delivery);
        if (rc != FG_OK || delivery == NULL)
            continue;
        delivery->attempts = 0;
        delivery->next_ms = d->now_ms;
        if (fga_outbox_add(d->outbox, delivery) != FG_OK) {
            free(delivery); // there already, or no room: it stays dead
            continue;
        }
        fga_state_begin(d->state);
        fga_state_put_delivery(d->state, delivery);
        fga_state_exhume(d->state, d->resends[i]);
        rc = fga_state_commit(d->state);
    }
    d->n_resends = 0;
    return rc;
}

// What follows from the events read and from the time, in one transaction with how far they were
// read: whenever it ends in the middle, it is done again as a whole or not at all.
static int settle(struct daemon *d)
{
    // Doing it twice does nothing more.
    const int resent = resend(d);
    if (resent != FG_OK)
        return resent;
    fga_state_begin(d->state);
    for (size_t i = 0; i < d->n_tests; i++)
        tell_all(d, &d->tests[i], FGA_STEP_NONE);
    d->n_tests = 0;
    fga_incidents_each(d->incidents, step_incident, d);
    fga_state_advance(d->state);
    if (d->out_of_memory)
        fga_state_spoil(d->state);
    const int rc = fga_state_commit(d->state);
    return rc == FG_OK ? fga_state_acknowledge(d->state) : rc;
}

static int take_batch(struct daemon *d, bool pending, size_t *n)
{
    const int rc = fga_state_read(d->state, pending, take_event, d, n);
    return rc == FG_OK && *n > 0 ? settle(d) : rc;
}

// --- deliveries
static int bury(struct daemon *d, struct fga_delivery *delivery, const char *disabled_url)
{
    fga_log(FGA_LOG_WARNING, "%s is given up after %u attempts: %s", delivery->id,
            delivery->attempts, delivery->error);
    fga_state_begin(d->state);
    if (disabled_url != NULL)
        fga_state_disable(d->state, delivery->endpoint, disabled_url);
    fga_state_bury_delivery(d->state, delivery);
    const int rc = fga_state_commit(d->state);
    if (rc == FG_OK) {
        fga_outbox_take(d->outbox, delivery);
        free(delivery);
        d->dead++;
    }
    return rc;
}

// Whether a delivery goes to the same receiver as the one that has just taken one: all e-mail goes
// through one server.
static bool shares_receiver(const void *arg, const struct fga_delivery *delivery)
{
    const struct {
        const struct fga_config *config;
        const struct fga_endpoint *endpoint;
    } *known = arg;
    const struct fga_endpoint *other = fga_config_endpoint(known->config, delivery->endpoint);
    if (other == NULL || known->endpoint == NULL)
        return false;
    return other == known->endpoint ||
           (other->channel == FGA_EMAIL && known->endpoint->channel == FGA_EMAIL);
}

static int settle_delivered(struct daemon *d, struct fga_delivery *delivery)
{
    const struct {
        const struct fga_config *config;
        const struct fga_endpoint *endpoint;
    } known = {d->config, fga_config_endpoint(d->config, delivery->endpoint)};
    fga_state_begin(d->state);
    fga_state_drop_delivery(d->state, delivery);
    const int rc = fga_state_commit(d->state);
    if (rc != FG_OK)
        return rc;
    const bool was_late = delivery->attempts > 1;
    fga_outbox_take(d->outbox, delivery);
    free(delivery);
    d->delivered++;
    if (was_late)
        fga_outbox_wake(d->outbox, d->now_ms, shares_receiver, &known);
    return FG_OK;
}

static int settle_retry(struct daemon *d, struct fga_delivery *delivery)
{
    d->failed++;
    fga_state_begin(d->state);
    fga_state_put_delivery(d->state, delivery);
    return fga_state_commit(d->state);
}

static uint32_t jitter(void)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        random = 0;
    return random % 1000;
}

static int take_result(struct daemon *d, const struct fga_result *result)
{
    struct fga_delivery *delivery = fga_outbox_find(d->outbox, result->id);
    if (delivery == NULL)
        return FG_OK; // of a time before Redis was lost, and settled since
    const struct fga_endpoint *endpoint = fga_config_endpoint(d->config, delivery->endpoint);
    delivery->in_flight = false;
    delivery->attempts++;
    memcpy(delivery->error, result->error, sizeof(delivery->error));
    switch (fga_schedule_next(&result->attempt, delivery->attempts, jitter(),
                              d->config->lab_divisor, d->now_ms, &delivery->next_ms)) {
    case FGA_DELIVERED:
        return settle_delivered(d, delivery);
    case FGA_RETRY:
        return settle_retry(d, delivery);
    case FGA_DISABLE:
        (void)snprintf(delivery->error, sizeof(delivery->error), DISABLED_ERROR);
        return bury(d, delivery, endpoint == NULL ? "" : endpoint->url);
    case FGA_DEAD:
        break;
    }
    return bury(d, delivery, NULL);
}

static int start_one(struct daemon *d, struct fga_delivery *delivery)
{
    const struct fga_endpoint *endpoint = fga_config_endpoint(d->config, delivery->endpoint);
    bool disabled = false;
    int rc = FG_OK;
    if (endpoint != NULL && endpoint->channel == FGA_WEBHOOK)
        rc = fga_state_is_disabled(d->state, delivery->endpoint, endpoint->url, &disabled);
    if (rc != FG_OK)
        return rc;
    if (endpoint == NULL || disabled) {
        (void)snprintf(delivery->error, sizeof(delivery->error), "%s",
                       endpoint == NULL ? UNKNOWN_ERROR : DISABLED_ERROR);
        return bury(d, delivery, NULL);
    }
    rc = fga_sender_start(d->transport, d->config, delivery, d->now_ms);
    // Under way already, since before Redis was lost: its result will be for this one.
    if (rc == FG_OK || rc == FG_EDUPLICATE)
        delivery->in_flight = true;
    else
        delivery->next_ms = d->now_ms + RETRY_MS;
    return FG_OK;
}

static int send_due(struct daemon *d)
{
    struct fga_result result;
    int rc = FG_OK;
    while (rc == FG_OK && fga_transport_next(d->transport, &result))
        rc = take_result(d, &result);
    while (rc == FG_OK && fga_transport_count(d->transport) < FGA_TRANSFERS_MAX) {
        struct fga_delivery *delivery = fga_outbox_due(d->outbox, d->now_ms);
        if (delivery == NULL)
            break;
        rc = start_one(d, delivery);
    }
    return rc;
}

// --- the lead
static void note_unreadable(void *arg, const char *what)
{
    (void)arg;
    fga_log(FGA_LOG_ERROR, "%s kept in Redis cannot be read; it is left alone", what);
}

static void note_taken_in(void *arg, const char *id, struct fg_view json)
{
    struct daemon *d = arg;
    (void)id;
    (void)fga_seen_add(d->seen, json);
}

static void forget(struct daemon *d)
{
    fga_incidents_free(d->incidents);
    fga_outbox_free(d->outbox);
    fga_seen_free(d->seen);
    d->seen = NULL;
    d->incidents = NULL;
    d->outbox = NULL;
    d->n_tests = 0;
    d->n_resends = 0;
    d->out_of_memory = false;
    d->leads = false;
}

// Takes the lead, loads what is kept, and takes in what a former leader left half done.
static int begin_lead(struct daemon *d)
{
    bool leads = false;
    size_t n = 1;
    int rc = fga_state_lead(d->state, &leads);
    if (rc != FG_OK || !leads)
        return rc;
    forget(d);
    d->incidents = fga_incidents_new();
    d->outbox = fga_outbox_new();
    d->seen = fga_seen_new();
    if (d->incidents == NULL || d->outbox == NULL || d->seen == NULL)
        return FG_ENOMEM;
    rc = fga_state_load(d->state, d->incidents, d->outbox, note_unreadable, d);
    if (rc == FG_OK)
        rc = fga_state_taken_in(d->state, note_taken_in, d);
    while (rc == FG_OK && n > 0)
        rc = take_batch(d, true, &n);
    if (rc == FG_OK) {
        fga_log(FGA_LOG_NOTICE, "leads, with %zu incidents and %zu messages to deliver",
                fga_incidents_count(d->incidents), fga_outbox_count(d->outbox));
        d->leads = true;
        d->away = false;
        d->lead_ms = d->now_ms;
    }
    return rc;
}

static int keep_lead(struct daemon *d)
{
    bool leads = false;
    if (d->now_ms - d->lead_ms < LEAD_MS && d->now_ms >= d->lead_ms)
        return FG_OK;
    const int rc = fga_state_lead(d->state, &leads);
    d->lead_ms = d->now_ms;
    return rc == FG_OK && !leads ? FG_EUNAVAILABLE : rc;
}

static int tell_status(struct daemon *d)
{
    struct fg_json *json = NULL;
    if (d->now_ms - d->status_ms < STATUS_MS && d->now_ms >= d->status_ms)
        return FG_OK;
    d->status_ms = d->now_ms;
    json = fg_json_object_new();
    const bool ok =
        fg_json_set_integer(json, "v", 1) && fg_json_set_integer(json, "time_ms", d->now_ms) &&
        fg_json_set_integer(json, "events", (int64_t)d->events) &&
        fg_json_set_integer(json, "unreadable", (int64_t)d->unreadable) &&
        fg_json_set_integer(json, "repeated", (int64_t)d->repeated) &&
        fg_json_set_integer(json, "delivered", (int64_t)d->delivered) &&
        fg_json_set_integer(json, "failed", (int64_t)d->failed) &&
        fg_json_set_integer(json, "dead", (int64_t)d->dead) &&
        fg_json_set_integer(json, "incidents", (int64_t)fga_incidents_count(d->incidents)) &&
        fg_json_set_integer(json, "pending", (int64_t)fga_outbox_count(d->outbox)) &&
        fg_json_set_integer(json, "oldest_ms", fga_outbox_oldest_ms(d->outbox));
    char *text = ok ? fg_json_format(json, 0) : NULL;
    const int rc = text == NULL ? FG_ENOMEM : fga_state_tell_status(d->state, fg_view_of(text));
    free(text);
    fg_json_free(json);
    return rc;
}

// --- the loop
// One round; *busy: there is more to do at once.
static int work(struct daemon *d, bool *busy)
{
    const int64_t sweep_ms = d->config->lab_divisor > 1 ? SWEEP_LAB_MS : SWEEP_MS;
    size_t n = 0;
    int rc = keep_lead(d);
    if (rc == FG_OK)
        rc = take_batch(d, false, &n);
    if (rc == FG_OK && n == 0 && (d->now_ms - d->sweep_ms >= sweep_ms || d->now_ms < d->sweep_ms)) {
        d->sweep_ms = d->now_ms;
        rc = settle(d);
    }
    if (rc == FG_OK)
        rc = send_due(d);
    if (rc == FG_OK)
        rc = tell_status(d);
    *busy = n > 0;
    return rc;
}

static void lose_redis(struct daemon *d, int rc)
{
    if (!d->away)
        fga_log(FGA_LOG_WARNING, "Redis: %s (%s); what is kept there is read again once it answers",
                fg_strerror(rc), fga_state_error(d->state));
    d->away = true;
    forget(d);
    d->retry_ms = d->now_ms + RETRY_MS;
}

static void reload_config(struct daemon *d, const char *path)
{
    struct fga_config *config = NULL;
    // The networks of the former one are looked at by what is under way.
    if (d->former != NULL && fga_transport_count(d->transport) > 0) {
        fga_log(FGA_LOG_WARNING, "not read again: deliveries of the last time are under way");
        return;
    }
    config = fga_daemon_configure(path);
    if (config == NULL) {
        fga_log(FGA_LOG_ERROR, "the new configuration has mistakes; the old one stays in force");
        return;
    }
    fga_config_free(d->former);
    d->former = d->config;
    d->config = config;
    d->pace = fga_pace_of(config->lab_divisor);
    fga_log(FGA_LOG_NOTICE, "the configuration was read again");
}

static void run_round(struct daemon *d)
{
    bool busy = false;
    int rc = FG_OK;
    d->now_ms = wall_clock_ms();
    if (d->retry_ms > d->now_ms + RETRY_MS)
        d->retry_ms = d->now_ms; // the clock was set back
    if (d->leads)
        rc = work(d, &busy);
    else if (d->now_ms >= d->retry_ms)
        rc = begin_lead(d);
    if (rc != FG_OK)
        lose_redis(d, rc);
    else if (!d->leads && d->now_ms >= d->retry_ms)
        d->retry_ms = d->now_ms + RETRY_MS;
    fga_transport_poll(d->transport, busy ? 0 : POLL_MS);
}

int fga_daemon_run(struct fga_config *config, const char *path, volatile sig_atomic_t *stop,
                   volatile sig_atomic_t *reload)
{
    struct daemon *d = calloc(1, sizeof(*d));
    if (d != NULL) {
        d->pace = fga_pace_of(config->lab_divisor);
        d->state = fga_state_new(config->redis_url);
        d->transport = fga_transport_new();
        d->config = config;
    }
    if (d == NULL || d->state == NULL || d->transport == NULL) {
        fga_log(FGA_LOG_ERROR, "cannot start: the Redis URL cannot be read, or memory is out");
        *stop = 1;
    }
    while (!*stop) {
        if (*reload) {
            *reload = 0;
            reload_config(d, path);
        }
        run_round(d);
    }
    const int status = d == NULL || d->state == NULL || d->transport == NULL ? 1 : 0;
    if (d != NULL) {
        if (d->leads)
            fga_state_resign(d->state);
        forget(d);
        fga_transport_free(d->transport);
        fga_state_free(d->state);
        fga_config_free(d->former);
    }
    fga_config_free(d == NULL ? config : d->config);
    free(d);
    return status;
}
