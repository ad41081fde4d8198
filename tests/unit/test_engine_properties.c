// SPDX-License-Identifier: GPL-2.0-or-later
// What must hold for every ruleset, event and store answer: tried on tens of thousands of random
// ones.
#include "fg/decide.h"
#include "fg/explain.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RULESETS           200
#define EVENTS_PER_RULESET 150
#define OVERRIDES          40

struct source {
    uint64_t state;
};

static uint32_t below(struct source *source, uint32_t n)
{
    source->state = source->state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(source->state >> 33) % n;
}

static bool chance(struct source *source, uint32_t percent)
{
    return below(source, 100) < percent;
}

struct random_rules {
    struct fg_rule rules[FG_RULES_MAX];
    struct fg_predicate predicates[FG_RULES_MAX][3];
    struct fg_meter meters[FG_METERS_MAX];
    struct fg_group groups[FG_GROUPS_MAX];
    struct fg_composite composites[FG_COMPOSITES_MAX];
    struct fg_composite_term terms[FG_COMPOSITES_MAX][3][3];
    struct fg_calendar calendar;
    struct fg_predicate excepted[8];
    struct fg_condition rows[8];
    struct fg_exception exceptions[8];
    struct fg_predicate hits[FG_METERS_MAX];
    struct fg_predicate matches[OVERRIDES];
    struct fg_override overrides[OVERRIDES];
};

static void random_predicate(struct source *source, struct fg_predicate *out)
{
    static const char *const types[] = {"premium", "mobile", "unallocated"};
    static const enum fg_signal truths[] = {FG_SIG_TLS_PRESENT,    FG_SIG_DEST_HOME,
                                            FG_SIG_CALLER_OWNED,   FG_SIG_MEDIA_SRTP,
                                            FG_SIG_CALLER_PRESENT, FG_SIG_SRC_KNOWN};
    *out = (struct fg_predicate){.truth = chance(source, 50)};
    switch (below(source, 5)) {
    case 0:
        out->op = FG_OP_CALENDAR;
        out->state = chance(source, 50) ? FG_CALENDAR_OPEN : FG_CALENDAR_CLOSED;
        break;
    case 1:
        out->signal = truths[below(source, 6)];
        out->op = FG_OP_IS;
        break;
    case 2:
        out->signal = FG_SIG_DEST_TYPE;
        out->op = chance(source, 50) ? FG_OP_IN_TEXTS : FG_OP_NOT_IN_TEXTS;
        out->texts = types;
        out->n_texts = 3;
        break;
    case 3:
        out->signal = FG_SIG_COST_PER_MINUTE;
        out->op = chance(source, 50) ? FG_OP_ABOVE : FG_OP_BELOW;
        out->number = below(source, 2000000);
        break;
    default:
        out->signal = (enum fg_signal)below(source, FG_SIG_ATTR);
        out->op = FG_OP_PRESENT;
        break;
    }
}

static void random_rule(struct source *source, struct random_rules *all, uint32_t i,
                        uint32_t n_groups, uint32_t n_meters)
{
    static const enum fg_mode modes[] = {FG_MODE_ENFORCE, FG_MODE_ENFORCE, FG_MODE_ENFORCE,
                                         FG_MODE_SHADOW, FG_MODE_OFF};
    struct fg_rule *rule = &all->rules[i];
    *rule = (struct fg_rule){.id = "R",
                             .group = (int32_t)below(source, n_groups + 1) - 1,
                             .direction = (enum fg_direction)below(source, 2),
                             .events = (uint8_t)below(source, 16),
                             .mode = modes[below(source, 5)],
                             .score = (int32_t)below(source, 60)};
    rule->action_at_least = chance(source, 5) ? (enum fg_action)below(source, 5) : FG_ALLOW;
    rule->when.all = all->predicates[i];
    rule->when.n = below(source, 3);
    for (uint32_t k = 0; k < rule->when.n; k++) {
        random_predicate(source, &all->predicates[i][k]);
    }
    rule->exceptions = all->exceptions;
    rule->n_exceptions = chance(source, 20) ? (uint16_t)below(source, 9) : 0;
    rule->rolls_out = chance(source, 20);
    rule->rollout_percent = (uint8_t)below(source, 101);
    rule->n_tests = n_meters > 0 && chance(source, 30) ? (uint8_t)below(source, 5) : 0;
    for (uint8_t k = 0; k < rule->n_tests; k++) {
        rule->tests[k] = (struct fg_meter_test){.meter = (uint16_t)below(source, n_meters),
                                                .above = chance(source, 50),
                                                .number = below(source, 3000000)};
    }
    rule->unavailable_scores = chance(source, 50);
    rule->unavailable_score = (int32_t)below(source, 20);
    if (chance(source, 50)) {
        return;
    }
    rule->measured = true;
    rule->measure_is_meter = n_meters > 0 && chance(source, 80);
    rule->measure_meter = (uint16_t)below(source, n_meters + (n_meters == 0));
    rule->measure_signal = FG_SIG_COST_PER_MINUTE;
    rule->relative_to = (enum fg_relative)below(source, n_meters > 0 ? 4 : 3);
    rule->relative_meter = (uint16_t)below(source, n_meters + (n_meters == 0));
    rule->relative_times = 1 + below(source, 2000000);
    rule->relative_at_least = 1 + below(source, 2000000);
    rule->n_steps = (uint8_t)(1 + below(source, FG_STEPS_MAX));
    for (uint8_t k = 0; k < rule->n_steps; k++) {
        rule->steps[k] =
            (struct fg_step){.above = (k + 1) * (fg_micro)(1 + below(source, 1)) * 700000,
                             .score = (int32_t)below(source, 90)};
    }
}

