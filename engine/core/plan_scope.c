// SPDX-License-Identifier: GPL-2.0-or-later
// What meters are kept for, and what they tell apart, as keyed hashes.
#include "fg/known.h"
#include "plan_priv.h"

#include <string.h>

#define RANGE_DIGITS 4 // what a range leaves out at the end
#define BLOCK_DIGITS 2
#define TAIL_DIGITS  8

// What a meter tells apart, as bytes; empty when the event lacks it.
struct value {
    struct fg_view bytes;
    uint8_t country[2];
};

// The parts of a meter's key as bytes that outlive the hashing.
struct key_parts {
    struct fg_view views[26]; // two for each key but the customer, and for what was seen
    size_t n;
    uint8_t country[2];
    struct value value;
};

static void add_part(struct key_parts *parts, const char *tag, const void *bytes, size_t len)
{
    parts->views[parts->n++] = (struct fg_view){.ptr = tag, .len = 1};
    parts->views[parts->n++] = (struct fg_view){.ptr = bytes, .len = len};
}

// The digits of a number but the last ones; empty where there are no more.
static struct fg_view range_of(const struct fg_number *number, size_t without)
{
    size_t len = number->len > without ? number->len - without : 0;
    return (struct fg_view){.ptr = number->digits, .len = len};
}

// The called number's range; a short code has none.
static struct fg_view dest_range(const struct fg_plan *plan, size_t without)
{
    struct fg_view range = range_of(&plan->dest.number, without);
    if (plan->dest.type == FG_TYPE_SHORT_CODE) {
        range.len = 0;
    }
    return range;
}

static struct fg_view dialled_tail(const struct fg_plan *plan)
{
    const struct fg_number_readings *called = &plan->event->called;
    size_t n = called->n_dialled < TAIL_DIGITS ? called->n_dialled : TAIL_DIGITS;
    return (struct fg_view){.ptr = called->dialled + called->n_dialled - n, .len = n};
}

// The /24 of an IPv4 address or the /48 of an IPv6 one.
static struct fg_view network_of(const struct fg_ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool ipv4 = memcmp(ip->bytes, mapped, sizeof(mapped)) == 0;
    return (struct fg_view){.ptr = (const char *)ip->bytes + (ipv4 ? sizeof(mapped) : 0),
                            .len = ipv4 ? 3 : 6};
}

// A part of a key that is about the called number.
static struct fg_view dest_part(const struct fg_plan *plan, enum fg_meter_key key)
{
    switch (key) {
    case FG_KEY_DEST_NUMBER:
        return range_of(&plan->dest.number, 0);
    case FG_KEY_DEST_RANGE:
        return dest_range(plan, RANGE_DIGITS);
    case FG_KEY_DEST_BLOCK:
        return dest_range(plan, BLOCK_DIGITS);
    case FG_KEY_DEST_TYPE:
        return fg_view_of(fg_number_type_name(plan->dest.type));
    default:
        return dialled_tail(plan);
    }
}

// Adds the parts of a key that are about the called number. False when the event lacks one.
static bool add_dest_parts(const struct fg_plan *plan, uint32_t per, struct key_parts *parts)
{
    static const struct {
        enum fg_meter_key key;
        char tag[2];
    } keys[] = {{FG_KEY_DEST_NUMBER, "d"},
                {FG_KEY_DEST_RANGE, "r"},
                {FG_KEY_DEST_BLOCK, "b"},
                {FG_KEY_DEST_TYPE, "t"},
                {FG_KEY_DEST_TAIL, "e"}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if ((per & (uint32_t)keys[i].key) == 0) {
            continue;
        }
        const struct fg_view part = dest_part(plan, keys[i].key);
        if (part.len == 0 || plan->dest.number.len == 0) {
            return false;
        }
        add_part(parts, keys[i].tag, part.ptr, part.len);
    }
    return true;
}

static void put_country(fg_country country, uint8_t out[2])
{
    out[0] = (uint8_t)(country & 0xff);
    out[1] = (uint8_t)(country >> 8);
}

