// SPDX-License-Identifier: GPL-2.0-or-later
// Where addresses are, from CSV (network,asn,country) or from a MaxMind database.
#pragma once

#include "fg/network.h"
#include "numbering.h"

// A table older than this is told of: networks change hands.
#define FG_NETWORKS_FRESH_DAYS 45

// CSV: columns network ("192.0.2.0/24"), asn ("64500", "AS64500" or empty) and country ("GB" or
// empty; "ZZ" as some tables have it is empty too). A repeated network and bits behind a network's
// length are errors. MaxMind databases (mmdb.h) are known by their bytes, whatever the file's name.
// FG_ESYNTAX with diags, FG_EIO, FG_ENOMEM.
FG_MUST_CHECK int fg_networks_parse(struct fg_named_bytes file, struct fg_arena *arena,
                                    struct fg_diags *diags, struct fg_networks *out);

// Adds a warning where the table is known to be older than FG_NETWORKS_FRESH_DAYS at now_ms (Unix).
void fg_networks_warn_old(const char *name, const struct fg_networks *networks, int64_t now_ms,
                          struct fg_diags *diags);
