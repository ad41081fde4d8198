// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/plan.h"
#include "plan_priv.h"

#include <string.h>

#define S_PER_DAY        INT64_C(86400)
#define NOT_AFTER_MAX_S  INT64_C(1000000000000) // keeps days in millionths within 64 bits
#define VERSION_FRACTION (FG_MICRO / 10)

static void set_text(struct fg_value *out, const char *text)
{
    out->present = text != NULL;
    out->text = fg_view_of(text);
}

static void set_truth(struct fg_value *out, bool present, bool truth)
{
    out->present = present;
    out->truth = truth;
}

static void set_number(struct fg_value *out, bool present, fg_micro number)
{
    out->present = present;
    out->number = number;
}

static void set_digits(struct fg_value *out, const struct fg_number *number)
{
    out->present = number->len > 0;
    out->text = (struct fg_view){.ptr = number->digits, .len = number->len};
}

static void customer_signal(const struct fg_customer *customer, enum fg_signal signal,
                            struct fg_value *out)
{
    if (customer == NULL) {
        return;
    }
    switch (signal) {
    case FG_SIG_CUSTOMER_ID:
        set_text(out, customer->id);
        break;
    case FG_SIG_CUSTOMER_PROFILE:
        set_text(out, customer->profile);
        break;
    case FG_SIG_CUSTOMER_TAG:
        out->present = customer->n_tags > 0;
        out->texts = customer->tags;
        out->n_texts = customer->n_tags;
        break;
    case FG_SIG_CUSTOMER_CHANNELS:
        set_number(out, customer->channels > 0, customer->channels * FG_MICRO);
        break;
    default:
        set_number(out, customer->daily_limit_usd > 0, customer->daily_limit_usd);
        break;
    }
}

// Whole days and their fraction, so that "below 14" means less than 14 times 24 hours.
static fg_micro days_left(const struct fg_tls_peer *tls, int64_t now_ms)
{
    int64_t not_after_s = tls->not_after_s;
    if (not_after_s > NOT_AFTER_MAX_S) {
        not_after_s = NOT_AFTER_MAX_S;
    } else if (not_after_s < -NOT_AFTER_MAX_S) {
        not_after_s = -NOT_AFTER_MAX_S;
    }
    return (not_after_s - now_ms / FG_MS_PER_S) * FG_MICRO / S_PER_DAY;
}

static bool cert_is_listed(const struct fg_customer *customer, const struct fg_tls_peer *tls)
{
    bool listed = customer->n_cert_fingerprints == 0;
    for (uint32_t i = 0; i < customer->n_cert_fingerprints; i++) {
        bool same = true;
        for (size_t k = 0; k < sizeof(tls->fingerprint); k++) {
            same = same && customer->cert_fingerprints[i][k] == tls->fingerprint[k];
        }
        listed = listed || same;
    }
    return listed;
}

static void tls_signal(const struct fg_plan *plan, enum fg_signal signal, struct fg_value *out)
{
    const struct fg_tls_peer *tls = plan->event->tls;
    const struct fg_customer *customer = plan->event->customer;
    bool present = tls != NULL && tls->tls;
    bool cert = present && tls->cert_present;
    switch (signal) {
    case FG_SIG_TLS_PRESENT:
        set_truth(out, true, present);
        break;
    case FG_SIG_TLS_VERSION:
        if (present && tls->version != 0) {
            set_number(out, true,
                       (tls->version >> 4) * FG_MICRO + (tls->version & 15) * VERSION_FRACTION);
        }
        break;
    case FG_SIG_TLS_CERT_PRESENT:
        set_truth(out, true, cert);
        break;
    case FG_SIG_TLS_CERT_VERIFIED:
        set_truth(out, true, cert && tls->cert_verified);
        break;
    case FG_SIG_TLS_CERT_KEY_BITS:
        set_number(out, cert && tls->key_bits > 0, cert ? tls->key_bits * FG_MICRO : 0);
        break;
    case FG_SIG_TLS_CIPHER:
        if (present && tls->cipher[0] != '\0') {
            set_text(out, tls->cipher);
        }
        break;
    case FG_SIG_TLS_CERT_KEY_TYPE:
        if (cert) {
            set_text(out, fg_key_type_name(tls->key_type));
        }
        break;
    case FG_SIG_TLS_CERT_ISSUER:
        if (cert && tls->issuer[0] != '\0') {
            set_text(out, tls->issuer);
        }
        break;
    case FG_SIG_TLS_CERT_DAYS_LEFT:
        if (cert && tls->not_after_s != 0) {
            set_number(out, true, days_left(tls, plan->now_ms));
        }
        break;
    default:
        if (cert && customer != NULL) {
            set_truth(out, true, cert_is_listed(customer, tls));
        }
        break;
    }
}

