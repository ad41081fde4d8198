// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_message.h"
#include "session.h"

/**
 * The SDES keys of a media stream: the leg's own, and ours towards it. Each leg has keys of its
 * own, made here from the kernel's generator; none is ever used on two legs.
 */

/** Suites in the order we prefer and offer them. `*n` is set to their number. */
const enum edge_srtp_suite *edge_leg_keys_preferences(size_t *n);

/**
 * Takes over the key the leg announced. The same key as before keeps its context, and with it the
 * rollover counters, and so does the key before it; a new one gets a new context, and the one that
 * was last seen in use is tolerated until `grace_ns` after the new one was first seen. 0;
 * EDGE_ESUITE; EDGE_EKEYLEN; EDGE_ENOMEM.
 */
int edge_leg_keys_receive(struct edge_media *media, const struct edge_sdes_line *line,
                          uint64_t grace_ns);

/**
 * Makes the lines to offer to the leg: the one in force first, then one for each other suite that
 * `sdes` allows. 0; EDGE_ESUITE when none is allowed; EDGE_ENOMEM.
 */
int edge_leg_keys_offer(struct edge_media *media, const struct edge_ng_sdes *sdes);

/**
 * The leg picked the offered line with this tag and suite, which becomes the first. The lines that
 * were not picked stay for other branches until the next offer. 0; EDGE_ENOENT; EDGE_ENOMEM.
 */
int edge_leg_keys_settle_offered(struct edge_media *media, uint32_t tag,
                                 enum edge_srtp_suite suite);

/** We answer the leg's own offer: one line with its tag and suite, our key. Errors as above. */
int edge_leg_keys_settle_answer(struct edge_media *media, uint32_t tag, enum edge_srtp_suite suite);

/**
 * Keys that both ends have worked out (DTLS-SRTP): puts `send` in force at once, alone, and
 * `receive` as edge_leg_keys_receive does. None of them may ever be written into a description. 0;
 * EDGE_ESUITE; EDGE_EKEYLEN; EDGE_ENOMEM.
 */
int edge_leg_keys_set(struct edge_media *media, const struct edge_sdes_line *receive,
                      const struct edge_sdes_line *send, uint64_t grace_ns);

/** The same for RTCP on a port of its own. The key before is gone at once. */
int edge_leg_keys_set_rtcp(struct edge_media *media, const struct edge_sdes_line *receive,
                           const struct edge_sdes_line *send);

/** Takes the keys away: all of the stream, or those of RTCP on a port of its own. */
void edge_leg_keys_unset(struct edge_media *media, bool is_rtcp);