static void random_exceptions(struct source *source, struct random_rules *all)
{
    for (uint32_t i = 0; i < 8; i++) {
        random_predicate(source, &all->excepted[i]);
        all->rows[i] = (struct fg_condition){.all = &all->excepted[i], .n = 1};
        all->exceptions[i] =
            (struct fg_exception){.any = &all->rows[i],
                                  .n = 1,
                                  .reason = "agreed",
                                  .until_ms = SATURDAY_NIGHT_MS + below(source, 2000000000)};
    }
}

static void random_override(struct source *source, struct random_rules *all, uint32_t i,
                            uint32_t n_rules)
{
    static const enum fg_signal customer[] = {FG_SIG_CUSTOMER_ID, FG_SIG_CUSTOMER_PROFILE,
                                              FG_SIG_CUSTOMER_TAG};
    static const char *const words[] = {"office", "gold", "globex"};
    bool own = i >= OVERRIDES / 2;
    all->matches[i] =
        (struct fg_predicate){.signal = own ? FG_SIG_CUSTOMER_ID : customer[below(source, 3)],
                              .op = FG_OP_IS,
                              .text = fg_view_of(own ? "acme" : words[below(source, 3)])};
    struct fg_override *override = &all->overrides[i];
    *override = (struct fg_override){.match = {&all->matches[i], 1},
                                     .customer = own ? "acme" : NULL,
                                     .rule = (uint16_t)below(source, n_rules),
                                     .mode = (enum fg_mode)below(source, 3),
                                     .score = (int32_t)below(source, 80),
                                     .action_at_least = (enum fg_action)below(source, 5),
                                     .reason = "agreed",
                                     .owner = chance(source, 50) ? "noc" : NULL,
                                     .until_ms = chance(source, 50) ? FG_NEVER_MS
                                                                    : SATURDAY_NIGHT_MS + 1000000};
    override->steps[0] =
        (struct fg_step){.above = below(source, 3000000), .score = (int32_t)below(source, 90)};
    override->n_steps = 1;
    override->changes = below(source, 16);
    override->changes &=
        ~(uint32_t)(all->rules[override->rule].measured ? FG_CHANGE_SCORE : FG_CHANGE_STEPS);
}

// Fewer than there can be where one event could need more counters than it may.
static void random_meters(struct source *source, struct fg_ruleset *ruleset,
                          struct random_rules *all)
{
    uint32_t n_ops = 0; // three are left for an allowance
    ruleset->n_meters = 0;
    uint32_t n = below(source, FG_METERS_MAX + 1);
    for (uint32_t i = 0; i < n && n_ops + 5 <= FG_OPS_MAX; i++) {
        random_predicate(source, &all->hits[i]);
        all->meters[i] = (struct fg_meter){.name = "m",
                                           .id = i + 1,
                                           .kind = (enum fg_meter_kind)below(source, 5),
                                           .source = (enum fg_meter_source)below(source, 14),
                                           .per = below(source, 2048),
                                           .over_ms = 1000 + below(source, 100000),
                                           .calendar_day = chance(source, 20),
                                           .direction = (enum fg_direction)below(source, 2),
                                           .hit = {&all->hits[i], 1},
                                           .min_samples = 1 + (int32_t)below(source, 200),
                                           .hit_id = FG_METERS_MAX + i + 1};
        const enum fg_meter_kind kind = all->meters[i].kind;
        n_ops += kind == FG_METER_RATIO || kind == FG_METER_GAUGE ? 2 : 1;
        ruleset->n_meters = i + 1;
    }
}

