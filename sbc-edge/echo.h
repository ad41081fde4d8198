// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "negotiation.h"

/**
 * The test number. Whoever answers with the very address that he was offered wants the caller to
 * hear himself: the caller's RTP goes back to the caller, decrypted and encrypted anew, under
 * another SSRC (so that no sender takes it for a loop, RFC 3550 8.2), one packet for one, and never
 * RTCP. Nothing goes through the answering leg's sockets.
 */

/** How long a call may be one. */
#define EDGE_ECHO_MAX_NS 600000000000u

/** After an answer: turns the streams of the asking leg on itself that were answered so. */
void edge_echo_settle(struct edge_negotiation *n);

/** True when a stream of the call is one. */
bool edge_echo_is_on(const struct edge_session *session);
