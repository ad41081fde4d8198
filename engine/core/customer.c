// SPDX-License-Identifier: GPL-2.0-or-later
// Lookups in the table of customers; customer_build.c makes its indexes.
#include "fg/customer.h"

#include "customer_index.h"

#include <string.h>

bool fg_number_range_has(const struct fg_number_range *range, const struct fg_number *number)
{
    if (range->last.len == 0) {
        return number->len >= range->first.len &&
               memcmp(number->digits, range->first.digits, range->first.len) == 0;
    }
    return number->len == range->first.len && number->len == range->last.len &&
           memcmp(number->digits, range->first.digits, number->len) >= 0 &&
           memcmp(number->digits, range->last.digits, number->len) <= 0;
}

bool fg_customer_owns_number(const struct fg_customer *customer, const struct fg_number *number)
{
    if (number->len == 0) {
        return false;
    }
    for (uint32_t i = 0; i < customer->n_numbers; i++) {
        if (fg_number_range_has(&customer->numbers[i], number)) {
            return true;
        }
    }
    return false;
}

bool fg_customer_allows_source(const struct fg_customer *customer, const struct fg_ip *ip)
{
    if (customer->n_source_ips == 0) {
        return true;
    }
    for (uint32_t i = 0; i < customer->n_source_ips; i++) {
        if (fg_ip_in_range(ip, &customer->source_ips[i])) {
            return true;
        }
    }
    return false;
}

uint64_t fg_index_hash(const struct fg_hash_key *key, const void *bytes, size_t len)
{
    return fg_hash64(key, bytes, len);
}

