// SPDX-License-Identifier: GPL-2.0-or-later
// Kamailio's RPC, over the datagram socket of its module jsonrpcs.
#pragma once

#include "fgctl.h"

#define KAMAILIO_ANSWER_MAX 4096

// Runs method with one parameter (NULL: none). EXIT_OK and its answer as one text, or after a
// complaint: EXIT_DOWN when nobody answers, EXIT_NOT_FOUND, EXIT_RULES for what Kamailio refuses.
// socket_path NULL: $FRAUDGUARD_KAMAILIO, else /run/fraudguard/kamailio.rpc.
enum exit_code kamailio_call(const char *socket_path, const char *method, const char *parameter,
                             char answer[KAMAILIO_ANSWER_MAX]);

// The same, quietly: the result as JSON (free with fg_json_free()), or NULL and *error in words.
#define KAMAILIO_ERROR_MAX 256
struct fg_json *kamailio_ask(const char *socket_path, const char *method,
                             char error[KAMAILIO_ERROR_MAX]);
