// SPDX-License-Identifier: GPL-2.0-or-later
// The way to a customer's PBX, for calls that come in: a TLS connection that the PBX opened, or the
// address in the customers file.
#pragma once

#include <stdbool.h>

#include "core/parser/msg_parser.h"
#include "fg/customer.h"

enum fgm_way { FGM_WAY_NONE = -1, FGM_WAY_CONNECTION = 1, FGM_WAY_ADDRESS = 2 };

// Sends msg, which fraudguard_check() let come in, that way: destination and socket are set in the
// message.
enum fgm_way fgm_way_to_customer(struct sip_msg *msg);
// Notes the connection of a request as a way to the customer whose certificate it has. False when
// it is no customer's.
bool fgm_way_note(struct sip_msg *msg);

#define FGM_WAY_MAX 80
// The address in the customers file, as a SIP URI; empty where there is none.
void fgm_way_address(const struct fg_customer *customer, char out[FGM_WAY_MAX]);