static void set_country(fg_country country, struct value *out)
{
    put_country(country, out->country);
    out->bytes = (struct fg_view){.ptr = (const char *)out->country,
                                  .len = country == FG_COUNTRY_NONE ? 0 : sizeof(out->country)};
}

struct fg_view fg_plan_fingerprint(const struct fg_tls_peer *tls)
{
    if (tls == NULL || !tls->tls || !tls->cert_present) {
        return (struct fg_view){.ptr = "", .len = 0};
    }
    return (struct fg_view){.ptr = (const char *)tls->fingerprint, .len = sizeof(tls->fingerprint)};
}

static void set_source_country(const struct fg_plan *plan, struct value *out)
{
    struct fg_value country;
    fg_plan_signal(plan, FG_SIG_SRC_COUNTRY, NULL, &country);
    set_country(country.present ? country.country : FG_COUNTRY_NONE, out);
}

static struct fg_view customer_of(const struct fg_event *event)
{
    return fg_view_of(event->customer == NULL ? "" : event->customer->id);
}

static void find_value(const struct fg_plan *plan, const struct fg_meter *meter, struct value *out)
{
    const struct fg_event *event = plan->event;
    const struct fg_number_readings *called = &event->called;
    out->bytes = (struct fg_view){.ptr = "", .len = 0};
    switch (meter->source) {
    case FG_SOURCE_DEST_NUMBER:
        out->bytes = range_of(&plan->dest.number, 0);
        return;
    case FG_SOURCE_CALLER_NUMBER:
        out->bytes = range_of(&event->caller, 0);
        return;
    case FG_SOURCE_DEST_RANGE:
        out->bytes = dest_range(plan, RANGE_DIGITS);
        return;
    case FG_SOURCE_DEST_BLOCK:
        out->bytes = dest_range(plan, BLOCK_DIGITS);
        return;
    case FG_SOURCE_DEST_DIALLED:
        out->bytes = (struct fg_view){.ptr = called->dialled, .len = called->n_dialled};
        return;
    case FG_SOURCE_NETWORK:
        out->bytes = network_of(&event->source);
        return;
    case FG_SOURCE_CALLER_RANGE:
        out->bytes = range_of(&event->caller, RANGE_DIGITS);
        return;
    case FG_SOURCE_CERT:
        out->bytes = fg_plan_fingerprint(event->tls);
        return;
    case FG_SOURCE_DEST_COUNTRY:
        set_country(plan->dest.country, out);
        return;
    case FG_SOURCE_SRC_COUNTRY:
        set_source_country(plan, out);
        return;
    case FG_SOURCE_CUSTOMER:
        out->bytes = customer_of(event);
        return;
    case FG_SOURCE_CALLS:
    case FG_SOURCE_ANSWERS:
    case FG_SOURCE_ENDS:
    case FG_SOURCE_COST:
    case FG_SOURCE_MINUTES:
        return;
    }
}

static bool is_seen(const struct fg_meter *meter)
{
    return meter->kind == FG_METER_FIRST_SEEN || meter->kind == FG_METER_SEEN;
}

// False when the event lacks a part.
static bool find_scope(const struct fg_plan *plan, const struct fg_meter *meter, uint64_t *scope)
{
    const struct fg_event *event = plan->event;
    struct key_parts parts;
    parts.n = 0;
    if (!add_dest_parts(plan, meter->per, &parts)) {
        return false;
    }
    if ((meter->per & FG_KEY_CALLER_NUMBER) != 0) {
        // Withheld callers share one key: nothing tells them apart.
        add_part(&parts, "c", event->caller.digits, event->caller.len);
    }
    if ((meter->per & FG_KEY_CALLER_RANGE) != 0) {
        struct fg_view range = range_of(&event->caller, RANGE_DIGITS);
        add_part(&parts, "f", range.ptr, range.len);
    }
    if ((meter->per & FG_KEY_NETWORK) != 0) {
        struct fg_view network = network_of(&event->source);
        add_part(&parts, "w", network.ptr, network.len);
    }
    if ((meter->per & FG_KEY_SOURCE_IP) != 0) {
        add_part(&parts, "s", event->source.bytes, sizeof(event->source.bytes));
    }
    if ((meter->per & FG_KEY_DEST_COUNTRY) != 0) {
        put_country(plan->dest.country, parts.country);
        add_part(&parts, "n", parts.country, sizeof(parts.country));
    }
    if ((meter->per & FG_KEY_CERT) != 0) {
        struct fg_view fingerprint = fg_plan_fingerprint(event->tls);
        if (fingerprint.len == 0) {
            return false;
        }
        add_part(&parts, "p", fingerprint.ptr, fingerprint.len);
    }
    if ((meter->per & FG_KEY_ATTEST) != 0) {
        struct fg_value attest; // calls that are not signed share one key
        fg_plan_signal(plan, FG_SIG_CALLER_ATTEST, NULL, &attest);
        struct fg_view level = attest.present ? attest.text : fg_view_of("none");
        add_part(&parts, "a", level.ptr, level.len);
    }
    if (is_seen(meter)) { // each value has a register of its own
        find_value(plan, meter, &parts.value);
        if (parts.value.bytes.len == 0) {
            return false;
        }
        add_part(&parts, "v", parts.value.bytes.ptr, parts.value.bytes.len);
    }
    *scope = fg_hash128_parts_lo(&plan->policy->hash_key, parts.views, parts.n);
    return true;
}

