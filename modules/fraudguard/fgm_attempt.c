// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_attempt.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "core/parser/parse_cseq.h"
#include "core/pt.h"
#include "core/script_cb.h"
#include "fgm_clock.h"
#include "fgm_dialog.h"
#include "fgm_log.h"
#include "fgm_owners.h"
#include "fgm_params.h"
#include "fgm_str.h"
#include "modules/sl/sl.h"
#include "modules/tm/tm_load.h"

// A message of this process: ids are counted per process, and a fork inherits the count.
struct message {
    unsigned int id;
    int pid;
};

static bool tracks; // there are dialogs, so that somebody gives a lease back
static uint64_t start_nonce;
static struct tm_binds tm;

static struct message with_transaction; // the message whose transaction was made last
static struct {
    struct message message;
    bool open; // until the script's end
    bool owns; // its Call-ID and From tag
    struct fgm_owner owner;
    bool called, relayed;
    struct fgm_call_ref call;
    bool has_leases;
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_store_request leases; // what gives them back
} attempt;

static struct message message_of(const struct sip_msg *msg)
{
    return (struct message){msg->id, my_pid()};
}

static bool is_same(struct message a, struct message b)
{
    return a.id == b.id && a.pid == b.pid;
}

// Never the same twice, on any node.
static uint64_t new_lease(void)
{
    static uint64_t count;
    const uint64_t parts[3] = {start_nonce, (uint64_t)my_pid(), ++count};
    uint64_t lease = fg_hash64(&fgm_config.hash_key, parts, sizeof parts);
    return lease ? lease : 1;
}

// The transaction as RFC 3261 17.2.3 tells it, and its place in the call.
static uint64_t transaction_of(struct sip_msg *msg)
{
    const struct via_body *via = msg->via1;
    struct fg_view none = {"", 0};
    const struct fg_view parts[] = {
        via && via->branch ? fgm_view(via->branch->value) : none,
        via ? fgm_view(via->host) : none,
        via ? (struct fg_view){(const char *)&via->port, sizeof via->port} : none,
        fgm_view(get_cseq(msg)->number),
    };
    return fg_hash128_parts(&fgm_config.hash_key, parts, sizeof parts / sizeof *parts).lo;
}

static struct fgm_owner owner_of(struct sip_msg *msg, const struct fgm_request *request,
                                 const struct fg_event *event)
{
    const struct fg_view names[] = {request->call_id, request->from_tag};
    return (struct fgm_owner){
        .dialog = fg_hash128_parts(&fgm_config.hash_key, names, 2),
        .transaction = transaction_of(msg),
        .lease = event->lease,
    };
}

// Whether its Call-ID and From tag are another call's. The dialog module may know of one that was
// not judged, or that ended without its knowledge.
static bool is_merged(struct sip_msg *msg, enum fgm_owner_result result)
{
    return result == FGM_OWNER_BUSY || fgm_dialog_knows(msg);
}

static enum fg_dialog_fault find_fault(struct sip_msg *msg, const struct fgm_request *request,
                                       enum fgm_owner_result result)
{
    // The dialog module makes no dialog of a request that has a To tag.
    if (request->kind == FGM_REQUEST_IN_DIALOG)
        return FG_DIALOG_MISSING;
    return is_merged(msg, result) ? FG_DIALOG_MERGED : FG_DIALOG_FINE;
}

bool fgm_attempt_begin(struct sip_msg *msg, const struct fgm_request *request,
                       struct fg_event *event)
{
    attempt.open = false;
    event->lease = new_lease();
    // Who is nobody's customer holds nothing, and takes nobody's place.
    if (!tracks || !event->customer || !fg_identity_is_customer(event->identity) ||
        request->kind == FGM_REQUEST_UNREADABLE)
        return true;
    struct fgm_owner owner = owner_of(msg, request, event);
    enum fgm_owner_result result = fgm_owners_take(&owner, fgm_now_ms(), &event->lease_before);
    if (result == FGM_OWNER_SAME)
        return false;
    attempt.message = message_of(msg);
    attempt.open = true;
    attempt.owns = result == FGM_OWNER_NEW;
    attempt.owner = owner;
    attempt.called = attempt.relayed = attempt.has_leases = false;
    // What comes in costs nothing, and may have gone out here under the same names before.
    if (event->direction == FG_OUTBOUND)
        event->dialog_fault = find_fault(msg, request, result);
    return true;
}

