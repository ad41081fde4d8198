// SPDX-License-Identifier: GPL-2.0-or-later
// Callers who are put to the test: an inbound call that the rules challenge goes to an announcement
// or IVR instead of the customer, with a token. Who comes back with it is let through, and known
// for a while. A token is good for one call, who is known calls at a bounded pace, and no more
// calls of a customer are diverted than the IVR has use for.
#pragma once

#include "core/parser/msg_parser.h"
#include "fg/uri.h"
#include "fgm_evaluate.h"
#include "fgm_token.h"

#define FGM_CHALLENGE_HEADER "X-Fraudguard-Token"
#define FGM_CHALLENGE_MAX    (FG_URI_TARGET_MAX + sizeof ";fg-token=" + FGM_TOKEN_SIZE)

int fgm_challenge_init(void); // before the fork
// What other nodes tell: who (a keyed hash) has passed and is known until until_ms [Unix ms], and
// that a token was used.
void fgm_challenge_heard(uint64_t who, int64_t until_ms);
void fgm_challenge_heard_token(uint64_t token);
// A challenge that its caller has passed, by the token in the message or before, is taken back: the
// call goes on as an alert.
void fgm_challenge_passed(struct sip_msg *msg, struct fgm_evaluation *evaluation);
// Where a challenged call goes: the target of the customer or of the installation with a token as
// parameter of the URI. Empty where the call is not challenged, there is no target, or the
// customer's calls are diverted too fast: takes one of them otherwise.
void fgm_challenge_target(const struct fgm_evaluation *evaluation, char out[FGM_CHALLENGE_MAX]);