static void random_ruleset(struct source *source, struct world *world, struct random_rules *all,
                           uint32_t n_rules)
{
    struct fg_ruleset *ruleset = &world->ruleset;
    static const char *const group_names[] = {"a", "b", "c", "d"};
    all->calendar = (struct fg_calendar){.name = "office", .customer_hours = true};
    ruleset->calendars = &all->calendar;
    ruleset->n_calendars = 1;
    ruleset->n_groups = below(source, 5);
    for (uint32_t i = 0; i < ruleset->n_groups; i++) {
        all->groups[i] =
            (struct fg_group){.name = group_names[i],
                              .cap = chance(source, 20) ? INT32_MAX : (int32_t)below(source, 120)};
    }
    random_meters(source, ruleset, all);
    random_exceptions(source, all);
    for (uint32_t i = 0; i < n_rules; i++) {
        random_rule(source, all, i, ruleset->n_groups, ruleset->n_meters);
    }
    for (uint32_t i = 0; i < OVERRIDES; i++) {
        random_override(source, all, i, n_rules);
    }
    ruleset->overrides = all->overrides;
    ruleset->n_overrides = OVERRIDES;
    ruleset->n_shared_overrides = OVERRIDES / 2;
    ruleset->n_composites = below(source, FG_COMPOSITES_MAX + 1);
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        struct fg_composite_term(*terms)[3] = all->terms[i];
        for (int k = 0; k < 9; k++) {
            terms[k / 3][k % 3] =
                (struct fg_composite_term){.kind = chance(source, 90) ? FG_TERM_RULE : FG_TERM_TAG,
                                           .rule = (uint16_t)below(source, n_rules),
                                           .tag = chance(source, 50) ? "campaign" : "none"};
        }
        all->composites[i] = (struct fg_composite){
            .id = "C",
            .all_of = terms[0],
            .n_all = 1 + below(source, 2),
            .any_of = terms[1],
            .n_any = below(source, 3),
            .none_of = terms[2],
            .n_none = below(source, 3),
            .score = (int32_t)below(source, 120) - 60,
            .mode = (enum fg_mode)below(source, 3),
            .rolls_out = chance(source, 20),
            .rollout_percent = (uint8_t)below(source, 101),
            .hold = {.given = chance(source, 20),
                     .duration_s = (int32_t)below(source, 9),
                     .scope = (enum fg_hold_scope)below(source, FG_HOLD_SCOPES)}};
    }
    ruleset->groups = all->groups;
    ruleset->meters = all->meters;
    ruleset->rules = all->rules;
    ruleset->n_rules = n_rules;
    ruleset->composites = all->composites;
    ruleset->hold.duration_s = 60;
    ruleset->hold.scope = (enum fg_hold_scope)below(source, FG_HOLD_SCOPES);
    ruleset->degraded_risky_per_min = 2;
    world_seal(world);
}

static struct fg_event random_event(struct source *source, const struct world *world)
{
    static const char *const called[] = {"02079460000", "+9607712345", "009098790000",
                                         "999",         "alice",       "+8821312345",
                                         "2079460000",  "+999",        "07000"};
    const struct fg_customer *customers[] = {world->acme, world->globex, world->bare, NULL};
    struct fg_event event = world_call(
        world, customers[below(source, 40) == 0 ? 3 : below(source, 3)], called[below(source, 9)]);
    event.kind = (enum fg_event_kind)below(source, FG_EVENT_KINDS);
    event.direction = (enum fg_direction)below(source, 2);
    event.identity = chance(source, 95) ? FG_IDENTITY_CERTIFICATE
                                        : (enum fg_identity)below(source, FG_IDENTITY_COUNT);
    event.srtp_offered = chance(source, 50);
    event.caller_present = chance(source, 50);
    if (event.caller_present) {
        assert_int_equal(fg_number_parse_e164(fg_view_of("+441132000100"), &event.caller), FG_OK);
    }
    event.duration_s = (int32_t)below(source, 10000);
    event.answered = chance(source, 50);
    return event;
}

