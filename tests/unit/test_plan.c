// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/plan.h"

#include "engine_fixture.h"

#include "fg/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// Every malloc of the linked engine comes through here (--wrap=malloc).
static unsigned long allocations;
void *__real_malloc(size_t size); // NOLINT(bugprone-reserved-identifier)
void *__wrap_malloc(size_t size); // NOLINT(bugprone-reserved-identifier)

void *__wrap_malloc(size_t size) // NOLINT(bugprone-reserved-identifier)
{
    allocations++;
    return __real_malloc(size);
}

static struct world world;
static struct fg_plan plan;
static struct fg_event event;
static struct fg_list lists[3];
static struct fg_meter meters[4];
static struct fg_rule rules[1];
static const char *const texts[] = {"gold", "silver"};
static const char *const no_notes[] = {NULL};
static const struct fg_calendar calendar = {.name = "office", .customer_hours = true};

static int setup(void **state)
{
    (void)state;
    world_init(&world);
    const char *const prefixes[] = {"9607"};
    const uint32_t values[] = {0};
    memset(lists, 0, sizeof(lists));
    memset(meters, 0, sizeof(meters));
    memset(rules, 0, sizeof(rules));
    lists[0] = (struct fg_list){.name = "p",
                                .kind = FG_LIST_PREFIX,
                                .notes = no_notes,
                                .n = 1,
                                .prefixes = world_trie(&world, prefixes, values, 1)};
    lists[1] = (struct fg_list){.name = "c", .kind = FG_LIST_COUNTRY};
    fg_country_set_add(&lists[1].countries, fg_country_parse(fg_view_of("MV")));
    lists[2] = (struct fg_list){.name = "t", .kind = FG_LIST_TEXT, .texts = texts, .n = 2};
    world.ruleset.lists = lists;
    world.ruleset.n_lists = 3;
    world.ruleset.calendars = &calendar;
    world.ruleset.n_calendars = 1;
    event = world_call(&world, world.acme, "+9607712345");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&world);
    return 0;
}

static void plan_now(void)
{
    world_seal(&world);
    fg_plan(&world.policy, &event, FRIDAY_MORNING_MS, &plan);
}

static struct fg_value signal_of(enum fg_signal signal)
{
    struct fg_value value;
    fg_plan_signal(&plan, signal, "vip", &value);
    return value;
}

static void test_what_is_known_of_the_caller(void **state)
{
    (void)state;
    static const struct {
        const char *said, *heard;
    } attestations[] = {{"A", "A"}, {"c", "C"}, {"failed", "failed"}, {"D", ""}, {"", ""}};
    event.caller_present = true;
    assert_int_equal(fg_number_parse_e164(fg_view_of("+449098790000"), &event.caller), FG_OK);
    for (size_t i = 0; i < sizeof(attestations) / sizeof(attestations[0]); i++) {
        event.attrs[0] = (struct fg_attr){fg_view_of("attest"), fg_view_of(attestations[i].said)};
        event.n_attrs = 1;
        plan_now();
        struct fg_value heard = signal_of(FG_SIG_CALLER_ATTEST);
        assert_true(heard.present == (attestations[i].heard[0] != '\0'));
        assert_true(!heard.present || fg_view_equal(heard.text, fg_view_of(attestations[i].heard)));
    }
    event.n_attrs = 0;
    plan_now();
    assert_false(signal_of(FG_SIG_CALLER_ATTEST).present);
    assert_true(fg_view_equal(signal_of(FG_SIG_CALLER_TYPE).text, fg_view_of("premium")));
    assert_int_equal(signal_of(FG_SIG_CALLER_COUNTRY).country, fg_country_parse(fg_view_of("GB")));
    event.caller.len = 0; // "operator"
    plan_now();
    assert_false(signal_of(FG_SIG_CALLER_TYPE).present);
    assert_false(signal_of(FG_SIG_CALLER_COUNTRY).present);
    assert_true(signal_of(FG_SIG_CALLER_VALID).present && !signal_of(FG_SIG_CALLER_VALID).truth);
}

