// SPDX-License-Identifier: GPL-2.0-or-later
// Process: hears what the relays tell of calls' media, and notes it with the calls of this node.
#pragma once

void fgm_media_run(void);
