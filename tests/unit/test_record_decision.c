// SPDX-License-Identifier: GPL-2.0-or-later
// Decisions as JSON and as words: points that add up, masked numbers, hostile Call-IDs.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/json.h"
#include "fg/record.h"
#include "fg/text.h"

#define NOW_MS INT64_C(1795233004000) // 2026-11-21 03:50:04Z

static const struct fg_rule rules[] = {
    {.id = "DEST_IRSF",
     .desc = "Range known for revenue-share fraud",
     .explain = "{dest.masked} is in a bad range",
     .origin = {"core.yaml", 56, 5},
     .group = -1,
     .events = 1,
     .score = 45},
    {.id = "TIME_CLOSED",
     .desc = "Outside the opening hours",
     .explain = "closed",
     .origin = {"core.yaml", 70, 5},
     .group = -1,
     .events = 1,
     .score = 15},
    {.id = "CERT_NEW_KEY",
     .desc = "New key",
     .explain = "key first seen today",
     .origin = {"core.yaml", 90, 5},
     .group = -1,
     .events = 1,
     .mode = FG_MODE_SHADOW,
     .score = 10},
    {.id = "VEL_CPM", .desc = "Calls per minute", .group = -1, .events = 1, .score = 5},
};
static const struct fg_composite composites[] = {
    {.id = "IRSF_CLOSED", .desc = "Bad range while closed", .score = 20}};

struct fixture {
    struct fg_ruleset ruleset;
    struct fg_destinations destinations;
    struct fg_customers customers;
    struct fg_policy policy;
    struct fg_zone zone;
    struct fg_customer customer;
    struct fg_tls_peer tls;
    struct fg_event event;
    struct fg_plan plan;
    struct fg_decision decision;
    struct fg_record_context context;
};

static const struct fg_zone_span utc_span = {0, 0};

static void fill_policy(struct fixture *f)
{
    f->ruleset = (struct fg_ruleset){.pack = "toll-fraud-core",
                                     .version = "1.4.0",
                                     .digest = "3b1c9e00",
                                     .rules = rules,
                                     .n_rules = 4,
                                     .composites = composites,
                                     .n_composites = 1};
    f->ruleset.thresholds[FG_ALERT] = 30;
    f->ruleset.thresholds[FG_THROTTLE] = 65; // left out of the pack
    f->ruleset.thresholds[FG_CHALLENGE] = 65;
    f->ruleset.thresholds[FG_BLOCK] = 80;
    f->ruleset.n_by_event[FG_OUTBOUND][FG_EVENT_ATTEMPT] = 4;
    f->policy = (struct fg_policy){
        .ruleset = &f->ruleset, .destinations = &f->destinations, .customers = &f->customers};
}

static void fill_event(struct fixture *f)
{
    f->zone = (struct fg_zone){.name = "Etc/UTC", .n_spans = 1, .spans = &utc_span};
    f->customer = (struct fg_customer){.id = "acme", .zone = &f->zone};
    f->tls = (struct fg_tls_peer){.tls = true,
                                  .cert_present = true,
                                  .cert_verified = true,
                                  .version = 0x13,
                                  .cipher = "TLS_AES_256_GCM_SHA384",
                                  .key_bits = 256,
                                  .not_after_s = NOW_MS / 1000 + INT64_C(61) * 86400,
                                  .name = "sip.acme.example",
                                  .issuer = "Example CA"};
    f->event = (struct fg_event){.kind = FG_EVENT_ATTEMPT,
                                 .direction = FG_OUTBOUND,
                                 .identity = FG_IDENTITY_CERTIFICATE,
                                 .customer = &f->customer,
                                 .tls = &f->tls,
                                 .transport = FG_TRANSPORT_TLS,
                                 .caller_present = true,
                                 .caller = {.digits = "441132000100", .len = 12},
                                 .srtp_offered = true};
    f->event.source.bytes[10] = 0xff;
    f->event.source.bytes[11] = 0xff;
    f->event.source.bytes[12] = 192;
    f->event.source.bytes[14] = 2;
    f->event.source.bytes[15] = 7;
    f->event.called = (struct fg_number_readings){
        .status = FG_NUMBER_OK, .n = 1, .reading = {{.digits = "9607712345", .len = 10}}};
}

