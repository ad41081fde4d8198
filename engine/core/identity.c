// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/identity.h"

#include <string.h>

#define RSA_MIN_BITS  2048
#define EC_MIN_BITS   256
#define DNS_NAME_MAX  253
#define DNS_LABEL_MAX 63

static const struct {
    const char *name, *text;
} identities[FG_IDENTITY_COUNT] = {
#define FG_IDENTITY_ROW(id, word, doc) [FG_IDENTITY_##id] = {.name = (word), .text = (doc)},
    FG_IDENTITIES(FG_IDENTITY_ROW)
#undef FG_IDENTITY_ROW
};

const char *fg_key_type_name(enum fg_key_type type)
{
    static const char *const names[] = {
#define FG_KEY_TYPE_NAME(id, word, doc) [FG_KEY_##id] = (word),
        FG_KEY_TYPES(FG_KEY_TYPE_NAME)
#undef FG_KEY_TYPE_NAME
    };
    return names[(unsigned)type < FG_KEY_TYPE_COUNT ? type : FG_KEY_UNKNOWN];
}

const char *fg_identity_name(enum fg_identity identity)
{
    return identities[(unsigned)identity < FG_IDENTITY_COUNT ? identity : FG_IDENTITY_UNKNOWN].name;
}

const char *fg_identity_text(enum fg_identity identity)
{
    return identities[(unsigned)identity < FG_IDENTITY_COUNT ? identity : FG_IDENTITY_UNKNOWN].text;
}

bool fg_identity_is_customer(enum fg_identity identity)
{
    return (unsigned)identity <= FG_IDENTITY_CALLED_NUMBER;
}

static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

// Anything else (NUL, wildcards, homoglyphs, ports) names nobody.
bool fg_identity_is_name(struct fg_view name)
{
    if (name.len == 0 || name.len > DNS_NAME_MAX) {
        return false;
    }
    size_t label_len = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '.') {
            if (label_len == 0) {
                return false;
            }
            label_len = 0;
        } else if (!is_label_char(name.ptr[i]) || ++label_len > DNS_LABEL_MAX) {
            return false;
        }
    }
    return label_len > 0;
}

static bool strip_scheme(struct fg_view *uri, const char *scheme)
{
    size_t len = strlen(scheme);
    if (uri->len < len) {
        return false;
    }
    struct fg_view head = {.ptr = uri->ptr, .len = len};
    if (!fg_view_equal_nocase(head, fg_view_of(scheme))) {
        return false;
    }
    uri->ptr += len;
    uri->len -= len;
    return true;
}

static const struct fg_customer *customer_named(const struct fg_identity_walk *walk,
                                                struct fg_view name)
{
    if (walk->customers == NULL || !fg_identity_is_name(name)) {
        return NULL;
    }
    return fg_customers_by_cert_name(walk->customers, name);
}

static bool take(struct fg_identity_walk *walk, const struct fg_customer **slot,
                 const struct fg_customer *customer)
{
    if (customer == NULL) {
        return false;
    }
    const struct fg_customer *uri_customer = walk->found;
    const struct fg_customer *dns_customer = walk->found_dns;
    if ((uri_customer != NULL && uri_customer != customer) ||
        (dns_customer != NULL && dns_customer != customer)) {
        walk->ambiguous = true;
    }
    if (*slot == NULL) {
        *slot = customer;
    }
    return true;
}

void fg_identity_begin(struct fg_identity_walk *walk, const struct fg_customers *customers)
{
    *walk = (struct fg_identity_walk){.customers = customers};
}

bool fg_identity_add_uri(struct fg_identity_walk *walk, struct fg_view uri)
{
    walk->any_san = true;
    if (!strip_scheme(&uri, "sip:") || !fg_identity_is_name(uri)) {
        return false;
    }
    walk->any_sip_uri = true;
    return take(walk, &walk->found, customer_named(walk, uri));
}

bool fg_identity_add_dns(struct fg_identity_walk *walk, struct fg_view dns_name)
{
    walk->any_san = true;
    return take(walk, &walk->found_dns, customer_named(walk, dns_name));
}

bool fg_identity_add_common_name(struct fg_identity_walk *walk, struct fg_view common_name)
{
    if (walk->any_san) {
        return false;
    }
    return take(walk, &walk->found, customer_named(walk, common_name));
}

bool fg_identity_add_user(struct fg_identity_walk *walk, struct fg_view user)
{
    walk->user = walk->customers != NULL ? fg_customers_by_auth_user(walk->customers, user) : NULL;
    return walk->user != NULL;
}