static void dest_signal(const struct fg_plan *plan, enum fg_signal signal, struct fg_value *out)
{
    const struct fg_destination *dest = &plan->dest;
    if (plan->unreadable) {
        return;
    }
    switch (signal) {
    case FG_SIG_DEST_PREFIX:
        // A short code has no country code: no E.164 prefix can match it.
        if (dest->type != FG_TYPE_SHORT_CODE) {
            set_digits(out, &dest->number);
        }
        break;
    case FG_SIG_DEST_COUNTRY:
        out->present = dest->country != FG_COUNTRY_NONE;
        out->country = dest->country;
        break;
    case FG_SIG_DEST_HOME:
        set_truth(out, plan->home_known, plan->dest_home);
        break;
    case FG_SIG_DEST_TYPE:
        set_text(out, fg_number_type_name(dest->type));
        break;
    case FG_SIG_DEST_RATED:
        set_truth(out, true, dest->rated);
        break;
    default:
        set_number(out, dest->rated, dest->usd_per_minute);
        break;
    }
}

static const struct fg_view *find_attr(const struct fg_event *event, struct fg_view name)
{
    const struct fg_view *found = NULL;
    for (uint8_t i = 0; i < event->n_attrs && i < FG_ATTRS_MAX; i++) {
        if (fg_view_equal(event->attrs[i].name, name)) {
            found = &event->attrs[i].value;
        }
    }
    return found;
}

// Other words than those of the table say nothing that rules could rely on.
static void attestation(const struct fg_event *event, struct fg_value *out)
{
    const struct fg_view *said = find_attr(event, fg_view_of("attest"));
    for (size_t i = 0; said != NULL && i < FG_ATTESTATIONS; i++) {
        if (fg_view_equal_nocase(*said, fg_view_of(fg_attestation_name(i)))) {
            set_text(out, fg_attestation_name(i));
        }
    }
}

// Numbers that a customer has exist, whatever the numbering data says.
static bool is_valid_caller(const struct fg_plan *plan)
{
    if (plan->event->caller.len == 0) {
        return false;
    }
    return plan->caller_owned || plan->caller_others ||
           (plan->caller.type != FG_TYPE_UNALLOCATED && fg_destination_is_whole(&plan->caller));
}

static void caller_signal(const struct fg_plan *plan, enum fg_signal signal, struct fg_value *out)
{
    const struct fg_event *event = plan->event;
    bool known = event->caller_present && event->customer != NULL;
    switch (signal) {
    case FG_SIG_CALLER_PRESENT:
        set_truth(out, true, event->caller_present);
        break;
    case FG_SIG_CALLER_VALID:
        set_truth(out, event->caller_present, is_valid_caller(plan));
        break;
    case FG_SIG_CALLER_OWNED:
        set_truth(out, known, known && (event->customer->n_numbers == 0 || plan->caller_owned));
        break;
    case FG_SIG_CALLER_OTHERS:
        set_truth(out, known, plan->caller_others);
        break;
    case FG_SIG_CALLER_TYPE:
        if (known && event->caller.len > 0) {
            set_text(out, fg_number_type_name(plan->caller.type));
        }
        break;
    case FG_SIG_CALLER_COUNTRY:
        out->present = known && plan->caller.country != FG_COUNTRY_NONE;
        out->country = plan->caller.country;
        break;
    case FG_SIG_CALLER_ATTEST:
        attestation(event, out);
        break;
    default:
        set_digits(out, &event->caller);
        break;
    }
}

static void set_address(struct fg_value *out, const struct fg_ip *ip)
{
    static const struct fg_ip none;
    out->present = memcmp(ip->bytes, none.bytes, sizeof(none.bytes)) != 0;
    out->text = (struct fg_view){.ptr = (const char *)ip->bytes, .len = sizeof(ip->bytes)};
}

// Where the request comes from. Calls to the customer come from carriers, whose place says nothing.
static void source_signal(const struct fg_plan *plan, enum fg_signal signal, struct fg_value *out)
{
    const struct fg_event *event = plan->event;
    fg_country country = FG_COUNTRY_NONE;
    uint32_t asn = 0;
    if (event->direction != FG_OUTBOUND) {
        return;
    }
    (void)fg_networks_find(plan->policy->networks, &event->source, &country, &asn);
    country = event->source_country != FG_COUNTRY_NONE ? event->source_country : country;
    asn = event->source_asn != 0 ? event->source_asn : asn;
    bool placed = country != FG_COUNTRY_NONE;
    switch (signal) {
    case FG_SIG_SRC_COUNTRY:
        out->present = placed;
        out->country = country;
        break;
    case FG_SIG_SRC_HOME:
        set_truth(out, placed && plan->home_known, fg_country_set_has(&plan->home, country));
        break;
    default:
        set_number(out, asn != 0, asn * FG_MICRO);
        break;
    }
}

