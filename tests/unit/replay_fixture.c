// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void say(struct told *told, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct told *told, const char *format, ...)
{
    size_t used = strlen(told->text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(told->text + used, sizeof(told->text) - used, format, arguments);
    va_end(arguments);
}

int told_result(void *arg, const struct fg_replay_result *result)
{
    struct told *told = arg;
    told->n++;
    say(told, "%.*s %s %d at %s", (int)result->call_id.len, result->call_id.ptr,
        fg_action_name(result->action), result->score, fg_event_kind_name(result->at));
    if (result->refused) {
        say(told, " refused");
    }
    if (result->cut) {
        say(told, " cut %lld", (long long)result->cut_after_ms);
    }
    if (result->held) {
        say(told, " hold %s by %s", fg_hold_scope_name(result->hold.scope),
            fg_replay_hold_rule(told->policy, &result->hold));
    }
    say(told, " through %lld/%lld", (long long)result->minutes_through,
        (long long)result->minutes_recorded);
    int32_t points = 0;
    for (uint32_t i = 0; i < result->n_reasons; i++) {
        char id[FG_REPLAY_ID_MAX];
        fg_replay_reason_id(told->policy, result, &result->reasons[i], id);
        say(told, " %s%+d", id, result->reasons[i].points);
        points += result->reasons[i].shadow ? 0 : result->reasons[i].points;
    }
    say(told, "\n");
    assert_int_equal(points, result->score);
    return told->answer;
}

struct fg_replay *told_open(struct told *told, const struct world *world)
{
    *told = (struct told){.policy = &world->policy};
    const struct fg_replay_config config = {
        .policy = &world->policy, .result = told_result, .arg = told};
    struct fg_replay *replay = fg_replay_new(&config);
    assert_non_null(replay);
    return replay;
}

struct fg_call_row told_row(const char *id, const char *called, int start_s, int ring_s, int up_s)
{
    int64_t start_ms = FRIDAY_MORNING_MS + start_s * FG_MS_PER_S;
    return (struct fg_call_row){
        .call_id = fg_view_of(id),
        .called = fg_view_of(called),
        .tls_san = fg_view_of("sip.acme.example"),
        .start_ms = start_ms,
        .answer_ms = start_ms + (up_s > 0 ? ring_s * FG_MS_PER_S : 0),
        .end_ms = start_ms + (ring_s + up_s) * FG_MS_PER_S,
        .answered = up_s > 0,
        .transport = FG_TRANSPORT_TLS,
        .tls_key_bits = 2048,
        .knows_certificates = true,
    };
}
