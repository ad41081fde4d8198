// SPDX-License-Identifier: GPL-2.0-or-later
// Nobody loses more than the bound, and somebody loses more than half of it.
#include "fg/bound.h"

#include "bound_attack.h"
#include "engine_fixture.h"
#include "fg/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULESETS 20
#define ATTACKS  6
#define SHIPPED  8
// Ten minutes before midnight.
#define BEFORE_MIDNIGHT_MS (INT64_C(1795219200000) - INT64_C(600000))

static const struct fg_bound_rate world_rates[] = {
    {8000, "1"},       {10000, "44"},    {30000, "447"},    {900000, "960"},
    {1200000, "9607"}, {1500000, "449"}, {6000000, "88213"}};
static const char *const world_users[] = {"+442079460018", "+447400123456", "+9607712345",
                                          "+449098790012", "+88213123456",  "+12025550143"};

struct random_rules {
    struct fg_meter meters[6];
    struct fg_rule rules[6];
    struct fg_predicate predicates[12];
    struct fg_composite composite;
    struct fg_group group;
};

// Sometimes the calls above a rate, sometimes something that a caller can choose.
static void random_when(struct source *s, struct fg_predicate *at, struct fg_condition *out)
{
    static const fg_micro rates[] = {20000, 100000, 1000000};
    *at = (struct fg_predicate){
        .signal = FG_SIG_COST_PER_MINUTE, .op = FG_OP_ABOVE, .number = rates[below(s, 3)]};
    uint32_t kind = below(s, 6);
    if (kind == 0) {
        *at = (struct fg_predicate){.signal = FG_SIG_CALLER_PRESENT, .op = FG_OP_IS, .truth = true};
    } else if (kind == 1) {
        at->op = FG_OP_BELOW;
    }
    *out = (struct fg_condition){.all = at, .n = below(s, 3) == 0 ? 1 : 0};
}

static void random_meter(struct source *s, uint32_t i, struct random_rules *r)
{
    static const char *const names[] = {"m0", "m1", "m2", "m3", "m4", "m5"};
    static const int64_t windows[] = {60000, 600000, 3600000};
    struct fg_meter *meter = &r->meters[i];
    *meter = (struct fg_meter){.name = names[i],
                               .id = i + 1,
                               .per = FG_KEY_CUSTOMER,
                               .over_ms = windows[below(s, 3)],
                               .direction = FG_OUTBOUND};
    switch (below(s, 5)) {
    case 0:
        meter->kind = FG_METER_COUNT;
        meter->source = FG_SOURCE_CALLS;
        break;
    case 1:
        meter->kind = FG_METER_SUM;
        meter->source = FG_SOURCE_MINUTES;
        break;
    case 2:
    case 3:
        meter->kind = FG_METER_SUM;
        meter->source = FG_SOURCE_COST;
        meter->calendar_day = below(s, 2) == 0;
        meter->over_ms = meter->calendar_day ? 0 : meter->over_ms;
        break;
    default:
        meter->kind = FG_METER_GAUGE;
        meter->source = FG_SOURCE_CALLS;
        meter->over_ms = 0;
        break;
    }
    if (i == 0) { // there is always a limit of calls at once, so that most sets have a bound
        meter->kind = FG_METER_GAUGE;
        meter->source = FG_SOURCE_CALLS;
        meter->calendar_day = false;
        meter->over_ms = 0;
        return;
    }
    random_when(s, &r->predicates[2 * (size_t)i], &meter->when);
}

