// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_message.h"
#include "sdp_rewrite.h"
#include "state_bytes.h"

/**
 * The o= and s= lines that a leg gets to see, where the proxy wants them steady (`replace`:
 * username, session-name, SDP-version): whoever is on the other side, RFC 3264 section 8 lets only
 * the version change, by one, and only with the rest.
 */

struct edge_origin;

/** What edge_origin_plan puts into a plan points in here. */
struct edge_origin_text {
    char version[24];
};

/**
 * Fills the plan's username, session id, version and session name as `replace` (enum
 * edge_ng_replace) asks. `*origin` is made when it is NULL and needed. 0; EDGE_ENOMEM.
 */
int edge_origin_plan(struct edge_origin **origin, uint32_t replace, const struct edge_sdp *sdp,
                     struct edge_sdp_plan *plan, struct edge_origin_text *text);

/**
 * Compares what was written by that plan with what the leg got last. True when the version has to
 * go up: the plan then has the new one, and is to be written again.
 */
bool edge_origin_has_changed(struct edge_origin *origin, uint32_t replace, struct edge_view written,
                             struct edge_sdp_plan *plan, struct edge_origin_text *text);

/** For a record of the call: all of it; NULL is fine. */
void edge_origin_write(const struct edge_origin *origin, struct edge_bytes_writer *writer);

/** The opposite. 0 and `*origin`, which is NULL where there was none; EDGE_ENOMEM. A failure of
 * the bytes is the reader's to tell. */
int edge_origin_read(struct edge_bytes_reader *reader, struct edge_origin **origin);

/** NULL is fine. */
void edge_origin_free(struct edge_origin *origin);