static bool key_is_weak(const struct fg_tls_peer *peer, const struct fg_trunk_policy *policy)
{
    unsigned rsa = policy->min_rsa_bits != 0 ? policy->min_rsa_bits : RSA_MIN_BITS;
    unsigned ec = policy->min_ec_bits != 0 ? policy->min_ec_bits : EC_MIN_BITS;
    switch (peer->key_type) {
    case FG_KEY_RSA:
        return peer->key_bits < rsa;
    case FG_KEY_EC:
        return peer->key_bits < ec;
    case FG_KEY_EDDSA:
        return false;
    case FG_KEY_UNKNOWN:
    case FG_KEY_TYPE_COUNT:
        break;
    }
    // Without a type the size of an elliptic-curve key still tells one.
    bool curve = peer->key_bits == 256 || peer->key_bits == 384 || peer->key_bits == 521;
    return peer->key_bits < (curve ? ec : rsa);
}

static enum fg_identity judge_certificate(const struct fg_identity_walk *walk,
                                          const struct fg_tls_peer *peer,
                                          const struct fg_customer **customer)
{
    // RFC 5922 7.1: DNS names count only where no sip: URI is given.
    const struct fg_customer *named = walk->found;
    if (named == NULL && !walk->any_sip_uri) {
        named = walk->found_dns;
    }
    const struct fg_customer *pinned =
        walk->customers != NULL ? fg_customers_by_fingerprint(walk->customers, peer->fingerprint)
                                : NULL;
    if (walk->ambiguous || (named != NULL && pinned != NULL && named != pinned)) {
        return FG_IDENTITY_AMBIGUOUS;
    }
    *customer = named != NULL ? named : pinned;
    if (*customer == NULL) {
        return FG_IDENTITY_UNKNOWN_NAME;
    }
    return key_is_weak(peer, &(*customer)->trunk) ? FG_IDENTITY_WEAK_KEY : FG_IDENTITY_CERTIFICATE;
}

static enum fg_identity judge_connection(const struct fg_identity_walk *walk,
                                         const struct fg_tls_peer *peer, const struct fg_ip *source,
                                         const struct fg_customer **customer)
{
    if (peer == NULL || !peer->tls) {
        if (source != NULL && walk->customers != NULL) {
            *customer = fg_customers_by_source(walk->customers, source);
        }
        return *customer != NULL ? FG_IDENTITY_SOURCE_ADDRESS : FG_IDENTITY_UNKNOWN;
    }
    if (!peer->cert_present) {
        return FG_IDENTITY_NO_CERTIFICATE;
    }
    if (!peer->cert_verified) {
        return FG_IDENTITY_NOT_VERIFIED;
    }
    if (peer->cert_revoked) {
        (void)judge_certificate(walk, peer, customer);
        return FG_IDENTITY_REVOKED;
    }
    return judge_certificate(walk, peer, customer);
}

static bool accepts(const struct fg_customer *customer, enum fg_identified_by way)
{
    return customer->trunk.identified_by == 0 || (customer->trunk.identified_by & way) != 0;
}

// By the connection where the customer's policy takes that, else by the user.
static enum fg_identity way_accepted(const struct fg_identity_walk *walk,
                                     const struct fg_customer *customer, enum fg_identity identity)
{
    enum fg_identified_by way = FG_BY_AUTH_USER;
    if (identity == FG_IDENTITY_CERTIFICATE) {
        way = FG_BY_CERTIFICATE;
    } else if (identity == FG_IDENTITY_SOURCE_ADDRESS) {
        way = FG_BY_SOURCE_ADDRESS;
    }
    if (accepts(customer, way)) {
        return identity;
    }
    return walk->user == customer && accepts(customer, FG_BY_AUTH_USER) ? FG_IDENTITY_AUTH_USER
                                                                        : FG_IDENTITY_NOT_ACCEPTED;
}

enum fg_identity fg_identity_finish(const struct fg_identity_walk *walk,
                                    const struct fg_tls_peer *peer, const struct fg_ip *source,
                                    const struct fg_customer **customer)
{
    *customer = NULL;
    enum fg_identity identity = judge_connection(walk, peer, source, customer);
    if (walk->user != NULL &&
        (identity == FG_IDENTITY_UNKNOWN || identity == FG_IDENTITY_NO_CERTIFICATE)) {
        *customer = walk->user;
        identity = FG_IDENTITY_AUTH_USER;
    }
    if (!fg_identity_is_customer(identity)) {
        return identity;
    }
    if (walk->user != NULL && walk->user != *customer) {
        return FG_IDENTITY_CLAIMED_OTHER;
    }
    if ((*customer)->trunk.require_tls && (peer == NULL || !peer->tls)) {
        return FG_IDENTITY_TLS_REQUIRED;
    }
    return way_accepted(walk, *customer, identity);
}

enum fg_identity fg_identity_media(enum fg_identity identity, const struct fg_customer *customer,
                                   bool srtp_offered)
{
    bool refused = fg_identity_is_customer(identity) && customer != NULL &&
                   customer->trunk.require_srtp && !srtp_offered;
    return refused ? FG_IDENTITY_SRTP_REQUIRED : identity;
}
