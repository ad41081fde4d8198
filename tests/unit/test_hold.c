// SPDX-License-Identifier: GPL-2.0-or-later
// Holds: what they are about, how they are written, and how they grow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine_fixture.h"
#include "fg/explain.h"

#define MINUTE FG_MS_PER_MIN
#define HOUR   (60 * MINUTE)
#define T0     SATURDAY_NIGHT_MS

static int set_up(void **state)
{
    static struct world world;
    world_init(&world);
    world_seal(&world);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    world_fini(*state);
    return 0;
}

static const struct fg_hash_key key = {"a key of 16 byte"};

static struct fg_hold read_scope(const char *text)
{
    struct fg_hold hold = {0};
    assert_int_equal(fg_hold_scope_read(&key, fg_view_of(text), &hold), FG_OK);
    return hold;
}

static void test_what_people_write_is_what_calls_ask_for(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *of;
    } scopes[] = {
        {"number.+96077712345", "number.", "+96077****45"},
        {"range.+96077712345", "range.", "+96077******"},
        {"caller.+442079460000", "caller.", "+44207*****00"},
        {"source.192.0.2.7", "source.", "192.0.2.7"},
        {"source.2001:db8:0:10::7", "source.", "2001:db8:0:10::/64"},
        {"certificate.00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
         "certificate.", "sha256:001122334455"},
        {"country.MV", "country.MV", ""},
        {"type.premium", "type.premium", ""},
        {"risky", "risky", ""},
    };
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        char text[FG_HOLD_SCOPE_TEXT_MAX];
        const struct fg_hold hold = read_scope(scopes[i].text);
        fg_hold_scope_format(hold.scope, hold.value, text);
        assert_int_equal(strncmp(text, scopes[i].name, strlen(scopes[i].name)), 0);
        assert_string_equal(hold.of, scopes[i].of);
        // As shown, it is read again, with no key.
        struct fg_hold again = {0};
        assert_int_equal(fg_hold_scope_read(NULL, fg_view_of(text), &again), FG_OK);
        assert_int_equal(again.scope, hold.scope);
        assert_true(again.value == hold.value);
    }
    // One range, one network, one key each.
    assert_true(read_scope("range.+96077712345").value == read_scope("range.+96077719999").value);
    assert_true(read_scope("range.+96077712345").value != read_scope("range.+96077722345").value);
    assert_true(read_scope("source.2001:db8::1").value ==
                read_scope("source.2001:db8::2:0:0:1").value);
    assert_true(read_scope("source.192.0.2.7").value != read_scope("source.192.0.2.8").value);
    assert_true(read_scope("number.+442079460000").value !=
                read_scope("caller.+442079460000").value);
}

static void test_other_text_is_no_scope(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "number",
                                        "number.",
                                        "number.96077712345",
                                        "number.+1x",
                                        "range.+1",
                                        "source.1.2.3",
                                        "certificate.00",
                                        "type.dear",
                                        "country.mv",
                                        "nummer.+96077712345",
                                        "customer.+1"};
    struct fg_hold hold = {.scope = 77, .value = 5};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(fg_hold_scope_read(&key, fg_view_of(wrong[i]), &hold), FG_ESYNTAX);
    assert_int_equal(hold.scope, 77);
    assert_int_equal(fg_hold_scope_read(NULL, fg_view_of("number.+96077712345"), &hold),
                     FG_ENOTFOUND);
}

