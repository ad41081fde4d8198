// SPDX-License-Identifier: GPL-2.0-or-later
// Events on the whole terminal, as they come: a list, the reasons of the one that is chosen, a
// filter, and blocks.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "event_row.h"
#include "fg/record.h"
#include "hold_write.h"
#include "redis.h"
#include "scope.h"
#include "screen.h"
#include "watch_list.h"

#define FIRST       200 // events looked at when it begins
#define BATCH       500
#define POLL_MS     500
#define HOLD_S      3600
#define MESSAGE_MAX 512

struct watch {
    const struct invocation *call;
    struct fg_redis *redis;
    struct fg_stream_place place;
    struct watch_list *list;
    bool paused, helps;
    bool lost;                 // Redis did not answer the last time: message says so
    size_t taken;              // events of the last look
    char message[MESSAGE_MAX]; // at the foot, until the next key
};

static const char *const help_lines[] = {
    "",
    "  Up, Down, PgUp, PgDn, Home, End   choose an event",
    "  F3, /      show only events that contain a text: customer, number, country, Call-ID,",
    "             action, rule; an empty text shows all of them again",
    "  F4, Space  stop the list, and let it go on",
    "  F5, b      block the customer of the chosen event, or a part of it; asks for scope",
    "             and reason; calls in progress that it names end",
    "  F10, q     leave",
    "",
    "  Of an event that is chosen the lower half tells each reason with its points.",
    "  Any key goes back."};

static bool take_event(void *arg, struct fg_view text)
{
    struct watch *watch = arg;
    struct fg_json *json = fg_json_parse(text);

    watch->taken++;
    if (fg_json_string(json, "type") == NULL) {
        fg_json_free(json);
        return true;
    }
    watch_list_add(watch->list, json);
    return true;
}

static void poll_events(struct watch *watch)
{
    watch->taken = 0;
    if (watch->paused) {
        return;
    }
    if (fg_redis_events_after(watch->redis, &watch->place, BATCH, take_event, watch) != FG_OK) {
        (void)snprintf(watch->message, sizeof(watch->message), "Redis does not answer: %s",
                       fg_redis_last_error(watch->redis));
        watch->lost = true;
    } else if (watch->lost) {
        watch->message[0] = '\0';
        watch->lost = false;
    }
}

// --- drawing

static void put_row(int row, int columns, const struct fg_json *event, bool chosen)
{
    char when[TIME_TEXT_MAX] = "?";
    char score[16] = "";
    char line[256];
    int64_t value = 0;
    const char *action = fg_json_string(event, "action");
    const char *number = fg_json_string(fg_json_member(event, "dest"), "number");
    const char *scope = fg_json_string(event, "scope");
    const char *customer = fg_json_string(event, "customer");
    const enum fg_action level = event_action(event);

    if (fg_json_integer(event, "time_ms", &value)) {
        format_time(value, when);
    }
    if (fg_json_integer(event, "score", &value)) {
        (void)snprintf(score, sizeof(score), "%" PRId64, value);
    }
    (void)snprintf(line, sizeof(line), " %-9.8s %-9s %5s  %-18.18s %-18.18s %s",
                   strlen(when) > 11 ? when + 11 : when,
                   action == NULL ? fg_json_string(event, "type") : action, score,
                   customer == NULL ? "-" : customer,
                   number != NULL  ? number
                   : scope != NULL ? scope
                                   : "-",
                   fg_json_string(event, "call_id") == NULL ? ""
                                                            : fg_json_string(event, "call_id"));
    const struct screen_style style = {.tone = level >= FG_CHALLENGE ? TONE_BAD
                                               : level > FG_ALLOW    ? TONE_WARNING
                                                                     : TONE_NONE,
                                       .reverse = chosen};
    screen_put(row, 0, columns, style, line);
}

static void put_lines(int row, int rows, int columns, const char *text)
{
    char line[512];

    for (int i = 0; i < rows && *text != '\0'; i++) {
        const size_t len = strcspn(text, "\n");
        (void)snprintf(line, sizeof(line), " %.*s", (int)(len < 500 ? len : 500), text);
        screen_put(row + i, 0, columns, (struct screen_style){0}, line);
        text += len + (text[len] == '\n' ? 1 : 0);
    }
}

