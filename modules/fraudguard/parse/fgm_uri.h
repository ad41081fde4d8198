// SPDX-License-Identifier: GPL-2.0-or-later
// The URI in an address header as it was sent, found without Kamailio's parser. Pure; the number in
// the URI is read by fg/uri.h.
#pragma once

#include <stdbool.h>

#include "fg/view.h"

// The URI inside a name-addr or addr-spec header value ("Bob" <sip:…>;tag=…): quoted strings are
// skipped, nothing is unescaped. Empty when there is none.
struct fg_view fgm_uri_of_address(struct fg_view value);

// The next of the values that commas part in *rest, which then begins behind it; commas in quoted
// strings and in angle brackets are part of a value. False when there is no more.
bool fgm_next_value(struct fg_view *rest, struct fg_view *value);

// Whether header bytes are framed as RFC 3261 7 wants: no NUL, every CR before an LF and every LF
// after a CR. Anything else is forwarded by Kamailio as it came and can hide a header.
bool fgm_headers_framed(struct fg_view headers);
