// SPDX-License-Identifier: GPL-2.0-or-later
// Shows the last events.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fg/ruleset.h"
#include "redis.h"

#define NUMBER_DEFAULT 20
#define NUMBER_MAX     1000

// Newest first, as they come.
struct events {
    struct fg_json *items[NUMBER_MAX];
    size_t n;
    unsigned unreadable;
};

static bool keep_event(void *arg, struct fg_view text)
{
    struct events *events = arg;
    struct fg_json *json = fg_json_parse(text);

    if (fg_json_string(json, "type") == NULL) {
        fg_json_free(json);
        events->unreadable++;
        return true;
    }
    events->items[events->n++] = json;
    return events->n < NUMBER_MAX;
}

static enum output_tone action_tone(const char *action)
{
    enum fg_action value = FG_ALLOW;

    if (action == NULL || fg_action_parse(fg_view_of(action), &value) != FG_OK) {
        return TONE_NONE;
    }
    return value >= FG_CHALLENGE ? TONE_BAD : value > FG_ALLOW ? TONE_WARNING : TONE_GOOD;
}

// The enforced rules of a decision with their points: "DEST_IRSF 45, TIME_CLOSED 15"; of other
// events their reason.
static void format_why(const struct fg_json *event, char *out, size_t size)
{
    const struct fg_json *reasons = fg_json_member(event, "reasons");
    size_t used = 0;

    out[0] = '\0';
    if (reasons == NULL) {
        const char *reason = fg_json_string(event, "reason");
        (void)snprintf(out, size, "%s", reason == NULL ? "" : reason);
        return;
    }
    for (size_t i = 0; i < fg_json_count(reasons) && used < size; i++) {
        const struct fg_json *reason = fg_json_item(reasons, i);
        const char *id = fg_json_string(reason, "id");
        int64_t points = 0;
        if (id == NULL || fg_json_is_true(reason, "shadow") ||
            !fg_json_integer(reason, "points", &points)) {
            continue;
        }
        const int written =
            snprintf(out + used, size - used, "%s%s %" PRId64, used == 0 ? "" : ", ", id, points);
        used += written < 0 ? 0 : (size_t)written;
    }
}

static bool add_event(struct table *table, const struct fg_json *event)
{
    const char *action = fg_json_string(event, "action");
    const char *number = fg_json_string(fg_json_member(event, "dest"), "number");
    const char *scope = fg_json_string(event, "scope");
    char when[TIME_TEXT_MAX] = "?";
    char score[24] = "-";
    char why[256];
    int64_t value = 0;

    if (fg_json_integer(event, "time_ms", &value)) {
        format_time(value, when);
    }
    if (fg_json_integer(event, "score", &value)) {
        (void)snprintf(score, sizeof(score), "%" PRId64, value);
    }
    format_why(event, why, sizeof(why));
    const char *const cells[] = {when,
                                 fg_json_string(event, "type"),
                                 action,
                                 score,
                                 fg_json_string(event, "customer"),
                                 number == NULL ? scope : number,
                                 fg_json_string(event, "call_id"),
                                 why};
    if (!table_add(table, cells, fg_json_copy(event))) {
        return false;
    }
    table_tone(table, 2, action_tone(action));
    return true;
}

static enum exit_code print_events(const struct invocation *call, const struct events *events)
{
    static const char *const columns[] = {"TIME",     "EVENT",       "ACTION",  "SCORE",
                                          "CUSTOMER", "DESTINATION", "CALL-ID", "WHY"};
    struct table *table = table_new("events", columns, sizeof(columns) / sizeof(columns[0]));
    bool complete = table != NULL;

    for (size_t i = events->n; complete && i > 0; i--) {
        complete = add_event(table, events->items[i - 1]);
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    if (complete && events->n == 0 && call->output.format == OUTPUT_HUMAN) {
        (void)fputs("no events yet\n", stderr);
    }
    if (events->unreadable > 0) {
        complain("%u event(s) cannot be read and are left out", events->unreadable);
    }
    return complete ? EXIT_OK : EXIT_FAILED;
}

enum exit_code cmd_tail(struct invocation *call)
{
    size_t n = 0;
    enum exit_code code = invocation_count(call, "number", NUMBER_DEFAULT, NUMBER_MAX, &n);
    struct fg_redis *redis = code == EXIT_OK ? redis_open(call, &code) : NULL;
    struct events *events = NULL;
    int rc = FG_ENOMEM;

    if (redis == NULL) {
        return code;
    }
    events = calloc(1, sizeof(*events));
    if (events != NULL) {
        rc = fg_redis_events_last(redis, n, keep_event, events);
        code = rc == FG_OK ? print_events(call, events) : redis_failed(call, redis, rc);
        for (size_t i = 0; i < events->n; i++) {
            fg_json_free(events->items[i]);
        }
    } else {
        code = EXIT_FAILED;
    }
    free(events);
    fg_redis_free(redis);
    return code;
}
