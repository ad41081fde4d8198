// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/identity.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct world world;
static struct fg_identity_walk walk;
static const struct fg_customer *customer;
static struct fg_tls_peer peer;

static int setup(void **state)
{
    (void)state;
    world_init(&world);
    fg_identity_begin(&walk, &world.customers);
    peer = (struct fg_tls_peer){.tls = true,
                                .cert_present = true,
                                .cert_verified = true,
                                .key_type = FG_KEY_RSA,
                                .key_bits = 2048};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&world);
    return 0;
}

static enum fg_identity finish(void)
{
    struct fg_ip source;
    assert_true(fg_ip_parse(fg_view_of("192.0.2.1"), &source));
    return fg_identity_finish(&walk, &peer, &source, &customer);
}

static void test_uri_names(void **state)
{
    (void)state;
    // RFC 5922 7.1: a scheme other than sip, sips too, names no domain.
    static const char *const no_names[] = {"http://sip.acme.example",
                                           "sips:sip.acme.example",
                                           "sip:user@sip.acme.example",
                                           "sip:sip.acme.example;transport=tls",
                                           "sip:sip.acme.example:5061",
                                           "sip:*.acme.example",
                                           "sip:",
                                           "SIP",
                                           "",
                                           "sip:sip.acme.example.",
                                           "sip:.acme.example"};
    for (size_t i = 0; i < sizeof(no_names) / sizeof(no_names[0]); i++) {
        assert_false(fg_identity_add_uri(&walk, fg_view_of(no_names[i])));
    }
    struct fg_view with_nul = {.ptr = "sip:sip.acme.example\0.evil", .len = 26};
    assert_false(fg_identity_add_uri(&walk, with_nul));
    assert_true(fg_identity_add_uri(&walk, fg_view_of("SIP:Sip.ACME.example")));
    assert_int_equal(finish(), FG_IDENTITY_CERTIFICATE);
    assert_ptr_equal(customer, world.acme);
}

static void test_common_name_only_without_san(void **state)
{
    (void)state;
    assert_false(fg_identity_add_dns(&walk, fg_view_of("elsewhere.example")));
    assert_false(fg_identity_add_common_name(&walk, fg_view_of("sip.acme.example")));
    assert_int_equal(finish(), FG_IDENTITY_UNKNOWN_NAME);
    assert_null(customer);
    fg_identity_begin(&walk, &world.customers);
    assert_true(fg_identity_add_common_name(&walk, fg_view_of("sip.acme.example")));
    assert_int_equal(finish(), FG_IDENTITY_CERTIFICATE);
}

static void test_dns_only_without_sip_uri(void **state)
{
    (void)state;
    assert_true(fg_identity_add_dns(&walk, fg_view_of("sip.acme.example")));
    assert_int_equal(finish(), FG_IDENTITY_CERTIFICATE);
    assert_false(fg_identity_add_uri(&walk, fg_view_of("sip:nobody.example")));
    assert_int_equal(finish(), FG_IDENTITY_UNKNOWN_NAME);
}

static void test_two_customers_are_ambiguous(void **state)
{
    (void)state;
    assert_true(fg_identity_add_dns(&walk, fg_view_of("sip.acme.example")));
    assert_true(fg_identity_add_dns(&walk, fg_view_of("pbx.acme.example")));
    assert_int_equal(finish(), FG_IDENTITY_CERTIFICATE);
    assert_true(fg_identity_add_uri(&walk, fg_view_of("sip:pbx.globex.example")));
    assert_int_equal(finish(), FG_IDENTITY_AMBIGUOUS);
    assert_null(customer);
}

