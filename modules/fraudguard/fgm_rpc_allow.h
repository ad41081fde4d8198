// SPDX-License-Identifier: GPL-2.0-or-later
// RPC commands about allowances: fraudguard.allow, .disallow, .allowances.
#pragma once

#include "core/rpc.h"

void fgm_rpc_allow(rpc_t *rpc, void *ctx);
void fgm_rpc_disallow(rpc_t *rpc, void *ctx);
void fgm_rpc_allowances(rpc_t *rpc, void *ctx);
