// SPDX-License-Identifier: GPL-2.0-or-later
#include "stage.h"

#include <stdio.h>
#include <string.h>

#include "fg/identity.h"
#include "pattern.h"

static void set_peer(struct stage *stage, const struct test_calls *shape,
                     const struct fg_customer *customer, int64_t now_ms)
{
    struct fg_tls_peer *peer = &stage->peer;
    bool tls = shape->transport == FG_TRANSPORT_TLS || shape->transport == FG_TRANSPORT_WSS;
    memset(peer, 0, sizeof(*peer));
    stage->event.tls = tls ? peer : NULL;
    if (!tls) {
        return;
    }
    peer->tls = true;
    peer->version = 0x13;
    peer->cert_present = strcmp(shape->cert, "none") != 0;
    peer->cert_verified = strcmp(shape->cert, "verified") == 0;
    peer->key_type = shape->key_bits >= 1024 ? FG_KEY_RSA : FG_KEY_EC;
    peer->key_bits = (uint16_t)shape->key_bits;
    peer->not_after_s = now_ms / FG_MS_PER_S + (int64_t)shape->days_left * 86400;
    memset(peer->fingerprint, 0xFE, sizeof(peer->fingerprint)); // nobody's
    if (shape->has_fingerprint) {
        memcpy(peer->fingerprint, shape->fingerprint, sizeof(peer->fingerprint));
    } else if (shape->san == NULL && customer != NULL && customer->n_cert_fingerprints > 0) {
        memcpy(peer->fingerprint, customer->cert_fingerprints[0], sizeof(peer->fingerprint));
    }
}

// A customer without certificate names and addresses can only be known by its digest user.
static bool is_known_by_user_alone(const struct test_calls *shape,
                                   const struct fg_customer *customer)
{
    return shape->san == NULL && shape->auth_user == NULL && customer != NULL &&
           customer->n_cert_names == 0 && customer->n_source_ips == 0 &&
           strcmp(shape->cert, "verified") == 0;
}

static void identify(struct stage *stage, const struct test_calls *shape,
                     const struct fg_customer *customer, const struct fg_customers *customers)
{
    struct fg_event *event = &stage->event;
    if (is_known_by_user_alone(shape, customer)) {
        event->identity = FG_IDENTITY_AUTH_USER;
        event->customer = customer;
        return;
    }
    struct fg_identity_walk walk;
    fg_identity_begin(&walk, customers);
    if (event->tls != NULL && event->tls->cert_present) {
        for (uint32_t i = 0; i < shape->n_san; i++) {
            (void)fg_identity_add_dns(&walk, fg_view_of(shape->san[i]));
        }
        if (shape->san == NULL && customer != NULL && customer->n_cert_names > 0) {
            (void)fg_identity_add_dns(&walk, fg_view_of(customer->cert_names[0]));
        }
    }
    if (shape->auth_user != NULL) {
        (void)fg_identity_add_user(&walk, fg_view_of(shape->auth_user));
    }
    event->customer = NULL;
    event->identity = fg_identity_finish(&walk, &stage->peer, &event->source, &event->customer);
}

static void set_numbers(struct stage *stage, const struct test_calls *shape,
                        const struct fg_customer *customer, const struct fg_customers *customers)
{
    struct fg_event *event = &stage->event;
    struct fg_view none = {"", 0};
    const struct fg_dial_plan *plan = NULL;
    if (shape->direction == FG_OUTBOUND && customer != NULL) {
        plan = &customer->dial_plan;
    }
    fg_number_read(fg_view_of(stage->to), none, plan, &event->called);
    event->caller_present = shape->from != NULL;
    memset(&event->caller, 0, sizeof(event->caller));
    struct fg_number_readings caller;
    if (shape->from != NULL) {
        fg_number_read(fg_view_of(stage->from), none, plan, &caller);
        if (caller.status == FG_NUMBER_OK) {
            event->caller = caller.reading[0];
        }
    }
    if (shape->direction == FG_INBOUND) {
        event->customer = event->called.status == FG_NUMBER_OK
                              ? fg_customers_by_number(customers, &event->called.reading[0])
                              : NULL;
        event->identity = event->customer != NULL ? FG_IDENTITY_CALLED_NUMBER : FG_IDENTITY_UNKNOWN;
    }
}

static void set_source(struct stage *stage, const struct test_calls *shape,
                       const struct fg_customer *customer)
{
    if (shape->has_source) {
        stage->event.source = shape->source;
    } else if (customer != NULL && customer->n_source_ips > 0) {
        stage->event.source = customer->source_ips[0].base;
    } else {
        (void)fg_ip_parse(fg_view_of("203.0.113.1"), &stage->event.source); // RFC 5737
    }
}

void stage_set(struct stage *stage, const struct test_calls *shape,
               const struct fg_customer *customer, uint32_t entry, int32_t n,
               const struct fg_policy *policy, int64_t now_ms)
{
    uint64_t seed = ((uint64_t)entry << 32) + (uint64_t)(uint32_t)n;
    memset(stage, 0, sizeof(*stage));
    pattern_expand(shape->to, n, shape->repeat, seed, stage->to, sizeof(stage->to));
    pattern_expand(shape->from == NULL ? "" : shape->from, n, shape->repeat, ~seed, stage->from,
                   sizeof(stage->from));
    (void)snprintf(stage->call_id, sizeof(stage->call_id), "test-%u-%d", entry, n);
    struct fg_event *event = &stage->event;
    event->direction = shape->direction;
    event->transport = shape->transport;
    event->srtp_offered = shape->srtp;
    event->source_country = shape->src_country;
    event->source_asn = (uint32_t)shape->src_asn;
    event->user_agent = fg_view_of(shape->user_agent);
    memcpy(event->attrs, shape->attrs, sizeof(event->attrs));
    event->n_attrs = shape->n_attrs;
    set_source(stage, shape, customer);
    set_peer(stage, shape, customer, now_ms);
    identify(stage, shape, customer, policy->customers);
    if (event->direction == FG_OUTBOUND) {
        event->identity = fg_identity_media(event->identity, event->customer, event->srtp_offered);
    }
    set_numbers(stage, shape, customer, policy->customers);
    const char *id = event->customer == NULL ? "" : event->customer->id;
    event->call_key = fg_call_key(&policy->hash_key, fg_view_of(id), fg_view_of(stage->call_id),
                                  fg_view_of("tag"), fg_view_of(stage->to));
}

static int32_t seconds_after(int64_t after_ms, int64_t up_ms)
{
    return after_ms < 0 || up_ms < after_ms ? 0 : (int32_t)((up_ms - after_ms) / FG_MS_PER_S);
}

void stage_set_media(struct stage *stage, const struct test_calls *shape, int64_t up_ms)
{
    const int32_t one_way_s = seconds_after(shape->one_way_after_ms, up_ms);
    if (!shape->has_media) {
        return;
    }
    stage->media = (struct fg_media_facts){
        .known = true,
        .up_s = (int32_t)(up_ms / FG_MS_PER_S),
        .silent_s = seconds_after(shape->silent_after_ms, up_ms),
        .one_way_s = one_way_s,
        .caller = {.known = true, .encrypted = shape->srtp, .codec = "PCMA", .dtmf = shape->dtmf},
        .called = {.known = true, .codec = "PCMA", .idle_s = one_way_s},
    };
    stage->event.media = &stage->media;
}
