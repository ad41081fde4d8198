// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "session.h"

/**
 * An offer may end the keys of a stream: it names no SRTP any more, or SDES instead of DTLS. Until
 * it is answered, and if it is refused, those in force go on. What is offered is worked out in the
 * stream itself while its keys are aside; then the two change places, and again for the answer.
 */

/**
 * Puts the stream's keys aside, and with them `proto`, its profile before the offer; it has none
 * afterwards. What is aside already stays. 0; EDGE_ENOMEM.
 */
int edge_keys_put_aside(struct edge_media *media, enum edge_sdp_proto proto);

/** Exchanges the keys of each of the leg's streams for what is aside, where anything is. */
void edge_keys_change_places(struct edge_leg *leg);

/** Forgets what is aside. */
void edge_keys_drop_aside(struct edge_media *media);
void edge_keys_drop_all_aside(struct edge_leg *leg);
