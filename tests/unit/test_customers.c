// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "customers_load.h"
#include "fg/pack.h"
#include "pack_fixture.h"

static const struct fg_hash_key hash_key = {{1, 2, 3}};

static int parse(struct fixture *fixture, const char *text)
{
    static const char countries_csv[] = "country,calling_code,international,trunk,national_max\n"
                                        "GB,44,00,0,10\nUS,1,011,1,10\nNO,47,00,,8\nPN,64,00,0,\n";
    struct fg_countries countries;
    struct fg_named_bytes csv = {"countries.csv", countries_csv, sizeof(countries_csv) - 1};
    assert_int_equal(fg_countries_parse(csv, fixture->arena, fixture->diags, &countries), FG_OK);
    struct fg_named_bytes file = {"c.yaml", text, strlen(text)};
    return fg_customers_load(file, &countries, &hash_key, fixture->arena, fixture->diags,
                             &fixture->customers);
}

static void all_keys_are_read(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        parse(fixture,
              "- {id: acme, name: Acme Ltd, profile: office, tags: [vip, eu], since: "
              "\"2024-02-29\",\n"
              "   tz: Europe/London, channels: 30, daily_limit: 100.50, currency: EUR,\n"
              "   numbers: [\"+441632960000-+441632960099\", \"+4930*\", \"+33140000000\"],\n"
              "   home_countries: [\"GB\", \"NO\"], cert_names: [SIP.Acme.example],\n"
              "   cert_fingerprints: [\"00112233445566778899aabbccddeeff"
              "00112233445566778899aabbccddeeff\"],\n"
              "   source_ips: [192.0.2.0/24, \"2001:db8::/32\", 198.51.100.7],\n"
              "   hours: [{days: mon-fri, from: \"08:00\", to: \"18:00\"}],\n"
              "   holidays: [\"2026-12-26\", \"2026-12-25\"], media: {srtp: required},\n"
              "   contacts: [noc@acme.example], locale: en-GB, degraded_policy: block,\n"
              "   auth_users: [acme-trunk, fax@acme], trunk: {identified_by: [certificate, "
              "auth_user],\n"
              "   require_tls: true, require_srtp: true, min_rsa_bits: 3072, min_ec_bits: 384},\n"
              "   inbound: {address: 198.51.100.7, challenge: \"sip:ivr@192.0.2.9;lr\"}}\n"),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    const struct fg_customer *c = fg_customers_by_id(&fixture->customers, fg_view_of("acme"));
    assert_non_null(c);
    assert_string_equal(c->name, "Acme Ltd");
    assert_string_equal(c->profile, "office");
    assert_string_equal(c->tags[1], "eu");
    assert_int_equal(c->since_yyyymmdd, 20240229);
    assert_string_equal(c->zone->name, "Europe/London");
    assert_int_equal(c->channels, 30);
    assert_int_equal(c->daily_limit_usd, 108540000); // 100.50 EUR at 1.08
    assert_true(c->has_home_countries);
    assert_string_equal(c->cert_names[0], "sip.acme.example");
    assert_int_equal(c->cert_fingerprints[0][1], 0x11);
    assert_int_equal(c->n_source_ips, 3);
    assert_true(c->pbx.has_address);
    assert_int_equal(c->pbx.address.bytes[15], 7);
    assert_int_equal(c->pbx.transport, FG_PBX_TLS);
    assert_int_equal(c->pbx.port, 5061);
    assert_string_equal(c->pbx.challenge, "sip:ivr@192.0.2.9;lr");
    assert_int_equal(c->source_ips[0].bits, 120);
    assert_int_equal(c->source_ips[1].bits, 32);
    assert_int_equal(c->source_ips[2].bits, 128);
    assert_int_equal(c->hours[0].to_min, 1080);
    assert_int_equal(c->holidays[0], 20261225);
    assert_int_equal(c->media, FG_MEDIA_REQUIRED);
    assert_ptr_equal(fg_customers_by_auth_user(&fixture->customers, fg_view_of("fax@acme")), c);
    assert_int_equal(c->trunk.identified_by, FG_BY_CERTIFICATE | FG_BY_AUTH_USER);
    assert_true(c->trunk.require_tls);
    assert_true(c->trunk.require_srtp);
    assert_int_equal(c->trunk.min_rsa_bits, 3072);
    assert_int_equal(c->trunk.min_ec_bits, 384);
    assert_int_equal(c->degraded, FG_DEGRADED_BLOCK);
}

