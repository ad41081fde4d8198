// SPDX-License-Identifier: GPL-2.0-or-later
// A delivery as the request of its endpoint.
#pragma once

#include "config.h"
#include "outbox.h"
#include "transport.h"

// Starts the attempt. What fga_transport_start() returns, or FG_ENOTFOUND: the configuration has no
// such endpoint any more.
FG_MUST_CHECK int fga_sender_start(struct fga_transport *transport, const struct fga_config *config,
                                   const struct fga_delivery *delivery, int64_t now_ms);
