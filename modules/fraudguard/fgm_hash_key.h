// SPDX-License-Identifier: GPL-2.0-or-later
// The installation's hash key: what turns numbers and Call-IDs into keys of Redis that nobody can
// guess. All nodes that share a Redis have the same one.
#pragma once

#include <stdbool.h>

#include "fg/hash.h"

// Reads the key from the file at path (16 bytes, or 32 hex digits), which is made with a new key
// when it is not there, except while a configuration is only checked. Without a path (NULL or
// empty) the key is random and good for this run, unless shared. 0, or -1 with the reason logged.
// Before the fork.
int fgm_hash_key_read(const char *path, bool shared, struct fg_hash_key *key);
