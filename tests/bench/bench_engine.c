// SPDX-License-Identifier: GPL-2.0-or-later
// What one evaluation costs without its store: the median over runs of plan + decide with a ruleset
// of typical size, and how many SipHashes of 64 bytes that is, so that the number means the same on
// a slow machine. Optimised builds fail above LIMIT_HASHES; a debug or sanitizer build only
// reports.
#include "fg/decide.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define RUNS         31
#define PER_RUN      4000
#define RULES        24
#define METERS       8
#define LIMIT_HASHES 80.0

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct world world;
static struct fg_list list;
static struct fg_predicate predicates[RULES];
static struct fg_rule rules[RULES];
static struct fg_meter meters[METERS];
static const struct fg_calendar calendar = {
    .name = "office", .customer_hours = true, .customer_holidays = true};
static const struct fg_group groups[] = {{"destination", 60}, {"velocity", 60}, {"time", 20}};
static struct fg_event event;
static uint64_t sink; // what is measured must not be optimised away

// A quarter each: list, calendar, meter with steps, truth of a signal.
static void build_rules(void)
{
    for (uint16_t i = 0; i < RULES; i++) {
        rules[i] = (struct fg_rule){.id = "RULE",
                                    .group = i % 3,
                                    .score = 5,
                                    .events = 1U << FG_EVENT_ATTEMPT,
                                    .when = {.all = &predicates[i], .n = 1}};
        switch (i % 4) {
        case 0:
            predicates[i] =
                (struct fg_predicate){.signal = FG_SIG_DEST_PREFIX, .op = FG_OP_IN_LIST};
            break;
        case 1:
            predicates[i] =
                (struct fg_predicate){.op = FG_OP_CALENDAR, .state = FG_CALENDAR_CLOSED};
            break;
        case 2:
            rules[i].when.n = 0;
            rules[i].measured = rules[i].measure_is_meter = true;
            rules[i].measure_meter = i % METERS;
            rules[i].n_steps = 2;
            rules[i].steps[0] = (struct fg_step){.above = 20 * FG_MICRO, .score = 10};
            rules[i].steps[1] = (struct fg_step){.above = 60 * FG_MICRO, .score = 30};
            break;
        default:
            predicates[i] = (struct fg_predicate){.signal = FG_SIG_CALLER_OWNED, .op = FG_OP_IS};
            break;
        }
    }
    for (uint32_t i = 0; i < METERS; i++) {
        meters[i] =
            (struct fg_meter){.name = "m",
                              .id = i + 1,
                              .kind = (enum fg_meter_kind)(i % 4),
                              .source = i % 4 == 2 ? FG_SOURCE_DEST_NUMBER : FG_SOURCE_CALLS,
                              .per = FG_KEY_CUSTOMER | (i > 4 ? FG_KEY_DEST_NUMBER : 0),
                              .over_ms = 60000};
    }
}

static void build_world(void)
{
    static const char *const prefixes[] = {"9607", "8821", "371"};
    static const uint32_t values[] = {0, 0, 0};
    world_init(&world);
    list = (struct fg_list){.name = "irsf",
                            .kind = FG_LIST_PREFIX,
                            .prefixes = world_trie(&world, prefixes, values, 3)};
    build_rules();
    world.ruleset.lists = &list;
    world.ruleset.n_lists = 1;
    world.ruleset.calendars = &calendar;
    world.ruleset.n_calendars = 1;
    world.ruleset.meters = meters;
    world.ruleset.n_meters = METERS;
    world.ruleset.rules = rules;
    world.ruleset.n_rules = RULES;
    world.ruleset.groups = groups;
    world.ruleset.n_groups = 3;
    world_seal(&world);
    event = world_call(&world, world.acme, "009607712345");
    event.caller_present = true;
    assert_int_equal(fg_number_parse_e164(fg_view_of("+441132000100"), &event.caller), FG_OK);
}

static double evaluate_ns(void)
{
    static struct fg_plan plan;
    static struct fg_decision decision;
    struct fg_store_reply reply = {.repeated = false};
    int64_t start_ns = now_ns();
    for (int i = 0; i < PER_RUN; i++) {
        fg_plan(&world.policy, &event, SATURDAY_NIGHT_MS + i, &plan);
        reply.values[0] = i % 100;
        fg_decide(&plan, &reply, 0, &decision);
        sink += (uint64_t)decision.score;
    }
    return (double)(now_ns() - start_ns) / PER_RUN;
}

static double hash_ns(void)
{
    uint8_t bytes[64] = {0};
    int64_t start_ns = now_ns();
    for (int i = 0; i < PER_RUN; i++) {
        bytes[0] = (uint8_t)i;
        sink += fg_hash64(&world.policy.hash_key, bytes, sizeof(bytes));
    }
    return (double)(now_ns() - start_ns) / PER_RUN;
}

static double median(double (*measure)(void))
{
    double times[RUNS];
    for (int i = 0; i < RUNS; i++) {
        times[i] = measure();
    }
    qsort(times, RUNS, sizeof(times[0]), by_value);
    return times[RUNS / 2];
}

static void bench(void **state)
{
    (void)state;
    build_world();
    double evaluation = median(evaluate_ns);
    double hash = median(hash_ns);
    printf("plan+decide: %.0f ns (%d rules, %d meters), SipHash of 64 bytes: %.1f ns, ratio %.1f "
           "(checksum %u)\n",
           evaluation, RULES, METERS, hash, evaluation / hash, (unsigned)(sink & 0xff));
    world_fini(&world);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    assert_true(evaluation / hash < LIMIT_HASHES);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bench)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
