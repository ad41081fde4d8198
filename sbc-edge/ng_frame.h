// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

#include <stdint.h>

/**
 * Where one ng message ends in a stream of bytes (UNIX sockets, TCP). A message is a dictionary in
 * bencode or JSON, bare as Kamailio writes it to a UNIX socket, or behind a cookie and a space.
 * Nothing is decoded here but lengths and brackets, and each byte is looked at about once, however
 * small the pieces in which it comes. Pure.
 */

enum edge_ng_frame_status {
    EDGE_NG_FRAME_MORE = 0, /**< what is there is the beginning of a message */
    EDGE_NG_FRAME_DONE,
    EDGE_NG_FRAME_BAD, /**< cannot become one: give up the connection */
};

/** How far a message has been read. Zero is the beginning. */
struct edge_ng_frame {
    size_t body; /**< where the dictionary begins; above 0: the bytes before are `cookie SP` */
    size_t at;   /**< bytes read; when done, the length of the message */
    unsigned depth;
    bool has_body; /**< `body` is known */
    bool is_json;
    bool is_in_string;   /**< JSON */
    bool is_after_slash; /**< JSON: in a string, behind a backslash */
};

/** Reads on: `bytes` is the message from its beginning, with what has come since. */
enum edge_ng_frame_status edge_ng_frame_read(struct edge_ng_frame *frame, struct edge_view bytes);
