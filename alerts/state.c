// SPDX-License-Identifier: GPL-2.0-or-later
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fg/json.h"

#define LEASE_MS    "3000"
#define STATUS_S    "60"
#define BATCH       "256"
#define BATCH_MAX   256
#define DEAD_MAXLEN "10000"
#define EVENTS      "fg:events"
#define GROUP       "fg-alertd"
#define CONSUMER    "alertd"
#define KEY(name)   "fg:{alerts}:" name

#define QUEUE(state, ...) QUEUE_AT((state)->redis, __VA_ARGS__)
#define QUEUE_AT(redis, ...)                                                                       \
    fga_redis_queue(redis, (const struct fg_view[]){__VA_ARGS__},                                  \
                    sizeof((const struct fg_view[]){__VA_ARGS__}) / sizeof(struct fg_view))
#define T(text) fg_view_of(text)

struct fga_state {
    struct fga_redis *redis;  // what is kept; all of it has one hash tag
    struct fga_redis *stream; // of events: in a Cluster it may lie elsewhere
    const struct fga_redis *last;
    char token[33];                 // of this process
    char cursor[FGA_STREAM_ID_MAX]; // last event that was taken in; "" before the first
    char ids[BATCH_MAX][FGA_STREAM_ID_MAX];
    size_t n_ids; // read and not acknowledged
    bool had_group;
    bool lead_lost; // found when a transaction began
    bool incomplete;
};

struct fga_state *fga_state_new(const char *url)
{
    struct fga_state *state = calloc(1, sizeof(*state));
    unsigned char random[16];
    if (state == NULL || getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        free(state);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(random); i++)
        (void)snprintf(state->token + 2 * i, 3, "%02x", random[i]);
    state->redis = fga_redis_new(url, KEY("leader"));
    state->stream = fga_redis_new(url, EVENTS);
    state->last = state->redis;
    if (state->redis == NULL || state->stream == NULL) {
        fga_state_free(state);
        return NULL;
    }
    return state;
}

void fga_state_free(struct fga_state *state)
{
    if (state == NULL)
        return;
    fga_redis_free(state->redis);
    fga_redis_free(state->stream);
    free(state);
}

const char *fga_state_error(const struct fga_state *state)
{
    return fga_redis_error(state->last);
}

static int exchange(struct fga_state *state, struct fga_redis *redis, struct fga_reply **replies,
                    size_t n)
{
    state->last = redis;
    return fga_redis_exchange(redis, replies, n);
}

// --- the lead
int fga_state_lead(struct fga_state *state, bool *leads)
{
    struct fga_reply *replies[2];
    QUEUE(state, T("SET"), T(KEY("leader")), T(state->token), T("NX"), T("PX"), T(LEASE_MS));
    QUEUE(state, T("GET"), T(KEY("leader")));
    int rc = exchange(state, state->redis, replies, 2);
    if (rc != FG_OK)
        return rc;
    *leads = fg_view_equal(fga_reply_text(replies[1]), T(state->token));
    fga_reply_free(replies[0]);
    fga_reply_free(replies[1]);
    if (!*leads)
        return FG_OK;
    QUEUE(state, T("PEXPIRE"), T(KEY("leader")), T(LEASE_MS));
    return exchange(state, state->redis, NULL, 0);
}

void fga_state_resign(struct fga_state *state)
{
    fga_state_begin(state);
    QUEUE(state, T("DEL"), T(KEY("leader")));
    if (fga_state_commit(state) != FG_OK)
        return; // it runs out by itself
}

// --- transactions
void fga_state_begin(struct fga_state *state)
{
    struct fga_reply *leader = NULL;
    state->incomplete = false;
    QUEUE(state, T("WATCH"), T(KEY("leader")));
    QUEUE(state, T("GET"), T(KEY("leader")));
    state->lead_lost = exchange(state, state->redis, &leader, 1) != FG_OK;
    if (!state->lead_lost) {
        state->lead_lost = !fg_view_equal(fga_reply_text(leader), T(state->token));
        fga_reply_free(leader);
    }
    QUEUE(state, T("MULTI"));
}

void fga_state_spoil(struct fga_state *state)
{
    state->incomplete = true;
}

