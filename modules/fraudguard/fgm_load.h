// SPDX-License-Identifier: GPL-2.0-or-later
// From the files of fgm_config.paths to the rules in force.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fgm_load_order {
    bool tested;        // run the packs' own tests; a failing one refuses the set
    int64_t confirm_ms; // see fgm_policy_publish()
};

// Loads the files aside, tests and publishes them. On failure the old rules stay; text
// (NUL-terminated, at most size bytes) says why, one diagnostic a line; what it says on success is
// the pack and its version. Takes a second, with the tests longer; never in a SIP worker. 0 or a
// negative error; FG_ELIMIT while another load is under way.
int fgm_load_rules(const struct fgm_load_order *order, char *text, size_t size);