// A range whose numbers have ten to twelve digits.
static void test_callers_of_impossible_length(void **state)
{
    (void)state;
    static const char *const prefixes[] = {"44", "442"};
    const fg_country gb = fg_country_parse(fg_view_of("GB"));
    const uint32_t values[] = {
        fg_destination_pack(gb, FG_TYPE_UNALLOCATED),
        fg_destination_pack_digits(fg_destination_pack(gb, FG_TYPE_FIXED), 10, 12)};
    world.destinations.numbering = world_trie(&world, prefixes, values, 2);
    event.caller_present = true;
    for (uint8_t len = 3; len <= 15; len++) {
        event.caller = (struct fg_number){.digits = "442079460000000", .len = len};
        plan_now();
        assert_true(signal_of(FG_SIG_CALLER_VALID).truth == (len >= 10 && len <= 12));
        assert_true(fg_view_equal(signal_of(FG_SIG_CALLER_TYPE).text, fg_view_of("fixed")));
    }
    event.caller = (struct fg_number){.digits = "44113300", .len = 8}; // acme's own, unallocated
    plan_now();
    assert_true(signal_of(FG_SIG_CALLER_VALID).truth);
}

static void test_signals_of_a_call(void **state)
{
    (void)state;
    static const uint8_t prints[1][32] = {{9}};
    struct fg_customer customer = *world.acme;
    struct fg_tls_peer peer = {.tls = true,
                               .cert_present = true,
                               .version = 0x13,
                               .key_type = FG_KEY_RSA,
                               .key_bits = 2048,
                               .cipher = "TLS_AES_128_GCM_SHA256",
                               .issuer = "Trunk CA",
                               .not_after_s = FRIDAY_MORNING_MS / 1000 + 129600};
    customer.cert_fingerprints = prints;
    customer.n_cert_fingerprints = 1;
    event.customer = &customer;
    event.tls = &peer;
    event.user_agent = fg_view_of("baresip");
    event.attrs[0] = (struct fg_attr){fg_view_of("vip"), fg_view_of("1")};
    event.n_attrs = 1;
    event.caller_present = true;
    assert_int_equal(fg_number_parse_e164(fg_view_of("+442079460001"), &event.caller), FG_OK);
    assert_true(fg_ip_parse(fg_view_of("192.0.2.9"), &event.source));
    plan_now();
    assert_true(signal_of(FG_SIG_TLS_VERSION).number == 1300000);
    assert_true(signal_of(FG_SIG_TLS_CERT_DAYS_LEFT).number == 1500000);
    assert_false(signal_of(FG_SIG_TLS_CERT_KNOWN).truth);
    assert_true(
        fg_view_equal(signal_of(FG_SIG_TLS_CIPHER).text, fg_view_of("TLS_AES_128_GCM_SHA256")));
    assert_true(fg_view_equal(signal_of(FG_SIG_TLS_CERT_KEY_TYPE).text, fg_view_of("rsa")));
    assert_true(fg_view_equal(signal_of(FG_SIG_TLS_CERT_ISSUER).text, fg_view_of("Trunk CA")));
    assert_true(signal_of(FG_SIG_SRC_KNOWN).truth);
    assert_true(signal_of(FG_SIG_CALLER_OTHERS).truth); // globex's number
    assert_true(signal_of(FG_SIG_CALLER_OWNED).present && !signal_of(FG_SIG_CALLER_OWNED).truth);
    assert_true(signal_of(FG_SIG_CALLER_VALID).truth);
    assert_true(fg_view_equal(signal_of(FG_SIG_ATTR).text, fg_view_of("1")));
    assert_true(fg_view_equal(signal_of(FG_SIG_DEST_PREFIX).text, fg_view_of("9607712345")));
    assert_true(fg_view_equal(signal_of(FG_SIG_DEST_TYPE).text, fg_view_of("mobile")));
    assert_true(signal_of(FG_SIG_COST_PER_MINUTE).number == 1200000);
    assert_true(signal_of(FG_SIG_DEST_HOME).present && !signal_of(FG_SIG_DEST_HOME).truth);
    assert_false(signal_of(FG_SIG_CALL_DURATION).present);
    assert_int_equal(signal_of(FG_SIG_CUSTOMER_TAG).n_texts, 2);
    event.kind = FG_EVENT_MINUTE;
    event.duration_s = 60;
    plan_now();
    assert_true(signal_of(FG_SIG_CALL_DURATION).number == 60 * FG_MICRO);
}

