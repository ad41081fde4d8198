// SPDX-License-Identifier: GPL-2.0-or-later
// The installation's hash key, under which numbers and addresses are kept.
#pragma once

#include "fg/hash.h"
#include "fgctl.h"

// Reads the file of the option --hash-key, else of $FRAUDGUARD_HASH_KEY, else
// /etc/fraudguard/hash.key: 16 bytes or 32 hex digits. EXIT_USAGE after a complaint.
enum exit_code hash_key_read(const struct invocation *call, struct fg_hash_key *out);
