// SPDX-License-Identifier: GPL-2.0-or-later
// Networks that lie within one another are cut into disjoint spans when the table is built, so that
// a look-up is one binary search.
#include "fg/network.h"

#include <stdlib.h>
#include <string.h>

#include "customer_index.h"

#define ADDRESS_BYTES sizeof(((struct fg_ip *)NULL)->bytes)
#define DEPTH_MAX     129 // prefix lengths, each within the one before

// Addresses from first to the next span's first; known is false in the gaps.
struct fg_network_span {
    struct fg_ip first;
    fg_country country;
    bool known;
    uint32_t asn;
};

// By address, the wider network first.
static int compare_ranges(const void *a, const void *b)
{
    const struct fg_network *x = a;
    const struct fg_network *y = b;
    int order = memcmp(x->range.base.bytes, y->range.base.bytes, ADDRESS_BYTES);
    return order != 0 ? order : (x->range.bits > y->range.bits) - (x->range.bits < y->range.bits);
}

static int compare_networks(const void *a, const void *b)
{
    const struct fg_network *x = a;
    const struct fg_network *y = b;
    int order = compare_ranges(x, y);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

// The first address behind a network. False when there is none.
static bool address_behind(const struct fg_ip_range *range, struct fg_ip *out)
{
    if (range->bits == 0) {
        return false;
    }
    *out = range->base;
    unsigned bit = range->bits - 1U;
    unsigned carry = 0x80U >> (bit % 8);
    for (unsigned i = bit / 8 + 1; i > 0 && carry > 0; i--) {
        unsigned sum = out->bytes[i - 1] + carry;
        out->bytes[i - 1] = (uint8_t)(sum & 0xff);
        carry = sum >> 8;
    }
    return carry == 0;
}

struct spans {
    struct fg_network_span *items;
    uint32_t n;
    const struct fg_network *open[DEPTH_MAX]; // networks that hold the current address
    uint32_t n_open;
};

static bool say_the_same(const struct fg_network_span *a, const struct fg_network_span *b)
{
    return a->known == b->known && a->country == b->country && a->asn == b->asn;
}

// Adds a span behind the others; neighbours that say the same become one.
static void add_span(struct spans *spans, const struct fg_network_span *span)
{
    if (spans->n > 0 &&
        memcmp(spans->items[spans->n - 1].first.bytes, span->first.bytes, ADDRESS_BYTES) == 0) {
        spans->n--; // an inner network begins or ends where an outer one does
    }
    if (spans->n == 0 || !say_the_same(&spans->items[spans->n - 1], span)) {
        spans->items[spans->n++] = *span;
    }
}

// Begins a span at first with what holds from there on.
static void begin_span(struct spans *spans, const struct fg_ip *first)
{
    const struct fg_network *inner = spans->n_open > 0 ? spans->open[spans->n_open - 1] : NULL;
    struct fg_network_span span = {
        .first = *first,
        .known = inner != NULL,
        .country = inner != NULL ? inner->country : FG_COUNTRY_NONE,
        .asn = inner != NULL ? inner->asn : 0,
    };
    add_span(spans, &span);
}

// Closes the open networks that end before address; all of them where address is NULL.
static void close_spans(struct spans *spans, const struct fg_ip *address)
{
    while (spans->n_open > 0) {
        const struct fg_network *inner = spans->open[spans->n_open - 1];
        if (address != NULL && fg_ip_in_range(address, &inner->range)) {
            return;
        }
        struct fg_ip behind;
        spans->n_open--;
        if (address_behind(&inner->range, &behind)) {
            begin_span(spans, &behind);
        }
    }
}

static bool is_clean(const struct fg_ip_range *range)
{
    struct fg_ip_range cleared = *range;
    if (range->bits > 8 * ADDRESS_BYTES) {
        return false;
    }
    fg_ip_range_clear_host(&cleared);
    return memcmp(cleared.base.bytes, range->base.bytes, ADDRESS_BYTES) == 0;
}

int fg_networks_build(struct fg_network *networks, uint32_t n, struct fg_arena *arena,
                      const struct fg_network **again, struct fg_networks *out)
{
    // Each network begins a span and ends one.
    struct spans spans = {.items = fg_arena_alloc(arena, 2 * (size_t)n * sizeof(*spans.items))};
    if (spans.items == NULL) {
        return FG_ENOMEM;
    }
    if (n > 0) {
        qsort(networks, n, sizeof(*networks), compare_networks);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!is_clean(&networks[i].range)) {
            return FG_EINVAL;
        }
        if (i > 0 && compare_ranges(&networks[i - 1], &networks[i]) == 0) {
            *again = &networks[i];
            return FG_EDUPLICATE;
        }
        close_spans(&spans, &networks[i].range.base);
        spans.open[spans.n_open++] = &networks[i];
        begin_span(&spans, &networks[i].range.base);
    }
    close_spans(&spans, NULL);
    *out = (struct fg_networks){.spans = spans.items, .n = spans.n};
    return FG_OK;
}

static int64_t older(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

// What holds from the later one of two spans' beginnings on; NULL where a table has not begun.
static struct fg_network_span combine(const struct fg_network_span *first,
                                      const struct fg_network_span *second)
{
    static const struct fg_network_span nothing;
    const struct fg_network_span *a = first != NULL ? first : &nothing;
    const struct fg_network_span *b = second != NULL ? second : &nothing;
    struct fg_network_span both = {
        .known = a->known || b->known,
        .country = a->country != FG_COUNTRY_NONE ? a->country : b->country,
        .asn = a->asn != 0 ? a->asn : b->asn,
    };
    if (first == NULL ||
        (second != NULL && memcmp(first->first.bytes, second->first.bytes, ADDRESS_BYTES) < 0)) {
        both.first = b->first;
    } else {
        both.first = a->first;
    }
    return both;
}

int fg_networks_overlay(const struct fg_networks *first, const struct fg_networks *second,
                        struct fg_arena *arena, struct fg_networks *out)
{
    size_t room = (size_t)first->n + second->n;
    struct spans spans = {.items = fg_arena_alloc(arena, room * sizeof(*spans.items))};
    if (spans.items == NULL) {
        return FG_ENOMEM;
    }
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < first->n || j < second->n) {
        int order = i == first->n    ? 1
                    : j == second->n ? -1
                                     : memcmp(first->spans[i].first.bytes,
                                              second->spans[j].first.bytes, ADDRESS_BYTES);
        i += order <= 0;
        j += order >= 0;
        struct fg_network_span span =
            combine(i > 0 ? &first->spans[i - 1] : NULL, j > 0 ? &second->spans[j - 1] : NULL);
        add_span(&spans, &span);
    }
    *out = (struct fg_networks){
        .spans = spans.items, .n = spans.n, .built_ms = older(first->built_ms, second->built_ms)};
    return FG_OK;
}

bool fg_networks_find(const struct fg_networks *networks, const struct fg_ip *ip,
                      fg_country *country, uint32_t *asn)
{
    if (networks == NULL) {
        return false;
    }
    uint32_t low = 0;
    uint32_t high = networks->n; // the span is in [low - 1, high)
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(networks->spans[middle].first.bytes, ip->bytes, ADDRESS_BYTES) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || !networks->spans[low - 1].known) {
        return false;
    }
    *country = networks->spans[low - 1].country;
    *asn = networks->spans[low - 1].asn;
    return true;
}
