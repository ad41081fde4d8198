// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include <limits.h>
#include <string.h>

struct check {
    const struct test_target *target;
    const struct call_result *got;
    const struct fg_ruleset *ruleset;
    uint32_t call; // from 0
    uint32_t n_calls;
    FILE *out;
    bool failed;
};

// The heading of a difference: where the expectation is, and which call it is about.
static void begin(struct check *check, const char *what)
{
    check->failed = true;
    fprintf(check->out, "      line %u", check->target->node->line);
    if (check->n_calls > 1) {
        fprintf(check->out, ", call %u of %u", check->call + 1, check->n_calls);
    }
    fprintf(check->out, ": expected %s", what);
}

static void check_number(struct check *check, const char *what, int32_t expected, int32_t got)
{
    if (expected != INT32_MIN && expected != got) {
        begin(check, what);
        fprintf(check->out, " %d   got %d\n", expected, got);
    }
}

static void check_flag(struct check *check, const char *what, int expected, bool got)
{
    if (expected >= 0 && (expected != 0) != got) {
        begin(check, what);
        fprintf(check->out, " %s   got %s\n", expected != 0 ? "true" : "false",
                got ? "true" : "false");
    }
}

static void check_action(struct check *check)
{
    const struct test_target *target = check->target;
    if (target->action < 0 || target->action == (int)check->got->action) {
        return;
    }
    begin(check, "action");
    fprintf(check->out, " %s", fg_action_name((enum fg_action)target->action));
    if (target->score != INT32_MIN) {
        fprintf(check->out, " (score %d)", target->score);
    }
    fprintf(check->out, "   got %s (score %d)\n", fg_action_name(check->got->action),
            check->got->score);
}

static const char *id_of(const struct fg_ruleset *ruleset, const struct call_hit *hit)
{
    return hit->kind == FG_REASON_RULE ? ruleset->rules[hit->index].id
                                       : ruleset->composites[hit->index].id;
}

static bool is_points(const struct call_hit *hit)
{
    return hit->kind == FG_REASON_RULE || hit->kind == FG_REASON_COMPOSITE;
}

static const struct call_hit *find_hit(const struct check *check, const char *id)
{
    for (uint32_t i = 0; i < check->got->n_hits; i++) {
        if (is_points(&check->got->hits[i]) &&
            strcmp(id_of(check->ruleset, &check->got->hits[i]), id) == 0) {
            return &check->got->hits[i];
        }
    }
    return NULL;
}

// Whether a note is the "RULE/REASON" that a test expects.
static bool is_note(const struct check *check, const struct call_hit *hit, enum fg_reason_kind kind,
                    const char *expected)
{
    if (hit->kind != kind) {
        return false;
    }
    const struct fg_rule *rule = &check->ruleset->rules[hit->index];
    const char *reason = kind == FG_REASON_EXCEPTION
                             ? rule->exceptions[hit->detail].reason
                             : check->ruleset->overrides[hit->detail].reason;
    size_t len = strlen(rule->id);
    return strncmp(expected, rule->id, len) == 0 && expected[len] == '/' &&
           strcmp(expected + len + 1, reason) == 0;
}

static void check_notes(struct check *check, const struct test_names *expected,
                        enum fg_reason_kind kind, const char *what)
{
    for (uint32_t i = 0; i < expected->n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < check->got->n_hits && !found; k++) {
            found = is_note(check, &check->got->hits[k], kind, expected->items[i].id);
        }
        if (!found) {
            begin(check, what);
            fprintf(check->out, " %s   it did not apply\n", expected->items[i].id);
        }
    }
}

static void check_rules(struct check *check)
{
    const struct test_target *target = check->target;
    for (uint32_t i = 0; i < target->rules.n; i++) {
        const struct call_hit *hit = find_hit(check, target->rules.items[i].id);
        if (hit == NULL || hit->shadow) {
            begin(check, "rule");
            fprintf(check->out, " %s   %s\n", target->rules.items[i].id,
                    hit == NULL ? "it did not hit" : "it hit in shadow only");
        }
    }
    for (uint32_t i = 0; i < target->shadow_rules.n; i++) {
        const struct call_hit *hit = find_hit(check, target->shadow_rules.items[i].id);
        if (hit == NULL || !hit->shadow) {
            begin(check, "shadow rule");
            fprintf(check->out, " %s   %s\n", target->shadow_rules.items[i].id,
                    hit == NULL ? "it did not hit" : "it was enforced");
        }
    }
    for (uint32_t i = 0; i < target->not_rules.n; i++) {
        if (find_hit(check, target->not_rules.items[i].id) != NULL) {
            begin(check, "no rule");
            fprintf(check->out, " %s   it hit\n", target->not_rules.items[i].id);
        }
    }
}

