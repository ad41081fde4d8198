// SPDX-License-Identifier: GPL-2.0-or-later
// Holds, channel messages, trunk facts, Call-IDs and plain text: round trips and hostile bytes.
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

static const int64_t since_ms = INT64_C(1795310000000);
static const int64_t until_ms = INT64_C(1795310900000);

static struct fg_hold example_hold(uint8_t scope)
{
    struct fg_hold hold = {.active = true,
                           .scope = scope,
                           .cut = true,
                           .since_ms = since_ms,
                           .until_ms = until_ms,
                           .reason = "PBX \"hijacked\" \\ calls to caf\xc3\xa9",
                           .by = "fgctl:root"};
    if (scope == FG_HOLD_COUNTRY) {
        hold.value = fg_country_parse(fg_view_of("MV"));
    } else if (scope == FG_HOLD_TYPE) {
        hold.value = FG_TYPE_PREMIUM;
    } else if (scope > FG_HOLD_TYPE) {
        hold.value = UINT64_C(0x0123456789abcdef);
        hold.times = 3;
        memcpy(hold.of, "+96077***45", sizeof("+96077***45"));
        memcpy(hold.rule, "DEST_IRSF", sizeof("DEST_IRSF"));
    }
    return hold;
}

static void assert_same_hold(const struct fg_hold *a, const struct fg_hold *b)
{
    assert_int_equal(a->active, b->active);
    assert_int_equal(a->scope, b->scope);
    assert_int_equal(a->cut, b->cut);
    assert_int_equal(a->since_ms, b->since_ms);
    assert_int_equal(a->until_ms, b->until_ms);
    assert_string_equal(a->reason, b->reason);
    assert_string_equal(a->by, b->by);
    assert_true(a->value == b->value);
    assert_int_equal(a->times, b->times);
    assert_string_equal(a->of, b->of);
    assert_string_equal(a->rule, b->rule);
}

static void test_hold_round_trip(void **state)
{
    static const char *const rules[] = {"DEST_IRSF", "TIME_CLOSED"};
    (void)state;

    for (unsigned scope = 0; scope < FG_HOLD_SCOPES; scope++) {
        const struct fg_hold hold = example_hold((uint8_t)scope);
        struct fg_message read = {0};
        char *stored = fg_record_hold("initech", &hold, rules, 2);
        char *message = fg_record_hold_message("initech", &hold);

        assert_non_null(stored);
        assert_non_null(message);
        assert_null(strchr(stored, '\n'));
        assert_non_null(strstr(stored, "\"rules\":[\"DEST_IRSF\",\"TIME_CLOSED\"]"));
        assert_int_equal(fg_record_parse_hold(fg_view_of(stored), &read), FG_OK);
        assert_string_equal(read.customer, "initech");
        assert_same_hold(&read.hold, &hold);

        memset(&read, 0, sizeof(read));
        assert_int_equal(fg_record_parse_message(fg_view_of(message), &read), FG_OK);
        assert_int_equal(read.op, FG_MESSAGE_HOLD);
        assert_string_equal(read.customer, "initech");
        assert_same_hold(&read.hold, &hold);
        free(stored);
        free(message);
    }
}

static void test_release_round_trip(void **state)
{
    struct fg_message read = {0};
    char *message = fg_record_release_message("acme.uk_1-x", FG_HOLD_RISKY, 0, "rule:core");
    (void)state;

    assert_int_equal(fg_record_parse_message(fg_view_of(message), &read), FG_OK);
    assert_int_equal(read.op, FG_MESSAGE_RELEASE);
    assert_string_equal(read.customer, "acme.uk_1-x");
    assert_int_equal(read.hold.scope, FG_HOLD_RISKY);
    assert_string_equal(read.hold.by, "rule:core");
    assert_false(read.hold.active);
    free(message);
}