static struct fg_store_reply random_reply(struct source *source, const struct fg_plan *plan)
{
    struct fg_store_reply reply = {.degraded = chance(source, 20), .repeated = chance(source, 10)};
    for (uint32_t i = 0; i < plan->request.n_ops; i++) {
        reply.values[i] = chance(source, 5) ? INT64_MAX : (int64_t)below(source, 300);
        reply.values[i] = chance(source, 2) ? INT64_MIN : reply.values[i];
        reply.unavailable[i] = chance(source, 10);
    }
    reply.hold.active = chance(source, 10);
    reply.hold.scope = (uint8_t)below(source, FG_HOLD_SCOPES);
    return reply;
}

static void check_request(const struct fg_plan *plan)
{
    assert_true(plan->request.n_ops <= FG_OPS_MAX);
    for (uint32_t i = 0; i < plan->request.n_ops; i++) {
        const struct fg_meter_op *op = &plan->request.ops[i];
        assert_true(op->ttl_ms > 0);
        assert_true(op->kind != FG_OP_WINDOW_ADD || op->amount > 0);
        assert_true(op->kind != FG_OP_SET_PUT || op->expiry_ms > plan->now_ms);
        bool window = op->kind == FG_OP_WINDOW_ADD || op->kind == FG_OP_WINDOW_READ;
        assert_true(!window || op->cells == 1 || op->cells == FG_WINDOW_CELLS);
    }
}

static uint32_t notes_seen; // a bit a kind

static void check_decision(const struct fg_plan *plan, const struct fg_decision *decision)
{
    int64_t enforced = 0;
    int64_t all = 0;
    enum fg_action forced = FG_ALLOW;
    assert_true(decision->n_reasons <= FG_REASONS_MAX);
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        const struct fg_reason *reason = &decision->reasons[i];
        char id[64];
        char text[200];
        all += reason->points;
        enforced += reason->shadow ? 0 : reason->points;
        if (!reason->shadow && reason->action_at_least > forced) {
            forced = reason->action_at_least;
        }
        fg_reason_id(plan, reason, id, sizeof(id));
        fg_reason_text(plan, decision, reason, text, sizeof(text));
        assert_true(id[0] != '\0');
        assert_true(!fg_reason_is_note(reason) ||
                    (text[0] != '\0' && reason->action_at_least == FG_ALLOW));
        notes_seen |= fg_reason_is_note(reason) ? 1U << reason->kind : 0U;
    }
    assert_int_equal(enforced, decision->score);
    assert_int_equal(all, decision->shadow_score);
    assert_true(decision->score >= 0 && decision->shadow_score >= 0);
    assert_true(decision->action >= forced);
    const int32_t *thresholds = plan->policy->ruleset->thresholds;
    for (int action = FG_ALERT; action < FG_ACTION_COUNT && !plan->skip_rules; action++) {
        assert_true(decision->score < thresholds[action] || (int)decision->action >= action);
        assert_true(decision->shadow_score < thresholds[action] ||
                    (int)decision->shadow_action >= action);
    }
    if (plan->emergency) {
        assert_int_equal(decision->action, FG_ALLOW);
    }
    assert_true(!decision->set_hold.wanted || decision->action == FG_BLOCK);
    assert_true(!decision->cut_call || decision->action == FG_BLOCK);
}

static void assert_same_op(const struct fg_meter_op *a, const struct fg_meter_op *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->meter_id, b->meter_id);
    assert_int_equal(a->scope_is_customer, b->scope_is_customer);
    assert_int_equal(a->scope, b->scope);
    assert_int_equal(a->shared, b->shared);
    assert_int_equal(a->bucket, b->bucket);
    assert_int_equal(a->cells, b->cells);
    assert_int_equal(a->amount, b->amount);
    assert_int_equal(a->ttl_ms, b->ttl_ms);
    assert_int_equal(a->member, b->member);
    assert_int_equal(a->expiry_ms, b->expiry_ms);
    assert_int_equal(a->interval_us, b->interval_us);
    assert_int_equal(a->burst, b->burst);
    assert_int_equal(a->start, b->start);
    assert_int_equal(a->trend, b->trend);
}

