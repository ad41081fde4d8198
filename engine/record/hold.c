// SPDX-License-Identifier: GPL-2.0-or-later
// Holds and the channel's messages as JSON.
#include <stdio.h>
#include <string.h>

#include "fg/record.h"
#include "record_json.h"

void fg_hold_scope_format(uint8_t scope, uint16_t country, char out[FG_HOLD_SCOPE_TEXT_MAX])
{
    if (scope == FG_HOLD_COUNTRY) {
        char code[4];
        fg_country_format(country, code);
        (void)snprintf(out, FG_HOLD_SCOPE_TEXT_MAX, "country.%s", code);
        return;
    }
    (void)snprintf(out, FG_HOLD_SCOPE_TEXT_MAX, "%s",
                   scope < FG_HOLD_SCOPES ? fg_hold_scope_name((enum fg_hold_scope)scope)
                                          : "unknown");
}

int fg_hold_scope_parse(struct fg_view text, uint8_t *scope, uint16_t *country)
{
    static const char country_prefix[] = "country.";
    const size_t prefix_len = sizeof(country_prefix) - 1;

    if (fg_view_equal(text, fg_view_of("customer"))) {
        *scope = FG_HOLD_CUSTOMER;
        *country = FG_COUNTRY_NONE;
        return FG_OK;
    }
    if (fg_view_equal(text, fg_view_of("risky"))) {
        *scope = FG_HOLD_RISKY;
        *country = FG_COUNTRY_NONE;
        return FG_OK;
    }
    if (text.len > prefix_len && memcmp(text.ptr, country_prefix, prefix_len) == 0) {
        const fg_country code =
            fg_country_parse((struct fg_view){text.ptr + prefix_len, text.len - prefix_len});
        if (code != FG_COUNTRY_NONE) {
            *scope = FG_HOLD_COUNTRY;
            *country = code;
            return FG_OK;
        }
    }
    return FG_ESYNTAX;
}

static bool set_scope(struct fg_json *object, uint8_t scope, uint16_t country)
{
    char text[FG_HOLD_SCOPE_TEXT_MAX];

    fg_hold_scope_format(scope, country, text);
    return fg_json_set_string(object, "scope", text);
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

char *fg_record_hold(const char *customer, uint16_t country, const struct fg_hold *hold,
                     const char *const *rules, size_t n_rules)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
                          fg_json_set_string(object, "customer", customer) &&
                          set_scope(object, hold->scope, country) &&
                          fg_json_set_string(object, "reason", hold->reason) &&
                          fg_json_set_string(object, "by", hold->by) &&
                          set_rules(object, rules, n_rules) &&
                          fg_json_set_integer(object, "since_ms", hold->since_ms) &&
                          fg_json_set_integer(object, "until_ms", hold->until_ms) &&
                          fg_json_set_bool(object, "cut", hold->cut);

    return fg_record_finish(object, complete);
}

static bool set_head(struct fg_json *object, const char *op)
{
    return fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
           fg_json_set_string(object, "op", op);
}

char *fg_record_hold_message(const char *customer, uint16_t country, const struct fg_hold *hold)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        set_head(object, "hold") && fg_json_set_string(object, "customer", customer) &&
        set_scope(object, hold->scope, country) &&
        (hold->since_ms == 0 || fg_json_set_integer(object, "since_ms", hold->since_ms)) &&
        fg_json_set_integer(object, "until_ms", hold->until_ms) &&
        fg_json_set_bool(object, "cut", hold->cut) &&
        fg_json_set_string(object, "reason", hold->reason) &&
        fg_json_set_string(object, "by", hold->by);

    return fg_record_finish(object, complete);
}

char *fg_record_release_message(const char *customer, uint8_t scope, uint16_t country,
                                const char *by)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = set_head(object, "release") &&
                          fg_json_set_string(object, "customer", customer) &&
                          set_scope(object, scope, country) && fg_json_set_string(object, "by", by);

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

char *fg_record_hold_set_event(const char *node, const char *customer, uint16_t country,
                               const struct fg_hold *hold, int64_t now_ms)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = set_event_head(object, "hold.set", node, now_ms) &&
                          fg_json_set_string(object, "customer", customer) &&
                          set_scope(object, hold->scope, country) &&
                          fg_json_set_string(object, "reason", hold->reason) &&
                          fg_json_set_string(object, "by", hold->by) &&
                          fg_json_set_integer(object, "until_ms", hold->until_ms) &&
                          fg_json_set_bool(object, "cut", hold->cut);

    return fg_record_finish(object, complete);
}

char *fg_record_hold_released_event(const char *node, const char *customer, uint8_t scope,
                                    uint16_t country, const char *why, const char *by,
                                    int64_t now_ms)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        set_event_head(object, "hold.released", node, now_ms) &&
        fg_json_set_string(object, "customer", customer) && set_scope(object, scope, country) &&
        fg_json_set_string(object, "reason", why) && fg_json_set_string(object, "by", by);

    return fg_record_finish(object, complete);
}
