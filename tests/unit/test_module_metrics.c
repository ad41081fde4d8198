// SPDX-License-Identifier: GPL-2.0-or-later
// The module's metrics: counting, rule counters across reloads, and the text that Prometheus reads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fgm_render.h"

// --- text format

static const char *label_text(const char *value)
{
    static char out[2048];
    struct fgm_text text;
    const struct fgm_label label = {"name", value};
    fgm_text_begin(&text, out, sizeof out - 1);
    text.family = "m";
    fgm_text_sample(&text, &label, 1, 7);
    assert_in_range(text.needed, 1, sizeof out - 1);
    out[text.needed] = '\0';
    return out;
}

static void test_labels_are_escaped(void **unused)
{
    (void)unused;
    assert_string_equal(label_text("plain"), "m{name=\"plain\"} 7\n");
    assert_string_equal(label_text(""), "m{name=\"\"} 7\n");
    assert_string_equal(label_text("a \"x\\y"), "m{name=\"a \\\"x\\\\y\"} 7\n");
    // An attempt to forge a sample stays one label.
    assert_string_equal(label_text("x\"} 1\nforged{a=\"b"),
                        "m{name=\"x\\\"} 1\\nforged{a=\\\"b\"} 7\n");
    assert_string_equal(label_text("\r\t\x01\x7f"),
                        "m{name=\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"} 7\n");
}

static void test_labels_are_utf8(void **unused)
{
    (void)unused;
    assert_string_equal(label_text("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\x9e"),
                        "m{name=\"M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\x9e\"} 7\n");
    // A lone continuation, an overlong '/', a surrogate, beyond U+10FFFF, a cut character.
    static const char *const bad[] = {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xe2\x82"};
    static const size_t replaced[] = {1, 2, 3, 4, 2};
    for (size_t i = 0; i < 5; i++) {
        char wanted[64] = "m{name=\"";
        for (size_t k = 0; k < replaced[i]; k++)
            strcat(wanted, "\xef\xbf\xbd"); // NOLINT(clang-analyzer-security.insecureAPI.strcpy)
        strcat(wanted, "\"} 7\n");          // NOLINT(clang-analyzer-security.insecureAPI.strcpy)
        assert_string_equal(label_text(bad[i]), wanted);
    }
}

static void test_labels_are_bounded(void **unused)
{
    (void)unused;
    char value[10001], wanted[200];
    memset(value, 'a', 10000);
    value[10000] = '\0';
    snprintf(wanted, sizeof wanted, "m{name=\"%.128s\"} 7\n", value);
    assert_string_equal(label_text(value), wanted);
    // A character that would go over the end is left out as a whole.
    memcpy(value + 127, "\xc3\xbc", 2);
    snprintf(wanted, sizeof wanted, "m{name=\"%.127s\"} 7\n", value);
    assert_string_equal(label_text(value), wanted);
}

static void test_histograms_add_up(void **unused)
{
    (void)unused;
    struct fgm_histogram histogram = {0};
    struct fgm_histogram_copy copy;
    const int64_t values[] = {-5, 0, 100, 101, 50000, 50001, 7000000};
    for (size_t i = 0; i < 7; i++)
        fgm_histogram_add(&histogram, &fgm_duration_bounds, values[i]);
    fgm_histogram_read(&histogram, &copy);
    char out[2048];
    struct fgm_text text;
    fgm_text_begin(&text, out, sizeof out - 1);
    fgm_text_family(&text, "d", "histogram", "Durations");
    fgm_text_histogram(&text, &fgm_duration_bounds, &(struct fgm_label){"op", "x"}, &copy);
    assert_in_range(text.needed, 1, sizeof out - 1);
    out[text.needed] = '\0';
    assert_string_equal(out, "# HELP d Durations\n# TYPE d histogram\n"
                             "d_bucket{op=\"x\",le=\"0.0001\"} 3\n"
                             "d_bucket{op=\"x\",le=\"0.00025\"} 4\n"
                             "d_bucket{op=\"x\",le=\"0.0005\"} 4\n"
                             "d_bucket{op=\"x\",le=\"0.001\"} 4\n"
                             "d_bucket{op=\"x\",le=\"0.0025\"} 4\n"
                             "d_bucket{op=\"x\",le=\"0.005\"} 4\n"
                             "d_bucket{op=\"x\",le=\"0.01\"} 4\n"
                             "d_bucket{op=\"x\",le=\"0.02\"} 4\n"
                             "d_bucket{op=\"x\",le=\"0.025\"} 4\n"
                             "d_bucket{op=\"x\",le=\"0.05\"} 5\n"
                             "d_bucket{op=\"x\",le=\"+Inf\"} 7\n"
                             "d_sum{op=\"x\"} 7.100202\n"
                             "d_count{op=\"x\"} 7\n");
}

// --- rules across reloads

static struct fgm_rule_hits *new_hits(void)
{
    void *memory = calloc(1, fgm_rule_hits_size_bytes());
    assert_non_null(memory);
    return fgm_rule_hits_init(memory);
}

// A rule set of n rules named PREFIX0, PREFIX1, ..., and one composite.
struct rule_set {
    struct fg_ruleset ruleset;
    struct fg_rule rules[FG_RULES_MAX];
    char ids[FG_RULES_MAX][24];
    struct fg_composite composite;
    struct fgm_rule_slots slots;
};

static struct rule_set *new_rules(struct fgm_rule_hits *hits, const char *prefix, uint32_t n)
{
    struct rule_set *set = calloc(1, sizeof *set);
    assert_non_null(set);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(set->ids[i], sizeof set->ids[i], "%s%u", prefix, i);
        set->rules[i].id = set->ids[i];
    }
    set->composite.id = "BOTH";
    set->ruleset = (struct fg_ruleset){
        .rules = set->rules, .n_rules = n, .composites = &set->composite, .n_composites = 1};
    fgm_rule_hits_assign(hits, &set->ruleset, &set->slots);
    return set;
}

