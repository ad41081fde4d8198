// SPDX-License-Identifier: GPL-2.0-or-later
#include "customer_sources.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"

// A network before what it holds.
static int compare(const void *a, const void *b)
{
    const struct fg_written *x = a;
    const struct fg_written *y = b;
    const int order =
        memcmp(x->network.base.bytes, y->network.base.bytes, sizeof(x->network.base.bytes));
    if (order != 0) {
        return order;
    }
    if (x->network.bits != y->network.bits) {
        return x->network.bits < y->network.bits ? -1 : 1;
    }
    return (x->place.offset > y->place.offset) - (x->place.offset < y->place.offset);
}

static bool holds(const struct fg_ip_range *outer, const struct fg_ip_range *inner)
{
    const unsigned whole = outer->bits / 8;
    const unsigned rest = outer->bits % 8;
    const unsigned differ =
        rest == 0 ? 0 : (unsigned)(outer->base.bytes[whole] ^ inner->base.bytes[whole]);
    return outer->bits <= inner->bits && memcmp(outer->base.bytes, inner->base.bytes, whole) == 0 &&
           (differ & (0xFF00U >> rest) & 0xFFU) == 0;
}

static void report(const struct fg_written *a, const struct fg_written *b,
                   const struct fg_customer *customers, const struct fg_yaml_doc *doc,
                   struct fg_diags *diags)
{
    const struct fg_written *later = a->place.offset > b->place.offset ? a : b;
    const struct fg_written *other = later == a ? b : a;
    const bool equal = a->network.bits == b->network.bits;
    fg_yaml_report_place(
        doc, later->place, diags, FG_WARNING, FG_CODE_DUPLICATE,
        "source %s customer '%s', in line %u: the address alone identifies neither",
        equal ? "is there already, of" : "overlaps a network of", customers[other->customer].id,
        other->place.line);
}

void fg_sources_check(struct fg_written_list *sources, const struct fg_customer *customers,
                      const struct fg_yaml_doc *doc, struct fg_diags *diags)
{
    if (sources->n < 2) {
        return;
    }
    qsort(sources->items, sources->n, sizeof(sources->items[0]), compare);
    // Networks lie apart or one in the other, so the widest of those before is enough. Where it is
    // the same customer's, what else holds this one lies in it and has been reported.
    const struct fg_written *widest = &sources->items[0];
    for (uint32_t i = 1; i < sources->n; i++) {
        const struct fg_written *at = &sources->items[i];
        if (!holds(&widest->network, &at->network)) {
            widest = at;
        } else if (at->customer != widest->customer) {
            report(at, widest, customers, doc, diags);
        }
    }
}
