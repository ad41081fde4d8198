// SPDX-License-Identifier: GPL-2.0-or-later
// MaxMind databases (MaxMind DB File Format Specification 2.0): the only contact with libmaxminddb.
// A database is walked once, at load, and becomes rows like those of a CSV file.
#pragma once

#include <stdbool.h>

#include "fg/diag.h"
#include "network_rows.h"
#include "numbering.h"

// Whether bytes are such a database: the marker before its metadata is there.
bool fg_mmdb_is(struct fg_named_bytes file);

// Appends the networks of a database of countries (country.iso_code, country_code or country) or of
// autonomous systems (autonomous_system_number or asn), or of both. IPv4 networks are taken once,
// not where an IPv6 tree repeats them (6to4, Teredo, mapped). FG_ESYNTAX with diags for a database
// that is broken or holds neither, FG_EIO where no file can be made in memory, FG_ENOMEM.
FG_MUST_CHECK int fg_mmdb_read(struct fg_named_bytes file, struct fg_diags *diags,
                               struct fg_network_rows *rows);