static void random_rule(struct source *s, uint32_t i, struct random_rules *r)
{
    static const char *const ids[] = {"R0", "R1", "R2", "R3", "R4", "R5"};
    struct fg_rule *rule = &r->rules[i];
    *rule = (struct fg_rule){.id = ids[i],
                             .desc = "",
                             .group = below(s, 3) == 0 ? 0 : -1,
                             .direction = FG_OUTBOUND,
                             .events = (1U << FG_EVENT_ATTEMPT) | (1U << FG_EVENT_MINUTE),
                             .mode = below(s, 8) == 0 ? FG_MODE_SHADOW : FG_MODE_ENFORCE,
                             .measured = true,
                             .measure_is_meter = true,
                             .measure_meter = (uint16_t)i,
                             .n_steps = (uint8_t)(1 + below(s, 2))};
    const bool money = r->meters[i].kind == FG_METER_SUM;
    rule->steps[0] = (struct fg_step){.above = (fg_micro)(1 + below(s, money ? 60 : 20)) * FG_MICRO,
                                      .score = below(s, 3) == 0 ? 60 : 85};
    rule->steps[1] = (struct fg_step){.above = rule->steps[0].above * 2,
                                      .score = below(s, 5) == 0 ? 10 : 90,
                                      .action_at_least = below(s, 2) == 0 ? FG_BLOCK : FG_ALLOW};
    if (below(s, 6) == 0) {
        rule->events = 1U << FG_EVENT_ATTEMPT;
    }
    if (below(s, 5) == 0) {
        rule->relative_to = FG_RELATIVE_CHANNELS;
        rule->steps[0].above = 100000 * (fg_micro)(1 + below(s, 9));
        rule->steps[1].above = rule->steps[0].above * 2;
    }
    if (i == 0) {
        rule->group = -1;
        rule->mode = FG_MODE_ENFORCE;
        rule->steps[0].action_at_least = rule->steps[1].action_at_least = FG_THROTTLE;
        return;
    }
    random_when(s, &r->predicates[2 * (size_t)i + 1], &rule->when);
}

static void random_ruleset(struct source *s, struct world *world, struct random_rules *r)
{
    static const struct fg_composite_term any = {.kind = FG_TERM_RULE, .rule = 1};
    const uint32_t n = 2 + below(s, 5);
    memset(r, 0, sizeof(*r));
    for (uint32_t i = 0; i < n; i++) {
        random_meter(s, i, r);
        random_rule(s, i, r);
    }
    r->group = (struct fg_group){.name = "g", .cap = below(s, 2) == 0 ? 70 : INT32_MAX};
    r->composite = (struct fg_composite){
        .id = "C", .desc = "", .all_of = &any, .n_all = 1, .score = below(s, 2) == 0 ? -40 : 5};
    world->ruleset.meters = r->meters;
    world->ruleset.n_meters = n;
    world->ruleset.rules = r->rules;
    world->ruleset.n_rules = n;
    world->ruleset.groups = &r->group;
    world->ruleset.n_groups = 1;
    world->ruleset.composites = &r->composite;
    world->ruleset.n_composites = below(s, 2);
    world_seal(world);
}

static fg_micro worst_attack(const struct fg_policy *policy, const struct fg_customer *customer,
                             const char *const *users, uint32_t n_users, uint64_t seed,
                             uint32_t attacks)
{
    fg_micro worst = 0;
    for (uint32_t i = 0; i < attacks; i++) {
        const struct attack attack = {.policy = policy,
                                      .customer = customer,
                                      .users = users,
                                      .n_users = n_users,
                                      .start_ms = BEFORE_MIDNIGHT_MS,
                                      .length_ms = 3 * FG_BOUND_HOUR_MS / 2,
                                      .seed = seed * 1000 + i};
        fg_micro got = attack_play(&attack, FG_BOUND_HOUR_MS);
        worst = got > worst ? got : worst;
    }
    return worst;
}

static void test_random_rules_hold_their_bound(void **unused)
{
    (void)unused;
    uint32_t bounded = 0;
    uint32_t beyond_half = 0;
    struct random_rules *rules = malloc(sizeof(*rules));
    assert_non_null(rules);
    for (uint32_t i = 0; i < RULESETS; i++) {
        struct source source = {.state = 7000 + i};
        struct world world;
        struct fg_bound bound;
        world_init(&world);
        random_ruleset(&source, &world, rules);
        const struct fg_bound_terms terms = {.policy = &world.policy,
                                             .customer = world.acme,
                                             .now_ms = BEFORE_MIDNIGHT_MS,
                                             .rates = world_rates,
                                             .n_rates = 7};
        fg_bound_work_out(&terms, FG_BOUND_HOUR_MS, &bound);
        if (bound.usd != FG_BOUND_UNBOUNDED) {
            fg_micro worst = worst_attack(&world.policy, world.acme, world_users, 6, i, ATTACKS);
            if (worst > bound.usd) {
                print_error("ruleset %u: lost %lld of %lld\n", i, (long long)worst,
                            (long long)bound.usd);
            }
            assert_true(worst <= bound.usd);
            bounded++;
            beyond_half += worst > bound.usd / 2 ? 1 : 0;
        }
        world_fini(&world);
    }
    free(rules);
    print_message("%u of %u rulesets bounded, %u attacked beyond half\n", bounded, RULESETS,
                  beyond_half);
    assert_true(bounded >= RULESETS / 5);
    assert_true(beyond_half > 0); // a bound of half that size would have been found out
}

