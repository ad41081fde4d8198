// SPDX-License-Identifier: GPL-2.0-or-later
// fraudguard.status
#pragma once

#include "core/rpc.h"

void fgm_rpc_status(rpc_t *rpc, void *ctx);
