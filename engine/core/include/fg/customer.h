// SPDX-License-Identifier: GPL-2.0-or-later
// What the provider knows of a customer, and the table of all of them. Immutable once built; reads
// are safe from any process and thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/calendar.h"
#include "fg/country.h"
#include "fg/hash.h"
#include "fg/number.h"
#include "fg/prefix.h"
#include "fg/timezone.h"
#include "fg/units.h"

#define FG_CUSTOMER_ID_MAX 64 // alphabet [a-z0-9._-]
#define FG_AUTH_USER_MAX   128

// Ways to identify a customer, for its trunk's policy.
enum fg_identified_by { FG_BY_CERTIFICATE = 1, FG_BY_SOURCE_ADDRESS = 2, FG_BY_AUTH_USER = 4 };

// What a customer's trunk must be like; all 0: anything that identifies it.
struct fg_trunk_policy {
    uint8_t identified_by; // set of fg_identified_by; 0: all of them
    bool require_tls, require_srtp;
    uint16_t min_rsa_bits, min_ec_bits; // smallest keys; 0: 2048 and 256
};

enum fg_media_policy { FG_MEDIA_PREFERRED, FG_MEDIA_REQUIRED, FG_MEDIA_OFF };

// What happens to high-risk calls while the store is away.
enum fg_degraded_policy { FG_DEGRADED_CAP, FG_DEGRADED_ALLOW, FG_DEGRADED_BLOCK };

struct fg_ip {
    uint8_t bytes[16]; // IPv4 as ::ffff:a.b.c.d
};
struct fg_ip_range {
    struct fg_ip base;
    uint8_t bits; // of 128
};
// The way to the customer's own PBX, for calls that come in.
enum fg_pbx_transport { FG_PBX_TLS, FG_PBX_TCP, FG_PBX_UDP };
struct fg_pbx {
    bool has_address; // else only over a connection that the PBX opened
    struct fg_ip address;
    uint16_t port;
    enum fg_pbx_transport transport;
    const char *challenge; // SIP URI where callers are put to the test; NULL: the installation's
};
// Numbers from first to last, same length; a prefix is a range over all its completions (len 0 in
// last: prefix).
struct fg_number_range {
    struct fg_number first, last;
};

struct fg_customer {
    uint32_t index;                           // in the table
    const char *id, *name, *profile, *locale; // NUL-terminated; id never NULL
    const char **tags;
    uint32_t n_tags;
    const struct fg_zone *zone; // never NULL
    int32_t since_yyyymmdd;     // 0: unknown
    int32_t channels;           // 0: no limit known
    fg_micro daily_limit_usd;   // 0: none; already in USD
    const struct fg_number_range *numbers;
    uint32_t n_numbers;
    struct fg_country_set home_countries;
    bool has_home_countries;
    struct fg_dial_plan dial_plan;
    const char **cert_names; // lower case
    uint32_t n_cert_names;
    const uint8_t (*cert_fingerprints)[32]; // SHA-256
    uint32_t n_cert_fingerprints;
    const struct fg_ip_range *source_ips;
    uint32_t n_source_ips;
    const char **auth_users; // digest users, in any realm
    uint32_t n_auth_users;
    struct fg_trunk_policy trunk;
    const struct fg_hours *hours;
    uint32_t n_hours;
    const int32_t *holidays; // sorted yyyymmdd
    uint32_t n_holidays;
    enum fg_media_policy media;
    enum fg_degraded_policy degraded;
    struct fg_pbx pbx;
};

// The table. Built by engine/pack from YAML through fg_customers_build().
struct fg_customers {
    const struct fg_customer *items;
    uint32_t n;
    char digest[65]; // SHA-256 of the file, hex
    // Open-addressing indexes: value index + 1, 0 empty. Sizes are powers of two.
    struct fg_hash_key hash_key;
    const uint32_t *by_id, *by_cert_name, *by_fingerprint, *by_auth_user; // into items
    const uint32_t *by_number;                                            // into exact_numbers
    const uint32_t *by_source;                                            // into sources
    uint32_t id_slots, cert_name_slots, fingerprint_slots, auth_user_slots, number_slots;
    uint32_t source_slots;
    // Filled by fg_customers_build(); private to it and the lookups.
    const struct fg_owned_number *exact_numbers;
    const struct fg_owned_span *number_spans; // rising (len, first)
    uint32_t n_number_spans;
    const struct fg_prefix_trie *number_prefixes; // value: index into items
    const struct fg_owned_source *sources;
    uint64_t source_bits[3]; // prefix lengths that occur, 0 to 128
};

struct fg_arena;
// Builds the indexes over items (n of them, in arena memory, fully filled). The same cert name,
// fingerprint, digest user or exact number at two customers: FG_EDUPLICATE (the loader reports it
// with positions beforehand). FG_ENOMEM. *out is written only on success.
int fg_customers_build(const struct fg_customer *items, uint32_t n,
                       const struct fg_hash_key *hash_key, struct fg_arena *arena,
                       struct fg_customers *out);

// NULL when there is none.
const struct fg_customer *fg_customers_by_id(const struct fg_customers *table, struct fg_view id);
// Whole name, ASCII case ignored, no wildcards (RFC 5922 7.2).
const struct fg_customer *fg_customers_by_cert_name(const struct fg_customers *table,
                                                    struct fg_view name);
const struct fg_customer *fg_customers_by_fingerprint(const struct fg_customers *table,
                                                      const uint8_t sha256[32]);
// Whole name, byte for byte.
const struct fg_customer *fg_customers_by_auth_user(const struct fg_customers *table,
                                                    struct fg_view user);
// The customer whose exact number, range or prefix holds number (exact before range before prefix;
// longest prefix wins).
const struct fg_customer *fg_customers_by_number(const struct fg_customers *table,
                                                 const struct fg_number *number);
// The one customer whose source_ips hold ip. NULL when none or more than one does.
const struct fg_customer *fg_customers_by_source(const struct fg_customers *table,
                                                 const struct fg_ip *ip);

bool fg_customer_owns_number(const struct fg_customer *customer, const struct fg_number *number);
bool fg_customer_allows_source(const struct fg_customer *customer,
                               const struct fg_ip *ip); // none listed: true
bool fg_ip_parse(struct fg_view text, struct fg_ip *out);
// "192.0.2.1" or eight groups of hexadecimal digits, NUL-terminated.
#define FG_IP_TEXT_MAX 40
void fg_ip_format(const struct fg_ip *ip, char out[FG_IP_TEXT_MAX]);
bool fg_ip_in_range(const struct fg_ip *ip, const struct fg_ip_range *range);
