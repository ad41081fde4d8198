// SPDX-License-Identifier: GPL-2.0-or-later
// Commands for operators: fraudguard.reload, .status, .explain, .hold, .release, .holds, .trunks,
// .calls. Faults: 400 parameters, 404 not found, 409 busy, 500 refused or failed.
#pragma once

#include "core/rpc.h"

extern rpc_export_t fgm_rpc_exports[];
