// SPDX-License-Identifier: GPL-2.0-or-later
// The exporter: GET /metrics, /healthz and the trunk page (/trunks, /api/trunks) on a loopback
// address, by a process of its own.
#pragma once

// Opens the socket that the parameter `metrics` names, where it does. 0, or -1 with a log line.
// Before the fork.
int fgm_exporter_open(void);
// Main loop of its process; returns only when it cannot start.
void fgm_exporter_run(void);