int fga_state_commit(struct fga_state *state)
{
    struct fga_reply *result = NULL;
    if (state->lead_lost || state->incomplete) {
        fga_redis_close(state->redis);
        return state->incomplete ? FG_ENOMEM : FG_EUNAVAILABLE;
    }
    QUEUE(state, T("EXEC"));
    int rc = exchange(state, state->redis, &result, 1);
    if (rc != FG_OK)
        return rc;
    if (fga_reply_is_error(result) || fga_reply_is_nil(result))
        rc = FG_EUNAVAILABLE;
    for (size_t i = 0; i < fga_reply_count(result) && rc == FG_OK; i++) {
        if (fga_reply_is_error(fga_reply_at(result, i)))
            rc = FG_EPROTOCOL;
    }
    fga_reply_free(result);
    if (rc != FG_OK)
        fga_redis_close(state->redis);
    return rc;
}

static void incident_field(const struct fga_incident *incident, char out[FG_CUSTOMER_ID_MAX + 8])
{
    (void)snprintf(out, FG_CUSTOMER_ID_MAX + 8, "%s %s", incident->customer,
                   incident->kind == FGA_TDOS ? "tdos" : "hold");
}

void fga_state_put_incident(struct fga_state *state, const struct fga_incident *incident)
{
    char field[FG_CUSTOMER_ID_MAX + 8];
    char *json = fga_incident_format(incident);
    incident_field(incident, field);
    state->incomplete = state->incomplete || json == NULL;
    if (json != NULL)
        QUEUE(state, T("HSET"), T(KEY("incidents")), T(field), T(json));
    free(json);
}

void fga_state_drop_incident(struct fga_state *state, const struct fga_incident *incident)
{
    char field[FG_CUSTOMER_ID_MAX + 8];
    incident_field(incident, field);
    QUEUE(state, T("HDEL"), T(KEY("incidents")), T(field));
}

void fga_state_put_delivery(struct fga_state *state, const struct fga_delivery *delivery)
{
    char next[24];
    char *json = fga_delivery_format(delivery);
    (void)snprintf(next, sizeof(next), "%lld", (long long)delivery->next_ms);
    state->incomplete = state->incomplete || json == NULL;
    if (json != NULL) {
        QUEUE(state, T("HSET"), T(KEY("deliveries")), T(delivery->id), T(json));
        QUEUE(state, T("ZADD"), T(KEY("due")), T(next), T(delivery->id));
    }
    free(json);
}

void fga_state_drop_delivery(struct fga_state *state, const struct fga_delivery *delivery)
{
    QUEUE(state, T("HDEL"), T(KEY("deliveries")), T(delivery->id));
    QUEUE(state, T("ZREM"), T(KEY("due")), T(delivery->id));
}

void fga_state_bury_delivery(struct fga_state *state, const struct fga_delivery *delivery)
{
    char *json = fga_delivery_format(delivery);
    state->incomplete = state->incomplete || json == NULL;
    if (json != NULL)
        QUEUE(state, T("XADD"), T(KEY("dead")), T("MAXLEN"), T("~"), T(DEAD_MAXLEN), T("*"), T("d"),
              T(json));
    free(json);
    fga_state_drop_delivery(state, delivery);
}

void fga_state_disable(struct fga_state *state, const char *endpoint, const char *url)
{
    QUEUE(state, T("HSET"), T(KEY("disabled")), T(endpoint), T(url));
}

void fga_state_advance(struct fga_state *state)
{
    if (state->n_ids > 0)
        QUEUE(state, T("SET"), T(KEY("cursor")), T(state->ids[state->n_ids - 1]));
}

// --- loading
static void load_incidents(const struct fga_reply *all, struct fga_incidents *incidents,
                           void (*unreadable)(void *arg, const char *what), void *arg)
{
    for (size_t i = 0; i + 1 < fga_reply_count(all); i += 2) {
        struct fga_incident incident;
        struct fga_tracked *tracked = NULL;
        if (fga_incident_parse(fga_reply_text(fga_reply_at(all, i + 1)), &incident) == FG_OK)
            tracked = fga_incidents_get(incidents, incident.customer, incident.kind);
        if (tracked == NULL)
            unreadable(arg, "an incident");
        else
            tracked->incident = incident;
    }
}

