// SPDX-License-Identifier: GPL-2.0-or-later
// Builds the indexes of the customer table.
#include "customer_index.h"

#include "fg/err.h"
#include "fg/heap.h"

#include <stddef.h>
#include <string.h>

struct totals {
    uint32_t names, fingerprints, users, exact, spans, prefixes, sources;
};

static bool is_prefix(const struct fg_number_range *range)
{
    return range->last.len == 0;
}

static bool is_exact(const struct fg_number_range *range)
{
    return range->first.len == range->last.len &&
           memcmp(range->first.digits, range->last.digits, range->first.len) == 0;
}

static void count(const struct fg_customers *table, struct totals *totals)
{
    *totals = (struct totals){.names = 0};
    for (uint32_t i = 0; i < table->n; i++) {
        const struct fg_customer *customer = &table->items[i];
        totals->names += customer->n_cert_names;
        totals->fingerprints += customer->n_cert_fingerprints;
        totals->sources += customer->n_source_ips;
        totals->users += customer->n_auth_users;
        for (uint32_t k = 0; k < customer->n_numbers; k++) {
            const struct fg_number_range *range = &customer->numbers[k];
            if (is_prefix(range)) {
                totals->prefixes++;
            } else if (is_exact(range)) {
                totals->exact++;
            } else {
                totals->spans++;
            }
        }
    }
}

// Slots for n entries at a load of at most a half; none for none. FG_ENOMEM, FG_ELIMIT.
static int slots_new(struct fg_arena *arena, uint32_t n, uint32_t **slots, uint32_t *n_slots)
{
    *slots = NULL;
    *n_slots = 0;
    if (n == 0) {
        return FG_OK;
    }
    if (n > UINT32_MAX / 4) {
        return FG_ELIMIT;
    }
    uint32_t size = 2;
    while (size < 2 * n) {
        size *= 2;
    }
    *slots = fg_arena_alloc(arena, size * sizeof(**slots));
    if (*slots == NULL) {
        return FG_ENOMEM;
    }
    *n_slots = size;
    return FG_OK;
}

static void put(uint32_t *slots, uint32_t n_slots, uint64_t hash, uint32_t index)
{
    uint32_t slot = (uint32_t)hash & (n_slots - 1);
    while (slots[slot] != 0) {
        slot = (slot + 1) & (n_slots - 1);
    }
    slots[slot] = index + 1;
}

static int index_ids(struct fg_customers *table, struct fg_arena *arena)
{
    uint32_t *slots = NULL;
    int rc = slots_new(arena, table->n, &slots, &table->id_slots);
    table->by_id = slots;
    for (uint32_t i = 0; rc == FG_OK && i < table->n; i++) {
        struct fg_view id = fg_view_of(table->items[i].id);
        if (fg_customers_by_id(table, id) != NULL) {
            return FG_EDUPLICATE;
        }
        put(slots, table->id_slots, fg_index_hash(&table->hash_key, id.ptr, id.len), i);
    }
    return rc;
}

static int index_cert_names(struct fg_customers *table, uint32_t n, struct fg_arena *arena)
{
    uint32_t *slots = NULL;
    int rc = slots_new(arena, n, &slots, &table->cert_name_slots);
    table->by_cert_name = slots;
    for (uint32_t i = 0; rc == FG_OK && i < table->n; i++) {
        for (uint32_t k = 0; k < table->items[i].n_cert_names; k++) {
            struct fg_view name = fg_view_of(table->items[i].cert_names[k]);
            const struct fg_customer *other = fg_customers_by_cert_name(table, name);
            if (other != NULL && other != &table->items[i]) {
                return FG_EDUPLICATE;
            }
            if (other == NULL) {
                put(slots, table->cert_name_slots, fg_index_hash_nocase(&table->hash_key, name), i);
            }
        }
    }
    return rc;
}

static int index_fingerprints(struct fg_customers *table, uint32_t n, struct fg_arena *arena)
{
    uint32_t *slots = NULL;
    int rc = slots_new(arena, n, &slots, &table->fingerprint_slots);
    table->by_fingerprint = slots;
    for (uint32_t i = 0; rc == FG_OK && i < table->n; i++) {
        for (uint32_t k = 0; k < table->items[i].n_cert_fingerprints; k++) {
            const uint8_t *sha256 = table->items[i].cert_fingerprints[k];
            const struct fg_customer *other = fg_customers_by_fingerprint(table, sha256);
            if (other != NULL && other != &table->items[i]) {
                return FG_EDUPLICATE;
            }
            if (other == NULL) {
                uint64_t hash = fg_index_hash(&table->hash_key, sha256, 32);
                put(slots, table->fingerprint_slots, hash, i);
            }
        }
    }
    return rc;
}

