// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_message.h"

/**
 * Private to the ng message parser: reads all known keys of request->dict into the other members,
 * in written order, so that the last of several spellings wins. Never fails: a key or value that is
 * not understood is counted in n_unknown and has no effect. The command is left as text.
 */
void edge_ng_request_read_fields(struct edge_ng_request *request);