static void test_media_signals(void **state)
{
    static const struct fg_media_facts facts = {
        .known = true,
        .silent_s = 40,
        .one_way_s = 10,
        .caller = {.known = true,
                   .encrypted = true,
                   .suite = "AEAD_AES_128_GCM",
                   .codec = "PCMA",
                   .packets_per_second = 50,
                   .loss_ppm = 15000,
                   .jitter_us = 1500,
                   .dtmf = 4,
                   .idle_s = 1},
        .called = {.known = true, .packets_per_second = 25, .loss_ppm = 500, .idle_s = 10},
    };
    (void)state;
    event = world_call(&world, world.acme, "+9607712345");
    event.kind = FG_EVENT_MINUTE;
    plan_now();
    assert_false(signal_of(FG_SIG_MEDIA_SILENT_SECONDS).present);
    event.media = &facts;
    plan_now();
    assert_true(signal_of(FG_SIG_MEDIA_ENCRYPTED).truth);
    assert_true(fg_view_equal(signal_of(FG_SIG_MEDIA_SUITE).text, fg_view_of("AEAD_AES_128_GCM")));
    assert_true(fg_view_equal(signal_of(FG_SIG_MEDIA_CODEC).text, fg_view_of("PCMA")));
    assert_true(signal_of(FG_SIG_MEDIA_SILENT_SECONDS).number == 40 * FG_MICRO);
    assert_true(signal_of(FG_SIG_MEDIA_ONE_WAY).truth);
    assert_true(signal_of(FG_SIG_MEDIA_ONE_WAY_SECONDS).number == 10 * FG_MICRO);
    assert_true(signal_of(FG_SIG_MEDIA_IDLE_SECONDS).number == FG_MICRO);
    assert_true(signal_of(FG_SIG_MEDIA_PACKET_RATE).number == 75 * FG_MICRO);
    assert_true(signal_of(FG_SIG_MEDIA_PACKET_LOSS).number == 1500000);
    assert_true(signal_of(FG_SIG_MEDIA_JITTER_MS).number == 1500000);
    assert_true(signal_of(FG_SIG_MEDIA_DTMF).number == 4 * FG_MICRO);
    assert_true(signal_of(FG_SIG_MEDIA_ON_HOLD).present);
    event.direction = FG_INBOUND; // then the customer is the called side
    plan_now();
    assert_false(signal_of(FG_SIG_MEDIA_ENCRYPTED).truth);
    assert_false(signal_of(FG_SIG_MEDIA_SUITE).present);
    assert_false(signal_of(FG_SIG_MEDIA_CODEC).present);
}

static void test_absent_signals(void **state)
{
    (void)state;
    event = world_call(&world, NULL, "nonsense");
    event.identity = FG_IDENTITY_UNKNOWN;
    event.transport = FG_TRANSPORT_UNKNOWN;
    plan_now();
    static const enum fg_signal present[] = {FG_SIG_IDENTITY,         FG_SIG_TLS_PRESENT,
                                             FG_SIG_TLS_CERT_PRESENT, FG_SIG_TLS_CERT_VERIFIED,
                                             FG_SIG_CALLER_PRESENT,   FG_SIG_MEDIA_SRTP};
    for (int i = 0; i < FG_SIG_COUNT; i++) {
        bool wanted = false;
        for (size_t k = 0; k < sizeof(present) / sizeof(present[0]); k++) {
            wanted = wanted || present[k] == (enum fg_signal)i;
        }
        assert_int_equal(signal_of((enum fg_signal)i).present, wanted);
    }
}

static bool holds(struct fg_predicate predicate)
{
    const struct fg_condition condition = {.all = &predicate, .n = 1};
    return fg_plan_condition(&plan, &condition);
}

