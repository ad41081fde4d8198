// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "control.h"
#include "dialogue.h"

/**
 * Offer and answer (RFC 3264) between two legs: takes over what a leg's description says about it,
 * and writes the description the other leg gets to see. Functions return NULL, or the static text
 * of an error.
 */

struct edge_negotiation {
    struct edge_control *control;
    const struct edge_ng_request *request;
    struct edge_dialogue legs;
    uint32_t offered_suites; /**< of the section at hand, a mask of 1 << enum edge_srtp_suite */
};

/** `control->sdp` holds the offer of legs.from: takes it over and prepares legs.to. */
const char *edge_negotiation_take_offer(struct edge_negotiation *n);

/** `control->sdp` holds the answer of legs.to: takes it over and settles legs.from. */
const char *edge_negotiation_take_answer(struct edge_negotiation *n);

/**
 * Writes `control->sdp` anew for the other leg, into control->sdp_text, and its length into
 * `*length`. `is_offer`: towards legs.to, else towards legs.from.
 */
const char *edge_negotiation_write(struct edge_negotiation *n, bool is_offer, size_t *length);

#define EDGE_TEXT_NO_SUITE      "No usable SRTP crypto suite in SDP"
#define EDGE_TEXT_PROFILE       "Transport protocol is not supported"
#define EDGE_TEXT_SRTP_OFF      "SRTP is switched off for this side"
#define EDGE_TEXT_SRTP_REQUIRED "SRTP is required of this side"
#define EDGE_TEXT_NO_KEYS       "SRTP was offered and the answer has no usable key for it"
#define EDGE_TEXT_TRANSPORT     "Transport protocol of the answer does not fit the offer"
#define EDGE_TEXT_NO_MEMORY     "Out of memory"
#define EDGE_TEXT_NO_SOCKET     "Could not open media sockets"
#define EDGE_TEXT_SDES_POLICY   "No SRTP suite is left to offer"

/** For the parts of it: the sockets of a stream, if it has none; and a section's RTP address. */
const char *edge_negotiation_open_sockets(struct edge_negotiation *n, struct edge_media *media);
void edge_negotiation_address(const struct edge_negotiation *n,
                              const struct edge_sdp_media *section, union edge_address *out);