static void test_passed_round_trip(void **state)
{
    struct fg_message read = {0};
    char *message = fg_record_passed_message("acme", UINT64_C(0x00c0ffee00c0ffee), 7, until_ms);
    (void)state;

    assert_int_equal(fg_record_parse_message(fg_view_of(message), &read), FG_OK);
    assert_int_equal(read.op, FG_MESSAGE_PASSED);
    assert_string_equal(read.customer, "acme");
    assert_true(read.who == UINT64_C(0x00c0ffee00c0ffee) && read.token == 7);
    assert_int_equal(read.hold.until_ms, until_ms);
    char *who = strstr(message, "c0ffee");
    assert_non_null(who);
    *who = 'C';
    assert_int_equal(fg_record_parse_message(fg_view_of(message), &read), FG_ESYNTAX);
    free(message);
}

static void test_allowance_round_trip(void **state)
{
    const struct fg_allowance allowance = {.id = 4711,
                                           .to = {.digits = "960", .len = 3},
                                           .calls = 20,
                                           .usd = 49990000,
                                           .since_ms = until_ms - 1000,
                                           .until_ms = until_ms,
                                           .reason = "NOC-7, \xc3\xa4",
                                           .by = "fgctl:noc"};
    struct fg_message read = {0};
    char *message = fg_record_allow_message("acme", &allowance);
    char *removal = fg_record_disallow_message("acme", 4711, "fgctl:noc");
    char *event = fg_record_allowance_set_event("edge1", "acme", &allowance, until_ms);
    (void)state;

    assert_non_null(event);
    assert_non_null(strstr(event, "\"type\":\"allowance.set\""));
    assert_int_equal(fg_record_parse_message(fg_view_of(message), &read), FG_OK);
    assert_int_equal(read.op, FG_MESSAGE_ALLOW);
    assert_string_equal(read.customer, "acme");
    assert_int_equal(read.allowance.id, 4711);
    assert_string_equal(read.allowance.to.digits, "960");
    assert_int_equal(read.allowance.calls, 20);
    assert_int_equal(read.allowance.usd, 49990000);
    assert_int_equal(read.allowance.since_ms, until_ms - 1000);
    assert_int_equal(read.allowance.until_ms, until_ms);
    assert_string_equal(read.allowance.reason, allowance.reason);
    assert_string_equal(read.allowance.by, allowance.by);
    assert_int_equal(fg_record_parse_message(fg_view_of(removal), &read), FG_OK);
    assert_int_equal(read.op, FG_MESSAGE_DISALLOW);
    assert_int_equal(read.allowance.id, 4711);
    // What is beyond its limits is none.
    char *calls = strstr(message, "\"calls\":20");
    assert_non_null(calls);
    memcpy(calls, "\"calls\":-1", 10);
    assert_int_equal(fg_record_parse_message(fg_view_of(message), &read), FG_ESYNTAX);
    memcpy(calls, "\"calls\":00", 10);
    assert_int_equal(fg_record_parse_message(fg_view_of(message), &read), FG_ESYNTAX);
    free(message);
    free(removal);
    free(event);
}

static void test_kill_keeps_every_byte_of_a_call_id(void **state)
{
    char bytes[FG_CALL_ID_MAX];
    const struct fg_view ids[] = {
        fg_view_of("3848276298220188511@host.example"),
        fg_view_of("a\"b\\c<d>e{f}@h"), // all of them allowed by RFC 3261 25.1
        fg_view_of("caf\xc3\xa9@h"),
        fg_view_of("bad\xff\xfe\xc3@h"),
        fg_view_of("esc\x1b[31m\r\n@h"),
        {bytes, sizeof(bytes)},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(unsigned char)(i + 1);
    }
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct fg_message read = {0};
        char *message = fg_record_kill_message(ids[i], "acme", until_ms, "blocked", "rule:core");

        assert_non_null(message);
        assert_true(fg_text_is_plain(fg_view_of(message)));
        assert_int_equal(fg_record_parse_message(fg_view_of(message), &read), FG_OK);
        assert_int_equal(read.op, FG_MESSAGE_KILL);
        assert_int_equal(strlen(read.call_id), ids[i].len);
        assert_memory_equal(read.call_id, ids[i].ptr, ids[i].len);
        assert_int_equal(read.hold.until_ms, until_ms);
        free(message);
    }
}