static void hit(struct fgm_rule_hits *hits, const struct rule_set *set, enum fg_reason_kind kind,
                uint16_t index, bool shadow)
{
    struct fg_decision decision = {.n_reasons = 1,
                                   .reasons = {{.kind = kind, .index = index, .shadow = shadow}}};
    fgm_rule_hits_count(hits, &set->slots, &decision);
}

static struct fgm_rule_sample sample_of(const struct fgm_rule_hits *hits,
                                        const struct rule_set *set, const char *id)
{
    static struct fgm_rule_sample samples[FGM_RULES_MAX];
    size_t n = fgm_rule_hits_read(hits, &set->ruleset, &set->slots, samples);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(samples[i].id, id) == 0)
            return samples[i];
    }
    fail_msg("%s is not told", id);
    return samples[0];
}

static void test_rule_counters_follow_the_id(void **unused)
{
    (void)unused;
    struct fgm_rule_hits *hits = new_hits();
    struct rule_set *first = new_rules(hits, "A", 3);
    hit(hits, first, FG_REASON_RULE, 2, false);
    hit(hits, first, FG_REASON_RULE, 2, true);
    hit(hits, first, FG_REASON_COMPOSITE, 0, false);
    hit(hits, first, FG_REASON_HOLD, 1, false); // no rule, whatever its index
    hit(hits, first, FG_REASON_RULE, 99, false);
    assert_int_equal(sample_of(hits, first, "A2").enforced, 1);
    assert_int_equal(sample_of(hits, first, "A2").shadow, 1);
    assert_int_equal(sample_of(hits, first, "A1").enforced, 0);
    assert_int_equal(sample_of(hits, first, "BOTH").enforced, 1);

    // Other rules take the places: counts stay with the ids, and an evaluation that is still under
    // way counts for the rule that hit.
    struct rule_set *second = new_rules(hits, "B", 3);
    hit(hits, first, FG_REASON_RULE, 2, false);
    hit(hits, second, FG_REASON_RULE, 2, false);
    assert_int_equal(sample_of(hits, second, "B2").enforced, 1);
    assert_int_equal(sample_of(hits, second, "BOTH").enforced, 1);
    struct rule_set *third = new_rules(hits, "A", 4);
    assert_int_equal(sample_of(hits, third, "A2").enforced, 2);
    assert_int_equal(sample_of(hits, third, "A3").enforced, 0);
    free(first);
    free(second);
    free(third);
    free(hits);
}

