// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/ruleset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct fg_predicate predicate;
static struct fg_list list;
static struct fg_calendar calendar;
static struct fg_meter meter;
static struct fg_rule rules[3];
static struct fg_group group;
static struct fg_composite_term term;
static struct fg_composite composite;
static struct fg_ruleset ruleset;

// A small ruleset in which everything is in order.
static void reset(void)
{
    predicate = (struct fg_predicate){.signal = FG_SIG_DEST_PREFIX, .op = FG_OP_IN_LIST};
    list = (struct fg_list){.name = "l", .kind = FG_LIST_PREFIX};
    calendar = (struct fg_calendar){.name = "c"};
    meter = (struct fg_meter){.name = "m", .kind = FG_METER_COUNT, .over_ms = 60000};
    group = (struct fg_group){.name = "g", .cap = 50};
    term = (struct fg_composite_term){.kind = FG_TERM_RULE, .rule = 0};
    composite = (struct fg_composite){.id = "C", .all_of = &term, .n_all = 1, .score = -5};
    rules[0] = (struct fg_rule){.id = "A", .group = 0, .events = 1, .when = {&predicate, 1}};
    rules[1] = (struct fg_rule){.id = "B",
                                .group = -1,
                                .events = 15,
                                .direction = FG_INBOUND,
                                .measured = true,
                                .measure_is_meter = true,
                                .n_steps = 2,
                                .steps = {{.above = 1, .score = 1}, {.above = 2, .score = 2}}};
    rules[2] = (struct fg_rule){.id = "O", .group = -1, .events = 15, .mode = FG_MODE_OFF};
    ruleset = (struct fg_ruleset){.thresholds = {0, 30, 50, 65, INT32_MAX},
                                  .lists = &list,
                                  .n_lists = 1,
                                  .calendars = &calendar,
                                  .n_calendars = 1,
                                  .meters = &meter,
                                  .n_meters = 1,
                                  .rules = rules,
                                  .n_rules = 3,
                                  .composites = &composite,
                                  .n_composites = 1,
                                  .groups = &group,
                                  .n_groups = 1};
}

static int seal(struct fg_arena *arena)
{
    const char *why = NULL;
    int rc = fg_ruleset_seal(&ruleset, arena, &why);
    assert_true((rc == FG_OK) == (why == NULL));
    return rc;
}

static void test_rules_are_indexed_by_event(void **state)
{
    (void)state;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    reset();
    assert_int_equal(seal(arena), FG_OK);
    for (int kind = 0; kind < FG_EVENT_KINDS; kind++) {
        assert_int_equal(ruleset.n_by_event[FG_OUTBOUND][kind], kind == FG_EVENT_ATTEMPT);
        assert_int_equal(ruleset.n_by_event[FG_INBOUND][kind], 1);
        assert_int_equal(ruleset.by_event[FG_INBOUND][kind][0], 1);
    }
    fg_arena_free(arena);
}

static void test_mistakes_are_refused(void **state)
{
    (void)state;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
#define REFUSED(change)                                                                            \
    reset();                                                                                       \
    change;                                                                                        \
    assert_int_equal(seal(arena), FG_EINVAL)
    REFUSED(predicate.list = 1);
    REFUSED(list.kind = FG_LIST_COUNTRY);
    REFUSED(predicate.signal = FG_SIG_COUNT);
    REFUSED(predicate.signal = FG_SIG_ATTR);
    REFUSED(predicate.op = FG_OP_ABOVE);
    REFUSED((predicate.op = FG_OP_CALENDAR, predicate.calendar = 1));
    REFUSED((predicate.signal = FG_SIG_DEST_HOME, predicate.op = FG_OP_IN_TEXTS));
    REFUSED(predicate.op = (enum fg_predicate_op)99);
    REFUSED(rules[0].id = NULL);
    REFUSED(rules[0].group = 1);
    REFUSED(rules[0].group = -2);
    REFUSED(rules[0].score = 1000001);
    REFUSED(rules[0].action_at_least = FG_ACTION_COUNT);
    REFUSED(rules[1].measure_meter = 1);
    REFUSED(rules[1].n_steps = 0);
    REFUSED(rules[1].n_steps = FG_STEPS_MAX + 1);
    REFUSED(rules[1].steps[1].above = 1);
    REFUSED((rules[1].measure_is_meter = false, rules[1].measure_signal = FG_SIG_DEST_TYPE));
    REFUSED(meter.over_ms = 0);
    REFUSED(meter.name = NULL);
    REFUSED(meter.kind = (enum fg_meter_kind)99);
    REFUSED(term.rule = 3);
    REFUSED((term.kind = FG_TERM_TAG, term.tag = NULL));
    REFUSED(composite.n_all = 0);
    REFUSED(composite.id = NULL);
    REFUSED(ruleset.thresholds[FG_ALERT] = 0);
    REFUSED(ruleset.thresholds[FG_ALERT] = 51);
    REFUSED(ruleset.hold.duration_s = -1);
    REFUSED(group.cap = -1);
    reset();
    ruleset.n_rules = FG_RULES_MAX + 1;
    assert_int_equal(seal(arena), FG_ELIMIT);
    fg_arena_free(arena);
}

