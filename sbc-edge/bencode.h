// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_value.h"

/**
 * bencode (BEP 3) as the ng protocol uses it: dictionary keys need not be sorted and may repeat.
 */

/**
 * Parses exactly one value from `bytes`; anything behind it is an error. Strings of the result are
 * views into `bytes`. Returns 0 and writes `*out`; EDGE_ESYNTAX (bad length, leading zero, "-0",
 * overflow, cut short, trailing bytes); EDGE_ELIMIT (depth, nodes or arena).
 */
int edge_bencode_parse(struct edge_view bytes, struct edge_ng_arena *arena,
                       struct edge_ng_value **out);

/**
 * Writes `value` into `buf` of `size_bytes` and its length into `*out_len` (bytes, no NUL).
 * Dictionaries keep their order. Returns 0; EDGE_ENOSPACE; EDGE_ELIMIT (depth); EDGE_EINVALID for
 * NULL.
 */
int edge_bencode_format(const struct edge_ng_value *value, char *buf, size_t size_bytes,
                        size_t *out_len);