static int index_auth_users(struct fg_customers *table, uint32_t n, struct fg_arena *arena)
{
    uint32_t *slots = NULL;
    int rc = slots_new(arena, n, &slots, &table->auth_user_slots);
    table->by_auth_user = slots;
    for (uint32_t i = 0; rc == FG_OK && i < table->n; i++) {
        for (uint32_t k = 0; k < table->items[i].n_auth_users; k++) {
            struct fg_view user = fg_view_of(table->items[i].auth_users[k]);
            const struct fg_customer *other = fg_customers_by_auth_user(table, user);
            if (other != NULL && other != &table->items[i]) {
                return FG_EDUPLICATE;
            }
            if (other == NULL) {
                uint64_t hash = fg_index_hash(&table->hash_key, user.ptr, user.len);
                put(slots, table->auth_user_slots, hash, i);
            }
        }
    }
    return rc;
}

static int add_exact(struct fg_customers *table, struct fg_owned_number *numbers, uint32_t *slots,
                     uint32_t *n_numbers, uint32_t customer, const struct fg_number *number)
{
    uint64_t hash = fg_index_hash(&table->hash_key, number->digits, number->len);
    uint32_t mask = table->number_slots - 1;
    for (uint32_t slot = (uint32_t)hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
        const struct fg_owned_number *other = &numbers[slots[slot] - 1];
        if (other->number.len == number->len &&
            memcmp(other->number.digits, number->digits, number->len) == 0) {
            return other->customer == customer ? FG_OK : FG_EDUPLICATE;
        }
    }
    numbers[*n_numbers] = (struct fg_owned_number){.number = *number, .customer = customer};
    put(slots, table->number_slots, hash, *n_numbers);
    (*n_numbers)++;
    return FG_OK;
}

static int index_exact_numbers(struct fg_customers *table, uint32_t n, struct fg_arena *arena)
{
    uint32_t *slots = NULL;
    int rc = slots_new(arena, n, &slots, &table->number_slots);
    struct fg_owned_number *numbers = fg_arena_alloc(arena, n * sizeof(*numbers));
    if (numbers == NULL) {
        return FG_ENOMEM;
    }
    table->by_number = slots;
    table->exact_numbers = numbers;
    uint32_t n_numbers = 0;
    for (uint32_t i = 0; rc == FG_OK && i < table->n; i++) {
        const struct fg_customer *customer = &table->items[i];
        for (uint32_t k = 0; rc == FG_OK && k < customer->n_numbers; k++) {
            const struct fg_number_range *range = &customer->numbers[k];
            if (!is_prefix(range) && is_exact(range)) {
                rc = add_exact(table, numbers, slots, &n_numbers, i, &range->first);
            }
        }
    }
    return rc;
}

static bool span_before(const struct fg_owned_span *a, const struct fg_owned_span *b)
{
    return a->len != b->len ? a->len < b->len : a->first < b->first;
}

// Heap sort: no memory, no worst case, and nothing of libc's that a pure core should not need.
static void sink(struct fg_owned_span *spans, uint32_t root, uint32_t n)
{
    for (;;) {
        uint32_t child = 2 * root + 1;
        if (child >= n) {
            return;
        }
        if (child + 1 < n && span_before(&spans[child], &spans[child + 1])) {
            child++;
        }
        if (!span_before(&spans[root], &spans[child])) {
            return;
        }
        struct fg_owned_span swapped = spans[root];
        spans[root] = spans[child];
        spans[child] = swapped;
        root = child;
    }
}

static void sort_spans(struct fg_owned_span *spans, uint32_t n)
{
    for (uint32_t i = n / 2; i > 0; i--) {
        sink(spans, i - 1, n);
    }
    for (uint32_t end = n; end > 1; end--) {
        struct fg_owned_span swapped = spans[0];
        spans[0] = spans[end - 1];
        spans[end - 1] = swapped;
        sink(spans, 0, end - 1);
    }
}

static int index_number_spans(struct fg_customers *table, uint32_t n, struct fg_arena *arena)
{
    struct fg_owned_span *spans = fg_arena_alloc(arena, n * sizeof(*spans));
    if (spans == NULL) {
        return FG_ENOMEM;
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < table->n; i++) {
        for (uint32_t k = 0; k < table->items[i].n_numbers; k++) {
            const struct fg_number_range *range = &table->items[i].numbers[k];
            if (is_prefix(range) || is_exact(range)) {
                continue;
            }
            spans[at++] = (struct fg_owned_span){.first = fg_number_value(&range->first),
                                                 .last = fg_number_value(&range->last),
                                                 .customer = i,
                                                 .len = range->first.len};
        }
    }
    sort_spans(spans, n);
    for (uint32_t i = 0; i < n; i++) {
        spans[i].highest_last = spans[i].last;
        if (i > 0 && spans[i - 1].len == spans[i].len &&
            spans[i - 1].highest_last > spans[i].last) {
            spans[i].highest_last = spans[i - 1].highest_last;
        }
    }
    table->number_spans = spans;
    table->n_number_spans = n;
    return FG_OK;
}