static void *no_memory(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return size_bytes < 200 ? fg_heap_libc()->alloc(NULL, size_bytes) : NULL;
}

static void test_no_memory(void **state)
{
    (void)state;
    const struct fg_heap heap = {.alloc = no_memory, .free = fg_heap_libc()->free};
    struct fg_arena *arena = fg_arena_new(&heap);
    assert_non_null(arena);
    reset();
    assert_int_equal(seal(arena), FG_ENOMEM);
    fg_arena_free(arena);
}

static void test_a_meters_id_follows_its_definition(void **state)
{
    (void)state;
    reset();
    uint32_t id = fg_meter_id(&meter, &list, &calendar);
    assert_true(id != 0);
    assert_int_equal(fg_meter_id(&meter, &list, &calendar), id);
    struct fg_meter copy = meter;
    char name[] = {'m', '\0'};
    copy.name = name;
    assert_int_equal(fg_meter_id(&copy, &list, &calendar), id); // of the text, not of where it lies
#define CHANGED(change)                                                                            \
    copy = meter;                                                                                  \
    change;                                                                                        \
    assert_true(fg_meter_id(&copy, &list, &calendar) != id)
    CHANGED(copy.name = "n");
    CHANGED(copy.over_ms = 60001);
    CHANGED(copy.kind = FG_METER_SUM);
    CHANGED(copy.per = FG_KEY_DEST_NUMBER);
    CHANGED(copy.direction = FG_INBOUND);
    CHANGED((copy.when.all = &predicate, copy.when.n = 1));
    // Of a list its kind and name count, not what it holds.
    id = fg_meter_id(&copy, &list, &calendar);
    list.n = 5;
    assert_int_equal(fg_meter_id(&copy, &list, &calendar), id);
    list.name = "k";
    assert_true(fg_meter_id(&copy, &list, &calendar) != id);
    list.name = "l";
    list.kind = FG_LIST_TEXT;
    assert_true(fg_meter_id(&copy, &list, &calendar) != id);
}

static void test_words(void **state)
{
    (void)state;
    for (int i = 0; i < FG_ACTION_COUNT; i++) {
        enum fg_action action = FG_ACTION_COUNT;
        assert_int_equal(fg_action_parse(fg_view_of(fg_action_name((enum fg_action)i)), &action),
                         FG_OK);
        assert_int_equal(action, i);
    }
    enum fg_action action = FG_ALERT;
    assert_int_equal(fg_action_parse(fg_view_of("deny"), &action), FG_ENOTFOUND);
    assert_int_equal(action, FG_ALERT);
    assert_string_equal(fg_mode_name(FG_MODE_SHADOW), "shadow");
    assert_string_equal(fg_hold_scope_name(FG_HOLD_RISKY), "risky");
    for (int i = 0; i < FG_SIG_ATTR; i++) {
        enum fg_signal signal = FG_SIG_COUNT;
        assert_int_equal(
            fg_signal_find(fg_view_of(fg_signal_info((enum fg_signal)i)->name), &signal), FG_OK);
        assert_int_equal(signal, i);
    }
    enum fg_signal signal = FG_SIG_COUNT;
    assert_int_equal(fg_signal_find(fg_view_of("attr.vip_1"), &signal), FG_OK);
    assert_int_equal(signal, FG_SIG_ATTR);
    assert_int_equal(fg_signal_find(fg_view_of("attr."), &signal), FG_ENOTFOUND);
    assert_int_equal(fg_signal_find(fg_view_of("attr.a b"), &signal), FG_ENOTFOUND);
    assert_int_equal(fg_signal_find(fg_view_of("dest.prefi"), &signal), FG_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_are_indexed_by_event),
        cmocka_unit_test(test_mistakes_are_refused),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_a_meters_id_follows_its_definition),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