static bool owns(const struct fg_customer *customer, const char *text)
{
    struct fg_number number;
    assert_int_equal(fg_number_parse_e164(fg_view_of(text), &number), FG_OK);
    return fg_customer_owns_number(customer, &number);
}

static void numbers_are_ranges_prefixes_or_whole(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "- {id: a, tz: UTC, numbers: [\"+441632960000-+441632960099\", "
                                    "\"+4930*\", \"+33140000000\"]}\n"
                                    "- {id: b, tz: UTC, numbers: [\"+493012345678\"]}\n"),
                     FG_OK);
    const struct fg_customer *a = &fixture->customers.items[0];
    assert_true(owns(a, "+441632960050"));
    assert_false(owns(a, "+441632960100"));
    assert_true(owns(a, "+493099"));
    assert_true(owns(a, "+33140000000"));
    struct fg_number number;
    assert_int_equal(fg_number_parse_e164(fg_view_of("+493012345678"), &number), FG_OK);
    // The whole number counts before somebody else's prefix of it.
    assert_string_equal(fg_customers_by_number(&fixture->customers, &number)->id, "b");
}

static void dial_plans_default_to_the_first_home_country(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "- {id: a, tz: UTC, home_countries: [\"US\", \"GB\"]}\n"
                                    "- {id: b, tz: UTC}\n"
                                    "- {id: c, tz: UTC, home_countries: [\"GB\"], dial_plan: "
                                    "{international: [\"00\", \"9011\"], trunk: \"\", country: "
                                    "\"US\"}}\n"),
                     FG_OK);
    const struct fg_customer *items = fixture->customers.items;
    assert_string_equal(items[0].dial_plan.international[0], "011");
    assert_string_equal(items[0].dial_plan.country_code, "1");
    assert_string_equal(items[1].dial_plan.international[0], "00");
    assert_string_equal(items[1].dial_plan.country_code, "");
    assert_string_equal(items[2].dial_plan.international[1], "9011");
    assert_string_equal(items[2].dial_plan.trunk, "");
    assert_string_equal(items[2].dial_plan.country_code, "1");
}

// A plan for another country than the first home country is that country's, not a mix of both.
static void a_dial_plan_follows_its_country(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "- {id: a, tz: UTC, dial_plan: {country: \"US\"}}\n"
                                    "- {id: b, tz: UTC, home_countries: [\"GB\"], dial_plan: "
                                    "{country: \"47\"}}\n"
                                    "- {id: c, tz: UTC, home_countries: [\"GB\"], dial_plan: "
                                    "{country: \"999\"}}\n"
                                    "- {id: d, tz: UTC, home_countries: [\"GB\"]}\n"
                                    "- {id: e, tz: UTC, home_countries: [\"PN\"]}\n"),
                     FG_OK);
    const struct fg_customer *items = fixture->customers.items;
    assert_string_equal(items[0].dial_plan.international[0], "011");
    assert_string_equal(items[0].dial_plan.trunk, "1");
    assert_int_equal(items[0].dial_plan.national_max_len, 10);
    assert_string_equal(items[1].dial_plan.country_code, "47");
    assert_string_equal(items[1].dial_plan.trunk, "");
    assert_int_equal(items[1].dial_plan.national_max_len, 8);
    assert_string_equal(items[2].dial_plan.country_code, "999");
    assert_string_equal(items[2].dial_plan.international[0], "00");
    assert_string_equal(items[2].dial_plan.trunk, "");
    assert_int_equal(items[2].dial_plan.national_max_len, 0);
    assert_int_equal(items[3].dial_plan.national_max_len, 10);
    assert_int_equal(items[4].dial_plan.national_max_len, 0); // not known
}