static void fill_decision(struct fixture *f)
{
    f->plan = (struct fg_plan){.policy = &f->policy, .event = &f->event, .now_ms = NOW_MS};
    f->plan.dest = (struct fg_destination){.number = f->event.called.reading[0],
                                           .country = fg_country_parse(fg_view_of("MV")),
                                           .type = FG_TYPE_MOBILE,
                                           .usd_per_minute = 400000,
                                           .rated = true};
    f->decision = (struct fg_decision){.action = FG_BLOCK,
                                       .shadow_action = FG_BLOCK,
                                       .score = 80,
                                       .shadow_score = 90,
                                       .n_reasons = 4,
                                       .drop_media = true,
                                       .reply = {.code = 603, .text = "Network Blocked"}};
    f->decision.reasons[0] =
        (struct fg_reason){.kind = FG_REASON_RULE, .index = 2, .points = 10, .shadow = true};
    f->decision.reasons[1] = (struct fg_reason){.kind = FG_REASON_RULE, .index = 1, .points = 15};
    f->decision.reasons[2] =
        (struct fg_reason){.kind = FG_REASON_COMPOSITE, .index = 0, .points = 20};
    f->decision.reasons[3] = (struct fg_reason){.kind = FG_REASON_RULE, .index = 0, .points = 45};
    f->decision.set_hold = (struct fg_hold_effect){.wanted = true,
                                                   .scope = FG_HOLD_COUNTRY,
                                                   .value = f->plan.dest.country,
                                                   .until_ms = f->plan.now_ms + 900000};
    f->context = (struct fg_record_context){
        .call_id = fg_view_of("7f3a@acme"), .node = "sbc1", .decided_in_us = 400, .store_us = 200};
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL) {
        return -1;
    }
    fill_policy(f);
    fill_event(f);
    fill_decision(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

// Every record made here also goes to the file that FG_RECORD_SAMPLES names: other tests hold them
// against the schema and show them with fgctl.
static void keep_sample(const char *text)
{
    const char *path = getenv("FG_RECORD_SAMPLES");
    FILE *file = path == NULL ? NULL : fopen(path, "ae");

    if (file != NULL) {
        (void)fprintf(file, "%s\n", text);
        (void)fclose(file);
    }
}

static char *record(const struct fixture *f)
{
    char *text = fg_record_decision(&f->context, &f->plan, &f->decision);
    assert_non_null(text);
    assert_null(strchr(text, '\n'));
    keep_sample(text);
    return text;
}

static int64_t integer(const struct fg_json *json, const char *key)
{
    int64_t value = 0;
    assert_true(fg_json_integer(json, key, &value));
    return value;
}

static void test_points_add_up(void **state)
{
    char *text = record(*state);
    struct fg_json *json = fg_json_parse(fg_view_of(text));
    const struct fg_json *reasons = fg_json_member(json, "reasons");
    int64_t enforced = 0;
    int64_t all = 0;

    assert_non_null(json);
    assert_int_equal(fg_json_count(reasons), 4);
    for (size_t i = 0; i < fg_json_count(reasons); i++) {
        const struct fg_json *reason = fg_json_item(reasons, i);
        all += integer(reason, "points");
        enforced += fg_json_is_true(reason, "shadow") ? 0 : integer(reason, "points");
    }
    assert_int_equal(enforced, integer(json, "score"));
    assert_int_equal(all, integer(json, "shadow_score"));
    fg_json_free(json);
    free(text);
}

static void test_fields(void **state)
{
    char *text = record(*state);
    struct fg_json *json = fg_json_parse(fg_view_of(text));
    const struct fg_json *dest = fg_json_member(json, "dest");
    const struct fg_json *tls = fg_json_member(json, "tls");
    const struct fg_json *thresholds = fg_json_member(json, "thresholds");
    double rate = 0;

    assert_int_equal(integer(json, "v"), 1);
    assert_string_equal(fg_json_string(json, "type"), "call.attempt");
    assert_string_equal(fg_json_string(json, "action"), "block");
    assert_string_equal(fg_json_string(json, "call_id"), "7f3a@acme");
    assert_null(fg_json_member(json, "call_id_hex"));
    assert_string_equal(fg_json_string(json, "source"), "192.0.2.7");
    assert_string_equal(fg_json_string(dest, "country"), "MV");
    assert_true(fg_json_number(dest, "usd_per_minute", &rate));
    assert_true(rate > 0.39999 && rate < 0.40001);
    assert_non_null(strstr(text, "\"usd_per_minute\":0.4,")); // no binary digits of 0.4
    assert_int_equal(integer(tls, "days_left"), 61);
    assert_int_equal(integer(thresholds, "block"), 80);
    assert_null(fg_json_member(thresholds, "throttle")); // never reached
    assert_int_equal(integer(json, "rules_silent"), 1);
    assert_string_equal(fg_json_string(fg_json_item(fg_json_member(json, "reasons"), 3), "origin"),
                        "core.yaml:56");
    fg_json_free(json);
    free(text);
}

static void test_numbers_are_masked(void **state)
{
    struct fixture *f = *state;
    char *text = record(f);

    assert_null(strstr(text, "9607712345"));
    assert_null(strstr(text, "441132000100"));
    assert_non_null(strstr(text, "+96077***45"));
    free(text);
    f->context.unmask = true;
    text = record(f);
    assert_non_null(strstr(text, "\"number\":\"+9607712345\""));
    assert_non_null(strstr(text, "\"caller\":\"+441132000100\""));
    free(text);
}

static void test_measured_reason(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;

    f->decision.reasons[0] = (struct fg_reason){.kind = FG_REASON_RULE,
                                                .index = 3,
                                                .points = 10,
                                                .shadow = true,
                                                .measured = true,
                                                .value = 31 * FG_MICRO,
                                                .threshold = 20 * FG_MICRO + 500000};
    text = record(f);
    assert_non_null(strstr(text, "\"value\":31,\"threshold\":20.5"));
    assert_null(strstr(text, "\"base\""));
    assert_null(strstr(text, "\"unlearned\""));
    free(text);
    f->decision.reasons[0].base = 12 * FG_MICRO;
    f->decision.reasons[0].starts = FG_START_BASE;
    text = record(f);
    assert_non_null(strstr(text, "\"threshold\":20.5,\"base\":12,\"unlearned\":true"));
    free(text);
}

// Exceptions and overrides stand beside the points, with what was agreed.
static void test_notes_and_texts(void **state)
{
    static const struct fg_exception exceptions[] = {
        {.reason = "FRAUD-212", .until_ms = NOW_MS + 1000, .origin = {"core.yaml", 63, 9}}};
    static const struct fg_override overrides[] = {{.changes = FG_CHANGE_MODE,
                                                    .rule = 3,
                                                    .reason = "contract 8841",
                                                    .owner = "noc@example.net",
                                                    .until_ms = FG_NEVER_MS,
                                                    .origin = {"acme.yaml", 3, 5}}};
    struct fixture *f = *state;
    struct fg_rule own[4];

    memcpy(own, rules, sizeof(own));
    own[0].exceptions = exceptions;
    own[0].n_exceptions = 1;
    own[1].customer_text = "closed_hours";
    f->ruleset.rules = own;
    f->ruleset.overrides = overrides;
    f->ruleset.n_overrides = 1;
    f->decision.score -= 45;
    f->decision.shadow_score -= 45;
    f->decision.reasons[1].notify = FG_NOTIFY_CUSTOMER;
    f->decision.reasons[3] = (struct fg_reason){.kind = FG_REASON_EXCEPTION, .index = 0};
    f->decision.reasons[4] = (struct fg_reason){.kind = FG_REASON_OVERRIDE, .index = 3};
    f->decision.n_reasons = 5;
    char *text = fg_record_decision(&f->context, &f->plan, &f->decision);
    assert_non_null(text);
    keep_sample(text);
    assert_non_null(strstr(text, "\"customer_text\":\"closed_hours\",\"notify\":\"customer\""));
    assert_non_null(
        strstr(text, "{\"id\":\"EXCEPTION:DEST_IRSF\",\"kind\":\"exception\",\"points\":0,"));
    assert_non_null(strstr(text, "\"origin\":\"core.yaml:63\",\"rule\":\"DEST_IRSF\",\"agreed\":"
                                 "\"FRAUD-212\",\"until_ms\":"));
    assert_non_null(
        strstr(text, "\"why\":\"override of VEL_CPM: contract 8841 (noc@example.net)\""));
    assert_non_null(strstr(
        text, "\"rule\":\"VEL_CPM\",\"agreed\":\"contract 8841\",\"owner\":\"noc@example.net\"}"));
    char *words = fg_record_explain(fg_view_of(text));
    assert_non_null(words);
    assert_non_null(
        strstr(words, "    0  OVERRIDE:VEL_CPM     override of VEL_CPM: contract 8841"));
    assert_null(strstr(words, "damaged"));
    free(words);
    free(text);
}

static void test_hostile_call_ids(void **state)
{
    struct fixture *f = *state;
    char bytes[600];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(unsigned char)(i * 7 + 13);
    }
    for (size_t n = 0; n <= sizeof(bytes); n += 13) {
        char *text = NULL;
        char *words = NULL;
        struct fg_json *json = NULL;

        f->context.call_id = (struct fg_view){bytes, n};
        text = record(f);
        assert_true(fg_text_is_plain(fg_view_of(text)));
        json = fg_json_parse(fg_view_of(text));
        assert_non_null(json);
        if (n > 0) {
            const char *hex = fg_json_string(json, "call_id_hex");
            assert_non_null(hex);
            assert_int_equal(strlen(hex), 2 * (n < FG_CALL_ID_MAX ? n : FG_CALL_ID_MAX));
        }
        words = fg_record_explain(fg_view_of(text));
        assert_non_null(words);
        for (const char *c = words; *c != '\0'; c++) {
            assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
        }
        free(words);
        fg_json_free(json);
        free(text);
    }
}

