// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "negotiation.h"
#include "sdp_rewrite.h"

/**
 * The part of offer and answer that is about DTLS-SRTP (RFC 5763, 5764, 8842). Functions return
 * NULL, or the static text of an error.
 */

#define EDGE_TEXT_NO_FINGERPRINT "No usable DTLS fingerprint in SDP"

/** True when the leg is to be keyed by DTLS; `has_key`: the section has a usable crypto line. */
bool edge_negotiation_is_dtls(const struct edge_sdp_media *section, bool has_key);

/** The profile to offer where `proto` was asked for: without DTLS if the request forbids it. */
enum edge_sdp_proto edge_negotiation_dtls_profile(const struct edge_ng_request *request,
                                                  enum edge_sdp_proto proto);

/** Takes over what a description, offer or answer, says of its leg's certificate and role. */
const char *edge_negotiation_take_dtls(const struct edge_negotiation *n,
                                       const struct edge_sdp_media *section,
                                       struct edge_media *media);

/** Makes a leg ready to be offered DTLS. */
const char *edge_negotiation_offer_dtls(const struct edge_negotiation *n, struct edge_media *media);

/**
 * With the answer both legs know who begins: `is_asker` says whether the leg made the offer. To be
 * called when the leg's address has been taken over. Handshakes follow.
 */
void edge_negotiation_settle_dtls(const struct edge_negotiation *n, struct edge_media *media,
                                  bool is_asker);

/** What to write of our side: role and fingerprint, whose text is put into `text`. */
void edge_negotiation_plan_dtls(const struct edge_negotiation *n, const struct edge_media *media,
                                bool is_offer, struct edge_sdp_media_plan *plan,
                                char text[EDGE_FINGERPRINT_TEXT]);