static struct random_rules all_rules;

static void judge_random_events(struct source *source, const struct world *world, int n,
                                uint32_t *most_reasons)
{
    for (int i = 0; i < n; i++) {
        static struct fg_plan plan, again;
        static struct fg_decision decision, same;
        struct fg_event event = random_event(source, world);
        int64_t now_ms = SATURDAY_NIGHT_MS + (int64_t)below(source, 2000000000);
        memset(&plan, 0x5a, sizeof(plan));
        memset(&decision, 0x5a, sizeof(decision));
        fg_plan(&world->policy, &event, now_ms, &plan);
        check_request(&plan);
        struct fg_store_reply reply = random_reply(source, &plan);
        const struct fg_store_reply *answer = chance(source, 90) ? &reply : NULL;
        int32_t risky = (int32_t)below(source, 6);
        fg_decide(&plan, answer, risky, &decision);
        check_decision(&plan, &decision);
        if (decision.n_reasons > *most_reasons) {
            *most_reasons = decision.n_reasons;
        }
        // The same input gives the same output, whatever was in the memory before.
        fg_plan(&world->policy, &event, now_ms, &again);
        fg_decide(&again, answer, risky, &same);
        assert_int_equal(plan.request.n_ops, again.request.n_ops);
        for (uint32_t k = 0; k < plan.request.n_ops; k++) {
            assert_same_op(&plan.request.ops[k], &again.request.ops[k]);
        }
        assert_memory_equal(plan.static_hits, again.static_hits, sizeof(plan.static_hits));
        assert_int_equal(decision.score, same.score);
        assert_int_equal(decision.shadow_score, same.shadow_score);
        assert_int_equal(decision.action, same.action);
        assert_int_equal(decision.n_reasons, same.n_reasons);
        for (uint32_t k = 0; k < decision.n_reasons; k++) {
            assert_int_equal(decision.reasons[k].points, same.reasons[k].points);
            assert_int_equal(decision.reasons[k].index, same.reasons[k].index);
        }
    }
}

static void test_points_always_add_up(void **state)
{
    (void)state;
    struct source source = {.state = 20261121};
    uint32_t most_reasons = 0;
    for (int i = 0; i < RULESETS; i++) {
        struct world world;
        world_init(&world);
        random_ruleset(&source, &world, &all_rules, 1 + below(&source, i % 8 == 0 ? 1000 : 30));
        judge_random_events(&source, &world, EVENTS_PER_RULESET, &most_reasons);
        world_fini(&world);
    }
    assert_int_equal(most_reasons, FG_REASONS_MAX); // the overflow was tried too
    assert_int_equal(notes_seen, 1U << FG_REASON_EXCEPTION | 1U << FG_REASON_OVERRIDE);
}

static void test_a_thousand_rules(void **state)
{
    (void)state;
    struct source source = {.state = 7};
    uint32_t most_reasons = 0;
    struct world world;
    world_init(&world);
    random_ruleset(&source, &world, &all_rules, FG_RULES_MAX);
    judge_random_events(&source, &world, 2000, &most_reasons);
    // All of them in the last group at the highest points: the sums stay exact.
    for (uint32_t i = 0; i < FG_RULES_MAX; i++) {
        all_rules.rules[i] =
            (struct fg_rule){.id = "R",
                             .group = -1,
                             .events = 15,
                             .score = 1000000,
                             .mode = i % 2 == 0 ? FG_MODE_ENFORCE : FG_MODE_SHADOW};
    }
    world.ruleset.n_composites = 0;
    world.ruleset.n_overrides = world.ruleset.n_shared_overrides = 0;
    world_seal(&world);
    struct fg_event event = world_call(&world, world.acme, "02079460000");
    static struct fg_plan plan;
    static struct fg_decision decision;
    fg_plan(&world.policy, &event, FRIDAY_MORNING_MS, &plan);
    fg_decide(&plan, NULL, 0, &decision);
    assert_int_equal(decision.score, 512000000);
    assert_int_equal(decision.shadow_score, 1024000000);
    check_decision(&plan, &decision);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points_always_add_up),
        cmocka_unit_test(test_a_thousand_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