static int index_number_prefixes(struct fg_customers *table, uint32_t n, struct fg_arena *arena)
{
    if (n == 0) {
        return FG_OK;
    }
    struct fg_prefix_builder *builder = fg_prefix_builder_new();
    int rc = builder != NULL ? FG_OK : FG_ENOMEM;
    for (uint32_t i = 0; rc == FG_OK && i < table->n; i++) {
        for (uint32_t k = 0; rc == FG_OK && k < table->items[i].n_numbers; k++) {
            const struct fg_number_range *range = &table->items[i].numbers[k];
            if (!is_prefix(range)) {
                continue;
            }
            struct fg_view digits = {.ptr = range->first.digits, .len = range->first.len};
            rc = fg_prefix_builder_add(builder, digits, i);
            rc = rc == FG_EDUPLICATE ? FG_OK : rc; // the first customer keeps it
        }
    }
    if (rc == FG_OK) {
        table->number_prefixes = fg_prefix_build(builder, arena);
        rc = table->number_prefixes != NULL ? FG_OK : FG_ENOMEM;
    }
    fg_prefix_builder_free(builder);
    return rc;
}

static void add_source(struct fg_customers *table, struct fg_owned_source *sources, uint32_t *slots,
                       uint32_t *n_sources, const struct fg_owned_source *source)
{
    uint32_t mask = table->source_slots - 1;
    uint32_t hash = fg_source_hash(&table->hash_key, &source->range);
    for (uint32_t slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
        struct fg_owned_source *other = &sources[slots[slot] - 1];
        if (other->range.bits == source->range.bits &&
            memcmp(other->range.base.bytes, source->range.base.bytes,
                   sizeof(source->range.base.bytes)) == 0) {
            other->shared = other->shared || other->customer != source->customer;
            return;
        }
    }
    sources[*n_sources] = *source;
    put(slots, table->source_slots, hash, *n_sources);
    (*n_sources)++;
}

static int index_sources(struct fg_customers *table, uint32_t n, struct fg_arena *arena)
{
    uint32_t *slots = NULL;
    int rc = slots_new(arena, n, &slots, &table->source_slots);
    struct fg_owned_source *sources = fg_arena_alloc(arena, n * sizeof(*sources));
    if (rc != FG_OK || sources == NULL) {
        return rc != FG_OK ? rc : FG_ENOMEM;
    }
    table->by_source = slots;
    table->sources = sources;
    uint32_t n_sources = 0;
    for (uint32_t i = 0; i < table->n; i++) {
        for (uint32_t k = 0; k < table->items[i].n_source_ips; k++) {
            struct fg_owned_source source = {.range = table->items[i].source_ips[k], .customer = i};
            if (source.range.bits > 128) {
                return FG_EINVAL;
            }
            fg_ip_range_clear_host(&source.range);
            table->source_bits[source.range.bits / 64] |= UINT64_C(1) << (source.range.bits % 64);
            add_source(table, sources, slots, &n_sources, &source);
        }
    }
    return FG_OK;
}

int fg_customers_build(const struct fg_customer *items, uint32_t n,
                       const struct fg_hash_key *hash_key, struct fg_arena *arena,
                       struct fg_customers *out)
{
    struct fg_customers table = {.items = items, .n = n, .hash_key = *hash_key};
    struct totals totals;
    count(&table, &totals);
    int rc = index_ids(&table, arena);
    rc = rc == FG_OK ? index_cert_names(&table, totals.names, arena) : rc;
    rc = rc == FG_OK ? index_fingerprints(&table, totals.fingerprints, arena) : rc;
    rc = rc == FG_OK ? index_auth_users(&table, totals.users, arena) : rc;
    rc = rc == FG_OK ? index_exact_numbers(&table, totals.exact, arena) : rc;
    rc = rc == FG_OK ? index_number_spans(&table, totals.spans, arena) : rc;
    rc = rc == FG_OK ? index_number_prefixes(&table, totals.prefixes, arena) : rc;
    rc = rc == FG_OK ? index_sources(&table, totals.sources, arena) : rc;
    if (rc == FG_OK) {
        *out = table;
    }
    return rc;
}