static void test_refusals(void **state)
{
    (void)state;
    assert_true(fg_identity_add_dns(&walk, fg_view_of("sip.acme.example")));
    static const struct {
        enum fg_key_type type;
        uint16_t bits;
        bool weak;
    } keys[] = {{FG_KEY_RSA, 2048, false},    {FG_KEY_RSA, 2047, true},
                {FG_KEY_RSA, 1024, true},     {FG_KEY_EC, 256, false},
                {FG_KEY_EC, 224, true},       {FG_KEY_EDDSA, 253, false},
                {FG_KEY_UNKNOWN, 256, false}, {FG_KEY_UNKNOWN, 1024, true},
                {FG_KEY_UNKNOWN, 0, true},    {FG_KEY_UNKNOWN, 3072, false}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        peer.key_type = keys[i].type;
        peer.key_bits = keys[i].bits;
        assert_int_equal(finish(), keys[i].weak ? FG_IDENTITY_WEAK_KEY : FG_IDENTITY_CERTIFICATE);
        assert_ptr_equal(customer, world.acme); // also told for a weak key
    }
    peer.cert_revoked = true;
    assert_int_equal(finish(), FG_IDENTITY_REVOKED);
    assert_ptr_equal(customer, world.acme); // told, too
    peer.cert_verified = false;
    assert_int_equal(finish(), FG_IDENTITY_NOT_VERIFIED);
    assert_null(customer);
    peer.cert_present = false;
    assert_int_equal(finish(), FG_IDENTITY_NO_CERTIFICATE);
    assert_null(customer);
}

static void test_source_address_only_without_tls(void **state)
{
    (void)state;
    peer.cert_present = false;
    assert_int_equal(finish(), FG_IDENTITY_NO_CERTIFICATE);
    peer.tls = false;
    assert_int_equal(finish(), FG_IDENTITY_SOURCE_ADDRESS);
    assert_ptr_equal(customer, world.acme);
    struct fg_ip elsewhere = {.bytes = {1}};
    assert_int_equal(fg_identity_finish(&walk, NULL, &elsewhere, &customer), FG_IDENTITY_UNKNOWN);
    assert_null(customer);
    assert_int_equal(fg_identity_finish(&walk, NULL, NULL, &customer), FG_IDENTITY_UNKNOWN);
}

static void test_fingerprint(void **state)
{
    (void)state;
    static const uint8_t prints[1][32] = {{1, 2, 3}};
    struct fg_customer items[2] = {*world.acme, *world.globex};
    items[1].cert_fingerprints = prints;
    items[1].n_cert_fingerprints = 1;
    struct fg_customers table;
    const struct fg_hash_key key = {.bytes = {3}};
    assert_int_equal(fg_customers_build(items, 2, &key, world.arena, &table), FG_OK);
    fg_identity_begin(&walk, &table);
    memcpy(peer.fingerprint, prints[0], 32);
    assert_int_equal(finish(), FG_IDENTITY_CERTIFICATE);
    assert_ptr_equal(customer, &items[1]);
    // Globex's very certificate with acme's name in it.
    assert_true(fg_identity_add_dns(&walk, fg_view_of("sip.acme.example")));
    assert_int_equal(finish(), FG_IDENTITY_AMBIGUOUS);
}

// Acme and globex with a digest user each, and what else the test gives them.
static struct fg_customer items[2];

static void build(struct fg_customers *table)
{
    static const char *acme_users[] = {"acme-trunk", "acme-fax"};
    static const char *globex_users[] = {"globex"};
    static const struct fg_hash_key key = {.bytes = {3}};
    items[0].auth_users = acme_users;
    items[0].n_auth_users = 2;
    items[1].auth_users = globex_users;
    items[1].n_auth_users = 1;
    assert_int_equal(fg_customers_build(items, 2, &key, world.arena, table), FG_OK);
    fg_identity_begin(&walk, table);
}