static void test_nobody_and_nothing(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    char *words = NULL;

    f->event.customer = NULL;
    f->event.tls = NULL;
    f->event.identity = FG_IDENTITY_NO_CERTIFICATE;
    f->event.caller.len = 0;
    f->plan.dest = (struct fg_destination){0};
    f->plan.skip_rules = true;
    f->decision.n_reasons = 0;
    f->decision.score = 0;
    f->decision.shadow_score = 0;
    f->decision.set_hold.wanted = false;
    f->context.node = NULL;
    text = record(f);
    assert_non_null(strstr(text, "\"customer\":null"));
    assert_non_null(strstr(text, "\"caller\":null"));
    assert_non_null(strstr(text, "\"tls\":null"));
    assert_non_null(strstr(text, "\"number\":null,\"country\":null"));
    words = fg_record_explain(fg_view_of(text));
    assert_non_null(strstr(words, "nobody known -> no readable number"));
    assert_non_null(strstr(words, "no TLS"));
    free(words);
    free(text);
}

static void test_explain_reads_like_the_table(void **state)
{
    char *text = record(*state);
    char *words = fg_record_explain(fg_view_of(text));
    static const char *const lines[] = {
        "BLOCK  80 points, block at 80   2026-11-21 03:50:04Z  acme -> +96077***45   pack ",
        "pack toll-fraud-core 1.4.0 3b1c9e\n",
        "  pts  rule          why\n",
        "   45  DEST_IRSF     ",
        "   20  IRSF_CLOSED   ",
        "   15  TIME_CLOSED   closed\n",
        " (10)  CERT_NEW_KEY  shadow, not counted: key first seen today\n",
        "  1 other: no hit.  Decided in 0.4 ms (store 0.2 ms).  One band lower: challenge at 65\n",
        "  with the shadow rules: 90 points, block\n",
        "  did: SIP 603 Network Blocked; media dropped; hold 15m on country.MV to 04:05:04Z\n",
        "  call: 7f3a@acme, judged at attempt on sbc1\n",
        "  undo: fgctl unblock acme/country.MV --reason \"...\"\n",
    };
    const char *at = words;

    if (words == NULL) {
        fail();
        return;
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const char *found = strstr(at, lines[i]);
        if (found == NULL) {
            fail_msg("not there, or not in this order: %s\nin:\n%s", lines[i], words);
            return;
        }
        at = found;
    }
    free(words);
    free(text);
}

