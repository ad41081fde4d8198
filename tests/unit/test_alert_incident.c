// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "incident.h"
#include "seen.h"

static void set_text(char *out, size_t size, const char *text)
{
    assert_true(strlen(text) < size);
    memcpy(out, text, strlen(text) + 1);
}

#define T0     INT64_C(1795233004000)
#define MINUTE INT64_C(60000)
#define HOUR   INT64_C(3600000)

static struct fga_event call_at(int64_t now_ms)
{
    struct fga_event event;
    memset(&event, 0, sizeof(event));
    event.kind = FGA_EVENT_REFUSED;
    set_text(event.customer, sizeof(event.customer), "acme");
    set_text(event.number, sizeof(event.number), "+96077***45");
    set_text(event.country, sizeof(event.country), "MV");
    event.usd_per_minute = 400000;
    event.time_ms = now_ms;
    return event;
}

static struct fga_event hold_at(int64_t now_ms, const char *scope, int64_t until_ms)
{
    struct fga_event event = call_at(now_ms);
    event.kind = FGA_EVENT_HELD;
    set_text(event.scope, sizeof(event.scope), scope);
    event.hold_until_ms = until_ms;
    return event;
}

static void begin(struct fga_incident *incident, const struct fga_event *event)
{
    enum fga_incident_kind kind;
    assert_true(fga_incident_concerns(event, &kind));
    if (!incident->open)
        fga_incident_open(incident, kind, event, "1-1");
    fga_incident_absorb(incident, event, event->time_ms);
}

static void test_one_call(void **state)
{
    struct fga_incident incident = {0};
    const struct fga_pace pace = fga_pace_of(1);
    const struct fga_event event = call_at(T0);
    (void)state;
    begin(&incident, &event);
    assert_int_equal(fga_incident_step(&incident, &pace, T0), FGA_STEP_STARTED);
    assert_int_equal(incident.prevented_usd, 1200000); // three minutes
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + MINUTE), FGA_STEP_NONE);
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 15 * MINUTE - 1), FGA_STEP_NONE);
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 15 * MINUTE), FGA_STEP_ENDED);
    assert_int_equal(incident.sequence, 2);
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + HOUR), FGA_STEP_NONE);
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 2 * HOUR), FGA_STEP_FORGET);
}

static void test_updates_at_ten_times_and_hourly(void **state)
{
    struct fga_incident incident = {0};
    const struct fga_pace pace = fga_pace_of(1);
    struct fga_event event = hold_at(T0, "risky", T0 + 24 * HOUR);
    (void)state;
    begin(&incident, &event);
    assert_int_equal(fga_incident_step(&incident, &pace, T0), FGA_STEP_STARTED);
    for (int i = 0; i < 9; i++) {
        event = call_at(T0 + 2 * MINUTE);
        begin(&incident, &event);
    }
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 2 * MINUTE), FGA_STEP_NONE);
    begin(&incident, &event);
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + MINUTE - 1), FGA_STEP_NONE); // gap
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 2 * MINUTE), FGA_STEP_UPDATED);
    // Nothing new: an hour passes in silence.
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 2 * HOUR), FGA_STEP_NONE);
    event = call_at(T0 + 2 * HOUR);
    begin(&incident, &event);
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 2 * HOUR), FGA_STEP_UPDATED);
}

static void test_release_ends_at_once(void **state)
{
    struct fga_incident incident = {0};
    const struct fga_pace pace = fga_pace_of(1);
    struct fga_event event = hold_at(T0, "customer", T0 + HOUR);
    (void)state;
    begin(&incident, &event);
    assert_int_equal(fga_incident_step(&incident, &pace, T0), FGA_STEP_STARTED);
    event = hold_at(T0 + MINUTE, "risky", T0 + HOUR);
    begin(&incident, &event);
    event = hold_at(T0 + 2 * MINUTE, "customer", 0);
    event.kind = FGA_EVENT_RELEASED;
    begin(&incident, &event);
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 2 * MINUTE), FGA_STEP_NONE);
    set_text(event.scope, sizeof(event.scope), "risky"); // the other hold, too
    begin(&incident, &event);
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 2 * MINUTE), FGA_STEP_ENDED);
}

// 100,000 calls an hour, for three hours, in bursts between which incidents end.
static void test_never_a_storm(void **state)
{
    struct fga_incident incident = {0};
    const struct fga_pace pace = fga_pace_of(1);
    int64_t told_ms[1000] = {0};
    size_t n = 0;
    (void)state;
    for (int64_t s = 0; s < INT64_C(3) * 3600; s++) {
        const int64_t now_ms = T0 + s * 1000;
        for (int i = 0; i < 28 && s % 1200 < 120; i++) {
            const struct fga_event event = call_at(now_ms);
            begin(&incident, &event);
        }
        const enum fga_step step = fga_incident_step(&incident, &pace, now_ms);
        if (step != FGA_STEP_NONE && step != FGA_STEP_FORGET)
            told_ms[n++ % 1000] = now_ms;
    }
    assert_in_range(n, 6, 16); // five an hour
    for (size_t i = FGA_MESSAGES_PER_HOUR; i < n; i++)
        assert_true(told_ms[i] - told_ms[i - FGA_MESSAGES_PER_HOUR] >= HOUR);
}

