// SPDX-License-Identifier: GPL-2.0-or-later
// Shows the last events, and with --follow those that come.
#include <stdlib.h>
#include <time.h>

#include "commands.h"
#include "event_row.h"
#include "redis.h"

#define NUMBER_DEFAULT 20
#define NUMBER_MAX     1000
#define LOOKED_AT      10000 // for those that are wanted
#define BATCH          500
#define POLL_MS        500

// Newest first, as they come.
struct events {
    struct event_filter filter;
    struct fg_json *items[NUMBER_MAX];
    size_t n, wanted;
    size_t looked_at;
    unsigned unreadable;
};

static bool keep_event(void *arg, struct fg_view text)
{
    struct events *events = arg;
    struct fg_json *json = fg_json_parse(text);
    const bool readable = fg_json_string(json, "type") != NULL;

    events->looked_at++;
    if (!readable || !event_wanted(&events->filter, json)) {
        events->unreadable += readable ? 0 : 1;
        fg_json_free(json);
        return true;
    }
    events->items[events->n++] = json;
    return events->n < events->wanted;
}

static void drop_events(struct events *events)
{
    for (size_t i = 0; i < events->n; i++) {
        fg_json_free(events->items[i]);
    }
    events->n = 0;
}

static struct table *events_table(void)
{
    return table_new("events", event_columns, EVENT_COLUMNS);
}

static enum exit_code print_last(const struct invocation *call, const struct events *events)
{
    struct table *table = events_table();
    bool complete = table != NULL;

    for (size_t i = events->n; complete && i > 0; i--) {
        complete = event_add(table, events->items[i - 1]);
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    if (complete && events->n == 0 && call->output.format == OUTPUT_HUMAN) {
        (void)fputs(events->filter.customer != NULL || events->filter.at_least > FG_ALLOW
                        ? "no such events\n"
                        : "no events yet\n",
                    stderr);
    }
    if (events->unreadable > 0) {
        complain("%u event(s) cannot be read and are left out", events->unreadable);
    }
    return complete ? EXIT_OK : EXIT_FAILED;
}

static void wait_ms(long ms)
{
    const struct timespec span = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&span, NULL);
}

// One look at what has come. *more: there may be more at once.
static int follow_batch(struct fg_redis *redis, struct fg_stream_place *place,
                        struct events *events, struct table *table, const struct output *output,
                        bool *more)
{
    struct fg_stream_place before = *place;
    events->looked_at = 0;
    const int rc = fg_redis_events_after(redis, place, BATCH, keep_event, events);
    bool complete = true;

    if (rc != FG_OK) {
        *place = before;
        drop_events(events);
        return rc;
    }
    *more = events->looked_at == BATCH;
    for (size_t i = 0; complete && i < events->n; i++) {
        complete = event_add(table, events->items[i]);
    }
    drop_events(events);
    return complete && table_flush(table, output) ? FG_OK : FG_ENOMEM;
}

// Until the reader goes away or somebody ends it. A Redis that is away for a while is waited for.
static enum exit_code follow(const struct invocation *call, struct fg_redis *redis,
                             struct events *events)
{
    struct table *table = events_table();
    struct fg_stream_place place = {0};
    bool told = false, more = false;
    int rc = fg_redis_events_back(redis, events->wanted, &place);

    if (table == NULL || rc != FG_OK) {
        table_free(table);
        return rc == FG_OK ? EXIT_FAILED : redis_failed(call, redis, rc);
    }
    events->wanted = BATCH;
    for (;;) {
        rc = follow_batch(redis, &place, events, table, &call->output, &more);
        if (rc == FG_EUNAVAILABLE || rc == FG_ETIMEOUT) {
            if (!told) {
                complain("Redis does not answer (%s); waiting for it", fg_redis_last_error(redis));
            }
            told = true;
        } else if (rc != FG_OK) {
            table_free(table);
            return rc == FG_ENOMEM ? EXIT_FAILED : redis_failed(call, redis, rc);
        } else {
            told = false;
        }
        if (!more || rc != FG_OK) {
            wait_ms(POLL_MS);
        }
    }
}

static enum exit_code show_last(const struct invocation *call, struct fg_redis *redis,
                                struct events *events)
{
    // Without a filter no more is looked at than is shown.
    const bool filtered = events->filter.customer != NULL || events->filter.at_least > FG_ALLOW;
    const int rc =
        fg_redis_events_last(redis, filtered ? LOOKED_AT : events->wanted, keep_event, events);
    const enum exit_code code =
        rc == FG_OK ? print_last(call, events) : redis_failed(call, redis, rc);

    drop_events(events);
    return code;
}

enum exit_code cmd_tail(struct invocation *call)
{
    struct events *events = calloc(1, sizeof(*events));
    struct fg_redis *redis = NULL;
    enum exit_code code = events == NULL ? EXIT_FAILED : EXIT_OK;

    if (code == EXIT_OK) {
        code = invocation_count(call, "number", NUMBER_DEFAULT, NUMBER_MAX, &events->wanted);
    }
    if (code == EXIT_OK) {
        code = event_filter_read(call, &events->filter);
    }
    if (code == EXIT_OK && invocation_option(call, "follow") != NULL &&
        call->output.format == OUTPUT_JSON) {
        complain("what never ends is no JSON object; use --output jsonl with --follow");
        code = EXIT_USAGE;
    }
    redis = code == EXIT_OK ? redis_open(call, &code) : NULL;
    if (redis != NULL) {
        code = invocation_option(call, "follow") != NULL ? follow(call, redis, events)
                                                         : show_last(call, redis, events);
        fg_redis_free(redis);
    }
    free(events);
    return code;
}
