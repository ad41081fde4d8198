// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config.h"

/** The whole relay: builds its parts, runs them until SIGTERM or SIGINT, takes them down. */

/** Returns the exit status: 0 after a signal, 1 when it could not start (with a line in the log).
 */
int edge_daemon_run(const struct edge_config *config);