// The reasons of a decision, as `fgctl explain` tells them; of other events why they are.
static void put_detail(const struct watch *watch, int row, int rows, int columns)
{
    const struct fg_json *event = watch_list_at(watch->list, watch_list_chosen(watch->list));
    char *json = event == NULL ? NULL : fg_json_format(event, 0);
    char *words = json == NULL ? NULL : fg_record_explain(fg_view_of(json));

    if (words != NULL) {
        put_lines(row, rows, columns, words);
    } else if (event != NULL) {
        const char *reason = fg_json_string(event, "reason");
        char *pretty = reason == NULL ? fg_json_format(event, 1) : NULL;
        put_lines(row, rows, columns, reason != NULL ? reason : pretty == NULL ? "" : pretty);
        free(pretty);
    }
    free(words);
    free(json);
}

static void put_frame(const struct watch *watch, int rows, int columns)
{
    static const char footer[] = " F1 Help  F3 Filter  F4 Stop/Go on  F5 Block  F10 Leave";
    const char *filter = watch_list_filtered_by(watch->list);
    char head[256];

    (void)snprintf(head, sizeof(head), " fgctl watch   %zu events%s%s%s%s",
                   watch_list_count(watch->list), filter[0] == '\0' ? "" : "   only: ", filter,
                   watch->paused ? "   STOPPED" : "", "");
    screen_put(0, 0, columns, (struct screen_style){.bold = true, .reverse = true}, head);
    screen_put(1, 0, columns, (struct screen_style){.bold = true},
               " TIME      ACTION    SCORE  CUSTOMER           DESTINATION        CALL-ID");
    const bool tells = watch->message[0] != '\0';
    screen_put(rows - 1, 0, columns,
               (struct screen_style){
                   .reverse = !tells, .bold = tells, .tone = tells ? TONE_WARNING : TONE_NONE},
               tells ? watch->message : footer);
}

static void draw(const struct watch *watch)
{
    int rows = 0;
    int columns = 0;

    screen_size(&rows, &columns);
    screen_clear();
    put_frame(watch, rows, columns);
    if (watch->helps) {
        for (size_t i = 0; i < sizeof(help_lines) / sizeof(help_lines[0]); i++) {
            screen_put(2 + (int)i, 0, columns, (struct screen_style){0}, help_lines[i]);
        }
        screen_show();
        return;
    }
    const int list_rows = rows > 8 ? (rows - 4) / 2 : rows - 3;
    const size_t count = watch_list_count(watch->list);
    const size_t chosen = watch_list_chosen(watch->list);
    const size_t room = list_rows > 0 ? (size_t)list_rows : 0;
    const size_t first = chosen >= room ? chosen + 1 - room : 0;
    for (size_t i = 0; i < room && first + i < count; i++) {
        put_row(2 + (int)i, columns, watch_list_at(watch->list, first + i), first + i == chosen);
    }
    if (rows > 8) {
        screen_put(2 + list_rows, 0, columns, (struct screen_style){.bold = true}, " Why");
        put_detail(watch, 3 + list_rows, rows - 4 - list_rows, columns);
    }
    screen_show();
}

// --- doing

static void set_hold(struct watch *watch, const char *scope_text, const char *reason)
{
    struct scope scope = {0};
    struct fg_hold hold;
    char until[TIME_TEXT_MAX];

    complain_into(watch->message, sizeof(watch->message));
    enum exit_code code = scope_read(watch->call, scope_text, &scope);
    if (code == EXIT_OK) {
        code = scope_stops_something(&scope);
    }
    if (code == EXIT_OK) {
        const int rc = hold_write(watch->redis, &scope, reason, HOLD_S, true, &hold);
        code = rc == FG_OK ? EXIT_OK : redis_failed(watch->call, watch->redis, rc);
    }
    complain_into(NULL, 0);
    if (code == EXIT_OK) {
        format_time(hold.until_ms, until);
        (void)snprintf(watch->message, sizeof(watch->message), "%s is held until %s", scope_text,
                       until);
    }
}

