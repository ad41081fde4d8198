// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sdp.h"

/** Private to the SDP parser: what kind of line an attribute makes. */
struct edge_sdp_attribute {
    enum edge_sdp_line_kind kind;
    struct edge_view name;
    struct edge_view value; /**< behind the colon; {NULL, 0} for a property */
};

/**
 * Sorts an a= line by its name, letters folded and blanks around the name ignored: a lenient reader
 * on the far side must not find a key where we saw none. `text` is the whole line.
 */
struct edge_sdp_attribute edge_sdp_attribute_sort(struct edge_view text);

/** True when the text holds `inline:` in any case, as key material is written in SDP. */
bool edge_sdp_has_inline_key(struct edge_view text);