static void test_shipped_packs_hold_their_bound(void **unused)
{
    (void)unused;
    static const struct fg_hash_key key = {{1}};
    static const struct fg_bound_rate rates[] = {{5000000, "881"}};
    static const char *const users[] = {"+5352123456",    "+881612345678", "+23599123450",
                                        "+4990011234567", "+37165150001",  "+9607712345"};
    const struct fg_policy_paths paths = {.rules_dir = RULES_DIR};
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    struct fg_bound bound;
    assert_int_equal(fg_policy_load(&paths, fg_heap_libc(), &key, diags, &bundle), FG_OK);
    for (uint32_t i = 0; i < 2; i++) {
        const struct fg_customer customer = {.id = "any",
                                             .name = "any",
                                             .profile = i == 0 ? "office" : "wholesale",
                                             .channels = 10,
                                             .daily_limit_usd = 40 * FG_MICRO};
        const struct fg_bound_terms terms = {.policy = fg_policy_of(bundle),
                                             .customer = &customer,
                                             .now_ms = BEFORE_MIDNIGHT_MS,
                                             .rates = rates,
                                             .n_rates = 1};
        fg_bound_work_out(&terms, FG_BOUND_HOUR_MS, &bound);
        assert_true(bound.usd != FG_BOUND_UNBOUNDED);
        fg_micro worst = worst_attack(terms.policy, &customer, users, 6, 90 + i, SHIPPED);
        print_message("%s: bound %lld, lost %lld\n", customer.profile, (long long)bound.usd,
                      (long long)worst);
        assert_true(worst <= bound.usd);
        assert_true(worst > 0);
    }
    fg_policy_bundle_free(bundle);
    fg_diags_free(diags);
}

// One rule of 10 USD an hour, and one of 4 calls at once.
static void money_rules(struct world *world, struct random_rules *r)
{
    memset(r, 0, sizeof(*r));
    r->meters[0] = (struct fg_meter){.name = "live",
                                     .id = 1,
                                     .kind = FG_METER_GAUGE,
                                     .source = FG_SOURCE_CALLS,
                                     .per = FG_KEY_CUSTOMER};
    r->meters[1] = (struct fg_meter){.name = "spend",
                                     .id = 2,
                                     .kind = FG_METER_SUM,
                                     .source = FG_SOURCE_COST,
                                     .per = FG_KEY_CUSTOMER,
                                     .over_ms = FG_BOUND_HOUR_MS};
    for (uint32_t i = 0; i < 2; i++) {
        r->rules[i] = (struct fg_rule){.id = i == 0 ? "LIVE" : "SPEND",
                                       .desc = "",
                                       .group = -1,
                                       .events = (1U << FG_EVENT_ATTEMPT) | (1U << FG_EVENT_MINUTE),
                                       .measured = true,
                                       .measure_is_meter = true,
                                       .measure_meter = (uint16_t)i,
                                       .n_steps = 1};
        r->rules[i].steps[0] =
            (struct fg_step){.above = (i == 0 ? 4 : 10) * FG_MICRO, .action_at_least = FG_BLOCK};
    }
    r->rules[0].events = 1U << FG_EVENT_ATTEMPT;
    world->ruleset.meters = r->meters;
    world->ruleset.n_meters = 2;
    world->ruleset.rules = r->rules;
    world->ruleset.n_rules = 2;
}

static fg_micro bound_of(struct world *world, struct fg_bound *bound)
{
    const struct fg_bound_terms terms = {.policy = &world->policy,
                                         .customer = world->acme,
                                         .now_ms = BEFORE_MIDNIGHT_MS,
                                         .rates = world_rates,
                                         .n_rates = 7};
    fg_bound_work_out(&terms, FG_BOUND_HOUR_MS, bound);
    return bound->usd;
}

static void test_limit_and_one_more_minute_of_each_call(void **unused)
{
    (void)unused;
    struct world world;
    struct random_rules rules;
    struct fg_bound bound;
    world_init(&world);
    money_rules(&world, &rules);
    world_seal(&world);
    // 10 USD, then a minute at 6 USD of 4 calls.
    assert_int_equal(bound_of(&world, &bound), (10 + 4 * 6) * FG_MICRO);
    assert_int_equal(bound.n_parts, 1);
    assert_string_equal(bound.parts[0].dearest->prefix, "88213");
    // And that is no idle fear: a bound of half that size would be wrong.
    fg_micro worst = worst_attack(&world.policy, world.acme, &world_users[4], 1, 5, 6 * ATTACKS);
    print_message("bound %lld, lost %lld\n", (long long)bound.usd, (long long)worst);
    assert_true(worst <= bound.usd);
    assert_true(worst > bound.usd / 2);
    world_fini(&world);
}