static void test_kill_refuses_what_cannot_be_named(void **state)
{
    char bytes[FG_CALL_ID_MAX + 1];
    (void)state;

    memset(bytes, 'a', sizeof(bytes));
    assert_null(
        fg_record_kill_message((struct fg_view){bytes, sizeof(bytes)}, "acme", 1, "r", "b"));
    assert_null(fg_record_kill_message((struct fg_view){bytes, 0}, "acme", 1, "r", "b"));
    assert_null(fg_record_kill_message((struct fg_view){"a\0b", 3}, "acme", 1, "r", "b"));
}

#define HOLD_HEAD "{\"v\":1,\"op\":\"hold\",\"customer\":\"acme\","
#define HOLD_TAIL "\"until_ms\":5,\"cut\":true,\"reason\":\"r\",\"by\":\"b\"}"
#define KILL_HEAD "{\"v\":1,\"op\":\"kill\",\"customer\":\"acme\","
#define KILL_TAIL "\"until_ms\":5,\"reason\":\"r\",\"by\":\"b\"}"

static void test_message_reads_documented_forms(void **state)
{
    static const char *const good[] = {
        HOLD_HEAD "\"scope\":\"customer\"," HOLD_TAIL,
        HOLD_HEAD "\"scope\":\"country.MV\",\"unknown\":[1,{\"a\":null}]," HOLD_TAIL,
        "{\"v\":1,\"op\":\"release\",\"customer\":\"acme\",\"scope\":\"risky\",\"by\":\"b\"}",
        KILL_HEAD "\"call_id\":\"x\"," KILL_TAIL,
    };
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct fg_message read;
        assert_int_equal(fg_record_parse_message(fg_view_of(good[i]), &read), FG_OK);
    }
}

static void test_message_refuses_everything_else(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "null",
        "\"hold\"",
        "{}",
        "{\"v\":1}",
        "{\"v\":2,\"op\":\"release\",\"customer\":\"acme\",\"scope\":\"risky\",\"by\":\"b\"}",
        "{\"v\":\"1\",\"op\":\"release\",\"customer\":\"acme\",\"scope\":\"risky\",\"by\":\"b\"}",
        "{\"op\":\"release\",\"customer\":\"acme\",\"scope\":\"risky\",\"by\":\"b\"}",
        "{\"v\":1,\"op\":\"release\",\"customer\":\"acme\",\"scope\":\"risky\"}",
        "{\"v\":1,\"op\":\"drop\",\"customer\":\"acme\",\"scope\":\"risky\",\"by\":\"b\"}",
        "{\"v\":1,\"op\":\"release\",\"customer\":\"Acme\",\"scope\":\"risky\",\"by\":\"b\"}",
        "{\"v\":1,\"op\":\"release\",\"customer\":\"\",\"scope\":\"risky\",\"by\":\"b\"}",
        "{\"v\":1,\"op\":\"release\",\"customer\":\"a b\",\"scope\":\"risky\",\"by\":\"b\"}",
        "{\"v\":1,\"op\":\"release\",\"customer\":\"a{b}\",\"scope\":\"risky\",\"by\":\"b\"}",
        "{\"v\":1,\"op\":\"release\",\"customer\":7,\"scope\":\"risky\",\"by\":\"b\"}",
        HOLD_HEAD HOLD_TAIL,
        HOLD_HEAD "\"scope\":\"country\"," HOLD_TAIL,
        HOLD_HEAD "\"scope\":\"country.mv\"," HOLD_TAIL,
        HOLD_HEAD "\"scope\":\"country.MVX\"," HOLD_TAIL,
        HOLD_HEAD "\"scope\":\"risky\",\"cut\":false," HOLD_TAIL, // a key twice
        HOLD_HEAD "\"scope\":\"risky\"," HOLD_TAIL "x",
        HOLD_HEAD "\"scope\":\"risky\",\"until_ms\":5,\"cut\":1,\"reason\":\"r\",\"by\":\"b\"}",
        HOLD_HEAD "\"scope\":\"risky\",\"until_ms\":0,\"cut\":true,\"reason\":\"r\",\"by\":\"b\"}",
        HOLD_HEAD "\"scope\":\"risky\",\"until_ms\":-5,\"cut\":true,\"reason\":\"r\",\"by\":\"b\"}",
        HOLD_HEAD
        "\"scope\":\"risky\",\"until_ms\":5.5,\"cut\":true,\"reason\":\"r\",\"by\":\"b\"}",
        HOLD_HEAD "\"scope\":\"risky\",\"until_ms\":9223372036854775807,\"cut\":true,"
                  "\"reason\":\"r\",\"by\":\"b\"}",
        HOLD_HEAD "\"scope\":\"risky\",\"until_ms\":5,\"cut\":true,\"reason\":\"\\u001b[2J\","
                  "\"by\":\"b\"}",
        HOLD_HEAD "\"scope\":\"risky\",\"until_ms\":5,\"cut\":true,\"reason\":\"a\\u0000b\","
                  "\"by\":\"b\"}",
        HOLD_HEAD
        "\"scope\":\"risky\",\"until_ms\":5,\"cut\":true,\"reason\":\"\xff\",\"by\":\"b\"}",
        KILL_HEAD KILL_TAIL,
        KILL_HEAD "\"call_id\":\"\"," KILL_TAIL,
        KILL_HEAD "\"call_id\":\"a\\nb\"," KILL_TAIL,
        KILL_HEAD "\"call_id_hex\":\"6\"," KILL_TAIL,
        KILL_HEAD "\"call_id_hex\":\"6g\"," KILL_TAIL,
        KILL_HEAD "\"call_id_hex\":\"00\"," KILL_TAIL,
        KILL_HEAD "\"call_id_hex\":\"\"," KILL_TAIL,
    };
    struct fg_message untouched;
    struct fg_message read;
    (void)state;

    memset(&untouched, 0x5a, sizeof(untouched));
    memcpy(&read, &untouched, sizeof(read));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (fg_record_parse_message(fg_view_of(bad[i]), &read) != FG_ESYNTAX) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    assert_memory_equal(&read, &untouched, sizeof(read));
}

