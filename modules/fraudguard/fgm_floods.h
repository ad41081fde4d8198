// SPDX-License-Identifier: GPL-2.0-or-later
// Floods: who sends requests faster than anybody needs is cut off before anything is parsed or
// asked, and attacks as a whole are told, once when they begin and once when they end.
#pragma once

#include <stdint.h>

#include "core/parser/msg_parser.h"
#include "fgm_attacks.h"
#include "fgm_evaluate.h"
#include "fgm_limiter.h"

int fgm_floods_init(void); // before the fork

// Whether a request may go on: by its source address, its connection and its certificate. No
// header is parsed unless an INVITE comes too fast: then up to To, for one with a tag that is part
// of a call which is up counts like the other requests within calls. Emergency calls, by the
// Request-URI alone, go on, some a second, where calls are refused.
enum fgm_limit fgm_floods_check(struct sip_msg *msg);
// Counts a verdict on a call that comes in towards the flood on its called number.
void fgm_floods_judged(const struct fgm_evaluation *evaluation);
// Tells of attacks that have ended. Every tick of one process.
void fgm_floods_tick(int64_t now_ms);
// The attacks of this node that go on, into out; how many.
uint32_t fgm_floods_list(struct fg_attack out[FGM_ATTACKS_MAX]);
