// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/**
 * Gives up what only opening the packet path needs (CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW), for the
 * calling thread and those it starts: to be called before there are others. 0, also where there was
 * nothing to give up; a negative errno value.
 */
int edge_privileges_drop(void);
