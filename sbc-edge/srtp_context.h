// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sdes.h"

#include <stdint.h>

/**
 * SRTP and SRTCP for one key in one direction (RFC 3711, 6188, 7714). Nothing a context knows
 * (rollover counter, replay window, known SSRCs) changes before a packet's tag has verified.
 * A context belongs to one thread at a time.
 */

enum edge_srtp_status {
    EDGE_SRTP_OK = 0,
    EDGE_SRTP_AUTH_FAILED, /**< the tag does not verify */
    EDGE_SRTP_REPLAY,      /**< seen before, or older than the replay window */
    EDGE_SRTP_TOO_SHORT,   /**< no room for header, tag and (SRTCP) index */
    EDGE_SRTP_SSRC_LIMIT,  /**< a new SSRC beyond EDGE_SRTP_SSRC_MAX */
    EDGE_SRTP_FAILED,      /**< anything else, for example no room to grow */
};

enum edge_srtp_direction {
    EDGE_SRTP_RECEIVE,
    EDGE_SRTP_SEND,
};

/** SSRCs one context serves; later ones are refused, so that no sender can make it grow. */
#define EDGE_SRTP_SSRC_MAX 256
/** Packets behind the newest one that are still taken, each once. */
#define EDGE_SRTP_WINDOW 1024
/** What protecting may add to a packet, in bytes. */
#define EDGE_SRTP_GROWTH 148

/** How far one SSRC has come under a key: enough to go on after a restart. */
struct edge_srtp_position {
    uint32_t ssrc;
    bool has_rtp;
    bool has_rtcp;
    uint64_t rtp_index;  /**< newest: rollover counter << 16 | sequence number */
    uint32_t rtcp_index; /**< newest */
};

/** SRTCP packets that a sender may have sent since its position was told. */
#define EDGE_SRTCP_SKIP 1024u

struct edge_srtp;

/**
 * Makes a context for the key of `line` (which is copied; the caller wipes its own). Returns 0 and
 * writes `*out`; EDGE_ESUITE for an unusable suite; EDGE_EKEYLEN; EDGE_ENOMEM.
 */
int edge_srtp_open(const struct edge_sdes_line *line, enum edge_srtp_direction direction,
                   struct edge_srtp **out);

/** Wipes and frees; NULL is fine. */
void edge_srtp_close(struct edge_srtp *srtp);

/**
 * In place; `packet` is 4-byte aligned and has room for `capacity` bytes. `*length` is written on
 * EDGE_SRTP_OK. After a failed unprotect the packet's bytes may have changed.
 */
enum edge_srtp_status edge_srtp_protect(struct edge_srtp *srtp, bool is_rtcp, uint8_t *packet,
                                        size_t *length, size_t capacity);
enum edge_srtp_status edge_srtp_unprotect(struct edge_srtp *srtp, bool is_rtcp, uint8_t *packet,
                                          size_t *length);

/** Writes the positions of up to `max` SSRCs, the newest SSRC first; no secrets. Returns how many.
 */
size_t edge_srtp_tell(const struct edge_srtp *srtp, struct edge_srtp_position *out, size_t max);

/**
 * For a context that was just opened: goes on from where another one with the same key had got to.
 * Everything up to the positions counts as seen or sent, and so does what is older than the first
 * packet after them; a sender's SRTCP indices skip EDGE_SRTCP_SKIP, also those of SSRCs that are
 * not named, since they may have been new. 0; EDGE_ELIMIT for more than EDGE_SRTP_SSRC_MAX;
 * EDGE_EINVALID for an index out of range, an SSRC given twice or a context that has seen packets;
 * EDGE_ENOMEM. After an error the context is as it was.
 */
int edge_srtp_go_on(struct edge_srtp *srtp, const struct edge_srtp_position *positions, size_t n);

/** Starts the library; 0 or EDGE_EINVALID. Not thread-safe. */
int edge_srtp_library_open(void);

/** Ends the library after the last context is closed. */
void edge_srtp_library_close(void);

/** What does the work, for the log: a name without spaces. */
const char *edge_srtp_library_name(void);