static void test_digest_users(void **state)
{
    (void)state;
    struct fg_customers table;
    struct fg_ip elsewhere = {.bytes = {1}};
    items[0] = *world.acme;
    items[1] = *world.globex;
    build(&table);
    assert_false(fg_identity_add_user(&walk, fg_view_of("nobody")));
    assert_false(fg_identity_add_user(&walk, fg_view_of("ACME-TRUNK")));
    assert_false(fg_identity_add_user(&walk, (struct fg_view){"acme-fax\0x", 10}));
    assert_int_equal(fg_identity_finish(&walk, NULL, &elsewhere, &customer), FG_IDENTITY_UNKNOWN);
    assert_true(fg_identity_add_user(&walk, fg_view_of("acme-fax")));
    assert_int_equal(fg_identity_finish(&walk, NULL, &elsewhere, &customer), FG_IDENTITY_AUTH_USER);
    assert_ptr_equal(customer, &items[0]);
    // What the connection says goes before it, and it must not say somebody else.
    peer = (struct fg_tls_peer){.tls = false};
    assert_int_equal(finish(), FG_IDENTITY_SOURCE_ADDRESS);
    assert_true(fg_identity_add_user(&walk, fg_view_of("globex")));
    assert_int_equal(finish(), FG_IDENTITY_CLAIMED_OTHER);
    assert_ptr_equal(customer, &items[0]);
    // Over TLS without a certificate the user suffices; with a bad one nothing does.
    peer.tls = true;
    assert_int_equal(finish(), FG_IDENTITY_AUTH_USER);
    assert_ptr_equal(customer, &items[1]);
    peer.cert_present = true;
    assert_int_equal(finish(), FG_IDENTITY_NOT_VERIFIED);
    peer.cert_verified = true;
    assert_int_equal(finish(), FG_IDENTITY_UNKNOWN_NAME);
}

static void test_the_trunk_policy_says_what_identifies(void **state)
{
    (void)state;
    struct fg_customers table;
    items[0] = *world.acme;
    items[1] = *world.globex;
    items[0].trunk.identified_by = FG_BY_CERTIFICATE | FG_BY_AUTH_USER;
    build(&table);
    peer = (struct fg_tls_peer){.tls = false};
    assert_int_equal(finish(), FG_IDENTITY_NOT_ACCEPTED);
    assert_ptr_equal(customer, &items[0]); // told, too
    assert_true(fg_identity_add_user(&walk, fg_view_of("acme-trunk")));
    assert_int_equal(finish(), FG_IDENTITY_AUTH_USER);
    items[0].trunk.require_tls = true;
    assert_int_equal(finish(), FG_IDENTITY_TLS_REQUIRED);
    peer = (struct fg_tls_peer){.tls = true, .cert_present = true, .cert_verified = true};
    assert_true(fg_identity_add_dns(&walk, fg_view_of("sip.acme.example")));
    peer.key_type = FG_KEY_RSA;
    peer.key_bits = 3072;
    assert_int_equal(finish(), FG_IDENTITY_CERTIFICATE);
    items[0].trunk.min_rsa_bits = 4096;
    assert_int_equal(finish(), FG_IDENTITY_WEAK_KEY);
    items[0].trunk.min_ec_bits = 224;
    peer.key_type = FG_KEY_EC;
    peer.key_bits = 224;
    assert_int_equal(finish(), FG_IDENTITY_CERTIFICATE);
    items[0].trunk.identified_by = FG_BY_SOURCE_ADDRESS;
    assert_int_equal(finish(), FG_IDENTITY_NOT_ACCEPTED);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(fg_identity_name(FG_IDENTITY_UNKNOWN_NAME), "unknown_name");
    assert_string_equal(fg_identity_text(FG_IDENTITY_NO_CERTIFICATE),
                        "the peer sent no client certificate");
    for (int i = 0; i < FG_IDENTITY_COUNT; i++) {
        assert_int_equal(fg_identity_is_customer((enum fg_identity)i), i < 4);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_uri_names),
        TEST(test_common_name_only_without_san),
        TEST(test_dns_only_without_sip_uri),
        TEST(test_two_customers_are_ambiguous),
        TEST(test_refusals),
        TEST(test_source_address_only_without_tls),
        TEST(test_fingerprint),
        TEST(test_digest_users),
        TEST(test_the_trunk_policy_says_what_identifies),
        TEST(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
