// SPDX-License-Identifier: GPL-2.0-or-later
// The verdict on the message that this process is working on: what pseudo-variables show, and the
// call that a dialog made from the message will be.
#pragma once

#include <stdbool.h>

#include "core/parser/msg_parser.h"
#include "fgm_calls.h"
#include "fgm_challenge.h"
#include "fgm_evaluate.h"
#include "fgm_way.h"

struct fgm_verdict {
    bool valid;
    enum fg_action action;
    int32_t score, shadow_score;
    bool degraded, drop_media, srtp, emergency;
    enum fg_direction direction;
    enum fg_media_policy media;
    struct fg_reply reply; // code 0 where the call is allowed
    char reply_text[64];
    char call_info[208];                   // URL; empty: none
    char customer[FG_CUSTOMER_ID_MAX + 1]; // empty: nobody
    char e164[FG_NUMBER_DIGITS_MAX + 2];   // "+…", or a short code; empty: none
    char identity[24];
    char caller[FG_NUMBER_DIGITS_MAX + 2]; // "+…": the caller as rated; empty: none
    const char *attest;                    // level to sign with
    char challenge[FGM_CHALLENGE_MAX];     // where a challenged call goes; empty: nowhere
    char pbx[FGM_WAY_MAX]; // SIP URI of the customer's PBX by the customers file; empty: none
    char reason[512];      // texts of the reasons, the first ones
    char rules[512];       // ids, separated by commas
};

// Forgets the last verdict; msg is the one that is judged now.
void fgm_verdict_begin(const struct sip_msg *msg);
// Keeps what was decided.
void fgm_verdict_set(const struct fgm_evaluation *evaluation, struct fg_view call_id);
// The verdict on msg, or NULL when this process judged another message since, or none.
const struct fgm_verdict *fgm_verdict_of(const struct sip_msg *msg);
// The call that msg opens when it was let go on, once; else NULL.
struct fgm_call *fgm_verdict_take_call(const struct sip_msg *msg);

// Attributes that the script gives to a message (fraudguard_attr). False: no room, or a name that
// is not [a-z0-9_.-]{1,32}.
bool fgm_attr_set(const struct sip_msg *msg, struct fg_view name, struct fg_view value);
// Copies those of msg into event; they point into memory of this process.
void fgm_attrs_get(const struct sip_msg *msg, struct fg_event *event);
