// SPDX-License-Identifier: GPL-2.0-or-later
// The number in a SIP or tel URI as it was sent: nothing is unescaped, nothing is lost. Pure.
#pragma once

#include <stdbool.h>

#include "fg/view.h"

struct fg_uri_number {
    struct fg_view user;          // raw user part with its parameters and password
    struct fg_view phone_context; // value of phone-context, empty when there is none
};

// Splits a sip:, sips: or tel: URI (RFC 3261 19.1.1, RFC 3966 3; scheme in any case).
// urn:service:sos (RFC 5031) gives the user 112. False when it
// is none of them, names no user, has two '@' or two different contexts, or holds control bytes,
// spaces, quotes or angle brackets.
bool fg_uri_number(struct fg_view uri, struct fg_uri_number *out);

// Whether text may be where a call is sent to: a sip: or sips: URI with a host, of at most
// FG_URI_TARGET_MAX bytes that need no escape anywhere (RFC 3261 25.1: unreserved, reserved).
#define FG_URI_TARGET_MAX 127
bool fg_uri_is_target(struct fg_view text);
