// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

/**
 * `rtpp-flags`: the flags as they stand in the proxy's script, unread, which newer proxies send in
 * one text: `replace-origin ICE=remove SDES=[pad only-AEAD_AES_128_GCM] RTP/AVP`. Pure.
 */

/** One flag: `key` is empty for a word alone. */
typedef void edge_ng_flag_fn(void *context, struct edge_view key, struct edge_view value);

/** Calls `take` for each flag in written order, and for each word of a list in brackets. */
void edge_ng_flag_string_walk(struct edge_view text, edge_ng_flag_fn *take, void *context);
