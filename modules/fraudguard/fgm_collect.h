// SPDX-License-Identifier: GPL-2.0-or-later
// What the metrics tell, gathered from the shared tables. For the exporter process alone.
#pragma once

#include "fgm_snapshot.h"

// Makes room. 0 or FG_ENOMEM.
int fgm_collect_init(void);
// Everything. Its texts last, and the rules stay, until fgm_collect_done().
const struct fgm_snapshot *fgm_collect(void);
void fgm_collect_done(void);
// The part that health needs; without the names of the rules.
void fgm_collect_health(struct fgm_health *out);
