// SPDX-License-Identifier: GPL-2.0-or-later
#include "call_read.h"

#include <string.h>

#include "fg/uri.h"

#define RSA_BITS_LEAST 1024 // 256 and 384 are elliptic-curve keys

static bool strip(struct fg_view *text, const char *head)
{
    size_t len = strlen(head);
    if (text->len < len ||
        !fg_view_equal_nocase((struct fg_view){text->ptr, len}, fg_view_of(head))) {
        return false;
    }
    text->ptr += len;
    text->len -= len;
    return true;
}

// "sip.acme.example", "DNS:sip.acme.example", "sip:acme.example", "URI:sip:acme.example".
static void add_name(struct fg_identity_walk *walk, struct fg_view name)
{
    struct fg_view rest = name;
    bool uri = strip(&name, "URI:") || strip(&rest, "sip:") || strip(&rest, "sips:");
    if (uri) {
        (void)fg_identity_add_uri(walk, name);
        return;
    }
    (void)strip(&name, "DNS:");
    (void)fg_identity_add_dns(walk, name);
}

static void add_names(struct fg_identity_walk *walk, struct fg_view names)
{
    size_t begin = 0;
    for (size_t i = 0; i <= names.len; i++) {
        if (i < names.len && memchr(" ,;|", names.ptr[i], 4) == NULL) {
            continue;
        }
        if (i > begin) {
            add_name(walk, (struct fg_view){names.ptr + begin, i - begin});
        }
        begin = i + 1;
    }
}

static void set_peer(const struct replay_call *call, struct fg_tls_peer *peer)
{
    peer->tls = true;
    peer->cert_present = peer->cert_verified = call->has_certificate;
    peer->key_bits = call->key_bits;
    // A size that is not told says nothing against the key.
    peer->key_type = FG_KEY_EDDSA;
    if (call->key_bits > 0) {
        peer->key_type = call->key_bits >= RSA_BITS_LEAST ? FG_KEY_RSA : FG_KEY_EC;
    }
    memcpy(peer->fingerprint, call->fingerprint, sizeof(peer->fingerprint));
}

// Who can only be known by name: no certificate and no address is listed for it.
static bool has_no_identity(const struct fg_customer *customer)
{
    return customer->n_cert_names == 0 && customer->n_cert_fingerprints == 0 &&
           customer->n_source_ips == 0;
}

static void identify_outbound(struct replay_call *call, const struct fg_call_row *row,
                              const struct fg_customers *customers, const struct fg_customer *named)
{
    struct fg_tls_peer peer = {0};
    struct fg_identity_walk walk;
    fg_identity_begin(&walk, customers);
    if (call->has_certificate) {
        set_peer(call, &peer);
        add_names(&walk, row->tls_san);
    }
    // Without a certificate in its columns a customer may be one that is known by its address.
    call->identity = fg_identity_finish(&walk, call->has_certificate ? &peer : NULL,
                                        row->has_source ? &row->source : NULL, &call->customer);
    if (call->customer != NULL || call->has_certificate) {
        return;
    }
    if (named != NULL && (!row->knows_certificates || has_no_identity(named))) {
        call->identity = FG_IDENTITY_AUTH_USER;
        call->customer = named;
    } else if (call->has_tls) {
        call->identity = FG_IDENTITY_NO_CERTIFICATE;
    }
}

static void identify_inbound(struct replay_call *call, const struct fg_customers *customers)
{
    call->identity = FG_IDENTITY_UNKNOWN;
    for (uint8_t i = 0; i < call->called.n && call->customer == NULL; i++) {
        call->customer = fg_customers_by_number(customers, &call->called.reading[i]);
    }
    if (call->customer != NULL) {
        call->identity = FG_IDENTITY_CALLED_NUMBER;
    }
}

