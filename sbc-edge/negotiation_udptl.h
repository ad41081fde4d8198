// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "negotiation.h"

/**
 * Fax by T.38 (`m=image PORT udptl t38`): datagrams are passed on unread, between the signalled
 * addresses only. A call turns to it, and its media with it, when the answer agrees: a re-INVITE
 * that is refused, as most of them are, leaves the audio as it was.
 */

/** True for a section that is offered or answered as T.38. */
bool edge_udptl_is_section(const struct edge_sdp_media *section);

/** Prepares the two legs. NULL, or an error's text. */
const char *edge_udptl_take_offer(struct edge_negotiation *n, const struct edge_sdp_media *section,
                                  struct edge_media *from, struct edge_media *to);

/** `section` answers the offer of T.38 that `asker` made, by whatever: T.38, refusal, or RTP. */
const char *edge_udptl_take_answer(const struct edge_negotiation *n,
                                   const struct edge_sdp_media *section, struct edge_media *asker,
                                   struct edge_media *media);

/** The legs are back at RTP. */
void edge_udptl_end(struct edge_media *asker, struct edge_media *media);
