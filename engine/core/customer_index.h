// SPDX-License-Identifier: GPL-2.0-or-later
// What the builder of the customer table and its lookups share.
#pragma once

#include "fg/customer.h"

#define FG_CERT_NAME_MAX 255

struct fg_owned_number {
    struct fg_number number;
    uint32_t customer; // index into items
};
struct fg_owned_span {
    uint64_t first, last;
    uint64_t highest_last; // of this span and all before it of the same length
    uint32_t customer;
    uint8_t len;
};
struct fg_owned_source {
    struct fg_ip_range range; // host bits cleared
    uint32_t customer;
    bool shared; // listed by several customers: identifies none
};

uint64_t fg_index_hash(const struct fg_hash_key *key, const void *bytes, size_t len);
uint64_t fg_index_hash_nocase(const struct fg_hash_key *key, struct fg_view name);
uint32_t fg_source_hash(const struct fg_hash_key *key, const struct fg_ip_range *range);
bool fg_customer_has_cert_name(const struct fg_customer *customer, struct fg_view name);
bool fg_customer_has_fingerprint(const struct fg_customer *customer, const uint8_t sha256[32]);
bool fg_number_range_has(const struct fg_number_range *range, const struct fg_number *number);
uint64_t fg_number_value(const struct fg_number *number);
void fg_ip_range_clear_host(struct fg_ip_range *range);
