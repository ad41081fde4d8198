// SPDX-License-Identifier: GPL-2.0-or-later
// From a SIP message to facts; the only place that parses headers. Everything it gives points into
// the message. What a request says about its sender (From, P-Asserted-Identity) is a claim.
#pragma once

#include <stdbool.h>

#include "core/parser/msg_parser.h"
#include "fg/event.h"

enum fgm_request_kind {
    FGM_REQUEST_CALL,      // an INVITE that opens a dialog
    FGM_REQUEST_IN_DIALOG, // an INVITE with a To tag: says that it belongs to a dialog
    FGM_REQUEST_OTHER,     // another method: not judged
    FGM_REQUEST_UNREADABLE // an INVITE that cannot be read
};

// A number that a request names as its caller. P-Asserted-Identity (RFC 3325 9.1) comes first, then
// From, then what only some servers look at: P-Preferred-Identity and Remote-Party-ID.
#define FGM_CLAIMS_MAX 8
struct fgm_claim {
    struct fg_view user, phone_context;
};

struct fgm_request {
    enum fgm_request_kind kind;
    struct fg_view call_id, from_tag; // empty where they could not be read
    struct fg_view called_user, called_context;
    uint8_t n_claims; // callers that the request names
    struct fgm_claim claims[FGM_CLAIMS_MAX];
    struct fg_view user_agent;
    bool srtp_offered;
    enum fg_transport transport;
    struct fg_ip source;
};

// The address that msg came from.
void fgm_msg_source(const struct sip_msg *msg, struct fg_ip *out);
// Media that a request describes.
enum fgm_media { FGM_MEDIA_NONE, FGM_MEDIA_CLEAR, FGM_MEDIA_SRTP };
// CLEAR for any body but one session description that offers SRTP (fgm_sdp.h); NONE without a body.
enum fgm_media fgm_msg_media(struct sip_msg *msg);
// Whether a request or reply is one message to whoever reads it, and the same one: no header twice
// that there is once, a body of the length that is told, lines that end as they must.
bool fgm_msg_is_framed(struct sip_msg *msg);
// Reads msg. Never fails: see kind.
void fgm_msg_read(struct sip_msg *msg, struct fgm_request *out);