static void test_message_bounds_lengths(void **state)
{
    char text[FG_MESSAGE_BYTES_MAX + 64];
    char customer[FG_CUSTOMER_ID_MAX + 2];
    struct fg_message read;
    int length = 0;
    (void)state;

    for (size_t n = FG_CUSTOMER_ID_MAX; n <= FG_CUSTOMER_ID_MAX + 1; n++) {
        memset(customer, 'a', n);
        customer[n] = '\0';
        (void)snprintf(text, sizeof(text),
                       "{\"v\":1,\"op\":\"release\",\"customer\":\"%s\",\"scope\":\"risky\","
                       "\"by\":\"b\"}",
                       customer);
        assert_int_equal(fg_record_parse_message(fg_view_of(text), &read),
                         n <= FG_CUSTOMER_ID_MAX ? FG_OK : FG_ESYNTAX);
    }
    for (int n = FG_HOLD_REASON_MAX - 1; n <= FG_HOLD_REASON_MAX; n++) {
        (void)snprintf(text, sizeof(text),
                       HOLD_HEAD "\"scope\":\"risky\",\"until_ms\":5,\"cut\":true,\"by\":\"b\","
                                 "\"reason\":\"%0*d\"}",
                       n, 0);
        assert_int_equal(fg_record_parse_message(fg_view_of(text), &read),
                         n < FG_HOLD_REASON_MAX ? FG_OK : FG_ESYNTAX);
    }
    length = snprintf(text, sizeof(text), HOLD_HEAD "\"scope\":\"risky\"," HOLD_TAIL);
    memset(text + length, ' ', sizeof(text) - (size_t)length);
    assert_int_equal(fg_record_parse_message((struct fg_view){text, FG_MESSAGE_BYTES_MAX}, &read),
                     FG_OK);
    assert_int_equal(
        fg_record_parse_message((struct fg_view){text, FG_MESSAGE_BYTES_MAX + 1}, &read),
        FG_ESYNTAX);
}

static void test_truncated_messages_are_refused(void **state)
{
    const struct fg_hold hold = example_hold(FG_HOLD_CUSTOMER);
    char *stored = fg_record_hold("initech", &hold, NULL, 0);
    struct fg_message read;
    (void)state;

    for (size_t n = 0; n < strlen(stored); n++) {
        assert_int_equal(fg_record_parse_hold((struct fg_view){stored, n}, &read), FG_ESYNTAX);
    }
    free(stored);
}