static void load_deliveries(const struct fga_reply *all, struct fga_outbox *outbox,
                            void (*unreadable)(void *arg, const char *what), void *arg)
{
    for (size_t i = 0; i + 1 < fga_reply_count(all); i += 2) {
        struct fga_delivery *delivery = NULL;
        if (fga_delivery_parse(fga_reply_text(fga_reply_at(all, i + 1)), &delivery) != FG_OK ||
            fga_outbox_add(outbox, delivery) != FG_OK) {
            unreadable(arg, "a delivery");
            free(delivery);
        }
    }
}

int fga_state_load(struct fga_state *state, struct fga_incidents *incidents,
                   struct fga_outbox *outbox, void (*unreadable)(void *arg, const char *what),
                   void *arg)
{
    struct fga_reply *replies[3];
    QUEUE(state, T("GET"), T(KEY("cursor")));
    QUEUE(state, T("HGETALL"), T(KEY("incidents")));
    QUEUE(state, T("HGETALL"), T(KEY("deliveries")));
    const int rc = exchange(state, state->redis, replies, 3);
    if (rc != FG_OK)
        return rc;
    const struct fg_view cursor = fga_reply_text(replies[0]);
    state->cursor[0] = '\0';
    if (cursor.len < sizeof(state->cursor)) {
        memcpy(state->cursor, cursor.ptr, cursor.len);
        state->cursor[cursor.len] = '\0';
    }
    load_incidents(replies[1], incidents, unreadable, arg);
    load_deliveries(replies[2], outbox, unreadable, arg);
    for (size_t i = 0; i < 3; i++)
        fga_reply_free(replies[i]);
    state->n_ids = 0;
    return FG_OK;
}

// --- events
// The stream and the group begin with the first daemon. Where they are gone although they were
// there, Redis has lost its memory: what is in the stream by then is news.
static int group_create(struct fga_state *state)
{
    struct fga_reply *reply = NULL;
    QUEUE_AT(state->stream, T("XGROUP"), T("CREATE"), T(EVENTS), T(GROUP),
             T(state->had_group ? "0" : "$"), T("MKSTREAM"));
    const int rc = exchange(state, state->stream, &reply, 1);
    if (rc == FG_OK)
        fga_reply_free(reply); // an error: it is there already
    return rc;
}

// Whether stream id a ("MS-N") is not after b.
static bool id_not_after(const char *a, const char *b)
{
    unsigned long long a_ms = 0, a_n = 0, b_ms = 0, b_n = 0;
    char *end = NULL;
    a_ms = strtoull(a, &end, 10);
    a_n = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
    b_ms = strtoull(b, &end, 10);
    b_n = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
    return a_ms < b_ms || (a_ms == b_ms && a_n <= b_n);
}

static void take_entries(struct fga_state *state, const struct fga_reply *entries, bool pending,
                         fga_state_event_fn *fn, void *arg)
{
    for (size_t i = 0; i < fga_reply_count(entries) && state->n_ids < BATCH_MAX; i++) {
        const struct fga_reply *entry = fga_reply_at(entries, i);
        const struct fga_reply *fields = fga_reply_at(entry, 1);
        const struct fg_view id_text = fga_reply_text(fga_reply_at(entry, 0));
        char *id = state->ids[state->n_ids];
        if (id_text.len == 0 || id_text.len >= FGA_STREAM_ID_MAX)
            continue;
        memcpy(id, id_text.ptr, id_text.len);
        id[id_text.len] = '\0';
        state->n_ids++;
        if (pending && state->cursor[0] != '\0' && id_not_after(id, state->cursor))
            continue;
        for (size_t k = 0; k + 1 < fga_reply_count(fields); k += 2) {
            if (fg_view_equal(fga_reply_text(fga_reply_at(fields, k)), T("e")))
                fn(arg, id, fga_reply_text(fga_reply_at(fields, k + 1)));
        }
    }
}

int fga_state_taken_in(struct fga_state *state, fga_state_event_fn *fn, void *arg)
{
    struct fga_reply *reply = NULL;
    if (state->cursor[0] == '\0')
        return FG_OK;
    QUEUE_AT(state->stream, T("XREVRANGE"), T(EVENTS), T(state->cursor), T("-"), T("COUNT"),
             T("4096"));
    const int rc = exchange(state, state->stream, &reply, 1);
    for (size_t i = rc == FG_OK ? fga_reply_count(reply) : 0; i > 0; i--) {
        const struct fga_reply *fields = fga_reply_at(fga_reply_at(reply, i - 1), 1);
        for (size_t k = 0; k + 1 < fga_reply_count(fields); k += 2) {
            if (fg_view_equal(fga_reply_text(fga_reply_at(fields, k)), T("e")))
                fn(arg, "", fga_reply_text(fga_reply_at(fields, k + 1)));
        }
    }
    fga_reply_free(reply);
    return rc;
}