static void request_signal(const struct fg_plan *plan, enum fg_signal signal, const char *attr,
                           struct fg_value *out)
{
    const struct fg_event *event = plan->event;
    switch (signal) {
    case FG_SIG_IDENTITY:
        set_text(out, fg_identity_name(event->identity));
        break;
    case FG_SIG_SRC_KNOWN:
        if (event->customer != NULL && event->direction == FG_OUTBOUND) {
            set_truth(out, true, fg_customer_allows_source(event->customer, &event->source));
        }
        break;
    case FG_SIG_SIP_TRANSPORT:
        if (event->transport != FG_TRANSPORT_UNKNOWN) {
            set_text(out, fg_transport_name(event->transport));
        }
        break;
    case FG_SIG_SIP_USER_AGENT:
        out->present = event->user_agent.len > 0;
        out->text = event->user_agent;
        break;
    case FG_SIG_MEDIA_SRTP:
        set_truth(out, true, event->srtp_offered);
        break;
    case FG_SIG_CALL_DURATION:
        set_number(out, event->kind == FG_EVENT_MINUTE || event->kind == FG_EVENT_END,
                   event->duration_s * FG_MICRO);
        break;
    case FG_SIG_CALL_ANSWERED:
        set_truth(out, event->kind != FG_EVENT_ATTEMPT,
                  event->kind == FG_EVENT_ANSWER || event->kind == FG_EVENT_MINUTE ||
                      (event->kind == FG_EVENT_END && event->answered));
        break;
    default:
        if (attr != NULL) {
            const struct fg_view *said = find_attr(event, fg_view_of(attr));
            out->present = said != NULL;
            out->text = said != NULL ? *said : out->text;
        }
        break;
    }
}

void fg_plan_signal(const struct fg_plan *plan, enum fg_signal signal, const char *attr,
                    struct fg_value *out)
{
    *out = (struct fg_value){.present = false};
    switch (signal) {
    case FG_SIG_CUSTOMER_ID:
    case FG_SIG_CUSTOMER_PROFILE:
    case FG_SIG_CUSTOMER_TAG:
    case FG_SIG_CUSTOMER_CHANNELS:
    case FG_SIG_CUSTOMER_DAILY_LIMIT:
        customer_signal(plan->event->customer, signal, out);
        return;
    case FG_SIG_TLS_PRESENT:
    case FG_SIG_TLS_VERSION:
    case FG_SIG_TLS_CERT_PRESENT:
    case FG_SIG_TLS_CERT_VERIFIED:
    case FG_SIG_TLS_CERT_KEY_BITS:
    case FG_SIG_TLS_CERT_DAYS_LEFT:
    case FG_SIG_TLS_CERT_KNOWN:
    case FG_SIG_TLS_CIPHER:
    case FG_SIG_TLS_CERT_KEY_TYPE:
    case FG_SIG_TLS_CERT_ISSUER:
        tls_signal(plan, signal, out);
        return;
    case FG_SIG_DEST_PREFIX:
    case FG_SIG_DEST_COUNTRY:
    case FG_SIG_DEST_HOME:
    case FG_SIG_DEST_TYPE:
    case FG_SIG_DEST_RATED:
    case FG_SIG_COST_PER_MINUTE:
        dest_signal(plan, signal, out);
        return;
    case FG_SIG_CALLER_PRESENT:
    case FG_SIG_CALLER_VALID:
    case FG_SIG_CALLER_OWNED:
    case FG_SIG_CALLER_OTHERS:
    case FG_SIG_CALLER_PREFIX:
    case FG_SIG_CALLER_TYPE:
    case FG_SIG_CALLER_COUNTRY:
    case FG_SIG_CALLER_ATTEST:
        caller_signal(plan, signal, out);
        return;
    case FG_SIG_SRC_COUNTRY:
    case FG_SIG_SRC_ASN:
    case FG_SIG_SRC_HOME:
        source_signal(plan, signal, out);
        return;
    case FG_SIG_SRC_IP:
        set_address(out, &plan->event->source);
        return;
    case FG_SIG_IDENTITY:
    case FG_SIG_SRC_KNOWN:
    case FG_SIG_SIP_TRANSPORT:
    case FG_SIG_SIP_USER_AGENT:
    case FG_SIG_MEDIA_SRTP:
    case FG_SIG_CALL_DURATION:
    case FG_SIG_CALL_ANSWERED:
    case FG_SIG_ATTR:
        request_signal(plan, signal, attr, out);
        return;
    case FG_SIG_MEDIA_ENCRYPTED:
    case FG_SIG_MEDIA_SUITE:
    case FG_SIG_MEDIA_CODEC:
    case FG_SIG_MEDIA_SILENT_SECONDS:
    case FG_SIG_MEDIA_ONE_WAY:
    case FG_SIG_MEDIA_ONE_WAY_SECONDS:
    case FG_SIG_MEDIA_IDLE_SECONDS:
    case FG_SIG_MEDIA_ON_HOLD:
    case FG_SIG_MEDIA_PACKET_RATE:
    case FG_SIG_MEDIA_PACKET_LOSS:
    case FG_SIG_MEDIA_JITTER_MS:
    case FG_SIG_MEDIA_DTMF:
        fg_plan_media_signal(plan->event, signal, out);
        return;
    case FG_SIG_COUNT:
        return;
    }
}