// Expectations are about the attempt, but those that speak of a cut are about the event that cut.
static void choose_result(struct check *check, const struct played_call *call)
{
    bool cut_expected = check->target->cut == 1 || check->target->cut_at_minute != INT32_MIN;
    check->got = cut_expected ? &call->cut : &call->attempt;
    if (cut_expected != call->cut.decided && (cut_expected || check->target->cut == 0)) {
        begin(check, cut_expected ? "a cut" : "no cut");
        fprintf(check->out, "   the call was %s\n", cut_expected ? "not cut" : "cut");
        check->got = cut_expected ? &call->attempt : &call->cut;
    }
}

static void check_hold(struct check *check)
{
    const struct test_target *target = check->target;
    const struct call_result *got = check->got;
    if (target->hold_scope >= 0 && (!got->hold || target->hold_scope != (int)got->hold_scope)) {
        begin(check, "hold_scope");
        fprintf(check->out, " %s   got %s\n",
                fg_hold_scope_name((enum fg_hold_scope)target->hold_scope),
                got->hold ? fg_hold_scope_name(got->hold_scope) : "no hold");
    }
    if (target->hold_for_s >= 0 && target->hold_for_s != got->hold_for_s) {
        begin(check, "hold_for");
        fprintf(check->out, " %llds   got %llds\n", (long long)target->hold_for_s,
                (long long)got->hold_for_s);
    }
}

static void check_decision(struct check *check)
{
    const struct test_target *target = check->target;
    const struct call_result *got = check->got;
    check_action(check);
    check_number(check, "score", target->score, got->score);
    check_number(check, "shadow_score", target->shadow_score, got->shadow_score);
    check_number(check, "sip", target->sip, got->sip);
    check_number(check, "cut_at_minute", target->cut_at_minute, got->minute);
    check_flag(check, "degraded", target->degraded, got->degraded);
    check_flag(check, "hold", target->hold, got->hold);
    check_hold(check);
    check_flag(check, "drop_media", target->drop_media, got->drop_media);
    if (target->identity != NULL &&
        strcmp(target->identity, fg_identity_name(got->identity)) != 0) {
        begin(check, "identity");
        fprintf(check->out, " %s   got %s\n", target->identity, fg_identity_name(got->identity));
    }
    check_rules(check);
    check_notes(check, &target->exceptions, FG_REASON_EXCEPTION, "exception");
    check_notes(check, &target->overrides, FG_REASON_OVERRIDE, "override");
}

static void check_call(struct check *check, const struct played_call *call)
{
    choose_result(check, call);
    const struct call_result *got = check->got;
    if (!check->failed) {
        check_decision(check);
    }
    if (check->failed) {
        fprintf(check->out, "      got %s, score %d, shadow score %d:\n%s",
                fg_action_name(got->action), got->score, got->shadow_score,
                got->reasons == NULL || got->reasons[0] == '\0' ? "        no points\n"
                                                                : got->reasons);
    }
}

static bool check_target(const struct test_target *target, const struct test_file *file,
                         const struct play_results *results, FILE *out)
{
    uint32_t from = 0;
    uint32_t to = results->n;
    if (target->which == TEST_FIRST) {
        to = 1;
    } else if (target->which == TEST_LAST) {
        from = results->n - 1;
    } else if (target->which == TEST_AT) {
        from = (uint32_t)target->n - 1;
        to = from + 1;
    }
    if (target->n < 1 || to > results->n) {
        fprintf(out, "      line %u: there is no call %d, there are %u\n", target->node->line,
                target->n, results->n);
        return false;
    }
    for (uint32_t i = from; i < to; i++) {
        struct check check = {.target = target,
                              .ruleset = file->ruleset,
                              .call = i,
                              .n_calls = results->n,
                              .out = out};
        check_call(&check, &results->calls[i]);
        if (check.failed) {
            return false; // the first one of them is enough
        }
    }
    return true;
}

bool check_test(const struct test_case *test, const struct test_file *file,
                const struct play_results *results, FILE *out)
{
    bool passed = true;
    if (test->blank) {
        fprintf(out, "      the test expects nothing; --record fills it in\n");
        return false;
    }
    for (uint32_t i = 0; i < test->n_targets; i++) {
        passed = check_target(&test->targets[i], file, results, out) && passed;
    }
    return passed;
}