static void test_a_call_asks_for_all_it_has(void **state)
{
    const struct world *world = *state;
    static struct fg_plan plan;
    static struct fg_tls_peer tls = {.tls = true, .cert_present = true};
    struct fg_event event = world_call(world, world->acme, "009607712345");
    uint64_t value;
    event.tls = NULL;
    event.caller.len = 0;
    fg_plan(&world->policy, &event, T0, &plan);
    const unsigned lacking = 1U << FG_HOLD_CERTIFICATE | 1U << FG_HOLD_CALLER;
    assert_int_equal(plan.request.holds.scopes, ((1U << FG_HOLD_SCOPES) - 1) & ~lacking);
    assert_false(fg_plan_hold_value(&plan, FG_HOLD_CALLER, &value));

    event.tls = &tls;
    memcpy(event.caller.digits, "442079460000", 12);
    event.caller.len = 12;
    fg_plan(&world->policy, &event, T0, &plan);
    assert_int_equal(plan.request.holds.scopes, (1U << FG_HOLD_SCOPES) - 1);
    struct fg_hold hold = {0};
    assert_int_equal(
        fg_hold_scope_read(&world->policy.hash_key, fg_view_of("number.+9607712345"), &hold),
        FG_OK);
    assert_true(fg_hold_asked(&plan.request.holds, hold.scope, hold.value));
    char of[FG_HOLD_OF_MAX];
    fg_plan_hold_of(&plan, FG_HOLD_NUMBER, of);
    assert_string_equal(of, hold.of);

    // At home neither what is risky nor a type is closed.
    event = world_call(world, world->acme, "02079460000");
    fg_plan(&world->policy, &event, T0, &plan);
    assert_int_equal(plan.request.holds.scopes & (1U << FG_HOLD_TYPE | 1U << FG_HOLD_RISKY), 0);
    event.direction = FG_INBOUND;
    fg_plan(&world->policy, &event, T0, &plan);
    assert_int_equal(plan.request.holds.scopes, 0);
}

static void test_the_reason_names_what_is_held(void **state)
{
    const struct world *world = *state;
    static struct fg_plan plan;
    static struct fg_store_reply reply;
    static struct fg_decision decision;
    char text[200];
    struct fg_event event = world_call(world, world->acme, "009607712345");
    fg_plan(&world->policy, &event, T0, &plan);
    memset(&reply, 0, sizeof(reply));
    reply.hold = (struct fg_hold){.active = true,
                                  .scope = FG_HOLD_NUMBER,
                                  .value = plan.request.holds.values[FG_HOLD_NUMBER],
                                  .until_ms = T0 + 15 * MINUTE,
                                  .of = "+96077***45",
                                  .rule = "DEST_IRSF",
                                  .reason = "score 95: DEST_IRSF",
                                  .by = "rule:core"};
    fg_decide(&plan, &reply, 0, &decision);
    assert_int_equal(decision.action, FG_BLOCK);
    fg_reason_text(&plan, &decision, &decision.reasons[0], text, sizeof(text));
    assert_string_equal(text, "hold on number +96077***45 until 2026-11-21 02:25Z: score 95: "
                              "DEST_IRSF (by rule:core)");
    // What concerns another number does not stop this one, whoever says so.
    reply.hold.value++;
    fg_decide(&plan, &reply, 0, &decision);
    assert_int_equal(decision.action, FG_ALLOW);
}

static const struct fg_hold_span span = {
    .duration_ms = 15 * MINUTE, .growth_milli = 2000, .max_ms = 4 * HOUR};

static struct fg_hold renewed(const struct fg_hold *last, int64_t now_ms)
{
    struct fg_hold hold = {.active = true, .since_ms = now_ms, .reason = "new"};
    fg_hold_renew(last, &span, &hold);
    return hold;
}

static void test_a_hold_that_comes_again_grows(void **state)
{
    (void)state;
    static const int minutes[] = {15, 30, 60, 120, 240, 240};
    struct fg_hold hold = renewed(NULL, T0);
    for (unsigned i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
        assert_int_equal(hold.times, i + 1);
        assert_true(hold.until_ms - hold.since_ms == minutes[i] * MINUTE);
        hold = renewed(&hold, hold.until_ms + FG_HOLD_MEMORY_MS);
    }
    // A millisecond later it is forgotten.
    hold = renewed(&hold, hold.until_ms + FG_HOLD_MEMORY_MS + 1);
    assert_int_equal(hold.times, 1);
    assert_true(hold.until_ms - hold.since_ms == 15 * MINUTE);
}

