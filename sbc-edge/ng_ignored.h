// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

/** True for keys and flags of rtpengine that ask for nothing a relay of trunks does, so that a
 * warning about them would only be noise. docs/ng.md names them. */
bool edge_ng_is_ignored(struct edge_view name);