static void test_a_weekend_is_held_too(void **unused)
{
    (void)unused;
    struct world world;
    struct random_rules rules;
    struct fg_bound bound;
    world_init(&world);
    money_rules(&world, &rules);
    rules.meters[1].calendar_day = true;
    rules.meters[1].over_ms = 0;
    world_seal(&world);
    const struct fg_bound_terms terms = {.policy = &world.policy,
                                         .customer = world.acme,
                                         .now_ms = BEFORE_MIDNIGHT_MS,
                                         .rates = world_rates,
                                         .n_rates = 7};
    fg_bound_work_out(&terms, FG_BOUND_WEEKEND_MS, &bound);
    assert_int_equal(bound.usd, FG_MICRO * 4 * (10 + 4 * 6)); // four local days
    fg_micro worst = 0;
    for (uint64_t seed = 0; seed < 1; seed++) {
        const struct attack attack = {.policy = &world.policy,
                                      .customer = world.acme,
                                      .users = &world_users[4],
                                      .n_users = 1,
                                      .start_ms = BEFORE_MIDNIGHT_MS,
                                      .length_ms = FG_BOUND_WEEKEND_MS,
                                      .seed = seed};
        fg_micro got = attack_play(&attack, FG_BOUND_WEEKEND_MS);
        worst = got > worst ? got : worst;
    }
    print_message("bound %lld, lost %lld\n", (long long)bound.usd, (long long)worst);
    assert_true(worst > FG_MICRO * 3 * 10);
    assert_true(worst <= bound.usd);
    world_fini(&world);
}

static void test_an_exception_or_a_choice_makes_a_hole(void **unused)
{
    (void)unused;
    static const struct fg_predicate caller = {
        .signal = FG_SIG_CALLER_PRESENT, .op = FG_OP_IS, .truth = true};
    static const struct fg_predicate dear = {
        .signal = FG_SIG_COST_PER_MINUTE, .op = FG_OP_BELOW, .number = 1000000};
    struct world world;
    struct random_rules rules;
    struct fg_bound bound;
    world_init(&world);
    money_rules(&world, &rules);
    rules.rules[1].when = (struct fg_condition){&caller, 1};
    world_seal(&world);
    assert_int_equal(bound_of(&world, &bound), FG_BOUND_UNBOUNDED);
    assert_string_equal(bound.hole->prefix, "88213");
    assert_false(bound.hole_is_live);
    rules.rules[1].when = (struct fg_condition){&dear, 1};
    assert_int_equal(bound_of(&world, &bound), FG_BOUND_UNBOUNDED);
    assert_string_equal(bound.hole->prefix, "88213");
    rules.rules[1].when.n = 0;
    rules.rules[0].mode = FG_MODE_SHADOW;
    assert_int_equal(bound_of(&world, &bound), FG_BOUND_UNBOUNDED);
    assert_true(bound.hole_is_live);
    rules.rules[0].mode = FG_MODE_ENFORCE;
    rules.rules[1].events = 1U << FG_EVENT_MINUTE;
    assert_int_equal(bound_of(&world, &bound), FG_BOUND_UNBOUNDED);
    world_fini(&world);
}

static void test_points_that_others_take_off_do_not_count(void **unused)
{
    (void)unused;
    struct world world;
    struct random_rules rules;
    struct fg_bound bound;
    world_init(&world);
    money_rules(&world, &rules);
    rules.rules[1].steps[0] = (struct fg_step){.above = 10 * FG_MICRO, .score = 85};
    world_seal(&world);
    assert_true(bound_of(&world, &bound) != FG_BOUND_UNBOUNDED);
    rules.composite = (struct fg_composite){.id = "C", .desc = "", .score = -6};
    world.ruleset.composites = &rules.composite;
    world.ruleset.n_composites = 1;
    assert_int_equal(bound_of(&world, &bound), FG_BOUND_UNBOUNDED);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_and_one_more_minute_of_each_call),
        cmocka_unit_test(test_a_weekend_is_held_too),
        cmocka_unit_test(test_an_exception_or_a_choice_makes_a_hole),
        cmocka_unit_test(test_points_that_others_take_off_do_not_count),
        cmocka_unit_test(test_random_rules_hold_their_bound),
        cmocka_unit_test(test_shipped_packs_hold_their_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
