// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "address.h"
#include "event.h"

static int parse(const char *json, struct fga_event *event)
{
    memset(event, 0xa5, sizeof(*event));
    return fga_event_parse(fg_view_of(json), event);
}

#define HEAD "{\"v\":1,\"time_ms\":1795233004000,\"customer\":\"acme\","

static void test_blocked_attempt(void **state)
{
    struct fga_event event;
    (void)state;
    assert_int_equal(
        parse(HEAD
              "\"type\":\"call.attempt\",\"direction\":\"outbound\",\"action\":\"block\","
              "\"dest\":{\"number\":\"+96077***45\",\"country\":\"MV\",\"usd_per_minute\":0.4},"
              "\"reasons\":[{\"id\":\"S\",\"kind\":\"rule\",\"points\":9,\"shadow\":true},"
              "{\"id\":\"C\",\"kind\":\"cap\",\"points\":9,\"shadow\":false},"
              "{\"id\":\"R\",\"kind\":\"rule\",\"points\":45,\"shadow\":false,"
              "\"desc\":\"Known range\",\"why\":\"45 of 50\"}],"
              "\"effects\":{\"hold\":{\"scope\":\"risky\",\"until_ms\":1795233904000}},"
              "\"hold\":null}",
              &event),
        FG_OK);
    assert_int_equal(event.kind, FGA_EVENT_REFUSED);
    assert_string_equal(event.customer, "acme");
    assert_false(event.inbound);
    assert_string_equal(event.number, "+96077***45");
    assert_int_equal(event.usd_per_minute, 400000);
    assert_string_equal(event.scope, "risky");
    assert_int_equal(event.hold_until_ms, 1795233904000);
    assert_int_equal(event.n_reasons, 1);
    assert_string_equal(event.reasons[0].rule, "R");
    assert_string_equal(event.reasons[0].text, "Known range");
    assert_string_equal(event.why, "45 of 50");
}

static void test_kinds(void **state)
{
    static const struct {
        const char *json;
        int kind;
    } rows[] = {
        {"\"type\":\"call.attempt\",\"action\":\"allow\"}", FGA_EVENT_OTHER},
        {"\"type\":\"call.attempt\",\"action\":\"throttle\"}", FGA_EVENT_OTHER},
        {"\"type\":\"call.attempt\",\"action\":\"challenge\"}", FGA_EVENT_OTHER},
        {"\"type\":\"call.attempt\",\"action\":\"challenge\",\"direction\":\"inbound\"}",
         FGA_EVENT_REFUSED},
        {"\"type\":\"attack.started\",\"kind\":\"number\",\"calls\":40}", FGA_EVENT_FLOODED},
        {"\"type\":\"attack.started\",\"kind\":\"certificate\"}", FGA_EVENT_OTHER},
        {"\"type\":\"call.attempt\",\"action\":\"throttle\",\"direction\":\"inbound\"}",
         FGA_EVENT_REFUSED},
        {"\"type\":\"call.attempt\",\"action\":\"block\",\"repeated\":true}", FGA_EVENT_OTHER},
        {"\"type\":\"call.minute\",\"action\":\"block\",\"duration_s\":60}", FGA_EVENT_CUT},
        {"\"type\":\"call.end\",\"action\":\"block\"}", FGA_EVENT_OTHER},
        {"\"type\":\"hold.set\",\"scope\":\"customer\",\"until_ms\":1795233904000}",
         FGA_EVENT_HELD},
        {"\"type\":\"hold.released\",\"scope\":\"country.MV\"}", FGA_EVENT_RELEASED},
        {"\"type\":\"alert.test\"}", FGA_EVENT_TEST},
        {"\"type\":\"alert.resend\",\"dead\":\"1795233004000-0\"}", FGA_EVENT_RESEND},
        {"\"type\":\"something.new\"}", FGA_EVENT_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fga_event event;
        char json[256];
        (void)snprintf(json, sizeof(json), "%s%s", HEAD, rows[i].json);
        assert_int_equal(parse(json, &event), FG_OK);
        assert_int_equal((int)event.kind, rows[i].kind);
    }
}

static void test_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "{",
        "[]",
        "{\"v\":2,\"type\":\"call.attempt\",\"time_ms\":1}",
        "{\"v\":1,\"time_ms\":1,\"customer\":\"acme\"}",
        "{\"v\":1,\"type\":\"x\",\"time_ms\":0,\"customer\":\"acme\"}",
        "{\"v\":1,\"type\":\"x\",\"time_ms\":9,\"customer\":\"../etc\"}",
        HEAD "\"type\":\"hold.set\",\"scope\":\"all\",\"until_ms\":1795233904000}",
        HEAD "\"type\":\"hold.set\",\"scope\":\"customer\"}",
        HEAD "\"type\":\"alert.resend\",\"dead\":\"-\"}",
        HEAD "\"type\":\"alert.resend\",\"dead\":\"1-2 MAXLEN\"}",
        HEAD "\"type\":\"hold.released\",\"scope\":\"country.123\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fga_event event;
        assert_int_equal(parse(rows[i], &event), FG_ESYNTAX);
    }
}

