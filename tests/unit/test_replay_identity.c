// SPDX-License-Identifier: GPL-2.0-or-later
// Who a row's call belongs to, and what rules are told of its certificate.
#include "replay_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct found {
    const struct fg_customer *customer;
    enum fg_identity identity;
    enum fg_action action;
};

static int take(void *arg, const struct fg_replay_result *result)
{
    struct found *found = arg;
    *found = (struct found){result->customer, result->identity, result->action};
    return FG_OK;
}

static struct found play(const struct world *world, const struct fg_call_row *row)
{
    struct found found = {0};
    const struct fg_replay_config config = {
        .policy = &world->policy, .result = take, .arg = &found};
    struct fg_replay *replay = fg_replay_new(&config);
    assert_non_null(replay);
    assert_int_equal(fg_replay_add(replay, row), FG_OK);
    assert_int_equal(fg_replay_finish(replay), FG_OK);
    fg_replay_free(replay);
    return found;
}

static struct fg_call_row bare_row(const char *customer)
{
    struct fg_call_row row = told_row("a", "02079460001", 0, 1, 0);
    row.tls_san = fg_view_of("");
    row.tls_key_bits = 0;
    row.transport = FG_TRANSPORT_UDP;
    row.customer = fg_view_of(customer);
    return row;
}

static struct fg_call_row named_row(const char *names)
{
    struct fg_call_row row = told_row("a", "+442079460001", 0, 1, 0);
    row.tls_san = fg_view_of(names);
    return row;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world_init(world);
    world_seal(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    world_fini(*state);
    free(*state);
    return 0;
}

static void test_names_of_the_certificate(void **state)
{
    const struct world *world = *state;
    static const struct {
        const char *names;
        enum fg_identity identity;
    } cases[] = {
        {"pbx.acme.example", FG_IDENTITY_CERTIFICATE},
        {"DNS:PBX.acme.example", FG_IDENTITY_CERTIFICATE},
        {"sip:sip.acme.example", FG_IDENTITY_CERTIFICATE},
        {"URI:sip:sip.acme.example other.example", FG_IDENTITY_CERTIFICATE},
        {"other.example; sip.acme.example", FG_IDENTITY_CERTIFICATE},
        {"*.acme.example", FG_IDENTITY_UNKNOWN_NAME},
        {"sip:bob@sip.acme.example", FG_IDENTITY_UNKNOWN_NAME},
        {"sip.acme.example|pbx.globex.example", FG_IDENTITY_AMBIGUOUS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fg_call_row row = named_row(cases[i].names);
        const struct found found = play(world, &row);
        assert_int_equal(found.identity, cases[i].identity);
        bool known = cases[i].identity == FG_IDENTITY_CERTIFICATE;
        assert_ptr_equal(found.customer, known ? world->acme : NULL);
        assert_int_equal(found.action, known ? FG_ALLOW : FG_BLOCK);
    }
}

static void test_a_weak_key_is_refused_and_an_unknown_size_is_not(void **state)
{
    static const struct {
        uint16_t bits;
        enum fg_identity identity;
    } cases[] = {{0, FG_IDENTITY_CERTIFICATE},   {256, FG_IDENTITY_CERTIFICATE},
                 {384, FG_IDENTITY_CERTIFICATE}, {2048, FG_IDENTITY_CERTIFICATE},
                 {1024, FG_IDENTITY_WEAK_KEY},   {192, FG_IDENTITY_WEAK_KEY}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_call_row row = named_row("sip.acme.example");
        row.tls_key_bits = cases[i].bits;
        assert_int_equal(play(*state, &row).identity, cases[i].identity);
    }
}

static void test_an_address_without_certificate(void **state)
{
    const struct world *world = *state;
    struct fg_call_row row = bare_row("");
    row.has_source = true;
    assert_true(fg_ip_parse(fg_view_of("192.0.2.9"), &row.source));
    struct found found = play(world, &row);
    assert_int_equal(found.identity, FG_IDENTITY_SOURCE_ADDRESS);
    assert_ptr_equal(found.customer, world->acme);
    assert_true(fg_ip_parse(fg_view_of("198.51.100.9"), &row.source));
    assert_int_equal(play(world, &row).identity, FG_IDENTITY_UNKNOWN);
    row.transport = FG_TRANSPORT_TLS;
    found = play(world, &row);
    assert_int_equal(found.identity, FG_IDENTITY_NO_CERTIFICATE);
    assert_int_equal(found.action, FG_BLOCK);
}

static void test_the_customer_column(void **state)
{
    const struct world *world = *state;
    // Nothing but its name could tell who this customer is.
    struct fg_call_row row = bare_row("bare");
    assert_int_equal(play(world, &row).identity, FG_IDENTITY_AUTH_USER);
    assert_ptr_equal(play(world, &row).customer, world->bare);
    // This one has certificates: a row without one is refused, unless no row could have any.
    row = bare_row("globex");
    assert_int_equal(play(world, &row).identity, FG_IDENTITY_UNKNOWN);
    row.knows_certificates = false;
    assert_int_equal(play(world, &row).identity, FG_IDENTITY_AUTH_USER);
    // A certificate goes before the column.
    row = named_row("sip.acme.example");
    row.customer = fg_view_of("globex");
    assert_ptr_equal(play(world, &row).customer, world->acme);
}

static void test_inbound_calls_belong_to_the_owner_of_the_called_number(void **state)
{
    const struct world *world = *state;
    struct fg_call_row row = bare_row("");
    row.direction = FG_INBOUND;
    row.called = fg_view_of("sip:%2B442079460042;npdi@edge.example;user=phone");
    struct found found = play(world, &row);
    assert_int_equal(found.identity, FG_IDENTITY_CALLED_NUMBER);
    assert_ptr_equal(found.customer, world->globex);
    row.called = fg_view_of("+442079999999");
    assert_int_equal(play(world, &row).identity, FG_IDENTITY_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names_of_the_certificate),
        TEST(test_a_weak_key_is_refused_and_an_unknown_size_is_not),
        TEST(test_an_address_without_certificate),
        TEST(test_the_customer_column),
        TEST(test_inbound_calls_belong_to_the_owner_of_the_called_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
