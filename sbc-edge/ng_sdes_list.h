// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_message.h"

/**
 * Private to the ng message parser: reads one element of the `SDES` list ("pad",
 * "no-AES_CM_128_HMAC_SHA1_32", "order:SUITE;SUITE"). False when it is not known in whole.
 */
bool edge_ng_sdes_read(struct edge_ng_sdes *sdes, struct edge_view text);
