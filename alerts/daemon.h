// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's loop: the lead, events to incidents, incidents to messages, messages out.
#pragma once

#include <signal.h>

#include "config.h"

// Reads the configuration of a file; prints diagnostics to standard error. NULL after an error.
struct fga_config *fga_daemon_configure(const char *path);

// Runs until *stop. Reads the file at path again when *reload is set. Takes config over. 0, or 1
// when it cannot start.
int fga_daemon_run(struct fga_config *config, const char *path, volatile sig_atomic_t *stop,
                   volatile sig_atomic_t *reload);
