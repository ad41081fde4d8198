// SPDX-License-Identifier: GPL-2.0-or-later
// A request as one for each hash tag, since a Cluster's call stays within a slot: the customer's
// part, and one for each tag of what is kept for all customers together. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/meter.h"

#define REDIS_PARTS_MAX  (FG_OPS_MAX + 1)
#define REDIS_SHARED_TAG 4 // "-HH" and a NUL
#define REDIS_TAG_SIZE   (FG_CUSTOMER_ID_MAX + 1)

struct redis_part {
    struct fg_store_request request; // its customer is tag: each part remembers the call by itself
    char tag[REDIS_TAG_SIZE];
    uint8_t op_of[FG_OPS_MAX]; // places of its ops in the whole request
};

// The tag of what is kept for all customers under scope.
void redis_shared_tag(uint64_t scope, char out[REDIS_SHARED_TAG]);
// Splits a checked request; the customer's part, if there is any, comes first. Returns how many.
size_t redis_parts_split(const struct fg_store_request *request, struct redis_part *parts);
// Takes a part's reply over into the whole one: its values, and from the customer's part the hold
// and whether the call was counted before (from the first one where the customer has none).
void redis_part_merge(const struct redis_part *parts, size_t i, const struct fg_store_reply *from,
                      struct fg_store_reply *into);
