// SPDX-License-Identifier: GPL-2.0-or-later
// Holds and the channel's messages as JSON.
#include <stdio.h>
#include <string.h>

#include "fg/record.h"
#include "record_json.h"

static bool set_scope(struct fg_json *object, uint8_t scope, uint64_t value)
{
    char text[FG_HOLD_SCOPE_TEXT_MAX];

    fg_hold_scope_format(scope, value, text);
    return fg_json_set_string(object, "scope", text);
}

// What is held and who holds it, as far as there is more to say than the scope does.
static bool set_particulars(struct fg_json *object, const struct fg_hold *hold)
{
    return set_scope(object, hold->scope, hold->value) &&
           (hold->of[0] == '\0' || fg_json_set_string(object, "of", hold->of)) &&
           fg_json_set_string(object, "reason", hold->reason) &&
           fg_json_set_string(object, "by", hold->by) &&
           (hold->rule[0] == '\0' || fg_json_set_string(object, "rule", hold->rule));
}

// In this order, and last: the store reads and writes them as text.
static bool set_course(struct fg_json *object, const struct fg_hold *hold)
{
    return fg_json_set_integer(object, "times", hold->times) &&
           fg_json_set_bool(object, "cut", hold->cut) &&
           fg_json_set_integer(object, "since_ms", hold->since_ms) &&
           fg_json_set_integer(object, "until_ms", hold->until_ms);
}

static bool set_rules(struct fg_json *object, const char *const *rules, size_t n_rules)
{
    struct fg_json *array = fg_json_array_new();
    bool complete = true;

    for (size_t i = 0; rules != NULL && complete && i < n_rules; i++) {
        complete = fg_json_append_string(array, rules[i]);
    }
    return fg_json_set(object, "rules", array) && complete;
}

char *fg_record_hold(const char *customer, const struct fg_hold *hold, const char *const *rules,
                     size_t n_rules)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
                          fg_json_set_string(object, "customer", customer) &&
                          set_particulars(object, hold) && set_rules(object, rules, n_rules) &&
                          set_course(object, hold);

    return fg_record_finish(object, complete);
}

static bool set_head(struct fg_json *object, const char *op)
{
    return fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
           fg_json_set_string(object, "op", op);
}

char *fg_record_hold_message(const char *customer, const struct fg_hold *hold)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        set_head(object, "hold") && fg_json_set_string(object, "customer", customer) &&
        set_particulars(object, hold) &&
        (hold->times == 0 || fg_json_set_integer(object, "times", hold->times)) &&
        (hold->since_ms == 0 || fg_json_set_integer(object, "since_ms", hold->since_ms)) &&
        fg_json_set_integer(object, "until_ms", hold->until_ms) &&
        fg_json_set_bool(object, "cut", hold->cut);

    return fg_record_finish(object, complete);
}

char *fg_record_release_message(const char *customer, uint8_t scope, uint64_t value, const char *by)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = set_head(object, "release") &&
                          fg_json_set_string(object, "customer", customer) &&
                          set_scope(object, scope, value) && fg_json_set_string(object, "by", by);

    return fg_record_finish(object, complete);
}

char *fg_record_kill_message(struct fg_view call_id, const char *customer, int64_t until_ms,
                             const char *reason, const char *by)
{
    struct fg_json *object = NULL;
    bool complete = false;

    if (call_id.len == 0 || call_id.len > FG_CALL_ID_MAX ||
        memchr(call_id.ptr, '\0', call_id.len) != NULL) {
        return NULL;
    }
    object = fg_json_object_new();
    complete = set_head(object, "kill") && fg_record_set_call_id(object, call_id) &&
               fg_json_set_string(object, "customer", customer) &&
               fg_json_set_integer(object, "until_ms", until_ms) &&
               fg_json_set_string(object, "reason", reason) && fg_json_set_string(object, "by", by);
    return fg_record_finish(object, complete);
}

static bool set_event_head(struct fg_json *object, const char *type, const char *node,
                           int64_t now_ms)
{
    return fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
           fg_json_set_string(object, "type", type) &&
           fg_json_set_integer(object, "time_ms", now_ms) &&
           fg_json_set_string(object, "node", node);
}

char *fg_record_hold_set_event(const char *node, const char *customer, const struct fg_hold *hold,
                               int64_t now_ms)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = set_event_head(object, "hold.set", node, now_ms) &&
                          fg_json_set_string(object, "customer", customer) &&
                          set_particulars(object, hold) &&
                          fg_json_set_integer(object, "until_ms", hold->until_ms) &&
                          fg_json_set_bool(object, "cut", hold->cut);

    return fg_record_finish(object, complete);
}

char *fg_record_hold_released_event(const char *node, const char *customer,
                                    const struct fg_hold *hold, int64_t now_ms)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = set_event_head(object, "hold.released", node, now_ms) &&
                          fg_json_set_string(object, "customer", customer) &&
                          set_particulars(object, hold);

    return fg_record_finish(object, complete);
}