static void test_conditions(void **state)
{
    (void)state;
    static const char *const digit_texts[] = {"+9607"};
    static const char *const gold[] = {"gold"};
    plan_now();
    assert_true(fg_plan_condition(&plan, &(struct fg_condition){.n = 0}));
#define HOLDS(...)     assert_true(holds((struct fg_predicate){__VA_ARGS__}))
#define HOLDS_NOT(...) assert_false(holds((struct fg_predicate){__VA_ARGS__}))
    HOLDS(.signal = FG_SIG_DEST_PREFIX, .op = FG_OP_IN_LIST, .list = 0);
    HOLDS_NOT(.signal = FG_SIG_DEST_PREFIX, .op = FG_OP_NOT_IN_LIST, .list = 0);
    HOLDS(.signal = FG_SIG_DEST_COUNTRY, .op = FG_OP_IN_LIST, .list = 1);
    HOLDS_NOT(.signal = FG_SIG_DEST_COUNTRY, .op = FG_OP_NOT_IN_LIST, .list = 1);
    HOLDS(.signal = FG_SIG_CUSTOMER_TAG, .op = FG_OP_IN_LIST, .list = 2);
    HOLDS_NOT(.signal = FG_SIG_CUSTOMER_PROFILE, .op = FG_OP_IN_LIST, .list = 2);
    HOLDS(.signal = FG_SIG_CUSTOMER_PROFILE, .op = FG_OP_NOT_IN_LIST, .list = 2);
    HOLDS(.signal = FG_SIG_CUSTOMER_TAG, .op = FG_OP_IN_TEXTS, .texts = gold, .n_texts = 1);
    HOLDS(.signal = FG_SIG_DEST_PREFIX, .op = FG_OP_IN_TEXTS, .texts = digit_texts, .n_texts = 1);
    HOLDS(.signal = FG_SIG_CUSTOMER_TAG, .op = FG_OP_IS, .text = fg_view_of("campaign"));
    HOLDS_NOT(.signal = FG_SIG_CUSTOMER_TAG, .op = FG_OP_IS, .text = fg_view_of("camp"));
    HOLDS(.signal = FG_SIG_COST_PER_MINUTE, .op = FG_OP_ABOVE, .number = 1199999);
    HOLDS_NOT(.signal = FG_SIG_COST_PER_MINUTE, .op = FG_OP_ABOVE, .number = 1200000);
    HOLDS_NOT(.signal = FG_SIG_COST_PER_MINUTE, .op = FG_OP_BELOW, .number = 1200000);
    HOLDS(.op = FG_OP_CALENDAR, .state = FG_CALENDAR_OPEN);
    // What is absent matches nothing but "present: false".
    HOLDS(.signal = FG_SIG_CALLER_PREFIX, .op = FG_OP_PRESENT, .truth = false);
    HOLDS_NOT(.signal = FG_SIG_CALLER_PREFIX, .op = FG_OP_NOT_IN_LIST, .list = 0);
    HOLDS_NOT(.signal = FG_SIG_TLS_VERSION, .op = FG_OP_BELOW, .number = 1200000);
    HOLDS_NOT(.signal = FG_SIG_SIP_USER_AGENT, .op = FG_OP_IS, .text = fg_view_of(""));
}

static void add_meter(uint32_t at, enum fg_meter_kind kind, enum fg_meter_source source,
                      uint32_t per)
{
    meters[at] = (struct fg_meter){
        .name = "m", .id = at + 1, .kind = kind, .source = source, .per = per, .over_ms = 60000};
    world.ruleset.meters = meters;
    world.ruleset.n_meters = at + 1;
}

