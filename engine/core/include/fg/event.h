// SPDX-License-Identifier: GPL-2.0-or-later
// What happens to a call, as the engine sees it. Filled by the Kamailio module, by rule tests and
// by replay; a plain value without ownership: views and pointers must outlive the evaluation.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/allowance.h"
#include "fg/customer.h"
#include "fg/destination.h"
#include "fg/hash.h"
#include "fg/identity.h"
#include "fg/media.h"
#include "fg/view.h"

enum fg_event_kind {
    FG_EVENT_ATTEMPT, // INVITE
    FG_EVENT_ANSWER,  // 2xx
    FG_EVENT_MINUTE,  // each started minute of a live call; the first one together with the answer
    FG_EVENT_END      // BYE, CANCEL, failure, expiry
};
#define FG_EVENT_KINDS 4
const char *fg_event_kind_name(enum fg_event_kind kind); // "attempt"

enum fg_direction { FG_OUTBOUND, FG_INBOUND };
const char *fg_direction_name(enum fg_direction direction); // "outbound"

// Why no call of its own can come of an attempt, so that nobody could watch it: it is refused, and
// takes no place in gauges.
enum fg_dialog_fault {
    FG_DIALOG_FINE,
    FG_DIALOG_MERGED, // a call with this Call-ID and From tag is in progress (RFC 3261 8.2.2.2)
    FG_DIALOG_MISSING // it says that it belongs to a dialog, and there is none (12.2.2)
};

#define FG_ATTRS_MAX 8
struct fg_attr {
    struct fg_view name, value;
};

enum fg_transport {
    FG_TRANSPORT_UNKNOWN,
    FG_TRANSPORT_UDP,
    FG_TRANSPORT_TCP,
    FG_TRANSPORT_TLS,
    FG_TRANSPORT_WS,
    FG_TRANSPORT_WSS
};
const char *fg_transport_name(enum fg_transport transport); // "tls"

// What is known of a caller's attestation: the levels of RFC 8588, and "failed" for a signature
// that did not verify. The script sets it as the attribute "attest".
#define FG_ATTESTATIONS 4
const char *fg_attestation_name(size_t index); // "A"; index below FG_ATTESTATIONS

struct fg_event {
    enum fg_event_kind kind;
    enum fg_direction direction;
    enum fg_identity identity;
    const struct fg_customer *customer; // NULL: nobody known
    struct fg_hash128 call_key; // of (customer, Call-ID, From-tag, called number): makes counting
                                // once per call; fg_call_key()
    // The call's place in gauges: no two calls that may be in progress at once share one, whatever
    // their headers say. 0: call_key.lo. lease_before: attempt: what an earlier attempt of this
    // call, which is over, held, and may still hold; 0: nothing.
    uint64_t lease, lease_before;
    enum fg_dialog_fault dialog_fault;      // attempt
    const struct fg_allowances *allowances; // the customer's; NULL: none
    uint64_t allowance; // answer, minute: id of the one that let the attempt go on, 0: none did
    const struct fg_tls_peer *tls; // NULL: no TLS
    enum fg_transport transport;
    struct fg_ip source;
    fg_country source_country;        // FG_COUNTRY_NONE: as the policy's networks say
    uint32_t source_asn;              // 0: as they say
    struct fg_number_readings called; // as dialled, read with the customer's dial plan
    bool caller_present;              // the request names a caller
    struct fg_number caller;          // len 0: absent or not a number
    bool srtp_offered; // SDP offers SRTP with a usable suite on its first audio stream
    struct fg_view user_agent;
    struct fg_attr attrs[FG_ATTRS_MAX]; // set by the script
    uint8_t n_attrs;
    bool answered;                      // end: whether it had been answered
    int32_t duration_s;                 // since answer; minute and end
    const struct fg_media_facts *media; // minute, end; NULL: the relay tells nothing of it
    int32_t minute;                     // FG_EVENT_MINUTE: the n-th started minute, from 1
};

// Idempotency key of a call. key: the installation's hash key. called: E.164 digits or raw user
// part.
struct fg_hash128 fg_call_key(const struct fg_hash_key *key, struct fg_view customer_id,
                              struct fg_view call_id, struct fg_view from_tag,
                              struct fg_view called);