// Nothing more comes of it.
static void disown(bool replaceable)
{
    if (attempt.owns)
        fgm_owners_end(attempt.owner.dialog, attempt.owner.lease, replaceable);
    attempt.owns = false;
}

void fgm_attempt_decided(const struct fgm_evaluation *evaluation)
{
    if (!attempt.open)
        return;
    if (!fgm_config.shadow && evaluation->decision.action >= FG_THROTTLE) {
        disown(true);
        attempt.open = false;
        return;
    }
    attempt.has_leases = fg_decide_release(&evaluation->plan, &attempt.leases);
    if (attempt.has_leases)
        snprintf(attempt.customer, sizeof attempt.customer, "%s", attempt.leases.customer);
    attempt.leases.customer = NULL;
}

void fgm_attempt_called(const struct sip_msg *msg, struct fgm_call *call)
{
    if (!attempt.open || !is_same(attempt.message, message_of(msg)))
        return;
    call->dialog = attempt.owner.dialog;
    if (attempt.owns)
        fgm_owners_keep(&attempt.owner);
}

void fgm_attempt_added(struct fgm_call_ref ref)
{
    attempt.called = true;
    attempt.call = ref;
}

static void on_relayed(struct cell *transaction, int type, struct tmcb_params *params)
{
    (void)transaction, (void)type, (void)params;
    attempt.relayed = true;
}

static void on_transaction(struct cell *transaction, int type, struct tmcb_params *params)
{
    (void)type;
    if (!params->req || params->req->first_line.u.request.method_value != METHOD_INVITE)
        return;
    with_transaction = message_of(params->req);
    if (tm.register_tmcb(params->req, transaction, TMCB_REQUEST_FWDED, on_relayed, NULL, NULL) < 0)
        fgm_error("an INVITE cannot be followed: no callback for its transaction");
}

// The end of the script: what nothing came of gives its place back at once.
static void settle(const struct sip_msg *msg)
{
    if (attempt.called) {
        if (!is_same(with_transaction, message_of(msg)))
            fgm_calls_ended(attempt.call, fgm_now_ms());
        return;
    }
    if (!attempt.relayed && attempt.has_leases)
        fgm_leases_give_back(attempt.customer, &attempt.leases);
    // One that goes on without a dialog keeps its lease until it lapses.
    disown(!attempt.relayed);
}

static int on_script_end(struct sip_msg *msg, unsigned int flags, void *param)
{
    (void)flags, (void)param;
    if (attempt.open && is_same(attempt.message, message_of(msg)))
        settle(msg);
    attempt.open = false;
    return 1;
}

// A stateless final reply is about to go: whoever gets it may send the next INVITE before the
// script has ended, and another process may read it, so the place is given back first.
static void on_reply(sl_cbp_t *reply)
{
    bool is_final = reply->req && reply->code >= 200;
    if (is_final && attempt.open && !attempt.called && !attempt.relayed &&
        is_same(attempt.message, message_of(reply->req))) {
        settle(reply->req);
        attempt.open = false;
    }
}

// Who replies without the module sl gives places back at the script's end.
static int watch_replies(void)
{
    sl_api_t sl;
    sl_cbelem_t callback = {.type = SLCB_REPLY_READY, .cbf = on_reply};
    if (!find_export("bind_sl", 0, 0))
        return 0;
    return sl_load_api(&sl) < 0 || sl.register_cb(&callback) < 0 ? -1 : 0;
}

int fgm_attempt_init(uint32_t max_calls)
{
    if (getrandom(&start_nonce, sizeof start_nonce, 0) != (ssize_t)sizeof start_nonce)
        return FG_EIO;
    tracks = fgm_dialog_tracks();
    if (!tracks)
        return FG_OK;
    if (load_tm_api(&tm) < 0 ||
        tm.register_tmcb(NULL, NULL, TMCB_REQUEST_IN, on_transaction, NULL, NULL) < 0 ||
        register_script_cb(on_script_end, POST_SCRIPT_CB | REQUEST_CB, NULL) < 0 ||
        watch_replies() < 0)
        return FG_EUNAVAILABLE;
    return fgm_owners_init(max_calls);
}
