// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_dialog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/parser/parse_from.h"
#include "core/parser/parse_to.h"

#include "fgm_attempt.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_cut.h"
#include "fgm_log.h"
#include "fgm_owners.h"
#include "fgm_params.h"
#include "fgm_restart.h"
#include "fgm_str.h"
#include "fgm_targets.h"
#include "fgm_verdict.h"
#include "modules/dialog/dlg_db_handler.h"
#include "modules/dialog/dlg_hash.h"
#include "modules/dialog/dlg_load.h"

// Names of dialog variables.
#define LEASE "fraudguard_lease"
#define SRTP  "fraudguard_srtp" // the side that must encrypt its media: "caller" or "callee"

static struct dlg_binds dialogs;

// A call's handle as a callback parameter.
_Static_assert(sizeof(void *) >= sizeof(struct fgm_call_ref), "a handle fits a pointer");

static void *pack(struct fgm_call_ref ref)
{
    return (void *)(uintptr_t)((uint64_t)ref.turn << 32 | ref.slot);
}

static struct fgm_call_ref unpack(const struct dlg_cb_params *params)
{
    uint64_t packed = (uintptr_t)*params->param;
    return (struct fgm_call_ref){(uint32_t)packed, (uint32_t)(packed >> 32)};
}

static void on_answered(struct dlg_cell *dialog, int type, struct dlg_cb_params *params)
{
    (void)dialog, (void)type;
    fgm_calls_answered(unpack(params), fgm_now_ms());
}

static void on_ended(struct dlg_cell *dialog, int type, struct dlg_cb_params *params)
{
    if (type == DLGCB_TERMINATED && !params->req)
        fgm_cut_begins(dialog);
    fgm_calls_ended(unpack(params), fgm_now_ms());
}

static bool follow(struct dlg_cell *dialog, struct fgm_call_ref ref)
{
    if (dialogs.register_dlgcb(dialog, DLGCB_CONFIRMED_NA | DLGCB_CONFIRMED, on_answered, pack(ref),
                               NULL) == 0 &&
        dialogs.register_dlgcb(dialog,
                               DLGCB_FAILED | DLGCB_TERMINATED | DLGCB_EXPIRED | DLGCB_DESTROY,
                               on_ended, pack(ref), NULL) == 0)
        return true;
    fgm_error("a call cannot be tracked: no callbacks for its dialog");
    return false;
}

// What the dialog module keeps for us where it keeps dialogs: the call's lease, in hex.
static void mark(struct dlg_cell *dialog, uint64_t lease)
{
    char text[2 * sizeof lease + 1];
    str name = fgm_str(LEASE);
    if (!fgm_config.state_dir)
        return;
    snprintf(text, sizeof text, "%016" PRIx64, lease);
    str value = fgm_str(text);
    if (dialogs.set_dlg_var(dialog, &name, &value) != 0)
        fgm_error("a call would not survive a restart: its dialog takes no variable");
}

// media.srtp holds for all that the customer offers later, too.
static void mark_media(struct dlg_cell *dialog, const struct fgm_verdict *verdict)
{
    if (!verdict || verdict->media != FG_MEDIA_REQUIRED || verdict->emergency)
        return;
    str name = fgm_str(SRTP);
    str value = fgm_str(verdict->direction == FG_OUTBOUND ? "caller" : "callee");
    if (dialogs.set_dlg_var(dialog, &name, &value) != 0)
        fgm_error("a call's later offers may be unencrypted: its dialog takes no variable");
}

// What the sides say of themselves later than in the first INVITE: in 18x and 200, and in replies
// within the call.
static void on_reply(struct dlg_cell *dialog, int type, struct dlg_cb_params *params)
{
    struct sip_msg *reply = params->rpl;
    if (!reply || reply == FAKED_REPLY)
        return;
    bool by_caller = type == DLGCB_RESPONSE_WITHIN && params->direction == DLG_DIR_DOWNSTREAM;
    fgm_targets_note(dialog, by_caller ? DLG_CALLER_LEG : DLG_CALLEE_LEG, reply);
}

static void follow_targets(struct dlg_cell *dialog)
{
    if (dialogs.register_dlgcb(dialog, DLGCB_EARLY | DLGCB_CONFIRMED_NA | DLGCB_RESPONSE_WITHIN,
                               on_reply, NULL, NULL) != 0)
        fgm_error("requests within a call may be refused: no callbacks for its dialog");
}