static void test_rule_counters_are_bounded(void **unused)
{
    (void)unused;
    struct fgm_rule_hits *hits = new_hits();
    struct rule_set *last = NULL;
    // The largest rule sets, each with names of its own, more of them than there is room for.
    for (unsigned i = 0; i < 8; i++) {
        char prefix[8];
        snprintf(prefix, sizeof prefix, "R%u_", i);
        struct rule_set *next = new_rules(hits, prefix, FG_RULES_MAX);
        for (uint16_t rule = 0; rule < FG_RULES_MAX; rule += 511) {
            hit(hits, next, FG_REASON_RULE, rule, false);
            if (last) // the one before it is never robbed
                hit(hits, last, FG_REASON_RULE, rule, false);
            assert_int_equal(sample_of(hits, next, next->ids[rule]).enforced, 1);
            if (last)
                assert_int_equal(sample_of(hits, last, last->ids[rule]).enforced, 2);
        }
        free(last);
        last = next;
    }
    free(last);
    free(hits);
}

// --- verdicts

static void test_attempts_are_counted_once(void **unused)
{
    (void)unused;
    struct fgm_metrics *metrics = calloc(1, sizeof *metrics);
    struct fgm_histogram_copy copy;
    assert_non_null(metrics);
    struct fg_decision decision = {
        .action = FG_ALERT, .shadow_action = FG_BLOCK, .score = 35, .shadow_score = 120};
    fgm_metrics_attempt(metrics, FG_OUTBOUND, &decision, 90);
    decision.repeated = true;
    fgm_metrics_attempt(metrics, FG_OUTBOUND, &decision, 90);
    assert_int_equal(metrics->calls[FG_OUTBOUND][FG_ALERT], 1);
    assert_int_equal(metrics->calls[FG_INBOUND][FG_ALERT], 0);
    assert_int_equal(metrics->shadow_calls[FG_OUTBOUND][FG_BLOCK], 1);
    fgm_histogram_read(&metrics->score, &copy);
    assert_int_equal(copy.buckets[4], 1); // over 30, up to 50
    assert_int_equal(copy.sum, 35);
    fgm_histogram_read(&metrics->shadow_score, &copy);
    assert_int_equal(copy.buckets[8], 1); // over 100
    fgm_histogram_read(&metrics->decision, &copy);
    assert_int_equal(copy.buckets[0], 2);
    free(metrics);
}

static void test_every_kind_of_reason_has_its_place(void **unused)
{
    (void)unused;
    struct fgm_metrics *metrics = calloc(1, sizeof *metrics);
    struct fg_decision decision = {.n_reasons = FGM_REASON_KINDS + 1};
    assert_non_null(metrics);
    for (unsigned i = 0; i <= FGM_REASON_KINDS; i++) // the last one is none
        decision.reasons[i].kind = (enum fg_reason_kind)i;
    fgm_metrics_reasons(metrics, &decision);
    for (unsigned i = 0; i < FGM_REASON_KINDS; i++)
        assert_int_equal(metrics->reasons[i], 1);
    struct fgm_histogram_copy copy;
    fgm_histogram_read(&metrics->score, &copy); // what lies behind them
    assert_int_equal(copy.buckets[0], 0);
    free(metrics);
}

// --- the whole text

