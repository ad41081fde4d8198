// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_value.h"

/**
 * The JSON form of ng messages (RFC 8259), by way of jansson, which allocates while it parses; what
 * it allocated is freed before these functions return.
 */

/**
 * Parses one JSON object from `bytes`. Strings are copied into the arena. true and false become 1
 * and 0, null members are left out, numbers with a fraction are cut towards zero. Of duplicate keys
 * the last wins. Returns 0 and writes `*out`; EDGE_ESYNTAX; EDGE_ELIMIT (depth, nodes, arena, or a
 * number outside int64_t).
 */
int edge_ng_json_parse(struct edge_view bytes, struct edge_ng_arena *arena,
                       struct edge_ng_value **out);

/**
 * Writes `value` (a dictionary or list) as compact JSON into `buf`; no NUL. Bytes that are not
 * UTF-8 are written as U+FFFD. Returns 0; EDGE_ENOSPACE; EDGE_EINVALID for another type or NULL;
 * EDGE_ENOMEM.
 */
int edge_ng_json_format(const struct edge_ng_value *value, char *buf, size_t size_bytes,
                        size_t *out_len);
