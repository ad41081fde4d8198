// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct fg_hash_key hash_key = {.bytes = {7}};
static const struct fg_hours office[] = {{.days = 0x1f, .from_min = 480, .to_min = 1080}};
static const struct fg_zone_span utc_span = {.from_s = 0, .offset_s = 0};
static const struct fg_zone london = {.name = "Europe/London", .n_spans = 1, .spans = &utc_span};

const struct fg_prefix_trie *world_trie(struct world *world, const char *const *prefixes,
                                        const uint32_t *values, size_t n)
{
    struct fg_prefix_builder *builder = fg_prefix_builder_new();
    assert_non_null(builder);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(fg_prefix_builder_add(builder, fg_view_of(prefixes[i]), values[i]), FG_OK);
    }
    const struct fg_prefix_trie *trie = fg_prefix_build(builder, world->arena);
    assert_non_null(trie);
    fg_prefix_builder_free(builder);
    return trie;
}

static uint32_t packed(const char *country, enum fg_number_type type)
{
    return fg_destination_pack(fg_country_parse(fg_view_of(country)), type);
}

static void init_destinations(struct world *world)
{
    const char *const prefixes[] = {"44",  "441",  "442",   "447", "449",  "4470",
                                    "960", "9607", "88213", "1",   "1800", "371"};
    const uint32_t numbering[] = {
        packed("GB", FG_TYPE_UNALLOCATED), packed("GB", FG_TYPE_FIXED),
        packed("GB", FG_TYPE_FIXED),       packed("GB", FG_TYPE_MOBILE),
        packed("GB", FG_TYPE_PREMIUM),     packed("GB", FG_TYPE_PERSONAL),
        packed("MV", FG_TYPE_UNALLOCATED), packed("MV", FG_TYPE_MOBILE),
        packed("001", FG_TYPE_SATELLITE),  packed("US", FG_TYPE_FIXED_OR_MOBILE),
        packed("US", FG_TYPE_TOLL_FREE),   packed("LV", FG_TYPE_FIXED)};
    const char *const rate_prefixes[] = {"44", "447", "449", "960", "9607", "88213", "1"};
    const uint32_t rates[] = {10000, 30000, 1500000, 900000, 1200000, 6000000, 8000};
    const char *const codes[] = {"112", "911", "44999", "1911"};
    const uint32_t ones[] = {1, 1, 1, 1};
    world->destinations.numbering = world_trie(world, prefixes, numbering, 12);
    world->destinations.rates = world_trie(world, rate_prefixes, rates, 7);
    world->destinations.emergency = world_trie(world, codes, ones, 4);
}

static struct fg_number number(const char *digits)
{
    struct fg_number result = {.len = (uint8_t)strlen(digits)};
    memcpy(result.digits, digits, result.len);
    return result;
}

static void init_customers(struct world *world)
{
    static const char *acme_tags[] = {"campaign", "gold"};
    static const char *acme_names[] = {"sip.acme.example", "pbx.acme.example"};
    static const char *globex_names[] = {"pbx.globex.example"};
    static struct fg_number_range acme_numbers[3], globex_numbers[1];
    static const struct fg_ip_range sources[] = {
        {.base = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0}}, .bits = 120}};
    static const int32_t holidays[] = {20261225};
    acme_numbers[0] =
        (struct fg_number_range){.first = number("441132000100"), .last = number("441132000100")};
    acme_numbers[1] =
        (struct fg_number_range){.first = number("441132000200"), .last = number("441132000299")};
    acme_numbers[2] = (struct fg_number_range){.first = number("44113300")};
    globex_numbers[0] =
        (struct fg_number_range){.first = number("442079460000"), .last = number("442079460099")};

    struct fg_customer *items = fg_arena_alloc(world->arena, 3 * sizeof(*items));
    assert_non_null(items);
    items[0] = (struct fg_customer){
        .index = 0,
        .id = "acme",
        .name = "Acme",
        .profile = "office",
        .tags = acme_tags,
        .n_tags = 2,
        .zone = &london,
        .channels = 30,
        .daily_limit_usd = 200 * FG_MICRO,
        .numbers = acme_numbers,
        .n_numbers = 3,
        .has_home_countries = true,
        .dial_plan = {.international = {"00"}, .trunk = "0", .country_code = "44"},
        .cert_names = acme_names,
        .n_cert_names = 2,
        .source_ips = sources,
        .n_source_ips = 1,
        .hours = office,
        .n_hours = 1,
        .holidays = holidays,
        .n_holidays = 1};
    fg_country_set_add(&items[0].home_countries, fg_country_parse(fg_view_of("GB")));
    items[1] = (struct fg_customer){
        .index = 1,
        .id = "globex",
        .zone = &london,
        .numbers = globex_numbers,
        .n_numbers = 1,
        .dial_plan = {.international = {"00"}, .trunk = "0", .country_code = "44"},
        .cert_names = globex_names,
        .n_cert_names = 1,
        .degraded = FG_DEGRADED_BLOCK};
    items[2] = (struct fg_customer){
        .index = 2, .id = "bare", .zone = &london, .degraded = FG_DEGRADED_ALLOW};
    assert_int_equal(fg_customers_build(items, 3, &hash_key, world->arena, &world->customers),
                     FG_OK);
    world->acme = &items[0];
    world->globex = &items[1];
    world->bare = &items[2];
}

void world_init(struct world *world)
{
    memset(world, 0, sizeof(*world));
    world->arena = fg_arena_new(fg_heap_libc());
    assert_non_null(world->arena);
    init_destinations(world);
    init_customers(world);
    world->ruleset.pack = "test";
    world->ruleset.version = "1.0.0";
    world->policy = (struct fg_policy){.ruleset = &world->ruleset,
                                       .destinations = &world->destinations,
                                       .customers = &world->customers,
                                       .generation = 1,
                                       .hash_key = hash_key};
}

void world_fini(struct world *world)
{
    fg_arena_free(world->arena);
}

void world_seal(struct world *world)
{
    static const int32_t usual[FG_ACTION_COUNT] = {0, 30, 50, 65, 80};
    for (int i = FG_ALERT; i < FG_ACTION_COUNT; i++) {
        if (world->ruleset.thresholds[i] == 0) {
            world->ruleset.thresholds[i] = usual[i];
        }
    }
    const char *why = NULL;
    int rc = fg_ruleset_seal(&world->ruleset, world->arena, &why);
    if (rc != FG_OK) {
        print_error("%s\n", why);
    }
    assert_int_equal(rc, FG_OK);
}

struct fg_event world_call(const struct world *world, const struct fg_customer *customer,
                           const char *user)
{
    struct fg_event event = {.kind = FG_EVENT_ATTEMPT,
                             .direction = FG_OUTBOUND,
                             .identity = FG_IDENTITY_CERTIFICATE,
                             .customer = customer,
                             .transport = FG_TRANSPORT_TLS,
                             .srtp_offered = true};
    fg_number_read(fg_view_of(user), fg_view_of(""), customer != NULL ? &customer->dial_plan : NULL,
                   &event.called);
    event.call_key =
        fg_call_key(&world->policy.hash_key, fg_view_of(customer != NULL ? customer->id : ""),
                    fg_view_of("call-1"), fg_view_of("tag-1"), fg_view_of(user));
    return event;
}
