// SPDX-License-Identifier: GPL-2.0-or-later
// The number in a SIP or tel URI as it was sent, found without Kamailio's parser: its $rU is never
// unescaped, keeps parameters and loses a tel URI's phone-context. Pure.
#pragma once

#include <stdbool.h>

#include "fg/view.h"

struct fgm_uri_number {
    struct fg_view user;          // raw user part with its parameters and password
    struct fg_view phone_context; // value of phone-context, empty when there is none
};

// Splits a sip:, sips: or tel: URI (RFC 3261 19.1.1, RFC 3966 3; scheme in any case). False when it
// is none of them, names no user, has two '@', or holds control bytes, spaces or angle brackets.
bool fgm_uri_number(struct fg_view uri, struct fgm_uri_number *out);

// The URI inside a name-addr or addr-spec header value ("Bob" <sip:…>;tag=…): quoted strings are
// skipped, nothing is unescaped. Empty when there is none.
struct fg_view fgm_uri_of_address(struct fg_view value);

// Whether header bytes are framed as RFC 3261 7 wants: no NUL, every CR before an LF and every LF
// after a CR. Anything else is forwarded by Kamailio as it came and can hide a header.
bool fgm_headers_framed(struct fg_view headers);
