// SPDX-License-Identifier: GPL-2.0-or-later
// Allowances as JSON: what Redis keeps, what the channel says, and what the audit tells.
#include <inttypes.h>
#include <stdio.h>

#include "fg/record.h"
#include "record_json.h"

static bool set_particulars(struct fg_json *object, const char *customer,
                            const struct fg_allowance *allowance)
{
    char to[FG_ALLOWANCE_TO_TEXT_MAX];

    fg_allowance_to_format(allowance, to);
    return fg_json_set_string(object, "customer", customer) &&
           fg_json_set_integer(object, "id", (int64_t)allowance->id) &&
           fg_json_set_string(object, "to", to) &&
           fg_json_set_integer(object, "calls", allowance->calls) &&
           fg_json_set_integer(object, "usd_micro", allowance->usd) &&
           fg_json_set_integer(object, "since_ms", allowance->since_ms) &&
           fg_json_set_integer(object, "until_ms", allowance->until_ms) &&
           fg_json_set_string(object, "reason", allowance->reason) &&
           fg_json_set_string(object, "by", allowance->by);
}

char *fg_record_allow_message(const char *customer, const struct fg_allowance *allowance)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
                          fg_json_set_string(object, "op", "allow") &&
                          set_particulars(object, customer, allowance);

    return fg_record_finish(object, complete);
}

char *fg_record_disallow_message(const char *customer, uint64_t id, const char *by)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete = fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
                          fg_json_set_string(object, "op", "disallow") &&
                          fg_json_set_string(object, "customer", customer) &&
                          fg_json_set_integer(object, "id", (int64_t)id) &&
                          fg_json_set_string(object, "by", by);

    return fg_record_finish(object, complete);
}

char *fg_record_passed_message(const char *customer, uint64_t who, uint64_t token, int64_t until_ms)
{
    struct fg_json *object = fg_json_object_new();
    char who_text[17], token_text[17];

    (void)snprintf(who_text, sizeof(who_text), "%016" PRIx64, who);
    (void)snprintf(token_text, sizeof(token_text), "%016" PRIx64, token);
    const bool complete = fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
                          fg_json_set_string(object, "op", "passed") &&
                          fg_json_set_string(object, "customer", customer) &&
                          fg_json_set_string(object, "who", who_text) &&
                          fg_json_set_string(object, "token", token_text) &&
                          fg_json_set_integer(object, "until_ms", until_ms);

    return fg_record_finish(object, complete);
}

static char *event(const char *type, const char *node, const char *customer,
                   const struct fg_allowance *allowance, int64_t now_ms)
{
    struct fg_json *object = fg_json_object_new();
    char to[FG_ALLOWANCE_TO_TEXT_MAX];

    fg_allowance_to_format(allowance, to);
    const bool complete = fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
                          fg_json_set_string(object, "type", type) &&
                          fg_json_set_integer(object, "time_ms", now_ms) &&
                          fg_json_set_string(object, "node", node) &&
                          fg_json_set_string(object, "scope", to) &&
                          set_particulars(object, customer, allowance);
    return fg_record_finish(object, complete);
}

char *fg_record_allowance_set_event(const char *node, const char *customer,
                                    const struct fg_allowance *allowance, int64_t now_ms)
{
    return event("allowance.set", node, customer, allowance, now_ms);
}

char *fg_record_allowance_removed_event(const char *node, const char *customer,
                                        const struct fg_allowance *allowance, int64_t now_ms)
{
    return event("allowance.removed", node, customer, allowance, now_ms);
}
