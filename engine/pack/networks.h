// SPDX-License-Identifier: GPL-2.0-or-later
// Networks from CSV: network,asn,country.
#pragma once

#include "fg/network.h"
#include "numbering.h"

// Columns network ("192.0.2.0/24"), asn ("64500", "AS64500" or empty) and country ("GB" or empty;
// "ZZ" as some tables have it is empty too). A repeated network and bits behind a network's length
// are errors. FG_ESYNTAX with diags, FG_ENOMEM.
FG_MUST_CHECK int fg_networks_parse(struct fg_named_bytes file, struct fg_arena *arena,
                                    struct fg_diags *diags, struct fg_networks *out);
