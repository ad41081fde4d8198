// SPDX-License-Identifier: GPL-2.0-or-later
// Who is calling: from the names of a verified TLS client certificate to a customer (RFC
// 5922 7.1, 7.2). Pure; fed name by name, so 200 SANs cost no memory.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/customer.h"

// Those that identify a customer, and refusals, each with its own reason.
#define FG_IDENTITIES(X)                                                                           \
    X(CERTIFICATE, "certificate", "certificate name or fingerprint of the customer")               \
    X(SOURCE_ADDRESS, "source_address", "address listed for the customer")                         \
    X(AUTH_USER, "auth_user", "authenticated digest user")                                         \
    X(CALLED_NUMBER, "called_number", "inbound: owner of the called number")                       \
    FG_IDENTITY_REFUSALS(X)
#define FG_IDENTITY_REFUSALS(X)                                                                    \
    X(NO_CERTIFICATE, "no_certificate", "the peer sent no client certificate")                     \
    X(NOT_VERIFIED, "not_verified", "the certificate did not verify")                              \
    X(REVOKED, "revoked", "the certificate was revoked")                                           \
    X(UNKNOWN_NAME, "unknown_name", "no customer has this certificate's names")                    \
    X(AMBIGUOUS, "ambiguous", "names of two customers in one certificate")                         \
    X(WEAK_KEY, "weak_key", "key below 2048 bit RSA or 256 bit EC")                                \
    X(TLS_REQUIRED, "tls_required", "the customer's calls must come over TLS")                     \
    X(SRTP_REQUIRED, "srtp_required", "the customer's calls must offer SRTP, and nothing else")    \
    X(NOT_ACCEPTED, "not_accepted", "the customer is not identified in this way")                  \
    X(CLAIMED_OTHER, "claimed_other", "the request claims to be another customer")                 \
    X(NOT_A_CARRIER, "not_a_carrier", "inbound, but from no address of a carrier")                 \
    X(UNREADABLE, "unreadable", "the message cannot be read")                                      \
    X(UNKNOWN, "unknown", "nothing identifies a customer")

// Up to FG_IDENTITY_CALLED_NUMBER somebody is identified.
enum fg_identity {
#define FG_IDENTITY_ENUM(name, text, doc) FG_IDENTITY_##name,
    FG_IDENTITIES(FG_IDENTITY_ENUM)
#undef FG_IDENTITY_ENUM
        FG_IDENTITY_COUNT
};
const char *fg_identity_name(enum fg_identity identity); // "unknown_name"
const char *fg_identity_text(enum fg_identity identity); // the third column
bool fg_identity_is_customer(enum fg_identity identity);

#define FG_KEY_TYPES(X)                                                                            \
    X(UNKNOWN, "unknown", "another kind, or not told")                                             \
    X(RSA, "rsa", "RSA")                                                                           \
    X(EC, "ec", "elliptic curve of NIST or Brainpool")                                             \
    X(EDDSA, "eddsa", "Ed25519, Ed448")
enum fg_key_type {
#define FG_KEY_TYPE_ENUM(name, text, doc) FG_KEY_##name,
    FG_KEY_TYPES(FG_KEY_TYPE_ENUM)
#undef FG_KEY_TYPE_ENUM
        FG_KEY_TYPE_COUNT
};
const char *fg_key_type_name(enum fg_key_type type); // "rsa"

// Facts of one TLS connection, kept per connection. Text is NUL-terminated and printable: made so
// by whoever fills it.
struct fg_tls_peer {
    bool tls; // the request came over TLS
    bool cert_present, cert_verified;
    bool cert_revoked; // a revocation list has it
    uint8_t version;   // 0x12 TLS 1.2, 0x13 TLS 1.3, 0 unknown
    char cipher[40];
    enum fg_key_type key_type;
    uint16_t key_bits;
    int64_t not_after_s;     // Unix [s], 0 unknown
    uint8_t fingerprint[32]; // SHA-256 of the certificate's DER
    char name[128];          // the name that identified, or the first one (escaped), for people
    char issuer[128];        // issuer's common name, escaped
};

// Letters, digits and hyphens in labels of 1 to 63, at most 253 together: what a certificate's name
// must be to name anybody.
bool fg_identity_is_name(struct fg_view name);

struct fg_identity_walk {
    const struct fg_customers *customers;
    const struct fg_customer *found;     // by a sip: URI, or by the common name
    const struct fg_customer *found_dns; // counts only where there is no sip: URI
    const struct fg_customer *user;      // by the authenticated user
    bool ambiguous, any_san, any_sip_uri;
};
void fg_identity_begin(struct fg_identity_walk *walk, const struct fg_customers *customers);
// A uniformResourceIdentifier SAN: counts as a name only when it is "sip:HOST" without user part or
// parameters; sips: names nobody (RFC 5922 7.1). Returns true when it named a customer.
bool fg_identity_add_uri(struct fg_identity_walk *walk, struct fg_view uri);
bool fg_identity_add_dns(struct fg_identity_walk *walk, struct fg_view dns_name);
// The common name counts only where there is no SAN at all. Call it after all SANs.
bool fg_identity_add_common_name(struct fg_identity_walk *walk, struct fg_view common_name);
// The user of a digest authentication (RFC 8760) that succeeded; never one that a request merely
// names. Returns true when it is a customer's; others are nobody's and change nothing.
bool fg_identity_add_user(struct fg_identity_walk *walk, struct fg_view user);
// Verdict over names, key size and, where there is no TLS, source address; then the authenticated
// user, which must not be another customer's and identifies alone where the peer has no certificate
// and no address that is known; then what the customer's trunk policy accepts. A new fingerprint or
// address is news for the rules (signals), not a refusal here. *customer is set (also for refusals
// of somebody who is known, so that they can be told) or NULL.
enum fg_identity fg_identity_finish(const struct fg_identity_walk *walk,
                                    const struct fg_tls_peer *peer, const struct fg_ip *source,
                                    const struct fg_customer **customer);
// What an outbound attempt's offer makes of identity: FG_IDENTITY_SRTP_REQUIRED where the trunk of
// the customer who was identified takes SRTP only and srtp_offered is false, else identity.
enum fg_identity fg_identity_media(enum fg_identity identity, const struct fg_customer *customer,
                                   bool srtp_offered);