// Calls that fraudguard_check() let go on become live calls; other dialogs are none of ours.
static void on_created(struct dlg_cell *dialog, int type, struct dlg_cb_params *params)
{
    (void)type;
    struct fgm_call_ref ref;
    struct fgm_call *call = fgm_verdict_take_call(params->req);
    fgm_targets_note(dialog, DLG_CALLER_LEG, params->req);
    follow_targets(dialog);
    if (!call)
        return;
    mark_media(dialog, fgm_verdict_of(params->req));
    call->created_ms = fgm_now_ms();
    call->dialog_entry = dialog->h_entry;
    call->dialog_id = dialog->h_id;
    fgm_attempt_called(params->req, call);
    if (!fgm_calls_add(call, &ref))
        return;
    fgm_attempt_added(ref);
    mark(dialog, call->lease);
    if (!follow(dialog, ref))
        fgm_calls_ended(ref, fgm_now_ms());
}

// --- after a restart
static bool is_up(const struct dlg_cell *dialog)
{
    return dialog->state == DLG_STATE_CONFIRMED_NA || dialog->state == DLG_STATE_CONFIRMED;
}

static void resume(struct dlg_cell *dialog, struct fgm_call *call)
{
    const struct fgm_owner owner = {.dialog = call->dialog, .lease = call->lease};
    struct fgm_call_ref ref;
    uint64_t earlier;
    call->dialog_entry = dialog->h_entry;
    call->dialog_id = dialog->h_id;
    if (!fgm_calls_restore(call, &ref))
        return;
    if (fgm_owners_take(&owner, fgm_now_ms(), &earlier) == FGM_OWNER_NEW)
        fgm_owners_keep(&owner);
    if (follow(dialog, ref))
        FGM_COUNT(calls_resumed);
    else
        fgm_calls_ended(ref, fgm_now_ms());
}

// Whether the dialog module writes its dialogs when it stops, and empties its tables when it
// starts.
static bool is_written_at_stop(void)
{
    char module_name[] = "dialog", param_name[] = "db_mode";
    modparam_t type;
    sr_module_t *module = find_module_by_name(module_name);
    const int *mode = module ? find_param_export(module, param_name, PARAM_INT, &type) : NULL;
    return mode && *mode == DB_MODE_SHUTDOWN;
}

// A dialog that the dialog module has brought back: in the only process there is.
static void on_loaded(struct dlg_cell *dialog, int type, struct dlg_cb_params *params)
{
    (void)type, (void)params;
    struct fgm_call call;
    bool at_stop = is_written_at_stop();
    // The dialog module takes it for written, though it has just emptied its tables: without this
    // it would not outlive the next restart.
    if (at_stop)
        dialog->dflags |= DLG_FLAG_NEW;
    follow_targets(dialog);
    str name = fgm_str(LEASE);
    const str *text = dialogs.get_dlg_varref(dialog, &name);
    if (!text || text->len != 2 * (int)sizeof(uint64_t) || !is_up(dialog))
        return; // none of ours; or it rang, and its transaction is gone
    if (fgm_restart_take(strtoull(text->s, NULL, 16), &call)) {
        resume(dialog, &call);
    } else if (fgm_restart_knew(at_stop ? 0 : (int64_t)dialog->start_ts * FG_MS_PER_S)) {
        // What was kept is older than the call's end: Kamailio was killed, and db_text, for one,
        // empties its file only when it is stopped. The dialog module clears away what is over.
        dialog->state = DLG_STATE_DELETED;
        dialog->end_ts = (unsigned int)time(NULL);
    } else {
        FGM_COUNT(calls_untracked);
    }
}

int fgm_dialog_init(void)
{
    if (load_dlg_api(&dialogs) != 0) {
        fgm_warn("the dialog module is not loaded before this one: calls are judged when they "
                 "start, but not watched while they are up");
        return 0;
    }
    if (dialogs.register_dlgcb(NULL, DLGCB_CREATED, on_created, NULL, NULL) != 0 ||
        dialogs.register_dlgcb(NULL, DLGCB_LOADED, on_loaded, NULL, NULL) != 0) {
        fgm_error("cannot register for dialogs");
        return -1;
    }
    if (fgm_targets_init(&dialogs) != FG_OK) {
        fgm_error("no memory for what dialogs name");
        return -1;
    }
    return fgm_cut_init();
}

bool fgm_dialog_tracks(void)
{
    return dialogs.get_dlg != NULL;
}