static void test_flood_needs_many_calls(void **state)
{
    struct fga_incident incident = {0};
    const struct fga_pace pace = fga_pace_of(1);
    struct fga_event event = call_at(T0);
    (void)state;
    event.inbound = true;
    for (int i = 0; i < 19; i++)
        begin(&incident, &event);
    assert_int_equal(incident.kind, FGA_TDOS);
    assert_int_equal(fga_incident_step(&incident, &pace, T0), FGA_STEP_NONE);
    begin(&incident, &event);
    assert_int_equal(fga_incident_step(&incident, &pace, T0), FGA_STEP_STARTED);

    struct fga_incident quiet = {0};
    begin(&quiet, &event);
    assert_int_equal(fga_incident_step(&quiet, &pace, T0 + 20 * MINUTE), FGA_STEP_NONE);
    assert_false(quiet.open);
    assert_int_equal(quiet.sequence, 0);
}

static void test_a_floods_size(void **state)
{
    struct fga_incident incident = {0}, again;
    const struct fga_pace pace = fga_pace_of(1);
    struct fga_event event;
    const char *started = "{\"v\":1,\"type\":\"attack.started\",\"time_ms\":1795233004000,"
                          "\"customer\":\"acme\",\"kind\":\"number\",\"calls\":45,"
                          "\"callers\":38,\"peak_per_minute\":45}";
    (void)state;
    assert_int_equal(fga_event_parse(fg_view_of(started), &event), FG_OK);
    assert_int_equal(event.kind, FGA_EVENT_FLOODED);
    begin(&incident, &event);
    assert_int_equal(incident.kind, FGA_TDOS);
    assert_int_equal(fga_incident_step(&incident, &pace, T0), FGA_STEP_NONE); // the calls come
    event.callers = 20;
    event.peak_per_min = 90;
    begin(&incident, &event);
    char *text = fga_incident_format(&incident);
    assert_int_equal(fga_incident_parse(fg_view_of(text), &again), FG_OK);
    assert_true(again.callers == 38 && again.peak_per_min == 90 && again.floods == 2);
    assert_int_equal(fga_incident_calls(&again), 0);
    free(text);
}

static void test_what_comes_twice_is_told(void **state)
{
    struct fga_seen *seen = fga_seen_new();
    char text[32];
    (void)state;
    assert_non_null(seen);
    for (int i = 0; i < 3 * FGA_SEEN_MAX; i++) {
        (void)snprintf(text, sizeof(text), "event %d", i);
        assert_true(fga_seen_add(seen, fg_view_of(text)));
        assert_false(fga_seen_add(seen, fg_view_of(text)));
    }
    assert_false(fga_seen_add(seen, fg_view_of("event 49000"))); // of the newest
    assert_true(fga_seen_add(seen, fg_view_of("event 0")));
    fga_seen_free(seen);
}

static void test_kept_and_read_again(void **state)
{
    struct fga_incident incident = {0}, again;
    const struct fga_pace pace = fga_pace_of(1);
    (void)state;
    for (int i = 0; i < 40; i++) {
        struct fga_event event = call_at(T0 + i);
        (void)snprintf(event.number, sizeof(event.number), "+96077***%02d", i % 12);
        (void)snprintf(event.scope, sizeof(event.scope), "country.%c%c", 'A' + i % 26, 'Z');
        event.hold_until_ms = T0 + (int64_t)i * HOUR;
        event.n_reasons = 1;
        (void)snprintf(event.reasons[0].rule, sizeof(event.reasons[0].rule), "R%d", i % 6);
        begin(&incident, &event);
    }
    assert_int_equal(fga_incident_step(&incident, &pace, T0 + 50), FGA_STEP_STARTED);
    assert_int_equal(incident.n_destinations, FGA_DESTINATIONS_MAX);
    assert_true(incident.other_calls > 0);
    assert_int_equal(fga_incident_held_until_ms(&incident), T0 + INT64_C(39) * HOUR);
    char *json = fga_incident_format(&incident);
    assert_non_null(json);
    assert_int_equal(fga_incident_parse(fg_view_of(json), &again), FG_OK);
    assert_memory_equal(&again, &incident, sizeof(again));
    json[strlen(json) - 1] = '\0';
    assert_int_equal(fga_incident_parse(fg_view_of(json), &again), FG_ESYNTAX);
    free(json);
}

static void test_alert_ids(void **state)
{
    struct fga_incident a = {0}, b = {0}, c = {0};
    const struct fga_event event = call_at(T0);
    (void)state;
    fga_incident_open(&a, FGA_HOLD, &event, "1-1");
    fga_incident_open(&b, FGA_HOLD, &event, "1-1");
    fga_incident_open(&c, FGA_HOLD, &event, "1-2");
    assert_string_equal(a.alert_id, b.alert_id);
    assert_string_not_equal(a.alert_id, c.alert_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_call),
        cmocka_unit_test(test_updates_at_ten_times_and_hourly),
        cmocka_unit_test(test_release_ends_at_once),
        cmocka_unit_test(test_never_a_storm),
        cmocka_unit_test(test_flood_needs_many_calls),
        cmocka_unit_test(test_a_floods_size),
        cmocka_unit_test(test_what_comes_twice_is_told),
        cmocka_unit_test(test_kept_and_read_again),
        cmocka_unit_test(test_alert_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