uint64_t fg_index_hash_nocase(const struct fg_hash_key *key, struct fg_view name)
{
    char lower[FG_CERT_NAME_MAX];
    size_t len = name.len < sizeof(lower) ? name.len : sizeof(lower);
    for (size_t i = 0; i < len; i++) {
        char c = name.ptr[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return fg_hash64(key, lower, len);
}

bool fg_customer_has_cert_name(const struct fg_customer *customer, struct fg_view name)
{
    for (uint32_t i = 0; i < customer->n_cert_names; i++) {
        if (fg_view_equal_nocase(fg_view_of(customer->cert_names[i]), name)) {
            return true;
        }
    }
    return false;
}

bool fg_customer_has_fingerprint(const struct fg_customer *customer, const uint8_t sha256[32])
{
    for (uint32_t i = 0; i < customer->n_cert_fingerprints; i++) {
        if (memcmp(customer->cert_fingerprints[i], sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

const struct fg_customer *fg_customers_by_id(const struct fg_customers *table, struct fg_view id)
{
    if (table->id_slots == 0 || id.len == 0 || id.len > FG_CUSTOMER_ID_MAX) {
        return NULL;
    }
    uint32_t mask = table->id_slots - 1;
    uint32_t slot = (uint32_t)fg_index_hash(&table->hash_key, id.ptr, id.len) & mask;
    for (; table->by_id[slot] != 0; slot = (slot + 1) & mask) {
        const struct fg_customer *customer = &table->items[table->by_id[slot] - 1];
        if (fg_view_equal(fg_view_of(customer->id), id)) {
            return customer;
        }
    }
    return NULL;
}

const struct fg_customer *fg_customers_by_cert_name(const struct fg_customers *table,
                                                    struct fg_view name)
{
    if (table->cert_name_slots == 0 || name.len == 0 || name.len > FG_CERT_NAME_MAX) {
        return NULL;
    }
    uint32_t mask = table->cert_name_slots - 1;
    uint32_t slot = (uint32_t)fg_index_hash_nocase(&table->hash_key, name) & mask;
    for (; table->by_cert_name[slot] != 0; slot = (slot + 1) & mask) {
        const struct fg_customer *customer = &table->items[table->by_cert_name[slot] - 1];
        if (fg_customer_has_cert_name(customer, name)) {
            return customer;
        }
    }
    return NULL;
}

const struct fg_customer *fg_customers_by_fingerprint(const struct fg_customers *table,
                                                      const uint8_t sha256[32])
{
    if (table->fingerprint_slots == 0) {
        return NULL;
    }
    uint32_t mask = table->fingerprint_slots - 1;
    uint32_t slot = (uint32_t)fg_index_hash(&table->hash_key, sha256, 32) & mask;
    for (; table->by_fingerprint[slot] != 0; slot = (slot + 1) & mask) {
        const struct fg_customer *customer = &table->items[table->by_fingerprint[slot] - 1];
        if (fg_customer_has_fingerprint(customer, sha256)) {
            return customer;
        }
    }
    return NULL;
}

static bool has_auth_user(const struct fg_customer *customer, struct fg_view user)
{
    for (uint32_t i = 0; i < customer->n_auth_users; i++) {
        if (fg_view_equal(fg_view_of(customer->auth_users[i]), user)) {
            return true;
        }
    }
    return false;
}

const struct fg_customer *fg_customers_by_auth_user(const struct fg_customers *table,
                                                    struct fg_view user)
{
    if (table->auth_user_slots == 0 || user.len == 0 || user.len > FG_AUTH_USER_MAX) {
        return NULL;
    }
    uint32_t mask = table->auth_user_slots - 1;
    uint32_t slot = (uint32_t)fg_index_hash(&table->hash_key, user.ptr, user.len) & mask;
    for (; table->by_auth_user[slot] != 0; slot = (slot + 1) & mask) {
        const struct fg_customer *customer = &table->items[table->by_auth_user[slot] - 1];
        if (has_auth_user(customer, user)) {
            return customer;
        }
    }
    return NULL;
}

static const struct fg_customer *by_exact_number(const struct fg_customers *table,
                                                 const struct fg_number *number)
{
    if (table->number_slots == 0) {
        return NULL;
    }
    uint32_t mask = table->number_slots - 1;
    uint32_t slot = (uint32_t)fg_index_hash(&table->hash_key, number->digits, number->len) & mask;
    for (; table->by_number[slot] != 0; slot = (slot + 1) & mask) {
        const struct fg_owned_number *owned = &table->exact_numbers[table->by_number[slot] - 1];
        if (owned->number.len == number->len &&
            memcmp(owned->number.digits, number->digits, number->len) == 0) {
            return &table->items[owned->customer];
        }
    }
    return NULL;
}

uint64_t fg_number_value(const struct fg_number *number)
{
    uint64_t value = 0;
    for (uint8_t i = 0; i < number->len && i < FG_NUMBER_DIGITS_MAX; i++) {
        value = value * 10 + (uint64_t)(number->digits[i] - '0');
    }
    return value;
}

static const struct fg_customer *by_number_span(const struct fg_customers *table,
                                                const struct fg_number *number)
{
    uint64_t value = fg_number_value(number);
    uint32_t low = 0; // spans before low begin at or before the number
    uint32_t high = table->n_number_spans;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct fg_owned_span *span = &table->number_spans[middle];
        if (span->len < number->len || (span->len == number->len && span->first <= value)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (uint32_t i = low; i > 0; i--) {
        const struct fg_owned_span *span = &table->number_spans[i - 1];
        if (span->len != number->len || span->highest_last < value) {
            break;
        }
        if (span->last >= value) {
            return &table->items[span->customer];
        }
    }
    return NULL;
}

const struct fg_customer *fg_customers_by_number(const struct fg_customers *table,
                                                 const struct fg_number *number)
{
    if (number->len == 0 || number->len > FG_NUMBER_DIGITS_MAX) {
        return NULL;
    }
    const struct fg_customer *customer = by_exact_number(table, number);
    if (customer == NULL) {
        customer = by_number_span(table, number);
    }
    struct fg_prefix_match match;
    if (customer == NULL &&
        fg_prefix_lookup(table->number_prefixes, number->digits, number->len, &match) == FG_OK) {
        customer = &table->items[match.value];
    }
    return customer;
}

static const struct fg_owned_source *find_source(const struct fg_customers *table,
                                                 const struct fg_ip_range *range)
{
    uint32_t mask = table->source_slots - 1;
    uint32_t slot = fg_source_hash(&table->hash_key, range) & mask;
    for (; table->by_source[slot] != 0; slot = (slot + 1) & mask) {
        const struct fg_owned_source *source = &table->sources[table->by_source[slot] - 1];
        if (source->range.bits == range->bits &&
            memcmp(source->range.base.bytes, range->base.bytes, sizeof(range->base.bytes)) == 0) {
            return source;
        }
    }
    return NULL;
}

const struct fg_customer *fg_customers_by_source(const struct fg_customers *table,
                                                 const struct fg_ip *ip)
{
    const struct fg_owned_source *found = NULL;
    if (table->source_slots == 0) {
        return NULL;
    }
    for (unsigned bits = 0; bits <= 128; bits++) {
        if ((table->source_bits[bits / 64] & (UINT64_C(1) << (bits % 64))) == 0) {
            continue;
        }
        struct fg_ip_range range = {.base = *ip, .bits = (uint8_t)bits};
        fg_ip_range_clear_host(&range);
        const struct fg_owned_source *source = find_source(table, &range);
        if (source == NULL) {
            continue;
        }
        if (source->shared || (found != NULL && found->customer != source->customer)) {
            return NULL;
        }
        found = source;
    }
    return found != NULL ? &table->items[found->customer] : NULL;
}