bool fgm_dialog_knows(struct sip_msg *msg)
{
    if (!fgm_dialog_tracks())
        return true;
    struct dlg_cell *dialog = dialogs.get_dlg(msg);
    bool lives = dialog && dialog->state != DLG_STATE_DELETED;
    if (dialog)
        dialogs.release_dlg(dialog);
    return lives;
}

// --- requests within a call
static bool is_tag(const str *tag, const str *other)
{
    return tag->s && tag->len > 0 && fg_view_equal(fgm_view(*tag), fgm_view(*other));
}

static bool has_both_tags(const struct dlg_cell *dialog, struct sip_msg *msg)
{
    const str *caller = &dialog->tag[DLG_CALLER_LEG], *callee = &dialog->tag[DLG_CALLEE_LEG];
    if (parse_from_header(msg) < 0 || !msg->to || !msg->to->parsed)
        return false;
    const str *from = &get_from(msg)->tag_value, *to = &get_to(msg)->tag_value;
    return (is_tag(caller, from) && is_tag(callee, to)) ||
           (is_tag(callee, from) && is_tag(caller, to));
}

// While it rings the dialog module does not know the callee's tags yet, and takes any.
static bool has_early_tags(struct dlg_cell *dialog, struct sip_msg *msg)
{
    const str *caller = &dialog->tag[DLG_CALLER_LEG];
    if (parse_from_header(msg) < 0 || !msg->to || !msg->to->parsed)
        return false;
    const str *from = &get_from(msg)->tag_value, *to = &get_to(msg)->tag_value;
    return (is_tag(caller, from) && fgm_targets_has_tag(dialog, to)) ||
           (is_tag(caller, to) && fgm_targets_has_tag(dialog, from));
}

bool fgm_dialog_contains(struct sip_msg *msg)
{
    if (!fgm_dialog_tracks())
        return true;
    struct dlg_cell *dialog = dialogs.get_dlg(msg);
    if (!dialog)
        return false;
    int method = msg->first_line.u.request.method_value;
    bool contains = false;
    // Both sides may hang up at once. One that is over is found for some seconds, before one of the
    // same names.
    if (dialog->state == DLG_STATE_DELETED)
        contains = method == METHOD_BYE && has_both_tags(dialog, msg);
    else if (is_up(dialog))
        contains = has_both_tags(dialog, msg);
    else
        contains = method != METHOD_INVITE && has_early_tags(dialog, msg);
    dialogs.release_dlg(dialog);
    return contains;
}

static unsigned int other_leg(const struct dlg_cell *dialog, struct sip_msg *msg)
{
    bool by_caller = is_tag(&dialog->tag[DLG_CALLER_LEG], &get_from(msg)->tag_value);
    return by_caller ? DLG_CALLEE_LEG : DLG_CALLER_LEG;
}

bool fgm_dialog_reaches(struct sip_msg *msg)
{
    struct dlg_cell *dialog = fgm_dialog_tracks() ? dialogs.get_dlg(msg) : NULL;
    if (!dialog)
        return true;
    int method = msg->first_line.u.request.method_value;
    bool reaches = parse_from_header(msg) >= 0;
    if (reaches) {
        unsigned int leg = other_leg(dialog, msg);
        reaches = fgm_targets_allow(dialog, leg, msg);
        // A target refresh (RFC 3261 12.2.2): from now on it may be reached there, too.
        if (reaches && (method == METHOD_INVITE || method == METHOD_UPDATE))
            fgm_targets_note(dialog, leg == DLG_CALLER_LEG ? DLG_CALLEE_LEG : DLG_CALLER_LEG, msg);
    }
    dialogs.release_dlg(dialog);
    return reaches;
}

bool fgm_dialog_must_encrypt(struct sip_msg *msg)
{
    struct dlg_cell *dialog = fgm_dialog_tracks() ? dialogs.get_dlg(msg) : NULL;
    if (!dialog)
        return false;
    str name = fgm_str(SRTP);
    const str *side = dialogs.get_dlg_varref(dialog, &name);
    bool must = side && parse_from_header(msg) >= 0;
    if (must) {
        bool by_caller = is_tag(&dialog->tag[DLG_CALLER_LEG], &get_from(msg)->tag_value) ==
                         (msg->first_line.type == SIP_REQUEST);
        must = fg_view_equal(fgm_view(*side), fg_view_of(by_caller ? "caller" : "callee"));
    }
    dialogs.release_dlg(dialog);
    return must;
}