static void test_one_that_is_active_only_gets_longer(void **state)
{
    (void)state;
    struct fg_hold first = renewed(NULL, T0);
    memcpy(first.reason, "old", 4);
    struct fg_hold hold = renewed(&first, T0 + 5 * MINUTE);
    assert_int_equal(hold.times, 1);
    assert_true(hold.since_ms == T0 && hold.until_ms == T0 + 20 * MINUTE);
    assert_string_equal(hold.reason, "old");
    // Never shorter, also when clocks differ or somebody held for longer.
    assert_true(renewed(&hold, T0 + MINUTE).until_ms == hold.until_ms);
    first.until_ms = T0 + HOUR;
    first.times = 0;
    hold = renewed(&first, T0 + MINUTE);
    assert_true(hold.until_ms == T0 + HOUR);
    assert_int_equal(hold.times, 0);
    // "cut" is taken over; nothing takes it back.
    struct fg_hold cuts = {.since_ms = T0 + MINUTE, .cut = true};
    fg_hold_renew(&first, &span, &cuts);
    assert_true(cuts.cut);
}

static void test_what_somebody_holds_lasts_as_said(void **state)
{
    (void)state;
    const struct fg_hold first = renewed(NULL, T0);
    struct fg_hold hold = {.since_ms = T0 + MINUTE, .until_ms = T0 + 2 * MINUTE};
    fg_hold_renew(&first, NULL, &hold);
    assert_true(hold.until_ms == T0 + 2 * MINUTE);
    // The rules' next one grows as if it had not been.
    hold = renewed(&hold, T0 + HOUR);
    assert_int_equal(hold.times, 2);
    assert_true(hold.until_ms == T0 + HOUR + 30 * MINUTE);
    struct fg_hold alone = {.since_ms = T0, .until_ms = T0 + MINUTE};
    fg_hold_renew(NULL, NULL, &alone);
    assert_int_equal(renewed(&alone, T0 + HOUR).times, 1);
}

static void test_lengths_stay_in_bounds(void **state)
{
    (void)state;
    const struct fg_hold_span slow = {
        .duration_ms = 1000, .growth_milli = 1001, .max_ms = FG_HOLD_LONGEST_MS};
    const struct fg_hold_span fast = {.duration_ms = FG_HOLD_LONGEST_MS,
                                      .growth_milli = FG_HOLD_GROWTH_MAX_MILLI,
                                      .max_ms = FG_HOLD_LONGEST_MS};
    const struct fg_hold_span none = {.duration_ms = 5000, .growth_milli = 1000, .max_ms = 5000};
    assert_true(fg_hold_length_ms(&slow, 3) == 1002);
    assert_true(fg_hold_length_ms(&slow, UINT16_MAX) <= FG_HOLD_LONGEST_MS);
    assert_true(fg_hold_length_ms(&fast, UINT16_MAX) == FG_HOLD_LONGEST_MS);
    assert_true(fg_hold_length_ms(&none, 200) == 5000);
    struct fg_hold hold = {.times = FG_HOLD_TIMES_MAX, .until_ms = T0};
    assert_int_equal(renewed(&hold, T0 + 1).times, FG_HOLD_TIMES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_people_write_is_what_calls_ask_for),
        cmocka_unit_test(test_other_text_is_no_scope),
        cmocka_unit_test_setup_teardown(test_a_call_asks_for_all_it_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_reason_names_what_is_held, set_up, tear_down),
        cmocka_unit_test(test_a_hold_that_comes_again_grows),
        cmocka_unit_test(test_one_that_is_active_only_gets_longer),
        cmocka_unit_test(test_what_somebody_holds_lasts_as_said),
        cmocka_unit_test(test_lengths_stay_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