static void test_scopes(void **state)
{
    static const char *const good[] = {"customer",    "risky",        "country.MV",
                                       "country.001", "type.premium", "number.0123456789abcdef"};
    static const char *const bad[] = {"",
                                      "Customer",
                                      "customer ",
                                      "country.",
                                      "country.M",
                                      "country.MV ",
                                      "all",
                                      "type.",
                                      "type.Premium",
                                      "number.0123456789abcde",
                                      "number.0123456789ABCDEF",
                                      "customer.x",
                                      "number"};
    char text[FG_HOLD_SCOPE_TEXT_MAX];
    uint8_t scope = 0;
    uint64_t value = 0;
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(fg_hold_scope_parse(fg_view_of(good[i]), &scope, &value), FG_OK);
        fg_hold_scope_format(scope, value, text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(fg_hold_scope_parse(fg_view_of(bad[i]), &scope, &value), FG_ESYNTAX);
    }
    fg_hold_scope_format(200, 0, text);
    assert_string_equal(text, "unknown");
}

static void test_plain_text(void **state)
{
    // An override written as a literal would turn this very source around.
    static const char right_to_left[] = {'a', '\xe2', '\x80', '\xae', 'b', '\0'};
    static const struct {
        const char *text, *plain; // plain NULL: the same
    } cases[] = {
        {"", NULL},
        {"caf\xc3\xa9 \"q\" \\ \xe2\x82\xac \xf0\x9f\x94\x92", NULL},
        {"a\tb", "a\\x09b"},
        {"\x7f", "\\x7f"},
        {"\xc0\xaf", "\\xc0\\xaf"},                   // overlong (RFC 3629 section 10)
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          // surrogate
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, // above U+10FFFF
        {"\xe2\x82", "\\xe2\\x82"},                   // cut short
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b"
         "31m"}, // C1 control: CSI
        {right_to_left, "a\\xe2\\x80\\xaeb"},
        {"\x80", "\\x80"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fg_view text = fg_view_of(cases[i].text);
        char *plain = fg_text_plain(text);
        assert_string_equal(plain, cases[i].plain == NULL ? cases[i].text : cases[i].plain);
        assert_int_equal(fg_text_is_plain(text), cases[i].plain == NULL);
        assert_true(fg_text_is_plain(fg_view_of(plain)));
        free(plain);
    }
    assert_false(fg_text_is_plain((struct fg_view){"a\0b", 3}));
}

static void test_call_hash(void **state)
{
    char a[33];
    char b[33];
    (void)state;

    fg_record_call_hash(fg_view_of("x@y"), a);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    fg_record_call_hash(fg_view_of("x@y"), b);
    assert_string_equal(a, b);
    fg_record_call_hash(fg_view_of("x@Y"), b);
    assert_string_not_equal(a, b);
    fg_record_call_hash((struct fg_view){"x@y\0", 4}, b);
    assert_string_not_equal(a, b);
}

static void test_trunk(void **state)
{
    struct fg_tls_peer peer = {.tls = true,
                               .cert_present = true,
                               .cert_verified = true,
                               .version = 0x13,
                               .cipher = "TLS_AES_256_GCM_SHA384",
                               .key_bits = 2048,
                               .not_after_s = since_ms / 1000 - 1,
                               .name = "pbx.acme.example",
                               .issuer = "CA"};
    struct fg_trunk_facts facts = {.customer = "acme",
                                   .tls = &peer,
                                   .source = "192.0.2.1",
                                   .seen_ms = since_ms,
                                   .calls = UINT64_MAX,
                                   .srtp_calls = 7,
                                   .blocked = 2,
                                   .live = 1};
    char *text = fg_record_trunk(&facts);
    struct fg_json *json = fg_json_parse(fg_view_of(text));
    int64_t number = 0;
    (void)state;

    assert_non_null(json);
    assert_string_equal(fg_json_string(fg_json_member(json, "tls"), "version"), "1.3");
    assert_true(fg_json_integer(fg_json_member(json, "tls"), "days_left", &number));
    assert_int_equal(number, -1); // expired a second ago
    assert_true(fg_json_integer(json, "calls", &number));
    assert_true(number == INT64_MAX);
    fg_json_free(json);
    free(text);

    facts.tls = NULL;
    text = fg_record_trunk(&facts);
    assert_non_null(strstr(text, "\"tls\":null"));
    free(text);
}