static void fill(struct fgm_snapshot *snapshot)
{
    static const struct fgm_rule_sample rules[] = {{"NEVER", FG_MODE_ENFORCE, 0, 0},
                                                   {"WAS_SHADOW", FG_MODE_ENFORCE, 5, 6},
                                                   {"WATCHED", FG_MODE_SHADOW, 0, 7},
                                                   {"SWITCHED_OFF", FG_MODE_OFF, 0, 0}};
    static const struct fgm_customer_sample customers[] = {
        {"acme", {10, 1, 2, 3, 4}, true, true, false, 1800000000},
        {"x\"} 1\ny", {1, 0, 0, 0, 0}, false, false, false, 0}};
    static const struct fgm_counter_sample counters[] = {{"ring_dropped", "Dropped", 3}};
    *snapshot = (struct fgm_snapshot){
        .module_version = "1",
        .node = "n1",
        .started_ms = 1795310000123,
        .loaded_ms = 1795310001000,
        .health = {.rules_loaded = true,
                   .last_load_ok = true,
                   .pack = "p \"1\"",
                   .version = "1.2.3",
                   .has_redis = true,
                   .store = FG_STORE_DOWN},
        .digest = "00ff",
        .rules = rules,
        .n_rules = 4,
        .customers = customers,
        .n_customers = 2,
        .others = {"", {9, 0, 0, 0, 8}, true, false, true, 1700000000},
        .n_others = 3,
        .rings = {{"records", 1, 2}, {"orders", 3, 4}},
        .counters = counters,
        .n_counters = 1,
    };
    snapshot->calls[FG_INBOUND][FG_THROTTLE] = 12;
    snapshot->breaker.errors[FG_REDIS_ERROR_TIMEOUT] = 2;
    snapshot->writer_errors[FG_REDIS_ERROR_TIMEOUT] = 5;
    snapshot->holds[FG_HOLD_RISKY] = 2;
}

static char *rendered(const struct fgm_snapshot *snapshot)
{
    size_t size = fgm_render_metrics(snapshot, NULL, 0);
    char *out = malloc(size + 1);
    assert_non_null(out);
    assert_int_equal(fgm_render_metrics(snapshot, out, size), size);
    out[size] = '\0';
    return out;
}

static void assert_line(const char *text, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at += len) {
        if ((at == text || at[-1] == '\n') && at[len] == '\n')
            return;
    }
    fail_msg("no line: %s", line);
}

