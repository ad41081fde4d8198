// SPDX-License-Identifier: GPL-2.0-or-later
// Which events were taken in lately. What a node writes into the stream may come twice when it is
// killed while it delivers what it kept on disk: the same to the byte both times. Pure.
#pragma once

#include <stdbool.h>

#include "fg/view.h"

#define FGA_SEEN_MAX 16384 // the newest

struct fga_seen;

struct fga_seen *fga_seen_new(void); // NULL when out of memory
void fga_seen_free(struct fga_seen *seen);
// Notes an event. False: it is there already.
bool fga_seen_add(struct fga_seen *seen, struct fg_view json);
