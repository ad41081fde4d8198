// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "blocks.h"
#include "cookie_cache.h"
#include "handshakes.h"
#include "io.h"
#include "mailbox.h"
#include "ng_message.h"
#include "node.h"
#include "session_table.h"

/**
 * Carries out ng commands and what Redis says on the calls of one worker. Everything here runs in
 * the worker's thread, between two batches of packets.
 */

#define EDGE_CONTROL_REPLY_MAX 65507
#define EDGE_CONTROL_ARENA     ((size_t)512 * 1024)
#define EDGE_CONTROL_SDP_MAX   16384

struct edge_control {
    struct edge_node *node;
    struct edge_stats *stats;
    const struct edge_io_ops *io_ops;
    struct edge_io *io;
    struct edge_session_table *table;
    struct edge_blocks *blocks;
    struct edge_cookie_cache *cookies;
    struct edge_handshakes *handshakes; /**< DTLS */
    uint64_t now_ns;                    /**< monotonic, of the command or tick at hand */
    uint64_t now_us;                    /**< Unix, the same moment */
    uint64_t heard_us;                  /**< Unix: when the relay received the command at hand */
    uint64_t next_warning_ns;           /**< of unknown keys */
    struct edge_session *state_first;   /**< due to be written first */
    struct edge_session *state_last;
    uint8_t *state_memory; /**< room for one record; NULL without a keeper */
    struct edge_ng_arena arena;
    unsigned char *arena_memory;
    const char *load_limit; /**< of the command at hand: another relay is to take the call */
    struct edge_sdp sdp;
    char sdp_text[EDGE_CONTROL_SDP_MAX];
    char reply[EDGE_CONTROL_REPLY_MAX];
};

/** 0 and `*out`; EDGE_ENOMEM. `io` and `stats` stay the caller's. */
int edge_control_new(struct edge_node *node, struct edge_stats *stats,
                     const struct edge_io_ops *io_ops, struct edge_io *io,
                     struct edge_control **out);

/** Ends all sessions and frees. NULL is fine. */
void edge_control_free(struct edge_control *control);

/** To be called before the others: the time of what follows. */
void edge_control_set_time(struct edge_control *control, uint64_t now_ns, uint64_t now_us,
                           uint64_t heard_us);

/**
 * Carries out one ng datagram; a repeated one (same peer and cookie) gets the stored reply. Returns
 * the reply, which stands until the next call, or an empty view when there is to be none.
 */
struct edge_view edge_control_run(struct edge_control *control, struct edge_view datagram,
                                  const union edge_address *peer);

/** The same for a message of a connection, where nothing comes twice and a cookie may be missing.
 */
struct edge_view edge_control_run_stream(struct edge_control *control, struct edge_view message,
                                         bool has_cookie);

/** Carries out what came from Redis: EDGE_MAIL_HOLD, _RELEASE, _KILL, _SYNC_BEGIN, _SYNC_END. */
void edge_control_obey(struct edge_control *control, const struct edge_mail *mail);

/** Ends what has timed out and forgets what has expired. About once a second. */
void edge_control_tick(struct edge_control *control);

/** Closes the session's sockets, takes it out of the table and frees it. */
void edge_control_end_session(struct edge_control *control, struct edge_session *session,
                              enum edge_close_reason reason);
