// SPDX-License-Identifier: GPL-2.0-or-later
#include "customer_ranges.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"

// By length, first and last number. Numbers of one length have the order of their digits.
static int compare(const void *a, const void *b)
{
    const struct fg_written *x = a;
    const struct fg_written *y = b;
    if (x->range.first.len != y->range.first.len) {
        return x->range.first.len < y->range.first.len ? -1 : 1;
    }
    int order = strcmp(x->range.first.digits, y->range.first.digits);
    order = order != 0 ? order : strcmp(x->range.last.digits, y->range.last.digits);
    return order != 0 ? order
                      : (x->place.offset > y->place.offset) - (x->place.offset < y->place.offset);
}

static bool is_same(const struct fg_number_range *a, const struct fg_number_range *b)
{
    return strcmp(a->first.digits, b->first.digits) == 0 &&
           strcmp(a->last.digits, b->last.digits) == 0;
}

static void report(const struct fg_written *a, const struct fg_written *b,
                   const struct fg_customer *customers, const struct fg_yaml_doc *doc,
                   struct fg_diags *diags)
{
    const struct fg_written *later = a->place.offset > b->place.offset ? a : b;
    const struct fg_written *other = later == a ? b : a;
    fg_yaml_report_place(doc, later->place, diags, FG_ERROR, FG_CODE_DUPLICATE,
                         "range '+%s-+%s' overlaps '+%s-+%s' of customer '%s', in line %u",
                         later->range.first.digits, later->range.last.digits,
                         other->range.first.digits, other->range.last.digits,
                         customers[other->customer].id, other->place.line);
}

void fg_ranges_check(struct fg_written_list *ranges, const struct fg_customer *customers,
                     const struct fg_yaml_doc *doc, struct fg_diags *diags)
{
    if (ranges->n < 2) {
        return;
    }
    qsort(ranges->items, ranges->n, sizeof(ranges->items[0]), compare);
    // Of those before, the one that reaches furthest is enough: where it is the same customer's, it
    // overlaps whatever else there is, too, and that has been reported.
    const struct fg_written *furthest = &ranges->items[0];
    for (uint32_t i = 1; i < ranges->n; i++) {
        const struct fg_written *at = &ranges->items[i];
        bool apart = at->range.first.len != furthest->range.first.len ||
                     strcmp(at->range.first.digits, furthest->range.last.digits) > 0;
        if (!apart && at->customer != furthest->customer &&
            !is_same(&at->range, &furthest->range)) {
            report(at, furthest, customers, doc, diags);
        }
        if (apart || strcmp(at->range.last.digits, furthest->range.last.digits) > 0) {
            furthest = at;
        }
    }
}
