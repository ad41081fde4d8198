// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "blocks.h"
#include "interface.h"
#include "session.h"

/**
 * What outlives a relay, as bytes: a call, or a block that came before its call. The layout begins
 * with its version; bytes of another version are not read. Holds keys in clear: to be sealed before
 * it goes anywhere, and wiped. Pure but for the SRTP contexts and secrets that reading makes.
 */

#define EDGE_STATE_VERSION 2
/** Still read: has no time of the answer. */
#define EDGE_STATE_VERSION_OLD 1
/** A record that is older is not taken up: its call is over for those who had it, and so much may
 * have been sent since that an index, and with it the key stream, could be used again. */
#define EDGE_STATE_AGE_MAX_US ((uint64_t)180 * 1000000)
/** Calls that take more (hundreds of SSRCs) are not kept. */
#define EDGE_STATE_MAX 65536u

enum edge_state_kind {
    EDGE_STATE_CALL = 1,
    EDGE_STATE_EARLY = 2,
};

/** What a call's record says besides the session itself. */
struct edge_state_extra {
    uint64_t saved_us;                  /**< when the record was made, Unix [us] */
    uint64_t now_ns;                    /**< the same moment, monotonic; not read back */
    uint64_t kill_until_ms;             /**< Unix [ms]; 0: the call is under no kill */
    struct edge_hold hold;              /**< of its customer; until_ms 0: none */
    const char *const *interface_names; /**< by index; only for writing */
    const union edge_address *interface_addresses;
};

/** Where a leg's sockets were. */
struct edge_state_place {
    char name[EDGE_INTERFACE_NAME_MAX + 1];
    union edge_address local;
    uint16_t ports[EDGE_SDP_MEDIA_MAX]; /**< RTP port of each stream; 0: none */
};

struct edge_state_call {
    struct edge_session *session; /**< its streams have no sockets yet, and port 0 */
    struct edge_state_extra extra;
    uint64_t delete_in_ns; /**< the deletion that was asked for; 0: none */
    struct edge_state_place places[EDGE_LEGS_MAX];
};

struct edge_state_early {
    struct edge_view call_id;
    unsigned flags; /**< EDGE_BLOCK_* */
    uint64_t until_ms;
};

static inline bool edge_state_is_too_old(uint64_t saved_us, uint64_t now_us)
{
    return now_us > saved_us && now_us - saved_us > EDGE_STATE_AGE_MAX_US;
}

/** Writes a call; its length into `*length`. 0, or EDGE_ENOSPACE. */
int edge_state_write_call(const struct edge_session *session, const struct edge_state_extra *extra,
                          uint8_t *bytes, size_t size, size_t *length);

/** Writes a block that came before its call. 0, or EDGE_ENOSPACE. */
int edge_state_write_early(const struct edge_state_early *early, uint8_t *bytes, size_t size,
                           size_t *length);

/** The kind and Call-ID of a record. 0; EDGE_ESYNTAX, also for another version. */
int edge_state_read_head(struct edge_view bytes, enum edge_state_kind *kind,
                         struct edge_view *call_id);

/**
 * Reads a call. Its contexts go on where they had got to. 0 and `*out`, whose session the caller
 * owns; EDGE_ESYNTAX, EDGE_ELIMIT, EDGE_ENOMEM.
 */
int edge_state_read_call(struct edge_view bytes, uint64_t now_ns, struct edge_state_call *out);

/** Reads an early block; `out->call_id` is a view into `bytes`. 0; EDGE_ESYNTAX. */
int edge_state_read_early(struct edge_view bytes, struct edge_state_early *out);
