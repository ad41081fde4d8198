// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/**
 * Tells the service manager how far we are (sd_notify(3)): a datagram to the socket that the
 * environment variable NOTIFY_SOCKET names, where it names one. `state`: for example "READY=1".
 */
void edge_notify(const char *state);
