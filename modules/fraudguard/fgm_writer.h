// SPDX-License-Identifier: GPL-2.0-or-later
// The process that writes: events and records to Redis in batches, holds, kills and lease returns,
// trunk facts; it also keeps the stores (probe, merge) and frees old rules.
#pragma once

void fgm_writer_run(void); // never returns