static void test_meters_of_each_event(void **state)
{
    (void)state;
    // Rows: attempt, answer, minute, end; columns: count, sum of minutes, distinct, gauge.
    static const int wanted[FG_EVENT_KINDS][4] = {
        {FG_OP_WINDOW_ADD, -1, FG_OP_SET_PUT, FG_OP_SET_PUT},
        {-1, -1, -1, FG_OP_SET_PUT},
        {-1, FG_OP_WINDOW_ADD, -1, FG_OP_SET_PUT},
        {-1, -1, -1, FG_OP_SET_DELETE}};
    add_meter(0, FG_METER_COUNT, FG_SOURCE_CALLS, FG_KEY_CUSTOMER);
    add_meter(1, FG_METER_SUM, FG_SOURCE_MINUTES, FG_KEY_CUSTOMER);
    add_meter(2, FG_METER_DISTINCT, FG_SOURCE_DEST_COUNTRY, FG_KEY_CUSTOMER);
    add_meter(3, FG_METER_GAUGE, FG_SOURCE_CALLS, FG_KEY_CUSTOMER);
    for (int kind = 0; kind < FG_EVENT_KINDS; kind++) {
        event.kind = (enum fg_event_kind)kind;
        plan_now();
        assert_int_equal(plan.request.once, kind == FG_EVENT_ATTEMPT);
        for (int meter = 0; meter < 4; meter++) {
            int8_t at = plan.op_of_meter[meter];
            if (at < 0) {
                assert_int_equal(wanted[kind][meter], -1);
            } else {
                assert_int_equal(plan.request.ops[at].kind, wanted[kind][meter]);
            }
        }
    }
    event.kind = FG_EVENT_ATTEMPT;
    plan_now();
    assert_true(plan.request.ops[plan.op_of_meter[3]].expiry_ms == FRIDAY_MORNING_MS + FG_LEASE_MS);
    assert_true(plan.request.ops[plan.op_of_meter[2]].expiry_ms == FRIDAY_MORNING_MS + 60000);
    assert_int_equal(plan.request.ops[plan.op_of_meter[0]].cells, FG_WINDOW_CELLS);
    assert_true(plan.request.ops[plan.op_of_meter[0]].ttl_ms == 66000);
    // A retry takes the place of what it repeats, in one request.
    event.lease = 8;
    event.lease_before = 7;
    plan_now();
    const struct fg_meter_op *put = &plan.request.ops[plan.op_of_meter[3]];
    assert_true(put->kind == FG_OP_SET_PUT && put->member == 8);
    assert_true(put[-1].kind == FG_OP_SET_DELETE && put[-1].member == 7);
    assert_true(put[-1].meter_id == put->meter_id && put[-1].scope == put->scope);
    event.kind = FG_EVENT_END;
    plan_now();
    assert_int_equal(plan.request.ops[plan.op_of_meter[3]].member, 8);
    event.direction = FG_INBOUND;
    plan_now();
    assert_int_equal(plan.request.n_ops, 0);
    assert_false(plan.store_needed);
}

static void test_unmet_meters_are_read_where_a_rule_needs_them(void **state)
{
    (void)state;
    static const struct fg_predicate abroad = {
        .signal = FG_SIG_DEST_HOME, .op = FG_OP_IS, .truth = true};
    add_meter(0, FG_METER_COUNT, FG_SOURCE_CALLS, FG_KEY_CUSTOMER);
    meters[0].when = (struct fg_condition){.all = &abroad, .n = 1};
    plan_now();
    assert_int_equal(plan.op_of_meter[0], -1);
    rules[0] = (struct fg_rule){.id = "R",
                                .group = -1,
                                .events = 1,
                                .measured = true,
                                .measure_is_meter = true,
                                .n_steps = 1};
    world.ruleset.rules = rules;
    world.ruleset.n_rules = 1;
    plan_now();
    assert_int_equal(plan.request.ops[plan.op_of_meter[0]].kind, FG_OP_WINDOW_READ);
    event = world_call(&world, world.acme, "02079460000");
    plan_now();
    assert_int_equal(plan.request.ops[plan.op_of_meter[0]].kind, FG_OP_WINDOW_ADD);
}

static uint64_t scope_of(const char *user, const char *caller)
{
    event = world_call(&world, world.acme, user);
    if (caller[0] != '\0') {
        assert_int_equal(fg_number_parse_e164(fg_view_of(caller), &event.caller), FG_OK);
    }
    plan_now();
    assert_false(plan.request.ops[plan.op_of_meter[0]].scope_is_customer);
    return plan.request.ops[plan.op_of_meter[0]].scope;
}