static void trunk_policies_are_checked(void **state)
{
    struct fixture *fixture = *state;
    static const char *const cases[][2] = {
        {"trunk: {identified_by: []}", "names no way at all"},
        {"trunk: {identified_by: [cert]}", "unknown identified_by 'cert'"},
        {"trunk: {min_rsa_bits: 100}", "min_rsa_bits"},
        {"trunk: {require_tsl: true}", "unknown key 'require_tsl'"},
        {"trunk: {require_srtp: true}, media: {srtp: preferred}", "require_srtp goes with media"},
        {"auth_users: [\"a b\"]", "visible ASCII"},
        {"auth_users: [u], trunk: {identified_by: [certificate]}", "every call of the customer"},
        {"trunk: {require_tls: true}, inbound: {address: 192.0.2.7, transport: udp}",
         "not reached over TLS"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        const uint32_t before = fg_diags_total(fixture->diags);
        (void)snprintf(text, sizeof(text), "- {id: a, tz: UTC, %s}\n", cases[i][0]);
        const bool warned = i + 2 >= sizeof(cases) / sizeof(cases[0]);
        assert_int_equal(parse(fixture, text), warned ? FG_OK : FG_ESYNTAX);
        assert_true(fg_diags_total(fixture->diags) > before);
        const char *told = fg_diags_at(fixture->diags, before)->message;
        if (strstr(told, cases[i][1]) == NULL) {
            fail_msg("%s: %s", cases[i][0], told);
        }
    }
    assert_int_equal(parse(fixture, "- {id: a, tz: UTC, auth_users: [u]}\n"
                                    "- {id: b, tz: UTC, auth_users: [u]}\n"),
                     FG_ESYNTAX);
}

// Who only looks customers up has no numbering data.
static void countries_need_not_be_known(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] = "- {id: a, tz: UTC, dial_plan: {country: \"GB\"}}\n";
    assert_int_equal(fg_customers_parse("c.yaml", text, sizeof(text) - 1, &hash_key, fixture->arena,
                                        fixture->diags, &fixture->customers),
                     FG_OK);
}

static void json_is_yaml(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "[{\"id\": \"a\", \"tz\": \"UTC\", \"channels\": 5,\n"
                                    "  \"numbers\": [\"+12125550100\"]}]"),
                     FG_OK);
    assert_int_equal(fixture->customers.items[0].channels, 5);
}

static void an_unknown_profile_is_a_warning(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "- {id: a, tz: UTC, profile: ofice}\n"), FG_OK);
    assert_int_equal(fg_diags_count(fixture->diags, FG_WARNING), 1);
    assert_string_equal(fg_diags_at(fixture->diags, 0)->message,
                        "unknown profile 'ofice' counts as 'default'; did you mean 'office'?");
    assert_string_equal(fixture->customers.items[0].profile, "default");
}

