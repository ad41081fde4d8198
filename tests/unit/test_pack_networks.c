// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of networks, and the source address that is looked up in them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fg/decide.h"
#include "fg/explain.h"
#include "pack_fixture.h"

#define HEAD                                                                                       \
    "fraudguard: 1\npack: p\nversion: \"1.0.0\"\n"                                                 \
    "scoring: {thresholds: {alert: 30, throttle: 50, block: 80}}\n"                                \
    "lists:\n  hosters: {type: network, items: [\"192.0.2.0/24\", \"2001:db8:1::/48\", "           \
    "\"198.51.100.7\"]}\nrules:\n  - {id: A, desc: d, score: 30, when: {"

static struct fg_plan plan;
static struct fg_decision decision;
static char text[300];

// Whether the rule hits a call from address; empty: nobody knows where it comes from.
static bool hits(struct fixture *fixture, const char *address)
{
    static struct fg_customer customer = {.id = "acme"};
    static const struct fg_destinations nowhere;
    static struct fg_policy policy;
    static struct fg_event event;
    const struct fg_store_reply reply = {.repeated = false};
    policy = (struct fg_policy){.ruleset = &fixture->ruleset, .destinations = &nowhere};
    event = (struct fg_event){.identity = FG_IDENTITY_CERTIFICATE, .customer = &customer};
    if (address[0] != '\0') {
        assert_true(fg_ip_parse(fg_view_of(address), &event.source));
    }
    fg_number_read(fg_view_of("+33140000000"), fg_view_of(""), NULL, &event.called);
    fg_plan(&policy, &event, 1000000, &plan);
    fg_decide(&plan, &reply, 0, &decision);
    text[0] = '\0';
    if (decision.n_reasons > 0) {
        fg_reason_text(&plan, &decision, &decision.reasons[0], text, sizeof(text));
    }
    return decision.score == 30;
}

static void addresses_are_in_networks(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD "src.ip: {in: hosters}}}\n"), FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    assert_true(hits(fixture, "192.0.2.255"));
    assert_string_equal(text, "src.ip is 192.0.2.255, in list hosters");
    assert_false(hits(fixture, "192.0.3.0"));
    assert_true(hits(fixture, "198.51.100.7"));
    assert_false(hits(fixture, "198.51.100.8"));
    assert_true(hits(fixture, "2001:db8:1:2::3"));
    assert_string_equal(text, "src.ip is 2001:db8:1:2:0:0:0:3, in list hosters");
    assert_false(hits(fixture, "2001:db8:2::3"));
    assert_false(hits(fixture, ""));
}

static void networks_may_be_written_in_the_matcher(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        fixture_parse(fixture, HEAD "src.ip: {not_in: [\"10.0.0.0/8\", \"192.0.2.0/25\"]}}}\n"),
        FG_OK);
    assert_true(hits(fixture, "192.0.2.128"));
    assert_false(hits(fixture, "192.0.2.127"));
    assert_false(hits(fixture, "10.255.0.1"));
    assert_false(hits(fixture, "")); // nobody knows
}

static void one_address_may_stand_alone(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD "src.ip: \"203.0.113.5\"}}\n"), FG_OK);
    assert_true(hits(fixture, "203.0.113.5"));
    assert_false(hits(fixture, "203.0.113.4"));
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *when, *message;
    } mistakes[] = {
        {"src.ip: {in: [\"192.0.2.300\"]}",
         "'192.0.2.300' is no address or network such as \"192.0.2.0/24\""},
        {"src.ip: {in: [\"192.0.2.0/33\"]}",
         "'192.0.2.0/33' is no address or network such as \"192.0.2.0/24\""},
        {"src.ip: {in: [\"192.0.2.1/24\"]}", "'192.0.2.1/24' has bits set behind its length"},
        {"src.ip: {above: 3}", "'src.ip' is not a number: above and below do not fit it"},
        {"dest.prefix: {in: hosters}",
         "list 'hosters' is of type network, but 'dest.prefix' needs one of type e164_prefix"},
    };
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        void *fresh = NULL;
        char pack[1024];
        assert_int_equal(setup(&fresh), 0);
        struct fixture *fixture = fresh;
        (void)snprintf(pack, sizeof(pack), HEAD "%s}}\n", mistakes[i].when);
        assert_int_equal(fixture_parse(fixture, pack), FG_ESYNTAX);
        assert_string_equal(fg_diags_at(fixture->diags, 0)->message, mistakes[i].message);
        (void)teardown(&fresh);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(addresses_are_in_networks),
        TEST(networks_may_be_written_in_the_matcher),
        TEST(one_address_may_stand_alone),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