static void test_scopes(void **state)
{
    (void)state;
    add_meter(0, FG_METER_COUNT, FG_SOURCE_CALLS, FG_KEY_DEST_NUMBER);
    uint64_t first = scope_of("+442079460000", "+4411");
    assert_true(first == scope_of("02079460000", "+4412"));
    assert_true(first != scope_of("+442079460001", "+4411"));
    add_meter(0, FG_METER_COUNT, FG_SOURCE_CALLS, FG_KEY_CALLER_NUMBER);
    // The same digits as caller are another key.
    assert_true(first != scope_of("+4411", "+442079460000"));
    add_meter(0, FG_METER_COUNT, FG_SOURCE_CALLS, FG_KEY_DEST_NUMBER | FG_KEY_CALLER_NUMBER);
    assert_true(scope_of("+442079460000", "+441132000100") !=
                scope_of("+441132000100", "+442079460000"));
    world.policy.hash_key.bytes[0] ^= 1;
    add_meter(0, FG_METER_COUNT, FG_SOURCE_CALLS, FG_KEY_DEST_NUMBER);
    assert_true(first != scope_of("+442079460000", "+4411"));
    event = world_call(&world, world.acme, "nonsense");
    plan_now();
    assert_int_equal(plan.op_of_meter[0], -1); // no number, no counter for it
}

static void test_riskier_reading_is_rated(void **state)
{
    (void)state;
    // National without its 0, or Maldives without "+"?
    event = world_call(&world, world.acme, "9607712345");
    assert_int_equal(event.called.n, 2);
    plan_now();
    assert_string_equal(plan.dest.number.digits, "449607712345");
    assert_int_equal(plan.dest.type, FG_TYPE_PREMIUM);
    event = world_call(&world, world.acme, "1132000100");
    plan_now();
    assert_string_equal(plan.dest.number.digits, "441132000100");
}

// Nobody knows which reading the carrier takes: what is cheap or domestic by one of them only must
// not count as such.
static void test_both_readings_count(void **state)
{
    (void)state;
    world_seal(&world);
    struct fg_event dear = world_call(&world, world.acme, "8821312345");
    assert_int_equal(dear.called.n, 2);
    fg_plan(&world.policy, &dear, FRIDAY_MORNING_MS, &plan);
    assert_string_equal(plan.dest.number.digits, "448821312345"); // unallocated
    assert_true(plan.dest.rated);
    assert_int_equal(plan.dest.usd_per_minute, 6000000); // of +88213
    assert_false(plan.dest_home);

    struct fg_event foreign = world_call(&world, world.acme, "1800555000");
    assert_int_equal(foreign.called.n, 2);
    fg_plan(&world.policy, &foreign, FRIDAY_MORNING_MS, &plan);
    assert_string_equal(plan.dest.number.digits, "441800555000"); // the dearer one
    assert_false(plan.dest_home);
    assert_false(plan.dest_ordinary);
    assert_true(fg_hold_asked(&plan.request.holds, FG_HOLD_RISKY, 0));

    struct fg_event emergency = world_call(&world, world.bare, "112");
    fg_plan(&world.policy, &emergency, FRIDAY_MORNING_MS, &plan);
    assert_true(plan.emergency);
    assert_true(plan.dest_ordinary);
}

static void test_nothing_is_allocated(void **state)
{
    (void)state;
    add_meter(0, FG_METER_DISTINCT, FG_SOURCE_DEST_NUMBER, FG_KEY_DEST_COUNTRY);
    world_seal(&world);
    static struct fg_decision decision;
    const struct fg_store_reply reply = {.degraded = true};
    unsigned long before = allocations;
    assert_true(before > 0); // the fixture's were seen
    for (int kind = 0; kind < FG_EVENT_KINDS; kind++) {
        event.kind = (enum fg_event_kind)kind;
        fg_plan(&world.policy, &event, FRIDAY_MORNING_MS, &plan);
        fg_decide(&plan, &reply, 3, &decision);
        fg_decide(&plan, NULL, 3, &decision);
    }
    assert_int_equal(allocations, before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_known_of_the_caller),
        TEST(test_callers_of_impossible_length),
        TEST(test_signals_of_a_call),
        TEST(test_media_signals),
        TEST(test_absent_signals),
        TEST(test_conditions),
        TEST(test_meters_of_each_event),
        TEST(test_unmet_meters_are_read_where_a_rule_needs_them),
        TEST(test_scopes),
        TEST(test_riskier_reading_is_rated),
        TEST(test_both_readings_count),
        TEST(test_nothing_is_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
