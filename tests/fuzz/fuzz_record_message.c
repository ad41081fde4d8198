// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of the holds channel: whatever is accepted must survive being written and read again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *write_again(const struct fg_message *message)
{
    switch (message->op) {
    case FG_MESSAGE_HOLD:
        return fg_record_hold_message(message->customer, &message->hold);
    case FG_MESSAGE_RELEASE:
        return fg_record_release_message(message->customer, message->hold.scope,
                                         message->hold.value, message->hold.by);
    case FG_MESSAGE_KILL:
        return fg_record_kill_message(fg_view_of(message->call_id), message->customer,
                                      message->hold.until_ms, message->hold.reason,
                                      message->hold.by);
    case FG_MESSAGE_ALLOW:
        return fg_record_allow_message(message->customer, &message->allowance);
    case FG_MESSAGE_DISALLOW:
        return fg_record_disallow_message(message->customer, message->allowance.id,
                                          message->allowance.by);
    case FG_MESSAGE_PASSED:
        return fg_record_passed_message(message->customer, message->who, message->token,
                                        message->hold.until_ms);
    }
    return NULL;
}

static bool is_same(const struct fg_message *a, const struct fg_message *b)
{
    return a->op == b->op && a->who == b->who && a->token == b->token &&
           a->hold.value == b->hold.value && a->hold.times == b->hold.times &&
           strcmp(a->hold.of, b->hold.of) == 0 && strcmp(a->hold.rule, b->hold.rule) == 0 &&
           a->hold.active == b->hold.active && a->hold.scope == b->hold.scope &&
           a->hold.cut == b->hold.cut && a->hold.since_ms == b->hold.since_ms &&
           a->hold.until_ms == b->hold.until_ms && strcmp(a->hold.reason, b->hold.reason) == 0 &&
           strcmp(a->hold.by, b->hold.by) == 0 && strcmp(a->customer, b->customer) == 0 &&
           strcmp(a->call_id, b->call_id) == 0 && a->allowance.id == b->allowance.id &&
           a->allowance.calls == b->allowance.calls && a->allowance.usd == b->allowance.usd &&
           a->allowance.country == b->allowance.country &&
           strcmp(a->allowance.to.digits, b->allowance.to.digits) == 0 &&
           a->allowance.since_ms == b->allowance.since_ms &&
           a->allowance.until_ms == b->allowance.until_ms &&
           strcmp(a->allowance.reason, b->allowance.reason) == 0 &&
           strcmp(a->allowance.by, b->allowance.by) == 0;
}

static void check_round_trip(const struct fg_message *message)
{
    struct fg_message again;
    char *text = write_again(message);

    if (text == NULL || fg_record_parse_message(fg_view_of(text), &again) != FG_OK ||
        !is_same(&again, message)) {
        abort();
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fg_view text = {(const char *)data, size};
    struct fg_message message;

    struct fg_media_message media;
    if (fg_record_parse_message(text, &message) == FG_OK) {
        check_round_trip(&message);
    }
    if (fg_record_parse_media(text, &media) == FG_OK &&
        (media.call_id[0] == '\0' || media.facts.silent_s < 0 || media.facts.caller.loss_ppm < 0 ||
         media.facts.caller.loss_ppm > 1000000)) {
        abort();
    }
    if (fg_record_parse_hold(text, &message) == FG_OK) {
        check_round_trip(&message);
    }
    return 0;
}