static void test_text_copy_cuts_between_characters(void **state)
{
    char out[6];
    (void)state;
    fga_text_copy(out, sizeof(out), "abcd\xc3\xa9x"); // e with an acute accent: two bytes
    assert_string_equal(out, "abcd");
    fga_text_copy(out, sizeof(out), "ab\xc3\xa9x");
    assert_string_equal(out, "ab\xc3\xa9x");
    fga_text_copy(out, sizeof(out), NULL);
    assert_string_equal(out, "");
}

static bool permitted(const char *address, const char *allowed)
{
    struct fg_ip ip;
    struct fg_ip_range range;
    assert_true(fg_ip_parse(fg_view_of(address), &ip));
    if (allowed == NULL)
        return fga_address_is_permitted(&ip, NULL, 0);
    assert_true(fga_address_range_parse(fg_view_of(allowed), &range));
    return fga_address_is_permitted(&ip, &range, 1);
}

static void test_addresses(void **state)
{
    // RFC 6890's tables and what was registered since.
    static const char *const internal[] = {"127.0.0.1",
                                           "10.1.2.3",
                                           "172.16.0.1",
                                           "172.31.255.255",
                                           "192.168.1.1",
                                           "169.254.169.254",
                                           "100.64.0.1",
                                           "0.0.0.0",
                                           "224.0.0.1",
                                           "255.255.255.255",
                                           "192.0.2.1",
                                           "198.18.0.1",
                                           "203.0.113.9",
                                           "::1",
                                           "::",
                                           "fe80::1",
                                           "fc00::1",
                                           "fd12::1",
                                           "ff02::1",
                                           "::ffff:127.0.0.1",
                                           "::ffff:10.0.0.1",
                                           "64:ff9b::7f00:1",
                                           "2002:7f00:1::",
                                           "2001::1",
                                           "2001:db8::1",
                                           "fec0::1"};
    static const char *const public[] = {
        "1.1.1.1",       "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111",
        "::ffff:8.8.8.8"};
    (void)state;
    for (size_t i = 0; i < sizeof(internal) / sizeof(*internal); i++)
        assert_false(permitted(internal[i], NULL));
    for (size_t i = 0; i < sizeof(public) / sizeof(*public); i++)
        assert_true(permitted(public[i], NULL));
    assert_true(permitted("127.0.0.1", "127.0.0.0/8"));
    assert_false(permitted("10.0.0.1", "127.0.0.0/8"));
    assert_true(permitted("::1", "::1"));
}

static void test_ranges_and_urls(void **state)
{
    static const char *const bad_ranges[] = {"",    "10.0.0.0/33", "10.0.0.0/",    "::/129",
                                             "x/8", "10.0.0.0/+8", "10.0.0.0/0008"};
    static const char *const bad_urls[] = {
        "http://a.example/",          "https://",     "https:///x",      "https://u@a.example/",
        "https://a.example/\r\nX: y", "https://a b/", "ftp://a.example", "https:///@"};
    struct fg_ip_range range;
    (void)state;
    for (size_t i = 0; i < sizeof(bad_ranges) / sizeof(*bad_ranges); i++)
        assert_false(fga_address_range_parse(fg_view_of(bad_ranges[i]), &range));
    for (size_t i = 0; i < sizeof(bad_urls) / sizeof(*bad_urls); i++)
        assert_false(fga_address_url_valid(fg_view_of(bad_urls[i])));
    assert_true(fga_address_url_valid(fg_view_of("https://a.example:8443/x?y=@")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocked_attempt),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_text_copy_cuts_between_characters),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_ranges_and_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
