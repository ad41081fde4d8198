// SPDX-License-Identifier: GPL-2.0-or-later
// The user of a digest authentication that the script vouches for, of the message that this
// process is working on.
#pragma once

#include <stdbool.h>

#include "core/parser/msg_parser.h"
#include "fg/view.h"

// Takes the user of the credentials that Kamailio's auth modules looked at in msg. They mark them
// before they check the password: only for after they said yes. False when there are none.
bool fgm_auth_accept(struct sip_msg *msg);
// Takes the user of an authentication made elsewhere. False when it is longer than
// FG_AUTH_USER_MAX.
bool fgm_auth_accept_user(const struct sip_msg *msg, struct fg_view name);
// The user taken for msg; empty when there is none. Valid until the next message.
struct fg_view fgm_auth_user(const struct sip_msg *msg);