// A number as dialled, or the one in a SIP or tel URI.
static void read_number(struct fg_view text, const struct fg_dial_plan *plan,
                        struct fg_number_readings *out)
{
    struct fg_uri_number number;
    if (!fg_uri_number(text, &number)) {
        number = (struct fg_uri_number){.user = text, .phone_context = {"", 0}};
    }
    fg_number_read(number.user, number.phone_context, plan, out);
}

static void read_caller(struct replay_call *call, struct fg_view text,
                        const struct fg_dial_plan *plan)
{
    struct fg_number_readings caller;
    call->caller_present = text.len > 0 && !fg_view_equal_nocase(text, fg_view_of("anonymous"));
    if (call->caller_present) {
        read_number(text, plan, &caller);
        if (caller.status == FG_NUMBER_OK) {
            call->caller = caller.reading[0];
        }
    }
}

static void copy_facts(struct replay_call *call, const struct fg_call_row *row)
{
    call->start_ms = row->start_ms;
    call->answer_ms = row->answer_ms;
    call->end_ms = row->end_ms;
    call->answered = row->answered;
    call->direction = row->direction;
    call->transport = row->transport;
    call->source = row->source;
    call->srtp = row->srtp;
    call->key_bits = row->tls_key_bits;
    memcpy(call->fingerprint, row->fingerprint, sizeof(call->fingerprint));
    memcpy(call->call_id, row->call_id.ptr, row->call_id.len);
    call->call_id_len = (uint8_t)row->call_id.len;
    if (row->attest.len > 0 && row->attest.len <= sizeof(call->attest)) {
        memcpy(call->attest, row->attest.ptr, row->attest.len);
        call->attest_len = (uint8_t)row->attest.len;
    }
    call->has_certificate = row->tls_san.len > 0 || row->has_fingerprint || row->tls_key_bits > 0;
    call->has_tls = call->has_certificate || row->transport == FG_TRANSPORT_TLS ||
                    row->transport == FG_TRANSPORT_WSS;
}

bool call_read(struct replay_call *call, const struct fg_call_row *row,
               const struct fg_policy *policy)
{
    const struct fg_customer *named =
        row->customer.len > 0 ? fg_customers_by_id(policy->customers, row->customer) : NULL;
    const struct fg_dial_plan *plan = NULL;
    copy_facts(call, row);
    if (row->direction == FG_OUTBOUND) {
        identify_outbound(call, row, policy->customers, named);
        call->identity = fg_identity_media(call->identity, call->customer, call->srtp);
        plan = call->customer != NULL ? &call->customer->dial_plan : NULL;
    }
    read_number(row->called, plan, &call->called);
    if (row->direction == FG_INBOUND) {
        identify_inbound(call, policy->customers);
    }
    read_caller(call, row->caller, plan);
    const struct fg_number *number = &call->called.reading[0];
    struct fg_view called =
        call->called.n > 0 ? (struct fg_view){number->digits, number->len} : row->called;
    call->call_key = fg_call_key(&policy->hash_key,
                                 fg_view_of(call->customer != NULL ? call->customer->id : NULL),
                                 row->call_id, (struct fg_view){"", 0}, called);
    return named != NULL && call->customer != NULL && named != call->customer;
}

void call_event(const struct replay_call *call, enum fg_event_kind kind, struct fg_tls_peer *peer,
                struct fg_event *event)
{
    *event = (struct fg_event){
        .kind = kind,
        .direction = call->direction,
        .identity = call->identity,
        .customer = call->customer,
        .call_key = call->call_key,
        .lease = call->sequence + 1, // rows with the same names are calls of their own
        .tls = call->has_tls ? peer : NULL,
        .transport = call->transport,
        .source = call->source,
        .called = call->called,
        .caller_present = call->caller_present,
        .caller = call->caller,
        .srtp_offered = call->srtp,
    };
    if (call->has_tls) {
        set_peer(call, peer);
    }
    if (call->attest_len > 0) {
        event->attrs[0].name = fg_view_of("attest");
        event->attrs[0].value = (struct fg_view){call->attest, call->attest_len};
        event->n_attrs = 1;
    }
}