struct mistake {
    const char *text;
    uint32_t line, column;
    const char *message;
};
static const struct mistake mistakes[] = {
    {"- {id: a, tz: UTC, chanels: 3}\n", 1, 20,
     "unknown key 'chanels' in customer; did you mean 'channels'?"},
    {"- {tz: UTC}\n", 1, 3, "the customer needs an 'id'"},
    {"- {id: a}\n", 1, 3, "the customer needs a 'tz', such as Europe/London"},
    {"- {id: A, tz: UTC}\n", 1, 8,
     "id 'A' may only have a-z, 0-9, '.', '_' and '-', 1 to 64 of them"},
    {"- {id: \"-\", tz: UTC}\n", 1, 8, "id '-' may not begin with '-': such ids are reserved"},
    {"- {id: -07, tz: UTC}\n", 1, 8, "id '-07' may not begin with '-': such ids are reserved"},
    {"- {id: a, tz: Europe/Londn}\n", 1, 15,
     "unknown time zone 'Europe/Londn'; did you mean 'Europe/London'?"},
    {"- {id: a, tz: UTC, numbers: [+441632960000]}\n", 1, 30,
     "a number must be quoted: write \"+441632960000\" (unquoted +441632960000 is the number "
     "441632960000 to other "
     "tools)"},
    {"- {id: a, tz: UTC, numbers: [\"+4416-+4415\"]}\n", 1, 30,
     "a range is two numbers of one length, the smaller one first"},
    {"- {id: a, tz: UTC, home_countries: [NO]}\n", 1, 37,
     "home country must be quoted: write \"NO\" (unquoted NO is 'false' to other tools)"},
    {"- {id: a, tz: UTC, hours: [{days: mon, from: 08:00, to: \"18:00\"}]}\n", 1, 46,
     "a time must be quoted: write \"08:00\" (unquoted 22:00 is the number 1320 to other tools)"},
    {"- {id: a, tz: UTC, cert_names: [\"*.a.example\"]}\n", 1, 33,
     "a certificate name must be a whole host name such as sip.acme.example; wildcards are not "
     "allowed (RFC 5922)"},
    {"- {id: a, tz: UTC, source_ips: [192.0.2.1/24]}\n", 1, 33,
     "'192.0.2.1/24' is not the first address of its network"},
    {"- {id: a, tz: UTC, source_ips: [192.0.2.0/33]}\n", 1, 33,
     "a source is an IP address or network such as 192.0.2.0/24"},
    {"- {id: a, tz: UTC, currency: ERU}\n", 1, 30, "unknown currency 'ERU'; did you mean 'EUR'?"},
    {"- {id: a, tz: UTC, daily_limit: 0}\n", 1, 33,
     "daily_limit must be more than 0; leave it out where there is no limit"},
    {"- {id: a, tz: UTC, since: 2026-02-30}\n", 1, 27,
     "since must be a date such as \"2024-05-31\""},
    {"- {id: a, tz: UTC, inbound: {address: 192.0.2.0/24}}\n", 1, 39,
     "address is the PBX's IP address, such as \"192.0.2.7\""},
    {"- {id: a, tz: UTC, inbound: {port: 5070}}\n", 1, 29, "port and transport need an 'address'"},
    {"- {id: a, tz: UTC, inbound: {challenge: \"sip:a@b c\"}}\n", 1, 41,
     "challenge is a SIP URI such as \"sip:test@192.0.2.9:5060\", at most 127 bytes"},
    {"- {id: a, tz: UTC, media: {srtp: on}}\n", 1, 34,
     "unknown srtp 'on'; one of: preferred, required, off"},
    {"- {id: a, tz: UTC}\n- {id: a, tz: UTC}\n", 2, 8,
     "id 'a' belongs to customer 'a' already, in line 1"},
    {"- {id: a, tz: UTC, cert_names: [x.example]}\n- {id: b, tz: UTC, cert_names: [X.example]}\n",
     2, 33, "certificate name 'X.example' belongs to customer 'a' already, in line 1"},
    {"- {id: a, tz: UTC, numbers: [\"+4416\"]}\n\n- {id: b, tz: UTC, numbers: [\"+4416\"]}\n", 3,
     30, "number '+4416' belongs to customer 'a' already, in line 1"},
    {"- {id: a, tz: UTC, numbers: [\"+4416-+4418\"]}\n- {id: b, tz: UTC, numbers: "
     "[\"+4416 - +4418\"]}\n",
     2, 30, "number '+4416 - +4418' belongs to customer 'a' already, in line 1"},
    {"- {id: a, tz: UTC, numbers: [\"+4416-+4418\"]}\n- {id: b, tz: UTC, numbers: "
     "[\"+4410-+4413\", \"+4418-+4419\"]}\n",
     2, 45, "range '+4418-+4419' overlaps '+4416-+4418' of customer 'a', in line 1"},
    {"- {id: a, tz: UTC, numbers: [\"+4416-+4417\"]}\n- {id: b, tz: UTC, numbers: "
     "[\"+4410-+4499\"]}\n",
     2, 30, "range '+4410-+4499' overlaps '+4416-+4417' of customer 'a', in line 1"},
    {"- {id: a, tz: UTC, numbers: [\"+4410-+4499\", \"+4420-+4421\"]}\n"
     "- {id: c, tz: UTC, numbers: [\"+4510-+4519\"]}\n"
     "- {id: b, tz: UTC, numbers: [\"+4498-+4500\"]}\n",
     3, 30, "range '+4498-+4500' overlaps '+4410-+4499' of customer 'a', in line 1"},
    {"- {id: a, tz: UTC, cert_names: [sip_1.a.example]}\n", 1, 33,
     "a certificate name must be a whole host name such as sip.acme.example"},
    {"- {id: a, tz: UTC, cert_names: [a..example]}\n", 1, 33,
     "a certificate name must be a whole host name such as sip.acme.example"},
    {"- {id: a, tz: UTC, home_countries: [\"UK\"]}\n", 1, 37,
     "unknown country 'UK'; did you mean \"GB\"?"},
    {"id: a\ntz: UTC\n", 1, 1, "expected a list here"},
};

