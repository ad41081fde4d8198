// SPDX-License-Identifier: GPL-2.0-or-later
// The process that watches calls in progress: answer, minute and end events, and ending the calls
// that they (or a hold) condemn. Keeps all of that off the SIP workers.
#pragma once

void fgm_timer_run(void); // never returns
