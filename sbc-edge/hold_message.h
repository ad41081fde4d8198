// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_value.h"

#include <stdint.h>

/** Messages of the channel `fg:holds:ch` and hold records, as docs/redis-schema.md has them. Pure.
 */

#define EDGE_HOLD_MESSAGE_MAX 4096

enum edge_hold_op {
    EDGE_HOLD_PLACE = 1,
    EDGE_HOLD_RELEASE,
    EDGE_HOLD_KILL,
    EDGE_HOLD_OTHER, /**< about allowances: nothing for a relay */
};

struct edge_hold_message {
    enum edge_hold_op op;
    struct edge_view customer;
    struct edge_view scope;
    struct edge_view call_id; /**< its bytes, from `call_id_hex` where that is given */
    uint64_t until_ms;        /**< Unix [ms] */
    bool cut;
};

/**
 * Reads a channel message. Views point into the arena, which is reset first. 0; EDGE_ESYNTAX for
 * bytes that are no such message; EDGE_ELIMIT when it is longer than EDGE_HOLD_MESSAGE_MAX.
 */
int edge_hold_message_parse(struct edge_view bytes, struct edge_ng_arena *arena,
                            struct edge_hold_message *out);

/** Reads the JSON of a hold's key as an EDGE_HOLD_PLACE. Errors as above. */
int edge_hold_record_parse(struct edge_view bytes, struct edge_ng_arena *arena,
                           struct edge_hold_message *out);

/** True for 1 to 64 bytes of [a-z0-9._-]: a customer's id. */
bool edge_hold_customer_is_valid(struct edge_view customer);