static void test_explain_names_who_raised_the_action(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    char *words = NULL;

    f->decision.n_reasons = 1;
    f->decision.reasons[0] = (struct fg_reason){
        .kind = FG_REASON_RULE, .index = 1, .points = 15, .action_at_least = FG_BLOCK};
    f->decision.score = 15;
    f->decision.shadow_score = 15;
    text = record(f);
    words = fg_record_explain(fg_view_of(text));
    assert_non_null(strstr(words, "BLOCK  15 points, raised to block by TIME_CLOSED "));
    assert_non_null(strstr(words, "closed; at least block\n"));
    free(words);
    free(text);
}

static void test_explain_tells_active_hold(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    char *words = NULL;

    f->decision.set_hold.wanted = false;
    f->decision.hold = (struct fg_hold){.active = true,
                                        .scope = FG_HOLD_CUSTOMER,
                                        .since_ms = NOW_MS - 1000,
                                        .until_ms = NOW_MS + 60000,
                                        .reason = "PBX hijacked",
                                        .by = "fgctl:root"};
    text = record(f);
    words = fg_record_explain(fg_view_of(text));
    assert_non_null(strstr(
        words, "  held: customer until 2026-11-21 03:51:04Z, by fgctl:root: PBX hijacked\n"));
    assert_non_null(strstr(words, "  undo: fgctl unblock acme --reason \"...\"\n"));
    free(words);
    free(text);
}

static void test_explain_notices_a_wrong_sum(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    char *words = NULL;

    f->decision.score = 79;
    text = record(f);
    words = fg_record_explain(fg_view_of(text));
    assert_non_null(strstr(words, "add up to 80, not to the score"));
    free(words);
    free(text);
}

static void test_explain_survives_any_damage(void **state)
{
    char *text = record(*state);
    const size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        const char kept = text[i];
        assert_null(fg_record_explain((struct fg_view){text, i}));
        for (unsigned bit = 0; bit < 8; bit++) {
            text[i] = (char)((unsigned char)kept ^ (1U << bit));
            free(fg_record_explain((struct fg_view){text, length}));
        }
        text[i] = kept;
    }
    free(text);
    assert_null(fg_record_explain(fg_view_of("{\"v\":1,\"type\":\"hold.set\",\"time_ms\":1}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_points_add_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers_are_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_measured_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notes_and_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_call_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_and_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_explain_reads_like_the_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_explain_names_who_raised_the_action, setup, teardown),
        cmocka_unit_test_setup_teardown(test_explain_tells_active_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(test_explain_notices_a_wrong_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(test_explain_survives_any_damage, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
