// SPDX-License-Identifier: GPL-2.0-or-later
// One question to a session description, answered by a bounded scan of our own. Pure.
#pragma once

#include <stdbool.h>

#include "fg/view.h"

// Whether body, one session description, offers audio and each of its streams SRTP with a usable
// suite: RTP/SAVP(F) with an a=crypto line of RFC 4568, 6188 or 7714 and none that weakens
// anything, or UDP/TLS/RTP/SAVP(F) with a fingerprint (RFC 5764). A refused stream (port 0) offers
// nothing.
bool fgm_sdp_offers_srtp(struct fg_view body);