bool fg_meter_of_customer(const struct fg_meter *meter)
{
    return (meter->per & ~(uint32_t)FG_KEY_CUSTOMER) == 0 && !is_seen(meter);
}

bool fg_meter_same_scope(const struct fg_meter *a, const struct fg_meter *b)
{
    const uint32_t keys = ~(uint32_t)FG_KEY_CUSTOMER;
    return fg_meter_of_customer(a) == fg_meter_of_customer(b) &&
           (a->per & keys) == (b->per & keys) && is_seen(a) == is_seen(b) &&
           (!is_seen(a) || a->source == b->source);
}

bool fg_plan_scope(const struct fg_plan *plan, uint32_t index, struct fg_call_facts *facts,
                   struct fg_meter_op *op)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_meter *meter = &ruleset->meters[index];
    if (op->scope_is_customer) {
        return true;
    }
    const uint8_t at = ruleset->scope_of_meter[index];
    const uint64_t bit = UINT64_C(1) << (at % FG_CALL_SCOPES);
    if (at >= FG_CALL_SCOPES) {
        return find_scope(plan, meter, &op->scope);
    }
    if ((facts->scopes_known & bit) == 0) {
        facts->scopes_known |= bit;
        facts->scopes_there |= find_scope(plan, meter, &facts->scopes[at]) ? bit : 0;
    }
    op->scope = facts->scopes[at];
    return (facts->scopes_there & bit) != 0;
}

bool fg_plan_sighting(const struct fg_plan *plan, const struct fg_meter *meter,
                      struct fg_meter_op *op)
{
    *op = (struct fg_meter_op){.kind = FG_OP_SEEN_PUT,
                               .meter_id = meter->id,
                               .shared = meter->shared,
                               .ttl_ms = meter->over_ms};
    if (meter->kind != FG_METER_KNOWN) {
        return is_seen(meter) && find_scope(plan, meter, &op->scope);
    }
    op->kind = FG_OP_KNOWN_PUT;
    return (fg_meter_of_customer(meter) || find_scope(plan, meter, &op->scope)) &&
           fg_plan_known(plan, meter, op);
}

bool fg_plan_known(const struct fg_plan *plan, const struct fg_meter *meter, struct fg_meter_op *op)
{
    uint64_t member;
    if (!fg_plan_member(plan, meter, &member)) {
        return false;
    }
    const uint64_t block = meter->blocks - UINT64_C(1);
    op->scope = (op->scope & ~block) | (member & block);
    op->scope_is_customer = false;
    op->member = member >> 48;
    op->bucket = fg_known_bucket(plan->now_ms, meter->over_ms);
    return true;
}

bool fg_plan_member(const struct fg_plan *plan, const struct fg_meter *meter, uint64_t *member)
{
    struct value value;
    find_value(plan, meter, &value);
    if (value.bytes.len == 0) {
        return false;
    }
    *member = fg_hash64(&plan->policy->hash_key, value.bytes.ptr, value.bytes.len);
    return true;
}