static void each_mistake_is_told_with_its_place_and_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        void *fresh = NULL;
        assert_int_equal(setup(&fresh), 0);
        struct fixture *fixture = fresh;
        assert_int_equal(parse(fixture, mistakes[i].text), FG_ESYNTAX);
        const struct fg_diag *diag = fg_diags_at(fixture->diags, 0);
        assert_non_null(diag);
        assert_string_equal(diag->message, mistakes[i].message);
        assert_int_equal(diag->line, mistakes[i].line);
        assert_int_equal(diag->column, mistakes[i].column);
        assert_int_equal(fg_diags_count(fixture->diags, FG_ERROR), 1);
        (void)teardown(&fresh);
    }
}

// Whole numbers and prefixes go before and behind ranges; a customer's own ranges may overlap.
static void ranges_side_by_side_or_of_one_customer_are_fine(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture,
                           "- {id: a, tz: UTC, numbers: [\"+4410-+4419\", \"+4415-+4429\"]}\n"
                           "- {id: b, tz: UTC, numbers: [\"+4430-+4439\", \"+44100-+44199\"]}\n"
                           "- {id: c, tz: UTC, numbers: [\"+4412\", \"+443*\"]}\n"),
                     FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
}

static void assert_told(const struct fixture *fixture, uint32_t i, uint32_t line, uint32_t column,
                        const char *message)
{
    const struct fg_diag *diag = fg_diags_at(fixture->diags, i);
    assert_non_null(diag);
    assert_string_equal(diag->message, message);
    assert_int_equal(diag->line, line);
    assert_int_equal(diag->column, column);
}

static void networks_wider_than_a_registry_gives_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *network;
        bool good;
    } cases[] = {{"10.0.0.0/8", true},    {"2001::/19", true},  {"::ffff:10.0.0.0/104", true},
                 {"::1", true},           {"0.0.0.0/0", false}, {"10.0.0.0/7", false},
                 {"2001::/18", false},    {"::/0", false},      {"::/80", false},
                 {"::ffff:0:0/96", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[96];
        char message[128];
        const uint32_t before = fg_diags_total(fixture->diags);
        (void)snprintf(text, sizeof(text), "- {id: a, tz: UTC, source_ips: [\"%s\"]}\n",
                       cases[i].network);
        (void)snprintf(message, sizeof(message),
                       "'%s' is too wide for one customer's network: at most /8, of IPv6 /19",
                       cases[i].network);
        assert_int_equal(parse(fixture, text), cases[i].good ? FG_OK : FG_ESYNTAX);
        assert_int_equal(fg_diags_total(fixture->diags), before + (cases[i].good ? 0 : 1));
        if (!cases[i].good) {
            assert_told(fixture, before, 1, 33, message);
        }
    }
}

