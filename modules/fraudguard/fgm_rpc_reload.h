// SPDX-License-Identifier: GPL-2.0-or-later
// The RPC commands that change the rules in force.
#pragma once

#include "core/rpc.h"

void fgm_rpc_reload(rpc_t *rpc, void *ctx);
void fgm_rpc_confirm(rpc_t *rpc, void *ctx);