static void test_everything_is_told(void **unused)
{
    (void)unused;
    struct fgm_snapshot snapshot;
    fill(&snapshot);
    char *text = rendered(&snapshot);
    static const char *const lines[] = {
        "fraudguard_build_info{version=\"1\",node=\"n1\",mode=\"enforce\"} 1",
        "fraudguard_start_time_seconds 1795310000.123",
        "fraudguard_pack_info{pack=\"p \\\"1\\\"\",version=\"1.2.3\",sha=\"00ff\"} 1",
        "fraudguard_calls_total{direction=\"inbound\",action=\"throttle\",mode=\"enforce\"} 12",
        "fraudguard_rule_hits_total{rule=\"NEVER\",mode=\"enforce\"} 0",
        "fraudguard_rule_hits_total{rule=\"WAS_SHADOW\",mode=\"enforce\"} 5",
        "fraudguard_rule_hits_total{rule=\"WAS_SHADOW\",mode=\"shadow\"} 6",
        "fraudguard_rule_hits_total{rule=\"WATCHED\",mode=\"shadow\"} 7",
        "fraudguard_redis_errors_total{reason=\"timeout\"} 7",
        "fraudguard_degraded 1",
        "fraudguard_store_state{state=\"down\"} 1",
        "fraudguard_store_state{state=\"up\"} 0",
        "fraudguard_holds{scope=\"risky\"} 2",
        "fraudguard_customer_calls_total{customer=\"acme\",action=\"block\"} 4",
        "fraudguard_customer_calls_total{customer=\"_other\",action=\"allow\"} 9",
        "fraudguard_customer_calls_total{customer=\"x\\\"} 1\\ny\",action=\"allow\"} 1",
        "fraudguard_customers_without_label 3",
        "fraudguard_trunk_encrypted{trunk=\"acme\",layer=\"signalling\"} 1",
        "fraudguard_trunk_encrypted{trunk=\"acme\",layer=\"media\"} 0",
        "fraudguard_trunk_encrypted{trunk=\"_other\",layer=\"signalling\"} 0",
        "fraudguard_trunk_cert_expiry_timestamp_seconds{trunk=\"acme\"} 1800000000",
        "fraudguard_ring_used_bytes{ring=\"orders\"} 3",
        "fraudguard_ring_dropped_total 3"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_line(text, lines[i]);
    assert_null(strstr(text, "NEVER\",mode=\"shadow\""));
    assert_null(strstr(text, "SWITCHED_OFF"));
    // Of a customer without an outbound call nothing is known.
    assert_null(strstr(text, "trunk=\"x"));
    free(text);
}

static void test_local_only_tells_nothing_of_redis(void **unused)
{
    (void)unused;
    struct fgm_snapshot snapshot;
    fill(&snapshot);
    snapshot.health.has_redis = false;
    snapshot.n_others = 0;
    char *text = rendered(&snapshot);
    assert_null(strstr(text, "redis"));
    assert_null(strstr(text, "_other\""));
    assert_line(text, "fraudguard_degraded 0");
    free(text);
}

static void test_a_small_buffer_is_never_overrun(void **unused)
{
    (void)unused;
    struct fgm_snapshot snapshot;
    fill(&snapshot);
    size_t whole = fgm_render_metrics(&snapshot, NULL, 0);
    for (size_t size = 0; size < whole; size += 97) {
        char *out = malloc(size + 1);
        assert_non_null(out);
        out[size] = 'Z';
        assert_int_equal(fgm_render_metrics(&snapshot, out, size), whole);
        assert_int_equal(out[size], 'Z');
        free(out);
    }
}

static void test_health(void **unused)
{
    (void)unused;
    char text[256];
    struct fgm_health health = {.rules_loaded = true, .last_load_ok = true, .has_redis = true};
    assert_true(fgm_render_health(&health, text, sizeof text));
    assert_string_equal(text, "ok\nrules: loaded\nstore: up\n");
    health.store = FG_STORE_SLOW;
    health.last_load_ok = false;
    assert_true(fgm_render_health(&health, text, sizeof text));
    assert_string_equal(text, "ok\nrules: loaded; the last reload was refused\nstore: slow\n");
    health.store = FG_STORE_DOWN;
    assert_false(fgm_render_health(&health, text, sizeof text));
    assert_non_null(strstr(text, "store: down"));
    health.has_redis = false; // what the breaker says then means nothing
    assert_true(fgm_render_health(&health, text, sizeof text));
    assert_non_null(strstr(text, "store: local"));
    health.rules_loaded = false;
    assert_false(fgm_render_health(&health, text, sizeof text));
    assert_string_equal(text, "not ok\nrules: none are loaded\nstore: local\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_are_escaped),
        cmocka_unit_test(test_labels_are_utf8),
        cmocka_unit_test(test_labels_are_bounded),
        cmocka_unit_test(test_histograms_add_up),
        cmocka_unit_test(test_rule_counters_follow_the_id),
        cmocka_unit_test(test_rule_counters_are_bounded),
        cmocka_unit_test(test_attempts_are_counted_once),
        cmocka_unit_test(test_every_kind_of_reason_has_its_place),
        cmocka_unit_test(test_everything_is_told),
        cmocka_unit_test(test_local_only_tells_nothing_of_redis),
        cmocka_unit_test(test_a_small_buffer_is_never_overrun),
        cmocka_unit_test(test_health),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
