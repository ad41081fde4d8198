// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/** What writing and reading of a state record have to agree on besides the order of the fields. */

#define EDGE_STATE_NO_PEER 0xffu /**< a leg that nobody is on the other side of */

/** Who hears what a stream brings. */
enum edge_state_peer {
    EDGE_STATE_PEER_NOBODY = 0,
    EDGE_STATE_PEER_OTHER = 1, /**< the stream of the same number of the other leg */
    EDGE_STATE_PEER_SELF = 2,  /**< an echo */
};

enum edge_state_address {
    EDGE_STATE_ADDRESS_NONE = 0,
    EDGE_STATE_ADDRESS_V4 = 4,
    EDGE_STATE_ADDRESS_V6 = 6,
};