static void block(struct watch *watch)
{
    const struct fg_json *event = watch_list_at(watch->list, watch_list_chosen(watch->list));
    const char *customer = fg_json_string(event, "customer");
    char scope[128];
    char reason[FG_HOLD_REASON_MAX] = "";

    if (customer == NULL) {
        (void)snprintf(watch->message, sizeof(watch->message), "this event has no customer");
        return;
    }
    (void)snprintf(scope, sizeof(scope), "%s/risky", customer);
    if (!screen_ask("Block for an hour (customer, customer/risky, customer/country.XX …):", scope,
                    sizeof(scope)) ||
        !screen_ask("Why (required):", reason, sizeof(reason))) {
        (void)snprintf(watch->message, sizeof(watch->message), "nothing is blocked");
        return;
    }
    if (strspn(reason, " ") == strlen(reason)) {
        (void)snprintf(watch->message, sizeof(watch->message),
                       "nothing is blocked: a reason is required");
        return;
    }
    set_hold(watch, scope, reason);
}

static void filter(struct watch *watch)
{
    char text[WATCH_FILTER_MAX];

    (void)snprintf(text, sizeof(text), "%s", watch_list_filtered_by(watch->list));
    if (screen_ask("Only events that contain:", text, sizeof(text))) {
        watch_list_filter(watch->list, text);
    }
}

// False to leave.
static bool obey(struct watch *watch, int key)
{
    int rows = 0;
    int columns = 0;

    screen_size(&rows, &columns);
    const long page = rows > 8 ? (rows - 4) / 2 : 1;
    if (key != SCREEN_NONE) {
        watch->message[0] = '\0';
        watch->lost = false;
        if (watch->helps) {
            watch->helps = false;
            return true;
        }
    }
    switch (key) {
    case SCREEN_UP:
        watch_list_move(watch->list, -1);
        break;
    case SCREEN_DOWN:
        watch_list_move(watch->list, 1);
        break;
    case SCREEN_PAGE_UP:
        watch_list_move(watch->list, -page);
        break;
    case SCREEN_PAGE_DOWN:
        watch_list_move(watch->list, page);
        break;
    case SCREEN_HOME:
        watch_list_move(watch->list, -WATCH_EVENTS);
        break;
    case SCREEN_END:
        watch_list_move(watch->list, WATCH_EVENTS);
        break;
    case SCREEN_F1:
    case SCREEN_CHARACTER + '?':
        watch->helps = true;
        break;
    case SCREEN_F1 + 2:
    case SCREEN_CHARACTER + '/':
        filter(watch);
        break;
    case SCREEN_F1 + 3:
    case SCREEN_CHARACTER + ' ':
        watch->paused = !watch->paused;
        break;
    case SCREEN_F1 + 4:
    case SCREEN_CHARACTER + 'b':
        block(watch);
        break;
    case SCREEN_F10:
    case SCREEN_CHARACTER + 'q':
        return false;
    default:
        break;
    }
    return true;
}

static enum exit_code run(struct watch *watch)
{
    const int rc = fg_redis_events_back(watch->redis, FIRST, &watch->place);

    if (rc != FG_OK) {
        return redis_failed(watch->call, watch->redis, rc);
    }
    if (!screen_begin(watch->call->output.colour)) {
        complain("watch needs a terminal that TERM describes; for scripts there is 'fgctl tail'");
        return EXIT_FAILED;
    }
    do {
        poll_events(watch);
        draw(watch);
        // There may be more at once: in a flood the list would fall behind.
    } while (obey(watch, screen_key(watch->taken == BATCH ? 0 : POLL_MS)));
    screen_end();
    return EXIT_OK;
}

enum exit_code cmd_watch(struct invocation *call)
{
    enum exit_code code = EXIT_OK;
    struct watch watch = {.call = call, .list = watch_list_new()};

    watch.redis = watch.list == NULL ? NULL : redis_open(call, &code);
    if (watch.redis == NULL) {
        watch_list_free(watch.list);
        return code == EXIT_OK ? EXIT_FAILED : code;
    }
    code = run(&watch);
    fg_redis_free(watch.redis);
    watch_list_free(watch.list);
    return code;
}