static void networks_of_two_customers_are_warned_of(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture,
                           "- {id: a, tz: UTC, source_ips: [192.0.2.128/25, 198.51.100.7]}\n"
                           "- {id: b, tz: UTC, source_ips: [192.0.2.0/24, 192.0.2.0/25]}\n"
                           "- {id: c, tz: UTC, source_ips: [203.0.113.1, 198.51.100.7]}\n"
                           "- {id: d, tz: UTC, source_ips: [203.0.113.0, \"2001:db8::/32\"]}\n"),
                     FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 2);
    assert_int_equal(fg_diags_count(fixture->diags, FG_WARNING), 2);
    assert_told(fixture, 0, 2, 33,
                "source overlaps a network of customer 'a', in line 1: the address alone "
                "identifies neither");
    assert_told(fixture, 1, 3, 46,
                "source is there already, of customer 'a', in line 1: the address alone "
                "identifies neither");
}

static void a_file_without_customers_is_a_failed_write(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {"", "# customers\n", "[]\n", "---\n"};
    for (uint32_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(parse(fixture, texts[i]), FG_ESYNTAX);
        const uint32_t last = fg_diags_total(fixture->diags) - 1;
        if (i < 3) {
            assert_int_equal(last, i);
            assert_told(fixture, last, 0, 0, "the file has no customers");
            assert_string_equal(fg_diags_at(fixture->diags, last)->code, "FG011");
        }
    }
    const struct fg_named_bytes none = {"", "", 0};
    assert_int_equal(fg_customers_load(none, NULL, &hash_key, fixture->arena, fixture->diags,
                                       &fixture->customers),
                     FG_OK);
}

static void many_customers_share_zones_and_texts(void **state)
{
    struct fixture *fixture = *state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (int i = 0; i < 20000; i++) {
        fprintf(out,
                "- {id: c%d, tz: Europe/Paris, profile: hotel, locale: fr, numbers: "
                "[\"+331%08d\"], cert_names: [c%d.example]}\n",
                i, i, i);
    }
    assert_int_equal(fclose(out), 0);
    assert_int_equal(parse(fixture, text), FG_OK);
    free(text);
    assert_int_equal(fixture->customers.n, 20000);
    const struct fg_customer *last = &fixture->customers.items[19999];
    assert_ptr_equal(last->zone, fixture->customers.items[0].zone);
    assert_ptr_equal(last->locale, fixture->customers.items[0].locale);
    assert_ptr_equal(fg_customers_by_cert_name(&fixture->customers, fg_view_of("C19999.example")),
                     last);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_keys_are_read),
        TEST(trunk_policies_are_checked),
        TEST(numbers_are_ranges_prefixes_or_whole),
        TEST(dial_plans_default_to_the_first_home_country),
        TEST(a_dial_plan_follows_its_country),
        TEST(countries_need_not_be_known),
        TEST(json_is_yaml),
        TEST(an_unknown_profile_is_a_warning),
        cmocka_unit_test(each_mistake_is_told_with_its_place_and_remedy),
        TEST(ranges_side_by_side_or_of_one_customer_are_fine),
        TEST(networks_wider_than_a_registry_gives_are_refused),
        TEST(networks_of_two_customers_are_warned_of),
        TEST(a_file_without_customers_is_a_failed_write),
        TEST(many_customers_share_zones_and_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
