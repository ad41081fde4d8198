// SPDX-License-Identifier: GPL-2.0-or-later
#include "event_row.h"

#include <inttypes.h>
#include <string.h>

const char *const event_columns[EVENT_COLUMNS] = {"TIME",     "EVENT",       "ACTION",  "SCORE",
                                                  "CUSTOMER", "DESTINATION", "CALL-ID", "WHY"};

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

bool event_add(struct table *table, const struct fg_json *event)
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

enum fg_action event_action(const struct fg_json *event)
{
    const char *word = fg_json_string(event, "action");
    enum fg_action action = FG_ALLOW;

    return word != NULL && fg_action_parse(fg_view_of(word), &action) == FG_OK ? action : FG_ALLOW;
}

enum exit_code event_filter_read(const struct invocation *call, struct event_filter *out)
{
    static const char *const words[] = {"allow", "alert", "throttle", "challenge", "block"};
    const char *action = invocation_option(call, "action");

    *out = (struct event_filter){.customer = invocation_option(call, "customer")};
    if (action != NULL && fg_action_parse(fg_view_of(action), &out->at_least) != FG_OK) {
        complain("'%s' is no action; expected alert, throttle, challenge or block%s", action,
                 suggestion(action, words, sizeof(words) / sizeof(words[0])));
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

bool event_wanted(const struct event_filter *filter, const struct fg_json *event)
{
    const char *customer = fg_json_string(event, "customer");
    const bool is_decision = fg_json_string(event, "action") != NULL;

    if (filter->customer != NULL && (customer == NULL || strcmp(customer, filter->customer) != 0)) {
        return false;
    }
    if ((filter->decisions_only || filter->at_least > FG_ALLOW) && !is_decision) {
        return false;
    }
    return event_action(event) >= filter->at_least;
}