int fga_state_read(struct fga_state *state, bool pending, fga_state_event_fn *fn, void *arg,
                   size_t *n)
{
    struct fga_reply *reply = NULL;
    state->n_ids = 0;
    *n = 0;
    if (pending)
        QUEUE_AT(state->stream, T("XAUTOCLAIM"), T(EVENTS), T(GROUP), T(CONSUMER), T("0"), T("0-0"),
                 T("COUNT"), T(BATCH));
    else
        QUEUE_AT(state->stream, T("XREADGROUP"), T("GROUP"), T(GROUP), T(CONSUMER), T("COUNT"),
                 T(BATCH), T("STREAMS"), T(EVENTS), T(">"));
    const int rc = exchange(state, state->stream, &reply, 1);
    if (rc != FG_OK)
        return rc;
    if (fga_reply_is_error(reply)) {
        const struct fg_view text = fga_reply_text(reply);
        const bool no_group = text.len > 7 && memcmp(text.ptr, "NOGROUP", 7) == 0;
        fga_reply_free(reply);
        return no_group ? group_create(state) : FG_EPROTOCOL;
    }
    state->had_group = true;
    const struct fga_reply *entries =
        pending ? fga_reply_at(reply, 1) : fga_reply_at(fga_reply_at(reply, 0), 1);
    take_entries(state, entries, pending, fn, arg);
    *n = state->n_ids;
    // Entries that the stream has forgotten are passed over, some at a time.
    const bool more =
        pending && *n == 0 && !fg_view_equal(fga_reply_text(fga_reply_at(reply, 0)), T("0-0"));
    fga_reply_free(reply);
    return more ? fga_state_read(state, pending, fn, arg, n) : FG_OK;
}

int fga_state_acknowledge(struct fga_state *state)
{
    if (state->n_ids == 0)
        return FG_OK;
    for (size_t i = 0; i < state->n_ids; i++)
        QUEUE_AT(state->stream, T("XACK"), T(EVENTS), T(GROUP), T(state->ids[i]));
    memcpy(state->cursor, state->ids[state->n_ids - 1], sizeof(state->cursor));
    state->n_ids = 0;
    return exchange(state, state->stream, NULL, 0);
}

// --- the rest
int fga_state_find_dead(struct fga_state *state, const char *id, struct fga_delivery **out)
{
    struct fga_reply *reply = NULL;
    *out = NULL;
    QUEUE(state, T("XRANGE"), T(KEY("dead")), T(id), T(id));
    int rc = exchange(state, state->redis, &reply, 1);
    if (rc != FG_OK)
        return rc;
    const struct fga_reply *fields = fga_reply_at(fga_reply_at(reply, 0), 1);
    if (fields != NULL)
        rc = fga_delivery_parse(fga_reply_text(fga_reply_at(fields, 1)), out);
    fga_reply_free(reply);
    return rc == FG_ESYNTAX ? FG_OK : rc;
}

void fga_state_exhume(struct fga_state *state, const char *id)
{
    QUEUE(state, T("XDEL"), T(KEY("dead")), T(id));
}

int fga_state_is_disabled(struct fga_state *state, const char *endpoint, const char *url,
                          bool *disabled)
{
    struct fga_reply *reply = NULL;
    QUEUE(state, T("HGET"), T(KEY("disabled")), T(endpoint));
    const int rc = exchange(state, state->redis, &reply, 1);
    if (rc != FG_OK)
        return rc;
    *disabled = url != NULL && fg_view_equal(fga_reply_text(reply), T(url));
    fga_reply_free(reply);
    return FG_OK;
}

int fga_state_tell_status(struct fga_state *state, struct fg_view json)
{
    QUEUE(state, T("SET"), T(KEY("status")), json, T("EX"), T(STATUS_S));
    return exchange(state, state->redis, NULL, 0);
}