#define SIDE                                                                                       \
    "{\"encrypted\":true,\"suite\":\"AEAD_AES_128_GCM\",\"codec\":\"opus\",\"packets\":7,"         \
    "\"rate\":50,\"loss_ppm\":5,\"jitter_us\":6,\"dtmf\":2,\"idle_s\":1}"
#define MEDIA(call, rest)                                                                          \
    "{\"v\":1,\"op\":\"media\",\"time_ms\":1,\"node\":\"edge\"," call ",\"customer\":\"acme\","    \
    "\"on_hold\":true,\"up_s\":9,\"silent_s\":99999999999," rest "}"

static void test_media_is_read_as_written(void **state)
{
    struct fg_media_message message;
    (void)state;

    assert_int_equal(fg_record_parse_media(
                         fg_view_of(MEDIA("\"call_id\":\"a@b\"",
                                          "\"one_way_s\":3,\"caller\":" SIDE ",\"called\":null")),
                         &message),
                     FG_OK);
    assert_string_equal(message.call_id, "a@b");
    assert_string_equal(message.customer, "acme");
    assert_true(message.facts.known && message.facts.on_hold);
    assert_int_equal(message.facts.silent_s, INT32_MAX);
    assert_int_equal(message.facts.one_way_s, 3);
    assert_true(message.facts.caller.known && !message.facts.called.known);
    assert_string_equal(message.facts.caller.suite, "AEAD_AES_128_GCM");
    assert_string_equal(message.facts.caller.codec, "opus");
    assert_int_equal(message.facts.caller.dtmf, 2);
}

static void test_media_that_is_not_as_written_is_refused(void **state)
{
    static const char *const wrong[] = {
        "{}",
        MEDIA("\"call_id\":\"\"", "\"one_way_s\":3,\"caller\":null,\"called\":null"),
        MEDIA("\"call_id_hex\":\"0\"", "\"one_way_s\":3,\"caller\":null,\"called\":null"),
        MEDIA("\"call_id\":\"a\"", "\"one_way_s\":-3,\"caller\":null,\"called\":null"),
        MEDIA("\"call_id\":\"a\"", "\"one_way_s\":3,\"caller\":null"),
        MEDIA("\"call_id\":\"a\"", "\"one_way_s\":3,\"caller\":{\"suite\":\"\"},\"called\":null"),
        MEDIA("\"call_id\":\"a\"",
              "\"one_way_s\":3,\"caller\":{\"suite\":\"a b\"},\"called\":null"),
    };
    struct fg_media_message message;
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(fg_record_parse_media(fg_view_of(wrong[i]), &message), FG_ESYNTAX);
    }
}

static void test_text_is_found_in_text(void **state)
{
    (void)state;
    assert_true(fg_text_contains("Acme Widgets", fg_view_of("WIDG")));
    assert_true(fg_text_contains("aab", fg_view_of("ab")));
    assert_true(fg_text_contains("x", fg_view_of("")));
    assert_true(fg_text_contains(NULL, fg_view_of("")));
    assert_false(fg_text_contains(NULL, fg_view_of("x")));
    assert_false(fg_text_contains("ab", fg_view_of("abc")));
    assert_false(fg_text_contains("\xc4", fg_view_of("\xe4"))); // ASCII letters alone
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_found_in_text),
        cmocka_unit_test(test_hold_round_trip),
        cmocka_unit_test(test_release_round_trip),
        cmocka_unit_test(test_passed_round_trip),
        cmocka_unit_test(test_allowance_round_trip),
        cmocka_unit_test(test_kill_keeps_every_byte_of_a_call_id),
        cmocka_unit_test(test_kill_refuses_what_cannot_be_named),
        cmocka_unit_test(test_message_reads_documented_forms),
        cmocka_unit_test(test_message_refuses_everything_else),
        cmocka_unit_test(test_message_bounds_lengths),
        cmocka_unit_test(test_truncated_messages_are_refused),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_plain_text),
        cmocka_unit_test(test_call_hash),
        cmocka_unit_test(test_trunk),
        cmocka_unit_test(test_media_is_read_as_written),
        cmocka_unit_test(test_media_that_is_not_as_written_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
