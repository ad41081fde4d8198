// SPDX-License-Identifier: GPL-2.0-or-later
// From a row to a call, and from a call to what the engine is told of it.
#pragma once

#include "call_table.h"

// Fills in who calls whom; the label is the caller's to set. True when the row names another
// customer than the one that is identified.
bool call_read(struct replay_call *call, const struct fg_call_row *row,
               const struct fg_policy *policy);
// The event of a call. peer: room for its TLS facts, zeroed once by the caller.
void call_event(const struct replay_call *call, enum fg_event_kind kind, struct fg_tls_peer *peer,
                struct fg_event *event);
