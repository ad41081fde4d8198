// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "srtp_context.h"

/**
 * Who does the SRTP work behind srtp_context.h. A context knows its back end, so that contexts of
 * several may live side by side; the tests compare them packet by packet.
 */

struct edge_srtp_ops {
    const char *name;

    /** Starts and ends the library; see edge_srtp_library_open. */
    int (*start)(void);
    void (*stop)(void);

    /** As edge_srtp_open and so on; `srtp` is always one that this table's open() made. */
    int (*open)(const struct edge_sdes_line *line, enum edge_srtp_direction direction,
                struct edge_srtp **out);
    void (*close)(struct edge_srtp *srtp);
    enum edge_srtp_status (*protect)(struct edge_srtp *srtp, bool is_rtcp, uint8_t *packet,
                                     size_t *length, size_t capacity);
    enum edge_srtp_status (*unprotect)(struct edge_srtp *srtp, bool is_rtcp, uint8_t *packet,
                                       size_t *length);
    /** NULL where the library cannot tell. */
    size_t (*tell)(const struct edge_srtp *srtp, struct edge_srtp_position *out, size_t max);
    int (*go_on)(struct edge_srtp *srtp, const struct edge_srtp_position *positions, size_t n);
};

/** What every context begins with. */
struct edge_srtp {
    const struct edge_srtp_ops *ops;
};

/** Our own: packet layout, windows and counters here, ciphers by OpenSSL. What the relay uses. */
extern const struct edge_srtp_ops edge_srtp_native;

/** libsrtp2: what the own one is held against. */
extern const struct edge_srtp_ops edge_srtp_libsrtp;
